"""Revocation asked of lists that lie in a real directory, for servers and files that name them there."""

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec
import pytest

from assess.collect import collect, questions
from assess.connectors.directory_export import ExportConnector
from assess.discover import library
from assess.engagement import engagement_from
from assess.errors import Unavailable
from assess.evaluate import judge
from assess.evidence.published import (
    ListsInDirectory,
    ListsOfFile,
    NotPublished,
    NotRead,
    Published,
    PublishedLists,
    place,
)
from assess.evidence.revocation import (
    Declined,
    Good,
    NotAsked,
    NotVerified,
    RevocationIn,
    RevocationOf,
    Revocations,
    Revoked,
)
from assess.model import Fail, Outcome, Pass, Unknown, Warn
from assess.recording import Recording
from assess.sources import connectors_for
from checks.cert.clients import mp_web_server
from checks.cert.gateway import cmg_validity_chain
from lab.exports import entries, ldif
from lab.pki import Credential, Pki
from lab.samba import DomainController

NOW = datetime(2026, 11, 20, 21, 10, tzinfo=UTC)
HOST = "mp01.ad.contoso.test"
QUERY = "?certificateRevocationList?base?objectClass=cRLDistributionPoint"


def dn(controller: DomainController, name: str = "Contoso Issuing CA") -> str:
    return f"CN={name},CN=CA01,CN=CDP,CN=Public Key Services,CN=Services,{controller.configuration}"


def url(controller: DomainController, name: str = "Contoso Issuing CA") -> str:
    return f"ldap:///{quote(dn(controller, name), safe=',=')}{QUERY}"


@contextmanager
def published(controller: DomainController, content: bytes | None) -> Iterator[None]:
    """The list, where an enterprise authority publishes it; None: an empty one, as before the first."""
    above = dn(controller).partition(",")[2]
    value = {"certificateRevocationList": [content or b"\0"]}
    with (
        controller.with_entry(above, ["container"], {}),
        controller.with_entry(dn(controller), ["cRLDistributionPoint"], value),
    ):
        yield


def der(pki: Pki, issuer: Credential) -> bytes:
    content = pki.crl(issuer)
    return content if content[:1] == b"0" else base64.b64decode(b"".join(content.splitlines()[1:-1]))


@contextmanager
def collected(folder: Path, controller: DomainController | None, root: Credential, checks: Any, **more: Any) -> Iterator[Recording]:
    described: dict[str, Any] = {
        "engagement": {"name": "x", "scenarios": ["co-management-pki"], "stage": "production"},
        "files": {"trusted_root_cer": str(root.certificate)} | more.pop("files", {}),
        **more,
    }
    if controller is not None:
        described["ad"] = {
            "server": controller.url, "user": controller.user, "password": {"env": "LDAP_PASSWORD"}, "ca_file": str(controller.ca_file),
        }  # fmt: skip
    engagement = engagement_from(described, file="x.toml", folder=folder)
    asks = [ask for ask in questions(checks) if ask.source != "log-file"]
    with Recording(engagement, as_of=NOW, started_at=NOW, finished_at=NOW) as recording:
        collect(asks, connectors_for(asks, engagement), recording, clock=lambda: NOW)
        yield recording


def verdict(check: Any, recording: Recording) -> Outcome:
    [outcome] = judge(library().catalogue.requirements[check.requirement], check, recording, "co-management-pki").outcomes
    return outcome


# -- a management point, whose certificate names the directory alone --


@pytest.mark.parametrize(
    ("state", "said", "kind"),
    [
        ("good", Good, Pass),
        ("revoked", Revoked, Fail),
        ("strange", NotVerified, Unknown),
        ("empty", Declined, Unknown),
        ("absent", Declined, Unknown),
        ("nobody", NotAsked, Unknown),
        ("refused", NotAsked, Unknown),
    ],
)
def test_a_management_point(
    dc: DomainController, pki: Pki, tls_server: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, state: str, said: type, kind: type
) -> None:
    monkeypatch.setenv("LDAP_PASSWORD", "wrong" if state == "refused" else dc.password)
    root = pki.root()
    issuing = pki.intermediate(root)
    leaf = pki.issue(issuing, HOST, crl=url(dc))
    if state == "revoked":
        pki.revoke(leaf, reason="keyCompromise")
    issuer = pki.root("Somebody") if state == "strange" else issuing
    content = None if state == "empty" else der(pki, issuer)
    keys = {"mp": {"servers": [HOST], "mode": "https"}, "network": {"connect_to": {f"{HOST}:443": tls_server(leaf).address}}}

    def outcome() -> Outcome:
        with collected(tmp_path, None if state == "nobody" else dc, root, [mp_web_server], **keys) as recording:
            found: Revocations = recording.answer(RevocationOf((HOST,)))
            assert msgspec.json.decode(msgspec.json.encode(found), type=Revocations) == found
            [point] = found.by_subject[HOST][0].points
            assert type(point.said) is said, point
            assert found.control == "", "a directory is no proof of plain HTTP"
            return verdict(mp_web_server, recording)

    if state == "absent":
        judged = outcome()
    else:
        with published(dc, content):
            judged = outcome()
    assert type(judged) is kind, judged
    if kind is Unknown:
        assert "certutil" in " ".join(judged.remedy)
    if state == "good":
        assert isinstance(judged, Pass)


def test_the_gateways_certificate_is_for_those_outside(
    dc: DomainController, pki: Pki, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A list in the directory shows what is revoked, and nobody outside could find that out."""
    monkeypatch.setenv("LDAP_PASSWORD", dc.password)
    root = pki.root()
    leaf = pki.issue(root, "cmg.contoso.test", crl=url(dc))
    file = pki.bundle([leaf])
    keys = {"files": {"cmg_pfx": str(file)}, "cmg": {"service_name": "cmg.contoso.test"}, "pki": {"issuer": "own-pki"}}
    for kind in (Good, Revoked):
        if kind is Revoked:
            pki.revoke(leaf, reason="keyCompromise")
        with published(dc, der(pki, root)), collected(tmp_path, dc, root, [cmg_validity_chain], **keys) as recording:
            found: Revocations = recording.answer(RevocationIn("files.cmg_pfx"))
            [point] = found.by_subject[file.name][0].points
            assert type(point.said) is kind
            outcomes = judge(library().catalogue.requirements["cert.cmg-validity-chain"], cmg_validity_chain, recording, "co-management-pki").outcomes
            [outcome] = [one for one in outcomes if one.subject == file.name]
            assert isinstance(outcome, Fail if kind is Revoked else Warn), outcome


# -- what the directory holds --


def answered(connector: Any, urls: tuple[str, ...], folder: Path) -> dict[str, Any]:
    from assess.connectors import Visit

    visit = Visit(known=None, clock=lambda: NOW, tables=folder)  # type: ignore[arg-type]
    found = connector.fetch(ListsInDirectory(urls), visit)
    assert isinstance(found, PublishedLists)
    return found.by_url


def test_an_export_holds_lists_too(dc: DomainController, pki: Pki, tmp_path: Path) -> None:
    content = der(pki, pki.root())
    with published(dc, content):
        configuration = ldif(entries(dc, dc.configuration))
    (tmp_path / "configuration.ldf").write_bytes(configuration)
    export = ExportConnector(tmp_path / "configuration.ldf", "configuration.ldf")
    elsewhere = f"ldap:///CN=a,CN=CDP,DC=elsewhere,DC=test{QUERY}"
    found = answered(export, (url(dc), url(dc, "Another CA"), elsewhere), tmp_path)
    assert found[url(dc)] == Published(content)
    assert isinstance(found[url(dc, "Another CA")], NotPublished)
    assert found[elsewhere] == NotRead("it lies in no forest that is set up")
    export.close()


@pytest.mark.parametrize(
    ("address", "name"),
    [
        (f"ldap:///CN=Contoso%20CA,CN=CDP,DC=a{QUERY}", "CN=Contoso CA,CN=CDP,DC=a"),
        ("LDAP:///CN=a,DC=b?certificaterevocationlist;binary", "CN=a,DC=b"),
        (f"ldap://dc01.contoso.test/CN=a,DC=b{QUERY}", "CN=a,DC=b"),
        ("ldap:///CN=a,DC=b?cACertificate?base", ""),
        ("ldap:///CN=a,DC=b", ""),
        (f"http://a/CN=a{QUERY}", ""),
        (f"ldap://[{QUERY}", ""),
    ],
)
def test_addresses_of_lists(address: str, name: str) -> None:
    assert place(address) == name


def test_without_such_an_address_the_directory_is_not_asked(
    dc: DomainController, pki: Pki, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LDAP_PASSWORD", dc.password)
    root = pki.root()
    file = pki.bundle([pki.issue(root, "cmg.contoso.test")])
    with collected(tmp_path, dc, root, [cmg_validity_chain], files={"cmg_pfx": str(file)}) as recording, pytest.raises(Unavailable) as caught:
        recording.answer(ListsOfFile(file="files.cmg_pfx"))
    assert caught.value.skipped
