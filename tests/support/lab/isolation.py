"""A loopback for each test process, and proof that there is no way out of it.

``tests/support/setup/netns.sh`` makes the namespace in which pytest starts. Where pytest-xdist starts workers, each of
them takes a further one, so that two workers may listen on the same addresses and ports.
"""

import ctypes
import itertools
import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile

INSIDE = "LAB_NAMESPACE"
"""The variable that netns.sh sets."""
HOSTS = Path("/etc/hosts")

_CLONE_NEWNS = 0x00020000
_CLONE_NEWNET = 0x40000000
_numbers = itertools.count(1)


def require_namespace() -> None:
    """Refuse to start a server in the machine's own network."""
    if os.environ.get(INSIDE) != "1":
        raise RuntimeError(
            "The servers of the laboratory run in a network namespace only. Run 'make test', or "
            "'tests/support/setup/netns.sh .venv/bin/pytest ...'; 'make test-fast' needs no server."
        )


def take_own_loopback() -> None:
    """Move this thread, and whatever it starts from now on, to a loopback and a hosts file of its own."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_CLONE_NEWNET | _CLONE_NEWNS) != 0:
        raise OSError(ctypes.get_errno(), "a network namespace for this worker was refused")
    with NamedTemporaryFile() as copy:
        copy.write(HOSTS.read_bytes())
        copy.flush()
        for command in (
            ["ip", "link", "set", "lo", "up"],
            ["mount", "--make-rprivate", "/"],
            ["mount", "--bind", copy.name, str(HOSTS)],
        ):
            subprocess.run(command, check=True, stdin=subprocess.DEVNULL)


def fresh_address() -> str:
    """A loopback address that no server of this process has had."""
    number = next(_numbers)
    return f"127.77.{1 + number // 250}.{1 + number % 250}"


@contextmanager
def names(addresses: Mapping[str, str]) -> Iterator[None]:
    """The system's resolver knows these host names for a while (name to address)."""
    before = HOSTS.read_text()
    lines = [f"{address} {name}\n" for name, address in addresses.items()]
    # Written in place: the file is a mount point and cannot be replaced.
    HOSTS.write_text("".join([*lines, before]))
    try:
        yield
    finally:
        HOSTS.write_text(before)
