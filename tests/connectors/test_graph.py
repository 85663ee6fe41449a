from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

import msgspec
import pytest

from assess.clouds import CLOUDS
from assess.connectors import Visit
from assess.connectors.graph import GraphConnector, connect
from assess.connectors.http import Client
from assess.connectors.tokens import TokenSource
from assess.engagement import Engagement, engagement_from
from assess.errors import Unavailable
from assess.evidence import Ask
from assess.evidence import graph as asked
from assess.evidence.graph import (
    ApplePushCertificate,
    DepTokens,
    DevicesByTrust,
    Domains,
    EnrollmentGroupMembers,
    Federations,
    GraphList,
    GraphOne,
    IntuneSubscription,
    LastPasswordSync,
    MdmAuthority,
    Organization,
    Perhaps,
    ProvisioningErrors,
    SubscribedSkus,
    SyncedSecurityGroups,
    Users,
    moment,
)
from assess.recording import Recording, encode_answer
from cloud import Cloud, faults
from cloud.authority import Authority
from cloud.graph_errors import claims_challenge
from cloud.sample import (
    ADA,
    BOB,
    DESKTOP,
    GROUP,
    INNER,
    POOR,
    SKU,
    TENANT,
    TOOL,
    graph_data,
)
from cloud.server import Server
from cloud.tenant import Tenant
from cloud.wire import Request, Response, json_response

NOW = datetime(2026, 11, 20, 21, 10, tzinfo=UTC)
RICH = replace(
    TOOL,
    application=TOOL.application | {"Device.Read.All", "Domain-InternalFederation.Read.All"},
)
INNER_DATA: dict[str, Any] = {
    "/deviceManagement/applePushNotificationCertificate": {
        "id": "apns", "appleIdentifier": "mdm@contoso.com", "topicIdentifier": "com.apple.mgmt.External.1",
        "expirationDateTime": "2027-03-01T10:00:00.1234567Z", "certificateUploadFailureReason": None,
    },
    "/devices": [
        {"id": f"dddddddd-0000-4000-8000-{n:012d}", "displayName": f"PC{n}", "trustType": "ServerAd" if n < 3 else "AzureAd"}
        for n in range(5)
    ],
}


def customer(**more: Any) -> Cloud:
    data = graph_data() | INNER_DATA
    data["/domains"] = [
        {"id": "contoso.com", "isVerified": True, "isInitial": False, "isDefault": True, "authenticationType": "Federated",
         "supportedServices": ["Email", "Intune"],
         "federationConfiguration": [{"id": "f1", "passiveSignInUri": "https://adfs.contoso.com/adfs/ls/", "issuerUri": "http://adfs.contoso.com/adfs/services/trust"}]},
        {"id": "contoso.onmicrosoft.com", "isVerified": True, "isInitial": True, "authenticationType": "Managed", "supportedServices": []},
    ]
    data["/organization"][0] |= {"onPremisesLastSyncDateTime": "2026-11-20T20:55:00Z", "onPremisesLastPasswordSyncDateTime": "2026-11-20T20:56:00Z"}
    data |= more
    tenant = Tenant(TENANT, domains=("contoso.com",), apps=(RICH, POOR, DESKTOP), graph=data)
    return Cloud(tenant, people=[ADA, BOB])


@pytest.fixture
def world() -> Iterator[Cloud]:
    with customer() as cloud:
        yield cloud


class Known:
    def __init__(self, **answers: Any) -> None:
        self.answers = answers

    def key(self, name: str) -> Any:
        return {"tenant.id": TENANT, "mdm.enrollment_group_ids": [GROUP]}[name]

    def answer(self, ask: Ask) -> Any:
        return self.answers[type(ask).__name__]


def visit_to(folder: Path, known: Known | None = None) -> Visit:
    return Visit(known=known or Known(), clock=lambda: NOW, tables=folder)


def reader(world: Cloud, *, secret: str = "right", client_id: str = RICH.client_id, method: str = "client-secret", **options: Any) -> GraphConnector:
    settings: dict[str, Any] = {"ca_file": world.ca_file, "sleep": lambda _: None, "connect_timeout": 3, "read_timeout": 3, "deadline": 5}
    client = Client(**(settings | options))
    world.login.interval = 0
    world.login.auto_sign_in = (ADA, 0)
    tokens = TokenSource(
        method=method, login=world.login.url, tenant=TENANT, client=Client(ca_file=world.ca_file),
        client_id=client_id, secret=lambda: secret, tell=lambda _: None,
    )
    return GraphConnector(root=world.graph.url, resource="https://graph.microsoft.com", client=client, tokens=lambda: tokens)


@pytest.fixture
def fetch(world: Cloud, tmp_path: Path) -> Callable[..., Any]:
    def ask(question: Ask, *, known: Known | None = None, **options: Any) -> Any:
        visit = visit_to(tmp_path, known)
        return reader(world, **options).fetch(question.bind(visit.known), visit)

    return ask


# -- what is asked, and what is answered --


def test_every_question_is_one_that_graph_knows(world: Cloud, fetch: Callable[..., Any]) -> None:
    assert [d.id for d in fetch(Domains())] == ["contoso.com", "contoso.onmicrosoft.com"]
    assert fetch(Domains())[0].services == {"email", "intune"}
    assert fetch(Domains())[0].federated
    tenant = fetch(Organization())
    assert tenant.on_premises_sync_enabled is True
    assert moment(tenant.on_premises_last_sync_date_time) == datetime(2026, 11, 20, 20, 55, tzinfo=UTC)
    assert moment(fetch(LastPasswordSync()).on_premises_last_password_sync_date_time) is not None
    assert fetch(MdmAuthority()).mobile_device_management_authority == "intune"
    assert fetch(SubscribedSkus())[0].sku_id == SKU
    assert fetch(IntuneSubscription()).subscription_state == "active"
    assert fetch(DepTokens())[0].token_type == "dep"
    assert fetch(DevicesByTrust()) == {"AzureAd": 2, "ServerAd": 3, "Workplace": 0}
    assert fetch(SyncedSecurityGroups()) == 0
    assert len(fetch(ProvisioningErrors())) == 0
    certificate = fetch(ApplePushCertificate()).found
    assert certificate.apple_identifier == "mdm@contoso.com"
    assert certificate.certificate_upload_failure_reason is None
    assert certificate.certificate_serial_number is None
    federated = fetch(Federations(), known=Known(Domains=fetch(Domains())))
    assert federated["contoso.com"][0].passive_sign_in_uri == "https://adfs.contoso.com/adfs/ls/"
    assert list(federated) == ["contoso.com"]
    assert world.violations == []
    assert {r.method for r in world.graph.requests} == {"GET"}


def test_users_go_to_a_table_page_by_page(world: Cloud, tmp_path: Path) -> None:
    world.graph.pages["/users"] = [7, 0, 9, 1]
    visit = visit_to(tmp_path)
    users = reader(world).fetch(Users(), visit)
    assert len(users) == 25
    assert sum(user.on_premises_sync_enabled is True for user in users) == 12
    assert [u.user_principal_name for u in users][:2] == ["user0@contoso.local", "user1@contoso.com"]
    assert visit.requests == len(world.graph.requests) > 4
    assert visit.notes[-1].value == "25 items"
    assert encode_answer(users) == msgspec.Raw(b'{"table":"graph.users","rows":25}')
    assert world.violations == []


def test_members_of_groups_are_gathered_once(world: Cloud, fetch: Callable[..., Any]) -> None:
    gone = "aaaaaaaa-0000-4000-8000-00000000dead"
    world.graph.pages["/groups/{}/transitivemembers"] = 1
    gathered = fetch(EnrollmentGroupMembers((GROUP, INNER, gone)))
    assert sorted(u.user_principal_name for u in gathered.rows) == ["user0@contoso.local", "user1@contoso.com"]
    assert gathered.absent == (gone,)
    assert world.violations == []


def test_an_answer_is_the_same_after_recording(world: Cloud, fetch: Callable[..., Any]) -> None:
    for question in (Domains(), Organization(), SubscribedSkus(), ApplePushCertificate(), DepTokens(), DevicesByTrust(), MdmAuthority(), Users(), EnrollmentGroupMembers()):
        answer = fetch(question)
        with Recording(engagement(world, Path()), as_of=NOW, started_at=NOW, finished_at=NOW) as recording:
            raw = encode_answer(answer)
            again = msgspec.json.decode(raw, type=question.answer, dec_hook=asked_tables(recording))
        assert again == answer


def asked_tables(recording: Recording) -> Any:
    from assess.evidence import table_reader

    return table_reader(recording.tables)


def engagement(world: Cloud, folder: Path) -> Engagement:
    return engagement_from(
        {
            "engagement": {"name": "c", "scenarios": ["hybrid-mdm"]},
            "tenant": {
                "id": TENANT, "endpoints": world.endpoints, "ca_file": str(world.ca_file),
                "auth": {"method": "client-secret", "client_id": RICH.client_id, "client_secret": {"env": "ASSESS_TEST_SECRET"}},
            },
        },
        file="e.toml", folder=folder,
    )


def test_the_engagement_file_leads_to_the_tenant(world: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSESS_TEST_SECRET", "right")
    connector = connect(engagement(world, tmp_path))
    assert world.login.requests == []
    assert connector.answers(Domains())
    assert len(connector.fetch(Domains(), visit_to(tmp_path))) == 2
    connector.close()


def test_the_probe_reaches_graph_and_tells_what_is_held(world: Cloud, tmp_path: Path) -> None:
    said = reader(world).probe(visit_to(tmp_path))
    assert said.startswith("reached Contoso, signed in as the application ")
    assert "Domain.Read.All" in said
    assert reader(world).held() == RICH.application
    poor = reader(world, client_id=POOR.client_id)
    assert "whose name it may not read" in poor.probe(visit_to(tmp_path))
    assert poor.held() == frozenset()
    world.graph.inject("*", faults.error(401, "InvalidAuthenticationToken", "no"))
    with pytest.raises(Unavailable, match="does not accept the token"):
        reader(world).probe(visit_to(tmp_path))
    person = reader(world, method="device-code", client_id=DESKTOP.client_id)
    assert person.held() == DESKTOP.delegated


def test_a_singleton_may_be_wrapped(world: Cloud, fetch: Callable[..., Any]) -> None:
    world.graph.wrapped_singletons = True
    assert fetch(ApplePushCertificate()).found.apple_identifier == "mdm@contoso.com"
    assert fetch(IntuneSubscription()).subscription_state == "active"


def test_no_push_certificate_is_an_answer(tmp_path: Path) -> None:
    data = {k: v for k, v in graph_data().items() if "apple" not in k}
    with Cloud(Tenant(TENANT, apps=(RICH,), graph=data)) as world:
        visit = visit_to(tmp_path)
        assert reader(world).fetch(ApplePushCertificate(), visit) == Perhaps(None)
        assert visit.notes[0].value == "there is none (404)"


def test_beta_is_asked_for_what_v1_leaves_out(world: Cloud, fetch: Callable[..., Any]) -> None:
    world.graph.inject("/v1.0/organization/*", faults.status(200, {"id": TENANT}))
    assert fetch(MdmAuthority()).mobile_device_management_authority == "intune"


def test_a_list_of_several_where_there_should_be_one(world: Cloud, fetch: Callable[..., Any]) -> None:
    for value in ([], [{"id": "1"}, {"id": "2"}]):
        world.graph.heal()
        world.graph.inject("/v1.0/organization", faults.status(200, {"value": value}))
        with pytest.raises(Unavailable, match="not one"):
            fetch(Organization())


def test_dates_at_the_ends_of_time(world: Cloud, fetch: Callable[..., Any]) -> None:
    world.graph.inject("*/applePushNotificationCertificate", faults.status(200, {"expirationDateTime": "0001-01-01T00:00:00Z", "lastModifiedDateTime": "9999-12-31T23:59:59.9999999Z"}))
    found = fetch(ApplePushCertificate()).found
    assert moment(found.expiration_date_time) is None
    assert found.last_modified_date_time == datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)
    assert moment(found.last_modified_date_time) is None


def test_notes_tell_where_and_what(world: Cloud, tmp_path: Path) -> None:
    visit = visit_to(tmp_path)
    reader(world).fetch(Domains(), visit)
    [count, first, _] = visit.notes
    assert count.location == "GET /v1.0/domains?$select=id,isVerified,isInitial,isDefault,authenticationType,supportedServices"
    assert count.value == "2 items"
    assert first.about == "contoso.com"
    assert "isVerified: true" in first.value


# -- refusals --


def test_each_missing_permission_is_named(world: Cloud, fetch: Callable[..., Any]) -> None:
    domains = fetch(Domains())
    for question in (Domains(), Organization(), LastPasswordSync(), SubscribedSkus(), MdmAuthority(), IntuneSubscription(), Users(), DevicesByTrust(), DepTokens(), ApplePushCertificate(), SyncedSecurityGroups(), EnrollmentGroupMembers(), Federations()):
        with pytest.raises(Unavailable) as caught:
            fetch(question, client_id=POOR.client_id, known=Known(Domains=domains))
        assert question.permissions[0] in caught.value.reason, question
        assert "application permission" in caught.value.reason
        assert question.permissions[0] in caught.value.mend


def test_the_declared_permissions_are_enough_and_not_too_many(tmp_path: Path) -> None:
    for question in (Domains(), Organization(), LastPasswordSync(), SubscribedSkus(), MdmAuthority(), IntuneSubscription(), Users(), DevicesByTrust(), DepTokens(), ApplePushCertificate(), SyncedSecurityGroups(), EnrollmentGroupMembers(), Federations(("contoso.com",))):
        app = replace(RICH, application=frozenset(question.permissions))
        with customer() as world:
            world.tenant.apps = (app,)
            visit = visit_to(tmp_path)
            bound = question if isinstance(question, Federations) else question.bind(visit.known)
            reader(world).fetch(bound, visit)
            assert all(p.endswith(".Read.All") for p in question.permissions)


def test_intune_means_403_when_it_says_401(world: Cloud, fetch: Callable[..., Any]) -> None:
    world.graph.intune_401 = True
    with pytest.raises(Unavailable, match=r"401 UnknownError.*DeviceManagementServiceConfig.Read.All is missing"):
        fetch(DepTokens(), client_id=POOR.client_id)


def test_a_person_without_a_role_in_intune(world: Cloud, tmp_path: Path) -> None:
    world.tenant.apps = (replace(DESKTOP, delegated=frozenset({"DeviceManagementServiceConfig.Read.All"})),)
    connector = reader(world, method="device-code", client_id=DESKTOP.client_id)
    world.login.auto_sign_in = (BOB, 0)
    with pytest.raises(Unavailable, match="is granted: the person needs a role"):
        connector.fetch(DepTokens(), visit_to(tmp_path))


def test_a_tenant_without_intune_is_told_apart(world: Cloud, fetch: Callable[..., Any]) -> None:
    world.tenant.has_intune = False
    with pytest.raises(Unavailable, match="the tenant has no Intune"):
        fetch(IntuneSubscription())
    assert len(fetch(Domains())) == 2


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (faults.error(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation."), "although Domain.Read.All is granted"),
        (faults.error(403, "Forbidden", "Tenant does not have a premium license."), "lacks the licence"),
        (faults.error(401, "InvalidAuthenticationToken", "Lifetime validation failed, the token is expired."), "does not accept the token"),
        (faults.error(400, "BadRequest", "Could not find a property named 'isVerified' on type 'x'."), "does not know /v1.0/domains"),
        (faults.error(400, "BadRequest", "Resource not found for the segment 'domains'."), "does not know /v1.0/domains"),
        (faults.error(404, "Request_ResourceNotFound", "Resource 'x' does not exist"), "does not find"),
        (faults.error(400, "Request_UnsupportedQuery", "Unsupported."), "rejects the request"),
        (faults.error(501, "NotSupported", "This feature is retired."), "is retired"),
        (faults.error(400, "", "x"), "answered 400"),
        (faults.html(403), "403"),
        (faults.empty(403), "403"),
        (faults.status(403, {"error": "text"}), "403"),
        (faults.status(403, {"error": {"code": None, "innererror": {"code": "Inner"}}}), "403 Inner"),
        (faults.status(418, {}), "answered 418"),
        (faults.throttled("1"), "kept asking to slow down"),
        (faults.intune_rate_limit(), "is in trouble"),
        (faults.empty(), "not what was asked for"),
        (faults.invalid_json(), "not what was asked for"),
        (faults.html(200), "not what was asked for"),
        (faults.status(200, {"value": [{"id": 7, "isVerified": True}]}), "not what was asked for"),
        (faults.status(200, {"value": None}), "not what was asked for"),
        (faults.status(200, {}), "not what was asked for"),
        (faults.redirected("https://evil.test/"), "sends elsewhere"),
        (faults.Truncated(), "broke off"),
        (faults.resets(), "broke off"),
        (faults.Oversized(3_000_000), "sends more than"),
        (faults.Drips(pause=0.05), "did not finish"),
        (faults.hangs(), "did not finish"),
    ],
)
def test_a_refusal_or_a_fault_is_no_answer(world: Cloud, fetch: Callable[..., Any], fault: faults.Fault, words: str) -> None:
    world.graph.inject("/v1.0/domains", fault)
    with pytest.raises(Unavailable, match=words) as caught:
        fetch(Domains(), attempts=3, read_timeout=0.3, deadline=0.5, largest=1 << 20)
    assert "eyJ" not in caught.value.reason + caught.value.mend


def test_throttling_is_waited_out_page_by_page(world: Cloud, fetch: Callable[..., Any]) -> None:
    slept: list[float] = []
    world.graph.pages["/users"] = 5
    world.graph.inject("/v1.0/users", faults.InTurn([None, faults.throttled("3"), None, faults.throttled(), faults.status(503), None]))
    assert len(fetch(Users(), sleep=slept.append)) == 25
    assert slept[0] == 3
    assert len(slept) == 3


def test_a_failed_second_page_is_not_a_short_list(world: Cloud, fetch: Callable[..., Any]) -> None:
    world.graph.pages["/users"] = 5
    world.graph.inject("/v1.0/users", faults.error(403, "Forbidden", "no"), after=2)
    with pytest.raises(Unavailable):
        fetch(Users())
    world.graph.heal()
    world.graph.pages["/groups/{}/transitivemembers"] = 1
    assert len(fetch(EnrollmentGroupMembers()).rows) == 2
    world.graph.inject("*/transitiveMembers/*", faults.error(404, "Request_ResourceNotFound", "gone"), after=1)
    with pytest.raises(Unavailable, match="does not find"):  # nor does a group vanish half way
        fetch(EnrollmentGroupMembers())


@pytest.mark.parametrize(
    ("link", "words"),
    [
        ("https://evil.test/v1.0/domains", "another host"),
        ("http://localhost/v1.0/domains", "another host"),
        ("/v1.0/domains?x", "another host"),
        ("https://graph@evil.test/", "another host"),
        (None, "in a circle"),
    ],
)
def test_a_next_link_is_not_trusted(world: Cloud, fetch: Callable[..., Any], link: str | None, words: str) -> None:
    world.graph.inject("/v1.0/domains", faults.NextLink(link))
    with pytest.raises(Unavailable, match=words):
        fetch(Domains())
    assert len(world.graph.requests) == 1


def test_a_count_is_a_number_or_nothing(world: Cloud, fetch: Callable[..., Any]) -> None:
    for body, wanted in ((b"\xef\xbb\xbf12\r\n", 12), (b"0", 0)):
        world.graph.heal()
        world.graph.inject("/v1.0/groups/$count", faults.Answers(Response(200, body, {"Content-Type": "text/plain"})))
        assert fetch(SyncedSecurityGroups()) == wanted
    for body in (b"", b"many", b"-1", b"1e9", b"<html>"):
        world.graph.heal()
        world.graph.inject("/v1.0/groups/$count", faults.Answers(Response(200, body, {"Content-Type": "text/plain"})))
        with pytest.raises(Unavailable, match="no number"):
            fetch(SyncedSecurityGroups())


def test_another_authority_is_not_trusted(world: Cloud, fetch: Callable[..., Any]) -> None:
    other = Authority("Another")
    with pytest.raises(Unavailable, match="is not trusted"):
        fetch(Domains(), ca_file=other.ca_file)
    assert world.graph.requests == []


def test_a_challenge_is_answered_once(world: Cloud, fetch: Callable[..., Any]) -> None:
    challenge = claims_challenge('{"access_token":{"nbf":{"essential":true,"value":"1"}}}')
    world.graph.inject("/v1.0/domains", faults.Answers(challenge.response(None)), times=1)
    assert len(fetch(Domains())) == 2
    world.graph.inject("/v1.0/domains", faults.Answers(challenge.response(None)))
    with pytest.raises(Unavailable, match="does not accept the token"):
        fetch(Domains())


def test_a_long_sweep_outlives_its_token(tmp_path: Path) -> None:
    with customer() as world:
        world.graph.pages["/users"] = 5
        world.issuer.life = 200  # with less than five minutes left it is renewed
        assert len(reader(world).fetch(Users(), visit_to(tmp_path))) == 25
        assert len([r for r in world.login.requests if r.path.endswith("/token")]) >= 5
        assert world.violations == []


# -- who may ask what --


class Policy(msgspec.Struct, frozen=True, rename="camel"):
    id: str
    applies_to: asked.Text = msgspec.UNSET


class Policies(GraphList, frozen=True):
    answer: ClassVar[Any] = tuple[Policy, ...]
    version: ClassVar[Any] = "beta"
    path: ClassVar[str] = "/policies/mobileDeviceManagementPolicies"
    item: ClassVar[Any] = Policy
    permissions: ClassVar[Any] = ("Policy.Read.All",)
    delegated_only: ClassVar[bool] = True


def test_what_only_a_person_may_ask_is_not_asked_by_an_application(world: Cloud, fetch: Callable[..., Any]) -> None:
    with pytest.raises(Unavailable, match=r"delegated Policy\.Read\.All; this run signs in as an application"):
        fetch(Policies())
    assert world.graph.requests == []
    [policy] = fetch(Policies(), method="device-code", client_id=DESKTOP.client_id)
    assert policy.applies_to == "selected"


class Segment(GraphOne, frozen=True):
    answer: ClassVar[Any] = Policy
    path: ClassVar[str] = "/groups/{group}"
    item: ClassVar[Any] = Policy
    group: str


@pytest.mark.parametrize("value", ["..", ".", ""])
def test_no_path_leads_elsewhere(fetch: Callable[..., Any], world: Cloud, value: str) -> None:
    with pytest.raises(Unavailable, match="names nothing"):
        fetch(Segment(value))
    assert world.graph.requests == []


def test_what_is_put_in_is_encoded() -> None:
    assert Segment("a/b?c#d%e'f").url() == "/v1.0/groups/a%2Fb%3Fc%23d%25e%27%27f?$select=id,appliesTo"
    assert DevicesByTrust().url("x' or 1 eq 1+#&") == "/v1.0/devices/$count?$filter=trustType%20eq%20'x''%20or%201%20eq%201%2B%23%26'"


# -- national clouds --


class Anything(Server):
    """Gives a token to anybody, and a domain."""

    def answer(self, request: Request) -> Response:
        if request.path.endswith("openid-configuration"):
            at = request.root + request.path.partition("/v2.0/")[0]
            return json_response({"authorization_endpoint": f"{at}/oauth2/v2.0/authorize", "token_endpoint": f"{at}/oauth2/v2.0/token", "issuer": f"{at}/v2.0"})
        if request.path.endswith("/token"):
            return json_response({"access_token": "opaque", "expires_in": 3600, "token_type": "Bearer", "scope": request.form["scope"]})
        return json_response({"value": []})


@pytest.mark.parametrize("name", list(CLOUDS))
def test_each_cloud_has_its_own_hosts_and_tokens(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSESS_TEST_SECRET", "right")
    cloud = CLOUDS[name]
    with Anything() as service:
        here = f"127.0.0.1:{service.port}"
        routes = {f"{url.removeprefix('https://')}:443": here for url in (cloud.login, cloud.graph)}
        described = engagement_from(
            {
                "engagement": {"name": "c", "scenarios": ["hybrid-mdm"]},
                "tenant": {
                    "id": TENANT, "cloud": name, "ca_file": str(service.authority.ca_file),
                    "auth": {"method": "client-secret", "client_id": RICH.client_id, "client_secret": {"env": "ASSESS_TEST_SECRET"}},
                },
                "network": {"connect_to": routes},
            },
            file="e.toml", folder=tmp_path,
        )
        assert connect(described).fetch(Domains(), visit_to(tmp_path)) == ()
        hosts = {r.headers["host"] for r in service.requests}
        assert hosts == {cloud.login.removeprefix("https://"), cloud.graph.removeprefix("https://")}
        [form] = [r.body for r in service.requests if r.path.endswith("/token")]
        assert f"scope={cloud.graph}/.default" in form


def test_the_simulator_agrees_on_the_clouds() -> None:
    from cloud.tenant import CLOUDS as TRUE

    for name, cloud in CLOUDS.items():
        true = TRUE[name]
        assert (cloud.login, cloud.graph, cloud.arm, cloud.arm_resource) == (
            f"https://{true.login}", f"https://{true.graph}", f"https://{true.arm}", true.arm_resource,
        )


def test_a_blank_is_no_answer(world: Cloud, fetch: Callable[..., Any]) -> None:
    world.tenant.apps = (replace(RICH, application=frozenset({"User.ReadBasic.All", "GroupMember.Read.All"})),)
    for question in (Users(), EnrollmentGroupMembers()):
        with pytest.raises(Unavailable, match=r"with blanks: the permission .*User\.Read\.All is missing"):
            fetch(question)
    world.tenant.apps = (replace(DESKTOP, delegated=frozenset({"User.Read"})),)
    with pytest.raises(Unavailable, match=r"with blanks: the permission Organization.Read.All"):
        fetch(Organization(), method="device-code", client_id=DESKTOP.client_id)
