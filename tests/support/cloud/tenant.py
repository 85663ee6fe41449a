"""The tenant that a test invents: its applications, people and the data that Graph answers from."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from cryptography import x509

from cloud.wire import Json

GRAPH_APP_ID = "00000003-0000-0000-c000-000000000000"
ARM_APP_ID = "797f4846-ba00-4fd7-ba43-dac1f8f63013"


@dataclass(frozen=True)
class NationalCloud:
    """Names of the services in one cloud; ``arm_resource`` is what tokens for Resource Manager are for."""

    name: str
    login: str
    graph: str
    arm: str
    arm_resource: str


CLOUDS = {
    "public": NationalCloud(
        "microsoftonline.com",
        "login.microsoftonline.com",
        "graph.microsoft.com",
        "management.azure.com",
        "https://management.azure.com",
    ),
    "usgov": NationalCloud(
        "microsoftonline.us",
        "login.microsoftonline.us",
        "graph.microsoft.us",
        "management.usgovcloudapi.net",
        "https://management.core.usgovcloudapi.net",
    ),
    "usgov-dod": NationalCloud(
        "microsoftonline.us",
        "login.microsoftonline.us",
        "dod-graph.microsoft.us",
        "management.usgovcloudapi.net",
        "https://management.core.usgovcloudapi.net",
    ),
    "china": NationalCloud(
        "partner.microsoftonline.cn",
        "login.partner.microsoftonline.cn",
        "microsoftgraph.chinacloudapi.cn",
        "management.chinacloudapi.cn",
        "https://management.chinacloudapi.cn",
    ),
}


@dataclass(frozen=True)
class Secret:
    """A client secret; ``expires`` is in seconds since 1970."""

    value: str
    expires: float = 4_000_000_000
    key_id: str = "11111111-aaaa-bbbb-cccc-000000000001"


@dataclass(frozen=True)
class App:
    """A registered application with its service principal (``object_id``).

    ``application`` are the Graph application permissions that were consented to, ``delegated`` the
    delegated ones consented for everybody. ``managed`` makes it a managed identity.
    """

    client_id: str
    name: str = "Assessment"
    secrets: tuple[Secret, ...] = ()
    certificates: tuple[x509.Certificate, ...] = ()
    application: frozenset[str] = frozenset()
    delegated: frozenset[str] = frozenset()
    public_client: bool = False
    enabled: bool = True
    managed: bool = False
    resource_id: str = ""

    @cached_property
    def object_id(self) -> str:
        """Return the object id of the service principal, derived from the client id."""
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"sp:{self.client_id.lower()}"))


@dataclass(frozen=True)
class Person:
    """Somebody who signs in. Without ``reads_intune`` Intune refuses whatever the token says."""

    upn: str
    name: str = "A person"
    reads_intune: bool = True
    role_template_ids: tuple[str, ...] = ()

    @cached_property
    def object_id(self) -> str:
        """Return the object id, derived from the UPN."""
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"user:{self.upn.lower()}"))


@dataclass
class Resource:
    """An API that tokens are for; ``identifiers`` are its App ID URIs, without a slash at the end."""

    app_id: str
    identifiers: list[str]
    kind: str

    def known_as(self, name: str) -> bool:
        """Say whether ``name`` means this resource."""
        wanted = name.rstrip("/").lower()
        return wanted in {self.app_id, *(i.rstrip("/").lower() for i in self.identifiers)}


@dataclass
class Tenant:
    """One tenant. ``graph`` maps paths to data: ``{"/users": [...], "/deviceManagement": {...}}``.

    An entity holds its structural properties as Graph names them, and its navigation properties
    (``assignments``, ``transitiveMembers`` ...) as lists or objects inside it. A collection that is not
    given is empty, a singleton that is not given is a 404. ``@odata.type`` names a derived type;
    ``"@untyped": True`` hides it on the wire, as the live service does for some elements.
    ``undocumented`` are properties that the live service returns although the metadata do not know them.
    """

    id: str
    domains: tuple[str, ...] = ("contoso.onmicrosoft.com",)
    cloud: str = "public"
    region: str = "EU"
    region_sub: str | None = None
    has_intune: bool = True
    apps: tuple[App, ...] = ()
    resources: list[Resource] = field(default_factory=list)
    graph: Mapping[str, Json] = field(default_factory=dict)
    undocumented: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        names = self.national
        self.resources += [
            Resource(GRAPH_APP_ID, [f"https://{names.graph}"], "graph"),
            Resource(
                ARM_APP_ID,
                [names.arm_resource, f"https://{names.arm}", "https://management.core.windows.net"],
                "arm",
            ),
        ]

    @property
    def national(self) -> NationalCloud:
        """Return the names of the cloud that the tenant lives in."""
        return CLOUDS[self.cloud]

    def is_called(self, name: str) -> bool:
        """Say whether ``name`` is the tenant's id or one of its domains."""
        return name.lower() in {self.id.lower(), *(d.lower() for d in self.domains)}

    def app(self, client_id: str) -> App | None:
        """Return the application of that client id."""
        return next((a for a in self.apps if a.client_id.lower() == client_id.lower()), None)

    def resource(self, name: str) -> Resource | None:
        """Return the API of that identifier."""
        return next((r for r in self.resources if r.known_as(name)), None)

    def of_kind(self, kind: str) -> Resource:
        """Return the first API of that kind: ``graph``, ``arm``, ``site``."""
        return next(r for r in self.resources if r.kind == kind)
