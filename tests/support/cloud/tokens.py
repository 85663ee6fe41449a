"""Access tokens: signed by a key of the run, read back with the signature checked."""

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TypeAlias

import jwt
from cryptography.hazmat.primitives.asymmetric import ec

from cloud.tenant import App, Person, Resource, Tenant
from cloud.wire import Json

Clock: TypeAlias = Callable[[], float]
Claims: TypeAlias = dict[str, Json]

LIFE = 3599


@cache
def _key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


@dataclass(frozen=True)
class Refused:
    """Why a token does not open the door; ``code`` as Graph names it."""

    message: str
    code: str = "InvalidAuthenticationToken"


@dataclass
class TokenIssuer:
    """Issues and reads the tokens of one tenant; ``life`` in seconds."""

    tenant: Tenant
    clock: Clock = time.time
    life: int = LIFE

    def for_app(self, app: App, audience: str, resource: Resource) -> str:
        """Return an app-only token; ``roles`` are the application permissions consented to."""
        roles = sorted(app.application) if resource.kind == "graph" else []
        claims = self._common(app, audience, app.object_id, "app")
        return self.sign(claims | ({"roles": roles} if roles else {}))

    def for_person(self, app: App, person: Person, audience: str, scopes: frozenset[str]) -> str:
        """Return a delegated token; ``scp`` are the delegated permissions in it."""
        claims = self._common(app, audience, person.object_id, "user")
        more = {"scp": " ".join(sorted(scopes)), "upn": person.upn, "name": person.name}
        return self.sign(claims | more | {"wids": list(person.role_template_ids)})

    def sign(self, claims: Claims) -> str:
        """Return ``claims`` as a signed token; tests use it for tokens that no issuer would give."""
        return jwt.encode(claims, _key(), algorithm="ES256", headers={"kid": "test"})

    def read(self, token: str, resource: Resource) -> Claims | Refused:
        """Return the claims of a token for ``resource``, or why it is refused."""
        lenient = {
            "verify_aud": False,
            "verify_exp": False,
            "verify_nbf": False,
            "verify_iat": False,
        }
        try:
            claims: Claims = jwt.decode(
                token,
                _key().public_key(),
                algorithms=["ES256"],
                options=lenient,  # type: ignore[arg-type]
            )
        except jwt.InvalidTokenError:
            return Refused("Access token validation failure. Invalid signature or format.")
        if not resource.known_as(str(claims["aud"])):
            return Refused("Access token validation failure. Invalid audience.")
        if claims["exp"] <= self.clock():
            return Refused("Lifetime validation failed, the token is expired.")
        if claims["tid"] != self.tenant.id:
            return Refused(
                f"The access token is from the wrong issuer '{claims['iss']}'. It must match the tenant.",
                "InvalidAuthenticationTokenTenant",
            )
        return claims

    def _common(self, app: App, audience: str, subject: str, kind: str) -> Claims:
        now = int(self.clock())
        return {
            "aud": audience,
            "iss": f"https://sts.windows.net/{self.tenant.id}/",
            "iat": now,
            "nbf": now,
            "exp": now + self.life,
            "appid": app.client_id,
            "app_displayname": app.name,
            "idtyp": kind,
            "oid": subject,
            "sub": subject,
            "tid": self.tenant.id,
            "uti": uuid.uuid4().hex[:22],
            "ver": "1.0",
        }
