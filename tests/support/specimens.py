"""Evidence of certificates, made by hand: what a check gets to see."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from assess.evidence import Missing
from assess.evidence.certificates import (
    CLIENT_AUTHENTICATION,
    SERVER_AUTHENTICATION,
    Attribute,
    Certificate,
    CertificateFile,
    Request,
    Step,
    Store,
    StoreEntry,
    Template,
    Trust,
)
from assess.evidence.tls import Endpoints, Seen, Served

NOW = datetime(2026, 11, 20, 21, 10, tzinfo=UTC)
HOST = "cmg.contoso.com"
SCHANNEL = "Microsoft RSA SChannel Cryptographic Provider"
KEY_STORAGE = "Microsoft Software Key Storage Provider"
REFUSED = Missing("the source did not answer", "Ask it again.")


def unset(key: str) -> Missing:
    """A key of the engagement file that nobody has set."""
    return Missing(f"{key} is not set in contoso.toml", f"Set {key} in contoso.toml.", key)


def name(text: str) -> tuple[Attribute, ...]:
    """``"C=DE, O=Contoso, CN=x"`` as attributes."""
    parts = (part.strip().partition("=") for part in text.split(",") if part.strip())
    return tuple(Attribute(kind, value) for kind, _, value in parts)


def cert(
    cn: str = HOST,
    *,
    days: float = 90,
    since: float = 30,
    subject: str | None = None,
    issuer: str = "CN=Issuing",
    dns: tuple[str, ...] | None = None,
    key: str = "RSA 2048",
    template: Template | None = None,
    **more: Any,
) -> Certificate:
    """A certificate with ``days`` left, made ``since`` days ago."""
    algorithm, _, bits = key.partition(" ")
    facts: dict[str, Any] = {
        "subject": name(f"CN={cn}" if subject is None else subject), "issuer": name(issuer), "serial": "01",
        "sha1": "AB" * 20, "sha256": "CD" * 32, "not_before": NOW - timedelta(days=since),
        "not_after": NOW + timedelta(days=days), "key_algorithm": algorithm, "key_bits": int(bits) if bits else None,
        "spki_sha256": "EF" * 32, "signature_algorithm": "1.2.840.113549.1.1.11", "signature_hash": "sha256",
        "dns_names": (cn,) if dns is None else dns, "eku": (SERVER_AUTHENTICATION,), "template": template,
    }  # fmt: skip
    return Certificate(**{**facts, **more})


def step(label: str, origin: Any = "given", *, days: float = 900, since: float = 900, **more: Any) -> Step:
    """A certificate above the leaf."""
    return Step(
        label, label, NOW - timedelta(days=since), NOW + timedelta(days=days), origin, more.pop("signature_hash", "sha256"), **more
    )


def leaf_step(leaf: Certificate) -> Step:
    return Step(leaf.name, leaf.sha256, leaf.not_before, leaf.not_after, "given", leaf.signature_hash, leaf.eku)


def trust(leaf: Certificate | None = None, anchor: Any = "public", *above: Step, **more: Any) -> Trust:
    """A chain that ends in that anchor; without steps: one intermediate, and the root beside."""
    first = leaf_step(leaf or cert())
    path = above or (step("Issuing"), step("Root", "anchor", in_file=False))
    return Trust(anchor, path=(first, *path), **more)


def private(leaf: Certificate | None = None, **more: Any) -> Trust:
    """A chain that ends in a root that nobody named."""
    ending = {"reason": "it ends in Own Root, which is neither", "ends_in": "Own Root", **more}
    return trust(leaf, "none", step("Issuing"), step("Own Root", "anchor"), **ending)


def incomplete(leaf: Certificate | None = None, **more: Any) -> Trust:
    """A chain that lacks an issuer."""
    found = {"reason": "its issuer Issuing was not found", "missing": "CN=Issuing", **more}
    return Trust("none", path=(leaf_step(leaf or cert()),), **found)


def file(leaf: Certificate | None = None, **more: Any) -> CertificateFile:
    """A PFX with key, password and full chain."""
    own = leaf or cert()
    whole = trust(own, "public", step("Issuing"), step("Root", "anchor"))
    facts: dict[str, Any] = {
        "name": "cmg.pfx", "form": "pkcs12", "leaf": own, "chain": (cert("Issuing"), cert("Root")), "trust": whole,
        "has_key": True, "key_matches": True, "provider": SCHANNEL, "protection": ("aes256_cbc",), "mac": "sha256",
    }  # fmt: skip
    return CertificateFile(**{**facts, **more})


def request(cn: str = HOST, **more: Any) -> Request:
    """A request as Windows writes it on the site server."""
    algorithm, _, bits = more.pop("key", "RSA 2048").partition(" ")
    facts: dict[str, Any] = {
        "name": "cmg.csr", "subject": name(more.pop("subject", f"CN={cn}")), "key_algorithm": algorithm,
        "key_bits": int(bits) if bits else None, "spki_sha256": "EF" * 32, "signature_hash": "sha256", "signature_valid": True,
        "dns_names": (cn,), "machine": "CM01.corp.contoso.com", "process": "certreq", "provider": SCHANNEL,
    }  # fmt: skip
    return Request(**{**facts, **more})


def served(leaf: Certificate | None = None, **more: Any) -> Served:
    """What a server presents."""
    own = leaf or cert()
    facts: dict[str, Any] = {"chain": (own, cert("Issuing")), "trust": trust(own), "protocol": "TLSv1.3", "tls_1_0": "refused", "tls_1_1": "refused"}
    return Served(**{**facts, **more})


def live(seen: Seen, host: str = HOST) -> Endpoints:
    """What came of one host."""
    return Endpoints({host: seen})


def entry(**more: Any) -> StoreEntry:
    """A certificate for client authentication in a store, with nothing left open."""
    facts: dict[str, Any] = {
        "thumbprint": "12" * 20, "subject": "CN=mp01.corp.contoso.com", "issuer": "CN=Issuing", "not_before": NOW - timedelta(days=30),
        "not_after": NOW + timedelta(days=more.pop("days", 90)), "has_private_key": True, "exportable": False,
        "eku": (CLIENT_AUTHENTICATION,), "template": "ConfigMgrWorkstationAuth", "issued_by_named": True,
    }  # fmt: skip
    return StoreEntry(**{**facts, **more})


def store(computer: str, *entries: StoreEntry, **more: Any) -> Store:
    return Store(computer, entries, **more)


def changed(thing: Any, **more: Any) -> Any:
    """The same with other fields."""
    return msgspec.structs.replace(thing, **more)
