"""What is asked of the site database alone; all else is asked of the site's AdminService first."""

from typing import Any, ClassVar

import msgspec

from assess.evidence import Ask
from assess.language import tr


class SuffixCount(msgspec.Struct, frozen=True):
    """How many discovered users have a suffix behind the last @ of their UPN, in lower case."""

    suffix: str
    users: int


class SuffixCounts(msgspec.Struct, frozen=True):
    """Discovered users by UPN suffix. ``none``: without a UPN; ``no_at``: with one without an @."""

    suffixes: tuple[SuffixCount, ...]
    none: int = 0
    no_at: int = 0


class GatewayPaths(Ask, frozen=True):
    """Where clients on the internet find the site: ``<gateway>/CCM_Proxy_MutualAuth/<number>``."""

    source: ClassVar[str] = "sql"
    answer: ClassVar[Any] = tuple[str, ...]
    permissions: ClassVar[tuple[str, ...]] = ("SELECT on dbo.vProxy_Roles (MutualAuthPath)",)

    def describe(self) -> str:
        """The view."""
        return tr("dbo.vProxy_Roles in the site database")


class DiscoveredSuffixes(Ask, frozen=True):
    """The UPN suffixes of the discovered users, counted by the database: no user is named."""

    source: ClassVar[str] = "sql"
    answer: ClassVar[Any] = SuffixCounts
    permissions: ClassVar[tuple[str, ...]] = ("SELECT on dbo.v_R_User (User_Principal_Name0)",)

    def describe(self) -> str:
        """What is counted."""
        return tr("the UPN suffixes of dbo.v_R_User in the site database")
