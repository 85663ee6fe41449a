"""Fetches small files from web servers, as revocation is served: over HTTP, and HTTPS all the same.

Nothing secret is sent, and what comes is trusted only for its signature. Time and size are limited,
redirects lead to ``http`` and ``https`` only.
"""

import http.client
import io
import socket
import ssl
from collections.abc import Callable
from typing import NamedTuple, Protocol, TypeAlias, cast
from urllib.parse import SplitResult, urljoin, urlsplit

from assess import __version__
from assess.connectors.dial import (
    ConnectionRefusedByHostError,
    Dialler,
    Line,
    NoAddressError,
    NotReachedError,
)
from assess.evidence.revocation import Declined, NotKnown, NotReached
from assess.language import tr

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MOST_REDIRECTS = 3
_OK = 200
_CHUNK = 65536
# What a proxy says for itself; a 403 or 407 of it cannot be told from the host's.
_FROM_THE_PROXY = frozenset({403, 407, 502, 503, 504})


class Talk(Protocol):
    """What can be sent to and received from: a line, or TLS on one."""

    def send(self, data: bytes) -> None:
        """Send all of it."""
        ...

    def receive(self) -> bytes:
        """What came, "" at the end."""
        ...


Secure = Callable[[Line, str], Talk]
Nothing: TypeAlias = Declined | NotReached | NotKnown


class Fetched(NamedTuple):
    """A body, and the address that it came from, "" where a proxy or a route stands between."""

    body: bytes
    address: str


class _Status(NamedTuple):
    """A status line that brings nothing."""

    code: int
    why: str


class Post(NamedTuple):
    """What is sent, where something is."""

    body: bytes
    kind: str


def fetch(
    dialler: Dialler, url: str, *, largest: int, secure: Secure, post: Post | None = None
) -> Fetched | Nothing:
    """What is at an address; raises Unavailable where the proxy lets nothing through."""
    for _ in range(_MOST_REDIRECTS + 1):
        parts = _split(url)
        if parts is None:
            return Declined(tr("it leads to {}, which is no address of the web", repr(url[:80])))
        try:
            found = _once(dialler, parts, largest, secure, post)
        except (ConnectionRefusedByHostError, NoAddressError, NotReachedError) as error:
            return NotReached(str(error))
        except TimeoutError:
            return NotReached(tr("{} did not finish in {:g} s", parts.hostname, dialler.seconds))
        except ssl.SSLError:
            return NotReached(tr("no trusted TLS connection to {} could be made", parts.hostname))
        except (http.client.HTTPException, ValueError):
            return Declined(tr("what {} answers is no HTTP", parts.hostname))
        except OSError as error:
            why = f": {error.strerror}" if error.strerror else ""
            return NotReached(tr("{} broke off{}", parts.hostname, why))
        if not isinstance(found, str):
            return found
        try:
            url = urljoin(url, found)
        except ValueError:
            url = found
    return Declined(tr("it redirects more than {} times", _MOST_REDIRECTS))


def _split(url: str) -> SplitResult | None:
    """The parts of an address of the web, else None."""
    try:
        parts = urlsplit(url)
        sound = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:
        return None
    return parts if sound and url.isascii() and url.isprintable() and " " not in url else None


def _once(
    dialler: Dialler, parts: SplitResult, largest: int, secure: Secure, post: Post | None
) -> Fetched | Nothing | str:
    """The body; a text is where a redirect leads."""
    host = parts.hostname or ""
    direct = False
    headers: dict[str, str] = {}
    if parts.scheme == "https":
        line = dialler.dial(host, parts.port or 443)
    else:
        line, direct, headers = dialler.dial_plain(host, parts.port or 80)
    with line:
        talk = secure(line, host) if parts.scheme == "https" else line
        proxied = bool(line.through) and parts.scheme == "http"
        talk.send(_request(parts, proxied, headers, post))
        found = _answer(talk, parts, largest, line.address if direct else "")
    if proxied and isinstance(found, _Status) and found.code in _FROM_THE_PROXY:
        raise NotReachedError(tr("{} did not reach {} ({})", line.through, host, found.code))
    return Declined(found.why) if isinstance(found, _Status) else found


def _request(parts: SplitResult, whole: bool, headers: dict[str, str], post: Post | None) -> bytes:
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    place = parts.netloc.rpartition("@")[2]
    lines = [
        f"{'POST' if post else 'GET'} {f'http://{place}' if whole else ''}{target} HTTP/1.1",
        f"Host: {place}",
        f"User-Agent: assess/{__version__}",
        "Accept: */*",
        "Connection: close",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    if post:
        lines += [f"Content-Type: {post.kind}", f"Content-Length: {len(post.body)}"]
    return "\r\n".join([*lines, "", ""]).encode("ascii") + (post.body if post else b"")


def _answer(
    talk: Talk, parts: SplitResult, largest: int, address: str
) -> "Fetched | NotKnown | _Status | str":
    answer = http.client.HTTPResponse(cast("socket.socket", _Socket(talk)))
    try:
        answer.begin()
        if answer.status in _REDIRECTS and answer.headers.get("location"):
            return str(answer.headers["location"]).strip()
        if answer.status != _OK:
            reason = "".join(c for c in answer.reason if c.isprintable())[:60]
            why = tr("{} answers {} {}", parts.hostname, answer.status, reason).rstrip()
            return _Status(answer.status, why)
        body = bytearray()
        while chunk := answer.read(_CHUNK):
            body += chunk
            if len(body) > largest:
                return NotKnown(
                    tr("it is larger than the {:,} kB that are read of it", largest >> 10)
                )
        if answer.length:
            raise ConnectionAbortedError
        return Fetched(bytes(body), address)
    finally:
        answer.close()


class _Socket:
    """As much of a socket as the library needs to read an answer from."""

    def __init__(self, talk: Talk) -> None:
        self._talk = talk

    def makefile(self, mode: str) -> io.BufferedReader:
        """A file to read from."""
        assert mode == "rb"
        return io.BufferedReader(_Stream(self._talk))


class _Stream(io.RawIOBase):
    """What comes, as a file; the line itself gives up at its deadline."""

    def __init__(self, talk: Talk) -> None:
        self._talk = talk
        self._left = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        if not self._left:
            self._left = self._talk.receive()
        count = min(len(buffer), len(self._left))
        buffer[:count] = self._left[:count]
        self._left = self._left[count:]
        return count
