"""The way to the Apple push certificate: request, certificate, account, upload."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Annotated, TypeAlias

from assess.check import (
    AsOf,
    Attested,
    Ends,
    Fail,
    Key,
    Manual,
    Missing,
    Outcome,
    Outcomes,
    Pass,
    Scenario,
    Unknown,
    Warn,
    check,
    msg,
    tr,
    trn,
    unavailable,
    worst,
)
from assess.evidence.certificates import CertificateFile, CertificateIn, Request, RequestIn
from assess.evidence.graph import (
    ApplePushCertificate,
    DepToken,
    DepTokens,
    Domain,
    Domains,
    Perhaps,
    PushCertificate,
    moment,
)
from checks.apns import LATE
from checks.apple.answers import Answer, by_word, listed, refused

Pushed: TypeAlias = Annotated[Perhaps[PushCertificate] | Missing, ApplePushCertificate()]
Requested: TypeAlias = Annotated[Request | Missing, RequestIn("files.apns_csr")]
Issued: TypeAlias = Annotated[CertificateFile | Missing, CertificateIn("files.apns_pem")]

SMALLEST = 2048
TOPIC = re.compile(r"com\.apple\.mgmt\.[A-Za-z]+\.\S+")
PRIVATE = frozenset(
    {
        "icloud.com", "me.com", "mac.com", "privaterelay.appleid.com", "gmail.com",
        "googlemail.com", "outlook.com", "outlook.de", "hotmail.com", "hotmail.de", "live.com",
        "live.de", "msn.com", "yahoo.com", "yahoo.de", "yahoo.co.uk", "ymail.com", "gmx.de",
        "gmx.net", "gmx.com", "gmx.at", "gmx.ch", "web.de", "t-online.de", "freenet.de",
        "aol.com", "mail.com", "proton.me", "protonmail.com", "qq.com", "163.com", "126.com",
    }
)  # fmt: skip
"""Domains of mail for private persons."""


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""


def _valid(pushed: Perhaps[PushCertificate] | Missing, as_of: datetime) -> str:
    """What the tenant's certificate says where it is uploaded and will last; else ""."""
    found = None if isinstance(pushed, Missing) else pushed.found
    end = None if found is None else moment(found.expiration_date_time)
    if found is None or end is None or not isinstance(_upload(found), Pass) or end - as_of < LATE:
        return ""
    return tr("{} is uploaded, valid until {:%Y-%m-%d}", _text(found.topic_identifier), end)


@check("apns.csr-downloaded")
def csr_downloaded(
    request: Requested, pushed: Pushed, as_of: Annotated[datetime, AsOf()], answer: Answer
) -> Outcomes:
    """Pass when the file is a request, or a valid push certificate is in the tenant already."""
    expected = "a certificate signing request, or a valid push certificate in the tenant"
    uploaded = _valid(pushed, as_of)
    if isinstance(request, Request):
        return [_good_request(request, uploaded)]
    if uploaded:
        return [Pass(None, uploaded, expected)]
    named = not request.key
    if isinstance(pushed, Perhaps) and pushed.found is None and not named:
        text = tr("files.apns_csr names no file, and the tenant has no push certificate")
        if isinstance(answer, Attested):
            text = f"{text}; {by_word(answer)}"
        return [Fail(None, expected, text)]
    if isinstance(answer, Attested):
        if not answer.yes:
            return [Fail(None, expected, by_word(answer))]
        return [refused(request)] if named else [Pass(None, by_word(answer), expected)]
    if isinstance(pushed, Missing) or named:
        return [unavailable(None, request, *_gone(pushed))]
    return [Manual(None, "", "the tenant's push certificate is not valid")]


def _gone(value: object) -> list[Missing]:
    return [value] if isinstance(value, Missing) else []


def _good_request(request: Request, uploaded: str) -> Outcome:
    said = tr("{}: {}, CN={}", request.name, request.key_text, request.common_name or tr("(none)"))
    about = (request.name,)
    strong = request.key_algorithm != "RSA" or (request.key_bits or 0) >= SMALLEST
    if request.signature_valid and strong:
        return Pass(None, said, about=about)
    if uploaded:
        return Pass(None, f"{uploaded}; {said}", about=about)
    fault = tr("its key is smaller than {} bits", SMALLEST)
    if strong:
        fault = tr("its signature is not valid")
    step = "Download the request again from the Intune admin center."
    return Unknown(None, f"{said}: {fault}", about=about, remedy=(step,))


@check("apns.certificate-issued")
def certificate_issued(
    file: Issued, request: Requested, pushed: Pushed, as_of: Annotated[datetime, AsOf()]
) -> Outcomes:
    """Pass when the file is Apple's push certificate for the request, or the tenant has one."""
    topic, told = "", ""
    if isinstance(pushed, Perhaps) and pushed.found is not None:
        topic = _text(pushed.found.topic_identifier)
        serial = _text(pushed.found.certificate_serial_number)
        told = tr("the tenant has {}", topic)
        if serial:
            told = tr("the tenant has {}, serial number {}", topic, serial)
    if isinstance(file, CertificateFile):
        return [_issued(file, request, topic, as_of)]
    if topic:
        return [Pass(None, told)]
    if isinstance(pushed, Missing) or not file.key:
        return [unavailable(None, file, *_gone(pushed))]
    text = "the tenant has no push certificate, and files.apns_pem names no file"
    return [Unknown(None, text, remedy=("Set files.apns_pem to the file that Apple issued.",))]


def _topic(file: CertificateFile) -> str:
    subject = file.leaf.subject
    values = [one.value for one in subject if one.type in {"UID", "CN", "userId"}]
    return next((value for value in values if TOPIC.fullmatch(value)), "")


def _issued(
    file: CertificateFile, request: Request | Missing, topic: str, as_of: datetime
) -> Outcome:
    leaf = file.leaf
    about: tuple[str, ...] = (file.name,)
    expected = "a push certificate for device management, issued by Apple for the request"
    organisation = [one.value for one in leaf.issuer if one.type == "O"]
    if organisation != ["Apple Inc."]:
        text = tr("{} was issued by {}, not by Apple", file.name, leaf.issuer_name)
        return Fail(None, expected, text, about=about)
    own = _topic(file)
    if not own:
        text = tr(
            "{} is Apple's, but its topic is {}, which is none of device management",
            file.name,
            leaf.name,
        )
        return Fail(None, expected, text, about=about)
    said = tr("{}: {}, issued by {}", file.name, own, leaf.issuer_name)
    if isinstance(request, Request):
        about = (file.name, request.name)
        if request.spki_sha256 != leaf.spki_sha256:
            text = tr("{}; its key is not the one of {}", said, request.name)
            return Fail(None, expected, text, about=about)
        said = tr("{}, for {}", said, request.name)
    if leaf.not_after <= as_of:
        text = tr("{}; it ended on {:%Y-%m-%d}, see apns.validity", said, leaf.not_after)
        return Unknown(None, text, about=about, remedy=("Renew it with the same Apple ID.",))
    if isinstance(request, Request):
        return Pass(None, said, expected, about=about)
    if topic:
        same = tr("the tenant has another one, {}", topic)
        if topic == own:
            same = tr("the tenant has it")
        return Pass(None, f"{said}; {same}", expected, about=about)
    missing = unavailable(None, request)
    return worst([missing]) if isinstance(missing, Manual) else refused(request)


@check("apns.apple-id")
def apple_id(
    scenario: Annotated[str, Scenario()],
    pushed: Pushed,
    tokens: Annotated[tuple[DepToken, ...] | Missing, DepTokens()],
    domains: Annotated[tuple[Domain, ...] | Missing, Domains()],
    recorded: Annotated[str | Missing, Key("apple.apple_id")],
    answer: Answer,
) -> Outcomes:
    """Pass when the account is of a verified domain, is the recorded one, and two can use it."""
    used = dict(_accounts(pushed, tokens))
    gone = _gone(pushed) + (_gone(tokens) if scenario == "corporate-owned-ios" else [])
    wanted = "two people have access to the account of the company"
    if gone and not used:
        if isinstance(answer, Missing):
            yield unavailable(None, *gone)
            return
        used = {} if isinstance(recorded, Missing) else {msg("recorded"): recorded}
    elif gone:
        yield refused(*gone)
    if not used:
        if isinstance(recorded, Missing):
            yield Manual(None, "Set apple.apple_id in the engagement file.", "no account is known")
        else:
            used = {msg("recorded"): recorded}
    for place, account in used.items():
        yield _account(place, account, recorded, domains, trusted=bool(gone))
    if isinstance(recorded, Missing) and used:
        yield Manual(None, "Set apple.apple_id in the engagement file.")
    if isinstance(answer, Missing):
        yield Manual(None, "")
    elif not answer.yes:
        yield Warn(None, wanted, by_word(answer))
    else:
        yield Pass(None, by_word(answer), wanted)


def _accounts(
    pushed: Perhaps[PushCertificate] | Missing, tokens: tuple[DepToken, ...] | Missing
) -> Iterator[tuple[str, str]]:
    if isinstance(pushed, Perhaps) and pushed.found is not None:
        account = _text(pushed.found.apple_identifier)
        if account:
            yield "the push certificate", account
    for token in tokens if isinstance(tokens, tuple) else ():
        account = _text(token.apple_identifier)
        if account:
            yield tr("the token {}", _text(token.token_name) or token.id), account


def _account(
    place: str,
    account: str,
    recorded: str | Missing,
    domains: tuple[Domain, ...] | Missing,
    *,
    trusted: bool,
) -> Outcome:
    """``trusted``: the tenant was not asked, and a person's answer stands in."""
    said = f"{tr(place)}: {account}"
    expected = "an Apple ID of a verified domain of the tenant, the one that is recorded"
    domain = account.rpartition("@")[2].lower().rstrip(".")
    if domain in PRIVATE:
        step = tr("Move {} from {} to a managed Apple account of the company.", place, account)
        return Fail(None, expected, tr("{}, a private address", said), remedy=(step,))
    if isinstance(recorded, str) and recorded.strip().lower() != account.lower():
        text = tr("{}, but {} is recorded (apple.apple_id)", said, recorded)
        return Unknown(None, text, remedy=("Find out which account is used, and record it.",))
    if isinstance(domains, Missing):
        return Pass(None, said, expected) if trusted else refused(domains)
    verified = [one.id.lower() for one in domains if one.is_verified]
    if any(domain == one or domain.endswith(f".{one}") for one in verified):
        return Pass(None, said, expected)
    text = tr("{}: {} is no verified domain of the tenant ({})", said, domain, listed(verified))
    return Unknown(None, text, remedy=("Say whose domain it is, or verify it in the tenant.",))


@check("apns.uploaded")
def uploaded(pushed: Annotated[Perhaps[PushCertificate], ApplePushCertificate()]) -> Outcomes:
    """Pass when the tenant has a push certificate with a topic, and no reason of a failure."""
    if pushed.found is None:
        return [Fail(None, "an uploaded push certificate", "the tenant has none")]
    return [_upload(pushed.found)]


def _upload(found: PushCertificate) -> Outcome:
    expected = "an uploaded push certificate with a topic"
    failure = _text(found.certificate_upload_failure_reason)
    if failure:
        return Fail(None, expected, tr("the upload failed: {}", failure))
    topic = found.topic_identifier
    if not (topic is None or isinstance(topic, str)):
        return Unknown(None, "Graph's answer has no property topicIdentifier")
    if not _text(topic):
        return Fail(None, expected, "the certificate has no topic")
    reason = found.certificate_upload_failure_reason
    if not (reason is None or isinstance(reason, str)):
        return Unknown(None, "Graph's answer has no property certificateUploadFailureReason")
    account = _text(found.apple_identifier)
    said = tr("{}, of {}", _text(topic), account) if account else _text(topic)
    return Pass(None, said, expected)


@check("ios.management-ready")
def management_ready(
    pushed: Annotated[Perhaps[PushCertificate], ApplePushCertificate()],
    as_of: Annotated[datetime, AsOf()],
) -> Outcomes:
    """Pass when the push certificate is uploaded and will last for more than a week."""
    expected = "an uploaded push certificate that is valid"
    if pushed.found is None:
        return [Fail(None, expected, "the tenant has no push certificate")]
    end = moment(pushed.found.expiration_date_time)
    if end is None:
        lasting: Outcome = Unknown(None, "the push certificate has no date of expiry")
    elif end <= as_of:
        lasting = Fail(None, expected, tr("the push certificate ended on {:%Y-%m-%d}", end))
    elif end - as_of < LATE:
        text = trn(
            (end - as_of).days,
            "the push certificate ends on {:%Y-%m-%d}, in {n} day",
            "the push certificate ends on {:%Y-%m-%d}, in {n} days",
            end,
        )
        lasting = Fail(None, expected, text)
    else:
        lasting = Pass(None, tr("valid until {:%Y-%m-%d}", end), expected)
    if end is not None:
        lasting = replace(lasting, ends=(Ends(tr("Apple push certificate"), end.date()),))
    return [_upload(pushed.found), lasting]
