"""What the tool brings along: the releases of Configuration Manager and how long they last."""

from datetime import date
from typing import Any, ClassVar, Self

import msgspec

from assess.errors import Unavailable
from assess.evidence import Ask, Known
from assess.language import msg, tr

KEY = "reference.configmgr_versions"


class Release(msgspec.Struct, frozen=True):
    """A release of the current branch; ``ends`` is the last day of support, None: not known."""

    version: str
    build: int
    available: date | None = None
    ends: date | None = None


class Releases(msgspec.Struct, frozen=True):
    """The table of releases, as it was known on a day."""

    as_of: date
    releases: tuple[Release, ...]

    def of(self, build: int) -> Release | None:
        """The release with this build."""
        return next((one for one in self.releases if one.build == build), None)


class ConfigMgrReleases(Ask, frozen=True):
    """The table that ``reference.configmgr_versions`` names, else the one that is shipped."""

    source: ClassVar[str] = "config"
    answer: ClassVar[Any] = Releases
    permissions: ClassVar[tuple[str, ...]] = (msg("read access to the file"),)
    path: str = ""

    def bind(self, known: Known) -> Self:
        """The path, where the key is set."""
        try:
            return type(self)(str(known.key(KEY)))
        except Unavailable:
            return type(self)()

    def describe(self) -> str:
        """Which table."""
        return tr("the table of releases {}", self.path or tr("that is shipped"))
