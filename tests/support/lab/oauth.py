"""An OAuth server that is not ours: npm's certified oidc-provider, where MSAL expects Entra ID.

It knows a client with a secret, a client with a certificate (its assertion is verified) and a public client for the
device code. Access tokens are signed JWTs whose audience is the resource of the scope asked for. It proves the
sign-in; it has none of Entra's own errors and policies.
"""

import base64
import html
import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin

import pytest
import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from lab import isolation
from lab.forest import TENANT_ID
from lab.pki import Credential, Pki
from lab.process import accepts, running
from lab.samba import cache_folder

HOST = "login.contoso.test"
ADDRESS = "127.77.0.30"
GRAPH = "https://graph.microsoft.com"
ARM = "https://management.azure.com"


@dataclass(frozen=True)
class OAuthServer:
    """``authority`` is what MSAL is given, with ``instance_discovery=False``."""

    ca_file: Path
    client_certificate: Credential
    tenant: str = TENANT_ID
    secret_client_id: str = "3b1f8a52-0000-4000-8000-000000000001"
    client_secret: str = "lab~secret~of~the~daemon"
    certificate_client_id: str = "3b1f8a52-0000-4000-8000-000000000002"
    public_client_id: str = "3b1f8a52-0000-4000-8000-000000000003"

    @property
    def login(self) -> str:
        """The endpoint without the tenant."""
        return f"https://{HOST}"

    @property
    def authority(self) -> str:
        return f"{self.login}/{self.tenant}"

    @property
    def issuer(self) -> str:
        return f"{self.authority}/v2.0"

    @property
    def keys_url(self) -> str:
        """Where the keys are that sign its tokens."""
        return f"{self.issuer}/jwks"

    def approve(
        self, verification_url: str, user_code: str, account: str = "ann.archer@contoso.com"
    ) -> None:
        """What a person does in the browser: enter the code, sign in, consent."""
        with requests.Session() as browser:
            browser.trust_env = False
            browser.verify = str(self.ca_file)
            page = browser.get(verification_url, timeout=10)
            values = {"user_code": user_code, "confirm": "yes", "login": account, "password": "any"}
            for _ in range(8):
                form = _form(page.text)
                if form is None:
                    break
                action, fields = form
                sent = {
                    **fields,
                    **{name: value for name, value in values.items() if name in page.text},
                }
                page = browser.post(urljoin(page.url, action), data=sent, timeout=10)
            if "Sign-in Success" not in page.text:
                raise AssertionError(
                    f"the device was not signed in: {page.status_code} {page.text[:2000]}"
                )


def node() -> tuple[str, Path]:
    """The Node.js that set-up has chosen, and the folder of the packages it has installed."""
    folder = cache_folder()
    modules = folder / "npm" / "node_modules"
    chosen = folder / "node" / "bin" / "node"
    program = str(chosen) if chosen.exists() else shutil.which("node")
    if program is None or not (modules / "oidc-provider").is_dir():
        raise RuntimeError(
            f"oidc-provider is not installed in {modules}. Run tests/support/setup/setup.sh test"
        )
    return program, modules


@contextmanager
def oauth_server(folder: Path, pki: Pki, ca: Credential) -> Iterator[OAuthServer]:
    """The server, with a certificate below ``ca``."""
    isolation.require_namespace()
    program, modules = node()
    own = pki.issue(ca, HOST, names=[HOST], addresses=[ADDRESS])
    server = OAuthServer(
        ca_file=ca.certificate, client_certificate=pki.self_signed("assess", usages=["clientAuth"])
    )
    settings = folder / "settings.json"
    settings.write_text(
        json.dumps(
            {
                "modules": str(modules),
                "host": HOST,
                "address": ADDRESS,
                "tenant": server.tenant,
                "certificate": str(own.certificate),
                "key": str(own.key),
                "secret_client_id": server.secret_client_id,
                "client_secret": server.client_secret,
                "certificate_client_id": server.certificate_client_id,
                "certificate_key": _public_jwk(server.client_certificate.key),
                "public_client_id": server.public_client_id,
                "signing_key": _private_jwk(own.key),
                "resources": [GRAPH, ARM],
            }
        )
    )
    script = Path(__file__).with_name("oauth_server.mjs")
    with running(
        [program, str(script), str(settings)],
        log=folder / "oauth.log",
        ready=lambda: accepts(ADDRESS, 443),
        environment={"HOME": str(folder), "NODE_ENV": "test", "PATH": os.environ["PATH"]},
    ):
        yield server


def _form(page: str) -> tuple[str, dict[str, str]] | None:
    """The action and the hidden fields of the first form of a page."""
    action = re.search(r'<form[^>]*action="([^"]*)"', page)
    if action is None:
        return None
    hidden = re.findall(r'<input type="hidden" name="([^"]*)"(?: value="([^"]*)")?', page)
    return html.unescape(action[1]), {name: html.unescape(value) for name, value in hidden}


def _private_jwk(key: Path) -> dict[str, str]:
    private = serialization.load_pem_private_key(key.read_bytes(), None)
    assert isinstance(private, rsa.RSAPrivateKey)
    numbers = private.private_numbers()
    parts = {"d": numbers.d, "p": numbers.p, "q": numbers.q}
    parts |= {"dp": numbers.dmp1, "dq": numbers.dmq1, "qi": numbers.iqmp}
    return {
        **_public_jwk(key),
        **{name: _number(value) for name, value in parts.items()},
        "use": "sig",
    }


def _public_jwk(key: Path) -> dict[str, str]:
    private = serialization.load_pem_private_key(key.read_bytes(), None)
    assert isinstance(private, rsa.RSAPrivateKey)
    numbers = private.public_key().public_numbers()
    return {"kty": "RSA", "n": _number(numbers.n), "e": _number(numbers.e)}


def _number(value: int) -> str:
    octets = value.to_bytes((value.bit_length() + 7) // 8, "big")
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


@pytest.fixture(scope="session")
def oauth(
    tmp_path_factory: pytest.TempPathFactory, lab_pki: Pki, lab_ca: Credential
) -> Iterator[OAuthServer]:
    """The independent OAuth server, at ``https://login.contoso.test``."""
    with oauth_server(tmp_path_factory.mktemp("oauth"), lab_pki, lab_ca) as server:
        yield server
