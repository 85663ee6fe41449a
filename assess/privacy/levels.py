"""How much a report shows of people and their devices: the levels, the least strict first."""

from typing import Literal, TypeAlias

from assess.engagement import Engagement

Level: TypeAlias = Literal["full", "pseudonymised", "summary"]
LEVELS: tuple[Level, ...] = ("full", "pseudonymised", "summary")


def level_of(engagement: Engagement) -> Level:
    """The privacy level that an engagement file asks for."""
    asked = engagement.get("report.privacy") or "full"
    return next(level for level in LEVELS if level == asked)


def with_level(engagement: Engagement, level: str | None) -> Engagement:
    """The engagement at a level that the command line names; None: its own."""
    if level is None:
        return engagement
    return engagement.having({"report.privacy": level})


def strictest(*levels: str | None) -> Level:
    """The level that shows the least; ``full`` where none is asked for."""
    return next((level for level in reversed(LEVELS) if level in levels), "full")


def is_stricter(level: str, than: str) -> bool:
    """Whether a level shows less than another."""
    return level != than and strictest(level, than) == level
