"""An export of a real directory answers as the directory itself does, and what it lacks is no answer."""

import json
import re
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from assess.collect import collect, questions
from assess.connectors import Visit
from assess.connectors.directory_export import OF_DOMAIN, ExportConnector, command
from assess.connectors.ldap import LdapConnector
from assess.connectors.ldap_session import Access
from assess.discover import library
from assess.engagement import engagement_from
from assess.errors import Unavailable
from assess.evidence import Ask, Table
from assess.evidence.directory import DeviceRegistration, DirectoryUsers, ForestSuffixes
from assess.evidence.pki import (
    IIS_SERVERS,
    CertificateServices,
    DomainAdministrator,
    GroupNamed,
    NotShown,
    TemplateNamed,
)
from assess.keytypes import Secret
from assess.recording import Recording
from assess.results import Selection, evaluate
from assess.sources import connectors_for
from lab.exports import Exported, entries, ldif, powershell
from lab.forest import CLIENT_TEMPLATE, CMG_TEMPLATE
from lab.samba import DomainController

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
QUESTIONS: tuple[Ask, ...] = (
    ForestSuffixes(), DeviceRegistration(), DirectoryUsers(), CertificateServices(), IIS_SERVERS,
    TemplateNamed("k", CMG_TEMPLATE), TemplateNamed("k", CLIENT_TEMPLATE), TemplateNamed("k", "no such template"),
    GroupNamed("k", "Domain Admins"), GroupNamed("k", "Cloud Pilot"), GroupNamed("k", "no such group"),
    DomainAdministrator("Administrator"), DomainAdministrator("ann.archer"), DomainAdministrator("nobody"),
)  # fmt: skip
CONFIGURATION = (
    "objectClass", "objectCategory", "cn", "uPNSuffixes", "nCName", "dnsRoot", "nETBIOSName", "systemFlags", "keywords",
    "displayName", "flags", "cACertificate", "certificateTemplates", "dNSHostName", "pKIExtendedKeyUsage", "pKIDefaultCSPs",
    "pKIExpirationPeriod", "msPKI-Template-Schema-Version", "msPKI-Minimal-Key-Size", "msPKI-RA-Signature",
    "msPKI-Enrollment-Flag", "msPKI-Private-Key-Flag", "msPKI-Certificate-Name-Flag", "msPKI-Certificate-Application-Policy",
    "msPKI-Cert-Template-OID", "nTSecurityDescriptor",
)  # fmt: skip


@dataclass
class Shown:
    """What one domain controller gives to an account that only reads."""

    domain: list[Exported]
    configuration: list[Exported]
    descriptors: list[Exported]


@pytest.fixture(scope="module")
def shown(dc: DomainController) -> Shown:
    templates = f"CN=Certificate Templates,CN=Public Key Services,CN=Services,{dc.configuration}"
    return Shown(
        entries(dc, dc.base, OF_DOMAIN),
        entries(dc, dc.configuration),
        entries(dc, templates, ["nTSecurityDescriptor"], descriptors=True),
    )


@pytest.fixture
def visit(tmp_path: Path) -> Visit:
    return visit_in(tmp_path)


def visit_in(folder: Path) -> Visit:
    class Nothing:
        def key(self, name: str) -> Any:
            raise AssertionError(name)

        def answer(self, ask: Ask) -> Any:
            raise AssertionError(ask)

    return Visit(known=Nothing(), clock=lambda: NOW, tables=folder)


def live(controller: DomainController, monkeypatch: pytest.MonkeyPatch) -> LdapConnector:
    monkeypatch.setenv("LDAP_PASSWORD", controller.password)
    secret = Secret("ad.password", env="LDAP_PASSWORD")
    return LdapConnector([Access("ad", controller.url, controller.user, secret, "simple", controller.ca_file)])


def told(connector: Any, ask: Ask, visit: Visit) -> Any:
    """An answer without what only says where it was read."""

    def plain(value: object) -> object:
        assert isinstance(value, Table)
        return sorted((msgspec.to_builtins(row) for row in value), key=lambda row: row["dn"])

    answered = msgspec.to_builtins(connector.fetch(ask, visit), enc_hook=plain)
    text = json.dumps(answered, sort_keys=True)
    return json.loads(re.sub(r'"section": "[^"]*"', '"section": ""', text))


def written(folder: Path, shown: Shown, **more: bytes) -> ExportConnector:
    target = folder / "export"
    target.mkdir()
    of_domain = ldif(shown.domain) + b"# requesting: " + ",".join(OF_DOMAIN).encode() + b"\r\n"
    files = {
        "domain.ldf": of_domain, "configuration.ldf": ldif(shown.configuration), "templates.ldf": ldif(shown.descriptors),
    }  # fmt: skip
    files |= {name.replace("_", "."): content for name, content in more.items()}
    for name, content in files.items():
        if content:
            (target / name).write_bytes(content)
    return ExportConnector(target, "export", page=50)


def refusal(connector: ExportConnector, ask: Ask, visit: Visit) -> Unavailable:
    with pytest.raises(Unavailable) as caught:
        connector.fetch(ask, visit)
    assert "ldifde -f" in caught.value.mend or "docs/directory-export.md" in caught.value.mend
    return caught.value


def ordered(value: Any) -> Any:
    """Members and templates come in the order of the directory."""
    if isinstance(value, dict):
        return {name: ordered(one) for name, one in value.items()}
    if isinstance(value, list):
        return sorted((ordered(one) for one in value), key=lambda one: json.dumps(one, sort_keys=True))
    return value


# -- as the directory --


@pytest.mark.parametrize("ask", QUESTIONS, ids=lambda ask: ask.key)
def test_ldif_answers_as_the_directory(
    dc: DomainController, shown: Shown, tmp_path: Path, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    export = written(tmp_path, shown)
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    exported = told(export, ask, visit_in(tmp_path / "a"))
    assert ordered(exported) == ordered(told(live(dc, monkeypatch), ask, visit_in(tmp_path / "b")))
    export.close()
