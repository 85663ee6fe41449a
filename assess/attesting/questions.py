"""The questions of the chosen scenarios, and what has been answered so far."""

from collections.abc import Iterable
from datetime import date, timedelta
from enum import StrEnum
from typing import NamedTuple

from assess.catalogue import Catalogue, Requirement
from assess.engagement import Engagement
from assess.evidence.config import Attested

SOON = timedelta(days=30)


class State(StrEnum):
    """How a question stands; listed most urgent first."""

    OPEN = "open"
    EXPIRED = "expired"
    ENDING = "ending soon"
    ANSWERED = "answered"


class Question(NamedTuple):
    """A requirement that a person can answer for, and the answer that the file holds."""

    requirement: Requirement
    state: State
    said: Attested | None

    @property
    def id(self) -> str:
        """The requirement's id, under which the answer is kept."""
        return self.requirement.id

    @property
    def text(self) -> str:
        """What is asked."""
        return self.requirement.question

    @property
    def place(self) -> str:
        """The first place in the documents that asks for it."""
        first = self.requirement.sources[0]
        return " › ".join(part for part in (first.document, first.section, first.step) if part)


def questions(
    catalogue: Catalogue,
    engagement: Engagement,
    day: date,
    *,
    scenarios: Iterable[str] = (),
    only: frozenset[str] | None = None,
) -> list[Question]:
    """Every question that these scenarios ask, most urgent first, in the order of the catalogue.

    A question whose condition a key of the engagement file rules out is not asked. ``only``: the
    requirements that are left, for instance those that a run found to be a person's to confirm.
    """
    found = [
        Question(requirement, *_state(said, day))
        for requirement in catalogue.selected(tuple(scenarios) or engagement.scenarios)
        if requirement.question
        and (only is None or requirement.id in only)
        and not _ruled_out(requirement, engagement)
        for said in (engagement.attestations.get(requirement.id),)
    ]
    return sorted(found, key=lambda question: list(State).index(question.state))


def _state(said: Attested | None, day: date) -> tuple[State, Attested | None]:
    if said is None:
        return State.OPEN, None
    if said.until is None or said.until > day + SOON:
        return State.ANSWERED, said
    return (State.EXPIRED if said.until < day else State.ENDING), said


def _ruled_out(requirement: Requirement, engagement: Engagement) -> bool:
    """A key is answered, and its value says that nothing is asked for."""
    values = [(engagement.get(clause.key), clause.values) for clause in requirement.applies]
    return any(value is not None and value not in wanted for value, wanted in values)
