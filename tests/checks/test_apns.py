"""Every verdict of the catalogue about the Apple push certificate."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from assess.check import Fail, Manual, Pass, Unknown, Warn
from assess.evidence.config import Attested
from assess.evidence.graph import Perhaps, PushCertificate
from assess.model import worst
from checks.apns import validity
from specimens import NOW, REFUSED, cert, file, unset

OWNER, NOBODY = Attested("A. Meyer, reminder in the calendar"), Attested(False)
UNASKED = unset('[attestations] "apns.validity" in contoso.toml')
NO_FILE = unset("files.apns_pem")
CASES = [
    (60.001, OWNER, Pass), (60, OWNER, Warn), (30, OWNER, Warn), (7, OWNER, Warn), (6.999, OWNER, Fail), (0, OWNER, Fail),
    (-1, OWNER, Fail), (90, NOBODY, Warn), (90, UNASKED, Manual), (30, UNASKED, Warn), (-1, UNASKED, Fail),
]  # fmt: skip


def uploaded(days: float) -> Any:
    return Perhaps(PushCertificate(expiration_date_time=NOW + timedelta(days=days)))


def decided(*arguments: Any) -> Any:
    outcomes = validity(NOW, *arguments)
    assert {outcome.subject for outcome in outcomes} == {None}
    return worst(outcomes)


@pytest.mark.parametrize(("days", "owner", "kind"), CASES)
def test_validity_in_the_tenant(days: float, owner: Any, kind: type) -> None:
    assert isinstance(decided(uploaded(days), NO_FILE, owner), kind)


@pytest.mark.parametrize(("days", "owner", "kind"), CASES)
def test_validity_of_the_file_where_the_tenant_was_not_asked(days: float, owner: Any, kind: type) -> None:
    outcome = decided(REFUSED, file(cert(days=days), name="push.pem"), owner)
    assert isinstance(outcome, kind)


def test_validity_of_the_tenant_counts_and_another_file_is_said() -> None:
    one = file(cert(days=300), name="push.pem")
    outcome = decided(uploaded(-1), one, OWNER)
    assert isinstance(outcome, Fail)
    assert "push.pem ends on" in outcome.observed
    assert "push.pem" not in decided(uploaded(300), one, OWNER).observed


@pytest.mark.parametrize(
    ("answer", "one", "kind"),
    [
        (REFUSED, NO_FILE, Unknown),
        (REFUSED, REFUSED, Unknown),
        (unset("tenant.id"), NO_FILE, Manual),
        (Perhaps(None), NO_FILE, Unknown),
        (Perhaps(PushCertificate()), NO_FILE, Unknown),
        (Perhaps(PushCertificate(expiration_date_time=datetime(1, 1, 1, tzinfo=UTC))), NO_FILE, Unknown),
        (Perhaps(None), file(cert(days=300)), Unknown),
    ],
)
def test_validity_without_a_date(answer: Any, one: Any, kind: type) -> None:
    assert isinstance(decided(answer, one, OWNER), kind)


@pytest.mark.parametrize(("days", "owner", "kind"), CASES)
def test_validity_tells_the_day_whatever_it_decides(days: float, owner: Any, kind: type) -> None:
    [end] = decided(uploaded(days), NO_FILE, owner).ends
    assert (end.what, end.on) == ("Apple push certificate", (NOW + timedelta(days=days)).date())
