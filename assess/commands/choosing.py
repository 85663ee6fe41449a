"""The part of the wizard that chooses a management option, by number from the tables."""

from collections.abc import Iterable, Mapping
from typing import Any

import click

from assess.engagement import key_definitions
from assess.options import Fit, Support, compare, tables
from assess.output import say

REQUIRED = "planning.required_capabilities"
_OPTION = "planning.chosen_option"
_ACCEPTED = "planning.accepted_constraints"
# What is required comes first, the option follows from it, and its disadvantages from the option.
_ORDER = (REQUIRED, _OPTION, _ACCEPTED)


def ordered(keys: Iterable[str]) -> list[str]:
    """The keys as they are, but those of the choice behind the others, in their own order."""
    named = list(keys)
    return [key for key in named if key not in _ORDER] + [key for key in _ORDER if key in named]


def listed(key: str, answers: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The ids that this key may hold, each with its words; empty for a key that is asked for."""
    known = tables()
    if key == REQUIRED:
        return [(one.id, f"{one.text} ({one.source})") for one in known.capabilities.values()]
    if key == _ACCEPTED:
        brought = known.constraints_of(answers.get(_OPTION, ""))
        return [(one.id, f"{one.text} ({one.source})") for one in brought]
    return []


def choose(key: str, answers: Mapping[str, Any]) -> list[str] | None:
    """Several of a numbered list; None where the question is left open."""
    offered = listed(key, answers)
    say(f"  {key.rpartition('.')[2]}: {key_definitions()[key].about}")
    for number, (_, text) in enumerate(offered, 1):
        say(f"    {number:2}  {text}")
    prompt = "  By number, with commas (Enter: leave it open)"
    while True:
        text = str(click.prompt(prompt, default="", show_default=False, err=True))
        parts = [part.strip() for part in text.split(",") if part.strip()]
        if all(part.isdigit() and 1 <= int(part) <= len(offered) for part in parts):
            return [offered[int(part) - 1][0] for part in parts] or None
        say(f"    numbers from 1 to {len(offered)} are needed")


def advise(required: list[str]) -> None:
    """How each option fits what was just chosen, before one of them is."""
    for side in compare(required, today=True):
        lacks = ", ".join(one.id for one in side.saying(Support.NO))
        why = side.option.today if side.fit is Fit.RETIRED else f"it lacks {lacks}" if lacks else ""
        say(f"    {side.option.id}: {side.fit}{f' ({why})' if why else ''}")
