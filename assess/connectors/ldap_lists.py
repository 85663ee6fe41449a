"""Reads revocation lists out of the directory, at the names that certificates give."""

from collections.abc import Sequence

from assess.connectors import Visit
from assess.connectors.ldap_session import Directory
from assess.errors import Unavailable
from assess.evidence.published import (
    ATTRIBUTE,
    InDirectory,
    NotPublished,
    NotRead,
    Published,
    place,
)
from assess.language import tr

_LARGEST = 8 << 20  # bytes; the list of a house's own authority has some ten thousand
_MOST = 20


def held(session: Directory, urls: Sequence[str], visit: Visit) -> dict[str, InDirectory]:
    """What one forest holds at those addresses that lie in it."""
    found: dict[str, InDirectory] = {}
    inside = f",{session.root['configurationNamingContext'][0]}".lower()
    for url in urls[:_MOST]:
        dn = place(url)
        if not dn.lower().endswith(inside):
            continue
        try:
            entry = session.entry(dn, [ATTRIBUTE])
        except Unavailable as error:
            found[url] = NotRead(error.reason)
        else:
            found[url] = _told(session.where, dn, entry)
        visit.note(f"{session.where} {dn} {ATTRIBUTE}", _said(found[url]))
    return found


def together(
    parts: Sequence[dict[str, InDirectory]], refused: Sequence[str], urls: Sequence[str]
) -> dict[str, InDirectory]:
    """The answers of all forests; the rest lies in none of them, or in one that did not answer."""
    merged: dict[str, InDirectory] = {}
    for part in parts:
        merged |= part
    why = "; ".join(refused) or "it lies in no forest that is set up"
    return {url: merged.get(url) or NotRead(why) for url in urls}


def _told(where: str, dn: str, entry: dict[str, list[bytes]] | None) -> InDirectory:
    if entry is None:
        return NotPublished(tr("{} has no {}", where, dn))
    values = [value for value in entry[ATTRIBUTE] if len(value) > 1]  # a zero stands for none
    if not values:
        return NotPublished(tr("{} holds no list", dn))
    if len(values[0]) > _LARGEST:
        return NotRead(tr("its list has more than {:,} bytes", _LARGEST))
    return Published(values[0])


def _said(one: InDirectory) -> str:
    return f"a list of {len(one.der):,} bytes" if isinstance(one, Published) else one.why
