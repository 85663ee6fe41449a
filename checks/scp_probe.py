"""What the collector's probe from the service connection point comes to."""

from datetime import datetime, timedelta

from assess.check import Fail, Missing, Outcome, Pass, Unknown, Warn, unavailable
from assess.evidence.adminservice import Seen
from assess.evidence.server_probe import PROXY_SIGN_IN, ServerProbes
from assess.evidence.site_roles import SERVICE_CONNECTION_POINT, RoleUse
from checks.site_systems import names, same_host, with_role

EXPECTED = "every address answers from the service connection point, without TLS inspection"
_SITE_SYSTEM = "SMS Site System"
_LASTS = timedelta(days=30)
_THERE = "Run the collector on {0} itself: -Section site,internet."


def probed(
    probes: ServerProbes, roles: Seen[RoleUse] | Missing, now: datetime
) -> Outcome:
    """Pass when each address answered the server with the role, in the way that it goes.

    Where nothing at all answered, the probe itself may be what failed: there was no control.
    """
    about = (probes.computer,)
    gap = _elsewhere(probes, roles) or _of_no_use(probes, now)
    if gap is not None:
        return gap
    lost = [one for one in probes.probes if not one.reached]
    signed = [one for one in lost if one.status == PROXY_SIGN_IN]
    if len(lost) > len(signed):
        listed = ", ".join(
            f"{one.url} ({one.error or 'no answer'})" for one in lost if one not in signed
        )
        if len(lost) == len(probes.probes):
            because = f"no address answered {probes.computer}, so that the probe itself may be at "
            look = f"Open an address in a browser on {probes.computer}, and collect again."
            return Unknown(None, f"{because}fault: {listed}", about=about, remedy=(look,))
        step = f"Open outbound 443 from {probes.computer} to these addresses."
        observed = f"{probes.computer} does not reach {listed}"
        return Fail(None, EXPECTED, observed, about=about, remedy=(step,))
    if signed:
        step = f"Let the proxy pass {probes.computer} without signing in."
        observed = f"the proxy wants a sign-in for {', '.join(one.url for one in signed)}"
        return Warn(None, EXPECTED, observed, about=about, remedy=(step,))
    inspected = [one for one in probes.probes if one.public is False]
    if inspected:
        step = f"Exempt the addresses from TLS inspection for {probes.computer}."
        observed = f"the certificate of {inspected[0].url} comes from {inspected[0].root}, which "
        observed += "is no public authority: TLS is inspected on the way"
        return Warn(None, EXPECTED, observed, about=about, remedy=(step,))
    way = _other_way(probes, roles)
    if way is not None:
        return way
    said = f"{probes.computer} reached {', '.join(one.url for one in probes.probes)}"
    return Pass(None, f"{said} on {probes.at:%Y-%m-%d}", EXPECTED, about=about)


def _elsewhere(probes: ServerProbes, roles: Seen[RoleUse] | Missing) -> Outcome | None:
    """Why the probe says nothing about the server with the role."""
    if isinstance(roles, Missing):
        return unavailable(None, roles)
    points = with_role(roles, SERVICE_CONNECTION_POINT)
    if any(same_host(one.server, probes.computer) for one in points):
        return None
    where = names(points) or "none that is seen"
    because = f"the probe ran on {probes.computer}, and the service connection point is {where}"
    return Unknown(None, because, remedy=(_THERE.format(where),) if points else ())


def _of_no_use(probes: ServerProbes, now: datetime) -> Outcome | None:
    if not probes.probes:
        return Unknown(None, f"the probe on {probes.computer} tried no address")
    if not timedelta(days=-1) <= now - probes.at <= _LASTS:
        because = f"the probe on {probes.computer} is of {probes.at:%Y-%m-%d}, which is too old"
        if probes.at > now:
            because = f"the probe on {probes.computer} is of {probes.at:%Y-%m-%d}, in the future"
        return Unknown(None, because, remedy=(_THERE.format(probes.computer),))
    return None


def _other_way(probes: ServerProbes, roles: Seen[RoleUse] | Missing) -> Outcome | None:
    """The site system goes through a proxy, and the probe did not."""
    for one in () if isinstance(roles, Missing) else roles:
        if not one.has(_SITE_SYSTEM) or not same_host(one.server, probes.computer):
            continue
        proxy, port = one.word("ProxyName"), one.number("ProxyServerPort")
        if one.number("UseProxy") != 1 or not proxy:
            continue
        if all(proxy.lower() in probe.proxy.lower() for probe in probes.probes):
            continue
        because = f"{probes.computer} is set to use the proxy {proxy}, and the probe went another "
        again = f"Collect again with -Proxy http://{proxy}:{port or 80}."
        return Unknown(None, f"{because}way", about=(probes.computer,), remedy=(again,))
    return None
