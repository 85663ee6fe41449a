"""Every verdict of client settings, collections and what is left of hybrid MDM, and a whole run."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest

from assess.check import (
    Attested,
    Fail,
    Manual,
    Missing,
    NotApplicable,
    Outcome,
    Pass,
    Unknown,
    Warn,
    worst,
)
from assess.collect import collect, questions
from assess.connectors.adminservice import AdminService
from assess.connectors.http import Client
from assess.connectors.reference import Reference
from assess.discover import library
from assess.engagement import engagement_from
from assess.evaluate import judge
from assess.evidence.adminservice import MayBeTrimmed, Seen, SeesEverything, Site
from assess.evidence.graph import ServicePlan, Sku
from assess.evidence.site_roles import SERVICE_CONNECTION_POINT, RoleUse
from assess.evidence.site_settings import (
    Agent,
    Assignment,
    ClientSettings,
    CloudSubscription,
    CollectionFacts,
    Rule,
    RuledCollection,
    SubscribedCollection,
)
from assess.model import Status, status_of
from assess.recording import Recording
from checks import clientsettings, collection, subscription
from cloud import AdminServiceServer
from cloud import Site as Provider

ALL = SeesEverything("the account is said to be Read-only Analyst")
PERHAPS = MayBeTrimmed("what this account may see is not known", "Give it the role.")
REFUSED = Missing("the site refuses this account (403)", "Give it the role.")
SKIPPED = Missing("[site] is not set up", "Set it.", skipped=True)
NOT_SET = Missing("the key is not set", "Set it.", key="a.key")
NOW = datetime(2026, 11, 20, 21, 10, tzinfo=UTC)
NAME = "Co-mgmt device settings"


def seen(*rows: Any, sees: Any = ALL) -> Seen[Any]:
    return Seen(rows, sees)


def names(outcome: Outcome) -> str:
    return " ".join(str(getattr(outcome, field, "")) for field in ("observed", "because", "question"))


# -- client settings ---------------------------------------------------------------------------------------


def cloud(**switches: Any) -> Agent:
    return Agent("#AdminService.SMS_CloudAgentConfig", **switches)


def custom(*pages: Agent, name: str = NAME, number: int = 1, **more: Any) -> ClientSettings:
    return ClientSettings(number, name, **{"priority": number, "type": 1, "agent_configurations": pages, **more})


@pytest.mark.parametrize(
    ("judged", "switch", "prop"),
    [
        (clientsettings.cloud_dp, "allow_cloud_dp", "AllowCloudDP"),
        (clientsettings.auto_register, "auto_aad_join", "AutoAADJoin"),
        (clientsettings.use_cmg, "allow_cmg", "AllowCMG"),
    ],
)
def test_a_switch_of_cloud_services(judged: Any, switch: str, prop: str) -> None:
    def one(found: Any, name: Any = NAME) -> Outcome:
        outcome: Outcome
        [outcome] = judged(settings=found, name=name)
        return outcome

    on, off = custom(cloud(**{switch: True})), custom(cloud(**{switch: False}))
    assert isinstance(one(seen(on)), Pass)
    assert isinstance(one(seen(on), NAME.upper()), Pass)
    assert isinstance(one(seen(on), NOT_SET), Pass)
    assert isinstance(one(seen(custom(Agent(agent_id=22, **cast("dict[str, Any]", {switch: 1}))))), Pass)
    failed = one(seen(off))
    assert isinstance(failed, Fail)
    assert NAME in failed.remedy[0]
    unsure: list[tuple[Any, Any, str]] = [
        (seen(custom(cloud())), NAME, prop),
        (seen(custom(cloud(**{switch: 7}))), NAME, prop),
        (seen(custom(agent_configurations=msgspec.UNSET)), NAME, "AgentConfigurations"),
        (seen(custom(Agent(agent_id=15))), NAME, "does not set this page"),
        (seen(on), "Default Client Settings", "not readable"),
        (seen(), NOT_SET, "not readable"),
        (seen(on), "Other", "there are: Co-mgmt"),
        (seen(on, sees=PERHAPS), "Other", "hidden"),
    ]
    for found, name, words in unsure:
        outcome = one(found, name)
        assert isinstance(outcome, Unknown), outcome
        assert words in outcome.because
    two = seen(on, custom(cloud(**{switch: False}), name="Other", number=2))
    assert isinstance(one(two, NOT_SET), Manual)


@pytest.mark.parametrize(
    ("internet", "polling", "status", "words"),
    [
        (True, True, Pass, NAME),
        (True, False, Warn, "Polling false"),
        (False, True, Fail, "OnInternet false"),
        (False, msgspec.UNSET, Fail, "OnInternet false"),
        (True, msgspec.UNSET, Unknown, "PolicyEnableUserPolicyPolling"),
        (msgspec.UNSET, True, Unknown, "PolicyEnableUserPolicyOnInternet"),
    ],
)
def test_user_policy_internet(internet: Any, polling: Any, status: type[Outcome], words: str) -> None:
    page = Agent(
        agent_id=13, policy_enable_user_policy_polling=polling, policy_enable_user_policy_on_internet=internet
    )
    [outcome] = clientsettings.user_policy_internet(settings=seen(custom(page)), name=NAME)
    assert isinstance(outcome, status), outcome
    assert words in names(outcome)


def test_default_settings_say_nothing_of_user_policy() -> None:
    [outcome] = clientsettings.user_policy_internet(settings=seen(), name="default client settings")
    assert isinstance(outcome, Unknown)
    assert "console" in outcome.remedy[0]


PILOT = CollectionFacts("PS100020", "Pilot", 2, 5, "PS100019")
ON, OFF = cloud(allow_cmg=True), cloud(allow_cmg=False)


def to(where: str, number: int = 1) -> Assignment:
    return Assignment(number, where, "a collection")


@pytest.mark.parametrize(
    ("found", "assigned", "pilots", "collections", "status", "words"),
    [
        (seen(custom(ON)), seen(to("PS100020")), "PS100020", seen(PILOT), Pass, "PS100020"),
        (seen(custom(ON)), seen(to("ps100020")), ["PS100020"], REFUSED, Pass, ""),
        (seen(custom(ON)), seen(to("PS100019")), "PS100020", seen(PILOT), Pass, ""),
        (seen(custom(ON)), seen(to("SMS00001")), "PS100020", REFUSED, Pass, ""),
        (seen(custom(ON)), seen(to("PS100099")), "PS100020", seen(PILOT), Unknown, "limited to it"),
        (seen(custom(ON)), seen(to("PS100019")), "PS100020", REFUSED, Unknown, "PS100020"),
        (seen(custom(ON)), seen(to("PS100020")), ["PS100020", "PS100021"], seen(PILOT), Unknown, "PS100021"),
        (seen(custom(ON)), seen(), "PS100020", seen(PILOT), Fail, "to no collection"),
        (seen(custom(ON, assignment_count=0)), seen(sees=PERHAPS), NOT_SET, REFUSED, Fail, "to no collection"),
        (seen(custom(ON)), seen(sees=PERHAPS), "PS100020", seen(PILOT), Unknown, "hidden"),
        (seen(custom(ON)), seen(to("PS100020", 2)), "PS100020", seen(PILOT), Fail, NAME),
        (seen(custom(ON)), seen(to("PS100020")), NOT_SET, REFUSED, Manual, ""),
        (seen(), seen(), "PS100020", seen(PILOT), Unknown, "there are: none"),
    ],
)
def test_deployed(
    found: Any, assigned: Any, pilots: Any, collections: Any, status: type[Outcome], words: str
) -> None:
    outcome = worst(
        clientsettings.deployed(
            settings=found, assignments=assigned, name=NAME, pilots=pilots, collections=collections
        )
    )
    assert isinstance(outcome, status), outcome
    assert words in names(outcome)


@pytest.mark.parametrize(
    ("other", "status"),
    [
        (custom(OFF, name="Servers", number=1), Warn),
        (custom(ON, name="Servers", number=1), Pass),
        (custom(OFF, name="Servers", number=9), Pass),
        (custom(Agent(agent_id=15), name="Servers", number=1), Pass),
        (custom(name="Servers", number=1, agent_configurations=None), Unknown),
        (custom(OFF, name="Servers", number=1, priority=msgspec.UNSET), Unknown),
        (custom(OFF, name="Users", number=1, type=2), Pass),
    ],
)
def test_settings_that_win_are_told(other: ClientSettings, status: type[Outcome]) -> None:
    outcome = worst(
        clientsettings.deployed(
            settings=seen(custom(ON, number=5), other),
            assignments=seen(to("PS100020", 5), to("PS100050", other.settings_id)),
            name=NAME, pilots="PS100020", collections=seen(PILOT),
        )
    )  # fmt: skip
    assert isinstance(outcome, status), outcome


# -- collections ---------------------------------------------------------------------------------------------

INTUNE_PLAN = ServicePlan("c1ec4a95-1f05-45b3-a911-aa3fa01094f5", "INTUNE_A")


def product(used: Any) -> tuple[Sku, ...]:
    return (Sku("1", "EMS", "Enabled", used, service_plans=(INTUNE_PLAN,)), Sku("2", "VISIO", "Enabled", 900))


def users(kind: Any = 1, members: Any = 16, limit: Any = "PS100001") -> CollectionFacts:
    return CollectionFacts("PS100014", "MDM", kind, members, limit)


@pytest.mark.parametrize(
    ("found", "skus", "status", "words"),
    [
        (seen(users()), REFUSED, Pass, "16 members"),
        (seen(users(), sees=PERHAPS), REFUSED, Pass, ""),
        (seen(users(limit="SMS00002")), product(16), Pass, "16 licences"),
        (seen(users(limit="SMS00002")), product(15), Warn, "only 15 licences"),
        (seen(users(limit="SMS00002")), (), Warn, "only 0"),
        (seen(users(limit="SMS00002")), REFUSED, Unknown, "licence"),
        (seen(users(limit="SMS00002")), product(msgspec.UNSET), Unknown, "consumedUnits"),
        (seen(users(2)), REFUSED, Fail, "device collection"),
        (seen(users(members=0)), REFUSED, Fail, "no member"),
        (seen(), REFUSED, Fail, "there is no collection PS100014"),
        (seen(sees=PERHAPS), REFUSED, Unknown, "hidden"),
        (seen(users(0)), REFUSED, Unknown, "CollectionType"),
        (seen(users(members=msgspec.UNSET)), REFUSED, Unknown, "MemberCount"),
        (seen(users(limit=None)), REFUSED, Unknown, "LimitToCollectionID"),
    ],
)
def test_mdm_user_collection(found: Any, skus: Any, status: type[Outcome], words: str) -> None:
    [outcome] = collection.mdm_user_collection(name="PS100014", found=found, skus=skus)
    assert isinstance(outcome, status), outcome
    assert words in names(outcome)


def ruled(*rules: Rule) -> Seen[Any]:
    return seen(RuledCollection("PS100014", "MDM", rules))


def rule(word: str) -> Rule:
    return Rule(f"#AdminService.SMS_CollectionRule{word}")


DIRECT, QUERY, INCLUDE = rule("Direct"), rule("Query"), rule("IncludeCollections")


@pytest.mark.parametrize(
    ("found", "stage", "status"),
    [
        (ruled(DIRECT), "pilot", Pass),
        (ruled(QUERY), "production", Pass),
        (ruled(DIRECT, INCLUDE), "production", Pass),
        (ruled(QUERY), NOT_SET, Pass),
        (ruled(Rule(include_collection_id="PS100003")), "production", Pass),
        (ruled(DIRECT), "production", Warn),
        (ruled(Rule(resource_id=7)), "production", Warn),
        (ruled(rule("ExcludeCollections")), "pilot", Warn),
        (ruled(), "pilot", Warn),
        (ruled(DIRECT), NOT_SET, Manual),
        (ruled(Rule()), "production", Unknown),
        (seen(RuledCollection("PS100014")), "pilot", Unknown),
        (seen(), "pilot", Unknown),
        (seen(sees=PERHAPS), "pilot", Unknown),
    ],
)
def test_mdm_membership_rule(found: Any, stage: Any, status: type[Outcome]) -> None:
    [outcome] = collection.mdm_membership_rule(name="PS100014", stage=stage, found=found)
    assert isinstance(outcome, status), outcome


# -- what is left of hybrid MDM ----------------------------------------------------------------------------

LEFT = seen(CloudSubscription("Microsoft Intune", "1"))
HYBRID, PKI = "hybrid-mdm", "co-management-pki"


@pytest.mark.parametrize(
    ("scenario", "found", "attested", "status"),
    [
        (PKI, seen(), NOT_SET, NotApplicable),
        (HYBRID, seen(), NOT_SET, NotApplicable),
        (PKI, LEFT, Attested(False), Fail),
        ("co-management-internet", LEFT, NOT_SET, Fail),
        (HYBRID, LEFT, NOT_SET, Warn),
        ("corporate-owned-ios", LEFT, NOT_SET, Warn),
        (PKI, seen(sees=PERHAPS), NOT_SET, Unknown),
        (PKI, seen(sees=PERHAPS), Attested(False, "A. Meyer"), NotApplicable),
        (PKI, SKIPPED, Attested("yes"), Fail),
        (HYBRID, SKIPPED, Attested(True), Warn),
        (PKI, REFUSED, Attested(False), Unknown),
        (PKI, REFUSED, NOT_SET, Unknown),
    ],
)
def test_configmgr_connection(scenario: str, found: Any, attested: Any, status: type[Outcome]) -> None:
    [outcome] = subscription.configmgr_connection(scenario=scenario, subscriptions=found, attested=attested)
    assert isinstance(outcome, status), outcome
    if isinstance(outcome, NotApplicable):
        assert "its successor is Intune" in outcome.because


@pytest.mark.parametrize(
    ("found", "selected", "wanted", "status"),
    [
        (seen(), REFUSED, NOT_SET, NotApplicable),
        (LEFT, seen(SubscribedCollection("I", "PS100014")), "PS100014", Warn),
        (LEFT, seen(SubscribedCollection("I", "SMS00002")), NOT_SET, Warn),
        (LEFT, seen(SubscribedCollection("I", "PS100099")), "PS100014", Fail),
        (LEFT, seen(SubscribedCollection("I", "")), "PS100014", Fail),
        (LEFT, seen(SubscribedCollection("I")), "PS100014", Unknown),
        (LEFT, seen(SubscribedCollection("I", "PS100014")), NOT_SET, Manual),
        (LEFT, REFUSED, "PS100014", Unknown),
        (LEFT, seen(), "PS100014", Unknown),
        (seen(sees=PERHAPS), REFUSED, "PS100014", Unknown),
    ],
)
def test_user_collection_selected(found: Any, selected: Any, wanted: Any, status: type[Outcome]) -> None:
    outcome = worst(
        subscription.user_collection_selected(subscriptions=found, selected=selected, wanted=wanted)
    )
    assert isinstance(outcome, status), outcome


@pytest.mark.parametrize(
    ("found", "sites", "code", "status"),
    [
        (seen(), REFUSED, "PS1", NotApplicable),
        (LEFT, seen(Site("PS1", type=2)), "ps1", Warn),
        (LEFT, seen(Site("PS1", type=1)), "PS1", Fail),
        (LEFT, seen(Site("PS1", type=4)), "PS1", Fail),
        (LEFT, seen(Site("PS2", type=2)), "PS1", Fail),
        (LEFT, seen(Site("PS2", type=2), sees=PERHAPS), "PS1", Unknown),
        (LEFT, seen(Site("PS1")), "PS1", Unknown),
        (LEFT, REFUSED, "PS1", Unknown),
        (LEFT, seen(Site("PS1", type=2)), NOT_SET, Manual),
        (seen(sees=PERHAPS), seen(Site("PS1", type=2)), "PS1", Unknown),
    ],
)
def test_site_code(found: Any, sites: Any, code: Any, status: type[Outcome]) -> None:
    [outcome] = subscription.site_code(subscriptions=found, sites=sites, code=code)
    assert isinstance(outcome, status), outcome


SCP = RoleUse(SERVICE_CONNECTION_POINT, "\\\\cm01.a.test", "PS1")


@pytest.mark.parametrize(
    ("found", "roles", "status"),
    [
        (seen(), seen(SCP), NotApplicable),
        (LEFT, seen(SCP), Warn),
        (LEFT, REFUSED, Warn),
        (seen(sees=PERHAPS), seen(SCP), Unknown),
    ],
)
def test_replacement_cleanup(found: Any, roles: Any, status: type[Outcome]) -> None:
    [outcome] = subscription.replacement_cleanup(subscriptions=found, roles=roles)
    assert isinstance(outcome, status), outcome


# -- the whole way, from a site to its verdicts ---------------------------------------------------------------


def prop(name: str, value: int = 0, text: str = "") -> dict[str, Any]:
    return {"PropertyName": name, "Value": value, "Value1": text, "Value2": ""}


def role(name: str, server: str, *props: dict[str, Any], ssl: int = 1) -> dict[str, Any]:
    path = f"\\\\{server}"
    return {"RoleName": name, "NetworkOSPath": path, "SiteCode": "PS1", "SslState": ssl, "Props": list(props)}


CM, MP = "cm01.corp.contoso.com", "mp01.corp.contoso.com"
CLASSES: dict[str, list[dict[str, Any]]] = {
    "SMS_Site": [
        {"SiteCode": "PS1", "Type": 2, "Version": "5.00.9141.1000", "BuildNumber": 9141, "ReportingSiteCode": ""}
    ],
    "SMS_CM_UpdatePackages": [{"Name": "Configuration Manager 2509", "State": 196612}],
    "SMS_SCI_SysResUse": [
        role("SMS Dmp Connector", CM, prop("OfflineMode", 0), ssl=2),
        role(
            "SMS Management Point", MP, prop("AllowProxyTraffic", 1), prop("MPIntranetFacing", 1),
            prop("MPInternetFacing", 1),
        ),
        role("SMS Cloud Proxy Connector", MP, ssl=2),
        role("SMS Software Update Point", CM, prop("AllowProxyTraffic", 0)),
    ],
    "SMS_SCI_Component": [
        {"ComponentName": "SMS_SITE_COMPONENT_MANAGER", "SiteCode": "PS1", "Props": [prop("IISSSLState", 1504)]},
        {"ComponentName": "SMS_AD_USER_DISCOVERY_AGENT", "SiteCode": "PS1", "Props": [prop("SETTINGS", 0, "ACTIVE")]},
    ],
    "SMS_ComponentSummarizer": [
        {
            "ComponentName": "SMS_CLOUD_PROXYCONNECTOR", "MachineName": "MP01", "Status": 0,
            "TallyInterval": "0001128000100008",
        }
    ],
    "SMS_CloudProxyConnector": [{"ProxyServiceName": "cmg.contoso.com", "ServerName": MP}],
    "SMS_AzureService": [],
    "SMS_Admin": [
        {
            "LogonName": "CORP\\cmadmin", "RoleNames": ["Full Administrator"], "CategoryNames": ["All"],
            "CollectionNames": ["All Systems", "All Users and User Groups"], "IsGroup": False,
        }
    ],
    "SMS_R_User": [{"ResourceId": 1, "UniqueUserName": "CORP\\a", "UserPrincipalName": "a@contoso.com"}],
    "SMS_ClientSettings": [
        {
            "SettingsID": 16777217, "Name": NAME, "Priority": 1, "Type": 1, "AssignmentCount": 1,
            "AgentConfigurations": [
                {"AgentID": 22, "AllowCMG": True, "AllowCloudDP": True, "AutoAADJoin": False},
                {"AgentID": 13, "PolicyEnableUserPolicyOnInternet": True, "PolicyEnableUserPolicyPolling": True},
            ],
        }
    ],
    "SMS_ClientSettingsAssignment": [
        {"ClientSettingsID": 16777217, "CollectionID": "PS100020", "CollectionName": "Pilot"}
    ],
    "SMS_Collection": [
        {"CollectionID": "SMS00002", "Name": "All Users", "CollectionType": 1, "MemberCount": 1},
        {"CollectionID": "PS100020", "Name": "Pilot", "CollectionType": 2, "MemberCount": 1},
        {
            "CollectionID": "PS100014", "Name": "MDM", "CollectionType": 1, "MemberCount": 1,
            "LimitToCollectionID": "PS100001",
            "CollectionRules": [{"@odata.type": "#AdminService.SMS_CollectionRuleDirect"}],
        },
    ],
}  # fmt: skip
MORE = {"SMS_CloudSubscription": ["Name", "Description", "UniqueID", "CollectionID"]}
EXPECTED = {
    "configmgr.supported-version": Status.PASS,
    "configmgr.single-primary-topology": Status.WARN,
    "discovery.ad-user": Status.PASS,
    "scp.installed": Status.PASS,
    "scp.top-tier-placement": Status.PASS,
    "scp.online-mode": Status.PASS,
    "site.use-pki-client-cert": Status.PASS,
    "site.enhanced-http": Status.PASS,
    "mp.available": Status.PASS,
    "mp.client-connections": Status.PASS,
    "mp.cmg-traffic": Status.PASS,
    "mp.connection-scope": Status.PASS,
    "cmgcp.installed": Status.UNKNOWN,
    "cmgcp.cmg-selected": Status.PASS,
    "sup.cmg-traffic": Status.WARN,
    "collection.mdm-user-collection": Status.PASS,
    "collection.mdm-membership-rule": Status.WARN,
    "subscription.configmgr-connection": Status.NOT_APPLICABLE,
    "subscription.user-collection-selected": Status.NOT_APPLICABLE,
    "subscription.site-code": Status.NOT_APPLICABLE,
    "subscription.replacement-cleanup": Status.NOT_APPLICABLE,
    "clientsettings.cloud-dp": Status.PASS,
    "clientsettings.auto-register": Status.FAIL,
    "clientsettings.use-cmg": Status.PASS,
    "clientsettings.user-policy-internet": Status.PASS,
    "clientsettings.deployed": Status.PASS,
    "permissions.configmgr-full-admin": Status.PASS,
}
ENGAGEMENT = {
    "engagement": {"name": "contoso", "scenarios": [PKI, "co-management-internet", HYBRID], "stage": "production"},
    "site": {"code": "PS1"},
    "mp": {"servers": [MP], "mode": "https"},
    "cmg": {"service_name": "cmg.contoso.com"},
    "mdm": {"user_collection_id": "PS100014", "subscription_switch_planned": True},
    "clientsettings": {"name": NAME},
    "comanagement": {"pilot_collection_id": "PS100020"},
    "accounts": {"configmgr_admin": "CORP\\cmadmin"},
}


def judged(tmp_path: Path, classes: dict[str, Any], role: str) -> dict[str, list[tuple[Status, int]]]:
    """Each requirement in its first scenario: status and lines of evidence of its findings."""
    known = library()
    chosen = [known.checks[name] for name in EXPECTED]
    engagement = engagement_from(ENGAGEMENT, file="contoso.toml", folder=tmp_path)
    tables = tmp_path / "tables"
    tables.mkdir()
    with AdminServiceServer(Provider("localhost", classes=classes, more_classes=MORE)) as server:
        connector = AdminService(
            f"{server.url}/AdminService", method="none", role=role,
            client=lambda **o: Client(ca_file=server.authority.ca_file, sleep=lambda _s: None, **o),
        )  # fmt: skip
        record = Recording(engagement, as_of=NOW, started_at=NOW, finished_at=NOW, tables=tables)
        collect(questions(chosen), [Reference(), connector], record, clock=lambda: NOW)
        connector.close()
        assert server.violations == []
    found = {}
    for name in EXPECTED:
        requirement = known.catalogue.requirements[name]
        scenario = next(s for s in requirement.scenarios if s in cast("dict[str, Any]", ENGAGEMENT["engagement"])["scenarios"])
        judgement = judge(requirement, known.checks[name], record, scenario)
        found[name] = [(status_of(one), len(judgement.read)) for one in judgement.outcomes]
    return found


def test_a_site_is_judged_from_end_to_end(tmp_path: Path) -> None:
    found = judged(tmp_path, CLASSES, "read-only-analyst")
    assert {name: [status for status, _ in outcomes] for name, outcomes in found.items()} == {
        name: [status] for name, status in EXPECTED.items()
    }
    assert all(lines for outcomes in found.values() for _, lines in outcomes)


def test_a_site_that_shows_nothing_passes_nothing(tmp_path: Path) -> None:
    empty: dict[str, Any] = {name: [] for name in (*CLASSES, "SMS_CloudSubscription")}
    found = judged(tmp_path, empty, "")
    statuses = {status for outcomes in found.values() for status, _ in outcomes}
    assert statuses <= {Status.UNKNOWN, Status.MANUAL}, found


def test_a_site_that_refuses_passes_nothing(tmp_path: Path) -> None:
    found = judged(tmp_path, {}, "full-administrator")
    statuses = {status for outcomes in found.values() for status, _ in outcomes}
    assert statuses <= {Status.UNKNOWN, Status.MANUAL}, found
