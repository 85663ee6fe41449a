"""Every verdict of the token of automated device enrolment."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from assess.check import Fail, Manual, Missing, Outcome, Pass, Unknown, Warn, worst
from assess.evidence.config import Attested
from assess.evidence.graph import DepToken
from checks.dep import token_validity

NOW = datetime(2026, 11, 20, 21, 10, tzinfo=UTC)
NAMED = Attested("A. Meyer, mdm@contoso.com", by="A. Meyer")
UNANSWERED = Missing("the question is not answered", "Answer it.", key='[attestations] "dep.token-validity"')
DAY = timedelta(days=1)


def token(left: timedelta | None, name: str = "Contoso ABM") -> DepToken:
    ends = datetime(1, 1, 1, tzinfo=UTC) if left is None else NOW + left
    return DepToken("id", name, "mdm@contoso.com", ends, "dep")


@pytest.mark.parametrize(
    ("tokens", "owner", "status"),
    [
        ((token(61 * DAY),), NAMED, Pass),
        ((token(60 * DAY + timedelta(seconds=1)),), NAMED, Pass),
        ((token(60 * DAY),), NAMED, Warn),
        ((token(7 * DAY),), NAMED, Warn),
        ((token(7 * DAY - timedelta(seconds=1)),), NAMED, Fail),
        ((token(timedelta(0)),), NAMED, Fail),
        ((token(-100 * DAY),), NAMED, Fail),
        ((token(300 * DAY), token(3 * DAY, "Second")), NAMED, Fail),
        ((token(300 * DAY),), Attested(answer=False), Warn),
        ((token(300 * DAY),), UNANSWERED, Manual),
        ((token(30 * DAY),), UNANSWERED, Warn),
        ((token(3 * DAY),), UNANSWERED, Fail),
        ((token(None),), NAMED, Unknown),
        ((DepToken("id"),), NAMED, Unknown),
        ((DepToken("id", token_expiration_date_time=None),), NAMED, Unknown),
        ((), NAMED, Unknown),
        ((), UNANSWERED, Unknown),
    ],
)
def test_token_validity(tokens: Any, owner: Any, status: type[Outcome]) -> None:
    assert isinstance(worst(token_validity(tokens=tokens, owner=owner, as_of=NOW)), status)


def test_the_token_and_its_account_are_named() -> None:
    outcome = worst(token_validity(tokens=(token(-DAY),), owner=NAMED, as_of=NOW))
    assert isinstance(outcome, Fail)
    assert outcome.observed == "the token Contoso ABM of mdm@contoso.com ended on 2026-11-19"
    assert "Contoso ABM" in outcome.remedy[0]


def test_a_later_clock_never_heals_a_token() -> None:
    order = [Fail, Warn, Pass]
    ranks = [
        order.index(type(worst(token_validity(tokens=(token(90 * DAY),), owner=NAMED, as_of=NOW + n * DAY))))
        for n in range(0, 200, 5)
    ]
    assert ranks == sorted(ranks, reverse=True)


def test_the_day_of_each_token_is_told_whatever_is_decided() -> None:
    for left in (300, 30, 3, -3):
        both = (token(left * DAY), token(400 * DAY, "Second"), token(None, "Third"))
        ends = worst(token_validity(tokens=both, owner=UNANSWERED, as_of=NOW)).ends
        assert [(end.what, end.on) for end in ends] == [
            ("Enrolment program token Contoso ABM", (NOW + left * DAY).date()),
            ("Enrolment program token Second", (NOW + 400 * DAY).date()),
        ]
