"""What Resource Manager accepts and how it refuses: versions, names, filters, errors."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cloud import odata
from cloud.azure import Subscription
from cloud.tokens import Claims
from cloud.wire import Json, Request, Response, json_response

CORE_VERSIONS = frozenset(
    (
        "2016-06-01",
        "2019-06-01",
        "2020-01-01",
        "2021-01-01",
        "2021-04-01",
        "2022-09-01",
        "2022-12-01",
        "2024-03-01",
        "2025-04-01",
    )
)
PROVIDER_VERSIONS: Mapping[str, frozenset[str]] = {
    "microsoft.network": frozenset(
        (
            "2018-11-01",
            "2020-11-01",
            "2021-08-01",
            "2022-07-01",
            "2023-09-01",
            "2024-05-01",
            "2025-01-01",
            "2026-03-01",
        )
    ),
    "microsoft.keyvault": frozenset(
        ("2019-09-01", "2021-10-01", "2022-07-01", "2023-02-01", "2023-07-01", "2024-11-01")
    ),
    "microsoft.storage": frozenset(
        ("2019-06-01", "2021-09-01", "2022-09-01", "2023-01-01", "2023-05-01", "2024-01-01")
    ),
    "microsoft.classiccompute": frozenset(("2015-06-01", "2016-04-01", "2016-11-01")),
    "microsoft.authorization": frozenset(
        ("2015-07-01", "2018-01-01-preview", "2020-04-01-preview", "2022-04-01")
    ),
}
LABEL = re.compile(r"[a-z][a-z0-9-]{1,61}[a-z0-9]")
VAULT = re.compile(r"(?!.*--)[a-zA-Z][a-zA-Z0-9-]{1,22}[a-zA-Z0-9]")
ACCOUNT = re.compile(r"[a-z0-9]{3,24}")


@dataclass
class ArmError(Exception):
    """An error answer; ``violation`` tells what a correct client would not have sent."""

    status: int
    code: str
    message: str
    violation: str | None = None


@dataclass(frozen=True)
class Ask:
    """One request inside one subscription; ``names`` are the values of the pattern."""

    request: Request
    subscription: Subscription
    claims: Claims
    names: tuple[str, ...]


def core_version(request: Request) -> None:
    """Refuse a version of the API that Resource Manager itself does not have."""
    given = request.query.get("api-version")
    if given is None:
        raise no_version()
    if given not in CORE_VERSIONS:
        text = f"The api-version '{given}' is invalid. The supported versions are '{','.join(sorted(CORE_VERSIONS))}'."
        raise ArmError(400, "InvalidApiVersionParameter", text, text)


def provider_version(ask: Ask, namespace: str, kind: str, location: str) -> None:
    """Refuse a version that the provider does not have, and a provider that is not registered."""
    given = ask.request.query.get("api-version")
    if given is None:
        raise no_version()
    supported = PROVIDER_VERSIONS[namespace.lower()]
    if given not in supported:
        text = (
            f"No registered resource provider found for location '{location}' and API version '{given}' for "
            f"type '{kind}'. The supported api-versions are '{', '.join(sorted(supported))}'."
        )
        raise ArmError(400, "NoRegisteredProviderFound", text, text)
    if ask.subscription.providers.get(namespace) != "Registered":
        raise ArmError(
            409,
            "MissingSubscriptionRegistration",
            f"The subscription is not registered to use namespace '{namespace}'. See "
            "https://aka.ms/rps-not-found for how to register subscriptions.",
        )


def name_check(
    ask: Ask, namespace: str, kind: str, form: re.Pattern[str], taken: frozenset[str]
) -> Response:
    """Answer whether a name is free; the body must be exactly what the service takes."""
    provider_version(ask, namespace, "checkNameAvailability", "global")
    if "application/json" not in ask.request.headers.get("content-type", ""):
        raise ArmError(
            415,
            "UnsupportedMediaType",
            "The content media type is not supported.",
            "a body that is not JSON",
        )
    body = ask.request.json()
    if not isinstance(body, dict) or set(body) != {"name", "type"} or body["type"] != kind:
        raise bad_body()
    name = str(body["name"])
    if not form.fullmatch(name):
        return json_response(
            {
                "nameAvailable": False,
                "reason": "AccountNameInvalid",
                "message": f"{name} is not a valid name.",
            }
        )
    if name.lower() in taken:
        text = f"The name {name} is already taken."
        return json_response({"nameAvailable": False, "reason": "AlreadyExists", "message": text})
    return json_response({"nameAvailable": True})


def filtered(request: Request, rows: Sequence[Json], allowed: tuple[str, ...]) -> Sequence[Json]:
    """Return the rows that an ``eq`` on one of the ``allowed`` properties chooses."""
    text = request.query.get("$filter")
    if text is None:
        return rows
    try:
        node = odata.parse(text)
    except odata.FilterSyntaxError as error:
        raise bad_filter(text) from error
    match node:
        case odata.Compare("eq", odata.Property((name,))) if name in allowed:
            renamed = {"resourceType": "type"}
            wanted = odata.Compare("eq", odata.Property((renamed.get(name, name),)), node.right)
            return [r for r in rows if odata.matches(wanted, r, lambda _row, _name: False)]
        case _:
            raise bad_filter(text)


def bad_filter(text: str) -> ArmError:
    """Return the refusal of a filter."""
    return ArmError(
        400,
        "InvalidFilterInQueryString",
        f"Invalid $filter '{text}' specified.",
        "a filter that is not supported",
    )


def bad_body() -> ArmError:
    """Return the refusal of a body."""
    text = "The request content was invalid and could not be deserialized."
    return ArmError(400, "InvalidRequestContent", text, text)


def no_version() -> ArmError:
    """Return the refusal of a request without a version."""
    text = "The api-version query parameter (?api-version=) is required for all requests."
    return ArmError(400, "MissingApiVersionParameter", text, text)


def not_found(request: Request, path: str) -> ArmError:
    """Return the refusal of an unknown path."""
    text = f"No HTTP resource was found that matches the request URI '{path}'."
    return ArmError(
        404, "InvalidResourceType" if request.method == "GET" else "NotFound", text, text
    )
