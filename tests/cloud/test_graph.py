"""Graph: what is let in, what is shown, what is refused."""

import json
from collections.abc import Callable
from typing import Any

import pytest
import requests

from cloud import App, Cloud, Tenant
from cloud.graph_data import MissingData
from cloud.graph_errors import claims_challenge
from cloud.sample import ADA, BOB, DESKTOP, GROUP, POOR, SKU, TENANT, TOOL, contoso

Ask = Callable[..., requests.Response]


def only(*permissions: str) -> App:
    return App("5d1c0a7e-aaaa-4bbb-8ccc-0000000000aa", application=frozenset(permissions))


def code(answer: requests.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


def rows(answer: requests.Response) -> list[dict[str, Any]]:
    answer.raise_for_status()
    value: list[dict[str, Any]] = answer.json()["value"]
    return value


# Tokens


def test_a_request_without_token_is_refused_and_noted(world: Cloud, http: requests.Session) -> None:
    answer = http.get(f"{world.graph.url}/v1.0/users", timeout=5)
    assert code(answer) == (401, "InvalidAuthenticationToken")
    assert "WWW-Authenticate" in answer.headers
    assert [v.rule for v in world.violations] == ["a request without a bearer token"]


def test_a_token_for_another_api_is_refused_and_noted(world: Cloud, graph: Ask) -> None:
    assert code(graph("/users", token=world.token(TOOL, "arm"))) == (
        401,
        "InvalidAuthenticationToken",
    )
    assert "audience" in world.violations[0].rule


def test_an_expired_token_is_refused_but_no_fault_of_the_client(world: Cloud, graph: Ask) -> None:
    token = world.token(TOOL)
    later = world.issuer.clock() + 4000
    world.issuer.clock = lambda: later
    assert code(graph("/users", token=token)) == (401, "InvalidAuthenticationToken")
    assert world.violations == []


def test_a_forged_token_is_refused(world: Cloud, graph: Ask) -> None:
    token = world.token(TOOL)
    assert graph("/users", token=token[:-4] + "AAAA").status_code == 401


def test_a_claims_challenge_comes_when_wanted(world: Cloud, graph: Ask) -> None:
    world.graph.challenged = claims_challenge('{"access_token":{}}')
    assert 'claims="' in graph("/users").headers["WWW-Authenticate"]


def test_the_request_is_kept_without_its_token(world: Cloud, graph: Ask) -> None:
    graph("/users?$top=1", ConsistencyLevel="eventual")
    [kept] = world.graph.requests
    assert kept.headers["authorization"] == "Bearer ***"
    assert (kept.method, kept.path, kept.query, kept.status) == (
        "GET",
        "/v1.0/users",
        {"$top": "1"},
        200,
    )
    assert kept.headers["consistencylevel"] == "eventual"


# Permissions


@pytest.mark.parametrize(
    ("path", "version", "expected"),
    [
        ("/users", "v1.0", (403, "Authorization_RequestDenied")),
        ("/deviceManagement/managedDevices", "v1.0", (403, "Forbidden")),
        ("/identity/conditionalAccess/policies", "v1.0", (403, "AccessDenied")),
        ("/policies/mobileDeviceManagementPolicies", "beta", (403, "Authorization_RequestDenied")),
    ],
)
def test_a_missing_permission_is_refused_in_the_familys_words(
    world: Cloud, graph: Ask, path: str, version: str, expected: tuple[int, str]
) -> None:
    assert code(graph(path, version=version, token=world.token(POOR))) == expected


def test_intune_may_refuse_with_401_and_json_inside(world: Cloud, graph: Ask) -> None:
    world.graph.intune_401 = True
    answer = graph("/deviceManagement/managedDevices", token=world.token(POOR))
    assert code(answer) == (401, "UnknownError")
    inner = json.loads(answer.json()["error"]["message"])
    assert inner["ErrorCode"] == "Forbidden"
    assert json.loads(inner["Message"])["_version"] == 3


def test_delegated_only_paths_refuse_applications_and_serve_people(
    world: Cloud, graph: Ask
) -> None:
    path = "/policies/mobileDeviceManagementPolicies?$expand=includedGroups"
    assert graph(path, version="beta").status_code == 403
    [policy] = rows(graph(path, version="beta", token=world.token_of(ADA, DESKTOP)))
    assert (policy["appliesTo"], policy["includedGroups"][0]["id"]) == ("selected", GROUP)


def test_a_person_needs_a_role_in_intune_besides_the_permission(world: Cloud, graph: Ask) -> None:
    path = "/deviceManagement/managedDevices"
    assert code(graph(path, token=world.token_of(BOB, DESKTOP))) == (401, "UnknownError")
    assert graph(path, token=world.token_of(ADA, DESKTOP)).status_code == 200


def test_the_push_certificate_has_a_permission_of_its_own(world: Cloud, graph: Ask) -> None:
    path = "/deviceManagement/applePushNotificationCertificate"
    denied = world.token(only("DeviceManagementServiceConfig.Read.All"))
    allowed = world.token(only("DeviceManagementConfiguration.Read.All"))
    assert graph(path, token=denied).status_code == 403
    assert graph(path, token=allowed).status_code == 404


def test_the_basic_permission_shows_the_basic_profile_only(world: Cloud, graph: Ask) -> None:
    token = world.token(only("User.ReadBasic.All"))
    path = "/users?$select=id,userPrincipalName,onPremisesSyncEnabled,assignedLicenses&$top=4"
    user = rows(graph(path, token=token))[3]
    assert user["userPrincipalName"] == "user3@contoso.com"
    assert (user["onPremisesSyncEnabled"], user["assignedLicenses"]) == (None, [])


def test_a_tenant_without_intune_says_so(graph: Ask, world: Cloud) -> None:
    world.tenant.has_intune = False
    answer = graph("/deviceManagement/managedDevices")
    assert answer.json()["error"]["message"] == "Request not applicable to target tenant."
    assert answer.status_code == 400
    assert graph("/organization").status_code == 200
    assert world.violations == []


# What is shown


def test_select_shows_what_is_named_and_null_where_nothing_is_set(graph: Ask) -> None:
    first, second = rows(graph("/users?$select=id,onPremisesSyncEnabled,usageLocation&$top=2"))
    assert first == {
        "id": "00000000-0000-4000-8000-000000000000",
        "onPremisesSyncEnabled": None,
        "usageLocation": None,
    }
    assert second["onPremisesSyncEnabled"] is True


def test_users_without_select_have_the_default_properties(graph: Ask) -> None:
    user = rows(graph("/users?$top=1"))[0]
    assert len(user) == 11
    assert "onPremisesSyncEnabled" not in user


@pytest.mark.parametrize(
    ("path", "version"),
    [
        ("/users?$select=id,nonsense", "v1.0"),
        ("/organization?$select=onPremisesLastPasswordSyncDateTime", "v1.0"),
        ("/deviceAppManagement/mobileApps?$select=id,fileName", "v1.0"),
        ("/deviceManagement/managedDevices?$select=joinType", "v1.0"),
        ("/users?$filter=nonsense eq 1", "v1.0"),
        ("/users?$expand=nonsense", "v1.0"),
    ],
)
def test_an_unknown_property_is_refused_and_noted(
    world: Cloud, graph: Ask, path: str, version: str
) -> None:
    answer = graph(path, version=version)
    assert answer.status_code == 400
    assert "Could not find a property named" in answer.json()["error"]["message"]
    assert len(world.violations) == 1


def test_beta_knows_more(graph: Ask) -> None:
    path = "/organization?$select=onPremisesLastPasswordSyncDateTime"
    assert graph(path, version="beta").status_code == 200


def test_the_authority_comes_only_when_selected_and_by_id(graph: Ask) -> None:
    name = "mobileDeviceManagementAuthority"
    assert name not in graph(f"/organization/{TENANT}").json()
    assert graph(f"/organization/{TENANT}?$select={name}").json()[name] == "intune"
    assert graph(f"/organization('{TENANT}')?$select={name}").json()[name] == "intune"
    assert rows(graph(f"/organization?$select={name}"))[0][name] is None


def test_organization_is_a_collection_of_one_and_by_id_an_entity(graph: Ask) -> None:
    assert [o["displayName"] for o in rows(graph("/organization"))] == ["Contoso"]
    assert graph(f"/organization/{TENANT}").json()["displayName"] == "Contoso"


def test_singletons_may_be_wrapped(world: Cloud, graph: Ask) -> None:
    assert (
        graph("/deviceManagement?$select=subscriptionState").json()["subscriptionState"] == "active"
    )
    world.graph.wrapped_singletons = True
    assert graph("/deviceManagement").json()["value"]["subscriptionState"] == "active"


def test_settings_can_vanish_under_select(world: Cloud, graph: Ask) -> None:
    world.graph.settings_need_no_select = True
    assert "settings" not in graph("/deviceManagement?$select=id,settings").json()
    assert graph("/deviceManagement").json()["settings"]["secureByDefault"] is True


def test_a_type_of_beta_is_untyped_and_bare_in_v1(graph: Ask) -> None:
    path = "/deviceManagement/deviceEnrollmentConfigurations"
    typed, untyped = rows(graph(path, version="beta"))
    assert typed["installConfigurationManagerAgent"] is True
    assert "@odata.type" not in untyped
    assert untyped["limit"] == 5
    bare = rows(graph(path))[0]
    assert bare == {"id": "one", "displayName": "Co-management"}


def test_a_cast_chooses_and_knows_the_derived_properties(graph: Ask) -> None:
    for cast in ("graph.windowsMobileMSI", "microsoft.graph.windowsMobileMSI"):
        path = f"/deviceAppManagement/mobileApps/{cast}?$select=id,fileName"
        assert [a["fileName"] for a in rows(graph(path))] == ["ccmsetup.msi"]


def test_functions_answer_with_and_without_parentheses(graph: Ask) -> None:
    for path in ("getComanagedDevicesSummary", "getComanagedDevicesSummary()"):
        answer = graph(f"/deviceManagement/{path}", version="beta")
        assert answer.json()["totalComanagedCount"] == 3


def test_applications_by_client_id_and_by_object_id(graph: Ask) -> None:
    client = "cccccccc-0000-4000-8000-000000000001"
    assert graph(f"/applications(appId='{client}')?$select=displayName").status_code == 200
    assert code(graph(f"/applications/{client}")) == (404, "Request_ResourceNotFound")
    assert code(graph("/applications/nothing")) == (400, "Request_BadRequest")


def test_what_is_not_there_is_404_and_an_empty_list_is_a_list(world: Cloud, graph: Ask) -> None:
    gone = graph("/deviceManagement/applePushNotificationCertificate")
    assert gone.status_code == 404
    assert "segment" not in gone.json()["error"]["message"]
    assert rows(graph("/deviceManagement/ndesConnectors", version="beta")) == []
    assert rows(graph("/deviceAppManagement/mobileApps/ios/assignments")) == []
    assert graph("/users/nobody@contoso.com").status_code == 404
    assert world.violations == []


def test_records_of_an_unverified_domain_are_refused(graph: Ask) -> None:
    token = contoso().token(only("Domain.Read.All"))
    [record] = rows(graph("/domains/contoso.com/serviceConfigurationRecords", token=token))
    assert record["@odata.type"] == "#microsoft.graph.domainDnsCnameRecord"
    assert (
        graph("/domains/contoso.local/serviceConfigurationRecords", token=token).status_code == 400
    )


def test_retired_features_answer_501(graph: Ask) -> None:
    assert code(graph("/deviceManagement/exchangeConnectors")) == (501, "NotSupported")


@pytest.mark.parametrize(
    ("path", "version"),
    [
        ("/deviceManagement/depOnboardingSettings", "v1.0"),
        ("/policies/mobileDeviceManagementPolicies", "v1.0"),
        ("/nonsense", "v1.0"),
        ("/users", "v2.0"),
        ("/organization/$count", "beta2"),
    ],
)
def test_an_unknown_path_is_refused_and_noted(
    world: Cloud, graph: Ask, path: str, version: str
) -> None:
    assert code(graph(path, version=version)) == (400, "BadRequest")
    assert len(world.violations) == 1


@pytest.mark.parametrize("method", ["POST", "PATCH", "PUT", "DELETE"])
def test_a_write_is_refused_and_noted(world: Cloud, http: requests.Session, method: str) -> None:
    bearer = {"Authorization": f"Bearer {world.token(TOOL)}"}
    address = f"{world.graph.url}/v1.0/organization/{TENANT}"
    answer = http.request(method, address, json={}, headers=bearer, timeout=5)
    assert answer.status_code == 405
    assert [v.rule for v in world.violations] == ["a write"]


def test_later_members_of_enums_are_shown_to_those_who_ask(world: Cloud, graph: Ask) -> None:
    policy = {"id": "p", "grantControls": {"builtInControls": ["mfa", "riskRemediation"]}}
    world.tenant.graph = {"/identity/conditionalAccess/policies": [policy]}
    world.graph.reload()
    path = "/identity/conditionalAccess/policies"
    plain = rows(graph(path))[0]["grantControls"]["builtInControls"]
    asked = rows(graph(path, Prefer="include-unknown-enum-members"))[0]
    assert plain == ["mfa", "unknownFutureValue"]
    assert asked["grantControls"]["builtInControls"] == ["mfa", "riskRemediation"]


def test_the_clients_request_id_comes_back(graph: Ask) -> None:
    answer = graph("/nonsense", client_request_id="my-own")
    assert answer.headers["client-request-id"] == "my-own"
    assert answer.json()["error"]["innerError"]["client-request-id"] == "my-own"


# Expansion


def test_expansion_shows_twenty_at_most_and_its_own_select(world: Cloud, graph: Ask) -> None:
    apps = "/deviceAppManagement/mobileApps/graph.windowsMobileMSI"
    [inner] = rows(graph(f"{apps}?$expand=assignments($select=intent)"))
    assert inner["assignments"] == [{"intent": "required"}]
    crowd = [{"id": f"{n}", "@odata.type": "#microsoft.graph.user"} for n in range(30)]
    world.tenant.graph = {"/groups": [{"id": GROUP, "members": crowd}]}
    world.graph.reload()
    assert len(graph(f"/groups/{GROUP}?$expand=members").json()["members"]) == 20


def test_expanding_the_list_of_apps_is_noted(world: Cloud, graph: Ask) -> None:
    assert graph("/deviceAppManagement/mobileApps?$expand=assignments").status_code == 200
    assert "deprecated" in world.violations[0].rule


def test_expand_and_advanced_queries_exclude_each_other(graph: Ask) -> None:
    path = "/users?$expand=manager&$count=true&$filter=userType ne 'Guest'"
    assert code(graph(path, ConsistencyLevel="eventual")) == (400, "Request_UnsupportedQuery")


# Data of the test


@pytest.mark.parametrize(
    "data",
    [
        {"/usres": []},
        {"/users": [{"id": "1", "nonsense": 1}]},
        {"/subscribedSkus": [{"prepaidUnits": {"enabeld": 3}}]},
        {"/organization": [{"mobileDeviceManagementAuthority": "airwatch"}]},
    ],
)
def test_data_that_graph_could_not_have_are_refused(data: dict[str, Any]) -> None:
    with pytest.raises(MissingData):
        Cloud(Tenant(TENANT, graph=data))


def test_undocumented_properties_can_be_admitted(http: requests.Session) -> None:
    tenant = Tenant(
        TENANT,
        apps=(TOOL,),
        graph={"/organization": [{"id": TENANT, "onPremisesSyncStatus": []}]},
        undocumented=frozenset(("onPremisesSyncStatus",)),
    )
    with Cloud(tenant) as cloud:
        bearer = {"Authorization": f"Bearer {cloud.token(TOOL)}"}
        answer = http.get(f"{cloud.graph.url}/v1.0/organization", headers=bearer, timeout=5)
    assert rows(answer)[0]["onPremisesSyncStatus"] == []


def test_the_sku_of_the_sample_is_there(graph: Ask) -> None:
    assert rows(graph("/subscribedSkus?$select=skuId"))[0]["skuId"] == SKU
