"""A hundred customers: through the fleet, and one by one as a loop of a shell would do it."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.timing import ROOT, Line, Scale

CUSTOMERS = 100
# What several at a time must save where there is more than one processor.
_SHARE = 0.8
_FILE = """\
[engagement]
name = "customer-{number}"
scenarios = ["co-management-pki"]
[attestations]
"permissions.local-admin" = {{ answer = true, by = "A. Meyer", on = 2026-01-01 }}
"""


def measure(_scale: Scale, customers: int = CUSTOMERS) -> list[Line]:
    """Both write results.json of each customer, keep history, and judge every requirement."""
    with tempfile.TemporaryDirectory() as folder:
        alone = _one_by_one(_customers(Path(folder) / "alone", customers))
        together = _fleet(_customers(Path(folder) / "together", customers))
    several = (os.cpu_count() or 1) > 1
    bound = f"{_SHARE:.0%} of that" if several else "-"
    return [
        Line(f"{customers} customers one by one", "-", f"{alone:.0f} s", ok=True),
        Line(
            f"{customers} customers through fleet, {_jobs()} at a time",
            bound,
            f"{together:.0f} s ({together / alone:.0%})",
            ok=together < alone * _SHARE or not several,
        ),
    ]


def _jobs() -> int:
    return min(4, os.cpu_count() or 1)


def _customers(folder: Path, customers: int) -> Path:
    folder.mkdir()
    for number in range(customers):
        (folder / f"customer-{number}.toml").write_text(_FILE.format(number=number))
    return folder


def _run(*arguments: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "assess", *arguments], cwd=ROOT, check=False,
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    )  # fmt: skip
    if done.returncode not in {1, 3}:
        raise RuntimeError(done.stderr.decode(errors="replace")[-500:])


def _one_by_one(folder: Path) -> float:
    begin = time.perf_counter()
    for file in sorted(folder.glob("*.toml")):
        _run("run", str(file), "--unattended", "-f", "json", "-o", str(folder / "out"))
    return time.perf_counter() - begin


def _fleet(folder: Path) -> float:
    begin = time.perf_counter()
    out = folder / "out"
    _run("fleet", str(folder), "--jobs", str(_jobs()), "-f", "json", "-o", str(out))
    seconds = time.perf_counter() - begin
    written = len(list(out.glob("customer-*/results.json")))
    if written != len(list(folder.glob("*.toml"))):
        raise RuntimeError(f"only {written} customers have results")
    return seconds
