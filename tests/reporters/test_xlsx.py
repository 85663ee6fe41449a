"""report.xlsx: every finding, no formula from a stranger, real tables, the same bytes again."""

import json
import re
import shutil
import subprocess
import zipfile
from datetime import datetime
from xml.etree import ElementTree as ET

import msgspec
import openpyxl
import pytest

from assess.discover import language
from assess.language import speaking
from assess.model import Status
from assess.reporters.workbook.write import write_workbook
from assess.results import TableOf
from samples import FIVE, HOSTILE, catalogue
from samples import sample as sample_results


def sample(size=None, **options):
    """Sample results with two long lists."""
    results = sample_results(size, **options)
    lists = tuple(TableOf(f"users-{n}", f.id, 3) for n, f in enumerate(results.findings[:2]))
    return msgspec.structs.replace(results, tables=lists)


MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def users(folder, name, count):
    with (folder / f"{name}.ndjson").open("w", encoding="utf-8") as file:
        for number in range(count):
            row = {"user": f"=cmd|'{number}", "found": "a@corp.local", "proposed": "a@contoso.com", "rule": "+x"}
            file.write(json.dumps(row) + "\n")


def written(tmp_path, results, *, rows=3):
    for table in results.tables:
        users(tmp_path, table.name, rows)
    target = tmp_path / "report.xlsx"
    write_workbook(results, catalogue(), tmp_path, target)
    return target


def test_every_finding_stands_in_the_workbook(tmp_path):
    results = sample(scenarios=FIVE)
    book = openpyxl.load_workbook(written(tmp_path, results), read_only=True)
    assert book.sheetnames == [
        "Summary", "Findings", "Expires", "Action plan", "Users", "Not assessed", "Traceability", "Evidence",
        "Sources",
    ]  # fmt: skip
    rows = list(book["Findings"].iter_rows(min_row=2, values_only=True))
    assert {row[-1] for row in rows} == {finding.id for finding in results.findings}
    words = [str(row[0]).split(" ", 1)[1] for row in rows]
    order = ["Fail", "Unknown", "Warn", "Confirm", "Pass", "N/A"]
    assert words == sorted(words, key=order.index)
    assert {word for word in words if word != "Pass"} <= set(order)


def test_counts_on_the_summary_are_those_of_the_results(tmp_path):
    results = sample()
    sheet = openpyxl.load_workbook(written(tmp_path, results))["Summary"]
    for row, verdict in zip(sheet.iter_rows(min_row=6, max_row=7, values_only=True), results.verdicts, strict=True):
        assert row[2] == verdict.score
        assert row[3:9] == tuple(verdict.counts[status.value] for status in Status)


@pytest.mark.parametrize("hostile", [False, True])
def test_no_text_is_a_formula(tmp_path, hostile):
    target = written(tmp_path, sample(400, hostile=hostile))
    with zipfile.ZipFile(target) as parts:
        for name in parts.namelist():
            assert not name.startswith("/")
            if name.startswith("xl/worksheets/sheet"):
                tree = ET.fromstring(parts.read(name))
                assert tree.find(f".//{MAIN}f") is None, f"a formula in {name}"
            elif name.endswith((".xml", ".rels")):
                ET.fromstring(parts.read(name))


def test_what_begins_like_a_formula_stays_text_when_it_is_edited(tmp_path):
    book = openpyxl.load_workbook(written(tmp_path, sample(400, hostile=True)))
    seen = 0
    for sheet in book:
        for row in sheet.iter_rows():
            for cell in row:
                if isinstance(cell.value, str) and cell.value.startswith(("=", "+", "-", "@")):
                    assert cell.data_type in {"s", "inlineStr"}
                    assert cell.quotePrefix
                    seen += 1
    assert seen > len(HOSTILE)


def test_dates_are_dates_and_numbers_numbers(tmp_path):
    sheet = openpyxl.load_workbook(written(tmp_path, sample()))["Findings"]
    heads = [cell.value for cell in sheet[1]]
    read_at = [sheet.cell(row, heads.index("Read at (UTC)") + 1) for row in range(2, sheet.max_row + 1)]
    assert any(isinstance(cell.value, datetime) for cell in read_at)
    until = [sheet.cell(row, heads.index("Waived until") + 1).value for row in range(2, sheet.max_row + 1)]
    assert any(value is not None for value in until)


def test_tables_filters_frozen_heads_and_links(tmp_path):
    book = openpyxl.load_workbook(written(tmp_path, sample()))
    findings = book["Findings"]
    assert findings.freeze_panes == "C2"
    assert findings.tables["FindingsTable"].ref == findings.dimensions
    assert findings.tables["FindingsTable"].autoFilter.ref == findings.dimensions
    assert findings.conditional_formatting
    assert findings.print_title_rows == "$1:$1"
    links = [cell.hyperlink.location for row in book["Summary"].iter_rows() for cell in row if cell.hyperlink]
    assert links
    for location in links:
        [(sheet, row)] = re.findall(r"^'([^']+)'!A(\d+)$", str(location))
        assert book[sheet].cell(int(row), 1).value is not None
    with zipfile.ZipFile(tmp_path / "report.xlsx") as parts:
        assert "xl/charts/chart1.xml" in parts.namelist()


def test_long_lists_are_sheets(tmp_path):
    results = sample()
    book = openpyxl.load_workbook(written(tmp_path, results, rows=5), read_only=True)
    rows = list(book["Users"].iter_rows(values_only=True))
    assert rows[0] == ("finding", "user", "found", "proposed", "rule")
    assert len(rows) == 1 + 5 * len(results.tables)
    assert rows[1][1] == "=cmd|'0"


def test_a_list_that_is_not_at_hand_is_left_out(tmp_path):
    target = tmp_path / "report.xlsx"
    write_workbook(sample(), catalogue(), tmp_path / "none", target)
    assert "Users" not in openpyxl.load_workbook(target, read_only=True).sheetnames


def test_the_same_results_make_the_same_bytes(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    first, second = written(tmp_path / "a", sample()), written(tmp_path / "b", sample())
    assert first.read_bytes() == second.read_bytes()
    assert [path.name for path in (tmp_path / "a").glob("*.draft")] == []


def test_rows_are_as_high_as_their_texts_and_stay_free_to_grow(tmp_path):
    with zipfile.ZipFile(written(tmp_path, sample(scenarios=FIVE))) as book:
        rows = ET.fromstring(book.read("xl/worksheets/sheet2.xml")).iter(f"{MAIN}row")
    first = list(rows)[1]
    assert float(first.get("ht", "0")) > 15
    assert float(first.get("ht", "0")) % 15 == 0
    assert first.get("customHeight") is None  # else no office program fits it again


def test_no_findings_at_all(tmp_path):
    book = openpyxl.load_workbook(written(tmp_path, sample(0)))
    assert book["Findings"].max_row == 1


@pytest.mark.server
def test_an_office_program_opens_it(tmp_path):
    """LibreOffice ends with 0 even for what it cannot load, so the files it writes are looked at."""
    with speaking(language("de")):
        german = written(tmp_path, sample(60)).rename(tmp_path / "bericht.xlsx")
    target = written(tmp_path, sample(300, hostile=True))
    office = shutil.which("soffice")
    assert office, "libreoffice-calc-nogui is not installed: make test installs it"
    subprocess.run(
        [office, f"-env:UserInstallation=file://{tmp_path}/office", "--headless", "--convert-to", "csv",
         "--outdir", str(tmp_path / "out"), str(target), str(german)],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    assert (tmp_path / "out" / "report.csv").stat().st_size > 100
    assert b"Szenario,Urteil,Punktzahl," in (tmp_path / "out" / "bericht.csv").read_bytes()
