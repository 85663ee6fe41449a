"""Certificates, requests and key files, made by the OpenSSL command line as a customer's administrator makes them.

What OpenSSL cannot write (the attributes that Windows puts into a request) is built with asn1crypto.

    pki = Pki(folder)
    root = pki.root()
    issuing = pki.intermediate(root)
    leaf = pki.issue(issuing, "cmg.contoso.com", names=["cmg.contoso.com"])
    pki.pfx(leaf, password="secret")

A certificate is valid for `ALWAYS` unless said otherwise, so that a client that looks at the clock accepts it in any
year; `around` gives dates relative to the moment that is judged from.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Literal, TypeAlias

import pytest
from asn1crypto import algos, core
from asn1crypto import csr as asn1_csr
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from lab.process import run

Validity: TypeAlias = tuple[datetime, datetime]
"""From, until; aware, UTC."""
Encryption: TypeAlias = Literal["aes", "3des", "rc2"]

ALWAYS: Validity = (datetime(2020, 1, 1, tzinfo=UTC), datetime(2099, 12, 31, tzinfo=UTC))
SCHANNEL = "Microsoft RSA SChannel Cryptographic Provider"
KEY_STORAGE = "Microsoft Software Key Storage Provider"

_ENCRYPTION: dict[Encryption, list[str]] = {
    "aes": [],
    "3des": ["-legacy", "-keypbe", "PBE-SHA1-3DES", "-certpbe", "PBE-SHA1-3DES"],
    "rc2": ["-legacy", "-keypbe", "PBE-SHA1-3DES", "-certpbe", "PBE-SHA1-RC2-40"],
}
_CLIENT_INFO = "1.3.6.1.4.1.311.21.20"
_ENROLMENT_CSP = "1.3.6.1.4.1.311.13.2.2"
_OS_VERSION = "1.3.6.1.4.1.311.13.2.3"
_CERTIFICATE_TEMPLATE_NAME = "1.3.6.1.4.1.311.20.2"


def around(as_of: datetime, *, before: float = 30, after: float = 365) -> Validity:
    """Valid from ``before`` days before that moment until ``after`` days behind it; both may be negative."""
    return as_of - timedelta(days=before), as_of + timedelta(days=after)


@dataclass(frozen=True)
class Credential:
    """A certificate and its key, both PEM files, and who issued it (None: itself)."""

    certificate: Path
    key: Path
    issuer: "Credential | None" = None

    @cached_property
    def x509(self) -> x509.Certificate:
        return x509.load_pem_x509_certificate(self.certificate.read_bytes())

    @property
    def der(self) -> bytes:
        return self.x509.public_bytes(serialization.Encoding.DER)

    @property
    def pem(self) -> str:
        return self.certificate.read_text()

    @property
    def sha1(self) -> str:
        """The thumbprint as Windows shows it: 40 hexadecimal digits, upper case."""
        return self.x509.fingerprint(hashes.SHA1()).hex().upper()

    @property
    def sha256(self) -> str:
        return self.x509.fingerprint(hashes.SHA256()).hex().upper()

    @property
    def issuers(self) -> list["Credential"]:
        """Who issued it, who issued that, up to the root."""
        return [] if self.issuer is None else [self.issuer, *self.issuer.issuers]

    @property
    def root(self) -> "Credential":
        return self.issuers[-1] if self.issuer else self


class Pki:
    """Everything it makes lies in ``folder``; each issuer keeps its list of certificates there (`revoke`, `crl`)."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._numbers = itertools.count(1)

    def root(
        self,
        cn: str = "Contoso Root CA",
        *,
        key: str = "ec:P-256",
        digest: str = "sha256",
        valid: Validity = ALWAYS,
    ) -> Credential:
        return self.self_signed(cn, key=key, digest=digest, valid=valid, authority=True)

    def intermediate(
        self,
        issuer: Credential,
        cn: str = "Contoso Issuing CA",
        *,
        key: str = "ec:P-256",
        digest: str = "sha256",
        valid: Validity = ALWAYS,
        ocsp: str | None = None,
        crl: str | None = None,
    ) -> Credential:
        extensions = _extensions([], [], [], [], ocsp, crl, None, authority=True)
        return self._sign(issuer, f"/CN={_escaped(cn)}", self._key(key), extensions, digest, valid)

    def issue(
        self,
        issuer: Credential,
        cn: str,
        *,
        names: Sequence[str] | None = None,
        addresses: Sequence[str] = (),
        emails: Sequence[str] = (),
        key: str | Path = "rsa:2048",
        digest: str = "sha256",
        valid: Validity = ALWAYS,
        usages: Sequence[str] = ("serverAuth",),
        ocsp: str | None = None,
        crl: str | None = None,
        ca_issuers: str | None = None,
        subject: str | None = None,
    ) -> Credential:
        """A certificate for ``names`` (absent: the common name alone; empty: no alternative name).

        ``key`` is ``rsa:<bits>``, ``ec:<curve>`` or the key file of another. ``usages`` are OpenSSL's names or dotted
        identifiers. ``subject`` replaces ``/CN=...`` as a whole.
        """
        extensions = _extensions(
            [cn] if names is None else names,
            addresses,
            emails,
            usages,
            ocsp,
            crl,
            ca_issuers,
            authority=False,
        )
        return self._sign(
            issuer, subject or f"/CN={_escaped(cn)}", self._key(key), extensions, digest, valid
        )

    def self_signed(
        self,
        cn: str,
        *,
        names: Sequence[str] | None = None,
        key: str | Path = "rsa:2048",
        digest: str = "sha256",
        valid: Validity = ALWAYS,
        usages: Sequence[str] = ("serverAuth",),
        authority: bool = False,
    ) -> Credential:
        alternative = [] if authority else ([cn] if names is None else names)
        extensions = _extensions(
            alternative, [], [], [] if authority else usages, None, None, None, authority=authority
        )
        return self._sign(None, f"/CN={_escaped(cn)}", self._key(key), extensions, digest, valid)

    def revoke(self, credential: Credential, *, reason: str = "keyCompromise") -> None:
        """From now on the issuer's list and its OCSP responder say so."""
        issuer = _issuer_of(credential)
        revoked = ("-revoke", str(credential.certificate), "-crl_reason", reason)
        run([*self._ca(issuer), *revoked])

    def crl(self, issuer: Credential, *, valid: Validity = ALWAYS) -> bytes:
        """The issuer's list of revoked certificates, DER."""
        lists = self._new("crl.pem")
        dates = ("-crl_lastupdate", _asn1_time(valid[0]), "-crl_nextupdate", _asn1_time(valid[1]))
        run([*self._ca(issuer), "-gencrl", "-out", str(lists), *dates])
        return _openssl("crl", "-in", lists, "-outform", "DER")

    def database(self, issuer: Credential) -> Path:
        """The issuer's list of what it issued and revoked, in OpenSSL's form."""
        self._ca(issuer)
        return _index(issuer)

    def pfx(
        self,
        credential: Credential,
        *,
        password: str = "",
        encryption: Encryption = "aes",
        with_key: bool = True,
        chain: bool | Sequence[Credential] = True,
        csp: str | None = None,
        friendly_name: str | None = None,
    ) -> Path:
        """A PKCS #12 file; ``chain`` is the issuers (true), nobody (false) or those named."""
        out = self._new("pfx")
        options: list[str | Path] = ["-in", credential.certificate, "-out", out]
        options += ["-inkey", credential.key] if with_key else ["-nokeys"]
        others = credential.issuers if chain is True else list(chain or [])
        if others:
            options += ["-certfile", self.bundle(others)]
        if csp is not None:
            options += ["-CSP", csp]
        if friendly_name is not None:
            options += ["-name", friendly_name]
        options += [*_ENCRYPTION[encryption], "-passout", f"pass:{password}"]
        _openssl("pkcs12", "-export", *options)
        return out

    def csr(
        self,
        cn: str,
        *,
        names: Sequence[str] | None = None,
        key: str | Path = "rsa:2048",
        digest: str = "sha256",
        subject: str | None = None,
    ) -> Path:
        """A request as OpenSSL writes it, PEM. ``names`` as in `issue`."""
        out = self._new("csr")
        options: list[str | Path] = ["-key", self._key(key), f"-{digest}", "-out", out]
        alternative = [f"DNS:{name}" for name in ([cn] if names is None else names)]
        if alternative:
            options += ["-addext", f"subjectAltName={','.join(alternative)}"]
        self._request(subject or f"/CN={_escaped(cn)}", *options)
        return out

    def windows_csr(
        self,
        cn: str,
        *,
        names: Sequence[str] | None = None,
        key: str | Path = "rsa:2048",
        csp: str | None = SCHANNEL,
        machine: str = "CM01.ad.contoso.test",
        user: str = "CONTOSO\\administrator",
        process: str = "certreq",
        template: str | None = None,
    ) -> Path:
        """A request as ``certreq -new`` writes it, PEM: with client info, provider name and template name."""
        signing_key = self._key(key)
        plain = self.csr(cn, names=names, key=signing_key)
        request = asn1_csr.CertificationRequest.load(_pem_to_der(plain.read_text()))
        info = request["certification_request_info"]
        attributes = [(_OS_VERSION, core.IA5String("10.0.20348.2"))]
        attributes.append((_CLIENT_INFO, _client_info(machine, user, process)))
        if csp is not None:
            attributes.append((_ENROLMENT_CSP, _provider(csp)))
        if template is not None:
            attributes.append((_CERTIFICATE_TEMPLATE_NAME, core.BMPString(template)))
        existing = [attribute.dump() for attribute in info["attributes"]]
        added = [_attribute(oid, value) for oid, value in attributes]
        body = _sequence(
            info["version"].dump()
            + info["subject"].dump()
            + info["subject_pk_info"].dump()
            + _tlv(0xA0, b"".join(sorted([*existing, *added])))
        )
        return self._signed_request(body, signing_key)

    def p7b(self, *credentials: Credential, pem: bool = True) -> Path:
        """A PKCS #7 file with certificates only."""
        out = self._new("p7b")
        form = "PEM" if pem else "DER"
        bundle = self.bundle(credentials)
        _openssl("crl2pkcs7", "-nocrl", "-certfile", bundle, "-outform", form, "-out", out)
        return out

    def der(self, credential: Credential, *, suffix: str = "cer") -> Path:
        out = self._new(suffix)
        out.write_bytes(credential.der)
        return out

    def bundle(self, credentials: Sequence[Credential]) -> Path:
        """Their certificates in one PEM file, in this order."""
        out = self._new("pem")
        out.write_text("".join(credential.pem for credential in credentials))
        return out

    def ca_file(self, credential: Credential) -> Path:
        """The root above it: what a client must trust."""
        return credential.root.certificate

    # How it is made

    def _new(self, suffix: str) -> Path:
        return self.folder / f"{next(self._numbers):03}.{suffix}"

    def _settings(self) -> Path:
        """An empty configuration, so that the machine's own changes nothing."""
        path = self.folder / "empty.cnf"
        if not path.exists():
            path.write_text(
                "[req]\ndistinguished_name = dn\nstring_mask = utf8only\nutf8 = yes\n[dn]\n"
            )
        return path

    def _key(self, kind: str | Path) -> Path:
        if isinstance(kind, Path):
            return kind
        algorithm, size = kind.split(":")
        out = self._new("key")
        option = {"rsa": "rsa_keygen_bits", "ec": "ec_paramgen_curve"}[algorithm]
        _openssl("genpkey", "-algorithm", algorithm, "-pkeyopt", f"{option}:{size}", "-out", out)
        return out

    def _request(self, subject: str, *options: str | Path) -> None:
        _openssl("req", "-new", "-config", self._settings(), "-utf8", "-subj", subject, *options)

    def _sign(
        self,
        issuer: Credential | None,
        subject: str,
        key: Path,
        extensions: str,
        digest: str,
        valid: Validity,
    ) -> Credential:
        request = self._new("csr")
        out = self._new("pem")
        self._request(subject, "-key", key, "-out", request)
        section = self._new("ext")
        section.write_text(f"[extensions]\n{extensions}")
        signer = Credential(out, key) if issuer is None else issuer
        run(
            [
                *self._ca(signer, self_signing=issuer is None),
                *("-in", str(request), "-out", str(out), "-md", digest, "-utf8"),
                *("-extfile", str(section), "-extensions", "extensions"),
                *("-startdate", _asn1_time(valid[0]), "-enddate", _asn1_time(valid[1])),
            ]
        )
        return Credential(out, key, issuer)

    def _ca(self, issuer: Credential, *, self_signing: bool = False) -> list[str]:
        """``openssl ca`` on the issuer's own database, which is made at the first use."""
        index = _index(issuer)
        settings = issuer.key.with_suffix(".cnf")
        if not settings.exists():
            index.write_text("")
            settings.write_text(
                f"[ca]\ndefault_ca=own\n[own]\ndatabase={index}\nnew_certs_dir={self.folder}\nrand_serial=yes\n"
                "unique_subject=no\nemail_in_dn=no\ndefault_md=sha256\npolicy=any\nstring_mask=utf8only\n"
                "preserve=yes\n[any]\ncommonName=optional\n"
            )
        command = ["openssl", "ca", "-config", str(settings), "-batch", "-notext", "-preserveDN"]
        command += ["-keyfile", str(issuer.key)]
        return command + (["-selfsign"] if self_signing else ["-cert", str(issuer.certificate)])

    def _signed_request(self, body: bytes, key: Path) -> Path:
        private = serialization.load_pem_private_key(key.read_bytes(), None)
        if not isinstance(private, rsa.RSAPrivateKey):
            raise TypeError("a Windows request is made with an RSA key here")
        signature = private.sign(body, padding.PKCS1v15(), hashes.SHA256())
        algorithm = algos.SignedDigestAlgorithm({"algorithm": "sha256_rsa"}).dump()
        whole = _sequence(
            body + algorithm + core.BitString.load(_tlv(0x03, b"\0" + signature)).dump()
        )
        out = self._new("csr")
        out.write_bytes(x509.load_der_x509_csr(whole).public_bytes(serialization.Encoding.PEM))
        return out


def _openssl(*arguments: str | Path) -> bytes:
    return run(["openssl", *map(str, arguments)])


def _index(issuer: Credential) -> Path:
    return issuer.key.with_suffix(".index")


def _issuer_of(credential: Credential) -> Credential:
    if credential.issuer is None:
        raise ValueError("a certificate that signed itself cannot be revoked")
    return credential.issuer


def _extensions(
    names: Sequence[str],
    addresses: Sequence[str],
    emails: Sequence[str],
    usages: Sequence[str],
    ocsp: str | None,
    crl: str | None,
    ca_issuers: str | None,
    *,
    authority: bool,
) -> str:
    alternative = [f"DNS:{name}" for name in names]
    alternative += [f"IP:{address}" for address in addresses] + [
        f"email:{email}" for email in emails
    ]
    access = [f"OCSP;URI:{ocsp}"] if ocsp else []
    access += [f"caIssuers;URI:{ca_issuers}"] if ca_issuers else []
    lines = {
        "basicConstraints": "critical,CA:TRUE" if authority else "critical,CA:FALSE",
        "keyUsage": "critical,keyCertSign,cRLSign,digitalSignature"
        if authority
        else "critical,digitalSignature,keyEncipherment",
        "subjectKeyIdentifier": "hash",
        "authorityKeyIdentifier": "keyid",
        "subjectAltName": ",".join(alternative),
        "extendedKeyUsage": ",".join(usages),
        "authorityInfoAccess": ",".join(access),
        # In a section of its own, where commas do not part values.
        "crlDistributionPoints": "@lists" if crl else "",
    }
    named = "".join(f"{name}={value}\n" for name, value in lines.items() if value)
    return f"{named}[lists]\nURI.0={crl}\n" if crl else named


def _escaped(text: str) -> str:
    """A value within OpenSSL's ``/CN=...`` notation."""
    return text.replace("\\", "\\\\").replace("/", "\\/").replace("+", "\\+")


def _asn1_time(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y%m%d%H%M%SZ")


def _pem_to_der(text: str) -> bytes:
    return x509.load_pem_x509_csr(text.encode()).public_bytes(serialization.Encoding.DER)


def _tlv(tag: int, content: bytes) -> bytes:
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(octets)]) + octets + content


def _sequence(content: bytes) -> bytes:
    return _tlv(0x30, content)


def _attribute(oid: str, value: core.Asn1Value) -> bytes:
    return _sequence(core.ObjectIdentifier(oid).dump() + _tlv(0x31, value.dump()))


def _client_info(machine: str, user: str, process: str) -> core.Asn1Value:
    """SEQUENCE { clientId INTEGER, MachineName, UserName, ProcessName UTF8String }; 9 is certreq's client."""
    content = core.Integer(9).dump() + b"".join(
        core.UTF8String(text).dump() for text in (machine, user, process)
    )
    return core.Any.load(_sequence(content))


def _provider(name: str) -> core.Asn1Value:
    """SEQUENCE { KeySpec INTEGER, cspName BMPString, signature BIT STRING }; 1 is a key for exchange."""
    content = core.Integer(1).dump() + core.BMPString(name).dump() + _tlv(0x03, b"\0")
    return core.Any.load(_sequence(content))


@pytest.fixture
def pki(tmp_path: Path) -> Pki:
    """An empty public key infrastructure of this test's own."""
    return Pki(tmp_path / "pki")


@pytest.fixture(scope="session")
def lab_pki(tmp_path_factory: pytest.TempPathFactory) -> Pki:
    """The laboratory's own, for servers that only need to be trusted."""
    return Pki(tmp_path_factory.mktemp("lab-pki"))


@pytest.fixture(scope="session")
def lab_ca(lab_pki: Pki) -> Credential:
    """The root that the laboratory's servers hang from."""
    return lab_pki.root("Lab Root CA")
