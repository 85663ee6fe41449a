"""A thousand runs of 300 findings: how large the database is, and how long a look back takes."""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from assess.history.changes import between, past_of, points
from assess.history.shapes import Kind
from assess.history.store import Store
from benchmarks.timing import Line, Scale, best
from pasts import weekly

_RUNS, _FINDINGS = 1000, 300
_MEGABYTES = 25
_SECONDS = 2.0
_KEEP = 0.25  # seconds to keep one run


def measure(_scale: Scale) -> list[Line]:
    """Twenty years of weekly runs, kept one by one as a run does it."""
    what = f"{_RUNS:,} runs of {_FINDINGS} findings"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "history.db"
        runs = list(weekly(_RUNS, _FINDINGS))
        with Store(path) as store:
            begin = time.perf_counter()
            for run, findings in runs[:-1]:
                store.keep(run, findings)
            each = (time.perf_counter() - begin) / (_RUNS - 1)
            last, findings = runs[-1]

            def looked_back() -> int:
                past = past_of(store.everything(), last, findings)
                return 0 if past.last is None else past.last.counts[Kind.STILL_OPEN]

            def diffed() -> int:
                kept = store.everything()
                return len(between(kept, kept[0][0].name, kept[-1][0].name).changes)

            def trend() -> int:
                return sum(len(points(run)) for run in store.runs())

            lines = [
                Line(f"{what}: keeping one", f"{_KEEP} s", f"{each * 1000:.0f} ms", each < _KEEP),
                _timed(f"{what}: what a report shows of the past", looked_back),
                _timed(f"{what}: diff of the first and the last", diffed),
                _timed(f"{what}: trend of every run", trend),
            ]
        size = sum(file.stat().st_size for file in Path(folder).iterdir()) / 1e6
        bound = f"{_MEGABYTES} MB"
        lines.insert(0, Line(f"{what}: database", bound, f"{size:.1f} MB", size < _MEGABYTES))
    return lines


def _timed(what: str, function: Callable[[], int]) -> Line:
    if not function():
        raise RuntimeError(f"{what}: nothing was found, so nothing was measured")
    seconds = best(function, 3)
    return Line(what, f"{_SECONDS} s", f"{seconds:.2f} s", seconds < _SECONDS)
