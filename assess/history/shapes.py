"""The shapes of history: kept runs and findings, changes, and what a report shows of the past."""

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum

import msgspec

from assess.model import Necessity, Severity, Status, Verdict

# What somebody looked at and saw; everything else says that nobody knows.
MEASURED = frozenset({Status.PASS, Status.WARN, Status.FAIL, Status.NOT_APPLICABLE})
OPEN = frozenset({Status.FAIL, Status.UNKNOWN, Status.WARN, Status.MANUAL})


class Kind(StrEnum):
    """What became of a finding between two runs, in the order in which reports show it."""

    NEW = "new"
    WORSE = "worse"
    NOT_MEASURED = "not-measured"
    FIXED = "fixed"
    BETTER = "better"
    ADDED = "added"
    GONE = "gone"
    STILL_OPEN = "still-open"


# What --fail-on new ends with exit code 1 for.
REGRESSIONS = (Kind.NEW, Kind.WORSE)


class RunRef(msgspec.Struct, frozen=True):
    """A kept run: its name, such as ``20261120T211000Z``, and the moment that it judged from."""

    name: str
    as_of: datetime


class KeptVerdict(msgspec.Struct, frozen=True):
    """The verdict of one scenario, as it was said."""

    scenario: str
    verdict: Verdict
    score: int | None
    counts: Mapping[str, int]


class Run(msgspec.Struct, frozen=True):
    """What is kept of a run besides its findings. ``partial``: why it is no whole run, or empty."""

    name: str
    as_of: datetime
    started_at: datetime
    finished_at: datetime
    tool: str
    catalogue: str
    partial: str
    scenarios: tuple[str, ...]
    verdicts: tuple[KeptVerdict, ...]

    @property
    def ref(self) -> RunRef:
        """Its name and moment."""
        return RunRef(self.name, self.as_of)


class Kept(msgspec.Struct, frozen=True):
    """What is kept of a finding. ``left_out``: the command line chose not to look.

    ``waived_until``: until when somebody accepts the risk, if somebody does.
    """

    id: str
    requirement: str
    subject: str | None
    scenarios: tuple[str, ...]
    status: Status
    severity: Severity
    necessity: Necessity
    area: str
    title: str
    summary: str
    observed: str
    waived_until: date | None = None
    left_out: bool = False


class Change(msgspec.Struct, frozen=True):
    """What became of one requirement and subject, in these scenarios.

    ``before``: the last status that somebody measured, else the last one said, else None; ``after``
    is None where the later run says nothing of it. ``since``: when it was first found open, for
    what is open still.
    """

    kind: Kind
    id: str
    requirement: str
    subject: str | None
    scenarios: tuple[str, ...]
    before: Status | None
    after: Status | None
    severity: Severity
    title: str
    observed: str
    since: datetime | None = None
    waived: bool = False
    left_out: bool = False


class Compared(msgspec.Struct, frozen=True):
    """What changed from one run to this one. ``baseline``: its name, if it is a named one."""

    run: RunRef
    changes: tuple[Change, ...]
    baseline: str = ""

    def of(self, kind: Kind) -> tuple[Change, ...]:
        """The changes of one kind."""
        return tuple(change for change in self.changes if change.kind is kind)

    @property
    def counts(self) -> dict[Kind, int]:
        """How many there are of each kind."""
        return {kind: len(self.of(kind)) for kind in Kind}


class Point(msgspec.Struct, frozen=True):
    """One scenario in one run: a point of the trend. ``partial``: it was no whole run."""

    run: str
    as_of: datetime
    scenario: str
    verdict: Verdict
    score: int | None
    counts: Mapping[str, int]
    partial: bool = False


class OpenSince(msgspec.Struct, frozen=True):
    """An open finding, and the run that first found it open."""

    finding: str
    since: datetime


class Past(msgspec.Struct, frozen=True):
    """What a report shows of the runs before it; this run is the last point of the trend."""

    runs: int
    last: Compared | None = None
    baseline: Compared | None = None
    open_since: tuple[OpenSince, ...] = ()
    trend: tuple[Point, ...] = ()
