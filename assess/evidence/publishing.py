"""What the directory shows of Configuration Manager: the container that sites publish into.

Publishing is a choice: a site works without it. So an absence is information, and what is published
may be older than what is there.
"""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any, ClassVar, Literal, Self

import msgspec

from assess.errors import Unavailable
from assess.evidence import Ask, Known
from assess.evidence.adminservice import Seen
from assess.evidence.directory import ORDINARY_USER, NoAnswer
from assess.evidence.site_roles import Roles, RoleUse

SITE_SERVER = "SMS Site Server"


class PublishedPoint(msgspec.Struct, frozen=True):
    """A management point in the container: host (lower case), and site code (upper case)."""

    host: str
    site: str = ""


class ServerRights(msgspec.Struct, frozen=True):
    """What a site server may do with the container and with what will lie in it.

    ``full``: full control of both, by one entry of the access list each. ``less``: the list says
    otherwise. ``unknown``: ``because`` says why.
    """

    host: str
    rights: Literal["full", "less", "unknown"]
    because: str = ""


class SystemManagement(msgspec.Struct, frozen=True):
    """CN=System Management of one domain. ``there`` is None where that is not shown.

    ``sites``: codes of the sites that have published themselves.
    """

    domain: str
    there: bool | None
    because: str = ""
    sites: tuple[str, ...] = ()
    points: tuple[PublishedPoint, ...] = ()
    servers: tuple[ServerRights, ...] = ()


class ForestPublishing(msgspec.Struct, frozen=True, tag=True):
    """The containers of a forest. ``extended``: its schema knows of sites; None if not shown."""

    section: str
    root: str
    domains: tuple[SystemManagement, ...]
    extended: bool | None = None


class Publishing(msgspec.Struct, frozen=True):
    """What sites have published in every forest of the engagement file."""

    forests: tuple[ForestPublishing | NoAnswer, ...]

    def containers(self) -> Iterator[SystemManagement]:
        """The container of every domain that was read."""
        for forest in self.forests:
            if isinstance(forest, ForestPublishing):
                yield from forest.domains

    def of(self, host: str) -> tuple[SystemManagement, PublishedPoint] | None:
        """Where a host is published as a management point; None where no container shows it."""
        wanted = host.lower().rstrip(".")
        found = ((c, one) for c in self.containers() for one in c.points if one.host == wanted)
        return next(found, None)

    def around(self, host: str) -> SystemManagement | None:
        """The container of the domain that a host lies in by its name, if it was read."""
        name = host.lower().rstrip(".")
        return next((c for c in self.containers() if name.endswith(f".{c.domain}")), None)


class SitePublishing(Ask, frozen=True):
    """What CN=System Management of each domain holds, and what the site servers may do there.

    ``hosts``: the site servers, of ``site.server_fqdn`` and of the site's own list of roles.
    """

    source: ClassVar[str] = "ldap"
    answer: ClassVar[Any] = Publishing
    permissions: ClassVar[tuple[str, ...]] = (ORDINARY_USER,)
    hosts: tuple[str, ...] = ()

    def requires(self) -> tuple[Ask, ...]:
        """The roles, which name the site servers."""
        return (Roles(),)

    def bind(self, known: Known) -> Self:
        """With the site servers, as far as they are known."""
        found: list[str] = []
        with suppress(Unavailable):  # the roles may name it
            found.append(str(known.key("site.server_fqdn")))
        with suppress(Unavailable):  # what is published can be read without
            roles: Seen[RoleUse] = known.answer(Roles())
            found += [use.server for use in roles if use.has(SITE_SERVER)]
        hosts = {host.lower().rstrip(".") for host in (*self.hosts, *found) if host}
        return type(self)(tuple(sorted(hosts)))

    def describe(self) -> str:
        """Where it is read."""
        return "CN=System Management in each domain"
