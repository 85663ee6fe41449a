"""Every verdict of the checks for policies: by platform in scope and by assignment."""

from datetime import UTC, datetime
from typing import Any

import pytest
from msgspec import UNSET
from msgspec.structs import replace

from assess.check import Fail, Manual, Missing, Outcome, Pass, Table, Unknown, Warn, worst
from assess.evidence.access import AccessApplications, AccessConditions, AccessGrant, AccessPolicy
from assess.evidence.config import Attested
from assess.evidence.devices import ManagedDevice
from assess.evidence.enrolment import Assignment, Target
from assess.evidence.policies import (
    Action,
    CataloguePolicy,
    Compliance,
    Conflict,
    MessageTemplate,
    Profile,
    Rule,
)
from assess.evidence.settings import CatalogueSetting, Choice, Instance, Named, SettingGroup
from checks.policies import (
    EXCHANGE_ONLINE,
    compliance_policies,
    configuration_policies,
    email_access_conditions,
    policies_before_enrolment,
    policy_conflicts,
    proactive_monitoring,
)

REFUSED = Missing("Graph refuses", "Grant it.")
UNSET_KEY = Missing("the key is not set", "Set it.", key="some.key")
MAY, JUNE, JULY = (datetime(2026, month, 1, tzinfo=UTC) for month in (5, 6, 7))
TO_ALL = (Assignment("1", Target("#microsoft.graph.allDevicesAssignmentTarget")),)
TO_NONE = (Assignment("1", Target("#microsoft.graph.exclusionGroupAssignmentTarget", "g")),)

IOS = Profile("p", "#microsoft.graph.iosGeneralDeviceConfiguration", "iOS", MAY, passcode_required=True)
ANDROID = Profile("a", "#microsoft.graph.androidDeviceOwnerGeneralDeviceConfiguration", "Android", MAY, password_required_type="numericComplex")
OLD_ANDROID = Profile("o", "#microsoft.graph.androidGeneralDeviceConfiguration", "Old", MAY, password_required=True)
WINDOWS = Profile("w", "#microsoft.graph.windows10GeneralConfiguration", "Windows", MAY, password_required=True)
BITLOCKER = Profile("b", "#microsoft.graph.windows10EndpointProtectionConfiguration", "BitLocker", MAY, bit_locker_encrypt_device=True)
CATALOGUE = CataloguePolicy("s", "Catalogue", "windows10", created_date_time=MAY)


def everywhere(*policies: Any, targets: Any = TO_ALL) -> dict[str, Any]:
    return {policy.id: targets for policy in policies}


def choice(name: str, option: str, *children: Instance) -> Instance:
    return Instance(name, Choice(f"{name}_{option}", children))


def setting(name: str) -> CatalogueSetting:
    return CatalogueSetting("0", Instance(name))


PASSWORD, FORCE_PIN = "device_vendor_msft_policy_config_devicelock_devicepasswordenabled", "com.apple.mobiledevice.passwordpolicy_forcepin"
ENCRYPTION, FILE_VAULT = "device_vendor_msft_bitlocker_requiredeviceencryption", "com.apple.mcx.filevault2_enable"
LENGTH = Instance("device_vendor_msft_policy_config_devicelock_mindevicepasswordlength")
LOCKED, SEALED = choice(PASSWORD, "0", LENGTH), choice(ENCRYPTION, "1")
PAYLOAD = "com.apple.mobiledevice.passwordpolicy_com.apple.mobiledevice.passwordpolicy"


def payload(*children: Instance) -> Instance:
    return Instance(PAYLOAD, group_setting_collection_value=(SettingGroup(children),))


@pytest.mark.parametrize(
    ("platform", "instances", "status", "words"),
    [
        ("Windows", (LOCKED, SEALED), Pass, "Catalogue"),
        ("Windows", (choice(PASSWORD.upper(), "0"), SEALED), Pass, ""),
        # inside of a group, inside of a choice
        ("Windows", (Instance("group", group_setting_value=SettingGroup((LOCKED, SEALED))),), Pass, ""),
        ("Windows", (Instance("several", choice_setting_collection_value=(Choice("a", (LOCKED,)), Choice("b", (SEALED,)))),), Pass, ""),
        ("macOS", (payload(choice(FORCE_PIN, "true")), Instance("v", group_setting_collection_value=(SettingGroup((choice(FILE_VAULT, "0"),)),))), Pass, ""),
        # what encrypts an iPhone is its passcode
        ("iOS", (payload(choice(FORCE_PIN, "true")),), Pass, ""),
        ("Windows", (LOCKED,), Warn, "encryption not set"),
        ("Windows", (choice(PASSWORD, "1", LENGTH), SEALED), Warn, "password not set"),
        ("Windows", (LOCKED, choice(ENCRYPTION, "0")), Warn, "encryption not set"),
        ("Windows", (Instance("device_vendor_msft_policy_config_browser_allowpasswordmanager"),), Warn, "password and encryption not set"),
        ("iOS", (Instance("com.apple.applicationaccess_allowcamera"),), Warn, "password and encryption not set"),
        # it speaks of the matter, in a way that is not known
        ("Windows", (LENGTH, SEALED), Unknown, "whether password is enforced"),
        ("Windows", (LOCKED, Instance("device_vendor_msft_bitlocker_systemdrivesencryptiontype")), Unknown, "whether encryption is enforced"),
        ("macOS", (payload(choice(FORCE_PIN, "true")), choice(FILE_VAULT, "on")), Unknown, "encryption"),
        ("Windows", (LOCKED, Instance(ENCRYPTION)), Unknown, "encryption"),
        # Graph leaves something out
        ("Windows", (None, LOCKED, SEALED), Pass, ""),
        ("Windows", (None, LOCKED), Unknown, "encryption"),
        ("Windows", (LOCKED, Instance(None)), Unknown, "encryption"),
        ("Windows", (), Unknown, "password and encryption"),
    ],
)
def test_settings_of_the_catalogue(platform: str, instances: Any, status: type[Outcome], words: str) -> None:
    policy = replace(CATALOGUE, platforms={"Windows": "windows10"}.get(platform, platform))
    settings = {"s": tuple(CatalogueSetting(str(n), one) for n, one in enumerate(instances))}
    [outcome] = configuration_policies(
        platforms=[platform], profiles=(), of_profiles={}, catalogue=(policy,), of_catalogue=everywhere(policy), settings=settings
    )
    assert isinstance(outcome, status), outcome
    assert words in getattr(outcome, "observed", "") + getattr(outcome, "because", "")


@pytest.mark.parametrize(("settings", "profiles", "status"), [(REFUSED, (), Unknown), ({}, (), Unknown), ({"s": None}, (), Unknown), (REFUSED, (WINDOWS, BITLOCKER), Pass)])
def test_settings_that_nobody_read(settings: Any, profiles: Any, status: type[Outcome]) -> None:
    [outcome] = configuration_policies(
        platforms=["Windows"], profiles=profiles, of_profiles=everywhere(*profiles), catalogue=(CATALOGUE,), of_catalogue=everywhere(CATALOGUE), settings=settings
    )
    assert isinstance(outcome, status)


@pytest.mark.parametrize("kind", ["", "#microsoft.graph.newAssignmentTarget", "#microsoft.graph.configurationManagerCollectionAssignmentTarget"])
def test_an_assignment_of_an_unknown_kind_assigns_nothing(kind: str) -> None:
    targets = {WINDOWS.id: (Assignment("1", Target(kind or UNSET, "g")),)}
    [outcome] = configuration_policies(
        platforms=["Windows"], profiles=(WINDOWS,), of_profiles=targets, catalogue=(), of_catalogue={}, settings={}
    )
    assert isinstance(outcome, Warn if "Collection" in kind else Unknown)


def test_a_group_that_is_left_out_again_is_not_meant() -> None:
    both = (Assignment("1", Target("#microsoft.graph.groupAssignmentTarget", "G")), Assignment("2", Target("#microsoft.graph.exclusionGroupAssignmentTarget", "g")))
    [outcome] = configuration_policies(
        platforms=["iOS"], profiles=(IOS,), of_profiles={IOS.id: both}, catalogue=(), of_catalogue={}, settings={}
    )
    assert isinstance(outcome, Warn)


@pytest.mark.parametrize(
    ("platform", "profiles", "targets", "catalogue", "status"),
    [
        ("iOS", (IOS,), TO_ALL, (), Pass),
        ("ios", (IOS,), TO_ALL, REFUSED, Pass),
        ("Android", (ANDROID,), TO_ALL, (), Pass),
        ("Windows 10", (WINDOWS, BITLOCKER), TO_ALL, (), Pass),
        ("Windows 10", (WINDOWS,), TO_ALL, (), Warn),
        ("Windows 10", (WINDOWS,), TO_ALL, (CATALOGUE,), Warn),
        ("android", (OLD_ANDROID,), TO_ALL, (), Warn),
        ("android", (replace(ANDROID, password_required_type="deviceDefault"),), TO_ALL, (), Warn),
        ("ios", (IOS,), TO_NONE, (), Warn),
        ("ios", (IOS,), (), (), Warn),
        ("macOS", (IOS,), TO_ALL, (), Warn),
        ("ios", (), TO_ALL, (), Warn),
        ("ios", (replace(IOS, type=UNSET),), TO_ALL, (), Unknown),
        ("macOS", (), TO_ALL, REFUSED, Unknown),
        ("ios", REFUSED, TO_ALL, (), Unknown),
        ("Windows Phone", (WINDOWS,), TO_ALL, (), Unknown),
    ],
)
def test_configuration_policies(platform: str, profiles: Any, targets: Any, catalogue: Any, status: type[Outcome]) -> None:
    known = () if isinstance(profiles, Missing) else profiles
    of_catalogue = {} if isinstance(catalogue, Missing) else everywhere(*catalogue)
    [outcome] = configuration_policies(
        platforms=[platform], profiles=profiles, of_profiles=everywhere(*known, targets=targets), catalogue=catalogue, of_catalogue=of_catalogue,
        settings={"s": (setting("device_vendor_msft_policy_config_devicelock_maxinactivitytimedevicelock"),)},
    )
    assert isinstance(outcome, status), outcome
    assert outcome.subject == platform


C_IOS = Compliance("i", "#microsoft.graph.iosCompliancePolicy", "iOS", MAY, passcode_required=True, security_block_jailbroken_devices=True)
C_WIN = Compliance("w", "#microsoft.graph.windows10CompliancePolicy", "Windows", MAY, password_required=True, bit_locker_enabled=True)
C_AND = Compliance("a", "#microsoft.graph.androidCompliancePolicy", "Android", MAY, None, True, True, security_block_jailbroken_devices=True)


@pytest.mark.parametrize(
    ("platform", "policies", "targets", "status"),
    [
        ("iOS", (C_IOS,), everywhere(C_IOS), Pass),
        ("Windows 11", (C_WIN,), everywhere(C_WIN), Pass),
        ("Android", (C_AND,), everywhere(C_AND), Pass),
        ("iOS", (replace(C_IOS, security_block_jailbroken_devices=False),), everywhere(C_IOS), Warn),
        ("Android", (replace(C_AND, storage_require_encryption=False),), everywhere(C_AND), Warn),
        ("Windows", (replace(C_WIN, password_required=False),), everywhere(C_WIN), Warn),
        ("iOS", (C_WIN,), everywhere(C_WIN), Warn),
        ("iOS", (C_IOS,), everywhere(C_IOS, targets=()), Warn),
        ("iOS", (C_IOS,), everywhere(C_IOS, targets=TO_NONE), Warn),
        ("iOS", (), {}, Warn),
        ("iOS", (replace(C_IOS, type=UNSET),), everywhere(C_IOS), Unknown),
        ("iOS", REFUSED, {}, Unknown),
        ("iOS", (C_IOS,), REFUSED, Unknown),
        ("Linux", (), {}, Unknown),
    ],
)
def test_compliance_policies(platform: str, policies: Any, targets: Any, status: type[Outcome]) -> None:
    [outcome] = compliance_policies(platforms=[platform], policies=policies, targets=targets)
    assert isinstance(outcome, status), outcome


def device(number: str, name: str, system: Any, when: Any) -> ManagedDevice:
    return ManagedDevice(number, name, operating_system=system, management_agent="mdm", enrolled_date_time=when)


def phone(when: Any) -> ManagedDevice:
    return device("1", "phone", "iOS", when)


@pytest.mark.parametrize(
    ("profiles", "policies", "devices", "status"),
    [
        ((IOS,), (C_IOS,), [phone(JUNE)], Pass),
        ((IOS,), (C_IOS,), [], Pass),
        ((IOS,), (C_IOS,), [device("2", "pc", "Windows", MAY)], Pass),
        ((replace(IOS, created_date_time=JULY),), (C_IOS,), [phone(JUNE)], Warn),
        ((IOS,), (replace(C_IOS, created_date_time=JULY),), [phone(JUNE), phone(JULY)], Warn),
        ((), (C_IOS,), [phone(JUNE)], Warn),
        ((IOS,), (), [], Warn),
        ((IOS,), (C_IOS,), [phone(UNSET)], Unknown),
        ((IOS,), (C_IOS,), [device("3", "x", None, JUNE)], Unknown),
        ((IOS,), (C_IOS,), [device("3", "x", UNSET, None)], Unknown),
        ((IOS,), (C_IOS,), [device("3", "x", "ChromeOS", None)], Pass),
        ((replace(IOS, created_date_time=UNSET),), (C_IOS,), [phone(JUNE)], Unknown),
        (REFUSED, (C_IOS,), [phone(JUNE)], Unknown),
        ((IOS,), REFUSED, [phone(JUNE)], Unknown),
        ((replace(IOS, type=UNSET),), (C_IOS,), [phone(JUNE)], Unknown),
    ],
)
def test_policies_before_enrolment(profiles: Any, policies: Any, devices: list[ManagedDevice], status: type[Outcome]) -> None:
    [outcome] = policies_before_enrolment(
        platforms=["iOS"], profiles=profiles, of_profiles=everywhere(IOS), catalogue=(), of_catalogue={}, policies=policies,
        targets=everywhere(C_IOS), devices=Table.of(devices), templates=(), of_templates={},
    )  # fmt: skip
    assert isinstance(outcome, status), outcome


TEMPLATE = Named("t", "Edge", MAY)


@pytest.mark.parametrize(
    ("templates", "targets", "status"),
    [((TEMPLATE,), TO_ALL, Pass), ((TEMPLATE,), TO_NONE, Warn), ((), TO_ALL, Warn), (REFUSED, TO_ALL, Unknown), ((replace(TEMPLATE, created_date_time=JULY),), TO_ALL, Warn)],
)
def test_administrative_templates_before_enrolment(templates: Any, targets: Any, status: type[Outcome]) -> None:
    pc = ManagedDevice("d", operating_system="Windows", enrolled_date_time=JUNE)
    [outcome] = policies_before_enrolment(
        platforms=["Windows"], profiles=(), of_profiles={}, catalogue=(), of_catalogue={}, policies=(C_WIN,), targets=everywhere(C_WIN),
        devices=Table.of([pc]), templates=templates, of_templates={"t": targets},
    )  # fmt: skip
    assert isinstance(outcome, status), outcome


def test_a_system_that_is_not_told_may_be_any() -> None:
    unknown = ManagedDevice("d", operating_system="Unknown", enrolled_date_time=MAY)
    [outcome] = policies_before_enrolment(
        platforms=["iOS"], profiles=(IOS,), of_profiles=everywhere(IOS), catalogue=(), of_catalogue={}, policies=(C_IOS,), targets=everywhere(C_IOS),
        devices=Table.of([unknown]), templates=(), of_templates={},
    )  # fmt: skip
    assert isinstance(outcome, Unknown)


YES, NO = Attested(answer=True, by="A. Meyer"), Attested(answer=False)


@pytest.mark.parametrize(
    ("conflicts", "attested", "status"),
    [
        ((), YES, Pass),
        ((Conflict("1", ("a",), 0),), YES, Pass),
        ((Conflict("1", ("a",), 3),), YES, Warn),
        ((), NO, Warn),
        ((), UNSET_KEY, Manual),
        ((Conflict("1", ("a",)),), YES, Unknown),
        (REFUSED, YES, Unknown),
        (REFUSED, UNSET_KEY, Unknown),
    ],
)
def test_policy_conflicts(conflicts: Any, attested: Any, status: type[Outcome]) -> None:
    assert isinstance(worst(policy_conflicts(conflicts=conflicts, attested=attested)), status)


@pytest.mark.parametrize(
    ("attested", "status"),
    [
        (Attested("Service desk, also by SMS through the ticket system"), Pass),
        (Attested(["Service desk", "On-call"]), Pass),
        (NO, Warn),
        (Attested(""), Warn),
        (Attested("none"), Warn),
        (Attested("SMS is mandatory, and no other channel is planned"), Fail),
        (YES, Manual),
        (UNSET_KEY, Manual),
        (Missing("the evidence is broken"), Unknown),
    ],
)
def test_proactive_monitoring(attested: Any, status: type[Outcome]) -> None:
    assert isinstance(worst(proactive_monitoring(attested=attested)), status)


MAIL = AccessConditions(applications=AccessApplications((EXCHANGE_ONLINE,), ()))
STRICT = AccessPolicy("1", "Mail", "enabled", MAIL, AccessGrant("AND", ("compliantDevice", "mfa")))
GOOD: dict[str, Any] = {
    "capabilities": ["email.conditional-access-online"], "access": (STRICT,), "policies": (C_IOS,), "targets": everywhere(C_IOS),
    "actions": {"i": (Rule("1", (Action("block"), Action("notification", "t"))),)}, "templates": (MessageTemplate("t"),),
}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({}, Pass),
        ({"access": (replace(STRICT, conditions=AccessConditions(applications=AccessApplications(("All",)))),)}, Pass),
        ({"access": (replace(STRICT, grant_controls=AccessGrant("OR", ("compliantDevice",))),)}, Pass),
        ({"access": (replace(STRICT, grant_controls=AccessGrant("OR", ("compliantDevice", "mfa"))),)}, Warn),
        ({"access": (replace(STRICT, state="enabledForReportingButNotEnforced"),)}, Warn),
        ({"access": (replace(STRICT, state="disabled"),)}, Fail),
        ({"access": (replace(STRICT, grant_controls=None),)}, Fail),
        ({"access": (replace(STRICT, conditions=AccessConditions(applications=AccessApplications(("All",), (EXCHANGE_ONLINE,)))),)}, Fail),
        ({"access": ()}, Fail),
        ({"access": (), "capabilities": []}, Warn),
        ({"access": (), "capabilities": UNSET_KEY}, Warn),
        ({"access": (replace(STRICT, conditions=UNSET),)}, Unknown),
        ({"access": REFUSED}, Unknown),
        ({"policies": ()}, Warn),
        ({"policies": (replace(C_IOS, passcode_required=False),)}, Warn),
        ({"policies": (replace(C_IOS, type=UNSET),)}, Unknown),
        ({"policies": REFUSED}, Unknown),
        ({"targets": REFUSED}, Unknown),
        ({"templates": ()}, Warn),
        ({"actions": {"i": (Rule("1", (Action("block"),)),)}}, Warn),
        ({"actions": {"i": (Rule("1"),)}}, Unknown),
        ({"actions": {"i": (Rule("1", (Action(),)),)}}, Unknown),
        ({"actions": REFUSED}, Unknown),
        ({"templates": REFUSED}, Unknown),
    ],
)
def test_email_access_conditions(change: dict[str, Any], status: type[Outcome]) -> None:
    assert isinstance(worst(email_access_conditions(**(GOOD | change))), status)
