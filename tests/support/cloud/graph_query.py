"""The query options of one Graph request: read, and refused where the real service refuses them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from cloud import odata
from cloud.graph_data import Expansion
from cloud.graph_errors import GraphError, bad_request, no_property
from cloud.schema import Literal, Route, Schema, element_type
from cloud.wire import Request

DIRECTORY = (
    "/users",
    "/groups",
    "/devices",
    "/applications",
    "/serviceprincipals",
    "/oauth2permissiongrants",
    "/directoryroles",
)
ENDS_WITH = frozenset(("userprincipalname", "mail", "othermails", "proxyaddresses"))
NOT_FILTERABLE = frozenset(
    (
        "licenseassignmentstates",
        "passwordcredentials",
        "keycredentials",
        "requiredresourceaccess",
    )
)
INTUNE_FILTERS: Mapping[str, frozenset[str]] = {
    "/devicemanagement/manageddevices": frozenset(
        (
            "devicecategorydisplayname",
            "enrolleddatetime",
            "jailbroken",
            "lastsyncdatetime",
            "managementagent",
            "id",
        )
    ),
}
INTUNE_FILTERS_ELSEWHERE = frozenset(("displayname", "id"))
NO_FILTER = ("/subscribedskus", "/organization", "/domains")
ONLY_SELECT = ("/subscribedskus",)
OWN_OPTIONS = frozenset(("$skiptoken", "$format"))
KINDS = {
    "String": ("string",),
    "Guid": ("guid",),
    "Boolean": ("boolean",),
    "Int": ("number",),
    "Double": ("number",),
    "DateTimeOffset": ("date",),
    "Date": ("date",),
}
EDM = {
    "string": "Edm.String",
    "guid": "Edm.Guid",
    "number": "Edm.Int32",
    "boolean": "Edm.Boolean",
    "date": "Edm.DateTimeOffset",
}


@dataclass(frozen=True)
class Query:
    """What a request wants of a route. ``advanced`` needs the header on every page."""

    select: tuple[str, ...] | None = None
    expand: tuple[Expansion, ...] = ()
    filter: odata.Node | None = None
    top: int | None = None
    count: bool = False
    order: tuple[tuple[str, bool], ...] = ()
    search: str | None = None
    advanced: bool = False
    ignored: tuple[str, ...] = ()
    """What the service passes over in silence and a correct client does not send."""


def is_directory(route: Route) -> bool:
    """Say whether the directory serves the path."""
    return route.template.startswith(DIRECTORY)


def read(request: Request, route: Route, schema: Schema) -> Query:
    """Return the query; raise what Graph answers to a wrong one."""
    options, ignored = _options(request, route)
    eventual = request.headers.get("consistencylevel", "").lower() == "eventual"
    expand = tuple(_expansions(options.get("$expand"), route, schema))
    count = options.get("$count", "").lower() == "true"
    if count and not eventual and is_directory(route):
        ignored = (*ignored, "$count=true without ConsistencyLevel: eventual")
        count = False
    node = _filter(options.get("$filter"), route, schema)
    order = tuple(_orders(options.get("$orderby"), route, schema))
    search = options.get("$search")
    advanced = is_directory(route) and (
        _needs_header(node) or (node is not None and bool(order)) or search is not None
    )
    if advanced and not (
        eventual and (count or search is not None or route.count or "$skiptoken" in request.query)
    ):
        raise bad_request(
            "Unsupported Query. Request uses advanced query capabilities: it needs the header "
            "ConsistencyLevel: eventual and $count=true.",
            code="Request_UnsupportedQuery",
        )
    if (advanced or (count and is_directory(route))) and expand:
        raise bad_request(
            "$expand is not supported with advanced queries.", code="Request_UnsupportedQuery"
        )
    return Query(
        _select(options.get("$select"), route, schema),
        expand,
        node,
        _top(options.get("$top"), route, options),
        count,
        order,
        search,
        advanced,
        ignored,
    )


def read_count(request: Request, route: Route, schema: Schema) -> Query:
    """Return the query of a ``/$count`` segment; raise what Graph answers to a wrong one."""
    if route.intune:
        raise bad_request(f"No OData route exists that match template ~{route.template}/$count.")
    accept = request.headers.get("accept", "*/*")
    if not any(kind in accept for kind in ("*/*", "text/plain", "text/*")):
        raise GraphError(
            415,
            "Request_UnsupportedMediaType",
            "Unsupported media type requested.",
            "Accept of a /$count segment",
        )
    if request.headers.get("consistencylevel", "").lower() != "eventual":
        raise bad_request("$count is not currently supported.", code="Request_BadRequest")
    return read(request, route, schema)


def _options(request: Request, route: Route) -> tuple[dict[str, str], tuple[str, ...]]:
    if " " in request.target or '"' in request.target:
        raise bad_request("The URL is malformed: blanks and quotes must be encoded.")
    known = route.options | OWN_OPTIONS | ({"$filter", "$search"} if route.count else set())
    options: dict[str, str] = {}
    ignored: list[str] = []
    for name, value in request.query.items():
        if not name.startswith("$"):
            ignored.append(f"the option {name} has no $")
            continue
        if name.lower() not in known or _only_select(route, name.lower()):
            raise bad_request(
                f"The query option '{name}' is not supported for this resource.",
                code="Request_BadRequest",
            )
        options[name.lower()] = value
    return options, tuple(ignored)


def _only_select(route: Route, name: str) -> bool:
    return route.template in ONLY_SELECT and name != "$select"


def _select(text: str | None, route: Route, schema: Schema) -> tuple[str, ...] | None:
    if text is None:
        return None
    names = tuple(name.strip() for name in text.split(","))
    known = {n.lower() for n in (*schema.structural(route.type), *schema.navigation(route.type))}
    for name in names:
        if name.partition("/")[0].lower() not in known:
            raise no_property(name, schema.odata_name(route.type))
    return names


def _expansions(text: str | None, route: Route, schema: Schema) -> Iterator[Expansion]:
    known = {n.lower(): (n, t) for n, t in schema.navigation(route.type).items()}
    for item in _split(text or ""):
        name, _, inner = item.partition("(")
        if name.lower() not in known:
            raise no_property(name, schema.odata_name(route.type))
        spelled, target = known[name.lower()]
        selected: tuple[str, ...] | None = None
        if inner:
            option, _, value = inner.removesuffix(")").partition("=")
            if option.lower() != "$select":
                raise bad_request(f"The option {option} inside $expand is not supported.")
            target_route = Route(
                route.version,
                route.template,
                (),
                element_type(target),
                collection=True,
                options=frozenset(),
            )
            selected = _select(value, target_route, schema)
        yield Expansion(spelled, selected)


def _split(text: str) -> Iterator[str]:
    """Yield the parts between commas that are outside parentheses."""
    depth, part = 0, ""
    for sign in text:
        depth += (sign == "(") - (sign == ")")
        if sign == "," and depth == 0:
            yield part.strip()
            part = ""
        else:
            part += sign
    if part:
        yield part.strip()


def _orders(text: str | None, route: Route, schema: Schema) -> Iterator[tuple[str, bool]]:
    known = {n.lower(): n for n in schema.structural(route.type)}
    for item in text.split(",") if text else ():
        name, _, direction = item.strip().partition(" ")
        if name.lower() not in known:
            raise no_property(name, schema.odata_name(route.type))
        yield known[name.lower()], direction.strip().lower() == "desc"


def _top(text: str | None, route: Route, options: Mapping[str, str]) -> int | None:
    if text is None:
        return None
    fields = (options.get("$select", "") + options.get("$filter", "")).lower()
    most = 999 if is_directory(route) else 1000
    if route.template == "/users" and "signinactivity" in fields:
        most = 500
    if not text.isdigit() or not 1 <= int(text) <= most:
        raise bad_request(
            f"Invalid page size specified: '{text}'. Must be between 1 and {most} inclusive.",
            code="Request_BadRequest",
        )
    return int(text)


def _needs_header(node: odata.Node | None) -> bool:
    if node is None:
        return False
    for inner in odata.walk(node):
        match inner:
            case odata.Not() | odata.Call("endswith") | odata.Compare("ne"):
                return True
            case odata.Compare(_, odata.Property(path)) if path[-1] == "$count":
                return True
            case _:
                pass
    return False


def _filter(text: str | None, route: Route, schema: Schema) -> odata.Node | None:
    if text is None:
        return None
    if route.template in NO_FILTER:
        raise bad_request(
            f"$filter is not supported for {route.template}.", code="Request_UnsupportedQuery"
        )
    try:
        node = odata.parse(text)
    except odata.FilterSyntaxError as error:
        raise bad_request(f"Invalid filter clause: {error}") from error
    _check_properties(node, route.type, schema, {})
    if route.intune:
        _check_intune(node, route)
    elif is_directory(route):
        _check_directory(node)
    return node


def _check_intune(node: odata.Node, route: Route) -> None:
    allowed = INTUNE_FILTERS.get(route.template, INTUNE_FILTERS_ELSEWHERE)
    for inner in odata.walk(node):
        match inner:
            case odata.Both("and"):
                continue
            case odata.Call("isof") if route.template not in INTUNE_FILTERS:
                continue
            case odata.Compare(_, odata.Property(path)) if path[0].lower() in allowed:
                continue
            case odata.Call("startswith" | "contains", odata.Property(path)) if (
                path[0].lower() in allowed
            ):
                continue
            case _:
                raise bad_request(f"The filter is not supported for {route.template}.")


def _check_directory(node: odata.Node) -> None:
    """Refuse what the directory cannot filter by; variables of ``any()`` are judged by their collection."""
    variables: set[str] = set()
    for inner in odata.walk(node):
        match inner:
            case odata.Call("contains" | "isof"):
                raise bad_request("Unsupported Query.", code="Request_UnsupportedQuery")
            case odata.Call("endswith", odata.Property((name, *_))) if name not in variables:
                _check_ending(name)
            case odata.Compare(_, odata.Property((name, *_))):
                _check_filterable(name)
            case odata.AnyOf(odata.Property((name, *_)), variable, condition):
                _check_filterable(name)
                variables.add(variable)
                if isinstance(condition, odata.Call) and condition.name == "endswith":
                    _check_ending(name)
            case _:
                pass


def _check_ending(name: str) -> None:
    if name.lower() not in ENDS_WITH:
        text = f"Operator 'endsWith' is not supported for property '{name}'."
        raise bad_request(text, code="Request_UnsupportedQuery")


def _check_filterable(name: str) -> None:
    if name.lower() in NOT_FILTERABLE:
        text = f"Unsupported or invalid query filter clause specified for property '{name}' of resource."
        raise bad_request(text, code="Request_UnsupportedQuery")


def _check_properties(
    node: odata.Node, type_name: str, schema: Schema, scope: Mapping[str, str]
) -> None:
    match node:
        case odata.Both(_, left, right):
            _check_properties(left, type_name, schema, scope)
            _check_properties(right, type_name, schema, scope)
        case odata.Not(inner):
            _check_properties(inner, type_name, schema, scope)
        case odata.AnyOf(left, variable, inner):
            held = _type_at(left, type_name, schema, scope)
            if not held.startswith("Collection("):
                raise bad_request("Any/All may only be used following a collection.")
            if inner is not None:
                _check_properties(inner, type_name, schema, {**scope, variable: element_type(held)})
        case odata.Compare(_, left, right):
            _check_kind(_type_at(left, type_name, schema, scope), right, schema)
        case odata.In(left, values):
            for value in values:
                _check_kind(_type_at(left, type_name, schema, scope), value, schema)
        case odata.Call("isof", _, right):
            if schema.named(str(right.value)) is None:
                raise bad_request(
                    f"Cast or IsOf Function must have a type in its arguments: {right.value}"
                )
        case odata.Call(_, left, right):
            assert left is not None
            _check_kind(_type_at(left, type_name, schema, scope), right, schema)


def _type_at(left: odata.Property, type_name: str, schema: Schema, scope: Mapping[str, str]) -> str:
    path = left.path
    held = scope.get(path[0])
    current, rest = (held, path[1:]) if held is not None else (type_name, path)
    for name in rest:
        if name == "$count":
            return "Int"
        owner = element_type(current)
        known = {
            n.lower(): t
            for n, t in {**schema.navigation(owner), **schema.structural(owner)}.items()
        }
        if name.lower() not in known:
            raise bad_request(
                f"Invalid filter clause: Could not find a property named '{name}' on type "
                f"'{schema.odata_name(owner)}'."
            )
        current = known[name.lower()]
    return current


def _check_kind(held: str, right: odata.Value, schema: Schema) -> None:
    if right.kind == "null":
        return
    if held.startswith("Collection("):
        raise bad_request("Invalid filter clause: a collection needs any().")
    if held not in KINDS and held not in schema.enums:
        return
    if right.kind not in KINDS.get(held, ("string",)):
        raise bad_request(
            "Invalid filter clause: A binary operator with incompatible types was detected. Found operand "
            f"types 'Edm.{held}' and '{EDM[right.kind]}' for operator kind 'Equal'."
        )
    if held in schema.enums and right.value not in schema.enums[held]:
        raise bad_request(
            f"Invalid filter clause: The string '{right.value}' is not a valid enumeration type constant."
        )


def search_matches(search: str, row: Mapping[str, object]) -> bool:
    """Say whether ``row`` fits ``"displayName:text"``."""
    name, _, text = search.strip('"').partition(":")
    return text.lower() in str(row.get(name) or "").lower()


def last_literal(route: Route) -> str:
    """Return the name of the collection that a route ends in."""
    return next(s.name for s in reversed(route.steps) if isinstance(s, Literal))
