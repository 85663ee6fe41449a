"""A customer, served and assessed in this process, with an eye on where it connects to."""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from assess.demo.customer import Customer
from assess.discover import library
from assess.engagement import load
from assess.job import Wanted, gather
from assess.recording import Recording
from assess.results import Results, evaluate

Change = Callable[[Path], None]


@dataclass
class Assessed:
    """What came of it. ``traces`` must not be found in anything that is kept: ports, folders, secrets."""

    found: Results
    evidence: Recording
    traces: tuple[str, ...]

    def status(self, finding: str) -> str:
        [one] = [one for one in self.found.findings if one.id == finding]
        return str(one.status)


def assess(source: Path, folder: Path, change: Change = lambda _: None) -> Assessed:
    """The job of `assess demo` up to the results; ``change`` is done to the files before they are read."""
    with Customer(source, folder) as customer:
        change(folder)
        engagement = load(customer.engagement)
        evidence = gather(library(), engagement, Wanted(engagement.scenarios), lambda: customer.as_of)
        ports = {address.rpartition(":")[2] for address in customer.connect_to.values()}
    traces = ("127.0.0.1", str(folder), *customer.secrets, *(f":{port}" for port in ports))
    return Assessed(evaluate(library(), evidence), evidence, traces)


@contextmanager
def loopback_only() -> Iterator[list[str]]:
    """While this lasts, every way off this machine is closed; it lists who tried."""
    patch = pytest.MonkeyPatch()
    left: list[str] = []
    connect, look_up = socket.socket.connect, socket.getaddrinfo

    def connecting(self: socket.socket, address: tuple[str, int]) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in {"127.0.0.1", "::1"}:
            left.append(str(address))
            raise OSError("this run must not leave the machine")
        connect(self, address)

    def looking_up(host: str | None, *args: object, **more: object) -> object:
        if host not in {None, "127.0.0.1", "::1", "localhost"}:
            left.append(str(host))
            raise socket.gaierror("this run must not ask a resolver")
        return look_up(host, *args, **more)  # type: ignore[arg-type]

    patch.setattr(socket.socket, "connect", connecting)
    patch.setattr(socket, "getaddrinfo", looking_up)
    try:
        yield left
    finally:
        patch.undo()

