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
            yield Fail(None, expected, f"no server has the role; {roles.sees.because}")
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
            observed = f"{point.server} is no management point"
            yield Warn(None, expected, observed, about=(point.about,))
            if isinstance(fares, Fail):  # what is not known does not hide the warning
                yield fares
        else:
            yield fares
            what = f"{point.server} is not seen as a management point"
            yield unseen(None, what, roles.sees)


def _told(status: Outcome, copies: Sequence[LogCopy], expected: str) -> Outcome:
    """The same with what the log of the server says: where it ends with a failure, a warning."""
    where = (*status.about, *places(copies))
    for copy in copies:
        good, broken = traffic(copy)
        if broken is not None and isinstance(status, Pass):
            observed = f"{status.observed}; its log ends with {broken.quoted}"
            return Warn(None, expected, observed, about=where)
        if broken is not None and isinstance(status, Unknown):
            because = f"{status.because}; it ends with {broken.quoted}"
            return replace(status, because=because, about=where)
        if good is not None and isinstance(status, Pass):
            return Pass(None, f"{status.observed}; {good.quoted}", expected, about=where)
    if isinstance(status, Pass):
        because = f"{status.observed}; whether a connection to the gateway is established, the "
        because += f"component's status does not say: {_LOG}"
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
        because = f"{point.server} has the role, but how it fares is not known: {statuses.reason}"
        step = (statuses.mend,) if statuses.mend else ()
        return Unknown(None, f"{because}; {_LOG}", about=about, remedy=step)
    mine = [one.status for one in statuses if _same_machine(text(one.machine_name), point.server)]
    known = [one for one in mine if one in (_OK, _WARNING, _CRITICAL)]
    if not mine and any(traffic(one)[0] is not None for one in copies):
        # The site counts since midnight and may have nothing to say yet; the log does.
        return Pass(None, f"the log of {point.server} shows traffic", expected, about=about)
    if not known:
        said = f"no Status of {_COMPONENT} on {point.server} since midnight"
        return Unknown(None, f"the AdminService shows {said}; {_LOG}", about=about)
    observed = f"{point.server}: Status {', '.join(map(str, known))} of {_COMPONENT}"
    look = f"Read SMS_Cloud_ProxyConnector.log on {point.server}, and the component's messages in "
    look += "Monitoring > System Status > Component Status."
    if _CRITICAL in known:
        return Fail(None, expected, f"{observed}, critical", about=about, remedy=(look,))
    if len(known) < len(mine):
        return Unknown(None, f"{observed}, and a Status that is not known; {_LOG}", about=about)
    if _WARNING in known:
        return Warn(None, expected, f"{observed}, a warning", about=about, remedy=(look,))
    return Pass(None, f"{observed}, in order", expected, about=about)


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
        answer, by = str(attested.answer).strip(), attested.by or "nobody named"
        observed = f"bound to {answer}, says {by}"
        if wanted.lower() in answer.lower().split():
            return [Pass(None, observed, wanted)]
        if _is_known(answer, wanted, services):
            return [Pass(None, f"{observed}, a name of {wanted}", wanted)]
        return [Fail(None, wanted, observed)]
    if isinstance(connectors, Missing):
        return [unavailable(None, connectors)]
    if len(rows):
        because = "SMS_CloudProxyConnector comes without the property ProxyServiceName"
        return [Unknown(None, because)]
    what = "no connection point is seen with its gateway"
    return [unseen(None, what, connectors.sees, also="; an attestation could tell")]


def _is_known(name: str, wanted: str, services: Seen[AzureService] | Missing) -> bool:
    rows = () if isinstance(services, Missing) else services.rows
    return any(one.known_as(name) and one.known_as(wanted) for one in rows)


def _bound(
    point: ProxyConnector, wanted: str, services: Seen[AzureService] | Missing
) -> Outcome:
    name = text(point.proxy_service_name)
    observed = f"{text(point.server_name)} is bound to {name}"
    if same_host(name, wanted):
        return Pass(None, observed, wanted)
    if _is_known(name, wanted, services):
        return Pass(None, f"{observed}, a name of {wanted}", wanted)
    gateways = () if isinstance(services, Missing) else services.rows
    other = next((one for one in gateways if one.known_as(name)), None)
    if other is not None and text(other.service_c_name):
        step = f"Properties of the connection point on {text(point.server_name)} > Cloud "
        step += f"management gateway name > {wanted}."
        said = f"{observed}, which is the gateway {text(other.service_c_name)}"
        return Fail(None, wanted, said, remedy=(step,))
    because = f"{observed}; whether that is another name of {wanted} is not known"
    return Unknown(None, because, remedy=("Let the account read SMS_AzureService.",))
