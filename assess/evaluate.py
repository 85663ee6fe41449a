"""Judges: a check and a recording to outcomes. Pure, total, and closed on failure.

This is where assessment tools lie: with an empty list of outcomes, with an exception that nobody
noticed, with a default. Here an empty list is ``unknown``, an exception is ``unknown``, and what
nobody answered is ``unknown`` or ``manual``; a pass must have been said by a check.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import Any

from assess import __version__
from assess.catalogue import Requirement
from assess.check import Check, unavailable
from assess.errors import Unavailable
from assess.evidence import Ask, Missing, Note
from assess.evidence.config import AsOf, Attestation, Attested, Key, Scenario
from assess.model import Fail, Manual, NotApplicable, Outcome, Pass, Unknown, Warn, worst
from assess.recording import Recording

_VEILED = (
    "the evidence file shows pseudonyms in place of names, and what decides this may lie in the "
    "names"
)
_UNVEIL = ("Evaluate the full evidence file, or read the report that was written with this one.",)


@dataclass(frozen=True)
class Cited:
    """A note, with the source it comes from."""

    source: str
    note: Note


@dataclass(frozen=True)
class Judgement:
    """What a requirement comes to in one scenario: one outcome a subject, and what was read."""

    outcomes: tuple[Outcome, ...]
    read: tuple[Cited, ...] = ()


def judge(
    requirement: Requirement, check: Check | None, recording: Recording, scenario: str
) -> Judgement:
    """Decide one requirement for one scenario."""
    excused = _conditions(requirement, recording)
    if excused is not None:
        return excused
    if check is None:
        return _unchecked(requirement, recording)
    values, missing, read = _gather(requirement, check, recording, scenario)
    if _only_pseudonyms(requirement, check, recording, scenario):
        subjects = _subjects(check, recording)
        return Judgement(tuple(Unknown(s, _VEILED, remedy=_UNVEIL) for s in subjects), read)
    if missing:
        subjects = _subjects(check, recording)
        return Judgement(tuple(_withheld(requirement, s, missing) for s in subjects), read)
    try:
        outcomes = check(**values)
    except Unavailable as error:
        outcomes = [Unknown(None, error.reason, remedy=(error.mend,) if error.mend else ())]
    except Exception as error:  # noqa: BLE001 - the one broad except: a broken check must not pass
        outcomes = [
            Unknown(
                None,
                f"the check {check.name} itself failed: {type(error).__name__}: {error}",
                remedy=("Report this with the evidence file; the finding stays unknown.",),
            )
        ]
    if not outcomes:
        outcomes = [Unknown(None, "there was nothing to look at", remedy=requirement.remediation)]
    return Judgement(_by_subject(_asking(requirement, one) for one in outcomes), read)


def _only_pseudonyms(
    requirement: Requirement, check: Check, recording: Recording, scenario: str
) -> bool:
    """The check read names that pseudonyms stand for, and nobody has seen it decide alike."""
    veil = recording.veil
    if veil is None or veil.believes(requirement.id, scenario, f"assess {__version__}"):
        return False
    for ask in _all_asked(check.asks):
        if isinstance(ask, Attestation) and (ask.requirement or requirement.id) in veil.keys:
            return True
        if isinstance(ask, Key) and ask.name in veil.keys:
            return True
        try:
            if recording.record(ask.bind(recording)).veiled:
                return True
        except Unavailable:
            continue
    return False


def _all_asked(asks: Iterable[Ask]) -> Iterable[Ask]:
    """The questions, and those that they are bound by."""
    for ask in asks:
        yield ask
        yield from _all_asked(ask.requires())


def _asking(requirement: Requirement, outcome: Outcome) -> Outcome:
    """A check that leaves the question open asks the requirement's own."""
    if isinstance(outcome, Manual) and not outcome.question:
        return replace(outcome, question=requirement.question)
    return outcome


def _by_subject(outcomes: Iterable[Outcome]) -> tuple[Outcome, ...]:
    """One outcome a subject: what a check said of one subject in parts is one finding."""
    parts: dict[str | None, list[Outcome]] = {}
    for outcome in outcomes:
        parts.setdefault(outcome.subject, []).append(outcome)
    return tuple(worst(said) for said in parts.values())


def _conditions(requirement: Requirement, recording: Recording) -> Judgement | None:
    """Not applicable by an answered key, or manual because the key is not answered; else None."""
    for clause in requirement.applies:
        key = Key(clause.key)
        try:
            value = recording.key(clause.key)
        except Unavailable as error:
            gap = Missing.of(error)
            return Judgement((unavailable(None, gap),), (_cite_key(key, None, recording),))
        if value not in clause.values:
            said = str(value).lower() if isinstance(value, bool) else value
            because = f"{clause.key} is {said}"
            if requirement.availability == "retired" and requirement.availability_note:
                because = f"{because}. {requirement.availability_note}"
            return Judgement((NotApplicable(None, because),), (_cite_key(key, value, recording),))
    return None


def _unchecked(requirement: Requirement, recording: Recording) -> Judgement:
    """Nobody measures it in this version: a person's answer, a question, or unknown."""
    if not requirement.question:
        return Judgement((Unknown(None, "not assessed by this version"),))
    try:
        attested = _attested(requirement.id, recording)
    except Unavailable:
        return Judgement((Manual(None, requirement.question),))
    read = (_cite_attestation(requirement.id, attested, recording),)
    said = f"{attested.answer} ({attested.by or 'nobody named'})"
    if requirement.automation != "manual":
        text = f"answered: {said}; the part that can be measured is not assessed by this version"
        return Judgement((Manual(None, requirement.question, text),), read)
    if attested.yes:
        return Judgement((Pass(None, f"confirmed: {said}"),), read)
    kind = Warn if requirement.answered_no == "warn" else Fail
    return Judgement((kind(None, requirement.passes, f"answered: {said}"),), read)


def _gather(
    requirement: Requirement, check: Check, recording: Recording, scenario: str
) -> tuple[dict[str, Any], list[Missing], tuple[Cited, ...]]:
    """The arguments of a check, what it cannot do without, and everything that was read."""
    values: dict[str, Any] = {}
    missing: list[Missing] = []
    read: list[Cited] = []
    for name, need in check.needs.items():
        try:
            values[name], cited = _look(need.ask, requirement, recording, scenario)
            read += cited
        except Unavailable as error:
            gap = Missing.of(error)
            read += _refused(need.ask, gap, recording)
            if need.optional:
                values[name] = gap
            else:
                missing.append(gap)
    return values, missing, tuple(read)


def _look(
    ask: Ask, requirement: Requirement, recording: Recording, scenario: str
) -> tuple[Any, list[Cited]]:
    match ask:
        case Scenario():
            return scenario, []
        case AsOf():
            return recording.as_of, []
        case Key():
            key = ask.bind(recording)
            value = recording.key(key.name)
            return value, [_cite_key(key, value, recording)]
        case Attestation():
            name = ask.requirement or requirement.id
            attested = _attested(name, recording)
            return attested, [_cite_attestation(name, attested, recording)]
        case _:
            pass
    bound = ask.bind(recording)
    record = recording.record(bound)
    value = recording.decode(ask, record)
    notes = record.notes or (Note(record.described, "answered", record.read_at),)
    return value, [Cited(record.source, note) for note in notes]


def _refused(ask: Ask, gap: Missing, recording: Recording) -> list[Cited]:
    """What a refused question leaves to show: its notes, and the refusal in full."""
    try:
        record = recording.record(ask.bind(recording))
    except Unavailable:
        if gap.key.startswith("[attestations]"):
            return [Cited("attestation", Note(gap.key, "not answered", recording.as_of))]
        if gap.key:
            return [
                Cited(
                    "config",
                    Note(f"{gap.key} in {recording.engagement.file}", "not set", recording.as_of),
                )
            ]
        return []
    said = Note(record.described, gap.reason, record.read_at)
    return [Cited(record.source, note) for note in (*record.notes, said)]


def _attested(requirement: str, recording: Recording) -> Attested:
    attested = recording.engagement.attestations.get(requirement)
    where = f'[attestations] "{requirement}" in {recording.engagement.file}'
    if attested is None:
        raise Unavailable("the question is not answered", f"Answer it under {where}.", key=where)
    if attested.until is not None and attested.until < recording.as_of.date():
        raise Unavailable(
            f"the answer of {attested.by or 'nobody named'} expired on {attested.until}",
            f"Ask again, and renew {where}.",
            key=where,
        )
    return attested


def _cite_key(key: Key, value: object, recording: Recording) -> Cited:
    values = value if isinstance(value, list) else ["not set" if value is None else value]
    if isinstance(value, dict):
        values = [f"{name} = {one}" for name, one in value.items()]
    shown = ", ".join(str(v).lower() if isinstance(v, bool) else str(v) for v in values)
    location = f"{key.name} in {recording.engagement.file}"
    return Cited("config", Note(location, shown, recording.as_of))


def _cite_attestation(name: str, attested: Attested, recording: Recording) -> Cited:
    by = f" ({attested.by}, {attested.on or 'undated'})" if attested.by else ""
    location = f'[attestations] "{name}" in {recording.engagement.file}'
    return Cited("attestation", Note(location, f"{attested.answer}{by}", recording.as_of))


def _subjects(check: Check, recording: Recording) -> tuple[str | None, ...]:
    """The subjects that the engagement file names, so that a refusal costs each of them."""
    if check.subjects is None:
        return (None,)
    try:
        value = recording.key(check.subjects)
    except Unavailable:
        return (None,)
    values = value if isinstance(value, list) else [value]
    is_file = check.subjects.startswith("files.")
    return tuple(PurePath(str(v)).name if is_file else str(v) for v in values)


def _withheld(requirement: Requirement, subject: str | None, missing: list[Missing]) -> Outcome:
    outcome = unavailable(subject, *missing)
    only_question = all(gap.key.startswith("[attestations]") for gap in missing)
    if isinstance(outcome, Manual) and only_question and requirement.question:
        return Manual(subject, requirement.question, remedy=outcome.remedy)
    return outcome


def left_out(by: str) -> Judgement:
    """A requirement that the command line leaves out is unknown, never silently absent."""
    return Judgement((Unknown(None, f"left out by {by}", remedy=(f"Run again without {by}.",)),))


def belonging(read: tuple[Cited, ...], names: tuple[str, ...]) -> tuple[Cited, ...]:
    """The notes that belong to a finding: those about one of its names, and those about none."""
    wanted = {name.lower() for name in names}
    return tuple(
        cited for cited in read if cited.note.about is None or cited.note.about.lower() in wanted
    )
