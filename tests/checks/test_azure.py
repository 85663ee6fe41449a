"""Every verdict of the Azure subscription."""

from typing import Any

import pytest

from assess.check import Fail, Manual, Missing, Outcome, Pass, Unknown, Warn, worst
from assess.evidence.arm import InAnotherTenant, NoSubscription, Policies, Subscription
from checks.azure import subscription

TENANT, OTHER = "3f9d2c10-5b7e-4d0a-9c55-0a1b2c3d4e5f", "99999999-5b7e-4d0a-9c55-0a1b2c3d4e5f"
NAME = "8b0e6f9a-1111-4222-8333-444455556666"
NOT_SET = Missing("tenant.id is not set", "Set it.", key="tenant.id")


def found(state: str = "Enabled", tenant: str | None = TENANT, quota: str | None = "PayAsYouGo_2014-09-01") -> Subscription:
    return Subscription(NAME, state, "Production", tenant, None if quota is None else Policies(quota))


@pytest.mark.parametrize(
    ("answer", "tenant", "status"),
    [
        (found(), TENANT, Pass),
        (found("enabled"), TENANT.upper(), Pass),
        (found("Warned"), TENANT, Warn),
        (found(quota="FreeTrial_2014-09-01"), TENANT, Warn),
        (found(tenant=OTHER), TENANT, Warn),
        (InAnotherTenant(OTHER), TENANT, Warn),
        (InAnotherTenant(""), TENANT, Warn),
        (NoSubscription("SubscriptionNotFound"), TENANT, Fail),
        (found("Disabled"), TENANT, Fail),
        (found("Deleted"), TENANT, Fail),
        (found("PastDue"), TENANT, Fail),
        (found("Disabled", tenant=OTHER), TENANT, Fail),
        (found("Frozen"), TENANT, Unknown),
        (found(quota=None), TENANT, Unknown),
        (found(tenant=None), TENANT, Unknown),
        (found(), NOT_SET, Manual),
        (found("Warned"), NOT_SET, Warn),
    ],
)
def test_subscription(answer: Any, tenant: Any, status: type[Outcome]) -> None:
    outcome = worst(subscription(identifier=NAME, found=answer, tenant=tenant))
    assert isinstance(outcome, status)
    assert outcome.subject is None


def test_the_subscription_is_named() -> None:
    outcome = worst(subscription(identifier=NAME, found=found("Disabled"), tenant=TENANT))
    assert isinstance(outcome, Fail)
    assert outcome.observed == f"Production ({NAME}) is Disabled"
