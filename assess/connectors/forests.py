"""What forests answer, whoever shows them: domain controllers, or an export of the directory.

A forest is come to through a ``Door``; what lies behind is a ``Directory``. The readers here and in
``ldap_pki`` ask both alike, so that one directory gives one answer, whichever way it came.
"""

import base64
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import partial
from typing import Any, NamedTuple, Protocol, TypeVar
from uuid import UUID

import ldap3

from assess.connectors import (
    TableWriter,
    Visit,
    ldap_lists,
    ldap_pki,
    ldap_publishing,
    ldap_traces,
)
from assess.connectors.ldap_pki import ForestReader
from assess.connectors.ldap_session import PAGE, Directory, text
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
from assess.evidence.published import InDirectory, ListsInDirectory, PublishedLists
from assess.evidence.publishing import Publishing, SitePublishing
from assess.evidence.traces import (
    DirectoryFederation,
    DirectorySync,
    FederationTrail,
    SyncTrail,
)
from assess.language import lookup, tr

Part = TypeVar("Part")

_REGISTRATION = (
    "CN=62a0ff2e-97b9-4513-943f-0d221bd30080,CN=Device Registration Configuration,CN=Services,"
)
_DOMAINS = "(&(objectClass=crossRef)(systemFlags:1.2.840.113556.1.4.803:=2))"
_PEOPLE = "(&(objectCategory=person)(objectClass=user))"
_SYNC = "(&(objectCategory=person)(objectClass=user)(sAMAccountName=MSOL_*))"
_SYNC_SAYS = re.compile(rb"running on computer \S+ configured to synchronize to tenant ")
_MAY_READ = "Give {key}user read access, as Authenticated Users have."
ATTRIBUTES = (
    "userPrincipalName", "sAMAccountName", "mail", "proxyAddresses", "objectGUID", "objectSid",
    "userAccountControl", "mS-DS-ConsistencyGuid", "isCriticalSystemObject", "servicePrincipalName",
)  # fmt: skip
_QUESTIONS = (
    ForestSuffixes, DirectoryUsers, DeviceRegistration, CertificateServices, TemplateNamed,
    GroupNamed, DomainAdministrator, DirectorySync, DirectoryFederation, SitePublishing,
    ListsInDirectory,
)  # fmt: skip
_DISABLED = 0x2
_TRUSTS = 0x800 | 0x1000 | 0x2000  # interdomain, workstation, server
_FIRST_OWN_RID = 1000  # below are Administrator, Guest, krbtgt and their like
_MOST_SUFFIXES = 1000


class Door(Protocol):
    """One forest, and the ways into it; each counts its requests on the visit."""

    @property
    def section(self) -> str:
        """The key or table of the engagement file that names it."""
        ...

    @property
    def is_catalog(self) -> bool:
        """``everybody`` leads to a global catalog."""
        ...

    def instead(self) -> "Door | None":
        """Another door to the same forest, where this one does not open."""
        ...

    def directory(self, visit: Visit) -> AbstractContextManager[Directory]:
        """With every attribute of what it holds."""
        ...

    def everybody(self, visit: Visit) -> AbstractContextManager[Directory]:
        """As it was named: a catalog, where it is one."""
        ...

    def catalog(self, visit: Visit) -> AbstractContextManager[Directory]:
        """With the domains that ``directory`` does not hold; raises Unavailable without one."""
        ...


class Forests:
    """Every forest, one after the other. ``page``: entries a request."""

    source = "ldap"

    def __init__(self, *, page: int = PAGE) -> None:
        self._page = page

    def doors(self) -> Iterable[Door]:
        """The forests, each when the one before was read; raises where there is none at all."""
        raise NotImplementedError

    def answers(self, ask: Ask) -> bool:
        """Questions to the directory that this version can ask."""
        return isinstance(ask, _QUESTIONS)

    def fetch(self, ask: Ask, visit: Visit) -> Any:  # noqa: ANN401 - an ``ask.answer``
        """The answer of every forest; raises Unavailable where none answers."""
        match ask:
            case ForestSuffixes():
                return Suffixes(self._of_each(lambda door: self._suffixes(door, visit), visit))
            case DeviceRegistration():
                return Registrations(
                    self._of_each(lambda door: self._registration(door, visit), visit)
                )
            case DirectoryUsers():
                return self._people(ask, visit)
            case ListsInDirectory():
                return self._lists(ask, visit)
            case _:
                answer, read = _reading(ask)
                return answer(self._of_forests(read, visit))

    def close(self) -> None:
        """Connections are given back with each question."""

    # -- forests --

    def _of_each(self, read: Callable[[Door], Part], visit: Visit) -> tuple[Part | NoAnswer, ...]:
        parts = [_through(door, read, visit) for door in self.doors()]
        self._unless_all_refused(parts)
        return tuple(parts)

    def _of_forests(self, read: Callable[..., Part], visit: Visit) -> tuple[Part | NoAnswer, ...]:
        """What a reader of forests finds in each.

        The server's own domain with every attribute, the others through it as a global catalog.
        """

        def of(door: Door) -> Part:
            with (
                door.directory(visit) as session,
                ForestReader(
                    session,
                    {domain.name: domain.dn for domain in domains_of(session)},
                    lambda: door.catalog(visit),
                ) as reader,
            ):
                return read(reader, section=door.section, visit=visit)

        return self._of_each(of, visit)

    @staticmethod
    def _unless_all_refused(parts: Sequence[object]) -> None:
        refused = [part for part in parts if isinstance(part, NoAnswer)]
        if len(refused) == len(parts):
            raise Unavailable(
                "; ".join(dict.fromkeys(lookup(part.reason) for part in refused)),
                " ".join(dict.fromkeys(lookup(part.mend) for part in refused if part.mend)),
            )

    # -- suffixes --

    def _suffixes(self, door: Door, visit: Visit) -> Forest:
        # The global catalog leaves uPNSuffixes out: an absence there would be a lie.
        with door.directory(visit) as session:
            partitions = f"CN=Partitions,{session.root['configurationNamingContext'][0]}"
            found = session.entry(partitions, ["uPNSuffixes"])
            if found is None:
                raise Unavailable(
                    tr("{} does not show {}", session.where, partitions),
                    session.worded(_MAY_READ),
                )
            added = tuple(sorted({text(value).strip().lower() for value in found["uPNSuffixes"]}))
            domains = tuple(domain.name for domain in domains_of(session))
            root = domain_of(session.root["rootDomainNamingContext"][0])
            visit.note(f"{session.where} {partitions} uPNSuffixes", ", ".join(added) or "none")
            visit.note(f"{session.where} crossRef objects of domains, dnsRoot", ", ".join(domains))
            return Forest(door.section, root, domains, added)

    # -- device registration --

    def _registration(self, door: Door, visit: Visit) -> Registration | NotRegistered:
        with door.directory(visit) as session:
            configuration = session.root["configurationNamingContext"][0]
            root = domain_of(session.root["rootDomainNamingContext"][0])
            point = _REGISTRATION + configuration
            found = session.entry(point, ["keywords"])
            if found is None:
                services = f"CN=Services,{configuration}"
                if session.entry(services, ["cn"]) is None:  # then the absence proves nothing
                    raise Unavailable(
                        tr("{} does not show {}", session.where, services),
                        session.worded(_MAY_READ),
                    )
                visit.note(f"{session.where} {point}", "no such object")
                return NotRegistered(door.section, root, "there is no service connection point")
            keywords = [text(value) for value in found["keywords"]]
            visit.note(f"{session.where} {point} keywords", ", ".join(keywords) or "none")
            named = {name.lower(): value for name, _, value in (k.partition(":") for k in keywords)}
            name, tenant = named.get("azureadname", ""), named.get("azureadid", "")
            if not (name or tenant):
                return NotRegistered(door.section, root, "the service connection point is empty")
            return Registration(door.section, root, name.lower(), tenant.strip("{} ").lower())

    # -- revocation lists --

    def _lists(self, ask: ListsInDirectory, visit: Visit) -> PublishedLists:
        def read(door: Door) -> dict[str, InDirectory]:
            with door.directory(visit) as session:
                return ldap_lists.held(session, ask.urls, visit)

        parts = self._of_each(read, visit)
        found = [part for part in parts if not isinstance(part, NoAnswer)]
        refused = [part.reason for part in parts if isinstance(part, NoAnswer)]
        return PublishedLists(ldap_lists.together(found, refused, ask.urls))

    # -- people --

    def _people(self, ask: DirectoryUsers, visit: Visit) -> People:
        known: set[str] = set()
        scoped: list[str] = []

        def read(door: Door) -> ForestUsers:
            # A global catalog knows every domain; else the sibling port does where it is needed.
            with door.everybody(visit) as session:
                return self._forest(door, session, ask, visit, known, scoped)

        parts = list(self._of_each(read, visit))
        for name in ask.domains:
            if name not in known:
                reason = tr(
                    "ad.domains names {}, which is no domain of a forest that answered", name
                )
                parts.append(NoAnswer("ad", reason, "Correct ad.domains, or add its forest."))
        if ask.scope and not scoped and not any(isinstance(part, NoAnswer) for part in parts):
            reason = tr("ad.user_scope_dn {} lies in no domain of the forests", ask.scope)
            parts.append(NoAnswer("ad", reason, "Correct ad.user_scope_dn."))
        wanted = [part for part in parts if isinstance(part, NoAnswer) or part.domains]
        self._unless_all_refused(wanted or parts)
        return People(tuple(wanted or parts))

    def _forest(
        self,
        door: Door,
        session: Directory,
        ask: DirectoryUsers,
        visit: Visit,
        known: set[str],
        scoped: list[str],
    ) -> ForestUsers:
        domains = domains_of(session)
        known.update(domain.name for domain in domains)
        chosen = [one for one in domains if not ask.domains or one.name in ask.domains]
        bases = [_Base(one.name, one.dn, one.dn) for one in chosen]
        if ask.scope and any(_touch(ask.scope, one.dn) for one in chosen):
            scoped.append(door.section)
            bases = _narrowed(ask.scope, chosen)
        root = domain_of(session.root["rootDomainNamingContext"][0])
        label = f"ldap.users.{door.section}"
        counts = _Counts()
        try:
            with visit.table(label) as writer:
                for part, where in self._readable(door, session, bases, visit):
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
        scope = ask.scope if door.section in scoped else ""
        netbios = {one.name: one.short for one in chosen}
        listed = counts.most()
        rest = counts.rest(listed)
        return ForestUsers(door.section, root, names, users, listed, scope, rest, netbios)

    def _readable(
        self, door: Door, session: Directory, bases: "Sequence[_Base]", visit: Visit
    ) -> "Iterator[tuple[_Base, Directory]]":
        """Each base with a directory that holds it: this one, or the forest's global catalog.

        A global catalog's subtree goes on into the domains below, so there only the topmost bases
        are read.
        """
        held = {dn.lower() for dn in session.root["namingContexts"]}
        if not door.is_catalog and all(base.domain_dn.lower() in held for base in bases):
            yield from ((base, session) for base in bases)
            return
        top = [base for base in bases if not any(_below(base.dn, other.dn) for other in bases)]
        if door.is_catalog:
            yield from ((base, session) for base in top)
            return
        missing = ", ".join(base.domain for base in bases if base.domain_dn.lower() not in held)
        try:
            with door.catalog(visit) as catalog:
                yield from ((base, catalog) for base in top)
        except Unavailable as error:
            reason = tr("{} does not hold {}; {}", session.where, missing, error.reason)
            raise Unavailable(reason, error.mend) from None

    def _sweep(
        self,
        session: Directory,
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
                raise Unavailable(
                    tr("{}: {} vanished meanwhile", session.where, text(dn)), "Run again."
                )
            user = user_of(dn, {name: values for name, values in whole.items() if values}, sync)
            counts.add(user)
            add(user)
        if writer.rows == before and base.dn == base.domain_dn:
            raise Unavailable(
                tr(
                    "{} shows no account below {}, where there must be some", session.where, base.dn
                ),
                session.worded(_MAY_READ),
            )


def _reading(ask: Ask) -> tuple[Callable[[tuple[Any, ...]], Any], Callable[..., Any]]:
    """What an answer is made with, and what reads one forest for it."""
    match ask:
        case CertificateServices():
            return PublicKeyServices, ldap_pki.services
        case TemplateNamed():
            return partial(Templates, ask.name), partial(ldap_pki.templates, name=ask.name)
        case GroupNamed():
            return partial(Groups, ask.name), partial(ldap_pki.groups, name=ask.name)
        case DomainAdministrator():
            return partial(Nominees, ask.name), partial(ldap_pki.nominee, name=ask.name)
        case DirectorySync():
            return SyncTrail, ldap_traces.synchronisation
        case DirectoryFederation():
            return FederationTrail, ldap_traces.federation
        case SitePublishing():
            return Publishing, partial(ldap_publishing.publishing, hosts=ask.hosts)
        case _:
            raise Unavailable(tr("the directory cannot be asked for {}", ask.describe()))


def _through(door: Door, read: Callable[[Door], Part], visit: Visit) -> Part | NoAnswer:
    """What is read through a door, or through another one of the same forest."""
    try:
        return read(door)
    except Unavailable as error:
        other = door.instead()
        if other is None:
            return NoAnswer(door.section, error.reason, error.mend)
        visit.note(f"[{door.section}]", f"{error.reason}; {other.section} was read in its place")
        try:
            return read(other)
        except Unavailable as also:
            reasons = f"{lookup(error.reason)}; {lookup(also.reason)}"
            return NoAnswer(door.section, reasons, tr("{} Or: {}", error.mend, also.mend))


class Domain(NamedTuple):
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


def domains_of(session: Directory) -> list[Domain]:
    """DNS name and distinguished name of each domain of the forest; raises where none is shown."""
    base = f"CN=Partitions,{session.root['configurationNamingContext'][0]}"
    found = []
    wanted = ("nCName", "dnsRoot", "nETBIOSName")
    for entries in session.pages(base, _DOMAINS, wanted, scope=ldap3.LEVEL):
        for entry in entries:
            raw = entry["raw_attributes"]
            names, roots = raw.get("nCName") or [], raw.get("dnsRoot") or []
            if not names:
                raise Unavailable(
                    tr("{} shows a domain without its name in {}", session.where, base)
                )
            dn = text(names[0])
            short = text((raw.get("nETBIOSName") or [b""])[0])
            found.append(Domain(text(roots[0]).lower() if roots else domain_of(dn), dn, short))
    if not found:
        raise Unavailable(
            tr("{} shows no domain of the forest in {}", session.where, base),
            session.worded(_MAY_READ),
        )
    return sorted(found)


def _sync_accounts(session: Directory, base: str) -> frozenset[bytes]:
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


def _narrowed(scope: str, domains: Sequence[Domain]) -> list[_Base]:
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
