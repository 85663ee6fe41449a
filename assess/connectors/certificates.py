"""Reads certificate files: PFX, PEM, DER, P7B and requests, and what was collected of stores.

A password is revealed when its file is opened, and forgotten with it. What cannot be read is
``Unavailable`` with what is wrong with the file and what to do about it.
"""

import socket
import threading
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from cryptography import x509

from assess.connectors import Visit
from assess.connectors.applefiles import envelope, public_key
from assess.connectors.certificatefile import certificate_file, certificates_in, wants_password
from assess.connectors.collected import stores_in
from assess.connectors.export_package import given
from assess.connectors.pkcs12 import NoPasswordError, WrongPasswordError, provider_name
from assess.connectors.trust import TrustStore
from assess.connectors.x509facts import Malformed, facts, request
from assess.engagement import Engagement
from assess.errors import Unavailable
from assess.evidence import Ask
from assess.evidence.applefiles import Envelope, EnvelopeIn, PublicKey, PublicKeyIn
from assess.evidence.certificates import (
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
    Unread,
    file_name,
)
from assess.keytypes import Secret
from assess.language import lookup, msg, tr

_LARGEST = 16 << 20  # bytes of a file; certificates are a few kilobytes


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
            case PublicKeyIn():
                return self._public_key(ask, visit)
            case EnvelopeIn():
                return self._envelope(ask, visit)
            case CollectedStores():
                return self._collected(ask, visit)
            case _:
                raise Unavailable(tr("{} is no question about certificate files", ask.describe()))

    def probe(self, visit: Visit) -> str:
        """Nothing has to be reached; a named file that is not there is said by its question."""
        store = self._roots.store(visit)
        if store.faults:
            raise Unavailable(
                "; ".join(map(lookup, store.faults)), "Correct the files of the authorities."
            )
        return tr("files are read from {}", self._folder)

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
                tr("{} ({}) has a password, and none is given", ask.path, ask.file),
                tr("Set [passwords] {}, e.g. { prompt = true }.", short),
            ) from None
        except WrongPasswordError:
            raise Unavailable(
                tr(
                    "{} ({}) does not open with the password of [passwords] {}: the "
                    "password is wrong, or the file was altered on its way",
                    ask.path,
                    ask.file,
                    short,
                ),
                tr(
                    "Check the password that [passwords] {} names, or export the file again.", short
                ),
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
        said = f"CN={found.common_name or '(none)'}, {names}, {found.key_text}"
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

    def _public_key(self, ask: PublicKeyIn, visit: Visit) -> PublicKey:
        data = read_bytes(self._folder, ask.path, ask.file)
        try:
            found = public_key(data, ask.named)
        except Malformed as error:
            raise _unreadable(ask.path, ask.file, error) from None
        visit.note(_location(ask), f"{found.form}, {found.key_text}")
        return found

    def _envelope(self, ask: EnvelopeIn, visit: Visit) -> Envelope:
        data = read_bytes(self._folder, ask.path, ask.file)
        changed = (self._folder / ask.path).stat().st_mtime
        found = envelope(data, ask.named, datetime.fromtimestamp(changed, UTC))
        visit.note(_location(ask), f"{found.kind}, of {found.modified:%Y-%m-%d}")
        return found

    def _collected(self, ask: CollectedStores, visit: Visit) -> Stores:
        stores: list[Store] = []
        unread: list[Unread] = []
        store = self._roots.store(visit)
        for path in ask.paths:
            try:
                stores += stores_in(
                    given(self._folder, path),
                    partial(_certificates_of, self._folder),
                    store,
                    self._computers,
                )
            except Malformed as error:
                unread.append(Unread(file_name(path), tr("{} ({}): {}", path, ask.file, error)))
            except OSError as error:
                why = error.strerror or msg("it cannot be read")
                mend = tr("Collect it again, or correct {}.", ask.file)
                unread.append(Unread(file_name(path), tr("{} ({}): {}", path, ask.file, why), mend))
        for one in stores:
            held = "; ".join(entry.text for entry in one.entries)
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
                faults.append(tr("{} ({}): {}", path, key, error))
        return found


def _certificates_of(folder: Path, path: Path) -> list[x509.Certificate]:
    try:
        return certificates_in(read_bytes(folder, str(path), path.name))
    except Unavailable as error:
        raise Malformed(error.reason) from None


def read_bytes(folder: Path, path: str, key: str) -> bytes:
    """The file's bytes; raises Unavailable where it is absent, a folder, or far too large."""
    try:
        with (folder / path).open("rb") as file:
            data = file.read(_LARGEST + 1)
    except OSError as error:
        raise Unavailable(
            tr(
                "{} ({}) cannot be read: {}",
                path,
                key,
                error.strerror or msg("no file of that name"),
            ),
            tr("Correct {} in the engagement file, or put the file there.", key),
        ) from None
    except ValueError:
        raise Unavailable(
            tr("{} ({}) is no name of a file", repr(path), key), tr("Correct {}.", key)
        ) from None
    if len(data) > _LARGEST:
        raise Unavailable(
            tr("{} ({}) is larger than a file with certificates can be", path, key),
            tr("Correct {}.", key),
        )
    return data


def _unreadable(path: str, key: str, error: Malformed) -> Unavailable:
    return Unavailable(
        tr("{} ({}): {}", path, key, error), "Export the file again, or name the right one."
    )


def _location(ask: FileAsk) -> str:
    return f"{ask.path} ({ask.file})"


def _note_file(ask: CertificateIn, found: CertificateFile, visit: Visit) -> None:
    where = _location(ask)
    visit.note(where, found.leaf.text, about=ask.named)
    visit.note(f"{where}, chain", found.trust.text, about=ask.named)
    if found.form == "pkcs12":
        key = "no private key"
        if found.has_key:
            key = "private key " + ("matches" if found.key_matches else "does not match")
        secret = "empty password" if found.password_empty else "password"
        ciphers = ", ".join(found.protection) or "no encryption"
        value = f"{key}; {len(found.chain)} more certificates; {secret}; {ciphers}"
        value = f"{value}, MAC {found.mac or 'none'}"
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
