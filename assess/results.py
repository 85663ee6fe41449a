"""Findings, verdicts and scores: results.json, schema version 1.0.

Built from judgements alone; every text that came from a directory, a tenant or a file is cleaned
here once, so that no reporter meets a control character or a lone surrogate.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from fnmatch import fnmatchcase
from importlib import resources
from pathlib import Path, PurePath
from typing import Any, Literal

import msgspec

from assess import __version__
from assess.catalogue import Clause, Requirement
from assess.check import Check
from assess.clouds import CLOUDS
from assess.connectors import table_name
from assess.discover import Library
from assess.engagement import Engagement
from assess.errors import RecordingError, Unavailable
from assess.evaluate import Cited, Judgement, belonging, judge, left_out
from assess.history.shapes import Past
from assess.language import lookup, msg, spoken, tr, trn
from assess.model import (
    Fail,
    Manual,
    Necessity,
    NotApplicable,
    Outcome,
    Pass,
    Rows,
    Severity,
    Status,
    Unasked,
    Unknown,
    Verdict,
    Warn,
    Weighed,
    status_of,
    verdict,
)
from assess.options import Compared, Fit, Support, compare
from assess.proposals import filled
from assess.recording import Recording, Refusal
from assess.waivers import WaiverNote, review

SCHEMA_VERSION = "1.0"
# Weights of the score by severity (contract, "Verdict of a scenario, and score").
WEIGHTS: Mapping[Severity, int] = {
    Severity.BLOCKER: 8,
    Severity.HIGH: 4,
    Severity.MEDIUM: 2,
    Severity.LOW: 1,
    Severity.INFO: 0,
}
_POINTS: Mapping[Status, float] = {Status.PASS: 1.0, Status.WARN: 0.5}
_COUNTED = (Necessity.REQUIRED, Necessity.RECOMMENDED)
_KEY = re.compile(r"\{([a-z0-9_]+\.[a-z0-9_.]+)\}")
_MOST_EVIDENCE = 60
_LONGEST = 2000
LONGEST_LETTER = 20_000
_NOT_ASSESSED = msg("Not assessed: {because}")
# C0 and C1 controls but tab and newline, bidirectional marks, and what no JSON text may hold.
_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff\ud800-\udfff]"
)


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


# Under which name a recording keeps the action plan that was read back.
ACTION_PLAN = "action-plan"
# The mend of an unknown that names none of its own.
WHATEVER_IT_WAS = msg("Remove what stood in the way, and run the assessment again.")


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


def clean(text: str, longest: int = _LONGEST) -> str:
    """``text`` without controls, bidirectional marks and lone surrogates, at most 2,000 characters.

    What is taken out leaves U+FFFD, so that nobody mistakes a name with a hidden sign for another.
    """
    safe = _UNSAFE.sub("\ufffd", text)
    return safe if len(safe) <= longest else f"{safe[:longest]}…"


def bare(name: str) -> str:
    """The requirement of a finding's id: no subject, no scenario."""
    return name.partition("[")[0].partition("@")[0]


Judging = Callable[[Requirement, Check | None, Recording, str], Judgement]


class Selection(msgspec.Struct, frozen=True):
    """Which requirements the command line keeps. ``changed``: those open last time, if asked."""

    only: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    changed: frozenset[str] | None = None

    def leaves_out(self, requirement: str) -> str | None:
        """The option that leaves a requirement out, or None."""
        if self.changed is not None and requirement not in self.changed:
            return "--changed-only"
        if self.only and not any(fnmatchcase(requirement, glob) for glob in self.only):
            return "--only " + " --only ".join(self.only)
        glob = next((glob for glob in self.skip if fnmatchcase(requirement, glob)), None)
        return None if glob is None else f"--skip {glob}"

    @property
    def said(self) -> str:
        """The options as they were given; empty: nothing is left out."""
        changed = () if self.changed is None else ("--changed-only",)
        only = (f"--only {glob}" for glob in self.only)
        return " ".join([*changed, *only, *(f"--skip {glob}" for glob in self.skip)])


def evaluate(
    library: Library,
    recording: Recording,
    *,
    scenarios: Sequence[str] = (),
    selection: Selection | None = None,
    judging: Judging = judge,
) -> Results:
    """Judge every requirement of the scenarios and put the findings together.

    ``scenarios`` is in the order of the engagement file's reports; empty means all of its own.
    ``judging`` decides one requirement for one scenario.
    """
    engagement = recording.engagement
    chosen = tuple(scenarios) or engagement.scenarios
    chooses = selection or Selection()
    builder = _Builder(library, recording)
    for requirement in library.catalogue.selected(chosen):
        mine = [scenario for scenario in chosen if scenario in requirement.scenarios]
        check = library.checks.get(requirement.id)
        option = chooses.leaves_out(requirement.id)
        judged: dict[str, Judgement] = {}
        for scenario in mine:
            if option is not None:
                judged[scenario] = left_out(option)
            elif judged and not (check is not None and check.per_scenario):
                judged[scenario] = judged[mine[0]]
            else:
                judged[scenario] = judging(requirement, check, recording, scenario)
        builder.add(requirement, judged)
    findings = _with_blocks(builder.findings, library)
    return Results(
        schema_version=SCHEMA_VERSION,
        tool=Tool("assess", __version__),
        engagement=_summary(engagement, chosen),
        as_of=recording.as_of,
        started_at=recording.started_at,
        finished_at=recording.finished_at,
        verdicts=tuple(verdict_of(scenario, findings) for scenario in chosen),
        findings=findings,
        tables=tuple(builder.tables),
        sources=_sources(recording),
        waivers=tuple(_cleaned(note) for note in _reviewed(recording, findings)),
        partial=_partial(engagement, chosen, chooses),
        options=_options(engagement),
        letter=clean(engagement.letter, LONGEST_LETTER),
        unplaced=tuple(clean(name) for name in engagement.comments if name not in builder.borne),
        plan=_plan(recording),
        privacy="full" if recording.veil is None else recording.veil.level,
        language=spoken().code,
    )


def _plan(recording: Recording) -> PlanRead | None:
    """What people wrote into the action plan; None where it was not read, or refused."""
    record = recording.records.get(ACTION_PLAN)
    if record is None or record.refusal is not None:
        return None
    try:
        read = msgspec.json.decode(record.answer, type=PlanRead)
    except msgspec.MsgspecError:
        return None
    notes = (
        PlanNote(clean(n.finding), clean(n.owner), n.due, clean(n.state), clean(n.note))
        for n in read.notes
    )
    return PlanRead(clean(read.file), tuple(notes), tuple(clean(fault) for fault in read.faults))


def compared(engagement: Engagement) -> tuple[Compared, ...]:
    """The options side by side; none where the engagement file does not say what is required."""
    required = engagement.get("planning.required_capabilities", [])
    if not required:
        return ()
    return compare(
        required,
        engagement.get("planning.accepted_constraints", []),
        today=engagement.get("planning.available_today", True),
    )


def _options(engagement: Engagement) -> tuple[OptionOf, ...]:
    return tuple(
        OptionOf(
            side.option.id,
            side.option.title,
            side.option.now,
            side.option.today,
            side.option.id == engagement.get("planning.chosen_option"),
            side.fit,
            tuple(SupportOf(c.id, c.text, c.source, *said) for c, said in side.required),
            tuple(
                ConstraintOf(one.id, one.text, one.source, taken) for one, taken in side.constraints
            ),
        )
        for side in compared(engagement)
    )


def _reviewed(recording: Recording, findings: Sequence[Finding]) -> tuple[WaiverNote, ...]:
    """The waivers to look at again; subjects that were cleaned are compared as such."""
    said = [(f.requirement, f.subject, f.status) for f in findings]
    return review(recording.engagement.waivers, said, recording.as_of.date())


def _cleaned(note: WaiverNote) -> WaiverNote:
    texts = {name: clean(getattr(note, name)) for name in ("requirement", "reason", "by", "text")}
    subject = None if note.subject is None else clean(note.subject)
    return msgspec.structs.replace(note, subject=subject, **texts)


def _partial(engagement: Engagement, chosen: tuple[str, ...], chooses: Selection) -> str:
    """The options that make it less than a whole run."""
    fewer = [f"--scenario {name}" for name in chosen if len(chosen) < len(engagement.scenarios)]
    return clean(" ".join([*fewer, *([chooses.said] if chooses.said else [])]))


def _summary(engagement: Engagement, scenarios: tuple[str, ...]) -> EngagementSummary:
    return EngagementSummary(
        clean(engagement.name),
        clean(engagement.customer),
        scenarios,
        engagement.get("tenant.id"),
        engagement.get("site.code"),
    )


class _Builder:
    """Turns judgements into findings, and long lists into tables."""

    def __init__(self, library: Library, recording: Recording) -> None:
        self.findings: list[Finding] = []
        self.tables: list[TableOf] = []
        self._library = library
        self._recording = recording
        self._ids: set[str] = set()
        # Lists that are written already: findings of several scenarios may share one, and a list
        # is consumed by writing it. Keyed by identity, so the lists are kept alive here.
        self._written: dict[int, tuple[Rows, str, int]] = {}
        self._broken: dict[int, tuple[Rows, Unknown]] = {}
        # The names of the comments that a finding bears.
        self.borne: set[str] = set()

    def add(self, requirement: Requirement, judged: Mapping[str, Judgement]) -> None:
        """The findings of one requirement: one a subject and group of equal scenarios."""
        subjects: dict[str | None, dict[str, Outcome]] = {}
        for scenario, judgement in judged.items():
            for outcome in judgement.outcomes:
                subjects.setdefault(outcome.subject, {})[scenario] = self._listed(
                    requirement, outcome
                )
        for subject, outcomes in subjects.items():
            groups: dict[tuple[Status, Necessity], list[str]] = {}
            for scenario, outcome in outcomes.items():
                key = (status_of(outcome), requirement.necessity_for(scenario))
                groups.setdefault(key, []).append(scenario)
            for (_, necessity), group in groups.items():
                suffix = f"@{group[0]}" if len(groups) > 1 else ""
                outcome = outcomes[group[0]]
                self._finding(
                    requirement, subject, outcome, necessity, group, suffix, judged[group[0]].read
                )

    def _finding(
        self,
        requirement: Requirement,
        subject: str | None,
        outcome: Outcome,
        necessity: Necessity,
        scenarios: list[str],
        suffix: str,
        read: tuple[Cited, ...],
    ) -> None:
        named = None if subject is None else clean(subject)
        identity = self._identity(f"{requirement.id}[{named}]" if named else requirement.id, suffix)
        check = self._library.checks.get(requirement.id)
        expected, observed = _texts(requirement, outcome, scenarios[0])
        names = outcome.about or ((subject,) if subject else ())
        self.findings.append(
            Finding(
                id=identity,
                requirement=requirement.id,
                check=None if check is None else check.name,
                subject=named,
                scenarios=tuple(scenarios),
                status=status_of(outcome),
                severity=requirement.severity,
                necessity=necessity,
                availability=requirement.availability,
                title=requirement.title,
                summary=clean(outcome.summary or _consequence(requirement, outcome)),
                expected=clean(expected),
                observed=clean(observed),
                evidence=_evidence(belonging(read, names) or read),
                remediation=self._remedy(requirement, outcome, named),
                references=tuple(
                    Reference(s.document, s.section, s.step, s.url) for s in requirement.sources
                ),
                waiver=self._waiver(requirement.id, named),
                area=requirement.area,
                ends=tuple(EndOf(clean(end.what), end.on) for end in outcome.ends),
                comment=self._comment(identity, identity.removesuffix(suffix), requirement.id),
                commands=self._commands(requirement, outcome),
                unasked=outcome.unasked if isinstance(outcome, Unknown) else "",
            )
        )
        if outcome.rows is not None:
            _, name, count = self._written[id(outcome.rows)]
            self.tables.append(TableOf(name, identity, count))

    def _identity(self, name: str, suffix: str) -> str:
        """The id; two subjects that read the same after cleaning get a number."""
        identity, number = name + suffix, 2
        while identity in self._ids:
            identity, number = f"{name}#{number}{suffix}", number + 1
        self._ids.add(identity)
        return identity

    def _listed(self, requirement: Requirement, outcome: Outcome) -> Outcome:
        """The outcome, its long list written; unknown where the list cannot be made whole."""
        rows = outcome.rows
        if rows is None or id(rows) in self._written:
            return outcome
        if id(rows) in self._broken:
            return self._broken[id(rows)][1]
        subject = f"[{outcome.subject}]" if outcome.subject else ""
        stem = name = table_name(f"{requirement.id}{subject}")
        taken = {written[1] for written in self._written.values()}
        number = 1
        while name in taken:
            number += 1
            name = f"{stem}-{number}"
        try:
            count = self._write(name, rows)
        except Exception as error:  # noqa: BLE001 - the list is the check's; a broken one is no pass
            (self._recording.tables / f"{name}.ndjson").unlink(missing_ok=True)
            why = f"{type(error).__name__}: {error}"
            because = tr("its list could not be made: {error}", error=why)
            mend = (tr("Collect again with this version."),)
            self._broken[id(rows)] = (rows, Unknown(outcome.subject, because, remedy=mend))
            return self._broken[id(rows)][1]
        self._written[id(rows)] = (rows, name, count)
        return outcome

    def _write(self, name: str, rows: Rows) -> int:
        encode = msgspec.json.Encoder().encode
        count = 0
        with (self._recording.tables / f"{name}.ndjson").open("wb") as file:
            for row in rows.rows:
                cells = {c: _cell(row[c]) for c in rows.columns}
                file.write(encode(cells) + b"\n")
                count += 1
        return count

    def _remedy(
        self, requirement: Requirement, outcome: Outcome, subject: str | None
    ) -> tuple[str, ...]:
        """Steps with the customer's own names in them; nothing to do leaves none."""
        if isinstance(outcome, Pass | NotApplicable):
            return ()
        steps = outcome.remedy or self._default_remedy(requirement, outcome)
        filled = [clean(self._filled(step, subject)) for step in steps]
        own = subject or clean(self._recording.engagement.customer)
        if isinstance(outcome, Fail | Warn) and not any(own.lower() in s.lower() for s in filled):
            filled[0] = f"{own}: {filled[0]}"
        return tuple(filled)

    def _default_remedy(self, requirement: Requirement, outcome: Outcome) -> tuple[str, ...]:
        match outcome:
            case Manual():
                file = self._recording.engagement.file
                where = f'[attestations] "{requirement.id}" = {{ answer = …, by = "…", on = … }}'
                asked = tr(
                    "Answer the question with assess attest {file}, or in {file}: {where}.",
                    file=file,
                    where=where,
                )
                return (asked,)
            case Unknown(unasked="no-check"):
                return (tr("Confirm by hand: {criteria}", criteria=requirement.passes),)
            case Unknown():
                return (lookup(WHATEVER_IT_WAS),)
            case _:
                return requirement.remediation

    def _commands(self, requirement: Requirement, outcome: Outcome) -> tuple[Proposal, ...]:
        """What could be run to mend it; a command that cannot be filled in safely is left out."""

        def look(name: str) -> tuple[str, ...]:
            if name == "table.file":  # the long list behind the finding, as evidence.zip has it
                written = self._written.get(id(outcome.rows))
                return () if written is None else (f"{written[1]}.ndjson",)
            return self._values(name, outcome.subject)

        def meets(clause: Clause) -> bool:
            return bool({str(value) for value in clause.values} & set(look(clause.key)))

        found = []
        for command in requirement.commands:
            fits = status_of(outcome).value in command.when
            files = {PurePath(name).name for key in command.about for name in look(key)}
            if command.about and outcome.subject not in files:
                continue
            if not fits or not all(map(meets, command.only)) or any(map(meets, command.unless)):
                continue
            text = filled(command.kind, command.text, look)
            if text is not None:
                found.append(Proposal(command.kind, text))
        return tuple(found)

    def _values(self, name: str, subject: str | None) -> tuple[str, ...]:
        """The values of a key, a member of one, the subject, or a name of the tenant's cloud."""
        engagement = self._recording.engagement
        if name == "subject":
            return () if subject is None else (subject,)
        if name.startswith("cloud."):
            cloud = CLOUDS[engagement.get("tenant.cloud", "public")]
            value = getattr(cloud, name.removeprefix("cloud."))
            return (value,) if value else ()
        table, _, member = name.rpartition(".")
        value, whole = engagement.get(name), engagement.get(table)
        if value is None and isinstance(whole, dict):
            value = whole.get(member)
        match value:
            case str() | int():
                return (str(value),)
            case list() | tuple():
                return tuple(map(str, value))
            case _:
                return ()

    def _filled(self, step: str, subject: str | None) -> str:
        """``{subject}`` and ``{section.key}`` replaced; a key that is not set leaves its name."""
        text = _KEY.sub(lambda found: self._setting(found[1]), step)
        # Last, so that a subject with braces of its own is never taken for a key.
        return text.replace("{subject}", subject or self._recording.engagement.customer)

    def _setting(self, key: str) -> str:
        try:
            value = self._recording.key(key)
        except Unavailable:
            return f"<{key}>"
        return ", ".join(map(str, value)) if isinstance(value, list) else str(value)

    def _comment(self, *names: str) -> CommentOf | None:
        """What is said of this finding: in one scenario, of its subject, or of its requirement."""
        comments = self._recording.engagement.comments
        name = next((name for name in names if name in comments), None)
        if name is None:
            return None
        self.borne.add(name)
        return CommentOf(clean(comments[name].text), clean(comments[name].by))

    def _waiver(self, requirement: str, subject: str | None) -> WaiverOf | None:
        today = self._recording.as_of.date()
        for waiver in self._recording.engagement.waivers:
            fits = waiver.requirement == requirement and waiver.subject in (None, subject)
            if fits and waiver.until >= today:
                return WaiverOf(clean(waiver.reason), clean(waiver.by), waiver.until)
        return None


def _cell(value: object) -> object:
    """A value of a list; several words may be a sentence of the check's, and are looked up."""
    if not isinstance(value, str):
        return value
    return clean(lookup(value) if " " in value else value)


def _texts(requirement: Requirement, outcome: Outcome, scenario: str) -> tuple[str, str]:
    """What was expected and what was observed."""
    default = requirement.passes
    if scenario in (requirement.expected_in or {}):
        default = f"{default} ({(requirement.expected_in or {})[scenario]})"
    match outcome:
        case Pass(_, observed, expected):
            return expected or default, observed
        case Warn(_, expected, observed) | Fail(_, expected, observed):
            return expected or default, observed
        case Manual(_, question, observed):
            return question, observed or tr("not answered")
        case Unknown(_, because):
            return default, tr(_NOT_ASSESSED, because=because)
        case NotApplicable(_, because):
            return default, tr("Does not apply: {because}", because=because)


def reason_of(observed: str) -> str:
    """What stood in the way, as the finding of something unknown tells it."""
    for form in (lookup(_NOT_ASSESSED), _NOT_ASSESSED):
        before, _, after = form.partition("{because}")
        if observed.startswith(before) and observed.endswith(after):
            return observed[len(before) : len(observed) - len(after)]
    return observed


def _consequence(requirement: Requirement, outcome: Outcome) -> str:
    match outcome:
        case Fail() | Warn():
            return requirement.consequence or requirement.statement
        case Unknown():
            return tr("Nobody has said that this is in order, and nobody has said that it is not.")
        case Manual():
            return tr("Only a person can say this.")
        case _:
            return requirement.statement


def _evidence(read: Iterable[Cited]) -> tuple[EvidenceLine, ...]:
    lines = list(dict.fromkeys(
        EvidenceLine(c.source, clean(c.note.location), clean(c.note.value), c.note.read_at)
        for c in read
    ))  # fmt: skip
    if len(lines) > _MOST_EVIDENCE:
        more = len(lines) - _MOST_EVIDENCE + 1
        rest = EvidenceLine(
            lines[-1].source,
            "evidence.zip",
            trn(
                more,
                "{n} more line",
                "{n} more lines",
            ),
            None,
        )
        lines = [*lines[: _MOST_EVIDENCE - 1], rest]
    return tuple(lines)


def _with_blocks(findings: list[Finding], library: Library) -> tuple[Finding, ...]:
    """The findings, each open one with the open requirements that it builds on."""
    opened = {
        f.requirement for f in findings if f.status in (Status.FAIL, Status.UNKNOWN, Status.MANUAL)
    }
    requirements = library.catalogue.requirements
    return tuple(
        msgspec.structs.replace(
            finding,
            blocked_by=tuple(
                name for name in requirements[finding.requirement].depends_on if name in opened
            ),
        )
        if finding.status not in (Status.PASS, Status.NOT_APPLICABLE)
        else finding
        for finding in findings
    )


def verdict_of(scenario: str, findings: Sequence[Finding]) -> VerdictOf:
    """What the findings add up to for a scenario."""
    mine = [finding for finding in findings if scenario in finding.scenarios]
    counts = {status.value: sum(f.status is status for f in mine) for status in Status}
    return VerdictOf(
        scenario=scenario,
        verdict=verdict(Weighed(f.status, f.necessity, f.waiver is not None) for f in mine),
        score=score(mine),
        counts=counts,
        blockers=tuple(
            f.id
            for f in mine
            if f.status is Status.FAIL and f.necessity is Necessity.REQUIRED and f.waiver is None
        ),
    )


def score(findings: Iterable[Finding]) -> int | None:
    """0 to 100 by requirement (its worst subject), weighted by severity; None: nothing counts."""
    points: dict[str, float] = {}
    weights: dict[str, int] = {}
    for finding in findings:
        if finding.necessity not in _COUNTED or finding.status is Status.NOT_APPLICABLE:
            continue
        name = finding.requirement
        points[name] = min(points.get(name, 1.0), _POINTS.get(finding.status, 0.0))
        weights[name] = WEIGHTS[finding.severity]
    total = sum(weights.values())
    if total == 0:
        return None
    return round(100 * sum(points[name] * weight for name, weight in weights.items()) / total)


def _sources(recording: Recording) -> tuple[SourceOf, ...]:
    """How each source did. One that was asked first and refused counts its refusals too."""
    answered: Counter[str] = Counter()
    refused: dict[str, list[Refusal]] = {}
    requests: Counter[str] = Counter()
    seconds: dict[str, float] = {}
    # By key: the order of answering differs from run to run, and reports must not.
    for _, record in sorted(recording.records.items()):
        requests[record.source] += record.requests
        seconds[record.source] = seconds.get(record.source, 0.0) + record.seconds
        if record.refusal is None:
            answered[record.source] += 1
        else:
            refused.setdefault(record.source, []).append(record.refusal)
        for passed in record.passed_over:
            if passed.refusal.skipped and passed.source == record.source:
                continue  # one of two ways to a source need not be set up
            refused.setdefault(passed.source, []).append(passed.refusal)
    found = []
    for source in sorted({*answered, *refused}):
        refusals = refused.get(source, [])
        status: Literal["ok", "partial", "failed", "skipped"] = "ok"
        if not answered[source]:
            status = "skipped" if all(r.skipped or r.key for r in refusals) else "failed"
        elif refusals:
            status = "partial"
        reasons = "; ".join(dict.fromkeys(lookup(refusal.reason) for refusal in refusals))
        detail = tr(
            "{answered} of {asked} questions answered",
            answered=answered[source],
            asked=answered[source] + len(refusals),
        )
        found.append(
            SourceOf(
                source,
                status,
                clean(f"{detail}: {reasons}" if reasons else detail),
                requests[source],
                round(seconds.get(source, 0.0), 3),
            )
        )
    return tuple(found)


def to_json(results: Results) -> bytes:
    """results.json: indented, UTF-8, same results same bytes."""
    return msgspec.json.format(msgspec.json.encode(results, enc_hook=str), indent=1) + b"\n"


def from_json(data: bytes, *, origin: str = "results.json") -> Results:
    """Read results.json back. Raises RecordingError, saying what is wrong with it."""
    try:
        results = msgspec.json.decode(data, type=Results)
    except msgspec.MsgspecError as error:
        raise RecordingError(f"{origin} is not a results file of this tool: {error}") from error
    if results.schema_version.partition(".")[0] != SCHEMA_VERSION.partition(".")[0]:
        raise RecordingError(f"{origin} has the schema version {results.schema_version}")
    return results


def schema() -> dict[str, Any]:
    """The JSON Schema of results.json, made from the types. Every key is always present."""
    made = msgspec.json.schema(Results)
    for definition in made["$defs"].values():
        if "properties" in definition:
            definition["required"] = list(definition["properties"])
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **made}


def shipped_schema() -> str:
    """The schema file that ships with the tool."""
    return resources.files("assess").joinpath("results.schema.json").read_text(encoding="utf-8")


def table_path(folder: Path, name: str) -> Path:
    """Where a table of the results lies below a recording's folder of tables."""
    return folder / f"{table_name(name)}.ndjson"


Reporter = Callable[[Results], bytes]
