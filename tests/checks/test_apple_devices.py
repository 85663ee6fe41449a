"""Every verdict on the devices that Apple lists, those that are enrolled, and their users."""

from datetime import timedelta
from typing import Any

import pytest
from msgspec import UNSET

from assess.check import Fail, Manual, NotApplicable, Pass, Table, Unknown, Warn, worst
from assess.evidence.apple import EnrollmentProfile, ImportedDevice
from assess.evidence.applefiles import Serials
from assess.evidence.config import Attested
from assess.evidence.devices import ManagedDevice
from assess.evidence.graph import AssignedLicense, Gathered, Person, ServicePlan, Sku, Units
from checks.apple.devices import (
    device_identified,
    devices_assigned,
    devices_listed,
    enrolment_complete,
    user_credentials,
)
from specimens import NOW, REFUSED, unset

YES, NO = Attested(True, by="A. Meyer"), Attested(False, by="A. Meyer")
UNASKED = unset('[attestations] "ios.x" in contoso.toml')
NO_LIST = unset("ios.serials")
DAY = timedelta(days=1)
ZERO = "00000000-0000-0000-0000-000000000000"


def listed(serial: str = "AAAA0000", **more: Any) -> ImportedDevice:
    facts: dict[str, Any] = {
        "id": serial, "serial_number": serial, "requested_enrollment_profile_id": "p1", "enrollment_state": "notContacted",
        "requested_enrollment_profile_assignment_date_time": NOW - DAY, "is_deleted": False, "is_supervised": True,
    }  # fmt: skip
    return ImportedDevice(**{**facts, **more})


def several(*items: Any, absent: tuple[str, ...] = ()) -> Any:
    return Gathered(Table.of(list(items)), absent)


A, B = listed(), listed("BBBB0000")
BOTH = Serials(("AAAA0000", "BBBB0000"))


@pytest.mark.parametrize(
    ("devices", "serials", "answer", "kind"),
    [
        (several(A, B), BOTH, UNASKED, Pass),
        (several(A, B), BOTH, NO, Warn),
        (several(A, listed("bbbb0000 ")), BOTH, YES, Pass),
        (several(A), BOTH, YES, Warn),
        (several(A, listed("BBBB0000", requested_enrollment_profile_id="")), BOTH, YES, Warn),
        (several(A, listed("BBBB0000", requested_enrollment_profile_id=ZERO)), BOTH, YES, Warn),
        (several(A, listed("BBBB0000", requested_enrollment_profile_id=UNSET)), BOTH, YES, Unknown),
        (several(A, listed("BBBB0000", is_deleted=True)), BOTH, YES, Warn),
        (several(listed("CCCC0000")), BOTH, YES, Fail),
        (several(), BOTH, YES, Fail),
        (several(A, B, absent=("t2",)), BOTH, YES, Unknown),
        (REFUSED, BOTH, YES, Pass),
        (REFUSED, BOTH, NO, Fail),
        (REFUSED, BOTH, UNASKED, Unknown),
        (several(A), NO_LIST, YES, Pass),
        (several(), NO_LIST, YES, Unknown),
        (several(A), NO_LIST, NO, Fail),
        (several(A), NO_LIST, UNASKED, Manual),
        (several(A), REFUSED, YES, Unknown),
        (REFUSED, REFUSED, UNASKED, Unknown),
    ],
)
def test_devices_assigned(devices: Any, serials: Any, answer: Any, kind: type) -> None:
    assert isinstance(worst(devices_assigned(devices, serials, answer)), kind)


def test_the_serial_numbers_that_are_open_are_listed() -> None:
    outcome: Any = worst(devices_assigned(several(A), BOTH, UNASKED))
    assert list(outcome.rows.rows) == [{"serial": "BBBB0000", "found": "not listed"}]


IN_USE = listed("BBBB0000", enrollment_state="enrolled")
OLD = listed(requested_enrollment_profile_assignment_date_time=NOW - 8 * DAY)


@pytest.mark.parametrize(
    ("devices", "serials", "kind"),
    [
        (several(A, B), BOTH, Pass),
        (several(A, IN_USE), NO_LIST, Pass),
        (several(A, listed("BBBB0000", enrollment_state="failed")), BOTH, Fail),
        (several(A, listed("CCCC0000", enrollment_state="failed"), B), BOTH, Pass),
        (several(A, listed("CCCC0000", enrollment_state="failed")), NO_LIST, Fail),
        (
            several(A, listed("CCCC0000", platform="macOS", enrollment_state="failed")),
            NO_LIST,
            Pass,
        ),
        (several(listed(platform="tvOS")), NO_LIST, Unknown),
        (several(OLD, IN_USE), BOTH, Warn),
        (several(OLD, B), BOTH, Pass),
        (several(A, listed("BBBB0000", enrollment_state="pendingReset")), BOTH, Unknown),
        (several(A, listed("BBBB0000", enrollment_state=UNSET)), BOTH, Unknown),
        (several(A), BOTH, Unknown),
        (several(), NO_LIST, Unknown),
        (several(listed(is_deleted=True)), NO_LIST, Unknown),
        (several(A, B, absent=("t2",)), BOTH, Unknown),
        (several(A), REFUSED, Unknown),
    ],
)
def test_devices_listed(devices: Any, serials: Any, kind: type) -> None:
    assert isinstance(worst(devices_listed(devices, serials, NOW)), kind)


def profiles(*affinity: Any) -> Any:
    return {
        "t1": tuple(
            EnrollmentProfile(str(n), display_name=f"P{n}", requires_user_authentication=a)
            for n, a in enumerate(affinity)
        )
    }


AFFINE = profiles(True)
PERSONAL = "personal-use"
NO_USE = unset("ios.device_use")
PLAN, SKU = "c1ec4a95-1f05-45b3-a911-aa3fa01094f5", "efccb6f7-5641-4e0e-bd10-b4976e1bf68e"
SKUS = (
    Sku(SKU, "EMS", "Enabled", 1, Units(25), (ServicePlan(PLAN, "INTUNE_A", "Success"),)),
)  # fmt: skip


def person(**more: Any) -> Person:
    facts: dict[str, Any] = {
        "id": "u",
        "user_principal_name": "a@contoso.com",
        "account_enabled": True,
        "assigned_licenses": (AssignedLicense(SKU),),
    }
    return Person(**{**facts, **more})


@pytest.mark.parametrize(
    ("people", "skus", "answer", "kind"),
    [
        (several(person()), SKUS, YES, Pass),
        (several(person()), SKUS, UNASKED, Manual),
        (several(person()), SKUS, NO, Fail),
        (several(person(account_enabled=False)), SKUS, YES, Fail),
        (several(person(), person(assigned_licenses=())), SKUS, YES, Fail),
        (several(person(assigned_licenses=(AssignedLicense(SKU, (PLAN,)),))), SKUS, YES, Fail),
        (several(person(assigned_licenses=UNSET)), SKUS, YES, Unknown),
        (several(person(account_enabled=UNSET)), SKUS, YES, Unknown),
        (several(), SKUS, YES, Unknown),
        (several(person(), absent=("g",)), SKUS, YES, Unknown),
        (REFUSED, SKUS, YES, Unknown),
        (several(person()), REFUSED, YES, Unknown),
        (REFUSED, SKUS, UNASKED, Unknown),
        (unset("mdm.enrollment_group_ids"), SKUS, YES, Manual),
    ],
)
def test_user_credentials(people: Any, skus: Any, answer: Any, kind: type) -> None:
    assert isinstance(worst(user_credentials(PERSONAL, AFFINE, people, skus, answer)), kind)


def device(serial: str = "AAAA0000", **more: Any) -> ManagedDevice:
    facts: dict[str, Any] = {
        "id": serial, "device_name": "iPhone", "operating_system": "iOS", "serial_number": serial, "user_principal_name": "a@contoso.com",
        "managed_device_owner_type": "company", "device_enrollment_type": "appleBulkWithUser", "azure_registered": True,
        "device_registration_state": "registered", "compliance_state": "compliant", "enrolled_date_time": NOW - 9 * DAY,
        "last_sync_date_time": NOW - DAY,
    }  # fmt: skip
    return ManagedDevice(**{**facts, **more})


def table(*items: Any) -> Any:
    return Table.of(list(items))


ONE = Serials(("AAAA0000",))
HERS = Serials(("AAAA0000",), {"AAAA0000": "a@contoso.com"})


@pytest.mark.parametrize(
    ("devices", "serials", "answer", "kind"),
    [
        (table(device()), HERS, YES, Pass),
        (table(device(user_principal_name="A@Contoso.com")), HERS, YES, Pass),
        (table(device()), NO_LIST, YES, Pass),
        (table(device()), HERS, UNASKED, Manual),
        (table(device()), HERS, NO, Fail),
        (table(device(managed_device_owner_type="personal")), ONE, YES, Fail),
        (table(device(user_principal_name="b@contoso.com")), HERS, YES, Fail),
        (table(device(user_principal_name="")), ONE, YES, Unknown),
        (table(device(managed_device_owner_type=UNSET)), ONE, YES, Unknown),
        (table(device(managed_device_owner_type="unknown")), ONE, YES, Unknown),
        (
            table(device(operating_system="Windows")),
            ONE,
            YES,
            Pass,
        ),  # none enrolled: the answer stands in
        (table(device("BBBB0000", managed_device_owner_type="personal")), ONE, UNASKED, Manual),
        (table(), ONE, NO, Fail),
        (REFUSED, ONE, YES, Unknown),
        (REFUSED, ONE, UNASKED, Unknown),
        (table(device()), REFUSED, YES, Unknown),
        (unset("tenant.id"), NO_LIST, YES, Unknown),
    ],
)
def test_device_identified(devices: Any, serials: Any, answer: Any, kind: type) -> None:
    assert isinstance(worst(device_identified(PERSONAL, AFFINE, devices, serials, answer)), kind)


@pytest.mark.parametrize(
    ("devices", "serials", "kind"),
    [
        (table(device()), ONE, Pass),
        (table(device(operating_system="iPadOS")), NO_LIST, Pass),
        (table(device(compliance_state="noncompliant")), ONE, Warn),
        (table(device(last_sync_date_time=NOW - 8 * DAY)), ONE, Warn),
        (table(device(device_registration_state="notRegistered")), ONE, Fail),
        (table(device(azure_registered=False)), ONE, Fail),
        (
            table(
                device(
                    device_registration_state="notRegistered",
                    enrolled_date_time=NOW - 23 * DAY / 24,
                )
            ),
            ONE,
            Unknown,
        ),
        (
            table(device(device_registration_state="notRegistered", enrolled_date_time=UNSET)),
            ONE,
            Unknown,
        ),
        (table(device(device_registration_state=UNSET)), ONE, Unknown),
        (table(device(azure_registered=None)), ONE, Unknown),
        (table(device(compliance_state=UNSET)), ONE, Unknown),
        (table(device(last_sync_date_time=None)), ONE, Unknown),
        (table(), ONE, Unknown),
        (table(device("BBBB0000")), ONE, Unknown),
        (table(device(operating_system="macOS")), ONE, Unknown),
        (table(device(device_enrollment_type="userEnrollment")), NO_LIST, Unknown),
        (REFUSED, ONE, Unknown),
        (table(device()), REFUSED, Unknown),
    ],
)
def test_enrolment_complete(devices: Any, serials: Any, kind: type) -> None:
    assert isinstance(worst(enrolment_complete(PERSONAL, AFFINE, devices, serials, NOW)), kind)


@pytest.mark.parametrize(
    ("use", "found", "applies"),
    [
        ("shared", REFUSED, False),
        ("shared", profiles(False), False),
        ("shared", profiles(True), True),
        (NO_USE, profiles(False), False),
        (NO_USE, profiles(False, True), True),
        (NO_USE, profiles(False, UNSET), True),
        (NO_USE, profiles(), True),
        (NO_USE, REFUSED, True),
        (NO_USE, {**profiles(False), "t2": None}, True),
        (PERSONAL, profiles(False), True),
    ],
)
def test_only_devices_with_users_are_looked_at(use: Any, found: Any, applies: bool) -> None:
    for outcomes in (
        user_credentials(use, found, REFUSED, SKUS, YES),
        device_identified(use, found, REFUSED, ONE, YES),
        enrolment_complete(use, found, REFUSED, ONE, NOW),
    ):
        assert isinstance(worst(outcomes), Unknown if applies else NotApplicable)
