"""Reads Active Directory with ldap3, every forest of the engagement file.

LDAPS, or StartTLS where the address says ``ldap://``: nobody signs in without TLS. Each question
has a connection of its own. An account that is refused once is not tried again in this run: five
questions would be five wrong passwords, and those lock an account out.
"""

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from assess.connectors import Visit
from assess.connectors.forests import Forests
from assess.connectors.ldap_session import PAGE, Access, Session, SignInRefused, signed_in
from assess.engagement import Engagement
from assess.errors import Unavailable
from assess.evidence.directory import domain_of

_FORGET_SECONDS = 60.0


class Server:
    """One forest, through one of its domain controllers. ``clock``: seconds, only forward."""

    def __init__(self, access: Access, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.access = access
        self._clock = clock
        self._lock = threading.Lock()
        self._refusal: tuple[float, Unavailable] | None = None

    @property
    def section(self) -> str:
        """The table of the engagement file that says how it is reached."""
        return self.access.section

    @property
    def is_catalog(self) -> bool:
        """It was named as a global catalog."""
        return self.access.is_catalog

    @contextmanager
    def directory(self, visit: Visit) -> Iterator[Session]:
        """With every attribute of its own domain."""
        with self._counted(visit, self.access.directory_port) as session:
            yield session

    @contextmanager
    def everybody(self, visit: Visit) -> Iterator[Session]:
        """As the engagement file names it."""
        with self._counted(visit) as session:
            yield session

    @contextmanager
    def catalog(self, visit: Visit) -> Iterator[Session]:
        """The same host as a global catalog."""
        access = self.access
        mend = access.worded("Name a global catalog (port 3269) in {key}server.")
        if access.catalog_port is None:
            where = f"{access.host}:{access.port}"
            raise Unavailable(f"{where} is not asked as a global catalog", mend)
        try:
            opening = self._counted(visit, access.catalog_port)
            session = opening.__enter__()
        except Unavailable as error:
            raise Unavailable(f"as a global catalog: {error.reason}", mend) from None
        try:
            yield session
        finally:
            opening.__exit__(None, None, None)

    @contextmanager
    def _counted(self, visit: Visit, port: int | None = None) -> Iterator[Session]:
        with self.session(port=port) as session:
            try:
                yield session
            finally:
                visit.requests += session.requests

    @contextmanager
    def session(self, *, port: int | None = None) -> Iterator[Session]:
        """A session; a server that refused or kept silent a moment ago is not asked again."""
        access = self.access
        with self._lock:
            if self._refusal is not None:
                at, refusal = self._refusal
                if isinstance(refusal, SignInRefused) or self._clock() - at < _FORGET_SECONDS:
                    raise Unavailable(refusal.reason, refusal.mend)
            opening = signed_in(access, port=port)
            try:
                session = opening.__enter__()
            except Unavailable as error:
                if port in (None, access.port) or isinstance(error, SignInRefused):
                    self._refusal = (self._clock(), error)
                raise
        try:
            yield session
        finally:
            opening.__exit__(None, None, None)


class LdapConnector(Forests):
    """Every forest of the engagement file, one after the other.

    ``page``: entries a request; ``clock``: seconds that only go forward.
    """

    def __init__(
        self,
        forests: Sequence[Access],
        *,
        page: int = PAGE,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(page=page)
        self._servers = tuple(Server(access, clock=clock) for access in forests)

    def doors(self) -> Sequence[Server]:
        """A server for each forest."""
        if not self._servers:
            raise Unavailable(
                "the directory is not set up in the engagement file",
                'Set [ad] server, user and password, e.g. server = "ldaps://dc01.corp.contoso.com".',
                skipped=True,
            )
        return self._servers

    def probe(self, visit: Visit) -> str:
        """Sign in to every forest: who answered, and which forest it is of."""
        seen = []
        for server in self.doors():
            access = server.access
            with server.session() as session:
                visit.requests += session.requests
                held = ", ".join(session.root["dnsHostName"]) or access.host
                who = access.user if access.auth == "simple" else "the current user"
                forest = domain_of(session.root["rootDomainNamingContext"][0])
                seen.append(f"{held} answered {who}, forest {forest}")
        return "; ".join(seen)


def connect(engagement: Engagement) -> LdapConnector:
    """The forests of [ad] and [ad.forests.*], none of them asked yet."""
    names = ("server", "user", "password", "auth", "ca_file")
    tables: dict[str, Mapping[str, Any]] = {
        "ad": {name: engagement.get(f"ad.{name}") for name in names}
    }
    tables |= {f"ad.forests.{name}": keys for name, keys in engagement.tables("ad.forests").items()}
    routes = engagement.get("network.connect_to") or {}
    routes = {name.lower(): address for name, address in routes.items()}
    forests = [
        Access(
            section,
            keys["server"],
            keys.get("user") or "",
            keys.get("password"),
            keys.get("auth") or "simple",
            None if keys.get("ca_file") is None else engagement.folder / keys["ca_file"],
            routes,
        )
        for section, keys in tables.items()
        if keys.get("server")
    ]
    return LdapConnector(forests)
