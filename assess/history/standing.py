"""How each requirement and subject stands after a number of runs; pure.

A run that could not look, or was told not to, changes nothing of what is known: the last measured
status stays until somebody measures again. So losing evidence never closes a finding.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from assess.history.shapes import MEASURED, OPEN, Kept
from assess.model import Status

# Requirement, subject, scenario.
Key = tuple[str, str | None, str]
_ORDER = list(Status)


@dataclass(frozen=True)
class Standing:
    """``said``: the last status; ``measured``: the last one that somebody measured.

    ``open_since``: the run that found it open, without a measured end since.
    """

    kept: Kept
    said: Status
    measured: Status | None
    open_since: datetime | None

    @property
    def status(self) -> Status:
        """What is known of it: measured, else said."""
        return self.measured or self.said


@dataclass
class Standings:
    """Everything that is known after some runs."""

    by_key: dict[Key, Standing] = field(default_factory=dict)
    # The subjects of a requirement in a scenario.
    subjects: dict[tuple[str, str], set[str | None]] = field(default_factory=dict)
    # The last run's findings by identity, which are kept alive so that it stays theirs.
    _last: dict[int, Kept] = field(default_factory=dict)

    def knows(self, requirement: str, scenario: str) -> bool:
        """Whether any run said anything of it."""
        return (requirement, scenario) in self.subjects

    def of(self, requirement: str, subject: str | None, scenario: str) -> Standing | None:
        """How it stands; what was said of the requirement as a whole covers a new subject."""
        own = self.by_key.get((requirement, subject, scenario))
        if own is not None:
            return own
        whole = self.by_key.get((requirement, None, scenario))
        return whole if whole is not None and whole.said not in MEASURED else None

    def add(self, moment: datetime, findings: Sequence[Kept]) -> None:
        """Take in a later run. Equal findings that are one object are looked at once."""
        now = {id(kept): kept for kept in findings}
        differing = {now[one].requirement for one in now.keys() - self._last.keys()}
        differing |= {self._last[one].requirement for one in self._last.keys() - now.keys()}
        if differing:
            for requirement, mine in by_requirement(findings).items():
                if requirement in differing:
                    self._requirement(moment, requirement, mine)
        self._last = now

    def _requirement(self, moment: datetime, name: str, findings: Sequence[Kept]) -> None:
        for scenario, said in spread(findings).items():
            if all(kept.left_out for kept in said.values()):
                continue
            subjects = self.subjects.setdefault((name, scenario), set())
            if not blind(said):
                for gone in subjects - said.keys():
                    del self.by_key[name, gone, scenario]
                subjects.intersection_update(said)
            for subject, kept in said.items():
                subjects.add(subject)
                key = (name, subject, scenario)
                self.by_key[key] = _after(self.by_key.get(key), kept, moment)


def _after(before: Standing | None, kept: Kept, moment: datetime) -> Standing:
    measured = before.measured if before else None
    if kept.status in MEASURED:
        measured = kept.status
    since = (before.open_since if before else None) or moment
    return Standing(kept, kept.status, measured, since if kept.status in OPEN else None)


def blind(said: Mapping[str | None, Kept]) -> bool:
    """Whether the requirement was not looked at as a whole, so that every subject may be there."""
    whole = said.get(None)
    return whole is not None and whole.status not in MEASURED


def spread(findings: Iterable[Kept]) -> dict[str, dict[str | None, Kept]]:
    """The findings of one requirement by scenario and subject; of two the worse one counts."""
    found: dict[str, dict[str | None, Kept]] = {}
    for kept in findings:
        for scenario in kept.scenarios:
            mine = found.setdefault(scenario, {})
            other = mine.get(kept.subject)
            if other is None or _ORDER.index(kept.status) < _ORDER.index(other.status):
                mine[kept.subject] = kept
    return found


def by_requirement(findings: Iterable[Kept]) -> dict[str, list[Kept]]:
    """The findings of each requirement, in the order in which they come."""
    found: dict[str, list[Kept]] = {}
    for kept in findings:
        found.setdefault(kept.requirement, []).append(kept)
    return found


def fold(runs: Iterable[tuple[datetime, Sequence[Kept]]]) -> Standings:
    """What is known after these runs, oldest first."""
    known = Standings()
    for moment, findings in runs:
        known.add(moment, findings)
    return known
