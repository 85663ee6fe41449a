"""Devices: which can be co-managed, which are enrolled, and how new ones arrive."""

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Annotated

from assess.check import (
    AsOf,
    Fail,
    Key,
    Missing,
    Outcome,
    Outcomes,
    Pass,
    Rows,
    Table,
    Unknown,
    Warn,
    check,
    unavailable,
)
from assess.evidence.assigned import GroupSizes
from assess.evidence.devices import (
    AutopilotAssignments,
    AutopilotDevice,
    AutopilotDevices,
    AutopilotProfile,
    AutopilotProfiles,
    EntraDevice,
    EntraDevices,
    ManagedDevice,
    ManagedDevices,
)
from assess.evidence.enrolment import Assignment
from assess.evidence.graph import ENTRA_JOINED, HYBRID_JOINED, moment
from checks.enrol.assignments import Reach, reach
from checks.enrol.pilots import Pilot, known_by, listed, pilots

_FRESH = timedelta(days=7)
_VERSION = re.compile(r"10\.0\.([0-9]{1,6})")
_OLDEST = 16299
_EXPECTED = "Windows 10 1709 (10.0.16299) or later, supported, in an edition that can be managed"
# The last day of support of the edition that has it longest, by the first build of a release.
_ENDS = (
    (22000, datetime(2025, 10, 14, tzinfo=UTC), "Windows 10"),
    (22621, datetime(2024, 10, 8, tzinfo=UTC), "Windows 11 21H2"),
    (22631, datetime(2025, 10, 14, tzinfo=UTC), "Windows 11 22H2"),
    (26100, datetime(2026, 11, 10, tzinfo=UTC), "Windows 11 23H2"),
    (26200, datetime(2027, 10, 12, tzinfo=UTC), "Windows 11 24H2"),
)
Registered = Annotated[Table[EntraDevice], EntraDevices()]
Enrolled = Annotated[Table[ManagedDevice], ManagedDevices()]
Named = Annotated[list[str], Key("planning.pilot_devices")]


# -- versions --


@check("enrollment.windows-client-version")
def windows_client_version(
    registered: Registered,
    names: Annotated[list[str] | Missing, Key("planning.pilot_devices")],
    as_of: Annotated[datetime, AsOf()],
) -> Outcomes:
    """Pass when every target device runs a Windows that can be co-managed and is supported."""
    if isinstance(names, Missing):
        targets = (d for d in registered if _windows(d) and d.account_enabled is not False)
        return [_versions(targets, "Windows devices of the directory", as_of)]
    found = pilots(names, registered)
    parts = [_versions((d for p in found for d in p.registered), "pilot devices", as_of)]
    absent = [pilot.name for pilot in found if not pilot.registered]
    if absent:
        because = f"the directory does not know {listed(absent)}, and so no version of it"
        parts.append(Unknown(None, because, remedy=("Join or synchronise these devices.",)))
    return parts


def _windows(device: EntraDevice) -> bool:
    return str(device.operating_system).strip().lower().startswith("windows")


def _versions(devices: Iterable[EntraDevice], what: str, as_of: datetime) -> Outcome:
    """What the versions add up to: each device is good, odd or not known."""
    total = modern = 0
    odd: list[tuple[str, str]] = []
    unclear: list[str] = []
    for device in devices:
        total += 1
        fault = _fault(device, as_of)
        modern += _modern(device)
        if fault is None:
            unclear.append(_called(device))
        elif fault:
            odd.append((_called(device), fault))
    if not total:
        mend = "Set planning.pilot_devices, or join a device."
        return Unknown(None, f"there are no {what} whose version could be read", remedy=(mend,))
    if not modern and len(unclear) < total:
        observed = f"none of {total} {what} runs Windows 10 or later"
        return Fail(None, _EXPECTED, observed, rows=_rows(odd))
    if unclear:
        because = f"version or edition of {len(unclear)} of {total} {what} is not known: "
        return Unknown(None, because + listed(unclear))
    if odd:
        said = listed(f"{name} ({fault})" for name, fault in odd)
        observed = f"{len(odd)} of {total} {what} do not qualify: {said}"
        return Warn(None, _EXPECTED, observed, rows=_rows(odd))
    return Pass(None, f"all {total} {what} qualify", _EXPECTED)


def _rows(odd: list[tuple[str, str]]) -> Rows:
    return Rows(("device", "reason"), ({"device": name, "reason": why} for name, why in odd))


def _called(device: EntraDevice) -> str:
    return device.display_name if isinstance(device.display_name, str) else device.id


def _build(device: EntraDevice) -> int | None:
    version = device.operating_system_version
    found = _VERSION.match(version.strip()) if isinstance(version, str) else None
    return int(found[1]) if found else None


def _modern(device: EntraDevice) -> bool:
    return _windows(device) and not _server(device) and _build(device) is not None


def _server(device: EntraDevice) -> bool:
    return "server" in str(device.operating_system).lower()


def _fault(device: EntraDevice, as_of: datetime) -> str | None:
    """Why a device does not qualify; empty where it does, None where that is not known."""
    if not device.system:
        return None
    if not _windows(device):
        return f"runs {device.operating_system}"
    if _server(device):
        return f"is a server ({device.operating_system})"
    build = _build(device)
    if build is None:
        version = device.operating_system_version
        known = isinstance(version, str) and re.match(r"[1-9][0-9]?\.[0-9]", version.strip())
        return f"runs Windows {version}" if known else None
    if build < _OLDEST:
        return f"build {build} is older than {_OLDEST}"
    for before, last, name in _ENDS:
        if build < before:
            if as_of.date() > last.date():
                return f"{name} (build {build}) is out of support since {last:%Y-%m-%d}"
            break
    # A Home edition cannot join a domain or the directory, so that joined is managed.
    return "" if device.trust_type in (ENTRA_JOINED, HYBRID_JOINED) else None


# -- enrolled --


@check("enrollment.devices-in-intune")
def devices_in_intune(
    names: Named,
    enrolled: Enrolled,
    as_of: Annotated[datetime, AsOf()],
) -> Outcomes:
    """Pass when Intune lists every pilot device and heard of it within seven days."""
    expected = "every pilot device in Intune, with a contact within 7 days"
    found = pilots(names, (), enrolled)
    there = [pilot for pilot in found if pilot.enrolled]
    nameless = sum(1 for device in enrolled if not device.name)
    if nameless and len(there) < len(found):
        because = f"Intune does not tell the names of {nameless} devices; the pilot's may be among"
        return [Unknown(None, f"{because} them")]
    if not there:
        observed = f"Intune lists none of {len(found)} pilot devices"
        return [Fail(None, expected, observed)]
    return list(_contacts(found, expected, as_of))


def _contacts(found: list[Pilot], expected: str, as_of: datetime) -> Iterator[Outcome]:
    absent = [pilot.name for pilot in found if not pilot.enrolled]
    silent: list[str] = []
    unclear: list[str] = []
    for pilot in found:
        if not pilot.enrolled:
            continue
        dates = [device.last_sync_date_time for device in pilot.enrolled]
        seen = [one for one in map(moment, dates) if one is not None]
        if seen and as_of - max(seen) <= _FRESH:
            continue
        if seen or any(isinstance(one, datetime) for one in dates):
            silent.append(pilot.name)
        else:
            unclear.append(pilot.name)
    if unclear:
        yield Unknown(None, f"Graph does not say when {listed(unclear)} was last in contact")
    if absent:
        yield Warn(None, expected, f"not in Intune: {listed(absent)}")
    if silent:
        yield Warn(None, expected, f"no contact within 7 days: {listed(silent)}")
    if not (absent or silent or unclear):
        yield Pass(None, f"all {len(found)} pilot devices had contact within 7 days", expected)


# -- Autopilot --


@check("enrollment.autopilot")
def autopilot(
    in_scope: Annotated[bool, Key("planning.autopilot_in_scope")],
    profiles: Annotated[tuple[AutopilotProfile, ...] | Missing, AutopilotProfiles()],
    assignments: Annotated[
        dict[str, tuple[Assignment, ...] | None] | Missing, AutopilotAssignments()
    ],
    sizes: Annotated[dict[str, int | None] | Missing, GroupSizes("autopilot")],
    hardware: Annotated[Table[AutopilotDevice] | Missing, AutopilotDevices()],
    enrolled: Annotated[Table[ManagedDevice] | Missing, ManagedDevices()],
    names: Annotated[list[str] | Missing, Key("planning.pilot_devices")],
) -> Outcomes:
    """Pass when a profile reaches devices and the pilot devices are registered, or not in scope."""
    expected = "a deployment profile that reaches devices, and the pilot devices registered"
    if not in_scope:
        return [Pass(None, "Autopilot is not in scope (planning.autopilot_in_scope)", expected)]
    for one in (profiles, assignments):
        if isinstance(one, Missing):
            return [unavailable(None, one)]
    assert not isinstance(profiles, Missing)
    assert not isinstance(assignments, Missing)
    if not profiles:
        return [Fail(None, expected, "there is no deployment profile")]
    reached = {p.id: reach(assignments.get(p.id), sizes) for p in profiles}
    best = max(reached.values())
    labels = listed(str(p.display_name or p.id) for p in profiles)
    if best is Reach.NOBODY:
        return [Fail(None, expected, f"no deployment profile reaches a device: {labels}")]
    if best is Reach.NOT_KNOWN:
        why = sizes.reason if isinstance(sizes, Missing) else "Graph does not say to whom"
        return [Unknown(None, f"whether {labels} reaches a device is not known: {why}")]
    used = listed(str(p.display_name or p.id) for p in profiles if reached[p.id] >= Reach.SOME)
    return [_hardware(f"{used} is assigned", expected, hardware, enrolled, names)]


def _hardware(
    said: str,
    expected: str,
    hardware: Table[AutopilotDevice] | Missing,
    enrolled: Table[ManagedDevice] | Missing,
    names: list[str] | Missing,
) -> Outcome:
    if isinstance(names, Missing) or isinstance(hardware, Missing):
        return unavailable(None, *(o for o in (names, hardware) if isinstance(o, Missing)))
    known: set[str] = set()
    for device in hardware:
        known.update(known_by(device.serial_number, device.display_name))
        known.update(known_by(device.azure_device_id, device.managed_device_id))
    managed = () if isinstance(enrolled, Missing) else enrolled
    lacking = [p.name for p in pilots(names, (), managed) if not _registered(p, known)]
    if not lacking:
        return Pass(None, f"{said}; all pilot devices are registered for Autopilot", expected)
    observed = f"{said}; not registered for Autopilot: {listed(lacking)}"
    if isinstance(enrolled, Missing):
        return Unknown(
            None, f"{observed}, by name: serial numbers are not known: {enrolled.reason}"
        )
    return Warn(None, expected, observed)


def _registered(pilot: Pilot, known: set[str]) -> bool:
    own = [pilot.name]
    for device in pilot.enrolled:
        own += known_by(device.serial_number, device.azure_device_id, device.id)
    return any(key in known for key in known_by(*own))
