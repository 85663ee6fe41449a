"""Keeps a run: the lock while it is at work, its place among the kept ones, workbook and calendar.

Nothing here ever costs a run: what cannot be kept is told in ``said``, at the end. The one
exception is another run of the same engagement that is at work already.
"""

import re
from collections.abc import Iterable
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Self

import msgspec

from assess import files
from assess.errors import HistoryError
from assess.history.changes import Kepts, kept_run, open_requirements, past_of
from assess.history.lock import Overlap, only_one
from assess.history.place import Place
from assess.history.shapes import Run
from assess.history.store import Store
from assess.reporters.expiries import calendar
from assess.results import Results

_PARTS = ("", "-wal", "-shm", "-journal")
# What stands behind the workbook's name in the copies that lie beside it.
_BESIDE = "[.]previous|-[0-9]{8}T[0-9]{6}Z"
# What a run that was killed leaves of a file it was writing.
_DRAFT = re.compile(r"[.][a-z0-9_]{8}[.](ics|xlsx|json)")
_LOG = re.compile(r"run[.]log([.][0-9]+)?")
_NOTICE = re.compile(r"[0-9A-Za-z-]+[.](mail|teams|slack|webhook)[.]json")


class Keeper:
    """The history of one engagement during a run; ``place`` None: no runs are kept.

    Raises Overlap on entering where another run is at work. ``idle``: nothing will be measured, so
    nothing is made or locked, and what is kept can be looked at.
    """

    def __init__(self, place: Place | None, since: datetime, *, idle: bool = False) -> None:
        self._place = place
        self._since = since
        self._idle = idle
        self._stack = ExitStack()
        self._store: Store | None = None
        self._kept: Run | None = None
        self.said: list[str] = []

    def __enter__(self) -> Self:
        if self._place is None:
            return self
        try:
            if self._idle:
                self._store = self._stack.enter_context(Store(self._place.database, create=False))
                return self
            self._place.make()
            self._stack.enter_context(only_one(self._place.lock, self._since))
            self._store = self._stack.enter_context(Store(self._place.database))
        except Overlap:
            raise
        except (HistoryError, OSError) as error:
            self.said.append(f"this run is not kept: {error}")
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def open_last_time(self) -> frozenset[str]:
        """The requirements to measure again. Raises HistoryError where nothing is known of them."""
        if self._store is None:
            why = "; ".join(self.said) or "[history] enabled is false"
            raise HistoryError(f"--changed-only needs an earlier run: {why}")
        runs = self._store.everything()
        if not runs:
            raise HistoryError(
                f"--changed-only needs an earlier run, and {self._store.path} holds none. "
                "Run once without it"
            )
        wanted = open_requirements(runs)
        if not wanted:
            raise HistoryError(
                f"--changed-only: nothing was open in {runs[-1][0].name}, so there is nothing to "
                "measure again. Run without it"
            )
        return wanted

    def keep(self, results: Results, packs: Iterable[tuple[str, str]]) -> Results:
        """Keep the run; the results with what the earlier ones say. ``packs``: name and version."""
        if self._store is None:
            return results
        catalogue = ", ".join(f"{name} {version}" for name, version in packs)
        run, findings = kept_run(results, catalogue, results.partial)
        try:
            kept = self._store.keep(run, findings)
            # The very same run may have been kept before: it is not compared with itself.
            earlier = [pair for pair in self._store.everything() if pair[0].name != kept.name]
            past = past_of(earlier, run, findings, self._baseline(self._store, earlier, run))
            self._kept = kept
        except HistoryError as error:
            self.said.append(f"this run is not kept: {error}")
            return results
        return msgspec.structs.replace(results, past=past)

    @staticmethod
    def _baseline(store: Store, earlier: Kepts, run: Run) -> tuple[str, str] | None:
        """The named baseline that a report compares with: the latest one before this run."""
        moments = {kept.name: kept.as_of for kept, _ in earlier if kept.as_of <= run.as_of}
        named = [(n, r) for n, r in store.baselines().items() if r in moments]
        return max(named, key=lambda pair: moments[pair[1]], default=None)

    def publish(self, results: Results) -> None:
        """Extend the workbook and write the calendar, where runs are kept."""
        if self._store is None or self._place is None or self._kept is None:
            return
        try:
            files.write(self._place.calendar, calendar(results))
        except OSError as error:
            self.said.append(f"{self._place.calendar} was not written: {error.strerror}")
        from assess.reporters.workbook import overtime  # noqa: PLC0415 - openpyxl is slow to import

        try:
            self.said += overtime.extend(
                self._place.workbook, results, self._store.everything(), self._store
            )
        except (HistoryError, OSError) as error:
            why = error.strerror if isinstance(error, OSError) else error
            self.said.append(f"{self._place.workbook} was not extended: {why}")


def kept_files(place: Place) -> list[Path]:
    """Everything that is kept of the engagement, as far as it is there; nothing else."""
    database = place.database.name
    names = [place.lock, place.calendar, *(place.folder / f"{database}{end}" for end in _PARTS)]
    names += _matching(place.folder, _DRAFT) + _matching(place.folder, _LOG)
    names += _matching(place.notices, _NOTICE) + _matching(place.notices, _DRAFT)
    book = place.workbook
    stem, suffix = re.escape(book.stem), re.escape(book.suffix)
    whole = f"{stem}({_BESIDE})?{suffix}"
    names += _matching(book.parent, re.compile(rf"{whole}|[.]{whole}[.]new"))
    return sorted(path for path in set(names) if path.is_file())


def _matching(folder: Path, name: re.Pattern[str]) -> list[Path]:
    if not folder.is_dir():
        return []
    return [path for path in folder.iterdir() if name.fullmatch(path.name)]


def purge(place: Place, now: datetime) -> list[Path]:
    """Delete what is kept of a customer; what was deleted. Raises Overlap during a run."""
    gone = []
    if place.folder.is_dir():
        with only_one(place.lock, now):
            for path in kept_files(place):
                if path != place.lock:
                    path.unlink()
                    gone.append(path)
        place.lock.unlink(missing_ok=True)
        if place.notices.is_dir() and not any(place.notices.iterdir()):
            place.notices.rmdir()
        if not any(place.folder.iterdir()):
            place.folder.rmdir()
            gone.append(place.folder)
    return gone
