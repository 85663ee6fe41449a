"""Results and evidence at a privacy level. The verdicts are those of the full evidence."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import PurePath
from typing import Any, TypeAlias

import msgspec

from assess import __version__
from assess.catalogue import Requirement
from assess.check import Check
from assess.collect import questions
from assess.discover import Library
from assess.errors import EngagementError
from assess.evaluate import Judgement, judge
from assess.evidence import Ask
from assess.language import WordList, Words, lookup, msg, tr, trn
from assess.model import (
    Fail,
    Manual,
    NotApplicable,
    Outcome,
    Pass,
    Status,
    Unknown,
    Warn,
    status_of,
)
from assess.privacy.levels import is_stricter
from assess.privacy.pseudonyms import MADE, Pseudonyms, Quoted
from assess.privacy.veil import veiled
from assess.recording import NOTHING, Recording, Refusal
from assess.results import Finding, Results, Selection, clean, evaluate, verdict_of

Shown: TypeAlias = tuple[Results, Recording]
_WITHHELD = msg("What was found names people or their devices; the full report has it.")
_WORDS = Words({
    "account": msg("an account"), "device": msg("a device"), "serial": msg("a device"),
    "name": msg("a person"),
})  # fmt: skip
_STATUSES = WordList(Status, msg("fail | unknown | warn | manual | pass | not-applicable"))


def showing(
    found: Results,
    evidence: Recording,
    level: str,
    pseudonyms: Pseudonyms,
    library: Library,
    selection: Selection,
) -> Shown:
    """The same verdicts at a privacy level, and the evidence to go with them, to be closed.

    Raises EngagementError where the evidence shows less than the level asks for.
    """
    if evidence.veil is not None:
        if is_stricter(evidence.veil.level, than=level):
            raise EngagementError(
                f"--privacy {level} cannot be had: the evidence file is {evidence.veil.level}, and "
                "no name is in it"
            )
        copy = _again(evidence)
        return (found, copy) if level == evidence.veil.level else (summary(found), _sealed(copy))
    copy = _told(found, evidence, pseudonyms, library)
    teller = _Teller(found, copy, pseudonyms)
    told = evaluate(
        library,
        copy,
        scenarios=found.engagement.scenarios,
        selection=selection,
        judging=teller.judge,
    )
    told = msgspec.structs.replace(
        told, partial=found.partial, findings=tuple(map(_without_traps, told.findings))
    )
    if copy.veil is not None:
        copy.veil = msgspec.structs.replace(
            copy.veil, proven=teller.proven(), tool=f"assess {__version__}"
        )
    return (told, copy) if level == "pseudonymised" else (summary(told), _sealed(copy))


def _without_traps(finding: Finding) -> Finding:
    """The finding less commands that name a pseudonym: nobody ought to run them."""
    commands = tuple(one for one in finding.commands if not MADE.search(one.text))
    return msgspec.structs.replace(finding, commands=commands)


def _again(evidence: Recording) -> Recording:
    """The recording itself, for a caller who closes what it is given."""
    return Recording(
        evidence.engagement,
        as_of=evidence.as_of,
        started_at=evidence.started_at,
        finished_at=evidence.finished_at,
        records=evidence.records.values(),
        tables=evidence.tables,
        veil=evidence.veil,
    )


def _told(
    found: Results, evidence: Recording, pseudonyms: Pseudonyms, library: Library
) -> Recording:
    """The evidence under pseudonyms; waivers follow the subjects that they are for."""
    subjects = {one.subject for one in found.findings if one.subject}
    subjects |= {one.subject for one in evidence.engagement.waivers if one.subject}
    pseudonyms.watch("\n".join(sorted(subjects)))
    copy = veiled(evidence, asked(library), pseudonyms, level="pseudonymised")
    known = Quoted(pseudonyms, pseudonyms.seen)
    copy.engagement = replace(
        copy.engagement,
        waivers=tuple(
            one if one.subject is None else replace(one, subject=known.exactly(one.subject))
            for one in copy.engagement.waivers
        ),
    )
    return copy


def asked(library: Library) -> dict[str, type[Ask]]:
    """The class of every question that a check may ask, by the name that recordings know it by."""
    kinds = {type(ask) for ask in questions(library.checks.values())}
    return {f"{kind.__module__}.{kind.__qualname__}": kind for kind in kinds}


@dataclass
class _Teller:
    """Judges under pseudonyms, held to what the full evidence says."""

    found: Results
    evidence: Recording
    pseudonyms: Pseudonyms
    _seen: dict[tuple[str, str], bool] = field(default_factory=dict)
    _full: dict[tuple[str, str], list[Finding]] = field(default_factory=dict)
    _safe: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        for finding in self.found.findings:
            for scenario in finding.scenarios:
                self._full.setdefault((finding.requirement, scenario), []).append(finding)
        texts = set(_strings(self.evidence.engagement.values))
        self._safe = frozenset(texts | {PurePath(text).name for text in texts})

    def judge(
        self, requirement: Requirement, check: Check | None, recording: Recording, scenario: str
    ) -> Judgement:
        """What is said under pseudonyms where that is what the full evidence says, else withheld.

        Every finding of the full evidence is there, with its status.
        """
        judged = judge(requirement, check, recording, scenario)
        said = {_cleaned(outcome.subject): outcome for outcome in judged.outcomes}
        outcomes: list[Outcome] = []
        same = len(said) == len(self._full.get((requirement.id, scenario), ()))
        for finding in self._full.get((requirement.id, scenario), ()):
            subject = self._subject(finding.subject, said)
            outcome = said.get(subject)
            if outcome is None or status_of(outcome) is not finding.status:
                same = False
                outcome = _withheld(finding.status, subject, requirement)
            outcomes.append(outcome)
        self._seen[requirement.id, scenario] = same
        return Judgement(tuple(outcomes), judged.read)

    def _subject(self, subject: str | None, said: Mapping[str | None, Outcome]) -> str | None:
        """The subject, or what stands for it."""
        if subject is None or subject in said or subject in self._safe:
            return subject
        made = Quoted(self.pseudonyms, self.pseudonyms.seen).within(subject)
        folded = {one.casefold(): one for one in said if one is not None}
        return folded.get(made.casefold(), made)

    def proven(self) -> dict[str, tuple[str, ...]]:
        """Where nothing had to be withheld: requirement to its scenarios."""
        found: dict[str, tuple[str, ...]] = {}
        for (requirement, scenario), same in self._seen.items():
            if same:
                found[requirement] = (*found.get(requirement, ()), scenario)
        # Scenarios that are judged together share the one judgement that was made.
        for requirement, scenario in self._full:
            mine = [s for (r, s) in self._seen if r == requirement]
            if len(mine) == 1 and requirement in found and scenario not in found[requirement]:
                found[requirement] = (*found[requirement], scenario)
        return dict(sorted(found.items()))


def _cleaned(subject: str | None) -> str | None:
    return None if subject is None else clean(subject)


def _withheld(status: Status, subject: str | None, requirement: Requirement) -> Outcome:
    said = lookup(_WITHHELD)
    match status:
        case Status.PASS:
            return Pass(subject, said)
        case Status.WARN:
            return Warn(subject, requirement.passes, said)
        case Status.FAIL:
            return Fail(subject, requirement.passes, said)
        case Status.MANUAL:
            return Manual(subject, requirement.question, said)
        case Status.UNKNOWN:
            return Unknown(subject, said)
        case Status.NOT_APPLICABLE:
            return NotApplicable(subject, said)


def _strings(value: Any) -> Iterator[str]:  # noqa: ANN401 - any value of a key
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for name, one in value.items():
            yield from (name, *_strings(one))
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _strings(one)


# -- summary --


def summary(found: Results) -> Results:
    """Results under pseudonyms, less every one of them.

    No subject is a person or a device, there is no table, and no value of the evidence. Findings
    of such subjects become one a requirement, which has the worst of their statuses.
    """
    findings = tuple(_folded(found.findings))
    told = msgspec.structs.replace(
        found,
        findings=findings,
        verdicts=tuple(verdict_of(one.scenario, findings) for one in found.verdicts),
        tables=(),
        plan=None,
        privacy="summary",
    )
    plain = _worded(msgspec.to_builtins(told))
    return msgspec.convert(plain, Results)


def _folded(findings: Iterable[Finding]) -> Iterator[Finding]:
    groups: dict[tuple[str, tuple[str, ...]], list[Finding]] = {}
    taken = {one.id for one in findings if not _personal(one)}
    for one in findings:
        if _personal(one):
            groups.setdefault((one.requirement, one.scenarios), []).append(one)
    for one in findings:
        group = groups.get((one.requirement, one.scenarios)) if _personal(one) else [one]
        if group is not None and one is group[0]:
            shown = one if not _personal(one) else _together(group, taken)
            yield msgspec.structs.replace(
                shown,
                evidence=tuple(
                    msgspec.structs.replace(line, value=tr("not shown")) for line in shown.evidence
                ),
            )


def _personal(finding: Finding) -> bool:
    return finding.subject is not None and MADE.search(finding.subject) is not None


def _together(group: list[Finding], taken: set[str]) -> Finding:
    """One finding for those of several people or devices; what is not waived counts first."""
    statuses = list(Status)
    worst = min(group, key=lambda one: (statuses.index(one.status), one.waiver is not None))
    counts = {s: sum(one.status is s for one in group) for s in statuses}
    told = ", ".join(f"{n} {_STATUSES[status]}" for status, n in counts.items() if n)
    suffix = worst.id.rpartition("]")[2]
    name, number = f"{worst.requirement}{suffix}", 2
    while name in taken:
        name, number = f"{worst.requirement}#{number}{suffix}", number + 1
    taken.add(name)
    observed = trn(
        len(group),
        "Of {n} person or device: {told}.",
        "Of {n} people or devices: {told}.",
        told=told,
    )
    return msgspec.structs.replace(worst, id=name, subject=None, observed=observed)


def _worded(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    if isinstance(value, str):
        return MADE.sub(lambda found: _WORDS[found.lastgroup or "name"], value)
    if isinstance(value, list | tuple):
        return [_worded(one) for one in value]
    if isinstance(value, dict):
        return {name: _worded(one) for name, one in value.items()}
    return value


def _sealed(copy: Recording) -> Recording:
    """What was asked, of whom and when; no answer."""
    if copy.veil is None:
        raise EngagementError("an evidence file can be summed up under pseudonyms only")
    sealed = Recording(
        copy.engagement,
        as_of=copy.as_of,
        started_at=copy.started_at,
        finished_at=copy.finished_at,
        veil=msgspec.structs.replace(copy.veil, level="summary", proven={}),
    )
    sealed_up = Refusal(
        tr("the answer is not kept: [report] privacy is summary"),
        tr("Collect again with another [report] privacy to evaluate the evidence later."),
    )
    for record in copy.records.values():
        refusal = record.refusal or sealed_up
        bare = msgspec.structs.replace(record, answer=NOTHING, refusal=refusal, notes=())
        sealed.add(
            msgspec.structs.replace(
                bare,
                ask=_worded(bare.ask),
                described=_worded(bare.described),
                refusal=_worded_refusal(refusal),
            )
        )
    copy.close()
    return sealed


def _worded_refusal(refusal: Refusal) -> Refusal:
    return msgspec.structs.replace(
        refusal, reason=_worded(refusal.reason), mend=_worded(refusal.mend)
    )
