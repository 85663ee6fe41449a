"""What Microsoft Graph can be asked about Apple devices, and what it can answer.

Everything below a token of automated device enrolment exists in beta only, and so do the filters of
an assignment: each such question stands alone, so that its failure costs no other.
"""

from collections.abc import Mapping
from typing import Any, ClassVar, Literal, Self

import msgspec
from msgspec import UNSET, UnsetType

from assess.evidence import Ask, Known
from assess.evidence.devices import word
from assess.evidence.graph import (
    DepToken,
    DepTokens,
    Flag,
    Gathered,
    GraphList,
    GraphTable,
    Moment,
    Number,
    Text,
    Texts,
)
from assess.evidence.people import Names, Naming

COMPANY_PORTAL = "com.microsoft.companyportal"
"""The bundle of the Company Portal for iOS, lower case."""
# The profiles of other platforms; one whose type did not come is taken for one of iOS.
_ELSEWHERE = ("macos", "tvos", "visionos")


class ManagementCertificate(msgspec.Struct, frozen=True, rename="camel"):
    """A certificate of Apple Configurator in an enrolment profile."""

    thumbprint: Text = UNSET


class EnrollmentProfile(msgspec.Struct, frozen=True, rename="camel"):
    """A profile of automated device enrolment.

    ``requires_user_authentication`` is user affinity. A pane is skipped where its flag is true or
    its key is in ``enabled_skip_keys``.
    """

    id: str
    odata_type: Text = msgspec.field(name="@odata.type", default=UNSET)
    display_name: Text = UNSET
    description: Text = UNSET
    is_default: Flag = UNSET
    requires_user_authentication: Flag = UNSET
    support_department: Text = UNSET
    support_phone_number: Text = UNSET
    supervised_mode_enabled: Flag = UNSET
    profile_removal_disabled: Flag = UNSET
    pass_code_disabled: Flag = UNSET
    location_disabled: Flag = UNSET
    restore_blocked: Flag = UNSET
    apple_id_disabled: Flag = UNSET
    terms_and_conditions_disabled: Flag = UNSET
    siri_disabled: Flag = UNSET
    diagnostics_disabled: Flag = UNSET
    enabled_skip_keys: Texts = UNSET
    i_tunes_pairing_mode: Text = UNSET
    management_certificates: tuple[ManagementCertificate, ...] | UnsetType | None = UNSET
    require_company_portal: Flag = msgspec.field(
        name="requireCompanyPortalOnSetupAssistantEnrolledDevices", default=UNSET
    )
    company_portal_vpp_token_id: Text = UNSET
    people: ClassVar[Names] = {"support_phone_number": Naming.FREE}

    @property
    def ios(self) -> bool:
        """It is for iPhone and iPad."""
        kind = word(self.odata_type)
        return not any(platform in kind for platform in _ELSEWHERE)

    @property
    def label(self) -> str:
        """The name that people know it by."""
        name = self.display_name.strip() if isinstance(self.display_name, str) else ""
        return name or self.id


class EnrollmentProfiles(GraphList, frozen=True):
    """The profiles of each token: by the token's id. Read whole, as subtypes differ; beta only."""

    answer: ClassVar[Any] = dict[str, tuple[EnrollmentProfile, ...] | None]
    version: ClassVar[Literal["v1.0", "beta"]] = "beta"
    path: ClassVar[str] = "/deviceManagement/depOnboardingSettings/{each}/enrollmentProfiles"
    item: ClassVar[type[msgspec.Struct]] = EnrollmentProfile
    whole: ClassVar[bool] = True
    each: ClassVar[str] = "tokens"
    permissions: ClassVar[tuple[str, ...]] = ("DeviceManagementServiceConfig.Read.All",)
    tokens: tuple[str, ...] = ()

    def requires(self) -> tuple[Ask, ...]:
        """Which tokens there are."""
        return (DepTokens(),)

    def bind(self, known: Known) -> Self:
        """The tokens, by id."""
        return type(self)(_token_ids(known))


class ImportedDevice(msgspec.Struct, frozen=True, rename="camel"):
    """A device that Apple lists for a token, whether it was ever switched on or not."""

    id: str
    serial_number: Text = UNSET
    requested_enrollment_profile_id: Text = UNSET
    requested_enrollment_profile_assignment_date_time: Moment = UNSET
    is_supervised: Flag = UNSET
    is_deleted: Flag = UNSET
    enrollment_state: Text = UNSET
    last_contacted_date_time: Moment = UNSET
    platform: Text = UNSET
    people: ClassVar[Names] = {"serial_number": Naming.SERIAL}

    @property
    def ios(self) -> bool:
        """An iPhone or an iPad, or of a system that is not told."""
        return word(self.platform) not in _ELSEWHERE

    @property
    def serial(self) -> str:
        """The serial number, upper case."""
        return word(self.serial_number).upper()


class ImportedDevices(GraphTable, frozen=True):
    """The devices that Apple lists for the tokens, each once; beta only."""

    answer: ClassVar[Any] = Gathered[ImportedDevice]
    version: ClassVar[Literal["v1.0", "beta"]] = "beta"
    path: ClassVar[str] = (
        "/deviceManagement/depOnboardingSettings/{each}/importedAppleDeviceIdentities"
    )
    item: ClassVar[type[msgspec.Struct]] = ImportedDevice
    each: ClassVar[str] = "tokens"
    permissions: ClassVar[tuple[str, ...]] = ("DeviceManagementServiceConfig.Read.All",)
    tokens: tuple[str, ...] = ()

    def requires(self) -> tuple[Ask, ...]:
        """Which tokens there are."""
        return (DepTokens(),)

    def bind(self, known: Known) -> Self:
        """The tokens, by id."""
        return type(self)(_token_ids(known))


def _token_ids(known: Known) -> tuple[str, ...]:
    found: tuple[DepToken, ...] = known.answer(DepTokens())
    return tuple(sorted(token.id for token in found))


class MobileApp(msgspec.Struct, frozen=True, rename="camel"):
    """An app in Intune; apps of iOS have a ``bundle_id``."""

    id: str
    odata_type: Text = msgspec.field(name="@odata.type", default=UNSET)
    display_name: Text = UNSET
    bundle_id: Text = UNSET

    @property
    def company_portal(self) -> bool:
        """The Company Portal for iOS, however it was called."""
        return word(self.bundle_id) == COMPANY_PORTAL and "macos" not in word(self.odata_type)


class IosApps(GraphList, frozen=True):
    """The apps for iOS in Intune: by type. Read whole, as only the subtypes have a bundle."""

    answer: ClassVar[Any] = dict[str, tuple[MobileApp, ...] | None]
    path: ClassVar[str] = "/deviceAppManagement/mobileApps"
    item: ClassVar[type[msgspec.Struct]] = MobileApp
    options: ClassVar[Mapping[str, str]] = {"$filter": "isof('microsoft.graph.{each}')"}
    whole: ClassVar[bool] = True
    each: ClassVar[str] = "types"
    permissions: ClassVar[tuple[str, ...]] = ("DeviceManagementApps.Read.All",)
    types: tuple[str, ...] = ("iosVppApp", "iosStoreApp", "iosLobApp")


class AssignmentTarget(msgspec.Struct, frozen=True, rename="camel"):
    """Whom an assignment is for. Without a filter its id is null, or its type none."""

    odata_type: Text = msgspec.field(name="@odata.type", default=UNSET)
    group_id: Text = UNSET
    filter_id: Text = msgspec.field(name="deviceAndAppManagementAssignmentFilterId", default=UNSET)
    filter_type: Text = msgspec.field(
        name="deviceAndAppManagementAssignmentFilterType", default=UNSET
    )

    @property
    def kind(self) -> str:
        """``allDevices``, ``allLicensedUsers``, ``group``, ``exclusion``, or "" where unclear."""
        name = word(self.odata_type).rpartition(".")[2]
        return _TARGETS.get(name, "")

    @property
    def filtered(self) -> bool:
        """A filter takes devices out."""
        return word(self.filter_type) in {"include", "exclude"} and bool(word(self.filter_id))


_TARGETS: Mapping[str, str] = {
    "alldevicesassignmenttarget": "allDevices",
    "alllicensedusersassignmenttarget": "allLicensedUsers",
    "groupassignmenttarget": "group",
    "exclusiongroupassignmenttarget": "exclusion",
}


class AssignmentSettings(msgspec.Struct, frozen=True, rename="camel"):
    """How an app is licensed: ``use_device_licensing`` needs no Apple ID."""

    use_device_licensing: Flag = UNSET


class AppAssignment(msgspec.Struct, frozen=True, rename="camel"):
    """An assignment of an app: required, available or uninstall."""

    id: str
    intent: Text = UNSET
    target: AssignmentTarget | UnsetType | None = UNSET
    settings: AssignmentSettings | UnsetType | None = UNSET

    @property
    def aim(self) -> AssignmentTarget:
        """The target, empty where none came."""
        return self.target if isinstance(self.target, AssignmentTarget) else AssignmentTarget()

    @property
    def excludes(self) -> bool:
        """It takes a group out."""
        return self.aim.kind == "exclusion"

    @property
    def required(self) -> bool:
        """It brings the app to the devices without anybody's doing."""
        return word(self.intent) == "required" and not self.excludes

    @property
    def by_device(self) -> bool:
        """The licence belongs to the device, so that nobody needs an Apple ID."""
        settings = self.settings
        return isinstance(settings, AssignmentSettings) and settings.use_device_licensing is True


class PortalAssignments(GraphList, frozen=True):
    """The assignments of the Company Portal for iOS: by the app's id. Beta has the filters."""

    answer: ClassVar[Any] = dict[str, tuple[AppAssignment, ...] | None]
    version: ClassVar[Literal["v1.0", "beta"]] = "beta"
    path: ClassVar[str] = "/deviceAppManagement/mobileApps/{each}/assignments"
    item: ClassVar[type[msgspec.Struct]] = AppAssignment
    each: ClassVar[str] = "apps"
    permissions: ClassVar[tuple[str, ...]] = ("DeviceManagementApps.Read.All",)
    apps: tuple[str, ...] = ()

    def requires(self) -> tuple[Ask, ...]:
        """Which apps there are."""
        return (IosApps(),)

    def bind(self, known: Known) -> Self:
        """The Company Portal, as often as it is there."""
        found: dict[str, tuple[MobileApp, ...] | None] = known.answer(IosApps())
        ids = {app.id for apps in found.values() for app in apps or () if app.company_portal}
        return type(self)(tuple(sorted(ids)))


class GroupDevice(msgspec.Struct, frozen=True, rename="camel"):
    """A device in a group; ``device_id`` is what Intune calls ``azureADDeviceId``."""

    id: str
    device_id: Text = UNSET


class PortalGroupDevices(GraphTable, frozen=True):
    """The devices in the groups that the Company Portal goes to, or that are kept from it."""

    answer: ClassVar[Any] = Gathered[GroupDevice]
    path: ClassVar[str] = "/groups/{each}/transitiveMembers/microsoft.graph.device"
    item: ClassVar[type[msgspec.Struct]] = GroupDevice
    options: ClassVar[Mapping[str, str]] = {"$top": "999"}
    advanced: ClassVar[bool] = True
    each: ClassVar[str] = "groups"
    permissions: ClassVar[tuple[str, ...]] = ("GroupMember.Read.All", "Device.Read.All")
    excluded: bool = False
    groups: tuple[str, ...] = ()

    def requires(self) -> tuple[Ask, ...]:
        """What the app is assigned to."""
        return (PortalAssignments(),)

    def bind(self, known: Known) -> Self:
        """The groups of the assignments, or of the exclusions."""
        found: dict[str, tuple[AppAssignment, ...] | None] = known.answer(PortalAssignments())
        groups = {
            one.aim.group_id
            for assignments in found.values()
            for one in assignments or ()
            if isinstance(one.aim.group_id, str) and one.excludes is self.excluded
            if word(one.intent) != "uninstall"
        }
        return type(self)(self.excluded, tuple(sorted(groups)))


class VppToken(msgspec.Struct, frozen=True, rename="camel"):
    """A location token of Apps and Books: valid, expired, invalid, assignedToExternalMDM."""

    id: str
    organization_name: Text = UNSET
    apple_id: Text = UNSET
    state: Text = UNSET
    expiration_date_time: Moment = UNSET
    people: ClassVar[Names] = {"apple_id": Naming.ACCOUNT}


class VppTokens(GraphList, frozen=True):
    """The location tokens of Apps and Books, without what they hold."""

    answer: ClassVar[Any] = tuple[VppToken, ...]
    path: ClassVar[str] = "/deviceAppManagement/vppTokens"
    item: ClassVar[type[msgspec.Struct]] = VppToken
    permissions: ClassVar[tuple[str, ...]] = ("DeviceManagementServiceConfig.Read.All",)


class DetectedApp(msgspec.Struct, frozen=True, rename="camel"):
    """An app that was found on devices, one for each version."""

    id: str
    display_name: Text = UNSET
    platform: Text = UNSET
    device_count: Number = UNSET

    @property
    def elsewhere(self) -> bool:
        """It was found on another system; nothing is said of the system in older answers."""
        return word(self.platform) not in {"", "ios", "unknown", "unknownfuturevalue"}


class DetectedPortals(GraphList, frozen=True):
    """The Company Portal where it was found, by part of its name; iOS calls it Comp Portal."""

    answer: ClassVar[Any] = dict[str, tuple[DetectedApp, ...] | None]
    path: ClassVar[str] = "/deviceManagement/detectedApps"
    item: ClassVar[type[msgspec.Struct]] = DetectedApp
    options: ClassVar[Mapping[str, str]] = {"$filter": "contains(displayName,'{each}')"}
    each: ClassVar[str] = "names"
    permissions: ClassVar[tuple[str, ...]] = ("DeviceManagementManagedDevices.Read.All",)
    names: tuple[str, ...] = ("Comp Portal", "Company Portal")


class HoldingDevice(msgspec.Struct, frozen=True, rename="camel"):
    """A device on which an app was found."""

    id: str


class PortalHolders(GraphTable, frozen=True):
    """The devices on which the Company Portal was found, of iOS or of a system not named."""

    answer: ClassVar[Any] = Gathered[HoldingDevice]
    path: ClassVar[str] = "/deviceManagement/detectedApps/{each}/managedDevices"
    item: ClassVar[type[msgspec.Struct]] = HoldingDevice
    each: ClassVar[str] = "apps"
    permissions: ClassVar[tuple[str, ...]] = ("DeviceManagementManagedDevices.Read.All",)
    apps: tuple[str, ...] = ()

    def requires(self) -> tuple[Ask, ...]:
        """Under which names it was found."""
        return (DetectedPortals(),)

    def bind(self, known: Known) -> Self:
        """The ids of what was found."""
        found: dict[str, tuple[DetectedApp, ...] | None] = known.answer(DetectedPortals())
        ids = {app.id for apps in found.values() for app in apps or () if not app.elsewhere}
        return type(self)(tuple(sorted(ids)))
