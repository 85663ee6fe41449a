"""The user collection of hybrid MDM: whether it fits, and how it is filled."""

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
    msg,
    tr,
    trn,
    unavailable,
)
from assess.evidence.adminservice import Seen
from assess.evidence.graph import Sku, SubscribedSkus
from assess.evidence.site_settings import (
    ALL_USERS,
    CollectionFacts,
    CollectionOf,
    CollectionRules,
    RuledCollection,
)
from checks.licence import INTUNE
from checks.site_systems import unseen

_USER, _DEVICE = 1, 2
# How many rules of each kind there are; "" where the site does not say the kind.
_COUNTED = {
    "direct": msg("{} direct"),
    "query": msg("{} query"),
    "include": msg("{} include"),
    "exclude": msg("{} exclude"),
    "": msg("{} other"),
}


@check("collection.mdm-user-collection")
def mdm_user_collection(
    name: Annotated[str, Key("mdm.user_collection_id")],
    found: Annotated[Seen[CollectionFacts], CollectionOf("{mdm.user_collection_id}")],
    skus: Annotated[tuple[Sku, ...] | Missing, SubscribedSkus()],
) -> Outcomes:
    """Pass for a user collection with members, no more of them than licences if all users."""
    expected = "a user collection with members"
    if not len(found):
        if not found.sees.complete:
            return [unseen(None, tr("the collection {} is not seen", name), found.sees)]
        step = tr(
            "Create the user collection, or correct mdm.user_collection_id, which is {}.", name
        )
        observed = tr("there is no collection {}; {}", name, found.sees.because)
        return [Fail(None, expected, observed, remedy=(step,))]
    one = found.rows[0]
    if one.collection_type == _DEVICE:
        observed = tr("{} is a device collection", one.label)
        step = "Create a user collection, and set mdm.user_collection_id to it."
        return [Fail(None, expected, observed, remedy=(step,))]
    if one.collection_type != _USER:
        because = tr(
            "{}: the property CollectionType is {}, which says neither users nor devices",
            one.label,
            one.collection_type,
        )
        return [Unknown(None, because)]
    if not isinstance(one.member_count, int):
        return [Unknown(None, tr("{} comes without the property MemberCount", one.label))]
    if one.member_count == 0:
        step = tr("Add rules to {}, and update its membership.", one.label)
        return [Fail(None, expected, tr("{} has no member", one.label), remedy=(step,))]
    return [_limited(one, one.member_count, skus, expected)]


def _limited(
    one: CollectionFacts, members: int, skus: tuple[Sku, ...] | Missing, expected: str
) -> Outcome:
    observed = trn(
        members,
        "{}: user collection with {n} member",
        "{}: user collection with {n} members",
        one.label,
    )
    if not isinstance(one.limit_to_collection_id, str):
        return Unknown(None, tr("{} comes without the property LimitToCollectionID", one.label))
    if one.limit_to_collection_id.upper() != ALL_USERS:
        return Pass(None, observed, expected)
    observed = tr("{}, limited to All Users", observed)
    if isinstance(skus, Missing):
        because = tr("{}; how many users have a licence is not known: {}", observed, skus.reason)
        return Unknown(None, because, remedy=(skus.mend,) if skus.mend else ())
    licensed = 0
    for sku in skus:
        if any(plan.service_plan_id.lower() in INTUNE for plan in sku.plans):
            if not isinstance(sku.consumed_units, int):
                because = tr("{}; Graph does not say consumedUnits of {}", observed, sku.label)
                return Unknown(None, because)
            licensed += sku.consumed_units
    if members > licensed:
        step = tr("Limit {} to those who will enrol, or assign licences to the others.", one.label)
        said = trn(
            licensed,
            "{}, and only {n} licence with Intune is assigned",
            "{}, and only {n} licences with Intune are assigned",
            observed,
        )
        return Warn(None, "no more members than licensed users", said, remedy=(step,))
    return Pass(
        None,
        trn(
            licensed,
            "{}; {n} licence with Intune is assigned",
            "{}; {n} licences with Intune are assigned",
            observed,
        ),
        expected,
    )


@check("collection.mdm-membership-rule")
def mdm_membership_rule(
    name: Annotated[str, Key("mdm.user_collection_id")],
    stage: Annotated[str | Missing, Key("engagement.stage")],
    found: Annotated[Seen[RuledCollection], CollectionRules("{mdm.user_collection_id}")],
) -> Outcomes:
    """Pass in a pilot with any rule, in production with a query or include rule."""
    if not len(found):
        return [unseen(None, tr("the collection {} is not seen", name), found.sees)]
    rules = found.rows[0].collection_rules
    if not isinstance(rules, tuple):
        return [Unknown(None, tr("{} comes without the property CollectionRules", name))]
    words = [rule.word for rule in rules]
    observed = tr("{}: rules: none", name)
    if words:
        counted = ", ".join(tr(_COUNTED[w], words.count(w)) for w in dict.fromkeys(words))
        observed = tr("{}: rules: {}", name, counted)
    expected = "query or include rules in production, any rule in a pilot"
    step = tr(
        "Open {} > Membership Rules > Add Rule > Query Rule, for instance by group "
        "(SMS_R_User.SecurityGroupName).",
        name,
    )
    if {"query", "include"} & set(words):
        return [Pass(None, observed, expected)]
    if "" in words:
        return [
            Unknown(None, tr("{}; the site does not say of which kind the others are", observed))
        ]
    if "direct" not in words:
        return [Warn(None, expected, observed, remedy=(step,))]
    if isinstance(stage, Missing):
        return [unavailable(None, stage)]
    if stage == "pilot":
        return [Pass(None, tr("{}, in a pilot", observed), expected)]
    return [Warn(None, expected, tr("{}, in production", observed), remedy=(step,))]
