"""What can be asked of the domain name system, and what can be known of it.

Three views: what the internet sees (``public``: the resolvers of ``[dns] nameservers``), what the
servers of the zone itself say (``authoritative``), and what the company network sees
(``internal``). An answer is kept apart from no answer: that a name does not exist is an answer,
SERVFAIL, REFUSED and silence are none.

Names are in ASCII, lower case, without trailing dot.
"""

from collections.abc import Mapping
from typing import Any, ClassVar, Literal, Self, TypeAlias

import msgspec

from assess.errors import Unavailable
from assess.evidence import Ask, Known, fill
from assess.language import msg, tr
from assess.publicnames import ascii_name, is_public

View: TypeAlias = Literal["public", "authoritative", "internal"]

VIEWS: Mapping[View, str] = {
    "public": msg("as the internet sees it"),
    "authoritative": msg("at the servers of its zone"),
    "internal": msg("as the company network sees it"),
}
_NAMED = 3  # names that a description spells out


class Target(msgspec.Struct, frozen=True, tag=True):
    """The name is an alias (CNAME) of ``host``: the first target, whatever that leads to."""

    host: str

    @property
    def text(self) -> str:
        """What was answered, for a person."""
        return tr("alias of {}", self.host)


class Addresses(msgspec.Struct, frozen=True, tag=True):
    """The name has addresses (A, AAAA): as the answer to a question for an alias, in its place."""

    addresses: tuple[str, ...]

    @property
    def text(self) -> str:
        """What was answered, for a person."""
        return tr("address {}", ", ".join(self.addresses))


class NoName(msgspec.Struct, frozen=True, tag=True):
    """NXDOMAIN: there is no such name."""

    @property
    def text(self) -> str:
        """What was answered, for a person."""
        return tr("no such name (NXDOMAIN)")


class NoRecord(msgspec.Struct, frozen=True, tag=True):
    """NODATA: the name is there, without a record that was asked for."""

    @property
    def text(self) -> str:
        """What was answered, for a person."""
        return tr("no such record (NODATA)")


class NoAnswer(msgspec.Struct, frozen=True, tag=True):
    """Nobody answered: ``why`` says which server did what."""

    why: str

    @property
    def text(self) -> str:
        """What happened, for a person."""
        return tr("no answer: {}", self.why)


class Disagreement(msgspec.Struct, frozen=True, tag=True):
    """The servers of the zone differ: server to what it answered."""

    answers: "dict[str, Answered]"

    @property
    def text(self) -> str:
        """What was answered, for a person."""
        said = "; ".join(f"{server}: {answer.text}" for server, answer in self.answers.items())
        return tr("the servers of the zone differ ({})", said)


Answered: TypeAlias = Target | Addresses | NoName | NoRecord
Lookup: TypeAlias = Answered | NoAnswer | Disagreement
Resolved: TypeAlias = Addresses | NoName | NoRecord | NoAnswer


class Aliases(msgspec.Struct, frozen=True):
    """What each name is: an alias, addresses in its place, nothing, or not answered.

    ``ttl``: seconds that the record of a name may be kept, the longest that a server said. Only
    the servers of the zone say how long that is at the start.
    """

    by_name: dict[str, Lookup]
    ttl: dict[str, int] = {}


class AddressBook(msgspec.Struct, frozen=True):
    """The addresses of each name, aliases followed; never a ``Target``."""

    by_name: dict[str, Resolved]


class Zone(msgspec.Struct, frozen=True, tag=True):
    """The zone that a domain lies in, as a public resolver knows it.

    ``name`` is the domain itself, or the enclosing zone where it has no name servers of its own.
    ``primary`` is the server that the SOA names, "" where there was none; ``why`` says then why.
    """

    name: str
    nameservers: tuple[str, ...]
    primary: str = ""
    why: str = ""

    @property
    def text(self) -> str:
        """What was answered, for a person."""
        return tr(
            "zone {}: NS {}; SOA {}",
            self.name,
            ", ".join(self.nameservers),
            self.primary or self.why,
        )


ZoneOf: TypeAlias = Zone | NoName | NoRecord | NoAnswer


class Zones(msgspec.Struct, frozen=True):
    """The zone of each domain. ``NoRecord``: no zone below the top-level domain has it."""

    by_domain: dict[str, ZoneOf]


class Permission(msgspec.Struct, frozen=True):
    """One CAA record: ``issue``, ``issuewild``, ``iodef`` or another property, and its value.

    ``critical``: an authority that does not know the property must not issue.
    """

    tag: str
    value: str
    critical: bool = False

    @property
    def text(self) -> str:
        """The record as a zone has it."""
        return f'{self.tag} "{self.value}"'

    @property
    def authority(self) -> str:
        """The domain of the authority that may issue, without parameters; "": nobody may."""
        return self.value.partition(";")[0].strip().lower().rstrip(".")


class Permitted(msgspec.Struct, frozen=True, tag=True):
    """The CAA records that count for a name, and the name that has them: itself or one above."""

    owner: str
    records: tuple[Permission, ...]

    @property
    def text(self) -> str:
        """What was answered, for a person."""
        return tr("CAA of {}: {}", self.owner, ", ".join(one.text for one in self.records))

    def authorities(self, *, wildcard: bool) -> frozenset[str] | None:
        """Who may issue for the name; None: everybody, since no record says otherwise."""
        wild = [one for one in self.records if one.tag == "issuewild"]
        plain = [one for one in self.records if one.tag == "issue"]
        counting = wild if wildcard and wild else plain
        if not counting:
            return None
        return frozenset(one.authority for one in counting if one.authority)


class Unrestricted(msgspec.Struct, frozen=True, tag=True):
    """Neither the name nor any above it has a CAA record: every authority may issue."""

    @property
    def text(self) -> str:
        """What was answered, for a person."""
        return tr("no CAA record up to the top: every authority may issue")


class Permissions(msgspec.Struct, frozen=True):
    """Who may issue certificates for each name."""

    by_name: dict[str, Permitted | Unrestricted | NoAnswer]


class DnsAsk(Ask, frozen=True):
    """A question about names: patterns such as ``www.{domain}``, one or several."""

    source: ClassVar[str] = "dns"
    permissions: ClassVar[tuple[str, ...]] = (msg("UDP and TCP port 53 to the name servers"),)
    names: str | tuple[str, ...]
    view: View = "public"

    @property
    def asked(self) -> tuple[str, ...]:
        """The names (of a bound question), or the patterns."""
        return (self.names,) if isinstance(self.names, str) else self.names

    def bind(self, known: Known) -> Self:
        """The question with names in their plain form; raises Unavailable where one is no name."""
        names = tuple(dict.fromkeys(plain(name) for name in fill(self.asked, known)))
        return msgspec.structs.replace(self, names=names)

    def describe(self) -> str:
        """What is asked, of which view; long lists shortened."""
        return tr("{} of {} {}", self._what(), _listed(self.asked), VIEWS[self.view])

    def _what(self) -> str:
        return type(self).__name__


class Cname(DnsAsk, frozen=True):
    """The alias of each name, e.g. of ``www.{domain}``."""

    answer: ClassVar[Any] = Aliases

    def _what(self) -> str:
        return tr("the alias (CNAME)")


class Address(DnsAsk, frozen=True):
    """The addresses of each name, aliases followed."""

    answer: ClassVar[Any] = AddressBook

    def _what(self) -> str:
        return tr("the addresses (A, AAAA)")


class ClassicAddress(Address, frozen=True):
    """The addresses of ``<first label>.cloudapp.net`` for each name: the classic name in Azure."""

    def bind(self, known: Known) -> Self:
        """Names below cloudapp.net; binding it again changes nothing."""
        bound = super().bind(known)
        labels = (name.partition(".")[0] for name in bound.asked)
        names = tuple(dict.fromkeys(f"{label}.cloudapp.net" for label in labels))
        return msgspec.structs.replace(bound, names=names)


class TargetAddress(DnsAsk, frozen=True):
    """The addresses of what the aliases of ``names`` lead to: none where the alias dangles."""

    answer: ClassVar[Any] = AddressBook
    targets: tuple[str, ...] = ()

    def requires(self) -> tuple[Ask, ...]:
        """The aliases themselves."""
        return (Cname(self.names, self.view),)

    def bind(self, known: Known) -> Self:
        """The targets, each once, filled in from the aliases."""
        aliases: Aliases = known.answer(Cname(self.names, self.view))
        hosts = {one.host for one in aliases.by_name.values() if isinstance(one, Target)}
        return msgspec.structs.replace(super().bind(known), targets=tuple(sorted(hosts)))

    def _what(self) -> str:
        return tr("the addresses behind the aliases")


class Wildcard(DnsAsk, frozen=True):
    """What a name answers that nobody made, below each of ``names``: by the name it is below."""

    answer: ClassVar[Any] = Aliases

    def _what(self) -> str:
        return tr("an invented name below each")


class Issuers(DnsAsk, frozen=True):
    """Who may issue certificates for each name (CAA), climbing from the name to the top."""

    answer: ClassVar[Any] = Permissions

    def _what(self) -> str:
        return tr("the permitted issuers (CAA)")


class Delegation(DnsAsk, frozen=True):
    """SOA and name servers of each domain. Names that nobody can own are not asked for."""

    answer: ClassVar[Any] = Zones

    def bind(self, known: Known) -> Self:
        """The public names among them."""
        bound = super().bind(known)
        return msgspec.structs.replace(bound, names=tuple(filter(is_public, bound.asked)))

    def _what(self) -> str:
        return tr("SOA and NS")


def plain(name: str) -> str:
    """The name in ASCII, lower case, without blanks and trailing dot; raises Unavailable."""
    found = ascii_name("".join(name.split()))
    if found is None:
        raise Unavailable(
            tr("{} is not a name that can be asked for", name),
            "Correct the keys of the engagement file that it is made of.",
        )
    return found


def _listed(names: tuple[str, ...]) -> str:
    shown = ", ".join(names[:_NAMED])
    more = len(names) - _NAMED
    return tr("{} and {} more", shown, more) if more > 0 else shown
