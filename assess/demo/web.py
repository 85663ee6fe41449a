"""An HTTPS server that answers from data: lists with filters and pages, objects, refusals.

A service is a JSON document::

    {"audience": "https://graph.microsoft.com",
     "needs": {"/v1.0/domains": "Domain.Read.All"},
     "refused": {"403": {"error": {"code": "Authorization_RequestDenied", "message": "…"}}},
     "page": 25,
     "answers": [{"path": "/v1.0/domains", "list": [{"id": "contoso.com"}]},
                 {"path": "/v1.0/organization", "object": {"id": "…"}},
                 {"path": "/…/checkNameAvailability", "method": "POST", "sent": {"name": "x"},
                  "object": {"nameAvailable": true}},
                 {"path": "/…", "query": {"$filter": "…"}, "status": 404, "object": {}}]}

``audience`` and ``needs`` (what must be in the token, by the beginning of a path) are left out
where nobody has to sign in. The first answer that fits counts.
"""

import json
import re
import socket
from collections.abc import Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import Any, NamedTuple, Protocol
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

_COMPARED = re.compile(r"(\w+) eq ('(?:[^']|'')*'|\w+)(?: and |$)")


class Request(NamedTuple):
    """What was asked."""

    method: str
    host: str
    path: str
    query: dict[str, str]
    headers: Mapping[str, str]
    body: bytes


class Response(NamedTuple):
    """What is answered; ``body`` is JSON-able, a text, or bytes as they are."""

    status: int
    body: Any


class Service(Protocol):
    """What stands behind one name."""

    def answer(self, request: Request) -> Response:
        """The response to a request."""
        ...


class Doors(Protocol):
    """Who knows the tokens."""

    def roles(self, token: str, audience: str) -> frozenset[str] | None:
        """What a token allows at a service; None where it is not one for it."""
        ...


class Answers:
    """A service that answers from a document as above."""

    def __init__(self, document: Mapping[str, Any], doors: Doors) -> None:
        self._document = document
        self._doors = doors

    def answer(self, request: Request) -> Response:
        """The response: sign-in first, then the right, then the answer."""
        audience = self._document.get("audience")
        if audience is not None:
            scheme, _, token = request.headers.get("Authorization", "").partition(" ")
            roles = self._doors.roles(token, audience) if scheme == "Bearer" else None
            if roles is None:
                return self._refused(401)
            needed = self._document.get("needs", {}).items()
            if any(request.path.startswith(path) and role not in roles for path, role in needed):
                return self._refused(403)
        for one in self._document["answers"]:
            if _fits(one, request):
                return self._of(one, request)
        return self._refused(400)

    def _refused(self, status: int) -> Response:
        body = self._document.get("refused", {}).get(str(status), {})
        return Response(status, body)

    def _of(self, one: Mapping[str, Any], request: Request) -> Response:
        status = one.get("status", 200)
        if "list" not in one:
            body = one.get("object", {})
            return Response(status, _selected(body, request.query) if status < 400 else body)
        # A filter that the answer names has been carried out already.
        wanted = "" if "$filter" in one.get("query", {}) else request.query.get("$filter", "")
        conditions = _COMPARED.findall(wanted)
        items = [item for item in one["list"] if _meets(item, conditions)]
        if request.path.endswith("/$count"):
            return Response(status, str(len(items)))
        size = min(int(request.query.get("$top", 1000)), self._document.get("page", 1000))
        start = int(request.query.get("$skip", request.query.get("$skiptoken", 0)))
        shown = [_selected(item, request.query) for item in items[start : start + size]]
        page: dict[str, Any] = {"value": shown}
        if "page" in self._document and start + size < len(items):
            query = urlencode({**request.query, "$skiptoken": start + size}, safe="$,")
            page["@odata.nextLink"] = f"https://{request.host}{request.path}?{query}"
        return Response(status, page)


def _fits(one: Mapping[str, Any], request: Request) -> bool:
    path = request.path.removesuffix("/$count") if "list" in one else request.path
    if one["path"].lower() != path.lower() or one.get("method", "GET") != request.method:
        return False
    if any(request.query.get(name) != value for name, value in one.get("query", {}).items()):
        return False
    sent = one.get("sent")
    if sent is None:
        return True
    said = json.loads(request.body or b"{}")
    return all(said.get(name) == value for name, value in sent.items())


def _meets(item: Mapping[str, Any], conditions: list[tuple[str, str]]) -> bool:
    def plain(value: object) -> str:
        return str(value).lower()

    return all(
        plain(item.get(name)) == plain(wanted.strip("'").replace("''", "'"))
        for name, wanted in conditions
    )


def _selected(item: Mapping[str, Any], query: Mapping[str, str]) -> Mapping[str, Any]:
    """The item with the properties that were asked for; its type comes along."""
    names = query.get("$select", "").split(",")
    if names == [""]:
        return item
    wanted = ["@odata.type", *names]
    return {name: item[name] for name in wanted if name in item}


class Pages:
    """A service that gives files away: path to content."""

    def __init__(self, pages: Mapping[str, bytes]) -> None:
        self._pages = pages

    def answer(self, request: Request) -> Response:
        """The file, to whoever wants it."""
        found = self._pages.get(request.path)
        return Response(404, "") if found is None else Response(200, found)


class Site:
    """Several services behind one port, told apart by the name in the request."""

    def __init__(self, services: Mapping[str, Service]) -> None:
        self._services = services

    def serve(self, connection: socket.socket) -> None:
        """Answer one connection until it ends."""
        services = self._services

        class Handler(_Handler):
            known = services

        Handler(connection, ("127.0.0.1", 0), None)  # type: ignore[arg-type]  # no server is behind it


class _Handler(BaseHTTPRequestHandler):
    known: Mapping[str, Service] = {}
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # an answer goes out in one piece

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def _answer(self) -> None:
        address = urlsplit(self.path)
        host = self.headers.get("Host", "").partition(":")[0].lower()
        size = int(self.headers.get("Content-Length") or 0)
        request = Request(
            self.command, host, unquote(address.path), dict(parse_qsl(address.query)),
            dict(self.headers), self.rfile.read(size),
        )  # fmt: skip
        service = self.known.get(host)
        said = Response(404, "") if service is None else service.answer(request)
        kind, body = _written(said.body)
        self.send_response_only(said.status, HTTPStatus(said.status).phrase)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nobody reads along."""


def _written(body: Any) -> tuple[str, bytes]:  # noqa: ANN401 - any JSON value
    """The type of a body, and its bytes."""
    if isinstance(body, bytes):
        return "application/octet-stream", body
    if isinstance(body, str):
        return "text/plain", body.encode()
    return "application/json", json.dumps(body).encode()
