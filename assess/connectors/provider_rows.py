"""Where instances of provider classes come from: a live AdminService, or an export of the site."""

from collections.abc import Iterator
from typing import Protocol, TypeVar

import msgspec

from assess.connectors import Visit
from assess.errors import Unavailable

Row = TypeVar("Row", bound=msgspec.Struct)

ENOUGH_RIGHTS = (
    "Give the account the role Read-only Analyst on all scopes and collections, and say so with "
    '[site.auth] role = "read-only-analyst".'
)


class NoClass(Unavailable):
    """The site itself says that it has no such class."""


class ProviderRows(Protocol):
    """Gives instances of a class with the properties that ``row`` names, all of them or none."""

    def pages(
        self, name: str, row: type[Row], visit: Visit, *, where: str = "", hurry: bool = False
    ) -> Iterator[list[Row]]:
        """Every instance that meets the condition ``where``, some at a time; raises Unavailable.

        ``hurry``: somebody waits for the first answer.
        """
        ...

    def one(self, name: str, key: str | int, row: type[Row], visit: Visit) -> Row:
        """One instance by its key, with its lazy properties; raises Unavailable without it."""
        ...

    def where(self, name: str) -> str:
        """Where the class is read, for a note; raises Unavailable where nothing is set up."""
        ...

    def close(self) -> None:
        """Give back what is held."""
        ...
