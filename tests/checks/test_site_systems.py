"""Every verdict of the site's version, shape, roles and settings, from evidence made by hand."""

from datetime import UTC, date, datetime
from typing import Any

import msgspec
import pytest

from assess.check import Attested, Fail, Manual, Missing, Outcome, Pass, Unknown, Warn, worst
from assess.connectors.ldap import LdapConnector
from assess.connectors.reference import Reference
from assess.errors import Unavailable
from assess.evidence import Table
from assess.evidence.adminservice import (
    GATEWAY,
    AzureService,
    DiscoveredUser,
    MayBeTrimmed,
    Seen,
    SeesEverything,
    Site,
    Trimmed,
    Users,
)
from assess.evidence.directory import NoAnswer
from assess.evidence.pki import ForestGroups, Group, Groups, Member
from assess.evidence.publishing import (
    ForestPublishing,
    PublishedPoint,
    Publishing,
    ServerRights,
    SystemManagement,
)
from assess.evidence.reference import Release, Releases
from assess.evidence.site_admins import AdministratorGroup
from assess.evidence.site_roles import (
    CONNECTION_POINT,
    MANAGEMENT_POINT,
    SERVICE_CONNECTION_POINT,
    SOFTWARE_UPDATE_POINT,
    Administrator,
    Component,
    ComponentStatus,
    Property,
    ProxyConnector,
    RoleUse,
    UpdatePackage,
)
from checks import cmgcp, configmgr, discovery, mp, permissions, scp, site, sup
from logwriter import NOT_SENT

ALL = SeesEverything("the account is said to be Read-only Analyst")
PERHAPS = MayBeTrimmed("what this account may see is not known", "Give it the role.")
PART = Trimmed("this account does not even see its own site", "Give it the role.")
REFUSED = Missing("the site refuses this account (403)", "Give it the role.")
NOT_SET = Missing("the key is not set", "Set it.", key="a.key")
NOW = datetime(2026, 11, 20, 21, 10, tzinfo=UTC)
MP01, MP02 = "mp01.corp.contoso.com", "mp02.corp.contoso.com"


def seen(*rows: Any, sees: Any = ALL) -> Seen[Any]:
    return Seen(rows, sees)


def use(role: str, server: str = MP01, code: str = "PS1", ssl: Any = 1, **props: Any) -> RoleUse:
    found = tuple(Property(name, value) for name, value in props.items())
    return RoleUse(role, f"\\\\{server}", code, ssl, found)


def names(outcome: Outcome) -> str:
    return " ".join(str(getattr(outcome, field, "")) for field in ("observed", "because", "question"))


# -- version and shape ---------------------------------------------------------------------------------

SHIPPED = Reference()._read()
INSTALLED = UpdatePackage("Configuration Manager 2509", "5.00.9141.1000", 196612)
OFFERED = UpdatePackage("Configuration Manager 2603", "5.00.9146.1000", 262146)
DOWNLOADABLE = UpdatePackage("Configuration Manager 2603", "5.00.9146.1000", 327682)


def built(build: Any, kind: int = 2, code: str = "PS1") -> Site:
    return Site(code, type=kind, build_number=build, version=f"5.00.{build}.1000")


@pytest.mark.parametrize(
    ("sites", "updates", "status", "words"),
    [
        (seen(built(9141)), seen(INSTALLED), Pass, "release 2509: support ends on 2027-05-12"),
        (seen(built(9141)), seen(sees=ALL), Pass, "2026-11-20"),
        (seen(built(9141)), seen(INSTALLED, sees=PERHAPS), Pass, ""),
        (seen(built(9141), built(9135, 1, "SEC")), seen(INSTALLED), Pass, ""),
        (seen(built(9141)), seen(INSTALLED, OFFERED), Warn, "Configuration Manager 2603"),
        (seen(built(9141)), seen(DOWNLOADABLE, sees=PART), Warn, "2603"),
        (seen(built(9135)), seen(INSTALLED), Fail, "support ended on 2026-09-30"),
        (seen(built(9135)), REFUSED, Fail, "2503"),
        (seen(built(9141), built(9135, 4, "CAS")), seen(INSTALLED), Fail, "CAS"),
        (seen(built(8634)), seen(), Fail, "ended before 2020-01-31"),
        (seen(built(8325)), seen(), Fail, "1511"),
        (seen(built(8239)), seen(), Fail, "System Center 2012"),
        (seen(built(9200)), seen(INSTALLED), Unknown, "newer than this tool's table"),
        (seen(built(9142)), seen(INSTALLED), Unknown, "does not list"),
        (seen(built(msgspec.UNSET)), seen(INSTALLED), Unknown, "BuildNumber"),
        (seen(built(9141)), REFUSED, Unknown, "refuses"),
        (seen(built(9141)), seen(sees=PERHAPS), Unknown, "hidden"),
        (seen(built(9141)), seen(INSTALLED, sees=PART), Unknown, "hidden"),
        (seen(built(9141)), seen(UpdatePackage("x")), Unknown, "State"),
        (seen(), seen(INSTALLED), Unknown, "no primary"),
        (seen(built(9141, 1)), seen(INSTALLED), Unknown, "no primary"),
    ],
)
def test_supported_version(sites: Any, updates: Any, status: type[Outcome], words: str) -> None:
    outcome = worst(configmgr.supported_version(now=NOW, sites=sites, table=SHIPPED, updates=updates))
    assert isinstance(outcome, status), outcome
    assert words in names(outcome)
    assert outcome.subject is None


@pytest.mark.parametrize(
    ("day", "status", "words"),
    [
        (date(2027, 2, 10), Pass, "support ends"),
        (date(2027, 2, 11), Warn, "support ends on 2027-05-12"),
        (date(2027, 5, 12), Warn, "support ends"),
        (date(2027, 5, 13), Fail, "support ended on 2027-05-12"),
    ],
)
def test_support_ends_on_a_day(day: date, status: type[Outcome], words: str) -> None:
    now = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    outcome = worst(
        configmgr.supported_version(now=now, sites=seen(built(9141)), table=SHIPPED, updates=seen(INSTALLED))
    )
    assert isinstance(outcome, status)
    assert words in names(outcome)


def test_an_old_table_says_so_and_one_without_a_date_decides_nothing() -> None:
    old = Releases(date(2020, 1, 1), (Release("2703", 9200, None, date(2030, 1, 1)), Release("2603", 9146)))

    def judged(build: int) -> Outcome:
        return worst(
            configmgr.supported_version(now=NOW, sites=seen(built(build)), table=old, updates=seen(INSTALLED))
        )

    assert "out of date" in names(judged(9200))
    assert isinstance(judged(9146), Unknown)
    assert "out of date" in names(judged(9300))


@pytest.mark.parametrize(
    ("sites", "roles", "status"),
    [
        (seen(built(9141)), seen(use("SMS Site Server"), use(MANAGEMENT_POINT)), Pass),
        (seen(built(9141)), seen(use("SMS Site Server"), use(MANAGEMENT_POINT, MP02)), Warn),
        (seen(built(9141), built(9141, 1, "SEC")), seen(use("SMS Site Server")), Warn),
        (seen(built(9141, 4, "CAS")), seen(use("SMS Site Server"), sees=PERHAPS), Warn),
        (seen(built(9141), sees=PERHAPS), seen(use("SMS Site Server")), Unknown),
        (seen(built(9141)), seen(use("SMS Site Server"), sees=PART), Unknown),
        (seen(), seen(use("SMS Site Server")), Unknown),
        (seen(built(9141)), seen(), Unknown),
    ],
)
def test_single_primary_topology(sites: Any, roles: Any, status: type[Outcome]) -> None:
    outcome = worst(configmgr.single_primary_topology(sites=sites, roles=roles))
    assert isinstance(outcome, status), outcome


def test_a_spread_site_is_told_by_server() -> None:
    [outcome] = configmgr.single_primary_topology(
        sites=seen(built(9141)), roles=seen(use("SMS Site Server", "cm01.a.test"), use(MANAGEMENT_POINT, MP02))
    )
    assert isinstance(outcome, Warn)
    assert f"{MP02}: {MANAGEMENT_POINT}" in outcome.remedy[1]
    assert set(outcome.about) == {"cm01.a.test", MP02}


# -- service connection point ----------------------------------------------------------------------------

SCP = use(SERVICE_CONNECTION_POINT, "cm01.a.test", OfflineMode=0)
CHILD = Site("PS1", type=2, reporting_site_code="CAS")
ALONE = Site("PS1", type=2, reporting_site_code="")


@pytest.mark.parametrize(
    ("roles", "status"),
    [
        (seen(SCP), Pass),
        (seen(SCP, sees=PERHAPS), Pass),
        (seen(SCP, SCP), Pass),
        (seen(SCP, use(SERVICE_CONNECTION_POINT, "old.a.test")), Warn),
        (seen(use(MANAGEMENT_POINT)), Fail),
        (seen(), Fail),
        (seen(sees=PERHAPS), Unknown),
        (seen(sees=PART), Unknown),
        (seen(SCP, sees=PART), Unknown),
    ],
)
def test_scp_installed(roles: Any, status: type[Outcome]) -> None:
    [outcome] = scp.installed(roles=roles)
    assert isinstance(outcome, status), outcome


@pytest.mark.parametrize(
    ("roles", "sites", "status", "words"),
    [
        (seen(SCP), seen(ALONE), Pass, "stand-alone"),
        (seen(use(SERVICE_CONNECTION_POINT, code="CAS")), seen(CHILD, Site("CAS", type=4)), Pass, "central"),
        (seen(SCP), seen(CHILD), Fail, "below CAS"),
        (seen(SCP), seen(Site("PS1", type=1)), Fail, "secondary"),
        (seen(SCP), seen(Site("PS1", type=2)), Unknown, "ReportingSiteCode"),
        (seen(SCP), seen(Site("PS1")), Unknown, "Type"),
        (seen(SCP), seen(Site("PS2", type=2)), Unknown, "PS1 is not seen"),
        (seen(), seen(ALONE), Unknown, "scp.installed"),
        (seen(sees=PERHAPS), seen(ALONE), Unknown, "hidden"),
    ],
)
def test_top_tier_placement(roles: Any, sites: Any, status: type[Outcome], words: str) -> None:
    outcome = worst(scp.top_tier_placement(roles=roles, sites=sites))
    assert isinstance(outcome, status), outcome
    assert words in names(outcome)


@pytest.mark.parametrize(
    ("roles", "status", "words"),
    [
        (seen(SCP), Pass, "online"),
        (seen(use(SERVICE_CONNECTION_POINT, OfflineMode=1)), Fail, "offline"),
        (seen(SCP, use(SERVICE_CONNECTION_POINT, MP02, OfflineMode=1)), Fail, MP02),
        (seen(use(SERVICE_CONNECTION_POINT)), Unknown, "OfflineMode"),
        (seen(use(SERVICE_CONNECTION_POINT, OfflineMode=7)), Unknown, "OfflineMode 7"),
        (seen(RoleUse(SERVICE_CONNECTION_POINT, "\\\\a.test", "PS1", 2, None)), Unknown, "OfflineMode"),
        (seen(sees=PERHAPS), Unknown, "hidden"),
    ],
)
def test_online_mode(roles: Any, status: type[Outcome], words: str) -> None:
    outcome = worst(scp.online_mode(roles=roles))
    assert isinstance(outcome, status), outcome
    assert words in names(outcome)


# -- management points ---------------------------------------------------------------------------------------


def point(server: str = MP01, code: str = "PS1", ssl: Any = 1, **props: Any) -> RoleUse:
    return use(MANAGEMENT_POINT, server, code, ssl, **props)


def settings(value: Any, code: str = "PS1", sees: Any = ALL) -> Seen[Component]:
    props = () if value is None else (Property("IISSSLState", value),)
    return seen(Component("SMS_SITE_COMPONENT_MANAGER", code, props), sees=sees)


@pytest.mark.parametrize(
    ("roles", "servers", "code", "statuses"),
    [
        (seen(point()), [MP01], "PS1", [Pass]),
        (seen(point("MP01.corp.contoso.com.")), [MP01], NOT_SET, [Pass]),
        (seen(point(), sees=PERHAPS), [MP01, MP02], "PS1", [Pass, Unknown]),
        (seen(point()), [MP01, MP02], "PS1", [Pass, Fail]),
        (seen(point(code="PS2")), [MP01], "PS1", [Fail]),
        (seen(sees=PART), [MP01], "PS1", [Unknown]),
        (seen(point()), NOT_SET, "PS1", [Manual]),
        (seen(), NOT_SET, "PS1", [Fail]),
        (seen(sees=PERHAPS), NOT_SET, "PS1", [Unknown]),
    ],
)
def test_mp_available(roles: Any, servers: Any, code: Any, statuses: list[type[Outcome]]) -> None:
    for publishing in (NOT_SET, REFUSED, in_directory(points=(MP01, MP02)), in_directory(there=False)):
        outcomes = mp.available(roles=roles, servers=servers, code=code, publishing=publishing)
        assert [type(one) for one in outcomes] == statuses, "what is published decides nothing"
        if isinstance(servers, list):
            assert [one.subject for one in outcomes] == servers


def in_directory(
    *, there: bool | None = True, points: tuple[str, ...] = (), rights: Any = (), extended: bool | None = True, because: str = ""
) -> Publishing:
    published = tuple(PublishedPoint(host, "PS1") for host in points)
    domain = SystemManagement("corp.contoso.com", there, because, ("PS1",), published, rights)
    return Publishing((NoAnswer("ad.forests.b", "refused"), ForestPublishing("ad", "corp.contoso.com", (domain,), extended)))


FULL = (ServerRights("cm01.corp.contoso.com", "full"),)
LESS = (ServerRights("cm01.corp.contoso.com", "less", "no entry for it"),)
UNSURE = (ServerRights("cm01.corp.contoso.com", "unknown", "not shown"),)


@pytest.mark.parametrize(
    ("publishing", "told"),
    [
        (in_directory(points=(MP01,)), "; published in corp.contoso.com by site PS1"),
        (in_directory(there=False), "; not published in corp.contoso.com, which has no container System Management"),
        (in_directory(extended=False), "; not published in corp.contoso.com, since the schema is not extended"),
        (in_directory(rights=LESS), "; not published in corp.contoso.com, where site servers may not publish: cm01.corp.contoso.com (no entry for it)"),
        (in_directory(rights=FULL), "; not published in corp.contoso.com"),
        (in_directory(rights=UNSURE, extended=None), "; not published in corp.contoso.com"),
        (in_directory(there=None), ""),
        (in_directory(because="none of its attributes is shown"), ""),
        (REFUSED, ""),
    ],
)
def test_what_the_directory_shows_of_a_management_point(publishing: Any, told: str) -> None:
    [outcome] = mp.available(roles=seen(point()), servers=[MP01], code="PS1", publishing=publishing)
    assert isinstance(outcome, Pass)
    assert outcome.observed == f"management point of site PS1{told}"


def test_a_point_that_only_the_directory_shows_is_told() -> None:
    publishing = in_directory(points=(MP02,))
    [gone] = mp.available(roles=seen(point()), servers=[MP02], code="PS1", publishing=publishing)
    assert isinstance(gone, Fail)
    assert gone.observed.endswith("; the directory publishes it in corp.contoso.com")
    [hidden] = mp.available(roles=seen(sees=PART), servers=[MP02], code="PS1", publishing=publishing)
    assert isinstance(hidden, Unknown)
    assert hidden.because.endswith("; the directory publishes it in corp.contoso.com")


@pytest.mark.parametrize(
    ("roles", "components", "servers", "statuses"),
    [
        (seen(point(ssl=1)), REFUSED, [MP01], [Pass]),
        (seen(point(ssl=3)), settings(0), NOT_SET, [Pass]),
        (seen(point(ssl=0)), settings(1248), [MP01], [Pass]),
        (seen(point(ssl=0)), settings(224), [MP01], [Fail]),
        (seen(point(ssl=4)), settings(224), [MP01], [Fail]),
        (seen(point(ssl=0), point(MP02)), settings(224), [MP01, MP02], [Fail, Pass]),
        (seen(point(ssl=0)), REFUSED, [MP01], [Unknown]),
        (seen(point(ssl=0)), settings(None), [MP01], [Unknown]),
        (seen(point(ssl=0)), settings(1248, "PS2"), [MP01], [Unknown]),
        (seen(point(ssl=2)), settings(1248), [MP01], [Unknown]),
        (seen(point(ssl=msgspec.UNSET)), settings(1248), [MP01], [Unknown]),
        (seen(point()), settings(1248), [MP02], [Unknown]),
        (seen(sees=PERHAPS), settings(1248), NOT_SET, [Unknown]),
    ],
)
def test_client_connections(roles: Any, components: Any, servers: Any, statuses: list[type[Outcome]]) -> None:
    outcomes = mp.client_connections(roles=roles, settings=components, servers=servers, code="PS1", log=NOT_SENT, now=NOW)
    assert [type(one) for one in outcomes] == statuses


@pytest.mark.parametrize(
    ("roles", "servers", "status", "words"),
    [
        (seen(point(AllowProxyTraffic=1)), [MP01], Pass, MP01),
        (seen(point(AllowProxyTraffic=1), point(MP02, AllowProxyTraffic=1)), NOT_SET, Pass, MP02),
        (seen(point(AllowProxyTraffic=1), point(MP02, AllowProxyTraffic=0)), [MP01], Pass, MP01),
        (seen(point(AllowProxyTraffic=1), point(MP02, AllowProxyTraffic=0)), [MP01, MP02], Warn, MP02),
        (seen(point(AllowProxyTraffic=1), point(MP02, AllowProxyTraffic=0)), NOT_SET, Manual, "mp.servers"),
        (seen(point(AllowProxyTraffic=0)), [MP01], Fail, MP01),
        (seen(point(AllowProxyTraffic=0)), NOT_SET, Fail, MP01),
        (seen(point(AllowProxyTraffic=0), sees=PART), NOT_SET, Unknown, "hidden"),
        (seen(point()), [MP01], Unknown, "AllowProxyTraffic"),
        (seen(point(AllowProxyTraffic=1), point(MP02)), [MP01, MP02], Unknown, MP02),
        (seen(point(AllowProxyTraffic=1)), [MP01, MP02], Unknown, MP02),
        (seen(), [MP01], Unknown, "mp.available"),
        (seen(sees=PERHAPS), NOT_SET, Unknown, "hidden"),
    ],
)
def test_mp_cmg_traffic(roles: Any, servers: Any, status: type[Outcome], words: str) -> None:
    [outcome] = mp.cmg_traffic(roles=roles, servers=servers, code="PS1")
    assert isinstance(outcome, status), outcome
    assert words in names(outcome)


def facing(inside: int, outside: int, **more: Any) -> RoleUse:
    return point(MPIntranetFacing=inside, MPInternetFacing=outside, **more)


@pytest.mark.parametrize(
    ("roles", "servers", "status"),
    [
        (seen(facing(1, 1)), [MP01], Pass),
        (seen(facing(1, 1, AllowProxyTraffic=1)), NOT_SET, Pass),
        (seen(facing(0, 1)), [MP01], Warn),
        (seen(facing(1, 0)), [MP01], Fail),
        (seen(point(MPInternetFacing=1)), [MP01], Unknown),
        (seen(point(MPIntranetFacing=1)), [MP01], Unknown),
        (seen(facing(1, 0, AllowProxyTraffic=0)), NOT_SET, Unknown),
        (seen(facing(1, 1)), [MP02], Unknown),
        (seen(sees=PERHAPS), [MP01], Unknown),
    ],
)
def test_connection_scope(roles: Any, servers: Any, status: type[Outcome]) -> None:
    outcome = worst(mp.connection_scope(roles=roles, servers=servers, code="PS1"))
    assert isinstance(outcome, status), outcome


# -- the connection point, software update points ---------------------------------------------------------


def fares(status: Any, machine: str = "MP01") -> ComponentStatus:
    return ComponentStatus("SMS_CLOUD_PROXYCONNECTOR", machine, "PS1", status)


BESIDE = (use(CONNECTION_POINT), use(MANAGEMENT_POINT))


@pytest.mark.parametrize(
    ("roles", "statuses", "status", "words"),
    [
        (seen(*BESIDE), seen(fares(0)), Unknown, "in order; the component"),
        (seen(*BESIDE), seen(fares(0, MP01.upper())), Unknown, "SMS_Cloud_ProxyConnector.log"),
        (seen(*BESIDE), seen(fares(1)), Warn, "a warning"),
        (seen(use(CONNECTION_POINT)), seen(fares(0)), Warn, "no management point"),
        (seen(use(CONNECTION_POINT)), REFUSED, Warn, "no management point"),
        (seen(use(CONNECTION_POINT)), seen(fares(2)), Fail, "critical"),
        (seen(*BESIDE), seen(fares(2)), Fail, "critical"),
        (seen(use(MANAGEMENT_POINT)), seen(fares(0)), Fail, "no server has the role"),
        (seen(sees=PERHAPS), seen(), Unknown, "hidden"),
        (seen(use(CONNECTION_POINT), sees=PERHAPS), seen(fares(0)), Unknown, "hidden"),
        (seen(*BESIDE), seen(), Unknown, "SMS_Cloud_ProxyConnector.log"),
        (seen(*BESIDE), seen(fares(0, "other.corp.contoso.com")), Unknown, "since midnight"),
        (seen(*BESIDE), seen(fares(msgspec.UNSET)), Unknown, "since midnight"),
        (seen(*BESIDE), seen(fares(0), fares(9)), Unknown, "not known"),
        (seen(*BESIDE), REFUSED, Unknown, "refuses"),
    ],
)
def test_cmgcp_installed(roles: Any, statuses: Any, status: type[Outcome], words: str) -> None:
    outcome = worst(cmgcp.installed(roles=roles, statuses=statuses, code="PS1", log=NOT_SENT, now=NOW))
    assert isinstance(outcome, status), outcome
    assert words in names(outcome)


WANTED = "cmg.contoso.com"
OWN = AzureService("contosocmg", "contosocmg.cloudapp.azure.com", WANTED, GATEWAY)
OTHER = AzureService("oldcmg", "oldcmg.cloudapp.azure.com", "old.contoso.com", GATEWAY)
SKIPPED = Missing("[site] is not set up", "Set it.", skipped=True)


def bound(name: Any) -> ProxyConnector:
    return ProxyConnector(name, MP01, "PS1")


@pytest.mark.parametrize(
    ("connectors", "services", "attested", "status"),
    [
        (seen(bound("CMG.contoso.com")), REFUSED, NOT_SET, Pass),
        (seen(bound("contosocmg.cloudapp.azure.com")), seen(OWN), NOT_SET, Pass),
        (seen(bound("oldcmg")), seen(OWN, OTHER), Attested(WANTED), Fail),
        (seen(bound(WANTED), bound("old.contoso.com")), seen(OWN, OTHER), NOT_SET, Fail),
        (seen(bound("oldcmg")), REFUSED, NOT_SET, Unknown),
        (seen(bound("oldcmg")), seen(OWN), NOT_SET, Unknown),
        (seen(bound(msgspec.UNSET)), seen(OWN), NOT_SET, Unknown),
        (seen(), seen(OWN), NOT_SET, Unknown),
        (seen(), seen(OWN), Attested(WANTED, "A. Meyer"), Pass),
        (seen(), seen(OWN), Attested("contosocmg"), Pass),
        (seen(), seen(OWN), Attested("old.contoso.com"), Fail),
        (REFUSED, seen(OWN), NOT_SET, Unknown),
        (REFUSED, seen(OWN), Attested(WANTED), Unknown),
        (SKIPPED, SKIPPED, Attested(WANTED), Pass),
    ],
)
def test_cmg_selected(connectors: Any, services: Any, attested: Any, status: type[Outcome]) -> None:
    outcome = worst(
        cmgcp.cmg_selected(wanted=WANTED, connectors=connectors, services=services, attested=attested)
    )
    assert isinstance(outcome, status), outcome


def updates(server: str = MP01, **props: Any) -> RoleUse:
    return use(SOFTWARE_UPDATE_POINT, server, **props)


@pytest.mark.parametrize(
    ("roles", "status", "words"),
    [
        (seen(updates(AllowProxyTraffic=1)), Pass, MP01),
        (seen(), Pass, "no software update point"),
        (seen(updates(AllowProxyTraffic=1), updates(MP02, AllowProxyTraffic=0)), Warn, MP02),
        (seen(updates()), Unknown, "AllowProxyTraffic"),
        (seen(sees=PERHAPS), Unknown, "hidden"),
        (seen(updates(AllowProxyTraffic=1), sees=PART), Unknown, "hidden"),
    ],
)
def test_sup_cmg_traffic(roles: Any, status: type[Outcome], words: str) -> None:
    [outcome] = sup.cmg_traffic(roles=roles)
    assert isinstance(outcome, status), outcome
    assert words in names(outcome)


# -- how the site talks to clients ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("components", "code", "status"),
    [
        *[(settings(value), "PS1", Pass) for value in (31, 63, 448, 480, 1472, 1504)],
        *[(settings(value), "PS1", Fail) for value in (0, 192, 224, 1216, 1248)],
        (settings(448), NOT_SET, Pass),
        (seen(*settings(448), *settings(192, "PS2")), "ps2", Fail),
        (seen(*settings(448), *settings(192, "PS2")), NOT_SET, Manual),
        (seen(*settings(448), *settings(192)), "PS1", Unknown),
        (settings(None), "PS1", Unknown),
        (settings(448), "PS2", Unknown),
        (seen(), "PS1", Unknown),
        (seen(sees=PERHAPS), NOT_SET, Unknown),
    ],
)
def test_use_pki_client_cert(components: Any, code: Any, status: type[Outcome]) -> None:
    [outcome] = site.use_pki_client_cert(settings=components, code=code)
    assert isinstance(outcome, status), outcome


PKI, INTERNET = "co-management-pki", "co-management-internet"


@pytest.mark.parametrize(
    ("scenario", "value", "mode", "status"),
    [
        (INTERNET, 1248, "https", Pass),
        (INTERNET, 31, NOT_SET, Warn),
        (INTERNET, 224, "enhanced-http", Fail),
        (INTERNET, None, "https", Unknown),
        (PKI, 224, "https", Pass),
        (PKI, 1248, "enhanced-http", Pass),
        (PKI, 224, "enhanced-http", Fail),
        (PKI, 1248, NOT_SET, Warn),
        (PKI, 224, NOT_SET, Manual),
        (PKI, None, "https", Unknown),
    ],
)
def test_enhanced_http(scenario: str, value: Any, mode: Any, status: type[Outcome]) -> None:
    [outcome] = site.enhanced_http(scenario=scenario, settings=settings(value), mode=mode, code="PS1")
    assert isinstance(outcome, status), outcome


class _Leaf:
    sha1, sha256 = "AB" * 20, "CD" * 32


class _File:
    name, leaf = "root.cer", _Leaf()


@pytest.mark.parametrize(
    ("root", "attested", "status"),
    [
        (_File(), Attested(["Contoso Root CA ab:" + "ab:" * 18 + "ab"]), Pass),
        (_File(), Attested(["EF" * 20, "cd" * 32]), Pass),
        (_File(), Attested("EF" * 20), Fail),
        (_File(), Attested("none"), Fail),
        (_File(), Attested(False), Fail),
        (_File(), Attested([]), Fail),
        (_File(), Attested("Contoso Root CA"), Unknown),
        (_File(), Attested(True), Unknown),
        (_File(), NOT_SET, Manual),
        (REFUSED, Attested("EF" * 20), Unknown),
        (NOT_SET, Attested("EF" * 20), Manual),
    ],
)
def test_trusted_root_list(root: Any, attested: Any, status: type[Outcome]) -> None:
    [outcome] = site.trusted_root_list(root=root, listed=attested, log=NOT_SENT, now=NOW)
    assert isinstance(outcome, status), outcome


# -- discovery, rights -----------------------------------------------------------------------------------------


def agent(word: str | None, code: str = "PS1") -> Component:
    props = () if word is None else (Property("SETTINGS", 0, word, ""),)
    return Component("SMS_AD_USER_DISCOVERY_AGENT", code, props)


def users(count: int, sees: Any = ALL) -> Users:
    return Users(Table.of([DiscoveredUser(n) for n in range(count)]), sees)


@pytest.mark.parametrize(
    ("agents", "people", "status"),
    [
        (seen(agent("ACTIVE")), users(3), Pass),
        (seen(agent("INACTIVE"), agent("active", "PS2")), users(3, PERHAPS), Pass),
        (seen(agent("INACTIVE")), users(3), Warn),
        (seen(agent("INACTIVE")), users(0), Fail),
        (seen(agent("ACTIVE")), users(0), Fail),
        (seen(agent("ACTIVE")), users(0, PERHAPS), Unknown),
        (seen(agent("INACTIVE")), users(0, PERHAPS), Unknown),
        (seen(agent("INACTIVE"), sees=PERHAPS), users(3), Unknown),
        (seen(agent(None)), users(3), Unknown),
        (seen(), users(3), Unknown),
        (REFUSED, users(3), Unknown),
        (seen(agent("ACTIVE")), REFUSED, Unknown),
    ],
)
def test_ad_user(agents: Any, people: Any, status: type[Outcome]) -> None:
    [outcome] = discovery.ad_user(agents=agents, users=people, log=NOT_SENT, now=NOW)
    assert isinstance(outcome, status), outcome


ADMIN = "CONTOSO\\admin"
NOBODY_LOOKED = Missing("the directory was not asked", skipped=True)
EVERY = ("All Systems", "All Users and User Groups")


def entry(
    name: str = ADMIN, roles: Any = ("Full Administrator",), scopes: Any = ("All",), collections: Any = EVERY,
    group: Any = False,
) -> Administrator:  # fmt: skip
    return Administrator(name, roles, scopes, collections, group)


@pytest.mark.parametrize(
    ("admins", "status", "words"),
    [
        (seen(entry()), Pass, ADMIN),
        (seen(entry("contoso\\ADMIN"), sees=PERHAPS), Pass, "ADMIN"),
        (seen(entry(collections=())), Pass, ""),
        (seen(entry(roles=("Full Administrator", "Remote Tools Operator"))), Pass, ""),
        (seen(entry(scopes=("Default",))), Warn, "Default"),
        (seen(entry(collections=("Pilot devices",))), Warn, "Pilot devices"),
        (seen(entry(scopes=("Berlin",))), Fail, "Berlin"),
        (seen(entry(roles=("Read-only Analyst",))), Fail, "Read-only Analyst"),
        (seen(entry("CONTOSO\\other")), Fail, "no administrative user"),
        (seen(), Fail, "no administrative user"),
        (seen(sees=PERHAPS), Unknown, "hidden"),
        (seen(entry(roles=("Read-only Analyst",)), sees=PERHAPS), Unknown, "fewer rights"),
        (seen(entry("CONTOSO\\CM Admins", group=True)), Unknown, "CM Admins"),
        (seen(entry("CONTOSO\\CM Admins", group=None)), Unknown, "CM Admins"),
        (seen(entry(roles=("Read-only Analyst",)), entry("CONTOSO\\G", group=True)), Unknown, "member of"),
        (seen(entry("CONTOSO\\G", roles=("Read-only Analyst",), group=True)), Fail, ""),
        (seen(entry(roles=msgspec.UNSET)), Unknown, "RoleNames"),
        (seen(entry(scopes=None)), Unknown, "CategoryNames"),
        (seen(entry(collections=msgspec.UNSET)), Unknown, "CollectionNames"),
        (seen(entry(roles=("Full Administrator", "Other"), scopes=("All", "Berlin"))), Unknown, "which scope"),
    ],
)
def test_configmgr_full_admin(admins: Any, status: type[Outcome], words: str) -> None:
    outcome = worst(permissions.configmgr_full_admin(account=ADMIN, admins=admins, members=NOBODY_LOOKED))
    assert isinstance(outcome, status), outcome
    assert words in names(outcome)


SID, ELSEWHERE = "S-1-5-21-1-2-3-1105", "S-1-5-21-9-9-9-1105"
CM_ADMINS = entry("CONTOSO\\CM Admins", group=True)
ME, NAMESAKE, OTHER_MEMBER = Member("Admin", "user", sid=SID), Member("admin", "user", sid=ELSEWHERE), Member("else", "user", sid=SID)
FOREIGN = Member("S-1-5-21-9-9-9-1", "foreign")


def inside(*found: Member, cut: str = "", name: str = "cm admins", more: Any = ()) -> Groups:
    group = Group("CN=CM Admins,DC=x", "CM Admins", "S-1-5-21-1-2-3-2000", True, found, (), cut)
    return Groups(name, (ForestGroups("ad", "x", (group,)), *more))


@pytest.mark.parametrize(
    ("admins", "members", "status", "words"),
    [
        (seen(CM_ADMINS), inside(ME, OTHER_MEMBER), Pass, "is a member of"),
        (seen(CM_ADMINS, sees=PERHAPS), inside(ME), Pass, "is a member of"),
        (seen(CM_ADMINS), inside(OTHER_MEMBER), Fail, "no administrative user"),
        (seen(CM_ADMINS, entry(scopes=("Default",))), inside(OTHER_MEMBER), Warn, "Default"),
        (seen(CM_ADMINS, sees=PERHAPS), inside(OTHER_MEMBER), Unknown, "hidden"),
        (seen(CM_ADMINS), inside(OTHER_MEMBER, cut="too many"), Unknown, "member of"),
        (seen(CM_ADMINS), inside(OTHER_MEMBER, FOREIGN), Unknown, "member of"),
        (seen(CM_ADMINS), inside(NAMESAKE), Unknown, "member of"),
        (seen(CM_ADMINS), inside(ME, more=(NoAnswer("other", "no answer"),)), Unknown, "member of"),
        (seen(CM_ADMINS), inside(ME, name="another"), Unknown, "member of"),
        (seen(CM_ADMINS), Groups("cm admins", ()), Unknown, "member of"),
        (seen(entry("FABRIKAM\\CM Admins", group=True)), inside(ME), Unknown, "member of"),
        (seen(entry("CONTOSO\\CM Admins", group=True, collections=msgspec.UNSET)), inside(ME), Unknown, "CollectionNames"),
        (seen(CM_ADMINS, entry("CONTOSO\\G2", group=True)), inside(ME), Unknown, "member of"),
    ],
)
def test_full_admin_through_a_group(admins: Any, members: Groups, status: type[Outcome], words: str) -> None:
    outcome = worst(permissions.configmgr_full_admin(account=ADMIN, admins=admins, members=members))
    assert isinstance(outcome, status), outcome
    assert words in names(outcome)


class Knows:
    def __init__(self, admins: Any) -> None:
        self.admins = admins

    def key(self, name: str) -> str:
        return ADMIN

    def answer(self, ask: Any) -> Any:
        return self.admins


def test_which_group_the_directory_is_asked_for() -> None:
    assert AdministratorGroup().bind(Knows(seen(CM_ADMINS, entry()))).name == "cm admins"
    for admins in (seen(entry()), seen(CM_ADMINS, entry("contoso\\G2", group=True)), seen(entry("FABRIKAM\\G", group=True))):
        with pytest.raises(Unavailable):
            AdministratorGroup().bind(Knows(admins))


def test_the_directory_knows_the_members() -> None:
    assert LdapConnector([]).answers(AdministratorGroup("", "cm admins"))
