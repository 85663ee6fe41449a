"""As much of BER as LDAP needs: tags with their values, nested."""

from collections.abc import Iterator

_CONSTRUCTED = 0x20


class Node:
    """One element: its tag octet and the octets of its value."""

    def __init__(self, tag: int, value: bytes) -> None:
        self.tag = tag
        self.value = value

    @property
    def parts(self) -> list["Node"]:
        """The elements inside."""
        return list(elements(self.value))

    @property
    def text(self) -> str:
        """The value as text."""
        return self.value.decode("utf-8", "replace")

    @property
    def number(self) -> int:
        """The value as a number."""
        return int.from_bytes(self.value, "big", signed=True)

    @property
    def choice(self) -> int:
        """The number of a context-specific tag, whatever its form."""
        return self.tag & 0x1F


def elements(data: bytes) -> Iterator[Node]:
    """The elements that stand one after the other; raises ValueError where one is cut short."""
    at = 0
    while at < len(data):
        tag, start, end = header(data[at:])
        if at + end > len(data):
            raise ValueError("an element is cut short")
        yield Node(tag, data[at + start : at + end])
        at += end


def header(data: bytes) -> tuple[int, int, int]:
    """Tag, where the value begins, and where it ends; raises ValueError where that is not known."""
    if len(data) < 2:
        raise ValueError("an element is cut short")
    size, start = data[1], 2
    if size & 0x80:
        start += size & 0x7F
        if not 2 < start <= 6 or len(data) < start:
            raise ValueError("a length is cut short")
        size = int.from_bytes(data[2:start], "big")
    return data[0], start, start + size


def element(tag: int, *values: bytes) -> bytes:
    """An element with these octets, one after the other."""
    value = b"".join(values)
    if len(value) < 0x80:
        return bytes((tag, len(value))) + value
    size = len(value).to_bytes((len(value).bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(size))) + size + value


def integer(value: int, tag: int = 0x02) -> bytes:
    """A number (or, with its tag, a word of an enumeration)."""
    return element(tag, value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True))


def octets(value: bytes) -> bytes:
    """A string of octets."""
    return element(0x04, value)


def sequence(*values: bytes) -> bytes:
    """A sequence."""
    return element(0x10 | _CONSTRUCTED, *values)
