"""The node Azure Services of the site: the tenant it is connected to, and discovery there."""

from collections.abc import Sequence
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
    Warn,
    check,
    tr,
    trn,
    unavailable,
)
from assess.evidence.adminservice import DiscoveredUsers, Seen, text
from assess.evidence.adminservice import Users as UserList
from assess.evidence.logs import ERROR, PUBLISHED, SYNCED, EntraDiscovery, Line, LogCopy, Logs
from assess.evidence.site_cloud import (
    CloudService,
    CloudServices,
    ConnectedTenant,
    ConnectedTenants,
    Discoveries,
    Discovery,
    TenantApplication,
    TenantApplications,
)
from checks.cmg_gateway import hidden
from checks.log_lines import WEEK, about, fresh, lost, set_aside

Tenants: TypeAlias = Annotated[Seen[ConnectedTenant], ConnectedTenants()]
Settings: TypeAlias = Annotated[Seen[Discovery] | Missing, Discoveries()]
Log: TypeAlias = Annotated[Logs | Missing, EntraDiscovery()]
Now: TypeAlias = Annotated[datetime, AsOf()]
Users: TypeAlias = Annotated[UserList | Missing, DiscoveredUsers()]

_BOTH = 2


@check("azureservice.cloud-management")
def cloud_management(
    tenant: Annotated[str, Key("tenant.id")],
    tenants: Tenants,
    services: Annotated[Seen[CloudService], CloudServices()],
    discoveries: Annotated[Seen[Discovery] | Missing, Discoveries()],
) -> Outcomes:
    """Pass when the site has a Cloud Management service, and this tenant is the only one."""
    yield _connected(tenant, tenants)
    yield _service(services, discoveries)


def _connected(tenant: str, tenants: Seen[ConnectedTenant]) -> Outcome:
    expected = tr("the site is connected to the tenant {}, and to no other", tenant)
    if any(not text(one.tenant_id) for one in tenants):
        return Unknown(None, "the site does not send SMS_AAD_Tenant_Ex.TenantID of its tenants")
    others = [one.label for one in tenants if not _same(text(one.tenant_id), tenant)]
    if len(others) == len(tenants):
        names = ", ".join(others)
        if not tenants.sees.complete:
            shown = tr("no tenant is shown, so neither is {}", tenant)
            if others:
                shown = tr("the site is connected to {}; {} is not shown", names, tenant)
            return hidden(shown, tenants)
        observed = "the site is connected to no tenant"
        if others:
            observed = tr("the site is connected to {}, not to {}", names, tenant)
        return Fail(None, expected, observed)
    if others:
        return Warn(None, expected, tr("the site is also connected to {}", ", ".join(others)))
    return Pass(None, tr("the site is connected to the tenant {}", tenant), expected)


def _same(one: str, other: str) -> bool:
    return one.strip("{} ").lower() == other.strip("{} ").lower()


def _service(services: Seen[CloudService], discoveries: Seen[Discovery] | Missing) -> Outcome:
    """Only Cloud Management discovers users and groups: what has such settings is that service."""
    expected = "a Cloud Management service"
    if not services.rows:
        if not services.sees.complete:
            return hidden("no Azure service is shown", services)
        return Fail(None, expected, "the site has no Azure service")
    found = () if isinstance(discoveries, Missing) else discoveries.rows
    ids = {row.cloud_service_id for row in found if isinstance(row.cloud_service_id, int)}
    own = [row for row in services if isinstance(row.id, int) and row.id in ids]
    if own:
        names = ", ".join(text(row.name) or tr("service {}", row.id) for row in own)
        return Pass(
            None, tr("{} has discovery settings, so it is Cloud Management", names), expected
        )
    shown = ", ".join(
        tr("{} (ServiceType {})", text(row.name) or tr("a service"), _number(row.service_type))
        for row in services
    )
    because = tr(
        "whether Cloud Management is among the Azure services cannot be told: no discovery "
        "settings belong to them, and SMS_Azure_CloudService.ServiceType says {}, values that "
        "this version does not know",
        shown,
    )
    look = "Look in Administration > Cloud Services > Azure Services at the type of each service."
    return Unknown(None, because, remedy=(look,))


def _number(value: object) -> str:
    return str(value) if isinstance(value, int) else tr("not sent")


@check("azureservice.user-discovery")
def user_discovery(settings: Settings, users: Users, log: Log, now: Now) -> Outcomes:
    """Pass when the log shows that users were found, or every kind of discovery is enabled.

    Which number of AgentType means users is not documented. Discovery of groups finds their members
    too, so that users with an id do not tell. Where every kind is enabled, that of users is.
    """
    expected = "Microsoft Entra user discovery is enabled"
    published = None
    for copy in log.copies if isinstance(log, Logs) and not lost(log) else ():
        line = copy.latest(PUBLISHED, SYNCED)
        if line is not None and line.within(WEEK, now):
            said = tr("users were found: {}", line.quoted)
            published = Pass(None, said, expected, about=about((copy,)))
    if isinstance(settings, Missing):
        by_log = published if set_aside(settings) else None
        return [by_log or unavailable(None, settings), *lost(log)]
    [outcome] = _enabled(settings, users, expected)
    untold = isinstance(outcome, Unknown) and isinstance(users, UserList)
    if published is not None and untold and settings.rows and settings.sees.complete:
        return [published]
    return [outcome]


def _enabled(settings: Seen[Discovery], users: UserList | Missing, expected: str) -> list[Outcome]:
    """What the site says, without its log."""
    if not settings.rows:
        if not settings.sees.complete:
            return [hidden("no discovery settings are shown", settings)]
        return [Fail(None, expected, "the Azure services of the site discover nobody")]
    flags = [(row.delta_sync_enabled, row.full_sync_enabled) for row in settings]
    if all(pair == (False, False) for pair in flags):
        if not settings.sees.complete:
            return [hidden("the discoveries that are shown are disabled", settings)]
        return [Fail(None, expected, "every discovery of the Azure services is disabled")]
    if not any(True in pair for pair in flags):
        because = (
            "the site does not send SMS_AAD_Discovery_Settings.FullSyncEnabled and "
            "DeltaSyncEnabled of every discovery"
        )
        return [Unknown(None, because)]
    if isinstance(users, Missing):
        return [unavailable(None, users)]
    types = {row.agent_type for row in settings if isinstance(row.agent_type, int)}
    number = users.with_id()
    look = (
        "Look in Azure Services > the service > Properties > Discovery whether user discovery "
        "is enabled; SMS_AZUREAD_DISCOVERY_AGENT.log on the site server tells it too."
    )
    if len(types) < _BOTH or not all(True in pair for pair in flags):
        shown = ", ".join(sorted({_number(row.agent_type) for row in settings}))
        because = trn(
            number,
            "a discovery is enabled, but SMS_AAD_Discovery_Settings.AgentType is {}, which "
            "does not say whether of users or of groups; {n} user has an id",
            "a discovery is enabled, but SMS_AAD_Discovery_Settings.AgentType is {}, which "
            "does not say whether of users or of groups; {n} users have an id",
            shown,
        )
        return [Unknown(None, because, remedy=(look,))]
    if number:
        said = trn(
            number,
            "every kind of discovery is enabled, and {n} user has an id in the directory",
            "every kind of discovery is enabled, and {n} users have an id in the directory",
        )
        return [Pass(None, said, expected)]
    because = "discovery is enabled, but no discovered user has an id in the directory yet"
    run = "Run Full Discovery Now for the user discovery of the service, and assess again."
    return [Unknown(None, because, remedy=(run, look))]


@check("azureservice.full-discovery")
def full_discovery(settings: Settings, users: Users, log: Log, now: Now) -> Outcomes:
    """Pass when a full discovery is known from log or site, and users have an id."""
    expected = "a completed full discovery, and users with an id in the directory"
    rows = () if isinstance(settings, Missing) else settings.rows
    copies = log.telling(PUBLISHED, SYNCED, ERROR) if isinstance(log, Logs) else ()
    cycles = [line for copy in copies for line in copy.of(SYNCED) if line.at is not None]
    full = sorted(filter(None, (_moment(row.last_full_sync_time) for row in rows)))
    full += [_dated(line) for line in cycles if line.value("cycle").lower() == "full"]
    delta = sorted(filter(None, (_moment(row.last_delta_sync_time) for row in rows)))
    delta += [_dated(line) for line in cycles if line.value("cycle").lower() == "delta"]
    yield from lost(log)
    if isinstance(settings, Missing) and not (set_aside(settings) and copies):
        yield unavailable(None, settings)
        return
    failed = [line for copy in copies if (line := _only_failures(copy, now)) is not None]
    if failed and not full and not delta:
        yield Fail(None, expected, tr("the log shows only failures: {}", failed[-1].quoted))
        return
    yield from _full(full, delta, users, expected)


def _dated(line: Line) -> str:
    return tr("{:%Y-%m-%d %H:%M} UTC ({})", line.at, line.file)


def _only_failures(copy: LogCopy, now: datetime) -> Line | None:
    """The last failure in a log without any success."""
    if copy.latest(PUBLISHED, SYNCED) is not None or not fresh(copy, now):
        return None
    return copy.latest(ERROR)


def _full(
    full: Sequence[str],
    delta: Sequence[str],
    users: UserList | Missing,
    expected: str,
) -> list[Outcome]:
    """What the moments of the cycles come to."""
    if not full:
        if delta:
            return [Warn(None, expected, tr("only a delta discovery is known, of {}", delta[-1]))]
        because = "SMS_AAD_Discovery_Settings.LastFullSyncTime shows no full discovery"
        run = "Run Full Discovery Now for the user discovery of the service, and assess again."
        return [Unknown(None, because, remedy=(run,))]
    if isinstance(users, Missing):
        return [unavailable(None, users)]
    number = users.with_id()
    if number:
        said = trn(
            number,
            "the last full discovery was on {}; {n} user has an id",
            "the last full discovery was on {}; {n} users have an id",
            full[-1],
        )
        return [Pass(None, said, expected)]
    because = tr(
        "the last full discovery was on {}, but no user that is shown has an id in the directory "
        "(SMS_R_User.AADUserID): {}",
        full[-1],
        users.sees.because,
    )
    read = "Read SMS_AZUREAD_DISCOVERY_AGENT.log: it says how many users each cycle found."
    return [Unknown(None, because, remedy=(read,))]


def _moment(value: object) -> str:
    """The moment as the site writes it; "" where discovery never ran (a date before 2000)."""
    shown = value.strip() if isinstance(value, str) else ""
    return shown if shown[:2] == "20" else ""


@check("azureservice.apps-visible")
def apps_visible(
    tenant: Annotated[str, Key("tenant.id")],
    tenants: Annotated[Seen[ConnectedTenant] | Missing, ConnectedTenants()],
    applications: Annotated[Seen[TenantApplication] | Missing, TenantApplications()],
    confirmed: Annotated[Attested | Missing, Attestation()],
) -> Outcomes:
    """Pass when the site shows a server and a client app below the tenant."""
    expected = tr("two applications, server and client, below the tenant {}", tenant)
    if isinstance(tenants, Missing) or isinstance(applications, Missing):
        lost = [one for one in (tenants, applications) if isinstance(one, Missing)]
        refused = [one for one in lost if not one.skipped]
        return [_said(confirmed, expected, unavailable(None, *(refused or lost)), refused)]
    own = [one.id for one in tenants if _same(text(one.tenant_id), tenant)]
    if not own:
        if tenants.sees.complete and all(text(one.tenant_id) for one in tenants):
            return [Fail(None, expected, tr("the site is not connected to the tenant {}", tenant))]
        gap = hidden(tr("the tenant {} is not shown", tenant), tenants)
        return [_said(confirmed, expected, gap)]
    below = [one for one in applications if one.tenant_id in own]
    names = ", ".join(text(one.name) or text(one.client_id) or tr("an app") for one in below)
    if {True, False} <= {one.is_client_app for one in below}:
        return [Pass(None, tr("{} below the tenant", names), expected)]
    if any(not isinstance(one.is_client_app, bool) for one in below):
        because = "the site does not send SMS_AAD_Application_Ex.IsClientApp"
        return [_said(confirmed, expected, Unknown(None, because))]
    if any(not isinstance(one.tenant_id, int) for one in applications):
        because = "the site does not send SMS_AAD_Application_Ex.TenantID"
        return [_said(confirmed, expected, Unknown(None, because))]
    if not applications.sees.complete:
        shown = "no application is shown below the tenant"
        if below:
            shown = tr("only {} is shown below the tenant", names)
        return [_said(confirmed, expected, hidden(shown, applications))]
    return [Fail(None, expected, _below(names, len(below)))]


def _below(names: str, many: int) -> str:
    """What is below the tenant, where it is not both kinds."""
    if many >= _BOTH:
        return tr(
            "{} below the tenant, all of the same kind: either server apps or client apps", names
        )
    return tr("only {} below the tenant", names) if many else "no application below the tenant"


def _said(
    confirmed: Attested | Missing,
    expected: str,
    otherwise: Outcome,
    refused: Sequence[Missing] = (),
) -> Outcome:
    """What a person says, where the site was not asked or does not tell; a lost answer is lost."""
    if isinstance(confirmed, Missing):
        return otherwise
    if not confirmed.yes:
        return Fail(None, expected, "answered: no")
    if refused:
        return otherwise
    return Pass(None, tr("confirmed by {}", confirmed.by or "somebody unnamed"), expected)
