"""A site with 500,000 discovered users: read through the AdminService, and from an export of it.

The site is a process of its own (`site_server`), and so is the client (`site_client`).
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.timing import ROOT, Line, Scale

_PEAK = 250
_PAGE = 1000
_OTHERS = 3  # the page after the last, the collection of all users, the site


def measure(scale: Scale) -> list[Line]:
    """How many users a second, how much memory, and how many requests."""
    users = scale.tenant
    with tempfile.TemporaryDirectory() as folder:
        export = Path(folder) / "export.zip"
        with _serving(users, export) as (where, end):
            live = _client(
                users,
                f"site.adminservice={where['url']}",
                f"site.ca_file={where['ca_file']}",
                "site.auth.method=none",
            )
            told = end()
        offline = _client(users, f"files.site_export={export}")
    if told["violations"]:
        raise RuntimeError(f"{told['violations']} requests were not as the service wants them")
    what = f"{users:,} discovered users"
    most = -(-users // _PAGE) + _OTHERS
    requests = told["requests"]
    return [
        *_lines(f"{what} through the AdminService", users, live),
        Line(
            f"{what} through the AdminService, requests",
            f"{most:,}",
            f"{requests:,}",
            requests <= most,
        ),
        *_lines(f"{what} from an export", users, offline),
    ]


def _lines(what: str, users: int, taken: dict[str, float]) -> list[Line]:
    speed = f"{users / taken['reading']:,.0f} users a second ({taken['reading']:.1f} s)"
    memory = f"{taken['peak']:.0f} MB"
    return [
        Line(what, "-", speed, ok=True),
        Line(f"{what}, memory", f"{_PEAK} MB", memory, taken["peak"] < _PEAK),
    ]


def _client(users: int, *keys: str) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.site_client", str(users), *keys]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, cwd=ROOT)
    answer: dict[str, float] = json.loads(done.stdout)
    print(f"  {answer}", file=sys.stderr, flush=True)
    return answer


@contextmanager
def _serving(
    users: int, export: Path
) -> Iterator[tuple[dict[str, Any], Callable[[], dict[str, int]]]]:
    """Where the site is, and what ends it and says how many requests came."""
    command = [sys.executable, "-m", "benchmarks.site_server", str(users), str(export)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        stdin, stdout = server.stdin, server.stdout

        def end() -> dict[str, int]:
            stdin.close()
            told: dict[str, int] = json.loads(stdout.readline())
            return told

        try:
            yield json.loads(stdout.readline()), end
        finally:
            stdin.close()
    if server.returncode:
        raise RuntimeError(f"the site's server ended with {server.returncode}")
