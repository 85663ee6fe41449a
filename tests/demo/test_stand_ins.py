"""The stand-ins, asked by the field's own clients."""

import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import dns.flags
import dns.message
import dns.query
import dns.rcode
import dns.rdatatype
import ldap3
import pytest
from ldap3.utils.conv import escape_bytes

from assess.demo import EXAMPLE
from assess.demo.customer import Customer
from assess.demo.directory import Directory, read_ldif
from assess.demo.listening import Listener
from assess.demo.names import NameServer
from assess.demo.web import Answers, Request
from customers import contoso

ZONE = """
$TTL 60
@         SOA   ns root 1 60 60 60 60
@         NS    ns
ns        A     192.0.2.1
www       CNAME www.elsewhere.example.
near      CNAME ns
deep.down A     192.0.2.2
"""
REST = "www.elsewhere.example. 60 IN A 192.0.2.3\n"


@pytest.fixture
def resolver() -> Iterator[NameServer]:
    with NameServer({"a.test": ZONE, ".": REST}, resolves=True, broken=["broken.a.test"]) as server:
        yield server


@pytest.fixture
def authority() -> Iterator[NameServer]:
    with NameServer({"a.test": ZONE}, resolves=False) as server:
        yield server


def ask(server: NameServer, name: str, kind: str = "A", *, tcp: bool = False) -> dns.message.Message:
    host, _, port = server.address.rpartition(":")
    query = dns.message.make_query(name, kind)
    send = dns.query.tcp if tcp else dns.query.udp
    return send(query, host, timeout=5, port=int(port))


@pytest.mark.parametrize("tcp", [False, True])
@pytest.mark.parametrize(
    ("name", "code", "answers"),
    [
        ("www.a.test", "NOERROR", 2),
        ("near.a.test", "NOERROR", 2),
        ("down.a.test", "NOERROR", 0),
        ("a.test", "NOERROR", 0),
        ("absent.a.test", "NXDOMAIN", 0),
        ("nobody.example", "NXDOMAIN", 0),
        ("x.broken.a.test", "SERVFAIL", 0),
    ],
)
def test_a_resolver(resolver: NameServer, name: str, code: str, answers: int, tcp: bool) -> None:
    reply = ask(resolver, name, tcp=tcp)
    assert (dns.rcode.to_text(reply.rcode()), len(reply.answer)) == (code, answers)
    assert reply.flags & dns.flags.RA


def test_the_server_of_a_zone(authority: NameServer) -> None:
    reply = ask(authority, "www.a.test")
    assert reply.flags & dns.flags.AA
    assert (reply.rcode(), [rr.rdtype for rr in reply.answer]) == (dns.rcode.NOERROR, [dns.rdatatype.CNAME])
    assert ask(authority, "www.elsewhere.example").rcode() == dns.rcode.REFUSED
    absent = ask(authority, "absent.a.test")
    assert (absent.rcode(), [rr.rdtype for rr in absent.authority]) == (dns.rcode.NXDOMAIN, [dns.rdatatype.SOA])


@pytest.fixture
def directory() -> Iterator[str]:
    entries = read_ldif((EXAMPLE / "directory.ldif").read_text(encoding="utf-8"))
    served = Directory(entries, {"reader": "password of a test"})
    with Listener(served.serve, certificate=EXAMPLE / "keys" / "dc01.pem") as listener:
        yield listener.address


BASE = "DC=corp,DC=contoso,DC=com"


def bound(address: str, password: str = "password of a test") -> ldap3.Connection:
    server = ldap3.Server(f"ldaps://{address}", get_info=ldap3.NONE)
    connection = ldap3.Connection(server, "reader", password, check_names=False)
    connection.bind()
    return connection


@pytest.mark.parametrize(
    ("query", "scope", "base", "count"),
    [
        ("(objectClass=*)", ldap3.BASE, BASE, 1),
        ("(objectClass=crossRef)", ldap3.LEVEL, f"CN=Partitions,CN=Configuration,{BASE}", 4),
        ("(objectClass=crossRef)", ldap3.LEVEL, BASE, 0),
        ("(&(objectCategory=person)(sAMAccountName=MSOL_*))", ldap3.SUBTREE, BASE, 1),
        ("(|(sAMAccountName=lee.gu)(sAMAccountName=*.vance))", ldap3.SUBTREE, BASE, 2),
        ("(&(objectCategory=person)(!(userPrincipalName=*)))", ldap3.SUBTREE, BASE, 5),
        ("(cn=lynne*\\28*)", ldap3.SUBTREE, BASE, 1),
        ("(userAccountControl:1.2.840.113556.1.4.803:=2)", ldap3.SUBTREE, BASE, 4),
        ("(userAccountControl>=2)", ldap3.SUBTREE, BASE, 0),
        (f"(memberOf:1.2.840.113556.1.4.1941:=CN=ConfigMgr IIS Servers,OU=Groups,{BASE})", ldap3.SUBTREE, BASE, 2),
        (f"(member:1.2.840.113556.1.4.1941:=CN=CM01,OU=Servers,{BASE})", ldap3.SUBTREE, BASE, 1),
        (f"(objectSid={escape_bytes(contoso.CONTOSO.sid(512))})", ldap3.SUBTREE, BASE, 1),
    ],
)
def test_a_search(directory: str, query: str, scope: str, base: str, count: int) -> None:
    connection = bound(directory)
    connection.search(base, query, scope, attributes=["cn"])
    assert len(connection.entries) == count
    connection.unbind()


def test_pages(directory: str) -> None:
    connection = bound(directory)
    found = connection.extend.standard.paged_search(
        BASE, "(objectCategory=person)", attributes=["cn"], paged_size=10, generator=True
    )
    assert len({entry["dn"] for entry in found}) == 42
    connection.unbind()


def test_nobody_else_is_let_in(directory: str) -> None:
    connection = bound(directory, "another")
    assert connection.result["description"] == "invalidCredentials"
    connection.search(BASE, "(objectClass=*)", attributes=["cn"])
    assert connection.result["description"] == "operationsError"
    connection.unbind()


def test_the_web_wants_a_token_and_knows_its_own(tmp_path: Path) -> None:
    with Customer(EXAMPLE, tmp_path) as customer:
        address = customer.connect_to["graph.microsoft.com:443"]
        context = ssl.create_default_context(cafile=EXAMPLE / "files" / "pki" / "stand-ins.pem")
        context.check_hostname = False  # it is called by its address here
        for host, status in (("graph.microsoft.com", 401), ("www.example.com", 404)):
            request = urllib.request.Request(f"https://{address}/v1.0/domains", headers={"Host": host})
            with pytest.raises(urllib.error.HTTPError) as refused:
                urllib.request.urlopen(request, context=context)
            assert refused.value.code == status
            refused.value.close()


class Open:
    def roles(self, token: str, audience: str) -> frozenset[str] | None:
        return frozenset()


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/things", (200, {"value": [{"@odata.type": "#one", "id": "1"}]})),
        ("/things/1", (200, {"@odata.type": "#one", "id": "1"})),
        ("/refused", (403, {"error": {"code": "No"}})),
        ("/unknown", (400, {})),
    ],
)
def test_the_type_comes_along_and_a_refusal_is_whole(path: str, said: tuple[int, object]) -> None:
    thing = {"@odata.type": "#one", "id": "1", "name": "not asked for"}
    answers = [
        {"path": "/things", "list": [thing]},
        {"path": "/things/1", "object": thing},
        {"path": "/refused", "status": 403, "object": {"error": {"code": "No"}}},
    ]
    request = Request("GET", "www.example", path, {"$select": "id"}, {}, b"")
    assert Answers({"answers": answers}, Open()).answer(request) == said
