"""Whether certificates are revoked, and whether those who meet them could find that out."""

import ipaddress
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, TypeAlias
from urllib.parse import urlsplit

from assess.check import Fail, Missing, Outcome, Pass, Unknown, Warn, tr, trn, worst
from assess.evidence.revocation import (
    Current,
    Declined,
    Good,
    Lists,
    Looked,
    NotAsked,
    NotReached,
    NotVerified,
    Point,
    RevocationIn,
    RevocationOf,
    Revocations,
    fresh,
)
from assess.publicnames import reason_not_public
from checks.certificates import Specimen

GatewayFileRevocation: TypeAlias = Annotated[Revocations | Missing, RevocationIn("files.cmg_pfx")]
GatewayLiveRevocation: TypeAlias = Annotated[
    Revocations | Missing, RevocationOf(("{cmg.service_name}",))
]

_EXPECTED = "not revoked, as its issuer says today"
_FOR_TESTS = frozenset({"test", "example", "invalid", "localhost"})
_REACH = (
    "Assess again from a machine that reaches these addresses (port 80, [network] proxy); where "
    "they do not answer anybody, mend the CRL and OCSP servers of the authority."
)
_INSIDE = (
    "Set [ad] server, or files.directory_export, so that the list is read where it lies; or look "
    "on {subject} itself: certutil -verify -urlfetch with the certificate."
)
_REPLACE = (
    "Have {subject} issued anew with a new key, and replace it everywhere; find out why it was "
    "revoked."
)


def revocation(
    one: Specimen, found: Revocations | Missing, as_of: datetime, *, internet: bool = True
) -> Iterator[Outcome]:
    """What is wrong with the revocation of a certificate and of those above it.

    ``internet``: those who meet it are outside, and have to be able to find out. A chain that ends
    nowhere is a finding of its own, and is not asked about where a stranger presents it.
    """
    if isinstance(found, Missing):
        if one.trust.anchor != "none" and _revocable(one):
            because = tr("whether it is revoked was not found out: {}", found.reason)
            yield Unknown(one.subject, because, remedy=(found.mend,) if found.mend else ())
        return
    looked = found.by_subject.get(one.subject)
    if looked is None and one.trust.anchor != "none" and _revocable(one):
        yield Unknown(one.subject, "whether it is revoked was not asked", remedy=(_REACH,))
    for each in looked or ():
        yield from _judged(one.subject, each, as_of, internet=internet)


def _revocable(one: Specimen) -> bool:
    above = any(step.revocable for step in one.trust.intermediates)
    return bool(one.leaf.crl_urls or one.leaf.ocsp_urls) or above


def _judged(subject: str, each: Looked, as_of: datetime, *, internet: bool) -> Iterator[Outcome]:
    if each.revoked is not None:
        where = next(one for one in each.points if one.said == each.revoked)
        text = tr("{} was {}, says {}", each.name, each.revoked.text, _place(where))
        yield Fail(subject, _EXPECTED, text, remedy=(_REPLACE,))
        return
    if not each.points:
        return
    if internet and not each.outside:
        places = ", ".join(one.url for one in each.points)
        text = tr(
            "whether {} is revoked can be asked at {} only, which is not reached from outside "
            "the company network",
            each.name,
            places,
        )
        yield Warn(subject, _EXPECTED, text)
        return
    good = each.good_outside(as_of) if internet else each.good(as_of)
    if good is None:
        asked = each.outside if internet else each.points
        said = "; ".join(_lacking(one, as_of) for one in asked)
        because = tr("whether {} is revoked is not known: {}", each.name, said)
        yield Unknown(subject, because, remedy=(_REACH if each.outside else _INSIDE,))
        return
    inside = [inside_only(one) for one in each.outside]
    if internet and all(inside):
        text = tr("whether {} is revoked can be asked inside the company network only", each.name)
        yield Warn(subject, _EXPECTED, f"{text}: {'; '.join(dict.fromkeys(filter(None, inside)))}")


def _place(one: Point) -> str:
    return one.url or tr("the answer that the server staples")


def _lacking(one: Point, as_of: datetime) -> str:
    """Why an answer says nothing now."""
    said = one.said
    if isinstance(said, Good) and not fresh(said, as_of):
        return f"{_place(one)}: {stale(said, as_of)}"
    return f"{_place(one)}: {said.text}"


def stale(said: Good | Current, as_of: datetime) -> str:
    """Why an answer does not count at this moment."""
    if said.until is not None and as_of > said.until:
        return tr("the answer ran out on {:%Y-%m-%d %H:%M}", said.until)
    return tr("the answer is dated {:%Y-%m-%d %H:%M}, in the future", said.since)


def remark(one: Specimen, found: Revocations | Missing, as_of: datetime) -> str:
    """Where it was learnt that the certificate itself is not revoked, for a passing text."""
    looked = () if isinstance(found, Missing) else found.by_subject.get(one.subject, ())
    for each in looked[:1]:
        good = each.good(as_of)
        if good is not None:
            return f"; {tr('not revoked, says {}', _place(good))}"
    return ""


def inside_only(one: Point) -> str:
    """Why nobody on the internet reaches this place, "" where somebody may."""
    host = urlsplit(one.url).hostname or ""
    if not host:
        return ""  # stapled: whoever gets the certificate gets the answer
    address = _address(host)
    if address is None:
        reason = _reserved(host)
        if reason:
            return f"{host} {reason}"
        address = _address(one.address)
        if address is None:
            return ""
        return tr("{} is {} here", host, address) if _private(address) else ""
    return tr("{} is an address of private networks", address) if _private(address) else ""


def _reserved(host: str) -> str:
    """Why nobody can own the name on the internet, "" where somebody can, or it is for tests."""
    last = host.rstrip(".").rpartition(".")[2]
    return "" if last in _FOR_TESTS else reason_not_public(host) or ""


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None


def _private(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Of a private network; loopback says nothing, since only a stand-in answers there."""
    return address.is_private and not address.is_loopback


# -- the lists of the own authority --


def lists_reached(lists: Lists, as_of: datetime) -> Outcome:
    """Whether clients' certificates can be checked from outside, where that is verified."""
    expected = "every revocation list is reached from the internet, and current"
    parts = [_list(one, lists, as_of, expected) for one in lists.points]
    judged = [part for part in parts if part is not None]
    if judged:
        return worst(judged)
    if lists.points:
        places = ", ".join(one.url for one in lists.points)
        text = tr("the certificates name {} only, which nobody on the internet can read", places)
        return Warn(None, expected, text)
    text = trn(
        lists.silent,
        "{n} certificate of the own authority names no revocation list",
        "{n} certificates of the own authority name no revocation list",
    )
    return Fail(None, expected, text)


def _list(one: Point, lists: Lists, as_of: datetime, expected: str) -> Outcome | None:
    match one.said:
        case NotAsked():
            return None
        case Current() as said if not fresh(said, as_of):
            return Fail(None, expected, f"{one.url}: {stale(said, as_of)}")
        case Current() as said:
            return _reached(one, said, expected)
        case NotReached(why) if lists.control:
            return Fail(None, expected, tr("{}: {}, while {} answers", one.url, why, lists.control))
        case Declined(why) | NotVerified(why):
            return Fail(None, expected, f"{one.url}: {why}")
        case _:
            because = f"{one.url}: {one.said.text}"
            return Unknown(None, because, remedy=(_REACH,))


def _reached(one: Point, said: Current, expected: str) -> Outcome:
    inside = inside_only(one)
    if not inside:
        return Pass(None, f"{one.url}: {said.text}", expected)
    host = urlsplit(one.url).hostname or ""
    if _address(host) is None and not _reserved(host):  # it is only the address met from here
        because = tr("{} was reached inside the company network only: {}", one.url, inside)
        return Unknown(None, because, remedy=("Assess again from a machine on the internet.",))
    return Fail(
        None, expected, tr("{}: {}, so that nobody on the internet reaches it", one.url, inside)
    )
