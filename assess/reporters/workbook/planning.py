"""The sheets Action plan and Options: the road to ready with room for names and dates."""

from typing import Any

from openpyxl.workbook import Workbook
from openpyxl.worksheet.datavalidation import DataValidation

from assess.language import lookup, msg, tr
from assess.plan.noted import SHEET, STATE_WORDS
from assess.reporters.planning import Choice, Plan, PlanRow
from assess.reporters.words import YES_NO
from assess.reporters.workbook.cells import (
    Column,
    label,
    link,
    make_table,
    new_sheet,
    write_rows,
)

_DAY = "yyyy-mm-dd"
PLAN = (
    Column("Step", 7, number_format="0"), Column("What", 52, wrap=True), Column("When", 9),
    Column("Who", 30), Column("Work (h)", 9, number_format="0.00"),
    Column("Wait (days)", 11, number_format="0.00"), Column("Waits for", 34, wrap=True),
    Column("After", 12), Column("From day", 9, number_format="0"), Column("Critical", 9),
    Column("Owner", 22), Column("Due", 12, number_format=_DAY), Column("State", 14),
    Column("Note", 40, wrap=True), Column("Overdue", 9), Column("First step", 60, wrap=True),
    Column("Finding ids", 48, wrap=True),
)  # fmt: skip
_FILL_IN = ("Owner", "Due", "State", "Note")


_LONGEST_LIST = 255  # characters (Excel specifications and limits)
_FIT, _NONE = msg("Fit"), msg("none")


def add_plan(book: Workbook, plan: Plan, places: dict[str, int], confidential: str) -> None:
    """A row a step; what the reader fills in has a head of its own colour."""
    sheet = new_sheet(book, SHEET, PLAN, confidential, fill_in=_FILL_IN)
    rows = write_rows(sheet, PLAN, (_step(sheet, row, places) for row in plan.rows))
    make_table(sheet, "ActionPlanTable", PLAN, rows)
    if rows:
        chosen = list(STATE_WORDS.values())
        if set('",') & set("".join(chosen)) or len(",".join(chosen)) > _LONGEST_LIST:
            chosen = list(STATE_WORDS)  # a list cannot hold what somebody calls them
        states = DataValidation(type="list", formula1=f'"{",".join(chosen)}"', allow_blank=True)
        letter = "ABCDEFGHIJKLMNOP"[[column.head for column in PLAN].index("State")]
        states.add(f"{letter}2:{letter}{rows + 1}")
        sheet.data_validations.append(states)


def _step(sheet: Any, row: PlanRow, places: dict[str, int]) -> tuple[object, ...]:  # noqa: ANN401
    effort, told, yes = row.step.work.effort, row.progress, YES_NO[True]
    state = told.state or "open"
    place = next((places[name] for name in row.ids if name in places), None)
    what: object = row.what
    if place is not None:
        what = link(sheet, row.what, sheet_name="Findings", row=place, column=PLAN[1])
    return (
        row.number, what, row.when, row.who, effort.hours, effort.wait_days or None,
        effort.waits_for or None, row.after or None, row.day, yes if row.critical else None,
        told.owner or None, told.due, STATE_WORDS.get(state, state), told.note or None,
        yes if told.late else None, row.how,
        "\n".join(row.ids),
    )  # fmt: skip


def add_options(book: Workbook, choice: Choice, confidential: str) -> None:
    """The options side by side; one column an option."""
    columns = [Column("Required capability", 60, wrap=True), Column("Table", 10)]
    columns += [Column(side.title, 44, wrap=True) for side in choice.sides]
    sheet = new_sheet(book, "Options", columns, confidential)
    rows: list[tuple[object, ...]] = [
        (lookup(_FIT), None, *(_said(side.word, side.today) for side in choice.sides))
    ]
    rows += [
        (text, source, *(_said(label(c.status), c.word, c.note) for c in cells))
        for text, source, cells in choice.rows
    ]
    none = lookup(_NONE)
    left = ("; ".join(side.left) or none for side in choice.sides)
    accepted = ("; ".join(side.accepted) or none for side in choice.sides)
    rows.append((tr("Constraints not accepted yet"), None, *left))
    rows.append((tr("Accepted constraints"), None, *accepted))
    make_table(sheet, "OptionsTable", columns, write_rows(sheet, columns, rows))


def _said(*parts: str) -> str:
    return ": ".join(part for part in parts if part)
