"""The database of one engagement's runs.

One transaction a run: a run is kept whole or not at all, whenever the process ends. Texts and
findings that are the same as in an earlier run are kept once, by the hash of their content.
"""

import hashlib
import os
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import msgspec

from assess.errors import HistoryError
from assess.history.migrations import STEPS, migrate
from assess.history.shapes import Kept, Run
from assess.model import Necessity, Severity, Status

_BUSY = 30.0  # seconds to wait for another process's transaction
_COLUMNS = (
    "finding", "requirement", "subject", "scenarios", "status", "severity", "necessity", "area",
    "title", "summary", "observed", "waived_until", "left_out",
)  # fmt: skip
_TEXTS = ("finding", "requirement", "subject", "scenarios", "area", "title", "summary", "observed")
_LAST, _PREVIOUS = "last", "previous"


class Store:
    """The kept runs, oldest first. Used as a context; raises HistoryError, naming the file."""

    def __init__(self, path: Path, *, create: bool = True, steps: Sequence[str] = STEPS) -> None:
        self.path = path
        if not create and not path.is_file():
            raise HistoryError(f"{path} is not there: no run of this engagement was kept yet")
        with self._told():
            if create:  # before SQLite makes it, so that nobody else may ever read it
                os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
            self._database = sqlite3.connect(path, timeout=_BUSY, isolation_level=None)
            try:
                self._set_up(steps)
            except BaseException:
                self._database.close()
                raise

    def _set_up(self, steps: Sequence[str]) -> None:
        # A network share may refuse WAL; SQLite then goes on with a rollback journal, as safe.
        self._database.execute("PRAGMA journal_mode = WAL").fetchone()
        self._database.execute("PRAGMA synchronous = FULL")
        self._database.execute("PRAGMA foreign_keys = ON")
        migrate(self._database, steps)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the database; what was written stays."""
        self._database.close()

    @contextmanager
    def _told(self) -> Iterator[None]:
        """What goes wrong, as a sentence with the file's name."""
        try:
            yield
        except HistoryError as error:
            raise HistoryError(f"{self.path}: {error}") from None
        except (sqlite3.Error, OSError, msgspec.MsgspecError, ValueError) as error:
            why = error.strerror if isinstance(error, OSError) else str(error)
            raise HistoryError(
                f"{self.path}: the history cannot be used: {why}. Move the file away to begin a "
                "new one; nothing was changed"
            ) from error

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._told():
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield self._database
                self._database.execute("COMMIT")
            except BaseException:
                if self._database.in_transaction:
                    self._database.execute("ROLLBACK")
                raise

    # -- writing --

    def keep(self, run: Run, findings: Sequence[Kept]) -> Run:
        """Keep a run; the run as it is kept, whose name may have got a number.

        The very same run (same moment, same findings) is kept once, whoever judges it again.
        """
        digest = _digest(run, findings)
        with self._writing() as database:
            same = database.execute("SELECT body FROM runs WHERE digest = ?", (digest,)).fetchone()
            if same is not None:
                return _run(same[0])
            run = msgspec.structs.replace(run, name=self._free(run.name))
            number = database.execute(
                "INSERT INTO runs (name, as_of, body, digest) VALUES (?, ?, ?, ?)",
                (run.name, _moment(run.as_of), msgspec.json.encode(run), digest),
            ).lastrowid
            texts: dict[str, int] = {}
            states = {self._state(database, finding, texts) for finding in findings}
            database.executemany(
                "INSERT INTO seen (run, state) VALUES (?, ?)", [(number, s) for s in sorted(states)]
            )
        return run

    def name_baseline(self, name: str, run: Run) -> None:
        """Give a run a name to compare with; the name moves if another run had it."""
        with self._writing() as database:
            database.execute(
                "INSERT OR REPLACE INTO baselines (name, run) "
                "SELECT ?, id FROM runs WHERE name = ?",
                (name, run.name),
            )

    def keep_notes(self, workbook: str, notes: Mapping[str, Any]) -> None:
        """Keep what the customer typed into a workbook, in case that is damaged one day."""
        with self._writing() as database:
            database.execute(
                "INSERT OR REPLACE INTO notes (workbook, body) VALUES (?, ?)",
                (workbook, msgspec.json.encode(notes)),
            )

    def _free(self, name: str) -> str:
        number, free = 1, name
        while self._database.execute("SELECT 1 FROM runs WHERE name = ?", (free,)).fetchone():
            number += 1
            free = f"{name}-{number}"
        return free

    def _state(self, database: sqlite3.Connection, finding: Kept, texts: dict[str, int]) -> int:
        digest = _hash(msgspec.json.encode(finding))
        found = database.execute("SELECT id FROM states WHERE hash = ?", (digest,)).fetchone()
        if found is not None:
            return int(found[0])
        values: dict[str, Any] = {
            "finding": finding.id, "requirement": finding.requirement, "subject": finding.subject,
            "scenarios": " ".join(finding.scenarios), "status": finding.status.value,
            "severity": finding.severity.value, "necessity": finding.necessity.value,
            "area": finding.area, "title": finding.title, "summary": finding.summary,
            "observed": finding.observed, "left_out": int(finding.left_out),
            "waived_until": finding.waived_until and finding.waived_until.isoformat(),
        }  # fmt: skip
        for name in _TEXTS:
            if values[name] is not None:
                values[name] = _text(database, values[name], texts)
        marks = ", ".join("?" * (len(_COLUMNS) + 1))
        made = database.execute(
            f"INSERT INTO states (hash, {', '.join(_COLUMNS)}) VALUES ({marks})",  # noqa: S608 - ours
            (digest, *(values[name] for name in _COLUMNS)),
        ).lastrowid
        return int(made or 0)

    # -- reading --

    def runs(self) -> tuple[Run, ...]:
        """Every kept run, by the moment that it judged from, then as they were kept."""
        with self._told():
            rows = self._database.execute("SELECT body FROM runs ORDER BY as_of, id")
            return tuple(_run(body) for (body,) in rows)

    def baselines(self) -> dict[str, str]:
        """The name of each baseline, and of its run."""
        with self._told():
            rows = self._database.execute(
                "SELECT baselines.name, runs.name FROM baselines JOIN runs ON runs.id = run "
                "ORDER BY runs.as_of, baselines.name"
            )
            return dict(rows.fetchall())

    def notes(self, workbook: str) -> dict[str, Any]:
        """What the customer had typed into a workbook when it was last read."""
        with self._told():
            row = self._database.execute(
                "SELECT body FROM notes WHERE workbook = ?", (workbook,)
            ).fetchone()
            return {} if row is None else msgspec.json.decode(row[0], type=dict[str, Any])

    def everything(self) -> list[tuple[Run, tuple[Kept, ...]]]:
        """Every run with its findings, oldest first. Equal findings are one object."""
        with self._told():
            # One transaction: a run that is being kept meanwhile is there whole or not at all.
            self._database.execute("BEGIN")
            try:
                runs = self._database.execute("SELECT id, body FROM runs ORDER BY as_of, id")
                names = runs.fetchall()
                states = self._states()
                seen: dict[int, list[Kept]] = {number: [] for number, _ in names}
                for run, state in self._database.execute("SELECT run, state FROM seen"):
                    seen[run].append(states[state])
            finally:
                self._database.execute("COMMIT")
            return [(_run(body), tuple(seen[number])) for number, body in names]

    def _states(self) -> dict[int, Kept]:
        texts = dict(self._database.execute("SELECT id, text FROM texts").fetchall())
        found = {}
        split: dict[int, tuple[str, ...]] = {}
        statuses = {s.value: s for s in Status}
        severities = {s.value: s for s in Severity}
        necessities = {n.value: n for n in Necessity}
        rows = self._database.execute(f"SELECT id, {', '.join(_COLUMNS)} FROM states")  # noqa: S608
        for row in rows:
            (number, name, requirement, subject, scenarios, status, severity, necessity, area,
             title, summary, observed, until, left_out) = row  # fmt: skip
            if scenarios not in split:
                split[scenarios] = tuple(texts[scenarios].split())
            found[number] = Kept(
                texts[name],
                texts[requirement],
                None if subject is None else texts[subject],
                split[scenarios],
                statuses[status],
                severities[severity],
                necessities[necessity],
                texts[area],
                texts[title],
                texts[summary],
                texts[observed],
                None if until is None else datetime.fromisoformat(until).date(),
                bool(left_out),
            )
        return found


def find(reference: str, runs: Sequence[Run], baselines: Mapping[str, str]) -> Run:
    """The run that a person means: last, previous, a baseline's name, a run's name or its day.

    Of several runs of one day it is the last. Raises HistoryError, saying what there is.
    """
    if not runs:
        raise HistoryError("no run of this engagement was kept yet")
    if reference == _LAST:
        return runs[-1]
    if reference == _PREVIOUS and len(runs) > 1:
        return runs[-2]
    by_name = {run.name: run for run in runs}
    wanted = baselines.get(reference, reference)
    if wanted in by_name:
        return by_name[wanted]
    digits = reference.replace("-", "")
    of_day = [run for run in runs if len(digits) == len("20261120") and run.name[:8] == digits]
    if of_day:
        return of_day[-1]
    known = ", ".join([*(run.name for run in runs[-3:]), *baselines])
    raise HistoryError(
        f"{reference} is no kept run: say last, previous, a day such as 2026-11-20, a run's name "
        f"or a baseline's. The latest are {known}; `assess history` lists all"
    )


def _run(body: bytes) -> Run:
    return msgspec.json.decode(body, type=Run)


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _digest(run: Run, findings: Sequence[Kept]) -> bytes:
    """The same for the same moment, version, scenarios and findings.

    In whatever order they come, and in whatever language their texts are.
    """
    bare = (msgspec.structs.replace(one, title="", summary="", observed="") for one in findings)
    parts = sorted(msgspec.json.encode(finding) for finding in bare)
    head = [_moment(run.as_of), run.tool, run.catalogue, run.partial, run.scenarios]
    return _hash(msgspec.json.encode(head) + b"".join(parts))


def _hash(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()[:16]


def _text(database: sqlite3.Connection, text: str, known: dict[str, int]) -> int:
    if text not in known:
        digest = _hash(text.encode("utf-8", "replace"))
        found = database.execute("SELECT id FROM texts WHERE hash = ?", (digest,)).fetchone()
        if found is None:
            made = database.execute(
                "INSERT INTO texts (hash, text) VALUES (?, ?)", (digest, text)
            ).lastrowid
            found = (made,)
        known[text] = int(found[0] or 0)
    return known[text]
