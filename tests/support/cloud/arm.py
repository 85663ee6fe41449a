"""Azure Resource Manager: subscriptions, names, providers, resources, roles."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import unquote

from cloud import odata
from cloud.authority import Authority, Identity
from cloud.azure import ROLES, Subscription
from cloud.server import Server
from cloud.tokens import Claims, Refused, TokenIssuer
from cloud.wire import Json, Request, Response, json_response

CORE_VERSIONS = frozenset(
    ("2016-06-01", "2019-06-01", "2020-01-01", "2021-01-01", "2021-04-01", "2022-09-01", "2022-12-01",
     "2024-03-01", "2025-04-01")
)
PROVIDER_VERSIONS: Mapping[str, frozenset[str]] = {
    "microsoft.network": frozenset(
        ("2018-11-01", "2020-11-01", "2021-08-01", "2022-07-01", "2023-09-01", "2024-05-01", "2025-01-01", "2026-03-01")
    ),
    "microsoft.keyvault": frozenset(("2019-09-01", "2021-10-01", "2022-07-01", "2023-02-01", "2023-07-01", "2024-11-01")),
    "microsoft.storage": frozenset(("2019-06-01", "2021-09-01", "2022-09-01", "2023-01-01", "2023-05-01", "2024-01-01")),
    "microsoft.classiccompute": frozenset(("2015-06-01", "2016-04-01", "2016-11-01")),
    "microsoft.authorization": frozenset(("2015-07-01", "2018-01-01-preview", "2020-04-01-preview", "2022-04-01")),
}
LABEL = re.compile(r"[a-z][a-z0-9-]{1,61}[a-z0-9]")
VAULT = re.compile(r"(?!.*--)[a-zA-Z][a-zA-Z0-9-]{1,22}[a-zA-Z0-9]")
ACCOUNT = re.compile(r"[a-z0-9]{3,24}")
GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
MAY_READ = frozenset(("Reader", "Contributor", "Owner"))
MAY_CLASSIC = frozenset(("Contributor", "Owner"))


@dataclass
class ArmError(Exception):
    """An error answer; ``violation`` tells what a correct client would not have sent."""

    status: int
    code: str
    message: str
    violation: str | None = None


@dataclass(frozen=True)
class Ask:
    """One request inside one subscription; ``names`` are the values of the pattern."""

    request: Request
    subscription: Subscription
    claims: Claims
    names: tuple[str, ...]


Answer: TypeAlias = Callable[[Ask], Response]


class ArmServer(Server):
    """Answers for the subscriptions given.

    ``page`` is the page size of lists. ``available_form`` writes the answer of the DNS label as
    ``bool`` (``{"available": true}``), ``text`` (``{"available": "true"}``) or ``capital``
    (``{"Available": "true"}``).
    """

    def __init__(
        self,
        issuer: TokenIssuer,
        subscriptions: Sequence[Subscription] = (),
        *,
        authority: Authority | None = None,
        identity: Identity | None = None,
    ) -> None:
        super().__init__(authority=authority, identity=identity)
        self.issuer = issuer
        self.subscriptions = list(subscriptions)
        self.page = 100
        self.available_form = "bool"
        self._remaining = 11_999

    def answer(self, request: Request) -> Response:
        try:
            response = self._answer(request)
        except ArmError as error:
            if error.violation:
                self.violate(request, error.violation)
            response = json_response({"error": {"code": error.code, "message": error.message}}, error.status)
            if error.status == 401:
                response = response.with_headers(WWW_Authenticate='Bearer authorization_uri=""')
        with self._lock:
            self._remaining -= 1
            left = self._remaining
        return response.with_headers(x_ms_ratelimit_remaining_subscription_reads=str(left))

    def _answer(self, request: Request) -> Response:
        claims = self._admitted(request)
        path = unquote(request.raw_path).rstrip("/")
        if path.lower() == "/subscriptions":
            self._only(request, "GET")
            _core_version(request)
            seen = [s.as_listed for s in self.subscriptions if self._roles(s, claims)]
            return self._list(request, seen, {"count": {"type": "Total", "value": len(seen)}})
        found = re.fullmatch(r"/subscriptions/([^/]+)(/.*)?", path, re.IGNORECASE)
        if not found:
            raise _not_found(request, path)
        subscription = self._subscription(found[1])
        tail = found[2] or ""
        for pattern, method, answer in self._routes():
            inner = re.fullmatch(pattern, tail, re.IGNORECASE)
            if inner:
                self._only(request, method)
                self._authorise(subscription, claims, tail)
                return answer(Ask(request, subscription, claims, inner.groups()))
        raise _not_found(request, path)

    def _routes(self) -> tuple[tuple[str, str, Answer], ...]:
        return (
            ("", "GET", self._one),
            ("/locations", "GET", self._locations),
            ("/providers", "GET", self._providers),
            (r"/providers/([\w.]+)", "GET", self._provider),
            ("/resources", "GET", self._resources),
            ("/resourcegroups", "GET", self._groups),
            ("/providers/Microsoft.Network/locations/([^/]+)/CheckDnsNameAvailability", "GET", self._label),
            ("/providers/Microsoft.KeyVault/checkNameAvailability", "POST", self._vault),
            ("/providers/Microsoft.Storage/checkNameAvailability", "POST", self._account),
            ("/providers/Microsoft.ClassicCompute/checkDomainNameAvailability", "POST", self._classic),
            ("/providers/Microsoft.Authorization/roleAssignments", "GET", self._assignments),
            ("/providers/Microsoft.Authorization/roleDefinitions", "GET", self._definitions),
        )

    def _admitted(self, request: Request) -> Claims:
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        if kind.lower() != "bearer" or not token:
            raise ArmError(
                401,
                "AuthenticationFailed",
                "Authentication failed. The 'Authorization' header is missing.",
                "a request without a bearer token",
            )
        claims = self.issuer.read(token, self.issuer.tenant.of_kind("arm"))
        if isinstance(claims, Refused):
            if "audience" in claims.message:
                text = "The access token has been obtained for wrong audience or resource."
                raise ArmError(401, "InvalidAuthenticationTokenAudience", text, text)
            code = "ExpiredAuthenticationToken" if "expired" in claims.message else claims.code
            raise ArmError(401, code, claims.message)
        return claims

    def _only(self, request: Request, method: str) -> None:
        if request.method != method:
            raise ArmError(
                405, "MethodNotAllowed", "The request method is not supported.", f"{request.method} instead of {method}"
            )

    def _subscription(self, name: str) -> Subscription:
        if not GUID.fullmatch(name):
            text = f"The provided subscription identifier '{name}' is malformed or invalid."
            raise ArmError(400, "InvalidSubscriptionId", text, text)
        found = next((s for s in self.subscriptions if s.id.lower() == name.lower()), None)
        if found is None:
            raise ArmError(404, "SubscriptionNotFound", f"The subscription '{name}' could not be found.")
        if found.tenant_id.lower() != self.issuer.tenant.id.lower():
            raise ArmError(
                401,
                "InvalidAuthenticationTokenTenant",
                f"The access token is from the wrong issuer 'https://sts.windows.net/{self.issuer.tenant.id}/'. "
                f"It must match the tenant 'https://sts.windows.net/{found.tenant_id}/' associated with this "
                "subscription.",
            )
        return found

    @staticmethod
    def _roles(subscription: Subscription, claims: Claims) -> frozenset[str]:
        return subscription.roles_of(claims["oid"]) & MAY_READ

    def _authorise(self, subscription: Subscription, claims: Claims, tail: str) -> None:
        enough = MAY_CLASSIC if "classiccompute/check" in tail.lower() else MAY_READ
        if not self._roles(subscription, claims) & enough:
            action = tail.removeprefix("/providers/").strip("/") or "Microsoft.Resources/subscriptions"
            raise ArmError(
                403,
                "AuthorizationFailed",
                f"The client '{claims['appid']}' with object id '{claims['oid']}' does not have authorization "
                f"to perform action '{action}/read' over scope '/subscriptions/{subscription.id}' or the scope "
                "is invalid. If access was recently granted, please refresh your credentials.",
            )

    def _one(self, ask: Ask) -> Response:
        _core_version(ask.request)
        return json_response(ask.subscription.as_listed)

    def _locations(self, ask: Ask) -> Response:
        _core_version(ask.request)
        root = f"/subscriptions/{ask.subscription.id}/locations"
        names = ask.subscription.locations
        return self._list(ask.request, [{"id": f"{root}/{n}", "name": n, "displayName": n} for n in names])

    def _providers(self, ask: Ask) -> Response:
        _core_version(ask.request)
        return self._list(ask.request, [_provider(ask.subscription, n) for n in ask.subscription.providers])

    def _provider(self, ask: Ask) -> Response:
        _core_version(ask.request)
        wanted = ask.names[0].lower()
        name = next((n for n in ask.subscription.providers if n.lower() == wanted), None)
        if name is None:
            text = f"The resource namespace '{ask.names[0]}' is invalid."
            raise ArmError(404, "InvalidResourceNamespace", text, text)
        return json_response(_provider(ask.subscription, name))

    def _resources(self, ask: Ask) -> Response:
        _core_version(ask.request)
        return self._list(ask.request, _filtered(ask.request, ask.subscription.resources, ("name", "resourceType", "resourceGroup", "location")))

    def _groups(self, ask: Ask) -> Response:
        _core_version(ask.request)
        return self._list(ask.request, _filtered(ask.request, ask.subscription.resource_groups, ()))

    def _assignments(self, ask: Ask) -> Response:
        _provider_version(ask, "Microsoft.Authorization", "roleAssignments", "global")
        rows = ask.subscription.assignments_listed
        text = ask.request.query.get("$filter", "")
        if text.replace(" ", "").lower() == "atscope()":
            root = f"/subscriptions/{ask.subscription.id}"
            rows = [r for r in rows if r["properties"]["scope"] == root]
        elif found := re.fullmatch(r"(?:principalId eq|assignedTo\()\s*'([^']+)'\)?", text):
            rows = [r for r in rows if r["properties"]["principalId"] == found[1]]
        elif text:
            raise _bad_filter(text)
        return self._list(ask.request, rows)

    def _definitions(self, ask: Ask) -> Response:
        _provider_version(ask, "Microsoft.Authorization", "roleDefinitions", "global")
        kind = "Microsoft.Authorization/roleDefinitions"
        rows = [
            {
                "properties": {"roleName": name, "type": "BuiltInRole", "assignableScopes": ["/"]},
                "id": f"/subscriptions/{ask.subscription.id}/providers/{kind}/{role}",
                "type": kind,
                "name": role,
            }
            for name, role in ROLES.items()
        ]
        found = re.fullmatch(r"roleName eq '([^']+)'", ask.request.query.get("$filter", ""))
        return self._list(ask.request, [r for r in rows if not found or r["properties"]["roleName"] == found[1]])  # type: ignore[index]

    def _label(self, ask: Ask) -> Response:
        region = ask.names[0].lower()
        if region not in ask.subscription.locations:
            raise ArmError(
                400,
                "NoRegisteredProviderFound",
                f"No registered resource provider found for location '{ask.names[0]}' and API version "
                f"'{ask.request.query.get('api-version')}' for type 'locations/CheckDnsNameAvailability'.",
            )
        _provider_version(ask, "Microsoft.Network", "locations/CheckDnsNameAvailability", region)
        label = ask.request.query.get("domainNameLabel", "")
        if not LABEL.fullmatch(label):
            raise ArmError(
                400,
                "InvalidDomainNameLabel",
                f"The domain name label {label} is invalid. It must conform to the following regular "
                "expression: ^[a-z][a-z0-9-]{1,61}[a-z0-9]$.",
                "a label that is none",
            )
        free = (region, label) not in ask.subscription.taken_labels
        match self.available_form:
            case "bool":
                return json_response({"available": free})
            case "text":
                return json_response({"available": str(free).lower()})
            case _:
                return json_response({"Available": str(free).lower()})

    def _vault(self, ask: Ask) -> Response:
        return _name_check(ask, "Microsoft.KeyVault", "Microsoft.KeyVault/vaults", VAULT, ask.subscription.taken_vaults)

    def _account(self, ask: Ask) -> Response:
        return _name_check(
            ask, "Microsoft.Storage", "Microsoft.Storage/storageAccounts", ACCOUNT, ask.subscription.taken_accounts
        )

    def _classic(self, ask: Ask) -> Response:
        _provider_version(ask, "Microsoft.ClassicCompute", "checkDomainNameAvailability", "global")
        body = ask.request.json()
        if not isinstance(body, dict) or not isinstance(body.get("name"), str):
            raise _bad_body()
        return json_response({"available": body["name"] not in ask.subscription.taken_classic})

    def _list(self, request: Request, rows: Sequence[Json], more: Mapping[str, Json] | None = None) -> Response:
        """Return one page; the next link has no ``@odata.`` before its name."""
        start = int(request.query.get("$skiptoken", "0") or "0")
        top = request.query.get("$top", "")
        size = min(int(top), self.page) if top.isdigit() and int(top) else self.page
        page: dict[str, Json] = {"value": list(rows[start : start + size])}
        if start + size < len(rows):
            kept = [p for p in request.target.partition("?")[2].split("&") if "skiptoken=" not in p.lower()]
            page["nextLink"] = f"{request.root}{request.raw_path}?{'&'.join(kept)}&%24skiptoken={start + size}"
        return json_response(page | dict(more or {}))


def _core_version(request: Request) -> None:
    given = request.query.get("api-version")
    if given is None:
        raise _no_version()
    if given not in CORE_VERSIONS:
        text = f"The api-version '{given}' is invalid. The supported versions are '{','.join(sorted(CORE_VERSIONS))}'."
        raise ArmError(400, "InvalidApiVersionParameter", text, text)


def _provider_version(ask: Ask, namespace: str, kind: str, location: str) -> None:
    """Refuse a version that the provider does not have, and a provider that is not registered."""
    given = ask.request.query.get("api-version")
    if given is None:
        raise _no_version()
    supported = PROVIDER_VERSIONS[namespace.lower()]
    if given not in supported:
        text = (
            f"No registered resource provider found for location '{location}' and API version '{given}' for "
            f"type '{kind}'. The supported api-versions are '{', '.join(sorted(supported))}'."
        )
        raise ArmError(400, "NoRegisteredProviderFound", text, text)
    if ask.subscription.providers.get(namespace) != "Registered":
        raise ArmError(
            409,
            "MissingSubscriptionRegistration",
            f"The subscription is not registered to use namespace '{namespace}'. See "
            "https://aka.ms/rps-not-found for how to register subscriptions.",
        )


def _name_check(ask: Ask, namespace: str, kind: str, form: re.Pattern[str], taken: frozenset[str]) -> Response:
    _provider_version(ask, namespace, "checkNameAvailability", "global")
    if "application/json" not in ask.request.headers.get("content-type", ""):
        raise ArmError(415, "UnsupportedMediaType", "The content media type is not supported.", "a body that is not JSON")
    body = ask.request.json()
    if not isinstance(body, dict) or set(body) != {"name", "type"} or body["type"] != kind:
        raise _bad_body()
    name = str(body["name"])
    if not form.fullmatch(name):
        return json_response(
            {"nameAvailable": False, "reason": "AccountNameInvalid", "message": f"{name} is not a valid name."}
        )
    if name.lower() in taken:
        text = f"The name {name} is already taken."
        return json_response({"nameAvailable": False, "reason": "AlreadyExists", "message": text})
    return json_response({"nameAvailable": True})


def _provider(subscription: Subscription, name: str) -> dict[str, Json]:
    return {
        "id": f"/subscriptions/{subscription.id}/providers/{name}",
        "namespace": name,
        "registrationState": subscription.providers[name],
        "registrationPolicy": "RegistrationRequired",
        "resourceTypes": [],
    }


def _filtered(request: Request, rows: Sequence[Json], allowed: tuple[str, ...]) -> Sequence[Json]:
    text = request.query.get("$filter")
    if text is None:
        return rows
    try:
        node = odata.parse(text)
    except odata.FilterSyntaxError as error:
        raise _bad_filter(text) from error
    match node:
        case odata.Compare("eq", odata.Property((name,))) if name in allowed:
            renamed = {"resourceType": "type"}
            wanted = odata.Compare("eq", odata.Property((renamed.get(name, name),)), node.right)
            return [r for r in rows if odata.matches(wanted, r, lambda _row, _name: False)]
        case _:
            raise _bad_filter(text)


def _bad_filter(text: str) -> ArmError:
    return ArmError(400, "InvalidFilterInQueryString", f"Invalid $filter '{text}' specified.", "a filter that is not supported")


def _bad_body() -> ArmError:
    text = "The request content was invalid and could not be deserialized."
    return ArmError(400, "InvalidRequestContent", text, text)


def _no_version() -> ArmError:
    text = "The api-version query parameter (?api-version=) is required for all requests."
    return ArmError(400, "MissingApiVersionParameter", text, text)


def _not_found(request: Request, path: str) -> ArmError:
    text = f"No HTTP resource was found that matches the request URI '{path}'."
    return ArmError(404, "InvalidResourceType" if request.method == "GET" else "NotFound", text, text)
