"""Which Windows a device runs, by the directory or by the site, and whether that will do."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from assess.check import tr
from assess.evidence.adminservice import text
from assess.evidence.devices import EntraDevice
from assess.evidence.graph import ENTRA_JOINED, HYBRID_JOINED
from assess.evidence.site_cloud import SiteDevice

OLDEST = 16299
_VERSION = re.compile(r"10\.0\.([0-9]{1,6})")
_NUMBERS = re.compile(r"[1-9][0-9]?\.[0-9]")
# The last day of support of the edition that has it longest, by the first build of a release.
_ENDS = (
    (22000, datetime(2025, 10, 14, tzinfo=UTC), "Windows 10"),
    (22621, datetime(2024, 10, 8, tzinfo=UTC), "Windows 11 21H2"),
    (22631, datetime(2025, 10, 14, tzinfo=UTC), "Windows 11 22H2"),
    (26100, datetime(2026, 11, 10, tzinfo=UTC), "Windows 11 23H2"),
    (26200, datetime(2027, 10, 12, tzinfo=UTC), "Windows 11 24H2"),
)


@dataclass(frozen=True)
class Target:
    """A device as one source knows it; ``managed``: joined, so that its edition can be managed."""

    name: str
    system: str
    version: str
    managed: bool

    @property
    def is_windows(self) -> bool:
        """By the name of the operating system."""
        return "windows" in self.system.lower()

    @property
    def is_server(self) -> bool:
        """By the name of the operating system."""
        return "server" in self.system.lower()

    @property
    def build(self) -> int | None:
        """The build of Windows 10 or later."""
        found = _VERSION.match(self.version)
        return int(found[1]) if found else None

    @property
    def is_modern(self) -> bool:
        """A client with Windows 10 or later."""
        return self.is_windows and not self.is_server and self.build is not None


def by_directory(devices: Iterable[EntraDevice]) -> Iterable[Target]:
    """Devices as the directory has them."""
    for one in devices:
        name = one.display_name if isinstance(one.display_name, str) else one.id
        system = one.operating_system if isinstance(one.operating_system, str) else ""
        version = one.operating_system_version
        version = version.strip() if isinstance(version, str) else ""
        # A Home edition cannot join a domain or the directory, so that joined is managed.
        yield Target(name, system.strip(), version, one.trust_type in (ENTRA_JOINED, HYBRID_JOINED))


def by_site(devices: Iterable[SiteDevice]) -> Iterable[Target]:
    """Devices as the site has them: ``Microsoft Windows NT Workstation 10.0`` and a build."""
    for one in devices:
        name = text(one.name) or tr("resource {}", one.resource_id)
        domain = text(one.domain)
        managed = bool(domain) and domain.upper() != "WORKGROUP"
        yield Target(name, text(one.device_os), text(one.device_os_build), managed)


def fault(device: Target, as_of: datetime) -> str | None:
    """Why a device does not qualify; empty where it does, None where that is not known."""
    if not device.system:
        return None
    if not device.is_windows:
        return tr("runs {}", device.system)
    if device.is_server:
        return tr("is a server ({})", device.system)
    build = device.build
    if build is None:
        return tr("runs Windows {}", device.version) if _NUMBERS.match(device.version) else None
    if build < OLDEST:
        return tr("build {} is older than {}", build, OLDEST)
    for before, last, name in _ENDS:
        if build < before:
            if as_of.date() > last.date():
                return tr(
                    "{} (build {}) has been out of support since {:%Y-%m-%d}", name, build, last
                )
            break
    return "" if device.managed else None
