"""What people wrote into the action plan: read back by the ids of findings.

Steps are numbered anew in each run; ids of findings are not. What somebody says is done is shown as
said: only a measurement closes a finding.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from assess.errors import EngagementError
from assess.language import WordList, lookup, msg, tr, trn
from assess.language.files import forms
from assess.results import Finding, PlanNote, PlanRead, clean
from assess.sheets import day, rows, text

SHEET = msg("Action plan")
STATES = ("open", "running", "done", "accepted")
_STATES = msg("open | running | done | accepted")
STATE_WORDS = WordList(STATES, _STATES)
_OVER = ("done", "accepted")
# The heads that are looked for, as the sheet has them in English.
_IDS = (msg("Id"), msg("Finding ids"))
_THEIRS = (msg("Owner"), msg("Due"), msg("State"), msg("Note"))
# A subject, in brackets, may hold a comma; the next id begins with an area and a dot.
_BETWEEN = re.compile(r"\n|, (?=[a-z0-9-]+\.[a-z0-9-]+)(?![^\[]*\])")
_SUFFIX = re.compile(r"(#[0-9]+)?(@[a-z0-9-]+)?$")
_MOST_FAULTS = 20


@dataclass(frozen=True)
class Progress:
    """What people said of a step. ``late``: its day is over, and nobody said that it is done."""

    owner: str = ""
    due: date | None = None
    state: str = ""
    note: str = ""
    late: bool = False

    @property
    def done(self) -> bool:
        """Somebody says that it is done; it is open all the same."""
        return self.state == "done"


def read_plan(path: Path) -> PlanRead:
    """What is filled in, by finding. Raises EngagementError where it is no action plan."""
    notes: dict[str, PlanNote] = {}
    faults: list[str] = []
    heads: list[str] = []
    for number, row in enumerate(rows(path, named=forms(SHEET)), start=1):
        if not heads:
            heads = _heads(row)
            if not set(_IDS) & set(heads) or not set(_THEIRS) & set(heads):
                said = tr(
                    "{file}: the first row of its sheet {sheet} names no column Id or Finding ids "
                    "with Owner, Due, State or Note. Each report.xlsx has such a sheet.",
                    file=path,
                    sheet=lookup(SHEET),
                )
                raise EngagementError(said)
            continue
        given = dict(reversed(list(zip(heads, row, strict=False))))
        try:
            due = day(given.get("Due"), lookup("Due"))
        except ValueError as error:
            why = clean(str(error))[:200]
            faults.append(tr("row {number}: {why}", number=number, why=why))
            due = None
        owner, state, note = (text(given.get(name)) for name in ("Owner", "State", "Note"))
        state = _state(state)
        if not (owner or due or note or state not in ("", "open")):
            continue
        for name in _names(given):
            notes.setdefault(name, PlanNote(name, owner, due, state, note))
    if len(faults) > _MOST_FAULTS:
        faults[_MOST_FAULTS:] = [trn(len(faults) - _MOST_FAULTS, "{n} more row", "{n} more rows")]
    return PlanRead(clean(path.name), tuple(notes.values()), tuple(faults))


def _names(given: Mapping[str, object]) -> list[str]:
    if one := text(given.get("Id")):
        return [one]
    return [name.strip() for name in _BETWEEN.split(text(given.get("Finding ids"))) if name.strip()]


def _heads(row: Sequence[object]) -> list[str]:
    """The heads in English, in whatever language the sheet was written; others as they are."""
    known = {own.lower(): head for head in (*_IDS, *_THEIRS) for own in forms(head)}
    said = [text(head) for head in row]
    return [known.get(head.lower(), head) for head in said]


def _state(said: str) -> str:
    """One of ours in English, in whatever language it was written; another as it is."""
    for own in forms(_STATES):
        words = [word.strip().lower() for word in own.split("|")]
        if said.lower() in words and len(words) == len(STATES):
            return STATES[words.index(said.lower())]
    return said


def progress_of(
    findings: Sequence[Finding], noted: Mapping[str, PlanNote], today: date
) -> Progress:
    """What people said of the findings of one step, put together."""
    said = [noted.get(clean(finding.id)) for finding in findings]
    known = list(dict.fromkeys(note for note in said if note is not None))
    if not known:
        return Progress()
    due = min((note.due for note in known if note.due is not None), default=None)
    states = {"" if note is None else note.state or "open" for note in said}
    state = states.pop() if len(states) == 1 else _mixed(states)
    return Progress(
        ", ".join(dict.fromkeys(note.owner for note in known if note.owner)),
        due,
        state,
        "; ".join(dict.fromkeys(note.note for note in known if note.note)),
        late=due is not None and due < today and state not in _OVER,
    )


def overdue(note: PlanNote, today: date) -> bool:
    """The day is over, and nobody said that it is done or accepted."""
    return note.due is not None and note.due < today and note.state not in _OVER


def _mixed(states: Iterable[str]) -> str:
    """Some of it is under way or done, or nobody has said so of any part."""
    begun = {state for state in states if state not in ("", "open")}
    return "running" if begun & set(STATES) else ", ".join(sorted(begun)) or "open"


def by_finding(plan: PlanRead | None, findings: Iterable[Finding]) -> dict[str, PlanNote]:
    """Each finding's note. An id that is new takes the note of one that is gone and was the same.

    Scenarios change the end of an id; a source that refuses makes one finding of many subjects, and
    one that answers again makes many of one.
    """
    if plan is None:
        return {}
    found = list(findings)
    notes = {note.finding: note for note in plan.notes}
    gone = {name: notes[name] for name in notes.keys() - {clean(one.id) for one in found}}
    stems = {_stem(name): gone[name] for name in sorted(gone, reverse=True)}
    whole = {_stem(name).partition("[")[0]: gone[name] for name in sorted(gone, reverse=True)}
    taken = {}
    for finding in found:
        name = clean(finding.id)
        near = (notes.get(name), stems.get(_stem(name)), stems.get(finding.requirement))
        told = next((note for note in near if note is not None), None)
        if told is None and finding.subject is None:
            told = whole.get(finding.requirement)
        if told is not None:
            taken[name] = told
    return taken


def _stem(name: str) -> str:
    """An id without what tells scenarios, and twins, apart."""
    return _SUFFIX.sub("", name)
