"""Reads exports of a directory, an entry at a time: LDIF, or JSON as PowerShell and ldap3 write it.

UTF-8 or UTF-16, with or without a byte order mark. LDIF of ``ldifde``, ``ldapsearch``,
``ldbsearch`` and ldap3: folded lines, Base64, comments; those comments in which ``ldapsearch`` says
what it asked for are understood, and ``ldifde``'s user may write them. JSON: objects in a list, in
``value`` or ``entries``, or one after the other; what each has as a key, if only with null, was
asked for. Names of attributes are lower case, and values octets, as the directory gives them.

A file that breaks off, that a search with an error wrote, or that holds changes is no export.
"""

import base64
import binascii
import io
import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple
from uuid import UUID

from assess.evidence.securitydescriptor import sid_bytes
from assess.language import tr, trn

Values = dict[str, list[bytes]]
ALL = frozenset({"*"})  # attributes, but for the security descriptor

_LONGEST = 64 * 1024 * 1024
_CHUNK = 1 << 20
_OCTETS = frozenset(
    {
        "objectsid", "objectguid", "cacertificate", "ntsecuritydescriptor", "pkiexpirationperiod",
        "ms-ds-consistencyguid", "pkioverlapperiod", "pkikeyusage", "certificaterevocationlist",
    }
)  # fmt: skip
_NAMES = {"sid": "objectsid"}  # as Get-ADUser has it
_MOMENTS = ("whenchanged", "whencreated")
# What Get-ADObject leaves out: it names the last class only.
_ABOVE: Mapping[str, tuple[str, ...]] = {
    "user": ("top", "person", "organizationalPerson", "user"),
    "inetorgperson": ("top", "person", "organizationalPerson", "user", "inetOrgPerson"),
    "computer": ("top", "person", "organizationalPerson", "user", "computer"),
    "msds-managedserviceaccount": (
        "top", "person", "organizationalPerson", "user", "computer", "msDS-ManagedServiceAccount",
    ),
    "msds-groupmanagedserviceaccount": (
        "top", "person", "organizationalPerson", "user", "computer",
        "msDS-GroupManagedServiceAccount",
    ),
    "domaindns": ("top", "domain", "domainDNS"),
}  # fmt: skip
_ATTRIBUTE = re.compile(rb"[A-Za-z0-9.-]+(?:;[A-Za-z0-9*=-]+)*")
_BASE = re.compile(r"base <(?P<base>.*)>(?: \(default\))? with scope (?P<scope>\w+)")
_TICKS = re.compile(r"/Date\((-?\d+)(?:[+-]\d{4})?\)/")
_BEGIN = re.compile(r"[\s,\[\]]*")


class Unreadable(ValueError):
    """The file is no export, or not a whole one; the message says which, and where."""


class Read(NamedTuple):
    """One entry. ``named``: its attributes, and those that it says it has not."""

    dn: bytes
    values: Values
    named: Collection[str]


@dataclass
class ExportFile:
    """One file; what it says of itself is known when all ``entries`` were read.

    ``asked``: the attributes that were asked for, by every search that wrote into it; None where
    it does not say. ``*`` stands for all. ``whole``: the bases below which it holds every object.
    """

    path: Path
    asked: frozenset[str] | None = None
    whole: list[str] = field(default_factory=list)

    def entries(self) -> Iterator[Read]:
        """Each entry; raises Unreadable or OSError."""
        try:
            with self.path.open("rb") as file, _as_utf8(file) as stream:
                first = stream.peek(4096).lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
                read = self._json if first in (b"{", b"[") else self._ldif
                yield from read(stream)
        except UnicodeError:
            raise Unreadable("its text is broken off, or in no encoding of Unicode") from None
        except RecursionError:
            raise Unreadable("its values are nested too deeply") from None

    # -- LDIF --

    def _ldif(self, stream: io.BufferedReader) -> Iterator[Read]:
        said = _Said()
        count = 0
        record: list[tuple[int, bytes]] = []
        for number, line in _logical(stream):
            if line.startswith(b"#"):
                said.comment(line)
            elif line:
                record.append((number, line))
            elif record:
                entry = _record(record)
                record = []
                if entry is not None:
                    count += 1
                    yield entry
            if said.count is not None:
                if said.count != count:
                    raise Unreadable(
                        trn(
                            count,
                            "it holds {n} entry where it counts {}",
                            "it holds {n} entries where it counts {}",
                            said.count,
                        )
                    )
                if said.unfiltered and said.base:
                    self.whole.append(said.base)
                said.count, count = None, 0
        self.asked = said.asked

    # -- JSON --

    def _json(self, stream: io.BufferedReader) -> Iterator[Read]:
        count = 0
        with io.TextIOWrapper(stream, encoding="utf-8-sig") as text:
            for given in _objects(text):
                for one in _unwrapped(given):
                    count += 1
                    yield self._object(one, count)

    @staticmethod
    def _object(given: Mapping[str, Any], count: int) -> Read:
        flat = dict(given)
        inner = flat.pop("attributes", None)
        if isinstance(inner, dict):
            flat |= inner
        named = {_NAMES.get(name.lower(), name.lower()): value for name, value in flat.items()}
        dn = named.pop("dn", None) or named.get("distinguishedname")
        if isinstance(dn, list) and len(dn) == 1:
            dn = dn[0]
        if not isinstance(dn, str) or not dn:
            raise Unreadable(tr("object {} names no distinguishedName", count))
        values: Values = {}
        for name, value in named.items():
            if octets := _values(name, value, tr("object {}, {}", count, name)):
                values[name] = octets
        classes = values.get("objectclass", [])
        if len(classes) == 1:
            above = _ABOVE.get(classes[0].decode("utf-8", "replace").lower())
            values["objectclass"] = [one.encode() for one in above] if above else classes
        return Read(dn.encode("utf-8", "surrogatepass"), values, named.keys())


def _as_utf8(file: BinaryIO) -> io.BufferedReader:
    """The file as UTF-8, whatever it is in. Broken UTF-8 is left to the values that hold it."""
    start = file.read(4)
    file.seek(0)
    encoding = ""
    if start[:2] in (b"\xff\xfe", b"\xfe\xff"):
        encoding = "utf-16"
    elif start[1:2] == b"\0" or start[:1] == b"\0":
        encoding = "utf-16-le" if start[1:2] == b"\0" else "utf-16-be"
    if encoding:
        return io.BufferedReader(_Recoded(io.TextIOWrapper(file, encoding=encoding, newline="")))
    return io.BufferedReader(file)  # type: ignore[arg-type]  # an open file is a raw stream too


class _Recoded(io.RawIOBase):
    """Text as UTF-8 octets; closes the text."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self._text = text
        self._rest = b""

    def close(self) -> None:
        self._text.close()
        super().close()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - a writable buffer
        if not self._rest:
            self._rest = self._text.read(_CHUNK).encode("utf-8", "surrogatepass")
        part = self._rest[: len(buffer)]
        self._rest = self._rest[len(part) :]
        buffer[: len(part)] = part
        return len(part)


# -- LDIF --


@dataclass
class _Said:
    """What the comments of a file tell of the search that wrote it."""

    base: str = ""
    unfiltered: bool = False
    asked: frozenset[str] | None = None
    count: int | None = None
    _subtree: bool = False

    def comment(self, line: bytes) -> None:
        said = line[1:].decode("utf-8", "replace").strip()
        name, _, rest = said.partition(":")
        if found := _BASE.fullmatch(said):
            self.base, self._subtree = found["base"], found["scope"] == "subtree"
        elif name == "filter":
            self.unfiltered = self._subtree and rest.strip().lower() == "(objectclass=*)"
        elif name == "requesting":
            names = {one.lower() for one in re.split(r"[\s,]+", rest) if one}
            self._also(ALL if names & {"all", "*"} else frozenset(names))
        elif name == "numEntries" and rest.strip().isdecimal():
            self.count = int(rest)

    def _also(self, names: frozenset[str]) -> None:
        """Another search wrote into the file: what both asked for was asked for."""
        if self.asked is None or self.asked == ALL:
            self.asked = names
        elif names != ALL:
            self.asked &= names


def _logical(stream: io.BufferedReader) -> Iterator[tuple[int, bytes]]:
    """Lines with what was folded put together, and an empty one at the end; with their numbers."""
    number, begun, pending, length = 0, 0, [b""], 0
    line = b""
    while more := stream.readline(_LONGEST):
        line = more
        number += 1
        stripped = line.rstrip(b"\r\n")
        if number == 1:
            stripped = stripped.removeprefix(b"\xef\xbb\xbf")
        if stripped.startswith(b" ") and begun:
            pending.append(stripped[1:])
            length += len(stripped)
            if length > _LONGEST:
                raise Unreadable(tr("line {} is longer than a value can be", begun))
            continue
        if begun:
            yield begun, b"".join(pending)
        begun, pending, length = number, [stripped], len(stripped)
    if begun:
        yield begun, b"".join(pending)
    if line and not line.endswith((b"\n", b"\r")):
        raise Unreadable(tr("it breaks off in line {}", number))
    yield number, b""


def _record(lines: Iterable[tuple[int, bytes]]) -> Read | None:
    """An entry; None for a reference, or what a tool says of itself."""
    dn = b""
    values: Values = {}
    for number, line in lines:
        name, value = _line(number, line)
        if not dn:
            if name == "dn":
                dn = value
            elif name == "result" and not value.startswith(b"0"):
                said = value.decode("utf-8", "replace")
                raise Unreadable(tr("the search that wrote it ended with: result {}", said[:80]))
            elif name not in ("version", "ref", "search", "result", "control", "pagedresults",
                              "matcheddn", "text", "sortresult"):  # fmt: skip
                raise Unreadable(tr("line {} belongs to no entry", number))
        elif name == "changetype":
            if value.strip().lower() != b"add":
                raise Unreadable(tr("line {}: it is a list of changes", number))
        else:
            values.setdefault(name, []).append(_octets(name, value))
    return Read(dn, values, [name.partition(";")[0] for name in values]) if dn else None


def _line(number: int, line: bytes) -> tuple[str, bytes]:
    name, colon, rest = line.partition(b":")
    if not colon or not _ATTRIBUTE.fullmatch(name):
        raise Unreadable(tr("line {} is no LDIF", number))
    described = name.decode().lower()
    base, _, options = described.partition(";")
    # Of the options, only the range says which values these are.
    described = f"{base};{options}" if options.startswith("range=") else base
    if rest.startswith(b":"):
        try:
            return described, base64.b64decode(rest[1:].strip(), validate=True)
        except binascii.Error:
            raise Unreadable(tr("line {}: its value is no Base64", number)) from None
    if rest.startswith(b"<"):
        raise Unreadable(tr("line {} names another file in place of a value", number))
    return described, rest.lstrip(b" ")


def _octets(name: str, value: bytes) -> bytes:
    """The octets of what some tools write in words."""
    try:
        if name == "objectsid" and value.startswith(b"S-1-"):
            return sid_bytes(value.decode())
        if name == "objectguid" and len(value) != 16:  # noqa: PLR2004 - octets of a GUID
            return UUID(value.decode()).bytes_le
    except ValueError:
        return value
    return value


# -- JSON --


def _objects(text: io.TextIOWrapper) -> Iterator[Any]:
    """The objects of a list, or one after the other, without holding them all."""
    decoder = json.JSONDecoder()
    buffer, at, ended, open_lists = "", 0, False, 0
    while not ended or at < len(buffer):
        if between := _BEGIN.match(buffer, at):
            open_lists += between[0].count("[") - between[0].count("]")
            at = between.end()
        try:
            if at < len(buffer):
                found, at = decoder.raw_decode(buffer, at)
                yield found
                continue
        except ValueError as error:
            if ended or len(buffer) - at > _LONGEST:
                raise Unreadable(tr("it breaks off, or is no JSON: {}", error)) from None
        # Twice as much each time, so that a long object is not begun again and again.
        more = text.read(max(_CHUNK, len(buffer) - at))
        ended = not more
        buffer, at = buffer[at:] + more, 0
    if open_lists:
        raise Unreadable("it breaks off: its list has no end")


def _unwrapped(given: Any) -> Iterator[Mapping[str, Any]]:  # noqa: ANN401 - any JSON
    if not isinstance(given, dict):
        raise Unreadable("it holds something that is no object")
    for name in ("entries", "value"):
        if isinstance(inner := given.get(name), list) and not {"dn", "distinguishedname"} & {
            one.lower() for one in given
        }:
            for one in inner:
                if not isinstance(one, dict):
                    raise Unreadable(
                        tr("a list of it ({}) holds something that is no object", name)
                    )
                yield one
            return
    yield given


def _values(name: str, value: Any, where: str) -> list[bytes]:  # noqa: ANN401 - any JSON
    if value is None:
        return []
    if name in _OCTETS:
        if isinstance(value, list) and value and all(isinstance(one, int) for one in value):
            return [_binary(name, value, where)]
        listed = value if isinstance(value, list) else [value]
        return [_binary(name, one, where) for one in listed if one is not None]
    if isinstance(value, dict) and isinstance(value.get("value"), list):
        value = value["value"]
    listed = value if isinstance(value, list) else [value]
    return [_text(name, one, where) for one in listed if one is not None]


def _binary(name: str, value: Any, where: str) -> bytes:  # noqa: ANN401 - any JSON
    """Octets from Base64, from a list of numbers, or from what .NET makes of a SID or a GUID."""
    if isinstance(value, dict):
        known = {key.lower(): one for key, one in value.items()}
        value = next(
            (known[k] for k in ("encoded", "value", "guid", "binaryform") if k in known), ""
        )
    if isinstance(value, list):
        try:
            return bytes(value)
        except (ValueError, TypeError):
            raise Unreadable(tr("{}: its numbers are no octets", where)) from None
    if not isinstance(value, str):
        raise Unreadable(tr("{}: it is neither Base64 nor a list of octets", where))
    plain = value.strip().strip("{}").encode()
    if (made := _octets(name, plain)) != plain:
        return made
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return plain  # no such value: whoever reads it says what is wrong with it


def _text(name: str, value: Any, where: str) -> bytes:  # noqa: ANN401 - any JSON
    match value:
        case bool():
            return b"TRUE" if value else b"FALSE"
        case int():
            return str(value).encode()
        case float():
            return str(int(value)).encode() if value.is_integer() else str(value).encode()
        case str():
            moment = _moment(value) if name in _MOMENTS else value
            return moment.encode("utf-8", "surrogatepass")
        case {"encoded": str(encoded)}:
            try:
                return base64.b64decode(encoded, validate=True)
            except binascii.Error:
                raise Unreadable(tr("{}: its value is no Base64", where)) from None
        case {"value": str(inner)}:
            return _text(name, inner, where)
        case _:
            return json.dumps(value).encode()


def _moment(value: str) -> str:
    """A date as the directory writes it, where .NET has written it otherwise."""
    if found := _TICKS.fullmatch(value):
        try:
            at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=int(found[1]))
        except OverflowError:
            return value
        return at.strftime("%Y%m%d%H%M%S.0Z")
    if len(value) >= 19 and value[4:5] == "-" and value[10:11] in ("T", " "):  # noqa: PLR2004 - to the second
        try:
            at = datetime.fromisoformat(value)
        except ValueError:
            return value
        return (
            (at if at.tzinfo else at.replace(tzinfo=UTC))
            .astimezone(UTC)
            .strftime("%Y%m%d%H%M%S.0Z")
        )
    return value
