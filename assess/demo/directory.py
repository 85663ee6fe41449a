"""A directory server that answers from an LDIF file: bind, search, answers page by page."""

import base64
import socket
from collections.abc import Callable, Iterator, Mapping
from io import BufferedReader, BufferedRWPair
from typing import NamedTuple

from assess.demo.ber import Node, element, elements, header, integer, octets, sequence

_PAGED = b"1.2.840.113556.1.4.319"
_EVERY_BIT = "1.2.840.113556.1.4.803"
_IN_CHAIN = "1.2.840.113556.1.4.1941"
_BIND, _BOUND, _UNBIND, _SEARCH, _ENTRY, _DONE = 0x60, 0x61, 0x42, 0x63, 0x64, 0x65
_SUCCESS, _SIGN_IN_FIRST, _NO_SUCH_OBJECT, _WRONG_PASSWORD = 0, 1, 32, 49
_MOST = 25  # entries of a page: few, so that the pages are turned


class Entry(NamedTuple):
    """An object: its distinguished name, and its values by attribute in lower case."""

    dn: str
    values: Mapping[str, list[bytes]]
    names: Mapping[str, str]

    def below(self, base: str, scope: int) -> bool:
        """Within a search: 0 the object itself, 1 right below it, 2 all of it."""
        mine, wanted = self.dn.lower(), base.lower()
        if scope == 0 or not wanted:
            return mine == wanted
        inside = mine.endswith(f",{wanted}")
        if scope == 1:
            return inside and "," not in mine.removesuffix(f",{wanted}").replace("\\,", "")
        return inside or mine == wanted


def read_ldif(text: str) -> list[Entry]:
    """The entries of an LDIF file (RFC 2849, content records only)."""
    found: list[Entry] = []
    for block in text.replace("\r\n", "\n").replace("\n ", "").split("\n\n"):
        dn: str | None = None
        values: dict[str, list[bytes]] = {}
        names: dict[str, str] = {}
        for line in block.split("\n"):
            name, colon, rest = line.partition(":")
            if not colon or line.startswith("#"):
                continue
            value = base64.b64decode(rest[1:]) if rest.startswith(":") else rest.strip().encode()
            if name == "dn":
                dn = value.decode()
            elif dn is not None:
                values.setdefault(name.lower(), []).append(value)
                names[name.lower()] = name
        if dn is not None:
            found.append(Entry(dn, values, names))
    return found


class Directory:
    """Serves ``entries`` to whoever signs in as one of ``accounts`` (name to password)."""

    def __init__(self, entries: list[Entry], accounts: Mapping[str, str]) -> None:
        self._entries = entries
        self._by_dn = {entry.dn.lower(): entry for entry in entries}
        self._accounts = {name.lower(): password for name, password in accounts.items()}

    def serve(self, connection: socket.socket) -> None:
        """Answer one connection until it ends."""
        signed_in = False
        with connection.makefile("rwb") as stream:
            while (data := _message(stream)) is not None:
                [outer] = elements(data)
                number, operation, *controls = outer.parts
                match operation.tag:
                    case 0x60:
                        code = self._bind(operation)
                        signed_in = code == _SUCCESS
                        stream.write(sequence(integer(number.number), _result(_BOUND, code)))
                    case 0x63:
                        control = _paging(controls)
                        for reply in self._search(operation, control, signed_in=signed_in):
                            stream.write(sequence(integer(number.number), *reply))
                    case _:  # a farewell, or something that would write
                        return
                stream.flush()

    def _bind(self, operation: Node) -> int:
        _, name, proof = operation.parts
        wanted = self._accounts.get(name.text.lower())
        simple = proof.tag == 0x80
        return _SUCCESS if simple and wanted and proof.text == wanted else _WRONG_PASSWORD

    def _search(
        self, operation: Node, paging: tuple[int, int] | None, *, signed_in: bool
    ) -> Iterator[tuple[bytes, ...]]:
        base, scope, _, _, _, _, condition, attributes = operation.parts
        if base.value and not signed_in:
            yield (_result(_DONE, _SIGN_IN_FIRST, "sign in first"),)
            return
        if not any(entry.below(base.text, 0) for entry in self._entries):
            yield (_result(_DONE, _NO_SUCH_OBJECT, "no such object"),)
            return
        fits = _condition(condition, self._by_dn)
        found = [e for e in self._entries if e.below(base.text, scope.number) and fits(e)]
        size, start = paging or (len(found), 0)
        end = start + (min(size, _MOST) if paging else size)
        wanted = {part.text.lower() for part in attributes.parts}
        for entry in found[start:end]:
            yield (_entry(entry, wanted),)
        done = _result(_DONE, _SUCCESS)
        if paging is None:
            yield (done,)
            return
        cookie = str(end).encode() if end < len(found) else b""
        control = sequence(octets(_PAGED), octets(sequence(integer(0), octets(cookie))))
        yield done, element(0xA0, control)


def _message(stream: BufferedReader | BufferedRWPair) -> bytes | None:
    """The next message whole; None at the end."""
    data = stream.read(2)
    if len(data) < 2:
        return None
    if data[1] & 0x80:
        data += stream.read(data[1] & 0x7F)
    _, start, end = header(data)
    return data + stream.read(end - start)


def _result(tag: int, code: int, text: str = "") -> bytes:
    said = text
    if code == _WRONG_PASSWORD:
        said = "80090308: LdapErr: DSID-0C0904F8, AcceptSecurityContext error, data 52e, v4f7c"
    return element(tag, integer(code, 0x0A), octets(b""), octets(said.encode()))


def _entry(entry: Entry, wanted: set[str]) -> bytes:
    shown = [
        sequence(octets(entry.names[name].encode()), element(0x31, *map(octets, values)))
        for name, values in entry.values.items()
        if not wanted or "*" in wanted or name in wanted
    ]
    return element(_ENTRY, octets(entry.dn.encode()), sequence(*shown))


def _paging(controls: list[Node]) -> tuple[int, int] | None:
    """The size of a page that is wished for, and where it begins; None for a list in one go."""
    for group in controls:
        for control in group.parts:
            name, *rest = control.parts
            if name.value == _PAGED:
                [asked] = elements(rest[-1].value)
                size, cookie = asked.parts
                return size.number, int(cookie.value or b"0")
    return None


def _condition(node: Node, by_dn: Mapping[str, Entry]) -> Callable[[Entry], bool]:
    """What a search filter says of an entry; what is not known here fits none."""
    match node.choice:
        case 0:
            every = [_condition(part, by_dn) for part in node.parts]
            return lambda entry: all(fits(entry) for fits in every)
        case 1:
            some = [_condition(part, by_dn) for part in node.parts]
            return lambda entry: any(fits(entry) for fits in some)
        case 2:
            [inner] = [_condition(part, by_dn) for part in node.parts]
            return lambda entry: not inner(entry)
        case 3:
            name, value = node.parts
            return lambda entry: _equal(entry, name.text.lower(), value)
        case 4:
            name, pieces = node.parts
            return lambda entry: _has_pieces(entry, name.text.lower(), pieces.parts)
        case 7:
            present = node.text.lower()
            return lambda entry: present in entry.values or not entry.dn
        case 9:
            told = {part.choice: part.text for part in node.parts}
            rule, attribute = told.get(1), told[2].lower()
            if rule == _IN_CHAIN:
                return lambda entry: _leads(entry, attribute, told[3].lower(), by_dn)
            return lambda entry: rule == _EVERY_BIT and _has_bits(entry, attribute, int(told[3]))
        case _:
            return lambda _: False


def _equal(entry: Entry, name: str, value: Node) -> bool:
    if value.value in entry.values.get(name, ()):  # a SID is no text
        return True
    wanted = value.text.lower()
    held = [value.decode("utf-8", "replace").lower() for value in entry.values.get(name, ())]
    if name == "objectcategory":  # asked for by its short name, kept as a distinguished name
        return any(value.startswith(f"cn={wanted},") or value == wanted for value in held)
    return wanted in held


def _has_pieces(entry: Entry, name: str, pieces: list[Node]) -> bool:
    return any(
        _runs_through(value.decode("utf-8", "replace").lower(), pieces)
        for value in entry.values.get(name, ())
    )


def _runs_through(value: str, pieces: list[Node]) -> bool:
    """The pieces stand in the value in this order: 0 at its beginning, 2 at its end."""
    for piece in pieces:
        wanted = piece.text.lower()
        at = len(value) - len(wanted) if piece.choice == 2 else value.find(wanted)
        if at < 0 or not value.startswith(wanted, at) or (piece.choice == 0 and at > 0):
            return False
        value = value[at + len(wanted) :]
    return True


def _leads(entry: Entry, name: str, wanted: str, by_dn: Mapping[str, Entry]) -> bool:
    """The attribute leads to this object, from one to the next."""
    seen: set[str] = set()
    ahead = [entry]
    while ahead:
        for value in ahead.pop().values.get(name, ()):
            dn = value.decode("utf-8", "replace").lower()
            if dn not in seen:
                seen.add(dn)
                ahead += [by_dn[dn]] if dn in by_dn else []
    return wanted in seen


def _has_bits(entry: Entry, name: str, bits: int) -> bool:
    return any(int(value) & bits == bits for value in entry.values.get(name, ()))
