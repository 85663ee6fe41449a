"""The laboratory's fixtures, and two rules of this suite.

Nothing is skipped: a test that is skipped, or expected to fail, makes the session fail. Who asks for a server is marked
``server``, so that ``-m "not server"`` needs none.
"""

import os

import pytest
from hypothesis import settings

from lab.isolation import INSIDE, take_own_loopback
from lab.names import name_servers
from lab.oauth import oauth
from lab.pki import lab_ca, lab_pki, pki
from lab.revocation import revocation
from lab.samba import dc, second_dc
from lab.tls import https_server, misbehaving, tls_server

# The same examples in every run, and no verdict by the clock of a busy machine.
settings.register_profile("suite", derandomize=True, deadline=None, database=None)
settings.load_profile("suite")

__all__ = [
    "dc",
    "https_server",
    "lab_ca",
    "lab_pki",
    "misbehaving",
    "name_servers",
    "oauth",
    "pki",
    "revocation",
    "second_dc",
    "tls_server",
]

SERVERS = frozenset(
    {
        "dc",
        "https_server",
        "misbehaving",
        "name_servers",
        "oauth",
        "revocation",
        "second_dc",
        "tls_server",
    }
)
"""Fixtures that start servers on fixed addresses and ports."""


class NothingIsSkipped:
    """Counts what was left out, and lets the session fail for it."""

    def __init__(self) -> None:
        self.left_out: dict[str, str] = {}

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.skipped:
            self.left_out[report.nodeid] = "skipped while it was collected"

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.skipped:
            self.left_out[report.nodeid] = "skipped"
        if hasattr(report, "wasxfail"):
            self.left_out[report.nodeid] = "expected to fail"

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self.left_out and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self.left_out:
            terminalreporter.section("left out, and so the session fails", red=True)
            for name, why in self.left_out.items():
                terminalreporter.line(f"{name}: {why}")


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(NothingIsSkipped())
    elif os.environ.get(INSIDE) == "1":
        take_own_loopback()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if SERVERS.intersection(getattr(item, "fixturenames", ())):
            item.add_marker("server")
