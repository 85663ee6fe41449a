"""Connections over HTTPS: where they lead, who is trusted, and their end when time is up."""

import socket
import ssl
import threading
from collections.abc import Mapping
from contextlib import suppress
from os import environ
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Self

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.util.retry import Retry
from urllib3.util.ssl_ import create_urllib3_context

from assess.errors import Unavailable
from assess.language import tr

_ENVIRONMENT_CA = ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE")


class Watch:
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
        """The connection that this thread uses now; raises TimeoutError where time is up."""
        watch: Watch | None = getattr(cls.active, "watch", None)
        if watch is None:
            return
        watch.connection = connection
        if watch.passed:
            raise TimeoutError("the time that this request may take has run out")


def _pools(routes: Mapping[str, str]) -> dict[str, type[HTTPConnectionPool]]:
    """Pools whose connections go where ``routes`` says; the name that is verified stays."""

    class Connection(HTTPSConnection):
        def connect(self) -> None:
            Watch.follow(self)
            super().connect()

        def request(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - the library's own
            Watch.follow(self)
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


class Adapter(HTTPAdapter):
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
        """Pools of our own for what is asked directly."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = self._classes

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
        """The same through a proxy."""
        manager = super().proxy_manager_for(*args, **kwargs)
        manager.pool_classes_by_scheme = self._classes
        return manager

    def build_connection_pool_key_attributes(
        self,
        request: requests.PreparedRequest,
        verify: bool | str,
        cert: str | tuple[str, str] | None = None,
    ) -> Any:  # noqa: ANN401 - a pair of the library's own private types
        """What tells pools apart; whom to trust is part of it."""
        host, pool = super().build_connection_pool_key_attributes(request, verify, cert)
        return host, {**pool, **self._own}


class Session(requests.Session):
    """Leaves redirects alone: the library would read their bodies whole, whatever their size."""

    def get_redirect_target(self, resp: requests.Response) -> str | None:  # noqa: ARG002
        """Nowhere."""
        return None


def thumbprint(text: str) -> str:
    """The digits: Windows shows thumbprints with blanks and an invisible sign in front."""
    digits = "".join(character for character in text.lower() if character in "0123456789abcdef")
    if len(digits) not in {40, 64}:
        raise Unavailable(
            "the thumbprint is neither SHA-1 (40 digits) nor SHA-256 (64 digits)",
            "Copy the thumbprint of the server's certificate again.",
        )
    return digits


def system_roots() -> ssl.SSLContext:
    """The system's own roots, among them those that a company has given to its machines."""
    context = create_urllib3_context()
    context.load_default_certs()
    return context


def roots_of(ca_file: Path | None) -> bool | str:
    """The file or folder of authorities, this one or the environment's; True where none is named.

    Raises Unavailable where it cannot be read.
    """
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
