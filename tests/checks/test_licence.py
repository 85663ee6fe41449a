"""Every verdict of the licences: from what Graph says of products and people to the status."""

from datetime import UTC, datetime
from typing import Any

import pytest
from msgspec import UNSET
from msgspec.structs import replace

from assess.check import Ends, Fail, Manual, Missing, Outcome, Pass, Table, Unknown, Warn, worst
from assess.evidence.adminservice import (
    Collection,
    MayBeTrimmed,
    Members,
    NotAUser,
    SeesEverything,
    UserMember,
)
from assess.evidence.graph import (
    AssignedLicense,
    Gathered,
    IntuneAccount,
    Perhaps,
    Person,
    Purchase,
    ServicePlan,
    Sku,
    Units,
    User,
)
from checks.licence import (
    FOR_RESOURCES,
    INTUNE,
    PREMIUM,
    ems_bundle,
    entra_premium,
    intune_subscription,
    user_assignment,
)

INTUNE_A, INTUNE_EDU = "c1ec4a95-1f05-45b3-a911-aa3fa01094f5", "da24caf9-af8e-485c-b7c8-e73336da2693"
P1, P2 = tuple(PREMIUM)
OFFICE_MDM = "882e1d05-acd1-4ccb-8708-6ee03664b117"
REFUSED = Missing("Graph refuses: LicenseAssignment.Read.All is missing", "Grant it.")
NOT_SET = Missing("mdm.enrollment_group_ids is not set", "Set it.", key="mdm.enrollment_group_ids")
NO_COLLECTION = Missing("mdm.user_collection_id is not set", "Set it.", key="mdm.user_collection_id")
ACTIVE = IntuneAccount("active")
WHOLE = SeesEverything("SMS00ALL")


def sku(*plans: str, state: Any = "Enabled", enabled: int = 25, used: int = 10, name: str = "EMS", warning: int = 0, provisioning: Any = "Success", number: str = "efccb6f7-5641-4e0e-bd10-b4976e1bf68e", units: Any = None) -> Sku:
    return Sku(
        sku_id=number, sku_part_number=name, capability_status=state, consumed_units=used,
        prepaid_units=units or Units(enabled=enabled, warning=warning),
        service_plans=tuple(ServicePlan(plan, provisioning_status=provisioning) for plan in plans),
    )


EMS = sku(INTUNE_A, P1)
EMS_ID = EMS.sku_id
BOUGHT = Perhaps(tuple(Purchase(str(n), number, status="Enabled", is_trial=False) for n, number in enumerate((EMS_ID.upper(), "x"))))
NOW = datetime(2026, 11, 20, tzinfo=UTC)
NO_SUBSCRIPTIONS = Missing("Graph refuses: Organization.Read.All is missing", "Grant it.")


@pytest.mark.parametrize(
    ("skus", "account", "status"),
    [
        ((EMS,), ACTIVE, Pass),
        ((sku(INTUNE_A.upper()),), ACTIVE, Pass),
        ((sku(INTUNE_EDU),), ACTIVE, Pass),
        ((sku(INTUNE_A, state="Suspended"), EMS), ACTIVE, Pass),
        ((EMS,), IntuneAccount("Active"), Pass),
        # warnings
        ((sku(INTUNE_A, state="Warning", enabled=0, warning=25),), ACTIVE, Warn),
        ((sku(INTUNE_A, state="Warning", enabled=25),), ACTIVE, Warn),
        ((sku(INTUNE_A, enabled=25, used=25),), ACTIVE, Warn),
        ((sku(INTUNE_A, enabled=25, used=31),), ACTIVE, Warn),
        ((sku(INTUNE_A, provisioning="PendingProvisioning"),), ACTIVE, Warn),
        ((EMS,), IntuneAccount("pending"), Warn),
        ((EMS,), IntuneAccount("warning"), Warn),
        # fails
        ((), ACTIVE, Fail),
        ((sku(P1),), ACTIVE, Fail),
        ((sku(OFFICE_MDM, name="INTUNE_O365"),), ACTIVE, Fail),
        ((sku(INTUNE_A, state="Suspended"),), ACTIVE, Fail),
        ((sku(INTUNE_A, state="Deleted"), sku(INTUNE_A, state="LockedOut")), ACTIVE, Fail),
        ((sku(INTUNE_A, enabled=0),), ACTIVE, Fail),
        ((sku(INTUNE_A, provisioning="Disabled"),), ACTIVE, Fail),
        ((sku(INTUNE_A, number=next(iter(FOR_RESOURCES)).upper()),), ACTIVE, Fail),
        ((EMS,), IntuneAccount("disabled"), Fail),
        ((EMS,), IntuneAccount("deleted"), Fail),
        ((EMS,), IntuneAccount("blocked"), Fail),
        ((EMS,), IntuneAccount("lockedOut"), Fail),
        ((sku(P1),), REFUSED, Fail),
        (REFUSED, IntuneAccount("disabled"), Fail),
        # nobody knows
        (REFUSED, ACTIVE, Unknown),
        ((EMS,), REFUSED, Unknown),
        (REFUSED, REFUSED, Unknown),
        ((EMS,), IntuneAccount(None), Unknown),
        ((EMS,), IntuneAccount(), Unknown),
        ((EMS,), IntuneAccount("frozen"), Unknown),
        ((sku(INTUNE_A, state=None),), ACTIVE, Unknown),
        ((Sku("x", "EMS", "Enabled", 1, None, (ServicePlan(INTUNE_A),)),), ACTIVE, Unknown),
        ((Sku("x", "EMS", "Enabled", None, Units(5), (ServicePlan(INTUNE_A, provisioning_status="Success"),)),), ACTIVE, Unknown),
    ],
)
def test_intune_subscription(skus: Any, account: Any, status: type[Outcome]) -> None:
    assert isinstance(worst(intune_subscription(skus=skus, account=account, purchases=BOUGHT, as_of=NOW)), status)


@pytest.mark.parametrize(
    ("skus", "status"),
    [
        ((sku(P1),), Pass),
        ((sku(P2),), Pass),
        ((sku(P1, used=25), sku(P2, used=3)), Pass),
        ((sku(P1, state="Warning"),), Warn),
        ((sku(P1, used=25),), Warn),
        ((sku(P1, provisioning="PendingActivation"),), Warn),
        ((), Fail),
        ((sku(INTUNE_A),), Fail),
        ((sku(P1, state="Deleted"),), Fail),
        ((sku(P1, state=None),), Unknown),
    ],
)
def test_entra_premium(skus: Any, status: type[Outcome]) -> None:
    [outcome] = entra_premium(skus=skus, purchases=BOUGHT, as_of=NOW)
    assert isinstance(outcome, status)


def purchase(*, trial: Any, status: Any = "Enabled", number: Any = EMS_ID, until: Any = UNSET) -> Purchase:
    return Purchase("s", number, "EMS", status, trial, until)


YEAR_END = datetime(2026, 12, 31, tzinfo=UTC)


@pytest.mark.parametrize(
    ("purchases", "status", "words"),
    [
        ((purchase(trial=False),), Pass, "15 licences are free"),
        ((purchase(trial=False, number=EMS_ID.upper()),), Pass, "free"),
        # one that was bought beside a trial
        ((purchase(trial=True), purchase(trial=False)), Pass, "free"),
        ((purchase(trial=True),), Warn, "only a trial: 15 licences are free"),
        ((purchase(trial=True, until=YEAR_END),), Warn, "only a trial until 2026-12-31"),
        # what was bought has ended
        ((purchase(trial=True), purchase(trial=False, status="Suspended")), Warn, "only a trial"),
        ((purchase(trial=True), purchase(trial=None)), Unknown, "does not say whether EMS is a trial"),
        ((purchase(trial=UNSET),), Unknown, "does not say"),
        ((purchase(trial=False, number="another"),), Unknown, "does not say"),
        ((), Unknown, "does not say"),
        # this cloud does not have the list: nothing was lost
        (None, Pass, "Graph does not say here whether it is a trial"),
        (NO_SUBSCRIPTIONS, Unknown, "Organization.Read.All is missing"),
    ],
)
def test_a_trial_is_told_from_a_product_that_was_bought(purchases: Any, status: type[Outcome], words: str) -> None:
    purchases = Perhaps(purchases) if isinstance(purchases, tuple | None) else purchases
    [premium] = entra_premium(skus=(EMS,), purchases=purchases, as_of=NOW)
    intune = worst(intune_subscription(skus=(EMS,), account=ACTIVE, purchases=purchases, as_of=NOW))
    for outcome in (premium, intune):
        assert isinstance(outcome, status)
        assert words in getattr(outcome, "observed", "") + getattr(outcome, "because", "")
        assert outcome.remedy or not isinstance(outcome, Warn)


SUMMER = datetime(2027, 6, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("purchases", "ends"),
    [
        ((purchase(trial=False, until=SUMMER),), [("Licences of EMS", SUMMER)]),
        ((purchase(trial=False, until=SUMMER, number=EMS_ID.upper()),), [("Licences of EMS", SUMMER)]),
        ((purchase(trial=True, until=YEAR_END), purchase(trial=False, until=SUMMER)), [("Trial of EMS", YEAR_END), ("Licences of EMS", SUMMER)]),
        # two subscriptions that end together are one line of a calendar
        ((purchase(trial=False, until=SUMMER), purchase(trial=False, until=SUMMER)), [("Licences of EMS", SUMMER)]),
        ((purchase(trial=None, until=SUMMER),), [("Licences of EMS", SUMMER)]),
        ((purchase(trial=False, status="Warning", until=YEAR_END),), [("Days of grace of EMS", YEAR_END)]),
        # no date, or none that can be meant
        ((purchase(trial=False),), []),
        ((purchase(trial=False, until=None),), []),
        ((purchase(trial=False, until=datetime(1, 1, 1, tzinfo=UTC)),), []),
        ((purchase(trial=False, until=datetime(9999, 12, 31, tzinfo=UTC)),), []),
        ((purchase(trial=False, until=NOW),), []),
        # what is over, and what is another product's
        ((purchase(trial=False, status="Suspended", until=SUMMER),), []),
        ((purchase(trial=False, status="Deleted", until=SUMMER),), []),
        ((purchase(trial=False, status=UNSET, until=SUMMER),), []),
        ((purchase(trial=False, until=SUMMER, number="another"),), []),
        ((purchase(trial=False, until=SUMMER, number=UNSET),), []),
        (None, []),
        (NO_SUBSCRIPTIONS, []),
    ],
)
def test_when_licences_end(purchases: Any, ends: Any) -> None:
    purchases = Perhaps(purchases) if isinstance(purchases, tuple | None) else purchases
    expected = tuple(Ends(what, on.date()) for what, on in ends)
    [premium] = entra_premium(skus=(EMS,), purchases=purchases, as_of=NOW)
    intune = worst(intune_subscription(skus=(EMS,), account=ACTIVE, purchases=purchases, as_of=NOW))
    assert premium.ends == intune.ends == expected
    [refused] = [one for one in intune_subscription(skus=REFUSED, account=ACTIVE, purchases=purchases, as_of=NOW) if isinstance(one, Unknown)]
    assert refused.ends == (), "which products they are of is not known"


@pytest.mark.parametrize("skus", [(replace(EMS, service_plans=None),), (replace(EMS, prepaid_units=Units()),), (replace(EMS, capability_status="unknownFutureValue"),)])
def test_what_a_product_does_not_say_is_no_fail(skus: Any) -> None:
    [outcome] = entra_premium(skus=skus, purchases=BOUGHT, as_of=NOW)
    assert isinstance(outcome, Unknown)


@pytest.mark.parametrize(
    ("skus", "status", "words"),
    [
        ((EMS,), Pass, "one product brings both: EMS"),
        ((sku(INTUNE_A, P2, state="Warning", enabled=0, warning=5),), Pass, "one product"),
        ((sku(INTUNE_A, name="INTUNE"), sku(P1, name="P1")), Pass, "separate"),
        ((sku(INTUNE_A, name="INTUNE"),), Warn, "only INTUNE"),
        ((sku(P1, name="P1"), sku(INTUNE_A, P1, state="Deleted")), Warn, "only P1"),
        ((), Warn, "neither"),
        ((sku(INTUNE_A, P1, number=next(iter(FOR_RESOURCES))),), Warn, "neither"),
        ((sku(INTUNE_A, P1, state=None),), Unknown, "EMS"),
    ],
)
def test_ems_bundle(skus: Any, status: type[Outcome], words: str) -> None:
    [outcome] = ems_bundle(skus=skus)
    assert isinstance(outcome, status)
    assert words in getattr(outcome, "observed", getattr(outcome, "because", ""))


# -- who has one --

HAS = (AssignedLicense(EMS.sku_id.upper()),)
OFF = (AssignedLicense(EMS.sku_id, (INTUNE_A.upper(),)),)
OTHER = (AssignedLicense("00000000-0000-0000-0000-000000000000"),)


def person(name: str, licences: Any, *, enabled: Any = True) -> Person:
    return Person(name, name, assigned_licenses=licences, account_enabled=enabled, usage_location="DE")


def user(name: str, licences: Any, *, enabled: Any = True) -> User:
    return User(name, name, assigned_licenses=licences, account_enabled=enabled)


def groups(*people: Person, absent: tuple[str, ...] = ()) -> Gathered[Person]:
    return Gathered(Table.of(list(people)), absent)


def collection(*upns: str, sees: Any = WHOLE, strangers: int = 0) -> Members:
    rows: list[Any] = [UserMember(n, upn) for n, upn in enumerate(upns)]
    rows += [NotAUser(900 + n, "DOMAIN\\group") for n in range(strangers)]
    return Members(Collection("XYZ00014", "MDM users"), Table.of(rows), sees, WHOLE)


def assigned(scenario: str = "hybrid-mdm", *, skus: Any = (EMS,), groups: Any = NOT_SET, collection: Any = NO_COLLECTION, users: Any = REFUSED) -> Outcome:
    outcomes = user_assignment(scenario=scenario, skus=skus, groups=groups, collection=collection, users=users)
    assert all(outcome.subject == "INTUNE_A" for outcome in outcomes)
    return worst(outcomes)


@pytest.mark.parametrize(
    ("evidence", "status"),
    [
        ({"groups": groups(person("a@x", HAS), person("b@x", OTHER + HAS))}, Pass),
        ({"groups": groups(person("a@x", HAS), person("b@x", (), enabled=False))}, Pass),
        ({"groups": groups(person("a@x", HAS + OFF))}, Pass),
        ({"groups": groups(person("a@x", HAS), person("b@x", ()))}, Fail),
        ({"groups": groups(person("a@x", OFF))}, Fail),
        ({"groups": groups(person("a@x", OTHER))}, Fail),
        ({"groups": groups(person("a@x", HAS)), "skus": (sku(P1),)}, Fail),
        ({"groups": groups(person("a@x", HAS)), "skus": (sku(INTUNE_A, P1, state="Suspended"),)}, Fail),
        ({"groups": groups(person("a@x", ()), absent=("g2",))}, Fail),
        ({"groups": groups(person("a@x", HAS), absent=("g2",))}, Unknown),
        ({"groups": groups(person("a@x", HAS), person("b@x", None))}, Unknown),
        ({"groups": groups()}, Unknown),
        ({"groups": groups(person("b@x", (), enabled=False))}, Unknown),
        ({"groups": groups(person("a@x", HAS)), "skus": REFUSED}, Unknown),
        ({"groups": REFUSED}, Unknown),
        ({}, Manual),
        ({"collection": REFUSED}, Unknown),
        ({"collection": collection("a@x"), "users": Table.of([user("A@x", HAS), user("c@x", ())])}, Pass),
        ({"collection": collection("a@x"), "users": Table.of([user("a@x", ())])}, Fail),
        ({"collection": collection("a@x", "gone@x"), "users": Table.of([user("a@x", HAS)])}, Fail),
        ({"collection": collection("a@x", strangers=2), "users": Table.of([user("a@x", HAS)])}, Unknown),
        ({"collection": collection("a@x", sees=MayBeTrimmed("scope", "Use all scopes.")), "users": Table.of([user("a@x", HAS)])}, Unknown),
        ({"collection": collection("a@x", "b@x", sees=MayBeTrimmed("scope", "Use all scopes.")), "users": Table.of([user("a@x", HAS)])}, Fail),
        ({"collection": collection("a@x")}, Unknown),
        ({"collection": collection(), "users": Table.of([user("a@x", HAS)])}, Unknown),
        ({"collection": collection("a@x"), "users": Table.of([user("a@x", HAS)]), "skus": REFUSED}, Unknown),
    ],
)
def test_user_assignment(evidence: dict[str, Any], status: type[Outcome]) -> None:
    assert isinstance(assigned(**evidence), status)


@pytest.mark.parametrize(
    ("scenario", "status"),
    [
        ("hybrid-mdm", Fail),
        ("co-management-pki", Fail),
        ("corporate-owned-ios", Fail),
        ("co-management-internet", Warn),
        ("management-option-choice", Warn),
    ],
)
def test_what_a_missing_licence_means_depends_on_the_scenario(scenario: str, status: type[Outcome]) -> None:
    assert isinstance(assigned(scenario, groups=groups(person("a@x", ()))), status)
    assert isinstance(assigned(scenario, groups=groups(person("a@x", HAS))), Pass)


def test_offenders_are_listed_and_the_first_are_named() -> None:
    people = [person(f"u{n}@x", ()) for n in range(5)] + [person("ok@x", HAS), person("off@x", OFF)]
    outcome = assigned(groups=groups(*people))
    assert isinstance(outcome, Fail)
    assert outcome.observed == "6 of 7 users of the enrolment groups have none: u0@x, u1@x, u2@x …"
    assert "u0@x" in outcome.remedy[1]
    assert outcome.rows is not None
    rows = list(outcome.rows.rows)
    assert [row["user"] for row in rows] == ["u0@x", "u1@x", "u2@x", "u3@x", "u4@x", "off@x"]
    assert rows[-1] == {"user": "off@x", "found": "the Intune plan is switched off", "usage_location": "DE"}
    assert set(rows[0]) == set(outcome.rows.columns)


def test_members_of_a_collection_who_are_not_in_the_tenant_are_listed_too() -> None:
    outcome = assigned(collection=collection("b@x", "a@x", "gone@x"), users=Table.of([user("A@x", ()), user("b@x", HAS)]))
    assert outcome.rows is not None
    assert [(row["user"], row["found"]) for row in outcome.rows.rows] == [
        ("A@x", "no licence with Intune"), ("gone@x", "not in the tenant"),
    ]


def test_losing_evidence_never_helps() -> None:
    better = [Fail, Unknown, Warn, Manual, Pass]
    trial = Perhaps((purchase(trial=True),))
    for free in (True, False):
        skus = (sku(INTUNE_A, used=10 if free else 25),)
        whole = worst(intune_subscription(skus=skus, account=ACTIVE, purchases=trial, as_of=NOW))
        assert isinstance(whole, Warn)
        for some in ((REFUSED, ACTIVE, trial), (skus, REFUSED, trial), (skus, ACTIVE, NO_SUBSCRIPTIONS), (REFUSED, REFUSED, REFUSED)):
            less = worst(intune_subscription(skus=some[0], account=some[1], purchases=some[2], as_of=NOW))
            assert better.index(type(less)) <= better.index(type(whole))


def test_plans_are_told_apart_by_id() -> None:
    assert OFFICE_MDM not in INTUNE
    assert len(set(INTUNE) & set(PREMIUM)) == 0
