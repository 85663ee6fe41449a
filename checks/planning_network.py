"""What the plan leans on in the network: the VPN gateway, the enrolment server for SCEP, Exchange.

A name that public DNS does not know, and a certificate that has expired, are facts. That nobody
answers is one only where something else answered from the same place in the same run.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, TypeAlias

from assess.check import (
    AsOf,
    Attestation,
    Attested,
    Fail,
    Key,
    Missing,
    Outcome,
    Outcomes,
    Pass,
    Unknown,
    check,
    tr,
    unavailable,
    worst,
)
from assess.evidence.dns import Address, AddressBook, Addresses, NoAnswer
from assess.evidence.http import Answered, HttpAnswer, NotTrusted, StatusLine
from assess.evidence.tls import Control, Endpoints, Handshakes, Served
from checks.certificates import Specimen, chain, day, ends, unread

SCEP = "https://{planning.ndes_host}/certsrv/mscep/mscep.dll"
CAPABILITIES = f"{SCEP}?operation=GetCACaps&message=x"

_OK, _FORBIDDEN = 200, 403
_BROKEN = frozenset({500, 503})
_SIGN_IN = frozenset({301, 302, 303, 307, 308, 401})

Others: TypeAlias = Annotated[Endpoints | Missing, Control()]
Clock: TypeAlias = Annotated[datetime, AsOf()]


# -- VPN --


@check("planning.vpn-infrastructure", subjects="planning.vpn_host")
def vpn_infrastructure(
    as_of: Clock,
    host: Annotated[str, Key("planning.vpn_host")],
    public: Annotated[AddressBook | Missing, Address("{planning.vpn_host}", "public")],
    endpoint: Annotated[Endpoints | Missing, Handshakes(("{planning.vpn_host}",))],
    maintained: Annotated[Attested | Missing, Attestation()],
) -> Outcomes:
    """Pass when the gateway resolves, its certificate is good, and somebody looks after it."""
    parts = [_resolves(host, public), *_vpn_certificate(host, endpoint, as_of)]
    if isinstance(maintained, Missing):
        parts.append(unavailable(host, maintained))
    elif maintained.yes:
        parts.append(Pass(host, "maintained and sized for the mobile devices, by attestation"))
    else:
        text = "the attestation says that it is not maintained and sized for the mobile devices"
        parts.append(Unknown(host, text))
    yield worst(parts)


def _vpn_certificate(
    host: str, endpoint: Endpoints | Missing, as_of: datetime
) -> Iterator[Outcome]:
    if isinstance(endpoint, Missing):
        yield unread(host, endpoint)
        return
    for name, seen in endpoint.by_host.items():
        if isinstance(seen, Served):
            yield from _certificate(host, name, seen, as_of)
        else:
            # An IPsec gateway shows no certificate here, and neither does an SSL gateway that fell.
            mend = tr("Try a connection to {} with a client: it may be no VPN over TLS.", host)
            because = tr("no certificate on port 443, as a VPN over TLS has: {}", seen.why)
            yield Unknown(host, because, remedy=(mend,))


# -- SCEP --


@check("planning.ndes-server", subjects="planning.ndes_host")
def ndes_server(
    as_of: Clock,
    host: Annotated[str, Key("planning.ndes_host")],
    public: Annotated[AddressBook | Missing, Address("{planning.ndes_host}", "public")],
    endpoint: Annotated[Endpoints | Missing, Handshakes(("{planning.ndes_host}",))],
    capabilities: Annotated[HttpAnswer | Missing, StatusLine(CAPABILITIES)],
    bare: Annotated[HttpAnswer | Missing, StatusLine(SCEP)],
    control: Others,
) -> Outcomes:
    """Pass when SCEP is answered, the policy module guards it, and the certificate is good."""
    other = control.reached(besides=host.lower()) if isinstance(control, Endpoints) else ""
    yield worst(
        [
            _resolves(host, public),
            *_ndes_certificate(host, endpoint, as_of, other),
            _capable(host, capabilities, endpoint, other),
            _guarded(host, bare),
        ]
    )


def _ndes_certificate(
    host: str, endpoint: Endpoints | Missing, as_of: datetime, other: str
) -> Iterator[Outcome]:
    if isinstance(endpoint, Missing):
        yield unread(host, endpoint)
        return
    for name, seen in endpoint.by_host.items():
        if isinstance(seen, Served):
            yield from _certificate(host, name, seen, as_of)
        else:
            yield _silent(host, "a TLS handshake on port 443", seen.why, other)


def _capable(
    host: str, answer: HttpAnswer | Missing, endpoint: Endpoints | Missing, other: str
) -> Outcome:
    """What GetCACaps was answered with."""
    expected = "200 to GetCACaps"
    match answer:
        case Missing():
            return unread(host, answer)
        case Answered(status) if status == _OK:
            return Pass(host, "GetCACaps: 200", expected)
        case Answered(status) if status in _BROKEN:
            return Fail(host, expected, tr("GetCACaps: {} {}", status, answer.reason).strip())
        case Answered(status) if status in _SIGN_IN:
            mend = tr(
                "Publish {} with pass-through pre-authentication: devices cannot sign in.", host
            )
            because = tr("GetCACaps: {}; something before the server wants a sign-in", status)
            return Unknown(host, because, remedy=(mend,))
        case Answered(status):
            mend = tr(
                "Look whether {} passes /certsrv/mscep/ on to the server, query included.", host
            )
            return Unknown(
                host, tr("GetCACaps: {} {}", status, answer.reason).strip(), remedy=(mend,)
            )
        case NotTrusted(why):
            return Unknown(host, tr("GetCACaps was not asked: {}", why))
        case _:
            talks = isinstance(endpoint, Endpoints) and endpoint.reached()
            return _silent(host, expected, answer.why, other or (talks or ""))


def _guarded(host: str, bare: HttpAnswer | Missing) -> Outcome:
    """The address alone: forbidden where the policy module of Intune is active."""
    if isinstance(bare, Missing):
        return unread(host, bare)
    if isinstance(bare, Answered) and bare.status == _FORBIDDEN:
        return Pass(host, "mscep.dll alone: 403, the policy module is active")
    said = str(bare.status) if isinstance(bare, Answered) else bare.why
    mend = tr(
        "Open https://{}/certsrv/mscep/mscep.dll; with the policy module it answers 403.", host
    )
    because = tr("mscep.dll alone: {}, so that it is not known whether the server answers", said)
    return Unknown(host, because, remedy=(mend,))


def _silent(host: str, expected: str, why: str, other: str) -> Outcome:
    if other:
        return Fail(host, expected, tr("no answer: {}, while {} answers", why, other))
    mend = tr("Assess again where the internet, and {}, can be reached on 443.", host)
    return Unknown(host, tr("{}, and nothing else answers", why), remedy=(mend,))


# -- what both share --


def _resolves(host: str, book: AddressBook | Missing) -> Outcome:
    if isinstance(book, Missing):
        return unread(host, book)
    found = next(iter(book.by_name.values()), NoAnswer("not asked"))
    match found:
        case Addresses():
            return Pass(host, tr("resolves publicly to {}", ", ".join(found.addresses)))
        case NoAnswer():
            return Unknown(host, tr("public DNS: {}", found.text))
        case _:
            return Fail(host, "resolves publicly", tr("does not resolve publicly: {}", found.text))


def _certificate(host: str, name: str, seen: Served, as_of: datetime) -> Iterator[Outcome]:
    """Expired is a fail, trusted for this name is a pass; all between is not known to work."""
    one = Specimen(host, seen.leaf, seen.trust, live=True)
    doubts: list[str] = []
    if not seen.leaf.covers(name):
        named = ", ".join(seen.leaf.dns_names)
        doubts.append(tr("it is for {}", named) if named else tr("it is for no DNS name"))
    above = [(step.name, step.not_before, step.not_after) for step in seen.trust.issuers]
    for label, start, end in ((seen.leaf.name, seen.leaf.not_before, seen.leaf.not_after), *above):
        if as_of > end:
            yield Fail(host, "a valid certificate", tr("{} expired on {}", label, day(end)))
        elif as_of < start:
            doubts.append(tr("{} is not valid before {}", label, day(start)))
    for part in chain(one, Missing("not asked")):
        match part:
            case Fail(observed=observed):
                doubts.append(observed)
            case Unknown(because=because):
                doubts.append(because)
            case _ if seen.trust.anchor == "none":
                doubts.append(seen.trust.reason)
            case _:
                doubts.append(tr("{} is not sent along", seen.trust.supplied[0].name))
    if doubts:
        mend = tr(
            "Give {} a certificate for its name that the devices trust, with its chain.", host
        )
        because = tr("the certificate: {}", "; ".join(doubts))
        yield Unknown(host, because, remedy=(mend,), ends=ends(one))
    else:
        fine = tr("{}; valid until {}", seen.protocol, day(seen.leaf.not_after))
        yield Pass(host, fine, ends=ends(one))


# -- Exchange --


@check("planning.exchange-on-premises")
def exchange_on_premises(
    option: Annotated[str | Missing, Key("planning.chosen_option")],
    location: Annotated[str | Missing, Key("planning.exchange_location")],
) -> Outcomes:
    """Pass when the option is not hybrid, or no mailbox is on premises."""
    if isinstance(option, str) and option != "hybrid":
        return [Pass(None, tr("the option is {}, not hybrid", option))]
    if location in ("online", "none"):
        text = tr(
            "no mailbox is on premises: planning.exchange_location says {}; the directory was not "
            "asked",
            location,
        )
        return [Pass(None, text)]
    unset = [key for key in (option, location) if isinstance(key, Missing)]
    if unset:
        return [unavailable(None, *unset)]
    expected = "no on-premises mailbox in scope, or another option than hybrid"
    if location == "on-premises":
        return [Fail(None, expected, "the option is hybrid, and the mailboxes are on premises")]
    mend = "Set planning.exchange_location to where the mailboxes of the users in scope are."
    because = "the option is hybrid, and some mailboxes are on premises; whose, is not known"
    return [Unknown(None, because, remedy=(mend,))]
