"""How time and memory are taken: the best of a few runs, and the peak of a process."""

import resource
import subprocess
import time
from collections.abc import Callable, Sequence


def best(function: Callable[[], object], runs: int = 5) -> float:
    """Seconds of the quickest of ``runs``."""
    quickest = float("inf")
    for _ in range(runs):
        begin = time.perf_counter()
        function()
        quickest = min(quickest, time.perf_counter() - begin)
    return quickest


def command(arguments: Sequence[str]) -> None:
    """Run a command, its output thrown away; demo's verdict may be any."""
    done = subprocess.run(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
    if done.returncode not in {0, 1, 3}:
        raise RuntimeError(done.stderr.decode(errors="replace"))


def peak_mb() -> float:
    """The most memory that this process has held, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
