"""Software update points: whether they let gateway traffic in."""

from typing import Annotated

from assess.check import Outcomes, Pass, Unknown, Warn, check
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
            return [Pass(None, f"no software update point; {roles.sees.because}", expected)]
        return [unseen(None, "no software update point is seen", roles.sees)]
    off = [one for one in points if one.number("AllowProxyTraffic") == 0]
    unsaid = [one for one in points if one.number("AllowProxyTraffic") not in (0, 1)]
    if off:
        step = f"Software update point on {names(off)} > Properties > General > Allow "
        step += "Configuration Manager cloud management gateway traffic."
        return [Warn(None, expected, f"0 on {names(off)}", about=about, remedy=(step,))]
    if unsaid:
        because = f"the role on {names(unsaid)} comes without the property AllowProxyTraffic"
        return [Unknown(None, because, about=about)]
    if sees_part(roles.sees):
        return [unseen(None, f"1 on {names(points)}, others are not seen", roles.sees)]
    return [Pass(None, f"1 on {names(points)}", expected, about=about)]
