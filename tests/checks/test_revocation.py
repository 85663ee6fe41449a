"""Revocation: what was learnt of a certificate, to the verdict of whoever shows it."""

from datetime import timedelta
from typing import Any

import pytest

from assess.check import Fail, Manual, Missing, Pass, Unknown, Warn
from assess.evidence.certificates import Stores, Template
from assess.evidence.revocation import (
    Current,
    Declined,
    Good,
    Lists,
    Looked,
    NotAsked,
    NotKnown,
    NotReached,
    NotVerified,
    Point,
    Revocations,
    Revoked,
)
from assess.evidence.site_cloud import GatewaySetting
from assess.evidence.tls import Endpoints, Refused
from checks import azuremgmt
from checks.cert.clients import mp_web_server
from checks.cert.distribution import cdp_pki_issued
from checks.cert.gateway import cmg_validity_chain
from checks.certificates import Specimen
from checks.cmg_trust import crl_verification
from checks.revocation import revocation
from sitecloud import seen, unset, verdict
from specimens import HOST, NOW, REFUSED, cert, changed, file, live, private, served, step, trust

DAY = timedelta(days=1)
FRESH, STALE = (NOW - DAY, NOW + DAY), (NOW - 9 * DAY, NOW - 2 * DAY)
GOOD, OLD, AHEAD = Good(*FRESH), Good(*STALE), Good(NOW + 2 * DAY)
GONE = Revoked(NOW - 3 * DAY, "keyCompromise", *FRESH)
GONE_LONG = Revoked(NOW - 30 * DAY, "", *STALE)
LDAP = NotAsked("an ldap address, which nobody on the internet can read")
DEAD = NotReached("crl.contoso.com:80 did not accept a connection in 15 s")
WEB = "http://crl.contoso.com/a.crl"


def point(said: Any, url: str = WEB, kind: Any = "crl", address: str = "") -> Point:
    return Point(kind, url, said, address)


def looked(*points: Point, above: tuple[Point, ...] | None = None, subject: str = "cmg.pfx") -> Revocations:
    own = Looked(HOST, "AA", points)
    return Revocations({subject: (own,) if above is None else (own, Looked("Issuing", "BB", above))})


NAMING = cert(crl_urls=(WEB,))
CASES: list[tuple[Any, type]] = [
    (looked(point(GOOD)), Pass),
    (looked(point(Good(NOW - DAY))), Pass),
    (looked(point(GOOD, "", "stapled")), Pass),
    (looked(point(DEAD), point(GOOD, "http://o.contoso.com", "ocsp")), Pass),
    (looked(point(LDAP, "ldap:///CN=a"), point(GOOD)), Pass),
    (looked(), Pass),
    (looked(point(GOOD, "http://crl.contoso.test/a")), Pass),
    (looked(point(GOOD, address="127.0.0.9")), Pass),
    (looked(point(GOOD, address="8.8.4.4")), Pass),
    (looked(point(GOOD, "http://pki/a.crl")), Warn),
    (looked(point(GOOD, "http://pki.corp.local/a.crl")), Warn),
    (looked(point(GOOD, "http://10.0.0.1/a.crl")), Warn),
    (looked(point(GOOD, address="10.1.1.1")), Warn),
    (looked(point(LDAP, "ldap:///CN=a")), Warn),
    (looked(point(OLD)), Unknown),
    (looked(point(AHEAD)), Unknown),
    (looked(point(DEAD)), Unknown),
    (looked(point(Declined("answers 404"))), Unknown),
    (looked(point(NotVerified("the signature of its list is wrong"))), Unknown),
    (looked(point(NotKnown())), Unknown),
    (looked(point(LDAP, "ldap:///CN=a"), point(DEAD)), Unknown),
    (looked(point(GOOD, "ldap:///CN=a")), Warn),  # nobody outside gets there
    (looked(point(GOOD, "ldap:///CN=a"), point(DEAD)), Unknown),
    (looked(point(GONE, "ldap:///CN=a"), point(DEAD)), Fail),
    (looked(point(GOOD), above=(point(DEAD),)), Unknown),
    (looked(point(GOOD), above=(point(GONE),)), Fail),
    (looked(point(GONE)), Fail),
    (looked(point(GONE_LONG)), Fail),
    (looked(point(GOOD), point(GONE, "http://o.contoso.com", "ocsp")), Fail),
    (looked(point(DEAD), point(GONE, "", "stapled")), Fail),
    (REFUSED, Unknown),
    (Revocations({}), Unknown),
]  # fmt: skip


@pytest.mark.parametrize(("found", "kind"), CASES)
def test_the_gateways_certificate(found: Any, kind: type) -> None:
    pfx = file(NAMING)
    [outcome] = cmg_validity_chain(NOW, "public", pfx, "cmg.pfx", live(Refused("nobody")), HOST, found, REFUSED)
    assert (outcome.subject, type(outcome)) == ("cmg.pfx", kind), outcome
    if not isinstance(found, Missing):
        found = Revocations({HOST: found.by_subject["cmg.pfx"]} if found.by_subject else {})
    shown = live(served(NAMING))
    [outcome] = cmg_validity_chain(NOW, "public", unset("files.cmg_pfx"), unset("files.cmg_pfx"), shown, HOST, REFUSED, found)
    assert (outcome.subject, type(outcome)) == (HOST, kind), outcome


def test_a_pass_says_where_it_was_learnt() -> None:
    [outcome] = cmg_validity_chain(NOW, "public", file(NAMING), "cmg.pfx", live(Refused("x")), HOST, looked(point(GOOD)), REFUSED)
    assert isinstance(outcome, Pass)
    assert outcome.observed.endswith(f"not revoked, says {WEB}")


def test_texts_say_what_and_where() -> None:
    one = Specimen("cmg.pfx", NAMING, trust(NAMING))
    [gone] = revocation(one, looked(point(GONE)), NOW)
    assert isinstance(gone, Fail)
    assert f"{HOST} was revoked on 2026-11-17, keyCompromise" in gone.observed
    assert WEB in gone.observed
    [old] = revocation(one, looked(point(OLD)), NOW)
    assert isinstance(old, Unknown)
    assert "ran out on 2026-11-18 21:10" in old.because


def test_who_could_say_is_said() -> None:
    one = Specimen(HOST, NAMING, trust(NAMING), live=True)
    [inside] = revocation(one, looked(point(LDAP, "ldap:///CN=a"), subject=HOST), NOW, internet=False)
    assert "certutil" in inside.remedy[0]
    assert "[ad] server" in inside.remedy[0]
    [outside] = revocation(one, looked(point(DEAD), subject=HOST), NOW, internet=False)
    assert "port 80" in outside.remedy[0]


def test_what_names_no_place_needs_no_answer() -> None:
    """Lost evidence counts only where there was something to lose."""
    plain = Specimen("cmg.pfx", cert(), trust())
    assert list(revocation(plain, REFUSED, NOW)) == []
    nowhere = Specimen("cmg.pfx", NAMING, private(NAMING))
    assert list(revocation(nowhere, REFUSED, NOW)) == list(revocation(nowhere, Revocations({}), NOW)) == []
    assert [type(one) for one in revocation(nowhere, looked(point(GONE)), NOW)] == [Fail]
    above = trust(cert(), "public", step("Issuing", revocable=True), step("Root", "anchor"))
    assert [type(one) for one in revocation(Specimen("cmg.pfx", cert(), above), REFUSED, NOW)] == [Unknown]


@pytest.mark.parametrize(
    ("found", "kind"),
    [
        (looked(point(GOOD, "http://pki/a.crl"), subject=HOST), Pass),
        (looked(point(LDAP, "ldap:///CN=a"), subject=HOST), Unknown),
        (looked(point(GOOD, "ldap:///CN=a"), subject=HOST), Pass),
        (looked(point(OLD, "ldap:///CN=a"), subject=HOST), Unknown),
        (looked(point(GONE, "ldap:///CN=a"), subject=HOST), Fail),
        (looked(point(Declined("it holds no list"), "ldap:///CN=a"), subject=HOST), Unknown),
        (looked(point(GOOD, "ldap:///CN=a"), point(DEAD), subject=HOST), Pass),
        (looked(point(DEAD), subject=HOST), Unknown),
        (looked(point(GONE), subject=HOST), Fail),
        (REFUSED, Unknown),
    ],
)
def test_a_management_points_certificate(found: Any, kind: type) -> None:
    """Those who meet it are inside, where addresses of the company network will do."""
    points = Endpoints({HOST: served(NAMING)})
    [outcome] = mp_web_server(NOW, points, REFUSED, Stores(()), REFUSED, found, REFUSED)
    assert type(outcome) is kind, outcome


# -- verification of clients by the gateway --

VERIFIES = GatewaySetting(name="cmg", service_type="CloudProxyService", service_c_name=HOST, client_cert_revocation_enabled=True)
LISTED = Current(*FRESH, 7)


def lists(*points: Point, silent: int = 0, control: str = "") -> Lists:
    return Lists(points, len(points), silent, control)


@pytest.mark.parametrize(
    ("found", "kind"),
    [
        (lists(point(LISTED)), Pass),
        (lists(point(LISTED), point(LDAP, "ldap:///CN=a")), Pass),
        (lists(point(LISTED), point(LISTED, "http://b.contoso.com")), Pass),
        (lists(point(LDAP, "ldap:///CN=a")), Warn),
        (lists(point(LISTED), point(Current(*STALE), "http://b.contoso.com")), Fail),
        (lists(point(LISTED, "http://pki.corp.local/a.crl")), Fail),
        (lists(point(LISTED, "http://192.168.1.1/a.crl")), Fail),
        (lists(point(Declined("answers 404"))), Fail),
        (lists(point(NotVerified("what is there is no revocation list"))), Fail),
        (lists(point(DEAD), control="crl.other.com"), Fail),
        (lists(silent=3), Fail),
        (lists(point(DEAD)), Unknown),
        (lists(point(LISTED), point(DEAD, "http://b.contoso.com")), Unknown),
        (lists(point(LISTED, address="10.0.0.7")), Unknown),
        (lists(point(NotKnown("its issuer is not named"))), Unknown),
        (REFUSED, Unknown),
    ],
)  # fmt: skip
def test_crl_verification_with_lists(found: Any, kind: type) -> None:
    assert verdict(crl_verification(NOW, seen(VERIFIES), HOST, "https", True, found)) is kind
    enhanced = verdict(crl_verification(NOW, seen(VERIFIES), HOST, "enhanced-http", True, found))
    assert enhanced is (Warn if kind is Fail else kind)
    without = verdict(crl_verification(NOW, seen(VERIFIES), HOST, unset("mp.mode"), True, found))
    assert without is (Manual if kind is Fail else kind)


def test_an_option_that_is_off_needs_no_list() -> None:
    off = changed(VERIFIES, client_cert_revocation_enabled=False)
    assert verdict(crl_verification(NOW, seen(off), HOST, "https", False, REFUSED)) is Pass
    assert verdict(crl_verification(NOW, seen(off), HOST, "https", True, lists(point(LISTED)))) is Warn


# -- other roles --

OTHER_ROLES: list[tuple[Any, type]] = [
    (looked(point(GOOD)), Pass),
    (looked(point(GOOD, "http://pki/a.crl")), Pass),  # whether the internet gets there is asked of the gateway
    (looked(point(GOOD, "ldap:///CN=a")), Pass),
    (looked(point(LDAP, "ldap:///CN=a")), Unknown),
    (looked(point(OLD)), Unknown),
    (looked(point(DEAD)), Unknown),
    (looked(point(GOOD), above=(point(GONE),)), Fail),
    (looked(point(GONE)), Fail),
    (REFUSED, Unknown),
    (Revocations({}), Unknown),
]


@pytest.mark.parametrize(("found", "kind"), OTHER_ROLES)
def test_the_management_certificate(found: Any, kind: type) -> None:
    assert verdict(azuremgmt.certificate(file(NAMING), found, NOW)) is kind


def test_a_management_certificate_that_signs_itself_names_no_place() -> None:
    alone = file(cert(), trust=trust(cert(), "none"))
    assert verdict(azuremgmt.certificate(alone, REFUSED, NOW)) is Pass


@pytest.mark.parametrize(("found", "kind"), OTHER_ROLES)
def test_the_distribution_points_certificate(found: Any, kind: type) -> None:
    own = cert("cdp.cloudapp.net", crl_urls=(WEB,), template=Template(name="ConfigMgrCloudWebServer"))
    one = file(own, name="cmg.pfx", trust=trust(own, "own"))
    nobody = unset("files.collected_server_certs")
    arguments = ("cdp.cloudapp.net", unset("pki.web_template_name"), one, nobody, unset("ad.server"))
    assert verdict(cdp_pki_issued(*arguments, found, NOW)) is kind
