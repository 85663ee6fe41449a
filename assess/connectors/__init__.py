"""What a connector is, and the visit it makes. One module a source; only they do network I/O."""

import hashlib
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol, TypeVar

import msgspec

from assess.evidence import Ask, Known, Note, Table

T = TypeVar("T")
Progress = Callable[[str, int, int | None, str], None]
_KEPT = 300  # characters of an answer that a note quotes


class TableWriter:
    """Appends rows to a long list on disk, so that nobody holds it in memory."""

    def __init__(self, write: Callable[[bytes], object]) -> None:
        self._write = write
        self._encode = msgspec.json.Encoder().encode
        self.rows = 0

    def add(self, item: object) -> None:
        """Append one row (a Struct, or a dict of JSON values)."""
        self._write(self._encode(item) + b"\n")
        self.rows += 1


class Visit:
    """One question on its way to its source: takes notes and writes tables.

    ``known`` gives the answers to the questions that this one requires; ``clock`` the time of
    reading (aware, UTC); ``requests`` counts what went over the wire.
    """

    def __init__(
        self,
        *,
        known: Known,
        clock: Callable[[], datetime],
        tables: Path,
        progress: Progress | None = None,
        label: str = "",
    ) -> None:
        self.known = known
        self.clock = clock
        self.notes: list[Note] = []
        self.requests = 0
        self._tables = tables
        self._progress = progress
        self._label = label
        self._reached: tuple[int, int | None] = (0, None)

    def note(self, location: str, value: str, *, about: str | None = None) -> None:
        """Keep what was read where; ``about`` ties it to the finding with that subject."""
        shown = value if len(value) <= _KEPT else f"{value[:_KEPT]}…"
        self.notes.append(Note(location, shown, self.clock(), about))

    def progress(self, done: int, total: int | None = None, text: str = "") -> None:
        """Tell whoever watches how far this question is."""
        self._reached = (done, total)
        if self._progress is not None:
            self._progress(self._label, done, total, text)

    def waiting(self, text: str) -> None:
        """Tell whoever watches why nothing moves."""
        self.progress(*self._reached, text)

    @contextmanager
    def table(self, name: str) -> Iterator[TableWriter]:
        """Write a long list; turn it into an answer's ``Table`` with ``listed`` afterwards."""
        with (self._tables / f"{table_name(name)}.ndjson").open("wb") as file:
            yield TableWriter(file.write)

    def listed(self, name: str, writer: TableWriter, item: type[T]) -> Table[T]:
        """The table that was written under ``name``."""
        named = table_name(name)
        return Table(named, writer.rows, self._tables / f"{named}.ndjson", item)


class Connector(Protocol):
    """Reads one source. Everything or ``Unavailable``: half a list is not a short list."""

    source: str

    def answers(self, ask: Ask) -> bool:
        """Whether this question is one for this connector."""
        ...

    def fetch(self, ask: Ask, visit: Visit) -> Any:  # noqa: ANN401 - an ``ask.answer``
        """The answer to a bound question; raises Unavailable with reason and mend."""
        ...

    def probe(self, visit: Visit) -> str:
        """Reach the source and sign in, in seconds: what was found; raises Unavailable."""
        ...

    def close(self) -> None:
        """Give connections back."""
        ...


def table_name(text: str) -> str:
    """A name that is safe as a file name everywhere; texts that differ give names that differ."""
    name = re.sub(r"[^a-z0-9._-]+", "-", text.lower()).strip("-._") or "table"
    if name == text and len(name) <= 80:  # noqa: PLR2004
        return name
    digest = hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:8]
    return f"{name[:80].rstrip('-._')}-{digest}"
