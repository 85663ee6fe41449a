"""What the collector's probe saw from a server of the customer's: which addresses it reaches.

A probe from the assessor's machine says nothing about that server, so there is no other way to it.
"""

from datetime import datetime
from typing import Any, ClassVar

import msgspec

from assess.evidence import Ask
from assess.language import msg, tr

PROXY_SIGN_IN = 407


class Probe(msgspec.Struct, frozen=True):
    """One request: its status (0: none came, see ``error``) and the proxy that it went through.

    ``public``: the chain of the server's certificate ends at a public root; None where that cannot
    be said. ``root`` is the name of where it ends.
    """

    url: str
    status: int
    error: str = ""
    proxy: str = ""
    root: str = ""
    public: bool | None = None

    @property
    def reached(self) -> bool:
        """Something answered, and it was not the proxy that wants a sign-in."""
        return self.status not in (0, PROXY_SIGN_IN)


class ServerProbes(msgspec.Struct, frozen=True):
    """What one server reached, and when."""

    computer: str
    at: datetime
    probes: tuple[Probe, ...]


class ReachedFromServer(Ask, frozen=True):
    """The addresses that the server reached on which the collector ran."""

    source: ClassVar[str] = "http"
    permissions: ClassVar[tuple[str, ...]] = (msg("the collector, run on the server itself"),)
    answer: ClassVar[Any] = ServerProbes

    def describe(self) -> str:
        """Where the answer comes from."""
        return tr("what the server reached on which the collector ran (files.site_export)")
