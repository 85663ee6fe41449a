"""UPN suffixes and user names: every verdict, from evidence made by hand."""

import tracemalloc
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assess.check import Fail, Missing, NotApplicable, Outcome, Pass, Table, Unknown, Warn
from assess.evidence import adminservice as site
from assess.evidence.directory import (
    EXCLUDED,
    DirectoryUser,
    Forest,
    ForestUsers,
    NoAnswer,
    People,
    Suffixes,
)
from assess.evidence.graph import Domain, Gathered, Person, User
from assess.evidence.site_database import SuffixCount, SuffixCounts
from checks.identity.claims import Claims, hashed
from checks.identity.names import DeletedUser
from checks.identity.suffixes import NONE, OTHERS, discovered_upn_consistent, upn_suffix_defined
from checks.identity.upn import faults
from checks.identity.users import user_public_upn, users_and_groups_synced

NO_LDAP = Missing("the directory is not set up", "Set [ad] server.")
NO_SITE = Missing("the site is not set up", "Set [site] provider_fqdn.")
NO_COUNTS = Missing("the site database is not set up", "Set [site] sql_server.", skipped=True)
NO_TENANT = Missing("the tenant refused (403)", "Grant User.Read.All.")
NO_KEY = Missing("mdm.user_collection_id is not set", "Set it.", "mdm.user_collection_id")
NO_GROUPS = Missing("mdm.enrollment_group_ids is not set", "Set it.", "mdm.enrollment_group_ids")
NOT_PLANNED = Missing("tenant.public_domains is not set", "Set it.", "tenant.public_domains")
DOMAINS = (
    Domain("contoso.com", is_verified=True, is_initial=False),
    Domain("Fabrikam.com", is_verified=True, is_initial=False),
    Domain("contoso.app", is_verified=False, is_initial=False),
    Domain("contoso.onmicrosoft.com", is_verified=True, is_initial=True),
    Domain("contoso.mail.onmicrosoft.com", is_verified=True, is_initial=False),
)
SEEN = site.SeesEverything("the account is Read-only Analyst")
MAYBE = site.MayBeTrimmed("what this account may see is not known", "Give it Read-only Analyst.")
CUT = site.Trimmed("the site counts 9 members, 2 are shown", "Give it Read-only Analyst.")
COLLECTION = site.Collection("PS100042", name="Enrolling")


def person(account: str, upn: str | None = None, **more: Any) -> DirectoryUser:
    dn = f"CN={account},OU=Staff,DC=ad,DC=contoso,DC=test"
    return DirectoryUser(dn, account, upn, **{"anchor": f"anchor-{account}", **more})


def directory(*users: DirectoryUser, refused: Sequence[NoAnswer] = ()) -> People:
    table = Table.of(list(users))
    read = ForestUsers(
        "ad", "ad.contoso.test", ("ad.contoso.test",), table, netbios={"ad.contoso.test": "CONTOSO"}
    )
    return People((read, *refused))


def cloud(upn: str, *, before: str | None = None, anchor: str | None = None, **more: Any) -> User:
    fixed = {"on_premises_sync_enabled": before is not None or anchor is not None or None}
    return User(
        upn,
        upn,
        on_premises_user_principal_name=before,
        on_premises_immutable_id=anchor,
        **{**fixed, **more},
    )


def members(*upns: str, sees: site.Visibility = SEEN, groups: int = 0) -> site.Members:
    rows: list[site.CollectionMember] = [
        site.UserMember(n, upn, f"CONTOSO\\{upn.partition('@')[0]}")
        for n, upn in enumerate(upns, 1)
    ]
    rows += [site.NotAUser(9000 + n, f"group {n}") for n in range(groups)]
    return site.Members(COLLECTION, Table.of(rows), sees, SEEN)


def discovered(*upns: str | None, sees: site.Visibility = SEEN) -> site.Users:
    rows = [site.DiscoveredUser(n, f"CONTOSO\\user{n}", upn) for n, upn in enumerate(upns, 100)]
    return site.Users(Table.of(rows), sees)


def judged(
    people: People | Missing = NO_LDAP,
    *,
    found: site.Users | Missing = NO_SITE,
    tenant: Sequence[User] | Missing = (),
    domains: tuple[Domain, ...] | Missing = DOMAINS,
    deleted: Sequence[DeletedUser] | Missing = (),
    collection: site.Members | Missing = NO_KEY,
    groups: Gathered[Person] | Missing = NO_GROUPS,
    planned: list[str] | Missing = NOT_PLANNED,
) -> dict[str | None, Outcome]:
    outcomes = user_public_upn(
        people,
        found,
        tenant if isinstance(tenant, Missing) else Table.of(list(tenant)),
        domains,
        deleted if isinstance(deleted, Missing) else Table.of(list(deleted)),
        collection,
        groups,
        planned,
    )
    by_subject = {outcome.subject: outcome for outcome in outcomes}
    assert len(by_subject) == len(outcomes)
    return by_subject


def rows_of(outcome: Outcome) -> list[dict[str, object]]:
    assert outcome.rows is not None
    rows = [dict(row) for row in outcome.rows.rows]
    assert all(tuple(row) == outcome.rows.columns for row in rows)
    return rows


def said(outcome: Outcome) -> str:
    """What it says of what was seen."""
    return outcome.because if isinstance(outcome, Unknown | NotApplicable) else outcome.observed


# -- the forest's suffixes --

HERE = Forest("ad", "ad.contoso.test", ("ad.contoso.test",), ("contoso.com",))
OTHER = Forest("ad.forests.fab", "fabrikam.com", ("fabrikam.com",))
POOR = Forest("ad.forests.poor", "poor.test", ("poor.test",))
GONE = NoAnswer("ad.forests.gone", "dc1.gone.test:636 did not answer in time", "Check it.")


@pytest.mark.parametrize(
    ("forests", "domains", "expected"),
    [
        ([HERE], ["contoso.com"], {"contoso.com": Pass}),
        ([HERE], ["Contoso.COM"], {"contoso.com": Pass}),
        ([OTHER], ["fabrikam.com"], {"fabrikam.com": Pass}),
        ([HERE], ["contoso.com", "contoso.net"], {"contoso.com": Pass, "contoso.net": Warn}),
        ([HERE], ["contoso.net"], {"contoso.net": Fail}),
        ([HERE], ["contoso.net", "contoso.org"], {"contoso.net": Fail, "contoso.org": Fail}),
        ([HERE, OTHER], ["contoso.com", "fabrikam.com"], {"contoso.com": Pass, "fabrikam.com": Pass}),
        ([HERE, POOR], ["contoso.com"], {"contoso.com": Pass, "poor.test": Fail}),
        ([HERE, GONE], ["contoso.com"], {"contoso.com": Pass, "ad.forests.gone": Unknown}),
        ([HERE, GONE], ["contoso.net"], {"contoso.net": Unknown, "ad.forests.gone": Unknown}),
    ],
)  # fmt: skip
def test_upn_suffix_defined(
    forests: list[Forest | NoAnswer], domains: list[str], expected: dict[str, type[Outcome]]
) -> None:
    outcomes = upn_suffix_defined(Suffixes(tuple(forests)), domains)
    assert {outcome.subject: type(outcome) for outcome in outcomes} == expected


def test_a_missing_suffix_is_remedied_in_the_forest_by_name() -> None:
    [outcome] = upn_suffix_defined(Suffixes((HERE,)), ["contoso.net"])
    assert "Add contoso.net, in the forest ad.contoso.test" in outcome.remedy[0]
    assert "ad.contoso.test offers ad.contoso.test, contoso.com" in said(outcome)


# -- the names of users --


@pytest.mark.parametrize(
    ("user", "subject", "kind"),
    [
        (person("ann", "ann@contoso.com"), "contoso.com", Pass),
        (person("ann", "ann@Contoso.COM"), "contoso.com", Pass),
        (person("ann", "ann@fabrikam.com"), "fabrikam.com", Pass),
        (person("ann", "ann@contoso.com", mail="ANN@contoso.com"), "contoso.com", Pass),
        (person("ann", "ann@contoso.com", mail="ann.a@contoso.com"), "contoso.com", Warn),
        (person("ann", "ann@contoso.com", addresses=("SMTP:a@contoso.com",)), "contoso.com", Warn),
        (person("ann", "ann@corp.local"), "corp.local", Fail),
        (person("ann", "ann@contoso"), "contoso", Fail),
        (person("ann", "ann@contoso.app"), "contoso.app", Fail),
        (person("ann", "ann@contoso.org"), "contoso.org", Fail),
        (person("ann", None), NONE, Fail),
        (person("ann", ""), NONE, Fail),
        (person("ann", "ann"), NONE, Fail),
        (person("ann", "jos\u00e9@contoso.com"), "contoso.com", Fail),
        (person("ann", "ann@contoso.com "), "contoso.com", Fail),
        (person("ann", "..ann@contoso.com"), "contoso.com", Warn),
        (person("ann", "ann@contoso.onmicrosoft.com"), "contoso.onmicrosoft.com", Warn),
        (person("ann", "ann@contoso.mail.onmicrosoft.com"), "contoso.mail.onmicrosoft.com", Warn),
        (person("ann", "x\ufffd@contoso.com", undecodable=("userPrincipalName",)), "contoso.com", Fail),
    ],
)  # fmt: skip
def test_one_user_when_everybody_enrols(
    user: DirectoryUser, subject: str, kind: type[Outcome]
) -> None:
    found = judged(directory(user))
    assert {name: type(outcome) for name, outcome in found.items()} == {subject: kind}


@pytest.mark.parametrize(
    ("collection", "kind"),
    [
        (members("bad@corp.local"), Fail),
        (members("BAD@corp.local"), Fail),
        (members("ann@contoso.com"), Warn),
        (members("ann@contoso.com", sees=MAYBE), Unknown),
        (members("ann@contoso.com", sees=CUT), Unknown),
        (members("ann@contoso.com", groups=1), Unknown),
        (members("bad@corp.local", sees=CUT), Fail),
        (NO_KEY, Fail),
        (NO_SITE, Unknown),
    ],
)
def test_who_enrols_decides_between_fail_and_warn(
    collection: site.Members | Missing, kind: type[Outcome]
) -> None:
    people = directory(person("ann", "ann@contoso.com"), person("bad", "bad@corp.local"))
    found = judged(people, collection=collection)
    assert isinstance(found["corp.local"], kind)
    assert isinstance(found["contoso.com"], Pass)


def test_it_is_said_that_everybody_counts_as_enrolling() -> None:
    found = judged(directory(person("bad", "bad@corp.local")))
    assert "mdm.user_collection_id" in said(found["corp.local"])


def test_a_member_without_a_upn_is_found_by_the_short_name() -> None:
    people = directory(person("ann", None), person("ben", None))
    collection = site.Members(
        COLLECTION, Table.of([site.UserMember(1, "", "CONTOSO\\Ann")]), SEEN, SEEN
    )
    found = judged(people, collection=collection)
    assert isinstance(found[NONE], Fail)
    assert [row["enrols"] for row in rows_of(found[NONE])] == ["enrols", "does not enrol"]


def test_the_enrolment_group_counts_too_and_is_matched_by_anchor() -> None:
    people = directory(person("ann", "ann@corp.local"), person("ben", "ben@corp.local"))
    tenant = [
        cloud("ann@contoso.onmicrosoft.com", anchor="anchor-ann"),
        cloud("ben@contoso.onmicrosoft.com", anchor="anchor-ben"),
    ]
    group = Gathered(
        Table.of([Person("ann@contoso.onmicrosoft.com", "ann@contoso.onmicrosoft.com")])
    )
    found = judged(people, tenant=tenant, groups=group)
    assert [row["enrols"] for row in rows_of(found["corp.local"])] == ["enrols", "does not enrol"]
    assert isinstance(found["corp.local"], Fail)
    absent = judged(people, tenant=tenant, groups=Gathered(Table.of([]), ("a-group",)))
    assert isinstance(absent["corp.local"], Unknown)
    nobody = judged(people, tenant=tenant, groups=Gathered(Table.of([])))
    assert isinstance(nobody["corp.local"], Warn)


@pytest.mark.parametrize(
    ("upn", "subject", "kind"),
    [
        ("ann@contoso.com", "contoso.com", Unknown),
        ("ann@corp.local", "corp.local", Fail),
        ("jos\u00e9@contoso.com", "contoso.com", Fail),
        (None, NONE, Fail),
    ],
)
def test_without_the_tenant_a_public_suffix_is_not_known_to_be_verified(
    upn: str | None, subject: str, kind: type[Outcome]
) -> None:
    found = judged(directory(person("ann", upn)), domains=NO_TENANT, tenant=NO_TENANT)
    assert isinstance(found[subject], kind)


def test_without_the_tenant_who_does_not_enrol_cannot_make_it_a_mere_warning() -> None:
    people = directory(person("bad", "jos\u00e9@contoso.com"))
    found = judged(people, domains=NO_TENANT, tenant=NO_TENANT, collection=members())
    assert isinstance(found["contoso.com"], Unknown)


def test_neither_directory_nor_site_is_unknown_and_the_tenant_alone_passes_nobody() -> None:
    assert isinstance(judged(tenant=NO_TENANT)[None], Unknown)
    found = judged(
        tenant=[
            cloud("a@contoso.com", before="a@contoso.com"),
            cloud("b@contoso.onmicrosoft.com", before="b@corp.local"),
        ]
    )
    assert {name: type(outcome) for name, outcome in found.items()} == {
        None: Unknown, "contoso.com": Unknown, "corp.local": Fail,
    }  # fmt: skip


def test_without_the_directory_the_site_is_judged() -> None:
    found = judged(found=discovered("a@contoso.com", "b@corp.local", None))
    assert {name: type(outcome) for name, outcome in found.items()} == {
        "contoso.com": Pass, "corp.local": Fail, NONE: Fail,
    }  # fmt: skip
    cut = judged(found=discovered("a@contoso.com", sees=CUT))
    assert isinstance(cut["contoso.com"], Unknown)


def test_a_forest_that_refuses_is_unknown_and_the_others_stay() -> None:
    people = directory(person("ann", "ann@corp.local"), refused=[GONE])
    found = judged(people)
    assert isinstance(found["corp.local"], Fail)
    assert isinstance(found["ad.forests.gone"], Unknown)


def test_nobody_to_look_at_says_nothing_good() -> None:
    assert judged(directory()) == {}


def test_excluded_accounts_are_listed_with_the_reason() -> None:
    people = directory(
        person("Administrator", None, kind="built-in", rid=500),
        person("krbtgt", None, kind="built-in", rid=502, enabled=False),
        person("MSOL_1", None, kind="sync"),
        person("left", "left@corp.local", enabled=False),
        person("guest.ann", "ann.guest@contoso.com"),
    )
    found = judged(people)
    assert set(found) == {"contoso.com", EXCLUDED}
    assert isinstance(found[EXCLUDED], NotApplicable)
    reasons = {row["user"]: row["reason"] for row in rows_of(found[EXCLUDED])}
    assert set(reasons) == {"Administrator", "krbtgt", "MSOL_1", "left"}
    assert "RID 500" in str(reasons["Administrator"])
    assert reasons["left"] == "disabled"
    assert said(found[EXCLUDED]).startswith("accounts that are not judged: 4 (account of Entra")
    assert "built-in account: 2" in said(found[EXCLUDED])


def test_users_are_counted_in_every_source_and_joined() -> None:
    people = directory(
        person("ann", "ann@contoso.com"),
        person("ben", "ben@contoso.com"),
        person("cy", "cy@contoso.com", enabled=False),
    )
    tenant = [cloud("ann@contoso.com", anchor="anchor-ann"), cloud("admin@contoso.com")]
    found = judged(people, tenant=tenant, found=discovered("BEN@contoso.com", "ann@contoso.com"))
    observed = said(found["contoso.com"])
    assert "enabled users in the directory: 2, disabled: 1" in observed
    assert "of the enabled in the tenant: 1" in observed
    assert "discovered by the site: 2" in observed


def test_who_fell_back_to_the_initial_domain_is_a_warning() -> None:
    people = directory(person("ann", "ann@contoso.com"))
    tenant = [cloud("ann@contoso.onmicrosoft.com", before="ann@contoso.com", anchor="anchor-ann")]
    found = judged(people, tenant=tenant)
    assert isinstance(found["contoso.com"], Warn)
    assert "initial domain" in said(found["contoso.com"])


def conflict(user: DirectoryUser, *others: DirectoryUser, **more: Any) -> dict[str, object]:
    """The row of the first user."""
    found = judged(directory(user, *others), **more)
    return next(
        row
        for outcome in found.values()
        if outcome.rows
        for row in rows_of(outcome)
        if row["user"] == user.account
    )


def test_duplicates_differ_in_case_only_and_both_are_listed() -> None:
    people = directory(person("one", "Al@contoso.com"), person("two", "al@contoso.com"))
    found = judged(people)["contoso.com"]
    assert isinstance(found, Fail)
    assert [(row["user"], row["rule"]) for row in rows_of(found)] == [
        ("one", "duplicate"),
        ("two", "duplicate"),
    ]
    assert len({str(row["proposed"]).lower() for row in rows_of(found)} | {"al@contoso.com"}) == 3


def test_duplicates_are_found_across_forests_and_with_disabled_accounts() -> None:
    there = ForestUsers(
        "ad.forests.fab",
        "fab.test",
        ("fab.test",),
        Table.of([person("two", "AL@contoso.com", enabled=False)]),
    )
    found = judged(People((*directory(person("one", "al@contoso.com")).forests, there)))
    assert rows_of(found["contoso.com"])[0]["rule"] == "duplicate"


def test_only_raw_values_make_a_duplicate() -> None:
    found = judged(directory(person("one", "a b@contoso.com"), person("two", "ab@contoso.com")))
    assert [(row["user"], row["rule"]) for row in rows_of(found["contoso.com"])] == [
        ("one", "space")
    ]


@pytest.mark.parametrize(
    ("others", "more", "rule"),
    [
        ([person("x", "x@contoso.com", mail="ann@contoso.com")], {}, "taken"),
        ([person("x", "x@contoso.com", addresses=("smtp:Ann@contoso.com",))], {}, "taken"),
        ([], {"tenant": [cloud("ANN@contoso.com")]}, "cloud-only"),
        ([], {"tenant": [cloud("y@contoso.com", mail="ann@contoso.com")]}, "taken-in-tenant"),
        ([], {"tenant": [cloud("ann@contoso.com", before="z@contoso.com", anchor="q")]}, "taken-in-tenant"),
        ([], {"deleted": [DeletedUser("ab-c", "abcann@contoso.com")]}, "deleted"),
    ],
)  # fmt: skip
def test_a_name_that_somebody_else_has(
    others: list[DirectoryUser], more: dict[str, Any], rule: str
) -> None:
    assert rule in str(conflict(person("ann", "ann@contoso.com"), *others, **more)["rule"])


@pytest.mark.parametrize(
    ("others", "more"),
    [
        ([person("x", "x@contoso.com", addresses=("sip:ann@contoso.com", "X500:/o=ann"))], {}),
        ([], {"tenant": [cloud("ann@contoso.com", anchor="anchor-ann", mail="ann@contoso.com")]}),
        ([], {"tenant": [cloud("ann@contoso.com", before="ann@contoso.com")]}),
    ],
)
def test_a_name_that_nobody_else_has(others: list[DirectoryUser], more: dict[str, Any]) -> None:
    found = judged(
        directory(person("ann", "ann@contoso.com", mail="ann@contoso.com"), *others), **more
    )
    assert not [row for o in found.values() if o.rows for row in rows_of(o) if row["user"] == "ann"]


@pytest.mark.parametrize(
    ("user", "others", "more", "proposed"),
    [
        (person("b", "branch1@corp.local"), [], {}, "branch1@contoso.com"),
        (person("b", "jäger@contoso.com"), [], {}, "jaeger@contoso.com"),
        (person("b", "jäger@fabrikam.com"), [], {}, "jaeger@fabrikam.com"),
        (person("noupn1", None), [], {}, "noupn1@contoso.com"),
        (person("no upn 2", None), [], {}, "no.upn.2@contoso.com"),
        (person("b", "b@corp.local"), [person("x", "B@contoso.com")], {}, "b2@contoso.com"),
        (person("b", "b@corp.local"), [person("x", "x@contoso.com", mail="b@contoso.com")], {}, "b2@contoso.com"),
        (person("b", "b@corp.local", mail="b@contoso.com"), [], {}, "b@contoso.com"),
        (person("b", "b@corp.local"), [], {"tenant": [cloud("b@contoso.com")]}, "b2@contoso.com"),
        (person("b", "b@corp.local"), [], {"tenant": [cloud("b@contoso.com", anchor="anchor-b")]}, "b@contoso.com"),
        (person("b", "b@corp.local"), [], {"deleted": [DeletedUser("1-2", "12b@contoso.com")]}, "b2@contoso.com"),
        (person("b", "b@corp.local"), [], {"planned": ["fabrikam.com"]}, "b@fabrikam.com"),
        (person("b", "b@corp.local"), [], {"planned": ["contoso.app", "fabrikam.com"]}, "b@fabrikam.com"),
        (person("b", "b@corp.local"), [], {"domains": NO_TENANT, "planned": ["contoso.org"]}, "b@contoso.org"),
        (person("b", "b@corp.local"), [], {"domains": NO_TENANT}, ""),
        (person("b", "b@contoso.com", mail="bee@contoso.com"), [], {}, "bee@contoso.com"),
        (person("b", "b@contoso.com", mail="bee@gmail.com"), [], {}, ""),
    ],
)  # fmt: skip
def test_proposals(
    user: DirectoryUser, others: list[DirectoryUser], more: dict[str, Any], proposed: str
) -> None:
    assert conflict(user, *others, **more)["proposed"] == proposed


def test_two_proposals_are_never_one() -> None:
    people = directory(*(person(f"x{n}", f"jos\u00e9{'.' * n}@corp.local") for n in range(5)))
    rows = rows_of(judged(people)["corp.local"])
    assert len({row["proposed"] for row in rows}) == 5


def test_a_missing_name_is_told_what_would_be_composed() -> None:
    reason = str(conflict(person("ann", None))["reason"])
    assert "compose ann@contoso.onmicrosoft.com" in reason
    assert "account-space" in str(conflict(person("no upn", None))["rule"])


def test_a_missing_name_with_a_shared_account() -> None:
    people = directory(person("ann", None), person("Ann", "other@contoso.com"))
    assert "account-duplicate" in str(rows_of(judged(people)[NONE])[0]["rule"])


def test_it_is_said_what_the_proposals_were_not_compared_with() -> None:
    found = judged(directory(person("b", "b@corp.local")), deleted=NO_TENANT)
    assert any("its deleted users" in step for step in found["corp.local"].remedy)


def test_the_remedy_names_the_suffix() -> None:
    found = judged(directory(person("b", "b@contoso.app")))
    assert "contoso.app" in found["contoso.app"].remedy[0]


NAME = st.text("aAbä.\u00a0 2@", max_size=6)
PEOPLE = st.lists(
    st.tuples(
        st.one_of(st.none(), st.builds("{}@{}".format, NAME, st.sampled_from(["contoso.com", "corp.local", "Fabrikam.com"]))),
        st.sampled_from(["", "a@contoso.com", "A2@contoso.com", "b@fabrikam.com"]),
        NAME,
    ),
    max_size=12,
)  # fmt: skip


@given(
    PEOPLE,
    st.lists(
        st.sampled_from(["a@contoso.com", "a2@contoso.com", "user@contoso.com"]),
        max_size=3,
        unique=True,
    ),
)
def test_no_proposal_collides_with_anything(
    raw: list[tuple[str | None, str, str]], taken: list[str]
) -> None:
    users = [
        person(f"{account}{n}" if account.strip() else f"u{n}", upn, mail=mail)
        for n, (upn, mail, account) in enumerate(raw)
    ]
    found = judged(directory(*users), tenant=[cloud(upn) for upn in taken])
    by_account = {user.account: user for user in users}
    proposed: list[str] = []
    for outcome in found.values():
        for row in rows_of(outcome) if outcome.rows else []:
            name = str(row["proposed"]).lower()
            if not name:
                continue
            me = by_account[str(row["user"])]
            others = {n.lower() for u in users if u is not me for n in (u.upn, u.mail) if n} | set(
                taken
            )
            assert name not in others
            assert faults(name) == ()
            proposed.append(name)
    assert len(proposed) == len(set(proposed))


@given(PEOPLE)
def test_seeing_less_never_turns_a_suffix_good(raw: list[tuple[str | None, str, str]]) -> None:
    users = [person(f"u{n}", upn, mail=mail) for n, (upn, mail, _) in enumerate(raw)]
    whole = judged(directory(*users))
    for less in (
        judged(directory(*users), domains=NO_TENANT, tenant=NO_TENANT),
        judged(directory(*users), collection=NO_SITE),
        judged(directory(*users), deleted=NO_TENANT),
    ):
        for subject, outcome in less.items():
            if isinstance(outcome, Pass | Warn):
                assert isinstance(whole[subject], Pass | Warn)


def test_a_long_list_is_made_again_row_by_row_with_the_same_proposals() -> None:
    users = [person(f"u{n}", f"jos\u00e9{n % 50}@corp.local") for n in range(700)]
    rows = rows_of(judged(directory(*users))["corp.local"])
    assert [row["user"] for row in rows] == [user.account for user in users]
    assert len({row["proposed"] for row in rows}) == 700
    assert rows[:3] == rows_of(judged(directory(*users))["corp.local"])[:3]


def test_garbage_suffixes_share_one_finding() -> None:
    users = [person(f"u{n}", f"u@garbage-{n}.local") for n in range(300)]
    found = judged(directory(*users))
    assert len(found) == 101
    assert isinstance(found[OTHERS], Fail)
    assert len(rows_of(found[OTHERS])) == 200


class Many(Table[DirectoryUser]):
    """As many users as wanted, none of them held."""

    def __init__(self, number: int) -> None:
        super().__init__("many", number, None, None)

    def __iter__(self) -> Iterator[DirectoryUser]:
        for n in range(self.rows):
            suffix = "corp.local" if n % 4 == 0 else "contoso.com"
            yield person(f"user{n}", f"user{n}@{suffix}", mail=f"user{n}@contoso.com")


def test_memory_grows_by_octets_a_user() -> None:
    def peak(number: int) -> int:
        people = People((ForestUsers("ad", "ad.contoso.test", ("ad.contoso.test",), Many(number)),))
        tracemalloc.start()
        found = judged(people)
        rows = sum(1 for outcome in found.values() if outcome.rows for _ in outcome.rows.rows)
        size = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert rows == number // 4
        return size

    assert (peak(20_000) - peak(4_000)) / 16_000 < 200


# -- what the site has discovered --


@pytest.mark.parametrize(
    ("found", "collection", "domains", "expected"),
    [
        (discovered("a@contoso.com"), NO_KEY, DOMAINS, {"contoso.com": Pass}),
        (discovered("a@contoso.com", sees=MAYBE), NO_KEY, DOMAINS, {"contoso.com": Pass}),
        (discovered("a@contoso.com", sees=CUT), NO_KEY, DOMAINS, {"contoso.com": Unknown}),
        (discovered("a@contoso.com", None), NO_KEY, DOMAINS, {"contoso.com": Pass, NONE: Warn}),
        (discovered("a@contoso.com", "no-at"), NO_KEY, DOMAINS, {"contoso.com": Pass, NONE: Warn}),
        (discovered("a@corp.local"), NO_KEY, DOMAINS, {"corp.local": Fail}),
        (discovered("a@contoso.app"), NO_KEY, DOMAINS, {"contoso.app": Fail}),
        (discovered("a@contoso.app"), members("a@contoso.app"), DOMAINS, {"contoso.app": Fail}),
        (discovered("a@contoso.app"), members("x@contoso.com", sees=CUT), DOMAINS, {"contoso.app": Unknown}),
        (discovered("x@contoso.com", "a@contoso.app"), members("x@contoso.com"), DOMAINS, {"contoso.com": Pass, "contoso.app": Warn}),
        (discovered("a@contoso.app"), NO_SITE, DOMAINS, {"contoso.app": Unknown}),
        (discovered("a@contoso.com"), NO_KEY, NO_TENANT, {"contoso.com": Unknown}),
        (discovered("a@corp.local"), NO_KEY, NO_TENANT, {"corp.local": Fail}),
        (discovered(), NO_KEY, DOMAINS, {None: Unknown}),
        (discovered(sees=MAYBE), NO_KEY, DOMAINS, {None: Unknown}),
    ],
)  # fmt: skip
def test_discovered_upn_consistent(
    found: site.Users,
    collection: site.Members | Missing,
    domains: tuple[Domain, ...] | Missing,
    expected: dict[str | None, type[Outcome]],
) -> None:
    outcomes = discovered_upn_consistent(found, domains, collection, NO_GROUPS, NO_TENANT, NO_COUNTS)
    assert {outcome.subject: type(outcome) for outcome in outcomes} == expected


def counted(*suffixes: tuple[str, int], none: int = 0, no_at: int = 0) -> SuffixCounts:
    return SuffixCounts(tuple(SuffixCount(*one) for one in suffixes), none, no_at)


@pytest.mark.parametrize(
    ("counts", "domains", "expected"),
    [
        (counted(("contoso.com", 9)), DOMAINS, {"contoso.com": Pass}),
        (counted(("contoso.com", 9), none=1), DOMAINS, {"contoso.com": Pass, NONE: Warn}),
        (counted(no_at=2), DOMAINS, {NONE: Warn}),
        (counted(("contoso.com", 9), ("corp.local", 1)), DOMAINS, {"contoso.com": Pass, "corp.local": Unknown}),
        (counted(("contoso.app", 3)), DOMAINS, {"contoso.app": Unknown}),
        (counted(("contoso.com", 9)), NO_TENANT, {"contoso.com": Unknown}),
        (counted(), DOMAINS, {None: Unknown}),
        (NO_COUNTS, DOMAINS, {None: Unknown}),
    ],
)
def test_counts_decide_what_counts_can(counts: Any, domains: Any, expected: Any) -> None:
    outcomes = discovered_upn_consistent(NO_SITE, domains, NO_KEY, NO_GROUPS, NO_TENANT, counts)
    assert {outcome.subject: type(outcome) for outcome in outcomes} == expected


def test_more_suffixes_than_are_judged_are_not_passed() -> None:
    many = counted(*((f"s{n}.local", 2) for n in range(105)))
    outcomes = discovered_upn_consistent(NO_SITE, DOMAINS, NO_KEY, NO_GROUPS, NO_TENANT, many)
    [rest] = [outcome for outcome in outcomes if outcome.subject == OTHERS]
    assert "10 more users" in said(rest)


def test_discovered_users_of_a_wrong_suffix_are_listed() -> None:
    [outcome] = discovered_upn_consistent(
        discovered("a@corp.local", "B@CORP.local"),
        DOMAINS,
        members("b@corp.local"),
        NO_GROUPS,
        NO_TENANT,
        NO_COUNTS,
    )
    assert [(row["found"], row["enrols"]) for row in rows_of(outcome)] == [
        ("a@corp.local", "does not enrol"), ("B@CORP.local", "enrols"),
    ]  # fmt: skip


# -- arrived in the tenant --

TENANT = [
    cloud("a@contoso.com", anchor="1"),
    cloud("b@contoso.com", anchor="2"),
    cloud("c@contoso.com"),
]


@pytest.mark.parametrize(
    ("collection", "groups", "kind"),
    [
        (members("a@contoso.com", "B@contoso.com"), 3, Pass),
        (members("a@contoso.com"), 0, Warn),
        (members("a@contoso.com", "c@contoso.com"), 3, Warn),
        (members("a@contoso.com", "d@contoso.com"), 3, Fail),
        (members("a@contoso.com", ""), 3, Fail),
        (members("a@contoso.com", "d@contoso.com", sees=CUT), 3, Fail),
        (members("a@contoso.com", sees=MAYBE), 3, Unknown),
        (members("a@contoso.com", sees=CUT), 3, Unknown),
        (members("a@contoso.com", groups=2), 3, Unknown),
        (members(), 3, Unknown),
        (members("a@contoso.com"), NO_TENANT, Unknown),
    ],
)
def test_users_and_groups_synced(
    collection: site.Members, groups: int | Missing, kind: type[Outcome]
) -> None:
    [outcome] = users_and_groups_synced(collection, Table.of(TENANT), groups)
    assert isinstance(outcome, kind)


def test_who_has_not_arrived_is_listed_with_the_reason() -> None:
    [outcome] = users_and_groups_synced(
        members("a@contoso.com", "d@contoso.com", "c@contoso.com", ""), Table.of(TENANT), 1
    )
    assert [row["reason"] for row in rows_of(outcome)] == [
        "no user of the tenant has this UPN",
        "a cloud account, not synchronised",
        "discovered without a UPN, so nobody can be found by it",
    ]
    assert "Enrolling (PS100042)" in said(outcome)


# -- claims --


@given(st.lists(st.text(max_size=3), max_size=50), st.text(max_size=3))
def test_claims_count_names_whatever_their_case(names: list[str], asked: str) -> None:
    claims = Claims()
    for name in names:
        claims.add(hashed(name))
    assert claims.count(hashed(asked)) == [name.lower() for name in names].count(asked.lower())
    assert len(claims) == len(names)
