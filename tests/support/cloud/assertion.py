"""The check of a client assertion against the certificates that the application registered."""

from base64 import urlsafe_b64encode

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from cloud.tenant import App

LONGEST_LIFE = 3600 * 24


def objection(assertion: str, app: App, audiences: frozenset[str], now: float) -> str | None:
    """Return what is wrong with ``assertion``, in Entra's words, or None."""
    try:
        header = jwt.get_unverified_header(assertion)
    except jwt.InvalidTokenError:
        return "AADSTS50027: JWT token is invalid or malformed."
    certificate = next((c for c in app.certificates if _named_by(header, c)), None)
    if certificate is None:
        thumbprint = header.get("x5t#S256") or header.get("x5t") or "none"
        return (
            "AADSTS700027: The certificate with identifier used to sign the client assertion is not "
            f"registered on application. [Reason - The key was not found., Thumbprint of key used by "
            f"client: '{thumbprint}']"
        )
    key = certificate.public_key()
    if not isinstance(key, RSAPublicKey):
        return "AADSTS700027: The key of the client assertion must be an RSA key."
    lenient = {"verify_aud": False, "verify_exp": False, "verify_nbf": False, "verify_iat": False}
    try:
        claims = jwt.decode(assertion, key, algorithms=["RS256", "PS256"], options=lenient)  # type: ignore[arg-type]
    except jwt.InvalidTokenError:
        return "AADSTS700027: Client assertion failed signature validation."
    return _claims_objection(claims, app, audiences, now) or _expired(certificate, now)


def _claims_objection(
    claims: dict[str, object], app: App, audiences: frozenset[str], now: float
) -> str | None:
    if claims.get("aud") not in audiences:
        return "AADSTS700023: Client assertion audience claim does not match Realm issuer."
    if claims.get("iss") != app.client_id or claims.get("sub") != app.client_id:
        return "AADSTS700021: Client assertion application identifier does not match 'client_id'."
    expires = claims.get("exp")
    if not isinstance(expires, int | float) or not now - 300 < expires < now + LONGEST_LIFE:
        return "AADSTS700024: Client assertion is not within its valid time range."
    if not claims.get("jti"):
        return "AADSTS50027: JWT token is invalid or malformed."
    return None


def _expired(certificate: x509.Certificate, now: float) -> str | None:
    if certificate.not_valid_after_utc.timestamp() <= now:
        return "AADSTS700027: Client assertion failed. [Reason - The key used is expired.]"
    return None


def _named_by(header: dict[str, object], certificate: x509.Certificate) -> bool:
    modern = "x5t#S256" in header
    given = str(header.get("x5t#S256" if modern else "x5t", "")).rstrip("=")
    return given == _thumbprint(certificate, hashes.SHA256() if modern else hashes.SHA1())


def _thumbprint(certificate: x509.Certificate, algorithm: hashes.HashAlgorithm) -> str:
    return urlsafe_b64encode(certificate.fingerprint(algorithm)).decode().rstrip("=")
