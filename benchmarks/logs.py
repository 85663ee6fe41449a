"""A gigabyte of logs, read as the product reads them, beside a bare loop over their lines.

Half of them are of the gateway connection point, where every line is one that counts; the rest is
of the service connection point, in the older format, where few are. Two computers, with rollover.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.timing import ROOT, Line, Scale, alternating
from logwriter import newer, older

_SIZE = 1 << 30
_MB = 100
_TIMES = 25
_SECONDS = 30
_END = datetime(2026, 11, 20, 21, tzinfo=UTC)
_PUBLISHED = "Successfully published UDX for Azure Active Directory users"
_CYCLE = 20_000  # entries that are written again and again


def measure(_: Scale) -> list[Line]:
    """Seconds, megabytes a second, and the peak of a process of its own."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        size = _written(folder)
        bare = [sys.executable, "-c", _BARE, str(folder)]
        ours = [sys.executable, "-m", "benchmarks.logs_client", str(folder)]
        taken, least = alternating(lambda: _run(ours), lambda: _run(bare), 3)
        told = json.loads(_run(ours))
    if told["lines"] < 30 or told["passes"] < 1:
        raise RuntimeError(f"too little was found: {told}")
    rate = size / taken / 1e6
    speed = f"{taken:.1f} s ({rate:.0f} MB/s; lines alone: {least:.1f} s)"
    fast = taken < _SECONDS and taken < _TIMES * least
    return [
        Line("1 GiB of logs", f"{_SECONDS} s", speed, fast),
        Line("1 GiB of logs, memory", f"{_MB} MB", f"{told['peak']:.0f} MB", told["peak"] < _MB),
    ]


def _run(command: list[str]) -> bytes:
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, cwd=ROOT).stdout


_BARE = """
import pathlib, sys
print(sum(1 for path in pathlib.Path(sys.argv[1]).rglob("*.lo?") for line in path.open("rb")))
"""


def _written(folder: Path) -> int:
    """The logs, and how many bytes they are."""
    total = 0
    names = [
        ("mp01/SMS_Cloud_ProxyConnector", _proxy), ("cm01/dmpdownloader", _downloader),
        ("mp02/SMS_Cloud_ProxyConnector", _proxy), ("cm01/SMS_AZUREAD_DISCOVERY_AGENT", _discovery),
    ]  # fmt: skip
    share = _SIZE // (2 * len(names))
    for name, entries in names:
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        cycle = "".join(entries()).encode()
        for ending in ("lo_", "log"):
            with path.with_name(f"{path.name}.{ending}").open("wb") as file:
                while file.tell() < share:
                    total += file.write(cycle)
    return total


def _moments() -> Iterator[tuple[int, datetime]]:
    for number in range(_CYCLE):
        yield number, _END - timedelta(seconds=_CYCLE - number)


def _proxy() -> Iterator[str]:
    for number, at in _moments():
        yield newer(
            f"MessageID: {number:08x}-1111 RequestURI: https://mp01.contoso.com/SMS_MP/.sms_aut "
            f"EndpointName: SMS_MP ResponseHeader: HTTP/1.1 200 OK ~~ ResponseBodySize: {number} "
            "ElapsedTime: 41 ms",
            at,
            bias=-60,
            component="SMS_CLOUD_PROXYCONNECTOR",
        )


def _downloader() -> Iterator[str]:
    texts = (
        "INFO: setting new configuration state to 2 (running)", "Hasn't synced recently.",
        "Generating state message: 4 for package 00000000-0000-0000-0000-000000000000",
        "Redirected to URL https://download.microsoft.com/download/x.cab",
        "The underlying service answered within the interval that was expected of it",
    )  # fmt: skip
    for number, at in _moments():
        yield older(texts[number % len(texts)], at, bias=-60, component="SMS_DMP_DOWNLOADER")


def _discovery() -> Iterator[str]:
    for number, at in _moments():
        said = f"UDX {number}: a user" if number % 5000 else _PUBLISHED
        yield older(said, at, bias=-60, component="SMS_AZUREAD_DISCOVERY_AGENT")
