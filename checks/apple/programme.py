"""Apple's enrolment programme: membership, the way to the server token, and its synchronisation."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Annotated, TypeAlias

from assess.check import (
    AsOf,
    Attestation,
    Attested,
    Fail,
    Key,
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
    unavailable,
)
from assess.evidence.applefiles import Envelope, EnvelopeIn, PublicKey, PublicKeyIn
from assess.evidence.devices import word
from assess.evidence.graph import DepToken, DepTokens, moment
from checks.apple.answers import Answer, by_word, listed

Tokens: TypeAlias = Annotated[tuple[DepToken, ...] | Missing, DepTokens()]

KINDS = frozenset({"dep", "appleschoolmanager"})
YEAR = timedelta(days=366)
DAY, WEEK = timedelta(days=1), timedelta(days=7)
NEW_TERMS = 3
_SEE_TOKEN = "Upload a token first, see dep.token-uploaded."  # noqa: S105 - a sentence


def label(token: DepToken) -> str:
    """The name that people know it by."""
    return (token.token_name.strip() if isinstance(token.token_name, str) else "") or token.id


def _labels(tokens: tuple[DepToken, ...]) -> str:
    return listed(label(token) for token in tokens)


def _active(tokens: tuple[DepToken, ...] | Missing, as_of: datetime) -> list[DepToken]:
    """The tokens of the programme that have not ended."""
    found = []
    for token in tokens if isinstance(tokens, tuple) else ():
        ends = moment(token.token_expiration_date_time)
        if word(token.token_type) in KINDS and ends is not None and ends > as_of:
            found.append(token)
    return found


@check("dep.programme-membership")
def programme_membership(tokens: Tokens, answer: Answer) -> Outcomes:
    """Pass when a token is in the tenant, or the membership is confirmed."""
    expected = "a membership in Apple Business Manager, with the reseller linked"
    has = (
        tr("the tenant has the token {}", _labels(tokens))
        if isinstance(tokens, tuple) and tokens
        else ""
    )
    if isinstance(answer, Attested):
        if not answer.yes:
            text = by_word(answer)
            if has:
                text = tr("{}, although {}", text, has)
            return [Fail(None, expected, text)]
        return [Pass(None, _clauses(by_word(answer), has), expected)]
    if has:
        return [Pass(None, has, expected)]
    if isinstance(tokens, Missing):
        return [unavailable(None, tokens)]
    return [Manual(None, "", "the tenant has no enrolment program token")]


@check("dep.token-request")
def token_request(
    file: Annotated[PublicKey | Missing, PublicKeyIn("files.dep_request_pem")],
    tokens: Tokens,
    as_of: Annotated[datetime, AsOf()],
) -> Outcomes:
    """Pass when the file holds a public key, or a token is active already."""
    expected = "the public key of Intune, or a token that is active"
    if isinstance(file, PublicKey):
        said = tr("{}: public key, {}", file.name, file.key_text)
        if file.form == "certificate":
            said = tr("{}: certificate, {}", file.name, file.key_text)
        return [Pass(None, said, expected)]
    active = _active(tokens, as_of)
    if active:
        return [Pass(None, tr("a token is active: {}", _labels(tuple(active))), expected)]
    if isinstance(tokens, Missing) or not file.key:
        return [unavailable(None, file, *_gone(tokens))]
    if not tokens:
        text = "files.dep_request_pem names no file, and the tenant has no token"
        return [Fail(None, expected, text)]
    text = tr("files.dep_request_pem names no file, and no token is active: {}", _labels(tokens))
    return [Unknown(None, text, remedy=(file.mend,))]


def _clauses(*some: str) -> str:
    return "; ".join(filter(None, some))


def _gone(value: object) -> list[Missing]:
    return [value] if isinstance(value, Missing) else []


@check("dep.mdm-server")
def mdm_server(
    name: Annotated[str | Missing, Key("ios.mdm_server_name")], tokens: Tokens, answer: Answer
) -> Outcomes:
    """Pass when the name of the server entry is recorded, and confirmed."""
    expected = "an MDM server entry in the Apple portal with the public key"
    seen = (
        tr("tokens in Intune: {}", _labels(tokens)) if isinstance(tokens, tuple) and tokens else ""
    )
    if isinstance(answer, Attested) and not answer.yes:
        return [Fail(None, expected, _clauses(by_word(answer), seen))]
    if isinstance(name, Missing):
        return [unavailable(None, name)]
    if isinstance(answer, Missing):
        return [Manual(None, "", _clauses(tr("recorded as {}", name), seen))]
    told = str(answer.answer).strip().lower()
    if told not in {"true", "yes"} and name.strip().lower() not in told:
        text = tr("recorded as {}, but {}", name, by_word(answer))
        return [Unknown(None, text, remedy=("Look up the name in Apple Business Manager.",))]
    return [Pass(None, _clauses(name, by_word(answer), seen), expected)]


@check("dep.server-token")
def server_token(
    file: Annotated[Envelope | Missing, EnvelopeIn("files.dep_token_p7m")],
    tokens: Tokens,
    as_of: Annotated[datetime, AsOf()],
) -> Outcomes:
    """Pass when the file is an encrypted envelope of this year, or a token is uploaded already."""
    expected = "the server token as a PKCS #7 envelope, or a token in the tenant"
    if isinstance(tokens, tuple) and tokens:
        return [Pass(None, tr("uploaded: {}", _labels(tokens)), expected)]
    if isinstance(file, Envelope):
        said = f"{file.name}: {tr(file.kind)}"
        if not file.enveloped:
            return [Fail(None, expected, said)]
        if as_of - file.modified > YEAR:
            text = tr("{}, of {:%Y-%m-%d}; a token lasts for one year", said, file.modified)
            return [Unknown(None, text, remedy=("Download a new server token.",))]
        return [Pass(None, tr("{}, of {:%Y-%m-%d}", said, file.modified), expected)]
    if file.key and isinstance(tokens, tuple):
        text = "files.dep_token_p7m names no file, and the tenant has no token"
        return [Unknown(None, text, remedy=(file.mend,))]
    return [unavailable(None, file, *_gone(tokens))]


@check("dep.token-uploaded")
def token_uploaded(
    tokens: Annotated[tuple[DepToken, ...], DepTokens()], as_of: Annotated[datetime, AsOf()]
) -> Outcomes:
    """Pass when a token of the programme is in the tenant that has not ended."""
    expected = "an enrolment program token that has not ended"
    active = _active(tokens, as_of)
    if active:
        return [Pass(None, _labels(tuple(active)), expected)]
    if not tokens:
        return [Fail(None, expected, "the tenant has none")]
    return [Unknown(None, "; ".join(_inactive(token) for token in tokens), remedy=(_RENEW,))]


_RENEW = "Renew the token with the same Apple ID, see dep.token-validity."


def _inactive(token: DepToken) -> str:
    kind = word(token.token_type)
    if kind not in KINDS:
        if not kind:
            return tr("Graph does not name the type of the token {}", label(token))
        return tr("the token {} is of the type {}", label(token), kind)
    ends = moment(token.token_expiration_date_time)
    if ends is None:
        return tr("the token {} has no date of expiry", label(token))
    return tr("the token {} ended on {:%Y-%m-%d}", label(token), ends)


@check("dep.sync")
def sync(
    tokens: Annotated[tuple[DepToken, ...], DepTokens()], as_of: Annotated[datetime, AsOf()]
) -> Outcomes:
    """Pass when each token was synchronised within a day, without an error."""
    if not tokens:
        return [Unknown(None, "the tenant has no enrolment program token", remedy=(_SEE_TOKEN,))]
    return [one for token in tokens for one in _synchronised(token, as_of)]


def _synchronised(token: DepToken, as_of: datetime) -> Iterator[Outcome]:
    expected = "a synchronisation without error in the last 24 hours"
    name, code = tr("the token {}", label(token)), token.last_sync_error_code
    if not isinstance(code, int):
        yield Unknown(None, tr("{}: Graph's answer has no lastSyncErrorCode", name))
    elif code == NEW_TERMS:
        step = tr("Accept Apple's new terms in Apple Business Manager, then synchronise {}.", name)
        text = tr("{}: error {}, new terms of Apple wait to be accepted", name, code)
        yield Fail(None, expected, text, remedy=(step,))
    elif code != 0:
        yield Fail(None, expected, tr("{}: error {} at the last synchronisation", name, code))
    last = moment(token.last_successful_sync_date_time)
    if last is None:
        came = token.last_successful_sync_date_time
        if came is None or isinstance(came, datetime):
            yield Fail(None, expected, tr("{} was never synchronised", name))
        else:
            yield Unknown(None, tr("{}: Graph's answer has no lastSuccessfulSyncDateTime", name))
        return
    count = token.synced_device_count
    said = tr("{} was synchronised on {:%Y-%m-%d %H:%M}", name, last)
    if isinstance(count, int):
        said = trn(
            count,
            "{} was synchronised on {:%Y-%m-%d %H:%M}, {n} device",
            "{} was synchronised on {:%Y-%m-%d %H:%M}, {n} devices",
            name,
            last,
        )
    if as_of - last <= DAY:
        yield Pass(None, said, expected)
    elif as_of - last <= WEEK:
        yield Warn(None, expected, said)
    else:
        yield Fail(
            None,
            expected,
            trn(
                (as_of - last).days,
                "{}, {n} day ago",
                "{}, {n} days ago",
                said,
            ),
        )


@check("ios.enrolment-method")
def enrolment_method(
    method: Annotated[str, Key("ios.method")],
    answer: Answer,
    configurator: Annotated[Attested | Missing, Attestation("ios.configurator-prerequisites")],
) -> Outcomes:
    """Pass when devices of the programme are enrolled by it, or a Mac for Configurator is there."""
    expected = "automated enrolment for devices of the programme, else a Mac with Configurator"
    said = tr("ios.method is {}", method)
    if method == "dep":
        if isinstance(answer, Missing):
            return [Manual(None, "", said)]
        kind = Pass(None, f"{said}; {by_word(answer)}", expected)
        return [kind if answer.yes else Fail(None, expected, kind.observed)]
    if isinstance(configurator, Missing):
        question = "Is a Mac with Apple Configurator available, and may the devices be reset?"
        return [Manual(None, question, said, remedy=(configurator.mend,))]
    if configurator.yes:
        return [Pass(None, tr("{}; a Mac is there: {}", said, by_word(configurator)), expected)]
    text = tr("{}, but no Mac is there: {}", said, by_word(configurator))
    return [Unknown(None, text, remedy=("Provide a Mac with Apple Configurator.",))]
