"""Graph's error bodies, by the family that answers: the directory, Intune, conditional access."""

import json
from base64 import b64encode
from dataclasses import dataclass

from cloud.schema import Route
from cloud.wire import Response, json_response

STAMP = {"date": "2026-01-15T10:00:00", "request-id": "5f2b6a0e-0000-4000-8000-000000000001"}


@dataclass
class GraphError(Exception):
    """An error answer. ``violation`` tells what a correct client would not have sent; None: it may happen."""

    status: int
    code: str
    message: str
    violation: str | None = None
    challenge: str | None = None

    def response(self, client_request_id: str | None) -> Response:
        """Return the body as Graph writes it."""
        inner = {**STAMP, "client-request-id": client_request_id or STAMP["request-id"]}
        answer = json_response(
            {"error": {"code": self.code, "message": self.message, "innerError": inner}},
            self.status,
        )
        if self.challenge:
            return answer.with_headers(WWW_Authenticate=self.challenge)
        return answer


def bad_request(message: str, *, wrong: bool = True, code: str = "BadRequest") -> GraphError:
    """Return a 400; ``wrong`` says that the client is to blame."""
    return GraphError(400, code, message, message if wrong else None)


def token_refused(code: str, message: str, violation: str | None = None) -> GraphError:
    """Return the 401 for a token that is missing, expired or meant for somebody else."""
    return GraphError(401, code, message, violation, 'Bearer realm="", authorization_uri=""')


def claims_challenge(claims: str) -> GraphError:
    """Return the 401 of continuous access evaluation; ``claims`` is JSON."""
    encoded = b64encode(claims.encode()).decode()
    challenge = f'Bearer realm="", error="insufficient_claims", claims="{encoded}"'
    return GraphError(
        401,
        "InvalidAuthenticationToken",
        "Continuous access evaluation resulted in challenge with result: InteractionRequired.",
        challenge=challenge,
    )


def not_permitted(route: Route, wanted: frozenset[str], *, intune_401: bool) -> GraphError:
    """Return the refusal of a caller who lacks every one of ``wanted``."""
    if route.intune:
        text = (
            "Application is not authorized to perform this operation. Application must have one of the "
            f"following scopes: {', '.join(sorted(wanted))} - Operation ID (for customer support): "
            "00000000-0000-0000-0000-000000000000"
        )
        inner = json.dumps({"_version": 3, "Message": text, "CustomApiErrorPhrase": ""})
        if intune_401:
            body = json.dumps({"ErrorCode": "Forbidden", "Message": inner})
            return GraphError(401, "UnknownError", body)
        return GraphError(403, "Forbidden", inner)
    if route.template.startswith(("/identity/", "/policies/identitysecurity")):
        text = (
            "You cannot perform the requested operation, required scopes are missing in the token."
        )
        return GraphError(403, "AccessDenied", text)
    return GraphError(
        403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation."
    )


def no_intune_role() -> GraphError:
    """Return Intune's refusal of a person without a role there."""
    inner = json.dumps({"_version": 3, "Message": "An error has occurred - Operation ID: 0"})
    return GraphError(401, "UnknownError", json.dumps({"ErrorCode": "Forbidden", "Message": inner}))


def absent(route: Route, name: str) -> GraphError:
    """Return the 404 for something that is not there."""
    if route.intune:
        inner = json.dumps({"_version": 3, "Message": f"An error has occurred - Not found: {name}"})
        return GraphError(404, "ResourceNotFound", inner)
    return GraphError(
        404,
        "Request_ResourceNotFound",
        f"Resource '{name}' does not exist or one of its queried reference-property objects are not "
        "present.",
    )


def no_segment(segment: str) -> GraphError:
    """Return the 400 for a path that Graph does not have."""
    return bad_request(f"Resource not found for the segment '{segment}'.")


def no_property(name: str, odata_type: str) -> GraphError:
    """Return the 400 for a property that the type does not have."""
    return bad_request(
        "Parsing OData Select and Expand failed: Could not find a property named "
        f"'{name}' on type '{odata_type}'."
    )
