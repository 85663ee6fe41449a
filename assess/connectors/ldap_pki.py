"""Reads certification authorities, templates with their access lists, groups and one account.

What stands in the configuration partition is on every domain controller of a forest. Groups and
computers stand in their domain: the server's own is read whole, the others through the same host as
a global catalog; a domain that could not be looked at is named, so that nobody takes silence for an
absence. Nesting is left to the server (the matching rule in chain) and held against the members
that the group itself lists.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from datetime import UTC, datetime
from typing import Any, NamedTuple, Self

import ldap3
from ldap3.core.exceptions import LDAPInvalidDnError
from ldap3.protocol.microsoft import security_descriptor_control
from ldap3.utils.conv import escape_filter_chars
from ldap3.utils.dn import parse_dn

from assess.connectors import Visit
from assess.connectors.distinguished import path_of
from assess.connectors.ldap_session import Directory, text
from assess.connectors.x509facts import Malformed, certificate, facts
from assess.errors import Unavailable
from assess.evidence.certificates import Certificate
from assess.evidence.directory import domain_of
from assess.evidence.pki import (
    DOMAIN_ADMINS,
    DOMAIN_COMPUTERS,
    ENTERPRISE_ADMINS,
    WELL_KNOWN,
    Authority,
    ForestGroups,
    ForestTemplates,
    Group,
    Host,
    KeyServices,
    Member,
    MemberKind,
    NoHost,
    Nominee,
    NoNominee,
    NotShown,
    Principal,
    Template,
    named,
)
from assess.evidence.securitydescriptor import (
    Descriptor,
    MalformedDescriptor,
    domain_part,
    parse,
    rid_of,
    sid_bytes,
    sid_text,
)
from assess.language import tr, trn

_SERVICES = "CN=Public Key Services,CN=Services,"
_OWNER_AND_LIST = 0x5
_IN_CHAIN = "1.2.840.113556.1.4.1941"
_DISABLED = 0x2
_SECURITY = 0x80000000
_MOST_PRINCIPALS = 200
_MOST_MEMBERS = 20_000
_CERTIFICATES = 200
_TICKS_A_DAY = 86_400 * 10_000_000
_MAY_READ = "Give {key}user read access there, as Authenticated Users have."
_TEMPLATE = (
    "cn", "displayName", "objectClass", "flags", "pKIExtendedKeyUsage", "pKIDefaultCSPs",
    "pKIExpirationPeriod", "msPKI-Template-Schema-Version", "msPKI-Minimal-Key-Size",
    "msPKI-RA-Signature", "msPKI-Enrollment-Flag", "msPKI-Private-Key-Flag",
    "msPKI-Certificate-Name-Flag", "msPKI-Certificate-Application-Policy",
    "msPKI-Cert-Template-OID", "nTSecurityDescriptor",
)  # fmt: skip
_OBJECT = (
    "objectClass", "objectSid", "sAMAccountName", "cn", "dNSHostName", "groupType", "whenChanged",
)  # fmt: skip

Raw = Mapping[str, list[bytes]]
Catalog = Callable[[], AbstractContextManager[Directory]]


class Found(NamedTuple):
    """An object, and whether it was read on the server that holds all of it."""

    dn: str
    raw: Raw
    own: bool


class ForestReader:
    """The domains of one forest, through one session; the catalog is called when it is needed.

    ``domains``: distinguished name by DNS name. ``unread``: those that could not be looked at, so
    far; ``why`` says what stood in the way.
    """

    def __init__(self, session: Directory, domains: Mapping[str, str], catalog: Catalog) -> None:
        self.session = session
        self.domains = dict(domains)
        self.why = ""
        self._catalog = catalog
        self._stack = ExitStack()
        self._elsewhere: Directory | None = None
        held = {name.lower() for name in session.root["namingContexts"]}
        self.own = {name: dn for name, dn in self.domains.items() if dn.lower() in held}
        self._others = {name: dn for name, dn in self.domains.items() if name not in self.own}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @property
    def configuration(self) -> str:
        """The configuration partition of the forest."""
        return self.session.root["configurationNamingContext"][0]

    @property
    def root(self) -> str:
        """The DNS name of the forest's root domain."""
        return domain_of(self.session.root["rootDomainNamingContext"][0])

    @property
    def unread(self) -> tuple[str, ...]:
        """The domains that could not be looked at."""
        return tuple(sorted(self._others)) if self.why else ()

    def find(
        self, query: str, attributes: Sequence[str] = _OBJECT, *, everywhere: bool = True
    ) -> list[Found]:
        """Every object of the forest's domains that fits, those of the server's own first."""
        found: list[Found] = []
        for dn in self.own.values():
            found += self._found(self.session, dn, query, attributes, own=True)
        if self._others and everywhere:
            catalog = self._others_session()
            for dn in self._others.values() if catalog is not None else ():
                found += self._found(catalog, dn, query, attributes, own=False)
        return list({one.dn.lower(): one for one in reversed(found)}.values())[::-1]

    def _found(
        self,
        session: Directory | None,
        base: str,
        query: str,
        attributes: Sequence[str],
        *,
        own: bool,
    ) -> Iterator[Found]:
        if session is None:
            return
        for entries in session.pages(base, query, attributes):
            for entry in entries:
                yield Found(text(entry["raw_dn"]), entry["raw_attributes"], own)

    def _others_session(self) -> Directory | None:
        if self._elsewhere is None and not self.why:
            try:
                self._elsewhere = self._stack.enter_context(self._catalog())
            except Unavailable as error:
                self.why = error.reason
        return self._elsewhere

    def head(self, dn: str, *, own: bool) -> Raw:
        """The head of a domain."""
        session = self.session if own else self._others_session()
        return (session.entry(dn, ["objectSid"]) or {}) if session is not None else {}

    def by_sid(self, sid: str) -> Found | None:
        """The object with a SID; None where none was found."""
        octets = "".join(f"\\{octet:02x}" for octet in sid_bytes(sid))
        return next(iter(self.find(f"(objectSid={octets})")), None)

    def domain_sids(self) -> dict[str, str]:
        """The SID of each domain by its DNS name, as far as they can be read."""
        found = {
            name: sid_in(self.head(dn, own=name in self.own)) for name, dn in self.domains.items()
        }
        return {name: sid for name, sid in found.items() if sid}


# -- certification authorities --


def services(reader: ForestReader, section: str, visit: Visit) -> KeyServices:
    """What stands below CN=Public Key Services; raises Unavailable where that is not shown."""
    session, base = reader.session, _SERVICES + reader.configuration
    place = f"CN=Enrollment Services,{base}"
    authorities: list[Authority] = []
    hidden = 0
    wanted = ("cn", "objectClass", "dNSHostName", "cACertificate", "certificateTemplates")
    for dn, raw in _below(session, place, wanted):
        if not raw.get("objectClass"):
            hidden += 1
        elif b"pKIEnrollmentService" in raw["objectClass"]:
            authorities.append(_authority(reader, dn, raw, visit))
    if not authorities:
        visit.note(f"{session.where} {place}", tr("no enrolment service; {} not shown", hidden))
    logon = _certificates(session, f"CN=NTAuthCertificates,{base}")
    roots = _held(session, f"CN=Certification Authorities,{base}")
    intermediates = _held(session, f"CN=AIA,{base}")
    parts = (("NTAuthCertificates", logon), ("Certification Authorities", roots))
    for name, part in (*parts, ("AIA", intermediates)):
        said = part.because if isinstance(part, NotShown) else "; ".join(one.text for one in part)
        visit.note(f"{session.where} CN={name},{base}", said or "none")
    return KeyServices(
        section,
        reader.root,
        tuple(sorted(authorities, key=lambda one: one.name.lower())),
        hidden,
        logon if isinstance(logon, NotShown) else tuple(one.sha256 for one in logon),
        roots,
        intermediates,
    )


def _below(
    session: Directory, base: str, attributes: Sequence[str], controls: Sequence[Any] = ()
) -> Iterator[tuple[str, Raw]]:
    """What stands right below, also where nothing of it may be read.

    A container that does not even show itself would seem empty: that is no answer.
    """
    if session.entry(base, ["cn"]) is None:
        raise Unavailable(tr("{} does not show {}", session.where, base), session.worded(_MAY_READ))
    level = {"scope": ldap3.LEVEL, "controls": controls}
    for entries in session.pages(base, "(objectClass=*)", attributes, **level):
        for entry in entries:
            yield text(entry["raw_dn"]), _whole(session, entry)


def _whole(session: Directory, entry: Mapping[str, Any]) -> Raw:
    """The attributes of an entry; one that is cut (more values than fit) is read to its end."""
    raw: dict[str, list[bytes]] = dict(entry["raw_attributes"])
    cut = [name for name in raw if ";" in name]
    if cut:
        names = [name.partition(";")[0] for name in cut]
        raw.update(session.entry(text(entry["raw_dn"]), names) or {})
    return raw


def _authority(reader: ForestReader, dn: str, raw: Raw, visit: Visit) -> Authority:
    name = _text(raw, "cn") or dn
    host = _text(raw, "dNSHostName").lower()
    given = raw.get("cACertificate") or []
    read, unreadable = _parsed(given)
    templates = tuple(sorted(text(value) for value in raw.get("certificateTemplates") or []))
    place = f"{reader.session.where} {dn}"
    shown = read[-1].text if read else tr("{} that are no certificates", unreadable)
    said = f"{host or tr('no host')}; {shown}"
    visit.note(f"{place} dNSHostName, cACertificate", said, about=name)
    visit.note(f"{place} certificateTemplates", ", ".join(templates) or "none", about=name)
    computer = _computer(reader, host, visit)
    return Authority(name, host, computer, read, templates, unreadable)


def _computer(reader: ForestReader, host: str, visit: Visit) -> Host | NoHost | NotShown:
    if not host:
        return NotShown("the authority does not name the host that it runs on")
    query = f"(&(objectClass=computer)(dNSHostName={escape_filter_chars(host)}))"
    wanted = ("objectClass", "dNSHostName", "operatingSystem", "operatingSystemVersion")
    found = reader.find(query, wanted)
    if not found:
        because = tr("no domain of {} that was looked at has a computer {}", reader.root, host)
        if reader.why:
            because = f"{because}; {', '.join(reader.unread)}: {reader.why}"
        visit.note(f"{reader.session.where} {query}", tr("no such computer"), about=host)
        return NoHost(because, complete=not reader.unread)
    raw = found[0].raw
    system, version = _text(raw, "operatingSystem"), _text(raw, "operatingSystemVersion")
    said = f"{system or tr('no operating system')} {version}".strip()
    where = f"{reader.session.where} {found[0].dn}"
    visit.note(f"{where} operatingSystem, operatingSystemVersion", said, about=host)
    return Host(host, system, version)


def _certificates(session: Directory, dn: str) -> tuple[Certificate, ...] | NotShown:
    """The certificates of one object; raises where it is there and its attributes are not shown."""
    try:
        found = session.entry(dn, ["cACertificate"])
    except Unavailable as error:
        return NotShown(error.reason)
    if found is None:
        return NotShown(tr("{} does not show {}", session.where, dn))
    return _all_of(found["cACertificate"], dn)


def _held(session: Directory, base: str) -> tuple[Certificate, ...] | NotShown:
    """The certificates of every object right below."""
    values: list[bytes] = []
    try:
        for dn, raw in _below(session, base, ("objectClass", "cACertificate")):
            if not raw.get("objectClass"):
                return NotShown(tr("{} shows {}, but none of its attributes", session.where, dn))
            values += raw.get("cACertificate") or []
    except Unavailable as error:
        return NotShown(error.reason)
    return _all_of(values, base)


def _all_of(values: Sequence[bytes], where: str) -> tuple[Certificate, ...] | NotShown:
    # One octet of zero stands where Windows has a mandatory attribute and nothing to put into it.
    read, unreadable = _parsed([value for value in values if value != b"\0"])
    if unreadable:
        return NotShown(
            trn(
                unreadable,
                "{n} of the values in {} is no certificate",
                "{n} of the values in {} are no certificates",
                where,
            )
        )
    return read


def _parsed(values: Sequence[bytes]) -> tuple[tuple[Certificate, ...], int]:
    """The certificates among the values, newest last, and how many values are none."""
    read: dict[str, Certificate] = {}
    unreadable = max(0, len(values) - _CERTIFICATES)
    for value in values[:_CERTIFICATES]:
        try:
            one = facts(certificate(value))
        except Malformed:
            unreadable += 1
        else:
            read[one.sha256] = one
    return tuple(sorted(read.values(), key=lambda one: one.not_before)), unreadable


# -- templates --


def templates(reader: ForestReader, section: str, name: str, visit: Visit) -> ForestTemplates:
    """The templates of a name with their access lists, and who is named in those."""
    session, base = reader.session, _SERVICES + reader.configuration
    place = f"CN=Certificate Templates,{base}"
    control = security_descriptor_control(criticality=True, sdflags=_OWNER_AND_LIST)
    by_display: list[Raw] = []
    by_cn: list[Raw] = []
    names: set[str] = set()
    hidden = seen = 0
    for dn, raw in _below(session, place, _TEMPLATE, control):
        seen += 1
        display, cn = _text(raw, "displayName"), _text(raw, "cn") or _own_name(dn)
        names.add(cn.lower())
        if not display:
            hidden += 1
        if display.lower() == name.lower():
            by_display.append(raw)
        elif cn.lower() == name.lower():
            by_cn.append(raw)
    # What an authority publishes is there, whether it is shown or not.
    for _, raw in _below(session, f"CN=Enrollment Services,{base}", ("certificateTemplates",)):
        published = {text(value).lower() for value in raw.get("certificateTemplates") or []}
        hidden += len(published - names)
        names |= published
    found = tuple(_template(raw, session.no_descriptor) for raw in by_display or by_cn)
    for one in found:
        visit.note(f"{session.where} CN={one.cn},{place}", _described(one), about=name)
    if not found:
        said = tr("{} templates, none of that name; {} not shown", seen, hidden)
        visit.note(f"{session.where} {place} displayName", said, about=name)
    domains = reader.domain_sids()
    sids = dict.fromkeys(
        sid
        for one in found
        if isinstance(one.access, Descriptor)
        for sid in (*(entry.sid for entry in one.access.entries), one.access.owner)
        if sid
    )
    if found:
        sids |= dict.fromkeys(f"{sid}-{DOMAIN_COMPUTERS}" for sid in domains.values())
    principals = {sid: principal(reader, sid) for sid in list(sids)[:_MOST_PRINCIPALS]}
    _note_access(reader, found, principals, visit, name)
    unread = tuple(sorted(set(reader.domains) - set(domains)))
    return ForestTemplates(section, reader.root, found, hidden, seen, principals, domains, unread)


def _own_name(dn: str) -> str:
    """The first part of a name, where the object does not show it itself."""
    try:
        return str(parse_dn(dn)[0][1])
    except LDAPInvalidDnError:
        return dn


def _template(raw: Raw, lacking: str) -> Template:
    return Template(
        cn=_text(raw, "cn"),
        display=_text(raw, "displayName"),
        usages=_texts(raw, "pKIExtendedKeyUsage"),
        policies=_texts(raw, "msPKI-Certificate-Application-Policy"),
        access=_access(raw, lacking),
        schema=_flags(raw, "msPKI-Template-Schema-Version"),
        key_flags=_flags(raw, "msPKI-Private-Key-Flag"),
        name_flags=_flags(raw, "msPKI-Certificate-Name-Flag"),
        enrolment_flags=_flags(raw, "msPKI-Enrollment-Flag"),
        flags=_flags(raw, "flags"),
        key_bits=_flags(raw, "msPKI-Minimal-Key-Size"),
        signatures=_flags(raw, "msPKI-RA-Signature"),
        providers=tuple(one.partition(",")[2] or one for one in _texts(raw, "pKIDefaultCSPs")),
        days=_days(raw),
        oid=_text(raw, "msPKI-Cert-Template-OID"),
    )


def _access(raw: Raw, lacking: str) -> Descriptor | NotShown:
    value = raw.get("nTSecurityDescriptor")
    if not value:
        return NotShown(lacking)
    try:
        return parse(value[0])
    except MalformedDescriptor as error:
        return NotShown(tr("its security descriptor cannot be read: {}", error))


def _described(one: Template) -> str:
    def shown(value: int | None) -> str:
        return "not there" if value is None else hex(value)

    return tr(
        "{} ({}): schema {}, usages {}, policies {}, key {} bit, private key "
        "flags {}, name flags {}",
        one.display,
        one.cn,
        one.schema,
        ", ".join(one.usages) or "none",
        ", ".join(one.policies) or "none",
        one.key_bits,
        shown(one.key_flags),
        shown(one.name_flags),
    )


def _note_access(
    reader: ForestReader,
    found: Iterable[Template],
    principals: Mapping[str, Principal],
    visit: Visit,
    name: str,
) -> None:
    for one in found:
        where = f"{reader.session.where} CN={one.cn} nTSecurityDescriptor"
        if isinstance(one.access, NotShown):
            visit.note(where, one.access.because, about=name)
            continue
        for entry in one.access.entries:
            who = principals.get(entry.sid) or Principal(entry.sid, named(entry.sid))
            said = f"{entry.kind} {who.label} {entry.mask:#x} {entry.object_type}".strip()
            visit.note(where, said, about=name)


def principal(reader: ForestReader, sid: str) -> Principal:
    """Who a SID stands for, with the groups above it and those in it."""
    if sid in WELL_KNOWN and not sid.startswith("S-1-5-32-"):
        return Principal(sid, WELL_KNOWN[sid], "well-known", known=True)
    try:
        found = reader.by_sid(sid)
    except ValueError:  # a SID that no filter can be made of
        found = None
    if found is None:
        return Principal(sid, named(sid))
    classes = {text(value).lower() for value in found.raw.get("objectClass") or []}
    name = _text(found.raw, "sAMAccountName") or _text(found.raw, "cn")
    if "group" not in classes:
        if "foreignsecurityprincipal" in classes:
            return Principal(sid, WELL_KNOWN.get(sid) or named(sid), "foreign", known=True)
        kind = _kind(classes)
        return Principal(
            sid, name, kind if kind in ("user", "computer") else "unresolved", known=True
        )
    inner = "(|(objectClass=group)(objectClass=foreignSecurityPrincipal))"
    contains = _chain(reader, f"(&{inner}(memberOf:{_IN_CHAIN}:={_escaped(found.dn)}))")
    within = groups_above(reader, found.dn)
    return Principal(sid, name, "group", contains, within, known=found.own and not reader.unread)


def groups_above(reader: ForestReader, dn: str) -> tuple[str, ...]:
    """The SIDs of the groups that an object is a member of at any depth, sorted."""
    return _chain(reader, f"(&(objectClass=group)(member:{_IN_CHAIN}:={_escaped(dn)}))")


def _chain(reader: ForestReader, query: str) -> tuple[str, ...]:
    found = reader.find(query, ("objectSid",))
    return tuple(sorted({sid for one in found if (sid := sid_in(one.raw))}))


# -- groups --


def groups(reader: ForestReader, section: str, name: str, visit: Visit) -> ForestGroups:
    """The groups of a name, with whoever is a member at any depth."""
    wanted = escape_filter_chars(name)
    query = f"(&(objectClass=group)(|(cn={wanted})(sAMAccountName={wanted})))"
    found = tuple(_group(reader, one, visit, name) for one in reader.find(query))
    if not found:
        looked = ", ".join(sorted(set(reader.domains) - set(reader.unread)))
        visit.note(f"{reader.session.where} {query}", f"no such group in {looked}", about=name)
    return ForestGroups(section, reader.root, found, reader.unread)


def _group(reader: ForestReader, one: Found, visit: Visit, name: str) -> Group:
    sid, kind = sid_in(one.raw), _flags(one.raw, "groupType")
    direct, cut = _direct_members(reader, one)
    alike = f"(memberOf:{_IN_CHAIN}:={_escaped(one.dn)})"
    if rid_of(sid) >= 0:  # whose primary group it is, is not among its members
        alike = f"(|{alike}(primaryGroupID={rid_of(sid)}))"
    found = {path_of(f.dn): f for f in reader.find(alike)}
    lost = [dn for dn in direct if path_of(dn) not in found]
    if lost and not cut:
        cut = tr("{} of its members could not be read, such as {}", len(lost), lost[0])
    if len(found) > _MOST_MEMBERS:
        cut = tr("it has {} members, more than the {} that are kept", len(found), _MOST_MEMBERS)
    members = tuple(_member(f) for f in list(found.values())[:_MOST_MEMBERS])
    within = groups_above(reader, one.dn)
    where = f"{reader.session.where} {one.dn}"
    shown = "no groupType" if kind is None else f"groupType {kind:#x}"
    visit.note(f"{where} groupType", f"{shown}, {sid}", about=name)
    listed = ", ".join(f"{m.host or m.name} ({m.kind})" for m in members)
    visit.note(f"{where} member, at every depth", listed or "none", about=name)
    if cut:
        visit.note(f"{where} member", cut, about=name)
    return Group(
        one.dn,
        _text(one.raw, "cn") or name,
        sid,
        None if kind is None else bool(kind & _SECURITY),
        members,
        within,
        cut,
        _moment(one.raw),
    )


def _direct_members(reader: ForestReader, one: Found) -> tuple[list[str], str]:
    """The distinguished names that the group lists, and why that is not all."""
    if not one.own:
        return [], tr("it lies in {}, of which only the global catalog was read", domain_of(one.dn))
    whole = reader.session.entry(one.dn, ["member"])
    if whole is None:
        raise Unavailable(
            tr("{}: {} vanished meanwhile", reader.session.where, one.dn), "Run again."
        )
    return [text(value) for value in whole["member"]], ""


def _member(one: Found) -> Member:
    classes = {text(value).lower() for value in one.raw.get("objectClass") or []}
    kind = _kind(classes)
    account = _text(one.raw, "sAMAccountName") or _text(one.raw, "cn") or one.dn
    host = ""
    if kind == "computer":
        host = _text(one.raw, "dNSHostName").lower() or account.rstrip("$").lower()
    return Member(account, kind, host, sid_in(one.raw))


def _kind(classes: set[str]) -> MemberKind:
    """A managed service account is an account for a service, though its class is below computer."""
    if "group" in classes:
        return "group"
    if "foreignsecurityprincipal" in classes:
        return "foreign"
    managed = {"msds-managedserviceaccount", "msds-groupmanagedserviceaccount"}
    if "computer" in classes and not classes & managed:
        return "computer"
    return "user" if "user" in classes else "other"


# -- the nominated administrator --


def nominee(reader: ForestReader, section: str, name: str, visit: Visit) -> Nominee | NoNominee:
    """What the forest knows of an account: by UPN, or by account name with or without domain."""
    account = escape_filter_chars(name.rpartition("\\")[2])
    whole = escape_filter_chars(name)
    named_so = f"(|(userPrincipalName={whole})(sAMAccountName={account}))"
    query = f"(&(objectCategory=person)(objectClass=user){named_so})"
    wanted = ("objectSid", "sAMAccountName", "userAccountControl", "primaryGroupID", "objectClass")
    found = reader.find(query, wanted)
    if not found:
        visit.note(f"{reader.session.where} {query}", tr("no such account"))
        return NoNominee(section, reader.root, reader.unread)
    if len(found) > 1:
        others = "; ".join(one.dn for one in found)
        raise Unavailable(
            tr("{} is the name of {} accounts: {}", name, len(found), others),
            "Write the UPN of the one that is meant in accounts.domain_admin.",
        )
    one = found[0]
    sid, control = sid_in(one.raw), _flags(one.raw, "userAccountControl")
    if not one.own:
        where = domain_of(one.dn)
        raise Unavailable(
            tr("{} lies in {}, whose groups {} does not hold", name, where, reader.session.where),
            tr("Name a domain controller of {} in a table of [ad.forests].", where),
        )
    if not sid or control is None:
        raise Unavailable(
            tr("{} shows {} without objectSid or userAccountControl", reader.session.where, one.dn),
            reader.session.worded(_MAY_READ),
        )
    administrator = _is_member(reader, one, f"{domain_part(sid)}-{DOMAIN_ADMINS}", must=True)
    root_sid = reader.domain_sids().get(reader.root, "")
    enterprise = bool(root_sid) and _is_member(reader, one, f"{root_sid}-{ENTERPRISE_ADMINS}")
    enabled = not control & _DISABLED
    held = (_yes(administrator), _yes(enterprise))
    said = (
        tr("enabled; Domain Admins: {}; Enterprise Admins: {}", *held)
        if enabled
        else tr("disabled; Domain Admins: {}; Enterprise Admins: {}", *held)
    )
    visit.note(f"{reader.session.where} {one.dn} userAccountControl, memberOf in chain", said)
    return Nominee(
        section, one.dn, _text(one.raw, "sAMAccountName"), enabled, administrator, enterprise
    )


def _is_member(reader: ForestReader, one: Found, group_sid: str, *, must: bool = False) -> bool:
    """Directly, nested, or by its primary group. ``must``: the group is one that is never empty."""
    if _flags(one.raw, "primaryGroupID") == rid_of(group_sid):
        return True
    group = reader.by_sid(group_sid)
    if group is None or not group.own:
        if must:
            where = reader.session.where
            raise Unavailable(
                tr("{} does not show the group {}", where, named(group_sid)), _mend(reader)
            )
        return False
    octets = "".join(f"\\{octet:02x}" for octet in sid_bytes(sid_in(one.raw)))
    chain = f"(memberOf:{_IN_CHAIN}:={_escaped(group.dn)})"
    if reader.find(f"(&(objectSid={octets}){chain})", ("objectSid",), everywhere=False):
        return True
    if must and not reader.find(chain, ("objectSid",), everywhere=False):
        # It has members, always: where none is shown, the account may not look.
        raise Unavailable(
            tr("{} shows no member of {}", reader.session.where, group.dn), _mend(reader)
        )
    return False


def _mend(reader: ForestReader) -> str:
    return reader.session.worded(_MAY_READ)


def _yes(value: bool) -> str:
    return tr("yes") if value else tr("no")


# -- values --


def _text(raw: Raw, name: str) -> str:
    values = raw.get(name)
    return text(values[0]) if values else ""


def _texts(raw: Raw, name: str) -> tuple[str, ...]:
    return tuple(text(value) for value in raw.get(name) or [])


def _flags(raw: Raw, name: str) -> int | None:
    """A number of 32 bits as an unsigned one; None where it is not there, or is none."""
    values = raw.get(name)
    try:
        return int(values[0]) & 0xFFFFFFFF if values else None
    except ValueError:
        return None


def sid_in(raw: Raw) -> str:
    """The SID of an object; "" where it is not shown."""
    values = raw.get("objectSid")
    try:
        return sid_text(values[0])[0] if values else ""
    except MalformedDescriptor:
        return ""


def _days(raw: Raw) -> float | None:
    """Negative steps of 100 ns in 8 octets, least first."""
    values = raw.get("pKIExpirationPeriod")
    if not values or len(values[0]) != 8:  # noqa: PLR2004 - octets of the number
        return None
    return -int.from_bytes(values[0], "little", signed=True) / _TICKS_A_DAY


def _moment(raw: Raw) -> datetime | None:
    shown = _text(raw, "whenChanged").partition(".")[0].rstrip("Z")
    try:
        return datetime.strptime(shown, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None


def _escaped(dn: str) -> str:
    return str(escape_filter_chars(dn))
