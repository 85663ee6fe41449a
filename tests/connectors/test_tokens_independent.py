"""The tool signs in to an OAuth server that is not ours, and the tokens verify with its keys."""

import threading
from typing import Any

import jwt
import pytest
import requests

from assess.connectors.http import Client
from assess.connectors.tokens import TokenSource
from assess.errors import Unavailable
from lab.oauth import GRAPH, OAuthServer

pytestmark = pytest.mark.server


def source(server: OAuthServer, method: str, client_id: str, **more: Any) -> TokenSource:
    return TokenSource(
        method=method, login=server.login, tenant=server.tenant, client_id=client_id,
        client=Client(ca_file=server.ca_file), **more,
    )  # fmt: skip


def claims(server: OAuthServer, token: str) -> dict[str, Any]:
    """What the token says, if its signature, audience and issuer are right."""
    with requests.Session() as session:
        session.trust_env = False
        answer = session.get(server.keys_url, verify=str(server.ca_file), timeout=5).json()
    key = jwt.PyJWKSet.from_dict(answer)[jwt.get_unverified_header(token)["kid"]]
    said: dict[str, Any] = jwt.decode(
        token, key, algorithms=["RS256"], audience=GRAPH, issuer=server.issuer
    )
    return said


def test_a_client_secret(oauth: OAuthServer) -> None:
    signed_in = source(
        oauth, "client-secret", oauth.secret_client_id, secret=lambda: oauth.client_secret
    )
    assert claims(oauth, signed_in.token(GRAPH))["client_id"] == oauth.secret_client_id


def test_a_wrong_secret_is_said_and_not_repeated(oauth: OAuthServer) -> None:
    signed_in = source(oauth, "client-secret", oauth.secret_client_id, secret=lambda: "hunter2")
    with pytest.raises(Unavailable) as refusal:
        signed_in.token(GRAPH)
    assert "hunter2" not in f"{refusal.value.reason} {refusal.value.mend}"
    assert refusal.value.mend


def test_a_certificate(oauth: OAuthServer, tmp_path: Any) -> None:
    """The server verifies the assertion that is signed with its key."""
    own = oauth.client_certificate
    both = tmp_path / "own.pem"
    both.write_text(own.key.read_text() + own.pem)
    signed_in = source(oauth, "certificate", oauth.certificate_client_id, certificate=both)
    assert claims(oauth, signed_in.token(GRAPH))["client_id"] == oauth.certificate_client_id


def test_a_device_code(oauth: OAuthServer) -> None:
    """A person approves in the browser, by what the tool tells them."""
    told: list[str] = []

    def tell(text: str) -> None:
        told.append(text)
        words = text.split()
        address = next(word.rstrip(".,") for word in words if word.startswith("https://"))
        code = next(word.rstrip(".,") for word in words if "-" in word and word.isupper())
        threading.Thread(target=oauth.approve, args=(address, code), daemon=True).start()

    signed_in = source(oauth, "device-code", oauth.public_client_id, tell=tell)
    assert claims(oauth, signed_in.token(GRAPH))["client_id"] == oauth.public_client_id
    assert len(told) == 1
