"""MSAL signs in to an OAuth server that is not ours, and the tokens verify with its keys."""

from typing import Any

import jwt
import msal
import pytest
import requests

from lab.oauth import GRAPH, OAuthServer

pytestmark = pytest.mark.server

SCOPES = [f"{GRAPH}/.default"]


def confidential(
    server: OAuthServer, client_id: str, credential: Any
) -> msal.ConfidentialClientApplication:
    return msal.ConfidentialClientApplication(
        client_id,
        authority=server.authority,
        instance_discovery=False,
        verify=str(server.ca_file),
        client_credential=credential,
    )


def claims(server: OAuthServer, token: str) -> dict[str, Any]:
    """What the token says, if its signature and audience are right."""
    with requests.Session() as session:
        session.trust_env = False
        keys = jwt.PyJWKSet.from_dict(
            session.get(server.keys_url, verify=str(server.ca_file), timeout=5).json()
        )
    key = keys[jwt.get_unverified_header(token)["kid"]]
    said: dict[str, Any] = jwt.decode(
        token, key, algorithms=["RS256"], audience=GRAPH, issuer=server.issuer
    )
    return said


def test_a_client_secret(oauth: OAuthServer) -> None:
    answer = confidential(
        oauth, oauth.secret_client_id, oauth.client_secret
    ).acquire_token_for_client(SCOPES)
    assert claims(oauth, answer["access_token"])["client_id"] == oauth.secret_client_id


def test_a_wrong_secret(oauth: OAuthServer) -> None:
    answer = confidential(oauth, oauth.secret_client_id, "wrong").acquire_token_for_client(SCOPES)
    assert answer["error"] == "invalid_client"
    assert "access_token" not in answer


def test_a_certificate(oauth: OAuthServer) -> None:
    own = oauth.client_certificate
    credential = {"private_key": own.key.read_text(), "public_certificate": own.pem}
    answer = confidential(oauth, oauth.certificate_client_id, credential).acquire_token_for_client(
        SCOPES
    )
    assert claims(oauth, answer["access_token"])["client_id"] == oauth.certificate_client_id


def test_the_certificate_of_another(oauth: OAuthServer, lab_pki: Any) -> None:
    other = lab_pki.self_signed("another")
    credential = {"private_key": other.key.read_text(), "public_certificate": other.pem}
    answer = confidential(oauth, oauth.certificate_client_id, credential).acquire_token_for_client(
        SCOPES
    )
    assert answer["error"] == "invalid_client"


def test_a_device_code_that_a_person_enters(oauth: OAuthServer) -> None:
    app = msal.PublicClientApplication(
        oauth.public_client_id,
        authority=oauth.authority,
        instance_discovery=False,
        verify=str(oauth.ca_file),
    )
    flow = app.initiate_device_flow(SCOPES)
    waiting = app.acquire_token_by_device_flow({**flow, "expires_at": 0})
    assert waiting["error"] == "authorization_pending"
    oauth.approve(flow["verification_uri"], flow["user_code"], account="ann.archer@contoso.com")
    answer = app.acquire_token_by_device_flow(flow)
    assert claims(oauth, answer["access_token"])["sub"] == "ann.archer@contoso.com"
    assert answer["id_token_claims"]["preferred_username"] == "ann.archer@contoso.com"
