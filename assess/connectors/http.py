"""HTTPS for every source that speaks it: bounded in time, size and number, and verified.

What holds for each request: TLS is verified (or the certificate pinned), credentials never leave
for another host, a server that drips is given up after ``deadline`` seconds, an answer larger than
``largest`` is refused, and what the source asks to wait is waited, up to ``patience`` seconds. An
answer of any status is a ``Reply``; everything else is ``Unavailable``, with a sentence that holds
no secret.
"""

import random
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from http.cookiejar import DefaultCookiePolicy
from os import environ
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Literal, Self, TypeVar
from urllib.parse import SplitResult, urljoin, urlsplit

import msgspec
import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from requests.utils import get_environ_proxies
from urllib3.connection import HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError, InvalidHeader, NameResolutionError
from urllib3.util.retry import Retry
from urllib3.util.ssl_ import create_urllib3_context

from assess import __version__
from assess.connectors import Visit
from assess.engagement import Engagement
from assess.errors import Unavailable
from assess.language import msg, tr

T = TypeVar("T")

TOO_MANY = frozenset({429, 509})
"""The source asks to slow down."""
PASSING = frozenset({502, 503, 504})
"""A gateway's trouble, which mostly passes."""
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_HOPS = 3
_FAULTS_REPEATED = 2  # how often a 500 is asked again: it may be a limit of Intune's, or a bug
_BROKEN_REPEATED = 2  # how often a broken connection is
_SHOWN = 200
_CONNECTION = (
    requests.exceptions.ConnectionError,
    requests.exceptions.ChunkedEncodingError,
    OSError,
    HTTPError,
)
_CHUNK = 1 << 16
_ENVIRONMENT_CA = ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE")


class Untrusted(Unavailable):
    """The certificate of the other side is not one to trust, so nothing was sent to it."""


class Reply:
    """A whole answer: status, headers (any case) and body."""

    def __init__(self, url: str, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self.url = url
        self.status = status
        self.headers = headers
        self.body = body

    @property
    def ok(self) -> bool:
        """The source did what it was asked."""
        return 200 <= self.status < 300  # noqa: PLR2004

    @property
    def text(self) -> str:
        """The body as text; bytes that are no UTF-8 become a sign of their own."""
        return self.body.decode("utf-8-sig", "replace")

    @property
    def excerpt(self) -> str:
        """The beginning of the body in one line, without control characters."""
        line = " ".join(self.text[: 4 * _SHOWN].split())
        clean = "".join(character for character in line if character.isprintable())
        return clean if len(clean) <= _SHOWN else f"{clean[:_SHOWN]}…"

    def decode(self, kind: type[T]) -> T:
        """The body read as JSON of this type; raises Unavailable where it is something else."""
        try:
            return msgspec.json.decode(self.body.removeprefix(b"\xef\xbb\xbf"), type=kind)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            what = self.excerpt or "nothing"
            raise Unavailable(
                tr(
                    "{} answered {}, but not what was asked for ({}): {}",
                    place(self.url),
                    self.status,
                    type(error).__name__,
                    what,
                ),
                "Look whether a proxy or a sign-in page stands before the service.",
            ) from None


def place(url: str) -> str:
    """Host and path of an address, without the query, for a sentence."""
    return _host(url) + _split(url).path


def _host(url: str) -> str:
    """Host and port as they stand in the address."""
    return _split(url).netloc.rpartition("@")[2]


def _split(url: str) -> SplitResult:
    """The parts of an address; none where it is no address."""
    try:
        return urlsplit(url)
    except ValueError:
        return SplitResult("", "", "", "", "")


def refusal(reply: Reply) -> Unavailable:
    """What an answer that is none means, where the source's own words say no more."""
    where, status = place(reply.url), reply.status
    said = f": {reply.excerpt}" if reply.excerpt else ""
    if status in TOO_MANY:
        return Unavailable(
            tr("{} kept asking to slow down ({})", where, status),
            "Run again at a quieter time, and end other tools that read the same tenant.",
        )
    if status in PASSING or status == 500:  # noqa: PLR2004
        return Unavailable(tr("{} is in trouble ({}){}", where, status, said), "Run again later.")
    if status in _REDIRECTS:
        target = _host(reply.headers.get("location", ""))
        return Unavailable(
            tr(
                "{} sends elsewhere, to {} ({}); credentials are not sent there",
                where,
                target,
                status,
            )
            if target
            else tr(
                "{} sends elsewhere without saying where ({}); credentials are not sent there",
                where,
                status,
            ),
            "Check the address, and whether a proxy or a sign-in page answers in its place.",
        )
    if status == 407:  # noqa: PLR2004
        return Unavailable(
            tr("the proxy before {} demands a sign-in (407)", where),
            "Let this machine through, or name another proxy.",
        )
    mend = {
        401: msg("Check the sign-in in the engagement file."),
        403: msg("Grant the account the rights that `assess permissions` lists."),
        404: msg("Check the address in the engagement file."),
    }
    advice = mend.get(status, msg("Check the address and the rights."))
    return Unavailable(tr("{} answered {}{}", where, status, said), advice)


class Bearer(AuthBase):
    """Puts a token on a request. The token is asked for each time, and so is never stale."""

    def __init__(self, token: Callable[[], str]) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """The request with its token."""
        request.headers["Authorization"] = f"Bearer {self._token()}"
        return request


class _Watch:
    """Ends the connection in use when time is up, however slowly the other side drips."""

    active: ClassVar[threading.local] = threading.local()

    def __init__(self, seconds: float) -> None:
        self.passed = False
        self.connection: HTTPSConnection | None = None
        self._lock = threading.Lock()
        self._timer = threading.Timer(seconds, self._end)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        self.active.watch = self
        self._timer.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._timer.cancel()
        with self._lock:
            self.active.watch = self.connection = None

    def _end(self) -> None:
        with self._lock:
            self.passed = True
            held = getattr(self.connection, "sock", None)
            if isinstance(held, socket.socket):
                with suppress(OSError):
                    # The plain method: TLS's own would pull the session from under its reader.
                    socket.socket.shutdown(held, socket.SHUT_RDWR)

    @classmethod
    def follow(cls, connection: HTTPSConnection) -> None:
        watch: _Watch | None = getattr(cls.active, "watch", None)
        if watch is None:
            return
        watch.connection = connection
        if watch.passed:
            raise TimeoutError("the time that this request may take has run out")


def _pools(routes: Mapping[str, str]) -> dict[str, type[HTTPConnectionPool]]:
    """Pools whose connections go where ``routes`` says; the name that is verified stays."""

    class Connection(HTTPSConnection):
        def connect(self) -> None:
            _Watch.follow(self)
            super().connect()

        def request(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - the library's own
            _Watch.follow(self)
            super().request(*args, **kwargs)

        def _new_conn(self) -> socket.socket:
            target = routes.get(f"{self.host.lower()}:{self.port}")
            if target is None:
                return super()._new_conn()
            name, port = self.host, self.port
            host, _, number = target.rpartition(":")
            self.host, self.port = host.strip("[]"), int(number)
            try:
                return super()._new_conn()
            finally:
                self.host, self.port = name, port

    class Pool(HTTPSConnectionPool):
        ConnectionCls = Connection

    return {"http": HTTPConnectionPool, "https": Pool}


class _Adapter(HTTPAdapter):
    """Connections of our own making, also through a proxy; a pinned certificate if there is one.

    ``roots`` is a context with roots that count besides those that are named with a request.
    """

    def __init__(
        self,
        routes: Mapping[str, str],
        fingerprint: str | None,
        roots: ssl.SSLContext | None,
        at_once: int,
    ) -> None:
        self._classes = _pools(routes)
        own = {"assert_fingerprint": fingerprint, "ssl_context": roots}
        self._own = {name: value for name, value in own.items() if value is not None}
        super().__init__(pool_maxsize=at_once, max_retries=Retry(0, read=False))

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = self._classes

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
        manager = super().proxy_manager_for(*args, **kwargs)
        manager.pool_classes_by_scheme = self._classes
        return manager

    def build_connection_pool_key_attributes(
        self,
        request: requests.PreparedRequest,
        verify: bool | str,
        cert: str | tuple[str, str] | None = None,
    ) -> Any:  # noqa: ANN401 - a pair of the library's own private types
        host, pool = super().build_connection_pool_key_attributes(request, verify, cert)
        return host, {**pool, **self._own}


class Client:
    """Asks over HTTPS. One for each source; of many threads, ``at_once`` get through.

    ``ca_file`` wins over the environment's REQUESTS_CA_BUNDLE and SSL_CERT_FILE; without any,
    the system's roots and certifi's count. ``fingerprint`` (SHA-1 or SHA-256) pins the
    certificate instead. ``proxy`` wins over the environment's. ``connect_to``: ``host:port`` to
    the ``host:port`` that is really called, past any proxy. ``deadline`` bounds one attempt, in
    seconds, from its first byte to its last.
    """

    def __init__(
        self,
        *,
        ca_file: Path | None = None,
        fingerprint: str | None = None,
        proxy: str | None = None,
        connect_to: Mapping[str, str] | None = None,
        auth: AuthBase | None = None,
        connect_timeout: float = 10.0,
        read_timeout: float = 60.0,
        deadline: float = 180.0,
        largest: int = 64 << 20,
        attempts: int = 7,
        patience: float = 300.0,
        at_once: int = 8,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._ca = ca_file
        self._proxy = proxy
        self._routes = {name.lower(): target for name, target in (connect_to or {}).items()}
        self._auth = auth or _NoCredentials()
        self._timeouts = (connect_timeout, read_timeout)
        self._deadline = deadline
        self._largest = largest
        self._attempts = attempts
        self._patience = patience
        self._sleep = sleep
        self._slots = threading.BoundedSemaphore(at_once)
        pinned, self._fault = None, None
        self._verify: bool | str = True
        try:
            if fingerprint is None:
                self._verify = _roots(ca_file)
            else:
                pinned, self._verify = _thumbprint(fingerprint), False
        except Unavailable as fault:
            self._fault = fault  # told to whoever asks: making a client never fails
        self._session = _Session()
        self._session.trust_env = False
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self._session.headers.update(
            {"User-Agent": f"assess/{__version__}", "Accept": "application/json"}
        )
        roots = _system_roots() if self._verify is True else None
        self._session.mount("https://", _Adapter(self._routes, pinned, roots, at_once))

    @classmethod
    def of(cls, engagement: Engagement, *, ca_key: str, **options: Any) -> Self:  # noqa: ANN401
        """A client with the proxy, the routes and the authorities of the engagement file.

        ``ca_key`` names the key with the authorities of this one source.
        """
        return cls(
            ca_file=engagement.path(ca_key) or engagement.path("network.ca_file"),
            proxy=engagement.get("network.proxy"),
            connect_to=engagement.get("network.connect_to"),
            **options,
        )

    def close(self) -> None:
        """Give the connections back."""
        self._session.close()

    def ask(
        self,
        url: str,
        *,
        visit: Visit | None = None,
        method: Literal["GET", "POST"] = "GET",
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        auth: AuthBase | None = None,
    ) -> Reply:
        """The answer, of whatever status, after waiting as the source wishes and trying again.

        Only questions are sent: POST is for those that are asked that way. Raises Unavailable where
        nobody answered, or where the answer was too slow, too large or not to be trusted.
        """
        if method not in {"GET", "POST"}:
            raise ValueError(f"{method} is no way to ask a question")
        if self._fault is not None:
            raise Unavailable(self._fault.reason, self._fault.mend)
        request = requests.Request(
            method, url, dict(headers or {}), data=body, auth=auth or self._auth
        )
        hops = 0
        while True:
            reply = self._patiently(request, visit)
            target = _same_origin(reply)
            if target is None or method != "GET" or hops == _HOPS:
                return reply
            request.url, hops = target, hops + 1

    def _patiently(self, request: requests.Request, visit: Visit | None) -> Reply:
        """One answer that is not "later", or the last "later" there is patience for."""
        waited, broken, faults = 0.0, 0, 0
        for attempt in range(1, self._attempts + 1):
            last = attempt == self._attempts
            try:
                with self._slots:
                    reply = self._once(request, visit)
            except _Broken as failure:
                broken += 1
                if last or broken > _BROKEN_REPEATED:
                    raise failure.unavailable from None
                pause, why = _backoff(attempt), msg("no answer")
            else:
                faults += reply.status == 500  # noqa: PLR2004
                if last or not _worth_repeating(reply.status, faults):
                    return reply
                pause, why = (
                    _asked_to_wait(reply) or _backoff(attempt),
                    tr("status {}", reply.status),
                )
            if waited + pause > self._patience:
                if why == "no answer":
                    raise _slow(str(request.url))
                raise Unavailable(
                    tr(
                        "{} asks to wait {:.0f} seconds ({}), more than the {:.0f} that this "
                        "run allows",
                        place(str(request.url)),
                        waited + pause,
                        why,
                        self._patience,
                    ),
                    "Run again later, and end other tools that read the same tenant.",
                )
            waited += pause
            if visit is not None:
                host = _split(str(request.url)).hostname
                visit.waiting(tr("{}: {}, next try in {:.0f} s", host, why, pause))
            self._sleep(pause)
        raise AssertionError("the last attempt returns or raises")

    def _once(self, request: requests.Request, visit: Visit | None) -> Reply:
        url = str(request.url)
        if visit is not None:
            visit.requests += 1
        with _named(url, self._proxy):
            if urlsplit(url).scheme != "https":
                raise requests.exceptions.InvalidSchema("only https:// is asked")
            prepared = self._session.prepare_request(request)
            proxies = self._proxies(urlsplit(url))
        with _Watch(self._deadline) as watch, _named(url, self._proxy, watch):
            response = self._session.send(
                prepared,
                stream=True,
                verify=self._verify,
                proxies=proxies,
                timeout=self._timeouts,
                allow_redirects=False,
            )
            try:
                body = self._read(response, url)
                if watch.passed:
                    raise _Broken(_slow(url))
            finally:
                response.close()
        return Reply(url, response.status_code, response.headers, body)

    def _read(self, response: requests.Response, url: str) -> bytes:
        body = bytearray()
        for chunk in response.iter_content(_CHUNK):
            body += chunk
            if len(body) > self._largest:
                raise Unavailable(
                    tr("{} sends more than {} MB in one answer", place(url), self._largest >> 20),
                    "Check the address, and whether a proxy answers in its place.",
                )
        return bytes(body)

    def _proxies(self, url: SplitResult) -> dict[str, str]:
        host = (url.hostname or "").lower()
        if f"{host}:{url.port or 443}" in self._routes:
            return {}
        if self._proxy:
            return {"https": self._proxy}
        return dict(get_environ_proxies(url.geturl()))


class _Session(requests.Session):
    """Leaves redirects alone: the library would read their bodies whole, whatever their size."""

    def get_redirect_target(self, resp: requests.Response) -> str | None:  # noqa: ARG002
        return None


class _NoCredentials(AuthBase):
    """Sends a request as it is; the library does not look for passwords in the home folder."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        return request


class _Broken(Exception):
    """Nobody answered, which may be better in a moment."""

    def __init__(self, unavailable: Unavailable) -> None:
        super().__init__(unavailable.reason)
        self.unavailable = unavailable


def _slow(url: str) -> Unavailable:
    return Unavailable(
        tr("{} did not finish its answer in time", place(url)),
        "Run again; if it stays, look at the network and the proxy on the way to the service.",
    )


@contextmanager
def _named(url: str, proxy: str | None, watch: _Watch | None = None) -> Iterator[None]:
    """Turn the libraries' exceptions into sentences; their own texts may hold credentials."""
    try:
        yield
    except requests.exceptions.ProxyError as error:
        raise _Broken(
            Unavailable(
                tr(
                    "the proxy {} did not lead to {}{}",
                    place(proxy) if proxy else msg("of this machine"),
                    place(url),
                    _root(error),
                ),
                "Check [network] proxy, or the environment's, and that it lets this host through.",
            )
        ) from None
    except requests.exceptions.SSLError as error:
        raise _untrusted(url, error) from None
    except (requests.exceptions.Timeout, TimeoutError):
        raise _Broken(_slow(url)) from None
    except _CONNECTION as error:
        if watch is not None and watch.passed:
            raise _Broken(_slow(url)) from None
        raise _unreached(url, error) from None
    except (requests.exceptions.RequestException, UnicodeError, ValueError) as error:
        raise Unavailable(
            tr(
                "{} cannot be asked, or its answer cannot be read: {}",
                place(url),
                type(error).__name__,
            ),
            msg("Check the address in the engagement file."),
        ) from None


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The exception, and those that it stems from or holds."""
    seen: set[int] = set()
    left: list[object] = [error]
    while left:
        one = left.pop(0)
        if isinstance(one, BaseException) and id(one) not in seen:
            seen.add(id(one))
            yield one
            left += [one.__cause__, one.__context__, getattr(one, "reason", None), *one.args]


def _root(error: BaseException) -> str:
    """What the operating system said, if it said something."""
    for one in _chain(error):
        if isinstance(one, OSError) and one.strerror and not isinstance(one, ssl.SSLError):
            return f": {one.strerror}"
    return ""


def _unreached(url: str, error: Exception) -> Exception:
    host = _host(url)
    if any(isinstance(one, (NameResolutionError, socket.gaierror)) for one in _chain(error)):
        return _Broken(
            Unavailable(
                tr("the name {} could not be resolved from this machine", _split(url).hostname),
                "Check the address, and the name resolution of this machine.",
            )
        )
    return _Broken(
        Unavailable(
            tr("{} could not be reached, or broke off{}", host, _root(error)),
            "Check the address, the firewall and the proxy between this machine and the service.",
        )
    )


def _untrusted(url: str, error: Exception) -> Exception:
    host = _host(url)
    for one in _chain(error):
        if isinstance(one, ssl.SSLCertVerificationError):
            return Untrusted(
                tr("the certificate of {} is not trusted: {}", host, one.verify_message)
                if one.verify_message
                else tr("the certificate of {} is not trusted: refused", host),
                "Name the PEM file of the authority that signs it as ca_file; "
                "verification is never switched off.",
            )
    if any("ingerprint" in str(one) for one in _chain(error)):
        return Untrusted(
            tr("the certificate of {} is not the one that is pinned", host),
            "Compare it with the server's certificate; enter the new one if that was renewed.",
        )
    return _Broken(
        Unavailable(
            tr("no TLS connection to {} could be made", host),
            "Check that the port speaks TLS 1.2 or later, and that no proxy breaks it open.",
        )
    )


def _worth_repeating(status: int, faults: int) -> bool:
    return status in TOO_MANY or status in PASSING or (status == 500 and faults <= _FAULTS_REPEATED)  # noqa: PLR2004


def _asked_to_wait(reply: Reply) -> float | None:
    """Seconds of Retry-After, a number or a date; None where there is none, or nonsense."""
    try:
        header = reply.headers.get("retry-after")
        return None if header is None else Retry().parse_retry_after(header)
    except (InvalidHeader, ValueError, OverflowError):
        return None


def _backoff(attempt: int) -> float:
    """Twice as long each time, and never in step with others."""
    return float(min(60.0, 2.0**attempt)) * random.uniform(0.5, 1.0)  # noqa: S311 - no secret is made of it


def _same_origin(reply: Reply) -> str | None:
    """Where a redirect leads, if that is the same scheme, host and port; else None."""
    location = reply.headers.get("location")
    if reply.status not in _REDIRECTS or not location:
        return None
    try:
        target = urljoin(reply.url, location)
        here, there = origin(reply.url), origin(target)
    except ValueError:
        return None
    return target if here == there else None


def origin(url: str) -> tuple[str, str, int]:
    """Scheme, host and port of an address; raises ValueError where it is none of a service."""
    parts = urlsplit(url)
    if not parts.hostname or "@" in parts.netloc:
        raise ValueError("no address of a service")
    return parts.scheme.lower(), parts.hostname.lower(), parts.port or 443


def _thumbprint(text: str) -> str:
    """The digits: Windows shows thumbprints with blanks and an invisible sign in front."""
    digits = "".join(character for character in text.lower() if character in "0123456789abcdef")
    if len(digits) not in {40, 64}:
        raise Unavailable(
            "the thumbprint is neither SHA-1 (40 digits) nor SHA-256 (64 digits)",
            "Copy the thumbprint of the server's certificate again.",
        )
    return digits


def _system_roots() -> ssl.SSLContext:
    """The system's own roots, among them those that a company has given to its machines."""
    context = create_urllib3_context()
    context.load_default_certs()
    return context


def _roots(ca_file: Path | None) -> bool | str:
    named = next((environ[name] for name in _ENVIRONMENT_CA if environ.get(name)), None)
    path = Path(named) if ca_file is None and named else ca_file
    if path is None:
        return True
    try:
        if path.is_file():
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)
        elif not path.is_dir():
            raise FileNotFoundError
    except OSError:
        raise Unavailable(
            tr("the file of authorities {} cannot be read, or holds no certificate", path),
            "Name a PEM file with the certificate of the authority as ca_file.",
        ) from None
    return str(path)
