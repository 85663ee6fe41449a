"""Accepted risks that are pointed out: expired, unused, soon at their end."""

from datetime import date, timedelta

import pytest

from assess.catalogue import Catalogue, Document
from assess.discover import Library
from assess.engagement import Waiver
from assess.model import Status
from assess.results import evaluate
from assess.waivers import WaiverState, review
from samplechecks import NOW, recording, requirement

TODAY = date(2026, 11, 20)


def waiver(days, subject=None):
    return Waiver("tower.height", "it stands", "A. Meyer", TODAY + timedelta(days=days), subject)


@pytest.mark.parametrize(
    ("days", "subject", "status", "state"),
    [
        (100, None, Status.FAIL, None),
        (100, "a.test", Status.UNKNOWN, None),
        (31, None, Status.WARN, None),
        (30, None, Status.WARN, WaiverState.ENDING),
        (0, None, Status.MANUAL, WaiverState.ENDING),
        (-1, None, Status.FAIL, WaiverState.EXPIRED),
        (-1, None, Status.PASS, WaiverState.EXPIRED),
        (100, None, Status.PASS, WaiverState.UNUSED),
        (100, None, Status.NOT_APPLICABLE, WaiverState.UNUSED),
        (3, None, Status.PASS, WaiverState.UNUSED),
        (100, "c.test", Status.FAIL, WaiverState.UNUSED),
    ],
)
def test_review(days, subject, status, state):
    notes = review([waiver(days, subject)], [("tower.height", "a.test", status), ("tower.other", "c.test", Status.FAIL)], TODAY)
    assert [note.state for note in notes] == ([] if state is None else [state])
    assert all(note.text.endswith(".") for note in notes)


def test_one_open_subject_is_enough_to_need_it():
    findings = [("tower.height", "a.test", Status.PASS), ("tower.height", "b.test", Status.FAIL)]
    assert review([waiver(100)], findings, TODAY) == ()
    assert review([waiver(100, "b.test")], findings, TODAY) == ()
    assert len(review([waiver(100, "a.test")], findings, TODAY)) == 1


def test_they_stand_in_the_results():
    entry = {"requirement": "tower.height", "reason": "it stands", "by": "A. Meyer\u202e", "until": NOW.date() - timedelta(days=2)}
    one = requirement()
    papers = {"hybrid-mdm": Document("hybrid-mdm", "Hybrid", "2016", "retired")}
    known = Library(Catalogue({one.id: one}, {"tower": "Towers"}, {}, papers), {}, ())
    found = evaluate(known, recording(waivers=[entry]))
    [note] = found.waivers
    assert (note.state, note.by) == (WaiverState.EXPIRED, "A. Meyer\ufffd")
    assert found.findings[0].waiver is None
