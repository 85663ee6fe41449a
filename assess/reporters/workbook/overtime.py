"""The workbook over time: one per engagement, extended by each run.

The sheets of ours are made anew each time. The action plan is written into as it stands: rows that
are there stay where they are, only our own columns change, and what the customer typed, added or
coloured is never touched. Sheets of the customer's own stay. Where the file cannot be extended
(open elsewhere, damaged, something in it that would be lost), it is left alone, and the new one is
written beside it with what the customer had typed when it was last read.

The words are those of the language in force. An action plan that was begun in another language is
found again by its own words, and keeps them in its title and its heads.
"""

import re
import shutil
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import copy
from datetime import date, datetime
from pathlib import Path
from typing import Any, Protocol

from openpyxl import load_workbook
from openpyxl.chart import LineChart, Reference
from openpyxl.styles import PatternFill
from openpyxl.workbook import Workbook

from assess.history.diff import diff
from assess.history.shapes import OPEN, Kept, Kind, Run
from assess.history.standing import Standings, fold
from assess.language import lookup, msg, tr
from assess.language.files import forms
from assess.model import Severity, Status
from assess.reporters.expiries import expiries
from assess.reporters.tokens import LIGHT
from assess.reporters.words import KIND_WORDS, SEVERITY_WORDS, STATUS_WORDS, VERDICT_WORDS
from assess.reporters.workbook.cells import (
    Column,
    cell,
    colour_statuses,
    fit,
    font,
    in_formula,
    label,
    new_sheet,
    shown_value,
    titled,
    write_rows,
)
from assess.results import Finding, Results, clean
from assess.sheets import LIKE_FORMULA

PLAN = msg("Action plan")
_DAY = "yyyy-mm-dd"
_OURS = (
    Column("Status", 13), Column("Severity", 10), Column("Title", 48, wrap=True),
    Column("Subject", 30), Column("Remedy", 60, wrap=True),
    Column("Open since", 12, number_format=_DAY), Column("Id", 48),
)  # fmt: skip
_THEIRS = (
    Column("Owner", 20), Column("Due", 12, number_format=_DAY), Column("State", 16),
    Column("Note", 50, wrap=True),
)  # fmt: skip
_LATEST = (
    Column("Status", 13), Column("Severity", 10), Column("Area", 20),
    Column("Title", 48, wrap=True), Column("Subject", 30), Column("Found", 60, wrap=True),
    Column("Comment", 44, wrap=True), Column("Open since", 12, number_format=_DAY),
    Column("Id", 48),
)  # fmt: skip
_CHANGES = (
    Column("Run", 12, number_format=_DAY), Column("Change", 20), Column("Before", 12),
    Column("Now", 12), Column("Severity", 10), Column("Title", 48, wrap=True),
    Column("Found", 60, wrap=True), Column("Scenarios", 30, wrap=True), Column("Id", 48),
)  # fmt: skip
_EXPIRES = (
    Column("Expires", 12, number_format=_DAY), Column("Days", 8), Column("What", 60, wrap=True),
    Column("Looked at by", 60, wrap=True),
)  # fmt: skip
# The sheets that are made anew, and the first head of each, in English.
_GENERATED = {
    msg("Latest"): msg("Status"), msg("Changes"): msg("Run"), msg("Trend"): msg("Date"),
    msg("Findings by date"): msg("Id"), msg("Expires"): msg("Expires"),
}  # fmt: skip
_MOST_RUNS, _MOST_COLUMNS = 53, 26
_TRIES = 3
_TOP, _WIDE = 3, 30  # rows and columns in which a head is looked for
_OWN_ROW = "\n"  # begins no id: what follows is the number of the customer's row
_SEVERITIES = list(Severity)
_STATUSES = list(Status)
# Parts of a file that openpyxl would not write again.
_LOSSY_PARTS = re.compile(r"xl/(media/|vbaProject|embeddings/|ctrlProps/|activeX/)")
_LOSSY_SHAPES = re.compile(rb"<(?:\w+:)?(?:sp|pic|cxnSp)[ >]")

Runs = Sequence[tuple[Run, Sequence[Kept]]]
# What the customer typed: finding to head of the column to value.
Notes = dict[str, dict[str, Any]]


class Memory(Protocol):
    """Keeps what the customer typed, in case the workbook is damaged one day."""

    def notes(self, workbook: str) -> dict[str, Any]:
        """What was kept."""

    def keep_notes(self, workbook: str, notes: Mapping[str, Any]) -> None:
        """Keep it."""


def extend(path: Path, results: Results, runs: Runs, memory: Memory) -> list[str]:
    """Extend the workbook at ``path``; what a person must know of it. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    why = _held(path)
    for _ in range(1 if why else _TRIES):
        before = _stamp(path)
        book, damage = _opened(path)
        if damage or before is None:
            _restore(book, memory.notes(str(path)))
        else:
            memory.keep_notes(str(path), _typed(book))
        _fill(book, results, runs)
        why = why or damage
        if why:
            break
        try:
            if _replaced(book, path, before):
                return []
        except PermissionError:
            why = "another program has it open"
            break
    why = why or "somebody saves it just now"
    beside = path.with_name(f"{path.stem}-{results.as_of:%Y%m%dT%H%M%SZ}{path.suffix}")
    with _draft(beside) as draft:
        book.save(draft)
        draft.replace(beside)
    said = f"{path} was left as it is, since {why}. The workbook of this run is {beside}"
    return [f"{said}, with the notes of the action plan as they were last read"]


def _held(path: Path) -> str:
    """Why the file must be left alone: the marks that office programs put beside an open file."""
    marks = (path.with_name(f"~${path.name}"), path.with_name(f".~lock.{path.name}#"))
    there = [mark.name for mark in marks if mark.exists()]
    return f"another program has it open ({there[0]} beside it says so)" if there else ""


def _stamp(path: Path) -> tuple[int, int] | None:
    """What tells that a file was saved meanwhile; None where there is none."""
    try:
        now = path.stat()
    except FileNotFoundError:
        return None
    return now.st_mtime_ns, now.st_size


def _opened(path: Path) -> tuple[Workbook, str]:
    """The workbook to extend, and why it must be left alone, if so."""
    if not path.exists():
        return _new(), ""
    try:
        if lossy := _lossy(path):
            return _new(), lossy
        book = load_workbook(path)
    except PermissionError:
        return _new(), "it may not be read"
    except Exception as error:  # noqa: BLE001 - a damaged file fails in any way it likes
        return _new(), f"it is damaged ({type(error).__name__})"
    plan = _found(book)
    if plan is not None and "Id" not in _heads(plan):
        return _new(), f"its sheet {plan.title} has no column Id any more"
    return book, ""


def _found(book: Workbook) -> Any:  # noqa: ANN401 - untyped library
    """The sheet of the action plan, whatever language it was begun in; None where there is none."""
    names = {titled(PLAN), *forms(PLAN)}
    return next((book[name] for name in book.sheetnames if name in names), None)


def _lossy(path: Path) -> str:
    """Why extending the file would lose something of the customer's, if so."""
    with zipfile.ZipFile(path) as file:
        for part in file.infolist():
            drawing = part.filename.startswith("xl/drawings/") and part.filename.endswith(".xml")
            if _LOSSY_PARTS.match(part.filename) or (
                drawing and _LOSSY_SHAPES.search(file.read(part))
            ):
                return f"a picture, shape or macro in it would be lost ({part.filename})"
    return ""


def _new() -> Workbook:
    book = Workbook()
    book.remove(book.worksheets[0])
    return book


def _replaced(book: Workbook, path: Path, before: tuple[int, int] | None) -> bool:
    """Save in one step, keeping the file as it was beside; False where somebody saved meanwhile."""
    previous = path.with_name(f"{path.stem}.previous{path.suffix}")
    with _draft(path) as draft, _draft(previous) as kept:
        book.save(draft)
        if _stamp(path) != before:
            return False
        if before is not None:
            shutil.copyfile(path, kept)
            kept.replace(previous)
        draft.replace(path)
    return True


@contextmanager
def _draft(path: Path) -> Iterator[Path]:
    """An empty file of its owner's alone beside ``path``, gone in the end if it is still there.

    Its name is always the same, so that what a killed run leaves is found again.
    """
    draft = path.with_name(f".{path.name}.new")
    try:
        draft.unlink(missing_ok=True)
        draft.touch(0o600)
        yield draft
    finally:
        draft.unlink(missing_ok=True)


# -- the action plan, which belongs to the customer as much as to us --


def _heads(sheet: Any) -> dict[str, int]:  # noqa: ANN401 - untyped library
    """The columns by their head, ours by their English one; of two alike the first."""
    said: dict[str, int] = {}
    for number in range(1, sheet.max_column + 1):
        head = sheet.cell(1, number).value
        if head not in (None, ""):
            said.setdefault(str(head).strip(), number)
    ours = {column.head: column.head for column in (*_OURS, *_THEIRS) if column.head in said}
    for column in (*_OURS, *_THEIRS):
        if column.head not in ours:  # in another language, unless that is a column of ours already
            names = sorted(forms(column.head) & (said.keys() - ours.values()), key=said.__getitem__)
            ours |= {column.head: names[0]} if names else {}
    theirs = {name: name for name in said.keys() - ours.values()}
    place = {head: said[name] for head, name in (theirs | ours).items()}
    return dict(sorted(place.items(), key=lambda pair: pair[1]))


def _typed(book: Workbook) -> Notes:
    """What the customer typed into the action plan."""
    sheet = _found(book)
    if sheet is None:
        return {}
    heads = _heads(sheet)
    ours = {column.head for column in _OURS}
    notes: Notes = {}
    for row in range(2, sheet.max_row + 1):
        name = str(sheet.cell(row, heads["Id"]).value or "")
        mine: dict[str, Any] = {}
        for head, number in heads.items():
            value = sheet.cell(row, number).value
            if (not name or head not in ours) and value not in (None, ""):
                mine[head] = value.isoformat() if isinstance(value, date) else value
        if mine:  # a row without id is the customer's own, all of it
            notes.setdefault(name or f"{_OWN_ROW}{row}", {}).update(mine)
    return notes


def _restore(book: Workbook, notes: Notes) -> None:
    """An action plan with what the customer typed into the one that is lost."""
    sheet = _plan(book)
    heads = _heads(sheet)
    for name, typed in notes.items():
        row = _last_filled(sheet) + 1
        _put(sheet, row, heads["Id"], "" if name.startswith(_OWN_ROW) else name)
        for head, value in typed.items():
            if head not in heads:
                heads[head] = len(heads) + 1
                _put(sheet, 1, heads[head], head, bold=True)
            _put(sheet, row, heads[head], _day(value) if head == "Due" else value)


def _day(value: Any) -> Any:  # noqa: ANN401 - what was typed
    try:
        return datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return value


def _plan(book: Workbook) -> Any:  # noqa: ANN401 - untyped library
    """The sheet, made where it is not there."""
    found = _found(book)
    if found is not None:
        return found
    sheet = new_sheet(book, PLAN, (*_OURS, *_THEIRS), tr("Confidential"))
    for number in range(len(_OURS) + 1, len(_OURS) + len(_THEIRS) + 1):
        sheet.cell(1, number).fill = PatternFill("solid", fgColor=LIGHT["warn-soft"][1:])
    return sheet


def _put(sheet: Any, row: int, number: int, value: object, *, bold: bool = False) -> None:  # noqa: ANN401
    """Write one cell, its looks as they are; a text stays a text."""
    target = sheet.cell(row, number)
    target.value = shown = shown_value(value)
    if isinstance(shown, str):
        target.data_type = "s"
        target.quotePrefix = shown.startswith(LIKE_FORMULA)
    if bold:
        target.font = font(bold=True)


def _update_plan(book: Workbook, results: Results, known: Standings) -> None:
    """Our columns of every row that is there, and a row for each finding that is open and new."""
    sheet = _plan(book)
    heads = _heads(sheet)
    for column in _OURS:  # a column of ours that was deleted comes back at the end
        if column.head not in heads:
            heads[column.head] = sheet.max_column + 1
            _put(sheet, 1, heads[column.head], lookup(column.head), bold=True)
    findings = {clean(finding.id): finding for finding in results.findings}
    there: dict[str, list[int]] = {}
    for row in range(2, sheet.max_row + 1):
        name = str(sheet.cell(row, heads["Id"]).value or "")
        if name:
            there.setdefault(name, []).append(row)
    for name, rows in there.items():
        for row in rows:
            _update_row(sheet, heads, row, findings.get(name), known)
    last = max((row for rows in there.values() for row in rows), default=1)
    last = max(last, sheet.max_row if there else _last_filled(sheet))
    new = [f for name, f in findings.items() if name not in there and f.status in OPEN]
    for finding in sorted(new, key=_rank):
        last += 1
        for column in _OURS:
            styled = cell(sheet, None, column=column)
            target = sheet.cell(last, heads[column.head])
            target.alignment, target.border = copy(styled.alignment), copy(styled.border)
            target.number_format = styled.number_format
        _put(sheet, last, heads["Id"], finding.id)
        _update_row(sheet, heads, last, finding, known)
    sheet.auto_filter.ref = sheet.dimensions
    if in_formula(label(Status.FAIL)) not in _ruled(sheet):
        colour_statuses(sheet, sheet.cell(1, heads["Status"]).column_letter, 5_000)


def _ruled(sheet: Any) -> set[str]:  # noqa: ANN401 - untyped library
    """What its conditional formats compare with; those of another language know other words."""
    rules = (rule for area in sheet.conditional_formatting for rule in area.rules)
    return {formula for rule in rules for formula in rule.formula}


def _last_filled(sheet: Any) -> int:  # noqa: ANN401 - untyped library
    filled = (c.row for row in sheet.iter_rows() for c in row if c.value is not None)
    return int(max(filled, default=1))


def _update_row(
    sheet: Any,  # noqa: ANN401 - untyped library
    heads: Mapping[str, int],
    row: int,
    finding: Finding | None,
    known: Standings,
) -> None:
    """What this run says of it; a finding that is no more keeps what was said last."""
    if finding is None:
        _put(sheet, row, heads["Status"], tr("no longer seen"))
        return
    values = {
        "Status": label(finding.status), "Severity": SEVERITY_WORDS[finding.severity],
        "Title": finding.title, "Subject": finding.subject or "",
        "Open since": _since(known, finding),
    }  # fmt: skip
    if finding.remediation:  # what was done stays readable once it is done
        values["Remedy"] = "\n".join(f"{n}. {s}" for n, s in enumerate(finding.remediation, 1))
    for head, value in values.items():
        _put(sheet, row, heads[head], value)
    wraps = [c for c in (*_OURS, *_THEIRS) if c.wrap and c.head in heads]
    fit(sheet, row, [(sheet.cell(row, heads[c.head]).value, c.width) for c in wraps])


def _since(known: Standings, finding: Finding) -> date | None:
    mine = (known.of(finding.requirement, finding.subject, s) for s in finding.scenarios)
    dates = [one.open_since.date() for one in mine if one is not None and one.open_since]
    return min(dates, default=None)


# -- the sheets that are made anew --


def _fill(book: Workbook, results: Results, runs: Runs) -> None:
    """Every sheet, ours first, the action plan and the customer's own behind them."""
    for sheet in _generated(book):
        book.remove(sheet)
    customer = clean(results.engagement.customer)
    confidential = tr("Confidential · {customer}", customer=customer)
    known = fold((run.as_of, findings) for run, findings in runs)
    latest = _latest(book, results, known, confidential)
    _update_plan(book, results, known)
    made = [
        latest,
        _plan(book),
        _changed(book, runs, confidential),
        _trend(book, runs, confidential),
        _by_date(book, runs, confidential),
        _expires(book, results, confidential),
    ]
    wanted = [sheet.title for sheet in made]
    others = [name for name in book.sheetnames if name not in wanted]
    for place, name in enumerate((*wanted, *others)):
        book.move_sheet(name, place - book.index(book[name]))
    book.properties.title = tr("Readiness of {customer} over time", customer=customer)


def _generated(book: Workbook) -> list[Any]:
    """Our sheets but the plan, in whatever language: by their title, and by a head.

    The head tells them from the customer's own of the same name, beside which ours get a number.
    """
    found = []
    for title, head in _GENERATED.items():
        titles, heads = forms(title), {" ".join(clean(own).split()) for own in forms(head)}
        for sheet in book.worksheets:
            named = sheet.title in titles or sheet.title.rstrip("0123456789") in titles
            top = sheet.iter_rows(max_row=_TOP, max_col=_WIDE, values_only=True)
            if named and sheet not in found and any(heads & set(row) for row in top):
                found.append(sheet)
    return found


def _rank(finding: Finding) -> tuple[int, int, str]:
    status, severity = _STATUSES.index(finding.status), _SEVERITIES.index(finding.severity)
    return status, severity, finding.id


def _latest(book: Workbook, results: Results, known: Standings, confidential: str) -> Any:  # noqa: ANN401 - untyped library
    sheet = new_sheet(book, "Latest", _LATEST, confidential)
    rows = write_rows(
        sheet,
        _LATEST,
        (
            (label(f.status), SEVERITY_WORDS[f.severity], f.area, f.title, f.subject or "",
             f.observed, _comment(f), _since(known, f), f.id)
            for f in sorted(results.findings, key=_rank)
        ),
    )  # fmt: skip
    sheet.auto_filter.ref = sheet.dimensions
    colour_statuses(sheet, "A", rows)
    return sheet


def _comment(finding: Finding) -> str:
    """What the assessor says of it, and who that is."""
    if finding.comment is None:
        return ""
    return " · ".join(part for part in (finding.comment.text, finding.comment.by) if part)


def _changed(book: Workbook, runs: Runs, confidential: str) -> Any:  # noqa: ANN401 - untyped library
    sheet = new_sheet(book, "Changes", _CHANGES, confidential)
    write_rows(sheet, _CHANGES, reversed(list(_change_rows(runs))))
    sheet.auto_filter.ref = sheet.dimensions
    return sheet


def _change_rows(runs: Runs) -> Iterator[Sequence[object]]:
    """A row for each change of each run, oldest first; what stays as it is makes no row."""
    known = fold((run.as_of, findings) for run, findings in runs[:-_MOST_RUNS])
    for place, (run, findings) in enumerate(runs[-_MOST_RUNS:], max(0, len(runs) - _MOST_RUNS)):
        for one in reversed(diff(known, findings, run.scenarios, run.as_of) if place else ()):
            if one.kind is Kind.STILL_OPEN or one.left_out:
                continue
            before = STATUS_WORDS[one.before] if one.before else ""
            now = STATUS_WORDS[one.after] if one.after else ""
            severity = SEVERITY_WORDS[one.severity]
            yield (run.as_of.date(), KIND_WORDS[one.kind], before, now, severity, one.title,
                   one.observed, ", ".join(one.scenarios), one.id)  # fmt: skip
        known.add(run.as_of, findings)


def _trend(book: Workbook, runs: Runs, confidential: str) -> Any:  # noqa: ANN401 - untyped library
    scenarios = list(dict.fromkeys(s for run, _ in runs for s in run.scenarios))
    columns = (
        Column("Date", 12, number_format=_DAY), Column("Run", 20),
        *(Column(tr("Score {scenario}", scenario=s), 18, wrap=True) for s in scenarios),
        *(Column(tr("Verdict {scenario}", scenario=s), 20, wrap=True) for s in scenarios),
        *(Column(STATUS_WORDS[status], 10) for status in Status),
        Column("Not a whole run", 30),
    )  # fmt: skip
    sheet = new_sheet(book, "Trend", columns, confidential)
    rows = write_rows(sheet, columns, (_trend_row(run, mine, scenarios) for run, mine in runs))
    chart = LineChart()
    chart.title, chart.height, chart.width = tr("Score (0 to 100)"), 9, 24
    chart.y_axis.scaling.min, chart.y_axis.scaling.max = 0, 100
    chart.x_axis.number_format = _DAY
    chart.x_axis.delete = chart.y_axis.delete = False
    first = max(2, rows + 2 - _MOST_RUNS)
    for number in range(3, 3 + len(scenarios)):
        data = Reference(sheet, min_col=number, min_row=first, max_row=rows + 1)
        chart.add_data(data)
        chart.series[-1].tx = _named(scenarios[number - 3])
    chart.set_categories(Reference(sheet, min_col=1, min_row=first, max_row=rows + 1))
    sheet.add_chart(chart, f"A{rows + 4}")
    return sheet


def _named(text: str) -> Any:  # noqa: ANN401 - untyped library
    from openpyxl.chart.series import SeriesLabel  # noqa: PLC0415

    return SeriesLabel(v=text)


def _trend_row(run: Run, findings: Iterable[Kept], scenarios: Sequence[str]) -> Sequence[object]:
    said = {v.scenario: v for v in run.verdicts}
    statuses = [kept.status for kept in findings]
    return (
        run.as_of.date(),
        run.name,
        *(said[s].score if s in said else None for s in scenarios),
        *(VERDICT_WORDS[said[s].verdict] if s in said else "" for s in scenarios),
        *(statuses.count(status) for status in Status),
        run.partial,
    )


def _by_date(book: Workbook, runs: Runs, confidential: str) -> Any:  # noqa: ANN401 - untyped library
    """A row a finding, a column a run, the newest first."""
    shown = list(reversed(runs[-_MOST_COLUMNS:]))
    columns = (
        Column("Id", 48), Column("Severity", 10),
        *(Column(run.name, 18) for run, _ in shown),
    )  # fmt: skip
    by_run = [_statuses(findings) for _, findings in shown]
    names: dict[str, Severity] = {}
    for _, findings in shown:
        for kept in findings:
            names.setdefault(_name(kept), kept.severity)
    sheet = new_sheet(book, "Findings by date", columns, confidential)

    def rank(name: str) -> tuple[int, int, str]:
        status = by_run[0].get(name)
        place = len(_STATUSES) if status is None else _STATUSES.index(status)
        return place, _SEVERITIES.index(names[name]), name

    rows = write_rows(
        sheet,
        columns,
        (
            (name, SEVERITY_WORDS[names[name]],
             *(label(s) if (s := said.get(name)) else "" for said in by_run))
            for name in sorted(names, key=rank)
        ),
    )  # fmt: skip
    for number in range(3, 3 + len(shown)):
        colour_statuses(sheet, sheet.cell(1, number).column_letter, rows)
    sheet.auto_filter.ref = sheet.dimensions
    return sheet


def _name(kept: Kept) -> str:
    """Requirement and subject: the same whether scenarios differ in a run or not."""
    return f"{kept.requirement}[{kept.subject}]" if kept.subject else kept.requirement


def _statuses(findings: Sequence[Kept]) -> dict[str, Status]:
    """The worst status of each requirement and subject."""
    groups: dict[str, list[Kept]] = {}
    for kept in findings:
        groups.setdefault(_name(kept), []).append(kept)
    return {
        name: min((k.status for k in mine), key=_STATUSES.index) for name, mine in groups.items()
    }


def _expires(book: Workbook, results: Results, confidential: str) -> Any:  # noqa: ANN401 - untyped library
    sheet = new_sheet(book, "Expires", _EXPIRES, confidential)
    rows = ((e.on, e.days, e.what, ", ".join(e.findings)) for e in expiries(results))
    write_rows(sheet, _EXPIRES, rows)
    return sheet
