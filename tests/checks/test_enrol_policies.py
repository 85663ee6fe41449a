"""Every verdict of settings, apps, conditional access and the nominated administrators."""

from typing import Any

import pytest

from assess.check import Fail, Manual, Missing, Outcome, Pass, Table, Unknown, Warn, worst
from assess.evidence.access import (
    AccessApplications,
    AccessConditions,
    AccessDevices,
    AccessGrant,
    AccessLocations,
    AccessPlatforms,
    AccessPolicy,
    AccessUsers,
    AuthenticationStrength,
    DeviceFilter,
)
from assess.evidence.administrators import Account, Eligibility, RoleMember
from assess.evidence.arm import Subscription
from assess.evidence.azureroles import CONTRIBUTOR, OWNER, Assigned, RoleAssignment
from assess.evidence.config import Attested
from assess.evidence.enrolment import AppAssignment, Assignment, Member, Target
from assess.evidence.graph import Gathered, Perhaps, ServicePlan, Sku
from assess.evidence.policies import AssignedApp, CataloguePolicy, Compliance, Profile
from assess.evidence.settings import Named
from checks.enrol.access import conditional_access
from checks.enrol.administrators import (
    azure_subscription_owner,
    entra_global_admin,
    subscription_id,
)
from checks.enrol.assignments import Reach, reach
from checks.enrol.policies import applications, configuration_items

REFUSED = Missing("Graph refuses: a permission is missing", "Grant it.")
NOT_SET = Missing("planning.x is not set", "Set it.", key="planning.x")
UNANSWERED = Missing("the question is not answered", "Answer it.", key='[attestations] "x"')
ALL_DEVICES = Target("#microsoft.graph.allDevicesAssignmentTarget")
ALL_USERS = Target("microsoft.graph.allLicensedUsersAssignmentTarget")
GROUP = Target("#microsoft.graph.groupAssignmentTarget", "g1")
GONE = Target("#microsoft.graph.groupAssignmentTarget", "g2")
NOT_GROUP = Target("#microsoft.graph.exclusionGroupAssignmentTarget", "g1")
COLLECTION = Target("#microsoft.graph.configurationManagerCollectionAssignmentTarget")
SIZES = {"g1": 3, "g2": None, "g3": 0}


def verdict(outcomes: list[Outcome]) -> type[Outcome]:
    return type(worst(outcomes))


def to(*targets: Any) -> tuple[Assignment, ...]:
    return tuple(Assignment("a", target) for target in targets)


@pytest.mark.parametrize(
    ("targets", "sizes", "expected"),
    [
        ((ALL_DEVICES,), REFUSED, Reach.EVERYBODY),
        ((ALL_USERS, NOT_GROUP), REFUSED, Reach.EVERYBODY),
        ((GROUP,), SIZES, Reach.SOME),
        ((GONE, GROUP), SIZES, Reach.SOME),
        ((GONE,), SIZES, Reach.NOBODY),
        ((Target("#microsoft.graph.groupAssignmentTarget", "g3"),), SIZES, Reach.NOBODY),
        ((GROUP, NOT_GROUP), SIZES, Reach.NOBODY),
        ((NOT_GROUP,), SIZES, Reach.NOBODY),
        ((), SIZES, Reach.NOBODY),
        ((GROUP,), REFUSED, Reach.NOT_KNOWN),
        ((GROUP,), {}, Reach.NOT_KNOWN),
        ((COLLECTION,), SIZES, Reach.NOT_KNOWN),
        ((Target(group_id="g1"),), SIZES, Reach.NOT_KNOWN),
        ((None,), SIZES, Reach.NOT_KNOWN),
    ],
)
def test_reach(targets: Any, sizes: Any, expected: Reach) -> None:
    assert reach(to(*targets), sizes) is expected


def test_an_object_that_is_gone_reaches_nobody() -> None:
    assert reach(None, SIZES) is Reach.NOBODY


# -- management.configuration-items --

WINDOWS = Profile("w", "#microsoft.graph.windows10CustomConfiguration", "Windows")
PHONE = Profile("i", "#microsoft.graph.iosGeneralDeviceConfiguration", "iPhone")
MAC = CataloguePolicy("m", "Mac", "macOS")
BOTH = CataloguePolicy("m", "Apple", "iOS,macOS")
UNTYPED = Profile("u", display_name="Mystery")


@pytest.mark.parametrize(
    ("platforms", "profiles", "catalog", "given", "sizes", "status"),
    [
        (["Windows"], (WINDOWS,), (), {"w": to(ALL_DEVICES)}, SIZES, Pass),
        (["Windows 11", "iOS"], (WINDOWS, PHONE), (), {"w": to(GROUP), "i": to(ALL_USERS)}, SIZES, Pass),
        (["iPadOS", "macOS"], (), (BOTH,), {"m": to(GROUP)}, SIZES, Pass),
        (["Windows", "iOS"], (WINDOWS, PHONE), (), {"w": to(GROUP), "i": to()}, SIZES, Warn),
        (["Windows", "Android"], (WINDOWS,), (), {"w": to(GROUP)}, SIZES, Warn),
        (["Windows"], (WINDOWS,), (), {"w": to(GONE)}, SIZES, Warn),
        (["Windows"], (WINDOWS,), (), {"w": to(GROUP, NOT_GROUP)}, SIZES, Warn),
        (["Windows"], (), (), {}, SIZES, Warn),
        (["macOS"], (), (MAC,), {"m": to(GROUP)}, REFUSED, Unknown),
        (["Windows"], (UNTYPED,), (), {"u": to(GROUP)}, SIZES, Unknown),
        (["Windows"], (UNTYPED,), (), {"u": to()}, SIZES, Warn),
        (["Windows", "Symbian"], (WINDOWS,), (), {"w": to(GROUP)}, SIZES, Unknown),
        ([], (WINDOWS,), (), {"w": to(GROUP)}, SIZES, Unknown),
    ],
)
def test_configuration_items(platforms: Any, profiles: Any, catalog: Any, given: Any, sizes: Any, status: type[Outcome]) -> None:
    outcomes = configuration_items(
        platforms=platforms, profiles=profiles, given=given, catalog=catalog, given_catalog={}, templates=(), given_templates={}, sizes=sizes
    )
    assert verdict(outcomes) is status


@pytest.mark.parametrize(
    ("templates", "given", "status"),
    [
        ((Named("t", "Edge"),), {"t": to(GROUP)}, Pass),
        ((Named("t", "Edge"),), {"t": to()}, Warn),
        ((), {}, Warn),
        (REFUSED, {}, Unknown),
        ((Named("t", "Edge"),), REFUSED, Unknown),
    ],
)
def test_administrative_templates_configure_windows(templates: Any, given: Any, status: type[Outcome]) -> None:
    outcomes = configuration_items(
        platforms=["Windows"], profiles=(), given={}, catalog=(), given_catalog={}, templates=templates, given_templates=given, sizes=SIZES
    )
    assert verdict(outcomes) is status
    others = configuration_items(platforms=["iOS"], profiles=(), given={}, catalog=(), given_catalog={}, templates=templates, given_templates=given, sizes=SIZES)
    assert verdict(others) is Warn


# -- management.applications --


def app(state: Any = "published", name: str = "Outlook") -> AssignedApp:
    return AssignedApp("o", display_name=name, publishing_state=state)


def brings(*targets: Any, intent: str = "required") -> dict[str, Any]:
    return {"o": tuple(AppAssignment("a", target, intent) for target in targets)}


@pytest.mark.parametrize(
    ("required", "apps", "given", "sizes", "status"),
    [
        (["outlook "], (app(),), brings(ALL_USERS), SIZES, Pass),
        (["Outlook"], (app(),), brings(GROUP, intent="available"), SIZES, Pass),
        ([], (app(),), brings(ALL_USERS), SIZES, Warn),
        (["Outlook"], (app("processing"),), brings(ALL_USERS), SIZES, Warn),
        (["Outlook"], (app(None),), brings(ALL_USERS), SIZES, Unknown),
        (["Outlook", "Teams"], (app(),), brings(ALL_USERS), SIZES, Fail),
        (["Outlook"], (app(),), brings(), SIZES, Fail),
        (["Outlook"], (app(),), brings(ALL_USERS, intent="uninstall"), SIZES, Fail),
        (["Outlook"], (app(),), brings(GONE), SIZES, Fail),
        (["Outlook"], (app(),), brings(GROUP), REFUSED, Unknown),
        (["Outlook"], (app(),), REFUSED, SIZES, Unknown),
        (["Outlook"], (), REFUSED, SIZES, Fail),
    ],
)
def test_applications(required: Any, apps: Any, given: Any, sizes: Any, status: type[Outcome]) -> None:
    assert verdict(applications(required=required, apps=apps, given=given, sizes=sizes)) is status


# -- management.conditional-access --

EXCHANGE = "00000002-0000-0ff1-ce00-000000000000"


def policy(*controls: str, operator: str = "AND", state: str = "enabled", apps: Any = ("All",), without: Any = (), grant: Any = "", **conditions: Any) -> AccessPolicy:
    known: dict[str, Any] = {"users": AccessUsers(("All",), exclude_groups=("break-glass",)), "client_app_types": ("all",)}
    about = AccessConditions(applications=AccessApplications(apps, without), **(known | conditions))
    granted = AccessGrant(operator, controls) if grant == "" else grant
    return AccessPolicy("p", "Protect", state, about, granted)


BEHIND = (Compliance("w", "#microsoft.graph.windows10CompliancePolicy", "Windows"),)
REACHED = {"w": to(ALL_DEVICES)}


@pytest.mark.parametrize(
    ("resource", "policies", "status"),
    [
        ("exchange-online", (policy("compliantDevice"),), Pass),
        ("Exchange Online", (policy("compliantDevice", apps=("Office365",)),), Pass),
        ("sharepoint", (policy("domainJoinedDevice", "compliantDevice", operator="OR"),), Pass),
        ("exchange-online", (policy("mfa", "compliantDevice"),), Pass),
        ("exchange-online", (policy("compliantDevice", apps=(EXCHANGE,)),), Pass),
        (EXCHANGE, (policy("compliantDevice", apps=(EXCHANGE,)),), Pass),
        ("exchange-online", (policy("compliantDevice", locations=AccessLocations(("All",), ())),), Pass),
        # any one of several is enough
        ("exchange-online", (policy("mfa", "compliantDevice", operator="OR"),), Warn),
        ("exchange-online", (policy(grant=AccessGrant("OR", ("compliantDevice",), ("terms",))),), Warn),
        ("exchange-online", (policy(grant=AccessGrant("OR", ("compliantDevice",), authentication_strength=AuthenticationStrength("s"))),), Warn),
        ("exchange-online", (policy("compliantDevice", users=AccessUsers(("someone",))),), Warn),
        ("exchange-online", (policy("compliantDevice", users=None),), Warn),
        ("exchange-online", (policy("compliantDevice", platforms=AccessPlatforms(("iOS",))),), Warn),
        ("exchange-online", (policy("compliantDevice", platforms=AccessPlatforms(("all",), ("macOS",))),), Warn),
        ("exchange-online", (policy("compliantDevice", client_app_types=("browser",)),), Warn),
        ("exchange-online", (policy("compliantDevice", sign_in_risk_levels=("high",)),), Warn),
        ("exchange-online", (policy("compliantDevice", locations=AccessLocations(("All",), ("AllTrusted",))),), Warn),
        ("exchange-online", (policy("compliantDevice", devices=AccessDevices(DeviceFilter("exclude", "x"))),), Warn),
        # one without a gap outweighs those with
        ("exchange-online", (policy("mfa", "compliantDevice", operator="OR"), policy("compliantDevice")), Pass),
        ("exchange-online", (policy("compliantDevice", state="enabledForReportingButNotEnforced"),), Warn),
        ("exchange-online", (policy("compliantDevice", state="disabled"),), Fail),
        ("exchange-online", (policy("mfa"),), Fail),
        ("exchange-online", (policy("compliantDevice", apps=("All",), without=("Office365",)),), Fail),
        ("dynamics", (policy("compliantDevice", apps=("Office365",)),), Fail),
        ("exchange-online", (policy("compliantDevice", apps=("None",)),), Fail),
        # sessions only
        ("exchange-online", (policy(grant=None),), Fail),
        ("exchange-online", (AccessPolicy("p"),), Unknown),
        ("exchange-online", (), Fail),
        ("exchange-online", (policy("compliantDevice", state="later"),), Unknown),
        ("exchange-on-premises", (policy("compliantDevice"),), Unknown),
    ],
)
def test_conditional_access(resource: str, policies: Any, status: type[Outcome]) -> None:
    [outcome] = conditional_access(
        resources=[resource], policies=policies, compliance=BEHIND, given=REACHED, sizes=SIZES, platforms=["Windows"]
    )
    assert type(outcome) is status
    assert outcome.subject == resource


@pytest.mark.parametrize(
    ("compliance", "given", "sizes", "platforms", "status"),
    [
        (BEHIND, REACHED, SIZES, NOT_SET, Pass),
        (BEHIND, REACHED, SIZES, ["Windows", "Android"], Warn),
        ((Compliance("w"),), REACHED, SIZES, ["Android"], Unknown),
        (BEHIND, {"w": to()}, SIZES, ["Windows"], Warn),
        (BEHIND, {"w": to()}, SIZES, NOT_SET, Warn),
        ((), {}, SIZES, NOT_SET, Warn),
        (BEHIND, {"w": to(GROUP)}, REFUSED, NOT_SET, Unknown),
        (REFUSED, REFUSED, REFUSED, NOT_SET, Unknown),
    ],
)
def test_what_stands_behind_conditional_access(compliance: Any, given: Any, sizes: Any, platforms: Any, status: type[Outcome]) -> None:
    args = {"compliance": compliance, "given": given, "sizes": sizes, "platforms": platforms}
    [outcome] = conditional_access(resources=["teams"], policies=(policy("compliantDevice"),), **args)
    assert type(outcome) is status
    [outcome] = conditional_access(resources=["teams"], policies=(), **args)
    assert type(outcome) is Fail


# -- permissions.entra-global-admin --

ADA = "ada@contoso.com"
USER, TEAM, ROBOT = "#microsoft.graph.user", "#microsoft.graph.group", "#microsoft.graph.servicePrincipal"
NOBODY: Gathered[Member] = Gathered(Table.of([]))
ME = Gathered(Table.of([Member("ada", ADA)]))


def account(enabled: Any = True) -> Perhaps[Account]:
    return Perhaps(Account("ada", ADA, enabled))


def holders(*ids: str, kind: str = USER) -> tuple[RoleMember, ...]:
    return tuple(RoleMember(one, kind) for one in ids)


def may(who: str = "ada", scope: str = "/") -> tuple[Eligibility, ...]:
    return (Eligibility("e", who, scope),)


P2 = (Sku("s", service_plans=(ServicePlan("eec0eb4f-6444-4f95-aba0-50c24d67f998"),)),)


@pytest.mark.parametrize(
    ("who", "members", "by_group", "eligible", "eligible_by_group", "skus", "attested", "status"),
    [
        (account(), holders("ada", "bob"), NOBODY, REFUSED, REFUSED, REFUSED, UNANSWERED, Pass),
        (account(), holders("ADA"), NOBODY, (), NOBODY, P2, UNANSWERED, Pass),
        (account(), holders("g", kind=TEAM), ME, (), NOBODY, P2, UNANSWERED, Pass),
        (account(), holders("ada", "b", "c", "d", "e"), NOBODY, (), NOBODY, P2, UNANSWERED, Pass),
        (account(), holders("ada", "b", "c", "d", "e", "f"), NOBODY, (), NOBODY, P2, UNANSWERED, Warn),
        (account(), holders("bob"), NOBODY, may(), NOBODY, P2, UNANSWERED, Warn),
        (account(), holders("bob"), NOBODY, may("g"), ME, P2, UNANSWERED, Warn),
        (account(), holders("bob"), NOBODY, may("g"), NOBODY, P2, UNANSWERED, Fail),
        (account(), holders("bob"), NOBODY, may("ada", "/administrativeUnits/1"), NOBODY, P2, UNANSWERED, Fail),
        (account(), holders("bob"), NOBODY, (), NOBODY, P2, UNANSWERED, Fail),
        (account(), holders("bob", kind=ROBOT), REFUSED, (), NOBODY, P2, UNANSWERED, Fail),
        (account(enabled=False), holders("ada"), NOBODY, (), NOBODY, P2, UNANSWERED, Fail),
        (Perhaps(None), holders("ada"), NOBODY, (), NOBODY, P2, UNANSWERED, Fail),
        # without Entra ID P2 nobody can be eligible
        (account(), holders("bob"), NOBODY, REFUSED, REFUSED, (), UNANSWERED, Fail),
        (account(), holders("bob"), NOBODY, REFUSED, REFUSED, P2, UNANSWERED, Unknown),
        (account(), holders("bob"), NOBODY, REFUSED, REFUSED, REFUSED, UNANSWERED, Unknown),
        (account(), holders("bob"), NOBODY, may("g"), REFUSED, P2, UNANSWERED, Unknown),
        (account(), holders("g", kind=TEAM), REFUSED, (), NOBODY, P2, UNANSWERED, Unknown),
        (account(enabled=None), holders("ada"), NOBODY, (), NOBODY, P2, UNANSWERED, Unknown),
        (account(), REFUSED, REFUSED, REFUSED, REFUSED, P2, UNANSWERED, Unknown),
        (REFUSED, holders("ada"), NOBODY, (), NOBODY, P2, UNANSWERED, Unknown),
        (account(), REFUSED, REFUSED, REFUSED, REFUSED, P2, Attested("Ada Byron", by="Ada"), Pass),
        (account(), REFUSED, REFUSED, REFUSED, REFUSED, P2, Attested(answer=False), Unknown),
        # a person's answer never overrules a measurement
        (account(), holders("bob"), NOBODY, (), NOBODY, P2, Attested("Ada Byron"), Fail),
    ],
)
def test_entra_global_admin(
    who: Any, members: Any, by_group: Any, eligible: Any, eligible_by_group: Any, skus: Any, attested: Any, status: type[Outcome]
) -> None:
    outcomes = entra_global_admin(
        nominated=ADA, account=who, members=members, by_group=by_group, eligible=eligible,
        eligible_by_group=eligible_by_group, skus=skus, attested=attested,
    )  # fmt: skip
    assert verdict(outcomes) is status


# -- permissions.azure-subscription-owner, azuremgmt.subscription-id --

SUBSCRIPTION = "8b0e6f9a-1111-4222-8333-444455556666"
ROOT = f"/subscriptions/{SUBSCRIPTION}"
ABOVE = "/providers/Microsoft.Management/managementGroups/contoso"
READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"


def role(name: str, scope: str = ROOT, condition: str | None = None) -> RoleAssignment:
    definition = f"{ROOT}/providers/Microsoft.Authorization/roleDefinitions/{name.upper()}"
    return RoleAssignment(Assigned(definition, "ada", scope, "User", condition))


@pytest.mark.parametrize(
    ("assigned", "who", "status"),
    [
        ((role(OWNER),), account(), Pass),
        ((role(OWNER, ROOT.upper()),), account(), Pass),
        ((role(OWNER, ABOVE),), REFUSED, Pass),
        ((role(OWNER, "/"),), account(), Pass),
        ((role(OWNER, condition="@Resource[...]"),), account(), Warn),
        ((role(CONTRIBUTOR),), account(), Warn),
        ((role(OWNER, f"{ROOT}/resourceGroups/cmg"),), account(), Warn),
        ((role(READER),), account(), Fail),
        ((role(CONTRIBUTOR, f"{ROOT}/resourceGroups/cmg"),), account(), Fail),
        ((), account(), Fail),
        ((role(OWNER),), account(enabled=False), Fail),
        (REFUSED, Perhaps(None), Fail),
        (REFUSED, account(), Unknown),
        (NOT_SET, REFUSED, Manual),
    ],
)
def test_azure_subscription_owner(assigned: Any, who: Any, status: type[Outcome]) -> None:
    outcomes = azure_subscription_owner(nominated=ADA, subscription=SUBSCRIPTION, account=who, assigned=assigned)
    assert verdict(outcomes) is status


def seen(*ids: str) -> tuple[Subscription, ...]:
    return tuple(Subscription(one, "Enabled", "Production") for one in ids)


@pytest.mark.parametrize(
    ("identifier", "visible", "status"),
    [
        (SUBSCRIPTION, seen("other", SUBSCRIPTION.upper()), Pass),
        (SUBSCRIPTION, seen("other"), Fail),
        ("production", seen("other"), Fail),
        (SUBSCRIPTION, (), Unknown),
        (SUBSCRIPTION, REFUSED, Unknown),
    ],
)
def test_subscription_id(identifier: str, visible: Any, status: type[Outcome]) -> None:
    assert verdict(subscription_id(identifier=identifier, visible=visible)) is status
