"""report.csv, report.md and report.junit.xml: everything in them, and nothing that comes alive."""

import csv
import io
from xml.etree import ElementTree as ET

import pytest

from assess.model import Status
from assess.rendering import WRITTEN
from assess.reporters import REPORTERS
from assess.reporters.plain import to_csv, to_junit, to_markdown
from samples import catalogue, sample


def rows(results):
    text = to_csv(results, catalogue()).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_all_is_what_there_is():
    assert set(WRITTEN) == set(REPORTERS)


def test_every_finding_is_a_line_of_csv():
    results = sample()
    assert {row["id"] for row in rows(results)} == {finding.id for finding in results.findings}
    assert next(row["status"] for row in rows(results)) == "fail"


def test_no_cell_of_csv_is_a_formula():
    for row in rows(sample(400, hostile=True)):
        for value in row.values():
            assert not value.startswith(("=", "+", "-", "@", "\t", "\r"))


@pytest.mark.parametrize("hostile", [False, True])
def test_junit_counts_what_it_holds(hostile):
    results = sample(300, hostile=hostile)
    suites = ET.fromstring(to_junit(results, catalogue()))
    for suite, verdict in zip(suites, results.verdicts, strict=True):
        assert suite.get("name") == verdict.scenario
        assert int(suite.get("tests", "")) == len(suite) == sum(verdict.counts.values())
        for name, tag, statuses in (
            ("failures", "failure", ["fail"]),
            ("errors", "error", ["unknown"]),
            ("skipped", "skipped", ["manual", "not-applicable"]),
        ):
            told = sum(verdict.counts[status] for status in statuses)
            assert int(suite.get(name, "")) == told == len(suite.findall(f"testcase/{tag}"))


def test_markdown_tells_every_open_finding_and_no_markup():
    results = sample(200, hostile=True)
    text = to_markdown(results, catalogue()).decode()
    opened = [f for f in results.findings if f.status not in (Status.PASS, Status.NOT_APPLICABLE)]
    assert sum(line.startswith("- **") for line in text.splitlines()) == len(opened)
    inside, outside = False, []
    for line in text.splitlines():
        if line.strip().startswith("```"):
            inside = not inside  # nothing in a block of code is markup
        elif not inside:
            outside.append(line)
    assert not inside
    assert "<script>" not in "\n".join(outside)
    assert "\\<script\\>" in text


@pytest.mark.parametrize("make", [to_csv, to_markdown, to_junit])
def test_nothing_to_say_is_said(make):
    assert make(sample(0), catalogue())
