"""What changed between runs: every class, and that losing evidence never mends anything."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assess.history.changes import between, past_of, regressions
from assess.history.diff import diff
from assess.history.shapes import MEASURED, OPEN, Kind
from assess.history.standing import fold
from assess.model import Status
from pasts import START, TWO, kept, run

NAMES = ("dns.alias[a.test]", "dns.alias[b.test]", "cert.dates", "site.mode")


def moment(week):
    return START + timedelta(weeks=week)


def changes(*runs, scenarios=TWO):
    """What the last of the runs changes; each is a list of findings."""
    known = fold((moment(week), findings) for week, findings in enumerate(runs[:-1]))
    return diff(known, runs[-1], scenarios, moment(len(runs) - 1))


def kinds(*runs, **more):
    return {(change.id, change.kind) for change in changes(*runs, **more)}


@pytest.mark.parametrize(
    ("statuses", "kind"),
    [
        ("pass pass", None),
        ("pass fail", Kind.NEW),
        ("pass warn", Kind.NEW),
        ("not-applicable fail", Kind.NEW),
        ("warn fail", Kind.WORSE),
        ("fail warn", Kind.BETTER),
        ("fail pass", Kind.FIXED),
        ("warn pass", Kind.FIXED),
        ("fail not-applicable", Kind.GONE),
        ("pass not-applicable", None),
        ("fail fail", Kind.STILL_OPEN),
        ("warn warn", Kind.STILL_OPEN),
        ("pass unknown", Kind.NOT_MEASURED),
        ("fail unknown", Kind.NOT_MEASURED),
        ("fail manual", Kind.NOT_MEASURED),
        ("not-applicable unknown", Kind.NOT_MEASURED),
        ("unknown unknown", Kind.STILL_OPEN),
        ("unknown manual", Kind.STILL_OPEN),
        ("manual unknown", Kind.STILL_OPEN),
        ("unknown fail", Kind.NEW),
        ("manual warn", Kind.NEW),
        ("unknown pass", Kind.BETTER),
        ("manual pass", Kind.BETTER),
        ("unknown not-applicable", Kind.GONE),
        # What was measured last counts, however often nobody could look since.
        ("fail unknown fail", Kind.STILL_OPEN),
        ("fail unknown unknown", Kind.NOT_MEASURED),
        ("pass unknown fail", Kind.NEW),
        ("pass unknown pass", None),
        ("fail unknown pass", Kind.FIXED),
        ("warn manual unknown fail", Kind.WORSE),
    ],
)
def test_each_class(statuses, kind):
    runs = [[kept("cert.dates", status)] for status in statuses.split()]
    assert [change.kind for change in changes(*runs)] == ([] if kind is None else [kind])


def test_open_since_is_the_first_time_that_it_was_found_open():
    runs = [[kept("cert.dates", status)] for status in ("fail", "pass", "warn", "unknown", "fail", "fail")]
    [change] = changes(*runs)
    assert (change.kind, change.since) == (Kind.STILL_OPEN, moment(2))


def test_an_unknown_without_subject_covers_every_subject():
    before = [kept("dns.alias[a.test]", "fail"), kept("dns.alias[b.test]", "pass")]
    blind = [kept("dns.alias", "unknown")]
    assert kinds(before, blind) == {
        ("dns.alias", Kind.NOT_MEASURED),
        ("dns.alias[a.test]", Kind.NOT_MEASURED),
        ("dns.alias[b.test]", Kind.NOT_MEASURED),
    }
    again = [kept("dns.alias[a.test]", "fail"), kept("dns.alias[b.test]", "fail")]
    assert kinds(before, blind, again) >= {("dns.alias[a.test]", Kind.STILL_OPEN), ("dns.alias[b.test]", Kind.NEW)}


def test_a_first_refusal_covers_subjects_that_appear_later():
    [change] = changes([kept("dns.alias", "unknown")], [kept("dns.alias[a.test]", "unknown")])
    assert change.kind is Kind.STILL_OPEN
    found = kinds([kept("dns.alias", "unknown")], [kept("dns.alias[a.test]", "fail"), kept("dns.alias[b.test]", "pass")])
    assert found >= {("dns.alias[a.test]", Kind.NEW), ("dns.alias[b.test]", Kind.BETTER)}


def test_a_subject_that_is_gone_is_neither_fixed_nor_lost():
    before = [kept("dns.alias[a.test]", "fail"), kept("dns.alias[b.test]", "pass")]
    assert kinds(before, [kept("dns.alias[b.test]", "pass")]) == {("dns.alias[a.test]", Kind.GONE)}
    # One that passed and is gone is not worth a line.
    assert kinds(before, [kept("dns.alias[a.test]", "fail")]) == {("dns.alias[a.test]", Kind.STILL_OPEN)}


def test_a_subject_that_comes_back_is_new():
    gone = [kept("dns.alias[b.test]", "pass")]
    with_a = [kept("dns.alias[a.test]", "fail"), *gone]
    assert kinds(with_a, gone, with_a) == {("dns.alias[a.test]", Kind.NEW)}
    [change] = changes(with_a, gone, with_a)
    assert change.since == moment(2)


def test_a_subject_that_changes_places_with_another_requirement_is_seen():
    """As many findings as before, and still not the same ones."""
    first = [kept("dns.alias[a.test]", "fail"), kept("dns.alias[b.test]", "pass")]
    second = [first[1], kept("cert.dates", "pass")]
    third = [first[0], first[1], kept("cert.dates", "pass")]
    assert ("dns.alias[a.test]", Kind.NEW) in kinds(first, second, third)


def test_a_requirement_that_is_asked_for_the_first_time_is_no_regression():
    found = changes([kept("cert.dates")], [kept("cert.dates"), kept("site.mode", "fail")])
    assert [change.kind for change in found] == [Kind.ADDED]


def test_scenarios_are_compared_one_by_one():
    pki, internet = ((name,) for name in TWO)
    before = [kept("dns.alias[a.test]", "pass")]
    after = [
        kept("dns.alias[a.test]", "fail", id="dns.alias[a.test]@co-management-pki", scenarios=pki),
        kept("dns.alias[a.test]", "pass", id="dns.alias[a.test]@co-management-internet", scenarios=internet),
    ]
    [change] = changes(before, after)
    assert (change.kind, change.scenarios) == (Kind.NEW, pki)
    [change] = changes(before, after, before)
    assert (change.kind, change.scenarios, change.id) == (Kind.FIXED, pki, "dns.alias[a.test]")


def test_a_scenario_that_was_not_judged_is_not_measured():
    before = [kept("cert.dates", "fail")]
    after = [kept("cert.dates", "fail", scenarios=TWO[:1])]
    found = {(change.kind, change.scenarios) for change in changes(before, after, scenarios=TWO[:1])}
    assert found == {(Kind.STILL_OPEN, TWO[:1]), (Kind.NOT_MEASURED, TWO[1:])}


def test_what_was_left_out_changes_nothing_that_is_known():
    left_out = kept("cert.dates", "unknown", left_out=True)
    [change] = changes([kept("cert.dates", "fail")], [left_out])
    assert (change.kind, change.left_out) == (Kind.NOT_MEASURED, True)
    [change] = changes([kept("cert.dates", "fail")], [left_out], [kept("cert.dates", "fail")])
    assert (change.kind, change.since) == (Kind.STILL_OPEN, moment(0))
    whole = [kept("dns.alias", "unknown", left_out=True)]
    assert all(c.left_out for c in changes([kept("dns.alias[a.test]", "fail")], whole))


def test_between_two_runs_that_do_not_follow_each_other():
    lists = [[kept("cert.dates", status)] for status in ("fail", "unknown", "pass", "warn")]
    runs = [(run(week, mine), mine) for week, mine in enumerate(lists)]
    found = between(runs, runs[0][0].name, runs[3][0].name)
    [change] = found.changes
    assert (change.kind, change.before, change.after) == (Kind.BETTER, Status.FAIL, Status.WARN)
    # It was in order in the meantime, so it is not open since the first run.
    assert change.since == moment(3)
    assert found.run == runs[0][0].ref


def test_the_past_of_a_report_looks_only_back():
    lists = [[kept("cert.dates", status)] for status in ("fail", "pass", "fail")]
    runs = [(run(week, mine), mine) for week, mine in enumerate(lists)]
    past = past_of(runs, run(1), [kept("cert.dates", "warn")], baseline=None)
    assert past.last is not None
    assert (past.runs, past.last.run.as_of) == (3, moment(1))
    assert [change.kind for change in past.last.changes] == [Kind.NEW]
    assert len(past.trend) == 2 * 3


def test_a_baseline_is_compared_with():
    lists = [[kept("cert.dates", status)] for status in ("fail", "pass")]
    runs = [(run(week, mine), mine) for week, mine in enumerate(lists)]
    past = past_of(runs, run(2), [kept("cert.dates", "warn")], baseline=("kick-off", runs[0][0].name))
    assert past.baseline is not None
    assert (past.baseline.baseline, [c.kind for c in past.baseline.changes]) == ("kick-off", [Kind.BETTER])
    assert past_of(runs, run(2), [], baseline=("lost", "20200101T000000Z")).baseline is None


def test_a_waived_regression_is_none():
    before = [(run(0), [kept("cert.dates"), kept("site.mode")])]
    waived = kept("cert.dates", "fail", waived_until=moment(1).date())
    over = kept("site.mode", "fail", waived_until=(moment(1) - timedelta(days=1)).date())
    assert [c.id for c in regressions(past_of(before, run(1), [waived, over]))] == ["site.mode"]


# -- properties --

statuses = st.sampled_from(Status)
runs_of = st.lists(st.lists(statuses, min_size=len(NAMES), max_size=len(NAMES)), min_size=2, max_size=6)


def findings(said):
    return [kept(name, status) for name, status in zip(NAMES, said, strict=True)]


@given(runs_of, st.lists(st.booleans(), min_size=len(NAMES), max_size=len(NAMES)), st.booleans())
def test_losing_evidence_never_mends_anything(said, lost, whole):
    """Whatever is not seen any more, nothing becomes fixed, better or gone that would not be so if it were seen."""
    *before, last = [findings(one) for one in said]
    blinded = [
        kept(one.id, "unknown") if gone else one for one, gone in zip(last, lost, strict=True)
    ]
    if whole:  # a refusal that costs the requirement, not each subject
        blinded = [*[one for one in blinded if one.requirement != "dns.alias"], kept("dns.alias", "unknown")]
    good = {Kind.FIXED, Kind.BETTER, Kind.GONE}

    def mended(run):
        return {(c.requirement, c.subject, s) for c in changes(*before, run) if c.kind in good for s in c.scenarios}

    assert mended(blinded) <= mended(last)
    unseen = {one.requirement for one in blinded if one.status is Status.UNKNOWN}
    for change in changes(*before, blinded):
        if change.requirement in unseen and change.after not in MEASURED:
            assert change.kind in {Kind.NOT_MEASURED, Kind.STILL_OPEN, Kind.ADDED}


@given(runs_of)
def test_losing_evidence_in_between_changes_nothing_in_the_end(said):
    """fail, not seen, pass is fixed; pass, not seen, fail is new: as if the blind run had not been."""
    runs = [findings(one) for one in said]
    blind = [kept(name, "unknown") for name in NAMES]
    seen = {(c.id, c.kind) for c in changes(*runs) if c.before in MEASURED and c.after in MEASURED}
    between_them = changes(*runs[:-1], blind, runs[-1])
    assert {(c.id, c.kind) for c in between_them if c.before in MEASURED and c.after in MEASURED} == seen


@given(runs_of)
def test_every_open_finding_has_its_age_and_the_order_of_findings_is_nothing(said):
    runs = [findings(one) for one in said]
    found = changes(*runs)
    assert found == changes(*(list(reversed(one)) for one in runs))
    for change in found:
        if change.after in OPEN:
            assert change.since is not None
            assert moment(0) <= change.since <= moment(len(runs) - 1)


@given(runs_of)
def test_nothing_is_listed_twice_and_nothing_open_is_missing(said):
    runs = [findings(one) for one in said]
    listed = [(c.requirement, c.subject, s) for c in changes(*runs) for s in c.scenarios]
    assert len(listed) == len(set(listed))
    opened = {(k.requirement, k.subject, s) for k in runs[-1] if k.status in OPEN for s in k.scenarios}
    assert opened <= set(listed)
