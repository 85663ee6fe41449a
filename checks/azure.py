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
            return [Fail(None, _EXPECTED, f"{identifier} is not found in the tenant")]
        case InAnotherTenant(other):
            where = f"{identifier} belongs to another tenant"
            return [Warn(None, _EXPECTED, f"{where}: {other}" if other else where)]
        case Subscription():
            return [_state(found), _offer(found), _tenant(found, tenant)]


def _state(found: Subscription) -> Outcome:
    said = f"{found.label} is {found.state}"
    match found.state.lower():
        case "enabled":
            return Pass(None, said, _EXPECTED)
        case "warned":
            return Warn(None, _EXPECTED, said)
        case "disabled" | "deleted" | "pastdue":
            return Fail(None, _EXPECTED, said)
        case _:
            return Unknown(None, f"{said}, a state that this version does not know")


def _offer(found: Subscription) -> Outcome:
    policies = found.subscription_policies
    quota = "" if policies is None else policies.quota_id or ""
    if not quota:
        return Unknown(None, f"Azure does not say which offer {found.label} is")
    if quota.lower().startswith("freetrial"):
        observed = f"{found.label} is a free trial ({quota}), which is enough for a test only"
        return Warn(None, _EXPECTED, observed)
    return Pass(None, f"{found.label} has the offer {quota}", _EXPECTED)


def _tenant(found: Subscription, tenant: str | Missing) -> Outcome:
    if isinstance(tenant, Missing):
        return unavailable(None, tenant)
    if not found.tenant_id:
        return Unknown(None, f"Azure does not say which tenant {found.label} belongs to")
    if found.tenant_id.lower() != tenant.lower():
        return Warn(None, _EXPECTED, f"{found.label} belongs to another tenant: {found.tenant_id}")
    return Pass(None, f"{found.label} belongs to the tenant {tenant}", _EXPECTED)
