"""The privacy statement that the tenant links to: its address is a stranger's text."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from assess.connectors import Visit
from assess.connectors.certificates import Roots
from assess.connectors.dial import Dialler
from assess.connectors.http_probe import HttpConnector
from assess.errors import Unavailable
from assess.evidence import Ask
from assess.evidence.http import Answered
from assess.evidence.portal import Brand, Branded, PrivacyAddress, PrivacyPage
from lab.pki import Pki
from lab.tls import answering

NOW = datetime(2026, 11, 20, 21, 10, tzinfo=UTC)
HOST = "www.contoso.test"


class Known:
    """Knows the brand alone."""

    def __init__(self, url: Any) -> None:
        self.branded = Branded(Brand(privacy_url=url))

    def key(self, name: str) -> Any:
        raise AssertionError(name)

    def answer(self, ask: Ask) -> Any:
        assert ask.describe().startswith("GET /v1.0/deviceManagement")
        return self.branded


def test_the_host_and_the_page_are_asked_for() -> None:
    known = Known(f" https://{HOST.upper()}/privacy?{{tenant.id}} ")
    assert PrivacyPage().bind(known).url == f"https://{HOST.upper()}/privacy?{{tenant.id}}"
    bound = PrivacyAddress(view="public").bind(known)
    assert bound.asked == (HOST,)
    assert bound.view == "public"


@pytest.mark.parametrize("url", [None, "", "  "])
def test_without_an_address_nobody_is_asked(url: Any) -> None:
    for ask in (PrivacyPage(), PrivacyAddress()):
        with pytest.raises(Unavailable, match="no address") as refused:
            ask.bind(Known(url))
        assert refused.value.skipped


@pytest.mark.parametrize("url", ["https://[", "https://{tenant.id}/", "nonsense", "https:///x"])
def test_what_is_no_name_is_not_looked_up(url: str) -> None:
    with pytest.raises(Unavailable):
        PrivacyAddress().bind(Known(url))


def test_the_page_is_asked_for_like_any_other(https_server: Any, pki: Pki, tmp_path: Path) -> None:
    leaf = pki.issue(pki.intermediate(pki.root()), HOST)
    address = https_server(leaf, answering({"/privacy": (200, "text/html", b"<p>We read nothing.</p>")})).address
    connector = HttpConnector(Dialler(connect_to={f"{HOST}:443": address}), Roots(Path("/"), str(leaf.root.certificate), ()))
    asked = PrivacyPage().bind(Known(f"https://{HOST}/privacy"))
    assert connector.answers(asked)
    visit = Visit(known=Known(None), clock=lambda: NOW, tables=tmp_path)
    assert connector.fetch(asked, visit) == Answered(200, "OK")
    assert [note.about for note in visit.notes] == [HOST]
