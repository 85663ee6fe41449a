"""One server process of the laboratory: it is ready when `start` returns, and gone after `Server.stop`.

A server has a process group of its own. It is asked over and over whether it is ready, never waited for by the clock;
when it ends before that, its log is the message.
"""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

STEP = 0.01
"""Seconds between two questions whether a server is ready."""


class ServerFailed(Exception):
    """A server ended, or did not answer in time. The message holds its log."""


class Server:
    """A running process group; ``log`` is what it has written."""

    def __init__(self, command: Sequence[str], log: Path, environment: Mapping[str, str]) -> None:
        self.command = list(command)
        self.log = log
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, **environment},
                cwd=log.parent,
                start_new_session=True,
            )

    def wait_until(self, ready: Callable[[], bool], seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not ready():
            if self._has_ended_within(STEP):
                raise ServerFailed(self._account(f"ended with {self.process.returncode}"))
            if time.monotonic() > deadline:
                raise ServerFailed(self._account(f"was not ready after {seconds:.0f} s"))

    @contextmanager
    def hanging(self) -> Iterator[None]:
        """The server accepts connections and says nothing, as a machine that hangs."""
        self._signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._signal(signal.SIGCONT)

    def stop(self) -> None:
        self._signal(signal.SIGCONT)
        self._signal(signal.SIGTERM)
        if not self._has_ended_within(5):
            self._signal(signal.SIGKILL)
            self.process.wait()
        # A child that outlived its parent is of the same group.
        self._signal(signal.SIGKILL)

    def _has_ended_within(self, seconds: float) -> bool:
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def _signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)

    def _account(self, what: str) -> str:
        return f"{' '.join(self.command)} {what}:\n{self.log.read_text(errors='replace')[-4000:]}"


@contextmanager
def running(
    command: Sequence[str],
    *,
    log: Path,
    ready: Callable[[], bool],
    seconds: float = 20,
    environment: Mapping[str, str] | None = None,
) -> Iterator[Server]:
    """The server of ``command``, ready; it is stopped at the end, whatever happens."""
    server = Server(command, log, environment or {})
    try:
        server.wait_until(ready, seconds)
        yield server
    finally:
        server.stop()


def accepts(address: str, port: int) -> bool:
    """Whether somebody accepts a TCP connection there."""
    try:
        with socket.create_connection((address, port), timeout=1):
            return True
    except OSError:
        return False


def run(
    command: Sequence[str], *, stdin: bytes = b"", environment: Mapping[str, str] | None = None
) -> bytes:
    """The standard output of a command that succeeds; else its words are the message."""
    done = subprocess.run(
        list(command),
        input=stdin,
        capture_output=True,
        check=False,
        env={**os.environ, **(environment or {})},
    )
    if done.returncode != 0:
        words = (done.stderr + done.stdout).decode(errors="replace")[-4000:]
        raise ServerFailed(f"{' '.join(command)} ended with {done.returncode}:\n{words}")
    return done.stdout
