"""What reports say of time: changes, ages, expiries, waivers, and the calendar."""

import io
import re
from datetime import date, timedelta
from typing import Any

import msgspec
import pypdf
import pytest
from openpyxl import load_workbook

import samples
from assess.history.changes import kept_run, past_of
from assess.model import Ends, Fail, Pass, Status, Warn, worst
from assess.reporters import html, pdf
from assess.reporters.expiries import calendar, expiries
from assess.reporters.past import past
from assess.reporters.plain import to_markdown
from assess.reporters.workbook.write import write_workbook
from assess.results import EndOf, WaiverOf, from_json, to_json
from assess.waivers import WaiverNote, WaiverState

TODAY = samples.AS_OF.date()


def grown(weeks=6, hostile=False, size=60):
    """Results of the last of some weekly runs, with all that there is to say of time."""
    runs: list[Any] = []
    found = samples.sample(0)
    for week in range(weeks):
        found = samples.sample(size, hostile=hostile, started=samples.AS_OF + timedelta(weeks=week))
        statuses = [Status.FAIL, Status.PASS, Status.UNKNOWN, Status.WARN]
        findings = tuple(
            msgspec.structs.replace(f, status=statuses[(number + week) % 4], remediation=("Mend it.",)) if number % 5 == 0 else f
            for number, f in enumerate(found.findings)
        )
        text = samples.HOSTILE[week] if hostile else f"Certificate {week}"
        ends = tuple(EndOf(f"{text} {n}", TODAY + timedelta(days=20 * n)) for n in range(week * 4))
        findings = (msgspec.structs.replace(findings[0], ends=ends), *findings[1:])
        found = msgspec.structs.replace(found, findings=findings)
        run, kept = kept_run(found, "builtin 1.0")
        baseline = ("kick-off", runs[0][0].name) if runs else None
        found = msgspec.structs.replace(found, past=past_of(runs, run, kept, baseline))
        runs.append((run, kept))
    note = WaiverNote(
        WaiverState.ENDING, "cert.cmg-san", samples.HOSTILE[0] if hostile else "cmg.contoso.com", "a new one is ordered",
        "A. Meyer", TODAY + timedelta(days=9), "Ends on 2026-11-29, in 9 days. Mend what it is for, or renew it.",
    )  # fmt: skip
    return msgspec.structs.replace(found, waivers=(note,), partial="--skip dns.*")


@pytest.fixture(scope="module")
def results():
    return grown()


@pytest.fixture(scope="module")
def told(results):
    return past(results, samples.catalogue())


def test_it_is_kept_in_results_json(results):
    assert from_json(to_json(results)) == results


def test_the_words(results, told):
    last, baseline = told.compared
    assert last.title == "Since the last run"
    assert last.moment == "18 Dec 2026, 21:10 UTC"
    assert baseline.title == "Since the baseline kick-off"
    assert re.fullmatch(r"Of the findings (\w+ (is|are|got|could|a)[^.]*)+\.", last.in_words)
    assert {row.kind for row in last.rows} <= {"New", "Worse", "Fixed", "Better", "Not measured", "Gone"}
    assert {row.kind for row in last.rows} >= {"New", "Fixed"}
    assert all(row.since for row in last.rows if row.kind in {"New", "Worse"})
    opened = [f for f in results.findings if f.status not in {Status.PASS, Status.NOT_APPLICABLE}]
    assert len(told.ages) == len(opened)
    assert [age.on for age in told.ages] == sorted(age.on for age in told.ages)
    assert [trend.scenario for trend in told.trends] == list(samples.TWO)
    assert all(len(trend.points) == 6 for trend in told.trends)


def test_what_is_over_or_near_is_marked(told):
    assert [one.on for one in told.endings] == sorted(one.on for one in told.endings)
    by_left = {one.left: one.status for one in told.endings}
    assert by_left["over"] is Status.FAIL
    assert by_left["five days"] is Status.WARN
    assert Status.PASS in by_left.values()


def test_html_says_it(results):
    text = html.render(results, library_catalogue=samples.catalogue()).decode()
    section = text.partition('<section id="changes">')[2].partition("</section>")[0]
    for words in ("Since the last run", "Since the baseline kick-off", "Open the longest", "What expires next",
                  "Accepted risks to look at again", "Score over time", "--skip dns.*", "cert.<wbr>cmg-<wbr>san"):  # fmt: skip
        assert words in section
    assert '<a href="#changes">' in text
    aged = past(results, samples.catalogue()).aged
    assert len(aged) > 10
    assert len(re.findall(r"Open since \d", text)) == len(aged), "each open finding says its age"
    assert section.count('class="trend"') == 2


def plain(found):
    """The same without an accepted risk, which is the one thing in a sample that ends."""
    return msgspec.structs.replace(found, findings=tuple(msgspec.structs.replace(f, waiver=None) for f in found.findings))


def test_without_history_html_says_nothing():
    text = html.render(plain(samples.sample()), library_catalogue=samples.catalogue()).decode()
    assert 'id="changes"' not in text
    assert "#changes" not in text.partition("<script>")[0].partition("</style>")[2]


def test_pdf_says_it_on_one_page():
    results = grown(size=20)
    pages = pypdf.PdfReader(io.BytesIO(pdf.render(results, library_catalogue=samples.catalogue()))).pages
    texts = [" ".join(page.extract_text().split()) for page in pages]
    assert any("Open since 20 Nov 2026, 35 days." in text for text in texts)
    [page] = [text for text in texts if "Since the last run, 18 Dec 2026" in text]
    for words in ("Since the baseline kick-off", "What expires next.", "Accepted risks to look at again."):
        assert words in page


def test_markdown_says_it(results, told):
    lines = to_markdown(results, samples.catalogue()).decode().splitlines()
    for words in ("## Since the last run, 18 Dec 2026, 21:10 UTC", "## What expires next", "## Accepted risks to look at again"):
        assert words in lines
    assert sum(line.startswith("- **New** (") for line in lines) >= 1
    assert sum("(over): Certificate" in line for line in lines) == 2
    assert "## What expires next" not in to_markdown(plain(samples.sample()), samples.catalogue()).decode()


def test_xlsx_has_its_sheets(results, told, tmp_path):
    write_workbook(results, samples.catalogue(), tmp_path, tmp_path / "report.xlsx")
    book = load_workbook(tmp_path / "report.xlsx")
    assert {"Changes", "Open since", "Expires", "Waivers"} <= set(book.sheetnames)
    assert book["Changes"].max_row == 1 + sum(len(one.rows) for one in told.compared)
    assert book["Open since"].max_row == 1 + len(told.ages)
    assert book["Expires"].max_row == 1 + len(told.endings)
    assert isinstance(book["Expires"]["A2"].value.date(), date)


def test_hostile_texts_stay_texts(tmp_path):
    hostile = grown(weeks=3, hostile=True, size=40)
    text = html.render(hostile, library_catalogue=samples.catalogue()).decode()
    section = text.partition('<section id="changes">')[2].partition("</section>")[0]
    for attack in samples.HOSTILE[:4]:
        assert attack not in section
    assert "<script" not in section
    write_workbook(hostile, samples.catalogue(), tmp_path, tmp_path / "report.xlsx")
    book = load_workbook(tmp_path / "report.xlsx")
    for name in ("Changes", "Open since", "Expires", "Waivers"):
        assert not [c for row in book[name].iter_rows() for c in row if c.data_type == "f"]
    pdf.render(hostile, library_catalogue=samples.catalogue())


# -- the calendar --


def unfolded(data):
    return data.decode().replace("\r\n ", "").split("\r\n")


def test_the_calendar(results):
    results = plain(results)
    data = calendar(results)
    assert data == calendar(results)
    lines = unfolded(data)
    assert (lines[0], lines[-2], lines[-1]) == ("BEGIN:VCALENDAR", "END:VCALENDAR", "")
    assert lines.count("BEGIN:VEVENT") == lines.count("END:VEVENT") == len(expiries(results)) == 20
    assert lines.count("BEGIN:VALARM") == 60
    identities = [line for line in lines if line.startswith("UID:")]
    assert len(set(identities)) == 20
    assert f"DTSTART;VALUE=DATE:{TODAY + timedelta(days=20):%Y%m%d}" in lines
    assert f"DTEND;VALUE=DATE:{TODAY + timedelta(days=21):%Y%m%d}" in lines
    assert all(len(line.encode()) <= 75 for line in data.decode().split("\r\n"))
    later = msgspec.structs.replace(results, as_of=results.as_of + timedelta(days=7))
    assert [line for line in unfolded(calendar(later)) if line.startswith("UID:")] == identities


def test_an_accepted_risk_ends_once_however_many_findings_it_is_laid_over():
    waiver = WaiverOf("a new one is ordered", "A. Meyer", TODAY + timedelta(days=9))
    first, second, third = samples.sample(3).findings
    both = tuple(msgspec.structs.replace(f, requirement="cert.cmg-san", waiver=waiver, ends=()) for f in (first, second))
    found = msgspec.structs.replace(samples.sample(3), findings=(*both, msgspec.structs.replace(third, waiver=None, ends=())))
    [one] = expiries(found)
    assert (one.on, one.what, one.days) == (waiver.until, "Accepted risk of cert.cmg-san, by A. Meyer", 9)
    assert one.findings == (first.id, second.id)
    assert b"Accepted risk of cert.cmg-san\\, by A. Meyer expires" in calendar(found)


def test_no_text_gets_out_of_its_line_of_the_calendar():
    attack = "a\r\nATTACH:http://evil.test\nBEGIN:VALARM;,\\ " + "日本語" * 40
    found = samples.sample(3)
    ends = (EndOf(attack, TODAY), EndOf(attack, TODAY))
    found = msgspec.structs.replace(
        found, findings=tuple(msgspec.structs.replace(f, ends=ends) for f in found.findings)
    )
    data = calendar(found)
    lines = unfolded(data)
    assert lines.count("BEGIN:VEVENT") == 1
    assert not [line for line in lines if line.startswith("ATTACH")]
    assert all(len(line.encode()) <= 75 for line in data.decode().split("\r\n"))
    [summary] = [line for line in lines if line.startswith("SUMMARY:")]
    assert r"\nBEGIN:VALARM\;\,\\" in summary
    assert "日本語" * 40 in summary


def test_without_ends_it_is_an_empty_calendar():
    assert unfolded(calendar(samples.sample(0)))[-2] == "END:VCALENDAR"


def test_ends_of_every_part_are_kept_whatever_decides():
    first, second = Ends("the certificate", TODAY), Ends("its issuer", TODAY)
    fine = Pass("a", "fine", ends=(first,))
    assert worst([fine, Fail("a", "x", "y")]).ends == (first,)
    assert worst([fine, Warn("a", "x", "y", ends=(second,)), Warn("a", "x", "z", ends=(second,))]).ends == (first, second)
