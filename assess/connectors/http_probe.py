"""Asks a web server for one thing and reads the status line: whether a service runs behind a port.

What is asked about revocation is read by a module of its own.

TLS is verified, against the public roots or ``ca_file``, and the customer's own root beside them;
the certificate has to be valid at the moment of the visit, whatever the machine's clock says.
Redirects are not followed; the body is left alone.
"""

import os
import re
import ssl
from datetime import datetime
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

import certifi
from cryptography.hazmat.primitives.serialization import Encoding

from assess import __version__
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
from assess.connectors.plainweb import Secure
from assess.connectors.revocation import RevocationReader
from assess.engagement import Engagement
from assess.errors import Unavailable
from assess.evidence import Ask
from assess.evidence.http import Answered, HttpAnswer, NoStatus, NotReached, NotTrusted, StatusLine
from assess.evidence.revocation import Lists, RevocationAsk, Revocations
from assess.language import msg, tr

_LONGEST_LINE = 4096
_STATUS = re.compile(rb"HTTP/\d(?:\.\d)? (\d{3})(?: ([^\r\n]*))?\r?\n")
_NO_CHECK_TIME = 0x200000  # X509_V_FLAG_NO_CHECK_TIME: the standard library has no name for it
_ENVIRONMENT_CA = ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE")


class HttpConnector:
    """Asks through ``dialler``; ``ca_file`` replaces the public roots, ``roots`` come beside it.

    ``control``: a host that speaks plain HTTP, called where every list of revocations is silent.
    """

    source = "http"

    def __init__(
        self, dialler: Dialler, roots: Roots, *, ca_file: Path | None = None, control: str = ""
    ) -> None:
        self._dialler = dialler
        self._roots = roots
        self._ca_file = ca_file
        self._revocation = RevocationReader(dialler, roots, self._securing, control)

    def answers(self, ask: Ask) -> bool:
        """Questions about status lines and about revocation."""
        return isinstance(ask, StatusLine | RevocationAsk)

    def fetch(self, ask: Ask, visit: Visit) -> HttpAnswer | Revocations | Lists:
        """What came of the request; raises Unavailable where the proxy does not let it through."""
        if isinstance(ask, RevocationAsk):
            return self._revocation.fetch(ask, visit)
        if not isinstance(ask, StatusLine):
            raise Unavailable(tr("{} is no question about a status line", ask.describe()))
        parts = urlsplit(ask.url)
        plain = ask.plain and parts.scheme == "http"
        if not (plain or parts.scheme == "https") or not parts.hostname:
            raise Unavailable(tr("{} is no address that begins with https://", ask.url[:200]))
        visit.requests += 1
        answer = self._ask(parts, parts.hostname, visit)
        if isinstance(answer, Answered):
            said = f"{answer.status} {answer.reason}".strip()
        else:
            said = answer.why
        visit.note(ask.describe(), said, about=parts.hostname)
        return answer

    def probe(self, visit: Visit) -> str:
        """Nothing is set up that could be reached: whom to ask is the question's."""
        self._context(visit)
        return "web servers are asked by name"

    def close(self) -> None:
        """No connection outlives its question."""

    def _ask(self, parts: SplitResult, host: str, visit: Visit) -> HttpAnswer:
        context = self._context(visit)
        try:
            if parts.scheme == "http":
                with self._dialler.dial(host, parts.port or 80) as line:
                    return _exchange(line, parts)
            with self._dialler.dial(host, parts.port or 443) as line:
                secured = _Secured(line, context, host)
                return secured.out_of_date(visit.clock()) or _exchange(secured, parts)
        except (ConnectionRefusedByHostError, NoAddressError, NotReachedError) as error:
            return NotReached(str(error))
        except ssl.SSLCertVerificationError as error:
            return NotTrusted(tr("its certificate is not trusted: {}", error.verify_message))
        except TimeoutError:
            return NoStatus(tr("no answer in {:g} s", self._dialler.seconds))
        except ssl.SSLError as error:
            return NoStatus(tr("TLS failed: {}", error.reason or msg("the handshake broke off")))
        except OSError as error:
            return NoStatus(tr("it broke off: {}", error.strerror or type(error).__name__))

    def _securing(self, visit: Visit) -> Secure:
        return lambda line, host: _Secured(line, self._context(visit), host)

    def _context(self, visit: Visit) -> ssl.SSLContext:
        named = next((os.environ[name] for name in _ENVIRONMENT_CA if os.environ.get(name)), "")
        bundle = self._ca_file or Path(named or certifi.where())
        try:
            context = ssl.create_default_context(
                cafile=None if bundle.is_dir() else str(bundle),
                capath=str(bundle) if bundle.is_dir() else None,
            )
        except OSError:
            raise Unavailable(
                tr("the file of authorities {} cannot be read, or holds no certificate", bundle),
                "Name a PEM file with the certificate of the authority as [network] ca_file.",
            ) from None
        # The same on every version of Python: later ones want roots that are made by the book.
        context.verify_flags = ssl.VerifyFlags(ssl.VERIFY_X509_TRUSTED_FIRST | _NO_CHECK_TIME)
        for root in self._roots.store(visit).own_roots:
            context.load_verify_locations(cadata=root.public_bytes(Encoding.PEM).decode())
        return context


class _Secured:
    """Verified TLS on a line."""

    def __init__(self, line: Line, context: ssl.SSLContext, host: str) -> None:
        self._line = line
        self._inside, self._outside = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._inside, self._outside, server_hostname=host)
        while True:
            try:
                self._tls.do_handshake()
            except ssl.SSLWantReadError:
                self._flush()
                self._more()
            else:
                self._flush()
                return

    def out_of_date(self, moment: datetime) -> NotTrusted | None:
        """What is wrong with the dates of the certificate at this moment."""
        found = self._tls.getpeercert() or {}
        start, end = (str(found.get(name, "")) for name in ("notBefore", "notAfter"))
        if not start or not end:
            return NotTrusted("its certificate does not say how long it is valid")
        if moment.timestamp() > ssl.cert_time_to_seconds(end):
            return NotTrusted(tr("its certificate is not trusted: it expired on {}", end))
        if moment.timestamp() < ssl.cert_time_to_seconds(start):
            return NotTrusted(
                tr("its certificate is not trusted: it is not valid before {}", start)
            )
        return None

    def send(self, data: bytes) -> None:
        """Send all of it."""
        self._tls.write(data)
        self._flush()

    def receive(self) -> bytes:
        """What came, "" at the end."""
        while True:
            try:
                return self._tls.read(_LONGEST_LINE)
            except ssl.SSLWantReadError:
                self._flush()
                self._more()
            except ssl.SSLEOFError:
                return b""

    def _flush(self) -> None:
        if data := self._outside.read():
            self._line.send(data)

    def _more(self) -> None:
        if data := self._line.receive():
            self._inside.write(data)
        else:
            self._inside.write_eof()


def _exchange(line: _Secured | Line, parts: SplitResult) -> HttpAnswer:
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    head = (
        f"GET {target} HTTP/1.1\r\nHost: {parts.netloc}\r\nUser-Agent: assess/{__version__}\r\n"
        "Accept: */*\r\nConnection: close\r\n\r\n"
    )
    line.send(head.encode("ascii", "replace"))
    answer = b""
    while b"\n" not in answer:
        data = line.receive()
        answer += data
        if not data or len(answer) > _LONGEST_LINE:
            break
    found = _STATUS.match(answer)
    if found is None:
        return NoStatus("what it answers is no HTTP" if answer else "it hung up without an answer")
    return Answered(int(found[1]), (found[2] or b"").decode("latin-1").strip())


def connect(engagement: Engagement) -> HttpConnector:
    """The connector for the web servers of an engagement."""
    return HttpConnector(
        Dialler.of(engagement),
        Roots.of(engagement),
        ca_file=engagement.path("network.ca_file"),
        control=control_of(engagement),
    )


def control_of(engagement: Engagement) -> str:
    """The sign-in of the tenant's cloud, which answers on port 80 with where to go.

    Nobody where another address stands for it: that one need not speak plain HTTP.
    """
    if engagement.get("tenant.endpoints.login"):
        return ""
    cloud = CLOUDS.get(engagement.get("tenant.cloud", "public"), CLOUDS["public"])
    return cloud.login.removeprefix("https://")
