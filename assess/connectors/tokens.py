"""Sign-in to Entra ID: tokens for Graph, Azure Resource Manager and the AdminService.

Nothing happens before the first token is asked for; then the sign-in is made once and renewed as it
nears its end, so a token is asked for before every request and never kept. Tokens live in memory;
on disk only where the engagement file says so, and only encrypted by the platform. What goes wrong
is ``Unavailable``, by Entra's own number, and holds no secret.
"""

import json
import re
import sys
import threading
import time
import webbrowser
from base64 import b64decode, urlsafe_b64decode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from os import environ
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import msal
import requests
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
    pkcs12,
)
from requests.auth import AuthBase

from assess.clouds import CLOUDS, KNOWN_LOGIN_HOSTS, Cloud
from assess.connectors.http import Bearer, Client
from assess.connectors.http_replies import Reply
from assess.engagement import Engagement
from assess.errors import Unavailable
from assess.language import msg, tr

APPLICATION_METHODS = frozenset({"client-secret", "certificate", "managed-identity"})
"""Ways to sign in as an application, not as a person."""
_LASTS = 3600.0  # seconds that a person has to sign in, at most; Entra sets less
_BROWSER = 300
_METADATA_TIMEOUT = 5.0
_METADATA_TRIES = 3
_NOT_TAKEN = 401
# How Graph and Resource Manager say that a token is over; Intune's 401 may mean a permission.
_EXPIRED = re.compile(rb"(Invalid|Expired)AuthenticationToken")
_BUSY = frozenset({404, 410, 429, 500, 502, 503, 504})


@dataclass(frozen=True)
class Claims:
    """What a token says of itself, for display only: nothing is decided by it but what to ask."""

    roles: frozenset[str] = frozenset()
    scopes: frozenset[str] = frozenset()
    application: bool = False
    app_id: str = ""
    who: str = ""

    @property
    def held(self) -> frozenset[str]:
        """The permissions in the token, of either kind."""
        return self.roles | self.scopes


def claims_of(token: str) -> Claims | None:
    """The claims of a token; None where it cannot be read, which is nobody's fault."""
    try:
        payload = token.split(".")[1]
        said = json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        scopes = frozenset(str(said.get("scp", "")).split())
        return Claims(
            frozenset(map(str, said.get("roles", ()))),
            scopes,
            str(said.get("idtyp", "user" if scopes else "app")) == "app",
            str(said.get("appid", said.get("azp", ""))),
            str(said.get("upn", said.get("preferred_username", said.get("app_displayname", "")))),
        )
    except (ValueError, IndexError, TypeError, AttributeError, RecursionError):
        return None


# What Entra says by number: what it means, and what to do. Others are shown in Entra's words.
_REASONS: Mapping[int, tuple[str, str]] = {
    7000215: (
        msg("the client secret is wrong"),
        msg("Give the secret's value, not its id, or make a new secret on the app registration."),
    ),
    7000222: (
        msg("the client secret has expired"),
        msg("Make a new secret on the app registration."),
    ),
    700027: (
        msg("the certificate is not the one that the app registration holds"),
        msg(
            "Upload the certificate's public part to the app registration, or name the right file."
        ),
    ),
    700030: (
        msg("the certificate's subject is not authorised"),
        msg("Compare the certificate with what the app registration trusts."),
    ),
    700016: (
        msg("no application with this client id is in the tenant"),
        msg("Check [tenant.auth] client_id and [tenant] id; an administrator must consent first."),
    ),
    7000112: (
        msg("the application is disabled in the tenant"),
        msg("Enable the enterprise application."),
    ),
    90002: (msg("the tenant was not found"), msg("Check [tenant] id and [tenant] cloud.")),
    90038: (
        msg("the tenant lives in another cloud"),
        msg("Set [tenant] cloud to the tenant's cloud."),
    ),
    500011: (
        msg("the service that is asked has no service principal in the tenant"),
        msg("Check [tenant] cloud; for the AdminService check [site.auth] scope."),
    ),
    65001: (
        msg("nobody has consented to the permissions"),
        msg("Let an administrator give consent."),
    ),
    90094: (msg("an administrator must consent"), msg("Let an administrator give consent.")),
    650057: (
        msg("the service is not among the application's permissions"),
        msg("Add its permissions to the app registration and consent to them."),
    ),
    70011: (
        msg("the scope is wrong"),
        msg("Check the scope or the endpoint in the engagement file."),
    ),
    700022: (msg("more than one service was asked for"), msg("Ask for one service at a time.")),
    7000218: (
        msg("the app registration does not allow public client flows"),
        msg("Allow public client flows on the registration, or sign in with a secret."),
    ),
    700025: (
        msg("the app registration is a public client and takes no secret"),
        msg('Set [tenant.auth] method = "device-code", or use another registration.'),
    ),
    53000: (msg("conditional access wants a compliant device"), msg("Sign in on such a device.")),
    53001: (
        msg("conditional access wants a hybrid joined device"),
        msg("Sign in on such a device."),
    ),
    53003: (
        msg("conditional access blocks the sign-in"),
        msg("Ask the customer for an exception, or sign in another way."),
    ),
    530035: (msg("security defaults block the sign-in"), msg("Sign in another way.")),
    70019: (msg("the code has expired"), msg("Run again, and enter the code in time.")),
    70018: (msg("the code is not valid"), msg("Run again.")),
}
_NUMBER = re.compile(r"AADSTS(\d+)")


class TokenSource:
    """Signs in to one tenant in one way. Safe for many threads; the sign-in is made once.

    ``tell`` shows a person what to do; ``secret`` and ``password`` are asked for at the last
    moment. ``cache`` is a file for a person's sign-in, or None for memory only.
    """

    def __init__(
        self,
        *,
        method: str,
        login: str,
        tenant: str,
        client: Client,
        client_id: str = "",
        secret: Callable[[], str] | None = None,
        certificate: Path | None = None,
        password: Callable[[], str] | None = None,
        cache: Path | None = None,
        tell: Callable[[str], None] | None = None,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self.method = method
        self._login = login.rstrip("/")
        self._tenant = tenant
        self._client = client
        self._client_id = client_id
        self._secret = secret
        self._certificate = certificate
        self._password = password
        self._cache = cache
        self._tell = tell or _to_standard_error
        self._sleep = sleep
        self._application: Any = None
        self._refused: dict[str, Unavailable] = {}
        self._taken: set[str] = set()  # the tokens that their services took once
        self._lock = threading.RLock()

    @property
    def app_only(self) -> bool:
        """Signs in as an application: what only a person may ask cannot be asked."""
        return self.method in APPLICATION_METHODS

    def token(self, resource: str, *, challenge: str = "") -> str:
        """A token for ``resource`` (a root without a slash, or an App ID URI), fresh.

        ``challenge``: the claims that the service asked for. A refused sign-in is not repeated
        with every question: the tenant locks accounts that try too often.
        """
        with self._lock:
            if resource in self._refused and not challenge:
                raise _again(self._refused[resource])
            try:
                return self._token(resource, challenge)
            except Unavailable as refusal:
                self._refused[resource] = refusal
                raise

    def ask(self, resource: str, send: Callable[[AuthBase], Reply]) -> Reply:
        """What a service answers to a request that ``send`` sends with a token.

        It is sent once more where the service asks for other claims, or takes a token no longer
        that it took before: the clock of a machine that slept says nothing of that.
        """
        sent: list[str] = []

        def token() -> str:
            sent.append(self.token(resource))
            return sent[-1]

        reply = send(Bearer(token))
        if reply.status != _NOT_TAKEN:
            self._taken.add(sent[-1])
            return reply
        challenge = decoded_challenge(reply.headers.get("www-authenticate", ""))
        if challenge:
            other = self.token(resource, challenge=challenge)
        elif sent[-1] in self._taken and _EXPIRED.search(reply.body):
            other = self._renewed(resource, sent[-1])
        else:
            return reply
        return send(Bearer(lambda: other))

    def _renewed(self, resource: str, old: str) -> str:
        """A token in place of an old one; the one that another thread has fetched meanwhile."""
        with self._lock:
            current = self.token(resource)
            if current != old:
                return current
            self._forget(old)
            return self.token(resource)

    def _forget(self, old: str) -> None:
        """Take a token out of the library's memory, which holds it for fresh."""
        if self.method == "managed-identity":
            self._application = None
            return
        cache = self._made().token_cache
        kept = cache.search(msal.TokenCache.CredentialType.ACCESS_TOKEN)
        for one in [one for one in kept if one["secret"] == old]:
            cache.remove_at(one)

    def claims(self, resource: str) -> Claims | None:
        """What the token for ``resource`` says of itself; signs in if that was not done yet."""
        return claims_of(self.token(resource))

    def _token(self, resource: str, challenge: str) -> str:
        try:
            if self.method == "managed-identity":
                result = self._of_machine(resource)
            else:
                application = self._made()
                scopes = [f"{resource.rstrip('/')}/.default"]
                more = {"claims_challenge": challenge} if challenge else {}
                if self.app_only:
                    result = application.acquire_token_for_client(scopes, **more)
                else:
                    result = self._of_person(application, scopes, more)
        except Unavailable:
            raise
        except msal.exceptions.MsalServiceError:
            raise Unavailable(tr("{} is in trouble", self._where), "Run again later.") from None
        except (ValueError, KeyError, TypeError, OSError, RuntimeError) as error:
            # Their texts may repeat what they were given, which may be a secret: only Entra's
            # number is taken from them.
            codes = [int(found) for found in _NUMBER.findall(f"{error} {error.__context__}")]
            if codes:
                raise self._refusal({"error_codes": codes}) from None
            raise Unavailable(
                tr("the sign-in at {} failed ({})", self._where, type(error).__name__),
                "Check [tenant] id, [tenant] cloud and [tenant.auth] in the engagement file.",
            ) from None
        if isinstance(result, dict) and isinstance(result.get("access_token"), str):
            return str(result["access_token"])
        raise self._refusal(result)

    @property
    def _where(self) -> str:
        return urlsplit(self._login).netloc

    def _refusal(self, result: object) -> Unavailable:
        said: Mapping[str, Any] = result if isinstance(result, dict) else {}
        text = str(said.get("error_description", ""))
        found = _NUMBER.search(text)
        codes = said.get("error_codes") or ([int(found[1])] if found else [])
        for code in codes:
            if code in _REASONS:
                reason, mend = _REASONS[code]
                return Unavailable(
                    tr("{} refused the sign-in: {} (AADSTS{})", self._where, reason, code), mend
                )
        if said.get("error") == "authorization_declined":
            return Unavailable(
                tr("{} refused the sign-in: the person declined it", self._where),
                "Sign in, or ask why.",
            )
        words = " ".join(
            (text.splitlines() or [str(said.get("error", msg("no reason given")))])[0].split()
        )
        return Unavailable(
            tr("{} refused the sign-in: {}", self._where, words[:200]),
            "Check [tenant] and [tenant.auth] in the engagement file.",
        )

    # -- applications --

    def _made(self) -> Any:  # noqa: ANN401 - msal has no types
        """The client of the library: making it already asks the login host."""
        if self._application is None:
            host = (urlsplit(self._login).hostname or "").lower()
            shared: dict[str, Any] = {
                "authority": f"{self._login}/{self._tenant}",
                "instance_discovery": None if host in KNOWN_LOGIN_HOSTS else False,
                "http_client": _Wire(self._client),
            }
            if self.app_only:
                self._application = msal.ConfidentialClientApplication(
                    self._client_id, client_credential=self._credential(), **shared
                )
            else:
                self._application = msal.PublicClientApplication(
                    self._client_id, token_cache=self._token_cache(), **shared
                )
        return self._application

    def _credential(self) -> str | dict[str, str]:
        if self.method == "client-secret":
            secret = "" if self._secret is None else self._secret()
            if not secret:
                raise Unavailable(
                    "no client secret is given",
                    'Set [tenant.auth] client_secret, such as { env = "ASSESS_CLIENT_SECRET" }.',
                )
            return secret
        if self._certificate is None:
            raise Unavailable(
                "no certificate to sign in with is named", "Set [tenant.auth] certificate."
            )
        password = None if self._password is None else self._password()
        return credential_of(self._certificate, password)

    def _of_machine(self, resource: str) -> object:
        """A token of the machine's own identity, whose endpoint may be busy or absent."""
        if self._application is None:
            identity = (
                msal.UserAssignedManagedIdentity(client_id=self._client_id)
                if self._client_id
                else msal.SystemAssignedManagedIdentity()
            )
            self._application = msal.ManagedIdentityClient(identity, http_client=_Metadata())
        result: object = None
        for attempt in range(1, _METADATA_TRIES + 1):
            try:
                result = self._application.acquire_token_for_client(resource=resource)
            except requests.exceptions.RequestException:
                raise Unavailable(
                    "this machine has no managed identity that answers",
                    "Run on an Azure machine with an identity, or choose another "
                    "[tenant.auth] method.",
                ) from None
            if isinstance(result, dict) and ("access_token" in result or "error" in result):
                return result
            if attempt < _METADATA_TRIES:
                self._sleep(2.0**attempt)
        return {"error_description": msg("the machine's identity endpoint gave no token")}

    # -- people --

    def _of_person(self, application: Any, scopes: list[str], more: dict[str, str]) -> object:  # noqa: ANN401
        for account in application.get_accounts():
            result = application.acquire_token_silent(scopes, account=account, **more)
            if result and "access_token" in result:
                return result
        if self.method == "device-code":
            return self._by_device_code(application, scopes, more)
        try:
            self._tell(tr("Sign in to the tenant in the browser window that opens."))
            return application.acquire_token_interactive(scopes, timeout=_BROWSER, **more)
        except (webbrowser.Error, RuntimeError, OSError):
            raise Unavailable(
                "nobody signed in: no browser could be opened, or it took too long",
                'Set [tenant.auth] method = "device-code" where there is no browser.',
            ) from None

    def _by_device_code(
        self,
        application: Any,  # noqa: ANN401
        scopes: list[str],
        more: dict[str, str],
    ) -> object:
        flow = application.initiate_device_flow(scopes=scopes, **more)
        if "user_code" not in flow:
            return flow
        where, code = flow.get("verification_uri", self._where), flow["user_code"]
        # Entra's own words where it sends them: they are in the person's language.
        self._tell(str(flow.get("message") or tr("Open {} and enter {} to sign in.", where, code)))
        flow["expires_at"] = min(flow["expires_at"], time.time() + _LASTS)
        return application.acquire_token_by_device_flow(flow, **more)

    def _token_cache(self) -> Any:  # noqa: ANN401
        """Where a person's sign-in is kept: in memory if the platform cannot encrypt a file."""
        if self._cache is None:
            return None
        try:
            from msal_extensions import (  # noqa: PLC0415 - an extra that few install
                PersistedTokenCache,
                build_encrypted_persistence,
            )
        except ImportError:
            self._tell(
                tr(
                    "The sign-in is kept in memory only: to keep it between runs, install the "
                    "extra token-cache (pip install 'assess[token-cache]')."
                )
            )
            return None
        try:
            self._cache.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            return PersistedTokenCache(build_encrypted_persistence(str(self._cache)))
        except Exception:  # noqa: BLE001 - each platform's keyring fails in its own way
            self._tell(
                tr(
                    "The sign-in is kept in memory only: this platform offers nothing to encrypt "
                    "it with (on Linux a running secret service and PyGObject are needed)."
                )
            )
            return None


def _again(refusal: Unavailable) -> Unavailable:
    return Unavailable(refusal.reason, refusal.mend, key=refusal.key, skipped=refusal.skipped)


def _to_standard_error(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


# ---- certificates ----


def credential_of(path: Path, password: str | None) -> dict[str, str]:
    """The key and certificate of a PEM or PFX file as the library wants them.

    Raises Unavailable, saying what is wrong with the file; the library would only say it later.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise Unavailable(
            tr("the certificate {} cannot be read: {}", path.name, error.strerror),
            "Check [tenant.auth] certificate.",
        ) from None
    secret = password.encode() if password else None
    try:
        if b"-----BEGIN" in data:
            key: object = load_pem_private_key(_private_part(data), secret)
            certificate = _matching(x509.load_pem_x509_certificates(data), key)
        else:
            key, certificate, _ = pkcs12.load_key_and_certificates(data, secret)
    except TypeError:
        raise Unavailable(
            tr(
                "the key in {} is encrypted and no password is set, or it is not encrypted and "
                "one is set",
                path.name,
            ),
            "Set [tenant.auth] certificate_password for an encrypted key, and only for one.",
        ) from None
    except (ValueError, UnsupportedAlgorithm):
        raise Unavailable(
            tr(
                "{} holds no key and certificate that can be read, or its password is wrong",
                path.name,
            ),
            "Name a PEM file with key and certificate, or a PFX, and its certificate_password.",
        ) from None
    if certificate is None or key is None:
        raise Unavailable(
            tr("{} does not hold both the certificate and its private key", path.name),
            "Export the certificate with its private key.",
        )
    if not isinstance(key, RSAPrivateKey):
        raise Unavailable(
            tr("the key in {} is not RSA, which Entra ID wants for a sign-in", path.name),
            "Sign in with a certificate that has an RSA key.",
        )
    plain = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return {
        "private_key": plain.decode(),
        "public_certificate": certificate.public_bytes(Encoding.PEM).decode(),
    }


def _private_part(data: bytes) -> bytes:
    found = re.search(rb"-----BEGIN ([A-Z ]*PRIVATE KEY)-----.*?-----END \1-----", data, re.DOTALL)
    if found is None:
        raise ValueError("no private key")
    return found[0] + b"\n"


def _matching(certificates: list[x509.Certificate], key: object) -> x509.Certificate | None:
    """The certificate of this key: a file may hold its authorities as well, in any order."""
    if not isinstance(key, RSAPrivateKey):
        return certificates[0] if certificates else None
    wanted = key.public_key()
    return next((one for one in certificates if one.public_key() == wanted), None)


# ---- what the library speaks through ----


@dataclass
class _Said:
    """An answer in the shape that the library reads."""

    status_code: int
    text: str
    headers: Mapping[str, str] = field(default_factory=dict)

    def raise_for_status(self) -> None:
        if self.status_code >= 400:  # noqa: PLR2004
            raise requests.exceptions.HTTPError(f"HTTP Error: {self.status_code}")


class _Wire:
    """The library's requests through our own client, with its authorities, proxy and limits."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def get(
        self,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        **_: object,
    ) -> _Said:
        query = f"?{urlencode(params)}" if params else ""
        return _said(self._client.ask(url + query, headers=headers))

    def post(
        self,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        data: Mapping[str, str] | str | None = None,
        headers: Mapping[str, str] | None = None,
        **_: object,
    ) -> _Said:
        query = f"?{urlencode(params)}" if params else ""
        body = data if isinstance(data, str) else urlencode(data or {})
        form = {"Content-Type": "application/x-www-form-urlencoded", **(headers or {})}
        reply = self._client.ask(url + query, method="POST", headers=form, body=body.encode())
        return _said(reply)

    def close(self) -> None:
        """The client belongs to somebody else."""


def _said(reply: Reply) -> _Said:
    return _Said(reply.status, reply.text, {k.lower(): v for k, v in reply.headers.items()})


class _Metadata(requests.Session):
    """For the machine's own identity endpoint: near by, without TLS, never through a proxy."""

    def __init__(self) -> None:
        super().__init__()
        self.trust_env = False

    def request(self, *args: Any, **kwargs: Any) -> requests.Response:  # noqa: ANN401
        """Ask, and give up soon: elsewhere than in Azure nobody is there."""
        kwargs["timeout"] = _METADATA_TIMEOUT
        kwargs["allow_redirects"] = False
        return super().request(*args, **kwargs)


def decoded_challenge(header: str) -> str:
    """The claims that a 401 asks for (continuous access evaluation); "" where it asks for none."""
    found = re.search(r'claims="([A-Za-z0-9+/=_-]+)"', header)
    if found is None or "insufficient_claims" not in header:
        return ""
    try:
        text = b64decode(
            found[1] + "=" * (-len(found[1]) % 4),
            altchars=b"-_" if set("-_") & set(found[1]) else None,
        )
        json.loads(text)
        return text.decode()
    except ValueError:
        return ""


# ---- from the engagement file ----

_SHARED: dict[tuple[str, ...], TokenSource] = {}
_SHARING = threading.Lock()


def cloud_of(engagement: Engagement) -> Cloud:
    """The national cloud of the tenant."""
    return CLOUDS[engagement.get("tenant.cloud", "public")]


def token_source(engagement: Engagement, *, client_id: str = "", method: str = "") -> TokenSource:
    """How this engagement signs in. A person signs in once, for every source of the same run.

    ``client_id`` and ``method`` are another client's, as the AdminService has one. Raises
    Unavailable where [tenant] is not set up.
    """
    method = method or engagement.get("tenant.auth.method", "")
    tenant = engagement.get("tenant.id", "")
    if not tenant or not method:
        absent = "id" if not tenant else msg("auth method")
        raise Unavailable(
            tr("[tenant] is not set up in {}: {} is missing", engagement.file, absent),
            "Set [tenant] id and [tenant.auth] method, then run again.",
            skipped=True,
        )
    client_id = client_id or engagement.get("tenant.auth.client_id", "")
    if not client_id and method != "managed-identity":
        raise Unavailable(
            tr("[tenant.auth] client_id is missing in {}", engagement.file),
            "Set [tenant.auth] client_id to the app registration that signs in.",
            skipped=True,
        )
    login = str(engagement.get("tenant.endpoints.login", cloud_of(engagement).login))

    def made() -> TokenSource:
        secret = engagement.get("tenant.auth.client_secret")
        password = engagement.get("tenant.auth.certificate_password")
        on_disk = engagement.get("tenant.auth.cache", "memory") == "disk"
        return TokenSource(
            method=method,
            login=login,
            tenant=tenant,
            client=Client.of(engagement, ca_key="tenant.ca_file"),
            client_id=client_id,
            secret=None if secret is None else secret.reveal,
            certificate=engagement.path("tenant.auth.certificate"),
            password=None if password is None else password.reveal,
            cache=_cache_file(tenant, client_id) if on_disk else None,
        )

    if method in APPLICATION_METHODS:
        return made()
    key = (method, login, tenant, client_id)
    with _SHARING:
        return _SHARED.setdefault(key, made())


class Later:
    """The token source of an engagement, made when it is asked for first; safe for many threads."""

    def __init__(self, engagement: Engagement) -> None:
        self._engagement = engagement
        self._source: TokenSource | None = None
        self._lock = threading.Lock()

    def __call__(self) -> TokenSource:
        """The one token source; raises Unavailable where no sign-in is set up."""
        with self._lock:
            if self._source is None:
                self._source = token_source(self._engagement)
            return self._source


def _cache_file(tenant: str, client_id: str) -> Path:
    """One file a tenant and client, in the folder where the account keeps its caches."""
    named = environ.get("LOCALAPPDATA") or environ.get("XDG_CACHE_HOME")
    folder = Path(named) if named else Path.home() / ".cache"
    return folder / "assess" / f"sign-in-{tenant}-{client_id}.bin"
