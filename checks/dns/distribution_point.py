"""The service name of the traditional cloud distribution point (historical)."""

from typing import Annotated

from assess.check import (
    Fail,
    Key,
    Missing,
    NotApplicable,
    Outcome,
    Outcomes,
    Pass,
    Unknown,
    check,
    tr,
    worst,
)
from assess.evidence.adminservice import AzureService, AzureServices, Seen
from assess.evidence.dns import Aliases, Cname, Disagreement, Lookup, NoAnswer, Target
from checks.dns.views import CLASSIC, in_azure, plain, targets


@check("dns.cdp-cname")
def cdp_cname(
    service: Annotated[str, Key("cdp.service_name")],
    public: Annotated[Aliases, Cname("{cdp.service_name}")],
    internal: Annotated[Aliases | Missing, Cname("{cdp.service_name}", "internal")],
    services: Annotated[Seen[AzureService] | Missing, AzureServices()],
) -> Outcomes:
    """Pass when the alias leads to the name in Azure, outside and, where it was asked, inside."""
    name = plain(service)
    if in_azure(name):
        return [NotApplicable(None, tr("{} is a name in Azure itself; it needs no alias", name))]
    rows = () if isinstance(services, Missing) else services.rows
    own = (one.fqdn for one in rows if one.is_distribution_point and one.known_as(name))
    deployed = {plain(fqdn) for fqdn in own if isinstance(fqdn, str) and fqdn}
    names = deployed or {f"{name.partition('.')[0]}.{CLASSIC}"}
    expected = tr("{} is an alias (CNAME) of {}", name, " or ".join(sorted(names)))

    def judge(where: str, lookup: Lookup) -> Outcome:
        text = tr("{} in {} DNS: {}", name, where, lookup.text)
        about = (name, *targets(lookup))
        if isinstance(lookup, NoAnswer | Disagreement):
            return Unknown(None, text, about=about)
        if isinstance(lookup, Target) and lookup.host in names:
            return Pass(None, text, expected, about=about)
        remedy = tr("In {} DNS: make it so that {}.", where, expected)
        return Fail(None, expected, text, about=about, remedy=(remedy,))

    parts = [judge("public", public.by_name[name])]
    if not isinstance(internal, Missing):
        parts.append(judge("internal", internal.by_name[name]))
    elif not internal.skipped:
        parts.append(
            Unknown(None, tr("{} in internal DNS: {}", name, internal.reason), about=(name,))
        )
    return [worst(parts)]
