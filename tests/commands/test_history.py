"""history, diff, purge, and how run and evaluate keep what they found. No source is set up: answers come from the file."""

import io
import json
import os
import sqlite3
from datetime import timedelta

import pytest
from openpyxl import load_workbook

import assess.commands.evaluate
import assess.commands.purge
import assess.commands.run
from assess.cli import run
from assess.history.lock import only_one
from pasts import START

ASKED = "permissions.local-admin"
FILE = """
[engagement]
name = "contoso"
customer = "Contoso Ltd"
scenarios = ["co-management-pki", "co-management-internet"]
[history]
enabled = {enabled}
{more}
"""


class Customer:
    """An engagement file, a clock, and the commands."""

    def __init__(self, folder, monkeypatch, capfd):
        self.folder, self.out, self.capfd = folder, folder / "out", capfd
        self.file = folder / "contoso.toml"
        self.week = 0
        self.kept = folder / "contoso.history"
        self.write()
        for module in (assess.commands.run, assess.commands.evaluate, assess.commands.purge):
            monkeypatch.setattr(module, "now", lambda: START + timedelta(weeks=self.week))

    def write(self, answer=None, more="", enabled="true"):
        if answer is not None:
            more += f'\n[attestations]\n"{ASKED}" = {{ answer = {answer}, by = "A. Meyer", on = 2026-01-01 }}\n'
        self.file.write_text(FILE.format(more=more, enabled=enabled), encoding="utf-8")

    def run(self, *options, command="run", file=None):
        """The exit code; what was said lies in ``said``, and what was printed in ``printed``."""
        arguments = [command, str(file or self.file), *options]
        if command in {"run", "evaluate"}:
            arguments += ["-o", str(self.out), "-f", "json"]
        code = run(arguments)
        self.printed, self.said = self.capfd.readouterr()
        self.week += command == "run"
        return code

    def results(self):
        newest = max(self.out.iterdir())
        return json.loads((newest / "results.json").read_text())

    def json(self, *options, command):
        assert self.run(*options, "--json", command=command) == 0, self.said
        return json.loads(self.printed)


@pytest.fixture
def customer(tmp_path, monkeypatch, capfd):
    return Customer(tmp_path, monkeypatch, capfd)


def test_a_run_is_kept_and_the_next_says_what_changed(customer):
    customer.write("true")
    customer.run()
    assert customer.results()["past"]["last"] is None
    customer.write("false")
    customer.run()
    assert "since 20260105T060000Z: 1 new" in customer.said
    past = customer.results()["past"]
    assert past["runs"] == 2
    [new] = [change for change in past["last"]["changes"] if change["kind"] == "new"]
    assert (new["id"], new["before"], new["since"]) == (ASKED, "pass", "2026-01-12T06:00:00Z")
    assert {p.name for p in customer.kept.iterdir()} == {
        "history.db", "lock", "expiries.ics", "contoso.xlsx", "contoso.previous.xlsx"
    }  # fmt: skip
    assert [row[0].value.date().isoformat() for row in load_workbook(customer.kept / "contoso.xlsx")["Trend"]["A2:A3"]] == [
        "2026-01-05", "2026-01-12"
    ]  # fmt: skip
    assert customer.kept.stat().st_mode & 0o777 == 0o700


def test_history_lists_and_names_baselines(customer):
    for _ in range(2):
        customer.run()
    runs = customer.json(command="history")
    assert [one["name"] for one in runs] == ["20260105T060000Z", "20260112T060000Z"]
    assert [v["scenario"] for v in runs[0]["verdicts"]] == ["co-management-pki", "co-management-internet"]
    assert customer.run("--baseline", "2026-01-05", "kick-off", command="history") == 0
    assert [one["baselines"] for one in customer.json(command="history")] == [["kick-off"], []]
    assert customer.run(command="history") == 0
    lines = customer.printed.splitlines()
    assert [line.partition("\t")[0] for line in lines] == ["20260105T060000Z", "20260112T060000Z"]
    assert lines[0].endswith("\tbaseline kick-off")
    customer.run()
    assert customer.results()["past"]["baseline"]["baseline"] == "kick-off"
    for reference, name in (("never", "x"), ("last", "previous"), ("last", "20260105T060000Z"), ("last", " ")):
        assert customer.run("--baseline", reference, name, command="history") == 2


def test_diff_between_any_two(customer):
    for answer in ("true", "false", None):
        customer.write(answer)
        customer.run()
    found = customer.json(command="diff")
    assert (found["from"]["name"], found["to"]["name"]) == ("20260112T060000Z", "20260119T060000Z")
    assert {(c["id"], c["kind"]) for c in found["changes"] if c["kind"] != "still-open"} == {(ASKED, "not-measured")}
    assert customer.run("2026-01-05", "2026-01-12", command="diff") == 0
    [line] = customer.printed.splitlines()
    assert line.split("\t")[:6] == ["new", ASKED, "pass", "fail", "medium", "2026-01-12"]
    assert "1 new, 0 worse, 0 not-measured, 0 fixed" in customer.said
    assert customer.run("2026-01-05", "2026-01-12", "--all", command="diff") == 0
    assert len(customer.printed.splitlines()) > 10
    assert customer.run("last", "previous", command="diff") == 2
    assert "name the earlier run first" in customer.said
    assert customer.run("nonsense", command="diff") == 2


def test_before_there_is_anything_to_tell(customer):
    for command in ("history", "diff"):
        assert customer.run(command=command) == 2
        assert "no run of this engagement was kept yet" in customer.said
    customer.run()
    assert customer.run(command="diff") == 2
    assert "one run so far" in customer.said
    customer.write(enabled="false")
    assert customer.run(command="history") == 2
    assert "[history] enabled is false" in customer.said


def test_fail_on_new(customer):
    customer.write("true")
    first = customer.run("--fail-on", "new")
    assert first == 3, "nothing to compare with: the verdict decides"
    assert "no earlier run" in customer.said
    assert customer.run("--fail-on", "new") == 0
    customer.write("false")
    assert customer.run("--fail-on", "new") == 1
    assert customer.run("--fail-on", "new") == 0, "it is not new any more"
    customer.write()
    assert customer.run("--fail-on", "new") == 3, "nobody can say whether it got worse"
    customer.write("true")
    assert customer.run("--fail-on", "new") == 0
    waiver = f'[[waivers]]\nrequirement = "{ASKED}"\nreason = "soon"\nby = "B"\nuntil = 2026-12-31\n'
    customer.write("false", more=waiver)
    assert customer.run("--fail-on", "new") == 0, "somebody accepts it"
    assert customer.run("--fail-on", "new", "--skip", "*") == 0, "what was left out is not lost"


def test_changed_only_measures_again_what_was_open(customer):
    assert customer.run("--changed-only") == 2
    assert "needs an earlier run" in customer.said
    assert not customer.out.exists()
    customer.write("true")
    customer.run()
    passed = {f["requirement"] for f in customer.results()["findings"] if f["status"] in {"pass", "not-applicable"}}
    assert ASKED in passed
    customer.run("--changed-only")
    assert "this was no whole run: --changed-only" in customer.said
    results = customer.results()
    assert results["partial"] == "--changed-only"
    for finding in results["findings"]:
        left_out = "left out by --changed-only" in finding["observed"]
        assert left_out == (finding["requirement"] in passed), finding["id"]
        assert not left_out or finding["status"] == "unknown"
    assert {v["verdict"] for v in results["verdicts"]} == {"undetermined"}
    # What was left out is neither lost nor open: the next partial run leaves it out again.
    customer.run("--changed-only")
    statuses = [(f["id"], f["status"]) for f in results["findings"]]
    assert [(f["id"], f["status"]) for f in customer.results()["findings"]] == statuses
    assert [one["partial"] for one in customer.json(command="history")] == ["", "--changed-only", "--changed-only"]


def test_nothing_is_made_by_a_dry_run(customer):
    assert run(["run", str(customer.file), "--dry-run"]) == 0
    assert [path.name for path in customer.folder.iterdir()] == ["contoso.toml"]


def test_switched_off_nothing_is_kept(customer):
    customer.write(enabled="false")
    assert customer.run() == 3
    assert customer.results()["past"] is None
    assert not customer.kept.exists()
    assert "not kept" not in customer.said


def test_it_lies_where_the_file_says(customer):
    customer.write(more='path = "elsewhere/runs"\nworkbook = "shared/readiness.xlsx"')
    customer.run()
    assert (customer.folder / "elsewhere/runs/history.db").is_file()
    assert (customer.folder / "shared/readiness.xlsx").is_file()
    (customer.folder / "shared/budget.xlsx").touch()
    assert customer.run("--yes", command="purge") == 0
    assert [p.name for p in (customer.folder / "shared").iterdir()] == ["budget.xlsx"]
    assert not (customer.folder / "elsewhere/runs").exists()


def test_a_history_that_cannot_be_used_never_costs_the_run(customer):
    customer.kept.write_text("a file where the folder should be")
    assert customer.run() == 3
    assert "this run is not kept" in customer.said
    assert customer.results()["past"] is None
    customer.kept.unlink()
    customer.run()
    with sqlite3.connect(customer.kept / "history.db") as database:
        database.execute("PRAGMA user_version = 99")
    database.close()
    assert customer.run() == 3
    assert "newer version" in customer.said
    (customer.kept / "history.db").write_bytes(b"nonsense" * 1000)
    assert customer.run() == 3
    assert "not a database" in customer.said
    assert len(list(customer.out.iterdir())) == 4, "the reports of each are there"


def test_a_run_that_overlaps_is_refused_before_anything_is_asked(customer):
    customer.run()
    written = list(customer.out.iterdir())
    with only_one(customer.kept / "lock", START):
        assert customer.run() == 2
        assert f"another run of this engagement is at work: process {os.getpid()}" in customer.said
        assert customer.run("--yes", command="purge") == 2
    assert list(customer.out.iterdir()) == written
    assert customer.run() == 3


def test_evaluate_is_kept_where_it_is_told_to(customer):
    customer.write("true")
    customer.run()
    [folder] = customer.out.iterdir()
    evidence = folder / "evidence.zip"
    assert customer.run(command="evaluate", file=evidence) == 3
    assert len(customer.json(command="history")) == 1
    assert customer.run("--history", str(customer.file), command="evaluate", file=evidence) == 3
    assert len(customer.json(command="history")) == 1, "the very same run is kept once"
    assert customer.run("--history", str(customer.file), "--skip", "dns.*", command="evaluate", file=evidence) == 3
    assert [one["partial"] for one in customer.json(command="history")] == ["", "--skip dns.*"]
    customer.file.write_text(customer.file.read_text().replace('"contoso"', '"fabrikam"'))
    assert customer.run("--history", str(customer.file), command="evaluate", file=evidence) == 2
    assert "is of fabrikam" in customer.said


def test_waivers_are_pointed_out(customer):
    more = "".join(
        f'[[waivers]]\nrequirement = "{name}"\nreason = "r"\nby = "B. Kraus"\nuntil = {until}\n'
        for name, until in ((ASKED, "2026-01-20"), ("dns.nothing", "2026-12-31"), ("cert.source-decision", "2025-12-31"))
    )
    customer.write(more=more)
    customer.run()
    assert f"waiver of {ASKED} by B. Kraus, ending: Ends on 2026-01-20, in 15 days." in customer.said
    assert "waiver of dns.nothing by B. Kraus, unused" in customer.said
    assert "waiver of cert.source-decision by B. Kraus, expired" in customer.said
    assert [note["state"] for note in customer.results()["waivers"]] == ["ending", "unused", "expired"]


def test_purge_asks_and_deletes_what_is_kept_alone(customer, monkeypatch):
    assert customer.run(command="purge") == 0
    assert "Nothing is kept of contoso" in customer.said
    for _ in range(2):
        customer.run()
    own = customer.kept / "our-minutes.txt"
    own.touch()
    before = set(customer.kept.iterdir())
    for answer in ("", "n\n", "\n"):
        monkeypatch.setattr("sys.stdin", io.StringIO(answer))
        assert customer.run(command="purge") == 130, "no answer is no yes"
        assert set(customer.kept.iterdir()) == before
    customer.write(enabled="false")
    assert customer.run("--yes", command="purge") == 0
    assert list(customer.kept.iterdir()) == [own]
    assert {line.rpartition("/")[2] for line in customer.printed.splitlines()} == {
        "history.db", "expiries.ics", "contoso.xlsx", "contoso.previous.xlsx"
    }  # fmt: skip
    assert len(list(customer.out.iterdir())) == 2, "the reports stay"
    assert customer.file.is_file()
    own.unlink()
    customer.write()
    customer.run()
    assert customer.run("--yes", command="purge") == 0
    assert not customer.kept.exists()
