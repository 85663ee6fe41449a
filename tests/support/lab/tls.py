"""Endpoints on real ports: TLS as OpenSSL serves it, good and bad, and sockets that misbehave.

    endpoint = tls_server(leaf)                         # a fixture; full chain
    endpoint = tls_server(leaf, chain=False)            # forgets the intermediate certificate
    endpoint = tls_server(leaf, protocol="tls1")        # speaks TLS 1.0 only
    endpoint = misbehaving("silent")                    # also: reset, close, plain, drip, refuse

``endpoint.address`` is ``"127.x.y.z:443"``, for ``connect_to`` and the like.
"""

import http.server
import socket
import ssl
import struct
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

import pytest

from lab import isolation
from lab.pki import Credential
from lab.process import Server, accepts, running

Protocol: TypeAlias = Literal["tls1", "tls1_1", "tls1_2", "tls1_3"]
Misbehaviour: TypeAlias = Literal["silent", "reset", "close", "plain", "drip", "refuse"]


@dataclass(frozen=True)
class Endpoint:
    """Where something listens. ``server`` is None where a thread of ours serves or nobody does."""

    host: str
    port: int
    server: Server | None = None

    @property
    def address(self) -> str:
        return f"{self.host}:{self.port}"


@contextmanager
def openssl_server(
    folder: Path,
    credential: Credential,
    *,
    chain: bool = True,
    protocol: Protocol | None = None,
    client_ca: Credential | None = None,
    address: str | None = None,
    port: int = 443,
) -> Iterator[Endpoint]:
    """``openssl s_server``; it takes weak keys and old protocols, and answers GET with a page on the connection.

    ``client_ca`` makes it demand a certificate of the client.
    """
    isolation.require_namespace()
    host = address or isolation.fresh_address()
    command = ["openssl", "s_server", "-accept", f"{host}:{port}", "-www"]
    command += ["-cert", str(credential.certificate), "-key", str(credential.key), "-no_dhe"]
    command += ["-cipher", "ALL:@SECLEVEL=0"]
    intermediates = credential.issuers[:-1]
    if chain and intermediates:
        bundle = folder / f"chain-{host}-{port}.pem"
        bundle.write_text("".join(each.pem for each in intermediates))
        command += ["-cert_chain", str(bundle)]
    if protocol is not None:
        command += [f"-{protocol}"]
    if client_ca is not None:
        command += ["-Verify", "1", "-CAfile", str(client_ca.certificate)]
    log = folder / f"s_server-{host}-{port}.log"
    with running(command, log=log, ready=lambda: accepts(host, port)) as server:
        yield Endpoint(host, port, server)


@contextmanager
def https(
    credential: Credential,
    handler: type[http.server.BaseHTTPRequestHandler],
    *,
    address: str | None = None,
    port: int = 443,
) -> Iterator[Endpoint]:
    """A handler of the standard library behind TLS, with the full chain."""
    isolation.require_namespace()
    host = address or isolation.fresh_address()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(_chain_file(credential), credential.key)
    with _serving(host, port, handler, context):
        yield Endpoint(host, port)


@contextmanager
def http_server(
    handler: type[http.server.BaseHTTPRequestHandler], *, address: str | None = None, port: int = 80
) -> Iterator[Endpoint]:
    """A handler of the standard library without TLS."""
    isolation.require_namespace()
    host = address or isolation.fresh_address()
    with _serving(host, port, handler, None):
        yield Endpoint(host, port)


@contextmanager
def misbehaving_socket(
    how: Misbehaviour,
    *,
    address: str | None = None,
    port: int = 443,
    text: bytes = b"220 mail.contoso.test ESMTP\r\n",
) -> Iterator[Endpoint]:
    """A port that does not do what it should.

    ``silent`` accepts and says nothing; ``reset`` resets after accepting; ``close`` closes politely; ``plain`` says
    ``text``; ``drip`` says one byte of a TLS record each 50 ms and never ends; ``refuse``: nobody listens.
    """
    isolation.require_namespace()
    host = address or isolation.fresh_address()
    if how == "refuse":
        yield Endpoint(host, port)
        return
    ending = threading.Event()
    threads: list[threading.Thread] = []
    with socket.create_server((host, port)) as listener:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                if ending.is_set():
                    connection.close()
                    return
                thread = threading.Thread(target=_misbehave, args=(how, connection, ending, text))
                threads.append(thread)
                thread.start()

        acceptor = threading.Thread(target=serve)
        acceptor.start()
        try:
            yield Endpoint(host, port)
        finally:
            ending.set()
            accepts(host, port)
            for thread in [acceptor, *threads]:
                thread.join()


def _misbehave(
    how: Misbehaviour, connection: socket.socket, ending: threading.Event, text: bytes
) -> None:
    with connection, suppress(OSError):
        match how:
            case "silent":
                ending.wait()
            case "reset":
                linger_not = struct.pack("ii", 1, 0)
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger_not)
            case "plain":
                connection.sendall(text)
                ending.wait()
            case "drip":
                connection.sendall(b"\x16\x03\x03\x40\x00\x02\x00\x3f\xfc\x03\x03")
                while not ending.wait(0.05):
                    connection.sendall(b"\x00")
            case "close" | "refuse":
                """There is nothing to say."""


@contextmanager
def _serving(
    host: str,
    port: int,
    handler: type[http.server.BaseHTTPRequestHandler],
    context: ssl.SSLContext | None,
) -> Iterator[None]:
    with _Server((host, port), handler, context) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()


class _Server(http.server.ThreadingHTTPServer):
    """The handshake happens in the connection's own thread, so that a client that hangs stops nobody else."""

    daemon_threads = True
    block_on_close = False

    def __init__(
        self,
        address: tuple[str, int],
        handler: type[http.server.BaseHTTPRequestHandler],
        context: ssl.SSLContext | None,
    ) -> None:
        self._context = context
        super().__init__(address, handler)

    def finish_request(self, request: object, client_address: object) -> None:
        assert isinstance(request, socket.socket)
        if self._context is None:
            super().finish_request(request, client_address)
            return
        try:
            with self._context.wrap_socket(request, server_side=True) as wrapped:
                super().finish_request(wrapped, client_address)
        except OSError:
            # A client that does not trust us, or goes away: its own test says so.
            return

    def shutdown_request(self, request: object) -> None:
        with suppress(OSError):
            super().shutdown_request(request)  # type: ignore[arg-type]

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that breaks off is no fault of the server's; a fault of the handler is printed."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


def _chain_file(credential: Credential) -> Path:
    path = credential.certificate.with_suffix(".chain.pem")
    path.write_text("".join(each.pem for each in [credential, *credential.issuers[:-1]]))
    return path


def answering(
    pages: Mapping[str, tuple[int, str, bytes]],
) -> type[http.server.BaseHTTPRequestHandler]:
    """A handler that has these pages: path to status, content type and body."""

    class Pages(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            status, kind, body = pages.get(self.path, (404, "text/plain", b"not found"))
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing is printed."""

    return Pages


@pytest.fixture
def tls_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Endpoint]]:
    """``tls_server(credential, chain=False, protocol="tls1", ...)``: see `openssl_server`; runs until the test ends."""
    folder = tmp_path_factory.mktemp("tls")
    with ExitStack() as stack:

        def start(credential: Credential, **options: object) -> Endpoint:
            return stack.enter_context(openssl_server(folder, credential, **options))  # type: ignore[arg-type]

        yield start


@pytest.fixture
def https_server() -> Iterator[Callable[..., Endpoint]]:
    """``https_server(credential, handler_class, address=None, port=443)``: see `https`."""
    with ExitStack() as stack:

        def start(
            credential: Credential,
            handler: type[http.server.BaseHTTPRequestHandler],
            **options: object,
        ) -> Endpoint:
            return stack.enter_context(https(credential, handler, **options))  # type: ignore[arg-type]

        yield start


@pytest.fixture
def misbehaving() -> Iterator[Callable[..., Endpoint]]:
    """``misbehaving("drip")``: see `misbehaving_socket`."""
    with ExitStack() as stack:

        def start(how: Misbehaviour, **options: object) -> Endpoint:
            return stack.enter_context(misbehaving_socket(how, **options))  # type: ignore[arg-type]

        yield start
