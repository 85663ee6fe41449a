"""From the engagement file to findings on enrolment: by a person, unattended, and refused."""

import copy
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from assess.collect import collect, questions
from assess.discover import library
from assess.engagement import Engagement, engagement_from
from assess.evidence.azureroles import RoleAssignments
from assess.model import Status
from assess.recording import Recording, read, write
from assess.results import Finding, Results, Selection, evaluate
from assess.sources import connectors_for
from cloud import Cloud, Tenant, faults
from cloud.azure import RoleAssignment, Subscription
from cloud.sample import ADA, DESKTOP, GROUP, INNER, SUBSCRIPTION, TENANT, TOOL

NOW = datetime(2026, 11, 20, 21, 10, tzinfo=UTC)
MOBILITY = (
    "autoenroll.intune-mdm-app", "autoenroll.discovery-url", "autoenroll.terms-of-use-url", "autoenroll.compliance-url",
    "autoenroll.mdm-user-scope", "autoenroll.mam-scope-conflict", "autoenroll.intune-enrollment-app",
)  # fmt: skip
MINE = (
    *MOBILITY, "autoenroll.end-state", "terms.enrollment-terms", "subscription.company-name", "subscription.privacy-url",
    "subscription.portal-look", "subscription.contact-information", "platform.ios-enabled", "platform.windows-pc-enabled",
    "platform.windows-mobile-enabled", "platform.android", "permissions.entra-global-admin",
    "permissions.azure-subscription-owner", "azuremgmt.subscription-id", "enrollment.windows-client-version",
    "enrollment.devices-in-intune", "enrollment.autopilot", "management.configuration-items", "management.applications",
    "management.conditional-access",
)  # fmt: skip
RIGHTS = frozenset(
    {
        "Policy.Read.All", "GroupMember.Read.All", "User.Read.All", "LicenseAssignment.Read.All", "Domain.Read.All", "Device.Read.All",
        "DeviceManagementServiceConfig.Read.All", "DeviceManagementConfiguration.Read.All", "DeviceManagementManagedDevices.Read.All",
        "DeviceManagementApps.Read.All", "RoleManagement.Read.Directory",
    }
)  # fmt: skip
READER = replace(TOOL, application=RIGHTS)
SCREEN = replace(DESKTOP, delegated=RIGHTS)
NOBODY = replace(TOOL, application=frozenset())
EMS = "efccb6f7-5641-4e0e-bd10-b4976e1bf68e"
INTUNE = "0000000a-0000-0000-c000-000000000000"
USERS = [f"00000000-0000-4000-8000-{n:012d}" for n in range(3)]
DEVICE = "dddddddd-0000-4000-8000-000000000001"
EXCHANGE = "00000002-0000-0ff1-ce00-000000000000"


def user(number: int) -> dict[str, Any]:
    return {
        "@odata.type": "#microsoft.graph.user", "id": USERS[number], "userPrincipalName": f"user{number}@contoso.com",
        "accountEnabled": True, "userType": "Member", "assignedLicenses": [],
    }  # fmt: skip


def target(kind: str, group: str = "") -> dict[str, Any]:
    return {"id": f"a-{kind}-{group}", "target": {"@odata.type": f"#microsoft.graph.{kind}AssignmentTarget"} | ({"groupId": group} if group else {})}


def restriction(*, blocked: bool = False, personal: bool = False) -> dict[str, Any]:
    return {"platformBlocked": blocked, "personalDeviceEnrollmentBlocked": personal, "osMinimumVersion": None, "osMaximumVersion": None}


def healthy() -> dict[str, Any]:
    everybody, pilot = target("allLicensedUsers"), target("group", GROUP)
    return {
        "/organization": [{"id": TENANT, "displayName": "Contoso"}],
        "/domains": [{"id": "contoso.com", "isVerified": True}],
        "/directory/subscriptions": [{"id": "s", "skuId": EMS, "skuPartNumber": "EMS", "status": "Enabled", "isTrial": False}],
        "/subscribedSkus": [
            {
                "id": "1", "skuId": EMS, "skuPartNumber": "EMS", "capabilityStatus": "Enabled", "consumedUnits": 3,
                "prepaidUnits": {"enabled": 25, "warning": 0, "suspended": 0, "lockedOut": 0},
                "servicePlans": [
                    {"servicePlanId": plan, "servicePlanName": name, "provisioningStatus": "Success", "appliesTo": "User"}
                    for plan, name in (("c1ec4a95-1f05-45b3-a911-aa3fa01094f5", "INTUNE_A"), ("41781fb2-bc02-4b7c-bd55-b576c07bb09d", "AAD_PREMIUM"))
                ],
            }
        ],
        "/users": [*(user(n) for n in range(3)), {"id": ADA.object_id, "userPrincipalName": ADA.upn, "accountEnabled": True, "userType": "Member"}],
        "/groups": [
            {"id": GROUP, "displayName": "Pilot", "members": [user(0), {"id": INNER, "@odata.type": "#microsoft.graph.group", "displayName": "Inner"}]},
            {"id": INNER, "displayName": "Inner", "members": [user(1)]},
        ],
        "/devices": [
            {
                "id": "eeeeeeee-0000-4000-8000-000000000001", "deviceId": DEVICE, "displayName": "PC1", "accountEnabled": True,
                "operatingSystem": "Windows", "operatingSystemVersion": "10.0.26200.1", "trustType": "AzureAd", "isManaged": True,
                "mdmAppId": INTUNE, "registrationDateTime": "2026-11-10T08:00:00Z",
            }
        ],
        "/directoryRoles": [
            {"id": "ffffffff-0000-4000-8000-000000000001", "roleTemplateId": "62e90394-69f5-4237-9190-012177145e10",
             "members": [{"@odata.type": "#microsoft.graph.user", "id": ADA.object_id, "userPrincipalName": ADA.upn}]}
        ],
        "/policies/mobileDeviceManagementPolicies": [
            {
                "id": INTUNE, "displayName": "Microsoft Intune", "appliesTo": "selected", "isValid": True,
                "discoveryUrl": "https://enrollment.manage.microsoft.com/enrollmentserver/discovery.svc",
                "termsOfUseUrl": "https://portal.manage.microsoft.com/TermsofUse.aspx",
                "complianceUrl": "https://portal.manage.microsoft.com/?portalAction=Compliance",
                "includedGroups": [{"id": GROUP, "displayName": "Pilot"}],
            },
        ],
        "/policies/mobileAppManagementPolicies": [{"id": INTUNE, "displayName": "Microsoft Intune", "appliesTo": "none", "isValid": True, "includedGroups": []}],
        "/deviceManagement": {
            "id": "d", "subscriptionState": "active",
            "intuneBrand": {
                "displayName": "Contoso Ltd", "themeColor": {"r": 200, "g": 10, "b": 10}, "showLogo": True,
                "lightBackgroundLogo": {"type": "image/png", "value": "iVBORw=="}, "darkBackgroundLogo": None,
                "contactITName": "Help desk", "contactITPhoneNumber": None, "contactITEmailAddress": "help@contoso.com", "contactITNotes": None,
                "onlineSupportSiteUrl": None, "onlineSupportSiteName": None, "privacyUrl": None,
            },
        },
        "/deviceManagement/termsAndConditions": [{"id": "t1", "displayName": "Terms", "title": "Our terms", "version": 1, "assignments": [pilot]}],
        "/deviceManagement/deviceEnrollmentConfigurations": [
            {
                "@odata.type": "#microsoft.graph.deviceEnrollmentPlatformRestrictionsConfiguration", "id": "x_DefaultPlatformRestrictions",
                "displayName": "All users and all devices", "priority": 0, "createdDateTime": "0001-01-01T00:00:00Z",
                "iosRestriction": restriction(), "windowsRestriction": restriction(personal=True), "windowsMobileRestriction": restriction(blocked=True),
                "androidRestriction": restriction(blocked=True), "androidForWorkRestriction": restriction(),
            },
            {"@odata.type": "#microsoft.graph.deviceEnrollmentLimitConfiguration", "id": "limit", "displayName": "All users and all devices", "priority": 0, "limit": 5},
        ],
        "/deviceManagement/androidManagedStoreAccountEnterpriseSettings": {"id": "a", "bindStatus": "boundAndValidated"},
        "/deviceManagement/managedDevices": [
            {
                "id": "m1", "deviceName": "PC1", "azureADDeviceId": DEVICE, "serialNumber": "S-1", "operatingSystem": "Windows", "osVersion": "10.0.26200.1",
                "managementAgent": "mdm", "deviceEnrollmentType": "windowsAzureADJoin", "lastSyncDateTime": "2026-11-20T08:00:00Z",
            }
        ],
        "/deviceManagement/windowsAutopilotDeviceIdentities": [{"id": "h1", "serialNumber": "S-1", "displayName": "", "managedDeviceId": "m1"}],
        "/deviceManagement/windowsAutopilotDeploymentProfiles": [{"id": "p1", "displayName": "Standard", "assignments": [target("allDevices")]}],
        "/deviceManagement/deviceConfigurations": [
            {"@odata.type": "#microsoft.graph.windows10CustomConfiguration", "id": "c1", "displayName": "Windows", "assignments": [pilot]},
        ],
        "/deviceManagement/configurationPolicies": [{"id": "c2", "name": "Apple", "platforms": "iOS", "assignments": [everybody]}],
        "/deviceManagement/deviceCompliancePolicies": [
            {"@odata.type": "#microsoft.graph.windows10CompliancePolicy", "id": "k1", "displayName": "Windows", "assignments": [pilot]},
            {"@odata.type": "#microsoft.graph.iosCompliancePolicy", "id": "k2", "displayName": "iPhone", "assignments": [everybody]},
        ],
        "/deviceAppManagement/mobileApps": [
            {"@odata.type": "#microsoft.graph.iosStoreApp", "id": "o1", "displayName": "Outlook", "publishingState": "published", "assignments": [everybody | {"intent": "required"}]},
            {"@odata.type": "#microsoft.graph.iosStoreApp", "id": "o2", "displayName": "Game", "publishingState": "published"},
        ],
        "/identity/conditionalAccess/policies": [
            {
                "id": "ca1", "displayName": "Sound devices", "state": "enabled",
                "conditions": {
                    "users": {"includeUsers": ["All"], "excludeGroups": [INNER]}, "applications": {"includeApplications": ["Office365"]},
                    "clientAppTypes": ["all"], "platforms": None, "locations": None,
                },
                "grantControls": {"operator": "OR", "builtInControls": ["compliantDevice", "domainJoinedDevice"], "termsOfUse": [], "authenticationStrength": None},
            },
            {"id": "ca2", "displayName": "Sessions", "state": "enabled", "conditions": {"clientAppTypes": ["all"]}, "grantControls": None},
        ],
    }  # fmt: skip


ROLES = (RoleAssignment(TOOL.object_id), RoleAssignment(ADA.object_id, "Reader", "User"), RoleAssignment(ADA.object_id, "Owner", "User"))


def customer(data: dict[str, Any], *, rights: Any = READER, roles: Any = ROLES) -> Cloud:
    tenant = Tenant(TENANT, domains=("contoso.com",), apps=(rights, SCREEN), graph=data)
    cloud = Cloud(tenant, subscriptions=[Subscription(SUBSCRIPTION, TENANT, assignments=roles)], people=[ADA])
    cloud.login.interval = 0
    cloud.login.auto_sign_in = (ADA, 0)
    return cloud


def engagement(world: Cloud, folder: Path, method: str, owner: str = ADA.upn) -> Engagement:
    secret = {"client_id": TOOL.client_id, "client_secret": {"env": "ASSESS_TEST_SECRET"}}
    return engagement_from(
        {
            "engagement": {"name": "contoso", "customer": "Contoso Ltd", "scenarios": ["hybrid-mdm", "co-management-pki", "co-management-internet", "corporate-owned-ios"]},
            "tenant": {
                "id": TENANT, "public_domains": ["contoso.com"], "endpoints": world.endpoints, "ca_file": str(world.ca_file),
                "auth": {"method": method} | (secret if method == "client-secret" else {"client_id": DESKTOP.client_id}),
            },
            "azure": {"subscription_id": SUBSCRIPTION},
            "mdm": {"enrollment_group_ids": [INNER]},
            "accounts": {"global_admin_upn": ADA.upn, "azure_subscription_owner": owner},
            "planning": {
                "pilot_devices": ["PC1"], "platforms": ["Windows", "iOS"], "required_apps": ["outlook"], "byod_in_scope": False,
                "resources_to_protect": ["exchange-online", "sharepoint"], "autopilot_in_scope": True,
            },
        },
        file="contoso.toml", folder=folder,
    )  # fmt: skip


def assessed(world: Cloud, folder: Path, method: str = "device-code") -> Results:
    """Collect from the cloud alone, write the evidence, read it back, and judge it."""
    folder.mkdir(exist_ok=True)
    known = library()
    chosen = Selection(only=MINE)
    described = engagement(world, folder, method)
    asks = questions(c for c in known.checks.values() if chosen.leaves_out(c.requirement) is None)
    connectors = [c for c in connectors_for(asks, described) if c.source in {"graph", "azure-arm"}]
    with Recording(described, as_of=NOW, started_at=NOW, finished_at=NOW) as recording:
        collect(asks, connectors, recording, clock=lambda: NOW)
        first = evaluate(known, recording, selection=chosen)
        write(recording, folder / "evidence.zip", tool="assess")
    with read(folder / "evidence.zip") as again:
        results = evaluate(known, again, selection=chosen)
    assert results.findings == first.findings
    for connector in connectors:
        connector.close()
    return results


def mine(results: Results) -> dict[str, Finding]:
    return {f.id: f for f in results.findings if "left out by" not in f.observed}


def statuses(results: Results) -> dict[str, Status]:
    return {name: finding.status for name, finding in mine(results).items()}


@pytest.fixture(autouse=True)
def secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSESS_TEST_SECRET", "right")


def test_every_requirement_has_its_check() -> None:
    assert set(MINE) <= set(library().checks)


def test_a_person_signs_in_to_a_healthy_tenant(tmp_path: Path) -> None:
    with customer(healthy()) as world:
        results = assessed(world, tmp_path)
        assert world.violations == []
        asked = [r.path for r in world.graph.requests if not r.path.startswith(("/v1.0/users/", "/v1.0/groups/"))]
    found = statuses(results)
    assert {name: status for name, status in found.items() if status is not Status.PASS} == {
        "subscription.privacy-url": Status.WARN,  # none is entered
    }
    assert len(found) == len(MINE) + 1  # two resources behind conditional access
    assert len(asked) == len(set(asked)), "each list is read once, however many checks want it"
    for finding in mine(results).values():
        if finding.status is Status.PASS:
            assert finding.evidence, finding.id


def test_an_unattended_run_says_what_only_a_person_can_ask(tmp_path: Path) -> None:
    with customer(healthy()) as world:
        results = assessed(world, tmp_path, "client-secret")
        assert world.violations == []
        asked = " ".join(r.path for r in world.graph.requests)
    found = mine(results)
    for name in MOBILITY:
        assert found[name].status is Status.UNKNOWN, name
        assert "signed-in person" in found[name].observed
        assert "device-code" in " ".join(found[name].remediation)
    assert "mobileDeviceManagementPolicies" not in asked
    others = {name: finding.status for name, finding in found.items() if name not in MOBILITY}
    assert {name for name, status in others.items() if status is not Status.PASS} == {"subscription.privacy-url"}


def test_a_tenant_in_trouble(tmp_path: Path) -> None:
    data = copy.deepcopy(healthy())
    mdm = data["/policies/mobileDeviceManagementPolicies"][0]
    mdm |= {"isValid": False, "discoveryUrl": "https://mdm.example/discovery", "termsOfUseUrl": "https://mdm.example/", "complianceUrl": "https://mdm.example/"}
    mdm["includedGroups"] = [{"id": GROUP, "displayName": "Pilot"}]
    data["/groups"][0]["members"] = [user(0)]
    data["/policies/mobileAppManagementPolicies"][0] |= {"appliesTo": "all"}
    data["/policies/mobileDeviceManagementPolicies"].append(
        {"id": "d4ebce55-015a-49b5-a083-c84d1797ae8c", "displayName": "Microsoft Intune Enrollment", "appliesTo": "none", "isValid": True, "includedGroups": []}
    )
    data["/devices"][0] |= {"isManaged": None, "mdmAppId": None, "operatingSystemVersion": "6.3.9600"}
    data["/deviceManagement/managedDevices"] = []
    data["/deviceManagement"]["intuneBrand"] = None
    data["/deviceManagement/termsAndConditions"][0]["assignments"] = []
    for name in ("iosRestriction", "windowsRestriction"):
        data["/deviceManagement/deviceEnrollmentConfigurations"][0][name] = restriction(blocked=True)
    data["/directoryRoles"][0]["members"] = []
    data["/deviceManagement/windowsAutopilotDeploymentProfiles"][0]["assignments"] = [target("group", "aaaaaaaa-0000-4000-8000-00000000dead")]
    data["/deviceManagement/deviceConfigurations"] = []
    data["/deviceAppManagement/mobileApps"] = []
    data["/identity/conditionalAccess/policies"][0]["grantControls"] = None
    with customer(data, roles=(RoleAssignment(TOOL.object_id), RoleAssignment(ADA.object_id, "Reader", "User"))) as world:
        results = assessed(world, tmp_path)
        assert world.violations == []
    found = statuses(results)
    warned = {"autoenroll.intune-mdm-app", "autoenroll.mam-scope-conflict", "terms.enrollment-terms", "subscription.privacy-url", "subscription.portal-look", "management.configuration-items"}
    passed = {"platform.windows-mobile-enabled", "platform.android", "azuremgmt.subscription-id"}
    for name, finding in mine(results).items():
        wanted = Status.WARN if name in warned else Status.PASS if name in passed else Status.FAIL
        assert found[name] is wanted, (name, finding.observed)
        if wanted is not Status.PASS:
            assert finding.remediation, name
    assert "{" not in "".join(step for f in mine(results).values() for step in f.remediation)


@pytest.mark.parametrize("trouble", ["no rights", "no Intune", "forbidden as 401", "throttled", "nonsense", "resets"])
@pytest.mark.parametrize("method", ["device-code", "client-secret"])
def test_what_is_refused_is_never_passed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trouble: str, method: str) -> None:
    monkeypatch.setattr("assess.connectors.http._backoff", lambda _: 0.0)
    bare = trouble in {"no rights", "forbidden as 401"}
    with customer(healthy(), rights=NOBODY if bare else READER, roles=()) as world:
        if bare:
            world.tenant.apps = (NOBODY, replace(SCREEN, delegated=frozenset({"User.Read"})))
        match trouble:
            case "no Intune":
                world.tenant.has_intune = False
            case "forbidden as 401":
                world.graph.intune_401 = True
            case "throttled":
                world.graph.inject("*", faults.throttled("400"))
            case "resets":
                world.graph.inject("*", faults.resets())
            case "nonsense":
                world.graph.inject("*", faults.html(200))
            case _:
                pass
        results = assessed(world, tmp_path, method)
    found = mine(results)
    # These the engagement file decides by itself: what is not in scope needs no evidence.
    settled = {"platform.windows-mobile-enabled", "platform.android"}
    directory = {name for name in found if name.startswith(("autoenroll", "permissions", "enrollment.windows", "management.conditional"))}
    for name, finding in found.items():
        if name in settled or (trouble == "no Intune" and name in directory):
            continue
        assert finding.status is Status.UNKNOWN, (name, finding.status, finding.observed)
        assert finding.observed
        assert finding.remediation, name


def test_pages_of_conditional_access_are_read_at_leisure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    monkeypatch.setattr("assess.connectors.graph.GraphConnector.pause", lambda _self, seconds: waits.append(seconds))
    with customer(healthy()) as world:
        world.graph.pages["/identity/conditionalAccess/policies"] = 1
        results = assessed(world, tmp_path)
        assert world.violations == []
    assert 1.0 in waits
    assert statuses(results)["management.conditional-access[exchange-online]"] is Status.PASS


def test_an_object_id_names_the_owner_as_well_as_a_upn(tmp_path: Path) -> None:
    with customer(healthy()) as world:
        described = engagement(world, tmp_path, "client-secret", ADA.object_id.upper())
        with Recording(described, as_of=NOW, started_at=NOW, finished_at=NOW) as recording:
            assert RoleAssignments().bind(recording).principal == ADA.object_id


def test_without_entra_id_p2_nobody_can_be_eligible(tmp_path: Path) -> None:
    data = healthy()
    data["/directoryRoles"][0]["members"] = []
    with customer(data) as world:
        said = "The tenant needs to have Microsoft Entra ID P2 license."
        world.graph.inject("*/roleEligibilityScheduleInstances", faults.error(400, "AadPremiumLicenseRequired", said))
        results = assessed(world, tmp_path, "client-secret")
    found = mine(results)["permissions.entra-global-admin"]
    assert found.status is Status.FAIL
    assert "no Entra ID P2" in found.observed


def test_a_group_of_administrators_is_looked_into(tmp_path: Path) -> None:
    data = healthy()
    team = "aaaaaaaa-0000-4000-8000-000000000003"
    ada = {"@odata.type": "#microsoft.graph.user", "id": ADA.object_id, "userPrincipalName": ADA.upn}
    data["/groups"].append({"id": team, "displayName": "Administrators", "members": [ada]})
    data["/directoryRoles"][0]["members"] = [{"@odata.type": "#microsoft.graph.group", "id": team, "displayName": "Administrators"}]
    with customer(data) as world:
        held = assessed(world, tmp_path / "held", "client-secret")
        assert world.violations == []
    data["/directoryRoles"][0]["members"] = []
    data["/roleManagement/directory/roleEligibilityScheduleInstances"] = [
        {"id": "e1", "principalId": team, "directoryScopeId": "/", "roleDefinitionId": "62e90394-69f5-4237-9190-012177145e10"}
    ]
    with customer(data) as world:
        may = assessed(world, tmp_path / "may", "client-secret")
        assert world.violations == []
    assert mine(held)["permissions.entra-global-admin"].status is Status.PASS
    assert mine(may)["permissions.entra-global-admin"].status is Status.WARN
