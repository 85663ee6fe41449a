"""The gateway as its clients meet it: name, certificate, protocol, answer."""

from collections.abc import Iterator
from datetime import datetime
from functools import partial, reduce
from typing import Annotated

from assess.check import (
    AsOf,
    Fail,
    Key,
    Missing,
    Outcome,
    Outcomes,
    Pass,
    Unknown,
    Warn,
    check,
    tr,
    worst,
)
from assess.evidence.dns import Address, AddressBook, Addresses, NoAnswer, NoName, NoRecord
from assess.evidence.http import Answered, HttpAnswer, NotTrusted, StatusLine
from assess.evidence.tls import Control, Endpoints, Handshakes, Served
from checks.certificates import Issuer, Specimen, chain, dates, purpose, unread

SERVICE = "https://{cmg.service_name}/CCM_Proxy_ServerAuth/ServiceMetadata"


@check("cmg.tls-endpoint", subjects="cmg.service_name")
def tls_endpoint(
    as_of: Annotated[datetime, AsOf()],
    service: Annotated[str, Key("cmg.service_name")],
    issuer: Issuer,
    public: Annotated[AddressBook | Missing, Address("{cmg.service_name}", "public")],
    internal: Annotated[AddressBook | Missing, Address("{cmg.service_name}", "internal")],
    endpoint: Annotated[Endpoints | Missing, Handshakes(("{cmg.service_name}",))],
    http: Annotated[HttpAnswer | Missing, StatusLine(SERVICE)],
    control: Annotated[Endpoints | Missing, Control()],
) -> Outcomes:
    """Pass when the name resolves on both sides, the certificate verifies and HTTP is answered."""
    other = control.reached(besides=service.lower()) if isinstance(control, Endpoints) else ""
    parts = [
        *_resolves(service, public, internal),
        *_handshake(service, endpoint, issuer, as_of, other),
        *_answers(service, http, endpoint, other),
    ]
    yield worst(parts)


def _resolves(
    service: str, public: AddressBook | Missing, internal: AddressBook | Missing
) -> Iterator[Outcome]:
    outside, inside = _looked_up(public), _looked_up(internal)
    match outside:
        case Missing():
            yield unread(
                service, Missing(tr("seen from the internet: {}", outside.reason), outside.mend)
            )
        case Addresses():
            yield Pass(service, tr("resolves publicly to {}", ", ".join(outside.addresses)))
        case _:
            text = tr("does not resolve publicly: {}", outside.text)
            yield Fail(service, "resolves publicly", text)
    match inside:
        case Missing():
            yield unread(service, Missing(tr("seen from inside: {}", inside.reason), inside.mend))
        case Addresses():
            yield Pass(service, tr("resolves inside to {}", ", ".join(inside.addresses)))
        case _:
            text = tr("does not resolve inside: {}", inside.text)
            yield Warn(service, "resolves on both sides", text)


def _looked_up(book: AddressBook | Missing) -> Addresses | NoName | NoRecord | Missing:
    """The answer of one side, or why there is none."""
    if isinstance(book, Missing):
        return book
    found = next(iter(book.by_name.values()), None)
    if found is None or isinstance(found, NoAnswer):
        return Missing("no answer" if found is None else found.why)
    return found


def _handshake(
    service: str,
    endpoint: Endpoints | Missing,
    issuer: str | Missing,
    as_of: datetime,
    other: str,
) -> Iterator[Outcome]:
    if isinstance(endpoint, Missing):
        yield unread(service, endpoint)
        return
    for host, seen in endpoint.by_host.items():
        if not isinstance(seen, Served):
            if other:
                text = tr("no TLS: {}, while {} answers", seen.why, other)
                yield Fail(service, "a TLS handshake on 443", text)
            else:
                mend = tr(
                    "Assess again where the internet, and {}, can be reached on 443.", service
                )
                yield Unknown(service, tr("{}, and nothing else answers", seen.why), remedy=(mend,))
            continue
        one = Specimen(service, seen.leaf, seen.trust, live=True)
        if seen.sound_protocols:
            sound = reduce(partial(tr, "{} and {}"), seen.sound_protocols)
            yield Pass(service, f"{sound}; {tr(seen.trust.text)}")
        else:
            text = tr("it chooses {}, though later protocols were offered", seen.protocol)
            yield Fail(service, "TLS 1.2 or later", text)
        if not seen.leaf.covers(host):
            names = "alternative names: none"
            if seen.leaf.dns_names:
                names = tr("alternative names: {}", ", ".join(seen.leaf.dns_names))
            yield Fail(service, tr("a certificate for {}", service), names)
        yield from (part for part in dates(one, as_of) if isinstance(part, Fail))
        yield from purpose(one)
        yield from chain(one, issuer)
        if seen.old_protocols:
            text = tr("{} still accepted", reduce(partial(tr, "{} and {}"), seen.old_protocols))
            yield Warn(service, "TLS 1.2 or later only", text)


def _answers(
    service: str, http: HttpAnswer | Missing, endpoint: Endpoints | Missing, other: str
) -> Iterator[Outcome]:
    if isinstance(http, Missing):
        yield unread(service, http)
        return
    if isinstance(http, Answered):
        yield Pass(service, tr("HTTP answer {}", http.status))
        return
    reached = isinstance(endpoint, Endpoints) and bool(endpoint.reached())
    if isinstance(http, NotTrusted) and reached:
        yield Unknown(service, tr("HTTP was not asked, since {}", http.why))
    elif reached or other:
        yield Fail(service, "an HTTP answer", tr("no HTTP answer: {}", http.why))
    else:
        yield Unknown(service, tr("no HTTP answer, and nothing else answers: {}", http.why))
