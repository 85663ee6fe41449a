"""One run at a time; a lock never outlives its process."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from assess.history.lock import Overlap, only_one
from pasts import START

ROOT = Path(__file__).parents[2]
HOLDER = """
import sys, signal
sys.path.insert(0, {root!r})
from datetime import UTC, datetime
from pathlib import Path
from assess.history.lock import only_one
with only_one(Path(sys.argv[1]), datetime(2026, 1, 5, 6, 0, tzinfo=UTC)):
    print("held", flush=True)
    signal.pause()
"""


def test_the_second_is_told_who_is_at_work_and_a_killed_one_is_forgotten(tmp_path):
    lock = tmp_path / "lock"
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER.format(root=str(ROOT)), str(lock)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        with pytest.raises(Overlap) as refused, only_one(lock, START):
            pass
        assert f"process {process.pid} on {os.uname().nodename}, since 2026-01-05 06:00 UTC" in str(refused.value)
        process.send_signal(signal.SIGKILL)
        process.wait(30)
        with only_one(lock, START):
            assert str(os.getpid()) in lock.read_text()


def test_it_is_given_back_also_after_an_error(tmp_path):
    lock = tmp_path / "lock"
    with pytest.raises(ZeroDivisionError), only_one(lock, START):
        1 / 0  # noqa: B018
    with only_one(lock, START), pytest.raises(Overlap), only_one(lock, START):
        pass
    with only_one(lock, START):
        pass


def test_a_text_that_nobody_understands_does_not_hide_who_is_at_work(tmp_path):
    lock = tmp_path / "lock"
    with only_one(lock, START):
        lock.write_text("[1, 2")
        with pytest.raises(Overlap, match="does not say which"), only_one(lock, START):
            pass
