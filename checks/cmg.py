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
    msg,
    tr,
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
_AGREE = (
    "Agree a lower-case prefix of 3 to 24 letters and digits, the first a letter; set it as "
    "cmg.deployment_prefix, and as first label of cmg.service_name."
)


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
        observed = tr("cmg.deployment_prefix is {}, cmg.service_name is not set", prefix)
        expected = tr("a service name that begins with {}., such as {}.contoso.com", prefix, prefix)
        return [Fail(None, expected, observed, remedy=(_AGREE,))]
    label = service.partition(".")[0]
    observed = tr("service name {}, prefix {}", service, prefix)
    expected = "prefix and first label are the same: 3 to 24 lower-case letters and digits"
    if label.lower() != prefix.lower():
        why = tr("{}: {} is not the first label of {}", observed, prefix, service)
        return [Fail(None, expected, why, remedy=(_AGREE,))]
    if not _LABEL.fullmatch(prefix.lower()):
        why = tr("{}: Azure does not take {} as a name", observed, prefix)
        return [Fail(None, expected, why, remedy=(_AGREE,))]
    if PREFIX.fullmatch(prefix) and label == prefix:
        return [Pass(None, observed, expected)]
    why = tr(
        "{}: a gateway with content makes a storage account of this name, which takes "
        "3 to 24 lower-case letters and digits and no hyphen",
        observed,
    )
    if PREFIX.fullmatch(prefix):
        why = tr(
            "{}: a certificate's name is compared with its capitals; use one spelling", observed
        )
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
        text = tr("{} is the name of the site's own gateway", prefix)
        if gateway.service_c_name:
            known = gateway.service_c_name
            text = tr("{} is the name of the site's own gateway {}", prefix, known)
        return [Pass(None, text, about=(prefix,))]
    suffix = "usgovcloudapi.net" if cloud in ("usgov", "usgov-dod") else "azure.com"
    said = {**_addresses(today, suffix), **_addresses(classic, "cloudapp.net")}
    taken = [
        tr("{} has the {}", name, found.text)
        for name, found in said.items()
        # A gateway on a scale set never gets a classic name.
        if not (method == "arm-vmss" and name.endswith(".cloudapp.net"))
    ]
    if isinstance(label, Availability) and not label.available:
        taken.insert(0, tr("Azure says that the DNS label {} is taken{}", prefix, _because(label)))
    about = (prefix, *said)
    if taken:
        return [_taken(prefix, "; ".join(taken), services, resources, about)]
    if method == "classic":
        because = tr("{}.cloudapp.net has no address, which does not prove that it is free", prefix)
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
    expected = tr("{} is free in Azure, or the name of the customer's own gateway", prefix)
    choose = tr(
        "Choose another prefix than {}, set cmg.deployment_prefix and "
        "cmg.service_name, and run again before the certificate is requested.",
        prefix,
    )
    if own:
        held = tr(
            "{}; held by {} {} in the customer's own subscription", text, own[0].type, own[0].name
        )
        if site_knows_all:
            why = tr("{}, which the site does not know as its gateway", held)
            free = tr(
                "Find out what {} is; delete it if it is a leftover, or: {}", own[0].id, choose
            )
            return Warn(None, expected, why, about=about, remedy=(free,))
        return Pass(None, held, expected, about=about)
    if site_knows_all or not isinstance(resources, Missing):
        why = tr("{}; the site has no gateway of that name, so somebody else has it", text)
        if not site_knows_all:
            why = tr(
                "{}; the subscription has no resource of that name, so somebody else has it", text
            )
        return Fail(None, expected, why, about=about, remedy=(choose,))
    because = tr(
        "{}; whether the customer's own gateway has it cannot be told, as neither the "
        "site nor the subscription could be looked at",
        text,
    )
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
    others = {
        msg("the name of the storage account is not available{}"): storage,
        msg("the name of the key vault is not available{}"): vault,
    }
    expected = tr("{} is free as DNS label, storage account and key vault", prefix)
    spoken_for = [
        tr(text, _because(one))
        for text, one in others.items()
        if isinstance(one, Availability) and not one.available
    ]
    spoken_for += [
        tr("{} is in use, a classic name, which is not needed", name) for name in classic
    ]
    if spoken_for:
        why = tr("the DNS label {} is free, but {}", prefix, "; ".join(spoken_for))
        remedy = tr("Choose another prefix than {}, or find out who has these names.", prefix)
        return Warn(None, expected, why, about=about, remedy=(remedy,))
    gaps = [one for one in others.values() if isinstance(one, Missing)]
    if gaps:
        return unavailable(None, *gaps)
    observed = tr("Azure says that {} is free as DNS label, storage account and key vault", prefix)
    return Pass(None, observed, expected, about=about)


def _because(answer: Availability) -> str:
    said = ": ".join(text for text in (answer.reason, answer.message) if text)
    return f" ({said})" if said else ""
