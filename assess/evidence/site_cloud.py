"""What the site says of its ties to the cloud: gateway settings, Azure services, co-management.

Properties that are not documented are asked for in questions of their own: a site that does not
know one refuses the whole question, and must lose no more than that one.
"""

from typing import Any, ClassVar

import msgspec
from msgspec import UNSET

from assess.evidence import Table
from assess.evidence.adminservice import (
    GATEWAY,
    Collection,
    Instances,
    Number,
    Seen,
    Text,
    Visibility,
    text,
)
from assess.evidence.arm import ArmAsk, Shape
from assess.evidence.people import Names, Naming
from assess.language import msg, tr

Flag = bool | msgspec.UnsetType | None


class GatewayKind(msgspec.Struct, frozen=True, rename="pascal"):
    """What tells one row of SMS_AzureService from the other."""

    name: Text = UNSET
    service_type: Text = UNSET
    service_c_name: Text = UNSET

    @property
    def is_gateway(self) -> bool:
        """A cloud management gateway."""
        return text(self.service_type).lower() == GATEWAY.lower()

    @property
    def label(self) -> str:
        """The name that clients use, or that of the deployment."""
        return text(self.service_c_name) or text(self.name) or msg("a gateway without a name")

    def known_as(self, name: str) -> bool:
        """``name`` is one of the names of this service."""
        names = {text(one).lower().rstrip(".") for one in (self.name, self.service_c_name)}
        return name.lower().rstrip(".") in names - {""}


class GatewaySetting(GatewayKind, frozen=True, rename="pascal"):
    """The settings page: instances, and whether client certificates are checked for revocation."""

    number_of_instances: Number = UNSET
    client_cert_revocation_enabled: Flag = UNSET


class GatewaySettings(Instances, frozen=True):
    """The settings of the gateways."""

    answer: ClassVar[Any] = Seen[GatewaySetting]
    provider_class: ClassVar[str] = "SMS_AzureService"
    row: ClassVar[type[msgspec.Struct]] = GatewaySetting


class GatewayTrust(GatewayKind, frozen=True, rename="pascal"):
    """The thumbprints of the authorities uploaded for client certificates, several with ``;``."""

    root_cert_thumbprint: Text = UNSET
    sub_ca_cert_thumbprint: Text = msgspec.field(name="SubCACertThumbprint", default=UNSET)


class GatewayTrusts(Instances, frozen=True):
    """Which authorities the gateways take client certificates from; no certificate is read."""

    answer: ClassVar[Any] = Seen[GatewayTrust]
    provider_class: ClassVar[str] = "SMS_AzureService"
    row: ClassVar[type[msgspec.Struct]] = GatewayTrust


class GatewayModel(GatewayKind, frozen=True, rename="pascal"):
    """DeploymentModel: 1 a classic service deployed through Resource Manager; 0, 2 unconfirmed."""

    deployment_model: Number = UNSET


class GatewayModels(Instances, frozen=True):
    """How the gateways are deployed, in the site's own numbers."""

    answer: ClassVar[Any] = Seen[GatewayModel]
    provider_class: ClassVar[str] = "SMS_AzureService"
    row: ClassVar[type[msgspec.Struct]] = GatewayModel


class GatewayCloud(GatewayKind, frozen=True, rename="pascal"):
    """AzureEnvironmentId: the ID of an environment that the site lists; 1 is AzurePublicCloud."""

    azure_environment_id: Number = UNSET


class GatewayClouds(Instances, frozen=True):
    """The Azure environment of each gateway, by its number."""

    answer: ClassVar[Any] = Seen[GatewayCloud]
    provider_class: ClassVar[str] = "SMS_AzureService"
    row: ClassVar[type[msgspec.Struct]] = GatewayCloud


class AzureEnvironment(msgspec.Struct, frozen=True, rename="pascal"):
    """SMS_AzureEnvironments: a national cloud that the site knows."""

    id: Number = msgspec.field(name="ID", default=UNSET)
    environment_name: Text = UNSET


class AzureEnvironments(Instances, frozen=True):
    """The site's own list of national clouds."""

    answer: ClassVar[Any] = Seen[AzureEnvironment]
    provider_class: ClassVar[str] = "SMS_AzureEnvironments"
    row: ClassVar[type[msgspec.Struct]] = AzureEnvironment


class ConnectedTenant(msgspec.Struct, frozen=True, rename="pascal"):
    """SMS_AAD_Tenant_Ex: a tenant that the site is connected to."""

    id: Number = msgspec.field(name="ID", default=UNSET)
    name: Text = UNSET
    tenant_id: Text = msgspec.field(name="TenantID", default=UNSET)

    @property
    def label(self) -> str:
        """Name and directory id."""
        name, identifier = text(self.name), text(self.tenant_id)
        return f"{name} ({identifier})" if name else identifier or msg("a tenant without an id")


class ConnectedTenants(Instances, frozen=True):
    """The tenants that the site is connected to."""

    answer: ClassVar[Any] = Seen[ConnectedTenant]
    provider_class: ClassVar[str] = "SMS_AAD_Tenant_Ex"
    row: ClassVar[type[msgspec.Struct]] = ConnectedTenant


class TenantApplication(msgspec.Struct, frozen=True, rename="pascal"):
    """SMS_AAD_Application_Ex: ``tenant_id`` is the ID of the tenant's row, no directory id."""

    name: Text = UNSET
    client_id: Text = msgspec.field(name="ClientID", default=UNSET)
    is_client_app: Flag = UNSET
    tenant_id: Number = msgspec.field(name="TenantID", default=UNSET)


class TenantApplications(Instances, frozen=True):
    """The applications that the site shows below its tenants; no secret is asked for."""

    answer: ClassVar[Any] = Seen[TenantApplication]
    provider_class: ClassVar[str] = "SMS_AAD_Application_Ex"
    row: ClassVar[type[msgspec.Struct]] = TenantApplication


class CloudService(msgspec.Struct, frozen=True, rename="pascal"):
    """SMS_Azure_CloudService: an entry of the node Azure Services; ServiceType is unconfirmed."""

    id: Number = msgspec.field(name="ID", default=UNSET)
    name: Text = UNSET
    service_type: Number = UNSET


class CloudServices(Instances, frozen=True):
    """The services of the node Azure Services."""

    answer: ClassVar[Any] = Seen[CloudService]
    provider_class: ClassVar[str] = "SMS_Azure_CloudService"
    row: ClassVar[type[msgspec.Struct]] = CloudService


class Discovery(msgspec.Struct, frozen=True, rename="pascal"):
    """SMS_AAD_Discovery_Settings: discovery of users or groups; AgentType is unconfirmed."""

    cloud_service_id: Number = UNSET
    agent_type: Number = UNSET
    delta_sync_enabled: Flag = UNSET
    full_sync_enabled: Flag = UNSET
    last_delta_sync_time: Text = UNSET
    last_full_sync_time: Text = UNSET


class Discoveries(Instances, frozen=True):
    """The discovery settings of the services."""

    answer: ClassVar[Any] = Seen[Discovery]
    provider_class: ClassVar[str] = "SMS_AAD_Discovery_Settings"
    row: ClassVar[type[msgspec.Struct]] = Discovery


class CoManagementSetting(msgspec.Struct, frozen=True, rename="pascal"):
    """SMS_CoManagementSettings: a policy. CoMgmtSettingsProd is the one that the wizard makes."""

    ci_id: Number = msgspec.field(name="CI_ID", default=UNSET)
    localized_display_name: Text = UNSET


class CoManagementSettings(Instances, frozen=True):
    """The co-management policies; what they set stands in a document that is not read."""

    answer: ClassVar[Any] = Seen[CoManagementSetting]
    provider_class: ClassVar[str] = "SMS_CoManagementSettings"
    row: ClassVar[type[msgspec.Struct]] = CoManagementSetting


class Listing(Instances, frozen=True):
    """A class with a row for each device: the rows go to disk, see ``Table``."""


class ManagementState(msgspec.Struct, frozen=True, rename="pascal"):
    """SMS_Client_ComanagementState: one device. ``mdm_workloads`` is a number, as text."""

    resource_id: Number = msgspec.field(name="ResourceID", default=UNSET)
    comgmt_policy_present: Flag = UNSET
    mdm_enrolled: Flag = msgspec.field(name="MDMEnrolled", default=UNSET)
    mdm_workloads: Text = msgspec.field(name="MDMWorkloads", default=UNSET)
    enrollment_failed: Flag = UNSET

    @property
    def is_co_managed(self) -> bool:
        """Enrolled, and under the policy."""
        return self.mdm_enrolled is True and self.comgmt_policy_present is True


class ManagementStateList(msgspec.Struct, frozen=True):
    """The state of each device that the account sees."""

    rows: Table[ManagementState]
    sees: Visibility


class ManagementStates(Listing, frozen=True):
    """The co-management state of the devices."""

    answer: ClassVar[Any] = ManagementStateList
    provider_class: ClassVar[str] = "SMS_Client_ComanagementState"
    row: ClassVar[type[msgspec.Struct]] = ManagementState


class Device(msgspec.Struct, frozen=True, rename="pascal"):
    """SMS_CombinedDeviceResources: one device, with its operating system."""

    resource_id: int = msgspec.field(name="ResourceID")
    is_client: Flag = UNSET
    device_os: Text = msgspec.field(name="DeviceOS", default=UNSET)

    @property
    def is_server(self) -> bool:
        """A server, by the name of its operating system."""
        return "server" in text(self.device_os).lower()


class SiteDevice(msgspec.Struct, frozen=True, rename="pascal"):
    """SMS_CombinedDeviceResources: one device, with the version of its operating system."""

    resource_id: int = msgspec.field(name="ResourceID")
    name: Text = UNSET
    is_client: Flag = UNSET
    device_os: Text = msgspec.field(name="DeviceOS", default=UNSET)
    device_os_build: Text = msgspec.field(name="DeviceOSBuild", default=UNSET)
    domain: Text = UNSET
    people: ClassVar[Names] = {"name": Naming.DEVICE}


class SiteDeviceList(msgspec.Struct, frozen=True):
    """Each device that the account sees."""

    rows: Table[SiteDevice]
    sees: Visibility


class SiteDevices(Listing, frozen=True):
    """The devices that the site knows, with the version of their operating system."""

    answer: ClassVar[Any] = SiteDeviceList
    provider_class: ClassVar[str] = "SMS_CombinedDeviceResources"
    row: ClassVar[type[msgspec.Struct]] = SiteDevice


class Staging(msgspec.Struct, frozen=True):
    """A collection of devices, and what of it is counted.

    ``collection`` is None where no collection of this ID is seen. ``without_os``: the members whose
    operating system the site does not say.
    """

    id: str
    collection: Collection | None
    servers: int
    without_os: int


class Stagings(msgspec.Struct, frozen=True):
    """The collections that were asked for, beside the ``clients``: all devices with a client."""

    collections: tuple[Staging, ...]
    clients: int
    sees: Visibility


class StagingCollections(Instances, frozen=True):
    """Device collections with their servers, e.g. ``{comanagement.pilot_collection_id}``."""

    answer: ClassVar[Any] = Stagings
    provider_class: ClassVar[str] = "SMS_CombinedDeviceResources"
    row: ClassVar[type[msgspec.Struct]] = Device
    collections: tuple[str, ...]

    def describe(self) -> str:
        """The collections."""
        return tr("the device collections {} of the AdminService", ", ".join(self.collections))


class ResourceGroup(msgspec.Struct, frozen=True):
    """A resource group, and the region that it is in."""

    name: str
    location: str


class ResourceGroups(ArmAsk, frozen=True):
    """The resource groups of the subscription that the account may see."""

    answer: ClassVar[Any] = tuple[ResourceGroup, ...]
    shape: ClassVar[Shape] = "list"
    path: ClassVar[str] = "/subscriptions/{subscription}/resourcegroups"
    api_version: ClassVar[str] = "2021-04-01"
    item: ClassVar[type[msgspec.Struct]] = ResourceGroup
    subscription: str = "{azure.subscription_id}"
