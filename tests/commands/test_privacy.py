"""--privacy and the brand at the command line: what is kept, what is compared, what is refused."""

import json
import re
import stat
import zipfile

import pytest

import assess.commands.evaluate
import assess.commands.purge
import assess.commands.run
from assess.cli import run
from pasts import START

NAME = "Zyxandra Quillfeather"
FILE = """
[engagement]
name = "contoso"
scenarios = ["co-management-pki"]
contact = "{name}"
[accounts]
global_admin_upn = "zyxandra@contoso.example"
[attestations]
"permissions.local-admin" = {{ answer = true, by = "{name}", on = 2026-01-01, note = "asked {name}" }}
[[waivers]]
requirement = "permissions.local-admin"
reason = "{name} takes it on"
by = "{name}"
until = 2030-01-01
{more}
"""


class Desk:
    def __init__(self, folder, capfd):
        self.folder, self.capfd = folder, capfd
        self.file, self.kept = folder / "contoso.toml", folder / "contoso.history"
        self.write()

    def write(self, more=""):
        self.file.write_text(FILE.format(name=NAME, more=more), encoding="utf-8")

    def do(self, *arguments):
        code = run([str(one) for one in arguments])
        self.printed, self.said = self.capfd.readouterr()
        return code

    def run(self, name, *options):
        """Run with every format that needs no renderer; the folder that was written."""
        formats = [part for one in ("json", "html", "csv", "md") for part in ("-f", one)]
        assert self.do("run", self.file, "-o", self.folder / name, *formats, *options) in {0, 1, 3}, self.said
        [written] = (self.folder / name).iterdir()
        return written


@pytest.fixture
def desk(tmp_path, monkeypatch, capfd):
    for module in (assess.commands.run, assess.commands.evaluate, assess.commands.purge):
        monkeypatch.setattr(module, "now", lambda: START)
    return Desk(tmp_path, capfd)


def texts(folder):
    for path in folder.iterdir():
        if path.suffix == ".zip":
            with zipfile.ZipFile(path) as file:
                yield from ((f"{path.name}/{n}", file.read(n).decode()) for n in file.namelist())
        else:
            yield path.name, path.read_bytes().decode("utf-8", "replace")


def naming(folder):
    return {name for name, text in texts(folder) if re.search("zyxandra|quillfeather", text, re.IGNORECASE)}


def results(folder):
    return json.loads((folder / "results.json").read_text())


@pytest.mark.parametrize("level", ["pseudonymised", "summary"])
def test_no_name_is_written_or_kept_or_said(desk, level):
    full = desk.run("full")
    assert {"results.json", "evidence.zip/recording.json"} <= naming(full)
    told = desk.run("told", "--privacy", level)
    assert naming(told) == set()
    assert "Zyxandra" not in desk.printed + desk.said
    assert results(told)["privacy"] == level
    assert [v["verdict"] for v in results(told)["verdicts"]] == [v["verdict"] for v in results(full)["verdicts"]]
    for path in desk.kept.iterdir():
        if level in path.name:
            assert b"Quillfeather" not in path.read_bytes(), path


def test_the_engagement_file_may_ask_for_it(desk):
    desk.write('[report]\nprivacy = "pseudonymised"\n')
    assert naming(desk.run("out")) == set()
    assert naming(desk.run("all", "--privacy", "full")) != set()


def test_the_key_is_made_once_and_is_the_owners_alone(desk):
    first = desk.run("one", "--privacy", "pseudonymised")
    key = desk.kept / "pseudonyms.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    again = desk.run("two", "--privacy", "pseudonymised")
    people = [set(re.findall(r"Person [2-7][a-z2-7]{9}", (folder / "results.json").read_text())) for folder in (first, again)]
    assert people[0]
    assert people[0] == people[1]
    assert key.read_text().strip() not in "".join(text for _, text in texts(first))
    key.write_text("nothing")
    assert desk.do("run", desk.file, "-o", desk.folder / "three", "--privacy", "pseudonymised") == 2
    assert "pseudonyms.key is not a key" in desk.said


def test_runs_are_compared_within_a_level(desk, monkeypatch):
    desk.run("one", "--privacy", "pseudonymised")
    monkeypatch.setattr(assess.commands.run, "now", lambda: START.replace(year=START.year + 1))
    assert results(desk.run("two"))["past"]["last"] is None
    assert results(desk.run("three", "--privacy", "pseudonymised"))["past"]["last"] is not None


def test_purge_takes_the_key_and_every_level(desk):
    desk.run("one")
    desk.run("two", "--privacy", "pseudonymised")
    assert desk.do("purge", desk.file, "--yes") == 0
    assert not desk.kept.exists()


def test_a_key_of_ones_own(desk, monkeypatch):
    desk.write('[report]\npseudonym_key = { env = "ASSESS_TEST_KEY" }\n')
    monkeypatch.setenv("ASSESS_TEST_KEY", "short")
    assert desk.do("run", desk.file, "-o", desk.folder / "one", "--privacy", "pseudonymised") == 2
    assert "too short" in desk.said
    assert not (desk.folder / "one").exists()
    monkeypatch.setenv("ASSESS_TEST_KEY", "0123456789abcdef-0123456789abcdef")
    desk.run("two", "--privacy", "pseudonymised")
    assert not (desk.kept / "pseudonyms.key").exists()


def test_names_do_not_come_back(desk):
    told = desk.run("told", "--privacy", "pseudonymised")
    out = ("-o", desk.folder / "again", "-f", "json")
    assert desk.do("evaluate", told / "evidence.zip", "--privacy", "full", *out) == 2
    assert "no name" in desk.said
    assert desk.do("report", told / "results.json", "--privacy", "full", *out) == 2
    assert desk.do("evaluate", told / "evidence.zip", *out) in {0, 1, 3}
    [again] = (desk.folder / "again").iterdir()
    assert results(again)["privacy"] == "pseudonymised"
    assert naming(again) == set()


def test_rendered_again_it_can_only_say_less(desk):
    full, told = desk.run("full"), desk.run("told", "--privacy", "pseudonymised")
    out = ("-o", desk.folder / "again", "-f", "json")
    assert desk.do("report", full / "results.json", "--privacy", "pseudonymised", *out) == 2
    assert "assess evaluate" in desk.said
    assert desk.do("report", told / "results.json", "--privacy", "summary", *out) == 0
    [again] = (desk.folder / "again").iterdir()
    assert not re.search("Person [2-7]|user-[2-7]", (again / "results.json").read_text())


def test_full_evidence_is_told_under_pseudonyms_of_the_history_or_of_one_run(desk):
    first, full = desk.run("told", "--privacy", "pseudonymised"), desk.run("full")
    out = ("-o", desk.folder / "again", "-f", "json", "--privacy", "pseudonymised")
    assert desk.do("evaluate", full / "evidence.zip", *out) in {0, 1, 3}
    assert "of this one run" in desk.said
    assert desk.do("evaluate", full / "evidence.zip", "--history", desk.file, *out) in {0, 1, 3}
    once, ours = sorted((desk.folder / "again").iterdir(), key=lambda path: len(path.name))
    people = [set(re.findall(r"Person [2-7]\w{9}", (f / "results.json").read_text())) for f in (first, once, ours)]
    assert people[0] == people[2]
    assert not people[0] & people[1]


def test_collect_writes_no_name_either(desk):
    assert desk.do("collect", desk.file, "-o", desk.folder / "x.evidence.zip", "--privacy", "pseudonymised") == 0
    with zipfile.ZipFile(desk.folder / "x.evidence.zip") as file:
        assert "Quillfeather" not in file.read("recording.json").decode()


# -- the brand --


def test_an_accent_that_cannot_be_read_ends_the_run_before_it_begins(desk):
    desk.write('[report]\nbrand = { accent = "#EEEE00" }\n')
    for command in (("run", desk.file, "-o", desk.folder / "out"), ("validate", desk.file)):
        assert desk.do(*command) == 2
        assert "contrast" in desk.said
    assert not (desk.folder / "out").exists()


@pytest.mark.parametrize(("formats", "code"), [((), {0, 1, 3}), (("-f", "html"), {4})])
def test_a_faulty_template_is_4_only_if_its_format_is_named(desk, formats, code):
    desk.write('[report]\ntemplates = "ours"\n')
    (desk.folder / "ours").mkdir()
    (desk.folder / "ours" / "summary.html.j2").write_text("<p>\n{{ nothing }}")
    assert desk.do("run", desk.file, "-o", desk.folder / "out", *formats) in code
    assert "report.html was not written: the template summary.html.j2, line 2: 'nothing' is undefined" in desk.said
    [written] = (desk.folder / "out").iterdir()
    assert not (written / "report.html").exists()


def test_the_brand_of_a_run_and_of_reports_rendered_again(desk):
    desk.write('[report]\nbrand = { accent = "#7A1FA2", company = "Northwind Advisers" }\n')
    page = (desk.run("out") / "report.html").read_text()
    assert "#7A1FA2" in page
    [written] = (desk.folder / "out").iterdir()
    out = ("-o", desk.folder / "again", "-f", "html")
    assert desk.do("report", written / "results.json", "--brand", desk.file, *out) == 0
    [again] = (desk.folder / "again").iterdir()
    assert (again / "report.html").read_text() == page
