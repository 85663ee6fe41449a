"""The endpoints show ssl what they should: the good, the bad and the silent."""

import socket
import ssl
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509 import ocsp

from lab.pki import Credential, Pki
from lab.revocation import RevocationServer
from lab.tls import Endpoint, answering

pytestmark = pytest.mark.server

NAME = "cmg.contoso.com"


@pytest.fixture
def issuing(pki: Pki) -> Credential:
    return pki.intermediate(pki.root())


@pytest.fixture
def leaf(pki: Pki, issuing: Credential) -> Credential:
    return pki.issue(issuing, NAME)


def handshake(
    endpoint: Endpoint, ca_file: Path, context: ssl.SSLContext | None = None, timeout: float = 5
) -> str:
    """The protocol agreed upon, with a verified certificate for `NAME`."""
    context = context or ssl.create_default_context(cafile=str(ca_file))
    with (
        socket.create_connection((endpoint.host, endpoint.port), timeout=timeout) as plain,
        context.wrap_socket(plain, server_hostname=NAME) as wrapped,
    ):
        return wrapped.version() or ""


def test_a_full_chain_is_trusted(leaf: Credential, tls_server: Callable[..., Endpoint]) -> None:
    assert handshake(tls_server(leaf), leaf.root.certificate) == "TLSv1.3"


def test_a_forgotten_intermediate_is_not(
    leaf: Credential, tls_server: Callable[..., Endpoint]
) -> None:
    with pytest.raises(ssl.SSLCertVerificationError, match="unable to get local issuer"):
        handshake(tls_server(leaf, chain=False), leaf.root.certificate)


def test_a_certificate_for_another_name(
    pki: Pki, issuing: Credential, tls_server: Callable[..., Endpoint]
) -> None:
    other = pki.issue(issuing, "other.contoso.com")
    with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
        handshake(tls_server(other), other.root.certificate)


def test_a_weak_key(pki: Pki, issuing: Credential, tls_server: Callable[..., Endpoint]) -> None:
    weak = pki.issue(issuing, NAME, key="rsa:1024")
    with pytest.raises(ssl.SSLCertVerificationError, match="EE certificate key too weak"):
        handshake(tls_server(weak), weak.root.certificate)


def test_old_protocols_only(leaf: Credential, tls_server: Callable[..., Endpoint]) -> None:
    endpoint = tls_server(leaf, protocol="tls1")
    with pytest.raises(ssl.SSLError, match=r"protocol|version|legacy"):
        handshake(endpoint, leaf.root.certificate)
    old = ssl.create_default_context(cafile=str(leaf.root.certificate))
    old.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1 is deprecated"):
        old.minimum_version = ssl.TLSVersion.TLSv1
    assert handshake(endpoint, leaf.root.certificate, old) == "TLSv1"


def test_a_server_that_wants_a_client_certificate(
    pki: Pki, leaf: Credential, tls_server: Callable[..., Endpoint]
) -> None:
    client = pki.issue(leaf.root, "client", usages=["clientAuth"])
    endpoint = tls_server(leaf, client_ca=client.root, protocol="tls1_2")
    with pytest.raises((ssl.SSLError, ConnectionError)):
        handshake(endpoint, leaf.root.certificate)
    known = ssl.create_default_context(cafile=str(leaf.root.certificate))
    known.load_cert_chain(client.certificate, client.key)
    assert handshake(endpoint, leaf.root.certificate, known) == "TLSv1.2"


def test_https_answers_requests(leaf: Credential, https_server: Callable[..., Endpoint]) -> None:
    endpoint = https_server(
        leaf, answering({"/hello": (200, "application/json", b'{"a": 1}')}), address="127.77.0.81"
    )
    on_name = leaf.root.certificate
    with requests.Session() as session:
        session.trust_env = False
        with pytest.raises(requests.exceptions.SSLError, match="mismatch"):
            session.get("https://cm01.ad.contoso.test/hello", verify=str(on_name), timeout=5)
    assert endpoint.address == "127.77.0.81:443"


def test_https_under_the_name_of_its_certificate(
    pki: Pki, issuing: Credential, https_server: Callable[..., Endpoint]
) -> None:
    site = pki.issue(issuing, "cm01.ad.contoso.test")
    https_server(site, answering({"/hello": (200, "text/plain", b"hello")}), address="127.77.0.81")
    with requests.Session() as session:
        session.trust_env = False
        session.verify = str(site.root.certificate)
        assert session.get("https://cm01.ad.contoso.test/hello", timeout=5).text == "hello"
        assert session.get("https://cm01.ad.contoso.test/else", timeout=5).status_code == 404


@pytest.mark.parametrize(
    ("how", "error"),
    [
        ("silent", TimeoutError),
        ("drip", TimeoutError),
        ("reset", ConnectionResetError),
        ("close", (ssl.SSLError, ConnectionResetError)),
        ("plain", ssl.SSLError),
        ("refuse", ConnectionRefusedError),
    ],
)
def test_misbehaving(
    how: str, error: type[Exception], pki: Pki, misbehaving: Callable[..., Endpoint]
) -> None:
    trusted = pki.root().certificate
    with pytest.raises(error):
        drained(misbehaving(how), trusted)


def drained(endpoint: Endpoint, ca_file: Path) -> None:
    """A handshake with a deadline for the whole, as a client needs against a server that drips."""
    context = ssl.create_default_context(cafile=str(ca_file))
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    session = context.wrap_bio(incoming, outgoing, server_hostname=NAME)
    with socket.create_connection((endpoint.host, endpoint.port), timeout=0.5) as plain:
        for _ in range(12):
            try:
                session.do_handshake()
            except ssl.SSLWantReadError:
                plain.sendall(outgoing.read())
                received = plain.recv(65536)
                incoming.write(received) if received else incoming.write_eof()
    raise TimeoutError


def asked(server: RevocationServer, leaf: Credential, issuer: Credential) -> ocsp.OCSPResponse:
    question = (
        ocsp.OCSPRequestBuilder().add_certificate(leaf.x509, issuer.x509, hashes.SHA256()).build()
    )
    request = urllib.request.Request(
        server.ocsp,
        question.public_bytes(serialization.Encoding.DER),
        {"Content-Type": "application/ocsp-request"},
    )
    with urllib.request.urlopen(request, timeout=5) as answer:
        return ocsp.load_der_ocsp_response(answer.read())


def test_a_revoked_certificate_is_said_to_be(
    pki: Pki, issuing: Credential, revocation: Callable[[Pki, Credential], RevocationServer]
) -> None:
    server = revocation(pki, issuing)
    leaf = pki.issue(issuing, NAME, ocsp=server.ocsp, crl=server.crl)
    assert asked(server, leaf, issuing).certificate_status is ocsp.OCSPCertStatus.GOOD
    pki.revoke(leaf, reason="superseded")
    response = asked(server, leaf, issuing)
    assert response.certificate_status is ocsp.OCSPCertStatus.REVOKED
    assert response.revocation_reason is x509.ReasonFlags.superseded
    with urllib.request.urlopen(server.crl, timeout=5) as answer:
        revoked = x509.load_der_x509_crl(answer.read())
    assert revoked.is_signature_valid(issuing.x509.public_key())  # type: ignore[arg-type]
    assert revoked.get_revoked_certificate_by_serial_number(leaf.x509.serial_number) is not None


def test_a_certificate_of_nobody_is_unknown(
    pki: Pki, issuing: Credential, revocation: Callable[[Pki, Credential], RevocationServer]
) -> None:
    server = revocation(pki, issuing)
    stranger = pki.issue(pki.intermediate(issuing.root, "Another Issuing CA"), NAME)
    answer = asked(server, Credential(stranger.certificate, stranger.key, issuing), issuing)
    assert answer.certificate_status is ocsp.OCSPCertStatus.UNKNOWN
