"""What the forests themselves show of synchronisation and AD FS, beside what the tenant says.

Traces name servers and accounts in findings, and contradict: a forest whose Entra Connect was set
up for another tenant does not reach this one. Nothing is concluded from the absence of a trace.
"""

from collections.abc import Iterator
from dataclasses import replace

from assess.check import Fail, Missing, Outcome, Pass, Warn
from assess.evidence.graph import Domain
from assess.evidence.traces import (
    FederationTrail,
    SeamlessSignOn,
    SyncAccount,
    SyncTraces,
    SyncTrail,
)

_MOST = 5


# -- synchronisation --


def with_servers(outcome: Outcome, trail: SyncTrail | Missing) -> Outcome:
    """The outcome, with the servers that the directory names as those who synchronise."""
    accounts = (
        [] if isinstance(trail, Missing) else [one for one in trail.accounts() if one.enabled]
    )
    if not accounts or not isinstance(outcome, Pass | Warn | Fail):
        return outcome
    observed = f"{outcome.observed}; the directory names {_listed(accounts)}"
    if isinstance(outcome, Pass):
        return replace(outcome, observed=observed)
    servers = list(dict.fromkeys(one.server for one in accounts if one.server))
    if not servers:
        return replace(outcome, observed=observed)
    step = f"Look at {', '.join(servers[:_MOST])}: does the service run, and what does its "
    step += "scheduler say (Get-ADSyncScheduler; for cloud sync, the agent's state in Entra)?"
    return replace(outcome, observed=observed, remedy=(*outcome.remedy, step))


def _listed(accounts: list[SyncAccount]) -> str:
    said = [f"in {one.domain} {one.text}" for one in accounts[:_MOST]]
    more = len(accounts) - _MOST
    return ", ".join(said) + (f" and {more} more accounts" if more > 0 else "")


def of_another_tenant(
    trail: SyncTrail | Missing, domains: tuple[Domain, ...] | Missing
) -> Iterator[Outcome]:
    """The forests whose synchronisation was set up for tenants that are all not this one."""
    if isinstance(trail, Missing) or isinstance(domains, Missing):
        return
    ours = {domain.id.lower() for domain in domains}
    for forest in trail.read() if ours else ():
        named = _tenants(forest)
        if named and not ours & named.keys():
            told = "; ".join(f"{one.text} in {one.domain}" for one in named.values())
            observed = f"{forest.root} is synchronised to another tenant: {told}"
            step = f"Find out whether {forest.root} belongs to the tenant {{tenant.id}}. If so, "
            step += "set up Entra Connect or cloud sync for this tenant; if not, leave the forest "
            step += "out of the engagement file."
            expected = f"the synchronisation of {forest.root} is for this tenant"
            yield Warn(None, expected, observed, remedy=(step,))


def _tenants(forest: SyncTraces) -> dict[str, SyncAccount]:
    """The tenants that the accounts in use name, each with one such account."""
    return {one.tenant: one for one in reversed(forest.accounts) if one.tenant and one.enabled}


# -- sign-in --


def farm(host: str, trail: FederationTrail | Missing) -> str:
    """Which account of the forests stands for the federation service; "" where none is shown."""
    account = None if isinstance(trail, Missing) else trail.runs(host)
    if account is None:
        return ""
    off = "" if account.enabled else ", which is disabled"
    return f"; it runs as {account.account} of {account.domain}{off}"


def foreign(trail: FederationTrail | Missing) -> str:
    """That no forest has AD FS, where each of them shows it; else ""."""
    if isinstance(trail, Missing) or not trail.nowhere:
        return ""
    roots = ", ".join(forest.root for forest in trail.read())
    return f"; AD FS was never installed in {roots}"


def perhaps(name: str, trail: FederationTrail | Missing) -> str:
    """Hosts below a domain that may be its federation service; "" where none is shown."""
    hosts = () if isinstance(trail, Missing) else trail.below(name)
    if not hosts:
        return ""
    return f"; in the directory, accounts stand for {', '.join(hosts[:_MOST])}"


def unused(trail: FederationTrail | Missing) -> str:
    """Where AD FS is installed though the domain does without it; "" where nothing shows that."""
    found = () if isinstance(trail, Missing) else trail.installed()
    return f"; AD FS is or was installed in {', '.join(found)}" if found else ""


def seamless(trail: SyncTrail | Missing) -> str:
    """Where seamless single sign-on is set up, and how old its key is; "" where it is not shown."""
    if isinstance(trail, Missing):
        return ""
    said = [_key(one) for forest in trail.read() for one in forest.sign_on]
    return f"; seamless single sign-on is set up in {', '.join(said)}" if said else ""


def _key(one: SeamlessSignOn) -> str:
    return one.domain if one.changed is None else f"{one.domain} (key of {one.changed:%Y-%m-%d})"
