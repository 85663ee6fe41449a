"""All of it together: one tenant, its subscriptions and its site, on ports of their own."""

import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from cloud.adminservice import AdminServiceServer, Auth
from cloud.arm import ArmServer
from cloud.authority import Authority, default_authority
from cloud.azure import Subscription
from cloud.entra import EntraServer
from cloud.graph import GraphServer
from cloud.imds import ImdsServer
from cloud.server import Server, Violation
from cloud.site import Site
from cloud.tenant import App, Person, Resource, Tenant
from cloud.tokens import Clock, TokenIssuer


class Cloud:
    """Login, Graph, Resource Manager, the managed identity endpoint and, with ``site``, the AdminService.

    The loopback roots count as names of the APIs, so that tokens for ``https://localhost:<port>/.default``
    and for the real names both open their doors, and no others.
    """

    def __init__(
        self,
        tenant: Tenant,
        *,
        subscriptions: Sequence[Subscription] = (),
        site: Site | None = None,
        site_auth: Auth = "none",
        people: Sequence[Person] = (),
        machine: App | None = None,
        authority: Authority | None = None,
        clock: Clock = time.time,
    ) -> None:
        self.tenant = tenant
        self.authority = authority or default_authority()
        self.issuer = TokenIssuer(tenant, clock)
        self.login = EntraServer(self.issuer, authority=self.authority)
        self.graph = GraphServer(self.issuer, people=people, authority=self.authority)
        self.arm = ArmServer(self.issuer, subscriptions, authority=self.authority)
        self.imds = ImdsServer(self.issuer, machine)
        self._site: AdminServiceServer | None = None
        if site is not None:
            tenant.resources.append(Resource(site.app_client_id.lower(), [site.app_id_uri], "site"))
            self._site = AdminServiceServer(
                site, auth=site_auth, issuer=self.issuer, authority=self.authority
            )
        self._stack = ExitStack()

    @property
    def site(self) -> AdminServiceServer:
        """Return the AdminService; only where a site was given."""
        if self._site is None:
            raise RuntimeError("this cloud has no site")
        return self._site

    @property
    def servers(self) -> tuple[Server, ...]:
        """Return every server."""
        some: tuple[Server, ...] = (self.login, self.graph, self.arm, self.imds)
        return (*some, self._site) if self._site else some

    @property
    def ca_file(self) -> Path:
        """Return the file with the certificate of the authority that signed all servers."""
        return self.authority.ca_file

    @property
    def endpoints(self) -> dict[str, str]:
        """Return the roots as an engagement file names them."""
        return {"graph": self.graph.url, "login": self.login.url, "arm": self.arm.url}

    @property
    def violations(self) -> list[Violation]:
        """Return what no correct client would have sent, over all servers."""
        return [v for server in self.servers for v in server.violations]

    def token(self, app: App, kind: str = "graph") -> str:
        """Return an app-only token of ``app`` without a request; ``kind``: ``graph``, ``arm``, ``site``."""
        resource = self.tenant.of_kind(kind)
        return self.issuer.for_app(app, resource.identifiers[0], resource)

    def token_of(self, person: Person, app: App, kind: str = "graph") -> str:
        """Return a delegated token with all that was consented for ``app``."""
        resource = self.tenant.of_kind(kind)
        scopes = app.delegated if kind == "graph" else frozenset(("user_impersonation",))
        return self.issuer.for_person(app, person, resource.identifiers[0], scopes)

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            for server in self.servers:
                stack.enter_context(server)
            self._stack = stack.pop_all()
        for kind, server in (("graph", self.graph), ("arm", self.arm)):
            names = self.tenant.of_kind(kind).identifiers
            names += [f"{scheme}://{host}:{server.port}" for scheme, host in _LOOPBACK]
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()


_LOOPBACK = (("https", "localhost"), ("https", "127.0.0.1"))
