"""Exports of a directory, as people's tools write them: ldifde's LDIF, and PowerShell's JSON."""

import base64
import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import ldap3
from ldap3.protocol.microsoft import security_descriptor_control

from lab.samba import DomainController

Exported = tuple[bytes, dict[str, list[bytes]]]

OCTETS = {
    "objectsid", "objectguid", "cacertificate", "ntsecuritydescriptor", "pkiexpirationperiod", "ms-ds-consistencyguid",
}  # fmt: skip


def entries(
    controller: DomainController,
    base: str,
    attributes: Sequence[str] = ("*",),
    *,
    query: str = "(objectClass=*)",
    descriptors: bool = False,
    as_admin: bool = False,
) -> list[Exported]:
    """Every object of one partition at or below the base."""
    controls = security_descriptor_control(criticality=True, sdflags=5) if descriptors else None
    with controller.connection(as_admin=as_admin) as connection:
        connection.raise_exceptions = False
        found = connection.extend.standard.paged_search(
            base, query, ldap3.SUBTREE, attributes=list(attributes), paged_size=500, controls=controls, generator=True
        )
        return [
            (one["raw_dn"], dict(one["raw_attributes"])) for one in found if one["type"] == "searchResEntry"
        ]


def ldif(found: Iterable[Exported], *, newline: bytes = b"\r\n", width: int = 76) -> bytes:
    """As ldifde writes: ``changetype: add``, Base64 where a value needs it, long lines folded."""
    return b"".join(line + newline for one in found for line in _entry(*one, width))


def _entry(dn: bytes, values: dict[str, list[bytes]], width: int) -> Iterator[bytes]:
    yield from _folded(_line(b"dn", dn), width)
    yield b"changetype: add"
    for name, listed in values.items():
        for value in listed:
            yield from _folded(_line(name.encode(), value), width)
    yield b""


def _line(name: bytes, value: bytes) -> bytes:
    plain = all(32 <= octet < 127 for octet in value) and not value.startswith((b" ", b":", b"<")) and not value.endswith(b" ")
    return name + b": " + value if plain else name + b":: " + base64.b64encode(value)


def _folded(line: bytes, width: int) -> Iterator[bytes]:
    yield line[:width]
    for at in range(width, len(line), width - 1):
        yield b" " + line[at : at + width - 1]


def powershell(found: Iterable[Exported], attributes: Sequence[str]) -> str:
    """As Get-ADObject, Select-Object and ConvertTo-Json write: every attribute asked for is a key."""
    return json.dumps([_object(dn, values, attributes) for dn, values in found], indent=4, ensure_ascii=False)


def _object(dn: bytes, values: dict[str, list[bytes]], attributes: Sequence[str]) -> dict[str, Any]:
    known = {name.lower(): listed for name, listed in values.items()}
    made: dict[str, Any] = {"DistinguishedName": dn.decode()}
    for name in attributes:
        listed = known.get(name.lower(), [])
        made[name] = _value(name.lower(), listed)
    return made


def _value(name: str, listed: list[bytes]) -> Any:
    if not listed:
        return None
    shown: list[Any] = [one.decode("utf-8", "replace") for one in listed] if name not in OCTETS else list(listed)
    if name == "objectclass":
        return shown[-1]
    if name == "objectsid":
        octets = listed[0]
        numbers = [int.from_bytes(octets[at : at + 4], "little") for at in range(8, len(octets), 4)]
        authority = int.from_bytes(octets[2:8], "big")
        return {"BinaryLength": len(octets), "Value": "-".join(["S-1", str(authority), *map(str, numbers)])}
    if name in OCTETS:
        shown = [list(one) for one in listed]
        return shown[0] if len(shown) == 1 else shown
    if name in ("useraccountcontrol", "grouptype", "systemflags", "primarygroupid"):
        return int(shown[0])
    return shown[0] if len(shown) == 1 else shown
