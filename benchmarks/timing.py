"""How time and memory are taken: the best of a few runs side by side, the peak of a process."""

import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]


class Line(NamedTuple):
    """One line of the table."""

    name: str
    bound: str
    measured: str
    ok: bool


class Scale(NamedTuple):
    """How much there is of everything; the bounds are promised for these numbers alone."""

    users: int = 100_000
    names: int = 5_000
    files: int = 1_000
    tenant: int = 500_000


def best(function: Callable[[], object], runs: int = 5) -> float:
    """Seconds of the quickest of ``runs``."""
    return min(_seconds(function) for _ in range(runs))


def alternating(
    one: Callable[[], object], other: Callable[[], object], runs: int
) -> tuple[float, float]:
    """Seconds of the quickest run of each. They take turns, so that a busy machine hinders both."""
    pairs = [(_seconds(one), _seconds(other)) for _ in range(runs)]
    return min(first for first, _ in pairs), min(second for _, second in pairs)


def _seconds(function: Callable[[], object]) -> float:
    begin = time.perf_counter()
    function()
    return time.perf_counter() - begin


def command(arguments: Sequence[str]) -> None:
    """Run a command, its output thrown away; demo's verdict may be any."""
    done = subprocess.run(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
    if done.returncode not in {0, 1, 3}:
        raise RuntimeError(done.stderr.decode(errors="replace"))


def peak_mb() -> float:
    """The most memory that this process has held, in MB.

    Not ``ru_maxrss``: that begins with what the parent held when it started this process.
    """
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024 / 1e6
    raise RuntimeError("/proc/self/status does not say how much memory was held")
