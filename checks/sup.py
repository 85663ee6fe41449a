"""Software update points: whether they let gateway traffic in."""

from typing import Annotated

from assess.check import Outcomes, Pass, Unknown, Warn, check, tr
from assess.evidence.adminservice import Seen
from assess.evidence.site_roles import SOFTWARE_UPDATE_POINT, Roles, RoleUse
from checks.site_systems import names, sees_part, unseen, with_role


@check("sup.cmg-traffic")
def cmg_traffic(roles: Annotated[Seen[RoleUse], Roles()]) -> Outcomes:
    """Pass when AllowProxyTraffic is 1 on every software update point, or there is none."""
    points = with_role(roles, SOFTWARE_UPDATE_POINT)
    about, expected = tuple(one.about for one in points), "AllowProxyTraffic 1 on each of them"
    if not points:
        if roles.sees.complete:
            return [Pass(None, tr("no software update point; {}", roles.sees.because), expected)]
        return [unseen(None, "no software update point is seen", roles.sees)]
    off = [one for one in points if one.number("AllowProxyTraffic") == 0]
    unsaid = [one for one in points if one.number("AllowProxyTraffic") not in (0, 1)]
    if off:
        step = tr(
            "Software update point on {} > Properties > General > Allow Configuration Manager "
            "cloud management gateway traffic.",
            names(off),
        )
        return [Warn(None, expected, tr("0 on {}", names(off)), about=about, remedy=(step,))]
    if unsaid:
        because = tr("the role on {} comes without the property AllowProxyTraffic", names(unsaid))
        return [Unknown(None, because, about=about)]
    if sees_part(roles.sees):
        return [unseen(None, tr("1 on {}, others are not seen", names(points)), roles.sees)]
    return [Pass(None, tr("1 on {}", names(points)), expected, about=about)]
