"""Entra ID: discovery, device code, authorisation code, and the token endpoint with its refusals."""

import hashlib
import re
import threading
import uuid
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from urllib.parse import urlencode

from cloud import assertion
from cloud.authority import Authority, Identity
from cloud.entra_documents import (
    Refusal,
    conditional_access,
    configuration,
    instances,
    posting_form,
    refused,
)
from cloud.server import Server
from cloud.tenant import App, Person, Resource
from cloud.tokens import Claims, TokenIssuer
from cloud.wire import Request, Response, json_response

DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"
JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
RESERVED = frozenset(("openid", "profile", "offline_access", "email"))
TENANTLESS = frozenset(("common", "organizations", "consumers"))


@dataclass
class Flow:
    """A sign-in under way: device code or authorisation code."""

    app: App
    resource: Resource
    audience: str
    scopes: frozenset[str]
    expires: float
    whole: bool = False
    user_code: str = ""
    person: Person | None = None
    ending: Refusal | None = None
    challenge: str = ""
    redirect: str = ""
    nonce: str = ""
    asked: int = field(default=0)


class EntraServer(Server):
    """The login host of one tenant.

    A person signs in by ``sign_in`` (device code) or is ``browser_user`` (authorisation code);
    ``auto_sign_in`` ends a device code flow after that many polls answered "pending".
    ``blocked`` is raised for every token request, as a conditional access policy would.
    """

    def __init__(
        self,
        issuer: TokenIssuer,
        *,
        authority: Authority | None = None,
        identity: Identity | None = None,
    ) -> None:
        super().__init__(authority=authority, identity=identity)
        self.issuer = issuer
        self.tenant = issuer.tenant
        self.browser_user: Person | None = None
        self.auto_sign_in: tuple[Person, int] | None = None
        self.interval = 5
        self.blocked: Refusal | None = None
        self._flows: dict[str, Flow] = {}
        self._refresh: dict[str, tuple[App, Person, frozenset[str]]] = {}
        self._flow_lock = threading.Lock()

    def sign_in(self, user_code: str, person: Person) -> None:
        """Let ``person`` enter the code that the device shows."""
        self._flow_of(user_code).person = person

    def decline(self, user_code: str) -> None:
        """Let the person refuse."""
        self._flow_of(user_code).ending = Refusal(
            70000, "The user declined the authorization request.", "authorization_declined"
        )

    def block(self, user_code: str) -> None:
        """Let conditional access block the flow after the sign-in."""
        self._flow_of(user_code).ending = conditional_access()

    def answer(self, request: Request) -> Response:
        if request.path.lower() == "/common/discovery/instance":
            return instances(self.tenant, request)
        found = re.fullmatch(
            r"/([^/]+)(/v2\.0/\.well-known/openid-configuration|/oauth2/v2\.0/(\w+))", request.path
        )
        if not found:
            self.violate(request, "unknown path of the login host")
            return Response(404)
        name, _, endpoint = found.groups()
        try:
            return self._of_tenant(request, name, endpoint)
        except Refusal as refusal:
            return refused(self.tenant, refusal, self.issuer.clock())

    def _of_tenant(self, request: Request, name: str, endpoint: str | None) -> Response:
        if not self.tenant.is_called(name) and name.lower() not in TENANTLESS:
            raise Refusal(
                90002,
                f"Tenant '{name}' not found. Check to make sure you have the correct tenant ID "
                "and are signing into the correct cloud.",
                "invalid_request" if endpoint else "invalid_tenant",
            )
        if endpoint is None:
            return json_response(configuration(self.tenant, request.root, name))
        return self._endpoint(request, name, endpoint)

    def _endpoint(self, request: Request, name: str, endpoint: str) -> Response:
        if endpoint == "authorize" and request.method == "GET":
            return self._authorize(request)
        if request.method != "POST":
            self.violate(request, "wrong method")
            raise Refusal(900561, "The endpoint only accepts POST requests.", "invalid_request")
        if "application/x-www-form-urlencoded" not in request.headers.get("content-type", ""):
            self.violate(request, "a token request is a form")
            raise Refusal(900144, "The request body must contain: 'grant_type'.", "invalid_request")
        match endpoint:
            case "token":
                return self._token(request, name)
            case "devicecode":
                return self._device_code(request)
            case _:
                self.violate(request, "unknown endpoint")
                return Response(404)

    def _token(self, request: Request, name: str) -> Response:
        form = request.form
        app = self._app(form.get("client_id", ""))
        if self.blocked:
            raise self.blocked
        match form.get("grant_type"):
            case "client_credentials":
                return self._client_credentials(request, name, app)
            case kind if kind == DEVICE_CODE:
                return self._device_token(request, app)
            case "refresh_token":
                return self._refreshed(request, app)
            case "authorization_code":
                return self._code_token(request, app)
            case None:
                raise Refusal(
                    900144, "The request body must contain: 'grant_type'.", "invalid_request"
                )
            case other:
                raise Refusal(
                    70003,
                    f"The app requested an unsupported grant type '{other}'.",
                    "unsupported_grant_type",
                )

    def _client_credentials(self, request: Request, name: str, app: App) -> Response:
        if name.lower() in TENANTLESS:
            self.violate(request, "client credentials need a tenant")
            raise Refusal(
                9001023,
                f"The grant type is not supported over the /{name.lower()} endpoint.",
                "invalid_request",
            )
        self._authenticate(request, app)
        scope = request.form.get("scope", "").split()
        wanted = [s for s in scope if s not in RESERVED]
        if len(wanted) > 1:
            raise Refusal(
                70011,
                "The provided value for the input parameter 'scope' is not valid.",
                "invalid_scope",
            )
        if not wanted or not wanted[0].endswith("/.default"):
            raise Refusal(
                1002012,
                f"The provided value for scope {' '.join(scope)} is not valid. Client credential flows must "
                "have a scope value with /.default suffixed to the resource identifier.",
                "invalid_scope",
            )
        audience = wanted[0].removesuffix("/.default")
        token = self.issuer.for_app(app, audience, self._resource(audience))
        return json_response(
            {
                "token_type": "Bearer",
                "expires_in": self.issuer.life,
                "ext_expires_in": self.issuer.life,
                "access_token": token,
            }
        )

    def _authenticate(self, request: Request, app: App) -> None:
        """Refuse a client that cannot prove itself; a public client must not try."""
        form = request.form
        now = self.issuer.clock()
        if app.public_client and not (app.secrets or app.certificates):
            raise Refusal(
                700025,
                "Client is public so neither 'client_assertion' nor 'client_secret' should be presented.",
                "invalid_client",
                401,
            )
        if "client_assertion" in form:
            if form.get("client_assertion_type") != JWT_BEARER:
                raise Refusal(700021, "Wrong 'client_assertion_type'.", "invalid_client", 401)
            audiences = frozenset(
                f"{request.root}/{name}{end}"
                for name in (self.tenant.id, *self.tenant.domains)
                for end in ("/oauth2/v2.0/token", "/v2.0")
            )
            words = assertion.objection(form["client_assertion"], app, audiences, now)
            if words:
                number, _, text = words.removeprefix("AADSTS").partition(": ")
                raise Refusal(int(number), text, "invalid_client", 401)
            return
        given = form.get("client_secret")
        if given is None:
            raise Refusal(
                7000218,
                "The request body must contain the following parameter: 'client_assertion' or "
                "'client_secret'.",
                "invalid_client",
                401,
            )
        secret = next((s for s in app.secrets if s.value == given), None)
        if secret is None:
            raise Refusal(
                7000215,
                "Invalid client secret provided. Ensure the secret being sent in the request is the client "
                "secret value, not the client secret ID, for a secret added to app "
                f"'{app.client_id}'.",
                "invalid_client",
                401,
            )
        if secret.expires <= now:
            raise Refusal(
                7000222,
                f"The provided client secret keys for app '{app.client_id}' are expired. Visit the Azure "
                "portal to create new keys for your app.",
                "invalid_client",
                401,
            )

    def _device_code(self, request: Request) -> Response:
        app = self._app(request.form.get("client_id", ""))
        flow = self._flow(app, request.form.get("scope", ""))
        code = uuid.uuid4().hex
        flow.user_code = code[:9].upper()
        with self._flow_lock:
            self._flows[code] = flow
        address = "https://microsoft.com/devicelogin"
        return json_response(
            {
                "user_code": flow.user_code,
                "device_code": code,
                "verification_uri": address,
                "expires_in": 900,
                "interval": self.interval,
                "message": f"To sign in, use a web browser to open the page {address} and enter the code "
                f"{flow.user_code} to authenticate.",
            }
        )

    def _device_token(self, request: Request, app: App) -> Response:
        code = request.form.get("device_code", "")
        with self._flow_lock:
            flow = self._flows.get(code)
        if flow is None:
            raise Refusal(70018, "The device code is not valid.", "bad_verification_code")
        if not app.public_client:
            raise Refusal(
                7000218,
                "The request body must contain the following parameter: 'client_assertion' or "
                "'client_secret'.",
                "invalid_client",
                401,
            )
        if flow.expires <= self.issuer.clock():
            raise Refusal(70019, "The device code has expired.", "expired_token")
        if flow.ending:
            raise flow.ending
        flow.asked += 1
        if flow.person is None and self.auto_sign_in and flow.asked > self.auto_sign_in[1]:
            flow.person = self.auto_sign_in[0]
        if flow.person is None:
            raise Refusal(
                70016,
                "OAuth 2.0 device flow error. Authorization is pending. Continue polling.",
                "authorization_pending",
            )
        with self._flow_lock:
            self._flows.pop(code, None)
        return self._delegated(request, flow, flow.person)

    def _authorize(self, request: Request) -> Response:
        query = request.query
        flow = self._flow(self._app(query.get("client_id", "")), query.get("scope", ""))
        flow.redirect, flow.nonce = query.get("redirect_uri", ""), query.get("nonce", "")
        flow.challenge, flow.person = query.get("code_challenge", ""), self.browser_user
        back = {"state": query.get("state", "")}
        if flow.person is None:
            back |= {"error": "access_denied", "error_description": "AADSTS65004: User declined."}
        else:
            code = uuid.uuid4().hex
            with self._flow_lock:
                self._flows[code] = flow
            back |= {"code": code}
        if query.get("response_mode") == "form_post":
            return posting_form(flow.redirect, back)
        return Response(302, headers={"Location": f"{flow.redirect}?{urlencode(back)}"})

    def _code_token(self, request: Request, app: App) -> Response:
        form = request.form
        with self._flow_lock:
            flow = self._flows.pop(form.get("code", ""), None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        if flow is None or flow.person is None or flow.app is not app:
            raise Refusal(70008, "The provided authorization code is expired.", "invalid_grant")
        if form.get("redirect_uri") != flow.redirect:
            raise Refusal(50011, "The redirect URI does not match.", "invalid_request")
        if flow.challenge != urlsafe_b64encode(digest).decode().rstrip("="):
            raise Refusal(
                501481, "The Code_Verifier does not match the code_challenge.", "invalid_grant"
            )
        return self._delegated(request, flow, flow.person)

    def _refreshed(self, request: Request, app: App) -> Response:
        with self._flow_lock:
            known = self._refresh.get(request.form.get("refresh_token", ""))
        if known is None or known[0] is not app:
            raise Refusal(
                70000, "The provided value for the 'refresh_token' is not valid.", "invalid_grant"
            )
        return self._delegated(request, self._flow(app, request.form.get("scope", "")), known[1])

    def _flow(self, app: App, scope: str) -> Flow:
        """Return a flow for the scopes asked for, or refuse what was not consented to."""
        wanted = [s for s in scope.split() if s not in RESERVED]
        if not wanted:
            raise Refusal(
                70011,
                "The provided value for the input parameter 'scope' is not valid.",
                "invalid_scope",
            )
        parts = [
            s.rpartition("/")
            if "://" in s
            else (self.tenant.of_kind("graph").identifiers[0], "/", s)
            for s in wanted
        ]
        resources = {id(self._resource(p[0])): self._resource(p[0]) for p in parts}
        if len(resources) > 1:
            raise Refusal(
                28000,
                "The provided scope is not valid because it contains more than one resource.",
                "invalid_scope",
            )
        resource = next(iter(resources.values()))
        names = {p[2] for p in parts}
        consented = (
            app.delegated if resource.kind == "graph" else frozenset(("user_impersonation",))
        )
        if ".default" in names and len(names) > 1:
            raise Refusal(
                70011,
                ".default scope can't be combined with resource-specific scopes.",
                "invalid_scope",
            )
        granted = consented if ".default" in names else frozenset(names)
        if not granted or not granted <= consented:
            raise Refusal(
                65001,
                f"The user or administrator has not consented to use the application with ID '{app.client_id}' "
                f"named '{app.name}'. Send an interactive authorization request for this user and resource.",
                "invalid_grant",
                suberror="consent_required",
            )
        whole = ".default" in names
        return Flow(app, resource, parts[0][0], granted, self.issuer.clock() + 900, whole=whole)

    def _delegated(self, request: Request, flow: Flow, person: Person) -> Response:
        token = self.issuer.for_person(flow.app, person, flow.audience, flow.scopes)
        refresh = uuid.uuid4().hex
        with self._flow_lock:
            self._refresh[refresh] = (flow.app, person, flow.scopes)
        now = int(self.issuer.clock())
        identity: Claims = {
            "aud": flow.app.client_id,
            "iss": f"{request.root}/{self.tenant.id}/v2.0",
            "iat": now,
            "nbf": now,
            "exp": now + self.issuer.life,
            "name": person.name,
            "oid": person.object_id,
            "preferred_username": person.upn,
            "sub": person.object_id,
            "tid": self.tenant.id,
            "ver": "2.0",
        } | ({"nonce": flow.nonce} if flow.nonce else {})
        # Who asked for /.default is told that too, else no library would find the token again.
        named = [*sorted(flow.scopes), *([".default"] if flow.whole else [])]
        info = f'{{"uid":"{person.object_id}","utid":"{self.tenant.id}"}}'.encode()
        return json_response(
            {
                "token_type": "Bearer",
                "scope": " ".join(f"{flow.audience}/{s}" for s in named),
                "expires_in": self.issuer.life,
                "ext_expires_in": self.issuer.life,
                "access_token": token,
                "refresh_token": refresh,
                "id_token": self.issuer.sign(identity),
                "client_info": urlsafe_b64encode(info).decode().rstrip("="),
            }
        )

    def _app(self, client_id: str) -> App:
        app = self.tenant.app(client_id)
        if app is None or app.managed:
            raise Refusal(
                700016,
                f"Application with identifier '{client_id}' was not found in the directory "
                f"'{self.tenant.id}'.",
                "unauthorized_client",
            )
        if not app.enabled:
            raise Refusal(
                7000112,
                f"Application '{client_id}'({app.name}) is disabled.",
                "unauthorized_client",
            )
        return app

    def _resource(self, name: str) -> Resource:
        resource = self.tenant.resource(name)
        if resource is None:
            raise Refusal(
                500011,
                f"The resource principal named {name} was not found in the tenant named "
                f"{self.tenant.domains[0]}.",
                "invalid_resource",
            )
        return resource

    def _flow_of(self, user_code: str) -> Flow:
        with self._flow_lock:
            return next(f for f in self._flows.values() if f.user_code == user_code)
