"""Which platforms may enrol, by the restriction that is in force for everybody."""

from collections.abc import Iterable
from typing import Annotated

from assess.check import (
    Attestation,
    Attested,
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
    tr,
    unavailable,
)
from assess.evidence.enrolment import (
    EnrollmentConfiguration,
    EnrollmentConfigurations,
    ManagedGooglePlay,
    NewerConfigurations,
    PlayBinding,
    Restriction,
)
from assess.evidence.graph import Perhaps

Rules = Annotated[tuple[EnrollmentConfiguration, ...] | Missing, EnrollmentConfigurations()]
Byod = Annotated[bool | Missing, Key("planning.byod_in_scope")]
Ownership = Annotated[str | Missing, Key("planning.ownership")]
InScope = Annotated[list[str] | Missing, Key("planning.platforms")]
_RESTRICTION = (
    "Intune admin center > Devices > Enrollment > Device platform restriction > All Users"
)


def _default(rules: tuple[EnrollmentConfiguration, ...]) -> EnrollmentConfiguration | Unknown:
    found = [rule for rule in rules if rule.default_platforms]
    if len(found) == 1:
        return found[0]
    if found:
        return Unknown(None, "Graph shows more than one default restriction of platforms")
    return Unknown(None, "Graph shows no default restriction of platforms")


def _told(name: str, attested: Attested | Missing, rules: Missing) -> Outcome:
    """What a person says, which stands in only where nothing was read."""
    expected = tr("enrolment of {} devices is switched on", name)
    if isinstance(attested, Missing):
        return unavailable(None, rules)
    by = attested.by or "somebody unnamed"
    if attested.yes:
        return Pass(None, tr("enrolment of {} devices is switched on, says {}", name, by), expected)
    observed = tr("enrolment of {} devices is not switched on, says {}", name, by)
    return Fail(None, expected, observed, remedy=(tr("{} > {} > Allow.", _RESTRICTION, name),))


def _allowed(name: str, restriction: object, personal: bool | Missing) -> Outcome:
    """Whether a platform may enrol."""
    expected = tr("{} devices may enrol, personal ones too where they are planned", name)
    if not isinstance(restriction, Restriction):
        return Unknown(None, tr("Graph does not say what the default restriction is for {}", name))
    if restriction.platform_blocked is True:
        step = tr("{} > {} > Allow.", _RESTRICTION, name)
        return Fail(None, expected, tr("the default restriction blocks {}", name), remedy=(step,))
    if restriction.platform_blocked is not False:
        return Unknown(
            None, tr("Graph does not say platformBlocked of the restriction for {}", name)
        )
    blocked = restriction.personal_device_enrollment_blocked
    if blocked is False:
        return Pass(None, tr("{} devices may enrol, personal ones too", name), expected)
    if blocked is not True:
        because = tr("Graph does not say personalDeviceEnrollmentBlocked for {}", name)
        return Unknown(None, because)
    if personal is True:
        observed = tr("{} devices may enrol, but personal ones, which are planned, may not", name)
        step = tr("{} > {} > personally owned > Allow, or plan without them.", _RESTRICTION, name)
        return Warn(None, expected, observed, remedy=(step,))
    if isinstance(personal, Missing):
        observed = tr("{} devices may enrol, personal ones may not", name)
        question = tr("{}: are personal devices planned? Set planning.byod_in_scope.", observed)
        return Manual(None, question, observed)
    observed = tr("{} devices may enrol, personal ones may not, and are not planned", name)
    return Pass(None, observed, expected)


def _personal(byod: bool | Missing, ownership: str | Missing) -> bool | Missing:
    """Whether personal devices are planned."""
    if byod is True or ownership in {"personal", "both"}:
        return True
    if byod is False or ownership == "company":
        return False
    return byod


@check("platform.ios-enabled")
def ios_enabled(
    rules: Rules,
    attested: Annotated[Attested | Missing, Attestation()],
    byod: Byod,
    ownership: Ownership,
) -> Outcomes:
    """Pass when the default restriction lets iOS and iPadOS devices enrol."""
    personal, name = _personal(byod, ownership), "iOS/iPadOS"
    if isinstance(rules, Missing):
        return [_told(name, attested, rules)]
    default = _default(rules)
    if isinstance(default, Unknown):
        return [default]
    return [_allowed(name, default.ios_restriction, personal)]


@check("platform.windows-pc-enabled")
def windows_pc_enabled(
    rules: Rules,
    attested: Annotated[Attested | Missing, Attestation()],
    byod: Byod,
    ownership: Ownership,
) -> Outcomes:
    """Pass when the default restriction lets Windows computers enrol."""
    personal, name = _personal(byod, ownership), "Windows (MDM)"
    if isinstance(rules, Missing):
        return [_told(name, attested, rules)]
    default = _default(rules)
    if isinstance(default, Unknown):
        return [default]
    return [_allowed(name, default.windows_restriction, personal)]


_PHONES = frozenset({"windows phone", "windowsphone", "windows mobile", "windows 10 mobile"})
_DROIDS = ("android", "samsung")


@check("platform.windows-mobile-enabled")
def windows_mobile_enabled(
    rules: Rules,
    attested: Annotated[Attested | Missing, Attestation()],
    platforms: InScope,
) -> Outcomes:
    """Pass when no Windows phone is in scope: both systems are out of support."""
    expected = "no Windows Phone 8.1 or Windows 10 Mobile device in scope"
    scope = _phones(attested, platforms)
    if isinstance(scope, Missing):
        question = "Are Windows Phone 8.1 / Windows 10 Mobile devices in scope at all?"
        return [Manual(None, question, "nobody has said", remedy=(scope.mend,))]
    if not scope:
        return [
            Pass(None, "no Windows Phone 8.1 or Windows 10 Mobile device is in scope", expected)
        ]
    observed = "Windows Phone 8.1 or Windows 10 Mobile devices are in scope, without any support"
    default = rules if isinstance(rules, Missing) else _default(rules)
    if isinstance(default, Missing):
        return [unavailable(None, default)]
    if isinstance(default, Unknown):
        return [default]
    restriction = default.windows_mobile_restriction
    if not isinstance(restriction, Restriction):
        return [Warn(None, expected, observed)]
    if restriction.platform_blocked is True:
        observed = (
            "Windows Phone 8.1 or Windows 10 Mobile devices are in scope, without any support, "
            "and the default restriction blocks them"
        )
        return [Fail(None, expected, observed)]
    return [Warn(None, expected, observed)]


def _phones(attested: Attested | Missing, platforms: list[str] | Missing) -> bool | Missing:
    if isinstance(attested, Attested):
        return attested.yes
    if isinstance(platforms, Missing):
        return attested
    return any(str(one).strip().lower().startswith(tuple(_PHONES)) for one in platforms)


def _has(platforms: Iterable[str], words: tuple[str, ...]) -> bool:
    return any(str(one).strip().lower().startswith(words) for one in platforms)


@check("platform.android")
def android(
    platforms: Annotated[list[str], Key("planning.platforms")],
    rules: Annotated[tuple[EnrollmentConfiguration, ...] | Missing, NewerConfigurations()],
    play: Annotated[Perhaps[PlayBinding] | Missing, ManagedGooglePlay()],
) -> Outcomes:
    """Pass when Android is not in scope, or may enrol and managed Google Play is bound."""
    expected = "Android may enrol, and managed Google Play is bound and validated"
    if not _has(platforms, _DROIDS):
        return [Pass(None, tr("Android is not in scope: {}", ", ".join(platforms)), expected)]
    return [_bound(play, expected), _android(rules, expected)]


def _bound(play: Perhaps[PlayBinding] | Missing, expected: str) -> Outcome:
    if isinstance(play, Missing):
        return unavailable(None, play)
    status = "notBound" if play.found is None else play.found.bind_status
    if not isinstance(status, str):
        return Unknown(None, "Graph does not say bindStatus of managed Google Play")
    if status.lower() == "boundandvalidated":
        return Pass(None, "managed Google Play is bound and validated", expected)
    return Warn(None, expected, tr("Android is in scope, and managed Google Play is {}", status))


def _android(rules: tuple[EnrollmentConfiguration, ...] | Missing, expected: str) -> Outcome:
    default = rules if isinstance(rules, Missing) else _default(rules)
    if isinstance(default, Missing):
        return unavailable(None, default)
    if isinstance(default, Unknown):
        return default
    restriction = default.android_for_work_restriction
    if not isinstance(restriction, Restriction) or restriction.platform_blocked not in (
        True,
        False,
    ):
        return Unknown(
            None, "Graph does not say what the default restriction is for Android Enterprise"
        )
    if restriction.platform_blocked:
        return Warn(
            None,
            expected,
            "Android is in scope, and the default restriction blocks Android Enterprise",
        )
    return Pass(None, "the default restriction lets Android Enterprise enrol", expected)
