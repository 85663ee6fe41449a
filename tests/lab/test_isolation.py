"""The tests run in a network of their own, and leave nothing behind."""

import os
import socket
import time
from pathlib import Path

import pytest

from lab import isolation
from lab.process import ServerFailed, accepts, run, running

pytestmark = pytest.mark.server


def test_there_is_no_interface_but_the_loopback() -> None:
    links = run(["ip", "-brief", "link"]).decode().split("\n")
    assert [line.split()[0] for line in links if line] == ["lo"]


@pytest.mark.parametrize("address", ["192.0.2.1", "1.1.1.1", "2001:db8::1"])
def test_there_is_no_way_out(address: str) -> None:
    with pytest.raises(OSError, match="unreachable"):
        socket.create_connection((address, 443), timeout=5)


def test_names_of_the_world_do_not_resolve() -> None:
    with pytest.raises(socket.gaierror):
        socket.getaddrinfo("example.com", 443)


def test_each_process_has_a_loopback_of_its_own() -> None:
    """Else two workers could not both listen on one server's address and real port."""
    with socket.create_server(("127.77.99.10", 389)):
        assert accepts("127.77.99.10", 389)


def test_a_name_can_be_given_an_address_for_a_while() -> None:
    with isolation.names({"sub.contoso.test": "127.77.9.9"}):
        assert socket.gethostbyname("sub.contoso.test") == "127.77.9.9"
    with pytest.raises(socket.gaierror):
        socket.gethostbyname("sub.contoso.test")


@pytest.mark.parametrize(
    "name",
    [
        "REQUESTS_CA_BUNDLE",
        "CURL_CA_BUNDLE",
        "SSL_CERT_FILE",
        "SSL_CERT_DIR",
        "https_proxy",
        "HTTPS_PROXY",
    ],
)
def test_the_environment_changes_nothing(name: str) -> None:
    assert name not in os.environ


def test_a_server_that_ends_early_fails_with_its_log(tmp_path: Path) -> None:
    command = ["sh", "-c", "echo the reason; exit 3"]
    with (
        pytest.raises(ServerFailed, match=r"ended with 3:\nthe reason"),
        running(command, log=tmp_path / "log", ready=lambda: False),
    ):
        pass


def test_a_server_that_is_never_ready_is_ended(tmp_path: Path) -> None:
    with (
        pytest.raises(ServerFailed, match="was not ready"),
        running(["sleep", "600"], log=tmp_path / "log", ready=lambda: False, seconds=0.1),
    ):
        pass


def test_nothing_is_left_of_a_server(tmp_path: Path) -> None:
    """Not even a child that outlives its parent and ignores the signal."""
    child = tmp_path / "child"
    command = ["sh", "-c", f'trap "" TERM; sleep 600 & echo $! >{child}; trap - TERM; wait']
    with running(
        command, log=tmp_path / "log", ready=lambda: child.exists() and bool(child.read_text())
    ) as server:
        number = int(child.read_text())
    assert server.process.returncode is not None
    deadline = time.monotonic() + 5
    while _is_alive(number):
        assert time.monotonic() < deadline


def _is_alive(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(") ")[2][0]
    except OSError:
        return False
    return state != "Z"
