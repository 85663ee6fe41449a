"""What Graph's metadata say: paths, types, enums and read permissions, for the resources of use here.

``graph_schema.json.gz`` was reduced from the public metadata of Microsoft Graph (MIT). In it a path is
``[type, is a collection, options]``, a type ``[base, OData name, structural properties, navigation]``.
"""

import gzip
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import TypeAlias
from urllib.parse import unquote

from cloud.wire import Json

VERSIONS = ("v1.0", "beta")
CAST = re.compile(r"(?:microsoft\.)?graph\.(\w+)", re.IGNORECASE)
CALL = re.compile(r"(\w+)\((?:(\w+)=)?'?([^']*?)'?\)")
PRIMITIVES = frozenset(
    (
        "String",
        "Boolean",
        "Int",
        "DateTimeOffset",
        "Guid",
        "Binary",
        "TimeOfDay",
        "Double",
        "Duration",
        "Date",
    )
)

Properties: TypeAlias = Mapping[str, str]


@dataclass(frozen=True)
class Literal:
    """A segment that names a property, a function or an entity set."""

    name: str


@dataclass(frozen=True)
class Key:
    """A segment that picks one element; ``by`` is the key property."""

    value: str
    by: str = "id"


Step: TypeAlias = Literal | Key


@dataclass(frozen=True)
class Route:
    """A path of the metadata, as a request filled it in.

    ``template`` has ``{}`` for each key and is lower case; ``type`` is that of one element, after casts.
    """

    version: str
    template: str
    steps: tuple[Step, ...]
    type: str
    collection: bool
    options: frozenset[str]
    casts: tuple[str, ...] = ()
    count: bool = False

    @property
    def intune(self) -> bool:
        """Say whether Intune serves the path."""
        return self.template.startswith(("/devicemanagement", "/deviceappmanagement"))


@dataclass(frozen=True)
class Unresolved:
    """The segment that no path of the metadata has."""

    segment: str


class Schema:
    """One version of Graph."""

    def __init__(self, version: str, document: Mapping[str, Json]) -> None:
        self.version = version
        self._types = document["types"]
        self._paths: Mapping[str, Json] = document["paths"]
        self.enums: Mapping[str, list[str]] = document["enums"]
        self._by_name = {name.lower(): name for name in self._types}
        self._by_odata = {t[1].lower(): name for name, t in self._types.items()}
        self._tree: dict[str, Json] = {}
        for path, entry in self._paths.items():
            node = self._tree
            for segment in path.lower().removesuffix("()").split("/")[1:]:
                node = node.setdefault(segment, {})
            node[""] = (path, *entry)
        self._structural: dict[str, Properties] = {}
        self._navigation: dict[str, Properties] = {}

    def templates(self) -> Iterator[str]:
        """Yield every path, with ``{}`` for keys, as a route spells it."""
        for path in self._paths:
            yield path.lower().removesuffix("()")

    def knows(self, type_name: str) -> bool:
        """Say whether the type is described here; targets of unused navigation are not."""
        return type_name in self._types

    def lineage(self, type_name: str) -> Iterator[str]:
        """Yield the type and its bases."""
        name: str | None = type_name
        while name in self._types:
            assert name is not None
            yield name
            name = self._types[name][0]

    def structural(self, type_name: str) -> Properties:
        """Return property to type, bases included, navigation not."""
        return self._merged(type_name, 2, self._structural)

    def navigation(self, type_name: str) -> Properties:
        """Return navigation property to type, bases included."""
        return self._merged(type_name, 3, self._navigation)

    def odata_name(self, type_name: str) -> str:
        """Return ``microsoft.graph.user`` for ``User``."""
        fallback = f"microsoft.graph.{type_name[:1].lower()}{type_name[1:]}"
        return str(self._types[type_name][1] or fallback) if type_name in self._types else fallback

    def named(self, odata_type: str) -> str | None:
        """Return the type behind ``#microsoft.graph.user``, ``graph.user`` or ``user``."""
        bare = odata_type.lstrip("#").lower()
        short = bare.removeprefix("microsoft.").removeprefix("graph.")
        return self._by_odata.get(bare) or self._by_name.get(short)

    def resolve(self, raw_path: str) -> Route | Unresolved:
        """Return the route of a path without its version, still percent-encoded."""
        segments = [unquote(s) for s in raw_path.strip("/").split("/")]
        count = segments[-1] == "$count"
        found = self._walk(self._tree, segments[:-1] if count else segments, (), ())
        if isinstance(found, Unresolved):
            return found
        entry, steps, casts = found
        path, type_name, collection, options = entry
        for cast in casts:
            target = self.named(cast)
            if target is None or (type_name not in self.lineage(target) and cast is casts[-1]):
                return Unresolved(cast)
        return Route(
            self.version,
            path.lower().removesuffix("()"),
            steps,
            (
                self.named(casts[-1])
                if casts and CAST.fullmatch(segments[-2 if count else -1])
                else None
            )
            or type_name,
            bool(collection),
            frozenset(f"${name}" for name in options.split()),
            casts,
            count,
        )

    def _walk(
        self,
        node: Mapping[str, Json],
        segments: list[str],
        steps: tuple[Step, ...],
        casts: tuple[str, ...],
    ) -> tuple[Json, tuple[Step, ...], tuple[str, ...]] | Unresolved:
        if not segments:
            return (node[""], steps, casts) if "" in node else Unresolved("")
        head, rest = segments[0], segments[1:]
        if steps and CAST.fullmatch(head):
            return self._walk(node, rest, steps, (*casts, head))
        if head.lower().removesuffix("()") in node:
            name = head.removesuffix("()")
            return self._walk(node[name.lower()], rest, (*steps, Literal(name)), casts)
        if call := CALL.fullmatch(head):
            name, by, value = call.groups()
            if by is None and name.lower() in node:
                return self._walk(node, [name, value, *rest], steps, casts)
            template = f"{name}({by}='{{}}')".lower()
            if by and template in node:
                keyed = (*steps, Literal(name), Key(value, by))
                found = self._walk(node[template], rest, keyed, casts)
                if not isinstance(found, Unresolved):
                    return found
                # What hangs below the ordinary key hangs below the alternate one as well.
                return self._walk(node[name.lower()].get("{}", {}), rest, keyed, casts)
        if "{}" in node and steps:
            return self._walk(node["{}"], rest, (*steps, Key(head)), casts)
        return Unresolved(head)

    def _merged(self, type_name: str, column: int, cached: dict[str, Properties]) -> Properties:
        if type_name not in cached:
            merged: dict[str, str] = {}
            for name in self.lineage(type_name):
                merged = {**self._types[name][column], **merged}
            cached[type_name] = merged
        return cached[type_name]


@dataclass(frozen=True)
class Permissions:
    """Which permissions open a path: application and delegated, any one of them is enough."""

    table: Mapping[str, Json]

    def required(self, template: str) -> tuple[frozenset[str], frozenset[str]]:
        """Return those of the path, or of the nearest path above it."""
        key = template.replace("'{}'", "{}")
        while key:
            if key in self.table:
                application, delegated = self.table[key]
                return frozenset(application), frozenset(delegated)
            key = key.rpartition("/")[0]
        raise LookupError(f"no permission is known for {template}")


@dataclass(frozen=True)
class Metadata:
    """Both versions and the permissions."""

    document: Mapping[str, Json]

    @cached_property
    def versions(self) -> Mapping[str, Schema]:
        """Return the schemas by version."""
        return {name: Schema(name, self.document[name]) for name in VERSIONS}

    @cached_property
    def permissions(self) -> Permissions:
        """Return the read permissions."""
        return Permissions(self.document["permissions"])


@cache
def metadata() -> Metadata:
    """Return the metadata, read once."""
    with gzip.open(Path(__file__).with_name("graph_schema.json.gz")) as file:
        document = json.load(file)
    for more in sorted(Path(__file__).parent.glob("graph_schema_*.json")):
        _merge(document, json.loads(more.read_text(encoding="utf-8")))
    return Metadata(document)


def _merge(document: dict[str, Json], more: Mapping[str, Json]) -> None:
    """Add what a file of its own says of further resources; lists are replaced."""
    for name, value in more.items():
        if isinstance(value, Mapping) and isinstance(document.get(name), dict):
            _merge(document[name], value)
        else:
            document[name] = value


def element_type(type_name: str) -> str:
    """Return ``User`` for ``Collection(User)``."""
    return type_name.removeprefix("Collection(").removesuffix(")")
