"""A small invented customer: tenant, subscription, site. Tests of other packages may vary it.

Nothing here is shared state: ``contoso`` makes everything anew.
"""

from cloud.azure import RoleAssignment, Subscription
from cloud.cloud import Cloud
from cloud.site import Site
from cloud.tenant import App, Person, Secret, Tenant
from cloud.wire import Json

TENANT = "3f9d2c10-5b7e-4d0a-9c55-0a1b2c3d4e5f"
SUBSCRIPTION = "8b0e6f9a-1111-4222-8333-444455556666"
SKU = "cbdc14ab-d96c-4c30-b9f4-6ada7cdc1d46"

TOOL = App(
    "5d1c0a7e-aaaa-4bbb-8ccc-1234567890ab",
    secrets=(Secret("right"), Secret("old", expires=1_600_000_000)),
    application=frozenset(
        (
            "User.Read.All",
            "Organization.Read.All",
            "Domain.Read.All",
            "LicenseAssignment.Read.All",
            "Application.Read.All",
            "Policy.Read.All",
            "DeviceManagementServiceConfig.Read.All",
            "DeviceManagementConfiguration.Read.All",
            "DeviceManagementManagedDevices.Read.All",
            "DeviceManagementApps.Read.All",
            "GroupMember.Read.All",
        )
    ),
    delegated=frozenset(("Policy.Read.All", "DeviceManagementConfiguration.Read.All")),
)
POOR = App("5d1c0a7e-aaaa-4bbb-8ccc-00000000000f", name="Poor", secrets=(Secret("right"),))
DESKTOP = App(
    "5d1c0a7e-aaaa-4bbb-8ccc-00000000de5c",
    name="Desktop",
    public_client=True,
    delegated=frozenset(("Policy.Read.All", "DeviceManagementConfiguration.Read.All")),
)
MACHINE = App(
    "5d1c0a7e-aaaa-4bbb-8ccc-00000000face",
    name="vm",
    managed=True,
    application=frozenset(("User.Read.All",)),
)
ADA = Person("ada@contoso.com", "Ada")
BOB = Person("bob@contoso.com", "Bob", reads_intune=False)

GROUP = "aaaaaaaa-0000-4000-8000-000000000001"
INNER = "aaaaaaaa-0000-4000-8000-000000000002"


def users(count: int) -> list[dict[str, Json]]:
    return [
        {
            "id": f"00000000-0000-4000-8000-{n:012d}",
            "displayName": f"User {n}",
            "userPrincipalName": f"user{n}@{'contoso.local' if n % 5 == 0 else 'contoso.com'}",
            "onPremisesSyncEnabled": True if n % 2 else None,
            "userType": "Member",
            "assignedLicenses": [{"skuId": SKU, "disabledPlans": []}] if n % 3 == 0 else [],
        }
        for n in range(count)
    ]


def graph_data() -> dict[str, Json]:
    return {
        "/users": users(25),
        "/organization": [
            {
                "id": TENANT,
                "displayName": "Contoso",
                "onPremisesSyncEnabled": True,
                "mobileDeviceManagementAuthority": "intune",
                "verifiedDomains": [{"name": "contoso.com", "capabilities": "Email, Intune"}],
            }
        ],
        "/domains": [
            {
                "id": "contoso.com",
                "isVerified": True,
                "serviceConfigurationRecords": [
                    {
                        "@odata.type": "#microsoft.graph.domainDnsCnameRecord",
                        "id": "1",
                        "label": "enterpriseenrollment.contoso.com",
                        "canonicalName": "enterpriseenrollment-s.manage.microsoft.com",
                    }
                ],
            },
            {"id": "contoso.local", "isVerified": False},
        ],
        "/subscribedSkus": [
            {"id": "1", "skuId": SKU, "capabilityStatus": "Enabled", "skuPartNumber": "SPB"}
        ],
        "/groups": [
            {
                "id": GROUP,
                "displayName": "Pilot",
                "members": [
                    {**users(1)[0], "@odata.type": "#microsoft.graph.user"},
                    {"id": INNER, "@odata.type": "#microsoft.graph.group", "displayName": "Inner"},
                ],
            },
            {
                "id": INNER,
                "displayName": "Inner",
                "members": [{**users(2)[1], "@odata.type": "#microsoft.graph.user"}],
            },
        ],
        "/applications": [
            {
                "id": "bbbbbbbb-0000-4000-8000-000000000001",
                "appId": "cccccccc-0000-4000-8000-000000000001",
                "displayName": "ConfigMgr server app",
                "identifierUris": ["https://ConfigMgrService"],
            }
        ],
        "/deviceManagement": {
            "id": "dddddddd-0000-4000-8000-000000000001",
            "subscriptionState": "active",
            "settings": {"secureByDefault": True},
        },
        "/deviceManagement/managedDevices": [
            {
                "id": f"device-{n}",
                "deviceName": f"PC{n}",
                "managementAgent": "configurationManagerClientMdm",
            }
            for n in range(7)
        ],
        "/deviceManagement/deviceEnrollmentConfigurations": [
            {
                "@odata.type": "#microsoft.graph.deviceComanagementAuthorityConfiguration",
                "id": "one",
                "displayName": "Co-management",
                "installConfigurationManagerAgent": True,
            },
            {
                "@odata.type": "#microsoft.graph.deviceEnrollmentLimitConfiguration",
                "@untyped": True,
                "id": "two",
                "limit": 5,
            },
        ],
        "/deviceManagement/depOnboardingSettings": [{"id": "dep", "tokenType": "dep"}],
        "/deviceManagement/getComanagedDevicesSummary": {"totalComanagedCount": 3},
        "/deviceAppManagement/mobileApps": [
            {
                "@odata.type": "#microsoft.graph.windowsMobileMSI",
                "id": "msi",
                "fileName": "ccmsetup.msi",
                "assignments": [
                    {
                        "id": "a1",
                        "intent": "required",
                        "target": {
                            "@odata.type": "#microsoft.graph.groupAssignmentTarget",
                            "groupId": GROUP,
                        },
                    }
                ],
            },
            {"@odata.type": "#microsoft.graph.iosStoreApp", "id": "ios", "displayName": "Mail"},
        ],
        "/identity/conditionalAccess/policies": [
            {"id": "p1", "displayName": "Block", "state": "enabled", "grantControls": None}
        ],
        "/policies/mobileDeviceManagementPolicies": [
            {
                "id": "0000000a-0000-0000-c000-000000000000",
                "displayName": "Microsoft Intune",
                "appliesTo": "selected",
                "includedGroups": [{"id": GROUP, "displayName": "Pilot"}],
            }
        ],
    }


def site_data() -> dict[str, list[dict[str, Json]]]:
    return {
        "SMS_Site": [
            {"SiteCode": "XYZ", "Type": 2, "Version": "5.00.9141.1000", "BuildNumber": 9141}
        ],
        "SMS_R_User": [
            {
                "ResourceId": n,
                "UserPrincipalName": f"user{n}@contoso.com",
                "UniqueUserName": f"CONTOSO\\user{n}",
            }
            for n in range(12)
        ],
        "SMS_Collection": [
            {
                "CollectionID": "XYZ00014",
                "Name": "All users",
                "CollectionType": 1,
                "CollectionRules": [1],
            }
        ],
        "SMS_AzureService": [
            {"AzureServiceID": 1, "ServiceType": "CloudProxyService", "Name": "cmg"}
        ],
        "SMS_Oddity": [{"Name": "odd", "Number": 1}],
    }


def contoso() -> Cloud:
    """Return the customer's cloud, not yet started."""
    subscription = Subscription(
        SUBSCRIPTION,
        TENANT,
        assignments=(RoleAssignment(TOOL.object_id),),
        taken_labels=frozenset({("westeurope", "taken")}),
        taken_vaults=frozenset({"taken"}),
        taken_accounts=frozenset({"taken"}),
        resources=({"id": "/x", "name": "contosocmg", "type": "Microsoft.KeyVault/vaults"},),
    )
    tenant = Tenant(
        TENANT,
        domains=("contoso.com", "contoso.onmicrosoft.com"),
        apps=(TOOL, POOR, DESKTOP, MACHINE),
        graph=graph_data(),
    )
    return Cloud(
        tenant,
        subscriptions=[subscription],
        site=Site(classes=site_data(), more_classes={"SMS_Oddity": ["Name", "Number#"]}),
        people=[ADA, BOB],
        machine=MACHINE,
    )
