"""What the checks of certificates share: which certificates there are, and what is wrong with them.

A certificate of the gateway comes from the exported file, or from the gateway itself. Both are
judged where both are there, each under its own name. A port where nobody listens presents none; a
file or an endpoint that could not be read is ``unknown`` under its name, beside what could.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Annotated, NamedTuple, TypeAlias

from assess.check import Ends, Fail, Key, Missing, Outcome, Unknown, Warn, tr, trn, unavailable
from assess.clouds import CLOUDS
from assess.evidence.certificates import (
    SERVER_AUTHENTICATION,
    Certificate,
    CertificateFile,
    CertificateIn,
    Request,
    RequestIn,
    Trust,
    file_name,
    lifetime_days,
    longest_public_lifetime,
)
from assess.evidence.tls import Endpoints, Handshakes, Served, Silent

WARNING = timedelta(days=30)
ANY_PURPOSE = "2.5.29.37.0"
BROKEN_HASHES = frozenset({"md2", "md4", "md5"})

GatewayFile: TypeAlias = Annotated[CertificateFile | Missing, CertificateIn("files.cmg_pfx")]
GatewayPath: TypeAlias = Annotated[str | Missing, Key("files.cmg_pfx")]
GatewayRequest: TypeAlias = Annotated[Request | Missing, RequestIn("files.cmg_csr")]
GatewayRequestPath: TypeAlias = Annotated[str | Missing, Key("files.cmg_csr")]
GatewayLive: TypeAlias = Annotated[Endpoints | Missing, Handshakes(("{cmg.service_name}",))]
ServiceName: TypeAlias = Annotated[str | Missing, Key("cmg.service_name")]
Issuer: TypeAlias = Annotated[str | Missing, Key("pki.issuer")]

_AZURE = {
    *(cloud.gateway_suffix for cloud in CLOUDS.values()),
    *(cloud.classic_suffix for cloud in CLOUDS.values()),
    "usgovcloudapi.net",
} - {""}


class Specimen(NamedTuple):
    """A certificate to judge: whose it is, and how its chain ends."""

    subject: str
    leaf: Certificate
    trust: Trust
    live: bool = False


class Found(NamedTuple):
    """The certificates that there are, and the outcomes for what could not be read."""

    specimens: list[Specimen]
    gaps: list[Outcome]


def certificates(
    file: CertificateFile | Missing,
    path: str | Missing,
    live: Endpoints | Missing,
    service: str | Missing,
    *,
    others: bool = False,
) -> Found:
    """What there is of file and endpoint; with neither, an outcome that says so.

    ``others``: something else stands in for them, such as a request, so that neither is needed.
    """
    found = Found([], [])
    if isinstance(file, CertificateFile):
        found.specimens.append(Specimen(file.name, file.leaf, file.trust))
    elif isinstance(path, str):
        found.gaps.append(unread(file_name(path), file))
    enough = others or bool(found.specimens or found.gaps)
    if isinstance(live, Endpoints):
        for host, seen in live.by_host.items():
            if isinstance(seen, Served):
                found.specimens.append(Specimen(host, seen.leaf, seen.trust, live=True))
            elif isinstance(seen, Silent) or not enough:
                found.gaps.append(Unknown(host, seen.why, remedy=_REACH))
    elif isinstance(service, str):
        found.gaps.append(unread(service.lower(), live))
    if not found.specimens and not found.gaps and not others:
        missing = [one for one in (path, service) if isinstance(one, Missing)]
        found.gaps.append(unavailable(None, *missing))
    return found


_REACH = (
    "Name the exported file as files.cmg_pfx, or assess again where {subject} is reached on 443.",
)


def unread(subject: str | None, missing: Missing) -> Unknown:
    """Unknown under the name of what could not be read, with how to mend it."""
    return Unknown(subject, missing.reason, remedy=(missing.mend,) if missing.mend else ())


def is_private(trust: Trust) -> bool | None:
    """Whether the chain ends in a private root; None where it does not get so far."""
    if trust.anchor == "public":
        return False
    return True if trust.anchor == "own" or trust.ends_in else None


def is_azure(name: str) -> bool:
    """Whether a name lies in a domain of Azure's, for which no public provider issues."""
    lowered = name.lower().rstrip(".")
    return any(lowered.endswith(f".{suffix}") for suffix in _AZURE)


def day(moment: datetime) -> str:
    """A date for a person."""
    return f"{moment:%Y-%m-%d}"


def dates(one: Specimen, as_of: datetime) -> Iterator[Outcome]:
    """What is wrong with the dates of the certificate and of those above it."""
    above = [(step.name, step.not_before, step.not_after) for step in one.trust.issuers]
    own = (one.leaf.name, one.leaf.not_before, one.leaf.not_after)
    for name, start, end in (own, *above):
        if as_of > end:
            yield Fail(one.subject, "valid now", tr("{} expired on {}", name, day(end)))
        elif as_of < start:
            yield Fail(one.subject, "valid now", tr("{} is not valid before {}", name, day(start)))
        elif end - as_of <= WARNING:
            left = (end - as_of).days
            yield Warn(
                one.subject,
                "more than 30 days left",
                trn(
                    left,
                    "{} ends on {}, in {n} day",
                    "{} ends on {}, in {n} days",
                    name,
                    day(end),
                ),
            )


def ends(one: Specimen) -> tuple[Ends, ...]:
    """When the certificate and those above it end."""
    own = Ends(tr("Certificate {} ({})", one.leaf.name, one.subject), one.leaf.not_after.date())
    above = (Ends(tr("Issuer {}", step.name), step.not_after.date()) for step in one.trust.issuers)
    return (own, *above)


def purpose(one: Specimen, usage: str = SERVER_AUTHENTICATION) -> Iterator[Outcome]:
    """What is wrong with the purposes of the certificate and of those above it."""
    names = {SERVER_AUTHENTICATION: "server authentication"}
    expected = tr("extended key usage with {} ({})", names.get(usage, usage), usage)
    if not one.leaf.allows(usage):
        stated = "no extended key usage" if one.leaf.eku is None else ", ".join(one.leaf.eku)
        yield Fail(one.subject, expected, tr("{} has {}", one.leaf.name, stated))
    for step in one.trust.intermediates:
        if step.eku is not None and not {usage, ANY_PURPOSE} & set(step.eku):
            yield Fail(one.subject, expected, tr("its issuer {} may not issue for that", step.name))


def hashes(one: Specimen) -> Iterator[Outcome]:
    """What is wrong with the signatures; that of a root on itself proves nothing and is let be."""
    expected = "signed with SHA-256 or better"
    own = (one.leaf.name, one.leaf.signature_hash)
    above = ((step.name, step.signature_hash) for step in one.trust.intermediates)
    for name, used in (own, *above):
        if used in BROKEN_HASHES:
            yield Fail(one.subject, expected, tr("{} is signed with {}", name, used.upper()))
        elif used == "sha1":
            yield Warn(one.subject, expected, tr("{} is signed with SHA-1", name))


def chain(one: Specimen, issuer: str | Missing) -> Iterator[Outcome]:
    """What is wrong with the way to a root that the clients trust."""
    trust, expected = one.trust, "complete chain to a root that the clients trust"
    if trust.anchor != "none":
        names = ", ".join(step.name for step in trust.supplied)
        if names:
            text = tr("{} is missing in the file", names)
            if one.live:
                text = tr("{} is missing in what the server sends", names)
            yield Warn(one.subject, expected, text)
    elif trust.faults:
        yield Unknown(one.subject, "; ".join(map(tr, trust.faults)))
    elif one.leaf.self_signed or trust.own_root_named or issuer == "public":
        yield Fail(one.subject, expected, trust.reason)
    elif trust.ends_in or trust.missing:
        yield unavailable(one.subject, no_root(trust))
    else:
        yield Fail(one.subject, expected, trust.reason)


def no_root(trust: Trust) -> Missing:
    """The customer's own root is not named, and so nobody knows what the clients trust."""
    return Missing(
        tr("files.trusted_root_cer is not set, and {}", trust.reason),
        "Name the root that the clients trust as files.trusted_root_cer, and the certificates "
        "between as files.intermediate_cers.",
        key="files.trusted_root_cer",
    )


def lifetime_remark(one: Specimen) -> str:
    """What the rules for public certificates say about how long it lives; "" within them."""
    if one.trust.anchor != "public":
        return ""
    most, lives = longest_public_lifetime(one.leaf.not_before), lifetime_days(one.leaf)
    if most is None or lives <= most + 1:  # the rules count the last second as a day
        return ""
    return tr(
        "it is valid for {:.0f} days, more than the {} that browsers accept of a public "
        "certificate issued on {}",
        lives,
        most,
        day(one.leaf.not_before),
    )


def in_words(names: Iterable[str]) -> str:
    """A list for a person."""
    return ", ".join(names) or tr("none")
