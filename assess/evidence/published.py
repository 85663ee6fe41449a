"""Revocation lists that lie in the directory, where certificates name an ``ldap:`` address.

    ldap:///CN=Issuing CA,CN=CA01,CN=CDP,…?certificateRevocationList?base?objectClass=…

Only those inside can read it. What the directory holds is handed on as it is: whoever asks for
revocation looks at issuer, signature and dates as with a list from the web.
"""

from collections.abc import Iterable
from typing import Any, ClassVar, Self, TypeAlias
from urllib.parse import unquote, urlsplit

import msgspec

from assess.errors import Unavailable
from assess.evidence import Ask, Known, fill
from assess.evidence.certificates import CertificateFile, CertificateIn, Step
from assess.evidence.directory import ORDINARY_USER
from assess.evidence.tls import Endpoints, Handshakes, Served
from assess.language import tr

ATTRIBUTE = "certificateRevocationList"


class Published(msgspec.Struct, frozen=True, tag=True):
    """The list that the directory holds there."""

    der: bytes


class NotPublished(msgspec.Struct, frozen=True, tag=True):
    """The directory shows that there is none."""

    why: str


class NotRead(msgspec.Struct, frozen=True, tag=True):
    """Nobody could say: a directory that refuses, or an address in none that is set up."""

    why: str


InDirectory: TypeAlias = Published | NotPublished | NotRead


class PublishedLists(msgspec.Struct, frozen=True):
    """What the directory holds at each address, as the certificates spell it."""

    by_url: dict[str, InDirectory]


def place(url: str) -> str:
    """The distinguished name that an ``ldap:`` address asks for a list; "" where it is no such."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    attribute = parts.query.partition("?")[0].partition(";")[0]
    if parts.scheme.lower() not in ("ldap", "ldaps") or attribute.lower() != ATTRIBUTE.lower():
        return ""
    return unquote(parts.path.removeprefix("/"))


class ListsInDirectory(Ask, frozen=True):
    """The lists at the ``ldap:`` addresses of some certificates."""

    source: ClassVar[str] = "ldap"
    answer: ClassVar[Any] = PublishedLists
    permissions: ClassVar[tuple[str, ...]] = (ORDINARY_USER,)
    urls: tuple[str, ...] = ()

    def describe(self) -> str:
        """Where they lie."""
        return "the revocation lists that certificates name in the directory"


class ListsOfFile(ListsInDirectory, frozen=True):
    """Those of the certificates in the file that a key names."""

    file: str = ""

    def requires(self) -> tuple[Ask, ...]:
        """The certificates themselves."""
        return (CertificateIn(self.file),)

    def bind(self, known: Known) -> Self:
        """With the addresses; raises Unavailable where there is none."""
        found: CertificateFile = known.answer(CertificateIn(self.file))
        return msgspec.structs.replace(self, urls=_named(found.trust.path))


class ListsOfHosts(ListsInDirectory, frozen=True):
    """Those of the certificates that hosts present on a port."""

    hosts: tuple[str, ...] = ()
    port: int = 443

    def requires(self) -> tuple[Ask, ...]:
        """The certificates themselves."""
        return (Handshakes(self.hosts, self.port),)

    def bind(self, known: Known) -> Self:
        """With the addresses; raises Unavailable where there is none."""
        seen: Endpoints = known.answer(Handshakes(self.hosts, self.port))
        # A stranger's certificate could send us anywhere.
        trusted = [
            one
            for one in seen.by_host.values()
            if isinstance(one, Served) and one.trust.anchor != "none"
        ]
        steps = [step for one in trusted for step in one.trust.path]
        hosts = tuple(str(host) for host in fill(self.hosts, known))
        return msgspec.structs.replace(self, hosts=hosts, urls=_named(steps))


def _named(path: Iterable[Step]) -> tuple[str, ...]:
    urls = [url for one in path for url in one.crl_urls if place(url)]
    if not urls:
        raise Unavailable(tr("no certificate names a list in the directory"), skipped=True)
    return tuple(dict.fromkeys(urls))
