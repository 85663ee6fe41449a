"""What a web server can be asked for its status line alone, and what it can say. Source ``http``.

One GET, verified TLS, no credentials, no redirect followed. That a server answers with 401 or 404
is an answer all the same.
"""

from typing import Any, ClassVar, TypeAlias

import msgspec

from assess.evidence import Ask
from assess.language import msg


class Answered(msgspec.Struct, frozen=True, tag=True):
    """A status line came: ``status`` is its code, ``reason`` its words."""

    status: int
    reason: str = ""


class NotTrusted(msgspec.Struct, frozen=True, tag=True):
    """The server's certificate does not verify, so nothing was asked."""

    why: str


class NoStatus(msgspec.Struct, frozen=True, tag=True):
    """A connection was made, and what came back is no HTTP, or nothing."""

    why: str


class NotReached(msgspec.Struct, frozen=True, tag=True):
    """No connection: refused, no address, no route, or no answer in time."""

    why: str


HttpAnswer: TypeAlias = Answered | NotTrusted | NoStatus | NotReached


class StatusLine(Ask, frozen=True):
    """The status line of a GET, e.g. of ``https://{cmg.service_name}/path``."""

    source: ClassVar[str] = "http"
    permissions: ClassVar[tuple[str, ...]] = (msg("TCP port 443, directly or through the proxy"),)
    answer: ClassVar[Any] = HttpAnswer
    plain: ClassVar[bool] = False  # an address without TLS may be asked too
    url: str

    def describe(self) -> str:
        """The request."""
        return f"GET {self.url}"
