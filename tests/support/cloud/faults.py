"""What can go wrong with one answer. A fault takes the request and the way to the true answer.

Rules (path, times) are in ``server``; faults of the certificate are identities of ``authority``.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Protocol, TypeAlias

import msgspec

from cloud.wire import (
    JSON,
    Cut,
    Drip,
    Hang,
    Json,
    Pad,
    Request,
    Reset,
    Response,
    html_response,
    json_response,
)

Proceed: TypeAlias = Callable[[], Response]


class Fault(Protocol):
    """One thing that goes wrong."""

    def apply(self, request: Request, proceed: Proceed) -> Response:
        """Return the answer that the client gets instead of ``proceed()``."""
        ...


@dataclass(frozen=True)
class Answers:
    """A fixed response instead of the true one."""

    response: Response

    def apply(self, request: Request, proceed: Proceed) -> Response:
        return self.response


def status(code: int, body: Json = None, **headers: str) -> Answers:
    """Answer ``code`` with ``body`` as JSON (None: an empty body); headers by name with underscores."""
    response = Response(code) if body is None else json_response(body, code)
    return Answers(response.with_headers(**headers))


def error(code: int, name: str, message: str, **headers: str) -> Answers:
    """Answer ``code`` with an error body as Graph and Resource Manager write it."""
    return status(code, {"error": {"code": name, "message": message}}, **headers)


def throttled(retry_after: str | None = None) -> Answers:
    """Answer 429; ``retry_after`` is a number of seconds, an HTTP date, or None for no header."""
    headers = {} if retry_after is None else {"Retry_After": retry_after}
    return error(429, "TooManyRequests", "Too many requests.", **headers)


def intune_rate_limit() -> Answers:
    """Answer as Intune does where it means 429."""
    text = "Rate limit reached because of too many requests to query broker. Retry later."
    return error(500, "InternalServerError", text)


def not_for_this_tenant() -> Answers:
    """Answer as Intune does for a tenant that has no Intune."""
    return error(400, "BadRequest", "Request not applicable to target tenant.")


def html(code: int = 403, title: str = "Forbidden") -> Answers:
    """Answer with a page of a gateway."""
    return Answers(html_response(code, title))


def invalid_json(code: int = 200) -> Answers:
    """Answer with text that claims to be JSON and is not."""
    return Answers(Response(code, b'{"value": [{"id": "1", ', {"Content-Type": JSON}))


def empty(code: int = 200) -> Answers:
    """Answer with no body."""
    return Answers(Response(code, b"", {"Content-Type": JSON}))


def redirected(location: str, code: int = 302) -> Answers:
    """Send the client elsewhere."""
    return Answers(Response(code, b"", {"Location": location}))


def hangs() -> Answers:
    """Never answer."""
    return Answers(Response(200, delivery=Hang()))


def resets() -> Answers:
    """Reset the connection."""
    return Answers(Response(200, delivery=Reset()))


@dataclass(frozen=True)
class Truncated:
    """The true answer, broken off within its body."""

    share: float = 0.5

    def apply(self, request: Request, proceed: Proceed) -> Response:
        return replace(proceed(), delivery=Cut(self.share))


@dataclass(frozen=True)
class Drips:
    """The true answer, ``size`` bytes every ``pause`` seconds."""

    pause: float = 0.02
    size: int = 1

    def apply(self, request: Request, proceed: Proceed) -> Response:
        return replace(proceed(), delivery=Drip(self.pause, self.size))


@dataclass(frozen=True)
class Oversized:
    """The true answer and ``size`` blanks after it: still JSON, but too much of it."""

    size: int
    announced: bool = True

    def apply(self, request: Request, proceed: Proceed) -> Response:
        return replace(proceed(), delivery=Pad(self.size, self.announced))


@dataclass(frozen=True)
class ContentType:
    """The true answer under another content type."""

    value: str

    def apply(self, request: Request, proceed: Proceed) -> Response:
        return proceed().with_headers(Content_Type=self.value)


@dataclass(frozen=True)
class NextLink:
    """The true page with a next link of the test's choice; None repeats the page itself.

    ``name`` is ``nextLink`` for Resource Manager.
    """

    url: str | None = None
    name: str = "@odata.nextLink"

    def apply(self, request: Request, proceed: Proceed) -> Response:
        answer = proceed()
        page: dict[str, Json] = msgspec.json.decode(answer.body)
        page[self.name] = self.url or request.root + request.target
        return json_response(page, answer.status)


@dataclass
class InTurn:
    """One fault after the other; None is the true answer, and so is all that follows the last."""

    faults: list[Fault | None]
    _turn: int = field(default=0, init=False)

    def apply(self, request: Request, proceed: Proceed) -> Response:
        turn, self._turn = self._turn, self._turn + 1
        fault = self.faults[turn] if turn < len(self.faults) else None
        return fault.apply(request, proceed) if fault else proceed()
