"""Reads every discovered user from the database in a process of its own; prints JSON.

    python -m benchmarks.database_client NUMBER_OF_USERS PORT CA_FILE
"""

import json
import os
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from assess.collect import collect
from assess.engagement import engagement_from
from assess.evidence.adminservice import DiscoveredUsers
from assess.evidence.site_database import DiscoveredSuffixes
from assess.recording import Recording
from assess.sources import connectors_for
from benchmarks.timing import peak_mb

_NOW = datetime(2026, 1, 1, tzinfo=UTC)
_HOST, _SECRET = "sql01.contoso.local", "ASSESS_BENCH_SECRET"


def main(users: int, port: str, ca_file: str) -> None:
    os.environ |= {"SSL_CERT_FILE": ca_file, _SECRET: "Secr}t;1"}
    auth = {"method": "password", "user": "reader", "password": {"env": _SECRET}}
    engagement = engagement_from(
        {
            "engagement": {"name": "bench", "scenarios": ["hybrid-mdm"]},
            "site": {"sql_server": _HOST, "database": "CM_PS1"},
            "sql": {"auth": auth},
            "network": {"connect_to": {f"{_HOST}:1433": f"127.0.0.1:{port}"}},
        },
        file="bench.toml",
        folder=Path(),
    )
    asks = [DiscoveredUsers(), DiscoveredSuffixes()]
    [database] = [one for one in connectors_for(asks, engagement) if one.source == "sql"]
    took = []
    with Recording(engagement, as_of=_NOW, started_at=_NOW, finished_at=_NOW) as recording:
        for ask in asks:
            begin = time.perf_counter()
            collect([ask], [database], recording, clock=lambda: _NOW)
            took.append(time.perf_counter() - begin)
        assert len(recording.answer(asks[0]).rows) == users
        counted = recording.answer(asks[1])
        assert sum(one.users for one in counted.suffixes) == users
    database.close()
    print(json.dumps({"reading": took[0], "counting": took[1], "peak": peak_mb()}))


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3])
