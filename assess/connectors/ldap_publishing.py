"""Reads CN=System Management: what sites have published, and who may publish.

The rights of a site server are those of its computer account: by itself, by its groups at every
depth, or by what every computer has.
"""

import re
from collections.abc import Iterator

import ldap3
from ldap3.protocol.microsoft import security_descriptor_control
from ldap3.utils.conv import escape_filter_chars

from assess.connectors import Visit
from assess.connectors.distinguished import path_of
from assess.connectors.ldap_pki import ForestReader, Found, Raw, groups_above, sid_in
from assess.connectors.ldap_session import text
from assess.connectors.ldap_traces import names_below
from assess.errors import Unavailable
from assess.evidence.pki import AUTHENTICATED_USERS, EVERYONE
from assess.evidence.publishing import (
    ForestPublishing,
    PublishedPoint,
    ServerRights,
    SystemManagement,
)
from assess.evidence.securitydescriptor import (
    FULL_CONTROL,
    WRITE_PROPERTY,
    Descriptor,
    MalformedDescriptor,
    domain_part,
    parse,
)
from assess.language import msg, tr

_CONTAINER = "CN=System Management,"
_OWNER_AND_LIST = 0x5
_PUBLISHES = 0x1 | WRITE_PROPERTY  # to make an object in it, to write it
_POINT = re.compile(r"SMS-MP-(?P<site>[A-Z0-9]{3})-(?P<host>.+)", re.IGNORECASE)
_SITE = re.compile(r"SMS-Site-(?P<site>[A-Z0-9]{3})", re.IGNORECASE)
_MARK = "CN=MS-SMS-Site-Code,"  # an attribute that only the extended schema has


def publishing(
    reader: ForestReader, section: str, visit: Visit, hosts: tuple[str, ...]
) -> ForestPublishing:
    """The containers of the domains that the server holds whole, and whether the schema is ready.

    A host is looked at in the container of the domain that its name lies in.
    """
    found: list[SystemManagement] = []
    for domain, dn in sorted(reader.own.items()):
        mine = tuple(host for host in hosts if host.partition(".")[2] == domain)
        one = _container(reader, domain, dn, mine)
        found.append(one)
        _note(visit, f"{reader.session.where} {_CONTAINER}CN=System,{dn}", one)
    extended = _extended(reader)
    told = {True: "extended", False: "not extended", None: "not shown"}[extended]
    visit.note(f"{reader.session.where} {_MARK}CN=Schema,{reader.configuration}", told)
    return ForestPublishing(section, reader.root, tuple(found), extended)


def _note(visit: Visit, where: str, one: SystemManagement) -> None:
    said = {True: "there", False: "no such object", None: "not shown"}[one.there]
    visit.note(where, f"{said}: {one.because}" if one.because else said)
    for point in one.points:
        visit.note(f"{where} dNSHostName", f"{point.host}, site {point.site}", about=point.host)
    for server in one.servers:
        why = f": {server.because}" if server.because else ""
        visit.note(f"{where} nTSecurityDescriptor", f"{server.host}: {server.rights}{why}")


def _extended(reader: ForestReader) -> bool | None:
    """Whether the schema has what sites publish; None where it is not shown."""
    schema = f"CN=Schema,{reader.configuration}"
    try:
        if reader.session.entry(_MARK + schema, ["cn"]) is not None:
            return True
        # Every schema has this one: where it is shown, so would be the other.
        return None if reader.session.entry(f"CN=Object-Class,{schema}", ["cn"]) is None else False
    except Unavailable:
        return None


def _container(
    reader: ForestReader, domain: str, dn: str, hosts: tuple[str, ...]
) -> SystemManagement:
    above, session = f"CN=System,{dn}", reader.session
    control = security_descriptor_control(criticality=True, sdflags=_OWNER_AND_LIST)
    try:
        if path_of(_CONTAINER + above) not in names_below(reader, above):
            return SystemManagement(domain, there=False)
        wanted = ("cn", "nTSecurityDescriptor")
        query, level = "(cn=System Management)", ldap3.LEVEL
        found = [
            entry["raw_attributes"]
            for entries in session.pages(above, query, wanted, scope=level, controls=control)
            for entry in entries
        ]
        children = list(_children(reader, _CONTAINER + above))
    except Unavailable as error:
        return SystemManagement(domain, there=None, because=error.reason)
    if not found:
        why = msg("it is there, but none of its attributes is shown")
        return SystemManagement(domain, there=True, because=why, servers=_nothing(hosts, why))
    value = (found[0].get("nTSecurityDescriptor") or [b""])[0]
    return SystemManagement(
        domain,
        there=True,
        sites=tuple(sorted({site for raw in children if (site := _site(raw))})),
        points=tuple(sorted(_points(children), key=lambda one: (one.host, one.site))),
        servers=tuple(_rights(reader, host, value) for host in hosts),
    )


def _nothing(hosts: tuple[str, ...], why: str) -> tuple[ServerRights, ...]:
    return tuple(ServerRights(host, "unknown", why) for host in hosts)


def _children(reader: ForestReader, base: str) -> Iterator[Raw]:
    wanted = ("objectClass", "cn", "dNSHostName")
    for entries in reader.session.pages(base, "(objectClass=*)", wanted, scope=ldap3.LEVEL):
        for entry in entries:
            yield entry["raw_attributes"]


def _is(raw: Raw, name: str) -> bool:
    return name in {text(value).lower() for value in raw.get("objectClass") or []}


def _site(raw: Raw) -> str:
    found = _SITE.fullmatch(_first(raw, "cn"))
    return found["site"].upper() if found and _is(raw, "mssmssite") else ""


def _points(children: list[Raw]) -> Iterator[PublishedPoint]:
    for raw in children:
        if _is(raw, "mssmsmanagementpoint"):
            found = _POINT.fullmatch(_first(raw, "cn"))
            host = _first(raw, "dNSHostName") or (found["host"] if found else "")
            if host:
                site = found["site"].upper() if found else ""
                yield PublishedPoint(host.lower().rstrip("."), site)


def _rights(reader: ForestReader, host: str, value: bytes) -> ServerRights:
    """What the list gives the computer account of a host."""
    if not value:
        return ServerRights(host, "unknown", "its access list is not shown")
    try:
        itself, below = parse(value), parse(value, below=True)
    except MalformedDescriptor as error:
        return ServerRights(host, "unknown", tr("its access list cannot be read: {}", error))
    query = f"(&(objectClass=computer)(dNSHostName={escape_filter_chars(host)}))"
    wanted = ("objectClass", "objectSid", "primaryGroupID")
    found = [one for one in reader.find(query, wanted) if sid_in(one.raw)]
    if len(found) != 1:
        if found:
            why = tr("{} computers {} can be seen", len(found), host)
        else:
            why = tr("no computer {} can be seen", host)
        return ServerRights(host, "unknown", why)
    token = _token(reader, found[0])
    full = [
        list_.grants(token, FULL_CONTROL) and not _denied(list_, token) for list_ in (itself, below)
    ]
    if all(full):
        return ServerRights(host, "full")
    if reader.unread or any(list_.undecided(token) for list_ in (itself, below)):
        why = msg("not every group, or entry of the list, can be read")
        return ServerRights(host, "unknown", why)
    return ServerRights(host, "less", _lacking(itself, token, own=full[0]))


def _denied(given: Descriptor, token: frozenset[str]) -> bool:
    """Something that publishing needs is taken. Protection from deletion is not of that kind."""
    return any(e.kind == "deny" and e.sid in token and e.mask & _PUBLISHES for e in given.entries)


def _lacking(itself: Descriptor, token: frozenset[str], *, own: bool) -> str:
    if own:
        return msg("full control of the container, but not of what lies in it")
    some = any(one.kind == "allow" and one.sid in token for one in itself.entries)
    return msg("no full control") if some else msg("no entry for it")


def _token(reader: ForestReader, one: Found) -> frozenset[str]:
    """The SIDs that the computer certainly carries."""
    sid = sid_in(one.raw)
    primary = _first(one.raw, "primaryGroupID")
    group = {f"{domain_part(sid)}-{primary}"} if primary else set()
    return frozenset({sid, *group, *groups_above(reader, one.dn), AUTHENTICATED_USERS, EVERYONE})


def _first(raw: Raw, name: str) -> str:
    values = raw.get(name)
    return text(values[0]) if values else ""
