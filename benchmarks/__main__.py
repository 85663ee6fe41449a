"""Prints a table of bound, measurement and ok or late: `python -m benchmarks [NAME …]`."""

import sys
from collections.abc import Callable
from dataclasses import dataclass

from benchmarks import directory, domains, install, pfx, startup


@dataclass(frozen=True)
class Result:
    """One line of the table."""

    name: str
    bound: str
    measured: str
    ok: bool


BENCHES: dict[str, Callable[[], list[tuple[str, str, str, bool]]]] = {
    "startup": startup.measure,
    "demo": startup.demo,
    "install": install.measure,
    "pfx": pfx.measure,
    "dns": domains.measure,
    "directory": directory.measure,
}


def main(names: list[str]) -> int:
    """Run the named benches, or all; 1 where one is late."""
    results: list[Result] = []
    for name, bench in BENCHES.items():
        if not names or name in names:
            print(f"… {name}", file=sys.stderr, flush=True)
            results += [Result(*line) for line in bench()]
    width = max(len(result.name) for result in results)
    print(f"{'what':{width}}  {'bound':22}  {'measured':38}  ")
    for result in results:
        word = "ok" if result.ok else "LATE"
        print(f"{result.name:{width}}  {result.bound:22}  {result.measured:38}  {word}")
    return 0 if all(result.ok for result in results) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
