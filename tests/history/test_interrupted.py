"""A run that is interrupted, or whose machine slept: nothing half written is left, and the next run works."""

import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from openpyxl.worksheet._writer import ALL_TEMP_FILES

import assess.commands.run
import assess.reporters.workbook.overtime
from assess.cli import run
from assess.history.place import Place
from assess.history.store import Store
from pasts import START

ROOT = Path(__file__).parents[2]
FILE = """
[engagement]
name = "contoso"
customer = "Contoso Ltd"
scenarios = ["hybrid-mdm"]
"""
TENANT = """
[tenant]
id = "11111111-2222-4333-8444-555555555555"
public_domains = ["contoso.com"]
endpoints = {{ graph = "https://127.0.0.1:{port}", login = "https://127.0.0.1:{port}" }}
[tenant.auth]
method = "client-secret"
client_id = "11111111-2222-4333-8444-555555555555"
client_secret = {{ env = "ASSESS_TEST_SECRET" }}
[ad]
server = "ldaps://127.0.0.1:{port}"
user = "reader"
password = {{ env = "ASSESS_TEST_SECRET" }}
"""


@contextmanager
def silent() -> Iterator[tuple[int, threading.Event]]:
    """A server that takes every connection and says nothing; its port, and whether anybody came."""
    came, connections = threading.Event(), []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def take() -> None:
            while True:
                try:
                    connections.append(listening.accept()[0])
                except OSError:
                    return
                came.set()

        threading.Thread(target=take, daemon=True).start()
        yield listening.getsockname()[1], came
        for connection in connections:
            connection.close()
        listening.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_while_sources_are_silent(tmp_path, stop):
    """Ctrl-C, or the service is stopped: it ends at once, although every source keeps it waiting."""
    file, temporary = tmp_path / "contoso.toml", tmp_path / "temporary"
    temporary.mkdir()
    command = [sys.executable, "-m", "assess", "run", str(file), "-o", str(tmp_path / "out"), "-f", "html", "-f", "xlsx", "--unattended"]
    environment = {**os.environ, "ASSESS_TEST_SECRET": "x", "TMPDIR": str(temporary)}
    with silent() as (port, came):
        file.write_text(FILE + TENANT.format(port=port))
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True)
        assert came.wait(60)
        process.send_signal(stop)
        _, said = process.communicate(timeout=120)
    assert process.returncode == 130, said
    assert "interrupted; nothing half written is left" in said
    assert not (tmp_path / "out").exists()
    assert [str(path.relative_to(temporary)) for path in temporary.rglob("*")] == []
    kept = tmp_path / "contoso.history"
    assert {path.name for path in kept.iterdir()} == {"history.db", "lock", "run.log"}
    assert (kept / "run.log").read_text().splitlines()[-1].endswith("ended by KeyboardInterrupt")
    file.write_text(FILE)  # the sources are gone, which costs no run
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 3, done.stderr
    [folder] = (tmp_path / "out").iterdir()
    assert {path.name for path in folder.iterdir()} >= {"report.html", "report.xlsx", "results.json", "evidence.zip"}
    assert json.loads((folder / "results.json").read_text())["past"]["last"] is None
    assert list(temporary.iterdir()) == []


class Interruption:
    """Ctrl-C at the nth thing that the run does to files of a folder; audit hooks stay for good, so there is one."""

    def __init__(self) -> None:
        self.folder, self.at, self.count = "", 0, 0
        sys.addaudithook(self._audited)

    def _audited(self, event: str, arguments: tuple[object, ...]) -> None:
        if not self.folder or threading.current_thread() is not threading.main_thread():
            return
        if event not in {"open", "os.rename", "os.remove", "os.mkdir", "sqlite3.connect", "shutil.rmtree"}:
            return
        if any(str(a).startswith(self.folder) for a in arguments if isinstance(a, str | os.PathLike)):
            self.count += 1
            if self.count == self.at:
                raise KeyboardInterrupt

    def during(self, folder: Path, at: int) -> None:
        self.folder, self.at, self.count = str(folder), at, 0


@pytest.fixture(scope="module")
def interruption():
    made = Interruption()
    yield made
    made.folder = ""


@pytest.mark.parametrize("formats", [("html",), ("html", "xlsx")])
def test_interrupted_at_seeded_steps(tmp_path, interruption, monkeypatch, formats, capfd):
    weeks = iter(range(1000))

    def assessed(folder: Path, at: int = 0) -> int:
        moment = START + timedelta(weeks=next(weeks))
        monkeypatch.setattr(assess.commands.run, "now", lambda: moment)
        monkeypatch.setattr(tempfile, "tempdir", str(folder / "temporary"))
        chosen = [part for name in ("json", *formats) for part in ("-f", name)]
        interruption.during(folder, at)
        try:
            return run(["run", str(folder / "contoso.toml"), "-o", str(folder / "out"), *chosen])
        finally:
            interruption.folder = ""

    def begun(name: str) -> Path:
        folder = Path(tmp_path) / name
        (folder / "temporary").mkdir(parents=True)
        (folder / "contoso.toml").write_text(FILE)
        return folder

    assert assessed(begun("whole")) == 3
    steps = interruption.count
    assert steps > 20
    seen = set()
    for at in sorted(random.Random(8).sample(range(1, steps + 1), 12 if len(formats) == 1 else 5)):
        folder = begun(str(at))
        code = assessed(folder, at)
        seen.add(code)
        assert code in {130, 3}, capfd.readouterr()
        for one in (folder / "out").glob("*"):
            names = {path.name for path in one.iterdir()}
            assert {"results.json", "evidence.zip", *(f"report.{name}" for name in formats)} == names, at
        # A library's own go with the process.
        assert {str(path) for path in (folder / "temporary").iterdir()} <= set(ALL_TEMP_FILES), at
        kept = folder / "contoso.history"
        if (kept / "history.db").exists():
            with Store(kept / "history.db") as store:
                assert len(store.everything()) in {0, 1}
        assert not list(kept.glob(".*")), at
        assert assessed(folder) == 3, at
        whole = {"history.db", "lock", "contoso.xlsx", "expiries.ics"}
        assert whole <= {path.name for path in kept.iterdir()} <= whole | {"contoso.previous.xlsx"}, at
    assert 130 in seen


def test_a_machine_that_slept_and_whose_clock_was_put_right(tmp_path, monkeypatch):
    """The moment of a run is that of its begin, whatever the clock says at its end."""
    file = tmp_path / "contoso.toml"
    file.write_text(FILE)

    def assessed(*jumps: timedelta) -> dict[str, object]:
        steps = iter(jumps)
        moment = start

        def now() -> datetime:
            nonlocal moment
            told, moment = moment, moment + next(steps, timedelta(seconds=1))
            return told

        monkeypatch.setattr(assess.commands.run, "now", now)
        assert run(["run", str(file), "-o", str(tmp_path / "out"), "-f", "json"]) == 3
        newest = max((tmp_path / "out").iterdir(), key=lambda folder: folder.stat().st_mtime_ns)
        found: dict[str, object] = json.loads((newest / "results.json").read_text())
        return found

    start = START
    second = timedelta(seconds=1)
    for jump in (timedelta(hours=9), timedelta(days=-2)):
        found = assessed(second, second, jump)
        began, ended = (datetime.fromisoformat(str(found[name])) for name in ("started_at", "finished_at"))
        assert str(found["as_of"]) == str(found["started_at"])
        assert START <= began <= ended <= began + timedelta(hours=10)
        start += timedelta(weeks=1)
    # A clock that was wrong when a run began: the next one is judged from the right moment, and compares with what came before.
    start = START + timedelta(days=3)
    past = assessed()["past"]
    assert isinstance(past, dict)
    assert (past["runs"], past["last"]["run"]["name"]) == (2, f"{START + second:%Y%m%dT%H%M%SZ}")
    with Store(Place(tmp_path / "contoso.history", "contoso").database) as store:
        assert len(store.everything()) == 3
