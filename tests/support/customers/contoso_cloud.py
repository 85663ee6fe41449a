"""What Contoso's tenant and site know of applications, policies, apps and devices, as their services answer it."""

from typing import Any

from customers import Customer

GRAPH = "00000003-0000-0000-c000-000000000000"
SERVER_APP, CLIENT_APP = "7d1f5a3e-2b60-4f0c-9d52-0c6f8a7b3e11", "c2a9e6d4-8f13-4b7a-a6c0-5e4d3b2a1908"
SERVER_URI = "https://ConfigMgrService"
DIRECTORY_READ, READ_ALL_SCOPE = "7ab1d382-f21e-4acd-a863-ba3e13f7da61", "06da0dbc-49e2-44d2-8312-53f166ab848a"
IMPERSONATION = "3f6b0d52-91c7-4a1e-8a6f-2d0e9c4b7a35"
PILOT_COLLECTION = "PS100021"
SITE_VERSION = "5.00.9135.1000"
_ROOT_ROLE = "62e90394-69f5-4237-9190-012177145e10"
_OWNER = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"

PILOT_DEVICES = (
    # name, serial number, managed by, last contact, registered for Autopilot
    ("WS0242", "PF2XK7Q1", "configurationManagerClientMdm", "2026-11-20T18:22:05Z", True),
    ("WS0305", "PF2XK8D4", "configurationManagerClientMdm", "2026-11-20T07:41:50Z", True),
    ("WS0311", "PF3AB219", "mdm", "2026-11-04T12:03:17Z", False),
)


def _id(customer: Customer, name: str) -> str:
    return str(customer.guid(f"tenant-{name}"))


def _to_group(customer: Customer, what: str, group: str, intent: str = "") -> dict[str, Any]:
    target = {"@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": group}
    said = {"id": f"{_id(customer, what)}_{group}", "target": target}
    return {**said, "intent": intent} if intent else said


def pilot_group(customer: Customer) -> str:
    """The group of the tenant whose devices get policies and the client."""
    return _id(customer, "group-pilot")


def command_line(customer: Customer) -> str:
    """What the wizard of the site offers for copying."""
    inner = (
        f"CCMHOSTNAME=cmg.{customer.domains[0]['id']}/CCM_Proxy_MutualAuth/72057594037927941 SMSSITECODE={customer.site_code} "
        f"SMSMP=https://mp01.{customer.forest} AADTENANTID={customer.tenant_id.upper()} AADCLIENTAPPID={CLIENT_APP} "
        f"AADRESOURCEURI={SERVER_URI}"
    )
    return f'CCMSETUPCMD="{inner}"'


_UPDATES = ("FeatureUpdateProfiles", "QualityUpdateProfiles", "QualityUpdatePolicies", "DriverUpdateProfiles")

# -- the tenant --

NEEDS = {
    "/v1.0/directoryRoles": "RoleManagement.Read.Directory",
    "/v1.0/roleManagement": "RoleManagement.Read.Directory",
    "/v1.0/applications": "Application.Read.All",
    "/v1.0/servicePrincipals": "Application.Read.All",
    "/v1.0/identity/conditionalAccess": "Policy.Read.All",
    "/v1.0/deviceManagement/managedDevices": "DeviceManagementManagedDevices.Read.All",
    "/v1.0/deviceManagement/deviceCompliancePolicies": "DeviceManagementConfiguration.Read.All",
    "/v1.0/deviceManagement/deviceConfigurations": "DeviceManagementConfiguration.Read.All",
    "/beta/deviceManagement/deviceConfigurations": "DeviceManagementConfiguration.Read.All",
    "/beta/deviceManagement/configurationPolicies": "DeviceManagementConfiguration.Read.All",
    "/beta/deviceManagement/intents": "DeviceManagementConfiguration.Read.All",
    "/beta/deviceManagement/groupPolicyConfigurations": "DeviceManagementConfiguration.Read.All",
    **{f"/beta/deviceManagement/windows{kind}": "DeviceManagementConfiguration.Read.All" for kind in _UPDATES},
    "/beta/deviceManagement/windowsAutopilotDeploymentProfiles": "DeviceManagementServiceConfig.Read.All",
    "/beta/deviceManagement/deviceEnrollmentConfigurations": "DeviceManagementServiceConfig.Read.All",
    "/v1.0/deviceAppManagement": "DeviceManagementApps.Read.All",
    "/beta/deviceAppManagement": "DeviceManagementApps.Read.All",
}


def tenant(customer: Customer) -> list[dict[str, Any]]:
    """Answers of Graph beside those about users, domains and licences."""
    return [*_administrators(customer), *_applications(customer), *_policies(customer), *_apps(customer), *_devices(customer)]


def _administrators(customer: Customer) -> list[dict[str, Any]]:
    name = f"admin@{customer.initial}"
    account = {"id": _id(customer, "admin"), "userPrincipalName": name, "accountEnabled": True}
    holders = ("admin", "anna.meyer", "ben.walters")
    user = "#microsoft.graph.user"
    return [
        {"path": f"/v1.0/users/{name}", "object": account},
        {
            "path": f"/v1.0/directoryRoles(roleTemplateId='{_ROOT_ROLE}')/members",
            "list": [{"@odata.type": user, "id": _id(customer, one)} for one in holders],
        },
        {
            "path": "/v1.0/roleManagement/directory/roleEligibilityScheduleInstances",
            "status": 400,
            "object": {
                "error": {
                    "code": "AadPremiumLicenseRequired",
                    "message": "The tenant needs to have Microsoft Entra ID P2 or Microsoft Entra ID Governance license.",
                }
            },
        },
    ]


def _applications(customer: Customer) -> list[dict[str, Any]]:
    read = {"resourceAppId": GRAPH, "resourceAccess": [{"id": DIRECTORY_READ, "type": "Role"}]}
    use = {"resourceAppId": SERVER_APP, "resourceAccess": [{"id": IMPERSONATION, "type": "Scope"}]}
    server: dict[str, Any] = {
        "id": _id(customer, "app-server"),
        "appId": SERVER_APP,
        "displayName": "ConfigMgr server app",
        "identifierUris": [SERVER_URI],
        "web": {"homePageUrl": SERVER_URI, "redirectUris": []},
        "publicClient": {"redirectUris": []},
        "isFallbackPublicClient": None,
        "requiredResourceAccess": [read],
        "passwordCredentials": [{"displayName": "ConfigMgr", "endDateTime": "2026-12-12T09:30:00Z"}],
        "keyCredentials": [],
    }
    client = {
        "id": _id(customer, "app-client"),
        "appId": CLIENT_APP,
        "displayName": "ConfigMgr client app",
        "identifierUris": [],
        "web": {"homePageUrl": None, "redirectUris": []},
        "publicClient": {"redirectUris": [f"msal{CLIENT_APP}://auth", f"ms-appx-web://Microsoft.AAD.BrokerPlugin/{CLIENT_APP}"]},
        "isFallbackPublicClient": True,
        "requiredResourceAccess": [use],
        "passwordCredentials": [],
        "keyCredentials": [],
    }
    principals = {one: {"id": _id(customer, f"principal-{one}"), "appId": one, "accountEnabled": True} for one in (SERVER_APP, CLIENT_APP, GRAPH)}
    principals[SERVER_APP] |= {
        "displayName": "ConfigMgr server app",
        "appRoles": [],
        "oauth2PermissionScopes": [{"id": IMPERSONATION, "value": "user_impersonation"}],
    }
    principals[CLIENT_APP] |= {"displayName": "ConfigMgr client app", "appRoles": [], "oauth2PermissionScopes": []}
    principals[GRAPH] |= {
        "displayName": "Microsoft Graph",
        "appRoles": [{"id": DIRECTORY_READ, "value": "Directory.Read.All"}],
        "oauth2PermissionScopes": [{"id": READ_ALL_SCOPE, "value": "Directory.Read.All"}],
    }
    own = {one: str(principals[one]["id"]) for one in (SERVER_APP, CLIENT_APP)}
    granted = {
        "id": "kGvAk1YQxE6ZT0Xn3dYb5g",
        "appRoleId": DIRECTORY_READ,
        "resourceId": principals[GRAPH]["id"],
        "resourceDisplayName": "Microsoft Graph",
    }
    brief = {name: server[name] for name in ("id", "appId", "displayName", "identifierUris")}
    below = "/v1.0/servicePrincipals"
    found: list[dict[str, Any]] = [
        {"path": "/v1.0/applications", "query": {"$filter": f"identifierUris/any(u:startswith(u,'{SERVER_URI}'))"}, "list": [brief]},
        {
            "path": "/v1.0/applications",
            "query": {"$filter": f"identifierUris/any(u:startswith(u,'api://{customer.tenant_id}/'))"},
            "list": [],
        },
        {"path": "/v1.0/applications", "query": {"$filter": f"identifierUris/any(u:u eq '{SERVER_URI}')"}, "list": [brief]},
    ]
    found += [{"path": f"/v1.0/applications(appId='{one['appId']}')", "object": one} for one in (server, client)]
    found += [{"path": f"{below}(appId='{app}')", "object": one} for app, one in principals.items()]
    return [
        *found,
        {"path": f"{below}/{own[SERVER_APP]}/appRoleAssignments", "list": [granted]},
        {"path": f"{below}/{own[CLIENT_APP]}/appRoleAssignments", "list": []},
        {"path": f"{below}/{own[SERVER_APP]}/oauth2PermissionGrants", "list": []},
        # Nobody has consented to the client app yet.
        {"path": f"{below}/{own[CLIENT_APP]}/oauth2PermissionGrants", "list": []},
    ]


def _policies(customer: Customer) -> list[dict[str, Any]]:
    group = pilot_group(customer)
    windows, phones = _id(customer, "compliance-windows"), _id(customer, "compliance-ios")
    wifi, ring = _id(customer, "profile-wifi"), _id(customer, "profile-restrictions")
    management = "/deviceManagement"
    compliance = [
        {
            "@odata.type": "#microsoft.graph.windows10CompliancePolicy",
            "id": windows,
            "displayName": "Windows: baseline",
            "createdDateTime": "2026-09-14T09:12:00Z",
            "passwordRequired": True,
            "storageRequireEncryption": False,
            "bitLockerEnabled": True,
        },
        {
            "@odata.type": "#microsoft.graph.iosCompliancePolicy",
            "id": phones,
            "displayName": "iPhone: baseline",
            "createdDateTime": "2026-10-02T13:40:00Z",
            "passcodeRequired": True,
            "securityBlockJailbrokenDevices": False,
        },
    ]
    profiles = [
        {
            "@odata.type": "#microsoft.graph.windowsWifiEnterpriseEAPConfiguration",
            "id": wifi,
            "displayName": "Windows: Contoso-Office Wi-Fi",
            "createdDateTime": "2026-09-21T08:05:00Z",
        },
        {
            "@odata.type": "#microsoft.graph.windows10GeneralConfiguration",
            "id": ring,
            "displayName": "Windows: device restrictions",
            "createdDateTime": "2026-09-21T08:30:00Z",
            "passwordRequired": True,
        },
    ]
    access = {
        "id": _id(customer, "access-exchange"),
        "displayName": "Exchange Online: compliant devices",
        "state": "enabledForReportingButNotEnforced",
        "conditions": {
            "users": {"includeUsers": ["All"], "excludeUsers": [_id(customer, "admin")], "includeGroups": [], "excludeGroups": [], "includeRoles": []},
            "applications": {"includeApplications": ["00000002-0000-0ff1-ce00-000000000000"], "excludeApplications": []},
            "platforms": None,
            "clientAppTypes": ["all"],
            "signInRiskLevels": [],
            "userRiskLevels": [],
            "locations": None,
            "devices": None,
        },
        "grantControls": {"operator": "OR", "builtInControls": ["compliantDevice"], "termsOfUse": [], "authenticationStrength": None},
    }
    given = {windows: [group], phones: [], wifi: [group], ring: [group]}
    found: list[dict[str, Any]] = [
        {"path": "/v1.0/identity/conditionalAccess/policies", "list": [access]},
        {"path": f"/v1.0{management}/deviceCompliancePolicies", "list": compliance},
        *({"path": f"{version}{management}/deviceConfigurations", "list": profiles} for version in ("/v1.0", "/beta")),
        {"path": f"/beta{management}/configurationPolicies", "list": []},
        {"path": f"/beta{management}/intents", "list": []},
        {"path": f"/beta{management}/groupPolicyConfigurations", "list": []},
        *({"path": f"/beta{management}/windows{kind}", "list": []} for kind in _UPDATES),
        {"path": f"/beta{management}/deviceConfigurationConflictSummary", "list": []},
    ]
    for one in (windows, phones):
        assigned = [_to_group(customer, one, to) for to in given[one]]
        found.append({"path": f"/v1.0{management}/deviceCompliancePolicies/{one}/assignments", "list": assigned})
        block = [{"actionType": "block", "notificationTemplateId": "00000000-0000-0000-0000-000000000000"}]
        rules = [{"id": _id(customer, f"rule-{one}"), "scheduledActionConfigurations": block}]
        found.append({"path": f"/v1.0{management}/deviceCompliancePolicies/{one}/scheduledActionsForRule", "list": rules})
    for one in (wifi, ring):
        assigned = [_to_group(customer, one, to) for to in given[one]]
        found += [{"path": f"{version}{management}/deviceConfigurations/{one}/assignments", "list": assigned} for version in ("/v1.0", "/beta")]
    members = f"/v1.0/groups/{group}/transitiveMembers"
    people = [{"id": _id(customer, one.account), "userPrincipalName": one.upn} for one in customer.people if one.enrols][:3]
    return [
        *found,
        {"path": f"{members}/microsoft.graph.user", "list": people},
        {"path": f"{members}/microsoft.graph.device", "list": []},
        {"path": members, "list": people},
    ]


def _apps(customer: Customer) -> list[dict[str, Any]]:
    group, client = pilot_group(customer), _id(customer, "app-ccmsetup")
    offices = _id(customer, "app-office")
    package = {
        "@odata.type": "#microsoft.graph.windowsMobileMSI",
        "id": client,
        "displayName": "ConfigMgr Client Setup Bootstrap",
        "description": "Client for the pilot",
        "publisher": "Microsoft",
        "publishingState": "published",
        "isAssigned": True,
        "fileName": "ccmsetup.msi",
        "commandLine": command_line(customer),
        "productVersion": SITE_VERSION,
    }
    office = {
        "@odata.type": "#microsoft.graph.officeSuiteApp",
        "id": offices,
        "displayName": "Microsoft 365 Apps",
        "publishingState": "published",
        "isAssigned": True,
    }
    settings = {
        "@odata.type": "#microsoft.graph.deviceEnrollmentPlatformRestrictionsConfiguration",
        "id": f"{customer.tenant_id}_DefaultPlatformRestrictions",
        "displayName": "All users and all devices",
        "priority": 0,
        "iosRestriction": {"platformBlocked": False, "personalDeviceEnrollmentBlocked": True},
        "windowsRestriction": {"platformBlocked": False, "personalDeviceEnrollmentBlocked": False},
        "windowsMobileRestriction": {"platformBlocked": True, "personalDeviceEnrollmentBlocked": False},
        "androidForWorkRestriction": {"platformBlocked": False, "personalDeviceEnrollmentBlocked": False},
    }
    below = "deviceAppManagement/mobileApps"
    configurations = "deviceManagement/deviceEnrollmentConfigurations"
    required = {client: group, offices: group}
    return [
        {"path": f"/v1.0/{below}", "query": {"$filter": "isof('microsoft.graph.windowsMobileMSI')"}, "list": [package]},
        {"path": f"/v1.0/{below}", "query": {"$filter": "isof('microsoft.graph.win32LobApp')"}, "list": []},
        *({"path": f"/{version}/{below}", "list": [package, office]} for version in ("v1.0", "beta")),
        *(
            {"path": f"/v1.0/{below}/{app}/assignments", "list": [_to_group(customer, app, to, "required")]}
            for app, to in required.items()
        ),
        *({"path": f"/{version}/{configurations}", "list": [settings]} for version in ("v1.0", "beta")),
    ]


def _devices(customer: Customer) -> list[dict[str, Any]]:
    profile = _id(customer, "autopilot-standard")
    workloads = {
        "compliancePolicy": True,
        "deviceConfiguration": True,
        "modernApps": False,
        "resourceAccess": False,
        "windowsUpdateForBusiness": False,
    }
    managed = [
        {
            "id": _id(customer, f"managed-{name}"),
            "deviceName": name,
            "azureADDeviceId": _id(customer, f"device-{name}"),
            "serialNumber": serial,
            "operatingSystem": "Windows",
            "osVersion": "10.0.26100.2314",
            "managementAgent": agent,
            "deviceEnrollmentType": "windowsCoManagement" if agent != "mdm" else "windowsAzureADJoin",
            "enrolledDateTime": "2026-10-05T08:15:00Z",
            "lastSyncDateTime": seen,
            "configurationManagerClientEnabledFeatures": workloads if agent != "mdm" else None,
        }
        for name, serial, agent, seen, _ in PILOT_DEVICES
    ]
    hardware = [
        {
            "id": _id(customer, f"autopilot-{name}"),
            "serialNumber": serial,
            "displayName": "",
            "azureActiveDirectoryDeviceId": _id(customer, f"device-{name}"),
            "managedDeviceId": _id(customer, f"managed-{name}"),
        }
        for name, serial, _, _, registered in PILOT_DEVICES
        if registered
    ]
    profiles = "/beta/deviceManagement/windowsAutopilotDeploymentProfiles"
    return [
        {"path": "/v1.0/deviceManagement/managedDevices", "list": managed},
        {"path": "/v1.0/deviceManagement/windowsAutopilotDeviceIdentities", "list": hardware},
        {"path": profiles, "list": [{"id": profile, "displayName": "Contoso standard PC"}]},
        {"path": f"{profiles}/{profile}/assignments", "list": [_to_group(customer, profile, pilot_group(customer))]},
    ]


# -- the subscription --


_SCALE_SETS = "Microsoft.Compute/virtualMachineScaleSets"
RESOURCE_GROUP = "rg-contoso-cmg"


def subscription(customer: Customer, subscription: str) -> list[dict[str, Any]]:
    """Who may do what in the subscription, and its resource groups."""
    scope = f"/subscriptions/{subscription}"
    kinds = f"{scope}/providers/Microsoft.Authorization"
    owner = {
        "roleDefinitionId": f"{kinds}/roleDefinitions/{_OWNER}",
        "principalId": _id(customer, "admin"),
        "principalType": "User",
        "scope": scope,
        "condition": None,
    }
    return [
        {
            "path": f"{kinds}/roleAssignments",
            "query": {"$filter": f"assignedTo('{_id(customer, 'admin')}')"},
            "list": [{"properties": owner}],
        },
        {
            "path": f"{scope}/resources",
            "list": [
                {
                    "id": f"{scope}/resourceGroups/{RESOURCE_GROUP}/providers/{_SCALE_SETS}/contosocmg",
                    "name": "contosocmg",
                    "type": _SCALE_SETS,
                    "location": "westeurope",
                    "provisioningState": "Succeeded",
                }
            ],
        },
        {"path": f"{scope}/resourcegroups", "list": [{"name": RESOURCE_GROUP, "location": "westeurope"}]},
    ]


# -- the site --

_TENANT_ROW, _SERVICE_ROW, _SETTINGS = 16777217, 16777220, 16777218
_FIRST_DEVICE = 16777300
_MORE_CLIENTS = tuple(f"WS{number:04}" for number in range(101, 115))
_SERVERS = ("CM01", "MP01", "FS01")


def site(customer: Customer) -> dict[str, list[dict[str, Any]]]:
    """Rows of the site by class, beside those about users."""
    names = (*(name for name, *_ in PILOT_DEVICES), *_MORE_CLIENTS, *_SERVERS)
    every = {name: _FIRST_DEVICE + number for number, name in enumerate(names)}
    pilot = [{"CollectionID": PILOT_COLLECTION, "ResourceID": every[name], "Name": name} for name, *_ in PILOT_DEVICES]
    collections = [
        {"CollectionID": "SMS00001", "Name": "All Systems", "CollectionType": 2, "MemberCount": len(every)},
        {
            "CollectionID": PILOT_COLLECTION,
            "Name": "Co-management pilot",
            "CollectionType": 2,
            "MemberCount": len(pilot),
            "LimitToCollectionID": "SMS00001",
        },
    ]
    devices = [
        {
            "ResourceID": number,
            "Name": name,
            "IsClient": True,
            "DeviceOS": f"Microsoft Windows NT {'Advanced Server 10.0' if name in _SERVERS else 'Workstation 10.0'}",
            "DeviceOSBuild": "10.0.20348.2762" if name in _SERVERS else "10.0.26100.2033",
            "Domain": "CORP",
        }
        for name, number in every.items()
    ]
    states = [
        {
            "ResourceID": every[name],
            "ComgmtPolicyPresent": True,
            "MDMEnrolled": agent != "mdm",
            "MDMWorkloads": "10" if agent != "mdm" else "0",
            "EnrollmentFailed": agent == "mdm",
        }
        for name, _, agent, _, _ in PILOT_DEVICES
    ]
    return {
        "SMS_Collection": collections,
        "SMS_FullCollectionMembership": pilot,
        "SMS_CombinedDeviceResources": devices,
        "SMS_Client_ComanagementState": states,
        "SMS_CoManagementSettings": [{"CI_ID": 16778240, "LocalizedDisplayName": "CoMgmtSettingsProd"}],
        **_cloud_rows(customer),
        **_role_rows(customer),
        **_settings_rows(),
    }


def _cloud_rows(customer: Customer) -> dict[str, list[dict[str, Any]]]:
    applications = (("server", SERVER_APP, SERVER_URI, "2026-12-12T09:30:00Z"), ("client", CLIENT_APP, "", None))
    return {
        "SMS_AAD_Tenant_Ex": [{"ID": _TENANT_ROW, "Name": customer.tenant_name, "TenantID": customer.tenant_id}],
        "SMS_AAD_Application_Ex": [
            {
                "Name": f"ConfigMgr {kind} app",
                "ClientID": app,
                "IdentifierUri": uri,
                "IsClientApp": kind == "client",
                "TenantID": _TENANT_ROW,
                "SecretKeyExpiry": ends,
            }
            for kind, app, uri, ends in applications
        ],
        "SMS_Azure_CloudService": [{"ID": _SERVICE_ROW, "Name": "Contoso cloud management", "ServiceType": 1}],
        "SMS_AAD_Discovery_Settings": [
            {
                "CloudServiceId": _SERVICE_ROW,
                "AgentType": 1,
                "DeltaSyncEnabled": True,
                "FullSyncEnabled": True,
                "LastDeltaSyncTime": "2026-11-20T20:55:00Z",
                "LastFullSyncTime": "2026-11-16T02:00:00Z",
            }
        ],
        "SMS_AzureEnvironments": [{"ID": 1, "EnvironmentName": "AzurePublicCloud"}],
    }


def gateway(customer: Customer, subscription: str, thumbprint: str, root: str) -> dict[str, Any]:
    """The gateway of the site, which is being made; the issuing authority was not uploaded."""
    name = "contosocmg"
    return {
        "Name": name,
        "Fqdn": f"{name}.westeurope.cloudapp.azure.com",
        "ServiceCName": f"cmg.{customer.domains[0]['id']}",
        "ServiceType": "CloudProxyService",
        "State": 1,
        "Region": "West Europe",
        "SubscriptionID": subscription,
        "AffinityGroup": RESOURCE_GROUP,
        "StorageServiceName": f"{name}store",
        "ServiceThumbprint": thumbprint,
        "SiteCode": customer.site_code,
        "NumberOfInstances": 1,
        "ClientCertRevocationEnabled": True,
        "RootCertThumbprint": root,
        "SubCACertThumbprint": "",
        "DeploymentModel": 2,
        "AzureEnvironmentId": 1,
    }


def _role_rows(customer: Customer) -> dict[str, list[dict[str, Any]]]:
    code, cm, mp = customer.site_code, f"\\\\cm01.{customer.forest}", f"\\\\mp01.{customer.forest}"

    def number(name: str, value: int) -> dict[str, Any]:
        return {"PropertyName": name, "Value": value, "Value1": "", "Value2": ""}

    def role(name: str, path: str, ssl: int, *props: dict[str, Any]) -> dict[str, Any]:
        return {"RoleName": name, "NetworkOSPath": path, "SiteCode": code, "SslState": ssl, "Props": list(props)}

    facing = (number("AllowProxyTraffic", 1), number("MPIntranetFacing", 1), number("MPInternetFacing", 0))
    word = {"PropertyName": "SETTINGS", "Value": 0, "Value1": "ACTIVE", "Value2": ""}
    connector = {"ComponentName": "SMS_CLOUD_PROXYCONNECTOR", "MachineName": f"mp01.{customer.forest}", "SiteCode": code}
    return {
        "SMS_SCI_SysResUse": [
            role("SMS Site Server", cm, 0),
            role("SMS SQL Server", cm, 0),
            role("SMS Provider", cm, 0),
            role("SMS Dmp Connector", cm, 0, number("OfflineMode", 0)),
            role("SMS Software Update Point", cm, 1, number("SSLWSUS", 1), number("AllowProxyTraffic", 1)),
            role("SMS Management Point", mp, 1, *facing),
            role("SMS Cloud Proxy Connector", mp, 0),
        ],
        "SMS_SCI_Component": [
            {"ComponentName": "SMS_SITE_COMPONENT_MANAGER", "SiteCode": code, "Props": [number("IISSSLState", 1504)]},
            {"ComponentName": "SMS_AD_USER_DISCOVERY_AGENT", "SiteCode": code, "Props": [word]},
        ],
        "SMS_ComponentSummarizer": [{**connector, "Status": 1, "TallyInterval": "0001128000100008"}],
        "SMS_CloudProxyConnector": [
            {"ProxyServiceName": f"cmg.{customer.domains[0]['id']}", "ServerName": f"mp01.{customer.forest}", "SiteCode": code}
        ],
        "SMS_CM_UpdatePackages": [{"Name": "Configuration Manager 2503", "FullVersion": SITE_VERSION, "State": 196612}],
        "SMS_CloudSubscription": [],
    }


def _settings() -> dict[str, Any]:
    cloud = {"AgentID": 22, "AllowCloudDP": True, "AllowCMG": True, "AutoAADJoin": False}
    policy = {"AgentID": 13, "PolicyEnableUserPolicyPolling": True, "PolicyEnableUserPolicyOnInternet": True}
    return {
        "SettingsID": _SETTINGS,
        "Name": "Contoso internet clients",
        "Priority": 1,
        "Type": 1,
        "AssignmentCount": 1,
        "AgentConfigurations": [cloud, policy],
    }


def _settings_rows() -> dict[str, list[dict[str, Any]]]:
    lazy = {name: value for name, value in _settings().items() if name != "AgentConfigurations"}
    given = {"ClientSettingsID": _SETTINGS, "CollectionID": PILOT_COLLECTION, "CollectionName": "Co-management pilot"}
    return {"SMS_ClientSettings": [lazy], "SMS_ClientSettingsAssignment": [given]}


def by_key(customer: Customer) -> list[dict[str, Any]]:
    """Instances with their lazy properties."""
    rules = [{"@odata.type": "#AdminService.SMS_CollectionRuleDirect", "ResourceID": 2063597573 + number} for number in range(3)]
    users = {"CollectionID": customer.collection, "Name": customer.collection_name, "CollectionRules": rules}
    path = "/AdminService/wmi/"
    return [
        {"path": f"{path}SMS_ClientSettings({_SETTINGS})", "object": _settings()},
        {"path": f"{path}SMS_Collection('{customer.collection}')", "object": users},
    ]


def with_rows(service: dict[str, Any], classes: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    """The AdminService with more rows, of classes that it has and of others."""
    path = "/AdminService/wmi/"
    more = dict(classes)
    answers = []
    for one in service["answers"]:
        name = one["path"].removeprefix(path)
        rows = more.pop(name, []) if "list" in one else []
        answers.append({**one, "list": [*one["list"], *rows]} if rows else one)
    answers += [{"path": path + name, "list": rows} for name, rows in more.items()]
    return {**service, "answers": answers}
