"""The sheets about time of the single report: changes, ages, what expires, waivers."""

from openpyxl.workbook import Workbook

from assess.reporters.past import Past
from assess.reporters.workbook.cells import (
    Column,
    colour_statuses,
    label,
    make_table,
    new_sheet,
    write_rows,
)

_DAY = "yyyy-mm-dd"
_CHANGES = (
    Column("Compared", 30), Column("Change", 18), Column("Before and now", 24),
    Column("Title", 48, wrap=True), Column("Found", 60, wrap=True),
    Column("Open since", 12, number_format=_DAY), Column("Scenarios", 30, wrap=True),
    Column("Id", 48),
)  # fmt: skip
_AGES = (
    Column("Status", 13), Column("Open since", 12, number_format=_DAY), Column("Days", 8),
    Column("Title", 60, wrap=True), Column("Id", 48),
)  # fmt: skip
_EXPIRES = (
    Column("Expires", 12, number_format=_DAY), Column("Left", 14), Column("What", 60, wrap=True),
    Column("Looked at by", 60, wrap=True),
)  # fmt: skip
_WAIVERS = (
    Column("Waiver", 12), Column("Of", 48), Column("What to do", 60, wrap=True),
    Column("Accepted", 60, wrap=True),
)  # fmt: skip


def add_past(book: Workbook, past: Past, confidential: str) -> None:
    """A sheet for each of them that has something to say."""
    if past.compared:
        sheet = new_sheet(book, "Changes", _CHANGES, confidential)
        rows = (
            (f"{one.title}, {one.moment}", row.kind, row.text, row.title, row.found, row.on,
             row.scenarios, row.id)
            for one in past.compared
            for row in one.rows
        )  # fmt: skip
        make_table(sheet, "ChangesTable", _CHANGES, write_rows(sheet, _CHANGES, rows))
        sheet = new_sheet(book, "Open since", _AGES, confidential)
        ages = ((label(a.status), a.on, a.days, a.title, a.id) for a in past.ages)
        count = write_rows(sheet, _AGES, ages)
        make_table(sheet, "OpenSinceTable", _AGES, count)
        colour_statuses(sheet, "A", count)
    if past.endings:
        sheet = new_sheet(book, "Expires", _EXPIRES, confidential)
        endings = ((e.on, e.left, e.what, e.findings) for e in past.endings)
        make_table(sheet, "ExpiresTable", _EXPIRES, write_rows(sheet, _EXPIRES, endings))
    if past.waivers:
        sheet = new_sheet(book, "Waivers", _WAIVERS, confidential)
        waivers = ((w.label, w.about, w.text, w.by) for w in past.waivers)
        make_table(sheet, "WaiversTable", _WAIVERS, write_rows(sheet, _WAIVERS, waivers))
