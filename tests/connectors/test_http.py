import hashlib
import ssl
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from assess.connectors import Visit
from assess.connectors.http import Bearer, Client
from assess.connectors.http_replies import Reply, origin, refusal
from assess.errors import Unavailable
from cloud import faults
from cloud.authority import Authority, default_authority
from cloud.server import Server
from cloud.wire import Request, Response, json_response

SECRET = "s3cr3t-token"


class Service(Server):
    """Says what it was asked."""

    def answer(self, request: Request) -> Response:
        if request.path == "/text":
            return Response(200, b"7", {"Content-Type": "text/plain"})
        return json_response({"path": request.path, "method": request.method, "body": request.body.decode()})


class Clock:
    def __init__(self) -> None:
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


@pytest.fixture
def service() -> Iterator[Service]:
    with Service() as running:
        yield running


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
def another() -> Authority:
    return Authority("Another")


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)


def client(clock: Clock | None = None, **options: object) -> Client:
    settings: dict[str, object] = {
        "ca_file": default_authority().ca_file,
        "connect_timeout": 3.0,
        "read_timeout": 3.0,
        "deadline": 5.0,
        "sleep": (clock or Clock()).sleep,
    }
    return Client(**(settings | options))  # type: ignore[arg-type]


class Nothing:
    def key(self, name: str) -> object:
        raise AssertionError(name)

    def answer(self, ask: object) -> object:
        raise AssertionError(ask)


def visit_to(tmp_path: Path, seen: list[str] | None = None) -> Visit:
    def watch(label: str, done: int, total: int | None, text: str) -> None:
        if seen is not None and text:
            seen.append(text)

    return Visit(known=Nothing(), clock=lambda: datetime(2026, 1, 1, tzinfo=UTC), tables=tmp_path, progress=watch)


def test_an_answer_is_read_and_counted(service: Service, tmp_path: Path) -> None:
    visit = visit_to(tmp_path)
    asked = client()
    reply = asked.ask(f"{service.url}/a?x=1", visit=visit)
    posted = asked.ask(f"{service.url}/b", visit=visit, method="POST", body=b"{}", headers={"Content-Type": "application/json"})
    assert reply.ok
    assert reply.decode(dict) == {"path": "/a", "method": "GET", "body": ""}
    assert posted.decode(dict)["method"] == "POST"
    assert visit.requests == 2
    assert service.requests[0].headers["user-agent"].startswith("assess/")
    assert "authorization" not in service.requests[0].headers


def test_only_questions_can_be_sent(service: Service) -> None:
    for method in ("PUT", "PATCH", "DELETE", "HEAD", "get"):
        with pytest.raises(ValueError):
            client().ask(service.url, method=method)  # type: ignore[arg-type]
    assert service.requests == []


def test_the_token_is_asked_for_before_every_attempt(service: Service, clock: Clock) -> None:
    handed_out: list[str] = []

    def token() -> str:
        handed_out.append(f"{SECRET}-{len(handed_out)}")
        return handed_out[-1]

    service.inject("/a", faults.throttled("1"), times=2)
    assert client(clock, auth=Bearer(token)).ask(f"{service.url}/a").ok
    assert len(handed_out) == 3
    assert clock.slept == [1.0, 1.0]


@pytest.mark.parametrize("status", [429, 502, 503, 504, 509])
def test_a_passing_trouble_is_waited_out(service: Service, clock: Clock, status: int) -> None:
    service.inject("/a", faults.status(status, {}, Retry_After="7"), times=3)
    assert client(clock).ask(f"{service.url}/a").ok
    assert clock.slept == [7.0, 7.0, 7.0]


def test_a_post_is_repeated_too(service: Service, clock: Clock) -> None:
    service.inject("/a", faults.throttled("2"), times=1)
    assert client(clock).ask(f"{service.url}/a", method="POST", body=b"{}").decode(dict)["body"] == "{}"
    assert clock.slept == [2.0]


def test_a_date_to_wait_for(service: Service, clock: Clock) -> None:
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)
    service.inject("/a", faults.throttled(later), times=1)
    assert client(clock).ask(f"{service.url}/a").ok
    assert 20 < clock.slept[0] <= 30


@pytest.mark.parametrize("header", [None, "soon", "-1", "", "9" * 400])
def test_without_a_usable_header_the_pauses_grow(service: Service, clock: Clock, header: str | None) -> None:
    service.inject("/a", faults.throttled(header), times=4)
    if header and header.startswith("9"):  # longer than anybody waits: said at once
        with pytest.raises(Unavailable, match="asks to wait"):
            client(clock).ask(f"{service.url}/a")
        assert clock.slept == []
        return
    assert client(clock).ask(f"{service.url}/a").ok
    assert len(clock.slept) == 4
    assert all(2.0**n / 2 <= pause <= 2.0**n for n, pause in enumerate(clock.slept, 1))


def test_endless_throttling_ends(service: Service, clock: Clock, tmp_path: Path) -> None:
    service.inject("/a", faults.throttled("10"))
    seen: list[str] = []
    reply = client(clock, attempts=4).ask(f"{service.url}/a", visit=visit_to(tmp_path, seen))
    assert reply.status == 429
    assert "kept asking to slow down" in refusal(reply).reason
    assert len(service.requests) == 4
    assert seen == ["localhost: status 429, next try in 10 s"] * 3


def test_more_patience_than_there_is(service: Service, clock: Clock) -> None:
    service.inject("/a", faults.throttled("301"))
    with pytest.raises(Unavailable, match="asks to wait 301 seconds"):
        client(clock).ask(f"{service.url}/a")
    assert clock.slept == []
    assert len(service.requests) == 1


def test_a_fault_of_the_service_is_asked_again_a_few_times(service: Service, clock: Clock) -> None:
    service.inject("/a", faults.intune_rate_limit(), times=2)
    assert client(clock).ask(f"{service.url}/a").ok
    service.inject("/b", faults.error(500, "InternalServerError", "sorry"))
    reply = client(clock).ask(f"{service.url}/b")
    assert reply.status == 500
    assert "is in trouble (500)" in refusal(reply).reason
    assert len([r for r in service.requests if r.path == "/b"]) == 3


@pytest.mark.parametrize("status", [200, 201, 204, 400, 401, 403, 404, 409, 410, 415, 501])
def test_an_answer_of_any_other_status_is_an_answer(service: Service, clock: Clock, status: int) -> None:
    service.inject("/a", faults.status(status, {"error": {"code": "X"}}))
    reply = client(clock).ask(f"{service.url}/a")
    assert reply.status == status
    assert len(service.requests) == 1
    assert clock.slept == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_token_is_not_taken_to_another_host(service: Service, status: int) -> None:
    with Service() as stranger:
        for there in (stranger.url, f"https://evil@localhost:{service.port}", f"http://localhost:{service.port}", "//127.0.0.1", "https://[bad"):
            service.heal()
            service.inject("/a", faults.redirected(f"{there}/stolen", status))
            reply = client(auth=Bearer(lambda: SECRET)).ask(f"{service.url}/a")
            assert reply.status == status
            assert "sends elsewhere" in refusal(reply).reason
            assert SECRET not in refusal(reply).reason
        assert stranger.requests == []


def test_a_redirect_within_the_host_is_followed_a_few_times(service: Service) -> None:
    service.inject("/a", faults.redirected("/b"))
    assert client().ask(f"{service.url}/a").decode(dict)["path"] == "/b"
    service.inject("/loop", faults.redirected("/loop"))
    assert client().ask(f"{service.url}/loop").status == 302
    assert len([r for r in service.requests if r.path == "/loop"]) == 4


def test_a_server_that_drips_its_body_is_given_up(service: Service, clock: Clock) -> None:
    service.inject("/a", faults.Drips(pause=0.05))
    began = time.monotonic()
    with pytest.raises(Unavailable, match="did not finish its answer in time"):
        client(clock, deadline=0.6, attempts=2).ask(f"{service.url}/a")
    assert time.monotonic() - began < 6


def test_a_server_that_never_answers_is_given_up(service: Service, clock: Clock) -> None:
    service.inject("/a", faults.hangs())
    with pytest.raises(Unavailable, match="did not finish its answer in time"):
        client(clock, read_timeout=0.3).ask(f"{service.url}/a")
    assert len(service.requests) == 3  # a broken connection is tried twice more
    assert len(clock.slept) == 2


def test_a_finished_request_leaves_no_timer_that_cuts_the_next(service: Service) -> None:
    asked = client(deadline=0.4)
    for _ in range(8):
        assert asked.ask(f"{service.url}/a").ok
        time.sleep(0.1)
    assert len(service.requests) == 8


@pytest.mark.parametrize("fault", [faults.Truncated(), faults.resets()])
def test_a_broken_answer_is_asked_for_again(service: Service, clock: Clock, fault: faults.Fault) -> None:
    service.inject("/a", fault, times=2)
    assert client(clock).ask(f"{service.url}/a").decode(dict)["path"] == "/a"
    assert len(clock.slept) == 2
    service.heal()
    service.inject("/a", fault)
    with pytest.raises(Unavailable, match="could not be reached, or broke off"):
        client(clock).ask(f"{service.url}/a")


@pytest.mark.parametrize("announced", [True, False])
def test_an_answer_without_end_is_refused(service: Service, announced: bool) -> None:
    service.inject("/a", faults.Oversized(5_000_000, announced))
    with pytest.raises(Unavailable, match="sends more than 1 MB"):
        client(largest=1 << 20).ask(f"{service.url}/a")


@pytest.mark.parametrize("fault", [faults.invalid_json(), faults.empty(), faults.html(200), faults.status(200, [1])])
def test_nonsense_is_no_answer(service: Service, fault: faults.Fault) -> None:
    service.inject("/a", fault)
    with pytest.raises(Unavailable, match="but not what was asked for"):
        client().ask(f"{service.url}/a").decode(dict[str, int])


def test_nesting_without_end_is_no_answer() -> None:
    reply = Reply("https://x.test/a", 200, {}, b"[" * 200_000)
    with pytest.raises(Unavailable):
        reply.decode(list)


def test_an_excerpt_is_short_and_on_one_line() -> None:
    reply = Reply("https://x.test/a", 403, {}, b"\xef\xbb\xbfa\x1b[31m\r\n\x00b" + b"c" * 900)
    assert reply.excerpt.startswith("a[31m b")
    assert len(reply.excerpt) == 201


def test_another_authority_is_not_trusted(service: Service, clock: Clock, another: Authority) -> None:
    with pytest.raises(Unavailable, match=r"certificate of localhost:\d+ is not trusted"):
        client(clock, ca_file=another.ca_file).ask(service.url)
    with pytest.raises(Unavailable, match="is not trusted"):
        client(clock, ca_file=None).ask(service.url)
    assert service.requests == []
    assert clock.slept == []  # trying again changes nothing


@pytest.mark.parametrize(("names", "expired"), [(["graph.microsoft.com"], False), (["localhost"], True)])
def test_a_wrong_name_and_an_expired_certificate_are_not_trusted(names: list[str], expired: bool) -> None:
    with Service(identity=default_authority().issue(names, expired=expired)) as service:
        with pytest.raises(Unavailable, match="is not trusted"):
            client().ask(service.url)
        assert service.requests == []


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"])
def test_the_file_of_authorities_wins_over_the_environment(service: Service, another: Authority, variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable, str(default_authority().ca_file))
    assert client(ca_file=None).ask(service.url).ok
    monkeypatch.setenv(variable, str(another.ca_file))
    assert client().ask(service.url).ok
    with pytest.raises(Unavailable, match="is not trusted"):
        client(ca_file=None).ask(service.url)


def test_an_absent_file_of_authorities_is_named_as_the_reason(service: Service, tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="file of authorities"):
        client(ca_file=tmp_path / "none.pem").ask(service.url)
    (tmp_path / "empty.pem").write_text("no certificate")
    with pytest.raises(Unavailable, match="file of authorities"):
        client(ca_file=tmp_path / "empty.pem").ask(service.url)


def test_a_pinned_certificate_is_taken_without_an_authority(service: Service) -> None:
    der = ssl.PEM_cert_to_DER_cert(ssl.get_server_certificate(("localhost", service.port)))
    for digest in (hashlib.sha1(der), hashlib.sha256(der)):
        shown = "\u200e" + digest.hexdigest().upper()
        assert client(ca_file=None, fingerprint=shown).ask(service.url).ok
    wrong = hashlib.sha256(b"another").hexdigest()
    with pytest.raises(Unavailable, match="not the one that is pinned"):
        client(ca_file=None, fingerprint=wrong).ask(service.url)
    with pytest.raises(Unavailable, match="neither SHA-1"):
        client(fingerprint="00:11").ask(service.url)


def test_a_route_leads_elsewhere_and_the_name_stays(service: Service) -> None:
    routes = {"Graph.Microsoft.com:443": f"127.0.0.1:{service.port}"}
    asked = client(connect_to=routes, proxy="http://127.0.0.1:1")
    assert asked.ask("https://graph.microsoft.com/v1.0").ok
    assert service.requests[0].headers["host"] == "graph.microsoft.com"
    with Service(identity=default_authority().issue(["localhost", "127.0.0.1"])) as other, pytest.raises(Unavailable, match="not trusted"):
        client(connect_to={"graph.microsoft.com:443": f"127.0.0.1:{other.port}"}).ask("https://graph.microsoft.com/")


def test_a_dead_proxy_is_the_reason(service: Service, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Unavailable, match=r"the proxy 127.0.0.1:1 did not lead to localhost"):
        client(clock, proxy="http://127.0.0.1:1").ask(service.url)
    monkeypatch.setenv("https_proxy", f"http://user:{SECRET}@127.0.0.1:1")
    monkeypatch.setenv("no_proxy", "")
    with pytest.raises(Unavailable, match="the proxy of this machine") as caught:
        client(clock).ask(service.url)
    assert SECRET not in caught.value.reason
    monkeypatch.setenv("no_proxy", "localhost")
    assert client(clock).ask(service.url).ok


def test_nobody_there(clock: Clock) -> None:
    with Service() as service:
        gone = service.url
    with pytest.raises(Unavailable, match="could not be reached, or broke off: Connection refused"):
        client(clock).ask(gone)
    assert len(clock.slept) == 2


@pytest.mark.parametrize("url", ["http://localhost/a", "ftp://x", "https://", "nonsense", "https://[::1", "https://x\n.test/"])
def test_an_address_that_cannot_be_asked(url: str, clock: Clock) -> None:
    with pytest.raises(Unavailable):
        client(clock).ask(url)


def test_cookies_are_not_kept(service: Service) -> None:
    service.inject("/a", faults.status(200, {}, Set_Cookie="who=me; Path=/"))
    asked = client()
    asked.ask(f"{service.url}/a")
    asked.ask(f"{service.url}/b")
    assert "cookie" not in service.requests[1].headers


def test_an_origin_has_a_port() -> None:
    assert origin("https://Graph.Microsoft.com/x") == origin("https://graph.microsoft.com:443/y")
    with pytest.raises(ValueError):
        origin("https://graph.microsoft.com@evil.test/")
