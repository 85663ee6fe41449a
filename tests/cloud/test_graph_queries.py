"""Graph: filters, counts, pages and batches."""

from collections.abc import Callable, Sequence
from typing import Any, overload

import pytest
import requests

from cloud import Cloud, faults
from cloud.sample import GROUP, SKU, TOOL

Ask = Callable[..., requests.Response]
EVENTUAL = {"ConsistencyLevel": "eventual"}


def names(answer: requests.Response) -> list[str]:
    answer.raise_for_status()
    return [u["displayName"] for u in answer.json()["value"]]


def follow(world: Cloud, http: requests.Session, path: str, **headers: str) -> list[dict[str, Any]]:
    pages, address = [], f"{world.graph.url}/v1.0{path}"
    bearer = {"Authorization": f"Bearer {world.token(TOOL)}"}
    while address:
        answer = http.get(address, headers=bearer | headers, timeout=5)
        answer.raise_for_status()
        pages.append(answer.json())
        address = pages[-1].get("@odata.nextLink", "")
    return pages


# Filters


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ("onPremisesSyncEnabled eq true", 12),
        ("onPremisesSyncEnabled eq true and userType eq 'Member'", 12),
        ("startswith(userPrincipalName,'user1')", 11),
        ("startsWith(userPrincipalName,'user1') or displayName eq 'User 3'", 12),
        (f"assignedLicenses/any(u:u/skuId eq {SKU})", 9),
        ("displayName in ('User 1','User 2')", 2),
        ("displayName eq 'O''Hara'", 0),
        ("usageLocation eq null", 25),
    ],
)
def test_ordinary_filters(world: Cloud, graph: Ask, condition: str, found: int) -> None:
    assert len(names(graph(f"/users?$filter={condition}&$select=displayName"))) == found
    assert world.violations == []


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ("endsWith(userPrincipalName,'.local')", 5),
        ("userType ne 'Guest'", 25),
        ("not(onPremisesSyncEnabled eq true)", 13),
        ("assignedLicenses/$count eq 0", 16),
    ],
)
def test_advanced_filters_need_the_header_and_the_count(
    world: Cloud, graph: Ask, condition: str, found: int
) -> None:
    bare = graph(f"/users?$filter={condition}")
    assert bare.json()["error"]["code"] == "Request_UnsupportedQuery"
    no_count = graph(f"/users?$filter={condition}", **EVENTUAL)
    assert no_count.status_code == 400
    assert len(world.violations) == 2
    full = graph(f"/users?$filter={condition}&$count=true&$select=displayName", **EVENTUAL)
    assert len(names(full)) == full.json()["@odata.count"] == found


@pytest.mark.parametrize(
    "path",
    [
        "/users?$filter=contains(displayName,'x')",
        f"/users?$filter=assignedLicenses/any(u:u/skuId eq '{SKU}')",
        "/users?$filter=onPremisesSyncEnabled eq 'true'",
        "/users?$filter=displayName eq",
        "/users?$filter=assignedLicenses/skuId eq null and",
        "/users?$filter=licenseAssignmentStates/any(s:s/state eq 'Error')",
        "/users?$skip=5",
        "/users?$top=1000",
        "/users?$top=0",
        "/users?$top=600&$select=id,signInActivity",
        "/subscribedSkus?$filter=skuPartNumber eq 'SPB'",
        "/subscribedSkus?$top=5",
        "/organization?$filter=displayName eq 'x'",
        "/domains?$filter=isVerified eq true",
        "/deviceManagement/managedDevices?$filter=operatingSystem eq 'iOS'",
        "/deviceManagement/managedDevices?$filter=managementAgent eq 'mdm' or managementAgent eq 'eas'",
        "/deviceManagement/managedDevices?$filter=managementAgent eq 'nonsense'",
        "/deviceManagement/managedDevices/$count",
        "/deviceManagement/deviceEnrollmentConfigurations?$filter=priority eq 0",
        "/deviceManagement?$filter=id eq '1'",
        "/applications?$filter=identifierUris/any(u:contains(u,'x'))",
        "/users?$filter=endsWith(displayName,'x')&$count=true",
        "/users?$filter=otherMails/any(m:endsWith(m,'x'))",
        "/applications?$filter=identifierUris/any(u:endsWith(u,'x'))&$count=true",
        '/users?$search="displayName:x"',
    ],
)
def test_what_the_service_refuses(world: Cloud, graph: Ask, path: str) -> None:
    assert graph(path).status_code == 400
    assert len(world.violations) == 1


@pytest.mark.parametrize(
    ("path", "found"),
    [
        (
            "/deviceManagement/managedDevices?$filter=managementAgent eq 'configurationManagerClientMdm'",
            7,
        ),
        ("/deviceAppManagement/mobileApps?$filter=isof('microsoft.graph.windowsMobileMSI')", 1),
        ("/deviceAppManagement/mobileApps?$filter=isof('microsoft.graph.mobileLobApp')", 1),
        ("/deviceAppManagement/mobileApps?$filter=displayName eq 'Mail'", 1),
        ("/applications?$filter=identifierUris/any(u:startswith(u,'https://ConfigMgrService'))", 1),
        ("/applications?$filter=appId eq 'cccccccc-0000-4000-8000-000000000001'", 1),
        ("/applications?$filter=identifierUris/any(u:u eq 'https://ConfigMgrService')", 1),
        ("/identity/conditionalAccess/policies?$filter=state eq 'enabled'", 1),
    ],
)
def test_filters_of_other_families(world: Cloud, graph: Ask, path: str, found: int) -> None:
    assert len(graph(path).json()["value"]) == found
    assert world.violations == []


def test_blanks_and_quotes_are_encoded_or_refused(world: Cloud, graph: Ask) -> None:
    assert graph("/users?$filter=displayName%20eq%20%27User%201%27").status_code == 200
    assert graph("/users?$select=id&top=3").status_code == 200
    assert [v.rule for v in world.violations] == ["the option top has no $"]


def test_search_needs_the_header(graph: Ask) -> None:
    path = '/users?$search="displayName:user 7"&$select=displayName'
    assert names(graph(path, **EVENTUAL)) == ["User 7"]


def test_order(world: Cloud, graph: Ask) -> None:
    assert names(graph("/users?$orderby=displayName desc&$top=1")) == ["User 9"]
    path = "/users?$orderby=displayName&$filter=userType eq 'Member'&$top=2"
    assert graph(path).status_code == 400
    assert names(graph(f"{path}&$count=true", **EVENTUAL)) == ["User 0", "User 1"]


# Counts


def test_the_count_segment_is_plain_text(world: Cloud, graph: Ask) -> None:
    answer = graph("/users/$count?$filter=onPremisesSyncEnabled eq true", **EVENTUAL)
    assert (answer.text, answer.headers["Content-Type"]) == ("12", "text/plain")
    ends = graph("/users/$count?$filter=endsWith(userPrincipalName,'.local')", **EVENTUAL)
    assert ends.text == "5"
    assert world.violations == []


def test_the_count_segment_refuses_json_and_needs_the_header(world: Cloud, graph: Ask) -> None:
    assert graph("/users/$count", Accept="application/json", **EVENTUAL).status_code == 415
    bare = graph("/users/$count")
    assert bare.status_code == 400
    assert bare.json()["error"]["message"] == "$count is not currently supported."
    assert len(world.violations) == 2


def test_transitive_members_are_counted_through_groups(graph: Ask) -> None:
    path = f"/groups/{GROUP}/transitiveMembers"
    assert graph(f"{path}/$count", **EVENTUAL).text == "3"
    assert graph(f"{path}/microsoft.graph.user/$count", **EVENTUAL).text == "2"
    assert names(graph(f"{path}/graph.user?$select=displayName")) == ["User 0", "User 1"]
    gone = "aaaaaaaa-0000-4000-8000-00000000dead"
    assert graph(f"/groups/{gone}/transitiveMembers/$count", **EVENTUAL).status_code == 404


def test_a_count_without_the_header_is_passed_over_and_noted(world: Cloud, graph: Ask) -> None:
    answer = graph("/users?$count=true&$top=1")
    assert "@odata.count" not in answer.json()
    assert len(world.violations) == 1


def test_intune_may_count_unasked(world: Cloud, graph: Ask) -> None:
    world.graph.count_unasked = True
    assert graph("/deviceManagement/managedDevices").json()["@odata.count"] == 7


# Pages


def test_pages_have_the_sizes_that_the_test_wants_and_the_count_only_once(
    world: Cloud, http: requests.Session
) -> None:
    world.graph.pages["/users"] = [10, 0, 4]
    pages = follow(
        world, http, "/users?$select=id&$count=true&$top=999", ConsistencyLevel="eventual"
    )
    assert [len(p["value"]) for p in pages] == [10, 0, 4, 10, 1]
    assert [p.get("@odata.count") for p in pages] == [25, None, None, None, None]
    ids = [u["id"] for p in pages for u in p["value"]]
    assert len(set(ids)) == 25
    assert world.violations == []


def test_the_header_is_missed_on_every_page(
    world: Cloud, http: requests.Session, graph: Ask
) -> None:
    world.graph.pages["/users"] = 10
    path = "/users?$filter=userType ne 'Guest'&$count=true"
    link = graph(path, **EVENTUAL).json()["@odata.nextLink"]
    bearer = {"Authorization": f"Bearer {world.token(TOOL)}"}
    assert http.get(link, headers=bearer, timeout=5).status_code == 400
    assert http.get(link, headers=bearer | EVENTUAL, timeout=5).status_code == 200


def test_a_changed_next_link_is_refused(world: Cloud, http: requests.Session, graph: Ask) -> None:
    link = graph("/users?$select=id&$top=5").json()["@odata.nextLink"]
    bearer = {"Authorization": f"Bearer {world.token(TOOL)}"}
    assert http.get(link, headers=bearer, timeout=5).status_code == 200
    for wrong in (link.replace("=5", "=6"), link.replace("/v1.0/", "/beta/"), link[:-3] + "AA="):
        assert http.get(wrong, headers=bearer, timeout=5).status_code == 400
    assert len(world.violations) == 3


def test_defaults_of_page_sizes(world: Cloud, graph: Ask) -> None:
    world.tenant.graph = {
        "/users": [{"id": f"{n}"} for n in range(1001)],
        "/deviceManagement/managedDevices": [{"id": f"{n}"} for n in range(1001)],
        "/subscribedSkus": [{"id": f"{n}"} for n in range(150)],
    }
    world.graph.reload()
    assert len(graph("/users").json()["value"]) == 100
    assert len(graph("/users?$top=999").json()["value"]) == 999
    assert len(graph("/deviceManagement/managedDevices").json()["value"]) == 1000
    assert len(graph("/subscribedSkus").json()["value"]) == 150


class Endless(Sequence[dict[str, Any]]):
    """A collection whose elements are made when they are asked for."""

    def __len__(self) -> int:
        return 500_000

    @overload
    def __getitem__(self, at: int) -> dict[str, Any]: ...
    @overload
    def __getitem__(self, at: slice) -> list[dict[str, Any]]: ...
    def __getitem__(self, at: int | slice) -> dict[str, Any] | list[dict[str, Any]]:
        if isinstance(at, slice):
            return [self[n] for n in range(*at.indices(len(self)))]
        return {"id": str(at)}


def test_a_huge_collection_is_never_held(world: Cloud, graph: Ask) -> None:
    world.tenant.graph = {"/users": Endless()}
    world.graph.reload()
    page = graph("/users?$select=id&$top=999").json()
    assert len(page["value"]) == 999
    assert graph("/users/$count", **EVENTUAL).text == "500000"


# Batches


def batch(
    world: Cloud, http: requests.Session, parts: object, version: str = "v1.0"
) -> requests.Response:
    bearer = {"Authorization": f"Bearer {world.token(TOOL)}"}
    return http.post(
        f"{world.graph.url}/{version}/$batch", json={"requests": parts}, headers=bearer, timeout=5
    )


def get(name: str, url: str, **more: object) -> dict[str, object]:
    return {"id": name, "method": "GET", "url": url, **more}


def test_a_batch_answers_each_part_in_any_order(world: Cloud, http: requests.Session) -> None:
    parts = [
        get("1", "/organization?$select=id"),
        get("2", "/users/$count", headers=EVENTUAL),
        get("3", "/users/nobody@contoso.com"),
        get("4", "/deviceAppManagement/mobileApps/msi/assignments"),
    ]
    answer = batch(world, http, parts).json()["responses"]
    assert [p["id"] for p in answer] == ["4", "3", "2", "1"]
    by_id = {p["id"]: p for p in answer}
    assert [by_id[n]["status"] for n in "1234"] == [200, 200, 404, 200]
    assert by_id["4"]["body"]["value"][0]["intent"] == "required"
    assert [r.part for r in world.graph.requests] == [True] * 4 + [False]
    assert world.violations == []


def test_parts_are_throttled_one_by_one(world: Cloud, http: requests.Session) -> None:
    world.graph.inject("*/assignments", faults.throttled("7"), times=1)
    path = "/deviceAppManagement/mobileApps/{}/assignments"
    answer = batch(world, http, [get("a", path.format("msi")), get("b", path.format("ios"))])
    assert answer.status_code == 200
    by_id = {p["id"]: p for p in answer.json()["responses"]}
    assert (by_id["a"]["status"], by_id["a"]["headers"]["Retry-After"]) == (429, "7")
    assert by_id["b"]["status"] == 200


@pytest.mark.parametrize(
    "parts",
    [
        [get(str(n), "/organization") for n in range(21)],
        [get("a", "/organization"), get("A", "/organization")],
        [],
    ],
    ids=["too many", "one id twice", "none"],
)
def test_a_batch_that_is_none_is_refused(
    world: Cloud, http: requests.Session, parts: object
) -> None:
    assert batch(world, http, parts).status_code == 400
    assert len(world.violations) == 1


def test_wrong_parts_are_refused_and_noted(world: Cloud, http: requests.Session) -> None:
    parts = [
        get("1", "/v1.0/organization"),
        get("2", "https://graph.microsoft.com/v1.0/organization"),
        get("3", "/organization", method="PATCH"),
        get("4", "/organization", dependsOn=["3"]),
        get("5", "/$batch"),
    ]
    by_id = {p["id"]: p["status"] for p in batch(world, http, parts).json()["responses"]}
    assert by_id == {"1": 400, "2": 400, "3": 405, "4": 424, "5": 400}
    assert len(world.violations) == 4
