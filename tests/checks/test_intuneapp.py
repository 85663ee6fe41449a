"""Every verdict of the checks for the Intune app that installs the client."""

from typing import Any

import pytest
from msgspec import UNSET
from msgspec.structs import replace

from assess.check import Fail, Manual, Missing, NotApplicable, Outcome, Pass, Unknown, Warn, worst
from assess.evidence.adminservice import AzureService, MayBeTrimmed, Seen, SeesEverything, Site
from assess.evidence.applications import Application, SiteApplication
from assess.evidence.enrolment import AppAssignment, Assignment, EnrollmentConfiguration, Target
from assess.evidence.intuneapps import (
    ClientApp,
)
from checks.intuneapp import (
    app_information,
    assignment,
    autopilot_user_targeting,
    command_line,
    lob_app,
    package,
)

REFUSED = Missing("Graph refuses: DeviceManagementApps.Read.All is missing", "Grant it.")
UNSET_KEY = Missing("the key is not set", "Set it.", key="some.key")
ALL, SOME = SeesEverything("said to be"), MayBeTrimmed("not known", "Give it the role.")
TENANT, CLIENT = "3f9d2c10-5b7e-4d0a-9c55-0a1b2c3d4e5f", "aaaaaaaa-2222-4000-8000-000000000002"
URI = f"api://{TENANT}/ConfigMgrService"
LINE = (
    f'CCMSETUPCMD="CCMHOSTNAME=cmg.contoso.com/CCM_Proxy_MutualAuth/7 SMSSiteCode=PS1 SMSMP=https://mp1.contoso.com '
    f'AADTENANTID={TENANT} AADCLIENTAPPID={CLIENT} AADRESOURCEURI={URI}"'
)
APP = ClientApp(
    "a", "#microsoft.graph.windowsMobileMSI", "ConfigMgr Client Setup Bootstrap", "Configuration Manager Client", "Microsoft",
    "published", "ccmsetup.msi", LINE, "5.00.9141.1000",
)  # fmt: skip
WIN32 = ClientApp("w", "#microsoft.graph.win32LobApp", "Client", publishing_state="published", file_name="c.intunewin", install_command_line="ccmsetup.exe CCMHOSTNAME=x")
OTHER = ClientApp("o", display_name="Reader", file_name="reader.msi", publishing_state="published", command_line="/q")
POLICY = EnrollmentConfiguration("p", "#microsoft.graph.deviceComanagementAuthorityConfiguration", "Co-management", install_configuration_manager_agent=True)
IDLE = replace(POLICY, install_configuration_manager_agent=False)


@pytest.mark.parametrize(
    ("installers", "win32", "policies", "status"),
    [
        ((APP, OTHER), (), (), Pass),
        ((replace(APP, type=UNSET),), (), (), Pass),
        ((APP,), (), (IDLE,), Pass),
        ((APP,), REFUSED, REFUSED, Pass),
        ((APP, replace(APP, id="b")), (), (), Warn),
        ((APP,), (WIN32,), (), Warn),
        ((APP,), (), (POLICY,), Warn),
        ((), (WIN32,), (), Warn),
        ((), (), (POLICY,), Pass),
        ((), (), (replace(POLICY, type=UNSET),), Pass),
        ((OTHER,), (), (), Fail),
        ((OTHER,), (), (IDLE,), Fail),
        ((replace(APP, publishing_state="processing"),), (), (), Fail),
        ((replace(APP, publishing_state=UNSET),), (), (), Unknown),
        ((replace(APP, file_name=UNSET),), (), (), Unknown),
        ((), REFUSED, (), Unknown),
        ((), (), REFUSED, Unknown),
        (REFUSED, (), (POLICY,), Unknown),
    ],
)
def test_lob_app(installers: Any, win32: Any, policies: Any, status: type[Outcome]) -> None:
    outcome = worst(lob_app(installers=installers, win32=win32, policies=policies, name=UNSET_KEY))
    assert isinstance(outcome, status)


SITES = Seen((Site("PS1", type=2, version="5.00.9141.1000"), Site("S01", type=1, version="5.00.9141.1000")), ALL)


@pytest.mark.parametrize(
    ("installers", "sites", "policies", "status"),
    [
        ((APP,), SITES, (), Pass),
        ((replace(APP, product_version="5.00.9141.1025"),), SITES, (), Pass),
        ((replace(APP, product_version="5.00.9135.1000"),), SITES, (), Warn),
        ((replace(APP, product_version="5.00.9146.1000"),), SITES, (), Unknown),
        ((replace(APP, product_version=None),), SITES, (), Unknown),
        ((replace(APP, product_version="new"),), SITES, (), Unknown),
        ((replace(APP, file_name="client.msi"),), SITES, (), Fail),
        ((replace(APP, file_name=UNSET),), SITES, (), Unknown),
        ((APP,), REFUSED, (), Unknown),
        ((APP,), Seen((), SOME), (), Unknown),
        ((APP,), Seen((Site("PS1", type=2),), ALL), (), Unknown),
        (REFUSED, SITES, (), Unknown),
        ((OTHER,), SITES, (), Unknown),
        ((OTHER,), SITES, REFUSED, Unknown),
        ((OTHER,), SITES, (POLICY,), NotApplicable),
    ],
)
@pytest.mark.parametrize("code", ["PS1", UNSET_KEY], ids=["code", "no code"])
def test_package(installers: Any, sites: Any, policies: Any, code: Any, status: type[Outcome]) -> None:
    assert isinstance(worst(package(installers=installers, policies=policies, name=UNSET_KEY, sites=sites, site_code=code)), status)


@pytest.mark.parametrize(
    ("installers", "status"),
    [
        ((APP,), Pass),
        ((replace(APP, publisher="Contoso"),), Warn),
        ((replace(APP, description=None),), Warn),
        ((replace(APP, description=UNSET),), Unknown),
        ((OTHER,), Unknown),
        (REFUSED, Unknown),
    ],
)
def test_app_information(installers: Any, status: type[Outcome]) -> None:
    assert isinstance(worst(app_information(installers=installers, policies=(), name="ConfigMgr Client Setup Bootstrap")), status)


ROWS = Seen((SiteApplication("s", "x", URI, is_client_app=False), SiteApplication("c", CLIENT.upper(), is_client_app=True)), ALL)
GATEWAYS = Seen((AzureService(service_type="CloudProxyService", service_c_name="cmg.contoso.com"),), SOME)
AROUND: dict[str, Any] = {
    "policies": (), "name": UNSET_KEY, "copied": LINE, "host": "CMG.contoso.com", "services": GATEWAYS, "site_code": "ps1",
    "tenant": TENANT, "management_points": ["mp1.contoso.com"], "site": ROWS, "apps": {}, "paths": REFUSED,
}  # fmt: skip


@pytest.mark.parametrize(
    ("line", "change", "status"),
    [
        (LINE, {}, Pass),
        (LINE.lower(), {}, Pass),
        (LINE, {"copied": UNSET_KEY}, Pass),
        (LINE, {"host": UNSET_KEY}, Pass),
        (LINE, {"management_points": UNSET_KEY}, Pass),
        (LINE, {"site": REFUSED, "apps": {"x": Application("o", "x", identifier_uris=(URI,))}}, Unknown),
        (LINE, {"copied": LINE.replace("PS1", "PS2")}, Warn),
        (LINE.replace(f" AADCLIENTAPPID={CLIENT}", ""), {"copied": UNSET_KEY}, Warn),
        (LINE.replace(f" AADRESOURCEURI={URI}", ""), {"copied": UNSET_KEY}, Warn),
        (LINE.replace("mp1.", "mp9."), {"copied": UNSET_KEY}, Warn),
        (LINE.replace("cmg.contoso.com", "x.cloudapp.net"), {"host": "x.cloudapp.net", "copied": UNSET_KEY}, Warn),
        (LINE.replace("cmg.contoso.com", "other.contoso.com"), {}, Fail),
        (LINE.replace("PS1", "PS2"), {}, Fail),
        (LINE.replace("/CCM_Proxy_MutualAuth/7", ""), {}, Fail),
        (LINE.replace("CCMHOSTNAME", "HOST"), {}, Fail),
        (LINE.replace(" SMSSiteCode=PS1", ""), {}, Fail),
        (LINE.replace(" SMSSiteCode", '" SMSSiteCode'), {}, Fail),
        (LINE[:-1], {}, Fail),
        (LINE, {"paths": ("cmg.contoso.com/CCM_Proxy_MutualAuth/7", "CMG.contoso.com/CCM_Proxy_MutualAuth/8")}, Pass),
        (LINE, {"paths": ()}, Pass),
        (LINE, {"paths": ("something else",)}, Pass),
        (LINE, {"paths": ("cmg.contoso.com/CCM_Proxy_MutualAuth/77",)}, Fail),
        (LINE.replace(CLIENT, TENANT, 1), {}, Fail),
        (LINE.replace(f"AADTENANTID={TENANT}", f"AADTENANTID={CLIENT}"), {}, Fail),
        (LINE.replace(f"URI={URI}", "URI=https://ConfigMgrService"), {}, Fail),
        (LINE[:-1] + " X=" + "x" * 1024 + '"', {}, Fail),
        ("", {}, Fail),
        (LINE, {"host": UNSET_KEY, "services": REFUSED}, Manual),
        (LINE, {"host": UNSET_KEY, "services": Seen((), ALL)}, Manual),
        (LINE, {"site_code": UNSET_KEY}, Manual),
        (LINE, {"tenant": UNSET_KEY}, Manual),
        (LINE, {"site": REFUSED}, Unknown),
        (LINE, {"site": Seen((), SOME)}, Unknown),
        (UNSET, {}, Unknown),
        (None, {}, Unknown),
    ],
)
def test_command_line(line: Any, change: dict[str, Any], status: type[Outcome]) -> None:
    outcome = worst(command_line(installers=(replace(APP, command_line=line),), **(AROUND | change)))
    assert isinstance(outcome, status), outcome


INNER = LINE.removeprefix('CCMSETUPCMD="').removesuffix('"')


@pytest.mark.parametrize(
    ("policy", "status"),
    [
        (replace(POLICY, configuration_manager_agent_command_line_argument=INNER), Pass),
        (replace(POLICY, configuration_manager_agent_command_line_argument=INNER.replace("PS1", "PS2")), Fail),
        (POLICY, Unknown),
        (IDLE, Unknown),
    ],
)
def test_command_line_of_a_policy(policy: EnrollmentConfiguration, status: type[Outcome]) -> None:
    assert isinstance(worst(command_line(installers=(), **(AROUND | {"policies": (policy,)}))), status)


def test_command_line_refused() -> None:
    assert isinstance(worst(command_line(installers=REFUSED, **AROUND)), Unknown)
    assert isinstance(worst(command_line(installers=(), **(AROUND | {"policies": REFUSED}))), Unknown)


G1, G2 = "aaaaaaaa-0000-4000-8000-000000000001", "aaaaaaaa-0000-4000-8000-000000000002"


def to(kind: str, group: Any = UNSET, intent: Any = "required") -> AppAssignment:
    return AppAssignment("1", Target(f"#microsoft.graph.{kind}AssignmentTarget", group), intent)


REQUIRED = to("group", G1)
EXCLUDED = to("exclusionGroup", G1)


@pytest.mark.parametrize(
    ("assignments", "users", "devices", "wanted", "stage", "status"),
    [
        ((REQUIRED,), {G1: 5}, {G1: 0}, [G1], "pilot", Pass),
        ((REQUIRED,), {G1: 0}, {G1: 4}, [G1.upper()], "pilot", Pass),
        ((REQUIRED, to("exclusionGroup", G2)), {G1: 5}, {G1: 0}, [G1], "pilot", Pass),
        ((to("allDevices"),), {}, {}, [], "production", Pass),
        ((to("allDevices"),), {}, {}, [], "pilot", Warn),
        ((to("allLicensedUsers"),), {}, {}, [], UNSET_KEY, Warn),
        ((REQUIRED,), {G1: 5}, {G1: 0}, [G2], "pilot", Warn),
        ((REQUIRED,), {G1: 5}, {G1: 0}, [G1, G2], "pilot", Warn),
        ((REQUIRED, to("group", G2)), {G1: 5, G2: 0}, {G1: 0, G2: 0}, [G1, G2], "pilot", Warn),
        ((to("group", G1, "available"),), {}, {}, [G1], "pilot", Warn),
        ((to("group", G1, "uninstall"),), {}, {}, [G1], "pilot", Fail),
        ((), {}, {}, [G1], "pilot", Fail),
        ((EXCLUDED,), {}, {}, [G1], "pilot", Fail),
        ((REQUIRED, EXCLUDED), {G1: 5}, {G1: 0}, [G1], "pilot", Fail),
        ((REQUIRED,), {G1: 0}, {G1: 0}, [G1], "pilot", Fail),
        ((REQUIRED,), {G1: None}, {G1: None}, [G1], "pilot", Fail),
        ((REQUIRED,), {G1: 5}, {G1: 0}, UNSET_KEY, "pilot", Manual),
        ((REQUIRED,), REFUSED, {G1: 0}, [G1], "pilot", Unknown),
        ((REQUIRED,), {G1: 5}, REFUSED, [G1], "pilot", Unknown),
        ((AppAssignment("1", Target(UNSET, G1), "required"),), {}, {}, [G1], "pilot", Unknown),
        ((AppAssignment("1", Target("#microsoft.graph.configurationManagerCollectionAssignmentTarget", collection_id="PS1"), "required"),), {}, {}, [], "pilot", Unknown),
        ((AppAssignment("1", None, UNSET),), {}, {}, [G1], "pilot", Unknown),
        (None, {}, {}, [G1], "pilot", Unknown),
    ],
)
def test_assignment(assignments: Any, users: Any, devices: Any, wanted: Any, stage: Any, status: type[Outcome]) -> None:
    outcome = worst(assignment(of_apps={"a": assignments}, of_policies={}, users=users, devices=devices, wanted=wanted, stage=stage))
    assert isinstance(outcome, status), outcome


@pytest.mark.parametrize(
    ("of_apps", "of_policies", "status"),
    [
        ({}, {"p": (Assignment("1", Target("#microsoft.graph.groupAssignmentTarget", G1)),)}, Pass),
        ({}, {"p": ()}, Fail),
        ({}, {}, Fail),
        ({}, REFUSED, Unknown),
        (REFUSED, {}, Unknown),
    ],
)
def test_assignment_by_policy(of_apps: Any, of_policies: Any, status: type[Outcome]) -> None:
    outcome = worst(assignment(of_apps=of_apps, of_policies=of_policies, users={G1: 1}, devices={G1: 0}, wanted=[G1], stage="pilot"))
    assert isinstance(outcome, status)


@pytest.mark.parametrize(
    ("of_apps", "users", "devices", "status"),
    [
        ({"a": (REQUIRED,)}, {G1: 5}, {G1: 0}, Pass),
        ({"a": (to("allLicensedUsers"),)}, {}, {}, Pass),
        ({"a": (REQUIRED,)}, {G1: 5}, {G1: 1}, Warn),
        ({"a": (REQUIRED,)}, REFUSED, {G1: 1}, Warn),
        ({"a": (to("allDevices"),)}, {}, {}, Warn),
        ({"a": (REQUIRED,)}, {G1: 0}, {G1: 0}, Unknown),
        ({"a": (REQUIRED,)}, {G1: None}, {G1: None}, Unknown),
        ({"a": (REQUIRED,)}, {G1: 5}, REFUSED, Unknown),
        ({"a": (REQUIRED,)}, REFUSED, {G1: 0}, Unknown),
        ({"a": (EXCLUDED,)}, {}, {}, Unknown),
        ({"a": (AppAssignment("1", Target(UNSET, G1), "required"),)}, {}, {}, Unknown),
        (REFUSED, {}, {}, Unknown),
        ({}, {}, {}, NotApplicable),
    ],
)
def test_autopilot_user_targeting(of_apps: Any, users: Any, devices: Any, status: type[Outcome]) -> None:
    outcome = worst(autopilot_user_targeting(of_apps=of_apps, policies=(POLICY,), users=users, devices=devices))
    assert isinstance(outcome, status)
