"""The gateway connection point: whether it is there, fares well, and serves the right gateway."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Annotated

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
    unavailable,
)
from assess.evidence.adminservice import AzureService, AzureServices, Seen, text
from assess.evidence.logs import LogCopy, Logs, ProxyConnectorLog
from assess.evidence.site_roles import (
    CONNECTION_POINT,
    MANAGEMENT_POINT,
    ComponentStatus,
    ComponentStatuses,
    ProxyConnector,
    ProxyConnectors,
    Roles,
    RoleUse,
)
from checks.log_lines import about as places
from checks.log_lines import lost, of_computer, traffic
from checks.site_systems import of_site, same_host, unseen, with_role

_COMPONENT = "SMS_CLOUD_PROXYCONNECTOR"
_OK, _WARNING, _CRITICAL = 0, 1, 2
_LOG = "SMS_Cloud_ProxyConnector.log there could tell"


@check("cmgcp.installed")
def installed(
    roles: Annotated[Seen[RoleUse], Roles()],
    statuses: Annotated[Seen[ComponentStatus] | Missing, ComponentStatuses(_COMPONENT)],
    code: Annotated[str | Missing, Key("site.code")],
    log: Annotated[Logs | Missing, ProxyConnectorLog()],
    now: Annotated[datetime, AsOf()],
) -> Outcomes:
    """Pass when the role is beside a management point, and its log shows a connection.

    A component in order does not prove a connection to the gateway: only its log tells that.
    """
    points = with_role(roles, CONNECTION_POINT)
    points = points if isinstance(code, Missing) else of_site(points, code)
    expected = "a connection point on a management point, with its component in order"
    if not points:
        if roles.sees.complete:
            yield Fail(None, expected, tr("no server has the role; {}", roles.sees.because))
        else:
            yield unseen(None, "no gateway connection point is seen", roles.sees)
        return
    managing = with_role(roles, MANAGEMENT_POINT)
    yield from lost(log)
    for point in points:
        copies = of_computer(log, point.server, now, alone=len(points) == 1)
        fares = _told(_status(point, statuses, copies, expected), copies, expected)
        if any(same_host(point.server, one.server) for one in managing):
            yield fares
        elif roles.sees.complete:
            observed = tr("{} is no management point", point.server)
            yield Warn(None, expected, observed, about=(point.about,))
            if isinstance(fares, Fail):  # what is not known does not hide the warning
                yield fares
        else:
            yield fares
            what = tr("{} is not seen as a management point", point.server)
            yield unseen(None, what, roles.sees)


def _told(status: Outcome, copies: Sequence[LogCopy], expected: str) -> Outcome:
    """The same with what the log of the server says: where it ends with a failure, a warning."""
    where = (*status.about, *places(copies))
    for copy in copies:
        good, broken = traffic(copy)
        if broken is not None and isinstance(status, Pass):
            observed = tr("{}; its log ends with {}", status.observed, broken.quoted)
            return Warn(None, expected, observed, about=where)
        if broken is not None and isinstance(status, Unknown):
            because = tr("{}; it ends with {}", status.because, broken.quoted)
            return replace(status, because=because, about=where)
        if good is not None and isinstance(status, Pass):
            observed = f"{tr(status.observed)}; {good.quoted}"
            return Pass(None, observed, expected, about=where)
    if isinstance(status, Pass):
        because = tr(
            "{}; the component's status does not say whether a connection to the gateway is "
            "established: {}",
            status.observed,
            _LOG,
        )
        return Unknown(None, because, about=where, remedy=(ProxyConnectorLog.sending(),))
    return status


def _status(
    point: RoleUse,
    statuses: Seen[ComponentStatus] | Missing,
    copies: Sequence[LogCopy],
    expected: str,
) -> Outcome:
    about = (point.about,)
    if isinstance(statuses, Missing):
        because = tr(
            "{} has the role, but its state is not known: {}", point.server, statuses.reason
        )
        step = (statuses.mend,) if statuses.mend else ()
        return Unknown(None, f"{because}; {tr(_LOG)}", about=about, remedy=step)
    mine = [one.status for one in statuses if _same_machine(text(one.machine_name), point.server)]
    known = [one for one in mine if one in (_OK, _WARNING, _CRITICAL)]
    if not mine and any(traffic(one)[0] is not None for one in copies):
        # The site counts since midnight and may have nothing to say yet; the log does.
        return Pass(None, tr("the log of {} shows traffic", point.server), expected, about=about)
    if not known:
        because = tr(
            "the AdminService shows no Status of {} on {} since midnight; {}",
            _COMPONENT,
            point.server,
            _LOG,
        )
        return Unknown(None, because, about=about)
    observed = tr("{}: Status {} of {}", point.server, ", ".join(map(str, known)), _COMPONENT)
    look = tr(
        "Read SMS_Cloud_ProxyConnector.log on {}, and the component's messages in "
        "Monitoring > System Status > Component Status.",
        point.server,
    )
    if _CRITICAL in known:
        return Fail(None, expected, tr("{}, critical", observed), about=about, remedy=(look,))
    if len(known) < len(mine):
        return Unknown(
            None, tr("{}, and a Status that is not known; {}", observed, _LOG), about=about
        )
    if _WARNING in known:
        return Warn(None, expected, tr("{}, a warning", observed), about=about, remedy=(look,))
    return Pass(None, tr("{}, in order", observed), expected, about=about)


def _same_machine(one: str, other: str) -> bool:
    """A machine by its full name, or by its first label where one of both is short."""
    if "." in one and "." in other:
        return same_host(one, other)
    return bool(one) and same_host(one.partition(".")[0], other.partition(".")[0])


@check("cmgcp.cmg-selected")
def cmg_selected(
    wanted: Annotated[str, Key("cmg.service_name")],
    connectors: Annotated[Seen[ProxyConnector] | Missing, ProxyConnectors()],
    services: Annotated[Seen[AzureService] | Missing, AzureServices()],
    attested: Annotated[Attested | Missing, Attestation()],
) -> Outcomes:
    """Pass when each connection point is bound to the gateway of this name."""
    rows = () if isinstance(connectors, Missing) else connectors.rows
    bound = [one for one in rows if text(one.proxy_service_name)]
    if bound:
        return [_bound(one, wanted, services) for one in bound]
    if isinstance(connectors, Missing) and not connectors.skipped:
        return [unavailable(None, connectors)]  # an answer does not stand in for what was lost
    if isinstance(attested, Attested):
        answer, by = str(attested.answer).strip(), attested.by or "somebody unnamed"
        observed = tr("bound to {}, says {}", answer, by)
        if wanted.lower() in answer.lower().split():
            return [Pass(None, observed, wanted)]
        if _is_known(answer, wanted, services):
            return [Pass(None, tr("{}, a name of {}", observed, wanted), wanted)]
        return [Fail(None, wanted, observed)]
    if isinstance(connectors, Missing):
        return [unavailable(None, connectors)]
    if len(rows):
        because = "SMS_CloudProxyConnector comes without the property ProxyServiceName"
        return [Unknown(None, because)]
    what = "no connection point is seen with its gateway"
    return [unseen(None, what, connectors.sees, also=tr("; an attestation could tell"))]


def _is_known(name: str, wanted: str, services: Seen[AzureService] | Missing) -> bool:
    rows = () if isinstance(services, Missing) else services.rows
    return any(one.known_as(name) and one.known_as(wanted) for one in rows)


def _bound(point: ProxyConnector, wanted: str, services: Seen[AzureService] | Missing) -> Outcome:
    name = text(point.proxy_service_name)
    observed = tr("{} is bound to {}", text(point.server_name), name)
    if same_host(name, wanted):
        return Pass(None, observed, wanted)
    if _is_known(name, wanted, services):
        return Pass(None, tr("{}, a name of {}", observed, wanted), wanted)
    gateways = () if isinstance(services, Missing) else services.rows
    other = next((one for one in gateways if one.known_as(name)), None)
    if other is not None and text(other.service_c_name):
        step = tr(
            "Properties of the connection point on {} > Cloud management gateway name > {}.",
            text(point.server_name),
            wanted,
        )
        said = tr("{}, which is the gateway {}", observed, text(other.service_c_name))
        return Fail(None, wanted, said, remedy=(step,))
    because = tr("{}; whether that is another name of {} is not known", observed, wanted)
    return Unknown(None, because, remedy=("Let the account read SMS_AzureService.",))
