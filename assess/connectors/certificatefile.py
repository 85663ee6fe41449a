"""A certificate file of any form, down to the facts of its certificates and its key. No I/O."""

from collections.abc import Iterable, Sequence
from typing import Literal

from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_der_private_key

from assess.connectors.pkcs12 import open_pfx
from assess.connectors.trust import TrustStore
from assess.connectors.x509facts import (
    LIBRARY_ERRORS,
    Block,
    Malformed,
    armoured,
    bare_base64,
    certificate,
    certificates_of_pkcs7,
    facts,
    is_for,
    is_leaf_of,
    kind_of_der,
    plain_bytes,
    public_half,
)
from assess.evidence.certificates import Certificate, CertificateFile
from assess.language import tr

_MOST = 500  # certificates in one file; a list of every public root has 150
_KEYS = "PRIVATE KEY"


def certificate_file(
    data: bytes, name: str, password: str | None, store: TrustStore
) -> CertificateFile:
    """The facts of a file of whatever form.

    Raises Malformed, and NoPasswordError or WrongPasswordError where it does not open.
    """
    data = plain_bytes(data)
    if kind_of_der(data) == "pkcs12":
        opened = open_pfx(data, password)
        held, key = opened.certificates, opened.public_key
        leaf = next((one for one in held if key and is_for(one, key)), None)
        matching = leaf is not None
        leaf = leaf or is_leaf_of(held)
        return CertificateFile(
            name=name,
            form="pkcs12",
            leaf=facts(leaf),
            chain=_others(leaf, held),
            trust=store.judge(leaf, held),
            has_key=bool(key),
            key_matches=matching if key else None,
            provider=opened.provider,
            protection=opened.protection,
            mac=opened.mac,
            password_empty=opened.password_empty,
        )
    blocks = armoured(data)
    held = certificates_in(data)
    leaf = is_leaf_of(held)
    keys = [block for block in blocks if block.label.endswith(_KEYS)]
    matches = _pem_key_matches(keys, password, leaf)
    return CertificateFile(
        name=name,
        form=_form(data, blocks),
        leaf=facts(leaf),
        chain=_others(leaf, held),
        trust=store.judge(leaf, held),
        has_key=bool(keys),
        key_matches=matches,
    )


def certificates_in(data: bytes) -> list[x509.Certificate]:
    """The certificates of a PEM, DER or P7B file, at least one; raises Malformed."""
    data = plain_bytes(data)
    blocks = armoured(data)
    found: list[x509.Certificate] = []
    for block in blocks:
        if block.label in {"CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE"}:
            found.append(certificate(block.der))
        elif block.label in {"PKCS7", "CMS"}:
            found += certificates_of_pkcs7(block.der)
    if not blocks:
        found = _bare(data)
    if not found:
        raise Malformed(
            tr("there is no certificate in it; it holds {}", blocks[0].label.lower())
            if blocks
            else "there is no certificate in it"
        )
    if len(found) > _MOST:
        raise Malformed(
            tr("it holds {} certificates, more than the {} that are read", len(found), _MOST)
        )
    return list(dict.fromkeys(found))


def _bare(data: bytes) -> list[x509.Certificate]:
    der = data if data[:1] == b"\x30" else bare_base64(data) or data
    match kind_of_der(der):
        case "pkcs7":
            return certificates_of_pkcs7(der)
        case "pkcs12":
            raise Malformed("it is a PFX file where a certificate without key is expected")
        case "x509":
            return [certificate(der)]
        case _:
            raise Malformed("it is no certificate file")


def _form(data: bytes, blocks: Sequence[Block]) -> Literal["pkcs7", "pem", "der"]:
    if blocks:
        return "pkcs7" if blocks[0].label in {"PKCS7", "CMS"} else "pem"
    return "pkcs7" if kind_of_der(data) == "pkcs7" else "der"


def wants_password(data: bytes) -> bool:
    """Whether a file is of a kind that a password may open."""
    return kind_of_der(data) == "pkcs12" or b"ENCRYPTED" in data


def _others(leaf: x509.Certificate, held: Iterable[x509.Certificate]) -> tuple[Certificate, ...]:
    return tuple(facts(one) for one in dict.fromkeys(held) if one != leaf)


def _pem_key_matches(
    keys: Sequence[Block], password: str | None, leaf: x509.Certificate
) -> bool | None:
    """Whether one of the keys is the leaf's; None where there is none, or it does not open."""
    for block in keys:
        given = password.encode() if password and "ENCRYPTED" in block.label else None
        try:
            key = load_der_private_key(block.der, given, unsafe_skip_rsa_key_validation=True)
            return is_for(leaf, public_half(key.public_key()))
        except LIBRARY_ERRORS:
            continue
    return None
