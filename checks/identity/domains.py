"""The organisation's public domains."""

from typing import Annotated

from assess.check import (
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
    unavailable,
)
from assess.evidence.dns import Delegation, NoAnswer, NoName, NoRecord, Zone, ZoneOf, Zones
from assess.publicnames import reason_not_public, registrable

SERVERS = 2  # name servers that a domain should have at least


@check("identity.public-domain", subjects="tenant.public_domains")
def public_domain(
    domains: Annotated[list[str], Key("tenant.public_domains")],
    zones: Annotated[Zones | Missing, Delegation("{domain}")],
) -> Outcomes:
    """Pass when a public resolver knows SOA and name servers. A private name is not asked for."""
    return [_domain(domain, zones) for domain in domains]


def _domain(domain: str, zones: Zones | Missing) -> Outcome:
    private = reason_not_public(domain)
    if private is not None:
        return _fail(domain, f"{domain} {private}")
    if isinstance(zones, Missing):
        return unavailable(domain, zones)
    return _registered(domain, zones.by_domain.get(domain, NoAnswer(tr("it was not asked for"))))


def _registered(domain: str, found: ZoneOf) -> Outcome:
    match found:
        case NoName():
            return _fail(domain, f"{domain}: {tr(found.text)}")
        case NoRecord():
            return _fail(domain, tr("{} has no name servers", domain))
        case NoAnswer():
            return Unknown(domain, f"{domain}: {tr(found.text)}")
        case Zone(name) if len(name) < len(registrable(domain) or ""):
            return _fail(domain, tr("{} has no name servers of its own, nor has its owner", domain))
        case Zone(primary=""):
            return Unknown(domain, found.text)
        case Zone():
            return _zone(domain, found)


def _zone(domain: str, found: Zone) -> Outcome:
    if not found.nameservers:
        return _fail(domain, tr("{} has no name servers", domain))
    text = found.text if found.name == domain else tr("{} lies in the {}", domain, found.text)
    expected = tr("SOA and at least {} name servers of {}", SERVERS, domain)
    if len(found.nameservers) < SERVERS:
        one = tr("Add a second name server for {} at the DNS provider.", found.name)
        return Warn(domain, expected, tr("{}: only one name server", text), remedy=(one,))
    # When the registration ends, only the registrar's data (RDAP) would say.
    return Pass(domain, tr("{}. When the registration ends was not asked", text), expected)


def _fail(domain: str, observed: str) -> Fail:
    return Fail(
        domain,
        "a domain that is registered on the internet and has name servers there",
        observed,
        remedy=(
            tr("Register a domain to use instead of {}, or repair its delegation.", domain),
            "Put it into tenant.public_domains and verify it in the tenant.",
        ),
    )
