"""Certificates that no book describes, and keys that protect nothing: read without a crash, and rightly."""

import base64
import hmac
import ipaddress
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from asn1crypto import algos, keys
from asn1crypto import pkcs12 as asn1_pkcs12
from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa, x25519
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    NoEncryption,
    pkcs12,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from hypothesis import given, settings
from hypothesis import strategies as st

from assess.connectors.certificatefile import certificate_file, certificates_in
from assess.connectors.pkcs12 import _as_bmp, _derived
from assess.connectors.revocation import list_says, ocsp_request
from assess.connectors.trust import TrustStore
from assess.connectors.weakkeys import rsa_fault
from assess.connectors.x509facts import Malformed, certificate, facts
from assess.evidence.certificates import CertificateFile

NOW = datetime(2026, 11, 20, 21, 10, tzinfo=UTC)
DAY = timedelta(days=1)
HOST = "cmg.contoso.test"
DER, PEM = serialization.Encoding.DER, serialization.Encoding.PEM
KEY = rsa.generate_private_key(65537, 2048)
CURVE = ec.generate_private_key(ec.SECP256R1())


def name(*parts: tuple[Any, str], **options: Any) -> x509.Name:
    return x509.Name([x509.NameAttribute(kind, text, **options) for kind, text in parts or [(NameOID.COMMON_NAME, HOST)]])


def made(subject: Any = None, *, issuer: Any = None, key: Any = KEY, by: Any = None, extensions: Any = (), digest: Any = True, since: Any = NOW - 30 * DAY, until: Any = NOW + 90 * DAY, serial: int = 7, **options: Any) -> x509.Certificate:
    subject = name() if subject is None else subject
    builder = x509.CertificateBuilder(issuer or subject, subject, key.public_key(), serial, since, until)
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    return builder.sign(by or key, hashes.SHA256() if digest is True else digest, **options)


def altered(one: x509.Certificate, **fields: Any) -> bytes:
    """The same with other fields: the signature is wrong afterwards, as a file from anywhere may have it."""
    loaded = asn1.Certificate.load(one.public_bytes(DER))
    body = loaded["tbs_certificate"]
    for field, value in fields.items():
        body[field] = value
    return bytes(loaded.dump(force=True))


def read(data: bytes, *, password: str | None = None, roots: Any = (), others: Any = ()) -> CertificateFile:
    store = TrustStore(moment=NOW, own_roots=roots, intermediates=others)
    found = certificate_file(data, "x", password, store)
    assert msgspec.json.decode(msgspec.json.encode(found), type=CertificateFile) == found
    return found


def perhaps(data: bytes, **options: Any) -> CertificateFile | None:
    """What was read, or None where it was refused with words."""
    try:
        return read(data, **options)
    except Malformed:
        return None


ED = ed25519.Ed25519PrivateKey.generate()
ED448 = ed448.Ed448PrivateKey.generate()
PSS = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.DIGEST_LENGTH)
STRANGE = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4.5"), b"\x30\x00")
DNS = x509.SubjectAlternativeName([x509.DNSName(HOST)])
SEVERAL = x509.Name([x509.RelativeDistinguishedName([x509.NameAttribute(NameOID.COMMON_NAME, HOST), x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Contoso")])])
ADDRESS = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("192.0.2.1")), x509.DNSName("xn--bcher-kva.test")])
BMP = name((NameOID.COMMON_NAME, "Büro ☂"), _type=x509.name._ASN1Type.BMPString)


@pytest.mark.parametrize(
    ("one", "algorithm", "common_name"),
    [
        (made(), "RSA 2048", HOST),
        (made(key=CURVE), "EC 256", HOST),
        (made(key=ec.generate_private_key(ec.SECP521R1())), "EC 521", HOST),
        (made(key=ED, digest=None), "Ed25519", HOST),
        (made(key=ED448, digest=None), "Ed448", HOST),
        (made(rsa_padding=PSS), "RSA 2048", HOST),
        (made(key=x25519.X25519PrivateKey.generate(), by=KEY), "1.3.101.110", HOST),
        (made(extensions=[(STRANGE, True)]), "RSA 2048", HOST),
        (made(extensions=[(ADDRESS, False)]), "RSA 2048", HOST),
        (made(SEVERAL), "RSA 2048", HOST),
        (made(BMP), "RSA 2048", "Büro ☂"),
        (made(x509.Name([])), "RSA 2048", ""),
        (made(serial=2**150), "RSA 2048", HOST),
        (made(since=datetime(1950, 1, 1, tzinfo=UTC), until=datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)), "RSA 2048", HOST),
    ],
)  # fmt: skip
def test_unusual_but_sound(one: x509.Certificate, algorithm: str, common_name: str) -> None:
    for data in (one.public_bytes(DER), one.public_bytes(PEM), one.public_bytes(PEM).decode().encode("utf-16"), b"Bag Attributes\n  x: y\n" + one.public_bytes(PEM) + b"\ntrailing \xff\x00"):
        found = read(data)
        assert (found.leaf.key_text, found.leaf.common_name) == (algorithm, common_name)
        assert found.leaf.key_fault == ""
        assert found.trust.anchor == "none"


def test_names_of_all_kinds() -> None:
    found = read(made(extensions=[(ADDRESS, False)]).public_bytes(DER)).leaf
    assert (found.dns_names, found.other_names) == (("xn--bcher-kva.test",), ("IP:192.0.2.1",))
    assert not found.covers(HOST)
    assert read(made(extensions=[(DNS, False)]).public_bytes(DER)).leaf.covers(HOST.upper())


@pytest.mark.parametrize(
    "fields",
    [
        {"serial_number": -5},
        {"serial_number": 0},
        {"version": "v1"},
        {"version": "v2"},
        {"signature": algos.SignedDigestAlgorithm({"algorithm": "md5_rsa"})},
        {"subject": asn1.Name.build({"common_name": "x" * 500})},
        {"issuer_unique_id": b"\x01\x02"},
        {"extensions": asn1.Extensions([{"extn_id": "1.2.3.4", "extn_value": b"\x30\x00"}] * 2)},
    ],
)  # fmt: skip
@pytest.mark.filterwarnings("ignore")
def test_against_the_rules(fields: Any) -> None:
    """Read as far as it goes, or refused with words: never a crash, and never trusted."""
    found = perhaps(altered(made(extensions=[(DNS, False)]), **fields))
    assert found is None or found.trust.anchor == "none"


@pytest.mark.parametrize("oid", ["2.5.29.17", "2.5.29.19", "2.5.29.15", "2.5.29.37", "2.5.29.31", "1.3.6.1.5.5.7.1.1", "1.3.6.1.4.1.311.21.7", "1.3.6.1.4.1.311.20.2", "2.5.29.14"])
@pytest.mark.parametrize("value", [b"", b"\x05\x00", b"\xff", b"\x30\x00", b"\x30\x84\xff\xff\xff\xff", b"\x04\x02ab"])
def test_extensions_with_anything_in_them(oid: str, value: bytes) -> None:
    strange = x509.UnrecognizedExtension(x509.ObjectIdentifier(oid), value)
    found = perhaps(made(extensions=[(strange, False)]).public_bytes(DER))
    assert found is None or (found.trust.anchor == "none" and not found.leaf.covers(HOST))


def test_a_serial_number_below_nothing_has_no_revocation_to_ask_for() -> None:
    point = x509.CRLDistributionPoints([x509.DistributionPoint([x509.UniformResourceIdentifier("http://a.test/b")], None, None, None)])
    try:
        one = certificate(altered(made(extensions=[(point, False)]), serial_number=-5))
        facts(one)
    except Malformed:
        return
    ocsp_request(one, made())
    list_says(b"", one, made())


def test_an_issuer_that_has_expired_and_one_that_was_signed_twice() -> None:
    authority = [(x509.BasicConstraints(ca=True, path_length=None), True)]
    old_key, new_key, below = (rsa.generate_private_key(65537, 2048) for _ in range(3))
    old, new = name((NameOID.COMMON_NAME, "Old Root")), name((NameOID.COMMON_NAME, "New Root"))
    old_root = made(old, key=old_key, extensions=authority)
    new_root = made(new, key=new_key, extensions=authority)
    crossed = made(new, issuer=old, key=new_key, by=old_key, extensions=authority)
    gone = made(name((NameOID.COMMON_NAME, "Issuing")), issuer=new, key=below, by=new_key, extensions=authority, until=NOW - DAY)
    again = made(name((NameOID.COMMON_NAME, "Issuing")), issuer=new, key=below, by=new_key, extensions=authority)
    leaf = made(issuer=gone.subject, by=below)
    sent = b"".join(one.public_bytes(PEM) for one in (leaf, gone, crossed))
    [path] = [read(sent, roots=[old_root]).trust]
    assert (path.anchor, [one.name for one in path.path]) == ("own", [HOST, "Issuing", "New Root", "Old Root"])
    assert path.path[1].not_after < NOW
    shorter = read(sent, roots=[new_root]).trust
    assert (shorter.anchor, shorter.path[-1].name) == ("own", "New Root")
    assert read(sent, roots=[new_root], others=[again]).trust.anchor == "own"


@pytest.mark.parametrize("password", ["", "ä€", "secret"])
def test_a_pfx_with_several_certificates(password: str) -> None:
    """The certificate that belongs to the key is the one that is exported."""
    one, other = made(extensions=[(DNS, False)]), made(name((NameOID.COMMON_NAME, "other")), key=CURVE)
    how: Any = BestAvailableEncryption(password.encode()) if password else NoEncryption()
    data = pkcs12.serialize_key_and_certificates(b"a", KEY, one, [other], how)
    found = read(data, password=password)
    assert (found.leaf.common_name, found.has_key, found.key_matches) == (HOST, True, True)
    assert [each.name for each in found.chain] == ["other"]


def _joined(password: str, *files: bytes) -> bytes:
    """One PFX with what these hold, as a store that is exported whole."""
    parts = [content for data in files for content in asn1_pkcs12.Pfx.load(data).authenticated_safe]
    whole = asn1_pkcs12.AuthenticatedSafe(parts).dump()
    digest = hmac.digest(_derived("sha256", _as_bmp(password)[0], b"saltsalt", 1), whole, "sha256")
    info = {"digest_algorithm": {"algorithm": "sha256"}, "digest": digest}
    mac = {"mac": info, "mac_salt": b"saltsalt", "iterations": 1}
    content = {"content_type": "data", "content": whole}
    return bytes(asn1_pkcs12.Pfx({"version": "v3", "auth_safe": content, "mac_data": mac}).dump())


@pytest.mark.parametrize("password", ["secret", ""])
def test_a_pfx_with_several_keys(password: str) -> None:
    """The first key that has its certificate there is the one that counts."""
    how: Any = BestAvailableEncryption(password.encode()) if password else NoEncryption()
    own = pkcs12.serialize_key_and_certificates(b"a", KEY, made(), None, how)
    other = pkcs12.serialize_key_and_certificates(b"b", CURVE, made(name((NameOID.COMMON_NAME, "other")), key=CURVE), None, how)
    stray = pkcs12.serialize_key_and_certificates(b"c", ED, None, None, how)
    for files, first in (((own, other), HOST), ((other, own), "other"), ((stray, own), HOST)):
        found = read(_joined(password, *files), password=password)
        assert (found.leaf.common_name, found.has_key, found.key_matches) == (first, True, True)
        assert found.password_empty is (password == "")


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 1500), st.integers(1, 255), st.sampled_from([0, 1, 2]))
def test_changed_bytes(place: int, by: int, which: int) -> None:
    """Whatever is altered, it is read or refused with words; it is never trusted where it was signed."""
    root = ROOTED[0]
    data = ROOTED[1 + which]
    place %= len(data)
    changed = data[:place] + bytes([data[place] ^ by]) + data[place + 1 :]
    found = perhaps(changed, roots=[root])
    assert found is None or found.trust.anchor in {"own", "none"}


def _rooted() -> tuple[Any, ...]:
    authority = [(x509.BasicConstraints(ca=True, path_length=None), True)]
    root = made(name((NameOID.COMMON_NAME, "Root")), extensions=authority)
    uses = [(DNS, False), (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False)]
    return root, *(made(issuer=root.subject, by=KEY, key=key, extensions=uses).public_bytes(DER) for key in (KEY, CURVE, ED))


ROOTED = _rooted()


@given(st.binary(max_size=300))
def test_any_bytes(data: bytes) -> None:
    for given_bytes in (data, b"\x30" + data, b"-----BEGIN CERTIFICATE-----\n" + base64.b64encode(data) + b"\n-----END CERTIFICATE-----\n"):
        with pytest.raises(Malformed):
            certificates_in(given_bytes)


# -- keys --

GENUINE = KEY.public_key().public_numbers()


def _prime(of: Any) -> int:
    while True:
        candidate = of()
        if pow(2, candidate - 1, candidate) == 1 and pow(3, candidate - 1, candidate) == 1:
            return int(candidate)


def _roca() -> int:
    """A modulus as the faulty chips made them: both primes are powers of 65537 modulo a product of small primes."""
    chance = random.Random(7)
    product = 1
    for prime in [n for n in range(2, 168) if all(n % d for d in range(2, n))]:
        product *= prime
    def one() -> int:
        return chance.getrandbits(60) * product + pow(65537, chance.getrandbits(40), product)

    return _prime(one) * _prime(one)


@pytest.mark.parametrize(
    ("modulus", "exponent", "fault"),
    [
        (GENUINE.n, 65537, ""),
        (GENUINE.n, 3, ""),
        (GENUINE.n, 1, "exponent is 1"),
        (GENUINE.n, 0, "exponent is 0"),
        (GENUINE.n, -3, "exponent is -3"),
        (GENUINE.n, 65536, "exponent is 65536"),
        (GENUINE.n * 3, 65537, "small factor"),
        (GENUINE.n**2, 65537, "square"),
        (0, 65537, "no number of a key"),
        (_roca(), 65537, "ROCA"),
    ],
    ids=lambda value: str(value)[:20] if isinstance(value, str) else "",
)  # fmt: skip
def test_keys_that_protect_nothing(modulus: int, exponent: int, fault: str) -> None:
    assert fault in rsa_fault(modulus, exponent)
    assert bool(fault) == bool(rsa_fault(modulus, exponent))


@pytest.mark.parametrize("bits", [1024, 2048, 3072])
def test_keys_as_everybody_makes_them(bits: int) -> None:
    assert rsa_fault(rsa.generate_private_key(65537, bits).public_key().public_numbers().n, 65537) == ""


def test_a_certificate_with_an_exponent_of_one() -> None:
    spki = keys.PublicKeyInfo.wrap(keys.RSAPublicKey({"modulus": GENUINE.n, "public_exponent": 1}), "rsa")
    try:
        found = read(altered(made(), subject_public_key_info=spki))
    except Malformed:
        return
    assert "exponent is 1" in found.leaf.key_fault


def test_files_of_this_kind(tmp_path: Path) -> None:
    """DER in a file that is called .pem, and the reverse."""
    for number, data in enumerate((made().public_bytes(DER), made().public_bytes(PEM))):
        path = tmp_path / ("a.pem", "a.cer")[number]
        path.write_bytes(data)
        assert read(path.read_bytes()).form == ("der", "pem")[number]
