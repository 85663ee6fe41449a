"""The overview of a fleet as a workbook: customers, what stops them, what changed."""

from collections.abc import Iterator
from datetime import UTC
from pathlib import Path
from typing import Any

from openpyxl.workbook import Workbook
from openpyxl.worksheet.hyperlink import Hyperlink

from assess.fleet.shapes import Member, Overview
from assess.language import tr
from assess.model import Status
from assess.reporters.fleet import LINKS, changed_in_words, link
from assess.reporters.words import (
    KIND_WORDS,
    SEVERITY_IN_TEXT,
    STATUS_PLAIN,
    VERDICT_STATUS,
    VERDICT_WORDS,
)
from assess.reporters.workbook.cells import (
    MARKS,
    Column,
    cell,
    font,
    make_table,
    new_sheet,
    write_rows,
)

_DAY = "yyyy-mm-dd"
_NUMBER = "#,##0"
_COUNTED = (Status.FAIL, Status.UNKNOWN, Status.MANUAL, Status.WARN, Status.PASS)
_CUSTOMERS = (
    Column("Customer", 30), Column("Engagement", 20), Column("Scenario", 26),
    Column("Verdict", 24), Column("Score", 8, number_format=_NUMBER),
    Column("Fail", 8, number_format=_NUMBER), Column("Unknown", 9, number_format=_NUMBER),
    Column("To confirm", 10, number_format=_NUMBER), Column("Warn", 8, number_format=_NUMBER),
    Column("Pass", 8, number_format=_NUMBER), Column("Since the last run", 32, wrap=True),
    Column("Expires next", 13, number_format=_DAY), Column("What expires", 36, wrap=True),
    Column("Judged from (UTC)", 19, number_format="yyyy-mm-dd hh:mm"),
    Column("Report", 12), Column("Not run because", 60, wrap=True), Column("Exit code", 9),
    Column("File", 40),
)  # fmt: skip
_REPORT = 14
_BLOCKERS = (
    Column("Customer", 30), Column("Finding", 48), Column("Severity", 10),
    Column("Title", 54, wrap=True), Column("Found", 60, wrap=True),
)  # fmt: skip
_CHANGES = (
    Column("Customer", 30), Column("Change", 16), Column("Finding", 48), Column("Severity", 10),
    Column("Before", 14), Column("After", 14), Column("Title", 54, wrap=True),
)  # fmt: skip


def write(found: Overview, target: Path, up: str = "..") -> None:
    """Write the workbook to ``target``. ``up``: as in the page."""
    book = Workbook(write_only=True)
    book.properties.title = tr("Readiness of all customers")
    book.properties.creator = found.tool
    moment = found.as_of.astimezone(UTC).replace(tzinfo=None)
    book.properties.created = book.properties.modified = moment
    confidential = tr("Confidential · all customers")
    sheet = new_sheet(book, "Customers", _CUSTOMERS, confidential)
    rows = write_rows(sheet, _CUSTOMERS, _customers(sheet, found, up))
    make_table(sheet, "Customers", _CUSTOMERS, rows)
    sheet = new_sheet(book, "Blockers", _BLOCKERS, confidential)
    rows = write_rows(
        sheet,
        _BLOCKERS,
        (
            (member.customer, one.id, SEVERITY_IN_TEXT[one.severity], one.title, one.observed)
            for member in found.members
            for one in member.blockers
        ),
    )
    make_table(sheet, "Blockers", _BLOCKERS, rows)
    sheet = new_sheet(book, "Changes", _CHANGES, confidential)
    rows = write_rows(
        sheet,
        _CHANGES,
        (
            (member.customer, KIND_WORDS[one.kind], one.id, SEVERITY_IN_TEXT[one.severity],
             one.before and STATUS_PLAIN[one.before], one.after and STATUS_PLAIN[one.after],
             one.title)
            for member in found.members
            for one in member.differences
        ),
    )  # fmt: skip
    make_table(sheet, "Changes", _CHANGES, rows)
    book.save(target)


def _customers(sheet: Any, found: Overview, up: str) -> Iterator[tuple[object, ...]]:  # noqa: ANN401
    for member in found.members:
        ends = member.next_expiry
        head = (member.customer, member.name)
        if member.failed:
            word = f"{MARKS[Status.UNKNOWN]} {tr('Not run')}"
            yield (*head, None, word, *(None,) * 11, member.failed, member.code, member.file)
            continue
        for one in member.judgements:
            verdict = f"{MARKS[VERDICT_STATUS[one.verdict]]} {VERDICT_WORDS[one.verdict]}"
            yield (
                *head,
                one.scenario,
                verdict,
                one.score,
                *(one.counts.get(status.value, 0) for status in _COUNTED),
                changed_in_words(member),
                ends and ends.on,
                ends and ends.what,
                member.as_of,
                _linked(sheet, member, up),
                None,
                member.code,
                member.file,
            )


def _linked(sheet: Any, member: Member, up: str) -> Any:  # noqa: ANN401
    """A cell that leads to the report, the first of those that were written."""
    for name, word in LINKS:
        address = link(member, name, up)
        if address is not None:
            made = cell(sheet, word, column=_CUSTOMERS[_REPORT], look=font(underline="single"))
            made.row, made.column = 1, 1  # the place is set when the row is written
            made.hyperlink = Hyperlink(ref="A1", target=address)
            return made
    return None
