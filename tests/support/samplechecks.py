"""Questions, answers and checks made for the tests of the engine."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar

import msgspec

from assess.catalogue import Requirement, Source
from assess.check import Check, Fail, Key, Missing, Outcomes, Pass, Scenario, Unknown, check
from assess.connectors import Visit
from assess.engagement import engagement_from
from assess.errors import Unavailable
from assess.evidence import Ask, Table
from assess.model import Necessity, Severity
from assess.recording import Recording

NOW = datetime(2026, 11, 20, 21, 10, tzinfo=UTC)


class Heights(msgspec.Struct, frozen=True):
    """Metres by name."""

    metres: dict[str, int]


class Heard(Ask, frozen=True):
    """How high the named towers are."""

    source: ClassVar[str] = "http"
    answer: ClassVar[Any] = Heights
    names: tuple[str, ...] = ("{domain}",)


class Row(msgspec.Struct, frozen=True):
    """One line of a long list."""

    name: str


class Many(msgspec.Struct, frozen=True):
    """A long list."""

    rows: Table[Row]


class Lists(Ask, frozen=True):
    """A long list."""

    source: ClassVar[str] = "http"
    answer: ClassVar[Any] = Many


@check("tower.height", subjects="tenant.public_domains")
def height(heights: Annotated[Heights, Heard()]) -> Outcomes:
    """Pass above ten metres."""
    for name, metres in heights.metres.items():
        if metres > 10:
            yield Pass(name, f"{metres} m", "more than 10 m")
        else:
            yield Fail(name, "more than 10 m", f"{metres} m")


@check("tower.optional")
def optional(heights: Annotated[Heights | Missing, Heard()]) -> Outcomes:
    """Decide without the answer."""
    match heights:
        case Missing(reason):
            return [Unknown(None, f"seen from afar: {reason}")]
        case Heights(metres):
            return [Pass(None, f"{len(metres)} towers")]


@check("tower.empty")
def empty(heights: Annotated[Heights, Heard()]) -> Outcomes:
    """Nothing to say."""
    return []


@check("tower.broken")
def broken(heights: Annotated[Heights, Heard()]) -> Outcomes:
    """Raise."""
    yield Pass(None, str(1 // 0))


@check("tower.scenario")
def by_scenario(scenario: Annotated[str, Scenario()], heights: Annotated[Heights, Heard()]) -> Outcomes:
    """Differ by scenario."""
    if scenario == "hybrid-mdm":
        return [Fail(None, "something else", "this")]
    return [Pass(None, "this")]


@check("tower.key")
def keyed(name: Annotated[str, Key("cmg.service_name")]) -> Outcomes:
    """Read a key."""
    return [Pass(None, name)]


CHECKS: dict[str, Check] = {c.requirement: c for c in (height, optional, empty, broken, by_scenario, keyed)}


def requirement(name: str = "tower.height", **changes: Any) -> Requirement:
    """A requirement of three scenarios."""
    fields: dict[str, Any] = {
        "id": name, "pack": "tests", "title": "The tower is high", "automation": "automatic",
        "scenarios": ("hybrid-mdm", "co-management-pki", "co-management-internet"),
        "necessity": Necessity.REQUIRED, "severity": Severity.HIGH, "availability": "available",
        "statement": "Towers are high.", "passes": "More than 10 m.",
        "sources": (Source("hybrid-mdm", "Towers", "1"),), "remediation": ("Build {subject} higher.",),
    }  # fmt: skip
    return Requirement(**{**fields, **changes})


def engagement(**keys: Any) -> Any:
    """An engagement file's content, checked: keys by section, names with two underscores."""
    data: dict[str, Any] = {
        "engagement": {"name": "contoso", "scenarios": ["hybrid-mdm", "co-management-pki"]},
        "tenant": {"public_domains": ["a.test", "b.test"]},
    }
    for name, value in keys.items():
        section, _, key = name.partition("__")
        if key:
            data.setdefault(section, {})[key] = value
        else:
            data[section] = value
    from pathlib import Path

    return engagement_from(data, file="contoso.toml", folder=Path())


def recording(**keys: Any) -> Recording:
    """An empty recording of that engagement."""
    return Recording(engagement(**keys), as_of=NOW, started_at=NOW, finished_at=NOW)


class Towers:
    """A connector that answers from a function."""

    source = "http"

    def __init__(self, answer: Callable[[Ask, Visit], Any]) -> None:
        self.answer = answer
        self.asked: list[Ask] = []

    def answers(self, ask: Ask) -> bool:
        return ask.source == self.source

    def fetch(self, ask: Ask, visit: Visit) -> Any:
        self.asked.append(ask)
        return self.answer(ask, visit)

    def probe(self, visit: Visit) -> str:
        return "fine"

    def close(self) -> None:
        pass


def refusing(reason: str = "the towers are shut", **more: Any) -> Towers:
    """A connector that never answers."""

    def refuse(ask: Ask, visit: Visit) -> Any:
        raise Unavailable(reason, "Open them.", **more)

    return Towers(refuse)


def measured(**metres: int) -> Towers:
    """A connector that answers with these heights; underscores are dots."""
    heights = {name.replace("_", "."): value for name, value in metres.items()}

    def tell(ask: Ask, visit: Visit) -> Any:
        for name, value in heights.items():
            visit.note(f"tower {name}", f"{value} m", about=name)
        return Heights(heights)

    return Towers(tell)
