"""Every verdict about the gateway's certificates, and about what is retired beside it."""

from typing import Any

import pytest
from msgspec import UNSET

from assess.check import Ends, Fail, Manual, Missing, NotApplicable, Pass, Unknown, Warn, worst
from assess.evidence.certificates import CertificateFile, Stores
from assess.evidence.certificates import Unread as UnreadFile
from assess.evidence.config import Attested
from assess.evidence.site_cloud import GatewaySetting, GatewayTrust
from assess.evidence.tls import Refused
from checks import azuremgmt, cdp_service
from checks.cmg_trust import crl_verification, root_limits, server_certificate, trusted_roots
from logwriter import NOT_SENT
from sitecloud import HOST, MAYBE, REFUSED, gateway, seen, site, unset, verdict
from specimens import NOW, cert, entry, file, live, served, store

NAMED: dict[str, Any] = {
    "name": "contosocmg",
    "service_type": "CloudProxyService",
    "service_c_name": HOST,
}
NO_LISTS = unset("files.collected_client_certs")
UNASKED = unset("[attestations] x")
YES, NO = Attested(True, by="A. Meyer"), Attested(False)
OTHER = cert(sha1="CD" * 20, sha256="EE" * 32)
SHUT = live(Refused("nobody listens"))


@pytest.mark.parametrize(
    ("row", "pfx", "shown", "kind"),
    [
        (gateway(), file(), live(served()), Pass),
        (gateway(service_thumbprint=("ab " * 20).strip()), file(), live(served()), Pass),
        (gateway(), file(), SHUT, Unknown),
        (gateway(), file(), REFUSED, Unknown),
        (gateway(), REFUSED, live(served()), Unknown),
        (gateway(), file(), Missing("left out", skipped=True), Pass),
        (gateway(), unset("files.cmg_pfx"), live(served()), Pass),
        (gateway(), file(OTHER), live(served()), Warn),
        (gateway(), file(), live(served(OTHER)), Fail),
        (gateway(service_c_name="old.contoso.com"), file(), live(served()), Fail),
        (gateway(service_c_name=UNSET), file(), live(served()), Unknown),
        (gateway(service_thumbprint=UNSET), file(), live(served()), Unknown),
        (gateway(service_thumbprint=""), file(), live(served()), Unknown),
        (gateway(), REFUSED, SHUT, Unknown),
        (gateway(), unset("files.cmg_pfx"), REFUSED, Unknown),
    ],
)
def test_server_certificate(row: Any, pfx: Any, shown: Any, kind: type) -> None:
    assert verdict(server_certificate(seen(row), HOST, pfx, shown)) is kind
    assert verdict(server_certificate(REFUSED, HOST, pfx, shown)) is Unknown
    assert verdict(server_certificate(seen(), HOST, pfx, shown)) is Unknown


ROOT = CertificateFile("root.cer", "der", cert("Root", sha1="11" * 20), (), file().trust)
BELOW = Stores((store("issuing.cer", entry(thumbprint="22" * 20)),))


def uploads(roots: Any = "11" * 20, below: Any = "22" * 20) -> GatewayTrust:
    return GatewayTrust(**NAMED, root_cert_thumbprint=roots, sub_ca_cert_thumbprint=below)


@pytest.mark.parametrize(
    ("row", "root", "others", "kind"),
    [
        (uploads(), ROOT, BELOW, Pass),
        (uploads("33" * 20 + ";" + "11" * 20 + ";"), ROOT, BELOW, Pass),
        (uploads("33" * 20), ROOT, BELOW, Fail),
        (uploads(below="33" * 20), ROOT, BELOW, Fail),
        (uploads(below=""), ROOT, BELOW, Fail),
        (uploads(""), ROOT, BELOW, Fail),
        (uploads(UNSET), ROOT, BELOW, Unknown),
        (uploads(None), ROOT, BELOW, Unknown),
        (uploads(below=UNSET), ROOT, BELOW, Unknown),
        (uploads(), unset("files.trusted_root_cer"), BELOW, Manual),
        (uploads(), ROOT, unset("files.intermediate_cers"), Manual),
        (uploads(), REFUSED, BELOW, Unknown),
        (uploads(), ROOT, REFUSED, Unknown),
        (uploads(), ROOT, Stores((), (UnreadFile("x.cer", "cannot be read"),)), Unknown),
    ],
)
def test_trusted_roots(row: Any, root: Any, others: Any, kind: type) -> None:
    assert verdict(trusted_roots(seen(row), HOST, "https", root, others, UNASKED)) is kind
    assert (
        verdict(trusted_roots(seen(row), HOST, "enhanced-http", root, others, UNASKED))
        is NotApplicable
    )
    assert (
        verdict(trusted_roots(seen(row), HOST, unset("mp.mode"), root, others, UNASKED)) is Manual
    )


def test_trusted_roots_as_a_person_saw_them() -> None:
    aside = Missing("[site] is not set up", "Set it.", skipped=True)
    named = Attested("Contoso Root CA", by="A. Meyer")
    for trusts in (seen(uploads(UNSET)), aside):
        assert verdict(trusted_roots(trusts, HOST, "https", ROOT, BELOW, named)) is Pass
        assert verdict(trusted_roots(trusts, HOST, "https", ROOT, BELOW, NO)) is Fail
        assert verdict(trusted_roots(trusts, HOST, "https", ROOT, BELOW, UNASKED)) is Unknown
    assert verdict(trusted_roots(REFUSED, HOST, "https", ROOT, BELOW, named)) is Unknown


@pytest.mark.parametrize(
    ("roots", "below", "sites", "kind"),
    [
        (2, 4, REFUSED, Pass),
        (3, 0, seen(site(8853)), Warn),
        (0, 5, seen(site(9141)), Warn),
        (3, 0, seen(site(8790)), Fail),
        (3, 0, seen(site(8800)), Unknown),
        (3, 0, seen(site(UNSET)), Unknown),
        (3, 0, seen(sees=MAYBE), Unknown),
        (3, 0, REFUSED, Unknown),
    ],
)
def test_root_limits(roots: int, below: int, sites: Any, kind: type) -> None:
    row = uploads(";".join(["11" * 20] * roots), ";".join(["22" * 20] * below))
    assert verdict(root_limits(seen(row), HOST, sites)) is kind
    assert verdict(root_limits(REFUSED, HOST, sites)) is Unknown
    assert verdict(root_limits(seen(uploads(UNSET)), HOST, sites)) is Unknown
    assert verdict(root_limits(seen(uploads(below=None)), HOST, sites)) is Unknown


@pytest.mark.parametrize(
    ("verifies", "mode", "public", "kind"),
    [
        (False, "https", False, Pass),
        (False, "https", True, Warn),
        (True, "https", False, Fail),
        (True, "enhanced-http", False, Pass),
        (True, unset("mp.mode"), False, Manual),
        (True, "https", True, Unknown),
        (True, "https", unset("cmg.crl_public"), Manual),
        (UNSET, "https", False, Unknown),
        (None, "https", False, Unknown),
    ],
)
def test_crl_verification(verifies: Any, mode: Any, public: Any, kind: type) -> None:
    row = GatewaySetting(**NAMED, client_cert_revocation_enabled=verifies)
    assert verdict(crl_verification(NOW, seen(row), HOST, mode, public, NO_LISTS)) is kind
    assert verdict(crl_verification(NOW, REFUSED, HOST, mode, public, NO_LISTS)) is Unknown


# -- the cloud distribution point (historical) --


def point(**more: Any) -> Any:
    return gateway(
        **{
            "service_type": "CloudDistributionPoint",
            "name": "cdp",
            "service_c_name": "cdp.contoso.com",
            **more,
        }
    )


@pytest.mark.parametrize(
    ("wanted", "content", "internet", "services", "kind"),
    [
        (False, True, True, seen(gateway()), Pass),
        (False, False, False, seen(), Pass),
        (True, True, True, seen(), Warn),
        (False, True, True, seen(point()), Warn),
        (False, False, True, seen(), Fail),
        (False, unset("cmg.content_enabled"), True, seen(), Manual),
        (False, False, unset("engagement.internet_clients"), seen(), Manual),
        (False, True, True, seen(sees=MAYBE), Unknown),
        (False, True, True, seen(gateway(service_type=UNSET)), Unknown),
        (False, True, True, REFUSED, Unknown),
    ],
)
def test_cdp_decision(wanted: Any, content: Any, internet: Any, services: Any, kind: type) -> None:
    assert verdict(cdp_service.decision(wanted, content, internet, services)) is kind


@pytest.mark.parametrize(
    ("services", "sites", "pfx", "kind"),
    [
        (seen(point()), seen(site(9049)), file(), Pass),
        (seen(point()), seen(site(9058)), file(), Warn),
        (seen(point()), seen(site(9049)), file(OTHER), Warn),
        (seen(point(state=4)), seen(site(9049)), file(), Warn),
        (seen(point(state=6)), seen(site(9049)), file(), Fail),
        (seen(point(state=3)), seen(site(9049)), file(), Unknown),
        (seen(point(state=UNSET)), seen(site(9049)), file(), Unknown),
        (seen(point(service_thumbprint=UNSET)), seen(site(9049)), file(), Unknown),
        (seen(point()), REFUSED, file(), Unknown),
        (seen(point()), seen(site(UNSET)), file(), Unknown),
        (seen(point()), seen(site(9049)), unset("files.cdp_pfx"), Manual),
        (seen(gateway()), seen(site()), file(), Fail),
        (seen(sees=MAYBE), seen(site()), file(), Unknown),
        (seen(point(service_type=UNSET)), seen(site()), file(), Unknown),
    ],
)
def test_cdp_deployed(services: Any, sites: Any, pfx: Any, kind: type) -> None:
    assert verdict(cdp_service.deployed(services, sites, "cdp.contoso.com", pfx, NOT_SENT, NOW)) is kind


def test_what_is_retired_says_what_replaces_it() -> None:
    (outcome,) = cdp_service.deployed(seen(), seen(site()), "cdp.contoso.com", REFUSED, NOT_SENT, NOW)
    assert isinstance(outcome, Fail)
    assert "retired" in outcome.observed
    assert "Let the gateway serve content" in outcome.remedy[0]


# -- the management certificate (historical) --


@pytest.mark.parametrize(
    ("pfx", "kind"),
    [
        (file(cert(days=31)), Pass),
        (file(cert(days=30)), Warn),
        (file(cert(days=-1)), Fail),
        (file(cert(since=-1)), Fail),
        (file(has_key=False), Fail),
        (file(key_matches=False), Fail),
        (file(key_matches=None), Unknown),
    ],
)
def test_azuremgmt_certificate(pfx: Any, kind: type) -> None:
    outcome = worst(azuremgmt.certificate(pfx, REFUSED, NOW))
    assert type(outcome) is kind
    dated = [Ends(f"Certificate {pfx.leaf.name} ({pfx.name})", pfx.leaf.not_after.date())]
    assert list(outcome.ends) == (dated if pfx.leaf.not_before <= NOW else [])


@pytest.mark.parametrize(
    ("pfx", "kind"),
    [
        (file(), Pass),
        (file(has_key=False), Fail),
        (file(key_matches=False), Fail),
        (file(key_matches=None), Unknown),
    ],
)
def test_azuremgmt_pfx_export(pfx: Any, kind: type) -> None:
    assert verdict(azuremgmt.pfx_export(pfx)) is kind


def cer(form: Any = "der", *, has_key: bool = False) -> CertificateFile:
    return file(name="mgmt.cer", form=form, has_key=has_key)


@pytest.mark.parametrize(
    ("exported", "pfx", "kind"),
    [
        (cer(), file(), Pass),
        (cer("pem"), file(), Warn),
        (cer("pkcs7"), file(), Fail),
        (cer("pem", has_key=True), file(), Fail),
        (cer(), file(OTHER), Fail),
        (cer(), REFUSED, Unknown),
        (cer(), unset("files.azure_mgmt_pfx"), Manual),
    ],
)
def test_azuremgmt_cer_export(exported: Any, pfx: Any, kind: type) -> None:
    assert verdict(azuremgmt.cer_export(exported, pfx)) is kind


CLEAN = Stores((store("CM01", entry()),))
LEFT = Stores((store("CM01", entry(thumbprint="AB" * 20)),))
HALF = Stores((store("CM01", entry()),), (UnreadFile("s.json", "cannot be read"),))
NO_PRINT = Stores((store("CM01", entry(thumbprint="")),))
NO_PFX, NO_STORES = unset("files.azure_mgmt_pfx"), unset("files.collected_server_certs")


@pytest.mark.parametrize(
    ("method", "path", "pfx", "stores", "confirmed", "kind"),
    [
        ("classic", "m.pfx", file(), CLEAN, UNASKED, Pass),
        ("classic", "m.pfx", file(), LEFT, YES, Fail),
        ("classic", "m.pfx", file(), HALF, YES, Unknown),
        ("classic", "m.pfx", file(), NO_PRINT, YES, Unknown),
        ("classic", "m.pfx", file(), REFUSED, YES, Unknown),
        ("classic", "m.pfx", file(), REFUSED, NO, Fail),
        ("classic", "m.pfx", file(), REFUSED, UNASKED, Unknown),
        ("classic", NO_PFX, NO_PFX, NO_STORES, YES, Pass),
        ("classic", NO_PFX, NO_PFX, NO_STORES, NO, Fail),
        ("classic", NO_PFX, NO_PFX, NO_STORES, UNASKED, Manual),
        ("arm-vmss", NO_PFX, NO_PFX, NO_STORES, UNASKED, NotApplicable),
        ("arm-vmss", NO_PFX, NO_PFX, NO_STORES, NO, Fail),
        ("arm-vmss", "m.pfx", file(), LEFT, UNASKED, Fail),
    ],
)
def test_azuremgmt_key_removed(
    method: Any, path: Any, pfx: Any, stores: Any, confirmed: Any, kind: type
) -> None:
    assert verdict(azuremgmt.key_removed(method, path, pfx, stores, confirmed)) is kind


@pytest.mark.parametrize(("confirmed", "kind"), [(YES, Pass), (NO, Fail)])
def test_azuremgmt_uploaded(confirmed: Any, kind: type) -> None:
    assert verdict(azuremgmt.uploaded(cer(), confirmed)) is kind
    assert verdict(azuremgmt.uploaded(REFUSED, confirmed)) is kind
