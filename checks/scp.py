"""The service connection point: whether it is there, where, and in which mode."""

from typing import Annotated

from assess.check import Fail, Outcome, Outcomes, Pass, Unknown, Warn, check, tr
from assess.evidence.adminservice import Seen, Site, Sites, text
from assess.evidence.site_roles import SERVICE_CONNECTION_POINT, Roles, RoleUse
from checks.site_systems import names, sees_part, unseen, with_role

_SECONDARY, _PRIMARY, _CENTRAL = 1, 2, 4
_ELSE = "; v_SystemResourceList in the site database could tell too"


@check("scp.installed")
def installed(roles: Annotated[Seen[RoleUse], Roles()]) -> Outcomes:
    """Pass when exactly one server of the hierarchy has the role."""
    found = with_role(roles, SERVICE_CONNECTION_POINT)
    about = tuple(use.about for use in found)
    expected = "one service connection point in the hierarchy"
    if not found:
        if not roles.sees.complete:
            what = "no service connection point is seen"
            return [unseen(None, what, roles.sees, also=_ELSE)]
        return [Fail(None, expected, tr("no server has the role; {}", roles.sees.because))]
    if len(found) > 1:
        step = tr("Remove the role from the server that is no longer used, of {0}.", names(found))
        observed = tr("{} servers have the role: {}", len(found), names(found))
        return [Warn(None, expected, observed, about=about, remedy=(step,))]
    if sees_part(roles.sees):
        because = tr(
            "{} has the role; whether another has it too, this account cannot tell: {}",
            names(found),
            roles.sees.because,
        )
        return [Unknown(None, because, about=about)]
    return [
        Pass(None, tr("{}, site {}", names(found), text(found[0].site_code)), expected, about=about)
    ]


@check("scp.top-tier-placement")
def top_tier_placement(
    roles: Annotated[Seen[RoleUse], Roles()],
    sites: Annotated[Seen[Site], Sites()],
) -> Outcomes:
    """Pass when the role is on the central administration site or a stand-alone primary."""
    found = with_role(roles, SERVICE_CONNECTION_POINT)
    return [_placed(use, sites) for use in found] or [_none(roles)]


def _none(roles: Seen[RoleUse]) -> Outcome:
    if roles.sees.complete:
        return Unknown(None, "there is no service connection point, see scp.installed")
    return unseen(None, "no service connection point is seen", roles.sees, also=_ELSE)


def _placed(use: RoleUse, sites: Seen[Site]) -> Outcome:
    code, about = text(use.site_code), (use.about,)
    site = next((one for one in sites if one.site_code.lower() == code.lower()), None)
    if site is None:
        return Unknown(
            None, tr("{} has the role; its site {} is not seen", use.server, code), about=about
        )
    where = tr("{}, site {}", use.server, code)
    expected = "the central administration site, or a primary site without a parent"
    move = tr("Remove the role from {} and add it to the top-tier site.", use.server)
    if site.type == _CENTRAL:
        return Pass(None, tr("{}: central administration site", where), expected, about=about)
    if site.type == _SECONDARY:
        observed = tr("{}: a secondary site", where)
        return Fail(None, expected, observed, about=about, remedy=(move,))
    if site.type != _PRIMARY:
        because = tr(
            "{}: the property Type of SMS_Site is {}, which this version does not know",
            where,
            site.type,
        )
        return Unknown(None, because, about=about)
    if not isinstance(site.reporting_site_code, str):
        because = tr("{}: SMS_Site comes without the property ReportingSiteCode", where)
        return Unknown(None, because, about=about)
    if site.reporting_site_code:
        observed = tr("{}: a primary site below {}", where, site.reporting_site_code)
        return Fail(None, expected, observed, about=about, remedy=(move,))
    return Pass(None, tr("{}: stand-alone primary site", where), expected, about=about)


@check("scp.online-mode")
def online_mode(roles: Annotated[Seen[RoleUse], Roles()]) -> Outcomes:
    """Pass when OfflineMode is 0."""
    found = with_role(roles, SERVICE_CONNECTION_POINT)
    return [_mode(use) for use in found] or [_none(roles)]


def _mode(use: RoleUse) -> Outcome:
    value, about, expected = use.number("OfflineMode"), (use.about,), "OfflineMode 0: online"
    if value == 0:
        return Pass(None, tr("{}: OfflineMode 0, online", use.server), expected, about=about)
    if value == 1:
        step = tr(
            "Open the properties of the service connection point on {} > Online, persistent "
            "connection; then restart SMS_DMP_DOWNLOADER there.",
            use.server,
        )
        observed = tr("{}: OfflineMode 1, offline", use.server)
        return Fail(None, expected, observed, about=about, remedy=(step,))
    because = tr(
        "the role on {} comes with OfflineMode {}; dmpdownloader.log there could tell the mode",
        use.server,
        value,
    )
    if value is None:
        because = tr(
            "the role on {} comes without the property OfflineMode; dmpdownloader.log there could "
            "tell the mode",
            use.server,
        )
    return Unknown(None, because, about=about)
