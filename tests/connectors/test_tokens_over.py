"""Tokens that end while a run is at work: the run goes on, and nothing is lost or taken for an answer."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from assess.connectors import Visit
from assess.connectors.arm import ArmConnector
from assess.connectors.graph import GraphConnector
from assess.connectors.http import Client
from assess.connectors.tokens import TokenSource
from assess.engagement import engagement_from
from assess.errors import Unavailable
from assess.evidence import Ask
from assess.evidence.arm import Subscriptions
from assess.evidence.graph import DepTokens, Domains, Organization, SubscribedSkus, Users
from assess.recording import Recording
from cloud import Cloud, RoleAssignment, Subscription, Tenant, faults
from cloud.sample import ADA, DESKTOP, SUBSCRIPTION, TENANT, TOOL
from wholetenant import healthy

NOW = datetime(2026, 11, 20, 21, 10, tzinfo=UTC)
NEEDED = frozenset({"Organization.Read.All", "Domain.Read.All", "User.Read.All", "LicenseAssignment.Read.All", "DeviceManagementServiceConfig.Read.All"})
READER = replace(TOOL, application=NEEDED)
SCREEN = replace(DESKTOP, delegated=NEEDED)
HOUR = 3600.0


class World:
    """A tenant whose clock goes on while the clock of the machine that assesses stands still, as after a sleep."""

    def __init__(self, method: str) -> None:
        tenant = Tenant(TENANT, domains=("contoso.com",), apps=(READER, SCREEN), graph=healthy())
        roles = (RoleAssignment(READER.object_id), RoleAssignment(ADA.object_id, "Reader", "User"))
        self.cloud = Cloud(tenant, subscriptions=[Subscription(SUBSCRIPTION, TENANT, assignments=roles)], people=[ADA], machine=READER)
        self.method = method
        self.told: list[str] = []

    def connect(self, folder: Path) -> tuple[GraphConnector, ArmConnector]:
        cloud = self.cloud
        client = Client(ca_file=cloud.ca_file, sleep=lambda _: None)
        app = SCREEN if self.method == "device-code" else READER
        tokens = TokenSource(
            method=self.method, login=cloud.login.url, tenant=TENANT, client=client, client_id="" if self.method == "managed-identity" else app.client_id,
            secret=lambda: "right", tell=self.told.append, sleep=lambda _: None,
        )
        cloud.login.auto_sign_in = (ADA, 0)
        graph = GraphConnector(root=cloud.graph.url, resource=cloud.graph.url, client=client, tokens=lambda: tokens, sleep=lambda _: None)
        return graph, ArmConnector(root=cloud.arm.url, resource=cloud.arm.url, client=client, tokens=lambda: tokens)

    def passes(self, seconds: float) -> None:
        then = self.cloud.issuer.clock() + seconds
        self.cloud.issuer.clock = lambda: then

    @property
    def refused(self) -> int:
        return sum(r.status == 401 for r in [*self.cloud.graph.requests, *self.cloud.arm.requests])

    @property
    def sign_ins(self) -> int:
        asked = [*self.cloud.login.requests, *self.cloud.imds.requests]
        return sum(r.path.endswith("/token") and r.status == 200 for r in asked)


@pytest.fixture(params=["client-secret", "device-code", "managed-identity"])
def world(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    made = World(request.param)
    with made.cloud:
        monkeypatch.setenv("IDENTITY_ENDPOINT", "")
        monkeypatch.delenv("IDENTITY_ENDPOINT")
        monkeypatch.setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", made.cloud.imds.url)
        yield made


def visit(folder: Path) -> Visit:
    engagement = engagement_from({"engagement": {"name": "c", "scenarios": ["hybrid-mdm"]}}, file="c.toml", folder=folder)
    known = Recording(engagement, as_of=NOW, started_at=NOW, finished_at=NOW)
    return Visit(known=known, clock=lambda: NOW, tables=folder)


QUESTIONS: list[Ask] = [Domains(), Organization(), SubscribedSkus(), DepTokens()]


def fetched(connector: Any, ask: Ask, folder: Path) -> Any:
    return connector.fetch(ask, visit(folder))


def test_the_run_goes_on_with_a_fresh_token(world: World, tmp_path: Path) -> None:
    graph, arm = world.connect(tmp_path)
    before = [fetched(graph, ask, tmp_path) for ask in QUESTIONS], fetched(arm, Subscriptions(), tmp_path)
    signed_in = world.sign_ins
    world.passes(2 * HOUR)
    after = [fetched(graph, ask, tmp_path) for ask in QUESTIONS], fetched(arm, Subscriptions(), tmp_path)
    assert before == after
    assert world.refused in {1, 2}, "at most one for each service"
    assert world.sign_ins <= signed_in + 2
    assert len(world.told) == (world.method == "device-code"), "nobody is asked again"
    assert world.cloud.violations == []


def test_a_machine_that_slept_and_knows_it_signs_in_by_itself(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    graph, arm = world.connect(tmp_path)
    before = [fetched(graph, ask, tmp_path) for ask in QUESTIONS], fetched(arm, Subscriptions(), tmp_path)
    world.passes(9 * HOUR)
    monkeypatch.setattr("time.time", world.cloud.issuer.clock)
    assert before == ([fetched(graph, ask, tmp_path) for ask in QUESTIONS], fetched(arm, Subscriptions(), tmp_path))
    assert world.refused == 0
    assert len(world.told) == (world.method == "device-code")


def test_in_the_middle_of_a_long_list(world: World, tmp_path: Path) -> None:
    people = [{**healthy()["/users"][0], "id": f"00000000-0000-4000-8000-{n:012d}", "userPrincipalName": f"u{n}@contoso.com"} for n in range(2500)]
    world.cloud.tenant.graph["/users"][:] = people
    graph, _ = world.connect(tmp_path)
    pages = 0

    def passing(request: Any) -> bool:
        nonlocal pages
        pages += 1
        if pages == 2:
            world.passes(2 * HOUR)
        return False

    world.cloud.graph.inject("/v1.0/users", faults.empty(), when=passing)
    users = fetched(graph, Users(), tmp_path)
    assert len({user.user_principal_name for user in users}) == 2500
    assert (world.refused, pages >= 4) == (1, True)


def test_many_threads_fetch_one_fresh_token(world: World, tmp_path: Path) -> None:
    graph, _ = world.connect(tmp_path)
    fetched(graph, Domains(), tmp_path)
    signed_in = world.sign_ins
    world.passes(2 * HOUR)
    gate, found = threading.Barrier(4), []

    def one(ask: Ask) -> None:
        gate.wait(30)
        found.append(fetched(graph, ask, tmp_path))

    threads = [threading.Thread(target=one, args=(ask,)) for ask in QUESTIONS]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(found) == 4
    assert world.sign_ins == signed_in + 1


def test_where_no_sign_in_is_possible_any_more_it_is_said(tmp_path: Path) -> None:
    world = World("client-secret")
    with world.cloud:
        graph, _ = world.connect(tmp_path)
        fetched(graph, Domains(), tmp_path)
        world.passes(2 * HOUR)
        world.cloud.login.inject("*/token", faults.status(401, {"error": "invalid_client", "error_description": "AADSTS7000222: expired", "error_codes": [7000222]}))
        for ask in QUESTIONS:
            with pytest.raises(Unavailable, match="the client secret has expired"):
                fetched(graph, ask, tmp_path)
        tried = [r for r in world.cloud.login.requests if r.path.endswith("/token")]
        assert len(tried) == 2, "a refused sign-in is not repeated with every question"


def test_a_token_that_was_never_taken_is_not_fetched_again(tmp_path: Path) -> None:
    world = World("client-secret")
    with world.cloud:
        graph, _ = world.connect(tmp_path)
        world.cloud.graph.inject("*", faults.error(401, "InvalidAuthenticationToken", "Lifetime validation failed, the token is expired."))
        for ask in QUESTIONS:
            with pytest.raises(Unavailable, match="does not accept the token"):
                fetched(graph, ask, tmp_path)
        assert (world.sign_ins, world.refused) == (1, len(QUESTIONS))


def test_what_intune_forbids_is_no_token_that_ended(tmp_path: Path) -> None:
    world = World("client-secret")
    poor = replace(READER, application=NEEDED - {"DeviceManagementServiceConfig.Read.All"})
    world.cloud.tenant.apps = (poor,)
    with world.cloud:
        world.cloud.graph.intune_401 = True
        graph, _ = world.connect(tmp_path)
        fetched(graph, Domains(), tmp_path)
        with pytest.raises(Unavailable, match=r"DeviceManagementServiceConfig\.Read\.All is missing"):
            fetched(graph, DepTokens(), tmp_path)
        assert world.sign_ins == 1


def test_who_comes_late_gets_the_fresh_token_too(tmp_path: Path) -> None:
    """Between a refusal and what is made of it another thread has renewed the token, and was answered."""
    world = World("client-secret")
    with world.cloud:
        graph, _ = world.connect(tmp_path)
        fetched(graph, Domains(), tmp_path)
        signed_in = world.sign_ins
        world.passes(2 * HOUR)
        replies: list[int] = []

        def send(auth: Any) -> Any:
            reply = graph._client.ask(f"{world.cloud.graph.url}/v1.0/domains?$select=id", auth=auth)
            if not replies:
                fetched(graph, Organization(), tmp_path)
            replies.append(reply.status)
            return reply

        assert graph._tokens().ask(world.cloud.graph.url, send).ok
        assert replies == [401, 200]
        assert world.sign_ins == signed_in + 1
