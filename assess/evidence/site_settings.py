"""Client settings, collections and what is left of hybrid MDM, as the AdminService shows them.

Agents of client settings and rules of collections are lazy: each instance is read by its key.
"""

from typing import Any, ClassVar, TypeAlias

import msgspec
from msgspec import UNSET, UnsetType

from assess.evidence.adminservice import Instances, Number, Seen, Text, equals, text
from assess.language import msg, tr

Flag: TypeAlias = bool | int | UnsetType | None

CLOUD_AGENT, POLICY_AGENT = 22, 13
DEFAULT_SETTINGS = "Default Client Settings"
ALL_USERS, ALL_SYSTEMS = "SMS00002", "SMS00001"


class Agent(msgspec.Struct, frozen=True, rename="pascal"):
    """One page of client settings; which it is, the number says, or the name of its class."""

    kind: Text = msgspec.field(name="@odata.type", default=UNSET)
    agent_id: Number = msgspec.field(name="AgentID", default=UNSET)
    allow_cloud_dp: Flag = msgspec.field(name="AllowCloudDP", default=UNSET)
    allow_cmg: Flag = msgspec.field(name="AllowCMG", default=UNSET)
    auto_aad_join: Flag = msgspec.field(name="AutoAADJoin", default=UNSET)
    policy_enable_user_policy_polling: Flag = UNSET
    policy_enable_user_policy_on_internet: Flag = UNSET

    def is_page(self, number: int, name: str) -> bool:
        """It is the page with this number, or of this class."""
        return self.agent_id == number or text(self.kind).rpartition(".")[2] == name


class ClientSettings(msgspec.Struct, frozen=True, rename="pascal"):
    """SMS_ClientSettings: custom settings. Type 1 device, 2 user; the lowest priority wins."""

    settings_id: int = msgspec.field(name="SettingsID")
    name: Text = UNSET
    priority: Number = UNSET
    type: Number = UNSET
    assignment_count: Number = UNSET
    agent_configurations: tuple[Agent, ...] | UnsetType | None = UNSET

    @property
    def label(self) -> str:
        """What the console calls them."""
        return text(self.name) or tr("settings {}", self.settings_id)

    @property
    def pages(self) -> tuple[Agent, ...] | None:
        """The pages that they set; None where the site does not say."""
        found = self.agent_configurations
        return found if isinstance(found, tuple) else None

    @property
    def cloud(self) -> Agent | None:
        """The page Cloud Services."""
        return self._page(CLOUD_AGENT, "SMS_CloudAgentConfig")

    @property
    def policy(self) -> Agent | None:
        """The page Client Policy."""
        return self._page(POLICY_AGENT, "SMS_PolicyAgentConfig")

    def _page(self, number: int, name: str) -> Agent | None:
        return next((one for one in self.pages or () if one.is_page(number, name)), None)


class CustomClientSettings(Instances, frozen=True):
    """Every custom client settings, with its pages."""

    answer: ClassVar[Any] = Seen[ClientSettings]
    provider_class: ClassVar[str] = "SMS_ClientSettings"
    row: ClassVar[type[msgspec.Struct]] = ClientSettings
    keyed_by: ClassVar[str] = "SettingsID"


class Assignment(msgspec.Struct, frozen=True, rename="pascal"):
    """SMS_ClientSettingsAssignment: settings that are deployed to a collection."""

    client_settings_id: Number = msgspec.field(name="ClientSettingsID", default=UNSET)
    collection_id: Text = msgspec.field(name="CollectionID", default=UNSET)
    collection_name: Text = UNSET

    @property
    def label(self) -> str:
        """The collection."""
        return f"{text(self.collection_name)} ({text(self.collection_id)})".strip()


class Assignments(Instances, frozen=True):
    """Where client settings are deployed."""

    answer: ClassVar[Any] = Seen[Assignment]
    provider_class: ClassVar[str] = "SMS_ClientSettingsAssignment"
    row: ClassVar[type[msgspec.Struct]] = Assignment


class CollectionFacts(msgspec.Struct, frozen=True, rename="pascal"):
    """SMS_Collection with what it is limited to. CollectionType: 1 user, 2 device."""

    collection_id: str = msgspec.field(name="CollectionID")
    name: Text = UNSET
    collection_type: Number = UNSET
    member_count: Number = UNSET
    limit_to_collection_id: Text = msgspec.field(name="LimitToCollectionID", default=UNSET)

    @property
    def label(self) -> str:
        """Name and identifier."""
        name = text(self.name)
        return f"{name} ({self.collection_id})" if name else self.collection_id


class CollectionOf(Instances, frozen=True):
    """One collection by its ID, e.g. ``{mdm.user_collection_id}``."""

    answer: ClassVar[Any] = Seen[CollectionFacts]
    provider_class: ClassVar[str] = "SMS_Collection"
    row: ClassVar[type[msgspec.Struct]] = CollectionFacts
    collection: str

    @property
    def condition(self) -> str:
        """The collection by its ID."""
        return equals("CollectionID", self.collection)

    def describe(self) -> str:
        """The class and the collection."""
        return tr("{} {} of the AdminService", self.provider_class, self.collection)


class CollectionsOf(Instances, frozen=True):
    """Several collections by their IDs."""

    answer: ClassVar[Any] = Seen[CollectionFacts]
    provider_class: ClassVar[str] = "SMS_Collection"
    row: ClassVar[type[msgspec.Struct]] = CollectionFacts
    collections: tuple[str, ...]

    @property
    def condition(self) -> str:
        """Any of the collections by its ID."""
        return " or ".join(equals("CollectionID", one) for one in self.collections)

    def describe(self) -> str:
        """The class and the collections."""
        return tr("{} {} of the AdminService", self.provider_class, ", ".join(self.collections))


class Rule(msgspec.Struct, frozen=True, rename="pascal"):
    """One membership rule; which kind it is, its class says, or the property that only it has."""

    kind: Text = msgspec.field(name="@odata.type", default=UNSET)
    resource_id: Number = msgspec.field(name="ResourceID", default=UNSET)
    query_id: Number = msgspec.field(name="QueryID", default=UNSET)
    include_collection_id: Text = msgspec.field(name="IncludeCollectionID", default=UNSET)
    exclude_collection_id: Text = msgspec.field(name="ExcludeCollectionID", default=UNSET)

    @property
    def word(self) -> str:
        """direct, query, include or exclude; "" where the site does not say."""
        named = text(self.kind).rpartition("SMS_CollectionRule")[2].lower()
        for word in ("direct", "query", "include", "exclude"):
            if named.startswith(word):
                return word
        has = {
            "exclude": text(self.exclude_collection_id),
            "include": text(self.include_collection_id),
            "query": isinstance(self.query_id, int),
            "direct": isinstance(self.resource_id, int),
        }
        return next((word for word, there in has.items() if there), "")


class RuledCollection(msgspec.Struct, frozen=True, rename="pascal"):
    """SMS_Collection with its membership rules."""

    collection_id: str = msgspec.field(name="CollectionID")
    name: Text = UNSET
    collection_rules: tuple[Rule, ...] | UnsetType | None = UNSET


class CollectionRules(Instances, frozen=True):
    """The membership rules of one collection."""

    answer: ClassVar[Any] = Seen[RuledCollection]
    provider_class: ClassVar[str] = "SMS_Collection"
    row: ClassVar[type[msgspec.Struct]] = RuledCollection
    keyed_by: ClassVar[str] = "CollectionID"
    collection: str

    @property
    def condition(self) -> str:
        """The collection by its ID."""
        return equals("CollectionID", self.collection)

    def describe(self) -> str:
        """The class and the collection."""
        return tr("the rules of {} {} of the AdminService", self.provider_class, self.collection)


class CloudSubscription(msgspec.Struct, frozen=True, rename="pascal"):
    """SMS_CloudSubscription: an Intune subscription of hybrid MDM, a leftover today."""

    name: Text = UNSET
    unique_id: Text = msgspec.field(name="UniqueID", default=UNSET)

    @property
    def label(self) -> str:
        """What the console calls it."""
        return text(self.name) or text(self.unique_id) or msg("without a name")


class CloudSubscriptions(Instances, frozen=True):
    """The Intune subscriptions that the site still has."""

    answer: ClassVar[Any] = Seen[CloudSubscription]
    provider_class: ClassVar[str] = "SMS_CloudSubscription"
    row: ClassVar[type[msgspec.Struct]] = CloudSubscription
    retired: ClassVar[bool] = True


class SubscribedCollection(msgspec.Struct, frozen=True, rename="pascal"):
    """SMS_CloudSubscription with its collection; the name of that property is not documented."""

    name: Text = UNSET
    collection_id: Text = msgspec.field(name="CollectionID", default=UNSET)


class SubscribedCollections(Instances, frozen=True):
    """The collections of the Intune subscriptions: asked apart, for a site may not know it."""

    answer: ClassVar[Any] = Seen[SubscribedCollection]
    provider_class: ClassVar[str] = "SMS_CloudSubscription"
    row: ClassVar[type[msgspec.Struct]] = SubscribedCollection
    retired: ClassVar[bool] = True
