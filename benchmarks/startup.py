"""How quickly the command line answers, and the whole job of the demo."""

import sys
import tempfile
from pathlib import Path

from benchmarks.timing import Line, Scale, alternating, best, command

_REPORTS = ("report.html", "report.pdf", "report.xlsx", "results.json")


def measure(_: Scale) -> list[Line]:
    """`--version` and `--help` against a bare interpreter that imports three modules."""
    bare = [sys.executable, "-c", "import argparse, json, tomllib"]
    lines = []
    for option, times in (("--version", 3), ("--help", 5)):
        ours = [sys.executable, "-m", "assess", option]
        taken, least = alternating(lambda ours=ours: command(ours), lambda: command(bare), 15)
        ratio = taken / least
        measured = f"{ratio:.2f} times ({1000 * taken:.0f} ms, bare {1000 * least:.0f} ms)"
        bound = f"{times} times bare Python"
        lines.append(Line(f"assess {option}", bound, measured, ratio <= times))
    return lines


def demo(_: Scale) -> list[Line]:
    """`assess demo` to all four reports."""
    with tempfile.TemporaryDirectory() as folder:
        taken = best(lambda: command([sys.executable, "-m", "assess", "demo", "-o", folder]), 3)
        for name in _REPORTS:
            if len(list(Path(folder).rglob(name))) != 3:
                raise RuntimeError(f"the demo did not write {name} every time")
    return [Line("assess demo, four reports", "6 s", f"{taken:.2f} s", taken < 6)]
