"""Looks names up in the zones that Active Directory itself holds.

What a domain controller with DNS serves lies in its directory: a ``dnsZone`` for each zone, a
``dnsNode`` for each name. That is the internal view where nobody named a resolver inside. A name
that lies in no such zone, or below one that is delegated or only forwarded, is left out: who looks
those up, the directory does not know.

The formats are those of MS-DNSP: records (2.3.2.2) and properties of zones (2.3.2.1).
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, suppress
from ipaddress import IPv4Address, IPv6Address
from typing import NamedTuple, Protocol, TypeVar

import ldap3
from ldap3.utils.dn import escape_rdn

from assess.connectors import Visit
from assess.connectors.forests import Door
from assess.connectors.ldap_session import Directory, text
from assess.errors import Unavailable
from assess.evidence import Ask
from assess.evidence.dns import (
    Address,
    AddressBook,
    Addresses,
    Aliases,
    Answered,
    Cname,
    Disagreement,
    DnsAsk,
    Lookup,
    NoAnswer,
    NoName,
    NoRecord,
    Resolved,
    Target,
    TargetAddress,
    plain,
)
from assess.language import tr


class _Said(Protocol):
    """Every answer says in words what was answered."""

    @property
    def text(self) -> str: ...


Found = TypeVar("Found", bound=_Said)

_TOMBSTONE, _A, _NS, _CNAME, _AAAA, _DNAME, _WINS = 0, 1, 2, 5, 28, 39, 0xFF01
_HEADER, _PROPERTY_HEADER = 24, 20
_ZONE_TYPE, _PRIMARY = 1, 1
_APEX = "@"
_MOST_ALIASES = 8
_WANTED = ("dnsRecord", "dNSTombstoned")


class Malformed(ValueError):
    """The bytes are no record."""


class Record(NamedTuple):
    """One record: its type, and its data as bytes."""

    kind: int
    data: bytes


def record(value: bytes) -> Record:
    """The record in a value of ``dnsRecord``; raises Malformed and nothing else."""
    size, kind = int.from_bytes(value[:2], "little"), int.from_bytes(value[2:4], "little")
    if len(value) < _HEADER or len(value) < _HEADER + size:
        raise Malformed("a record is cut")
    return Record(kind, value[_HEADER : _HEADER + size])


def host(data: bytes) -> str:
    """A name in a record, in lower case, without a dot at the end; raises Malformed."""
    if len(data) < 2 or len(data) < 2 + data[0]:  # noqa: PLR2004 - two lengths come first
        raise Malformed("a name in a record is cut")
    labels: list[str] = []
    place = 2
    for _ in range(data[1]):
        size = data[place] if place < len(data) else 0
        label = data[place + 1 : place + 1 + size]
        if not size or len(label) != size:
            raise Malformed("a name in a record is cut")
        labels.append(label.decode("utf-8", "replace"))
        place += 1 + size
    try:
        return plain(".".join(labels))
    except Unavailable:
        raise Malformed("a record leads to something that is no name") from None


def zone_type(properties: Iterable[bytes]) -> int | None:
    """The type of a zone: 1 is one whose records are here; None where that is not shown."""
    for value in properties:
        size, kind = int.from_bytes(value[:4], "little"), int.from_bytes(value[16:20], "little")
        data = value[_PROPERTY_HEADER : _PROPERTY_HEADER + size]
        if kind == _ZONE_TYPE and size and len(data) == size:
            return int.from_bytes(data, "little")
    return None


def answers(ask: Ask) -> bool:
    """Aliases and addresses as the company network sees them."""
    kinds = isinstance(ask, Cname | Address | TargetAddress)
    return kinds and isinstance(ask, DnsAsk) and ask.view == "internal"


def looked_up(doors: Iterable[Door], ask: DnsAsk, visit: Visit) -> Aliases | AddressBook:
    """What the zones of the forests say of the names that lie in one.

    Raises Unavailable, as a way that nobody set up, where none does: the directory stands in for a
    resolver that is not named, and its silence is no more than that there is none.
    """
    with ExitStack() as stack:
        zones = Zones(_opened(doors, stack, visit))
        if isinstance(ask, TargetAddress):
            return AddressBook(_each(ask.targets, zones.addresses, zones, visit))
        if isinstance(ask, Cname):
            aliases: dict[str, Lookup] = _each(ask.asked, zones.alias, zones, visit)
            if aliases:
                return Aliases(aliases)
        else:
            book: dict[str, Resolved] = _each(ask.asked, zones.addresses, zones, visit)
            if book:
                return AddressBook(book)
    raise Unavailable(
        tr("no zone in the directory tells what {} is", ", ".join(ask.asked)),
        "Set [dns] internal_nameservers to a name server of the company network.",
        skipped=True,
    )


def _opened(doors: Iterable[Door], stack: ExitStack, visit: Visit) -> Iterator[Directory]:
    """The forests that can be asked, each with its zones; what refuses is noted."""
    for door in doors:
        opening = door.directory(visit)
        try:
            session = opening.__enter__()
        except Unavailable as error:
            visit.note(f"[{door.section}]", f"its zones were not read: {error.reason}")
        else:
            stack.push(opening.__exit__)
            yield session


def _each(
    names: Sequence[str],
    look: Callable[[str], Found | None],
    zones: "Zones",
    visit: Visit,
) -> dict[str, Found]:
    found: dict[str, Found] = {}
    for name in names:
        answer = look(name)
        where = ", ".join(zones.places(name)) or "the directory"
        if answer is None:
            visit.note(where, f"no zone in the directory tells what {name} is", about=name)
            continue
        visit.note(f"{where}, dnsNode of {name}", answer.text, about=name)
        found[name] = answer
    return found


class Zone(NamedTuple):
    """A zone of one forest. ``held``: its records are here, and not only where others are."""

    name: str
    dn: str
    session: Directory
    held: bool


class Zones:
    """Every zone that the sessions show. Of several that hold a name, the longest decides."""

    def __init__(self, sessions: Iterable[Directory]) -> None:
        self._zones = [zone for session in sessions for zone in _zones(session)]
        self._nodes: dict[tuple[int, str], list[Record] | None] = {}

    def _holding(self, name: str) -> list[Zone]:
        """The zones of the longest name that the name lies in; more than one in several places."""
        fit = [zone for zone in self._zones if f".{name}".endswith(f".{zone.name}")]
        longest = max((len(zone.name) for zone in fit), default=0)
        return [zone for zone in fit if len(zone.name) == longest]

    def places(self, name: str) -> list[str]:
        """Where the zones of a name lie."""
        return [f"{zone.session.where} {zone.dn}" for zone in self._holding(name)]

    def alias(self, name: str) -> Lookup | None:
        """The first target, else the addresses in its place; None where no zone holds the name."""
        found = self._everywhere(name)
        different = set(found.values())
        if not different:
            return None
        if len(different) == 1:
            return different.pop()
        answers = {where: one for where, one in found.items() if not isinstance(one, NoAnswer)}
        return Disagreement(answers) if len(answers) == len(found) else _unsure(found)

    def addresses(self, name: str) -> Resolved | None:
        """The addresses, aliases followed; None where that leads out of the directory's zones."""
        at = name
        for _ in range(_MOST_ALIASES):
            found = self.alias(at)
            match found:
                case Target(target):
                    at = target
                case Disagreement():
                    return NoAnswer(found.text)
                case _:
                    return found
        return NoAnswer(tr("its aliases do not end within {}", _MOST_ALIASES))

    def _everywhere(self, name: str) -> "dict[str, Answered | NoAnswer]":
        """What each zone that holds the name says; one that only passes it on is left out."""
        found: dict[str, Answered | NoAnswer] = {}
        for zone in self._holding(name):
            try:
                answer = self._at(zone, name)
            except Unavailable as error:
                answer = NoAnswer(error.reason)
            except Malformed as error:
                answer = NoAnswer(f"{zone.session.where} {zone.dn}: {error}")
            if answer is not None:
                found[f"{zone.session.where} {zone.dn}"] = answer
        return found

    def _at(self, zone: Zone, name: str) -> Answered | NoAnswer | None:
        """What one zone says; None where it is delegated, or its records are elsewhere."""
        if not zone.held:
            return None
        inner = name.removesuffix(zone.name).rstrip(".") or _APEX
        apex = self._node(zone, _APEX)
        if not apex:
            return NoAnswer(tr("{} does not show the head of {}", zone.session.where, zone.dn))
        if inner == _APEX:
            return _told(apex)
        if self._passed_on(zone, inner):
            return None
        own = self._node(zone, inner)
        if own is None:
            own = self._wildcard(zone, inner)
        if own is not None:
            return _told(own)
        if any(one.kind == _WINS for one in apex):
            return NoAnswer(tr("the zone {} asks WINS for names that it does not hold", zone.name))
        return NoName()

    def _passed_on(self, zone: Zone, inner: str) -> bool:
        """The name, or one above it, is delegated to other servers, or stands for another tree."""
        for part in (inner, *_above(inner)):
            kinds = {one.kind for one in self._node(zone, part) or ()}
            if _NS in kinds or (_DNAME in kinds and part != inner):
                return True
        return False

    def _wildcard(self, zone: Zone, inner: str) -> list[Record] | None:
        """The wildcard of the closest name above that is there, if it has one."""
        for part in _above(inner):
            wild = self._node(zone, f"*.{part}")
            if wild is not None or self._node(zone, part) is not None:
                return wild
        return self._node(zone, "*")

    def _node(self, zone: Zone, inner: str) -> list[Record] | None:
        """The records of a name in the zone; None where there is none, or it has been deleted."""
        key = (id(zone.session), f"DC={escape_rdn(inner)},{zone.dn}".lower())
        if key not in self._nodes:
            self._nodes[key] = _read(zone.session, f"DC={escape_rdn(inner)},{zone.dn}")
        return self._nodes[key]


def _read(session: Directory, dn: str) -> list[Record] | None:
    found = session.entry(dn, _WANTED)
    if found is None or any(text(one).upper() == "TRUE" for one in found["dNSTombstoned"]):
        return None
    records = [record(value) for value in found["dnsRecord"]]
    if not records:
        raise Unavailable(tr("{} shows {} without its records", session.where, dn))
    return [one for one in records if one.kind != _TOMBSTONE] or None


def _told(records: Sequence[Record]) -> Answered:
    """An alias, else IPv4 addresses, else IPv6."""
    for one in records:
        if one.kind == _CNAME:
            return Target(host(one.data))
    for kind, make in ((_A, _v4), (_AAAA, _v6)):
        found = sorted(make(one.data) for one in records if one.kind == kind)
        if found:
            return Addresses(tuple(found))
    return NoRecord()


def _v4(data: bytes) -> str:
    if len(data) != 4:  # noqa: PLR2004 - octets of an address
        raise Malformed("an address in a record is cut")
    return str(IPv4Address(data))


def _v6(data: bytes) -> str:
    if len(data) != 16:  # noqa: PLR2004 - octets of an address
        raise Malformed("an address in a record is cut")
    return str(IPv6Address(data))


def _above(inner: str) -> Iterator[str]:
    """The names between a name and the head of its zone, the closest first."""
    rest = inner.partition(".")[2]
    while rest:
        yield rest
        rest = rest.partition(".")[2]


def _unsure(found: "dict[str, Answered | NoAnswer]") -> NoAnswer:
    return NoAnswer("; ".join(f"{where}: {one.text}" for where, one in found.items()))


# -- which zones there are --


def _zones(session: Directory) -> Iterator[Zone]:
    """The zones in every partition that the server holds, and those of old in the domain itself."""
    for partition in session.root["namingContexts"]:
        if not partition.upper().startswith("DC="):  # the configuration, and the schema
            continue
        for place in (f"CN=MicrosoftDNS,{partition}", f"CN=MicrosoftDNS,CN=System,{partition}"):
            # The container itself often shows nothing, the zones in it do. One that is not there
            # is refused too, and what cannot be seen holds nothing that could be told.
            with suppress(Unavailable):
                yield from list(_below(session, place))


def _below(session: Directory, place: str) -> Iterator[Zone]:
    level = {"scope": ldap3.LEVEL}
    for entries in session.pages(place, "(objectClass=*)", ("dNSProperty",), **level):
        for entry in entries:
            dn = text(entry["raw_dn"])
            name = dn.partition(",")[0].partition("=")[2].lower().rstrip(".")
            if name.startswith("..") or name == "rootdnsservers":
                continue  # deleted, in progress, or of the server's own
            raw = entry["raw_attributes"]
            yield Zone(name, dn, session, zone_type(raw.get("dNSProperty") or []) == _PRIMARY)
