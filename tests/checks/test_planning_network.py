"""Every verdict about the VPN gateway, the SCEP server and Exchange on premises."""

from typing import Any

import pytest

from assess.check import Fail, Manual, Pass, Unknown
from assess.discover import library
from assess.evaluate import judge
from assess.evidence.config import Attested
from assess.evidence.dns import AddressBook, Addresses, NoAnswer, NoName, NoRecord
from assess.evidence.http import Answered, NoStatus, NotReached, NotTrusted
from assess.evidence.tls import Endpoints, NoAddress, NoHandshake, Refused, Silent
from assess.model import worst
from checks.planning_network import exchange_on_premises, ndes_server, vpn_infrastructure
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
