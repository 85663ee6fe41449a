"""The cloud management gateway: its names."""

import re
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
    unavailable,
)
from assess.evidence.adminservice import AzureService, AzureServices, Seen
from assess.evidence.arm import (
    Availability,
    DnsLabelAvailability,
    Resource,
    ResourcesByName,
    StorageNameAvailability,
    VaultNameAvailability,
)
from assess.evidence.dns import Address, AddressBook, Addresses

# What suits a DNS label, a key vault and a storage account alike.
PREFIX = re.compile(r"[a-z][a-z0-9]{2,23}")
# What Azure takes as a DNS label at all, capitals aside.
_LABEL = re.compile(r"[a-z][a-z0-9-]{1,61}[a-z0-9]")
_AGREE = "Agree a lower-case prefix of 3 to 24 letters and digits, the first a letter; set it as "
_AGREE += "cmg.deployment_prefix, and as first label of cmg.service_name."


@check("cmg.service-name")
def service_name(
    service: Annotated[str | Missing, Key("cmg.service_name")],
    prefix: Annotated[str | Missing, Key("cmg.deployment_prefix")],
) -> Outcomes:
    """Pass when the prefix is the first label of the service name, and suits Azure."""
    if isinstance(prefix, Missing):
        gaps = (service, prefix) if isinstance(service, Missing) else (prefix,)
        return [unavailable(None, *gaps)]
    if isinstance(service, Missing):
        observed = f"cmg.deployment_prefix is {prefix}, cmg.service_name is not set"
        expected = f"a service name that begins with {prefix}., such as {prefix}.contoso.com"
        return [Fail(None, expected, observed, remedy=(_AGREE,))]
    label = service.partition(".")[0]
    observed = f"service name {service}, prefix {prefix}"
    expected = "prefix and first label are the same: 3 to 24 lower-case letters and digits"
    if label.lower() != prefix.lower():
        why = f"{observed}: {prefix} is not the first label of {service}"
        return [Fail(None, expected, why, remedy=(_AGREE,))]
    if not _LABEL.fullmatch(prefix.lower()):
        why = f"{observed}: Azure does not take {prefix} as a name"
        return [Fail(None, expected, why, remedy=(_AGREE,))]
    if PREFIX.fullmatch(prefix) and label == prefix:
        return [Pass(None, observed, expected)]
    why = f"{observed}: a gateway with content makes a storage account of this name, which takes "
    why += "3 to 24 lower-case letters and digits and no hyphen"
    if PREFIX.fullmatch(prefix):
        why = f"{observed}: a certificate's name is compared with its capitals; use one spelling"
    return [Warn(None, expected, why, remedy=(_AGREE,))]


@check("cmg.name-availability")
def name_availability(
    prefix: Annotated[str, Key("cmg.deployment_prefix")],
    label: Annotated[
        Availability | Missing, DnsLabelAvailability("{cmg.deployment_prefix}", "{cmg.region}")
    ],
    storage: Annotated[Availability | Missing, StorageNameAvailability("{cmg.deployment_prefix}")],
    vault: Annotated[Availability | Missing, VaultNameAvailability("{cmg.deployment_prefix}")],
    resources: Annotated[
        tuple[Resource, ...] | Missing, ResourcesByName("{cmg.deployment_prefix}")
    ],
    services: Annotated[Seen[AzureService] | Missing, AzureServices()],
    today: Annotated[
        AddressBook | Missing,
        Address(
            (
                "{cmg.deployment_prefix}.{cmg.region}.cloudapp.azure.com",
                "{cmg.deployment_prefix}.{cmg.region}.cloudapp.usgovcloudapi.net",
            )
        ),
    ],
    classic: Annotated[AddressBook | Missing, Address("{cmg.deployment_prefix}.cloudapp.net")],
    method: Annotated[str | Missing, Key("cmg.deployment_method")],
    cloud: Annotated[str | Missing, Key("tenant.cloud")],
) -> Outcomes:
    """Pass when Azure says that all three names are free, or when the gateway has them already."""
    gateway = _own_gateway(prefix, services)
    if gateway is not None:
        text = f"{prefix} is the name of the site's own gateway {gateway.service_c_name or ''}"
        return [Pass(None, text.strip(), about=(prefix,))]
    suffix = "usgovcloudapi.net" if cloud in ("usgov", "usgov-dod") else "azure.com"
    said = {**_addresses(today, suffix), **_addresses(classic, "cloudapp.net")}
    taken = [
        f"{name} has the {found.text}"
        for name, found in said.items()
        # A gateway on a scale set never gets a classic name.
        if not (method == "arm-vmss" and name.endswith(".cloudapp.net"))
    ]
    if isinstance(label, Availability) and not label.available:
        taken.insert(0, f"Azure says that the DNS label {prefix} is taken{_because(label)}")
    about = (prefix, *said)
    if taken:
        return [_taken(prefix, "; ".join(taken), services, resources, about)]
    if method == "classic":
        because = f"{prefix}.cloudapp.net has no address, which does not prove that it is free"
        return [Unknown(None, because, about=about)]
    if isinstance(label, Missing):
        return [unavailable(None, label)]
    lost = [one for one in (today, classic) if isinstance(one, Missing) and not one.skipped]
    if lost:
        return [unavailable(None, *lost)]
    return [_all_three(prefix, storage, vault, tuple(said), about)]


def _own_gateway(prefix: str, services: Seen[AzureService] | Missing) -> AzureService | None:
    rows = () if isinstance(services, Missing) else services.rows
    for row in rows:
        names = [one for one in (row.name, row.fqdn) if isinstance(one, str)]
        if row.is_gateway and prefix.lower() in {one.lower().partition(".")[0] for one in names}:
            return row
    return None


def _addresses(book: AddressBook | Missing, suffix: str) -> dict[str, Addresses]:
    """The names below the suffix that have addresses: no address proves nothing."""
    if isinstance(book, Missing):
        return {}
    return {
        name: found
        for name, found in book.by_name.items()
        if isinstance(found, Addresses) and name.endswith(f".{suffix}")
    }


# Resources that have a DNS label, and so may be what holds the name.
_HOLDERS = {
    "microsoft.compute/virtualmachinescalesets",
    "microsoft.compute/cloudservices",
    "microsoft.network/publicipaddresses",
    "microsoft.network/loadbalancers",
    "microsoft.classiccompute/domainnames",
}


def _taken(
    prefix: str,
    text: str,
    services: Seen[AzureService] | Missing,
    resources: tuple[Resource, ...] | Missing,
    about: tuple[str, ...],
) -> Outcome:
    """Taken by somebody else, unless the customer has it: whoever cannot tell says so."""
    site_knows_all = not isinstance(services, Missing) and services.sees.complete
    found = () if isinstance(resources, Missing) else resources
    own = [one for one in found if one.type.lower() in _HOLDERS]
    expected = f"{prefix} is free in Azure, or the name of the customer's own gateway"
    choose = (
        f"Choose another prefix than {prefix}, set cmg.deployment_prefix and cmg.service_name, and "
        "run again before the certificate is requested."
    )
    if own:
        held = f"{text}; held by {own[0].type} {own[0].name} in the customer's own subscription"
        if site_knows_all:
            why = f"{held}, which the site does not know as its gateway"
            free = f"Find out what {own[0].id} is; delete it if it is a leftover, or: {choose}"
            return Warn(None, expected, why, about=about, remedy=(free,))
        return Pass(None, held, expected, about=about)
    if site_knows_all or not isinstance(resources, Missing):
        who = "the site has no gateway" if site_knows_all else "the subscription has no resource"
        why = f"{text}; {who} of that name, so somebody else has it"
        return Fail(None, expected, why, about=about, remedy=(choose,))
    because = f"{text}; whether the customer's own gateway has it cannot be told, as neither the "
    because += "site nor the subscription could be looked at"
    mends = (services.mend if isinstance(services, Missing) else "", resources.mend)
    return Unknown(None, because, about=about, remedy=tuple(mend for mend in mends if mend))


def _all_three(
    prefix: str,
    storage: Availability | Missing,
    vault: Availability | Missing,
    classic: tuple[str, ...],
    about: tuple[str, ...],
) -> Outcome:
    """The DNS label is free: so must the other two names be, which the gateway also takes."""
    others = {"storage account": storage, "key vault": vault}
    expected = f"{prefix} is free as DNS label, storage account and key vault"
    spoken_for = [
        f"the name of the {kind} is not available{_because(one)}"
        for kind, one in others.items()
        if isinstance(one, Availability) and not one.available
    ]
    spoken_for += [f"{name} is in use, a classic name, which is not needed" for name in classic]
    if spoken_for:
        why = f"the DNS label {prefix} is free, but {'; '.join(spoken_for)}"
        remedy = f"Choose another prefix than {prefix}, or find out who has these names."
        return Warn(None, expected, why, about=about, remedy=(remedy,))
    gaps = [one for one in others.values() if isinstance(one, Missing)]
    if gaps:
        return unavailable(None, *gaps)
    return Pass(None, f"Azure says that {expected}", expected, about=about)


def _because(answer: Availability) -> str:
    said = ": ".join(text for text in (answer.reason, answer.message) if text)
    return f" ({said})" if said else ""
