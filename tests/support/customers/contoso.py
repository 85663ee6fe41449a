"""The example customer of `assess demo`: a roll-out half way, with a bit of everything.

Run as a module, this writes the files of assess/demo/data again, but for keys and certificates::

    python -m customers.contoso assess/demo/data
"""

import sys
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import pkcs12

from assess.demo import EXAMPLE
from customers import (
    Customer,
    Person,
    as_json,
    azure,
    contoso_cloud,
    contoso_directory,
    domain,
    ems,
)

COM, DE, LOCAL, INITIAL = "contoso.com", "contoso.de", "corp.contoso.local", "contoso.onmicrosoft.com"
TENANT = "11111111-2222-4333-8444-555555555555"
SUBSCRIPTION = "99999999-8888-4777-8666-555555555555"


def _staff(name: str, account: str, suffix: str = COM, *, enrols: bool = False, licensed: bool = True) -> Person:
    mail = f"{account}@{COM}"
    kept = suffix == COM
    return Person(
        name,
        account,
        f"{account}@{suffix}",
        mail,
        enrols=enrols,
        licensed=licensed,
        tenant_upn="" if kept else f"{account}@{INITIAL}",
    )


PEOPLE = (
    Person("Administrator", "Administrator", None, rid=500, critical=True, synced=False),
    Person("Guest", "Guest", None, enabled=False, rid=501, critical=True, synced=False),
    Person("krbtgt", "krbtgt", None, enabled=False, rid=502, critical=True, synced=False),
    Person(
        "MSOL_5d1f0e9c3a77",
        "MSOL_5d1f0e9c3a77",
        None,
        synced=False,
        description=(
            "Account created by Microsoft Entra Connect with installation identifier 5d1f0e9c3a77 running on "
            f"computer AADC01 configured to synchronize to tenant {INITIAL}."
        ),
    ),
    Person(
        "svc-cmsql", "svc-cmsql", f"svc-cmsql@{LOCAL}", synced=False, service="MSSQLSvc/cm01.corp.contoso.com:1433"
    ),
    Person(
        "Ben Walters (administration)",
        "da-walters",
        f"da-walters@{COM}",
        synced=False,
        description="Administration of the domain",
        groups=("CN=Domain Admins,CN=Users",),
    ),
    _staff("Adele Vance", "adele.vance", enrols=True),
    _staff("Alex Wilber", "alex.wilber", enrols=True),
    _staff("Anna Meyer", "anna.meyer", enrols=True),
    _staff("Ben Walters", "ben.walters"),
    _staff("Carla Ruiz", "carla.ruiz", enrols=True),
    _staff("Christie Cline", "christie.cline"),
    _staff("Debra Berger", "debra.berger", enrols=True),
    _staff("Diego Siciliani", "diego.siciliani", enrols=True),
    _staff("Emily Braun", "emily.braun"),
    _staff("Enrico Cattaneo", "enrico.cattaneo"),
    _staff("Grady Archie", "grady.archie", enrols=True),
    _staff("Henrietta Mueller", "henrietta.mueller", enrols=True),
    _staff("Irvin Sayers", "irvin.sayers"),
    _staff("Isaiah Langer", "isaiah.langer", enrols=True, licensed=False),
    _staff("Joni Sherman", "joni.sherman", enrols=True),
    _staff("Jordan Miller", "jordan.miller"),
    _staff("Lee Gu", "lee.gu", enrols=True, licensed=False),
    _staff("Lidia Holloway", "lidia.holloway"),
    _staff("Lynne Robbins", "lynne.robbins", enrols=True),
    _staff("Megan Bowen", "megan.bowen", enrols=True),
    _staff("Miriam Graham", "miriam.graham"),
    _staff("Nestor Wilke", "nestor.wilke"),
    _staff("Sean O'Neill", "sean.o'neill", enrols=True),
    Person("Renée Dupré", "renee.dupre", f"renée.dupré@{COM}", f"renee.dupre@{COM}", tenant_upn=f"renee.dupre@{INITIAL}"),
    _staff("Patti Fernandez", "patti.fernandez", DE),
    _staff("Pradeep Gupta", "pradeep.gupta", DE),
    _staff("Jürgen Weiß", "juergen.weiss", DE),
    _staff("Raul Razo", "raul.razo", LOCAL, enrols=True),
    _staff("Robin Counts", "robin.counts", LOCAL, enrols=True),
    _staff("Sven Mortensen", "sven.mortensen", LOCAL),
    _staff("Tamara Johnston", "tamara.johnston", LOCAL),
    _staff("Vance DeLeon", "vance.deleon", LOCAL),
    Person("Reception desk", "reception", None, tenant_upn=f"reception@{INITIAL}", licensed=False),
    Person("Lynne Robbins (Munich)", "lynne.robbins2", f"lynne.robbins@{COM}", f"lynne.robbins2@{COM}", synced=False),
    Person("Oliver Left", "oliver.left", f"oliver.left@{COM}", enabled=False, licensed=False),
    Person("Paula Retired", "paula.retired", f"paula.retired@{LOCAL}", enabled=False, synced=False),
)

CONTOSO = Customer(
    forest="corp.contoso.com",
    netbios="CORP",
    people=PEOPLE,
    suffixes=(COM, LOCAL),
    server="dc01.corp.contoso.com",
    tenant_id=TENANT,
    tenant_name="Contoso",
    initial=INITIAL,
    domains=(
        domain(COM, default=True),
        domain(DE, verified=False),
        domain(INITIAL, first=True),
    ),
    sku=ems(60, 38),
    last_sync="2026-11-20T16:04:11Z",
    last_password_sync="2026-11-20T21:02:47Z",
    site_code="PS1",
    collection="PS100014",
    collection_name="MDM pilot users",
    site_server="cm01.corp.contoso.com",
    deleted=(f"sven.mortensen@{COM}",),
    cloud_only=(
        Person("Emergency access", "admin", f"admin@{INITIAL}", licensed=False),
        Person("Auditor", "auditor", f"auditor_northwind.example#EXT#@{INITIAL}", licensed=False),
    ),
    conflicts=("grady.archie",),
    groups=7,
    devices={"AzureAd": 6, "ServerAd": 14, "Workplace": 3},
    refused_classes=("SMS_Admin",),
)


def files() -> dict[str, str]:
    """The text of each file that is made from these tables, by its name."""
    arm = azure(SUBSCRIPTION, TENANT, "westeurope", "contosocmg", taken=("storage",))
    arm["answers"] = [one for one in arm["answers"] if not one["path"].endswith("/resources")]
    arm["answers"] += contoso_cloud.subscription(CONTOSO, SUBSCRIPTION)
    graph = CONTOSO.graph()
    graph["needs"] |= contoso_cloud.NEEDS
    graph["answers"] += contoso_cloud.tenant(CONTOSO)
    rows = contoso_cloud.site(CONTOSO) | {"SMS_AzureService": [_gateway()]}
    site = contoso_cloud.with_rows(CONTOSO.adminservice(), rows)
    site["answers"] += contoso_cloud.by_key(CONTOSO)
    return {
        "directory.ldif": CONTOSO.ldif(contoso_directory.records(CONTOSO)),
        "graph.json": as_json(graph),
        "adminservice.json": as_json(site),
        "arm.json": as_json(arm),
    }


def _gateway() -> dict[str, Any]:
    folder = EXAMPLE / "files" / "pki"
    password = (folder / "contoso-cmg.password").read_text(encoding="ascii").strip()
    own = pkcs12.load_pkcs12((folder / "contoso-cmg.pfx").read_bytes(), password.encode()).cert
    root = x509.load_der_x509_certificate((folder / "contoso-root.cer").read_bytes())
    assert own is not None
    return contoso_cloud.gateway(CONTOSO, SUBSCRIPTION, _thumbprint(own.certificate), _thumbprint(root))


def _thumbprint(certificate: x509.Certificate) -> str:
    return certificate.fingerprint(hashes.SHA1()).hex().upper()


if __name__ == "__main__":
    for name, text in files().items():
        (Path(sys.argv[1]) / name).write_text(text, encoding="utf-8")
