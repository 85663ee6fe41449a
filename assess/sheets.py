"""Sheets that somebody filled in, as Excel or CSV: read row by row, and trusted in nothing.

A file is bounded in size, unpacked size and rows; formulas, macros and links are never run.
"""

import csv
import zipfile
import zlib
from collections.abc import Collection, Iterator, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree.ElementTree import ParseError

from assess.errors import EngagementError
from assess.language import tr
from assess.results import clean

# What an office program may take for a formula, in a cell that it reads or that we write.
LIKE_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_LARGEST = 20_000_000  # bytes; a sheet of a few hundred rows has less than a hundredth of that
_LARGEST_UNPACKED = 400_000_000
_MOST_ROWS = 10_000
_MOST_COLUMNS = 200


class Fault(NamedTuple):
    """A row that was not taken: its number as the office program counts, and why."""

    row: int
    why: str


def rows(path: Path, *, named: Collection[str] = ()) -> Iterator[Sequence[object]]:
    """The rows of a CSV, or of a workbook's first sheet with a name in ``named``, else its first.

    Raises EngagementError where the file cannot be read as such.
    """
    try:
        if path.stat().st_size > _LARGEST:
            raise EngagementError(
                tr("{file}: it is larger than a sheet that people fill in can be.", file=path)
            )
        if path.suffix.lower() == ".csv":
            found = _rows_of_csv(path)
        else:
            found = _rows_of_workbook(path, named)
        for number, row in enumerate(found):
            if number > _MOST_ROWS:
                raise EngagementError(
                    tr("{file}: it has more than {n:,} rows.", file=path, n=_MOST_ROWS)
                )
            yield row
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        said = tr("{file}: it cannot be read: {error}.", file=path, error=error)
        raise EngagementError(said) from error


def text(value: object) -> str:
    """A cell as the person meant it: no quoting apostrophe, no control character."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    said = clean(str(value)).strip()
    quoted = said.startswith("'") and said[1:].startswith(LIKE_FORMULA)
    return said[1:] if quoted else said


def day(value: object, name: str) -> date | None:
    """A cell as a date, or nothing. Raises ValueError, naming the column, for anything else."""
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    said = text(value)
    if not said:
        return None
    for form in ("%Y-%m-%d", "%d.%m.%Y", "%Y-%m-%dT%H:%M:%S"):
        try:
            return datetime.strptime(said, form).date()  # noqa: DTZ007 - a day has no time zone
        except ValueError:
            continue
    raise ValueError(tr("{name}: {said} is no date, such as 2026-11-20", name=name, said=said))


def _rows_of_csv(path: Path) -> Iterator[Sequence[object]]:
    """With commas, semicolons or tabs between the cells, as the office program's country has it."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        first = file.readline()
        file.seek(0)
        separator = max(",;\t", key=first.count)
        yield from csv.reader(file, delimiter=separator)


def _rows_of_workbook(path: Path, named: Collection[str]) -> Iterator[Sequence[object]]:
    from openpyxl import load_workbook  # noqa: PLC0415 - only where a workbook is read
    from openpyxl.utils.exceptions import InvalidFileException  # noqa: PLC0415

    try:
        with zipfile.ZipFile(path) as parts:
            unpacked = sum(part.file_size for part in parts.infolist())
        if unpacked > _LARGEST_UNPACKED:
            raise EngagementError(
                tr(
                    "{file}: it unpacks to more than a sheet that people fill in can hold.",
                    file=path,
                )
            )
        book: Any = load_workbook(path, read_only=True, data_only=True)
        try:
            found = [name for name in book.sheetnames if name in named]
            if named and not found:
                wanted = " / ".join(sorted(named))
                raise EngagementError(
                    tr("{file}: it has no sheet {sheet}.", file=path, sheet=wanted)
                )
            sheet = book[found[0]] if named else book.worksheets[0]
            yield from sheet.iter_rows(values_only=True, max_col=_MOST_COLUMNS)
        finally:
            book.close()
    except (
        InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, IndexError, ParseError,
        TypeError, AttributeError, EOFError, NotImplementedError, ArithmeticError, zlib.error,
    ) as error:  # fmt: skip
        said = tr(
            "{file}: it is no workbook that can be read ({error}). Save it as .xlsx or .csv.",
            file=path,
            error=type(error).__name__,
        )
        raise EngagementError(said) from error
