"""The enrolment profiles for iPhone and iPad, against what was decided.

Where ``ios.profile_name`` is set, the profiles of that name are judged, else all of them.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Annotated, Any, TypeAlias

from assess.check import (
    Fail,
    Key,
    Manual,
    Missing,
    Outcome,
    Outcomes,
    Pass,
    Unknown,
    Warn,
    check,
    msg,
    tr,
    unavailable,
)
from assess.evidence.apple import EnrollmentProfile, EnrollmentProfiles
from assess.evidence.devices import word
from checks.apple.answers import (
    PERSONAL,
    ByToken,
    citing,
    gone_tokens,
    ios_profiles,
    listed,
    refused,
)
from checks.apple.portal import Assignments, no_apple_id_needed

Found: TypeAlias = Annotated[dict[str, tuple[EnrollmentProfile, ...] | None], EnrollmentProfiles()]
Name: TypeAlias = Annotated[str | Missing, Key("ios.profile_name")]

# The words of the engagement file, the property that skips the pane, and Apple's own key.
PANES: Mapping[str, tuple[str, str]] = {
    "passcode": ("pass_code_disabled", "Passcode"),
    "location": ("location_disabled", "Location"),
    "restore": ("restore_blocked", "Restore"),
    "apple-id": ("apple_id_disabled", "AppleID"),
    "terms": ("terms_and_conditions_disabled", "TOS"),
    "siri": ("siri_disabled", "Siri"),
    "diagnostics": ("diagnostics_disabled", "Diagnostics"),
}
_CREATE = "Create a profile under the token first, see dep.profile-created."


def _same(one: str, other: str) -> bool:
    return one.strip().casefold() == other.strip().casefold()


def _chosen(profiles: ByToken, name: str | Missing) -> list[EnrollmentProfile]:
    found = ios_profiles(profiles)
    return found if isinstance(name, Missing) else [one for one in found if _same(one.label, name)]


def _each(
    profiles: ByToken,
    name: str | Missing,
    decide: Callable[[EnrollmentProfile], Iterable[Outcome]],
) -> list[Outcome]:
    """One part for each profile that is judged; unknown where there is none, or one went."""
    return citing(profiles, _judged(profiles, name, decide))


def _judged(
    profiles: ByToken,
    name: str | Missing,
    decide: Callable[[EnrollmentProfile], Iterable[Outcome]],
) -> Outcomes:
    chosen = _chosen(profiles, name)
    if not chosen:
        text = "there is no enrolment profile"
        if isinstance(name, str):
            text = tr("there is no enrolment profile of the name {}", name)
        yield Unknown(None, text, remedy=(_CREATE,))
    for profile in chosen:
        yield from decide(profile)
    yield from _gone(profiles)


def _gone(profiles: ByToken) -> Outcomes:
    for token in gone_tokens(profiles):
        yield Unknown(
            None,
            tr("the token {} was removed while it was being read", token),
            remedy=("Run again.",),
        )


def _lacks(profile: EnrollmentProfile, name: str) -> Unknown:
    return Unknown(None, tr("{}: Graph's answer has no {}", profile.label, name))


@check("dep.profile-created")
def profile_created(profiles: Found, name: Name) -> Outcomes:
    """Pass when the profile that is expected exists, with a description, beside a default one."""
    return citing(profiles, _created(profiles, name))


def _created(profiles: ByToken, name: str | Missing) -> Outcomes:
    expected = "an enrolment profile with a description, and a default profile"
    found = ios_profiles(profiles)
    if isinstance(name, str):
        expected = tr("the enrolment profile {} with a description, and a default profile", name)
    chosen = _chosen(profiles, name)
    if gone_tokens(profiles):
        yield from _gone(profiles)
    elif not found:
        yield Fail(None, expected, "no token has an enrolment profile for iPhone and iPad")
    elif not chosen and not all(one.display_name for one in found):
        names = listed(one.label for one in found)
        because = tr("Graph does not show the names of all enrolment profiles: {}", names)
        yield Unknown(None, because)
    elif not chosen:
        yield Fail(None, expected, tr("there are {}", listed(one.label for one in found)))
    for profile in chosen:
        yield from _described(profile, expected)
    for token, several in profiles.items():
        own = [one for one in several or () if one.ios]
        if own:
            yield from _default(token, own, expected)
    if isinstance(name, Missing) and found:
        names = listed(one.label for one in found)
        yield Manual(
            None, "Which profile is meant? Set ios.profile_name.", tr("there are {}", names)
        )


def _described(profile: EnrollmentProfile, expected: str) -> Outcomes:
    text = profile.description
    if not (text is None or isinstance(text, str)):
        yield _lacks(profile, "description")
    elif not (text or "").strip():
        yield Warn(None, expected, tr("{} has no description", profile.label))
    else:
        yield Pass(None, f"{profile.label}: {(text or '').strip()[:80]}", expected)


def _default(token: str, own: list[EnrollmentProfile], expected: str) -> Outcomes:
    if any(one.is_default is True for one in own):
        return
    if all(isinstance(one.is_default, bool) for one in own):
        step = tr("Set a default profile for the token with {}.", own[0].label)
        names = listed(one.label for one in own)
        yield Warn(None, expected, tr("none of {} is the default", names), remedy=(step,))
    else:
        yield Unknown(None, tr("the token {}: Graph's answer has no isDefault", token))


@check("dep.profile-user-affinity")
def profile_user_affinity(
    profiles: Found, name: Name, use: Annotated[str, Key("ios.device_use")]
) -> Outcomes:
    """Pass when devices of persons get user affinity, and shared devices get none."""
    wanted = use == PERSONAL
    expected = tr("no user affinity for {} devices", use)
    if wanted:
        expected = tr("user affinity for {} devices", use)
    right, wrong = list[Outcome](), list[Outcome]()
    for outcome in _each(profiles, name, lambda one: [_affinity(one, expected, wanted=wanted)]):
        (wrong if isinstance(outcome, Fail) else right).append(outcome)
    mixed = [one for one in right if isinstance(one, Pass)]
    if wrong and mixed and isinstance(name, Missing):
        text = "some profiles have user affinity and some have none: which one is meant?"
        return [Unknown(None, text, remedy=("Set ios.profile_name.",))]
    return [*wrong, *right]


def _affinity(profile: EnrollmentProfile, expected: str, *, wanted: bool) -> Outcome:
    has = profile.requires_user_authentication
    if not isinstance(has, bool):
        return _lacks(profile, "requiresUserAuthentication")
    said = tr("{} has no user affinity", profile.label)
    if has:
        said = tr("{} has user affinity", profile.label)
    return Pass(None, said, expected) if has is wanted else Fail(None, expected, said)


@check("dep.profile-support-info")
def profile_support_info(profiles: Found, name: Name) -> Outcomes:
    """Pass when department and phone number of the support are in the profile."""
    return _each(profiles, name, _support)


def _support(profile: EnrollmentProfile) -> Outcomes:
    expected = "department and phone number of the support"
    values = {
        "supportDepartment": profile.support_department,
        "supportPhoneNumber": profile.support_phone_number,
    }
    for name, value in values.items():
        if not (value is None or isinstance(value, str)):
            yield _lacks(profile, name)
        elif not (value or "").strip():
            yield Warn(None, expected, tr("{}: {} is empty", profile.label, name))
        else:
            yield Pass(None, f"{profile.label}: {value}", expected)


@check("dep.profile-supervision-and-lock")
def profile_supervision_and_lock(
    profiles: Found,
    name: Name,
    supervised: Annotated[bool | Missing, Key("ios.supervised")],
    locked: Annotated[bool | Missing, Key("ios.locked")],
) -> Outcomes:
    """Pass when supervision and lock are as decided, and both are on."""

    def decide(profile: EnrollmentProfile) -> Outcomes:
        yield from _decided(
            profile, "supervisedModeEnabled", profile.supervised_mode_enabled, supervised
        )
        yield from _decided(
            profile, "profileRemovalDisabled", profile.profile_removal_disabled, locked
        )

    return _each(profiles, name, decide)


_SWITCHES = {
    "supervisedModeEnabled": (msg("supervised"), "not supervised"),
    "profileRemovalDisabled": (msg("locked"), "not locked, so that users can remove management"),
}


def _decided(
    profile: EnrollmentProfile,
    name: str,
    value: object,
    decision: bool | Missing,
) -> Outcomes:
    if not isinstance(value, bool):
        yield _lacks(profile, name)
        return
    on, off = _SWITCHES[name]
    said = tr("{} is {}", profile.label, on if value else off)
    if isinstance(decision, Missing):
        yield unavailable(None, decision)
    elif value is not decision:
        yield Fail(None, tr("{}, as decided", on if decision else off), said)
        return
    yield Pass(None, said) if value else Warn(None, on, said)


@check("dep.profile-setup-assistant")
def profile_setup_assistant(
    profiles: Found,
    name: Name,
    decision: Annotated[dict[str, str], Key("ios.setup_assistant")],
    assignments: Assignments,
) -> Outcomes:
    """Pass when all seven panes of the Setup Assistant are as decided."""
    undecided = [pane for pane in PANES if decision.get(pane) not in {"show", "skip"}]
    if undecided:
        yield Manual(None, tr("Show or skip {}? Set ios.setup_assistant.", listed(undecided, 7)))

    def decide(profile: EnrollmentProfile) -> Outcomes:
        yield from _panes(profile, decision)
        if _skipped(profile, "apple-id") and profile.requires_user_authentication is not False:
            yield from citing(assignments, _without_apple_id(profile, assignments))

    yield from _each(profiles, name, decide)


def _skipped(profile: EnrollmentProfile, pane: str) -> bool | None:
    """Whether a pane is skipped; None where Graph does not say."""
    flag: Any = getattr(profile, PANES[pane][0])
    keys = profile.enabled_skip_keys
    if isinstance(keys, tuple) and PANES[pane][1].lower() in {word(key) for key in keys}:
        return True
    return flag if isinstance(flag, bool) else None


def _panes(profile: EnrollmentProfile, decision: Mapping[str, str]) -> Outcomes:
    equal = []
    for pane in PANES:
        skipped, wanted = _skipped(profile, pane), decision.get(pane)
        if skipped is None:
            yield _lacks(profile, tr("property for the pane {}", pane))
        elif wanted in {"show", "skip"}:
            said = "skip" if skipped else "show"
            equal.append(pane)
            if said != wanted:
                text = tr("{}: {} is set to {}", profile.label, pane, said)
                yield Warn(None, f"{pane}: {wanted}", text)
    if len(equal) == len(PANES):
        yield Pass(None, tr("{}: all seven panes were compared", profile.label))


def _without_apple_id(
    profile: EnrollmentProfile,
    assignments: Mapping[str, tuple[Any, ...] | None] | Missing,
) -> Outcomes:
    """With the pane skipped the Company Portal must come without an Apple ID."""
    if no_apple_id_needed(profile):
        return
    if isinstance(assignments, Missing):
        yield refused(assignments)
    elif not any(
        one.required and one.by_device for all_ in assignments.values() for one in all_ or ()
    ):
        text = tr(
            "{}: the pane apple-id is skipped, and the Company Portal is not delivered with device "
            "licences",
            profile.label,
        )
        yield Warn(None, "an Apple ID, or the Company Portal with device licences", text)


@check("dep.profile-additional-management")
def profile_additional_management(
    profiles: Found, name: Name, decision: Annotated[str | Missing, Key("ios.pairing")]
) -> Outcomes:
    """Pass when pairing with computers is as decided, and a certificate is there if required."""
    return _each(profiles, name, lambda one: _pairing(one, decision))


_PAIRING = {
    "disallow": "disallow",
    "allow": "allow",
    "requirescertificate": "requires-certificate",
}


def _pairing(profile: EnrollmentProfile, decision: str | Missing) -> Outcomes:
    mode = word(profile.i_tunes_pairing_mode)
    value = _PAIRING.get(mode)
    if value is None:
        yield _lacks(profile, tr("iTunesPairingMode that is known ({})", mode or tr("nothing")))
        return
    said = tr("{}: pairing {}", profile.label, value)
    expected = "pairing as decided" if isinstance(decision, Missing) else tr("pairing {}", decision)
    if value == "requires-certificate":
        certificates = profile.management_certificates
        if not (certificates is None or isinstance(certificates, tuple)):
            yield _lacks(profile, "managementCertificates")
        elif not certificates:
            yield Fail(
                None, "a certificate of Apple Configurator", tr("{}, but none is there", said)
            )
    if isinstance(decision, Missing):
        yield unavailable(None, decision)
    elif decision != value:
        yield Warn(None, expected, said)
    if value == "allow" and profile.supervised_mode_enabled is True:
        yield Warn(None, expected, tr("{} with any computer, although it is supervised", said))
    elif decision == value:
        yield Pass(None, said, expected)
