"""Licences: what the tenant has bought, and whether those who will enrol have it.

Products are told by the service plans that they contain, and plans by their id: names have
variants, and one plan comes with many products.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, TypeAlias

from assess.check import (
    AsOf,
    Ends,
    Fail,
    Missing,
    Outcome,
    Outcomes,
    Pass,
    Rows,
    Scenario,
    Table,
    Unknown,
    Warn,
    check,
    tr,
    trn,
    unavailable,
)
from assess.evidence.adminservice import CollectionMembers, Members, UserMember
from assess.evidence.graph import (
    AssignedLicense,
    EnrollmentGroupMembers,
    Gathered,
    IntuneAccount,
    IntuneSubscription,
    Perhaps,
    Person,
    Purchase,
    Purchases,
    ServicePlan,
    Sku,
    SubscribedSkus,
    Units,
    User,
    Users,
    moment,
)

_Purchases: TypeAlias = Perhaps[tuple[Purchase, ...]]
PLAN = "INTUNE_A"
INTUNE = {
    "c1ec4a95-1f05-45b3-a911-aa3fa01094f5": "INTUNE_A",
    "d216f254-796f-4dab-bbfa-710686e646b9": "INTUNE_A_GOV",
    "3e170737-c728-4eae-bbb9-3f3360f7184c": "INTUNE_A_VL",
    "da24caf9-af8e-485c-b7c8-e73336da2693": "INTUNE_EDU",
    "8e9ff0ff-aa7a-4b20-83c1-2f636b600ac2": "INTUNE_SMBIZ",
}
"""Plans that are Intune. Not among them: INTUNE_O365, which is Basic Mobility, and the add-ons."""
PREMIUM = {
    "41781fb2-bc02-4b7c-bd55-b576c07bb09d": "AAD_PREMIUM",
    "eec0eb4f-6444-4f95-aba0-50c24d67f998": "AAD_PREMIUM_P2",
}
# Products for rooms and devices: they contain the plans, but nobody's licence is taken from them.
FOR_RESOURCES = frozenset(
    {
        "2b317a4a-77a6-4188-9437-b68a77b4e2c6",  # INTUNE_A_D
        "2c21e77a-e0d6-4570-b38a-7ff2dc17d2ca",  # INTUNE_A_D_GOV
        "4cde982a-ede4-4409-9ae6-b003453c8ea6",  # Microsoft_Teams_Rooms_Pro
        "c25e2b36-e161-4946-bef2-69239729f690",  # Microsoft_Teams_Rooms_Pro_FAC
        "31ecb341-2a17-483e-9140-c473006d1e1a",  # Microsoft_Teams_Rooms_Pro_GCC
        "21943e3a-2429-4f83-84c1-02735cd49e78",  # … without audio conferencing
        "6070a4c8-34c6-4937-8dfb-39bbc6397a60",  # MEETING_ROOM
        "9571e9ac-2741-4b63-95fd-a79696f0d0ac",  # MEETING_ROOM_GOV
        "b4348f75-a776-4061-ac6c-36b9016b01d1",  # MEETING_ROOM_GOV_NOAUDIOCONF
        "61bec411-e46a-4dab-8f46-8b58ec845ffe",  # MEETING_ROOM_NOAUDIOCONF
        "295a8eb0-f78d-45c7-8b5b-1eed5ed02dff",  # MCOCAP
        "420c7602-7f70-4895-9394-d3d679ea36fb",  # MCOCAP_FACULTY
        "b1511558-69bd-4e1b-8270-59ca96dba0f3",  # MCOCAP_GOV
        "4fb214cb-a430-4a91-9c91-4976763aa78f",  # MTR_PREM
    }
)
_EXAMPLES = 3
_STATES = frozenset({"enabled", "warning", "suspended", "deleted", "lockedout"})


@dataclass(frozen=True)
class _Product:
    """One product with a wanted plan: how many licences, and whether they can be used."""

    sku_id: str
    label: str
    state: str
    units: Units | None
    consumed: int | None
    provisioning: str

    @property
    def bought(self) -> int:
        return _number(None if self.units is None else self.units.enabled)

    @property
    def grace(self) -> int:
        return _number(None if self.units is None else self.units.warning)

    @property
    def in_grace(self) -> bool:
        """Expired, and in the days in which it still works."""
        return self.state == "warning" or (self.bought == 0 and self.grace > 0)

    @property
    def known(self) -> bool:
        """The service said enough of it."""
        counted = self.units is not None and isinstance(self.units.enabled, int)
        return self.state in _STATES and (counted or self.grace > 0)

    @property
    def usable(self) -> bool:
        """Its licences work, perhaps for some days only."""
        alive = self.state in {"enabled", "warning"}
        return alive and (self.bought > 0 or self.in_grace) and self.provisioning != "disabled"

    @property
    def text(self) -> str:
        count = tr("an unknown number")
        if self.known and self.consumed is not None:
            count = tr("{} of {} used", self.consumed, self.bought + self.grace)
        parts = [self.state or tr("state unknown"), count]
        if self.provisioning != "success":
            parts.append(tr("plan {}", self.provisioning or tr("unknown")))
        return f"{self.label} ({', '.join(parts)})"


def _products(skus: Iterable[Sku], plans: Iterable[str]) -> list[_Product]:
    """The products with one of the plans, without those for rooms and devices."""
    wanted = {plan.lower() for plan in plans}
    return [
        _Product(
            sku.sku_id.lower(),
            sku.label,
            _word(sku.capability_status),
            sku.prepaid_units if isinstance(sku.prepaid_units, Units) else None,
            sku.consumed_units if isinstance(sku.consumed_units, int) else None,
            _provisioning(plan for plan in sku.plans if plan.service_plan_id.lower() in wanted),
        )
        for sku in skus
        if sku.sku_id.lower() not in FOR_RESOURCES
        and any(plan.service_plan_id.lower() in wanted for plan in sku.plans)
    ]


def _provisioning(plans: Iterable[ServicePlan]) -> str:
    """How far the best of the plans is: success, then pending, then what is left."""
    states = [_word(plan.provisioning_status) for plan in plans]
    pending = [state for state in states if state.startswith("pending")]
    return "success" if "success" in states else next(iter(pending or states), "")


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0


def _word(value: object) -> str:
    return value.strip().lower() if isinstance(value, str) else ""


def _untold(skus: Iterable[Sku]) -> list[str]:
    """The products of which the service did not say which plans they contain."""
    return [sku.label for sku in skus if not isinstance(sku.service_plans, tuple)]


def _bought(
    products: list[_Product],
    what: str,
    skus: tuple[Sku, ...],
    purchases: _Purchases | Missing,
) -> Outcome:
    """What the tenant's products say of a service, whatever the service itself says."""
    expected = tr("an enabled product with {} and licences that are free", what)
    seen = "; ".join(product.text for product in products)
    usable = [product for product in products if product.usable]
    if not usable:
        unclear = [product.label for product in products if not product.known] + _untold(skus)
        if unclear:
            names = ", ".join(unclear)
            return Unknown(
                None, tr("Graph does not say whether {} is enabled, or what is in it", names)
            )
        total = tr("none of the tenant's {} products contains {}", len(skus), what)
        return Fail(None, expected, tr("no usable product: {}", seen) if products else total)
    lasting = [product for product in usable if not product.in_grace]
    if not lasting:
        return Warn(None, expected, tr("expired, in its days of grace: {}", seen))
    if not any(product.provisioning == "success" for product in lasting):
        return Warn(None, expected, tr("the plan is not provisioned yet: {}", seen))
    if any(product.consumed is None for product in lasting):
        return Unknown(None, tr("Graph does not say how many licences are used: {}", seen))
    free = sum(max(0, product.bought - (product.consumed or 0)) for product in lasting)
    if free == 0:
        return Warn(None, expected, tr("no licence is free: {}", seen))
    return _lasting(
        lasting,
        trn(
            free,
            "{n} licence is free: {}",
            "{n} licences are free: {}",
            seen,
        ),
        expected,
        purchases,
    )


def _lasting(
    products: list[_Product],
    said: str,
    expected: str,
    purchases: _Purchases | Missing,
) -> Outcome:
    """A pass where one of the products was bought: trials alone end by themselves."""
    if isinstance(purchases, Missing):
        gap = tr("whether {} is a trial is not known: {}", _names(products), purchases.reason)
        return Unknown(None, f"{said}; {gap}", remedy=(purchases.mend,) if purchases.mend else ())
    if purchases.found is None:
        return Pass(None, tr("{}; Graph does not say here whether it is a trial", said), expected)
    trials = [_trial(product, purchases.found) for product in products]
    if False in trials:
        return Pass(None, said, expected)
    if None in trials:
        return Unknown(
            None, tr("{}; Graph does not say whether {} is a trial", said, _names(products))
        )
    names = _names(products)
    ends = [
        when
        for one in purchases.found
        if _word(one.sku_id) in {product.sku_id for product in products}
        if (when := moment(one.next_lifecycle_date_time)) is not None
    ]
    step = tr("Buy {}, or another product with the plan, before the trial ends.", names)
    observed = tr("only a trial: {}", said)
    if ends:
        step = tr(
            "Buy {}, or another product with the plan, before the trial ends on {:%Y-%m-%d}.",
            names,
            max(ends),
        )
        observed = tr("only a trial until {:%Y-%m-%d}: {}", max(ends), said)
    return Warn(None, expected, observed, remedy=(step,))


_GRACE = "Days of grace of {}"
_LIVING = {"enabled": ("Licences of {}", "Trial of {}"), "warning": (_GRACE, _GRACE)}


def _ends(
    products: Iterable[_Product], purchases: _Purchases | Missing, as_of: datetime
) -> tuple[Ends, ...]:
    """When the subscriptions end that are in force, as far as Graph says it.

    Not shown: what was suspended, whose date is that of its deletion, and a date that is over,
    which a subscription in force cannot have.
    """
    labels = {product.sku_id: product.label for product in products}
    bought = () if isinstance(purchases, Missing) else purchases.found or ()
    found = []
    for one in bought:
        label, words = labels.get(_word(one.sku_id)), _LIVING.get(_word(one.status))
        end = moment(one.next_lifecycle_date_time)
        if label and words and end is not None and end > as_of:
            found.append(Ends(tr(words[one.is_trial is True], label), end.date()))
    return tuple(dict.fromkeys(found))


def _names(products: Iterable[_Product]) -> str:
    """The names of the products."""
    return ", ".join(product.label for product in products)


def _trial(product: _Product, purchases: Iterable[Purchase]) -> bool | None:
    """Whether a product is a trial in all that is in force of it; None where nobody says."""
    own = [one for one in purchases if _word(one.sku_id) == product.sku_id]
    living = [one for one in own if _word(one.status) not in {"suspended", "deleted", "lockedout"}]
    if any(one.is_trial is False for one in living):
        return False
    return True if living and all(one.is_trial is True for one in living) else None


def has_intune(skus: Iterable[Sku]) -> bool:
    """The tenant has a product with Intune that can be used."""
    return any(product.usable for product in _products(skus, INTUNE))


@check("licence.intune-subscription")
def intune_subscription(
    skus: Annotated[tuple[Sku, ...] | Missing, SubscribedSkus()],
    account: Annotated[IntuneAccount | Missing, IntuneSubscription()],
    purchases: Annotated[_Purchases | Missing, Purchases()],
    as_of: Annotated[datetime, AsOf()],
) -> Outcomes:
    """Pass when a product with Intune, no trial, has free licences, and Intune is active."""
    if isinstance(skus, Missing):
        bought: Outcome = unavailable(None, skus)
    else:
        products = _products(skus, INTUNE)
        bought = _bought(products, "Intune (INTUNE_A)", skus, purchases)
        bought = replace(bought, ends=_ends(products, purchases, as_of))
    return [bought, _account(account)]


def _account(account: IntuneAccount | Missing) -> Outcome:
    if isinstance(account, Missing):
        return unavailable(None, account)
    state = _word(account.subscription_state)
    said = tr("the Intune subscription is {}", account.subscription_state)
    match state:
        case "active":
            return Pass(None, said)
        case "pending" | "warning":
            return Warn(None, "the Intune subscription is active", said)
        case "disabled" | "deleted" | "blocked" | "lockedout":
            return Fail(None, "the Intune subscription is active", said)
        case "":
            return Unknown(None, "Intune does not say in which state its subscription is")
        case _:
            return Unknown(None, tr("{}, which this version does not know", said))


@check("licence.entra-premium")
def entra_premium(
    skus: Annotated[tuple[Sku, ...], SubscribedSkus()],
    purchases: Annotated[_Purchases | Missing, Purchases()],
    as_of: Annotated[datetime, AsOf()],
) -> Outcomes:
    """Pass when a product with Entra ID P1 or P2 has free licences, and is no trial."""
    products = _products(skus, PREMIUM)
    bought = _bought(products, "Entra ID P1 or P2", skus, purchases)
    return [replace(bought, ends=_ends(products, purchases, as_of))]


@check("licence.ems-bundle")
def ems_bundle(skus: Annotated[tuple[Sku, ...], SubscribedSkus()]) -> Outcomes:
    """Pass when one product, or two, bring both Intune and Entra ID P1 or P2."""
    intune = {p.label for p in _products(skus, INTUNE) if p.usable}
    premium = {p.label for p in _products(skus, PREMIUM) if p.usable}
    both = sorted(intune & premium)
    if both:
        return [Pass(None, tr("one product brings both: {}", ", ".join(both)))]
    if intune and premium:
        return [
            Pass(
                None, tr("separate: {}; {}", ", ".join(sorted(intune)), ", ".join(sorted(premium)))
            )
        ]
    unclear = [p.label for p in _products(skus, {**INTUNE, **PREMIUM}) if not p.known]
    unclear += _untold(skus)
    if unclear:
        return [Unknown(None, tr("Graph does not say whether {} is enabled", ", ".join(unclear)))]
    have = tr("neither")
    if intune or premium:
        have = tr("only {}", ", ".join(sorted(intune or premium)))
    expected = "one product with both Intune and Entra ID P1 or P2, or one of each"
    return [Warn(None, expected, have)]


# -- who has one --

# Where the documents want a licence for each user; elsewhere they recommend one.
_ASKED_FOR = frozenset({"hybrid-mdm", "co-management-pki", "corporate-owned-ios"})
_COLUMNS = ("user", "found", "usage_location")


class Licensing:
    """Which products give Intune, and by which of their plans."""

    def __init__(self, skus: Iterable[Sku]) -> None:
        self.giving: dict[str, frozenset[str]] = {}
        for sku in skus:
            plans = frozenset(
                plan.service_plan_id.lower()
                for plan in sku.plans
                if plan.service_plan_id.lower() in INTUNE
                and _word(plan.provisioning_status) != "disabled"
            )
            if plans and _word(sku.capability_status) in {"enabled", "warning"}:
                self.giving[sku.sku_id.lower()] = plans

    def lack(self, licences: object) -> str | None:
        """What a user's licences lack; None where they give Intune, "" where nobody can tell."""
        if not isinstance(licences, tuple):
            return ""
        switched_off = False
        for licence in licences:
            assert isinstance(licence, AssignedLicense)
            plans = self.giving.get(licence.sku_id.lower(), frozenset())
            if plans - {plan.lower() for plan in licence.disabled_plans or ()}:
                return None
            switched_off = switched_off or bool(plans)
        return "the Intune plan is switched off" if switched_off else "no licence with Intune"


class _Count:
    """Those who were looked at: how many, and the first names of those who lack a licence."""

    def __init__(self) -> None:
        self.licensed = 0
        self.lacking = 0
        self.untold = 0
        self.disabled = 0
        self.first: list[str] = []

    def take(self, user: Person | User, lack: str | None) -> bool:
        """Count one more; whether a licence is lacking."""
        if user.account_enabled is False:
            self.disabled += 1
        elif lack is None:
            self.licensed += 1
        elif lack == "":
            self.untold += 1
        else:
            self.lacks(user.user_principal_name)
            return True
        return False

    def lacks(self, name: str) -> None:
        self.lacking += 1
        if len(self.first) < _EXAMPLES:
            self.first.append(name)


@check("licence.user-assignment")
def user_assignment(
    scenario: Annotated[str, Scenario()],
    skus: Annotated[tuple[Sku, ...] | Missing, SubscribedSkus()],
    groups: Annotated[Gathered[Person] | Missing, EnrollmentGroupMembers()],
    collection: Annotated[Members | Missing, CollectionMembers("{mdm.user_collection_id}")],
    users: Annotated[Table[User] | Missing, Users()],
) -> Outcomes:
    """Pass when each enabled user in scope has a product with Intune whose plan is not off."""
    if isinstance(groups, Missing) and groups.key and isinstance(collection, Missing):
        return [unavailable(PLAN, groups, collection)]
    if isinstance(skus, Missing):
        return [unavailable(PLAN, skus)]
    licensing = Licensing(skus)
    if isinstance(groups, Gathered):
        return _of_groups(scenario, licensing, groups)
    if groups.key and isinstance(collection, Members):
        if isinstance(users, Missing):
            return [unavailable(PLAN, users)]
        return _of_collection(scenario, licensing, collection, users)
    return [unavailable(PLAN, groups)]


def _of_groups(scenario: str, licensing: Licensing, groups: Gathered[Person]) -> Outcomes:
    count = _Count()
    for person in groups.rows:
        count.take(person, licensing.lack(person.assigned_licenses))

    def rows() -> Iterator[dict[str, object]]:
        for person in groups.rows:
            lack = licensing.lack(person.assigned_licenses)
            if lack and person.account_enabled is not False:
                yield _row(person, lack)

    yield from _judged(scenario, count, "the enrolment groups", rows())
    if groups.absent:
        yield Unknown(
            PLAN,
            tr("the groups {} do not exist in the tenant", ", ".join(groups.absent)),
            remedy=("Set mdm.enrollment_group_ids to the groups whose members will enrol.",),
        )


def _of_collection(
    scenario: str, licensing: Licensing, members: Members, users: Table[User]
) -> Outcomes:
    count, lacking = _Count(), set[str]()
    awaited = {m.upn.lower() for m in members.rows if isinstance(m, UserMember) and m.upn}
    strangers = sum(1 for m in members.rows if not isinstance(m, UserMember) or not m.upn)
    for user in users:
        name = user.user_principal_name.lower()
        if name in awaited:
            awaited.discard(name)
            if count.take(user, licensing.lack(user.assigned_licenses)):
                lacking.add(name)
    for name in sorted(awaited):
        count.lacks(name)
    rows = _collection_rows(licensing, users, lacking, awaited)
    label = "the collection" if members.collection is None else members.collection.label
    yield from _judged(scenario, count, label, rows)
    if strangers:
        text = trn(
            strangers,
            "{n} member of {} is no discovered user with a UPN, so nobody can look for the licence",
            "{n} members of {} are no discovered users with a UPN, so nobody can look for "
            "their licences",
            label,
        )
        yield Unknown(PLAN, text)
    if not members.sees.complete:
        yield Unknown(
            PLAN,
            tr("the account may not see all of {}", label),
            remedy=(getattr(members.sees, "mend", ""),),
        )


def _collection_rows(
    licensing: Licensing, users: Table[User], lacking: set[str], absent: set[str]
) -> Iterator[dict[str, object]]:
    for user in users:
        if user.user_principal_name.lower() in lacking:
            yield _row(user, licensing.lack(user.assigned_licenses) or "")
    for name in sorted(absent):
        yield {"user": name, "found": tr("not in the tenant"), "usage_location": ""}


def _row(user: Person | User, lack: str) -> dict[str, object]:
    location = user.usage_location if isinstance(user.usage_location, str) else ""
    return {
        "user": user.user_principal_name,
        "found": tr(lack),
        "usage_location": location or tr("not set"),
    }


def _judged(
    scenario: str, count: _Count, scope: str, rows: Iterator[dict[str, object]]
) -> Iterator[Outcome]:
    """One outcome a part: those who lack a licence, those of whom nobody can tell, all others."""
    left_out = ""
    if count.disabled:
        told = trn(
            count.disabled,
            "{n} disabled account is left out",
            "{n} disabled accounts are left out",
        )
        left_out = f"; {told}"
    total = count.licensed + count.lacking + count.untold
    if count.lacking:
        first = ", ".join(count.first)
        observed = trn(
            count.lacking,
            "{n} of {} users of {} has none: {}",
            "{n} of {} users of {} have none: {}",
            total,
            scope,
            first,
        )
        observed += " …" if count.lacking > len(count.first) else ""
        assign = tr(
            "Assign a licence with Intune to {} and the others of the list: Entra admin center > "
            "Groups > group-based licensing, or Microsoft 365 admin center > Users.",
            first,
        )
        kind = Fail if scenario in _ASKED_FOR else Warn
        yield kind(
            PLAN,
            tr("every user of {} has an enabled Intune plan", scope),
            observed + left_out,
            remedy=("Set the usage location of these users first.", assign),
            rows=Rows(_COLUMNS, rows),
        )
    if count.untold:
        yield Unknown(
            PLAN,
            trn(
                count.untold,
                "Graph does not show the licences of {n} user of {}",
                "Graph does not show the licences of {n} users of {}",
                scope,
            ),
        )
    if total == 0:
        text = tr("{} has no enabled user who could be looked at", scope)
        yield Unknown(PLAN, f"{text}{left_out}")
    elif count.licensed == total:
        text = trn(
            total,
            "the {n} user of {} has an enabled Intune plan",
            "all {n} users of {} have an enabled Intune plan",
            scope,
        )
        yield Pass(PLAN, f"{text}{left_out}")
