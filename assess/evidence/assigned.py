"""What Microsoft Graph knows of the policies and apps of Intune, and whom they are assigned to."""

from collections.abc import Mapping
from typing import Any, ClassVar, Literal, Self

import msgspec
from msgspec import UNSET

from assess.evidence import Ask, Known
from assess.evidence.devices import AutopilotAssignments
from assess.evidence.enrolment import TYPE, AppAssignment, AssignmentsOf, targets_of
from assess.evidence.graph import GraphCount, GraphList, Text

_CONFIGURATION = ("DeviceManagementConfiguration.Read.All",)


class Policy(msgspec.Struct, frozen=True, rename="camel"):
    """A policy of Intune whose type names the platform; the type is left out of some."""

    id: str
    kind: Text = msgspec.field(name=TYPE, default=UNSET)
    display_name: Text = UNSET

    @property
    def label(self) -> str:
        """Its name, else its id."""
        return self.display_name if isinstance(self.display_name, str) else self.id


class CatalogPolicy(msgspec.Struct, frozen=True, rename="camel"):
    """A policy of the settings catalog. ``platforms``: names, separated by commas."""

    id: str
    name: Text = UNSET
    platforms: Text = UNSET

    @property
    def label(self) -> str:
        """Its name, else its id."""
        return self.name if isinstance(self.name, str) else self.id


class DeviceConfigurations(GraphList, frozen=True):
    """The configuration profiles."""

    answer: ClassVar[Any] = tuple[Policy, ...]
    path: ClassVar[str] = "/deviceManagement/deviceConfigurations"
    item: ClassVar[type[msgspec.Struct]] = Policy
    permissions: ClassVar[tuple[str, ...]] = _CONFIGURATION


class ConfigurationAssignments(AssignmentsOf, frozen=True):
    """Who gets which configuration profile."""

    path: ClassVar[str] = "/deviceManagement/deviceConfigurations/{each}/assignments"
    of: ClassVar[type[GraphList]] = DeviceConfigurations
    permissions: ClassVar[tuple[str, ...]] = _CONFIGURATION


class CatalogPolicies(GraphList, frozen=True):
    """The policies of the settings catalog: beta only."""

    answer: ClassVar[Any] = tuple[CatalogPolicy, ...]
    version: ClassVar[Literal["v1.0", "beta"]] = "beta"
    path: ClassVar[str] = "/deviceManagement/configurationPolicies"
    item: ClassVar[type[msgspec.Struct]] = CatalogPolicy
    permissions: ClassVar[tuple[str, ...]] = _CONFIGURATION


class CatalogAssignments(AssignmentsOf, frozen=True):
    """Who gets which policy of the settings catalog."""

    version: ClassVar[Literal["v1.0", "beta"]] = "beta"
    path: ClassVar[str] = "/deviceManagement/configurationPolicies/{each}/assignments"
    of: ClassVar[type[GraphList]] = CatalogPolicies
    permissions: ClassVar[tuple[str, ...]] = _CONFIGURATION


class CompliancePolicies(GraphList, frozen=True):
    """The policies that say when a device is compliant."""

    answer: ClassVar[Any] = tuple[Policy, ...]
    path: ClassVar[str] = "/deviceManagement/deviceCompliancePolicies"
    item: ClassVar[type[msgspec.Struct]] = Policy
    permissions: ClassVar[tuple[str, ...]] = _CONFIGURATION


class ComplianceAssignments(AssignmentsOf, frozen=True):
    """Who is judged by which compliance policy."""

    path: ClassVar[str] = "/deviceManagement/deviceCompliancePolicies/{each}/assignments"
    of: ClassVar[type[GraphList]] = CompliancePolicies
    permissions: ClassVar[tuple[str, ...]] = _CONFIGURATION


class App(msgspec.Struct, frozen=True, rename="camel"):
    """An app of Intune. ``publishing_state``: notPublished, processing or published."""

    id: str
    display_name: Text = UNSET
    publishing_state: Text = UNSET


class Apps(GraphList, frozen=True):
    """The apps of Intune."""

    answer: ClassVar[Any] = tuple[App, ...]
    path: ClassVar[str] = "/deviceAppManagement/mobileApps"
    item: ClassVar[type[msgspec.Struct]] = App
    permissions: ClassVar[tuple[str, ...]] = ("DeviceManagementApps.Read.All",)


class RequiredAppAssignments(GraphList, frozen=True):
    """Who gets the apps that the engagement file calls mandatory: by the app's id."""

    answer: ClassVar[Any] = dict[str, tuple[AppAssignment, ...] | None]
    path: ClassVar[str] = "/deviceAppManagement/mobileApps/{each}/assignments"
    item: ClassVar[type[msgspec.Struct]] = AppAssignment
    permissions: ClassVar[tuple[str, ...]] = ("DeviceManagementApps.Read.All",)
    each: ClassVar[str] = "ids"
    ids: tuple[str, ...] = ()

    def requires(self) -> tuple[Ask, ...]:
        """The list of the apps."""
        return (Apps(),)

    def bind(self, known: Known) -> Self:
        """The ids of the apps of those names."""
        wanted = {str(name).strip().casefold() for name in known.key("planning.required_apps")}
        apps: tuple[App, ...] = known.answer(Apps())
        named = (a.id for a in apps if str(a.display_name).strip().casefold() in wanted)
        return type(self)(tuple(sorted(named)))


_AREAS: Mapping[str, tuple[Ask, ...]] = {
    "autopilot": (AutopilotAssignments(),),
    "configuration": (ConfigurationAssignments(), CatalogAssignments()),
    "compliance": (ComplianceAssignments(),),
    "apps": (RequiredAppAssignments(),),
}


class GroupSizes(GraphCount, frozen=True):
    """How many members each group has that an area's assignments name; None where it is gone.

    ``area``: autopilot, configuration, compliance or apps.
    """

    answer: ClassVar[Any] = dict[str, int | None]
    path: ClassVar[str] = "/groups/{each}/transitiveMembers"
    each: ClassVar[str] = "groups"
    permissions: ClassVar[tuple[str, ...]] = ("GroupMember.Read.All",)
    area: str
    groups: tuple[str, ...] = ()

    def requires(self) -> tuple[Ask, ...]:
        """The assignments of the area."""
        return _AREAS[self.area]

    def bind(self, known: Known) -> Self:
        """The groups that they name."""
        named = {
            target.group
            for ask in self.requires()
            for several in known.answer(ask).values()
            for target in targets_of(several)
        }
        return type(self)(self.area, tuple(sorted(named - {""})))
