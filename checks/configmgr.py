"""The Configuration Manager site: its version and its shape."""

from datetime import date, datetime, timedelta
from typing import Annotated

from assess.check import (
    AsOf,
    Fail,
    Missing,
    Outcome,
    Outcomes,
    Pass,
    Unknown,
    Warn,
    check,
    tr,
    unavailable,
)
from assess.evidence.adminservice import Seen, Site, Sites, text
from assess.evidence.reference import ConfigMgrReleases, Release, Releases
from assess.evidence.site_roles import (
    Roles,
    RoleUse,
    UpdatePackage,
    UpdatePackages,
)
from checks.site_systems import mend, sees_part, unseen

SECONDARY, PRIMARY, CENTRAL = 1, 2, 4
_KINDS = {
    SECONDARY: "secondary site {}",
    PRIMARY: "primary site {}",
    CENTRAL: "central administration site {}",
}
_NO_KIND = "unknown site {}"
_FIRST_BRANCH = 8325
_SOON = timedelta(days=90)
_STALE = timedelta(days=365)
_OFFERED = {262146, 327682}
_UPDATE = (
    "Console of the site {site.code} > Administration > Updates and Servicing > install the latest "
    "version, then update consoles and clients."
)


@check("configmgr.supported-version")
def supported_version(
    now: Annotated[datetime, AsOf()],
    sites: Annotated[Seen[Site], Sites()],
    table: Annotated[Releases, ConfigMgrReleases()],
    updates: Annotated[Seen[UpdatePackage] | Missing, UpdatePackages()],
) -> Outcomes:
    """Pass when support of the build ends in more than 90 days and no update is offered."""
    judged = [one for one in sites if one.type in (PRIMARY, CENTRAL)]
    if not judged:
        yield unseen(None, "no primary or central administration site is seen", sites.sees)
        return
    for site in judged:
        yield _version(site, table, now)
    yield from _offers(updates)


def _version(site: Site, table: Releases, now: datetime) -> Outcome:
    build = site.build_number
    if not isinstance(build, int):
        because = tr(
            "site {}: the AdminService does not send the property BuildNumber", site.site_code
        )
        return Unknown(None, because)
    today, dated = now.date(), _dated(table, now)
    said = tr("site {} has build {}", site.site_code, build)
    expected = "a release whose support ends in more than 90 days"
    if build < _FIRST_BRANCH:
        observed = tr("{}: System Center 2012 or older, which is no current branch", said)
        return Fail(None, expected, observed, remedy=(_UPDATE,))
    release = table.of(build)
    if release is None:
        newest = max(one.build for one in table.releases)
        because = tr("{}, a build that this tool's table does not list; {}", said, dated)
        if build > newest:
            because = tr("{}, newer than this tool's table; {}", said, dated)
        refresh = (
            "Name a newer table as reference.configmgr_versions, or take a newer version of "
            "this tool."
        )
        return Unknown(None, because, remedy=(refresh,))
    observed = tr("{}, release {}", said, release.version)
    ended = release.ends if release.ends is not None else _later_end(release, table)
    if ended is None or (release.ends is None and ended >= today):
        return Unknown(
            None, tr("{}: the table does not say when its support ends; {}", observed, dated)
        )
    if ended < today:
        if release.ends:
            observed = tr("{}: support ended on {}; {}", observed, ended, dated)
        else:
            observed = tr("{}: support ended before {}; {}", observed, ended, dated)
        return Fail(None, expected, observed, remedy=(_UPDATE,))
    observed = tr("{}: support ends on {}; {}", observed, ended, dated)
    if ended - today <= _SOON:
        return Warn(None, expected, observed, remedy=(_UPDATE,))
    return Pass(None, observed, expected)


def _dated(table: Releases, now: datetime) -> str:
    if now.date() - table.as_of <= _STALE:
        return tr("the table of releases is of {}", table.as_of)
    return tr(
        "the table of releases is of {}, which is out of date: a newer release may be out",
        table.as_of,
    )


def _later_end(release: Release, table: Releases) -> date | None:
    """The end of the next release that has one: an older one ends no later."""
    later = [one.ends for one in table.releases if one.build > release.build and one.ends]
    return min(later, default=None)


def _offers(updates: Seen[UpdatePackage] | Missing) -> Outcomes:
    """A part of its own only where an update waits, or nobody can tell."""
    if isinstance(updates, Missing):
        yield unavailable(None, updates)
        return
    waiting = [one for one in updates if one.state in _OFFERED]
    if waiting:
        listed = ", ".join(text(one.name) or text(one.full_version) for one in waiting[:3])
        observed = tr("offered and not installed: {}{}", listed, " …" if len(waiting) > 3 else "")  # noqa: PLR2004
        yield Warn(None, "every update that is offered is installed", observed, remedy=(_UPDATE,))
    elif any(not isinstance(one.state, int) for one in updates):
        yield Unknown(None, "an update comes without the property State")
    elif sees_part(updates.sees) or not (len(updates) or updates.sees.complete):
        yield unseen(None, "no update that is offered is seen", updates.sees)


@check("configmgr.single-primary-topology")
def single_primary_topology(
    sites: Annotated[Seen[Site], Sites()],
    roles: Annotated[Seen[RoleUse], Roles()],
) -> Outcomes:
    """Pass when there is one stand-alone primary site with all roles on one server."""
    servers: dict[str, set[str]] = {}
    for use in roles:
        if use.server:
            servers.setdefault(use.server.lower(), set()).add(text(use.role_name))
    about = tuple(servers)
    others = [one for one in sites if one.type != PRIMARY]
    expected = "one primary site with all roles on one server"
    hosts = "; ".join(f"{host}: {', '.join(sorted(found))}" for host, found in servers.items())
    if len(sites) > 1 or others or len(servers) > 1:
        listed = ", ".join(tr(_KINDS.get(_type(s), _NO_KIND), s.site_code) for s in sites)
        adapt = (
            "Adapt the steps of the tutorial: gateway and service connection point belong to "
            "the top-tier site, the management point steps to each management point."
        )
        steps = (adapt, tr("Roles by server: {}.", hosts))
        yield Warn(None, expected, f"{listed}; {hosts}", about=about, remedy=steps)
        return
    gaps = (
        (sites.sees, "another site is not seen, but {}"),
        (roles.sees, "another server with roles is not seen, but {}"),
    )
    for sees, sentence in gaps:
        if not sees.complete:
            because = tr(sentence, sees.because)
            yield Unknown(None, because, about=about, remedy=mend(sees))
    if not len(sites) or not servers:
        yield Unknown(None, "the site shows no site, or no server with a role", about=about)
        return
    yield Pass(
        None, tr("primary site {}; {}", sites.rows[0].site_code, hosts), expected, about=about
    )


def _type(site: Site) -> int:
    return site.type if isinstance(site.type, int) else 0
