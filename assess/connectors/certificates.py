"""Reads certificate files: PFX, PEM, DER, P7B and requests, and what was collected of stores.

A password is revealed when its file is opened, and forgotten with it. What cannot be read is
``Unavailable`` with what is wrong with the file and what to do about it.
"""

import socket
import threading
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_der_private_key

from assess.connectors import Visit
from assess.connectors.collected import stores_in
from assess.connectors.pkcs12 import NoPasswordError, WrongPasswordError, open_pfx, provider_name
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
    request,
)
from assess.engagement import Engagement
from assess.errors import Unavailable
from assess.evidence import Ask
from assess.evidence.certificates import (
    Certificate,
    CertificateFile,
    CertificateIn,
    CollectedStores,
    FileAsk,
    FilePresence,
    KeyProvider,
    KeyProviderOf,
    Presence,
    Request,
    RequestIn,
    Store,
    Stores,
    Trust,
    Unread,
    file_name,
)
from assess.keytypes import Secret

_LARGEST = 16 << 20  # bytes of a file; certificates are a few kilobytes
_MOST = 500  # certificates in one file; a list of every public root has 150
_KEYS = "PRIVATE KEY"


class CertificatesConnector:
    """Reads the files below ``folder``, with passwords by the name of their key.

    ``own_root`` and ``intermediates`` are the files of the customer's own authorities;
    ``public_roots`` replaces the public list; ``computers`` are names that collected folders may
    have; ``machine`` is the name of the one this runs on.
    """

    source = "certificate-file"

    def __init__(
        self,
        folder: Path,
        *,
        passwords: Mapping[str, Secret] | None = None,
        own_root: str | None = None,
        intermediates: Sequence[str] = (),
        public_roots: Path | None = None,
        computers: Iterable[str] = (),
        machine: str | None = None,
    ) -> None:
        self._folder = folder
        self._passwords = dict(passwords or {})
        self._roots = Roots(folder, own_root, intermediates, public_roots)
        self._computers = tuple(computers)
        self._machine = machine

    def answers(self, ask: Ask) -> bool:
        """Questions about certificate files."""
        return isinstance(ask, (FileAsk, CollectedStores))

    def fetch(self, ask: Ask, visit: Visit) -> Any:  # noqa: ANN401 - an ``ask.answer``
        """What the file holds; raises Unavailable with what is wrong with it."""
        match ask:
            case CertificateIn():
                return self._certificates(ask, visit)
            case RequestIn():
                return self._request(ask, visit)
            case KeyProviderOf():
                return self._provider(ask, visit)
            case Presence():
                return self._presence(ask, visit)
            case CollectedStores():
                return self._collected(ask, visit)
            case _:
                raise Unavailable(f"{ask.describe()} is no question about certificate files")

    def probe(self, visit: Visit) -> str:
        """Nothing has to be reached; a named file that is not there is said by its question."""
        store = self._roots.store(visit)
        if store.faults:
            raise Unavailable("; ".join(store.faults), "Correct the files of the authorities.")
        return f"files are read from {self._folder}"

    def close(self) -> None:
        """There is nothing to give back."""

    def _certificates(self, ask: CertificateIn, visit: Visit) -> CertificateFile:
        data = read_bytes(self._folder, ask.path, ask.file)
        short = ask.file.partition(".")[2]
        secret = self._passwords.get(short)
        try:
            found = certificate_file(
                data,
                ask.named,
                None if secret is None or not wants_password(data) else secret.reveal(),
                self._roots.store(visit),
            )
        except NoPasswordError:
            raise Unavailable(
                f"{ask.path} ({ask.file}) has a password, and none is given",
                f"Set [passwords] {short}, e.g. {{ prompt = true }}.",
            ) from None
        except WrongPasswordError:
            raise Unavailable(
                f"{ask.path} ({ask.file}) does not open with the password of [passwords] {short}: "
                "the password is wrong, or the file was altered on its way",
                f"Check the password that [passwords] {short} names, or export the file again.",
            ) from None
        except Malformed as error:
            raise _unreadable(ask.path, ask.file, error) from None
        _note_file(ask, found, visit)
        return found

    def _request(self, ask: RequestIn, visit: Visit) -> Request:
        data = read_bytes(self._folder, ask.path, ask.file)
        try:
            found = request(data, ask.named)
        except Malformed as error:
            raise _unreadable(ask.path, ask.file, error) from None
        names = ", ".join(found.dns_names) or "no alternative names"
        said = f"CN={found.common_name or '(none)'}, {names}, {key_text(found)}"
        made = f"made on {found.machine or '(not said)'} with {found.provider or '(not said)'}"
        visit.note(_location(ask), f"{said}; {made}", about=ask.named)
        return found

    def _provider(self, ask: KeyProviderOf, visit: Visit) -> KeyProvider:
        data = read_bytes(self._folder, ask.path, ask.file)
        try:
            provider = provider_name(data)
        except Malformed as error:
            raise _unreadable(ask.path, ask.file, error) from None
        visit.note(_location(ask), f"key provider: {provider or 'not said'}", about=ask.named)
        return KeyProvider(ask.named, provider)

    def _presence(self, ask: Presence, visit: Visit) -> FilePresence:
        machine = self._machine or socket.getfqdn()
        exists = (self._folder / ask.path).is_file()
        said = f"{'there' if exists else 'not there'}, seen from {machine}"
        visit.note(_location(ask), said, about=ask.named)
        return FilePresence(ask.named, machine, exists)

    def _collected(self, ask: CollectedStores, visit: Visit) -> Stores:
        stores: list[Store] = []
        unread: list[Unread] = []
        store = self._roots.store(visit)
        for path in ask.paths:
            try:
                stores += stores_in(
                    self._folder / path,
                    partial(_certificates_of, self._folder),
                    partial(_named, store),
                    self._computers,
                )
            except Malformed as error:
                unread.append(Unread(file_name(path), f"{path} ({ask.file}): {error}"))
            except OSError as error:
                why = error.strerror or "it cannot be read"
                mend = f"Collect it again, or correct {ask.file}."
                unread.append(Unread(file_name(path), f"{path} ({ask.file}): {why}", mend))
        for one in stores:
            held = "; ".join(
                f"{entry.common_name or entry.subject or entry.thumbprint} until {entry.not_after:%Y-%m-%d}"
                if entry.not_after
                else entry.common_name or entry.subject or entry.thumbprint
                for entry in one.entries
            )
            visit.note(f"store of {one.computer} ({ask.file})", held or "empty", about=one.computer)
        for fault in unread:
            visit.note(fault.name, fault.reason)
        return Stores(tuple(stores), tuple(unread))


class Roots:
    """The customer's own authorities, read once, at the first question."""

    def __init__(
        self,
        folder: Path,
        own_root: str | None,
        intermediates: Sequence[str],
        public_roots: Path | None = None,
    ) -> None:
        self._folder = folder
        self._own_root = own_root
        self._intermediates = tuple(intermediates)
        self._public_roots = public_roots
        self._lock = threading.Lock()
        self._store: TrustStore | None = None

    @classmethod
    def of(cls, engagement: Engagement, public_roots: Path | None = None) -> "Roots":
        """What the engagement file names."""
        return cls(
            engagement.folder,
            engagement.get("files.trusted_root_cer"),
            engagement.get("files.intermediate_cers") or (),
            public_roots,
        )

    def store(self, visit: Visit) -> TrustStore:
        """What to hold chains against; a file that cannot be read is one of its ``faults``."""
        with self._lock:
            if self._store is None:
                faults: list[str] = []
                own = [(self._own_root, "files.trusted_root_cer")] if self._own_root else []
                others = [(path, "files.intermediate_cers") for path in self._intermediates]
                self._store = TrustStore(
                    moment=visit.clock(),
                    public_roots=self._public_roots,
                    own_roots=self._read(own, faults),
                    intermediates=self._read(others, faults),
                    own_root_named=self._own_root is not None,
                    faults=faults,
                )
            return self._store

    def _read(self, paths: Iterable[tuple[str, str]], faults: list[str]) -> list[x509.Certificate]:
        found: list[x509.Certificate] = []
        for path, key in paths:
            try:
                held = certificates_in(read_bytes(self._folder, path, key))
                for one in held:
                    facts(one)
                found += held
            except Unavailable as error:
                faults.append(error.reason)
            except Malformed as error:
                faults.append(f"{path} ({key}): {error}")
        return found


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
        held = f"; it holds {blocks[0].label.lower()}" if blocks else ""
        raise Malformed(f"there is no certificate in it{held}")
    if len(found) > _MOST:
        raise Malformed(f"it holds {len(found)} certificates, more than the {_MOST} that are read")
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


def _form(data: bytes, blocks: Sequence[Block]) -> Any:  # noqa: ANN401 - a literal
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


def _certificates_of(folder: Path, path: Path) -> list[x509.Certificate]:
    try:
        return certificates_in(read_bytes(folder, str(path), path.name))
    except Unavailable as error:
        raise Malformed(error.reason) from None


def _named(store: TrustStore, found: x509.Certificate) -> bool | None:
    trust = store.judge(found, ())
    if trust.anchor == "own":
        return True
    if not store.own_roots:
        return None
    return False if trust.ends_in or trust.anchor == "public" else None


def read_bytes(folder: Path, path: str, key: str) -> bytes:
    """The file's bytes; raises Unavailable where it is absent, a folder, or far too large."""
    try:
        with (folder / path).open("rb") as file:
            data = file.read(_LARGEST + 1)
    except OSError as error:
        raise Unavailable(
            f"{path} ({key}) cannot be read: {error.strerror or 'no file of that name'}",
            f"Correct {key} in the engagement file, or put the file there.",
        ) from None
    except ValueError:
        raise Unavailable(f"{path!r} ({key}) is no name of a file", f"Correct {key}.") from None
    if len(data) > _LARGEST:
        raise Unavailable(
            f"{path} ({key}) is larger than a file with certificates can be", f"Correct {key}."
        )
    return data


def _unreadable(path: str, key: str, error: Malformed) -> Unavailable:
    return Unavailable(f"{path} ({key}): {error}", "Export the file again, or name the right one.")


def _location(ask: FileAsk) -> str:
    return f"{ask.path} ({ask.file})"


def key_text(found: Certificate | Request) -> str:
    """The key in words: ``RSA 2048``."""
    return found.key_algorithm + (f" {found.key_bits}" if found.key_bits else "")


def certificate_text(found: Certificate) -> str:
    """A certificate in one line."""
    names = ", ".join((*found.dns_names, *found.other_names)) or "no alternative names"
    return (
        f"{found.name}; {names}; issued by {found.issuer_name}; {found.not_before:%Y-%m-%d} to "
        f"{found.not_after:%Y-%m-%d}; {key_text(found)}, {found.signature_hash or 'no hash'}; "
        f"thumbprint {found.sha1}"
    )


def trust_text(trust: Trust) -> str:
    """Where a chain ends, in one line."""
    if trust.anchor == "none":
        return trust.reason
    kind = {"public": "a public root", "own": "the root that files.trusted_root_cer names"}
    return f"{' < '.join(step.name for step in trust.path)}, {kind[trust.anchor]}"


def _note_file(ask: CertificateIn, found: CertificateFile, visit: Visit) -> None:
    where = _location(ask)
    visit.note(where, certificate_text(found.leaf), about=ask.named)
    visit.note(f"{where}, chain", trust_text(found.trust), about=ask.named)
    if found.form == "pkcs12":
        key = "no private key"
        if found.has_key:
            key = "private key " + ("matches" if found.key_matches else "does not match")
        secret = "empty password" if found.password_empty else "password"
        ciphers = ", ".join(found.protection) or "no encryption"
        value = f"{key}; {len(found.chain)} more certificates; {secret}; {ciphers}, MAC {found.mac or 'none'}"
        visit.note(f"{where}, PFX", value, about=ask.named)
    for fault in found.trust.faults:
        visit.note("authorities", fault, about=ask.named)


def connect(engagement: Engagement) -> CertificatesConnector:
    """The connector for the files of an engagement."""
    secrets = {
        name.removeprefix("passwords."): value
        for name, value in engagement.values.items()
        if name.startswith("passwords.") and isinstance(value, Secret)
    }
    computers = [engagement.get("site.server_fqdn"), engagement.get("site.provider_fqdn")]
    computers += [
        *(engagement.get("mp.servers") or ()),
        *(engagement.get("pki.cloud_role_servers") or ()),
    ]
    return CertificatesConnector(
        engagement.folder,
        passwords=secrets,
        own_root=engagement.get("files.trusted_root_cer"),
        intermediates=engagement.get("files.intermediate_cers") or (),
        computers=[one for one in computers if one],
    )
