"""Whom the assignments of an object of Intune reach: one that reaches nobody does nothing."""

from collections.abc import Iterable, Mapping
from enum import IntEnum

from assess.check import Missing
from assess.evidence.enrolment import AppAssignment, Assignment, Target


class Reach(IntEnum):
    """Whom an object reaches, in the order in which one beats another."""

    NOBODY = 0
    NOT_KNOWN = 1
    SOME = 2
    EVERYBODY = 3


def reach(
    assignments: Iterable[Assignment | AppAssignment] | None,
    sizes: Mapping[str, int | None] | Missing,
) -> Reach:
    """Whom the assignments reach. ``sizes``: members of each group, None where it is gone.

    A group that is empty, gone, or excluded again reaches nobody.
    """
    given = list(assignments or ())
    targets = [one.target for one in given if isinstance(one.target, Target)]
    found = Reach.NOBODY if len(targets) == len(given) else Reach.NOT_KNOWN
    excluded = {target.excluded for target in targets}
    for target in targets:
        found = max(found, _of(target, excluded, sizes))
    return found


def _of(target: Target, excluded: set[str], sizes: Mapping[str, int | None] | Missing) -> Reach:
    if target.everybody:
        return Reach.EVERYBODY
    if target.excluded or (target.group and target.group in excluded):
        return Reach.NOBODY
    if not target.group:
        return Reach.NOT_KNOWN  # a collection, or a kind that did not come
    if isinstance(sizes, Missing) or target.group not in sizes:
        return Reach.NOT_KNOWN
    return Reach.SOME if sizes[target.group] else Reach.NOBODY
