"""Reads Active Directory with ldap3, every forest of the engagement file.

LDAPS, or StartTLS where the address says ``ldap://``: nobody signs in without TLS. Each question
has a connection of its own. An account that is refused once is not tried again in this run: five
questions would be five wrong passwords, and those lock an account out.
"""

import base64
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

import ldap3

from assess.connectors import TableWriter, Visit, ldap_pki
from assess.connectors.ldap_pki import ForestReader
from assess.connectors.ldap_session import PAGE, Access, Session, SignInRefused, signed_in, text
from assess.engagement import Engagement
from assess.errors import Unavailable
from assess.evidence import Ask
from assess.evidence.directory import (
    EXCLUDED,
    NO_SUFFIX,
    DeviceRegistration,
    DirectoryUser,
    DirectoryUsers,
    Forest,
    ForestSuffixes,
    ForestUsers,
    Kind,
    NoAnswer,
    NotRegistered,
    People,
    Registration,
    Registrations,
    SuffixCount,
    Suffixes,
    domain_of,
)
from assess.evidence.pki import (
    CertificateServices,
    DomainAdministrator,
    GroupNamed,
    Groups,
    Nominees,
    PublicKeyServices,
    TemplateNamed,
    Templates,
)

Part = TypeVar("Part")

_REGISTRATION = (
    "CN=62a0ff2e-97b9-4513-943f-0d221bd30080,CN=Device Registration Configuration,CN=Services,"
)
_DOMAINS = "(&(objectClass=crossRef)(systemFlags:1.2.840.113556.1.4.803:=2))"
_PEOPLE = "(&(objectCategory=person)(objectClass=user))"
_SYNC = "(&(objectCategory=person)(objectClass=user)(sAMAccountName=MSOL_*))"
_SYNC_SAYS = re.compile(rb"running on computer \S+ configured to synchronize to tenant ")
ATTRIBUTES = (
    "userPrincipalName", "sAMAccountName", "mail", "proxyAddresses", "objectGUID", "objectSid",
    "userAccountControl", "mS-DS-ConsistencyGuid", "isCriticalSystemObject", "servicePrincipalName",
)  # fmt: skip
_QUESTIONS = (
    ForestSuffixes, DirectoryUsers, DeviceRegistration, CertificateServices, TemplateNamed,
    GroupNamed, DomainAdministrator,
)  # fmt: skip
_DISABLED = 0x2
_TRUSTS = 0x800 | 0x1000 | 0x2000  # interdomain, workstation, server
_FIRST_OWN_RID = 1000  # below are Administrator, Guest, krbtgt and their like
_MOST_SUFFIXES = 1000
_FORGET_SECONDS = 60.0


class LdapConnector:
    """Every forest of the engagement file, one after the other.

    ``page``: entries a request; ``clock``: seconds that only go forward.
    """

    source = "ldap"

    def __init__(
        self,
        forests: Sequence[Access],
        *,
        page: int = PAGE,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._forests = tuple(forests)
        self._page = page
        self._clock = clock
        self._locks = {access.section: threading.Lock() for access in self._forests}
        self._refusals: dict[str, tuple[float, Unavailable]] = {}

    def answers(self, ask: Ask) -> bool:
        """Questions to the directory that this version can ask."""
        return isinstance(ask, _QUESTIONS)

    def fetch(self, ask: Ask, visit: Visit) -> Any:  # noqa: ANN401 - an ``ask.answer``
        """The answer of every forest; raises Unavailable where none answers."""
        match ask:
            case ForestSuffixes():
                return Suffixes(self._each(lambda access: self._suffixes(access, visit)))
            case DeviceRegistration():
                return Registrations(self._each(lambda access: self._registration(access, visit)))
            case DirectoryUsers():
                return self._people(ask, visit)
            case CertificateServices():
                return PublicKeyServices(self._of_forests(ldap_pki.services, visit))
            case TemplateNamed():
                read = partial(ldap_pki.templates, name=ask.name)
                return Templates(ask.name, self._of_forests(read, visit))
            case GroupNamed():
                listed = partial(ldap_pki.groups, name=ask.name)
                return Groups(ask.name, self._of_forests(listed, visit))
            case DomainAdministrator():
                looked_up = partial(ldap_pki.nominee, name=ask.name)
                return Nominees(ask.name, self._of_forests(looked_up, visit))
            case _:
                raise Unavailable(f"the directory cannot be asked for {ask.describe()}")

    def probe(self, visit: Visit) -> str:
        """Sign in to every forest: who answered, and which forest it is of."""
        self._set_up()
        seen = []
        for access in self._forests:
            with self._session(access) as session:
                visit.requests += session.requests
                held = ", ".join(session.root["dnsHostName"]) or access.host
                who = access.user if access.auth == "simple" else "the current user"
                forest = domain_of(session.root["rootDomainNamingContext"][0])
                seen.append(f"{held} answered {who}, forest {forest}")
        return "; ".join(seen)

    def close(self) -> None:
        """Connections are given back with each question."""

    # -- forests --

    def _set_up(self) -> None:
        if not self._forests:
            raise Unavailable(
                "the directory is not set up in the engagement file",
                'Set [ad] server, user and password, e.g. server = "ldaps://dc01.corp.contoso.com".',
                skipped=True,
            )

    def _each(self, read: Callable[[Access], Part]) -> tuple[Part | NoAnswer, ...]:
        self._set_up()
        parts: list[Part | NoAnswer] = []
        for access in self._forests:
            try:
                parts.append(read(access))
            except Unavailable as error:
                parts.append(NoAnswer(access.section, error.reason, error.mend))
        self._unless_all_refused(parts)
        return tuple(parts)

    def _of_forests(self, read: Callable[..., Part], visit: Visit) -> tuple[Part | NoAnswer, ...]:
        """What a reader of forests finds in each.

        The server's own domain with every attribute, the others through it as a global catalog.
        """

        def of(access: Access) -> Part:
            with (
                self._counted(access, visit, access.directory_port) as session,
                ForestReader(
                    session,
                    {domain.name: domain.dn for domain in _domains(session)},
                    lambda: self._catalog(access, visit),
                ) as reader,
            ):
                return read(reader, section=access.section, visit=visit)

        return self._each(of)

    @contextmanager
    def _catalog(self, access: Access, visit: Visit) -> Iterator[Session]:
        if access.catalog_port is None:
            raise Unavailable(
                f"{access.host}:{access.port} is not asked as a global catalog",
                access.worded("Name a global catalog (port 3269) in {key}server."),
            )
        with self._counted(access, visit, access.catalog_port) as session:
            yield session

    @staticmethod
    def _unless_all_refused(parts: Sequence[object]) -> None:
        refused = [part for part in parts if isinstance(part, NoAnswer)]
        if len(refused) == len(parts):
            raise Unavailable(
                "; ".join(dict.fromkeys(part.reason for part in refused)),
                " ".join(dict.fromkeys(part.mend for part in refused if part.mend)),
            )

    @contextmanager
    def _session(self, access: Access, *, port: int | None = None) -> Iterator[Session]:
        """A session; a server that refused or kept silent a moment ago is not asked again."""
        with self._locks[access.section]:
            at, refusal = self._refusals.get(access.section, (0.0, None))
            fresh = isinstance(refusal, SignInRefused) or self._clock() - at < _FORGET_SECONDS
            if refusal is not None and fresh:
                raise Unavailable(refusal.reason, refusal.mend)
            opening = signed_in(access, port=port)
            try:
                session = opening.__enter__()
            except Unavailable as error:
                if port in (None, access.port) or isinstance(error, SignInRefused):
                    self._refusals[access.section] = (self._clock(), error)
                raise
        try:
            yield session
        finally:
            opening.__exit__(None, None, None)

    @contextmanager
    def _counted(self, access: Access, visit: Visit, port: int | None = None) -> Iterator[Session]:
        with self._session(access, port=port) as session:
            try:
                yield session
            finally:
                visit.requests += session.requests

    # -- suffixes --

    def _suffixes(self, access: Access, visit: Visit) -> Forest:
        # The global catalog leaves uPNSuffixes out: an absence there would be a lie.
        with self._counted(access, visit, access.directory_port) as session:
            partitions = f"CN=Partitions,{session.root['configurationNamingContext'][0]}"
            found = session.entry(partitions, ["uPNSuffixes"])
            if found is None:
                raise Unavailable(
                    f"{session.where} does not show {partitions}",
                    access.worded("Give {key}user read access, as Authenticated Users have."),
                )
            added = tuple(sorted({text(value).strip().lower() for value in found["uPNSuffixes"]}))
            domains = tuple(domain.name for domain in _domains(session))
            root = domain_of(session.root["rootDomainNamingContext"][0])
            visit.note(f"{session.where} {partitions} uPNSuffixes", ", ".join(added) or "none")
            visit.note(f"{session.where} crossRef objects of domains, dnsRoot", ", ".join(domains))
            return Forest(access.section, root, domains, added)

    # -- device registration --

    def _registration(self, access: Access, visit: Visit) -> Registration | NotRegistered:
        with self._counted(access, visit, access.directory_port) as session:
            configuration = session.root["configurationNamingContext"][0]
            root = domain_of(session.root["rootDomainNamingContext"][0])
            point = _REGISTRATION + configuration
            found = session.entry(point, ["keywords"])
            if found is None:
                services = f"CN=Services,{configuration}"
                if session.entry(services, ["cn"]) is None:  # then the absence proves nothing
                    raise Unavailable(
                        f"{session.where} does not show {services}",
                        access.worded("Give {key}user read access, as Authenticated Users have."),
                    )
                visit.note(f"{session.where} {point}", "no such object")
                return NotRegistered(access.section, root, "there is no service connection point")
            keywords = [text(value) for value in found["keywords"]]
            visit.note(f"{session.where} {point} keywords", ", ".join(keywords) or "none")
            named = {name.lower(): value for name, _, value in (k.partition(":") for k in keywords)}
            name, tenant = named.get("azureadname", ""), named.get("azureadid", "")
            if not (name or tenant):
                return NotRegistered(access.section, root, "the service connection point is empty")
            return Registration(access.section, root, name.lower(), tenant.strip("{} ").lower())

    # -- people --

    def _people(self, ask: DirectoryUsers, visit: Visit) -> People:
        known: set[str] = set()
        scoped: list[str] = []

        def read(access: Access) -> ForestUsers:
            # A global catalog knows every domain; else the sibling port does where it is needed.
            with self._counted(access, visit) as session:
                return self._forest(session, ask, visit, known, scoped)

        parts = list(self._each(read))
        for name in ask.domains:
            if name not in known:
                reason = f"ad.domains names {name}, which is no domain of a forest that answered"
                parts.append(NoAnswer("ad", reason, "Correct ad.domains, or add its forest."))
        if ask.scope and not scoped and not any(isinstance(part, NoAnswer) for part in parts):
            reason = f"ad.user_scope_dn {ask.scope} lies in no domain of the forests"
            parts.append(NoAnswer("ad", reason, "Correct ad.user_scope_dn."))
        wanted = [part for part in parts if isinstance(part, NoAnswer) or part.domains]
        self._unless_all_refused(wanted or parts)
        return People(tuple(wanted or parts))

    def _forest(
        self,
        session: Session,
        ask: DirectoryUsers,
        visit: Visit,
        known: set[str],
        scoped: list[str],
    ) -> ForestUsers:
        access = session.access
        domains = _domains(session)
        known.update(domain.name for domain in domains)
        chosen = [one for one in domains if not ask.domains or one.name in ask.domains]
        bases = [_Base(one.name, one.dn, one.dn) for one in chosen]
        if ask.scope and any(_touch(ask.scope, one.dn) for one in chosen):
            scoped.append(access.section)
            bases = _narrowed(ask.scope, chosen)
        root = domain_of(session.root["rootDomainNamingContext"][0])
        label = f"ldap.users.{access.section}"
        counts = _Counts()
        try:
            with visit.table(label) as writer:
                for part, where in self._readable(session, bases):
                    read = {base.domain_dn for base in bases}
                    nested = [one.dn for one in domains if _below(one.dn, part.dn)]
                    foreign = tuple(f",{dn}".lower().encode() for dn in nested if dn not in read)
                    self._sweep(where, part, foreign, writer, counts, visit)
        except BaseException:
            with visit.table(label):  # half a list is no list, not even in the evidence file
                pass
            raise
        counts.noted(visit, session.where, bases)
        names = tuple(base.domain for base in bases)
        users = visit.listed(label, writer, DirectoryUser)
        scope = ask.scope if access.section in scoped else ""
        netbios = {one.name: one.short for one in chosen}
        listed = counts.most()
        rest = counts.rest(listed)
        return ForestUsers(access.section, root, names, users, listed, scope, rest, netbios)

    def _readable(
        self, session: Session, bases: "Sequence[_Base]"
    ) -> "Iterator[tuple[_Base, Session]]":
        """Each base with a session that holds it: this server, or it again as a global catalog.

        A global catalog's subtree goes on into the domains below, so there only the topmost bases
        are read.
        """
        held = {dn.lower() for dn in session.root["namingContexts"]}
        if not session.access.is_catalog and all(base.domain_dn.lower() in held for base in bases):
            yield from ((base, session) for base in bases)
            return
        top = [base for base in bases if not any(_below(base.dn, other.dn) for other in bases)]
        if session.access.is_catalog:
            yield from ((base, session) for base in top)
            return
        missing = ", ".join(base.domain for base in bases if base.domain_dn.lower() not in held)
        port = session.access.catalog_port
        mend = session.access.worded("Name a global catalog (port 3269) in {key}server.")
        if port is None:
            raise Unavailable(f"{session.where} does not hold {missing}", mend)
        try:
            with self._session(session.access, port=port) as catalog:
                yield from ((base, catalog) for base in top)
                session.requests += catalog.requests
        except Unavailable as error:
            reason = f"{session.where} does not hold {missing}; as a global catalog: {error.reason}"
            raise Unavailable(reason, mend) from None

    def _sweep(
        self,
        session: Session,
        base: "_Base",
        foreign: tuple[bytes, ...],
        writer: TableWriter,
        counts: "_Counts",
        visit: Visit,
    ) -> None:
        """Write every account below ``base``, but none of the ``foreign`` domains in it."""
        sync = _sync_accounts(session, base.dn)
        before = writer.rows
        cut: list[bytes] = []
        add = writer.add
        for entries in session.pages(base.dn, _PEOPLE, ATTRIBUTES, page=self._page):
            for entry in entries:
                dn: bytes = entry["raw_dn"]
                if foreign and dn.lower().endswith(foreign):
                    continue
                raw = entry["raw_attributes"]
                if any(";" in name for name in raw):  # more values than fit into one answer
                    cut.append(dn)
                    continue
                user = user_of(dn, raw, sync)
                counts.add(user)
                add(user)
            visit.progress(writer.rows)
        for dn in cut:  # afterwards: between two pages the connection belongs to the pages
            whole = session.entry(text(dn), ATTRIBUTES)
            if whole is None:
                raise Unavailable(f"{session.where}: {text(dn)} vanished meanwhile", "Run again.")
            user = user_of(dn, {name: values for name, values in whole.items() if values}, sync)
            counts.add(user)
            add(user)
        if writer.rows == before and base.dn == base.domain_dn:
            raise Unavailable(
                f"{session.where} shows no account below {base.dn}, where there must be some",
                session.access.worded("Give {key}user read access, as Authenticated Users have."),
            )


class _Domain(NamedTuple):
    """A domain of the forest: DNS name (lower case), distinguished name, NetBIOS name."""

    name: str
    dn: str
    short: str


class _Base(NamedTuple):
    """Where users are looked for, and the domain that it lies in."""

    domain: str
    domain_dn: str
    dn: str


class _Counts:
    """People by suffix, as they come; a directory of garbage does not fill the memory."""

    def __init__(self) -> None:
        self._enabled: Counter[str] = Counter()
        self._disabled: Counter[str] = Counter()
        self._kinds: Counter[str] = Counter()
        self._more = 0

    def add(self, user: DirectoryUser) -> None:
        if user.kind != "person":
            self._kinds[user.kind] += 1
            return
        suffix = user.suffix
        counter = self._enabled if user.enabled else self._disabled
        if suffix in counter or len(counter) < 10 * _MOST_SUFFIXES:
            counter[suffix] += 1
        else:
            self._more += 1

    def most(self) -> tuple[SuffixCount, ...]:
        total = self._enabled + self._disabled
        ranked = sorted(total.items(), key=lambda item: (-item[1], item[0]))
        return tuple(
            SuffixCount(suffix, self._enabled[suffix], self._disabled[suffix])
            for suffix, _ in ranked[:_MOST_SUFFIXES]
        )

    def rest(self, listed: tuple[SuffixCount, ...]) -> int:
        shown = sum(one.enabled + one.disabled for one in listed)
        return self._enabled.total() + self._disabled.total() + self._more - shown

    def noted(self, visit: Visit, where: str, bases: Sequence[_Base]) -> None:
        place = " and ".join(base.dn for base in bases)
        for one in self.most()[:200]:
            name = one.suffix or NO_SUFFIX
            said = f"{name}: {one.enabled} enabled and {one.disabled} disabled"
            visit.note(f"{where} {place} {_PEOPLE} userPrincipalName", said, about=name)
        others = [f"{kind}: {number}" for kind, number in sorted(self._kinds.items())]
        others.append(f"disabled: {self._disabled.total()}")
        visit.note(
            f"{where} {place} objectSid, userAccountControl", ", ".join(others), about=EXCLUDED
        )


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


def _domains(session: Session) -> list[_Domain]:
    """DNS name and distinguished name of each domain of the forest; raises where none is shown."""
    base = f"CN=Partitions,{session.root['configurationNamingContext'][0]}"
    found = []
    wanted = ("nCName", "dnsRoot", "nETBIOSName")
    for entries in session.pages(base, _DOMAINS, wanted, scope=ldap3.LEVEL):
        for entry in entries:
            raw = entry["raw_attributes"]
            names, roots = raw.get("nCName") or [], raw.get("dnsRoot") or []
            if not names:
                raise Unavailable(f"{session.where} shows a domain without its name in {base}")
            dn = text(names[0])
            short = text((raw.get("nETBIOSName") or [b""])[0])
            found.append(_Domain(text(roots[0]).lower() if roots else domain_of(dn), dn, short))
    if not found:
        raise Unavailable(
            f"{session.where} shows no domain of the forest in {base}",
            session.access.worded("Give {key}user read access, as Authenticated Users have."),
        )
    return sorted(found)


def _sync_accounts(session: Session, base: str) -> frozenset[bytes]:
    """The accounts of Entra Connect: their own description says what they are."""
    return frozenset(
        entry["raw_dn"]
        for entries in session.pages(base, _SYNC, ["description"])
        for entry in entries
        for value in entry["raw_attributes"].get("description") or ()
        if _SYNC_SAYS.search(value)
    )


def _within(dn: str, base: str) -> bool:
    """``dn`` is ``base`` or lies below it."""
    return dn.lower() == base.lower() or _below(dn, base)


def _touch(one: str, other: str) -> bool:
    return _within(one, other) or _below(other, one)


def _below(dn: str, base: str) -> bool:
    return dn.lower().endswith(f",{base.lower()}")


def _narrowed(scope: str, domains: Sequence[_Domain]) -> list[_Base]:
    """The scope in the domain that it lies in, and each domain that lies below it."""
    around = [one for one in domains if _within(scope, one.dn)]
    inner = [_Base(one.name, one.dn, one.dn) for one in domains if _below(one.dn, scope)]
    if not around:
        return inner
    nearest = max(around, key=lambda one: len(one.dn))
    return [_Base(nearest.name, nearest.dn, scope), *inner]


def user_of(
    dn: bytes, raw: Mapping[str, list[bytes]], sync: frozenset[bytes] = frozenset()
) -> DirectoryUser:
    """An account as the directory holds it. Missing attributes are not in ``raw``."""
    get = raw.get
    odd: list[str] = []
    upns, accounts, mails = get("userPrincipalName"), get("sAMAccountName"), get("mail")
    listed = get("proxyAddresses")
    try:
        named = dn.decode()
        upn = upns[0].decode() if upns else None
        account = accounts[0].decode() if accounts else ""
        mail = mails[0].decode() if mails else ""
        addresses = tuple([value.decode() for value in listed]) if listed else ()
    except UnicodeDecodeError:
        named = _lenient("distinguishedName", dn, odd)
        upn = _lenient("userPrincipalName", upns[0], odd) if upns else None
        account = _lenient("sAMAccountName", accounts[0], odd) if accounts else ""
        mail = _lenient("mail", mails[0], odd) if mails else ""
        addresses = tuple(_lenient("proxyAddresses", value, odd) for value in listed or ())
    guid = _first(get("objectGUID"))
    flags = _number(_first(get("userAccountControl")))
    sid = _first(get("objectSid"))
    kind: Kind = "person"
    if dn in sync:
        kind = "sync"
    elif flags & _TRUSTS:
        kind = "trust"
    elif sid and int.from_bytes(sid[-4:], "little") < _FIRST_OWN_RID:
        kind = "built-in"
    elif _first(get("isCriticalSystemObject")) == b"TRUE":
        kind = "critical"
    return DirectoryUser(
        named,
        account,
        upn,
        mail,
        addresses,
        not flags & _DISABLED,
        kind,
        int.from_bytes(sid[-4:], "little") if kind == "built-in" else 0,
        bool(get("servicePrincipalName")),
        str(UUID(bytes_le=guid)) if len(guid) == 16 else "",  # noqa: PLR2004 - octets of a GUID
        base64.b64encode(_first(get("mS-DS-ConsistencyGuid")) or guid).decode(),
        tuple(dict.fromkeys(odd)),
    )


def _first(values: list[bytes] | None) -> bytes:
    return values[0] if values else b""


def _lenient(name: str, value: bytes, odd: list[str]) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        odd.append(name)
        return text(value)


def _number(value: bytes) -> int:
    """Flags are signed 32-bit numbers in the directory."""
    try:
        return int(value or b"0") & 0xFFFFFFFF
    except ValueError:
        return 0
