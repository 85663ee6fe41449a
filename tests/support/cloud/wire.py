"""Requests and responses as the stand-ins see them, and the ways in which a response can reach the client."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, TypeAlias
from urllib.parse import parse_qsl, unquote

import msgspec

Json: TypeAlias = Any
JSON = "application/json"


@dataclass(frozen=True)
class Whole:
    """Sent at once, with its length."""


@dataclass(frozen=True)
class Cut:
    """The length of all is announced, ``share`` of the body is sent, then the connection ends."""

    share: float = 0.5


@dataclass(frozen=True)
class Drip:
    """``size`` bytes every ``pause`` seconds, from the first byte of the head on."""

    pause: float
    size: int = 1


@dataclass(frozen=True)
class Hang:
    """Nothing is sent until the server stops."""


@dataclass(frozen=True)
class Reset:
    """The connection is reset (RST) instead of an answer."""


@dataclass(frozen=True)
class Pad:
    """``size`` blanks follow the body; ``announced`` decides whether a length is sent beforehand."""

    size: int
    announced: bool = True


Delivery: TypeAlias = Whole | Cut | Drip | Hang | Reset | Pad


@dataclass(frozen=True)
class Request:
    """``root`` is scheme, host and port as the client named them; header names are lower case."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes
    root: str
    part: bool = False
    """True for a part of a ``$batch``."""

    @cached_property
    def raw_path(self) -> str:
        """Return the path as sent, still percent-encoded."""
        return self.target.partition("?")[0]

    @cached_property
    def path(self) -> str:
        """Return the decoded path."""
        return unquote(self.raw_path)

    @cached_property
    def query(self) -> dict[str, str]:
        """Return the decoded query options; of a repeated one the last."""
        return dict(parse_qsl(self.target.partition("?")[2], keep_blank_values=True))

    @cached_property
    def form(self) -> dict[str, str]:
        """Return the body as form fields."""
        return dict(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))

    def json(self) -> Json:
        """Return the body as JSON, None where it is not."""
        try:
            return msgspec.json.decode(self.body)
        except msgspec.DecodeError:
            return None


@dataclass(frozen=True)
class Response:
    """What is answered and how it travels."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    delivery: Delivery = field(default_factory=Whole)

    def with_headers(self, **more: str) -> "Response":
        """Return the same with ``more`` headers; underscores become dashes."""
        added = {name.replace("_", "-"): value for name, value in more.items()}
        return replace(self, headers={**self.headers, **added})


def json_response(
    document: Json, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """Return ``document`` as a JSON response."""
    body = msgspec.json.encode(document)
    return Response(status, body, {"Content-Type": f"{JSON}; charset=utf-8", **(headers or {})})


def html_response(status: int, title: str) -> Response:
    """Return a page as gateways and HTTP.sys write them."""
    page = f"<!DOCTYPE HTML><html><head><title>{title}</title></head><body><h2>{title}</h2></body></html>"
    return Response(status, page.encode(), {"Content-Type": "text/html; charset=us-ascii"})
