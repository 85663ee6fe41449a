"""The pilot devices that the engagement file names, as the directory and Intune know them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from assess.check import tr
from assess.evidence.devices import EntraDevice, ManagedDevice


def known_by(*values: object) -> Iterator[str]:
    """Names and ids as they compare: without blanks at the ends, in lower case."""
    for value in values:
        if isinstance(value, str) and value.strip():
            yield value.strip().lower()


@dataclass
class Pilot:
    """One pilot device; a name may stand for several records, of which the old ones stay."""

    name: str
    registered: list[EntraDevice] = field(default_factory=list)
    enrolled: list[ManagedDevice] = field(default_factory=list)


def pilots(
    names: Iterable[str],
    registered: Iterable[EntraDevice] = (),
    enrolled: Iterable[ManagedDevice] = (),
) -> list[Pilot]:
    """The pilot devices, in the order of the file; both lists are streamed once."""
    found = {name.strip().lower(): Pilot(name.strip()) for name in names if name.strip()}
    by_id: dict[str, Pilot] = {}
    for device in registered:
        for key in known_by(device.display_name, device.device_id, device.id):
            if key in found:
                found[key].registered.append(device)
                by_id |= dict.fromkeys(known_by(device.device_id), found[key])
                break
    for managed in enrolled:
        own = known_by(managed.azure_device_id)
        pilot = next((by_id[key] for key in own if key in by_id), None)
        keys = known_by(
            managed.device_name, managed.azure_device_id, managed.id, managed.serial_number
        )
        pilot = pilot or next((found[key] for key in keys if key in found), None)
        if pilot is not None:
            pilot.enrolled.append(managed)
    return list(found.values())


def listed(names: Iterable[str], most: int = 5) -> str:
    """The first names, and how many more there are."""
    every = list(names)
    first = ", ".join(every[:most])
    return tr("{} and {} more", first, len(every) - most) if len(every) > most else first
