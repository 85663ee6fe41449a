"""The Intune subscription of hybrid MDM, retired on 2019-09-01: a leftover where it still is."""

from typing import Annotated

from assess.check import (
    Attestation,
    Attested,
    Fail,
    Key,
    Missing,
    NotApplicable,
    Outcome,
    Outcomes,
    Scenario,
    Unknown,
    Warn,
    check,
    tr,
    unavailable,
)
from assess.evidence.adminservice import Seen, Site, Sites, text
from assess.evidence.site_roles import SERVICE_CONNECTION_POINT, Roles, RoleUse
from assess.evidence.site_settings import (
    ALL_USERS,
    CloudSubscription,
    CloudSubscriptions,
    SubscribedCollection,
    SubscribedCollections,
)
from checks.site_systems import names, unseen, with_role

_PRIMARY = 2
_DELETE = (
    "Delete the leftover subscription (Administration > Cloud Services > Microsoft Intune "
    "Subscriptions of the site {site.code}, in versions before 1910), and use the Intune admin "
    "center."
)
_KEEP = (
    "Keep the service connection point: gateway and updates need it, and no other Intune "
    "subscription can be connected to Configuration Manager any more."
)
_NONE = "no Intune subscription in Configuration Manager"


def _gone(successor: str, because: str) -> Outcome:
    said = tr(
        "hybrid MDM was retired on 2019-09-01, and the site has no Intune subscription left ({}); "
        "its successor is {}",
        because,
        successor,
    )
    return NotApplicable(None, said)


def _unseen(subscriptions: Seen[CloudSubscription] | Seen[SubscribedCollection]) -> Outcome:
    return unseen(None, "no Intune subscription is seen", subscriptions.sees)


def _listed(subscriptions: Seen[CloudSubscription]) -> str:
    return ", ".join(tr(one.label) for one in subscriptions)


@check("subscription.configmgr-connection")
def configmgr_connection(
    scenario: Annotated[str, Scenario()],
    subscriptions: Annotated[Seen[CloudSubscription] | Missing, CloudSubscriptions()],
    attested: Annotated[Attested | Missing, Attestation()],
) -> Outcomes:
    """Not applicable without a subscription; a leftover is open, and stops co-management."""
    successor = "Intune, chosen as MDM authority (authority.mdm)"
    if isinstance(subscriptions, Seen) and len(subscriptions):
        observed = tr("the site still has the Intune subscription {}", _listed(subscriptions))
        return [_leftover(scenario, observed)]
    if isinstance(subscriptions, Seen) and subscriptions.sees.complete:
        return [_gone(successor, subscriptions.sees.because)]
    lost = isinstance(subscriptions, Missing) and not subscriptions.skipped
    if isinstance(attested, Attested) and not lost:
        by = attested.by or "somebody unnamed"
        if attested.yes:
            return [
                _leftover(scenario, tr("the site still has an Intune subscription, says {}", by))
            ]
        return [_gone(successor, tr("says {}", by))]
    if isinstance(subscriptions, Missing):
        return [unavailable(None, subscriptions)]
    return [_unseen(subscriptions)]


def _leftover(scenario: str, observed: str) -> Outcome:
    kind = Fail if scenario.startswith("co-management") else Warn
    return kind(None, _NONE, observed, remedy=(_DELETE,))


@check("subscription.user-collection-selected")
def user_collection_selected(
    subscriptions: Annotated[Seen[CloudSubscription], CloudSubscriptions()],
    selected: Annotated[Seen[SubscribedCollection] | Missing, SubscribedCollections()],
    wanted: Annotated[str | Missing, Key("mdm.user_collection_id")],
) -> Outcomes:
    """Not applicable without a subscription; a leftover is told by its collection."""
    successor = "the MDM user scope of Intune (autoenroll.mdm-user-scope)"
    if not len(subscriptions):
        gone = subscriptions.sees.complete
        yield _gone(successor, subscriptions.sees.because) if gone else _unseen(subscriptions)
        return
    if isinstance(selected, Missing):
        because = tr(
            "whether the leftover subscription has the property CollectionID is not known: {}",
            selected.reason,
        )
        yield Unknown(None, because)
        return
    for one in selected:
        yield _selected(one, wanted)
    if not len(selected):
        yield _unseen(selected)


def _selected(one: SubscribedCollection, wanted: str | Missing) -> Outcome:
    if not isinstance(one.collection_id, str):
        return Unknown(None, "the leftover subscription comes without the property CollectionID")
    observed = tr(
        "the leftover subscription {} has the collection {}", text(one.name), one.collection_id
    )
    if one.collection_id.upper() == ALL_USERS:
        return Warn(None, _NONE, tr("{}, All Users", observed), remedy=(_DELETE,))
    if isinstance(wanted, Missing):
        return unavailable(None, wanted)
    if one.collection_id.upper() == wanted.upper():
        return Warn(None, _NONE, tr("{}, as intended", observed), remedy=(_DELETE,))
    observed = tr("{} instead of {}", observed, wanted)
    return Fail(None, wanted, observed, remedy=(_DELETE,))


@check("subscription.site-code")
def site_code(
    subscriptions: Annotated[Seen[CloudSubscription], CloudSubscriptions()],
    sites: Annotated[Seen[Site] | Missing, Sites()],
    code: Annotated[str | Missing, Key("site.mdm_site_code")],
) -> Outcomes:
    """Not applicable without a subscription; a leftover is told by the site that it names."""
    if not len(subscriptions):
        if subscriptions.sees.complete:
            return [_gone("Intune, which needs no site code", subscriptions.sees.because)]
        return [_unseen(subscriptions)]
    if isinstance(code, Missing):
        return [unavailable(None, code)]
    if isinstance(sites, Missing):
        return [unavailable(None, sites)]
    site = next((one for one in sites if one.site_code.lower() == code.lower()), None)
    leftover = tr("the subscription {} is a leftover", _listed(subscriptions))
    if site is None:
        if not sites.sees.complete:
            return [unseen(None, tr("the site {} is not seen", code), sites.sees)]
        return [Fail(None, "a primary site", tr("there is no site {}; {}", code, leftover))]
    if site.type == _PRIMARY:
        observed = tr("{} is a primary site; {}", code, leftover)
        return [Warn(None, _NONE, observed, remedy=(_DELETE,))]
    if not isinstance(site.type, int):
        return [Unknown(None, tr("the site {} comes without the property Type", code))]
    return [Fail(None, "a primary site", tr("{} is no primary site; {}", code, leftover))]


@check("subscription.replacement-cleanup")
def replacement_cleanup(
    subscriptions: Annotated[Seen[CloudSubscription], CloudSubscriptions()],
    roles: Annotated[Seen[RoleUse] | Missing, Roles()],
) -> Outcomes:
    """Not applicable without a subscription: no other can be connected; a leftover is open."""
    if not len(subscriptions):
        if subscriptions.sees.complete:
            because = subscriptions.sees.because
            return [_gone("Intune in the tenant itself, see licence.intune-subscription", because)]
        return [_unseen(subscriptions)]
    listed = _listed(subscriptions)
    points = [] if isinstance(roles, Missing) else with_role(roles, SERVICE_CONNECTION_POINT)
    observed = tr("the Intune subscription {} is still there", listed)
    if points:
        observed = tr(
            "the Intune subscription {} is still there, and so is the service connection point on "
            "{}",
            listed,
            names(points),
        )
    about = tuple(one.about for one in points)
    return [Warn(None, _NONE, observed, about=about, remedy=(_DELETE, _KEEP))]
