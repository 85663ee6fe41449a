"""Roles, components, client settings and rules through the AdminService, as the site sends them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from assess.connectors import Visit, configured
from assess.connectors.adminservice import AdminService
from assess.connectors.http import Client
from assess.connectors.provider_classes import READABLE
from assess.connectors.reference import Reference, connect
from assess.engagement import engagement_from
from assess.errors import Unavailable
from assess.evidence import Ask
from assess.evidence.adminservice import (
    Instances,
    MayBeTrimmed,
    SeesEverything,
    Trimmed,
    properties,
)
from assess.evidence.reference import ConfigMgrReleases
from assess.evidence.site_roles import (
    MANAGEMENT_POINT,
    SITE_COMPONENT_MANAGER,
    Administrators,
    Component,
    Components,
    ComponentStatuses,
    Property,
    ProxyConnectors,
    Roles,
    RoleUse,
    UpdatePackages,
)
from assess.evidence.site_settings import (
    Assignments,
    CloudSubscriptions,
    CollectionOf,
    CollectionRules,
    CollectionsOf,
    CustomClientSettings,
    SubscribedCollections,
)
from cloud import AdminServiceServer, Site, faults
from cloud.site_classes import known_classes
from cloud.wire import Json, html_response

NOW = datetime(2026, 11, 20, 21, 10, tzinfo=UTC)
Rows = Sequence[Mapping[str, Json]]
SITE: Rows = [{"SiteCode": "PS1", "Type": 2, "Version": "5.00.9141.1000", "BuildNumber": 9141}]


def prop(name: str, value: int = 0, text: str | None = None) -> dict[str, Json]:
    return {"PropertyName": name, "Value": value, "Value1": text, "Value2": ""}


POINT = {
    "RoleName": MANAGEMENT_POINT, "NetworkOSPath": "\\\\mp01.corp.contoso.com", "SiteCode": "PS1", "SslState": 1,
    "Props": [prop("AllowProxyTraffic", 1), prop("UserName", 0, "CONTOSO\\svc-mp"), prop("MPInternetFacing", 1)],
}  # fmt: skip
COMPONENTS: Rows = [
    {"ComponentName": SITE_COMPONENT_MANAGER, "SiteCode": "PS1", "Props": [prop("IISSSLState", 1248), prop("Password")]},
    {"ComponentName": "SMS_OTHER", "SiteCode": "PS1", "Props": [prop("IISSSLState", 31)]},
]
SETTINGS: Rows = [
    {
        "SettingsID": 16777217, "Name": "Co-mgmt device settings", "Priority": 1, "Type": 1, "AssignmentCount": 1,
        "AgentConfigurations": [
            {"@odata.type": "#AdminService.SMS_CloudAgentConfig", "AgentID": 22, "AllowCMG": True, "AllowCloudDP": 1},
            {"AgentID": 15, "Secret": "never kept"},
        ],
    },
]  # fmt: skip
COLLECTIONS: Rows = [
    {
        "CollectionID": "PS100014", "Name": "MDM", "CollectionType": 1, "MemberCount": 2, "LimitToCollectionID": "SMS00002",
        "CollectionRules": [
            {"@odata.type": "#AdminService.SMS_CollectionRuleQuery", "QueryID": 1, "QueryExpression": "select *"},
            {"ResourceID": 7},
        ],
    },
    {"CollectionID": "PS100015", "Name": "Other", "CollectionType": 2, "MemberCount": 1},
    {"CollectionID": "PS100016", "Name": "Third", "CollectionType": 2, "MemberCount": 1},
]  # fmt: skip


class NothingKnown:
    def key(self, name: str) -> Any:
        raise Unavailable(f"{name} is not set", key=name)

    def answer(self, ask: Ask) -> Any:
        raise AssertionError(ask)


@pytest.fixture
def visit(tmp_path: Path) -> Visit:
    return Visit(known=NothingKnown(), clock=lambda: NOW, tables=tmp_path)


def quick(server: AdminServiceServer) -> Callable[..., Client]:
    def make(**given: Any) -> Client:
        return Client(ca_file=server.authority.ca_file, sleep=lambda _seconds: None, **given)

    return make


@contextmanager
def serving(role: str = "", more: Mapping[str, Sequence[str]] | None = None, **classes: Rows) -> Iterator[tuple[AdminServiceServer, AdminService]]:
    what = Site("localhost", classes={"SMS_Site": SITE, **classes}, more_classes=more or {})
    with AdminServiceServer(what) as server:
        connector = AdminService(f"{server.url}/AdminService", client=quick(server), method="none", role=role)
        try:
            yield server, connector
        finally:
            connector.close()


QUESTIONS: list[Instances] = [
    Roles(), Components(SITE_COMPONENT_MANAGER), ComponentStatuses("SMS_CLOUD_PROXYCONNECTOR"), ProxyConnectors(),
    UpdatePackages(), Administrators(), CustomClientSettings(), Assignments(), CollectionOf("PS100014"),
    CollectionsOf(("PS100014",)), CollectionRules("PS100014"), CloudSubscriptions(), SubscribedCollections(),
]  # fmt: skip


@pytest.mark.parametrize("ask", QUESTIONS, ids=lambda ask: type(ask).__name__)
def test_each_question_asks_for_listed_properties_and_names_itself(ask: Instances) -> None:
    asked = set(properties(ask.row))
    assert asked <= READABLE[ask.provider_class]
    assert not asked & known_classes()[ask.provider_class].secret
    assert ask.provider_class in ask.describe()
    assert ask.permissions


def test_roles_keep_the_listed_properties_and_nothing_else(visit: Visit) -> None:
    with serving(SMS_SCI_SysResUse=[POINT]) as (server, connector):
        answer = connector.fetch(Roles(), visit)
        assert server.violations == []
    [point] = answer
    assert point.server == "mp01.corp.contoso.com"
    assert point.has("sms management point")
    assert (point.number("AllowProxyTraffic"), point.number("MPIntranetFacing")) == (1, None)
    written = msgspec.json.encode(answer)
    assert b"svc-mp" not in written
    assert msgspec.json.decode(written, type=Roles.answer) == answer
    assert [note.about for note in visit.notes] == ["mp01.corp.contoso.com", None]
    assert "AllowProxyTraffic 1" in visit.notes[0].value
    assert "svc-mp" not in visit.notes[0].value


def test_a_component_is_asked_for_by_its_name(visit: Visit) -> None:
    with serving(SMS_SCI_Component=COMPONENTS) as (server, connector):
        answer = connector.fetch(Components(SITE_COMPONENT_MANAGER), visit)
        assert server.violations == []
    assert list(answer) == [Component(SITE_COMPONENT_MANAGER, "PS1", (Property("IISSSLState", 1248, None, ""),))]
    assert b"Password" not in msgspec.json.encode(answer)


def test_the_status_of_a_component_is_that_of_one_interval(visit: Visit) -> None:
    rows: Rows = [
        {"ComponentName": "SMS_X", "MachineName": "MP01", "SiteCode": "PS1", "Status": status, "TallyInterval": interval}
        for status, interval in ((0, "0001128000100008"), (2, "0081128000100008"))
    ]
    with serving(SMS_ComponentSummarizer=rows) as (server, connector):
        answer = connector.fetch(ComponentStatuses("SMS_X"), visit)
        assert server.violations == []
    assert [one.status for one in answer] == [0]


@pytest.mark.parametrize("wrapped", [True, False])
def test_lazy_properties_are_read_by_key_alone(wrapped: bool, visit: Visit) -> None:
    with serving(SMS_ClientSettings=SETTINGS, SMS_Collection=COLLECTIONS) as (server, connector):
        server.keyed_as_list = wrapped
        settings = connector.fetch(CustomClientSettings(), visit)
        rules = connector.fetch(CollectionRules("PS100014"), visit)
        assert server.violations == []
        assert "/AdminService/wmi/SMS_ClientSettings(16777217)" in [request.path for request in server.requests]
        assert all(request.query.get("$select") for request in server.requests)
    [one] = settings
    assert one.cloud is not None
    assert (one.cloud.allow_cmg, one.cloud.allow_cloud_dp, one.cloud.auto_aad_join) == (True, 1, msgspec.UNSET)
    assert one.policy is None
    assert [rule.word for rule in rules.rows[0].collection_rules] == ["query", "direct"]
    written = msgspec.json.encode([settings, rules])
    assert b"never kept" not in written
    assert b"select *" not in written


def test_an_instance_that_goes_while_it_is_read_is_no_absence(visit: Visit) -> None:
    with serving(SMS_ClientSettings=SETTINGS) as (server, connector):
        server.inject("*SMS_ClientSettings(*", faults.status(404, {"error": {"code": "404", "message": "gone"}}))
        with pytest.raises(Unavailable, match="cannot be read by its key") as caught:
            connector.fetch(CustomClientSettings(), visit)
    assert "gone" in caught.value.reason


@pytest.mark.parametrize("body", [{"value": [{"SettingsID": "x"}]}, {"value": []}, {"AgentConfigurations": 1}])
def test_an_instance_in_another_form_is_refused(body: Json, visit: Visit) -> None:
    with serving(SMS_ClientSettings=SETTINGS) as (server, connector):
        server.inject("*SMS_ClientSettings(*", faults.status(200, body))
        with pytest.raises(Unavailable):
            connector.fetch(CustomClientSettings(), visit)


def test_collections_are_asked_for_by_their_ids(visit: Visit) -> None:
    with serving(SMS_Collection=COLLECTIONS) as (server, connector):
        [one] = connector.fetch(CollectionOf("PS100015"), visit)
        several = connector.fetch(CollectionsOf(("PS100014", "PS100016")), visit)
        none = connector.fetch(CollectionOf("it's' or 'a' eq 'a"), visit)
        assert server.violations == []
    assert one.name == "Other"
    assert [c.name for c in several] == ["MDM", "Third"]
    assert len(none) == 0


# -- what has gone -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("role", "sees"), [("", SeesEverything), ("read-only-analyst", SeesEverything)])
def test_a_retired_class_that_the_site_does_not_have_has_no_instance(role: str, sees: type, visit: Visit) -> None:
    with serving(role) as (_, connector):
        answer = connector.fetch(CloudSubscriptions(), visit)
    assert len(answer) == 0
    assert isinstance(answer.sees, sees)
    assert hasattr(answer.sees, "because")
    assert "no class SMS_CloudSubscription" in answer.sees.because
    assert "no class" in visit.notes[0].value


def test_a_class_that_is_not_retired_may_not_be_missing(visit: Visit) -> None:
    with serving() as (_, connector), pytest.raises(Unavailable, match="no class SMS_CloudProxyConnector"):
        connector.fetch(ProxyConnectors(), visit)


def test_an_account_that_does_not_even_see_the_site_proves_no_absence(visit: Visit) -> None:
    what = Site("localhost", classes={"SMS_Site": SITE}, hidden={"SMS_Site": lambda _row: True})
    with AdminServiceServer(what) as server:
        connector = AdminService(f"{server.url}/AdminService", client=quick(server), method="none")
        answer = connector.fetch(CloudSubscriptions(), visit)
        connector.close()
    assert isinstance(answer.sees, Trimmed)


@pytest.mark.parametrize("status", [403, 404])
def test_a_page_that_is_not_of_the_service_says_nothing_of_a_class(status: int, visit: Visit) -> None:
    with serving(SMS_CloudSubscription=[]) as (server, connector):
        server.inject("*SMS_CloudSubscription", faults.Answers(html_response(status, "No")))
        with pytest.raises(Unavailable):
            connector.fetch(CloudSubscriptions(), visit)


def test_an_empty_list_of_a_retired_class_is_trimmed_as_any(visit: Visit) -> None:
    with serving(SMS_CloudSubscription=[]) as (_, connector):
        assert isinstance(connector.fetch(CloudSubscriptions(), visit).sees, MayBeTrimmed)


def test_a_property_that_the_site_does_not_know_costs_one_question_only(visit: Visit) -> None:
    rows: Rows = [{"Name": "Microsoft Intune", "UniqueID": "1"}]
    with serving(SMS_CloudSubscription=rows) as (_, connector):
        assert [one.label for one in connector.fetch(CloudSubscriptions(), visit)] == ["Microsoft Intune"]
        with pytest.raises(Unavailable, match="CollectionID"):
            connector.fetch(SubscribedCollections(), visit)
    more = {"SMS_CloudSubscription": ["Name", "Description", "UniqueID", "CollectionID"]}
    with serving(more=more, SMS_CloudSubscription=[{**rows[0], "CollectionID": "PS100014"}]) as (_, connector):
        assert [one.collection_id for one in connector.fetch(SubscribedCollections(), visit)] == ["PS100014"]


# -- the table of releases --------------------------------------------------------------------------------


def test_the_shipped_table_is_read_and_noted(visit: Visit) -> None:
    ask = ConfigMgrReleases().bind(visit.known)
    table = Reference().fetch(ask, visit)
    assert ask.path == ""
    assert table.of(9141).version == "2509"
    assert [one.build for one in table.releases] == sorted((one.build for one in table.releases), reverse=True)
    assert str(table.as_of) in visit.notes[0].value
    assert "as of" in Reference().probe(visit)
    assert msgspec.json.decode(msgspec.json.encode(table), type=ConfigMgrReleases.answer) == table


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (None, "cannot be read"),
        ("as_of = ", "no table of releases"),
        ("as_of = 2027-01-01\nreleases = []", "without a release"),
        ('as_of = 2027-01-01\n[[releases]]\nversion = "2703"', "no table of releases"),
        ("\ufeff\x00", "no table of releases"),
    ],
)
def test_a_table_that_cannot_be_used_is_no_answer(text: str | None, reason: str, visit: Visit, tmp_path: Path) -> None:
    path = tmp_path / "versions.toml"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    with pytest.raises(Unavailable, match=reason) as caught:
        Reference(path).fetch(ConfigMgrReleases("versions.toml"), visit)
    assert "reference.configmgr_versions" in caught.value.mend


def test_another_table_takes_the_place_of_the_shipped_one(visit: Visit, tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(
        'as_of = 2027-06-01\n[[releases]]\nversion = "2703"\nbuild = 9200\nends = 2028-09-01\n', encoding="utf-8"
    )
    data = {
        "engagement": {"name": "contoso", "scenarios": ["co-management-pki"]},
        "reference": {"configmgr_versions": "own.toml"},
    }
    reference = connect(engagement_from(data, file="contoso.toml", folder=tmp_path))
    assert reference.answers(ConfigMgrReleases())
    assert not reference.answers(Roles())
    [release] = reference.fetch(ConfigMgrReleases("own.toml"), visit).releases
    assert release.version == "2703"
    reference.close()


def test_a_role_without_properties_keeps_that_it_has_none() -> None:
    assert RoleUse("x").props is msgspec.UNSET
    assert RoleUse("x", props=None).props is None


def test_each_question_of_the_engagement_file_finds_its_reader(visit: Visit, tmp_path: Path) -> None:
    data = {"engagement": {"name": "contoso", "scenarios": ["co-management-pki"]}}
    connector = configured.connect(engagement_from(data, file="contoso.toml", folder=tmp_path))
    assert connector.fetch(ConfigMgrReleases(), visit).of(9146).version == "2603"
    assert connector.answers(ConfigMgrReleases())
    assert not connector.answers(Roles())
    with pytest.raises(Unavailable, match="says nothing"):
        connector.fetch(Roles(), visit)
    assert "releases" in connector.probe(visit)
    connector.close()
