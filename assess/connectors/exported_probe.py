"""Reads what the collector's probe wrote: ``collected/internet.json`` of an export."""

import base64
import binascii
import re
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import certifi
import msgspec

from assess.connectors import Visit
from assess.connectors.export_package import Package
from assess.connectors.x509facts import Malformed, certificate, facts
from assess.engagement import Engagement
from assess.errors import Unavailable
from assess.evidence import Ask
from assess.evidence.server_probe import Probe, ReachedFromServer, ServerProbes
from assess.language import msg, tr, trn

KEY, FILE = "files.site_export", "collected/internet.json"
_AGAIN = (
    "Run the collector of `assess collector` on the server with the service connection point, with "
    "-Section site,internet, and name what it writes as files.site_export."
)
_LARGEST = 4 << 20
_PEM = re.compile(rb"-----BEGIN CERTIFICATE-----(.+?)-----END CERTIFICATE-----", re.DOTALL)
_VENDOR = "Microsoft Corporation"


class _Raw(msgspec.Struct, frozen=True):
    url: str
    status: int
    error: str = ""
    proxy: str = ""
    root: str = ""


class _File(msgspec.Struct, frozen=True):
    computer: str
    at: datetime
    probes: tuple[_Raw, ...]


def connect(engagement: Engagement) -> "ExportedProbe":
    """The probe in the export that ``files.site_export`` names."""
    return ExportedProbe(engagement.path(KEY))


class ExportedProbe:
    """Reads the export at ``path``; None: none is named, which each answer says."""

    source = "http"

    def __init__(self, path: Path | None) -> None:
        self._path = path

    def answers(self, ask: Ask) -> bool:
        """What a server reached."""
        return isinstance(ask, ReachedFromServer)

    def fetch(self, ask: Ask, visit: Visit) -> ServerProbes:  # noqa: ARG002 - a connector's
        """The probes; raises Unavailable where there are none that can be trusted."""
        if self._path is None:
            raise Unavailable(
                tr("nobody has probed the way from the server itself ({} is not set)", KEY),
                _AGAIN,
                key=KEY,
                skipped=True,
            )
        package = Package(self._path)
        try:
            part = package.section("internet")
            if FILE not in package and (part is None or part.state != "failed"):
                raise Unavailable(
                    tr("the collector was not asked to probe the way ({}, {})", package.name, KEY),
                    _AGAIN,
                    skipped=True,
                )
            found = msgspec.json.decode(package.read(FILE, _LARGEST), type=_File)
        except OSError as error:
            why = error.strerror or msg("it cannot be read")
            raise Unavailable(tr("{} ({}): {}", package.name, KEY, why), _AGAIN) from None
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise Unavailable(
                tr("{} in {} ({}): {}", FILE, package.name, KEY, error), _AGAIN
            ) from None
        finally:
            package.close()
        moment = found.at if found.at.tzinfo else found.at.replace(tzinfo=UTC)
        probes = tuple(_probe(one) for one in found.probes)
        for one in probes:
            said = f"status {one.status}" if one.status else one.error or "no answer"
            through = f", through {one.proxy}" if one.proxy else ""
            ends = f", certificate from {one.root}" if one.root else ""
            where = f"GET {one.url} from {found.computer} ({package.name})"
            visit.note(where, f"{said}{through}{ends}", about=found.computer.lower())
        return ServerProbes(found.computer.lower().rstrip("."), moment.astimezone(UTC), probes)

    def probe(self, visit: Visit) -> str:
        """The file can be read; raises Unavailable."""
        found = self.fetch(ReachedFromServer(), visit)
        return trn(
            len(found.probes),
            "{n} address was tried from {}",
            "{n} addresses were tried from {}",
            found.computer,
        )

    def close(self) -> None:
        """Nothing is held."""


def _probe(raw: _Raw) -> Probe:
    name, public = _root(raw.root)
    return Probe(raw.url, raw.status, raw.error, raw.proxy, name, public)


def _root(encoded: str) -> tuple[str, bool | None]:
    """The name of the root, and whether it is public; the vendor's own roots are on no list."""
    try:
        der = base64.b64decode(encoded, validate=True)
        name = facts(certificate(der)).name if der else ""
    except (binascii.Error, ValueError, Malformed):
        return "", None
    if not der:
        return "", None
    if der in _public_roots():
        return name, True
    return name, None if _VENDOR.encode() in der else False


@cache
def _public_roots() -> frozenset[bytes]:
    return frozenset(
        base64.b64decode(one) for one in _PEM.findall(Path(certifi.where()).read_bytes())
    )
