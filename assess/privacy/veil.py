"""A recording in which pseudonyms stand for the names of people and devices.

What an answer marks is replaced by its type; texts that quote it follow: notes, refusals, the
parameters of questions. Whatever was changed is marked as veiled, so that a check that read it is
believed only where it was seen to decide as it does from the names themselves.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import msgspec

from assess.engagement import Engagement
from assess.errors import Unavailable
from assess.evidence import Ask, Note, Table
from assess.evidence.people import Names, Naming, Pairs, Unless
from assess.language import lookup, msg
from assess.privacy.pseudonyms import WITHHELD, Pseudonyms, Quoted
from assess.recording import NOTHING, PassedOver, Record, Recording, Refusal, Veil, encode_answer
from assess.results import ACTION_PLAN, PlanRead

# Keys of the engagement file that name people or devices, and what they hold.
KEYS: Mapping[str, Naming] = {
    "engagement.assessor": Naming.NAME,
    "engagement.contact": Naming.NAME,
    "accounts.azure_subscription_owner": Naming.ACCOUNT,
    "accounts.configmgr_admin": Naming.ACCOUNT,
    "accounts.domain_admin": Naming.ACCOUNT,
    "accounts.global_admin_upn": Naming.ACCOUNT,
    "apple.apple_id": Naming.ACCOUNT,
    "ios.serials": Naming.SERIAL,
    "planning.pilot_devices": Naming.DEVICE,
}
_MOST_PARTS = 10_000
_NOBODY_NAMED: Names = {}
_NO_KEYS: Mapping[str, Naming] = {}
_SENTENCE = re.compile(r"[\s@/\\]")
# Accounts that are used to read; they stay out of recordings, but refusals may quote them.
_READERS = re.compile(r"(ad|sql|site)\..*\buser")
_NOBODY = frozenset({"yes", "no", "none", "true", "false"})
_GONE = Refusal(
    msg(
        "what was recorded belongs to a question that this installation does not know, so nobody "
        "can say which parts of it name people"
    ),
    msg("Install the pack of checks that asked it, and write the evidence file again."),
)
_BROKEN = Refusal(
    msg("what was recorded cannot be read to its end, so no part of it is kept under pseudonyms"),
    msg("Collect again with this version."),
)


def veiled(
    recording: Recording,
    asks: Mapping[str, type[Ask]],
    pseudonyms: Pseudonyms,
    *,
    level: Literal["pseudonymised", "summary"],
) -> Recording:
    """A copy of the recording without names; it owns its folder of tables.

    ``asks``: the class of each question, by module and name; an answer to any other is left out.
    """
    engagement, quoted, keys = _engagement(recording.engagement, pseudonyms)
    copy = Recording(
        engagement,
        as_of=recording.as_of,
        started_at=recording.started_at,
        finished_at=recording.finished_at,
        veil=Veil(level, pseudonyms.fingerprint, keys=keys),
    )
    plan = recording.records.get(ACTION_PLAN)
    for record in recording.records.values():
        if record is not plan:
            copy.add(_Record(recording, record, asks, pseudonyms, quoted, copy.tables).made())
    if plan is not None:
        copy.add(_planned(plan, pseudonyms, quoted))
    return copy


def _subject_of(finding: str, subjects: Quoted) -> str:
    """The id of a finding: the requirement stays, its subject may be a name."""
    requirement, bracket, subject = finding.partition("[")
    return requirement + bracket + subjects.within(subject) if bracket else finding


def _planned(record: Record, pseudonyms: Pseudonyms, quoted: Quoted) -> Record:
    """The action plan: who does a thing by pseudonym, what people wrote in words withheld."""
    answer, refusal = record.answer, record.refusal
    if refusal is None:
        try:
            read = msgspec.json.decode(record.answer, type=PlanRead)
        except msgspec.MsgspecError:
            answer, refusal = NOTHING, _BROKEN
        else:
            subjects = quoted.beside(Quoted(pseudonyms, pseudonyms.seen))
            notes = (
                msgspec.structs.replace(
                    one,
                    finding=_subject_of(one.finding, subjects),
                    owner=_by(one.owner, pseudonyms),
                    state=subjects.within(one.state),
                    note=lookup(WITHHELD) if one.note else "",
                )
                for one in read.notes
            )
            faults = tuple(lookup(WITHHELD) for _ in read.faults)
            answer = encode_answer(PlanRead(read.file, tuple(notes), faults))
    else:
        refusal = _refusal(refusal, quoted)
    notes_taken = tuple(_note(note, quoted) for note in record.notes)
    return msgspec.structs.replace(
        record, answer=answer, refusal=refusal, notes=notes_taken, veiled=True
    )


class _Record:
    """One record on its way."""

    def __init__(
        self,
        recording: Recording,
        record: Record,
        asks: Mapping[str, type[Ask]],
        pseudonyms: Pseudonyms,
        quoted: Quoted,
        tables: Path,
    ) -> None:
        self._recording = recording
        self._record = record
        self._ask = asks.get(record.ask.partition("{")[0])
        self._pseudonyms = pseudonyms
        self._own = Quoted(pseudonyms)
        self._quoted = quoted
        self._tables = tables

    def made(self) -> Record:
        record = self._record
        answer, refusal, changed = record.answer, record.refusal, False
        if refusal is None:
            if self._ask is None:
                answer, refusal = NOTHING, _GONE
            else:
                try:
                    answer, changed = self._answer(self._ask)
                except (Unavailable, msgspec.MsgspecError, ValueError, KeyError, TypeError):
                    # Its reason may quote what could not be read.
                    answer, refusal = NOTHING, _BROKEN
        texts = self._own.beside(self._quoted)
        ask = self._named(record.ask, texts)
        return msgspec.structs.replace(
            record,
            ask=ask,
            described=texts.within(record.described),
            notes=tuple(_note(note, texts) for note in record.notes),
            answer=answer,
            refusal=None if refusal is None else _refusal(refusal, texts),
            passed_over=tuple(
                PassedOver(one.source, _refusal(one.refusal, texts)) for one in record.passed_over
            ),
            veiled=changed or ask != record.ask,
        )

    def _answer(self, ask: type[Ask]) -> tuple[msgspec.Raw, bool]:
        bound = msgspec.json.decode(self._parameters(self._record.ask), type=ask)
        value = self._recording.decode(bound, self._record)
        for kind, text in names_in(value):
            self._own.add(kind, text)
        walk = _Walk(self._pseudonyms, self._own.beside(self._quoted), self._tables)
        made = encode_answer(walk.value(value))
        return made, walk.touched or bytes(made) != bytes(encode_answer(value))

    @staticmethod
    def _parameters(ask: str) -> bytes:
        return ask[ask.index("{") :].encode()

    def _named(self, ask: str, texts: Quoted) -> str:
        """The name of the question, as it is when it is bound to what stands for the names."""
        name, brace, _ = ask.partition("{")
        if not brace:
            return ask
        fields = msgspec.json.decode(self._parameters(ask))
        return name + msgspec.json.encode(_deep(fields, texts.exactly)).decode()


def _deep(value: Any, change: Callable[[str], str]) -> Any:  # noqa: ANN401 - any JSON value
    if isinstance(value, str):
        return change(value)
    if isinstance(value, list):
        return [_deep(one, change) for one in value]
    if isinstance(value, dict):
        return {name: _deep(one, change) for name, one in value.items()}
    return value


def _note(note: Note, texts: Quoted) -> Note:
    about = None if note.about is None else texts.exactly(note.about)
    return Note(texts.within(note.location), texts.within(note.value), note.read_at, about)


def _refusal(refusal: Refusal, texts: Quoted) -> Refusal:
    return msgspec.structs.replace(
        refusal, reason=texts.within(refusal.reason), mend=texts.within(refusal.mend)
    )


def names_in(value: Any) -> Iterator[tuple[Naming, str]]:  # noqa: ANN401 - any evidence
    """What an answer marks as names of people or devices; not what lies in tables."""
    if isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            yield from _names_of(value, name)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from names_in(one)
    elif isinstance(value, dict):
        for one in value.values():
            yield from names_in(one)


def _names_of(struct: msgspec.Struct, name: str) -> Iterator[tuple[Naming, str]]:
    value = getattr(struct, name)
    kind, inner = _marks(struct, name)
    if isinstance(kind, Naming):
        yield from ((kind, text) for text in _texts(value))
    elif isinstance(kind, Pairs) and isinstance(value, dict):
        for naming, texts in ((kind.keys, value.keys()), (kind.values, value.values())):
            if naming is not None:
                yield from ((naming, text) for text in _texts(list(texts)))
    elif inner and isinstance(value, dict):
        for key, naming in inner.items():
            yield from ((naming, text) for text in _texts(value.get(key)))
    else:
        yield from names_in(value)


def _marks(struct: msgspec.Struct, name: str) -> tuple[Naming | Pairs | None, Mapping[str, Naming]]:
    """What a field of a Struct holds, and what keys of it hold."""
    marks: Names = getattr(type(struct), "people", _NOBODY_NAMED)
    mark = marks.get(name)
    if isinstance(mark, Unless):
        mark = None if getattr(struct, mark.field, None) in mark.values else mark.kind
    if mark is not None or not marks:
        return mark, _NO_KEYS
    return None, {
        key.removeprefix(f"{name}."): naming
        for key, naming in marks.items()
        if key.startswith(f"{name}.") and isinstance(naming, Naming)
    }


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | tuple):
        yield from (one for one in value if isinstance(one, str))


class _Walk:
    """Rewrites an answer. ``touched``: a table of it was changed."""

    def __init__(
        self,
        pseudonyms: Pseudonyms,
        texts: Quoted,
        tables: Path,
        row: object = None,
        plain: set[object] | None = None,
    ) -> None:
        self._pseudonyms = pseudonyms
        self._row = row
        # Parts of rows that name nobody: the licences of one user are those of many.
        self._plain_parts = set() if plain is None else plain
        self._looked_closer = False
        self._texts = texts
        self._tables = tables
        self.touched = False

    def value(self, value: Any) -> Any:  # noqa: ANN401 - any evidence
        """The same with pseudonyms."""
        if isinstance(value, Table):
            return self._table(value)
        if isinstance(value, msgspec.Struct):
            return self._struct(value)
        if isinstance(value, str):
            return self._plain(value)
        if isinstance(value, tuple):
            return tuple(self.value(one) for one in value)
        if isinstance(value, list):
            return [self.value(one) for one in value]
        if isinstance(value, dict):
            return {self.value(name): self.value(one) for name, one in value.items()}
        return value

    def _plain(self, text: str) -> str:
        """A text that nothing marks: an identifier stays, a sentence may quote a name."""
        if self._row is not None:
            return self._quoting(self._row, text)
        return text if text.replace("_", "").isalnum() else self._texts.within(text)

    def _quoting(self, row: object, text: str) -> str:
        """The same within a row; its names are gathered only where a text may quote them."""
        if not _SENTENCE.search(text):
            return text
        self._looked_closer = True
        own = Quoted(self._pseudonyms)
        for kind, name in names_in(row):
            own.add(kind, name)
        return own.beside(self._texts).within(text)

    def _struct(self, value: msgspec.Struct) -> msgspec.Struct:
        made = {name: self._field(value, name) for name in value.__struct_fields__}
        changed = {name: one for name, one in made.items() if one is not getattr(value, name)}
        return msgspec.structs.replace(value, **changed) if changed else value

    def _field(self, struct: msgspec.Struct, name: str) -> Any:  # noqa: ANN401
        value = getattr(struct, name)
        kind, inner = _marks(struct, name)
        if isinstance(kind, Naming):
            return self._marked(kind, value)
        if isinstance(kind, Pairs) and isinstance(value, dict):
            return {
                self._marked(kind.keys, key): self._marked(kind.values, one)
                for key, one in value.items()
            }
        if inner and isinstance(value, dict):
            return {key: self._marked(inner.get(key), one) for key, one in value.items()}
        if self._row is not None and isinstance(value, tuple | msgspec.Struct):
            return self._part(value)
        return self.value(value)

    def _part(self, value: Any) -> Any:  # noqa: ANN401
        """A part of a row, looked at once if there is nothing in it that may name anybody."""
        try:
            if value in self._plain_parts:
                return value
        except TypeError:  # it holds something that has no hash
            return self.value(value)
        before, self._looked_closer = self._looked_closer, False
        made = self.value(value)
        if made == value and not self._looked_closer and len(self._plain_parts) < _MOST_PARTS:
            self._plain_parts.add(value)
        self._looked_closer = self._looked_closer or before
        return made

    def _marked(self, kind: Naming | None, value: Any) -> Any:  # noqa: ANN401
        if kind is None:
            return self.value(value)
        if isinstance(value, str):
            return self._pseudonyms.of(kind, value)
        if isinstance(value, list | tuple):
            return type(value)(self._marked(kind, one) for one in value)
        return value

    def _table(self, table: Table[Any]) -> Table[Any]:
        """The table, rewritten row by row into the folder of the copy; its item's type is kept."""
        path = self._tables / f"{table.name}.ndjson"
        encode = msgspec.json.Encoder().encode
        plain: set[object] = set()
        with path.open("wb") as file:
            for row in table:
                made = _Walk(self._pseudonyms, self._texts, self._tables, row, plain).value(row)
                self.touched = self.touched or made != row
                file.write(encode(made) + b"\n")
        return table


def _engagement(
    engagement: Engagement, pseudonyms: Pseudonyms
) -> tuple[Engagement, Quoted, tuple[str, ...]]:
    """The engagement without people's names, the names, and which keys were changed."""
    quoted = Quoted(pseudonyms)
    readers = {key: Naming.ACCOUNT for key in engagement.values if _READERS.fullmatch(key)}
    for key, kind in {**KEYS, **readers}.items():
        for text in _texts(engagement.get(key)):
            quoted.add(kind, text)
    people = [one.by for one in engagement.attestations.values()]
    people += [one.by for one in engagement.waivers]
    for name in people:
        quoted.add(Naming.NAME, name)
    public = engagement.public()
    values = {
        key: _deep(value, lambda text, key=key: _setting(key, text, pseudonyms, quoted))  # type: ignore[misc]
        for key, value in public["values"].items()
    }
    changed = tuple(sorted(key for key in values if values[key] != public["values"][key]))
    attestations = {
        name: msgspec.structs.replace(
            attested,
            answer=_answer(attested.answer),
            by=_by(attested.by, pseudonyms),
            note=lookup(WITHHELD) if attested.note else "",
            file=quoted.within(attested.file),
        )
        for name, attested in engagement.attestations.items()
    }
    changed += tuple(
        sorted(
            n for n, one in attestations.items() if one.answer != engagement.attestations[n].answer
        )
    )
    waivers = tuple(
        replace(
            waiver,
            reason=quoted.within(waiver.reason),
            by=_by(waiver.by, pseudonyms),
            subject=None if waiver.subject is None else quoted.exactly(waiver.subject),
        )
        for waiver in engagement.waivers
    )
    made = Engagement(engagement.file, values, attestations, waivers, Path())
    return made, quoted, changed


def _answer(answer: bool | str | list[str]) -> bool | str | list[str]:
    """An answer in words may name anybody; yes and no name nobody."""
    if isinstance(answer, str):
        return answer if answer.strip().lower() in _NOBODY else lookup(WITHHELD)
    return [lookup(WITHHELD) for _ in answer] if isinstance(answer, list) else answer


def _by(name: str, pseudonyms: Pseudonyms) -> str:
    return pseudonyms.of(Naming.ACCOUNT if "@" in name else Naming.NAME, name)


def _setting(key: str, text: str, pseudonyms: Pseudonyms, quoted: Quoted) -> str:
    kind = KEYS.get(key)
    if kind is None:
        return quoted.within(text) if "@" in text else text
    # A path of a file is no serial number.
    if kind is Naming.SERIAL and not text.isalnum():
        return text
    return pseudonyms.of(kind, text)
