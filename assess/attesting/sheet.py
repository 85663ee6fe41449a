"""The questions as a sheet (Excel or CSV) that somebody else fills in, and the way back.

What comes back is a stranger's file: a row that cannot be understood is named and costs no other.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import NamedTuple

from assess.attesting.keeping import understood
from assess.attesting.questions import Question, State
from assess.errors import EngagementError
from assess.evidence.config import Attested
from assess.files import whole, write
from assess.language import WordList, lookup, msg
from assess.language.files import forms
from assess.results import clean
from assess.sheets import LIKE_FORMULA, Fault, rows, text
from assess.sheets import day as day_of

# What the tool fills in, and what the reader of the sheet does.
OURS = ("requirement", "question", "stands", "title", "asked for in")
THEIRS = ("answer", "by", "on", "until", "file", "note")
_HEADS = msg(
    "requirement | question | stands | title | asked for in | answer | by | on | until | file | "
    "note"
)
HEAD_WORDS = WordList((*OURS, *THEIRS), _HEADS)
_STATES = WordList(State, msg("open | expired | ending soon | answered"))
_YES_NO = WordList((True, False), msg("yes | no"))
_WIDTHS = (34, 60, 13, 44, 44, 26, 20, 12, 12, 28, 40)


class Filled(NamedTuple):
    """What a sheet brought back: answers by requirement, and the rows that were not understood."""

    answers: dict[str, Attested]
    faults: tuple[Fault, ...]


def write_sheet(path: Path, questions: Iterable[Question]) -> None:
    """Write the questions with what is answered already; ``.csv``, else a workbook."""
    rows = [_row(question) for question in questions]
    if path.suffix.lower() == ".csv":
        write(path, _csv(rows))
    else:
        _workbook(path, rows)


def _row(question: Question) -> list[object]:
    said = question.said
    theirs: list[object] = [""] * len(THEIRS)
    if said is not None:
        theirs = [_shown(said.answer), said.by, said.on, said.until, said.file, said.note]
    ours = [question.id, question.text, _STATES[question.state], question.requirement.title]
    return [*ours, question.place, *theirs]


def _shown(answer: bool | str | list[str]) -> str:
    if isinstance(answer, bool):
        return _YES_NO[answer]
    return "; ".join(answer) if isinstance(answer, list) else answer


def _csv(rows: Sequence[Sequence[object]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(HEAD_WORDS.values())
    for row in rows:
        shown = ["" if value is None else clean(str(value)) for value in row]
        writer.writerow([f"'{v}" if v.startswith(LIKE_FORMULA) else v for v in shown])
    return text.getvalue().encode("utf-8-sig")


_PROMPT_TITLE = msg("Answer")
_PROMPT = msg("yes, no, or what is asked for; several things with semicolons between them")
# Characters of a hint beside a cell (ECMA-376 part 1, 18.3.1.32).
_LONGEST_PROMPT_TITLE, _LONGEST_PROMPT = 32, 255


def _workbook(path: Path, rows: Sequence[Sequence[object]]) -> None:
    from openpyxl.workbook import Workbook  # noqa: PLC0415 - only where a workbook is asked for
    from openpyxl.worksheet.datavalidation import DataValidation  # noqa: PLC0415

    from assess.reporters.workbook.cells import (  # noqa: PLC0415
        Column,
        make_table,
        new_sheet,
        write_rows,
    )

    book = Workbook(write_only=True)
    columns = [
        Column(own, width, wrap=name in {"question", "title", "note"})
        for (name, own), width in zip(HEAD_WORDS.items(), _WIDTHS, strict=True)
    ]
    sheet = new_sheet(book, "Questions", columns, "")
    make_table(sheet, "Questions", columns, write_rows(sheet, columns, rows))
    hint = DataValidation(
        showInputMessage=True,
        promptTitle=lookup(_PROMPT_TITLE)[:_LONGEST_PROMPT_TITLE],
        prompt=lookup(_PROMPT)[:_LONGEST_PROMPT],
    )
    hint.add(f"F2:F{len(rows) + 1}")
    sheet.data_validations.append(hint)
    with whole(path) as draft:
        book.save(draft)


def read_sheet(path: Path, known: Iterable[str], day: date, by: str = "") -> Filled:
    """The answers of a filled sheet. A row without an answer says nothing and is passed over.

    ``known``: the requirements that have a question; ``by`` and ``day`` stand in where a row does
    not say who answered and when. Raises EngagementError where the file is no such sheet.
    """
    numbered = enumerate(rows(path), start=1)
    heads = _heads(next(numbered, (1, []))[1])
    if not {"requirement", "answer"} <= set(heads):
        raise EngagementError(
            f"{path}: its first row does not name the columns requirement and answer. "
            "`assess attest FILE --sheet questions.xlsx` writes a sheet to fill in."
        )
    wanted = set(known)
    answers: dict[str, Attested] = {}
    faults: list[Fault] = []
    for number, row in numbered:
        given = dict(zip(heads, row, strict=False))
        if not text(given.get("answer")):
            continue
        requirement = text(given.get("requirement"))
        try:
            if requirement not in wanted:
                raise ValueError(f"{requirement or 'nothing'} is no requirement with a question")  # noqa: TRY301
            if requirement in answers:
                raise ValueError(f"{requirement} is answered in an earlier row")  # noqa: TRY301
            answers[requirement] = _answer(given, day, by)
        except ValueError as error:
            faults.append(Fault(number, clean(str(error))[:200]))
    return Filled(answers, tuple(faults))


def _heads(row: Sequence[object]) -> list[str]:
    """The heads in English, in whatever language the sheet was written."""
    said = [str(head or "").strip().lower() for head in row]
    names = (*OURS, *THEIRS)
    best: dict[str, str] = {}
    for own in sorted(forms(_HEADS)):
        words = [word.strip().lower() for word in own.split("|")]
        known = dict(zip(words, names, strict=True)) if len(words) == len(names) else {}
        found = {head: known[head] for head in said if head in known}
        best = found if len(found) > len(best) else best
    return [best.get(head, head) for head in said]


def _answer(given: dict[str, object], day: date, by: str) -> Attested:
    return Attested(
        understood(text(given.get("answer"))),
        by=text(given.get("by")) or by,
        on=day_of(given.get("on"), "on") or day,
        until=day_of(given.get("until"), "until"),
        file=text(given.get("file")),
        note=text(given.get("note")),
    )
