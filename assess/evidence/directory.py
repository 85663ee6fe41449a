"""What Active Directory can be asked over LDAP, and what it can answer, forest by forest.

A forest that refuses is ``NoAnswer`` among the others: what the others said stays, and nothing is
concluded about that one. Only when no forest answers is the whole question without an answer.

A forest is named by the DNS name of its root domain (lower case); ``section`` is the table of the
engagement file that says how it is reached: ``ad`` or ``ad.forests.<name>``.
"""

import re
from collections.abc import Iterator
from typing import Any, ClassVar, Literal, Self, TypeAlias

import msgspec

from assess.errors import Unavailable
from assess.evidence import Ask, Known, Table
from assess.evidence.people import Names, Naming
from assess.language import msg, tr

# The domain components at the end; a comma within a name is escaped by a backslash.
_COMPONENTS = re.compile(r"(?:^|(?<!\\)(?:\\\\)*,)(dc=[^,]+(?:,dc=[^,]+)*)$", re.IGNORECASE)
# What notes are about, besides suffixes: people without one, and accounts that are no people.
NO_SUFFIX = "(none)"
EXCLUDED = "(excluded accounts)"
ORDINARY_USER = msg("an ordinary domain user: read access that Authenticated Users have")


class NoAnswer(msgspec.Struct, frozen=True, tag=True):
    """A forest, or a domain, that was asked for and could not be read to the end."""

    section: str
    reason: str
    mend: str = ""


# -- UPN suffixes --


class Forest(msgspec.Struct, frozen=True, tag=True):
    """The suffixes that a forest offers: names of its domains, and those that were added.

    All lower case. ``added`` is empty where CN=Partitions was read and holds none.
    """

    section: str
    root: str
    domains: tuple[str, ...]
    added: tuple[str, ...] = ()

    def offers(self, suffix: str) -> bool:
        """An administrator can choose this suffix for a user of the forest."""
        return suffix.lower() in self.domains or suffix.lower() in self.added


class Suffixes(msgspec.Struct, frozen=True):
    """The UPN suffixes of every forest of the engagement file."""

    forests: tuple[Forest | NoAnswer, ...]


class ForestSuffixes(Ask, frozen=True):
    """Which UPN suffixes each forest offers: uPNSuffixes of CN=Partitions, and its domains."""

    source: ClassVar[str] = "ldap"
    answer: ClassVar[Any] = Suffixes
    permissions: ClassVar[tuple[str, ...]] = (ORDINARY_USER,)

    def describe(self) -> str:
        """Where it is read."""
        return tr("the UPN suffixes below CN=Partitions of each forest")


# -- people --

Kind: TypeAlias = Literal["person", "built-in", "critical", "trust", "sync"]

WHY_EXCLUDED: dict[Kind, str] = {
    "built-in": msg("built-in account (RID {rid}, below 1000)"),
    "critical": msg("system account (isCriticalSystemObject is true)"),
    "trust": msg("trust or computer account (userAccountControl)"),
    "sync": msg("account of Entra Connect (its description says so), which is never synchronised"),
}


class DirectoryUser(msgspec.Struct, frozen=True, omit_defaults=True):
    """An account of a person, enabled or not, or one that only looks like it (``kind``).

    Values are as the directory holds them: nothing is trimmed or lower-cased. ``upn`` is None where
    the attribute is missing. ``anchor`` is what synchronisation knows the account by (base64 of
    mS-DS-ConsistencyGuid, else of objectGUID): ``onPremisesImmutableId`` in the tenant.
    ``service``: it carries a service principal name, as a service's account does.
    ``undecodable`` names the attributes that held bytes which are no UTF-8; those are U+FFFD in
    the value.
    """

    dn: str
    account: str = ""
    upn: str | None = None
    mail: str = ""
    addresses: tuple[str, ...] = ()
    enabled: bool = True
    kind: Kind = "person"
    rid: int = 0
    service: bool = False
    guid: str = ""
    anchor: str = ""
    undecodable: tuple[str, ...] = ()
    people: ClassVar[Names] = {
        "dn": Naming.DN, "account": Naming.ACCOUNT, "upn": Naming.ACCOUNT, "mail": Naming.ACCOUNT,
        "addresses": Naming.ACCOUNT,
    }  # fmt: skip

    @property
    def suffix(self) -> str:
        """What follows the last ``@`` of the UPN, lower case, trimmed; "" where there is none."""
        _, at, suffix = (self.upn or "").rpartition("@")
        return suffix.strip().lower() if at else ""

    @property
    def domain(self) -> str:
        """The DNS name of the domain that the account lies in, as its distinguished name has it."""
        return domain_of(self.dn)

    @property
    def because(self) -> str:
        """Why the account is not a person's, by SID and flags; "" for a person."""
        return "" if self.kind == "person" else tr(WHY_EXCLUDED[self.kind], rid=self.rid)


class SuffixCount(msgspec.Struct, frozen=True):
    """People with one UPN suffix (lower case; "" where a UPN is missing or has no ``@``)."""

    suffix: str
    enabled: int
    disabled: int


class ForestUsers(msgspec.Struct, frozen=True, tag=True):
    """Every account of a forest, or below ``scope`` where that is not empty.

    ``domains`` are those that were read; ``netbios`` their short names. ``suffixes`` counts people
    only; ``more`` is how many people carry suffixes beyond those listed (garbage may have as many
    suffixes as users).
    """

    section: str
    root: str
    domains: tuple[str, ...]
    users: Table[DirectoryUser]
    suffixes: tuple[SuffixCount, ...] = ()
    scope: str = ""
    more: int = 0
    netbios: dict[str, str] = {}


class People(msgspec.Struct, frozen=True):
    """The accounts of every forest of the engagement file."""

    forests: tuple[ForestUsers | NoAnswer, ...]

    def read(self) -> tuple[ForestUsers, ...]:
        """The forests that were read to the end."""
        return tuple(forest for forest in self.forests if isinstance(forest, ForestUsers))

    def refused(self) -> tuple[NoAnswer, ...]:
        """The forests, and domains, that were not."""
        return tuple(forest for forest in self.forests if isinstance(forest, NoAnswer))

    def users(self) -> Iterator[DirectoryUser]:
        """Every account of the forests that were read, streamed, in the order of the directory."""
        for forest in self.read():
            yield from forest.users


class DirectoryUsers(Ask, frozen=True):
    """The accounts of people: below ``ad.user_scope_dn``, in ``ad.domains``, or in each domain.

    Both keys are optional; they are filled in when the question is bound.
    """

    source: ClassVar[str] = "ldap"
    answer: ClassVar[Any] = People
    permissions: ClassVar[tuple[str, ...]] = (ORDINARY_USER,)
    scope: str = ""
    domains: tuple[str, ...] = ()

    def bind(self, known: Known) -> Self:
        """With the scope and the domains of the engagement file, where they are set."""
        scope = self.scope or _optional(known, "ad.user_scope_dn") or ""
        domains = self.domains or tuple(_optional(known, "ad.domains") or ())
        return type(self)(scope=str(scope), domains=tuple(str(name).lower() for name in domains))

    def describe(self) -> str:
        """Where they are looked for."""
        place = self.scope or ", ".join(self.domains) or tr("each domain of each forest")
        return tr("the user accounts of {}", place)


def domain_of(dn: str) -> str:
    """The DNS name of the domain that a distinguished name lies in, lower case; "" without one."""
    found = _COMPONENTS.search(dn)
    return ".".join(part[3:] for part in found[1].lower().split(",")) if found else ""


def _optional(known: Known, name: str) -> Any:  # noqa: ANN401 - a value of the engagement file
    try:
        return known.key(name)
    except Unavailable:
        return None


# -- device registration --


class Registration(msgspec.Struct, frozen=True, tag=True):
    """The forest's service connection point is filled: its computers join the tenant (hybrid join).

    ``tenant_name`` is a domain of the tenant (azureADName), ``tenant_id`` its GUID, lower case
    (azureADId); either may be "" where the keyword is missing.
    """

    section: str
    root: str
    tenant_name: str
    tenant_id: str


class NotRegistered(msgspec.Struct, frozen=True, tag=True):
    """The forest has no filled service connection point. Client settings may do without one."""

    section: str
    root: str
    because: str


class Registrations(msgspec.Struct, frozen=True):
    """Hybrid join of every forest of the engagement file; each needs its own connection point."""

    forests: tuple[Registration | NotRegistered | NoAnswer, ...]


class DeviceRegistration(Ask, frozen=True):
    """Which tenant the service connection point for device registration names, forest by forest."""

    source: ClassVar[str] = "ldap"
    answer: ClassVar[Any] = Registrations
    permissions: ClassVar[tuple[str, ...]] = (ORDINARY_USER,)

    def describe(self) -> str:
        """Where it is read."""
        return tr(
            "the service connection point of CN=Device Registration Configuration in each forest"
        )
