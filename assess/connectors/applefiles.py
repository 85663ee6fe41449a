"""The files of Apple's programmes: a public key goes to Apple, a token comes back. No I/O."""

from datetime import datetime
from email import message_from_bytes
from email.message import Message

from asn1crypto import cms
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key

from assess.connectors.x509facts import (
    LIBRARY_ERRORS,
    Malformed,
    armoured,
    bare_base64,
    certificate,
    facts,
    kind_of_der,
    plain_bytes,
)
from assess.evidence.applefiles import Envelope, PublicKey
from assess.language import msg, tr

_LONGEST_HEADER = 4096  # bytes before the body of an S/MIME file


def public_key(data: bytes, name: str) -> PublicKey:
    """The public key of a PEM, DER or Base64 file, in a certificate or bare; raises Malformed."""
    data = plain_bytes(data)
    blocks = armoured(data)
    for block in blocks:
        if block.label in {"CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE"}:
            return PublicKey(name, "certificate", facts(certificate(block.der)).key_text)
        if block.label == "PUBLIC KEY":
            return PublicKey(name, "public key", _key_text(block.der))
    if blocks:
        raise Malformed(tr("it holds {}, no public key", blocks[0].label.lower()))
    der = data if data[:1] == b"\x30" else bare_base64(data) or data
    if kind_of_der(der) != "x509":
        raise Malformed("it holds no public key")
    try:
        return PublicKey(name, "certificate", facts(certificate(der)).key_text)
    except Malformed:
        return PublicKey(name, "public key", _key_text(der))


def _key_text(der: bytes) -> str:
    try:
        key = load_der_public_key(der)
    except LIBRARY_ERRORS:
        raise Malformed("it holds bytes that are no public key") from None
    match key:
        case rsa.RSAPublicKey():
            return f"RSA {key.key_size}"
        case ec.EllipticCurvePublicKey():
            return f"EC {key.key_size}"
        case _:
            return type(key).__name__


def envelope(data: bytes, name: str, modified: datetime) -> Envelope:
    """What kind of thing the file is; an S/MIME envelope is recognised, and not opened."""
    kind = _kind(plain_bytes(data))
    return Envelope(name, kind == "enveloped_data", _WORDS.get(kind, kind), modified)


_WORDS = {
    "enveloped_data": msg("an encrypted PKCS #7 envelope"),
    "signed_data": msg("a signed PKCS #7 file, which is not encrypted"),
    "x509": msg("a certificate, a request or a key"),
    "pkcs12": msg("a PFX file"),
    "": msg("a file of no known kind"),
}


def _kind(data: bytes) -> str:
    blocks = [] if _is_message(data) else _blocks(data)
    if blocks:
        label, der = blocks[0]
        if label not in {"PKCS7", "CMS"}:
            return tr("PEM with {}", label.lower())
        return _content(der)
    message = message_from_bytes(data) if _is_message(data) else None
    body = _body(message) if message is not None else data
    der = body if body[:1] == b"\x30" else bare_base64(body) or b""
    known = kind_of_der(der)
    return _content(der) if known == "pkcs7" else known


def _blocks(data: bytes) -> list[tuple[str, bytes]]:
    try:
        return [(block.label, block.der) for block in armoured(data)]
    except Malformed:
        return []


def _is_message(data: bytes) -> bool:
    return b"pkcs7-mime" in data[:_LONGEST_HEADER].lower()


def _body(message: Message) -> bytes:
    try:
        payload = message.get_payload(decode=True)
    except LIBRARY_ERRORS:
        return b""
    return payload if isinstance(payload, bytes) else b""


def _content(der: bytes) -> str:
    """``enveloped_data`` and its like; "" where the file is cut short or damaged."""
    try:
        outer = cms.ContentInfo.load(der)
        kind = str(outer["content_type"].native)
        empty = kind == "enveloped_data" and not len(outer["content"]["recipient_infos"])
    except LIBRARY_ERRORS:
        return ""
    return "" if empty else kind
