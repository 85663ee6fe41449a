"""The collected files of an export take the place of keys that are not set, and are read where they lie."""

import base64
import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import certifi
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.serialization import Encoding

from assess.connectors import Visit, exported_probe, logs
from assess.connectors.certificates import CertificatesConnector
from assess.connectors.export_package import Given, given
from assess.connectors.exported import FILES, with_export
from assess.connectors.gpresult import GpresultConnector
from assess.demo import EXAMPLE
from assess.engagement import Engagement
from assess.errors import Unavailable
from assess.evidence.certificates import CollectedStores
from assess.evidence.grouplists import CollectedGroups
from assess.evidence.logs import DmpDownloader
from assess.evidence.server_probe import ReachedFromServer
from siteexports import Exported

NOW = datetime(2026, 11, 20, 21, 10, tzinfo=UTC)
STORES = {"servers": [{"server": "cm01.corp.contoso.com", "domain_joined": True, "certificates": [{"thumbprint": "AB" * 20, "has_private_key": True}]}]}
LOG = b"Successfully downloaded  ~~  $$<SMS_DMP_DOWNLOADER><11-20-2026 13:58:49.123+300><thread=4242 (0x1092)>\r\n"
GPRESULT = """\
cm01.corp.contoso.com

CN=CM01,OU=Servers,DC=corp,DC=contoso,DC=com
    The computer is a part of the following security groups
    -------------------------------------------------------
        BUILTIN\\Administrators
        ConfigMgr IIS Servers
"""


class NothingKnown:
    def __init__(self, engagement: Engagement | None = None) -> None:
        self.engagement = engagement

    def key(self, name: str) -> Any:
        if self.engagement is None:
            raise Unavailable(name, key=name)
        return self.engagement.key(name)

    def answer(self, ask: Any) -> Any:
        raise AssertionError(ask)


@pytest.fixture
def visit(tmp_path: Path) -> Visit:
    return Visit(known=NothingKnown(), clock=lambda: NOW, tables=tmp_path)


def exported(**files: bytes) -> Exported:
    export = Exported({"SMS_Site": []})
    export.files["collected/servers.json"] = json.dumps(STORES).encode()
    export.files["collected/groups/cm01.corp.contoso.com.txt"] = GPRESULT.encode()
    export.files["logs/cm01.corp.contoso.com/dmpdownloader.log"] = LOG
    export.sections += [{"name": "servers", "state": "complete", "reason": ""}, {"name": "roots", "state": "failed", "reason": "Access denied"}]
    export.files |= files
    return export


def placed(export: Exported, form: str, folder: Path) -> str:
    path = export.zip(folder / "e.zip") if form == "zip" else export.folder(folder / "e")
    return path.name


def engagement(folder: Path, **values: Any) -> Engagement:
    return Engagement("a.toml", {f"files.{name}": value for name, value in values.items()}, folder=folder)


@pytest.mark.parametrize("form", ["folder", "zip"])
def test_every_reader_finds_its_file(form: str, tmp_path: Path, visit: Visit) -> None:
    name = placed(exported(), form, tmp_path)
    found = with_export(engagement(tmp_path, site_export=name))
    assert found.get("files.collected_server_certs") == [f"{name}/collected/servers.json"]
    assert found.get("files.collected_gpresult") == [f"{name}/collected/groups/cm01.corp.contoso.com.txt"]
    assert found.get("files.collected_client_certs") is None  # left out, which is not failed
    assert found.get("files.log_dir") == ("e.zip" if form == "zip" else "e/logs")
    ask = CollectedStores("files.collected_server_certs").bind(NothingKnown(found))
    [store] = CertificatesConnector(tmp_path).fetch(ask, visit).stores
    assert (store.computer, store.domain_joined, store.entries[0].has_private_key) == ("cm01.corp.contoso.com", True, True)
    groups = GpresultConnector(tmp_path).fetch(CollectedGroups().bind(NothingKnown(found)), visit)
    assert groups.of("cm01.corp.contoso.com")[0].groups == ("Administrators", "ConfigMgr IIS Servers")


@pytest.mark.parametrize("form", ["folder", "zip"])
def test_its_logs_belong_to_the_server_that_wrote_them(form: str, tmp_path: Path, visit: Visit) -> None:
    found = with_export(engagement(tmp_path, site_export=placed(exported(), form, tmp_path)))
    answer = logs.connect(found).fetch(DmpDownloader().bind(NothingKnown(found)), visit)
    [copy] = answer.of("cm01.corp.contoso.com")
    assert copy.files == ("dmpdownloader.log",)


PROBES = {
    "computer": "CM01.corp.contoso.com", "at": "2026-11-20T20:00:00Z",
    "probes": [
        {"url": "https://manage.microsoft.com/", "status": 200, "error": "", "proxy": "", "root": "PUBLIC"},
        {"url": "https://go.microsoft.com/", "status": 0, "error": "timed out", "proxy": "proxy:80", "root": ""},
        {"url": "https://management.azure.com/", "status": 200, "error": "", "proxy": "", "root": "OWN"},
    ],
}  # fmt: skip


def probed() -> bytes:
    public = re.findall(r"-----BEGIN CERTIFICATE-----(.+?)-----END", Path(certifi.where()).read_text(encoding="ascii"), re.DOTALL)[0]
    own = x509.load_pem_x509_certificates((Path(str(EXAMPLE)) / "files" / "pki" / "stand-ins.pem").read_bytes())[0]
    text = json.dumps(PROBES).replace("PUBLIC", "".join(public.split()))
    return text.replace("OWN", base64.b64encode(own.public_bytes(Encoding.DER)).decode()).encode()


@pytest.mark.parametrize("form", ["folder", "zip"])
def test_what_the_server_reached(form: str, tmp_path: Path, visit: Visit) -> None:
    name = placed(exported(**{"collected/internet.json": probed()}), form, tmp_path)
    connector = exported_probe.connect(engagement(tmp_path, site_export=name))
    found = connector.fetch(ReachedFromServer(), visit)
    assert (found.computer, found.at.hour) == ("cm01.corp.contoso.com", 20)
    assert [(one.status, one.public, one.reached) for one in found.probes] == [(200, True, True), (0, None, False), (200, False, True)]
    assert {note.about for note in visit.notes} == {"cm01.corp.contoso.com"}
    assert name in visit.notes[0].location
    assert "3 addresses" in connector.probe(visit)
    connector.close()


@pytest.mark.parametrize("content", [None, b"{}", b"no", b'{"computer": 1}'])
def test_no_probe_is_no_answer(content: bytes | None, tmp_path: Path, visit: Visit) -> None:
    export = exported() if content is None else exported(**{"collected/internet.json": content})
    if content is None:
        export.sections.append({"name": "internet", "state": "failed", "reason": "no way out"})
    connector = exported_probe.connect(engagement(tmp_path, site_export=placed(export, "zip", tmp_path)))
    with pytest.raises(Unavailable) as caught:
        connector.fetch(ReachedFromServer(), visit)
    assert "-Section site,internet" in caught.value.mend
    assert not caught.value.skipped


def test_no_export_is_nobody_asked(tmp_path: Path, visit: Visit) -> None:
    with pytest.raises(Unavailable) as caught:
        exported_probe.connect(engagement(tmp_path, site_export=placed(exported(), "zip", tmp_path))).fetch(ReachedFromServer(), visit)
    assert caught.value.skipped
    with pytest.raises(Unavailable) as caught:
        exported_probe.connect(engagement(tmp_path)).fetch(ReachedFromServer(), visit)
    assert caught.value.skipped


@pytest.mark.parametrize("form", ["folder", "zip"])
def test_a_section_that_failed_is_unread_and_says_why(form: str, tmp_path: Path, visit: Visit) -> None:
    found = with_export(engagement(tmp_path, site_export=placed(exported(), form, tmp_path)))
    stores = CertificatesConnector(tmp_path).fetch(CollectedStores("files.collected_root_store").bind(NothingKnown(found)), visit)
    assert stores.stores == ()
    assert "Access denied" in stores.unread[0].reason


@pytest.mark.parametrize("form", ["folder", "zip"])
def test_what_was_changed_is_not_read(form: str, tmp_path: Path, visit: Visit) -> None:
    export = exported()
    manifest = export.contents()["manifest.json"]
    export.files["collected/servers.json"] = export.files["collected/servers.json"].replace(b"cm01", b"cm02")
    name = placed(export, "folder", tmp_path)
    (tmp_path / name / "manifest.json").write_bytes(manifest)
    stores = CertificatesConnector(tmp_path).fetch(CollectedStores("files.collected_server_certs", (f"{name}/collected/servers.json",)), visit)
    assert stores.stores == ()
    assert "was changed" in stores.unread[0].reason


@pytest.mark.parametrize("content", [b"no zip", b""])
def test_an_export_that_cannot_be_read_is_said_by_each_reader(content: bytes, tmp_path: Path, visit: Visit) -> None:
    (tmp_path / "e.zip").write_bytes(content)
    found = with_export(engagement(tmp_path, site_export="e.zip"))
    assert all(found.get(key) for key in FILES)
    stores = CertificatesConnector(tmp_path).fetch(CollectedStores("files.collected_server_certs").bind(NothingKnown(found)), visit)
    assert "neither a folder nor a ZIP" in stores.unread[0].reason
    groups = GpresultConnector(tmp_path).fetch(CollectedGroups().bind(NothingKnown(found)), visit)
    assert "neither a folder nor a ZIP" in groups.unread[0].reason


def test_a_key_that_is_set_goes_before(tmp_path: Path) -> None:
    name = placed(exported(), "zip", tmp_path)
    found = with_export(engagement(tmp_path, site_export=name, collected_server_certs=["own.json"], log_dir="logs"))
    assert found.get("files.collected_server_certs") == ["own.json"]
    assert found.get("files.log_dir") == "logs"
    assert with_export(engagement(tmp_path)).values == {}


def test_the_export_may_lie_elsewhere(tmp_path: Path, visit: Visit) -> None:
    placed(exported(), "zip", tmp_path)
    found = with_export(engagement(tmp_path / "somewhere", site_export=str(tmp_path / "e.zip")))
    stores = CertificatesConnector(tmp_path / "somewhere").fetch(CollectedStores("files.collected_server_certs").bind(NothingKnown(found)), visit)
    assert len(stores.stores) == 1


def test_other_manifests_are_none_of_its_business(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text('{"name": "something else"}')
    (tmp_path / "a.json").write_text("{}")
    assert given(tmp_path, "a.json") == tmp_path / "a.json"
    placed(exported(), "folder", tmp_path)
    one = given(tmp_path, "e/collected/servers.json")
    assert isinstance(one, Given)
    with pytest.raises(ValueError, match="read"):
        one.open("wb")


def test_certificates_come_out_of_it_whole(tmp_path: Path, visit: Visit) -> None:
    found = x509.load_pem_x509_certificates((Path(str(EXAMPLE)) / "files" / "pki" / "stand-ins.pem").read_bytes())[0]
    raw = base64.b64encode(found.public_bytes(Encoding.DER)).decode()
    export = exported(**{"collected/roots.json": json.dumps({"servers": [{"server": "cm01", "roots": [{"raw_data": raw}]}]}).encode()})
    name = placed(export, "zip", tmp_path)
    ask = CollectedStores("files.collected_root_store", (f"{name}/collected/roots.json",))
    [store] = CertificatesConnector(tmp_path).fetch(ask, visit).stores
    assert store.roots
    assert store.roots[0].thumbprint == found.fingerprint(SHA1()).hex().upper()
