"""Azure Resource Manager."""

from collections.abc import Callable
from dataclasses import replace

import pytest
import requests

from cloud import App, Cloud, RoleAssignment
from cloud.sample import POOR, SUBSCRIPTION, TOOL

Ask = Callable[..., requests.Response]
HERE = f"/subscriptions/{SUBSCRIPTION}"
CORE = "api-version=2021-04-01"
LABEL = "/providers/Microsoft.Network/locations/westeurope/CheckDnsNameAvailability"


@pytest.fixture
def arm(world: Cloud, http: requests.Session) -> Ask:
    def ask(
        path: str, *, app: App = TOOL, token: str | None = None, body: object = None
    ) -> requests.Response:
        bearer = {"Authorization": f"Bearer {token or world.token(app, 'arm')}"}
        address = world.arm.url + path
        if body is None:
            return http.get(address, headers=bearer, timeout=5)
        return http.post(address, json=body, headers=bearer, timeout=5)

    return ask


def code(answer: requests.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


def test_a_subscription_shows_its_state_tenant_and_offer(world: Cloud, arm: Ask) -> None:
    answer = arm(f"{HERE}?api-version=2022-12-01").json()
    assert (answer["state"], answer["tenantId"]) == ("Enabled", world.tenant.id)
    assert answer["subscriptionPolicies"]["quotaId"] == "PayAsYouGo_2014-09-01"
    listed = arm("/subscriptions?api-version=2022-12-01").json()["value"]
    assert [s["subscriptionId"] for s in listed] == [SUBSCRIPTION]
    assert world.violations == []


def test_without_a_role_the_list_is_empty_and_the_subscription_forbidden(arm: Ask) -> None:
    assert arm("/subscriptions?api-version=2022-12-01", app=POOR).json()["value"] == []
    assert code(arm(f"{HERE}?{CORE}", app=POOR)) == (403, "AuthorizationFailed")


def test_subscriptions_that_are_not_there(world: Cloud, arm: Ask) -> None:
    nowhere = "/subscriptions/8b0e6f9a-1111-4222-8333-00000000dead"
    assert code(arm(f"{nowhere}?{CORE}")) == (404, "SubscriptionNotFound")
    world.arm.subscriptions[0] = replace(world.arm.subscriptions[0], tenant_id=nowhere[-36:])
    assert code(arm(f"{HERE}?{CORE}")) == (401, "InvalidAuthenticationTokenTenant")
    assert world.violations == []
    assert code(arm(f"/subscriptions/nonsense?{CORE}")) == (400, "InvalidSubscriptionId")
    assert len(world.violations) == 1


def test_tokens(world: Cloud, http: requests.Session, arm: Ask) -> None:
    graph_token = world.token(TOOL)
    assert code(arm(f"{HERE}?{CORE}", token=graph_token)) == (
        401,
        "InvalidAuthenticationTokenAudience",
    )
    assert http.get(f"{world.arm.url}{HERE}?{CORE}", timeout=5).status_code == 401
    assert len(world.violations) == 2


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (HERE, (400, "MissingApiVersionParameter")),
        (f"{HERE}?api-version=2099-01-01", (400, "InvalidApiVersionParameter")),
        (
            f"{HERE}{LABEL}?domainNameLabel=x&api-version=1999-01-01",
            (400, "NoRegisteredProviderFound"),
        ),
        (
            f"{HERE}{LABEL}?domainNameLabel=Not_One&api-version=2023-09-01",
            (400, "InvalidDomainNameLabel"),
        ),
        (f"{HERE}/providers/Microsoft.Nonsense?{CORE}", (404, "InvalidResourceNamespace")),
        (
            f"{HERE}/resources?$filter=contains(name,'x')&{CORE}",
            (400, "InvalidFilterInQueryString"),
        ),
        (f"{HERE}/nonsense?{CORE}", (404, "InvalidResourceType")),
    ],
)
def test_wrong_requests_are_refused_and_noted(
    world: Cloud, arm: Ask, path: str, expected: tuple[int, str]
) -> None:
    assert code(arm(path)) == expected
    assert len(world.violations) == 1


@pytest.mark.parametrize(
    ("form", "free", "taken"),
    [
        ("bool", {"available": True}, {"available": False}),
        ("text", {"available": "true"}, {"available": "false"}),
        ("capital", {"Available": "true"}, {"Available": "false"}),
    ],
)
def test_a_dns_label_is_free_or_taken(
    world: Cloud, arm: Ask, form: str, free: object, taken: object
) -> None:
    world.arm.available_form = form
    path = f"{HERE}{LABEL}?api-version=2023-09-01&domainNameLabel="
    assert arm(path + "contosocmg").json() == free
    assert arm(path + "taken").json() == taken
    assert arm(path.replace("westeurope", "eastus") + "taken").json() == free
    assert world.violations == []


def test_an_unknown_region_is_refused(arm: Ask) -> None:
    path = LABEL.replace("westeurope", "atlantis")
    answer = arm(f"{HERE}{path}?api-version=2023-09-01&domainNameLabel=abc")
    assert code(answer) == (400, "NoRegisteredProviderFound")


@pytest.mark.parametrize(
    ("provider", "kind", "version"),
    [("KeyVault", "vaults", "2023-07-01"), ("Storage", "storageAccounts", "2023-01-01")],
)
def test_names_of_vaults_and_accounts(
    world: Cloud, arm: Ask, provider: str, kind: str, version: str
) -> None:
    path = f"{HERE}/providers/Microsoft.{provider}/checkNameAvailability?api-version={version}"

    def check(name: str) -> object:
        return arm(path, body={"name": name, "type": f"Microsoft.{provider}/{kind}"}).json()

    assert check("contosocmg") == {"nameAvailable": True}
    assert check("taken")["reason"] == "AlreadyExists"  # type: ignore[index]
    assert check("-")["reason"] == "AccountNameInvalid"  # type: ignore[index]
    assert world.violations == []
    assert code(arm(path, body={"name": "x"})) == (400, "InvalidRequestContent")
    assert arm(path).status_code == 405
    assert len(world.violations) == 2


def test_a_provider_that_is_not_registered(world: Cloud, arm: Ask) -> None:
    world.arm.subscriptions[0] = replace(
        world.arm.subscriptions[0], providers={"Microsoft.Network": "NotRegistered"}
    )
    state = arm(f"{HERE}/providers/Microsoft.Network?{CORE}").json()["registrationState"]
    assert state == "NotRegistered"
    answer = arm(f"{HERE}{LABEL}?api-version=2023-09-01&domainNameLabel=abc")
    assert code(answer) == (409, "MissingSubscriptionRegistration")
    assert world.violations == []


def test_lists_have_a_next_link_without_odata(
    world: Cloud, arm: Ask, http: requests.Session
) -> None:
    world.arm.page = 3
    first = arm(f"{HERE}/providers?{CORE}").json()
    assert "@odata.nextLink" not in first
    bearer = {"Authorization": f"Bearer {world.token(TOOL, 'arm')}"}
    second = http.get(first["nextLink"], headers=bearer, timeout=5).json()
    namespaces = [p["namespace"] for p in first["value"] + second["value"]]
    assert len(set(namespaces)) == 6
    assert second["nextLink"]


def test_resources_by_name(arm: Ask) -> None:
    path = f"{HERE}/resources?{CORE}&$filter=name eq "
    assert len(arm(path + "'contosocmg'").json()["value"]) == 1
    assert arm(path + "'other'").json()["value"] == []


def test_roles(world: Cloud, arm: Ask) -> None:
    path = f"{HERE}/providers/Microsoft.Authorization/roleAssignments?api-version=2022-04-01"
    [one] = arm(f"{path}&$filter=atScope()").json()["value"]
    assert one["properties"]["principalId"] == TOOL.object_id
    assert one["properties"]["roleDefinitionId"].endswith("acdd72a7-3385-48ef-bd42-f606fba81ae7")
    assert arm(f"{path}&$filter=principalId eq 'nobody'").json()["value"] == []
    assert world.violations == []


def test_the_classic_check_needs_more_than_reader(world: Cloud, arm: Ask) -> None:
    path = f"{HERE}/providers/Microsoft.ClassicCompute/checkDomainNameAvailability?api-version=2015-06-01"
    assert code(arm(path, body={"name": "x"})) == (403, "AuthorizationFailed")
    world.arm.subscriptions[0] = replace(
        world.arm.subscriptions[0],
        assignments=(RoleAssignment(TOOL.object_id, "Owner"),),
        providers={"Microsoft.ClassicCompute": "Registered"},
    )
    assert arm(path, body={"name": "x"}).json() == {"available": True}


def test_answers_tell_what_is_left_of_the_quota(arm: Ask) -> None:
    header = "x-ms-ratelimit-remaining-subscription-reads"
    first, second = (int(arm(f"{HERE}?{CORE}").headers[header]) for _ in range(2))
    assert second == first - 1
