"""How quickly the command line answers, and the whole job of the demo."""

import sys
import tempfile

from benchmarks.timing import best, command

Line = tuple[str, str, str, bool]


def measure() -> list[Line]:
    """`--version` and `--help` against a bare interpreter that imports three modules."""
    bare = best(lambda: command([sys.executable, "-c", "import argparse, json, tomllib"]), 15)
    lines = []
    for option, times in (("--version", 3), ("--help", 5)):
        taken = best(lambda option=option: command([sys.executable, "-m", "assess", option]), 15)
        ratio = taken / bare
        measured = f"{ratio:.2f} times ({1000 * taken:.0f} ms, bare {1000 * bare:.0f} ms)"
        lines.append((f"assess {option}", f"{times} times bare Python", measured, ratio <= times))
    return lines


def demo() -> list[Line]:
    """`assess demo` to all four reports."""
    with tempfile.TemporaryDirectory() as folder:
        taken = best(lambda: command([sys.executable, "-m", "assess", "demo", "-o", folder]), 3)
    return [("assess demo, four reports", "6 s", f"{taken:.2f} s", taken < 6)]
