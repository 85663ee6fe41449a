"""Several ways to one answer: who is asked, in which order, and what is kept of those that refused."""

import pytest

from assess.collect import collect
from assess.connectors import Visit
from assess.errors import Unavailable
from assess.evaluate import judge
from assess.evidence import Ask
from assess.model import Pass, Status, Unknown, status_of
from assess.results.sources import sources_of
from assess.sources import SOURCES, WAYS, connectors_for
from samplechecks import (
    NOW,
    Heard,
    Heights,
    engagement,
    height,
    measured,
    recording,
    refusing,
    requirement,
)


class Elsewhere:
    """Knows the heights of the towers from a book."""

    source = "sql"

    def answers(self, ask: Ask) -> bool:
        return isinstance(ask, Heard)

    def fetch(self, ask: Heard, visit: Visit) -> Heights:
        visit.requests += 1
        visit.note("the book", "read")
        return Heights(dict.fromkeys(ask.names, 20))


class Broken(Elsewhere):
    source = "sql"

    def fetch(self, ask: Heard, visit: Visit) -> Heights:
        raise ZeroDivisionError("s3cret")


def collected(*connectors):
    evidence = recording(tenant={"public_domains": ["a.test"]})
    collect([Heard()], connectors, evidence, clock=lambda: NOW)
    [record] = evidence.records.values()
    return evidence, record


def test_the_first_that_answers_is_the_only_one_asked():
    evidence, record = collected(measured(**{"a.test": 12}), Elsewhere())
    assert (record.source, record.passed_over) == ("http", ())
    assert evidence.answer(Heard()).metres == {"a.test": 12}


def test_a_second_way_answers_and_says_who_refused():
    evidence, record = collected(refusing("the towers are shut"), Elsewhere())
    assert record.source == "sql"
    assert [note.location for note in record.notes] == ["the book", "http, asked first"]
    judgement = judge(requirement(), height, evidence, "co-management-pki")
    assert [status_of(one) for one in judgement.outcomes] == [Status.PASS]
    assert [(one.source, one.status) for one in sources_of(evidence)] == [
        ("http", "failed"), ("sql", "ok"),
    ]  # fmt: skip


def test_a_way_that_is_not_set_up_is_no_news():
    _, record = collected(refusing("[http] is not set up", skipped=True), Elsewhere())
    assert [note.location for note in record.notes] == ["the book"]


def test_all_refusals_are_told_and_a_way_that_is_not_set_up_is_not():
    _, record = collected(refusing("one"), refusing("two"))
    assert record.refusal is not None
    assert (record.refusal.reason, record.refusal.mend) == ("one; two", "Open them.")
    _, record = collected(refusing("not set up", skipped=True), refusing("broken"))
    assert record.refusal is not None
    assert record.refusal.reason == "broken"
    _, record = collected(refusing("not set up", skipped=True), refusing("nor this", skipped=True))
    assert record.refusal is not None
    assert record.refusal.reason == "not set up"
    assert record.refusal.skipped


@pytest.mark.parametrize("connectors", [(Broken(), Elsewhere()), (Elsewhere(), Broken())])
def test_a_way_that_breaks_costs_no_other(connectors):
    evidence, _ = collected(*connectors)
    assert evidence.answer(Heard()).metres == {"a.test": 20}


def test_a_break_says_no_more_than_its_kind():
    evidence, record = collected(refusing("shut"), Broken())
    with pytest.raises(Unavailable, match=r"shut; reading .* failed: ZeroDivisionError"):
        evidence.answer(Heard())
    assert "s3cret" not in str(record)
    [outcome] = judge(requirement(), height, evidence, "co-management-pki").outcomes
    assert isinstance(outcome, Unknown)
    assert not isinstance(outcome, Pass)


def test_ways_of_a_source_stand_together_and_the_first_needs_no_key():
    order = [SOURCES.index(way.source) for way in WAYS]
    assert order == sorted(order)
    assert not [source for source in SOURCES if next(w for w in WAYS if w.source == source).key]
    assert connectors_for([], engagement()) == []
