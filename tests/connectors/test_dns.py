"""The DNS connector against Knot, Unbound and dnsdist, and against servers that send nonsense."""

import random
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset
import pytest

from assess.check import Missing
from assess.collect import collect, questions
from assess.connectors import Visit
from assess.connectors.dns import DnsConnector, connect
from assess.discover import library
from assess.engagement import Engagement, engagement_from
from assess.errors import Unavailable
from assess.evaluate import judge
from assess.evidence import Ask
from assess.evidence.dns import (
    Address,
    AddressBook,
    Addresses,
    Aliases,
    ClassicAddress,
    Cname,
    Delegation,
    Disagreement,
    Lookup,
    NoAnswer,
    NoName,
    NoRecord,
    Target,
    TargetAddress,
    View,
    Wildcard,
    Zone,
    Zones,
)
from assess.model import STATUS_OF
from assess.recording import Recording, read, write
from lab.names import BROKEN, Names

NOW = datetime(2026, 11, 20, 21, 10, tzinfo=UTC)
LabNames = Callable[..., Names]
Connect = Callable[..., DnsConnector]
HOST = "enterpriseenrollment-s.manage.microsoft.com"

ZONE = f"""\
enterpriseenrollment    CNAME EnterpriseEnrollment-S.Manage.Microsoft.COM.
enterpriseregistration  A 192.0.2.7
v6                      AAAA 2001:db8::7
text                    TXT "no alias, no address"
many                    A 192.0.2.1
                        A 192.0.2.2
dangling                CNAME gone.fabrikam.com.
abroad                  CNAME www.fabrikam.com.
selfish                 CNAME selfish
loop-a                  CNAME loop-b
loop-b                  CNAME loop-a
xn--bcher-kva           CNAME {HOST}.
"""
WILD = "@ A 192.0.2.1\n* CNAME catch.all.example.net.\nmade A 192.0.2.2\n"


@pytest.fixture
def asking() -> Iterator[Connect]:
    """Connectors that are closed when the test ends."""
    made: list[DnsConnector] = []

    def make(**options: Any) -> DnsConnector:
        made.append(DnsConnector(**{"internal": (), "timeout": 2.0, **options}))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def visit(tmp_path: Path) -> Visit:
    return Visit(known=nothing(), clock=lambda: NOW, tables=tmp_path)


def nothing() -> Recording:
    return Recording(engagement({}), as_of=NOW, started_at=NOW, finished_at=NOW, tables=Path())


def engagement(more: Mapping[str, Any]) -> Engagement:
    data = {"engagement": {"name": "contoso", "scenarios": ["hybrid-mdm"]}, **more}
    return engagement_from(data, file="contoso.toml", folder=Path())


def aliases(connector: DnsConnector, visit: Visit, *names: str, view: View = "public") -> dict[str, Lookup]:
    found = connector.fetch(Cname(names, view), visit)
    assert isinstance(found, Aliases)
    return found.by_name


def why(lookup: object) -> str:
    assert isinstance(lookup, NoAnswer)
    return lookup.why


@pytest.mark.parametrize("who", ["resolver", "authority"])
def test_answers_of_a_zone(name_servers: LabNames, asking: Connect, visit: Visit, who: str) -> None:
    lab = name_servers({"contoso.com": ZONE})
    found = aliases(
        asking(public=[getattr(lab, who)]), visit,
        "enterpriseenrollment.contoso.com", "enterpriseregistration.contoso.com", "v6.contoso.com",
        "text.contoso.com", "nobody.contoso.com", "xn--bcher-kva.contoso.com", "selfish.contoso.com",
    )  # fmt: skip
    assert found == {
        "enterpriseenrollment.contoso.com": Target(HOST),
        "enterpriseregistration.contoso.com": Addresses(("192.0.2.7",)),
        "v6.contoso.com": Addresses(("2001:db8::7",)),
        "text.contoso.com": NoRecord(),
        "nobody.contoso.com": NoName(),
        "xn--bcher-kva.contoso.com": Target(HOST),
        "selfish.contoso.com": Target("selfish.contoso.com"),
    }


def test_every_name_leaves_one_note_in_order(name_servers: LabNames, asking: Connect, visit: Visit) -> None:
    lab = name_servers({"contoso.com": ZONE})
    names = ("enterpriseenrollment.contoso.com", "nobody.contoso.com", "text.contoso.com")
    aliases(asking(public=[lab.resolver]), visit, *names)
    assert [note.about for note in visit.notes] == list(names)
    assert [note.value for note in visit.notes] == [
        f"alias of {HOST}", "no such name (NXDOMAIN)", "no such record (NODATA)",
    ]  # fmt: skip
    assert visit.notes[0].location == f"{names[0]} CNAME at {lab.resolver} (public)"
    assert visit.notes[0].read_at == NOW
    assert visit.requests == 5  # one each, and A and AAAA for the name without an alias


def test_addresses_are_found_at_the_end_of_all_aliases(name_servers: LabNames, asking: Connect, visit: Visit) -> None:
    lab = name_servers({"contoso.com": ZONE, "fabrikam.com": "www A 192.0.2.9\n"})
    names = (
        "many.contoso.com", "abroad.contoso.com", "dangling.contoso.com", "loop-a.contoso.com",
        "text.contoso.com", "v6.contoso.com", "nobody.contoso.com",
    )  # fmt: skip
    found = asking(public=[lab.resolver]).fetch(Address(names), visit)
    assert isinstance(found, AddressBook)
    assert found.by_name["many.contoso.com"] == Addresses(("192.0.2.1", "192.0.2.2"))
    assert found.by_name["abroad.contoso.com"] == Addresses(("192.0.2.9",))
    assert found.by_name["dangling.contoso.com"] == NoName()
    assert found.by_name["text.contoso.com"] == NoRecord()
    assert found.by_name["v6.contoso.com"] == Addresses(("2001:db8::7",))
    assert found.by_name["nobody.contoso.com"] == NoName()
    assert isinstance(found.by_name["loop-a.contoso.com"], NoAnswer)


def test_a_server_that_does_not_resolve_proves_nothing_about_targets(
    name_servers: LabNames, asking: Connect, visit: Visit
) -> None:
    lab = name_servers({"contoso.com": ZONE, "fabrikam.com": "www A 192.0.2.9\n", "example.net": "sub NS ns.sub\n"})
    connector = asking(public=[lab.authority])
    found = connector.fetch(Address(("loop-a.contoso.com", "x.sub.example.net")), visit)
    assert isinstance(found, AddressBook)
    assert "loop of aliases" in why(found.by_name["loop-a.contoso.com"])
    assert "only refers to other servers" in why(found.by_name["x.sub.example.net"])
    assert "only refers" in why(aliases(connector, visit, "x.sub.example.net")["x.sub.example.net"])


def test_no_answer_says_which_server_did_what(name_servers: LabNames, asking: Connect, visit: Visit) -> None:
    lab = name_servers({"contoso.com": ZONE, "broken.com": BROKEN}, dead=["dead.com"])
    faulty = lab.broken({
        "refused.contoso.com": "refused", "drop.contoso.com": "drop", "late.contoso.com": "delay:3000",
    })  # fmt: skip
    found = aliases(
        asking(public=[faulty], timeout=1.0), visit, "x.broken.com", "x.dead.com",
        "refused.contoso.com", "drop.contoso.com", "late.contoso.com", "nobody.contoso.com",
    )  # fmt: skip
    assert why(found["x.broken.com"]) == f"{faulty} answered SERVFAIL"
    assert why(found["refused.contoso.com"]) == f"{faulty} answered REFUSED"
    assert why(found["drop.contoso.com"]) == f"{faulty} did not answer in time"
    assert why(found["late.contoso.com"]) == f"{faulty} did not answer in time"
    assert isinstance(found["x.dead.com"], NoAnswer)
    assert found["nobody.contoso.com"] == NoName()


def test_a_late_answer_that_is_in_time_is_an_answer(name_servers: LabNames, asking: Connect, visit: Visit) -> None:
    lab = name_servers({"contoso.com": ZONE})
    slow = lab.broken({"contoso.com": "delay:200"})
    name = "enterpriseenrollment.contoso.com"
    assert aliases(asking(public=[slow], timeout=5.0), visit, name) == {name: Target(HOST)}


def test_what_is_cut_short_is_asked_for_over_tcp(name_servers: LabNames, asking: Connect, visit: Visit) -> None:
    long = "".join(f"big A 192.0.2.{number}\n" for number in range(1, 100))
    lab = name_servers({"contoso.com": ZONE + long})
    connector = asking(public=[lab.resolver])
    assert aliases(connector, visit, "big.contoso.com")["big.contoso.com"] == Addresses(
        tuple(sorted(f"192.0.2.{number}" for number in range(1, 100)))
    )
    cut = lab.broken({"contoso.com": "truncate"})
    name = "enterpriseenrollment.contoso.com"
    assert aliases(asking(public=[cut]), visit, name) == {name: Target(HOST)}


def test_the_servers_are_tried_in_turn(name_servers: LabNames, asking: Connect, visit: Visit) -> None:
    lab = name_servers({"contoso.com": ZONE})
    failing, silent = lab.broken({".": "servfail"}), lab.broken({".": "drop"})
    name = "enterpriseenrollment.contoso.com"
    connector = asking(public=[failing, silent, lab.resolver])
    assert aliases(connector, visit, name) == {name: Target(HOST)}
    assert visit.notes[-1].location.endswith(f"{lab.resolver} (public)")
    assert visit.requests == 3
    said = why(aliases(asking(public=[failing, silent], timeout=1.0), visit, name)[name])
    assert f"{failing} answered SERVFAIL" in said
    assert f"{silent} did not answer in time" in said


def test_a_server_that_hangs_is_asked_last_after_a_while(name_servers: LabNames, asking: Connect, visit: Visit) -> None:
    lab = name_servers({"contoso.com": ZONE})
    silent = lab.broken({".": "drop"})
    connector = asking(public=[silent, lab.resolver], timeout=2.0, in_flight=1)
    names = [f"n{number}.contoso.com" for number in range(8)]
    assert set(aliases(connector, visit, *names).values()) == {NoName()}
    assert visit.requests == 3 * 2 + 5  # three times silent, then only the one that answers


def test_a_wildcard_answers_for_a_name_that_nobody_made(name_servers: LabNames, asking: Connect, visit: Visit) -> None:
    lab = name_servers({"contoso.com": ZONE, "wild.com": WILD})
    connector = asking(public=[lab.resolver])
    found = connector.fetch(Wildcard(("contoso.com", "wild.com")), visit)
    assert found == Aliases({"contoso.com": NoName(), "wild.com": Target("catch.all.example.net")})
    assert found == connector.fetch(Wildcard(("contoso.com", "wild.com")), visit)
    assert aliases(connector, visit, "any.wild.com", "made.wild.com") == {
        "any.wild.com": Target("catch.all.example.net"),
        "made.wild.com": Addresses(("192.0.2.2",)),
    }


# -- the servers of the zone --

OWN = """\
@ SOA ns1 hostmaster 1 3600 600 86400 60
@ NS ns1
@ NS ns2
ns1 A 127.0.0.201
ns2 A 127.0.0.202
alias CNAME {target}
same  CNAME same.example.net.
text  TXT "nothing else"
"""


def own(target: str) -> dict[str, str]:
    return {"contoso.com": OWN.format(target=target)}


def test_the_servers_of_a_zone_are_asked_themselves_and_compared(
    name_servers: LabNames, asking: Connect, visit: Visit
) -> None:
    old, new = name_servers(own("old.example.net.")), name_servers(own("new.example.net."))
    where = {"ns1.contoso.com:53": old.authority, "NS2.contoso.com:53": new.authority}
    connector = asking(public=[old.resolver], connect_to=where)
    names = ("alias.contoso.com", "same.contoso.com", "text.contoso.com", "x.deep.contoso.com")
    assert aliases(connector, visit, *names, view="authoritative") == {
        "alias.contoso.com": Disagreement({
            "ns1.contoso.com": Target("old.example.net"), "ns2.contoso.com": Target("new.example.net"),
        }),
        "same.contoso.com": Target("same.example.net"),
        "text.contoso.com": NoRecord(),
        "x.deep.contoso.com": NoName(),
    }  # fmt: skip
    assert aliases(connector, visit, "alias.contoso.com") == {"alias.contoso.com": Target("old.example.net")}


def test_a_server_of_the_zone_is_found_by_its_address(name_servers: LabNames, asking: Connect, visit: Visit) -> None:
    first = name_servers({"contoso.com": "alias CNAME a.example.net.\n"})
    host = first.authoritative.host
    zone = f"@ SOA ns1 h 1 3600 600 86400 60\n@ NS ns1\nns1 A {host}\nalias CNAME b.example.net.\n"
    second = name_servers({"contoso.com": zone})
    found = aliases(asking(public=[second.resolver]), visit, "alias.contoso.com", view="authoritative")
    assert found == {"alias.contoso.com": Target("a.example.net")}


def test_a_lame_server_gives_no_answer_and_the_others_do(name_servers: LabNames, asking: Connect, visit: Visit) -> None:
    lab = name_servers(own("x.example.net."))
    elsewhere = name_servers({"fabrikam.com": "@ A 192.0.2.1\n"})
    name = "alias.contoso.com"
    with responder("127.0.0.1:0", nxdomain) as lame:
        for ns2, said in ((elsewhere.authority, "answered REFUSED"), (lame, "lame delegation")):
            where = {"ns1.contoso.com:53": lab.authority, "ns2.contoso.com:53": ns2}
            connector = asking(public=[lab.resolver], connect_to=where)
            assert aliases(connector, visit, name, view="authoritative") == {name: Target("x.example.net")}
            assert said in visit.notes[-1].location
        where = {"ns1.contoso.com:53": elsewhere.authority, "ns2.contoso.com:53": lame}
        connector = asking(public=[lab.resolver], connect_to=where)
        said = why(aliases(connector, visit, name, view="authoritative")[name])
    assert "ns1.contoso.com" in said
    assert "ns2.contoso.com" in said


def test_a_zone_whose_servers_nobody_finds_is_not_answered(
    name_servers: LabNames, asking: Connect, visit: Visit
) -> None:
    lab = name_servers({"contoso.com": "alias CNAME x.example.net.\n", "gone.com": BROKEN}, dead=["dead.com"])
    connector = asking(public=[lab.resolver], timeout=1.0)
    found = aliases(
        connector, visit, "alias.contoso.com", "alias.gone.com", "x.dead.com", "x.nowhere", view="authoritative"
    )
    assert "its address is not known" in why(found["alias.contoso.com"])
    assert "SERVFAIL" in why(found["alias.gone.com"])
    assert isinstance(found["x.dead.com"], NoAnswer)
    assert "no zone with name servers" in why(found["x.nowhere"])
    wrong = asking(public=[lab.resolver], connect_to={"ns.lab.test:53": "localhost"})
    found = aliases(wrong, visit, "alias.contoso.com", view="authoritative")
    assert "[network] connect_to" in why(found["alias.contoso.com"])


def test_a_server_of_a_zone_that_never_answers_is_given_up(name_servers: LabNames, asking: Connect, visit: Visit) -> None:
    lab = name_servers({"contoso.com": "n0 A 192.0.2.1\n"})
    silent = lab.broken({".": "drop"})
    connector = asking(
        public=[lab.resolver], connect_to={"ns.lab.test:53": silent}, timeout=0.3, in_flight=1
    )
    names = [f"n{number}.contoso.com" for number in range(6)]
    found = aliases(connector, visit, *names, view="authoritative")
    assert all(isinstance(lookup, NoAnswer) for lookup in found.values())
    assert "has not answered anything in this run" in why(found["n5.contoso.com"])


def test_zones(name_servers: LabNames, asking: Connect, visit: Visit) -> None:
    single = "@ SOA ns.contoso.co.uk. h 1 3600 600 86400 60\n@ NS ns.contoso.co.uk.\nwww.emea A 192.0.2.1\n"
    lab = name_servers({**own("x"), "contoso.co.uk": single, "broken.com": BROKEN})
    connector = asking(public=[lab.resolver])
    names = ("contoso.com", "contoso.co.uk", "emea.contoso.co.uk", "apac.contoso.co.uk", "broken.com", "nobody.com")
    found = connector.fetch(Delegation(names), visit)
    assert isinstance(found, Zones)
    both = ("ns1.contoso.com", "ns2.contoso.com")
    above = Zone("contoso.co.uk", ("ns.contoso.co.uk",), "ns.contoso.co.uk")
    assert found.by_domain.pop("contoso.com") == Zone("contoso.com", both, "ns1.contoso.com")
    assert found.by_domain.pop("contoso.co.uk") == above
    assert found.by_domain.pop("emea.contoso.co.uk") == above
    assert found.by_domain.pop("apac.contoso.co.uk") == NoName()
    assert "SERVFAIL" in why(found.by_domain.pop("broken.com"))
    assert found.by_domain == {"nobody.com": NoName()}


# -- views --


def test_two_views_are_asked_apart(name_servers: LabNames, asking: Connect, visit: Visit) -> None:
    outside = name_servers({"contoso.com": "www CNAME a.example.net.\n"})
    inside = name_servers({"contoso.com": "www A 10.0.0.1\n"})
    connector = asking(public=[outside.resolver], internal=[inside.resolver])
    assert aliases(connector, visit, "www.contoso.com") == {"www.contoso.com": Target("a.example.net")}
    assert aliases(connector, visit, "www.contoso.com", view="internal") == {
        "www.contoso.com": Addresses(("10.0.0.1",))
    }
    assert "(internal)" in visit.notes[-1].location


@pytest.mark.parametrize("view", ["public", "authoritative", "internal"])
def test_a_view_without_a_server_is_unavailable_with_the_mend(asking: Connect, visit: Visit, view: View) -> None:
    with pytest.raises(Unavailable) as caught:
        asking(public=[], internal=(), file="contoso.toml").fetch(Cname(("a.test",), view), visit)
    assert caught.value.skipped
    assert not caught.value.key
    wanted = "internal_nameservers" if view == "internal" else "[dns] nameservers"
    assert wanted in caught.value.mend
    assert "contoso.toml" in caught.value.mend


@contextmanager
def responder(address: str, answer: Callable[[bytes], bytes | None]) -> Iterator[str]:
    """A name server of a few lines, for what no sound one sends."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        host, _, port = address.rpartition(":")
        server.bind((host, int(port)))

        def serve() -> None:
            while True:
                packet, peer = server.recvfrom(4096)
                if packet == b"stop":
                    return
                reply = answer(packet)
                if reply is not None:
                    server.sendto(reply, peer)

        thread = threading.Thread(target=serve)
        thread.start()
        name = "{}:{}".format(*server.getsockname())
        try:
            yield name
        finally:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as caller:
                caller.sendto(b"stop", server.getsockname())
            thread.join()


def nxdomain(packet: bytes) -> bytes:
    reply = dns.message.make_response(dns.message.from_wire(packet), recursion_available=True)
    reply.set_rcode(dns.rcode.NXDOMAIN)
    return reply.to_wire()


@pytest.mark.server
def test_without_a_section_the_system_is_asked_and_called_internal(visit: Visit) -> None:
    connector = connect(engagement({}))
    with responder("127.0.0.1:53", nxdomain):
        found = aliases(connector, visit, "www.contoso.com", view="internal")
        assert "127.0.0.1" in connector.probe(visit)
    assert found == {"www.contoso.com": NoName()}
    assert "this machine's resolver (internal)" in visit.notes[0].location
    with pytest.raises(Unavailable, match="no public resolver is named"):
        connector.fetch(Cname(("www.contoso.com",)), visit)
    connector.close()


def test_who_names_only_public_resolvers_is_not_asked_for_the_inside(visit: Visit) -> None:
    connector = connect(engagement({"dns": {"nameservers": ["127.0.0.1:1"]}}))
    with pytest.raises(Unavailable, match="no internal resolver is named"):
        connector.fetch(Cname(("www.contoso.com",), "internal"), visit)
    connector.close()


def other_question(packet: bytes) -> bytes:
    query = dns.message.make_query("other.test", "CNAME")
    query.id = int.from_bytes(packet[:2], "big")
    reply = dns.message.make_response(query)
    reply.flags |= dns.flags.RA
    return reply.to_wire()


@pytest.mark.parametrize(("answer", "words"), [
    (lambda _: b"", "broken answer"),
    (lambda packet: packet[:7], "broken answer"),
    (lambda packet: packet[:2] + b"\x81\x80\xff\xff\xff\xff\xff\xff\xff\xff" + packet[12:], "broken answer"),
    (lambda packet: packet, "broken answer"),
    (lambda packet: b"\x00\x00" + nxdomain(packet)[2:], "broken answer"),
    (other_question, "broken answer"),
    (lambda packet: nxdomain(packet)[:3] + b"\x8f" + nxdomain(packet)[4:], "answered 15"),
    (lambda _: None, "did not answer in time"),
])  # fmt: skip
def test_a_broken_packet_is_no_answer(
    asking: Connect, visit: Visit, answer: Callable[[bytes], bytes | None], words: str
) -> None:
    with responder("127.0.0.1:0", answer) as address:
        found = aliases(asking(public=[address], timeout=0.4), visit, "www.contoso.com")
    said = why(found["www.contoso.com"])
    assert said.startswith(address)
    assert words in said


def records(packet: bytes, *, alias: bool = True, flags: int = dns.flags.RA, rcode: int = dns.rcode.NOERROR) -> bytes:
    """A reply that shows an alias only to those who ask for addresses."""
    query = dns.message.from_wire(packet)
    reply = dns.message.make_response(query)
    reply.flags |= flags
    reply.set_rcode(dns.rcode.Rcode(rcode))
    [question] = query.question
    if alias and question.rdtype != dns.rdatatype.CNAME:
        reply.answer.append(dns.rrset.from_text(question.name, 60, "IN", "CNAME", "hidden.example.net."))
    return reply.to_wire()


def test_an_alias_that_shows_only_on_the_way_to_an_address(asking: Connect, visit: Visit) -> None:
    with responder("127.0.0.1:0", records) as address:
        found = aliases(asking(public=[address]), visit, "www.contoso.com")
    assert found == {"www.contoso.com": Target("hidden.example.net")}


def test_who_does_not_follow_an_alias_knows_no_address(asking: Connect, visit: Visit) -> None:
    with responder("127.0.0.1:0", lambda packet: records(packet, flags=dns.flags.AA)) as address:
        found = asking(public=[address]).fetch(Address("www.contoso.com"), visit)
    assert isinstance(found, AddressBook)
    assert "does not follow the alias to hidden.example.net" in why(found.by_name["www.contoso.com"])


def test_a_cut_answer_without_tcp_is_none(asking: Connect, visit: Visit) -> None:
    with responder("127.0.0.1:0", lambda packet: records(packet, flags=dns.flags.TC)) as address:
        found = aliases(asking(public=[address]), visit, "www.contoso.com")
    assert "cannot be reached" in why(found["www.contoso.com"])


def test_one_lookup_of_several_that_fails_leaves_the_name_without_an_answer(asking: Connect, visit: Visit) -> None:
    """An A that does not exist and an AAAA that nobody answers is not "no record"."""

    def only_a(packet: bytes) -> bytes | None:
        kind = dns.message.from_wire(packet).question[0].rdtype
        code = dns.rcode.SERVFAIL if kind == dns.rdatatype.AAAA else dns.rcode.NOERROR
        return records(packet, alias=False, rcode=code)

    with responder("127.0.0.1:0", only_a) as address:
        connector = asking(public=[address])
        assert "SERVFAIL" in why(aliases(connector, visit, "www.contoso.com")["www.contoso.com"])
        found = connector.fetch(Address("www.contoso.com"), visit)
        assert isinstance(found, AddressBook)
        assert "SERVFAIL" in why(found.by_name["www.contoso.com"])


def test_a_zone_whose_soa_nobody_answers_says_so(asking: Connect, visit: Visit) -> None:
    def half(packet: bytes) -> bytes:
        query = dns.message.from_wire(packet)
        [question] = query.question
        reply = dns.message.make_response(query, recursion_available=True)
        if question.rdtype == dns.rdatatype.NS and question.name.to_text() == "contoso.com.":
            reply.answer.append(dns.rrset.from_text(question.name, 60, "IN", "NS", "a.test.", "b.test."))
        elif (question.rdtype == dns.rdatatype.NS and question.name.to_text() == "lost.fabrikam.com.") or question.name.to_text() == "silent.com.":
            reply.set_rcode(dns.rcode.SERVFAIL)
        return reply.to_wire()

    with responder("127.0.0.1:0", half) as address:
        names = ("contoso.com", "www.contoso.com", "lost.fabrikam.com", "nothing.com", "silent.com")
        found = asking(public=[address]).fetch(Delegation(names), visit)
    assert isinstance(found, Zones)
    without = Zone("contoso.com", ("a.test", "b.test"), "", "it has no SOA")
    assert found.by_domain["contoso.com"] == found.by_domain["www.contoso.com"] == without
    assert "SERVFAIL" in why(found.by_domain["lost.fabrikam.com"])
    assert found.by_domain["nothing.com"] == NoRecord()
    assert "SERVFAIL" in why(found.by_domain["silent.com"])


def test_a_name_that_is_too_long_is_not_asked_for(asking: Connect, visit: Visit) -> None:
    name = ".".join(["x" * 60] * 4)
    connector = asking(public=["127.0.0.1:1"], timeout=0.2)
    found = connector.fetch(Wildcard((name,)), visit)
    assert isinstance(found, Aliases)
    assert "cannot be asked for" in why(found.by_name[name])
    assert visit.requests == 0


def test_a_strange_question_is_refused(asking: Connect, visit: Visit) -> None:
    connector = asking(public=["127.0.0.1:1"])
    assert not connector.answers(Ask())
    with pytest.raises(Unavailable):
        connector.fetch(Ask(), visit)
    assert connector.fetch(Cname(()), visit) == Aliases({})


def test_probe_names_the_servers_that_are_silent(name_servers: LabNames, asking: Connect, visit: Visit) -> None:
    lab = name_servers({"contoso.com": ZONE})
    refusing, silent = lab.broken({".": "refused"}), lab.broken({".": "drop"})
    good = asking(public=[lab.resolver, refusing], internal=[lab.authority])
    assert good.probe(visit) == (
        f"{lab.resolver} (public), {refusing} (public), {lab.authority} (internal) answered"
    )
    with pytest.raises(Unavailable, match=silent) as caught:
        asking(public=[lab.resolver, silent], timeout=0.5).probe(visit)
    assert lab.resolver not in caught.value.reason
    assert "port 53" in caught.value.mend


def test_many_threads_share_one_connector(name_servers: LabNames, asking: Connect, tmp_path: Path) -> None:
    lab = name_servers({"contoso.com": "".join(f"n{number} CNAME t{number}.example.net.\n" for number in range(400))})
    connector = asking(public=[lab.resolver], in_flight=20)

    def ask(start: int) -> bool:
        visit = Visit(known=nothing(), clock=lambda: NOW, tables=tmp_path)
        names = [f"n{number}.contoso.com" for number in range(start, start + 50)]
        found = aliases(connector, visit, *names)
        return found == {f"n{n}.contoso.com": Target(f"t{n}.example.net") for n in range(start, start + 50)}

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(ask, range(0, 400, 50)))


def test_a_zone_made_by_chance_is_read_as_it_was_written(name_servers: LabNames, asking: Connect, visit: Visit) -> None:
    chance = random.Random(20261120)
    zone, expected = "", dict[str, Lookup]()
    for number in range(300):
        name = "".join(chance.choices("abcdefghijklmnopqrstuvwxyz0123456789-_", k=chance.randint(1, 20))).strip("-")
        name = f"{name}{number}"
        match chance.randrange(4):
            case 0:
                zone += f"{name.title()} CNAME T{number}.Example.NET.\n"
                expected[f"{name}.contoso.com"] = Target(f"t{number}.example.net")
            case 1:
                zone += f"{name} A 192.0.2.{number % 256}\n"
                expected[f"{name}.contoso.com"] = Addresses((f"192.0.2.{number % 256}",))
            case 2:
                zone += f"below.{name} A 192.0.2.1\n"
                expected[f"{name}.contoso.com"] = NoRecord()
            case _:
                expected[f"{name}.contoso.com"] = NoName()
    lab = name_servers({"contoso.com": zone})
    for server in (lab.resolver, lab.authority):
        assert aliases(asking(public=[server]), visit, *expected) == expected


# -- from the engagement file to findings and back from the recording --


def test_from_questions_to_findings(name_servers: LabNames, tmp_path: Path) -> None:
    deployed = "contosocmg.westeurope A 192.0.2.50\n"
    contoso = own("x") | {"cloudapp.azure.com": deployed, "cloudapp.net": "contosocmg A 192.0.2.60\n"}
    contoso["contoso.com"] += (
        f"enterpriseenrollment CNAME {HOST}.\nenterpriseregistration A 192.0.2.9\n"
        "cmg CNAME contosocmg.westeurope.cloudapp.azure.com.\n"
    )
    outside = name_servers({**contoso, "fabrikam.com": WILD, "broken.com": BROKEN})
    inside = name_servers({"contoso.com": f"enterpriseenrollment CNAME {HOST}.\ncmg A 10.0.0.1\n"})
    subject = engagement({
        "engagement": {
            "name": "contoso", "scenarios": ["co-management-pki"], "internet_clients": True,
        },
        "tenant": {"public_domains": ["contoso.com", "fabrikam.com", "broken.com", "corp.local"], "cloud": "public"},
        "dns": {"nameservers": [outside.resolver], "internal_nameservers": [inside.resolver], "timeout": 2},
        "network": {"connect_to": {"ns1.contoso.com:53": outside.authority, "ns2.contoso.com:53": outside.authority}},
        "cmg": {
            "service_name": "cmg.contoso.com", "deployment_prefix": "contosocmg", "region": "westeurope",
        },
        "cdp": {"enabled": True, "service_name": "content.contoso.com"},
    })  # fmt: skip
    recording = Recording(subject, as_of=NOW, started_at=NOW, finished_at=NOW)
    mine = [
        name for name in library().checks
        if name.startswith("dns.") or name in ("identity.public-domain", "cmg.name-availability", "cdp.name-availability")
    ]  # fmt: skip
    asks = [ask for ask in questions(library().checks[name] for name in mine) if ask.source == "dns"]
    connector = connect(subject)
    collect(asks, [connector], recording, clock=lambda: NOW)
    connector.close()
    expected = {
        "dns.enterprise-enrollment-cname[contoso.com]": "pass",
        "dns.enterprise-enrollment-cname[fabrikam.com]": "fail",
        "dns.enterprise-enrollment-cname[broken.com]": "unknown",
        "dns.enterprise-enrollment-cname[corp.local]": "warn",
        "dns.enterprise-registration-cname[contoso.com]": "fail",
        "dns.enterprise-registration-cname[fabrikam.com]": "fail",
        "dns.enterprise-registration-cname[broken.com]": "unknown",
        "dns.enterprise-registration-cname[corp.local]": "warn",
        "dns.cmg-cname[None]": "warn",
        "dns.cdp-cname[None]": "fail",
        "dns.cname-scope[None]": "warn",
        "identity.public-domain[contoso.com]": "pass",
        "identity.public-domain[fabrikam.com]": "warn",
        "identity.public-domain[broken.com]": "unknown",
        "identity.public-domain[corp.local]": "fail",
        "cmg.name-availability[None]": "unknown",
        "cdp.name-availability[None]": "unknown",
    }
    assert statuses(recording, mine) == expected
    write(recording, tmp_path / "x.zip", tool="test")
    assert statuses(read(tmp_path / "x.zip"), mine) == expected
    recording.close()


def statuses(recording: Recording, names: list[str]) -> dict[str, str]:
    found = {}
    for name in names:
        requirement = library().catalogue.requirements[name]
        judgement = judge(requirement, library().checks[name], recording, "co-management-pki")
        for outcome in judgement.outcomes:
            found[f"{name}[{outcome.subject}]"] = STATUS_OF[type(outcome)].value
        assert judgement.read
    return found


def test_a_view_that_is_not_set_up_is_known_to_be_so(tmp_path: Path) -> None:
    subject = engagement({"tenant": {"public_domains": ["contoso.com"]}, "dns": {"nameservers": ["127.0.0.1:1"]}})
    with Recording(subject, as_of=NOW, started_at=NOW, finished_at=NOW) as recording:
        connector = connect(subject)
        ask = Cname("www.{domain}", "internal")
        collect([ask], [connector], recording, clock=lambda: NOW)
        connector.close()
        with pytest.raises(Unavailable) as caught:
            recording.answer(ask)
        assert caught.value.skipped
        assert Missing("", skipped=True).skipped


def test_questions_bind_to_plain_names() -> None:
    subject = engagement({
        "tenant": {"public_domains": ["Contoso.COM", "bücher.example.com", "corp.local"]},
        "cmg": {"deployment_prefix": "ContosoCMG", "region": "West Europe"},
        "cdp": {"service_name": "Content.contoso.com"},
    })  # fmt: skip
    with Recording(subject, as_of=NOW, started_at=NOW, finished_at=NOW) as known:
        assert Cname("www.{domain}").bind(known).names == (
            "www.contoso.com", "www.xn--bcher-kva.example.com", "www.corp.local",
        )  # fmt: skip
        assert Delegation("{domain}").bind(known).names == ("contoso.com", "xn--bcher-kva.example.com")
        label = Address("{cmg.deployment_prefix}.{cmg.region}.cloudapp.azure.com").bind(known)
        assert label.names == ("contosocmg.westeurope.cloudapp.azure.com",)
        classic = ClassicAddress("{cdp.service_name}").bind(known)
        assert classic.names == ("content.cloudapp.net",)
        assert classic.bind(known) == classic
        assert "2 more" in Cname(tuple(f"n{n}.test" for n in range(5))).describe()
        with pytest.raises(Unavailable, match="is not a name"):
            Address("{cmg.deployment_prefix}..net").bind(known)
        with pytest.raises(Unavailable) as caught:
            Cname("{cmg.service_name}").bind(known)
        assert caught.value.key == "cmg.service_name"
        with pytest.raises(Unavailable):
            TargetAddress("www.{domain}").bind(known)
