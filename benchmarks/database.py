"""A site with 500,000 discovered users, read from its database and held against the tenant's names.

The database is a process of its own (`database_server`), and so is the client (`database_client`).
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.timing import ROOT, Line, Scale

_PEAK = 200


def measure(scale: Scale) -> list[Line]:
    """How many users a second, and how much memory."""
    users = scale.tenant
    with _serving(users) as place:
        command = [sys.executable, "-m", "benchmarks.database_client", str(users), *place]
        done = subprocess.run(command, stdout=subprocess.PIPE, check=True, cwd=ROOT)
    taken: dict[str, float] = json.loads(done.stdout)
    print(f"  {taken}", file=sys.stderr, flush=True)
    what = f"{users:,} discovered users of a site database"
    speed = f"{users / taken['reading']:,.0f} users a second"
    counting = f"{taken['counting']:.1f} s"
    memory = f"{taken['peak']:.0f} MB"
    return [
        Line(what, "-", speed, ok=True),
        Line(f"{what}, suffixes counted there", "-", counting, ok=True),
        Line(f"{what}, memory", f"{_PEAK} MB", memory, taken["peak"] < _PEAK),
    ]


@contextmanager
def _serving(users: int) -> Iterator[list[str]]:
    """The port and the file of the authority, as arguments."""
    command = [sys.executable, "-m", "benchmarks.database_server", str(users)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        try:
            yield server.stdout.readline().split()
        finally:
            server.stdin.close()
