"""The action plan read back: by the ids of findings, whatever else has moved, and trusted in nothing."""

import io
import json
import tempfile
import zipfile
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import msgspec
import pypdf
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook
from openpyxl.utils.exceptions import IllegalCharacterError

from assess import cli, recording
from assess.discover import library
from assess.engagement import load
from assess.errors import EngagementError
from assess.job import Wanted, gather
from assess.job import told as said
from assess.model import Status
from assess.plan.noted import Progress, by_finding, progress_of, read_plan
from assess.reporters import html, pdf
from assess.reporters.planning import plan_of
from assess.reporters.workbook.write import write_workbook
from assess.results import PlanNote, PlanRead, Selection, evaluate, to_json
from samples import AS_OF, catalogue, sample

TODAY = AS_OF.date()
BEFORE, AFTER = date(2026, 11, 1), date(2026, 12, 24)


def filled(path, notes):
    """A report.xlsx whose action plan somebody filled in: step number to cells by head."""
    book = load_workbook(path)
    sheet = book["Action plan"]
    heads = {cell.value: number for number, cell in enumerate(sheet[1], start=1)}
    for row in range(2, sheet.max_row + 1):
        for head, value in notes.get(sheet.cell(row, heads["Step"]).value, {}).items():
            sheet.cell(row, heads[head]).value = value
    book.save(path)
    return path


@pytest.fixture
def report(tmp_path):
    target = tmp_path / "report.xlsx"
    write_workbook(sample(40), catalogue(), tmp_path, target)
    return target


def steps(results):
    return plan_of(results, catalogue(), {}).rows


def test_what_is_filled_in_comes_back_beside_the_same_findings(report, tmp_path):
    before = sample(40)
    filled(report, {
        1: {"Owner": "M. Huber", "Due": BEFORE, "State": "Running", "Note": "- later"},
        2: {"Owner": "Ü. Öz", "Due": "24.12.2026", "State": "done"},
    })  # fmt: skip
    read = read_plan(report)
    assert (read.file, read.faults) == ("report.xlsx", ())
    after = msgspec.structs.replace(before, plan=read)
    one, two, *rest = steps(after)
    assert one.progress == Progress("M. Huber", BEFORE, "running", "- later", late=True)
    assert two.progress == Progress("Ü. Öz", AFTER, "done", "", late=False)
    assert [row.ids for row in steps(after)] == [row.ids for row in steps(before)]
    assert not any(row.said for row in rest)
    assert [f.status for f in after.findings] == [f.status for f in before.findings]
    again = tmp_path / "again.xlsx"
    write_workbook(after, catalogue(), tmp_path, again)
    assert read_plan(again).notes == read.notes
    sheet = load_workbook(again)["Action plan"]
    overdue = [cell.value for cell in sheet[1]].index("Overdue")
    assert [row[overdue] for row in sheet.iter_rows(min_row=2, values_only=True)][:2] == ["yes", None]


def test_every_report_shows_it_and_names_what_is_overdue(report, tmp_path):
    filled(report, {1: {"Owner": "M. Huber <b>", "Due": BEFORE}, 2: {"State": "done"}, 3: {"Due": "soon"}})
    made = msgspec.structs.replace(sample(40), plan=read_plan(report))
    page = html.render(made, library_catalogue=catalogue()).decode()
    text = "".join(p.extract_text() for p in pypdf.PdfReader(io.BytesIO(pdf.render(made, library_catalogue=catalogue()))).pages)
    for shown in (page.replace("&lt;", "<").replace("&gt;", ">"), text):
        assert "Overdue: step 1 (M. Huber <b>, 1 Nov 2026)." in " ".join(shown.split())
        assert "said to be done, still open" in " ".join(shown.split())
        assert "Not understood in report.xlsx: row 4: Due: soon is no date" in " ".join(shown.split())
    assert "M. Huber <b>" not in page


def test_steps_may_be_numbered_anew(report):
    before = sample(40)
    filled(report, {row.number: {"Owner": row.ids[0]} for row in steps(before)})
    fewer = msgspec.structs.replace(before, findings=before.findings[7:], plan=read_plan(report))
    for row in steps(fewer):
        assert row.progress.owner
        assert set(row.progress.owner.split(", ")) <= {old.ids[0] for old in steps(before) if set(old.ids) & set(row.ids)}
    assert [row.ids for row in steps(fewer)] != [row.ids for row in steps(before)][: len(steps(fewer))]


def note(finding, owner="A", due=None, state="", text=""):
    return PlanNote(finding, owner, due, state, text)


def finding(name):
    requirement, _, subject = name.partition("@")[0].partition("[")
    [one] = sample(1, mix=("fail",)).findings
    return msgspec.structs.replace(one, id=name, requirement=requirement, subject=subject.rstrip("]") or None)


@pytest.mark.parametrize(
    ("noted", "here", "takes"),
    [
        ("a.b[x]", ["a.b[x]", "a.b[y]"], ["a.b[x]"]),
        ("a.b[x]", ["a.b[y]"], []),  # another subject is another matter
        ("a.b[x]", ["a.b"], ["a.b"]),  # the source refused: one finding for all subjects
        ("a.b", ["a.b[x]", "a.b[y]", "a.c"], ["a.b[x]", "a.b[y]"]),  # and answers again
        ("a.b", ["a.b", "a.b[y]"], ["a.b"]),  # its own finding is still there
        ("a.b@hybrid-mdm", ["a.b"], ["a.b"]),
        ("a.b[x]", ["a.b[x]@co-management-pki"], ["a.b[x]@co-management-pki"]),
        ("a.b[ann@x.test]", ["a.b[bob@x.test]"], []),
    ],
)
def test_an_id_that_is_new_takes_the_note_of_one_that_is_gone_and_was_the_same(noted, here, takes):
    found = by_finding(PlanRead("p", (note(noted),)), [finding(name) for name in here])
    assert list(found) == takes


@pytest.mark.parametrize(
    ("states", "state"),
    [(["done", "done"], "done"), (["done", None], "running"), (["open", None], "open"), (["running", "open"], "running"),
     (["waiting for Bob", None], "waiting for Bob")],
)  # fmt: skip
def test_a_step_of_several_findings_is_done_when_all_of_them_are(states, state):
    found = sample(2, mix=("fail",)).findings
    noted = {f.id: note(f.id, state=said) for f, said in zip(found, states, strict=True) if said}
    assert progress_of(found, noted, TODAY).state == state


@pytest.mark.parametrize(
    ("due", "state", "late"),
    [(BEFORE, "running", True), (BEFORE, "", True), (BEFORE, "done", False), (BEFORE, "accepted", False),
     (TODAY, "open", False), (AFTER, "open", False), (None, "open", False)],
)  # fmt: skip
def test_overdue(due, state, late):
    [one] = sample(1, mix=("fail",)).findings
    assert progress_of([one], {one.id: note(one.id, due=due, state=state)}, TODAY).late is late


def write_rows(path, rows, title="Action plan"):
    book = Workbook()
    book.remove(book.worksheets[0])
    sheet = book.create_sheet(title)
    for row in rows:
        sheet.append(row)
    book.save(path)
    return path


def test_the_workbook_over_time_and_a_csv_are_read_as_well(tmp_path):
    rows: list[list[str | None]] = [
        ["Status", "My own column", "Id", "Owner", "Due", "State", "Note"],
        ["● Fail", "x", "dns.cmg-cname", "A", "2026-12-24", "accepted", ""],
        ["● Fail", "x", "cert.cmg-san[a, b.pfx]", "B", None, None, None],
        ["", "", "", "a row of their own", "", "", ""],
        ["● Fail", "x", "dns.untouched", None, None, "open", None],
    ]
    expected = (note("dns.cmg-cname", "A", AFTER, "accepted"), note("cert.cmg-san[a, b.pfx]", "B"))
    assert read_plan(write_rows(tmp_path / "time.xlsx", rows)).notes == expected
    text = "\n".join(";".join(cell or "" for cell in row) for row in rows)
    (tmp_path / "time.csv").write_text(text, encoding="utf-8-sig")
    assert read_plan(tmp_path / "time.csv").notes == expected


def test_ids_with_commas_and_two_rows_of_one_finding(tmp_path):
    rows = [
        ["Finding ids", "Owner"], ["cert.cmg-san[a, b.pfx], dns.cmg-cname", "A"], ["dns.cmg-cname\ndns.cname-scope", "B"],
    ]  # fmt: skip
    read = read_plan(write_rows(tmp_path / "p.xlsx", rows))
    assert [(n.finding, n.owner) for n in read.notes] == [
        ("cert.cmg-san[a, b.pfx]", "A"), ("dns.cmg-cname", "A"), ("dns.cname-scope", "B"),
    ]  # fmt: skip


def bomb(path):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for number in range(5):
            with file.open(f"xl/worksheets/sheet{number}.xml", "w") as part:
                for _ in range(100):
                    part.write(b"\0" * 1_000_000)
    return path


@pytest.mark.parametrize("make", [
    lambda path: path.with_name("absent.xlsx"),
    lambda path: (path.write_bytes(b"no workbook"), path)[1],
    lambda path: write_rows(path, [["Id", "Owner"]], title="Other"),
    lambda path: write_rows(path, [["Something", "else"]]),
    lambda path: write_rows(path, [["Id", "Owner"], *(["a.b", "x"] for _ in range(10_100))]),
    bomb,
    lambda path: (path.write_bytes(b"PK\x03\x04" + b"\0" * 50), path)[1],
])  # fmt: skip
def test_what_is_no_action_plan_is_refused_with_its_name(tmp_path, make):
    path = make(tmp_path / "plan.xlsx")
    with pytest.raises(EngagementError, match=path.name):
        read_plan(path)


@given(st.text(max_size=40), st.text(max_size=40), st.one_of(st.none(), st.text(max_size=12), st.integers(), st.floats()))
def test_no_cell_breaks_the_reading(owner, text, due):
    with tempfile.TemporaryDirectory() as folder:
        try:
            path = write_rows(Path(folder) / "p.xlsx", [["Id", "Owner", "Due", "Note"], ["a.b", owner, due, text]])
        except (IllegalCharacterError, UnicodeEncodeError, ValueError):
            return
        for one in read_plan(path).notes:
            assert "\x00" not in one.owner + one.note


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "contoso.toml"
    path.write_text(
        '[engagement]\nname = "contoso"\nscenarios = ["co-management-pki"]\n[report]\naction_plan = "plan.xlsx"\n', "utf-8"
    )
    return path


def collected(file):
    wanted = Wanted(("co-management-pki",), Selection(only=("none.such",)))
    return gather(library(), load(file), wanted, lambda: datetime(2026, 11, 20, 21, 10, tzinfo=UTC))


def test_a_run_reads_it_keeps_it_in_the_evidence_and_says_so(file, tmp_path):
    rows = [["Id", "Owner", "Due", "State"], ["dns.cmg-cname", "A", "2026-11-01", "done"]]
    write_rows(tmp_path / "plan.xlsx", rows)
    with collected(file) as evidence:
        recording.write(evidence, tmp_path / "x.evidence.zip", tool="test")
        found = evaluate(library(), evidence)
    assert found.plan == PlanRead("plan.xlsx", (note("dns.cmg-cname", "A", BEFORE, "done"),))
    [told] = [s for s in found.sources if s.source == "action-plan"]
    assert told.status == "ok"
    assert not [line for line in said(found) if "overdue" in line]  # somebody says that it is done
    late = msgspec.structs.replace(found.plan, notes=(note("dns.cmg-cname", "A", BEFORE, "running"),), faults=("row 7: ?",))
    lines = said(msgspec.structs.replace(found, plan=late))
    assert "overdue in the action plan: 1, the first dns.cmg-cname" in lines
    assert "plan.xlsx, row 7: ?" in lines
    [cname] = [f for f in found.findings if f.requirement == "dns.cmg-cname"]
    assert cname.status is not Status.PASS
    (tmp_path / "plan.xlsx").unlink()
    with recording.read(tmp_path / "x.evidence.zip") as read:
        assert evaluate(library(), read).plan == found.plan


def test_of_two_recordings_the_later_plan_counts_and_one_that_was_read_beats_a_refusal(file, tmp_path):
    rows = [["Id", "Owner"], ["dns.cmg-cname", "A"]]
    write_rows(tmp_path / "plan.xlsx", rows)
    with collected(file) as one:
        write_rows(tmp_path / "plan.xlsx", [rows[0], ["dns.cmg-cname", "B"]])
        with collected(file) as two:
            two.as_of = one.as_of + timedelta(hours=1)
            record = two.records["action-plan"]
            two.add(msgspec.structs.replace(record, read_at=record.read_at + timedelta(hours=1)))
            with recording.merge([two, one]) as both:
                read = evaluate(library(), both).plan
            assert read is not None
            assert [n.owner for n in read.notes] == ["B"]
            (tmp_path / "plan.xlsx").unlink()
            with collected(file) as none, recording.merge([none, one]) as both:
                read = evaluate(library(), both).plan
            assert read is not None
            assert [n.owner for n in read.notes] == ["A"]


def test_one_that_cannot_be_read_does_not_end_the_run(file, tmp_path):
    (tmp_path / "plan.xlsx").write_bytes(b"broken")
    with collected(file) as evidence:
        found = evaluate(library(), evidence)
    assert found.plan is None
    assert any("plan.xlsx" in line for line in said(found))
    [told] = [s for s in found.sources if s.source == "action-plan"]
    assert told.status == "failed"
    assert "plan.xlsx" in told.detail


def test_the_workbook_over_time_is_read_where_no_other_is_named(file, tmp_path):
    file.write_text(file.read_text("utf-8").partition("[report]")[0], "utf-8")
    with collected(file) as evidence:
        assert evaluate(library(), evidence).plan is None
    folder = tmp_path / "contoso.history"
    folder.mkdir()
    write_rows(folder / "contoso.xlsx", [["Id", "Owner"], ["dns.cmg-cname", "A"]])
    with collected(file) as evidence:
        read = evaluate(library(), evidence).plan
    assert read is not None
    assert read.notes == (note("dns.cmg-cname", "A"),)


def test_the_list_of_steps_tells_it_too(tmp_path, capsys):
    found = sample(3, mix=("fail",))
    notes = tuple(note(f.id, "M. Huber", BEFORE, "running") for f in found.findings)
    path = tmp_path / "results.json"
    path.write_bytes(to_json(msgspec.structs.replace(found, plan=PlanRead("p.xlsx", notes))))
    assert cli.run(["plan", str(path), "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert {step["owner"] for step in listed["steps"]} == {"M. Huber"}
    assert all(step["overdue"] for step in listed["steps"])
    assert cli.run(["plan", str(path)]) == 0
    assert "Overdue: step 1 (M. Huber, 2026-11-01)." in capsys.readouterr().err
