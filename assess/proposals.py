"""Commands that would mend a finding, filled in with the customer's own values. Nothing runs them.

A value from a tenant, a directory or a file is data in the language of the command, or the command
is left out: never half filled, never cut. What no language holds safely (controls, hidden signs, a
sign that was replaced when the results were cleaned) leaves every command out.
"""

import json
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum
from urllib.parse import quote

# The values of a name: none where nobody has said it, several where the key is a list.
Look = Callable[[str], Sequence[str]]


class Kind(StrEnum):
    """The language of a command."""

    POWERSHELL = "powershell"
    AZURE = "azure"  # PowerShell, with the Az modules
    GRAPH = "graph"
    DNS = "dns"
    CERTREQ = "certreq"


# {name}, {name:shape}, {name:shape=what counts where nobody has said it}
_PLACE = re.compile(
    r"\{(subject|[a-z][a-z0-9_]*\.[A-Za-z0-9_.]+)"
    r"(?::([a-z]+))?(?:=([A-Za-z0-9][A-Za-z0-9 ._-]*))?\}"
)
_NAME = r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)(?:\.(?!-)[A-Za-z0-9_-]{1,63}(?<!-))*"
# What a value must look like to stand where quoting alone is not enough.
SHAPES = {
    "collection": re.compile(r"[A-Za-z0-9]{8}"),
    "guid": re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"),
    "host": re.compile(_NAME),
    "number": re.compile(r"[0-9]{1,9}"),
    "site": re.compile(r"[A-Za-z0-9]{3}"),
    "upn": re.compile(rf"[A-Za-z0-9][A-Za-z0-9._+-]*@{_NAME}"),
    "word": re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*"),
}
_OURS = "cloud."  # values of the tool's own table of clouds
_LONGEST = 200
_LONGEST_NAME = 253
_QUOTES = "'\u2018\u2019\u201a\u201b"  # all five close a single-quoted text of PowerShell
_PATTERN_SIGNS = "*?[]`"  # PowerShell takes them as patterns in many a -Name
_INI_SIGNS = '"%,+=<>#;\\\r\n'  # what ends a value of an .inf, or a part of a distinguished name
_REQUEST = re.compile(r"(GET|POST|PATCH|PUT|DELETE) \{cloud\.graph\}/\S+")


class _LeftOutError(Exception):
    """A value cannot stand where the command wants it."""


def names(text: str) -> tuple[str, ...]:
    """The names that a command's text refers to."""
    return tuple(dict.fromkeys(found[1] for found in _PLACE.finditer(text)))


def fault(kind: str, text: str) -> str:
    """What is wrong with a command as it is written in the catalogue; empty when nothing is."""
    if kind not in set(Kind):
        return f"{kind} is no kind of command"
    for found in _PLACE.finditer(text):
        if found[2] is not None and found[2] not in SHAPES:
            return f"{found[0]}: there is no such shape"
        if wrong := _misplaced(Kind(kind), text, found):
            return f"{found[0]} {wrong}"
    if kind == Kind.GRAPH:
        first, _, body = text.strip().partition("\n")
        if not _REQUEST.fullmatch(first):
            return "the first line is no request to {cloud.graph}"
        if body.strip() and not _is_json(_PLACE.sub("x", body)):
            return "the body is no JSON"
    return ""


def _misplaced(kind: Kind, text: str, found: re.Match[str]) -> str:
    match kind:
        case Kind.POWERSHELL | Kind.AZURE:
            if _state(text, found.start()) != "'":
                return "stands outside of single quotes"
        case Kind.CERTREQ:
            line = text[text.rfind("\n", 0, found.start()) + 1 : found.start()]
            if line.count('"') % 2 == 0 or line.lstrip().startswith(";"):
                return "stands outside of double quotes"
        case Kind.GRAPH:
            in_path = "\n" not in text.strip()[: found.start()]
            if in_path and found[2] is None and not found[1].startswith(_OURS):
                return "stands in an address without a shape"
        case Kind.DNS:
            pass
    return ""


def filled(kind: str, text: str, look: Look) -> str | None:
    """The command with every value in its place; None where one is missing or does not fit."""
    text = text.strip()
    parts: list[str] = []
    end = 0
    try:
        for found in _PLACE.finditer(text):
            values = look(found[1]) or ((found[3],) if found[3] else ())
            parts += [text[end : found.start()], _value(Kind(kind), text, found, values)]
            end = found.end()
    except _LeftOutError:
        return None
    made = "".join([*parts, text[end:]])
    return made if _whole(Kind(kind), made) else None


def _value(kind: Kind, text: str, found: re.Match[str], values: Sequence[str]) -> str:
    if not values:
        raise _LeftOutError
    if found[1].startswith(_OURS):
        return values[0]
    shape = found[2] or ("host" if kind is Kind.DNS else None)
    for value in values:
        if not _plain(value) or (shape is not None and not _shaped(shape, value)):
            raise _LeftOutError
    in_body = "\n" in text[: found.start()]
    quoted = [_quoted(kind, value, in_body=in_body) for value in values]
    if len(quoted) == 1:
        return quoted[0]
    mark = {Kind.POWERSHELL: "'", Kind.AZURE: "'", Kind.GRAPH: '"'}.get(kind)
    alone = text[: found.start()].endswith(mark or "\0") and text[found.end() :].startswith(
        mark or "\0"
    )
    if mark is None or not alone or (kind is Kind.GRAPH and not in_body):
        raise _LeftOutError  # a list has no place here
    return f"{mark}, {mark}".join(quoted)


def _shaped(shape: str, value: str) -> bool:
    return len(value) <= _LONGEST_NAME and SHAPES[shape].fullmatch(value) is not None


def _plain(value: str) -> bool:
    """No control, no hidden or private sign, no line break but the space, and of a sane length."""
    if not value.strip() or value != value.strip() or len(value) > _LONGEST or "\ufffd" in value:
        return False
    return all(
        unicodedata.category(sign)[0] != "C"
        and (sign == " " or unicodedata.category(sign)[0] != "Z")
        for sign in value
    )


def _quoted(kind: Kind, value: str, *, in_body: bool) -> str:
    match kind:
        case Kind.POWERSHELL | Kind.AZURE:
            if any(sign in value for sign in _PATTERN_SIGNS):
                raise _LeftOutError
            return "".join(sign * 2 if sign in _QUOTES else sign for sign in value)
        case Kind.GRAPH:
            if in_body:
                return json.dumps(value, ensure_ascii=False)[1:-1]
            return quote(value, safe="")
        case Kind.CERTREQ:
            if any(sign in value for sign in _INI_SIGNS):
                raise _LeftOutError
            return value
        case Kind.DNS:
            return value


def _whole(kind: Kind, made: str) -> bool:
    """What the parts make is still in bounds: names of DNS, the JSON of a request."""
    if kind is Kind.GRAPH:
        _, _, body = made.partition("\n")
        return not body.strip() or _is_json(body)
    if kind is Kind.DNS:
        return all(
            len(word) <= _LONGEST_NAME + 1 and SHAPES["host"].fullmatch(word.removesuffix("."))
            for word in made.split()
            if word.endswith(".")
        )
    return True


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def _state(text: str, place: int) -> str:
    """In what a place of a PowerShell text lies: ``'``, ``"``, ``#`` (a remark), or nothing."""
    state = ""
    for sign in _signs(text[:place]):
        if state == "":
            state = sign if sign in {"'", '"', "#"} else ""
        elif (state == "#" and sign == "\n") or (state != "#" and sign == state):
            state = ""
    return state


def _signs(text: str) -> Iterator[str]:
    """The signs of a PowerShell text that may open or close something; escaped ones are none.

    A doubled quote closes and opens again, which comes to the same.
    """
    escaped = False
    for sign in text:
        if escaped:
            escaped = False
        elif sign == "`":
            escaped = True
        else:
            yield sign
