"""The people who sign in during the work: Global Administrator, owner of the subscription."""

import re
from typing import Annotated

from assess.check import (
    Attestation,
    Attested,
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
    trn,
    unavailable,
)
from assess.evidence.administrators import (
    Account,
    AdminGroupMembers,
    AzureOwnerAccount,
    Eligibility,
    EligibleAdmins,
    GlobalAdminAccount,
    GlobalAdmins,
    RoleMember,
)
from assess.evidence.arm import Subscription, Subscriptions
from assess.evidence.azureroles import CONTRIBUTOR, OWNER, Assigned, RoleAssignment, RoleAssignments
from assess.evidence.enrolment import Member, kind_of
from assess.evidence.graph import Gathered, Perhaps, Sku, SubscribedSkus
from checks.enrol.pilots import listed

_MOST = 5
_P2 = "eec0eb4f-6444-4f95-aba0-50c24d67f998"
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


# -- Global Administrator --


@check("permissions.entra-global-admin")
def entra_global_admin(
    nominated: Annotated[str, Key("accounts.global_admin_upn")],
    account: Annotated[Perhaps[Account] | Missing, GlobalAdminAccount()],
    members: Annotated[tuple[RoleMember, ...] | Missing, GlobalAdmins()],
    by_group: Annotated[Gathered[Member] | Missing, AdminGroupMembers()],
    eligible: Annotated[tuple[Eligibility, ...] | Missing, EligibleAdmins()],
    eligible_by_group: Annotated[Gathered[Member] | Missing, AdminGroupMembers(eligible=True)],
    skus: Annotated[tuple[Sku, ...] | Missing, SubscribedSkus()],
    attested: Annotated[Attested | Missing, Attestation()],
) -> Outcomes:
    """Pass when the nominated account is enabled and holds the role of Global Administrator."""
    expected = tr("{} is an enabled Global Administrator", nominated)
    if isinstance(account, Missing) or isinstance(members, Missing):
        if isinstance(attested, Attested) and attested.yes:
            by = attested.by or "somebody unnamed"
            observed = tr("a Global Administrator signs in on the day, says {}", by)
            if attested.answer is not True:
                observed = tr(
                    "a Global Administrator signs in on the day {}, says {}", attested.answer, by
                )
            return [Pass(None, observed)]
        return [unavailable(None, *(o for o in (account, members) if isinstance(o, Missing)))]
    if account.found is None:
        return [Fail(None, expected, tr("the tenant has no account {}", nominated))]
    who = account.found
    if who.account_enabled is False:
        return [Fail(None, expected, tr("{} is disabled", nominated))]
    if who.account_enabled is not True:
        return [Unknown(None, tr("Graph does not say accountEnabled of {}", nominated))]
    held = _holds(who, members, by_group)
    if held is True:
        return [
            Pass(None, tr("{} is enabled and Global Administrator", nominated), expected),
            _many(members),
        ]
    if isinstance(held, Missing):
        return [Unknown(None, tr("who holds the role by a group is not known: {}", held.reason))]
    return [_eligible(nominated, who, expected, eligible, eligible_by_group, skus)]


def _holds(
    who: Account, members: tuple[RoleMember, ...], by_group: Gathered[Member] | Missing
) -> bool | Missing:
    if any(member.id.lower() == who.id.lower() for member in members):
        return True
    if all(kind_of(member.kind).lower() not in {"", "group"} for member in members):
        return False
    if isinstance(by_group, Missing):
        return by_group
    return any(member.id.lower() == who.id.lower() for member in by_group.rows)


def _many(members: tuple[RoleMember, ...]) -> Outcome:
    people = [m for m in members if kind_of(m.kind).lower() in {"", "user"}]
    expected = tr("at most {} accounts that hold the role permanently", _MOST)
    observed = trn(
        len(people),
        "{n} user holds the role of Global Administrator now",
        "{n} users hold the role of Global Administrator now",
    )
    if len(people) > _MOST:
        step = (
            "Give the role by Privileged Identity Management, or a lesser role, to those who "
            "do not need it every day."
        )
        return Warn(None, expected, observed, remedy=(step,))
    return Pass(None, observed, expected)


def _eligible(
    nominated: str,
    who: Account,
    expected: str,
    eligible: tuple[Eligibility, ...] | Missing,
    by_group: Gathered[Member] | Missing,
    skus: tuple[Sku, ...] | Missing,
) -> Outcome:
    if isinstance(eligible, Missing):
        if not isinstance(skus, Missing) and not _has_p2(skus):
            observed = tr(
                "{} does not hold the role of Global Administrator, and the tenant has no "
                "Entra ID P2 to activate it with",
                nominated,
            )
            return Fail(None, expected, observed)
        because = tr(
            "{} does not hold the role of Global Administrator now; whether it may activate the "
            "role is not known: {}",
            nominated,
            eligible.reason,
        )
        return Unknown(None, because, remedy=(eligible.mend,) if eligible.mend else ())
    own = [e for e in eligible if str(e.principal_id).lower() == who.id.lower()]
    others = any(str(e.principal_id).lower() != who.id.lower() for e in eligible)
    observed = tr("{} may activate the role of Global Administrator, and has not", nominated)
    step = tr("Plan when {} activates the role (Privileged Identity Management).", nominated)
    if any(e.directory_scope_id == "/" for e in own):
        return Warn(None, expected, observed, remedy=(step,))
    if others:
        if isinstance(by_group, Missing):
            because = tr(
                "{} does not hold the role of Global Administrator now; whether it may "
                "activate the role through a group is not known: {}",
                nominated,
                by_group.reason,
            )
            return Unknown(None, because)
        if any(member.id.lower() == who.id.lower() for member in by_group.rows):
            return Warn(None, expected, tr("{} (by a group)", observed), remedy=(step,))
    observed = tr(
        "{} does not hold the role of Global Administrator, and may not activate it", nominated
    )
    return Fail(None, expected, observed)


def _has_p2(skus: tuple[Sku, ...]) -> bool:
    return any(plan.service_plan_id.lower() == _P2 for sku in skus for plan in sku.plans)


# -- Azure --


@check("permissions.azure-subscription-owner")
def azure_subscription_owner(
    nominated: Annotated[str, Key("accounts.azure_subscription_owner")],
    subscription: Annotated[str, Key("azure.subscription_id")],
    account: Annotated[Perhaps[Account] | Missing, AzureOwnerAccount()],
    assigned: Annotated[tuple[RoleAssignment, ...] | Missing, RoleAssignments()],
) -> Outcomes:
    """Pass when the nominated account is Owner of the whole subscription."""
    expected = tr("{} is Owner of the subscription {}", nominated, subscription)
    if isinstance(account, Perhaps) and account.found is None and "@" in nominated:
        return [Fail(None, expected, tr("the tenant has no account {}", nominated))]
    if isinstance(assigned, Missing):
        return [unavailable(None, assigned)]
    parts: list[Outcome] = [_role(nominated, subscription, assigned, expected)]
    if isinstance(account, Perhaps) and account.found and account.found.account_enabled is False:
        parts.append(Fail(None, expected, tr("{} is disabled", nominated)))
    shown = account.found if isinstance(account, Perhaps) else None
    if shown is not None and not isinstance(shown.account_enabled, bool):
        parts.append(Unknown(None, tr("Graph does not say accountEnabled of {}", nominated)))
    return parts


def _role(
    nominated: str, subscription: str, assigned: tuple[RoleAssignment, ...], expected: str
) -> Outcome:
    roles = [one.properties for one in assigned]
    whole = [role for role in roles if _whole(role, subscription)]
    owner = [role for role in whole if role.role == OWNER]
    if any(not role.condition for role in owner):
        scope = next(role.scope for role in owner if not role.condition)
        return Pass(None, tr("{} is Owner at {}", nominated, scope), expected)
    if owner:
        return Warn(
            None, expected, tr("{} is Owner under a condition: {}", nominated, owner[0].condition)
        )
    if any(role.role == CONTRIBUTOR for role in whole):
        return Warn(None, expected, tr("{} is only Contributor of the subscription", nominated))
    parts = [role.scope for role in roles if role.role == OWNER]
    if parts:
        return Warn(None, expected, tr("{} is Owner of a part only: {}", nominated, listed(parts)))
    observed = tr("{} has no role Owner or Contributor on the subscription or above it", nominated)
    return Fail(
        None,
        expected,
        trn(
            len(roles),
            "{} ({n} other assignment)",
            "{} ({n} other assignments)",
            observed,
        ),
    )


def _whole(role: Assigned, subscription: str) -> bool:
    """The assignment is on the subscription, or on what the subscription lies in."""
    scope = role.scope.rstrip("/").lower()
    above = not scope or scope.startswith("/providers/microsoft.management/managementgroups/")
    return above or scope == f"/subscriptions/{subscription.strip().lower()}"


@check("azuremgmt.subscription-id")
def subscription_id(
    identifier: Annotated[str, Key("azure.subscription_id")],
    visible: Annotated[tuple[Subscription, ...] | Missing, Subscriptions()],
) -> Outcomes:
    """Pass when the recorded id is a subscription that the account which signs in can see."""
    expected = "the id of a subscription that the account can see"
    if not _GUID.fullmatch(identifier.strip()):
        return [Fail(None, expected, tr("{} is no id of a subscription", identifier))]
    if isinstance(visible, Missing):
        return [unavailable(None, visible)]
    own = next((s for s in visible if s.subscription_id.lower() == identifier.lower()), None)
    if own is not None:
        return [Pass(None, tr("{} is visible", own.label), expected)]
    if not visible:
        because = "the account that signs in has no role on any subscription, and so sees none"
        mend = tr("Give it the role Reader on the subscription {}.", identifier)
        return [Unknown(None, because, remedy=(mend,))]
    seen = listed(one.label for one in visible)
    return [
        Fail(None, expected, tr("{} is not among the visible subscriptions: {}", identifier, seen))
    ]
