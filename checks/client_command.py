"""The command line that installs the Configuration Manager client, taken apart. Pure and total.

The copied line is one property of Windows Installer, ``CCMSETUPCMD="…"``; what is inside the quotes
are ccmsetup's own switches and client.msi's properties. A quote inside is doubled. What stands
outside the quotes never reaches ccmsetup.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from assess.check import tr

MOST = 1024
"""Characters that Intune takes for the arguments of an app."""
WRAPPER = "CCMSETUPCMD"
_PROPERTY = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)=(.*)", re.DOTALL)
_PATH = re.compile(r"CCM_Proxy_MutualAuth/([0-9]+)", re.IGNORECASE)
_HOST = re.compile(r"([^/\s]+)/CCM_Proxy_MutualAuth/([0-9]+)", re.IGNORECASE)


@dataclass(frozen=True)
class Command:
    """What a line says. ``properties`` by name in upper case; ``faults`` are whole sentences."""

    properties: dict[str, str] = field(default_factory=dict)
    switches: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()

    def get(self, name: str) -> str:
        """The value of a property, or ""."""
        return self.properties.get(name.upper(), "")


@dataclass(frozen=True)
class Gateway:
    """The gateway that a client is sent to: host (lower case) and the number of the service."""

    host: str
    number: str


def gateway(value: str) -> Gateway | None:
    """``<host>/CCM_Proxy_MutualAuth/<number>``; None for anything else."""
    found = _HOST.fullmatch(value)
    return Gateway(found[1].lower().rstrip("."), found[2]) if found else None


def numbers(paths: Iterable[str]) -> set[str]:
    """The numbers of the services that the site itself names."""
    return {found[1] for path in paths if (found := _PATH.search(path))}


def split(text: str) -> tuple[list[str], bool]:
    """The words of a command line, and whether its quotes are balanced.

    Quotes group and fall away; a doubled quote inside quotes stands for one.
    """
    words: list[str] = []
    word, started, quoted, at = "", False, False, 0
    while at < len(text):
        char = text[at]
        if char == '"':
            if quoted and text[at + 1 : at + 2] == '"':
                word += '"'
                at += 1
            else:
                quoted = not quoted
                started = True
        elif char.isspace() and not quoted:
            if started:
                words.append(word)
            word, started = "", False
        else:
            word += char
            started = True
        at += 1
    if started:
        words.append(word)
    return words, not quoted


def parse(line: str) -> Command:
    """The arguments of an app: what is inside ``CCMSETUPCMD="…"``."""
    words, balanced = split(line)
    faults = [] if balanced else [tr("a quotation mark is never closed")]
    inner: list[str] = []
    for word in words:
        name, _, value = word.partition("=")
        if name.upper() == WRAPPER:
            inner.append(value)
        elif not word.startswith("/"):
            faults.append(tr("{} stands outside {}", _short(word), WRAPPER))
    if not inner:
        return Command(faults=(*faults, tr("{} is missing", WRAPPER)))
    if len(inner) > 1:
        faults.append(tr("{} is there {} times", WRAPPER, len(inner)))
    inside = parse_inner(" ".join(inner))
    return Command(inside.properties, inside.switches, (*faults, *inside.faults))


def parse_inner(text: str) -> Command:
    """The arguments of ccmsetup itself, as a co-management policy or a Win32 app holds them."""
    words, balanced = split(text)
    faults = [] if balanced else [tr("a quotation mark is never closed")]
    properties: dict[str, str] = {}
    switches: list[str] = []
    for word in words:
        found = _PROPERTY.fullmatch(word)
        if word.startswith(("/", "-")):
            switches.append(word)
        elif found is None or "<" in found[2] or ">" in found[2]:
            faults.append(tr("{} is neither a property nor a switch", _short(word)))
        elif found[1].upper() in properties:
            faults.append(tr("{} is there twice", found[1].upper()))
        else:
            properties[found[1].upper()] = found[2]
    return Command(properties, tuple(switches), tuple(faults))


def normal(line: str) -> tuple[tuple[str, ...], tuple[tuple[str, str], ...]]:
    """What two lines have in common that differ in blanks, order and case only."""
    command = parse(line)
    properties = tuple(sorted((n, v.lower()) for n, v in command.properties.items()))
    return tuple(sorted(s.lower() for s in command.switches)), properties


def _short(word: str) -> str:
    return repr(word if len(word) <= 60 else f"{word[:60]}…")  # noqa: PLR2004
