"""From the engagement file to findings: a real directory and collected files, recorded, and judged again."""

import json
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from assess.collect import collect, questions
from assess.discover import library
from assess.engagement import Engagement, engagement_from
from assess.recording import Recording, read, write
from assess.results import Results, Selection, evaluate
from assess.sources import connectors_for
from lab.samba import DomainController

NOW = datetime(2026, 11, 20, 21, 10, tzinfo=UTC)
MINE = ("pki.*", "template.*", "permissions.domain-admin")
HERE = frozenset({"ldap", "certificate-file", "config"})
GPRESULT = """
COMPUTER SETTINGS
------------------
    CN=CM01,CN=Computers,DC=ad,DC=contoso,DC=test

    The computer is a part of the following security groups
    -------------------------------------------------------
        BUILTIN\\Administrators
        {group}
"""


def engagement(controller: DomainController, folder: Path, **sections: Any) -> Engagement:
    fixed: dict[str, Any] = {
        "engagement": {"name": "contoso", "scenarios": ["co-management-pki"]},
        "ad": {
            "server": controller.url, "user": controller.user, "password": {"env": "LDAP_PASSWORD"}, "ca_file": str(controller.ca_file),
        },
        "pki": {
            "issuer": "own-pki", "cloud_role_servers": ["cm01.ad.contoso.test"], "web_template_name": "ConfigMgr Cloud Management Gateway",
            "workstation_template_name": "ConfigMgr Client Certificate",
        },
        "mp": {"mode": "https", "servers": ["cm01.ad.contoso.test"]},
        "accounts": {"domain_admin": "Administrator"},
    }  # fmt: skip
    return engagement_from({**fixed, **sections}, file="contoso.toml", folder=folder)


def assessed(described: Engagement, folder: Path) -> dict[tuple[str, str | None], Any]:
    """Collect, write the evidence, read it back, and judge it twice alike."""
    known = library()
    chosen = Selection(only=MINE)
    asks = questions(c for c in known.checks.values() if chosen.leaves_out(c.requirement) is None)
    connectors = [c for c in connectors_for(asks, described) if c.source in HERE]
    with Recording(described, as_of=NOW, started_at=NOW, finished_at=NOW) as recording:
        collect(asks, connectors, recording, clock=lambda: NOW)
        first = evaluate(known, recording, selection=chosen)
        write(recording, folder / "evidence.zip", tool="assess")
    with read(folder / "evidence.zip") as again:
        results: Results = evaluate(known, again, selection=chosen)
    assert results.findings == first.findings
    for connector in connectors:
        connector.close()
    wanted = {name for name in known.catalogue.requirements if chosen.leaves_out(name) is None}
    return {(f.requirement, f.subject): f for f in results.findings if f.requirement in wanted}


def statuses(findings: dict[tuple[str, str | None], Any]) -> dict[str, str]:
    return {name: str(finding.status) for (name, _), finding in findings.items()}


@pytest.fixture(autouse=True)
def password(dc: DomainController, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LDAP_PASSWORD", dc.password)


def test_a_directory_and_what_was_collected(dc: DomainController, tmp_path: Path) -> None:
    services = f"CN=Public Key Services,CN=Services,{dc.configuration}"
    with dc.connection() as connection:
        connection.search(f"CN=Certification Authorities,{services}", "(cACertificate=*)", attributes=["cACertificate"])
        root = connection.response[0]["raw_attributes"]["cACertificate"][0]
        connection.search(f"CN=AIA,{services}", "(cACertificate=*)", attributes=["cACertificate"])
        issuing = connection.response[0]["raw_attributes"]["cACertificate"][0]
    (tmp_path / "root.cer").write_bytes(root)
    (tmp_path / "issuing.cer").write_bytes(issuing)
    (tmp_path / "cm01.txt").write_text(GPRESULT.format(group="ConfigMgr IIS Servers"))
    row = {"RawData": list(root), "PSParentPath": "Certificate::LocalMachine\\Root"}
    (tmp_path / "cm01.json").write_text(json.dumps([row]))
    client = {"client": "pc1", "certificates": [], "roots": [{"RawData": list(root)}]}
    (tmp_path / "pc1.json").write_text(json.dumps(client))
    files = {
        "trusted_root_cer": "root.cer", "intermediate_cers": ["issuing.cer"], "collected_gpresult": ["cm01.txt"],
        "collected_root_store": ["cm01.json"], "collected_client_certs": ["pc1.json"],
    }  # fmt: skip
    system = {"operatingSystem": "Windows Server 2022 Standard", "operatingSystemVersion": "10.0 (20348)"}
    with ExitStack() as stack:
        group = f"CN=ConfigMgr IIS Servers,OU=Staff,{dc.base}"
        stack.enter_context(dc.with_values(group, "member", [f"CN=CM01,CN=Computers,{dc.base}"]))
        fields = {"sAMAccountName": "CA01$", "userAccountControl": "4128", "dNSHostName": "ca01.ad.contoso.test", **system}
        stack.enter_context(dc.with_entry(f"CN=CA01,CN=Computers,{dc.base}", ["computer"], fields))
        findings = assessed(engagement(dc, tmp_path, files=files), tmp_path)
    assert statuses(findings) == {
        "pki.enterprise-ca": "pass", "pki.ca-os-version": "pass", "pki.root-on-cloud-role-server": "pass",
        "pki.iis-servers-group": "pass", "pki.iis-servers-group-token": "pass", "pki.trusted-root-exported": "pass",
        "pki.client-root-trust": "pass", "template.web-server": "pass", "template.compatibility": "pass",
        "template.web-exportable-key": "pass", "template.web-acl": "fail", "template.published": "pass",
        "template.workstation": "pass", "template.workstation-acl": "pass", "template.workstation-autoenroll-gpo": "manual",
        "permissions.domain-admin": "pass",
    }  # fmt: skip
    said = findings["template.web-acl", "ConfigMgr Cloud Management Gateway"]
    assert "ConfigMgr IIS Servers lacks Enroll" in said.observed
    assert any("ca01.ad.contoso.test" in e.value for e in findings["pki.enterprise-ca", "Contoso Issuing CA"].evidence)


def test_without_a_directory_nothing_is_decided(dc: DomainController, tmp_path: Path) -> None:
    nobody = {"server": dc.url, "user": dc.user, "password": {"env": "LDAP_PASSWORD"}, "ca_file": str(dc.other_ca_file)}
    findings = assessed(engagement(dc, tmp_path, ad=nobody), tmp_path)
    assert set(statuses(findings).values()) <= {"unknown", "manual"}
    assert statuses(findings)["template.web-acl"] == "unknown"
