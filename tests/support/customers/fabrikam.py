"""A second invented customer, of whom nothing is shipped: nearly everything is the other way round than at Contoso.

    write(folder)                       # a customer as assess.demo.customer serves it
"""

from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from customers import Customer, Person, as_json, azure, domain, ems

NET, INITIAL = "fabrikam.net", "fabrikam.onmicrosoft.com"
TENANT = "a3f1c2d4-0b5e-4d6f-8a79-1b2c3d4e5f60"
CLIENT = "b4e2d3c5-1c6f-4e70-9b8a-2c3d4e5f6071"
SUBSCRIPTION = "c5d3e4b6-2d70-4f81-8c9b-3d4e5f607182"

PEOPLE = tuple(
    Person(name, account, f"{account}@{NET}", f"{account}@{NET}", enrols=True)
    for name, account in (("Ivy Okafor", "iokafor"), ("Noor Haddad", "nhaddad"), ("Tom Bell", "tbell"))
)

FABRIKAM = Customer(
    forest="ad.fabrikam.net",
    netbios="FABRIKAM",
    people=PEOPLE,
    suffixes=(NET,),
    server="warsaw.ad.fabrikam.net",
    tenant_id=TENANT,
    tenant_name="Fabrikam",
    initial=INITIAL,
    domains=(domain(NET, default=True), domain(INITIAL, first=True)),
    sku=ems(5, 5, "Suspended"),
    last_sync="",
    last_password_sync="",
    authority="sccm",
    site_code="FAB",
    collection="FAB00031",
    collection_name="Field staff",
    site_server="lodz.ad.fabrikam.net",
    registered=False,
    devices={"AzureAd": 3},
)

_ENGAGEMENT = f"""
[engagement]
name = "fabrikam"
customer = "Fabrikam AG"
scenarios = ["co-management-internet"]
internet_clients = true

[tenant]
id = "{TENANT}"
cloud = "public"
public_domains = ["{NET}"]
ca_file = "files/authority.pem"

[tenant.auth]
method = "client-secret"
client_id = "{CLIENT}"
client_secret = {{ file = "files/secrets/graph" }}

[dns]
nameservers = ["203.0.113.7"]
internal_nameservers = ["203.0.113.8"]

[ad]
server = "ldaps://warsaw.ad.fabrikam.net"
user = "auditor@ad.fabrikam.net"
password = {{ file = "files/secrets/auditor" }}
ca_file = "files/authority.pem"

[site]
code = "FAB"
provider_fqdn = "lodz.ad.fabrikam.net"
ca_file = "files/authority.pem"

[site.auth]
method = "none"
role = "full-administrator"

[azure]
subscription_id = "{SUBSCRIPTION}"

[cmg]
service_name = "fabgate.{NET}"
deployment_prefix = "fabgate"
region = "polandcentral"
deployment_method = "arm-vmss"

[mdm]
user_collection_id = "FAB00031"
"""

_STAND_INS = f"""
engagement = "fabrikam.toml"
as_of = 2027-03-02T06:45:00Z
secrets = {{ graph = "files/secrets/graph", auditor = "files/secrets/auditor" }}
absent = ["fabgate.{NET}:443"]

[[names]]
addresses = ["203.0.113.7:53", "203.0.113.8:53"]
zones = {{ "." = "internet.zone", "{NET}" = "fabrikam.zone" }}
resolves = true

[[names]]
addresses = ["a.dns.example:53", "b.dns.example:53"]
zones = {{ "{NET}" = "fabrikam.zone" }}

[[directories]]
address = "warsaw.ad.fabrikam.net:636"
certificate = "all.pem"
entries = "directory.ldif"
account = "auditor@ad.fabrikam.net"
password = "auditor"

[[webs]]
certificate = "all.pem"
services = {{ "graph.microsoft.com" = "graph.json", "management.azure.com" = "arm.json", "lodz.ad.fabrikam.net" = "adminservice.json" }}
sign_in = "login.microsoftonline.com"

[tenant]
id = "{TENANT}"
client_id = "{CLIENT}"
client_secret = "graph"

[tenant.roles]
"https://graph.microsoft.com" = [
    "Device.Read.All", "DeviceManagementServiceConfig.Read.All", "Domain.Read.All", "GroupMember.Read.All",
    "LicenseAssignment.Read.All", "Organization.Read.All", "User.Read.All",
]
"https://management.azure.com" = []
"""

_ZONE = """
$TTL 600
@                       SOA   a.dns.example. root 7 7200 900 1209600 300
@                       NS    a.dns.example.
@                       NS    b.dns.example.
enterpriseenrollment    CNAME enterpriseenrollment-s.manage.microsoft.com.
fabgate                 CNAME fabgate.polandcentral.cloudapp.azure.com.
"""

_INTERNET = """
$TTL 600
a.dns.example.                               A 203.0.113.9
b.dns.example.                               A 203.0.113.10
enterpriseenrollment-s.manage.microsoft.com. A 203.0.113.11
fabgate.polandcentral.cloudapp.azure.com.    A 203.0.113.12
"""

HOSTS = (
    "login.microsoftonline.com",
    "graph.microsoft.com",
    "management.azure.com",
    "warsaw.ad.fabrikam.net",
    "lodz.ad.fabrikam.net",
)


def write(folder: Path) -> None:
    """Everything that the stand-ins answer from, with keys of their own."""
    arm = azure(SUBSCRIPTION, TENANT, "polandcentral", "fabgate", taken=("label", "vault"), state="Disabled")
    (folder / "files").mkdir()
    for name, text in {
        "fabrikam.toml": _ENGAGEMENT,
        "stand-ins.toml": _STAND_INS,
        "fabrikam.zone": _ZONE,
        "internet.zone": _INTERNET,
        "directory.ldif": FABRIKAM.ldif(),
        "graph.json": as_json(FABRIKAM.graph()),
        "adminservice.json": as_json(FABRIKAM.adminservice()),
        "arm.json": as_json(arm),
    }.items():
        (folder / name).write_text(text, encoding="utf-8")
    authority, server = _keys()
    (folder / "files" / "authority.pem").write_bytes(authority)
    (folder / "all.pem").write_bytes(server)


def _keys() -> tuple[bytes, bytes]:
    """An authority, and one certificate for every server with its key."""
    signing, own = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Fabrikam test authority")])
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOSTS[0])])

    def certificate(name: x509.Name, key: ec.EllipticCurvePrivateKey, more: x509.ExtensionType) -> bytes:
        builder = x509.CertificateBuilder(issuer, name, key.public_key(), x509.random_serial_number())
        builder = builder.not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        builder = builder.not_valid_after(datetime(2099, 12, 31, tzinfo=UTC)).add_extension(more, critical=False)
        return builder.sign(signing, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    names = x509.SubjectAlternativeName([x509.DNSName(host) for host in HOSTS])
    plain = serialization.NoEncryption()
    key = own.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    root = certificate(issuer, signing, x509.BasicConstraints(ca=True, path_length=None))
    return root, key + certificate(subject, own, names)
