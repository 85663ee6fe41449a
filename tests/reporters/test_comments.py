"""The assessor's comments and covering letter: from the engagement file into every format."""

import csv
import io
import json
import zipfile
from xml.etree import ElementTree as ET

import openpyxl
import pypdf
import pytest

from assess import recording
from assess.discover import library
from assess.engagement import Engagement, load
from assess.errors import EngagementError
from assess.job import told
from assess.recording import Recording
from assess.reporters import REPORTERS, write_report
from assess.results import evaluate, from_json, schema, to_json
from samplechecks import NOW

ENGAGEMENT = """\
[engagement]
name = "contoso"
scenarios = ["co-management-internet"]
[tenant]
public_domains = ["contoso.com", "contoso.de"]
[report]
letter = "letter.md"
[comments]
"dns.enterprise-enrollment-cname" = { text = "The zone moves in May.", by = "N. Weber" }
"dns.enterprise-enrollment-cname[contoso.de]" = { text = "Not used for mail.", by = "A. Meyer" }
"cert.nothing" = { text = "Lost.", by = "A. Meyer" }
"""
LETTER = "# Dear Ms Meyer\n\nwe looked at **your** tenant.\n"
REQUIREMENT = "dns.enterprise-enrollment-cname"


@pytest.fixture
def file(tmp_path):
    (tmp_path / "letter.md").write_text(LETTER, encoding="utf-8")
    path = tmp_path / "contoso.toml"
    path.write_text(ENGAGEMENT, encoding="utf-8")
    return path


@pytest.fixture
def found(file):
    with Recording(load(file), as_of=NOW, started_at=NOW, finished_at=NOW) as evidence:
        return evaluate(library(), evidence)


def test_a_finding_bears_its_own_comment_before_that_of_its_requirement(found):
    said = {f.id: f.comment for f in found.findings if f.comment is not None}
    assert {name: one.text for name, one in said.items()} == {
        f"{REQUIREMENT}[contoso.com]": "The zone moves in May.",
        f"{REQUIREMENT}[contoso.de]": "Not used for mail.",
    }
    assert {one.by for one in said.values()} == {"N. Weber", "A. Meyer"}
    assert found.letter == LETTER


def test_a_comment_that_no_finding_bears_is_pointed_out(found):
    assert found.unplaced == ("cert.nothing",)
    assert any("cert.nothing" in line for line in told(found))


def test_a_comment_changes_no_status(file, found):
    with Recording(load(file), as_of=NOW, started_at=NOW, finished_at=NOW) as evidence:
        bare = Engagement(evidence.engagement.file, evidence.engagement.values)
        evidence.engagement = bare
        without = evaluate(library(), evidence)
    assert [f.status for f in without.findings] == [f.status for f in found.findings]
    assert without.verdicts == found.verdicts


def test_the_evidence_file_holds_them(file, found, tmp_path):
    with Recording(load(file), as_of=NOW, started_at=NOW, finished_at=NOW) as evidence:
        recording.write(evidence, tmp_path / "evidence.zip", tool="assess")
    with recording.read(tmp_path / "evidence.zip") as again:
        assert evaluate(library(), again) == found


def test_an_evidence_file_from_before_there_were_any_is_read():
    data = Engagement(
        "a.toml", {"engagement.name": "a", "engagement.scenarios": ["hybrid-mdm"]}
    ).public()
    del data["comments"], data["letter"]
    assert Engagement.from_public(data).comments == {}


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ('text = "Lost.", ', "", r'\[comments\] "cert.nothing" does not say: text'),
        ('"A. Meyer" }', '"A. Meyer", on = 1 }', "on is not known here; known are text, by"),
        ('{ text = "Lost.", by = "A. Meyer" }', '"Lost."', "is a table"),
        ('"Lost."', '"' + "x" * 2001 + '"', "longer than 2,000 characters"),
        ('"letter.md"', '"none.md"', r"report.letter: none.md: No such file"),
        ('"letter.md"', '"big.md"', "longer than 20,000 characters"),
        ('"letter.md"', '"binary.md"', "not UTF-8"),
    ],
)
def test_what_is_wrong_is_named(file, before, after, told):
    file.write_text(ENGAGEMENT.replace(before, after), encoding="utf-8")
    (file.parent / "big.md").write_text("ä" * 20_001, encoding="utf-8")
    (file.parent / "binary.md").write_bytes(b"\xff\xfe")
    with pytest.raises(EngagementError, match=told):
        load(file)


def test_results_hold_them_by_their_schema(found):
    made = json.loads(to_json(found))
    assert made["letter"] == LETTER
    assert from_json(to_json(found)) == found
    assert {"letter", "unplaced"} <= set(schema()["$defs"]["Results"]["required"])


def _text(name, path):
    match name:
        case "pdf":
            return " ".join(page.extract_text() for page in pypdf.PdfReader(path).pages)
        case "xlsx":
            book = openpyxl.load_workbook(path)
            return " ".join(str(v) for sheet in book for row in sheet.values for v in row if v)
        case _:
            return path.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", sorted(set(REPORTERS) - {"ics"}))
def test_every_format_shows_them(found, tmp_path, name):
    target = tmp_path / f"report.{name}"
    write_report(name, found, library().catalogue, tmp_path, target)
    text = " ".join(_text(name, target).split())
    for said in ("The zone moves in May.", "Not used for mail.", "N. Weber", "A. Meyer"):
        assert said in text
    if name in ("html", "pdf", "xlsx", "json", "md"):
        assert "Dear Ms Meyer" in text
        assert "tenant" in text
    match name:
        case "csv":
            rows = csv.DictReader(io.StringIO(target.read_text(encoding="utf-8-sig")))
            assert {row["comment_by"] for row in rows} == {"", "N. Weber", "A. Meyer"}
        case "junit":
            assert ET.parse(target).getroot() is not None
        case "xlsx":
            assert zipfile.is_zipfile(target)
        case "pdf":
            reader = pypdf.PdfReader(target)
            assert "Dear Ms Meyer" in reader.pages[1].extract_text()
            titles = [item.title for item in reader.outline if not isinstance(item, list)]
            assert titles[:2] == ["Covering letter", "Executive summary"]
        case _:
            pass
