"""The AdminService connector against a provider on loopback that keeps to the published contract."""

import re
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from msgspec import UNSET

from assess.collect import collect
from assess.connectors import Visit
from assess.connectors.adminservice import AdminService, connect
from assess.connectors.http import Client
from assess.connectors.negotiate import schemes
from assess.connectors.provider_classes import READABLE
from assess.connectors.provider_rows import ENOUGH_RIGHTS
from assess.engagement import Engagement, engagement_from
from assess.errors import Unavailable
from assess.evidence import Ask
from assess.evidence import adminservice as evidence
from assess.evidence.adminservice import (
    AzureService,
    AzureServices,
    CollectionMembers,
    DiscoveredUsers,
    Identification,
    Instances,
    MayBeTrimmed,
    NotAUser,
    SeesEverything,
    Sites,
    Trimmed,
    UserMember,
    properties,
)
from assess.recording import Recording
from cloud import (
    AdminServiceServer,
    Authority,
    Cloud,
    Site,
    Tenant,
    default_authority,
    faults,
)
from cloud.sample import ADA, DESKTOP, TENANT, TOOL
from cloud.site_classes import SECRET_CLASSES, known_classes
from cloud.wire import Json, html_response

NOW = datetime(2026, 11, 20, 21, 10, tzinfo=UTC)
Rows = Sequence[Mapping[str, Json]]

SITE: Rows = [{"SiteCode": "PS1", "Type": 2, "Version": "5.00.9141.1000", "BuildNumber": 9141}]
GATEWAY: Rows = [
    {
        "AzureServiceID": 1,
        "ServiceType": "CloudProxyService",
        "Name": "contosocmg",
        "Fqdn": "contosocmg.westeurope.cloudapp.azure.com",
        "ServiceCName": "cmg.contoso.com",
        "State": 0,
    }
]


def user(number: int, upn: str | None = "") -> dict[str, Json]:
    """A discovered user; by default with a UPN of contoso.com."""
    name = f"user{number}@contoso.com" if upn == "" else upn
    return {"ResourceId": number, "UniqueUserName": f"CONTOSO\\user{number}", "UserPrincipalName": name}


def all_users(count: int) -> dict[str, Json]:
    return {"CollectionID": "SMS00002", "Name": "All Users", "CollectionType": 1, "MemberCount": count}


def site(**classes: Rows) -> Site:
    return Site("localhost", classes={"SMS_Site": SITE, **classes})


class NothingKnown:
    """A visit whose question requires no other."""

    def key(self, name: str) -> Any:
        raise AssertionError(name)

    def answer(self, ask: Ask) -> Any:
        raise AssertionError(ask)


@pytest.fixture
def visit(tmp_path: Path) -> Visit:
    return Visit(known=NothingKnown(), clock=lambda: NOW, tables=tmp_path)


def engagement(server: AdminServiceServer, **keys: str) -> Engagement:
    section = {
        "adminservice": f"{server.url}/AdminService",
        "ca_file": str(server.authority.ca_file),
        "auth": {"method": "none"},
        **keys,
    }
    data = {"engagement": {"name": "contoso", "scenarios": ["co-management-pki"]}, "site": section}
    return engagement_from(data, file="contoso.toml", folder=Path())


def quick(server: AdminServiceServer, **options: Any) -> Callable[..., Client]:
    """Clients that do not really wait between attempts."""

    def make(**given: Any) -> Client:
        return Client(
            ca_file=server.authority.ca_file, sleep=lambda _seconds: None, **{**given, **options}
        )

    return make


@contextmanager
def serving(what: Site, **options: Any) -> Iterator[tuple[AdminServiceServer, AdminService]]:
    """A site's provider and a connector that reads it without a sign-in."""
    role = options.pop("role", "")
    with AdminServiceServer(what) as server:
        connector = AdminService(
            f"{server.url}/AdminService", client=quick(server, **options), method="none", role=role
        )
        try:
            yield server, connector
        finally:
            connector.close()


def refused(connector: AdminService, ask: Ask, visit: Visit) -> Unavailable:
    with pytest.raises(Unavailable) as caught:
        connector.fetch(ask, visit)
    return caught.value


# -- what is asked ---------------------------------------------------------------------------------


def questions() -> list[type[Instances]]:
    def below(kind: type[Instances]) -> Iterator[type[Instances]]:
        for one in kind.__subclasses__():
            yield one
            yield from below(one)

    return [kind for kind in below(Instances) if kind.__module__ == evidence.__name__]


def test_no_question_and_no_entry_of_the_list_names_a_secret() -> None:
    secret = {name: kind.secret for name, kind in known_classes().items() if kind.secret}
    assert secret["SMS_AAD_Application_Ex"] == {"SecretKey"}
    assert "ServiceCertificate" in secret["SMS_AzureService"]
    assert not SECRET_CLASSES & READABLE.keys()
    for name, readable in READABLE.items():
        assert not readable & secret.get(name, frozenset())
    asked = {kind.provider_class: set(properties(kind.row)) for kind in questions()}
    assert "SMS_AzureService" in asked
    for name, select in asked.items():
        assert select <= READABLE[name]


@pytest.mark.parametrize(
    ("provider_class", "named"),
    [
        ("SMS_AAD_Application_Ex", ("Name", "SecretKey")),
        ("SMS_AzureService", ("Name", "ServiceCertificate")),
        ("SMS_SCI_Reserved", ("ItemName",)),
        ("SMS_Site", ()),
        ("SMS_Site?$select=SiteCode&x=", ("SiteCode",)),
    ],
)
def test_a_question_beyond_the_list_is_never_sent(
    provider_class: str, named: tuple[str, ...], visit: Visit
) -> None:
    row_type = msgspec.defstruct("Row", [(name, str) for name in named], frozen=True)

    class Forbidden(Instances, frozen=True):
        pass

    Forbidden.provider_class, Forbidden.row = provider_class, row_type
    with serving(site()) as (server, connector):
        assert "not among what this tool may read" in refused(connector, Forbidden(), visit).reason
        assert server.requests == []


def test_a_pack_of_its_own_may_ask_for_a_listed_class(visit: Visit) -> None:
    class Feature(msgspec.Struct, frozen=True, rename="pascal"):
        name: str
        status: int

    class Features(Instances, frozen=True):
        provider_class = "SMS_CM_UpdateFeatures"
        row = Feature

    with serving(site(SMS_CM_UpdateFeatures=[{"Name": "CMG", "Status": 1}])) as (_, connector):
        answer = connector.fetch(Features(), visit)
    assert list(answer) == [Feature("CMG", 1)]
    assert visit.notes[0].value == '{"Name":"CMG","Status":1}'


def test_every_request_is_a_get_with_a_select_and_breaks_no_rule(visit: Visit) -> None:
    users: Rows = [user(n) for n in range(5)]
    members: Rows = [{"CollectionID": "PS100014", "ResourceID": n, "Name": f"u{n}"} for n in range(5)]
    what = site(
        SMS_R_User=users, SMS_Collection=[all_users(5)], SMS_FullCollectionMembership=members,
        SMS_AzureService=GATEWAY, SMS_Identification=[{"ThisSiteCode": "PS1"}],
    )  # fmt: skip
    with serving(what) as (server, connector):
        for ask in (Sites(), AzureServices(), Identification(), DiscoveredUsers()):
            connector.fetch(ask, visit)
        assert server.violations == []
        assert {request.method for request in server.requests} == {"GET"}
        assert all(request.query.get("$select") for request in server.requests)
        assert visit.requests == len(server.requests)


# -- answers ---------------------------------------------------------------------------------------


def test_azure_services_are_typed_and_noted(visit: Visit) -> None:
    with serving(site(SMS_AzureService=GATEWAY)) as (server, connector):
        answer = connector.fetch(AzureServices(), visit)
        base = server.url
    [gateway] = answer
    assert gateway.is_gateway
    assert not gateway.is_distribution_point
    assert all(gateway.known_as(name) for name in ("ContosoCMG", "cmg.contoso.com."))
    assert not gateway.known_as("")
    assert [(note.location, note.value) for note in visit.notes] == [
        (
            f"{base}/AdminService/wmi/SMS_AzureService",
            (
                "CloudProxyService, contosocmg, contosocmg.westeurope.cloudapp.azure.com, "
                "cmg.contoso.com, state 0"
            ),
        )
    ]
    again = msgspec.json.decode(msgspec.json.encode(answer), type=AzureServices.answer)
    assert again == answer


def test_a_property_that_is_null_and_one_that_did_not_come_stay_apart(visit: Visit) -> None:
    body = {"value": [{"Name": "one", "Fqdn": None}]}
    with serving(site(SMS_AzureService=[])) as (server, connector):
        server.inject("*/SMS_AzureService", faults.status(200, body))
        [service] = connector.fetch(AzureServices(), visit)
    assert (service.fqdn, service.state) == (None, UNSET)
    assert msgspec.json.decode(msgspec.json.encode(service), type=AzureService) == service


def test_what_the_site_answers_to_a_static_method_is_an_answer_too(visit: Visit) -> None:
    with serving(site()) as (server, connector):
        server.inject("*/SMS_Identification", faults.status(201, {"value": [{"ThisSiteCode": "PS1"}]}))
        [this] = connector.fetch(Identification(), visit)
    assert this.this_site_code == "PS1"


# -- paging ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("paging", ["skip", "nextlink"])
@pytest.mark.parametrize("count", [0, 1, 999, 1000, 1001, 2500])
def test_a_list_of_any_length_comes_whole(
    paging: Any, count: int, visit: Visit
) -> None:
    with serving(site(SMS_R_User=[user(n) for n in range(count)])) as (server, connector):
        server.paging = paging
        answer = connector.fetch(DiscoveredUsers(), visit)
    assert [one.resource_id for one in answer.rows] == list(range(count))
    assert server.violations == []


def test_pages_shorter_than_asked_for_are_no_end(visit: Visit) -> None:
    with serving(site(SMS_R_User=[user(n) for n in range(7)])) as (server, connector):
        server.paging, server.page = "nextlink", 2  # caps each page, and says so only where unasked
        answer = connector.fetch(DiscoveredUsers(), visit)
    assert len(answer.rows) == 7


def test_a_link_to_the_next_page_is_followed_as_it_is(visit: Visit) -> None:
    pages = [[user(1)], [], [user(2)]]
    with serving(site(SMS_R_User=[])) as (server, connector):
        link = f"{server.url}/AdminService/wmi/SMS_R_User?$skiptoken=opaque%2Bvalue"
        bodies: list[Json] = [{"value": page, "@odata.nextLink": f"{link}{n}"} for n, page in enumerate(pages)]
        del bodies[-1]["@odata.nextLink"]
        server.inject("*/SMS_R_User", faults.InTurn([faults.status(200, body) for body in bodies]))
        answer = connector.fetch(DiscoveredUsers(), visit)
        targets = [r.query for r in server.requests if r.path.endswith("SMS_R_User")]
    assert [one.resource_id for one in answer.rows] == [1, 2]
    assert [query.get("$skiptoken") for query in targets] == [None, "opaque+value0", "opaque+value1"]


@pytest.mark.parametrize(
    ("link", "reason"),
    [
        ("https://evil.example/AdminService/wmi/SMS_R_User?$skip=1", "leads to another server"),
        ("https://user:pw@localhost/x", "leads to another server"),
        (None, "leads in a circle"),
    ],
)
def test_a_link_that_leads_astray_is_not_followed(
    link: str | None, reason: str, visit: Visit
) -> None:
    with serving(site(SMS_R_User=[user(1)])) as (server, connector):
        server.inject("*/SMS_R_User", faults.NextLink(link))
        error = refused(connector, DiscoveredUsers(), visit)
    assert reason in error.reason
    assert "pw" not in error.reason


def test_a_server_that_ignores_skip_is_found_out(visit: Visit) -> None:
    with serving(site(SMS_R_User=[user(n) for n in range(1500)])) as (server, connector):
        server.paging = "ignores-skip"
        error = refused(connector, DiscoveredUsers(), visit)
    assert "ignores $skip" in error.reason
    assert "SMS_R_User" in error.reason


@pytest.mark.parametrize("fault", [None, faults.error(400, "400", "$skip is not supported.")])
def test_a_server_without_skip_is_no_obstacle_to_a_short_list(
    fault: faults.Fault | None, visit: Visit
) -> None:
    with serving(site(SMS_R_User=[user(n) for n in range(3)])) as (server, connector):
        server.paging = "ignores-skip"
        if fault is not None:
            server.inject("*/SMS_R_User", fault, when=lambda request: "$skip" in request.query)
        answer = connector.fetch(DiscoveredUsers(), visit)
    assert len(answer.rows) == 3


def test_a_list_that_shifts_while_it_is_read_counts_nobody_twice(visit: Visit) -> None:
    first = [user(n) for n in range(1000)]
    pages: list[faults.Fault | None] = [
        faults.status(200, {"value": rows}) for rows in (first, [user(999), user(1000)], [])
    ]
    with serving(site(SMS_R_User=[])) as (server, connector):
        server.inject("*/SMS_R_User", faults.InTurn(pages))
        answer = connector.fetch(DiscoveredUsers(), visit)
    assert [one.resource_id for one in answer.rows] == list(range(1001))


def test_a_second_page_that_is_refused_is_no_short_list(visit: Visit, tmp_path: Path) -> None:
    with serving(site(SMS_R_User=[user(n) for n in range(1500)])) as (server, connector):
        server.inject("*/SMS_R_User", faults.error(403, "403", "Access denied."), after=1)
        error = refused(connector, DiscoveredUsers(), visit)
    assert "refuses this account (403): Access denied." in error.reason
    assert error.mend == ENOUGH_RIGHTS


# -- how much the account sees -----------------------------------------------------------------------


def test_nobody_knows_what_an_account_of_unknown_role_does_not_see(visit: Visit) -> None:
    with serving(site(SMS_AzureService=[])) as (_, connector):
        answer = connector.fetch(AzureServices(), visit)
    assert (len(answer), answer.sees.complete) == (0, False)
    assert isinstance(answer.sees, MayBeTrimmed)
    assert "Read-only Analyst" in answer.sees.mend
    assert visit.notes[0].value == "no instance that this account sees"


def test_an_account_that_sees_no_site_sees_nothing(visit: Visit) -> None:
    hidden = Site(
        "localhost",
        classes={"SMS_Site": SITE, "SMS_AzureService": GATEWAY},
        hidden={"SMS_Site": lambda _row: True, "SMS_AzureService": lambda _row: True},
    )
    with serving(hidden, role="full-administrator") as (_, connector):
        answer = connector.fetch(AzureServices(), visit)
        with pytest.raises(Unavailable, match="shows it no site"):
            connector.probe(visit)
    assert isinstance(answer.sees, Trimmed)


@pytest.mark.parametrize("role", ["read-only-analyst", "full-administrator"])
def test_a_role_that_sees_all_makes_an_empty_list_an_answer(role: str, visit: Visit) -> None:
    with serving(site(SMS_AzureService=[]), role=role) as (_, connector):
        assert connector.fetch(AzureServices(), visit).sees.complete


def test_another_role_proves_nothing(visit: Visit) -> None:
    with serving(site(SMS_AzureService=[]), role="other") as (_, connector):
        assert isinstance(connector.fetch(AzureServices(), visit).sees, MayBeTrimmed)


@pytest.mark.parametrize(
    ("counted", "role", "sees"),
    [
        (3, "", SeesEverything),
        (2, "", SeesEverything),
        (4, "", Trimmed),
        (4, "read-only-analyst", MayBeTrimmed),
        (None, "", MayBeTrimmed),
        (None, "read-only-analyst", SeesEverything),
    ],
)
def test_users_are_held_against_what_the_site_counts(
    counted: int | None, role: str, sees: type, visit: Visit
) -> None:
    users: Rows = [user(1), user(2, None), user(3, "user3@contoso.local")]
    collections: Rows = [] if counted is None else [all_users(counted)]
    with serving(site(SMS_R_User=users, SMS_Collection=collections), role=role) as (_, connector):
        answer = connector.fetch(DiscoveredUsers(), visit)
    assert isinstance(answer.sees, sees)
    assert [one.upn for one in answer.rows] == ["user1@contoso.com", "", "user3@contoso.local"]
    assert visit.notes[-1].value.startswith("3 discovered users; ")


def test_a_collection_that_cannot_be_counted_leaves_its_reason(visit: Visit) -> None:
    with serving(site(SMS_R_User=[user(1)])) as (_, connector):
        answer = connector.fetch(DiscoveredUsers(), visit)
    assert isinstance(answer.sees, MayBeTrimmed)
    assert any("no class SMS_Collection (404)" in note.value for note in visit.notes)


# -- the members of a collection ---------------------------------------------------------------------


def gathered(what: Site, tmp_path: Path, collection: str = "PS100014", **options: Any) -> Recording:
    with serving(what, **options) as (server, connector):
        recording = Recording(
            engagement(server), as_of=NOW, started_at=NOW, finished_at=NOW, tables=tmp_path
        )
        asks = [DiscoveredUsers(), CollectionMembers(collection)]
        collect(asks, [connector], recording, clock=lambda: NOW)
        assert server.violations == []
    return recording


def enrolling(counted: int | None, *members: int) -> Site:
    """A site with three discovered users and a collection of its own."""
    own = {"CollectionID": "PS100014", "Name": "MDM users", "CollectionType": 1, "MemberCount": counted}
    return site(
        SMS_R_User=[user(1), user(2, None), user(3)],
        SMS_Collection=[all_users(3)] if counted is None else [all_users(3), own],
        SMS_FullCollectionMembership=[
            {"CollectionID": wanted, "ResourceID": n, "Name": f"CONTOSO\\member{n}"}
            for wanted, n in [("PS100099", 1), *(("PS100014", n) for n in members)]
        ],
    )


def test_members_are_joined_with_the_users(tmp_path: Path) -> None:
    recording = gathered(enrolling(3, 1, 2, 77), tmp_path)
    answer = recording.answer(CollectionMembers("PS100014"))
    assert list(answer.rows) == [
        UserMember(1, "user1@contoso.com", "CONTOSO\\user1"),
        UserMember(2, "", "CONTOSO\\user2"),
        NotAUser(77, "CONTOSO\\member77"),
    ]
    assert [one.label for one in answer.rows] == [
        "user1@contoso.com", "CONTOSO\\user2", "CONTOSO\\member77",
    ]  # fmt: skip
    assert (answer.collection.label, answer.collection.member_count) == ("MDM users (PS100014)", 3)
    assert answer.sees.complete
    assert answer.users_seen.complete


@pytest.mark.parametrize(
    ("what", "sees"),
    [
        (enrolling(0), SeesEverything),
        (enrolling(5, 1, 2), Trimmed),
        (enrolling(2), Trimmed),
        (enrolling(None, 1), MayBeTrimmed),
    ],
)
def test_members_are_held_against_the_collections_own_count(
    what: Site, sees: type, tmp_path: Path
) -> None:
    answer = gathered(what, tmp_path).answer(CollectionMembers("PS100014"))
    assert isinstance(answer.sees, sees)


def test_a_collection_that_nobody_shows_is_no_empty_one(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="does not exist, or this account does not see it"):
        gathered(enrolling(None), tmp_path).answer(CollectionMembers("PS100014"))


@pytest.mark.parametrize("collection", ["", "PS1", "PS1' or 1 eq 1", "PS10001４", "PS100014x"])
def test_what_is_no_collection_id_is_not_sent(collection: str, tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="is not the ID of a collection"):
        gathered(enrolling(1, 1), tmp_path, collection).answer(CollectionMembers(collection))


def test_members_wait_for_the_users_and_fall_with_them(tmp_path: Path) -> None:
    what = enrolling(1, 1)
    del what.classes["SMS_R_User"]  # type: ignore[attr-defined]
    with pytest.raises(Unavailable, match="no class SMS_R_User"):
        gathered(what, tmp_path).answer(CollectionMembers("PS100014"))


def test_the_collection_comes_from_the_engagement_file(tmp_path: Path) -> None:
    with AdminServiceServer(site()) as server:
        recording = Recording(engagement(server), as_of=NOW, started_at=NOW, finished_at=NOW)
        with pytest.raises(Unavailable) as caught:
            CollectionMembers("{mdm.user_collection_id}").bind(recording)
    assert caught.value.key == "mdm.user_collection_id"


# -- refusals, and servers that misbehave --------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (faults.html(401, "Not Authorized"), "wants a sign-in (401)"),
        (faults.error(403, "403", "Access denied."), "refuses this account (403): Access denied."),
        (faults.html(403), "refuses this account (403)"),
        (faults.html(404, "Not Found"), "there is no AdminService at localhost"),
        (faults.error(404, "404", "Not found."), "this site has no class SMS_AzureService (404)"),
        (faults.status(404, {"error": {"code": 404}}), "this site has no class SMS_AzureService"),
        (faults.error(400, "400", "Could not find a property named 'X'."), "named 'X'"),
        (faults.html(503, "Service Unavailable"), "503"),
        (faults.status(500, {"error": {"code": "", "message": "boom"}}), "500"),
        (faults.throttled("1"), "429"),
        (faults.invalid_json(), "answered 200"),
        (faults.empty(), "answered 200"),
        (faults.html(200, "Sign in"), "answered 200"),
        (faults.status(200, {"error": {}}), "SMS_AzureService that cannot be read"),
        (faults.status(200, []), "SMS_AzureService that cannot be read"),
        (faults.redirected("https://login.example/"), "login.example"),
        (faults.resets(), "could not be reached, or broke off"),
        (faults.Truncated(), "broke off"),
        (faults.Drips(pause=0.02), "did not finish its answer in time"),
        (faults.hangs(), "did not finish its answer in time"),
        (faults.Oversized(2 << 20), "sends more than 1 MB"),
    ],
)
def test_every_fault_is_a_refusal_with_a_mend(
    fault: faults.Fault, reason: str, visit: Visit
) -> None:
    options = {"deadline": 0.4, "read_timeout": 0.3, "largest": 1 << 20}
    with serving(site(SMS_AzureService=GATEWAY), **options) as (server, connector):
        server.inject("*/SMS_AzureService", fault)
        error = refused(connector, AzureServices(), visit)
    assert reason in error.reason
    assert error.mend


def test_a_fault_that_passes_is_waited_out(visit: Visit) -> None:
    with serving(site(SMS_AzureService=GATEWAY)) as (server, connector):
        server.inject("*/SMS_AzureService", faults.html(503), times=2)
        assert len(connector.fetch(AzureServices(), visit)) == 1


@pytest.mark.parametrize(
    ("row", "named"),
    [
        ({"ResourceId": "7"}, "ResourceId"),
        ({"ResourceId": None}, "ResourceId"),
        ({"UserPrincipalName": "a@b"}, "ResourceId"),
        ({"ResourceId": 1, "UserPrincipalName": 5}, "UserPrincipalName"),
        ({"ResourceId": 1, "UniqueUserName": ["x"]}, "UniqueUserName"),
        ("nonsense", "value"),
    ],
)
def test_one_bad_row_spoils_the_list(row: Json, named: str, visit: Visit) -> None:
    with serving(site(SMS_R_User=[])) as (server, connector):
        server.inject("*/SMS_R_User", faults.status(200, {"value": [user(1), row]}))
        error = refused(connector, DiscoveredUsers(), visit)
    assert "SMS_R_User" in error.reason
    assert named in error.reason


def test_control_characters_of_an_error_do_not_reach_the_reader(visit: Visit) -> None:
    with serving(site(SMS_AzureService=[])) as (server, connector):
        server.inject("*/SMS_AzureService", faults.error(403, "403", "no\x1b[31m\r\nentry\u202e" + "x" * 900))
        reason = refused(connector, AzureServices(), visit).reason
    assert re.search(r"no \[31m +entry", reason)
    assert reason.isprintable()
    assert len(reason) < 400


# -- trust -------------------------------------------------------------------------------------------


def thumbprint(server: AdminServiceServer, algorithm: hashes.HashAlgorithm) -> str:
    shown = ssl.get_server_certificate(("localhost", server.port))
    digits = x509.load_pem_x509_certificate(shown.encode()).fingerprint(algorithm).hex()
    return "\u200e" + ":".join(digits[n : n + 2] for n in range(0, len(digits), 2)).upper()


@pytest.fixture
def provider() -> Iterator[AdminServiceServer]:
    with AdminServiceServer(site(SMS_AzureService=GATEWAY)) as server:
        yield server


def probed(what: Engagement, visit: Visit) -> str:
    connector = connect(what)
    try:
        return connector.probe(visit)
    finally:
        connector.close()


def asked(what: Engagement, visit: Visit) -> Any:
    connector = connect(what)
    try:
        return connector.fetch(AzureServices(), visit)
    finally:
        connector.close()


def test_the_engagement_file_leads_there(provider: AdminServiceServer, visit: Visit) -> None:
    assert len(asked(engagement(provider), visit)) == 1
    assert len(asked(engagement(provider, adminservice=provider.url), visit)) == 1
    assert len(asked(engagement(provider, adminservice=f"{provider.url}/AdminService/wmi/"), visit)) == 1


def test_the_provider_is_found_by_its_name(provider: AdminServiceServer, visit: Visit) -> None:
    data = {
        "engagement": {"name": "contoso", "scenarios": ["co-management-pki"]},
        "network": {"connect_to": {"cm01.contoso.local:443": f"127.0.0.1:{provider.port}"}},
        "site": {
            "provider_fqdn": "cm01.contoso.local",
            "ca_file": str(provider.authority.ca_file),
            "auth": {"method": "none"},
        },
    }
    named = engagement_from(data, file="contoso.toml", folder=Path())
    with pytest.raises(Unavailable, match=r"certificate of cm01\.contoso\.local is not trusted"):
        asked(named, visit)
    identity = provider.authority.issue(["cm01.contoso.local"])
    with AdminServiceServer(site(SMS_AzureService=GATEWAY), identity=identity) as right:
        data["network"] = {"connect_to": {"cm01.contoso.local:443": f"127.0.0.1:{right.port}"}}
        right_name = engagement_from(data, file="contoso.toml", folder=Path())
        assert len(asked(right_name, visit)) == 1


def test_a_certificate_that_nobody_vouches_for_names_both_mends(
    provider: AdminServiceServer, visit: Visit
) -> None:
    stranger = Authority("Another authority")
    with pytest.raises(Unavailable) as caught:
        asked(engagement(provider, ca_file=str(stranger.ca_file)), visit)
    assert "is not trusted" in caught.value.reason
    assert all(word in caught.value.mend for word in ("SMS Issuing", "ca_file", "thumbprint"))
    assert provider.requests == []


@pytest.mark.parametrize("algorithm", [hashes.SHA1(), hashes.SHA256()])
def test_a_pinned_certificate_needs_no_authority(
    provider: AdminServiceServer, algorithm: hashes.HashAlgorithm, visit: Visit
) -> None:
    pinned = thumbprint(provider, algorithm)
    stranger = str(Authority("Another authority").ca_file)
    assert len(asked(engagement(provider, thumbprint=pinned, ca_file=stranger), visit)) == 1


@pytest.mark.parametrize(
    ("pinned", "reason"), [("00" * 20, "not the one that is pinned"), ("12345", "neither SHA-1")]
)
def test_a_wrong_pin_ends_it_even_with_the_right_authority(
    provider: AdminServiceServer, pinned: str, reason: str, visit: Visit
) -> None:
    with pytest.raises(Unavailable, match=reason):
        asked(engagement(provider, thumbprint=pinned), visit)
    assert provider.requests == []


def test_an_authority_of_the_systems_own_store_counts(
    provider: AdminServiceServer, visit: Visit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ca_file = provider.authority.ca_file
    command = ["openssl", "x509", "-noout", "-subject_hash", "-in", str(ca_file)]
    name = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
    for variable in ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    section = {"adminservice": provider.url, "auth": {"method": "none"}}
    data = {"engagement": {"name": "c", "scenarios": ["co-management-pki"]}, "site": section}
    what = engagement_from(data, file="contoso.toml", folder=Path())
    with pytest.raises(Unavailable, match="is not trusted"):
        asked(what, visit)
    (tmp_path / f"{name}.0").write_bytes(ca_file.read_bytes())
    assert len(asked(what, visit)) == 1


def test_an_expired_certificate_is_not_trusted(visit: Visit) -> None:
    identity = default_authority().issue(["localhost"], expired=True)
    with (
        AdminServiceServer(site(SMS_AzureService=GATEWAY), identity=identity) as server,
        pytest.raises(Unavailable, match="expired"),
    ):
        asked(engagement(server), visit)


# -- set-up and sign-in --------------------------------------------------------------------------------


def test_a_site_that_is_not_set_up_is_skipped(visit: Visit) -> None:
    data = {"engagement": {"name": "contoso", "scenarios": ["co-management-pki"]}}
    connector = connect(engagement_from(data, file="contoso.toml", folder=Path()))
    error = refused(connector, Sites(), visit)
    assert error.skipped
    assert "[site] is not set up in contoso.toml" in error.reason
    with pytest.raises(Unavailable) as caught:
        connector.probe(visit)
    assert caught.value.skipped


def test_kerberos_without_its_libraries_says_how_to_get_them(
    provider: AdminServiceServer, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "spnego", None)
    with pytest.raises(Unavailable, match="not installed here") as caught:
        probed(engagement(provider, auth={"method": "kerberos"}), visit)  # type: ignore[arg-type]
    assert "assess[kerberos]" in caught.value.mend
    assert provider.requests == []


@pytest.mark.parametrize(
    ("header", "offered"),
    [
        ("Negotiate", {"negotiate"}),
        ("Negotiate, NTLM", {"negotiate", "ntlm"}),
        ('Bearer realm="x", error="y", Negotiate', {"bearer", "negotiate"}),
        ("", set()),
        (",,", set()),
    ],
)
def test_what_a_server_offers_is_read(header: str, offered: set[str]) -> None:
    assert schemes(header) == offered


def test_the_probe_says_what_it_found(provider: AdminServiceServer, visit: Visit) -> None:
    found = probed(engagement(provider), visit)
    assert found == "sees primary site PS1 5.00.9141.1000; whether it sees everything there cannot be told"
    role = {"method": "none", "role": "read-only-analyst"}
    said = probed(engagement(provider, auth=role), visit)  # type: ignore[arg-type]
    assert said.endswith("said to be Read-only Analyst on all scopes and collections")


def test_the_probe_does_not_wait_for_a_service_in_trouble(
    provider: AdminServiceServer, visit: Visit
) -> None:
    provider.inject("*", faults.html(503))
    with pytest.raises(Unavailable, match="503"):
        probed(engagement(provider), visit)
    assert len(provider.requests) == 1


@pytest.mark.parametrize(
    ("method", "offers", "reason"),
    [
        ("none", "Negotiate", "wants a sign-in"),
        ("kerberos", "Negotiate", "refuses the Kerberos ticket"),
        ("kerberos", "Negotiate, NTLM", "refuses the Kerberos ticket"),
        ("kerberos", "NTLM", "offers NTLM only (401), which this tool does not speak"),
        ("kerberos", 'Bearer realm="x"', "wants a token of Entra ID"),
        ("entra", "Bearer", "refuses the token"),
    ],
)
def test_a_401_is_read_by_what_is_offered(
    method: str, offers: str, reason: str, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assess.connectors.negotiate.Negotiate._ticket", lambda _self: (None, b"ticket"))
    challenge = faults.Answers(html_response(401, "Not Authorized").with_headers(WWW_Authenticate=offers))
    with AdminServiceServer(site()) as server:
        server.inject("*", challenge)
        connector = AdminService(
            f"{server.url}/AdminService", client=quick(server), method=method, token=lambda: "secret-token"
        )
        error = refused(connector, Sites(), visit)
        connector.close()
        [request] = server.requests
    assert reason in error.reason
    assert "secret-token" not in f"{error.reason}{error.mend}"
    expected = {"none": None, "kerberos": "Negotiate ***", "entra": "Bearer ***"}[method]
    assert request.headers.get("authorization") == expected


def test_tokens_have_a_route_of_their_own_but_not_through_a_gateway(visit: Visit) -> None:
    def path_of(address: str) -> str:
        with AdminServiceServer(site()) as server:
            connector = AdminService(
                f"{server.url}{address}", client=quick(server), method="entra", token=lambda: "t"
            )
            refused(connector, Sites(), visit)
            connector.close()
            return server.requests[0].path

    assert path_of("/AdminService") == "/AdminService_TokenAuth/wmi/SMS_Site"
    assert path_of("") == "/AdminService_TokenAuth/wmi/SMS_Site"
    through = "/CCM_Proxy_ServerAuth/7205/AdminService"
    assert path_of(through) == f"{through}/wmi/SMS_Site"


# -- Entra ID ------------------------------------------------------------------------------------------

SERVER_APP = "api://3f9d2c10-5b7e-4d0a-9c55-0a1b2c3d4e5f/configmgr"


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    tenant = Tenant(TENANT, domains=("contoso.com",), apps=(TOOL, DESKTOP))
    what = Site("localhost", classes={"SMS_Site": SITE}, app_id_uri=SERVER_APP)
    with Cloud(tenant, site=what, site_auth="bearer", people=[ADA]) as running:
        running.login.interval = 0
        yield running


def signing_in(cloud: Cloud, monkeypatch: pytest.MonkeyPatch, **auth: str) -> Engagement:
    monkeypatch.setenv("ASSESS_TEST_SECRET", "right")
    data = {
        "engagement": {"name": "contoso", "scenarios": ["co-management-pki"]},
        "tenant": {
            "id": TENANT,
            "endpoints": cloud.endpoints,
            "ca_file": str(cloud.ca_file),
            "auth": {
                "method": "client-secret",
                "client_id": TOOL.client_id,
                "client_secret": {"env": "ASSESS_TEST_SECRET"},
            },
        },
        "site": {
            "adminservice": cloud.site.url,
            "ca_file": str(cloud.ca_file),
            "auth": {"method": "entra", **auth},
        },
    }
    return engagement_from(data, file="contoso.toml", folder=Path())


def test_a_person_signs_in_through_the_sites_own_client(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch, visit: Visit, capsys: pytest.CaptureFixture[str]
) -> None:
    cloud.login.auto_sign_in = (ADA, 0)
    what = signing_in(cloud, monkeypatch, client_id=DESKTOP.client_id, scope=f"{SERVER_APP}/.default")
    assert "primary site PS1" in probed(what, visit)
    assert "devicelogin" in capsys.readouterr().err
    assert {request.path for request in cloud.site.requests} == {"/AdminService_TokenAuth/wmi/SMS_Site"}
    assert cloud.violations == []


def test_an_application_is_refused_unless_the_site_lets_it_in(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch, visit: Visit
) -> None:
    what = signing_in(cloud, monkeypatch, scope=SERVER_APP)
    with pytest.raises(Unavailable, match="refuses the token") as caught:
        probed(what, visit)
    assert "App ID URI" in caught.value.mend
    cloud.site.app_only = True
    assert "primary site PS1" in probed(what, visit)


def test_without_a_scope_nobody_signs_in(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch, visit: Visit
) -> None:
    with pytest.raises(Unavailable, match=r"\[site\.auth\] scope is missing") as caught:
        probed(signing_in(cloud, monkeypatch), visit)
    assert caught.value.skipped
    assert cloud.login.requests == []
