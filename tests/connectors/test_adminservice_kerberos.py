"""Signing in to the AdminService with real Kerberos tickets of the domain controller."""

import importlib
from base64 import b64decode, b64encode
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from assess.connectors import Visit
from assess.connectors.adminservice import connect
from assess.engagement import Engagement, engagement_from
from assess.errors import Unavailable
from assess.evidence import Ask
from cloud import AdminServiceServer, Site, default_authority
from cloud.wire import Request, Response, html_response
from lab.samba import DomainController

NOW = datetime(2026, 11, 20, 21, 10, tzinfo=UTC)
SITE = [{"SiteCode": "PS1", "Type": 2, "Version": "5.00.9141.1000"}]


class Nothing:
    def key(self, name: str) -> Any:
        raise AssertionError(name)

    def answer(self, ask: Ask) -> Any:
        raise AssertionError(ask)


class KerberosProvider(AdminServiceServer):
    """Lets in whoever brings a ticket for the machine of ``keytab``, and proves itself in return."""

    def __init__(self, site: Site, keytab: Path) -> None:
        super().__init__(site, identity=default_authority().issue([site.provider_fqdn]))
        self.gssapi = importlib.import_module("gssapi")
        self.keytab = keytab
        self.callers: list[str] = []
        self.proof: bytes | None = None
        """What is sent instead of the right proof."""

    def answer(self, request: Request) -> Response:
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        denied = html_response(401, "Not Authorized").with_headers(WWW_Authenticate="Negotiate")
        if scheme != "Negotiate":
            return denied
        store = {"keytab": f"FILE:{self.keytab}"}
        credentials = self.gssapi.Credentials(usage="accept", store=store)
        context = self.gssapi.SecurityContext(creds=credentials, usage="accept")
        try:
            proof = context.step(b64decode(given))
        except self.gssapi.exceptions.GSSError:
            return denied
        self.callers.append(str(context.initiator_name))
        shown = b64encode(proof if self.proof is None else self.proof).decode()
        return super().answer(request).with_headers(WWW_Authenticate=f"Negotiate {shown}")


@pytest.fixture
def provider(dc: DomainController) -> Iterator[KerberosProvider]:
    """A provider on the domain controller's machine, so that its machine account holds the SPN."""
    site = Site(dc.host, classes={"SMS_Site": SITE})
    with KerberosProvider(site, dc.folder / "private" / "secrets.keytab") as server:
        yield server


@pytest.fixture
def visit(tmp_path: Path) -> Visit:
    return Visit(known=Nothing(), clock=lambda: NOW, tables=tmp_path)


def at(provider: KerberosProvider, host: str) -> Engagement:
    data = {
        "engagement": {"name": "contoso", "scenarios": ["co-management-pki"]},
        "site": {"provider_fqdn": host, "ca_file": str(provider.authority.ca_file)},
        "network": {"connect_to": {f"{host}:443": f"127.0.0.1:{provider.port}"}},
    }
    return engagement_from(data, file="contoso.toml", folder=Path())


def probed(what: Engagement, visit: Visit) -> str:
    connector = connect(what)
    try:
        return connector.probe(visit)
    finally:
        connector.close()


def test_the_current_user_gets_in_with_a_ticket(
    dc: DomainController, signed_in: str, provider: KerberosProvider, visit: Visit
) -> None:
    assert "primary site PS1" in probed(at(provider, dc.host), visit)
    assert set(provider.callers) == {signed_in}
    assert {request.status for request in provider.requests} == {200}


def test_a_server_that_proves_nothing_it_says_is_not_believed(
    dc: DomainController, signed_in: str, provider: KerberosProvider, visit: Visit
) -> None:
    provider.proof = b"no proof"
    with pytest.raises(Unavailable, match="answered without proving to be HTTP/") as caught:
        probed(at(provider, dc.host), visit)
    assert "setspn" in caught.value.mend


def test_without_a_sign_in_to_the_domain_there_is_no_ticket(
    dc: DomainController,
    signed_in: str,
    provider: KerberosProvider,
    visit: Visit,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("KRB5CCNAME", f"FILE:{tmp_path / 'nothing-here'}")
    with pytest.raises(Unavailable, match=f"no Kerberos ticket for HTTP/{dc.host}") as caught:
        probed(at(provider, dc.host), visit)
    assert "kinit" in caught.value.mend
    assert provider.requests == []


def test_a_name_that_the_domain_does_not_know_has_no_ticket(
    dc: DomainController, signed_in: str, provider: KerberosProvider, visit: Visit
) -> None:
    stranger = f"stranger.{dc.forest.domain}"
    with pytest.raises(Unavailable, match=f"no Kerberos ticket for HTTP/{stranger}"):
        probed(at(provider, stranger), visit)
