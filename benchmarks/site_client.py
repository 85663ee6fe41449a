"""Reads every discovered user of a large site in a process of its own; prints that as JSON.

    python -m benchmarks.site_client NUMBER_OF_USERS KEY=VALUE …

The keys are those of the engagement file that lead to the site: its address, or an export of it.
"""

import json
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from assess.collect import collect
from assess.engagement import Engagement
from assess.evidence import Ask
from assess.evidence.adminservice import DiscoveredUsers, SeesEverything
from assess.recording import Recording
from assess.sources import connectors_for
from benchmarks.timing import peak_mb

_NOW = datetime(2026, 1, 1, tzinfo=UTC)


def main(users: int, keys: dict[str, Any]) -> None:
    values = {"engagement.name": "bench", "engagement.scenarios": ["hybrid-mdm"], **keys}
    engagement = Engagement("bench.toml", values, folder=Path())
    with Recording(engagement, as_of=_NOW, started_at=_NOW, finished_at=_NOW) as recording:
        begin = time.perf_counter()
        asks: list[Ask] = [DiscoveredUsers()]
        connectors = connectors_for(asks, engagement)
        collect(asks, connectors, recording, clock=lambda: _NOW)
        for connector in connectors:
            connector.close()
        reading = time.perf_counter() - begin
        found = recording.answer(DiscoveredUsers())
        if len(found.rows) != users or not isinstance(found.sees, SeesEverything):
            raise RuntimeError(f"{len(found.rows)} users of {users} were read: {found.sees}")
        begin = time.perf_counter()
        if found.with_id() != users - -(-users // 5):
            raise RuntimeError(f"{found.with_id()} users have an id of the directory")
        counting = time.perf_counter() - begin
    print(json.dumps({"reading": reading, "counting": counting, "peak": peak_mb()}))


if __name__ == "__main__":
    main(int(sys.argv[1]), dict(pair.split("=", 1) for pair in sys.argv[2:]))
