"""Findings, ids, scenarios, waivers, score, and the schema of results.json."""

import json
from functools import partial

import jsonschema
import msgspec
import pytest

from assess import results
from assess.catalogue import Catalogue, Clause, Command, Document
from assess.check import Outcomes, Pass, Rows, check
from assess.collect import collect
from assess.discover import Library
from assess.errors import RecordingError
from assess.model import Fail, Necessity, Severity, Status, Unknown, Verdict
from assess.results import Selection, evaluate, from_json, score, to_json
from samplechecks import (
    CHECKS,
    NOW,
    Heard,
    Heights,
    Towers,
    measured,
    recording,
    refusing,
    requirement,
)

SCENARIOS = {"hybrid-mdm": "Hybrid", "co-management-pki": "PKI", "co-management-internet": "Internet"}
PAPERS = {"hybrid-mdm": Document("hybrid-mdm", "Hybrid", "2016", "retired")}


def library(*requirements, checks=CHECKS):
    catalogue = Catalogue({r.id: r for r in requirements}, {"tower": "Towers"}, SCENARIOS, PAPERS)
    known = {r.id: checks[r.id] for r in requirements if r.id in checks}
    return Library(catalogue, known, ())


def found(*requirements, tower=None, checks=CHECKS, **keys):
    record = recording(**keys)
    collect([Heard()], [tower or measured(a_test=20, b_test=5)], record, clock=lambda: NOW)
    return evaluate(library(*requirements, checks=checks), record)


def test_ids_evidence_remedy_and_reference():
    high, low = found(requirement()).findings
    assert (high.id, low.id) == ("tower.height[a.test]", "tower.height[b.test]")
    assert (high.status, low.status) == (Status.PASS, Status.FAIL)
    assert high.evidence[0].value == "20 m"
    assert high.remediation == ()
    assert low.remediation == ("Build b.test higher.",)
    assert low.references[0].section == "Towers"
    assert low.expected == "more than 10 m"
    assert low.check == "samplechecks.height"


def test_a_remedy_that_does_not_name_the_object_is_made_to():
    _, low = found(requirement(remediation=("Build higher.",))).findings
    assert low.remediation == ("b.test: Build higher.",)


def test_findings_that_differ_by_scenario_are_split():
    first, second = found(requirement("tower.scenario")).findings
    assert (first.id, first.status) == ("tower.scenario@hybrid-mdm", Status.FAIL)
    assert (second.id, second.status) == ("tower.scenario@co-management-pki", Status.PASS)


def test_findings_whose_necessity_differs_are_split():
    both = requirement("tower.optional", necessity_in={"co-management-pki": Necessity.RECOMMENDED})
    first, second = found(both).findings
    assert (first.id, first.necessity) == ("tower.optional@hybrid-mdm", Necessity.REQUIRED)
    assert (second.id, second.necessity) == ("tower.optional@co-management-pki", Necessity.RECOMMENDED)


def test_equal_scenarios_share_a_finding():
    [one] = found(requirement("tower.optional")).findings
    assert one.scenarios == ("hybrid-mdm", "co-management-pki")


def test_left_out_is_unknown_and_said():
    record = recording()
    seen = evaluate(library(requirement()), record, selection=Selection(only=("dns.*",)))
    [one] = seen.findings
    assert (one.id, one.status) == ("tower.height", Status.UNKNOWN)
    assert "left out by --only dns.*" in one.observed
    seen = evaluate(library(requirement()), record, selection=Selection(skip=("tower.*",)))
    assert "--skip tower.*" in seen.findings[0].observed


def test_one_scenario_can_be_chosen():
    record = recording()
    seen = evaluate(library(requirement()), record, scenarios=("co-management-pki",))
    assert [v.scenario for v in seen.verdicts] == ["co-management-pki"]


@pytest.mark.parametrize(
    ("waiver", "waived"),
    [
        ({"until": "2026-11-20"}, True),
        ({"until": "2026-11-19"}, False),
        ({"until": "2027-01-01", "subject": "b.test"}, True),
        ({"until": "2027-01-01", "subject": "a.test"}, False),
        ({"until": "2027-01-01", "requirement": "tower.other"}, False),
    ],
)
def test_waivers(waiver, waived):
    entry = {"requirement": "tower.height", "reason": "lab", "by": "B. Roth", **waiver}
    seen = found(requirement(), waivers=[entry])
    low = seen.findings[1]
    assert (low.waiver is not None) is waived
    assert low.status is Status.FAIL
    assert seen.verdicts[0].verdict is (Verdict.READY_WITH_WARNINGS if waived else Verdict.NOT_READY)


def test_counts_blockers_and_score():
    [verdict, _] = found(requirement()).verdicts
    assert verdict.counts == {"fail": 1, "unknown": 0, "warn": 0, "manual": 0, "pass": 1, "not-applicable": 0}
    assert verdict.blockers == ("tower.height[b.test]",)
    assert verdict.score == 0
    assert found(requirement(), tower=measured(a_test=20)).verdicts[0].score == 100


@pytest.mark.parametrize(
    ("findings", "expected"),
    [
        ([], None),
        ([("a", "not-applicable", "blocker", "required")], None),
        ([("a", "pass", "info", "required")], None),
        ([("a", "pass", "blocker", "optional")], None),
        ([("a", "pass", "blocker", "required"), ("b", "fail", "blocker", "required")], 50),
        ([("a", "warn", "high", "required"), ("b", "pass", "high", "recommended")], 75),
        ([("a", "pass", "blocker", "required"), ("a", "fail", "blocker", "required")], 0),
        ([("a", "pass", "blocker", "required"), ("b", "unknown", "high", "required")], 67),
        ([("a", "pass", "low", "required"), ("b", "manual", "low", "required")], 50),
    ],
)
def test_score(findings, expected):
    base = found(requirement()).findings[0]
    made = [
        msgspec.structs.replace(base, requirement=r, status=Status(s), severity=Severity(v), necessity=Necessity(n))
        for r, s, v, n in findings
    ]
    assert score(made) == expected


HOSTILE = "a\x00\x1b[31m\u202ecmd|' /C calc'!A0\ud800\u200b"




def test_hostile_text_is_cleaned_and_ids_stay_apart():
    from typing import Annotated

    from samplechecks import Heights

    @check("tower.height")
    def strange(heights: Annotated[Heights, Heard()]) -> Outcomes:
        yield Fail(HOSTILE, "x" * 5000, HOSTILE)
        yield Fail(HOSTILE.replace("\u200b", "\u200c"), "x", "y")

    seen = found(requirement(), checks={"tower.height": strange})
    text = to_json(seen).decode()
    for sign in ("\x00", "\x1b", "\u202e", "\u200b", "\\u0000", "\\u001b"):
        assert sign not in text
    ids = [f.id for f in seen.findings]
    assert len(set(ids)) == 2
    assert len(seen.findings[0].expected) <= 2001


def test_long_lists_become_tables():
    from typing import Annotated

    from samplechecks import Heights

    @check("tower.height")
    def listing(heights: Annotated[Heights, Heard()]) -> Outcomes:
        rows = ({"user": f"u{n}", "found": "=1+1"} for n in range(3))
        yield Fail("corp.local", "a public suffix", "3 users", rows=Rows(("user", "found"), rows))

    record = recording()
    collect([Heard()], [measured(a_test=20)], record, clock=lambda: NOW)
    seen = evaluate(library(requirement(), checks={"tower.height": listing}), record)
    [table] = seen.tables
    assert (table.finding, table.rows) == ("tower.height[corp.local]", 3)
    lines = (record.tables / f"{table.name}.ndjson").read_text().splitlines()
    assert json.loads(lines[0]) == {"user": "u0", "found": "=1+1"}


def listing_of(rows):
    from typing import Annotated

    from samplechecks import Heights

    @check("tower.height")
    def listing(heights: Annotated[Heights, Heard()]) -> Outcomes:
        yield Fail("corp.local", "a public suffix", "3 users", rows=Rows(("user",), rows))

    return {"tower.height": listing}


def test_findings_of_several_scenarios_share_one_list():
    split = requirement(necessity_in={"co-management-pki": Necessity.RECOMMENDED})
    rows = ({"user": f"u{n}"} for n in range(3))
    first, second = found(split, checks=listing_of(rows)).tables
    assert (first.name, first.rows) == (second.name, second.rows)
    assert {first.finding, second.finding} == {
        "tower.height[corp.local]@hybrid-mdm", "tower.height[corp.local]@co-management-pki"
    }  # fmt: skip


def test_a_list_that_breaks_off_makes_the_finding_unknown():
    def broken():
        yield {"user": "u1"}
        raise OSError("disk full")

    seen = found(requirement(), checks=listing_of(broken()))
    assert seen.findings[0].status is Status.UNKNOWN
    assert "its list could not be made" in seen.findings[0].observed
    assert seen.tables == ()


def test_results_validate_against_the_shipped_schema_and_read_back():
    seen = found(requirement(), tower=refusing())
    schema = json.loads(results.shipped_schema())
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(json.loads(to_json(seen)), schema)
    assert from_json(to_json(seen)) == seen
    assert to_json(from_json(to_json(seen))) == to_json(seen)


def test_the_shipped_schema_is_that_of_the_types():
    assert json.loads(results.shipped_schema()) == json.loads(json.dumps(results.schema())), "run: make schema"


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b'{"schema_version": "2.0"}', b"\xff"])
def test_what_is_no_results_file_is_said(data):
    with pytest.raises(RecordingError):
        from_json(data)


def test_a_refused_source_is_told():
    [source] = found(requirement(), tower=refusing()).sources
    assert (source.source, source.status) == ("http", "failed")
    assert "the towers are shut" in source.detail
    [source] = found(requirement(), tower=refusing(skipped=True)).sources
    assert source.status == "skipped"


def test_what_is_built_upon_is_named():
    above = requirement("tower.optional", depends_on=("tower.height",))
    *_, optional = found(requirement(), above, tower=refusing()).findings
    assert optional.status is Status.UNKNOWN
    assert optional.blocked_by == ("tower.height",)


def test_unknown_outcomes_of_nothing_have_a_mend():
    one = found(requirement("tower.none")).findings[0]
    assert one.status is Status.UNKNOWN
    assert one.remediation == ("Confirm by hand: More than 10 m.",)
    assert isinstance(Unknown(None, "x"), Unknown)
    assert Pass(None, "x").expected == ""


BUILD = Command("powershell", "Build-Tower '{subject}' -Site '{site.code:site}' -For '{tenant.organization.O}'")


def commands_of(*commands, tower=None, **keys):
    seen = found(requirement(commands=commands), tower=tower, **keys).findings
    return {one.subject: tuple(c.text for c in one.commands) for one in seen}


def test_a_command_is_filled_with_the_subject_keys_and_members_of_keys():
    told = commands_of(BUILD, site__code="PS1", tenant__organization={"O": "O'Brien Ltd"})
    assert told == {"a.test": (), "b.test": ("Build-Tower 'b.test' -Site 'PS1' -For 'O''Brien Ltd'",)}


def test_a_command_without_one_of_its_values_is_left_out():
    assert commands_of(BUILD, site__code="PS1") == {"a.test": (), "b.test": ()}


def test_a_hostile_subject_stays_text_or_leaves_the_command_out():
    build = Command("powershell", "Build-Tower '{subject}'")
    heights = {"x'; Remove-Item *; '": 1, "y' + 'z": 1, "bad\u202ename": 1, "two\nlines": 1}
    tower = Towers(lambda ask, visit: Heights(heights))
    told = commands_of(build, tower=tower)
    assert sorted(told.values()) == [(), (), (), ("Build-Tower 'y'' + ''z'",)]


def test_conditions_of_a_command():
    one = Clause("tenant.cloud", ("usgov",))
    here = (Clause("engagement.scenarios", ("hybrid-mdm",)),)
    low = (Clause("subject", ("b.test",)),)
    dns = partial(Command, "dns", "{subject}. 60 IN CNAME a.")
    wanted = ("b.test. 60 IN CNAME a.",)
    for command, tenant, expected in (
        (dns(only=(one,)), {}, ()), (dns(only=(one,)), {"tenant__cloud": "usgov"}, wanted),
        (dns(unless=(one,)), {"tenant__cloud": "usgov"}, ()), (dns(unless=(one,)), {}, wanted),
        (dns(only=here), {}, wanted), (dns(unless=here), {}, ()),
        (dns(only=low), {}, wanted), (dns(when=("warn",)), {}, ()),
    ):  # fmt: skip
        assert commands_of(command, **tenant)["b.test"] == expected


def test_a_command_about_one_file_is_not_offered_for_another():
    one = Command("dns", "{subject}. 60 IN CNAME a.", about=("files.cmg_pfx", "files.cmg_csr"))
    assert commands_of(one, files__cmg_pfx="pki/b.test")["b.test"]
    assert not commands_of(one, files__cmg_pfx="pki/c.test")["b.test"]
    assert not commands_of(one)["b.test"]


def test_a_command_can_name_the_list_behind_a_finding():
    from typing import Annotated

    @check("tower.height")
    def lists(heights: Annotated[Heights, Heard()]) -> Outcomes:
        """Fail with and without a list."""
        yield Fail("many", "none", "some", rows=Rows(("user",), [{"user": "a"}]))
        yield Fail("one", "none", "some")

    command = Command("powershell", "Get-Content '{table.file:word}'")
    seen = found(requirement(commands=(command,)), checks={"tower.height": lists})
    told = {f.subject: [c.text for c in f.commands] for f in seen.findings}
    assert told == {"many": [f"Get-Content '{seen.tables[0].name}.ndjson'"], "one": []}


def test_names_of_the_tenants_cloud():
    graph = Command("graph", "GET {cloud.graph}/v1.0/organization")
    assert commands_of(graph, tenant__cloud="china")["b.test"] == (
        "GET https://microsoftgraph.chinacloudapi.cn/v1.0/organization",
    )
    gateway = Command("dns", "a. 60 IN CNAME b.{cloud.gateway_suffix}.")
    assert commands_of(gateway, tenant__cloud="china")["b.test"] == ()
