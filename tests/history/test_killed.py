"""A run that is killed at any step of keeping what it found: nothing lost, nothing half written."""

import shutil
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

from openpyxl import load_workbook

import samples
from assess.history.place import Place
from assess.history.store import Store
from assess.keeping import Keeper, kept_files, purge
from assess.results import Results

ROOT = Path(__file__).parents[2]
# The process counts what it does to files of the folder, and kills itself before one of the steps.
CHILD = """
import os, signal, sys
sys.path[:0] = {paths!r}
from pathlib import Path
import assess.reporters.workbook.overtime
import samples
from assess.history.place import Place
from assess.keeping import Keeper
from datetime import timedelta

folder, least = sys.argv[1], int(sys.argv[2])
found = samples.sample(12, started=samples.AS_OF + timedelta(weeks=1))
count = 0

def audited(event, arguments):
    global count
    if event in {{"open", "os.rename", "os.remove", "os.truncate", "sqlite3.connect", "os.mkdir"}}:
        if any(str(a).startswith(folder) for a in arguments if isinstance(a, (str, os.PathLike))):
            count += 1
            if count == least:
                os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(audited)
with Keeper(Place(Path(folder), "contoso"), samples.AS_OF) as keeper:
    keeper.publish(keeper.keep(found, [("builtin", "1.0")]))
    assert not keeper.said, keeper.said
print(count)
"""


def killed(folder: Path, step: int) -> subprocess.CompletedProcess[str]:
    script = CHILD.format(paths=[str(ROOT), str(ROOT / "tests" / "support")])
    return subprocess.run(
        [sys.executable, "-c", script, str(folder), str(step)], capture_output=True, text=True, timeout=120, check=False
    )


def kept(folder: Path, week: int) -> Results:
    with Keeper(Place(folder, "contoso"), samples.AS_OF) as keeper:
        found = keeper.keep(samples.sample(12, started=samples.AS_OF + timedelta(weeks=week)), [("builtin", "1.0")])
        keeper.publish(found)
        assert keeper.said == []
    return found


def noted(folder: Path) -> str:
    """The customer's note in the workbook, which is whole."""
    sheet = load_workbook(folder / "contoso.xlsx")["Action plan"]
    return str(sheet["H2"].value)


def begun(folder: Path) -> None:
    """A first run, and an owner that the customer typed."""
    kept(folder, 0)
    book = load_workbook(folder / "contoso.xlsx")
    assert book["Action plan"]["H1"].value == "Owner"
    book["Action plan"]["H2"] = "Ana"
    book.save(folder / "contoso.xlsx")


def test_killed_at_every_step(tmp_path):
    begun(tmp_path / "begun")
    shutil.copytree(tmp_path / "begun", tmp_path / "counting")
    whole = killed(tmp_path / "counting", 0)
    assert whole.returncode == 0, whole.stderr
    steps = int(whole.stdout)
    assert steps >= 12
    for step in range(1, steps + 1):
        folder = tmp_path / str(step)
        shutil.copytree(tmp_path / "begun", folder)
        assert killed(folder, step).returncode == -signal.SIGKILL
        with Store(folder / "history.db") as store:
            runs = store.everything()
            assert len(runs) in {1, 2}
            assert all(len(findings) == 12 for _, findings in runs)
        assert noted(folder) == "Ana"
        # The next run takes the lock, goes on, and leaves nothing of the one that was killed.
        past = kept(folder, 2).past
        assert past is not None
        assert past.runs == len(runs) + 1
        assert noted(folder) == "Ana"
        left = {path.name for path in folder.iterdir()}
        files = {"history.db", "lock", "expiries.ics", "contoso.xlsx", "contoso.previous.xlsx"}
        assert files <= left
        assert all(name.startswith(".") and name.endswith(".ics") for name in left - files), left
        assert set(kept_files(Place(folder, "contoso"))) == set(folder.iterdir())
        purge(Place(folder, "contoso"), samples.AS_OF)
        assert not folder.exists()
