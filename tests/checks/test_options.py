"""Which management option fits: the tables, the comparison, and the checks that rest on them."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assess import cli
from assess.check import Missing
from assess.discover import library
from assess.evaluate import judge
from assess.model import Fail, Manual, Pass, Unknown, Warn, worst
from assess.options import Fit, Support, compare, tables
from assess.recording import Recording
from assess.results import evaluate
from checks.options import o365_gaps, option_chosen, option_gaps, reporting_requirements
from samplechecks import NOW, engagement

INTUNE, O365, HYBRID = "intune-standalone", "mdm-office-365", "hybrid"
UNSET = Missing("planning.available_today is not set", key="planning.available_today")
KNOWN = tables()


def test_the_tables_are_whole():
    assert list(KNOWN.options) == [INTUNE, O365, HYBRID]
    assert len(KNOWN.capabilities) == 62
    assert len(KNOWN.constraints) == 25
    for capability in KNOWN.capabilities.values():
        assert set(capability.support) == set(KNOWN.options)
        assert {said.basis for said in capability.support.values()} <= {"stated", "inherited", "implied"}
    assert {one.option for one in KNOWN.constraints.values()} == set(KNOWN.options)
    assert {one.source for one in KNOWN.capabilities.values()} == {f"Table {n}" for n in range(7, 12)}


def test_each_option_beside_the_others():
    sides = compare(["device.vpn-profiles", "monitoring.ssrs"], ["hybrid.retired"], today=False)
    assert {side.option.id: side.fit for side in sides} == {
        INTUNE: Fit.LACKS, O365: Fit.LACKS, HYBRID: Fit.PARTLY,
    }  # fmt: skip
    assert [one.id for one in sides[0].saying(Support.NO)] == ["monitoring.ssrs"]
    assert [accepted for one, accepted in sides[2].constraints if one.id == "hybrid.retired"] == [True]
    assert compare(["monitoring.ssrs"], today=True)[2].fit is Fit.RETIRED


@given(st.lists(st.sampled_from([*KNOWN.capabilities, "no.such"])), st.booleans())
def test_requiring_more_never_makes_an_option_fit_better(required, today):
    order = list(Fit)
    for less, more in zip(
        compare(required[:-1], today=today), compare(required, today=today), strict=True
    ):
        if required[:-1]:
            assert order.index(less.fit) <= order.index(more.fit)
        assert more.fit is not Fit.FITS or "no.such" not in required
        assert required or more.fit in (Fit.OPEN, Fit.RETIRED)


SOUND = ["device.wipe"]


@pytest.mark.parametrize(
    ("chosen", "required", "today", "status"),
    [
        (INTUNE, SOUND, UNSET, Pass),
        (INTUNE, ["monitoring.ssrs"], True, Fail),
        (O365, ["device.platform-policies"], True, Unknown),
        (O365, ["device.exchange-activesync"], True, Warn),
        (O365, ["device.exchange-activesync", "monitoring.ssrs"], True, Fail),
        (O365, ["device.exchange-activesync", "device.platform-policies"], True, Unknown),
        (HYBRID, SOUND, True, Fail),
        (HYBRID, SOUND, False, Pass),
        (HYBRID, SOUND, UNSET, Manual),
        (HYBRID, ["device.managed-browser"], UNSET, Fail),
        (INTUNE, ["device.wiipe"], True, Unknown),
        (INTUNE, ["device.wiipe", "monitoring.ssrs"], True, Fail),
        (INTUNE, [*SOUND, "nothing like it"], True, Unknown),
    ],
)
def test_option_chosen(chosen, required, today, status):
    assert isinstance(worst(option_chosen(chosen, required, today)), status)


def test_a_misspelt_capability_is_named_with_the_near_one():
    [unknown, *_] = option_chosen(INTUNE, ["device.wiipe"], True)
    assert isinstance(unknown, Unknown)
    assert "device.wiipe may mean device.wipe" in unknown.because


INTUNES = [one.id for one in KNOWN.constraints_of(INTUNE)]


@pytest.mark.parametrize(
    ("accepted", "status"),
    [(INTUNES, Pass), (INTUNES[1:], Warn), ([*INTUNES, "hybrid.retired"], Pass),
     ([*INTUNES, "intune.licence-costs"], Unknown), (["x"], Unknown)],
)  # fmt: skip
def test_option_gaps(accepted, status):
    assert isinstance(worst(option_gaps(INTUNE, accepted)), status)


@pytest.mark.parametrize(
    ("chosen", "report", "status"),
    [
        (INTUNE, "Software updates", Pass), (INTUNE, "licences", Pass),
        (INTUNE, "Reporting Services", Fail), (HYBRID, "reporting services", Pass),
        (INTUNE, "energy use", Unknown), (O365, "energy use", Fail), (O365, "hardware inventory", Fail),
        (O365, "Non-compliance", Pass), (HYBRID, "hardware inventory", Pass),
    ],
)  # fmt: skip
def test_reporting_requirements(chosen, report, status):
    [outcome] = reporting_requirements(chosen, [report])
    assert isinstance(outcome, status)
    assert outcome.subject == report


@pytest.mark.parametrize(
    ("chosen", "required", "status"),
    [
        (INTUNE, ["network.wifi-profiles"], Pass), (HYBRID, UNSET, Pass), (O365, SOUND, Pass),
        (O365, ["network.wifi-profiles"], Fail), (O365, ["certificates.scep"], Fail),
        (O365, ["device.vpn-profiles"], Fail), (O365, UNSET, Manual), (O365, ["nothing"], Unknown),
    ],
)  # fmt: skip
def test_o365_gaps(chosen, required, status):
    assert isinstance(worst(o365_gaps(chosen, required)), status)


PLAN = {
    "chosen_option": HYBRID, "required_capabilities": ["device.wipe", "monitoring.ssrs"],
    "available_today": True, "accepted_constraints": ["hybrid.retired"],
}  # fmt: skip


def choice(**planning):
    described = engagement(
        engagement={"name": "c", "scenarios": ["management-option-choice"]}, planning=planning
    )
    return Recording(described, as_of=NOW, started_at=NOW, finished_at=NOW)


@pytest.mark.parametrize("name", ["planning.option-chosen", "planning.option-gaps",
                                  "planning.reporting-requirements", "planning.o365-gaps"])  # fmt: skip
def test_what_the_file_does_not_say_is_a_persons_to_answer(name):
    known = library()
    judged = judge(
        known.catalogue.requirements[name], known.checks[name], choice(), "management-option-choice"
    )
    assert [type(outcome) for outcome in judged.outcomes] == [Manual]


def test_the_results_carry_the_options_side_by_side():
    found = evaluate(library(), choice(**PLAN))
    assert [(one.id, one.chosen, one.fit) for one in found.options] == [
        (INTUNE, False, Fit.LACKS), (O365, False, Fit.LACKS), (HYBRID, True, Fit.RETIRED),
    ]  # fmt: skip
    assert [one.supported for one in found.options[2].required] == [Support.YES, Support.YES]
    assert evaluate(library(), choice()).options == ()


def test_the_command_lists_and_compares(tmp_path, capsys):
    assert cli.run(["options"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 62
    assert lines[0].split("\t")[:4] == ["device.platform-policies", "yes", "not-stated", "yes"]
    file = tmp_path / "c.toml"
    file.write_text(
        'engagement = { name = "c", scenarios = ["management-option-choice"] }\n'
        'planning = { required_capabilities = ["device.wipe", "monitoring.ssrs"] }\n',
        encoding="utf-8",
    )
    assert cli.run(["options", str(file), "--json"]) == 0
    sides = json.loads(capsys.readouterr().out)
    assert [side["fit"] for side in sides] == ["does not fit", "does not fit", "retired"]
    assert cli.run(["options", str(file)]) == 0
    assert capsys.readouterr().out.splitlines()[0].startswith("intune-standalone\tdoes not fit\tmonitoring.ssrs")
    file.write_text('engagement = { name = "c", scenarios = ["hybrid-mdm"] }\n', encoding="utf-8")
    assert cli.run(["options", str(file)]) == 2
    assert "required_capabilities is not set" in capsys.readouterr().err
