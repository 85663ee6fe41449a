"""Every verdict on the Company Portal: on devices with a user, and on no others."""

from datetime import UTC, datetime
from typing import Any

import pytest
from msgspec import UNSET

from assess.check import Fail, Manual, NotApplicable, Pass, Table, Unknown, Warn, worst
from assess.evidence.apple import (
    AppAssignment,
    AssignmentSettings,
    AssignmentTarget,
    EnrollmentProfile,
    GroupDevice,
    HoldingDevice,
    VppToken,
)
from assess.evidence.config import Attested
from assess.evidence.devices import ManagedDevice
from assess.evidence.graph import Gathered
from checks.apple.portal import apple_id_for_user, company_portal_installed, no_affinity_no_portal
from specimens import REFUSED, unset

YES, NO = Attested(True, by="A. Meyer"), Attested(False, by="A. Meyer")
UNASKED = unset('[attestations] "ios.x" in contoso.toml')
PERSONAL = "personal-use"
NO_USE = unset("ios.device_use")


def target(kind: str = "group", group: str = "g1", **more: Any) -> AssignmentTarget:
    name = {
        "group": "groupAssignmentTarget",
        "exclusion": "exclusionGroupAssignmentTarget",
        "devices": "allDevicesAssignmentTarget",
        "users": "allLicensedUsersAssignmentTarget",
    }
    facts: dict[str, Any] = {"odata_type": f"#microsoft.graph.{name[kind]}" if kind else UNSET}
    if kind in {"group", "exclusion"}:
        facts["group_id"] = group
    return AssignmentTarget(**{**facts, **more})


def assigned(
    intent: str = "required", *, device: bool = True, aim: AssignmentTarget | None = None
) -> AppAssignment:
    return AppAssignment(
        "1", intent, aim or target(), AssignmentSettings(use_device_licensing=device)
    )


def app(*assignments: AppAssignment) -> Any:
    return {"portal": assignments}


def profiles(*affinity: Any, **more: Any) -> Any:
    return {
        "t1": tuple(
            EnrollmentProfile(str(n), display_name=f"P{n}", requires_user_authentication=a, **more)
            for n, a in enumerate(affinity)
        )
    }


AFFINE = profiles(True)
VALID = (VppToken("v", "Contoso", state="valid"),)
EXPIRED = (VppToken("v", "Contoso", state="expired"),)


@pytest.mark.parametrize(
    ("found", "assignments", "tokens", "answer", "kind"),
    [
        (AFFINE, app(assigned()), VALID, UNASKED, Pass),
        (profiles(True, company_portal_vpp_token_id="v"), REFUSED, REFUSED, UNASKED, Pass),
        (AFFINE, REFUSED, REFUSED, YES, Pass),
        (AFFINE, app(), VALID, YES, Pass),
        (AFFINE, app(assigned(device=False)), VALID, NO, Fail),
        (AFFINE, app(assigned("available")), VALID, NO, Fail),
        (AFFINE, app(assigned(aim=target("exclusion"))), VALID, NO, Fail),
        (AFFINE, {}, VALID, NO, Fail),
        (AFFINE, app(assigned()), EXPIRED, NO, Fail),
        (AFFINE, app(assigned()), (), NO, Fail),
        (AFFINE, app(assigned(device=False)), VALID, UNASKED, Manual),
        (AFFINE, app(assigned()), EXPIRED, UNASKED, Manual),
        (AFFINE, app(assigned()), REFUSED, NO, Unknown),
        (AFFINE, REFUSED, VALID, NO, Unknown),
        (AFFINE, REFUSED, VALID, UNASKED, Unknown),
        (REFUSED, app(assigned()), VALID, UNASKED, Pass),
        (profiles(False), REFUSED, REFUSED, UNASKED, NotApplicable),
    ],
)
def test_apple_id_for_user(
    found: Any, assignments: Any, tokens: Any, answer: Any, kind: type
) -> None:
    use = PERSONAL if kind is not NotApplicable else unset("ios.device_use")
    assert isinstance(worst(apple_id_for_user(use, found, assignments, tokens, answer)), kind)


@pytest.mark.parametrize(
    ("found", "assignments", "answer", "kind"),
    [
        (AFFINE, app(assigned(device=False)), UNASKED, Pass),
        (REFUSED, app(assigned()), UNASKED, Pass),
        (profiles(True, require_company_portal=True), REFUSED, UNASKED, Pass),
        (profiles(True, company_portal_vpp_token_id="v"), {}, UNASKED, Pass),
        ({"t1": (*profiles(True, require_company_portal=True)["t1"], *AFFINE["t1"])}, {}, NO, Fail),
        (AFFINE, app(assigned("available")), Attested("by the user"), Warn),
        (AFFINE, {}, YES, Warn),
        (AFFINE, {}, NO, Fail),
        (AFFINE, app(assigned("uninstall")), NO, Fail),
        (AFFINE, {}, UNASKED, Manual),
        (AFFINE, REFUSED, UNASKED, Unknown),
        (AFFINE, REFUSED, YES, Unknown),
        (AFFINE, REFUSED, Attested("automatically"), Pass),
        (AFFINE, REFUSED, Attested("installed by the user"), Warn),
        (REFUSED, {}, NO, Unknown),
        (profiles(False), {}, NO, NotApplicable),
    ],
)
def test_company_portal_installed(found: Any, assignments: Any, answer: Any, kind: type) -> None:
    use = PERSONAL if kind is not NotApplicable else "shared"
    assert isinstance(worst(company_portal_installed(use, found, assignments, answer)), kind)


KIOSK = profiles(False)


def shared(number: str = "1", **more: Any) -> ManagedDevice:
    facts: dict[str, Any] = {
        "id": f"d{number}", "operating_system": "iOS", "serial_number": f"AAAA000{number}", "device_enrollment_type": "appleBulkWithoutUser",
        "azure_device_id": f"dev{number}",
    }  # fmt: skip
    return ManagedDevice(**{**facts, **more})


def devices(*items: Any) -> Any:
    return Table.of(list(items))


def group(*ids: str) -> Any:
    return Gathered(Table.of([GroupDevice(one, one) for one in ids]))


def holders(*ids: str, absent: tuple[str, ...] = ()) -> Any:
    return Gathered(Table.of([HoldingDevice(one) for one in ids]), absent)


EVERYBODY = assigned(aim=target("devices"))
USERS = assigned(aim=target("users"))
OUT = assigned(aim=target("exclusion", "g2"))
FILTERED = assigned(aim=target("devices", filter_id="f", filter_type="exclude"))
NOBODY, MINE = group(), devices(shared())


@pytest.mark.parametrize(
    ("assignments", "into", "out", "have", "on", "kind"),
    [
        (app(), NOBODY, NOBODY, MINE, holders(), Pass),
        ({}, NOBODY, NOBODY, MINE, holders(), Pass),
        (app(USERS), NOBODY, NOBODY, MINE, holders("other"), Pass),
        (app(assigned()), group("dev9"), NOBODY, MINE, holders(), Pass),
        (app(assigned("uninstall")), group("dev1"), NOBODY, MINE, holders(), Pass),
        (app(assigned()), group("DEV1"), NOBODY, MINE, holders(), Fail),
        (app(assigned(), OUT), group("dev1"), group("dev1"), MINE, holders(), Pass),
        (app(EVERYBODY), NOBODY, NOBODY, MINE, holders(), Fail),
        (app(EVERYBODY), NOBODY, NOBODY, devices(), holders(), Fail),
        (app(EVERYBODY, OUT), NOBODY, group("dev1"), MINE, holders(), Pass),
        (app(EVERYBODY, OUT), NOBODY, group("dev9"), MINE, holders(), Fail),
        (app(EVERYBODY, OUT), REFUSED, REFUSED, MINE, holders(), Unknown),
        (app(FILTERED), NOBODY, NOBODY, MINE, holders(), Unknown),
        (app(assigned(aim=target(""))), NOBODY, NOBODY, MINE, holders(), Unknown),
        (app(assigned()), REFUSED, NOBODY, MINE, holders(), Unknown),
        (app(assigned()), NOBODY, NOBODY, devices(), holders(), Unknown),
        (app(assigned()), NOBODY, NOBODY, devices(shared(azure_device_id=None)), holders(), Unknown),
        ({"portal": None}, NOBODY, NOBODY, MINE, holders(), Unknown),
        (REFUSED, NOBODY, NOBODY, MINE, holders(), Unknown),
        (app(), NOBODY, NOBODY, MINE, REFUSED, Unknown),
        (app(), NOBODY, NOBODY, MINE, holders(absent=("x",)), Unknown),
        (app(), NOBODY, NOBODY, REFUSED, holders(), Unknown),
        (app(), NOBODY, NOBODY, MINE, holders("d1"), Fail),
        (app(), NOBODY, NOBODY, devices(shared(device_enrollment_type="appleBulkWithUser")), holders("d1"), Pass),
        (app(), NOBODY, NOBODY, devices(shared(device_enrollment_type=UNSET, enrollment_profile_name="p0")), holders("d1"), Fail),
        (app(), NOBODY, NOBODY, devices(shared(operating_system="Windows")), holders("d1"), Pass),
    ],
)  # fmt: skip
def test_no_affinity_no_portal(
    assignments: Any, into: Any, out: Any, have: Any, on: Any, kind: type
) -> None:
    assert isinstance(
        worst(no_affinity_no_portal(NO_USE, KIOSK, assignments, into, out, have, on)), kind
    )


@pytest.mark.parametrize(
    ("found", "kind"),
    [
        (REFUSED, Unknown), (AFFINE, NotApplicable), (profiles(), NotApplicable), ({}, NotApplicable), (profiles(UNSET), Unknown),
        (profiles(True, None), Unknown), ({"t1": None}, Unknown), (profiles(True, False), Pass),
    ],
)  # fmt: skip
def test_where_there_is_a_profile_without_users(found: Any, kind: type) -> None:
    assert isinstance(
        worst(no_affinity_no_portal(NO_USE, found, app(), NOBODY, NOBODY, MINE, holders())), kind
    )


def test_those_who_have_it_are_listed() -> None:
    outcome: Any = worst(
        no_affinity_no_portal(
            NO_USE, KIOSK, app(), NOBODY, NOBODY, devices(shared(), shared("2")), holders("d2")
        )
    )
    assert [row["device"] for row in outcome.rows.rows] == ["AAAA0002"]


@pytest.mark.parametrize(("found", "kind"), [({}, Fail), (AFFINE, Fail), (REFUSED, Unknown)])
def test_shared_devices_are_looked_at_without_a_profile_of_theirs(found: Any, kind: type) -> None:
    outcomes = no_affinity_no_portal("shared", found, app(), NOBODY, NOBODY, MINE, holders("d1"))
    assert isinstance(worst(outcomes), kind)


def test_the_day_of_a_location_token_is_told() -> None:
    dated = VppToken("v", "Contoso", state="valid", expiration_date_time=datetime(2027, 3, 1, 5, 0, tzinfo=UTC))
    outcome = worst(apple_id_for_user(PERSONAL, AFFINE, {}, (dated, *VALID), YES))
    assert [(end.what, str(end.on)) for end in outcome.ends] == [("Location token of Apps and Books Contoso", "2027-03-01")]
    assert worst(apple_id_for_user(PERSONAL, AFFINE, {}, REFUSED, YES)).ends == ()
