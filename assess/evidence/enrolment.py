"""What Microsoft Graph knows of enrolment: who may enrol, by which rules, under which terms.

The mobility policies answer to a signed-in person only. Everything else answers an application.
"""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Literal, Self

import msgspec
from msgspec import UNSET, UnsetType

from assess.evidence import Ask, Known
from assess.evidence.graph import (
    Flag,
    Gathered,
    GraphList,
    GraphPerhaps,
    GraphTable,
    Number,
    Perhaps,
    Text,
)

TYPE = "@odata.type"
SERVICE = ("DeviceManagementServiceConfig.Read.All",)


def kind_of(value: Text) -> str:
    """The name of a type without its namespace; empty where the service left it out."""
    return value.strip().rpartition(".")[2].lstrip("#") if isinstance(value, str) else ""


# -- automatic enrolment --

INTUNE_APP = "0000000a-0000-0000-c000-000000000000"
ENROLLMENT_APP = "d4ebce55-015a-49b5-a083-c84d1797ae8c"
"""Microsoft Intune Enrollment: exists only in tenants where enrolment was tied to its own rules."""


class Group(msgspec.Struct, frozen=True, rename="camel"):
    """A group that a policy names."""

    id: str
    display_name: Text = UNSET


class MobilityPolicy(msgspec.Struct, frozen=True, rename="camel"):
    """Who may use a mobility application. ``applies_to``: none, all or selected (groups)."""

    id: str
    display_name: Text = UNSET
    applies_to: Text = UNSET
    is_valid: Flag = UNSET
    discovery_url: Text = UNSET
    terms_of_use_url: Text = UNSET
    compliance_url: Text = UNSET
    included_groups: tuple[Group, ...] | UnsetType | None = UNSET

    @property
    def label(self) -> str:
        """Its name, else its id."""
        return str(self.display_name) if isinstance(self.display_name, str) else self.id

    @property
    def scope(self) -> str:
        """Who it applies to, lower case; empty where the service did not say."""
        return self.applies_to.strip().lower() if isinstance(self.applies_to, str) else ""

    @property
    def groups(self) -> tuple[Group, ...]:
        """The groups that it applies to, where it applies to groups."""
        named = self.included_groups
        return named if self.scope == "selected" and isinstance(named, tuple) else ()


class MdmPolicies(GraphList, frozen=True):
    """The applications that manage devices, with their user scope: beta, and a person only."""

    answer: ClassVar[Any] = tuple[MobilityPolicy, ...]
    version: ClassVar[Literal["v1.0", "beta"]] = "beta"
    path: ClassVar[str] = "/policies/mobileDeviceManagementPolicies"
    item: ClassVar[type[msgspec.Struct]] = MobilityPolicy
    expand: ClassVar[tuple[str, ...]] = ("includedGroups",)
    permissions: ClassVar[tuple[str, ...]] = ("Policy.Read.All",)
    delegated_only: ClassVar[bool] = True


class MamPolicies(GraphList, frozen=True):
    """The applications that manage apps alone, with their user scope: beta, and a person only."""

    answer: ClassVar[Any] = tuple[MobilityPolicy, ...]
    version: ClassVar[Literal["v1.0", "beta"]] = "beta"
    path: ClassVar[str] = "/policies/mobileAppManagementPolicies"
    item: ClassVar[type[msgspec.Struct]] = MobilityPolicy
    expand: ClassVar[tuple[str, ...]] = ("includedGroups",)
    permissions: ClassVar[tuple[str, ...]] = ("Policy.Read.All",)
    delegated_only: ClassVar[bool] = True


class Member(msgspec.Struct, frozen=True, rename="camel"):
    """A user in a group, also by nesting."""

    id: str
    user_principal_name: Text = UNSET


class GroupMembers(GraphTable, frozen=True):
    """The users of several groups, also by nesting, each once; groups that are gone are named."""

    answer: ClassVar[Any] = Gathered[Member]
    path: ClassVar[str] = "/groups/{each}/transitiveMembers/microsoft.graph.user"
    item: ClassVar[type[msgspec.Struct]] = Member
    options: ClassVar[Mapping[str, str]] = {"$top": "999"}
    advanced: ClassVar[bool] = True
    each: ClassVar[str] = "groups"
    permissions: ClassVar[tuple[str, ...]] = ("GroupMember.Read.All",)


class ScopeMembers(GroupMembers, frozen=True):
    """The users of the groups that a user scope names: ``mdm``, ``mam``, or ``other`` MDM apps."""

    scope: str
    groups: tuple[str, ...] = ()

    def requires(self) -> tuple[Ask, ...]:
        """The policies that name the groups."""
        return (MamPolicies() if self.scope == "mam" else MdmPolicies(),)

    def bind(self, known: Known) -> Self:
        """The groups of Intune's policy, or of everybody else's."""
        policies: tuple[MobilityPolicy, ...] = known.answer(self.requires()[0])
        return type(self)(self.scope, _ids(p.groups for p in policies if self._means(p)))

    def _means(self, policy: MobilityPolicy) -> bool:
        app = policy.id.lower()
        if self.scope == "other":
            return app not in {INTUNE_APP, ENROLLMENT_APP}
        return app == INTUNE_APP


def _ids(groups: Iterable[tuple[Group, ...]]) -> tuple[str, ...]:
    return tuple(sorted({group.id for several in groups for group in several}))


# -- who an object is assigned to --


class Target(msgspec.Struct, frozen=True, rename="camel"):
    """Whom an assignment means: everybody, a group, or everybody but a group.

    ``type`` may be absent: then a group may be meant or left out.
    """

    type: Text = msgspec.field(name=TYPE, default=UNSET)
    group_id: Text = UNSET
    collection_id: Text = UNSET

    @property
    def kind(self) -> str:
        """The last word of the type, lower case: groupassignmenttarget and the like; or ""."""
        return kind_of(self.type).lower()

    @property
    def everybody(self) -> bool:
        """All devices, or all users with a licence."""
        return self.kind in {"alldevicesassignmenttarget", "alllicensedusersassignmenttarget"}

    @property
    def meant(self) -> bool:
        """Somebody is meant; where the type did not come, or is new, that is not known."""
        collection = self.kind == "configurationmanagercollectionassignmenttarget"
        return self.everybody or bool(self.group) or collection

    @property
    def excludes(self) -> bool:
        """The group is left out."""
        return self.kind == "exclusiongroupassignmenttarget"

    @property
    def group(self) -> str:
        """The group that is meant, or ""."""
        return self._named if self.kind == "groupassignmenttarget" else ""

    @property
    def excluded(self) -> str:
        """The group that is left out, or ""."""
        return self._named if self.excludes else ""

    @property
    def _named(self) -> str:
        return self.group_id.lower() if isinstance(self.group_id, str) else ""


class Assignment(msgspec.Struct, frozen=True, rename="camel"):
    """One assignment of an object of Intune."""

    id: Text = UNSET
    target: Target | None = None


class AppAssignment(msgspec.Struct, frozen=True, rename="camel"):
    """One assignment of an app. ``intent``: available, required, uninstall, and one more."""

    id: Text = UNSET
    target: Target | None = None
    intent: Text = UNSET

    @property
    def required(self) -> bool:
        """The app is installed without being asked for."""
        return str(self.intent).lower() == "required"


class AssignmentsOf(GraphList, frozen=True):
    """The assignments of each object that another question lists: by its id."""

    answer: ClassVar[Any] = dict[str, tuple[Assignment, ...] | None]
    item: ClassVar[type[msgspec.Struct]] = Assignment
    of: ClassVar[type[GraphList]]
    each: ClassVar[str] = "ids"
    ids: tuple[str, ...] = ()

    def requires(self) -> tuple[Ask, ...]:
        """The list of the objects."""
        return (self.of(),)

    def bind(self, known: Known) -> Self:
        """The ids of the objects."""
        return type(self)(tuple(sorted(one.id for one in known.answer(self.of()))))


# -- terms and conditions --


class Terms(msgspec.Struct, frozen=True, rename="camel"):
    """Terms that a user accepts before enrolling."""

    id: str
    display_name: Text = UNSET
    title: Text = UNSET
    version: Number = UNSET


class TermsAndConditions(GraphList, frozen=True):
    """The terms and conditions of Intune."""

    answer: ClassVar[Any] = tuple[Terms, ...]
    path: ClassVar[str] = "/deviceManagement/termsAndConditions"
    item: ClassVar[type[msgspec.Struct]] = Terms
    permissions: ClassVar[tuple[str, ...]] = SERVICE


class TermsAssignments(AssignmentsOf, frozen=True):
    """Who has to accept which terms."""

    path: ClassVar[str] = "/deviceManagement/termsAndConditions/{each}/assignments"
    of: ClassVar[type[GraphList]] = TermsAndConditions
    permissions: ClassVar[tuple[str, ...]] = SERVICE


class TermsMembers(GroupMembers, frozen=True):
    """The users of the groups that terms are assigned to, or that are ``excluded`` from them."""

    excluded: bool = False
    groups: tuple[str, ...] = ()

    def requires(self) -> tuple[Ask, ...]:
        """The assignments of the terms."""
        return (TermsAssignments(),)

    def bind(self, known: Known) -> Self:
        """The groups that the assignments name."""
        answer: dict[str, tuple[Assignment, ...] | None] = known.answer(TermsAssignments())
        targets = [t for several in answer.values() for t in targets_of(several)]
        named = {t.excluded if self.excluded else t.group for t in targets}
        return type(self)(self.excluded, tuple(sorted(named - {""})))


def targets_of(
    assignments: Iterable[Assignment | AppAssignment] | None,
) -> list[Target]:
    """The targets that came with assignments."""
    return [one.target for one in assignments or () if isinstance(one.target, Target)]


# -- platforms --


class Restriction(msgspec.Struct, frozen=True, rename="camel"):
    """Whether a platform may enrol, and whether personal devices of it may."""

    platform_blocked: Flag = UNSET
    personal_device_enrollment_blocked: Flag = UNSET


class EnrollmentConfiguration(msgspec.Struct, frozen=True, rename="camel"):
    """A rule for enrolment, each kind with properties of its own; the type may be absent.

    The default one of a kind has priority 0. Restrictions name the platforms; the last two
    properties belong to co-management settings, and come in beta only.
    """

    id: str
    type: Text = msgspec.field(name=TYPE, default=UNSET)
    display_name: Text = UNSET
    priority: Number = UNSET
    ios_restriction: Restriction | UnsetType | None = UNSET
    windows_restriction: Restriction | UnsetType | None = UNSET
    windows_mobile_restriction: Restriction | UnsetType | None = UNSET
    android_for_work_restriction: Restriction | UnsetType | None = UNSET
    device_enrollment_configuration_type: Text = UNSET
    install_configuration_manager_agent: Flag = UNSET
    configuration_manager_agent_command_line_argument: Text = UNSET

    @property
    def label(self) -> str:
        """Name, else id."""
        return self.display_name if isinstance(self.display_name, str) else self.id

    @property
    def default_platforms(self) -> bool:
        """The restriction that is in force for everybody whom no other one names."""
        named = kind_of(self.type).lower()
        platforms = (
            named == "deviceenrollmentplatformrestrictionsconfiguration"
            if named
            else isinstance(self.ios_restriction, Restriction)
            or isinstance(self.windows_restriction, Restriction)
        )
        return platforms and self.priority == 0

    @property
    def is_comanagement(self) -> bool:
        """A co-management settings policy; its type may be absent, its own properties are not."""
        said = f"{self.type} {self.device_enrollment_configuration_type}".lower()
        return "devicecomanagementauthorityconfiguration" in said or isinstance(
            self.install_configuration_manager_agent, bool
        )

    @property
    def installs_client(self) -> bool:
        """It installs the Configuration Manager client."""
        return self.is_comanagement and self.install_configuration_manager_agent is True


class EnrollmentConfigurations(GraphList, frozen=True):
    """The rules for enrolment. Their kinds differ in their properties, so they come whole."""

    answer: ClassVar[Any] = tuple[EnrollmentConfiguration, ...]
    path: ClassVar[str] = "/deviceManagement/deviceEnrollmentConfigurations"
    item: ClassVar[type[msgspec.Struct]] = EnrollmentConfiguration
    whole: ClassVar[bool] = True
    permissions: ClassVar[tuple[str, ...]] = SERVICE


class NewerConfigurations(EnrollmentConfigurations, frozen=True):
    """The same in beta, where alone Android Enterprise and co-management settings are."""

    version: ClassVar[Literal["v1.0", "beta"]] = "beta"


class PlayBinding(msgspec.Struct, frozen=True, rename="camel"):
    """Managed Google Play: notBound, bound, boundAndValidated or unbinding."""

    bind_status: Text = UNSET


class ManagedGooglePlay(GraphPerhaps, frozen=True):
    """Whether managed Google Play is bound to the tenant: beta only."""

    answer: ClassVar[Any] = Perhaps[PlayBinding]
    version: ClassVar[Literal["v1.0", "beta"]] = "beta"
    path: ClassVar[str] = "/deviceManagement/androidManagedStoreAccountEnterpriseSettings"
    item: ClassVar[type[msgspec.Struct]] = PlayBinding
    permissions: ClassVar[tuple[str, ...]] = SERVICE
