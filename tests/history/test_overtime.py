"""The workbook over time: what the customer typed is never lost."""

import shutil
import zipfile
from datetime import date, timedelta
from typing import Any

import msgspec
import pytest
from openpyxl import Workbook
from openpyxl import load_workbook as load
from openpyxl.comments import Comment
from openpyxl.styles import PatternFill

import samples
from assess.history.changes import kept_run
from assess.history.shapes import OPEN
from assess.model import Status
from assess.reporters.workbook import overtime
from assess.reporters.workbook.overtime import PLAN, extend
from pasts import Memory


def load_workbook(path) -> Any:
    """A workbook of untyped cells."""
    return load(path)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "contoso.xlsx"


def results(week=0, mended=(), size=40, **more):
    found = samples.sample(size, started=samples.AS_OF + timedelta(weeks=week), **more)
    findings = tuple(
        msgspec.structs.replace(f, status=Status.PASS, remediation=()) if f.id in mended else f for f in found.findings
    )
    return msgspec.structs.replace(found, findings=findings)


def extended(path, memory, *weeks):
    """Extend by each of these results; what was said of the last."""
    runs, said = [], []
    for found in weeks:
        runs.append(kept_run(found, "builtin 1.0"))
        said = extend(path, found, runs, memory)
    return said


def rows(path, title=PLAN):
    """The rows of a sheet as dictionaries by their heads."""
    book = load_workbook(path)
    heads, *lines = book[title].iter_rows(values_only=True)
    return [dict(zip(heads, line, strict=True)) for line in lines]


def by_id(path):
    return {row["Id"]: row for row in rows(path) if row["Id"]}


def open_ids(found):
    return {f.id for f in found.findings if f.status in OPEN}


def test_the_sheets_of_a_first_run(path):
    found = results()
    assert extended(path, Memory(), found) == []
    book = load_workbook(path)
    assert book.sheetnames == ["Latest", PLAN, "Changes", "Trend", "Findings by date", "Expires"]
    assert by_id(path).keys() == open_ids(found)
    assert len(rows(path, "Latest")) == 40
    assert rows(path, "Changes") == []
    assert path.stat().st_mode & 0o777 == 0o600
    assert [file.name for file in path.parent.iterdir()] == ["contoso.xlsx"]


def test_the_assessors_comments_stand_beside_what_was_found(path):
    found = results(commented=True)
    extended(path, Memory(), found)
    said = {row["Id"]: row["Comment"] for row in rows(path, "Latest") if row["Comment"]}
    assert said == {
        one.id: f"{one.comment.text} · {one.comment.by}" for one in found.findings if one.comment is not None
    }
    assert said


def test_each_run_extends_it(path):
    first = results()
    mended = sorted(f.id for f in first.findings if f.status is Status.FAIL)[:2]
    assert extended(path, Memory(), first, results(1, mended), results(2, mended)) == []
    assert {row["Id"]: row["Change"] for row in rows(path, "Changes")} == dict.fromkeys(mended, "Fixed")
    trend = [row for row in rows(path, "Trend") if row["Run"]]
    assert [row["Date"].date() for row in trend] == [(samples.AS_OF + timedelta(weeks=w)).date() for w in range(3)]
    assert len(load_workbook(path)["Trend"]._charts) == 1
    plan = by_id(path)
    assert all(plan[name]["Status"] == "○ Pass" for name in mended)
    assert all(plan[name]["Remedy"] for name in mended), "what was done stays readable"
    newest = list(rows(path, "Findings by date")[0])
    assert newest[2:] == [f"{samples.AS_OF + timedelta(weeks=w):%Y%m%dT%H%M%SZ}" for w in (2, 1, 0)]
    assert [file.name for file in sorted(path.parent.iterdir())] == ["contoso.previous.xlsx", "contoso.xlsx"]


def typed(path):
    """A customer works with the plan: owner, date, a column, a row, a colour, a comment and a sheet of their own."""
    book = load_workbook(path)
    sheet = book[PLAN]
    heads = {cell.value: cell.column for cell in sheet[1]}
    sheet.cell(2, heads["Owner"]).value = "Ana"
    sheet.cell(2, heads["Due"]).value = date(2026, 12, 24)
    sheet.cell(3, heads["Note"]).value = "=HYPERLINK is a word here"
    sheet.cell(3, heads["Note"]).data_type = "s"
    sheet.cell(4, heads["State"]).value = "in progress"
    sheet.cell(4, heads["State"]).fill = PatternFill("solid", fgColor="00FF00")
    sheet.cell(4, heads["State"]).comment = Comment("call them", "Ana")
    extra = sheet.max_column + 1
    sheet.cell(1, extra).value = "Cost"
    sheet.cell(2, extra).value = 1250
    sheet.cell(3, extra).value = "=2*600"
    last = sheet.max_row + 1
    sheet.cell(last, heads["Title"]).value = "A task of our own"
    sheet.cell(last, heads["Owner"]).value = "Ben"
    own = book.create_sheet("Our notes", 0)
    own["B7"] = "keep me"
    book.save(path)
    return [sheet.cell(row, heads["Id"]).value for row in (2, 3, 4)]


def assert_kept(path, names):
    plan = by_id(path)
    first, second, third = (plan[name] for name in names)
    assert (first["Owner"], first["Due"].date(), first["Cost"]) == ("Ana", date(2026, 12, 24), 1250)
    assert (second["Note"], second["Cost"]) == ("=HYPERLINK is a word here", "=2*600")
    assert third["State"] == "in progress"


def test_what_the_customer_typed_is_kept_where_it_stands(path):
    memory = Memory()
    extended(path, memory, results(mended=()))
    names = typed(path)
    # One of the three is mended, and new findings come.
    assert extended(path, memory, results(), results(1, names[:1], size=60), results(2, names[:1], size=60)) == []
    assert_kept(path, names)
    book = load_workbook(path)
    sheet = book[PLAN]
    assert [sheet.cell(row, 7).value for row in (2, 3, 4)] == names, "rows stay where they are"
    heads = {cell.value: cell.column for cell in sheet[1]}
    state, note, cost = (sheet.cell(r, heads[h]) for r, h in ((4, "State"), (3, "Note"), (3, "Cost")))
    assert state.fill.fgColor.rgb.endswith("00FF00")
    assert state.comment.text == "call them"
    assert (note.data_type, cost.data_type) == ("s", "f")
    assert book["Our notes"]["B7"].value == "keep me"
    [own] = [row for row in rows(path) if row["Owner"] == "Ben"]
    assert own["Title"] == "A task of our own"
    assert open_ids(results(2, names[:1], size=60)) <= by_id(path).keys()
    assert by_id(path)[names[0]]["Status"] == "○ Pass"


def test_a_finding_that_is_no_more_keeps_its_row(path):
    extended(path, Memory(), results(size=60))
    names = [name for name in by_id(path) if name not in {f.id for f in results(1, size=20).findings}]
    assert names
    extended(path, Memory(), results(size=60), results(1, size=20))
    assert all(by_id(path)[name]["Status"] == "no longer seen" for name in names)


@pytest.mark.parametrize("mark", ["~$contoso.xlsx", ".~lock.contoso.xlsx#"])
def test_open_elsewhere_it_is_left_alone_and_written_beside(path, mark):
    memory = Memory()
    extended(path, memory, results())
    names = typed(path)
    before = path.read_bytes()
    (path.parent / mark).touch()
    [said] = extended(path, memory, results(1))
    assert "another program has it open" in said
    assert path.read_bytes() == before
    beside = path.with_name("contoso-20261127T211000Z.xlsx")
    assert str(beside) in said
    assert_kept(beside, names)
    (path.parent / mark).unlink()
    assert extended(path, memory, results(), results(1), results(2)) == []
    assert_kept(path, names)


def test_damaged_it_is_left_alone_and_the_notes_are_not_lost(path):
    memory = Memory()
    extended(path, memory, results())
    names = typed(path)
    extended(path, memory, results(), results(1))  # reads what was typed
    damaged = path.read_bytes()[:2000]
    path.write_bytes(damaged)
    [said] = extended(path, memory, results(2))
    assert "damaged" in said
    assert path.read_bytes() == damaged
    assert_kept(path.with_name("contoso-20261204T211000Z.xlsx"), names)
    path.unlink()  # the customer moves it away: the next run begins anew, with the notes
    assert extended(path, memory, results(3)) == []
    assert_kept(path, names)
    [own] = [row for row in rows(path) if not row["Id"]]
    assert (own["Owner"], own["Title"]) == ("Ben", "A task of our own")


def test_a_plan_without_its_ids_or_with_a_picture_is_left_alone(path):
    memory = Memory()
    extended(path, memory, results())
    book = load_workbook(path)
    book[PLAN].delete_cols(7)
    book.save(path)
    before = path.read_bytes()
    assert "no column Id" in extended(path, memory, results(1))[0]
    assert path.read_bytes() == before
    path.unlink()
    extended(path, memory, results())
    with zipfile.ZipFile(path, "a") as file:
        file.writestr("xl/media/image1.png", b"a picture")
    assert "would be lost" in extended(path, memory, results(1))[0]


def test_somebody_who_saves_meanwhile_wins(path, monkeypatch):
    memory = Memory()
    extended(path, memory, results())
    names = typed(path)
    mine = path.read_bytes()
    fill, calls = overtime._fill, []

    def filling(*arguments):
        calls.append(1)
        fill(*arguments)
        if len(calls) == 1:
            path.write_bytes(mine + b"")
            shutil.copystat(__file__, path)  # another moment than before

    monkeypatch.setattr(overtime, "_fill", filling)
    assert extended(path, memory, results(1)) == []
    assert len(calls) == 2, "read again, since it was saved in between"
    assert_kept(path, names)
    calls.clear()

    def always(*arguments):
        fill(*arguments)
        calls.append(1)
        path.write_bytes(mine + b" " * len(calls))

    monkeypatch.setattr(overtime, "_fill", always)
    assert "somebody saves it" in extended(path, memory, results(2))[0]
    assert path.read_bytes().startswith(mine)


def test_no_text_of_a_customers_becomes_a_formula(path):
    found = samples.sample(60, hostile=True)
    extended(path, Memory(), found)
    extended(path, Memory(), found, samples.sample(60, hostile=True, started=samples.AS_OF + timedelta(weeks=1)))
    book = load_workbook(path)
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert any(str(cell.value).startswith("=") for cell in cells)
    assert [cell.value for cell in cells if cell.data_type == "f"] == []
    for cell in cells:
        if isinstance(cell.value, str) and cell.value.startswith(("=", "+", "-", "@")):
            assert cell.quotePrefix, cell.coordinate


def test_a_workbook_of_somebody_elses_gets_the_sheets_beside_its_own(path):
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = "Budget"
    sheet["A1"] = 42
    book.save(path)
    assert extended(path, Memory(), results()) == []
    again = load_workbook(path)
    assert again["Budget"]["A1"].value == 42
    assert again.sheetnames[-1] == "Budget"


def test_the_draft_is_gone_whatever_happens(path, monkeypatch):
    monkeypatch.setattr("pathlib.Path.replace", lambda *_: (_ for _ in ()).throw(PermissionError(13, "open")))
    with pytest.raises(PermissionError):
        extended(path, Memory(), results())
    assert list(path.parent.iterdir()) == []
