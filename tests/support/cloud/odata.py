"""The OData filter language as far as the services here understand it: parsed, inspected, evaluated.

Strings compare without regard to case, as in the directory and in WQL.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeAlias

from cloud.wire import Json

TOKEN = re.compile(
    r"""\s*(?:
      (?P<string>'(?:[^']|'')*')
    | (?P<date>\d{4}-\d\d-\d\d(?:T[\d:.]+(?:Z|[+-]\d\d:\d\d))?)(?![\w-])
    | (?P<guid>[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12})
    | (?P<number>-?\d+(?:\.\d+)?)(?!\w)
    | (?P<name>[A-Za-z_@$][\w.@]*(?:/[$\w.]+)*)
    | (?P<mark>[():,])
    )""",
    re.VERBOSE,
)
COMPARISONS = ("eq", "ne", "gt", "ge", "lt", "le")
FUNCTIONS = ("startswith", "endswith", "contains", "isof")


class FilterSyntaxError(ValueError):
    """The text is no filter."""


@dataclass(frozen=True)
class Value:
    """A literal; ``kind`` is string, date, guid, number, boolean or null."""

    kind: str
    value: Json


@dataclass(frozen=True)
class Property:
    """A path of properties, ``u/skuId`` as ``("u", "skuId")``; ``$count`` at the end counts."""

    path: tuple[str, ...]


@dataclass(frozen=True)
class Compare:
    """``left op right``."""

    op: str
    left: Property
    right: Value


@dataclass(frozen=True)
class In:
    """``left in (a, b)``."""

    left: Property
    values: tuple[Value, ...]


@dataclass(frozen=True)
class Call:
    """``startswith(left, 'x')`` and the like; ``isof`` has no property."""

    name: str
    left: Property | None
    right: Value


@dataclass(frozen=True)
class AnyOf:
    """``left/any(variable: inner)``; without an inner condition: not empty."""

    left: Property
    variable: str
    inner: "Node | None"


@dataclass(frozen=True)
class Not:
    """``not inner``."""

    inner: "Node"


@dataclass(frozen=True)
class Both:
    """``left and right`` or ``left or right``."""

    op: str
    left: "Node"
    right: "Node"


Node: TypeAlias = Compare | In | Call | AnyOf | Not | Both


def parse(text: str) -> Node:
    """Return the filter; raise ``FilterSyntaxError`` where it is none."""
    parser = _Parser(text)
    node = parser.disjunction()
    if parser.peek() is not None:
        raise FilterSyntaxError(f"Syntax error at '{parser.peek()}' in '{text}'.")
    return node


def walk(node: Node) -> Iterator[Node]:
    """Yield every node."""
    yield node
    match node:
        case Both(_, left, right):
            yield from walk(left)
            yield from walk(right)
        case Not(inner):
            yield from walk(inner)
        case AnyOf(_, _, inner) if inner is not None:
            yield from walk(inner)
        case _:
            pass


def matches(
    node: Node, row: Mapping[str, Json], is_of: Callable[[Mapping[str, Json], str], bool]
) -> bool:
    """Say whether ``row`` passes; ``is_of`` decides ``isof``."""
    return _true(node, {"": row}, is_of)


def get(row: Json, path: tuple[str, ...]) -> Json:
    """Return the value at ``path``, None where there is none; names compare without regard to case."""
    for name in path:
        if name == "$count":
            return len(row or ())
        if not isinstance(row, Mapping):
            return None
        if name in row:
            row = row[name]
        else:
            row = next((v for k, v in row.items() if k.lower() == name.lower()), None)
    return row


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens: list[tuple[str, str]] = []
        at = 0
        stripped = text.rstrip()
        while at < len(stripped):
            found = TOKEN.match(stripped, at)
            if not found or found.lastgroup is None:
                raise FilterSyntaxError(f"Syntax error at position {at} in '{text}'.")
            self.tokens.append((found.lastgroup, found[found.lastgroup]))
            at = found.end()
        self.at = 0

    def peek(self) -> str | None:
        return self.tokens[self.at][1] if self.at < len(self.tokens) else None

    def take(self, *wanted: str) -> str:
        token = self.peek()
        if token is None or (wanted and token.lower() not in wanted):
            raise FilterSyntaxError(f"Syntax error at position {self.at} in '{self.text}'.")
        self.at += 1
        return token

    def word(self, *words: str) -> bool:
        kind = self.tokens[self.at][0] if self.at < len(self.tokens) else ""
        if kind in ("name", "mark") and (self.peek() or "").lower() in words:
            self.at += 1
            return True
        return False

    def disjunction(self) -> Node:
        node = self.conjunction()
        while self.word("or"):
            node = Both("or", node, self.conjunction())
        return node

    def conjunction(self) -> Node:
        node = self.condition()
        while self.word("and"):
            node = Both("and", node, self.condition())
        return node

    def condition(self) -> Node:
        if self.word("not"):
            return Not(self.condition())
        if self.word("("):
            node = self.disjunction()
            self.take(")")
            return node
        name = self.take()
        if self.tokens[self.at - 1][0] != "name":
            raise FilterSyntaxError(f"Syntax error at '{name}' in '{self.text}'.")
        if name.lower() in FUNCTIONS and self.word("("):
            return self.call(name.lower())
        if name.lower().endswith("/any") and self.word("("):
            return self.any(name[:-4])
        return self.comparison(Property(tuple(name.split("/"))))

    def call(self, name: str) -> Node:
        if name == "isof":
            right = self.value()
            self.take(")")
            return Call(name, None, right)
        left = Property(tuple(self.take().split("/")))
        self.take(",")
        right = self.value()
        self.take(")")
        node: Node = Call(name, left, right)
        if self.word("eq"):
            return node if self.value().value is True else Not(node)
        return node

    def any(self, name: str) -> Node:
        left = Property(tuple(name.split("/")))
        if self.word(")"):
            return AnyOf(left, "", None)
        variable = self.take()
        self.take(":")
        inner = self.disjunction()
        self.take(")")
        return AnyOf(left, variable, inner)

    def comparison(self, left: Property) -> Node:
        if self.word("in"):
            self.take("(")
            values = [self.value()]
            while self.word(","):
                values.append(self.value())
            self.take(")")
            return In(left, tuple(values))
        return Compare(self.take(*COMPARISONS).lower(), left, self.value())

    def value(self) -> Value:
        text = self.take()
        kind = self.tokens[self.at - 1][0]
        match kind:
            case "string":
                return Value(kind, text[1:-1].replace("''", "'"))
            case "number":
                return Value(kind, float(text) if "." in text else int(text))
            case "date":
                moment = datetime.fromisoformat(text)
                return Value(kind, moment if moment.tzinfo else moment.replace(tzinfo=UTC))
            case "guid":
                return Value(kind, text)
            case _ if text.lower() in ("true", "false"):
                return Value("boolean", text.lower() == "true")
            case _ if text.lower() == "null":
                return Value("null", None)
        raise FilterSyntaxError(f"Syntax error: '{text}' is no value in '{self.text}'.")


def _true(
    node: Node, scope: Mapping[str, Json], is_of: Callable[[Mapping[str, Json], str], bool]
) -> bool:
    match node:
        case Both("and", left, right):
            return _true(left, scope, is_of) and _true(right, scope, is_of)
        case Both(_, left, right):
            return _true(left, scope, is_of) or _true(right, scope, is_of)
        case Not(inner):
            return not _true(inner, scope, is_of)
        case In(left, values):
            held = _held(left, scope)
            return any(_compare("eq", held, v) for v in values)
        case Compare(op, left, right):
            return _compare(op, _held(left, scope), right)
        case Call("isof", _, right):
            return is_of(scope[""], str(right.value))
        case Call(name, left, right):
            assert left is not None
            return _text_test(name, _held(left, scope), right)
        case AnyOf(left, variable, inner):
            elements = _held(left, scope) or ()
            if inner is None:
                return bool(elements)
            return any(_true(inner, {**scope, variable: element}, is_of) for element in elements)


def _held(left: Property, scope: Mapping[str, Json]) -> Json:
    head = left.path[0]
    if head in scope:
        return get(scope[head], left.path[1:])
    return get(scope[""], left.path)


def _text_test(name: str, held: Json, right: Value) -> bool:
    text, part = str(held or "").lower(), str(right.value).lower()
    match name:
        case "startswith":
            return text.startswith(part)
        case "endswith":
            return text.endswith(part)
        case _:
            return part in text


def _compare(op: str, held: Json, right: Value) -> bool:
    wanted = right.value
    if right.kind == "date" and isinstance(held, str):
        held = datetime.fromisoformat(held)
    if isinstance(held, str) and isinstance(wanted, str):
        held, wanted = held.lower(), wanted.lower()
    if op in ("eq", "ne"):
        return bool(held == wanted) == (op == "eq")
    if held is None or wanted is None:
        return False
    match op:
        case "gt":
            return bool(held > wanted)
        case "ge":
            return bool(held >= wanted)
        case "lt":
            return bool(held < wanted)
        case _:
            return bool(held <= wanted)
