"""The verdict, and what decides a finding that is measured in parts."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assess.model import (
    Fail,
    Manual,
    Necessity,
    NotApplicable,
    Pass,
    Status,
    Unknown,
    Verdict,
    Warn,
    Weighed,
    verdict,
    worst,
)

REQUIRED, RECOMMENDED = Necessity.REQUIRED, Necessity.RECOMMENDED
# Lower is worse. Undetermined may take the place of not-ready, so the two count alike.
RANK = {Verdict.NOT_READY: 0, Verdict.UNDETERMINED: 0, Verdict.READY_WITH_WARNINGS: 1, Verdict.READY: 2}

weighed = st.builds(
    Weighed, st.sampled_from(Status), st.sampled_from(Necessity), st.booleans()
)


@pytest.mark.parametrize(
    ("findings", "expected"),
    [
        ([], Verdict.UNDETERMINED),
        ([Weighed(Status.NOT_APPLICABLE, REQUIRED)], Verdict.UNDETERMINED),
        ([Weighed(Status.PASS, REQUIRED)], Verdict.READY),
        ([Weighed(Status.PASS, REQUIRED), Weighed(Status.NOT_APPLICABLE, REQUIRED)], Verdict.READY),
        ([Weighed(Status.PASS, REQUIRED), Weighed(Status.WARN, REQUIRED)], Verdict.READY_WITH_WARNINGS),
        ([Weighed(Status.WARN, REQUIRED)], Verdict.READY_WITH_WARNINGS),
        ([Weighed(Status.PASS, REQUIRED), Weighed(Status.UNKNOWN, REQUIRED)], Verdict.UNDETERMINED),
        ([Weighed(Status.PASS, REQUIRED), Weighed(Status.MANUAL, REQUIRED)], Verdict.UNDETERMINED),
        ([Weighed(Status.FAIL, REQUIRED), Weighed(Status.UNKNOWN, REQUIRED)], Verdict.NOT_READY),
        ([Weighed(Status.PASS, REQUIRED), Weighed(Status.FAIL, RECOMMENDED)], Verdict.READY_WITH_WARNINGS),
        ([Weighed(Status.PASS, REQUIRED), Weighed(Status.UNKNOWN, RECOMMENDED)], Verdict.READY_WITH_WARNINGS),
        ([Weighed(Status.FAIL, REQUIRED, waived=True)], Verdict.READY_WITH_WARNINGS),
        ([Weighed(Status.UNKNOWN, REQUIRED, waived=True)], Verdict.UNDETERMINED),
        ([Weighed(Status.PASS, REQUIRED), Weighed(Status.UNKNOWN, REQUIRED, waived=True)], Verdict.READY_WITH_WARNINGS),
    ],
)
def test_verdict(findings, expected):
    assert verdict(findings) is expected


@given(st.lists(weighed), st.data())
def test_not_seeing_never_helps(findings, data):
    blind = [
        Weighed(Status.UNKNOWN, f.necessity, f.waived) if data.draw(st.booleans()) else f
        for f in findings
        if f.status is not Status.NOT_APPLICABLE
    ]
    seen = [f for f in findings if f.status is not Status.NOT_APPLICABLE]
    assert RANK[verdict(blind)] <= RANK[verdict(seen)]


@given(st.lists(weighed))
def test_the_order_of_findings_is_nothing(findings):
    assert verdict(findings) is verdict(reversed(findings))


PARTS = [
    Fail("s", "e", "failed"),
    Unknown("s", "unseen"),
    Warn("s", "e", "warned"),
    Manual("s", "asked?"),
    Pass("s", "passed"),
    NotApplicable("s", "elsewhere"),
]


@pytest.mark.parametrize(("first", "second"), list(itertools.combinations(PARTS, 2)))
def test_the_worse_part_decides(first, second):
    assert worst([first, second]) == first == worst([second, first])


def test_equal_parts_are_joined():
    joined = worst([Fail("s", "a", "x", remedy=("1",)), Pass("s", "fine"), Fail("s", "b", "y", remedy=("2",))])
    assert joined == Fail("s", "a; b", "x; y", remedy=("1", "2"))
    assert worst([Unknown("s", "a"), Unknown("s", "b")]) == Unknown("s", "a; b")
    assert worst([Pass("s", "a"), Pass("s", "b")]) == Pass("s", "a; b")
