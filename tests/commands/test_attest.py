"""Questions that only a person can answer: which are open, the sheet, and what is kept of answers."""

import tomllib
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from assess import cli, clock
from assess.attesting.keeping import keep, understood
from assess.attesting.questions import State, questions
from assess.attesting.sheet import read_sheet, write_sheet
from assess.commands.attest import command
from assess.discover import library
from assess.engagement import load
from assess.errors import EngagementError
from assess.evidence.config import Attested
from samplechecks import NOW

DAY = NOW.date()
CATALOGUE = library().catalogue
FILE = """\
# Contoso's file, as its author wrote it.
[engagement]
name = "contoso"          # short
scenarios = ["co-management-pki"]

[attestations]
"cert.pfx-on-site-server" = { answer = true, by = "A. Meyer", on = 2026-11-01, until = 2026-11-10 }

[mp]
mode = "enhanced-http"
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "contoso.toml"
    path.write_text(FILE, encoding="utf-8")
    return path


@pytest.fixture(autouse=True)
def today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


def asked(file: Path, **more):
    return questions(CATALOGUE, load(file), DAY, **more)


def ids(found):
    return [one.id for one in found]


def test_every_question_of_the_scenario_is_asked(file):
    wanted = {
        r.id for r in CATALOGUE.selected(["co-management-pki"])
        if r.question and r.id != "cert.client-auth-installed"
    }  # fmt: skip
    assert set(ids(asked(file))) == wanted
    assert "cert.client-auth-installed" not in wanted  # mp.mode says that it is not asked for
    assert all(one.text.endswith("?") and one.place for one in asked(file))


@pytest.mark.parametrize(
    ("until", "state"),
    [
        (None, State.ANSWERED),
        (date(2027, 3, 31), State.ANSWERED),
        (date(2026, 12, 20), State.ENDING),
        (DAY, State.ENDING),
        (date(2026, 11, 19), State.EXPIRED),
    ],
)
def test_an_answer_ends(file, until, state):
    requirement = asked(file)[0].id
    keep(file, {requirement: Attested(answer=True, by="A. Meyer", until=until)})
    [one] = [q for q in asked(file) if q.id == requirement]
    assert one.state is state


def test_the_most_urgent_stand_first_and_a_run_narrows_them(file):
    found = asked(file)
    assert [q.state for q in found] == sorted((q.state for q in found), key=list(State).index)
    assert ids(asked(file, only=frozenset({found[3].id}))) == [found[3].id]


def test_the_file_stays_as_its_author_wrote_it(file):
    before = file.read_text(encoding="utf-8").replace(" ", "").splitlines()
    said = Attested(answer="PS1", by="B. Noack", on=DAY, note='says "yes"; and\nmore')
    keep(file, {asked(file)[0].id: said})
    after = file.read_text(encoding="utf-8")
    assert set(before) <= set(after.replace(" ", "").splitlines())
    assert load(file).attestations[asked(file)[-1].id] == said


def test_a_file_without_the_section_gets_one(tmp_path):
    path = tmp_path / "plain.toml"
    path.write_text('engagement = { name = "c", scenarios = ["hybrid-mdm"] }\n', encoding="utf-8")
    keep(path, {"planning.vpn-scale": Attested(answer=False)})
    assert load(path).attestations == {"planning.vpn-scale": Attested(answer=False)}


def test_a_file_that_cannot_be_written_keeps_what_it_held(tmp_path):
    path = tmp_path / "odd.toml"
    path.write_text('attestations = 5\nengagement = { name = "c", scenarios = ["hybrid-mdm"] }\n')
    before = path.read_bytes()
    with pytest.raises((EngagementError, TypeError)):
        keep(path, {"planning.vpn-scale": Attested(answer=False)})
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("text", "answer"),
    [("yes", True), ("J A", "J A"), (" Ja ", True), ("no", False), ("nein", False), ("SRV1", "SRV1"),
     ("SRV1; SRV2;", ["SRV1", "SRV2"]), ("yes; but", ["yes", "but"]), ("1", "1")],
)  # fmt: skip
def test_answers_in_words(text, answer):
    assert understood(text) == answer


def test_nothing_is_no_answer():
    with pytest.raises(ValueError, match="empty"):
        understood("  ")


# -- the sheet ---------------------------------------------------------------------------------------

TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=40)


@pytest.mark.parametrize("name", ["q.xlsx", "q.csv"])
def test_what_is_answered_comes_back_the_same(file, tmp_path, name):
    said = Attested(answer=["=1+1", "-2"], by="@A", on=DAY, until=date(2027, 1, 2), note="+x")
    first = asked(file)[0].id
    keep(file, {first: said})
    write_sheet(tmp_path / name, asked(file))
    found = read_sheet(tmp_path / name, ids(asked(file)), DAY)
    assert found.answers[first] == said
    assert not found.faults


@given(by=TEXTS, note=TEXTS)
def test_any_text_survives_the_csv(tmp_path_factory, by, note):
    folder = tmp_path_factory.mktemp("sheet")
    path = folder / "contoso.toml"
    path.write_text(FILE, encoding="utf-8")
    first = asked(path)[0].id
    keep(path, {first: Attested(answer=True, by=by.strip(), on=DAY, note=note.strip())})
    write_sheet(folder / "q.csv", asked(path))
    answers = read_sheet(folder / "q.csv", ids(asked(path)), DAY).answers
    assert (answers[first].by, answers[first].note) == (by.strip(), note.strip())


def test_no_cell_is_a_formula(file, tmp_path):
    first = asked(file)[0].id
    keep(file, {first: Attested(answer='=HYPERLINK("http://x")', by="=1")})
    write_sheet(tmp_path / "q.xlsx", asked(file))
    sheet = load_workbook(tmp_path / "q.xlsx").worksheets[0]
    assert "f" not in {c.data_type for row in sheet.iter_rows() for c in row}
    assert sheet.tables


def test_a_row_that_cannot_be_understood_costs_no_other(file, tmp_path):
    first, second, third = ids(asked(file))[:3]
    (tmp_path / "q.csv").write_text(
        "Requirement;Answer;By;Until;Colour\n"
        f"{first};yes;A. Meyer;soon;red\n"
        f"{second};no;A. Meyer;31.03.2027;red\n"
        f"{second};yes;;;\n"
        "no.such;yes;;;\n"
        f"{third};;;;\n",
        encoding="utf-8-sig",
    )
    found = read_sheet(tmp_path / "q.csv", ids(asked(file)), DAY, by="desk")
    assert found.answers == {
        second: Attested(answer=False, by="A. Meyer", on=DAY, until=date(2027, 3, 31))
    }
    assert [fault.row for fault in found.faults] == [2, 4, 5]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("q.xlsx", b"no workbook"),
        ("q.xlsx", b"PK\x03\x04 nor this"),
        ("q.csv", b"\xff\xfe\x00"),
        ("q.csv", b""),
        ("q.csv", b"a,b\n1,2\n"),
    ],
)
def test_what_is_no_sheet_is_named(file, tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(EngagementError, match=name):
        read_sheet(tmp_path / name, ids(asked(file)), DAY)


# -- the command -------------------------------------------------------------------------------------


def test_at_the_terminal_each_answer_is_kept_at_once(file):
    typed = "yes\nA. Meyer\n2027-13-01\n2027-03-31\nseen\n\nno\n\n\n\n"  # then the input ends
    ran = CliRunner().invoke(command, [str(file)], input=typed, standalone_mode=False)
    assert ran.return_value == 0
    first, second, third = ids(questions(CATALOGUE, load_text(FILE, file), DAY))[:3]
    kept = load(file).attestations
    assert kept[first] == Attested(
        answer=True, by="A. Meyer", on=DAY, until=date(2027, 3, 31), note="seen"
    )
    assert second not in kept
    assert kept[third] == Attested(answer=False, by="A. Meyer", on=DAY)
    assert "2 answers are kept" in ran.output
    assert "no date" in ran.output


def load_text(text: str, like: Path):
    path = like.with_name("before.toml")
    path.write_text(text, encoding="utf-8")
    return load(path)


def test_listed_into_a_pipe_and_as_json(file, capsys):
    assert cli.run(["attest", str(file), "--list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(asked(file))
    assert all(line.split("\t")[0] in CATALOGUE.requirements for line in lines)
    assert cli.run(["attest", str(file), "--json"]) == 0
    assert '"state": "open"' in capsys.readouterr().out


def test_a_sheet_goes_out_and_comes_back(file, tmp_path, capsys):
    sheet = tmp_path / "q.xlsx"
    assert cli.run(["attest", str(file), "--sheet", str(sheet)]) == 0
    book = load_workbook(sheet)
    rows = book.worksheets[0]
    rows["F2"], rows["F3"] = "yes", True
    rows["G2"], rows["I3"] = "C. Iyer", "never"
    book.save(sheet)
    assert cli.run(["attest", str(file), "--read", str(sheet), "--by", "desk"]) == 2
    kept = tomllib.loads(file.read_text(encoding="utf-8"))["attestations"]
    assert kept[rows["A2"].value] == {"answer": True, "by": "C. Iyer", "on": DAY}
    assert rows["A3"].value not in kept
    assert "row 3: until: never is no date" in capsys.readouterr().err
