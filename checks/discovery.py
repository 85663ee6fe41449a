"""Discovery: whether the site finds the users of Active Directory."""

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated

from assess.check import (
    AsOf,
    Fail,
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
from assess.evidence.adminservice import DiscoveredUsers, Seen, Users, text
from assess.evidence.logs import CYCLE, Logs, UserDiscoveryLog
from assess.evidence.site_roles import AD_USER_DISCOVERY, Component, Components
from checks.log_lines import WEEK, about, fresh, lost
from checks.site_systems import unseen

_ELSE = "; adusrdis.log could tell when it last ran"


@check("discovery.ad-user")
def ad_user(
    agents: Annotated[Seen[Component] | Missing, Components(AD_USER_DISCOVERY)],
    users: Annotated[Users | Missing, DiscoveredUsers()],
    log: Annotated[Logs | Missing, UserDiscoveryLog()],
    now: Annotated[datetime, AsOf()],
) -> Outcomes:
    """Pass when the discovery is active in a site, users are there, and no cycle failed."""
    yield from _agent(agents, users)
    yield from _cycles(log, now)


def _cycles(log: Logs | Missing, now: datetime) -> Iterator[Outcome]:
    """The last cycle that a log tells of; a log that ended long ago says nothing of today."""
    yield from lost(log)
    expected = "the last cycle of the discovery was within 7 days, and ended without an error"
    for copy in log.telling(CYCLE) if isinstance(log, Logs) else ():
        last = copy.latest(CYCLE)
        if last is None or not fresh(copy, now):
            continue
        if int(last.value("code"), 16):
            observed = tr("the last cycle ended with an error: {}", last.quoted)
            yield Warn(None, expected, observed, about=about((copy,)))
        elif last.at is not None and not last.within(WEEK, now):
            observed = tr("the last cycle is older than 7 days: {}", last.quoted)
            yield Warn(None, expected, observed, about=about((copy,)))
        else:
            yield Pass(None, last.quoted, expected, about=about((copy,)))


def _agent(agents: Seen[Component] | Missing, users: Users | Missing) -> list[Outcome]:
    """What the site says of the agent and of the users that it found."""
    missing = [one for one in (agents, users) if isinstance(one, Missing)]
    if isinstance(agents, Missing) or isinstance(users, Missing):
        return [unavailable(None, *missing)]
    words = [one.word("SETTINGS").upper() for one in agents]
    active = [text(one.site_code) for one in agents if one.word("SETTINGS").upper() == "ACTIVE"]
    count = len(users.rows)
    expected = "Active Directory user discovery is active, and has found users"
    step = (
        "Console of the site {site.code} > Administration > Hierarchy Configuration > Discovery "
        "Methods > Active Directory User Discovery > enable; then Run Full Discovery Now."
    )
    if active:
        observed = trn(
            count,
            "active in site {}; {n} discovered user",
            "active in site {}; {n} discovered users",
            ", ".join(active),
        )
        if count:
            return [Pass(None, observed, expected)]
        if users.sees.complete:
            return [Fail(None, expected, observed, remedy=(step,))]
        what = "active, but no discovered user is seen"
        return [unseen(None, what, users.sees, also=tr(_ELSE))]
    if not words:
        what = "no site shows the settings of Active Directory user discovery"
        return [unseen(None, what, agents.sees, also=tr(_ELSE))]
    if any(word != "INACTIVE" for word in words):
        because = "Active Directory user discovery comes without the property SETTINGS"
        return [Unknown(None, f"{tr(because)}{tr(_ELSE)}")]
    if not agents.sees.complete:
        because = tr(
            "Active Directory user discovery is inactive in each site that is seen, but {}",
            agents.sees.because,
        )
        return [Unknown(None, because)]
    if count:
        observed = trn(
            count,
            "inactive, but {n} user is there, and may be out of date",
            "inactive, but {n} users are there, so they may be out of date",
        )
        return [Warn(None, expected, observed, remedy=(step,))]
    if users.sees.complete:
        return [Fail(None, expected, "inactive, and no user is there", remedy=(step,))]
    return [unseen(None, "inactive, and no discovered user is seen", users.sees)]
