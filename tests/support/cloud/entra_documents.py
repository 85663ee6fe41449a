"""What Entra ID writes: its refusals, its discovery documents, the page that posts a code on."""

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape

from cloud.tenant import Tenant
from cloud.tokens import Claims
from cloud.wire import JSON, Request, Response, json_response


@dataclass
class Refusal(Exception):
    """One of Entra's errors."""

    number: int
    text: str
    error: str
    status: int = 400
    suberror: str = ""


def configuration(tenant: Tenant, root: str, name: str) -> Claims:
    """Return the OpenID document of the tenant under the name it was asked by."""
    base = f"{root}/{name}"
    document: Claims = {
        "token_endpoint": f"{base}/oauth2/v2.0/token",
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
        "jwks_uri": f"{base}/discovery/v2.0/keys",
        "response_types_supported": ["code", "id_token", "code id_token"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "issuer": f"{root}/{tenant.id}/v2.0",
        "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
        "device_authorization_endpoint": f"{base}/oauth2/v2.0/devicecode",
        "tenant_region_scope": tenant.region,
        "cloud_instance_name": tenant.national.name,
        "cloud_graph_host_name": "graph.windows.net",
        "msgraph_host": tenant.national.graph,
    }
    if tenant.region_sub:
        document["tenant_region_sub_scope"] = tenant.region_sub
    return document


def instances(tenant: Tenant, request: Request) -> Response:
    """Return the answer of instance discovery: it points back to this server."""
    endpoint = request.query.get("authorization_endpoint", "")
    host = tenant.national.login
    name = endpoint.split("/")[3] if endpoint.count("/") > 2 else tenant.id
    return json_response(
        {
            "tenant_discovery_endpoint": f"{request.root}/{name}/v2.0/.well-known/openid-configuration",
            "api-version": "1.1",
            "metadata": [{"preferred_network": host, "preferred_cache": host, "aliases": [host]}],
        }
    )


def refused(tenant: Tenant, refusal: Refusal, now: float) -> Response:
    """Return the error body."""
    trace, correlation = str(uuid.uuid4()), str(uuid.uuid4())
    moment = datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
    document = {
        "error": refusal.error,
        "error_description": f"AADSTS{refusal.number}: {refusal.text} Trace ID: {trace} "
        f"Correlation ID: {correlation} Timestamp: {moment}",
        "error_codes": [refusal.number],
        "timestamp": moment,
        "trace_id": trace,
        "correlation_id": correlation,
        "error_uri": f"https://{tenant.national.login}/error?code={refusal.number}",
    }
    if refusal.suberror:
        document["suberror"] = refusal.suberror
    return json_response(document, refusal.status, {"Content-Type": JSON})


def posting_form(action: str, fields: dict[str, str]) -> Response:
    """Return the page that a browser would post on to the application at once."""
    inputs = "".join(
        f'<input type="hidden" name="{escape(n)}" value="{escape(v)}"/>' for n, v in fields.items()
    )
    page = (
        f'<html><body><form method="POST" action="{escape(action)}">{inputs}</form></body></html>'
    )
    return Response(200, page.encode(), {"Content-Type": "text/html; charset=utf-8"})


def conditional_access() -> Refusal:
    """Return the refusal of a conditional access policy."""
    return Refusal(
        53003,
        "Access has been blocked by Conditional Access policies. The access policy does not allow token "
        "issuance.",
        "invalid_grant",
        suberror="message_only",
    )
