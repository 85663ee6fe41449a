"""Provider classes: their properties, keys, lazy properties and the ones that hold secrets.

A property that ends in ``#`` is a number, in ``?`` a Boolean, in ``*`` lazy, in ``!`` a secret.
"""

from collections.abc import Mapping
from dataclasses import dataclass

KEYS = {
    "SMS_Site": "SiteCode",
    "SMS_R_User": "ResourceId",
    "SMS_R_System": "ResourceId",
    "SMS_Collection": "CollectionID",
    "SMS_AzureService": "AzureServiceID",
    "SMS_ClientSettings": "SettingsID",
    "SMS_CoManagementSettings": "CI_ID",
    "SMS_CombinedDeviceResources": "ResourceID",
}

CLASSES = """
SMS_Site: SiteCode SiteName ServerName InstallDir ReportingSiteCode Type# Version BuildNumber# Status# Mode#
  SecondarySiteCMUpdateStatus# TimeZoneInfo
SMS_Identification: ThisSiteCode ThisSiteName
SMS_CM_UpdatePackages: Name FullVersion ClientVersion DateReleased LastUpdateTime State# UpdateType# PackageGuid
SMS_CM_UpdateFeatures: FeatureGUID FeatureType# Exposed# Status# Name
SMS_SystemResourceList: NALPath ResourceType RoleName ServerName ServerRemoteName SiteCode SslState# InternetEnabled?
  InternetShared?
SMS_SCI_SysResUse: ItemName ItemType NALPath NetworkOSPath RoleName SiteCode SslState# Type# FileType# Props PropLists
SMS_SCI_Component: ItemName ItemType ComponentName SiteCode FileType# Flag# Name Props PropLists
SMS_SCI_ClientComp: ItemName ItemType ClientComponentName SiteCode FileType# Flags# Props PropLists
SMS_R_User: ResourceId# ResourceType# Name UserName UniqueUserName UserPrincipalName Mail FullUserName FullDomainName
  WindowsNTDomain SID DistinguishedName UserAccountControl# AADUserID AADTenantID CloudUserId AgentName AgentSite
  AgentTime CreationDate UserGroupName UserOUName
SMS_R_System: ResourceId# ResourceType# Name NetbiosName ResourceDomainORWorkgroup Client# ClientVersion AADDeviceID
  AADTenantID OperatingSystemNameandVersion Build DistinguishedName SMSUniqueIdentifier Active# Obsolete# CreationDate
  AgentName AgentSite AgentTime
SMS_Collection: CollectionID Name Comment CollectionType# MemberCount# LocalMemberCount# LimitToCollectionID
  LimitToCollectionName IsBuiltIn? RefreshType# CurrentStatus# LastRefreshTime LastMemberChangeTime CollectionRules*
SMS_FullCollectionMembership: CollectionID ResourceID# Name SiteCode IsClient? ResourceType# Domain SMSID IsActive?
  IsObsolete? IsAssigned? IsDirect?
SMS_CombinedDeviceResources: Name ResourceID# IsClient? ClientVersion CoManaged? AADDeviceID AADTenantID DeviceOS
  DeviceOSBuild Domain CNIsOnInternet? CNAccessMP SiteCode UserName
SMS_AAD_Tenant_Ex: ID# Name TenantID Environment# SiteCode
SMS_AAD_Application_Ex: ID# Name ClientID IdentifierUri IsClientApp? TenantID# SecretKeyExpiry SecretKeyCreationTime
  LastUpdateTime Source AssociatedAADApplications SecretKey!
SMS_AAD_Application: ID# Name ClientID IdentifierUri IsClientApp? TenantID# SecretKeyExpiry SecretKey!
SMS_Azure_CloudService: ID# Name ServiceType# AuthenticationType# AssociatedAADWebApplications SiteCode
SMS_AAD_Discovery_Settings: CloudServiceId# AgentType# DeltaSyncEnabled? FullSyncEnabled? DeltaSyncInterval#
  LastDeltaSyncTime LastFullSyncTime SiteCode
SMS_CollectionAADGroupMapping: CollectionID AADGroupID AADGroupName CollectionName CloudServiceId#
SMS_AzureEnvironments: ID# EnvironmentName CloudServiceSuffix KeyVaultDNSSuffix StorageEndpointSuffix MDMEnrollmentURL
  ActiveDirectoryEndpoint MicrosoftGraphEndpoint ResourceManagerEndpoint
SMS_AzureService: AzureServiceID# ServiceType Name Fqdn ServiceCName State# StatusDetails# DeploymentModel#
  AzureEnvironmentId# ProxySecurityProtocol# ClientCertRevocationEnabled? NumberOfInstances# Region SubscriptionID
  AffinityGroup StorageServiceName ServiceThumbprint RootCertThumbprint SubCACertThumbprint SiteCode CreationTime
  ConfigurationVersion# ManagementCertificate! ServiceCertificate! SerializedServiceCertificate!
  ProxyCertificateConfig! RootCertificate! SubCACertificate!
SMS_CloudProxyConnector: ProxyServiceName ServerName SiteCode ConnectionStatus# TotalRequestsLast30Days#
SMS_CloudProxyRoleEndpoint: ProxyServiceName EndpointName RoleName RoleServerName RoleID SiteCode
SMS_CloudProxyExternalEndpoint: ProxyServiceName EndpointName SiteCode
SMS_CloudProxyEndpointDefinition: EndpointName RoleName SiteCode
SMS_CoManagementSettings: CI_ID# CI_UniqueID LocalizedDisplayName LocalizedDescription IsEnabled? CreatedBy
  DateCreated DateLastModified SDMPackageXML*
SMS_Client_ComanagementState: ResourceID# Name SiteCode ComgmtPolicyPresent? MDMEnrolled? MDMProvisioned? Authority
  MDMWorkloads AADDeviceID AADJoined? HybridAADJoined? EnrollmentScheduled? EnrollmentFailed? EnrollmentStatusCode#
  EnrollmentErrorDetail PendingLogon?
SMS_ClientSettings: SettingsID# UniqueID Name Description Priority# Type# AssignmentCount# FeatureType# LastModifiedBy
  DateModified AgentConfigurations*
SMS_ClientSettingsDefault: SettingsID# UniqueID Name Priority# Type# FeatureType#
SMS_ClientSettingsAssignment: ID# ClientSettingsID# CollectionID CollectionName
SMS_ConfigurationBaselineInfo: CI_ID# CI_UniqueID CIType_ID# LocalizedDisplayName IsEnabled? IsBroken? IsAssigned?
  SDMPackageXML*
SMS_BaselineAssignment: AssignmentID# AssignmentName AssignedCIs Enabled? TargetCollectionID
SMS_ConfigurationItemLatest: CI_ID# CIType_ID# LocalizedDisplayName InUse? SDMPackageXML*
SMS_CloudSubscription: Name Description UniqueID
SMS_IntuneAccountInfo: AADTenantID IntuneAccountID IntuneResourceID LastUpdateTime
SMS_MDMCorpEnrollmentProfiles: ProfileId Name Department DeviceCount# EnrollmentProgram# IsDefault? IsUserChallenge?
  PlatformType# SupervisionMode# CreationTime ModifiedTime
SMS_MDMCorpOwnedDevices: SerialNumber IMEI EnrollmentStatus# ProfileStatus#
SMS_MDMAppleVppToken: AppleID OrganizationName ExpirationDate LastSuccessfulSync SyncStatus# TokenType# TokenHash!
SMS_MDMDeviceEnrollmentManagers: UserName
SMS_TermsAndConditionsSettings: CI_ID# LocalizedDisplayName CIVersion# IsEnabled? SDMPackageXML*
SMS_DeviceEnrollmentProfile: ProfileID Name ProfileType#
SMS_Certificate: Thumbprint IssuedTo KeyType# Type# ValidFrom ValidUntil IsApproved? IsBlocked? ServerName
SMS_ComponentSummarizer: ComponentName MachineName SiteCode Status# State# AvailabilityState# Errors# Warnings# Infos#
  Type# ComponentType LastContacted LastStarted TallyInterval
SMS_StatusMessage: RecordID# MessageID# Component MachineName SiteCode Time Severity# MessageType#
SMS_StatMsgInsStrings: RecordID# InsStrIndex# InsStrValue
SMS_StatMsgWithInsStrings: RecordID# MessageID# Component MachineName SiteCode Time Severity# InsString1 InsString2
SMS_Admin: AdminID# LogonName DisplayName AdminSid RoleNames CategoryNames CollectionNames IsGroup?
SMS_Application: CI_ID# CI_UniqueID LocalizedDisplayName SoftwareVersion IsDeployed? IsEnabled? SDMPackageXML*
SMS_Boundary: BoundaryID# BoundaryType# DisplayName Value GroupCount#
SMS_BoundaryGroup: GroupID# Name Description MemberCount# SiteSystemCount#
"""

SECRET_CLASSES = frozenset(("SMS_SCI_Reserved", "SMS_SCI_SiteDefinition", "SMS_SCI_SCProperty"))


@dataclass(frozen=True)
class ProviderClass:
    """One class; ``properties`` maps to ``string``, ``number`` or ``boolean``."""

    name: str
    properties: Mapping[str, str]
    lazy: frozenset[str] = frozenset()
    secret: frozenset[str] = frozenset()

    @property
    def key(self) -> str:
        """Return the key property."""
        return KEYS.get(self.name, next(iter(self.properties)))


def declared(name: str, words: list[str]) -> ProviderClass:
    """Return a class from property names with their marks."""
    kinds = {"#": "number", "?": "boolean"}
    bare = {w.rstrip("#?*!"): kinds.get(w[-1], "string") for w in words}
    return ProviderClass(
        name,
        bare,
        frozenset(w[:-1] for w in words if w.endswith("*")),
        frozenset(w[:-1] for w in words if w.endswith("!")),
    )


def known_classes() -> dict[str, ProviderClass]:
    """Return the classes of the table above."""
    classes: dict[str, ProviderClass] = {}
    for line in CLASSES.strip().replace("\n  ", " ").splitlines():
        name, _, words = line.partition(":")
        classes[name] = declared(name, words.split())
    return classes
