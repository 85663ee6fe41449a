"""What sources say is in the language of the run, to the last part, and is never read back."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from assess.connectors import Visit
from assess.connectors.certificates import CertificatesConnector
from assess.connectors.dns import DnsConnector
from assess.connectors.http import Client
from assess.connectors.ldap_session import Access, SignInRefused, refused
from assess.connectors.tokens import TokenSource
from assess.discover import language
from assess.engagement import engagement_from
from assess.errors import Unavailable
from assess.evidence.certificates import CertificateIn
from assess.evidence.dns import Address, NoAnswer
from assess.language import lookup, speaking, tr
from assess.recording import Recording
from lab.names import BROKEN
from pseudo import language as brackets

NOW = datetime(2026, 11, 20, 21, 10, tzinfo=UTC)
SERVER = Access("ad.forests.emea", "ldaps://dc01.emea.contoso.com", user="reader@contoso.com")


@pytest.fixture
def visit(tmp_path: Path) -> Visit:
    engagement = engagement_from(
        {"engagement": {"name": "x", "scenarios": ["hybrid-mdm"]}}, file="x", folder=tmp_path
    )
    known = Recording(engagement, as_of=NOW, started_at=NOW, finished_at=NOW, tables=tmp_path)
    return Visit(known=known, clock=lambda: NOW, tables=tmp_path)


@pytest.fixture
def german() -> Iterator[None]:
    with speaking(language("de")):
        yield


@pytest.mark.usefixtures("german")
def test_a_file_that_is_none(tmp_path: Path, visit: Visit) -> None:
    (tmp_path / "cmg.pfx").write_bytes(b"nothing")
    with pytest.raises(Unavailable) as caught:
        CertificatesConnector(tmp_path).fetch(CertificateIn("files.cmg_pfx", "cmg.pfx"), visit)
    assert caught.value.reason == "cmg.pfx (files.cmg_pfx): es ist keine Zertifikatdatei"
    assert lookup(caught.value.mend) == "Exportieren Sie die Datei erneut, oder geben Sie die richtige an."


@pytest.mark.usefixtures("german")
def test_a_sign_in_that_is_refused() -> None:
    said = {"result": 49, "message": "80090308: LdapErr: DSID-0C090439, data 533, v4f7c"}
    error = refused(SERVER, 636, said)
    assert isinstance(error, SignInRefused)
    assert error.reason == (
        "dc01.emea.contoso.com:636 verweigerte die Anmeldung als reader@contoso.com: das Konto ist deaktiviert "
        "(80090308: LdapErr: DSID-0C090439, data 533, v4f7c)"
    )
    assert (
        error.mend
        == "Lassen Sie es aktivieren, oder nennen Sie ein anderes in ad.forests.emea.user."
    )


def test_what_was_refused_is_one_sentence() -> None:
    object_gone = {"result": 32, "message": ""}
    read = refused(SERVER, 636, object_gone, "DC=emea")
    assert read.reason == (
        "dc01.emea.contoso.com:636 refused reading DC=emea: there is no such object, or the account may not see it"
    )
    nobody = Access("ad", "ldaps://dc01.contoso.com", auth="kerberos")
    assert (
        refused(nobody, 636, {"result": 51}).reason
        == "dc01.contoso.com:636 refused signing in: it is busy"
    )


@pytest.mark.usefixtures("german")
def test_a_sign_in_to_the_tenant_that_is_refused() -> None:
    source = TokenSource(method="secret", login="https://login.example", tenant="t", client=Client())
    error = source._refusal({"error_codes": [7000222]})
    assert (
        error.reason
        == "login.example verweigerte die Anmeldung: der geheime Clientschlüssel ist abgelaufen (AADSTS7000222)"
    )


@pytest.mark.usefixtures("german")
def test_an_error_of_ours_in_a_sentence_is_looked_up() -> None:
    assert tr("{}: {}", "x.log", ValueError("it cannot be read")) == "x.log: nicht lesbar"
    assert (
        tr("{}: {}", "x.log", ValueError("what a stranger says")) == "x.log: what a stranger says"
    )


@pytest.mark.parametrize("spoken", [None, "de", "qq"])
def test_what_servers_failed_at_is_known_in_every_language(
    name_servers: Any, visit: Visit, spoken: str | None
) -> None:
    """Broken signatures are told from a failure by what the server did, not by the words for it."""
    lab = name_servers(
        {"contoso.com": "a A 192.0.2.1\n", "broken.com": BROKEN}, bogus=["contoso.com"]
    )
    connector = DnsConnector(public=[lab.resolver], internal=(), timeout=2.0)
    chosen = brackets() if spoken == "qq" else language(spoken or "en")
    try:
        with speaking(chosen):
            answer: Any = connector.fetch(Address(("a.contoso.com", "x.broken.com")), visit)
    finally:
        connector.close()
    found = answer.by_name
    assert all(isinstance(one, NoAnswer) for one in found.values())
    assert [("DNSSEC" in one.text, "SERVFAIL" in one.text) for one in found.values()] == [
        (True, True),
        (False, True),
    ]
