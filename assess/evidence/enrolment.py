"""What Microsoft Graph knows of enrolment: who may enrol, how, and what is enrolled.

The mobility policies answer to a signed-in person only. Everything else answers an application.
"""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Literal, Self
from urllib.parse import urlsplit

import msgspec
from msgspec import UNSET, UnsetType

from assess.errors import Unavailable
from assess.evidence import Ask, Known, Table
from assess.evidence.dns import Address, AddressBook, plain
from assess.evidence.graph import (
    Flag,
    Gathered,
    GraphCount,
    GraphList,
    GraphOne,
    GraphPerhaps,
    GraphTable,
    Moment,
    Number,
    Perhaps,
    Text,
    Texts,
)
from assess.evidence.http import HttpAnswer, StatusLine

_TYPE = "@odata.type"
_PREFIX = "microsoft.graph."
_SERVICE = ("DeviceManagementServiceConfig.Read.All",)


def kind_of(value: Text) -> str:
    """The name of a type without its namespace; empty where the service left it out."""
    return value.strip().lstrip("#").removeprefix(_PREFIX) if isinstance(value, str) else ""


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


class _GroupMembers(GraphTable, frozen=True):
    """The users of several groups, also by nesting, each once; groups that are gone are named."""

    answer: ClassVar[Any] = Gathered[Member]
    path: ClassVar[str] = "/groups/{each}/transitiveMembers/microsoft.graph.user"
    item: ClassVar[type[msgspec.Struct]] = Member
    options: ClassVar[Mapping[str, str]] = {"$top": "999"}
    advanced: ClassVar[bool] = True
    each: ClassVar[str] = "groups"
    permissions: ClassVar[tuple[str, ...]] = ("GroupMember.Read.All",)


class ScopeMembers(_GroupMembers, frozen=True):
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
    """Whom an assignment reaches: everybody, a group, or everybody but a group."""

    kind: Text = msgspec.field(name=_TYPE, default=UNSET)
    group_id: Text = UNSET

    @property
    def everybody(self) -> bool:
        """All devices, or all users with a licence."""
        return kind_of(self.kind).lower() in {
            "alldevicesassignmenttarget",
            "alllicensedusersassignmenttarget",
        }

    @property
    def group(self) -> str:
        """The group that it includes."""
        included = kind_of(self.kind).lower() == "groupassignmenttarget"
        return self.group_id if included and isinstance(self.group_id, str) else ""

    @property
    def excluded(self) -> str:
        """The group that it leaves out."""
        left_out = kind_of(self.kind).lower() == "exclusiongroupassignmenttarget"
        return self.group_id if left_out and isinstance(self.group_id, str) else ""


class Assignment(msgspec.Struct, frozen=True, rename="camel"):
    """One assignment of an object of Intune."""

    id: Text = UNSET
    target: Target | UnsetType | None = UNSET


class AppAssignment(msgspec.Struct, frozen=True, rename="camel"):
    """One assignment of an app. ``intent``: available, required, uninstall, and one more."""

    id: Text = UNSET
    intent: Text = UNSET
    target: Target | UnsetType | None = UNSET


class _AssignmentsOf(GraphList, frozen=True):
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
    permissions: ClassVar[tuple[str, ...]] = _SERVICE


class TermsAssignments(_AssignmentsOf, frozen=True):
    """Who has to accept which terms."""

    path: ClassVar[str] = "/deviceManagement/termsAndConditions/{each}/assignments"
    of: ClassVar[type[GraphList]] = TermsAndConditions
    permissions: ClassVar[tuple[str, ...]] = _SERVICE


class TermsMembers(_GroupMembers, frozen=True):
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


# -- the look of the Company Portal --


class Colour(msgspec.Struct, frozen=True, rename="camel"):
    """Red, green and blue, 0 to 255."""

    r: Number = UNSET
    g: Number = UNSET
    b: Number = UNSET


class Picture(msgspec.Struct, frozen=True, rename="camel"):
    """That there is a picture, and of which type; the picture itself is not kept."""

    type: Text = UNSET


class Brand(msgspec.Struct, frozen=True, rename="camel"):
    """What the Company Portal shows of the company."""

    display_name: Text = UNSET
    privacy_url: Text = UNSET
    theme_color: Colour | UnsetType | None = UNSET
    show_logo: Flag = UNSET
    light_background_logo: Picture | UnsetType | None = UNSET
    dark_background_logo: Picture | UnsetType | None = UNSET
    contact_name: Text = msgspec.field(name="contactITName", default=UNSET)
    contact_phone: Text = msgspec.field(name="contactITPhoneNumber", default=UNSET)
    contact_mail: Text = msgspec.field(name="contactITEmailAddress", default=UNSET)
    contact_notes: Text = msgspec.field(name="contactITNotes", default=UNSET)
    online_support_site_url: Text = UNSET
    online_support_site_name: Text = UNSET


class Branded(msgspec.Struct, frozen=True, rename="camel"):
    """The tenant's device management, of which only the brand is wanted."""

    intune_brand: Brand | UnsetType | None = UNSET


class IntuneBrand(GraphOne, frozen=True):
    """The customisation of the Company Portal."""

    answer: ClassVar[Any] = Branded
    path: ClassVar[str] = "/deviceManagement"
    item: ClassVar[type[msgspec.Struct]] = Branded
    permissions: ClassVar[tuple[str, ...]] = _SERVICE


def privacy_address(branded: Branded) -> str:
    """The address of the privacy statement; empty where there is none."""
    brand = branded.intune_brand
    address = brand.privacy_url if isinstance(brand, Brand) else None
    return address.strip() if isinstance(address, str) else ""


class PrivacyPage(StatusLine, frozen=True):
    """The status line of the privacy statement that the Company Portal links to."""

    answer: ClassVar[Any] = HttpAnswer
    url: str = ""

    def requires(self) -> tuple[Ask, ...]:
        """The brand, which has the address."""
        return (IntuneBrand(),)

    def bind(self, known: Known) -> Self:
        """The address that is entered."""
        return type(self)(_entered(known))


class PrivacyAddress(Address, frozen=True):
    """The addresses of the host of the privacy statement."""

    answer: ClassVar[Any] = AddressBook
    names: str | tuple[str, ...] = ()

    def requires(self) -> tuple[Ask, ...]:
        """The brand, which has the address."""
        return (IntuneBrand(),)

    def bind(self, known: Known) -> Self:
        """The host, in its plain form."""
        try:
            host = urlsplit(_entered(known)).hostname or ""
        except ValueError:
            host = ""
        return msgspec.structs.replace(self, names=(plain(host),))


def _entered(known: Known) -> str:
    address = privacy_address(known.answer(IntuneBrand()))
    if not address:
        raise Unavailable("no address of a privacy statement is entered", skipped=True)
    return address


# -- platforms --


class Restriction(msgspec.Struct, frozen=True, rename="camel"):
    """Whether a platform may enrol, and whether personal devices of it may."""

    platform_blocked: Flag = UNSET
    personal_device_enrollment_blocked: Flag = UNSET


class EnrollmentConfiguration(msgspec.Struct, frozen=True, rename="camel"):
    """A rule for enrolment. The default one has priority 0; its restrictions name the platforms."""

    id: str
    kind: Text = msgspec.field(name=_TYPE, default=UNSET)
    display_name: Text = UNSET
    priority: Number = UNSET
    ios_restriction: Restriction | UnsetType | None = UNSET
    windows_restriction: Restriction | UnsetType | None = UNSET
    windows_mobile_restriction: Restriction | UnsetType | None = UNSET
    android_for_work_restriction: Restriction | UnsetType | None = UNSET

    @property
    def default_platforms(self) -> bool:
        """The restriction that is in force for everybody whom no other one names."""
        named = kind_of(self.kind).lower()
        platforms = (
            named == "deviceenrollmentplatformrestrictionsconfiguration"
            if named
            else isinstance(self.ios_restriction, Restriction)
            or isinstance(self.windows_restriction, Restriction)
        )
        return platforms and self.priority == 0


class EnrollmentConfigurations(GraphList, frozen=True):
    """The rules for enrolment. Their kinds differ in their properties, so they come whole."""

    answer: ClassVar[Any] = tuple[EnrollmentConfiguration, ...]
    path: ClassVar[str] = "/deviceManagement/deviceEnrollmentConfigurations"
    item: ClassVar[type[msgspec.Struct]] = EnrollmentConfiguration
    whole: ClassVar[bool] = True
    permissions: ClassVar[tuple[str, ...]] = _SERVICE


class NewerConfigurations(EnrollmentConfigurations, frozen=True):
    """The same in beta, where alone the restriction of Android Enterprise is."""

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
    permissions: ClassVar[tuple[str, ...]] = _SERVICE


# -- devices --


class EntraDevice(msgspec.Struct, frozen=True, rename="camel"):
    """A device of the directory. Trust type: AzureAd, ServerAd (hybrid) or Workplace."""

    id: str
    device_id: Text = UNSET
    display_name: Text = UNSET
    account_enabled: Flag = UNSET
    operating_system: Text = UNSET
    operating_system_version: Text = UNSET
    trust_type: Text = UNSET
    is_managed: Flag = UNSET
    mdm_app_id: Text = UNSET
    registration_date_time: Moment = UNSET


class EntraDevices(GraphTable, frozen=True):
    """Every device of the directory."""

    answer: ClassVar[Any] = Table[EntraDevice]
    path: ClassVar[str] = "/devices"
    item: ClassVar[type[msgspec.Struct]] = EntraDevice
    options: ClassVar[Mapping[str, str]] = {"$top": "999"}
    permissions: ClassVar[tuple[str, ...]] = ("Device.Read.All",)


class ManagedDevice(msgspec.Struct, frozen=True, rename="camel"):
    """A device that is enrolled in Intune."""

    id: str
    device_name: Text = UNSET
    azure_device_id: Text = msgspec.field(name="azureADDeviceId", default=UNSET)
    serial_number: Text = UNSET
    operating_system: Text = UNSET
    os_version: Text = UNSET
    management_agent: Text = UNSET
    device_enrollment_type: Text = UNSET
    last_sync_date_time: Moment = UNSET


class ManagedDevices(GraphTable, frozen=True):
    """Every device that is enrolled in Intune."""

    answer: ClassVar[Any] = Table[ManagedDevice]
    path: ClassVar[str] = "/deviceManagement/managedDevices"
    item: ClassVar[type[msgspec.Struct]] = ManagedDevice
    permissions: ClassVar[tuple[str, ...]] = ("DeviceManagementManagedDevices.Read.All",)


class AutopilotDevice(msgspec.Struct, frozen=True, rename="camel"):
    """A device whose hardware is registered for Autopilot."""

    id: str
    serial_number: Text = UNSET
    display_name: Text = UNSET
    azure_device_id: Text = msgspec.field(name="azureActiveDirectoryDeviceId", default=UNSET)
    managed_device_id: Text = UNSET


class AutopilotDevices(GraphTable, frozen=True):
    """Every device whose hardware is registered for Autopilot."""

    answer: ClassVar[Any] = Table[AutopilotDevice]
    path: ClassVar[str] = "/deviceManagement/windowsAutopilotDeviceIdentities"
    item: ClassVar[type[msgspec.Struct]] = AutopilotDevice
    permissions: ClassVar[tuple[str, ...]] = _SERVICE


class AutopilotProfile(msgspec.Struct, frozen=True, rename="camel"):
    """A deployment profile of Autopilot."""

    id: str
    display_name: Text = UNSET


class AutopilotProfiles(GraphList, frozen=True):
    """The deployment profiles of Autopilot: beta only."""

    answer: ClassVar[Any] = tuple[AutopilotProfile, ...]
    version: ClassVar[Literal["v1.0", "beta"]] = "beta"
    path: ClassVar[str] = "/deviceManagement/windowsAutopilotDeploymentProfiles"
    item: ClassVar[type[msgspec.Struct]] = AutopilotProfile
    permissions: ClassVar[tuple[str, ...]] = _SERVICE


class AutopilotAssignments(_AssignmentsOf, frozen=True):
    """Which devices get which deployment profile."""

    version: ClassVar[Literal["v1.0", "beta"]] = "beta"
    path: ClassVar[str] = "/deviceManagement/windowsAutopilotDeploymentProfiles/{each}/assignments"
    of: ClassVar[type[GraphList]] = AutopilotProfiles
    permissions: ClassVar[tuple[str, ...]] = _SERVICE


# -- policies and apps --

_CONFIGURATION = ("DeviceManagementConfiguration.Read.All",)


class Policy(msgspec.Struct, frozen=True, rename="camel"):
    """A policy of Intune whose type names the platform; the type is left out of some."""

    id: str
    kind: Text = msgspec.field(name=_TYPE, default=UNSET)
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


class ConfigurationAssignments(_AssignmentsOf, frozen=True):
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


class CatalogAssignments(_AssignmentsOf, frozen=True):
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


class ComplianceAssignments(_AssignmentsOf, frozen=True):
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


# -- conditional access --


class AccessUsers(msgspec.Struct, frozen=True, rename="camel"):
    """Whom a policy is about: All, None, or ids."""

    include_users: Texts = UNSET
    include_groups: Texts = UNSET
    include_roles: Texts = UNSET
    exclude_users: Texts = UNSET
    exclude_groups: Texts = UNSET


class AccessApplications(msgspec.Struct, frozen=True, rename="camel"):
    """What a policy is about: All, None, Office365, or application ids."""

    include_applications: Texts = UNSET
    exclude_applications: Texts = UNSET


class AccessPlatforms(msgspec.Struct, frozen=True, rename="camel"):
    """The platforms that a policy is about."""

    include_platforms: Texts = UNSET
    exclude_platforms: Texts = UNSET


class AccessLocations(msgspec.Struct, frozen=True, rename="camel"):
    """The places that a policy is about."""

    include_locations: Texts = UNSET
    exclude_locations: Texts = UNSET


class DeviceFilter(msgspec.Struct, frozen=True, rename="camel"):
    """A rule that picks devices."""

    mode: Text = UNSET
    rule: Text = UNSET


class AccessDevices(msgspec.Struct, frozen=True, rename="camel"):
    """The devices that a policy is about."""

    device_filter: DeviceFilter | None = None


class AccessConditions(msgspec.Struct, frozen=True, rename="camel"):
    """When a policy applies; a condition that is null does not narrow it."""

    users: AccessUsers | UnsetType | None = UNSET
    applications: AccessApplications | UnsetType | None = UNSET
    platforms: AccessPlatforms | UnsetType | None = UNSET
    client_app_types: Texts = UNSET
    sign_in_risk_levels: Texts = UNSET
    user_risk_levels: Texts = UNSET
    locations: AccessLocations | UnsetType | None = UNSET
    devices: AccessDevices | UnsetType | None = UNSET


class AuthenticationStrength(msgspec.Struct, frozen=True, rename="camel"):
    """A named strength of sign-in."""

    id: Text = UNSET


class AccessGrant(msgspec.Struct, frozen=True, rename="camel"):
    """What a policy demands; with the operator OR one of them is enough."""

    operator: Text = UNSET
    built_in_controls: Texts = UNSET
    terms_of_use: Texts = UNSET
    authentication_strength: AuthenticationStrength | UnsetType | None = UNSET


class AccessPolicy(msgspec.Struct, frozen=True, rename="camel"):
    """A conditional access policy. ``grant_controls``: null where it is about sessions only."""

    id: str
    display_name: Text = UNSET
    state: Text = UNSET
    conditions: AccessConditions | UnsetType | None = UNSET
    grant_controls: AccessGrant | UnsetType | None = UNSET

    @property
    def label(self) -> str:
        """Its name, else its id."""
        return self.display_name if isinstance(self.display_name, str) else self.id


class AccessPolicies(GraphList, frozen=True):
    """The conditional access policies. The service bears one request a second, of all apps."""

    answer: ClassVar[Any] = tuple[AccessPolicy, ...]
    path: ClassVar[str] = "/identity/conditionalAccess/policies"
    item: ClassVar[type[msgspec.Struct]] = AccessPolicy
    seconds_between: ClassVar[float] = 1.0
    permissions: ClassVar[tuple[str, ...]] = ("Policy.Read.All",)


# -- administrators --

GLOBAL_ADMINISTRATOR = "62e90394-69f5-4237-9190-012177145e10"
_ROLES = ("RoleManagement.Read.Directory",)


class Account(msgspec.Struct, frozen=True, rename="camel"):
    """An account that the engagement file names."""

    id: str
    user_principal_name: Text = UNSET
    account_enabled: Flag = UNSET


class GlobalAdminAccount(GraphPerhaps, frozen=True):
    """The account that is nominated as Global Administrator."""

    answer: ClassVar[Any] = Perhaps[Account]
    path: ClassVar[str] = "/users/{account}"
    item: ClassVar[type[msgspec.Struct]] = Account
    permissions: ClassVar[tuple[str, ...]] = ("User.Read.All",)
    account: str = "{accounts.global_admin_upn}"


class AzureOwnerAccount(GraphPerhaps, frozen=True):
    """The account that is nominated for the Azure subscription, by UPN or object id."""

    answer: ClassVar[Any] = Perhaps[Account]
    path: ClassVar[str] = "/users/{account}"
    item: ClassVar[type[msgspec.Struct]] = Account
    permissions: ClassVar[tuple[str, ...]] = ("User.Read.All",)
    account: str = "{accounts.azure_subscription_owner}"


class RoleMember(msgspec.Struct, frozen=True, rename="camel"):
    """Who holds a role at the moment: a user, a group or an application."""

    id: str
    kind: Text = msgspec.field(name=_TYPE, default=UNSET)


class GlobalAdmins(GraphList, frozen=True):
    """Who is Global Administrator now, permanently or activated for some hours."""

    answer: ClassVar[Any] = tuple[RoleMember, ...]
    path: ClassVar[str] = f"/directoryRoles(roleTemplateId='{GLOBAL_ADMINISTRATOR}')/members"
    item: ClassVar[type[msgspec.Struct]] = RoleMember
    permissions: ClassVar[tuple[str, ...]] = _ROLES


class Eligibility(msgspec.Struct, frozen=True, rename="camel"):
    """Somebody who may activate a role; the scope ``/`` is the whole tenant."""

    id: str
    principal_id: Text = UNSET
    directory_scope_id: Text = UNSET


class EligibleAdmins(GraphList, frozen=True):
    """Who may activate the role of Global Administrator."""

    answer: ClassVar[Any] = tuple[Eligibility, ...]
    path: ClassVar[str] = "/roleManagement/directory/roleEligibilityScheduleInstances"
    options: ClassVar[Mapping[str, str]] = {
        "$filter": f"roleDefinitionId eq '{GLOBAL_ADMINISTRATOR}'"
    }
    item: ClassVar[type[msgspec.Struct]] = Eligibility
    permissions: ClassVar[tuple[str, ...]] = _ROLES


class AdminGroupMembers(_GroupMembers, frozen=True):
    """The users who hold the role, or may activate it, by a group. ``absent`` are no groups."""

    eligible: bool = False
    groups: tuple[str, ...] = ()

    def requires(self) -> tuple[Ask, ...]:
        """Who holds the role."""
        return (EligibleAdmins() if self.eligible else GlobalAdmins(),)

    def bind(self, known: Known) -> Self:
        """Every holder that may be a group."""
        found = known.answer(self.requires()[0])
        if self.eligible:
            ids = {e.principal_id for e in found if isinstance(e.principal_id, str)}
        else:
            ids = {m.id for m in found if kind_of(m.kind).lower() in {"", "group"}}
        return type(self)(self.eligible, tuple(sorted(ids)))
