"""From the engagement file to findings: the tenant is read over HTTPS, recorded, and judged again."""

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
from cloud import Cloud, Tenant, faults
from cloud.azure import RoleAssignment, Subscription
from cloud.sample import GROUP, SUBSCRIPTION, TENANT, TOOL

NOW = datetime(2026, 11, 20, 21, 10, tzinfo=UTC)
MINE = (
    "licence.*", "authority.*", "azure.*", "dep.token-validity", "identity.domain-verified",
    "identity.directory-sync", "identity.online-passwords", "identity.join-model",
)  # fmt: skip
READER = replace(
    TOOL,
    application=frozenset(
        {
            "Organization.Read.All", "Domain.Read.All", "User.Read.All", "LicenseAssignment.Read.All", "GroupMember.Read.All",
            "Device.Read.All", "DeviceManagementServiceConfig.Read.All", "Domain-InternalFederation.Read.All",
        }
    ),
)
NOBODY = replace(TOOL, application=frozenset())
EMS = "efccb6f7-5641-4e0e-bd10-b4976e1bf68e"


def people(count: int) -> list[dict[str, Any]]:
    return [
        {
            "@odata.type": "#microsoft.graph.user", "id": f"00000000-0000-4000-8000-{n:012d}", "userPrincipalName": f"user{n}@contoso.com",
            "accountEnabled": True, "userType": "Member", "usageLocation": "DE", "assignedLicenses": [{"skuId": EMS, "disabledPlans": []}],
        }
        for n in range(count)
    ]


def healthy() -> dict[str, Any]:
    return {
        "/organization": [
            {
                "id": TENANT, "displayName": "Contoso", "tenantType": "AAD", "onPremisesSyncEnabled": True,
                "onPremisesLastSyncDateTime": "2026-11-20T20:55:00Z", "onPremisesLastPasswordSyncDateTime": "2026-11-20T20:56:00Z",
                "mobileDeviceManagementAuthority": "intune",
            }
        ],
        "/domains": [{"id": "contoso.com", "isVerified": True, "isInitial": False, "authenticationType": "Managed", "supportedServices": ["Email", "Intune"]}],
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
        "/users": people(3),
        "/groups": [{"id": GROUP, "displayName": "Pilot", "members": people(3)}],
        "/devices": [],
        "/deviceManagement": {"id": "d", "subscriptionState": "active"},
        "/deviceManagement/depOnboardingSettings": [
            {"id": "dep", "tokenName": "ABM", "appleIdentifier": "mdm@contoso.com", "tokenType": "dep", "tokenExpirationDateTime": "2027-06-01T00:00:00Z"}
        ],
    }


READS = (RoleAssignment(TOOL.object_id),)


def customer(data: dict[str, Any], *, rights: Any = READER, roles: Any = READS, state: str = "Enabled") -> Cloud:
    tenant = Tenant(TENANT, domains=("contoso.com",), apps=(rights,), graph=data)
    return Cloud(tenant, subscriptions=[Subscription(SUBSCRIPTION, TENANT, assignments=roles, state=state)])


def engagement(world: Cloud, folder: Path) -> Engagement:
    return engagement_from(
        {
            "engagement": {"name": "contoso", "scenarios": ["hybrid-mdm", "co-management-pki", "co-management-internet", "corporate-owned-ios"]},
            "tenant": {
                "id": TENANT, "public_domains": ["contoso.com"], "endpoints": world.endpoints, "ca_file": str(world.ca_file),
                "auth": {"method": "client-secret", "client_id": TOOL.client_id, "client_secret": {"env": "ASSESS_TEST_SECRET"}},
            },
            "azure": {"subscription_id": SUBSCRIPTION},
            "mdm": {"enrollment_group_ids": [GROUP]},
            "ios": {"method": "dep"},
            "attestations": {"dep.token-validity": {"answer": "A. Meyer, mdm@contoso.com", "by": "A. Meyer"}},
        },
        file="contoso.toml", folder=folder,
    )


def assessed(world: Cloud, folder: Path) -> Results:
    """Collect from the cloud alone, write the evidence, read it back, and judge it."""
    known = library()
    chosen = Selection(only=MINE)
    described = engagement(world, folder)
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


def statuses(results: Results) -> dict[str, Status]:
    left_out = "left out by"
    return {f.id: f.status for f in results.findings if left_out not in f.observed}


@pytest.fixture(autouse=True)
def secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSESS_TEST_SECRET", "right")


def test_a_healthy_tenant(tmp_path: Path) -> None:
    with customer(healthy()) as world:
        results = assessed(world, tmp_path)
        assert world.violations == []
    found = statuses(results)
    assert {name: status for name, status in found.items() if status is not Status.PASS} == {
        "authority.change-constraint": Status.NOT_APPLICABLE,
        "authority.mdm@hybrid-mdm": Status.FAIL,  # its document wants what no tenant can have any more
        "identity.join-model@co-management-internet": Status.UNKNOWN,  # the directory was not asked
    }
    assert len(found) > 10
    for finding in results.findings:
        assert finding.references
        if finding.status is Status.PASS:
            assert finding.evidence
        if finding.status in (Status.FAIL, Status.WARN):
            assert finding.remediation


def test_a_tenant_in_trouble(tmp_path: Path) -> None:
    data = healthy()
    data["/organization"][0] |= {"onPremisesLastSyncDateTime": "2026-11-18T20:55:00Z", "mobileDeviceManagementAuthority": "office365"}
    data["/domains"][0]["isVerified"] = False
    data["/subscribedSkus"][0]["capabilityStatus"] = "Suspended"
    data["/groups"][0]["members"][1]["assignedLicenses"] = []
    data["/deviceManagement"]["subscriptionState"] = "disabled"
    data["/deviceManagement/depOnboardingSettings"][0]["tokenExpirationDateTime"] = "2026-11-21T00:00:00Z"
    data["/devices"] = [{"id": "dddddddd-0000-4000-8000-000000000001", "displayName": "PC1", "trustType": "ServerAd"}]
    with customer(data, state="Disabled") as world:
        results = assessed(world, tmp_path)
        assert world.violations == []
    found = statuses(results)
    for name in ("licence.intune-subscription", "licence.entra-premium", "identity.domain-verified[contoso.com]", "identity.directory-sync", "azure.subscription", "dep.token-validity"):
        assert found[name] is Status.FAIL, name
    assert found["licence.ems-bundle"] is Status.WARN
    assert {found[name] for name in found if name.startswith("authority.mdm")} == {Status.FAIL}
    lacking = [f for f in results.findings if f.requirement == "licence.user-assignment"]
    assert {(f.status, f.subject) for f in lacking} == {(Status.FAIL, "INTUNE_A"), (Status.WARN, "INTUNE_A")}
    assert {table.rows for table in results.tables} == {3}
    join = [f for f in results.findings if f.requirement == "identity.join-model"]
    assert {f.status for f in join} == {Status.PASS, Status.UNKNOWN}


@pytest.mark.parametrize("trouble", ["no rights", "no Intune", "wrong secret", "drips", "throttled", "nonsense", "nobody"])
def test_what_is_refused_is_never_passed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trouble: str) -> None:
    monkeypatch.setattr("assess.connectors.http._backoff", lambda _: 0.0)
    with customer(healthy(), rights=NOBODY if trouble == "no rights" else READER, roles=()) as world:
        match trouble:
            case "no Intune":
                world.tenant.has_intune = False
            case "wrong secret":
                monkeypatch.setenv("ASSESS_TEST_SECRET", "wrong")
            case "throttled":
                world.graph.inject("*", faults.throttled("400"))
            case "drips":
                world.graph.inject("*", faults.resets())
            case "nonsense":
                world.graph.inject("*", faults.html(200))
            case "nobody":
                world.graph.stop()
            case _:
                pass
        results = assessed(world, tmp_path)
        if trouble == "nobody":
            world.graph.start()
    found = statuses(results)
    measured = {Status.PASS, Status.WARN, Status.FAIL}
    if trouble == "no Intune":
        assert found["licence.intune-subscription"] is Status.UNKNOWN
        assert found["licence.entra-premium"] is Status.PASS
    else:
        assert not {name: status for name, status in found.items() if status in measured}
    for finding in results.findings:
        assert "right" not in finding.observed.split()
        if finding.status is Status.UNKNOWN:
            assert finding.observed
            assert finding.remediation


def test_a_long_list_of_offenders_goes_to_a_table(tmp_path: Path) -> None:
    data = healthy()
    members = people(1500)
    for member in members:
        member["assignedLicenses"] = []
    data["/groups"][0]["members"] = members
    with customer(data) as world:
        results = assessed(world, tmp_path)
    tables = [t for t in results.tables if t.finding.startswith("licence.user-assignment")]
    assert {t.rows for t in tables} == {1500}
    findings = [f for f in results.findings if f.requirement == "licence.user-assignment"]
    assert {f.status for f in findings} == {Status.FAIL, Status.WARN}
    assert all(len(f.observed) < 300 for f in findings)
