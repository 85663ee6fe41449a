"""What Microsoft Graph can be asked, and what it can answer.

A question is a subclass that names a path and the Struct of one item: the Struct's fields are the
``$select``, so that what is declared is what is asked for and nothing else.

    class Domain(msgspec.Struct, frozen=True, rename="camel"):
        id: str
        is_verified: bool

    class Domains(GraphList, frozen=True):
        answer: ClassVar[Any] = tuple[Domain, ...]
        path: ClassVar[str] = "/domains"
        item: ClassVar[type[msgspec.Struct]] = Domain
    about: ClassVar[str] = "id"
        permissions: ClassVar[tuple[str, ...]] = ("Domain.Read.All",)

A field typed ``X | None | UnsetType = UNSET`` keeps a property that did not come (UNSET) apart from
one that is null (None). A name that begins with ``@`` is read but not selected. ``{name}`` in the
path or in an option stands for the question's own field of that name, encoded where it is put in.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Annotated, Any, ClassVar, Generic, Literal, Self, TypeAlias, TypeVar
from urllib.parse import quote

import msgspec
from msgspec import UNSET, UnsetType

from assess.errors import Unavailable
from assess.evidence import Ask, Known, Table
from assess.evidence.people import Names, Naming
from assess.language import tr

T = TypeVar("T")

_DIRECTORY = frozenset({"Directory.Read.All", "Directory.ReadWrite.All"})
_INTUNE = frozenset(
    f"DeviceManagement{part}.{right}.All"
    for part in ("Configuration", "ServiceConfig")
    for right in ("Read", "ReadWrite")
)
# With less the organisation shows its names only, and a user the profile only.
_ORGANIZATION = (
    _DIRECTORY | _INTUNE | {"Organization.Read.All", "Organization.ReadWrite.All", "User.Read.All"}
)
_USERS = (
    _DIRECTORY
    | _INTUNE
    | {"User.Read.All", "User.ReadWrite.All"}
    | {"DeviceManagementApps.Read.All", "DeviceManagementManagedDevices.Read.All"}
)

# What one permission lets in on top of its own name; Intune and conditional access are not in it.
_READS_DIRECTORY = frozenset(
    {
        "Application.Read.All", "Device.Read.All", "Directory.Read.All", "Domain.Read.All",
        "Group.Read.All", "GroupMember.Read.All", "LicenseAssignment.Read.All",
        "Organization.Read.All", "User.Read.All",
    }
)  # fmt: skip
_COVERS: Mapping[str, frozenset[str]] = {
    "Directory.Read.All": _READS_DIRECTORY,
    "Directory.ReadWrite.All": _READS_DIRECTORY,
    "Group.Read.All": frozenset({"GroupMember.Read.All"}),
    "Group.ReadWrite.All": frozenset({"GroupMember.Read.All"}),
}


def covered(held: Iterable[str]) -> frozenset[str]:
    """The permissions held, and the narrower ones that they are more than enough for."""
    have = set(held)
    for name in tuple(have):
        have |= _COVERS.get(name, frozenset())
        have.add(name.replace(".ReadWrite.", ".Read."))
    return frozenset(have)


Text: TypeAlias = str | UnsetType | None
Number: TypeAlias = int | UnsetType | None
Flag: TypeAlias = bool | UnsetType | None
When: TypeAlias = Annotated[datetime, msgspec.Meta(tz=True)]
"""A date and time of Graph: aware. The year 1 means "never", see ``moment``."""
Moment: TypeAlias = When | UnsetType | None
Texts: TypeAlias = tuple[str, ...] | UnsetType | None

Shape: TypeAlias = Literal["one", "perhaps", "list", "table", "count"]
_LAST_YEAR = 9999
_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")


def moment(value: Moment) -> datetime | None:
    """The date; None where it did not come, is null, or is no date: the year 1 means never.

    The year 9999 says as little: nothing that expires, or was seen, has that date.
    """
    return value if isinstance(value, datetime) and 1 < value.year < _LAST_YEAR else None


class Perhaps(msgspec.Struct, Generic[T], frozen=True):
    """A single object that may not exist: None is the source's own "there is none" (404)."""

    found: T | None


class Gathered(msgspec.Struct, Generic[T], frozen=True):
    """A long list gathered from several places; ``absent`` are those that do not exist (404)."""

    rows: Table[T]
    absent: tuple[str, ...] = ()


class GraphAsk(Ask, frozen=True):
    """A question to Microsoft Graph. Subclass one of the shapes below, not this.

    ``permissions``: application permissions, least and read-only; ``delegated`` the same for a
    signed-in person, if they differ. ``delegated_only``: an application cannot ask this at all.
    ``options``: further query options. ``whole``: no ``$select``, where subtypes have properties of
    their own. ``advanced``: an advanced query of the directory. ``beta_too``: beta is asked where
    v1.0 leaves a property out. ``about`` names the item's field that is the subject of findings.
    ``seconds_between``: from page to page, where the service bears no more requests.
    ``fills``: with none of these permissions Graph answers, but with blanks, which are no answer.
    ``each`` names the question's field (a tuple of texts) for each of whose values the path is
    asked, as ``{each}``; the answer then is by value. ``retires``: Microsoft takes the feature away
    (501), which is an answer too: a list is then ``Perhaps[tuple[item, ...]]``. ``not_everywhere``:
    so it is where a cloud or a tenant does not have the list at all (404, or no such segment).
    """

    source: ClassVar[str] = "graph"
    shape: ClassVar[Shape] = "list"
    version: ClassVar[Literal["v1.0", "beta"]] = "v1.0"
    path: ClassVar[str] = ""
    item: ClassVar[type[msgspec.Struct]] = msgspec.Struct
    options: ClassVar[Mapping[str, str]] = {}
    expand: ClassVar[tuple[str, ...]] = ()
    whole: ClassVar[bool] = False
    advanced: ClassVar[bool] = False
    beta_too: ClassVar[bool] = False
    about: ClassVar[str] = ""
    seconds_between: ClassVar[float] = 0.0
    fills: ClassVar[frozenset[str]] = frozenset()
    each: ClassVar[str] = ""
    retires: ClassVar[bool] = False
    not_everywhere: ClassVar[bool] = False
    delegated: ClassVar[tuple[str, ...]] = ()
    delegated_only: ClassVar[bool] = False

    def describe(self) -> str:
        """The request, readable."""
        return f"GET {self._address(self._shown)}"

    def url(self, each: str = "") -> str:
        """Path and options below the root of Graph, encoded."""
        return self._address(lambda text, inside: self._encoded(text, inside, each))

    @property
    def values(self) -> tuple[str, ...]:
        """The values that the path is asked for, one request or list each."""
        return tuple(getattr(self, self.each)) if self.each else ()

    @property
    def varies(self) -> bool:
        """Something is filled into the request, so that two questions may come to the same one."""
        return any(_PLACEHOLDER.search(text) for text in (self.path, *self.options.values()))

    @property
    def wanted(self) -> tuple[str, ...]:
        """The delegated permissions."""
        return self.delegated or self.permissions

    def _address(self, put: Any) -> str:  # noqa: ANN401 - one of the two below
        options = dict(self.options)
        if not self.whole and self.shape != "count":
            options = {"$select": ",".join(selected(self.item, self.expand)), **options}
        if self.expand:
            options["$expand"] = ",".join(self.expand)
        if self.advanced and self.shape != "count":
            options["$count"] = "true"
        path = put(self.path, False) + ("/$count" if self.shape == "count" else "")
        query = "&".join(f"{name}={put(value, True)}" for name, value in options.items())
        return f"/{self.version}{path}" + (f"?{query}" if query else "")

    def _shown(self, text: str, _inside: bool) -> str:
        def put(found: re.Match[str]) -> str:
            name = self.each if found[1] == "each" else found[1]
            value = getattr(self, name)
            return ", ".join(value) if isinstance(value, tuple) else str(value)

        return _PLACEHOLDER.sub(put, text)

    def _encoded(self, text: str, inside: bool, each: str) -> str:
        """``inside`` an option all of it is encoded; of a path only what is put in."""

        def put(found: re.Match[str]) -> str:
            value = each if found[1] == "each" else str(getattr(self, found[1]))
            if not inside and value.strip(".") == "":
                raise Unavailable(tr("{} names nothing that Graph could be asked for", repr(value)))
            doubled = value.replace("'", "''")
            return doubled if inside else quote(doubled, safe="")

        filled = _PLACEHOLDER.sub(put, text)
        return quote(filled, safe="$,()/:'") if inside else filled


def selected(item: type[msgspec.Struct], expand: tuple[str, ...] = ()) -> tuple[str, ...]:
    """The properties that a Struct is made of, as Graph spells them."""
    names = item.__struct_encode_fields__
    return tuple(name for name in names if not name.startswith("@") and name not in expand)


class GraphOne(GraphAsk, frozen=True):
    """One object that always exists; its ``answer`` is the item."""

    shape: ClassVar[Shape] = "one"


class GraphPerhaps(GraphAsk, frozen=True):
    """One object that may not exist; its ``answer`` is ``Perhaps[item]``."""

    shape: ClassVar[Shape] = "perhaps"


class GraphList(GraphAsk, frozen=True):
    """A short list, read whole; its ``answer`` is ``tuple[item, ...]``.

    With ``each``: ``dict[str, tuple[item, ...] | None]``, None where that one does not exist.
    """

    shape: ClassVar[Shape] = "list"


class GraphTable(GraphAsk, frozen=True):
    """A long list that lies on disk; its ``answer`` is ``Table[item]``.

    With ``each``: ``Gathered[item]``, each ``id`` once.
    """

    shape: ClassVar[Shape] = "table"


class GraphCount(GraphAsk, frozen=True):
    """How many there are; its ``answer`` is ``int``, with ``each`` ``dict[str, int | None]``."""

    shape: ClassVar[Shape] = "count"
    advanced: ClassVar[bool] = True


# -- the tenant --


class Domain(msgspec.Struct, frozen=True, rename="camel"):
    """A domain of the tenant; ``id`` is its name."""

    id: str
    is_verified: bool
    is_initial: Flag = UNSET
    is_default: Flag = UNSET
    authentication_type: Text = UNSET
    supported_services: Texts = UNSET

    @property
    def federated(self) -> bool:
        """Sign-in goes to another identity provider."""
        return str(self.authentication_type).lower() == "federated"

    @property
    def services(self) -> frozenset[str]:
        """What the domain is used for, lower case."""
        known = self.supported_services
        return (
            frozenset(name.lower() for name in known) if isinstance(known, tuple) else frozenset()
        )


class Domains(GraphList, frozen=True):
    """All domains of the tenant, verified or not."""

    answer: ClassVar[Any] = tuple[Domain, ...]
    path: ClassVar[str] = "/domains"
    item: ClassVar[type[msgspec.Struct]] = Domain
    about: ClassVar[str] = "id"
    permissions: ClassVar[tuple[str, ...]] = ("Domain.Read.All",)


class Tenant(msgspec.Struct, frozen=True, rename="camel"):
    """The organisation. ``on_premises_sync_enabled``: None never, False no longer."""

    id: str
    display_name: Text = UNSET
    tenant_type: Text = UNSET
    on_premises_sync_enabled: Flag = UNSET
    on_premises_last_sync_date_time: Moment = UNSET


class Organization(GraphOne, frozen=True):
    """The organisation and its directory synchronisation."""

    answer: ClassVar[Any] = Tenant
    path: ClassVar[str] = "/organization"
    item: ClassVar[type[msgspec.Struct]] = Tenant
    fills: ClassVar[frozenset[str]] = _ORGANIZATION
    permissions: ClassVar[tuple[str, ...]] = ("Organization.Read.All",)


class PasswordSync(msgspec.Struct, frozen=True, rename="camel"):
    """When password hashes were synchronised last."""

    id: str
    on_premises_last_password_sync_date_time: Moment = UNSET


class LastPasswordSync(GraphOne, frozen=True):
    """The last synchronisation of password hashes: beta only."""

    answer: ClassVar[Any] = PasswordSync
    version: ClassVar[Literal["v1.0", "beta"]] = "beta"
    path: ClassVar[str] = "/organization"
    item: ClassVar[type[msgspec.Struct]] = PasswordSync
    fills: ClassVar[frozenset[str]] = _ORGANIZATION
    permissions: ClassVar[tuple[str, ...]] = ("Organization.Read.All",)


class Authority(msgspec.Struct, frozen=True, rename="camel"):
    """The MDM authority: unknown, intune, sccm or office365."""

    id: str
    mobile_device_management_authority: Text = UNSET


class MdmAuthority(GraphOne, frozen=True):
    """The MDM authority. It comes only by the organisation's id and only when it is selected."""

    answer: ClassVar[Any] = Authority
    path: ClassVar[str] = "/organization/{tenant}"
    item: ClassVar[type[msgspec.Struct]] = Authority
    beta_too: ClassVar[bool] = True
    permissions: ClassVar[tuple[str, ...]] = ("DeviceManagementServiceConfig.Read.All",)
    tenant: str = "{tenant.id}"


class Federation(msgspec.Struct, frozen=True, rename="camel"):
    """How a federated domain signs in. Certificates are base64 of the DER form."""

    id: str
    display_name: Text = UNSET
    issuer_uri: Text = UNSET
    passive_sign_in_uri: Text = UNSET
    metadata_exchange_uri: Text = UNSET
    signing_certificate: Text = UNSET
    next_signing_certificate: Text = UNSET


class Federations(GraphList, frozen=True):
    """The federation of each verified federated domain of the tenant: by domain."""

    answer: ClassVar[Any] = dict[str, tuple[Federation, ...] | None]
    path: ClassVar[str] = "/domains/{each}/federationConfiguration"
    item: ClassVar[type[msgspec.Struct]] = Federation
    each: ClassVar[str] = "domains"
    permissions: ClassVar[tuple[str, ...]] = ("Domain-InternalFederation.Read.All",)
    domains: tuple[str, ...] = ()

    def requires(self) -> tuple[Ask, ...]:
        """Which domains are federated."""
        return (Domains(),)

    def bind(self, known: Known) -> Self:
        """The federated domains, by name."""
        found: tuple[Domain, ...] = known.answer(Domains())
        return type(self)(tuple(sorted(d.id for d in found if d.federated and d.is_verified)))


# -- licences --


class Units(msgspec.Struct, frozen=True, rename="camel"):
    """How many licences were bought; ``warning`` are expired ones in their days of grace."""

    enabled: Number = UNSET
    warning: Number = 0
    suspended: Number = 0
    locked_out: Number = 0


class ServicePlan(msgspec.Struct, frozen=True, rename="camel"):
    """A service that a product contains."""

    service_plan_id: str
    service_plan_name: Text = UNSET
    provisioning_status: Text = UNSET
    applies_to: Text = UNSET


class Sku(msgspec.Struct, frozen=True, rename="camel"):
    """A product that the tenant has subscribed to, or had."""

    sku_id: str
    sku_part_number: Text = UNSET
    capability_status: Text = UNSET
    consumed_units: Number = UNSET
    prepaid_units: Units | UnsetType | None = UNSET
    service_plans: tuple[ServicePlan, ...] | UnsetType | None = UNSET
    applies_to: Text = UNSET

    @property
    def label(self) -> str:
        """The part number, which people know it by."""
        return str(self.sku_part_number or self.sku_id).strip()

    @property
    def plans(self) -> tuple[ServicePlan, ...]:
        """The services it contains; none where the service did not say."""
        return self.service_plans if isinstance(self.service_plans, tuple) else ()


class SubscribedSkus(GraphList, frozen=True):
    """The products of the tenant. The service knows no option but ``$select`` here."""

    answer: ClassVar[Any] = tuple[Sku, ...]
    path: ClassVar[str] = "/subscribedSkus"
    item: ClassVar[type[msgspec.Struct]] = Sku
    permissions: ClassVar[tuple[str, ...]] = ("LicenseAssignment.Read.All",)


class Purchase(msgspec.Struct, frozen=True, rename="camel"):
    """A subscription by which the tenant came to a product; one product may have several."""

    id: str
    sku_id: Text = UNSET
    sku_part_number: Text = UNSET
    status: Text = UNSET
    is_trial: Flag = UNSET
    next_lifecycle_date_time: Moment = UNSET


class Purchases(GraphList, frozen=True):
    """By which subscriptions the tenant came to its products: only they tell a trial."""

    answer: ClassVar[Any] = Perhaps[tuple[Purchase, ...]]
    not_everywhere: ClassVar[bool] = True
    path: ClassVar[str] = "/directory/subscriptions"
    item: ClassVar[type[msgspec.Struct]] = Purchase
    permissions: ClassVar[tuple[str, ...]] = ("Organization.Read.All",)


class IntuneAccount(msgspec.Struct, frozen=True, rename="camel"):
    """The tenant's account with Intune: pending, active, warning, disabled or deleted."""

    subscription_state: Text = UNSET


class IntuneSubscription(GraphOne, frozen=True):
    """The state of the Intune subscription."""

    answer: ClassVar[Any] = IntuneAccount
    path: ClassVar[str] = "/deviceManagement"
    item: ClassVar[type[msgspec.Struct]] = IntuneAccount
    permissions: ClassVar[tuple[str, ...]] = ("DeviceManagementServiceConfig.Read.All",)


# -- people and devices --


class AssignedLicense(msgspec.Struct, frozen=True, rename="camel"):
    """A product that a user has, directly or by a group, less the plans that are switched off."""

    sku_id: str
    disabled_plans: tuple[str, ...] | None = None


class User(msgspec.Struct, frozen=True, rename="camel"):
    """A user of the tenant."""

    id: str
    user_principal_name: str
    display_name: Text = UNSET
    on_premises_user_principal_name: Text = UNSET
    on_premises_sam_account_name: Text = UNSET
    on_premises_domain_name: Text = UNSET
    on_premises_immutable_id: Text = UNSET
    on_premises_security_identifier: Text = UNSET
    on_premises_sync_enabled: Flag = UNSET
    account_enabled: Flag = UNSET
    user_type: Text = UNSET
    usage_location: Text = UNSET
    mail: Text = UNSET
    proxy_addresses: Texts = UNSET
    assigned_licenses: tuple[AssignedLicense, ...] | UnsetType | None = UNSET
    people: ClassVar[Names] = {
        "user_principal_name": Naming.ACCOUNT, "display_name": Naming.NAME,
        "on_premises_user_principal_name": Naming.ACCOUNT,
        "on_premises_sam_account_name": Naming.ACCOUNT, "mail": Naming.ACCOUNT,
        "proxy_addresses": Naming.ACCOUNT,
    }  # fmt: skip

    @property
    def guest(self) -> bool:
        """Invited from elsewhere."""
        return (
            str(self.user_type).lower() == "guest" or "#ext#@" in self.user_principal_name.lower()
        )


class Users(GraphTable, frozen=True):
    """Every user of the tenant, in one sweep that serves all questions about users."""

    answer: ClassVar[Any] = Table[User]
    path: ClassVar[str] = "/users"
    item: ClassVar[type[msgspec.Struct]] = User
    options: ClassVar[Mapping[str, str]] = {"$top": "999"}
    fills: ClassVar[frozenset[str]] = _USERS
    permissions: ClassVar[tuple[str, ...]] = ("User.Read.All",)


class Person(msgspec.Struct, frozen=True, rename="camel"):
    """A user as a member of a group."""

    id: str
    user_principal_name: str
    on_premises_sync_enabled: Flag = UNSET
    account_enabled: Flag = UNSET
    user_type: Text = UNSET
    usage_location: Text = UNSET
    assigned_licenses: tuple[AssignedLicense, ...] | UnsetType | None = UNSET
    people: ClassVar[Names] = {"user_principal_name": Naming.ACCOUNT}


class EnrollmentGroupMembers(GraphTable, frozen=True):
    """The users in the groups whose members will enrol, also by nesting, each once."""

    answer: ClassVar[Any] = Gathered[Person]
    path: ClassVar[str] = "/groups/{each}/transitiveMembers/microsoft.graph.user"
    item: ClassVar[type[msgspec.Struct]] = Person
    options: ClassVar[Mapping[str, str]] = {"$top": "999"}
    advanced: ClassVar[bool] = True
    each: ClassVar[str] = "groups"
    fills: ClassVar[frozenset[str]] = _USERS
    permissions: ClassVar[tuple[str, ...]] = ("GroupMember.Read.All", "User.Read.All")
    groups: tuple[str, ...] = ("{mdm.enrollment_group_ids}",)


class ProvisioningError(msgspec.Struct, frozen=True, rename="camel"):
    """Why a synchronised object could not be written as it is on premises."""

    category: Text = UNSET
    property_causing_error: Text = UNSET
    value: Text = UNSET
    occurred_date_time: Moment = UNSET
    people: ClassVar[Names] = {"value": Naming.ACCOUNT}


class UnsyncedUser(msgspec.Struct, frozen=True, rename="camel"):
    """A user with errors of synchronisation."""

    id: str
    user_principal_name: str
    on_premises_provisioning_errors: tuple[ProvisioningError, ...] | UnsetType | None = UNSET
    people: ClassVar[Names] = {"user_principal_name": Naming.ACCOUNT}


class ProvisioningErrors(GraphTable, frozen=True):
    """The users whose attributes conflict with another object's."""

    answer: ClassVar[Any] = Table[UnsyncedUser]
    path: ClassVar[str] = "/users"
    item: ClassVar[type[msgspec.Struct]] = UnsyncedUser
    options: ClassVar[Mapping[str, str]] = {
        "$filter": "onPremisesProvisioningErrors/any(o:o/category eq 'PropertyConflict')",
        "$top": "999",
    }
    fills: ClassVar[frozenset[str]] = _USERS
    permissions: ClassVar[tuple[str, ...]] = ("User.Read.All",)


class SyncedSecurityGroups(GraphCount, frozen=True):
    """How many security groups came from the on-premises directory."""

    answer: ClassVar[Any] = int
    path: ClassVar[str] = "/groups"
    options: ClassVar[Mapping[str, str]] = {
        "$filter": "onPremisesSyncEnabled eq true and securityEnabled eq true"
    }
    permissions: ClassVar[tuple[str, ...]] = ("GroupMember.Read.All",)


ENTRA_JOINED, HYBRID_JOINED, REGISTERED = "AzureAd", "ServerAd", "Workplace"


class DevicesByTrust(GraphCount, frozen=True):
    """How many devices are joined in which way: by trust type."""

    answer: ClassVar[Any] = dict[str, int | None]
    path: ClassVar[str] = "/devices"
    options: ClassVar[Mapping[str, str]] = {"$filter": "trustType eq '{each}'"}
    each: ClassVar[str] = "trust_types"
    permissions: ClassVar[tuple[str, ...]] = ("Device.Read.All",)
    trust_types: tuple[str, ...] = (ENTRA_JOINED, HYBRID_JOINED, REGISTERED)


# -- Apple --


class PushCertificate(msgspec.Struct, frozen=True, rename="camel"):
    """The Apple push certificate. ``expiration_date_time`` may be the year 1: see ``moment``."""

    apple_identifier: Text = UNSET
    topic_identifier: Text = UNSET
    expiration_date_time: Moment = UNSET
    last_modified_date_time: Moment = UNSET
    certificate_serial_number: Text = UNSET
    certificate_upload_status: Text = UNSET
    certificate_upload_failure_reason: Text = UNSET
    people: ClassVar[Names] = {"apple_identifier": Naming.ACCOUNT}


class ApplePushCertificate(GraphPerhaps, frozen=True):
    """The Apple push certificate; none is an answer."""

    answer: ClassVar[Any] = Perhaps[PushCertificate]
    path: ClassVar[str] = "/deviceManagement/applePushNotificationCertificate"
    item: ClassVar[type[msgspec.Struct]] = PushCertificate
    permissions: ClassVar[tuple[str, ...]] = ("DeviceManagementConfiguration.Read.All",)


class DepToken(msgspec.Struct, frozen=True, rename="camel"):
    """A token of automated device enrolment. ``last_sync_error_code``: 0 is well."""

    id: str
    token_name: Text = UNSET
    apple_identifier: Text = UNSET
    token_expiration_date_time: Moment = UNSET
    token_type: Text = UNSET
    last_modified_date_time: Moment = UNSET
    last_successful_sync_date_time: Moment = UNSET
    last_sync_triggered_date_time: Moment = UNSET
    last_sync_error_code: Number = UNSET
    synced_device_count: Number = UNSET
    people: ClassVar[Names] = {"apple_identifier": Naming.ACCOUNT}


class DepTokens(GraphList, frozen=True):
    """The tokens of automated device enrolment: beta only."""

    answer: ClassVar[Any] = tuple[DepToken, ...]
    version: ClassVar[Literal["v1.0", "beta"]] = "beta"
    path: ClassVar[str] = "/deviceManagement/depOnboardingSettings"
    item: ClassVar[type[msgspec.Struct]] = DepToken
    permissions: ClassVar[tuple[str, ...]] = ("DeviceManagementServiceConfig.Read.All",)
