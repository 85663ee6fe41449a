"""What Graph has is read once, however many checks want it: one question serves them all.

Two questions are the same reading when they name the same version, path and options. They may
differ in the values that they fill into the path; then the properties must be the same ones.
"""

import string
from collections import defaultdict
from collections.abc import Iterable, Mapping
from itertools import combinations
from typing import Any, ClassVar

import msgspec
import pytest

from assess.collect import questions
from assess.discover import library
from assess.evidence import Ask
from assess.evidence.graph import GraphAsk, GraphList, selected

CHECKS = library().checks.values()
EXCEPTIONS: Mapping[frozenset[str], str] = {
    frozenset({"IntuneSubscription", "IntuneBrand"}):
        "the brand comes with whole pictures and may be refused by itself; the subscription's state must not fall with it",
    frozenset({"Principals", "Apis"}):
        "other objects by their ids: of the APIs alone the long lists of the permissions that they offer are needed",
    frozenset({"EnrollmentGroupMembers", "ScopeMembers"}):
        "other groups: licences need User.Read.All, names of those in a scope do without it",
    frozenset({"EnrollmentGroupMembers", "TermsMembers"}):
        "other groups: licences need User.Read.All, names of those who accept terms do without it",
    frozenset({"EnrollmentGroupMembers", "AdminGroupMembers"}):
        "other groups: licences need User.Read.All, names of administrators do without it",
}  # fmt: skip


def reading(ask: GraphAsk) -> tuple[Any, ...]:
    """What is read, whatever of it. How long its pages are, and whether it fits on one, is no other reading."""
    options = {name: value for name, value in ask.options.items() if name != "$top"}
    return ask.version, ask.path.lower(), ask.shape == "count", ask.expand, tuple(sorted(options.items()))


def filled(ask: GraphAsk) -> bool:
    """The path, or an option, has a value of the question's own in it."""
    texts = (ask.path, *ask.options.values())
    return any(name for text in texts for _, name, _, _ in string.Formatter().parse(text))


def properties(ask: GraphAsk) -> frozenset[str]:
    return frozenset({"everything"}) if ask.whole or ask.shape == "count" else frozenset(selected(ask.item, ask.expand))


def twice(one: GraphAsk, other: GraphAsk) -> bool:
    """Two kinds of question that cost a request too many, or one with other properties."""
    if type(one) is type(other) or reading(one) != reading(other):
        return False
    same = properties(one) == properties(other) and one.item is other.item
    return not (same and filled(one))


def twins(asks: Iterable[Ask]) -> set[frozenset[str]]:
    """The names of the questions that read the same."""
    by_reading: dict[Any, dict[type[GraphAsk], GraphAsk]] = defaultdict(dict)
    for ask in asks:
        if isinstance(ask, GraphAsk):
            by_reading[reading(ask)][type(ask)] = ask
    return {
        frozenset({type(one).__name__, type(other).__name__})
        for same in by_reading.values()
        for one, other in combinations(same.values(), 2)
        if twice(one, other)
    }


def test_no_two_questions_read_the_same() -> None:
    asks = questions(CHECKS)
    assert sum(isinstance(ask, GraphAsk) for ask in asks) > 50
    assert twins(asks) == set(EXCEPTIONS)


def test_every_exception_has_a_reason() -> None:
    assert all(len(reason.split()) > 5 for reason in EXCEPTIONS.values())


class Short(msgspec.Struct, frozen=True, rename="camel"):
    id: str


class Long(msgspec.Struct, frozen=True, rename="camel"):
    id: str
    display_name: str


class Things(GraphList, frozen=True):
    path: ClassVar[str] = "/things"
    item: ClassVar[type[msgspec.Struct]] = Short


class LongThings(Things, frozen=True):
    item: ClassVar[type[msgspec.Struct]] = Long


class SameThings(Things, frozen=True):
    pass


class BetaThings(Things, frozen=True):
    version: ClassVar[Any] = "beta"


class MoreThings(Things, frozen=True):
    options: ClassVar[Mapping[str, str]] = {"$top": "999"}


class SomeThings(Things, frozen=True):
    options: ClassVar[Mapping[str, str]] = {"$filter": "id eq '1'"}


class Parts(GraphList, frozen=True):
    path: ClassVar[str] = "/things/{each}/parts"
    item: ClassVar[type[msgspec.Struct]] = Short
    each: ClassVar[str] = "ids"
    ids: tuple[str, ...] = ()


class OtherParts(Parts, frozen=True):
    pass


class LongParts(Parts, frozen=True):
    item: ClassVar[type[msgspec.Struct]] = Long


@pytest.mark.parametrize(
    ("one", "other", "found"),
    [
        (Things(), LongThings(), True),
        (Things(), SameThings(), True),
        (Things(), MoreThings(), True),
        (Things(), BetaThings(), False),
        (Things(), SomeThings(), False),
        (Parts(("1",)), OtherParts(("2",)), False),
        (Parts(("1",)), LongParts(("2",)), True),
        (Parts(("1",)), Parts(("2",)), False),
    ],
)
def test_what_counts_as_the_same(one: GraphAsk, other: GraphAsk, found: bool) -> None:
    assert bool(twins([one, other])) is found
