"""What the AdminService of a Configuration Manager site answers.

What an account may not see, the site leaves out in silence. So each list is held against what the
site itself counts, or against the role that the account is said to have, before it is called whole.
"""

import threading
from collections.abc import Callable
from typing import Any

import msgspec

from assess.connectors import Visit
from assess.connectors.http import Client
from assess.connectors.provider_rows import ENOUGH_RIGHTS, NoClass, ProviderRows
from assess.connectors.tokens import APPLICATION_METHODS, TokenSource, token_source
from assess.connectors.wmi_route import Route
from assess.engagement import Engagement
from assess.errors import Unavailable
from assess.evidence import Ask, Table
from assess.evidence.adminservice import (
    AzureService,
    Collection,
    CollectionMember,
    CollectionMembers,
    DiscoveredUser,
    DiscoveredUsers,
    Instances,
    MayBeTrimmed,
    Member,
    Members,
    NotAUser,
    Seen,
    SeesEverything,
    Site,
    Sites,
    ThisSite,
    Trimmed,
    UserMember,
    Users,
    Visibility,
    text,
)
from assess.evidence.site_cloud import Device, Listing, Staging, StagingCollections, Stagings
from assess.language import msg, tr, trn

_ALL_USERS = "SMS00002"
_ID_LENGTH = 8
SEEING_ROLES = {
    "read-only-analyst": "Read-only Analyst",
    "full-administrator": "Full Administrator",
}


def connect(engagement: Engagement) -> "AdminService":
    """The connector that the [site] section describes."""
    provider = engagement.get("site.provider_fqdn")
    default = f"https://{provider}/AdminService" if provider else None
    return AdminService(
        engagement.get("site.adminservice", default),
        method=engagement.get("site.auth.method", "kerberos"),
        token=_Token(engagement),
        role=engagement.get("site.auth.role", ""),
        client=lambda **options: Client.of(
            engagement,
            ca_key="site.ca_file",
            fingerprint=engagement.get("site.thumbprint"),
            **options,
        ),
        set_up_in=engagement.file,
    )


class _Token:
    """Tokens for the site's server app; the sign-in is made when the first one is asked for.

    A client of the site's own is a public one, through which a person signs in: the service is
    documented for people only. Without it the tenant's sign-in is tried.
    """

    def __init__(self, engagement: Engagement) -> None:
        self._engagement = engagement
        self._source: TokenSource | None = None
        self._lock = threading.Lock()

    def __call__(self) -> str:
        scope = self._engagement.get("site.auth.scope", "")
        if not scope:
            raise Unavailable(
                tr("[site.auth] scope is missing in {}", self._engagement.file),
                "Set it to the App ID URI of the site's server app, such as api://<tenant>/<name>.",
                skipped=True,
            )
        with self._lock:
            if self._source is None:
                self._source = self._made()
        return self._source.token(str(scope).removesuffix("/.default"))

    def _made(self) -> TokenSource:
        client_id = self._engagement.get("site.auth.client_id", "")
        method = self._engagement.get("tenant.auth.method", "")
        if client_id and method in {"", *APPLICATION_METHODS}:
            method = "device-code"
        return token_source(self._engagement, client_id=client_id, method=method)


class ProviderReader:
    """Answers questions about provider classes from what ``rows`` gives.

    ``role``: the security role that the account which reads is said to have.
    """

    source = "adminservice"

    def __init__(self, rows: ProviderRows, *, role: str = "") -> None:
        self._route = rows
        self._role = role
        self._lock = threading.Lock()
        self._sites: tuple[Site, ...] | None = None

    def answers(self, ask: Ask) -> bool:
        """Every question about instances of a provider class."""
        return isinstance(ask, Instances)

    def fetch(self, ask: Ask, visit: Visit) -> Any:  # noqa: ANN401 - an ``ask.answer``
        """The answer to a bound question; raises Unavailable."""
        match ask:
            case DiscoveredUsers():
                return self._users(visit)
            case CollectionMembers(collection):
                return self._members(collection, visit)
            case StagingCollections(collections):
                return self._staged(collections, visit)
            case Listing():
                return self._listed(ask, visit)
            case Instances():
                return self._instances(ask, visit)
            case _:
                raise Unavailable(tr("the AdminService is not asked for {}", ask.describe()))

    def probe(self, visit: Visit) -> str:
        """Sign in and see the site; raises Unavailable where either fails."""
        pages = self._route.pages(Sites.provider_class, Site, visit, hurry=True)
        sites = [site for page in pages for site in page]
        if not sites:
            where = self._route.where(Sites.provider_class)
            raise Unavailable(
                tr("{} lets the account in but shows it no site", where), ENOUGH_RIGHTS
            )
        seen = ", ".join(_site(site) for site in sites)
        role = SEEING_ROLES.get(self._role)
        if role is None:
            return tr("sees {}; whether it sees everything there cannot be told", seen)
        return tr("sees {}; said to be {} on all scopes and collections", seen, role)

    def close(self) -> None:
        """Give connections back."""
        self._route.close()

    # -- the questions ---------------------------------------------------------------------------

    def _instances(self, ask: Instances, visit: Visit) -> Seen[Any]:
        where = self._route.where(ask.provider_class)
        try:
            rows = self._rows(ask, visit)
        except NoClass as error:
            if not ask.retired:
                raise
            visit.note(where, error.reason)
            return Seen((), self._gone(error, visit))
        for row in rows:
            visit.note(where, _shown(row), about=getattr(row, "about", None))
        if not rows:
            visit.note(where, "no instance that this account sees")
        elif all(getattr(row, "about", None) for row in rows):
            visit.note(where, trn(len(rows), "{n} instance", "{n} instances"))
        return Seen(rows, self._rights(visit))

    def _rows(self, ask: Instances, visit: Visit) -> tuple[Any, ...]:
        name, condition = ask.provider_class, ask.condition
        if not ask.keyed_by:
            pages = self._route.pages(name, ask.row, visit, where=condition)
            return tuple(row for page in pages for row in page)
        fields = msgspec.structs.fields(ask.row)
        key = next(field for field in fields if field.encode_name == ask.keyed_by)
        listed = msgspec.defstruct(
            "Listed", [(key.name, key.type, msgspec.field(name=key.encode_name))], frozen=True
        )
        pages = self._route.pages(name, listed, visit, where=condition)
        keys = [getattr(row, key.name) for page in pages for row in page]
        return tuple(self._route.one(name, one, ask.row, visit) for one in keys)

    def _gone(self, error: NoClass, visit: Visit) -> Visibility:
        """A class that has gone has no instance; only a site that is seen can say so."""
        sees = self._rights(visit)
        return sees if isinstance(sees, Trimmed) else SeesEverything(error.reason)

    def _listed(self, ask: Listing, visit: Visit) -> Any:  # noqa: ANN401 - an ``ask.answer``
        """The rows of a long class; devices are too many for memory."""
        name = f"adminservice.{type(ask).__name__.lower()}"
        with visit.table(name) as writer:
            for page in self._route.pages(ask.provider_class, ask.row, visit):
                for row in page:
                    writer.add(row)
                visit.progress(writer.rows)
        sees = self._rights(visit)
        where = self._route.where(ask.provider_class)
        visit.note(where, trn(writer.rows, "{n} instance; {}", "{n} instances; {}", sees.because))
        return ask.answer(visit.listed(name, writer, ask.row), sees)

    def _staged(self, collections: tuple[str, ...], visit: Visit) -> Stagings:
        """The collections with their servers, beside all devices of the site."""
        found = {one: self._one_collection(one, visit) for one in collections}
        members = {
            one: set(self._member_names(one, visit)) if found[one] else set[int]()
            for one in collections
        }
        clients, servers, silent = 0, dict.fromkeys(collections, 0), dict.fromkeys(collections, 0)
        known: dict[str, set[int]] = {one: set() for one in collections}
        for page in self._route.pages(StagingCollections.provider_class, Device, visit):
            for device in page:
                clients += device.is_client is True
                for one in collections:
                    if device.resource_id in members[one]:
                        known[one].add(device.resource_id)
                        servers[one] += device.is_server
                        silent[one] += not text(device.device_os)
        sees = self._rights(visit)
        for one, itself in found.items():
            label = itself.label if itself else f"no collection {one} that this account sees"
            visit.note(
                self._route.where("SMS_Collection"),
                f"{label}: {len(members[one])} members, {servers[one]} of them servers; "
                f"{sees.because}",
                about=one,
            )
        where = self._route.where(StagingCollections.provider_class)
        visit.note(where, trn(clients, "{n} device with a client", "{n} devices with a client"))
        return Stagings(
            tuple(
                Staging(
                    one,
                    found[one],
                    servers[one],
                    silent[one] + len(members[one] - known[one]),
                )
                for one in collections
            ),
            clients,
            sees,
        )

    def _users(self, visit: Visit) -> Users:
        name = "adminservice.users"
        pages = self._route.pages(DiscoveredUsers.provider_class, DiscoveredUser, visit)
        with visit.table(name) as writer:
            for page in pages:
                for user in page:
                    writer.add(user)
                visit.progress(writer.rows)
        everyone = self._collection(_ALL_USERS, visit)
        sees = self._counted(writer.rows, everyone, visit)
        where = self._route.where(DiscoveredUsers.provider_class)
        visit.note(where, f"{writer.rows} discovered users; {sees.because}")
        return Users(visit.listed(name, writer, DiscoveredUser), sees)

    def _members(self, collection: str, visit: Visit) -> Members:
        _check_id(collection)
        users: Users = visit.known.answer(DiscoveredUsers())
        itself = self._collection(collection, visit)
        names = self._member_names(collection, visit)
        total = len(names)
        if itself is None and not total:
            raise Unavailable(
                tr("the collection {} does not exist, or this account does not see it", collection),
                tr("Check the ID in the console. {}", ENOUGH_RIGHTS),
            )
        name = f"adminservice.members-{collection.lower()}"
        with visit.table(name) as writer:
            for user in users.rows:
                if names.pop(user.resource_id, None) is not None:
                    writer.add(UserMember(user.resource_id, user.upn, text(user.unique_user_name)))
            known = writer.rows
            for resource, called in names.items():
                writer.add(NotAUser(resource, called))
        sees = self._counted(total, itself, visit)
        label = itself.label if itself else collection
        visit.note(
            self._route.where(CollectionMembers.provider_class),
            f"{label}: {total} members, {known} of them discovered users; {sees.because}",
        )
        rows: Table[CollectionMember] = visit.listed(name, writer, CollectionMember)  # type: ignore[arg-type] # a union
        return Members(itself, rows, sees, users.sees)

    def _member_names(self, collection: str, visit: Visit) -> dict[int, str]:
        """Every member by its resource ID, with the name that the collection shows."""
        names: dict[int, str] = {}
        where = f"CollectionID eq '{collection}'"
        for page in self._route.pages(CollectionMembers.provider_class, Member, visit, where=where):
            names |= {member.resource_id: text(member.name) for member in page}
            visit.progress(len(names))
        return names

    # -- how much of it the account sees -------------------------------------------------------

    def _rights(self, visit: Visit) -> Visibility:
        """What is known of the account: that it sees a site, and the role it is said to have."""
        if not self._seen_sites(visit):
            return Trimmed("this account does not even see its own site (SMS_Site)", ENOUGH_RIGHTS)
        role = SEEING_ROLES.get(self._role)
        if role is None:
            return MayBeTrimmed("what this account may see is not known", ENOUGH_RIGHTS)
        return SeesEverything(
            tr("the account is said to be {} on all scopes and collections", role)
        )

    def _counted(self, seen: int, collection: Collection | None, visit: Visit) -> Visibility:
        """How ``seen`` rows compare with what the site counts as members of the collection."""
        count = None if collection is None else collection.member_count
        if collection is None or not isinstance(count, int):
            return self._rights(visit)
        if seen >= count:
            return SeesEverything(
                trn(
                    count,
                    "the site counts {n} member of {}",
                    "the site counts {n} members of {}",
                    collection.label,
                )
            )
        because = trn(
            count,
            "the site counts {n} member of {}, and shows {}",
            "the site counts {n} members of {}, and shows {}",
            collection.label,
            seen,
        )
        if self._role in SEEING_ROLES:
            return MayBeTrimmed(
                because, tr("Update the membership of {} and collect again.", collection.label)
            )
        return Trimmed(because, ENOUGH_RIGHTS)

    def _collection(self, collection: str, visit: Visit) -> Collection | None:
        """The collection itself; None where this account does not see it."""
        try:
            return self._one_collection(collection, visit)
        except Unavailable as error:
            visit.note(self._route.where("SMS_Collection"), error.reason)
            return None

    def _one_collection(self, collection: str, visit: Visit) -> Collection | None:
        """The collection itself, None where it is not shown; raises Unavailable."""
        _check_id(collection)
        filtered = f"CollectionID eq '{collection}'"
        pages = self._route.pages("SMS_Collection", Collection, visit, where=filtered)
        rows = [row for page in pages for row in page]
        return next((row for row in rows if row.collection_id.upper() == collection.upper()), None)

    def _seen_sites(self, visit: Visit) -> tuple[Site, ...]:
        with self._lock:  # held while they are read, so that they are read once
            if self._sites is None:
                pages = self._route.pages(Sites.provider_class, Site, visit)
                self._sites = tuple(row for page in pages for row in page)
            return self._sites


class AdminService(ProviderReader):
    """Reads a live service. ``address`` None: the site is not set up, which each answer says.

    ``method``: kerberos, entra (with ``token``) or none; ``role``: the security role that the
    account is said to have; ``client`` makes the HTTPS client, with options of its own.
    """

    def __init__(
        self,
        address: str | None,
        *,
        client: Callable[..., Client],
        method: str = "kerberos",
        token: Callable[[], str] = str,
        role: str = "",
        set_up_in: str = "the engagement file",
    ) -> None:
        route = Route(address, client=client, method=method, token=token, set_up_in=set_up_in)
        super().__init__(route, role=role)


def _check_id(collection: str) -> None:
    """Raises Unavailable for what cannot be put into a question."""
    if not (collection.isascii() and collection.isalnum() and len(collection) == _ID_LENGTH):
        raise Unavailable(
            tr("{} is not the ID of a collection", repr(collection)),
            "Enter the ID that the console shows, such as PS100014.",
        )


def _shown(row: object) -> str:
    match row:
        case Site():
            return _site(row)
        case ThisSite():
            return row.this_site_code
        case AzureService():
            parts = (row.service_type, row.name, row.fqdn, row.service_c_name)
            return ", ".join(str(part) for part in parts if part) + f", state {row.state}"
        case _:
            shown = getattr(row, "shown", None)
            return shown if isinstance(shown, str) else msgspec.json.encode(row).decode()


def _site(site: Site) -> str:
    kinds: dict[Any, str] = {
        1: msg("secondary site {}"),
        2: msg("primary site {}"),
        4: msg("central administration site {}"),
        None: msg("site {}"),
    }
    version = f" {site.version}" if site.version else ""
    return tr(kinds.get(site.type, kinds[None]), f"{site.site_code}{version}")
