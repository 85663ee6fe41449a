"""What OpenSSL made is what was asked for, as cryptography and asn1crypto read it."""

from datetime import UTC, datetime

import pytest
from asn1crypto import core
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs7, pkcs12
from cryptography.x509.oid import ExtendedKeyUsageOID
from cryptography.x509.verification import PolicyBuilder, Store

from lab.pki import SCHANNEL, Credential, Encryption, Pki, around

AS_OF = datetime(2026, 11, 20, tzinfo=UTC)


@pytest.fixture
def issuing(pki: Pki) -> Credential:
    return pki.intermediate(pki.root())


def test_a_chain_verifies(pki: Pki, issuing: Credential) -> None:
    leaf = pki.issue(issuing, "cmg.contoso.com", names=["cmg.contoso.com", "*.contoso.com"])
    verifier = (
        PolicyBuilder()
        .store(Store([leaf.root.x509]))
        .time(AS_OF)
        .build_server_verifier(x509.DNSName("cmg.contoso.com"))
    )
    assert [each.subject for each in verifier.verify(leaf.x509, [issuing.x509])] == [
        each.x509.subject for each in (leaf, *leaf.issuers)
    ]


def test_names_dates_key_and_purpose_are_as_asked(pki: Pki, issuing: Credential) -> None:
    leaf = pki.issue(
        issuing,
        "Zürich/+Cloud",
        names=["a.test", "b.test"],
        addresses=["192.0.2.7"],
        key="ec:P-384",
        digest="sha384",
        valid=around(AS_OF, before=10, after=-2),
        usages=["clientAuth", "1.3.6.1.4.1.311.20.2.2"],
        ocsp="http://ocsp.test/",
        crl="http://crl.test/a.crl",
    ).x509
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert leaf.subject.rfc4514_string() == "CN=Zürich/\\+Cloud"
    assert names.get_values_for_type(x509.DNSName) == ["a.test", "b.test"]
    assert [str(each) for each in names.get_values_for_type(x509.IPAddress)] == ["192.0.2.7"]
    assert isinstance(leaf.public_key(), ec.EllipticCurvePublicKey)
    assert (leaf.not_valid_before_utc, leaf.not_valid_after_utc) == around(
        AS_OF, before=10, after=-2
    )
    usages = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert ExtendedKeyUsageOID.CLIENT_AUTH in usages
    assert ExtendedKeyUsageOID.SERVER_AUTH not in usages


def test_weak_ones_can_be_made(pki: Pki, issuing: Credential) -> None:
    weak = pki.issue(issuing, "old.test", names=[], key="rsa:1024", digest="sha1").x509
    key = weak.public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    assert key.key_size == 1024
    assert weak.signature_hash_algorithm is not None
    assert weak.signature_hash_algorithm.name == "sha1"
    with pytest.raises(x509.ExtensionNotFound):
        weak.extensions.get_extension_for_class(x509.SubjectAlternativeName)


@pytest.mark.parametrize("encryption", ["aes", "3des", "rc2"])
@pytest.mark.parametrize("password", ["", "Pässword"])
def test_a_pfx_opens_with_its_password_only(
    pki: Pki, issuing: Credential, encryption: Encryption, password: str
) -> None:
    leaf = pki.issue(issuing, "cmg.contoso.com")
    pfx = pki.pfx(leaf, password=password, encryption=encryption).read_bytes()
    opened = pkcs12.load_pkcs12(pfx, password.encode())
    assert opened.key is not None
    assert opened.cert is not None
    assert opened.cert.certificate == leaf.x509
    assert len(opened.additional_certs) == 2
    with pytest.raises(ValueError, match="Invalid password"):
        pkcs12.load_pkcs12(pfx, b"wrong")


def test_a_pfx_without_key_or_chain(pki: Pki, issuing: Credential) -> None:
    leaf = pki.issue(issuing, "cmg.contoso.com")
    assert (
        pkcs12.load_pkcs12(pki.pfx(leaf, with_key=False, password="x").read_bytes(), b"x").key
        is None
    )
    assert not pkcs12.load_pkcs12(pki.pfx(leaf, chain=False).read_bytes(), b"").additional_certs


def test_a_pfx_names_the_provider_of_its_key(pki: Pki, issuing: Credential) -> None:
    pfx = pki.pfx(pki.issue(issuing, "cmg.contoso.com"), csp=SCHANNEL).read_bytes()
    assert core.BMPString(SCHANNEL).contents in pfx


def test_a_request_of_windows_says_who_made_it(pki: Pki) -> None:
    request = x509.load_pem_x509_csr(
        pki.windows_csr("cmg.contoso.com", template="WebServer").read_bytes()
    )
    values = {attribute.oid.dotted_string: attribute.value for attribute in request.attributes}
    names = request.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert request.is_signature_valid
    assert names.get_values_for_type(x509.DNSName) == ["cmg.contoso.com"]
    assert b"CM01.ad.contoso.test" in values["1.3.6.1.4.1.311.21.20"]
    assert SCHANNEL.encode("utf-16-be") in values["1.3.6.1.4.1.311.13.2.2"]
    assert values["1.3.6.1.4.1.311.20.2"] == "WebServer".encode("utf-16-be")


def test_a_plain_request(pki: Pki) -> None:
    request = x509.load_pem_x509_csr(pki.csr("cmg.contoso.com", key="ec:P-256").read_bytes())
    assert request.is_signature_valid
    assert not [
        each for each in request.attributes if each.oid.dotted_string.startswith("1.3.6.1.4.1.311")
    ]


def test_other_forms(pki: Pki, issuing: Credential) -> None:
    assert x509.load_der_x509_certificate(pki.der(issuing).read_bytes()) == issuing.x509
    assert (
        x509.load_pem_x509_certificates(pki.bundle([issuing, issuing.root]).read_bytes())[1]
        == issuing.root.x509
    )
    one = pki.p7b(issuing)
    assert pkcs7.load_pem_pkcs7_certificates(one.read_bytes()) == [issuing.x509]
    assert pkcs7.load_der_pkcs7_certificates(pki.p7b(issuing, pem=False).read_bytes()) == [
        issuing.x509
    ]
