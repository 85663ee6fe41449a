"""The sign-in of a tenant: an application with a secret gets tokens for the services it may ask."""

import base64
import json
import secrets
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

from assess.demo.web import Request, Response

_LASTS = 3599


class SignIn:
    """Knows one application of one tenant, and the tokens that it was given.

    ``roles``: what a token for a service allows there, by the service's root.
    """

    def __init__(
        self, *, tenant: str, client_id: str, secret: str, roles: Mapping[str, list[str]]
    ) -> None:
        self._tenant = tenant
        self._client_id = client_id
        self._secret = secret
        self._roles = roles
        self._tokens: dict[str, str] = {}

    def roles(self, token: str, audience: str) -> frozenset[str] | None:
        """What a token allows at a service; None where it is not one for it."""
        if self._tokens.get(token) != audience:
            return None
        return frozenset(self._roles[audience])

    def answer(self, request: Request) -> Response:
        """Metadata, and tokens for client credentials."""
        root = f"https://{request.host}/{self._tenant}"
        match request.method, request.path.removeprefix(f"/{self._tenant}"):
            case "GET", "/common/discovery/instance":
                return Response(200, _clouds(request.host, root))
            case "GET", "/v2.0/.well-known/openid-configuration":
                return Response(
                    200,
                    {
                        "issuer": f"{root}/v2.0",
                        "authorization_endpoint": f"{root}/oauth2/v2.0/authorize",
                        "token_endpoint": f"{root}/oauth2/v2.0/token",
                    },
                )
            case "POST", "/oauth2/v2.0/token":
                return self._token(request)
            case _:
                return _refused(400, 90002, "invalid_request", "Tenant was not found.")

    def _token(self, request: Request) -> Response:
        form = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
        audience = form.get("scope", "").split(" ")[0].removesuffix("/.default")
        if form.get("client_id") != self._client_id:
            return _refused(400, 700016, "unauthorized_client", "Application was not found.")
        if not secrets.compare_digest(form.get("client_secret", ""), self._secret):
            return _refused(401, 7000215, "invalid_client", "Invalid client secret provided.")
        if audience not in self._roles:
            return _refused(400, 500011, "invalid_resource", "The resource was not found.")
        token = self._made(audience)
        self._tokens[token] = audience
        return Response(
            200, {"token_type": "Bearer", "expires_in": _LASTS, "access_token": token}
        )

    def _made(self, audience: str) -> str:
        now = int(time.time())
        claims = {
            "aud": audience, "iss": f"https://sts.windows.net/{self._tenant}/", "idtyp": "app",
            "iat": now, "nbf": now, "exp": now + _LASTS, "appid": self._client_id,
            "tid": self._tenant, "roles": self._roles[audience],
        }  # fmt: skip
        head = {"typ": "JWT", "alg": "RS256"}
        return ".".join((_encoded(head), _encoded(claims), secrets.token_urlsafe()))


def _encoded(value: Mapping[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def _clouds(host: str, root: str) -> dict[str, Any]:
    """What the sign-in library asks first: which hosts are one and the same cloud."""
    cloud = {"preferred_network": host, "preferred_cache": host, "aliases": [host]}
    endpoint = f"{root}/v2.0/.well-known/openid-configuration"
    return {"tenant_discovery_endpoint": endpoint, "api-version": "1.1", "metadata": [cloud]}


def _refused(status: int, number: int, error: str, text: str) -> Response:
    body = {"error": error, "error_description": f"AADSTS{number}: {text}", "error_codes": [number]}
    return Response(status, body)
