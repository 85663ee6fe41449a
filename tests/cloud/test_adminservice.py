"""The AdminService."""

from base64 import b64encode
from collections.abc import Callable

import pytest
import requests

from cloud import AdminServiceServer, App, Cloud, Site, faults
from cloud.sample import ADA, TOOL, site_data
from cloud.wire import html_response

Ask = Callable[..., requests.Response]


@pytest.fixture
def wmi(world: Cloud, http: requests.Session) -> Ask:
    def ask(path: str, **headers: str) -> requests.Response:
        return http.get(f"{world.site.url}/AdminService/wmi/{path}", headers=headers, timeout=5)

    return ask


def test_a_class_is_read_property_by_property(world: Cloud, wmi: Ask) -> None:
    answer = wmi("SMS_Site?$select=SiteCode,Version").json()
    assert answer["@odata.context"].endswith("/AdminService/wmi/$metadata#SMS_Site")
    [site] = answer["value"]
    assert (site["SiteCode"], site["__LAZYPROPERTIES"]) == ("XYZ", [])
    assert "Type" not in site
    assert world.violations == []


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("SMS_Site", 400),
        ("SMS_Site?$select=Nonsense", 400),
        ("sms_site?$select=SiteCode", 404),
        ("SMS_AzureService?$select=Name,ServiceCertificate", 403),
        ("SMS_SCI_Reserved?$select=Name", 403),
        ("SMS_R_User?$select=Name&$filter=UniqueUserName eq 'CONTOSO\\user1'", 400),
        ("SMS_R_User?$select=Name&$filter=Nonsense eq 'x'", 400),
        ("SMS_R_User?$select=Name&$filter=ResourceId eq 'x'", 400),
        ("SMS_R_User?$select=Name&$orderby=Name", 400),
        ("SMS_R_User?$select=Name&$top=many", 400),
        ("../v1.0/Device?$select=Name", 404),
    ],
)
def test_wrong_requests_are_refused_and_noted(
    world: Cloud, wmi: Ask, path: str, status: int
) -> None:
    answer = wmi(path)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, str(status))
    assert len(world.violations) == 1


def test_a_class_that_the_version_does_not_have_is_404_and_no_fault(world: Cloud, wmi: Ask) -> None:
    assert wmi("SMS_CloudSubscription?$select=Name").status_code == 404
    assert world.violations == []


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ("ResourceId eq 3", 1),
        ("startswith(UserPrincipalName,'user1') eq true", 3),
        ("endswith(UserPrincipalName,'contoso.com') and ResourceId gt 5", 6),
        ("startswith(UserPrincipalName,'user1') eq false", 9),
    ],
)
def test_filters(wmi: Ask, condition: str, found: int) -> None:
    answer = wmi(f"SMS_R_User?$select=ResourceId&$filter={condition}")
    assert len(answer.json()["value"]) == found


def test_writes_are_refused_and_noted(world: Cloud, http: requests.Session) -> None:
    answer = http.post(
        f"{world.site.url}/AdminService/wmi/SMS_Site?$select=SiteCode", json={}, timeout=5
    )
    assert answer.status_code == 405
    assert [v.rule for v in world.violations] == ["a write"]


def test_pages_by_skip_by_link_or_for_ever_the_same(world: Cloud, wmi: Ask) -> None:
    def first(path: str) -> object:
        return wmi(f"SMS_R_User?$select=ResourceId{path}").json()["value"][0]["ResourceId"]

    assert (first("&$top=5"), first("&$top=5&$skip=5")) == (0, 5)
    world.site.paging = "ignores-skip"
    assert first("&$top=5&$skip=5") == 0
    world.site.paging, world.site.page = "nextlink", 5
    answer = wmi("SMS_R_User?$select=ResourceId").json()
    assert len(answer["value"]) == 5
    assert answer["@odata.nextLink"].startswith(world.site.url)


def test_the_following_pages_end(world: Cloud, http: requests.Session) -> None:
    world.site.paging, world.site.page = "nextlink", 5
    address, seen = f"{world.site.url}/AdminService/wmi/SMS_R_User?$select=ResourceId", []
    while address:
        answer = http.get(address, timeout=5).json()
        seen += [u["ResourceId"] for u in answer["value"]]
        address = answer.get("@odata.nextLink", "")
    assert seen == list(range(12))


def test_lazy_properties_come_only_by_key(world: Cloud, wmi: Ask) -> None:
    [listed] = wmi("SMS_Collection?$select=CollectionID,CollectionRules").json()["value"]
    assert (listed["CollectionRules"], listed["__LAZYPROPERTIES"]) == (None, ["CollectionRules"])
    path = "SMS_Collection('XYZ00014')?$select=CollectionRules"
    assert wmi(path).json()["value"][0]["CollectionRules"] == [1]
    world.site.keyed_as_list = False
    assert wmi(path).json()["CollectionRules"] == [1]
    assert wmi("SMS_Collection('NONE')?$select=Name").status_code == 404


def test_rows_out_of_scope_are_missing_without_a_word(wmi: Ask, world: Cloud) -> None:
    world.site.site.hidden = {"SMS_R_User": lambda row: row["ResourceId"] > 3}
    answer = wmi("SMS_R_User?$select=ResourceId")
    assert (answer.status_code, len(answer.json()["value"])) == (200, 4)


def test_classes_of_the_tests_own(wmi: Ask) -> None:
    assert wmi("SMS_Oddity?$select=Name&$filter=Number eq 1").json()["value"][0]["Name"] == "odd"


@pytest.mark.parametrize("classes", [{"SMS_Nonsense": []}, {"SMS_Site": [{"Nonsense": 1}]}])
def test_data_that_a_site_could_not_have_are_refused(
    classes: dict[str, list[dict[str, object]]],
) -> None:
    with pytest.raises(LookupError):
        AdminServiceServer(Site(classes=classes))


def test_negotiate_takes_kerberos_and_never_ntlm(world: Cloud, wmi: Ask) -> None:
    world.site.auth = "negotiate"
    world.site.tickets.accepts = lambda ticket: ticket == b"ticket"
    path = "SMS_Site?$select=SiteCode"
    bare = wmi(path)
    assert (bare.status_code, bare.headers["WWW-Authenticate"]) == (401, "Negotiate")
    assert bare.headers["Content-Type"].startswith("text/html")
    assert wmi(path, Authorization="Negotiate " + b64encode(b"ticket").decode()).status_code == 200
    ntlm = b64encode(b"NTLMSSP\x00ticket").decode()
    assert wmi(path, Authorization=f"Negotiate {ntlm}").status_code == 401
    assert wmi(path, Authorization="Negotiate !").status_code == 401


def test_a_token_of_a_person_for_the_server_app_opens_the_token_route(
    world: Cloud, http: requests.Session
) -> None:
    world.site.auth = "bearer"
    app = App(TOOL.client_id)

    def ask(route: str, token: str) -> int:
        address = f"{world.site.url}/{route}/wmi/SMS_Site?$select=SiteCode"
        return http.get(
            address, headers={"Authorization": f"Bearer {token}"}, timeout=5
        ).status_code

    person = world.token_of(ADA, app, "site")
    assert ask("AdminService_TokenAuth", person) == 200
    assert ask("AdminService", person) == 401
    assert ask("AdminService_TokenAuth", world.token_of(ADA, app)) == 401
    assert ask("AdminService_TokenAuth", world.token(app, "site")) == 401
    world.site.app_only = True
    assert ask("AdminService_TokenAuth", world.token(app, "site")) == 200


def test_pages_of_http_sys(world: Cloud, wmi: Ask) -> None:
    world.site.inject("*", faults.Answers(html_response(503, "Service Unavailable")), times=1)
    answer = wmi("SMS_Site?$select=SiteCode")
    assert (answer.status_code, answer.text[:14]) == (503, "<!DOCTYPE HTML")
    assert wmi("SMS_Site?$select=SiteCode").status_code == 200


def test_the_certificate_names_the_provider(world: Cloud) -> None:
    site = Site(
        "cm02.contoso.local", classes=site_data(), more_classes={"SMS_Oddity": ["Name", "Number#"]}
    )
    with AdminServiceServer(site, authority=world.authority) as server:
        assert server.port
