"""Every verdict on Apple's programme: membership, files, token, synchronisation, method."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec import UNSET

from assess.check import Fail, Manual, Pass, Unknown, Warn, worst
from assess.evidence.applefiles import Envelope, PublicKey
from assess.evidence.config import Attested
from assess.evidence.graph import DepToken
from checks.apple.programme import (
    enrolment_method,
    mdm_server,
    programme_membership,
    server_token,
    sync,
    token_request,
    token_uploaded,
)
from specimens import NOW, REFUSED, unset

YES, NO = Attested(True, by="A. Meyer"), Attested(False, by="A. Meyer")
UNASKED = unset('[attestations] "dep.x" in contoso.toml')
NO_FILE = unset("files.dep")
NEVER = datetime(1, 1, 1, tzinfo=UTC)


def token(days: float = 100, **more: Any) -> DepToken:
    facts: dict[str, Any] = {
        "id": "t1", "token_name": "Contoso ABM", "apple_identifier": "mdm@contoso.com", "token_type": "dep",
        "token_expiration_date_time": NOW + timedelta(days=days), "last_sync_error_code": 0,
        "last_successful_sync_date_time": NOW - timedelta(hours=3), "synced_device_count": 12,
    }  # fmt: skip
    return DepToken(**{**facts, **more})


ONE, NONE, ENDED = (token(),), (), (token(-1),)


@pytest.mark.parametrize(
    ("tokens", "answer", "kind"),
    [
        (ONE, UNASKED, Pass), (NONE, YES, Pass), (REFUSED, YES, Pass), (NONE, NO, Fail), (ONE, NO, Fail), (REFUSED, NO, Fail),
        (NONE, UNASKED, Manual), (REFUSED, UNASKED, Unknown),
    ],
)  # fmt: skip
def test_programme_membership(tokens: Any, answer: Any, kind: type) -> None:
    assert isinstance(worst(programme_membership(tokens, answer)), kind)


KEY = PublicKey("dep.pem", "certificate", "RSA 2048")


@pytest.mark.parametrize(
    ("one", "tokens", "kind"),
    [
        (KEY, REFUSED, Pass), (KEY, NONE, Pass), (NO_FILE, ONE, Pass), (REFUSED, ONE, Pass), (NO_FILE, NONE, Fail),
        (NO_FILE, ENDED, Unknown), (NO_FILE, REFUSED, Unknown), (REFUSED, NONE, Unknown), (REFUSED, REFUSED, Unknown),
        (NO_FILE, unset("tenant.id"), Manual),
    ],
)  # fmt: skip
def test_token_request(one: Any, tokens: Any, kind: type) -> None:
    assert isinstance(worst(token_request(one, tokens, NOW)), kind)


@pytest.mark.parametrize(
    ("name", "tokens", "answer", "kind"),
    [
        ("Intune", ONE, YES, Pass),
        ("Intune", REFUSED, YES, Pass),
        ("Intune", NONE, Attested("It is called Intune", by="A. Meyer"), Pass),
        ("Intune", NONE, Attested("Jamf", by="A. Meyer"), Unknown),
        ("Intune", ONE, NO, Fail),
        (unset("ios.mdm_server_name"), ONE, NO, Fail),
        ("Intune", ONE, UNASKED, Manual),
        (unset("ios.mdm_server_name"), ONE, YES, Manual),
        (REFUSED, ONE, YES, Unknown),
    ],
)
def test_mdm_server(name: Any, tokens: Any, answer: Any, kind: type) -> None:
    assert isinstance(worst(mdm_server(name, tokens, answer)), kind)


def envelope(days: float = 10, *, enveloped: bool = True) -> Envelope:
    kind = "an encrypted PKCS #7 envelope" if enveloped else "PEM with certificate"
    return Envelope("token.p7m", enveloped, kind, NOW - timedelta(days=days))


@pytest.mark.parametrize(
    ("one", "tokens", "kind"),
    [
        (envelope(), NONE, Pass), (envelope(), REFUSED, Pass), (envelope(366), NONE, Pass), (envelope(367), NONE, Unknown),
        (envelope(enveloped=False), NONE, Fail), (envelope(enveloped=False), REFUSED, Fail), (envelope(enveloped=False), ONE, Pass),
        (NO_FILE, ONE, Pass), (NO_FILE, NONE, Unknown), (NO_FILE, REFUSED, Unknown), (REFUSED, NONE, Unknown),
    ],
)  # fmt: skip
def test_server_token(one: Any, tokens: Any, kind: type) -> None:
    assert isinstance(worst(server_token(one, tokens, NOW)), kind)


@pytest.mark.parametrize(
    ("tokens", "kind"),
    [
        (ONE, Pass), ((token(token_type="appleSchoolManager"),), Pass), ((token(token_type="DEP"), *ENDED), Pass), (NONE, Fail),
        (ENDED, Unknown), ((token(0),), Unknown), ((token(token_type="none"),), Unknown), ((token(token_type=UNSET),), Unknown),
        ((token(token_expiration_date_time=NEVER),), Unknown), ((token(token_expiration_date_time=UNSET),), Unknown),
    ],
)  # fmt: skip
def test_token_uploaded(tokens: Any, kind: type) -> None:
    assert isinstance(worst(token_uploaded(tokens, NOW)), kind)


def synced(hours: float, code: Any = 0) -> DepToken:
    return token(
        last_successful_sync_date_time=NOW - timedelta(hours=hours), last_sync_error_code=code
    )


@pytest.mark.parametrize(
    ("tokens", "kind"),
    [
        ((synced(0),), Pass), ((synced(24),), Pass), ((synced(24.1),), Warn), ((synced(168),), Warn), ((synced(168.1),), Fail),
        ((synced(1, 3),), Fail), ((synced(1, 4),), Fail), ((synced(1), synced(1, 2)), Fail), ((synced(1, UNSET),), Unknown),
        ((synced(1, None),), Unknown), ((token(last_successful_sync_date_time=None),), Fail),
        ((token(last_successful_sync_date_time=NEVER),), Fail), ((token(last_successful_sync_date_time=UNSET),), Unknown),
        (NONE, Unknown),
    ],
)  # fmt: skip
def test_sync(tokens: Any, kind: type) -> None:
    assert isinstance(worst(sync(tokens, NOW)), kind)


def test_new_terms_are_said() -> None:
    outcome: Any = worst(sync((synced(1, 3),), NOW))
    assert "terms" in outcome.observed
    assert "Contoso ABM" in outcome.remedy[0]


def test_a_later_clock_never_heals_a_synchronisation() -> None:
    order = [Fail, Warn, Pass]
    ranks = [order.index(type(worst(sync(ONE, NOW + timedelta(hours=12 * n))))) for n in range(40)]
    assert ranks == sorted(ranks, reverse=True)


@pytest.mark.parametrize(
    ("method", "answer", "mac", "kind"),
    [
        ("dep", YES, UNASKED, Pass), ("dep", NO, YES, Fail), ("dep", UNASKED, YES, Manual), ("configurator", UNASKED, YES, Pass),
        ("configurator", YES, NO, Unknown), ("configurator", YES, UNASKED, Manual),
    ],
)  # fmt: skip
def test_enrolment_method(method: str, answer: Any, mac: Any, kind: type) -> None:
    assert isinstance(worst(enrolment_method(method, answer, mac)), kind)
