"""Co-management as Intune sees it: what stands ready, which devices arrived, and the saved line."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Annotated

from assess.check import (
    AsOf,
    Fail,
    Key,
    Missing,
    NotApplicable,
    Outcome,
    Outcomes,
    Pass,
    Rows,
    Table,
    Unknown,
    Warn,
    check,
    tr,
    trn,
    unavailable,
)
from assess.evidence.adminservice import (
    AzureService,
    AzureServices,
    CollectionMembers,
    Members,
    NotAUser,
    Seen,
)
from assess.evidence.applications import (
    Application,
    ConfigMgrApplications,
    SiteApplication,
    SiteApplications,
)
from assess.evidence.devices import ManagedDevice, ManagedDevices
from assess.evidence.enrolment import AppAssignment, Assignment, Target
from assess.evidence.logs import (
    ENROLLED,
    NOT_ENROLLED,
    POLICY,
    CoManagementHandler,
    Line,
    LogCopy,
    Logs,
)
from assess.evidence.policies import (
    AssignedApp,
    AssignedApps,
    CatalogueAssignments,
    CataloguePolicies,
    CataloguePolicy,
    Compliance,
    Compliances,
    ComplianceTargets,
    Intent,
    Intents,
    Profile,
    ProfileAssignments,
    Profiles,
    WindowsAppAssignments,
)
from assess.evidence.settings import (
    CatalogueSetting,
    CatalogueSettings,
    DriverUpdateAssignments,
    DriverUpdates,
    FeatureUpdateAssignments,
    FeatureUpdates,
    HotpatchUpdateAssignments,
    HotpatchUpdates,
    IntentAssignments,
    Named,
    QualityUpdateAssignments,
    QualityUpdates,
    TemplateAssignments,
    TemplatePolicies,
    sets,
)
from assess.evidence.site_database import GatewayPaths
from checks.intuneapp import Surroundings, verified
from checks.log_lines import about, of_computer, set_aside

_Targets = dict[str, tuple[Assignment, ...] | None]
_AppTargets = dict[str, tuple[AppAssignment, ...] | None]
_EXAMPLES = 5


@check("comanagement.command-line")
def saved_command_line(
    copied: Annotated[str, Key("comanagement.command_line")],
    host: Annotated[str | Missing, Key("cmg.service_name")],
    services: Annotated[Seen[AzureService] | Missing, AzureServices()],
    site_code: Annotated[str | Missing, Key("site.code")],
    tenant: Annotated[str | Missing, Key("tenant.id")],
    management_points: Annotated[list[str] | Missing, Key("mp.servers")],
    site: Annotated[Seen[SiteApplication] | Missing, SiteApplications()],
    apps: Annotated[dict[str, Application | None] | Missing, ConfigMgrApplications()],
    paths: Annotated[tuple[str, ...] | Missing, GatewayPaths()],
) -> Outcomes:
    """Pass when the copied line is whole and leads to this site, gateway and tenant."""
    if not copied.strip():
        expected = "the CCMSETUPCMD line of the Enablement page"
        return [Fail(None, expected, "comanagement.command_line is empty")]
    around = Surroundings(host, services, site_code, tenant, management_points, site, apps, paths)
    outcomes = verified(copied, around, supplied=True)
    return [_without_warning(outcome) for outcome in outcomes]


def _without_warning(outcome: Outcome) -> Outcome:
    """What the app's line is only warned of is open here."""
    if not isinstance(outcome, Warn):
        return outcome
    return Unknown(None, tr("{}; expected: {}", outcome.observed, outcome.expected))


# -- what stands ready in Intune --


class _Ready:
    """What Intune has for Windows, by workload: label and targets; or why it cannot be told."""

    def __init__(self) -> None:
        self.found: list[tuple[str, list[Target]]] = []
        self.refused: list[Missing] = []
        self.untyped = 0
        self.untold = 0

    def add(
        self, label: str, assignments: tuple[Assignment, ...] | tuple[AppAssignment, ...] | None
    ) -> None:
        """One object; its assignments None where it vanished while it was read."""
        targets = [a.target for a in assignments or () if a.target is not None]
        left_out = {target.excluded for target in targets if target.excludes}
        meant = [t for t in targets if t.meant and not (t.group and t.group in left_out)]
        shown = all(target.meant or target.excludes for target in targets)
        if assignments is None or len(targets) < len(assignments) or not shown:
            self.untold += 1
        if meant:
            self.found.append((label, meant))


# The workloads by the names that people give them, and what stands for each in Intune.
_NAMES = {
    "compliance": "compliance",
    "compliance_policies": "compliance",
    "compliance_policy": "compliance",
    "configuration": "configuration",
    "device_configuration": "configuration",
    "resource_access": "access",
    "endpoint_protection": "protection",
    "windows_update": "update",
    "windows_update_policies": "update",
    "client_apps": "apps",
    "apps": "apps",
    "modern_apps": "apps",
    "office": "office",
    "office_apps": "office",
    "office_click_to_run": "office",
    "office_click_to_run_apps": "office",
}
_Policies = tuple[Named, ...] | Missing
_ACCESS = ("wifi", "vpn", "certificate", "scep", "pkcs", "pfx", "trustedroot", "easemail")


@check("comanagement.intune-workloads-ready")
def intune_workloads_ready(
    workloads: Annotated[dict[str, str], Key("comanagement.workloads")],
    wanted: Annotated[list[str] | Missing, Key("intune_app.target_groups")],
    compliances: Annotated[tuple[Compliance, ...] | Missing, Compliances()],
    of_compliances: Annotated[_Targets | Missing, ComplianceTargets()],
    profiles: Annotated[tuple[Profile, ...] | Missing, Profiles()],
    of_profiles: Annotated[_Targets | Missing, ProfileAssignments()],
    catalogue: Annotated[tuple[CataloguePolicy, ...] | Missing, CataloguePolicies()],
    of_catalogue: Annotated[_Targets | Missing, CatalogueAssignments()],
    apps: Annotated[tuple[AssignedApp, ...] | Missing, AssignedApps()],
    of_apps: Annotated[_AppTargets | Missing, WindowsAppAssignments()],
    settings: Annotated[
        dict[str, tuple[CatalogueSetting, ...] | None] | Missing, CatalogueSettings()
    ],
    intents: Annotated[tuple[Intent, ...] | Missing, Intents()],
    of_intents: Annotated[_Targets | Missing, IntentAssignments()],
    templates: Annotated[_Policies, TemplatePolicies()],
    of_templates: Annotated[_Targets | Missing, TemplateAssignments()],
    features: Annotated[_Policies, FeatureUpdates()],
    of_features: Annotated[_Targets | Missing, FeatureUpdateAssignments()],
    qualities: Annotated[_Policies, QualityUpdates()],
    of_qualities: Annotated[_Targets | Missing, QualityUpdateAssignments()],
    hotpatches: Annotated[_Policies, HotpatchUpdates()],
    of_hotpatches: Annotated[_Targets | Missing, HotpatchUpdateAssignments()],
    drivers: Annotated[_Policies, DriverUpdates()],
    of_drivers: Annotated[_Targets | Missing, DriverUpdateAssignments()],
) -> Outcomes:
    """Pass when Intune has something assigned for each workload that moves."""
    moved = {name: to for name, to in workloads.items() if to.lower() in {"pilot", "intune"}}
    if not moved:
        yield NotApplicable(None, "no workload is moved to Intune: all stay with the site")
        return
    groups = None if isinstance(wanted, Missing) else {group.lower() for group in wanted}
    for name, to in sorted(moved.items()):
        workload = _NAMES.get(name.lower().replace("-", "_").replace(" ", "_"), "")
        ready = _Ready()
        match workload:
            case "":
                yield Unknown(name, tr("{} is no workload that this version knows", name))
                continue
            case "compliance":
                _gather_compliance(ready, compliances, of_compliances)
            case "apps" | "office":
                _gather_apps(ready, apps, of_apps, office=workload == "office")
            case _:
                _gather_profiles(ready, workload, profiles, of_profiles)
                _gather_catalogue(ready, workload, catalogue, of_catalogue, settings)
                if workload == "protection":
                    _gather_intents(ready, intents, of_intents)
                if workload == "configuration":
                    _gather_named(ready, templates, of_templates)
                if workload == "update":
                    _gather_named(ready, features, of_features)
                    _gather_named(ready, qualities, of_qualities)
                    _gather_named(ready, hotpatches, of_hotpatches)
                    _gather_named(ready, drivers, of_drivers)
        yield _prepared(name, to, ready, groups)


def _gather_compliance(
    ready: _Ready, policies: tuple[Compliance, ...] | Missing, targets: _Targets | Missing
) -> None:
    if isinstance(policies, Missing) or isinstance(targets, Missing):
        ready.refused += [one for one in (policies, targets) if isinstance(one, Missing)]
        return
    for policy in policies:
        if policy.platform == "windows":
            ready.add(policy.label, targets.get(policy.id))
        elif not policy.platform:
            ready.untyped += 1


def _gather_profiles(
    ready: _Ready,
    workload: str,
    profiles: tuple[Profile, ...] | Missing,
    targets: _Targets | Missing,
) -> None:
    if isinstance(profiles, Missing) or isinstance(targets, Missing):
        ready.refused += [one for one in (profiles, targets) if isinstance(one, Missing)]
        return
    for profile in profiles:
        if not profile.platform:
            ready.untyped += 1
        elif profile.platform == "windows" and _workload_of(profile.kind) == workload:
            ready.add(profile.label, targets.get(profile.id))


def _workload_of(kind: str) -> str:
    """The workload that a Windows profile belongs to, by its type."""
    if "updateforbusiness" in kind:
        return "update"
    if "endpointprotection" in kind or "defender" in kind:
        return "protection"
    return "access" if any(word in kind for word in _ACCESS) else "configuration"


def _gather_catalogue(
    ready: _Ready,
    workload: str,
    policies: tuple[CataloguePolicy, ...] | Missing,
    targets: _Targets | Missing,
    settings: dict[str, tuple[CatalogueSetting, ...] | None] | Missing,
) -> None:
    """Updates of Windows may be set in any policy of the catalogue: its settings tell."""
    lists = (policies, targets, settings) if workload == "update" else (policies, targets)
    ready.refused += [one for one in lists if isinstance(one, Missing)]
    if isinstance(policies, Missing) or isinstance(targets, Missing):
        return
    for policy in policies:
        if not policy.platform:
            ready.untyped += 1
        if policy.platform != "windows":
            continue
        belongs = "protection" if policy.family.startswith("endpointsecurity") else "configuration"
        if workload == "update" and isinstance(settings, dict) and policy.id in settings:
            said = sets(settings[policy.id])
            belongs = "update" if said.updates else belongs
            ready.untold += not said.updates and not said.complete
        if belongs == workload:
            ready.add(policy.label, targets.get(policy.id))


def _gather_named(ready: _Ready, policies: _Policies, targets: _Targets | Missing) -> None:
    if isinstance(policies, Missing) or isinstance(targets, Missing):
        ready.refused += [one for one in (policies, targets) if isinstance(one, Missing)]
        return
    for policy in policies:
        ready.add(policy.label, targets.get(policy.id))


def _gather_intents(
    ready: _Ready, intents: tuple[Intent, ...] | Missing, targets: _Targets | Missing
) -> None:
    if isinstance(intents, Missing) or isinstance(targets, Missing):
        ready.refused += [one for one in (intents, targets) if isinstance(one, Missing)]
        return
    for one in intents:
        ready.add(str(one.display_name or one.id), targets.get(one.id))


def _gather_apps(
    ready: _Ready,
    apps: tuple[AssignedApp, ...] | Missing,
    targets: _AppTargets | Missing,
    *,
    office: bool,
) -> None:
    if isinstance(apps, Missing) or isinstance(targets, Missing):
        ready.refused += [one for one in (apps, targets) if isinstance(one, Missing)]
        return
    for app in apps:
        if not app.for_windows and not app.elsewhere:
            ready.untyped += 1
        elif app.for_windows and app.kind.startswith("office") is office and app.id in targets:
            ready.add(app.label, targets[app.id])


def _prepared(name: str, to: str, ready: _Ready, groups: set[str] | None) -> Outcome:
    expected = tr("an object in Intune, assigned to the devices whose {} moves ({})", name, to)
    labels = ", ".join(label for label, _ in ready.found[:_EXAMPLES])
    meant = [target for _, targets in ready.found for target in targets]
    if any(target.everybody for target in meant):
        return Pass(
            name, tr("{} assigned, also to everybody: {}", len(ready.found), labels), expected
        )
    reached = {target.group for target in meant} - {""}
    if groups and groups <= reached:
        return Pass(
            name, tr("{} assigned to the client's groups: {}", len(ready.found), labels), expected
        )
    if ready.refused:
        return unavailable(name, *ready.refused)
    if ready.untyped or ready.untold:
        told = trn(
            ready.untyped + ready.untold,
            "Graph does not tell it all: {n} object does not say what it is or for whom",
            "Graph does not tell it all: {n} objects do not say what they are or for whom",
        )
        return Unknown(name, told)
    if ready.found:
        told = tr("assigned to groups that may not cover all: {}", labels)
        return Warn(name, expected, told)
    return Fail(name, expected, "nothing is assigned for it")


# -- the devices --


@check("comanagement.devices-comanaged")
def devices_comanaged(
    names: Annotated[list[str] | Missing, Key("planning.pilot_devices")],
    members: Annotated[Members | Missing, CollectionMembers("{comanagement.pilot_collection_id}")],
    devices: Annotated[Table[ManagedDevice] | Missing, ManagedDevices()],
    log: Annotated[Logs | Missing, CoManagementHandler()],
    now: Annotated[datetime, AsOf()],
) -> Outcomes:
    """Pass when Intune shows each device of the pilot as managed by both."""
    pilot, gap = _pilot(names, members)
    if isinstance(devices, Missing):
        yield _by_logs(pilot, devices, log, now)
        return
    if not pilot:
        yield gap
        return
    logs = _logs_of(pilot, log, now)
    why = {name: line for name, copies in logs.items() if (line := _why_not(copies))}
    found: set[str] = set()
    other: set[str] = set()
    untold: set[str] = set()
    nameless = 0
    for device in devices:
        nameless += not device.name
        if device.name in pilot:
            (found if device.comanaged else other).add(device.name)
            if not device.managed_by:
                untold.add(device.name)
    lacking = sorted(pilot - found)
    expected = trn(
        len(pilot),
        "the {n} device of the pilot is managed by both",
        "all {n} devices of the pilot are managed by both",
    )
    if not lacking:
        yield Pass(
            None,
            trn(
                len(pilot),
                "the {n} device of the pilot is co-managed",
                "all {n} devices of the pilot are co-managed",
            ),
            expected,
        )
    else:
        some = ", ".join(lacking[:_EXAMPLES])
        told = trn(
            len(found),
            "{n} of {} devices is co-managed; not, for example: {}",
            "{n} of {} devices are co-managed; not, for example: {}",
            len(pilot),
            some,
        )
        told = _quoted(told, lacking, why)
        table = Rows(("device", "found"), _lacking_rows(lacking, other, why))
        none = not found and not untold and not nameless
        steps = tuple(dict.fromkeys(_step(why[name]) for name in lacking if name in why))
        steps = tuple(filter(None, steps))
        told_by = about(copy for name in lacking for copy in logs[name])
        kind = Fail if none else Warn
        yield kind(None, expected, told, rows=table, remedy=steps, about=told_by)
    if lacking and nameless:
        yield Unknown(
            None,
            trn(
                nameless,
                "{n} device has no name in Intune; it may be one of the pilot",
                "{n} devices have no name in Intune; the pilot's may be among them",
            ),
        )
    if untold - found:
        some = ", ".join(sorted(untold - found)[:_EXAMPLES])
        yield Unknown(None, tr("Graph does not say who manages {}", some))
    if isinstance(members, Members) and not members.sees.complete and isinstance(names, Missing):
        yield Unknown(
            None,
            "the account may not see the whole pilot collection",
            remedy=(getattr(members.sees, "mend", ""),),
        )


def _pilot(names: list[str] | Missing, members: Members | Missing) -> tuple[set[str], Outcome]:
    """The names of the pilot's devices, or why there are none."""
    if isinstance(names, list):
        gap: Outcome = Unknown(None, "planning.pilot_devices names no device")
        return {_short(name) for name in names} - {""}, gap
    if isinstance(members, Missing):
        return set(), unavailable(None, members, names)
    pilot = {_short(m.name) for m in members.rows if isinstance(m, NotAUser)} - {""}
    if members.collection is None:
        return pilot, Unknown(None, "the pilot collection shows no device to this account")
    label = members.collection.label
    return pilot, Unknown(None, tr("the collection {} shows no device to this account", label))


def _short(name: str) -> str:
    return name.strip().partition(".")[0].lower()


def _quoted(told: str, lacking: list[str], why: dict[str, Line]) -> str:
    """The same, with what the logs of the devices say."""
    quoted = [f"{name}: {why[name].quoted}" for name in lacking if name in why]
    if not quoted:
        return told
    return tr("{}; by their logs {}", told, "; ".join(quoted[:_EXAMPLES]))


def _lacking_rows(
    lacking: list[str], other: set[str], why: dict[str, Line]
) -> Iterator[dict[str, object]]:
    for name in lacking:
        found = tr("in Intune, but not co-managed") if name in other else tr("not in Intune")
        yield {"device": name, "found": f"{found}: {why[name].said}" if name in why else found}


# -- what the logs of the devices say --

_RESTRICTED = "Let the enrolment restrictions allow the platform of the device and its version"
_CODES = {
    "0x80180002": "Let the user of the device sign in with an account of the tenant {tenant.id}",
    "0x80180014": _RESTRICTED,
    "0x80180015": _RESTRICTED,
    "0x80180018": "Give the user of the device a licence for Intune",
    "0x8018002a": "Let the user of the device enrol again, and not cancel",
    "0x8018002b": "Put the user of the device into the MDM user scope, and correct the UPN",
}


def _logs_of(pilot: set[str], log: Logs | Missing, now: datetime) -> dict[str, list[LogCopy]]:
    return {name: of_computer(log, name, now, alone=len(pilot) == 1) for name in pilot}


def _why_not(copies: Sequence[LogCopy]) -> Line | None:
    """The line with which a log ends that says why a device is not enrolled."""
    for copy in copies:
        line = copy.latest(ENROLLED, NOT_ENROLLED)
        if line is not None and line.kind == NOT_ENROLLED:
            return line
    return None


def _step(line: Line) -> str:
    code = line.value("code").lower()
    if code in _CODES:
        return f"{tr(_CODES[code])} ({code})."
    if "enrollment url" in line.said.lower():
        return "Put the users of the devices into the MDM user scope of the tenant {tenant.id}."
    return ""


def _by_logs(pilot: set[str], devices: Missing, log: Logs | Missing, now: datetime) -> Outcome:
    """Where the tenant is not asked: each device's own log must say that it is managed by both."""
    if not pilot or isinstance(log, Missing) or not set_aside(devices):
        return unavailable(None, devices)
    proofs = {}
    for name, copies in sorted(_logs_of(pilot, log, now).items()):
        for copy in copies:
            last = copy.latest(ENROLLED, NOT_ENROLLED)
            enrolled = last is not None and last.kind == ENROLLED and last.at is not None
            if enrolled and copy.latest(POLICY) is not None and not copy.cut:
                proofs[name] = copy
    if set(proofs) == pilot:
        told = trn(
            len(pilot),
            "the logs of the {n} device of the pilot say enrolled, with the policy",
            "the logs of all {n} devices of the pilot say enrolled, with the policy",
        )
        return Pass(None, told, about=about(proofs.values()))
    because = tr(
        "the logs of {} of {} devices of the pilot say that they are managed by both; {}",
        len(proofs),
        len(pilot),
        devices.reason,
    )
    return Unknown(None, because, remedy=(devices.mend,))
