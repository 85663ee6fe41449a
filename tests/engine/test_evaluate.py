"""From a recording to outcomes: total, and closed on failure."""

import pytest

from assess.catalogue import Clause
from assess.check import check
from assess.collect import collect
from assess.errors import CheckDefinitionError
from assess.evaluate import judge
from assess.model import Fail, Manual, NotApplicable, Pass, Status, Unknown, Warn, status_of
from samplechecks import (
    CHECKS,
    NOW,
    Heard,
    Lists,
    Many,
    Row,
    Towers,
    measured,
    recording,
    refusing,
    requirement,
)


def judged(name, tower, record=None, scenario="hybrid-mdm", **changes):
    record = record or recording()
    check_ = CHECKS[name]
    collect([Heard()], [tower], record, clock=lambda: NOW)
    return judge(requirement(name, **changes), check_, record, scenario)


def test_a_measurement_is_judged_for_each_subject():
    judgement = judged("tower.height", measured(a_test=20, b_test=5))
    assert [status_of(o) for o in judgement.outcomes] == [Status.PASS, Status.FAIL]
    assert [cited.note.about for cited in judgement.read] == ["a.test", "b.test"]


def test_a_refusal_costs_every_subject_one_unknown():
    judgement = judged("tower.height", refusing())
    assert judgement.outcomes == (
        Unknown("a.test", "the towers are shut", remedy=("Open them.",)),
        Unknown("b.test", "the towers are shut", remedy=("Open them.",)),
    )


def test_a_check_that_takes_missing_decides_itself():
    [outcome] = judged("tower.optional", refusing()).outcomes
    assert outcome == Unknown(None, "seen from afar: the towers are shut")


@pytest.mark.parametrize("name", ["tower.empty", "tower.broken"])
def test_nothing_said_and_a_broken_check_are_unknown(name):
    [outcome] = judged(name, measured(a_test=20)).outcomes
    assert isinstance(outcome, Unknown)


def test_what_was_never_asked_is_unknown():
    [first, _] = judge(requirement(), CHECKS["tower.height"], recording(), "hybrid-mdm").outcomes
    assert isinstance(first, Unknown)
    assert "was not asked" in first.because


def test_a_connector_that_breaks_loses_only_its_own_answer():
    def break_down(ask, visit):
        raise RuntimeError("password hunter2")

    [first, _] = judged("tower.height", Towers(break_down)).outcomes
    assert isinstance(first, Unknown)
    assert "RuntimeError" in first.because
    assert "hunter2" not in first.because


def test_a_malformed_answer_is_unknown():
    [first, _] = judged(
        "tower.height", Towers(lambda ask, visit: {"metres": {"a": "high"}})
    ).outcomes
    assert isinstance(first, Unknown)


def test_an_absent_key_is_manual_and_named():
    [outcome] = judge(
        requirement("tower.key"), CHECKS["tower.key"], recording(), "hybrid-mdm"
    ).outcomes
    assert isinstance(outcome, Manual)
    assert "cmg.service_name" in outcome.question


def test_an_absent_key_inside_a_question_is_manual():
    judgement = judged("tower.height", measured(a_test=20), recording(tenant={}))
    [outcome] = judgement.outcomes
    assert isinstance(outcome, Manual)
    assert "tenant.public_domains" in outcome.question


@pytest.mark.parametrize(
    ("keys", "kind"),
    [
        ({}, Manual),
        ({"ios__method": "configurator"}, NotApplicable),
        ({"ios__method": "dep"}, Pass),
    ],
)
def test_conditions_on_keys(keys, kind):
    judgement = judged(
        "tower.height",
        measured(a_test=20),
        recording(**keys),
        applies=(Clause("ios.method", ("dep",)),),
    )
    assert type(judgement.outcomes[0]) is kind
    assert judgement.read


@pytest.mark.parametrize(
    ("attested", "changes", "kind"),
    [
        (None, {}, Manual),
        ({"answer": True, "by": "A. Meyer"}, {}, Pass),
        ({"answer": False}, {}, Fail),
        ({"answer": False}, {"answered_no": "warn"}, Warn),
        ({"answer": True}, {"automation": "partial"}, Manual),
        ({"answer": True, "until": "2026-11-19"}, {}, Manual),
        ({"answer": True, "until": "2026-11-20"}, {}, Pass),
    ],
)
def test_a_requirement_without_a_check_asks_a_person(attested, changes, kind):
    record = recording(**({"attestations": {"tower.asked": attested}} if attested else {}))
    asked = requirement(
        "tower.asked", **{"automation": "manual", "question": "Is it high?", **changes}
    )
    [outcome] = judge(asked, None, record, "hybrid-mdm").outcomes
    assert type(outcome) is kind


def test_a_requirement_without_check_and_question_is_unknown():
    [outcome] = judge(requirement("tower.none"), None, recording(), "hybrid-mdm").outcomes
    assert outcome == Unknown(None, "not assessed by this version", unasked="no-check")


def test_a_long_list_is_streamed_and_must_be_whole():
    record = recording()

    def tell(ask, visit):
        with visit.table("towers") as writer:
            for number in range(1000):
                writer.add(Row(f"t{number}"))
        return Many(visit.listed("towers", writer, Row))

    collect([Lists()], [Towers(tell)], record, clock=lambda: NOW)
    many = record.answer(Lists())
    assert len(many.rows) == 1000
    assert sum(1 for _ in many.rows) == sum(1 for _ in many.rows) == 1000
    file = record.tables / "towers.ndjson"
    file.write_bytes(b"".join(file.read_bytes().splitlines(keepends=True)[:-1]))
    with pytest.raises(Exception, match="999 of 1000"):
        list(many.rows)


def test_a_check_needs_a_question_for_each_parameter():
    with pytest.raises(CheckDefinitionError, match="asks nothing"):

        @check("a.b")
        def nothing():
            return []

    with pytest.raises(CheckDefinitionError, match="needs a type"):

        @check("a.b")
        def untyped(thing):
            return []
