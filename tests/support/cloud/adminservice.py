"""The AdminService of an SMS Provider: the ``wmi`` route, read only, property by property."""

import re
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias
from urllib.parse import unquote

from cloud import odata
from cloud.authority import Authority, Identity
from cloud.schema import element_type
from cloud.server import Server
from cloud.site import Row, Site
from cloud.site_classes import SECRET_CLASSES, ProviderClass
from cloud.tokens import Refused, TokenIssuer
from cloud.wire import Json, Request, Response, html_response, json_response

Auth: TypeAlias = Literal["none", "negotiate", "bearer"]
Paging: TypeAlias = Literal["skip", "ignores-skip", "nextlink"]

PATH = re.compile(r"/(AdminService|AdminService_TokenAuth)/wmi/(\w+)(?:\((.+)\))?", re.IGNORECASE)
OPTIONS = frozenset(("$select", "$filter", "$top", "$skip"))
NTLM = b"NTLMSSP\x00"


@dataclass
class SiteError(Exception):
    """An error answer; ``violation`` tells what a correct client would not have sent."""

    status: int
    message: str
    violation: str | None = None


@dataclass(frozen=True)
class Options:
    """The query options of one request."""

    select: tuple[str, ...]
    filter: odata.Node | None = None
    top: int | None = None
    skip: int = 0


@dataclass
class Negotiation:
    """Which Kerberos tickets open the door; NTLM never does (as from version 2509 on)."""

    accepts: Callable[[bytes], bool] = field(default=lambda _ticket: False)


class AdminServiceServer(Server):
    """Answers for one site.

    ``auth`` is the way in: ``none``, ``negotiate`` (``tickets.accepts`` decides) or ``bearer`` (tokens
    of ``issuer`` for the site's server app, on ``/AdminService_TokenAuth/``; ``app_only`` lets tokens
    without a person in). ``paging`` is how ``$skip`` is treated, ``page`` the size of pages with a next
    link; ``keyed_as_list`` wraps an instance read by key into ``value``.
    """

    def __init__(
        self,
        site: Site,
        *,
        auth: Auth = "none",
        issuer: TokenIssuer | None = None,
        authority: Authority | None = None,
        identity: Identity | None = None,
    ) -> None:
        super().__init__(authority=authority, identity=identity)
        if identity is None:
            self.identity = self.authority.issue([site.provider_fqdn, "localhost", "127.0.0.1"])
        self.site = site
        self.auth: Auth = auth
        self.issuer = issuer
        self.tickets = Negotiation()
        self.app_only = False
        self.paging: Paging = "skip"
        self.page = 1000
        self.keyed_as_list = True
        self._classes = site.described()

    def answer(self, request: Request) -> Response:
        try:
            if refusal := self._refused(request):
                return refusal
            return self._read(request)
        except SiteError as error:
            if error.violation:
                self.violate(request, error.violation)
            return json_response(
                {"error": {"code": str(error.status), "message": error.message}}, error.status
            )

    def _refused(self, request: Request) -> Response | None:
        """Return the 401 of HTTP.sys, a page and not JSON, or None."""
        by_token = request.path.lower().startswith("/adminservice_tokenauth/")
        kind, _, given = request.headers.get("authorization", "").partition(" ")
        denied = html_response(401, "Not Authorized")
        if self.auth == "bearer" or by_token:
            challenge = denied.with_headers(WWW_Authenticate="Bearer")
            if self.issuer is None or not by_token or kind.lower() != "bearer":
                return challenge
            claims = self.issuer.read(given, self.issuer.tenant.of_kind("site"))
            person_only = (
                not isinstance(claims, Refused) and claims["idtyp"] == "app" and not self.app_only
            )
            return challenge if isinstance(claims, Refused) or person_only else None
        if self.auth == "negotiate":
            challenge = denied.with_headers(WWW_Authenticate="Negotiate")
            return None if kind.lower() == "negotiate" and self._opens(given) else challenge
        return None

    def _opens(self, given: str) -> bool:
        try:
            ticket = b64decode(given, validate=True)
        except Base64Error:
            return False
        return NTLM not in ticket and self.tickets.accepts(ticket)

    def _read(self, request: Request) -> Response:
        if request.method != "GET":
            raise SiteError(405, "The requested resource does not support http method.", "a write")
        found = PATH.fullmatch(unquote(request.raw_path))
        if not found:
            raise SiteError(
                404, f"No HTTP resource was found that matches '{request.path}'.", "unknown path"
            )
        _, name, key = found.groups()
        provider_class = self._class(name)
        options = self._options(request, provider_class)
        rows = self._rows(provider_class)
        if key is not None:
            return self._keyed(request, provider_class, rows, key.strip("'"), options)
        if options.filter is not None:
            node = options.filter
            rows = [r for r in rows if odata.matches(node, r, lambda _row, _type: False)]
        return self._page(request, provider_class, rows, options)

    def _class(self, name: str) -> ProviderClass:
        if name in SECRET_CLASSES:
            raise SiteError(
                403, f"{name} holds account names and passwords.", f"{name} must never be read"
            )
        if name in self._classes:
            return self._classes[name]
        spelled = next((n for n in self._classes if n.lower() == name.lower()), None)
        wrong = f"{name} instead of {spelled}" if spelled else None
        raise SiteError(404, f"No HTTP resource was found: the class {name} does not exist.", wrong)

    def _rows(self, provider_class: ProviderClass) -> Sequence[Row]:
        rows = self.site.classes[provider_class.name]
        hides = self.site.hidden.get(provider_class.name)
        return [r for r in rows if not hides(r)] if hides else rows

    def _options(self, request: Request, provider_class: ProviderClass) -> Options:
        query = request.query
        for name in query:
            if name not in OPTIONS:
                text = f"The query option '{name}' is not supported."
                raise SiteError(400, text, text)
        if not query.get("$select"):
            text = "a request without $select reads secrets"
            raise SiteError(400, "The query specified in the URI is not valid.", text)
        select = tuple(name.strip() for name in query["$select"].split(","))
        for name in select:
            if name not in provider_class.properties:
                text = (
                    "The query specified in the URI is not valid. Could not find a property named "
                    f"'{name}' on type 'AdminService.{provider_class.name}'."
                )
                raise SiteError(400, text, text)
            if name in provider_class.secret:
                text = f"{provider_class.name}.{name} is a secret and must never be read"
                raise SiteError(403, text, text)
        return Options(
            select,
            _filter(query.get("$filter"), provider_class),
            _number(query, "$top"),
            _number(query, "$skip") or 0,
        )

    def _keyed(
        self,
        request: Request,
        provider_class: ProviderClass,
        rows: Sequence[Row],
        key: str,
        options: Options,
    ) -> Response:
        row = next((r for r in rows if str(r[provider_class.key]).lower() == key.lower()), None)
        if row is None:
            raise SiteError(404, f"{provider_class.name}('{key}') was not found.")
        entity = _shown(provider_class, row, options.select, keyed=True)
        context = {"@odata.context": _context(request, provider_class)}
        return json_response(
            {**context, "value": [entity]} if self.keyed_as_list else {**context, **entity}
        )

    def _page(
        self, request: Request, provider_class: ProviderClass, rows: Sequence[Row], options: Options
    ) -> Response:
        start = 0 if self.paging == "ignores-skip" else options.skip
        size = len(rows) if options.top is None else options.top
        if self.paging == "nextlink":
            size = min(size, self.page)
        chosen = rows[start : start + size]
        page: dict[str, Json] = {
            "@odata.context": _context(request, provider_class),
            "value": [_shown(provider_class, r, options.select, keyed=False) for r in chosen],
        }
        if self.paging == "nextlink" and options.top is None and start + size < len(rows):
            kept = [
                p for p in request.target.partition("?")[2].split("&") if "skip=" not in p.lower()
            ]
            page["@odata.nextLink"] = (
                f"{request.root}{request.raw_path}?{'&'.join(kept)}&$skip={start + size}"
            )
        return json_response(page)


def _shown(
    provider_class: ProviderClass, row: Row, select: tuple[str, ...], *, keyed: bool
) -> dict[str, Json]:
    left_out = [] if keyed else [n for n in select if n in provider_class.lazy]
    return {
        "@odata.etag": None,
        "__LAZYPROPERTIES": left_out,
        **{name: None if name in left_out else row.get(name) for name in select},
    }


def _context(request: Request, provider_class: ProviderClass) -> str:
    return f"{request.root}/AdminService/wmi/$metadata#{provider_class.name}"


def _number(query: Mapping[str, str], name: str) -> int | None:
    if name not in query:
        return None
    if not query[name].isdigit():
        text = f"The value of {name} is not a number."
        raise SiteError(400, text, text)
    return int(query[name])


def _filter(text: str | None, provider_class: ProviderClass) -> odata.Node | None:
    """Return the filter; a value with a backslash is refused, as the provider refuses it."""
    if text is None:
        return None
    if "\\" in text:
        raise SiteError(
            400, "The query specified in the URI is not valid.", "a backslash in $filter"
        )
    try:
        node = odata.parse(text)
    except odata.FilterSyntaxError as error:
        raise SiteError(
            400, f"The query specified in the URI is not valid. {error}", str(error)
        ) from error
    for inner in odata.walk(node):
        match inner:
            case odata.Compare(_, odata.Property((name,)), value):
                _check(name, value, provider_class)
            case odata.Call("startswith" | "endswith" | "contains", odata.Property((name,)), value):
                _check(name, value, provider_class)
            case odata.Both() | odata.Not(odata.Call()):
                pass
            case _:
                wrong = f"$filter is not supported: {text}"
                raise SiteError(400, "The query specified in the URI is not valid.", wrong)
    return node


def _check(name: str, value: odata.Value, provider_class: ProviderClass) -> None:
    kind = element_type(provider_class.properties.get(name, ""))
    if name in provider_class.secret or not kind or (value.kind not in (kind, "null")):
        text = f"The filter on '{name}' does not fit '{provider_class.name}'."
        raise SiteError(400, f"The query specified in the URI is not valid. {text}", text)
