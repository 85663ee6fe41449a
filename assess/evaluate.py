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
from assess.check import Check, in_words, unavailable, worst
from assess.errors import Unavailable
from assess.evidence import Ask, Missing, Note
from assess.evidence.config import AsOf, Attestation, Attested, Key, Scenario
from assess.language import WordList, lookup, msg, tr
from assess.model import Fail, Manual, NotApplicable, Outcome, Pass, Unknown, Warn
from assess.recording import Recording

_VEILED = msg(
    "the evidence file shows pseudonyms in place of names, and what decides this may lie in the "
    "names"
)
_UNVEIL = (
    msg("Evaluate the full evidence file, or read the report that was written with this one."),
)
_NOT_ASSESSED = msg("not assessed by this version")


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
    """Decide one requirement for one scenario, in the language in force."""
    judged = _judge(requirement, check, recording, scenario)
    return replace(judged, outcomes=tuple(in_words(outcome) for outcome in judged.outcomes))


def _judge(
    requirement: Requirement, check: Check | None, recording: Recording, scenario: str
) -> Judgement:
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
                tr(
                    "the check {check} itself failed: {error}",
                    check=check.name,
                    error=f"{type(error).__name__}: {error}",
                ),
                remedy=(tr("Report this with the evidence file; the finding stays unknown."),),
            )
        ]
    if not outcomes:
        because = tr("there was nothing to look at")
        outcomes = [Unknown(None, because, remedy=requirement.remediation)]
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
            because = tr("{key} is {value}", key=clause.key, value=said)
            if requirement.availability == "retired" and requirement.availability_note:
                because = f"{because}. {requirement.availability_note}"
            return Judgement((NotApplicable(None, because),), (_cite_key(key, value, recording),))
    return None


def _unchecked(requirement: Requirement, recording: Recording) -> Judgement:
    """Nobody measures it in this version: a person's answer, a question, or unknown."""
    if not requirement.question:
        return Judgement((Unknown(None, _NOT_ASSESSED, unasked="no-check"),))
    try:
        attested = _attested(requirement.id, recording)
    except Unavailable:
        return Judgement((Manual(None, requirement.question),))
    read = (_cite_attestation(requirement.id, attested, recording),)
    answer, who = _answer(attested), attested.by or lookup(_NOBODY)
    if requirement.automation != "manual":
        text = tr(
            "answered: {answer} ({who}); the part that can be measured is not assessed by this "
            "version",
            answer=answer,
            who=who,
        )
        return Judgement((Manual(None, requirement.question, text),), read)
    if attested.yes:
        text = tr("confirmed: {answer} ({who})", answer=answer, who=who)
        return Judgement((Pass(None, text),), read)
    kind = Warn if requirement.answered_no == "warn" else Fail
    text = tr("answered: {answer} ({who})", answer=answer, who=who)
    return Judgement((kind(None, requirement.passes, text),), read)


_NOBODY = msg("nobody named")
_ANSWERS = WordList((True, False), msg("True | False"))


def _answer(attested: Attested) -> str:
    said = attested.answer
    return _ANSWERS[said] if isinstance(said, bool) else str(said)


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
    notes = record.notes or (Note(record.described, tr("answered"), record.read_at),)
    return value, [Cited(record.source, note) for note in notes]


def _refused(ask: Ask, gap: Missing, recording: Recording) -> list[Cited]:
    """What a refused question leaves to show: its notes, and the refusal in full."""
    try:
        record = recording.record(ask.bind(recording))
    except Unavailable:
        if gap.key.startswith("[attestations]"):
            return [Cited("attestation", Note(gap.key, tr("not answered"), recording.as_of))]
        if gap.key:
            location = _place(gap.key, recording)
            return [Cited("config", Note(location, tr("not set"), recording.as_of))]
        return []
    said = Note(record.described, lookup(gap.reason), record.read_at)
    return [Cited(record.source, note) for note in (*record.notes, said)]


def _attested(requirement: str, recording: Recording) -> Attested:
    attested = recording.engagement.attestations.get(requirement)
    name = f'[attestations] "{requirement}"'
    where, key = _place(name, recording), f"{name} in {recording.engagement.file}"
    if attested is None:
        raise Unavailable(
            tr("the question is not answered"), tr("Answer it under {where}.", where=where), key=key
        )
    if attested.until is not None and attested.until < recording.as_of.date():
        who = attested.by or lookup(_NOBODY)
        raise Unavailable(
            tr("the answer of {who} expired on {day}", who=who, day=attested.until),
            tr("Ask again, and renew {where}.", where=where),
            key=key,
        )
    return attested


def _cite_key(key: Key, value: object, recording: Recording) -> Cited:
    values = value if isinstance(value, list) else [tr("not set") if value is None else value]
    if isinstance(value, dict):
        values = [f"{name} = {one}" for name, one in value.items()]
    shown = ", ".join(str(v).lower() if isinstance(v, bool) else str(v) for v in values)
    return Cited("config", Note(_place(key.name, recording), shown, recording.as_of))


def _place(name: str, recording: Recording) -> str:
    """Where a key or an answer stands."""
    return tr("{key} in {file}", key=name, file=recording.engagement.file)


def _cite_attestation(name: str, attested: Attested, recording: Recording) -> Cited:
    by = f" ({attested.by}, {attested.on or tr('undated')})" if attested.by else ""
    location = _place(f'[attestations] "{name}"', recording)
    return Cited("attestation", Note(location, f"{_answer(attested)}{by}", recording.as_of))


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
    because = tr("left out by {option}", option=by)
    remedy = tr("Run again without {option}.", option=by)
    return Judgement((Unknown(None, because, remedy=(remedy,), unasked="left-out"),))


def belonging(read: tuple[Cited, ...], names: tuple[str, ...]) -> tuple[Cited, ...]:
    """The notes that belong to a finding: those about one of its names, and those about none."""
    wanted = {name.lower() for name in names}
    return tuple(
        cited for cited in read if cited.note.about is None or cited.note.about.lower() in wanted
    )
