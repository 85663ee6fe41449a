"""Azure Resource Manager: subscriptions, names, providers, resources, roles."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias
from urllib.parse import unquote

from cloud.arm_contract import (
    ACCOUNT,
    LABEL,
    VAULT,
    ArmError,
    Ask,
    bad_body,
    bad_filter,
    core_version,
    filtered,
    name_check,
    not_found,
    provider_version,
)
from cloud.authority import Authority, Identity
from cloud.azure import ROLES, Subscription
from cloud.server import Server
from cloud.tokens import Claims, Refused, TokenIssuer
from cloud.wire import Json, Request, Response, json_response

GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
ON_REQUEST = frozenset(("provisioningState", "createdTime", "changedTime"))
"""Properties of resources that come only when they are named."""
MAY_READ = frozenset(("Reader", "Contributor", "Owner"))
MAY_CLASSIC = frozenset(("Contributor", "Owner"))


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
            response = json_response(
                {"error": {"code": error.code, "message": error.message}}, error.status
            )
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
            core_version(request)
            seen = [s.as_listed for s in self.subscriptions if self._roles(s, claims)]
            return self._list(request, seen, {"count": {"type": "Total", "value": len(seen)}})
        found = re.fullmatch(r"/subscriptions/([^/]+)(/.*)?", path, re.IGNORECASE)
        if not found:
            raise not_found(request, path)
        subscription = self._subscription(found[1])
        tail = found[2] or ""
        for pattern, method, answer in self._routes():
            inner = re.fullmatch(pattern, tail, re.IGNORECASE)
            if inner:
                self._only(request, method)
                self._authorise(subscription, claims, tail)
                return answer(Ask(request, subscription, claims, inner.groups()))
        raise not_found(request, path)

    def _routes(self) -> tuple[tuple[str, str, Answer], ...]:
        return (
            ("", "GET", self._one),
            ("/locations", "GET", self._locations),
            ("/providers", "GET", self._providers),
            (r"/providers/([\w.]+)", "GET", self._provider),
            ("/resources", "GET", self._resources),
            ("/resourcegroups", "GET", self._groups),
            (
                "/providers/Microsoft.Network/locations/([^/]+)/CheckDnsNameAvailability",
                "GET",
                self._label,
            ),
            ("/providers/Microsoft.KeyVault/checkNameAvailability", "POST", self._vault),
            ("/providers/Microsoft.Storage/checkNameAvailability", "POST", self._account),
            (
                "/providers/Microsoft.ClassicCompute/checkDomainNameAvailability",
                "POST",
                self._classic,
            ),
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
                405,
                "MethodNotAllowed",
                "The request method is not supported.",
                f"{request.method} instead of {method}",
            )

    def _subscription(self, name: str) -> Subscription:
        if not GUID.fullmatch(name):
            text = f"The provided subscription identifier '{name}' is malformed or invalid."
            raise ArmError(400, "InvalidSubscriptionId", text, text)
        found = next((s for s in self.subscriptions if s.id.lower() == name.lower()), None)
        if found is None:
            raise ArmError(
                404, "SubscriptionNotFound", f"The subscription '{name}' could not be found."
            )
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
            action = (
                tail.removeprefix("/providers/").strip("/") or "Microsoft.Resources/subscriptions"
            )
            raise ArmError(
                403,
                "AuthorizationFailed",
                f"The client '{claims['appid']}' with object id '{claims['oid']}' does not have authorization "
                f"to perform action '{action}/read' over scope '/subscriptions/{subscription.id}' or the scope "
                "is invalid. If access was recently granted, please refresh your credentials.",
            )

    def _one(self, ask: Ask) -> Response:
        core_version(ask.request)
        return json_response(ask.subscription.as_listed)

    def _locations(self, ask: Ask) -> Response:
        core_version(ask.request)
        root = f"/subscriptions/{ask.subscription.id}/locations"
        names = ask.subscription.locations
        return self._list(
            ask.request, [{"id": f"{root}/{n}", "name": n, "displayName": n} for n in names]
        )

    def _providers(self, ask: Ask) -> Response:
        core_version(ask.request)
        return self._list(
            ask.request, [_provider(ask.subscription, n) for n in ask.subscription.providers]
        )

    def _provider(self, ask: Ask) -> Response:
        core_version(ask.request)
        wanted = ask.names[0].lower()
        name = next((n for n in ask.subscription.providers if n.lower() == wanted), None)
        if name is None:
            text = f"The resource namespace '{ask.names[0]}' is invalid."
            raise ArmError(404, "InvalidResourceNamespace", text, text)
        return json_response(_provider(ask.subscription, name))

    def _resources(self, ask: Ask) -> Response:
        core_version(ask.request)
        names = ("name", "resourceType", "resourceGroup", "location")
        rows = filtered(ask.request, ask.subscription.resources, names)
        shown = set(filter(None, ask.request.query.get("$expand", "").split(",")))
        if shown - ON_REQUEST:
            raise ArmError(400, "InvalidExpandQuery", "Unknown property.", "an unknown $expand")
        hidden = ON_REQUEST - shown
        return self._list(
            ask.request, [{n: v for n, v in row.items() if n not in hidden} for row in rows]
        )

    def _groups(self, ask: Ask) -> Response:
        core_version(ask.request)
        return self._list(ask.request, filtered(ask.request, ask.subscription.resource_groups, ()))

    def _assignments(self, ask: Ask) -> Response:
        provider_version(ask, "Microsoft.Authorization", "roleAssignments", "global")
        rows = ask.subscription.assignments_listed
        text = ask.request.query.get("$filter", "")
        if text.replace(" ", "").lower() == "atscope()":
            root = f"/subscriptions/{ask.subscription.id}"
            rows = [r for r in rows if r["properties"]["scope"] == root]
        elif found := re.fullmatch(r"(?:principalId eq|assignedTo\()\s*'([^']+)'\)?", text):
            rows = [r for r in rows if r["properties"]["principalId"] == found[1]]
        elif text:
            raise bad_filter(text)
        return self._list(ask.request, rows)

    def _definitions(self, ask: Ask) -> Response:
        provider_version(ask, "Microsoft.Authorization", "roleDefinitions", "global")
        kind = "Microsoft.Authorization/roleDefinitions"
        rows: list[dict[str, Json]] = [
            {
                "properties": {"roleName": name, "type": "BuiltInRole", "assignableScopes": ["/"]},
                "id": f"/subscriptions/{ask.subscription.id}/providers/{kind}/{role}",
                "type": kind,
                "name": role,
            }
            for name, role in ROLES.items()
        ]
        found = re.fullmatch(r"roleName eq '([^']+)'", ask.request.query.get("$filter", ""))
        return self._list(
            ask.request, [r for r in rows if not found or r["properties"]["roleName"] == found[1]]
        )

    def _label(self, ask: Ask) -> Response:
        region = ask.names[0].lower()
        if region not in ask.subscription.locations:
            raise ArmError(
                400,
                "NoRegisteredProviderFound",
                f"No registered resource provider found for location '{ask.names[0]}' and API version "
                f"'{ask.request.query.get('api-version')}' for type 'locations/CheckDnsNameAvailability'.",
            )
        provider_version(ask, "Microsoft.Network", "locations/CheckDnsNameAvailability", region)
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
        return name_check(
            ask,
            "Microsoft.KeyVault",
            "Microsoft.KeyVault/vaults",
            VAULT,
            ask.subscription.taken_vaults,
        )

    def _account(self, ask: Ask) -> Response:
        return name_check(
            ask,
            "Microsoft.Storage",
            "Microsoft.Storage/storageAccounts",
            ACCOUNT,
            ask.subscription.taken_accounts,
        )

    def _classic(self, ask: Ask) -> Response:
        provider_version(ask, "Microsoft.ClassicCompute", "checkDomainNameAvailability", "global")
        body = ask.request.json()
        if not isinstance(body, dict) or not isinstance(body.get("name"), str):
            raise bad_body()
        return json_response({"available": body["name"] not in ask.subscription.taken_classic})

    def _list(
        self, request: Request, rows: Sequence[Json], more: Mapping[str, Json] | None = None
    ) -> Response:
        """Return one page; the next link has no ``@odata.`` before its name."""
        start = int(request.query.get("$skiptoken", "0") or "0")
        top = request.query.get("$top", "")
        size = min(int(top), self.page) if top.isdigit() and int(top) else self.page
        page: dict[str, Json] = {"value": list(rows[start : start + size])}
        if start + size < len(rows):
            kept = [
                p
                for p in request.target.partition("?")[2].split("&")
                if "skiptoken=" not in p.lower()
            ]
            page["nextLink"] = (
                f"{request.root}{request.raw_path}?{'&'.join(kept)}&%24skiptoken={start + size}"
            )
        return json_response(page | dict(more or {}))


def _provider(subscription: Subscription, name: str) -> dict[str, Json]:
    return {
        "id": f"/subscriptions/{subscription.id}/providers/{name}",
        "namespace": name,
        "registrationState": subscription.providers[name],
        "registrationPolicy": "RegistrationRequired",
        "resourceTypes": [],
    }
