"""What can be asked of the world, and what can be known of it. One module a source.

A question is an ``Ask``: frozen, JSON-able, and equal when it asks the same. What a source answers
is a frozen ``msgspec.Struct`` (or a plain JSON type), named by the question as ``answer``. A
``Recording`` holds for each question who was asked, when, and the answer or the refusal.

A question may be written with keys of the engagement file in braces, ``www.{domain}``; binding
fills them in. A question may depend on the answer to another: it overrides ``bind``.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar, Generic, Protocol, Self, TypeVar, get_args

import msgspec

from assess.errors import Unavailable
from assess.language import tr

T = TypeVar("T")

# Tags of the parts of an answer (one name, one host, one forest) that nobody answered for. When
# recordings are merged, what another place saw takes their place.
UNANSWERED = frozenset({"NoAnswer", "Silent", "NotReached", "NoAddress"})

# A short name for the one key that most DNS questions are about.
ALIASES: Mapping[str, str] = {"domain": "tenant.public_domains"}
_PLACEHOLDER = re.compile(r"\{([a-z0-9_]+(?:\.[a-z0-9_]+)*)\}")


class Missing(msgspec.Struct, frozen=True):
    """A source gave no answer. A check that names this in a parameter's type decides without it.

    ``reason`` and ``mend`` are sentences for the reader; ``key`` is the key of the engagement file
    whose absence is the reason, else empty. ``skipped``: the source is not set up, so that nobody
    was asked; what was asked and lost is another matter.
    """

    reason: str
    mend: str = ""
    key: str = ""
    skipped: bool = False

    @classmethod
    def of(cls, error: Unavailable) -> Self:
        """What a refusal leaves."""
        return cls(error.reason, error.mend, error.key, error.skipped)


class Note(msgspec.Struct, frozen=True):
    """One thing that was read: where, what it said, when (aware, UTC), and what it is about."""

    location: str
    value: str
    read_at: datetime | None = None
    about: str | None = None


class Known(Protocol):
    """What a question may look at when it is bound."""

    def key(self, name: str) -> Any:  # noqa: ANN401 - a value of the engagement file
        """The value of ``section.key``; raises Unavailable, naming the key, where it is not set."""
        ...

    def answer(self, ask: "Ask") -> Any:  # noqa: ANN401 - an ``ask.answer``
        """The answer to another question; raises Unavailable where there is none."""
        ...


class Ask(msgspec.Struct, frozen=True):
    """A question. Subclasses name their source, the type of the answer, and their parameters.

    ``permissions``: the least read-only rights that answer it, in the source's own words.
    """

    source: ClassVar[str] = ""
    answer: ClassVar[Any] = object
    permissions: ClassVar[tuple[str, ...]] = ()

    @property
    def key(self) -> str:
        """The name of this question in a recording: equal questions have equal keys."""
        kind = type(self)
        return f"{kind.__module__}.{kind.__qualname__}{msgspec.json.encode(self).decode()}"

    def describe(self) -> str:
        """What would be asked, in one line for a person."""
        parameters = ", ".join(_shown(getattr(self, name)) for name in self.__struct_fields__)
        return f"{type(self).__name__}({parameters})"

    def requires(self) -> tuple["Ask", ...]:
        """The questions whose answers ``bind`` looks at."""
        return ()

    def bind(self, known: Known) -> Self:
        """The same question with keys of the engagement file filled in.

        Raises Unavailable where a key is not set or another question has no answer.
        """
        filled = {name: fill(getattr(self, name), known) for name in self.__struct_fields__}
        return type(self)(**filled)


def _shown(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def fill(value: Any, known: Known) -> Any:  # noqa: ANN401 - any field of a question
    """``value`` with every ``{section.key}`` replaced; a list-valued key multiplies the text.

    A text stays a text and must not contain a list-valued key with more than one value; inside a
    tuple each text may become several.
    """
    if isinstance(value, str):
        texts = _expand(value, known)
        if len(texts) != 1:
            raise Unavailable(tr("{} stands for {} values where one is needed", value, len(texts)))
        return texts[0]
    if isinstance(value, tuple):
        return tuple(dict.fromkeys(text for item in value for text in _expand(item, known)))
    return value


def _expand(text: Any, known: Known) -> list[Any]:  # noqa: ANN401
    if not isinstance(text, str):
        return [text]
    found = _PLACEHOLDER.search(text)
    if found is None:
        return [text]
    value = known.key(ALIASES.get(found[1], found[1]))
    values = value if isinstance(value, (list, tuple)) else [value]
    return [
        rest
        for one in values
        for rest in _expand(text[: found.start()] + str(one) + text[found.end() :], known)
    ]


class Table(Generic[T]):
    """A long list that lies on disk, one JSON object a line; iterating streams it, again and again.

    Part of an answer: ``users: Table[User]``. In a recording only its name and length are kept.
    """

    def __init__(self, name: str, rows: int, path: Path | None, item: type[T] | None) -> None:
        self.name = name
        self.rows = rows
        self._path = path
        self._item = item

    def __len__(self) -> int:
        return self.rows

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Table) and (self.name, self.rows) == (other.name, other.rows)

    def __hash__(self) -> int:
        return hash((self.name, self.rows))

    def __repr__(self) -> str:
        return f"Table({self.name!r}, {self.rows} rows)"

    def __iter__(self) -> Iterator[T]:
        if self.rows == 0:
            return
        if self._path is None or not self._path.is_file():
            raise Unavailable(
                tr("the table {} is not in the evidence file", self.name),
                "Collect again, or evaluate the evidence file that belongs to this run.",
            )
        decode = msgspec.json.Decoder(self._item or dict).decode
        read = 0
        with self._path.open("rb") as lines:
            for line in lines:
                read += 1
                yield decode(line)  # type: ignore[misc]
        if read != self.rows:
            raise Unavailable(
                tr("the table {} holds {} of {} rows", self.name, read, self.rows),
                "The evidence file is incomplete: collect again.",
            )

    @classmethod
    def of(cls, items: list[T]) -> "Table[T]":
        """A table in memory, for tests and short lists."""
        return _Listed(items)


class _Listed(Table[T]):
    def __init__(self, items: list[T]) -> None:
        super().__init__("memory", len(items), None, None)
        self._items = items

    def __iter__(self) -> Iterator[T]:
        return iter(self._items)


def table_reader(tables: Path | None) -> Any:  # noqa: ANN401 - a msgspec hook
    """The msgspec hook that turns a table's name in a recording into a ``Table`` on disk."""

    def hook(kind: Any, value: Any) -> object:  # noqa: ANN401
        name = value["table"]
        if not re.fullmatch(r"[a-z0-9][a-z0-9._-]{0,150}", name):
            raise ValueError(f"{name!r} is not the name of a table")
        path = None if tables is None else tables / f"{name}.ndjson"
        return Table(name, value["rows"], path, (get_args(kind) or (None,))[0])

    return hook


def encode_table(value: object) -> object:
    """The msgspec hook that writes a ``Table`` as its name and length."""
    if isinstance(value, Table):
        return {"table": value.name, "rows": value.rows}
    raise NotImplementedError(f"{type(value).__name__} is no evidence")
