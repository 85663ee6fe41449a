"""Every verdict of the catalogue about certificates, of files and of what a server presents."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assess.check import Ends, Fail, Manual, Missing, NotApplicable, Pass, Unknown, Warn
from assess.discover import library
from assess.evaluate import judge
from assess.evidence.certificates import (
    CLIENT_AUTHENTICATION,
    SERVER_AUTHENTICATION,
    Certificate,
    FilePresence,
    Stores,
    Template,
    Unread,
    longest_public_lifetime,
)
from assess.evidence.config import Attested
from assess.evidence.dns import (
    AddressBook,
    Addresses,
    NoAnswer,
    NoName,
    NoRecord,
    Permission,
    Permissions,
    Permitted,
    Unrestricted,
)
from assess.evidence.http import Answered, NoStatus, NotReached, NotTrusted
from assess.evidence.tls import Endpoints, NoAddress, NoHandshake, Refused, Silent
from assess.model import worst
from authorities import template, templates
from checks.cert.clients import client_auth_installed, client_auth_on_clients, mp_web_server
from checks.cert.custody import cmg_imported, cmg_pfx_export, cmg_pfx_on_site_server, store_cleanup
from checks.cert.distribution import cdp_names, cdp_pfx_export, cdp_pki_issued
from checks.cert.gateway import (
    cmg_common_name,
    cmg_pki_issued,
    cmg_san,
    cmg_validity_chain,
    source_decision,
)
from checks.cmg_endpoint import tls_endpoint
from logwriter import NOT_SENT
from samplechecks import recording
from specimens import (
    HOST,
    NOW,
    REFUSED,
    SCHANNEL,
    cert,
    changed,
    entry,
    file,
    incomplete,
    leaf_step,
    live,
    private,
    request,
    served,
    step,
    store,
    trust,
    unset,
)

PKI, INTERNET = "co-management-pki", "co-management-internet"
PATH = "pki/cmg.pfx"
NO_FILE, NO_PATH = unset("files.cmg_pfx"), unset("files.cmg_pfx")
NO_LIVE, NO_SERVICE = unset("cmg.service_name"), unset("cmg.service_name")
NO_REQUEST = unset("files.cmg_csr")
NO_STORES = unset("files.collected_server_certs")
UNASKED = unset('[attestations] "x" in contoso.toml')
YES, NO = Attested(True, by="A. Meyer"), Attested(False)
SHUT, GONE = Refused("nobody listens"), NoAddress("no address")
MUTE = Silent("no answer in 15 s")
NO_REVOCATION = unset("files.cmg_pfx")
NEITHER = (NO_REVOCATION, unset("files.cmg_pfx"))
NO_DIRECTORY = Missing("[ad] is not set up", "Set [ad] server.", skipped=True)


def said(outcomes: Any) -> Any:
    """Subject to the kind of its outcome, the worst where a subject has several."""
    parts: dict[Any, list[Any]] = {}
    for outcome in outcomes:
        parts.setdefault(outcome.subject, []).append(outcome)
    return {subject: type(worst(of)) for subject, of in parts.items()}


# -- who issued it --


@pytest.mark.parametrize(
    ("scenario", "found", "stage", "internet", "kind"),
    [
        (PKI, trust(), unset("engagement.stage"), unset("engagement.internet_clients"), Pass),
        (INTERNET, trust(), "production", True, Pass),
        (PKI, trust(None, "own"), "production", False, Warn),
        (PKI, trust(None, "own"), "pilot", True, Warn),
        (PKI, trust(None, "own"), "pilot", False, Pass),
        (PKI, private(), "production", False, Warn),
        (PKI, trust(None, "own"), unset("engagement.stage"), False, Manual),
        (PKI, trust(None, "own"), "pilot", unset("engagement.internet_clients"), Manual),
        (INTERNET, trust(None, "own"), "pilot", False, Fail),
        (INTERNET, private(), "pilot", False, Fail),
        (INTERNET, incomplete(), "pilot", False, Unknown),
        (PKI, incomplete(), "pilot", False, Unknown),
    ],
)
def test_source_decision(scenario: Any, found: Any, stage: Any, internet: Any, kind: type) -> None:
    one = file(trust=found)
    assert said(source_decision(scenario, "public", stage, internet, one, PATH, live(SHUT), HOST, NO_DIRECTORY)) == {"cmg.pfx": kind}
    shown = served(trust=found)
    assert said(source_decision(scenario, "public", stage, internet, NO_FILE, NO_PATH, live(shown), HOST, NO_DIRECTORY)) == {HOST: kind}


@pytest.mark.parametrize(
    ("scenario", "issuer", "kind"),
    [(PKI, "public", Pass), (INTERNET, "public", Pass), (INTERNET, "own-pki", Fail), (PKI, "own-pki", Warn), (PKI, unset("pki.issuer"), Manual)],
)
def test_source_decision_before_there_is_a_certificate(scenario: Any, issuer: Any, kind: type) -> None:
    assert said(source_decision(scenario, issuer, "production", True, NO_FILE, NO_PATH, NO_LIVE, NO_SERVICE, NO_DIRECTORY)) == {None: kind}


def test_source_decision_when_nobody_could_look() -> None:
    arguments = (PKI, "public", "pilot", False)
    assert said(source_decision(*arguments, REFUSED, PATH, live(GONE), HOST, NO_DIRECTORY)) == {"cmg.pfx": Unknown}
    assert said(source_decision(*arguments, NO_FILE, NO_PATH, live(MUTE), HOST, NO_DIRECTORY)) == {HOST: Unknown}
    assert said(source_decision(*arguments, NO_FILE, NO_PATH, REFUSED, HOST, NO_DIRECTORY)) == {HOST: Unknown}
    assert said(source_decision(*arguments, NO_FILE, NO_PATH, live(GONE), HOST, NO_DIRECTORY)) == {None: Pass}
    assert said(source_decision(PKI, unset("pki.issuer"), "pilot", False, NO_FILE, NO_PATH, live(GONE), HOST, NO_DIRECTORY)) == {HOST: Unknown}


def caa(*records: Any, owner: str = "contoso.com") -> Permissions:
    return Permissions({HOST: Permitted(owner, tuple(Permission(*one) for one in records))})


DIGICERT = cert(issuer="C=US, O=DigiCert Inc, CN=DigiCert TLS RSA CA")
WILDCARD = cert("*.contoso.com", issuer="C=US, O=DigiCert Inc, CN=x")
NOBODY = caa(("issue", ";"))


@pytest.mark.parametrize(
    ("leaf", "zone", "kind"),
    [
        (DIGICERT, Permissions({HOST: Unrestricted()}), Pass),
        (DIGICERT, caa(("issue", "digicert.com")), Pass),
        (DIGICERT, caa(("issue", "letsencrypt.org"), ("issue", "DigiCert.com; account=1")), Pass),
        (DIGICERT, caa(("iodef", "mailto:a@contoso.com")), Pass),
        (DIGICERT, caa(("issue", "digicert.com"), ("issuewild", ";")), Pass),
        (DIGICERT, caa(("issuewild", "letsencrypt.org")), Pass),
        (cert(issuer="O=Somebody new"), caa(("issue", "letsencrypt.org")), Pass),
        (DIGICERT, caa(("issue", "letsencrypt.org")), Warn),
        (DIGICERT, NOBODY, Warn),
        (cert(issuer="O=Somebody new"), NOBODY, Warn),
        (DIGICERT, caa(("issue", "digicert.com"), ("tbs", "x", True)), Warn),
        (WILDCARD, caa(("issue", "digicert.com"), ("issuewild", ";")), Warn),
        (WILDCARD, caa(("issue", "digicert.com")), Pass),
        (DIGICERT, Permissions({HOST: NoAnswer("192.0.2.1 answered SERVFAIL")}), Unknown),
        (DIGICERT, REFUSED, Unknown),
        (DIGICERT, NO_DIRECTORY, Pass),
    ],
)
def test_source_decision_with_records_about_issuers(leaf: Any, zone: Any, kind: type) -> None:
    public = source_decision(PKI, "public", "production", True, file(leaf), PATH, live(SHUT), HOST, zone)
    assert said(public) == {"cmg.pfx": kind}
    own = file(leaf, trust=trust(leaf, "own"))
    private_one = source_decision(PKI, "own-pki", "pilot", False, own, PATH, live(SHUT), HOST, zone)
    assert said(private_one) == {"cmg.pfx": Pass}, "an own authority asks no zone"


@pytest.mark.parametrize(
    ("zone", "kind"), [(caa(("issue", "digicert.com")), Pass), (NOBODY, Warn), (REFUSED, Unknown), (NO_DIRECTORY, Pass)]
)
def test_records_about_issuers_before_there_is_a_certificate(zone: Any, kind: type) -> None:
    found = source_decision(PKI, "public", "production", True, NO_FILE, NO_PATH, NO_LIVE, NO_SERVICE, zone)
    assert said(found) == {None: kind}


# -- common name --


@pytest.mark.parametrize(
    ("name", "issuer", "service", "kind"),
    [
        (HOST, "public", HOST, Pass),
        (HOST, "own-pki", HOST, Pass),
        ("cmg.cloudapp.net", "own-pki", "cmg.cloudapp.net", Pass),
        ("cmg.westeurope.cloudapp.azure.com", "own-pki", "cmg.westeurope.cloudapp.azure.com", Pass),
        ("cmg.cloudapp.net", "public", "cmg.cloudapp.net", Fail),
        ("cmg.westeurope.cloudapp.azure.com", "public", "cmg.westeurope.cloudapp.azure.com", Fail),
        ("cmg.usgovcloudapp.net", "public", "cmg.usgovcloudapp.net", Fail),
        ("*.contoso.com", "public", HOST, Warn),
        ("*.fabrikam.com", "public", HOST, Fail),
        ("CMG.contoso.com", "public", HOST, Warn),
        ("other.contoso.com", "public", HOST, Fail),
        ("", "public", HOST, Fail),
        ("gw.contoso.com", "public", "gw.contoso.com", Fail),
        ("cmg.fabrikam.com", "public", "cmg.fabrikam.com", Warn),
    ],
)
def test_cmg_common_name(name: str, issuer: Any, service: Any, kind: type) -> None:
    leaf = cert(name)
    domains = ["contoso.com"]
    for one, path, shown, subject in (
        (file(leaf), PATH, live(GONE), "cmg.pfx"), (NO_FILE, NO_PATH, live(served(leaf)), HOST),
    ):  # fmt: skip
        got = cmg_common_name(service, "cmg", domains, issuer, one, path, NO_REQUEST, NO_REQUEST, shown)
        assert said(got) == {subject: kind}
    got = cmg_common_name(service, "cmg", domains, issuer, NO_FILE, NO_PATH, request(name), "cmg.csr", live(GONE))
    assert said(got) == {"cmg.csr": kind}


def test_cmg_common_name_and_what_is_missing() -> None:
    arguments = (NO_REQUEST, NO_REQUEST, live(SHUT))
    got = cmg_common_name(HOST, unset("cmg.deployment_prefix"), ["contoso.com"], "public", file(), PATH, *arguments)
    assert said(got) == {"cmg.pfx": Manual}
    got = cmg_common_name(HOST, "cmg", unset("tenant.public_domains"), "public", file(), PATH, *arguments)
    assert said(got) == {"cmg.pfx": Manual}
    got = cmg_common_name(HOST, "CMG", ["contoso.com"], "public", file(), PATH, *arguments)
    assert said(got) == {"cmg.pfx": Warn}
    got = cmg_common_name(HOST, "cmg", ["contoso.com"], "public", REFUSED, PATH, NO_REQUEST, NO_REQUEST, live(served()))
    assert said(got) == {"cmg.pfx": Unknown, HOST: Pass}
    got = cmg_common_name(HOST, "cmg", ["contoso.com"], "public", file(), PATH, NO_REQUEST, NO_REQUEST, REFUSED)
    assert said(got) == {"cmg.pfx": Pass, HOST: Unknown}
    got = cmg_common_name(HOST, "cmg", ["contoso.com"], "public", NO_FILE, NO_PATH, REFUSED, "a/cmg.csr", live(GONE))
    assert said(got) == {"cmg.csr": Unknown}
    got = cmg_common_name(HOST, "cmg", ["contoso.com"], "public", NO_FILE, NO_PATH, *arguments)
    assert said(got) == {HOST: Unknown}


def test_cmg_common_name_judges_the_issuer_by_its_chain_where_nobody_said() -> None:
    name = "cmg.westeurope.cloudapp.azure.com"
    for found, kind in ((trust(), Fail), (trust(None, "own"), Pass)):
        one = file(cert(name), trust=found)
        got = cmg_common_name(name, "cmg", ["contoso.com"], unset("pki.issuer"), one, PATH, NO_REQUEST, NO_REQUEST, live(GONE))
        assert said(got) == {"cmg.pfx": kind}


# -- alternative names --


@pytest.mark.parametrize(
    ("name", "dns", "others", "kind"),
    [
        (HOST, (HOST,), (), Pass),
        (HOST, (HOST.upper(),), (), Pass),
        (HOST, (HOST, f"www.{HOST}"), (), Pass),
        (HOST, (HOST, "other.contoso.com"), (), Warn),
        (HOST, (HOST,), ("IP:192.0.2.1",), Warn),
        ("*.contoso.com", ("*.contoso.com", "contoso.com"), (), Warn),
        (HOST, (), (), Fail),
        (HOST, ("other.contoso.com",), (), Fail),
        (HOST, (), ("IP:192.0.2.1",), Fail),
        ("", (HOST,), (), Fail),
    ],
)
def test_cmg_san(name: str, dns: Any, others: Any, kind: type) -> None:
    leaf = cert(name, dns=dns, other_names=others)
    assert said(cmg_san(file(leaf), PATH, NO_REQUEST, NO_REQUEST, live(SHUT), HOST)) == {"cmg.pfx": kind}
    assert said(cmg_san(NO_FILE, NO_PATH, NO_REQUEST, NO_REQUEST, live(served(leaf)), HOST)) == {HOST: kind}
    asked = request(name, dns_names=dns, other_names=others)
    assert said(cmg_san(NO_FILE, NO_PATH, asked, "cmg.csr", NO_LIVE, NO_SERVICE)) == {"cmg.csr": kind}


def test_cmg_san_with_nothing_to_look_at() -> None:
    assert said(cmg_san(NO_FILE, NO_PATH, NO_REQUEST, NO_REQUEST, NO_LIVE, NO_SERVICE)) == {None: Manual}
    assert said(cmg_san(REFUSED, PATH, NO_REQUEST, NO_REQUEST, live(SHUT), HOST)) == {"cmg.pfx": Unknown}
    assert said(cmg_san(NO_FILE, NO_PATH, REFUSED, "cmg.csr", NO_LIVE, NO_SERVICE)) == {"cmg.csr": Unknown}


# -- own PKI --

BY_NAME = Template(name="ConfigMgrCloudWebServer")
BY_NUMBER = Template(oid="1.3.6.1.4.1.311.21.8.1")
AZURE = "cmg.cloudapp.net"


def collected(*entries: Any, unread: Any = ()) -> Any:
    return Stores((store("cm01.corp.contoso.com", *entries),), tuple(unread))


def own(leaf: Any, **more: Any) -> Any:
    return file(leaf, trust=trust(leaf, "own"), **more)


@pytest.mark.parametrize(
    ("one", "stores", "kind"),
    [
        (own(cert(AZURE, template=BY_NAME)), NO_STORES, Pass),
        (own(cert(HOST, template=BY_NAME)), NO_STORES, Pass),
        (own(cert(AZURE, template=BY_NUMBER)), NO_STORES, Unknown),
        (own(cert(AZURE, template=BY_NUMBER)), collected(entry(thumbprint="AB" * 20, template="Template=ConfigMgr Cloud Web Server(1.3.6), Major 100")), Pass),
        (own(cert(AZURE, template=BY_NUMBER)), collected(entry(thumbprint="AB" * 20, template="Web Server")), Fail),
        (own(cert(AZURE, template=BY_NAME, eku=(SERVER_AUTHENTICATION, CLIENT_AUTHENTICATION))), NO_STORES, Warn),
        (own(cert(AZURE, template=BY_NAME, eku=(CLIENT_AUTHENTICATION,))), NO_STORES, Fail),
        (own(cert(AZURE, template=Template(name="WebServer"))), NO_STORES, Fail),
        (own(cert(AZURE)), NO_STORES, Fail),
        (own(cert("other.cloudapp.net", template=BY_NAME)), NO_STORES, Fail),
        (own(cert(subject=f"O=Contoso, CN={AZURE}", template=BY_NAME)), NO_STORES, Fail),
        (file(cert(AZURE, template=BY_NAME)), NO_STORES, Fail),
        (file(cert(AZURE, template=BY_NAME), trust=private()), NO_STORES, Manual),
        (file(cert(AZURE, template=BY_NAME), trust=private(own_root_named=True)), NO_STORES, Fail),
        (file(cert(AZURE, template=BY_NAME), trust=incomplete(faults=("root.cer: damaged",))), NO_STORES, Unknown),
    ],
)  # fmt: skip
def test_cmg_pki_issued(one: Any, stores: Any, kind: type) -> None:
    assert said(cmg_pki_issued(HOST, "cmg", unset("pki.web_template_name"), one, stores, NO_DIRECTORY)) == {"cmg.pfx": kind}


OTHER_NUMBER = "1.3.6.1.4.1.311.21.8.9.9"


@pytest.mark.parametrize(
    ("directory", "kind"),
    [
        (templates(template(oid=BY_NUMBER.oid)), Pass),
        (templates(template(oid=OTHER_NUMBER), template(oid=BY_NUMBER.oid)), Pass),
        (templates(template(oid=BY_NUMBER.oid), refused=True), Pass),
        (templates(template(oid=OTHER_NUMBER)), Fail),
        (templates(template(oid=OTHER_NUMBER), refused=True), Unknown),
        (templates(template(oid=OTHER_NUMBER), hidden=1), Unknown),
        (templates(template(oid="")), Unknown),
        (templates(), Unknown),
        (NO_DIRECTORY, Unknown),
        (REFUSED, Unknown),
    ],
)
def test_a_template_by_its_number_in_the_directory(directory: Any, kind: type) -> None:
    one = own(cert(AZURE, template=BY_NUMBER))
    assert said(cmg_pki_issued(HOST, "cmg", unset("pki.web_template_name"), one, NO_STORES, directory)) == {"cmg.pfx": kind}
    point = own(cert("cdp.cloudapp.net", template=BY_NUMBER), name="cdp.pfx")
    assert said(cdp_pki_issued("cdp.cloudapp.net", unset("pki.web_template_name"), point, NO_STORES, directory, REFUSED, NOW)) == {"cdp.pfx": kind}
    named = own(cert(AZURE, template=BY_NAME))
    assert said(cmg_pki_issued(HOST, "cmg", unset("pki.web_template_name"), named, NO_STORES, directory)) == {"cmg.pfx": Pass}


def test_cmg_pki_issued_from_a_template_of_another_name() -> None:
    one = own(cert(template=Template(name="Cloud Web")))
    assert said(cmg_pki_issued(HOST, "cmg", "Cloud Web", one, NO_STORES, NO_DIRECTORY)) == {"cmg.pfx": Pass}


# -- validity and chain --


def chained(leaf: Any, found: Any = None, **more: Any) -> Any:
    return file(leaf, trust=found or trust(leaf), **more)


@pytest.mark.parametrize(
    ("days", "since", "kind"),
    [(30.001, 1, Pass), (30, 1, Warn), (29, 1, Warn), (0, 1, Warn), (-0.001, 1, Fail), (90, 0, Pass), (90, -0.001, Fail)],
)
def test_cmg_validity_chain_by_its_dates(days: float, since: float, kind: type) -> None:
    leaf = cert(days=days, since=since)
    assert said(cmg_validity_chain(NOW, "public", chained(leaf), PATH, live(SHUT), HOST, NO_REVOCATION, NO_REVOCATION)) == {"cmg.pfx": kind}
    shown = served(leaf, trust=trust(leaf))
    assert said(cmg_validity_chain(NOW, "public", NO_FILE, NO_PATH, live(shown), HOST, NO_REVOCATION, NO_REVOCATION)) == {HOST: kind}


ROOT = step("Root", "anchor", signature_hash="sha1")


@pytest.mark.parametrize(
    ("leaf", "found", "issuer", "kind"),
    [
        (cert(), trust(cert(), "own"), "own-pki", Pass),
        (cert(), trust(cert(), "public", step("Issuing"), ROOT), "public", Pass),
        (cert(eku=(CLIENT_AUTHENTICATION,)), None, "public", Fail),
        (cert(eku=None), None, "public", Fail),
        (cert(signature_hash="sha1"), None, "public", Warn),
        (cert(signature_hash="md5"), None, "public", Fail),
        (cert(), trust(cert(), "public", step("Issuing", signature_hash="sha1"), ROOT), "public", Warn),
        (cert(), trust(cert(), "public", step("Issuing", days=-1), ROOT), "public", Fail),
        (cert(), trust(cert(), "public", step("Issuing", days=10), ROOT), "public", Warn),
        (cert(), trust(cert(), "public", step("Issuing"), step("Root", "anchor", days=-1)), "public", Fail),
        (cert(), trust(cert(), "public", step("Issuing", eku=(CLIENT_AUTHENTICATION,)), ROOT), "public", Fail),
        (cert(), trust(cert(), "public", step("Issuing", eku=(SERVER_AUTHENTICATION,)), ROOT), "public", Pass),
        (cert(), trust(cert(), "own", step("Issuing", "supplied", in_file=False), ROOT), "own-pki", Warn),
        (cert(), private(), "own-pki", Manual),
        (cert(), private(), unset("pki.issuer"), Manual),
        (cert(), private(), "public", Fail),
        (cert(), private(own_root_named=True), "own-pki", Fail),
        (cert(), incomplete(), "own-pki", Manual),
        (cert(), incomplete(), "public", Fail),
        (cert(), incomplete(own_root_named=True), "own-pki", Fail),
        (cert(), incomplete(own_root_named=True, faults=("root.cer: damaged",)), "own-pki", Unknown),
        (cert(), incomplete(missing="", reason="its chain is refused: invalid CA certificate"), "own-pki", Fail),
        (cert(self_signed=True), incomplete(reason="it signed itself", missing="", ends_in=HOST), "own-pki", Fail),
    ],
)
def test_cmg_validity_chain(leaf: Any, found: Any, issuer: Any, kind: type) -> None:
    assert said(cmg_validity_chain(NOW, issuer, chained(leaf, found), PATH, live(GONE), HOST, NO_REVOCATION, NO_REVOCATION)) == {"cmg.pfx": kind}


def test_cmg_validity_chain_with_nothing_to_look_at() -> None:
    assert said(cmg_validity_chain(NOW, "public", NO_FILE, NO_PATH, live(MUTE), HOST, NO_REVOCATION, NO_REVOCATION)) == {HOST: Unknown}
    assert said(cmg_validity_chain(NOW, "public", NO_FILE, NO_PATH, live(SHUT), HOST, NO_REVOCATION, NO_REVOCATION)) == {HOST: Unknown}
    assert said(cmg_validity_chain(NOW, "public", REFUSED, PATH, REFUSED, HOST, NO_REVOCATION, NO_REVOCATION)) == {"cmg.pfx": Unknown, HOST: Unknown}
    assert said(cmg_validity_chain(NOW, "public", NO_FILE, NO_PATH, NO_LIVE, NO_SERVICE, NO_REVOCATION, NO_REVOCATION)) == {None: Manual}


def test_a_public_certificate_that_lives_too_long_is_said_to() -> None:
    long, short = cert(since=100, days=200), cert(since=100, days=99)
    outcome: Any = cmg_validity_chain(NOW, "public", chained(long), PATH, live(GONE), HOST, NO_REVOCATION, NO_REVOCATION)[0]
    assert "300 days, more than the 200" in outcome.observed
    for leaf, found in ((short, trust(short)), (long, trust(long, "own"))):
        [outcome] = cmg_validity_chain(NOW, "public", chained(leaf, found), PATH, live(GONE), HOST, NO_REVOCATION, NO_REVOCATION)
        assert "more than" not in outcome.observed


@pytest.mark.parametrize(
    ("issued", "days"), [("2019-01-01", None), ("2026-03-14", 398), ("2026-03-15", 200), ("2027-03-15", 100), ("2029-03-15", 47)]
)
def test_lifetimes(issued: Any, days: float) -> None:
    assert longest_public_lifetime(NOW.fromisoformat(f"{issued}T12:00:00+00:00")) == days


@given(st.floats(-400, 400), st.floats(0, 400))
def test_a_later_clock_never_heals_an_expired_certificate(days: float, later: Any) -> None:
    leaf = cert(days=days, since=900)
    order = [Fail, Warn, Pass]
    now, then = (
        type(cmg_validity_chain(moment, "public", chained(leaf), PATH, live(GONE), HOST, NO_REVOCATION, NO_REVOCATION)[0])
        for moment in (NOW, NOW + timedelta(days=later))
    )
    assert order.index(then) <= order.index(now)


# -- export, import, copies --


@pytest.mark.parametrize(
    ("one", "issuer", "kind"),
    [
        (file(), "public", Pass),
        (file(has_key=False, key_matches=None), "public", Fail),
        (file(key_matches=False), "public", Fail),
        (file(key_matches=None), "public", Unknown),
        (file(password_empty=True), "public", Fail),
        (file(form="der", has_key=False), "public", Fail),
        (file(trust=trust()), "public", Warn),
        (file(trust=trust(None, "own", step("Issuing", "supplied", in_file=False), step("Root", "anchor"))), "own-pki", Fail),
        (file(chain=(), trust=incomplete()), unset("pki.issuer"), Fail),
        (file(trust=incomplete()), "own-pki", Manual),
        (file(trust=incomplete()), "public", Fail),
        (file(trust=incomplete(own_root_named=True)), "own-pki", Fail),
        (file(trust=incomplete(missing="", reason="its chain is refused")), "own-pki", Fail),
        (file(trust=private()), "own-pki", Pass),
        (file(protection=("pkcs12_sha1_tripledes_3key", "pkcs12_sha1_rc2_40")), "public", Warn),
    ],
)
def test_cmg_pfx_export(one: Any, issuer: Any, kind: type) -> None:
    assert said(cmg_pfx_export(issuer, one)) == {"cmg.pfx": kind}


LEAF = "AB" * 20


@pytest.mark.parametrize(
    ("stores", "one", "confirmed", "kind"),
    [
        (collected(entry(thumbprint=LEAF)), file(), UNASKED, Pass),
        (collected(entry(thumbprint=LEAF, exportable=True)), file(has_key=False), UNASKED, Pass),
        (collected(entry(thumbprint=LEAF, exportable=False)), file(has_key=False), YES, Unknown),
        (collected(entry(thumbprint=LEAF, has_private_key=False)), file(), YES, Fail),
        (collected(entry(subject=f"CN={HOST}", exportable=True)), NO_FILE, UNASKED, Pass),
        (collected(entry(subject=f"CN={HOST}", has_private_key=False)), NO_FILE, YES, Fail),
        (collected(entry()), file(), UNASKED, Pass),
        (NO_STORES, file(), UNASKED, Pass),
        (NO_STORES, file(has_key=False), UNASKED, Manual),
        (NO_STORES, NO_FILE, YES, Pass),
        (NO_STORES, NO_FILE, NO, Fail),
        (NO_STORES, NO_FILE, UNASKED, Manual),
        (NO_STORES, REFUSED, UNASKED, Unknown),
        (REFUSED, NO_FILE, UNASKED, Unknown),
        (Stores((), (Unread("a.json", "no JSON", "Collect it again."),)), NO_FILE, UNASKED, Unknown),
    ],
)
def test_cmg_imported(stores: Any, one: Any, confirmed: Any, kind: type) -> None:
    assert said(cmg_imported(stores, HOST, "public", one, confirmed)) == {None: kind}


@pytest.mark.parametrize(
    ("presence", "server", "confirmed", "kind"),
    [
        (FilePresence("cmg.pfx", "CM01", True), "cm01.corp.contoso.com", UNASKED, Pass),
        (FilePresence("cmg.pfx", "cm01.corp.contoso.com", True), "cm01.corp.contoso.com", NO, Pass),
        (FilePresence("cmg.pfx", "cm01.corp.contoso.com", False), "cm01.corp.contoso.com", YES, Unknown),
        (FilePresence("cmg.pfx", "laptop", True), "cm01.corp.contoso.com", UNASKED, Manual),
        (FilePresence("cmg.pfx", "laptop", True), "cm01.corp.contoso.com", YES, Pass),
        (FilePresence("cmg.pfx", "laptop", True), "cm01.corp.contoso.com", NO, Fail),
        (NO_FILE, unset("site.server_fqdn"), YES, Pass),
        (NO_FILE, unset("site.server_fqdn"), UNASKED, Manual),
    ],
)
def test_cmg_pfx_on_site_server(presence: Any, server: Any, confirmed: Any, kind: type) -> None:
    assert said(cmg_pfx_on_site_server(presence, server, confirmed)) == {None: kind}


NO_POINT = unset("files.cdp_pfx")


@pytest.mark.parametrize(
    ("stores", "one", "point", "confirmed", "kind"),
    [
        (collected(entry(thumbprint=LEAF, exportable=True)), file(), NO_POINT, YES, Warn),
        (collected(entry(thumbprint=LEAF, exportable=None)), file(), NO_POINT, YES, Warn),
        (collected(entry(subject=f"CN={HOST}")), NO_FILE, NO_POINT, UNASKED, Warn),
        (collected(entry(thumbprint="CD" * 32)), file(cert(sha1="00")), file(cert("cdp", sha1="CD" * 32)), YES, Warn),
        (collected(entry(thumbprint=LEAF, has_private_key=False)), file(), NO_POINT, YES, Pass),
        (collected(entry()), file(), NO_POINT, YES, Pass),
        (collected(entry()), file(), NO_POINT, NO, Warn),
        (collected(entry()), file(), NO_POINT, UNASKED, Manual),
        (NO_STORES, file(), NO_POINT, YES, Pass),
        (NO_STORES, file(), NO_POINT, UNASKED, Manual),
        (REFUSED, file(), NO_POINT, UNASKED, Unknown),
    ],
)
def test_store_cleanup(stores: Any, one: Any, point: Any, confirmed: Any, kind: type) -> None:
    assert said(store_cleanup(stores, HOST, one, point, confirmed)) == {None: kind}


@pytest.mark.parametrize(("answer", "kind"), [(True, Pass), (False, Warn), (None, Manual)])
def test_temporary_folder_is_only_asked_for(answer: Any, kind: type) -> None:
    known = library()
    attested = {} if answer is None else {"attestations": {"cert.temporary-folder": {"answer": answer, "by": "A. Meyer"}}}
    with recording(**attested) as made:
        requirement = known.catalogue.requirements["cert.temporary-folder"]
        [outcome] = judge(requirement, known.checks.get(requirement.id), made, PKI).outcomes
    assert isinstance(outcome, kind)


def test_the_catalogues_question_is_asked() -> None:
    known = library()
    requirement = known.catalogue.requirements["cert.store-cleanup"]
    with recording(files__cmg_pfx="cmg.pfx") as made:
        [outcome] = judge(requirement, known.checks[requirement.id], made, PKI).outcomes
    assert isinstance(outcome, Manual)
    assert outcome.question == requirement.question


# -- the distribution point --

CDP = "cdp.contoso.com"
POINT = "pki/cdp.pfx"
NO_CDP_CSR = unset("files.cdp_csr")


@pytest.mark.parametrize(
    ("leaf", "issuer", "kind"),
    [
        (cert(CDP), "public", Pass),
        (cert(CDP, dns=()), "own-pki", Warn),
        (cert(CDP, dns=()), "public", Fail),
        (cert(CDP, dns=("other.contoso.com",)), "own-pki", Fail),
        (cert(HOST), "public", Fail),
        (cert("other.contoso.com"), "public", Fail),
    ],
)
def test_cdp_names(leaf: Any, issuer: Any, kind: type) -> None:
    one = file(leaf, name="cdp.pfx")
    assert said(cdp_names(CDP, HOST, issuer, one, POINT, NO_CDP_CSR, NO_CDP_CSR)) == {"cdp.pfx": kind}
    asked = request(leaf.common_name, name="cdp.csr", dns_names=leaf.dns_names)
    assert said(cdp_names(CDP, HOST, issuer, NO_POINT, NO_POINT, asked, "cdp.csr")) == {"cdp.csr": kind}


def test_cdp_names_with_nothing_to_look_at() -> None:
    assert said(cdp_names(CDP, HOST, "public", NO_POINT, NO_POINT, NO_CDP_CSR, NO_CDP_CSR)) == {None: Manual}
    assert said(cdp_names(CDP, HOST, "public", REFUSED, POINT, REFUSED, "cdp.csr")) == {"cdp.pfx": Unknown, "cdp.csr": Unknown}
    one = file(cert(CDP, dns=()), name="cdp.pfx", trust=trust(None, "own"))
    assert said(cdp_names(CDP, HOST, unset("pki.issuer"), one, POINT, NO_CDP_CSR, NO_CDP_CSR)) == {"cdp.pfx": Warn}


@pytest.mark.parametrize(
    ("leaf", "kind"),
    [
        (cert("cdp.cloudapp.net", template=BY_NAME), Pass),
        (cert("cdp.cloudapp.net", template=BY_NAME, eku=(SERVER_AUTHENTICATION, CLIENT_AUTHENTICATION)), Pass),
        (cert("cmg.cloudapp.net", template=BY_NAME), Fail),
        (cert("cdp.cloudapp.net", template=Template(name="WebServer")), Fail),
        (cert("cdp.cloudapp.net", template=BY_NUMBER), Unknown),
    ],
)
def test_cdp_pki_issued(leaf: Any, kind: type) -> None:
    one = own(leaf, name="cdp.pfx")
    arguments = ("cdp.cloudapp.net", unset("pki.web_template_name"), one, NO_STORES, NO_DIRECTORY, REFUSED, NOW)
    [outcome] = cdp_pki_issued(*arguments)
    assert outcome.ends[0] == Ends(f"Certificate {leaf.name} (cdp.pfx)", leaf.not_after.date())
    assert said(cdp_pki_issued(*arguments)) == {"cdp.pfx": kind}


@pytest.mark.parametrize(
    ("more", "kind"),
    [({}, Pass), ({"trust": trust()}, Pass), ({"has_key": False}, Fail), ({"chain": (), "trust": incomplete()}, Fail), ({"trust": incomplete()}, Manual)],
)
def test_cdp_pfx_export(more: Any, kind: type) -> None:
    assert said(cdp_pfx_export("own-pki", file(**more))) == {"cmg.pfx": kind}


def test_the_distribution_point_is_history() -> None:
    known = library()
    for name in ("cert.cdp-names", "cert.cdp-pki-issued", "cert.cdp-pfx-export"):
        with recording() as made:
            [outcome] = judge(known.catalogue.requirements[name], known.checks[name], made, PKI).outcomes
        assert isinstance(outcome, NotApplicable), name


# -- management points --

MP, OTHER = "mp01.corp.contoso.com", "mp02.corp.contoso.com"
SILENT_CONTROL = Endpoints({"cm01.corp.contoso.com": MUTE})
CONTROL = Endpoints({"cm01.corp.contoso.com": served()})


def web(name: str = MP, **more: Any) -> Any:
    leaf = cert(name, **more)
    return served(leaf, trust=trust(leaf, "own"))


@pytest.mark.parametrize(
    ("seen", "kind"),
    [
        (web(), Pass),
        (web(MP.upper()), Pass),
        (web("other", dns=(MP,)), Warn),
        (web(dns=()), Fail),
        (web("other.corp.contoso.com"), Fail),
        (web(days=30), Warn),
        (web(days=-1), Fail),
        (web(eku=(CLIENT_AUTHENTICATION,)), Fail),
        (changed(web(), trust=private()), Manual),
        (changed(web(), trust=private(own_root_named=True)), Fail),
        (changed(web(), trust=incomplete(faults=("root.cer: damaged",))), Unknown),
    ],
)
def test_mp_web_server(seen: Any, kind: type) -> None:
    assert said(mp_web_server(NOW, Endpoints({MP: seen}), REFUSED, NO_STORES, NOT_SENT, *NEITHER)) == {MP: kind}


@pytest.mark.parametrize(
    ("leaf", "gateway", "kind"),
    [
        ({"spki_sha256": "77" * 32}, file(), Pass),
        ({}, file(cert(sha256="99" * 32)), Warn),
        ({}, file(), Warn),
        ({}, REFUSED, Pass),
        ({"key": "RSA 1024"}, NO_FILE, Warn),
        ({"key": "RSA 4096"}, NO_FILE, Pass),
        ({"key": "EC 256"}, NO_FILE, Pass),
        ({"key_fault": "its exponent is 1"}, NO_FILE, Fail),
    ],
)
def test_mp_web_server_has_a_key_of_its_own(leaf: Any, gateway: Any, kind: type) -> None:
    seen = Endpoints({MP: web(**leaf)})
    assert said(mp_web_server(NOW, seen, REFUSED, NO_STORES, NOT_SENT, NO_REVOCATION, gateway)) == {MP: kind}


def test_mp_web_server_with_a_key_that_can_be_exported() -> None:
    for exportable, kind in ((True, Warn), (False, Pass), (None, Pass)):
        stores = Stores((store("MP01", entry(thumbprint=LEAF, exportable=exportable)),))
        assert said(mp_web_server(NOW, Endpoints({MP: web()}), REFUSED, stores, NOT_SENT, *NEITHER)) == {MP: kind}
    stores = Stores((store("elsewhere", entry(thumbprint=LEAF, exportable=True)),))
    assert said(mp_web_server(NOW, Endpoints({MP: web()}), REFUSED, stores, NOT_SENT, *NEITHER)) == {MP: Pass}


@pytest.mark.parametrize("seen", [SHUT, NoHandshake("it hung up")])
def test_mp_web_server_fails_for_silence_only_beside_one_that_answers(seen: Any) -> None:
    both = Endpoints({MP: seen, OTHER: web(OTHER)})
    assert said(mp_web_server(NOW, both, REFUSED, NO_STORES, NOT_SENT, *NEITHER)) == {MP: Fail, OTHER: Pass}
    assert said(mp_web_server(NOW, Endpoints({MP: seen}), CONTROL, NO_STORES, NOT_SENT, *NEITHER)) == {MP: Fail}
    for control in (REFUSED, SILENT_CONTROL, Endpoints({MP: web()})):
        assert said(mp_web_server(NOW, Endpoints({MP: seen}), control, NO_STORES, NOT_SENT, *NEITHER)) == {MP: Unknown}


@pytest.mark.parametrize("seen", [MUTE, GONE])
def test_mp_web_server_that_cannot_be_reached_is_unknown(seen: Any) -> None:
    assert said(mp_web_server(NOW, Endpoints({MP: seen}), CONTROL, NO_STORES, NOT_SENT, *NEITHER)) == {MP: Unknown}


# -- client authentication --

SITE = "cm01.corp.contoso.com"


def installed(*held: Any, confirmed: Any = UNASKED, server: Any = MP) -> Any:
    stores = Stores((store(server, *held), store(SITE, entry(thumbprint="56" * 20))))
    return said(client_auth_installed(NOW, [MP], SITE, stores, confirmed, NOT_SENT))[MP]


@pytest.mark.parametrize(
    ("held", "confirmed", "kind"),
    [
        ([entry()], UNASKED, Pass),
        ([entry(days=5), entry(thumbprint="34")], UNASKED, Pass),
        ([entry(days=30)], UNASKED, Warn),
        ([entry(days=-1)], YES, Fail),
        ([entry(not_before=NOW + timedelta(days=1))], UNASKED, Fail),
        ([entry(has_private_key=False)], YES, Fail),
        ([entry(eku=(SERVER_AUTHENTICATION,))], YES, Fail),
        ([], YES, Fail),
        ([entry(has_private_key=None)], UNASKED, Manual),
        ([entry(has_private_key=None)], YES, Pass),
        ([entry(has_private_key=None)], NO, Fail),
        ([entry(not_after=None)], YES, Unknown),
        ([entry(eku=None)], YES, Unknown),
    ],
)
def test_client_auth_installed(held: Any, confirmed: Any, kind: type) -> None:
    assert installed(*held, confirmed=confirmed) is kind
    assert installed(*held, confirmed=confirmed, server="MP01") is kind


@pytest.mark.parametrize(
    ("stores", "confirmed", "kinds"),
    [
        (NO_STORES, UNASKED, (Manual, Manual)),
        (NO_STORES, YES, (Pass, Pass)),
        (NO_STORES, NO, (Fail, Warn)),
        (NO_STORES, Attested([MP]), (Pass, Warn)),
        (REFUSED, UNASKED, (Unknown, Unknown)),
        (Stores((), (Unread("a.json", "no JSON"),)), UNASKED, (Unknown, Unknown)),
        (Stores((store(MP, entry()), store(SITE))), UNASKED, (Pass, Warn)),
        (Stores((store(MP, entry()), store(SITE, entry(days=-1, thumbprint="56")))), UNASKED, (Pass, Warn)),
        (Stores((store(MP, entry()), store(SITE, entry(thumbprint="56")))), UNASKED, (Pass, Pass)),
        (Stores((store(MP, entry()), store(SITE, entry()))), UNASKED, (Warn, Warn)),  # copied with its key
        (Stores((store(MP, entry(thumbprint="")), store(SITE, entry(thumbprint="")))), UNASKED, (Pass, Pass)),
        (Stores((store(MP, entry()),)), UNASKED, (Pass, Manual)),
    ],
)
def test_client_auth_installed_and_where_it_is_missing(stores: Any, confirmed: Any, kinds: Any) -> None:
    assert said(client_auth_installed(NOW, [MP], SITE, stores, confirmed, NOT_SENT)) == dict(zip((MP, SITE), kinds, strict=True))


def test_when_the_certificates_for_authentication_end() -> None:
    stores = Stores((store(MP, entry()), store(SITE)))
    found = {one.subject: one.ends for one in client_auth_installed(NOW, [MP], SITE, stores, UNASKED, NOT_SENT)}
    last = entry().not_after
    assert last is not None
    assert found == {MP: (Ends(f"Certificate {entry().common_name} for clients ({MP})", last.date()),), SITE: ()}


def test_client_auth_installed_on_a_site_server_that_is_a_management_point() -> None:
    stores = Stores((store(SITE),))
    assert said(client_auth_installed(NOW, [SITE], SITE, stores, UNASKED, NOT_SENT)) == {SITE: Fail}
    gap = unset("mp.servers")
    assert said(client_auth_installed(NOW, gap, unset("site.server_fqdn"), stores, UNASKED, NOT_SENT)) == {None: Manual}
    assert said(client_auth_installed(NOW, gap, SITE, stores, UNASKED, NOT_SENT)) == {None: Manual, SITE: Warn}


@pytest.mark.parametrize(
    ("client", "kind"),
    [
        (store("pc1", entry()), Pass),
        (store("pc1", entry(days=30)), Warn),
        (store("pc1", entry(days=30), entry(days=60)), Pass),
        (store("pc1", entry(days=10), entra_joined=True), Pass),
        (store("pc1", entra_joined=True), Pass),
        (store("pc1", domain_joined=True, entra_joined=False, entra_registered=False), Fail),
        (store("pc1", entry(days=-1), entra_joined=False, entra_registered=False), Fail),
        (store("pc1", entry(issued_by_named=False), entra_joined=False, entra_registered=False), Fail),
        (store("pc1", domain_joined=True), Unknown),
        (store("pc1", entra_joined=False, entra_registered=True), Unknown),
        (store("pc1", entry(has_private_key=None), entra_joined=False, entra_registered=False), Unknown),
        (store("pc1", entry(issued_by_named=None)), Unknown),
    ],
)
def test_client_auth_on_clients(client: Any, kind: type) -> None:
    assert said(client_auth_on_clients(NOW, Stores((client,)), "root.cer", NOT_SENT)) == {"pc1": kind}


@pytest.mark.parametrize(
    ("second", "kinds"),
    [
        (store("pc2", entry()), {"pc1": Warn, "pc2": Warn}),
        (store("pc2", entry(thumbprint="34")), {"pc1": Pass, "pc2": Pass}),
        (store("pc2", entry(), entry(thumbprint="34")), {"pc1": Warn, "pc2": Pass}),  # which has another one
        (store("pc2", entry(has_private_key=False), entry(thumbprint="34")), {"pc1": Pass, "pc2": Pass}),
        (store("pc2", entry(has_private_key=None), entry(thumbprint="34")), {"pc1": Pass, "pc2": Pass}),
        (store("pc2", entry(), entra_joined=True), {"pc1": Warn, "pc2": Pass}),  # which uses tokens
        (store("PC1.corp.contoso.com", entry()), {"pc1": Pass, "PC1.corp.contoso.com": Pass}),  # collected twice
    ],
)
def test_the_same_certificate_on_two_computers(second: Any, kinds: Any) -> None:
    found = client_auth_on_clients(NOW, Stores((store("pc1", entry()), second)), "root.cer", NOT_SENT)
    assert said(found) == kinds
    for one in found:
        if isinstance(one, Warn):
            assert "too, with its key" in one.observed
            assert one.remedy


def test_client_auth_on_clients_and_what_is_missing() -> None:
    client = store("pc1", entry(issued_by_named=None))
    assert said(client_auth_on_clients(NOW, Stores((client,)), unset("files.trusted_root_cer"), NOT_SENT)) == {"pc1": Manual}
    some = Stores((store("pc1", entry()),), (Unread("a.json", "no JSON", "Collect it again."),))
    assert said(client_auth_on_clients(NOW, some, "root.cer", NOT_SENT)) == {"pc1": Pass, "a.json": Unknown}
    assert client_auth_on_clients(NOW, Stores(()), "root.cer", NOT_SENT) == []


# -- the gateway as its clients meet it --


def book(answer: Any) -> Any:
    return AddressBook({HOST: answer})


THERE = book(Addresses(("192.0.2.7",)))
NOWHERE, EMPTY, DEAF = book(NoName()), book(NoRecord()), book(NoAnswer("timed out"))
LOGIN = Endpoints({"login.microsoftonline.com": served(cert("login.microsoftonline.com"))})
DEAD = Endpoints({"login.microsoftonline.com": MUTE})
GOOD = live(served())


ANSWER = Answered(401, "Unauthorized")


def endpoint(public: Any = THERE, internal: Any = THERE, tls: Any = GOOD, http: Any = ANSWER, control: Any = LOGIN, issuer: Any = "public") -> Any:
    return said(tls_endpoint(NOW, HOST, issuer, public, internal, tls, http, control))[HOST]


@pytest.mark.parametrize(
    ("different", "kind"),
    [
        ({}, Pass),
        ({"http": Answered(200)}, Pass),
        ({"control": DEAD}, Pass),
        ({"internal": NOWHERE}, Warn),
        ({"internal": EMPTY}, Warn),
        ({"public": NOWHERE}, Fail),
        ({"public": EMPTY}, Fail),
        ({"public": NOWHERE, "internal": REFUSED}, Fail),
        ({"public": DEAF}, Unknown),
        ({"public": REFUSED}, Unknown),
        ({"internal": DEAF}, Unknown),
        ({"internal": REFUSED}, Unknown),
        ({"tls": live(served(tls_1_0="accepted"))}, Warn),
        ({"tls": live(served(tls_1_1="accepted"))}, Warn),
        ({"tls": live(served(protocol="TLSv1.2", tls_1_3="refused"))}, Pass),
        ({"tls": live(served(protocol="TLSv1.2", tls_1_3="no answer"))}, Pass),
        ({"tls": live(served(protocol="TLSv1.3", tls_1_2="refused"))}, Pass),
        ({"tls": live(served(protocol="TLSv1.1", tls_1_1="accepted", tls_1_2="refused", tls_1_3="refused"))}, Fail),
        ({"tls": live(served(protocol="TLSv1", tls_1_2="no answer", tls_1_3="not tried"))}, Fail),
        ({"tls": live(served(cert(days=-1)))}, Fail),
        ({"tls": live(served(cert(days=5)))}, Pass),
        ({"tls": live(served(cert("other.contoso.com")))}, Fail),
        ({"tls": live(served(cert("*.contoso.com")))}, Pass),
        ({"tls": live(served(cert(eku=(CLIENT_AUTHENTICATION,))))}, Fail),
        ({"tls": live(served(trust=private()))}, Fail),
        ({"tls": live(served(trust=private())), "issuer": "own-pki"}, Manual),
        ({"tls": live(served(trust=private(own_root_named=True))), "issuer": "own-pki"}, Fail),
        ({"tls": live(SHUT)}, Fail),
        ({"tls": live(MUTE)}, Fail),
        ({"tls": live(NoHandshake("plain text"))}, Fail),
        ({"tls": live(SHUT), "control": DEAD, "http": NotReached("refused")}, Unknown),
        ({"tls": live(MUTE), "control": REFUSED, "http": NotReached("late")}, Unknown),
        ({"tls": REFUSED, "http": NotReached("late"), "control": REFUSED}, Unknown),
        ({"tls": REFUSED}, Unknown),
        ({"http": NoStatus("it hung up")}, Fail),
        ({"http": NotReached("late")}, Fail),
        ({"http": NotTrusted("unknown authority")}, Unknown),
        ({"http": REFUSED}, Unknown),
    ],
)
def test_tls_endpoint(different: Any, kind: type) -> None:
    assert endpoint(**different) is kind


@pytest.mark.parametrize(
    ("seen", "told"),
    [
        (served(tls_1_2="accepted", tls_1_3="accepted"), "TLS 1.2 and TLS 1.3; "),
        (served(tls_1_2="refused"), "TLS 1.3; "),
        (served(protocol="TLSv1.2", tls_1_3="refused"), "TLS 1.2; "),
    ],
)
def test_the_protocols_of_today_are_named(seen: Any, told: str) -> None:
    outcomes = tls_endpoint(NOW, HOST, "public", THERE, THERE, live(seen), ANSWER, LOGIN)
    [outcome] = list(outcomes)
    assert isinstance(outcome, Pass)
    assert told in outcome.observed


def test_the_gateway_is_no_control_of_its_own() -> None:
    assert endpoint(tls=live(SHUT), http=NotReached("refused"), control=Endpoints({HOST: served()})) is Unknown


def test_structs_are_what_they_seem() -> None:
    assert isinstance(cert(), Certificate)
    assert leaf_step(cert()).name == HOST
    assert SCHANNEL in file().provider
