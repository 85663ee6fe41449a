"""The shapes of a fleet: what is to be run, what came of each engagement, and the overview."""

from datetime import date, datetime

import msgspec

from assess.exits import NOT_READY, OK, OWN_FAULT, UNDETERMINED, WRONG_INPUT
from assess.history.shapes import Kind
from assess.model import Severity, Status, Verdict
from assess.privacy.levels import Level

# Exit codes, the worst first: a fault of the tool, wrong input, not ready, undetermined, ready.
WORST_FIRST = (OWN_FAULT, WRONG_INPUT, NOT_READY, UNDETERMINED, OK)


class Task(msgspec.Struct, frozen=True):
    """One engagement to run. Paths are whole; ``seconds`` bounds the run.

    ``privacy``: the level of its reports; None: the one of its file.
    """

    file: str
    output: str
    formats: tuple[str, ...]
    fail_on: str | None
    seconds: float
    privacy: Level | None = None


class Judgement(msgspec.Struct, frozen=True):
    """One scenario of one customer."""

    scenario: str
    verdict: Verdict
    score: int | None
    counts: dict[str, int]


class Blocker(msgspec.Struct, frozen=True):
    """A required finding that fails."""

    id: str
    severity: Severity
    title: str
    observed: str


class Difference(msgspec.Struct, frozen=True):
    """What became of one finding since the customer's last run."""

    kind: Kind
    id: str
    severity: Severity
    title: str
    before: Status | None
    after: Status | None


class Expiry(msgspec.Struct, frozen=True):
    """What expires next."""

    what: str
    on: date


class Member(msgspec.Struct, frozen=True):
    """What came of one engagement file.

    ``failed``: why there are no results, with the mend; then there are neither judgements nor a
    folder, and nobody may take the customer for ready. ``folder`` is named as it lies in the
    output folder.
    """

    file: str
    name: str
    customer: str
    code: int
    failed: str = ""
    folder: str = ""
    as_of: datetime | None = None
    judgements: tuple[Judgement, ...] = ()
    blockers: tuple[Blocker, ...] = ()
    blockers_in_all: int = 0
    since: str | None = None
    differences: tuple[Difference, ...] = ()
    differences_in_all: int = 0
    changed: dict[str, int] = {}
    next_expiry: Expiry | None = None
    written: tuple[str, ...] = ()
    said: tuple[str, ...] = ()
    privacy: Level = "full"


class Overview(msgspec.Struct, frozen=True):
    """All customers, the worst first. ``version`` is that of overview.json.

    ``privacy``: the strictest level that is asked for any of them; nothing here shows more.
    """

    version: str
    tool: str
    as_of: datetime
    code: int
    members: tuple[Member, ...]
    privacy: Level = "full"
