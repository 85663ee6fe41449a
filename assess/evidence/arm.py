"""What Azure Resource Manager can be asked, and what it can answer. Nothing is ever changed there.

The two POSTs ask whether a name is free, and change nothing. A question is a subclass that names
path, version and item; ``{name}`` in the path stands for the question's own field.
"""

import re
from collections.abc import Mapping
from typing import Any, ClassVar, Literal, Self, TypeAlias
from urllib.parse import quote

import msgspec

from assess.errors import Unavailable
from assess.evidence import Ask, Known
from assess.language import msg, tr

Shape: TypeAlias = Literal["one", "list", "check"]
_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")

READER = msg("Azure role Reader on the subscription")


class ArmAsk(Ask, frozen=True):
    """A question to Azure Resource Manager.

    ``shape``: ``one`` object, a ``list`` (``tuple[item, ...]``), or the ``check`` of a name, whose
    ``body`` is sent. ``errors`` are the codes of errors that are answers.
    """

    source: ClassVar[str] = "azure-arm"
    permissions: ClassVar[tuple[str, ...]] = (READER,)
    shape: ClassVar[Shape] = "one"
    path: ClassVar[str] = ""
    api_version: ClassVar[str] = ""
    options: ClassVar[Mapping[str, str]] = {}
    body: ClassVar[Mapping[str, str]] = {}
    item: ClassVar[type[msgspec.Struct]] = msgspec.Struct
    errors: ClassVar[frozenset[str]] = frozenset()

    def of_error(self, code: str, message: str) -> Any:  # noqa: ANN401 - part of an ``answer``
        """The answer that an error among ``errors`` stands for."""
        raise NotImplementedError(f"{type(self).__name__} takes {code} for no answer: {message}")

    def describe(self) -> str:
        """The request, readable."""
        method = "POST" if self.shape == "check" else "GET"
        options = "".join(f"&{name}={self._put(value)}" for name, value in self.options.items())
        sent = "".join(f" {self._put(value)}" for value in self.body.values())
        return f"{method} {self._put(self.path)}?api-version={self.api_version}{options}{sent}"

    def url(self) -> str:
        """Path and options below the root, encoded."""
        path = _PLACEHOLDER.sub(lambda found: _segment(getattr(self, found[1])), self.path)
        options = {"api-version": self.api_version, **self.options}
        query = "&".join(
            f"{name}={quote(self._put(value, doubled=True), safe='$,()')}"
            for name, value in options.items()
        )
        return f"{path}?{query}"

    def sent(self) -> bytes:
        """The body of a check of a name."""
        return msgspec.json.encode({name: self._put(value) for name, value in self.body.items()})

    def _put(self, text: str, *, doubled: bool = False) -> str:
        def value(found: re.Match[str]) -> str:
            plain = str(getattr(self, found[1]))
            return plain.replace("'", "''") if doubled else plain

        return _PLACEHOLDER.sub(value, text)


def _segment(value: str) -> str:
    if not value.strip("."):
        raise Unavailable(tr("{} names nothing that Azure could be asked for", repr(value)))
    return quote(value, safe="")


# -- the subscription --


class Policies(msgspec.Struct, frozen=True, rename="camel"):
    """The offer behind a subscription; ``quota_id`` begins with FreeTrial for a trial."""

    quota_id: str | None = None


class Subscription(msgspec.Struct, frozen=True, rename="camel", tag=True):
    """A subscription. State: Enabled, Warned, PastDue, Disabled or Deleted."""

    subscription_id: str
    state: str
    display_name: str | None = None
    tenant_id: str | None = None
    subscription_policies: Policies | None = None

    @property
    def label(self) -> str:
        """Name and id."""
        named = f"{self.display_name} " if self.display_name else ""
        return f"{named}({self.subscription_id})"


class NoSubscription(msgspec.Struct, frozen=True, tag=True):
    """The tenant has none of this id, or none that the account may see at all."""

    message: str


class InAnotherTenant(msgspec.Struct, frozen=True, tag=True):
    """The subscription exists, in a tenant that this sign-in is not for; "" if that is not said."""

    tenant_id: str


class SubscriptionById(ArmAsk, frozen=True):
    """One subscription, with its state."""

    answer: ClassVar[Any] = Subscription | NoSubscription | InAnotherTenant
    path: ClassVar[str] = "/subscriptions/{subscription}"
    api_version: ClassVar[str] = "2022-12-01"
    item: ClassVar[type[msgspec.Struct]] = Subscription
    errors: ClassVar[frozenset[str]] = frozenset(
        {"SubscriptionNotFound", "InvalidAuthenticationTokenTenant"}
    )
    subscription: str = "{azure.subscription_id}"

    def of_error(self, code: str, message: str) -> NoSubscription | InAnotherTenant:
        """Not there, or elsewhere."""
        if code == "SubscriptionNotFound":
            return NoSubscription(message)
        tenants = re.findall(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", message.lower())
        return InAnotherTenant(tenants[-1] if len(tenants) > 1 else "")


class Subscriptions(ArmAsk, frozen=True):
    """Every subscription on which the account has a role; none says that it has no role."""

    answer: ClassVar[Any] = tuple[Subscription, ...]
    shape: ClassVar[Shape] = "list"
    path: ClassVar[str] = "/subscriptions"
    api_version: ClassVar[str] = "2022-12-01"
    item: ClassVar[type[msgspec.Struct]] = Subscription


class Provider(msgspec.Struct, frozen=True, rename="camel"):
    """A resource provider: Registered, NotRegistered, Registering, Unregistering, Unregistered."""

    namespace: str
    registration_state: str


class ProviderState(ArmAsk, frozen=True):
    """Whether the subscription may use a kind of resource, e.g. ``Microsoft.KeyVault``."""

    answer: ClassVar[Any] = Provider
    path: ClassVar[str] = "/subscriptions/{subscription}/providers/{namespace}"
    api_version: ClassVar[str] = "2021-04-01"
    item: ClassVar[type[msgspec.Struct]] = Provider
    namespace: str
    subscription: str = "{azure.subscription_id}"


class Resource(msgspec.Struct, frozen=True, rename="camel"):
    """A resource of the subscription."""

    id: str
    name: str
    type: str
    location: str | None = None
    provisioning_state: str | None = None


class ResourcesByName(ArmAsk, frozen=True):
    """The resources of the subscription with this name: whose a taken name is, and how they are."""

    answer: ClassVar[Any] = tuple[Resource, ...]
    shape: ClassVar[Shape] = "list"
    path: ClassVar[str] = "/subscriptions/{subscription}/resources"
    api_version: ClassVar[str] = "2021-04-01"
    options: ClassVar[Mapping[str, str]] = {
        "$filter": "name eq '{name}'",
        "$expand": "provisioningState",
    }
    item: ClassVar[type[msgspec.Struct]] = Resource
    name: str
    subscription: str = "{azure.subscription_id}"


# -- names --


class Availability(msgspec.Struct, frozen=True):
    """Whether a name is free. ``reason``, where it is not: AlreadyExists, or that it is invalid."""

    available: bool
    reason: str = ""
    message: str = ""


class DnsLabelAvailability(ArmAsk, frozen=True):
    """Whether ``<label>.<region>.cloudapp.azure.com`` is free; the region by its short name."""

    answer: ClassVar[Any] = Availability
    path: ClassVar[str] = (
        "/subscriptions/{subscription}/providers/Microsoft.Network/locations/{region}"
        "/CheckDnsNameAvailability"
    )
    api_version: ClassVar[str] = "2023-09-01"
    options: ClassVar[Mapping[str, str]] = {"domainNameLabel": "{label}"}
    item: ClassVar[type[msgspec.Struct]] = Availability
    permissions: ClassVar[tuple[str, ...]] = (
        f"{READER} (Microsoft.Network/locations/checkDnsNameAvailability/read)",
    )
    errors: ClassVar[frozenset[str]] = frozenset({"InvalidDomainNameLabel"})
    label: str
    region: str
    subscription: str = "{azure.subscription_id}"

    def bind(self, known: Known) -> Self:
        """As Azure writes them: "West Europe" is westeurope, and a label has no capitals."""
        bound = super().bind(known)
        region = "".join(bound.region.split()).lower()
        return msgspec.structs.replace(bound, label=bound.label.lower(), region=region)

    def of_error(self, code: str, message: str) -> Availability:
        """A label that is none can never be had."""
        return Availability(available=False, reason=code, message=message)


class StorageNameAvailability(ArmAsk, frozen=True):
    """Whether a storage account of this name could be made."""

    answer: ClassVar[Any] = Availability
    shape: ClassVar[Shape] = "check"
    path: ClassVar[str] = (
        "/subscriptions/{subscription}/providers/Microsoft.Storage/checkNameAvailability"
    )
    api_version: ClassVar[str] = "2023-01-01"
    body: ClassVar[Mapping[str, str]] = {
        "name": "{name}",
        "type": "Microsoft.Storage/storageAccounts",
    }
    item: ClassVar[type[msgspec.Struct]] = Availability
    permissions: ClassVar[tuple[str, ...]] = (
        f"{READER} (Microsoft.Storage/checknameavailability/read)",
    )
    name: str
    subscription: str = "{azure.subscription_id}"


class VaultNameAvailability(ArmAsk, frozen=True):
    """Whether a key vault of this name could be made; a deleted one may still hold its name."""

    answer: ClassVar[Any] = Availability
    shape: ClassVar[Shape] = "check"
    path: ClassVar[str] = (
        "/subscriptions/{subscription}/providers/Microsoft.KeyVault/checkNameAvailability"
    )
    api_version: ClassVar[str] = "2023-07-01"
    body: ClassVar[Mapping[str, str]] = {"name": "{name}", "type": "Microsoft.KeyVault/vaults"}
    item: ClassVar[type[msgspec.Struct]] = Availability
    permissions: ClassVar[tuple[str, ...]] = (
        f"{READER} (Microsoft.KeyVault/checkNameAvailability/read)",
    )
    name: str
    subscription: str = "{azure.subscription_id}"
