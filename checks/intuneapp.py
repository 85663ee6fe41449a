"""The app of Intune that installs the Configuration Manager client, down to its command line.

A co-management settings policy may do the same work: either is well, both at once get in each
other's way.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import reduce
from typing import Annotated

from assess.check import (
    Fail,
    Key,
    Missing,
    NotApplicable,
    Outcome,
    Outcomes,
    Pass,
    Unknown,
    Warn,
    check,
    tr,
    trn,
    unavailable,
)
from assess.evidence.adminservice import AzureService, AzureServices, Seen, Site, Sites, text
from assess.evidence.applications import (
    Application,
    ConfigMgrApplications,
    SiteApplication,
    SiteApplications,
)
from assess.evidence.devices import word
from assess.evidence.enrolment import (
    AppAssignment,
    Assignment,
    EnrollmentConfiguration,
    NewerConfigurations,
    Target,
)
from assess.evidence.intuneapps import (
    DEFAULT_NAME,
    PACKAGE,
    ClientApp,
    ClientAppAssignments,
    CoManagementAssignments,
    InstallerApps,
    TargetDevices,
    TargetUsers,
    Win32Apps,
    client_apps,
)
from assess.evidence.site_database import GatewayPaths
from checks.client_command import MOST, Command, gateway, normal, numbers, parse, parse_inner

DESCRIPTION, PUBLISHER = "Configuration Manager Client", "Microsoft"
_VERSION = re.compile(r"(\d+)\.(\d+)\.(\d+)(?:\.\d+)?")
_PRIMARY = 2

_Apps = tuple[ClientApp, ...]
_Policies = tuple[EnrollmentConfiguration, ...]


def _called(name: str | Missing) -> str:
    return DEFAULT_NAME if isinstance(name, Missing) else name


def _installing(policies: _Policies | Missing) -> list[EnrollmentConfiguration]:
    if isinstance(policies, Missing):
        return []
    return [policy for policy in policies if policy.installs_client]


def _without_app(policies: _Policies | Missing, *missing: object) -> Outcome:
    """What a property of the app comes to where there is no app."""
    refused = [one for one in (*missing, policies) if isinstance(one, Missing)]
    if _installing(policies):
        names = ", ".join(policy.label for policy in _installing(policies))
        return NotApplicable(None, tr("the co-management policy {} installs the client", names))
    if refused:
        return unavailable(None, *refused)
    return Unknown(None, "Intune has no app that installs the client, so there is none to look at")


@check("intuneapp.lob-app")
def lob_app(
    installers: Annotated[_Apps | Missing, InstallerApps()],
    win32: Annotated[_Apps | Missing, Win32Apps()],
    policies: Annotated[_Policies | Missing, NewerConfigurations()],
    name: Annotated[str | Missing, Key("intune_app.display_name")],
) -> Outcomes:
    """Pass when one published app is ccmsetup.msi, or a co-management policy does its work."""
    expected = tr(
        "one published app {} that is {}, or a co-management policy", _called(name), PACKAGE
    )
    if isinstance(installers, Missing):
        return [unavailable(None, installers)]
    packages = [app for app in client_apps(installers, _called(name)) if not _other_file(app)]
    others = () if isinstance(win32, Missing) else client_apps(win32, _called(name))
    acting = _installing(policies)
    if packages and acting:
        names = ", ".join([*(app.label for app in packages), *(one.label for one in acting)])
        return [Warn(None, expected, tr("an app and a co-management policy at once: {}", names))]
    if packages:
        return [*_published(packages, expected), *_beside(packages, others, expected)]
    if others:
        names = ", ".join(app.label for app in others)
        told = tr("a Win32 app installs the client, which the documents do not describe: {}", names)
        if acting:
            told = tr(
                "a Win32 app installs the client, which the documents do not describe: {}, and a "
                "co-management policy at once",
                names,
            )
        return [Warn(None, expected, told)]
    if acting:
        names = ", ".join(policy.label for policy in acting)
        return [Pass(None, tr("the co-management policy {} installs the client", names), expected)]
    refused = [one for one in (win32, policies) if isinstance(one, Missing)]
    if refused:
        return [unavailable(None, *refused)]
    told = trn(
        len(installers),
        "the {n} installer app is not {}, and no policy installs it",
        "none of {n} installer apps is {}, and no policy installs it",
        PACKAGE,
    )
    return [Fail(None, expected, told)]


def _other_file(app: ClientApp) -> bool:
    """Only the name fits: another file, which the check of the package is about."""
    return isinstance(app.file_name, str) and not app.is_package


def _published(packages: list[ClientApp], expected: str) -> Iterator[Outcome]:
    states = {app.id: str(app.publishing_state or "").lower() for app in packages}
    ready = [app for app in packages if states[app.id] == "published"]
    if any(not isinstance(app.file_name, str) for app in packages):
        yield Unknown(None, "Graph does not show which file the app of that name installs")
    elif ready:
        names = ", ".join(app.label for app in ready)
        yield Pass(None, tr("{}: {}, published", names, PACKAGE), expected, about=_ids(ready))
    elif all(states[app.id] in {"notpublished", "processing"} for app in packages):
        names = ", ".join(tr("{} is {}", app.label, app.publishing_state) for app in packages)
        yield Fail(None, expected, tr("not published: {}", names), about=_ids(packages))
    else:
        yield Unknown(None, "Graph does not say whether the app is published", about=_ids(packages))


def _beside(
    packages: list[ClientApp], others: tuple[ClientApp, ...], expected: str
) -> Iterator[Outcome]:
    several = (*packages, *others)
    if len(several) > 1:
        names = ", ".join(app.label for app in several)
        yield Warn(None, expected, tr("{} apps install the client: {}", len(several), names))


def _ids(apps: list[ClientApp]) -> tuple[str, ...]:
    return tuple(app.id for app in apps)


# -- the package --


@check("intuneapp.package")
def package(
    installers: Annotated[_Apps | Missing, InstallerApps()],
    policies: Annotated[_Policies | Missing, NewerConfigurations()],
    name: Annotated[str | Missing, Key("intune_app.display_name")],
    sites: Annotated[Seen[Site] | Missing, Sites()],
    site_code: Annotated[str | Missing, Key("site.code")],
) -> Outcomes:
    """Pass when the app is ccmsetup.msi and as old as the site."""
    if isinstance(installers, Missing):
        return [unavailable(None, installers)]
    found = client_apps(installers, _called(name))
    if not found:
        return [_without_app(policies)]
    version = _site_version(sites, site_code)
    return [_as_old(app, version) for app in found]


def _site_version(sites: Seen[Site] | Missing, code: str | Missing) -> str | Outcome:
    if isinstance(sites, Missing):
        return unavailable(None, sites)
    wanted = "" if isinstance(code, Missing) else code.upper()
    rows = [s for s in sites if s.site_code.upper() == wanted]
    rows = rows or [s for s in sites if not wanted and s.type == _PRIMARY]
    versions = {text(site.version) for site in rows} - {""}
    if len(versions) == 1:
        return versions.pop()
    told = tr("{} shows {} versions to this account", wanted or "the primary site", len(versions))
    return Unknown(None, told, remedy=("Set site.code, and let the account see the site.",))


def _as_old(app: ClientApp, site: str | Outcome) -> Outcome:
    expected = tr("{} of the site's own version", PACKAGE)
    about = (app.id,)
    if not isinstance(app.file_name, str):
        return Unknown(None, tr("Graph does not show the file of {}", app.label), about=about)
    if not app.is_package:
        return Fail(None, expected, tr("{} installs {}", app.label, app.file_name), about=about)
    if not isinstance(site, str):
        return site
    ours, theirs = _numbers(app.product_version), _numbers(site)
    told = tr("{} is {}, the site {}", app.label, app.product_version or "of unknown version", site)
    if ours is None or theirs is None:
        return Unknown(None, tr("the versions cannot be compared: {}", told), about=about)
    if ours < theirs:
        return Warn(None, expected, told, about=about)
    if ours > theirs:
        return Unknown(None, tr("the app is newer than the site: {}", told), about=about)
    return Pass(None, told, expected, about=about)


def _numbers(version: object) -> tuple[int, ...] | None:
    """Major, minor and build; the revision of client and site may differ."""
    found = _VERSION.fullmatch(version.strip()) if isinstance(version, str) else None
    return None if found is None else tuple(int(part) for part in found.groups())


# -- description and publisher --


@check("intuneapp.app-information")
def app_information(
    installers: Annotated[_Apps | Missing, InstallerApps()],
    policies: Annotated[_Policies | Missing, NewerConfigurations()],
    name: Annotated[str | Missing, Key("intune_app.display_name")],
) -> Outcomes:
    """Pass when description and publisher are the documented ones."""
    if isinstance(installers, Missing):
        return [unavailable(None, installers)]
    found = client_apps(installers, _called(name))
    return [_described(app) for app in found] or [_without_app(policies)]


def _described(app: ClientApp) -> Outcome:
    expected = tr("description {}, publisher {}", DESCRIPTION, PUBLISHER)
    values = (app.description, app.publisher)
    if not all(value is None or isinstance(value, str) for value in values):
        told = tr("Graph does not show description and publisher of {}", app.label)
        return Unknown(None, told, about=(app.id,))
    told = tr(
        "{}: description {}, publisher {}",
        app.label,
        app.description or tr("empty"),
        app.publisher or tr("empty"),
    )
    if (str(app.description).strip(), str(app.publisher).strip()) == (DESCRIPTION, PUBLISHER):
        return Pass(None, told, expected, about=(app.id,))
    return Warn(None, expected, told, about=(app.id,))


# -- the command line --


@dataclass(frozen=True)
class Surroundings:
    """What the parts of a command line are held against."""

    host: str | Missing
    services: Seen[AzureService] | Missing
    site_code: str | Missing
    tenant: str | Missing
    management_points: list[str] | Missing
    site: Seen[SiteApplication] | Missing
    apps: dict[str, Application | None] | Missing
    paths: tuple[str, ...] | Missing


@check("intuneapp.command-line")
def command_line(
    installers: Annotated[_Apps | Missing, InstallerApps()],
    policies: Annotated[_Policies | Missing, NewerConfigurations()],
    name: Annotated[str | Missing, Key("intune_app.display_name")],
    copied: Annotated[str | Missing, Key("comanagement.command_line")],
    host: Annotated[str | Missing, Key("cmg.service_name")],
    services: Annotated[Seen[AzureService] | Missing, AzureServices()],
    site_code: Annotated[str | Missing, Key("site.code")],
    tenant: Annotated[str | Missing, Key("tenant.id")],
    management_points: Annotated[list[str] | Missing, Key("mp.servers")],
    site: Annotated[Seen[SiteApplication] | Missing, SiteApplications()],
    apps: Annotated[dict[str, Application | None] | Missing, ConfigMgrApplications()],
    paths: Annotated[tuple[str, ...] | Missing, GatewayPaths()],
) -> Outcomes:
    """Pass when every part of the line is there and leads to this site, gateway and tenant."""
    around = Surroundings(host, services, site_code, tenant, management_points, site, apps, paths)
    if isinstance(installers, Missing):
        return [unavailable(None, installers)]
    found = client_apps(installers, _called(name))
    outcomes: list[Outcome] = []
    for app in found:
        if not isinstance(app.command_line, str):
            told = tr("Graph does not show the command line of {}", app.label)
            outcomes.append(Unknown(None, told, about=(app.id,)))
            continue
        outcomes += verified(app.command_line, around)
        if isinstance(copied, str) and normal(copied) != normal(app.command_line):
            told = tr("the line of {} differs from the one that was copied", app.label)
            outcomes.append(Warn(None, "the line as it was copied", told, about=(app.id,)))
    for policy in _installing(policies):
        line = policy.configuration_manager_agent_command_line_argument
        if isinstance(line, str) and line.strip():
            outcomes += _judged(parse_inner(line), len(line), around)
        elif not found:
            told = tr("Graph does not show the command line of {}", policy.label)
            outcomes.append(Unknown(None, told, about=(policy.id,)))
    return outcomes or [_without_app(policies)]


def verified(line: str, around: Surroundings, *, supplied: bool = False) -> list[Outcome]:
    """Every part of a copied line, judged; ``supplied``: the gateway gives the ids of the apps."""
    return _judged(parse(line), len(line), around, supplied=supplied)


def _judged(
    command: Command, length: int, around: Surroundings, *, supplied: bool = False
) -> list[Outcome]:
    outcomes: list[Outcome] = [
        Fail(None, 'CCMSETUPCMD="…" with one pair of quotes around all of it', fault)
        for fault in command.faults
    ]
    if length > MOST:
        told = tr("the line has {} characters", length)
        outcomes.append(Fail(None, tr("at most {} characters", MOST), told))
    outcomes.append(_host(command, around))
    outcomes.append(_site_code(command, around.site_code))
    outcomes += _management_point(command, around.management_points)
    outcomes += _tenant(command, around.tenant)
    outcomes += _registered(command, around, supplied=supplied)
    return outcomes


def _host(command: Command, around: Surroundings) -> Outcome:
    value = command.get("CCMHOSTNAME")
    expected = "CCMHOSTNAME=<gateway>/CCM_Proxy_MutualAuth/<number>"
    if not value:
        return Fail(None, expected, "CCMHOSTNAME is missing")
    said = gateway(value)
    if said is None:
        return Fail(None, expected, f"CCMHOSTNAME={value}")
    names = _gateways(around)
    if isinstance(names, Missing):
        return unavailable(None, names)
    if said.host not in names:
        wanted = _one_of(names)
        return Fail(None, tr("the gateway {}", wanted), tr("CCMHOSTNAME leads to {}", said.host))
    if said.host.endswith(".cloudapp.net"):
        told = tr("{} lies under cloudapp.net, where no gateway can be any more", said.host)
        return Warn(None, expected, told)
    named = set() if isinstance(around.paths, Missing) else numbers(around.paths)
    if named and said.number not in named:
        wanted = tr("the service {}, which the site database names", _one_of(named))
        wrong = tr("CCMHOSTNAME leads to the service {} of {}", said.number, said.host)
        return Fail(None, wanted, wrong)
    return Pass(None, tr("CCMHOSTNAME leads to {}", said.host), expected)


def _one_of(names: Iterable[str]) -> str:
    return reduce(lambda some, one: tr("{} or {}", some, one), sorted(names))


def _gateways(around: Surroundings) -> set[str] | Missing:
    """The names that clients may use; the engagement file decides where it says one."""
    if isinstance(around.host, str):
        return {around.host.lower().rstrip(".")}
    if isinstance(around.services, Missing):
        return around.host
    names = {
        text(one.service_c_name).lower().rstrip(".") for one in around.services if one.is_gateway
    } - {""}
    return names or around.host


def _site_code(command: Command, code: str | Missing) -> Outcome:
    value = command.get("SMSSITECODE")
    if not value:
        return Fail(None, "SMSSITECODE=<site code>", "SMSSITECODE is missing")
    if isinstance(code, Missing):
        return unavailable(None, code)
    if value.upper() != code.upper():
        return Fail(None, f"SMSSITECODE={code}", f"SMSSITECODE={value}")
    return Pass(None, f"SMSSITECODE={value}")


def _management_point(command: Command, servers: list[str] | Missing) -> Iterator[Outcome]:
    value = command.get("SMSMP")
    if not value or isinstance(servers, Missing):
        return
    host = re.sub(r"^https?://", "", value.lower()).partition("/")[0].partition(":")[0]
    if host in {server.lower().rstrip(".") for server in servers}:
        yield Pass(None, f"SMSMP={value}")
    else:
        yield Warn(None, tr("SMSMP names one of {}", ", ".join(servers)), f"SMSMP={value}")


def _tenant(command: Command, tenant: str | Missing) -> Iterator[Outcome]:
    value = command.get("AADTENANTID")
    if not value:
        return
    if isinstance(tenant, Missing):
        yield unavailable(None, tenant)
    elif value.strip("{}").lower() == tenant.lower():
        yield Pass(None, f"AADTENANTID={value}")
    else:
        yield Fail(None, f"AADTENANTID={tenant}", f"AADTENANTID={value}")


def _registered(command: Command, around: Surroundings, *, supplied: bool) -> Iterator[Outcome]:
    """The client app and the App ID URI of the server app, as site and tenant know them."""
    client, resource = command.get("AADCLIENTAPPID"), command.get("AADRESOURCEURI")
    absent = [n for n in ("AADCLIENTAPPID", "AADRESOURCEURI") if not command.get(n)]
    if absent:
        yield _absent(absent, supplied=supplied)
    if client:
        known = _client_ids(around)
        if isinstance(known, Missing):
            yield unavailable(None, known)
        elif client.strip("{}").lower() in known:
            yield Pass(None, f"AADCLIENTAPPID={client}")
        else:
            wanted = _one_of(known)
            yield Fail(None, f"AADCLIENTAPPID={wanted}", f"AADCLIENTAPPID={client}")
    if resource:
        uris = _resource_uris(around)
        if isinstance(uris, Missing):
            yield unavailable(None, uris)
        elif resource.rstrip("/").lower() in uris:
            yield Pass(None, f"AADRESOURCEURI={resource}")
        else:
            wanted = _one_of(uris)
            yield Fail(None, f"AADRESOURCEURI={wanted}", f"AADRESOURCEURI={resource}")


def _absent(absent: list[str], *, supplied: bool) -> Outcome:
    if supplied:
        told = tr("{} not in the line, which the gateway supplies", absent[0])
        if len(absent) > 1:
            told = tr("{} and {} not in the line, which the gateway supplies", *absent)
        return Pass(None, told)
    expected = "AADCLIENTAPPID and AADRESOURCEURI, unless the gateway supplies them"
    told = tr("{} not in the line", absent[0])
    if len(absent) > 1:
        told = tr("{} and {} not in the line", *absent)
    return Warn(None, expected, told)


def _client_ids(around: Surroundings) -> set[str] | Missing:
    """The client apps that the site knows: only the site can say which app is meant."""
    if isinstance(around.site, Missing):
        return around.site
    rows = [row for row in around.site if row.is_client_app is True]
    ids = {text(row.client_id).lower() for row in rows} - {""}
    return ids or Missing("the site shows this account no client app", "Let it see all objects.")


def _resource_uris(around: Surroundings) -> set[str] | Missing:
    """The App ID URIs of the server app, in the site and in the tenant."""
    uris: set[str] = set()
    if isinstance(around.site, Seen):
        servers = [row for row in around.site if row.is_client_app is False]
        uris |= {text(row.identifier_uri).rstrip("/").lower() for row in servers}
    elif isinstance(around.apps, dict):
        found = [app for app in around.apps.values() if app is not None]
        uris |= {uri.rstrip("/").lower() for app in found for uri in app.uris}
    if uris - {""}:
        return uris - {""}
    if isinstance(around.site, Missing):
        return around.site
    return Missing("the site shows no App ID URI of its server app", "Let it see all objects.")


# -- assignments --

_Counts = dict[str, int | None]
_OfApps = dict[str, tuple[AppAssignment, ...] | None]
_OfPolicies = dict[str, tuple[Assignment, ...] | None]


@check("intuneapp.assignment")
def assignment(
    of_apps: Annotated[_OfApps | Missing, ClientAppAssignments()],
    of_policies: Annotated[_OfPolicies | Missing, CoManagementAssignments()],
    users: Annotated[_Counts | Missing, TargetUsers()],
    devices: Annotated[_Counts | Missing, TargetDevices()],
    wanted: Annotated[list[str] | Missing, Key("intune_app.target_groups")],
    stage: Annotated[str | Missing, Key("engagement.stage")],
) -> Outcomes:
    """Pass when the app is required for expected groups that have members."""
    if isinstance(of_apps, Missing):
        yield unavailable(None, of_apps)
        return
    if not of_apps:
        if isinstance(of_policies, Missing):
            yield unavailable(None, of_policies)
            return
        if not of_policies:
            told = "Intune has nothing that installs the client, so nothing is assigned"
            yield Fail(None, "a required assignment of the client app", told)
            return
    if any(one is None for one in of_apps.values()):
        yield Unknown(None, "an app that installs the client was removed while it was being read")
        return
    every = [a for assignments in of_apps.values() for a in assignments or ()]
    targets = [a.target for a in every if a.required]
    if not of_apps and isinstance(of_policies, dict):
        targets = [a.target for assignments in of_policies.values() for a in assignments or ()]
    meant = [target for target in targets if target is not None and not target.excludes]
    expected = "the client app is required for the groups that shall be co-managed"
    if not meant:
        yield _not_required(every, expected)
        return
    yield from _aimed(meant, stage, expected)
    left_out = {text(t.group_id).lower() for t in targets if t is not None and t.excludes}
    groups = {target.group for target in meant} - {""}
    yield from _populated(groups, left_out, users, devices, expected)
    yield from _as_planned(groups - left_out, wanted, expected)


_INTENTS = frozenset({"available", "required", "uninstall", "availablewithoutenrollment"})


def _not_required(every: list[AppAssignment], expected: str) -> Outcome:
    offered = [a for a in every if str(a.intent).lower().startswith("available")]
    if any(word(a.intent) not in _INTENTS or a.target is None for a in every):
        return Unknown(None, "Graph does not say how the app is assigned")
    if offered:
        return Warn(None, expected, "the app is only available: users must fetch it themselves")
    return Fail(None, expected, "nothing is required for anybody")


def _aimed(meant: list[Target], stage: str | Missing, expected: str) -> Iterator[Outcome]:
    for target in meant:
        if target.everybody and stage != "production":
            told = "all users are meant, while this is a pilot"
            if "device" in target.kind:
                told = "all devices are meant, while this is a pilot"
            yield Warn(None, expected, told)
        elif target.everybody:
            yield Pass(None, "required for everybody", expected)
        elif not target.group:
            told = tr(
                "an assignment has a target that this version does not know: {}",
                target.kind or tr("untyped"),
            )
            yield Unknown(None, told)


def _populated(
    groups: set[str],
    left_out: set[str],
    users: _Counts | Missing,
    devices: _Counts | Missing,
    expected: str,
) -> Iterator[Outcome]:
    if not groups:
        return
    if isinstance(users, Missing) or isinstance(devices, Missing):
        yield unavailable(None, *(one for one in (users, devices) if isinstance(one, Missing)))
        return
    empty: list[str] = []
    for group in sorted(groups):
        counts = (users.get(group), devices.get(group))
        if group in left_out:
            empty.append(tr("{} is excluded at the same time", group))
        elif counts == (None, None):
            empty.append(tr("{} does not exist", group))
        elif not any(counts):
            empty.append(tr("{} is empty", group))
        else:
            told = tr(
                "required for {}: {}, {}",
                group,
                trn(counts[0] or 0, "{n} user", "{n} users"),
                trn(counts[1] or 0, "{n} device", "{n} devices"),
            )
            yield Pass(None, told, expected)
    if empty:
        kind = Fail if len(empty) == len(groups) else Warn
        yield kind(None, expected, "; ".join(empty))


def _as_planned(groups: set[str], wanted: list[str] | Missing, expected: str) -> Iterator[Outcome]:
    if not groups:
        return
    if isinstance(wanted, Missing):
        yield unavailable(None, wanted)
        return
    planned = {group.lower() for group in wanted}
    for group in sorted(groups - planned):
        yield Warn(None, expected, tr("required for {}, which was not planned", group))
    for group in sorted(planned - groups):
        yield Warn(None, expected, tr("not required for {}, which was planned", group))


@check("intuneapp.autopilot-user-targeting")
def autopilot_user_targeting(
    of_apps: Annotated[_OfApps | Missing, ClientAppAssignments()],
    policies: Annotated[_Policies | Missing, NewerConfigurations()],
    users: Annotated[_Counts | Missing, TargetUsers()],
    devices: Annotated[_Counts | Missing, TargetDevices()],
) -> Outcomes:
    """Pass when the groups that the app is required for contain users only."""
    if isinstance(of_apps, Missing):
        return [unavailable(None, of_apps)]
    if not of_apps:
        return [_without_app(policies)]
    meant = [
        a.target
        for assignments in of_apps.values()
        for a in assignments or ()
        if a.required and a.target is not None and not a.target.excludes
    ]
    if not meant:
        return [Unknown(None, "the app is required for nobody, so there is no group to look at")]
    return [_users_only(target, users, devices) for target in meant]


def _users_only(target: Target, users: _Counts | Missing, devices: _Counts | Missing) -> Outcome:
    expected = "user groups only, while devices come by Autopilot"
    if target.kind == "alldevicesassignmenttarget":
        return Warn(None, expected, "required for all devices")
    if target.kind == "alllicensedusersassignmenttarget":
        return Pass(None, "required for all users", expected)
    if not target.group:
        return Unknown(
            None,
            tr("an assignment has a target of an unknown kind: {}", target.kind or tr("untyped")),
        )
    if isinstance(devices, Missing):
        return unavailable(None, devices)
    count = devices.get(target.group)
    if count:
        return Warn(
            None,
            expected,
            trn(
                count,
                "{} contains {n} device",
                "{} contains {n} devices",
                target.group,
            ),
        )
    if isinstance(users, Missing):
        return unavailable(None, users)
    people = users.get(target.group)
    if not people or count is None:
        return Unknown(None, tr("{} is empty or does not exist: it shows no kind", target.group))
    return Pass(
        None,
        trn(
            people,
            "{}: {n} user, no device",
            "{}: {n} users, no device",
            target.group,
        ),
        expected,
    )
