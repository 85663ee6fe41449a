"""Revocation asked of OpenSSL's responder and lists, and of servers, lists and answers that are not as they should be."""

import http.server
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from hypothesis import given
from hypothesis import strategies as st

from assess.collect import collect, questions
from assess.connectors.dial import Dialler
from assess.connectors.http_probe import control_of
from assess.connectors.plainweb import Fetched, Post, fetch
from assess.connectors.revocation import (
    list_says,
    not_of_the_web,
    ocsp_request,
    ocsp_says,
    whole_list,
)
from assess.discover import library
from assess.engagement import Engagement, engagement_from
from assess.errors import Unavailable
from assess.evaluate import judge
from assess.evidence.federation import FederationHandshakes, FederationRevocation
from assess.evidence.graph import Domain, Domains, Federation, Federations
from assess.evidence.revocation import (
    Current,
    Declined,
    Good,
    Lists,
    NotAsked,
    NotKnown,
    NotReached,
    NotVerified,
    OwnLists,
    RevocationIn,
    RevocationOf,
    Revocations,
    Revoked,
)
from assess.model import Fail, Outcome, Pass, Unknown, worst
from assess.recording import Record, Recording, encode_answer
from assess.sources import connectors_for
from checks.azuremgmt import certificate as azure_management
from checks.cert.distribution import cdp_pki_issued
from checks.cert.gateway import cmg_validity_chain
from lab import isolation
from lab.pki import Pki
from lab.process import accepts, running
from lab.revocation import ocsp_response
from lab.tls import Endpoint, answering, http_server

NOW = datetime(2026, 11, 20, 21, 10, tzinfo=UTC)
DAY = timedelta(days=1)
HOST = "cmg.contoso.test"
LARGE = 1 << 20
SHA1, SHA256 = hashes.SHA1(), hashes.SHA256()


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)


# -- the whole way: file, chain, responder, list, verdict --


def test_the_host_that_federated_domains_sign_in_at(
    pki: Pki, tmp_path: Path, revocation: Callable[..., Any], tls_server: Callable[..., Endpoint]
) -> None:
    root = pki.root()
    server = revocation(pki, root)
    leaf = pki.issue(root, HOST, ocsp=server.ocsp, crl=server.crl)
    domains = (Domain("contoso.test", is_verified=True, authentication_type="Federated"),)
    federations = {"contoso.test": (Federation("f", passive_sign_in_uri=f"https://{HOST}/adfs/ls/"),)}
    engagement = engagement_from(
        {
            "engagement": {"name": "x", "scenarios": ["hybrid-mdm"]}, "files": {"trusted_root_cer": str(root.certificate)},
            "network": {"connect_to": {f"{HOST}:443": tls_server(leaf).address}},
        },
        file="x.toml", folder=tmp_path,
    )  # fmt: skip
    asks: list[Any] = [FederationHandshakes(), FederationRevocation()]
    for said in (Good, Revoked):
        if said is Revoked:
            pki.revoke(leaf, reason="keyCompromise")
        with Recording(engagement, as_of=NOW, started_at=NOW, finished_at=NOW) as recording:
            for ask, answer in ((Domains(), domains), (Federations(("contoso.test",)), federations)):
                recording.add(Record(ask.key, "graph", ask.describe(), NOW, NOW, 0.0, 1, (), encode_answer(answer), None))
            for ask in asks:  # what they require was not collected, but written
                collect([ask], connectors_for([ask], engagement), recording, clock=lambda: NOW)
            found: Revocations = recording.answer(FederationRevocation())
            [own] = found.by_subject[HOST]
            assert [type(one.said) for one in own.points] == [said, said]


@pytest.mark.parametrize("key", ["files.azure_mgmt_pfx", "files.cdp_pfx"])
def test_the_files_of_other_roles(pki: Pki, tmp_path: Path, revocation: Callable[..., Any], key: str) -> None:
    root = pki.root()
    server = revocation(pki, root)
    leaf = pki.issue(root, "cdp.cloudapp.net", ocsp=server.ocsp, crl=server.crl)
    file = pki.bundle([leaf])
    asks = questions([azure_management, cdp_pki_issued])
    engagement = engagement_from(
        {
            "engagement": {"name": "x", "scenarios": ["co-management-pki"], "stage": "production"},
            "cmg": {"deployment_method": "classic"},
            "files": {key.partition(".")[2]: str(file), "trusted_root_cer": str(root.certificate)},
        },
        file="x.toml", folder=tmp_path,
    )  # fmt: skip
    for said in (Good, Revoked):
        if said is Revoked:
            pki.revoke(leaf, reason="keyCompromise")
        with Recording(engagement, as_of=NOW, started_at=NOW, finished_at=NOW) as recording:
            collect(asks, connectors_for(asks, engagement), recording, clock=lambda: NOW)
            found: Revocations = recording.answer(RevocationIn(key))
            [own] = found.by_subject[file.name]
            assert [type(one.said) for one in own.points] == [said, said]
            if key == "files.azure_mgmt_pfx":
                catalogue = library().catalogue.requirements["azuremgmt.certificate"]
                judged = judge(catalogue, azure_management, recording, "co-management-pki").outcomes
                text = " ".join(str(getattr(one, "observed", "")) for one in judged)
                assert ("was revoked on" in text) is (said is Revoked), judged


@contextmanager
def collected(folder: Path, file: Path, root: Any, *asks: Any, **network: Any) -> Iterator[Recording]:
    engagement = engagement_from(
        {
            "engagement": {"name": "x", "scenarios": ["co-management-internet"]}, "cmg": {"service_name": HOST},
            "files": {"cmg_pfx": str(file), "trusted_root_cer": str(root.certificate)}, "network": network,
        },
        file="x.toml", folder=folder,
    )  # fmt: skip
    wanted = list(asks) or [ask for ask in questions([cmg_validity_chain]) if ask.source != "tls"]
    connectors = connectors_for(wanted, engagement)
    with Recording(engagement, as_of=NOW, started_at=NOW, finished_at=NOW) as recording:
        collect(wanted, connectors, recording, clock=lambda: NOW)
        yield recording


def of_file(recording: Recording) -> Revocations:
    found: Revocations = recording.answer(RevocationIn("files.cmg_pfx"))
    assert msgspec.json.decode(msgspec.json.encode(found), type=Revocations) == found
    return found


def test_good_and_revoked(pki: Pki, tmp_path: Path, revocation: Callable[..., Any]) -> None:
    root = pki.root()
    above = revocation(pki, root)
    issuing = pki.intermediate(root, ocsp=above.ocsp, crl=above.crl)
    server = revocation(pki, issuing)
    leaf = pki.issue(issuing, HOST, ocsp=server.ocsp, crl=server.crl)
    file = pki.bundle([leaf, issuing])
    with collected(tmp_path, file, root) as recording:
        found = of_file(recording)
        [own, over] = found.by_subject[file.name]
        assert (own.name, over.name) == (HOST, issuing.x509.subject.rfc4514_string().removeprefix("CN="))
        assert [(one.kind, type(one.said)) for one in (*own.points, *over.points)] == [("ocsp", Good), ("crl", Good)] * 2
        assert own.points[0].address == server.host
        assert found.control == server.host
        record = recording.record(RevocationIn("files.cmg_pfx").bind(recording))
        assert record.requests == 4
        assert {note.about for note in record.notes} == {file.name}
        assert isinstance(verdict(recording), Pass)
        assert "not revoked" in record.notes[0].value
    pki.revoke(leaf, reason="keyCompromise")
    with collected(tmp_path, file, root) as recording:
        [own, over] = of_file(recording).by_subject[file.name]
        assert [type(one.said) for one in own.points] == [Revoked, Revoked]
        assert own.revoked is not None
        assert own.revoked.reason == "keyCompromise"
        assert over.revoked is None
        assert isinstance(verdict(recording), Fail)
    pki.revoke(issuing, reason="superseded")
    with collected(tmp_path, file, root) as recording:
        [_, over] = of_file(recording).by_subject[file.name]
        assert over.revoked is not None
        assert over.revoked.reason == "superseded"


def verdict(recording: Recording) -> Outcome:
    """What the check makes of the file; the list is good for ever, so that the day does not matter."""
    requirement = library().catalogue.requirements["cert.cmg-validity-chain"]
    judged = judge(requirement, cmg_validity_chain, recording, "co-management-internet")
    return worst(one for one in judged.outcomes if one.subject != HOST)


def test_a_stranger_cannot_send_us_anywhere(pki: Pki, tmp_path: Path, tls_server: Any) -> None:
    leaf = pki.issue(pki.root("Stranger"), HOST, crl="http://169.254.169.254/secrets")
    ask = RevocationOf((HOST,))
    routes = {f"{HOST}:443": tls_server(leaf).address}
    with collected(tmp_path, leaf.certificate, pki.root(), ask.handshakes, ask, connect_to=routes) as recording:
        assert recording.answer(ask) == Revocations({})
        assert recording.record(ask.bind(recording)).requests == 0


def test_a_certificate_that_names_no_place(pki: Pki, tmp_path: Path) -> None:
    leaf = pki.issue(root := pki.root(), HOST)
    file = pki.bundle([leaf])
    with collected(tmp_path, file, root) as recording:
        [own] = of_file(recording).by_subject[file.name]
        assert own.points == ()
        assert of_file(recording).control == ""


def test_a_list_behind_tls(pki: Pki, tmp_path: Path, https_server: Any) -> None:
    """TLS is verified: with the own root, and for the host's own name."""
    root, host, other = pki.root(), isolation.fresh_address(), isolation.fresh_address()
    pages = answering({"/a.crl": (200, "application/pkix-crl", pki.crl(root))})
    https_server(pki.issue(root, "pki", addresses=[host]), pages, address=host)
    https_server(pki.issue(root, "pki", addresses=[host]), pages, address=other)
    for where, kind in ((host, Good), (other, NotReached)):
        file = pki.bundle([pki.issue(root, HOST, crl=f"https://{where}/a.crl")])
        with collected(tmp_path, file, root) as recording:
            [own] = of_file(recording).by_subject[file.name]
            assert [type(one.said) for one in own.points] == [kind]


def test_places_that_nobody_can_ask(pki: Pki, tmp_path: Path) -> None:
    root = pki.root()
    leaf = pki.issue(root, HOST, crl="ldap:///CN=a", ocsp="file:///etc/passwd")
    file = pki.bundle([leaf])
    with collected(tmp_path, file, root) as recording:
        [own] = of_file(recording).by_subject[file.name]
        assert [type(one.said) for one in own.points] == [NotAsked, NotAsked]
        assert recording.record(RevocationIn("files.cmg_pfx").bind(recording)).requests == 0


def test_nobody_there_and_what_is_compared(pki: Pki, tmp_path: Path, misbehaving: Any) -> None:
    """A silent server is at fault only where another one answers on port 80."""
    root, dead = pki.root(), misbehaving("refuse", port=80)
    leaf = pki.issue(root, HOST, crl=f"http://{dead.host}/a.crl")
    file = pki.bundle([leaf])
    with collected(tmp_path, file, root, connect_to={"login.microsoftonline.com:80": dead.address}) as recording:
        found = of_file(recording)
        assert isinstance(found.by_subject[file.name][0].points[0].said, NotReached)
        assert found.control == ""
        assert isinstance(verdict(recording), Unknown)
    with http_server(answering({})) as alive:
        routes = {"login.microsoftonline.com:80": alive.address}
        with collected(tmp_path, file, root, connect_to=routes) as recording:
            assert of_file(recording).control == "login.microsoftonline.com"


def test_who_is_silent_is_not_waited_for_again(pki: Pki, tmp_path: Path, misbehaving: Any) -> None:
    root, dead = pki.root(), misbehaving("refuse", port=80)
    issuing = pki.intermediate(root, crl=f"http://{dead.host}/root.crl")
    leaf = pki.issue(issuing, HOST, crl=f"http://{dead.host}/a.crl", ocsp=f"http://{dead.host}/ocsp")
    file = pki.bundle([leaf, issuing])
    with collected(tmp_path, file, root, connect_to={"login.microsoftonline.com:80": dead.address}) as recording:
        points = [point for one in of_file(recording).by_subject[file.name] for point in one.points]
        assert [type(one.said) for one in points] == [NotReached] * 3
        # The two certificates are asked about at once, and then there is the one for comparison.
        assert recording.record(RevocationIn("files.cmg_pfx").bind(recording)).requests <= 3


def test_where_another_address_stands_for_the_sign_in_nobody_is_called() -> None:
    data = {"engagement": {"name": "x", "scenarios": ["co-management-pki"]}, "files": {"cmg_pfx": "a.pfx"}}
    for more, control in ((dict[str, Any](), "login.microsoftonline.com"), ({"endpoints": {"login": "https://127.0.0.1:1"}}, "")):
        engagement = engagement_from({**data, "tenant": more}, file="x.toml", folder=Path())
        assert control_of(engagement) == control
        # What is asked does not depend on it: a recording keeps no address of how to get in.
        with Recording(engagement, as_of=NOW, started_at=NOW, finished_at=NOW) as recording:
            kept = Recording(Engagement.from_public(engagement.public()), as_of=NOW, started_at=NOW, finished_at=NOW)
            for ask in (RevocationIn("files.cmg_pfx"), OwnLists()):
                assert ask.bind(recording).key == ask.bind(kept).key
            kept.close()


def test_the_file_that_cannot_be_read(pki: Pki, tmp_path: Path) -> None:
    with collected(tmp_path, Path("none.pfx"), pki.root()) as recording, pytest.raises(Unavailable, match=r"none\.pfx"):
        recording.answer(RevocationIn("files.cmg_pfx"))


def test_what_a_server_staples(pki: Pki, tmp_path: Path, revocation: Any, stapling: Any) -> None:
    root = pki.root()
    server = revocation(pki, root)
    leaf = pki.issue(root, HOST, ocsp=server.ocsp)
    endpoint = stapling(leaf, root)
    ask = RevocationOf((HOST,))
    with collected(tmp_path, leaf.certificate, root, ask.handshakes, ask, connect_to={f"{HOST}:443": endpoint.address}) as recording:
        found: Revocations = recording.answer(ask)
        [own] = found.by_subject[HOST]
        assert [(one.kind, type(one.said)) for one in own.points] == [("stapled", Good), ("ocsp", Good)]


@pytest.fixture
def stapling(pki: Pki, tmp_path: Path) -> Iterator[Any]:
    """``openssl s_server`` that sends an answer of its responder along."""
    with ExitStack() as stack:

        def start(leaf: Any, issuer: Any) -> Any:
            asked = ocsp_request(leaf.x509, issuer.x509)
            assert isinstance(asked, bytes)
            answer = tmp_path / "stapled.der"
            answer.write_bytes(ocsp_response(pki, issuer, asked))
            host = isolation.fresh_address()
            command = ["openssl", "s_server", "-accept", f"{host}:443", "-www", "-cert", str(leaf.certificate)]
            command += ["-key", str(leaf.key), "-status_file", str(answer)]
            stack.enter_context(running(command, log=tmp_path / "s.log", ready=lambda: accepts(host, 443)))
            return Endpoint(host, 443)

        yield start


# -- the lists of the own authority --


def test_the_lists_of_the_own_authority(pki: Pki, tmp_path: Path, revocation: Any) -> None:
    root = pki.root()
    server = revocation(pki, root)
    leaf = pki.issue(root, HOST, crl=server.crl)
    pki.revoke(pki.issue(root, "gone"))
    with collected(tmp_path, pki.bundle([leaf]), root, *OwnLists().requires(), OwnLists()) as recording:
        found: Lists = recording.answer(OwnLists())
        assert msgspec.json.decode(msgspec.json.encode(found), type=Lists) == found
        assert (found.named_by, found.silent, found.control) == (1, 0, server.host)
        [point] = found.points
        assert isinstance(point.said, Current)
        assert (point.url, point.said.entries, point.address) == (server.crl, 1, server.host)


def test_no_certificate_of_the_own_authority(pki: Pki, tmp_path: Path) -> None:
    leaf = pki.issue(pki.root("Other"), HOST)
    with collected(tmp_path, pki.bundle([leaf]), pki.root(), *OwnLists().requires(), OwnLists()) as recording:
        with pytest.raises(Unavailable) as caught:
            recording.answer(OwnLists())
        assert "files.collected_client_certs" in caught.value.mend


# -- fetching --


def got(url: str, *, seconds: float = 10.0, largest: int = LARGE, post: Post | None = None, **options: Any) -> Any:
    return fetch(Dialler(seconds=seconds, **options), url, largest=largest, secure=lambda line, _: line, post=post)


def saying(*said: bytes, seen: list[bytes] | None = None) -> type[http.server.BaseHTTPRequestHandler]:
    """A handler that says these bytes to whatever it is asked, and keeps the first line of that."""

    class Raw(http.server.BaseHTTPRequestHandler):
        def handle(self) -> None:
            first = self.rfile.readline()
            if seen is not None:
                seen.append(first)
            while self.rfile.readline() not in {b"\r\n", b""}:
                """The headers."""
            for one in said:
                self.wfile.write(one)

    return Raw


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", Fetched),
        (b"HTTP/1.0 200 OK\r\n\r\nabc", Fetched),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", Fetched),
        (b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", Declined),
        (b"HTTP/1.1 500 \x1b[31m\r\n\r\n", Declined),
        (b"HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\n\r\n", Declined),
        (b"HTTP/1.1 302 Found\r\nLocation: http://[\r\n\r\n", Declined),
        (b"HTTP/1.1 302 Found\r\nLocation: /again\r\n\r\n", Declined),
        (b"SSH-2.0-OpenSSH\r\n", Declined),
        (b"", Declined),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\nabc", NotReached),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzzz\r\n", Declined),
        (b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 500 + b"\r\n", Declined),
        (b"HTTP/1.1 200 OK\r\n\r\n" + b"a" * 5000, NotKnown),
    ],
)  # fmt: skip
@pytest.mark.server
def test_what_web_servers_say(said: bytes, kind: Any) -> None:
    with http_server(saying(said)) as server:
        found: Any = got(f"http://{server.host}/a.crl", largest=4096)
        assert type(found) is kind, found
        if kind is Fetched:
            assert found == (b"abc", server.host)
        else:
            assert "\x1b" not in found.why


@pytest.mark.server
def test_a_redirect_on_the_web_is_followed() -> None:
    with ExitStack() as stack:
        there = stack.enter_context(http_server(answering({"/b": (200, "x", b"abc")})))
        moved = f"HTTP/1.1 301 M\r\nLocation: http://{there.host}/b\r\n\r\n".encode()
        here = stack.enter_context(http_server(saying(moved)))
        assert got(f"http://{here.host}/a") == (b"abc", there.host)


@pytest.mark.server
def test_a_server_that_drips_is_given_up() -> None:
    ending = threading.Event()

    class Drip(http.server.BaseHTTPRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
            while not ending.wait(0.05):
                self.wfile.write(b"a")

    with http_server(Drip) as server:
        try:
            found = got(f"http://{server.host}/a", seconds=0.4)
        finally:
            ending.set()
    assert found == NotReached(f"{server.host} did not finish in 0.4 s")


@pytest.mark.parametrize("how", ["silent", "reset", "refuse"])
def test_servers_that_do_not_answer(misbehaving: Any, how: Any) -> None:
    assert isinstance(got(f"http://{misbehaving(how, port=80).host}/a", seconds=0.4), NotReached)


@pytest.mark.server
def test_through_a_proxy() -> None:
    seen: list[bytes] = []
    said = b"HTTP/1.1 200 OK\r\n\r\nabc"
    with http_server(saying(said, seen=seen), port=3128) as proxy:
        found = got("http://crl.contoso.test/a.crl?b", proxy=f"http://ada:secret@{proxy.address}")
        assert found == (b"abc", "")
        assert seen == [b"GET http://crl.contoso.test/a.crl?b HTTP/1.1\r\n"]
    with http_server(saying(b"HTTP/1.1 502 Bad Gateway\r\n\r\n"), port=3128) as proxy:
        found = got("http://crl.contoso.test/a.crl", proxy=f"http://ada:secret@{proxy.address}")
        assert isinstance(found, NotReached)
        assert "secret" not in found.why


def test_a_proxy_that_is_not_there(misbehaving: Any) -> None:
    dead = misbehaving("refuse", port=3128)
    with pytest.raises(Unavailable, match=r"proxy .* cannot be reached"):
        got("http://crl.contoso.test/a.crl", proxy=f"http://{dead.address}")


@pytest.mark.parametrize("url", ["http://", "http://a:0/", "ftp://a/b", "http://a b/", "http://ü/", "http://[x/", "http://a/\r\nb"])
def test_addresses_that_are_none(url: str) -> None:
    assert isinstance(got(url), Declined)


@pytest.mark.parametrize(("url", "asked"), [("http://a/b", True), ("HTTPS://a", True), ("ldap:///CN=a", False), ("", False), ("http://[", False)])
def test_what_is_asked(url: str, asked: bool) -> None:
    assert (not_of_the_web(url) is None) is asked


# -- lists and answers made by hand --


def name(cn: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, cn)])


KEY, OTHER_KEY = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())


def made(cn: str, *, issuer: Any = None, by: Any = KEY, key: Any = KEY, serial: int = 4711, extensions: Any = (), until: datetime = NOW + 90 * DAY) -> x509.Certificate:
    builder = x509.CertificateBuilder(name(issuer or cn), name(cn), key.public_key(), serial, NOW - 90 * DAY, until)
    for one in extensions:
        builder = builder.add_extension(one, critical=False)
    return builder.sign(by, None if isinstance(by, ed25519.Ed25519PrivateKey) else hashes.SHA256())


ISSUER = made("CA", extensions=[x509.BasicConstraints(ca=True, path_length=None)])
LEAF = made(HOST, issuer="CA", key=OTHER_KEY)
ANOTHER = made(HOST, issuer="CA", key=OTHER_KEY, serial=4712)


def crl(*serials: int, by: Any = KEY, issuer: str = "CA", extensions: Any = (), reason: Any = None, digest: Any = SHA256, **options: Any) -> bytes:
    builder = x509.CertificateRevocationListBuilder(name(issuer), NOW - DAY, NOW + 6 * DAY)
    for serial in serials:
        entry = x509.RevokedCertificateBuilder(serial, NOW - 2 * DAY)
        if reason is not None:
            entry = entry.add_extension(x509.CRLReason(reason), critical=False)
        builder = builder.add_revoked_certificate(entry.build())
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    return builder.sign(by, digest, **options).public_bytes(serialization.Encoding.DER)


def scope(**more: Any) -> Any:
    facts: dict[str, Any] = {
        "full_name": None, "relative_name": None, "only_contains_user_certs": False, "only_contains_ca_certs": False,
        "only_some_reasons": None, "indirect_crl": False, "only_contains_attribute_certs": False, **more,
    }  # fmt: skip
    return [(x509.IssuingDistributionPoint(**facts), True)]


PEM = x509.load_der_x509_crl(crl()).public_bytes(serialization.Encoding.PEM)
STRANGE = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00")
ELSEWHERE = [x509.UniformResourceIdentifier("http://elsewhere.test/a.crl")]
COMPROMISE = frozenset({x509.ReasonFlags.key_compromise})


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (crl(), Good),
        (crl(1, 2, 3), Good),
        (crl(4711), Revoked),
        (crl(4711, reason=x509.ReasonFlags.ca_compromise), Revoked),
        (crl(4711, reason=x509.ReasonFlags.remove_from_crl), Good),
        (PEM, Good),
        (crl(extensions=scope(only_contains_user_certs=True)), Good),
        (crl(extensions=[(STRANGE, False)]), Good),
        (crl(by=OTHER_KEY), NotVerified),
        (crl(4711, by=OTHER_KEY), NotVerified),
        (crl(issuer="Another CA"), NotVerified),
        (crl(extensions=scope(only_contains_ca_certs=True)), NotVerified),
        (crl(extensions=scope(only_contains_attribute_certs=True)), NotVerified),
        (crl(extensions=scope(indirect_crl=True)), NotVerified),
        (crl(extensions=scope(full_name=ELSEWHERE)), NotVerified),
        (crl(extensions=scope(full_name=ELSEWHERE, only_some_reasons=COMPROMISE)), NotVerified),
        (crl(extensions=[(x509.DeltaCRLIndicator(1), True)]), NotVerified),
        (crl(extensions=[(STRANGE, True)]), NotVerified),
        (b"", NotVerified),
        (b"<html>404</html>", NotVerified),
        (crl()[:-5], NotVerified),
        (crl() + b"trailing", NotVerified),
        (b"-----BEGIN X509 CRL-----\n*\n-----END X509 CRL-----", NotVerified),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else "",
)  # fmt: skip
def test_lists(data: bytes, kind: type) -> None:
    said = list_says(data, LEAF, ISSUER)
    assert isinstance(said, kind), said
    if isinstance(said, Revoked):
        assert (said.at, said.until) == (NOW - 2 * DAY, NOW + 6 * DAY)
        assert said.reason in {"", "cACompromise"}


@pytest.mark.parametrize("kind", ["rsa", "pss", "ed25519"])
def test_lists_with_other_signatures(kind: str) -> None:
    key: Any = ed25519.Ed25519PrivateKey.generate() if kind == "ed25519" else rsa.generate_private_key(65537, 2048)
    options: dict[str, Any] = {"digest": None if kind == "ed25519" else hashes.SHA256()}
    if kind == "pss":
        options["rsa_padding"] = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.DIGEST_LENGTH)
    issuer = made("CA", by=key, key=key)
    assert isinstance(list_says(crl(4711, by=key, **options), LEAF, issuer), Revoked)
    assert isinstance(list_says(crl(4711), LEAF, issuer), NotVerified)


def test_an_issuer_that_may_not_sign_lists() -> None:
    usage = x509.KeyUsage(*[True] + [False] * 4 + [True] + [False] * 3)  # signatures of certificates only
    assert isinstance(list_says(crl(), LEAF, made("CA", extensions=[usage])), NotVerified)


def test_a_whole_list() -> None:
    assert whole_list(crl(1, 2), [made("x"), ISSUER]) == Current(NOW - DAY, NOW + 6 * DAY, 2)
    assert isinstance(whole_list(crl(1), []), NotKnown)
    assert isinstance(whole_list(crl(1, by=OTHER_KEY), [ISSUER]), NotVerified)
    assert isinstance(whole_list(b"?", [ISSUER]), NotVerified)


RESPONDER_KEY = ec.generate_private_key(ec.SECP384R1())
SIGNING = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING])
DELEGATE = made("Responder", issuer="CA", key=RESPONDER_KEY, extensions=[SIGNING])


def answer(
    found: Any = LEAF, issuer: Any = ISSUER, *, by: Any = KEY, responder: Any = ISSUER, status: Any = ocsp.OCSPCertStatus.GOOD,
    encoding: Any = ocsp.OCSPResponderEncoding.NAME, held: Any = (), digest: Any = SHA1, until: Any = NOW + DAY,
) -> bytes:  # fmt: skip
    revoked = NOW - DAY if status is ocsp.OCSPCertStatus.REVOKED else None
    reason = x509.ReasonFlags.superseded if revoked else None
    builder = ocsp.OCSPResponseBuilder().add_response(found, issuer, digest, status, NOW - DAY, until, revoked, reason)
    builder = builder.responder_id(encoding, responder)
    if held:
        builder = builder.certificates(list(held))
    return builder.sign(by, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


BY_HASH = ocsp.OCSPResponderEncoding.HASH
NOT_FOR_THAT = made("Responder", issuer="CA", key=RESPONDER_KEY)
SELF_MADE = made("Responder", by=RESPONDER_KEY, key=RESPONDER_KEY, extensions=[SIGNING])
OLD = made("Responder", issuer="CA", key=RESPONDER_KEY, extensions=[SIGNING], until=NOW - DAY)
LATER = ocsp.OCSPResponseBuilder.build_unsuccessful(ocsp.OCSPResponseStatus.TRY_LATER).public_bytes(serialization.Encoding.DER)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (answer(), Good),
        (answer(until=None), Good),
        (answer(encoding=BY_HASH), Good),
        (answer(digest=hashes.SHA256()), Good),
        (answer(status=ocsp.OCSPCertStatus.REVOKED), Revoked),
        (answer(status=ocsp.OCSPCertStatus.UNKNOWN), NotKnown),
        (answer(by=RESPONDER_KEY, responder=DELEGATE, held=[DELEGATE]), Good),
        (answer(by=RESPONDER_KEY, responder=DELEGATE, held=[DELEGATE], encoding=BY_HASH), Good),
        (answer(by=RESPONDER_KEY, responder=DELEGATE), NotVerified),
        (answer(by=RESPONDER_KEY, responder=NOT_FOR_THAT, held=[NOT_FOR_THAT]), NotVerified),
        (answer(by=RESPONDER_KEY, responder=SELF_MADE, held=[SELF_MADE]), NotVerified),
        (answer(by=RESPONDER_KEY, responder=OLD, held=[OLD]), NotVerified),
        (answer(by=RESPONDER_KEY, responder=made("CA", key=RESPONDER_KEY)), NotVerified),
        (answer(by=OTHER_KEY, responder=made("Responder", key=OTHER_KEY), held=[DELEGATE]), NotVerified),
        (answer(ANOTHER), NotVerified),
        (answer(LEAF, made("CA", by=RESPONDER_KEY, key=RESPONDER_KEY)), NotVerified),
        (LATER, Declined),
        (b"", NotVerified),
        (b"<html>", NotVerified),
        (answer()[:-3], NotVerified),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else "",
)  # fmt: skip
def test_answers(data: bytes, kind: type) -> None:
    said = ocsp_says(data, LEAF, ISSUER, NOW)
    assert isinstance(said, kind), said
    if isinstance(said, Revoked):
        assert (said.at, said.reason) == (NOW - DAY, "superseded")


@given(st.binary(max_size=400))
def test_any_bytes(data: bytes) -> None:
    assert isinstance(list_says(data, LEAF, ISSUER), NotVerified)
    assert isinstance(whole_list(data, [ISSUER]), NotVerified)
    assert isinstance(ocsp_says(data, LEAF, ISSUER, NOW), NotVerified | Declined)


GENUINE = crl(4711), answer()


@given(st.integers(0, min(map(len, GENUINE)) - 1), st.integers(1, 255))
def test_one_changed_byte_is_never_a_good_answer(place: int, by: int) -> None:
    """Whatever is altered on the way, nobody is told that a revoked certificate is good, or the reverse."""
    for number, data in enumerate(GENUINE):
        altered = data[:place] + bytes([data[place] ^ by]) + data[place + 1 :]
        said = list_says(altered, LEAF, ISSUER) if number == 0 else ocsp_says(altered, LEAF, ISSUER, NOW)
        genuine = Revoked if number == 0 else Good
        assert isinstance(said, NotVerified | Declined | genuine), said


def test_a_request_for_an_odd_serial_number() -> None:
    assert isinstance(ocsp_request(LEAF, ISSUER), bytes)
