"""Reads a folder of logs and judges discovery from it in a process of its own; prints JSON.

    python -m benchmarks.logs_client FOLDER
"""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path

from assess.check import Pass
from assess.collect import collect
from assess.connectors.logs import LogConnector
from assess.engagement import engagement_from
from assess.evidence.logs import DmpDownloader, EntraDiscovery, ProxyConnectorLog
from assess.recording import Recording
from benchmarks.timing import peak_mb
from checks.logs import azuread_discovery

_NOW = datetime(2026, 11, 20, 21, 10, tzinfo=UTC)


def main(folder: str) -> None:
    """All logs of the folder, as a run collects them."""
    asks = [EntraDiscovery(), DmpDownloader(), ProxyConnectorLog()]
    data = {
        "engagement": {"name": "bench", "scenarios": ["hybrid-mdm"]},
        "files": {"log_dir": folder},
    }
    engagement = engagement_from(data, file="bench.toml", folder=Path())
    with Recording(engagement, as_of=_NOW, started_at=_NOW, finished_at=_NOW) as recording:
        collect(asks, [LogConnector(Path(folder))], recording, clock=lambda: _NOW)
        logs = [recording.answer(ask) for ask in asks]
        passes = sum(isinstance(one, Pass) for one in azuread_discovery(logs[0], _NOW))
    lines = sum(len(copy.lines) for log in logs for copy in log.copies)
    print(json.dumps({"lines": lines, "passes": passes, "peak": peak_mb()}))


if __name__ == "__main__":
    main(sys.argv[1])
