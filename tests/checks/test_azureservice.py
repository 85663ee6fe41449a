"""Every verdict of the checks for Configuration Manager's applications in the tenant."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec import UNSET
from msgspec.structs import replace

from assess.check import Fail, Missing, Outcome, Pass, Unknown, Warn, worst
from assess.evidence.adminservice import MayBeTrimmed, Seen, SeesEverything
from assess.evidence.applications import (
    Api,
    Application,
    Credential,
    FoundApplication,
    Permission,
    Principal,
    PublicPart,
    RequiredAccess,
    RoleGrant,
    ScopeGrant,
    SiteApplication,
    WebPart,
    Wish,
)
from assess.evidence.graph import Domain
from checks.azureservice import (
    admin_consent_client,
    admin_consent_server,
    app_id_uri,
    client_app,
    placeholder_urls,
    server_app,
)

NOW = datetime(2026, 11, 20, 21, 10, tzinfo=UTC)
TENANT = "3f9d2c10-5b7e-4d0a-9c55-0a1b2c3d4e5f"
SERVER, CLIENT = "aaaaaaaa-1111-4000-8000-000000000001", "aaaaaaaa-2222-4000-8000-000000000002"
GRAPH, OLD_GRAPH = "00000003-0000-0000-c000-000000000000", "00000002-0000-0000-c000-000000000000"
DIRECTORY_READ, IMPERSONATE = "7ab1d382-f21e-4acd-a863-ba3e13f7da61", "dddddddd-0000-4000-8000-00000000000a"
URI = f"api://{TENANT}/ConfigMgrService"
REFUSED = Missing("Graph refuses /applications: Application.Read.All is missing", "Grant it.")
NO_SITE = Missing("the AdminService is not set up", "Set it up.", skipped=True)
NO_LINE = Missing("comanagement.command_line is not set", "Set it.", key="comanagement.command_line")
ALL, SOME = SeesEverything("said to be"), MayBeTrimmed("not known", "Give it the role.")
LINE = f'CCMSETUPCMD="CCMHOSTNAME=cmg.contoso.com/CCM_Proxy_MutualAuth/7 SMSSiteCode=PS1 AADRESOURCEURI={URI} AADCLIENTAPPID={CLIENT}"'

S_ROW = SiteApplication("ConfigMgr Server", SERVER.upper(), URI, is_client_app=False)
C_ROW = SiteApplication("ConfigMgr Client", CLIENT, "", is_client_app=True)
SITE = Seen((S_ROW, C_ROW), ALL)


def ends(days: float) -> tuple[Credential, ...]:
    return (Credential("secret", NOW + timedelta(days=days)),)


SERVER_APP = Application(
    "o1", SERVER, "ConfigMgr Server", (URI,), WebPart("https://ConfigMgrService", ()), PublicPart(()), False,
    (RequiredAccess(GRAPH, (Wish(DIRECTORY_READ, "Role"),)),), ends(300), (),
)  # fmt: skip
CLIENT_APP = Application(
    "o2", CLIENT, "ConfigMgr Client", (), WebPart(None, ()), PublicPart(("ms-appx-web://x",)), True,
    (RequiredAccess(SERVER, (Wish(IMPERSONATE, "Scope"),)),), (), (),
)  # fmt: skip


def apps(server: Application | None = SERVER_APP, client: Application | None = CLIENT_APP) -> dict[str, Application | None]:
    return {SERVER: server, CLIENT: client}


def judged(outcomes: Any) -> Outcome:
    return worst(outcomes)


@pytest.mark.parametrize(
    ("site", "known", "line", "status"),
    [
        (SITE, apps(), NO_LINE, Pass),
        (SITE, apps(replace(SERVER_APP, password_credentials=ends(20))), NO_LINE, Warn),
        (SITE, apps(replace(SERVER_APP, password_credentials=ends(-1))), NO_LINE, Fail),
        (SITE, apps(replace(SERVER_APP, password_credentials=ends(-1), key_credentials=ends(200))), NO_LINE, Pass),
        (SITE, apps(replace(SERVER_APP, password_credentials=ends(-90) + ends(90))), NO_LINE, Pass),
        (SITE, apps(replace(SERVER_APP, password_credentials=())), NO_LINE, Fail),
        (SITE, apps(replace(SERVER_APP, password_credentials=UNSET, key_credentials=UNSET)), NO_LINE, Unknown),
        (SITE, apps(replace(SERVER_APP, password_credentials=(Credential("s"),))), NO_LINE, Unknown),
        (SITE, apps(replace(SERVER_APP, password_credentials=(Credential("s"), *ends(-3)))), NO_LINE, Unknown),
        (SITE, apps(None), NO_LINE, Fail),
        (Seen((replace(S_ROW, secret_key_expiry="2026-11-01T00:00:00Z"),), ALL), apps(), NO_LINE, Fail),
        (Seen((replace(S_ROW, secret_key_expiry="2026-12-01T00:00:00Z"),), ALL), apps(), NO_LINE, Warn),
        (Seen((replace(S_ROW, secret_key_expiry="soon"),), ALL), apps(), NO_LINE, Pass),
        (SITE, REFUSED, NO_LINE, Unknown),
        (Seen((C_ROW,), ALL), apps(), NO_LINE, Fail),
        (Seen((C_ROW,), SOME), apps(), NO_LINE, Unknown),
        (Seen((), SOME), apps(), NO_LINE, Unknown),
        (Seen((replace(S_ROW, is_client_app=UNSET),), ALL), apps(), NO_LINE, Unknown),
        # without the site
        (NO_SITE, {SERVER: SERVER_APP}, NO_LINE, Pass),
        (NO_SITE, {}, NO_LINE, Unknown),
        (NO_SITE, apps(), LINE, Pass),
        (NO_SITE, apps(), NO_LINE, Unknown),
        (NO_SITE, {SERVER: SERVER_APP, "x": replace(SERVER_APP, app_id="x", identifier_uris=("api://t/ConfigMgr2",))}, LINE, Pass),
        (NO_SITE, REFUSED, NO_LINE, Unknown),
    ],
)
def test_server_app(site: Any, known: Any, line: Any, status: type[Outcome]) -> None:
    outcome = judged(server_app(site=site, apps=known, line=line, now=NOW))
    assert isinstance(outcome, status)
    assert outcome.subject is None


@pytest.mark.parametrize(
    ("expiry", "held"),
    [("2026-12-01T00:00:00Z", ["2026-12-01"]), ("soon", []), ("0001-01-01T00:00:00Z", []), ("9999-12-31T23:59:59Z", []), (UNSET, [])],
)
def test_the_secret_that_the_site_holds_is_on_the_calendar(expiry: Any, held: list[str]) -> None:
    site = Seen((replace(S_ROW, secret_key_expiry=expiry),), ALL)
    outcome = judged(server_app(site=site, apps=apps(), line=NO_LINE, now=NOW))
    assert [str(end.on) for end in outcome.ends if "that the site holds" in end.what] == held
    assert [end.what for end in outcome.ends if end.what.startswith("Secrets of ")]


DOMAINS = (Domain("contoso.com", is_verified=True), Domain("contoso.net", is_verified=False))
INTERNET, PKI = "co-management-internet", "co-management-pki"


def carrying(uri: str, *others: str) -> dict[str, tuple[FoundApplication, ...] | None]:
    return {uri: tuple(FoundApplication(n, n) for n in (SERVER, *others))}


def with_uri(*uris: str) -> tuple[Any, Any]:
    row = replace(S_ROW, identifier_uri=uris[0])
    return Seen((row,), ALL), apps(replace(SERVER_APP, identifier_uris=uris))


@pytest.mark.parametrize(
    ("scenario", "uri", "carriers", "domains", "tenant", "status"),
    [
        (INTERNET, URI, carrying(URI), DOMAINS, TENANT, Pass),
        (INTERNET, URI.upper(), carrying(URI.upper()), DOMAINS, TENANT, Pass),
        (INTERNET, URI, carrying(URI), REFUSED, TENANT, Pass),
        (INTERNET, URI, carrying(URI), DOMAINS, NO_LINE, "open"),
        (INTERNET, "api://other/ConfigMgr", carrying("api://other/ConfigMgr"), DOMAINS, TENANT, Warn),
        (INTERNET, f"api://{TENANT}", carrying(f"api://{TENANT}"), DOMAINS, TENANT, Warn),
        (INTERNET, "https://contoso.com/cm", carrying("https://contoso.com/cm"), DOMAINS, TENANT, Pass),
        (INTERNET, "https://contoso.net/cm", carrying("https://contoso.net/cm"), DOMAINS, TENANT, Warn),
        (INTERNET, "https://contoso.com/cm", carrying("https://contoso.com/cm"), REFUSED, TENANT, Unknown),
        (INTERNET, "https://ConfigMgrService", carrying("https://ConfigMgrService"), DOMAINS, TENANT, Warn),
        (PKI, "https://ConfigMgrService", carrying("https://ConfigMgrService"), REFUSED, NO_LINE, Pass),
        (PKI, URI, carrying(URI, "another"), DOMAINS, TENANT, Fail),
        (PKI, URI, REFUSED, DOMAINS, TENANT, Unknown),
        (PKI, URI, {}, DOMAINS, TENANT, Unknown),
    ],
)
def test_app_id_uri(scenario: str, uri: str, carriers: Any, domains: Any, tenant: Any, status: Any) -> None:
    site, known = with_uri(uri)
    outcome = judged(app_id_uri(scenario=scenario, site=site, apps=known, carriers=carriers, domains=domains, line=NO_LINE, tenant=tenant))
    if status == "open":
        assert not isinstance(outcome, Pass | Fail)
    else:
        assert isinstance(outcome, status)


@pytest.mark.parametrize(
    ("site", "known", "status"),
    [
        (Seen((replace(S_ROW, identifier_uri="https://elsewhere"),), ALL), apps(), Fail),
        (SITE, apps(replace(SERVER_APP, identifier_uris=())), Fail),
        (SITE, apps(replace(SERVER_APP, identifier_uris=UNSET)), Unknown),
        (SITE, apps(None), Fail),
        (SITE, REFUSED, Unknown),
        (Seen((replace(S_ROW, identifier_uri=UNSET),), ALL), apps(), Pass),
        (NO_SITE, {SERVER: SERVER_APP}, Pass),
        (NO_SITE, {}, Unknown),
    ],
)
def test_app_id_uri_of_site_and_tenant(site: Any, known: Any, status: type[Outcome]) -> None:
    outcome = judged(app_id_uri(scenario=PKI, site=site, apps=known, carriers=carrying(URI), domains=DOMAINS, line=NO_LINE, tenant=TENANT))
    assert isinstance(outcome, status)


@pytest.mark.parametrize(
    ("site", "known", "status"),
    [
        (SITE, apps(), Pass),
        (SITE, apps(replace(SERVER_APP, web=WebPart(None))), Warn),
        (SITE, apps(replace(SERVER_APP, web=None)), Warn),
        (SITE, apps(client=replace(CLIENT_APP, public_client=PublicPart(()))), Warn),
        (SITE, apps(client=replace(CLIENT_APP, public_client=None, web=WebPart(None, ("https://ConfigMgrClient",)))), Pass),
        (SITE, apps(replace(SERVER_APP, web=UNSET)), Unknown),
        (SITE, apps(client=replace(CLIENT_APP, public_client=UNSET, web=UNSET)), Unknown),
        (SITE, apps(None), Unknown),
        (SITE, REFUSED, Unknown),
        (Seen((), ALL), apps(), Unknown),
        (NO_SITE, {}, Unknown),
        (NO_SITE, apps(), LINE),
    ],
)
def test_placeholder_urls(site: Any, known: Any, status: Any) -> None:
    line, status = (LINE, Pass) if status == LINE else (NO_LINE, status)
    assert isinstance(judged(placeholder_urls(site=site, apps=known, line=line)), status)


@pytest.mark.parametrize(
    ("site", "known", "line", "status"),
    [
        (SITE, apps(), NO_LINE, Pass),
        (SITE, apps(client=None), NO_LINE, Fail),
        (Seen((S_ROW,), ALL), apps(), NO_LINE, Fail),
        (Seen((S_ROW,), SOME), apps(), NO_LINE, Unknown),
        (SITE, apps(client=replace(CLIENT_APP, required_resource_access=())), NO_LINE, Unknown),
        (SITE, apps(client=replace(CLIENT_APP, required_resource_access=UNSET)), NO_LINE, Unknown),
        (SITE, REFUSED, NO_LINE, Unknown),
        (Seen((C_ROW,), SOME), apps(), NO_LINE, Unknown),
        (NO_SITE, apps(), LINE, Pass),
        (NO_SITE, apps(client=None), LINE, Fail),
        (NO_SITE, apps(), NO_LINE, Unknown),
        (NO_SITE, {}, LINE, Unknown),
    ],
)
def test_client_app(site: Any, known: Any, line: Any, status: type[Outcome]) -> None:
    assert isinstance(judged(client_app(site=site, apps=known, line=line)), status)


SP, CSP, GRAPH_SP = "sp-server", "sp-client", "sp-graph"
PRINCIPALS = {SERVER: Principal(SP, SERVER, account_enabled=True), CLIENT: Principal(CSP, CLIENT, account_enabled=True)}
APIS = {
    GRAPH: Api(GRAPH_SP, GRAPH, "Microsoft Graph", (Permission(DIRECTORY_READ, "Directory.Read.All"),), ()),
    SERVER: Api(SP, SERVER, "ConfigMgr Server", (), (Permission(IMPERSONATE, "user_impersonation"),)),
    OLD_GRAPH: Api("sp-old", OLD_GRAPH, "Windows Azure Active Directory", (Permission(DIRECTORY_READ, "Directory.Read.All"),), ()),
}
ROLES = {SP: (RoleGrant("1", DIRECTORY_READ, GRAPH_SP),), CSP: ()}
SCOPES = {SP: (), CSP: (ScopeGrant("1", "AllPrincipals", SP, " openid  user_impersonation"),)}


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({}, Pass),
        ({"roles": {SP: ()}}, Fail),
        ({"roles": {SP: None}}, Fail),
        ({"roles": {SP: (RoleGrant("1", DIRECTORY_READ, "sp-other"),)}}, Fail),
        ({"roles": {SP: (RoleGrant("1", "another", GRAPH_SP),)}}, Fail),
        ({"roles": REFUSED}, Unknown),
        ({"principals": REFUSED}, Unknown),
        ({"apis": REFUSED}, Unknown),
        ({"apps": REFUSED}, Unknown),
        ({"principals": {SERVER: None}}, Fail),
        ({"principals": {SERVER: Principal(SP, SERVER, account_enabled=False)}}, Unknown),
        ({"apis": {GRAPH: None}}, Fail),
        ({"apps": apps(None)}, Fail),
        ({"apps": apps(replace(SERVER_APP, required_resource_access=()))}, Unknown),
        ({"apps": apps(replace(SERVER_APP, required_resource_access=UNSET))}, Unknown),
        ({"apps": apps(replace(SERVER_APP, required_resource_access=(RequiredAccess(GRAPH, (Wish(DIRECTORY_READ),)),)))}, Unknown),
        (
            {
                "apps": apps(replace(SERVER_APP, required_resource_access=(RequiredAccess(OLD_GRAPH, (Wish(DIRECTORY_READ, "Role"),)),))),
                "roles": {SP: (RoleGrant("1", DIRECTORY_READ, "sp-old"),)},
            },
            Unknown,
        ),
        ({"scopes": REFUSED}, Pass),
        ({"site": NO_SITE, "line": LINE}, Pass),
        ({"site": NO_SITE, "apps": {}}, Unknown),
    ],
)
def test_admin_consent_server(change: dict[str, Any], status: type[Outcome]) -> None:
    given = {"site": SITE, "apps": apps(), "line": NO_LINE, "principals": PRINCIPALS, "apis": APIS, "roles": ROLES, "scopes": SCOPES}
    assert isinstance(judged(admin_consent_server(**(given | change))), status)


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({}, Pass),
        ({"scopes": {CSP: (ScopeGrant("1", "Principal", SP, "user_impersonation"),)}}, Fail),
        ({"scopes": {CSP: (ScopeGrant("1", "AllPrincipals", "sp-other", "user_impersonation"),)}}, Fail),
        ({"scopes": {CSP: (ScopeGrant("1", "AllPrincipals", SP, "user_impersonation_more"),)}}, Fail),
        ({"scopes": {CSP: ()}}, Fail),
        ({"scopes": REFUSED}, Unknown),
        ({"apis": {SERVER: Api(SP, SERVER, oauth2_permission_scopes=())}}, Unknown),
        ({"apis": {SERVER: Api(SP, SERVER)}}, Unknown),
        ({"apis": {}}, Fail),
        ({"principals": {CLIENT: None}}, Fail),
        ({"apps": apps(client=None)}, Fail),
        ({"apps": REFUSED}, Unknown),
        ({"roles": REFUSED}, Pass),
        ({"site": Seen((S_ROW,), ALL)}, Fail),
        ({"site": Seen((S_ROW,), SOME)}, Unknown),
    ],
)
def test_admin_consent_client(change: dict[str, Any], status: type[Outcome]) -> None:
    given = {"site": SITE, "apps": apps(), "line": NO_LINE, "principals": PRINCIPALS, "apis": APIS, "roles": ROLES, "scopes": SCOPES}
    assert isinstance(judged(admin_consent_client(**(given | change))), status)
