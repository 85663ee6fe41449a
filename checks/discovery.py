"""Discovery: whether the site finds the users of Active Directory."""

from typing import Annotated

from assess.check import Fail, Missing, Outcomes, Pass, Unknown, Warn, check, unavailable
from assess.evidence.adminservice import DiscoveredUsers, Seen, Users, text
from assess.evidence.site_roles import AD_USER_DISCOVERY, Component, Components
from checks.site_systems import unseen

_ELSE = "; adusrdis.log could tell when it last ran"


@check("discovery.ad-user")
def ad_user(
    agents: Annotated[Seen[Component] | Missing, Components(AD_USER_DISCOVERY)],
    users: Annotated[Users | Missing, DiscoveredUsers()],
) -> Outcomes:
    """Pass when the discovery is active in a site and users are there."""
    missing = [one for one in (agents, users) if isinstance(one, Missing)]
    if isinstance(agents, Missing) or isinstance(users, Missing):
        return [unavailable(None, *missing)]
    words = [one.word("SETTINGS").upper() for one in agents]
    active = [text(one.site_code) for one in agents if one.word("SETTINGS").upper() == "ACTIVE"]
    count = len(users.rows)
    expected = "Active Directory user discovery is active, and has found users"
    step = "Console of the site {site.code} > Administration > Hierarchy Configuration > Discovery "
    step += "Methods > Active Directory User Discovery > enable; then Run Full Discovery Now."
    if active:
        observed = f"active in site {', '.join(active)}; {count} discovered users"
        if count:
            return [Pass(None, observed, expected)]
        if users.sees.complete:
            return [Fail(None, expected, observed, remedy=(step,))]
        return [unseen(None, "active, but no discovered user is seen", users.sees, also=_ELSE)]
    if not words:
        what = "no site shows the settings of Active Directory user discovery"
        return [unseen(None, what, agents.sees, also=_ELSE)]
    if any(word != "INACTIVE" for word in words):
        because = "Active Directory user discovery comes without the property SETTINGS"
        return [Unknown(None, f"{because}{_ELSE}")]
    if not agents.sees.complete:
        because = "Active Directory user discovery is inactive in each site that is seen, but "
        return [Unknown(None, f"{because}{agents.sees.because}")]
    if count:
        observed = f"inactive, but {count} users are there, so they may be out of date"
        return [Warn(None, expected, observed, remedy=(step,))]
    if users.sees.complete:
        return [Fail(None, expected, "inactive, and no user is there", remedy=(step,))]
    return [unseen(None, "inactive, and no discovered user is seen", users.sees)]
