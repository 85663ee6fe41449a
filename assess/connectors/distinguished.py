"""Distinguished names, made comparable: whichever way somebody has spelled and escaped them."""

import re
from collections.abc import Iterator

END = b"\x00"
CONFIGURATION, SCHEMA = b"cn=configuration", b"cn=schema"
_PAIR = re.compile(rb"\\([0-9a-fA-F]{2}|.)", re.DOTALL)


def path_of(dn: str | bytes) -> bytes:
    """A name from its root down, comparable: lower case, without escapes; every part ends in 0."""
    octets = dn.encode("utf-8", "surrogatepass") if isinstance(dn, str) else dn
    if not octets:
        return b""
    if b"\\" in octets or b'"' in octets:
        parts = [_plain(part) for part in _split(octets)]
    else:
        parts = octets.split(b",")
    return b"".join(_part(part) + END for part in reversed(parts))


def _part(octets: bytes) -> bytes:
    name, equals, value = octets.partition(b"=")
    try:
        folded = value.strip().decode().lower().encode()
    except UnicodeDecodeError:
        folded = value.strip().lower()
    # A zero within a name would end it.
    return name.strip().lower() + equals + folded.replace(END, b"\\00")


def _split(octets: bytes) -> Iterator[bytes]:
    """The parts between commas that are neither escaped nor quoted."""
    begun, at, quoted = 0, 0, False
    while at < len(octets):
        one = octets[at : at + 1]
        if one == b"\\":
            at += 1
        elif one == b'"':
            quoted = not quoted
        elif one == b"," and not quoted:
            yield octets[begun:at]
            begun = at + 1
        at += 1
    yield octets[begun:]


def _plain(part: bytes) -> bytes:
    """Without escapes and the quotes around a value. Spaces that were escaped stay."""
    name, equals, value = part.partition(b"=")
    value = value.strip(b" ")
    if value.endswith(b"\\"):
        value += b" "
    if len(value) > 1 and value.startswith(b'"') and value.endswith(b'"'):
        value = value[1:-1]

    def plain(found: re.Match[bytes]) -> bytes:
        said = found[1]
        return bytes.fromhex(said.decode()) if len(said) == 2 else said  # noqa: PLR2004 - hex

    return name + equals + _PAIR.sub(plain, value)


def parent_of(path: bytes) -> bytes:
    """The path of what holds it."""
    return path[: path.rfind(END, 0, -1) + 1]


def within(path: bytes) -> tuple[bytes, bytes]:
    """First path at or below, and the first after all of these."""
    return path, (path[:-1] + b"\x01" if path else b"\xff")


def shown(path: bytes) -> str:
    """A path as a name again, without escapes."""
    return ",".join(part.decode("utf-8", "replace") for part in reversed(path[:-1].split(END)))


def head_of(path: bytes) -> bytes:
    """The path of the head of the partition that an object of this path lies in."""
    parts = path[:-1].split(END)
    count = 0
    while count < len(parts) and parts[count].startswith(b"dc="):
        count += 1
    for name in (CONFIGURATION, SCHEMA):
        if parts[count : count + 1] != [name]:
            break
        count += 1
    return b"".join(part + END for part in parts[:count])
