"""The probe of a status line against web servers, good and bad."""

import http.server
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from assess.connectors import Visit
from assess.connectors.certificates import Roots
from assess.connectors.dial import Dialler
from assess.connectors.http_probe import HttpConnector, connect
from assess.errors import Unavailable
from assess.evidence.http import Answered, NoStatus, NotReached, NotTrusted, StatusLine
from lab.pki import Pki, around
from lab.tls import answering

NOW = datetime(2026, 11, 20, 21, 10, tzinfo=UTC)
NOTHING: Any = None  # questions of this source depend on no others
HOST = "cmg.contoso.test"
URL = f"https://{HOST}/CCM_Proxy_ServerAuth/ServiceMetadata"


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("https_proxy", "HTTPS_PROXY", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def visit(tmp_path: Path) -> Any:
    return Visit(known=NOTHING, clock=lambda: NOW, tables=tmp_path)


@pytest.fixture
def leaf(pki: Pki) -> Any:
    return pki.issue(pki.intermediate(pki.root()), HOST)


def ask(address: Any, visit: Visit, *, own: Any = None, ca_file: Any = None, url: Any = URL, seconds: Any = 10.0) -> Any:
    roots = Roots(Path("/"), None if own is None else str(own.certificate), ())
    dialler = Dialler(connect_to={f"{HOST}:443": address}, seconds=seconds)
    return HttpConnector(dialler, roots, ca_file=ca_file).fetch(StatusLine(url), visit)


def raw(*lines: Any, seen: Any = None) -> Any:
    """A handler that says these bytes to whatever it is asked."""

    class Raw(http.server.BaseHTTPRequestHandler):
        def handle(self) -> None:
            request = self.rfile.readline()
            if seen is not None:
                seen.append(request)
                while (line := self.rfile.readline()) not in {b"\r\n", b""}:
                    seen.append(line)
            for line in lines:
                self.wfile.write(line)

    return Raw


@pytest.mark.parametrize("status", [200, 204, 401, 403, 404, 500, 503])
def test_any_status_is_an_answer(https_server: Any, leaf: Any, visit: Visit, status: int) -> None:
    pages = answering({"/CCM_Proxy_ServerAuth/ServiceMetadata": (status, "text/plain", b"x")})
    found = ask(https_server(leaf, pages).address, visit, own=leaf.root)
    assert isinstance(found, Answered)
    assert found.status == status
    [note] = visit.notes
    assert (note.location, note.about) == (f"GET {URL}", HOST)
    assert note.value.startswith(str(status))
    assert visit.requests == 1


def test_a_redirect_is_not_followed(https_server: Any, leaf: Any, visit: Visit) -> None:
    seen: list[bytes] = []
    handler = raw(b"HTTP/1.1 302 Found\r\nLocation: https://elsewhere.test/\r\n\r\n", seen=seen)
    assert ask(https_server(leaf, handler).address, visit, own=leaf.root) == Answered(302, "Found")
    assert seen[0] == b"GET /CCM_Proxy_ServerAuth/ServiceMetadata HTTP/1.1\r\n"
    assert f"Host: {HOST}\r\n".encode() in seen
    assert not [line for line in seen if b"uthoriz" in line or b"Cookie" in line]
    assert len([line for line in seen if line.startswith(b"GET")]) == 1


def test_the_query_is_kept_and_the_fragment_is_not(https_server: Any, leaf: Any, visit: Visit) -> None:
    seen: list[bytes] = []
    handler = raw(b"HTTP/1.0 200\r\n\r\n", seen=seen)
    assert ask(https_server(leaf, handler).address, visit, own=leaf.root, url=f"https://{HOST}/a?b=c#d") == Answered(200)
    assert seen[0] == b"GET /a?b=c HTTP/1.1\r\n"


@pytest.mark.parametrize(
    ("lines", "words"),
    [((b"220 mail ESMTP\r\n",), "no HTTP"), ((), "hung up"), ((b"HTTP/1.1 two hundred\r\n",), "no HTTP"), ((b"x" * 9000,), "no HTTP")],
)
def test_nonsense_is_no_answer(https_server: Any, leaf: Any, visit: Visit, lines: Any, words: str) -> None:
    found = ask(https_server(leaf, raw(*lines)).address, visit, own=leaf.root)
    assert isinstance(found, NoStatus)
    assert words in found.why


def test_only_whom_one_trusts_is_asked(https_server: Any, pki: Pki, leaf: Any, visit: Visit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[bytes] = []
    address = https_server(leaf, raw(b"HTTP/1.1 200 OK\r\n\r\n", seen=seen)).address
    found = ask(address, visit)
    assert isinstance(found, NotTrusted)
    assert isinstance(ask(address, visit, own=pki.root("Another Root")), NotTrusted)
    assert seen == []
    assert ask(address, visit, ca_file=leaf.root.certificate) == Answered(200, "OK")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(leaf.root.certificate))
    assert ask(address, visit) == Answered(200, "OK")
    other = pki.root("Another Root")
    assert isinstance(ask(address, visit, ca_file=other.certificate), NotTrusted)


def test_a_certificate_for_another_name_is_not_trusted(https_server: Any, pki: Pki, visit: Visit) -> None:
    root = pki.root()
    other = pki.issue(root, "other.contoso.test")
    found = ask(https_server(other, raw(b"HTTP/1.1 200 OK\r\n\r\n")).address, visit, own=root)
    assert isinstance(found, NotTrusted)
    assert HOST in found.why


@pytest.mark.parametrize(
    ("before", "after", "words"), [(30, -1, "it expired on"), (-1, 30, "it is not valid before"), (30, 30, "")]
)
def test_the_moment_of_the_visit_decides_about_dates(https_server: Any, pki: Pki, visit: Visit, before: Any, after: Any, words: str) -> None:
    root = pki.root()
    dated = pki.issue(root, HOST, valid=around(NOW, before=before, after=after))
    found = ask(https_server(dated, raw(b"HTTP/1.1 200 OK\r\n\r\n")).address, visit, own=root)
    assert found == Answered(200, "OK") if not words else isinstance(found, NotTrusted) and words in found.why


@pytest.mark.parametrize(
    ("how", "kind", "words"),
    [
        ("refuse", NotReached, "refuses connections"),
        ("silent", NoStatus, "no answer in 0.5 s"),
        ("drip", NoStatus, "no answer in 0.5 s"),
        ("plain", NoStatus, "TLS failed"),
        ("reset", NoStatus, "broke off"),
        ("close", NoStatus, "TLS failed|broke off"),
    ],
)
def test_bad_servers(misbehaving: Any, visit: Visit, how: str, kind: Any, words: str) -> None:
    found = ask(misbehaving(how).address, visit, seconds=0.5)
    assert isinstance(found, kind)
    assert re.search(words, found.why)


def test_a_server_that_drips_its_answer(https_server: Any, leaf: Any, visit: Visit) -> None:
    class Dripping(http.server.BaseHTTPRequestHandler):
        def handle(self) -> None:
            self.rfile.readline()
            try:
                while True:
                    self.wfile.write(b"H")
            except OSError:
                return

    found = ask(https_server(leaf, Dripping).address, visit, own=leaf.root, seconds=2)
    assert isinstance(found, NoStatus)


def test_what_is_no_address(visit: Visit) -> None:
    for url in ("http://cmg.contoso.test/", "https:///x"):
        with pytest.raises(Unavailable, match="begins with https"):
            ask("127.0.0.1:1", visit, url=url)


def test_a_file_of_authorities_that_is_none(visit: Visit, tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="holds no certificate"):
        ask("127.0.0.1:1", visit, ca_file=tmp_path / "absent.pem")
    connector = HttpConnector(Dialler(), Roots(Path(), None, ()))
    assert connector.probe(visit)
    connector.close()


def test_the_question_is_made_of_the_service_name() -> None:
    from samplechecks import recording

    with recording(cmg__service_name=HOST) as made:
        bound = StatusLine("https://{cmg.service_name}/x").bind(made)
        assert bound.url == f"https://{HOST}/x"
        assert connect(made.engagement).answers(bound)
