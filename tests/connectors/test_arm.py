from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

import msgspec
import pytest

from assess.connectors import Visit
from assess.connectors.arm import ArmConnector, connect
from assess.connectors.http import Client
from assess.connectors.tokens import TokenSource
from assess.engagement import engagement_from
from assess.errors import Unavailable
from assess.evidence import Ask
from assess.evidence import arm as asked
from assess.evidence.arm import (
    Availability,
    DnsLabelAvailability,
    InAnotherTenant,
    NoSubscription,
    ProviderState,
    ResourcesByName,
    StorageNameAvailability,
    SubscriptionById,
    Subscriptions,
    VaultNameAvailability,
)
from assess.recording import encode_answer
from cloud import Cloud, RoleAssignment, Subscription, Tenant, faults
from cloud.sample import SUBSCRIPTION, TENANT, TOOL

OTHER_TENANT = "99999999-5b7e-4d0a-9c55-0a1b2c3d4e5f"
ELSEWHERE = "8b0e6f9a-1111-4222-8333-00000000e15e"
CLOSED = "8b0e6f9a-1111-4222-8333-0000000c105e"
NOWHERE = "8b0e6f9a-1111-4222-8333-00000000dead"


def subscription(identifier: str = SUBSCRIPTION, **more: Any) -> Subscription:
    settings: dict[str, Any] = {
        "assignments": (RoleAssignment(TOOL.object_id),),
        "taken_labels": frozenset({("westeurope", "taken")}),
        "taken_vaults": frozenset({"taken"}),
        "taken_accounts": frozenset({"taken"}),
        "resources": ({"id": "/x", "name": "contosocmg", "type": "Microsoft.KeyVault/vaults"},),
    }
    return Subscription(identifier, **({"tenant_id": TENANT} | settings | more))


@pytest.fixture
def world() -> Iterator[Cloud]:
    known = [subscription(), subscription(ELSEWHERE, tenant_id=OTHER_TENANT), subscription(CLOSED, assignments=())]
    with Cloud(Tenant(TENANT, apps=(TOOL,)), subscriptions=known) as cloud:
        yield cloud


class Known:
    def key(self, name: str) -> str:
        return {"azure.subscription_id": SUBSCRIPTION, "cmg.region": "westeurope"}[name]

    def answer(self, ask: Ask) -> object:
        raise AssertionError(ask)


def reader(world: Cloud, **options: Any) -> ArmConnector:
    settings: dict[str, Any] = {"ca_file": world.ca_file, "sleep": lambda _: None, "connect_timeout": 3, "read_timeout": 0.5, "deadline": 2}
    tokens = TokenSource(
        method="client-secret", login=world.login.url, tenant=TENANT, client=Client(ca_file=world.ca_file),
        client_id=TOOL.client_id, secret=lambda: "right",
    )
    return ArmConnector(
        root=world.arm.url, resource="https://management.azure.com", client=Client(**(settings | options)), tokens=lambda: tokens,
    )


def fetch(world: Cloud, folder: Path, ask: Ask, **options: Any) -> Any:
    visit = Visit(known=Known(), clock=lambda: datetime(2026, 1, 1, tzinfo=UTC), tables=folder)
    answer = reader(world, **options).fetch(ask.bind(visit.known), visit)
    assert visit.notes
    assert visit.requests
    assert msgspec.json.decode(encode_answer(answer), type=ask.answer) == answer
    return answer


def test_a_subscription_by_its_id(world: Cloud, tmp_path: Path) -> None:
    found = fetch(world, tmp_path, SubscriptionById())
    assert (found.state, found.tenant_id, found.subscription_policies.quota_id) == ("Enabled", TENANT, "PayAsYouGo_2014-09-01")
    assert world.arm.requests[0].query["api-version"] == "2022-12-01"
    assert isinstance(fetch(world, tmp_path, SubscriptionById(NOWHERE)), NoSubscription)
    assert fetch(world, tmp_path, SubscriptionById(ELSEWHERE)) == InAnotherTenant(OTHER_TENANT)
    with pytest.raises(Unavailable, match="Azure role Reader on the subscription is missing"):
        fetch(world, tmp_path, SubscriptionById(CLOSED))
    assert world.violations == []


def test_lists_are_read_to_their_end(world: Cloud, tmp_path: Path) -> None:
    world.arm.page = 1
    world.arm.subscriptions += [subscription(f"8b0e6f9a-1111-4222-8333-00000000000{n}") for n in range(3)]
    assert len(fetch(world, tmp_path, Subscriptions())) == 4 + 1  # and the one of the other tenant
    [vault] = fetch(world, tmp_path, ResourcesByName("contosocmg"))
    assert vault.type == "Microsoft.KeyVault/vaults"
    assert fetch(world, tmp_path, ResourcesByName("o'brien")) == ()
    assert world.violations == []


def test_names_that_are_free_taken_or_none(world: Cloud, tmp_path: Path) -> None:
    for form in ("bool", "text", "capital"):
        world.arm.available_form = form
        assert fetch(world, tmp_path, DnsLabelAvailability("free", "{cmg.region}")).available
        assert not fetch(world, tmp_path, DnsLabelAvailability("taken", "westeurope")).available
        assert fetch(world, tmp_path, DnsLabelAvailability("taken", "northeurope")).available
    for ask in (StorageNameAvailability, VaultNameAvailability):
        assert fetch(world, tmp_path, ask("freename")) == Availability(available=True)
        taken = fetch(world, tmp_path, ask("taken"))
        assert (taken.available, taken.reason) == (False, "AlreadyExists")
        assert fetch(world, tmp_path, ask("no_name!")).reason == "AccountNameInvalid"
    assert world.violations == []
    assert {(r.method, r.path.rpartition("/")[2]) for r in world.arm.requests} == {
        ("GET", "CheckDnsNameAvailability"), ("POST", "checkNameAvailability"),
    }
    invalid = fetch(world, tmp_path, DnsLabelAvailability("-none", "westeurope"))
    assert (invalid.available, invalid.reason) == (False, "InvalidDomainNameLabel")


def test_providers_and_regions(world: Cloud, tmp_path: Path) -> None:
    assert fetch(world, tmp_path, ProviderState("Microsoft.KeyVault")).registration_state == "Registered"
    with pytest.raises(Unavailable, match="no such service in this region"):
        fetch(world, tmp_path, DnsLabelAvailability("free", "moon"))
    with pytest.raises(Unavailable, match="InvalidResourceNamespace"):
        fetch(world, tmp_path, ProviderState("Contoso.Nothing"))
    world.arm.subscriptions[0] = replace(world.arm.subscriptions[0], providers={"Microsoft.Storage": "NotRegistered"})
    with pytest.raises(Unavailable, match="has not registered"):
        fetch(world, tmp_path, StorageNameAvailability("freename"))


class Register(asked.ArmAsk, frozen=True):
    """What this tool never sends."""

    answer: ClassVar[Any] = Availability
    shape: ClassVar[asked.Shape] = "check"
    path: ClassVar[str] = "/subscriptions/{subscription}/providers/Microsoft.Storage/register"
    api_version: ClassVar[str] = "2021-04-01"
    item: ClassVar[Any] = Availability
    subscription: str = SUBSCRIPTION


class Sneaky(asked.ArmAsk, frozen=True):
    """The allowed path as a parameter of another one."""

    answer: ClassVar[Any] = Availability
    shape: ClassVar[asked.Shape] = "check"
    path: ClassVar[str] = "/subscriptions/x/providers/Microsoft.Storage/register/y?/subscriptions/x/providers/Microsoft.Storage/checkNameAvailability"
    item: ClassVar[Any] = Availability


def test_nothing_can_be_changed(world: Cloud, tmp_path: Path) -> None:
    for ask in (Register(), Sneaky()):
        with pytest.raises(ValueError, match="not one of the checks of a name"):
            fetch(world, tmp_path, ask)
    with pytest.raises(Unavailable, match="names nothing"):
        fetch(world, tmp_path, SubscriptionById(".."))
    assert world.arm.requests == []


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (faults.error(401, "ExpiredAuthenticationToken", "expired"), "does not accept the token"),
        (faults.error(401, "InvalidAuthenticationTokenAudience", "wrong audience"), "does not accept the token"),
        (faults.error(403, "AuthorizationFailed", "no"), "Azure role Reader"),
        (faults.error(400, "InvalidSubscriptionId", "no"), "does not find the subscription"),
        (faults.error(404, "ResourceNotFound", "no"), "refuses"),
        (faults.throttled("1"), "kept asking to slow down"),
        (faults.status(503), "is in trouble"),
        (faults.status(500), "is in trouble"),
        (faults.html(403), "403"),
        (faults.empty(), "not what was asked for"),
        (faults.status(200, {"subscriptionId": 1, "state": None}), "not what was asked for"),
        (faults.invalid_json(), "not what was asked for"),
        (faults.redirected("https://evil.test/"), "sends elsewhere"),
        (faults.Truncated(), "broke off"),
        (faults.hangs(), "did not finish"),
        (faults.Drips(pause=0.05), "did not finish"),
    ],
)
def test_a_refusal_or_a_fault_is_no_answer(world: Cloud, tmp_path: Path, fault: faults.Fault, words: str) -> None:
    world.arm.inject("*", fault)
    with pytest.raises(Unavailable, match=words) as caught:
        fetch(world, tmp_path, SubscriptionById(), attempts=2, deadline=1.0)
    assert "eyJ" not in caught.value.reason


@pytest.mark.parametrize("body", [{}, {"available": None}, {"available": "maybe"}, {"nameAvailable": 1}])
def test_an_answer_that_does_not_say_is_none(world: Cloud, tmp_path: Path, body: dict[str, object]) -> None:
    world.arm.inject("*", faults.status(200, body))
    for ask in (VaultNameAvailability("name"), DnsLabelAvailability("name", "westeurope")):
        with pytest.raises(Unavailable, match="did not say whether the name is free"):
            fetch(world, tmp_path, ask)


@pytest.mark.parametrize(("link", "words"), [("https://evil.test/subscriptions", "another host"), (None, "in a circle")])
def test_a_next_link_is_not_trusted(world: Cloud, tmp_path: Path, link: str | None, words: str) -> None:
    world.arm.inject("*", faults.NextLink(link, "nextLink"))
    with pytest.raises(Unavailable, match=words):
        fetch(world, tmp_path, Subscriptions())
    assert len(world.arm.requests) == 1


def test_a_throttled_post_is_asked_again(world: Cloud, tmp_path: Path) -> None:
    slept: list[float] = []
    world.arm.inject("*", faults.throttled("4"), times=2)
    assert fetch(world, tmp_path, VaultNameAvailability("freename"), sleep=slept.append).available
    assert slept == [4.0, 4.0]


def test_the_probe_tells_what_is_seen(world: Cloud, tmp_path: Path) -> None:
    visit = Visit(known=Known(), clock=lambda: datetime(2026, 1, 1, tzinfo=UTC), tables=tmp_path)
    assert SUBSCRIPTION in reader(world).probe(visit)
    world.arm.subscriptions = []
    with pytest.raises(Unavailable, match="no role on any subscription"):
        reader(world).probe(visit)


def test_the_engagement_file_leads_to_azure(world: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSESS_TEST_SECRET", "right")
    described = engagement_from(
        {
            "engagement": {"name": "c", "scenarios": ["co-management-pki"]},
            "tenant": {
                "id": TENANT, "endpoints": world.endpoints, "ca_file": str(world.ca_file),
                "auth": {"method": "client-secret", "client_id": TOOL.client_id, "client_secret": {"env": "ASSESS_TEST_SECRET"}},
            },
        },
        file="e.toml", folder=tmp_path,
    )
    connector = connect(described)
    assert world.login.requests == []
    visit = Visit(known=Known(), clock=lambda: datetime(2026, 1, 1, tzinfo=UTC), tables=tmp_path)
    assert connector.answers(Subscriptions())
    assert connector.fetch(SubscriptionById(SUBSCRIPTION), visit).state == "Enabled"
    connector.close()


def test_a_region_is_asked_for_as_azure_writes_it(world: Cloud, tmp_path: Path) -> None:
    assert fetch(world, tmp_path, DnsLabelAvailability("Free", "West Europe")).available
    assert world.violations == []
