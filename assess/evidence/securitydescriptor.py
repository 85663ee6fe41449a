"""Windows security descriptors, as the directory keeps them in nTSecurityDescriptor. No I/O.

Self-relative form: a header of 20 octets with offsets to owner, group and the discretionary access
list. Entries of the types 0 (allow), 1 (deny), 5 and 6 (the same for one property or right) decide;
every other type is kept as ``other``, because nobody here can say what it comes to. Identifiers of
objects and rights are lower-case GUIDs, security identifiers the usual ``S-1-…`` text.

Whoever asks for access is a set of SIDs: the account's own, those of its groups at every depth, and
the well-known ones. Entries that stand on the object itself go before inherited ones, and within
each a denial goes before an allowance: the canonical order, in which Windows' own tools write.
"""

from collections.abc import Collection, Iterable, Iterator
from typing import Literal
from uuid import UUID

import msgspec

from assess.language import tr

EXTENDED_RIGHT = 0x100
READ_PROPERTY = 0x10
WRITE_PROPERTY = 0x20
WRITE_DACL = 0x40000
WRITE_OWNER = 0x80000
FULL_CONTROL = 0xF01FF
ENROLL = "0e10c968-78fb-11d2-90d4-00c04f79dc55"
AUTO_ENROLL = "a05b8cc2-17bc-4802-a710-e7c15ab866a2"

# What the generic rights stand for on objects of the directory.
_GENERIC = {
    0x10000000: FULL_CONTROL,
    0x20000000: 0x20004,
    0x40000000: 0x20028,
    0x80000000: 0x20094,
}
_SELF_RELATIVE, _DACL_PRESENT = 0x8000, 0x4
_INHERITABLE, _INHERIT_ONLY, _INHERITED = 0x2, 0x8, 0x10
_KINDS: dict[int, Literal["allow", "deny"]] = {0: "allow", 1: "deny", 5: "allow", 6: "deny"}
_FOR_ONE_OBJECT = (5, 6)
_HEADER, _LIST_HEADER, _ENTRY_HEADER = 20, 8, 4
_MOST_AUTHORITIES = 15


class MalformedDescriptor(ValueError):
    """The bytes are no security descriptor, or hold no access list; the message says which."""


class Entry(msgspec.Struct, frozen=True, omit_defaults=True):
    """One entry of an access list that applies to the object itself.

    ``object_type``: the right or property that it is about, "" for all of them.
    """

    kind: Literal["allow", "deny", "other"]
    sid: str
    mask: int
    object_type: str = ""
    inherited: bool = False

    def covers(self, mask: int, right: str = "") -> bool:
        """It speaks of this access: every bit of the mask, for this extended right or property."""
        return self.mask & mask == mask and self.object_type in ("", right)


class Descriptor(msgspec.Struct, frozen=True, tag=True):
    """Who owns an object, and who may do what with it. ``open``: no list, so everybody may all."""

    owner: str
    entries: tuple[Entry, ...]
    open: bool = False

    def grants(self, sids: Collection[str], mask: int, right: str = "") -> bool:
        """Whoever carries these SIDs has the access; one denial among them takes it."""
        if self.open:
            return True
        for inherited in (False, True):
            level = [one for one in self.entries if one.inherited is inherited]
            said = {e.kind for e in level if e.sid in sids and e.covers(mask, right)}
            if said & {"allow", "deny"}:
                return "deny" not in said
        return False

    def might_grant(self, sids: Collection[str], mask: int, right: str = "") -> bool:
        """``grants``, or the order in which the entries really stand lets it through."""
        if self.grants(sids, mask, right):
            return True
        said = (e.kind for e in self.entries if e.sid in sids and e.covers(mask, right))
        return next((kind for kind in said if kind != "other"), "deny") == "allow"

    def might_write(self, sids: Collection[str]) -> bool:
        """Some property may be written, be it only one: that is enough to change what it does."""

        def written(kind: str) -> set[str]:
            return {
                e.object_type
                for e in self.entries
                if e.kind == kind and e.sid in sids and e.mask & WRITE_PROPERTY
            }

        denied = written("deny")
        return self.open or bool(written("allow") - denied if "" not in denied else ())

    def undecided(self, sids: Collection[str]) -> bool:
        """Entries of a kind that nobody here understands speak of these SIDs, or of nobody."""
        return any(e.kind == "other" and (not e.sid or e.sid in sids) for e in self.entries)

    def named(self) -> tuple[str, ...]:
        """Every SID that an entry allows something, in the order of the list, once each."""
        return tuple(dict.fromkeys(e.sid for e in self.entries if e.kind == "allow"))


def parse(data: bytes, *, below: bool = False) -> Descriptor:
    """The descriptor in these bytes; raises MalformedDescriptor and nothing else.

    ``below``: with the entries that whatever is made below the object inherits, in place of its
    own. One that only some class inherits is of the kind ``other``.
    """
    if len(data) < _HEADER or data[0] != 1:
        raise MalformedDescriptor("it is no security descriptor")
    control = _number(data, 2, 2)
    if not control & _SELF_RELATIVE:
        raise MalformedDescriptor("it is not in the self-relative form")
    if not control & _DACL_PRESENT:
        raise MalformedDescriptor("it holds no access list")
    owner_at, list_at = _number(data, 4, 4), _number(data, 16, 4)
    owner = sid_text(data, owner_at)[0] if owner_at else ""
    if not list_at:
        return Descriptor(owner, (), open=True)
    return Descriptor(owner, tuple(_entries(data, list_at, below=below)))


def _entries(data: bytes, at: int, *, below: bool) -> Iterator[Entry]:
    size, count = _number(data, at + 2, 2), _number(data, at + 4, 2)
    end = at + size
    if size < _LIST_HEADER or end > len(data):
        raise MalformedDescriptor("its access list is longer than the bytes")
    place = at + _LIST_HEADER
    for _ in range(count):
        length = _number(data, place + 2, 2)
        if length < _ENTRY_HEADER or place + length > end:
            raise MalformedDescriptor("an entry of its access list is cut")
        found = _entry(data[place : place + length], below=below)
        if found is not None:
            yield found
        place += length


def _entry(data: bytes, *, below: bool) -> Entry | None:
    """One entry; None where it only waits to be inherited, or, for those below, does not."""
    kind, flags = data[0], data[1]
    if not flags & _INHERITABLE if below else flags & _INHERIT_ONLY:
        return None
    inherited = bool(flags & _INHERITED)
    if kind not in _KINDS:
        return Entry("other", "", 0, inherited=inherited)
    mask, place, object_type = _number(data, 4, 4), 8, ""
    if kind in _FOR_ONE_OBJECT:
        present = _number(data, 8, 4)
        place = 12
        if present & 1:
            object_type = _guid(data, place)
            place += 16
        if present & 2:  # of which class it was inherited for: that has been settled by now
            of_class = _guid(data, place)
            place += 16
            if below and of_class:
                return Entry("other", sid_text(data, place)[0], 0, inherited=inherited)
    return Entry(_KINDS[kind], sid_text(data, place)[0], _mapped(mask), object_type, inherited)


def _mapped(mask: int) -> int:
    for generic, rights in _GENERIC.items():
        if mask & generic:
            mask = mask & ~generic | rights
    return mask


def _guid(data: bytes, at: int) -> str:
    """The identifier there; the one of zeros stands for all."""
    octets = data[at : at + 16]
    if len(octets) != 16:  # noqa: PLR2004 - octets of a GUID
        raise MalformedDescriptor("an entry of its access list is cut")
    return str(UUID(bytes_le=octets)) if any(octets) else ""


def sid_text(data: bytes, at: int = 0) -> tuple[str, int]:
    """The security identifier there as text, and where it ends; raises MalformedDescriptor."""
    if len(data) < at + 8 or data[at] != 1 or data[at + 1] > _MOST_AUTHORITIES:
        raise MalformedDescriptor("it holds something that is no security identifier")
    count = data[at + 1]
    end = at + 8 + 4 * count
    if end > len(data):
        raise MalformedDescriptor("a security identifier in it is cut")
    authority = int.from_bytes(data[at + 2 : at + 8], "big")
    shown = str(authority) if authority < 1 << 32 else f"0x{authority:012x}"
    parts = [str(_number(data, at + 8 + 4 * n, 4)) for n in range(count)]
    return "-".join(["S-1", shown, *parts]), end


def sid_bytes(sid: str) -> bytes:
    """The octets of a SID in text, as filters of the directory want it; raises ValueError."""
    _, revision, authority, *parts = sid.split("-")
    if revision != "1":
        raise MalformedDescriptor(tr("{} is no security identifier", sid))
    numbers = b"".join(int(part).to_bytes(4, "little") for part in parts)
    return bytes([1, len(parts)]) + int(authority, 0).to_bytes(6, "big") + numbers


def rid_of(sid: str) -> int:
    """The last number of a domain's SID (``S-1-5-21-…``); -1 for every other one."""
    parts = sid.split("-")
    return int(parts[-1]) if sid.startswith("S-1-5-21-") and len(parts) == 8 else -1  # noqa: PLR2004


def domain_part(sid: str) -> str:
    """The SID of the domain that a SID belongs to; "" for one of no domain."""
    return sid.rpartition("-")[0] if rid_of(sid) >= 0 else ""


def canonical(entries: Iterable[Entry]) -> bool:
    """The entries stand in the order of Windows' own tools."""
    ranks = [2 * e.inherited + (e.kind == "allow") for e in entries if e.kind != "other"]
    return ranks == sorted(ranks)


def _number(data: bytes, at: int, length: int) -> int:
    octets = data[at : at + length]
    if len(octets) != length:
        raise MalformedDescriptor("it is cut")
    return int.from_bytes(octets, "little")
