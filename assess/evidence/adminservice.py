"""What the AdminService of a Configuration Manager site can be asked, and what it can answer.

One question reads one provider class; the fields of its row are the properties that are asked
for, and no others. The site leaves out, without a word, what the account may not see. So every list
says how much of it is known to be there (``sees``), and an empty one proves an absence only where
that is ``SeesEverything``.

A property is ``UNSET`` where the site did not send it, and None where it sent a null.
"""

from collections.abc import Iterator
from typing import Any, ClassVar, Generic, TypeAlias, TypeVar

import msgspec
from msgspec import UNSET, UnsetType

from assess.evidence import Ask, Table
from assess.evidence.people import Names, Naming
from assess.language import msg, tr

Row = TypeVar("Row")
Text: TypeAlias = str | UnsetType | None
Number: TypeAlias = int | UnsetType | None

READ_ONLY_ANALYST = msg("Configuration Manager role Read-only Analyst, all scopes, all collections")


class SeesEverything(msgspec.Struct, frozen=True, tag=True):
    """The list is whole: ``because`` names what shows it. What is not on it does not exist."""

    because: str

    @property
    def complete(self) -> bool:
        """A missing row is an absence."""
        return True


class MayBeTrimmed(msgspec.Struct, frozen=True, tag=True):
    """Nobody can say whether the list is whole: an absence is not proved, a row is a fact."""

    because: str
    mend: str

    @property
    def complete(self) -> bool:
        """A missing row proves nothing."""
        return False


class Trimmed(msgspec.Struct, frozen=True, tag=True):
    """The account sees less than there is: neither an absence nor "all of them" can be said."""

    because: str
    mend: str

    @property
    def complete(self) -> bool:
        """A missing row proves nothing."""
        return False


Visibility: TypeAlias = SeesEverything | MayBeTrimmed | Trimmed


class Seen(msgspec.Struct, Generic[Row], frozen=True):
    """The instances of a class that the account sees, and how much that is."""

    rows: tuple[Row, ...]
    sees: Visibility

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)


class Instances(Ask, frozen=True):
    """Every instance of one provider class; a question is a subclass that names class and row.

    ``retired``: the class has gone from current sites, so that a site without it has no instance.
    ``keyed_by``: the property by whose value each instance is read again, alone, since a list
    leaves lazy properties out.
    """

    source: ClassVar[str] = "adminservice"
    permissions: ClassVar[tuple[str, ...]] = (READ_ONLY_ANALYST,)
    provider_class: ClassVar[str] = ""
    row: ClassVar[type[msgspec.Struct]] = msgspec.Struct
    retired: ClassVar[bool] = False
    keyed_by: ClassVar[str] = ""

    @property
    def condition(self) -> str:
        """Which instances are asked for, as ``$filter`` says it; "" for all of them."""
        return ""

    def describe(self) -> str:
        """The class as the AdminService names it."""
        return tr("{} of the AdminService", self.provider_class)


def equals(name: str, value: str) -> str:
    """The condition that a property has this value; quotes in it stay text."""
    doubled = value.replace("'", "''")
    return f"{name} eq '{doubled}'"


def properties(row: type[msgspec.Struct]) -> tuple[str, ...]:
    """The properties that a row is made of, as the provider spells them: what ``$select`` names."""
    return row.__struct_encode_fields__


class Site(msgspec.Struct, frozen=True, rename="pascal"):
    """SMS_Site. Type: 1 secondary, 2 primary, 4 central administration site."""

    site_code: str
    site_name: Text = UNSET
    server_name: Text = UNSET
    reporting_site_code: Text = UNSET
    type: Number = UNSET
    version: Text = UNSET
    build_number: Number = UNSET
    status: Number = UNSET


class Sites(Instances, frozen=True):
    """The sites of the hierarchy."""

    answer: ClassVar[Any] = Seen[Site]
    provider_class: ClassVar[str] = "SMS_Site"
    row: ClassVar[type[msgspec.Struct]] = Site


class ThisSite(msgspec.Struct, frozen=True, rename="pascal"):
    """SMS_Identification: the site whose provider answers."""

    this_site_code: str
    this_site_name: Text = UNSET


class Identification(Instances, frozen=True):
    """Which site the provider belongs to."""

    answer: ClassVar[Any] = Seen[ThisSite]
    provider_class: ClassVar[str] = "SMS_Identification"
    row: ClassVar[type[msgspec.Struct]] = ThisSite


GATEWAY = "CloudProxyService"
DISTRIBUTION_POINT = "CloudDistributionPoint"


class AzureService(msgspec.Struct, frozen=True, rename="pascal"):
    """SMS_AzureService: a gateway or a cloud distribution point that the site has deployed.

    ``name`` is the prefix of the deployment, ``fqdn`` its name in Azure, ``service_c_name`` the
    name that clients use and the certificate carries; State: 0 ready, 1 provisioning, 4 starting,
    5 stopping, 6 stopped, 99 deleting.
    """

    name: Text = UNSET
    fqdn: Text = UNSET
    service_c_name: Text = UNSET
    service_type: Text = UNSET
    state: Number = UNSET
    region: Text = UNSET
    subscription_id: Text = msgspec.field(name="SubscriptionID", default=UNSET)
    affinity_group: Text = UNSET
    storage_service_name: Text = UNSET
    service_thumbprint: Text = UNSET
    site_code: Text = UNSET

    @property
    def is_gateway(self) -> bool:
        """A cloud management gateway."""
        return text(self.service_type).lower() == GATEWAY.lower()

    @property
    def is_distribution_point(self) -> bool:
        """A traditional cloud distribution point."""
        return text(self.service_type).lower() == DISTRIBUTION_POINT.lower()

    def known_as(self, name: str) -> bool:
        """``name`` is one of the three names of this service."""
        names = (self.name, self.fqdn, self.service_c_name)
        return name.lower().rstrip(".") in {text(one).lower().rstrip(".") for one in names} - {""}


class AzureServices(Instances, frozen=True):
    """The site's own gateways and cloud distribution points; no key material is asked for."""

    answer: ClassVar[Any] = Seen[AzureService]
    provider_class: ClassVar[str] = "SMS_AzureService"
    row: ClassVar[type[msgspec.Struct]] = AzureService


class DiscoveredUser(msgspec.Struct, frozen=True, rename="pascal"):
    """SMS_R_User: a user whom discovery has found; ``unique_user_name`` has the domain in front.

    ``aad_user_id`` is the user's id in the tenant's directory, where discovery there found one.
    """

    resource_id: int
    unique_user_name: Text = UNSET
    user_principal_name: Text = UNSET
    aad_user_id: Text = msgspec.field(name="AADUserID", default=UNSET)
    people: ClassVar[Names] = {
        "unique_user_name": Naming.ACCOUNT, "user_principal_name": Naming.ACCOUNT,
    }  # fmt: skip

    @property
    def upn(self) -> str:
        """The user principal name, or "" where discovery has none."""
        return text(self.user_principal_name).strip()

    @property
    def label(self) -> str:
        """What a person knows the user by."""
        return self.upn or text(self.unique_user_name) or tr("resource {}", self.resource_id)


class Users(msgspec.Struct, frozen=True):
    """Every discovered user that the account sees, one row each."""

    rows: Table[DiscoveredUser]
    sees: Visibility

    def with_id(self) -> int:
        """How many have an id of the tenant's directory."""
        return sum(1 for user in self.rows if text(user.aad_user_id).strip("{}0- "))


class DiscoveredUsers(Instances, frozen=True):
    """All discovered users of the site."""

    answer: ClassVar[Any] = Users
    provider_class: ClassVar[str] = "SMS_R_User"
    row: ClassVar[type[msgspec.Struct]] = DiscoveredUser


class Collection(msgspec.Struct, frozen=True, rename="pascal"):
    """SMS_Collection. CollectionType: 0 other, 1 user, 2 device."""

    collection_id: str = msgspec.field(name="CollectionID")
    name: Text = UNSET
    collection_type: Number = UNSET
    member_count: Number = UNSET

    @property
    def label(self) -> str:
        """Name and identifier."""
        name = text(self.name)
        return f"{name} ({self.collection_id})" if name else self.collection_id


class Member(msgspec.Struct, frozen=True, rename="pascal"):
    """SMS_FullCollectionMembership: one member as the collection lists it."""

    resource_id: int = msgspec.field(name="ResourceID")
    name: Text = UNSET
    people: ClassVar[Names] = {"name": Naming.EITHER}


class UserMember(msgspec.Struct, frozen=True, tag=True):
    """A member of a collection who is a discovered user; ``upn`` is "" where discovery has none."""

    resource_id: int
    upn: str
    unique_user_name: str = ""
    people: ClassVar[Names] = {"upn": Naming.ACCOUNT, "unique_user_name": Naming.ACCOUNT}

    @property
    def label(self) -> str:
        """What a person knows the member by."""
        return self.upn or self.unique_user_name or tr("resource {}", self.resource_id)


class NotAUser(msgspec.Struct, frozen=True, tag=True):
    """A member of a collection who is not among the discovered users: a group, or a device.

    Where the list of users is not whole it may also be a user whom this account does not see.
    """

    resource_id: int
    name: str
    people: ClassVar[Names] = {"name": Naming.EITHER}

    @property
    def label(self) -> str:
        """What a person knows the member by."""
        return self.name or tr("resource {}", self.resource_id)


CollectionMember: TypeAlias = UserMember | NotAUser


class Members(msgspec.Struct, frozen=True):
    """The members of one collection.

    ``collection`` is None where the account sees members but not the collection itself.
    ``sees`` is about the membership, ``users_seen`` about the users it was joined with.
    """

    collection: Collection | None
    rows: Table[CollectionMember]
    sees: Visibility
    users_seen: Visibility


class CollectionMembers(Instances, frozen=True):
    """The members of a collection with their UPNs, e.g. of ``{mdm.user_collection_id}``."""

    answer: ClassVar[Any] = Members
    provider_class: ClassVar[str] = "SMS_FullCollectionMembership"
    row: ClassVar[type[msgspec.Struct]] = Member
    collection: str

    def requires(self) -> tuple[Ask, ...]:
        """The discovered users: they are joined by resource."""
        return (DiscoveredUsers(),)

    def describe(self) -> str:
        """The class and the collection."""
        return tr("{} of the collection {}", self.provider_class, self.collection)


def text(value: Text) -> str:
    """The text, or "" where there is none."""
    return value if isinstance(value, str) else ""
