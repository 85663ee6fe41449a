"""Evidence of certification authorities, templates and groups, made by hand: what a check gets to see."""

from typing import Any

from assess.evidence.certificates import Certificate
from assess.evidence.directory import NoAnswer
from assess.evidence.pki import (
    AUTHENTICATED_USERS,
    IIS_GROUP,
    WEB_TEMPLATE,
    WORKSTATION_TEMPLATE,
    Authority,
    ForestGroups,
    ForestTemplates,
    Group,
    Groups,
    Host,
    KeyServices,
    Member,
    Principal,
    PublicKeyServices,
    Template,
    Templates,
)
from assess.evidence.securitydescriptor import (
    AUTO_ENROLL,
    ENROLL,
    EXTENDED_RIGHT,
    READ_PROPERTY,
    Descriptor,
    Entry,
)
from specimens import cert

SERVER, CLIENT = "1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"
DOMAIN = "S-1-5-21-7-7-7"
IIS, ADMINS, ENTERPRISE, COMPUTERS, USERS = (f"{DOMAIN}-{rid}" for rid in (1105, 512, 519, 515, 513))
HELP, NESTED = f"{DOMAIN}-1200", f"{DOMAIN}-1201"
FOREST = "corp.contoso.test"
REFUSED_FOREST = NoAnswer("ad.forests.two", "dc.two.test:636 did not answer in time", "Run again.")

PRINCIPALS = {
    one.sid: one
    for one in (
        Principal(IIS, IIS_GROUP, "group", known=True),
        Principal(ADMINS, "Domain Admins", "group", known=True),
        Principal(ENTERPRISE, "Enterprise Admins", "group", known=True),
        Principal(COMPUTERS, "Domain Computers", "group", within=(f"{DOMAIN}-1300",), known=True),
        Principal(USERS, "Domain Users", "group", known=True),
        Principal(HELP, "Help Desk", "group", known=True),
        Principal(NESTED, "All Devices", "group", contains=(COMPUTERS,), known=True),
        Principal(f"{DOMAIN}-1104", "ann.archer", "user", known=True),
        Principal("S-1-5-21-9-9-9-1111", "", "foreign", known=True),
    )
}


def enrol(sid: str, kind: Any = "allow") -> Entry:
    return Entry(kind, sid, EXTENDED_RIGHT, ENROLL)


def auto(sid: str, kind: Any = "allow") -> Entry:
    return Entry(kind, sid, EXTENDED_RIGHT, AUTO_ENROLL)


def read(sid: str, kind: Any = "allow") -> Entry:
    return Entry(kind, sid, READ_PROPERTY)


EVERYBODY_READS = read(AUTHENTICATED_USERS)


def template(*entries: Entry, **more: Any) -> Template:
    """The web server template as the documents want it; ``access`` in place of the entries."""
    facts: dict[str, Any] = {
        "cn": WEB_TEMPLATE, "display": WEB_TEMPLATE, "usages": (SERVER,), "policies": (SERVER,), "schema": 2, "key_flags": 0x01010010,
        "name_flags": 0x1, "enrolment_flags": 0, "flags": 0x10241, "key_bits": 2048, "signatures": 0, "days": 730.0,
        "access": Descriptor(ADMINS, entries or (enrol(IIS), EVERYBODY_READS)), "oid": "1.3.6.1.4.1.311.21.8.1.1",
    }  # fmt: skip
    return Template(**{**facts, **more})


def workstation(*entries: Entry, **more: Any) -> Template:
    """The template of the clients as the documents want it."""
    facts: dict[str, Any] = {
        "cn": WORKSTATION_TEMPLATE, "display": WORKSTATION_TEMPLATE, "usages": (CLIENT,), "policies": (CLIENT,), "name_flags": 0x18000000,
        "access": Descriptor(ADMINS, entries or (enrol(COMPUTERS), auto(COMPUTERS), EVERYBODY_READS)), "oid": "1.3.6.1.4.1.311.21.8.1.2",
    }  # fmt: skip
    return template(**{**facts, **more})


def templates(*found: Template, name: str = "", hidden: int = 0, refused: bool = False, **more: Any) -> Templates:
    """One forest that answered, with these templates of the name."""
    facts: dict[str, Any] = {"principals": PRINCIPALS, "domains": {FOREST: DOMAIN}, **more}
    forest = ForestTemplates("ad", FOREST, found, hidden, 34, **facts)
    label = name or (found[0].display if found else WEB_TEMPLATE)
    return Templates(label, (forest, REFUSED_FOREST) if refused else (forest,))


ROOT = cert("Contoso Root CA", days=5000, subject="CN=Contoso Root CA", issuer="CN=Contoso Root CA", sha1="01" * 20, sha256="10" * 32, self_signed=True, is_ca=True)
ISSUING = cert("Contoso Issuing CA", days=2000, subject="CN=Contoso Issuing CA", issuer="CN=Contoso Root CA", sha1="02" * 20, sha256="20" * 32, is_ca=True)
CA = "Contoso Issuing CA"
CA_HOST = f"ca01.{FOREST}"


def authority(certificate: Certificate | None = ISSUING, **more: Any) -> Authority:
    facts: dict[str, Any] = {
        "name": CA, "host": CA_HOST, "computer": Host(CA_HOST, "Windows Server 2022 Datacenter", "10.0 (20348)"),
        "certificates": () if certificate is None else (certificate,), "templates": (WEB_TEMPLATE, WORKSTATION_TEMPLATE),
    }  # fmt: skip
    return Authority(**{**facts, **more})


def services(*authorities: Authority, refused: bool = False, **more: Any) -> PublicKeyServices:
    facts: dict[str, Any] = {"hidden": 0, "logon": (ISSUING.sha256,), "roots": (ROOT,), "intermediates": (ISSUING,), **more}
    forest = KeyServices("ad", FOREST, authorities, **facts)
    return PublicKeyServices((forest, REFUSED_FOREST) if refused else (forest,))


def computer(host: str) -> Member:
    return Member(f"{host.partition('.')[0].upper()}$", "computer", host)


def group(*members: Member, **more: Any) -> Group:
    facts: dict[str, Any] = {"dn": f"CN={IIS_GROUP},OU=Groups,DC=corp", "name": IIS_GROUP, "sid": IIS, "security": True, "members": members}
    return Group(**{**facts, **more})


def groups(*found: Group, refused: bool = False, unread: tuple[str, ...] = ()) -> Groups:
    forest = ForestGroups("ad", FOREST, found, unread)
    return Groups(IIS_GROUP, (forest, REFUSED_FOREST) if refused else (forest,))
