"""Makes the example keys and certificates of assess/demo/data anew, with the OpenSSL command line.

    python -m customers.contoso_keys assess/demo/data

Every run gives other keys; sample_reports has to be made again afterwards.
"""

import shutil
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from lab.pki import KEY_STORAGE, Credential, Pki, Validity

PFX_PASSWORD = "example-of-no-value"
LONG: Validity = (datetime(2026, 1, 1, tzinfo=UTC), datetime(2056, 1, 1, tzinfo=UTC))
AUTHORITIES: Validity = (datetime(2021, 5, 3, 8, 0, tzinfo=UTC), datetime(2041, 5, 3, 8, 0, tzinfo=UTC))
GATEWAY: Validity = (datetime(2025, 12, 11, tzinfo=UTC), datetime(2026, 12, 11, tzinfo=UTC))
MANAGEMENT_POINT: Validity = (datetime(2026, 3, 2, 7, 15, tzinfo=UTC), datetime(2028, 3, 1, 7, 15, tzinfo=UTC))
LISTS: Validity = (datetime(2026, 11, 18, 6, 0, tzinfo=UTC), datetime(2026, 11, 26, 18, 0, tzinfo=UTC))
ROOT_CRL = "http://pki.contoso.com/crl/contoso-root-ca.crl"
CRL = "http://pki.contoso.com/crl/contoso-issuing-ca-1.crl"
MARK = "# An example of `assess demo`. It protects nothing and is of no value.\n"

SERVERS = {
    "microsoft": ["login.microsoftonline.com", "graph.microsoft.com", "management.azure.com"],
    "dc01": ["dc01.corp.contoso.com"],
    "cm01": ["cm01.corp.contoso.com"],
}


def server(credential: Credential, *others: Credential) -> str:
    """Key and chain in one file, as a server wants them."""
    chain = "".join(one.pem for one in (credential, *others))
    return MARK + credential.key.read_text() + chain


def main(target: Path) -> None:
    keys, files, lists = target / "keys", target / "files" / "pki", target / "lists"
    for folder in (keys, files, lists):
        folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        pki = Pki(Path(scratch))
        authority = pki.root("Example authority of the stand-ins, of no value", valid=LONG)
        (files / "stand-ins.pem").write_text(MARK + authority.pem)
        for name, hosts in SERVERS.items():
            made = pki.issue(authority, hosts[0], names=hosts, key="ec:P-256", valid=LONG)
            (keys / f"{name}.pem").write_text(server(made))
        root = pki.root("Contoso Root CA", key="rsa:2048", valid=AUTHORITIES)
        issuing = pki.intermediate(root, "Contoso Issuing CA 1", key="rsa:2048", valid=AUTHORITIES, crl=ROOT_CRL)
        for name, one in (("contoso-root", root), ("contoso-issuing", issuing)):
            (files / f"{name}.cer").write_bytes(one.der)
        for url, one in ((ROOT_CRL, root), (CRL, issuing)):
            (lists / url.rpartition("/")[2]).write_bytes(pki.crl(one, valid=LISTS))
        point = pki.issue(issuing, "mp01.corp.contoso.com", valid=MANAGEMENT_POINT, crl=CRL)
        (keys / "mp01.pem").write_text(server(point, issuing))
        gateway = pki.issue(
            issuing,
            "cmg.contoso.com",
            valid=GATEWAY,
            crl=CRL,
            subject="/C=DE/L=Munich/O=Contoso Ltd/OU=Workplace/CN=cmg.contoso.com",
        )
        pfx = pki.pfx(gateway, password=PFX_PASSWORD, chain=[issuing], csp=KEY_STORAGE)
        shutil.copy(pfx, files / "contoso-cmg.pfx")
        request = pki.windows_csr(
            "cmg.contoso.com", key=gateway.key, csp=KEY_STORAGE, machine="cm01.corp.contoso.com", user="CORP\\a.meyer"
        )
        shutil.copy(request, files / "contoso-cmg.csr")
    (files / "contoso-cmg.password").write_text(PFX_PASSWORD + "\n")
    for path in (*keys.iterdir(), *files.iterdir(), *lists.iterdir()):
        path.chmod(0o644)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
