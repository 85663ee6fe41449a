"""The files of Apple's programmes, as tools and people leave them."""

import base64
import os
import plistlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, pkcs7
from cryptography.x509.oid import NameOID

from assess.connectors import Visit
from assess.connectors.certificates import CertificatesConnector
from assess.connectors.serialnumbers import SerialNumbersConnector
from assess.errors import Unavailable
from assess.evidence.applefiles import (
    Envelope,
    EnvelopeIn,
    ExpectedSerials,
    PublicKey,
    PublicKeyIn,
    Serials,
)
from assess.evidence.certificates import Request, RequestIn
from samplechecks import recording

NOW = datetime(2026, 11, 20, 21, 10, tzinfo=UTC)
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
NAME = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Intune DEP")])
CERT = (
    x509.CertificateBuilder(NAME, NAME, KEY.public_key(), 7, NOW - timedelta(days=1), NOW + timedelta(days=365))
    .sign(KEY, hashes.SHA256())
)  # fmt: skip
CSR = x509.CertificateSigningRequestBuilder(NAME).sign(KEY, hashes.SHA256())


def visit(folder: Path) -> Visit:
    with recording() as known:
        return Visit(known=known, clock=lambda: NOW, tables=folder)


def fetch(folder: Path, data: bytes, ask: Any) -> Any:
    path = folder / "given"
    path.write_bytes(data)
    os.utime(path, (NOW.timestamp(), NOW.timestamp()))
    return CertificatesConnector(folder).fetch(type(ask)(ask.file, "given"), visit(folder))


def pem(label: str, der: bytes) -> bytes:
    return f"-----BEGIN {label}-----\n{base64.encodebytes(der).decode()}-----END {label}-----\n".encode()


def enveloped(encoding: Any) -> bytes:
    builder = (
        pkcs7.PKCS7EnvelopeBuilder().set_data(b'{"consumer_key":"CK_never"}').add_recipient(CERT)
    )
    return builder.encrypt(encoding, [])


def indefinite() -> bytes:
    """As Apple writes it: the outer elements have no length, and end with two zero bytes."""
    der = enveloped(Encoding.DER)
    oid = bytes.fromhex("06092a864886f70d010703")
    inner = der[der.index(oid) + len(oid) :]
    header = 2 + (inner[1] & 0x7F if inner[1] & 0x80 else 0)
    return b"\x30\x80" + oid + b"\xa0\x80" + inner[header:] + b"\0\0" + b"\0\0"


def message(body: bytes, kind: str = "enveloped-data") -> bytes:
    head = f'Content-Type: application/pkcs7-mime; name="smime.p7m"; smime-type={kind}\r\nContent-Transfer-Encoding: base64\r\n'
    return (
        head.encode()
        + b"Content-Disposition: attachment; filename=smime.p7m\r\n\r\n"
        + base64.encodebytes(body)
    )


SIGNED: Callable[[], bytes] = lambda: pkcs7.serialize_certificates([CERT], Encoding.DER)  # noqa: E731


@pytest.mark.parametrize(
    ("data", "good"),
    [
        (enveloped(Encoding.DER), True),
        (enveloped(Encoding.SMIME), True),
        (enveloped(Encoding.PEM), True),
        (message(enveloped(Encoding.DER)), True),
        (message(indefinite()), True),
        (indefinite(), True),
        (base64.b64encode(enveloped(Encoding.DER)), True),
        (CERT.public_bytes(Encoding.PEM), False),
        (CERT.public_bytes(Encoding.DER), False),
        (SIGNED(), False),
        (message(SIGNED(), "signed-data"), False),
        (message(enveloped(Encoding.DER)[:40]), False),
        (message(b""), False),
        (
            b"Content-Type: application/pkcs7-mime\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!!",
            False,
        ),
        (b"", False),
        (b"\0" * 5000, False),
        (b"hello", False),
    ],
)
def test_an_envelope_is_told_from_anything_else(tmp_path: Path, data: bytes, good: bool) -> None:
    found = fetch(tmp_path, data, EnvelopeIn("files.dep_token_p7m"))
    assert isinstance(found, Envelope)
    assert found.enveloped is good
    assert found.modified == NOW
    assert found.kind


def test_nothing_of_a_token_is_kept(tmp_path: Path) -> None:
    seen = visit(tmp_path)
    (tmp_path / "t.p7m").write_bytes(enveloped(Encoding.SMIME))
    found = CertificatesConnector(tmp_path).fetch(EnvelopeIn("files.dep_token_p7m", "t.p7m"), seen)
    assert "CK_never" not in repr(found) + repr(seen.notes)
    assert seen.notes


SPKI = KEY.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
CURVE = (
    ec.generate_private_key(ec.SECP256R1())
    .public_key()
    .public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
)


@pytest.mark.parametrize(
    ("data", "form", "key"),
    [
        (CERT.public_bytes(Encoding.PEM), "certificate", "RSA 2048"),
        (CERT.public_bytes(Encoding.DER), "certificate", "RSA 2048"),
        (pem("PUBLIC KEY", SPKI), "public key", "RSA 2048"),
        (SPKI, "public key", "RSA 2048"),
        (CURVE, "public key", "EC 256"),
    ],
)
def test_a_public_key_is_read_in_every_form(
    tmp_path: Path, data: bytes, form: str, key: str
) -> None:
    assert fetch(tmp_path, data, PublicKeyIn("files.dep_request_pem")) == PublicKey(
        "given", form, key
    )


PRIVATE = KEY.private_bytes(
    Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
)


@pytest.mark.parametrize(
    "data",
    [
        PRIVATE,
        pem("PUBLIC KEY", b"\x30\x03\x02\x01\x01"),
        enveloped(Encoding.DER),
        b"",
        b"hello",
        pem("CERTIFICATE", b"\x30\x00"),
    ],
)
def test_what_is_no_public_key_is_refused(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(Unavailable) as refusal:
        fetch(tmp_path, data, PublicKeyIn("files.dep_request_pem"))
    assert "files.dep_request_pem" in refusal.value.reason
    assert refusal.value.mend


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    for ask in (
        PublicKeyIn("files.dep_request_pem", "no"),
        EnvelopeIn("files.dep_token_p7m", "no"),
    ):
        with pytest.raises(Unavailable, match="no"):
            CertificatesConnector(tmp_path).fetch(ask, visit(tmp_path))


def for_apple(inner: Any) -> bytes:
    return plistlib.dumps(
        {"PushCertRequestCSR": inner, "PushCertCertificateChain": "", "PushCertSignature": ""}
    )


DER, TEXT = CSR.public_bytes(Encoding.DER), CSR.public_bytes(Encoding.PEM).decode()


@pytest.mark.parametrize(
    "data",
    [
        for_apple(base64.b64encode(DER).decode()),
        for_apple(TEXT),
        for_apple(DER),
        base64.b64encode(for_apple(base64.b64encode(DER).decode())),
        base64.encodebytes(for_apple(TEXT)),
        TEXT.encode(),
    ],
)
def test_a_request_that_the_vendor_signed_for_apple_is_read(tmp_path: Path, data: bytes) -> None:
    found = fetch(tmp_path, data, RequestIn("files.apns_csr"))
    assert isinstance(found, Request)
    assert (found.common_name, found.key_text, found.signature_valid) == (
        "Intune DEP",
        "RSA 2048",
        True,
    )


BOMB = b'<?xml version="1.0"?><!DOCTYPE p [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><plist><dict><key>PushCertRequestCSR</key><string>&b;</string></dict></plist>'


@pytest.mark.parametrize(
    "data",
    [
        plistlib.dumps({"other": "x"}),
        plistlib.dumps([1]),
        for_apple(7),
        for_apple("x"),
        b"<?xml",
        BOMB,
        for_apple(""),
    ],
)
def test_a_property_list_without_a_request_is_refused(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(Unavailable, match=r"files\.apns_csr"):
        fetch(tmp_path, data, RequestIn("files.apns_csr"))


# -- serial numbers --


def serials(folder: Path, data: bytes | list[str]) -> Serials:
    values: Any = data if isinstance(data, list) else "serials.csv"
    if isinstance(data, bytes):
        (folder / "serials.csv").write_bytes(data)
    with recording(ios__serials=values) as known:
        ask = ExpectedSerials().bind(known)
        seen = Visit(known=known, clock=lambda: NOW, tables=folder)
        found = SerialNumbersConnector(folder).fetch(ask, seen)
    assert seen.notes
    assert isinstance(found, Serials)
    return found


@pytest.mark.parametrize(
    ("data", "numbers", "users"),
    [
        (["c02abcd12345 ", "C02ABCD12346"], ("C02ABCD12345", "C02ABCD12346"), {}),
        (b"c02abcd12345\r\n\r\nC02ABCD12346\nC02ABCD12346\n", ("C02ABCD12345", "C02ABCD12346"), {}),
        (b"\xef\xbb\xbfC02ABCD12345,iPhone of Anna\n", ("C02ABCD12345",), {}),
        ("C02ABCD12345\n".encode("utf-16"), ("C02ABCD12345",), {}),
        (
            b"Model;Serial number;User\niPhone;C02ABCD12345;Anna@contoso.com\niPad;C02ABCD12346;\n",
            ("C02ABCD12345", "C02ABCD12346"),
            {"C02ABCD12345": "anna@contoso.com"},
        ),
    ],
)
def test_serial_numbers(
    tmp_path: Path, data: Any, numbers: tuple[str, ...], users: dict[str, str]
) -> None:
    assert serials(tmp_path, data) == Serials(numbers, users)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n\n",
        b"Serial number\n",
        b"C02ABCD12345\nshort\n",
        b"C02ABCD12345\n=cmd|' /C calc'!A0\n",
        ["C02ABCD12345", "x"],
        b"\0\0\0",
        b'"' + b"a" * 200_000,
    ],
)
def test_a_list_with_a_line_that_is_none_is_refused(tmp_path: Path, data: Any) -> None:
    with pytest.raises(Unavailable) as refusal:
        serials(tmp_path, data)
    assert "ios.serials" in refusal.value.reason
    assert refusal.value.mend


def test_the_file_of_serial_numbers_must_be_there(tmp_path: Path) -> None:
    with recording(ios__serials="nowhere.txt") as known:
        ask = ExpectedSerials().bind(known)
    with pytest.raises(Unavailable, match="nowhere"):
        SerialNumbersConnector(tmp_path).fetch(ask, visit(tmp_path))
