"""Which properties of which provider classes may be read. What is not listed is never asked for.

The classes hold secrets too: client secrets, private keys, accounts with their passwords. None of
them is on this list, nor is a class that holds little else.
"""

from collections.abc import Mapping

import msgspec

from assess.errors import Unavailable
from assess.evidence.adminservice import properties
from assess.language import tr

_LISTED = """
SMS_Site: SiteCode SiteName ServerName InstallDir ReportingSiteCode Type Version BuildNumber Status
  Mode SecondarySiteCMUpdateStatus
SMS_Identification: ThisSiteCode ThisSiteName
SMS_CM_UpdatePackages: Name FullVersion ClientVersion DateReleased LastUpdateTime State UpdateType
  PackageGuid
SMS_CM_UpdateFeatures: FeatureGUID FeatureType Exposed Status Name
SMS_SystemResourceList: NALPath ResourceType RoleName ServerName ServerRemoteName SiteCode SslState
  InternetEnabled InternetShared
SMS_SCI_SysResUse: ItemName NALPath NetworkOSPath RoleName SiteCode SslState Type Props PropLists
SMS_SCI_Component: ItemName ComponentName SiteCode Props PropLists
SMS_Admin: LogonName RoleNames CategoryNames CollectionNames IsGroup
SMS_R_User: ResourceId UniqueUserName UserPrincipalName AADUserID
SMS_Collection: CollectionID Name CollectionType MemberCount LocalMemberCount LimitToCollectionID
  LimitToCollectionName IsBuiltIn RefreshType CurrentStatus LastRefreshTime LastMemberChangeTime
  CollectionRules
SMS_FullCollectionMembership: CollectionID ResourceID Name SiteCode IsClient
SMS_CombinedDeviceResources: Name ResourceID IsClient ClientVersion CoManaged AADDeviceID
  AADTenantID DeviceOS DeviceOSBuild Domain CNIsOnInternet CNAccessMP SiteCode
SMS_AAD_Tenant_Ex: ID Name TenantID Environment SiteCode
SMS_AAD_Application_Ex: ID Name ClientID IdentifierUri IsClientApp TenantID SecretKeyExpiry
  SecretKeyCreationTime LastUpdateTime Source
SMS_Azure_CloudService: ID Name ServiceType AuthenticationType AssociatedAADWebApplications SiteCode
SMS_AAD_Discovery_Settings: CloudServiceId AgentType DeltaSyncEnabled FullSyncEnabled
  DeltaSyncInterval LastDeltaSyncTime LastFullSyncTime SiteCode
SMS_AzureEnvironments: ID EnvironmentName CloudServiceSuffix KeyVaultDNSSuffix StorageEndpointSuffix
  MDMEnrollmentURL ActiveDirectoryEndpoint MicrosoftGraphEndpoint ResourceManagerEndpoint
SMS_AzureService: AzureServiceID ServiceType Name Fqdn ServiceCName State StatusDetails
  DeploymentModel AzureEnvironmentId ProxySecurityProtocol ClientCertRevocationEnabled
  NumberOfInstances Region SubscriptionID AffinityGroup StorageServiceName ServiceThumbprint
  RootCertThumbprint SubCACertThumbprint SiteCode CreationTime ConfigurationVersion
SMS_CloudProxyConnector: ProxyServiceName ServerName SiteCode ConnectionStatus
SMS_CloudProxyRoleEndpoint: ProxyServiceName EndpointName RoleName RoleServerName RoleID SiteCode
SMS_CoManagementSettings: CI_ID CI_UniqueID LocalizedDisplayName IsEnabled
SMS_Client_ComanagementState: ResourceID Name SiteCode ComgmtPolicyPresent MDMEnrolled
  MDMProvisioned Authority MDMWorkloads AADDeviceID AADJoined HybridAADJoined EnrollmentScheduled
  EnrollmentFailed EnrollmentStatusCode EnrollmentErrorDetail PendingLogon
SMS_ClientSettings: SettingsID UniqueID Name Priority Type AssignmentCount FeatureType
  AgentConfigurations
SMS_ClientSettingsAssignment: ClientSettingsID CollectionID CollectionName
SMS_ConfigurationBaselineInfo: CI_ID LocalizedDisplayName IsEnabled IsBroken
SMS_BaselineAssignment: AssignedCIs Enabled TargetCollectionID
SMS_ConfigurationItemLatest: CI_ID CIType_ID InUse
SMS_CloudSubscription: Name Description UniqueID CollectionID
SMS_IntuneAccountInfo: AADTenantID IntuneAccountID LastUpdateTime
SMS_MDMCorpEnrollmentProfiles: ProfileId Name Department DeviceCount EnrollmentProgram IsDefault
  IsUserChallenge PlatformType SupervisionMode CreationTime ModifiedTime
SMS_MDMCorpOwnedDevices: SerialNumber EnrollmentStatus ProfileStatus
SMS_MDMAppleVppToken: AppleID OrganizationName ExpirationDate LastSuccessfulSync SyncStatus
  TokenType
SMS_TermsAndConditionsSettings: CI_ID LocalizedDisplayName CIVersion IsEnabled
SMS_DeviceEnrollmentProfile: ProfileID Name ProfileType
SMS_Certificate: Thumbprint IssuedTo KeyType Type ValidFrom ValidUntil IsApproved IsBlocked
  ServerName
SMS_ComponentSummarizer: ComponentName MachineName SiteCode Status State AvailabilityState Errors
  Warnings Infos Type LastContacted LastStarted TallyInterval
SMS_StatusMessage: RecordID MessageID Component MachineName SiteCode Time Severity
"""

READABLE: Mapping[str, frozenset[str]] = {
    name: frozenset(words.split())
    for name, _, words in (
        line.partition(":") for line in _LISTED.strip().replace("\n  ", " ").splitlines()
    )
}


def allowed(name: str, row: type[msgspec.Struct]) -> tuple[str, ...]:
    """The properties of a class that ``row`` names; raises Unavailable where one is not listed."""
    select = properties(row)
    beyond = sorted(set(select) - READABLE.get(name, frozenset()))
    if beyond or not select:
        raise Unavailable(
            tr(
                "{} of {} is not among what this tool may read",
                ", ".join(beyond) or "everything",
                name,
            ),
            "Report this: a check asks for more than it is allowed to.",
        )
    return select
