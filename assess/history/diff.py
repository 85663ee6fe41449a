"""What changed from what was known to what a run says; pure.

Keyed on requirement, subject and scenario. Only what somebody measured can be new, worse, better or
fixed; what nobody measured this time is a class of its own, whatever it was before.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime

import msgspec

from assess.history.shapes import MEASURED, OPEN, Change, Kept, Kind
from assess.history.standing import Standing, Standings, blind, by_requirement, spread
from assess.model import Severity, Status

_BADNESS = {Status.PASS: 0, Status.NOT_APPLICABLE: 0, Status.WARN: 1, Status.FAIL: 2}
_KINDS = list(Kind)
_SEVERITIES = list(Severity)


def diff(
    known: Standings, findings: Sequence[Kept], scenarios: Iterable[str], moment: datetime
) -> tuple[Change, ...]:
    """The changes that a run (of ``moment``, of these scenarios) makes to what was known.

    What is as it was and in order is left out. Scenarios that changed alike are one change.
    """
    assessed = tuple(scenarios)
    found: dict[tuple[object, ...], tuple[Change, list[str]]] = {}

    def add(change: Change | None, scenario: str) -> None:
        if change is None:
            return
        key = (change.requirement, change.subject, change.kind, change.before, change.after,
               change.since)  # fmt: skip
        found.setdefault(key, (change, []))[1].append(scenario)

    said = by_requirement(findings)
    for requirement, mine in said.items():
        for scenario, subjects in spread(mine).items():
            for subject, kept in subjects.items():
                before = known.of(requirement, subject, scenario)
                asked_before = known.knows(requirement, scenario)
                add(_said(before, kept, moment, asked_before=asked_before), scenario)
            for gone in known.subjects.get((requirement, scenario), set()) - subjects.keys():
                before = known.by_key[requirement, gone, scenario]
                whole = subjects.get(None)
                chosen = whole is not None and whole.left_out
                add(_unsaid(before, unseen=blind(subjects), left_out=chosen), scenario)
    for (requirement, scenario), subjects_before in known.subjects.items():
        if scenario in assessed and any(scenario in k.scenarios for k in said.get(requirement, ())):
            continue
        for subject in subjects_before:
            # This run is not of that scenario, or this version asks for it no longer.
            before = known.by_key[requirement, subject, scenario]
            add(_unsaid(before, unseen=True, left_out=True), scenario)
    changes = (
        msgspec.structs.replace(change, scenarios=_ordered(mine, assessed))
        for change, mine in found.values()
    )
    return tuple(sorted(changes, key=_rank))


def _said(
    before: Standing | None, kept: Kept, moment: datetime, *, asked_before: bool
) -> Change | None:
    """What became of a finding that this run has."""
    was = None if before is None else before.status
    kind = _kind(was, kept.status, asked_before=asked_before)
    if kind is None:
        return None
    since = None
    if kept.status in OPEN and not kept.left_out:
        since = (before.open_since if before else None) or moment
    return Change(
        kind,
        kept.id,
        kept.requirement,
        kept.subject,
        kept.scenarios,
        was,
        kept.status,
        kept.severity,
        kept.title,
        kept.observed,
        since,
        waived(kept, moment.date()),
        kept.left_out,
    )


def _kind(was: Status | None, now: Status, *, asked_before: bool) -> Kind | None:
    if not asked_before:
        return Kind.ADDED if now in OPEN else None
    if now not in MEASURED:
        return Kind.STILL_OPEN if was in (Status.UNKNOWN, Status.MANUAL) else Kind.NOT_MEASURED
    if now is Status.NOT_APPLICABLE:
        return Kind.GONE if was in OPEN else None
    if was is None or was not in MEASURED:
        better = Kind.BETTER if was is not None else None
        return Kind.NEW if now in OPEN else better
    return _measured_twice(_BADNESS[was], _BADNESS[now])


def _measured_twice(was: int, now: int) -> Kind | None:
    if now == was:
        return Kind.STILL_OPEN if now else None
    if now < was:
        return Kind.BETTER if now else Kind.FIXED
    return Kind.WORSE if was else Kind.NEW


def _unsaid(before: Standing, *, unseen: bool, left_out: bool) -> Change | None:
    """What became of a finding that this run does not have."""
    kept = before.kept
    if not unseen and before.status not in OPEN:
        return None
    if kept.subject is None and before.status not in MEASURED:
        return None  # nobody ever measured it, and its subjects speak for themselves now
    return Change(
        Kind.NOT_MEASURED if unseen else Kind.GONE,
        kept.id,
        kept.requirement,
        kept.subject,
        kept.scenarios,
        before.status,
        None,
        kept.severity,
        kept.title,
        kept.observed,
        before.open_since if unseen else None,
        left_out=left_out,
    )


def waived(kept: Kept, today: date) -> bool:
    """Whether somebody accepts the risk today."""
    return kept.waived_until is not None and kept.waived_until >= today


def _ordered(mine: Iterable[str], assessed: Sequence[str]) -> tuple[str, ...]:
    present = set(mine)
    first = tuple(scenario for scenario in assessed if scenario in present)
    return (*first, *sorted(present - set(first)))


def _rank(change: Change) -> tuple[int, int, str, tuple[str, ...]]:
    """By kind, then severity, then id."""
    return (_KINDS.index(change.kind), _SEVERITIES.index(change.severity), change.id,
            change.scenarios)  # fmt: skip
