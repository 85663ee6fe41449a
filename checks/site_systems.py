"""What the checks of the site share: which site is meant, and what a list of it proves."""

from collections.abc import Iterable
from typing import TypeVar

from assess.check import Missing, Outcome, Unknown, tr, unavailable
from assess.evidence.adminservice import Seen, Trimmed, Visibility, text
from assess.evidence.site_roles import Component, RoleUse

T = TypeVar("T")


def mend(sees: Visibility) -> tuple[str, ...]:
    """What would make an incomplete list complete."""
    found = getattr(sees, "mend", "")
    return (found,) if found else ()


def unseen(subject: str | None, what: str, sees: Visibility, *, also: str = "") -> Outcome:
    """Nothing of it is seen, which proves nothing. ``also``: what else could tell."""
    because = tr("{}, and {}, so that it may only be hidden", what, sees.because)
    return Unknown(subject, f"{because}{tr(also)}", remedy=mend(sees))


def sees_part(sees: Visibility) -> bool:
    """The account sees less than there is, so that nothing can be said of all of them."""
    return isinstance(sees, Trimmed)


def same_host(one: str, other: str) -> bool:
    """Two names of one host, capitals and a dot at the end aside."""
    return one.lower().rstrip(".") == other.lower().rstrip(".")


def with_role(roles: Seen[RoleUse], role: str) -> list[RoleUse]:
    """The servers with a role, each once for a site."""
    found: dict[tuple[str, str], RoleUse] = {}
    for use in roles:
        if use.has(role):
            found.setdefault((use.server.lower(), text(use.site_code).lower()), use)
    return list(found.values())


def of_site(rows: Iterable[T], code: str) -> list[T]:
    """The rows of one site."""
    return [one for one in rows if text(getattr(one, "site_code", "")).lower() == code.lower()]


def site_meant(rows: Iterable[object], code: str | Missing) -> str | Missing:
    """The site that is assessed: the one that is named, else the only one that there is."""
    if isinstance(code, str):
        return code
    seen = {text(getattr(one, "site_code", "")).upper() for one in rows} - {""}
    return seen.pop() if len(seen) == 1 else code


def setting(components: Seen[Component], code: str | Missing, name: str) -> int | Outcome:
    """A number in the settings of the assessed site, or why it is not known."""
    site = site_meant(components, code)
    if isinstance(site, Missing):
        if not len(components):
            return unseen(None, "the site shows none of its settings", components.sees)
        return unavailable(None, site)
    mine = of_site(components, site)
    if not mine:
        what = tr("the settings of the site {} are not shown", site)
        return unseen(None, what, components.sees)
    values = {one.number(name) for one in mine}
    value = values.pop()
    if values:
        return Unknown(None, tr("the site {} shows more than one value of {}", site, name))
    if value is None:
        return Unknown(
            None,
            tr("the settings of the site {} come without the property {}", site, name),
            remedy=(tr("Look at the properties of the site {} in the console.", site),),
        )
    return value


def names(uses: Iterable[RoleUse]) -> str:
    """The servers, for a sentence."""
    return ", ".join(use.server or tr("a server without a name") for use in uses)
