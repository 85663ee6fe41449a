"""What can be asked of certificate files, and what can be known of a certificate.

Source ``certificate-file``: the files that the engagement file names under ``[files]``, and what a
collector wrote of the certificate stores of servers and clients. Nothing here holds a key or a
password. Dates are aware, UTC. Thumbprints, serial numbers and identifiers are upper-case
hexadecimal digits without separators; object identifiers are dotted.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any, ClassVar, Literal

import msgspec

from assess.evidence import Ask
from assess.evidence.people import Names, Naming
from assess.language import msg, tr

SERVER_AUTHENTICATION = "1.3.6.1.5.5.7.3.1"
CLIENT_AUTHENTICATION = "1.3.6.1.5.5.7.3.2"


class Attribute(msgspec.Struct, frozen=True):
    """One attribute of a distinguished name: ``CN``, ``O``, ``C`` …, else the dotted identifier."""

    type: str
    value: str


class Template(msgspec.Struct, frozen=True):
    """The template of an enterprise authority: the identifier of a new one, the name of an old one.

    Windows writes the identifier (version 2 and later) or the name (version 1), never both.
    """

    oid: str = ""
    name: str = ""


class Certificate(msgspec.Struct, frozen=True):
    """The facts of one certificate.

    ``eku`` and ``key_usage`` are None where the extension is absent, which allows every use.
    ``other_names``: alternative names that are no DNS name, with their kind in front, such as
    ``IP:192.0.2.1``. ``key_bits`` is None for algorithms without sizes. ``signature_hash`` is ""
    where the algorithm has none of its own.
    """

    subject: tuple[Attribute, ...]
    issuer: tuple[Attribute, ...]
    serial: str
    sha1: str
    sha256: str
    not_before: datetime
    not_after: datetime
    key_algorithm: str
    key_bits: int | None
    spki_sha256: str
    signature_algorithm: str
    signature_hash: str
    dns_names: tuple[str, ...] = ()
    other_names: tuple[str, ...] = ()
    eku: tuple[str, ...] | None = None
    key_usage: tuple[str, ...] | None = None
    template: Template | None = None
    crl_urls: tuple[str, ...] = ()
    ocsp_urls: tuple[str, ...] = ()
    ca_issuer_urls: tuple[str, ...] = ()
    is_ca: bool = False
    path_length: int | None = None
    self_signed: bool = False
    key_fault: str = ""

    @property
    def common_name(self) -> str:
        """The most specific common name of the subject, "" where there is none."""
        return common_name(self.subject)

    @property
    def issuer_name(self) -> str:
        """What a person calls the issuer: its common name, else its whole name."""
        return common_name(self.issuer) or name_text(self.issuer)

    @property
    def name(self) -> str:
        """What a person calls it: its common name, else its whole name."""
        return self.common_name or name_text(self.subject)

    @property
    def key_text(self) -> str:
        """The key in words: ``RSA 2048``."""
        return _key_text(self.key_algorithm, self.key_bits)

    @property
    def text(self) -> str:
        """All that matters of it, in one line."""
        names = ", ".join((*self.dns_names, *self.other_names)) or tr("no alternative names")
        return tr(
            "{}; {}; issued by {}; {:%Y-%m-%d} to {:%Y-%m-%d}; {}, {}; thumbprint {}",
            self.name,
            names,
            self.issuer_name,
            self.not_before,
            self.not_after,
            self.key_text,
            self.signature_hash or tr("no hash"),
            self.sha1,
        )

    def allows(self, usage: str) -> bool:
        """Whether the extended key usage names this use; without the extension it does not."""
        return self.eku is not None and usage in self.eku

    def covers(self, host: str) -> bool:
        """Whether an alternative name is this host, as every current TLS client looks at it."""
        return any(matches(pattern, host) for pattern in self.dns_names)


class Step(msgspec.Struct, frozen=True):
    """One certificate on the way from a leaf to its root, and where it was found.

    ``given``: in the file itself, or sent by the server; ``supplied``: among
    ``files.intermediate_cers``; ``anchor``: it is the root that the path ends in. ``revocable``:
    it names a place where its revocation can be asked; ``der`` is the certificate itself;
    ``crl_urls`` are the places of its lists.
    """

    name: str
    sha256: str
    not_before: datetime
    not_after: datetime
    origin: Literal["given", "supplied", "anchor"]
    signature_hash: str = ""
    eku: tuple[str, ...] | None = None
    in_file: bool = True
    revocable: bool = False
    der: bytes = b""
    crl_urls: tuple[str, ...] = ()


class Trust(msgspec.Struct, frozen=True):
    """Where the chain of a leaf ends. Signatures and constraints are verified, dates are not.

    The dates of ``path`` are facts that a check holds against the moment it judges from, so that
    an expired certificate stays expired. ``anchor``: ``public``, a root of the public list;
    ``own``, the root that ``files.trusted_root_cer`` names; ``none``, neither, and ``reason`` says
    why. ``ends_in`` is then the root that it ends in all the same, or "" where no root was reached;
    ``missing`` is the issuer that was not found. ``faults``: files of ours that could not be read.
    Revocation is another question, and the size of keys is not looked at.
    """

    anchor: Literal["public", "own", "none"]
    reason: str = ""
    path: tuple[Step, ...] = ()
    ends_in: str = ""
    missing: str = ""
    own_root_named: bool = False
    faults: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """Where it ends, in one line."""
        if self.anchor == "none":
            return self.reason
        root = tr("the root that files.trusted_root_cer names")
        if self.anchor == "public":
            root = tr("a public root")
        return f"{' < '.join(step.name for step in self.path)}, {root}"

    @property
    def issuers(self) -> tuple[Step, ...]:
        """What stands above the leaf."""
        return self.path[1:]

    @property
    def intermediates(self) -> tuple[Step, ...]:
        """What stands between the leaf and the root."""
        return tuple(step for step in self.issuers if step.origin != "anchor")

    @property
    def supplied(self) -> tuple[Step, ...]:
        """The intermediates that came from elsewhere: the file or the server lacks them."""
        return tuple(step for step in self.intermediates if step.origin == "supplied")


class CertificateFile(msgspec.Struct, frozen=True):
    """What is in a file with certificates. ``name`` is the file's, without folder.

    ``leaf`` is the certificate that the key belongs to, else the one that issued none of the
    others. ``key_matches`` is None where there is no key. ``protection``: the algorithms that
    a PFX is encrypted with; ``password_empty``: it opens with an empty password.
    """

    name: str
    form: Literal["pkcs12", "pkcs7", "pem", "der"]
    leaf: Certificate
    chain: tuple[Certificate, ...]
    trust: Trust
    has_key: bool = False
    key_matches: bool | None = None
    provider: str = ""
    protection: tuple[str, ...] = ()
    mac: str = ""
    password_empty: bool = False


class Request(msgspec.Struct, frozen=True):
    """What a certificate request (PKCS #10) says. ``name`` is the file's, without folder.

    ``machine``, ``process`` and ``provider`` are what Windows writes into it, "" where the file
    says nothing: requests that other tools wrote, or converted, have none of them.
    """

    name: str
    subject: tuple[Attribute, ...]
    key_algorithm: str
    key_bits: int | None
    spki_sha256: str
    signature_hash: str
    signature_valid: bool
    dns_names: tuple[str, ...] = ()
    other_names: tuple[str, ...] = ()
    eku: tuple[str, ...] | None = None
    machine: str = ""
    process: str = ""
    provider: str = ""
    template: Template | None = None
    key_fault: str = ""

    @property
    def common_name(self) -> str:
        """The most specific common name of the subject, "" where there is none."""
        return common_name(self.subject)

    @property
    def key_text(self) -> str:
        """The key in words: ``RSA 2048``."""
        return _key_text(self.key_algorithm, self.key_bits)


class KeyProvider(msgspec.Struct, frozen=True):
    """Which Windows provider held the key of a PFX; "" where the file does not say."""

    name: str
    provider: str


class FilePresence(msgspec.Struct, frozen=True):
    """Whether a file is there, seen from the machine that this tool ran on."""

    name: str
    machine: str
    exists: bool


class StoreEntry(msgspec.Struct, frozen=True):
    """A certificate in the store of a computer, as a collector describes it.

    What the collector does not say is None (or ""). ``issued_by_named``: it chains to the root that
    ``files.trusted_root_cer`` names; None where that could not be found out.
    """

    thumbprint: str = ""
    subject: str = ""
    issuer: str = ""
    not_before: datetime | None = None
    not_after: datetime | None = None
    has_private_key: bool | None = None
    exportable: bool | None = None
    provider: str = ""
    eku: tuple[str, ...] | None = None
    template: str = ""
    dns_names: tuple[str, ...] = ()
    issued_by_named: bool | None = None
    crl_urls: tuple[str, ...] | None = None

    @property
    def common_name(self) -> str:
        """The common name in the subject's text, "" where there is none."""
        for part in self.subject.split(","):
            kind, _, value = part.strip().partition("=")
            if kind.strip().upper() == "CN":
                return value.strip().strip('"')
        return ""

    @property
    def text(self) -> str:
        """What a person calls it, and how long it lives."""
        name = self.common_name or self.subject or self.thumbprint
        name = name or tr("a certificate without a name")
        return name if self.not_after is None else tr("{} until {:%Y-%m-%d}", name, self.not_after)


class Store(msgspec.Struct, frozen=True):
    """The personal certificate store of one computer, whole. None: the collector does not say.

    ``roots``: its trusted roots, where those were collected with it.
    """

    computer: str
    entries: tuple[StoreEntry, ...]
    domain_joined: bool | None = None
    entra_joined: bool | None = None
    entra_registered: bool | None = None
    roots: tuple[StoreEntry, ...] | None = None
    people: ClassVar[Names] = {"computer": Naming.DEVICE}


class Unread(msgspec.Struct, frozen=True):
    """A collected file or folder that could not be read, and why."""

    name: str
    reason: str
    mend: str = ""


class Stores(msgspec.Struct, frozen=True):
    """What was collected of certificate stores, and what of it could not be read."""

    stores: tuple[Store, ...]
    unread: tuple[Unread, ...] = ()

    def of(self, computer: str) -> tuple[Store, ...]:
        """The stores of a computer: by its full name, or by its first label where one is short."""
        return tuple(store for store in self.stores if same_computer(store.computer, computer))

    def holding(self, thumbprint: str) -> tuple[tuple[Store, StoreEntry], ...]:
        """Where the certificate with this SHA-1 or SHA-256 thumbprint is."""
        return tuple(
            (store, entry)
            for store in self.stores
            for entry in store.entries
            if entry.thumbprint and entry.thumbprint == thumbprint
        )


class FileAsk(Ask, frozen=True):
    """A question about the file that a key such as ``files.cmg_pfx`` names."""

    source: ClassVar[str] = "certificate-file"
    permissions: ClassVar[tuple[str, ...]] = (msg("read access to the file"),)
    file: str
    path: str = ""

    def __post_init__(self) -> None:
        """A question that is not bound yet names the key as every question does."""
        if not self.path:
            msgspec.structs.force_setattr(self, "path", f"{{{self.file}}}")

    def describe(self) -> str:
        """The file, and the key that names it."""
        return f"{self.path} ({self.file})"

    @property
    def named(self) -> str:
        """The file's name without folder: the subject of findings about it."""
        return file_name(self.path)


class CertificateIn(FileAsk, frozen=True):
    """The certificate, chain and key facts of a PFX, PEM, DER or P7B file."""

    answer: ClassVar[Any] = CertificateFile

    def describe(self) -> str:
        """The file, and the key that names it."""
        return tr("the certificates in {}", super().describe())


class RequestIn(FileAsk, frozen=True):
    """The certificate request in a file."""

    answer: ClassVar[Any] = Request

    def describe(self) -> str:
        """The file, and the key that names it."""
        return tr("the request in {}", super().describe())


class KeyProviderOf(FileAsk, frozen=True):
    """The provider of the key in a PFX, which it tells without its password."""

    answer: ClassVar[Any] = KeyProvider

    def describe(self) -> str:
        """The file, and the key that names it."""
        return tr("the key provider of {}", super().describe())


class Presence(FileAsk, frozen=True):
    """Whether the file is there, and on which machine that was looked for."""

    answer: ClassVar[Any] = FilePresence

    def describe(self) -> str:
        """The file, and the key that names it."""
        return tr("the presence of {}", super().describe())


class CollectedStores(Ask, frozen=True):
    """The certificate stores that a key such as ``files.collected_server_certs`` lists."""

    source: ClassVar[str] = "certificate-file"
    permissions: ClassVar[tuple[str, ...]] = (msg("read access to the collected files"),)
    answer: ClassVar[Any] = Stores
    file: str
    paths: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """A question that is not bound yet names the key as every question does."""
        if not self.paths:
            msgspec.structs.force_setattr(self, "paths", (f"{{{self.file}}}",))

    def describe(self) -> str:
        """The key, and how many files and folders it lists."""
        return tr("the certificate stores in {} ({})", ", ".join(self.paths), self.file)


def _key_text(algorithm: str, bits: int | None) -> str:
    return f"{algorithm} {bits}" if bits else algorithm


def common_name(attributes: Iterable[Attribute]) -> str:
    """The last, which is the most specific, common name."""
    names = [one.value for one in attributes if one.type == "CN"]
    return names[-1] if names else ""


def name_text(attributes: Iterable[Attribute]) -> str:
    """A distinguished name for a person, in the order of the certificate."""
    return ", ".join(f"{one.type}={one.value}" for one in attributes) or msg("an empty name")


def file_name(path: str) -> str:
    """The name without folder, whichever system's separators the path has."""
    return PureWindowsPath(PurePosixPath(path).name).name or path


def matches(pattern: str, host: str) -> bool:
    """Whether a DNS name of a certificate is this host; a star stands for one whole first label."""
    wanted, name = pattern.rstrip(".").lower(), host.rstrip(".").lower()
    if wanted == name:
        return True
    star, _, parent = wanted.partition(".")
    return star == "*" and "." in parent and name.partition(".")[2] == parent


def same_computer(one: str, other: str) -> bool:
    """Whether two names are of the same computer; a short name stands for its full one."""
    left, right = one.rstrip(".").lower(), other.rstrip(".").lower()
    if "." in left and "." in right:
        return left == right
    return bool(left) and left.partition(".")[0] == right.partition(".")[0]


_LIFETIMES = (
    (datetime.fromisoformat("2029-03-15T00:00:00+00:00"), 47),
    (datetime.fromisoformat("2027-03-15T00:00:00+00:00"), 100),
    (datetime.fromisoformat("2026-03-15T00:00:00+00:00"), 200),
    (datetime.fromisoformat("2020-09-01T00:00:00+00:00"), 398),
)


def longest_public_lifetime(issued: datetime) -> int | None:
    """Days that a public TLS certificate of this date may live (CA/Browser Forum, BR 6.3.2).

    None for the years before the limit of 398 days.
    """
    return next((days for since, days in _LIFETIMES if issued >= since), None)


def lifetime_days(certificate: Certificate) -> float:
    """How long it lives, in days; the last second counts."""
    return (certificate.not_after - certificate.not_before) / timedelta(days=1)
