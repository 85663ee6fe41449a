"""Management points: whether those for the gateway are there and can serve it."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Annotated

from assess.check import (
    AsOf,
    Fail,
    Key,
    Manual,
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
from assess.evidence.adminservice import Seen, text
from assess.evidence.logs import LogCopy, Logs, MpControl
from assess.evidence.publishing import Publishing, SitePublishing
from assess.evidence.site_roles import (
    ENHANCED_HTTP,
    MANAGEMENT_POINT,
    SITE_COMPONENT_MANAGER,
    Component,
    Components,
    Roles,
    RoleUse,
)
from checks.log_lines import about as places
from checks.log_lines import of_computer, self_test
from checks.publishing import published
from checks.site_systems import names, of_site, same_host, sees_part, setting, unseen, with_role

_HTTP, _HTTPS = {0, 4}, {1, 3}
_ELSE = "; v_SystemResourceList in the site database could tell too"


def _point(points: list[RoleUse], host: str) -> RoleUse | None:
    return next((one for one in points if same_host(one.server, host)), None)


def _points(roles: Seen[RoleUse], code: str | Missing) -> list[RoleUse]:
    """The management points of the named site; of every one where none is named."""
    found = with_role(roles, MANAGEMENT_POINT)
    return found if isinstance(code, Missing) else of_site(found, code)


def _none(subject: str | None, roles: Seen[RoleUse]) -> Outcome:
    what = _not_seen(subject or "")
    if roles.sees.complete:
        return Unknown(subject, tr("{}, see mp.available", what))
    return unseen(subject, what, roles.sees, also=tr(_ELSE))


def _not_seen(hosts: str) -> str:
    """``hosts``: the intended servers without the role; empty where none is named."""
    if hosts:
        return tr("{} is not seen as a management point", hosts)
    return tr("no server is seen as a management point")


@check("mp.available", subjects="mp.servers")
def available(
    roles: Annotated[Seen[RoleUse], Roles()],
    servers: Annotated[list[str] | Missing, Key("mp.servers")],
    code: Annotated[str | Missing, Key("site.code")],
    publishing: Annotated[Publishing | Missing, SitePublishing()],
) -> Outcomes:
    """Pass for each intended server that has the role in the site.

    What is published of it in the directory stands beside, and decides nothing.
    """
    points = _points(roles, code)
    expected = "a management point"
    if not isinstance(code, Missing):
        expected = tr("a management point of site {}", code)
    if isinstance(servers, Missing):
        if points:
            found = names(points)
            question = tr("Set mp.servers: which of {} are to serve the gateway?", found)
            yield Manual(None, question, tr("management points: {}", found), about=_about(points))
        elif roles.sees.complete:
            yield Fail(None, expected, tr("no server has the role; {}", roles.sees.because))
        else:
            yield unseen(None, "no management point is seen", roles.sees, also=tr(_ELSE))
        return
    for host in servers:
        point = _point(points, host)
        if point is not None:
            observed = tr("management point of site {}", text(point.site_code))
            yield Pass(host, observed + published(host, publishing), expected)
        elif roles.sees.complete:
            step = tr("Add the management point role to {}, or correct mp.servers.", host)
            have = (
                tr("the management points are {}", names(points))
                if points
                else "nobody has the role"
            )
            observed = tr("{} has no such role; {}", host, have) + _still(host, publishing)
            yield Fail(host, expected, observed, remedy=(step,))
        else:
            also = tr(_ELSE) + _still(host, publishing)
            yield unseen(host, _not_seen(host), roles.sees, also=also)


def _still(host: str, publishing: Publishing | Missing) -> str:
    """The directory shows a management point that the site does not show."""
    found = None if isinstance(publishing, Missing) else publishing.of(host)
    return tr("; the directory publishes it in {}", found[0].domain) if found else ""


def _about(points: list[RoleUse]) -> tuple[str, ...]:
    return tuple(one.about for one in points)


def _judged(
    roles: Seen[RoleUse], servers: list[str] | Missing, code: str | Missing
) -> Iterator[tuple[str | None, RoleUse | None]]:
    """The intended servers with their role; without a list every management point."""
    points = _points(roles, code)
    if isinstance(servers, Missing):
        yield from ((one.server or None, one) for one in points)
        if not points:
            yield None, None
        return
    for host in servers:
        yield host, _point(points, host)


@check("mp.client-connections", subjects="mp.servers")
def client_connections(
    roles: Annotated[Seen[RoleUse], Roles()],
    settings: Annotated[Seen[Component] | Missing, Components(SITE_COMPONENT_MANAGER)],
    servers: Annotated[list[str] | Missing, Key("mp.servers")],
    code: Annotated[str | Missing, Key("site.code")],
    log: Annotated[Logs | Missing, MpControl()],
    now: Annotated[datetime, AsOf()],
) -> Outcomes:
    """Pass for each management point with HTTPS, or with HTTP under enhanced HTTP."""
    judged = list(_judged(roles, servers, code))
    for subject, point in judged:
        if point is None:
            yield _none(subject, roles)
        else:
            copies = of_computer(log, point.server, now, alone=len(judged) == 1)
            yield _secured(subject, point, settings, copies)


def _secured(
    subject: str | None,
    point: RoleUse,
    settings: Seen[Component] | Missing,
    copies: Sequence[LogCopy],
) -> Outcome:
    state, expected = point.ssl_state, "HTTPS, or HTTP with enhanced HTTP"
    if state in _HTTPS:
        return Pass(subject, tr("HTTPS (SslState {})", state), expected)
    if state not in _HTTP:
        for copy in copies:
            test = self_test(copy, "443")
            if test is not None and test.value("word").lower() == "succeeded" and not copy.cut:
                about = (*((subject,) if subject else ()), *places((copy,)))
                return Pass(
                    subject, tr("it answers itself: {}", test.quoted), expected, about=about
                )
        because = tr(
            "the role on {} comes with SslState {}, which says neither HTTP nor HTTPS; a TLS "
            "connection to its port 443 could tell",
            point.server,
            state,
        )
        return Unknown(subject, because)
    if isinstance(settings, Missing):
        return unavailable(subject, settings)
    value = setting(settings, text(point.site_code), "IISSSLState")
    if not isinstance(value, int):
        because = getattr(value, "because", "the settings of its site are not known")
        return Unknown(
            subject, tr("HTTP (SslState {}), and {}", state, because), remedy=value.remedy
        )
    if value & ENHANCED_HTTP:
        return Pass(subject, tr("HTTP with enhanced HTTP (IISSSLState {})", value), expected)
    step = tr(
        "Servers and Site System Roles > {} > Management point > Properties > General > HTTPS, or "
        "switch on enhanced HTTP for site {}.",
        point.server,
        text(point.site_code),
    )
    observed = tr("HTTP (SslState {}) and no enhanced HTTP (IISSSLState {})", state, value)
    return Fail(subject, expected, observed, remedy=(step,))


@check("mp.cmg-traffic")
def cmg_traffic(
    roles: Annotated[Seen[RoleUse], Roles()],
    servers: Annotated[list[str] | Missing, Key("mp.servers")],
    code: Annotated[str | Missing, Key("site.code")],
) -> Outcomes:
    """Pass when AllowProxyTraffic is 1 on every management point that serves the gateway."""
    judged = [(host, point) for host, point in _judged(roles, servers, code)]
    absent = [host for host, point in judged if point is None]
    points = [point for _, point in judged if point is not None]
    about = _about(points)
    expected = "AllowProxyTraffic 1 on every management point for the gateway"
    if not points:
        return [_absent(absent, roles)]
    on = [one for one in points if one.number("AllowProxyTraffic") == 1]
    off = [one for one in points if one.number("AllowProxyTraffic") == 0]
    unsaid = [one for one in points if one not in on and one not in off]
    if unsaid:
        because = tr("the role on {} comes without the property AllowProxyTraffic", names(unsaid))
        return [Unknown(None, because, about=about)]
    if absent:
        because = _not_seen(", ".join(filter(None, absent)))
        return [Unknown(None, tr("{}, see mp.available", because), about=about)]
    step = tr(
        "Management point on {} > Properties > General > Allow Configuration Manager cloud "
        "management gateway traffic.",
        names(off),
    )
    if not on:
        observed = tr("0 on {}", names(off))
        if sees_part(roles.sees) and isinstance(servers, Missing):
            return [unseen(None, tr("{}; others may be hidden", observed), roles.sees)]
        return [Fail(None, expected, observed, about=about, remedy=(step,))]
    if not off:
        return [Pass(None, tr("1 on {}", names(on)), expected, about=about)]
    observed = tr("1 on {}, 0 on {}", names(on), names(off))
    if isinstance(servers, Missing):
        question = "Set mp.servers: which management points are to serve the gateway?"
        return [Manual(None, question, observed, about=about)]
    return [Warn(None, expected, observed, about=about, remedy=(step,))]


def _absent(hosts: list[str | None], roles: Seen[RoleUse]) -> Outcome:
    """None of the intended servers is seen with the role."""
    what = _not_seen(", ".join(host for host in hosts if host))
    if roles.sees.complete:
        return Unknown(None, tr("{}, see mp.available", what))
    return unseen(None, what, roles.sees, also=tr(_ELSE))


@check("mp.connection-scope", subjects="mp.servers")
def connection_scope(
    roles: Annotated[Seen[RoleUse], Roles()],
    servers: Annotated[list[str] | Missing, Key("mp.servers")],
    code: Annotated[str | Missing, Key("site.code")],
) -> Outcomes:
    """Pass for each management point of the gateway that serves intranet and internet."""
    judged = list(_judged(roles, servers, code))
    if isinstance(servers, Missing):
        judged = [(h, p) for h, p in judged if p and p.number("AllowProxyTraffic") == 1]
        judged = judged or [(None, None)]
    for subject, point in judged:
        if point is not None:
            yield _scope(subject, point)
        elif isinstance(servers, Missing):
            because = "no management point is seen that serves the gateway, see mp.cmg-traffic"
            yield Unknown(None, because)
        else:
            yield _none(subject, roles)


def _scope(subject: str | None, point: RoleUse) -> Outcome:
    inside, outside = point.number("MPIntranetFacing"), point.number("MPInternetFacing")
    expected = "MPIntranetFacing 1 and MPInternetFacing 1"
    observed = tr("MPIntranetFacing {}, MPInternetFacing {}", inside, outside)
    step = tr(
        "Management point on {} > Properties > General > Allow intranet and Internet connections.",
        point.server,
    )
    if outside == 0:
        return Fail(subject, expected, observed, remedy=(step,))
    missing = [
        name
        for name, value in (("MPIntranetFacing", inside), ("MPInternetFacing", outside))
        if value not in (0, 1)
    ]
    if missing:
        said = tr("the role on {} does not say {}", point.server, missing[0])
        if len(missing) > 1:
            said = tr("the role on {} does not say {} and {}", point.server, *missing)
        return Unknown(subject, said)
    if inside == 0:
        return Warn(subject, expected, tr("internet only: {}", observed), remedy=(step,))
    return Pass(subject, observed, expected)
