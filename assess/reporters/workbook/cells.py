"""Cells, sheets and tables of the workbook, written row by row in constant memory.

No text of a customer's can become a formula: every text is written as text, and one that begins
like a formula carries Excel's own apostrophe, so that editing it does not wake it up either.
"""

import math
import warnings
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

from openpyxl.cell import Cell, WriteOnlyCell
from openpyxl.formatting.rule import CellIsRule
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.styles.differential import DifferentialStyle
from openpyxl.utils import get_column_letter
from openpyxl.workbook import Workbook
from openpyxl.worksheet.dimensions import RowDimension
from openpyxl.worksheet.filters import AutoFilter
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.table import Table, TableColumn, TableStyleInfo

from assess.language import lookup, msg, tr
from assess.model import Status
from assess.reporters.tokens import LIGHT
from assess.reporters.words import STATUS_WORDS
from assess.results import clean
from assess.sheets import LIKE_FORMULA

# A mark before the word, so that a print in grey still tells them apart.
MARKS: Mapping[Status, str] = {
    Status.FAIL: "●", Status.UNKNOWN: "◆", Status.WARN: "▲",
    Status.MANUAL: "▢", Status.PASS: "○", Status.NOT_APPLICABLE: "–",
}  # fmt: skip
TOKENS: Mapping[Status, str] = {
    Status.FAIL: "fail", Status.UNKNOWN: "unknown", Status.WARN: "warn",
    Status.MANUAL: "manual", Status.PASS: "pass", Status.NOT_APPLICABLE: "na",
}  # fmt: skip
MOST_ROWS = 1_048_575  # rows of a sheet below its head (Excel specifications and limits)
_A4 = "9"  # paper size (ECMA-376 part 1, 18.3.1.63)
LONGEST = 32_767  # characters of a cell (Excel specifications and limits)


def font(**look: Any) -> Font:  # noqa: ANN401 - a font's arguments
    """The reader's office font; nothing is embedded."""
    return Font(**{"name": "Calibri", "size": 11, **look})


_HAIRLINE = Border(bottom=Side(style="hair", color=LIGHT["line-strong"][1:]))
_TOP = Alignment(vertical="top")
_WRAP = Alignment(vertical="top", wrap_text=True)
_HEAD = font(bold=True, color=LIGHT["ink"][1:])
_SUNK = PatternFill("solid", fgColor=LIGHT["sunk"][1:])
_ACCENT = PatternFill("solid", fgColor=LIGHT["accent-soft"][1:])
_LINK = font(color=LIGHT["accent"][1:], underline="single")


@dataclass(frozen=True)
class Column:
    """A column: its head in English, its width in characters, and whether its texts wrap."""

    head: str
    width: int
    wrap: bool = False
    number_format: str = ""


def worded(columns: Sequence[Column]) -> list[Column]:
    """The columns with their heads in the language in force, no two of which are the same.

    A head that is longer than the English one has room, and the arrow of its filter; so have the
    words of the statuses.
    """
    taken: set[str] = set()
    made = []
    for column in columns:
        own = " ".join(clean(lookup(column.head)).split())[:_LONGEST_HEAD]
        head = own if own and own.casefold() not in taken else column.head
        number = 2
        while head.casefold() in taken:
            head, number = f"{column.head} {number}", number + 1
        taken.add(head.casefold())
        width = column.width if head == column.head else max(column.width, len(head) + _ARROW)
        if column.head == "Status":
            width = max(width, status_width())
        made.append(replace(column, head=head, width=width))
    return made


_ARROW = 3  # characters
_LONGEST_HEAD = 255  # characters of a table's column (ECMA-376 part 1, 18.5.1.3)


def status_width() -> int:
    """The width of a column that holds the words of the statuses, with their marks."""
    return max(len(label(status)) for status in Status) + 2


def titled(title: str) -> str:
    """The title of a sheet in the language in force, if Excel can bear it; else in English.

    No two of ours are the same.
    """
    own = lookup(title)
    if own.casefold() in {lookup(other).casefold() for other in TITLES if other != title}:
        return title
    fits = own.strip("' ") == own and 0 < len(own) <= _LONGEST_TITLE
    return own if fits and not set(own) & set("[]:*?/\\") and own.isprintable() else title


TITLES = (
    msg("Summary"), msg("Letter"), msg("Findings"), msg("Changes"), msg("Open since"),
    msg("Expires"), msg("Waivers"), msg("Action plan"), msg("Users"), msg("Not assessed"),
    msg("Options"), msg("Traceability"), msg("Evidence"), msg("Sources"), msg("Latest"),
    msg("Trend"), msg("Findings by date"), msg("Customers"), msg("Blockers"), msg("Questions"),
)  # fmt: skip
_LONGEST_TITLE = 31  # characters (Excel specifications and limits)


def label(status: Status) -> str:
    """``● Fail``."""
    return f"{MARKS[status]} {STATUS_WORDS[status]}"


def cell(
    sheet: Any,  # noqa: ANN401 - untyped library
    value: object,
    *,
    column: Column | None = None,
    look: Font | None = None,
) -> Any:  # noqa: ANN401
    """A cell with a value of ours or a stranger's; a text stays a text."""
    shown = shown_value(value)
    made = WriteOnlyCell(sheet, shown)  # type: ignore[arg-type]
    if isinstance(shown, str):
        made.data_type = "s"
        if shown.startswith(LIKE_FORMULA):
            made.quotePrefix = True
    if column is not None:
        made.alignment = _WRAP if column.wrap else _TOP
        made.border = _HAIRLINE
        if column.number_format:
            made.number_format = column.number_format
    if look is not None:
        made.font = look
    return made


def shown_value(value: object) -> str | float | datetime | date | None:
    """A value as a cell holds it: texts cleaned, moments in UTC."""
    match value:
        case bool() | int() | float() | None:
            return value
        case datetime():
            aware = value.astimezone(UTC) if value.tzinfo else value
            return aware.replace(tzinfo=None)
        case date():
            return value
        case list() | tuple():
            return clean(", ".join(map(str, value)))[:LONGEST]
        case _:
            return clean(str(value))[:LONGEST]


def link(sheet: Any, text: str, *, sheet_name: str, row: int, column: Column | None = None) -> Any:  # noqa: ANN401
    """A cell that leads to a row of another sheet, which is named in English."""
    made = cell(sheet, text, column=column, look=_LINK)
    made.row, made.column = 1, 1  # the place is set when the row is written
    made.hyperlink = Hyperlink(ref="A1", location=f"{quoted(titled(sheet_name))}!A{row}")
    return made


def quoted(title: str) -> str:
    """The title of a sheet as a place in a workbook has it."""
    doubled = title.replace("'", "''")
    return f"'{doubled}'"


def new_sheet(
    book: Workbook,
    title: str,
    columns: Sequence[Column],
    confidential: str,
    *,
    fill_in: Container[str] = (),
) -> Any:  # noqa: ANN401 - untyped library
    """A sheet with its widths, its head frozen with the first two columns, and its print set-up.

    ``title`` and heads are in English and looked up. The heads in ``fill_in`` are coloured: these
    columns are the reader's.
    """
    sheet, own_columns = book.create_sheet(titled(title)), worded(columns)
    for number, own in enumerate(own_columns, start=1):
        sheet.column_dimensions[get_column_letter(number)].width = own.width
    sheet.freeze_panes = "C2" if len(columns) > 2 else "A2"  # noqa: PLR2004
    printing(sheet, confidential)
    sheet.print_title_rows = "1:1"
    sheet.append(
        [
            _head(sheet, own, theirs=column.head in fill_in)
            for column, own in zip(columns, own_columns, strict=True)
        ]
    )
    return sheet


def printing(sheet: Any, confidential: str) -> None:  # noqa: ANN401
    """A4 landscape, one page wide, sheet and page in the foot."""
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = _A4
    sheet.page_setup.fitToWidth = 1
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.oddFooter.left.text = confidential.replace("&", "&&")
    of = tr("page {page} of {pages}", page="\0", pages="\1").replace("&", "&&")
    sheet.oddFooter.right.text = f"&A · {of}".replace("\0", "&P").replace("\1", "&N")


def _head(sheet: Any, column: Column, *, theirs: bool) -> Any:  # noqa: ANN401
    made = cell(sheet, column.head, column=column, look=_HEAD)
    made.fill = _ACCENT if theirs else _SUNK
    return made


def make_table(sheet: Any, name: str, columns: Sequence[Column], rows: int) -> None:  # noqa: ANN401
    """A real table over the rows that were written, with a filter; none where there is no row."""
    if rows == 0:
        return
    reference = f"A1:{get_column_letter(len(columns))}{rows + 1}"
    table = Table(displayName=name, ref=reference)
    # A streamed sheet cannot be read back for its heads, so they are named here.
    table.tableColumns = [
        TableColumn(id=n, name=c.head) for n, c in enumerate(worded(columns), start=1)
    ]
    table.autoFilter = AutoFilter(ref=reference)
    table.tableStyleInfo = TableStyleInfo(name="TableStyleLight1", showRowStripes=False)
    with warnings.catch_warnings():  # it warns that columns must be added by hand, as they were
        warnings.simplefilter("ignore")
        sheet.add_table(table)


def in_formula(text: str) -> str:
    """A text of ours as a formula has it."""
    doubled = text.replace('"', '""')
    return f'"{doubled}"'


def colour_statuses(sheet: Any, letter: str, rows: int) -> None:  # noqa: ANN401
    """Soft tint and status colour on the cells of one column, by their word."""
    if rows == 0:
        return
    for status, token in TOKENS.items():
        style = DifferentialStyle(
            font=Font(color=LIGHT[token][1:], bold=True),
            fill=PatternFill(bgColor=LIGHT[f"{token}-soft"][1:]),
        )
        rule = CellIsRule(  # type: ignore[no-untyped-call]
            operator="equal", formula=[in_formula(label(status))]
        )
        rule.dxf = style
        sheet.conditional_formatting.add(f"{letter}2:{letter}{rows + 1}", rule)


def write_rows(
    sheet: Any,  # noqa: ANN401 - untyped library
    columns: Sequence[Column],
    rows: Iterable[Sequence[object]],
) -> int:
    """Append rows below the head; the number of them."""
    count = 0
    for row in rows:
        cells = [
            value if isinstance(value, Cell) else cell(sheet, value, column=column)
            for value, column in zip(row, columns, strict=True)
        ]
        wrapped = [(n, column.width) for n, column in enumerate(columns) if column.wrap]
        fit(sheet, count + 2, [(cells[n].value, width) for n, width in wrapped])
        sheet.append(cells)
        if sheet.parent.write_only:  # the row is on disk; its height need not be held
            sheet.row_dimensions.pop(count + 2, None)
        count += 1
    return count


class _Fitted(RowDimension):
    """A row whose height is a guess: it is fitted again when somebody changes its text."""

    @property
    def customHeight(self) -> bool:  # noqa: N802 - the library's name
        """Nobody chose the height."""
        return False


def fit(sheet: Any, row: int, texts: Iterable[tuple[object, float]]) -> None:  # noqa: ANN401
    """Give a row the height of its longest text; ``texts`` with the widths of their columns.

    Excel does so itself when it opens a file; LibreOffice shows what the file says.
    """
    lines = max((_lines(str(text), width) for text, width in texts if text), default=1)
    if lines > 1:
        height = min(lines * _LINE, _HIGHEST)
        sheet.row_dimensions[row] = _Fitted(sheet, index=row, ht=height)


def _lines(text: str, width: float) -> int:
    """How many lines a text takes in a column of so many digits' width."""
    return sum(max(1, math.ceil(len(line) / width)) for line in text.split("\n"))


_LINE = 15  # points, of Calibri 11
_HIGHEST = 409  # points (Excel specifications and limits)
