"""What the collector's probe from the service connection point comes to."""

from datetime import datetime, timedelta

from assess.check import Fail, Missing, Outcome, Pass, Unknown, Warn, tr, unavailable
from assess.evidence.adminservice import Seen
from assess.evidence.server_probe import PROXY_SIGN_IN, ServerProbes
from assess.evidence.site_roles import SERVICE_CONNECTION_POINT, RoleUse
from checks.site_systems import names, same_host, with_role

EXPECTED = "every address answers from the service connection point, without TLS inspection"
_SITE_SYSTEM = "SMS Site System"
_LASTS = timedelta(days=30)
_THERE = "Run the collector on {0} itself: -Section site,internet."


def probed(probes: ServerProbes, roles: Seen[RoleUse] | Missing, now: datetime) -> Outcome:
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
            f"{one.url} ({one.error or tr('no answer')})" for one in lost if one not in signed
        )
        if len(lost) == len(probes.probes):
            because = tr(
                "no address answered {}, so that the probe itself may be at fault: {}",
                probes.computer,
                listed,
            )
            look = tr("Open an address in a browser on {}, and collect again.", probes.computer)
            return Unknown(None, because, about=about, remedy=(look,))
        step = tr("Open outbound 443 from {} to these addresses.", probes.computer)
        observed = tr("{} does not reach {}", probes.computer, listed)
        return Fail(None, EXPECTED, observed, about=about, remedy=(step,))
    if signed:
        step = tr("Let the proxy pass {} without signing in.", probes.computer)
        observed = tr("the proxy wants a sign-in for {}", ", ".join(one.url for one in signed))
        return Warn(None, EXPECTED, observed, about=about, remedy=(step,))
    inspected = [one for one in probes.probes if one.public is False]
    if inspected:
        step = tr("Exempt the addresses from TLS inspection for {}.", probes.computer)
        observed = tr(
            "the certificate of {} comes from {}, which is no public authority: TLS is inspected "
            "on the way",
            inspected[0].url,
            inspected[0].root,
        )
        return Warn(None, EXPECTED, observed, about=about, remedy=(step,))
    way = _other_way(probes, roles)
    if way is not None:
        return way
    listed = ", ".join(one.url for one in probes.probes)
    said = tr("{} reached {} on {:%Y-%m-%d}", probes.computer, listed, probes.at)
    return Pass(None, said, EXPECTED, about=about)


def _elsewhere(probes: ServerProbes, roles: Seen[RoleUse] | Missing) -> Outcome | None:
    """Why the probe says nothing about the server with the role."""
    if isinstance(roles, Missing):
        return unavailable(None, roles)
    points = with_role(roles, SERVICE_CONNECTION_POINT)
    if any(same_host(one.server, probes.computer) for one in points):
        return None
    where = names(points) or "none that is seen"
    because = tr(
        "the probe ran on {}, and the service connection point is {}", probes.computer, where
    )
    return Unknown(None, because, remedy=(tr(_THERE, where),) if points else ())


def _of_no_use(probes: ServerProbes, now: datetime) -> Outcome | None:
    if not probes.probes:
        return Unknown(None, tr("the probe on {} tried no address", probes.computer))
    if not timedelta(days=-1) <= now - probes.at <= _LASTS:
        because = tr(
            "the probe on {} is of {:%Y-%m-%d}, which is too old", probes.computer, probes.at
        )
        if probes.at > now:
            because = tr(
                "the probe on {} is of {:%Y-%m-%d}, in the future", probes.computer, probes.at
            )
        return Unknown(None, because, remedy=(tr(_THERE, probes.computer),))
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
        because = tr(
            "{} is set to use the proxy {}, and the probe went another way", probes.computer, proxy
        )
        again = tr("Collect again with -Proxy http://{}:{}.", proxy, port or 80)
        return Unknown(None, because, about=(probes.computer,), remedy=(again,))
    return None
