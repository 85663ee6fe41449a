"""Applications, client app, policies and profiles: read over HTTPS, recorded, and judged again."""

from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from assess.collect import collect, questions
from assess.discover import library
from assess.engagement import Engagement, engagement_from
from assess.model import Status
from assess.recording import Recording, read, write
from assess.results import Results, Selection, evaluate
from assess.sources import connectors_for
from cloud import Cloud, Site, Tenant, faults
from cloud.sample import GROUP, TENANT, TOOL

NOW = datetime(2026, 11, 20, 21, 10, tzinfo=UTC)
MINE = (
    "azureservice.server-app", "azureservice.app-id-uri", "azureservice.placeholder-urls", "azureservice.client-app",
    "azureservice.admin-consent-server", "azureservice.admin-consent-client", "intuneapp.*", "comanagement.intune-workloads-ready",
    "comanagement.devices-comanaged", "comanagement.command-line", "planning.policies-before-enrolment", "planning.configuration-policies",
    "planning.policy-conflicts", "planning.compliance-policies", "planning.proactive-monitoring", "planning.email-option",
    "planning.email-access-conditions", "planning.service-to-service-connector", "planning.wifi-profiles", "planning.vpn-profiles",
    "planning.vpn-auto-trigger", "planning.certificate-profiles", "planning.ndes-connector", "planning.certificate-revocation",
    "planning.exchange-connection",
)  # fmt: skip
READER = replace(
    TOOL,
    application=frozenset(
        {
            "Application.Read.All", "Directory.Read.All", "Domain.Read.All", "GroupMember.Read.All", "Policy.Read.All",
            "DeviceManagementApps.Read.All", "DeviceManagementConfiguration.Read.All", "DeviceManagementServiceConfig.Read.All",
            "DeviceManagementManagedDevices.Read.All",
        }
    ),
)
SERVER, CLIENT = "cccccccc-1111-4000-8000-000000000001", "cccccccc-2222-4000-8000-000000000002"
GRAPH_API, DIRECTORY_READ = "00000003-0000-0000-c000-000000000000", "7ab1d382-f21e-4acd-a863-ba3e13f7da61"
SP, CSP, GSP = (f"dddddddd-{n}000-4000-8000-000000000001" for n in (1, 2, 3))
SCOPE = "eeeeeeee-0000-4000-8000-000000000001"
URI = f"api://{TENANT}/ConfigMgrService"
LINE = f'CCMSETUPCMD="CCMHOSTNAME=cmg.contoso.com/CCM_Proxy_MutualAuth/7 SMSSiteCode=PS1 AADCLIENTAPPID={CLIENT} AADRESOURCEURI={URI}"'
DEVICES = "#microsoft.graph.allDevicesAssignmentTarget"


def assigned(target: str = DEVICES, **more: Any) -> list[dict[str, Any]]:
    return [{"id": "as", "target": {"@odata.type": target, **more}}]


PROFILES: dict[str, dict[str, Any]] = {
    "windows10GeneralConfiguration": {"passwordRequired": True},
    "windows10EndpointProtectionConfiguration": {"bitLockerEncryptDevice": True},
    "windowsUpdateForBusinessConfiguration": {},
    "windowsWifiConfiguration": {},
    "windows10VpnConfiguration": {"connectionType": "ciscoAnyConnect", "dnsRules": [{"name": "contoso.com"}]},
    "windows10EasEmailProfileConfiguration": {},
    "windows81TrustedRootCertificate": {},
    "windows81SCEPCertificateProfile": {},
}


def graph() -> dict[str, Any]:
    user = {"@odata.type": "#microsoft.graph.user", "id": "00000000-0000-4000-8000-000000000001", "userPrincipalName": "u@contoso.com"}
    scope = {"id": SCOPE, "value": "user_impersonation"}
    role = {"id": DIRECTORY_READ, "value": "Directory.Read.All"}
    return {
        "/domains": [{"id": "contoso.com", "isVerified": True}],
        "/groups": [{"id": GROUP, "displayName": "Pilot", "members": [user]}],
        "/applications": [
            {
                "id": "aaaaaaaa-1111-4000-8000-000000000001", "appId": SERVER, "displayName": "ConfigMgr Server", "identifierUris": [URI],
                "web": {"homePageUrl": "https://ConfigMgrService", "redirectUris": []}, "publicClient": {"redirectUris": []},
                "requiredResourceAccess": [{"resourceAppId": GRAPH_API, "resourceAccess": [{"id": DIRECTORY_READ, "type": "Role"}]}],
                "passwordCredentials": [{"displayName": "secret", "endDateTime": "2027-08-01T00:00:00Z"}], "keyCredentials": [],
            },
            {
                "id": "aaaaaaaa-2222-4000-8000-000000000002", "appId": CLIENT, "displayName": "ConfigMgr Client", "identifierUris": [],
                "web": {"homePageUrl": None, "redirectUris": []}, "publicClient": {"redirectUris": ["https://ConfigMgrClient"]},
                "requiredResourceAccess": [{"resourceAppId": SERVER, "resourceAccess": [{"id": SCOPE, "type": "Scope"}]}],
                "passwordCredentials": [], "keyCredentials": [],
            },
        ],
        "/servicePrincipals": [
            {
                "id": SP, "appId": SERVER, "displayName": "ConfigMgr Server", "accountEnabled": True, "appRoles": [], "oauth2PermissionScopes": [scope],
                "appRoleAssignments": [{"id": "r1", "appRoleId": DIRECTORY_READ, "resourceId": GSP, "resourceDisplayName": "Microsoft Graph"}],
            },
            {"id": CSP, "appId": CLIENT, "displayName": "ConfigMgr Client", "accountEnabled": True, "appRoles": [], "oauth2PermissionScopes": [], "appRoleAssignments": []},
            {"id": GSP, "appId": GRAPH_API, "displayName": "Microsoft Graph", "accountEnabled": True, "appRoles": [role], "oauth2PermissionScopes": []},
        ],
        "/oauth2PermissionGrants": [{"id": "g1", "clientId": CSP, "resourceId": SP, "consentType": "AllPrincipals", "scope": " user_impersonation"}],
        "/deviceAppManagement/mobileApps": [
            {
                "@odata.type": "#microsoft.graph.windowsMobileMSI", "id": "msi", "displayName": "ConfigMgr Client Setup Bootstrap",
                "description": "Configuration Manager Client", "publisher": "Microsoft", "publishingState": "published", "isAssigned": True,
                "fileName": "ccmsetup.msi", "commandLine": LINE, "productVersion": "5.00.9141.1000",
                "assignments": [{"id": "a1", "intent": "required", "target": {"@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": GROUP}}],
            },
            {"@odata.type": "#microsoft.graph.iosStoreApp", "id": "mail", "displayName": "Microsoft Outlook", "isAssigned": True},
        ],
        "/deviceManagement/deviceEnrollmentConfigurations": [{"@odata.type": "#microsoft.graph.deviceEnrollmentLimitConfiguration", "id": "l", "limit": 5}],
        "/deviceManagement/deviceCompliancePolicies": [
            {
                "@odata.type": "#microsoft.graph.windows10CompliancePolicy", "id": "cw", "displayName": "Windows", "createdDateTime": "2026-05-01T00:00:00Z",
                "passwordRequired": True, "bitLockerEnabled": True, "assignments": assigned(),
                "scheduledActionsForRule": [
                    {"id": "s1", "scheduledActionConfigurations": [{"id": "n1", "actionType": "notification", "notificationTemplateId": "t1"}]}
                ],
            },
        ],
        "/deviceManagement/deviceConfigurations": [
            {
                "@odata.type": f"#microsoft.graph.{kind}", "id": kind, "displayName": kind, "createdDateTime": "2026-05-01T00:00:00Z",
                "assignments": assigned(), **more,
            }
            for kind, more in PROFILES.items()
        ],
        "/deviceManagement/configurationPolicies": [
            {"id": "cat", "name": "Catalogue", "platforms": "windows10", "createdDateTime": "2026-05-01T00:00:00Z", "assignments": assigned()}
        ],
        "/deviceManagement/managedDevices": [
            {"id": f"d{n}", "deviceName": f"PC{n}", "operatingSystem": "Windows", "managementAgent": "configurationManagerClientMdm", "enrolledDateTime": "2026-06-01T00:00:00Z"}
            for n in (1, 2)
        ],
        "/deviceManagement/notificationMessageTemplates": [{"id": "t1", "displayName": "Not compliant"}],
        "/deviceManagement/ndesConnectors": [
            {"id": "n", "machineName": "ndes01", "connectorVersion": "6.2406.0.1001", "lastConnectionDateTime": "2026-11-20T20:50:00Z", "state": "active"}
        ],
        "/identity/conditionalAccess/policies": [
            {
                "id": "p1", "displayName": "Mail", "state": "enabled", "conditions": {"applications": {"includeApplications": ["Office365"], "excludeApplications": []}},
                "grantControls": {"operator": "AND", "builtInControls": ["compliantDevice"]},
            }
        ],
    }  # fmt: skip


def site() -> Site:
    return Site(
        classes={
            "SMS_Site": [{"SiteCode": "PS1", "Type": 2, "Version": "5.00.9141.1000", "BuildNumber": 9141}],
            "SMS_AAD_Application_Ex": [
                {"ID": 1, "Name": "Server", "ClientID": SERVER, "IdentifierUri": URI, "IsClientApp": False, "TenantID": 1},
                {"ID": 2, "Name": "Client", "ClientID": CLIENT, "IdentifierUri": "", "IsClientApp": True, "TenantID": 1},
            ],
            "SMS_AzureService": [{"AzureServiceID": 1, "ServiceType": "CloudProxyService", "Name": "cmg", "ServiceCName": "cmg.contoso.com"}],
            "SMS_Collection": [], "SMS_R_User": [], "SMS_FullCollectionMembership": [],
        }
    )  # fmt: skip


def engagement(world: Cloud, folder: Path, *, with_site: bool) -> Engagement:
    values: dict[str, Any] = {
        "engagement": {"name": "contoso", "scenarios": ["co-management-internet", "management-option-choice"], "stage": "pilot"},
        "tenant": {
            "id": TENANT, "public_domains": ["contoso.com"], "endpoints": world.endpoints, "ca_file": str(world.ca_file),
            "auth": {"method": "client-secret", "client_id": TOOL.client_id, "client_secret": {"env": "ASSESS_TEST_SECRET"}},
        },
        "cmg": {"service_name": "cmg.contoso.com"},
        "comanagement": {"command_line": LINE, "workloads": {"compliance": "pilot", "windows_update": "intune", "office": "configmgr"}},
        "intune_app": {"target_groups": [GROUP]},
        "planning": {
            "platforms": ["Windows"], "pilot_devices": ["PC1", "PC2"], "autopilot_in_scope": True, "chosen_option": "intune-standalone",
            "required_capabilities": [
                "email.profiles", "email.conditional-access-online", "network.wifi-profiles", "network.vpn-profiles", "network.vpn-trigger-dns", "certificates.scep",
            ],
            "exchange_location": "both", "vpn_vendor": "Cisco",
        },
        "attestations": {
            "planning.policy-conflicts": {"answer": True, "by": "A. Meyer"},
            "planning.proactive-monitoring": {"answer": "Service desk", "by": "A. Meyer"},
            "planning.certificate-revocation": {"answer": True, "by": "A. Meyer"},
        },
    }  # fmt: skip
    values["site"] = {"code": "PS1"}
    if with_site:
        values["site"] |= {"adminservice": f"{world.site.url}/AdminService", "ca_file": str(world.ca_file), "auth": {"method": "none", "role": "read-only-analyst"}}
    return engagement_from(values, file="contoso.toml", folder=folder)


def customer(data: dict[str, Any], rights: Any = READER) -> Cloud:
    tenant = Tenant(TENANT, domains=("contoso.com",), apps=(rights,), graph=data)
    return Cloud(tenant, site=site())


def assessed(world: Cloud, folder: Path, *, with_site: bool = True) -> Results:
    """Collect from the cloud alone, write the evidence, read it back, and judge it."""
    known = library()
    chosen = Selection(only=MINE)
    described = engagement(world, folder, with_site=with_site)
    asks = questions(c for c in known.checks.values() if chosen.leaves_out(c.requirement) is None)
    connectors = [c for c in connectors_for(asks, described) if c.source in {"graph", "adminservice"}]
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


def statuses(results: Results) -> dict[str, Status]:
    return {f.id: f.status for f in results.findings if "left out by" not in f.observed}


@pytest.fixture(autouse=True)
def secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSESS_TEST_SECRET", "right")


EXPECTED_HEALTHY = {"planning.exchange-connection": Status.FAIL}  # both kinds of mailboxes, and the connector is retired


def test_a_healthy_tenant(tmp_path: Path) -> None:
    with customer(graph()) as world:
        results = assessed(world, tmp_path)
        assert world.violations == []
    found = statuses(results)
    assert {name: status for name, status in found.items() if status is not Status.PASS} == EXPECTED_HEALTHY
    requirements = {f.requirement for f in results.findings if f.id in found}
    assert len(requirements) == 30
    for finding in results.findings:
        if finding.id in found and finding.status is Status.PASS:
            assert finding.evidence, finding.id


def test_without_the_site(tmp_path: Path) -> None:
    """The server app is found by its URI, the client app by the copied command line."""
    with customer(graph()) as world:
        results = assessed(world, tmp_path, with_site=False)
        assert world.violations == []
    found = statuses(results)
    for name in ("server-app", "app-id-uri", "placeholder-urls", "client-app", "admin-consent-server", "admin-consent-client"):
        assert found[f"azureservice.{name}"] is Status.PASS, name
    unknown = {Status.UNKNOWN, Status.MANUAL}
    assert found["intuneapp.package"] in unknown
    assert found["intuneapp.command-line"] in unknown  # only the site knows which client app is meant


def test_a_tenant_in_trouble(tmp_path: Path) -> None:
    data = deepcopy(graph())
    server, client = data["/applications"]
    server["passwordCredentials"][0]["endDateTime"] = "2026-10-01T00:00:00Z"
    server["identifierUris"] = ["https://elsewhere"]
    data["/applications"].remove(client)
    data["/servicePrincipals"][0]["appRoleAssignments"] = []
    app = data["/deviceAppManagement/mobileApps"][0]
    app |= {"fileName": "client.msi", "assignments": [], "publisher": "Contoso"}
    app["commandLine"] = LINE.replace(" SMSSiteCode=PS1", '" SMSSiteCode="PS1')
    for policies in ("deviceCompliancePolicies", "deviceConfigurations", "configurationPolicies"):
        for policy in data[f"/deviceManagement/{policies}"]:
            policy["assignments"] = assigned("#microsoft.graph.exclusionGroupAssignmentTarget", groupId=GROUP)
    for device in data["/deviceManagement/managedDevices"]:
        device["managementAgent"] = "mdm"
    data["/deviceManagement/ndesConnectors"][0]["state"] = "inactive"
    data["/deviceManagement/deviceConfigurationConflictSummary"] = [{"id": "c", "contributingSettings": ["x"], "deviceCheckinsImpacted": 4}]
    data["/identity/conditionalAccess/policies"][0]["state"] = "disabled"
    data["/deviceManagement/notificationMessageTemplates"] = []
    with customer(data) as world:
        results = assessed(world, tmp_path)
        assert world.violations == []
    found = statuses(results)
    failed = (
        "azureservice.server-app", "azureservice.app-id-uri", "azureservice.client-app", "azureservice.admin-consent-server",
        "azureservice.admin-consent-client", "intuneapp.lob-app", "intuneapp.package", "intuneapp.command-line", "intuneapp.assignment",
        "comanagement.intune-workloads-ready[compliance]",
        "comanagement.devices-comanaged", "planning.ndes-connector", "planning.email-access-conditions",
    )  # fmt: skip
    warned = (
        "intuneapp.app-information", "planning.configuration-policies[Windows]", "planning.compliance-policies[Windows]",
        "planning.policies-before-enrolment[Windows]", "planning.policy-conflicts", "planning.wifi-profiles[Windows]",
        "planning.vpn-profiles[Windows]", "planning.vpn-auto-trigger[Windows]", "planning.certificate-profiles[Windows]",
        "planning.email-option[Windows]",
    )  # fmt: skip
    assert {name: found[name] for name in failed} == dict.fromkeys(failed, Status.FAIL)
    assert {name: found[name] for name in warned} == dict.fromkeys(warned, Status.WARN)
    assert found["comanagement.intune-workloads-ready[windows_update]"] is Status.UNKNOWN
    for finding in results.findings:
        if finding.status in (Status.FAIL, Status.WARN):
            assert finding.remediation, finding.id


def test_a_policy_instead_of_the_app(tmp_path: Path) -> None:
    data = graph()
    del data["/deviceAppManagement/mobileApps"][0]
    data["/deviceManagement/deviceEnrollmentConfigurations"].append(
        {
            "@odata.type": "#microsoft.graph.deviceComanagementAuthorityConfiguration", "id": "co", "displayName": "Co-management",
            "installConfigurationManagerAgent": True, "configurationManagerAgentCommandLineArgument": LINE[len('CCMSETUPCMD="') : -1],
            "assignments": assigned("#microsoft.graph.groupAssignmentTarget", groupId=GROUP),
        }
    )  # fmt: skip
    with customer(data) as world:
        found = statuses(assessed(world, tmp_path))
        assert world.violations == []
    for name in ("lob-app", "command-line", "assignment"):
        assert found[f"intuneapp.{name}"] is Status.PASS, name
    assert found["intuneapp.package"] is Status.NOT_APPLICABLE


@pytest.mark.parametrize("trouble", ["no rights", "no Intune", "wrong secret", "throttled", "nonsense"])
def test_what_is_refused_is_never_passed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trouble: str) -> None:
    monkeypatch.setattr("assess.connectors.http._backoff", lambda _: 0.0)
    rights = replace(READER, application=frozenset()) if trouble == "no rights" else READER
    with customer(graph(), rights) as world:
        match trouble:
            case "no Intune":
                world.tenant.has_intune = False
            case "wrong secret":
                monkeypatch.setenv("ASSESS_TEST_SECRET", "wrong")
            case "throttled":
                world.graph.inject("*", faults.throttled("400"))
            case _:
                world.graph.inject("*", faults.html(200))
        results = assessed(world, tmp_path)
    # What the site, the engagement file or a person decide alone
    by_others = {"comanagement.command-line", "planning.proactive-monitoring"}
    if trouble == "no Intune":
        by_others |= {name for name in statuses(results) if name.startswith("azureservice.")}
    for finding in results.findings:
        if finding.id in statuses(results) and finding.id not in by_others:
            assert finding.status not in {Status.PASS, Status.WARN, Status.FAIL}, finding.id
            if finding.status is Status.UNKNOWN:
                assert finding.observed
                assert finding.remediation


def without_values(row: dict[str, Any], keep: tuple[str, ...]) -> dict[str, Any]:
    """Every property null, but for those that are kept."""
    return {name: value if name in keep else None for name, value in row.items()}


def test_nulls_are_no_verdict(tmp_path: Path) -> None:
    """A property that is null costs its own finding, and never becomes a pass."""
    data = graph()
    kept = ("@odata.type", "id", "appId", "assignments", "appRoleAssignments", "members", "fileName", "identifierUris", "isVerified")
    for path, rows in data.items():
        if path != "/oauth2PermissionGrants":
            data[path] = [without_values(row, kept) for row in rows]
    with customer(data) as world:
        results = assessed(world, tmp_path)
        assert world.violations == []
    found = statuses(results)
    # Which app is whose, and to whom policies are assigned, is still there; the rest decides others
    still = {"azureservice.app-id-uri", "comanagement.command-line", "planning.proactive-monitoring", "intuneapp.assignment"}
    passed = {name for name, status in found.items() if status is Status.PASS}
    assert passed - still <= {
        "comanagement.intune-workloads-ready[compliance]", "comanagement.intune-workloads-ready[windows_update]",
        "intuneapp.autopilot-user-targeting", "planning.certificate-profiles[Windows]", "planning.certificate-revocation",
        "planning.email-option[Windows]", "planning.policy-conflicts", "planning.service-to-service-connector", "planning.vpn-profiles[Windows]",
        "planning.wifi-profiles[Windows]",
    }  # fmt: skip
    for finding in results.findings:
        assert "itself failed" not in finding.observed
        assert "malformed" not in finding.observed
    assert found["azureservice.server-app"] is Status.UNKNOWN
    assert found["azureservice.admin-consent-server"] is Status.UNKNOWN
    assert found["intuneapp.command-line"] is Status.UNKNOWN
    assert found["planning.ndes-connector"] is Status.UNKNOWN
    assert found["comanagement.devices-comanaged"] is Status.UNKNOWN
