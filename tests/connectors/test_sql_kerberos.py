"""Signing in to the site database with real Kerberos tickets of the domain controller."""

import importlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import twinsites
from assess.connectors import Visit
from assess.connectors.sql import SiteDatabase
from assess.connectors.sql_session import DriverSession
from assess.errors import Unavailable
from lab.samba import DomainController
from site_database import SqlServer, Views

NOW = datetime(2026, 11, 20, 21, 10, tzinfo=UTC)
SITE = {"SiteCode": "PS1", "Type": 2, "Version": "5.00.9141.1000", "BuildNumber": 9141}


@pytest.fixture
def server(
    dc: DomainController, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[SqlServer]:
    """A server on the domain controller's machine: its account opens the tickets."""
    gssapi: Any = importlib.import_module("gssapi")
    store = {"keytab": f"FILE:{dc.folder / 'private' / 'secrets.keytab'}"}

    def opened(ticket: bytes) -> bytes | None:
        credentials = gssapi.Credentials(usage="accept", store=store)
        context = gssapi.SecurityContext(creds=credentials, usage="accept")
        try:
            proof = context.step(ticket)
        except gssapi.exceptions.GSSError:
            return None
        callers.append(str(context.initiator_name))
        return proof or b""

    callers: list[str] = []
    with SqlServer(Views(twinsites.VIEWS, {"v_Site": [SITE]}), name=dc.host) as found:
        monkeypatch.setenv("SSL_CERT_FILE", str(found.authority.ca_file))
        found.tickets = opened
        found.callers = callers
        yield found
        assert found.faults == []


def probed(server: SqlServer, dc: DomainController, visit: Visit, spn: str) -> str:
    session = DriverSession(
        f"tcp:127.0.0.1,{server.port}", dc.host, "CM_PS1", spn=spn, login_seconds=5
    )
    connector = SiteDatabase(session)
    try:
        return connector.probe(visit)
    finally:
        connector.close()


@pytest.fixture
def visit(tmp_path: Path) -> Visit:
    return Visit(known=None, clock=lambda: NOW, tables=tmp_path)  # type: ignore[arg-type] # unused


def test_the_current_user_gets_in_with_a_ticket(
    dc: DomainController, signed_in: str, server: SqlServer, visit: Visit
) -> None:
    assert "primary site PS1" in probed(server, dc, visit, f"HOST/{dc.host}")
    assert server.callers == [signed_in]
    [who] = server.sign_ins
    assert who.integrated
    assert (who.user, who.password) == ("", "")


def test_a_service_that_the_domain_does_not_know_has_no_ticket(
    dc: DomainController, signed_in: str, server: SqlServer, visit: Visit
) -> None:
    with pytest.raises(Unavailable) as caught:
        probed(server, dc, visit, f"MSSQLSvc/stranger.{dc.forest.domain}:1433")
    assert "cannot be signed in to with Windows" in caught.value.reason
    assert "SPN" in caught.value.mend
    assert server.sign_ins == []
