"""The TLS probe against OpenSSL's server, and against sockets that misbehave."""

import base64
import re
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from assess.connectors import Visit
from assess.connectors.certificates import Roots
from assess.connectors.dial import Deadline, Dialler, Line
from assess.connectors.tls import TlsConnector, connect
from assess.errors import Unavailable
from assess.evidence.tls import (
    Control,
    Endpoints,
    Handshakes,
    NoAddress,
    NoHandshake,
    Refused,
    Served,
    Silent,
)
from lab import isolation
from lab.pki import Pki, around

NOW = datetime(2026, 11, 20, 21, 10, tzinfo=UTC)
NOTHING: Any = None  # what a question is bound with is not looked at here
HOST = "cmg.contoso.test"


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def visit(tmp_path: Path) -> Any:
    return Visit(known=NOTHING, clock=lambda: NOW, tables=tmp_path)


@pytest.fixture
def chain(pki: Pki) -> Any:
    root = pki.root()
    return pki.issue(pki.intermediate(root), HOST, valid=around(NOW))


def look(address: Any, visit: Visit, *, own: Any = None, seconds: Any = 10.0, host: Any = HOST, **options: Any) -> Any:
    """What the probe makes of the server at ``address``, under the name ``host``."""
    roots = Roots(Path("/"), None if own is None else str(own.certificate), ())
    dialler = Dialler(connect_to={f"{host}:443": address}, seconds=seconds, **options)
    return TlsConnector(dialler, roots).fetch(Handshakes((host,)), visit).by_host[host]


def test_a_good_server(tls_server: Any, chain: Any, visit: Visit) -> None:
    seen = look(tls_server(chain).address, visit, own=chain.root)
    assert isinstance(seen, Served)
    assert (seen.leaf.sha1, seen.leaf.common_name) == (chain.sha1, HOST)
    assert [one.name for one in seen.chain] == [HOST, "Contoso Issuing CA"]
    assert (seen.trust.anchor, seen.trust.supplied) == ("own", ())
    assert seen.protocol == "TLSv1.3"
    assert seen.ended == ""
    assert [note.about for note in visit.notes] == [HOST] * 3
    assert visit.requests == 4
    assert (seen.tls_1_2, seen.tls_1_3) == ("accepted", "accepted")
    assert visit.notes[-1].value == "TLSv1.3; TLS 1.0 accepted, TLS 1.1 accepted, TLS 1.2 accepted, TLS 1.3 accepted"


def test_whom_nobody_knows_is_read_all_the_same(tls_server: Any, chain: Any, visit: Visit) -> None:
    seen = look(tls_server(chain, chain=False).address, visit)
    assert isinstance(seen, Served)
    assert (seen.trust.anchor, seen.trust.missing) == ("none", "CN=Contoso Issuing CA")


def test_a_weak_key_and_an_expired_certificate_are_read(tls_server: Any, pki: Pki, visit: Visit) -> None:
    root = pki.root()
    weak = pki.issue(root, HOST, key="rsa:1024", valid=around(NOW, before=90, after=-1))
    seen = look(tls_server(weak).address, visit, own=root)
    assert isinstance(seen, Served)
    assert (seen.leaf.key_bits, seen.trust.anchor) == (1024, "own")
    assert seen.leaf.not_after < NOW


@pytest.mark.parametrize(
    ("protocol", "negotiated", "old"),
    [("tls1", "TLSv1", ("TLS 1.0",)), ("tls1_1", "TLSv1.1", ("TLS 1.1",)), ("tls1_2", "TLSv1.2", ()), ("tls1_3", "TLSv1.3", ())],
)
def test_old_protocols(tls_server: Any, chain: Any, visit: Visit, protocol: Any, negotiated: Any, old: Any) -> None:
    seen = look(tls_server(chain, protocol=protocol).address, visit)
    assert isinstance(seen, Served)
    assert (seen.protocol, seen.old_protocols) == (negotiated, old)
    states = (seen.tls_1_0, seen.tls_1_1, seen.tls_1_2, seen.tls_1_3)
    own = ("tls1", "tls1_1", "tls1_2", "tls1_3").index(protocol)
    assert states == tuple("accepted" if place == own else "refused" for place in range(4))
    assert seen.sound_protocols == {"tls1_2": ("TLS 1.2",), "tls1_3": ("TLS 1.3",)}.get(protocol, ())


@pytest.mark.parametrize("protocol", ["tls1_2", "tls1_3"])
def test_a_server_that_wants_a_certificate_first(tls_server: Any, chain: Any, visit: Visit, protocol: Any) -> None:
    seen = look(tls_server(chain, client_ca=chain.root, protocol=protocol).address, visit)
    assert isinstance(seen, Served)
    assert seen.leaf.sha1 == chain.sha1
    assert seen.sound_protocols == (("TLS 1.2",) if protocol == "tls1_2" else ("TLS 1.3",))


@pytest.mark.server
def test_a_server_that_resets_after_its_certificate(chain: Any, visit: Visit) -> None:
    with resetting(chain) as address:
        seen = look(address, visit)
    assert isinstance(seen, Served)
    assert seen.leaf.sha1 == chain.sha1
    assert seen.ended


@contextmanager
def resetting(credential: Any) -> Iterator[Any]:
    """Speaks TLS 1.2 until its certificate is out, and hangs up when the client goes on."""
    isolation.require_namespace()
    host = isolation.fresh_address()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(credential.certificate, credential.key)
    with socket.create_server((host, 443)) as listener:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    inside, outside = ssl.MemoryBIO(), ssl.MemoryBIO()
                    talk = context.wrap_bio(inside, outside, server_side=True)
                    inside.write(connection.recv(65536))
                    try:
                        talk.do_handshake()
                    except ssl.SSLWantReadError:
                        connection.sendall(outside.read())
                        connection.recv(65536)
                    except ssl.SSLError:
                        continue

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"{host}:443"
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


@pytest.mark.parametrize(
    ("how", "kind", "words"),
    [
        ("refuse", Refused, "refuses connections"),
        ("silent", NoHandshake, "did not finish the handshake in 0.5 s"),
        ("drip", NoHandshake, "did not finish the handshake in 0.5 s"),
        ("plain", NoHandshake, "speaks no TLS"),
        ("reset", NoHandshake, "broke off"),
        ("close", NoHandshake, "hung up|broke off"),
    ],
)
def test_bad_servers(misbehaving: Any, visit: Visit, how: str, kind: Any, words: str) -> None:
    seen = look(misbehaving(how).address, visit, seconds=0.5)
    assert isinstance(seen, kind)
    assert re.search(words, seen.why)
    assert [note.value for note in visit.notes] == [seen.why]


def test_a_server_that_hangs(tls_server: Any, chain: Any, visit: Visit) -> None:
    endpoint = tls_server(chain)
    with endpoint.server.hanging():
        seen = look(endpoint.address, visit, seconds=0.5)
    assert isinstance(seen, NoHandshake)


@pytest.mark.server
def test_the_name_is_sent(chain: Any, visit: Visit) -> None:
    names = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain.certificate, chain.key)
    context.sni_callback = lambda _sock, name, _context: names.append(name)
    with served(context) as address:
        assert isinstance(look(address, visit), Served)
    assert set(names) == {HOST}


@contextmanager
def served(context: Any) -> Iterator[Any]:
    """A TLS server that keeps quiet after the handshake and records what it is told: nothing."""
    isolation.require_namespace()
    host = isolation.fresh_address()
    with socket.create_server((host, 443)) as listener:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                try:
                    with context.wrap_socket(connection, server_side=True) as wrapped:
                        assert wrapped.recv(1) == b""
                except OSError:
                    continue

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"{host}:443"
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


@contextmanager
def proxy(target: Any, *, status: int = 200) -> Iterator[Any]:
    """An HTTP proxy that knows CONNECT; it records what it was told."""
    isolation.require_namespace()
    host = isolation.fresh_address()
    told = []
    with socket.create_server((host, 3128)) as listener:

        def pump(source: Any, sink: Any) -> None:
            try:
                while data := source.recv(65536):
                    sink.sendall(data)
            except OSError:
                pass
            finally:
                for one in (source, sink):
                    with suppress(OSError):
                        one.shutdown(socket.SHUT_RDWR)

        def serve() -> None:
            while True:
                try:
                    client, _ = listener.accept()
                except OSError:
                    return
                told.append(client.recv(65536))
                if status != 200:
                    client.sendall(f"HTTP/1.1 {status} No\r\n\r\n".encode())
                    client.close()
                    continue
                name, port = target.rsplit(":", 1)
                with client, socket.create_connection((name, int(port))) as server:
                    client.sendall(b"HTTP/1.1 200 Connection established\r\nVia: test\r\n\r\n")
                    back = threading.Thread(target=pump, args=(server, client))
                    back.start()
                    pump(client, server)
                    back.join()

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"http://{host}:3128", told
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


def through(url: Any, visit: Visit, seconds: Any = 10.0) -> Any:
    connector = TlsConnector(Dialler(proxy=url, seconds=seconds), Roots(Path(), None, ()))
    return connector.fetch(Handshakes((HOST,)), visit).by_host[HOST]


def test_through_a_proxy(tls_server: Any, chain: Any, visit: Visit) -> None:
    with proxy(tls_server(chain).address) as (url, told):
        seen = through(url, visit)
    assert isinstance(seen, Served)
    assert told[0].startswith(f"CONNECT {HOST}:443 HTTP/1.1\r\n".encode())
    assert b"Authorization" not in told[0]


def test_the_proxy_of_the_environment_and_its_password(tls_server: Any, chain: Any, visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    with proxy(tls_server(chain).address) as (url, told):
        monkeypatch.setenv("https_proxy", url.replace("http://", "http://ada:s%40cret@"))
        seen = through(None, visit)
        assert isinstance(seen, Served)
        assert base64.b64encode(b"ada:s@cret") in told[0]
        monkeypatch.setenv("no_proxy", ".contoso.test")
        assert isinstance(through(None, visit), Silent)
    assert not [note for note in visit.notes if "cret" in note.value + note.location]


@pytest.mark.server
@pytest.mark.parametrize("status", [403, 407])
def test_a_proxy_that_lets_nobody_through(visit: Visit, status: int) -> None:
    with proxy("", status=status) as (url, _), pytest.raises(Unavailable) as caught:
        through(url, visit)
    assert str(status) in caught.value.reason
    assert "proxy" in caught.value.mend


@pytest.mark.server
def test_a_proxy_that_does_not_reach_the_host(visit: Visit) -> None:
    with proxy("", status=502) as (url, _):
        seen = through(url, visit)
    assert isinstance(seen, Silent)
    assert "did not reach" in seen.why


def test_a_proxy_that_is_not_there(misbehaving: Any, visit: Visit) -> None:
    with pytest.raises(Unavailable, match=r"proxy .* cannot be reached"):
        through(f"http://{misbehaving('refuse').address}", visit)


def test_a_proxy_that_is_none(misbehaving: Any, visit: Visit) -> None:
    with pytest.raises(Unavailable, match="is no proxy"):
        through(f"http://{misbehaving('close').address}", visit)
    seen = through(f"http://{misbehaving('silent').address}", visit, seconds=0.5)
    assert isinstance(seen, Silent)


def test_control_is_the_sign_in_of_the_cloud(engagement_with: Any) -> None:
    recording = engagement_with()
    assert Control().bind(recording).hosts == ("login.microsoftonline.com",)
    recording = engagement_with(tenant__cloud="usgov")
    assert Control().bind(recording).hosts == ("login.microsoftonline.us",)
    bound = Control(("{mp.servers}", "{site.server_fqdn}")).bind(engagement_with(site__server_fqdn="CM01.corp.test"))
    assert bound.hosts == ("cm01.corp.test",)
    with pytest.raises(Unavailable):
        Control(("{mp.servers}",)).bind(recording)


@pytest.fixture
def engagement_with() -> Iterator[Any]:
    from samplechecks import recording

    made = []

    def make(**keys: Any) -> Any:
        made.append(recording(**keys))
        return made[-1]

    yield make
    for one in made:
        one.close()


def test_connect_reads_the_engagement(engagement_with: Any, tls_server: Any, chain: Any, visit: Visit) -> None:
    """The gateway is where connect_to says, the sign-in where tenant.endpoints says."""
    address = tls_server(chain).address
    keys = {"network__connect_to": {f"{HOST.upper()}:443": address}, "tenant__endpoints": {"login": f"https://{address}"}}
    made = engagement_with(**keys)
    connector = connect(made.engagement)
    assert connector.answers(Handshakes((HOST,)))
    assert connector.probe(visit)
    assert connector.fetch(Handshakes((HOST,)), visit).reached() == HOST
    assert connector.fetch(Control().bind(made), visit).reached() == "login.microsoftonline.com"
    assert connector.fetch(Control().bind(made), visit).reached(besides="login.microsoftonline.com") == ""
    connector.close()


def test_an_answer_is_the_same_after_a_recording(tls_server: Any, chain: Any, visit: Visit, misbehaving: Any) -> None:
    routes = {f"{HOST}:443": tls_server(chain).address, "mp.contoso.test:443": misbehaving("plain").address}
    connector = TlsConnector(Dialler(connect_to=routes), Roots(Path("/"), str(chain.root.certificate), ()))
    found = connector.fetch(Handshakes((HOST, "mp.contoso.test")), visit)
    assert msgspec.json.decode(msgspec.json.encode(found), type=Endpoints) == found


@pytest.mark.parametrize(
    ("error", "kind"), [(socket.gaierror(socket.EAI_NONAME, "x"), NoAddress), (socket.gaierror(socket.EAI_AGAIN, "x"), Silent), (UnicodeError(), Silent)]
)
def test_no_name_and_no_resolver_stay_apart(monkeypatch: pytest.MonkeyPatch, visit: Visit, error: Any, kind: type) -> None:
    """What the system's resolver says in the three cases, without one to ask."""

    def refuse(*_arguments: Any, **_options: Any) -> None:
        raise error

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    connector = TlsConnector(Dialler(), Roots(Path(), None, ()))
    assert isinstance(connector.fetch(Handshakes((HOST,)), visit).by_host[HOST], kind)


def test_a_route_without_a_port_number(visit: Visit) -> None:
    with pytest.raises(Unavailable, match="no address with a port"):
        look("127.0.0.1:https", visit)


def test_a_line_gives_up_at_its_deadline() -> None:
    ours, theirs = socket.socketpair()
    with theirs, Line(ours, Deadline(0.05)) as line, pytest.raises(TimeoutError):
        line.receive()
    with pytest.raises(TimeoutError):
        Deadline(-1).left()
