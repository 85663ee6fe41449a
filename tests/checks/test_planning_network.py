"""Every verdict about the VPN gateway, the SCEP server and Exchange on premises."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from assess.check import Fail, Manual, Pass, Unknown
from assess.collect import collect, questions
from assess.discover import library
from assess.engagement import engagement_from
from assess.evaluate import judge
from assess.evidence.config import Attested
from assess.evidence.dns import AddressBook, Addresses, NoAnswer, NoName, NoRecord
from assess.evidence.http import Answered, NoStatus, NotReached, NotTrusted
from assess.evidence.tls import Endpoints, NoAddress, NoHandshake, Refused, Silent
from assess.model import Status, worst
from assess.recording import Recording
from assess.results import Selection, evaluate
from assess.sources import connectors_for
from checks.planning_network import exchange_on_premises, ndes_server, vpn_infrastructure
from lab.names import BROKEN
from lab.pki import Pki, around
from lab.tls import answering
from samplechecks import recording
from specimens import (
    HOST,
    NOW,
    REFUSED,
    cert,
    incomplete,
    live,
    private,
    served,
    step,
    trust,
    unset,
)


def book(answer: Any) -> AddressBook:
    return AddressBook({HOST: answer})


THERE = book(Addresses(("192.0.2.7",)))
NOWHERE, EMPTY, DEAF = book(NoName()), book(NoRecord()), book(NoAnswer("timed out"))
GOOD = live(served())
LOGIN = Endpoints({"login.microsoftonline.com": served(cert("login.microsoftonline.com"))})
DEAD = Endpoints({"login.microsoftonline.com": Silent("no answer in 15 s")})
SHUT, MUTE = Refused("nobody listens"), Silent("no answer in 15 s")
YES, CAPABLE, GUARDED = (
    Attested(True, by="A. Meyer"),
    Answered(200, "OK"),
    Answered(403, "Forbidden"),
)
OWN = served(trust=trust(None, "own"))
OLD_ISSUER = served(
    trust=trust(None, "public", step("Issuing", days=-1), step("Root", "anchor", in_file=False))
)
LACKING = served(
    trust=trust(None, "public", step("Issuing", "supplied"), step("Root", "anchor", in_file=False))
)

BOTH = [
    ({"public": NOWHERE}, Fail),
    ({"public": EMPTY}, Fail),
    ({"public": DEAF}, Unknown),
    ({"public": AddressBook({})}, Unknown),
    ({"public": REFUSED}, Unknown),
    ({"tls": live(OWN)}, Pass),
    ({"tls": live(served(cert("*.contoso.com")))}, Pass),
    ({"tls": live(served(cert(days=5)))}, Pass),
    ({"tls": live(served(cert(days=-1)))}, Fail),
    ({"tls": live(OLD_ISSUER)}, Fail),
    ({"tls": live(LACKING)}, Unknown),
    ({"tls": live(served(cert(since=-1)))}, Unknown),
    ({"tls": live(served(cert("other.contoso.com")))}, Unknown),
    ({"tls": live(served(trust=private()))}, Unknown),
    ({"tls": live(served(trust=private(own_root_named=True)))}, Unknown),
    ({"tls": live(served(trust=incomplete()))}, Unknown),
    ({"tls": REFUSED}, Unknown),
]


def one(outcomes: Any) -> type:
    found = worst(outcomes)
    assert found.subject == HOST
    return type(found)


def vpn(public: Any = THERE, tls: Any = GOOD, maintained: Any = YES) -> type:
    return one(vpn_infrastructure(NOW, HOST, public, tls, maintained))


@pytest.mark.parametrize(
    ("different", "kind"),
    [
        ({}, Pass),
        *BOTH,
        ({"tls": live(SHUT)}, Unknown),
        ({"tls": live(MUTE)}, Unknown),
        ({"tls": live(NoHandshake("plain text"))}, Unknown),
        ({"tls": live(NoAddress("no address"))}, Unknown),
        ({"maintained": Attested(False)}, Unknown),
        ({"maintained": unset('[attestations] "x" in contoso.toml')}, Manual),
        ({"maintained": unset("x"), "tls": live(SHUT)}, Unknown),
        ({"maintained": unset("x"), "public": NOWHERE}, Fail),
        ({"maintained": Attested(True), "tls": live(SHUT), "public": NOWHERE}, Fail),
    ],
)
def test_vpn(different: Any, kind: type) -> None:
    assert vpn(**different) is kind


def ndes(
    public: Any = THERE, tls: Any = GOOD, capable: Any = CAPABLE,
    bare: Any = GUARDED, control: Any = LOGIN,
) -> type:  # fmt: skip
    return one(ndes_server(NOW, HOST, public, tls, capable, bare, control))


@pytest.mark.parametrize(
    ("different", "kind"),
    [
        ({}, Pass),
        *BOTH,
        ({"control": DEAD}, Pass),
        ({"control": REFUSED}, Pass),
        ({"capable": Answered(500, "Internal Server Error")}, Fail),
        ({"capable": Answered(503)}, Fail),
        ({"capable": Answered(502)}, Unknown),
        ({"capable": Answered(404)}, Unknown),
        ({"capable": Answered(302)}, Unknown),
        ({"capable": Answered(401)}, Unknown),
        ({"capable": REFUSED}, Unknown),
        ({"capable": NotTrusted("unknown authority")}, Unknown),
        ({"capable": NotTrusted("it expired"), "tls": live(served(cert(days=-1)))}, Fail),
        ({"capable": NoStatus("it hung up")}, Fail),
        ({"capable": NoStatus("it hung up"), "control": DEAD}, Fail),
        ({"capable": NoStatus("it hung up"), "control": DEAD, "tls": REFUSED}, Unknown),
        ({"capable": NotReached("late"), "tls": live(MUTE)}, Fail),
        ({"capable": NotReached("late"), "tls": live(MUTE), "control": DEAD}, Unknown),
        ({"capable": NotReached("late"), "tls": live(MUTE), "control": REFUSED}, Unknown),
        (
            {
                "capable": NotReached("late"),
                "tls": live(MUTE),
                "control": Endpoints({HOST: served()}),
            },
            Unknown,
        ),
        ({"tls": live(SHUT)}, Fail),
        ({"tls": live(NoHandshake("plain text")), "control": DEAD}, Unknown),
        ({"bare": Answered(200)}, Unknown),
        ({"bare": Answered(404)}, Unknown),
        ({"bare": NoStatus("it hung up")}, Unknown),
        ({"bare": REFUSED}, Unknown),
    ],
)
def test_ndes(different: Any, kind: type) -> None:
    assert ndes(**different) is kind


UNSET_OPTION, UNSET_PLACE = unset("planning.chosen_option"), unset("planning.exchange_location")


@pytest.mark.parametrize(
    ("option", "location", "kind"),
    [
        ("intune-standalone", "on-premises", Pass),
        ("mdm-office-365", UNSET_PLACE, Pass),
        ("hybrid", "online", Pass),
        (UNSET_OPTION, "none", Pass),
        ("hybrid", "on-premises", Fail),
        ("hybrid", "both", Unknown),
        (UNSET_OPTION, "on-premises", Manual),
        ("hybrid", UNSET_PLACE, Manual),
        (UNSET_OPTION, UNSET_PLACE, Manual),
        (REFUSED, "both", Unknown),
    ],
)
def test_exchange(option: Any, location: Any, kind: type) -> None:
    (found,) = exchange_on_premises(option, location)
    assert type(found) is kind


@pytest.mark.parametrize(
    ("name", "keys", "status"),
    [
        ("planning.vpn-infrastructure", {}, "manual"),
        ("planning.vpn-infrastructure", {"planning.vpn_host": HOST}, "unknown"),
        ("planning.ndes-server", {}, "manual"),
        ("planning.ndes-server", {"planning.ndes_host": HOST}, "unknown"),
        ("planning.exchange-on-premises", {}, "manual"),
    ],
)
def test_nothing_was_asked(name: str, keys: dict[str, Any], status: str) -> None:
    known = library()
    with recording(**keys) as empty:
        judged = judge(
            known.catalogue.requirements[name],
            known.checks[name],
            empty,
            "management-option-choice",
        )
    outcomes = list(judged.outcomes)
    assert {type(one).__name__.lower() for one in outcomes} == {status}
    assert {one.subject for one in outcomes} == {
        keys.get("planning.vpn_host", keys.get("planning.ndes_host"))
    }


# -- from real servers, through the connectors --

NDES, VPN, LOGIN_HOST = "ndes.contoso.test", "vpn.contoso.test", "login.microsoftonline.com"
PATH = "/certsrv/mscep/mscep.dll"
WORKING = {
    PATH: (403, "text/html", b"forbidden"),
    f"{PATH}?operation=GetCACaps&message=x": (200, "text/plain", b"POSTPKIOperation\nSHA-256\n"),
}
DOWN = {
    f"{PATH}?operation=GetCACaps&message=x": (503, "text/html", b"the application pool is stopped")
}


@pytest.fixture
def assessed(
    name_servers: Any, https_server: Any, pki: Pki, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Any:
    """Statuses by requirement, where the servers do as told; ``None`` for pages: nobody listens."""
    for name in ("https_proxy", "HTTPS_PROXY", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.delenv(name, raising=False)
    root = pki.root()
    issuing = pki.intermediate(root)

    def look(zone: str, pages: Any, *, valid: Any = None, control: bool = True) -> dict[str, str]:
        shut = "127.77.9.9:443"
        addresses = dict.fromkeys((NDES, VPN, LOGIN_HOST), shut)
        hosts = [NDES, VPN] if pages is not None else []
        for host in [*hosts, *([LOGIN_HOST] if control else [])]:
            credential = pki.issue(issuing, host, valid=valid or around(NOW))
            addresses[host] = https_server(credential, answering(pages or {})).address
        described = engagement_from(
            {
                "engagement": {"name": "contoso", "scenarios": ["management-option-choice"]},
                "tenant": {"public_domains": ["contoso.test"]},
                "planning": {"ndes_host": NDES, "vpn_host": VPN},
                "files": {"trusted_root_cer": str(root.certificate)},
                "dns": {"nameservers": [name_servers({"contoso.test": zone}).resolver]},
                "network": {"connect_to": {f"{host}:443": to for host, to in addresses.items()}},
                "attestations": {"planning.vpn-infrastructure": {"answer": "yes", "by": "A. Meyer"}},
            },
            file="contoso.toml", folder=tmp_path,
        )  # fmt: skip
        known = library()
        chosen = Selection(only=("planning.ndes-server", "planning.vpn-infrastructure"))
        asks = questions(
            c for c in known.checks.values() if chosen.leaves_out(c.requirement) is None
        )
        connectors = connectors_for(asks, described)
        with Recording(described, as_of=NOW, started_at=NOW, finished_at=NOW) as recorded:
            collect(asks, connectors, recorded, clock=lambda: NOW)
            found = evaluate(known, recorded, selection=chosen).findings
        for connector in connectors:
            connector.close()
        mine = [one for one in found if one.requirement in chosen.only]
        assert all(one.evidence for one in mine if one.status is Status.PASS)
        return {one.requirement: one.status.value for one in mine}

    return look


BOTH_NAMES = "ndes A 192.0.2.7\nvpn A 192.0.2.8\n"


@pytest.mark.parametrize(
    ("zone", "pages", "control", "ndes_is", "vpn_is"),
    [
        (BOTH_NAMES, WORKING, True, "pass", "pass"),
        (BOTH_NAMES, WORKING, False, "pass", "pass"),
        (BOTH_NAMES, DOWN, True, "fail", "pass"),
        (BOTH_NAMES, {}, True, "unknown", "pass"),
        ("", WORKING, True, "fail", "fail"),
        (BOTH_NAMES, None, True, "fail", "unknown"),
        (BOTH_NAMES, None, False, "unknown", "unknown"),
        (BROKEN, WORKING, True, "unknown", "unknown"),
    ],
)
def test_real_servers(
    assessed: Any, zone: str, pages: Any, control: bool, ndes_is: str, vpn_is: str
) -> None:
    found = assessed(zone, pages, control=control)
    assert found == {"planning.ndes-server": ndes_is, "planning.vpn-infrastructure": vpn_is}


def test_real_servers_whose_certificates_have_expired(assessed: Any) -> None:
    found = assessed(BOTH_NAMES, WORKING, valid=around(NOW - timedelta(days=4000)))
    assert found == {"planning.ndes-server": "fail", "planning.vpn-infrastructure": "fail"}
