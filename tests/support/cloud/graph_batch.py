"""``$batch``: its limits, its parts, and answers in another order than the questions."""

from base64 import b64encode
from collections.abc import Callable
from typing import Any

import msgspec

from cloud.graph_errors import GraphError, bad_request
from cloud.server import Server
from cloud.wire import Json, Request, Response, Whole, json_response

MOST = 20


def answer_batch(
    server: Server, request: Request, order: Callable[[list[Json]], list[Json]]
) -> Response:
    """Return the outer answer; each part goes through the server's own faults and records."""
    version = request.raw_path.strip("/").partition("/")[0]
    if request.method != "POST":
        raise GraphError(
            405, "Request_BadRequest", "Specified HTTP method is not allowed.", "a $batch is a POST"
        )
    document = request.json()
    parts = document.get("requests") if isinstance(document, dict) else None
    if not isinstance(parts, list) or not parts:
        raise bad_request("Invalid batch payload format.")
    if len(parts) > MOST:
        raise bad_request(f"Number of batch request steps exceeds the maximum value of {MOST}.")
    ids = [str(part.get("id", "")).lower() for part in parts]
    if len(set(ids)) < len(ids) or "" in ids:
        raise bad_request("Request Id is missing or used twice in the batch.")
    answers: dict[str, dict[str, Json]] = {}
    for part in parts:
        answers[str(part["id"]).lower()] = _part(server, request, version, part, answers)
    return json_response({"responses": order(list(answers.values()))})


def _part(
    server: Server,
    outer: Request,
    version: str,
    part: dict[str, Any],
    done: dict[str, dict[str, Json]],
) -> dict[str, Json]:
    awaited = [done.get(str(d).lower()) for d in part.get("dependsOn", ())]
    if any(a is None or a["status"] >= 400 for a in awaited):
        return _answered(
            part, GraphError(424, "FailedDependency", "A dependency failed.").response(None)
        )
    url = str(part.get("url", ""))
    first = url.strip("/").partition("/")[0].partition("?")[0].lower()
    if "://" in url or first in ("v1.0", "beta", "$batch"):
        server.violate(outer, f"the url of a batch part is relative and without version: {url}")
        return _answered(part, bad_request(f"Invalid url: {url}").response(None))
    headers = {name.lower(): str(value) for name, value in (part.get("headers") or {}).items()}
    headers["authorization"] = outer.headers.get("authorization", "")
    request = Request(
        str(part.get("method", "")).upper(),
        f"/{version}/{url.lstrip('/')}",
        headers,
        msgspec.json.encode(part.get("body")) if "body" in part else b"",
        outer.root,
        part=True,
    )
    response = server.handle(request)
    if response.delivery != Whole():
        response = Response(
            504
        )  # a broken connection behind the batch shows as a gateway's timeout
    return _answered(part, response)


def _answered(part: dict[str, Any], response: Response) -> dict[str, Json]:
    return {
        "id": str(part["id"]),
        "status": response.status,
        "headers": dict(response.headers),
        "body": _body(response),
    }


def _body(response: Response) -> Json:
    """Return the body of a part: JSON as it is, anything else as base64, nothing as None."""
    if not response.body:
        return None
    if "json" in response.headers.get("Content-Type", ""):
        return msgspec.json.decode(response.body)
    return b64encode(response.body).decode()
