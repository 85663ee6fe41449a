"""The token service, asked by the real MSAL and by hand."""

import datetime as dt
from pathlib import Path

import jwt
import msal
import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)
from cryptography.x509.oid import NameOID

from cloud import App, Cloud, ImdsServer, Tenant
from cloud.browser import Browser, form_of
from cloud.entra_documents import conditional_access
from cloud.sample import ADA, DESKTOP, MACHINE, POOR, TENANT, TOOL
from cloud.tokens import TokenIssuer

Json = dict[str, object]


def confidential(
    cloud: Cloud,
    http: requests.Session,
    credential: object,
    *,
    app: App = TOOL,
    tenant: str = TENANT,
) -> msal.ConfidentialClientApplication:
    return msal.ConfidentialClientApplication(
        app.client_id,
        client_credential=credential,
        authority=f"{cloud.login.url}/{tenant}",
        instance_discovery=False,
        http_client=http,
    )


def claims(token: str) -> Json:
    decoded: Json = jwt.decode(token, options={"verify_signature": False})
    return decoded


def test_secret_gives_an_app_only_token_with_the_roles_consented(
    world: Cloud, http: requests.Session
) -> None:
    result = confidential(world, http, "right").acquire_token_for_client(
        [f"{world.graph.url}/.default"]
    )
    held = claims(result["access_token"])
    assert held["roles"] == sorted(TOOL.application)
    assert (held["aud"], held["tid"], held["idtyp"]) == (world.graph.url, TENANT, "app")
    assert result["expires_in"] == 3599
    assert all("right" not in r.body for r in world.login.requests)
    assert world.violations == []


def test_a_tenant_answers_to_its_domain_and_an_app_without_consent_has_no_roles(
    world: Cloud, http: requests.Session
) -> None:
    client = confidential(world, http, "right", app=POOR, tenant="contoso.com")
    result = client.acquire_token_for_client(["https://graph.microsoft.com/.default"])
    assert "roles" not in claims(result["access_token"])


@pytest.mark.parametrize(
    ("secret", "scope", "app", "code"),
    [
        ("wrong", "{graph}/.default", TOOL, 7000215),
        ("old", "{graph}/.default", TOOL, 7000222),
        ("right", "https://elsewhere.example/.default", TOOL, 500011),
        ("right", "{graph}/User.Read", TOOL, 1002012),
        ("right", "{graph}/.default", App("00000000-0000-4000-8000-000000000000"), 700016),
    ],
)
def test_refusals_are_entras(
    world: Cloud, http: requests.Session, secret: str, scope: str, app: App, code: int
) -> None:
    wanted = [scope.format(graph=world.graph.url)]
    result = confidential(world, http, secret, app=app).acquire_token_for_client(wanted)
    assert result["error_codes"] == [code]
    assert result["error_description"].startswith(f"AADSTS{code}: ")
    assert result["correlation_id"]


def test_two_resources_in_one_request_are_refused(world: Cloud, http: requests.Session) -> None:
    form = {
        "grant_type": "client_credentials",
        "client_id": TOOL.client_id,
        "client_secret": "right",
        "scope": f"{world.graph.url}/.default {world.arm.url}/.default",
    }
    answer = http.post(f"{world.login.url}/{TENANT}/oauth2/v2.0/token", data=form, timeout=5)
    assert (answer.status_code, answer.json()["error_codes"]) == (400, [70011])


def test_an_unknown_tenant_is_refused_while_the_client_is_built(
    world: Cloud, http: requests.Session
) -> None:
    with pytest.raises(ValueError, match="00000000"):
        confidential(world, http, "right", tenant="00000000-0000-4000-8000-000000000000")


def test_common_has_no_client_credentials(world: Cloud, http: requests.Session) -> None:
    form = {
        "grant_type": "client_credentials",
        "client_id": TOOL.client_id,
        "client_secret": "right",
    }
    answer = http.post(f"{world.login.url}/common/oauth2/v2.0/token", data=form, timeout=5)
    assert answer.json()["error_codes"] == [9001023]
    assert world.violations


def test_conditional_access_blocks_every_token(world: Cloud, http: requests.Session) -> None:
    world.login.blocked = conditional_access()
    result = confidential(world, http, "right").acquire_token_for_client(
        ["https://graph.microsoft.com/.default"]
    )
    assert (result["error_codes"], result["suberror"]) == ([53003], "message_only")


def test_the_openid_document_tells_region_and_cloud(world: Cloud, http: requests.Session) -> None:
    address = f"{world.login.url}/{TENANT}/v2.0/.well-known/openid-configuration"
    document = http.get(address, timeout=5).json()
    assert document["tenant_region_scope"] == "EU"
    assert document["cloud_instance_name"] == "microsoftonline.com"
    assert document["msgraph_host"] == "graph.microsoft.com"
    assert document["token_endpoint"] == f"{world.login.url}/{TENANT}/oauth2/v2.0/token"


def test_instance_discovery_points_back(world: Cloud, http: requests.Session) -> None:
    asked = f"https://login.microsoftonline.com/{TENANT}/oauth2/v2.0/authorize"
    query = {"api-version": "1.1", "authorization_endpoint": asked}
    answer = http.get(f"{world.login.url}/common/discovery/instance", params=query, timeout=5)
    assert answer.json()["tenant_discovery_endpoint"].startswith(f"{world.login.url}/{TENANT}/v2.0")


class Pair:
    """A key with its self-signed certificate."""

    def __init__(self, until: dt.datetime) -> None:
        self.key = rsa.generate_private_key(65537, 2048)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "tool")])
        self.certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(self.key.public_key())
            .serial_number(1)
            .not_valid_before(dt.datetime(2020, 1, 1, tzinfo=dt.UTC))
            .not_valid_after(until)
            .sign(self.key, hashes.SHA256())
        )

    @property
    def pem_key(self) -> str:
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()

    @property
    def pem_certificate(self) -> str:
        return self.certificate.public_bytes(Encoding.PEM).decode()

    @property
    def thumbprint(self) -> str:
        return self.certificate.fingerprint(hashes.SHA1()).hex()

    def pfx(self, path: Path) -> str:
        path.write_bytes(
            pkcs12.serialize_key_and_certificates(
                b"tool", self.key, self.certificate, None, BestAvailableEncryption(b"pw")
            )
        )
        return str(path)


@pytest.fixture(scope="module")
def pair() -> Pair:
    return Pair(dt.datetime(2049, 1, 1, tzinfo=dt.UTC))


@pytest.fixture(scope="module")
def other() -> Pair:
    return Pair(dt.datetime(2049, 1, 1, tzinfo=dt.UTC))


def certified(pair: Pair) -> Cloud:
    app = App(TOOL.client_id, certificates=(pair.certificate,), application=TOOL.application)
    return Cloud(Tenant(TENANT, apps=(app,)))


@pytest.mark.parametrize("form", ["pfx", "pem", "thumbprint"])
def test_a_certificate_signs_in_in_each_of_msals_forms(
    pair: Pair, tmp_path: Path, form: str
) -> None:
    credentials = {
        "pfx": {"private_key_pfx_path": pair.pfx(tmp_path / "tool.pfx"), "passphrase": "pw"},
        "pem": {"private_key": pair.pem_key, "public_certificate": pair.pem_certificate},
        "thumbprint": {"private_key": pair.pem_key, "thumbprint": pair.thumbprint},
    }
    with certified(pair) as cloud, requests.Session() as http:
        http.trust_env, http.verify = False, str(cloud.ca_file)
        client = confidential(cloud, http, credentials[form])
        result = client.acquire_token_for_client([f"{cloud.graph.url}/.default"])
    assert claims(result["access_token"])["appid"] == TOOL.client_id
    assert all("client_assertion=***" in r.body for r in cloud.login.requests if r.body)


def test_another_certificate_is_refused(pair: Pair, other: Pair) -> None:
    with certified(pair) as cloud, requests.Session() as http:
        http.trust_env, http.verify = False, str(cloud.ca_file)
        wrong = {"private_key": other.pem_key, "public_certificate": other.pem_certificate}
        forged = {"private_key": other.pem_key, "thumbprint": pair.thumbprint}
        for credential in (wrong, forged):
            client = confidential(cloud, http, credential)
            result = client.acquire_token_for_client([f"{cloud.graph.url}/.default"])
            assert result["error_codes"] == [700027]


def test_an_expired_certificate_is_refused() -> None:
    expired = Pair(dt.datetime(2021, 1, 1, tzinfo=dt.UTC))
    with certified(expired) as cloud, requests.Session() as http:
        http.trust_env, http.verify = False, str(cloud.ca_file)
        credential = {"private_key": expired.pem_key, "public_certificate": expired.pem_certificate}
        result = confidential(cloud, http, credential).acquire_token_for_client(
            [f"{cloud.graph.url}/.default"]
        )
    assert result["error_codes"] == [700027]
    assert "expired" in result["error_description"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"aud": "https://elsewhere.example"}, 700023),
        ({"exp": 1_600_000_000}, 700024),
        ({"sub": "x"}, 700021),
    ],
)
def test_an_assertion_for_somebody_else_is_refused(pair: Pair, change: Json, code: int) -> None:
    with certified(pair) as cloud, requests.Session() as http:
        http.trust_env, http.verify = False, str(cloud.ca_file)
        address = f"{cloud.login.url}/{TENANT}/oauth2/v2.0/token"
        said = {
            "aud": address,
            "iss": TOOL.client_id,
            "sub": TOOL.client_id,
            "jti": "1",
            "exp": cloud.issuer.clock() + 600,
        }
        header = {
            "x5t": jwt.utils.base64url_encode(pair.certificate.fingerprint(hashes.SHA1())).decode()
        }
        form = {
            "grant_type": "client_credentials",
            "client_id": TOOL.client_id,
            "scope": f"{cloud.graph.url}/.default",
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": jwt.encode(
                said | change, pair.key, algorithm="RS256", headers=header
            ),
        }
        answer = http.post(address, data=form, timeout=5)
    assert answer.json()["error_codes"] == [code]


def public(
    cloud: Cloud, http: requests.Session, app: App = DESKTOP
) -> msal.PublicClientApplication:
    return msal.PublicClientApplication(
        app.client_id,
        authority=f"{cloud.login.url}/{TENANT}",
        instance_discovery=False,
        http_client=http,
    )


def test_device_code_waits_for_the_person_and_refreshes(
    world: Cloud, http: requests.Session
) -> None:
    world.login.interval = 0
    world.login.auto_sign_in = (ADA, 2)
    client = public(world, http)
    flow = client.initiate_device_flow([f"{world.graph.url}/.default"])
    flow["interval"] = 0
    result = client.acquire_token_by_device_flow(flow)
    held = claims(result["access_token"])
    assert held["scp"].split() == sorted(DESKTOP.delegated)  # type: ignore[attr-defined]
    assert (held["upn"], held["idtyp"]) == (ADA.upn, "user")
    polls = [r.status for r in world.login.requests if "device_code=***" in r.body]
    assert polls == [400, 400, 200]
    [account] = client.get_accounts()
    again = client.acquire_token_silent([f"{world.arm.url}/.default"], account=account)
    assert claims(again["access_token"])["aud"] == world.arm.url


@pytest.mark.parametrize(("ending", "code"), [("decline", 70000), ("block", 53003)])
def test_device_code_can_end_in_a_refusal(
    world: Cloud, http: requests.Session, ending: str, code: int
) -> None:
    client = public(world, http)
    flow = client.initiate_device_flow([f"{world.graph.url}/.default"])
    getattr(world.login, ending)(flow["user_code"])
    assert client.acquire_token_by_device_flow(flow)["error_codes"] == [code]


def test_a_scope_without_consent_is_refused(world: Cloud, http: requests.Session) -> None:
    answer = public(world, http).initiate_device_flow([f"{world.graph.url}/Mail.Read"])
    assert answer["error_codes"] == [65001]


def test_a_confidential_app_has_no_device_code(world: Cloud, http: requests.Session) -> None:
    world.login.auto_sign_in = (ADA, 0)
    client = public(world, http, TOOL)
    flow = client.initiate_device_flow([f"{world.graph.url}/.default"])
    assert client.acquire_token_by_device_flow(flow)["error_codes"] == [7000218]


def test_a_browser_sign_in_redeems_its_code_once(world: Cloud, http: requests.Session) -> None:
    world.login.browser_user = ADA
    client = public(world, http)
    flow = client.initiate_auth_code_flow(
        [f"{world.graph.url}/.default"],
        redirect_uri="http://localhost:9",
        response_mode="form_post",
    )
    back = form_of(http.get(flow["auth_uri"], timeout=5).text).fields
    result = client.acquire_token_by_auth_code_flow(flow, back)
    assert result["id_token_claims"]["preferred_username"] == ADA.upn
    again = public(world, http).acquire_token_by_auth_code_flow(flow, back)
    assert again["error_codes"] == [70008]


def test_msals_own_interactive_sign_in(
    world: Cloud, http: requests.Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.login.browser_user = ADA
    browser = Browser(http)
    monkeypatch.setattr("webbrowser.open", browser.open)
    result = public(world, http).acquire_token_interactive(
        [f"{world.graph.url}/.default"], timeout=10
    )
    browser.wait()
    assert claims(result["access_token"])["upn"] == ADA.upn


def test_a_managed_identity_gets_its_token(
    world: Cloud, http: requests.Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", world.imds.url)
    system = msal.ManagedIdentityClient(msal.SystemAssignedManagedIdentity(), http_client=http)
    held = claims(
        system.acquire_token_for_client(resource="https://graph.microsoft.com")["access_token"]
    )
    assert (held["appid"], held["roles"]) == (MACHINE.client_id, ["User.Read.All"])
    named = msal.UserAssignedManagedIdentity(client_id="00000000-0000-4000-8000-00000000dead")
    missing = msal.ManagedIdentityClient(named, http_client=http)
    answer = missing.acquire_token_for_client(resource="https://management.azure.com/")
    assert "access_token" not in answer
    assert world.violations == []


def test_a_managed_identity_is_asked_for_a_resource_not_a_scope(
    world: Cloud, http: requests.Session
) -> None:
    query = {"api-version": "2018-02-01", "resource": "https://graph.microsoft.com/.default"}
    address = f"{world.imds.url}/metadata/identity/oauth2/token"
    assert (
        http.get(address, params=query, headers={"Metadata": "true"}, timeout=5).status_code == 400
    )
    assert http.get(address, params=query, timeout=5).status_code == 400
    assert len(world.violations) == 2


def test_a_machine_without_identity_says_so(http: requests.Session) -> None:
    query = {"api-version": "2018-02-01", "resource": "https://graph.microsoft.com"}
    with ImdsServer(TokenIssuer(Tenant(TENANT))) as imds:
        address = f"{imds.url}/metadata/identity/oauth2/token"
        answer = http.get(address, params=query, headers={"Metadata": "true"}, timeout=5)
    assert answer.json()["error_description"] == "Identity not found"
