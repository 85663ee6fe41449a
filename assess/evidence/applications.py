"""The applications that connect Configuration Manager with the tenant, and what they were granted.

Which they are the site says (``SMS_AAD_Application_Ex``). Where it does not answer, the copied
client command line names the client app, and the App ID URI finds the server app.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Self

import msgspec
from msgspec import UNSET, UnsetType

from assess.errors import Unavailable
from assess.evidence import Ask, Known
from assess.evidence.adminservice import Instances, Seen
from assess.evidence.graph import (
    Flag,
    GraphList,
    GraphPerhaps,
    Moment,
    Text,
    Texts,
)

DEFAULT_URI = "https://ConfigMgrService"
_READ = ("Application.Read.All",)
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_CLIENT = re.compile(r"AADCLIENTAPPID=\"?([0-9a-f-]{36})", re.IGNORECASE)


class SiteApplication(msgspec.Struct, frozen=True, rename="pascal"):
    """SMS_AAD_Application_Ex: an application that the site was given; its secret is not asked for.

    ``is_client_app``: the native client app; false: the server (web) app. ``tenant_id`` is the
    site's own number of the tenant.
    """

    name: Text = UNSET
    client_id: Text = msgspec.field(name="ClientID", default=UNSET)
    identifier_uri: Text = UNSET
    is_client_app: bool | UnsetType | None = UNSET
    tenant_id: int | UnsetType | None = msgspec.field(name="TenantID", default=UNSET)
    secret_key_expiry: Text = UNSET


class SiteApplications(Instances, frozen=True):
    """The applications that the site knows."""

    answer: ClassVar[Any] = Seen[SiteApplication]
    provider_class: ClassVar[str] = "SMS_AAD_Application_Ex"
    row: ClassVar[type[msgspec.Struct]] = SiteApplication


class Credential(msgspec.Struct, frozen=True, rename="camel"):
    """A secret or certificate of an application: when it ends, never what it is."""

    display_name: Text = UNSET
    end_date_time: Moment = UNSET


class Wish(msgspec.Struct, frozen=True, rename="camel"):
    """One permission that an application asks for; ``type`` is Role or Scope."""

    id: str
    type: Text = UNSET


class RequiredAccess(msgspec.Struct, frozen=True, rename="camel"):
    """What an application asks of one API: the wish, not the consent."""

    resource_app_id: str
    resource_access: tuple[Wish, ...] | None = ()

    @property
    def wishes(self) -> tuple[Wish, ...]:
        """The permissions; none where the service says null."""
        return self.resource_access or ()


class WebPart(msgspec.Struct, frozen=True, rename="camel"):
    """The web settings of an application."""

    home_page_url: Text = UNSET
    redirect_uris: Texts = UNSET


class PublicPart(msgspec.Struct, frozen=True, rename="camel"):
    """The settings of a public client."""

    redirect_uris: Texts = UNSET


class Application(msgspec.Struct, frozen=True, rename="camel"):
    """An app registration; ``app_id`` is its client id."""

    id: str
    app_id: str
    display_name: Text = UNSET
    identifier_uris: Texts = UNSET
    web: WebPart | UnsetType | None = UNSET
    public_client: PublicPart | UnsetType | None = UNSET
    is_fallback_public_client: Flag = UNSET
    required_resource_access: tuple[RequiredAccess, ...] | UnsetType | None = UNSET
    password_credentials: tuple[Credential, ...] | UnsetType | None = UNSET
    key_credentials: tuple[Credential, ...] | UnsetType | None = UNSET

    @property
    def label(self) -> str:
        """Name and client id."""
        name = self.display_name if isinstance(self.display_name, str) else ""
        return f"{name} ({self.app_id})" if name else self.app_id

    @property
    def uris(self) -> tuple[str, ...]:
        """Its App ID URIs."""
        return self.identifier_uris if isinstance(self.identifier_uris, tuple) else ()


class FoundApplication(msgspec.Struct, frozen=True, rename="camel"):
    """An app registration that carries a certain App ID URI."""

    id: str
    app_id: str
    display_name: Text = UNSET
    identifier_uris: Texts = UNSET

    @property
    def uris(self) -> tuple[str, ...]:
        """Its App ID URIs."""
        return self.identifier_uris if isinstance(self.identifier_uris, tuple) else ()


class ServerAppSearch(GraphList, frozen=True):
    """Applications whose App ID URI has one of the forms of the server app: by beginning."""

    answer: ClassVar[Any] = dict[str, tuple[FoundApplication, ...] | None]
    path: ClassVar[str] = "/applications"
    item: ClassVar[type[msgspec.Struct]] = FoundApplication
    options: ClassVar[Mapping[str, str]] = {
        "$filter": "identifierUris/any(u:startswith(u,'{each}'))"
    }
    each: ClassVar[str] = "beginnings"
    about: ClassVar[str] = "app_id"
    permissions: ClassVar[tuple[str, ...]] = _READ
    beginnings: tuple[str, ...] = (DEFAULT_URI, "api://{tenant.id}/")


def client_ids(rows: Iterable[SiteApplication]) -> tuple[str, ...]:
    """The client ids among the site's applications, lower case; what is no id is left out."""
    found = (row.client_id for row in rows)
    return tuple(
        dict.fromkeys(one.lower() for one in found if isinstance(one, str) and _GUID.fullmatch(one))
    )


def client_id_of(command_line: object) -> str:
    """The client app that a client command line names, lower case, or ""."""
    found = _CLIENT.search(command_line) if isinstance(command_line, str) else None
    return found[1].lower() if found and _GUID.fullmatch(found[1]) else ""


def server_like(found: FoundApplication) -> bool:
    """The App ID URI looks like the one of Configuration Manager's server app."""
    return any("configmgr" in uri.lower() for uri in found.uris)


class ConfigMgrApplications(GraphPerhaps, frozen=True):
    """The registrations of Configuration Manager's applications: by client id, lower case."""

    answer: ClassVar[Any] = dict[str, Application | None]
    path: ClassVar[str] = "/applications(appId='{each}')"
    item: ClassVar[type[msgspec.Struct]] = Application
    each: ClassVar[str] = "app_ids"
    permissions: ClassVar[tuple[str, ...]] = _READ
    app_ids: tuple[str, ...] = ()

    def requires(self) -> tuple[Ask, ...]:
        """What the site knows, and what the search finds."""
        return (SiteApplications(), ServerAppSearch())

    def bind(self, known: Known) -> Self:
        """The site's client ids; without the site those that can be found without it."""
        try:
            seen: Seen[SiteApplication] = known.answer(SiteApplications())
            ids = client_ids(seen)
            if ids:
                return type(self)(ids)
        except Unavailable:
            pass
        return type(self)(_found_without_the_site(known))


def _found_without_the_site(known: Known) -> tuple[str, ...]:
    answer: dict[str, tuple[FoundApplication, ...] | None] = known.answer(ServerAppSearch())
    servers = {
        found.app_id.lower()
        for rows in answer.values()
        for found in rows or ()
        if server_like(found)
    }
    try:
        named = client_id_of(known.key("comanagement.command_line"))
    except Unavailable:
        named = ""
    return tuple(sorted(servers | ({named} if named else set())))


class ApplicationsOfUri(GraphList, frozen=True):
    """Which applications carry an App ID URI of the server app: by the URI."""

    answer: ClassVar[Any] = dict[str, tuple[FoundApplication, ...] | None]
    path: ClassVar[str] = "/applications"
    item: ClassVar[type[msgspec.Struct]] = FoundApplication
    options: ClassVar[Mapping[str, str]] = {"$filter": "identifierUris/any(u:u eq '{each}')"}
    each: ClassVar[str] = "uris"
    permissions: ClassVar[tuple[str, ...]] = _READ
    uris: tuple[str, ...] = ()

    def requires(self) -> tuple[Ask, ...]:
        """The registrations, and their URIs in them."""
        return (ConfigMgrApplications(),)

    def bind(self, known: Known) -> Self:
        """Every App ID URI of the applications."""
        found: dict[str, Application | None] = known.answer(ConfigMgrApplications())
        return type(self)(tuple(sorted({u for app in found.values() if app for u in app.uris})))


class Principal(msgspec.Struct, frozen=True, rename="camel"):
    """The service principal of an application in the tenant: consent hangs on it."""

    id: str
    app_id: str
    display_name: Text = UNSET
    account_enabled: Flag = UNSET


class Principals(GraphPerhaps, frozen=True):
    """The service principals of Configuration Manager's applications: by client id."""

    answer: ClassVar[Any] = dict[str, Principal | None]
    path: ClassVar[str] = "/servicePrincipals(appId='{each}')"
    item: ClassVar[type[msgspec.Struct]] = Principal
    each: ClassVar[str] = "app_ids"
    permissions: ClassVar[tuple[str, ...]] = _READ
    app_ids: tuple[str, ...] = ()

    def requires(self) -> tuple[Ask, ...]:
        """The registrations."""
        return (ConfigMgrApplications(),)

    def bind(self, known: Known) -> Self:
        """Those of the registrations that exist."""
        found: dict[str, Application | None] = known.answer(ConfigMgrApplications())
        return type(self)(tuple(sorted(app_id for app_id, app in found.items() if app)))


class Permission(msgspec.Struct, frozen=True, rename="camel"):
    """A permission that an API offers."""

    id: str
    value: Text = UNSET


class Api(msgspec.Struct, frozen=True, rename="camel"):
    """An API and the permissions that it offers: application roles and delegated scopes."""

    id: str
    app_id: str
    display_name: Text = UNSET
    app_roles: tuple[Permission, ...] | UnsetType | None = UNSET
    oauth2_permission_scopes: tuple[Permission, ...] | UnsetType | None = UNSET

    @property
    def label(self) -> str:
        """Its name, else its client id."""
        return self.display_name if isinstance(self.display_name, str) else self.app_id


class Apis(GraphPerhaps, frozen=True):
    """The APIs whose permissions the applications ask for: by client id, lower case."""

    answer: ClassVar[Any] = dict[str, Api | None]
    path: ClassVar[str] = "/servicePrincipals(appId='{each}')"
    item: ClassVar[type[msgspec.Struct]] = Api
    each: ClassVar[str] = "app_ids"
    permissions: ClassVar[tuple[str, ...]] = _READ
    app_ids: tuple[str, ...] = ()

    def requires(self) -> tuple[Ask, ...]:
        """The registrations: they say which APIs."""
        return (ConfigMgrApplications(),)

    def bind(self, known: Known) -> Self:
        """Every API that an application asks something of."""
        found: dict[str, Application | None] = known.answer(ConfigMgrApplications())
        asked = {
            access.resource_app_id.lower()
            for app in found.values()
            if app and isinstance(app.required_resource_access, tuple)
            for access in app.required_resource_access
        }
        return type(self)(tuple(sorted(asked)))


class RoleGrant(msgspec.Struct, frozen=True, rename="camel"):
    """An application permission that was consented to; ``resource_id`` is the API's object id."""

    id: str
    app_role_id: Text = UNSET
    resource_id: Text = UNSET
    resource_display_name: Text = UNSET


class ScopeGrant(msgspec.Struct, frozen=True, rename="camel"):
    """Delegated permissions that were consented to; AllPrincipals: by an administrator, for all."""

    id: str
    consent_type: Text = UNSET
    resource_id: Text = UNSET
    scope: Text = UNSET

    @property
    def for_all(self) -> bool:
        """Consent was given for the whole tenant."""
        return str(self.consent_type).lower() == "allprincipals"

    @property
    def of_known_kind(self) -> bool:
        """It says for whom it is."""
        return str(self.consent_type).lower() in {"allprincipals", "principal"}

    @property
    def scopes(self) -> frozenset[str]:
        """The permissions, lower case; the service puts blanks where it likes."""
        return frozenset(self.scope.lower().split() if isinstance(self.scope, str) else ())


class _OfPrincipals(GraphList, frozen=True):
    """Something that each of the service principals has: by the principal's object id."""

    each: ClassVar[str] = "principals"
    principals: tuple[str, ...] = ()

    def requires(self) -> tuple[Ask, ...]:
        """The service principals."""
        return (Principals(),)

    def bind(self, known: Known) -> Self:
        """Those that exist."""
        found: dict[str, Principal | None] = known.answer(Principals())
        return type(self)(tuple(sorted(one.id for one in found.values() if one)))


class RoleGrants(_OfPrincipals, frozen=True):
    """The application permissions that were consented to: by service principal."""

    answer: ClassVar[Any] = dict[str, tuple[RoleGrant, ...] | None]
    path: ClassVar[str] = "/servicePrincipals/{each}/appRoleAssignments"
    item: ClassVar[type[msgspec.Struct]] = RoleGrant
    permissions: ClassVar[tuple[str, ...]] = _READ


class ScopeGrants(_OfPrincipals, frozen=True):
    """The delegated permissions that were consented to: by service principal."""

    answer: ClassVar[Any] = dict[str, tuple[ScopeGrant, ...] | None]
    path: ClassVar[str] = "/servicePrincipals/{each}/oauth2PermissionGrants"
    item: ClassVar[type[msgspec.Struct]] = ScopeGrant
    permissions: ClassVar[tuple[str, ...]] = ("Directory.Read.All",)
