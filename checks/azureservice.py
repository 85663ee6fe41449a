"""Configuration Manager's applications in the tenant: registered, named, and really consented to.

The site says which they are. Without the site the server app is looked for by its App ID URI and
the client app by the copied command line; what was not found that way may still exist.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Annotated

from assess.check import (
    AsOf,
    Ends,
    Fail,
    Key,
    Missing,
    Outcome,
    Outcomes,
    Pass,
    Scenario,
    Unknown,
    Warn,
    check,
    tr,
    trn,
    unavailable,
)
from assess.evidence.adminservice import Seen
from assess.evidence.applications import (
    DEFAULT_URI,
    Api,
    Apis,
    Application,
    ApplicationsOfUri,
    ConfigMgrApplications,
    FoundApplication,
    Principal,
    Principals,
    PublicPart,
    RequiredAccess,
    RoleGrant,
    RoleGrants,
    ScopeGrant,
    ScopeGrants,
    SiteApplication,
    SiteApplications,
    WebPart,
    Wish,
    client_id_of,
)
from assess.evidence.graph import Domain, Domains, moment

SOON = timedelta(days=30)
AAD_GRAPH = "00000002-0000-0000-c000-000000000000"
INTERNET = "co-management-internet"
_SITE_ROLE = "Let the AdminService answer ([site] provider_fqdn), so that the site names its apps."

Site = Seen[SiteApplication] | Missing
Apps = dict[str, Application | None] | Missing
Line = str | Missing


@dataclass(frozen=True)
class _App:
    """One application: its client id, its registration (None: not there), the row of the site."""

    client_id: str
    registered: Application | None
    site: SiteApplication | None

    @property
    def label(self) -> str:
        if self.registered is not None:
            return self.registered.label
        name = self.site.name if self.site is not None else ""
        return f"{name} ({self.client_id})" if isinstance(name, str) and name else self.client_id


def _server_apps(site: Site, apps: Apps, line: Line) -> list[_App] | Outcome:
    """The server apps, or the outcome where they cannot be told."""
    return _apps("server app", site, apps, line, native=False)


def _client_apps(site: Site, apps: Apps, line: Line) -> list[_App] | Outcome:
    """The native client apps, or the outcome where they cannot be told."""
    return _apps("client app", site, apps, line, native=True)


def _apps(what: str, site: Site, apps: Apps, line: Line, *, native: bool) -> list[_App] | Outcome:
    if isinstance(site, Seen) and site.rows:
        if any(not isinstance(row.is_client_app, bool) for row in site):
            return Unknown(None, "the site does not say which of its applications is which")
        rows = [row for row in site if row.is_client_app is native]
        if rows:
            if isinstance(apps, Missing):
                return unavailable(None, apps)
            return [_of_site(row, apps) for row in rows]
    if isinstance(site, Seen):
        if site.sees.complete:
            expected = tr("the site knows a {} in the tenant", what)
            return Fail(None, expected, tr("the site knows no {}", what))
        return Unknown(
            None,
            tr("the site shows this account no {}, and may hide it", what),
            remedy=(getattr(site.sees, "mend", "") or _SITE_ROLE,),
        )
    if isinstance(apps, Missing):
        return unavailable(None, apps, site)
    return _found(what, site, apps, line, native=native)


def _of_site(row: SiteApplication, apps: dict[str, Application | None]) -> _App:
    client_id = row.client_id.lower() if isinstance(row.client_id, str) else ""
    return _App(client_id, apps.get(client_id), row)


def _found(
    what: str, site: Missing, apps: dict[str, Application | None], line: Line, *, native: bool
) -> list[_App] | Outcome:
    """Those that can be found without the site."""
    named = client_id_of(line)
    found = [
        _App(client_id, app, None)
        for client_id, app in sorted(apps.items())
        if (client_id == named) is native
    ]
    if len(found) == 1:
        return found
    resource = "" if isinstance(line, Missing) else line.lower()
    pointed = [
        app
        for app in found
        if app.registered is not None
        and any(f"aadresourceuri={uri.lower()}" in resource for uri in app.registered.uris)
    ]
    if len(pointed) == 1:
        return pointed
    because = tr("no {} was found in the tenant, and the site was not asked: {}", what, site.reason)
    if found:
        because = tr(
            "{} applications could be the {} in the tenant, and the site was not asked: {}",
            len(found),
            what,
            site.reason,
        )
    return Unknown(
        None,
        because,
        remedy=(_SITE_ROLE, "Or copy the client command line to comanagement.command_line."),
    )


# -- the server app --


@check("azureservice.server-app")
def server_app(
    site: Annotated[Seen[SiteApplication] | Missing, SiteApplications()],
    apps: Annotated[dict[str, Application | None] | Missing, ConfigMgrApplications()],
    line: Annotated[str | Missing, Key("comanagement.command_line")],
    now: Annotated[datetime, AsOf()],
) -> Outcomes:
    """Pass when the server app is registered and a secret of it ends in more than 30 days."""
    found = _server_apps(site, apps, line)
    if not isinstance(found, list):
        return [found]
    return [outcome for app in found for outcome in _usable(app, now)]


def _usable(app: _App, now: datetime) -> Iterator[Outcome]:
    expected = "a server app that is registered in the tenant, with a secret that lasts"
    if app.registered is None:
        yield Fail(None, expected, tr("{} is not registered in the tenant", app.label))
        return
    uses = _moment_of(None if app.site is None else app.site.secret_key_expiry)
    lasting = _lasting(app, app.registered, now, expected)
    if uses is not None:
        held = Ends(tr("Secret of {} that the site holds", app.label), uses.date())
        lasting = replace(lasting, ends=(*lasting.ends, held))
    yield lasting
    if uses is not None and uses <= now:
        told = tr("the secret that the site holds for {} ended on {:%Y-%m-%d}", app.label, uses)
        yield Fail(None, expected, told, about=(app.client_id,))
    elif uses is not None and uses <= now + SOON:
        told = tr("the secret that the site holds for {} ends on {:%Y-%m-%d}", app.label, uses)
        yield Warn(None, expected, told, about=(app.client_id,))


def _lasting(app: _App, registered: Application, now: datetime, expected: str) -> Outcome:
    about = (app.client_id,)
    kinds = (registered.password_credentials, registered.key_credentials)
    every = [one for kind in kinds if isinstance(kind, tuple) for one in kind]
    ends = [end for one in every if (end := moment(one.end_date_time)) is not None]
    if not every and not all(isinstance(kind, tuple) for kind in kinds):
        return Unknown(None, tr("Graph does not show the secrets of {}", app.label), about=about)
    if not every:
        told = tr("{} has neither a secret nor a certificate", app.label)
        return Fail(None, expected, told, about=about)
    if not ends:
        return Unknown(
            None, tr("Graph does not say when the secrets of {} end", app.label), about=about
        )
    last = max(ends)
    told = trn(
        len(every),
        "{}: its {n} secret or certificate ends on {:%Y-%m-%d}",
        "{}: the last of {n} secrets and certificates ends on {:%Y-%m-%d}",
        app.label,
        last,
    )
    lasting = (Ends(tr("Secrets of {}", app.label), last.date()),)
    if last <= now:
        if len(ends) < len(every):
            return Unknown(None, tr("{}; for the others Graph gives no date", told), about=about)
        return Fail(None, expected, told, about=about, ends=lasting)
    if last <= now + SOON:
        return Warn(None, expected, told, about=about, ends=lasting)
    return Pass(None, told, expected, about=about, ends=lasting)


def _moment_of(text: object) -> datetime | None:
    """A date of the site; None where there is none that can be read."""
    if not isinstance(text, str):
        return None
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        return None
    aware = read if read.tzinfo else read.replace(tzinfo=UTC)
    return moment(aware)


# -- its App ID URI --


@check("azureservice.app-id-uri")
def app_id_uri(
    scenario: Annotated[str, Scenario()],
    site: Annotated[Seen[SiteApplication] | Missing, SiteApplications()],
    apps: Annotated[dict[str, Application | None] | Missing, ConfigMgrApplications()],
    carriers: Annotated[
        dict[str, tuple[FoundApplication, ...] | None] | Missing, ApplicationsOfUri()
    ],
    domains: Annotated[tuple[Domain, ...] | Missing, Domains()],
    line: Annotated[str | Missing, Key("comanagement.command_line")],
    tenant: Annotated[str | Missing, Key("tenant.id")],
) -> Outcomes:
    """Pass when one application carries the URI, in an accepted form, and the site has the same."""
    found = _server_apps(site, apps, line)
    if not isinstance(found, list):
        return [found]
    outcomes: list[Outcome] = []
    for app in found:
        uris = _agreed(app)
        if not isinstance(uris, tuple):
            outcomes.append(uris)
            continue
        for uri in uris:
            outcomes.append(_unique(app, uri, carriers))
            if scenario == INTERNET:
                outcomes.append(_accepted(app, uri, domains, tenant))
    return outcomes


def _agreed(app: _App) -> tuple[str, ...] | Outcome:
    """The URIs that tenant and site agree on."""
    expected = "the App ID URI of the site is the one of the tenant"
    if app.registered is None:
        return Fail(None, expected, tr("{} is not registered in the tenant", app.label))
    if not isinstance(app.registered.identifier_uris, tuple):
        return Unknown(None, tr("Graph does not show the App ID URI of {}", app.label))
    uris = app.registered.uris
    if not uris:
        return Fail(None, expected, tr("{} has no App ID URI", app.label), about=(app.client_id,))
    of_site = app.site.identifier_uri if app.site is not None else None
    if not isinstance(of_site, str) or not of_site:
        return uris
    same = tuple(uri for uri in uris if _same(uri, of_site))
    if same:
        return same
    told = tr("{} in the site, {} in the tenant", of_site, ", ".join(uris))
    return Fail(None, expected, told, about=(app.client_id,))


def _same(one: str, other: str) -> bool:
    return one.rstrip("/").lower() == other.rstrip("/").lower()


def _unique(
    app: _App, uri: str, carriers: dict[str, tuple[FoundApplication, ...] | None] | Missing
) -> Outcome:
    if isinstance(carriers, Missing):
        return unavailable(None, carriers)
    owners = {found.app_id.lower() for found in carriers.get(uri) or ()}
    if len(owners) > 1:
        told = tr(
            "{} is carried by {} applications: {}", uri, len(owners), ", ".join(sorted(owners))
        )
        return Fail(None, "one application carries the App ID URI", told, about=(app.client_id,))
    if owners != {app.client_id}:
        return Unknown(None, tr("Graph does not show which application carries {}", uri))
    return Pass(
        None,
        tr("{} is the App ID URI of {}, and of no other application", uri, app.label),
        "one application carries the App ID URI",
        about=(app.client_id,),
    )


def _accepted(
    app: _App, uri: str, domains: tuple[Domain, ...] | Missing, tenant: str | Missing
) -> Outcome:
    expected = "api://<tenant id>/<text> or https://<verified domain>/<text>"
    about = (app.client_id,)
    scheme, _, rest = uri.partition("://")
    first, _, text = rest.partition("/")
    if _same(uri, DEFAULT_URI):
        return Warn(
            None, expected, tr("{}, the old default: new apps may not have it", uri), about=about
        )
    if scheme.lower() == "api" and text:
        if isinstance(tenant, Missing):
            return unavailable(None, tenant)
        if first.lower() == tenant.lower():
            return Pass(None, uri, expected, about=about)
    if scheme.lower() == "https" and text:
        if isinstance(domains, Missing):
            return unavailable(None, domains)
        if first.lower() in {one.id.lower() for one in domains if one.is_verified}:
            return Pass(None, uri, expected, about=about)
    return Warn(None, expected, tr("{}, a form that new apps may not have", uri), about=about)


# -- URLs that nobody uses --


@check("azureservice.placeholder-urls")
def placeholder_urls(
    site: Annotated[Seen[SiteApplication] | Missing, SiteApplications()],
    apps: Annotated[dict[str, Application | None] | Missing, ConfigMgrApplications()],
    line: Annotated[str | Missing, Key("comanagement.command_line")],
) -> Outcomes:
    """Pass when the server app has a home page, and the client app an address to reply to."""
    yield from _of_each(_server_apps(site, apps, line), "home page URL", _home_page)
    yield from _of_each(_client_apps(site, apps, line), "reply URL", _reply_url)


def _of_each(
    found: list[_App] | Outcome, what: str, read: Callable[[Application], str | None]
) -> Iterator[Outcome]:
    """Never a fail: a missing app is the business of the checks for the apps themselves."""
    if not isinstance(found, list):
        because = found.observed if isinstance(found, Fail) else ""
        yield Unknown(None, tr("{}, so there is no {}", because, what)) if because else found
        return
    for app in found:
        if app.registered is None:
            yield Unknown(
                None, tr("{} is not registered in the tenant: no {} to read", app.label, what)
            )
            continue
        value = read(app.registered)
        about = (app.client_id,)
        if value is None:
            yield Unknown(
                None, tr("Graph does not show the {} of {}", what, app.label), about=about
            )
        elif value:
            yield Pass(None, tr("{} of {}: {}", what, app.label, value), about=about)
        else:
            yield Warn(None, tr("a {}", what), tr("{} has no {}", app.label, what), about=about)


def _home_page(app: Application) -> str | None:
    """The home page: "" where there is none, None where Graph does not show it."""
    if app.web is None:
        return ""
    value = app.web.home_page_url if isinstance(app.web, WebPart) else ()
    return value if isinstance(value, str) else ("" if value is None else None)


def _reply_url(app: Application) -> str | None:
    """Where sign-in returns to: "" where there is none, None where Graph does not show it."""
    parts = (app.public_client, app.web)
    if not any(part is None or isinstance(part, PublicPart | WebPart) for part in parts):
        return None
    shown = [part.redirect_uris for part in parts if isinstance(part, PublicPart | WebPart)]
    return ", ".join(uri for uris in shown if isinstance(uris, tuple) for uri in uris)


# -- the client app --


@check("azureservice.client-app")
def client_app(
    site: Annotated[Seen[SiteApplication] | Missing, SiteApplications()],
    apps: Annotated[dict[str, Application | None] | Missing, ConfigMgrApplications()],
    line: Annotated[str | Missing, Key("comanagement.command_line")],
) -> Outcomes:
    """Pass when the native client app is registered and asks for access to the server app."""
    found = _client_apps(site, apps, line)
    if not isinstance(found, list):
        return [found]
    servers = _server_apps(site, apps, line)
    return [_refers(app, servers) for app in found]


def _refers(app: _App, servers: list[_App] | Outcome) -> Outcome:
    expected = "a native client app in the tenant that asks for access to the server app"
    about = (app.client_id,)
    if app.registered is None:
        return Fail(
            None, expected, tr("{} is not registered in the tenant", app.label), about=about
        )
    if not isinstance(servers, list):
        told = getattr(servers, "because", "") or getattr(servers, "observed", "")
        return Unknown(None, tr("the server app cannot be told: {}", told), remedy=servers.remedy)
    asked = app.registered.required_resource_access
    if not isinstance(asked, tuple):
        return Unknown(None, tr("Graph does not show what {} asks for", app.label), about=about)
    wanted = {access.resource_app_id.lower() for access in asked}
    if wanted & {server.client_id for server in servers}:
        return Pass(
            None, tr("{} asks for access to the server app", app.label), expected, about=about
        )
    names = ", ".join(server.label for server in servers)
    ids = ", ".join(server.client_id for server in servers)
    return Unknown(
        None,
        tr("{} is registered, but does not ask for access to the server app {}", app.label, names),
        remedy=(tr("API permissions of {} > Add a permission > My APIs: {}.", app.client_id, ids),),
        about=about,
    )


# -- consent --

_Roles = dict[str, tuple[RoleGrant, ...] | None]
_Scopes = dict[str, tuple[ScopeGrant, ...] | None]


@dataclass(frozen=True)
class _Consent:
    """What was granted in the tenant, as far as Graph said."""

    principals: Mapping[str, Principal | None] | Missing
    apis: Mapping[str, Api | None] | Missing
    roles: _Roles | Missing
    scopes: _Scopes | Missing


@check("azureservice.admin-consent-server")
def admin_consent_server(
    site: Annotated[Seen[SiteApplication] | Missing, SiteApplications()],
    apps: Annotated[dict[str, Application | None] | Missing, ConfigMgrApplications()],
    line: Annotated[str | Missing, Key("comanagement.command_line")],
    principals: Annotated[dict[str, Principal | None] | Missing, Principals()],
    apis: Annotated[dict[str, Api | None] | Missing, Apis()],
    roles: Annotated[_Roles | Missing, RoleGrants()],
    scopes: Annotated[_Scopes | Missing, ScopeGrants()],
) -> Outcomes:
    """Pass when all that the server app asks for is granted for the whole tenant."""
    found = _server_apps(site, apps, line)
    return _consented(found, _Consent(principals, apis, roles, scopes))


@check("azureservice.admin-consent-client")
def admin_consent_client(
    site: Annotated[Seen[SiteApplication] | Missing, SiteApplications()],
    apps: Annotated[dict[str, Application | None] | Missing, ConfigMgrApplications()],
    line: Annotated[str | Missing, Key("comanagement.command_line")],
    principals: Annotated[dict[str, Principal | None] | Missing, Principals()],
    apis: Annotated[dict[str, Api | None] | Missing, Apis()],
    roles: Annotated[_Roles | Missing, RoleGrants()],
    scopes: Annotated[_Scopes | Missing, ScopeGrants()],
) -> Outcomes:
    """Pass when all that the client app asks for is granted for everybody."""
    found = _client_apps(site, apps, line)
    return _consented(found, _Consent(principals, apis, roles, scopes))


def _consented(found: list[_App] | Outcome, consent: _Consent) -> Iterator[Outcome]:
    if not isinstance(found, list):
        yield found
        return
    for app in found:
        yield from _granted(app, consent)


def _granted(app: _App, consent: _Consent) -> Iterator[Outcome]:
    expected = "every permission that the app asks for is granted for the whole tenant"
    about = (app.client_id,)
    if app.registered is None:
        told = tr("{} is not registered in the tenant, so nothing is granted to it", app.label)
        yield Fail(None, expected, told, about=about)
        return
    asked = app.registered.required_resource_access
    if not isinstance(asked, tuple):
        yield Unknown(None, tr("Graph does not show what {} asks for", app.label), about=about)
        return
    if isinstance(consent.principals, Missing):
        yield unavailable(None, consent.principals)
        return
    if not any(access.wishes for access in asked):
        told = tr(
            "{} asks for no permission: there is nothing to compare the consent with", app.label
        )
        yield Unknown(None, told, about=about)
        return
    principal = consent.principals.get(app.client_id)
    if principal is None:
        told = tr("{} has no service principal: nobody has ever consented", app.label)
        yield Fail(None, expected, told, about=about)
        return
    if principal.account_enabled is False:
        told = tr("sign-in to {} is switched off, whatever was granted", app.label)
        yield Unknown(
            None, told, remedy=(tr("Enterprise applications > {} > Enable.", app.client_id),)
        )
    if all(access.resource_app_id.lower() == AAD_GRAPH for access in asked):
        told = tr("{} asks only for Azure AD Graph, an API that is retired", app.label)
        step = tr("API permissions of {} > Add Microsoft Graph Directory.Read.All.", app.client_id)
        yield Unknown(None, told, remedy=(step,), about=about)
    for access in asked:
        for wish in access.wishes:
            yield _decided(app, principal, access, wish, consent)


def _decided(
    app: _App, principal: Principal, access: RequiredAccess, wish: Wish, consent: _Consent
) -> Outcome:
    """One permission: granted, not granted, or not to be told."""
    about = (app.client_id, access.resource_app_id, principal.id)
    if isinstance(consent.apis, Missing):
        return unavailable(None, consent.apis)
    api = consent.apis.get(access.resource_app_id.lower())
    expected = "every permission that the app asks for is granted for the whole tenant"
    if api is None:
        told = tr(
            "the API {} that {} asks for is not in the tenant", access.resource_app_id, app.label
        )
        return Fail(None, expected, told, about=about)
    kind = wish.type.lower() if isinstance(wish.type, str) else ""
    if kind not in {"role", "scope"}:
        told = tr("Graph does not say of which kind the permission {} of {} is", wish.id, api.label)
        return Unknown(None, told, about=about)
    grant = _role if kind == "role" else _scope
    granted = grant(principal, api, wish, consent)
    if isinstance(granted, Missing):
        return unavailable(None, granted)
    name = tr("{} of {}", _name(api, wish, kind), api.label)
    sort = "application permission" if kind == "role" else "delegated permission"
    match granted:
        case True:
            return Pass(
                None, tr("granted to {}: {} ({})", app.label, name, sort), expected, about=about
            )
        case "single":
            told = tr("{} ({}) is granted to {} for single users only", name, sort, app.label)
            return Fail(None, expected, told, about=about)
        case "hidden":
            told = tr(
                "Graph does not show in full what is granted to {}: {} may be among it",
                app.label,
                name,
            )
            return Unknown(None, told, about=about)
        case "untold":
            return Unknown(None, tr("{} shows no permission {}", api.label, wish.id), about=about)
        case _:
            told = tr("not granted to {}: {} ({})", app.label, name, sort)
            return Fail(None, expected, told, about=about)


def _role(principal: Principal, api: Api, wish: Wish, consent: _Consent) -> bool | str | Missing:
    if isinstance(consent.roles, Missing):
        return consent.roles
    grants = consent.roles.get(principal.id) or ()
    if any(
        str(grant.app_role_id).lower() == wish.id.lower()
        and str(grant.resource_id).lower() == api.id.lower()
        for grant in grants
    ):
        return True
    told = all(_said(grant.app_role_id) and _said(grant.resource_id) for grant in grants)
    return False if told else "hidden"


def _scope(principal: Principal, api: Api, wish: Wish, consent: _Consent) -> bool | str | Missing:
    if isinstance(consent.scopes, Missing):
        return consent.scopes
    value = _value(api.oauth2_permission_scopes, wish)
    if not value:
        return "untold"
    grants = [
        grant
        for grant in consent.scopes.get(principal.id) or ()
        if str(grant.resource_id).lower() == api.id.lower() and value.lower() in grant.scopes
    ]
    if any(grant.for_all for grant in grants):
        return True
    every = consent.scopes.get(principal.id) or ()
    if not all(_said(grant.resource_id) and isinstance(grant.scope, str) for grant in every):
        return "hidden"
    if not all(grant.of_known_kind for grant in grants):
        return "hidden"
    return "single" if grants else False


def _said(value: object) -> bool:
    return isinstance(value, str) and bool(value)


def _name(api: Api, wish: Wish, kind: str) -> str:
    offered = api.app_roles if kind == "role" else api.oauth2_permission_scopes
    return _value(offered, wish) or wish.id


def _value(offered: object, wish: Wish) -> str:
    for one in offered if isinstance(offered, tuple) else ():
        if one.id.lower() == wish.id.lower() and isinstance(one.value, str):
            return str(one.value)
    return ""
