"""The conditions that questions carry, ``A eq 'x' and B eq 'y' or …``, met by rows of a file."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from assess.errors import Unavailable
from assess.language import tr

Alternative: TypeAlias = Mapping[str, str]
"""Properties, each with the value that it has to have."""

_TERM = re.compile(r"\s*(\w+) eq '((?:[^']|'')*)'\s*(?:(and|or)\b|$)")


def alternatives(condition: str) -> Sequence[Alternative]:
    """What a condition allows, one of them enough; none for "". Raises Unavailable for others."""
    found: list[dict[str, str]] = []
    position, joined = 0, "or"
    while position < len(condition):
        term = _TERM.match(condition, position)
        if term is None:
            break
        if joined == "or":
            found.append({})
        if term[1] in found[-1]:
            break
        found[-1][term[1]] = term[2].replace("''", "'")
        position, joined = term.end(), term[3] or ""
        if not joined:
            break
    if position != len(condition) or (condition and joined):
        raise Unavailable(
            tr("{} is a condition that an export cannot be asked", repr(condition)),
            "Report this: the question needs the site itself.",
        )
    return found


def meets(row: Mapping[str, Any], conditions: Sequence[Alternative]) -> bool:
    """The row meets one of them; capitals do not count, as in the site."""
    return any(
        all(str(row.get(name, "")).lower() == value.lower() for name, value in one.items())
        for one in conditions
    )
