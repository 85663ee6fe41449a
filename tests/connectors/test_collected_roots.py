"""Trusted roots that were collected of computers, beside their own certificates or alone."""

import json
from pathlib import Path
from typing import Any

from assess.connectors.collected import stores_in
from assess.connectors.trust import TrustStore
from assess.evidence.certificates import Store
from lab.pki import Pki
from specimens import NOW

ROOT = {"Thumbprint": "AB" * 20, "Subject": "CN=Contoso Root CA", "NotAfter": "2036-01-01T00:00:00Z"}
OWN = {"thumbprint": "CD" * 20, "subject": "CN=pc1"}


def read(folder: Path, name: str, content: Any) -> list[Store]:
    (folder / name).write_text(json.dumps(content), encoding="utf-16")
    return stores_in(folder / name, lambda path: [], TrustStore(moment=NOW, public_roots=None, own_roots=[], intermediates=[], own_root_named=False, faults=[]))


def test_roots_beside_its_own_certificates(tmp_path: Path) -> None:
    [one] = read(tmp_path, "pc1.json", {"client": "pc1", "certificates": [OWN], "roots": [ROOT]})
    assert [e.thumbprint for e in one.entries] == ["CD" * 20]
    assert one.roots is not None
    assert [e.thumbprint for e in one.roots] == ["AB" * 20]


def test_roots_that_were_not_collected_are_not_none_at_all(tmp_path: Path) -> None:
    assert read(tmp_path, "a.json", {"client": "pc1", "certificates": [OWN]})[0].roots is None
    assert read(tmp_path, "b.json", {"client": "pc1", "root": []})[0].roots == ()


def test_rows_as_powershell_writes_them(tmp_path: Path) -> None:
    place = "Microsoft.PowerShell.Security\\Certificate::LocalMachine\\"
    rows = [{**ROOT, "PSParentPath": f"{place}Root"}, {**OWN, "PSParentPath": f"{place}My"}]
    [one] = read(tmp_path, "mp01.corp.contoso.test.json", rows)
    assert one.computer == "mp01.corp.contoso.test"
    assert [e.thumbprint for e in one.entries] == ["CD" * 20]
    assert one.roots is not None
    assert [e.subject for e in one.roots] == ["CN=Contoso Root CA"]


def test_the_certificate_itself_says_what_it_is(tmp_path: Path, pki: Pki) -> None:
    root = pki.root("Contoso Root CA")
    row = {"RawData": list(root.der), "PSParentPath": "Certificate::LocalMachine\\Root"}
    [one] = read(tmp_path, "mp01.json", row)
    assert one.roots is not None
    assert one.roots[0].thumbprint == root.sha1.upper().replace(":", "")
