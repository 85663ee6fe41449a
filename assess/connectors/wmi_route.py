"""The wmi route of an AdminService: pages of one provider class, and what its refusals mean.

GET only, and only properties that may be read; each request names them. A list comes whole or not
at all.
"""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Generic
from urllib.parse import quote, urljoin, urlsplit

import msgspec

from assess.connectors import Visit
from assess.connectors.http import Bearer, Client
from assess.connectors.http_failures import Untrusted
from assess.connectors.http_replies import Reply, origin, place, refusal
from assess.connectors.negotiate import Negotiate, schemes
from assess.connectors.provider_classes import allowed
from assess.connectors.provider_rows import ENOUGH_RIGHTS, NoClass, Row
from assess.errors import Unavailable
from assess.language import tr

_NOT_FOUND = 404
_AGAIN = "Collect again: it may have been changed while it was read."
_PAGE = 1000
_MOST_PAGES = 5000
_PACE = 0.01  # seconds between two requests: half of what a site serves one client
_OWN_CERTIFICATE = (
    "Unless a PKI certificate is bound to its port 443, a site shows one of its own making: export "
    'the root "SMS Issuing" from the provider and name the file as [site] ca_file, or set [site] '
    "thumbprint to the thumbprint of the certificate that is bound there. It is never accepted "
    "unseen."
)


class _Page(msgspec.Struct, Generic[Row]):
    value: list[Row]
    next: str | None = msgspec.field(name="@odata.nextLink", default=None)


class _Keyed(msgspec.Struct, Generic[Row]):
    """An instance read by its key, which some versions wrap into a list."""

    value: list[Row] | None = None


class _ErrorText(msgspec.Struct):
    code: str | int = ""
    message: str = ""


class _ErrorBody(msgspec.Struct):
    error: _ErrorText


class _NotUnderstood(Unavailable):
    """The service does not know an option, or a property."""


class Route:
    """Reads provider classes at ``address``; None: the site is not set up, which each call says.

    ``method``: kerberos, entra (with ``token``) or none; ``client`` makes the HTTPS client, with
    options of its own. Safe for many threads.
    """

    def __init__(
        self,
        address: str | None,
        *,
        client: Callable[..., Client],
        method: str,
        token: Callable[[], str],
        set_up_in: str,
    ) -> None:
        self._base = None if address is None else _base(address, method)
        self._method = method
        self._token = token
        self._make_client = client
        self._set_up_in = set_up_in
        self._lock = threading.Lock()
        self._clients: dict[str, Client] = {}
        self._next_request = 0.0

    def close(self) -> None:
        """Give connections back."""
        for client in self._clients.values():
            client.close()

    def pages(
        self, name: str, row: type[Row], visit: Visit, *, where: str = "", hurry: bool = False
    ) -> Iterator[list[Row]]:
        """Every row of a class, a page at a time; raises Unavailable rather than end early.

        A next link is followed where there is one. Else ``$skip`` goes on until a page is empty,
        since a page can hold less than was asked for. A page that only repeats, or is refused,
        ends the list if the one before was short, and is no answer if more might have followed.
        """
        select = allowed(name, row)
        options = {"$select": ",".join(select)} | ({"$filter": where} if where else {})
        decoder = msgspec.json.Decoder(_Page[row])  # type: ignore[valid-type]
        url, links, taken, served, last = self._url(name, options), set[str](), set[int](), 0, _PAGE
        for _ in range(_MOST_PAGES):
            try:
                page = self._page(name, url, decoder, visit, hurry=hurry)
            except _NotUnderstood:
                if last < _PAGE and not links:
                    return
                raise
            fresh = [one for one in page.value if _is_new(one, taken)]
            served, last, before = served + len(page.value), len(page.value), last
            if page.next is not None:
                url = self._followed(page.next, url, links)
            elif links or not page.value:
                yield fresh
                return
            elif fresh:
                url = self._url(name, options, skip=served)
            elif before == _PAGE:
                raise Unavailable(
                    tr("{} ignores $skip: a page repeats the one before", self.where(name)),
                    "Check whether a proxy answers in its place; the list cannot be read whole.",
                )
            else:
                return
            yield fresh
        raise Unavailable(tr("{} sends pages without an end", self.where(name)))

    def one(self, name: str, key: str | int, row: type[Row], visit: Visit) -> Row:
        """One instance by its key, with its lazy properties; raises Unavailable without it."""
        select = allowed(name, row)
        shown = str(key) if isinstance(key, int) else "'" + key.replace("'", "''") + "'"
        address = self.where(name) + f"({quote(shown, safe='')})"
        reply = self._ask(f"{address}?$select={','.join(select)}", visit)
        if reply.status == _NOT_FOUND:
            said = _message(reply)
            raise Unavailable(
                tr("{} {} cannot be read by its key (404){}", name, shown, said), _AGAIN
            )
        if reply.status not in {200, 201}:
            raise self._refused(name, reply)
        body = reply.body.removeprefix(b"\xef\xbb\xbf")
        try:
            found = msgspec.json.decode(body, type=_Keyed[row])  # type: ignore[valid-type]
            if found.value is None:
                return msgspec.json.decode(body, type=row)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise Unavailable(
                tr("{} {} was sent in a form that cannot be read: {}", name, shown, error),
                "Report this with the version of the site.",
            ) from None
        if len(found.value) != 1:
            raise Unavailable(
                tr(
                    "{} {} came as {} instances, where one is expected",
                    name,
                    shown,
                    len(found.value),
                ),
                _AGAIN,
            )
        return found.value[0]

    def _page(
        self, name: str, url: str, decoder: msgspec.json.Decoder[Any], visit: Visit, *, hurry: bool
    ) -> _Page[Any]:
        reply = self._ask(url, visit, hurry=hurry)
        if reply.status not in {200, 201}:
            raise self._refused(name, reply)
        try:
            return decoder.decode(reply.body.removeprefix(b"\xef\xbb\xbf"))  # type: ignore[no-any-return]
        except msgspec.ValidationError as error:
            raise Unavailable(
                tr(
                    "{} sent an instance of {} that cannot be read: {}",
                    self.where(name),
                    name,
                    error,
                ),
                "Report this with the version of the site: the property is of another type there.",
            ) from None
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            reply.decode(_Page[Any])
            raise

    def _ask(self, url: str, visit: Visit, *, hurry: bool = False) -> Reply:
        client = self._client(hurry=hurry)
        self._keep_pace()
        try:
            return client.ask(url, visit=visit)
        except Untrusted as error:
            raise Unavailable(error.reason, tr("{} {}", error.mend, _OWN_CERTIFICATE)) from None

    def _client(self, *, hurry: bool) -> Client:
        """One client for the long run, and one that does not wait long, for the preflight."""
        base = self._set_up()
        kind = "hurry" if hurry else "patient"
        with self._lock:
            if kind not in self._clients:
                options: dict[str, Any] = {"attempts": 4, "patience": 120.0, "at_once": 4}
                if hurry:
                    options = {"attempts": 1, "deadline": 20.0, "read_timeout": 15.0}
                self._clients[kind] = self._make_client(auth=self._auth(base), **options)
            return self._clients[kind]

    def _auth(self, base: str) -> Any:  # noqa: ANN401 - requests' AuthBase, or None
        if self._method == "none":
            return None
        if self._method == "entra":
            return Bearer(self._token)
        return Negotiate(urlsplit(base).hostname or "")

    def _keep_pace(self) -> None:
        with self._lock:
            now = time.monotonic()
            start = max(now, self._next_request)
            self._next_request = start + _PACE
        time.sleep(start - now)

    def _set_up(self) -> str:
        if self._base is None:
            raise Unavailable(
                tr("[site] is not set up in {}", self._set_up_in),
                tr("Set [site] provider_fqdn in {}.", self._set_up_in),
                key="site.provider_fqdn",
                skipped=True,
            )
        return self._base

    def where(self, name: str) -> str:
        """The address of a class; raises Unavailable where the site is not set up."""
        return f"{self._set_up()}/wmi/{name}"

    def _url(self, name: str, options: Mapping[str, str], *, skip: int = 0) -> str:
        asked = {**options, "$top": str(_PAGE)} | ({"$skip": str(skip)} if skip else {})
        query = "&".join(f"{option}={quote(value, safe=',')}" for option, value in asked.items())
        return f"{self.where(name)}?{query}"

    def _followed(self, link: str, url: str, links: set[str]) -> str:
        target = urljoin(url, link)
        try:
            elsewhere = origin(target) != origin(url)
        except ValueError:
            elsewhere = True
        if elsewhere or target in links:
            raise Unavailable(
                tr("the link of {} to its next page leads to another server", place(url))
                if elsewhere
                else tr("the link of {} to its next page leads in a circle", place(url)),
                "Name the provider in [site] adminservice by the name that it calls itself.",
            )
        links.add(target)
        return target

    def _refused(self, name: str, reply: Reply) -> Unavailable:
        where, said = place(reply.url), _message(reply)
        match reply.status:
            case 401:
                return self._unauthorised(reply)
            case 403:
                return Unavailable(
                    tr("{} refuses this account (403){}", where, said), ENOUGH_RIGHTS
                )
            case 404 if said:
                return NoClass(
                    tr("this site has no class {} (404){}", name, said),
                    "The class came with a later version of Configuration Manager, or has gone.",
                )
            case 404:
                return Unavailable(
                    tr("there is no AdminService at {} (404)", where),
                    "Name the server with the SMS Provider role as [site] provider_fqdn; the "
                    "service is always on since version 2111.",
                )
            case 400:
                return _NotUnderstood(
                    tr("{} does not understand the question (400){}", where, said),
                    "Report this with the version of the site.",
                )
            case _:
                return refusal(reply)

    def _unauthorised(self, reply: Reply) -> Unavailable:
        where = place(reply.url)
        offered = schemes(reply.headers.get("www-authenticate", ""))
        if self._method == "none":
            return Unavailable(
                tr("{} wants a sign-in (401)", where),
                'Set [site.auth] method to "kerberos" or "entra".',
            )
        if self._method == "entra":
            return Unavailable(
                tr("{} refuses the token (401)", where),
                "Check that [site.auth] scope is the App ID URI of the site's server app, that the "
                "user is discovered with their Entra identity, and that they are an administrative "
                "user of the site.",
            )
        if "negotiate" not in offered and "ntlm" in offered:
            return Unavailable(
                tr(
                    "{} offers NTLM only (401), which this tool does not speak: it can "
                    "be relayed, and sites refuse it since version 2509",
                    where,
                ),
                "Reach the provider by the full host name that its SPN HTTP/<name> carries, so "
                'that Kerberos is offered, or set [site.auth] method = "entra".',
            )
        if "negotiate" not in offered and "bearer" in offered:
            return Unavailable(
                tr("{} wants a token of Entra ID, not a Kerberos ticket (401)", where),
                'Set [site.auth] method = "entra".',
            )
        return Unavailable(
            tr("{} refuses the Kerberos ticket of this account (401)", where),
            "Make the account an administrative user of the site (Administration > Security) with "
            "the role Read-only Analyst, and check that the SPN HTTP/<name> is the provider's.",
        )


def _base(address: str, method: str) -> str:
    """Where ``/wmi/`` begins. Tokens have a route of their own, except through a gateway."""
    base = address.rstrip("/").removesuffix("/wmi")
    path = urlsplit(base).path
    if not path:
        base, path = f"{base}/AdminService", "/AdminService"
    if method == "entra" and path.lower() == "/adminservice":
        base = f"{base.removesuffix(path)}/AdminService_TokenAuth"
    return base


def _is_new(row: object, taken: set[int]) -> bool:
    """Whether this row has not come before; lists shift while they are read."""
    mark = hash(row)
    if mark in taken:
        return False
    taken.add(mark)
    return True


def _message(reply: Reply) -> str:
    """What the service itself says of an error, in one line; "" where it says nothing."""
    try:
        body = msgspec.json.decode(reply.body.removeprefix(b"\xef\xbb\xbf"), type=_ErrorBody)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""
    text = "".join(c if c.isprintable() else " " for c in body.error.message)
    return f": {' '.join(text.split())[:200]}" if text.strip() else tr(": code {}", body.error.code)
