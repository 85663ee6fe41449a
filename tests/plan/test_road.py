"""The road to ready: everything open is in it once, nothing begins too early, nobody does two things."""

import itertools
import json
from dataclasses import replace
from datetime import date

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assess import cli
from assess.catalogue import catalogue_of, requirements_of
from assess.discover import library
from assess.errors import CheckDefinitionError
from assess.model import Necessity, Severity, Status
from assess.plan.road import Band, road
from assess.plan.steps import Kind, works
from assess.results import WaiverOf, to_json
from samples import sample

KNOWN = library().catalogue
IDS = list(KNOWN.requirements)
OPEN = (Status.FAIL, Status.WARN, Status.UNKNOWN, Status.MANUAL)


BLANK = sample(scenarios=("co-management-pki",))
ONE = BLANK.findings[0]


def a_finding(name, status, necessity=Necessity.REQUIRED, **more):
    return msgspec.structs.replace(
        ONE, id=name, requirement=name, status=status, necessity=necessity, subject=None,
        severity=Severity.HIGH, remediation=(f"Mend {name}.",), evidence=(), waiver=None, **more,
    )  # fmt: skip


def of(*findings):
    return msgspec.structs.replace(BLANK, findings=findings)


@st.composite
def some(draw):
    names = draw(st.lists(st.sampled_from(IDS), unique=True, max_size=40))
    return of(*(
        a_finding(name, draw(st.sampled_from(list(Status))), draw(st.sampled_from(list(Necessity))))
        for name in names
    ))  # fmt: skip


@given(some())
def test_everything_open_is_in_it_once_and_nothing_else(found):
    plan = road(found, KNOWN)
    planned = [f.id for step in plan.steps for f in step.work.findings]
    assert sorted(planned) == sorted(f.id for f in found.findings if f.status in OPEN)
    assert [step.number for step in plan.steps] == list(range(1, len(plan.steps) + 1))


@given(some())
def test_nothing_begins_before_what_it_builds_on(found):
    plan = road(found, KNOWN)
    by_number = {step.number: step for step in plan.steps}
    for step in plan.steps:
        assert step.starts < step.ends <= step.effective
        assert all(by_number[n].effective <= step.starts for n in step.after)


@given(some())
def test_a_team_does_one_thing_at_a_time(found):
    steps = sorted(road(found, KNOWN).steps, key=lambda step: step.starts)
    for team in {step.work.effort.team for step in steps}:
        mine = [step for step in steps if step.work.effort.team == team]
        assert all(one.ends <= two.starts for one, two in itertools.pairwise(mine))


@given(some())
def test_the_critical_chain_leads_from_the_start_to_ready(found):
    plan = road(found, KNOWN)
    chain = sorted((step for step in plan.steps if step.critical), key=lambda step: step.starts)
    if plan.ready is None:
        assert not chain
        assert all(step.band is Band.LATER for step in plan.steps)
        return
    assert chain[0].starts == 0
    assert chain[-1].effective == plan.ready
    for one, two in itertools.pairwise(chain):
        assert two.starts in (one.ends, one.effective)


def test_what_blocks_comes_first_and_what_may_wait_comes_last():
    plan = road(
        of(
            a_finding("dns.enterprise-enrollment-cname", Status.WARN, Necessity.OPTIONAL),
            a_finding("cmg.service-name", Status.FAIL),
            a_finding("dns.cmg-cname", Status.FAIL),
            a_finding("pki.enterprise-ca", Status.WARN),
        ),
        KNOWN,
    )
    bands = {step.work.requirements[0]: step.band for step in plan.steps}
    assert bands == {
        "cmg.service-name": Band.NOW, "dns.cmg-cname": Band.NEXT,
        "dns.enterprise-enrollment-cname": Band.LATER, "pki.enterprise-ca": Band.LATER,
    }  # fmt: skip
    assert plan.teams == ("configmgr", "dns", "pki")
    # Two hours for the name, half a day until it is there, an hour and three days for the alias.
    assert plan.ready == 0.25 + 0.5 + 0.125 + 3


def test_one_mend_answers_many():
    refused = [
        replace_remedy(a_finding(name, Status.UNKNOWN), "Grant Device.Read.All.")
        for name in [one for one in IDS if KNOWN.effort(KNOWN.requirements[one]).team == "tenant"][:5]
    ]
    [work] = works(of(*refused), KNOWN)
    assert work.kind is Kind.FIND_OUT
    assert len(work.requirements) == 5
    asked = [a_finding(name, Status.MANUAL) for name in IDS[:8]]
    [work] = works(of(*asked), KNOWN)
    assert (work.kind, work.effort.hours) == (Kind.ANSWER, 2)


def replace_remedy(one, text):
    return msgspec.structs.replace(one, remediation=(text,))


def test_an_accepted_risk_is_no_step():
    accepted = msgspec.structs.replace(
        a_finding(IDS[0], Status.FAIL), waiver=WaiverOf("known", "A. Meyer", date(2027, 1, 1))
    )
    plan = road(of(accepted), KNOWN)
    assert (plan.steps, plan.ready, plan.hours) == ((), None, 0)


def test_a_requirement_of_a_stranger_has_a_place_too():
    [step] = road(of(a_finding("contoso.oddity", Status.FAIL)), KNOWN).steps
    assert step.work.effort.team == "project"


def test_a_circle_of_requirements_is_cut():
    names = IDS[:3]
    circle = {
        name: replace(KNOWN.requirements[name], depends_on=(after,))
        for name, after in zip(names, [*names[1:], names[0]], strict=True)
    }
    catalogue = replace(KNOWN, requirements={**KNOWN.requirements, **circle})
    plan = road(of(*(a_finding(name, Status.FAIL) for name in names)), catalogue)
    assert len(plan.steps) == 3


def test_every_area_has_an_effort():
    assert set(KNOWN.areas) == set(KNOWN.efforts)


ENTRY = """
[alias]
title = "t"
scenarios = ["hybrid-mdm"]
necessity = "optional"
severity = "low"
automation = "automatic"
availability = "available"
statement = "s"
pass = "p"
remediation = ["r"]
sources = [{ document = "d", section = "s", step = "1" }]
"""
PAPERS = {
    "areas": {"web": "Web"}, "scenarios": {"hybrid-mdm": {"title": "t"}},
    "documents": {"d": {"title": "t", "date": "1", "status": "s", "notes": []}},
    "teams": {"project": "P", "web": "W"}, "efforts": {"web": {"team": "web", "hours": 2}},
}  # fmt: skip


def test_an_entry_says_otherwise_than_its_area():
    [requirement] = requirements_of("p", "web", f"{ENTRY}effort = {{ hours = 8, wait_days = 2 }}")
    effort = catalogue_of(PAPERS, [requirement]).effort(requirement)
    assert (effort.team, effort.hours, effort.wait_days) == ("web", 8, 2)


@pytest.mark.parametrize("effort", ["{ team = 'nobody' }", "{ hours = 0 }", "{ days = 1 }"])
def test_a_wrong_effort_stops_the_pack(effort):
    [requirement] = requirements_of("p", "web", f"{ENTRY}effort = {effort}")
    with pytest.raises(CheckDefinitionError, match=r"effort of web\.alias"):
        catalogue_of(PAPERS, [requirement])


def test_the_command_lists_the_steps(tmp_path, capsys):
    file = tmp_path / "results.json"
    file.write_bytes(to_json(of(a_finding("cmg.service-name", Status.FAIL), a_finding("dns.cmg-cname", Status.FAIL))))
    assert cli.run(["plan", str(file)]) == 0
    shown = capsys.readouterr()
    lines = [line.split("\t") for line in shown.out.splitlines()]
    assert [line[0] for line in lines] == ["1", "2"]
    assert lines[1][2:7] == ["DNS administrators", "day 0.75", "0.5 h", "3 d", "1"]
    assert "Ready after 3.875 working days at the earliest: 2.5 hours of work" in shown.err
    assert cli.run(["plan", str(file), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["steps"][1]["after"] == [1]
    assert cli.run(["plan", str(tmp_path / "none.json")]) == 2
