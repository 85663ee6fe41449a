"""Certificates and requests in any wrapping, down to their facts. No I/O, no key leaves here.

Everything that is no certificate raises ``Malformed``, with a few words about what it is instead.
"""

import base64
import binascii
import hashlib
import plistlib
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple, Protocol, TypeVar

from asn1crypto import cms, core, keys, parser
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import AuthorityInformationAccessOID

from assess.connectors.weakkeys import rsa_fault
from assess.evidence.certificates import Attribute, Certificate, Request, Template
from assess.language import tr

# What the libraries raise on bytes that are no certificate (warnings, where they are errors).
LIBRARY_ERRORS = (
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    OverflowError,
    RecursionError,
    UnsupportedAlgorithm,
    InvalidSignature,
    x509.DuplicateExtension,
    x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,
    Warning,
)

ENROLMENT_PROVIDER = "1.3.6.1.4.1.311.13.2.2"
CLIENT_INFO = "1.3.6.1.4.1.311.21.20"
TEMPLATE_NAME = "1.3.6.1.4.1.311.20.2"

_ALGORITHMS = {
    "rsa": "RSA",
    "rsassa_pss": "RSA",
    "ec": "EC",
    "dsa": "DSA",
    "ed25519": "Ed25519",
    "ed448": "Ed448",
}
_CURVES = {
    "secp192r1": 192, "secp224r1": 224, "secp256r1": 256, "secp384r1": 384, "secp521r1": 521,
    "secp256k1": 256, "brainpoolp256r1": 256, "brainpoolp384r1": 384, "brainpoolp512r1": 512,
}  # fmt: skip
# Signature algorithms that the library no longer names the hash of, or never did.
_OLD_HASHES = {
    "1.2.840.113549.1.1.2": "md2",
    "1.2.840.113549.1.1.4": "md5",
    "1.2.840.113549.1.1.5": "sha1",
    "1.3.14.3.2.29": "sha1",
    "1.2.840.10040.4.3": "sha1",
    "1.2.840.10045.4.1": "sha1",
}
_USAGES = (
    "digital_signature", "content_commitment", "key_encipherment", "data_encipherment",
    "key_agreement", "key_cert_sign", "crl_sign",
)  # fmt: skip
_ARMOUR = re.compile(rb"-----BEGIN ([A-Z0-9 ]{1,40})-----\s*(.*?)-----END \1-----", re.DOTALL)
_BASE64 = re.compile(rb"[A-Za-z0-9+/=\s]+")
_INTEGER, _OBJECT_IDENTIFIER, _SEQUENCE = 0x02, 0x06, 0x30
_SHORTEST = 8  # bytes: less is a header at most
_STRINGS = {12: "utf-8", 19: "ascii", 20: "latin-1", 22: "ascii", 30: "utf-16-be"}

E = TypeVar("E", bound=x509.ExtensionType)


class Malformed(Exception):
    """The bytes are not what they should be; the message says so in half a sentence."""


class Block(NamedTuple):
    """One armoured part of a PEM file: its label, and the bytes within."""

    label: str
    der: bytes


def plain_bytes(data: bytes) -> bytes:
    """The bytes, or the text in them where they are one that Windows wrote as UTF-16."""
    if data[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return data.decode("utf-16", "replace").encode("utf-8", "replace")
    return data.removeprefix(b"\xef\xbb\xbf")


def armoured(data: bytes) -> list[Block]:
    """The parts of a PEM file, in its order; raises Malformed where one is no Base64."""
    found = []
    for label, body in _ARMOUR.findall(data):
        # Headers (Proc-Type, DEK-Info) of old key files end at the first empty line.
        text = body.replace(b"\r\n", b"\n").rpartition(b"\n\n")[2] if b":" in body else body
        try:
            found.append(
                Block(label.decode(), base64.b64decode(b"".join(text.split()), validate=True))
            )
        except binascii.Error:
            raise Malformed(tr("its part {} is no Base64 text", label.decode())) from None
    return found


def bare_base64(data: bytes) -> bytes | None:
    """What a text of nothing but Base64 stands for, else None."""
    if not data.strip() or not _BASE64.fullmatch(data):
        return None
    try:
        return base64.b64decode(b"".join(data.split()), validate=True)
    except binascii.Error:
        return None


def kind_of_der(data: bytes) -> str:
    """``pkcs12``, ``pkcs7`` or ``x509`` by the first element of the outer sequence, else "".

    Only the beginning is looked at, so that a file whose end is missing is known for what it was.
    """
    if data[:1] != b"\x30" or len(data) < _SHORTEST:
        return ""
    start = 2 + (data[1] & 0x7F if data[1] & 0x80 else 0)
    return {_INTEGER: "pkcs12", _OBJECT_IDENTIFIER: "pkcs7", _SEQUENCE: "x509"}.get(
        data[start] if start < len(data) else -1, ""
    )


def certificate(der: bytes) -> x509.Certificate:
    """The certificate in DER bytes; raises Malformed.

    The library reads names late: they are read here, so that nobody stumbles over them later.
    """
    try:
        found = x509.load_der_x509_certificate(der)
        _ = found.subject, found.issuer
    except LIBRARY_ERRORS:
        raise Malformed("it holds bytes that are no certificate") from None
    return found


def certificates_of_pkcs7(der: bytes) -> list[x509.Certificate]:
    """The certificates in a P7B; raises Malformed."""
    try:
        outer = cms.ContentInfo.load(der)
        if outer["content_type"].native != "signed_data":
            raise Malformed(tr("it is a PKCS #7 file of the kind {}", outer["content_type"].native))
        choices = outer["content"]["certificates"]
        found = [choice.chosen.dump() for choice in choices if choice.name == "certificate"]
    except LIBRARY_ERRORS:
        raise Malformed("it is a damaged PKCS #7 file") from None
    return [certificate(one) for one in found]


@lru_cache(maxsize=4096)
def facts(found: x509.Certificate) -> Certificate:
    """The facts of a certificate; raises Malformed where an extension cannot be read."""
    try:
        return _facts(found)
    except LIBRARY_ERRORS as error:
        raise Malformed(
            tr("a certificate in it has fields that cannot be read ({})", type(error).__name__)
        ) from None


def _facts(found: x509.Certificate) -> Certificate:
    der = found.public_bytes(Encoding.DER)
    key = _key(_spki(found))
    constraints = _extension(found, x509.BasicConstraints)
    names, others = _alternative_names(found)
    return Certificate(
        subject=_attributes(found.subject),
        issuer=_attributes(found.issuer),
        serial=f"{found.serial_number:X}",
        sha1=hashlib.sha1(der, usedforsecurity=False).hexdigest().upper(),
        sha256=_digest(der),
        not_before=found.not_valid_before_utc,
        not_after=found.not_valid_after_utc,
        key_algorithm=key.algorithm,
        key_bits=key.bits,
        key_fault=key.fault,
        spki_sha256=key.digest,
        signature_algorithm=found.signature_algorithm_oid.dotted_string,
        signature_hash=_signature_hash(found),
        dns_names=names,
        other_names=others,
        eku=_eku(found),
        key_usage=_key_usage(found),
        template=_template(found),
        crl_urls=tuple(_crl_urls(found)),
        ocsp_urls=_access(found, AuthorityInformationAccessOID.OCSP),
        ca_issuer_urls=_access(found, AuthorityInformationAccessOID.CA_ISSUERS),
        is_ca=constraints is not None and constraints.ca,
        path_length=None if constraints is None else constraints.path_length,
        self_signed=found.subject == found.issuer and issued_by(found, found),
    )


def issued_by(one: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Whether the issuer's name and key made the signature on ``one``, with whatever hash."""
    return one.issuer == issuer.subject and signed_by(one, one.tbs_certificate_bytes, issuer)


class Signed(Protocol):
    """A certificate, a revocation list, an answer of a responder: whatever has a signature."""

    @property
    def signature(self) -> bytes:
        """The signature itself."""
        ...

    @property
    def signature_algorithm_oid(self) -> x509.ObjectIdentifier:
        """How it was made."""
        ...

    @property
    def signature_hash_algorithm(self) -> hashes.HashAlgorithm | None:
        """Of which hash, None where the algorithm has none of its own."""
        ...


def signed_by(one: Signed, body: bytes, issuer: x509.Certificate) -> bool:
    """Whether the issuer's key made the signature of ``one`` on its ``body``."""
    try:
        _verify(one, body, issuer.public_key())
    except LIBRARY_ERRORS:
        return False
    return True


def _verify(one: Signed, body: bytes, key: PublicKeyTypes) -> None:
    """Not the library's own way of verifying: that refuses the SHA-1 of old roots."""
    old = _signature_hash(one) == "sha1"
    hashed = hashes.SHA1() if old else one.signature_hash_algorithm  # noqa: S303 - only looked at
    match key:
        case rsa.RSAPublicKey() if hashed is not None:
            # An answer of a responder does not tell its parameters, which only PSS needs.
            parameters = getattr(one, "signature_algorithm_parameters", padding.PKCS1v15())
            if not isinstance(parameters, padding.PKCS1v15 | padding.PSS):
                raise InvalidSignature
            key.verify(one.signature, body, parameters, hashed)
        case ec.EllipticCurvePublicKey() if hashed is not None:
            key.verify(one.signature, body, ec.ECDSA(hashed))
        case ed25519.Ed25519PublicKey() | ed448.Ed448PublicKey():
            key.verify(one.signature, body)
        case _:
            raise InvalidSignature


def public_half(key: PublicKeyTypes) -> str:
    """The digest of a public key in its usual form, whatever form it was read from."""
    return _digest(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))


def is_for(found: x509.Certificate, public_key: str) -> bool:
    """Whether a certificate is for the key with this ``public_half``."""
    try:
        return public_half(found.public_key()) == public_key
    except LIBRARY_ERRORS:
        return False


def _digest(der: bytes) -> str:
    return hashlib.sha256(der).hexdigest().upper()


def request(data: bytes, name: str) -> Request:
    """The facts of a certificate request in PEM, DER or bare Base64; raises Malformed."""
    der = _request_bytes(plain_bytes(data))
    try:
        found = x509.load_der_x509_csr(der)
        return _request(found, name)
    except LIBRARY_ERRORS as error:
        raise Malformed(
            tr("it holds no certificate request that can be read ({})", type(error).__name__)
        ) from None


def _request_bytes(data: bytes) -> bytes:
    blocks = armoured(data)
    for block in blocks:
        if block.label in {"CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST"}:
            der = block.der
            break
    else:
        if blocks:
            raise Malformed(tr("it holds {}, no certificate request", blocks[0].label.lower()))
        der = bare_base64(data) or data
        if der.lstrip()[:5] == b"<?xml":
            der = _request_for_apple(der)
    match kind_of_der(der):
        case "pkcs7":
            raise Malformed(
                "it is a request wrapped in CMC (PKCS #7); a PKCS #10 request is needed"
            )
        case "pkcs12":
            raise Malformed("it is a PFX file, no certificate request")
        case "x509":
            return der
        case _:
            raise Malformed("it is no certificate request")


def _request_for_apple(data: bytes) -> bytes:
    """The request in a property list, as a vendor of device management signs it for Apple."""
    try:
        inner = plistlib.loads(data, fmt=plistlib.FMT_XML)["PushCertRequestCSR"]
        blocks = armoured(inner if isinstance(inner, bytes) else inner.encode())
    except Exception:  # noqa: BLE001 - what the parser raises for hostile text is not documented
        raise Malformed("it is no property list with a request for Apple") from None
    if blocks:
        return blocks[0].der
    plain = inner if isinstance(inner, bytes) else inner.encode()
    return plain if plain[:1] == b"\x30" else bare_base64(plain) or plain


def _request(found: x509.CertificateSigningRequest, name: str) -> Request:
    key = _key(_request_spki(found))
    names, others = _alternative_names(found)
    own = dict(_microsoft(found))
    info = own.get(CLIENT_INFO, [])
    provider = own.get(ENROLMENT_PROVIDER, [])
    return Request(
        name=name,
        subject=_attributes(found.subject),
        key_algorithm=key.algorithm,
        key_bits=key.bits,
        key_fault=key.fault,
        spki_sha256=key.digest,
        signature_hash=_signature_hash(found),
        signature_valid=bool(found.is_signature_valid),
        dns_names=names,
        other_names=others,
        eku=_eku(found),
        machine=info[0] if info else "",
        process=info[2] if len(info) > 2 else "",  # noqa: PLR2004 - machine, user, process
        provider=provider[0] if provider else "",
        template=_template(found),
    )


def _microsoft(found: x509.CertificateSigningRequest) -> Iterator[tuple[str, list[str]]]:
    """The texts in the attributes that Windows adds, by identifier."""
    for attribute in found.attributes:
        oid = attribute.oid.dotted_string
        if oid in {CLIENT_INFO, ENROLMENT_PROVIDER}:
            yield oid, _texts(attribute.value)


def _texts(content: bytes) -> list[str]:
    """The strings among the elements of a sequence's content, or of a sequence in it."""
    found = []
    while content:
        _, method, tag, header, value, trailer = parser.parse(content)
        if method:
            found += _texts(value)
        elif tag in _STRINGS:
            found.append(value.decode(_STRINGS[tag], "replace").rstrip("\0"))
        content = content[len(header) + len(value) + len(trailer) :]
    return found


def _spki(found: x509.Certificate) -> bytes:
    """The SubjectPublicKeyInfo as it stands in the certificate."""
    body = core.Sequence.load(found.tbs_certificate_bytes)
    # version (where it is not the first one), serial, signature, issuer, validity, subject, key
    return bytes(body[6 if found.version is x509.Version.v3 else 5].dump())


def _request_spki(found: x509.CertificateSigningRequest) -> bytes:
    return bytes(core.Sequence.load(found.tbs_certrequest_bytes)[2].dump())


class _Key(NamedTuple):
    """What a SubjectPublicKeyInfo says."""

    algorithm: str
    bits: int | None
    digest: str
    fault: str


def _key(spki: bytes) -> _Key:
    info: Any = keys.PublicKeyInfo.load(spki)
    named = info["algorithm"]["algorithm"]
    algorithm = _ALGORITHMS.get(named.native, named.dotted)
    fault = ""
    if algorithm == "RSA":
        numbers = info["public_key"].parsed
        fault = rsa_fault(numbers["modulus"].native, numbers["public_exponent"].native)
    return _Key(algorithm, _bits(info, algorithm), _digest(spki), fault)


def _bits(info: Any, algorithm: str) -> int | None:  # noqa: ANN401 - a type without types
    """The size of a key; None where its kind has none, or it is not one of the usual curves."""
    try:
        if algorithm == "EC":
            kind, curve = info.curve
            return _CURVES.get(curve) if kind == "named" else None
        return int(info.bit_size) if algorithm in {"RSA", "DSA"} else None
    except LIBRARY_ERRORS:
        return None


def _attributes(name: x509.Name) -> tuple[Attribute, ...]:
    return tuple(
        Attribute(
            one.rfc4514_attribute_name or one.oid.dotted_string,
            one.value.hex() if isinstance(one.value, bytes) else one.value,
        )
        for one in name
    )


def _signature_hash(found: Signed) -> str:
    oid = found.signature_algorithm_oid.dotted_string
    if oid in _OLD_HASHES:
        return _OLD_HASHES[oid]
    algorithm = found.signature_hash_algorithm
    return "" if algorithm is None else algorithm.name


def _extension(found: x509.Certificate | x509.CertificateSigningRequest, kind: type[E]) -> E | None:
    try:
        return found.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def _alternative_names(
    found: x509.Certificate | x509.CertificateSigningRequest,
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    names = _extension(found, x509.SubjectAlternativeName)
    if names is None:
        return (), ()
    dns = tuple(one.value for one in names if isinstance(one, x509.DNSName))
    return dns, tuple(_other_name(one) for one in names if not isinstance(one, x509.DNSName))


def _other_name(name: x509.GeneralName) -> str:
    match name:
        case x509.IPAddress():
            return f"IP:{name.value}"
        case x509.RFC822Name():
            return f"email:{name.value}"
        case x509.UniformResourceIdentifier():
            return f"URI:{name.value}"
        case x509.DirectoryName():
            return f"name:{name.value.rfc4514_string()}"
        case x509.OtherName():
            return f"other:{name.type_id.dotted_string}"
        case _:
            return "other"


def _eku(found: x509.Certificate | x509.CertificateSigningRequest) -> tuple[str, ...] | None:
    usages = _extension(found, x509.ExtendedKeyUsage)
    return None if usages is None else tuple(one.dotted_string for one in usages)


def _key_usage(found: x509.Certificate) -> tuple[str, ...] | None:
    usage = _extension(found, x509.KeyUsage)
    return None if usage is None else tuple(name for name in _USAGES if getattr(usage, name))


def _template(found: x509.Certificate | x509.CertificateSigningRequest) -> Template | None:
    newer = _extension(found, x509.MSCertificateTemplate)
    if newer is not None:
        return Template(oid=newer.template_id.dotted_string)
    for extension in found.extensions:
        if extension.oid.dotted_string == TEMPLATE_NAME:
            value = extension.value
            if isinstance(value, x509.UnrecognizedExtension):
                return Template(name="".join(_texts(value.value)[:1]))
    if isinstance(found, x509.CertificateSigningRequest):
        for attribute in found.attributes:
            if attribute.oid.dotted_string == TEMPLATE_NAME:
                return Template(name=attribute.value.decode("utf-16-be", "replace"))
    return None


def _crl_urls(found: x509.Certificate) -> Iterator[str]:
    for point in _extension(found, x509.CRLDistributionPoints) or ():
        for name in point.full_name or ():
            if isinstance(name, x509.UniformResourceIdentifier):
                yield name.value


def _access(found: x509.Certificate, method: x509.ObjectIdentifier) -> tuple[str, ...]:
    return tuple(
        one.access_location.value
        for one in _extension(found, x509.AuthorityInformationAccess) or ()
        if one.access_method == method
        and isinstance(one.access_location, x509.UniformResourceIdentifier)
    )


def is_leaf_of(chain: list[x509.Certificate]) -> x509.Certificate:
    """The certificate that issued none of the others; the first, where several did not."""
    issuers = {one.issuer for one in chain if one.issuer != one.subject}
    leaves = [one for one in chain if one.subject not in issuers]
    entities = [one for one in leaves if not facts(one).is_ca]
    return (entities or leaves or chain)[0]
