"""The data behind Graph: walked along a route, and each entity cut down to what the request asked for."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from cloud.graph_errors import absent, bad_request
from cloud.schema import PRIMITIVES, Key, Literal, Metadata, Route, Schema, element_type
from cloud.tenant import Tenant
from cloud.wire import Json

GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
OBJECTS_BY_GUID = ("/groups", "/applications", "/serviceprincipals", "/devices")
MOST_CHECKED = 300

DEFAULT_OF_USER = (
    "businessPhones",
    "displayName",
    "givenName",
    "id",
    "jobTitle",
    "mail",
    "mobilePhone",
    "officeLocation",
    "preferredLanguage",
    "surname",
    "userPrincipalName",
)
ONLY_SELECTED = {
    "Organization": frozenset(("mobileDeviceManagementAuthority", "certificateConnectorSetting")),
}
"""Properties that come only when they are named, and then only by id."""

SPELLED = ("@", "#")


class MissingData(LookupError):
    """The test's data do not fit the metadata."""


@dataclass(frozen=True)
class Expansion:
    """One ``$expand``: the navigation property and the properties wanted of its targets."""

    name: str
    select: tuple[str, ...] | None = None


@dataclass
class GraphData:
    """The tenant's data under the metadata of both versions."""

    tenant: Tenant
    metadata: Metadata
    _flat: dict[str, Json] = field(init=False)
    _selections: dict[tuple[str, str, tuple[str, ...]], tuple[tuple[str, Json, bool], ...]] = field(
        init=False, default_factory=dict
    )

    def __post_init__(self) -> None:
        self._flat = {path.lower().rstrip("/"): value for path, value in self.tenant.graph.items()}
        for path, value in self.tenant.graph.items():
            self._check(path, value)

    def find(self, route: Route) -> Json:
        """Return the list or the object of ``route``; raise the 404 that Graph would give."""
        current: Json = None
        above: Json = None
        prefix = ""
        known = False
        for step in route.steps:
            if isinstance(step, Literal):
                prefix = f"{prefix}/{step.name.lower()}"
                above = current
                if prefix in self._flat:
                    current, known = self._flat[prefix], True
                else:
                    current = _inside(current, step.name)
                    known = current is not None
                if not known and isinstance(above, Mapping) and "id" in above:
                    current = self._derived(step.name, above)
                continue
            prefix += "/{}"
            current = self._element(route, step, current)
        if route.collection:
            return self._of_cast(route, current if current is not None else [])
        if isinstance(current, Sequence) and not isinstance(current, str):
            # The data give a list where Graph has one object: a collection of one.
            current = current[0] if current else None
        if current is None and not known:
            if route.template in (
                "/devicemanagement",
                "/deviceappmanagement",
                "/identity/conditionalaccess",
            ):
                return {}
            last = route.steps[-1]
            raise absent(route, last.name if isinstance(last, Literal) else last.value)
        if current is None:
            raise absent(route, route.template.rpartition("/")[2])
        return current

    def _element(self, route: Route, key: Key, rows: Json) -> Mapping[str, Json]:
        wanted = key.value.lower()
        by_guid = route.template.startswith(OBJECTS_BY_GUID) and key.by == "id"
        if by_guid and not GUID.fullmatch(wanted):
            raise bad_request(
                f"Invalid object identifier '{key.value}'.", code="Request_BadRequest"
            )
        also = "userPrincipalName" if route.template.startswith("/users") else key.by
        for row in rows or ():
            if wanted in (str(row.get(key.by, "")).lower(), str(row.get(also, "")).lower()):
                found: Mapping[str, Json] = row
                return found
        raise absent(route, key.value)

    def _derived(self, name: str, above: Mapping[str, Json]) -> Json:
        """Return relations that follow from other data, so that a test writes them once."""
        match name.lower():
            case "transitivemembers" if above.get("members"):
                return list(self._members(above, set()))
            case "oauth2permissiongrants":
                grants = self._flat.get("/oauth2permissiongrants", ())
                return [g for g in grants if g["clientId"] == above["id"]]
            case _:
                return None

    def _members(self, group: Mapping[str, Json], seen: set[str]) -> Iterable[Mapping[str, Json]]:
        groups = {g["id"]: g for g in self._flat.get("/groups", ())}
        for member in group.get("members", ()):
            if member["id"] in seen:
                continue
            seen.add(member["id"])
            yield member
            inner = groups.get(member["id"])
            if inner:
                yield from self._members(inner, seen)

    def _of_cast(self, route: Route, rows: Json) -> Json:
        if not route.casts or not isinstance(rows, Sequence):
            return rows
        schema = self.metadata.versions[route.version]
        return [r for r in rows if self.is_of(schema, r, route.type)]

    def type_of(self, schema: Schema, row: Mapping[str, Json], declared: str) -> str:
        """Return the type of ``row`` in this version; a derived type that it lacks is the declared one."""
        named = row.get("@odata.type")
        return (schema.named(named) if isinstance(named, str) else None) or declared

    def is_of(self, schema: Schema, row: Mapping[str, Json], type_name: str) -> bool:
        """Say whether ``row`` is of the type or one derived from it."""
        return type_name in schema.lineage(self.type_of(schema, row, ""))

    def project(
        self,
        route: Route,
        row: Mapping[str, Json],
        select: tuple[str, ...] | None,
        expand: tuple[Expansion, ...] = (),
    ) -> dict[str, Json]:
        """Return the properties of ``row`` that the request asked for, or the default ones."""
        schema = self.metadata.versions[route.version]
        type_name = self.type_of(schema, row, route.type)
        known = schema.structural(type_name)
        out: dict[str, Json] = {}
        named = row.get("@odata.type")
        if (
            named
            and (type_name != route.type or route.intune)
            and not row.get("@untyped")
            and schema.named(str(named))
        ):
            out["@odata.type"] = named
        if select is None:
            out |= self._default(route, row, type_name, known)
        else:
            in_list = route.collection
            for name, empty, by_id in self._wanted(schema, type_name, select):
                out[name] = empty if by_id and in_list else row.get(name, empty)
        for expansion in expand:
            out[expansion.name] = self._expanded(schema, route, row, expansion)
        return out

    def veiled(self, schema: Schema, type_name: str, value: Json) -> Json:
        """Return ``value`` with the later members of evolvable enums hidden.

        What stands behind ``unknownFutureValue`` is shown only to a client that asks for it.
        """
        if isinstance(value, list):
            return [self.veiled(schema, type_name, v) for v in value]
        if isinstance(value, Mapping):
            actual = self.type_of(schema, value, type_name)
            known = schema.structural(actual)
            return {
                n: self.veiled(schema, element_type(known.get(n, "")), v) for n, v in value.items()
            }
        members = schema.enums.get(type_name, [])
        if isinstance(value, str) and "unknownFutureValue" in members and value in members:
            late = members.index(value) > members.index("unknownFutureValue")
            return "unknownFutureValue" if late else value
        return value

    def _wanted(
        self, schema: Schema, type_name: str, select: tuple[str, ...]
    ) -> tuple[tuple[str, Json, bool], ...]:
        """Return name, value where none is set, and whether it comes by id only; worked out once.

        Names of sibling types are left out: in a mixed list they mean other elements.
        """
        key = (schema.version, type_name, select)
        if key not in self._selections:
            known = schema.structural(type_name)
            spelled = {name.lower(): name for name in known}
            names = (spelled.get(wanted.partition("/")[0].lower()) for wanted in select)
            by_id = ONLY_SELECTED.get(type_name, frozenset())
            self._selections[key] = tuple(
                (name, [] if known[name].startswith("Collection(") else None, name in by_id)
                for name in names
                if name is not None
            )
        return self._selections[key]

    def _default(
        self, route: Route, row: Mapping[str, Json], type_name: str, known: Mapping[str, str]
    ) -> dict[str, Json]:
        if type_name == "User":
            return {n: row.get(n, [] if n == "businessPhones" else None) for n in DEFAULT_OF_USER}
        hidden = ONLY_SELECTED.get(type_name, frozenset())
        extra = self.tenant.undocumented
        return {
            name: value
            for name, value in row.items()
            if (name in known and name not in hidden)
            or name in extra
            or (name[0] not in SPELLED and "@" in name)
        }

    def _expanded(
        self, schema: Schema, route: Route, row: Mapping[str, Json], expansion: Expansion
    ) -> Json:
        target = schema.navigation(self.type_of(schema, row, route.type)).get(expansion.name)
        value = row.get(expansion.name)
        if value is None:
            value = self._derived(expansion.name, row)
        if target is None or not schema.knows(element_type(target)):
            return value
        inner = Route(
            route.version,
            route.template,
            (),
            element_type(target),
            collection=False,
            options=frozenset(),
        )
        if not target.startswith("Collection("):
            return self.project(inner, value, expansion.select) if value else None
        most = None if route.intune or route.template.startswith("/policies") else 20
        return [self.project(inner, v, expansion.select) for v in (value or [])[:most]]

    def _check(self, path: str, value: Json) -> None:
        """Raise where the data use a path, a property or an enum member that Graph does not have."""
        for schema in self.metadata.versions.values():
            route = schema.resolve(path)
            if isinstance(route, Route):
                rows = value[:MOST_CHECKED] if isinstance(value, Sequence) else [value]
                for row in rows:
                    if isinstance(row, Mapping):
                        self._check_row(path, row, route.type)
                return
        raise MissingData(f"{path} is no path of Graph")

    def _check_row(self, path: str, row: Mapping[str, Json], declared: str) -> None:
        allowed: dict[str, str] = {}
        targets: dict[str, str] = {}
        enums: dict[str, list[str]] = {}
        for schema in reversed(list(self.metadata.versions.values())):
            type_name = self.type_of(schema, row, declared)
            allowed |= schema.structural(type_name)
            targets |= schema.navigation(type_name)
            enums |= schema.enums
        for name, value in row.items():
            if "@" in name or name in self.tenant.undocumented:
                continue
            if name in targets:
                inner = element_type(targets[name])
                for element in value if isinstance(value, list) else [value]:
                    if isinstance(element, Mapping) and any(
                        s.knows(inner) for s in self.metadata.versions.values()
                    ):
                        self._check_row(f"{path}/{name}", element, inner)
            elif name not in allowed:
                raise MissingData(f"{path}: {declared} has no property {name}")
            else:
                self._check_value(f"{path}/{name}", value, element_type(allowed[name]), enums)

    def _check_value(
        self, path: str, value: Json, type_name: str, enums: Mapping[str, list[str]]
    ) -> None:
        for element in value if isinstance(value, list) else [value]:
            if isinstance(element, Mapping) and type_name not in PRIMITIVES:
                if any(s.knows(type_name) for s in self.metadata.versions.values()):
                    self._check_row(path, element, type_name)
            elif type_name in enums and isinstance(element, str):
                unknown = set(element.split(",")) - set(enums[type_name])
                if unknown:
                    raise MissingData(f"{path}: {unknown} is no member of {type_name}")


def _inside(current: Json, name: str) -> Json:
    if not isinstance(current, Mapping):
        return None
    if name in current:
        return current[name]
    return next((v for k, v in current.items() if k.lower() == name.lower()), None)
