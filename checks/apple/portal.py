"""The Company Portal: on devices with a user, and on no others."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Annotated, TypeAlias

from assess.check import (
    Attested,
    Ends,
    Fail,
    Manual,
    Missing,
    NotApplicable,
    Outcome,
    Outcomes,
    Pass,
    Rows,
    Table,
    Unknown,
    Warn,
    check,
    tr,
    trn,
)
from assess.evidence.apple import (
    AppAssignment,
    EnrollmentProfile,
    GroupDevice,
    HoldingDevice,
    PortalAssignments,
    PortalGroupDevices,
    PortalHolders,
    VppToken,
    VppTokens,
)
from assess.evidence.devices import ManagedDevice, ManagedDevices, word
from assess.evidence.graph import Gathered, moment
from checks.apple.answers import (
    SHARED,
    Answer,
    ByToken,
    DeviceUse,
    Profiles,
    by_word,
    citing,
    gone_tokens,
    ios_profiles,
    listed,
    refused,
    without_users,
)

ByApp: TypeAlias = Mapping[str, tuple[AppAssignment, ...] | None]
Assignments: TypeAlias = Annotated[
    dict[str, tuple[AppAssignment, ...] | None] | Missing, PortalAssignments()
]
NO_DEVICE = "00000000-0000-0000-0000-000000000000"
# Whom an assignment is for, by its kind: without and with a filter.
_TO = {
    "allDevices": ("all devices", "all devices, by a filter"),
    "allLicensedUsers": ("all users", "all users, by a filter"),
    "group": ("a group {}", "a group {}, by a filter"),
    "": (
        "a target that this version does not know",
        "a target that this version does not know, by a filter",
    ),
}


def _every(assignments: ByApp) -> list[AppAssignment]:
    return [one for several in assignments.values() for one in several or ()]


def _targets(assignments: list[AppAssignment]) -> str:
    """Whom the assignments are for, for a person."""
    texts = (tr(_TO[aim.kind][aim.filtered], aim.group_id) for aim in (a.aim for a in assignments))
    return listed(dict.fromkeys(texts))


def no_apple_id_needed(profile: EnrollmentProfile) -> bool:
    """The profile itself installs the Company Portal with a licence of the device."""
    return bool(word(profile.company_portal_vpp_token_id))


@check("ios.apple-id-for-user")
def apple_id_for_user(
    use: DeviceUse,
    profiles: Profiles,
    assignments: Assignments,
    tokens: Annotated[tuple[VppToken, ...] | Missing, VppTokens()],
    answer: Answer,
) -> Outcomes:
    """Pass when the Company Portal comes with device licences, or users have an Apple ID."""
    outcome = without_users(use, profiles) or _paid(profiles, assignments, tokens, answer)
    return citing(_ids(profiles, assignments), [replace(outcome, ends=_ends(tokens))])


def _ends(tokens: tuple[VppToken, ...] | Missing) -> tuple[Ends, ...]:
    """When the tokens end, as far as Graph says it."""
    return tuple(
        Ends(tr("Location token of Apps and Books {}", one.organization_name or one.id), end.date())
        for one in (() if isinstance(tokens, Missing) else tokens)
        if (end := moment(one.expiration_date_time)) is not None
    )


def _ids(*answers: Mapping[str, object] | Missing) -> list[str]:
    """The tokens and the apps under whose ids the notes are kept."""
    return [name for answer in answers if not isinstance(answer, Missing) for name in answer]


def _paid(
    profiles: ByToken | Missing,
    assignments: ByApp | Missing,
    tokens: tuple[VppToken, ...] | Missing,
    answer: Attested | Missing,
) -> Outcome:
    expected = "the Company Portal with device licences, or an Apple ID for each user"
    ready = [] if isinstance(profiles, Missing) else _by_profile(ios_profiles(profiles))
    if ready:
        return Pass(None, tr("installed with a device licence by {}", listed(ready)), expected)
    licensed: list[AppAssignment] = []
    if not isinstance(assignments, Missing):
        licensed = [one for one in _every(assignments) if one.required and one.by_device]
    lapsed = _lapsed(tokens)
    if licensed and not lapsed and not isinstance(tokens, Missing):
        text = tr("assigned with device licences to {}", _targets(licensed))
        return Pass(None, text, expected)
    seen = lapsed or "the Company Portal is not assigned with device licences"
    if isinstance(answer, Attested) and answer.yes:
        return Pass(None, by_word(answer), expected)
    gone = [one for one in (assignments, tokens if licensed else None) if isinstance(one, Missing)]
    if gone:
        return refused(*gone)
    if isinstance(answer, Missing):
        return Manual(None, "", seen)
    return Fail(None, expected, f"{tr(seen)}; {by_word(answer)}")


def _by_profile(profiles: list[EnrollmentProfile]) -> list[str]:
    """The profiles, if every one with users brings the Company Portal by a device licence."""
    users = [one for one in profiles if one.requires_user_authentication is not False]
    return [one.label for one in users] if all(map(no_apple_id_needed, users)) else []


def _lapsed(tokens: tuple[VppToken, ...] | Missing) -> str:
    """Why no licence can be taken from Apps and Books; "" where one can, or nobody knows."""
    if isinstance(tokens, Missing) or any(word(one.state) == "valid" for one in tokens):
        return ""
    if not tokens:
        return "the tenant has no location token of Apps and Books"
    states = listed(tr("{} is {}", one.organization_name or one.id, one.state) for one in tokens)
    return tr("no location token of Apps and Books is valid: {}", states)


@check("ios.company-portal-installed")
def company_portal_installed(
    use: DeviceUse, profiles: Profiles, assignments: Assignments, answer: Answer
) -> Outcomes:
    """Pass when the Company Portal is assigned as required, or the profile installs it."""
    outcome = without_users(use, profiles) or _installed(profiles, assignments, answer)
    return citing(_ids(profiles, assignments), [outcome])


def _installed(
    profiles: ByToken | Missing, assignments: ByApp | Missing, answer: Attested | Missing
) -> Outcome:
    expected = "the Company Portal as a required app, or installed by the profile"
    by_profile = [] if isinstance(profiles, Missing) else _installing(ios_profiles(profiles))
    if by_profile:
        return Pass(None, tr("installed by {}", listed(by_profile)), expected)
    if not isinstance(assignments, Missing):
        required = [one for one in _every(assignments) if one.required]
        if required:
            return Pass(None, tr("required for {}", _targets(required)), expected)
    if isinstance(assignments, Missing) or isinstance(profiles, Missing):
        return _told(answer, expected) or refused(assignments, profiles)
    there = "the Company Portal has no required assignment"
    if not assignments:
        there = "the Company Portal for iOS is not among the apps"
    if isinstance(answer, Missing):
        return Manual(None, "", there)
    if not answer.yes:
        return Fail(
            None, expected, tr("{}, and users have no instructions: {}", there, by_word(answer))
        )
    return Warn(None, expected, tr("{}; users install it: {}", there, by_word(answer)))


def _installing(profiles: list[EnrollmentProfile]) -> list[str]:
    """The profiles, if every one with users brings the Company Portal."""
    users = [one for one in profiles if one.requires_user_authentication is not False]
    if all(no_apple_id_needed(one) or one.require_company_portal is True for one in users):
        return [one.label for one in users]
    return []


def _told(answer: Attested | Missing, expected: str) -> Outcome | None:
    """What a person's words alone decide; a mere yes or no does not say which of the two."""
    words = "" if isinstance(answer, Missing) else str(answer.answer).lower()
    if isinstance(answer, Attested) and "automatic" in words:
        return Pass(None, by_word(answer), expected)
    if isinstance(answer, Attested) and "user" in words:
        return Warn(None, expected, by_word(answer))
    return None


# -- devices without users --

Holders: TypeAlias = Annotated[Gathered[HoldingDevice] | Missing, PortalHolders()]
Included: TypeAlias = Annotated[Gathered[GroupDevice] | Missing, PortalGroupDevices()]
Excluded: TypeAlias = Annotated[Gathered[GroupDevice] | Missing, PortalGroupDevices(excluded=True)]
Devices: TypeAlias = Annotated[Table[ManagedDevice] | Missing, ManagedDevices()]
_COLUMNS = ("device", "name", "found")
_EXPECTED = "no Company Portal on devices without user affinity"


@check("ios.no-affinity-no-portal")
def no_affinity_no_portal(
    use: DeviceUse,
    profiles: Profiles,
    assignments: Assignments,
    included: Included,
    excluded: Excluded,
    devices: Devices,
    holders: Holders,
) -> Outcomes:
    """Pass when no device without user affinity is assigned the Company Portal, or has it."""
    outcomes = _kept_apart(use, profiles, assignments, included, excluded, devices, holders)
    return citing(_ids(profiles, assignments), outcomes)


def _kept_apart(
    use: str | Missing,
    profiles: ByToken | Missing,
    assignments: ByApp | Missing,
    included: Gathered[GroupDevice] | Missing,
    excluded: Gathered[GroupDevice] | Missing,
    devices: Table[ManagedDevice] | Missing,
    holders: Gathered[HoldingDevice] | Missing,
) -> list[Outcome]:
    if isinstance(profiles, Missing):
        return [refused(profiles)]
    found = ios_profiles(profiles)
    shared = [one for one in found if one.requires_user_authentication is False]
    unclear = [one for one in found if not isinstance(one.requires_user_authentication, bool)]
    if gone_tokens(profiles) or (unclear and not shared):
        names = listed([*gone_tokens(profiles), *(one.label for one in unclear)])
        text = tr(
            "Graph does not say of {} whether there is a profile without user affinity", names
        )
        return [Unknown(None, text)]
    if not shared and use != SHARED:
        names = listed(one.label for one in found) or "there is no enrolment profile"
        return [NotApplicable(None, tr("no profile is without user affinity: {}", names))]
    if isinstance(devices, Missing):
        return [refused(devices)]
    without = _Without(devices, {one.label.casefold() for one in shared})
    assigned = _assigned(assignments, included, excluded, without)
    return [*assigned, *_detected(holders, without)]


class _Without:
    """The devices without user affinity: by how they were enrolled, or by their profile's name."""

    def __init__(self, devices: Table[ManagedDevice], profiles: set[str]) -> None:
        self._devices = devices
        self._profiles = profiles
        self.count = sum(1 for _ in self.rows())

    def rows(self) -> Iterator[ManagedDevice]:
        for one in self._devices:
            bulk = word(one.device_enrollment_type)
            named = word(one.enrollment_profile_name) in self._profiles
            if one.ios and (
                bulk == "applebulkwithoutuser" or (named and bulk != "applebulkwithuser")
            ):
                yield one


def _assigned(
    assignments: ByApp | Missing,
    included: Gathered[GroupDevice] | Missing,
    excluded: Gathered[GroupDevice] | Missing,
    without: _Without,
) -> Iterator[Outcome]:
    if isinstance(assignments, Missing):
        yield refused(assignments)
        return
    if any(several is None for several in assignments.values()):
        yield Unknown(
            None, "the Company Portal was removed while it was being read", remedy=("Run again.",)
        )
    active = [one for one in _every(assignments) if word(one.intent) != "uninstall"]
    aims = [one.aim for one in active if not one.excludes]
    if any(aim.kind == "" for aim in aims):
        yield Unknown(None, "the Company Portal is assigned to a target that is not known here")
    aims = [aim for aim in aims if aim.kind in {"allDevices", "group"}]
    if not aims:
        yield Pass(None, "the Company Portal is not assigned to devices", _EXPECTED)
        return
    if any(aim.filtered for aim in aims):
        text = "an assignment of the Company Portal has a filter, which this version cannot weigh"
        yield Unknown(None, text, remedy=("Look at the filter of the assignment.",))
    plain = [aim for aim in aims if not aim.filtered]
    if not plain:
        return
    everything = any(aim.kind == "allDevices" for aim in plain)
    keeps_out = any(one.excludes for one in active)
    if everything and not keeps_out:
        yield Fail(None, _EXPECTED, "the Company Portal is assigned to all devices")
        return
    if (isinstance(included, Missing) and not everything) or isinstance(excluded, Missing):
        yield refused(included, excluded)
        return
    if not without.count:
        text = "no device without user affinity is enrolled, so that nobody knows its groups"
        yield Unknown(None, text, remedy=("Assess again when the first one is enrolled.",))
        return
    yield from _in_groups(everything, included, excluded, without)


def _in_groups(
    everything: bool,
    included: Gathered[GroupDevice] | Missing,
    excluded: Gathered[GroupDevice],
    without: _Without,
) -> Iterator[Outcome]:
    into = set() if isinstance(included, Missing) else {word(d.device_id) for d in included.rows}
    out = {word(one.device_id) for one in excluded.rows}
    untold = []

    def hit(one: ManagedDevice) -> bool:
        device = word(one.azure_device_id)
        return bool(device) and (everything or device in into) and device not in out

    names = []
    for one in without.rows():
        if word(one.azure_device_id) in {"", NO_DEVICE}:
            untold.append(one.label)
        elif hit(one):
            names.append(one.label)
    if names:
        text = tr("assigned to {} of {} such devices: {}", len(names), without.count, listed(names))
        rows = (_row(one, tr("assigned")) for one in without.rows() if hit(one))
        yield Fail(None, _EXPECTED, text, rows=Rows(_COLUMNS, rows))
    if untold:
        text = tr(
            "Intune knows no directory id of {}, so that nobody knows their groups", listed(untold)
        )
        yield Unknown(None, text)
    if not names and not untold:
        text = trn(
            without.count,
            "not assigned to the {n} device without user affinity",
            "assigned to none of the {n} devices without user affinity",
        )
        yield Pass(None, text, _EXPECTED)


def _row(one: ManagedDevice, found: str) -> dict[str, object]:
    name = one.device_name if isinstance(one.device_name, str) else ""
    return {"device": one.label, "name": name, "found": found}


def _detected(holders: Gathered[HoldingDevice] | Missing, without: _Without) -> Iterator[Outcome]:
    if isinstance(holders, Missing):
        yield refused(holders)
        return
    having = {one.id for one in holders.rows}
    names = [one.label for one in without.rows() if one.id in having]
    if names:
        text = tr("found on {} of {} such devices: {}", len(names), without.count, listed(names))
        rows = (_row(one, tr("found")) for one in without.rows() if one.id in having)
        step = tr("Remove the Company Portal from {}.", listed(names))
        yield Fail(None, _EXPECTED, text, remedy=(step,), rows=Rows(_COLUMNS, rows))
    elif holders.absent:
        yield Unknown(
            None,
            "an app that was found was removed while it was being read",
            remedy=("Run again.",),
        )
    else:
        yield Pass(
            None,
            trn(
                without.count,
                "not found on the {n} device",
                "found on none of {n} devices",
            ),
            _EXPECTED,
        )
