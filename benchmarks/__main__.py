"""Prints a table of bound, measurement and ok or late: `python -m benchmarks [NAME …]`.

    python -m benchmarks                      all of them
    python -m benchmarks dns pfx              these two
    python -m benchmarks directory --users 5000
    python -m benchmarks tenant --tenant-users 50000

The benches with real servers are run in a network namespace, as the tests are; the others are not,
since an installation is fetched from the package index. The exit code is 1 where something is late.
"""

import argparse
import importlib
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from typing import NamedTuple

from benchmarks.timing import ROOT, Line, Scale


class Bench(NamedTuple):
    """A function of a module, imported when it is wanted; ``inside``: it needs the namespace."""

    module: str
    function: str = "measure"
    inside: bool = False


BENCHES: dict[str, Bench] = {
    "startup": Bench("startup"),
    "demo": Bench("startup", "demo"),
    "install": Bench("install"),
    "pfx": Bench("pfx"),
    "history": Bench("history"),
    "fleet": Bench("fleet"),
    "logs": Bench("logs"),
    "html": Bench("reports", "html"),
    "pdf": Bench("reports", "pdf"),
    "xlsx": Bench("reports", "xlsx"),
    "dns": Bench("domains", inside=True),
    "directory": Bench("directory", inside=True),
    "export": Bench("directory_export"),
    "tenant": Bench("tenant", inside=True),
    "site": Bench("site"),
    "database": Bench("database", inside=True),
}
_SUPPORT = ROOT / "tests" / "support"
_INSIDE = os.environ.get("LAB_NAMESPACE") == "1"


def main(arguments: Sequence[str]) -> int:
    """Run the named benches, or all; 1 where one is late or fails."""
    options = _options(arguments)
    names = options.names or list(BENCHES)
    scale = Scale(options.users, options.addresses, options.files, options.tenant_users)
    lines: list[Line] = []
    for name in names:
        if not _INSIDE:
            print(f"… {name}", file=sys.stderr, flush=True)
        run = _in_namespace if BENCHES[name].inside and not _INSIDE else _run
        lines += run(name, scale)
    if options.json:
        print(json.dumps(lines))
    else:
        _show(lines)
    return 0 if all(line.ok for line in lines) else 1


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser("benchmarks", description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*", choices=[[], *BENCHES], metavar="NAME",
                        help=", ".join(BENCHES))  # fmt: skip
    parser.add_argument("--users", type=int, default=Scale().users)
    parser.add_argument("--addresses", type=int, default=Scale().names, help="names to look up")
    parser.add_argument("--files", type=int, default=Scale().files)
    parser.add_argument("--tenant-users", type=int, default=Scale().tenant)
    parser.add_argument("--json", action="store_true", help="lines for a program")
    return parser.parse_args(arguments)


def _run(name: str, scale: Scale) -> list[Line]:
    """What a bench measures; where it cannot, that is a line too, and never ok."""
    bench = BENCHES[name]
    try:
        module = importlib.import_module(f"benchmarks.{bench.module}")
        return list(getattr(module, bench.function)(scale))
    except Exception as error:  # noqa: BLE001 - the other benches are still worth having
        return [Line(name, "-", f"failed: {type(error).__name__}: {error}", ok=False)]


def _in_namespace(name: str, scale: Scale) -> list[Line]:
    """The same bench in a namespace of its own."""
    numbers = (
        "--users", scale.users, "--addresses", scale.names, "--files", scale.files,
        "--tenant-users", scale.tenant,
    )  # fmt: skip
    done = subprocess.run(
        [_SUPPORT / "setup" / "netns.sh", sys.executable, "-m", "benchmarks", name, "--json",
         *map(str, numbers)],
        stdout=subprocess.PIPE,
        check=False,
        cwd=ROOT,
    )  # fmt: skip
    try:
        return [Line(*line) for line in json.loads(done.stdout)]
    except ValueError:
        return [Line(name, "-", f"ended with {done.returncode}", ok=False)]


def _show(lines: Sequence[Line]) -> None:
    table = [("what", "bound", "measured", "")]
    table += [(line.name, line.bound, line.measured, "ok" if line.ok else "LATE") for line in lines]
    widths = [max(len(row[column]) for row in table) for column in range(4)]
    for row in table:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        print("  ".join(cells).rstrip())


if __name__ == "__main__":
    sys.path.insert(0, str(_SUPPORT))
    os.environ["PYTHONPATH"] = os.pathsep.join(
        [str(_SUPPORT), *filter(None, [os.environ.get("PYTHONPATH")])]
    )
    sys.exit(main(sys.argv[1:]))
