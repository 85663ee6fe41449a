"""Evidence of the site's ties to the cloud, made by hand: what a check gets to see."""

from typing import Any

from assess.check import Fail, Manual, Missing, NotApplicable, Pass, Unknown, Warn, worst
from assess.evidence.adminservice import (
    AzureService,
    Collection,
    MayBeTrimmed,
    Seen,
    SeesEverything,
    Site,
    Trimmed,
)
from assess.evidence.site_cloud import Staging, Stagings

ALL = SeesEverything("the account is said to be Read-only Analyst")
MAYBE = MayBeTrimmed("what this account may see is not known", "Give it the role.")
LESS = Trimmed("this account does not even see its own site", "Give it the role.")
REFUSED = Missing("the AdminService refuses this account (403)", "Give it the role.")

HOST = "cmg.contoso.com"
FQDN = "contosocmg.westeurope.cloudapp.azure.com"


def unset(key: str) -> Missing:
    """A key of the engagement file that nobody has set."""
    return Missing(f"{key} is not set", f"Set {key}.", key)


def seen(*rows: Any, sees: Any = ALL) -> Any:
    return Seen(tuple(rows), sees)


def gateway(**more: Any) -> AzureService:
    """A gateway with nothing left open."""
    facts: dict[str, Any] = {
        "name": "contosocmg", "fqdn": FQDN, "service_c_name": HOST, "service_type": "CloudProxyService", "state": 0,
        "region": "West Europe", "subscription_id": "S", "affinity_group": "rg-cmg", "storage_service_name": "contosocmg",
        "service_thumbprint": "AB" * 20, "site_code": "PS1",
    }  # fmt: skip
    return AzureService(**{**facts, **more})


def site(build: Any = 9141, **more: Any) -> Site:
    return Site(
        **{"site_code": "PS1", "type": 2, "reporting_site_code": "", "build_number": build, **more}
    )


def collection(count: Any = 10, kind: Any = 2, name: str = "Pilot") -> Collection:
    return Collection("PS100020", name, kind, count)


def staged(
    found: Any, *, servers: int = 0, without: int = 0, clients: int = 1000, sees: Any = ALL
) -> Stagings:
    return Stagings((Staging("PS100020", found, servers, without),), clients, sees)


def verdict(outcomes: Any) -> type:
    """The kind of the worst part."""
    return type(worst(list(outcomes)))


__all__ = [
    "ALL", "FQDN", "HOST", "LESS", "MAYBE", "REFUSED", "Fail", "Manual", "Missing", "NotApplicable", "Pass", "Unknown", "Warn",
    "collection", "gateway", "seen", "site", "staged", "unset", "verdict",
]  # fmt: skip
