"""Reads Active Directory with ldap3, every forest of the engagement file.

LDAPS, or StartTLS where the address says ``ldap://``: nobody signs in without TLS. Each question
has a connection of its own. An account that is refused once is not tried again in this run: five
questions would be five wrong passwords, and those lock an account out.
"""

import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from assess.connectors import Visit, directory_export, directory_zones
from assess.connectors.directory_export import KEY, ExportConnector, ExportedForest
from assess.connectors.forests import Door, Forests
from assess.connectors.ldap_session import PAGE, Access, Session, SignInRefused, signed_in
from assess.engagement import Engagement
from assess.errors import Unavailable
from assess.evidence import Ask
from assess.evidence.directory import domain_of
from assess.evidence.dns import DnsAsk
from assess.language import msg, tr

_FORGET_SECONDS = 60.0
_ADDRESS = re.compile(r"[\d.]+|.*:.*")


class Server:
    """One forest, through one of its domain controllers. ``clock``: seconds, only forward."""

    def __init__(
        self,
        access: Access,
        *,
        clock: Callable[[], float] = time.monotonic,
        export: Callable[[str], ExportedForest | None] = lambda _: None,
    ) -> None:
        self.access = access
        self.root = ""
        self._export = export
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

    def instead(self) -> ExportedForest | None:
        """The export of the forest, by the name of the host."""
        return self._export(self.access.host)

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
            raise Unavailable(tr("{} is not asked as a global catalog", where), mend)
        try:
            opening = self._counted(visit, access.catalog_port)
            session = opening.__enter__()
        except Unavailable as error:
            raise Unavailable(tr("as a global catalog: {}", error.reason), mend) from None
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
            self.root = domain_of(session.root["rootDomainNamingContext"][0])
            yield session
        finally:
            opening.__exit__(None, None, None)


class Shut:
    """A door that does not open; ``error`` says why."""

    is_catalog = False

    def __init__(self, section: str, error: Unavailable) -> None:
        self.section = section
        self._error = error

    def instead(self) -> None:
        """There is no other way."""
        return

    @contextmanager
    def directory(self, visit: Visit) -> Iterator[Session]:
        """Nothing."""
        del visit
        raise Unavailable(self._error.reason, self._error.mend)
        yield  # which makes it a generator

    everybody = catalog = directory


class LdapConnector(Forests):
    """Every forest of the engagement file, one after the other.

    ``page``: entries a request; ``clock``: seconds that only go forward. ``export`` is read for a
    forest whose server refuses, and for those without a server.
    """

    def __init__(
        self,
        forests: Sequence[Access],
        *,
        page: int = PAGE,
        clock: Callable[[], float] = time.monotonic,
        export: ExportConnector | None = None,
    ) -> None:
        super().__init__(page=page)
        self._export = export
        self._servers = tuple(
            Server(access, clock=clock, export=self._exported) for access in forests
        )

    def answers(self, ask: Ask) -> bool:
        """Questions to the directory, and names that lie in a zone of it."""
        return super().answers(ask) or directory_zones.answers(ask)

    def fetch(self, ask: Ask, visit: Visit) -> Any:  # noqa: ANN401 - an ``ask.answer``
        """The answer of every forest; raises Unavailable where none answers."""
        if isinstance(ask, DnsAsk):
            return directory_zones.looked_up(self.servers(), ask, visit)
        return super().fetch(ask, visit)

    def doors(self) -> Iterator[Door]:
        """A server for each forest, and the forests of the export that no server answered for."""
        yield from self.servers()
        if self._export is None:
            return
        try:
            exported = self._export.exported()
        except Unavailable as error:
            yield Shut(KEY, error)
            return
        for forest in exported:
            named = any(forest is self._exported(one.access.host) for one in self._servers)
            if not named and forest.root not in {one.root for one in self._servers}:
                yield forest

    def _exported(self, host: str) -> ExportedForest | None:
        """The exported forest that a host is of; None where there is none."""
        try:
            found = () if self._export is None else self._export.exported()
        except Unavailable:
            return None
        if _ADDRESS.fullmatch(host) and len(found) == len(self._servers) == 1:
            return found[0]
        return next((one for one in found if one.holds(host)), None)

    def servers(self) -> Sequence[Server]:
        """A server for each forest; raises Unavailable where none is set up."""
        if not self._servers:
            raise Unavailable(
                "the directory is not set up in the engagement file",
                'Set [ad] server, user and password, e.g. server = "ldaps://dc01.corp.contoso.com".',
                skipped=True,
            )
        return self._servers

    def close(self) -> None:
        """Forget what was read of the export."""
        if self._export is not None:
            self._export.close()

    def probe(self, visit: Visit) -> str:
        """Sign in to every forest: who answered, and which forest it is of."""
        seen = []
        for server in self.servers():
            access = server.access
            with server.session() as session:
                visit.requests += session.requests
                held = ", ".join(session.root["dnsHostName"]) or access.host
                who = access.user if access.auth == "simple" else msg("the current user")
                forest = domain_of(session.root["rootDomainNamingContext"][0])
                seen.append(tr("{} answered {}, forest {}", held, who, forest))
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
    export = None
    if forests and engagement.get(KEY) is not None:
        export = directory_export.connect(engagement)
    return LdapConnector(forests, export=export)
