"""The questions as a sheet (Excel or CSV) that somebody else fills in, and the way back.

What comes back is a stranger's file: a row that cannot be understood is named and costs no other.
"""

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree.ElementTree import ParseError

from assess.attesting.keeping import understood
from assess.attesting.questions import Question
from assess.errors import EngagementError
from assess.evidence.config import Attested
from assess.files import whole, write
from assess.results import clean

# What the tool fills in, and what the reader of the sheet does.
OURS = ("requirement", "question", "stands", "title", "asked for in")
THEIRS = ("answer", "by", "on", "until", "file", "note")
_WIDTHS = (34, 60, 13, 44, 44, 26, 20, 12, 12, 28, 40)
_LARGEST = 20_000_000  # bytes; a sheet of a few hundred rows has less than a hundredth of that
_MOST_ROWS = 10_000
_LIKE_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class Fault(NamedTuple):
    """A row that was not taken: its number as the office program counts, and why."""

    row: int
    why: str


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
    ours = [question.id, question.text, question.state.value, question.requirement.title]
    return [*ours, question.place, *theirs]


def _shown(answer: bool | str | list[str]) -> str:
    if isinstance(answer, bool):
        return "yes" if answer else "no"
    return "; ".join(answer) if isinstance(answer, list) else answer


def _csv(rows: Sequence[Sequence[object]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([*OURS, *THEIRS])
    for row in rows:
        shown = ["" if value is None else clean(str(value)) for value in row]
        writer.writerow([f"'{v}" if v.startswith(_LIKE_FORMULA) else v for v in shown])
    return text.getvalue().encode("utf-8-sig")


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
        Column(name, width, wrap=name in {"question", "title", "note"})
        for name, width in zip([*OURS, *THEIRS], _WIDTHS, strict=True)
    ]
    sheet = new_sheet(book, "Questions", columns, "")
    make_table(sheet, "Questions", columns, write_rows(sheet, columns, rows))
    hint = DataValidation(
        showInputMessage=True,
        promptTitle="Answer",
        prompt="yes, no, or what is asked for; several things with semicolons between them",
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
    rows = enumerate(_rows(path), start=1)
    heads = [str(head or "").strip().lower() for head in next(rows, (1, []))[1]]
    if not {"requirement", "answer"} <= set(heads):
        raise EngagementError(
            f"{path}: its first row does not name the columns requirement and answer. "
            "`assess attest FILE --sheet questions.xlsx` writes a sheet to fill in."
        )
    wanted = set(known)
    answers: dict[str, Attested] = {}
    faults: list[Fault] = []
    for number, row in rows:
        given = dict(zip(heads, row, strict=False))
        if not _text(given.get("answer")):
            continue
        requirement = _text(given.get("requirement"))
        try:
            if requirement not in wanted:
                raise ValueError(f"{requirement or 'nothing'} is no requirement with a question")  # noqa: TRY301
            if requirement in answers:
                raise ValueError(f"{requirement} is answered in an earlier row")  # noqa: TRY301
            answers[requirement] = _answer(given, day, by)
        except ValueError as error:
            faults.append(Fault(number, clean(str(error))[:200]))
    return Filled(answers, tuple(faults))


def _answer(given: dict[str, object], day: date, by: str) -> Attested:
    return Attested(
        understood(_text(given.get("answer"))),
        by=_text(given.get("by")) or by,
        on=_date(given.get("on"), "on") or day,
        until=_date(given.get("until"), "until"),
        file=_text(given.get("file")),
        note=_text(given.get("note")),
    )


def _text(value: object) -> str:
    """A cell as the person meant it: no quoting apostrophe, no control character."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = clean(str(value)).strip()
    quoted = text.startswith("'") and text[1:].startswith(_LIKE_FORMULA)
    return text[1:] if quoted else text


def _date(value: object, name: str) -> date | None:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    text = _text(value)
    if not text:
        return None
    for form in ("%Y-%m-%d", "%d.%m.%Y"):
        try:
            return datetime.strptime(text, form).date()  # noqa: DTZ007 - a day has no time zone
        except ValueError:
            continue
    raise ValueError(f"{name}: {text} is no date, such as 2026-11-20")


def _rows(path: Path) -> Iterator[Sequence[object]]:
    try:
        if path.stat().st_size > _LARGEST:
            raise EngagementError(f"{path}: it is larger than a sheet of questions can be.")
        rows = _rows_of_csv(path) if path.suffix.lower() == ".csv" else _rows_of_workbook(path)
        for number, row in enumerate(rows):
            if number > _MOST_ROWS:
                raise EngagementError(f"{path}: it has more than {_MOST_ROWS:,} rows.")
            yield row
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise EngagementError(f"{path}: it cannot be read: {error}.") from error


def _rows_of_csv(path: Path) -> Iterator[Sequence[object]]:
    """With commas, semicolons or tabs between the cells, as the office program's country has it."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        first = file.readline()
        file.seek(0)
        separator = max(",;\t", key=first.count)
        yield from csv.reader(file, delimiter=separator)


def _rows_of_workbook(path: Path) -> Iterator[Sequence[object]]:
    from openpyxl import load_workbook  # noqa: PLC0415 - only where a workbook is read
    from openpyxl.utils.exceptions import InvalidFileException  # noqa: PLC0415

    try:
        book: Any = load_workbook(path, read_only=True, data_only=True)
        try:
            yield from book.worksheets[0].iter_rows(values_only=True)
        finally:
            book.close()
    except (
        InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, IndexError, ParseError,
    ) as error:  # fmt: skip
        raise EngagementError(
            f"{path}: it is no workbook that can be read ({type(error).__name__}). "
            "Save it as .xlsx or .csv."
        ) from error
