"""Every verdict on the enrolment profiles for iPhone and iPad."""

from typing import Any

import pytest
from msgspec import UNSET

from assess.check import Fail, Manual, Pass, Unknown, Warn, worst
from assess.evidence.apple import (
    AppAssignment,
    AssignmentSettings,
    EnrollmentProfile,
    ManagementCertificate,
)
from checks.apple.profiles import (
    profile_additional_management,
    profile_created,
    profile_setup_assistant,
    profile_supervision_and_lock,
    profile_support_info,
    profile_user_affinity,
)
from specimens import REFUSED, unset

NAME = "Contoso iPhone"
NO_NAME = unset("ios.profile_name")


def profile(name: str = NAME, **more: Any) -> EnrollmentProfile:
    facts: dict[str, Any] = {
        "id": name, "odata_type": "#microsoft.graph.depIOSEnrollmentProfile", "display_name": name, "description": "for staff",
        "is_default": True, "requires_user_authentication": True, "support_department": "IT", "support_phone_number": "+49 30 1",
        "supervised_mode_enabled": True, "profile_removal_disabled": True, "pass_code_disabled": False, "location_disabled": True,
        "restore_blocked": True, "apple_id_disabled": False, "terms_and_conditions_disabled": False, "siri_disabled": True,
        "diagnostics_disabled": True, "enabled_skip_keys": (), "i_tunes_pairing_mode": "disallow", "management_certificates": (),
    }  # fmt: skip
    return EnrollmentProfile(**{**facts, **more})


def of(*profiles: EnrollmentProfile) -> Any:
    return {"t1": profiles}


MAC = profile(odata_type="#microsoft.graph.depMacOSEnrollmentProfile")
NO_TOKEN: Any = {}
GONE: Any = {"t1": None}


@pytest.mark.parametrize(
    ("profiles", "name", "kind"),
    [
        (of(profile()), NAME, Pass),
        (of(profile()), " contoso iphone", Pass),
        (of(profile(odata_type=UNSET)), NAME, Pass),
        ({"t1": (profile("Other"),), "t2": (profile(),)}, NAME, Pass),
        (of(profile(description="")), NAME, Warn),
        (of(profile(description=None)), NAME, Warn),
        (of(profile(is_default=False)), NAME, Warn),
        (of(profile(is_default=False), profile("Other")), NAME, Pass),
        (of(profile("Other")), NAME, Fail),
        (of(MAC), NAME, Fail),
        (of(), NAME, Fail),
        (NO_TOKEN, NAME, Fail),
        (of(), NO_NAME, Fail),
        (of(profile()), NO_NAME, Manual),
        (of(profile(description="")), NO_NAME, Warn),
        (of(profile(description=UNSET)), NAME, Unknown),
        (of(profile(is_default=UNSET)), NAME, Unknown),
        (GONE, NAME, Unknown),
    ],
)
def test_profile_created(profiles: Any, name: Any, kind: type) -> None:
    assert isinstance(worst(profile_created(profiles, name)), kind)


@pytest.mark.parametrize(
    ("profiles", "name", "use", "kind"),
    [
        (of(profile()), NAME, "personal-use", Pass),
        (of(profile(requires_user_authentication=False)), NAME, "shared", Pass),
        (of(profile(requires_user_authentication=False)), NAME, "personal-use", Fail),
        (of(profile()), NAME, "shared", Fail),
        (of(profile(requires_user_authentication=UNSET)), NAME, "shared", Unknown),
        (of(profile(requires_user_authentication=None)), NAME, "personal-use", Unknown),
        (of(profile("Other")), NAME, "shared", Unknown),
        (
            of(profile(), profile("Kiosk", requires_user_authentication=False)),
            NAME,
            "personal-use",
            Pass,
        ),
        (
            of(profile(), profile("Kiosk", requires_user_authentication=False)),
            NO_NAME,
            "personal-use",
            Unknown,
        ),
        (of(profile(), profile("Kiosk")), NO_NAME, "shared", Fail),
        (of(profile()), NO_NAME, "personal-use", Pass),
        (NO_TOKEN, NAME, "shared", Unknown),
        (GONE, NAME, "shared", Unknown),
    ],
)
def test_profile_user_affinity(profiles: Any, name: Any, use: str, kind: type) -> None:
    assert isinstance(worst(profile_user_affinity(profiles, name, use)), kind)


@pytest.mark.parametrize(
    ("profiles", "kind"),
    [
        (of(profile()), Pass),
        (of(profile(support_department=" ")), Warn),
        (of(profile(support_phone_number=None)), Warn),
        (of(profile(support_phone_number=UNSET)), Unknown),
        (of(), Unknown),
        (GONE, Unknown),
    ],
)
def test_profile_support_info(profiles: Any, kind: type) -> None:
    assert isinstance(worst(profile_support_info(profiles, NAME)), kind)


NOT_SET = unset("ios.supervised")


@pytest.mark.parametrize(
    ("one", "supervised", "locked", "kind"),
    [
        (profile(), True, True, Pass),
        (profile(supervised_mode_enabled=False), False, True, Warn),
        (profile(profile_removal_disabled=False), True, False, Warn),
        (profile(supervised_mode_enabled=False), True, True, Fail),
        (profile(), False, True, Fail),
        (profile(), True, False, Fail),
        (profile(), NOT_SET, True, Manual),
        (profile(), NOT_SET, NOT_SET, Manual),
        (profile(supervised_mode_enabled=False), NOT_SET, NOT_SET, Warn),
        (profile(supervised_mode_enabled=UNSET), True, True, Unknown),
        (profile(profile_removal_disabled=None), True, True, Unknown),
        (profile("Other"), True, True, Unknown),
    ],
)
def test_profile_supervision_and_lock(one: Any, supervised: Any, locked: Any, kind: type) -> None:
    assert isinstance(worst(profile_supervision_and_lock(of(one), NAME, supervised, locked)), kind)


DECISION = {
    "passcode": "show", "location": "skip", "restore": "skip", "apple-id": "show", "terms": "show", "siri": "skip",
    "diagnostics": "skip",
}  # fmt: skip
SKIP_APPLE = {**DECISION, "apple-id": "skip"}
NO_APPLE = profile(apple_id_disabled=True)
BY_DEVICE = AppAssignment("1", "required", settings=AssignmentSettings(use_device_licensing=True))
BY_USER = AppAssignment("1", "required", settings=AssignmentSettings(use_device_licensing=False))


@pytest.mark.parametrize(
    ("one", "decision", "assigned", "kind"),
    [
        (profile(), DECISION, REFUSED, Pass),
        (profile(siri_disabled=False), DECISION, {}, Warn),
        (profile(siri_disabled=False, enabled_skip_keys=("Siri",)), DECISION, {}, Pass),
        (profile(siri_disabled=UNSET, enabled_skip_keys=("siri",)), DECISION, {}, Pass),
        (profile(siri_disabled=UNSET), DECISION, {}, Unknown),
        (profile(siri_disabled=None), DECISION, {}, Unknown),
        (profile(enabled_skip_keys=UNSET), DECISION, {}, Pass),
        (profile(), {"passcode": "show"}, {}, Manual),
        (profile(), {**DECISION, "siri": "perhaps"}, {}, Manual),
        (NO_APPLE, SKIP_APPLE, {"app": (BY_DEVICE,)}, Pass),
        (NO_APPLE, SKIP_APPLE, {"app": (BY_USER,)}, Warn),
        (NO_APPLE, SKIP_APPLE, {}, Warn),
        (NO_APPLE, SKIP_APPLE, REFUSED, Unknown),
        (
            profile(apple_id_disabled=True, company_portal_vpp_token_id="vpp"),
            SKIP_APPLE,
            REFUSED,
            Pass,
        ),
        (
            profile(apple_id_disabled=True, requires_user_authentication=False),
            SKIP_APPLE,
            REFUSED,
            Pass,
        ),
        (profile("Other"), DECISION, {}, Unknown),
    ],
)
def test_profile_setup_assistant(one: Any, decision: Any, assigned: Any, kind: type) -> None:
    assert isinstance(worst(profile_setup_assistant(of(one), NAME, decision, assigned)), kind)


CERTIFIED = profile(
    i_tunes_pairing_mode="requiresCertificate",
    management_certificates=(ManagementCertificate("AB"),),
)


@pytest.mark.parametrize(
    ("one", "decision", "kind"),
    [
        (profile(), "disallow", Pass),
        (CERTIFIED, "requires-certificate", Pass),
        (profile(i_tunes_pairing_mode="requiresCertificate"), "requires-certificate", Fail),
        (profile(i_tunes_pairing_mode="requiresCertificate"), unset("ios.pairing"), Fail),
        (
            profile(i_tunes_pairing_mode="requiresCertificate", management_certificates=None),
            "requires-certificate",
            Fail,
        ),
        (
            profile(i_tunes_pairing_mode="requiresCertificate", management_certificates=UNSET),
            "requires-certificate",
            Unknown,
        ),
        (profile(i_tunes_pairing_mode="allow"), "allow", Warn),
        (profile(i_tunes_pairing_mode="allow", supervised_mode_enabled=False), "allow", Pass),
        (profile(), "allow", Warn),
        (profile(), unset("ios.pairing"), Manual),
        (profile(i_tunes_pairing_mode=UNSET), "disallow", Unknown),
        (profile(i_tunes_pairing_mode="newMode"), "disallow", Unknown),
        (profile("Other"), "disallow", Unknown),
    ],
)
def test_profile_additional_management(one: Any, decision: Any, kind: type) -> None:
    assert isinstance(worst(profile_additional_management(of(one), NAME, decision)), kind)
