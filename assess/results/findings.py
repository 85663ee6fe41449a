"""Judgements to findings: one a subject, and a group of scenarios that agree."""

from collections.abc import Iterable, Mapping

import msgspec

from assess.catalogue import Requirement
from assess.discover import Library
from assess.evaluate import Cited, Judgement, belonging
from assess.language import trn
from assess.model import Necessity, Outcome, Status, Unknown, status_of
from assess.recording import Recording
from assess.results.cleaning import clean
from assess.results.lists import Lists
from assess.results.remedies import Remedies
from assess.results.shapes import (
    CommentOf,
    EndOf,
    EvidenceLine,
    Finding,
    Reference,
    TableOf,
    WaiverOf,
)
from assess.results.wording import consequence, texts

_MOST_EVIDENCE = 60


class Builder:
    """Turns judgements into findings; long lists are written on the way."""

    def __init__(self, library: Library, recording: Recording) -> None:
        self.findings: list[Finding] = []
        self.tables: list[TableOf] = []
        # The names of the comments that a finding bears.
        self.borne: set[str] = set()
        self._library = library
        self._recording = recording
        self._lists = Lists(recording.tables)
        self._remedies = Remedies(recording, self._lists)
        self._ids: set[str] = set()

    def add(self, requirement: Requirement, judged: Mapping[str, Judgement]) -> None:
        """The findings of one requirement: one a subject and group of equal scenarios."""
        subjects: dict[str | None, dict[str, Outcome]] = {}
        for scenario, judgement in judged.items():
            for outcome in judgement.outcomes:
                subjects.setdefault(outcome.subject, {})[scenario] = self._lists.listed(
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
        expected, observed = texts(requirement, outcome, scenarios[0])
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
                summary=clean(outcome.summary or consequence(requirement, outcome)),
                expected=clean(expected),
                observed=clean(observed),
                evidence=_evidence(belonging(read, names) or read),
                remediation=self._remedies.steps(requirement, outcome, named),
                references=tuple(
                    Reference(s.document, s.section, s.step, s.url) for s in requirement.sources
                ),
                waiver=self._waiver(requirement.id, named),
                area=requirement.area,
                ends=tuple(EndOf(clean(end.what), end.on) for end in outcome.ends),
                comment=self._comment(identity, identity.removesuffix(suffix), requirement.id),
                commands=self._remedies.commands(requirement, outcome),
                unasked=outcome.unasked if isinstance(outcome, Unknown) else "",
            )
        )
        written = self._lists.behind(outcome)
        if written is not None:
            self.tables.append(TableOf(written.name, identity, written.rows))

    def _identity(self, name: str, suffix: str) -> str:
        """The id; two subjects that read the same after cleaning get a number."""
        identity, number = name + suffix, 2
        while identity in self._ids:
            identity, number = f"{name}#{number}{suffix}", number + 1
        self._ids.add(identity)
        return identity

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


def _evidence(read: Iterable[Cited]) -> tuple[EvidenceLine, ...]:
    lines = list(dict.fromkeys(
        EvidenceLine(c.source, clean(c.note.location), clean(c.note.value), c.note.read_at)
        for c in read
    ))  # fmt: skip
    if len(lines) > _MOST_EVIDENCE:
        more = len(lines) - _MOST_EVIDENCE + 1
        rest = EvidenceLine(lines[-1].source, "evidence.zip", trn(
            more,
            "{n} more line",
            "{n} more lines",
        ), None)
        lines = [*lines[: _MOST_EVIDENCE - 1], rest]
    return tuple(lines)


def with_blocks(findings: list[Finding], library: Library) -> tuple[Finding, ...]:
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
