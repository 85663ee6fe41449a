"""The long lists behind findings: each written once, as tables/<name>.ndjson."""

from dataclasses import dataclass
from pathlib import Path

import msgspec

from assess.catalogue import Requirement
from assess.connectors import table_name
from assess.language import lookup, tr
from assess.model import Outcome, Rows, Unknown
from assess.results.cleaning import clean


@dataclass(frozen=True)
class Written:
    """A list that is written. ``kept``: alive, since lists are told apart by identity."""

    kept: Rows
    name: str
    rows: int

    @property
    def file(self) -> str:
        """Its name in the folder of tables."""
        return f"{self.name}.ndjson"


class Lists:
    """Writes lists into the folder of tables.

    Findings of several scenarios may share one, and a list is consumed by writing it: what became
    of each is known by its identity.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._written: dict[int, Written] = {}
        self._broken: dict[int, tuple[Rows, Unknown]] = {}

    def behind(self, outcome: Outcome) -> Written | None:
        """The list of an outcome, once it is written."""
        return self._written.get(id(outcome.rows))

    def listed(self, requirement: Requirement, outcome: Outcome) -> Outcome:
        """The outcome, its long list written; unknown where the list cannot be made whole."""
        rows = outcome.rows
        if rows is None or id(rows) in self._written:
            return outcome
        if id(rows) in self._broken:
            return self._broken[id(rows)][1]
        subject = f"[{outcome.subject}]" if outcome.subject else ""
        stem = name = table_name(f"{requirement.id}{subject}")
        taken = {written.name for written in self._written.values()}
        number = 1
        while name in taken:
            number += 1
            name = f"{stem}-{number}"
        try:
            count = self._write(name, rows)
        except Exception as error:  # noqa: BLE001 - the list is the check's; a broken one is no pass
            (self._folder / f"{name}.ndjson").unlink(missing_ok=True)
            why = f"{type(error).__name__}: {error}"
            because = tr("its list could not be made: {error}", error=why)
            mend = (tr("Collect again with this version."),)
            self._broken[id(rows)] = (rows, Unknown(outcome.subject, because, remedy=mend))
            return self._broken[id(rows)][1]
        self._written[id(rows)] = Written(rows, name, count)
        return outcome

    def _write(self, name: str, rows: Rows) -> int:
        encode = msgspec.json.Encoder().encode
        count = 0
        with (self._folder / f"{name}.ndjson").open("wb") as file:
            for row in rows.rows:
                cells = {c: _cell(row[c]) for c in rows.columns}
                file.write(encode(cells) + b"\n")
                count += 1
        return count


def _cell(value: object) -> object:
    """A value of a list; several words may be a sentence of the check's, and are looked up."""
    if not isinstance(value, str):
        return value
    return clean(lookup(value) if " " in value else value)
