"""The devices: those that Apple lists, those that are enrolled, and the people who get them."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Annotated, TypeAlias

from assess.check import (
    AsOf,
    Attested,
    Fail,
    Manual,
    Missing,
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
    unavailable,
)
from assess.evidence.apple import (
    ImportedDevice,
    ImportedDevices,
)
from assess.evidence.applefiles import ExpectedSerials, Serials
from assess.evidence.devices import ManagedDevice, ManagedDevices, word
from assess.evidence.graph import (
    EnrollmentGroupMembers,
    Gathered,
    Person,
    Sku,
    SubscribedSkus,
    moment,
)
from checks.apple.answers import (
    Answer,
    DeviceUse,
    Profiles,
    by_word,
    citing,
    confirmed,
    listed,
    refused,
    without_users,
)
from checks.licence import Licensing

Expected: TypeAlias = Annotated[Serials | Missing, ExpectedSerials()]
Enrolled: TypeAlias = Annotated[Table[ManagedDevice] | Missing, ManagedDevices()]

DAY, WEEK = timedelta(days=1), timedelta(days=7)
_COLUMNS = ("serial", "found")
_NOT_LISTED, _NO_PROFILE = "not listed", "no profile"
_UNTOLD = "Graph does not say whether it has a profile"
_SYNC = "Synchronise the token, see dep.sync, and assign the devices in Apple Business Manager."


def _rows(found: dict[str, str]) -> Rows:
    return Rows(_COLUMNS, ({"serial": one, "found": tr(text)} for one, text in found.items()))


def _named(found: dict[str, str]) -> str:
    """The first devices, each with what was found."""
    return listed(f"{one} ({tr(text)})" for one, text in found.items())


@check("dep.devices-assigned")
def devices_assigned(
    devices: Annotated[Gathered[ImportedDevice] | Missing, ImportedDevices()],
    serials: Expected,
    answer: Answer,
) -> Outcomes:
    """Pass when each serial number that is expected is listed, with a profile."""
    expected = "every expected serial number listed for a token, with an enrolment profile"
    if isinstance(devices, Missing) or isinstance(serials, Missing):
        return _answered(devices, serials, answer, expected)
    wanted = dict.fromkeys(serials.numbers, _NOT_LISTED)
    for device in devices.rows:
        if device.serial in wanted and device.is_deleted is not True:
            profile = device.requested_enrollment_profile_id
            if not (profile is None or isinstance(profile, str)):
                wanted[device.serial] = _UNTOLD
            elif word(profile).strip("0-"):
                wanted[device.serial] = ""
            else:
                wanted[device.serial] = _NO_PROFILE
    return _compared(wanted, devices, answer, expected)


def _answered(
    devices: Gathered[ImportedDevice] | Missing,
    serials: Serials | Missing,
    answer: Attested | Missing,
    expected: str,
) -> list[Outcome]:
    """What a person's answer decides where the numbers cannot be compared."""
    if isinstance(answer, Missing):
        gone = [one for one in (devices, serials) if isinstance(one, Missing)]
        return [unavailable(None, *gone)]
    if not answer.yes:
        return [Fail(None, expected, by_word(answer))]
    if isinstance(devices, Gathered) and not len(devices.rows):
        text = tr("{}, but no device is listed for a token", by_word(answer))
        return [Unknown(None, text, remedy=(_SYNC,))]
    if isinstance(serials, Missing) and not serials.key:
        return [refused(serials)]
    text = by_word(answer)
    if isinstance(devices, Gathered):
        text = trn(
            len(devices.rows),
            "{}; {n} device is listed",
            "{}; {n} devices are listed",
            text,
        )
    return [Pass(None, text, expected)]


def _compared(
    wanted: dict[str, str],
    devices: Gathered[ImportedDevice],
    answer: Attested | Missing,
    expected: str,
) -> Iterator[Outcome]:
    open_ = {serial: text for serial, text in wanted.items() if text}
    absent = [serial for serial, text in open_.items() if text == _NOT_LISTED]
    if devices.absent:
        text = tr("the token {} was removed while it was being read", listed(devices.absent))
        yield Unknown(None, text, remedy=("Run again.",))
    if len(absent) == len(wanted):
        text = trn(
            len(wanted),
            "the {n} expected serial number is not listed: {}",
            "none of {n} expected serial numbers is listed: {}",
            listed(absent),
        )
        yield Fail(None, expected, text, remedy=(_SYNC,), rows=_rows(open_))
    elif _UNTOLD in open_.values():
        yield Unknown(None, "Graph's answer has no requestedEnrollmentProfileId")
    elif open_:
        text = tr("{} of {} expected serial numbers: {}", len(open_), len(wanted), _named(open_))
        yield Warn(None, expected, text, rows=_rows(open_))
    else:
        yield Pass(
            None,
            trn(
                len(wanted),
                "the {n} serial number is listed with a profile",
                "all {n} serial numbers are listed with a profile",
            ),
            expected,
        )
        if isinstance(answer, Attested) and not answer.yes:
            yield Warn(None, "all devices assigned in the Apple portal", by_word(answer))


@check("dep.devices-listed")
def devices_listed(
    devices: Annotated[Gathered[ImportedDevice], ImportedDevices()],
    serials: Expected,
    as_of: Annotated[datetime, AsOf()],
) -> Outcomes:
    """Pass when each expected device waits for its first contact, or is enrolled.

    Nobody records when a device was handed out. Once others are enrolled the hand-out has begun,
    and a device that has had its profile for a week without contact is worth a look.
    """
    if isinstance(serials, Missing) and not serials.key:
        return [refused(serials)]
    wanted = None if isinstance(serials, Missing) else set(serials.numbers)
    states: Counter[str] = Counter()
    seen, late, found = set[str](), dict[str, str](), dict[str, dict[str, str]]()
    for device in devices.rows:
        mine = device.ios if wanted is None else device.serial in wanted
        if device.is_deleted is True or not mine:
            continue
        seen.add(device.serial)
        state = word(device.enrollment_state)
        states[state] += 1
        if state not in {"notcontacted", "enrolled"}:
            found.setdefault(state, {})[device.serial or device.id] = state or tr("no state")
        given = moment(device.requested_enrollment_profile_assignment_date_time)
        if state == "notcontacted" and given is not None and as_of - given > WEEK:
            late[device.serial or device.id] = tr("profile since {:%Y-%m-%d}, no contact", given)
    return _in_states(states, late, found, (wanted or set()) - seen, devices)


def _in_states(
    states: Counter[str],
    late: dict[str, str],
    found: dict[str, dict[str, str]],
    absent: set[str],
    devices: Gathered[ImportedDevice],
) -> Iterator[Outcome]:
    expected = "every expected device waits for its first contact, or is enrolled"
    total = sum(states.values())
    failed = found.pop("failed", {})
    if failed:
        text = tr("{} of {} devices failed to enrol: {}", len(failed), total, listed(failed))
        yield Fail(None, expected, text, rows=_rows(failed))
    for state, which in found.items():
        count, names = len(which), listed(which)
        text = trn(
            count,
            "{n} of {} devices is without enrollmentState in Graph's answer: {}",
            "{n} of {} devices are without enrollmentState in Graph's answer: {}",
            total,
            names,
        )
        if state:
            text = trn(
                count,
                "{n} of {} devices is in the state {}: {}",
                "{n} of {} devices are in the state {}: {}",
                total,
                state,
                names,
            )
        yield Unknown(None, text)
    if absent:
        text = trn(
            len(absent),
            "{n} expected device is not listed: {}",
            "{n} expected devices are not listed: {}",
            listed(sorted(absent)),
        )
        yield Unknown(None, text, remedy=(_SYNC,))
    if devices.absent:
        yield Unknown(
            None, tr("the token {} was removed while it was being read", listed(devices.absent))
        )
    if not total:
        yield Unknown(None, "no device is listed for a token", remedy=(_SYNC,))
        return
    if states["enrolled"] and late:
        text = tr("{} of {} devices made no contact in a week: {}", len(late), total, listed(late))
        yield Warn(None, expected, text, rows=_rows(late))
    elif states["notcontacted"] + states["enrolled"]:
        text = tr("{} not contacted yet, {} enrolled", states["notcontacted"], states["enrolled"])
        yield Pass(None, text, expected)


# -- people and their devices --


@check("ios.user-credentials")
def user_credentials(
    use: DeviceUse,
    profiles: Profiles,
    people: Annotated[Gathered[Person] | Missing, EnrollmentGroupMembers()],
    skus: Annotated[tuple[Sku, ...] | Missing, SubscribedSkus()],
    answer: Answer,
) -> Outcomes:
    """Pass when each member of the enrolment groups is enabled and licensed, and is informed."""
    excused = without_users(use, profiles)
    if excused is not None:
        return citing(profiles, [excused])
    wanted = "recipients know their UPN and password, and how to sign in"
    if isinstance(people, Missing) or isinstance(skus, Missing):
        gone = [one for one in (people, skus) if isinstance(one, Missing)]
        return [unavailable(None, *gone), *confirmed(answer, no=Fail, wanted=wanted)]
    return [*_recipients(people, Licensing(skus)), *confirmed(answer, no=Fail, wanted=wanted)]


def _recipients(people: Gathered[Person], licensing: Licensing) -> Iterator[Outcome]:
    expected = "every recipient enabled, with a licence of Intune"
    total, untold, first, lacking = 0, 0, list[str](), 0
    for person in people.rows:
        total += 1
        lack = _lack(person, licensing)
        untold += lack == ""
        if lack:
            lacking += 1
            first += [f"{person.user_principal_name} ({tr(lack)})"] * (lacking <= 3)  # noqa: PLR2004
    if lacking:
        more = " …" if lacking > len(first) else ""
        text = tr(
            "{} of {} members of the enrolment groups: {}{}", lacking, total, ", ".join(first), more
        )
        rows = (
            {"user": one.user_principal_name, "found": tr(lack)}
            for one in people.rows
            if (lack := _lack(one, licensing))
        )
        yield Fail(None, expected, text, rows=Rows(("user", "found"), rows))
    if untold:
        yield Unknown(
            None,
            trn(
                untold,
                "Graph does not show the state of {n} member",
                "Graph does not show the state of {n} members",
            ),
        )
    if people.absent:
        step = "Set mdm.enrollment_group_ids to the groups of the recipients."
        yield Unknown(None, tr("there is no group {}", listed(people.absent)), remedy=(step,))
    if not total:
        yield Unknown(None, "the enrolment groups have no members")
    elif not lacking and not untold:
        yield Pass(
            None,
            trn(
                total,
                "the {n} member of the enrolment groups",
                "all {n} members of the enrolment groups",
            ),
            expected,
        )


def _lack(person: Person, licensing: Licensing) -> str | None:
    """What a recipient lacks; None for nothing, "" where Graph does not say."""
    if person.account_enabled is False:
        return tr("disabled")
    if person.account_enabled is not True:
        return ""
    return licensing.lack(person.assigned_licenses)


class _Mine:
    """The iPhones and iPads to look at: those expected, else those enrolled by the programme."""

    def __init__(self, devices: Table[ManagedDevice], serials: Serials | Missing) -> None:
        self._devices = devices
        self._wanted = None if isinstance(serials, Missing) else set(serials.numbers)

    def rows(self) -> Iterator[ManagedDevice]:
        for one in self._devices:
            if self._wanted is not None:
                mine = one.serial in self._wanted
            else:
                mine = word(one.device_enrollment_type) == "applebulkwithuser"
            if one.ios and mine:
                yield one


@check("ios.device-identified")
def device_identified(
    use: DeviceUse,
    profiles: Profiles,
    devices: Enrolled,
    serials: Expected,
    answer: Answer,
) -> Outcomes:
    """Pass when each device is the company's and its user's, and the instructions say how."""
    excused = without_users(use, profiles)
    if excused is not None:
        return citing(profiles, [excused])
    wanted = "instructions that show where to read the serial number"
    told = list(confirmed(answer, no=Fail, wanted=wanted))
    gone = [one for one in (devices, serials) if isinstance(one, Missing) and not one.key]
    if gone or isinstance(devices, Missing):
        return [refused(devices, *gone), *told]
    measured = list(_identified(_Mine(devices, serials), serials))
    if not measured:
        if isinstance(answer, Attested) and answer.yes:
            return [Pass(None, tr("no device is enrolled yet; {}", by_word(answer)))]
        return told or [Manual(None, "", "no device is enrolled yet")]
    return [*measured, *told]


def _identified(mine: _Mine, serials: Serials | Missing) -> Iterator[Outcome]:
    expected = "devices of the company, each with the user that is expected"
    users = {} if isinstance(serials, Missing) else serials.users
    total, wrong, unclear = 0, dict[str, str](), dict[str, str]()
    for one in mine.rows():
        total += 1
        owner, user = word(one.managed_device_owner_type), word(one.user_principal_name)
        awaited = users.get(one.serial, "")
        if owner == "personal":
            wrong[one.label] = tr("personal")
        elif user and awaited and user != awaited:
            wrong[one.label] = tr("belongs to {}, not to {}", user, awaited)
        elif owner != "company":
            unclear[one.label] = tr("owner {}", owner or "not said")
        elif not user:
            unclear[one.label] = tr("no user")
    if wrong:
        text = tr("{} of {} devices: {}", len(wrong), total, _named(wrong))
        yield Fail(None, expected, text, rows=_rows(wrong))
    if unclear:
        text = tr("{} of {} devices: {}", len(unclear), total, _named(unclear))
        yield Unknown(None, text, rows=_rows(unclear))
    if total and not wrong and not unclear:
        text = trn(
            total,
            "the {n} device is the company's, with a user; who is expected is not listed",
            "all {n} devices are the company's, with a user; who is expected is not listed",
        )
        if users:
            text = trn(
                total,
                "the {n} device is the company's, with the user that is expected",
                "all {n} devices are the company's, with the user that is expected",
            )
        yield Pass(None, text, expected)


@check("ios.enrolment-complete")
def enrolment_complete(
    use: DeviceUse,
    profiles: Profiles,
    devices: Enrolled,
    serials: Expected,
    as_of: Annotated[datetime, AsOf()],
) -> Outcomes:
    """Pass when each device is registered, is compliant, and synchronised within a week."""
    excused = without_users(use, profiles)
    if excused is not None:
        return citing(profiles, [excused])
    gone = [one for one in (devices, serials) if isinstance(one, Missing) and not one.key]
    if gone or isinstance(devices, Missing):
        return [refused(devices, *gone)]
    return _completed(_Mine(devices, serials), as_of)


def _completed(mine: _Mine, as_of: datetime) -> Iterator[Outcome]:
    expected = "every device registered, compliant, and synchronised within a week"
    kinds: dict[type[Fail | Unknown | Warn], dict[str, str]] = {Fail: {}, Unknown: {}, Warn: {}}
    total = 0
    for one in mine.rows():
        total += 1
        for kind, said in _open(one, as_of):
            kinds[kind][one.label] = said
    for kind, found in kinds.items():
        if not found:
            continue
        text = tr("{} of {} devices: {}", len(found), total, _named(found))
        if kind is Unknown:
            yield Unknown(None, text, rows=_rows(found))
        elif kind is Warn:
            yield Warn(None, expected, text, rows=_rows(found))
        else:
            step = tr(
                "Ask the users of {} to open the Company Portal and to finish the enrolment.",
                listed(found),
            )
            yield Fail(None, expected, text, remedy=(step,), rows=_rows(found))
    if not total:
        yield Unknown(None, "no such device is enrolled yet")
    elif not any(kinds.values()):
        yield Pass(None, trn(total, "the {n} device", "all {n} devices"), expected)


def _open(one: ManagedDevice, as_of: datetime) -> Iterator[tuple[type[Fail | Unknown | Warn], str]]:
    """What is left to do for one device."""
    enrolled, state = moment(one.enrolled_date_time), word(one.device_registration_state)
    if not state or not isinstance(one.azure_registered, bool):
        yield Unknown, "Graph does not say whether it is registered"
    elif state != "registered" or one.azure_registered is False:
        if enrolled is None:
            yield Unknown, tr("{}, and no date of enrolment", state)
        elif as_of - enrolled > DAY:
            yield Fail, tr("{}, enrolled on {:%Y-%m-%d}", state, enrolled)
        else:
            yield Unknown, tr("{}, enrolled less than a day ago", state)
    last, compliance = moment(one.last_sync_date_time), word(one.compliance_state)
    if not compliance:
        yield Unknown, "Graph does not say whether it is compliant"
    elif compliance != "compliant":
        yield Warn, compliance
    if last is None:
        yield Unknown, "no date of a synchronisation"
    elif as_of - last > WEEK:
        yield Warn, tr("synchronised on {:%Y-%m-%d}", last)
