"""Certificate files as OpenSSL and Windows write them, good and bad."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from asn1crypto import core
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assess.collect import collect
from assess.connectors import Visit
from assess.connectors.certificates import CertificatesConnector, connect
from assess.errors import Unavailable
from assess.evidence.certificates import (
    Attribute,
    CertificateFile,
    CertificateIn,
    CollectedStores,
    KeyProviderOf,
    Presence,
    RequestIn,
    Stores,
    Template,
)
from assess.keytypes import Secret
from lab.pki import ALWAYS, KEY_STORAGE, SCHANNEL, Credential, Pki, around

NOW = datetime(2026, 11, 20, 21, 10, tzinfo=UTC)
HOST = "cmg.contoso.test"
NOTHING: Any = None  # questions of this source depend on no others
PASSWORD = "kein Geheimnis: pä$sö€"


@pytest.fixture
def visit(tmp_path: Path) -> Any:
    return Visit(known=NOTHING, clock=lambda: NOW, tables=tmp_path)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Pki:
    return Pki(tmp_path_factory.mktemp("pki"))


@pytest.fixture(scope="module")
def root(shared: Pki) -> Any:
    return shared.root()


@pytest.fixture(scope="module")
def issuing(shared: Pki, root: Any) -> Any:
    return shared.intermediate(root)


@pytest.fixture(scope="module")
def leaf(shared: Pki, issuing: Any) -> Any:
    return shared.issue(issuing, HOST, valid=around(NOW, before=10, after=100))


def secret(monkeypatch: pytest.MonkeyPatch, value: Any = PASSWORD, short: Any = "cmg_pfx") -> Any:
    monkeypatch.setenv("TEST_PFX", value)
    return {short: Secret(f"passwords.{short}", env="TEST_PFX")}


def read(path: Any, visit: Visit, *, passwords: Any = None, root: Any = None, others: Any = (), key: Any = "files.cmg_pfx", ask: Any = CertificateIn, **options: Any) -> Any:
    connector = CertificatesConnector(
        path.parent, passwords=passwords, own_root=None if root is None else str(root.certificate),
        intermediates=[str(one.certificate) for one in others], **options,
    )  # fmt: skip
    found = connector.fetch(ask(key, path.name), visit)
    kind = ask.answer
    assert msgspec.json.decode(msgspec.json.encode(found), type=kind) == found
    return found


# -- PFX --


@pytest.mark.parametrize("encryption", ["aes", "3des", "rc2"])
@pytest.mark.parametrize("password", ["secret", PASSWORD, ""])
def test_pfx(shared: Pki, root: Any, leaf: Any, visit: Visit, monkeypatch: pytest.MonkeyPatch, encryption: Any, password: Any) -> None:
    path = shared.pfx(leaf, password=password, encryption=encryption, csp=SCHANNEL)
    passwords = secret(monkeypatch, password) if password else None
    found = read(path, visit, passwords=passwords, root=root)
    assert found.form == "pkcs12"
    assert (found.name, found.leaf.sha1) == (path.name, leaf.sha1)
    assert [one.name for one in found.chain] == ["Contoso Issuing CA", "Contoso Root CA"]
    assert (found.has_key, found.key_matches, found.provider) == (True, True, SCHANNEL)
    assert found.password_empty is (password == "")
    assert (found.mac, any("aes256" in one for one in found.protection)) == (
        ("sha256", True) if encryption == "aes" else ("sha1", False)
    )
    assert found.trust.anchor == "own"
    assert [(step.name, step.origin, step.in_file) for step in found.trust.path] == [
        (HOST, "given", True), ("Contoso Issuing CA", "given", True), ("Contoso Root CA", "anchor", True),
    ]  # fmt: skip


@pytest.mark.parametrize("key", ["rsa:1024", "rsa:3072", "ec:P-256"])
def test_pfx_with_other_keys(shared: Pki, issuing: Any, visit: Visit, monkeypatch: pytest.MonkeyPatch, key: Any) -> None:
    other = shared.issue(issuing, HOST, key=key)
    found = read(shared.pfx(other, password=PASSWORD), visit, passwords=secret(monkeypatch))
    assert (found.has_key, found.key_matches) == (True, True)
    algorithm, size = key.split(":")
    assert found.leaf.key_text == f"{algorithm.upper()} {size.removeprefix('P-')}"


def test_pfx_without_key(shared: Pki, leaf: Any, visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    path = shared.pfx(leaf, password=PASSWORD, with_key=False)
    found = read(path, visit, passwords=secret(monkeypatch))
    assert (found.has_key, found.key_matches, found.leaf.sha1) == (False, None, leaf.sha1)
    assert found.provider == ""


def test_pfx_without_chain(shared: Pki, root: Any, issuing: Any, leaf: Any, visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    path = shared.pfx(leaf, password=PASSWORD, chain=False)
    found = read(path, visit, passwords=secret(monkeypatch), root=root)
    assert (found.chain, found.trust.anchor, found.trust.missing) == ((), "none", "CN=Contoso Issuing CA")
    found = read(path, visit, passwords=secret(monkeypatch), root=root, others=[issuing])
    assert found.trust.anchor == "own"
    assert [step.name for step in found.trust.supplied] == ["Contoso Issuing CA"]
    assert not found.trust.path[-1].in_file


def test_pfx_whose_key_is_of_another_certificate(shared: Pki, issuing: Any, leaf: Any, visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    """OpenSSL refuses to write it; some tools do not."""
    other = shared.issue(issuing, HOST)
    mine = shared.pfx(leaf, password=PASSWORD, chain=False, csp=SCHANNEL)
    key: Any = serialization.load_pem_private_key(other.key.read_bytes(), None)
    data = pkcs12.serialize_key_and_certificates(None, key, None, [leaf.x509, issuing.x509], BestAvailableEncryption(PASSWORD.encode()))
    mine.write_bytes(data)
    found = read(mine, visit, passwords=secret(monkeypatch))
    assert (found.has_key, found.key_matches, found.leaf.sha1) == (True, False, leaf.sha1)


@pytest.mark.parametrize("encryption", ["aes", "rc2"])
def test_wrong_password_is_told_apart_from_damage(shared: Pki, leaf: Any, visit: Visit, monkeypatch: pytest.MonkeyPatch, encryption: Any) -> None:
    path = shared.pfx(leaf, password=PASSWORD, encryption=encryption)
    with pytest.raises(Unavailable, match="does not open with the password") as caught:
        read(path, visit, passwords=secret(monkeypatch, "wrong"))
    assert "[passwords] cmg_pfx" in caught.value.mend
    with pytest.raises(Unavailable, match="has a password, and none is given"):
        read(path, visit)
    good = path.read_bytes()
    path.write_bytes(good[: len(good) // 2])
    with pytest.raises(Unavailable, match="damaged PFX file, or none"):
        read(path, visit, passwords=secret(monkeypatch))
    changed = bytearray(good)
    changed[200] ^= 1  # within the encrypted certificates: the key still opens
    path.write_bytes(bytes(changed))
    with pytest.raises(Unavailable, match="damaged PFX file: the password opens it"):
        read(path, visit, passwords=secret(monkeypatch))


def test_no_secret_is_repeated(shared: Pki, leaf: Any, visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    path = shared.pfx(leaf, password=PASSWORD)
    found = read(path, visit, passwords=secret(monkeypatch))
    said = msgspec.json.encode([found, visit.notes]).decode()
    with pytest.raises(Unavailable) as caught:
        read(path, visit, passwords=secret(monkeypatch, "wr0ng-pass"))
    said += str(caught.value) + caught.value.mend + repr(caught.value.__context__)
    assert "Geheimnis" not in said
    assert "wr0ng-pass" not in said
    body = leaf.key.read_text().splitlines()[1]
    assert body not in said


def test_a_password_that_cannot_be_had(shared: Pki, leaf: Any, visit: Visit) -> None:
    path = shared.pfx(leaf, password=PASSWORD)
    passwords = {"cmg_pfx": Secret("passwords.cmg_pfx", env="NOT_SET_ANYWHERE")}
    with pytest.raises(Unavailable, match="NOT_SET_ANYWHERE"):
        read(path, visit, passwords=passwords)


def test_provider_needs_no_password(shared: Pki, leaf: Any, visit: Visit) -> None:
    for provider in (SCHANNEL, KEY_STORAGE):
        path = shared.pfx(leaf, password=PASSWORD, csp=provider)
        assert read(path, visit, ask=KeyProviderOf).provider == provider
    assert read(shared.pfx(leaf, password=PASSWORD), visit, ask=KeyProviderOf).provider == ""
    with pytest.raises(Unavailable, match="damaged PFX file, or none"):
        read(leaf.certificate, visit, ask=KeyProviderOf)


def test_a_file_that_asks_for_endless_computing(shared: Pki, leaf: Any, visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    path = shared.pfx(leaf, password=PASSWORD)
    few, many = core.Integer(2048).dump(), core.Integer(2_000_000_000).dump()
    data = path.read_bytes()
    end = data.rindex(few)
    grown = data[:end] + many + data[end + len(few) :]
    # The outer lengths grow with it: PFX (4 bytes of header) and its last member, the MAC.
    extra = len(many) - len(few)
    outer = int.from_bytes(grown[2:4], "big") + extra
    mac = data.rindex(b"\x30", 0, data.index(core.ObjectIdentifier("2.16.840.1.101.3.4.2.1").dump(), len(data) - 120) - 5)
    grown = bytearray(grown)
    grown[2:4] = outer.to_bytes(2, "big")
    grown[mac + 1] += extra
    path.write_bytes(bytes(grown))
    with pytest.raises(Unavailable, match="2000000000 rounds"):
        read(path, visit, passwords=secret(monkeypatch))


def test_the_slow_proof_of_the_primes_is_left_out(shared: Pki, leaf: Any, visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    """The key is never loaded with the rest, which is what makes a thousand files a matter of seconds."""
    path = shared.pfx(leaf, password=PASSWORD)
    proved: list[int] = []
    load = pkcs12.load_pkcs12

    def watched(data: bytes, password: bytes) -> Any:
        proved.append(len(data))
        return load(data, password)

    monkeypatch.setattr(pkcs12, "load_pkcs12", watched)
    read(path, visit, passwords=secret(monkeypatch))
    assert proved
    assert all(size < len(path.read_bytes()) - 1000 for size in proved), "the key was loaded with the rest"


# -- other forms --


def test_pem_der_and_p7b(shared: Pki, root: Any, issuing: Any, leaf: Any, visit: Visit) -> None:
    text = shared.bundle([leaf, issuing, root])
    assert read(text, visit, root=root).form == "pem"
    for path, form in (
        (shared.der(leaf), "der"), (shared.p7b(leaf, issuing, root), "pkcs7"), (shared.p7b(leaf, issuing, pem=False), "pkcs7"),
    ):  # fmt: skip
        found = read(path, visit, root=root, others=[issuing])
        assert (found.form, found.leaf.sha1, found.has_key, found.trust.anchor) == (form, leaf.sha1, False, "own")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "cp1252"])
def test_pem_as_windows_saves_it(shared: Pki, leaf: Any, visit: Visit, tmp_path: Path, encoding: Any) -> None:
    path = tmp_path / "a.cer"
    path.write_bytes(("Bag Attributes\r\n" + leaf.pem.replace("\n", "\r\n")).encode(encoding))
    assert read(path, visit).leaf.sha1 == leaf.sha1


def test_bare_base64(leaf: Any, visit: Visit, tmp_path: Path) -> None:
    path = tmp_path / "a.cer"
    path.write_text("".join(leaf.pem.splitlines()[1:-1]))
    assert read(path, visit).leaf.sha1 == leaf.sha1


def test_the_leaf_is_found_in_any_order(shared: Pki, root: Any, issuing: Any, leaf: Any, visit: Visit) -> None:
    for order in ([root, issuing, leaf], [issuing, leaf, root]):
        assert read(shared.bundle(order), visit).leaf.sha1 == leaf.sha1


def test_pem_with_its_key(shared: Pki, issuing: Any, leaf: Any, visit: Visit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "push.pem"
    path.write_text(leaf.pem + leaf.key.read_text())
    found = read(path, visit, key="files.apns_pem")
    assert (found.has_key, found.key_matches) == (True, True)
    other = shared.issue(issuing, HOST)
    path.write_text(leaf.pem + other.key.read_text())
    assert read(path, visit, key="files.apns_pem").key_matches is False
    key = serialization.load_pem_private_key(leaf.key.read_bytes(), None)
    sealed = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, BestAvailableEncryption(PASSWORD.encode())
    )
    path.write_text(leaf.pem + sealed.decode())
    assert read(path, visit, key="files.apns_pem").key_matches is None
    assert read(path, visit, key="files.apns_pem", passwords=secret(monkeypatch, short="apns_pem")).key_matches is True


def test_facts(shared: Pki, root: Any, issuing: Any, visit: Visit) -> None:
    own = "1.3.6.1.4.1.311.21.8.1.2.3"
    made = shared.issue(
        issuing, HOST, names=[HOST, "www.contoso.test"], addresses=["192.0.2.1"], key="rsa:2048", valid=around(NOW),
        usages=["serverAuth", "clientAuth", own], subject=f"/C=DE/O=Contoso & Söhne/OU=IT/CN=old/CN={HOST}",
        ocsp="http://o.test/ocsp", crl="http://c.test/a.crl", ca_issuers="http://c.test/a.cer",
    )  # fmt: skip
    found = read(shared.der(made), visit).leaf
    assert found.subject == (
        Attribute("C", "DE"), Attribute("O", "Contoso & Söhne"), Attribute("OU", "IT"), Attribute("CN", "old"), Attribute("CN", HOST),
    )  # fmt: skip
    assert found.common_name == HOST
    assert found.dns_names == (HOST, "www.contoso.test")
    assert found.other_names == ("IP:192.0.2.1",)
    assert (found.not_before, found.not_after) == tuple(one.replace(microsecond=0) for one in around(NOW))
    assert (found.sha1, found.sha256) == (made.sha1, made.sha256)
    assert (found.key_algorithm, found.key_bits, found.signature_hash) == ("RSA", 2048, "sha256")
    spki = made.x509.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    digest = hashes.Hash(hashes.SHA256())
    digest.update(spki)
    assert found.spki_sha256 == digest.finalize().hex().upper()
    assert found.eku == ("1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2", own)
    assert found.key_usage == ("digital_signature", "key_encipherment")
    assert (found.crl_urls, found.ocsp_urls) == (("http://c.test/a.crl",), ("http://o.test/ocsp",))
    assert found.ca_issuer_urls == ("http://c.test/a.cer",)
    assert (found.is_ca, found.self_signed) == (False, False)
    above = read(shared.der(root), visit).leaf
    assert (above.is_ca, above.self_signed) == (True, True)


def test_templates(root: Any, visit: Visit, tmp_path: Path) -> None:
    """What Windows writes of its templates, which OpenSSL has no words for."""
    key: Any = serialization.load_pem_private_key(root.key.read_bytes(), None)
    newer = x509.MSCertificateTemplate(x509.ObjectIdentifier("1.3.6.1.4.1.311.21.8.7.7"), 100, 4)
    older = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.311.20.2"), core.BMPString("WebServer").dump())
    for number, (extension, expected) in enumerate(
        [(newer, Template(oid="1.3.6.1.4.1.311.21.8.7.7")), (older, Template(name="WebServer"))]
    ):
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, HOST)])
        builder = x509.CertificateBuilder().subject_name(name).issuer_name(root.x509.subject)
        builder = builder.public_key(key.public_key()).serial_number(7).not_valid_before(ALWAYS[0]).not_valid_after(ALWAYS[1])
        path = tmp_path / f"{number}.cer"
        path.write_bytes(builder.add_extension(extension, critical=False).sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER))
        found = read(path, visit).leaf
        assert (found.template, found.serial) == (expected, "7")


# -- trust --


def test_public_roots_are_an_argument(shared: Pki, root: Any, leaf: Any, visit: Visit) -> None:
    path = shared.bundle([leaf, *leaf.issuers])
    found = read(path, visit, public_roots=root.certificate)
    assert (found.trust.anchor, found.trust.own_root_named) == ("public", False)


def test_a_root_that_nobody_named(shared: Pki, root: Any, leaf: Any, visit: Visit) -> None:
    found = read(shared.bundle([leaf, *leaf.issuers]), visit)
    assert (found.trust.anchor, found.trust.ends_in) == ("none", "Contoso Root CA")
    assert len(found.trust.path) == 3
    other = shared.root("Another Root")
    found = read(shared.bundle([leaf, *leaf.issuers]), visit, root=other)
    assert (found.trust.anchor, found.trust.own_root_named) == ("none", True)


def test_a_certificate_that_signed_itself(shared: Pki, visit: Visit) -> None:
    alone = shared.self_signed(HOST)
    found = read(shared.der(alone), visit)
    assert (found.trust.anchor, found.trust.reason, found.leaf.self_signed) == ("none", "it signed itself", True)
    assert read(shared.der(alone), visit, root=alone).trust.anchor == "own"


def test_dates_do_not_decide_about_trust(shared: Pki, root: Any, issuing: Any, visit: Visit) -> None:
    old = shared.issue(issuing, HOST, valid=around(NOW, before=90, after=-30))
    found = read(shared.bundle([old, issuing]), visit, root=root)
    assert found.trust.anchor == "own"
    assert found.trust.path[0].not_after < NOW


def test_weak_hashes_and_missing_names_do_not_decide_about_trust(shared: Pki, visit: Visit) -> None:
    root = shared.root("Old Root", digest="sha1")
    issuing = shared.intermediate(root, "Old Issuing", digest="sha1")
    old = shared.issue(issuing, HOST, names=[], digest="sha1")
    found = read(shared.bundle([old, issuing]), visit, root=root)
    assert found.trust.anchor == "own"
    assert [step.signature_hash for step in found.trust.path] == ["sha1"] * 3


def test_an_issuer_that_is_no_authority(shared: Pki, root: Any, leaf: Any, visit: Visit) -> None:
    under = shared.issue(leaf, "deep.contoso.test")
    found = read(shared.bundle([under, leaf, *leaf.issuers]), visit, root=root)
    assert found.trust.anchor == "none"
    assert "refused" in found.trust.reason


def test_a_forged_issuer(shared: Pki, root: Any, issuing: Any, visit: Visit) -> None:
    """The same name, another key: the signature decides."""
    fake = shared.root("Contoso Issuing CA")
    forged = shared.issue(fake, HOST)
    found = read(shared.bundle([forged, issuing]), visit, root=root)
    assert (found.trust.anchor, found.trust.missing) == ("none", "CN=Contoso Issuing CA")


def test_own_files_that_cannot_be_read(shared: Pki, root: Any, issuing: Any, leaf: Any, visit: Visit, tmp_path: Path) -> None:
    bad = tmp_path / "bad.cer"
    bad.write_text("no certificate")
    wrong = Credential(bad, bad)
    absent = Credential(tmp_path / "absent.cer", bad)
    found = read(shared.bundle([leaf, issuing]), visit, root=wrong, others=[absent])
    assert (found.trust.anchor, found.trust.own_root_named, len(found.trust.faults)) == ("none", True, 2)
    assert any("absent.cer" in note.value for note in visit.notes)
    found = read(shared.bundle([leaf, issuing]), visit, root=issuing)
    assert "holds no root" in found.trust.faults[0]
    connector = CertificatesConnector(tmp_path, own_root="bad.cer")
    with pytest.raises(Unavailable, match=r"bad\.cer"):
        connector.probe(visit)
    assert "files are read" in CertificatesConnector(tmp_path).probe(visit)


# -- requests --


def test_windows_request(shared: Pki, visit: Visit) -> None:
    path = shared.windows_csr(HOST, machine="CM01.ad.contoso.test", csp=KEY_STORAGE, template="WebServer")
    found = read(path, visit, ask=RequestIn, key="files.cmg_csr")
    assert (found.machine, found.process, found.provider) == ("CM01.ad.contoso.test", "certreq", KEY_STORAGE)
    assert (found.common_name, found.dns_names, found.key_text) == (HOST, (HOST,), "RSA 2048")
    assert found.signature_valid
    assert found.template == Template(name="WebServer")
    assert "administrator" not in msgspec.json.encode([found, visit.notes]).decode()


def test_openssl_request_in_every_wrapping(shared: Pki, visit: Visit, tmp_path: Path) -> None:
    path = shared.csr(HOST, subject=f"/C=DE/O=Contoso/CN={HOST}", key="ec:P-256")
    pem = path.read_text()
    der = x509.load_pem_x509_csr(pem.encode()).public_bytes(serialization.Encoding.DER)
    versions = {
        "a.csr": pem.encode(), "b.csr": der, "c.csr": "".join(pem.splitlines()[1:-1]).encode(),
        "d.csr": pem.replace("BEGIN CERT", "BEGIN NEW CERT").replace("END CERT", "END NEW CERT").encode("utf-16"),
    }  # fmt: skip
    for name, data in versions.items():
        (tmp_path / name).write_bytes(data)
        found = read(tmp_path / name, visit, ask=RequestIn, key="files.cmg_csr")
        assert (found.machine, found.provider, found.template) == ("", "", None)
        assert found.subject == (Attribute("C", "DE"), Attribute("O", "Contoso"), Attribute("CN", HOST))
        assert found.key_text == "EC 256"


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda pki, leaf: leaf.certificate, "holds certificate, no certificate request"),
        (lambda pki, leaf: pki.pfx(leaf), "a PFX file"),
        (lambda pki, leaf: pki.p7b(leaf, pem=False), "wrapped in CMC"),
        (lambda pki, leaf: pki.der(leaf), "no certificate request that can be read"),
    ],
)
def test_what_is_no_request(shared: Pki, leaf: Any, visit: Visit, make: Any, words: str) -> None:
    with pytest.raises(Unavailable, match=words):
        read(make(shared, leaf), visit, ask=RequestIn, key="files.cmg_csr")


# -- files that are none --


@pytest.mark.parametrize("ask", [CertificateIn, RequestIn, KeyProviderOf])
@pytest.mark.parametrize(
    "content", [b"", b"hello", b"\x00" * 100, b"-----BEGIN CERTIFICATE-----\n!!\n-----END CERTIFICATE-----\n", b"0\x82", b"0" * 3000]
)
def test_what_is_none(tmp_path: Path, visit: Visit, ask: Any, content: bytes) -> None:
    (tmp_path / "x").write_bytes(content)
    with pytest.raises(Unavailable) as caught:
        read(tmp_path / "x", visit, ask=ask)
    assert "x (files.cmg_pfx)" in caught.value.reason
    assert caught.value.mend


@pytest.mark.parametrize("name", ["absent.pfx", "folder", "a\0b"])
@pytest.mark.parametrize("ask", [CertificateIn, RequestIn, KeyProviderOf])
def test_what_is_not_there(tmp_path: Path, visit: Visit, name: str, ask: Any) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(Unavailable) as caught:
        CertificatesConnector(tmp_path).fetch(ask("files.cmg_pfx", name), visit)
    assert "files.cmg_pfx" in caught.value.reason


def test_a_private_key_alone(leaf: Any, visit: Visit) -> None:
    with pytest.raises(Unavailable, match="there is no certificate in it; it holds private key"):
        read(leaf.key, visit)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_any_bytes_are_an_answer_or_unavailable(shared: Pki, root: Any, leaf: Any, visit: Visit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data: Any) -> None:
    """Random bytes, and good files with bytes changed: nothing but Unavailable is ever raised."""
    seeds = _seeds(shared, root, leaf)
    content = bytearray(data.draw(st.one_of(st.binary(max_size=300), st.sampled_from(seeds))))
    for _ in range(data.draw(st.integers(0, 4)) if content else 0):
        place = data.draw(st.integers(0, len(content) - 1))
        content[place] = data.draw(st.integers(0, 255))
    del content[data.draw(st.integers(0, len(content))) :]
    path = tmp_path / "any.cer"
    path.write_bytes(bytes(content))
    passwords = secret(monkeypatch)
    asks: list[Any] = [CertificateIn, RequestIn, KeyProviderOf, CollectedStores]
    for ask in asks:
        connector = CertificatesConnector(tmp_path, passwords=passwords)
        bound: Any = ask("files.cmg_pfx", ("any.cer",) if ask is CollectedStores else "any.cer")
        try:
            found = connector.fetch(bound, visit)
        except Unavailable as error:
            found = error.reason
        assert found if isinstance(found, str) else isinstance(found, ask.answer)


_MADE: list[bytes] = []


def _seeds(shared: Pki, root: Any, leaf: Any) -> Any:
    if not _MADE:
        paths = [
            shared.pfx(leaf, password=PASSWORD), shared.pfx(leaf, password=PASSWORD, encryption="rc2"), shared.der(leaf),
            shared.p7b(leaf, root, pem=False), shared.windows_csr(HOST), leaf.certificate,
        ]  # fmt: skip
        _MADE.extend(path.read_bytes() for path in paths)
    return _MADE


# -- presence --


def test_presence(tmp_path: Path, visit: Visit) -> None:
    (tmp_path / "cmg.pfx").write_bytes(b"x")
    connector = CertificatesConnector(tmp_path, machine="CM01.corp.test")
    there = connector.fetch(Presence("files.cmg_pfx", "cmg.pfx"), visit)
    assert (there.name, there.machine, there.exists) == ("cmg.pfx", "CM01.corp.test", True)
    assert not connector.fetch(Presence("files.cmg_pfx", "absent.pfx"), visit).exists
    assert CertificatesConnector(tmp_path).fetch(Presence("files.cmg_pfx", "cmg.pfx"), visit).machine


# -- collected stores --


def stores(folder: Any, visit: Visit, *paths: Any, root: Any = None, others: Any = (), **options: Any) -> Any:
    connector = CertificatesConnector(
        folder, own_root=None if root is None else str(root.certificate),
        intermediates=[str(one.certificate) for one in others], **options,
    )  # fmt: skip
    found = connector.fetch(CollectedStores("files.collected_server_certs", paths), visit)
    assert isinstance(found, Stores)
    assert msgspec.json.decode(msgspec.json.encode(found), type=Stores) == found
    return found


ROW = {
    "thumbprint": "ab cd" + "0" * 36, "subject": "CN=mp01.corp.test, O=Contoso", "issuer": "CN=Contoso Issuing CA",
    "not_before": "2026-01-01T00:00:00Z", "not_after": "2027-01-01T01:00:00+01:00", "has_private_key": True,
    "exportable": False, "provider": SCHANNEL, "eku": ["1.3.6.1.5.5.7.3.2"], "template": "ConfigMgrWorkstationAuth",
}  # fmt: skip
POWERSHELL = {
    "PSComputerName": "MP01.corp.test", "Thumbprint": "ABCD" + "0" * 36, "Subject": "CN=mp01.corp.test, O=Contoso",
    "Issuer": "CN=Contoso Issuing CA", "NotBefore": "/Date(1767225600000)/",
    "NotAfter": {"value": "/Date(1798761600000)/", "DateTime": "Friday, January 1, 2027"}, "HasPrivateKey": "True",
    "Exportable": "False", "Provider": SCHANNEL, "Template": "ConfigMgrWorkstationAuth",
    "EnhancedKeyUsageList": [{"FriendlyName": "Client Authentication", "ObjectId": "1.3.6.1.5.5.7.3.2"}],
}  # fmt: skip


@pytest.mark.parametrize(
    ("document", "encoding"),
    [
        ({"server": "MP01.corp.test", "certificates": [ROW]}, "utf-8"),
        ({"servers": [{"server": "MP01.corp.test", "certificates": [ROW]}]}, "utf-8-sig"),
        ({"servers": {"MP01.corp.test": [ROW]}}, "utf-8"),
        ([{"server": "MP01.corp.test", **ROW}], "utf-16"),
        ([POWERSHELL], "utf-16"),
        (POWERSHELL, "utf-8"),
        ({"computer": "MP01.corp.test", "certificates": {**ROW, "eku": "Client Authentication (1.3.6.1.5.5.7.3.2)"}}, "utf-8"),
        ({"computer": "MP01.corp.test", "certificates": [{**ROW, "eku": ["Client Authentication"]}]}, "utf-8"),
    ],
)
def test_collected_json(tmp_path: Path, visit: Visit, document: Any, encoding: Any) -> None:
    (tmp_path / "s.json").write_bytes(json.dumps(document).encode(encoding))
    found = stores(tmp_path, visit, "s.json")
    assert found.unread == ()
    [store] = found.stores
    [entry] = store.entries
    assert store.computer == "MP01.corp.test"
    assert found.of("mp01") == found.of("mp01.CORP.test") == (store,)
    assert found.of("mp01.other.test") == ()
    assert (entry.thumbprint, entry.common_name) == ("ABCD" + "0" * 36, "mp01.corp.test")
    assert (entry.not_before, entry.not_after) == (datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))
    assert (entry.has_private_key, entry.exportable) == (True, False)
    assert entry.eku == ("1.3.6.1.5.5.7.3.2",)
    assert (entry.provider, entry.template) == (SCHANNEL, "ConfigMgrWorkstationAuth")
    assert entry.issued_by_named is None


def test_collected_clients_say_how_they_are_joined(tmp_path: Path, visit: Visit) -> None:
    rows = [
        {"client": "pc1", "certificates": [], "domain_joined": True, "entra_joined": "NO", "EntraRegistered": False},
        {"client": "pc2", "certificates": [], "AzureAdJoined": "YES"},
    ]
    (tmp_path / "c.json").write_text(json.dumps({"clients": rows}))
    one, two = stores(tmp_path, visit, "c.json").stores
    assert (one.entries, one.domain_joined, one.entra_joined, one.entra_registered) == ((), True, False, False)
    assert (two.domain_joined, two.entra_joined, two.entra_registered) == (None, True, None)


def test_collected_raw_data_is_verified(tmp_path: Path, visit: Visit, root: Any, issuing: Any, leaf: Any) -> None:
    raw = "".join(leaf.pem.splitlines()[1:-1])
    row = {"server": "mp01", "raw_data": raw, "subject": "CN=lie", "has_private_key": True}
    (tmp_path / "s.json").write_text(json.dumps([row]))
    [entry] = stores(tmp_path, visit, "s.json", root=root, others=[issuing]).stores[0].entries
    assert (entry.thumbprint, entry.common_name, entry.issued_by_named) == (leaf.sha1, HOST, True)
    assert entry.has_private_key is True
    [entry] = stores(tmp_path, visit, "s.json", root=root).stores[0].entries
    assert entry.issued_by_named is None


def test_collected_folders(shared: Pki, tmp_path: Path, visit: Visit, leaf: Any, root: Any, issuing: Any) -> None:
    flat, nested, whole = tmp_path / "flat", tmp_path / "nested", tmp_path / "mp02"
    for folder in (flat, nested / "mp01.corp.test", nested / "empty.corp.test", whole):
        folder.mkdir(parents=True)
    (flat / "mp01.corp.test.cer").write_bytes(leaf.der)
    (flat / "mp01.corp.test_2.cer").write_bytes(root.der)
    (flat / "srv-01.cer").write_text(leaf.pem)
    (flat / "readme.txt").write_text("not a certificate")
    (nested / "mp01.corp.test" / "any name.p7b").write_bytes(shared.p7b(leaf, issuing).read_bytes())
    (whole / "web.cer").write_bytes(leaf.der)
    found = stores(tmp_path, visit, "flat", root=root, others=[issuing])
    assert {store.computer: len(store.entries) for store in found.stores} == {"mp01.corp.test": 2, "srv-01": 1}
    first = found.of("mp01.corp.test")[0].entries[0]
    assert (first.thumbprint, first.has_private_key, first.issued_by_named) == (leaf.sha1, None, True)
    found = stores(tmp_path, visit, "nested")
    assert {store.computer: len(store.entries) for store in found.stores} == {"mp01.corp.test": 2, "empty.corp.test": 0}
    found = stores(tmp_path, visit, "mp02", computers=["mp02.corp.test"])
    assert [store.computer for store in found.stores] == ["mp02.corp.test"]
    assert found.holding(leaf.sha1)[0][1].thumbprint == leaf.sha1
    [store] = stores(tmp_path, visit, "flat/srv-01.cer").stores
    assert store.computer == "srv-01"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("not json", "no JSON"),
        ("[1, 2]", "something else"),
        ("3", "something else"),
        ('{"server": "a", "certificates": [1]}', "no list of certificates"),
        ('{"certificates": []}', "names no computer"),
        ('{"server": "a"}', "names no computer, or no certificates"),
        ('[{"server": "a", "thumbprint": "AB", "not_after": "next year"}]', "no date"),
        ('[{"server": "a", "raw_data": "!!!"}]', "no Base64"),
        ('[{"server": "a", "raw_data": "AAAA"}]', "no certificate"),
        ("[" * 100_000, "no JSON"),
    ],
)
def test_collected_files_that_are_none(tmp_path: Path, visit: Visit, content: str, words: str) -> None:
    (tmp_path / "s.json").write_text(content)
    (tmp_path / "good.json").write_text('{"server": "b", "certificates": []}')
    found = stores(tmp_path, visit, "s.json", "good.json", "absent.json")
    assert [store.computer for store in found.stores] == ["b"]
    assert [one.name for one in found.unread] == ["s.json", "absent.json"]
    assert words in found.unread[0].reason
    assert "No such file" in found.unread[1].reason


def test_an_empty_folder_is_no_empty_store(tmp_path: Path, visit: Visit) -> None:
    (tmp_path / "none").mkdir()
    found = stores(tmp_path, visit, "none")
    assert (found.stores, len(found.unread)) == ((), 1)


# -- end to end --


def test_the_engagement_file_says_it_all(shared: Pki, root: Any, leaf: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from samplechecks import NOW as THEN
    from samplechecks import recording

    (tmp_path / "pki").mkdir()
    (tmp_path / "pki" / "cmg.pfx").write_bytes(shared.pfx(leaf, password=PASSWORD).read_bytes())
    (tmp_path / "root.cer").write_bytes(root.der)
    monkeypatch.setenv("TEST_PFX", PASSWORD)
    keys = {"files__cmg_pfx": "pki/cmg.pfx", "files__trusted_root_cer": "root.cer", "passwords__cmg_pfx": {"env": "TEST_PFX"}}
    with recording(**keys) as made:
        object.__setattr__(made.engagement, "folder", tmp_path)
        asks = [CertificateIn("files.cmg_pfx"), RequestIn("files.cmg_csr")]
        collect(asks, [connect(made.engagement)], made, clock=lambda: THEN)
        found = made.answer(asks[0])
        assert isinstance(found, CertificateFile)
        assert (found.name, found.trust.anchor) == ("cmg.pfx", "own")
        with pytest.raises(Unavailable) as caught:
            made.answer(asks[1])
        assert caught.value.key == "files.cmg_csr"
        assert "Geheimnis" not in msgspec.json.encode(list(made.records.values())).decode()


def test_names(shared: Pki, visit: Visit) -> None:
    wild = shared.self_signed("*.contoso.test", names=["*.contoso.test", "contoso.test"])
    found = read(shared.der(wild), visit).leaf
    for host, covered in (
        ("CMG.contoso.test", True), ("contoso.test", True), ("a.b.contoso.test", False), (".contoso.test", True), ("other.test", False),
    ):  # fmt: skip
        assert found.covers(host) is covered, host
