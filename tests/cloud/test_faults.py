"""What can go wrong on the way, and that the stand-in ends whatever hangs in it."""

import socket
import ssl
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from cloud import Authority, Cloud, GraphServer, Tenant, faults
from cloud.sample import TENANT, TOOL, contoso
from cloud.server import Server
from cloud.tokens import TokenIssuer
from cloud.wire import Request, Response

Ask = Callable[..., requests.Response]
PATH = "/v1.0/users"


def test_throttling_goes_away_after_so_many(world: Cloud, graph: Ask) -> None:
    world.graph.inject(PATH, faults.throttled("3"), times=2)
    answers = [graph("/users") for _ in range(3)]
    assert [a.status_code for a in answers] == [429, 429, 200]
    assert answers[0].headers["Retry-After"] == "3"
    assert graph("/organization").status_code == 200


def test_retry_after_may_be_a_date_or_missing(world: Cloud, graph: Ask) -> None:
    date = "Wed, 21 Oct 2026 07:28:00 GMT"
    world.graph.inject(PATH, faults.InTurn([faults.throttled(date), faults.throttled(), None]))
    assert graph("/users").headers["Retry-After"] == date
    assert "Retry-After" not in graph("/users").headers
    assert graph("/users").status_code == 200


def test_a_fault_can_wait_for_the_second_page(world: Cloud, graph: Ask) -> None:
    world.graph.inject(PATH, faults.status(503, None, Retry_After="1"), after=1, times=1)
    assert [graph("/users").status_code for _ in range(3)] == [200, 503, 200]
    world.graph.inject(PATH, faults.empty(), when=lambda r: "$skiptoken" in r.query)
    assert graph("/users").content
    assert graph("/users?$skiptoken=x").content == b""


def test_bodies_that_are_not_what_they_say(world: Cloud, graph: Ask) -> None:
    world.graph.inject("/v1.0/domains", faults.html(403))
    world.graph.inject("/v1.0/users", faults.invalid_json())
    world.graph.inject("/v1.0/organization", faults.ContentType("text/html"))
    assert graph("/domains").headers["Content-Type"].startswith("text/html")
    with pytest.raises(requests.exceptions.JSONDecodeError):
        graph("/users").json()
    assert graph("/organization").headers["Content-Type"] == "text/html"
    world.graph.inject("/v1.0/subscribedskus", faults.Oversized(200_000))
    world.graph.inject("/v1.0/groups", faults.Oversized(200_000, announced=False))
    assert len(graph("/subscribedSkus").content) > 200_000
    assert len(graph("/groups").content) > 200_000


def test_intunes_throttling_and_missing_intune(world: Cloud, graph: Ask) -> None:
    world.graph.inject("*/manageddevices", faults.intune_rate_limit(), times=1)
    world.graph.inject("*/mobileapps", faults.not_for_this_tenant())
    assert "Rate limit reached" in graph("/deviceManagement/managedDevices").text
    assert graph("/deviceAppManagement/mobileApps").status_code == 400
    world.graph.heal()
    assert graph("/deviceAppManagement/mobileApps").status_code == 200


@pytest.mark.parametrize("fault", [faults.Truncated(), faults.resets()])
def test_connections_that_break(world: Cloud, graph: Ask, fault: faults.Fault) -> None:
    world.graph.inject(PATH, fault, times=1)
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        graph("/users")
    assert graph("/users").status_code == 200


def test_dripping_is_slow_but_whole(world: Cloud, graph: Ask) -> None:
    world.graph.inject(PATH, faults.Drips(0.005, size=200))
    started = time.monotonic()
    assert len(graph("/users").json()["value"]) == 25
    assert time.monotonic() - started > 0.05


def test_hanging_ends_with_the_server(http: requests.Session) -> None:
    with contoso() as cloud:
        cloud.graph.inject("*", faults.hangs())
        with pytest.raises(requests.ReadTimeout):
            http.get(f"{cloud.graph.url}{PATH}", timeout=0.2)
        started = time.monotonic()
    assert time.monotonic() - started < 3


def test_next_links_that_lead_astray(world: Cloud, graph: Ask) -> None:
    world.graph.inject(PATH, faults.NextLink("https://evil.example/v1.0/users"), times=1)
    assert graph("/users").json()["@odata.nextLink"] == "https://evil.example/v1.0/users"
    world.graph.inject(PATH, faults.NextLink())
    repeated = graph("/users?$top=5").json()["@odata.nextLink"]
    assert repeated == f"{world.graph.url}/v1.0/users?$top=5"


def test_redirects_lead_astray(world: Cloud, http: requests.Session) -> None:
    world.graph.inject("*", faults.redirected("https://evil.example/"))
    answer = http.get(f"{world.graph.url}{PATH}", allow_redirects=False, timeout=5)
    assert (answer.status_code, answer.headers["Location"]) == (302, "https://evil.example/")


@pytest.mark.parametrize("wrong", ["another name", "expired", "another authority"])
def test_certificates_that_a_client_must_refuse(http: requests.Session, wrong: str) -> None:
    authority = Authority()
    identity = {
        "another name": authority.issue(["elsewhere.example"]),
        "expired": authority.issue(expired=True),
        "another authority": Authority("Somebody else").issue(),
    }[wrong]
    http.verify = str(authority.ca_file)
    with (
        GraphServer(TokenIssuer(Tenant(TENANT)), identity=identity) as server,
        pytest.raises(requests.exceptions.SSLError),
    ):
        http.get(f"{server.url}{PATH}", timeout=5)
    assert server.requests == []


@pytest.mark.parametrize("name", ["graph.microsoft.com", "login.microsoftonline.us", "localhost"])
def test_real_names_are_in_the_certificate(world: Cloud, name: str) -> None:
    context = ssl.create_default_context(cafile=str(world.ca_file))
    with (
        socket.create_connection(("127.0.0.1", world.graph.port), timeout=5) as raw,
        context.wrap_socket(raw, server_hostname=name) as secured,
    ):
        assert secured.version() in {"TLSv1.2", "TLSv1.3"}


def test_many_at_once(world: Cloud, http: requests.Session) -> None:
    bearer = {"Authorization": f"Bearer {world.token(TOOL)}"}

    def ask(number: int) -> int:
        return len(
            http.get(f"{world.graph.url}{PATH}?$top={number}", headers=bearer, timeout=10).json()[
                "value"
            ]
        )

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(ask, range(1, 26))) == list(range(1, 26))
    assert len(world.graph.requests) == 25


def test_starting_and_stopping_is_quick() -> None:
    contoso()  # the metadata are read once in a process
    started = time.monotonic()
    with contoso():
        pass
    assert time.monotonic() - started < 1


class Broken(Server):
    """A stand-in with a fault of its own."""

    def answer(self, request: Request) -> Response:
        raise ZeroDivisionError


def test_a_fault_of_the_stand_in_itself_does_not_pass_for_an_answer(http: requests.Session) -> None:
    with pytest.raises(ExceptionGroup, match="Broken itself failed"), Broken() as server:
        assert http.get(server.url, timeout=5).status_code == 500


def test_a_server_of_a_whole_cloud_can_show_a_wrong_certificate(http: requests.Session) -> None:
    cloud = contoso()
    cloud.arm.identity = cloud.authority.issue(expired=True)
    http.verify = str(cloud.ca_file)
    with cloud:
        assert http.get(cloud.graph.url, timeout=5).status_code == 401
        with pytest.raises(requests.exceptions.SSLError):
            http.get(cloud.arm.url, timeout=5)
