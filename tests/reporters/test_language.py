"""Every format speaks the language of the run; what machines read is the same in all."""

import csv
import io
import json
import re
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from openpyxl import load_workbook

import pasts
from assess.attesting.questions import questions
from assess.attesting.sheet import HEAD_WORDS, OURS, THEIRS, read_sheet, write_sheet
from assess.catalogue import Catalogue
from assess.discover import language, library
from assess.engagement import Engagement
from assess.history.changes import kept_run, past_of
from assess.history.shapes import Kind
from assess.language import ENGLISH, Language, speaking
from assess.model import Severity, Status, Verdict
from assess.notices import texts
from assess.notices.news import Item, Judged, News
from assess.options import Fit, Support
from assess.plan.noted import STATES, read_plan
from assess.reporters import expiries, ocsf, plain, sarif
from assess.reporters.workbook.overtime import extend
from assess.reporters.workbook.write import write_workbook
from assess.results import (
    ConstraintOf,
    EndOf,
    EvidenceLine,
    Finding,
    OptionOf,
    PlanNote,
    PlanRead,
    Results,
    SupportOf,
    TableOf,
)
from assess.waivers import WaiverNote, WaiverState
from pseudo import language as pseudo
from pseudo import unsaid
from samples import AS_OF, FIVE, catalogue, sample

GERMAN = language("de")
X = "XX"
# What stands in reports for programs, or is nobody's word: ids, sources, kinds of files.
MACHINES = frozenset({"UTC", "assess"})
NAMES = re.compile(r"\b[a-z]+(?:[.][a-z0-9-]+)+|\bxx[.]x+|\btables/[a-z0-9.-]+|" + "|".join(FIVE))


def told_in_x(finding: Finding, number: int) -> Finding:
    """The finding with every text that a check, a source or a person words as X."""
    return msgspec.structs.replace(
        finding,
        title=X, summary=X, expected=X, observed=X, subject=X if finding.subject else None,
        evidence=tuple(EvidenceLine(X, X, X, line.read_at) for line in finding.evidence),
        remediation=tuple(X for _ in finding.remediation),
        references=tuple(msgspec.structs.replace(r, section=X, step=X) for r in finding.references),
        waiver=finding.waiver and msgspec.structs.replace(finding.waiver, reason=X, by=X),
        comment=finding.comment and msgspec.structs.replace(finding.comment, text=X, by=X),
        commands=tuple(msgspec.structs.replace(one, text=X) for one in finding.commands),
        ends=(EndOf(X, date(2026, 11, 1 + number % 28)),) if number % 5 == 0 else (),
        id=f"xx.{'x' * (number + 2)}" if not finding.subject else f"xx.{'x' * (number + 2)}[{X}]",
    )  # fmt: skip


def whole() -> Results:
    """Results with something of everything that reports can say, all of it X."""
    found = sample(150, scenarios=FIVE, commented=True, customer=X)
    findings = tuple(told_in_x(one, number) for number, one in enumerate(found.findings))
    kinds = list(STATES)
    notes = tuple(
        PlanNote(one.id, X, date(2026, 11, 2), kinds[n % len(kinds)], X) for n, one in enumerate(findings[:12])
    )
    earlier = tuple(msgspec.structs.replace(one, status=Status.PASS) for one in findings[::2])
    weeks = [AS_OF - timedelta(weeks=n) for n in (2, 1)]
    runs = [
        kept_run(msgspec.structs.replace(found, findings=earlier, as_of=moment), "xx") for moment in weeks
    ]
    run, kept = kept_run(msgspec.structs.replace(found, findings=findings), "xx")
    said = tuple(SupportOf("xx", X, X, one, "xx", X) for one in Support)
    limits = (ConstraintOf("xx", X, X, True), ConstraintOf("xx", X, X, False))
    return msgspec.structs.replace(
        found,
        findings=findings,
        engagement=msgspec.structs.replace(found.engagement, tenant=None, site=None),
        sources=tuple(msgspec.structs.replace(s, source=X, detail=X) for s in found.sources),
        tables=(TableOf("xx", findings[0].id, 3),),
        waivers=tuple(WaiverNote(s, "xx.x", X, X, X, date(2026, 12, 1), X) for s in WaiverState),
        past=past_of(runs, run, kept, ("xx", runs[0][0].name)),
        options=tuple(OptionOf("xx", X, X, X, n == 0, fit, said, limits) for n, fit in enumerate(Fit)),
        letter=X,
        plan=PlanRead("xx", notes, (X,)),
        privacy="pseudonymised",
    )


@pytest.fixture(scope="module")
def spoken() -> tuple[Results, Catalogue]:
    """Results in X, and the catalogue in brackets."""
    with speaking(pseudo()):
        return whole(), library().catalogue


def left(text: str, *more: str) -> set[str]:
    """Words that nobody looked up; X, ids, names of files and of scenarios aside."""
    said = unsaid(NAMES.sub(" ", text))
    return {word for word in said if word.strip("Xx") and word not in MACHINES.union(more)}


def test_markdown(spoken: tuple[Results, Catalogue]) -> None:
    with speaking(pseudo()):
        text = plain.to_markdown(*spoken).decode()
    assert left(text) == set()
    assert len(text) > 10_000
    assert left(plain.to_markdown(*spoken).decode()) >= {"Verdict", "Confirm"}, "it tells what is English"


def test_csv(spoken: tuple[Results, Catalogue]) -> None:
    with speaking(pseudo()):
        heads, *rows = csv.reader(io.StringIO(plain.to_csv(*spoken).decode("utf-8-sig")))
    assert heads[:3] == ["id", "status", "severity"]
    for row in rows:
        said = dict(zip(heads, row, strict=True))
        assert said["status"] in set(Status)
        assert not left(" ".join(said[name] for name in ("area", "title", "found", "expected", "remedy", "waiver")))


def test_messages_of_the_formats_for_programs(spoken: tuple[Results, Catalogue]) -> None:
    with speaking(pseudo()):
        run = json.loads(sarif.to_sarif(*spoken))["runs"][0]
        events = json.loads(ocsf.to_ocsf(*spoken))
        junit = plain.to_junit(*spoken).decode()
    results = run["results"]
    assert not left(" ".join(one["message"]["text"] for one in results))
    assert not left(" ".join(one["message"] for one in events))
    assert {one["properties"]["status"] for one in results} <= set(Status)
    assert {one["status_code"] for one in events} <= set(Status)
    assert "<failure" in junit


def test_calendar(spoken: tuple[Results, Catalogue]) -> None:
    with speaking(pseudo()):
        lines = expiries.calendar(spoken[0]).decode().replace("\r\n ", "").splitlines()
    said = [line.partition(":")[2] for line in lines if line.startswith(("SUMMARY", "X-WR", "DESCRIPTION"))]
    assert said
    assert not left(" ".join(said))


def sheets(path: Path) -> dict[str, str]:
    """By title of a sheet: all of its texts, its foot and its choices."""
    found = {}
    book: Any = load_workbook(path)
    for sheet in book:
        cells = [str(c.value) for row in sheet.iter_rows() for c in row if isinstance(c.value, str)]
        choices = [str(one.formula1) for one in sheet.data_validations.dataValidation]
        titles = [str(chart.title.tx.rich.p[0].r[0].t) for chart in sheet._charts if chart.title]
        foot = (sheet.oddFooter.left.text or "", (sheet.oddFooter.right.text or "").replace("&", " "))
        found[sheet.title] = "\n".join((*cells, *choices, *titles, *foot))
    return found


def test_workbook(spoken: tuple[Results, Catalogue], tmp_path: Path) -> None:
    row = msgspec.json.encode({"user": X, "found": X, "usage_location": X})
    (tmp_path / "xx.ndjson").write_bytes(row + b"\n{\n")
    with speaking(pseudo()):
        write_workbook(*spoken, tmp_path, tmp_path / "report.xlsx")
    # Documents and their sections keep their names.
    documents = {word for name in spoken[1].documents for word in unsaid(name)}
    documents |= {word for issue in spoken[1].issues for word in unsaid(NAMES.sub(" ", issue.section))}
    found = sheets(tmp_path / "report.xlsx")
    assert len(found) == 14
    for title, text in found.items():
        assert not left(title), title
        assert not left(text, *(documents if title in ("⟦Traceability⟧", "⟦Findings⟧") else ())), title


def test_workbook_over_time(spoken: tuple[Results, Catalogue], tmp_path: Path) -> None:
    path = tmp_path / "contoso.xlsx"
    found = spoken[0]
    earlier = msgspec.structs.replace(found, findings=found.findings[:90], as_of=AS_OF - timedelta(weeks=1))
    with speaking(pseudo()):
        extend(path, found, [kept_run(earlier, "xx"), kept_run(found, "xx")], Nobody())
    areas = {one.area for one in found.findings}
    for title, text in sheets(path).items():
        assert not left(title)
        assert not left(text, *areas), title


class Nobody:
    """Remembers nothing of a workbook."""

    def notes(self, workbook: str) -> dict[str, object]:
        return {}

    def keep_notes(self, workbook: str, notes: object) -> None:
        pass


def news() -> News:
    judged = tuple(Judged(X, v, 50, {s.value: 2 for s in Status}, before=Verdict.READY) for v in Verdict)
    severities = list(Severity)
    items = tuple(
        Item(kind, "xx.x", severities[n % 5], Status.PASS, Status.FAIL, accepted=True, title=X, found=X)
        for n, kind in enumerate(Kind)
    )
    changed = {kind.value: 2 for kind in Kind}
    return News(X, X, "20261120T211000Z", AS_OF, judged, "20261113T211000Z", "--only xx", changed, items, 3)


def test_notices() -> None:
    with speaking(pseudo()):
        for one in (news(), msgspec.structs.replace(news(), since=None, changes=(), changed={})):
            mail = texts.mail(one, "a@xx.xx", ["b@xx.xx"], {})
            said = [str(mail["Subject"]), mail.get_content(), *texts.lines(one)]
            said += [json.dumps(texts.slack(one)["blocks"], ensure_ascii=False).replace('"', " ")]
            keys = ("type", "header", "section", "text", "plain", "emoji", "false", "plain_text")
            assert not left("\n".join(said).replace("_", " "), *keys, "TZ", "TZ", "only")
        body = json.loads(texts.document(news()))
    assert body["verdicts"][0]["verdict"] == "not-ready"
    assert body["changes"][0]["change"] == "new"


@pytest.mark.parametrize("word", ['say "no", or "yes"', "a\n\tb", "x" * 400, "=1+1", "same", "[a]:*?/\\"])
def test_words_of_a_house_that_excel_cannot_bear_break_no_workbook(word: str, tmp_path: Path) -> None:
    """Heads of a table are those of its cells, no two the same; a list and a title are what Excel takes."""
    own = {text: said for text in pseudo().texts if isinstance(said := pseudo().texts[text], str)}
    hostile = {text: " | ".join([word] * (text.count("|") + 1)) if word else said for text, said in own.items()}
    with speaking(Language("xx", hostile)):
        write_workbook(sample(20, commented=True), catalogue(), tmp_path, tmp_path / "report.xlsx")
        extend(tmp_path / "over.xlsx", sample(5), [kept_run(sample(5), "xx")], Nobody())
    for name in ("report.xlsx", "over.xlsx"):
        book: Any = load_workbook(tmp_path / name)
        for sheet in book:
            assert 0 < len(sheet.title) <= 31
            for table in sheet.tables.values():
                heads = [column.name for column in table.tableColumns]
                assert heads == [cell.value for cell in sheet[1]]
                assert len({head.casefold() for head in heads}) == len(heads)
                assert all(0 < len(head) <= 255 for head in heads)
            assert all(len(one.formula1) < 260 for one in sheet.data_validations.dataValidation)
            assert not any(cell.data_type == "f" for row in sheet.iter_rows() for cell in row)


# -- the same things in two languages --


def filled(path: Path, sheet: str, row: int, cells: dict[str, object]) -> None:
    """Somebody fills in cells of a row, by the heads of the sheet."""
    book: Any = load_workbook(path)
    heads = {cell.value: number for number, cell in enumerate(book[sheet][1], start=1)}
    for head, value in cells.items():
        book[sheet].cell(row, heads[head]).value = value
    book.save(path)


SAID = {
    "en": ("Action plan", {"Owner": "M. Huber", "Due": date(2026, 12, 24), "State": "Running", "Note": "soon"}),
    "de": ("Maßnahmenplan", {"Zuständig": "M. Huber", "Fällig": date(2026, 12, 24), "Stand": "Läuft", "Hinweis": "soon"}),
}
LANGUAGES = {"en": ENGLISH, "de": GERMAN}
BOTH_WAYS = [("en", "de"), ("de", "en")]


@pytest.mark.parametrize(("first", "second"), [*BOTH_WAYS, ("de", "de")])
def test_an_action_plan_is_read_back_whatever_language_it_was_written_in(
    first: str, second: str, tmp_path: Path
) -> None:
    found, path = sample(40), tmp_path / "report.xlsx"
    with speaking(LANGUAGES[first]):
        write_workbook(found, library().catalogue, tmp_path, path)
    title, cells = SAID[first]
    filled(path, title, 2, cells)
    with speaking(LANGUAGES[second]):
        read = read_plan(path)
        assert not read.faults
        assert {(n.owner, n.due, n.state, n.note) for n in read.notes} == {
            ("M. Huber", date(2026, 12, 24), "running", "soon")
        }
        write_workbook(msgspec.structs.replace(found, plan=read), library().catalogue, tmp_path, path)
        assert read_plan(path).notes == read.notes
    sheet = load_workbook(path)[SAID[second][0]]
    [row] = sheet.iter_rows(min_row=2, max_row=2, values_only=True)
    assert {"en": "running", "de": "läuft"}[second] in row


@pytest.mark.parametrize(("first", "second"), BOTH_WAYS)
def test_a_workbook_over_time_that_was_begun_in_another_language_goes_on(
    first: str, second: str, tmp_path: Path
) -> None:
    path, memory = tmp_path / "contoso.xlsx", pasts.Memory()
    weeks = [sample(40, started=AS_OF + timedelta(weeks=n)) for n in range(3)]
    runs = [kept_run(week, "xx") for week in weeks]
    with speaking(LANGUAGES[first]):
        assert extend(path, weeks[0], runs[:1], memory) == []
    title, cells = SAID[first]
    filled(path, title, 3, cells)
    book = load_workbook(path)
    book[title]["M1"], book[title]["M3"] = "Beleg", "=1+1"
    book.create_sheet("Titel")["A1"] = "the customer's"
    book.create_sheet("Verlauf" if first == "en" else "Trend")["A1"] = "the customer's, too"
    book.save(path)
    before = {row[6]: row for row in load_workbook(path)[title].iter_rows(min_row=2, values_only=True)}
    with speaking(LANGUAGES[second]):
        assert extend(path, weeks[1], runs[:2], memory) == []
    book = load_workbook(path)
    after = {row[6]: row for row in book[title].iter_rows(min_row=2, values_only=True)}
    assert {name: row[7:] for name, row in before.items()} == {name: row[7:] for name, row in after.items()}
    assert [cell.value for cell in book[title][1]][7:11] == list(SAID[first][1])
    assert book["Titel"]["A1"].value == "the customer's"
    assert "the customer's, too" in [sheet["A1"].value for sheet in book]
    latest = {"en": "Latest", "de": "Aktuell"}
    assert latest[second] == book.sheetnames[0]
    assert latest[first] not in book.sheetnames
    status = {"en": "● Fail", "de": "● Nicht erfüllt"}[second]
    assert status in {row[0] for row in after.values()}
    compared = [f for area in book[title].conditional_formatting for rule in area.rules for f in rule.formula]
    assert f'"{status}"' in compared
    path.write_bytes(b"damaged")
    with speaking(LANGUAGES[second]):
        assert len(extend(path, weeks[2], runs, memory)) == 1
    [beside] = tmp_path.glob("contoso-*.xlsx")
    title, cells = SAID[second]
    sheet = load_workbook(beside)[title]
    heads = [cell.value for cell in sheet[1]]
    [kept] = [row for row in sheet.iter_rows(min_row=2, values_only=True) if "M. Huber" in row]
    told = dict(zip(heads, kept, strict=True))
    assert told[next(iter(cells))] == "M. Huber"
    assert told["Beleg"] == "=1+1"
    assert told[list(cells)[2]] == list(SAID[first][1].values())[2]


@pytest.mark.parametrize("ending", ["xlsx", "csv"])
@pytest.mark.parametrize(("first", "second"), BOTH_WAYS)
def test_a_sheet_of_questions_is_read_back_in_every_language(
    first: str, second: str, ending: str, tmp_path: Path
) -> None:
    path = tmp_path / f"questions.{ending}"
    engagement = Engagement("contoso.toml", {"engagement.scenarios": ["co-management-pki"]}, {}, (), tmp_path)
    day = AS_OF.date()
    with speaking(LANGUAGES[first]):
        asked = questions(library().catalogue, engagement, day)
        write_sheet(path, asked)
        heads = dict(HEAD_WORDS)
    if ending == "csv":
        lines = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"))))
        lines[1][len(OURS) :] = ["ja" if first == "de" else "yes", "A. Meyer", "20.11.2026", "", "", "seen"]
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            csv.writer(file, delimiter=";").writerows(lines)
    else:
        title = {"en": "Questions", "de": "Fragen"}[first]
        cells = dict(zip(THEIRS, ("ja", "A. Meyer", "20.11.2026", None, None, "seen"), strict=True))
        filled(path, title, 2, {heads[name]: value for name, value in cells.items()})
    with speaking(LANGUAGES[second]):
        read = read_sheet(path, [one.id for one in asked], day)
    assert not read.faults
    [(name, said)] = read.answers.items()
    assert (name, said.answer, said.by, said.on, said.note) == (asked[0].id, True, "A. Meyer", day, "seen")
