"""The directory connector against two real domain controllers, and against one that misbehaves."""

import hashlib
import os
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from socket import create_connection, create_server, socket
from typing import Any

import gssapi
import ldap3
import pytest

from assess.collect import collect
from assess.connectors import Visit
from assess.connectors.forests import ATTRIBUTES, user_of
from assess.connectors.ldap import LdapConnector, connect
from assess.connectors.ldap_session import Access
from assess.engagement import engagement_from
from assess.errors import Unavailable
from assess.evidence import Ask
from assess.evidence.directory import (
    DeviceRegistration,
    DirectoryUsers,
    Forest,
    ForestSuffixes,
    ForestUsers,
    NoAnswer,
    NotRegistered,
    People,
    Registration,
    domain_of,
)
from assess.keytypes import Secret
from assess.recording import Recording
from lab import isolation
from lab.forest import TENANT_ID
from lab.pki import Credential, Pki
from lab.samba import DomainController

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LDAP_WRONG", "certainly-wrong")
    monkeypatch.setenv("LDAP_EMPTY", "")


@pytest.fixture
def visit(tmp_path: Path) -> Visit:
    return visit_in(tmp_path)


def visit_in(folder: Path) -> Visit:
    class Nothing:
        def key(self, name: str) -> Any:
            raise AssertionError(name)

        def answer(self, ask: Ask) -> Any:
            raise AssertionError(ask)

    return Visit(known=Nothing(), clock=lambda: NOW, tables=folder)


def access(controller: DomainController, **more: Any) -> Access:
    os.environ["LDAP_PASSWORD"] = controller.password
    fixed = Access(
        "ad",
        controller.url,
        controller.user,
        Secret("ad.password", env="LDAP_PASSWORD"),
        "simple",
        controller.ca_file,
        connect_seconds=2,
        silence_seconds=2,
        answer_seconds=20,
    )
    return replace(fixed, **more)


def refusal(forest: Access, visit: Visit, ask: Ask | None = None) -> Unavailable:
    with pytest.raises(Unavailable) as caught:
        LdapConnector([forest]).fetch(ask or ForestSuffixes(), visit)
    assert caught.value.mend
    return caught.value


# -- what a real directory answers --


def test_suffixes_and_domains(dc: DomainController, visit: Visit) -> None:
    [forest] = LdapConnector([access(dc)]).fetch(ForestSuffixes(), visit).forests
    assert forest == Forest(
        "ad", dc.forest.domain, (dc.forest.domain,), tuple(sorted(dc.forest.suffixes))
    )
    assert forest.offers("CONTOSO.com")
    assert not forest.offers("contoso.net")
    assert any("uPNSuffixes" in note.location for note in visit.notes)


def test_every_user_as_the_directory_holds_them(dc: DomainController, visit: Visit) -> None:
    people = LdapConnector([access(dc)], page=7).fetch(DirectoryUsers(), visit)
    read = {user.account: user for user in people.users()}
    for seeded in dc.forest.users:
        user = read.pop(seeded.account)
        assert user.upn == seeded.upn
        assert user.mail == (seeded.mail or "")
        assert sorted(user.addresses) == sorted(seeded.proxies)
        assert user.enabled is seeded.enabled
        assert user.domain == dc.forest.domain
        assert len(user.guid) == 36
    assert {name: user.kind for name, user in read.items()} == {
        "Administrator": "built-in", "Guest": "built-in", "krbtgt": "built-in", "svc-assess": "person",
    }  # fmt: skip
    assert visit.requests > 10


def test_the_account_of_entra_connect_is_known_by_its_description(
    dc: DomainController, visit: Visit
) -> None:
    with dc.with_user("MSOL_0123456789ab", description="Monika Solberg"):
        people = LdapConnector([access(dc)]).fetch(DirectoryUsers(), visit)
    kinds = {user.account: user.kind for user in people.users()}
    assert kinds["MSOL_a1b2c3d4e5f6"] == "sync"
    assert kinds["MSOL_0123456789ab"] == "person"


def test_people_are_counted_by_suffix(dc: DomainController, visit: Visit) -> None:
    [forest] = LdapConnector([access(dc)]).fetch(DirectoryUsers(), visit).forests
    counted = {one.suffix: (one.enabled, one.disabled) for one in forest.suffixes}
    assert counted["corp.local"] == (4, 2)
    assert counted[""] == (3, 1)
    assert forest.more == 0
    assert any(note.about == "corp.local" and "4 enabled" in note.value for note in visit.notes)


def test_a_service_principal_name_marks_a_service(dc: DomainController, visit: Visit) -> None:
    with dc.with_user("svc-web", servicePrincipalName="HTTP/web.contoso.test"):
        people = LdapConnector([access(dc)]).fetch(DirectoryUsers(), visit)
    assert {user.account for user in people.users() if user.service} == {"krbtgt", "svc-web"}


def test_the_scope_narrows_the_search(dc: DomainController, visit: Visit) -> None:
    scope = f"OU=Branch,{dc.base}"
    people = LdapConnector([access(dc)]).fetch(DirectoryUsers(scope=scope), visit)
    assert {user.account for user in people.users()} == {
        user.account for user in dc.forest.users if user.ou == "Branch"
    }
    assert people.forests[0].scope == scope


def test_a_scope_that_is_not_there_is_no_empty_list(dc: DomainController, visit: Visit) -> None:
    ask = DirectoryUsers(scope=f"OU=Nowhere,{dc.base}")
    assert "no such object" in refusal(access(dc), visit, ask).reason
    elsewhere = LdapConnector([access(dc)]).fetch(
        DirectoryUsers(scope="OU=x,DC=else,DC=test"), visit
    )
    assert "lies in no domain" in elsewhere.refused()[0].reason


def test_a_domain_that_is_no_domain_of_the_forest_is_no_answer(
    dc: DomainController, visit: Visit
) -> None:
    ask = DirectoryUsers(domains=(dc.forest.domain, "child.contoso.test"))
    people = LdapConnector([access(dc)]).fetch(ask, visit)
    assert len(people.read()) == 1
    assert "child.contoso.test" in people.refused()[0].reason


def test_hybrid_join(dc: DomainController, visit: Visit) -> None:
    connector = LdapConnector([access(dc)])
    [found] = connector.fetch(DeviceRegistration(), visit).forests
    assert found == Registration("ad", dc.forest.domain, "contoso.onmicrosoft.com", TENANT_ID)
    point = (
        "CN=62a0ff2e-97b9-4513-943f-0d221bd30080,CN=Device Registration Configuration,CN=Services,"
        f"{dc.configuration}"
    )
    with dc.with_values(point, "keywords", []):
        [empty] = connector.fetch(DeviceRegistration(), visit).forests
    assert isinstance(empty, NotRegistered)


@pytest.mark.parametrize("url", ["plain_url", "url_by_address"])
def test_every_way_in_is_encrypted(dc: DomainController, visit: Visit, url: str) -> None:
    forest = access(dc, server=getattr(dc, url))
    assert LdapConnector([forest]).fetch(ForestSuffixes(), visit).forests
    probed = LdapConnector([forest]).probe(visit)
    assert dc.user in probed
    assert dc.forest.domain in probed


def test_the_global_catalog_will_do(dc: DomainController, visit: Visit) -> None:
    forest = access(dc, server=f"{dc.url}:3269")
    connector = LdapConnector([forest])
    people = connector.fetch(DirectoryUsers(), visit)
    assert len(list(people.users())) == len(dc.forest.users) + 4
    # The suffixes are not in the catalog: the directory itself is asked for them.
    assert "contoso.com" in connector.fetch(ForestSuffixes(), visit).forests[0].added


def test_two_forests(dc: DomainController, second_dc: DomainController, visit: Visit) -> None:
    second = replace(access(second_dc), section="ad.forests.fab")
    os.environ["LDAP_PASSWORD"] = dc.password
    people = LdapConnector([access(dc), second]).fetch(DirectoryUsers(), visit)
    assert [forest.root for forest in people.read()] == [dc.forest.domain, second_dc.forest.domain]
    assert len({user.dn for user in people.users()}) == len(list(people.users()))


def test_one_forest_that_hangs_does_not_take_the_other_with_it(
    dc: DomainController, second_dc: DomainController, visit: Visit
) -> None:
    second = replace(access(second_dc), section="ad.forests.fab")
    with second_dc.hanging():
        people = LdapConnector([access(dc), second]).fetch(DirectoryUsers(), visit)
    good, bad = people.forests
    assert isinstance(good, ForestUsers)
    assert isinstance(bad, NoAnswer)
    assert bad.section == "ad.forests.fab"
    assert "in time" in bad.reason


def test_end_to_end_from_the_engagement_file(
    dc: DomainController,
    second_dc: DomainController,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LDAP_PASSWORD", dc.password)
    reach = {"password": {"env": "LDAP_PASSWORD"}}
    engagement = engagement_from(
        {
            "engagement": {"name": "t", "scenarios": ["hybrid-mdm"]},
            "ad": {
                "server": dc.url, "user": dc.user, "ca_file": str(dc.ca_file), **reach,
                "user_scope_dn": f"OU=Branch,{dc.base}",
                "forests": {
                    "fab": {
                        "server": second_dc.plain_url, "user": second_dc.user,
                        "ca_file": str(second_dc.ca_file), **reach,
                    }
                },
            },
        },
        file="t.toml",
        folder=tmp_path,
    )  # fmt: skip
    recording = Recording(engagement, as_of=NOW, started_at=NOW, finished_at=NOW)
    asks: list[Ask] = [DirectoryUsers(), ForestSuffixes(), DeviceRegistration()]
    collect(asks, [connect(engagement)], recording, clock=lambda: NOW)
    people: People = recording.answer(DirectoryUsers())
    branch = sum(user.ou == "Branch" for user in dc.forest.users)
    assert [len(f.users) for f in people.read()] == [branch, len(second_dc.forest.users) + 4]
    assert len(recording.answer(ForestSuffixes()).forests) == 2
    assert len(recording.answer(DeviceRegistration()).forests) == 2
    kept = str(recording.records)
    assert dc.password not in kept
    assert dc.user not in str(engagement.public())


# -- what goes wrong with a real one --


def test_a_wrong_authority_and_a_wrong_name_are_told_apart(
    dc: DomainController, visit: Visit
) -> None:
    wrong = refusal(access(dc, ca_file=dc.other_ca_file), visit)
    assert "authority that is not trusted" in wrong.reason
    assert "ca_file" in wrong.mend
    with isolation.names({"other.contoso.test": dc.address}):
        name = refusal(access(dc, server="ldaps://other.contoso.test"), visit)
        plain = refusal(access(dc, server="ldap://other.contoso.test"), visit)
    assert "is for another name than other.contoso.test" in name.reason
    assert "is for another name than other.contoso.test" in plain.reason
    assert "ad.server" in name.mend


def test_without_an_authority_of_its_own_the_system_decides(
    dc: DomainController, visit: Visit
) -> None:
    assert "authority that is not trusted" in refusal(access(dc, ca_file=None), visit).reason


def test_a_certificate_file_that_is_none(
    dc: DomainController, visit: Visit, tmp_path: Path
) -> None:
    bad = tmp_path / "ca.pem"
    bad.write_text("no certificate")
    assert "ca_file" in refusal(access(dc, ca_file=bad), visit).reason
    assert "ca_file" in refusal(access(dc, ca_file=tmp_path / "absent.pem"), visit).reason


def test_a_wrong_password_is_said_and_not_tried_again(dc: DomainController, visit: Visit) -> None:
    connector = LdapConnector([access(dc, password=Secret("ad.password", env="LDAP_WRONG"))])
    reasons = set()
    for ask in (ForestSuffixes(), DirectoryUsers(), DeviceRegistration(), ForestSuffixes()):
        with pytest.raises(Unavailable) as caught:
            connector.fetch(ask, visit)
        reasons.add(caught.value.reason)
    assert len(reasons) == 1
    assert "name or password is wrong" in reasons.pop()
    assert "certainly-wrong" not in str(caught.value)
    with dc.connection(as_admin=True) as connection:
        connection.search(dc.user_dn, "(objectClass=*)", ldap3.BASE, attributes=["badPwdCount"])
        assert int(connection.response[0]["raw_attributes"]["badPwdCount"][0]) <= 1


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"password": Secret("ad.password", env="LDAP_EMPTY")}, "not set"),
        ({"password": None}, "ad.password is not set"),
        ({"user": ""}, "ad.user is not set"),
    ],
)
def test_nobody_signs_in_anonymously(
    dc: DomainController, visit: Visit, more: dict[str, Any], said: str
) -> None:
    assert said in refusal(access(dc, **more), visit).reason


def test_a_disabled_account(dc: DomainController, visit: Visit) -> None:
    with dc.with_values(dc.user_dn, "userAccountControl", ["66050"]):
        assert "the account is disabled" in refusal(access(dc), visit).reason


def test_a_server_that_hangs_is_given_up(dc: DomainController, visit: Visit) -> None:
    for url in (dc.url, dc.plain_url):
        with dc.hanging():
            began = time.monotonic()
            said = refusal(access(dc, server=url), visit)
            assert time.monotonic() - began < 10
        assert "did not answer in time" in said.reason


def test_nobody_listens_there(dc: DomainController, visit: Visit) -> None:
    assert "cannot be reached" in refusal(access(dc, server=f"{dc.url}:1"), visit).reason
    assert (
        "cannot be reached"
        in refusal(access(dc, server="ldaps://nowhere.contoso.test"), visit).reason
    )


def test_a_port_that_is_not_ldap(dc: DomainController, visit: Visit) -> None:
    assert refusal(access(dc, server=f"ldaps://{dc.host}:389"), visit).reason
    assert refusal(access(dc, server=f"ldap://{dc.host}:636"), visit).reason


@pytest.fixture
def realm(dc: DomainController, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A client of the domain's Kerberos realm, without a ticket yet."""
    name = dc.forest.domain.upper()
    settings = tmp_path / "krb5.conf"
    settings.write_text(
        f"[libdefaults]\n default_realm = {name}\n dns_lookup_kdc = false\n"
        " dns_canonicalize_hostname = false\n rdns = false\n udp_preference_limit = 1\n"
        f"[realms]\n {name} = {{\n  kdc = {dc.address}\n }}\n"
    )
    monkeypatch.setenv("KRB5_CONFIG", str(settings))
    monkeypatch.setenv("KRB5CCNAME", f"FILE:{tmp_path / 'tickets'}")
    return name


@pytest.mark.parametrize("url", ["url", "plain_url"])
def test_kerberos_signs_the_current_user_in(
    dc: DomainController, visit: Visit, realm: str, url: str
) -> None:
    name = f"{dc.user.partition('@')[0]}@{realm}"
    subprocess.run(["kinit", name], input=dc.password.encode(), check=True, capture_output=True)
    forest = access(dc, server=getattr(dc, url), auth="kerberos", user="", password=None)
    people = LdapConnector([forest]).fetch(DirectoryUsers(), visit)
    assert len(list(people.users())) == len(dc.forest.users) + 4


@pytest.mark.parametrize("url", ["url", "plain_url"])
def test_kerberos_is_bound_to_the_certificate_of_the_server(
    dc: DomainController, visit: Visit, realm: str, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    bound: list[Any] = []
    context = gssapi.SecurityContext

    def spying(*given: Any, **named: Any) -> Any:
        bound.append(named["channel_bindings"])
        return context(*given, **named)

    monkeypatch.setattr(gssapi, "SecurityContext", spying)
    name = f"{dc.user.partition('@')[0]}@{realm}"
    subprocess.run(["kinit", name], input=dc.password.encode(), check=True, capture_output=True)
    forest = access(dc, server=getattr(dc, url), auth="kerberos", user="", password=None)
    assert LdapConnector([forest]).fetch(ForestSuffixes(), visit).forests
    trusted = ssl.create_default_context(cafile=str(dc.ca_file))
    with create_connection((dc.address, 636)) as plain, trusted.wrap_socket(plain, server_hostname=dc.host) as line:
        certificate = line.getpeercert(binary_form=True)
    assert certificate is not None
    expected = b"tls-server-end-point:" + hashlib.sha256(certificate).digest()
    assert {one.application_data for one in bound} == {expected}


@pytest.mark.usefixtures("realm")
def test_kerberos_without_a_ticket_says_so(dc: DomainController, visit: Visit) -> None:
    said = refusal(access(dc, auth="kerberos", user="", password=None), visit)
    assert "Kerberos" in said.reason
    assert "kinit" in said.mend


def test_kerberos_without_its_packages_says_what_to_install(
    dc: DomainController, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("gssapi", "winkerberos"):
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.delitem(sys.modules, "ldap3.protocol.sasl.kerberos", raising=False)
    said = refusal(access(dc, auth="kerberos"), visit)
    assert "not installed" in said.reason
    assert "assess[kerberos]" in said.mend


def test_a_directory_that_is_not_set_up_is_skipped(visit: Visit) -> None:
    with pytest.raises(Unavailable) as caught:
        LdapConnector([]).fetch(ForestSuffixes(), visit)
    assert caught.value.skipped


# -- a server that says what no real one should --

BASE, PARTITIONS = "DC=x,DC=test", "CN=Partitions,CN=Configuration,DC=x,DC=test"
PAGED = b"1.2.840.113556.1.4.319"
BIND, SEARCH, STARTTLS = 0x60, 0x63, 0x77
Attributes = Mapping[str, Sequence[str | bytes]]


def tlv(tag: int, *parts: bytes) -> bytes:
    body = b"".join(parts)
    size = len(body)
    length = bytes([size]) if size < 128 else b"\x84" + size.to_bytes(4, "big")
    return bytes([tag]) + length + body


def parsed(data: bytes) -> list[tuple[int, bytes]]:
    found = []
    while data:
        size, start = data[1], 2
        if size > 127:
            start += size - 128
            size = int.from_bytes(data[2:start], "big")
        found.append((data[0], data[start : start + size]))
        data = data[start + size :]
    return found


@dataclass
class Request:
    """A request as it came: ``page`` is the critical paging control's size and cookie, or None."""

    number: int
    kind: int
    base: str = ""
    attributes: tuple[str, ...] = ()
    page: tuple[int, bytes] | None = None

    @classmethod
    def read(cls, body: bytes) -> "Request":
        number, (kind, content), *controls = parsed(body)
        request = cls(int.from_bytes(number[1], "big"), kind)
        if kind == SEARCH:
            fields = parsed(content)
            request.base = fields[0][1].decode()
            request.attributes = tuple(name.decode() for _, name in parsed(fields[7][1]))
        for _, control in parsed(controls[0][1]) if controls else ():
            name, critical, value = parsed(control)
            assert (name[1], critical[1]) == (PAGED, b"\xff")
            size, cookie = parsed(parsed(value[1])[0][1])
            request.page = int.from_bytes(size[1], "big"), cookie[1]
        return request

    def message(self, operation: bytes, *controls: bytes) -> bytes:
        listed = (tlv(0xA0, *controls),) if controls else ()
        return tlv(0x30, tlv(2, self.number.to_bytes(4, "big")), operation, *listed)

    def entry(self, dn: str | bytes, attributes: Attributes) -> bytes:
        def octets(value: str | bytes) -> bytes:
            return tlv(4, value.encode() if isinstance(value, str) else value)

        listed = (tlv(0x30, octets(n), tlv(0x31, *map(octets, v))) for n, v in attributes.items())
        return self.message(tlv(0x64, octets(dn), tlv(0x30, *listed)))

    def done(
        self, result: int = 0, *, cookie: bytes | None = b"", text: str = "", tag: int = 0x65
    ) -> bytes:
        said = tlv(tag, tlv(10, bytes([result])), tlv(4), tlv(4, text.encode()))
        if self.page is None or cookie is None:
            return self.message(said)
        value = tlv(0x30, tlv(2, b"\0"), tlv(4, cookie))
        return self.message(said, tlv(0x30, tlv(4, PAGED), tlv(4, value)))

    def user(self, number: int, **more: Sequence[str | bytes]) -> bytes:
        fixed: Attributes = {
            "sAMAccountName": [f"u{number}"],
            "userPrincipalName": [f"u{number}@x.com"],
        }
        return self.entry(f"CN=u{number},{BASE}", {**fixed, **more})


HANG_UP = b"hang up"
Answer = Callable[[Request], Iterator[bytes] | Sequence[bytes]]


@dataclass
class Script:
    """A domain controller of x.test; ``people`` answers the search for users, ``other`` whatever it wants."""

    people: Answer = lambda request: [request.user(1), request.done()]
    other: Callable[[Request], Sequence[bytes] | None] = lambda _: None
    held: Sequence[str] = (BASE,)
    domains: Sequence[str] = ("x.test",)
    asked: list[Request] = field(default_factory=list)

    def answer(self, request: Request) -> Iterator[bytes] | Sequence[bytes]:
        self.asked.append(request)
        special = self.other(request)
        if special is not None:
            return special
        if request.kind == BIND:
            return [request.done(tag=0x61)]
        if request.kind == STARTTLS:
            return [request.done(tag=0x78)]
        if request.base == "":
            root = {
                "namingContexts": self.held, "rootDomainNamingContext": [BASE],
                "configurationNamingContext": [f"CN=Configuration,{BASE}"],
            }  # fmt: skip
            return [request.entry("", root), request.done()]
        if "nCName" in request.attributes:
            entries = [
                request.entry(
                    f"CN={name},{PARTITIONS}",
                    {
                        "nCName": [",".join(f"DC={label}" for label in name.split("."))],
                        "dnsRoot": [name],
                    },
                )
                for name in self.domains
            ]
            return [*entries, request.done()]
        if request.base == PARTITIONS:
            return [
                request.entry(PARTITIONS, {"objectClass": ["top"], "uPNSuffixes": ["X.com"]}),
                request.done(),
            ]
        if request.attributes == ("description",):
            return [request.done()]
        return self.people(request)


@contextmanager
def scripted(script: Script, credential: Credential, host: str, port: int = 636) -> Iterator[None]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(credential.certificate, credential.key)

    def conversation(line: socket) -> None:
        try:
            if port in (636, 3269):
                line = context.wrap_socket(line, server_side=True)
            while True:
                request = Request.read(read_message(line))
                for said in script.answer(request):
                    if said == HANG_UP:
                        return
                    line.sendall(said)
                if request.kind == STARTTLS:
                    line = context.wrap_socket(line, server_side=True)
        except OSError:
            return
        finally:
            line.close()

    threads: list[threading.Thread] = []
    with create_server((host, port)) as listener:

        def accept() -> None:
            with suppress(OSError):
                while True:
                    plain, _ = listener.accept()
                    plain.settimeout(10)
                    threads.append(
                        threading.Thread(target=conversation, args=(plain,), daemon=True)
                    )
                    threads[-1].start()

        acceptor = threading.Thread(target=accept, daemon=True)
        acceptor.start()
        try:
            yield
        finally:
            with suppress(OSError):
                listener.shutdown(2)
    for thread in (acceptor, *threads):
        thread.join(5)


def read_message(line: socket) -> bytes:
    """The body of one LDAP message; raises OSError where the client has gone."""
    data = b""
    while len(data) < 2 or len(data) < (total := _total(data)):
        more = line.recv(65536)
        if not more:
            raise ConnectionResetError
        data += more
    return parsed(data[:total])[0][1]


def _total(data: bytes) -> int:
    if data[1] < 128:
        return 2 + data[1]
    octets = data[1] - 128
    return (
        2 + octets + int.from_bytes(data[2 : 2 + octets], "big")
        if len(data) >= 2 + octets
        else 1 << 40
    )


Serve = Callable[..., Access]


@pytest.fixture
def served(lab_pki: Pki, lab_ca: Credential, monkeypatch: pytest.MonkeyPatch) -> Iterator[Serve]:
    """``served(script)``: how to reach a domain controller that follows it."""
    isolation.require_namespace()
    monkeypatch.setenv("LDAP_PASSWORD", "any")
    running: list[Any] = []

    def start(script: Script, *, scheme: str = "ldaps", catalog: Script | None = None) -> Access:
        host = isolation.fresh_address()
        credential = lab_pki.issue(lab_ca, "dc.x.test", addresses=[host], key="ec:P-256")
        ports = {"ldaps": 636, "ldap": 389}
        for one, port in ((script, ports[scheme]), (catalog, 3269)):
            if one is not None:
                running.append(scripted(one, credential, host, port))
                running[-1].__enter__()
        return Access(
            "ad", f"{scheme}://{host}", "reader@x.test", Secret("ad.password", env="LDAP_PASSWORD"),
            "simple", lab_ca.certificate, connect_seconds=2, silence_seconds=1, answer_seconds=3,
        )  # fmt: skip

    yield start
    for one in running:
        one.__exit__(None, None, None)


def accounts(forest: Access, visit: Visit, ask: DirectoryUsers | None = None) -> list[str]:
    people = LdapConnector([forest]).fetch(ask or DirectoryUsers(), visit)
    return [user.account for user in people.users()]


def test_every_list_is_asked_for_page_by_page(served: Serve, visit: Visit) -> None:
    def people(request: Request) -> list[bytes]:
        assert request.page is not None
        number = int(request.page[1] or b"0")
        cookie = str(number + 1).encode() if number < 3 else b""
        return [
            request.user(10 * number),
            request.user(10 * number + 1),
            request.done(cookie=cookie),
        ]

    script = Script(people)
    assert accounts(served(script), visit) == ["u0", "u1", "u10", "u11", "u20", "u21", "u30", "u31"]
    lists = [
        r for r in script.asked if r.kind == SEARCH and r.base and r.attributes[0] != "objectClass"
    ]
    assert lists
    for request in lists:
        assert request.page is not None
        assert 500 <= request.page[0] <= 1000
    [*_, last] = lists
    assert set(last.attributes) == set(ATTRIBUTES)


@pytest.mark.parametrize(
    ("ending", "said"),
    [
        (lambda r: r.done(cookie=None), "page by page"),
        (lambda r: r.done(4), "size limit"),
        (lambda r: r.done(11), "administrative limit"),
        (lambda r: r.done(12, cookie=None), "page by page"),
        (lambda r: r.done(10), "another domain controller"),
        (lambda r: r.done(1), "wants a sign-in"),
        (lambda r: r.done(80, text="oh\0 no"), "oh no"),
        (lambda _: HANG_UP, "hung up"),
        (lambda _: b"", "in time"),
        (lambda _: b"\x30\x03\x02\x01", "in time"),
        (lambda _: b"HTTP/1.1 400 Bad Request\r\n\r\n" * 9, ""),
    ],
)
@pytest.mark.parametrize("page", [0, 1])
def test_half_a_list_is_no_list(
    served: Serve,
    visit: Visit,
    tmp_path: Path,
    ending: Callable[[Request], bytes],
    said: str,
    page: int,
) -> None:
    def people(request: Request) -> list[bytes]:
        at = int((request.page or (0, b""))[1] or b"0")
        return [request.user(at), ending(request) if at == page else request.done(cookie=b"1")]

    forest = served(Script(people))
    reason = refusal(forest, visit, DirectoryUsers()).reason
    assert said in reason
    assert [path.read_bytes() for path in tmp_path.glob("*.ndjson")] == [b""]


def test_an_answer_that_drips_is_given_up(served: Serve, visit: Visit) -> None:
    stop = threading.Event()

    def people(request: Request) -> Iterator[bytes]:
        whole = b"".join(request.user(n) for n in range(50))
        for at in range(len(whole)):
            if stop.wait(0.2):
                return
            yield whole[at : at + 1]

    began = time.monotonic()
    assert "in time" in refusal(served(Script(people)), visit, DirectoryUsers()).reason
    stop.set()
    assert time.monotonic() - began < 10


def test_pages_without_end_are_given_up(served: Serve, visit: Visit) -> None:
    script = Script(lambda request: [request.done(cookie=b"more")])
    assert "without an end" in refusal_of(served(script), visit).reason


def refusal_of(forest: Access, visit: Visit) -> Unavailable:
    with pytest.raises(Unavailable) as caught:
        LdapConnector([forest]).fetch(DirectoryUsers(), visit)
    return caught.value


def test_an_empty_domain_is_no_answer_but_an_empty_scope_is(served: Serve, visit: Visit) -> None:
    forest = served(Script(lambda request: [request.done()]))
    assert "shows no account" in refusal(forest, visit, DirectoryUsers()).reason
    assert accounts(forest, visit, DirectoryUsers(scope=f"OU=Empty,{BASE}")) == []


def test_references_to_other_servers_are_left_out(served: Serve, visit: Visit) -> None:
    def people(request: Request) -> list[bytes]:
        reference = request.message(tlv(0x73, tlv(4, b"ldap://evil.test/DC=x,DC=test")))
        return [reference, request.user(1), request.done()]

    assert accounts(served(Script(people)), visit) == ["u1"]


def test_many_values_come_in_ranges(served: Serve, visit: Visit) -> None:
    names = [f"smtp:{n}@x.com" for n in range(5)]

    def people(request: Request) -> list[bytes]:
        wanted = request.attributes[0]
        if wanted == "proxyAddresses;range=2-*":
            return [
                request.entry(request.base, {"proxyAddresses;range=2-3": names[2:4]}),
                request.done(),
            ]
        if wanted == "proxyAddresses;range=4-*":
            return [
                request.entry(request.base, {"proxyAddresses;range=4-*": names[4:]}),
                request.done(),
            ]
        return [
            request.user(1, **{"proxyAddresses;range=0-1": names[:2], "objectClass": ["user"]}),
            request.done(),
        ]

    people_found = LdapConnector([served(Script(people))]).fetch(DirectoryUsers(), visit)
    [user] = people_found.users()
    assert list(user.addresses) == names


def test_ranges_that_break_off_are_no_answer(served: Serve, visit: Visit) -> None:
    def people(request: Request) -> list[bytes]:
        if "range" in request.attributes[0]:
            return [request.entry(request.base, {}), request.done()]
        return [
            request.user(
                1, **{"proxyAddresses;range=0-0": ["smtp:a@x.com"], "objectClass": ["user"]}
            ),
            request.done(),
        ]

    assert "broke off" in refusal_of(served(Script(people)), visit).reason


def test_bytes_that_are_no_text_are_kept_and_marked(served: Serve, visit: Visit) -> None:
    def people(request: Request) -> list[bytes]:
        raw = {
            "userPrincipalName": [b"j\xf6rg@x.com"],
            "proxyAddresses": [b"smtp:\xff@x.com", b"smtp:a@x.com"],
        }
        return [request.entry(b"CN=J\xf6rg," + BASE.encode(), raw), request.done()]

    [user] = LdapConnector([served(Script(people))]).fetch(DirectoryUsers(), visit).users()
    assert user.upn == "j\ufffdrg@x.com"
    assert user.addresses == ("smtp:\ufffd@x.com", "smtp:a@x.com")
    assert set(user.undecodable) == {"userPrincipalName", "proxyAddresses", "distinguishedName"}


@pytest.mark.parametrize(
    ("code", "text", "said"),
    [
        (49, "80090308: LdapErr: DSID-0C09044E, comment: AcceptSecurityContext error, data 52e, v4563", "name or password is wrong"),
        (49, "80090308: LdapErr: DSID-0C09044E, comment: AcceptSecurityContext error, data 775, v4563", "locked out"),
        (49, "80090308: LdapErr: DSID-0C09044E, comment: AcceptSecurityContext error, data 532, v4563", "expired"),
        (49, "80090346: LdapErr: DSID-0C0906B0, comment: AcceptSecurityContext error, data 80090346, v4563", "channel binding"),
        (49, "", "sign-in is refused"),
        (8, "00002028: LdapErr: DSID-0C090256, comment: The server requires binds to turn on integrity checking", "strongerAuthRequired"),
    ],
)  # fmt: skip
def test_a_refused_sign_in_is_put_into_words(
    served: Serve, visit: Visit, code: int, text: str, said: str
) -> None:
    def other(request: Request) -> list[bytes] | None:
        return [request.done(code, text=text, tag=0x61)] if request.kind == BIND else None

    script = Script(other=other)
    forest = served(script)
    connector = LdapConnector([forest])
    for _ in range(3):
        with pytest.raises(Unavailable, match=said):
            connector.fetch(ForestSuffixes(), visit)
    assert sum(request.kind == BIND for request in script.asked) == 1


def test_who_refuses_starttls_gets_no_password(served: Serve, visit: Visit) -> None:
    def other(request: Request) -> list[bytes] | None:
        return [request.done(52, tag=0x78)] if request.kind == STARTTLS else None

    script = Script(other=other)
    assert "StartTLS" in refusal(served(script, scheme="ldap"), visit).reason
    assert [request.kind for request in script.asked] == [STARTTLS]


def test_starttls_comes_before_the_password(served: Serve, visit: Visit) -> None:
    script = Script()
    assert LdapConnector([served(script, scheme="ldap")]).fetch(ForestSuffixes(), visit)
    assert [request.kind for request in script.asked][:2] == [STARTTLS, BIND]


def test_what_the_account_may_not_see_is_no_answer(served: Serve, visit: Visit) -> None:
    def bare(request: Request) -> list[bytes] | None:
        if request.base == PARTITIONS and "uPNSuffixes" in request.attributes:
            return [request.entry(PARTITIONS, {}), request.done()]
        return None

    def hidden(request: Request) -> list[bytes] | None:
        if request.base == PARTITIONS and "uPNSuffixes" in request.attributes:
            return [request.done(32)]
        return None

    assert "none of its attributes" in refusal(served(Script(other=bare)), visit).reason
    assert "does not show" in refusal(served(Script(other=hidden)), visit).reason


def test_no_connection_point_proves_something_only_where_its_neighbours_are_seen(
    served: Serve, visit: Visit
) -> None:
    def seen(request: Request) -> list[bytes] | None:
        if request.base.startswith("CN=Services"):
            return [request.entry(request.base, {"objectClass": ["container"]}), request.done()]
        return [request.done(32)] if "Device Registration" in request.base else None

    def unseen(request: Request) -> list[bytes] | None:
        return [request.done(32)] if "CN=Services" in request.base else None

    [found] = LdapConnector([served(Script(other=seen))]).fetch(DeviceRegistration(), visit).forests
    assert isinstance(found, NotRegistered)
    assert (
        "does not show" in refusal(served(Script(other=unseen)), visit, DeviceRegistration()).reason
    )


def below(request: Request) -> list[bytes]:
    """A global catalog's answer for the root domain: the domain below is in it too."""
    here = request.user(1)
    there = request.entry(f"CN=c1,DC=child,{BASE}", {"sAMAccountName": ["c1"]})
    if request.base == BASE:
        return [here, there, request.done()]
    return [there, request.done()]


def test_a_domain_of_another_server_is_read_from_the_global_catalog(
    served: Serve, visit: Visit
) -> None:
    domains = ("child.x.test", "x.test")
    forest = served(Script(domains=domains), catalog=Script(below, domains=domains))
    assert accounts(forest, visit) == ["u1", "c1"]
    assert accounts(forest, visit, DirectoryUsers(domains=("x.test",))) == ["u1"]
    only = served(Script(domains=domains), catalog=Script(below, domains=domains))
    assert accounts(only, visit, DirectoryUsers(domains=("child.x.test",))) == ["c1"]
    catalog = replace(forest, server=f"{forest.server}:3269")
    assert accounts(catalog, visit, DirectoryUsers(domains=("x.test",))) == ["u1"]


def test_a_domain_of_another_server_without_a_global_catalog_is_no_answer(
    served: Serve, visit: Visit
) -> None:
    said = refusal(served(Script(domains=("child.x.test", "x.test"))), visit, DirectoryUsers())
    assert "does not hold child.x.test" in said.reason
    assert "global catalog" in said.mend


@pytest.mark.parametrize(
    ("dn", "domain"),
    [
        ("CN=Ann,OU=Staff,DC=ad,DC=Contoso,DC=test", "ad.contoso.test"),
        (r"CN=Guest\, Ann,OU=x\,dc=evil,DC=contoso,DC=com", "contoso.com"),
        ("OU=x\\\\,DC=contoso,DC=com", "contoso.com"),
        ("DC=a", "a"),
        ("", ""),
        ("CN=nowhere", ""),
    ],
)
def test_the_domain_of_a_name(dn: str, domain: str) -> None:
    assert domain_of(dn) == domain


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        ({"objectSid": [bytes(24) + (500).to_bytes(4, "little")]}, "built-in"),
        ({"objectSid": [bytes(24) + (1103).to_bytes(4, "little")]}, "person"),
        ({"isCriticalSystemObject": [b"TRUE"]}, "critical"),
        ({"isCriticalSystemObject": [b"FALSE"]}, "person"),
        ({"userAccountControl": [b"2080"]}, "trust"),
        ({"userAccountControl": [b"-2147483136"]}, "person"),
        ({"userAccountControl": [b"nonsense"]}, "person"),
        ({}, "person"),
    ],
)
def test_who_is_a_person(raw: dict[str, list[bytes]], kind: str) -> None:
    assert user_of(b"CN=Administrator,DC=x", raw).kind == kind
