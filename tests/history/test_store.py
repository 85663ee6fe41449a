"""The database: whole or not at all, whoever writes, whenever the process ends."""

import multiprocessing
import os
import random
import signal
import sqlite3
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from assess.errors import HistoryError
from assess.history import migrations
from assess.history.changes import past_of
from assess.history.store import Store, find
from pasts import kept, run, weekly

SUPPORT = Path(__file__).parents[1] / "support"


@pytest.fixture
def path(tmp_path):
    return tmp_path / "history.db"


def keep(path, runs):
    with Store(path) as store:
        for one, findings in runs:
            store.keep(one, findings)


def test_what_is_kept_is_read_back_equal(path):
    runs = [(one, tuple(findings)) for one, findings in weekly(5, 60)]
    keep(path, runs)
    with Store(path, create=False) as store:
        again = store.everything()
        assert [one for one, _ in again] == [one for one, _ in runs] == list(store.runs())
        for (_, mine), (_, theirs) in zip(again, runs, strict=True):
            assert sorted(mine, key=lambda k: k.id) == sorted(theirs, key=lambda k: k.id)


def test_only_its_owner_may_read_it(path):
    with Store(path) as store:
        store.keep(run(), [kept()])
        for file in path.parent.iterdir():  # the log and its index too, while they are there
            assert stat.S_IMODE(file.stat().st_mode) == 0o600, file


def test_the_very_same_run_is_kept_once(path):
    findings = [kept("a.b", "fail"), kept("c.d")]
    with Store(path) as store:
        first = store.keep(run(), findings)
        assert store.keep(run(), list(reversed(findings))) == first
        other = store.keep(run(), [kept("a.b", "pass"), kept("c.d")])
        assert [one.name for one in store.runs()] == [first.name, f"{first.name}-2"] == [first.name, other.name]


def test_runs_are_in_the_order_of_their_moments(path):
    keep(path, [(run(3), [kept()]), (run(1), [kept()]), (run(2), [kept()])])
    with Store(path) as store:
        assert [one.as_of for one in store.runs()] == [run(week).as_of for week in (1, 2, 3)]


def test_a_run_without_findings_and_strange_texts(path):
    strange = kept("a.b[x]", "fail", observed="'; DROP TABLE runs; -- \u202e 🔥 \x00", subject="x' OR 1=1")
    keep(path, [(run(0), []), (run(1), [strange])])
    with Store(path) as store:
        assert [findings for _, findings in store.everything()] == [(), (strange,)]


def test_a_run_is_found_by_its_name_its_day_or_its_baseline(path):
    keep(path, [(run(week), [kept()]) for week in range(3)])
    with Store(path) as store:
        runs = store.runs()
        store.name_baseline("kick-off", runs[0])
        store.name_baseline("kick-off", runs[1])  # the name moves
        names = store.baselines()
    assert names == {"kick-off": runs[1].name}
    assert find("last", runs, names) == runs[2]
    assert find("previous", runs, names) == runs[1]
    assert find("kick-off", runs, names) == runs[1]
    assert find("2026-01-05", runs, names) == runs[0]
    assert find(runs[2].name, runs, names) == runs[2]
    for wrong in ("2026-01-06", "kickoff", "0", "../x"):
        with pytest.raises(HistoryError, match="is no kept run"):
            find(wrong, runs, names)
    with pytest.raises(HistoryError, match="no run"):
        find("last", (), {})


# -- versions --


def test_a_newer_database_is_refused_and_left_alone(path):
    keep(path, [(run(), [kept()])])
    with sqlite3.connect(path) as database:
        database.execute(f"PRAGMA user_version = {len(migrations.STEPS) + 1}")
    database.close()
    before = path.read_bytes()
    with pytest.raises(HistoryError, match="newer version") as refused:
        Store(path)
    assert str(path) in str(refused.value)
    assert path.read_bytes() == before


@pytest.mark.parametrize("content", [b"this is no database at all, and longer than a header" * 40, b"SQLite format 3\x00" + b"\xff" * 4000])
def test_a_damaged_file_is_refused_and_left_alone(path, content):
    path.write_bytes(content)
    with pytest.raises(HistoryError, match=r"history\.db"):
        Store(path)
    assert path.read_bytes() == content


def test_another_programs_database_is_refused(path):
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE bookmarks (url TEXT)")
    database.close()
    with pytest.raises(HistoryError, match="another program"):
        Store(path)


def test_a_database_that_is_not_there_is_not_made_by_reading(path):
    with pytest.raises(HistoryError, match="no run of this engagement was kept yet"):
        Store(path, create=False)
    assert not path.exists()


def test_the_first_version_is_migrated_with_all_its_runs(path):
    with Store(path, steps=migrations.STEPS[:1]) as store:
        store.keep(run(), [kept("a.b", "fail")])
        with pytest.raises(HistoryError, match="notes"):
            store.notes("x")
    with Store(path) as store:
        assert store.notes("x") == {}
        store.keep_notes("x", {"a.b": {"Owner": "Ana"}})
        assert [findings for _, findings in store.everything()] == [(kept("a.b", "fail"),)]


def test_a_step_that_fails_leaves_the_version_before_it(path):
    keep(path, [(run(), [kept()])])
    broken = (*migrations.STEPS, "CREATE TABLE more (x TEXT); INSERT INTO nowhere VALUES (1)")
    with pytest.raises(HistoryError, match="nowhere"):
        Store(path, steps=broken)
    with Store(path) as store:
        assert len(store.runs()) == 1
    good = (*migrations.STEPS, "CREATE TABLE more (x TEXT); INSERT INTO more VALUES ('y')")
    Store(path, steps=good).close()
    with pytest.raises(HistoryError, match="newer version"):
        Store(path)


# -- two at once --


def _write(path: Path, weeks: range, start: object) -> None:
    start.wait()  # type: ignore[attr-defined]
    runs = list(weekly(weeks.stop, 40))[weeks.start :]
    keep(path, runs)


def test_two_that_write_at_once_lose_nothing(path):
    spawn = multiprocessing.get_context("spawn")
    start = spawn.Barrier(2)
    both = [spawn.Process(target=_write, args=(path, weeks, start)) for weeks in (range(12), range(12, 24))]
    for process in both:
        process.start()
    for process in both:
        process.join(60)
        assert process.exitcode == 0
    with Store(path) as store:
        assert [one.name for one in store.runs()] == [one.name for one, _ in weekly(24, 1)]
        assert all(len(findings) == 40 for _, findings in store.everything())


# -- killed --

KILLED = """
import os, signal, sys
from pathlib import Path
sys.path[:0] = {paths!r}
from assess.history.store import Store
from pasts import weekly

path, least = Path(sys.argv[1]), int(sys.argv[2])
seen = 0

def traced(statement):
    global seen
    seen += 1
    if seen == least:
        os.kill(os.getpid(), signal.SIGKILL)

runs = list(weekly(3, 12))
store = Store(path)
store.keep(*runs[0])
print("first", flush=True)
store._database.set_trace_callback(traced)
store.keep(*runs[1])
store._database.set_trace_callback(None)
print(f"second {{seen}}", flush=True)
"""


def killed_at(path: Path, statement: int) -> str:
    """Keep a run, then be killed right before this statement of keeping a second one."""
    script = KILLED.format(paths=[str(SUPPORT), str(SUPPORT.parents[1])])
    done = subprocess.run(
        [sys.executable, "-c", script, str(path), str(statement)], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode in {0, -signal.SIGKILL}, done.stderr
    return done.stdout


def whole(path: Path) -> int:
    """How many runs there are, each of them with all its findings, in a sound database."""
    with Store(path) as store:
        runs = store.everything()
        assert all(len(findings) == 12 for _, findings in runs)
        assert store._database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert store._database.execute("PRAGMA foreign_key_check").fetchall() == []
        expected = list(weekly(3, 12))
        for one, findings in expected:  # it goes on from there as if nothing had been
            store.keep(one, findings)
        assert [one for one, _ in store.everything()] == [one for one, _ in expected]
    return len(runs)


def test_killed_at_every_step_of_writing_a_run_is_whole_or_not_there(tmp_path):
    statements = int(killed_at(tmp_path / "counting.db", 0).split()[-1])
    assert statements > 20
    assert whole(tmp_path / "counting.db") == 2
    steps = sorted({1, 2, 3, 4, *range(5, statements, 7), statements - 1, statements})
    for statement in steps:
        path = tmp_path / f"{statement}.db"
        assert killed_at(path, statement) == "first\n"
        assert whole(path) == 1, f"killed at statement {statement} of {statements}"


def _for_ever(path: Path, ready: object) -> None:
    ready.set()  # type: ignore[attr-defined]
    with Store(path) as store:
        for one, findings in weekly(10_000, 12):
            store.keep(one, findings)


def test_killed_at_seeded_moments_nothing_that_was_kept_is_lost(path):
    """Also in the middle of what SQLite itself does: creating, migrating, writing, truncating its log."""
    chance = random.Random(8)
    spawn = multiprocessing.get_context("fork")
    before = 0
    for _ in range(12):
        ready = spawn.Event()
        process = spawn.Process(target=_for_ever, args=(path, ready))
        process.start()
        assert ready.wait(30)
        deadline = time.monotonic() + chance.uniform(0.0, 0.12)
        while time.monotonic() < deadline:
            os.sched_yield()
        assert process.pid is not None
        os.kill(process.pid, signal.SIGKILL)
        process.join(30)
        with Store(path) as store:
            runs = store.everything()
            assert all(len(findings) == 12 for _, findings in runs)
            assert store._database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            assert len(runs) >= before
            before = len(runs)
    assert before > 0


# -- a year --


def test_a_simulated_year_of_weekly_runs(path):
    """Each week sees the weeks before it: ages only grow, nothing that could not be seen is fixed."""
    year = list(weekly(53, 90))
    refused = fixed = 0
    with Store(path) as store:
        for week, (one, findings) in enumerate(year):
            past = past_of(store.everything(), one, findings)
            store.keep(one, findings)
            assert past.runs == week + 1
            assert (past.last is None) == (week == 0)
            if past.last is None:
                continue
            assert past.last.run == year[week - 1][0].ref
            by_id = {kept.id: kept for kept in findings}
            for change in past.last.changes:
                if change.kind == "fixed":
                    fixed += 1
                    assert by_id[change.id].status == "pass"
                if change.kind == "not-measured":
                    refused += 1
                    assert by_id[change.id].status == "unknown"
            opened = {age.finding: age.since for age in past.open_since}
            assert opened.keys() == {k.id for k in findings if k.status in {"fail", "unknown"}}
            assert all(since <= one.as_of for since in opened.values())
        assert len(past.trend) == 53 * 2
    assert fixed > 5
    assert refused > 20
    assert path.stat().st_size < 1_000_000
