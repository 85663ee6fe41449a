"""The site's ties to the cloud, read over HTTPS, recorded, and judged: gateway, services, co-management."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from assess.collect import collect, questions
from assess.connectors.provider_classes import READABLE
from assess.discover import library
from assess.engagement import Engagement, engagement_from
from assess.evidence import site_cloud
from assess.evidence.adminservice import Instances, properties
from assess.evidence.site_cloud import ManagementStates, StagingCollections
from assess.model import Status
from assess.recording import Recording, read, write
from assess.results import Results, Selection, evaluate
from assess.sources import connectors_for
from cloud import Cloud, Site, Tenant
from cloud.azure import RoleAssignment, Subscription
from cloud.sample import SUBSCRIPTION, TENANT, TOOL
from cloud.site_classes import SECRET_CLASSES, known_classes

NOW = datetime(2026, 11, 20, 21, 10, tzinfo=UTC)
MINE = (
    "cmg.deployed", "cmg.top-tier-site", "cmg.azure-environment", "cmg.deployment-method", "cmg.subscription", "cmg.region",
    "cmg.resource-group", "cmg.vm-instances", "cmg.root-limits", "cmg.crl-verification", "cmg.content-enabled", "cdp.decision",
    "azureservice.cloud-management", "azureservice.user-discovery", "azureservice.full-discovery", "azureservice.apps-visible",
    "comanagement.enabled", "comanagement.wizard-path", "comanagement.auto-enrollment", "comanagement.workloads",
    "comanagement.pilot-collection", "comanagement.pilot-collection-prepared", "comanagement.dashboard",
)  # fmt: skip
FIRST, SECOND = 16777220, 16777221


def contoso() -> dict[str, Any]:
    """A site on which everything is in order."""
    return {
        "SMS_Site": [
            {"SiteCode": "PS1", "SiteName": "Contoso", "Type": 2, "ReportingSiteCode": "", "Version": "5.00.9141.1000", "BuildNumber": 9141}
        ],
        "SMS_AzureService": [
            {
                "AzureServiceID": 1, "ServiceType": "CloudProxyService", "Name": "contosocmg", "ServiceCName": "cmg.contoso.com",
                "Fqdn": "contosocmg.westeurope.cloudapp.azure.com", "State": 0, "Region": "West Europe", "SubscriptionID": SUBSCRIPTION,
                "AffinityGroup": "rg-cmg", "StorageServiceName": "contosocmg", "ServiceThumbprint": "AB" * 20, "SiteCode": "PS1",
                "DeploymentModel": 2, "AzureEnvironmentId": 1, "NumberOfInstances": 2, "ClientCertRevocationEnabled": False,
                "RootCertThumbprint": "11" * 20, "SubCACertThumbprint": "22" * 20 + ";" + "33" * 20,
            }
        ],
        "SMS_AzureEnvironments": [{"ID": 1, "EnvironmentName": "AzurePublicCloud"}],
        "SMS_AAD_Tenant_Ex": [{"ID": 7, "Name": "Contoso", "TenantID": TENANT}],
        "SMS_AAD_Application_Ex": [
            {"ID": 1, "Name": "ConfigMgr Server", "ClientID": "a", "IsClientApp": False, "TenantID": 7},
            {"ID": 2, "Name": "ConfigMgr Client", "ClientID": "b", "IsClientApp": True, "TenantID": 7},
        ],
        "SMS_Azure_CloudService": [{"ID": 5, "Name": "Cloud management", "ServiceType": 1}],
        "SMS_AAD_Discovery_Settings": [
            {
                "CloudServiceId": 5, "AgentType": 1, "DeltaSyncEnabled": True, "FullSyncEnabled": True,
                "LastDeltaSyncTime": "2026-11-20T20:00:00Z", "LastFullSyncTime": "2026-11-19T20:00:00Z",
            },
            {"CloudServiceId": 5, "AgentType": 2, "DeltaSyncEnabled": True, "FullSyncEnabled": True},
        ],
        "SMS_R_User": [
            {"ResourceId": 1, "UniqueUserName": "CONTOSO\\ada", "AADUserID": "aaaaaaaa-0000-4000-8000-000000000001"},
            {"ResourceId": 2, "UniqueUserName": "CONTOSO\\bob"},
        ],
        "SMS_CoManagementSettings": [{"CI_ID": 16780000, "LocalizedDisplayName": "CoMgmtSettingsProd"}],
        "SMS_Client_ComanagementState": [
            {"ResourceID": FIRST, "ComgmtPolicyPresent": True, "MDMEnrolled": True, "MDMWorkloads": "8195", "EnrollmentFailed": False},
            {"ResourceID": SECOND, "ComgmtPolicyPresent": True, "MDMEnrolled": False, "MDMWorkloads": "8193", "EnrollmentFailed": False},
        ],
        "SMS_Collection": [
            {"CollectionID": "PS100020", "Name": "Pilot", "CollectionType": 2, "MemberCount": 1},
            {"CollectionID": "SMS00001", "Name": "All Systems", "CollectionType": 2, "MemberCount": 10},
        ],
        "SMS_FullCollectionMembership": [
            {"CollectionID": "PS100020", "ResourceID": FIRST, "Name": "PC1"},
            *({"CollectionID": "SMS00001", "ResourceID": FIRST + n, "Name": f"PC{n}"} for n in range(10)),
        ],
        "SMS_CombinedDeviceResources": [
            {"ResourceID": FIRST + n, "Name": f"PC{n}", "IsClient": True, "DeviceOS": "Microsoft Windows NT Workstation 10.0"}
            for n in range(10)
        ],
    }  # fmt: skip


def customer(classes: dict[str, Any], hidden: Any = None) -> Cloud:
    tenant = Tenant(
        TENANT, domains=("contoso.com",), apps=(replace(TOOL, application=frozenset()),)
    )
    subscription = Subscription(
        SUBSCRIPTION, TENANT, assignments=(RoleAssignment(TOOL.object_id),),
        resources=(
            {
                "id": f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-cmg/providers/Microsoft.Compute/virtualMachineScaleSets/contosocmg",
                "name": "contosocmg", "type": "Microsoft.Compute/virtualMachineScaleSets", "location": "westeurope", "provisioningState": "Succeeded",
            },
        ),
        resource_groups=(
            {
                "id": f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-cmg", "name": "rg-cmg", "location": "westeurope",
                "properties": {"provisioningState": "Succeeded"},
            },
        ),
    )  # fmt: skip
    return Cloud(
        tenant,
        subscriptions=[subscription],
        site=Site("localhost", classes=classes, hidden=hidden or {}),
    )


PLAN = {
    "compliance": "intune", "device_configuration": "configmgr", "windows_update": "configmgr", "endpoint_protection": "pilot",
    "client_apps": "pilot", "office": "configmgr",
}  # fmt: skip


def engagement(world: Cloud, folder: Path, role: str) -> Engagement:
    auth = {"method": "none", "role": role} if role else {"method": "none"}
    return engagement_from(
        {
            "engagement": {
                "name": "contoso", "scenarios": ["co-management-pki", "co-management-internet"], "stage": "production",
                "internet_clients": True,
            },
            "tenant": {
                "id": TENANT, "cloud": "public", "public_domains": ["contoso.com"], "endpoints": world.endpoints,
                "ca_file": str(world.ca_file),
                "auth": {"method": "client-secret", "client_id": TOOL.client_id, "client_secret": {"env": "ASSESS_TEST_SECRET"}},
            },
            "azure": {"subscription_id": SUBSCRIPTION},
            "site": {"adminservice": f"{world.site.url}/AdminService", "ca_file": str(world.ca_file), "auth": auth},
            "cmg": {
                "service_name": "cmg.contoso.com", "deployment_prefix": "contosocmg", "region": "westeurope", "resource_group": "rg-cmg",
                "expected_instances": 2, "deployment_method": "arm-vmss", "content_enabled": True, "crl_public": False,
            },
            "mp": {"mode": "https"},
            "comanagement": {"auto_enroll": "pilot", "pilot_collection_id": "PS100020", "workloads": PLAN},
            "attestations": {
                "comanagement.auto-enrollment": {"answer": "Pilot", "by": "A. Meyer"},
                "comanagement.dashboard": {"answer": True, "by": "A. Meyer"},
            },
        },
        file="contoso.toml", folder=folder,
    )  # fmt: skip


def assessed(world: Cloud, folder: Path, role: str = "read-only-analyst") -> Results:
    """Collect from site and subscription, write the evidence, read it back, and judge it."""
    known, chosen, described = library(), Selection(only=MINE), engagement(world, folder, role)
    asks = questions(c for c in known.checks.values() if chosen.leaves_out(c.requirement) is None)
    connectors = [
        c for c in connectors_for(asks, described) if c.source in {"adminservice", "azure-arm"}
    ]
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
    found = {f.requirement: f for f in results.findings if f.requirement in MINE}
    assert found.keys() == set(MINE)
    for finding in found.values():
        assert finding.status is not Status.PASS or finding.evidence
    return {name: finding.status for name, finding in found.items()}


@pytest.fixture(autouse=True)
def secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSESS_TEST_SECRET", "right")


def test_a_site_in_order_passes(tmp_path: Path) -> None:
    with customer(contoso()) as world:
        assert statuses(assessed(world, tmp_path)) == dict.fromkeys(MINE, Status.PASS)
        assert world.violations == []


def test_an_account_that_sees_nothing_decides_nothing(tmp_path: Path) -> None:
    hidden = dict.fromkeys(contoso(), lambda _row: True)
    with customer(contoso(), hidden) as world:
        found = statuses(assessed(world, tmp_path))
    assert set(found.values()) <= {Status.UNKNOWN, Status.MANUAL}


def test_without_a_role_nothing_absent_is_proved(tmp_path: Path) -> None:
    empty = {name: [] for name in contoso()} | {"SMS_Site": contoso()["SMS_Site"]}
    with customer(empty) as world:
        found = statuses(assessed(world, tmp_path, role=""))
    assert {name for name, status in found.items() if status is Status.FAIL} == set()
    assert {name for name, status in found.items() if status is Status.PASS} == {
        "comanagement.wizard-path"
    }


def test_with_the_role_an_absence_is_one(tmp_path: Path) -> None:
    empty = {name: [] for name in contoso()} | {"SMS_Site": contoso()["SMS_Site"]}
    with customer(empty) as world:
        found = statuses(assessed(world, tmp_path))
    failed = {name for name, status in found.items() if status is Status.FAIL}
    assert failed == {
        "cmg.deployed", "azureservice.cloud-management", "azureservice.user-discovery", "azureservice.apps-visible",
        "comanagement.enabled", "comanagement.pilot-collection",
    }  # fmt: skip


def test_classes_that_the_site_does_not_have_decide_nothing(tmp_path: Path) -> None:
    with customer({"SMS_Site": contoso()["SMS_Site"]}) as world:
        found = statuses(assessed(world, tmp_path))
    assert {name for name, status in found.items() if status is not Status.UNKNOWN} == {
        "comanagement.wizard-path"
    }


def test_servers_in_the_pilot_and_wrong_types_are_told(tmp_path: Path) -> None:
    data = contoso()
    data["SMS_CombinedDeviceResources"][0]["DeviceOS"] = "Microsoft Windows NT Server 10.0"
    data["SMS_AzureService"][0]["State"] = "ready"
    with customer(data) as world:
        found = statuses(assessed(world, tmp_path))
    assert found["comanagement.pilot-collection"] is Status.WARN
    assert found["cmg.deployed"] is Status.UNKNOWN
    assert found["cmg.vm-instances"] is Status.PASS


def test_no_question_names_more_than_is_listed() -> None:
    def below(kind: type[Instances]) -> list[type[Instances]]:
        return [kind, *(one for sub in kind.__subclasses__() for one in below(sub))]

    kinds = [
        kind
        for kind in below(Instances)
        if kind.__module__ == site_cloud.__name__ and kind.provider_class
    ]
    assert {ManagementStates, StagingCollections} <= set(kinds)
    for kind in kinds:
        known = known_classes()[kind.provider_class]
        select = set(properties(kind.row))
        assert select <= READABLE[kind.provider_class]
        assert select <= set(known.properties)
        assert not select & known.secret
        assert kind.provider_class not in SECRET_CLASSES


def amiss() -> dict[str, Any]:
    """The same site with much to find fault with."""
    data = contoso()
    data["SMS_AzureService"][0] |= {
        "State": 6, "Region": "North Europe", "SubscriptionID": TENANT, "AffinityGroup": "rg cmg", "StorageServiceName": "",
        "Fqdn": "contosocmg.cloudapp.net", "AzureEnvironmentId": 2, "NumberOfInstances": 0, "ClientCertRevocationEnabled": True,
        "RootCertThumbprint": ";".join(["11" * 20] * 3),
    }  # fmt: skip
    data["SMS_AzureEnvironments"] = [{"ID": 2, "EnvironmentName": "AzureUSGovernmentCloud"}]
    data["SMS_AAD_Tenant_Ex"].append({"ID": 8, "Name": "Fabrikam", "TenantID": SUBSCRIPTION})
    data["SMS_AAD_Application_Ex"].pop()
    data["SMS_AAD_Discovery_Settings"].pop()
    data["SMS_AAD_Discovery_Settings"][0] |= {
        "DeltaSyncEnabled": False,
        "FullSyncEnabled": False,
        "LastFullSyncTime": None,
    }
    data["SMS_CoManagementSettings"] = []
    data["SMS_Client_ComanagementState"][0] |= {"MDMWorkloads": "8201", "EnrollmentFailed": True}
    data["SMS_CombinedDeviceResources"][0]["DeviceOS"] = "Microsoft Windows NT Server 10.0"
    return data


@pytest.fixture(scope="module")
def faults(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """What is at fault on that site, seen whole."""
    with pytest.MonkeyPatch.context() as patch, customer(amiss()) as world:
        patch.setenv("ASSESS_TEST_SECRET", "right")
        found = statuses(assessed(world, tmp_path_factory.mktemp("whole")))
    return {name for name, status in found.items() if status in {Status.FAIL, Status.WARN}}


def test_what_is_amiss_is_found(faults: set[str]) -> None:
    assert faults == set(MINE) - {
        "cmg.top-tier-site", "cdp.decision", "comanagement.wizard-path", "comanagement.auto-enrollment",
        "comanagement.pilot-collection-prepared",
    }  # fmt: skip


@pytest.mark.parametrize("lost", sorted(contoso()))
def test_losing_a_class_never_helps(lost: str, faults: set[str], tmp_path: Path) -> None:
    data = amiss()
    del data[lost]
    with customer(data) as world:
        found = statuses(assessed(world, tmp_path))
    assert {name for name, status in found.items() if status is Status.PASS} & faults == set()


def test_not_knowing_what_the_account_sees_never_helps(faults: set[str], tmp_path: Path) -> None:
    with customer(amiss()) as world:
        found = statuses(assessed(world, tmp_path, role=""))
    assert {name for name, status in found.items() if status is Status.PASS} & faults == set()
