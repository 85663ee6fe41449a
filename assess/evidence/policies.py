"""Policies of Intune with their assignments, and the devices that they reach.

Most types of configuration profiles exist in beta only, so the list is read there. An element may
come without ``@odata.type``; nobody can tell then which platform it is for.
"""

from typing import Any, ClassVar, Self

import msgspec
from msgspec import UNSET, UnsetType

from assess.evidence import Ask, Known
from assess.evidence.enrolment import AppAssignment, AssignmentsOf
from assess.evidence.graph import Flag, GraphList, Moment, Number, Perhaps, Text

_READ = ("DeviceManagementConfiguration.Read.All",)
_APPS = ("DeviceManagementApps.Read.All",)
_BEGINNINGS = (
    ("ios", ("ios",)),
    ("macos", ("macos",)),
    ("android", ("android", "aosp")),
    ("windows", ("windows", "sharedpc", "editionupgrade", "win32", "winget", "office")),
)


def platform_of(kind: str) -> str:
    """The platform that a type is for, or "": ``#microsoft.graph.iosGeneral…`` is ios."""
    name = kind.rpartition(".")[2].lower()
    return next((p for p, words in _BEGINNINGS if name.startswith(words)), "")


class Profile(msgspec.Struct, frozen=True, rename="camel"):
    """A configuration profile, with the settings that the checks look at; each type has few."""

    id: str
    type: Text = msgspec.field(name="@odata.type", default=UNSET)
    display_name: Text = UNSET
    created_date_time: Moment = UNSET
    passcode_required: Flag = UNSET
    password_required: Flag = UNSET
    password_required_type: Text = UNSET
    storage_require_device_encryption: Flag = UNSET
    bit_locker_encrypt_device: Flag = UNSET
    file_vault_enabled: Flag = UNSET
    connection_type: Text = UNSET
    only_associated_apps_can_use_connection: Flag = UNSET
    on_demand_rules: tuple[dict[str, Any], ...] | UnsetType | None = UNSET
    dns_rules: tuple[dict[str, Any], ...] | UnsetType | None = UNSET
    associated_apps: tuple[dict[str, Any], ...] | UnsetType | None = UNSET
    trusted_root_certificate: Text = UNSET
    destination_store: Text = UNSET

    @property
    def label(self) -> str:
        """Name, else id."""
        return self.display_name if isinstance(self.display_name, str) else self.id

    @property
    def kind(self) -> str:
        """The type without its namespace, lower case, or ""."""
        return self.type.rpartition(".")[2].lower() if isinstance(self.type, str) else ""

    @property
    def platform(self) -> str:
        """The platform, or "" where the type does not tell."""
        return platform_of(self.kind)


class Profiles(GraphList, frozen=True):
    """The configuration profiles, except those of the settings catalogue."""

    answer: ClassVar[Any] = tuple[Profile, ...]
    version: ClassVar[Any] = "beta"
    path: ClassVar[str] = "/deviceManagement/deviceConfigurations"
    item: ClassVar[type[msgspec.Struct]] = Profile
    whole: ClassVar[bool] = True
    permissions: ClassVar[tuple[str, ...]] = _READ


class Template(msgspec.Struct, frozen=True, rename="camel"):
    """The template that a policy of the settings catalogue was made from."""

    template_family: Text = UNSET


class CataloguePolicy(msgspec.Struct, frozen=True, rename="camel"):
    """A policy of the settings catalogue; which settings it makes is not read."""

    id: str
    name: Text = UNSET
    platforms: Text = UNSET
    technologies: Text = UNSET
    created_date_time: Moment = UNSET
    setting_count: Number = UNSET
    template_reference: Template | UnsetType | None = UNSET

    @property
    def label(self) -> str:
        """Name, else id."""
        return self.name if isinstance(self.name, str) else self.id

    @property
    def platform(self) -> str:
        """The platform, or "" where it does not tell."""
        return platform_of(self.platforms) if isinstance(self.platforms, str) else ""

    @property
    def family(self) -> str:
        """The family of its template, lower case, or ""."""
        reference = self.template_reference
        family = reference.template_family if isinstance(reference, Template) else ""
        return family.lower() if isinstance(family, str) else ""


class CataloguePolicies(GraphList, frozen=True):
    """The policies of the settings catalogue: beta only."""

    answer: ClassVar[Any] = tuple[CataloguePolicy, ...]
    version: ClassVar[Any] = "beta"
    path: ClassVar[str] = "/deviceManagement/configurationPolicies"
    item: ClassVar[type[msgspec.Struct]] = CataloguePolicy
    permissions: ClassVar[tuple[str, ...]] = _READ


class Intent(msgspec.Struct, frozen=True, rename="camel"):
    """A security policy of the older kind."""

    id: str
    display_name: Text = UNSET


class Intents(GraphList, frozen=True):
    """The security policies of the older kind: beta only."""

    answer: ClassVar[Any] = tuple[Intent, ...]
    version: ClassVar[Any] = "beta"
    path: ClassVar[str] = "/deviceManagement/intents"
    item: ClassVar[type[msgspec.Struct]] = Intent
    permissions: ClassVar[tuple[str, ...]] = _READ


class Compliance(msgspec.Struct, frozen=True, rename="camel"):
    """A compliance policy, with the rules that the documents name."""

    id: str
    type: Text = msgspec.field(name="@odata.type", default=UNSET)
    display_name: Text = UNSET
    created_date_time: Moment = UNSET
    passcode_required: Flag = UNSET
    password_required: Flag = UNSET
    storage_require_encryption: Flag = UNSET
    bit_locker_enabled: Flag = UNSET
    security_block_jailbroken_devices: Flag = UNSET

    @property
    def label(self) -> str:
        """Name, else id."""
        return self.display_name if isinstance(self.display_name, str) else self.id

    @property
    def platform(self) -> str:
        """The platform, or "" where the type does not tell."""
        return platform_of(self.type) if isinstance(self.type, str) else ""


class Compliances(GraphList, frozen=True):
    """The compliance policies."""

    answer: ClassVar[Any] = tuple[Compliance, ...]
    path: ClassVar[str] = "/deviceManagement/deviceCompliancePolicies"
    item: ClassVar[type[msgspec.Struct]] = Compliance
    whole: ClassVar[bool] = True
    permissions: ClassVar[tuple[str, ...]] = _READ


class ProfileAssignments(AssignmentsOf, frozen=True):
    """The assignments of the configuration profiles: by profile."""

    version: ClassVar[Any] = "beta"
    path: ClassVar[str] = "/deviceManagement/deviceConfigurations/{each}/assignments"
    of: ClassVar[type[GraphList]] = Profiles
    permissions: ClassVar[tuple[str, ...]] = _READ


class CatalogueAssignments(AssignmentsOf, frozen=True):
    """The assignments of the policies of the settings catalogue: by policy."""

    version: ClassVar[Any] = "beta"
    path: ClassVar[str] = "/deviceManagement/configurationPolicies/{each}/assignments"
    of: ClassVar[type[GraphList]] = CataloguePolicies
    permissions: ClassVar[tuple[str, ...]] = _READ


class ComplianceTargets(AssignmentsOf, frozen=True):
    """The assignments of the compliance policies: by policy."""

    path: ClassVar[str] = "/deviceManagement/deviceCompliancePolicies/{each}/assignments"
    of: ClassVar[type[GraphList]] = Compliances
    permissions: ClassVar[tuple[str, ...]] = _READ


class Action(msgspec.Struct, frozen=True, rename="camel"):
    """What happens to a device that does not comply."""

    action_type: Text = UNSET
    notification_template_id: Text = UNSET


class Rule(msgspec.Struct, frozen=True, rename="camel"):
    """The actions of a compliance policy."""

    id: str
    scheduled_action_configurations: tuple[Action, ...] | UnsetType | None = UNSET


class ComplianceActions(AssignmentsOf, frozen=True):
    """What the compliance policies do about a device that does not comply: by policy."""

    answer: ClassVar[Any] = dict[str, tuple[Rule, ...] | None]
    path: ClassVar[str] = (
        "/deviceManagement/deviceCompliancePolicies/{each}/scheduledActionsForRule"
    )
    item: ClassVar[type[msgspec.Struct]] = Rule
    expand: ClassVar[tuple[str, ...]] = ("scheduledActionConfigurations",)
    of: ClassVar[type[GraphList]] = Compliances
    permissions: ClassVar[tuple[str, ...]] = _READ


class AssignedApp(msgspec.Struct, frozen=True, rename="camel"):
    """An app of Intune, and whether anybody is meant to have it.

    ``publishing_state``: notPublished, processing or published.
    """

    id: str
    type: Text = msgspec.field(name="@odata.type", default=UNSET)
    display_name: Text = UNSET
    is_assigned: Flag = UNSET
    publishing_state: Text = UNSET

    @property
    def label(self) -> str:
        """Name, else id."""
        return self.display_name if isinstance(self.display_name, str) else self.id

    @property
    def kind(self) -> str:
        """The type without its namespace, lower case, or ""."""
        return self.type.rpartition(".")[2].lower() if isinstance(self.type, str) else ""

    @property
    def for_windows(self) -> bool:
        """It installs something on Windows."""
        return platform_of(self.kind) == "windows" or self.kind.startswith("microsoftstore")

    @property
    def elsewhere(self) -> bool:
        """It is for another system, or a page of the web; false also where the type is new."""
        other = ("webapp", "managedandroid", "managedios")
        return platform_of(self.kind) not in {"", "windows"} or self.kind.startswith(other)


class AssignedApps(GraphList, frozen=True):
    """All apps, of every type; whether they are assigned is in beta only."""

    answer: ClassVar[Any] = tuple[AssignedApp, ...]
    version: ClassVar[Any] = "beta"
    path: ClassVar[str] = "/deviceAppManagement/mobileApps"
    item: ClassVar[type[msgspec.Struct]] = AssignedApp
    permissions: ClassVar[tuple[str, ...]] = _APPS


class WindowsAppAssignments(GraphList, frozen=True):
    """Whom the assigned Windows apps are for: by app."""

    answer: ClassVar[Any] = dict[str, tuple[AppAssignment, ...] | None]
    path: ClassVar[str] = "/deviceAppManagement/mobileApps/{each}/assignments"
    item: ClassVar[type[msgspec.Struct]] = AppAssignment
    each: ClassVar[str] = "apps"
    permissions: ClassVar[tuple[str, ...]] = _APPS
    apps: tuple[str, ...] = ()

    def requires(self) -> tuple[Ask, ...]:
        """Which apps are assigned."""
        return (AssignedApps(),)

    def bind(self, known: Known) -> Self:
        """The Windows apps that somebody is meant to have."""
        found: tuple[AssignedApp, ...] = known.answer(AssignedApps())
        meant = (app.id for app in found if app.for_windows and app.is_assigned is not False)
        return type(self)(tuple(sorted(meant)))


class Conflict(msgspec.Struct, frozen=True, rename="camel"):
    """Settings that contradict each other, and at how many check-ins of devices."""

    id: str
    contributing_settings: tuple[str, ...] | UnsetType | None = UNSET
    device_checkins_impacted: Number = UNSET


class Conflicts(GraphList, frozen=True):
    """The conflicts between configuration profiles: beta only."""

    answer: ClassVar[Any] = tuple[Conflict, ...]
    version: ClassVar[Any] = "beta"
    path: ClassVar[str] = "/deviceManagement/deviceConfigurationConflictSummary"
    item: ClassVar[type[msgspec.Struct]] = Conflict
    permissions: ClassVar[tuple[str, ...]] = _READ


# -- connectors, alerts, mail --


class Connector(msgspec.Struct, frozen=True, rename="camel"):
    """A certificate connector; ``state``: active or inactive."""

    id: str
    display_name: Text = UNSET
    machine_name: Text = UNSET
    connector_version: Text = UNSET
    last_connection_date_time: Moment = UNSET
    state: Text = UNSET

    @property
    def label(self) -> str:
        """The machine, else the name."""
        names = (self.machine_name, self.display_name)
        return next((n for n in names if isinstance(n, str) and n), self.id)


class Connectors(GraphList, frozen=True):
    """The certificate connectors: beta only."""

    answer: ClassVar[Any] = tuple[Connector, ...]
    version: ClassVar[Any] = "beta"
    path: ClassVar[str] = "/deviceManagement/ndesConnectors"
    item: ClassVar[type[msgspec.Struct]] = Connector
    permissions: ClassVar[tuple[str, ...]] = _READ


class MessageTemplate(msgspec.Struct, frozen=True, rename="camel"):
    """A message to users whose device does not comply."""

    id: str
    display_name: Text = UNSET


class MessageTemplates(GraphList, frozen=True):
    """The messages to users whose device does not comply."""

    answer: ClassVar[Any] = tuple[MessageTemplate, ...]
    path: ClassVar[str] = "/deviceManagement/notificationMessageTemplates"
    item: ClassVar[type[msgspec.Struct]] = MessageTemplate
    permissions: ClassVar[tuple[str, ...]] = _READ


class ExchangeConnector(msgspec.Struct, frozen=True, rename="camel"):
    """A connector to Exchange; the feature is retired."""

    id: str
    status: Text = UNSET
    exchange_connector_type: Text = UNSET
    server_name: Text = UNSET


class ExchangeConnectors(GraphList, frozen=True):
    """The connectors to Exchange; none at all where the feature is taken away."""

    answer: ClassVar[Any] = Perhaps[tuple[ExchangeConnector, ...]]
    retires: ClassVar[bool] = True
    path: ClassVar[str] = "/deviceManagement/exchangeConnectors"
    item: ClassVar[type[msgspec.Struct]] = ExchangeConnector
    permissions: ClassVar[tuple[str, ...]] = ("DeviceManagementServiceConfig.Read.All",)
