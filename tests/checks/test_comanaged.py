"""Every verdict of the checks for co-management as Intune sees it."""

from typing import Any

import pytest
from msgspec import UNSET
from msgspec.structs import replace

from assess.check import (
    Fail,
    Manual,
    Missing,
    NotApplicable,
    Outcome,
    Pass,
    Table,
    Unknown,
    Warn,
    worst,
)
from assess.evidence.adminservice import (
    Collection,
    CollectionMember,
    MayBeTrimmed,
    Members,
    NotAUser,
    Seen,
    SeesEverything,
)
from assess.evidence.applications import SiteApplication
from assess.evidence.devices import ManagedDevice
from assess.evidence.enrolment import AppAssignment, Assignment, Target
from assess.evidence.policies import (
    AssignedApp,
    CataloguePolicy,
    Compliance,
    Intent,
    Profile,
    Template,
)
from assess.evidence.settings import CatalogueSetting, Instance, Named
from checks.comanaged import devices_comanaged, intune_workloads_ready, saved_command_line
from logwriter import NOT_SENT, NOW

REFUSED = Missing("Graph refuses", "Grant it.")
UNSET_KEY = Missing("the key is not set", "Set it.", key="some.key")
ALL, SOME = SeesEverything("said to be"), MayBeTrimmed("not known", "Give it the role.")
TENANT, CLIENT = "3f9d2c10-5b7e-4d0a-9c55-0a1b2c3d4e5f", "aaaaaaaa-2222-4000-8000-000000000002"
URI = f"api://{TENANT}/ConfigMgrService"
LINE = f'CCMSETUPCMD="CCMHOSTNAME=cmg.contoso.com/CCM_Proxy_MutualAuth/7 SMSSiteCode=PS1 AADCLIENTAPPID={CLIENT} AADRESOURCEURI={URI}"'
ROWS = Seen((SiteApplication("s", "x", URI, is_client_app=False), SiteApplication("c", CLIENT, is_client_app=True)), ALL)
AROUND: dict[str, Any] = {
    "host": "cmg.contoso.com", "services": REFUSED, "site_code": "PS1", "tenant": TENANT, "management_points": UNSET_KEY, "site": ROWS, "apps": {}, "paths": REFUSED,
}  # fmt: skip


@pytest.mark.parametrize(
    ("line", "change", "status"),
    [
        (LINE, {}, Pass),
        (LINE.replace(f" AADRESOURCEURI={URI}", ""), {}, Pass),
        (LINE.replace("cmg.contoso.com", "a.cloudapp.net"), {"host": "a.cloudapp.net"}, Unknown),
        ("", {}, Fail),
        ("  ", {}, Fail),
        (LINE.replace("PS1", "XYZ"), {}, Fail),
        (LINE[:-1], {}, Fail),
        (LINE, {"paths": ("cmg.contoso.com/CCM_Proxy_MutualAuth/77",)}, Fail),
        (LINE, {"site": REFUSED}, Unknown),
        (LINE, {"host": UNSET_KEY}, Manual),
    ],
)
def test_saved_command_line(line: str, change: dict[str, Any], status: type[Outcome]) -> None:
    assert isinstance(worst(saved_command_line(copied=line, **(AROUND | change))), status)


G1, G2 = "aaaaaaaa-0000-4000-8000-000000000001", "aaaaaaaa-0000-4000-8000-000000000002"


def to(kind: str, group: Any = UNSET) -> tuple[Assignment, ...]:
    return (Assignment("1", Target(f"#microsoft.graph.{kind}AssignmentTarget", group)),)


def app_to(kind: str, group: Any = UNSET) -> tuple[AppAssignment, ...]:
    return (AppAssignment("1", Target(f"#microsoft.graph.{kind}AssignmentTarget", group), "required"),)


EVERYBODY, GROUP, OTHER, EXCLUDED = to("allDevices"), to("group", G1), to("group", G2), to("exclusionGroup", G1)
WINDOWS = Compliance("c", "#microsoft.graph.windows10CompliancePolicy", "Windows")
IOS = Compliance("i", "#microsoft.graph.iosCompliancePolicy", "iOS")
GENERAL = Profile("p", "#microsoft.graph.windows10GeneralConfiguration", "Windows")
RINGS = Profile("u", "#microsoft.graph.windowsUpdateForBusinessConfiguration", "Rings")
WIFI = Profile("w", "#microsoft.graph.windowsWifiConfiguration", "Wi-Fi")
CATALOGUE = CataloguePolicy("s", "Catalogue", "windows10", template_reference=Template("none"))
SECURITY = CataloguePolicy("e", "Antivirus", "windows10", template_reference=Template("endpointSecurityAntivirus"))
UPDATES = ("features", "qualities", "hotpatches", "drivers")
BASELINE, EDGE, LATEST = Intent("i", "Baseline"), Named("t", "Edge"), Named("n", "Windows 11 25H2")
ON_UPDATES = {"s": (CatalogueSetting("0", Instance("device_vendor_msft_policy_config_update_activehoursstart")),)}
NOTHING: dict[str, Any] = {
    "wanted": [G1], "compliances": (), "of_compliances": {}, "profiles": (), "of_profiles": {}, "catalogue": (), "of_catalogue": {},
    "apps": (), "of_apps": {}, "intents": (), "of_intents": {}, "settings": {}, "templates": (), "of_templates": {},
    **dict.fromkeys(UPDATES, ()), **{f"of_{name}": {} for name in UPDATES},
}  # fmt: skip
STORE, OFFICE = AssignedApp("a", "#microsoft.graph.winGetApp", "Reader", is_assigned=True), AssignedApp("o", "#microsoft.graph.officeSuiteApp", "Office", is_assigned=True)


@pytest.mark.parametrize(
    ("workload", "given", "status"),
    [
        ("compliance", {"compliances": (WINDOWS,), "of_compliances": {"c": EVERYBODY}}, Pass),
        ("compliance", {"compliances": (WINDOWS,), "of_compliances": {"c": GROUP}}, Pass),
        ("compliance", {"compliances": (WINDOWS,), "of_compliances": {"c": OTHER}}, Warn),
        ("compliance", {"compliances": (WINDOWS,), "of_compliances": {"c": GROUP}, "wanted": UNSET_KEY}, Warn),
        ("compliance", {"compliances": (WINDOWS,), "of_compliances": {"c": EXCLUDED}}, Fail),
        ("compliance", {"compliances": (WINDOWS,), "of_compliances": {"c": ()}}, Fail),
        ("compliance", {"compliances": (IOS,), "of_compliances": {"i": EVERYBODY}}, Fail),
        ("compliance", {"compliances": (replace(WINDOWS, type=UNSET),), "of_compliances": {"c": EVERYBODY}}, Unknown),
        ("compliance", {"compliances": (WINDOWS,), "of_compliances": {"c": None}}, Unknown),
        ("compliance", {"compliances": REFUSED}, Unknown),
        ("compliance", {"compliances": (WINDOWS,), "of_compliances": REFUSED}, Unknown),
        ("compliance", {}, Fail),
        ("configuration", {"profiles": (GENERAL,), "of_profiles": {"p": GROUP}}, Pass),
        ("device_configuration", {"catalogue": (CATALOGUE,), "of_catalogue": {"s": GROUP}}, Pass),
        ("configuration", {"catalogue": (SECURITY,), "of_catalogue": {"e": GROUP}}, Fail),
        ("configuration", {"profiles": (GENERAL,), "of_profiles": {"p": GROUP}, "catalogue": REFUSED}, Pass),
        ("configuration", {"catalogue": REFUSED}, Unknown),
        ("endpoint_protection", {"catalogue": (SECURITY,), "of_catalogue": {"e": EVERYBODY}}, Pass),
        ("endpoint_protection", {"intents": (BASELINE,), "of_intents": {"i": EVERYBODY}}, Pass),
        ("endpoint_protection", {"intents": (BASELINE,), "of_intents": {"i": OTHER}}, Warn),
        ("endpoint_protection", {"intents": (BASELINE,), "of_intents": {"i": ()}}, Fail),
        ("endpoint_protection", {"intents": (BASELINE,), "of_intents": {"i": None}}, Unknown),
        ("endpoint_protection", {"intents": (BASELINE,), "of_intents": REFUSED}, Unknown),
        ("endpoint_protection", {"intents": REFUSED}, Unknown),
        ("configuration", {"templates": (EDGE,), "of_templates": {"t": GROUP}}, Pass),
        ("configuration", {"templates": (EDGE,), "of_templates": {"t": EXCLUDED}}, Fail),
        ("configuration", {"templates": REFUSED}, Unknown),
        ("configuration", {"templates": (EDGE,), "of_templates": REFUSED}, Unknown),
        # a kind of assignment, of profile, of app that is new
        ("configuration", {"templates": (EDGE,), "of_templates": {"t": to("new", G1)}}, Unknown),
        ("configuration", {"templates": (EDGE,), "of_templates": {"t": (*GROUP, *EXCLUDED)}}, Fail),
        ("configuration", {"profiles": (replace(GENERAL, type="#microsoft.graph.newConfiguration"),), "of_profiles": {"p": GROUP}}, Unknown),
        ("client_apps", {"apps": (replace(STORE, type="#microsoft.graph.newApp"),), "of_apps": {}}, Unknown),
        ("client_apps", {"apps": (replace(STORE, type="#microsoft.graph.iosVppApp"), replace(STORE, type="#microsoft.graph.webApp")), "of_apps": {}}, Fail),
        *(("windows_update", {name: (LATEST,), f"of_{name}": {"n": GROUP}}, Pass) for name in UPDATES),
        *(("windows_update", {name: (LATEST,), f"of_{name}": {"n": OTHER}}, Warn) for name in UPDATES),
        *(("windows_update", {name: (LATEST,), f"of_{name}": {"n": ()}}, Fail) for name in UPDATES),
        *(("windows_update", {name: REFUSED}, Unknown) for name in UPDATES),
        *(("windows_update", {name: (LATEST,), f"of_{name}": REFUSED}, Unknown) for name in UPDATES),
        ("windows_update", {"catalogue": (CATALOGUE,), "of_catalogue": {"s": GROUP}, "settings": ON_UPDATES}, Pass),
        ("windows_update", {"catalogue": (CATALOGUE,), "of_catalogue": {"s": GROUP}, "settings": {"s": None}}, Unknown),
        ("windows_update", {"catalogue": (CATALOGUE,), "of_catalogue": {"s": GROUP}, "settings": REFUSED}, Unknown),
        ("windows_update", {}, Fail),
        ("windows_update", {"profiles": (RINGS,), "of_profiles": {"u": GROUP}}, Pass),
        ("windows_update", {"profiles": (GENERAL,), "of_profiles": {"p": GROUP}}, Fail),
        ("resource_access", {"profiles": (WIFI,), "of_profiles": {"w": GROUP}}, Pass),
        ("client-apps", {"apps": (STORE,), "of_apps": {"a": app_to("group", G1)}}, Pass),
        ("client_apps", {"apps": (OFFICE,), "of_apps": {"o": app_to("group", G1)}}, Fail),
        ("client_apps", {"apps": (replace(STORE, type=UNSET),), "of_apps": {}}, Unknown),
        ("client_apps", {"apps": REFUSED}, Unknown),
        ("office", {"apps": (OFFICE,), "of_apps": {"o": app_to("allLicensedUsers")}}, Pass),
        ("gardening", {}, Unknown),
    ],
)
@pytest.mark.parametrize("position", ["pilot", "intune"])
def test_intune_workloads_ready(workload: str, position: str, given: dict[str, Any], status: type[Outcome]) -> None:
    outcomes = intune_workloads_ready(workloads={workload: position, "apps_left": "configmgr"}, **(NOTHING | given))
    [outcome] = outcomes
    assert isinstance(outcome, status), outcome
    assert outcome.subject == workload


def test_intune_workloads_ready_without_a_move() -> None:
    [outcome] = intune_workloads_ready(workloads={"compliance": "configmgr"}, **NOTHING)
    assert isinstance(outcome, NotApplicable)


def device(name: str, agent: Any = "configurationManagerClientMdm") -> ManagedDevice:
    return ManagedDevice(name, name, operating_system="Windows", management_agent=agent)


def pilot(*names: str, sees: Any = ALL) -> Members:
    rows: list[CollectionMember] = [NotAUser(n, name) for n, name in enumerate(names)]
    return Members(Collection("PS100021", "Pilot"), Table.of(rows), sees, ALL)


BOTH = [device("PC1"), device("pc2.contoso.com", "configurationManagerClientMdmEas")]


@pytest.mark.parametrize(
    ("names", "members", "devices", "status"),
    [
        (["PC1", "pc2"], REFUSED, BOTH, Pass),
        (UNSET_KEY, pilot("PC1", "PC2"), BOTH, Pass),
        (["PC1", "PC3"], REFUSED, BOTH, Warn),
        (UNSET_KEY, pilot("PC1", "PC3"), BOTH, Warn),
        (["PC3"], REFUSED, BOTH, Fail),
        (["PC3"], REFUSED, [], Fail),
        (["PC3"], REFUSED, [device("PC3", "mdm")], Fail),
        (["PC3"], REFUSED, [device("PC3", "configurationManagerClient")], Fail),
        (["PC3"], REFUSED, [device("PC3", UNSET)], Unknown),
        (["PC3"], REFUSED, [device("")], Unknown),
        (["PC1", "PC2"], REFUSED, [*BOTH, device("")], Pass),
        (UNSET_KEY, pilot("PC1", "PC2", sees=SOME), BOTH, Unknown),
        (UNSET_KEY, pilot(), BOTH, Unknown),
        (UNSET_KEY, REFUSED, BOTH, Unknown),
        ([], REFUSED, BOTH, Unknown),
        (UNSET_KEY, UNSET_KEY, BOTH, Manual),
    ],
)
def test_devices_comanaged(names: Any, members: Any, devices: list[ManagedDevice], status: type[Outcome]) -> None:
    outcomes = devices_comanaged(names=names, members=members, devices=Table.of(devices), log=NOT_SENT, now=NOW)
    assert isinstance(worst(outcomes), status)
    for outcome in outcomes:
        if outcome.rows is not None:
            assert all(set(row) == set(outcome.rows.columns) for row in outcome.rows.rows)
