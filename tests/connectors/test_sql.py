"""The site database through Microsoft's own driver, against a server that speaks its protocol.

Statements are parsed as T-SQL and really executed on rows; only columns that are granted are shown.
"""

import importlib
import sys
import tracemalloc
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import twinsites
from assess.collect import collect
from assess.connectors import Visit
from assess.connectors.sql import SiteDatabase, connect
from assess.connectors.sql_session import DriverSession
from assess.engagement import Engagement, engagement_from
from assess.errors import Unavailable
from assess.evidence import Ask
from assess.evidence.adminservice import (
    AzureServices,
    CollectionMembers,
    DiscoveredUsers,
    SeesEverything,
    Sites,
)
from assess.evidence.applications import SiteApplications
from assess.evidence.site_cloud import ManagementStates, TenantApplications
from assess.evidence.site_database import (
    DiscoveredSuffixes,
    GatewayPaths,
    SuffixCount,
    SuffixCounts,
)
from assess.evidence.site_roles import Components, Roles
from assess.evidence.site_settings import CollectionOf, CollectionRules
from assess.keytypes import Secret
from assess.preflight import preflight
from assess.recording import Recording
from assess.sources import connectors_for, whom
from cloud import AdminServiceServer, Site
from cloud.authority import Authority
from site_database import SqlError, SqlServer, Views
from site_database.server import Accounts

pytestmark = pytest.mark.server  # the driver wants libraries of the system
NOW = datetime(2026, 11, 20, 21, 10, tzinfo=UTC)
HOST, PASSWORD = "sql01.contoso.local", "Secr}t;1"
SITE = {"SiteCode": "PS1", "Type": 2, "Version": "5.00.9141.1000", "BuildNumber": 9141}


def path(server: str, site: str = "PS1") -> str:
    return f'["Display=\\\\{server}\\"]MSWNET:["SMS_SITE={site}"]\\\\{server}\\'


ROWS: dict[str, list[dict[str, Any]]] = {
    "v_Site": [SITE],
    "v_SystemResourceList": [
        {"RoleName": "SMS Management Point", "ServerName": "mp01.contoso.local", "NALPath": path("mp01.contoso.local"), "SiteCode": "PS1"},
        {"RoleName": "SMS Dmp Connector", "ServerName": "SCP01", "NALPath": path("SCP01.contoso.local"), "SiteCode": "PS1"},
    ],
    "vSMS_SC_SysResUse": [
        {"RoleName": "SMS Management Point", "RoleTypeID": 6, "NALPath": path("mp01.contoso.local"), "SslState": 1},
        {"RoleName": "SMS Dmp Connector", "RoleTypeID": 23, "NALPath": path("SCP01.contoso.local"), "SslState": 2},
    ],
    "SC_SysResUse": [{"ID": 4, "RoleTypeID": 6, "NALPath": path("mp01.contoso.local")}],
    "SC_SysResUse_Property": [
        {"SysResUseID": 4, "Name": "AllowProxyTraffic", "Value3": 1},
        {"SysResUseID": 4, "Name": "UserName", "Value2": "CONTOSO\\svc", "Value3": 0},
    ],
    "v_R_User": [
        {"ResourceID": n, "Unique_User_Name0": f"CONTOSO\\u{n}", "User_Principal_Name0": upn}
        for n, upn in enumerate(("ada@Contoso.com", "bob@contoso.com", None, "", "  ", "nobody", "odd@x@fabrikam.com", "end@", "jos\u00e9@contoso.c\u00f6m"), 1)
    ],
    "v_Collection": [{"CollectionID": "PS100014", "Name": "MDM", "CollectionType": 1, "MemberCount": 3, "LimitToCollectionID": "SMS00002"}],
    "v_FullCollectionMembership": [{"CollectionID": "PS100014", "ResourceID": n, "Name": f"M{n}"} for n in (1, 2, 77)],
    "v_CollectionRuleDirect": [{"CollectionID": "PS100014", "ResourceID": 7}],
    "vSMS_CollectionDependencies": [{"DependentCollectionID": "PS100014", "SourceCollectionID": "PS100099", "RelationshipType": 2}],
    "vSMS_AAD_Application_Ex": [{"Name": "Server app", "ClientID": "a", "IdentifierUri": "api://x", "IsClientApp": False, "TenantID": 7, "SecretKey": "3082"}],
}  # fmt: skip


def without(**hidden: str) -> dict[str, str]:
    """What is granted: everything but these columns; a view with "*" not at all."""
    granted = {}
    for view, words in twinsites.VIEWS.items():
        columns = [word.rstrip("#?") for word in words.split()]
        dropped = columns if hidden.get(view) == "*" else hidden.get(view, "").split()
        granted[view] = " ".join(column for column in columns if column not in dropped)
    return granted


@pytest.fixture
def trusted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The file of authorities that the driver takes; it trusts nobody yet."""
    file = tmp_path / "authorities.pem"
    file.write_text("")
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    monkeypatch.setenv("ASSESS_TEST_SECRET", PASSWORD)
    return file


@contextmanager
def database(
    trusted: Path, rows: Mapping[str, Any] = ROWS, granted: Mapping[str, str] | None = None, **options: Any
) -> Iterator[SqlServer]:
    with SqlServer(Views(twinsites.VIEWS, rows, granted), **options) as server:
        trusted.write_bytes(Path(server.authority.ca_file).read_bytes())
        yield server
        assert server.faults == []


def described(server: SqlServer | None, **more: Any) -> Engagement:
    route = {f"{HOST}:1433": f"127.0.0.1:{server.port if server else 1}"}
    auth = {"method": "password", "user": "reader", "password": {"env": "ASSESS_TEST_SECRET"}}
    tables: dict[str, Any] = {
        "engagement": {"name": "contoso", "scenarios": ["hybrid-mdm", "co-management-pki"]},
        "site": {"code": "PS1", "sql_server": HOST},
        "sql": {"auth": auth},
        "network": {"connect_to": route},
    }
    return engagement_from(tables | more, file="contoso.toml", folder=Path())


class Asked:
    """A connector with a recording to visit for."""

    def __init__(self, connector: SiteDatabase, recording: Recording) -> None:
        self.connector = connector
        self.recording = recording
        self.visit = self.fresh()

    def fresh(self) -> Visit:
        return Visit(known=self.recording, clock=lambda: NOW, tables=self.recording.tables)

    def __call__(self, ask: Ask) -> Any:
        self.visit = self.fresh()
        return self.connector.fetch(ask, self.visit)

    def notes(self) -> str:
        return "\n".join(f"{note.location} | {note.value}" for note in self.visit.notes)


@contextmanager
def asking(engagement: Engagement, session: DriverSession | None = None) -> Iterator[Asked]:
    connector = connect(engagement) if session is None else SiteDatabase(session)
    with Recording(engagement, as_of=NOW, started_at=NOW, finished_at=NOW) as recording:
        try:
            yield Asked(connector, recording)
        finally:
            connector.close()


def refused(ask: Asked, question: Ask | None = None) -> Unavailable:
    with pytest.raises(Unavailable) as caught:
        ask(question or Sites())
    for text in (str(caught.value), caught.value.reason, caught.value.mend, repr(caught.value)):
        assert PASSWORD not in text
    return caught.value


# -- the answers --


def test_the_site_with_its_version_is_read(trusted: Path) -> None:
    with database(trusted) as server, asking(described(server)) as ask:
        [site] = ask(Sites())
        assert (site.site_code, site.type, site.build_number) == ("PS1", 2, 9141)
        assert isinstance(ask(Sites()).sees, SeesEverything)
        assert "dbo.v_Site of CM_PS1 on sql01.contoso.local | primary site PS1" in ask.notes()
        [who] = server.sign_ins
        assert (who.user, who.password, who.database) == ("reader", PASSWORD, "CM_PS1")
        assert who.read_only
        assert not who.integrated


def test_a_build_that_is_not_shown_is_taken_from_the_version(trusted: Path) -> None:
    granted = without(v_Site="BuildNumber")
    with database(trusted, granted=granted) as server, asking(described(server)) as ask:
        [site] = ask(Sites())
    assert site.build_number == 9141


def test_roles_come_with_what_the_site_control_file_says_of_them(trusted: Path) -> None:
    with database(trusted) as server, asking(described(server)) as ask:
        point, scp = ask(Roles())
        shown = ask.notes()
    assert (point.server, point.ssl_state, point.number("AllowProxyTraffic")) == ("mp01.contoso.local", 1, 1)
    assert (scp.server, scp.number("OfflineMode")) == ("SCP01.contoso.local", None)
    assert "UserName" not in shown
    assert "svc" not in shown


def test_roles_without_the_site_control_file_leave_their_properties_open(trusted: Path) -> None:
    granted = without(SC_SysResUse_Property="*", vSMS_SC_SysResUse="SslState")
    with database(trusted, granted=granted) as server, asking(described(server)) as ask:
        point, _ = ask(Roles())
        assert "shows this account no dbo.SC_SysResUse_Property" in ask.notes()
        assert "dbo.vSMS_SC_SysResUse.SslState" in ask.notes()
    assert not isinstance(point.ssl_state, int)
    assert not isinstance(point.props, tuple)


def test_users_go_to_disk_and_members_are_joined_with_them(trusted: Path) -> None:
    asks = [DiscoveredUsers(), CollectionMembers("PS100014")]
    with database(trusted) as server, asking(described(server)) as ask:
        collect(asks, [ask.connector], ask.recording, clock=lambda: NOW)
        users = ask.recording.answer(asks[0])
        members = ask.recording.answer(asks[1])
        assert [user.upn for user in users.rows][:2] == ["ada@Contoso.com", "bob@contoso.com"]
        assert [type(one).__name__ for one in members.rows] == ["UserMember", "UserMember", "NotAUser"]
    assert users.sees.complete
    assert members.collection.member_count == 3


def test_suffixes_are_counted_by_the_last_at_and_no_user_is_named(trusted: Path) -> None:
    granted = {"v_R_User": "User_Principal_Name0"}
    with database(trusted, granted=granted) as server, asking(described(server)) as ask:
        counts = ask(DiscoveredSuffixes())
        assert "ada" not in ask.notes()
        assert "dbo.v_R_User.ResourceID, Unique_User_Name0" in refused(ask, DiscoveredUsers()).reason
    assert counts == SuffixCounts(
        (SuffixCount("contoso.com", 2), SuffixCount("contoso.c\u00f6m", 1), SuffixCount("fabrikam.com", 1)), none=4, no_at=1
    )


def test_the_paths_of_the_gateway_are_read_once_each(trusted: Path) -> None:
    rows = {"vProxy_Roles": [{"MutualAuthPath": path} for path in ("CMG.X/CCM_Proxy_MutualAuth/7", "CMG.X/CCM_Proxy_MutualAuth/7", None, "")]}
    with database(trusted, rows) as server, asking(described(server)) as ask:
        assert ask(GatewayPaths()) == ("CMG.X/CCM_Proxy_MutualAuth/7",)
    with database(trusted, granted={"v_Site": "SiteCode"}) as server, asking(described(server)) as ask:
        assert "no dbo.vProxy_Roles" in refused(ask, GatewayPaths()).reason


@pytest.mark.parametrize(("hidden", "words"), [("", ["direct", "include"]), ("*", ["direct", ""])])
def test_rules_that_name_collections_are_unknown_where_they_are_not_shown(
    trusted: Path, hidden: str, words: list[str]
) -> None:
    granted = without(vSMS_CollectionDependencies=hidden)
    with database(trusted, granted=granted) as server, asking(described(server)) as ask:
        [found] = ask(CollectionRules("PS100014"))
        assert [rule.word for rule in found.collection_rules] == words
        assert len(ask(CollectionRules("PS199999"))) == 0


def test_columns_that_are_not_there_are_left_open_or_named(trusted: Path) -> None:
    granted = without(
        vSMS_AAD_Application_Ex="IsClientApp TenantID",
        v_ClientCoManagementState="MDMEnrolled",
        v_R_User="AADUserID",
        v_Collection="LimitToCollectionID",
    )
    with database(trusted, granted=granted) as server, asking(described(server)) as ask:
        [app] = ask(SiteApplications())
        assert not isinstance(app.is_client_app, bool)
        [app] = ask(TenantApplications())
        assert app.name == "Server app"
        [found] = ask(CollectionOf("PS100014"))
        assert not isinstance(found.limit_to_collection_id, str)
        assert "no dbo.v_ClientCoManagementState.MDMEnrolled" in refused(ask, ManagementStates()).reason
        assert "assess permissions --grants" in refused(ask, ManagementStates()).mend
        found = ask(DiscoveredUsers())
        assert len(found.rows) > 0
        assert found.with_id() == 0
        assert not [user for user in found.rows if isinstance(user.aad_user_id, str)]
    assert not [one for one in server.statements if "SecretKey" in one]


def test_what_no_view_holds_is_not_its_question(trusted: Path) -> None:
    with asking(described(None)) as ask:
        assert not ask.connector.answers(AzureServices())
        assert ask.connector.answers(Components("SMS_X"))


@pytest.mark.parametrize("hostile", ["PS10'--", "PS1000014", "", "PS1 0014", "PS10001\u0664", "{sql.x}"])
def test_an_id_that_is_none_is_not_sent(trusted: Path, hostile: str) -> None:
    with database(trusted) as server, asking(described(server)) as ask:
        assert "is not the ID of a collection" in refused(ask, CollectionOf(hostile)).reason
        assert server.statements == []


def test_a_value_travels_as_a_parameter(trusted: Path) -> None:
    with database(trusted) as server, asking(described(server)) as ask:
        assert len(ask(Components("x' OR 1=1 --"))) == 0
        assert not [one for one in server.statements if "1=1" in one]


def test_a_row_of_another_type_is_no_answer(trusted: Path) -> None:
    views = {**twinsites.VIEWS, "v_Site": twinsites.VIEWS["v_Site"].replace("Type#", "Type")}
    with SqlServer(Views(views, {"v_Site": [{**SITE, "Type": "two"}]})) as server:
        trusted.write_bytes(Path(server.authority.ca_file).read_bytes())
        with asking(described(server)) as ask:
            assert "sent a row that cannot be read" in refused(ask).reason
            assert len(ask(Roles())) == 0  # the connection serves the next question


def test_many_users_take_little_memory(trusted: Path) -> None:
    rows = ({"ResourceID": n, "Unique_User_Name0": f"CONTOSO\\u{n}", "User_Principal_Name0": f"u{n}@contoso.com"} for n in range(40_000))
    with database(trusted, {"v_R_User": rows}) as server, asking(described(server)) as ask:
        ask(Sites())
        tracemalloc.start()
        users = ask(DiscoveredUsers())
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert len(users.rows) == 40_000
    assert peak < 20_000_000


def test_the_database_answers_what_the_adminservice_refuses(trusted: Path) -> None:
    asks: list[Ask] = [Sites(), Roles(), AzureServices(), DiscoveredSuffixes()]
    with database(trusted) as server, AdminServiceServer(Site("localhost", classes={}), auth="bearer") as service:
        site = {
            "code": "PS1", "sql_server": HOST, "adminservice": f"{service.url}/AdminService", "ca_file": str(service.authority.ca_file),
            "auth": {"method": "none"},
        }  # fmt: skip
        engagement = described(server, site=site)
        connectors = connectors_for(asks, engagement)
        assert [one.source for one in connectors] == ["adminservice", "sql"]
        with Recording(engagement, as_of=NOW, started_at=NOW, finished_at=NOW) as recording:
            collect(asks, connectors, recording, clock=lambda: NOW)
            assert len(recording.answer(Sites())) == 1
            found = recording.record(Sites())
            assert found.source == "sql"
            assert [one.source for one in found.passed_over] == ["adminservice"]
            with pytest.raises(Unavailable, match="wants a sign-in"):
                recording.answer(AzureServices())
    assert whom("adminservice", engagement) == f"{service.url}/AdminService, then {HOST}"
    assert whom("sql", engagement) == HOST


# -- what goes wrong --


@pytest.mark.parametrize(
    ("tables", "key"),
    [({"site": {"code": "PS1"}}, "site.sql_server"), ({"site": {"sql_server": HOST}}, "site.database")],
)
def test_a_database_that_is_not_set_up_is_skipped(tables: dict[str, Any], key: str, trusted: Path) -> None:
    with asking(described(None, **tables)) as ask:
        assert not ask.connector.answers(Sites())
        assert ask.connector.answers(DiscoveredSuffixes())
        error = refused(ask, DiscoveredSuffixes())
    assert (error.key, error.skipped) == (key, True)


@pytest.mark.parametrize(
    ("auth", "key"),
    [
        ({"method": "password", "user": "reader"}, "sql.auth.password"),
        ({"method": "password", "password": {"env": "ASSESS_TEST_SECRET"}}, "sql.auth.user"),
    ],
)
def test_half_a_sign_in_names_the_key(auth: dict[str, Any], key: str, trusted: Path) -> None:
    with asking(described(None, sql={"auth": auth})) as ask:
        assert refused(ask).key == key


def test_without_the_driver_the_mend_says_how_to_install_it(trusted: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mssql_python", None)
    with asking(described(None)) as ask:
        error = refused(ask)
    assert "driver for SQL Server is not installed" in error.reason
    assert error.mend == 'Install the driver with: python -m pip install "assess[sql]"'


def test_a_driver_that_lacks_a_library_names_the_packages(trusted: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    driver = importlib.import_module("mssql_python")
    exceptions = importlib.import_module("mssql_python.exceptions")

    def lacks(*_: Any, **__: Any) -> None:
        raise exceptions.OperationalError("Connection operation failed", "Failed to load the driver. Please read the documentation.")

    monkeypatch.setattr(driver, "connect", lacks)
    with asking(described(None)) as ask:
        error = refused(ask)
    assert "lacks a library of this system" in error.reason
    assert "libltdl7" in error.mend


def test_a_wrong_password_is_tried_once(trusted: Path) -> None:
    accounts = Accounts({"reader": "another"})
    with database(trusted, accounts=accounts) as server, asking(described(server)) as ask:
        first, second = refused(ask), refused(ask, Roles())
        assert "refuses the sign-in" in first.reason
        assert "Give the account reader a login" in first.mend
        assert first.reason == second.reason
    assert len(server.sign_ins) == 1


def test_a_wrong_database_is_named(trusted: Path) -> None:
    accounts = Accounts(databases=("master",))
    with database(trusted, accounts=accounts) as server, asking(described(server)) as ask:
        assert "CM_PS1 on sql01.contoso.local refuses the sign-in" in refused(ask).reason


def test_windows_authentication_without_a_ticket_says_so(trusted: Path) -> None:
    with database(trusted) as server, asking(described(server, sql={"auth": {"method": "windows"}})) as ask:
        error = refused(ask)
    assert "Windows" in error.reason
    assert "MSSQLSvc" in error.mend
    assert server.sign_ins == []


@pytest.mark.parametrize(
    ("name", "known"), [(HOST, False), ("sql02.contoso.local", True)], ids=["unknown authority", "other name"]
)
def test_a_certificate_that_is_not_trusted_stops_before_the_password(trusted: Path, name: str, known: bool) -> None:
    other = Authority("Another")
    with database(trusted, identity=other.issue([name])) as server:
        if known:
            trusted.write_bytes(Path(other.ca_file).read_bytes())
        with asking(described(server)) as ask:
            error = refused(ask)
    assert "shows a certificate that is not accepted" in error.reason
    assert "It is never accepted unseen" in error.mend
    assert server.sign_ins == []


def test_a_server_without_encryption_is_not_spoken_to(trusted: Path) -> None:
    with database(trusted, encrypts=False) as server, asking(described(server)) as ask:
        error = refused(ask)
    assert "offers no encryption" in error.reason
    assert server.sign_ins == []


@pytest.mark.parametrize(("pinned", "accepted"), [("its own", True), ("another", False)])
def test_a_pinned_certificate_is_the_only_one_taken(trusted: Path, pinned: str, accepted: bool) -> None:
    mine, other = (Authority("Pinned").issue([HOST]) for _ in range(2))
    file = trusted.with_name("pinned.pem")
    pem = (mine if accepted else other).pem
    file.write_bytes(pem[pem.index(b"-----BEGIN CERTIFICATE") :])
    sql = {"certificate": str(file), "auth": {"method": "password", "user": "reader", "password": {"env": "ASSESS_TEST_SECRET"}}}
    with database(trusted, identity=mine, strict=True) as server, asking(described(server, sql=sql)) as ask:
        if accepted:
            assert len(ask(Sites())) == 1
        else:
            assert "not accepted" in refused(ask).reason
            assert server.sign_ins == []


def test_a_pin_that_is_no_file_is_named(trusted: Path) -> None:
    sql = {"certificate": "gone.pem", "auth": {"method": "windows"}}
    with asking(described(None, sql=sql)) as ask:
        assert "[sql] certificate names gone.pem, which is no file" in refused(ask).reason


def test_a_silent_server_is_given_up(trusted: Path) -> None:
    with database(trusted, silent=True) as server:
        session = DriverSession(f"tcp:127.0.0.1,{server.port}", HOST, "CM_PS1", method="password", user="reader", password=lambda: PASSWORD, login_seconds=1)  # fmt: skip
        with asking(described(server), session) as ask:
            assert "does not answer in time" in refused(ask).reason


def test_a_closed_port_is_told(trusted: Path) -> None:
    session = DriverSession("tcp:127.0.0.1,1", HOST, "CM_PS1", method="password", user="reader", password=lambda: PASSWORD, login_seconds=1)  # fmt: skip
    with asking(described(None), session) as ask:
        error = refused(ask)
    assert "CM_PS1 on sql01.contoso.local cannot be" in error.reason
    assert "firewall" in error.mend


def test_a_list_that_breaks_off_is_no_answer_and_the_next_question_connects_again(trusted: Path) -> None:
    rows = {**ROWS, "v_R_User": [{"ResourceID": n, "Unique_User_Name0": "x" * 100} for n in range(5000)]}
    with database(trusted, rows) as server, asking(described(server)) as ask:
        ask(Sites())
        server.breaks_after = 3000
        refused(ask, DiscoveredUsers())
        server.breaks_after = None
        assert len(ask(Sites())) == 1
    assert len(server.sign_ins) == 2


def test_a_right_that_is_taken_away_later_names_the_script(trusted: Path) -> None:
    with database(trusted) as server, asking(described(server)) as ask:
        ask(Sites())
        server.fails = lambda _: SqlError(229, "The SELECT permission was denied on the object 'v_Site', database 'CM_PS1', schema 'dbo'.")
        error = refused(ask)
        assert "does not show what is asked for" in error.reason
        assert "--grants" in error.mend
        server.fails = lambda _: SqlError(1205, "Transaction was deadlocked\x1b[31m on \nlock resources.", severity=13)
        assert "\x1b" not in refused(ask).reason


# -- preflight --


def test_preflight_tells_site_time_and_what_is_not_shown(trusted: Path) -> None:
    granted = without(v_R_User="AADUserID", AAD_Tenant_Ex="*")
    with database(trusted, granted=granted) as server, asking(described(server)) as ask:
        found = ask.connector.probe(ask.fresh())
    assert found.startswith("sees primary site PS1 5.00.9141.1000, answers in ")
    assert found.endswith("shows no dbo.AAD_Tenant_Ex")


@pytest.mark.parametrize(
    ("rows", "granted", "said"),
    [({}, None, "has no site in dbo.v_Site"), (ROWS, {"v_R_User": "ResourceID"}, "shows this account no dbo.v_Site")],
)
def test_preflight_fails_where_the_site_is_not_shown(trusted: Path, rows: Any, granted: Any, said: str) -> None:
    with database(trusted, rows, granted) as server, asking(described(server)) as ask:
        with pytest.raises(Unavailable) as caught:
            ask.connector.probe(ask.fresh())
        assert said in caught.value.reason


def test_preflight_has_a_row_for_the_database_beside_the_adminservice(trusted: Path) -> None:
    from assess.discover import library

    checks = [library().checks["scp.installed"], library().checks["identity.discovered-upn-consistent"]]
    with database(trusted) as server:
        rows = preflight(checks, described(server), clock=lambda: NOW)
    found = [(row.source, row.status) for row in rows if row.source in {"adminservice", "sql"}]
    assert found[0] == ("adminservice", "skipped")
    assert ("sql", "ok") in found


def test_a_secret_is_never_shown() -> None:
    session = DriverSession("tcp:x,1", HOST, "CM", method="password", user="reader", password=lambda: PASSWORD)
    assert PASSWORD not in repr(vars(session))
    assert PASSWORD not in repr(Secret("sql.auth.password", env="X"))
