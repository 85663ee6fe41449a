"""report.sarif and report.ocsf.json: valid by the published schemas, and no unknown becomes a pass."""

import gzip
import json
import re
from collections import Counter
from functools import cache
from pathlib import Path

import jsonschema
import pytest

from assess.model import Status
from assess.reporters.ocsf import to_ocsf
from assess.reporters.sarif import to_sarif
from samples import FIVE, catalogue, sample

SCHEMAS = Path(__file__).parents[1] / "support" / "schemas"
SAMPLES = {
    "plain": sample,
    "hostile": lambda: sample(300, hostile=True, commented=True),
    "five": lambda: sample(scenarios=FIVE, verbose=True),
    "none": lambda: sample(0),
}


@cache
def validator(name):
    schema = json.loads(gzip.decompress((SCHEMAS / f"{name}.json.gz").read_bytes()))
    made = jsonschema.validators.validator_for(schema)
    made.check_schema(schema)
    return made(schema, format_checker=made.FORMAT_CHECKER)


def sarif(results):
    return json.loads(to_sarif(results, catalogue()))


def ocsf(results):
    return json.loads(to_ocsf(results, catalogue()))


@pytest.mark.parametrize("kind", SAMPLES)
def test_sarif_is_valid(kind):
    log = sarif(SAMPLES[kind]())
    assert [error.message for error in validator("sarif-2.1.0").iter_errors(log)] == []


@pytest.mark.parametrize("kind", SAMPLES)
def test_ocsf_is_valid(kind):
    for event in ocsf(SAMPLES[kind]()):
        found = [
            error.message for error in validator("ocsf-1.5.0-compliance-finding").iter_errors(event)
        ]
        assert found == []


def test_the_schemas_refuse_what_is_wrong():
    log = sarif(sample())
    log["runs"][0]["results"][0]["kind"] = "fine"
    assert not validator("sarif-2.1.0").is_valid(log)
    event = ocsf(sample())[0]
    assert not validator("ocsf-1.5.0-compliance-finding").is_valid(event | {"severity_id": 42})
    assert not validator("ocsf-1.5.0-compliance-finding").is_valid(event | {"compliance": None})


def test_sarif_says_every_finding_by_its_kind():
    results = sample()
    [run] = sarif(results)["runs"]
    kinds = {
        "fail": "fail", "warn": "fail", "unknown": "open", "manual": "review", "pass": "pass",
        "not-applicable": "notApplicable",
    }  # fmt: skip
    said = {r["partialFingerprints"]["findingId/v1"]: r for r in run["results"]}
    assert set(said) == {finding.id for finding in results.findings}
    for finding in results.findings:
        result = said[finding.id]
        assert result["kind"] == kinds[finding.status]
        assert (result["level"] == "none") is (result["kind"] != "fail")
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        assert ("suppressions" in result) is (finding.waiver is not None)
    assert {s["status"] for r in run["results"] for s in r.get("suppressions", ())} == {"accepted"}


def test_sarif_tells_what_the_sources_refused():
    results = sample()
    [run] = sarif(results)["runs"]
    told = run["invocations"][0]["toolExecutionNotifications"]
    assert len(told) == sum(source.status != "ok" for source in results.sources) > 0


def test_sarif_holds_no_link_and_no_placeholder_of_a_stranger():
    results = sample(200, hostile=True)
    for result in sarif(results)["runs"][0]["results"]:
        text = result["message"]["text"]
        assert "](" not in text
        assert re.sub(r"\{\{|\}\}", "", text).count("{") == 0


def test_ocsf_says_every_finding_and_calls_nothing_passed_that_is_not():
    results = sample()
    events = {event["finding_info"]["uid"]: event for event in ocsf(results)}
    assert set(events) == {finding.id for finding in results.findings}
    for finding in results.findings:
        event = events[finding.id]
        assert event["compliance"]["status_code"] == finding.status
        assert (event["compliance"]["status_id"] == 1) is (finding.status is Status.PASS)
        assert (event["compliance"]["status_id"] == 3) is (finding.status is Status.FAIL)
        assert (event["status_id"] == 3) is (finding.waiver is not None)
    counts = Counter(event["compliance"]["status_code"] for event in events.values())
    assert counts == Counter(finding.status.value for finding in results.findings)


@pytest.mark.parametrize("make", [to_sarif, to_ocsf])
def test_same_results_same_bytes(make):
    assert make(sample(50), catalogue()) == make(sample(50), catalogue())
