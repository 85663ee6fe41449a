"""Contoso's certification authority, templates, computers and groups, as records of its directory."""

from uuid import UUID

from assess.demo import EXAMPLE
from assess.evidence.securitydescriptor import ENROLL, sid_bytes, sid_text
from customers import Customer, Record

SERVER, CLIENT = "1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"
DOMAIN_ADMINS, DOMAIN_COMPUTERS, ENTERPRISE_ADMINS = 512, 515, 519
IIS_SERVERS = 1180
AUTHENTICATED_USERS = "S-1-5-11"
_READ, _ENROLL, _FULL = 0x20094, 0x100, 0xF01FF
_SECURITY_GROUP = "-2147483646"
_TWO_YEARS = -(730 * 86_400 * 10_000_000)


def records(customer: Customer) -> list[Record]:
    """Everything beside the people."""
    return [*_services(customer), *_templates(customer), *_computers(customer), *_groups(customer)]


def _certificate(name: str) -> bytes:
    return (EXAMPLE / "files" / "pki" / f"contoso-{name}.cer").read_bytes()


def _place(customer: Customer) -> str:
    return f"CN=Public Key Services,CN=Services,CN=Configuration,{customer.dn}"


def _services(customer: Customer) -> list[Record]:
    base = _place(customer)
    root, issuing = _certificate("root"), _certificate("issuing")

    def container(name: str) -> Record:
        return [("dn", f"CN={name},{base}"), ("objectClass", "container"), ("cn", name)]

    def authority(name: str, place: str, certificate: bytes) -> Record:
        return [
            ("dn", f"CN={name},CN={place},{base}"),
            ("objectClass", "certificationAuthority"),
            ("cn", name),
            ("cACertificate", certificate),
        ]

    names = ("Enrollment Services", "Certificate Templates", "Certification Authorities", "AIA")
    return [
        [("dn", base), ("objectClass", "container"), ("cn", "Public Key Services")],
        *map(container, names),
        [
            ("dn", f"CN=Contoso Issuing CA 1,CN=Enrollment Services,{base}"),
            ("objectClass", "pKIEnrollmentService"),
            ("cn", "Contoso Issuing CA 1"),
            ("dNSHostName", f"pki01.{customer.forest}"),
            ("cACertificate", issuing),
            *(("certificateTemplates", name) for name in ("Machine", "ConfigMgrWorkstationAuth", "ConfigMgrCloudWebServer")),
        ],
        [
            ("dn", f"CN=NTAuthCertificates,{base}"),
            ("objectClass", "certificationAuthority"),
            ("cn", "NTAuthCertificates"),
            ("cACertificate", issuing),
        ],
        authority("Contoso Root CA", "Certification Authorities", root),
        authority("Contoso Issuing CA 1", "AIA", issuing),
    ]


def _templates(customer: Customer) -> list[Record]:
    def own(rid: int) -> str:
        return sid_text(customer.sid(rid))[0]

    admins = [(own(rid), _FULL, "") for rid in (DOMAIN_ADMINS, ENTERPRISE_ADMINS)]
    may_enrol = [(own(rid), _ENROLL, ENROLL) for rid in (DOMAIN_ADMINS, ENTERPRISE_ADMINS)]
    read = (AUTHENTICATED_USERS, _READ, "")
    iis, computers = own(IIS_SERVERS), own(DOMAIN_COMPUTERS)
    web = [(iis, _READ, ""), (iis, _ENROLL, ENROLL), *may_enrol, *admins, read]
    # Autoenroll was forgotten.
    workstation = [(computers, _READ, ""), (computers, _ENROLL, ENROLL), *admins, read]
    machine = [(computers, _ENROLL, ENROLL), *admins, read]
    return [
        _template(customer, "Machine", "Computer", (CLIENT, SERVER), 1, 1, machine),
        _template(customer, "ConfigMgrCloudWebServer", "ConfigMgrCloudWebServer", (SERVER,), 2, 2, web, key=0x10, name=0x1),
        _template(customer, "ConfigMgrWorkstationAuth", "ConfigMgrWorkstationAuth", (CLIENT,), 2, 3, workstation),
    ]


def _template(
    customer: Customer,
    cn: str,
    display: str,
    usages: tuple[str, ...],
    schema: int,
    number: int,
    access: list[tuple[str, int, str]],
    *,
    key: int = 0,
    name: int = 0x08000000,
) -> Record:
    return [
        ("dn", f"CN={cn},CN=Certificate Templates,{_place(customer)}"),
        ("objectClass", "pKICertificateTemplate"),
        ("cn", cn),
        ("displayName", display),
        ("flags", str(0x20241 if schema > 1 else 0x10060)),
        *(("pKIExtendedKeyUsage", one) for one in usages),
        *(("msPKI-Certificate-Application-Policy", one) for one in usages if schema > 1),
        ("pKIDefaultCSPs", "1,Microsoft RSA SChannel Cryptographic Provider"),
        ("pKIExpirationPeriod", _TWO_YEARS.to_bytes(8, "little", signed=True)),
        ("msPKI-Template-Schema-Version", str(schema)),
        ("msPKI-Minimal-Key-Size", "2048"),
        ("msPKI-RA-Signature", "0"),
        ("msPKI-Enrollment-Flag", "32" if CLIENT in usages else "0"),
        ("msPKI-Private-Key-Flag", str(key)),
        ("msPKI-Certificate-Name-Flag", str(name)),
        ("msPKI-Cert-Template-OID", f"1.3.6.1.4.1.311.21.8.4711.815.{number}"),
        ("nTSecurityDescriptor", _descriptor(customer.sid(ENTERPRISE_ADMINS), access)),
    ]


def _descriptor(owner: bytes, access: list[tuple[str, int, str]]) -> bytes:
    """Self-relative: an owner, and a list that allows each SID its rights, or one right by its GUID."""
    entries = b""
    for sid, mask, right in access:
        body = mask.to_bytes(4, "little")
        body += (1).to_bytes(4, "little") + UUID(right).bytes_le if right else b""
        body += sid_bytes(sid)
        entries += bytes((5 if right else 0, 0)) + (4 + len(body)).to_bytes(2, "little") + body
    head = bytes((4, 0)) + (8 + len(entries)).to_bytes(2, "little") + len(access).to_bytes(2, "little") + bytes(2)
    start = 20
    places = (start, start, 0, start + len(owner))  # owner, group, no audit list, access list
    control = (0x8004).to_bytes(2, "little")
    return bytes((1, 0)) + control + b"".join(at.to_bytes(4, "little") for at in places) + owner + head + entries


def _computers(customer: Customer) -> list[Record]:
    systems = {
        "CM01": ("Windows Server 2022 Standard", "10.0 (20348)"),
        "MP01": ("Windows Server 2022 Standard", "10.0 (20348)"),
        "PKI01": ("Windows Server 2016 Standard", "10.0 (14393)"),
    }
    found: list[Record] = []
    for number, (name, (system, version)) in enumerate(systems.items()):
        record: Record = [("dn", f"CN={name},OU=Servers,{customer.dn}")]
        record += [("objectClass", one) for one in ("top", "person", "organizationalPerson", "user", "computer")]
        record += [
            ("objectCategory", f"CN=Computer,CN=Schema,CN=Configuration,{customer.dn}"),
            ("cn", name),
            ("sAMAccountName", f"{name}$"),
            ("dNSHostName", f"{name.lower()}.{customer.forest}"),
            ("operatingSystem", system),
            ("operatingSystemVersion", version),
            ("primaryGroupID", str(DOMAIN_COMPUTERS)),
            ("objectSid", customer.sid(IIS_SERVERS + 1 + number)),
        ]
        if name in ("CM01", "MP01"):
            record.append(("memberOf", f"CN=ConfigMgr IIS Servers,OU=Groups,{customer.dn}"))
        found.append(record)
    return found


def _groups(customer: Customer) -> list[Record]:
    dn = customer.dn
    admin = next(person for person in customer.people if person.account == "da-walters")
    members = {
        "Domain Admins": ("CN=Users", DOMAIN_ADMINS, (f"CN={admin.name},CN=Users,{dn}",)),
        "Domain Computers": ("CN=Users", DOMAIN_COMPUTERS, ()),
        "Enterprise Admins": ("CN=Users", ENTERPRISE_ADMINS, ()),
        "ConfigMgr IIS Servers": ("OU=Groups", IIS_SERVERS, tuple(f"CN={name},OU=Servers,{dn}" for name in ("CM01", "MP01"))),
    }
    return [
        [
            ("dn", f"CN={name},{place},{dn}"),
            ("objectClass", "top"),
            ("objectClass", "group"),
            ("cn", name),
            ("sAMAccountName", name),
            ("groupType", _SECURITY_GROUP),
            ("whenChanged", "20261012091500.0Z"),
            ("objectSid", customer.sid(rid)),
            *(("member", one) for one in listed),
        ]
        for name, (place, rid, listed) in members.items()
    ]
