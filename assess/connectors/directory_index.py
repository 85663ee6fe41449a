"""The objects of an export of the directory, searched as a domain controller would be.

They lie in a database on disk that has no name and goes with the process. Several files may hold
the same object: what one leaves out another may have. An absence counts where the export shows
that it is whole there: a partition is, when what every one of them has is in it, whatever the file
says; else a base of which ``ldapsearch`` says that nothing was left out.
"""

import re
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import ldap3
import msgspec
from ldap3.core.exceptions import LDAPInvalidFilterError
from ldap3.operation.search import (
    AND,
    MATCH_EQUAL,
    MATCH_EXTENSIBLE,
    MATCH_PRESENT,
    MATCH_SUBSTRING,
    NOT,
    OR,
    ROOT,
    parse_filter,
)

from assess.connectors.directory_files import ALL, ExportFile, Read, Unreadable
from assess.connectors.distinguished import (
    CONFIGURATION,
    END,
    head_of,
    parent_of,
    path_of,
    shown,
    within,
)
from assess.evidence.securitydescriptor import MalformedDescriptor, sid_text
from assess.language import msg, tr, trn

# What is kept of an object; a file may hold more (and worse: passwords of computers).
KEPT = frozenset(
    {
        "cacertificate", "certificaterevocationlist", "certificatetemplates", "cn", "description",
        "displayname", "dnshostname", "dnsroot", "flags", "grouptype", "iscriticalsystemobject",
        "isdeleted", "keywords", "mail", "member", "memberof", "ms-ds-consistencyguid",
        "mspki-cert-template-oid", "mspki-certificate-application-policy",
        "mspki-certificate-name-flag",
        "mspki-enrollment-flag", "mspki-minimal-key-size", "mspki-private-key-flag",
        "mspki-ra-signature", "mspki-template-schema-version", "ncname", "netbiosname",
        "ntsecuritydescriptor", "objectcategory", "objectclass", "objectguid", "objectsid",
        "operatingsystem", "operatingsystemversion", "pkidefaultcsps", "pkiexpirationperiod",
        "pkiextendedkeyusage", "primarygroupid", "proxyaddresses", "pwdlastset", "samaccountname",
        "serviceprincipalname", "systemflags", "upnsuffixes", "useraccountcontrol",
        "userprincipalname", "whenchanged",
    }
)  # fmt: skip
MOST_PARTS = 62  # a bit of a number each
# Only these are in every entry that was written without a list of attributes, hardly in another.
_OF_ALL = frozenset({"instancetype", "usncreated", "whencreated", "name"})

_LOOKED_UP = (
    "objectsid", "samaccountname", "cn", "dnshostname", "userprincipalname", "primarygroupid",
)  # fmt: skip
_AT_ONCE = 500  # of which a query may name some hundreds
_RAW = ("objectsid", "objectguid")
_IN_CHAIN, _AND_BITS = "1.2.840.113556.1.4.1941", "1.2.840.113556.1.4.803"
_RANGE = re.compile(r"(?P<name>[^;]+);range=(?P<first>\d+)-(?P<last>\d+|\*)")
_HEX = re.compile(rb"\\([0-9a-fA-F]{2})")
_TABLES = """
CREATE TABLE entry (id INTEGER PRIMARY KEY, path BLOB UNIQUE, parent BLOB, head BLOB, dn BLOB,
                    parts INTEGER, cut INTEGER, octets BLOB);
CREATE TABLE value (name TEXT, value BLOB, id INTEGER);
CREATE TABLE link (below BLOB, above BLOB);
"""
_KEYS = """
CREATE INDEX by_parent ON entry (parent);
CREATE INDEX by_value ON value (name, value);
CREATE INDEX by_above ON link (above);
CREATE INDEX by_below ON link (below);
"""
# Below the head of each kind of partition, and of which class: what no directory is without.
_OF_CONFIGURATION = {
    "CN=Partitions": "crossRefContainer",
    "CN=Sites": "sitesContainer",
    "CN=Extended-Rights": "container",
    "CN=WellKnown Security Principals": "container",
    "CN=DisplaySpecifiers": "container",
    "CN=Directory Service,CN=Windows NT,CN=Services": "nTDSService",
}
_OF_DOMAIN = {
    "CN=Builtin": "builtinDomain",
    "CN=Users": "container",
    "CN=System": "container",
    "CN=Infrastructure": "infrastructureUpdate",
}
_ACCOUNTS = {500: "Administrator", 502: "krbtgt", 512: "Domain Admins", 513: "Domain Users"}


@dataclass(frozen=True)
class Stored:
    """An object of the export. ``parts``: bits of the parts of the export that hold it."""

    dn: bytes
    path: bytes
    parts: int
    values: Mapping[str, list[bytes]]

    @property
    def classes(self) -> set[str]:
        """Its classes, lower case."""
        return {
            one.decode("utf-8", "replace").lower() for one in self.values.get("objectclass", [])
        }


@dataclass
class _Part:
    """What one file holds of one partition, and which attributes it shows there."""

    seen: set[str] = field(default_factory=set)
    everything: bool = True

    def add(self, one: Read) -> None:
        self.seen.update(one.named)
        if "objectclass" in one.named and not _OF_ALL.issubset(one.named):
            self.everything = False


class NotExported(Exception):
    """The export does not tell: it lacks an attribute, or members. The message says which."""


class Index:
    """Filled with ``read``, then ``finish``; searched by many threads from then on."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._encode = msgspec.msgpack.Encoder().encode
        self._decode = msgspec.msgpack.Decoder(dict[str, list[bytes]]).decode
        # No name: it lies in the folder for temporary files, and is gone when it is closed.
        self._base = sqlite3.connect("", check_same_thread=False)
        self._base.executescript(f"PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; {_TABLES}")
        self._base.execute("BEGIN")
        self._said_whole: list[bytes] = []
        self._parts: dict[tuple[Path, bytes], int] = {}
        self._asked: list[frozenset[str]] = []
        self._groups: frozenset[bytes] = frozenset()
        self._cut: frozenset[bytes] = frozenset()
        self._mixed: dict[bytes, tuple[int, ...]] = {}
        self._lacking: dict[bytes, str] = {}

    def close(self) -> None:
        """Give the disk back."""
        with self._lock:
            self._base.close()

    # -- filling --

    def read(self, file: ExportFile) -> None:
        """All that a file holds; raises what reading it raises."""
        parts: dict[bytes, _Part] = {}
        for one in file.entries():
            path = path_of(one.dn)
            head = head_of(path)
            if head not in parts:
                parts[head] = _Part()
                self._parts[file.path, head] = len(self._parts)
                if len(self._parts) > MOST_PARTS:
                    raise Unreadable(tr("with it there are more than {} parts", MOST_PARTS))
            parts[head].add(one)
            self._add(one, path, head, 1 << self._parts[file.path, head])
        for part in parts.values():
            seen = ALL if part.everything else frozenset(part.seen)
            self._asked.append(seen if file.asked is None else file.asked)
        self._said_whole += [path_of(base) for base in file.whole]

    def _add(self, one: Read, path: bytes, head: bytes, part: int) -> None:
        """An object; what is known of it already stays."""
        kept = {n: v for n, v in one.values.items() if n.partition(";")[0] in KEPT}
        if kept.get("isdeleted") == [b"TRUE"]:
            return
        run = self._base.execute
        before = run("SELECT id, parts, octets FROM entry WHERE path = ?", (path,)).fetchone()
        if before is not None:
            number, parts, octets = before
            part |= parts
            kept = {**self._decode(octets), **kept}
            run("DELETE FROM value WHERE id = ?", (number,))
            run("DELETE FROM entry WHERE id = ?", (number,))
        cut = _joined(kept)
        row = (path, parent_of(path), head, one.dn, part, cut, self._encode(kept))
        number = run("INSERT INTO entry VALUES (NULL, ?, ?, ?, ?, ?, ?, ?)", row).lastrowid
        found = [(n, _alike(n, v), number) for n in _LOOKED_UP for v in kept.get(n, ())]
        self._base.executemany("INSERT INTO value VALUES (?, ?, ?)", found)
        links = [(path_of(member), path) for member in kept.get("member", ())]
        links += [(path, path_of(group)) for group in kept.get("memberof", ())]
        if links:
            self._base.executemany("INSERT INTO link VALUES (?, ?)", links)

    def finish(self) -> None:
        """All files are in."""
        self._base.executescript(_KEYS)  # which commits first
        self._groups = frozenset(path for (path,) in self._rows("SELECT DISTINCT above FROM link"))
        self._cut = frozenset(path for (path,) in self._rows("SELECT path FROM entry WHERE cut"))

    # -- what there is --

    def __len__(self) -> int:
        return int(self._rows("SELECT count(*) FROM entry")[0][0])

    def at(self, dn: str | bytes) -> Stored | None:
        """The object of a name."""
        found = self._stored("WHERE path = ?", (path_of(dn),))
        return next(iter(found), None)

    def configurations(self) -> list[Stored]:
        """The head of the configuration partition of each forest."""
        found = self._stored("WHERE path = head ORDER BY path")
        return [one for one in found if _partition(one) == "configuration"]

    def domains(self) -> list[Stored]:
        """The head of each domain that is in it, whole or not."""
        found = self._stored("WHERE path = head ORDER BY path")
        return [one for one in found if _partition(one) == "domain"]

    def lacks(self, dn: str | bytes) -> str:
        """Why an absence at or below this name says nothing; "" where it counts."""
        path = path_of(dn)
        head = head_of(path)
        above = path
        while len(above) >= len(head) and above:
            if above in self._said_whole:
                return ""
            above = parent_of(above)
        if head not in self._lacking:
            self._lacking[head] = self._incomplete(head)
        return self._lacking[head]

    def _incomplete(self, path: bytes) -> str:
        found = self._stored("WHERE path = ?", (path,))
        kind = _partition(found[0]) if found else ""
        if not kind:
            return tr(
                "{} itself is not in it, or is there without objectClass",
                shown(path) or msg("the partition"),
            )
        head = found[0]
        dn = head.dn.decode("utf-8", "replace")
        expected = _OF_DOMAIN if kind == "domain" else _OF_CONFIGURATION
        for name, of_class in expected.items():
            one = self.at(f"{name},{dn}")
            if one is None or of_class.lower() not in one.classes:
                return tr("{} is not in it, or is there without objectClass", name)
        return self._without_accounts(head) if kind == "domain" else ""

    def _without_accounts(self, head: Stored) -> str:
        """What every domain has, and what the groups of this one say that it has."""
        octets = head.values.get("objectsid", [b""])[0]
        try:
            sid = sid_text(octets)[0]
        except MalformedDescriptor:
            return tr("{} is there without objectSid", _said(head.dn))
        for rid, name in _ACCOUNTS.items():
            if not self._with_value("objectsid", _sid_octets(octets, rid)):
                return tr("{} ({}-{}) is not in it", name, sid, rid)
        dangling = self._rows(
            "SELECT DISTINCT below FROM link WHERE below >= ? AND below < ? "
            "AND NOT EXISTS (SELECT 1 FROM entry WHERE path = link.below)",
            within(head.path),
        )
        lost = [path for (path,) in dangling if head_of(path) == head.path]
        if lost:
            return trn(
                len(lost),
                "{n} member of its groups is not in it: {}",
                "{n} members of its groups are not in it, such as {}",
                shown(lost[0]),
            )
        return ""

    # -- searching --

    def known(self, attributes: Sequence[str], base: str | bytes) -> str:
        """The first of these attributes that some object at or below the base came without."""
        path = path_of(base)
        if path not in self._mixed:
            rows = self._rows(
                "SELECT DISTINCT parts FROM entry WHERE path >= ? AND path < ? AND head = ?",
                (*within(path), head_of(path)),
            )
            self._mixed[path] = tuple(parts for (parts,) in rows)
        found = (self.untold(parts, attributes) for parts in self._mixed[path])
        return next(filter(None, found), "")

    def untold(self, parts: int, attributes: Iterable[str]) -> str:
        """The first of these attributes of which none of the parts tells; else ""."""
        told = [asked for number, asked in enumerate(self._asked) if parts >> number & 1]
        for name in attributes:
            lower = name.lower()
            if lower == "ntsecuritydescriptor":  # whose absence is told of one by one
                continue
            if not any(asked == ALL or lower in asked for asked in told):
                return name
        return ""

    def search(
        self, base: str | bytes, query: str, scope: str, page: int
    ) -> Iterator[list[Stored]]:
        """What fits, some at a time, each at a moment of its own."""
        node = _parsed(query)
        if untold := self.known(list(_named(node)), base):
            raise NotExported(
                tr("{} was not exported of every object below {}", untold, _said(base))
            )
        path = path_of(base)
        among = self._candidates(node)
        found = self._scanned(path, page) if among is None else self._picked(path, among)
        for part in found:
            yield [
                one
                for one in part
                if (scope != ldap3.LEVEL or parent_of(one.path) == path) and self._fits(node, one)
            ]

    def _scanned(self, base: bytes, page: int) -> Iterator[list[Stored]]:
        """Everything at or below the base in its partition."""
        where = f"WHERE path >= ? AND path < ? AND head = ? AND path > ? ORDER BY path LIMIT {page}"
        given = (*within(base), head_of(base))
        after = b""
        while found := self._stored(where, (*given, after)):
            after = found[-1].path
            yield found

    def _picked(self, base: bytes, among: Sequence[bytes]) -> Iterator[list[Stored]]:
        """Those of the paths that lie at or below the base in its partition."""
        head = head_of(base)
        inside = [path for path in among if path.startswith(base) and head_of(path) == head]
        for at in range(0, len(inside), _AT_ONCE):
            part = inside[at : at + _AT_ONCE]
            yield self._stored(f"WHERE path IN ({','.join('?' * len(part))})", part)

    def _candidates(self, node: Any) -> list[bytes] | None:  # noqa: ANN401 - ldap3's tree
        """Paths of which only those can fit; None where nothing but looking helps."""
        match node.tag:
            case t if t == ROOT:
                return self._candidates(node.elements[0])
            case t if t == AND:
                sets = [one for e in node.elements if (one := self._candidates(e)) is not None]
                return min(sets, key=len) if sets else None
            case t if t == OR:
                parts = [self._candidates(e) for e in node.elements]
                if any(part is None for part in parts):
                    return None
                return sorted({path for part in parts for path in part or ()})
            case t if t == MATCH_EQUAL:
                name = node.assertion["attr"].lower()
                return self._with_value(name, _wanted(node)) if name in _LOOKED_UP else None
            case t if t == MATCH_EXTENSIBLE and node.assertion["matchingRule"] == _IN_CHAIN:
                return self._chain(node)
            case _:
                return None

    def _with_value(self, name: str, value: bytes) -> list[bytes]:
        rows = self._rows(
            "SELECT entry.path FROM value JOIN entry USING (id) WHERE name = ? AND value = ? "
            "ORDER BY entry.path",
            (name, _alike(name, value)),
        )
        return [path for (path,) in rows]

    def _chain(self, node: Any) -> list[bytes]:  # noqa: ANN401 - ldap3's tree
        """What is in a group, or the groups above one, at any depth."""
        inner = node.assertion["attr"].lower() == "memberof"
        start = path_of(_wanted(node))
        paths = self._reached(start, inner=inner)
        # Where the members of a group are cut, what is in it says so itself, if it was asked.
        lost = sorted(self._cut & {start, *paths} if inner else self._cut)
        telling = self._telling("memberof")
        if lost and self._rows("SELECT 1 FROM entry WHERE parts & ? = 0 LIMIT 1", (telling,)):
            raise NotExported(tr("the members of {} are cut (member;range)", shown(lost[0])))
        return sorted(paths)

    def _reached(self, start: bytes, *, inner: bool) -> set[bytes]:
        query = "SELECT above FROM link WHERE below = ?"
        if inner:
            query = "SELECT below FROM link WHERE above = ?"
        reached: set[bytes] = set()
        waiting = [start]
        while waiting:
            found = {path for (path,) in self._rows(query, (waiting.pop(),))} - reached
            reached |= found
            waiting += found & self._groups if inner else found
        return reached

    def _telling(self, attribute: str) -> int:
        told = [n for n, asked in enumerate(self._asked) if asked == ALL or attribute in asked]
        return sum(1 << number for number in told)

    def _fits(self, node: Any, one: Stored) -> bool:  # noqa: ANN401 - ldap3's tree
        match node.tag:
            case t if t in (ROOT, AND):
                return all(self._fits(part, one) for part in node.elements)
            case t if t == OR:
                return any(self._fits(part, one) for part in node.elements)
            case t if t == NOT:
                return not self._fits(node.elements[0], one)
        name = node.assertion["attr"].lower()
        values = one.values.get(name, [])
        match node.tag:
            case t if t == MATCH_PRESENT:
                # Every object has a class, whether it may be read or not.
                return bool(values) or name == "objectclass"
            case t if t == MATCH_EQUAL:
                wanted = _alike(name, _wanted(node))
                if name == "objectcategory":  # it is a name, of which the first part is enough
                    return any(wanted in (v.lower(), _first_name(v)) for v in values)
                return any(_alike(name, value) == wanted for value in values)
            case t if t == MATCH_SUBSTRING and set(node.assertion) == {"attr", "initial"}:
                start = _unescaped(node.assertion["initial"]).lower()
                return any(value.lower().startswith(start) for value in values)
            case t if t == MATCH_EXTENSIBLE:
                return self._by_rule(node, one, values)
        raise NotExported(tr("an export cannot be searched by {} in this way", name))

    def _by_rule(self, node: Any, one: Stored, values: Sequence[bytes]) -> bool:  # noqa: ANN401
        if node.assertion["matchingRule"] == _IN_CHAIN:
            if getattr(node, "reached", None) is None:
                node.reached = frozenset(self._chain(node))
            return one.path in node.reached
        if node.assertion["matchingRule"] == _AND_BITS:
            bits = int(_wanted(node))
            return any(_number(value) & bits == bits for value in values)
        raise NotExported(tr("an export cannot be searched by {}", node.assertion["matchingRule"]))

    # -- the database --

    def _stored(self, where: str, given: Sequence[Any] = ()) -> list[Stored]:
        # Only this module writes ``where``; what is looked for is in ``given``.
        query = f"SELECT dn, path, parts, octets FROM entry {where}"  # noqa: S608
        rows = self._rows(query, given)
        return [Stored(dn, path, parts, self._decode(octets)) for dn, path, parts, octets in rows]

    def _rows(self, query: str, given: Sequence[Any] = ()) -> list[Any]:
        with self._lock:
            return self._base.execute(query, given).fetchall()


# -- names --


def _said(dn: str | bytes) -> str:
    return dn if isinstance(dn, str) else dn.decode("utf-8", "replace")


def _partition(one: Stored) -> str:
    """Which kind of partition it is the head of; "" for every other object."""
    if not one.path or one.path != head_of(one.path):
        return ""
    if one.path.endswith(CONFIGURATION + END):
        return "configuration"
    return "domain" if "domaindns" in one.classes else ""


def _first_name(dn: bytes) -> bytes:
    return dn.partition(b",")[0].partition(b"=")[2].strip().lower()


# -- values --


def _joined(values: dict[str, list[bytes]]) -> int:
    """Put the ranges of an attribute together; 1 where the last of them is not there."""
    ranges: dict[str, list[tuple[int, str, str]]] = {}
    for key in values:
        if found := _RANGE.fullmatch(key):
            ranges.setdefault(found["name"], []).append((int(found["first"]), found["last"], key))
    cut = 0
    for name, parts in ranges.items():
        parts.sort()
        whole = [*values.pop(name, []), *(one for _, _, key in parts for one in values[key])]
        ends = [0, *(int(last) + 1 for _, last, _ in parts if last != "*")]
        complete = parts[-1][1] == "*" and [first for first, _, _ in parts] == ends
        if complete:  # else it is asked for again when another file is read
            for _, _, key in parts:
                del values[key]
        elif name == "member":
            cut = 1
        values[name] = list(dict.fromkeys(whole))
    return cut


def _alike(name: str, value: bytes) -> bytes:
    """Equal for values that the directory takes for the same."""
    if name in _RAW:
        return value
    try:
        return value.decode().lower().encode()
    except UnicodeDecodeError:
        return value.lower()


def _parsed(query: str) -> Any:  # noqa: ANN401 - ldap3's tree
    try:
        return parse_filter(query, None, False, False, None, False)
    except LDAPInvalidFilterError:
        raise NotExported(tr("{} is no filter", query)) from None


def _named(node: Any) -> Iterator[str]:  # noqa: ANN401 - ldap3's tree
    """The attributes that a filter asks about."""
    if node.assertion and "attr" in node.assertion:
        chained = node.assertion.get("matchingRule") == _IN_CHAIN
        yield "member" if chained else node.assertion["attr"]
    for part in node.elements:
        yield from _named(part)


def _wanted(node: Any) -> bytes:  # noqa: ANN401 - ldap3's tree
    return _unescaped(node.assertion["value"])


def _unescaped(value: bytes) -> bytes:
    return _HEX.sub(lambda found: bytes.fromhex(found[1].decode()), value)


def _sid_octets(domain: bytes, rid: int) -> bytes:
    """The SID of an account of a domain."""
    return bytes([domain[0], domain[1] + 1]) + domain[2:] + rid.to_bytes(4, "little")


def _number(value: bytes) -> int:
    try:
        return int(value) & 0xFFFFFFFF
    except ValueError:
        return 0
