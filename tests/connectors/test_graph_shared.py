"""What several questions want of Graph is asked once: by address, also where they ask at the same time."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Barrier, Event
from typing import Any

import pytest

from assess.connectors import Visit
from assess.connectors.graph import GraphConnector
from assess.connectors.http import Client
from assess.connectors.http_replies import Reply
from assess.connectors.shared import Shared
from assess.connectors.tokens import TokenSource
from assess.errors import Unavailable
from assess.evidence.administrators import AzureOwnerAccount, GlobalAdminAccount
from assess.evidence.assigned import GroupSizes, RequiredAppAssignments
from assess.evidence.intuneapps import ClientAppAssignments
from assess.evidence.policies import WindowsAppAssignments
from cloud import Cloud, Tenant, faults
from cloud.sample import TENANT, TOOL

NOW = datetime(2026, 11, 20, 21, 10, tzinfo=UTC)
GROUPS = tuple(f"aaaaaaaa-0000-4000-8000-{n:012d}" for n in range(5))
APPS = tuple(f"app{n}" for n in range(5))
READER = replace(TOOL, application=frozenset({"GroupMember.Read.All", "DeviceManagementApps.Read.All", "User.Read.All"}))
NOTHING: Any = None  # the questions come bound


def customer() -> Cloud:
    user = {"@odata.type": "#microsoft.graph.user", "id": "00000000-0000-4000-8000-000000000001", "userPrincipalName": "ada@contoso.com", "accountEnabled": True}
    apps = [{"@odata.type": "#microsoft.graph.win32LobApp", "id": name, "displayName": name, "assignments": [{"id": "a", "intent": "required"}]} for name in APPS]
    groups = [{"id": one, "displayName": one, "members": [user]} for one in GROUPS]
    data = {"/users": [user], "/groups": groups, "/deviceAppManagement/mobileApps": apps}
    return Cloud(Tenant(TENANT, domains=("contoso.com",), apps=(READER,), graph=data))


def reader(world: Cloud) -> GraphConnector:
    tokens = TokenSource(
        method="client-secret", login=world.login.url, tenant=TENANT, client=Client(ca_file=world.ca_file),
        client_id=TOOL.client_id, secret=lambda: "right", tell=lambda _: None,
    )  # fmt: skip
    client = Client(ca_file=world.ca_file, sleep=lambda _: None, connect_timeout=3, read_timeout=3, deadline=5, attempts=1)
    return GraphConnector(root=world.graph.url, resource="https://graph.microsoft.com", client=client, tokens=lambda: tokens, sleep=lambda _: None)


def visit(folder: Path) -> Visit:
    return Visit(known=NOTHING, clock=lambda: NOW, tables=folder)


def asked(world: Cloud) -> list[str]:
    """Every address that was asked for, parts of batches included."""
    return [r.path for r in world.graph.requests if not r.path.endswith("$batch")]


def test_counts_of_the_same_groups_are_asked_once(tmp_path: Path) -> None:
    with customer() as world:
        graph = reader(world)
        for area in ("autopilot", "configuration", "compliance", "apps"):
            assert graph.fetch(GroupSizes(area, GROUPS), visit(tmp_path)) == dict.fromkeys(GROUPS, 1)
        assert len(asked(world)) == len(GROUPS)
        assert world.violations == []


def test_assignments_of_the_same_apps_are_asked_once(tmp_path: Path) -> None:
    with customer() as world:
        graph = reader(world)
        first = graph.fetch(WindowsAppAssignments(APPS), visit(tmp_path))
        for question in (RequiredAppAssignments(APPS[:4]), ClientAppAssignments(APPS[1:])):
            again = visit(tmp_path)
            assert graph.fetch(question, again) == {name: first[name] for name in question.values}
            assert again.requests == 0
            assert again.notes  # what was read is evidence of each finding that rests on it
        assert sorted(asked(world)) == [f"/v1.0/deviceAppManagement/mobileApps/{name}/assignments" for name in APPS]


def test_one_account_under_two_questions(tmp_path: Path) -> None:
    with customer() as world:
        graph = reader(world)
        one = graph.fetch(GlobalAdminAccount("ada@contoso.com"), visit(tmp_path))
        other = graph.fetch(AzureOwnerAccount("ada@contoso.com"), visit(tmp_path))
        assert one == other
        assert len(asked(world)) == 1


def test_many_at_the_same_time(tmp_path: Path) -> None:
    with customer() as world, ThreadPoolExecutor(8) as pool:
        graph, start = reader(world), Barrier(8)

        def ask(number: int) -> Any:
            start.wait(timeout=10)
            question = GroupSizes("apps", GROUPS) if number % 2 else GroupSizes("configuration", GROUPS[::-1])
            return graph.fetch(question, visit(tmp_path))

        answers = list(pool.map(ask, range(8)))
        assert all(answer == dict.fromkeys(GROUPS, 1) for answer in answers)
        assert len(asked(world)) == len(GROUPS)


def test_a_failure_is_not_shared(tmp_path: Path) -> None:
    with customer() as world:
        graph = reader(world)
        world.graph.inject("*/transitiveMembers/$count", faults.resets(), times=1)
        with pytest.raises(Unavailable):
            graph.fetch(GroupSizes("apps", GROUPS[:1]), visit(tmp_path))
        assert graph.fetch(GroupSizes("configuration", GROUPS[:1]), visit(tmp_path)) == {GROUPS[0]: 1}


def test_a_refusal_names_the_permission_of_each_question(tmp_path: Path) -> None:
    with customer() as world:
        graph = reader(world)
        world.graph.inject("*/transitiveMembers/$count", faults.error(403, "Authorization_RequestDenied", "Insufficient privileges."))
        for area in ("apps", "configuration"):
            with pytest.raises(Unavailable, match=r"Authorization_RequestDenied"):
                graph.fetch(GroupSizes(area, GROUPS[:1]), visit(tmp_path))
        assert len(asked(world)) == 1


def reply(body: bytes = b"{}", status: int = 200) -> Reply:
    return Reply("https://localhost/x", status, {}, body)


def test_what_is_too_large_is_asked_again() -> None:
    shared = Shared(most=10)
    calls: list[bytes] = []

    def brought(body: bytes) -> Callable[[], Reply]:
        def ask() -> Reply:
            calls.append(body)
            return reply(body)

        return ask

    for _ in range(2):
        shared.of("small", brought(b"12345"))
        shared.of("large", brought(b"1234567890"))
    assert calls == [b"12345", b"1234567890", b"1234567890"]


@pytest.mark.parametrize("status", [429, 500, 503])
def test_what_may_pass_is_asked_again(status: int) -> None:
    shared = Shared()
    assert shared.of("x", lambda: reply(status=status)).status == status
    assert shared.of("x", reply).status == 200


def test_who_waits_asks_by_itself_when_the_first_failed() -> None:
    shared, held = Shared(), Event()

    def breaks() -> Reply:
        held.wait(10)
        raise Unavailable("the connection was reset")

    with ThreadPoolExecutor(2) as pool:
        assert shared.claim(["y"]) == ["y"]
        waiting = pool.submit(shared.of, "y", reply)
        failing = pool.submit(shared.of, "x", breaks)
        held.set()
        assert isinstance(failing.exception(timeout=10), Unavailable)
        shared.settle("y", None)
        assert waiting.result(timeout=10).status == 200
    assert shared.claim(["y", "z"]) == ["z"]
