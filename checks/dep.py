"""The token of automated device enrolment (once the Device Enrollment Program)."""

from datetime import datetime, timedelta
from typing import Annotated

from assess.check import (
    AsOf,
    Attestation,
    Attested,
    Ends,
    Fail,
    Manual,
    Missing,
    Outcome,
    Outcomes,
    Pass,
    Unknown,
    Warn,
    check,
    tr,
    trn,
)
from assess.evidence.graph import DepToken, DepTokens, moment

EARLY = timedelta(days=60)
LATE = timedelta(days=7)
_OWNER = "a person is named who renews the token with the same Apple account"


@check("dep.token-validity")
def token_validity(
    tokens: Annotated[tuple[DepToken, ...], DepTokens()],
    owner: Annotated[Attested | Missing, Attestation()],
    as_of: Annotated[datetime, AsOf()],
) -> Outcomes:
    """Pass when each token is valid for more than 60 days and somebody will renew it."""
    if not tokens:
        return [
            Unknown(
                None,
                "the tenant has no enrolment program token, and so no date",
                remedy=("Upload a token first, see dep.token-uploaded.",),
            )
        ]
    return [*(_token(token, as_of) for token in tokens), _owner(owner)]


def _token(token: DepToken, as_of: datetime) -> Outcome:
    name = token.token_name if isinstance(token.token_name, str) else ""
    apple = token.apple_identifier if isinstance(token.apple_identifier, str) else ""
    label = tr("the token {}", name or token.id)
    if apple:
        label = tr("the token {} of {}", name or token.id, apple)
    ends = moment(token.token_expiration_date_time)
    if ends is None:
        return Unknown(None, tr("{} has no date of expiry", label))
    left = ends - as_of
    expected = tr("more than {} days left, and somebody who renews it", EARLY.days)
    observed = trn(
        left.days,
        "{} ends on {:%Y-%m-%d}, in {n} day",
        "{} ends on {:%Y-%m-%d}, in {n} days",
        label,
        ends,
    )
    if left <= timedelta(0):
        observed = tr("{} ended on {:%Y-%m-%d}", label, ends)
    step = tr(
        "Download a new server token for {} from the same MDM server entry in "
        "Apple Business Manager, as {}, and renew it in Intune.",
        name or token.id,
        apple or "the same account",
    )
    end = (Ends(tr("Enrolment program token {}", name or token.id), ends.date()),)
    if left < LATE:
        return Fail(None, expected, observed, remedy=(step,), ends=end)
    if left <= EARLY:
        return Warn(None, expected, observed, remedy=(step,), ends=end)
    return Pass(None, observed, expected, ends=end)


def _owner(owner: Attested | Missing) -> Outcome:
    if isinstance(owner, Missing):
        question = "Who renews the token, with which Apple account?"
        return Manual(None, question, "nobody is named", remedy=(owner.mend,))
    if not owner.yes:
        name = ("Name somebody who renews the token before it ends, and the Apple account.",)
        return Warn(None, _OWNER, "nobody is named", remedy=name)
    return Pass(None, tr("renewed by {}", owner.answer), _OWNER)
