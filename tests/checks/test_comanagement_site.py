"""Every verdict about co-management as the site has it."""

from typing import Any

import pytest
from msgspec import UNSET

from assess.check import Fail, Manual, NotApplicable, Pass, Table, Unknown, Warn
from assess.evidence.config import Attested
from assess.evidence.site_cloud import CoManagementSetting, ManagementState, ManagementStateList
from checks.comanagement_site import (
    auto_enrollment,
    dashboard,
    enabled,
    pilot_collection,
    pilot_collection_prepared,
    wizard_path,
    workloads,
)
from sitecloud import ALL, MAYBE, REFUSED, collection, seen, site, staged, unset, verdict

UNASKED = unset("[attestations] x")


def policy(name: Any) -> CoManagementSetting:
    return CoManagementSetting(16780000, name)


@pytest.mark.parametrize(
    ("settings", "kind"),
    [
        (seen(policy("CoMgmtSettingsProd")), Pass),
        (
            seen(policy("CoMgmtSettingsPilotAutoEnroll"), policy("comgmtsettingsprod"), sees=MAYBE),
            Pass,
        ),
        (seen(), Fail),
        (seen(policy("CoMgmtSettingsPilot")), Fail),
        (seen(sees=MAYBE), Unknown),
        (seen(policy("CoMgmtSettingsPilot"), sees=MAYBE), Unknown),
        (seen(policy(UNSET)), Unknown),
        (seen(policy(None)), Unknown),
    ],
)
def test_enabled(settings: Any, kind: type) -> None:
    assert verdict(enabled(settings)) is kind


@pytest.mark.parametrize(
    ("sites", "kind"),
    [
        (seen(site(9068)), Pass),
        (seen(site(9141), site(8000, site_code="SEC", type=1)), Pass),
        (seen(site(UNSET, version="5.00.9141.1000")), Pass),
        (seen(site(9058)), Warn),
        (seen(site(9141), site(9058, site_code="PS2")), Warn),
        (seen(site(UNSET)), Unknown),
        (seen(site(UNSET, version="new")), Unknown),
        (seen(), Unknown),
        (seen(sees=MAYBE), Unknown),
    ],
)
def test_wizard_path(sites: Any, kind: type) -> None:
    assert verdict(wizard_path(sites)) is kind


def states(*rows: ManagementState, sees: Any = ALL) -> ManagementStateList:
    return ManagementStateList(Table.of(list(rows)), sees)


def device(
    policy: Any = True, enrolled: Any = True, flags: Any = "8193", failed: Any = False
) -> ManagementState:
    return ManagementState(1, policy, enrolled, flags, failed)


@pytest.mark.parametrize(
    ("planned", "stage", "answer", "found", "kind"),
    [
        ("pilot", "pilot", "Pilot", states(device()), Pass),
        ("all", "production", "All", states(device(), device(policy=False)), Pass),
        ("pilot", "pilot", "Pilot.", states(device(), sees=MAYBE), Pass),
        ("all", "pilot", "All", states(device()), Warn),
        ("pilot", "pilot", "All", states(device()), Warn),
        ("pilot", "pilot", "None", states(device()), Fail),
        ("pilot", "pilot", False, states(device()), Fail),
        ("none", "pilot", "None", states(), Warn),
        ("pilot", "pilot", "perhaps", states(device()), Manual),
        ("pilot", "pilot", "Pilot, or All", states(device()), Manual),
        ("pilot", "pilot", "Pilot", states(device(policy=False)), Warn),
        ("pilot", "pilot", "Pilot", states(), Warn),
        ("pilot", "pilot", "Pilot", states(device(policy=False), sees=MAYBE), Unknown),
        ("pilot", "pilot", "Pilot", states(device(policy=UNSET)), Unknown),
        ("pilot", "pilot", "Pilot", REFUSED, Unknown),
    ],
)
def test_auto_enrollment(planned: str, stage: str, answer: Any, found: Any, kind: type) -> None:
    assert verdict(auto_enrollment(planned, stage, Attested(answer, by="A. Meyer"), found)) is kind
    assert verdict(auto_enrollment(planned, stage, UNASKED, found)) is Manual


PLAN = {
    "compliance": "intune", "device-configuration": "configmgr", "windows_update": "configmgr", "endpoint_protection": "pilot",
    "Client apps": "pilot", "office": "configmgr",
}  # fmt: skip
MOVED, STAYED, TOO_MANY = device(flags="8195"), device(flags="8193"), device(flags="8203")
YES = Attested("as planned", by="A. Meyer")
NOW, OLD = seen(site()), seen(site(9068))


@pytest.mark.parametrize(
    ("planned", "sites", "confirmed", "found", "kind"),
    [
        (PLAN, NOW, UNASKED, states(MOVED, MOVED), Pass),
        (PLAN, NOW, YES, states(MOVED), Pass),
        (PLAN, NOW, YES, states(), Pass),
        (PLAN, NOW, UNASKED, states(), Manual),
        (PLAN, NOW, YES, REFUSED, Unknown),
        (PLAN, NOW, UNASKED, REFUSED, Unknown),
        (PLAN, NOW, Attested(False), states(), Fail),
        (PLAN, NOW, YES, states(STAYED), Fail),
        (PLAN, NOW, YES, states(TOO_MANY), Fail),
        (PLAN, NOW, YES, states(MOVED, STAYED), Warn),
        (PLAN, NOW, UNASKED, states(device(flags=UNSET)), Manual),
        ({**PLAN, "resource_access": "intune"}, NOW, YES, states(MOVED), Warn),
        ({**PLAN, "resource_access": "intune"}, OLD, YES, states(MOVED), Pass),
        ({**PLAN, "resource_access": "intune"}, REFUSED, YES, states(MOVED), Unknown),
        ({**PLAN, "resource_access": "intune"}, seen(site(UNSET)), YES, states(MOVED), Unknown),
        ({"compliance": "intune"}, NOW, YES, states(MOVED), Manual),
        ({**PLAN, "fridges": "intune"}, NOW, YES, states(MOVED), Manual),
        (unset("comanagement.workloads"), NOW, YES, states(MOVED), Manual),
    ],
)
def test_workloads(planned: Any, sites: Any, confirmed: Any, found: Any, kind: type) -> None:
    assert verdict(workloads(planned, sites, confirmed, found)) is kind


@pytest.mark.parametrize(
    ("pilots", "kind"),
    [
        (staged(collection()), Pass),
        (staged(collection(), sees=MAYBE), Pass),
        (staged(collection(), servers=1), Warn),
        (staged(collection(300)), Warn),
        (staged(collection(300), sees=MAYBE), Unknown),
        (staged(collection(), without=2), Unknown),
        (staged(collection(0)), Fail),
        (staged(collection(kind=1)), Fail),
        (staged(collection(kind=0)), Unknown),
        (staged(collection(kind=UNSET)), Unknown),
        (staged(collection(UNSET)), Unknown),
        (staged(None), Fail),
        (staged(None, sees=MAYBE), Unknown),
    ],
)
def test_pilot_collection(pilots: Any, kind: type) -> None:
    assert verdict(pilot_collection("pilot", PLAN, pilots)) is kind
    assert verdict(pilot_collection("all", PLAN, pilots)) is kind
    assert verdict(pilot_collection(unset("a.b"), unset("a.c"), pilots)) is kind
    assert verdict(pilot_collection("all", {"compliance": "intune"}, pilots)) is NotApplicable
    assert {one.subject for one in pilot_collection("pilot", PLAN, pilots)} == {"PS100020"}


@pytest.mark.parametrize(
    ("pilots", "kind"),
    [(staged(collection()), Pass), (staged(None), Warn), (staged(None, sees=MAYBE), Unknown)],
)
def test_pilot_collection_prepared(pilots: Any, kind: type) -> None:
    assert verdict(pilot_collection_prepared(pilots)) is kind


FINE = [device()] * 20


@pytest.mark.parametrize(
    ("confirmed", "found", "kind"),
    [
        (YES, states(*FINE), Pass),
        (YES, states(*FINE, device(failed=True)), Pass),
        (YES, states(*FINE[1:], device(failed=True)), Warn),
        (Attested(False), states(*FINE), Warn),
        (UNASKED, states(*FINE), Manual),
        (UNASKED, states(device(failed=True)), Warn),
        (YES, states(*FINE, sees=MAYBE), Unknown),
        (YES, states(), Unknown),
        (YES, states(device(failed=UNSET)), Unknown),
        (YES, REFUSED, Unknown),
    ],
)
def test_dashboard(confirmed: Any, found: Any, kind: type) -> None:
    assert verdict(dashboard(confirmed, found)) is kind
