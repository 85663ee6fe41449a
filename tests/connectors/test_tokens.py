import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)
from cryptography.x509.oid import NameOID

from assess.connectors.http import Client
from assess.connectors.tokens import (
    TokenSource,
    claims_of,
    decoded_challenge,
    token_source,
)
from assess.engagement import engagement_from
from assess.errors import Unavailable
from cloud import App, Cloud, faults
from cloud.browser import Browser
from cloud.entra_documents import conditional_access
from cloud.sample import ADA, DESKTOP, MACHINE, TENANT, TOOL, contoso
from cloud.tenant import Tenant

GRAPH = "https://graph.microsoft.com"
PASSWORD = "pfx-passw0rd"


@pytest.fixture
def world() -> Iterator[Cloud]:
    with contoso() as cloud:
        yield cloud


class Told:
    def __init__(self) -> None:
        self.texts: list[str] = []

    def __call__(self, text: str) -> None:
        self.texts.append(text)


def source(world: Cloud, method: str = "client-secret", **options: object) -> TokenSource:
    settings: dict[str, object] = {
        "method": method,
        "login": world.login.url,
        "tenant": TENANT,
        "client": Client(ca_file=world.ca_file, sleep=lambda _: None, connect_timeout=3, read_timeout=3),
        "client_id": TOOL.client_id,
        "secret": lambda: "right",
        "sleep": lambda _: None,
    }
    return TokenSource(**(settings | options))  # type: ignore[arg-type]


def test_a_secret_gives_a_token_once(world: Cloud, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    tokens = source(world)
    assert world.login.requests == []  # nothing happens before a token is asked for
    first = tokens.token(GRAPH)
    assert tokens.token(GRAPH) == first
    claims = tokens.claims(GRAPH)
    assert claims is not None
    assert claims.roles == TOOL.application
    assert claims.application
    assert tokens.app_only
    assert len([r for r in world.login.requests if r.path.endswith("/token")]) == 1
    assert tokens.token(world.tenant.national.arm_resource) != first
    assert not any(r.path.startswith("/common/discovery") for r in world.login.requests)
    assert "right" not in caplog.text
    assert first not in caplog.text
    assert world.violations == []


@pytest.mark.parametrize(
    ("options", "resource", "words", "code"),
    [
        ({"secret": lambda: "wrong"}, GRAPH, "client secret is wrong", 7000215),
        ({"secret": lambda: "old"}, GRAPH, "client secret has expired", 7000222),
        ({"client_id": "00000000-0000-4000-8000-000000000000"}, GRAPH, "no application with this client id", 700016),
        ({"tenant": "00000000-0000-4000-8000-000000000000"}, GRAPH, "the tenant was not found", 90002),
        ({}, "https://elsewhere.example", "no service principal", 500011),
        ({"client_id": DESKTOP.client_id}, GRAPH, "public client", 700025),
    ],
)
def test_a_refusal_is_a_sentence(world: Cloud, options: dict[str, Any], resource: str, words: str, code: int) -> None:
    tokens = source(world, **options)
    with pytest.raises(Unavailable, match=words) as caught:
        tokens.token(resource)
    assert f"AADSTS{code}" in caught.value.reason
    assert caught.value.mend
    assert "wrong" not in caught.value.reason.replace("is wrong", "")
    asked = len(world.login.requests)
    with pytest.raises(Unavailable, match=words):  # nor is the account locked by trying again and again
        tokens.token(resource)
    assert len(world.login.requests) == asked


def test_conditional_access_is_named(world: Cloud) -> None:
    world.login.blocked = conditional_access()
    with pytest.raises(Unavailable, match="conditional access blocks"):
        source(world).token(GRAPH)


def test_no_secret_is_not_sent(world: Cloud) -> None:
    for secret in (None, lambda: ""):
        with pytest.raises(Unavailable, match="no client secret"):
            source(world, secret=secret).token(GRAPH)
    assert not any(r.path.endswith("/token") for r in world.login.requests)


def test_another_authority_or_nobody_there(world: Cloud) -> None:
    with pytest.raises(Unavailable, match="is not trusted"):
        source(world, client=Client(sleep=lambda _: None)).token(GRAPH)
    with pytest.raises(Unavailable, match="could not be reached"):
        source(world, login="https://localhost:1").token(GRAPH)


@pytest.mark.parametrize("fault", [faults.html(200), faults.empty(), faults.invalid_json(), faults.status(503), faults.status(500), faults.redirected("https://evil.test/")])
def test_nonsense_of_the_login_host(world: Cloud, fault: faults.Fault) -> None:
    for path in ("*/openid-configuration", "*/token"):
        world.login.heal()
        world.login.inject(path, fault)
        with pytest.raises(Unavailable) as caught:
            source(world).token(GRAPH)
        assert "right" not in caught.value.reason


def test_a_throttled_sign_in_is_tried_again(world: Cloud) -> None:
    world.login.inject("*/token", faults.throttled("3"), times=2)
    assert source(world).token(GRAPH)


# -- certificates --


def certificate(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "assess")])
    return (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(7).not_valid_before(datetime(2020, 1, 1, tzinfo=UTC)).not_valid_after(datetime(2049, 1, 1, tzinfo=UTC))
        .sign(key, hashes.SHA256())
    )


KEY = rsa.generate_private_key(65537, 2048)
CERTIFICATE = certificate(KEY)
OTHER = certificate(rsa.generate_private_key(65537, 2048))


def pem(encryption: KeySerializationEncryption | None = None) -> bytes:
    key = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption or NoEncryption())
    return OTHER.public_bytes(Encoding.PEM) + key + CERTIFICATE.public_bytes(Encoding.PEM)


def pfx(password: str | None) -> bytes:
    encryption = BestAvailableEncryption(password.encode()) if password else NoEncryption()
    return pkcs12.serialize_key_and_certificates(b"assess", KEY, CERTIFICATE, None, encryption)


@pytest.fixture
def trusting() -> Iterator[tuple[Cloud, App]]:
    app = App("5d1c0a7e-aaaa-4bbb-8ccc-00000000cafe", certificates=(CERTIFICATE,), application=frozenset({"User.Read.All"}))
    with Cloud(Tenant(TENANT, apps=(app,))) as cloud:
        yield cloud, app


@pytest.mark.parametrize(
    ("name", "data", "password"),
    [
        ("a.pem", pem(), None),
        ("b.pem", pem(BestAvailableEncryption(PASSWORD.encode())), PASSWORD),
        ("c.pfx", pfx(PASSWORD), PASSWORD),
        ("d.pfx", pfx(None), None),
    ],
)
def test_a_certificate_signs_in(trusting: tuple[Cloud, App], tmp_path: Path, name: str, data: bytes, password: str | None) -> None:
    world, app = trusting
    (tmp_path / name).write_bytes(data)
    tokens = source(world, "certificate", client_id=app.client_id, certificate=tmp_path / name, password=(lambda: password) if password else None)
    claims = tokens.claims(GRAPH)
    assert claims is not None
    assert claims.roles == {"User.Read.All"}
    assert world.violations == []


@pytest.mark.parametrize(
    ("name", "data", "password", "words"),
    [
        ("none.pem", None, None, "cannot be read"),
        ("a.pem", b"nonsense", None, "holds no key and certificate"),
        ("b.pem", CERTIFICATE.public_bytes(Encoding.PEM), None, "holds no key and certificate"),
        ("c.pem", KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()), None, "holds no key and certificate"),
        ("d.pem", pem(BestAvailableEncryption(b"x")), None, "encrypted"),
        ("e.pem", pem(BestAvailableEncryption(b"x")), PASSWORD, "password is wrong"),
        ("f.pfx", pfx("x"), PASSWORD, "password is wrong"),
        ("g.pfx", pkcs12.serialize_key_and_certificates(b"x", None, CERTIFICATE, None, NoEncryption()), None, "both the certificate and its private key"),
        ("h.pem", KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + OTHER.public_bytes(Encoding.PEM), None, "both the certificate and its private key"),
    ],
)
def test_a_file_that_cannot_sign_in(trusting: tuple[Cloud, App], tmp_path: Path, name: str, data: bytes | None, password: str | None, words: str) -> None:
    world, app = trusting
    if data is not None:
        (tmp_path / name).write_bytes(data)
    tokens = source(world, "certificate", client_id=app.client_id, certificate=tmp_path / name, password=(lambda: password) if password else None)
    with pytest.raises(Unavailable, match=words) as caught:
        tokens.token(GRAPH)
    assert PASSWORD not in caught.value.reason + caught.value.mend


def test_an_elliptic_key_is_refused_before_it_is_sent(trusting: tuple[Cloud, App], tmp_path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    path = tmp_path / "ec.pem"
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + certificate(key).public_bytes(Encoding.PEM))
    with pytest.raises(Unavailable, match="not RSA"):
        source(trusting[0], "certificate", certificate=path).token(GRAPH)
    with pytest.raises(Unavailable, match="no certificate"):
        source(trusting[0], "certificate").token(GRAPH)


def test_a_certificate_that_is_not_registered(world: Cloud, tmp_path: Path) -> None:
    (tmp_path / "a.pem").write_bytes(pem())
    with pytest.raises(Unavailable, match="not the one that the app registration holds"):
        source(world, "certificate", certificate=tmp_path / "a.pem").token(GRAPH)


# -- people --


def test_a_person_enters_a_code_once(world: Cloud) -> None:
    world.login.auto_sign_in, world.login.interval = (ADA, 1), 0
    told = Told()
    tokens = source(world, "device-code", client_id=DESKTOP.client_id, tell=told)
    claims = tokens.claims(GRAPH)
    assert claims is not None
    assert claims.scopes == DESKTOP.delegated
    assert not claims.application
    assert not tokens.app_only
    assert claims.who == ADA.upn
    assert len(told.texts) == 1
    assert "enter the code" in told.texts[0]
    tokens.token(world.tenant.national.arm_resource)  # by the same sign-in
    tokens.token(GRAPH)
    assert len(told.texts) == 1
    assert world.violations == []


def test_a_declined_a_blocked_and_a_forbidden_code(world: Cloud) -> None:
    world.login.interval = 0

    def decline(text: str) -> None:
        world.login.decline(text.split("code ")[1].split(" ", maxsplit=1)[0])

    def block(text: str) -> None:
        world.login.block(text.split("code ")[1].split(" ", maxsplit=1)[0])

    with pytest.raises(Unavailable, match="declined"):
        source(world, "device-code", client_id=DESKTOP.client_id, tell=decline).token(GRAPH)
    with pytest.raises(Unavailable, match="conditional access blocks"):
        source(world, "device-code", client_id=DESKTOP.client_id, tell=block).token(GRAPH)
    with pytest.raises(Unavailable, match="does not allow public client flows"):
        source(world, "device-code", client_id=TOOL.client_id, tell=Told()).token(GRAPH)


def test_without_the_extra_a_sign_in_is_kept_in_memory(world: Cloud, tmp_path: Path) -> None:
    world.login.auto_sign_in, world.login.interval = (ADA, 0), 0
    told = Told()
    tokens = source(world, "device-code", client_id=DESKTOP.client_id, tell=told, cache=tmp_path / "c" / "sign-in.bin")
    assert tokens.token(GRAPH)
    assert any("kept in memory only" in text for text in told.texts)
    assert not (tmp_path / "c" / "sign-in.bin").exists()  # never plain text


# -- machines --


@pytest.mark.parametrize("client_id", ["", MACHINE.client_id])
def test_a_machine_signs_in(world: Cloud, monkeypatch: pytest.MonkeyPatch, client_id: str) -> None:
    monkeypatch.setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", world.imds.url)
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    tokens = source(world, "managed-identity", client_id=client_id)
    claims = tokens.claims(GRAPH)
    assert claims is not None
    assert claims.roles == MACHINE.application
    assert tokens.app_only
    assert world.violations == []


def test_a_machine_whose_endpoint_is_busy_or_absent(world: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", world.imds.url)
    with pytest.raises(Unavailable, match="Identity not found"):
        source(world, "managed-identity", client_id="00000000-0000-4000-8000-000000000000").token(GRAPH)
    monkeypatch.setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", "http://127.0.0.1:1")
    with pytest.raises(Unavailable, match="no managed identity that answers"):
        source(world, "managed-identity", client_id="").token(GRAPH)


# -- claims, and the engagement file --


@pytest.mark.parametrize("token", ["", "opaque", "a.b", "a.!!!.c", "a.W10.c", "a.bnVsbA.c", "a." + "W" * 5000 + ".c"])
def test_an_opaque_token_tells_nothing(token: str) -> None:
    assert claims_of(token) is None


def test_a_challenge_is_read() -> None:
    claims = "eyJhY2Nlc3NfdG9rZW4iOnt9fQ=="
    assert decoded_challenge(f'Bearer realm="", error="insufficient_claims", claims="{claims}"') == '{"access_token":{}}'
    assert decoded_challenge(f'Bearer realm="", claims="{claims}"') == ""
    assert decoded_challenge('Bearer error="insufficient_claims", claims="%%%"') == ""
    assert decoded_challenge('Bearer error="insufficient_claims", claims="AAAA"') == ""


def engagement(text: dict[str, object], folder: Path) -> object:
    return engagement_from({"engagement": {"name": "c", "scenarios": ["hybrid-mdm"]}, **text}, file="e.toml", folder=folder)


def test_what_is_not_set_up_is_skipped(tmp_path: Path) -> None:
    for tenant in ({}, {"id": TENANT}, {"id": TENANT, "auth": {"method": "device-code"}}):
        with pytest.raises(Unavailable) as caught:
            token_source(engagement({"tenant": tenant}, tmp_path))  # type: ignore[arg-type]
        assert caught.value.skipped


def test_a_person_is_asked_once_for_all_sources(tmp_path: Path) -> None:
    tenant = {"id": TENANT, "auth": {"method": "device-code", "client_id": DESKTOP.client_id}}
    first = token_source(engagement({"tenant": tenant}, tmp_path))  # type: ignore[arg-type]
    assert token_source(engagement({"tenant": tenant}, tmp_path)) is first  # type: ignore[arg-type]
    tenant["auth"] = {"method": "certificate", "client_id": TOOL.client_id, "certificate": "a.pem"}
    application = token_source(engagement({"tenant": tenant}, tmp_path))  # type: ignore[arg-type]
    assert token_source(engagement({"tenant": tenant}, tmp_path)) is not application  # type: ignore[arg-type]


def test_a_secret_is_read_from_where_it_is_kept(world: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tenant = {
        "id": TENANT,
        "ca_file": str(world.ca_file),
        "endpoints": world.endpoints,
        "auth": {"method": "client-secret", "client_id": TOOL.client_id, "client_secret": {"env": "ASSESS_TEST_SECRET"}},
    }
    monkeypatch.delenv("ASSESS_TEST_SECRET", raising=False)
    with pytest.raises(Unavailable, match="ASSESS_TEST_SECRET is not set"):
        token_source(engagement({"tenant": tenant}, tmp_path)).token(GRAPH)  # type: ignore[arg-type]
    monkeypatch.setenv("ASSESS_TEST_SECRET", "right")
    assert token_source(engagement({"tenant": tenant}, tmp_path)).token(GRAPH)  # type: ignore[arg-type]


def test_a_person_signs_in_with_the_browser(world: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    world.login.browser_user = ADA
    with requests.Session() as session:
        session.trust_env, session.verify = False, str(world.ca_file)
        browser = Browser(session)
        monkeypatch.setattr("webbrowser.open", browser.open)
        tokens = source(world, "interactive", client_id=DESKTOP.client_id, tell=Told())
        claims = tokens.claims(GRAPH)
        browser.wait()
    assert claims is not None
    assert claims.who == ADA.upn


def test_interactive_without_a_browser(world: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BROWSER", "/nonexistent/browser")
    monkeypatch.setattr("assess.connectors.tokens._BROWSER", 1)
    with pytest.raises(Unavailable, match="sign"):
        source(world, "interactive", client_id=DESKTOP.client_id, tell=Told()).token(GRAPH)
