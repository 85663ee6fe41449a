"""A tenant with 500,000 users: read over HTTPS, and held against licences and names.

The tenant is a process of its own (`tenant_cloud`), and so is the client (`tenant_client`).
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from benchmarks.tenant_client import SECRET
from benchmarks.timing import ROOT, Line, Scale

_PEAK = 250
_PAGE = 999
_OTHERS = 2  # the products and the domains


def measure(scale: Scale) -> list[Line]:
    """How many users a second, how much memory, and how many requests to Graph."""
    users = scale.tenant
    with _serving(users) as (described, end):
        taken = _client(users, described)
        requests = end()["requests"]
    seconds = taken["reading"] + taken["judging"]
    speed = (
        f"{users / seconds:,.0f} users a second "
        f"(reading {taken['reading']:.1f} s, judging {taken['judging']:.1f} s)"
    )
    memory = f"{taken['peak']:.0f} MB (reading {taken['read']:.0f} MB)"
    most = -(-users // _PAGE) + _OTHERS
    what = f"{users:,} users through the licence and UPN checks"
    return [
        Line(what, "-", speed, ok=True),
        Line(f"{what}, memory", f"{_PEAK} MB", memory, taken["peak"] < _PEAK),
        Line(f"{what}, requests", f"{most:,}", f"{requests:,}", requests <= most),
    ]


def _client(users: int, described: dict[str, Any]) -> dict[str, float]:
    endpoints = json.dumps(described["endpoints"])
    command = [sys.executable, "-m", "benchmarks.tenant_client", str(users), endpoints]
    done = subprocess.run(
        [*command, described["ca_file"]],
        stdout=subprocess.PIPE,
        check=True,
        cwd=ROOT,
        env={**os.environ, SECRET: "right"},
    )
    answer: dict[str, float] = json.loads(done.stdout)
    print(f"  {answer}", file=sys.stderr, flush=True)
    return answer


@contextmanager
def _serving(users: int) -> Iterator[tuple[dict[str, Any], Callable[[], dict[str, int]]]]:
    """Where the tenant is, and what ends it and says how many requests came."""
    command = [sys.executable, "-m", "benchmarks.tenant_cloud", str(users)]
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
        raise RuntimeError(f"the tenant's server ended with {server.returncode}")
