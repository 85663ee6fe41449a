"""Every verdict of automatic enrolment, terms, portal, platforms and devices."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from assess.check import Fail, Manual, Missing, Outcome, Pass, Table, Unknown, Warn, worst
from assess.evidence.config import Attested
from assess.evidence.devices import AutopilotDevice, AutopilotProfile, EntraDevice, ManagedDevice
from assess.evidence.dns import AddressBook, Addresses, NoAnswer, NoName
from assess.evidence.enrolment import (
    ENROLLMENT_APP,
    INTUNE_APP,
    Assignment,
    EnrollmentConfiguration,
    Group,
    Member,
    MobilityPolicy,
    PlayBinding,
    Restriction,
    Target,
    Terms,
)
from assess.evidence.graph import Domain, Gathered, Perhaps, Person, ServicePlan, Sku, Units
from assess.evidence.http import Answered, NoStatus, NotReached, NotTrusted
from assess.evidence.portal import Brand, Branded, Colour, Picture
from assess.evidence.site_cloud import SiteDevice, SiteDeviceList
from checks.enrol.autoenroll import (
    compliance_url,
    discovery_url,
    end_state,
    intune_enrollment_app,
    intune_mdm_app,
    mam_scope_conflict,
    mdm_user_scope,
    terms_of_use_url,
)
from checks.enrol.devices import autopilot, devices_in_intune, windows_client_version
from checks.enrol.platforms import android, ios_enabled, windows_mobile_enabled, windows_pc_enabled
from checks.enrol.portal import company_name, contact_information, portal_look, privacy_url
from checks.enrol.terms import enrollment_terms
from sitecloud import ALL, MAYBE

NOW = datetime(2026, 11, 20, 21, 10, tzinfo=UTC)
DAY = timedelta(days=1)
REFUSED = Missing("Graph refuses: a permission is missing", "Grant it.")
PERSON_ONLY = Missing("Graph lets only a signed-in person ask", "Run again with device-code.")
NOT_SET = Missing("planning.x is not set", "Set it.", key="planning.x")
NO_SITE = Missing("[site] is not set up", "Set it up.", skipped=True)
UNANSWERED = Missing("the question is not answered", "Answer it.", key='[attestations] "x"')
NOBODY: Gathered[Member] = Gathered(Table.of([]))
PREMIUM = ServicePlan("41781fb2-bc02-4b7c-bd55-b576c07bb09d", provisioning_status="Success")
INTUNE = ServicePlan("c1ec4a95-1f05-45b3-a911-aa3fa01094f5", provisioning_status="Success")
LICENSED = (Sku("s", "EMS", "Enabled", 1, Units(5), (INTUNE, PREMIUM)),)
ONLY_INTUNE = (Sku("s", "INTUNE_A", "Enabled", 1, Units(5), (INTUNE,)),)


def verdict(outcomes: list[Outcome]) -> type[Outcome]:
    return type(worst(outcomes))


def members(*ids: str, absent: tuple[str, ...] = ()) -> Gathered[Member]:
    return Gathered(Table.of([Member(one, f"{one}@contoso.com") for one in ids]), absent)


def people(*ids: str, absent: tuple[str, ...] = (), enabled: bool | None = True) -> Gathered[Person]:
    return Gathered(Table.of([Person(one, f"{one}@contoso.com", account_enabled=enabled) for one in ids]), absent)


def intune(scope: Any = "all", groups: tuple[str, ...] | None = (), **more: Any) -> MobilityPolicy:
    named = None if groups is None else tuple(Group(one, one) for one in groups)
    return MobilityPolicy(**({"id": INTUNE_APP, "display_name": "Microsoft Intune", "applies_to": scope, "is_valid": True, "included_groups": named} | more))


def other(scope: str) -> MobilityPolicy:
    return MobilityPolicy("99999999-0000-4000-8000-000000000001", "AirWatch", scope, True, included_groups=(Group("x"),))


# -- autoenroll.intune-mdm-app --


@pytest.mark.parametrize(
    ("policies", "skus", "ours", "others", "status"),
    [
        ((intune(),), LICENSED, NOBODY, NOBODY, Pass),
        ((intune(is_valid=False),), LICENSED, NOBODY, NOBODY, Warn),
        ((intune(is_valid=None),), LICENSED, NOBODY, NOBODY, Unknown),
        ((MobilityPolicy(INTUNE_APP.upper()),), LICENSED, NOBODY, NOBODY, Unknown),
        ((intune(), other("none")), LICENSED, NOBODY, NOBODY, Pass),
        ((intune(), other("all")), LICENSED, NOBODY, NOBODY, Warn),
        ((intune("all"), other("selected")), LICENSED, NOBODY, members("b"), Warn),
        ((intune("selected", ("g",)), other("selected")), LICENSED, members("a", "b"), members("b"), Warn),
        ((intune("selected", ("g",)), other("selected")), LICENSED, members("a"), members("b"), Pass),
        ((intune("selected", ("g",)), other("selected")), LICENSED, members("a"), REFUSED, Unknown),
        ((intune("none"), other("all")), LICENSED, NOBODY, NOBODY, Pass),
        ((intune("none"), other("later")), LICENSED, NOBODY, NOBODY, Unknown),
        ((), LICENSED, NOBODY, NOBODY, Fail),
        ((other("all"),), LICENSED, NOBODY, NOBODY, Fail),
        ((), ONLY_INTUNE, NOBODY, NOBODY, Unknown),
        ((), (), NOBODY, NOBODY, Unknown),
        ((), REFUSED, NOBODY, NOBODY, Unknown),
    ],
)
def test_intune_mdm_app(policies: Any, skus: Any, ours: Any, others: Any, status: type[Outcome]) -> None:
    assert verdict(intune_mdm_app(policies=policies, skus=skus, ours=ours, others=others)) is status


# -- the addresses --


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("https://enrollment.manage.microsoft.com/enrollmentserver/discovery.svc", Pass),
        ("https://ENROLLMENT.manage.microsoft.com/EnrollmentServer/Discovery.svc ", Pass),
        ("https://enterpriseenrollment-s.manage.microsoft.com/EnrollmentServer/Discovery.svc", Pass),
        ("https://enrollment.manage.microsoft.us/enrollmentserver/discovery.svc", Warn),
        ("https://enrollment.manage.microsoft.com/other", Warn),
        ("http://enrollment.manage.microsoft.com/enrollmentserver/discovery.svc", Warn),
        ("https://manage.microsoft.com.evil.example/enrollmentserver/discovery.svc", Fail),
        ("https://evilmanage.microsoft.com/", Fail),
        ("https://[", Fail),
        ("nonsense", Fail),
        ("", Fail),
        (None, Fail),
    ],
)
def test_discovery_url(address: Any, status: type[Outcome]) -> None:
    assert verdict(discovery_url(policies=(intune(discovery_url=address),))) is status


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("https://portal.manage.microsoft.com/TermsofUse.aspx", Pass),
        ("https://portal.manage.microsoft.com/Other.aspx", Warn),
        ("", Warn),
        (None, Warn),
        ("https://portal.example/TermsofUse.aspx", Fail),
    ],
)
def test_terms_of_use_url(address: Any, status: type[Outcome]) -> None:
    assert verdict(terms_of_use_url(policies=(intune(terms_of_use_url=address),))) is status


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("https://portal.manage.microsoft.com/?portalAction=Compliance", Pass),
        ("https://portal.manage.microsoft.com/", Warn),
        (None, Warn),
        ("https://portal.example/?portalAction=Compliance", Fail),
    ],
)
def test_compliance_url(address: Any, status: type[Outcome]) -> None:
    assert verdict(compliance_url(policies=(intune(compliance_url=address),))) is status


@pytest.mark.parametrize("check", [discovery_url, terms_of_use_url, compliance_url])
def test_an_address_that_did_not_come_is_not_assessed(check: Any) -> None:
    assert verdict(check(policies=(intune(),))) is Unknown
    assert verdict(check(policies=())) is Unknown


# -- autoenroll.mdm-user-scope --


@pytest.mark.parametrize(
    ("policy", "covered", "enrolling", "stage", "status"),
    [
        (intune("all"), NOBODY, people("a"), NOT_SET, Pass),
        (intune("All"), NOBODY, people("a"), "production", Pass),
        (intune("all"), NOBODY, people("a"), "pilot", Warn),
        (intune("none"), NOBODY, people("a"), NOT_SET, Fail),
        (intune("selected", ("g",)), members("a", "B"), people("a", "b"), NOT_SET, Pass),
        (intune("selected", ("g",)), members("a"), people("a", "b"), NOT_SET, Fail),
        (intune("selected", ("g",)), members("a", absent=("h",)), people("a", "b"), NOT_SET, Fail),
        (intune("selected", ("g",)), members("a"), people("a", absent=("x",)), NOT_SET, Unknown),
        (intune("selected", ("g",)), members("a"), people("b", absent=("x",)), NOT_SET, Fail),
        (intune("selected", ("g",)), members("a"), people(), NOT_SET, Warn),
        (intune("selected", ("g",)), members("a"), people("b", enabled=False), NOT_SET, Warn),
        (intune("selected", ()), NOBODY, people("a"), NOT_SET, Fail),
        (intune("selected", None), NOBODY, people("a"), NOT_SET, Unknown),
        (intune("selected", ("g",)), members("a"), NOT_SET, NOT_SET, Warn),
        (intune("selected", ("g",)), members("a"), REFUSED, NOT_SET, Unknown),
        (intune("selected", ("g",)), REFUSED, people("a"), NOT_SET, Unknown),
        (intune("unknownFutureValue"), NOBODY, people("a"), NOT_SET, Unknown),
        (intune(None), NOBODY, people("a"), NOT_SET, Unknown),
    ],
)
def test_mdm_user_scope(policy: Any, covered: Any, enrolling: Any, stage: Any, status: type[Outcome]) -> None:
    outcomes = mdm_user_scope(policies=(policy,), covered=covered, enrolling=enrolling, stage=stage)
    assert verdict(outcomes) is status


def test_who_is_not_covered_is_listed() -> None:
    [outcome] = mdm_user_scope(policies=(intune("selected", ("Pilot",)),), covered=members("a"), enrolling=people("a", "b"), stage=NOT_SET)
    assert outcome.rows
    assert list(outcome.rows.rows) == [{"user": "b@contoso.com"}]
    assert isinstance(outcome, Fail)
    assert "Pilot" in outcome.observed
    assert verdict(mdm_user_scope(policies=(), covered=NOBODY, enrolling=people("a"), stage=NOT_SET)) is Unknown


# -- autoenroll.mam-scope-conflict --

SOME = ("g",)


@pytest.mark.parametrize(
    ("mdm", "mam", "managed", "protected", "byod", "owner", "status"),
    [
        (intune("all"), intune("none"), NOBODY, NOBODY, True, NOT_SET, Pass),
        (intune("all"), None, NOBODY, NOBODY, True, NOT_SET, Pass),
        (intune("none"), intune("all"), NOBODY, NOBODY, True, NOT_SET, Pass),
        (intune("all"), intune("all"), NOBODY, NOBODY, True, NOT_SET, Fail),
        (intune("all"), intune("all"), NOBODY, NOBODY, NOT_SET, "both", Fail),
        (intune("all"), intune("all"), NOBODY, NOBODY, False, NOT_SET, Warn),
        (intune("all"), intune("all"), NOBODY, NOBODY, NOT_SET, "company", Warn),
        (intune("all"), intune("all"), NOBODY, NOBODY, NOT_SET, NOT_SET, Manual),
        (intune("selected", SOME), intune("all"), members("a"), NOBODY, True, NOT_SET, Fail),
        (intune("selected", SOME), intune("all"), NOBODY, NOBODY, True, NOT_SET, Pass),
        (intune("all"), intune("selected", SOME), NOBODY, members("a"), True, NOT_SET, Fail),
        (intune("selected", SOME), intune("selected", SOME), members("a", "b"), members("B"), True, NOT_SET, Fail),
        (intune("selected", SOME), intune("selected", SOME), members("a"), members("b"), True, NOT_SET, Pass),
        (intune("selected", SOME), intune("selected", SOME), REFUSED, members("b"), True, NOT_SET, Unknown),
        (intune("selected", SOME), intune("selected", SOME), members("a"), REFUSED, True, NOT_SET, Unknown),
        (intune("selected", None), intune("all"), NOBODY, NOBODY, True, NOT_SET, Unknown),
        (intune("all"), intune("later"), NOBODY, NOBODY, True, NOT_SET, Unknown),
        (intune(None), intune("all"), NOBODY, NOBODY, True, NOT_SET, Unknown),
        (None, intune("all"), NOBODY, NOBODY, True, NOT_SET, Unknown),
    ],
)
def test_mam_scope_conflict(mdm: Any, mam: Any, managed: Any, protected: Any, byod: Any, owner: Any, status: type[Outcome]) -> None:
    outcomes = mam_scope_conflict(
        policies=(mdm,) if mdm else (), apps=(mam,) if mam else (), managed=managed, protected=protected, byod=byod, ownership=owner
    )
    assert verdict(outcomes) is status


# -- autoenroll.intune-enrollment-app --


def second(scope: Any) -> tuple[MobilityPolicy, ...]:
    return (intune(), MobilityPolicy(ENROLLMENT_APP, "Microsoft Intune Enrollment", scope))


def managed(name: str = "PC1", *, ago: timedelta | None = DAY, kind: str = "windowsAzureADJoin", entra: str = "d1", serial: str = "S1") -> ManagedDevice:
    when = datetime(1, 1, 1, tzinfo=UTC) if ago is None else NOW - ago
    return ManagedDevice(f"m-{name}", name, entra, serial, "Windows", "mdm", kind, when)


AUTOMATIC = Table.of([managed()])
BY_HAND = Table.of([managed(kind="userEnrollment")])


@pytest.mark.parametrize(
    ("policies", "devices", "attested", "status"),
    [
        (second("all"), REFUSED, UNANSWERED, Pass),
        (second("selected"), AUTOMATIC, UNANSWERED, Warn),
        (second("none"), AUTOMATIC, UNANSWERED, Warn),
        (second("none"), BY_HAND, UNANSWERED, Fail),
        (second("none"), REFUSED, UNANSWERED, Unknown),
        ((intune(),), AUTOMATIC, UNANSWERED, Pass),
        ((intune(),), BY_HAND, UNANSWERED, Unknown),
        ((intune(),), REFUSED, UNANSWERED, Unknown),
        (second(None), AUTOMATIC, UNANSWERED, Unknown),
        (PERSON_ONLY, AUTOMATIC, UNANSWERED, Unknown),
        (PERSON_ONLY, AUTOMATIC, Attested("All"), Pass),
        (PERSON_ONLY, AUTOMATIC, Attested("Some"), Warn),
        (PERSON_ONLY, BY_HAND, Attested("None"), Fail),
        (PERSON_ONLY, AUTOMATIC, Attested("the entry is not there at all"), Pass),
        (PERSON_ONLY, AUTOMATIC, Attested(answer=True), Unknown),
        # a person's answer never overrules a measurement
        (second("none"), BY_HAND, Attested("All"), Fail),
    ],
)
def test_intune_enrollment_app(policies: Any, devices: Any, attested: Any, status: type[Outcome]) -> None:
    assert verdict(intune_enrollment_app(policies=policies, devices=devices, attested=attested)) is status


# -- autoenroll.end-state --


def joined(name: str = "PC1", *, managed: bool | None = True, app: str | None = INTUNE_APP, ago: timedelta | None = 9 * DAY, device: str = "d1", **more: Any) -> EntraDevice:
    when = None if ago is None else NOW - ago
    known: dict[str, Any] = {"account_enabled": True, "operating_system": "Windows", "operating_system_version": "10.0.26200.1", "trust_type": "AzureAd"} | more
    return EntraDevice(f"e-{name}-{device}", device, name, is_managed=managed, mdm_app_id=app, registration_date_time=when, **known)


@pytest.mark.parametrize(
    ("names", "registered", "enrolled", "status"),
    [
        (["pc1"], [joined()], [managed()], Pass),
        (["D1"], [joined()], [managed("renamed")], Pass),
        (["pc1"], [joined(managed=None, app=None, device="old", ago=400 * DAY), joined()], [managed()], Pass),
        (["pc1"], [joined()], [managed(ago=8 * DAY)], Warn),
        (["pc1"], [joined(managed=None, app=None)], [managed()], Warn),
        (["pc1"], [joined()], [managed(ago=None)], Unknown),
        (["pc1"], [joined()], [], Fail),
        (["pc1"], [joined(managed=False, app=None)], [], Fail),
        (["pc1"], [joined(app="99999999-0000-4000-8000-000000000001")], [], Fail),
        (["pc1"], [joined(managed=None, app=None, ago=timedelta(hours=5))], [], Unknown),
        (["pc1"], [joined(managed=None, app=None, ago=None)], [], Unknown),
        (["pc1", "pc2"], [joined()], [managed()], Unknown),
        (["pc1", "pc2"], [joined(managed=None, app=None)], [], Fail),
        (["pc1"], [], [], Unknown),
        ([], [joined()], [managed()], Unknown),
    ],
)
def test_end_state(names: list[str], registered: Any, enrolled: Any, status: type[Outcome]) -> None:
    outcomes = end_state(names=names, registered=Table.of(registered), enrolled=Table.of(enrolled), as_of=NOW)
    assert verdict(outcomes) is status


# -- terms.enrollment-terms --

TERMS = (Terms("t1", "Terms", "Our terms"),)
ALL_USERS = Target("#microsoft.graph.allLicensedUsersAssignmentTarget")
GROUP = Target("#microsoft.graph.groupAssignmentTarget", "g1")
NOT_GROUP = Target("#microsoft.graph.exclusionGroupAssignmentTarget", "g2")


def given(*targets: Any) -> dict[str, Any]:
    return {"t1": tuple(Assignment("a", target) for target in targets)}


@pytest.mark.parametrize(
    ("terms", "assigned", "included", "excluded", "enrolling", "approved", "status"),
    [
        (TERMS, given(ALL_USERS), NOBODY, NOBODY, NOT_SET, UNANSWERED, Pass),
        (TERMS, given(ALL_USERS), NOBODY, NOBODY, NOT_SET, Attested(answer=False), Warn),
        (TERMS, given(GROUP), members("a"), NOBODY, people("a"), UNANSWERED, Pass),
        (TERMS, given(GROUP), members("a"), NOBODY, people("a", "b"), UNANSWERED, Warn),
        (TERMS, given(ALL_USERS, NOT_GROUP), NOBODY, members("a"), people("a"), UNANSWERED, Warn),
        (TERMS, given(ALL_USERS, NOT_GROUP), NOBODY, members("b"), people("a"), UNANSWERED, Pass),
        (TERMS, given(GROUP), members("a"), NOBODY, NOT_SET, UNANSWERED, Manual),
        (TERMS, given(GROUP), REFUSED, NOBODY, people("a"), UNANSWERED, Unknown),
        (TERMS, given(GROUP), members("a"), NOBODY, people("a", absent=("x",)), UNANSWERED, Unknown),
        (TERMS, given(GROUP), members("a"), NOBODY, people(), UNANSWERED, Unknown),
        (TERMS, given(None), NOBODY, NOBODY, people("a"), UNANSWERED, Unknown),
        (TERMS, given(Target(group_id="g1")), NOBODY, NOBODY, people("a"), UNANSWERED, Unknown),
        (TERMS, given(), NOBODY, NOBODY, people("a"), UNANSWERED, Warn),
        (TERMS, given(NOT_GROUP), NOBODY, NOBODY, people("a"), Attested(answer=True), Fail),
        ((), {}, NOBODY, NOBODY, people("a"), UNANSWERED, Warn),
        ((), {}, NOBODY, NOBODY, people("a"), Attested(answer=True), Fail),
    ],
)
def test_enrollment_terms(terms: Any, assigned: Any, included: Any, excluded: Any, enrolling: Any, approved: Any, status: type[Outcome]) -> None:
    outcomes = enrollment_terms(terms=terms, assignments=assigned, included=included, excluded=excluded, enrolling=enrolling, approved=approved)
    assert verdict(outcomes) is status


# -- subscription.* --


def brand(**fields: Any) -> Branded:
    return Branded(Brand(**fields))


@pytest.mark.parametrize(
    ("branded", "customer", "organization", "attested", "status"),
    [
        (brand(display_name="Contoso Ltd"), "contoso ltd", NOT_SET, UNANSWERED, Pass),
        (brand(display_name="Contoso Ltd"), NOT_SET, {"O": "Contoso Ltd", "C": "DE"}, UNANSWERED, Pass),
        (brand(display_name="Contoso Ltd"), NOT_SET, NOT_SET, Attested("Contoso Ltd"), Pass),
        (brand(display_name="Contoso"), "Contoso Ltd", NOT_SET, UNANSWERED, Warn),
        (brand(display_name="Contoso"), NOT_SET, NOT_SET, UNANSWERED, Manual),
        (brand(display_name=" "), "Contoso", NOT_SET, UNANSWERED, Fail),
        (brand(display_name=None), "Contoso", NOT_SET, Attested("Contoso"), Fail),
        (Branded(None), "Contoso", NOT_SET, UNANSWERED, Fail),
        (brand(), "Contoso", NOT_SET, UNANSWERED, Unknown),
        (Branded(), "Contoso", NOT_SET, UNANSWERED, Unknown),
        (REFUSED, "Contoso", NOT_SET, UNANSWERED, Unknown),
        (REFUSED, "Contoso", NOT_SET, Attested("Contoso"), Pass),
        (REFUSED, "Contoso", NOT_SET, Attested("Fabrikam"), Warn),
        (REFUSED, "Contoso", NOT_SET, Attested(answer=True), Unknown),
    ],
)
def test_company_name(branded: Any, customer: Any, organization: Any, attested: Any, status: type[Outcome]) -> None:
    assert verdict(company_name(branded=branded, customer=customer, organization=organization, attested=attested)) is status


PAGE = "https://www.contoso.com/privacy"
PUBLIC = AddressBook({"www.contoso.com": Addresses(("198.51.100.7",))})


@pytest.mark.parametrize(
    ("branded", "page", "public", "status"),
    [
        (brand(privacy_url=PAGE), Answered(200, "OK"), PUBLIC, Pass),
        (brand(privacy_url=PAGE), Answered(301), PUBLIC, Unknown),
        (brand(privacy_url=PAGE), Answered(204), PUBLIC, Unknown),
        (brand(privacy_url=PAGE), Answered(404, "Not Found"), PUBLIC, Fail),
        (brand(privacy_url=PAGE), Answered(503), PUBLIC, Fail),
        (brand(privacy_url=PAGE), NotReached("refused"), PUBLIC, Fail),
        (brand(privacy_url=PAGE), NotTrusted("self-signed"), PUBLIC, Fail),
        (brand(privacy_url=PAGE), NoStatus("no HTTP"), PUBLIC, Fail),
        (brand(privacy_url=PAGE), REFUSED, PUBLIC, Unknown),
        # only the inside finds it
        (brand(privacy_url=PAGE), Answered(200), AddressBook({"www.contoso.com": NoName()}), Fail),
        (brand(privacy_url=PAGE), Answered(200), AddressBook({"www.contoso.com": NoAnswer("timeout")}), Unknown),
        (brand(privacy_url=PAGE), Answered(200), AddressBook({}), Unknown),
        (brand(privacy_url=PAGE), Answered(200), REFUSED, Unknown),
        (brand(privacy_url="http://www.contoso.com/privacy"), REFUSED, REFUSED, Warn),
        (brand(privacy_url=""), REFUSED, REFUSED, Warn),
        (Branded(None), REFUSED, REFUSED, Warn),
        (brand(privacy_url="file:///etc/passwd"), REFUSED, REFUSED, Fail),
        (brand(privacy_url="https://["), REFUSED, REFUSED, Fail),
        (brand(), REFUSED, REFUSED, Unknown),
        (Branded(), REFUSED, REFUSED, Unknown),
    ],
)
def test_privacy_url(branded: Any, page: Any, public: Any, status: type[Outcome]) -> None:
    assert verdict(privacy_url(branded=branded, page=page, public=public)) is status


LOGO = {"show_logo": True, "light_background_logo": Picture("image/png"), "dark_background_logo": None}


@pytest.mark.parametrize(
    ("branded", "status"),
    [
        (brand(theme_color=Colour(200, 10, 10), **LOGO), Pass),
        (brand(theme_color=Colour(0, 114, 198), **LOGO), Warn),
        (brand(theme_color=None, **LOGO), Warn),
        (brand(theme_color=Colour(200, 10, 10), **LOGO | {"show_logo": False}), Warn),
        (brand(theme_color=Colour(200, 10, 10), **LOGO | {"light_background_logo": None}), Warn),
        (Branded(None), Warn),
        (brand(theme_color=Colour(), **LOGO), Unknown),
        (brand(**LOGO), Unknown),
        (brand(theme_color=Colour(200, 10, 10), show_logo=True), Unknown),
        (brand(theme_color=Colour(200, 10, 10)), Unknown),
        (Branded(), Unknown),
    ],
)
def test_portal_look(branded: Any, status: type[Outcome]) -> None:
    assert verdict(portal_look(branded=branded, attested=UNANSWERED)) is status
    # Who wants the default says so; what Graph does not show is not made up for.
    wanted = Attested(answer=True, by="A. Meyer")
    assert verdict(portal_look(branded=branded, attested=wanted)) is (Pass if status is Warn else status)
    assert verdict(portal_look(branded=branded, attested=Attested(answer=False))) is status


OURS = (Domain("contoso.com", is_verified=True), Domain("contoso.net", is_verified=False))


def contact(name: Any = None, phone: Any = None, mail: Any = None, site: Any = None) -> Branded:
    return brand(contact_name=name, contact_phone=phone, contact_mail=mail, online_support_site_url=site)


@pytest.mark.parametrize(
    ("branded", "domains", "status"),
    [
        (contact("Help desk", "+49 30 1"), REFUSED, Pass),
        (contact("Help desk", None, "help@CONTOSO.com"), OURS, Pass),
        (contact("Help desk", None, "help@contoso.net"), OURS, Warn),
        (contact("Help desk", "+49 30 1", "help@gmail.example"), OURS, Warn),
        (contact("Help desk", "+49 30 1", "help@contoso.com"), REFUSED, Unknown),
        (contact("Help desk"), OURS, Warn),
        (contact(None, "+49 30 1", None, "https://help.contoso.com"), OURS, Warn),
        (contact("", " ", None, ""), OURS, Fail),
        (Branded(None), OURS, Fail),
        (brand(contact_name="Help desk"), OURS, Unknown),
        (Branded(), OURS, Unknown),
    ],
)
def test_contact_information(branded: Any, domains: Any, status: type[Outcome]) -> None:
    assert verdict(contact_information(branded=branded, domains=domains)) is status


# -- platform.* --

KIND = "#microsoft.graph.deviceEnrollmentPlatformRestrictionsConfiguration"
OPEN, CLOSED, COMPANY = Restriction(False, False), Restriction(True, False), Restriction(False, True)


def rule(restriction: Any, *, kind: str | None = KIND, priority: int = 0) -> tuple[EnrollmentConfiguration, ...]:
    limit = EnrollmentConfiguration("l", "#microsoft.graph.deviceEnrollmentLimitConfiguration", "All users", 0)
    return (
        limit,
        EnrollmentConfiguration("own", KIND, "Mine", 1, CLOSED, CLOSED, CLOSED, CLOSED),
        EnrollmentConfiguration("id", kind, "All users", priority, restriction, restriction, restriction, restriction),
    )


RULES = [
    (rule(OPEN), UNANSWERED, NOT_SET, NOT_SET, Pass),
    (rule(OPEN, kind=None), UNANSWERED, NOT_SET, NOT_SET, Pass),
    (rule(COMPANY), UNANSWERED, True, NOT_SET, Warn),
    (rule(COMPANY), UNANSWERED, NOT_SET, "personal", Warn),
    (rule(COMPANY), UNANSWERED, False, NOT_SET, Pass),
    (rule(COMPANY), UNANSWERED, NOT_SET, NOT_SET, Manual),
    (rule(CLOSED), UNANSWERED, NOT_SET, NOT_SET, Fail),
    (rule(CLOSED), Attested(answer=True), NOT_SET, NOT_SET, Fail),
    (rule(Restriction()), UNANSWERED, NOT_SET, NOT_SET, Unknown),
    (rule(Restriction(False)), UNANSWERED, NOT_SET, NOT_SET, Unknown),
    (rule(None), UNANSWERED, NOT_SET, NOT_SET, Unknown),
    (rule(OPEN, priority=5), UNANSWERED, NOT_SET, NOT_SET, Unknown),
    ((), UNANSWERED, NOT_SET, NOT_SET, Unknown),
    (REFUSED, UNANSWERED, NOT_SET, NOT_SET, Unknown),
    (REFUSED, Attested(answer=True), NOT_SET, NOT_SET, Pass),
    (REFUSED, Attested(answer=False), NOT_SET, NOT_SET, Fail),
]


@pytest.mark.parametrize("check", [ios_enabled, windows_pc_enabled])
@pytest.mark.parametrize(("rules", "attested", "byod", "owner", "status"), RULES)
def test_platforms_may_enrol(check: Any, rules: Any, attested: Any, byod: Any, owner: Any, status: type[Outcome]) -> None:
    assert verdict(check(rules=rules, attested=attested, byod=byod, ownership=owner)) is status


@pytest.mark.parametrize(
    ("rules", "attested", "platforms", "status"),
    [
        (REFUSED, Attested(answer=False), NOT_SET, Pass),
        (REFUSED, UNANSWERED, ["Windows", "iOS"], Pass),
        (rule(OPEN), Attested(answer=True), NOT_SET, Warn),
        (rule(None), UNANSWERED, ["Windows 10 Mobile"], Warn),
        (rule(CLOSED), UNANSWERED, ["windows phone 8.1"], Fail),
        (REFUSED, Attested(answer=True), NOT_SET, Unknown),
        ((), Attested(answer=True), NOT_SET, Unknown),
        (rule(OPEN), UNANSWERED, NOT_SET, Manual),
    ],
)
def test_windows_mobile_enabled(rules: Any, attested: Any, platforms: Any, status: type[Outcome]) -> None:
    assert verdict(windows_mobile_enabled(rules=rules, attested=attested, platforms=platforms)) is status


@pytest.mark.parametrize(
    ("platforms", "rules", "play", "status"),
    [
        (["Windows"], REFUSED, REFUSED, Pass),
        (["Android"], rule(OPEN), Perhaps(PlayBinding("boundAndValidated")), Pass),
        (["Android"], rule(CLOSED), Perhaps(PlayBinding("boundAndValidated")), Warn),
        (["android enterprise"], rule(OPEN), Perhaps(PlayBinding("notBound")), Warn),
        (["Android"], rule(OPEN), Perhaps(None), Warn),
        (["Android"], rule(OPEN), Perhaps(PlayBinding()), Unknown),
        (["Android"], rule(OPEN), REFUSED, Unknown),
        (["Android"], REFUSED, Perhaps(PlayBinding("boundAndValidated")), Unknown),
        (["Android"], rule(None), Perhaps(PlayBinding("boundAndValidated")), Unknown),
        (["Android"], (), Perhaps(PlayBinding("boundAndValidated")), Unknown),
    ],
)
def test_android(platforms: Any, rules: Any, play: Any, status: type[Outcome]) -> None:
    assert verdict(android(platforms=platforms, rules=rules, play=play)) is status


# -- enrollment.* --


@pytest.mark.parametrize(
    ("registered", "names", "status"),
    [
        ([joined()], ["pc1"], Pass),
        ([joined(), joined("phone", operating_system="iOS")], NOT_SET, Pass),
        ([joined(trust_type="ServerAd")], NOT_SET, Pass),
        ([joined(), joined("PC2", operating_system_version="10.0.19045.5")], NOT_SET, Warn),
        ([joined(), joined("PC2", operating_system_version="10.0.22631.5")], NOT_SET, Warn),
        ([joined(), joined("PC2", operating_system_version="10.0.15063.5")], NOT_SET, Warn),
        ([joined(), joined("SRV", operating_system="Windows Server 2022")], NOT_SET, Warn),
        ([joined(), joined("PC7", operating_system_version="6.1.7601")], ["pc1", "pc7"], Warn),
        ([joined(operating_system_version="6.1.7601")], ["pc1"], Fail),
        ([joined(operating_system="Windows Server 2022")], ["pc1"], Fail),
        ([joined(operating_system="MacMDM")], ["pc1"], Fail),
        ([joined(trust_type="Workplace")], ["pc1"], Unknown),
        ([joined(operating_system_version=None)], ["pc1"], Unknown),
        ([joined(operating_system_version="unknown")], ["pc1"], Unknown),
        ([joined(operating_system=None)], ["pc1"], Unknown),
        ([joined()], ["pc1", "pc2"], Unknown),
        ([], ["pc1"], Unknown),
        ([joined(account_enabled=False)], NOT_SET, Unknown),
        ([], NOT_SET, Unknown),
    ],
)
def test_windows_client_version(registered: Any, names: Any, status: type[Outcome]) -> None:
    assert verdict(windows_client_version(registered=Table.of(registered), site=NO_SITE, names=names, as_of=NOW)) is status


def inventory(*devices: SiteDevice, sees: Any = ALL) -> SiteDeviceList:
    return SiteDeviceList(Table.of(list(devices)), sees)


def device(name: str = "PC1", **changed: Any) -> SiteDevice:
    usual: dict[str, Any] = {
        "is_client": True, "device_os": "Microsoft Windows NT Workstation 10.0", "device_os_build": "10.0.26100.2033",
        "domain": "CORP",
    }
    return SiteDevice(7, name, **{**usual, **changed})


NO_GRAPH = Missing("Graph refuses", "Grant it.")


@pytest.mark.parametrize(
    ("registered", "site", "names", "status"),
    [
        (NO_GRAPH, NO_SITE, ["pc1"], Unknown),
        (NO_GRAPH, inventory(device()), ["pc1"], Pass),
        (NO_GRAPH, inventory(device()), NOT_SET, Pass),
        (NO_GRAPH, inventory(device(), sees=MAYBE), NOT_SET, Unknown),
        (NO_GRAPH, inventory(device(device_os_build="10.0.15063.5"), sees=MAYBE), NOT_SET, Unknown),
        (NO_GRAPH, inventory(device(), device("PC2")), ["pc1", "pc3"], Unknown),
        (NO_GRAPH, inventory(device(), device("PC2", device_os_build="10.0.19045.1")), ["pc1", "pc2"], Warn),
        (NO_GRAPH, inventory(device(device_os="Microsoft Windows NT Workstation 6.1", device_os_build="6.1.7601")), ["pc1"], Fail),
        (NO_GRAPH, inventory(device(device_os="Microsoft Windows NT Advanced Server 10.0")), ["pc1"], Fail),
        (NO_GRAPH, inventory(device(device_os=msgspec.UNSET)), ["pc1"], Unknown),
        (NO_GRAPH, inventory(device(device_os_build=msgspec.UNSET)), ["pc1"], Unknown),
        (NO_GRAPH, inventory(device(domain="WORKGROUP")), ["pc1"], Unknown),
        (NO_GRAPH, inventory(device(domain=msgspec.UNSET)), ["pc1"], Unknown),
        (NO_GRAPH, inventory(device(is_client=False), device("SRV", device_os="Windows Server")), NOT_SET, Unknown),
        # what the directory does not know, or says nothing of, the site may
        (Table.of([]), inventory(device()), ["pc1"], Pass),
        (Table.of([joined(operating_system_version=None)]), inventory(device()), ["pc1"], Pass),
        (Table.of([joined(operating_system_version="10.0.15063.5")]), inventory(device()), ["pc1"], Warn),
        (Table.of([joined()]), inventory(device(device_os_build="6.1.7601")), ["pc1"], Pass),
        (Table.of([joined()]), inventory(), ["pc1", "pc2"], Unknown),
    ],
)
def test_windows_client_version_by_the_site(registered: Any, site: Any, names: Any, status: type[Outcome]) -> None:
    assert verdict(windows_client_version(registered=registered, site=site, names=names, as_of=NOW)) is status


def test_a_release_is_judged_by_the_day() -> None:
    old = Table.of([joined(operating_system_version="10.0.19045.5")])
    before = datetime(2025, 10, 14, 12, tzinfo=UTC)
    assert verdict(windows_client_version(registered=old, site=NO_SITE, names=["pc1"], as_of=before)) is Pass
    assert verdict(windows_client_version(registered=old, site=NO_SITE, names=["pc1"], as_of=before + DAY)) is Warn


@pytest.mark.parametrize(
    ("names", "enrolled", "status"),
    [
        (["pc1"], [managed()], Pass),
        (["s1"], [managed()], Pass),
        (["pc1"], [managed(ago=200 * DAY, entra="d0"), managed()], Pass),
        (["pc1"], [managed(ago=8 * DAY)], Warn),
        (["pc1"], [managed(ago=None)], Warn),
        (["pc1", "pc2"], [managed()], Warn),
        (["pc1", "pc2"], [managed("other")], Fail),
        (["pc1"], [], Fail),
        (["pc1"], [ManagedDevice("m", "PC1")], Unknown),
    ],
)
def test_devices_in_intune(names: Any, enrolled: Any, status: type[Outcome]) -> None:
    assert verdict(devices_in_intune(names=names, enrolled=Table.of(enrolled), as_of=NOW)) is status


PROFILES = (AutopilotProfile("t1", "Standard"),)
ALL_DEVICES = Target("#microsoft.graph.allDevicesAssignmentTarget")
BOXES = Table.of([AutopilotDevice("h1", "S1"), AutopilotDevice("h2", "S2", azure_device_id="d2")])
INVENTORY = Table.of([managed(), managed("PC2", entra="d2", serial="")])


@pytest.mark.parametrize(
    ("wanted", "profiles", "assigned", "sizes", "hardware", "enrolled", "names", "status"),
    [
        (False, REFUSED, REFUSED, REFUSED, REFUSED, REFUSED, NOT_SET, Pass),
        (True, PROFILES, given(ALL_DEVICES), {}, BOXES, INVENTORY, ["PC1", "pc2"], Pass),
        (True, PROFILES, given(GROUP), {"g1": 3}, BOXES, INVENTORY, ["s2"], Pass),
        (True, PROFILES, given(GROUP), {"g1": 3}, BOXES, INVENTORY, ["PC9"], Warn),
        (True, PROFILES, given(GROUP), {"g1": 3}, BOXES, REFUSED, ["PC9"], Unknown),
        (True, PROFILES, given(GROUP), {"g1": 3}, BOXES, INVENTORY, NOT_SET, Manual),
        (True, PROFILES, given(GROUP), {"g1": 3}, REFUSED, INVENTORY, ["PC1"], Unknown),
        (True, PROFILES, given(GROUP), {"g1": 0}, BOXES, INVENTORY, ["PC1"], Fail),
        (True, PROFILES, given(GROUP), {"g1": None}, BOXES, INVENTORY, ["PC1"], Fail),
        (True, PROFILES, given(), {}, BOXES, INVENTORY, ["PC1"], Fail),
        (True, (), {}, {}, BOXES, INVENTORY, ["PC1"], Fail),
        (True, PROFILES, given(GROUP), REFUSED, BOXES, INVENTORY, ["PC1"], Unknown),
        (True, PROFILES, given(Target()), {}, BOXES, INVENTORY, ["PC1"], Unknown),
        (True, REFUSED, REFUSED, REFUSED, BOXES, INVENTORY, ["PC1"], Unknown),
    ],
)
def test_autopilot(wanted: Any, profiles: Any, assigned: Any, sizes: Any, hardware: Any, enrolled: Any, names: Any, status: type[Outcome]) -> None:
    outcomes = autopilot(
        in_scope=wanted, profiles=profiles, assignments=assigned, sizes=sizes, hardware=hardware, enrolled=enrolled, names=names
    )
    assert verdict(outcomes) is status
