"""The gateway as the site has deployed it: is it there, where, how, and how large."""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any, Protocol, TypeAlias, TypeVar

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
    trn,
    unavailable,
)
from assess.evidence.adminservice import (
    AzureService,
    AzureServices,
    Seen,
    Site,
    Sites,
    Text,
    text,
)
from assess.evidence.arm import Resource, ResourcesByName
from assess.evidence.logs import DONE, ERROR, READY, STUCK, CloudMgr, Logs
from assess.evidence.site_cloud import (
    AzureEnvironment,
    AzureEnvironments,
    GatewayCloud,
    GatewayClouds,
    GatewayModel,
    GatewayModels,
    GatewaySetting,
    GatewaySettings,
    ResourceGroup,
    ResourceGroups,
    StagingCollections,
    Stagings,
)
from checks.log_lines import about as places
from checks.log_lines import last_failing, lost

Services: TypeAlias = Annotated[Seen[AzureService] | Missing, AzureServices()]
ServiceName: TypeAlias = Annotated[str | Missing, Key("cmg.service_name")]

ALL_SYSTEMS = "SMS00001"
_MANY_CLIENTS = 6000
_MOST_INSTANCES = 16
_MACHINES = "microsoft.compute/virtualmachinescalesets"
_DEPLOY = "Deploy the gateway first (cmg.deployed), then assess again."
_STARTING = {
    1: "{} is being provisioned (State {}), which takes 15 minutes",
    4: "{} is starting (State {}), which takes 15 minutes",
}
_DOWN = {
    5: "{} is stopping (State {})",
    6: "{} is stopped (State {})",
    99: "{} is being deleted (State {})",
}


class _Gateway(Protocol):
    """A row of SMS_AzureService."""

    @property
    def service_type(self) -> Text: ...
    @property
    def is_gateway(self) -> bool: ...
    def known_as(self, name: str) -> bool: ...


Row = TypeVar("Row", bound=_Gateway)


def gateways(seen: Seen[Row] | Missing, service: str | Missing) -> tuple[list[Row], Outcome]:
    """The gateway of that name, or all where none has it; and what is said where there is none."""
    if isinstance(seen, Missing):
        return [], unavailable(None, seen)
    mine = [row for row in seen if row.is_gateway]
    named = [row for row in mine if isinstance(service, str) and row.known_as(service)]
    if mine:
        return named or mine, Unknown(None, "there are gateways")
    gap = untold(seen)
    if gap is not None:
        return [], gap
    return [], Unknown(
        None, "the site has no gateway yet, so there is nothing set", remedy=(_DEPLOY,)
    )


def untold(seen: Seen[Row]) -> Outcome | None:
    """Why no row of a gateway is not the same as no gateway; None where it is."""
    if any(not text(row.service_type) for row in seen):
        because = trn(
            len(seen),
            "the site does not send SMS_AzureService.ServiceType, so nobody can say what "
            "its {n} service is",
            "the site does not send SMS_AzureService.ServiceType, so nobody can say what "
            "its {n} services are",
        )
        return Unknown(None, because)
    if not seen.sees.complete:
        because = tr("no gateway is shown, which proves nothing: {}", seen.sees.because)
        return Unknown(None, because, remedy=mend(seen))
    return None


def mend(seen: Seen[Any]) -> tuple[str, ...]:
    """How to see more."""
    how = getattr(seen.sees, "mend", "")
    return (how,) if how else ()


def hidden(what: str, seen: Seen[Any]) -> Unknown:
    """A row that is not shown, which proves nothing where the list may be trimmed."""
    because = tr("{}, which proves nothing: {}", what, seen.sees.because)
    return Unknown(None, because, remedy=mend(seen))


def label(row: AzureService) -> str:
    """The name that clients use, or that of the deployment."""
    return text(row.service_c_name) or text(row.fqdn) or text(row.name) or "the gateway"


def not_sent(what: str, named: str, value: object = None) -> Unknown:
    """A property that is not there, or has a value that is not documented."""
    if value is None or value == "":
        return Unknown(None, tr("the site does not send SMS_AzureService.{} of {}", named, what))
    because = tr(
        "SMS_AzureService.{} of {} is {}, a value that this version does not know",
        named,
        what,
        value,
    )
    return Unknown(None, because)


# -- is it there --


def deployment(
    log: Logs | Missing, now: datetime, row: AzureService, expected: str
) -> Iterator[Outcome]:
    """A warning where CloudMgr.log ends with a failure of this service, or of an unnamed one."""
    found = last_failing(log, (READY, DONE), (ERROR, STUCK), now)
    if found is None:
        return
    line, copy = found
    named = (line.value("service") or line.value("task")).lower()
    own = [text(one).lower() for one in (row.name, row.fqdn, row.service_c_name) if text(one)]
    if not named or not own or any(one in named for one in own):
        observed = tr("CloudMgr.log ends with a failure: {}", line.quoted)
        yield Warn(None, expected, observed, about=(label(row), *places((copy,))))


@check("cmg.deployed")
def deployed(
    services: Services,
    service: ServiceName,
    log: Annotated[Logs | Missing, CloudMgr()],
    now: Annotated[datetime, AsOf()],
    resources: Annotated[
        tuple[Resource, ...] | Missing, ResourcesByName("{cmg.deployment_prefix}")
    ],
    method: Annotated[str | Missing, Key("cmg.deployment_method")],
) -> Outcomes:
    """Pass when the site says that it is ready, Azure that it is set up, and no log contradicts."""
    expected = "one gateway, ready (State 0), and set up in Azure (Succeeded)"
    yield from lost(log)
    states = _there(services, service, expected)
    yield from states
    # A classic gateway has no scale set; what does not stand at all is none to look for.
    if method != "classic" and any(isinstance(one, Pass | Warn) for one in states):
        yield _in_azure(resources, expected)
    found = [] if isinstance(services, Missing) else gateways(services, service)[0]
    for row in found:
        yield from deployment(log, now, row, expected)


def _there(
    services: Seen[AzureService] | Missing, service: str | Missing, expected: str
) -> list[Outcome]:
    """What the site says."""
    if isinstance(services, Missing):
        return [unavailable(None, services)]
    found, _ = gateways(services, service)
    if not found:
        gap = untold(services)
        return [gap or Fail(None, expected, "the site has no cloud management gateway")]
    if isinstance(service, str) and not any(row.known_as(service) for row in found):
        others = ", ".join(label(row) for row in found)
        if not services.sees.complete:
            because = tr(
                "the site shows {}, and whether it has {} too is not certain: {}",
                others,
                service,
                services.sees.because,
            )
            return [Unknown(None, because, remedy=mend(services))]
        return [
            Fail(
                None, tr("a gateway {}", service), tr("the site has {}, but no {}", others, service)
            )
        ]
    return [_state(row, expected) for row in found]


_SETTING_UP = frozenset({"creating", "updating", "accepted", "running", "provisioning"})
_BROKEN = frozenset({"failed", "canceled", "deleting", "deleted"})


def _in_azure(resources: tuple[Resource, ...] | Missing, expected: str) -> Outcome:
    """What Azure says of the scale set that the gateway runs on."""
    if isinstance(resources, Missing):
        return unavailable(None, resources)
    found = [one for one in resources if one.type.lower() == _MACHINES]
    if not found:
        because = "the account sees no scale set of the gateway's name (cmg.deployment_prefix)"
        step = (
            "Correct cmg.deployment_prefix, or give the account the role Reader on the whole "
            "subscription {azure.subscription_id}."
        )
        return Unknown(None, because, remedy=(step,))
    states = {str(one.provisioning_state or "").lower() for one in found}
    observed = tr("the scale set {} is {} in Azure", found[0].name, found[0].provisioning_state)
    if states == {"succeeded"}:
        return Pass(None, observed, expected)
    if states & _BROKEN:
        step = tr("Look into the activity log of {}, and into CloudMgr.log.", found[0].id)
        return Fail(None, expected, observed, remedy=(step,))
    if states <= {"succeeded"} | _SETTING_UP:
        step = tr(
            "Assess again in half an hour; look into the activity log of {} then.", found[0].name
        )
        return Warn(None, expected, observed, remedy=(step,))
    return Unknown(None, tr("Azure does not say in a known way how the scale set is: {}", observed))


def _state(row: AzureService, expected: str) -> Outcome:
    name, about = label(row), (label(row),)
    if not isinstance(row.state, int):
        return not_sent(name, "State")
    if row.state == 0:
        return Pass(None, tr("{} is ready (State 0)", name), expected, about=about)
    if row.state in _STARTING:
        observed = tr(_STARTING[row.state], name, row.state)
        wait = tr("Assess again in half an hour; read CloudMgr.log if {} is not ready then.", name)
        return Warn(None, expected, observed, about=about, remedy=(wait,))
    if row.state in _DOWN:
        observed = tr(_DOWN[row.state], name, row.state)
        start = tr(
            "Find out in CloudMgr.log whether a traffic threshold or a person stopped {}, "
            "and start it.",
            name,
        )
        return Fail(None, expected, observed, about=about, remedy=(start,))
    return not_sent(name, "State", row.state)


@check("cmg.top-tier-site")
def top_tier_site(
    services: Services,
    service: ServiceName,
    sites: Annotated[Seen[Site] | Missing, Sites()],
) -> Outcomes:
    """Pass when the gateway belongs to a site that reports to no other."""
    found, why = gateways(services, service)
    if not found:
        return [why]
    if isinstance(sites, Missing):
        return [unavailable(None, sites)]
    return [_tier(row, sites) for row in found]


def _tier(row: AzureService, sites: Seen[Site]) -> Outcome:
    name, code = label(row), text(row.site_code)
    if not code:
        return not_sent(name, "SiteCode")
    own = next((site for site in sites if site.site_code.upper() == code.upper()), None)
    if own is None:
        return Unknown(
            None, tr("{} belongs to {}, a site that this account does not see", name, code)
        )
    above = own.reporting_site_code
    if not isinstance(above, str) and above is not None:
        return Unknown(None, tr("the site does not send SMS_Site.ReportingSiteCode of {}", code))
    expected = "the gateway belongs to the top of the hierarchy"
    if above:
        return Fail(None, expected, tr("{} belongs to {}, which reports to {}", name, code, above))
    return Pass(None, tr("{} belongs to {}, which reports to no other site", name, code), expected)


# -- where --

_ENVIRONMENTS = {
    "public": "azurepubliccloud",
    "usgov": "azureusgovernmentcloud",
    "usgov-dod": "azureusgovernmentcloud",
}
_KNOWN_ENVIRONMENTS = {*_ENVIRONMENTS.values(), "azurechinacloud", "azuregermancloud"}


@check("cmg.azure-environment")
def azure_environment(
    cloud: Annotated[str, Key("tenant.cloud")],
    service: ServiceName,
    clouds: Annotated[Seen[GatewayCloud] | Missing, GatewayClouds()],
    environments: Annotated[Seen[AzureEnvironment] | Missing, AzureEnvironments()],
) -> Outcomes:
    """Pass when the gateway stands in the tenant's own cloud."""
    found, why = gateways(clouds, service)
    if not found:
        return [why]
    return [_environment(row, cloud, environments) for row in found]


def _environment(
    row: GatewayCloud, cloud: str, environments: Seen[AzureEnvironment] | Missing
) -> Outcome:
    number = row.azure_environment_id
    if not isinstance(number, int):
        return not_sent(row.label, "AzureEnvironmentId")
    listed = () if isinstance(environments, Missing) else environments.rows
    name = next((text(one.environment_name) for one in listed if one.id == number), "")
    if not name and number == 1:
        name = "AzurePublicCloud"
    if name.lower() not in _KNOWN_ENVIRONMENTS:
        return not_sent(row.label, "AzureEnvironmentId", f"{number} {name}".strip())
    expected = tr("the gateway of a tenant in the cloud {} is in the same", cloud)
    if name.lower() == _ENVIRONMENTS.get(cloud):
        return Pass(None, tr("{} is in {}", row.label, name), expected)
    return Fail(None, expected, tr("{} is in {}, and tenant.cloud is {}", row.label, name, cloud))


_SCALE_SET = (".cloudapp.azure.com", ".cloudapp.usgovcloudapi.net")
_CLASSIC = ".cloudapp.net"


@check("cmg.deployment-method")
def deployment_method(
    services: Services,
    service: ServiceName,
    models: Annotated[Seen[GatewayModel] | Missing, GatewayModels()],
    planned: Annotated[str | Missing, Key("cmg.deployment_method")],
) -> Outcomes:
    """Pass when the deployment has the name of a scale set; classic services are retired."""
    found, why = gateways(services, service)
    if found:
        return [_method(row, models) for row in found]
    expected = "Azure Resource Manager with a virtual machine scale set"
    if planned == "classic":
        observed = (
            "cmg.deployment_method is classic: retired, Azure shut it down on 2024-08-31, and "
            "sites offer it no more since version 2203"
        )
        plan = 'Plan a virtual machine scale set, and set cmg.deployment_method = "arm-vmss".'
        return [Fail(None, expected, observed, remedy=(plan,))]
    return [why]


def _method(row: AzureService, models: Seen[GatewayModel] | Missing) -> Outcome:
    name, fqdn = label(row), text(row.fqdn).lower().rstrip(".")
    expected = "Azure Resource Manager with a virtual machine scale set"
    if fqdn.endswith(_SCALE_SET):
        return Pass(None, tr("{} is deployed as {}, the name of a scale set", name, fqdn), expected)
    classic = tr(
        "{} is a classic cloud service{}: retired, Azure "
        "shut these down from 2024-08-31 on, and version 2403 does not know them any more",
        name,
        f" ({fqdn})" if fqdn else "",
    )
    if fqdn.endswith(_CLASSIC):
        return Fail(None, expected, classic)
    if isinstance(models, Missing):
        return unavailable(None, models)
    names = {text(row.name).lower(), text(row.service_c_name).lower()} - {""}
    numbers = [one.deployment_model for one in models if any(map(one.known_as, names))]
    number = numbers[0] if numbers else None
    if number == 1 and not fqdn:
        return Fail(None, expected, tr("{} (DeploymentModel 1)", classic))
    shown = None
    if isinstance(number, int):
        shown = tr("{}, with the name unknown", number)
        if fqdn:
            shown = tr("{}, with the name {}", number, fqdn)
    return not_sent(name, "DeploymentModel", shown)


@check("cmg.subscription")
def subscription(
    services: Services,
    service: ServiceName,
    planned: Annotated[str, Key("azure.subscription_id")],
) -> Outcomes:
    """Pass when the gateway is in the subscription that was agreed on."""
    found, why = gateways(services, service)
    return [_subscription(row, planned) for row in found] or [why]


def _subscription(row: AzureService, planned: str) -> Outcome:
    name, actual = label(row), text(row.subscription_id).strip("{} ")
    if not actual:
        return not_sent(name, "SubscriptionID")
    expected = tr("the gateway is in the subscription {}", planned)
    if actual.lower() == planned.lower():
        return Pass(None, tr("{} is in {}", name, actual), expected)
    return Fail(None, expected, tr("{} is in the subscription {}", name, actual))


@check("cmg.region")
def region(
    services: Services, service: ServiceName, planned: Annotated[str, Key("cmg.region")]
) -> Outcomes:
    """Pass when the gateway is in the planned region."""
    found, why = gateways(services, service)
    return [_region(row, planned) for row in found] or [why]


def _region(row: AzureService, planned: str) -> Outcome:
    name, actual = label(row), text(row.region)
    if not actual:
        return not_sent(name, "Region")
    expected = tr("the gateway is in {}", planned)
    if _plain(actual) == _plain(planned):
        return Pass(None, tr("{} is in {}", name, actual), expected)
    return Warn(None, expected, tr("{} is in {}", name, actual))


def _plain(region: str) -> str:
    """Azure writes "West Europe" and westeurope."""
    return "".join(region.split()).lower()


_GROUP = re.compile(r"[A-Za-z0-9._()-]{1,90}")


@check("cmg.resource-group")
def resource_group(
    services: Services,
    service: ServiceName,
    planned: Annotated[str | Missing, Key("cmg.resource_group")],
    region: Annotated[str | Missing, Key("cmg.region")],
    groups: Annotated[tuple[ResourceGroup, ...] | Missing, ResourceGroups()],
) -> Outcomes:
    """Pass when the group exists, in the gateway's region, under a name without spaces.

    The group is that of the gateway, and as long as there is none the planned one.
    """
    found, why = gateways(services, service)
    if found:
        for row in found:
            group = text(row.affinity_group)
            if not group:
                yield not_sent(label(row), "AffinityGroup")
            else:
                yield _group(group, text(row.region), label(row), groups)
        return
    if isinstance(planned, str):
        where = region if isinstance(region, str) else ""
        yield _group(planned, where, "the planned gateway", groups)
    else:
        yield unavailable(None, planned)
    if isinstance(services, Missing):
        if not services.skipped:
            yield why
    elif untold(services) is not None:
        yield why


def _group(
    group: str, region: str, gateway: str, groups: tuple[ResourceGroup, ...] | Missing
) -> Outcome:
    expected = "a resource group without spaces in its name, in the gateway's region"
    if not _GROUP.fullmatch(group):
        return Fail(
            None,
            expected,
            tr("{} has characters other than letters, digits and ._()-", repr(group)),
        )
    if isinstance(groups, Missing):
        return unavailable(None, groups)
    own = next((one for one in groups if one.name.lower() == group.lower()), None)
    if own is None:
        because = trn(
            len(groups),
            "{} is not the {n} resource group that Azure shows to this account",
            "{} is not among the {n} resource groups that Azure shows to this account",
            group,
        )
        see = tr("Create {}, or give the account the role Reader on the whole subscription.", group)
        return Unknown(None, because, remedy=(see,))
    if not region:
        return Unknown(
            None, tr("{} is in {}; the region of {} is not known", group, own.location, gateway)
        )
    said = tr("{} is in {}, {} in {}", group, own.location, gateway, region)
    if _plain(own.location) != _plain(region):
        return Fail(None, expected, said)
    return Pass(None, said, expected)


# -- how large --


@check("cmg.vm-instances")
def vm_instances(
    service: ServiceName,
    settings: Annotated[Seen[GatewaySetting] | Missing, GatewaySettings()],
    planned: Annotated[int, Key("cmg.expected_instances")],
    stage: Annotated[str | Missing, Key("engagement.stage")],
    everyone: Annotated[Stagings | Missing, StagingCollections((ALL_SYSTEMS,))],
) -> Outcomes:
    """Pass when the gateway runs the planned number of instances, enough for its clients."""
    found, why = gateways(settings, service)
    return [_instances(row, planned, stage, everyone) for row in found] or [why]


def _instances(
    row: GatewaySetting, planned: int, stage: str | Missing, everyone: Stagings | Missing
) -> Outcome:
    number = row.number_of_instances
    if not isinstance(number, int):
        return not_sent(row.label, "NumberOfInstances")
    expected = trn(planned, "{n} instance", "{n} instances")
    said = trn(number, "{} has {n} instance", "{} has {n} instances", row.label)
    if not 1 <= number <= _MOST_INSTANCES:
        return Fail(None, tr("1 to {} instances", _MOST_INSTANCES), said)
    if number != planned:
        return Warn(None, expected, said)
    if number == 1 and stage != "pilot":
        if isinstance(stage, Missing):
            return unavailable(None, stage)
        if isinstance(everyone, Missing):
            return unavailable(None, everyone)
        if everyone.clients > _MANY_CLIENTS:
            observed = tr(
                "{}, for {} clients, of which more than {} may connect at the same time",
                said,
                everyone.clients,
                _MANY_CLIENTS,
            )
            return Warn(None, "more than one instance", observed)
        if not everyone.sees.complete:
            because = tr(
                "{}; how many clients there are is not certain: {}", said, everyone.sees.because
            )
            return Unknown(None, because)
    return Pass(None, said, expected)


@check("cmg.content-enabled")
def content_enabled(
    services: Services,
    service: ServiceName,
    wanted: Annotated[bool | Missing, Key("cmg.content_enabled")],
    internet: Annotated[bool | Missing, Key("engagement.internet_clients")],
) -> Outcomes:
    """Pass when the gateway has a storage account to serve content from."""
    found, why = gateways(services, service)
    if isinstance(services, Missing) or not found:
        return [why]
    return [_content(row, services, wanted, internet) for row in found]


def _content(
    row: AzureService,
    services: Seen[AzureService],
    wanted: bool | Missing,
    internet: bool | Missing,
) -> Outcome:
    name, fqdn = label(row), text(row.fqdn).lower().rstrip(".")
    expected = "the gateway serves content from Azure storage"
    if not isinstance(row.storage_service_name, str):
        return not_sent(name, "StorageServiceName")
    if row.storage_service_name.strip():
        if not fqdn.endswith(_SCALE_SET):
            because = tr(
                "{} has the storage account {}, which a classic gateway has with and without "
                "content",
                name,
                row.storage_service_name,
            )
            return Unknown(None, because)
        storage = row.storage_service_name
        return Pass(
            None, tr("{} serves content from the storage account {}", name, storage), expected
        )
    said = tr("{} has no storage account, and so serves no content", name)
    if any(one.is_distribution_point for one in services):
        return Warn(
            None, expected, tr("{}; a cloud distribution point, which is retired, does", said)
        )
    if wanted is not True and internet is not True:
        if isinstance(wanted, Missing) and isinstance(internet, Missing):
            return unavailable(None, wanted, internet)
        return Warn(None, expected, tr("{}; it is not planned to", said))
    if not services.sees.complete:
        because = tr(
            "{}; whether there is a cloud distribution point is not certain: {}",
            said,
            services.sees.because,
        )
        return Unknown(None, because, remedy=mend(services))
    observed = tr("{}, and it is planned to; there is no cloud distribution point either", said)
    if internet is True:
        observed = tr(
            "{}, and clients on the internet are in scope; there is no cloud distribution "
            "point either",
            said,
        )
    return Fail(None, expected, observed)
