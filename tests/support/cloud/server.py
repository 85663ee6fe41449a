"""A service on a loopback port: what every stand-in shares (faults, recording, violations, life time)."""

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from types import TracebackType
from typing import Self

from cloud.authority import Authority, Identity, default_authority
from cloud.faults import Fault
from cloud.transport import Transport
from cloud.wire import Request, Response

MOST_KEPT = 100_000
SECRET_FIELDS = frozenset(
    ("client_secret", "client_assertion", "refresh_token", "device_code", "code", "password")
)


@dataclass(frozen=True)
class Recorded:
    """One request as it came, without its secrets, and the status that it got."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: str
    status: int
    part: bool


@dataclass(frozen=True)
class Violation:
    """A request that no correct client sends; ``rule`` says what it broke."""

    method: str
    target: str
    rule: str


@dataclass
class Rule:
    """A fault for requests that match; ``after`` matches go unharmed, then ``times`` of them are hit."""

    path: str
    fault: Fault
    method: str | None
    after: int
    times: int | None
    when: Callable[[Request], bool] | None
    seen: int = field(default=0)

    def hits(self, request: Request) -> bool:
        """Count the request and say whether it is hit; called under the server's lock."""
        if not fnmatchcase(request.path.lower(), self.path.lower()):
            return False
        if self.method not in (None, request.method) or (self.when and not self.when(request)):
            return False
        self.seen += 1
        return (
            self.after < self.seen <= self.after + (self.seen if self.times is None else self.times)
        )


class Server(ABC):
    """A service that answers on loopback between ``with`` and its end.

    ``identity`` is the certificate shown; it may be exchanged before the start (expired, another name).
    Errors of the stand-in itself come out at the end of the ``with``; they never pass for answers.
    """

    tls = True

    def __init__(
        self, *, authority: Authority | None = None, identity: Identity | None = None
    ) -> None:
        self.authority = authority or default_authority()
        self.requests: list[Recorded] = []
        self.violations: list[Violation] = []
        self.failures: list[Exception] = []
        self._rules: list[Rule] = []
        self._lock = threading.Lock()
        self.identity = identity
        self._transport: Transport | None = None

    @abstractmethod
    def answer(self, request: Request) -> Response:
        """Return what the service says, faults aside."""

    def handle(self, request: Request) -> Response:
        """Return the answer, or what a fault makes of it, and keep the request."""
        with self._lock:
            fault = next((rule.fault for rule in self._rules if rule.hits(request)), None)
        try:
            response = (
                fault.apply(request, lambda: self.answer(request))
                if fault
                else self.answer(request)
            )
        except Exception as failure:  # noqa: BLE001 - shown at the end, where the test sees it
            self.failures.append(failure)
            response = Response(500, b"the stand-in itself failed")
        self._keep(request, response.status)
        return response

    def inject(
        self,
        path: str,
        fault: Fault,
        *,
        method: str | None = None,
        after: int = 0,
        times: int | None = None,
        when: Callable[[Request], bool] | None = None,
    ) -> None:
        """Let ``fault`` hit requests whose decoded path matches the glob ``path`` (case is ignored)."""
        with self._lock:
            self._rules.append(Rule(path, fault, method, after, times, when))

    def heal(self) -> None:
        """Forget all faults."""
        with self._lock:
            self._rules.clear()

    def violate(self, request: Request, rule: str) -> None:
        """Note that ``request`` broke ``rule``."""
        with self._lock:
            self.violations.append(Violation(request.method, request.target, rule))

    @property
    def transport(self) -> Transport:
        """Return the running transport."""
        if self._transport is None:
            raise RuntimeError(f"{type(self).__name__} is not running")
        return self._transport

    @property
    def port(self) -> int:
        """Return the port in use."""
        return self.transport.port

    @property
    def url(self) -> str:
        """Return the root to give to a client."""
        return f"{'https' if self.tls else 'http'}://localhost:{self.port}"

    def start(self) -> None:
        """Listen on a free port of 127.0.0.1."""
        context = (self.identity or self.authority.issue()).context() if self.tls else None
        self._transport = Transport(self.handle, context)
        self._transport.start()

    def stop(self) -> None:
        """End every connection; raise what failed in the stand-in."""
        self.transport.stop()
        failures = [*self.failures, *self.transport.failures]
        if failures:
            raise ExceptionGroup(f"{type(self).__name__} itself failed", failures)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _keep(self, request: Request, status: int) -> None:
        headers = dict(request.headers)
        if "authorization" in headers:
            headers["authorization"] = headers["authorization"].partition(" ")[0] + " ***"
        recorded = Recorded(
            request.method,
            request.path,
            request.query,
            headers,
            _without_secrets(request),
            status,
            request.part,
        )
        with self._lock:
            if len(self.requests) < MOST_KEPT:
                self.requests.append(recorded)


def _without_secrets(request: Request) -> str:
    if "form-urlencoded" in request.headers.get("content-type", ""):
        fields = request.form.items()
        return "&".join(f"{n}={'***' if n in SECRET_FIELDS else v}" for n, v in fields)
    return request.body.decode("utf-8", "replace")
