"""Every verdict of the catalogue about certificate requests."""

from typing import Any

import pytest

from assess.check import Fail, Manual, Pass, Unknown, Warn
from assess.evidence.adminservice import MayBeTrimmed, Seen, Site
from assess.evidence.certificates import KeyProvider
from assess.evidence.config import Attested
from assess.evidence.tls import Refused
from checks.csr import (
    completed_on_origin,
    generated_on_site_server,
    key_provider_version,
    key_size,
    organisation_fields,
    provider,
)
from specimens import HOST, KEY_STORAGE, REFUSED, SCHANNEL, cert, file, live, request, served, unset

SITE = "cm01.corp.contoso.com"
CSR, PFX = "pki/cmg.csr", "pki/cmg.pfx"
NO_CSR, NO_PFX = unset("files.cmg_csr"), unset("files.cmg_pfx")
NO_POINT, NO_POINT_CSR = unset("files.cdp_pfx"), unset("files.cdp_csr")
UNASKED = unset('[attestations] "csr.generated-on-site-server" in contoso.toml')
SHUT = live(Refused("nobody listens"))


def said(outcomes: Any) -> Any:
    return {outcome.subject: type(outcome) for outcome in outcomes}


def generated(one: Any, path: Any = CSR, confirmed: Any = UNASKED) -> Any:
    return said(generated_on_site_server(SITE, one, path, NO_POINT_CSR, NO_POINT_CSR, False, confirmed))


@pytest.mark.parametrize(
    ("machine", "kind"), [("CM01.corp.contoso.com", Pass), ("CM01", Pass), ("web01.corp.contoso.com", Warn), ("cm01.fabrikam.com", Warn)]
)
def test_generated_on_site_server(machine: Any, kind: type) -> None:
    assert generated(request(machine=machine)) == {"cmg.csr": kind}
    assert generated(request(machine=machine), confirmed=Attested("other")) == {"cmg.csr": kind}


@pytest.mark.parametrize(
    ("answer", "kind"),
    [("cm01", Pass), (SITE, Pass), ("web01", Warn), (True, Pass), (False, Warn), ([SITE], Pass), ([SITE, "web01"], Warn), ([], Warn)],
)
def test_generated_on_site_server_by_the_answer(answer: Any, kind: type) -> None:
    confirmed = Attested(answer)
    assert generated(request(machine=""), confirmed=confirmed) == {"cmg.csr": kind}
    assert generated(NO_CSR, NO_CSR, confirmed) == {None: kind}
    assert generated(REFUSED, confirmed=confirmed) == {"cmg.csr": kind}


def test_generated_on_site_server_unanswered() -> None:
    assert generated(request(machine="")) == {"cmg.csr": Manual}
    assert generated(NO_CSR, NO_CSR) == {None: Manual}
    assert generated(REFUSED) == {"cmg.csr": Unknown}


def test_generated_on_site_server_of_the_distribution_point() -> None:
    point = request("cdp.contoso.com", name="cdp.csr", machine="web01")
    got = generated_on_site_server(SITE, request(), CSR, point, "cdp.csr", True, UNASKED)
    assert said(got) == {"cmg.csr": Pass, "cdp.csr": Warn}


@pytest.mark.parametrize(
    ("one", "asked", "path", "kind"),
    [
        (file(), request(), CSR, Pass),
        (file(), request(spki_sha256="00"), CSR, Fail),
        (file(), NO_CSR, NO_CSR, Pass),
        (file(), REFUSED, CSR, Unknown),
        (file(has_key=False, key_matches=None), request(), CSR, Fail),
        (file(key_matches=False), request(), CSR, Fail),
        (file(key_matches=None), request(), CSR, Unknown),
    ],
)
def test_completed_on_origin(one: Any, asked: Any, path: Any, kind: type) -> None:
    assert said(completed_on_origin(one, asked, path)) == {"cmg.pfx": kind}


def sites(*builds: Any) -> Any:
    rows = tuple(Site(f"P{number:02}", build_number=build) for number, build in enumerate(builds))
    return Seen(rows, MayBeTrimmed("", ""))


def named(text: str) -> Any:
    return KeyProvider("cmg.pfx", text)


@pytest.mark.parametrize(
    ("text", "known", "kind"),
    [
        (SCHANNEL, REFUSED, Pass),
        ("Microsoft Enhanced RSA and AES Cryptographic Provider", sites(8540), Pass),
        (KEY_STORAGE, REFUSED, Warn),
        (KEY_STORAGE, sites(), Warn),
        (KEY_STORAGE, sites(9128, 8577), Warn),
        (KEY_STORAGE, sites(9128, 8540), Fail),
        ("Microsoft Platform Crypto Provider", sites(9128), Warn),
        ("Contoso HSM", sites(9128), Unknown),
        ("", sites(9128), Unknown),
    ],
)
def test_key_provider_version(text: str, known: Any, kind: type) -> None:
    none = (NO_POINT_CSR, NO_POINT_CSR, NO_POINT, NO_POINT, False)
    assert said(key_provider_version(request(provider=text), CSR, NO_PFX, NO_PFX, *none, known)) == {"cmg.csr": kind}
    assert said(key_provider_version(NO_CSR, NO_CSR, named(text), PFX, *none, known)) == {"cmg.pfx": kind}


@pytest.mark.parametrize(("text", "kind"), [(SCHANNEL, Pass), (KEY_STORAGE, Warn), (SCHANNEL.lower(), Warn), ("", Unknown)])
def test_provider(text: str, kind: type) -> None:
    none = (NO_POINT_CSR, NO_POINT_CSR, NO_POINT, NO_POINT, False)
    assert said(provider(request(provider=text), CSR, named(text), PFX, *none)) == {"cmg.csr": kind, "cmg.pfx": kind}


def test_provider_with_nothing_to_look_at_and_of_the_distribution_point() -> None:
    none = (NO_POINT_CSR, NO_POINT_CSR, NO_POINT, NO_POINT)
    assert said(provider(NO_CSR, NO_CSR, NO_PFX, NO_PFX, *none, False)) == {None: Manual}
    assert said(key_provider_version(NO_CSR, NO_CSR, NO_PFX, NO_PFX, *none, True, REFUSED)) == {None: Manual}
    assert said(provider(REFUSED, CSR, REFUSED, PFX, *none, False)) == {"cmg.csr": Unknown, "cmg.pfx": Unknown}
    point = (request(name="cdp.csr"), "cdp.csr", KeyProvider("cdp.pfx", KEY_STORAGE), "cdp.pfx", True)
    assert said(provider(request(), CSR, NO_PFX, NO_PFX, *point)) == {"cmg.csr": Pass, "cdp.csr": Pass, "cdp.pfx": Warn}
    got = key_provider_version(request(), CSR, NO_PFX, NO_PFX, *point, REFUSED)
    assert said(got) == {"cmg.csr": Pass, "cdp.csr": Pass, "cdp.pfx": Warn}


def sizes(asked: Any = NO_CSR, asked_path: Any = NO_CSR, one: Any = NO_PFX, path: Any = NO_PFX, shown: Any = SHUT, service: Any = HOST, point: Any = None) -> Any:
    last = point or (NO_POINT, NO_POINT, NO_POINT_CSR, NO_POINT_CSR, False)
    return said(key_size(asked, asked_path, one, path, shown, service, *last))


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        ("RSA 2048", Pass), ("RSA 4096", Pass), ("RSA 3072", Warn), ("RSA 8192", Warn), ("RSA 2047", Fail), ("RSA 1024", Fail),
        ("EC 256", Fail), ("EC 521", Fail), ("Ed25519", Fail), ("DSA 2048", Fail), ("RSA", Unknown),
    ],
)  # fmt: skip
def test_key_size(key: Any, kind: type) -> None:
    leaf = cert(key=key)
    assert sizes(request(key=key), CSR) == {"cmg.csr": kind}
    assert sizes(one=file(leaf), path=PFX) == {"cmg.pfx": kind}
    assert sizes(shown=live(served(leaf))) == {HOST: kind}
    point = (file(leaf, name="cdp.pfx"), "cdp.pfx", request(key=key, name="cdp.csr"), "cdp.csr", True)
    assert sizes(request(), CSR, point=point) == {"cmg.csr": Pass, "cdp.pfx": kind, "cdp.csr": kind}


@pytest.mark.parametrize("fault", ["its exponent is 1, with which anybody can undo it", "its modulus has a small factor"])
def test_a_key_that_protects_nothing(fault: str) -> None:
    assert sizes(request(key_fault=fault), CSR) == {"cmg.csr": Fail}
    assert sizes(one=file(cert(key_fault=fault)), path=PFX) == {"cmg.pfx": Fail}


@pytest.mark.parametrize(
    ("leaf", "kind"),
    [(cert(), Warn), (cert(sha256="99" * 32), Warn), (cert(spki_sha256="77" * 32), Pass), (cert(key="RSA 1024"), Fail)],
)
def test_the_gateways_key_in_another_role(leaf: Any, kind: type) -> None:
    point = (file(leaf, name="cdp.pfx"), "cdp.pfx", NO_POINT_CSR, NO_POINT_CSR, True)
    assert sizes(one=file(), path=PFX, point=point) == {"cmg.pfx": Pass, "cdp.pfx": kind}


def test_key_size_with_nothing_to_look_at() -> None:
    assert sizes() == {HOST: Unknown}
    assert sizes(shown=unset("cmg.service_name"), service=unset("cmg.service_name")) == {None: Manual}
    assert sizes(REFUSED, CSR, REFUSED, PFX, REFUSED) == {"cmg.csr": Unknown, "cmg.pfx": Unknown, HOST: Unknown}


WANTED = {"O": "Contoso Ltd", "C": "DE", "L": "Berlin"}


@pytest.mark.parametrize(
    ("subject", "kind"),
    [
        ("C=DE, L=Berlin, O=Contoso Ltd, CN=x", Pass),
        ("C=de, O=contoso  ltd, CN=x", Pass),
        ("C=DE, CN=x", Warn),
        ("O=Contoso Ltd, CN=x", Warn),
        ("C=FR, O=Contoso Ltd, CN=x", Warn),
        ("CN=x", Warn),
    ],
)
def test_organisation_fields(subject: Any, kind: type) -> None:
    none = (NO_POINT_CSR, NO_POINT_CSR, False)
    asked = request(subject=subject)
    assert said(organisation_fields(WANTED, asked, CSR, NO_PFX, NO_PFX, *none)) == {"cmg.csr": kind}
    one = file(cert(subject=subject))
    assert said(organisation_fields(WANTED, NO_CSR, NO_CSR, one, PFX, *none)) == {"cmg.pfx": kind}
    point = request(subject=subject, name="cdp.csr")
    got = organisation_fields(WANTED, NO_CSR, NO_CSR, NO_PFX, NO_PFX, point, "cdp.csr", True)
    assert said(got) == {"cdp.csr": kind}


def test_organisation_fields_with_nothing_to_look_at() -> None:
    none = (NO_POINT_CSR, NO_POINT_CSR, False)
    assert said(organisation_fields(WANTED, NO_CSR, NO_CSR, NO_PFX, NO_PFX, *none)) == {None: Manual}
    assert said(organisation_fields(WANTED, REFUSED, CSR, file(), PFX, *none)) == {"cmg.csr": Unknown}
    [outcome] = organisation_fields({"O": "Contoso", "C": "DE", "L": "Berlin"}, request(subject="C=DE, O=Contoso, CN=x"), CSR, NO_PFX, NO_PFX, *none)
    assert isinstance(outcome, Pass)
    assert "L not as in" in outcome.observed
