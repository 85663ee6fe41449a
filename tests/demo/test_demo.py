"""The example customer: repeatable, whole, on this machine alone, and without a trace of it."""

import json
import os
import ssl
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import pytest

from assess import cli, recording
from assess.demo import EXAMPLE
from assess.discover import library
from assess.model import Status, Verdict
from assess.results import evaluate, shipped_schema, to_json
from customers import contoso
from demo_run import Assessed, assess, loopback_only


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assessed]:
    with loopback_only() as left:
        found = assess(EXAMPLE, tmp_path_factory.mktemp("first"))
    assert left == [], "the demo asks nobody but its own stand-ins"
    with found.evidence:
        yield found


@pytest.fixture(scope="module")
def written(first: Assessed, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """evidence.zip of the first run."""
    path = tmp_path_factory.mktemp("evidence") / "evidence.zip"
    recording.write(first.evidence, path, tool="assess")
    return path


def test_two_runs_are_the_same(first: Assessed, tmp_path: Path) -> None:
    again = assess(EXAMPLE, tmp_path)
    with again.evidence:
        assert to_json(again.found) == to_json(first.found)


@pytest.mark.parametrize("seed", ["1", "2"])
def test_no_order_is_left_to_chance(first: Assessed, tmp_path: Path, seed: str) -> None:
    """Python's sets are in another order in each process."""
    command = [sys.executable, "-m", "assess", "demo", "-o", str(tmp_path), "-f", "json"]
    done = subprocess.run(command, check=False, env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True)
    assert done.returncode == 1
    [folder] = tmp_path.iterdir()
    assert (folder / "results.json").read_bytes() == to_json(first.found)


def test_the_results_follow_their_schema(first: Assessed) -> None:
    jsonschema.validate(json.loads(to_json(first.found)), json.loads(shipped_schema()))


def test_it_is_an_example_of_everything(first: Assessed) -> None:
    measured = {finding.status for finding in first.found.findings if finding.check}
    assert measured == set(Status)
    assert {verdict.verdict for verdict in first.found.verdicts} == {Verdict.NOT_READY}
    assert any(finding.waiver for finding in first.found.findings)
    assert {source.status for source in first.found.sources} == {"ok", "partial", "skipped"}
    assert len(first.found.tables) > 3


@pytest.mark.parametrize(
    ("finding", "status"),
    [
        ("identity.user-public-upn[corp.contoso.local]", "fail"),
        ("identity.domain-verified[contoso.com]", "pass"),
        ("identity.directory-sync", "warn"),
        ("identity.join-model@co-management-internet", "unknown"),
        ("dns.enterprise-enrollment-cname[contoso.com]", "pass"),
        ("dns.enterprise-enrollment-cname[contoso.de]", "fail"),
        ("dns.enterprise-registration-cname[contoso.de]", "unknown"),
        ("dns.cmg-cname", "fail"),
        ("dns.cdp-cname", "not-applicable"),
        ("cert.cmg-common-name[contoso-cmg.pfx]", "fail"),
        ("cert.cmg-validity-chain[contoso-cmg.pfx]", "warn"),
        ("csr.key-provider-version[contoso-cmg.pfx]", "warn"),
        ("cert.mp-web-server[mp01.corp.contoso.com]", "pass"),
        ("cert.store-cleanup", "manual"),
        ("authority.mdm", "pass"),
        ("licence.user-assignment[INTUNE_A]@co-management-pki", "fail"),
        ("azure.subscription", "pass"),
        ("cmg.name-availability", "pass"),
        ("cmg.tls-endpoint[cmg.contoso.com]", "fail"),
        ("cmg.deployed", "warn"),
        ("cmg.trusted-roots", "fail"),
        ("permissions.domain-admin[CORP\\da-walters]", "pass"),
        ("permissions.configmgr-full-admin", "unknown"),
        ("pki.enterprise-ca[Contoso Issuing CA 1]", "pass"),
        ("template.workstation-acl[ConfigMgrWorkstationAuth]", "warn"),
        ("azureservice.admin-consent-server", "pass"),
        ("azureservice.admin-consent-client", "fail"),
        ("autoenroll.mdm-user-scope", "unknown"),
        ("enrollment.autopilot", "warn"),
        ("intuneapp.command-line", "pass"),
        ("comanagement.devices-comanaged", "warn"),
        ("mp.connection-scope[mp01.corp.contoso.com]", "fail"),
        ("clientsettings.use-cmg", "pass"),
    ],
)
def test_what_is_found(first: Assessed, finding: str, status: str) -> None:
    assert first.status(finding) == status


def test_evidence_gives_the_same_findings(first: Assessed, written: Path) -> None:
    with recording.read(written) as evidence:
        assert to_json(evaluate(library(), evidence)) == to_json(first.found)


def test_nothing_tells_where_it_ran(first: Assessed, written: Path) -> None:
    kept = [to_json(first.found).decode()]
    with zipfile.ZipFile(written) as file:
        kept += [file.read(name).decode() for name in file.namelist()]
    password = (EXAMPLE / "files" / "pki" / "contoso-cmg.password").read_text().strip()
    for trace in (*first.traces, password):
        assert not any(trace in text for text in kept), trace


def test_the_sign_in_is_a_real_one(tmp_path: Path) -> None:
    def forget(folder: Path) -> None:
        (folder / "files" / "secrets" / "client").write_text("something else")
        (folder / "files" / "secrets" / "reader").write_text("something else")

    found = assess(EXAMPLE, tmp_path, forget)
    with found.evidence:
        assert found.status("licence.intune-subscription") == "unknown"
        assert found.status("identity.upn-suffix-defined[contoso.com]") == "unknown"
        refused = {source.source for source in found.found.sources if source.status == "failed"}
        assert refused == {"graph", "azure-arm", "ldap"}


def test_the_certificates_are_verified(tmp_path: Path) -> None:
    def exchange(folder: Path) -> None:
        other = ssl.DER_cert_to_PEM_cert((folder / "files" / "pki" / "contoso-root.cer").read_bytes())
        (folder / "files" / "pki" / "stand-ins.pem").write_text(other)

    found = assess(EXAMPLE, tmp_path, exchange)
    with found.evidence:
        failed = {source.source: source.detail for source in found.found.sources if source.status == "failed"}
        assert set(failed) == {"graph", "azure-arm", "ldap", "adminservice"}
        assert all("certificate" in detail for detail in failed.values())


def test_the_data_is_that_of_its_tables() -> None:
    """Who changes one writes the other: python -m customers.contoso assess/demo/data."""
    for name, text in contoso.files().items():
        assert (EXAMPLE / name).read_text(encoding="utf-8") == text


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str], first: Assessed) -> None:
    assert cli.run(["demo", "-o", str(tmp_path), "-f", "json", "--json"]) == 1
    printed = capsys.readouterr()
    folder = tmp_path / "contoso-20261120T211000Z"
    assert sorted(path.name for path in folder.iterdir()) == ["evidence.zip", "results.json"]
    assert (folder / "results.json").read_bytes() == to_json(first.found)
    assert json.loads(printed.out) == json.loads(to_json(first.found))
    assert str(folder) in printed.err


def test_the_exit_code_can_be_had_otherwise(tmp_path: Path) -> None:
    assert cli.run(["demo", "-o", str(tmp_path), "-f", "json", "--fail-on", "never"]) == 0


def test_a_run_knows_nothing_of_the_demo() -> None:
    program = (
        "import sys, importlib, assess.commands.run, assess.sources as s\n"
        "for way in s.WAYS: importlib.import_module(way.module)\n"
        "sys.exit(any(name.startswith('assess.demo') for name in sys.modules))"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
