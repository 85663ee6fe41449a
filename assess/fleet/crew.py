"""Keeps several engagements at work: each in a process of its own, a bounded number at a time.

A process of its own: nothing of one customer is ever in the memory of another's run, and a run that
crashes, hangs or is killed costs that customer alone. Where the platform can, it is forked from one
that has imported everything, which takes two thirds of a short run. The same code runs the
engagement here and on the workers of a Dask cluster, so that the results are the same.
"""

import importlib
import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

import msgspec

from assess import __version__
from assess.errors import EngagementError
from assess.exits import OWN_FAULT
from assess.fleet.overview import failed
from assess.fleet.shapes import Member, Task

TASK, OUTCOME, SAID = "task.json", "outcome.json", "said"
_SHOWN = 500
_GRACE = 5.0  # seconds that a run has to end by itself when it is told to
_PATIENCE = 15  # seconds to reach a cluster
_WAITED = 0.5
_INTERRUPTED = 130
Done = Callable[[Member, int], None]


class Running(Protocol):
    """A process that runs one engagement; it leads a group of its own."""

    pid: int

    def ended(self, seconds: float) -> int | None:
        """Its exit code, below zero for a signal; None: it still runs after so many seconds."""


class _Spawned:
    """Started anew: as slow as a command, and possible anywhere."""

    def __init__(self, folder: Path) -> None:
        command = [sys.executable, "-m", "assess.commands.fleet_member", str(folder)]
        with (folder / SAID).open("wb") as said:
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=said,
                start_new_session=True,
            )
        self.pid = self._process.pid

    def ended(self, seconds: float) -> int | None:
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None


class _Forked:
    """Forked from a process that has imported everything and knows no customer."""

    def __init__(self, folder: Path) -> None:
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["assess.fleet.warm"])
        self._process = context.Process(target=_in_fork, args=(str(folder),))
        self._process.start()
        self.pid = int(self._process.pid or 0)

    def ended(self, seconds: float) -> int | None:
        self._process.join(seconds)
        return self._process.exitcode


def _in_fork(folder: str) -> None:
    """A group and standard streams of its own, as a process that is started anew has them."""
    os.setsid()
    streams = ((os.devnull, os.O_RDONLY, 0), (os.devnull, os.O_WRONLY, 1),
               (str(Path(folder) / SAID), os.O_WRONLY | os.O_CREAT, 2))  # fmt: skip
    for path, flags, number in streams:
        handle = os.open(path, flags, 0o600)
        os.dup2(handle, number)
        os.close(handle)
    sys.stdin, sys.stdout, sys.stderr = (
        open(number, mode, encoding="utf-8", closefd=False)  # noqa: SIM115 - for good
        for number, mode in ((0, "r"), (1, "w"), (2, "w"))
    )
    try:
        importlib.import_module("assess.commands.fleet_member").main(Path(folder))
    except KeyboardInterrupt:
        os._exit(_INTERRUPTED)  # threads that wait for a silent source would hold up the end


def can_fork() -> bool:
    """Whether processes can be forked from one that is warm."""
    return "forkserver" in multiprocessing.get_all_start_methods()


def run_task(
    task: Task, stopped: Callable[[], bool] = lambda: False, *, fork: bool = False
) -> Member:
    """Run one engagement in a process of its own; what came of it, whatever that does."""
    name = Path(task.file).stem
    with tempfile.TemporaryDirectory(prefix="assess-fleet-", ignore_cleanup_errors=True) as place:
        folder = Path(place)
        (folder / TASK).write_bytes(msgspec.json.encode(task))
        try:
            running: Running = _Forked(folder) if fork else _Spawned(folder)
        except (OSError, EOFError) as error:
            why = getattr(error, "strerror", None) or type(error).__name__
            return failed(task.file, name, name, OWN_FAULT, f"no process could be started: {why}")
        code = _watched(running, task.seconds, stopped)
        if isinstance(code, str):
            return failed(task.file, name, name, OWN_FAULT, code)
        try:
            return msgspec.json.decode((folder / OUTCOME).read_bytes(), type=Member)
        except (OSError, msgspec.MsgspecError):
            how = f"was killed (signal {-code})" if code < 0 else f"ended with exit code {code}"
            said = f"its process {how}. {_last_words(folder)}"
            return failed(task.file, name, name, OWN_FAULT, said)


def _last_words(folder: Path) -> str:
    try:
        return (folder / SAID).read_text(encoding="utf-8", errors="replace")[-_SHOWN:]
    except OSError:
        return ""


def _watched(running: Running, seconds: float, stopped: Callable[[], bool]) -> int | str:
    """Wait for the end of a process: its exit code, or why it was ended."""
    left = seconds
    try:
        while (code := running.ended(_WAITED)) is None:
            left -= _WAITED
            if left <= 0:
                return f"it was not done after {seconds / 60:.0f} minutes, and was ended"
            if stopped():
                return "it was ended, because the fleet was interrupted"
    finally:
        _end(running)
    return code


def _end(running: Running) -> None:
    """End a process and those that it has started, kindly first."""
    for kind in (signal.SIGINT, signal.SIGTERM, getattr(signal, "SIGKILL", signal.SIGTERM)):
        if running.ended(0) is not None:
            return
        try:
            os.killpg(running.pid, kind)
        except (OSError, AttributeError):  # no group yet, or none on this platform
            with suppress(OSError):
                os.kill(running.pid, signal.SIGTERM if kind is signal.SIGINT else kind)
        running.ended(_GRACE)


def here(tasks: Sequence[Task], at_once: int, done: Done) -> Iterator[Member]:
    """Run all on this machine, ``at_once`` at a time, in the order in which they end."""
    stopping: list[bool] = []
    fork = can_fork()
    with ThreadPoolExecutor(at_once, thread_name_prefix="fleet") as pool:
        running: set[Future[Member]] = {
            pool.submit(run_task, task, lambda: bool(stopping), fork=fork) for task in tasks
        }
        try:
            while running:
                ended, running = wait(running, return_when=FIRST_COMPLETED)
                for future in ended:
                    member = future.result()
                    done(member, len(running))
                    yield member
        except BaseException:
            stopping.append(True)
            pool.shutdown(wait=True, cancel_futures=True)
            raise


def on_cluster(tasks: Sequence[Task], address: str, done: Done) -> Iterator[Member]:
    """Run all on a Dask cluster, in the order in which they end.

    The workers see the same folders and have the same version of this tool; one that has not is
    told before anything is run. A worker that is lost costs the runs that it had.
    """
    distributed = _distributed()
    try:
        client = distributed.Client(address, timeout=_PATIENCE, set_as_default=False)
    except (OSError, ValueError, TypeError) as error:
        raise EngagementError(
            f"--dask {address}: no cluster answers there ({type(error).__name__}). Start one with "
            "`dask scheduler` and `dask worker`, or leave --dask out"
        ) from None
    with client:
        _same_version(client, address)
        by_key: dict[str, Task] = {}
        futures = []
        for number, task in enumerate(tasks):
            # Not pure: the same file run again is another run. Never repeated by the cluster.
            future = client.submit(run_task, task, key=f"assess-{number}-{os.urandom(8).hex()}",
                                   pure=False, retries=0)  # fmt: skip
            by_key[future.key] = task
            futures.append(future)
        for future in distributed.as_completed(futures, loop=client.loop):
            task = by_key.pop(future.key)
            member = _fetched(future, task)
            done(member, len(by_key))
            yield member


def _distributed() -> Any:  # noqa: ANN401 - an optional library
    try:
        return importlib.import_module("distributed")
    except ImportError:
        raise EngagementError(
            "--dask needs the extra of that name, which is not installed. Install it with "
            "`pip install 'assess[dask]'`, here and on every worker, or leave --dask out: the "
            "fleet then runs on this machine"
        ) from None


def _same_version(client: Any, address: str) -> None:  # noqa: ANN401 - as above
    try:
        versions = client.run(version_here)
    except Exception as error:  # noqa: BLE001 - whatever a worker's import raises
        raise EngagementError(
            f"--dask {address}: its workers cannot run this tool ({type(error).__name__}). Install "
            f"assess {__version__} on each of them"
        ) from None
    if not versions:
        raise EngagementError(f"--dask {address}: the cluster has no workers. Start `dask worker`")
    for worker, version in versions.items():
        if version != __version__:
            raise EngagementError(
                f"--dask {address}: the worker {worker} has assess {version}, this is "
                f"{__version__}. Install the same version there"
            )


def version_here() -> str:
    """The version of this tool, asked of each worker."""
    return __version__


def _fetched(future: Any, task: Task) -> Member:  # noqa: ANN401 - as above
    name = Path(task.file).stem
    try:
        member = future.result()
    except Exception as error:  # noqa: BLE001 - a lost worker costs its own runs alone
        why = f"the cluster lost it: {type(error).__name__}"
        return failed(task.file, name, name, OWN_FAULT, why)
    if isinstance(member, Member):
        return member
    return failed(task.file, name, name, OWN_FAULT, "the cluster answered something else")
