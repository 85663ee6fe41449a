"""Devices: which can be co-managed, which are enrolled, and how new ones arrive."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
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
    tr,
    trn,
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
from assess.evidence.graph import moment
from assess.evidence.site_cloud import SiteDeviceList, SiteDevices
from checks.enrol.assignments import Reach, reach
from checks.enrol.pilots import Pilot, known_by, listed, pilots
from checks.enrol.versions import Target, by_directory, by_site, fault

_FRESH = timedelta(days=7)
_EXPECTED = "Windows 10 1709 (10.0.16299) or later, supported, in an edition that can be managed"
Registered = Annotated[Table[EntraDevice], EntraDevices()]
Enrolled = Annotated[Table[ManagedDevice], ManagedDevices()]
Named = Annotated[list[str], Key("planning.pilot_devices")]


# -- versions --


@check("enrollment.windows-client-version")
def windows_client_version(
    registered: Annotated[Table[EntraDevice] | Missing, EntraDevices()],
    site: Annotated[SiteDeviceList | Missing, SiteDevices()],
    names: Annotated[list[str] | Missing, Key("planning.pilot_devices")],
    as_of: Annotated[datetime, AsOf()],
) -> Outcomes:
    """Pass when every target device runs a Windows that can be co-managed and is supported."""
    if isinstance(registered, Missing) and isinstance(site, Missing):
        return [unavailable(None, registered, site)]
    if isinstance(names, Missing):
        return _everybody(registered, site, as_of)
    return _pilots(names, registered, site, as_of)


def _everybody(
    registered: Table[EntraDevice] | Missing, site: SiteDeviceList | Missing, as_of: datetime
) -> list[Outcome]:
    """All that the directory knows, else all clients of the site."""
    if not isinstance(registered, Missing):
        there = (d for d in registered if _windows(d) and d.account_enabled is not False)
        return [_versions(by_directory(there), "Windows devices of the directory", as_of)]
    if isinstance(site, Missing):
        return [unavailable(None, registered, site)]
    clients = (one for one in by_site(d for d in site.rows if d.is_client is True))
    parts = [_versions((c for c in clients if not c.is_server), "clients of the site", as_of)]
    if not site.sees.complete:
        because = tr("the site may have more clients than it shows: {}", site.sees.because)
        mend = getattr(site.sees, "mend", "")
        parts.append(Unknown(None, because, remedy=(mend,) if mend else ()))
    return parts


def _pilots(
    names: list[str],
    registered: Table[EntraDevice] | Missing,
    site: SiteDeviceList | Missing,
    as_of: datetime,
) -> list[Outcome]:
    """The pilot devices, each by the directory; by the site where that says nothing of it."""
    found = pilots(names, () if isinstance(registered, Missing) else registered)
    inventory: dict[str, list[Target]] = {}
    if not isinstance(site, Missing):
        wanted = {key for pilot in found for key in known_by(pilot.name)}
        for device in by_site(site.rows):
            if device.name.lower() in wanted:
                inventory.setdefault(device.name.lower(), []).append(device)
    targets: list[Target] = []
    absent = []
    for pilot in found:
        known = list(by_directory(pilot.registered))
        seen = [d for key in known_by(pilot.name) for d in inventory.get(key, [])]
        if not known or (seen and any(fault(one, as_of) is None for one in known)):
            known = seen
        targets += known
        if not known:
            absent.append(pilot.name)
    parts = [_versions(targets, "pilot devices", as_of)]
    if absent:
        because = _not_known(listed(absent), registered, site)
        parts.append(Unknown(None, because, remedy=("Join or synchronise these devices.",)))
    return parts


def _not_known(
    names: str, registered: Table[EntraDevice] | Missing, site: SiteDeviceList | Missing
) -> str:
    if isinstance(site, Missing):
        return tr("{}: not known to the directory, so its version is not known", names)
    if isinstance(registered, Missing):
        return tr("{}: not known to the site, so its version is not known", names)
    return tr(
        "{}: known neither to the directory nor to the site, so its version is not known", names
    )


def _windows(device: EntraDevice) -> bool:
    return str(device.operating_system).strip().lower().startswith("windows")


def _versions(devices: Iterable[Target], what: str, as_of: datetime) -> Outcome:
    """What the versions add up to: each device is good, odd or not known."""
    total = modern = 0
    odd: list[tuple[str, str]] = []
    unclear: list[str] = []
    for device in devices:
        total += 1
        why = fault(device, as_of)
        modern += device.is_modern
        if why is None:
            unclear.append(device.name)
        elif why:
            odd.append((device.name, why))
    if not total:
        mend = "Set planning.pilot_devices, or join a device."
        return Unknown(
            None, tr("there are no {} whose version could be read", what), remedy=(mend,)
        )
    if not modern and len(unclear) < total:
        observed = tr("{}: none of {} runs Windows 10 or later", what, total)
        return Fail(None, _EXPECTED, observed, rows=_rows(odd))
    if unclear:
        because = tr(
            "{}: version or edition of {} of {} is not known: {}",
            what,
            len(unclear),
            total,
            listed(unclear),
        )
        return Unknown(None, because)
    if odd:
        said = listed(f"{name} ({why})" for name, why in odd)
        observed = tr("{}: {} of {} do not qualify: {}", what, len(odd), total, said)
        return Warn(None, _EXPECTED, observed, rows=_rows(odd))
    return Pass(
        None, trn(total, "{}: the only one qualifies", "{}: all {n} qualify", what), _EXPECTED
    )


def _rows(odd: list[tuple[str, str]]) -> Rows:
    return Rows(("device", "reason"), ({"device": name, "reason": why} for name, why in odd))


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
        because = trn(
            nameless,
            "Intune does not tell the name of {n} device, which may be one of the pilot",
            "Intune does not tell the names of {n} devices; the pilot's may be among them",
        )
        return [Unknown(None, because)]
    if not there:
        observed = trn(
            len(found),
            "Intune does not list the {n} pilot device",
            "Intune lists none of {n} pilot devices",
        )
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
        yield Unknown(None, tr("Graph does not say when {} was last in contact", listed(unclear)))
    if absent:
        yield Warn(None, expected, tr("not in Intune: {}", listed(absent)))
    if silent:
        yield Warn(None, expected, tr("no contact within 7 days: {}", listed(silent)))
    if not (absent or silent or unclear):
        yield Pass(
            None,
            trn(
                len(found),
                "the {n} pilot device had contact within 7 days",
                "all {n} pilot devices had contact within 7 days",
            ),
            expected,
        )


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
        return [Fail(None, expected, tr("no deployment profile reaches a device: {}", labels))]
    if best is Reach.NOT_KNOWN:
        why = sizes.reason if isinstance(sizes, Missing) else "Graph does not say to whom"
        return [Unknown(None, tr("whether {} reaches a device is not known: {}", labels, why))]
    used = listed(str(p.display_name or p.id) for p in profiles if reached[p.id] >= Reach.SOME)
    return [_hardware(tr("{} is assigned", used), expected, hardware, enrolled, names)]


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
        return Pass(None, tr("{}; all pilot devices are registered for Autopilot", said), expected)
    observed = tr("{}; not registered for Autopilot: {}", said, listed(lacking))
    if isinstance(enrolled, Missing):
        return Unknown(
            None, tr("{}, by name: serial numbers are not known: {}", observed, enrolled.reason)
        )
    return Warn(None, expected, observed)


def _registered(pilot: Pilot, known: set[str]) -> bool:
    own = [pilot.name]
    for device in pilot.enrolled:
        own += known_by(device.serial_number, device.azure_device_id, device.id)
    return any(key in known for key in known_by(*own))
