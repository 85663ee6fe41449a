"""Renders reports side by side: the slow one in a process that warms up while the sources answer.

A format that cannot be made here (no Pango, say) is told with its reason; the others are written.
"""

import multiprocessing
import signal
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NamedTuple, Self

from assess.catalogue import Catalogue
from assess.errors import Unavailable
from assess.language import ENGLISH, Language, speaking, spoken
from assess.reporters.brand import PLAIN, Brand
from assess.results import Results, from_json, to_json

FILE_NAMES = {
    "html": "report.html", "pdf": "report.pdf", "xlsx": "report.xlsx", "json": "results.json",
    "csv": "report.csv", "md": "report.md", "junit": "report.junit.xml", "sarif": "report.sarif",
    "ocsf": "report.ocsf.json", "ics": "report.ics",
}  # fmt: skip
# What `all` stands for: the formats that this version writes.
WRITTEN = ("html", "pdf", "xlsx", "json", "csv", "md", "junit", "ics", "sarif", "ocsf")
# The slowest first, so that the others run beside it.
_ORDER = ("pdf", "xlsx", "html")


class Made(NamedTuple):
    """What became of a format: ``reason`` that there is none, or a ``note`` how it was made."""

    reason: str = ""
    note: str = ""


Job = tuple[str, bytes, Catalogue, Path, Path, Brand, Language]


def formats_of(asked: Sequence[str], default: Sequence[str]) -> tuple[str, ...]:
    """The formats to write, each once."""
    names = asked or default
    return WRITTEN if "all" in names else tuple(dict.fromkeys(names))


def write_one(
    name: str,
    data: bytes,
    catalogue: Catalogue,
    tables: Path,
    target: Path,
    brand: Brand = PLAIN,
    language: Language = ENGLISH,
) -> Made:
    """Render one format from the bytes of results.json.

    The catalogue is handed over: a process that renders imports no check.
    """
    from assess.reporters import write_report  # noqa: PLC0415 - a process of its own starts here

    try:
        with speaking(language):
            note = write_report(name, from_json(data), catalogue, tables, target, brand)
        return Made(note=note)
    except Unavailable as error:
        return Made(reason=f"{error.reason}. {error.mend}".strip())


def warm_up(name: str) -> None:
    """Import what a format needs, ahead of time."""
    from assess.reporters import warm_up as import_reporter  # noqa: PLC0415

    import_reporter(name)


class _Worker:
    """One process that renders the formats it is given, one after another.

    It is ended, not awaited: what it laid out takes half a second to be forgotten in good order.
    Its temporary files lie in a folder that is removed by this side.
    """

    def __init__(self, ahead: str, folder: str) -> None:
        spawn = multiprocessing.get_context("spawn")
        self._pipe, there = spawn.Pipe()
        self._process = spawn.Process(target=_work, args=(there, ahead, folder), daemon=True)
        self._process.start()
        there.close()

    def submit(self, job: Job) -> None:
        """Give it one more format to write. Raises OSError where the process is gone."""
        self._pipe.send(job)

    def result(self) -> Made:
        """What ``write_one`` said of the next job. Raises EOFError or OSError as above."""
        said: Made = self._pipe.recv()
        return said

    def close(self) -> None:
        """End the process."""
        self._process.terminate()
        self._process.join()
        self._pipe.close()


def _work(pipe: "Connection[Made, Job]", ahead: str, folder: str) -> None:
    """What the process does: import ahead of time, then write what comes.

    An error ends it; the other side meets the same error when it does the job itself.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    tempfile.tempdir = folder
    try:
        warm_up(ahead)
        while True:
            pipe.send(write_one(*pipe.recv()))
    except Exception:  # noqa: BLE001 - told by the side that does it again
        pipe.close()


class Renderer:
    """Writes reports; used as a context so that its processes end."""

    def __init__(self, formats: Sequence[str]) -> None:
        self._formats = sorted((name for name in formats if name != "json"), key=_rank)
        self._stack = ExitStack()
        self._slow: _Worker | None = None
        self._folder = ""
        self.notes: dict[str, str] = {}

    def __enter__(self) -> Self:
        if len(self._formats) > 1:
            folder = tempfile.TemporaryDirectory(prefix="assess-", ignore_cleanup_errors=True)
            self._folder = self._stack.enter_context(folder)
            self._slow = self._worker(self._formats[0])
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the processes, whatever they are at."""
        self._stack.close()

    def _worker(self, ahead: str) -> _Worker | None:
        try:
            worker = _Worker(ahead, self._folder)
        except OSError:  # no processes to be had here: this one does it
            return None
        self._stack.callback(worker.close)
        return worker

    def write(
        self,
        found: Results,
        formats: Sequence[str],
        tables: Path,
        folder: Path,
        brand: Brand = PLAIN,
        meanwhile: Callable[[], None] = lambda: None,
    ) -> dict[str, str]:
        """Write every format but results.json; a format that failed, with the reason.

        ``notes`` then says how one was made that was not made as meant. ``meanwhile`` is done
        once, here, while the processes are at work.
        The second process starts here: while sources are read it would only slow them down.
        """
        from assess.discover import library  # noqa: PLC0415 - not in the processes that render

        data, catalogue = to_json(found), library().catalogue
        names = sorted((name for name in formats if name != "json"), key=_rank)
        jobs: list[Job] = [
            (name, data, catalogue, tables, folder / FILE_NAMES[name], brand, spoken())
            for name in names
        ]
        given: list[tuple[Job, _Worker | None]] = [(job, None) for job in jobs]
        if self._slow is not None and jobs:
            second = self._worker(names[1]) if len(jobs) > 1 else None
            workers = [self._slow, *([second] * (len(jobs) - 1))]
            given = [
                (job, _submitted(worker, job)) for job, worker in zip(jobs, workers, strict=True)
            ]
        meanwhile()
        made = {job[0]: _result(worker, job) for job, worker in [*given[1:], *given[:1]]}
        self.notes = {name: made[name].note for name in names if made[name].note}
        return {name: made[name].reason for name in names if made[name].reason}


def _submitted(worker: _Worker | None, job: Job) -> _Worker | None:
    """The process that has the job; None where it could not be given."""
    try:
        if worker is not None:
            worker.submit(job)
    except OSError:
        return None
    return worker


def _result(worker: _Worker | None, job: Job) -> Made:
    """What became of the job; done here where its process could not."""
    try:
        if worker is not None:
            return worker.result()
    except (EOFError, OSError):
        pass
    return write_one(*job)


def _rank(name: str) -> int:
    return _ORDER.index(name) if name in _ORDER else len(_ORDER)
