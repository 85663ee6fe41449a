"""Microsoft Graph, v1.0 and beta: one engine over the metadata and the tenant's data."""

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TypeAlias

import msgspec

from cloud import graph_query
from cloud.authority import Authority, Identity
from cloud.graph_batch import answer_batch
from cloud.graph_data import GraphData
from cloud.graph_errors import (
    STAMP,
    GraphError,
    absent,
    bad_request,
    no_intune_role,
    no_segment,
    not_permitted,
    token_refused,
)
from cloud.graph_query import Query
from cloud.odata import get, matches
from cloud.schema import VERSIONS, Route, Schema, Unresolved, metadata
from cloud.server import Server
from cloud.tenant import Person
from cloud.tokens import Claims, Refused, TokenIssuer
from cloud.wire import Json, Request, Response, json_response

Plan: TypeAlias = int | Sequence[int]

PAGE_KEY = b"the test's own page token"
RETIRED = frozenset(
    ("/devicemanagement/exchangeconnectors", "/devicemanagement/conditionalaccesssettings")
)
BASIC_OF_USER = frozenset(
    (
        "displayName",
        "givenName",
        "id",
        "mail",
        "surname",
        "userPrincipalName",
        "businessPhones",
        "jobTitle",
        "mobilePhone",
        "officeLocation",
        "preferredLanguage",
    )
)
ORGANIZATION_FOR_ANYBODY = frozenset(("id", "displayName", "verifiedDomains"))
EVOLVABLE = ("/identity/", "/policies/")
"""Where members of enums are hidden from clients that do not ask for them; elsewhere it costs too much."""
UNKNOWN_MEMBERS = "include-unknown-enum-members"
NO_PAGING = ("/subscribedskus", "/organization")
DEFAULT_PAGE = 100
DEFAULT_INTUNE_PAGE = 1000


class GraphServer(Server):
    """Answers for one tenant.

    ``pages`` sets page sizes by path without version (``{"/users": 2}``), or a size for each page in turn
    (``[2, 0, 3]``, zero being an empty page with a next link). ``intune_401`` refuses as Intune often does,
    ``wrapped_singletons`` puts single objects of Intune into ``value``, ``count_unasked`` adds a count to
    Intune's lists, ``settings_need_no_select`` omits ``settings`` of ``/deviceManagement`` under ``$select``,
    ``also_allowed`` adds permissions to paths, ``challenged`` is raised for every request.
    ``people`` are those who may sign in; ``batch_order`` orders the parts of a batch answer.
    """

    def __init__(
        self,
        issuer: TokenIssuer,
        *,
        people: Sequence[Person] = (),
        authority: Authority | None = None,
        identity: Identity | None = None,
    ) -> None:
        super().__init__(authority=authority, identity=identity)
        self.issuer = issuer
        self.tenant = issuer.tenant
        self.people = list(people)
        self.pages: dict[str, Plan] = {}
        self.intune_401 = False
        self.wrapped_singletons = False
        self.count_unasked = False
        self.settings_need_no_select = False
        self.retired = RETIRED
        self.also_allowed: dict[str, frozenset[str]] = {}
        self.challenged: GraphError | None = None
        self.batch_order: Callable[[list[Json]], list[Json]] = lambda parts: parts[::-1]
        self._metadata = metadata()
        self._data = GraphData(self.tenant, self._metadata)
        self._sorted: dict[object, Sequence[Json]] = {}

    def reload(self) -> None:
        """Take up data of the tenant that were changed after the server was made."""
        self._data = GraphData(self.tenant, self._metadata)
        with self._lock:
            self._sorted.clear()

    def answer(self, request: Request) -> Response:
        try:
            claims = self._admitted(request)
            if request.raw_path.lower().endswith("/$batch"):
                return answer_batch(self, request, self.batch_order)
            return _stamped(request, self._read(request, claims))
        except GraphError as error:
            if error.violation:
                self.violate(request, error.violation)
            return _stamped(request, error.response(request.headers.get("client-request-id")))

    def _admitted(self, request: Request) -> Claims:
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        if kind.lower() != "bearer" or not token:
            raise token_refused(
                "InvalidAuthenticationToken",
                "Access token is empty.",
                "a request without a bearer token",
            )
        claims = self.issuer.read(token, self.tenant.of_kind("graph"))
        if isinstance(claims, Refused):
            wrong = claims.message if "audience" in claims.message else None
            raise token_refused(claims.code, claims.message, wrong)
        if self.challenged:
            raise self.challenged
        return claims

    def _read(self, request: Request, claims: Claims) -> Response:
        if request.method != "GET":
            raise GraphError(
                405, "Request_BadRequest", "Specified HTTP method is not allowed.", "a write"
            )
        version, _, rest = request.raw_path.lstrip("/").partition("/")
        if version.lower() not in VERSIONS:
            raise bad_request(f"Invalid version: {version}.")
        schema = self._metadata.versions[version.lower()]
        route = schema.resolve(rest)
        if isinstance(route, Unresolved):
            raise no_segment(route.segment)
        self._permit(route, claims)
        if route.intune and not self.tenant.has_intune:
            raise bad_request("Request not applicable to target tenant.", wrong=False)
        if route.template in self.retired:
            raise GraphError(501, "NotSupported", "This feature is retired.")
        if route.count:
            if not route.collection:
                raise no_segment("$count")
            query = graph_query.read_count(request, route, schema)
            self._note(request, query)
            rows = self._rows(route, query, schema)
            return Response(200, str(len(rows)).encode(), {"Content-Type": "text/plain"})
        query = graph_query.read(request, route, schema)
        self._note(request, query)
        one_or_many = self._page if route.collection else self._entity
        body = one_or_many(request, route, query, schema, claims)
        evolvable = route.template.startswith(EVOLVABLE)
        if evolvable and UNKNOWN_MEMBERS not in request.headers.get("prefer", "").lower():
            if route.collection:
                body["value"] = self._data.veiled(schema, route.type, body["value"])
            else:
                body = self._data.veiled(schema, route.type, body)
        return json_response(body)

    def _note(self, request: Request, query: Query) -> None:
        for rule in query.ignored:
            self.violate(request, rule)
        if query.expand and request.path.lower().endswith("/deviceappmanagement/mobileapps"):
            self.violate(request, "$expand on the list of mobileApps is deprecated")

    def _permit(self, route: Route, claims: Claims) -> None:
        application, delegated = self._metadata.permissions.required(route.template)
        wanted = application if claims["idtyp"] == "app" else delegated
        wanted |= self.also_allowed.get(route.template, frozenset())
        if not wanted & self._held(claims):
            raise not_permitted(route, wanted or delegated, intune_401=self.intune_401)
        if claims["idtyp"] == "user" and route.intune:
            person = next((p for p in self.people if p.object_id == claims["oid"]), None)
            if person is None or not person.reads_intune:
                raise no_intune_role()

    @staticmethod
    def _held(claims: Claims) -> frozenset[str]:
        return frozenset(claims.get("roles", ())) | frozenset(claims.get("scp", "").split())

    def _rows(self, route: Route, query: Query, schema: Schema) -> Sequence[Json]:
        """Return the rows that pass filter and search, in order; kept for the pages that follow."""
        rows: Sequence[Json] = self._data.find(route)
        self._check_record_domain(route)
        if query.filter is None and query.search is None and not query.order:
            return rows
        key = (route, query.filter, query.search, query.order)
        with self._lock:
            if key in self._sorted:
                return self._sorted[key]

        def is_of(row: Mapping[str, Json], name: str) -> bool:
            return self._data.is_of(schema, row, schema.named(name) or "")

        chosen = [
            row
            for row in rows
            if (query.filter is None or matches(query.filter, row, is_of))
            and (query.search is None or graph_query.search_matches(query.search, row))
        ]
        for name, descending in reversed(query.order):
            chosen.sort(key=partial(_sort_key, name), reverse=descending)
        with self._lock:
            if len(self._sorted) > 8:
                self._sorted.clear()
            self._sorted[key] = chosen
        return chosen

    def _check_record_domain(self, route: Route) -> None:
        """Refuse the DNS records of a domain that is not verified."""
        if route.template == "/domains/{}/serviceconfigurationrecords":
            domain = self._data.find(
                replace(route, template="/domains/{}", steps=route.steps[:2], collection=False)
            )
            if not domain.get("isVerified"):
                raise bad_request("Domain is not verified.", wrong=False, code="Request_BadRequest")

    def _page(
        self, request: Request, route: Route, query: Query, schema: Schema, claims: Claims
    ) -> dict[str, Json]:
        rows = self._rows(route, query, schema)
        number, start = self._position(request, query, route)
        size = self._size(route, query, number)
        end = len(rows) if size is None else min(start + size, len(rows))
        page: dict[str, Json] = {"@odata.context": self._context(request, route)}
        if number == 0 and (query.count or (self.count_unasked and route.intune)):
            page["@odata.count"] = len(rows)
        if end < len(rows):
            page["@odata.nextLink"] = self._next_link(request, number + 1, end)
        page["value"] = [
            self._visible(self._data.project(route, row, query.select, query.expand), route, claims)
            for row in rows[start:end]
        ]
        return page

    def _size(self, route: Route, query: Query, number: int) -> int | None:
        if route.template in NO_PAGING:
            return None
        plan = next((p for path, p in self.pages.items() if path.lower() == route.template), None)
        if isinstance(plan, Sequence):
            return plan[number] if number < len(plan) else max(*plan, 1)
        default = DEFAULT_INTUNE_PAGE if route.intune else DEFAULT_PAGE
        wanted = query.top or plan or default
        return min(wanted, plan) if plan else wanted

    def _entity(
        self, request: Request, route: Route, query: Query, schema: Schema, claims: Claims
    ) -> dict[str, Json]:
        row = self._data.find(route)
        if not isinstance(row, Mapping):
            raise absent(route, route.template)
        entity = self._data.project(route, row, query.select, query.expand)
        if self.settings_need_no_select and route.template == "/devicemanagement" and query.select:
            entity.pop("settings", None)
        context = {"@odata.context": self._context(request, route) + "/$entity"}
        visible = self._visible(entity, route, claims)
        if self.wrapped_singletons and route.intune and "{}" not in route.template:
            return {**context, "value": visible}
        return {**context, **visible}

    def _visible(self, entity: dict[str, Json], route: Route, claims: Claims) -> dict[str, Json]:
        """Blank what the caller's only permission does not show."""
        held = self._held(claims)
        shown: frozenset[str] | None = None
        if route.type == "User":
            wide = self._metadata.permissions.required("/users")[0] - {"User.ReadBasic.All"}
            shown = None if held & wide else BASIC_OF_USER
        elif route.type == "Organization":
            wide = self._metadata.permissions.required("/organization")[0]
            shown = None if held & wide else ORGANIZATION_FOR_ANYBODY
        if shown is None:
            return entity
        return {
            n: v if n in shown or n.startswith("@") else ([] if isinstance(v, list) else None)
            for n, v in entity.items()
        }

    @staticmethod
    def _context(request: Request, route: Route) -> str:
        return f"{request.root}/{route.version}/$metadata#{graph_query.last_literal(route)}"

    # Page tokens: opaque to the client, bound to the path and to all other options.

    def _next_link(self, request: Request, number: int, start: int) -> str:
        payload = msgspec.json.encode([number, start])
        token = urlsafe_b64encode(payload + self._seal(request, payload)).decode()
        kept = [p for p in request.target.partition("?")[2].split("&") if p and not _is_token(p)]
        options = "&".join([*kept, f"$skiptoken={token}"])
        return f"{request.root}{request.raw_path}?{options}"

    def _position(self, request: Request, query: Query, route: Route) -> tuple[int, int]:
        """Return the number of the page and the index of its first row."""
        token = next((v for n, v in request.query.items() if n.lower() == "$skiptoken"), None)
        if token is None:
            return 0, 0
        try:
            whole = urlsafe_b64decode(token)
        except ValueError:
            whole = b""
        payload, seal = whole[:-16], whole[-16:]
        if not payload or not hmac.compare_digest(seal, self._seal(request, payload)):
            raise bad_request(
                "The specified page token value is invalid: the next link was changed.",
                code="Directory_ExpiredPageToken",
            )
        number, start = msgspec.json.decode(payload, type=tuple[int, int])
        return number, start

    @staticmethod
    def _seal(request: Request, payload: bytes) -> bytes:
        options = sorted((n, v) for n, v in request.query.items() if n.lower() != "$skiptoken")
        text = repr((request.path.lower(), options)).encode() + payload
        return hmac.new(PAGE_KEY, text, hashlib.sha256).digest()[:16]


def _stamped(request: Request, response: Response) -> Response:
    """Return the response with the ids that help a log."""
    own = STAMP["request-id"]
    return response.with_headers(
        request_id=own, client_request_id=request.headers.get("client-request-id", own)
    )


def _sort_key(name: str, row: Json) -> tuple[bool, Json]:
    value = get(row, (name,))
    return value is not None, value


def _is_token(option: str) -> bool:
    return option.lower().startswith(("$skiptoken=", "%24skiptoken="))
