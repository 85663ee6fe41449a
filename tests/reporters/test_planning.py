"""The road to ready and the option choice in every report: whole, in words, and safe."""

import io
import re
from xml.etree import ElementTree as ET

import msgspec
import openpyxl
import pypdf
import pytest

from assess.model import Status
from assess.options import Fit
from assess.plan.road import Band
from assess.reporters import html, pdf, planchart
from assess.reporters.planning import choice_of, days, hours
from assess.reporters.tokens import PRINT
from assess.reporters.view import view
from assess.reporters.workbook.write import write_workbook
from assess.results import Results
from assess.results.options import options_of
from samplechecks import engagement
from samples import FIVE, HOSTILE, catalogue, sample

PLANNED = engagement(
    planning={
        "required_capabilities": ["device.wipe", "monitoring.ssrs", "device.platform-policies"],
        "chosen_option": "mdm-office-365", "accepted_constraints": ["o365.no-network"],
    }
)  # fmt: skip


def results(size: int | None = None, **more) -> Results:
    return msgspec.structs.replace(sample(size, **more), options=options_of(PLANNED))


def test_every_open_finding_is_in_the_plan_and_in_each_report(tmp_path):
    found = results(scenarios=FIVE)
    shown = view(found, catalogue())
    planned = [name for row in shown.plan.rows for name in row.ids]
    wanted = [c.id for c in shown.cards if c.status in (
        Status.FAIL, Status.WARN, Status.UNKNOWN, Status.MANUAL) and not c.waiver]  # fmt: skip
    assert sorted(planned) == sorted(wanted)
    page = html.render(found, library_catalogue=catalogue()).decode()
    assert page.count("<tr><td>") >= len(shown.plan.rows)
    write_workbook(found, catalogue(), tmp_path, tmp_path / "r.xlsx")
    book = openpyxl.load_workbook(tmp_path / "r.xlsx")
    sheet = book["Action plan"]
    heads = [cell.value for cell in sheet[1]]
    rows = list(sheet.iter_rows(min_row=2, values_only=True))
    assert [row[0] for row in rows] == [row.number for row in shown.plan.rows]
    assert {row[heads.index("State")] for row in rows} == {"open"}
    assert {row[heads.index("Owner")] for row in rows} == {None}
    assert sheet.data_validations.dataValidation[0].formula1 == '"open,running,done,accepted"'
    assert "ActionPlanTable" in sheet.tables
    assert sheet["B2"].hyperlink.location.startswith("'Findings'!A")


def test_the_pdf_has_the_plan_and_the_options_as_chapters():
    found = results()
    read = pypdf.PdfReader(io.BytesIO(pdf.render(found, library_catalogue=catalogue())))
    titles = [str(entry["/Title"]) for entry in read.outline if not isinstance(entry, list)]
    assert titles.index("The road to ready") < titles.index("Findings by area")
    assert titles.index("Findings by area") < titles.index("Which option fits")
    text = " ".join(" ".join(page.extract_text().split()) for page in read.pages)
    shown = view(found, catalogue())
    assert shown.plan.lede in text
    assert all(row.what in text for row in shown.plan.rows)
    assert "MDM for Office 365 (chosen)" in text


@pytest.mark.parametrize("size", [10, 140, 1000])
def test_a_chart_is_well_formed_and_of_a_bounded_size(size):
    plan = view(sample(size, hostile=True, scenarios=FIVE), catalogue()).plan
    for title, steps in planchart.drawn(plan.way):
        assert 0 < len(steps) <= planchart.MOST
        assert title == "" or title.startswith(("Now", "Next"))
        svg = planchart.chart(steps, plan, PRINT, "Source Sans 3")
        tree = ET.fromstring(str(svg))
        assert not [e for e in tree.iter() if e.tag.rpartition("}")[2] in {"script", "image", "a"}]
        numbers = [float(n) for n in re.findall(r'(?<= )(?:x|y|width|height)="(-?[\d.]+)"', str(svg))]
        assert all(0 <= number <= 2000 for number in numbers)


def test_nothing_needed_is_no_chart_and_nothing_open_no_chapter():
    later = sample(scenarios=FIVE, mix=("pass", "warn"))
    plan = view(later, catalogue()).plan
    assert {step.band for step in plan.way.steps} == {Band.LATER}
    assert planchart.drawn(plan.way) == []
    assert plan.lede.endswith("none of them is required for a start.")
    ready = sample(mix=("pass",))
    assert view(ready, catalogue()).plan.rows == ()
    assert 'id="plan"' not in html.render(ready, library_catalogue=catalogue()).decode()


def test_hostile_texts_of_steps_stay_texts():
    page = html.render(results(hostile=True), library_catalogue=catalogue()).decode()
    assert not re.search(r"<(script|img)(?! nonce)[^>]*>alert", page)
    assert HOSTILE[0] not in page


def test_the_options_stand_side_by_side(tmp_path):
    found = results()
    choice = choice_of(found)
    assert choice is not None
    assert [side.word for side in choice.sides] == ["does not fit", "does not fit", "retired"]
    assert [side.chosen for side in choice.sides] == [False, True, False]
    assert choice.lede.endswith("Chosen is MDM for Office 365: does not fit.")
    assert [len(side.accepted) for side in choice.sides] == [0, 1, 0]
    write_workbook(found, catalogue(), tmp_path, tmp_path / "r.xlsx")
    rows = list(openpyxl.load_workbook(tmp_path / "r.xlsx")["Options"].iter_rows(values_only=True))
    assert rows[0][2:] == tuple(side.title for side in choice.sides)
    assert rows[3][2:] == ("● Fail: no", "● Fail: no", "○ Pass: yes")
    assert choice_of(sample()) is None
    assert Fit.RETIRED.value in html.render(found, library_catalogue=catalogue()).decode()


@pytest.mark.parametrize(
    ("value", "text"), [(0.5, "30 min"), (2, "2 h"), (8, "1 day"), (12, "1.5 days")]
)
def test_hours_in_words(value, text):
    assert hours(value) == text


@pytest.mark.parametrize(("value", "text"), [(0.5, "half a day"), (1, "1 day"), (3, "3 days")])
def test_days_in_words(value, text):
    assert days(value) == text
