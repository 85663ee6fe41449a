"""Answers over HTTPS, of whatever status: what they hold, where they send, what a refusal means."""

from collections.abc import Mapping
from typing import TypeVar
from urllib.parse import SplitResult, urljoin, urlsplit

import msgspec

from assess.errors import Unavailable
from assess.language import msg, tr

T = TypeVar("T")

TOO_MANY = frozenset({429, 509})
"""The source asks to slow down."""
PASSING = frozenset({502, 503, 504})
"""A gateway's trouble, which mostly passes."""
REDIRECTS = frozenset({301, 302, 303, 307, 308})
_SHOWN = 200


class Reply:
    """A whole answer: status, headers (any case) and body."""

    def __init__(self, url: str, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self.url = url
        self.status = status
        self.headers = headers
        self.body = body

    @property
    def ok(self) -> bool:
        """The source did what it was asked."""
        return 200 <= self.status < 300  # noqa: PLR2004

    @property
    def text(self) -> str:
        """The body as text; bytes that are no UTF-8 become a sign of their own."""
        return self.body.decode("utf-8-sig", "replace")

    @property
    def excerpt(self) -> str:
        """The beginning of the body in one line, without control characters."""
        line = " ".join(self.text[: 4 * _SHOWN].split())
        clean = "".join(character for character in line if character.isprintable())
        return clean if len(clean) <= _SHOWN else f"{clean[:_SHOWN]}…"

    def decode(self, kind: type[T]) -> T:
        """The body read as JSON of this type; raises Unavailable where it is something else."""
        try:
            return msgspec.json.decode(self.body.removeprefix(b"\xef\xbb\xbf"), type=kind)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            what = self.excerpt or "nothing"
            raise Unavailable(
                tr(
                    "{} answered {}, but not what was asked for ({}): {}",
                    place(self.url),
                    self.status,
                    type(error).__name__,
                    what,
                ),
                "Look whether a proxy or a sign-in page stands before the service.",
            ) from None


def place(url: str) -> str:
    """Host and path of an address, without the query, for a sentence."""
    return host_of(url) + parts_of(url).path


def host_of(url: str) -> str:
    """Host and port as they stand in the address."""
    return parts_of(url).netloc.rpartition("@")[2]


def parts_of(url: str) -> SplitResult:
    """The parts of an address; none where it is no address."""
    try:
        return urlsplit(url)
    except ValueError:
        return SplitResult("", "", "", "", "")


def refusal(reply: Reply) -> Unavailable:
    """What an answer that is none means, where the source's own words say no more."""
    where, status = place(reply.url), reply.status
    said = f": {reply.excerpt}" if reply.excerpt else ""
    if status in TOO_MANY:
        return Unavailable(
            tr("{} kept asking to slow down ({})", where, status),
            "Run again at a quieter time, and end other tools that read the same tenant.",
        )
    if status in PASSING or status == 500:  # noqa: PLR2004
        return Unavailable(tr("{} is in trouble ({}){}", where, status, said), "Run again later.")
    if status in REDIRECTS:
        target = host_of(reply.headers.get("location", ""))
        return Unavailable(
            tr(
                "{} sends elsewhere, to {} ({}); credentials are not sent there",
                where,
                target,
                status,
            )
            if target
            else tr(
                "{} sends elsewhere without saying where ({}); credentials are not sent there",
                where,
                status,
            ),
            "Check the address, and whether a proxy or a sign-in page answers in its place.",
        )
    if status == 407:  # noqa: PLR2004
        return Unavailable(
            tr("the proxy before {} demands a sign-in (407)", where),
            "Let this machine through, or name another proxy.",
        )
    mend = {
        401: msg("Check the sign-in in the engagement file."),
        403: msg("Grant the account the rights that `assess permissions` lists."),
        404: msg("Check the address in the engagement file."),
    }
    advice = mend.get(status, msg("Check the address and the rights."))
    return Unavailable(tr("{} answered {}{}", where, status, said), advice)


def same_origin(reply: Reply) -> str | None:
    """Where a redirect leads, if that is the same scheme, host and port; else None."""
    location = reply.headers.get("location")
    if reply.status not in REDIRECTS or not location:
        return None
    try:
        target = urljoin(reply.url, location)
        here, there = origin(reply.url), origin(target)
    except ValueError:
        return None
    return target if here == there else None


def origin(url: str) -> tuple[str, str, int]:
    """Scheme, host and port of an address; raises ValueError where it is none of a service."""
    parts = urlsplit(url)
    if not parts.hostname or "@" in parts.netloc:
        raise ValueError("no address of a service")
    return parts.scheme.lower(), parts.hostname.lower(), parts.port or 443
