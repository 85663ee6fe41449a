"""What the forests themselves show of synchronisation and AD FS, beside what the tenant says.

Traces name servers and accounts in findings, and contradict: a forest whose Entra Connect was set
up for another tenant does not reach this one. Nothing is concluded from the absence of a trace.
"""

from collections.abc import Iterator
from dataclasses import replace

from assess.check import Fail, Missing, Outcome, Pass, Warn, tr, trn
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
    observed = outcome.observed + tr("; the directory names {}", _listed(accounts))
    if isinstance(outcome, Pass):
        return replace(outcome, observed=observed)
    servers = list(dict.fromkeys(one.server for one in accounts if one.server))
    if not servers:
        return replace(outcome, observed=observed)
    step = tr(
        "Look at {}: does the service run, and what does its scheduler say (Get-ADSyncScheduler; "
        "for cloud sync, the agent's state in Entra)?",
        ", ".join(servers[:_MOST]),
    )
    return replace(outcome, observed=observed, remedy=(*outcome.remedy, step))


def _listed(accounts: list[SyncAccount]) -> str:
    said = ", ".join(tr("in {} {}", one.domain, one.text) for one in accounts[:_MOST])
    more = len(accounts) - _MOST
    return said + (trn(more, " and {n} more account", " and {n} more accounts") if more > 0 else "")


def of_another_tenant(
    trail: SyncTrail | Missing, domains: tuple[Domain, ...] | Missing
) -> Iterator[Outcome]:
    """The forests whose synchronisation was set up for tenants that are all not this one."""
    if isinstance(trail, Missing) or isinstance(domains, Missing):
        return
    ours = {domain.id.lower() for domain in domains}
    for forest in trail.read() if ours else ():
        named = _tenants(forest)
        if named and not ours & named.keys() and not _untold(forest):
            told = _listed(list(named.values()))
            observed = tr("{} is synchronised to another tenant: {}", forest.root, told)
            step = tr(
                "Find out whether {root} belongs to the tenant {tenant.id}. If so, set up Entra "
                "Connect or cloud sync for this tenant; if not, leave the forest out of the "
                "engagement file.",
                root=forest.root,
            )
            expected = tr("the synchronisation of {} is for this tenant", forest.root)
            yield Warn(None, expected, observed, remedy=(step,))


def _tenants(forest: SyncTraces) -> dict[str, SyncAccount]:
    """The tenants that the accounts in use name, each with one such account."""
    return {one.tenant: one for one in reversed(forest.accounts) if one.tenant and one.enabled}


def _untold(forest: SyncTraces) -> bool:
    """Something else synchronises there too, and does not say for which tenant."""
    return any(one.enabled and one.kind != "service" and not one.tenant for one in forest.accounts)


# -- sign-in --


def farm(host: str, trail: FederationTrail | Missing) -> str:
    """Which account of the forests stands for the federation service; "" where none is shown."""
    account = None if isinstance(trail, Missing) else trail.runs(host)
    if account is None:
        return ""
    if not account.enabled:
        return tr("; it runs as {} of {}, which is disabled", account.account, account.domain)
    return tr("; it runs as {} of {}", account.account, account.domain)


def foreign(trail: FederationTrail | Missing) -> str:
    """That no forest has AD FS, where each of them shows it; else ""."""
    if isinstance(trail, Missing) or not trail.nowhere:
        return ""
    roots = ", ".join(forest.root for forest in trail.read())
    return tr("; AD FS was never installed in {}", roots)


def perhaps(name: str, trail: FederationTrail | Missing) -> str:
    """Hosts below a domain that may be its federation service; "" where none is shown."""
    hosts = () if isinstance(trail, Missing) else trail.below(name)
    if not hosts:
        return ""
    return tr("; in the directory, accounts stand for {}", ", ".join(hosts[:_MOST]))


def unused(trail: FederationTrail | Missing) -> str:
    """Where AD FS is installed though the domain does without it; "" where nothing shows that."""
    found = () if isinstance(trail, Missing) else trail.installed()
    return tr("; AD FS is or was installed in {}", ", ".join(found)) if found else ""


def seamless(trail: SyncTrail | Missing) -> str:
    """Where seamless single sign-on is set up, and how old its key is; "" where it is not shown."""
    if isinstance(trail, Missing):
        return ""
    said = [_key(one) for forest in trail.read() for one in forest.sign_on]
    return tr("; seamless single sign-on is set up in {}", ", ".join(said)) if said else ""


def _key(one: SeamlessSignOn) -> str:
    if one.changed is None:
        return one.domain
    return tr("{} (key of {})", one.domain, f"{one.changed:%Y-%m-%d}")
