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
from checks.dns.views import CLASSIC, either, in_azure, plain, targets


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
    expected = tr("{} is an alias (CNAME) of {}", name, either(names))

    def judge(lookup: Lookup, text: str, how: str) -> Outcome:
        about = (name, *targets(lookup))
        if isinstance(lookup, NoAnswer | Disagreement):
            return Unknown(None, text, about=about)
        if isinstance(lookup, Target) and lookup.host in names:
            return Pass(None, text, expected, about=about)
        return Fail(None, expected, text, about=about, remedy=(how,))

    outside = public.by_name[name]
    said = tr("{} in public DNS: {}", name, outside.text)
    parts = [judge(outside, said, tr("In public DNS: make it so that {}.", expected))]
    if not isinstance(internal, Missing):
        inside = internal.by_name[name]
        said = tr("{} in internal DNS: {}", name, inside.text)
        parts.append(judge(inside, said, tr("In internal DNS: make it so that {}.", expected)))
    elif not internal.skipped:
        parts.append(
            Unknown(None, tr("{} in internal DNS: {}", name, internal.reason), about=(name,))
        )
    return [worst(parts)]
