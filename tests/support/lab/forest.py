"""What stands in the two directories of the laboratory: the data that the domain controllers are seeded with.

`CONTOSO` holds every kind of user name that the rules know, right and wrong; `FABRIKAM` is small, and shares one name
with it. Tests may compare what a client read with what stands here.
"""

import base64
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

Values: TypeAlias = Mapping[str, Sequence[str | bytes]]

TENANT_ID = "8f3c1a52-6c1e-4b7e-9d0a-2f5f7b1c9e11"
TENANT_DOMAIN = "contoso.onmicrosoft.com"
FABRIKAM_TENANT_ID = "5d9a7c14-0b3f-4c55-8a6e-7e1f0d2b4a90"

ENABLED = "544"
"""A normal account that needs no password."""
DISABLED = "546"

CMG_TEMPLATE = "ConfigMgrCloudManagementGateway"
CLIENT_TEMPLATE = "ConfigMgrClient"
WEB_TEMPLATE = "ConfigMgrWebServer"
DISTRIBUTION_TEMPLATE = "ConfigMgrDistributionPoint"
UNPUBLISHED_TEMPLATE = "ConfigMgrOldClient"

_DEVICE_REGISTRATION = "62a0ff2e-97b9-4513-943f-0d221bd30080"
_ENROLL = "0e10c968-78fb-11d2-90d4-00c04f79dc55"
_AUTOENROLL = "a05b8cc2-17bc-4802-a710-e7c15ab866a2"
_ANCHORS = uuid.UUID("7a5b1c9e-0000-4000-8000-000000000000")


@dataclass(frozen=True)
class User:
    """One account. ``upn`` is None where the attribute is missing; ``synchronised`` fills mS-DS-ConsistencyGuid."""

    account: str
    upn: str | None
    ou: str = "Staff"
    cn: str | None = None
    enabled: bool = True
    mail: str | None = None
    proxies: tuple[str, ...] = ()
    display_name: str | None = None
    description: str | None = None
    synchronised: bool = False

    @property
    def name(self) -> str:
        return self.cn or self.account


@dataclass(frozen=True)
class Forest:
    """A forest of one domain with one domain controller."""

    domain: str
    netbios: str
    address: str
    suffixes: tuple[str, ...]
    ous: tuple[str, ...]
    users: tuple[User, ...]
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    tenant: tuple[str, str] | None = None
    has_certificate_services: bool = False

    @property
    def host(self) -> str:
        return f"dc1.{self.domain}"

    @property
    def base(self) -> str:
        return ",".join(f"DC={label}" for label in self.domain.split("."))

    @property
    def configuration(self) -> str:
        return f"CN=Configuration,{self.base}"

    def user_dn(self, user: User) -> str:
        return f"CN={escaped(user.name)},OU={user.ou},{self.base}"


def _vector(number: int, upn: str) -> User:
    return User(f"vector{number:02}", upn, ou="Vectors", cn=f"Vector {number:02}")


_VECTORS = (
    "o'brien@contoso.com",
    "user@contoso.app",
    "user@contoso.llc",
    "user@corp.local",
    "user@contoso",
    f"{'l' * 65}@contoso.com",
    f"user@{'d' * 45}.com",
    f"user@{'d' * 50}.com",
    f"{'l' * 64}@{'d' * 44}.com",
    f"{'l' * 64}@{'d' * 45}.com",
    "user.@contoso.com",
    "us$er@contoso.com",
    "us`er@contoso.com",
    "josé@contoso.com",
    "nuñez@contoso.com",
    "straße@contoso.com",
    "jäger@contoso.com",
    ".user@contoso.com",
    "user..x@contoso.com",
    "us&er@contoso.com",
    "user&@contoso.com",
    "user@@contoso.com",
    "user@x@contoso.com",
    "trailing@contoso.com ",
    "user@sub_d.contoso.com",
    "user@xn--e1afmkfd.xn--p1ai",
    "@contoso.com",
    "Al@contoso.com",
    "al@contoso.com",
    "a b@contoso.com",
    "ab@contoso.com",
    "nobreak\u00a0@contoso.com",
    "zero\u200bwidth@contoso.com",
    "right\u202eleft@contoso.com",
    "Upper@CONTOSO.COM",
    "user@contoso.onmicrosoft.com",
    "user@fabrikam.com",
    "user@contoso.internal",
    "user%x@contoso.com",
    'quo"te@contoso.com',
    "pipe|d@contoso.com",
    "paren(s)@contoso.com",
    "star*@contoso.com",
    "back\\slash@contoso.com",
    "=1+1@contoso.com",
    "<b>bold</b>@contoso.com",
)

_CONTOSO_USERS = (
    *(
        User(
            f"{given}.{family}".lower(),
            f"{given}.{family}@contoso.com".lower(),
            cn=f"{given} {family}",
            mail=f"{given}.{family}@contoso.com".lower(),
            proxies=(f"SMTP:{given}.{family}@contoso.com".lower(),),
            display_name=f"{given} {family}",
            synchronised=True,
        )
        for given, family in (
            ("Ann", "Archer"),
            ("Ben", "Baker"),
            ("Cara", "Cole"),
            ("Dan", "Dorn"),
            ("Eve", "Ebert"),
            ("Finn", "Fox"),
            ("Gina", "Grant"),
            ("Hal", "Hope"),
            ("Ida", "Ives"),
            ("Jon", "Jarvis"),
            ("Kim", "Kerr"),
            ("Leo", "Lund"),
        )
    ),
    User(
        "shared.name", "shared.name@fabrikam.com", mail="shared.name@contoso.com", synchronised=True
    ),
    User(
        "other.mail",
        "other.mail@contoso.com",
        mail="somebody@contoso.com",
        proxies=("SMTP:somebody@contoso.com",),
    ),
    User(
        "taken", "taken@contoso.com", proxies=("SMTP:taken@contoso.com", "smtp:obrien@contoso.com")
    ),
    User("corp1", "corp1@ad.contoso.test"),
    User("corp2", "corp2@ad.contoso.test", ou="Branch"),
    User("branch1", "branch1@corp.local", ou="Branch"),
    User("branch2", "branch2@corp.local", ou="Branch"),
    User("noupn1", None, ou="Branch", mail="noupn1@contoso.com"),
    User("no upn 2", None, ou="Branch"),
    User("left1", "left1@corp.local", ou="Left", enabled=False),
    User("left2", None, ou="Left", enabled=False),
    User("left3", "left3@contoso.com", ou="Left", enabled=False),
    User("guest.ann", "ann.guest@contoso.com", cn="Guest, Ann"),
    User("admin.bea", "bea.administrator@contoso.com", cn="Administrator (Bea)"),
    User(
        "hostile",
        "hostile@corp.local",
        cn='=HYPERLINK("http://x.test","y")',
        display_name="<script>alert(1)</script>",
    ),
    User("svc-sql", None, ou="Service Accounts", description="Database service"),
    User("svc-backup", "svc-backup@corp.local", ou="Service Accounts", enabled=False),
    User(
        "MSOL_a1b2c3d4e5f6",
        None,
        ou="Service Accounts",
        description="Account created by Microsoft Azure Active Directory Connect with installation identifier "
        "a1b2c3d4e5f60718293a4b5c6d7e8f90 running on computer SYNC01 configured to synchronize to tenant "
        f"{TENANT_DOMAIN}. This account must have directory replication permissions in the local Active Directory.",
    ),
    *(_vector(number, upn) for number, upn in enumerate(_VECTORS, start=1)),
)

CONTOSO = Forest(
    domain="ad.contoso.test",
    netbios="CONTOSO",
    address="127.77.0.10",
    suffixes=("contoso.com", "fabrikam.com", "corp.local", "contoso.app"),
    ous=("Staff", "Branch", "Left", "Vectors", "Service Accounts"),
    users=_CONTOSO_USERS,
    groups={
        "ConfigMgr IIS Servers": (),
        "ConfigMgr Administrators": ("ann.archer",),
        "Cloud Pilot": ("ann.archer", "ben.baker", "branch1", "noupn1"),
    },
    tenant=(TENANT_ID, TENANT_DOMAIN),
    has_certificate_services=True,
)

FABRIKAM = Forest(
    domain="fabrikam.test",
    netbios="FABRIKAM",
    address="127.77.0.20",
    suffixes=("fabrikam.com",),
    ous=("Staff", "Service Accounts"),
    users=(
        *(
            User(
                f"fab{number}",
                f"fab{number}@fabrikam.com",
                mail=f"fab{number}@fabrikam.com",
                synchronised=True,
            )
            for number in range(1, 6)
        ),
        User("shared.name", "Shared.Name@fabrikam.com"),
        User("old1", "old1@fabrikam.local"),
        User("implicit", "implicit@fabrikam.test"),
        User("nothing", None),
    ),
    tenant=(FABRIKAM_TENANT_ID, "fabrikam.onmicrosoft.com"),
)


def ldif(
    forest: Forest, issuing_ca: bytes, root_ca: bytes, reader_password: str
) -> tuple[str, str]:
    """The forest's objects, and the user names that Samba's own rules would refuse (written below those rules)."""
    entries = [
        *_structure(forest, reader_password),
        *_accounts(forest),
        *_cloud_objects(forest),
        *(
            _certificate_services(forest, issuing_ca, root_ca)
            if forest.has_certificate_services
            else ()
        ),
    ]
    return "".join(entries), "".join(_duplicates(forest))


def reader(forest: Forest) -> tuple[str, str]:
    """DN and user principal name of the account that only reads: a member of Domain Users and no more."""
    return f"CN=Assess Reader,OU=Service Accounts,{forest.base}", f"svc-assess@{forest.domain}"


def escaped(value: str) -> str:
    """A value within a distinguished name."""
    return "".join(
        f"\\{character}" if character in ',+"\\<>;=#' else character for character in value
    )


def _structure(forest: Forest, reader_password: str) -> Iterator[str]:
    yield _change(f"CN=Partitions,{forest.configuration}", "add", {"uPNSuffixes": forest.suffixes})
    for ou in forest.ous:
        yield _entry(f"OU={ou},{forest.base}", {"objectClass": ["organizationalUnit"]})
    dn, upn = reader(forest)
    yield _entry(
        dn,
        {
            "objectClass": ["user"],
            "sAMAccountName": ["svc-assess"],
            "userPrincipalName": [upn],
            "userAccountControl": ["66048"],
            "unicodePwd": [f'"{reader_password}"'.encode("utf-16-le")],
            "description": ["Reads, and is a member of Domain Users only"],
        },
    )


def _accounts(forest: Forest) -> Iterator[str]:
    clashing = {user.account for user in _clashing(forest)}
    for user in forest.users:
        upn = f"{user.account}.clash@invalid" if user.account in clashing else user.upn
        anchor = uuid.uuid5(_ANCHORS, f"{forest.domain}/{user.account}").bytes_le
        yield _entry(
            forest.user_dn(user),
            {
                "objectClass": ["user"],
                "sAMAccountName": [user.account],
                "userAccountControl": [ENABLED if user.enabled else DISABLED],
                "userPrincipalName": [upn] if upn is not None else [],
                "mail": [user.mail] if user.mail else [],
                "proxyAddresses": user.proxies,
                "displayName": [user.display_name] if user.display_name else [],
                "description": [user.description] if user.description else [],
                "mS-DS-ConsistencyGuid": [anchor] if user.synchronised else [],
            },
        )
    dns = {user.account: forest.user_dn(user) for user in forest.users}
    for group, members in forest.groups.items():
        yield _entry(
            f"CN={group},OU=Staff,{forest.base}",
            {
                "objectClass": ["group"],
                "sAMAccountName": [group],
                "member": [dns[member] for member in members],
            },
        )


def _clashing(forest: Forest) -> Iterator[User]:
    """Users whose name another one has already, but for its case: directories hold them, Samba refuses to add them."""
    seen = set()
    for user in forest.users:
        key = user.upn.lower() if user.upn is not None else None
        if key in seen and key is not None:
            yield user
        seen.add(key)


def _duplicates(forest: Forest) -> Iterator[str]:
    for user in _clashing(forest):
        yield _change(forest.user_dn(user), "replace", {"userPrincipalName": [str(user.upn)]})


def _cloud_objects(forest: Forest) -> Iterator[str]:
    yield _entry(
        f"CN=AZUREADSSOACC,CN=Computers,{forest.base}",
        {
            "objectClass": ["computer"],
            "sAMAccountName": ["AZUREADSSOACC$"],
            "userAccountControl": ["4128"],
        },
    )
    yield _entry(
        f"CN=CM01,CN=Computers,{forest.base}",
        {
            "objectClass": ["computer"],
            "sAMAccountName": ["CM01$"],
            "userAccountControl": ["4128"],
            "dNSHostName": [f"cm01.{forest.domain}"],
        },
    )
    if forest.tenant is None:
        return
    container = f"CN=Device Registration Configuration,CN=Services,{forest.configuration}"
    yield _entry(container, {"objectClass": ["container"]})
    tenant_id, tenant_domain = forest.tenant
    yield _entry(
        f"CN={_DEVICE_REGISTRATION},{container}",
        {
            "objectClass": ["serviceConnectionPoint"],
            "keywords": [f"azureADName:{tenant_domain}", f"azureADId:{tenant_id}"],
        },
    )


def _certificate_services(forest: Forest, issuing_ca: bytes, root_ca: bytes) -> Iterator[str]:
    services = f"CN=Public Key Services,CN=Services,{forest.configuration}"
    for dn, certificate in (
        (f"CN=NTAuthCertificates,{services}", issuing_ca),
        (f"CN=Contoso Root CA,CN=Certification Authorities,{services}", root_ca),
        (f"CN=Contoso Issuing CA,CN=AIA,{services}", issuing_ca),
    ):
        yield _entry(
            dn,
            {
                "objectClass": ["certificationAuthority"],
                "cACertificate": [certificate],
                "certificateRevocationList": [b"\0"],
                "authorityRevocationList": [b"\0"],
            },
        )
    published = (CMG_TEMPLATE, WEB_TEMPLATE, CLIENT_TEMPLATE, DISTRIBUTION_TEMPLATE)
    yield _entry(
        f"CN=Contoso Issuing CA,CN=Enrollment Services,{services}",
        {
            "objectClass": ["pKIEnrollmentService"],
            "dNSHostName": [f"ca01.{forest.domain}"],
            "cACertificateDN": ["CN=Contoso Issuing CA"],
            "cACertificate": [issuing_ca],
            "certificateTemplates": published,
        },
    )
    server, client = "1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"
    supplied, from_directory = 0x1, 0x18000000
    exportable, compatible = 0x10, 0x01010000
    for number, (name, display, usage, subject, key, autoenrol) in enumerate(
        (
            (
                CMG_TEMPLATE,
                "ConfigMgr Cloud Management Gateway",
                server,
                supplied,
                exportable | compatible,
                False,
            ),
            (WEB_TEMPLATE, "ConfigMgr Web Server Certificate", server, supplied, compatible, False),
            (
                CLIENT_TEMPLATE,
                "ConfigMgr Client Certificate",
                client,
                from_directory,
                compatible,
                True,
            ),
            (
                DISTRIBUTION_TEMPLATE,
                "ConfigMgr Client Distribution Point",
                client,
                from_directory,
                0x10,
                False,
            ),
            (UNPUBLISHED_TEMPLATE, "ConfigMgr Old Client", client, from_directory, 0x10, False),
        ),
        start=1,
    ):
        rights = f"(OA;;CR;{_ENROLL};;DC)" + (f"(OA;;CR;{_AUTOENROLL};;DC)" if autoenrol else "")
        yield _entry(
            f"CN={name},CN=Certificate Templates,{services}",
            {
                "objectClass": ["pKICertificateTemplate"],
                "displayName": [display],
                "flags": [str(0x10240)],
                "revision": ["100"],
                "pKIDefaultKeySpec": ["1"],
                "pKIKeyUsage": [b"\xa0\x00"],
                "pKIMaxIssuingDepth": ["0"],
                "pKICriticalExtensions": ["2.5.29.15"],
                "pKIExtendedKeyUsage": [usage],
                "pKIDefaultCSPs": ["1,Microsoft RSA SChannel Cryptographic Provider"],
                "pKIExpirationPeriod": [_period(730)],
                "pKIOverlapPeriod": [_period(42)],
                "msPKI-Template-Schema-Version": ["2"],
                "msPKI-Template-Minor-Revision": ["3"],
                "msPKI-Cert-Template-OID": [f"1.3.6.1.4.1.311.21.8.32473.1.{number}"],
                "msPKI-Minimal-Key-Size": ["2048"],
                "msPKI-RA-Signature": ["0"],
                "msPKI-Enrollment-Flag": [str(0x20 if autoenrol else 0)],
                "msPKI-Private-Key-Flag": [str(key)],
                "msPKI-Certificate-Name-Flag": [str(subject)],
                "msPKI-Certificate-Application-Policy": [usage],
                "nTSecurityDescriptor": [f"O:DAG:DAD:PAI(A;;GA;;;DA)(A;;RPLCLORC;;;AU){rights}"],
            },
        )


def _period(days: int) -> bytes:
    """A span as the directory writes it: negative steps of 100 ns, 8 bytes, little-endian."""
    return (-days * 86_400 * 10_000_000).to_bytes(8, "little", signed=True)


def _entry(dn: str, attributes: Values) -> str:
    return "\n".join([_line("dn", dn), "changetype: add", *_lines(attributes)]) + "\n\n"


def _change(dn: str, how: str, attributes: Values) -> str:
    lines = [_line("dn", dn), "changetype: modify"]
    for attribute in attributes:
        lines += [f"{how}: {attribute}", *_lines({attribute: attributes[attribute]}), "-"]
    return "\n".join(lines) + "\n\n"


def _lines(attributes: Values) -> Iterator[str]:
    for attribute, values in attributes.items():
        for value in values:
            yield _line(attribute, value)


def _line(name: str, value: str | bytes) -> str:
    """Always in base64, so that no value needs a rule of its own."""
    octets = value.encode() if isinstance(value, str) else value
    return f"{name}:: {base64.b64encode(octets).decode()}"
