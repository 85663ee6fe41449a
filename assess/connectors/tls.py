"""Reads the certificate that a server presents, whatever it is worth.

The one probe without verification, since its job is to read what others would refuse: it makes a
handshake, keeps the chain as it was sent, and hangs up without a word. The chain is then held
against the roots like that of a file.
"""

import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import NamedTuple
from urllib.parse import urlsplit

from cryptography import x509
from OpenSSL import SSL

from assess.clouds import CLOUDS
from assess.connectors import Visit
from assess.connectors.certificates import Roots
from assess.connectors.dial import (
    ConnectionRefusedByHostError,
    Dialler,
    Line,
    NoAddressError,
    NotReachedError,
)
from assess.connectors.x509facts import LIBRARY_ERRORS, Malformed, facts
from assess.engagement import Engagement
from assess.errors import Unavailable
from assess.evidence import Ask
from assess.evidence.tls import (
    Endpoints,
    Handshakes,
    NoAddress,
    NoHandshake,
    Refused,
    Seen,
    Served,
    Silent,
    Taken,
)
from assess.language import msg, tr

_AT_ONCE = 8
_MOST_STAPLED = 1 << 17  # bytes; an answer has some thousand
_ANY_CIPHER = b"ALL:@SECLEVEL=0"
_SOUND = {"TLSv1.2": SSL.TLS1_2_VERSION, "TLSv1.3": SSL.TLS1_3_VERSION}
_NOT_HERE = ("no protocols available", "no ciphers available")  # OpenSSL, of its own side
_WORDS = {
    "wrong version number": msg("what answers speaks no TLS"),
    "packet length too long": msg("what answers speaks no TLS"),
    "http request": msg("what answers speaks plain HTTP"),
    "unexpected eof while reading": msg("it hung up"),
    "tlsv1 unrecognized name": msg("it does not know this name"),
}


class _Talk(NamedTuple):
    """What a handshake brought: the chain, the protocol, and what stopped it."""

    chain: list[x509.Certificate]
    protocol: str
    fault: str
    timed_out: bool = False
    stapled: bytes = b""


class TlsConnector:
    """Makes handshakes through ``dialler``; chains are held against ``roots``.

    ``instead``: where another host stands for one, such as an endpoint that is overridden.
    """

    source = "tls"

    def __init__(
        self,
        dialler: Dialler,
        roots: Roots,
        *,
        instead: Mapping[str, tuple[str, int]] | None = None,
    ) -> None:
        self._dialler = dialler
        self._instead = dict(instead or {})
        self._roots = roots
        self._counting = threading.Lock()

    def answers(self, ask: Ask) -> bool:
        """Questions about handshakes."""
        return isinstance(ask, Handshakes)

    def fetch(self, ask: Ask, visit: Visit) -> Endpoints:
        """What came of each host; raises Unavailable where the proxy lets none through."""
        if not isinstance(ask, Handshakes):
            raise Unavailable(tr("{} is no question about handshakes", ask.describe()))

        def look(host: str) -> Seen:
            return self._look(*self._instead.get(host, (host, ask.port)), visit)

        with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="tls") as pool:
            seen = dict(zip(ask.hosts, pool.map(look, ask.hosts), strict=True))
        for host, one in seen.items():
            _note(visit, host, ask.port, one)
        return Endpoints(seen)

    def probe(self, visit: Visit) -> str:
        """Nothing is set up that could be reached: which host to ask is the question's."""
        self._roots.store(visit)
        return "handshakes are made with the hosts that are asked for"

    def close(self) -> None:
        """No connection outlives its question."""

    def _look(self, host: str, port: int, visit: Visit) -> Seen:
        try:
            talk = self._handshake(host, port, _context(), visit)
        except ConnectionRefusedByHostError as error:
            return Refused(str(error))
        except NoAddressError as error:
            return NoAddress(str(error))
        except NotReachedError as error:
            return Silent(str(error))
        except OSError as error:
            return NoHandshake(tr("it broke off: {}", error.strerror or type(error).__name__))
        if not talk.chain:
            return NoHandshake(talk.fault or "it sent no certificate")
        try:
            chain = tuple(facts(one) for one in talk.chain)
        except Malformed as error:
            return NoHandshake(tr("its certificate cannot be read: {}", error))
        return Served(
            chain=chain,
            trust=self._roots.store(visit).judge(talk.chain[0], talk.chain),
            protocol=talk.protocol,
            tls_1_0=self._taken(host, port, SSL.TLS1_VERSION, visit),
            tls_1_1=self._taken(host, port, SSL.TLS1_1_VERSION, visit),
            ended=talk.fault,
            stapled=talk.stapled,
            tls_1_2=self._sound(host, port, "TLSv1.2", talk, visit),
            tls_1_3=self._sound(host, port, "TLSv1.3", talk, visit),
        )

    def _sound(self, host: str, port: int, name: str, talk: _Talk, visit: Visit) -> Taken:
        """Whether a protocol of today is accepted; the one that was chosen is."""
        if talk.protocol == name:
            return "accepted"
        return self._taken(host, port, _SOUND[name], visit)

    def _taken(self, host: str, port: int, version: int, visit: Visit) -> Taken:
        """Whether a protocol is accepted where it is the only one that is offered."""
        context = _context()
        try:
            context.set_min_proto_version(version)
            context.set_max_proto_version(version)
            talk = self._handshake(host, port, context, visit)
        except (
            ConnectionRefusedByHostError,
            NoAddressError,
            NotReachedError,
            Unavailable,
            OSError,
        ):
            return "no answer"
        except SSL.Error:
            return "not tried"
        if talk.chain:
            return "accepted"
        if any(words in talk.fault for words in _NOT_HERE):
            return "not tried"
        return "no answer" if talk.timed_out else "refused"

    def _handshake(self, host: str, port: int, context: SSL.Context, visit: Visit) -> _Talk:
        with self._counting:
            visit.requests += 1
        stapled: list[bytes] = []
        context.set_ocsp_client_callback(lambda _, data, __: _kept(stapled, data))
        with self._dialler.dial(host, port) as line:
            talk = SSL.Connection(context, None)
            talk.set_connect_state()
            talk.request_ocsp()
            if not _is_address(host):
                talk.set_tlsext_host_name(host.encode("ascii", "replace"))
            fault, timed_out = _shake(talk, line, self._dialler.seconds)
            protocol = talk.get_protocol_version_name()
            answer = b"".join(stapled)[:_MOST_STAPLED]
            return _Talk(_chain(talk), protocol, fault, timed_out, answer)


def _context() -> SSL.Context:
    """Every protocol and cipher that this machine can offer: the server's choice is of interest."""
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    with suppress(SSL.Error):
        context.set_cipher_list(_ANY_CIPHER)
        context.set_min_proto_version(SSL.TLS1_VERSION)
    context.set_verify(SSL.VERIFY_NONE, lambda *_: True)
    return context


def _kept(into: list[bytes], data: bytes) -> bool:
    """Keep what was stapled; whatever it is worth, the handshake goes on."""
    into.append(data)
    return True


def _shake(talk: SSL.Connection, line: Line, seconds: float) -> tuple[str, bool]:
    """Carry the handshake through; what stopped it, and whether that was the time."""
    try:
        while True:
            try:
                talk.do_handshake()
            except SSL.WantReadError:
                _send(talk, line)
                data = line.receive()
                if not data:
                    return msg("it hung up"), False
                talk.bio_write(data)
            else:
                return "", False
    except TimeoutError:
        return tr("it did not finish the handshake in {:g} s", seconds), True
    except SSL.Error as error:
        # What remains to be said is an alert, which a polite client still sends.
        return _reason(error), False
    except OSError as error:
        return tr("it broke off: {}", error.strerror or type(error).__name__), False


def _send(talk: SSL.Connection, line: Line) -> None:
    with suppress(SSL.WantReadError):
        while True:
            line.send(talk.bio_read(65536))


def _reason(error: SSL.Error) -> str:
    """OpenSSL's words, in ours where we have some."""
    details = error.args[0] if error.args and isinstance(error.args[0], list) else []
    words = str(details[-1][-1]) if details else msg("the handshake failed")
    return _WORDS.get(words, words)


def _chain(talk: SSL.Connection) -> list[x509.Certificate]:
    """What the server sent, as far as it came."""
    try:
        return list(talk.get_peer_cert_chain(as_cryptography=True) or ())
    except LIBRARY_ERRORS:
        return []


def _is_address(host: str) -> bool:
    return ":" in host or host.replace(".", "").isdigit()


def _note(visit: Visit, host: str, port: int, seen: Seen) -> None:
    where = f"{host}:{port}"
    if not isinstance(seen, Served):
        visit.note(where, seen.why, about=host)
        return
    visit.note(where, seen.leaf.text, about=host)
    visit.note(f"{where}, chain", seen.trust.text, about=host)
    old = f"TLS 1.0 {seen.tls_1_0}, TLS 1.1 {seen.tls_1_1}"
    new = f"TLS 1.2 {seen.tls_1_2}, TLS 1.3 {seen.tls_1_3}"
    ended = f"; after the certificate: {seen.ended}" if seen.ended else ""
    visit.note(f"{where}, protocol", f"{seen.protocol}; {old}, {new}{ended}", about=host)


def connect(engagement: Engagement) -> TlsConnector:
    """The connector for the endpoints of an engagement."""
    login = urlsplit(CLOUDS[engagement.get("tenant.cloud", "public")].login).hostname or ""
    own = urlsplit(engagement.get("tenant.endpoints.login") or "")
    instead = {login: (own.hostname, own.port or 443)} if own.hostname else {}
    return TlsConnector(Dialler.of(engagement), Roots.of(engagement), instead=instead)
