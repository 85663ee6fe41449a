"""Which requirements are measured, partly measured, asked of a person, or none of these."""

from typing import Literal, NamedTuple

from assess.catalogue import Requirement
from assess.check import Check
from assess.collect import SETTLED
from assess.discover import Library

Kind = Literal["measured", "partly", "asked", "none"]


class Covered(NamedTuple):
    """How one requirement is covered, and by which check."""

    requirement: str
    kind: Kind
    check: str | None


def coverage(library: Library) -> list[Covered]:
    """Every requirement of the catalogue, in its order."""
    return [
        Covered(r.id, kind_of(r, library.checks.get(r.id)), _name(library.checks.get(r.id)))
        for r in library.catalogue.requirements.values()
    ]


def kind_of(requirement: Requirement, check: Check | None) -> Kind:
    """Measured by a source, partly (a person must answer too), asked only, or nothing yet."""
    if check is None:
        return "asked" if requirement.question else "none"
    if all(isinstance(ask, SETTLED) for ask in check.asks):
        return "asked"
    return "measured" if requirement.automation == "automatic" else "partly"


def _name(check: Check | None) -> str | None:
    return None if check is None else check.name
