"""Reads Microsoft Graph: any ``GraphAsk``, each once, everything or ``Unavailable``.

Only GET is sent, and POST to ``$batch`` with nothing but GETs in it.

A refusal names the permission that is missing; where the body says that the tenant has no licence,
that is said instead. A list is read to its last page; a next link that leads to another host, or
back, is not followed.
"""

import logging
import re
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Generic, TypeVar

import msgspec
from msgspec import UNSET

from assess.connectors import TableWriter, Visit
from assess.connectors.http import Client
from assess.connectors.http_replies import Reply, origin, refusal
from assess.connectors.shared import Shared
from assess.connectors.tokens import Later, TokenSource, cloud_of
from assess.engagement import Engagement
from assess.errors import Unavailable
from assess.evidence import Ask
from assess.evidence.graph import Gathered, GraphAsk, Organization, Perhaps, covered
from assess.language import msg, tr, trn

T = TypeVar("T")
_LOG = logging.getLogger(__name__)
_MOST_PAGES = 100_000
_BATCH = 20  # requests that one batch may hold
_FEW = 3  # fewer than these are asked one by one
_LONGEST_WAIT = 300.0
_JSON = "application/json"
_SHOWN = 40  # items of a list of which each gets a note of its own
_INTUNE = re.compile(r"/(v1\.0|beta)/device(Management|AppManagement)", re.IGNORECASE)
_LICENCE = re.compile(
    r"licen[cs]e|premium|subscription|not applicable to target tenant", re.IGNORECASE
)
_LICENCE_CODE = re.compile(r"licen[cs]|premium", re.IGNORECASE)
_NO_INTUNE = "not applicable to target tenant"
_NO_SEGMENT = "resource not found for the segment"
_NO_PROPERTY = "could not find a property named"
# What is said where a permission is missing, and what grants it.
_DELEGATED = (
    msg("Graph refuses {} ({} {}): the delegated permission {} is missing"),
    msg(
        "Grant the delegated permission {} and give admin consent; a managed identity sees it "
        "after some hours."
    ),
)
_APPLICATION = (
    msg("Graph refuses {} ({} {}): the application permission {} is missing"),
    msg(
        "Grant the application permission {} and give admin consent; a managed identity sees it "
        "after some hours."
    ),
)
# A seventh digit rounds this up into the year 10000, which no date type holds.
_FOR_EVER = (b"9999-12-31T23:59:59.9999999", b"9999-12-31T23:59:59.999999")


class _Page(msgspec.Struct, Generic[T], frozen=True):
    """One page of a list."""

    value: tuple[T, ...]
    next: str | None = msgspec.field(name="@odata.nextLink", default=None)


class _Part(msgspec.Struct, frozen=True):
    """The answer to one part of a batch. A body that is no JSON comes as a text."""

    id: str
    status: int
    headers: dict[str, Any] | None = None
    body: msgspec.Raw = msgspec.Raw(b"null")


class _Parts(msgspec.Struct, frozen=True):
    """The answers to the parts of a batch, in any order."""

    responses: tuple[_Part, ...]


def _address(url: str, ask: GraphAsk, accept: str) -> str:
    """What makes one request the same as another."""
    return f"{accept} {ask.advanced} {url}"


class _Absent(Exception):
    """What was named does not exist: 404."""


class GraphConnector:
    """Asks Graph below ``root``, with tokens for ``resource``.

    ``tokens`` is asked for on the first question, and refuses there if no sign-in is set up.
    """

    source = "graph"

    def __init__(
        self,
        *,
        root: str,
        resource: str,
        client: Client,
        tokens: Callable[[], TokenSource],
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._root = root.rstrip("/")
        self._resource = resource
        self._client = client
        self._tokens = tokens
        self._sleep = sleep
        self._shared = Shared()

    def answers(self, ask: Ask) -> bool:
        """Every question to Graph."""
        return isinstance(ask, GraphAsk)

    def close(self) -> None:
        """Give connections back."""
        self._client.close()

    def fetch(self, ask: Ask, visit: Visit) -> Any:  # noqa: ANN401 - an ``ask.answer``
        """The answer to a bound question; raises Unavailable with reason and mend."""
        assert isinstance(ask, GraphAsk)
        tokens = self._tokens()
        if ask.delegated_only and tokens.app_only:
            wanted = " or ".join(ask.wanted)
            raise Unavailable(
                tr(
                    "Graph lets only a signed-in person ask for {}: delegated {}; this "
                    "run signs in as an application",
                    _path(ask),
                    wanted,
                ),
                'Run again with [tenant.auth] method = "device-code", or look it up by hand.',
            )
        reading = _Reading(self, ask, visit, tokens)
        return reading.gathered() if ask.each else reading.plain()

    def probe(self, visit: Visit) -> str:
        """Sign in and ask for the tenant's name: whose tenant it is, and who is signed in."""
        tokens, ask = self._tokens(), Organization()
        claims = tokens.claims(self._resource)
        reply = self.get(self.address(ask.url()), ask, visit, tokens, accept="application/json")
        if not reply.ok and reply.status != 403:  # noqa: PLR2004
            raise self.refused(reply, ask, tokens)
        tenant = msg("a tenant whose name it may not read")
        if reply.ok:
            tenant = str(_Reading(self, ask, visit, tokens).entity(reply).display_name)
        who = "" if claims is None else f" {claims.who or claims.app_id}"
        held = msg("permissions that are not known") if claims is None else _listed(claims.held)
        if tokens.app_only:
            return tr("reached {}, signed in as the application{} with {}", tenant, who, held)
        return tr("reached {}, signed in as the person{} with {}", tenant, who, held)

    def held(self) -> frozenset[str] | None:
        """The permissions in the token; None where it does not show them."""
        claims = self._tokens().claims(self._resource)
        return None if claims is None else claims.held

    # -- for _Reading --

    def get(
        self, url: str, ask: GraphAsk, visit: Visit, tokens: TokenSource, *, accept: str
    ) -> Reply:
        """One answer, of whatever status; what several questions may want goes out once."""
        if not ask.varies:
            return self._get(url, ask, visit, tokens, accept)
        name = _address(url, ask, accept)
        return self._shared.of(name, lambda: self._get(url, ask, visit, tokens, accept))

    def _get(
        self, url: str, ask: GraphAsk, visit: Visit, tokens: TokenSource, accept: str
    ) -> Reply:
        headers = {"Accept": accept, "client-request-id": str(uuid.uuid4())}
        if ask.advanced:
            headers["ConsistencyLevel"] = "eventual"
        reply = tokens.ask(
            self._resource,
            lambda auth: self._client.ask(url, visit=visit, headers=headers, auth=auth),
        )
        _LOG.debug("%s %s %s", headers["client-request-id"], reply.status, url)
        return reply

    def together(
        self, paths: Sequence[str], ask: GraphAsk, visit: Visit, tokens: TokenSource
    ) -> dict[str, Reply]:
        """The answers by address, twenty to a request; what is not among them is asked alone.

        Only what was found, or is not there, counts as answered: a part that was refused or put
        off is asked again by itself, after the longest wait that a part was told. What another
        question has asked, or is asking, is left to it.
        """
        names = {_address(self.address(path), ask, _JSON): path for path in paths}
        mine = self._shared.claim(names)
        found: dict[str, Reply] = {}
        try:
            for start in range(0, len(mine), _BATCH) if len(mine) >= _FEW else ():
                several = [names[name] for name in mine[start : start + _BATCH]]
                found |= self._batch(several, ask, visit, tokens)
        except Unavailable as failure:
            _LOG.debug("no batch: %s", failure.reason)
        finally:
            for name in mine:
                self._shared.settle(name, found.get(self.address(names[name])))
        return found

    def _batch(
        self, paths: Sequence[str], ask: GraphAsk, visit: Visit, tokens: TokenSource
    ) -> dict[str, Reply]:
        inside = {"Accept": "application/json"}
        if ask.advanced:
            inside["ConsistencyLevel"] = "eventual"
        version = f"/{ask.version}"
        parts = [
            {"id": str(n), "method": "GET", "url": path.removeprefix(version), "headers": inside}
            for n, path in enumerate(paths)
        ]
        headers = {"Content-Type": "application/json", "client-request-id": str(uuid.uuid4())}
        reply = tokens.ask(
            self._resource,
            lambda auth: self._client.ask(
                self.address(f"{version}/$batch"),
                visit=visit,
                method="POST",
                headers=headers,
                body=msgspec.json.encode({"requests": parts}),
                auth=auth,
            ),
        )
        if not reply.ok:
            raise refusal(reply)
        urls = {str(n): self.address(path) for n, path in enumerate(paths)}
        found: dict[str, Reply] = {}
        waits = [0.0]
        for part in reply.decode(_Parts).responses:
            said = {n.lower(): str(v) for n, v in (part.headers or {}).items()}
            body = bytes(part.body)
            if part.status in {200, 404} and part.id in urls and body.startswith(b"{"):
                url = urls[part.id]
                found[url] = Reply(url, part.status, said, body)
            elif said.get("retry-after", "").isdecimal():
                waits.append(float(said["retry-after"]))
        self.pause(min(max(waits), _LONGEST_WAIT))
        return found

    def pause(self, seconds: float) -> None:
        """Wait as long as the service wants between two requests."""
        if seconds > 0:
            self._sleep(seconds)

    def address(self, path: str) -> str:
        """The address of a path below the root."""
        return self._root + path

    def own(self, url: str) -> bool:
        """Whether an address is one of this service: only there may the token go."""
        try:
            return origin(url) == origin(self._root)
        except ValueError:
            return False

    def filled(self, ask: GraphAsk, tokens: TokenSource) -> None:
        """Refuse an answer that can only be blank where it matters, which Graph does not say."""
        claims = tokens.claims(self._resource) if ask.fills else None
        if claims is not None and claims.held and not claims.held & ask.fills:
            wanted = tr(" and ").join(ask.permissions if tokens.app_only else ask.wanted)
            raise Unavailable(
                tr(
                    "Graph answers {} with blanks: the permission {} is missing", _path(ask), wanted
                ),
                tr("Grant {} and give admin consent.", wanted),
            )

    def refused(self, reply: Reply, ask: GraphAsk, tokens: TokenSource) -> Unavailable:
        """What a refusal means, in a sentence that names the permission or the licence."""
        code, message = _error(reply)
        said = message.lower()
        what = _path(ask)
        if reply.status in {400, 404} and (_NO_SEGMENT in said or _NO_PROPERTY in said):
            return Unavailable(
                tr(
                    "Graph does not know {} in the form that this version asks for ({} {})",
                    what,
                    reply.status,
                    code,
                ),
                "In a national cloud the feature may be missing; else report this as a fault.",
            )
        if reply.status in {400, 403} and _LICENCE_CODE.search(code):
            return _unlicensed(what, reply.status, code)
        if _NO_INTUNE in said:
            return Unavailable(
                tr(
                    "Graph says of {} that the tenant has no Intune, or not the licence "
                    "it needs ({} {})",
                    what,
                    reply.status,
                    code,
                ),
                "Activate Intune in the tenant, see licence.intune-subscription.",
            )
        intune = _INTUNE.match(ask.url("x") if ask.each else ask.url()) is not None
        if reply.status == 401 and not (intune and _intune_forbids(code, message)):  # noqa: PLR2004
            return Unavailable(
                tr("Graph does not accept the token (401 {})", code),
                "Check [tenant] id, [tenant] cloud and the clock of this machine.",
            )
        if reply.status in {401, 403}:
            return self._not_allowed(reply.status, code, message, ask, tokens)
        if reply.status == 501:  # noqa: PLR2004
            return Unavailable(tr("the feature behind {} is retired (501 {})", what, code))
        if reply.status == 404:  # noqa: PLR2004
            return Unavailable(
                tr("Graph does not find {} (404 {})", what, code),
                "Check the ids in the engagement file.",
            )
        if code and reply.status == 400:  # noqa: PLR2004
            return Unavailable(
                tr("Graph rejects the request for {} (400 {}): {}", what, code, message[:200])
            )
        return refusal(reply)

    def _not_allowed(
        self, status: int, code: str, message: str, ask: GraphAsk, tokens: TokenSource
    ) -> Unavailable:
        what, person = _path(ask), not tokens.app_only
        wanted = ask.wanted if person else ask.permissions
        claims = tokens.claims(self._resource)
        held = None if claims is None else covered(claims.held)
        lacking = wanted if held is None else tuple(p for p in wanted if p not in held)
        if _LICENCE.search(message) and not lacking:
            return _unlicensed(what, status, code)
        if lacking:
            missing = tr(" and ").join(lacking)
            said, mend = _DELEGATED if person else _APPLICATION
            return Unavailable(tr(said, what, status, code, missing), tr(mend, missing))
        role = (
            msg("the person needs a role such as Global Reader, or Intune a licence")
            if person
            else msg("a licence may be missing, or the consent is not in effect yet")
        )
        return Unavailable(
            tr(
                "Graph refuses {} ({} {}) although {} is granted: {}",
                what,
                status,
                code,
                tr(" and ").join(wanted),
                role,
            ),
            "Give the account the role Global Reader, and compare the licences (licence.*).",
        )


class _Reading:
    """One question on its way: pages, notes and tables."""

    def __init__(
        self, connector: GraphConnector, ask: GraphAsk, visit: Visit, tokens: TokenSource
    ) -> None:
        self._connector = connector
        self._ask = ask
        self._visit = visit
        self._tokens = tokens
        self._known: dict[str, Reply] = {}  # what came together with others

    # -- one path --

    def plain(self) -> Any:  # noqa: ANN401
        """The answer where there is one path to ask."""
        ask = self._ask
        match ask.shape:
            case "one":
                return self._one("", about=None)
            case "perhaps":
                try:
                    return Perhaps(self._one("", about=None))
                except _Absent:
                    self._note("there is none (404)")
                    return Perhaps(None)
            case "count":
                number = self._count("")
                self._note(str(number))
                return number
            case "list":
                if ask.retires or ask.not_everywhere:
                    return self._perhaps()
                return self._list("", about=None)
            case "table":
                with self._visit.table(self._table) as writer:
                    for item in self._items(""):
                        self._add(writer, item)
                self._note(trn(writer.rows, "{n} item", "{n} items"))
                return self._visit.listed(self._table, writer, ask.item)

    def _perhaps(self) -> Perhaps[tuple[Any, ...]]:
        """A list that Microsoft may have taken away, or does not have in every cloud."""
        try:
            return Perhaps(self._list("", about=None))
        except _Absent as absent:
            self._note(str(absent))
            return Perhaps(None)

    # -- several paths --

    def gathered(self) -> Any:  # noqa: ANN401
        """The answer by value, where the path is asked for each of several."""
        if self._ask.shape == "table":
            return self._gathered_table()
        answers: dict[str, Any] = {}
        if not self._ask.values:
            self._note(tr("there is nothing to ask for"))
        if self._ask.shape != "count" and len(self._ask.values) >= _FEW:
            paths = [self._ask.url(value) for value in self._ask.values]
            self._known = self._connector.together(paths, self._ask, self._visit, self._tokens)
        for value in self._ask.values:
            try:
                match self._ask.shape:
                    case "count":
                        answers[value] = self._count(value)
                        self._note(f"{value}: {answers[value]}", about=None)
                    case "list":
                        answers[value] = self._list(value, about=value)
                    case _:
                        answers[value] = self._one(value, about=value)
            except _Absent:
                answers[value] = None
                self._note(f"{value}: there is none (404)", about=value)
        return answers

    def _gathered_table(self) -> Gathered[Any]:
        """One table; an item that comes from several places is kept once."""
        absent: list[str] = []
        seen: set[str] = set()
        with self._visit.table(self._table) as writer:
            for value in self._ask.values:
                before = writer.rows
                try:
                    for item in self._items(value):
                        if item.id not in seen:
                            seen.add(item.id)
                            self._add(writer, item)
                except _Absent:
                    absent.append(value)
                    self._note(tr("{}: does not exist (404)", value), about=None)
                else:
                    self._note(
                        trn(
                            writer.rows - before,
                            "{}: {n} item",
                            "{}: {n} items",
                            value,
                        ),
                        about=None,
                    )
        table = self._visit.listed(self._table, writer, self._ask.item)
        return Gathered(table, tuple(absent))

    @property
    def _table(self) -> str:
        words = re.sub(r"(?<=[a-z])(?=[A-Z])", "-", type(self._ask).__name__).lower()
        given = msgspec.to_builtins(self._ask).values()
        names = (name for one in given for name in (one if isinstance(one, list) else [one]))
        return ".".join(("graph", words, *map(str, names)))

    def _add(self, writer: TableWriter, item: object) -> None:
        writer.add(item)
        if writer.rows % 500 == 0:
            self._visit.progress(writer.rows)

    # -- requests --

    def _one(self, value: str, *, about: str | None) -> Any:  # noqa: ANN401
        ask = self._ask
        path = ask.url(value)
        item = self.entity(self._ok(path))
        if ask.beta_too and any(getattr(item, n) in (UNSET, None) for n in item.__struct_fields__):
            path = path.replace("/v1.0/", "/beta/", 1)
            item = self.entity(self._ok(path))
        self._note(_shown(item), about=about)
        return item

    def entity(self, reply: Reply) -> Any:  # noqa: ANN401
        """The object: bare, or wrapped in ``value``, or the only one of a list."""
        item: Any = self._ask.item
        fields = reply.decode(dict[str, msgspec.Raw])
        wrapped = fields.get("value")
        if wrapped is None:
            return _decode(reply, item)
        inner = Reply(reply.url, reply.status, reply.headers, bytes(wrapped))
        if bytes(wrapped).lstrip().startswith(b"{"):
            return _decode(inner, item)
        found = _decode(inner, tuple[item, ...])
        if len(found) != 1:
            raise Unavailable(
                tr("Graph gave {} objects for {}, not one", len(found), _path(self._ask))
            )
        return found[0]

    def _count(self, value: str) -> int:
        reply = self._ok(self._ask.url(value), accept="text/plain")
        digits = reply.text.strip()
        if not re.fullmatch(r"[0-9]{1,12}", digits):
            raise Unavailable(
                tr("Graph gave no number for {}: {}", _path(self._ask), reply.excerpt)
            )
        return int(digits)

    def _list(self, value: str, *, about: str | None) -> tuple[Any, ...]:
        items = tuple(self._items(value))
        location = (
            trn(
                len(items),
                "{}: {n} item",
                "{}: {n} items",
                value,
            )
            if value
            else trn(
                len(items),
                "{n} item",
                "{n} items",
            )
        )
        self._note(location, about=about)
        for item in items[:_SHOWN]:
            subject = getattr(item, self._ask.about) if self._ask.about else about
            self._note(_shown(item), about=subject)
        return items

    def _items(self, value: str) -> Iterator[Any]:
        """The items of every page, one page in memory at a time."""
        item: Any = self._ask.item
        page_of = _Page[item]
        url: str | None = self._connector.address(self._ask.url(value))
        visited: set[str] = set()
        while url is not None:
            if url in visited or len(visited) >= _MOST_PAGES:
                raise Unavailable(
                    tr("Graph's pages of {} lead in a circle", _path(self._ask)),
                    "Run again; the list was not read to its end.",
                )
            if visited:
                self._connector.pause(self._ask.seconds_between)
            visited.add(url)
            page = _decode(self._ok(url, first=len(visited) == 1), page_of)
            yield from page.value
            url = page.next
            if url is not None and not self._connector.own(url):
                raise Unavailable(
                    tr(
                        "Graph's next page of {} lies on another host; the token is not "
                        "taken there",
                        _path(self._ask),
                    ),
                    "Look whether a proxy changes what Graph answers.",
                )

    def _ok(self, path: str, *, accept: str = "application/json", first: bool = True) -> Reply:
        url = path if path.startswith("https:") else self._connector.address(path)
        ask = self._ask
        reply = self._known.pop(url, None)
        if reply is None:
            reply = self._connector.get(url, ask, self._visit, self._tokens, accept=accept)
        if reply.ok:
            self._connector.filled(ask, self._tokens)
            return reply
        _, message = _error(reply)
        allowed = ask.shape == "perhaps" or bool(ask.each)
        if ask.retires and first and reply.status == 501:  # noqa: PLR2004
            raise _Absent("the feature is retired (501)")
        unknown = reply.status == 404 or (reply.status == 400 and _NO_SEGMENT in message.lower())  # noqa: PLR2004
        if ask.not_everywhere and first and (unknown or reply.status == 501):  # noqa: PLR2004
            raise _Absent(tr("there is no such list here ({})", reply.status))
        if reply.status == 404 and allowed and first and _NO_SEGMENT not in message.lower():  # noqa: PLR2004
            raise _Absent
        raise self._connector.refused(reply, ask, self._tokens)

    def _note(self, value: str, *, about: str | None = None) -> None:
        self._visit.note(self._ask.describe(), value, about=about)


def _decode(reply: Reply, kind: type[T]) -> T:
    if _FOR_EVER[0] in reply.body:
        body = reply.body.replace(*_FOR_EVER)
        reply = Reply(reply.url, reply.status, reply.headers, body)
    return reply.decode(kind)


def _error(reply: Reply) -> tuple[str, str]:
    """Code and message of an error body; both empty where it is something else."""
    try:
        body = reply.decode(dict[str, Any])
    except Unavailable:
        return "", reply.excerpt
    error = body.get("error")
    if not isinstance(error, Mapping):
        return "", reply.excerpt
    code = str(error.get("code") or "")
    if not code:
        inner = error.get("innerError") or error.get("innererror") or {}
        code = str(inner.get("code") or "") if isinstance(inner, Mapping) else ""
    message = " ".join(str(error.get("message") or "").split())
    return re.sub(r"[^\w.-]", "", code)[:80], message[:2000]


def _intune_forbids(code: str, message: str) -> bool:
    """Intune says 401 where it means 403; a token problem has a code of its own."""
    return code in {"UnknownError", "Forbidden", "Unauthorized", ""} or "Forbidden" in message


def _unlicensed(what: str, status: int, code: str) -> Unavailable:
    return Unavailable(
        tr("Graph refuses {}: the tenant lacks the licence for it ({} {})", what, status, code),
        "Compare the licences of the tenant (licence.*).",
    )


def _path(ask: GraphAsk) -> str:
    """The path, for a sentence."""
    return ask.describe().removeprefix("GET ").partition("?")[0]


def _listed(names: frozenset[str]) -> str:
    return ", ".join(sorted(names)) or "no permission"


def _shown(item: Any) -> str:  # noqa: ANN401 - any Struct
    """An item as evidence: each property that came, as Graph names it."""
    fields = msgspec.to_builtins(item)
    if len(fields) == 1:
        return str(next(iter(fields.values())))
    return ", ".join(f"{name}: {_plain(value)}" for name, value in fields.items())


def _plain(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_plain, value)) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}: {_plain(inner)}" for name, inner in value.items()) + "}"
    return str(value)


def connect(engagement: Engagement) -> GraphConnector:
    """Graph of the engagement's tenant. Nothing is read or asked before the first question."""
    cloud = cloud_of(engagement)
    return GraphConnector(
        root=str(engagement.get("tenant.endpoints.graph", cloud.graph)),
        resource=cloud.graph_resource,
        client=Client.of(engagement, ca_key="tenant.ca_file"),
        tokens=Later(engagement),
    )
