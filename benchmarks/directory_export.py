"""An export of the directory: many users out of LDIF, and 200 templates with their access lists.

    python -m benchmarks.directory_export FOLDER

prints as JSON how long each question took there, and the most memory that the process held.
"""

import base64
import json
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

from assess.connectors import Visit
from assess.connectors.directory_export import OF_DOMAIN, ExportConnector
from assess.evidence import Ask
from assess.evidence.directory import DirectoryUsers, ForestSuffixes
from assess.evidence.pki import GroupNamed, Principal, TemplateNamed
from assess.evidence.securitydescriptor import AUTO_ENROLL, ENROLL, Descriptor
from benchmarks import population
from benchmarks.timing import ROOT, Line, Scale, peak_mb

_BASE = population.BASE
_CONFIGURATION = f"CN=Configuration,{_BASE}"
_SERVICES = f"CN=Public Key Services,CN=Services,{_CONFIGURATION}"
_TEMPLATES, _ENTRIES = 200, 40
_SECONDS, _TEMPLATE_SECONDS, _PEAK = 120, 5, 250
_NOW = datetime(2026, 1, 1, tzinfo=UTC)
_DOMAIN = (21, 1, 2, 3)
_CATEGORY = f"CN=Person,CN=Schema,{_CONFIGURATION}"
_PERSON = ("top", "person", "organizationalPerson", "user")
_OF_DOMAIN = {
    "Builtin": "builtinDomain", "Users": "container", "System": "container",
    "Infrastructure": "infrastructureUpdate",
}  # fmt: skip
_OF_CONFIGURATION = {
    "CN=Partitions": "crossRefContainer", "CN=Sites": "sitesContainer",
    "CN=Extended-Rights": "container",
    "CN=WellKnown Security Principals": "container", "CN=DisplaySpecifiers": "container",
    "CN=Directory Service,CN=Windows NT,CN=Services": "nTDSService",
}  # fmt: skip


def measure(scale: Scale) -> list[Line]:
    """A process of its own reads the export."""
    with tempfile.TemporaryDirectory() as folder:
        size = _write(Path(folder), scale.users)
        command = [sys.executable, "-m", "benchmarks.directory_export", folder]
        done = subprocess.run(command, stdout=subprocess.PIPE, check=True, cwd=ROOT)
    took: dict[str, float] = json.loads(done.stdout)
    peak = took.pop("peak")
    template = took.pop("template")
    everything = sum(took.values())
    said = ", ".join(f"{name} {seconds:.1f}" for name, seconds in took.items())
    what = f"export of {scale.users:,} users ({size >> 20} MB)"
    return [
        Line(what, f"{_SECONDS} s", f"{everything:.1f} s ({said})", everything < _SECONDS),
        Line(f"{what}, memory", f"{_PEAK} MB", f"{peak:.0f} MB", peak < _PEAK),
        Line(
            f"one of {_TEMPLATES} templates, {_ENTRIES} entries in each access list",
            f"{_TEMPLATE_SECONDS} s", f"{template:.2f} s", template < _TEMPLATE_SECONDS,
        ),
    ]  # fmt: skip


def main(folder: Path) -> None:
    """Ask as a run does."""
    connector = ExportConnector(folder, "export")
    visit = Visit(known=_Nobody(), clock=lambda: _NOW, tables=folder)
    asks: dict[str, Ask] = {
        "reading": ForestSuffixes(),
        "people": DirectoryUsers(),
        "group": GroupNamed("k", "Everybody"),
        "template": TemplateNamed("k", f"Template {_TEMPLATES - 1}"),
    }
    took: dict[str, float] = {}
    answers: dict[str, Any] = {}
    for name, ask in asks.items():
        begin = time.perf_counter()
        answers[name] = connector.fetch(ask, visit)
        took[name] = time.perf_counter() - begin
    connector.close()
    [(forest, template)] = answers["template"].found()
    if not isinstance(template.access, Descriptor) or len(template.access.entries) != _ENTRIES:
        raise RuntimeError(f"the access list was not read: {template.access}")
    if not all(isinstance(one, Principal) for one in forest.principals.values()):
        raise RuntimeError("whom it names was not read")
    if not len(answers["people"].forests[0].users) > len(answers["group"].found()[0].members):
        raise RuntimeError("users are missing")
    print(json.dumps({**took, "peak": peak_mb()}))


class _Nobody:
    """These questions depend on nothing."""

    def key(self, name: str) -> Any:  # noqa: ANN401
        raise LookupError(name)

    def answer(self, ask: Ask) -> Any:  # noqa: ANN401
        raise LookupError(ask)


# -- the export --


def _write(folder: Path, users: int) -> int:
    with (folder / "domain.ldf").open("w", newline="") as file:
        for dn, values in (*_fixed(users), *_users(users)):
            _entry(file, dn, values)
        file.write(f"# requesting: {' '.join(OF_DOMAIN)}\r\n")
    with (folder / "configuration.ldf").open("w", newline="") as file:
        for dn, values in _configuration():
            _entry(file, dn, values)
        file.write("# requesting: *\r\n")
    return sum(path.stat().st_size for path in folder.glob("*.ldf"))


Values = dict[str, Any]


def _fixed(users: int) -> Iterator[tuple[str, Values]]:
    yield _BASE, {"objectClass": ("top", "domain", "domainDNS"), "objectSid": _sid()}
    for name, kind in _OF_DOMAIN.items():
        yield f"CN={name},{_BASE}", {"objectClass": ("top", kind)}
    for rid, name in ((500, "Administrator"), (502, "krbtgt")):
        yield f"CN={name},CN=Users,{_BASE}", _account(rid, name)
    for rid, name in ((512, "Domain Admins"), (513, "Domain Users")):
        yield f"CN={name},CN=Users,{_BASE}", _group(rid, name)
    for number in range(_ENTRIES):
        yield f"CN=Team {number},CN=Users,{_BASE}", _group(1100 + number, f"Team {number}")
    members = [_dn(person) for person in population.people(min(users, 15_000))]
    yield f"CN=Everybody,CN=Users,{_BASE}", {**_group(1099, "Everybody"), "member": members}


def _users(users: int) -> Iterator[tuple[str, Values]]:
    for person in population.people(users):
        yield (
            _dn(person),
            {
                **_account(5000 + person.number, person.account),
                "userAccountControl": "544" if person.enabled else "546",
                "userPrincipalName": () if person.upn is None else person.upn.encode(),
                "mail": person.mail,
                "proxyAddresses": person.addresses,
                "objectGUID": uuid.uuid5(person.anchor, "object").bytes_le,
                "mS-DS-ConsistencyGuid": person.anchor.bytes_le,
            },
        )


def _configuration() -> Iterator[tuple[str, Values]]:
    yield _CONFIGURATION, {"objectClass": ("top", "configuration")}
    for name, kind in _OF_CONFIGURATION.items():
        yield f"{name},{_CONFIGURATION}", {"objectClass": ("top", kind)}
    domain = {"systemFlags": "3", "nCName": _BASE, "dnsRoot": population.DOMAIN}
    reference = {"objectClass": ("top", "crossRef"), "nETBIOSName": population.NETBIOS}
    yield f"CN={population.NETBIOS},CN=Partitions,{_CONFIGURATION}", {**reference, **domain}
    for name in ("", "CN=Certificate Templates,", "CN=Enrollment Services,"):
        yield f"{name}{_SERVICES}", {"objectClass": ("top", "container"), "cn": "x"}
    for number in range(_TEMPLATES):
        name = f"Template {number}"
        yield (
            f"CN={name},CN=Certificate Templates,{_SERVICES}",
            {
                "objectClass": ("top", "pKICertificateTemplate"), "cn": name, "displayName": name,
                "msPKI-Template-Schema-Version": "2", "msPKI-Private-Key-Flag": "16",
                "nTSecurityDescriptor": _descriptor(),
            },
        )  # fmt: skip


def _account(rid: int, name: str) -> Values:
    fixed = {"objectClass": _PERSON, "objectCategory": _CATEGORY, "userAccountControl": "512"}
    return {**fixed, "objectSid": _sid(rid), "sAMAccountName": name, "cn": name}


def _group(rid: int, name: str) -> Values:
    fixed = {"objectClass": ("top", "group"), "groupType": "-2147483646"}
    return {**fixed, "objectSid": _sid(rid), "sAMAccountName": name, "cn": name}


def _dn(person: population.Person) -> str:
    return f"CN={person.account},OU={person.unit},{_BASE}"


def _sid(*rid: int) -> bytes:
    numbers = (*_DOMAIN, *rid)
    parts = b"".join(number.to_bytes(4, "little") for number in numbers)
    return bytes([1, len(numbers)]) + (5).to_bytes(6, "big") + parts


def _descriptor() -> bytes:
    """Teams that may enrol, and enrol by themselves."""
    entries = b""
    for number in range(_ENTRIES):
        right = uuid.UUID(AUTO_ENROLL if number % 2 else ENROLL).bytes_le
        body = (0x100).to_bytes(4, "little") + (1).to_bytes(4, "little") + right
        body += _sid(1100 + number)
        entries += bytes([5, 0]) + (len(body) + 4).to_bytes(2, "little") + body
    head = bytes([2, 0]) + (8 + len(entries)).to_bytes(2, "little")
    listed = head + _ENTRIES.to_bytes(2, "little") + b"\0\0" + entries
    control = (0x8004).to_bytes(2, "little")
    return b"\x01\0" + control + bytes(12) + (20).to_bytes(4, "little") + listed


def _entry(file: TextIO, dn: str, values: Values) -> None:
    file.write(f"dn: {dn}\r\nchangetype: add\r\n")
    for name, given in values.items():
        listed: Sequence[str | bytes] = [given] if isinstance(given, (str, bytes)) else given
        for value in listed:
            if isinstance(value, bytes):
                file.write(f"{name}:: {base64.b64encode(value).decode()}\r\n")
            else:
                file.write(f"{name}: {value}\r\n")
    file.write("\r\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
