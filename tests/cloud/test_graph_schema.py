"""The metadata hold every request of the checks, by path, properties and options."""

from collections.abc import Callable

import pytest
import requests

from cloud import App, Cloud
from cloud.sample import ADA, DESKTOP
from cloud.schema import Route, metadata

A = "cccccccc-0000-4000-8000-000000000001"
G = "aaaaaaaa-0000-4000-8000-000000000001"

REQUESTS = [
    (
        "v1.0 /domains?$select=id,authenticationType,isVerified,isDefault,isInitial,isRoot,isAdminManaged,"
        "supportedServices,state,passwordValidityPeriodInDays,availabilityStatus"
    ),
    (
        "v1.0 /users?$select=id,userPrincipalName,onPremisesUserPrincipalName,onPremisesSyncEnabled,"
        "onPremisesDomainName,onPremisesImmutableId,onPremisesLastSyncDateTime,accountEnabled,userType,"
        "usageLocation,assignedLicenses,licenseAssignmentStates&$top=999"
    ),
    "v1.0 /users?$select=id,userPrincipalName,onPremisesProvisioningErrors,assignedPlans&$top=999",
    (
        "v1.0 /organization?$select=id,displayName,tenantType,onPremisesSyncEnabled,"
        "onPremisesLastSyncDateTime,verifiedDomains,createdDateTime,assignedPlans"
    ),
    "beta /organization?$select=id,onPremisesLastPasswordSyncDateTime,certificateConnectorSetting",
    "v1.0 /organization/TENANT?$select=id,mobileDeviceManagementAuthority",
    "v1.0 /directory/onPremisesSynchronization?$select=id,configuration,features",
    "v1.0 /domains/contoso.com/serviceConfigurationRecords",
    "v1.0 /domains/contoso.com/federationConfiguration",
    "v1.0 /deviceAppManagement/vppTokens?$select=id,expirationDateTime,state,lastSyncStatus",
    "v1.0 /deviceManagement?$select=id,subscriptionState,intuneAccountId,settings",
    "v1.0 /deviceManagement?$select=intuneBrand",
    (
        "v1.0 /subscribedSkus?$select=id,skuId,skuPartNumber,appliesTo,capabilityStatus,consumedUnits,"
        "prepaidUnits,servicePlans,subscriptionIds"
    ),
    "v1.0 /users/user1@contoso.com/licenseDetails",
    (
        "beta /policies/mobileDeviceManagementPolicies?$expand=includedGroups&$select=id,displayName,"
        "appliesTo,discoveryUrl,termsOfUseUrl,complianceUrl,isValid,isMdmEnrollmentDuringRegistrationDisabled"
    ),
    "beta /policies/mobileAppManagementPolicies?$expand=includedGroups&$select=id,displayName,appliesTo",
    f"v1.0 /groups/{G}/transitiveMembers/microsoft.graph.user?$select=id,userPrincipalName",
    (
        "v1.0 /deviceManagement/applePushNotificationCertificate?$select=id,appleIdentifier,topicIdentifier,"
        "expirationDateTime,lastModifiedDateTime,certificateSerialNumber,certificateUploadStatus,"
        "certificateUploadFailureReason"
    ),
    (
        "beta /deviceManagement/depOnboardingSettings?$select=id,tokenName,appleIdentifier,"
        "tokenExpirationDateTime,lastModifiedDateTime,lastSuccessfulSyncDateTime,lastSyncTriggeredDateTime,"
        "lastSyncErrorCode,syncedDeviceCount,dataSharingConsentGranted,tokenType,roleScopeTagIds"
    ),
    "beta /deviceManagement/depOnboardingSettings/dep/enrollmentProfiles",
    "beta /deviceManagement/depOnboardingSettings/dep/importedAppleDeviceIdentities",
    (
        "beta /deviceManagement/ndesConnectors?$select=id,displayName,machineName,connectorVersion,"
        "enrolledDateTime,lastConnectionDateTime,state"
    ),
    "beta /deviceManagement/certificateConnectorDetails",
    "beta /deviceManagement/getComanagedDevicesSummary",
    "beta /deviceManagement/getComanagementEligibleDevicesSummary",
    (
        "v1.0 /deviceManagement/managedDevices?$select=id,deviceName,operatingSystem,osVersion,"
        "managementAgent,deviceEnrollmentType,managementState,complianceState,"
        "configurationManagerClientEnabledFeatures,azureADDeviceId,azureADRegistered,lastSyncDateTime,"
        "enrolledDateTime,userPrincipalName"
    ),
    (
        "beta /deviceManagement/managedDevices?$select=id,joinType,autopilotEnrolled,"
        "configurationManagerClientHealthState,configurationManagerClientInformation"
    ),
    (
        "v1.0 /deviceManagement/managedDeviceOverview?$select=enrolledDeviceCount,mdmEnrolledCount,"
        "dualEnrolledDeviceCount,deviceOperatingSystemSummary"
    ),
    "beta /deviceManagement/comanagedDevices?$select=id,deviceName,managementAgent",
    "beta /deviceManagement/comanagementEligibleDevices?$select=id,deviceName,status,osVersion,upn,mdmStatus",
    (
        "beta /deviceManagement/configManagerCollections?$select=id,collectionIdentifier,displayName,"
        "hierarchyIdentifier,hierarchyName"
    ),
    (
        f"v1.0 /applications(appId='{A}')?$select=id,appId,displayName,identifierUris,signInAudience,web,"
        "publicClient,isFallbackPublicClient,requiredResourceAccess,api,passwordCredentials,keyCredentials"
    ),
    "v1.0 /applications?$filter=identifierUris/any(u:startswith(u,'https://ConfigMgrService'))&$select=id",
    (
        f"v1.0 /servicePrincipals(appId='{A}')?$select=id,appId,displayName,accountEnabled,"
        "servicePrincipalNames,appRoleAssignmentRequired,tags"
    ),
    f"v1.0 /servicePrincipals(appId='{A}')?$select=id,appRoles,oauth2PermissionScopes",
    (
        f"v1.0 /servicePrincipals/{G}/appRoleAssignments?$select=appRoleId,resourceId,resourceDisplayName,"
        "principalId,principalType,createdDateTime"
    ),
    (
        f"v1.0 /servicePrincipals/{G}/oauth2PermissionGrants?$select=clientId,resourceId,consentType,"
        "principalId,scope"
    ),
    "v1.0 /deviceAppManagement/mobileApps?$filter=isof('microsoft.graph.windowsMobileMSI')",
    (
        "v1.0 /deviceAppManagement/mobileApps/graph.windowsMobileMSI?$select=id,displayName,description,"
        "publisher,developer,createdDateTime,lastModifiedDateTime,publishingState,fileName,size,"
        "committedContentVersion,commandLine,productCode,productVersion,ignoreVersionDetection"
    ),
    (
        "beta /deviceAppManagement/mobileApps/graph.windowsMobileMSI?$select=id,identityVersion,"
        "useDeviceContext,isAssigned"
    ),
    "v1.0 /deviceAppManagement/mobileApps/msi/assignments?$select=id,intent,target",
    "beta /deviceManagement/deviceEnrollmentConfigurations",
    "beta /deviceManagement/deviceEnrollmentConfigurations/one/assignments",
    (
        "v1.0 /identity/conditionalAccess/policies?$select=id,displayName,state,createdDateTime,"
        "modifiedDateTime,templateId,conditions,grantControls,sessionControls"
    ),
    "v1.0 /policies/identitySecurityDefaultsEnforcementPolicy?$select=isEnabled",
    "v1.0 /deviceManagement/deviceCompliancePolicies?$expand=assignments",
    "v1.0 /deviceManagement/deviceCompliancePolicies?$expand=assignments,scheduledActionsForRule",
    "beta /deviceManagement/compliancePolicies?$select=id,name,platforms,technologies,settingCount",
    (
        "v1.0 /deviceManagement/termsAndConditions?$select=id,displayName,title,description,bodyText,"
        "acceptanceStatement,version,createdDateTime,lastModifiedDateTime&$expand=assignments"
    ),
    "beta /deviceManagement/termsAndConditions?$select=id,modifiedDateTime,roleScopeTagIds",
    (
        "v1.0 /identityGovernance/termsOfUse/agreements?$select=displayName,"
        "isViewingBeforeAcceptanceRequired,isPerDeviceAcceptanceRequired,userReacceptRequiredFrequency,termsExpiration"
    ),
    "v1.0 /agreements?$select=displayName",
    (
        "v1.0 /policies/deviceRegistrationPolicy?$select=azureADJoin,azureADRegistration,userDeviceQuota,"
        "localAdminPassword"
    ),
    (
        "v1.0 /devices?$select=displayName,trustType,operatingSystem,isManaged,mdmAppId,"
        "approximateLastSignInDateTime&$filter=operatingSystem eq 'Windows'"
    ),
    "v1.0 /groups?$filter=onPremisesSyncEnabled eq true and securityEnabled eq true&$select=id",
    "v1.0 /deviceManagement/deviceConfigurations?$expand=assignments",
    "beta /deviceManagement/configurationPolicies?$expand=assignments",
    "v1.0 /deviceManagement/notificationMessageTemplates",
    "beta /deviceManagement/windowsAutopilotDeploymentProfiles?$expand=assignments",
    "v1.0 /deviceManagement/windowsAutopilotDeviceIdentities",
    "v1.0 /directoryRoles(roleTemplateId='62e90394-69f5-4237-9190-012177145e10')/members",
    "v1.0 /roleManagement/directory/roleEligibilityScheduleInstances?$filter=roleDefinitionId eq '1'",
    "v1.0 /admin/serviceAnnouncement/healthOverviews?$filter=service eq 'Microsoft Intune'",
]

ENUMS = [
    ("v1.0", "MdmAuthority", "unknown intune sccm office365"),
    ("beta", "DepTokenType", "none dep appleSchoolManager"),
    ("beta", "NdesConnectorState", "none active inactive"),
    ("beta", "PolicyScope", "none all selected unknownFutureValue"),
    ("v1.0", "InstallIntent", "available required uninstall availableWithoutEnrollment"),
    ("v1.0", "ConditionalAccessPolicyState", "enabled disabled enabledForReportingButNotEnforced"),
]


@pytest.mark.parametrize("line", REQUESTS, ids=lambda line: line.partition("?")[0])
def test_each_request_of_the_checks_is_understood(
    world: Cloud, graph: Callable[..., requests.Response], line: str
) -> None:
    version, _, path = line.partition(" ")
    path = path.replace("TENANT", world.tenant.id)
    route = metadata().versions[version].resolve(path.partition("?")[0])
    assert isinstance(route, Route)
    application, delegated = metadata().permissions.required(route.template)
    app = App("5d1c0a7e-aaaa-4bbb-8ccc-0000000000ab", application=application)
    person = App(DESKTOP.client_id, delegated=delegated)
    token = world.token(app) if application else world.token_of(ADA, person)
    answer = graph(path, version=version, token=token)
    assert answer.status_code in {200, 404}, answer.text
    assert world.violations == []


@pytest.mark.parametrize(("version", "name", "members"), ENUMS)
def test_enums_have_the_documented_members(version: str, name: str, members: str) -> None:
    assert metadata().versions[version].enums[name] == members.split()


def test_every_path_has_a_permission() -> None:
    for schema in metadata().versions.values():
        for template in schema.templates():
            assert metadata().permissions.required(template)
