"""What several connectors are tried with."""

import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from assess.connectors import Visit
from assess.evidence import Ask
from lab.samba import DomainController


@pytest.fixture
def visit(tmp_path: Path) -> Visit:
    """A visit at noon, of a question that builds on nothing."""

    class Nothing:
        def key(self, name: str) -> Any:
            raise AssertionError(name)

        def answer(self, ask: Ask) -> Any:
            raise AssertionError(ask)

    noon = datetime(2026, 11, 20, 12, tzinfo=UTC)
    return Visit(known=Nothing(), clock=lambda: noon, tables=tmp_path)


@pytest.fixture
def signed_in(dc: DomainController, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of an ordinary user who is signed in to the domain, as `kinit` leaves it."""
    realm = dc.forest.domain.upper()
    settings = tmp_path / "krb5.conf"
    settings.write_text(
        f"[libdefaults]\n default_realm = {realm}\n dns_lookup_kdc = false\n"
        " dns_canonicalize_hostname = false\n rdns = false\n udp_preference_limit = 1\n"
        f"[realms]\n {realm} = {{\n  kdc = {dc.address}\n }}\n"
    )
    monkeypatch.setenv("KRB5_CONFIG", str(settings))
    monkeypatch.setenv("KRB5CCNAME", f"FILE:{tmp_path / 'tickets'}")
    name = f"{dc.user.partition('@')[0]}@{realm}"
    subprocess.run(["kinit", name], input=dc.password.encode(), check=True, capture_output=True)
    return name
