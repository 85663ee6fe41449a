"""What Microsoft Graph knows of devices: joined, enrolled, and registered for Autopilot."""

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import msgspec
from msgspec import UNSET

from assess.evidence import Table
from assess.evidence.enrolment import SERVICE, AssignmentsOf
from assess.evidence.graph import Flag, GraphList, GraphTable, Moment, Text

PLATFORMS = ("android", "ios", "macos", "windows", "linux")
"""Platforms as findings name them."""
_UNTOLD = frozenset({"unknown", "unknownfuturevalue", "none"})


def word(value: object) -> str:
    """A text of an answer, trimmed and lower case; "" where none came."""
    return value.strip().lower() if isinstance(value, str) else ""


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

    @property
    def system(self) -> str:
        """What it runs, in the service's words; "" where it does not tell."""
        told = word(self.operating_system)
        return "" if told in _UNTOLD else told


class EntraDevices(GraphTable, frozen=True):
    """Every device of the directory."""

    answer: ClassVar[Any] = Table[EntraDevice]
    path: ClassVar[str] = "/devices"
    item: ClassVar[type[msgspec.Struct]] = EntraDevice
    options: ClassVar[Mapping[str, str]] = {"$top": "999"}
    permissions: ClassVar[tuple[str, ...]] = ("Device.Read.All",)


class ManagedDevice(msgspec.Struct, frozen=True, rename="camel"):
    """A device that is enrolled in Intune; ``management_agent`` says who manages it."""

    id: str
    device_name: Text = UNSET
    azure_device_id: Text = msgspec.field(name="azureADDeviceId", default=UNSET)
    serial_number: Text = UNSET
    operating_system: Text = UNSET
    management_agent: Text = UNSET
    device_enrollment_type: Text = UNSET
    last_sync_date_time: Moment = UNSET
    enrolled_date_time: Moment = UNSET
    user_principal_name: Text = UNSET
    managed_device_owner_type: Text = UNSET
    enrollment_profile_name: Text = UNSET
    azure_registered: Flag = msgspec.field(name="azureADRegistered", default=UNSET)
    device_registration_state: Text = UNSET
    compliance_state: Text = UNSET

    @property
    def name(self) -> str:
        """The device's name, lower case, without a domain."""
        name = self.device_name if isinstance(self.device_name, str) else ""
        return name.partition(".")[0].lower()

    @property
    def serial(self) -> str:
        """The serial number, upper case."""
        return word(self.serial_number).upper()

    @property
    def label(self) -> str:
        """What a person knows a phone by: its serial number, else its name."""
        return self.serial or word(self.device_name) or self.id

    @property
    def comanaged(self) -> bool:
        """Both Configuration Manager and Intune manage it."""
        return self.managed_by in {
            "configurationmanagerclientmdm",
            "configurationmanagerclientmdmeas",
        }

    @property
    def managed_by(self) -> str:
        """Who manages it, lower case; "" where the service does not tell."""
        told = word(self.management_agent)
        return "" if told in _UNTOLD else told

    @property
    def ios(self) -> bool:
        """An iPhone or an iPad."""
        return word(self.operating_system) in {"ios", "ipados"}

    @property
    def system(self) -> str:
        """What it runs, in the service's words; "" where it does not tell."""
        told = word(self.operating_system)
        return "" if told in _UNTOLD else told

    @property
    def platform(self) -> str:
        """The platform, or "" where it does not tell."""
        system = self.system.replace(" ", "")
        if system.startswith(("ios", "ipados")):
            return "ios"
        return next((p for p in PLATFORMS if system.startswith(p)), "")


class ManagedDevices(GraphTable, frozen=True):
    """Every device that is enrolled in Intune, in one sweep that serves all questions about them.

    Intune does not promise a filter on the system.
    """

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
    permissions: ClassVar[tuple[str, ...]] = SERVICE


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
    permissions: ClassVar[tuple[str, ...]] = SERVICE


class AutopilotAssignments(AssignmentsOf, frozen=True):
    """Which devices get which deployment profile."""

    version: ClassVar[Literal["v1.0", "beta"]] = "beta"
    path: ClassVar[str] = "/deviceManagement/windowsAutopilotDeploymentProfiles/{each}/assignments"
    of: ClassVar[type[GraphList]] = AutopilotProfiles
    permissions: ClassVar[tuple[str, ...]] = SERVICE
