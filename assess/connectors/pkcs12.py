"""A PFX (PKCS #12) opened: its certificates, and what can be said of its key. The key stays here.

Loading an RSA key the ordinary way proves that its primes are primes, which takes longer than all
the rest together. So the parts are taken out one by one: the key bag is decrypted without that
proof, and only to hold its public half against the certificates; the certificates are decrypted by
OpenSSL from a copy of the file that has no key; and the integrity of the whole is checked here.
What this way does not know (a key among the certificates, a newer integrity algorithm) is loaded
the ordinary way.
"""

import hashlib
import hmac
from collections.abc import Iterator
from functools import partial
from typing import Any, NamedTuple

from asn1crypto import parser
from asn1crypto import pkcs12 as asn1
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import load_der_private_key, pkcs12

from assess.connectors.x509facts import (
    LIBRARY_ERRORS,
    Malformed,
    certificate,
    is_for,
    public_half,
)
from assess.language import tr

PROVIDER_NAME = "1.3.6.1.4.1.311.17.1"
_SHROUDED, _PLAIN_KEY, _CERTIFICATE = "pkcs8_shrouded_key_bag", "key_bag", "cert_bag"
_KNOWN_BAGS = frozenset({_SHROUDED, _PLAIN_KEY, _CERTIFICATE, "crl_bag", "secret_bag"})
# More rounds than any tool asks for: a file that asks for more only wants to keep us busy.
_MOST_ROUNDS = 10_000_000
_BLOCK = {"sha1": 64, "sha224": 64, "sha256": 64, "sha384": 128, "sha512": 128}
_INTEGRITY_KEY = 3


class WrongPasswordError(Exception):
    """The password does not open it, or it was altered so that no password would."""


class NoPasswordError(Exception):
    """It has a password, and none was given."""


class Opened(NamedTuple):
    """What is in the file. ``public_key``: the digest of its public half, "" without a key."""

    certificates: list[x509.Certificate]
    public_key: str
    provider: str
    protection: tuple[str, ...]
    mac: str
    password_empty: bool


class _Parts(NamedTuple):
    pfx: Any
    bags: list[Any]
    encrypted: list[Any]
    provider: str


def provider_name(data: bytes) -> str:
    """The key provider that Windows wrote beside the key, readable without the password; or ""."""
    return _parts(data).provider


def open_pfx(data: bytes, password: str | None) -> Opened:
    """Open a PFX. Without a password the empty one is tried.

    Raises NoPasswordError, WrongPasswordError, or Malformed where it is damaged or is no PFX.
    """
    parts = _parts(data)
    protection = tuple(dict.fromkeys(_protection(parts)))
    try:
        certificates, key = _opened(data, parts, password or "")
    except WrongPasswordError:
        if password is None:
            raise NoPasswordError from None
        raise
    if not certificates:
        raise Malformed("it is a PFX file without a certificate")
    return Opened(
        certificates,
        "" if key is None else public_half(key.public_key()),
        parts.provider,
        protection,
        _mac_name(parts.pfx),
        password_empty=not password,
    )


def _parts(data: bytes) -> _Parts:
    try:
        pfx: Any = asn1.Pfx.load(data, strict=True)
        if pfx["auth_safe"]["content_type"].native != "data":
            raise Malformed("it is a PFX file that a public key protects, which is not read")
        bags: list[Any] = []
        encrypted: list[Any] = []
        for content in pfx.authenticated_safe:
            kind = content["content_type"].native
            if kind == "data":
                bags += asn1.SafeContents.load(content["content"].native)
            elif kind == "encrypted_data":
                encrypted.append(content)
            else:
                raise Malformed(
                    tr("it is a PFX file with a part of the kind {}, which is not read", kind)
                )
        _refuse_endless(pfx, bags, encrypted)
        provider = next(filter(None, map(_provider, bags)), "")
    except LIBRARY_ERRORS:
        raise Malformed("it is a damaged PFX file, or none") from None
    return _Parts(pfx, bags, encrypted, provider)


def _provider(bag: Any) -> str:  # noqa: ANN401 - of a library without types
    if bag["bag_id"].native not in {_SHROUDED, _PLAIN_KEY}:
        return ""
    for attribute in bag["bag_attributes"]:
        # By number: the library knows it under a name that belongs to its neighbour.
        if attribute["type"].dotted == PROVIDER_NAME:
            text: bytes = parser.parse(attribute["values"].contents)[4]
            return text.decode("utf-16-be", "replace").rstrip("\0")
    return ""


def _opened(
    data: bytes, parts: _Parts, password: str
) -> tuple[list[x509.Certificate], PrivateKeyTypes | None]:
    intact = _intact(parts.pfx, password)
    simple = all(bag["bag_id"].native in _KNOWN_BAGS for bag in parts.bags)
    shrouded = any(bag["bag_id"].native == _SHROUDED for bag in parts.bags)
    closed = shrouded or bool(parts.encrypted)
    if intact is None or not simple or (closed and not password):  # no password decrypts nothing
        return _loaded(data, password)
    if not intact:
        raise _why_not_intact(parts, password)
    try:
        keys = list(_keys(parts.bags, password))
        inner, inner_key = _decrypted(parts, password)
    except LIBRARY_ERRORS:
        raise Malformed(
            "it is a PFX file whose password is right, but whose contents are damaged or encrypted "
            "in a way that is not read"
        ) from None
    held = [*_certificates(parts.bags), *inner]
    return held, _fitting(keys, held) or inner_key


def _fitting(keys: list[PrivateKeyTypes], held: list[x509.Certificate]) -> PrivateKeyTypes | None:
    """The first key that has its certificate in the file, else the first, else none."""
    if len(keys) > 1:
        for key in keys:
            public = public_half(key.public_key())
            if any(is_for(one, public) for one in held):
                return key
    return keys[0] if keys else None


def _why_not_intact(parts: _Parts, password: str) -> Exception:
    """The password is wrong; or it opens a part, and then the file was altered."""
    shrouded = any(bag["bag_id"].native == _SHROUDED for bag in parts.bags)
    for there, opens in (
        (shrouded, partial(_first_key, parts.bags)),
        (parts.encrypted, partial(_decrypted, parts)),
    ):
        try:
            if there:
                opens(password)
                return Malformed(
                    "it is a damaged PFX file: the password opens it, its integrity check fails"
                )
        except LIBRARY_ERRORS:
            continue
    return WrongPasswordError()


def _keys(bags: list[Any], password: str) -> Iterator[PrivateKeyTypes]:
    for bag in bags:
        kind = bag["bag_id"].native
        if kind in {_SHROUDED, _PLAIN_KEY}:
            der = bag["bag_value"].untag().dump()
            given = password.encode() if kind == _SHROUDED else None
            yield load_der_private_key(der, given, unsafe_skip_rsa_key_validation=True)


def _first_key(bags: list[Any], password: str) -> PrivateKeyTypes | None:
    return next(_keys(bags, password), None)


def _decrypted(
    parts: _Parts, password: str
) -> tuple[list[x509.Certificate], PrivateKeyTypes | None]:
    """What the encrypted parts hold, mostly certificates alone."""
    if not parts.encrypted:
        return [], None
    contents = asn1.AuthenticatedSafe(parts.encrypted).dump()
    copy = asn1.Pfx({"version": "v3", "auth_safe": {"content_type": "data", "content": contents}})
    return _all(pkcs12.load_pkcs12(copy.dump(), password.encode()))


def _loaded(data: bytes, password: str) -> tuple[list[x509.Certificate], PrivateKeyTypes | None]:
    try:
        return _all(pkcs12.load_pkcs12(data, password.encode()))
    except LIBRARY_ERRORS:
        raise WrongPasswordError from None


def _all(
    found: pkcs12.PKCS12KeyAndCertificates,
) -> tuple[list[x509.Certificate], PrivateKeyTypes | None]:
    held = [found.cert, *found.additional_certs]
    return [one.certificate for one in held if one is not None], found.key


def _certificates(bags: list[Any]) -> Iterator[x509.Certificate]:
    for bag in bags:
        if bag["bag_id"].native == _CERTIFICATE:
            yield certificate(bag["bag_value"]["cert_value"].parsed.dump())


def _intact(pfx: Any, password: str) -> bool | None:  # noqa: ANN401
    """Whether the integrity check holds with this password; None: it is of an unknown kind."""
    try:
        mac = pfx["mac_data"]
        if mac.native is None:
            return None
        info = mac["mac"]
        digest = info["digest_algorithm"]["algorithm"].native
        if digest not in _BLOCK:
            return None
        content, salt = pfx["auth_safe"]["content"].native, mac["mac_salt"].native
        expected, rounds = info["digest"].native, mac["iterations"].native
    except LIBRARY_ERRORS:
        return None
    return any(
        hmac.compare_digest(
            hmac.digest(_derived(digest, text, salt, rounds), content, digest), expected
        )
        for text in _as_bmp(password)
    )


def _as_bmp(password: str) -> tuple[bytes, ...]:
    """UTF-16 with a closing zero; tools differ in whether an empty password has one."""
    text = password.encode("utf-16-be", "surrogatepass") + b"\0\0"
    return (text,) if password else (text, b"")


def _derived(digest: str, password: bytes, salt: bytes, rounds: int) -> bytes:
    """The integrity key (RFC 7292, appendix B.2); one block of the digest is all that is needed."""
    block = _BLOCK[digest]

    def filled(text: bytes) -> bytes:
        size = -(-len(text) // block) * block
        return (text * (size // len(text) + 1))[:size] if text else b""

    derived = bytes([_INTEGRITY_KEY]) * block + filled(salt) + filled(password)
    for _ in range(rounds):
        derived = hashlib.new(digest, derived, usedforsecurity=False).digest()
    return derived


def _refuse_endless(pfx: Any, bags: list[Any], encrypted: list[Any]) -> None:  # noqa: ANN401
    rounds = [0 if pfx["mac_data"].native is None else pfx["mac_data"]["iterations"].native]
    rounds += [_rounds(algorithm) for algorithm in _algorithms(bags, encrypted)]
    if max(rounds) > _MOST_ROUNDS:
        raise Malformed(
            tr(
                "it is a PFX file that demands {} rounds of key derivation, far more than any "
                "tool uses",
                max(rounds),
            )
        )


def _rounds(algorithm: Any) -> int:  # noqa: ANN401
    try:
        return int(algorithm.kdf_iterations)
    except LIBRARY_ERRORS:
        return 0


def _algorithms(bags: list[Any], encrypted: list[Any]) -> Iterator[Any]:
    for bag in bags:
        if bag["bag_id"].native == _SHROUDED:
            yield bag["bag_value"]["encryption_algorithm"]
    for content in encrypted:
        yield content["content"]["encrypted_content_info"]["content_encryption_algorithm"]


def _protection(parts: _Parts) -> Iterator[str]:
    """The ciphers, in words such as ``aes256_cbc`` or ``pkcs12_sha1_rc2_40``."""
    for algorithm in _algorithms(parts.bags, parts.encrypted):
        try:
            if algorithm["algorithm"].native == "pbes2":
                yield str(algorithm["parameters"]["encryption_scheme"]["algorithm"].native)
            else:
                yield str(algorithm["algorithm"].native)
        except LIBRARY_ERRORS:
            yield "an unknown cipher"


def _mac_name(pfx: Any) -> str:  # noqa: ANN401
    try:
        mac = pfx["mac_data"]
        return "" if mac.native is None else str(mac["mac"]["digest_algorithm"]["algorithm"].native)
    except LIBRARY_ERRORS:
        return ""
