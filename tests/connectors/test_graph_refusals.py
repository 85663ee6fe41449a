"""What Graph refuses, told apart: a permission, a licence, a token, a role; and what is waited for is shown."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from assess.collect import collect
from assess.connectors.graph import GraphConnector
from assess.connectors.http import Client
from assess.connectors.tokens import TokenSource
from assess.engagement import engagement_from
from assess.evidence import Ask
from assess.evidence.access import AccessPolicies
from assess.evidence.administrators import EligibleAdmins
from assess.evidence.graph import Domains, Purchases, SubscribedSkus, Users
from assess.evidence.policies import Compliances, ComplianceTargets
from assess.recording import Recording
from cloud import Cloud, Tenant, faults
from cloud.sample import TENANT, TOOL

NOW = datetime(2026, 11, 20, 21, 10, tzinfo=UTC)
ALL = frozenset(
    {
        "Domain.Read.All", "User.Read.All", "LicenseAssignment.Read.All", "Policy.Read.All", "RoleManagement.Read.Directory",
        "DeviceManagementConfiguration.Read.All",
    }
)  # fmt: skip
NAMES = tuple(f"c{n:02d}" for n in range(25))


def customer(permissions: frozenset[str] = ALL) -> Cloud:
    rows = [{"@odata.type": "#microsoft.graph.windows10CompliancePolicy", "id": name, "displayName": name, "assignments": []} for name in NAMES]
    users = [{"id": f"00000000-0000-4000-8000-{n:012d}", "userPrincipalName": f"u{n}@contoso.com"} for n in range(5)]
    data = {"/domains": [{"id": "contoso.com", "isVerified": True}], "/users": users, "/deviceManagement/deviceCompliancePolicies": rows}
    return Cloud(Tenant(TENANT, domains=("contoso.com",), apps=(replace(TOOL, application=permissions),), graph=data))


@pytest.fixture
def world() -> Iterator[Cloud]:
    with customer() as cloud:
        yield cloud


class Run:
    """The questions asked by a collection, with its progress line and its waits."""

    def __init__(self, world: Cloud, folder: Path, *asks: Ask) -> None:
        self.lines: list[str] = []
        self.slept: list[float] = []
        client = Client(ca_file=world.ca_file, sleep=self.slept.append, connect_timeout=3, read_timeout=3, deadline=5, attempts=3)
        tokens = TokenSource(
            method="client-secret", login=world.login.url, tenant=TENANT, client=Client(ca_file=world.ca_file),
            client_id=TOOL.client_id, secret=lambda: "right", tell=lambda _: None,
        )  # fmt: skip
        connector = GraphConnector(
            root=world.graph.url, resource="https://graph.microsoft.com", client=client, tokens=lambda: tokens, sleep=self.slept.append
        )
        engagement = engagement_from({"engagement": {"name": "x", "scenarios": ["hybrid-mdm"]}}, file="x.toml", folder=folder)
        with Recording(engagement, as_of=NOW, started_at=NOW, finished_at=NOW) as recording:
            collect(asks, [connector], recording, clock=lambda: NOW, progress=lambda source, _done, _all, text: self.lines.append(f"{source} {text}"))
            self.refusals = {key.partition("{")[0].rpartition(".")[2]: r.refusal for key, r in recording.records.items() if r.refusal}
            self.requests = {key.partition("{")[0].rpartition(".")[2]: r.requests for key, r in recording.records.items()}


def reason(run: Run, ask: Ask) -> str:
    refusal = run.refusals[type(ask).__name__]
    return f"{refusal.reason} {refusal.mend}"


@pytest.mark.parametrize(
    ("ask", "status", "code", "message", "words", "never"),
    [
        # the tenant has no licence: the permission is there, and in the body it stands which licence
        (EligibleAdmins(), 400, "AadPremiumLicenseRequired", "The tenant needs to have Microsoft Entra ID P2 license.", "lacks the licence", "permission"),
        (EligibleAdmins(), 403, "AadPremiumLicenseRequired", "The tenant needs a license.", "lacks the licence", "permission"),
        (Users(), 403, "Authentication_RequestFromNonPremiumTenantOrB2CTenant", "Neither tenant is B2C or tenant doesn't have premium license", "lacks the licence", "is missing"),
        (AccessPolicies(), 403, "AccessDenied", "This tenant is not licensed for conditional access.", "lacks the licence", "is missing"),
        (Compliances(), 400, "BadRequest", "Request not applicable to target tenant.", "no Intune, or not the licence", "is missing"),
        # granted, and refused all the same
        (Domains(), 403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.", "although Domain.Read.All is granted", "lacks the licence"),
        (Compliances(), 403, "Forbidden", "Application is not authorized to perform this operation.", "although DeviceManagementConfiguration.Read.All is granted", "token"),
        (Compliances(), 401, "UnknownError", '{"ErrorCode":"Forbidden","Message":"{}"}', "although DeviceManagementConfiguration.Read.All is granted", "accept the token"),
        # the token is of no use
        (Domains(), 401, "InvalidAuthenticationToken", "Access token validation failure. Invalid audience.", "does not accept the token", "is missing"),
        # this version asks for something that is not there
        (Domains(), 400, "BadRequest", "Could not find a property named 'x' on type 'microsoft.graph.domain'.", "does not know", "is missing"),
        (Domains(), 501, "NotSupported", "Retired.", "is retired", "is missing"),
    ],
)
def test_refusals_are_told_apart(world: Cloud, tmp_path: Path, ask: Ask, status: int, code: str, message: str, words: str, never: str) -> None:
    world.graph.inject("*", faults.error(status, code, message))
    said = reason(Run(world, tmp_path, ask), ask)
    assert words in said
    assert never not in said


@pytest.mark.parametrize(
    ("held", "message", "words"),
    [
        # what is not granted is a permission, whatever the body says
        ("Domain.Read.All", "Insufficient privileges.", "the application permission LicenseAssignment.Read.All is missing"),
        ("Domain.Read.All", "The subscription of this tenant needs a premium license.", "the application permission LicenseAssignment.Read.All is missing"),
        # a broader one is enough
        ("Directory.Read.All", "Insufficient privileges.", "although LicenseAssignment.Read.All is granted"),
        ("LicenseAssignment.ReadWrite.All", "Insufficient privileges.", "although LicenseAssignment.Read.All is granted"),
    ],
)
def test_what_is_missing_is_told_by_the_token(tmp_path: Path, held: str, message: str, words: str) -> None:
    with customer(frozenset({held})) as world:
        world.graph.inject("*", faults.error(403, "Authorization_RequestDenied", message))
        assert words in reason(Run(world, tmp_path, SubscribedSkus()), SubscribedSkus())


def test_throttling_is_obeyed_and_shown(world: Cloud, tmp_path: Path) -> None:
    world.graph.inject("/v1.0/users", faults.throttled("7"), times=2)
    run = Run(world, tmp_path, Users())
    assert run.refusals == {}
    assert [round(pause) for pause in run.slept] == [7, 7]
    shown = [line for line in run.lines if "next try in" in line]
    assert len(shown) == 2
    assert all(line.startswith("graph Users") and "next try in 7 s" in line for line in shown)


def test_throttling_without_an_end_is_said_and_costs_one_question(world: Cloud, tmp_path: Path) -> None:
    world.graph.inject("/v1.0/users", faults.throttled("5"))
    run = Run(world, tmp_path, Users(), Domains())
    assert set(run.refusals) == {"Users"}
    assert "slow down" in run.refusals["Users"].reason
    assert run.refusals["Users"].mend


def test_intune_throttles_with_another_status(world: Cloud, tmp_path: Path) -> None:
    world.graph.inject("*/deviceCompliancePolicies", faults.intune_rate_limit(), times=1)
    run = Run(world, tmp_path, Compliances())
    assert run.refusals == {}
    assert any("next try in" in line for line in run.lines)


def test_one_batch_for_twenty_objects(world: Cloud, tmp_path: Path) -> None:
    """25 policies cost one list and two batches, not 26 requests."""
    run = Run(world, tmp_path, Compliances(), ComplianceTargets())
    assert run.refusals == {}
    assert run.requests == {"Compliances": 1, "ComplianceTargets": 2}
    assert world.violations == []


@pytest.mark.parametrize("status", [401, 403, 429, 500, 503])
def test_a_part_of_a_batch_that_fails_is_not_taken_for_empty(world: Cloud, tmp_path: Path, status: int) -> None:
    """The outer status is 200 whatever happened inside; what was refused there is asked again alone."""
    world.graph.inject("*/c07/assignments", faults.error(status, "UnknownError", "Forbidden"))
    run = Run(world, tmp_path, Compliances(), ComplianceTargets())
    assert set(run.refusals) == {"ComplianceTargets"}




@pytest.mark.parametrize(
    ("fault", "refused"),
    [
        (faults.error(404, "UnknownError", "Not found."), False),
        (faults.error(400, "BadRequest", "Resource not found for the segment 'subscriptions'."), False),
        (faults.error(501, "NotSupported", "Not here."), False),
        (faults.error(403, "Authorization_RequestDenied", "Insufficient privileges."), True),
        (faults.error(400, "BadRequest", "Invalid filter."), True),
        (faults.error(503, "ServiceUnavailable", "Later."), True),
        (faults.empty(), True),
    ],
)
def test_a_list_that_a_cloud_does_not_have_is_an_answer(tmp_path: Path, fault: faults.Fault, refused: bool) -> None:
    with customer(ALL | {"Organization.Read.All"}) as world:
        world.graph.inject("*/directory/subscriptions", fault)
        assert bool(Run(world, tmp_path, Purchases()).refusals) is refused
