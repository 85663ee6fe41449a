"""Reads Azure Resource Manager: any ``ArmAsk``. Nothing is changed there, nothing is registered.

GET, and POST for the two checks of a name: another method cannot be sent, another POST is refused.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar

import msgspec

from assess.connectors import Visit
from assess.connectors.http import Client
from assess.connectors.http_replies import Reply, origin, place, refusal
from assess.connectors.tokens import Later, TokenSource, cloud_of
from assess.engagement import Engagement
from assess.errors import Unavailable
from assess.evidence import Ask
from assess.evidence.arm import ArmAsk, Availability, Subscription, Subscriptions
from assess.language import tr, trn

T = TypeVar("T")
_MOST_PAGES = 10_000
_SHOWN = 40
_CHECK = re.compile(
    r"/subscriptions/[^/?]+/providers/Microsoft\.(Storage|KeyVault)/checkNameAvailability\?"
)


class _Page(msgspec.Struct, Generic[T], frozen=True):
    """One page of a list. Its next link has no prefix here, unlike Graph's."""

    value: tuple[T, ...]
    next: str | None = msgspec.field(name="nextLink", default=None)


class ArmConnector:
    """Asks Azure Resource Manager below ``root``, with tokens for ``resource``."""

    source = "azure-arm"

    def __init__(
        self, *, root: str, resource: str, client: Client, tokens: Callable[[], TokenSource]
    ) -> None:
        self._root = root.rstrip("/")
        self._resource = resource
        self._client = client
        self._tokens = tokens

    def answers(self, ask: Ask) -> bool:
        """Every question to Azure Resource Manager."""
        return isinstance(ask, ArmAsk)

    def close(self) -> None:
        """Give connections back."""
        self._client.close()

    def fetch(self, ask: Ask, visit: Visit) -> Any:  # noqa: ANN401 - an ``ask.answer``
        """The answer to a bound question; raises Unavailable with reason and mend."""
        assert isinstance(ask, ArmAsk)
        tokens = self._tokens()
        if ask.shape == "list":
            return self._list(ask, visit, tokens)
        reply = self._ask(ask, self._root + ask.url(), visit, tokens)
        if not reply.ok:
            code, message = _error(reply)
            if code in ask.errors:
                visit.note(ask.describe(), f"{reply.status} {code}: {message}")
                return ask.of_error(code, message)
            raise self._refused(reply, ask)
        item: Any = ask.item
        answer = _availability(reply) if item is Availability else reply.decode(item)
        visit.note(ask.describe(), _shown(answer))
        return answer

    def probe(self, visit: Visit) -> str:
        """Sign in and list the subscriptions on which the account has a role."""
        found: tuple[Subscription, ...] = self.fetch(Subscriptions(), visit)
        if not found:
            raise Unavailable(
                "the account has no role on any subscription",
                "Give it the role Reader on the subscription of the gateway.",
            )
        return trn(
            len(found),
            "sees {n} subscription: {}",
            "sees {n} subscriptions: {}",
            ", ".join(one.label for one in found[:5]),
        )

    def _ask(self, ask: ArmAsk, url: str, visit: Visit, tokens: TokenSource) -> Reply:
        if ask.shape != "check":
            return tokens.ask(
                self._resource, lambda auth: self._client.ask(url, visit=visit, auth=auth)
            )
        if not _CHECK.match(ask.url()):
            raise ValueError(f"{place(url)} is not one of the checks of a name")
        headers = {"Content-Type": "application/json"}
        return tokens.ask(
            self._resource,
            lambda auth: self._client.ask(
                url, visit=visit, auth=auth, method="POST", headers=headers, body=ask.sent()
            ),
        )

    def _list(self, ask: ArmAsk, visit: Visit, tokens: TokenSource) -> tuple[Any, ...]:
        item: Any = ask.item
        items: list[Any] = []
        url: str | None = self._root + ask.url()
        visited: set[str] = set()
        while url is not None:
            if url in visited or len(visited) >= _MOST_PAGES:
                raise Unavailable(
                    tr("Azure's pages of {} lead in a circle", place(url)),
                    "Run again; the list was not read to its end.",
                )
            visited.add(url)
            reply = self._ask(ask, url, visit, tokens)
            if not reply.ok:
                raise self._refused(reply, ask)
            page = reply.decode(_Page[item])
            items += page.value
            url = page.next or None
            if url is not None and not self._own(url):
                raise Unavailable(
                    "Azure's next page lies on another host; the token is not taken there",
                    "Look whether a proxy changes what Azure answers.",
                )
        visit.note(ask.describe(), trn(len(items), "{n} item", "{n} items"))
        for one in items[:_SHOWN]:
            visit.note(ask.describe(), _shown(one))
        return tuple(items)

    def _own(self, url: str) -> bool:
        try:
            return origin(url) == origin(self._root)
        except ValueError:
            return False

    def _refused(self, reply: Reply, ask: ArmAsk) -> Unavailable:
        code, message = _error(reply)
        what = place(reply.url)
        match code:
            case "AuthorizationFailed":
                wanted = tr(" and ").join(ask.permissions)
                return Unavailable(
                    tr("Azure refuses {} ({} {}): {} is missing", what, reply.status, code, wanted),
                    tr(
                        "Give the account that signs in: {}. Permissions of Graph give "
                        "nothing in Azure.",
                        wanted,
                    ),
                )
            case "SubscriptionNotFound" | "InvalidSubscriptionId":
                return Unavailable(
                    tr(
                        "Azure does not find the subscription of {} in this tenant ({})", what, code
                    ),
                    "Check azure.subscription_id.",
                )
            case "MissingSubscriptionRegistration":
                return Unavailable(
                    tr("the subscription has not registered what {} asks for ({})", what, code),
                    "Register the resource provider in the Azure portal; this tool never does.",
                )
            case "NoRegisteredProviderFound" | "LocationNotAvailableForResourceType":
                return Unavailable(
                    tr("Azure has no such service in this region ({}): {}", code, message[:200]),
                    "Check the region in the engagement file.",
                )
            case _:
                pass
        if reply.status == 401:  # noqa: PLR2004
            return Unavailable(
                tr("Azure Resource Manager does not accept the token (401 {})", code),
                "Check [tenant] id, [tenant] cloud and the clock of this machine.",
            )
        if code and reply.status in {400, 403, 404, 409}:
            return Unavailable(
                tr("Azure refuses {} ({} {}): {}", what, reply.status, code, message[:200]),
                "Check the ids and names in the engagement file, and the role on the subscription.",
            )
        return refusal(reply)


def _error(reply: Reply) -> tuple[str, str]:
    """Code and message of an error body; both empty where it is something else."""
    try:
        error = reply.decode(dict[str, Any]).get("error")
    except Unavailable:
        return "", ""
    if not isinstance(error, Mapping):
        return "", ""
    code = re.sub(r"[^\w.-]", "", str(error.get("code") or ""))[:80]
    return code, " ".join(str(error.get("message") or "").split())[:1000]


def _availability(reply: Reply) -> Availability:
    """The two services name the same thing differently, and one has answered with texts."""
    said = {name.lower(): value for name, value in reply.decode(dict[str, Any]).items()}
    free = said.get("available", said.get("nameavailable"))
    if isinstance(free, str):
        free = {"true": True, "false": False}.get(free.lower())
    if not isinstance(free, bool):
        raise Unavailable(
            tr("{} did not say whether the name is free: {}", place(reply.url), reply.excerpt),
            "Run again later, or look in the Azure portal.",
        )
    return Availability(free, str(said.get("reason") or ""), str(said.get("message") or ""))


def _shown(item: object) -> str:
    tag = {"type": type(item).__name__}
    fields = msgspec.to_builtins(item).items()
    return ", ".join(
        f"{name}: {_plain(value)}"
        for name, value in fields
        if value not in (None, "") and {name: value} != tag
    )


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return ", ".join(map(_plain, value.values()))
    return str(value)


def connect(engagement: Engagement) -> ArmConnector:
    """Azure Resource Manager of the engagement's cloud; nothing happens before a question."""
    cloud = cloud_of(engagement)
    return ArmConnector(
        root=str(engagement.get("tenant.endpoints.arm", cloud.arm)),
        resource=cloud.arm_resource,
        client=Client.of(engagement, ca_key="tenant.ca_file"),
        tokens=Later(engagement),
    )
