"""What a forest shows of the services that lead to the tenant: synchronisation, and AD FS.

Traces tell who does a thing and where, and contradict what the tenant says; they prove no more. An
account is made by whoever installs, and stays when the server goes. What is not shown to the
account that reads is not "not there".
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, ClassVar, Literal, TypeAlias

import msgspec

from assess.evidence import Ask
from assess.evidence.directory import ORDINARY_USER, NoAnswer
from assess.evidence.people import Names, Naming
from assess.language import lookup, msg, tr

# -- synchronisation --

SyncKind: TypeAlias = Literal["connect", "service", "agent"]

SYNC_WORDS: dict[SyncKind, str] = {
    "connect": msg("Entra Connect"),
    "service": msg("the service of Entra Connect"),
    "agent": msg("the agent of cloud sync"),
}


class SyncAccount(msgspec.Struct, frozen=True):
    """An account that synchronisation made for itself, or that it runs as.

    ``connect``: reads the directory for Entra Connect; its description names the server and the
    tenant. ``service``: the service runs as it. ``agent``: a provisioning agent of cloud sync runs
    as it. ``server`` (as the directory names it) and ``tenant`` (lower case) are "" where nothing
    tells them. ``domain``: the DNS name of the domain that it lies in.
    """

    kind: SyncKind
    account: str
    domain: str
    server: str = ""
    tenant: str = ""
    enabled: bool = True
    people: ClassVar[Names] = {"account": Naming.ACCOUNT}

    @property
    def text(self) -> str:
        """What it tells, for a person."""
        told = lookup(SYNC_WORDS[self.kind])
        told += tr(" on {}", self.server) if self.server else ""
        told += tr(" for {}", self.tenant) if self.tenant else ""
        if not self.enabled:
            return tr("{} (account {}, disabled)", told, self.account)
        return tr("{} (account {})", told, self.account)


class SeamlessSignOn(msgspec.Struct, frozen=True):
    """The computer account of seamless single sign-on, AZUREADSSOACC.

    ``changed``: when its key was, None where that is not shown.
    """

    domain: str
    changed: datetime | None = None


class SyncTraces(msgspec.Struct, frozen=True, tag=True):
    """What one forest shows of synchronisation. ``unread``: its domains that nobody could look at.

    Accounts that are there, but whose names only are like those, are left out.
    """

    section: str
    root: str
    accounts: tuple[SyncAccount, ...] = ()
    sign_on: tuple[SeamlessSignOn, ...] = ()
    unread: tuple[str, ...] = ()


class SyncTrail(msgspec.Struct, frozen=True):
    """The traces of synchronisation in every forest of the engagement file."""

    forests: tuple[SyncTraces | NoAnswer, ...]

    def read(self) -> tuple[SyncTraces, ...]:
        """The forests that were read."""
        return tuple(forest for forest in self.forests if isinstance(forest, SyncTraces))

    def accounts(self) -> Iterator[SyncAccount]:
        """The accounts of all of them."""
        for forest in self.read():
            yield from forest.accounts


class DirectorySync(Ask, frozen=True):
    """Which accounts of synchronisation each forest has, and what their descriptions tell."""

    source: ClassVar[str] = "ldap"
    answer: ClassVar[Any] = SyncTrail
    permissions: ClassVar[tuple[str, ...]] = (ORDINARY_USER,)

    def describe(self) -> str:
        """Where they are looked for."""
        return "the accounts of Entra Connect and cloud sync in each forest"


# -- AD FS --


class KeyContainer(msgspec.Struct, frozen=True):
    """Whether AD FS has left the container of its keys in a domain; its content is never read.

    ``there`` is None where that is not shown, and ``because`` says why.
    """

    domain: str
    there: bool | None
    because: str = ""


class FederationAccount(msgspec.Struct, frozen=True):
    """An account, not a computer's, to which Kerberos tickets for hosts are made out.

    The service of AD FS runs as one: ``hosts`` holds the name of its farm then. Lower case.
    ``managed``: a managed service account.
    """

    account: str
    domain: str
    hosts: tuple[str, ...]
    managed: bool = False
    enabled: bool = True
    people: ClassVar[Names] = {"account": Naming.ACCOUNT}


class FederationTraces(msgspec.Struct, frozen=True, tag=True):
    """What one forest shows of AD FS, domain by domain."""

    section: str
    root: str
    containers: tuple[KeyContainer, ...]
    accounts: tuple[FederationAccount, ...] = ()
    more: int = 0

    @property
    def installed(self) -> tuple[str, ...]:
        """The domains in which AD FS has been installed."""
        return tuple(one.domain for one in self.containers if one.there)

    @property
    def without(self) -> bool:
        """Every domain shows that AD FS has never been installed in it."""
        return all(one.there is False for one in self.containers)


class FederationTrail(msgspec.Struct, frozen=True):
    """The traces of AD FS in every forest of the engagement file."""

    forests: tuple[FederationTraces | NoAnswer, ...]

    def read(self) -> tuple[FederationTraces, ...]:
        """The forests that were read."""
        return tuple(forest for forest in self.forests if isinstance(forest, FederationTraces))

    def installed(self) -> tuple[str, ...]:
        """The domains in which AD FS has been installed."""
        return tuple(domain for forest in self.read() for domain in forest.installed)

    def runs(self, host: str) -> FederationAccount | None:
        """The account to which tickets for the host are made out."""
        return next(
            (one for forest in self.read() for one in forest.accounts if host in one.hosts), None
        )

    def below(self, domain: str) -> tuple[str, ...]:
        """The hosts of such accounts that lie in a domain of the DNS; sorted, each once."""
        hosts = {host for forest in self.read() for one in forest.accounts for host in one.hosts}
        return tuple(sorted(host for host in hosts if host.endswith(f".{domain.lower()}")))

    @property
    def nowhere(self) -> bool:
        """Every forest was read, and each of its domains shows that AD FS was never installed."""
        read = self.read()
        return len(read) == len(self.forests) > 0 and all(forest.without for forest in read)


class DirectoryFederation(Ask, frozen=True):
    """What each forest shows of AD FS: the container of its keys, and the account it runs as."""

    source: ClassVar[str] = "ldap"
    answer: ClassVar[Any] = FederationTrail
    permissions: ClassVar[tuple[str, ...]] = (ORDINARY_USER,)

    def describe(self) -> str:
        """Where it is looked for."""
        return "the traces of AD FS in each forest"
