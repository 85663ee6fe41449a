"""HTTPS for every source that speaks it: bounded in time, size and number, and verified.

What holds for each request: TLS is verified (or the certificate pinned), credentials never leave
for another host, a server that drips is given up after ``deadline`` seconds, an answer larger than
``largest`` is refused, and what the source asks to wait is waited, up to ``patience`` seconds. An
answer of any status is a ``Reply``; everything else is ``Unavailable``, with a sentence that holds
no secret. Answers, connections and failures have modules of their own (``http_replies``,
``http_transport``, ``http_failures``); here is when to ask again, and how often.
"""

import random
import threading
import time
from collections.abc import Callable, Mapping
from http.cookiejar import DefaultCookiePolicy
from pathlib import Path
from typing import Any, Literal, Self
from urllib.parse import SplitResult, urlsplit

import requests
from requests.auth import AuthBase
from requests.utils import get_environ_proxies
from urllib3.exceptions import InvalidHeader
from urllib3.util.retry import Retry

from assess import __version__
from assess.connectors import Visit
from assess.connectors.http_failures import Broken, in_words, slow
from assess.connectors.http_replies import PASSING, TOO_MANY, Reply, parts_of, place, same_origin
from assess.connectors.http_transport import (
    Adapter,
    Session,
    Watch,
    roots_of,
    system_roots,
    thumbprint,
)
from assess.engagement import Engagement
from assess.errors import Unavailable
from assess.language import msg, tr

_HOPS = 3
_FAULTS_REPEATED = 2  # how often a 500 is asked again: it may be a limit of Intune's, or a bug
_BROKEN_REPEATED = 2  # how often a broken connection is
_CHUNK = 1 << 16


class Bearer(AuthBase):
    """Puts a token on a request. The token is asked for each time, and so is never stale."""

    def __init__(self, token: Callable[[], str]) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """The request with its token."""
        request.headers["Authorization"] = f"Bearer {self._token()}"
        return request


class _NoCredentials(AuthBase):
    """Sends a request as it is; the library does not look for passwords in the home folder."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        return request


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
                self._verify = roots_of(ca_file)
            else:
                pinned, self._verify = thumbprint(fingerprint), False
        except Unavailable as fault:
            self._fault = fault  # told to whoever asks: making a client never fails
        self._session = Session()
        self._session.trust_env = False
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self._session.headers.update(
            {"User-Agent": f"assess/{__version__}", "Accept": "application/json"}
        )
        roots = system_roots() if self._verify is True else None
        self._session.mount("https://", Adapter(self._routes, pinned, roots, at_once))

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
            target = same_origin(reply)
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
            except Broken as failure:
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
                    raise slow(str(request.url))
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
                host = parts_of(str(request.url)).hostname
                visit.waiting(tr("{}: {}, next try in {:.0f} s", host, why, pause))
            self._sleep(pause)
        raise AssertionError("the last attempt returns or raises")

    def _once(self, request: requests.Request, visit: Visit | None) -> Reply:
        url = str(request.url)
        if visit is not None:
            visit.requests += 1
        with in_words(url, self._proxy):
            if urlsplit(url).scheme != "https":
                raise requests.exceptions.InvalidSchema("only https:// is asked")
            prepared = self._session.prepare_request(request)
            proxies = self._proxies(urlsplit(url))
        with Watch(self._deadline) as watch, in_words(url, self._proxy, watch):
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
                    raise Broken(slow(url))
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
