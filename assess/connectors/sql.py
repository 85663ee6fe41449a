"""What the database of a Configuration Manager site knows: the same answers as the AdminService's.

A view shows every row to whoever may read it: roles and scopes of the site do not trim it. What
the account may not read, and what this version of the site does not have, is known before a
statement is sent, and is no answer. Where no view is known to hold something, it is not answered.
"""

import threading
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing
from typing import Any, TypeVar

import msgspec
from msgspec import UNSET

from assess.connectors import Visit
from assess.connectors import site_views as views
from assess.connectors.site_views import Reading
from assess.connectors.sql_session import DriverSession, NotGranted, Rows, Session
from assess.engagement import Engagement
from assess.errors import Unavailable
from assess.evidence import Ask
from assess.evidence.adminservice import (
    Collection,
    CollectionMember,
    CollectionMembers,
    DiscoveredUser,
    DiscoveredUsers,
    Instances,
    Members,
    NotAUser,
    Seen,
    SeesEverything,
    Site,
    Sites,
    UserMember,
    Users,
    text,
)
from assess.evidence.applications import SiteApplications
from assess.evidence.site_cloud import (
    AzureEnvironments,
    CloudServices,
    CoManagementSettings,
    ConnectedTenants,
    Device,
    ManagementState,
    ManagementStateList,
    ManagementStates,
    Staging,
    StagingCollections,
    Stagings,
    TenantApplications,
)
from assess.evidence.site_database import (
    DiscoveredSuffixes,
    GatewayPaths,
    SuffixCount,
    SuffixCounts,
)
from assess.evidence.site_roles import (
    Component,
    Components,
    ComponentStatuses,
    Property,
    Roles,
    RoleUse,
    UpdatePackages,
)
from assess.evidence.site_settings import (
    CollectionOf,
    CollectionRules,
    CollectionsOf,
    Rule,
    RuledCollection,
)
from assess.language import msg, tr, trn

Row = TypeVar("Row", bound=msgspec.Struct)

_PORT = 1433
_ID_LENGTH = 8
_NONE, _NO_AT = "(none)", "(no @)"
_INCLUDED = 2
_WHOLE = SeesEverything("the site database shows every row, whatever role the account has")
# Columns that are 0 or 1 in some views and true or false in others.
_FLAGS = frozenset(
    {"IsClient", "IsClientApp", "ComgmtPolicyPresent", "MDMEnrolled", "EnrollmentFailed"}
)
_TEXTS = frozenset({"MDMWorkloads", "AADUserID", "ClientID", "QueryID"})
# Questions that one statement answers. The first one whose columns are all there is sent.
_LISTS: Mapping[type[Ask], tuple[Reading, ...]] = {
    UpdatePackages: (views.UPDATE_PACKAGES,),
    SiteApplications: (views.APPLICATIONS, views.APPLICATION_NAMES),
    TenantApplications: (views.APPLICATIONS, views.APPLICATION_NAMES),
    ConnectedTenants: (views.TENANTS, views.TENANT_NAMES),
    CloudServices: (views.CLOUD_SERVICES,),
    AzureEnvironments: (views.ENVIRONMENTS,),
    CoManagementSettings: (views.CO_MANAGEMENT,),
}
# What each question may send; the first group has to be readable, or there is no answer.
READS: Mapping[type[Ask], tuple[Reading, ...]] = {
    **_LISTS,
    Sites: (views.SITES, views.SITES_WITHOUT_BUILD),
    Roles: (views.ROLES, views.ROLE_STATES, views.ROLE_PROPERTIES),
    Components: (views.COMPONENTS,),
    ComponentStatuses: (views.COMPONENT_STATUSES,),
    DiscoveredUsers: (views.USERS_IN_DIRECTORY, views.USERS_IN_DIRECTORY_0, views.USERS),
    DiscoveredSuffixes: (views.SUFFIXES,),
    GatewayPaths: (views.GATEWAY_PATHS,),
    ManagementStates: (views.STATES, views.STATES_WITHOUT_FAILURES),
    CollectionOf: (views.COLLECTION, views.COLLECTION_WITHOUT_LIMIT),
    CollectionsOf: (views.COLLECTION, views.COLLECTION_WITHOUT_LIMIT),
    CollectionMembers: (views.USERS, views.COLLECTION_WITHOUT_LIMIT, views.MEMBERS),
    CollectionRules: (
        views.COLLECTION_WITHOUT_LIMIT, views.DIRECT_RULES, views.QUERY_RULES,
        views.COLLECTION_RULES,
    ),
    StagingCollections: (views.COLLECTION_WITHOUT_LIMIT, views.MEMBERS, views.SYSTEMS),
}  # fmt: skip


def connect(engagement: Engagement) -> "SiteDatabase":
    """The connector that [site] sql_server and database, and [sql], describe."""
    host = engagement.get("site.sql_server")
    code = engagement.get("site.code")
    database = engagement.get("site.database", f"CM_{code}" if code else None)
    if host is None:
        return SiteDatabase(_not_set_up(engagement, "site.sql_server"))
    if database is None:
        return SiteDatabase(_not_set_up(engagement, "site.database"))
    method = engagement.get("sql.auth.method", "windows")
    user = engagement.get("sql.auth.user", "")

    def password() -> str:
        missing = "sql.auth.user" if not user else "sql.auth.password"
        secret = engagement.get("sql.auth.password")
        if not user or secret is None:
            raise Unavailable(
                tr(
                    "{} is not set in {}, but [sql.auth] method is password",
                    missing,
                    engagement.file,
                ),
                tr("Set {} in {}.", missing, engagement.file),
                key=missing,
            )
        return str(secret.reveal())

    address, spn = _address(engagement, str(host))
    return SiteDatabase(
        DriverSession(
            address,
            str(host),
            str(database),
            method=method,
            user=user,
            password=password,
            spn=spn,
            certificate=engagement.path("sql.certificate"),
        )
    )


def _address(engagement: Engagement, host: str) -> tuple[str, str]:
    """The server as the driver takes it; [network] connect_to leads elsewhere, its SPN does not."""
    instance = engagement.get("sql.instance")
    port = engagement.get("sql.port", None if instance else _PORT)
    routes = {k.lower(): v for k, v in engagement.get("network.connect_to", {}).items()}
    if port is None:
        return f"{host}\\{instance}", ""
    route = routes.get(f"{host}:{port}".lower())
    real, _, real_port = (route or f"{host}:{port}").rpartition(":")
    return f"tcp:{real},{real_port}", f"MSSQLSvc/{host}:{port}" if route else ""


class _Nowhere:
    """A database that the engagement file does not name."""

    place = msg("the site database")

    def __init__(self, refusal: Unavailable) -> None:
        self._refusal = refusal

    def rows(self, *_: object) -> Rows:
        """Nothing can be read."""
        raise self._refusal

    def close(self) -> None:
        """Nothing is open."""


def _not_set_up(engagement: Engagement, key: str) -> Session:
    return _Nowhere(
        Unavailable(
            tr("the site database is not set up: {} is not set in {}", key, engagement.file),
            tr("Set {} in {}.", key, engagement.file),
            key=key,
            skipped=True,
        )
    )


class SiteDatabase:
    """Answers from the views of a site database, which ``session`` reads."""

    source = "sql"

    def __init__(self, session: Session) -> None:
        self._session = session
        self._lock = threading.Lock()
        self._columns: dict[str, frozenset[str]] | None = None

    def answers(self, ask: Ask) -> bool:
        """Questions with a known view; those of the AdminService only where it is set up."""
        ways = type(ask) in READS
        return ways and (ask.source == self.source or not isinstance(self._session, _Nowhere))

    def fetch(self, ask: Ask, visit: Visit) -> Any:  # noqa: ANN401 - an ``ask.answer``
        """The answer to a bound question; raises Unavailable."""
        match ask:
            case Roles():
                return self._roles(visit)
            case Components(component):
                return self._components(component, visit)
            case DiscoveredUsers():
                return self._users(visit)
            case ManagementStates():
                return self._listed(ask, visit)
            case DiscoveredSuffixes() | GatewayPaths():
                counts = isinstance(ask, DiscoveredSuffixes)
                return self._suffixes(visit) if counts else self._paths(visit)
            case CollectionMembers() | CollectionRules() | StagingCollections():
                return self._of_collections(ask, visit)
            case CollectionOf(collection):
                return self._collections((collection,), CollectionOf.row, visit)
            case CollectionsOf(collections):
                return self._collections(collections, CollectionsOf.row, visit)
            case Instances():
                return self._instances(ask, visit)
            case _:
                raise Unavailable(tr("the site database is not asked for {}", ask.describe()))

    def probe(self, visit: Visit) -> str:
        """Sign in, see the site, and say what the account may not read; raises Unavailable."""
        sites = [_site(site) for site in self._sites(visit)]
        if not sites:
            raise Unavailable(
                tr("{} has no site in dbo.v_Site", self._session.place),
                "Check that [site] database names the database of the site.",
            )
        started = time.monotonic()
        for _ in self._session.rows(views.COLLECTION.statement, ("SMS00001",)):
            pass
        took = round((time.monotonic() - started) * 1000)
        lacks = sorted(
            {lack for one in READS.values() if (lack := self._lack(one[-1], visit))}, key=str.lower
        )
        seen = ", ".join(sites)
        if lacks:
            return tr("sees {}, answers in {} ms; shows no {}", seen, took, ", ".join(lacks))
        return tr("sees {}, answers in {} ms; shows all that is read", seen, took)

    def close(self) -> None:
        """Give the connection back."""
        self._session.close()

    # -- statements --------------------------------------------------------------------------------

    def _where(self, view: str) -> str:
        return tr("{}.{} of {}", views.SCHEMA, view, self._session.place)

    def _shown_columns(self, visit: Visit) -> Mapping[str, frozenset[str]]:
        """What the account may read, by view, in small letters; asked once."""
        with self._lock:
            if self._columns is None:
                found: dict[str, set[str]] = {}
                visit.requests += 1
                for view, column in self._session.rows(views.COLUMNS.statement):
                    found.setdefault(str(view).lower(), set()).add(str(column).lower())
                self._columns = {view: frozenset(names) for view, names in found.items()}
            return self._columns

    def _lack(self, reading: Reading, visit: Visit) -> str:
        """The views or columns of a statement that are not shown; "" where all are."""
        shown, lacks = self._shown_columns(visit), []
        for view, columns in reading.reads.items():
            there = shown.get(view.lower(), frozenset())
            absent = [column for column in columns if column.lower() not in there]
            if not there:
                lacks.append(f"{views.SCHEMA}.{view}")
            elif absent:
                lacks.append(f"{views.SCHEMA}.{view}.{', '.join(absent)}")
        return ", ".join(lacks)

    def _chosen(self, readings: Sequence[Reading], visit: Visit) -> Reading:
        """The first statement whose columns are all there; raises Unavailable, naming what is not.

        The last one asks for least, so that its lack is the reason.
        """
        for one in readings:
            lack = self._lack(one, visit)
            if not lack:
                return one
        raise NotGranted(
            tr("{} shows this account no {}", self._session.place, lack),
            "Either it was not granted: `assess permissions --grants` prints the script for the "
            "administrator of the database. Or this version of the site does not have it.",
        )

    def _rows(
        self, reading: Reading, visit: Visit, *parameters: str
    ) -> Generator[dict[str, Any], None, None]:
        """Each row by the names of its columns."""
        visit.requests += 1
        with closing(self._session.rows(reading.statement, parameters)) as rows:
            for row in rows:
                named = zip(reading.names, row, strict=True)
                yield {name: _plain(name, value) for name, value in named}

    def _each(
        self, row: type[Row], readings: Sequence[Reading], visit: Visit, *parameters: str
    ) -> Iterator[Row]:
        chosen = self._chosen(readings, visit)
        with closing(self._rows(chosen, visit, *parameters)) as rows:
            for found in rows:
                try:
                    yield msgspec.convert(found, row)
                except msgspec.ValidationError as error:
                    raise Unavailable(
                        tr(
                            "{} sent a row that cannot be read: {}",
                            self._where(_view(chosen)),
                            error,
                        ),
                        "Report this with the version of the site: a column is of another type.",
                    ) from None

    def _all(
        self, row: type[Row], readings: Sequence[Reading], visit: Visit, *parameters: str
    ) -> list[Row]:
        return list(self._each(row, readings, visit, *parameters))

    def _seen(self, rows: Sequence[Any], view: str, visit: Visit) -> Seen[Any]:
        where = self._where(view)
        for row in rows:
            visit.note(where, _shown(row), about=getattr(row, "about", None))
        if not rows:
            visit.note(where, "no row")
        elif all(getattr(row, "about", None) for row in rows):
            visit.note(where, trn(len(rows), "{n} row", "{n} rows"))
        return Seen(tuple(rows), _WHOLE)

    # -- the questions -----------------------------------------------------------------------------

    def _instances(self, ask: Instances, visit: Visit) -> Seen[Any]:
        """What one statement answers."""
        readings = READS[type(ask)]
        named = (ask.component,) if isinstance(ask, ComponentStatuses) else ()
        found = self._all(ask.row, readings, visit, *named)
        rows = [_built(one) if isinstance(one, Site) else one for one in found]
        return self._seen(rows, _view(readings[0]), visit)

    def _of_collections(
        self, ask: CollectionMembers | CollectionRules | StagingCollections, visit: Visit
    ) -> Any:  # noqa: ANN401 - an ``ask.answer``
        if isinstance(ask, CollectionMembers):
            return self._members(ask.collection, visit)
        if isinstance(ask, CollectionRules):
            return self._rules(ask.collection, visit)
        return self._staged(ask.collections, visit)

    def _sites(self, visit: Visit) -> list[Site]:
        return self._all(Site, READS[Sites], visit)

    def _roles(self, visit: Visit) -> Seen[RoleUse]:
        """Every role. How it talks and its properties come from elsewhere, and may not be shown."""
        found = list(self._rows(self._chosen((views.ROLES,), visit), visit))
        states = self._by_role(views.ROLE_STATES, visit)
        properties = self._by_role(views.ROLE_PROPERTIES, visit)
        uses = []
        for one in found:
            role = _role(one)
            state = states.get(role, [{}])[0].get("SslState", UNSET) if states else UNSET
            props = properties and properties.get(role, [])
            uses.append(
                RoleUse(
                    role_name=one["RoleName"],
                    network_os_path=f"\\\\{_server(one)}",
                    site_code=one["SiteCode"],
                    ssl_state=_number(state),
                    props=UNSET if properties is None else tuple(map(_property, props or ())),
                )
            )
        return self._seen(uses, "v_SystemResourceList", visit)

    def _by_role(
        self, reading: Reading, visit: Visit
    ) -> dict[tuple[str, str], list[dict[str, Any]]] | None:
        """Rows of the site control file by role; None, with a note, where they are not shown."""
        found: dict[tuple[str, str], list[dict[str, Any]]] = {}
        try:
            for row in self._rows(self._chosen((reading,), visit), visit):
                found.setdefault(_role(row), []).append(row)
        except NotGranted as error:
            visit.note(self._where(_view(reading)), error.reason)
            return None
        return found

    def _components(self, component: str, visit: Visit) -> Seen[Component]:
        chosen = self._chosen((views.COMPONENTS,), visit)
        found: dict[tuple[str, str], list[Property]] = {}
        for row in self._rows(chosen, visit, component):
            props = found.setdefault((row["ComponentName"], row["SiteCode"]), [])
            if row["PropertyName"] is not None:
                props.append(_property(row))
        rows = [Component(name, code, tuple(props)) for (name, code), props in found.items()]
        return self._seen(rows, "SC_Component", visit)

    def _users(self, visit: Visit) -> Users:
        name = "sql.users"
        with visit.table(name) as writer:
            for user in self._each(DiscoveredUser, READS[DiscoveredUsers], visit):
                writer.add(user)
                _tell(visit, writer.rows)
        visit.note(self._where("v_R_User"), f"{writer.rows} discovered users; {_WHOLE.because}")
        return Users(visit.listed(name, writer, DiscoveredUser), _WHOLE)

    def _listed(self, ask: ManagementStates, visit: Visit) -> ManagementStateList:
        """The rows of a long view; devices are too many for memory."""
        name, readings = f"sql.{type(ask).__name__.lower()}", READS[type(ask)]
        with visit.table(name) as writer:
            for row in self._each(ask.row, readings, visit):
                writer.add(row)
                _tell(visit, writer.rows)
        visit.note(
            self._where(_view(readings[0])),
            trn(writer.rows, "{n} row; {}", "{n} rows; {}", _WHOLE.because),
        )
        return ManagementStateList(visit.listed(name, writer, ManagementState), _WHOLE)

    def _suffixes(self, visit: Visit) -> SuffixCounts:
        chosen = self._chosen((views.SUFFIXES,), visit)
        counts = {str(row["suffix"]): int(row["users"]) for row in self._rows(chosen, visit)}
        none = counts.pop(_NONE, 0) + counts.pop("", 0)
        no_at = counts.pop(_NO_AT, 0)
        where = self._where("v_R_User")
        for suffix, users in sorted(counts.items()):
            visit.note(
                where, trn(users, "{n} user with {}", "{n} users with {}", suffix), about=suffix
            )
        visit.note(
            where,
            trn(
                none,
                "{n} user without a UPN, {} with one without an @",
                "{n} users without a UPN, {} with one without an @",
                no_at,
            ),
        )
        found = tuple(SuffixCount(suffix, users) for suffix, users in sorted(counts.items()))
        return SuffixCounts(found, none, no_at)

    def _paths(self, visit: Visit) -> tuple[str, ...]:
        chosen = self._chosen((views.GATEWAY_PATHS,), visit)
        found = sorted({text(row["path"]) for row in self._rows(chosen, visit)} - {""})
        for one in found or ["no row"]:
            visit.note(self._where("vProxy_Roles"), one)
        return tuple(found)

    def _collections(self, collections: Sequence[str], row: type[Row], visit: Visit) -> Seen[Row]:
        found = [
            one
            for collection in collections
            for one in self._all(row, READS[CollectionOf], visit, _checked(collection))
        ]
        return self._seen(found, "v_Collection", visit)

    def _collection(self, collection: str, visit: Visit) -> Collection | None:
        readings = (views.COLLECTION_WITHOUT_LIMIT,)
        found = self._all(Collection, readings, visit, _checked(collection))
        return found[0] if found else None

    def _member_names(self, collection: str, visit: Visit) -> dict[int, str]:
        chosen = self._chosen((views.MEMBERS,), visit)
        return {
            int(row["ResourceID"]): text(row["Name"])
            for row in self._rows(chosen, visit, _checked(collection))
        }

    def _members(self, collection: str, visit: Visit) -> Members:
        users: Users = visit.known.answer(DiscoveredUsers())
        itself = self._collection(collection, visit)
        if itself is None:
            raise Unavailable(
                tr("{} has no collection {}", self._session.place, collection),
                "Check the ID in the console.",
            )
        names = self._member_names(collection, visit)
        total, name = len(names), f"sql.members-{collection.lower()}"
        with visit.table(name) as writer:
            for user in users.rows:
                if names.pop(user.resource_id, None) is not None:
                    writer.add(UserMember(user.resource_id, user.upn, text(user.unique_user_name)))
            known = writer.rows
            for resource, called in names.items():
                writer.add(NotAUser(resource, called))
        visit.note(
            self._where("v_FullCollectionMembership"),
            f"{itself.label}: {total} members, {known} of them discovered users",
        )
        rows: Any = visit.listed(name, writer, CollectionMember)  # type: ignore[arg-type] # a union
        return Members(itself, rows, _WHOLE, users.sees)

    def _rules(self, collection: str, visit: Visit) -> Seen[RuledCollection]:
        """The rules. Where those that name other collections are not shown, an unknown one is."""
        itself = self._collection(collection, visit)
        if itself is None:
            return self._seen((), "v_Collection", visit)
        direct = self._chosen((views.DIRECT_RULES,), visit)
        query = self._chosen((views.QUERY_RULES,), visit)
        rules = [
            Rule(kind="SMS_CollectionRuleDirect", resource_id=row["ResourceID"])
            for row in self._rows(direct, visit, collection)
        ]
        rules += [
            Rule(kind="SMS_CollectionRuleQuery") for _ in self._rows(query, visit, collection)
        ]
        lack = self._lack(views.COLLECTION_RULES, visit)
        if lack:
            visit.note(self._where("vSMS_CollectionDependencies"), f"not shown: {lack}")
            rules.append(Rule())
        else:
            for row in self._rows(views.COLLECTION_RULES, visit, collection):
                includes = row["RelationshipType"] == _INCLUDED
                kind = "Include" if includes else "Exclude"
                rules.append(Rule(kind=f"SMS_CollectionRule{kind}Collection"))
        found = RuledCollection(itself.collection_id, itself.name, tuple(rules))
        return self._seen([found], "v_Collection", visit)

    def _staged(self, collections: Sequence[str], visit: Visit) -> Stagings:
        """The collections with their servers, beside all systems of the site."""
        found = {one: self._collection(one, visit) for one in collections}
        members = {
            one: set(self._member_names(one, visit)) if itself else set[int]()
            for one, itself in found.items()
        }
        clients, servers, silent = 0, dict.fromkeys(collections, 0), dict.fromkeys(collections, 0)
        known: dict[str, set[int]] = {one: set() for one in collections}
        for device in self._each(Device, (views.SYSTEMS,), visit):
            clients += device.is_client is True
            for one in collections:
                if device.resource_id in members[one]:
                    known[one].add(device.resource_id)
                    servers[one] += device.is_server
                    silent[one] += not text(device.device_os)
        for one, itself in found.items():
            label = itself.label if itself else f"no collection {one}"
            counted = f"{label}: {len(members[one])} members, {servers[one]} of them servers"
            visit.note(self._where("v_Collection"), counted, about=one)
        visit.note(
            self._where("v_R_System"),
            trn(clients, "{n} device with a client", "{n} devices with a client"),
        )
        stagings = [
            Staging(one, itself, servers[one], silent[one] + len(members[one] - known[one]))
            for one, itself in found.items()
        ]
        return Stagings(tuple(stagings), clients, _WHOLE)


def _view(reading: Reading) -> str:
    return next(iter(reading.reads))


def _plain(name: str, value: Any) -> Any:  # noqa: ANN401 - a value of the database
    """The value as the site's provider sends it."""
    if name in _FLAGS and value in (0, 1):
        return bool(value)
    if name in _TEXTS and value is not None:
        return str(value)
    return value


def _built(site: Site) -> Site:
    """The site with its build, which the version also tells, such as 5.00.9141.1000."""
    if isinstance(site.build_number, int):
        return site
    parts = text(site.version).split(".")
    build = parts[2] if len(parts) == 4 else ""  # noqa: PLR2004
    return msgspec.structs.replace(site, build_number=int(build)) if build.isdigit() else site


def _role(row: Mapping[str, Any]) -> tuple[str, str]:
    return text(row["NALPath"]).lower(), text(row["RoleName"]).lower()


def _server(row: Mapping[str, Any]) -> str:
    """The full host name: the server's own column, or the end of the path where it is longer."""
    name = text(row["ServerName"]).strip("\\").rstrip(".")
    ends = text(row["NALPath"]).rpartition("]")[2].strip("\\").partition("\\")[0].rstrip(".")
    longer = ends.lower().startswith(f"{name.lower()}.")
    return ends if longer or not name else name


def _number(value: Any) -> Any:  # noqa: ANN401 - a value of the database
    if isinstance(value, str) and value.isdecimal():
        return int(value)
    return value if isinstance(value, int) or value is UNSET else None


def _property(row: Mapping[str, Any]) -> Property:
    """A property object as the provider has it: its number stands in the third value."""
    return Property(
        property_name=row["PropertyName"],
        value=_number(row["Value"]),
        value1=row.get("Value1", UNSET),
        value2=row.get("Value2", UNSET),
    )


def _checked(collection: str) -> str:
    """Raises Unavailable for what is no ID."""
    if not (collection.isascii() and collection.isalnum() and len(collection) == _ID_LENGTH):
        raise Unavailable(
            tr("{} is not the ID of a collection", repr(collection)),
            "Enter the ID that the console shows, such as PS100014.",
        )
    return collection


def _tell(visit: Visit, rows: int) -> None:
    if rows % 1000 == 0:
        visit.progress(rows)


def _shown(row: object) -> str:
    if isinstance(row, Site):
        return _site(row)
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
