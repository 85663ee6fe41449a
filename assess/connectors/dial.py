"""Connections for the probes of TLS and HTTP: to where the engagement says, in a limited time.

``connect_to`` says where a host and port really are; such a route is taken directly. Else the way
leads through the proxy, [network]'s or the environment's, which is asked to CONNECT.
"""

import base64
import errno
import socket
import ssl
import time
from collections.abc import Mapping
from contextlib import suppress
from types import TracebackType
from typing import Self
from urllib.parse import SplitResult, unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

from assess.engagement import Engagement
from assess.errors import Unavailable
from assess.language import msg, tr

SECONDS = 15.0
"""For all that one host is asked: name, connection, proxy, handshake, answer."""
_LONGEST_HEAD = 16384
_OK = 200
_NO_SUCH_NAME = {socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)}
_FROM_THE_PROXY = frozenset({502, 503, 504})
_PROXY_MEND = "Check [network] proxy, or the environment's, and that it lets this host through."


class ConnectionRefusedByHostError(Exception):
    """Nobody listens there; the host itself said so."""


class NoAddressError(Exception):
    """The resolver says that there is no such name, or no address of it."""


class NotReachedError(Exception):
    """No connection came about, and it cannot be told whose fault that is."""


class Deadline:
    """The moment by which everything has to be over."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds
        self.seconds = seconds

    def left(self) -> float:
        """Seconds that are left; raises TimeoutError where there are none."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left


class Line:
    """An open connection that gives up at its deadline, however slowly the other side drips."""

    def __init__(self, sock: socket.socket, deadline: Deadline, through: str = "") -> None:
        self._sock = sock
        self._deadline = deadline
        self.through = through

    @property
    def address(self) -> str:
        """The IP address of whoever is at the other end, "" where that is not known any more."""
        try:
            return str(self._sock.getpeername()[0])
        except OSError:
            return ""

    def send(self, data: bytes) -> None:
        """Send all of it."""
        self._sock.settimeout(self._deadline.left())
        self._sock.sendall(data)

    def receive(self) -> bytes:
        """What came, "" at the end."""
        self._sock.settimeout(self._deadline.left())
        return self._sock.recv(65536)

    def close(self) -> None:
        """Hang up."""
        with suppress(OSError):
            self._sock.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class Dialler:
    """Opens lines; ``connect_to`` and ``proxy`` as in the engagement file, ``seconds`` a host."""

    def __init__(
        self,
        *,
        connect_to: Mapping[str, str] | None = None,
        proxy: str | None = None,
        seconds: float = SECONDS,
    ) -> None:
        self._routes = {name.lower(): address for name, address in (connect_to or {}).items()}
        self._proxy = proxy
        self.seconds = seconds

    @classmethod
    def of(cls, engagement: Engagement, *, seconds: float = SECONDS) -> Self:
        """With the routes and the proxy of the engagement file."""
        return cls(
            connect_to=engagement.get("network.connect_to"),
            proxy=engagement.get("network.proxy"),
            seconds=seconds,
        )

    def dial(self, host: str, port: int) -> Line:
        """An open line. Raises one of the errors above, or Unavailable."""
        deadline = Deadline(self.seconds)
        route = self._routes.get(f"{host.lower()}:{port}")
        if route is not None:
            called = f"{host}:{port}"
            return Line(_connected(*_address(route, port), deadline, called), deadline)
        proxy = self._proxy_for(host, port)
        if proxy is None:
            return self.dial_direct(host, port)
        return _tunnel(proxy, host, port, deadline)

    def dial_plain(self, host: str, port: int) -> tuple[Line, bool, dict[str, str]]:
        """An open line for HTTP without TLS: it may lead to a proxy, which is given the whole URL.

        With it, whether the way is direct, and the headers that a proxy wants. Raises as ``dial``.
        """
        if f"{host.lower()}:{port}" in self._routes:
            return self.dial(host, port), False, {}
        proxy = self._proxy_for(host, port, "http")
        if proxy is None:
            return self.dial_direct(host, port), True, {}
        return _to_proxy(proxy, Deadline(self.seconds)), False, _credentials(proxy)

    def dial_direct(self, host: str, port: int) -> Line:
        """An open line to the host's own address. Raises as ``dial``."""
        deadline = Deadline(self.seconds)
        return Line(_connected(host, port, deadline), deadline)

    def _proxy_for(self, host: str, port: int, scheme: str = "https") -> SplitResult | None:
        found = self._proxy or getproxies().get(scheme)
        if not found or proxy_bypass(f"{host}:{port}") or proxy_bypass(host):
            return None
        parts = urlsplit(found if "//" in found else f"http://{found}")
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise Unavailable(
                "the proxy of the environment is no HTTP proxy",
                "Set [network] proxy to one that begins with http:// or https://.",
            )
        return parts


def _address(text: str, port: int) -> tuple[str, int]:
    """Host and port of ``connect_to``; the port is the asked one where there is none."""
    host, colon, number = text.rpartition(":")
    if not colon or text.endswith("]"):
        return text.strip("[]"), port
    if not number.isdigit():
        raise Unavailable(
            tr("[network] connect_to leads to {}, which is no address with a port", repr(text)),
            'Write it as "127.0.0.1:8443".',
        )
    return host.strip("[]"), int(number)


def _connected(host: str, port: int, deadline: Deadline, called: str = "") -> socket.socket:
    """A connection to the first of the host's addresses that accepts one.

    ``called``: what messages call it, where that is not host and port.
    """
    called = called or f"{host}:{port}"
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        if isinstance(error, socket.gaierror) and error.errno in _NO_SUCH_NAME:
            raise NoAddressError(
                tr("the name {} has no address, as this machine sees it", host)
            ) from None
        raise NotReachedError(
            tr("the name {} cannot be resolved from this machine", host)
        ) from None
    refused, why = True, msg("no address")
    for family, kind, protocol, _, address in found:
        sock = socket.socket(family, kind, protocol)
        try:
            sock.settimeout(deadline.left())
            sock.connect(address)
        except TimeoutError:
            sock.close()
            raise NotReachedError(
                tr("{} did not accept a connection in {:g} s", called, deadline.seconds)
            ) from None
        except ConnectionResetError:
            sock.close()  # somebody accepted it and thought better of it
            raise
        except OSError as error:
            sock.close()
            refused = refused and error.errno == errno.ECONNREFUSED
            why = error.strerror or type(error).__name__
        else:
            return sock
    if refused and found:
        raise ConnectionRefusedByHostError(tr("{} refuses connections", called))
    raise NotReachedError(tr("{} cannot be reached: {}", called, why))


def _to_proxy(proxy: SplitResult, deadline: Deadline) -> Line:
    """A line to a proxy itself; raises Unavailable where there is no such proxy."""
    name, where = proxy.hostname or "", _called(proxy)
    try:
        sock = _connected(name, _port(proxy), deadline)
    except (ConnectionRefusedByHostError, NoAddressError, NotReachedError) as error:
        raise Unavailable(tr("{} cannot be reached: {}", where, error), _PROXY_MEND) from None
    except OSError:
        raise Unavailable(tr("{} broke off, or is no proxy", where), _PROXY_MEND) from None
    try:
        if proxy.scheme == "https":
            sock.settimeout(deadline.left())
            sock = ssl.create_default_context().wrap_socket(sock, server_hostname=name)
    except TimeoutError:
        sock.close()
        raise NotReachedError(tr("{} did not make a TLS connection in time", where)) from None
    except (OSError, ValueError):
        sock.close()
        raise Unavailable(tr("{} broke off, or is no proxy", where), _PROXY_MEND) from None
    return Line(sock, deadline, where)


def _tunnel(proxy: SplitResult, host: str, port: int, deadline: Deadline) -> Line:
    """A line through a proxy; what the proxy cannot do is no fault of the host's."""
    line = _to_proxy(proxy, deadline)
    where = line.through
    try:
        line.send(_connect_request(proxy, host, port))
        status = _status(line)
    except TimeoutError:
        line.close()
        raise NotReachedError(tr("{} did not lead to {}:{} in time", where, host, port)) from None
    except (OSError, ValueError):
        line.close()
        raise Unavailable(tr("{} broke off, or is no proxy", where), _PROXY_MEND) from None
    if status == _OK:
        return line
    line.close()
    if status in _FROM_THE_PROXY:
        raise NotReachedError(tr("{} did not reach {}:{} ({})", where, host, port, status))
    raise Unavailable(
        tr("{} does not let {}:{} through ({})", where, host, port, status), _PROXY_MEND
    )


def _called(proxy: SplitResult) -> str:
    return tr("the proxy {}:{}", proxy.hostname, _port(proxy))


def _port(proxy: SplitResult) -> int:
    return proxy.port or (443 if proxy.scheme == "https" else 80)


def _credentials(proxy: SplitResult) -> dict[str, str]:
    if proxy.username is None:
        return {}
    pair = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}"
    return {"Proxy-Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}


def _connect_request(proxy: SplitResult, host: str, port: int) -> bytes:
    target = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    lines = [f"CONNECT {target} HTTP/1.1", f"Host: {target}"]
    lines += [f"{name}: {value}" for name, value in _credentials(proxy).items()]
    return "\r\n".join([*lines, "", ""]).encode()


def _status(line: Line) -> int:
    """The status of a proxy's answer, read to the end of its head and no further."""
    head = b""
    while b"\r\n\r\n" not in head:
        data = line.receive()
        head += data
        if not data or len(head) > _LONGEST_HEAD:
            raise ValueError("no answer of a proxy")
    return int(head.split(b" ", 2)[1][:3])
