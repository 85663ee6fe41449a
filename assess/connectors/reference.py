"""Tables that the tool brings along, or that the engagement file names in their place."""

from importlib.resources import files
from pathlib import Path
from typing import Any

import msgspec

from assess.connectors import Visit
from assess.engagement import Engagement
from assess.errors import Unavailable
from assess.evidence import Ask
from assess.evidence.reference import KEY, ConfigMgrReleases, Releases
from assess.language import tr, trn

_SHIPPED = "configmgr-releases.toml"


def connect(engagement: Engagement) -> "Reference":
    """The tables of this engagement."""
    return Reference(engagement.path(KEY))


class Reference:
    """Reads tables. ``table``: the file of the engagement, None for the shipped one."""

    source = "config"

    def __init__(self, table: Path | None = None) -> None:
        self._table = table

    def answers(self, ask: Ask) -> bool:
        """The table of releases."""
        return isinstance(ask, ConfigMgrReleases)

    def fetch(self, ask: Ask, visit: Visit) -> Any:  # noqa: ANN401 - an ``ask.answer``
        """The table; raises Unavailable where it is missing or not understood."""
        table = self._read()
        named = getattr(ask, "path", "") or "the table of this version"
        visit.note(
            named,
            trn(len(table.releases), "{n} release as of {}", "{n} releases as of {}", table.as_of),
        )
        return table

    def probe(self, visit: Visit) -> str:  # noqa: ARG002 - as every connector
        """The table can be read; raises Unavailable."""
        table = self._read()
        return trn(
            len(table.releases),
            "knows {n} release of Configuration Manager, as of {}",
            "knows {n} releases of Configuration Manager, as of {}",
            table.as_of,
        )

    def close(self) -> None:
        """Nothing is held."""

    def _read(self) -> Releases:
        mend = tr("Correct the file that {} names, or remove the key: a table is shipped.", KEY)
        try:
            if self._table is None:
                data = (files("assess.connectors") / _SHIPPED).read_bytes()
            else:
                data = self._table.read_bytes()
            table = msgspec.toml.decode(data, type=Releases)
        except OSError as error:
            why = error.strerror or type(error).__name__
            raise Unavailable(tr("{}: the table cannot be read: {}", KEY, why), mend) from None
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise Unavailable(tr("{} is no table of releases: {}", KEY, error), mend) from None
        if not table.releases:
            raise Unavailable(tr("{} names a table without a release", KEY), mend)
        return table
