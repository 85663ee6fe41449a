"""The steps in time: who is free does what can be done and holds up most.

Each team does one step after another, teams work side by side, and waiting keeps nobody busy. Times
are working days from the start, an estimate: eight hours a day, nobody on leave.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from assess.catalogue import Catalogue
from assess.model import Severity
from assess.plan.steps import Work, works
from assess.results import Results

_HOURS_A_DAY = 8.0
_SHORTEST = 0.125  # days; an hour
_SEVERITIES = list(Severity)


class Band(StrEnum):
    """When a step's turn is."""

    NOW = "now"
    NEXT = "next"
    LATER = "later"


_BANDS = list(Band)


@dataclass(frozen=True)
class Step:
    """A step with its place: days from the start.

    ``ends``: the work is done; ``effective``: what it waits for is over, too. ``after``: numbers of
    the steps that must be effective before. ``critical``: a delay here delays ready.
    """

    number: int
    work: Work
    band: Band
    starts: float
    ends: float
    effective: float
    after: tuple[int, ...]
    critical: bool


@dataclass(frozen=True)
class Road:
    """All steps by number; ``ready``: days until all that is needed is effective, else None.

    ``hours`` is the work of the needed steps, waiting not counted.
    """

    steps: tuple[Step, ...]
    ready: float | None
    hours: float

    @property
    def teams(self) -> tuple[str, ...]:
        """The teams that are needed, in the order of their first step."""
        return tuple(dict.fromkeys(step.work.effort.team for step in self.steps))


def road(results: Results, catalogue: Catalogue) -> Road:
    """The open findings as a plan; the same results give the same plan."""
    found = works(results, catalogue)
    before = _before(found)
    needed = _needed(found, before)
    starts, blocks, tails = _placed(found, before, needed)
    band = {n: _band(n, needed, before[n]) for n in starts}
    order = sorted(starts, key=lambda n: (_BANDS.index(band[n]), starts[n], -tails[n], n))
    ends = {n: starts[n] + _days(found[n]) for n in order}
    effective = {n: ends[n] + found[n].effort.wait_days for n in order}
    ready = max((effective[n] for n in needed), default=None)
    critical = _critical(needed, effective, blocks)
    numbers = {n: position for position, n in enumerate(order, start=1)}
    steps = tuple(
        Step(
            numbers[n],
            found[n],
            band[n],
            _round(starts[n]),
            _round(ends[n]),
            _round(effective[n]),
            tuple(sorted(numbers[other] for other in before[n])),
            n in critical,
        )
        for n in order
    )
    hours = sum(found[n].effort.hours for n in needed)
    return Road(steps, None if ready is None else _round(ready), hours)


def _days(work: Work) -> float:
    return max(_SHORTEST, work.effort.hours / _HOURS_A_DAY)


def _round(days: float) -> float:
    """To the hour, so that sums of thirds do not show; halves always up, so that an hour stays."""
    return math.floor(days * _HOURS_A_DAY + 0.5 + 1e-9) / _HOURS_A_DAY


def _before(found: Sequence[Work]) -> list[set[int]]:
    """For each step the steps that settle what it builds on; a circle is cut where it is met."""
    settles = {name: n for n, work in enumerate(found) for name in work.requirements}
    before: list[set[int]] = [set() for _ in found]
    for n, work in enumerate(found):
        for name in sorted(work.after):
            other = settles.get(name, n)
            if other != n and not _reaches(before, other, n):
                before[n].add(other)
    return before


def _reaches(before: Sequence[set[int]], start: int, goal: int) -> bool:
    """Whether ``goal`` must be done before ``start``, however far back."""
    waiting, seen = [start], set[int]()
    while waiting:
        n = waiting.pop()
        if n == goal:
            return True
        if n not in seen:
            seen.add(n)
            waiting += before[n]
    return False


def _needed(found: Sequence[Work], before: Sequence[set[int]]) -> set[int]:
    """The steps without which nothing becomes ready: those needed, and what they build on."""
    waiting = [n for n, work in enumerate(found) if work.needed]
    needed: set[int] = set()
    while waiting:
        n = waiting.pop()
        if n not in needed:
            needed.add(n)
            waiting += before[n]
    return needed


def _placed(
    found: Sequence[Work], before: Sequence[set[int]], needed: set[int]
) -> tuple[dict[int, float], dict[int, int | None], dict[int, float]]:
    """The start of each step, what held it up, and how long all that builds on it takes."""
    tail = _tails(found, before)
    free: dict[str, tuple[float, int | None]] = {}
    effective: dict[int, float] = {}
    starts: dict[int, float] = {}
    blocks: dict[int, int | None] = {}
    while len(starts) < len(found):
        open_ = [n for n in range(len(found)) if n not in starts and before[n] <= starts.keys()]
        begins = {n: _earliest(n, found, before, effective, free) for n in open_}
        # What is needed before what is not, then who can begin first, then what holds up most.
        chosen = min(
            open_,
            key=lambda n: (
                n not in needed,
                begins[n][0],
                -tail[n],
                _SEVERITIES.index(found[n].severity),
                n,
            ),
        )
        starts[chosen], blocks[chosen] = begins[chosen]
        ends = starts[chosen] + _days(found[chosen])
        effective[chosen] = ends + found[chosen].effort.wait_days
        free[found[chosen].effort.team] = (ends, chosen)
    return starts, blocks, tail


def _earliest(
    n: int,
    found: Sequence[Work],
    before: Sequence[set[int]],
    effective: dict[int, float],
    free: dict[str, tuple[float, int | None]],
) -> tuple[float, int | None]:
    """When a step can begin, and the step that it waits for until then."""
    bounds: list[tuple[float, int | None]] = [(0.0, None)]
    bounds += [(effective[other], other) for other in sorted(before[n])]
    bounds.append(free.get(found[n].effort.team, (0.0, None)))
    return max(bounds, key=lambda bound: bound[0])


def _tails(found: Sequence[Work], before: Sequence[set[int]]) -> dict[int, float]:
    """For each step the days from its start to the end of all that builds on it."""
    after: dict[int, list[int]] = {n: [] for n in range(len(found))}
    for n, others in enumerate(before):
        for other in others:
            after[other].append(n)
    tails: dict[int, float] = {}

    def tail(n: int) -> float:
        if n not in tails:
            own = _days(found[n]) + found[n].effort.wait_days
            tails[n] = own + max((tail(other) for other in after[n]), default=0.0)
        return tails[n]

    for n in after:
        tail(n)
    return tails


def _critical(
    needed: set[int], effective: dict[int, float], blocks: dict[int, int | None]
) -> set[int]:
    """The chain that ends last: each step waited for the one before."""
    chain: set[int] = set()
    last = max(sorted(needed), key=lambda n: effective[n], default=None)
    while last is not None:
        chain.add(last)
        last = blocks[last]
    return chain


def _band(n: int, needed: set[int], before: set[int]) -> Band:
    if n not in needed:
        return Band.LATER
    return Band.NEXT if before else Band.NOW
