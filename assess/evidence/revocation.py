"""What can be asked about the revocation of certificates, and what can be known. Source ``http``.

Each certificate names the places where it can be asked whether it is revoked: lists (CRL) and
responders (OCSP). What came of each place is a type of its own. An answer counts only where the
issuer, or whom it delegated that to, signed it; how old it may be is judged by the checks.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, ClassVar, Literal, Self, TypeAlias

import msgspec

from assess.evidence import Ask, Known, fill
from assess.evidence.certificates import CertificateIn, CollectedStores, file_name
from assess.evidence.published import ListsInDirectory, ListsOfFile, ListsOfHosts
from assess.evidence.tls import Handshakes
from assess.language import msg, tr, trn

_AHEAD = timedelta(days=1)  # how much later the clock of an issuer may be than ours


class Good(msgspec.Struct, frozen=True, tag=True):
    """Not revoked, by an answer with a valid signature, made at ``since`` and good ``until``."""

    since: datetime
    until: datetime | None = None

    @property
    def text(self) -> str:
        """What was answered, for a person."""
        return tr("not revoked ({})", _span(self.since, self.until))


class Revoked(msgspec.Struct, frozen=True, tag=True):
    """Revoked at ``at``, for a ``reason`` such as ``keyCompromise``, "" where none is given."""

    at: datetime
    reason: str
    since: datetime
    until: datetime | None = None

    @property
    def text(self) -> str:
        """What was answered, for a person."""
        span = _span(self.since, self.until)
        if self.reason:
            return tr("revoked on {:%Y-%m-%d}, {} ({})", self.at, self.reason, span)
        return tr("revoked on {:%Y-%m-%d} ({})", self.at, span)


class Current(msgspec.Struct, frozen=True, tag=True):
    """A list with a valid signature, asked for no certificate in particular."""

    since: datetime
    until: datetime | None = None
    entries: int = 0

    @property
    def text(self) -> str:
        """What was answered, for a person."""
        return trn(
            self.entries,
            "a list of {n} revoked certificate ({})",
            "a list of {n} revoked certificates ({})",
            _span(self.since, self.until),
        )


class NotKnown(msgspec.Struct, frozen=True, tag=True):
    """What came cannot be judged: a responder that does not know the certificate, say."""

    why: str = msg("the responder does not know the certificate")

    @property
    def text(self) -> str:
        """What was answered, for a person."""
        return tr(self.why)


class NotVerified(msgspec.Struct, frozen=True, tag=True):
    """Something came that is no answer to rely on: not signed by the issuer, damaged, partial."""

    why: str

    @property
    def text(self) -> str:
        """What was answered, for a person."""
        return tr(self.why)


class Declined(msgspec.Struct, frozen=True, tag=True):
    """The server answered, but with no list: 404, a redirect to nowhere, "try later"."""

    why: str

    @property
    def text(self) -> str:
        """What was answered, for a person."""
        return tr(self.why)


class NotReached(msgspec.Struct, frozen=True, tag=True):
    """Nobody answered there."""

    why: str

    @property
    def text(self) -> str:
        """What happened, for a person."""
        return tr(self.why)


class NotAsked(msgspec.Struct, frozen=True, tag=True):
    """The address is none of the web, such as ``ldap:``, and no directory told what is there."""

    why: str

    @property
    def text(self) -> str:
        """Why nobody was asked."""
        return tr(self.why)


Said: TypeAlias = (
    Good | Revoked | Current | NotKnown | NotVerified | Declined | NotReached | NotAsked
)


class Point(msgspec.Struct, frozen=True):
    """One place to ask, and what came of it. ``address``: the IP address that answered, if known.

    ``stapled``: the server sent the answer of its responder along with its certificate.
    """

    kind: Literal["crl", "ocsp", "stapled"]
    url: str
    said: Said
    address: str = ""

    @property
    def text(self) -> str:
        """The place and what it said, in one line."""
        return f"{self.url or tr('stapled answer')}: {self.said.text}"

    @property
    def answered(self) -> bool:
        """A server answered over plain HTTP, whatever it said."""
        return self.of_the_web and not isinstance(self.said, NotReached | NotAsked)

    @property
    def of_the_web(self) -> bool:
        """It is asked over HTTP, not in the directory; a stapled answer needs no asking."""
        return self.kind != "stapled" and self.url.lower().startswith(("http:", "https:"))


class Looked(msgspec.Struct, frozen=True):
    """A certificate, and what each of its places said. Without ``points`` it names none."""

    name: str
    sha256: str
    points: tuple[Point, ...] = ()

    @property
    def revoked(self) -> Revoked | None:
        """It is revoked, as at least one place says."""
        return next((one.said for one in self.points if isinstance(one.said, Revoked)), None)

    def good(self, as_of: datetime) -> Point | None:
        """The place that says at this moment that it is not revoked."""
        return _good(self.points, as_of)

    def good_outside(self, as_of: datetime) -> Point | None:
        """The same of the places that somebody on the internet could ask."""
        return _good(self.outside, as_of)

    @property
    def outside(self) -> tuple[Point, ...]:
        """The places that are not in the directory."""
        return tuple(one for one in self.points if one.kind == "stapled" or one.of_the_web)


class Revocations(msgspec.Struct, frozen=True):
    """What was found of each certificate of a chain, leaf first, by file name or host.

    ``control``: a server that answered plain HTTP in this run, "" where none did.
    """

    by_subject: dict[str, tuple[Looked, ...]]
    control: str = ""


class Lists(msgspec.Struct, frozen=True):
    """The revocation lists that certificates of the own authority name.

    ``named_by``: how many certificates were looked at that name any; ``silent``: how many of those
    that were looked at name none. ``control``: a server that answered plain HTTP in this run.
    """

    points: tuple[Point, ...]
    named_by: int
    silent: int = 0
    control: str = ""


def _good(points: Iterable[Point], as_of: datetime) -> Point | None:
    return next((p for p in points if isinstance(p.said, Good) and fresh(p.said, as_of)), None)


def fresh(said: Good | Revoked | Current, as_of: datetime) -> bool:
    """Whether the answer counts at this moment: made before it, and not run out."""
    return said.since <= as_of + _AHEAD and (said.until is None or as_of <= said.until)


def _span(since: datetime, until: datetime | None) -> str:
    if until is None:
        return tr("of {:%Y-%m-%d %H:%M}, without an end date", since)
    return tr("of {:%Y-%m-%d %H:%M}, good until {:%Y-%m-%d %H:%M}", since, until)


class RevocationAsk(Ask, frozen=True):
    """A question about revocation."""

    source: ClassVar[str] = "http"
    permissions: ClassVar[tuple[str, ...]] = (
        msg("TCP to the ports of CRL and OCSP (80), directly or through the proxy"),
    )


class RevocationIn(RevocationAsk, frozen=True):
    """Whether the certificates of the file that a key names are revoked."""

    answer: ClassVar[Any] = Revocations
    file: str
    path: str = ""

    def __post_init__(self) -> None:
        """A question that is not bound yet names the key as every question does."""
        if not self.path:
            msgspec.structs.force_setattr(self, "path", f"{{{self.file}}}")

    @property
    def directory(self) -> ListsInDirectory:
        """The lists of the same certificates that lie in the directory."""
        return ListsOfFile(file=self.file)

    def requires(self) -> tuple[Ask, ...]:
        """The certificates themselves, and their lists in the directory."""
        return (CertificateIn(self.file), self.directory)

    def bind(self, known: Known) -> Self:
        """With the file's path."""
        (path,) = fill((self.path,), known)
        return msgspec.structs.replace(self, path=path)

    @property
    def named(self) -> str:
        """The file's name without folder: the subject of findings about it."""
        return file_name(self.path)

    def describe(self) -> str:
        """The file, and the key that names it."""
        return tr("the revocation of the certificates in {} ({})", self.path, self.file)


class RevocationOf(RevocationAsk, frozen=True):
    """Whether the certificates that hosts present on a port are revoked."""

    answer: ClassVar[Any] = Revocations
    hosts: tuple[str, ...]
    port: int = 443

    @property
    def handshakes(self) -> Handshakes:
        """The question for the certificates themselves."""
        return Handshakes(self.hosts, self.port)

    @property
    def directory(self) -> ListsInDirectory:
        """The lists of the same certificates that lie in the directory."""
        return ListsOfHosts(hosts=self.hosts, port=self.port)

    def requires(self) -> tuple[Ask, ...]:
        """The certificates themselves, and their lists in the directory."""
        return (self.handshakes, self.directory)

    def bind(self, known: Known) -> Self:
        """With the hosts' names in lower case."""
        hosts = self.handshakes.bind(known).hosts
        return msgspec.structs.replace(self, hosts=hosts)

    def describe(self) -> str:
        """The hosts and the port."""
        return tr(
            "the revocation of the certificates of {} on port {}", ", ".join(self.hosts), self.port
        )


class OwnLists(RevocationAsk, frozen=True):
    """The revocation lists that the own authority writes into what it issues.

    It writes the same addresses into all of it, so that any of its certificates will do: those of
    clients, of servers, or the gateway's own.
    """

    answer: ClassVar[Any] = Lists

    def requires(self) -> tuple[Ask, ...]:
        """The certificates that may name lists."""
        return (*self.stores, self.gateway)

    @property
    def stores(self) -> tuple[CollectedStores, ...]:
        """What was collected of clients and servers."""
        return (
            CollectedStores("files.collected_client_certs"),
            CollectedStores("files.collected_server_certs"),
        )

    @property
    def gateway(self) -> CertificateIn:
        """The gateway's own certificate, which may be of the own authority."""
        return CertificateIn("files.cmg_pfx")

    def describe(self) -> str:
        """What is asked."""
        return tr("the revocation lists that certificates of the own authority name")
