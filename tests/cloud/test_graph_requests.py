"""Every question that the checks ask of Graph is in the metadata: its path, and each property that it names.

What a question reads into its Structs is looked up as well, subtypes and parts of objects included.
"""

import types
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any, Union, get_args, get_origin

import msgspec
import pytest

from assess.collect import questions
from assess.discover import library
from assess.errors import Unavailable
from assess.evidence.graph import GraphAsk, selected
from assess.permissions import _IDS
from cloud.schema import PRIMITIVES, Route, Schema, element_type, metadata

ASKS = {type(ask): ask for ask in questions(library().checks.values()) if isinstance(ask, GraphAsk)}
GUID = "aaaaaaaa-0000-4000-8000-000000000001"
KINDS = {"String": str, "Guid": str, "Binary": str, "Duration": str, "Date": str, "TimeOfDay": str, "Boolean": bool, "Int": int, "Double": float, "DateTimeOffset": datetime}
BETA_ONLY = frozenset(
    {
        "EnrollmentConfigurations.androidForWorkRestriction", "EnrollmentConfigurations.deviceEnrollmentConfigurationType",
        "EnrollmentConfigurations.installConfigurationManagerAgent", "EnrollmentConfigurations.configurationManagerAgentCommandLineArgument",
    }
)  # fmt: skip
"""Read where they come, and never selected: v1.0 has the same list without them."""


def filled(ask: GraphAsk) -> GraphAsk:
    """The question with a value in every field that its path or its options have."""
    given: dict[str, Any] = {}
    for name in ask.__struct_fields__:
        value = getattr(ask, name)
        if isinstance(value, tuple):
            given[name] = (GUID,)
        elif isinstance(value, str):
            given[name] = GUID
        else:
            given[name] = value
    return type(ask)(**given)


def route_of(ask: GraphAsk) -> tuple[Schema, Route]:
    schema = metadata().versions[ask.version]
    url = filled(ask).url(GUID if ask.each else "").partition("?")[0]
    found = schema.resolve(url.removeprefix(f"/{ask.version}/"))
    assert isinstance(found, Route), f"{url}: {found}"
    return schema, found


def heirs(schema: Schema, name: str) -> list[str]:
    """The type and all that derive from it."""
    return [one for one in schema._types if name in schema.lineage(one)]


def properties(schema: Schema, name: str) -> dict[str, set[str]]:
    """Property to the types that it has, on the type and its heirs."""
    found: dict[str, set[str]] = {}
    for heir in heirs(schema, name):
        for part in (schema.structural(heir), schema.navigation(heir)):
            for prop, kind in part.items():
                found.setdefault(prop, set()).add(kind)
    return found


def plain(annotation: Any) -> list[Any]:
    """The types of a union, without what stands for an absent or an empty value."""
    if get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    parts = get_args(annotation) if get_origin(annotation) in {Union, types.UnionType} else (annotation,)
    some = [part for one in parts for part in (plain(one) if get_origin(one) is Annotated else [one])]
    return [one for one in some if one not in {type(None), msgspec.UnsetType}]


def faults(
    schema: Schema, struct: type[msgspec.Struct], name: str, where: str, seen: frozenset[tuple[type, str]] = frozenset()
) -> Iterator[str]:
    """What a Struct wants of a type and the metadata do not have, or have as something else."""
    if (struct, name) in seen:
        return
    seen |= {(struct, name)}
    have = properties(schema, name)
    for field in msgspec.structs.fields(struct):
        if field.encode_name.startswith("@"):
            continue
        place = f"{where}.{field.encode_name}"
        if field.encode_name not in have:
            yield f"{place}: {name} has no such property"
            continue
        for kind in have[field.encode_name]:
            yield from misfit(schema, plain(field.type), kind, place, seen)


def misfit(schema: Schema, wanted: list[Any], kind: str, place: str, seen: frozenset[tuple[type, str]]) -> Iterator[str]:
    if kind.startswith("Collection("):
        rows = [get_args(one)[0] for one in wanted if get_origin(one) is tuple]
        if not rows:
            yield f"{place}: a list in the metadata, not in the question"
            return
        yield from misfit(schema, plain(rows[0]), element_type(kind), place, seen)
        return
    structs = [one for one in wanted if isinstance(one, type) and issubclass(one, msgspec.Struct)]
    if structs:
        if kind in PRIMITIVES or kind in schema.enums:
            yield f"{place}: {kind} in the metadata, an object in the question"
        elif schema.knows(kind):
            yield from faults(schema, structs[0], kind, place, seen)
        return
    if any(get_origin(one) is dict or one is dict for one in wanted):
        return
    read = KINDS.get(kind, str if kind in schema.enums else None)
    if read is not None and read not in wanted:
        yield f"{place}: {kind} in the metadata, {wanted} in the question"


@pytest.mark.parametrize("kind", ASKS, ids=lambda kind: kind.__name__)
def test_path_properties_and_types_are_in_the_metadata(kind: type[GraphAsk]) -> None:
    ask = ASKS[kind]
    schema, route = route_of(ask)
    assert route.collection == (ask.shape in {"list", "table", "count"}) or ask.path == "/organization"
    for option in ask.options:
        assert option in route.options
    if ask.shape == "count":
        return
    wrong = faults(schema, ask.item, route.type, kind.__name__)
    assert [one for one in wrong if not (ask.whole and one.partition(":")[0] in BETA_ONLY)] == []
    if not ask.whole:
        named = set(selected(ask.item, ask.expand))
        own = schema.structural(route.type)
        assert named - set(own) == set(), "a property of a subtype in $select is a 400"
    for name in ask.expand:
        assert name in schema.navigation(route.type)


@pytest.mark.parametrize("kind", ASKS, ids=lambda kind: kind.__name__)
def test_each_permission_opens_the_path_and_can_be_put_into_a_manifest(kind: type[GraphAsk]) -> None:
    ask = ASKS[kind]
    _, route = route_of(ask)
    application, delegated = metadata().permissions.required(route.template)
    assert set(ask.wanted) & delegated
    assert ask.delegated_only or set(ask.permissions) & application
    for name in (*ask.permissions, *ask.wanted):
        assert ".ReadWrite" not in name
        assert name in _IDS


def test_nothing_is_asked_that_names_nothing() -> None:
    for ask in ASKS.values():
        if "{" in ask.path:
            with pytest.raises(Unavailable):
                dotted(ask)


def dotted(ask: GraphAsk) -> str:
    """The address where each value is two dots, which would lead elsewhere."""
    given = {n: ("..",) if isinstance(getattr(ask, n), tuple) else ".." if isinstance(getattr(ask, n), str) else getattr(ask, n) for n in ask.__struct_fields__}
    return type(ask)(**given).url(".." if ask.each else "")
