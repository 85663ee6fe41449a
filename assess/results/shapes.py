"""What results.json is made of: findings and all that stands beside them. Nothing is decided here.

Imported where reports are rendered: neither checks nor the engine come along.
"""

from datetime import date, datetime
from typing import Literal

import msgspec

from assess.history.shapes import Past
from assess.model import Necessity, Severity, Status, Unasked, Verdict
from assess.options import Fit, Support
from assess.waivers import WaiverNote


class Tool(msgspec.Struct, frozen=True):
    """What wrote the results."""

    name: str
    version: str


class EngagementSummary(msgspec.Struct, frozen=True):
    """Whose readiness this is."""

    name: str
    customer: str
    scenarios: tuple[str, ...]
    tenant: str | None
    site: str | None


class VerdictOf(msgspec.Struct, frozen=True):
    """What the findings add up to for one scenario. ``blockers``: required findings that fail."""

    scenario: str
    verdict: Verdict
    score: int | None
    counts: dict[str, int]
    blockers: tuple[str, ...]


class EvidenceLine(msgspec.Struct, frozen=True):
    """One thing that was read: from where, what it said, when (UTC)."""

    source: str
    location: str
    value: str
    read_at: datetime | None


class Reference(msgspec.Struct, frozen=True):
    """The place in a document that asks for it."""

    document: str
    section: str
    step: str
    url: str | None = None


class WaiverOf(msgspec.Struct, frozen=True):
    """A risk that somebody accepted; the status stays as it is."""

    reason: str
    by: str
    until: date


class EndOf(msgspec.Struct, frozen=True):
    """Something that ends on a day whatever is done: a certificate, a token, a licence."""

    what: str
    on: date


class CommentOf(msgspec.Struct, frozen=True):
    """What the assessor says of a finding; it changes nothing else of it."""

    text: str
    by: str


class Proposal(msgspec.Struct, frozen=True):
    """A command that would mend a finding, filled in. Nobody has run it."""

    kind: str
    text: str


class Finding(msgspec.Struct, frozen=True):
    """A requirement's status for one subject.

    ``blocked_by``: requirements that this one builds on and that are open themselves; ``ends``:
    what expires, and when; ``unasked``: why nobody asked, where that is why it is unknown.
    """

    id: str
    requirement: str
    check: str | None
    subject: str | None
    scenarios: tuple[str, ...]
    status: Status
    severity: Severity
    necessity: Necessity
    availability: str
    title: str
    summary: str
    expected: str
    observed: str
    evidence: tuple[EvidenceLine, ...]
    remediation: tuple[str, ...]
    references: tuple[Reference, ...]
    waiver: WaiverOf | None
    area: str
    blocked_by: tuple[str, ...] = ()
    ends: tuple[EndOf, ...] = ()
    comment: CommentOf | None = None
    commands: tuple[Proposal, ...] = ()
    unasked: Unasked = ""


class PlanNote(msgspec.Struct, frozen=True):
    """What somebody wrote into the action plan beside a finding; it never changes a status."""

    finding: str
    owner: str
    due: date | None
    state: str
    note: str


class PlanRead(msgspec.Struct, frozen=True):
    """An action plan that was read back. ``faults``: rows that were not understood."""

    file: str
    notes: tuple[PlanNote, ...]
    faults: tuple[str, ...] = ()


# Under which name a recording keeps the action plan that was read back.
ACTION_PLAN = "action-plan"


class TableOf(msgspec.Struct, frozen=True):
    """A long list behind a finding: tables/<name>.ndjson in evidence.zip."""

    name: str
    finding: str
    rows: int


class SourceOf(msgspec.Struct, frozen=True):
    """How a source behaved: what was asked of it, and what it did not answer."""

    source: str
    status: Literal["ok", "partial", "failed", "skipped"]
    detail: str
    requests: int
    seconds: float


class FormatOf(msgspec.Struct, frozen=True):
    """A report that could not be made here, or not as meant, and why."""

    format: str
    reason: str


class SupportOf(msgspec.Struct, frozen=True):
    """What the tables say of a required capability, for one option."""

    capability: str
    text: str
    source: str
    supported: Support
    basis: str
    note: str


class ConstraintOf(msgspec.Struct, frozen=True):
    """A disadvantage of an option, and whether the customer accepts it."""

    id: str
    text: str
    source: str
    accepted: bool


class OptionOf(msgspec.Struct, frozen=True):
    """A management option beside the others, against what the customer requires."""

    id: str
    title: str
    now: str
    today: str
    chosen: bool
    fit: Fit
    required: tuple[SupportOf, ...]
    constraints: tuple[ConstraintOf, ...]


class Results(msgspec.Struct, frozen=True):
    """Everything that the reports say.

    ``waivers``: accepted risks that somebody must look at again; ``partial``: why this is no whole
    run, or empty; ``past``: what the kept runs say, None where none are kept; ``letter``: the
    covering letter, in Markdown; ``unplaced``: comments that no finding of this run bears;
    ``made_otherwise``: reports that were made in another way than meant, and why;
    ``privacy``: how much of people's names they show; ``language``: the code of that of the texts.
    """

    schema_version: str
    tool: Tool
    engagement: EngagementSummary
    as_of: datetime
    started_at: datetime
    finished_at: datetime
    verdicts: tuple[VerdictOf, ...]
    findings: tuple[Finding, ...]
    tables: tuple[TableOf, ...]
    sources: tuple[SourceOf, ...]
    not_written: tuple[FormatOf, ...] = ()
    waivers: tuple[WaiverNote, ...] = ()
    partial: str = ""
    past: Past | None = None
    options: tuple[OptionOf, ...] = ()
    made_otherwise: tuple[FormatOf, ...] = ()
    letter: str = ""
    unplaced: tuple[str, ...] = ()
    plan: PlanRead | None = None
    privacy: Literal["full", "pseudonymised", "summary"] = "full"
    language: str = "en"


def bare(name: str) -> str:
    """The requirement of a finding's id: no subject, no scenario."""
    return name.partition("[")[0].partition("@")[0]
