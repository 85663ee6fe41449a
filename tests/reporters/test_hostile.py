"""One malformed or hostile value damages no format: from a source, and from a stranger's file."""

import csv
import gzip
import io
import json
import re
import zipfile
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from typing import Annotated
from xml.etree import ElementTree as ET

import jsonschema
import msgspec
import openpyxl
import pypdf
import pytest

import samples
from assess.catalogue import Catalogue, Document
from assess.check import Outcomes, Rows, Scenario, check
from assess.discover import Library
from assess.errors import RecordingError
from assess.model import Ends, Fail, Pass
from assess.reporters import REPORTERS, write_report
from assess.results import CommentOf, Reference, evaluate, from_json, schema, to_json
from samplechecks import recording, requirement

SCHEMAS = Path(__file__).parents[1] / "support" / "schemas"
VALUES = {
    "markup": "</script><script>alert(1)</script><img src=x onerror=alert(2)>\"'><!--]]>",
    "formula": '=HYPERLINK("http://evil.test","x")',
    "command": "+cmd|' /C calc'!A0\r\n@SUM(1)",
    "right to left": "\u202egnp.exe\u2066a\u2069\u200f\ufeff",
    "100 kB": "x" * 100_000,
    "100 kB of words": "Wort \U0001f525 " * 16_000,
    "lone surrogate": "a\ud800b\udfffc",
    "controls": "a\x00b\x08c\x1bd\x7fe\x85f\ufffe\uffff",
    "template": "{{ 7 * 7 }}{% for x in y %}${a} %s %(x)s {0} \\u003c",
    "error of Excel": "#N/A",
    "calendar": "a\r\nBEGIN:VEVENT\r\nSUMMARY:evil\r\n;,\\",
    "Markdown": "](javascript:alert(1)) ![x](http://evil.test/x.png) | **b** `c`\n# head\n- item",
    "nothing": "",
    "blank": " \t\n",
}


@check("tower.height")
def spoilt(scenario: Annotated[str, Scenario()]) -> Outcomes:
    """Say every value in every place."""
    for number, value in enumerate(VALUES.values()):
        yield Fail(
            value or None, value, value, remedy=(value or "-",), summary=value,
            rows=Rows(("user", "found"), ({"user": value, "found": value} for _ in range(3))),
            ends=(Ends(value, date(2026, 12, 1)),),
        )  # fmt: skip
        yield Pass(f"{number}{value}", value or "-", value)


LIBRARY = Library(
    Catalogue(
        {"tower.height": requirement(remediation=("Build {subject}.",))}, {"tower": "Towers"},
        {"hybrid-mdm": "Hybrid", "co-management-pki": "PKI"}, {"hybrid-mdm": Document("hybrid-mdm", "H", "2016", "retired")},
    ),
    {"tower.height": spoilt}, (),
)  # fmt: skip


def from_a_source():
    with recording() as evidence:
        found = evaluate(LIBRARY, evidence)
        tables = {path.name: path.read_bytes() for path in evidence.tables.iterdir()}
    return found, LIBRARY.catalogue, tables


def from_a_stranger():
    """A results file that no run has written: each text is another value."""
    values = [value for name, value in VALUES.items() if name != "lone surrogate"]
    plain = samples.sample(len(values), commented=True)

    def spoil(finding, value):
        return msgspec.structs.replace(
            finding, id=value, requirement=value, check=value, subject=value, scenarios=(value,),
            availability=value, title=value, summary=value, expected=value, observed=value,
            evidence=tuple(msgspec.structs.replace(e, source=value, location=value, value=value) for e in finding.evidence),
            remediation=(value,), references=(Reference(value, value, value, f"https://a.test/{value}"), Reference(value, "", "", value)),
            area=value, blocked_by=(value,), comment=CommentOf(value, value),
        )  # fmt: skip

    found = msgspec.structs.replace(
        plain,
        engagement=msgspec.structs.replace(
            plain.engagement, name="contoso", customer=VALUES["markup"], scenarios=(VALUES["formula"],),
            tenant=VALUES["right to left"], site=VALUES["controls"],
        ),
        tool=msgspec.structs.replace(plain.tool, name=VALUES["formula"], version=VALUES["markup"]),
        verdicts=tuple(msgspec.structs.replace(v, scenario=value, blockers=(value,)) for v, value in zip(plain.verdicts, values, strict=False)),
        findings=tuple(spoil(*pair) for pair in zip(plain.findings, values, strict=True)),
        tables=tuple(msgspec.structs.replace(t, name="../../../etc/passwd", finding=VALUES["formula"]) for t in plain.tables),
        sources=tuple(msgspec.structs.replace(s, source=VALUES["markup"], detail=VALUES["100 kB"]) for s in plain.sources),
        letter="\n\n".join(values), partial=VALUES["markup"], unplaced=tuple(values),
    )  # fmt: skip
    return from_json(to_json(found)), samples.catalogue(), {}


ORIGINS = {"a source": from_a_source, "a stranger": from_a_stranger}


class Page(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.seen = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.seen.append((tag, dict(attrs)))


def check_html(data, found):
    page = Page(data.decode())
    tags = [tag for tag, _ in page.seen]
    scripts = [attributes.get("type") for tag, attributes in page.seen if tag == "script"]
    assert scripts == ["application/json", None]
    assert not {"img", "iframe", "object", "base", "link", "form"} & set(tags) - {"form"}
    for _, attributes in page.seen:
        assert not [name for name in attributes if name.startswith("on") or name == "style"]
        assert re.match(r"#|https?://", attributes.get("href", "#"))
    assert tags.count("details") >= len(found.findings)


def check_pdf(data, found):
    reader = pypdf.PdfReader(io.BytesIO(data))
    assert len(reader.pages) > 5
    [inside] = reader.attachments["results.json"]
    assert from_json(inside) == found
    for page in reader.pages:
        for link in page.get("/Annots", []):
            assert link.get_object().get("/A", {}).get("/S") != "/JavaScript"


def check_xlsx(data, found):
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        assert all(re.fullmatch(r"[\w/.\[\]-]+", name) for name in parts.namelist())
        for name in parts.namelist():
            if name.endswith((".xml", ".rels")):
                ET.fromstring(parts.read(name))
    book = openpyxl.load_workbook(io.BytesIO(data))
    assert book["Findings"].max_row == len(found.findings) + 1
    for sheet in book:
        for row in sheet.iter_rows():
            for cell in row:
                assert cell.data_type not in ("f", "e"), (sheet.title, cell.coordinate)
                assert len(str(cell.value or "").encode("utf-16-le")) <= 2 * 32_767


def check_json(data, found):
    made = json.loads(data)
    jsonschema.validate(made, schema())
    assert len(made["findings"]) == len(found.findings)


def check_csv(data, found):
    rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    assert len(rows) == len(found.findings) + 1
    assert {len(row) for row in rows} == {len(rows[0])}
    assert not [c for row in rows for c in row if c.startswith(("=", "+", "-", "@", "\t", "\r"))]


def check_md(data, found):
    text = data.decode()
    assert not re.search(r"(?<!\\)<(?!https?:)", text)
    assert not re.search(r"(?<!\\)\]\((?!<https?:)", text)


def check_junit(data, found):
    suites = ET.fromstring(data)
    for suite in suites:
        assert int(suite.get("tests", "")) == len(suite)


def check_by(name):
    def valid(data, found):
        made = json.loads(data)
        shape = json.loads(gzip.decompress((SCHEMAS / name).read_bytes()))
        for one in made if isinstance(made, list) else [made]:
            jsonschema.validate(one, shape)
        told = made if isinstance(made, list) else made["runs"][0]["results"]
        assert len(told) == len(found.findings)

    return valid


def check_ics(data, found):
    text = data.decode()
    assert text.count("BEGIN:VEVENT\r\n") == text.count("END:VEVENT\r\n")
    assert "\r\nSUMMARY:evil" not in text
    assert all(re.match(r"[A-Z-]+[;:]| ", line) for line in text.split("\r\n")[:-1])


CHECKED = {
    "html": check_html, "pdf": check_pdf, "xlsx": check_xlsx, "json": check_json, "csv": check_csv,
    "md": check_md, "junit": check_junit, "sarif": check_by("sarif-2.1.0.json.gz"),
    "ocsf": check_by("ocsf-1.5.0-compliance-finding.json.gz"), "ics": check_ics,
}  # fmt: skip


def test_every_format_is_looked_at():
    assert set(CHECKED) == set(REPORTERS)


@pytest.fixture(scope="module", params=ORIGINS)
def made(request):
    return ORIGINS[request.param]()


@pytest.mark.parametrize("name", CHECKED)
def test_it_damages_no_format(made, name, tmp_path):
    found, catalogue, tables = made
    for table, data in tables.items():
        (tmp_path / table).write_bytes(data)
    target = tmp_path / f"report.{name}"
    write_report(name, found, catalogue, tmp_path, target)
    CHECKED[name](target.read_bytes(), found)
    assert {path.name for path in tmp_path.iterdir()} == {*tables, target.name}


def test_results_with_a_lone_surrogate_are_refused_with_a_reason():
    data = to_json(samples.sample(1)).replace(b'"customer": "Contoso"', b'"customer": "Con\\ud800"')
    assert b"ud800" in data
    with pytest.raises(RecordingError, match=r"results\.json is not a results file"):
        from_json(data)


def test_a_list_that_is_not_ours_any_more_costs_only_its_rows(tmp_path):
    found, catalogue, tables = from_a_source()
    for table, data in tables.items():
        (tmp_path / table).write_bytes(
            data + b'not JSON\n{"user": 5, "found": {"a": ["=1+1"]}}\n["a"]\n'
        )
    target = tmp_path / "report.xlsx"
    write_report("xlsx", found, catalogue, tmp_path, target)
    check_xlsx(target.read_bytes(), found)
    values = [v for row in openpyxl.load_workbook(target)["Users"].values for v in row]
    assert values.count("(this row of evidence.zip cannot be read)") == 2 * len(found.tables) > 0


def test_columns_that_are_not_ours_make_a_table_all_the_same(tmp_path):
    found, catalogue, tables = from_a_source()
    heads = {"": 1, "a": 2, "A": 3, "a\x00": 4, "a\x01": 5, "=1+1": 6, "y" * 400: 7, "b\nc": 8}
    for table in tables:
        (tmp_path / table).write_bytes(json.dumps(heads).encode() + b"\n")
    target = tmp_path / "report.xlsx"
    write_report("xlsx", found, catalogue, tmp_path, target)
    check_xlsx(target.read_bytes(), found)
    book = openpyxl.load_workbook(target)
    [sheet] = [sheet for sheet in book if sheet.title.startswith("List")]
    [table] = sheet.tables.values()
    names = [column.name for column in table.tableColumns]
    assert names == [cell.value for cell in sheet[1]]
    assert len({name.lower() for name in names}) == len(names) == 9
    assert all(0 < len(name) <= 255 for name in names)
