"""A run whose every source refuses: reports are written, nothing passes, every mend is said."""

import json
import socket
from contextlib import ExitStack

import pytest

from assess.cli import run

ENGAGEMENT = """
[engagement]
name = "contoso"
customer = "Contoso Ltd"
scenarios = ["hybrid-mdm", "co-management-pki", "co-management-internet", "corporate-owned-ios"]
[tenant]
id = "11111111-2222-4333-8444-555555555555"
cloud = "public"
public_domains = ["contoso.com", "contoso.de"]
endpoints = {{ graph = "https://127.0.0.1:{port}", login = "https://127.0.0.1:{port}", arm = "https://127.0.0.1:{port}" }}
[tenant.auth]
method = "client-secret"
client_id = "11111111-2222-4333-8444-555555555555"
client_secret = {{ env = "ASSESS_TEST_SECRET" }}
[dns]
nameservers = ["127.0.0.1:{port}"]
internal_nameservers = ["127.0.0.1:{port}"]
timeout = 1
[ad]
server = "ldaps://127.0.0.1:{port}"
user = "reader@corp.contoso.com"
password = {{ env = "ASSESS_TEST_SECRET" }}
[site]
code = "PS1"
provider_fqdn = "cm01.corp.contoso.com"
adminservice = "https://127.0.0.1:{port}/AdminService"
[site.auth]
method = "none"
[azure]
subscription_id = "99999999-8888-4777-8666-555555555555"
[cmg]
service_name = "cmg.contoso.com"
deployment_prefix = "contosocmg"
region = "westeurope"
[mp]
mode = "https"
servers = ["mp01.corp.contoso.com"]
[pki]
issuer = "own-pki"
[ios]
method = "dep"
[network]
connect_to = {{ "cmg.contoso.com:443" = "127.0.0.1:{port}", "mp01.corp.contoso.com:443" = "127.0.0.1:{port}" }}
[files]
cmg_pfx = "absent.pfx"
cmg_csr = "no-request.csr"
collected_server_certs = ["absent-folder"]
[passwords]
cmg_pfx = {{ env = "ASSESS_TEST_SECRET" }}
"""
SECRET = "hunter2-do-not-tell"


@pytest.fixture(scope="module")
def refused(tmp_path_factory):
    """The folder of a run against a port that nobody listens on, and its exit code."""
    folder = tmp_path_factory.mktemp("refused")
    with ExitStack() as stack:
        closed = stack.enter_context(socket.socket())
        closed.bind(("127.0.0.1", 0))  # bound and not listening: refused at once, and nobody else's
        file = folder / "contoso.toml"
        file.write_text(ENGAGEMENT.format(port=closed.getsockname()[1]), encoding="utf-8")
        (folder / "no-request.csr").write_text("this is no certificate request")
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("ASSESS_TEST_SECRET", SECRET)
            code = run(["run", str(file), "-o", str(folder / "out"), "-f", "json", "-f", "html"])
    [written] = (folder / "out").iterdir()
    return code, written


def test_it_is_undetermined_and_written(refused):
    code, folder = refused
    assert code in {1, 3}
    assert {path.name for path in folder.iterdir()} == {"report.html", "results.json", "evidence.zip"}


def test_nothing_that_needs_a_source_passes(refused):
    results = json.loads((refused[1] / "results.json").read_text())
    answered = {"config", "attestation"}
    for finding in results["findings"]:
        if finding["status"] == "pass":
            assert {line["source"] for line in finding["evidence"]} <= answered, finding["id"]
    unknown = [f for f in results["findings"] if f["status"] == "unknown"]
    assert all(f["remediation"] and f["observed"] for f in unknown)


def test_every_subject_keeps_its_id(refused):
    results = json.loads((refused[1] / "results.json").read_text())
    ids = {finding["id"].partition("@")[0] for finding in results["findings"]}
    for domain in ("contoso.com", "contoso.de"):
        assert f"dns.enterprise-enrollment-cname[{domain}]" in ids
        assert f"identity.public-domain[{domain}]" in ids


def test_no_secret_is_told(refused):
    import zipfile

    _, folder = refused
    for path in folder.iterdir():
        assert SECRET.encode() not in path.read_bytes()
    with zipfile.ZipFile(folder / "evidence.zip") as archive:
        for name in archive.namelist():
            assert SECRET.encode() not in archive.read(name)
            assert b"client_secret" not in archive.read(name)


def test_judged_again_from_the_recording_it_is_the_same(refused, tmp_path):
    code, folder = refused
    assert run(["evaluate", str(folder / "evidence.zip"), "-o", str(tmp_path), "-f", "json"]) == code
    [again] = tmp_path.iterdir()
    first, second = (json.loads((f / "results.json").read_text()) for f in (folder, again))
    assert first["findings"] == second["findings"]
    assert first["verdicts"] == second["verdicts"]


def test_reports_are_rendered_again_from_results(refused, tmp_path):
    assert run(["report", str(refused[1] / "results.json"), "-o", str(tmp_path), "-f", "html"]) == 0
    [again] = tmp_path.iterdir()
    assert (again / "report.html").read_bytes() == (refused[1] / "report.html").read_bytes()
