"""The Azure subscription that the cloud roles run in."""

from typing import Annotated

from assess.check import (
    Fail,
    Key,
    Missing,
    Outcome,
    Outcomes,
    Pass,
    Unknown,
    Warn,
    check,
    tr,
    unavailable,
)
from assess.evidence.arm import InAnotherTenant, NoSubscription, Subscription, SubscriptionById

_EXPECTED = "an enabled, paid subscription of the engagement's tenant"


@check("azure.subscription")
def subscription(
    identifier: Annotated[str, Key("azure.subscription_id")],
    found: Annotated[Subscription | NoSubscription | InAnotherTenant, SubscriptionById()],
    tenant: Annotated[str | Missing, Key("tenant.id")],
) -> Outcomes:
    """Pass when the subscription is enabled, no trial, and of the tenant that is assessed."""
    match found:
        case NoSubscription():
            return [Fail(None, _EXPECTED, tr("{} is not found in the tenant", identifier))]
        case InAnotherTenant(other):
            where = tr("{} belongs to another tenant", identifier)
            return [Warn(None, _EXPECTED, f"{where}: {other}" if other else where)]
        case Subscription():
            return [_state(found), _offer(found), _tenant(found, tenant)]


def _state(found: Subscription) -> Outcome:
    said = tr("{} is {}", found.label, found.state)
    match found.state.lower():
        case "enabled":
            return Pass(None, said, _EXPECTED)
        case "warned":
            return Warn(None, _EXPECTED, said)
        case "disabled" | "deleted" | "pastdue":
            return Fail(None, _EXPECTED, said)
        case _:
            return Unknown(None, tr("{}, a state that this version does not know", said))


def _offer(found: Subscription) -> Outcome:
    policies = found.subscription_policies
    quota = "" if policies is None else policies.quota_id or ""
    if not quota:
        return Unknown(None, tr("Azure does not say which offer {} is", found.label))
    if quota.lower().startswith("freetrial"):
        observed = tr(
            "{} is a free trial ({}), which is enough for a test only", found.label, quota
        )
        return Warn(None, _EXPECTED, observed)
    return Pass(None, tr("{} has the offer {}", found.label, quota), _EXPECTED)


def _tenant(found: Subscription, tenant: str | Missing) -> Outcome:
    if isinstance(tenant, Missing):
        return unavailable(None, tenant)
    if not found.tenant_id:
        return Unknown(None, tr("Azure does not say which tenant {} belongs to", found.label))
    if found.tenant_id.lower() != tenant.lower():
        return Warn(
            None, _EXPECTED, tr("{} belongs to another tenant: {}", found.label, found.tenant_id)
        )
    return Pass(None, tr("{} belongs to the tenant {}", found.label, tenant), _EXPECTED)
