"""Keeps several engagements at work: each in a process of its own, a bounded number at a time.

A process of its own: nothing of one customer is ever in the memory of another's run, and a run that
crashes, hangs or is killed costs that customer alone. The same function does it here and on the
workers of a Dask cluster, so that the results are the same.
"""

import importlib
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from assess import __version__
from assess.errors import EngagementError
from assess.fleet.overview import failed
from assess.fleet.shapes import Member, Task

_SHOWN = 500
_GRACE = 5.0  # seconds that a run has to end by itself when it is told to
_PATIENCE = 15  # seconds to reach a cluster
_WAITED = 0.5
Done = Callable[[Member, int], None]


def run_task(task: Task, stopped: Callable[[], bool] = lambda: False) -> Member:
    """Run one engagement in a process of its own; what came of it, whatever that does."""
    name = Path(task.file).stem
    with tempfile.TemporaryDirectory(prefix="assess-fleet-", ignore_cleanup_errors=True) as folder:
        said, outcome = Path(folder) / "said", Path(folder) / "outcome.json"
        command = [sys.executable, "-m", "assess.commands.fleet_member", str(outcome)]
        try:
            with said.open("wb") as errors:
                process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
                    command,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.DEVNULL,
                    stderr=errors,
                    start_new_session=True,
                )
                end = _watched(process, msgspec.json.encode(task), task.seconds, stopped)
        except OSError as error:
            return failed(
                task.file, name, name, 4, f"no process could be started: {error.strerror}"
            )
        if end is not None:
            return failed(task.file, name, name, 4, end)
        try:
            return msgspec.json.decode(outcome.read_bytes(), type=Member)
        except (OSError, msgspec.MsgspecError):
            text = said.read_text(encoding="utf-8", errors="replace")[-_SHOWN:]
            code = process.returncode
            how = f"was killed (signal {-code})" if code < 0 else f"ended with exit code {code}"
            return failed(task.file, name, name, 4, f"its process {how}. {text}")


def _watched(
    process: "subprocess.Popen[bytes]", given: bytes, seconds: float, stopped: Callable[[], bool]
) -> str | None:
    """Wait for the end of a process; why it was ended, or None where it ended by itself."""
    left = seconds
    with suppress(OSError), process:
        try:
            with suppress(OSError):  # it is gone already, and says why below
                assert process.stdin is not None
                process.stdin.write(given)
                process.stdin.close()
            while True:
                try:
                    process.wait(_WAITED)
                except subprocess.TimeoutExpired:
                    left -= _WAITED
                    if left <= 0:
                        return f"it was not done after {seconds / 60:.0f} minutes, and was ended"
                    if stopped():
                        return "it was ended, because the fleet was interrupted"
                else:
                    return None
        finally:
            _end(process)
    return None


def _end(process: "subprocess.Popen[bytes]") -> None:
    """End a process and those that it has started, kindly first."""
    if process.poll() is not None:
        return
    for kind in (signal.SIGINT, signal.SIGTERM, getattr(signal, "SIGKILL", signal.SIGTERM)):
        with suppress(OSError):
            if hasattr(os, "killpg"):
                os.killpg(process.pid, kind)
            else:
                process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE)
            return


def here(tasks: Sequence[Task], at_once: int, done: Done) -> Iterator[Member]:
    """Run all on this machine, ``at_once`` at a time, in the order in which they end."""
    stopping: list[bool] = []
    with ThreadPoolExecutor(at_once, thread_name_prefix="fleet") as pool:
        running: set[Future[Member]] = {
            pool.submit(run_task, task, lambda: bool(stopping)) for task in tasks
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
        return failed(task.file, name, name, 4, f"the cluster lost it: {type(error).__name__}")
    if isinstance(member, Member):
        return member
    return failed(task.file, name, name, 4, "the cluster answered something else")
