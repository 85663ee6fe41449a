"""The logs that a customer sent, from the ZIP to the findings: read, judged, recorded, judged again."""

import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from assess.discover import library
from assess.engagement import engagement_from
from assess.job import Wanted, gather
from assess.recording import read, write
from assess.results import Finding, Results, Selection, evaluate, to_json
from logwriter import NOW, Entry, newer, older

ONLY = ("logs.*", "scp.i*", "cmg.deployed", "cmgcp.installed", "azureservice.*discovery", "comanagement.devices-comanaged",
        "discovery.ad-user", "mp.client-connections", "cert.client-auth-*", "site.trusted-root-list")  # fmt: skip
GOOD = "Successfully published UDX for Microsoft Entra ID users"
TOKEN = "eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9.eyJhdWQiOiIxIn0.c2lnbmF0dXJl"


def assessed(tmp_path: Path, scenarios: list[str], **files: Any) -> Results:
    data = {
        "engagement": {"name": "contoso", "scenarios": scenarios}, "tenant": {"public_domains": ["contoso.com"]},
        "mp": {"mode": "https", "servers": ["mp01.corp.contoso.com"]}, "planning": {"pilot_devices": ["pc1"]},
        "files": files, "attestations": {"scp.internet-access": {"answer": True, "by": "A. Meyer"}},
    }  # fmt: skip
    engagement = engagement_from(data, file="contoso.toml", folder=tmp_path)
    wanted = Wanted(engagement.scenarios, Selection(only=ONLY))
    with gather(library(), engagement, wanted, lambda: NOW) as evidence:
        found = evaluate(library(), evidence, selection=wanted.selection)
        write(evidence, tmp_path / "evidence.zip", tool="t")
    with read(tmp_path / "evidence.zip") as again:
        assert to_json(evaluate(library(), again, selection=wanted.selection)) == to_json(found)
    return found


def entries(written: Any, *said: Entry) -> str:
    return "".join(written(message, NOW - timedelta(hours=hours), bias=-60) for message, hours in said)


def sent(tmp_path: Path) -> Path:
    logs = {
        "cm01/sitecomp.lo_": entries(older, *[
            (f'STATMSG: ID=1015 SEV=I COMP="SMS_SITE_COMPONENT_MANAGER" ISTR0="SMS_DMP_{one}"', 900)
            for one in ("DOWNLOADER", "UPLOADER")]),
        "cm01/sitecomp.log": entries(older, ("<script>alert(1)</script>", 1)),
        "cm01/SMS_AZUREAD_DISCOVERY_AGENT.log": entries(older, (GOOD, 2), (f"Unauthorized: Bearer {TOKEN}", 1)),
        "cm01/dmpdownloader.log": entries(older, ("Redirected to URL https://download.microsoft.com/x.cab", 3)),
        "cm01/Cloudusersync.log": entries(
            newer, ('Failed to add user =HYPERLINK("x")@contoso.com; reason UserNotFound', 3),
            ('Failed to add user =HYPERLINK("x")@contoso.com; reason UserNotFound', 2)),
        "pc1/CoManagementHandler.log": entries(newer, ("Device is provisioned", 2), ("Co-mgmt workloads flag is compliant", 1)),
    }  # fmt: skip
    path = tmp_path / "sent.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, text in logs.items():
            file.writestr(name, text.encode("utf-16" if name.endswith("Cloudusersync.log") else "utf-8"))
    return path


def of(found: Results, requirement: str) -> Finding:
    [finding] = [one for one in found.findings if one.requirement == requirement and one.check]
    return finding


def test_a_zip_decides_what_its_logs_tell(tmp_path: Path) -> None:
    found = assessed(tmp_path, ["hybrid-mdm", "co-management-internet"], log_dir=str(sent(tmp_path)))
    statuses = {one: of(found, one).status for one in ("logs.cloudusersync", "logs.sitecomp-scp", "logs.azuread-discovery")}
    assert statuses == {"logs.cloudusersync": "fail", "logs.sitecomp-scp": "pass", "logs.azuread-discovery": "fail"}
    assert of(found, "scp.internet-access").status == "pass"
    assert "=hyperlink" in of(found, "logs.cloudusersync").remediation[0]
    assert all(finding.evidence for finding in found.findings if finding.status == "pass")
    kept = to_json(found) + (tmp_path / "evidence.zip").read_bytes()
    assert TOKEN.encode() not in kept
    assert TOKEN.encode() not in zipfile.ZipFile(tmp_path / "evidence.zip").read("recording.json")
    assert b"alert(1)" not in kept, "only lines that decide are kept"
    [source] = [one for one in found.sources if one.source == "log-file"]
    assert source.status == "partial"
    assert "there is no CloudMgr.log" in source.detail


@pytest.mark.parametrize("sending", ["nothing", "an absent folder", "an encrypted ZIP"])
def test_without_logs_nothing_passes_by_them(tmp_path: Path, sending: str) -> None:
    files: dict[str, Any] = {"nothing": {}, "an absent folder": {"log_dir": "none"}}.get(sending, {})
    if sending == "an encrypted ZIP":
        path = sent(tmp_path)
        data = path.read_bytes()
        for signature, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
            parts = data.split(signature)
            data = signature.join([parts[0], *(part[: at - 4] + b"\x01\x00" + part[at - 2 :] for part in parts[1:])])
        path.write_bytes(data)
        files = {"log_dir": path.name}
    found = assessed(tmp_path, ["hybrid-mdm", "co-management-internet"], **files)
    statuses = {of(found, one).status for one in ("logs.cloudusersync", "logs.sitecomp-scp", "logs.azuread-discovery")}
    assert statuses <= {"unknown", "manual"}
    for finding in found.findings:
        if finding.check and finding.status == "pass":
            assert finding.requirement == "scp.internet-access"
            assert sending == "nothing"
    mends = [step for one in found.findings if one.requirement == "logs.azuread-discovery" for step in one.remediation]
    assert mends
