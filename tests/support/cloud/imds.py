"""The managed identity endpoint of an Azure machine, over plain HTTP as in Azure."""

from cloud.server import Server
from cloud.tenant import App
from cloud.tokens import TokenIssuer
from cloud.wire import Request, Response, json_response


class ImdsServer(Server):
    """Gives tokens to the tenant's managed identities; ``system`` is the one that comes without a name.

    Point ``AZURE_POD_IDENTITY_AUTHORITY_HOST`` at ``url``.
    """

    tls = False

    def __init__(self, issuer: TokenIssuer, system: App | None = None) -> None:
        super().__init__()
        self.issuer = issuer
        self.system = system

    def answer(self, request: Request) -> Response:
        if request.path != "/metadata/identity/oauth2/token":
            self.violate(request, "unknown path of the metadata service")
            return Response(404)
        if request.headers.get("metadata", "").lower() != "true":
            self.violate(request, "the header Metadata: true is missing")
            return _error("invalid_request", "Required metadata header not specified")
        name = request.query.get("resource", "")
        resource = self.issuer.tenant.resource(name)
        if request.query.get("api-version") != "2018-02-01" or resource is None:
            self.violate(request, "wrong api-version, or a resource that is none")
            return _error(
                "invalid_resource",
                f"AADSTS500011: The resource principal named {name} was not found in the tenant.",
            )
        app = self._wanted(request.query)
        if app is None:
            return _error("invalid_request", "Identity not found")
        expires = int(self.issuer.clock()) + self.issuer.life
        return json_response(
            {
                "access_token": self.issuer.for_app(app, name, resource),
                "client_id": app.client_id,
                "expires_in": str(self.issuer.life),
                "expires_on": str(expires),
                "ext_expires_in": str(self.issuer.life),
                "not_before": str(int(self.issuer.clock())),
                "resource": name,
                "token_type": "Bearer",
            }
        )

    def _wanted(self, query: dict[str, str]) -> App | None:
        identities = [a for a in self.issuer.tenant.apps if a.managed]
        for option in ("client_id", "object_id", "resource_id", "mi_res_id", "msi_res_id"):
            if option in query:
                attribute = "resource_id" if option.endswith("res_id") else option
                given = query[option].lower()
                return next((a for a in identities if getattr(a, attribute).lower() == given), None)
        return self.system


def _error(code: str, description: str) -> Response:
    return json_response({"error": code, "error_description": description}, 400)
