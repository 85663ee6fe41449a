"""Whether the tenant knows the public domains as its own."""

from typing import Annotated

from assess.check import Fail, Key, Outcome, Outcomes, Pass, Warn, check, tr
from assess.evidence.graph import Domain, Domains

_EXPECTED = "a verified custom domain of the tenant"


@check("identity.domain-verified", subjects="tenant.public_domains")
def domain_verified(
    wanted: Annotated[list[str], Key("tenant.public_domains")],
    domains: Annotated[tuple[Domain, ...], Domains()],
) -> Outcomes:
    """Pass when the domain itself is listed and verified; nothing is concluded from a parent."""
    by_name = {domain.id.lower(): domain for domain in domains}
    return [_domain(name, by_name.get(name.lower())) for name in wanted]


def _domain(name: str, domain: Domain | None) -> Outcome:
    if domain is None:
        add = tr("Entra admin center > Settings > Domain names > Add custom domain: {}.", name)
        record = "Create the TXT or MX record that is shown at the DNS provider, then Verify."
        return Fail(name, _EXPECTED, tr("{} is not in the tenant", name), remedy=(add, record))
    if not domain.is_verified:
        step = tr("Create the TXT or MX record that Entra shows for {}, then Verify.", name)
        return Fail(name, _EXPECTED, tr("{} is in the tenant, not verified", name), remedy=(step,))
    services = domain.services
    shown = ", ".join(sorted(services)) or "not told"
    observed = tr("{} is verified; services: {}", name, shown)
    # An empty list is what the service shows of a domain that nothing was set up for by hand.
    if services and "intune" not in services:
        expected = "a verified custom domain of the tenant, with Intune among its services"
        step = tr("Add Intune to the services of {} (Microsoft 365 admin center > Domains).", name)
        return Warn(name, expected, observed, remedy=(step,))
    return Pass(name, observed, _EXPECTED)
