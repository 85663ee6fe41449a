"""Many paths of one question: twenty to a request, each part refused, put off or absent by itself."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from assess.connectors import Visit
from assess.connectors.graph import GraphConnector
from assess.connectors.http import Client
from assess.connectors.tokens import TokenSource
from assess.errors import Unavailable
from assess.evidence.enrolment import Assignment, Target
from assess.evidence.policies import ComplianceTargets
from cloud import Cloud, Tenant, faults
from cloud.sample import TENANT, TOOL

NOW = datetime(2026, 11, 20, 21, 10, tzinfo=UTC)
NOTHING: Any = None  # the questions come bound
NAMES = tuple(f"c{n:02d}" for n in range(45))
PATH = "/v1.0/deviceManagement/deviceCompliancePolicies/c07/assignments"
READER = replace(TOOL, application=frozenset({"DeviceManagementConfiguration.Read.All"}))
NOBODY = replace(TOOL, application=frozenset({"User.Read.All"}))


def assignments(name: str, count: int = 1) -> list[dict[str, Any]]:
    kind = "#microsoft.graph.groupAssignmentTarget"
    return [{"id": f"{name}-{n}", "target": {"@odata.type": kind, "groupId": f"g-{name}"}} for n in range(count)]


def customer(app: Any = READER) -> Cloud:
    rows = [
        {"@odata.type": "#microsoft.graph.windows10CompliancePolicy", "id": name, "displayName": name, "assignments": assignments(name)}
        for name in NAMES
    ]
    return Cloud(Tenant(TENANT, apps=(app,), graph={"/deviceManagement/deviceCompliancePolicies": rows}))


@pytest.fixture
def world() -> Iterator[Cloud]:
    with customer() as cloud:
        yield cloud


def fetch(world: Cloud, folder: Path, names: tuple[str, ...] = NAMES, waits: list[float] | None = None) -> Any:
    client = Client(ca_file=world.ca_file, sleep=lambda _: None, connect_timeout=3, read_timeout=3, deadline=5)
    tokens = TokenSource(
        method="client-secret", login=world.login.url, tenant=TENANT, client=Client(ca_file=world.ca_file),
        client_id=TOOL.client_id, secret=lambda: "right", tell=lambda _: None,
    )  # fmt: skip
    slept = (waits if waits is not None else []).append
    connector = GraphConnector(root=world.graph.url, resource="https://graph.microsoft.com", client=client, tokens=lambda: tokens, sleep=slept)
    visit = Visit(known=NOTHING, clock=lambda: NOW, tables=folder)
    return connector.fetch(ComplianceTargets(names), visit)


def outside(world: Cloud) -> list[str]:
    """The paths of the requests that went over the wire by themselves."""
    return [r.path for r in world.graph.requests if not r.part]


def expected(name: str) -> tuple[Assignment, ...]:
    return (Assignment(f"{name}-0", Target("#microsoft.graph.groupAssignmentTarget", f"g-{name}")),)


def test_twenty_to_a_request(world: Cloud, tmp_path: Path) -> None:
    answer = fetch(world, tmp_path)
    assert answer == {name: expected(name) for name in NAMES}
    assert outside(world) == ["/v1.0/$batch"] * 3
    assert world.violations == []


def test_a_few_are_asked_one_by_one(world: Cloud, tmp_path: Path) -> None:
    assert fetch(world, tmp_path, NAMES[:2]) == {name: expected(name) for name in NAMES[:2]}
    assert not [path for path in outside(world) if "batch" in path]


def test_one_that_is_not_there_is_absent_and_the_others_are_not(world: Cloud, tmp_path: Path) -> None:
    answer = fetch(world, tmp_path, (*NAMES[:3], "gone"))
    assert answer["gone"] is None
    assert answer["c00"] == expected("c00")
    assert outside(world) == ["/v1.0/$batch"]


def test_a_part_goes_on_to_its_next_page(tmp_path: Path) -> None:
    with customer() as world:
        world.graph.pages["/deviceManagement/deviceCompliancePolicies/{}/assignments"] = 1
        world.tenant.graph["/deviceManagement/deviceCompliancePolicies"][7]["assignments"] = assignments("c07", 3)
        answer = fetch(world, tmp_path, NAMES[:10])
    assert [one.id for one in answer["c07"]] == ["c07-0", "c07-1", "c07-2"]
    assert len(answer["c00"]) == 1


@pytest.mark.parametrize(
    ("fault", "told"),
    [(faults.throttled("7"), [7.0]), (faults.throttled(), []), (faults.status(503), []), (faults.status(504), []), (faults.intune_rate_limit(), [])],
)
def test_a_part_that_is_put_off_is_asked_again_alone(world: Cloud, tmp_path: Path, fault: Any, told: list[float]) -> None:
    world.graph.inject(PATH, faults.InTurn([fault]))
    waits: list[float] = []
    assert fetch(world, tmp_path, NAMES[:20], waits)["c07"] == expected("c07")
    assert outside(world) == ["/v1.0/$batch", PATH]
    assert waits == told


def test_a_part_that_is_refused_costs_the_answer(world: Cloud, tmp_path: Path) -> None:
    world.graph.inject(PATH, faults.error(403, "Forbidden", "Application is not authorized to perform this operation."))
    with pytest.raises(Unavailable, match="refuses"):
        fetch(world, tmp_path, NAMES[:20])


@pytest.mark.parametrize(
    "fault", [faults.html(200), faults.empty(200), faults.invalid_json(), faults.status(404), faults.error(400, "BadRequest", "Invalid batch payload format.")]
)
def test_where_there_is_no_batch_each_is_asked_alone(world: Cloud, tmp_path: Path, fault: Any) -> None:
    world.graph.inject("/v1.0/$batch", fault)
    assert fetch(world, tmp_path, NAMES[:4]) == {name: expected(name) for name in NAMES[:4]}


@pytest.mark.parametrize("fault", [faults.html(200), faults.empty(200)])
def test_a_part_that_is_no_json_is_asked_again_and_then_refused(world: Cloud, tmp_path: Path, fault: Any) -> None:
    world.graph.inject(PATH, fault)
    with pytest.raises(Unavailable):
        fetch(world, tmp_path, NAMES[:20])


def test_without_the_permission_it_is_named(tmp_path: Path) -> None:
    with customer(NOBODY) as world, pytest.raises(Unavailable, match=r"DeviceManagementConfiguration\.Read\.All is missing"):
        fetch(world, tmp_path, NAMES[:4])
