"""The least read-only rights that the chosen checks need of each source, and what needs them.

Derived from the questions in the checks' signatures, so that a right which no chosen check needs is
never asked for. A permission of Graph is an application's or a person's, by the way of signing in.
"""

import inspect
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

from assess.check import Check
from assess.collect import questions
from assess.connectors import site_views
from assess.connectors.sql import READS
from assess.connectors.tokens import APPLICATION_METHODS
from assess.engagement import Engagement
from assess.evidence import Ask
from assess.evidence.graph import GraphAsk, covered
from assess.sources import SOURCES


class SignIn(StrEnum):
    """Who signs in to the tenant."""

    APPLICATION = "application"
    DELEGATED = "delegated"


class _Ids(NamedTuple):
    """The ids of a permission as an application role and as a delegated scope."""

    application: str
    delegated: str


_GRAPH = "00000003-0000-0000-c000-000000000000"
_USER_READ = "e1fe6dd8-ba31-4d61-89e7-88639da4683d"  # delegated: to sign in at all
_AZURE_MANAGEMENT = "797f4846-ba00-4fd7-ba43-dac1f8f63013"
_USER_IMPERSONATION = "41094075-9dad-400e-a0bd-54e686782033"  # delegated: Azure as the person
# From the file that Microsoft's own tables of permissions are made of; that of RoleManagement from
# those tables, and from Graph's own service principal as tenants show it.
_IDS: Mapping[str, _Ids] = {
    "Organization.Read.All": _Ids(
        "498476ce-e0fe-48b0-b801-37ba7e2685c6", "4908d5b9-3fb2-4b1e-9336-1888b7937185"
    ),
    "Domain.Read.All": _Ids(
        "dbb9058a-0e50-45d7-ae91-66909b5d4664", "2f9ee017-59c1-4f1d-9472-bd5529a7b311"
    ),
    "User.Read.All": _Ids(
        "df021288-bdef-4463-88db-98f22de89214", "a154be20-db9c-4678-8ab7-66f6cc099a59"
    ),
    "LicenseAssignment.Read.All": _Ids(
        "e2f98668-2877-4f38-a2f4-8202e0717aa1", "f395577a-0960-456b-979f-7228de0c5996"
    ),
    "Application.Read.All": _Ids(
        "9a5d68dd-52b0-4cc2-bd40-abcf44ac3a30", "c79f8feb-a9db-4090-85f9-90d820caa0eb"
    ),
    "Directory.Read.All": _Ids(
        "7ab1d382-f21e-4acd-a863-ba3e13f7da61", "06da0dbc-49e2-44d2-8312-53f166ab848a"
    ),
    "Policy.Read.All": _Ids(
        "246dd0d5-5bd0-4def-940b-0421030a5b68", "572fea84-0151-49b2-9301-11cb16974376"
    ),
    "DeviceManagementServiceConfig.Read.All": _Ids(
        "06a5fe6d-c49d-46a7-b082-56b1b14103c7", "8696daa5-bce5-4b2e-83f9-51b6defc4e1e"
    ),
    "DeviceManagementConfiguration.Read.All": _Ids(
        "dc377aa6-52d8-4e23-b271-2a7ae04cedf3", "f1493658-876a-4c87-8fa7-edb559b3476a"
    ),
    "DeviceManagementManagedDevices.Read.All": _Ids(
        "2f51be20-0bb4-4fed-bf7b-db946066c75e", "314874da-47d6-4978-88dc-cf0d37f0bb82"
    ),
    "DeviceManagementApps.Read.All": _Ids(
        "7a6ee1e7-141e-4cec-ae74-d9db155731ff", "4edf5f54-4666-44af-9de9-0144fb4b6e8c"
    ),
    "GroupMember.Read.All": _Ids(
        "98830695-27a2-44f7-8c18-0c3ebc9698f6", "bc024368-1153-4739-b217-4326f2e966d0"
    ),
    "Device.Read.All": _Ids(
        "7438b122-aefc-4978-80ed-43db9fcc7715", "951183d1-1a61-466f-a6d1-1fde911bfd95"
    ),
    "Domain-InternalFederation.Read.All": _Ids(
        "c0e5a7b0-e8b7-40a7-b8e0-8249e6ea81d5", "33203a2a-a761-40f0-8a7c-a7e74a9f8ac6"
    ),
    "RoleManagement.Read.Directory": _Ids(
        "483bed4a-2ad3-4361-a73b-c83ccdbdc53c", "741c54c3-0c1e-44a1-818b-3f97ab4e8c83"
    ),
    # No path accepts the application roles of these two: a person has to sign in.
    "OnPremDirectorySynchronization.Read.All": _Ids("", "f6609722-4100-44eb-b747-e6ca0536989d"),
    "Agreement.Read.All": _Ids("", "af2819c9-df71-4dd3-ade7-4d7c9dc653b7"),
}

@dataclass(frozen=True)
class Right:
    """One right on one source. ``reads``: what is read with it; ``requirements``: for which.

    ``sign_in`` says of a permission of the tenant whose it is. ``out_of_reach``: only a person may
    have it, but an application signs in, so that what needs it stays unknown.
    """

    source: str
    name: str
    reads: tuple[str, ...]
    requirements: tuple[str, ...]
    sign_in: SignIn | None = None
    id: str = ""
    out_of_reach: bool = False


def sign_in_of(engagement: Engagement | None) -> SignIn:
    """Who signs in by this engagement file; an application where it does not say."""
    method = "client-secret" if engagement is None else engagement.get("tenant.auth.method", "")
    person = method not in {"", *APPLICATION_METHODS}
    return SignIn.DELEGATED if person else SignIn.APPLICATION


def rights(checks: Iterable[Check], sign_in: SignIn = SignIn.APPLICATION) -> list[Right]:
    """The rights that these checks need, by source, each once."""
    reads: dict[tuple[str, str, bool], dict[str, None]] = {}
    needed: dict[tuple[str, str, bool], set[str]] = {}
    for check in checks:
        for ask in questions([check]):
            if ask.source == "sql":  # column by column, see database_rights
                continue
            for name, out_of_reach in _of(ask, sign_in):
                place = (ask.source, name, out_of_reach)
                reads.setdefault(place, {})[_what(ask)] = None
                needed.setdefault(place, set()).add(check.requirement)
    found = [
        Right(
            source,
            name,
            tuple(reads[source, name, out_of_reach]),
            tuple(sorted(needed[source, name, out_of_reach])),
            *_whose(source, name, sign_in, out_of_reach=out_of_reach),
            out_of_reach,
        )
        for source, name, out_of_reach in reads
    ]
    order = {source: number for number, source in enumerate(SOURCES)}
    return sorted(found, key=lambda one: (order.get(one.source, len(order)), one.source, one.name))


def reads_database(engagement: Engagement | None) -> bool:
    """Whether the site database may be read: where nothing is set up yet, it may."""
    return engagement is None or engagement.get("site.sql_server") is not None


def database_rights(checks: Iterable[Check]) -> list[Right]:
    """What the account of the site database has to read, view by view, instead of the site's role.

    Only the columns that the questions of these checks read.
    """
    reads: dict[str, dict[str, None]] = {}
    needed: dict[str, set[str]] = {}
    columns: dict[str, set[str]] = {}
    for check in checks:
        for ask in questions([check]):
            for view, names in site_views.granted(READS.get(type(ask), ())).items():
                reads.setdefault(view, {})[_what(ask)] = None
                needed.setdefault(view, set()).add(check.requirement)
                columns.setdefault(view, set()).update(names)
    return [
        Right(
            "sql",
            f"SELECT on {site_views.SCHEMA}.{view} ({', '.join(sorted(columns[view]))})",
            tuple(reads[view]),
            tuple(sorted(needed[view])),
        )
        for view in sorted(reads, key=str.lower)
    ]


def grants(checks: Iterable[Check], account: str) -> str:
    """The T-SQL that gives an account of the site database these rights, and no others."""
    asks = [ask for check in checks for ask in questions([check])]
    return site_views.grant_script(
        account, [reading for ask in asks for reading in READS.get(type(ask), ())]
    )


def _of(ask: Ask, sign_in: SignIn) -> list[tuple[str, bool]]:
    """The names of the rights, and whether only a person could have them."""
    if not isinstance(ask, GraphAsk):
        return [(name, False) for name in ask.permissions or ("not declared by the question",)]
    if sign_in is SignIn.DELEGATED:
        return [(name, False) for name in ask.wanted]
    if ask.delegated_only:
        return [(name, True) for name in ask.wanted]
    return [(name, False) for name in ask.permissions]


def _whose(
    source: str, name: str, sign_in: SignIn, *, out_of_reach: bool
) -> tuple[SignIn | None, str]:
    if source != "graph":
        return None, ""
    whose = SignIn.DELEGATED if out_of_reach else sign_in
    ids = _IDS.get(name)
    return whose, "" if ids is None else getattr(ids, whose.value)


def _what(ask: Ask) -> str:
    """What a question reads, in one line; its parameters are the engagement's, not of interest."""
    said = (inspect.getdoc(type(ask)) or ask.describe()).splitlines()[0]
    return said.rstrip(".")


def lacking(needed: Iterable[Right], held: Iterable[str]) -> list[Right]:
    """The rights that the permissions held do not cover; a broader one covers a narrower."""
    have = covered(held)
    return [right for right in needed if not right.out_of_reach and right.name not in have]


def as_json(found: Iterable[Right]) -> list[dict[str, Any]]:
    """The rights as a list of JSON objects; ``id`` and ``sign_in`` are null where there is none."""
    return [
        {
            "source": right.source,
            "right": right.name,
            "sign_in": right.sign_in,
            "id": right.id or None,
            "out_of_reach": right.out_of_reach,
            "reads": list(right.reads),
            "requirements": list(right.requirements),
        }
        for right in found
    ]


def manifest(found: Sequence[Right], sign_in: SignIn) -> dict[str, Any]:
    """``requiredResourceAccess`` of an app registration that has these permissions of the tenant.

    A permission without a known id is left out; ``without_id`` names those.
    """
    kind = "Role" if sign_in is SignIn.APPLICATION else "Scope"
    graph = {r.id for r in found if r.source == "graph" and r.id and not r.out_of_reach}
    azure = any(right.source == "azure-arm" for right in found)
    if sign_in is SignIn.DELEGATED and (graph or azure):
        graph.add(_USER_READ)
    access = {_GRAPH: sorted(graph)}
    if sign_in is SignIn.DELEGATED and azure:
        access[_AZURE_MANAGEMENT] = [_USER_IMPERSONATION]
    return {
        "requiredResourceAccess": [
            {"resourceAppId": app, "resourceAccess": [{"id": one, "type": kind} for one in ids]}
            for app, ids in access.items()
            if ids
        ]
    }


def without_id(found: Iterable[Right]) -> list[str]:
    """The permissions of the tenant that have to be added by name, since their id is not known."""
    return sorted(
        {r.name for r in found if r.source == "graph" and not r.id and not r.out_of_reach}
    )
