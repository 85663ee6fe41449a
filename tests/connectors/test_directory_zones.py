"""The internal view of names from the zones of a real directory, in which Samba's own library has written them."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import ldap3
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ldap3.protocol.microsoft import security_descriptor_control

from assess.collect import collect, questions
from assess.connectors import Visit
from assess.connectors.directory_zones import Malformed, host, record, zone_type
from assess.connectors.ldap import LdapConnector
from assess.discover import library
from assess.engagement import engagement_from
from assess.errors import Unavailable
from assess.evidence.dns import (
    Address,
    AddressBook,
    Addresses,
    Aliases,
    Cname,
    Disagreement,
    NoAnswer,
    NoName,
    NoRecord,
    Target,
    TargetAddress,
)
from assess.recording import Recording
from assess.results import Selection, evaluate
from assess.sources import connectors_for, whom
from lab.descriptors import descriptor
from lab.dnsrecords import zone as written
from lab.names import Names
from lab.reading import reading
from lab.samba import DomainController

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
AZURE = "contosocmg.westeurope.cloudapp.azure.com"
APEX = [("SOA", "dc1.ad.contoso.test"), ("NS", "dc1.ad.contoso.test")]
CONTOSO: dict[str, Sequence[tuple[str, str]]] = {
    "@": [*APEX, ("A", "192.0.2.1")],
    "cmg": [("CNAME", AZURE)],
    "www": [("A", "192.0.2.9"), ("A", "192.0.2.8"), ("AAAA", "2001:db8::8")],
    "six": [("AAAA", "2001:db8::1")],
    "alias": [("CNAME", "www.contoso.com")],
    "loop": [("CNAME", "loop.contoso.com")],
    "mail": [("NS", "ns.elsewhere.test")],
    "a.b": [("A", "192.0.2.3")],
    "b": [("A", "192.0.2.4")],
    "*": [("CNAME", "www.contoso.com")],
    "host.lab": [("A", "192.0.2.5")],
    "*.lab": [("A", "192.0.2.6")],
    "lab": [("A", "192.0.2.7")],
}


@contextmanager
def zone(
    controller: DomainController, name: str, nodes: Mapping[str, Sequence[tuple[str, str]]], *, kind: int = 1, place: str = "DC=DomainDnsZones,"
) -> Iterator[str]:
    """A zone in the directory, with a node for each name."""
    dn = f"DC={name},CN=MicrosoftDNS,{place}{controller.base}"
    properties, records = written(nodes, kind=kind)
    with ExitStack() as stack:
        stack.enter_context(controller.with_entry(dn, ["dnsZone"], {"dNSProperty": [properties]}))
        for node, values in records.items():
            fields: dict[str, Any] = {"dnsRecord": values} if values else {}
            stack.enter_context(controller.with_entry(f"DC={node},{dn}", ["dnsNode"], fields))
        yield dn


def aliases(found: Any) -> dict[str, Any]:
    assert isinstance(found, Aliases)
    return found.by_name


def book(found: Any) -> dict[str, Any]:
    assert isinstance(found, AddressBook)
    return found.by_name


# -- what a zone says --


@pytest.fixture(scope="module")
def contoso(dc: DomainController) -> Iterator[str]:
    with zone(dc, "contoso.com", CONTOSO) as dn:
        with dc.connection(as_admin=True) as connection:
            for name in ("gone", "*.void"):
                _, records = written({name: [("A", "192.0.2.66")]})
                node = f"DC={name},{dn}"
                connection.add(node, ["dnsNode"], {"dnsRecord": records[name], "dNSTombstoned": "TRUE"})
        yield dn
        with dc.connection(as_admin=True) as connection:
            for name in ("gone", "*.void"):
                connection.delete(f"DC={name},{dn}")


@pytest.mark.parametrize(
    ("name", "alias", "addresses"),
    [
        ("contoso.com", Addresses(("192.0.2.1",)), Addresses(("192.0.2.1",))),
        ("cmg.contoso.com", Target(AZURE), None),  # what that has for addresses, the directory does not know
        ("www.contoso.com", Addresses(("192.0.2.8", "192.0.2.9")), Addresses(("192.0.2.8", "192.0.2.9"))),
        ("six.contoso.com", Addresses(("2001:db8::1",)), Addresses(("2001:db8::1",))),
        ("alias.contoso.com", Target("www.contoso.com"), Addresses(("192.0.2.8", "192.0.2.9"))),
        ("loop.contoso.com", Target("loop.contoso.com"), NoAnswer("its aliases do not end within 8")),
        ("a.b.contoso.com", Addresses(("192.0.2.3",)), Addresses(("192.0.2.3",))),
        ("any.contoso.com", Target("www.contoso.com"), Addresses(("192.0.2.8", "192.0.2.9"))),  # the wildcard
        ("x.b.contoso.com", NoName(), NoName()),  # which does not reach below a name that is there
        ("x.lab.contoso.com", Addresses(("192.0.2.6",)), Addresses(("192.0.2.6",))),
        ("x.y.lab.contoso.com", Addresses(("192.0.2.6",)), Addresses(("192.0.2.6",))),
        ("gone.contoso.com", Target("www.contoso.com"), Addresses(("192.0.2.8", "192.0.2.9"))),  # a tombstone is no name
    ],
)
def test_what_a_zone_says_of_a_name(
    dc: DomainController, contoso: str, visit: Visit, name: str, alias: Any, addresses: Any
) -> None:
    asked = reading(dc)
    assert aliases(asked.fetch(Cname((name,), "internal"), visit)) == {name: alias}
    [note] = visit.notes
    assert note.about == name
    assert note.value == alias.text
    assert contoso in note.location
    if addresses is None:
        nothing(asked, Address((name,), "internal"), visit)
    else:
        assert book(asked.fetch(Address((name,), "internal"), visit)) == {name: addresses}


def test_a_tombstone_without_a_wildcard_is_no_name(dc: DomainController, visit: Visit) -> None:
    with zone(dc, "fabrikam.com", {"@": APEX, "old": [("A", "192.0.2.2")], "empty": []}) as dn:
        with dc.connection(as_admin=True) as connection:
            connection.modify(f"DC=old,{dn}", {"dNSTombstoned": [(ldap3.MODIFY_REPLACE, ["TRUE"])]})
        names = ("old.fabrikam.com", "never.fabrikam.com", "fabrikam.com", "empty.fabrikam.com")
        found = aliases(reading(dc).fetch(Cname(names, "internal"), visit))
    assert found["old.fabrikam.com"] == found["never.fabrikam.com"] == NoName()
    assert found["fabrikam.com"] == NoRecord()
    assert isinstance(found["empty.fabrikam.com"], NoAnswer)
    assert "without its records" in found["empty.fabrikam.com"].why


def test_the_zone_of_the_longest_name_decides(dc: DomainController, contoso: str, visit: Visit) -> None:
    with zone(dc, "cmg.contoso.com", {"@": [*APEX, ("A", "192.0.2.77")]}, place="DC=ForestDnsZones,") as dn:
        found = aliases(reading(dc).fetch(Cname(("cmg.contoso.com",), "internal"), visit))
    assert found == {"cmg.contoso.com": Addresses(("192.0.2.77",))}
    assert dn in visit.notes[0].location


def test_zones_of_old_lie_in_the_domain_itself(dc: DomainController, visit: Visit) -> None:
    with zone(dc, "contoso.app", {"@": APEX, "cmg": [("CNAME", AZURE)]}, place="CN=System,"):
        found = aliases(reading(dc).fetch(Cname(("cmg.contoso.app",), "internal"), visit))
    assert found == {"cmg.contoso.app": Target(AZURE)}


def test_the_same_zone_twice(dc: DomainController, second_dc: DomainController, contoso: str, visit: Visit) -> None:
    both = reading(dc, second_dc)
    with zone(second_dc, "contoso.com", {"@": APEX, "cmg": [("CNAME", AZURE)], "www": [("A", "192.0.2.200")]}):
        found = aliases(both.fetch(Cname(("cmg.contoso.com", "www.contoso.com"), "internal"), visit))
        behind = book(both.fetch(Address(("www.contoso.com",), "internal"), visit))
    assert found["cmg.contoso.com"] == Target(AZURE)
    assert isinstance(found["www.contoso.com"], Disagreement)
    assert len(found["www.contoso.com"].answers) == 2
    assert isinstance(behind["www.contoso.com"], NoAnswer)


# -- what no zone says --


def nothing(asked: LdapConnector, ask: Any, visit: Visit) -> Unavailable:
    with pytest.raises(Unavailable) as caught:
        asked.fetch(ask, visit)
    assert caught.value.skipped, "nobody set it up, so nothing is lost"
    assert "internal_nameservers" in caught.value.mend
    return caught.value


def test_a_name_in_no_zone_is_left_out(dc: DomainController, contoso: str, visit: Visit) -> None:
    asked = reading(dc)
    found = aliases(asked.fetch(Cname(("cmg.contoso.com", "cmg.fabrikam.com", "mail.contoso.com", "x.mail.contoso.com"), "internal"), visit))
    assert list(found) == ["cmg.contoso.com"]  # the others: in no zone, and delegated
    assert [n.value for n in visit.notes[1:]] == [
        f"no zone in the directory tells what {name} is" for name in ("cmg.fabrikam.com", "mail.contoso.com", "x.mail.contoso.com")
    ]
    for ask in (Cname(("cmg.fabrikam.com",), "internal"), Address(("cmg.fabrikam.com",), "internal")):
        assert "no zone in the directory tells what cmg.fabrikam.com is" in nothing(asked, ask, visit).reason
    target = TargetAddress(("cmg.contoso.com",), "internal", targets=(AZURE, "www.contoso.com"))
    assert book(asked.fetch(target, visit)) == {"www.contoso.com": Addresses(("192.0.2.8", "192.0.2.9"))}


@pytest.mark.parametrize("kind", [2, 3, 4])
def test_a_zone_that_only_leads_elsewhere_holds_nothing(dc: DomainController, visit: Visit, kind: int) -> None:
    with zone(dc, "contoso.app", {"@": APEX, "cmg": [("A", "192.0.2.1")]}, kind=kind):
        nothing(reading(dc), Cname(("cmg.contoso.app",), "internal"), visit)


def test_a_zone_whose_head_is_not_shown_is_no_answer(dc: DomainController, visit: Visit) -> None:
    """Else each of its names would seem to be none."""
    with zone(dc, "contoso.app", {"cmg": [("A", "192.0.2.1")]}):
        found = aliases(reading(dc).fetch(Cname(("other.contoso.app",), "internal"), visit))
    assert isinstance(found["other.contoso.app"], NoAnswer)
    assert "does not show the head" in found["other.contoso.app"].why


def test_a_node_that_may_not_be_read_is_no_answer(dc: DomainController, visit: Visit) -> None:
    hidden = descriptor("D:P(A;;GA;;;DA)", "S-1-5-21-1-2-3")
    with zone(dc, "contoso.app", {"@": APEX, "cmg": [("CNAME", AZURE)]}) as dn:
        with dc.connection(as_admin=True) as connection:
            connection.modify(
                f"DC=cmg,{dn}", {"nTSecurityDescriptor": [(ldap3.MODIFY_REPLACE, [hidden])]},
                controls=security_descriptor_control(criticality=True, sdflags=4),
            )  # fmt: skip
        found = aliases(reading(dc).fetch(Cname(("cmg.contoso.app",), "internal"), visit))
    assert isinstance(found["cmg.contoso.app"], NoAnswer)


def test_a_server_that_refuses_is_noted_and_costs_nothing(dc: DomainController, visit: Visit) -> None:
    asked = reading(dc)
    os.environ["LDAP_PASSWORD_0"] = "wrong"
    nothing(asked, Cname(("cmg.contoso.com",), "internal"), visit)
    assert "its zones were not read" in visit.notes[0].value


def test_other_questions_are_not_for_the_directory(dc: DomainController) -> None:
    asked = reading(dc)
    assert asked.answers(Cname("x", "internal"))
    assert not asked.answers(Cname("x"))
    assert not asked.answers(Cname("x", "authoritative"))


# -- the bytes --


@given(st.binary(max_size=64))
def test_whatever_the_bytes_are_the_parser_says_so(value: bytes) -> None:
    for parse in (lambda data: record(data).data, host):
        try:
            parse(value)
        except Malformed:
            continue
    zone_type([value])


def test_a_cut_record_is_no_answer(dc: DomainController, visit: Visit) -> None:
    _, records = written({"cmg": [("CNAME", AZURE)], "www": [("A", "192.0.2.1")]})
    cut = {"cmg": records["cmg"][0][:-9], "www": records["www"][0][:-1], "odd": b"\x02\0\x01\0" + bytes(20) + b"\1\2"}
    with zone(dc, "contoso.app", {"@": APEX}) as dn, ExitStack() as stack:
        for name, value in cut.items():
            stack.enter_context(dc.with_entry(f"DC={name},{dn}", ["dnsNode"], {"dnsRecord": [value]}))
        found = aliases(reading(dc).fetch(Cname(tuple(f"{name}.contoso.app" for name in cut), "internal"), visit))
    assert all(isinstance(one, NoAnswer) and "cut" in one.why for one in found.values()), found
    assert len(found) == len(cut)


# -- in a run --


def test_the_directory_stands_in_for_a_resolver_that_nobody_named(
    dc: DomainController, contoso: str, name_servers: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LDAP_PASSWORD", dc.password)
    servers: Names = name_servers({"contoso.com": f"cmg CNAME {AZURE}.\nonly A 192.0.2.5\n"})
    described: dict[str, dict[str, Any]] = {
        "engagement": {"name": "x", "scenarios": ["co-management-pki"], "stage": "production", "internet_clients": True},
        "tenant": {"public_domains": ["contoso.com"]},
        "cmg": {"service_name": "cmg.contoso.com"},
        "pki": {"issuer": "public"},
        "dns": {"nameservers": [servers.resolver], "timeout": 2.0},
        "ad": {"server": dc.url, "user": dc.user, "password": {"env": "LDAP_PASSWORD"}, "ca_file": str(dc.ca_file)},
    }
    chosen = Selection(only=("dns.cname-scope",))
    checks = [library().checks["dns.cname-scope"]]

    def run(**more: Any) -> Any:
        engagement = engagement_from(described | more, file="x.toml", folder=tmp_path)
        asks = questions(checks)
        with Recording(engagement, as_of=NOW, started_at=NOW, finished_at=NOW) as recording:
            collect(asks, connectors_for(asks, engagement), recording, clock=lambda: NOW)
            [finding] = [f for f in evaluate(library(), recording, selection=chosen).findings if f.requirement == "dns.cname-scope"]
            return finding, whom("dns", engagement)

    finding, asked = run()
    assert finding.status == "pass"
    assert f"the company network alias of {AZURE}" in finding.observed
    assert any(one.source == "ldap" and "dnsNode of cmg.contoso.com" in one.location for one in finding.evidence)
    assert asked.endswith("internal: the zones in the directory")
    differs, _ = run(cmg={"service_name": "only.contoso.com"})
    assert differs.status == "warn"  # inside, the wildcard answers
    elsewhere, _ = run(cmg={"service_name": "cmg.fabrikam.com"}, engagement=described["engagement"] | {"internet_clients": False})
    assert elsewhere.status == "unknown"
    assert any("no zone in the directory tells what cmg.fabrikam.com is" in one.value for one in elsewhere.evidence)
    nobody, asked = run(ad={})
    assert nobody.status == "unknown"
    assert asked.endswith("internal: nobody is named")
