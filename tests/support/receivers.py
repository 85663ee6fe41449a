"""Who is told: a mail server that speaks TLS, and a receiver of webhooks, on ports of loopback."""

import http.server
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from lab.pki import Credential

MAIL, HOOKS = "mail.contoso.test", "hooks.contoso.test"
USER, PASSWORD = "alerts", "correct horse battery"


def context(credential: Credential) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(credential.certificate, credential.key)
    return made


@dataclass
class Mailbox:
    """What a mail server took. ``refuse``: answers to the next ends of data, in turn."""

    messages: list[EmailMessage] = field(default_factory=list)
    recipients: list[list[str]] = field(default_factory=list)
    refuse: list[str] = field(default_factory=list)
    unknown: set[str] = field(default_factory=set)
    asked: int = 0
    encrypted: bool = False
    address: str = ""

    async def handle_RCPT(  # noqa: N802 - the library's name
        self, server: Any, session: Any, envelope: Envelope, address: str, options: Any
    ) -> str:
        if address in self.unknown:
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Session, envelope: Envelope) -> str:  # noqa: N802 - as above
        self.asked += 1
        assert self.encrypted or session.ssl is not None, "a message came in the clear"
        if self.refuse:
            return self.refuse.pop(0)
        data = envelope.content
        assert isinstance(data, bytes)
        self.messages.append(message_from_bytes(data, policy=policy.default))
        self.recipients.append(list(envelope.rcpt_tos))
        return "250 taken"


def _login(server: SMTP, session: Session, envelope: Envelope, mechanism: str, login: Any) -> AuthResult:
    right = isinstance(login, LoginPassword) and (login.login, login.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=right, handled=right)


@contextmanager
def mail_server(credential: Credential | None, *, implicit: bool = False, login: bool = False) -> Iterator[Mailbox]:
    """A real mail server: STARTTLS, or TLS from the start (``implicit``), or neither without a certificate."""
    box = Mailbox(encrypted=implicit)
    tls = None if credential is None else context(credential)

    class Server(Controller):
        def factory(self) -> SMTP:
            return SMTP(
                box,
                hostname="mail.contoso.test",
                tls_context=None if implicit else tls,
                require_starttls=tls is not None and not implicit,
                auth_required=login and not implicit,
                auth_require_tls=not implicit,  # it does not know that TLS was there from the start
                authenticator=_login if login else None,
            )

        def _create_server(self) -> Any:
            """On a port that nobody else can take meanwhile."""
            return self.loop.create_server(self._factory_invoker, sock=listening, ssl=self.ssl_context)

    listening = socket.create_server(("127.0.0.1", 0))
    port = listening.getsockname()[1]
    server = Server(box, hostname="127.0.0.1", port=port, ssl_context=tls if implicit else None)
    server.start()
    try:
        box.address = f"127.0.0.1:{port}"
        yield box
    finally:
        server.stop()


@dataclass
class Receiver:
    """What was posted. ``answers``: statuses with headers for the next ones, in turn; then 202."""

    posts: list[tuple[str, Mapping[str, str], bytes]] = field(default_factory=list)
    answers: list[tuple[int, Mapping[str, str]]] = field(default_factory=list)
    address: str = ""
    on_post: Callable[[], None] = lambda: None


@contextmanager
def receiver(credential: Credential) -> Iterator[Receiver]:
    """A server of HTTPS that takes what it is sent."""
    taken = Receiver()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            taken.posts.append((self.path, {k.lower(): v for k, v in self.headers.items()}, body))
            taken.on_post()
            status, headers = taken.answers.pop(0) if taken.answers else (202, {})
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            said = b"" if status < 300 else f"no: {self.path}".encode()
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_: Any) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.socket = context(credential).wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    taken.address = f"127.0.0.1:{server.server_address[1]}"
    try:
        yield taken
    finally:
        server.shutdown()
        server.server_close()
