"""Renders reports side by side, in processes that warm up while the sources answer.

A format that cannot be made here (no Pango, say) is told with its reason; the others are written.
"""

import multiprocessing
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any, Self

from assess.errors import Unavailable
from assess.results import Results, from_json, to_json

FILE_NAMES = {
    "html": "report.html", "pdf": "report.pdf", "xlsx": "report.xlsx", "json": "results.json",
    "csv": "report.csv", "md": "report.md", "junit": "report.junit.xml", "sarif": "report.sarif",
    "ocsf": "report.ocsf.json", "ics": "report.ics",
}  # fmt: skip
# What `all` stands for: the formats that this version writes.
WRITTEN = ("html", "pdf", "xlsx", "json", "csv", "md", "junit", "ics")
# The slowest first, so that the others run beside it.
_ORDER = ("pdf", "xlsx", "html")


def formats_of(asked: Sequence[str], default: Sequence[str]) -> tuple[str, ...]:
    """The formats to write, each once."""
    names = asked or default
    return WRITTEN if "all" in names else tuple(dict.fromkeys(names))


def write_one(name: str, data: bytes, tables: Path, target: Path) -> str | None:
    """Render one format from the bytes of results.json; the reason if it cannot be made here."""
    from assess.discover import library  # noqa: PLC0415 - a process of its own starts here
    from assess.reporters import write_report  # noqa: PLC0415

    try:
        write_report(name, from_json(data), library().catalogue, tables, target)
    except Unavailable as error:
        return f"{error.reason}. {error.mend}".strip()
    return None


def warm_up(name: str) -> None:
    """Import what a format needs, ahead of time."""
    from assess.discover import library  # noqa: PLC0415
    from assess.reporters import warm_up as import_reporter  # noqa: PLC0415

    library()
    import_reporter(name)


class Renderer:
    """Writes reports; used as a context so that its processes end."""

    def __init__(self, formats: Sequence[str]) -> None:
        self._formats = [name for name in formats if name != "json"]
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> Self:
        if len(self._formats) > 1:
            spawn = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(min(2, len(self._formats)), mp_context=spawn)
            for name in sorted(self._formats, key=_rank)[:2]:
                self._pool.submit(warm_up, name)
        return self

    def __exit__(self, *_: object) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def write(
        self, found: Results, formats: Sequence[str], tables: Path, folder: Path
    ) -> dict[str, str]:
        """Write every format but results.json; a format that failed, with the reason."""
        data = to_json(found)
        names = sorted((name for name in formats if name != "json"), key=_rank)
        jobs: dict[str, Any] = {}
        if self._pool is not None:
            for name in names:
                jobs[name] = self._pool.submit(
                    write_one, name, data, tables, folder / FILE_NAMES[name]
                )
        failures: dict[str, str] = {}
        for name in names:
            try:
                reason = jobs[name].result() if name in jobs else None
                alone = name not in jobs
            except BrokenProcessPool:  # no processes to be had here: do it in this one
                reason, alone = None, True
            if alone:
                reason = write_one(name, data, tables, folder / FILE_NAMES[name])
            if reason:
                failures[name] = reason
        return failures


def _rank(name: str) -> int:
    return _ORDER.index(name) if name in _ORDER else len(_ORDER)
