"""What the directory can be asked of certification authorities, templates, and groups.

Certification authorities and templates stand in the configuration partition of a forest, below
``CN=Public Key Services,CN=Services``; groups and computers in its domains. A forest that refuses
is ``NoAnswer`` among the others. Names and identifiers are as the directory holds them; SIDs are
text, dates aware and UTC.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, ClassVar, Literal, Self, TypeAlias

import msgspec

from assess.errors import Unavailable
from assess.evidence import Ask, Known
from assess.evidence.certificates import Certificate, same_computer
from assess.evidence.directory import ORDINARY_USER, NoAnswer
from assess.evidence.people import Names, Naming, Unless
from assess.evidence.securitydescriptor import Descriptor, domain_part, rid_of
from assess.language import tr

WEB_TEMPLATE = "ConfigMgrCloudWebServer"
WORKSTATION_TEMPLATE = "ConfigMgrWorkstationAuth"
IIS_GROUP = "ConfigMgr IIS Servers"

DOMAIN_ADMINS, DOMAIN_USERS, DOMAIN_GUESTS, DOMAIN_COMPUTERS = 512, 513, 514, 515
DOMAIN_CONTROLLERS, ENTERPRISE_ADMINS = 516, 519
AUTHENTICATED_USERS, EVERYONE = "S-1-5-11", "S-1-1-0"
WELL_KNOWN: dict[str, str] = {
    EVERYONE: "Everyone",
    "S-1-3-0": "Creator Owner",
    "S-1-5-7": "Anonymous",
    "S-1-5-9": "Enterprise Domain Controllers",
    "S-1-5-10": "Self",
    AUTHENTICATED_USERS: "Authenticated Users",
    "S-1-5-18": "SYSTEM",
    "S-1-5-32-544": "Administrators",
    "S-1-5-32-545": "Users",
    "S-1-5-32-546": "Guests",
    "S-1-5-32-554": "Pre-Windows 2000 Compatible Access",
}
# Groups of a domain that every domain has, by the last number of their SID.
OF_EVERY_DOMAIN: dict[int, str] = {
    500: "Administrator",
    DOMAIN_ADMINS: "Domain Admins",
    DOMAIN_USERS: "Domain Users",
    DOMAIN_GUESTS: "Domain Guests",
    DOMAIN_COMPUTERS: "Domain Computers",
    DOMAIN_CONTROLLERS: "Domain Controllers",
    517: "Cert Publishers",
    518: "Schema Admins",
    ENTERPRISE_ADMINS: "Enterprise Admins",
    520: "Group Policy Creator Owners",
}
# More people or computers than anybody could vouch for.
_BROAD_SIDS = frozenset(
    {EVERYONE, "S-1-5-7", AUTHENTICATED_USERS, "S-1-5-32-545", "S-1-5-32-546", "S-1-5-32-554"}
)
_BROAD_RIDS = frozenset({DOMAIN_USERS, DOMAIN_GUESTS, DOMAIN_COMPUTERS})


def is_broad(sid: str) -> bool:
    """It stands for everybody, or for every user or computer of a domain."""
    return sid in _BROAD_SIDS or rid_of(sid) in _BROAD_RIDS


class NotShown(msgspec.Struct, frozen=True, tag=True):
    """A part of an object that the account did not get to see, or that is no such thing."""

    because: str


# -- certification authorities --


class Host(msgspec.Struct, frozen=True, tag=True):
    """The computer that an authority runs on, as its own object describes it; "" where it does not.

    ``version`` begins with the numbers of the release: ``10.0 (17763)``.
    """

    name: str
    system: str = ""
    version: str = ""


class NoHost(msgspec.Struct, frozen=True, tag=True):
    """No computer object of that name. ``complete``: every domain of the forest was looked at."""

    because: str
    complete: bool


class Authority(msgspec.Struct, frozen=True):
    """A pKIEnrollmentService: an enterprise authority that issues.

    ``templates`` are names (cn) of templates, not what a person calls them. ``certificates``: its
    own, newest last. ``unreadable`` counts those that are no certificates.
    """

    name: str
    host: str
    computer: Host | NoHost | NotShown
    certificates: tuple[Certificate, ...]
    templates: tuple[str, ...] = ()
    unreadable: int = 0

    @property
    def newest(self) -> Certificate | None:
        """The certificate that it signs with: the last to begin."""
        return self.certificates[-1] if self.certificates else None

    @property
    def label(self) -> str:
        """Name and host, for a person."""
        return tr("{} on {}", self.name, self.host) if self.host else self.name


class KeyServices(msgspec.Struct, frozen=True, tag=True):
    """The public key services of a forest. What is NotShown may be there and hold anything.

    ``hidden``: enrolment services of which not even the class can be read. ``logon``: SHA-256
    thumbprints in NTAuthCertificates; ``roots``: CN=Certification Authorities, which every member
    of the forest trusts; ``intermediates``: CN=AIA.
    """

    section: str
    root: str
    authorities: tuple[Authority, ...]
    hidden: int
    logon: tuple[str, ...] | NotShown
    roots: tuple[Certificate, ...] | NotShown
    intermediates: tuple[Certificate, ...] | NotShown


class PublicKeyServices(msgspec.Struct, frozen=True):
    """The public key services of every forest of the engagement file."""

    forests: tuple[KeyServices | NoAnswer, ...]

    def read(self) -> tuple[KeyServices, ...]:
        """The forests that answered."""
        return tuple(one for one in self.forests if isinstance(one, KeyServices))

    def refused(self) -> tuple[NoAnswer, ...]:
        """The forests that did not."""
        return tuple(one for one in self.forests if isinstance(one, NoAnswer))


class CertificateServices(Ask, frozen=True):
    """The certification authorities of each forest, what they publish, and whom members trust."""

    source: ClassVar[str] = "ldap"
    answer: ClassVar[Any] = PublicKeyServices
    permissions: ClassVar[tuple[str, ...]] = (ORDINARY_USER,)

    def describe(self) -> str:
        """Where they stand."""
        return tr("the certification authorities below CN=Public Key Services of each forest")


# -- templates --


class Principal(msgspec.Struct, frozen=True):
    """Somebody whom an access list names. ``name`` is "" where the SID leads to no object.

    ``contains``: SIDs of the groups, and of the foreign principals, that are members of it at any
    depth; ``within``: of the groups that it is a member of at any depth. ``known``: both were read;
    else nobody knows whom it stands for.
    """

    sid: str
    name: str = ""
    kind: Literal["well-known", "group", "user", "computer", "foreign", "unresolved"] = "unresolved"
    contains: tuple[str, ...] = ()
    within: tuple[str, ...] = ()
    known: bool = False
    people: ClassVar[Names] = {
        "name": Unless(Naming.ACCOUNT, "kind", frozenset({"well-known", "group", "computer"})),
    }  # fmt: skip

    @property
    def label(self) -> str:
        """What a person calls it, with the SID where that is all there is."""
        return self.name or self.sid

    @property
    def broad(self) -> bool:
        """It is, or holds at any depth, everybody of some kind."""
        return is_broad(self.sid) or any(map(is_broad, self.contains))

    @property
    def token(self) -> frozenset[str]:
        """The SIDs that its members certainly carry: its own, the groups above, and everybody's."""
        return frozenset({self.sid, *self.within, AUTHENTICATED_USERS, EVERYONE})


class Template(msgspec.Struct, frozen=True):
    """A certificate template. Numbers are None where the attribute is absent or not shown.

    ``usages`` is pKIExtendedKeyUsage, ``policies`` msPKI-Certificate-Application-Policy. The flags
    are those of msPKI-Private-Key-Flag, msPKI-Certificate-Name-Flag, msPKI-Enrollment-Flag and
    flags, as unsigned numbers. ``days``: how long its certificates live.
    """

    cn: str
    display: str
    usages: tuple[str, ...]
    policies: tuple[str, ...]
    access: Descriptor | NotShown
    schema: int | None = None
    key_flags: int | None = None
    name_flags: int | None = None
    enrolment_flags: int | None = None
    flags: int | None = None
    key_bits: int | None = None
    signatures: int | None = None
    providers: tuple[str, ...] = ()
    days: float | None = None
    oid: str = ""

    @property
    def exportable(self) -> bool | None:
        """Its private keys may be exported; None where nobody knows."""
        return None if self.key_flags is None else bool(self.key_flags & 0x10)

    @property
    def legacy_provider(self) -> bool | None:
        """It asks for a CSP, the older kind of provider; None where nobody knows."""
        if self.schema is not None and self.schema <= 2:  # noqa: PLR2004 - of Server 2003
            return True
        if self.key_flags is None or self.schema is None:
            return None
        return self.schema >= 4 and bool(self.key_flags & 0x100)  # noqa: PLR2004 - of Server 2012

    @property
    def supplied(self) -> bool | None:
        """Whoever enrols writes the subject; None where nobody knows."""
        return None if self.name_flags is None else bool(self.name_flags & 0x1)

    @property
    def supplied_names(self) -> bool:
        """Whoever enrols writes subject or alternative names."""
        return bool((self.name_flags or 0) & 0x10001)

    @property
    def approved(self) -> bool:
        """A manager of the authority, or a signature, stands before the certificate."""
        return bool((self.enrolment_flags or 0) & 0x2) or bool(self.signatures)

    @property
    def for_machines(self) -> bool | None:
        """It is for computers; None where nobody knows."""
        return None if self.flags is None else bool(self.flags & 0x40)


class ForestTemplates(msgspec.Struct, frozen=True, tag=True):
    """The templates of one name in a forest: by display name, else by cn.

    ``hidden``: templates whose name the account may not read, any of which may be it. ``seen``: how
    many there are in all. ``domains``: SID by DNS name of each domain whose SID is known, and
    ``unread_domains`` those whose is not.
    """

    section: str
    root: str
    found: tuple[Template, ...]
    hidden: int
    seen: int
    principals: dict[str, Principal] = {}
    domains: dict[str, str] = {}
    unread_domains: tuple[str, ...] = ()

    def principal(self, sid: str) -> Principal:
        """Who a SID stands for, as far as is known."""
        return self.principals.get(sid) or Principal(sid, named(sid))


class Templates(msgspec.Struct, frozen=True):
    """A template, looked for in every forest of the engagement file."""

    name: str
    forests: tuple[ForestTemplates | NoAnswer, ...]

    def read(self) -> tuple[ForestTemplates, ...]:
        """The forests that answered."""
        return tuple(one for one in self.forests if isinstance(one, ForestTemplates))

    def refused(self) -> tuple[NoAnswer, ...]:
        """The forests that did not."""
        return tuple(one for one in self.forests if isinstance(one, NoAnswer))

    def found(self) -> tuple[tuple[ForestTemplates, Template], ...]:
        """Each template of the name, with its forest."""
        return tuple((forest, one) for forest in self.read() for one in forest.found)


def _named_or(known: Known, key: str, default: str) -> str:
    try:
        return str(known.key(key)).strip() or default
    except Unavailable:
        return default


class TemplateNamed(Ask, frozen=True):
    """A certificate template, by the name that a key gives it, else by that of the documents."""

    source: ClassVar[str] = "ldap"
    answer: ClassVar[Any] = Templates
    permissions: ClassVar[tuple[str, ...]] = (ORDINARY_USER,)
    key_name: str
    name: str

    def bind(self, known: Known) -> Self:
        """With the name of the engagement file, where it is set."""
        return type(self)(self.key_name, _named_or(known, self.key_name, self.name))

    def describe(self) -> str:
        """Which template."""
        return tr("the certificate template {} of each forest", self.name)


WEB = TemplateNamed("pki.web_template_name", WEB_TEMPLATE)
WORKSTATION = TemplateNamed("pki.workstation_template_name", WORKSTATION_TEMPLATE)


# -- groups and accounts --


MemberKind: TypeAlias = Literal["computer", "user", "group", "foreign", "other"]


class Member(msgspec.Struct, frozen=True):
    """A member of a group at any depth. ``host``: the DNS name of a computer, or its short one."""

    name: str
    kind: MemberKind
    host: str = ""
    sid: str = ""
    people: ClassVar[Names] = {
        "name": Unless(Naming.ACCOUNT, "kind", frozenset({"computer", "group"})),
    }  # fmt: skip

    @property
    def every_computer(self) -> bool:
        """It stands for every computer of a domain."""
        every = self.sid in (AUTHENTICATED_USERS, EVERYONE)
        return every or rid_of(self.sid) == DOMAIN_COMPUTERS


class Group(msgspec.Struct, frozen=True):
    """A group, and everybody who is a member of it at any depth.

    ``cut``: why members of it could not all be read, "" where they were. ``changed``: when.
    """

    dn: str
    name: str
    sid: str
    security: bool | None
    members: tuple[Member, ...] = ()
    within: tuple[str, ...] = ()
    cut: str = ""
    changed: datetime | None = None

    @property
    def token(self) -> frozenset[str]:
        """The SIDs that its members certainly carry."""
        return frozenset({self.sid, *self.within, AUTHENTICATED_USERS, EVERYONE})

    def has(self, computer: str) -> bool:
        """The computer of this name is a member, at any depth."""
        return any(
            one.every_computer or (one.kind == "computer" and same_computer(one.host, computer))
            for one in self.members
        )


class ForestGroups(msgspec.Struct, frozen=True, tag=True):
    """The groups of one name in a forest; ``unread``: domains that were not looked at."""

    section: str
    root: str
    found: tuple[Group, ...]
    unread: tuple[str, ...] = ()


class Groups(msgspec.Struct, frozen=True):
    """A group, looked for in every forest of the engagement file."""

    name: str
    forests: tuple[ForestGroups | NoAnswer, ...]

    def found(self) -> tuple[Group, ...]:
        """Every group of the name."""
        return tuple(
            group
            for forest in self.forests
            if isinstance(forest, ForestGroups)
            for group in forest.found
        )

    def gaps(self) -> tuple[str, ...]:
        """Why a group may be there that was not found."""
        reasons: list[str] = []
        for forest in self.forests:
            if isinstance(forest, NoAnswer):
                reasons.append(forest.reason)
            elif forest.unread:
                reasons.append(tr("{} could not be looked at", ", ".join(forest.unread)))
        return tuple(reasons)


class GroupNamed(Ask, frozen=True):
    """A security group, by the name that a key gives it, else by that of the documents."""

    source: ClassVar[str] = "ldap"
    answer: ClassVar[Any] = Groups
    permissions: ClassVar[tuple[str, ...]] = (ORDINARY_USER,)
    key_name: str
    name: str

    def bind(self, known: Known) -> Self:
        """With the name of the engagement file, where it is set."""
        return type(self)(self.key_name, _named_or(known, self.key_name, self.name))

    def describe(self) -> str:
        """Which group."""
        return tr("the members of the group {}, at every depth", self.name)


IIS_SERVERS = GroupNamed("pki.iis_group_name", IIS_GROUP)


class Nominee(msgspec.Struct, frozen=True, tag=True):
    """The account that was nominated. ``enterprise``: it is of the Enterprise Admins too."""

    section: str
    dn: str
    account: str
    enabled: bool
    administrator: bool
    enterprise: bool = False
    people: ClassVar[Names] = {"dn": Naming.DN, "account": Naming.ACCOUNT}


class NoNominee(msgspec.Struct, frozen=True, tag=True):
    """No account of that name in the forest; ``unread``: domains that were not looked at."""

    section: str
    root: str
    unread: tuple[str, ...] = ()


class Nominees(msgspec.Struct, frozen=True):
    """What each forest knows of the nominated account."""

    name: str
    forests: tuple[Nominee | NoNominee | NoAnswer, ...]
    people: ClassVar[Names] = {"name": Naming.ACCOUNT}


class DomainAdministrator(Ask, frozen=True):
    """Whether the nominated account is there, enabled, and one of the Domain Admins."""

    source: ClassVar[str] = "ldap"
    answer: ClassVar[Any] = Nominees
    permissions: ClassVar[tuple[str, ...]] = (ORDINARY_USER,)
    name: str = "{accounts.domain_admin}"

    def describe(self) -> str:
        """Whose rights."""
        return tr("the groups of the account {}", self.name)


def named(sid: str) -> str:
    """What everybody calls a SID, without asking; "" for one of a customer's own."""
    if sid in WELL_KNOWN:
        return WELL_KNOWN[sid]
    name = OF_EVERY_DOMAIN.get(rid_of(sid), "")
    return tr("{} of {}", name, domain_part(sid)) if name else ""


def reasons(refused: Iterable[NoAnswer]) -> str:
    """Why forests did not answer, in one text."""
    return "; ".join(dict.fromkeys(one.reason for one in refused))
