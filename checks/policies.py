"""Policies of Intune, judged by platform in scope and by assignment: existing is not enough."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated

from assess.check import (
    Attestation,
    Attested,
    Fail,
    Key,
    Manual,
    Missing,
    Outcome,
    Outcomes,
    Pass,
    Table,
    Unknown,
    Warn,
    check,
    msg,
    tr,
    trn,
    unavailable,
)
from assess.evidence.access import (
    AccessApplications,
    AccessConditions,
    AccessGrant,
    AccessPolicies,
    AccessPolicy,
)
from assess.evidence.devices import ManagedDevice, ManagedDevices
from assess.evidence.enrolment import Assignment, targets_of
from assess.evidence.graph import Moment, moment
from assess.evidence.policies import (
    CatalogueAssignments,
    CataloguePolicies,
    CataloguePolicy,
    Compliance,
    ComplianceActions,
    Compliances,
    ComplianceTargets,
    Conflict,
    Conflicts,
    MessageTemplate,
    MessageTemplates,
    Profile,
    ProfileAssignments,
    Profiles,
    Rule,
)
from assess.evidence.settings import (
    CatalogueSetting,
    CatalogueSettings,
    Named,
    Sets,
    TemplateAssignments,
    TemplatePolicies,
    sets,
)

Targets = dict[str, tuple[Assignment, ...] | None]
Settings = dict[str, tuple[CatalogueSetting, ...] | None]
EXCHANGE_ONLINE = "00000002-0000-0ff1-ce00-000000000000"
_WEAK = {"", "devicedefault", "none", "lowsecuritybiometric", "customizable"}
_NO_ROOT_RULE = frozenset({"windows", "macos", "linux"})


def platforms_of(names: list[str]) -> dict[str, str]:
    """The platforms in scope by the customer's own name; "" where this version knows none."""
    return {name: _platform(name) for name in names}


def _platform(name: str) -> str:
    word = name.strip().lower().replace(" ", "")
    if word.startswith(("windowsphone", "windows8", "windowsrt")):
        return ""
    if word.startswith(("ios", "ipad", "iphone")):
        return "ios"
    if word.startswith(("mac", "osx")):
        return "macos"
    return next((p for p in ("android", "windows", "linux") if word.startswith(p)), "")


def assigned(assignments: tuple[Assignment, ...] | None) -> bool:
    """Somebody is meant, and not left out again."""
    targets = targets_of(assignments)
    left_out = {target.excluded for target in targets if target.excludes}
    return any(t.meant and not (t.group and t.group in left_out) for t in targets)


def untold(assignments: tuple[Assignment, ...] | None) -> bool:
    """For whom it is does not show in full: somebody may be meant."""
    return assignments is None or not all(
        a.target is not None and (a.target.meant or a.target.excludes) for a in assignments
    )


@dataclass
class Shelf:
    """What is assigned for one platform, and what stood in the way of knowing it all."""

    profiles: list[Profile] = field(default_factory=list)
    catalogue: list[CataloguePolicy] = field(default_factory=list)
    compliance: list[Compliance] = field(default_factory=list)
    refused: list[Missing] = field(default_factory=list)
    untyped: int = 0
    untold: int = 0

    def gap(self, subject: str) -> Outcome | None:
        """The outcome where something may be there that was not seen; None where all was seen."""
        if self.refused:
            return unavailable(subject, *self.refused)
        if self.untyped:
            told = trn(
                self.untyped,
                "{n} policy does not say which platform it is for",
                "{n} policies do not say which platform they are for",
            )
            return Unknown(subject, told)
        if self.untold:
            told = trn(
                self.untold,
                "Graph does not show in full for whom {n} policy is",
                "Graph does not show in full for whom {n} policies are",
            )
            return Unknown(subject, told)
        return None


def configured(
    platform: str,
    profiles: tuple[Profile, ...] | Missing,
    of_profiles: Targets | Missing,
    catalogue: tuple[CataloguePolicy, ...] | Missing = (),
    of_catalogue: Targets | Missing | None = None,
) -> Shelf:
    """The assigned configuration of a platform."""
    shelf = Shelf()
    targets: Targets | Missing = {} if of_catalogue is None else of_catalogue
    asked = (profiles, of_profiles, catalogue, targets)
    shelf.refused = [one for one in asked if isinstance(one, Missing)]
    if not isinstance(profiles, Missing) and not isinstance(of_profiles, Missing):
        meant = [p for p in profiles if assigned(of_profiles.get(p.id))]
        shelf.profiles = [p for p in meant if p.platform == platform]
        shelf.untyped += sum(1 for p in meant if not p.platform)
        shelf.untold += _untold(platform, profiles, of_profiles)
    if not isinstance(catalogue, Missing) and not isinstance(targets, Missing):
        chosen = [p for p in catalogue if assigned(targets.get(p.id))]
        shelf.catalogue = [p for p in chosen if p.platform == platform]
        shelf.untyped += sum(1 for p in chosen if not p.platform)
        shelf.untold += _untold(platform, catalogue, targets)
    return shelf


def _untold(
    platform: str,
    policies: tuple[Profile, ...] | tuple[CataloguePolicy, ...] | tuple[Compliance, ...],
    targets: Targets,
) -> int:
    """How many may be for the platform, and do not show in full for whom."""
    return sum(
        1
        for p in policies
        if p.platform in {platform, ""}
        and not assigned(targets.get(p.id))
        and untold(targets.get(p.id))
    )


def complying(
    platform: str, policies: tuple[Compliance, ...] | Missing, targets: Targets | Missing
) -> Shelf:
    """The assigned compliance policies of a platform."""
    shelf = Shelf(refused=[one for one in (policies, targets) if isinstance(one, Missing)])
    if not isinstance(policies, Missing) and not isinstance(targets, Missing):
        meant = [p for p in policies if assigned(targets.get(p.id))]
        shelf.compliance = [p for p in meant if p.platform == platform]
        shelf.untyped = sum(1 for p in meant if not p.platform)
        shelf.untold = _untold(platform, policies, targets)
    return shelf


def _unknown_platform(name: str) -> Outcome:
    return Unknown(
        name,
        tr("Intune has no policies for {}, or this version does not know them", name),
        remedy=("Name platforms as android, ios, macos, windows or linux in planning.platforms.",),
    )


# -- configuration --


@check("planning.configuration-policies")
def configuration_policies(
    platforms: Annotated[list[str], Key("planning.platforms")],
    profiles: Annotated[tuple[Profile, ...] | Missing, Profiles()],
    of_profiles: Annotated[Targets | Missing, ProfileAssignments()],
    catalogue: Annotated[tuple[CataloguePolicy, ...] | Missing, CataloguePolicies()],
    of_catalogue: Annotated[Targets | Missing, CatalogueAssignments()],
    settings: Annotated[Settings | Missing, CatalogueSettings()],
) -> Outcomes:
    """Pass when each platform has assigned configuration that sets password and encryption."""
    expected = "an assigned configuration policy that sets password and encryption"
    for name, platform in platforms_of(platforms).items():
        if not platform:
            yield _unknown_platform(name)
            continue
        shelf = configured(platform, profiles, of_profiles, catalogue, of_catalogue)
        read = {} if isinstance(settings, Missing) else settings
        said = {p.id: sets(read.get(p.id)) for p in shelf.catalogue}
        password = any(map(_password, shelf.profiles)) or _set(said, "password") is True
        encryption = any(map(_encryption, shelf.profiles)) or _set(said, "encryption") is True
        # A passcode is what encrypts an iPhone.
        encryption = encryption or (password and platform == "ios")
        rules = {msg("password"): password, msg("encryption"): encryption}
        labels = ", ".join([p.label for p in shelf.profiles] + [p.label for p in shelf.catalogue])
        lacking = [rule for rule, there in rules.items() if not there]
        gap = shelf.gap(name)
        if not lacking:
            yield Pass(name, tr("password and encryption are set: {}", labels), expected)
        elif gap is not None:
            yield gap
        elif isinstance(settings, Missing) and shelf.catalogue:
            yield unavailable(name, settings)
        elif unclear := [r for r in lacking if _set(said, r) is None]:
            names = ", ".join(p.label for p in shelf.catalogue if _speaks(said[p.id], unclear))
            told = tr(
                "whether {} is enforced does not show in the settings of {}", _both(unclear), names
            )
            yield Unknown(name, told)
        elif labels:
            yield Warn(name, expected, tr("{} not set: {}", _both(lacking), labels))
        else:
            yield Warn(name, expected, "no configuration policy is assigned")


def _both(rules: list[str]) -> str:
    """One rule or two, for a sentence."""
    return tr("{} and {}", *rules) if len(rules) > 1 else tr(rules[0])


def _set(said: dict[str, Sets], rule: str) -> bool | None:
    """Whether one of the policies sets a rule; None where that does not show."""
    found = [getattr(one, rule) if one.complete else None for one in said.values()]
    found += [getattr(one, rule) for one in said.values() if getattr(one, rule) is True]
    return True if True in found else (None if None in found else False)


def _speaks(said: Sets, rules: list[str]) -> bool:
    return not said.complete or any(getattr(said, rule) is None for rule in rules)


def _password(profile: Profile) -> bool:
    kind = profile.password_required_type
    asked = isinstance(kind, str) and kind.lower() not in _WEAK
    return profile.passcode_required is True or profile.password_required is True or asked


def _encryption(profile: Profile) -> bool:
    """Set by the profile, or a matter of course: iOS with a passcode, Android Enterprise always."""
    flags = (
        profile.storage_require_device_encryption,
        profile.bit_locker_encrypt_device,
        profile.file_vault_enabled,
    )
    enterprise = profile.kind.startswith(("androidworkprofile", "androiddeviceowner"))
    by_system = (profile.platform == "ios" or enterprise) and _password(profile)
    return any(flag is True for flag in flags) or by_system


# -- compliance --


@check("planning.compliance-policies")
def compliance_policies(
    platforms: Annotated[list[str], Key("planning.platforms")],
    policies: Annotated[tuple[Compliance, ...] | Missing, Compliances()],
    targets: Annotated[Targets | Missing, ComplianceTargets()],
) -> Outcomes:
    """Pass when each platform has assigned rules for password, encryption and jailbreak."""
    expected = "an assigned compliance policy with password, encryption and jailbreak rule"
    for name, platform in platforms_of(platforms).items():
        if not platform or platform == "linux":
            yield _unknown_platform(name)
            continue
        shelf = complying(platform, policies, targets)
        labels = ", ".join(policy.label for policy in shelf.compliance)
        lacking = _lacking(platform, shelf.compliance)
        gap = shelf.gap(name)
        if shelf.compliance and not lacking:
            yield Pass(name, tr("all rules are set: {}", labels), expected)
        elif gap is not None:
            yield gap
        elif shelf.compliance:
            named = ", ".join(tr(rule) for rule in lacking)
            yield Warn(name, expected, tr("{} not asked for: {}", named, labels))
        else:
            yield Warn(name, expected, "no compliance policy is assigned")


def _lacking(platform: str, policies: list[Compliance]) -> list[str]:
    """The rules that no policy of the platform has; only phones know jailbreak and root."""
    password = any(True in (p.passcode_required, p.password_required) for p in policies)
    encryption = any(True in (p.storage_require_encryption, p.bit_locker_enabled) for p in policies)
    jailbreak = any(p.security_block_jailbroken_devices is True for p in policies)
    there = {
        msg("password"): password,
        msg("encryption"): encryption or (platform == "ios" and password),
        msg("jailbreak or root"): jailbreak or platform in _NO_ROOT_RULE,
    }
    return [rule for rule, found in there.items() if not found]


# -- before enrolment --


@check("planning.policies-before-enrolment", subjects="planning.platforms")
def policies_before_enrolment(
    platforms: Annotated[list[str], Key("planning.platforms")],
    profiles: Annotated[tuple[Profile, ...] | Missing, Profiles()],
    of_profiles: Annotated[Targets | Missing, ProfileAssignments()],
    catalogue: Annotated[tuple[CataloguePolicy, ...] | Missing, CataloguePolicies()],
    of_catalogue: Annotated[Targets | Missing, CatalogueAssignments()],
    templates: Annotated[tuple[Named, ...] | Missing, TemplatePolicies()],
    of_templates: Annotated[Targets | Missing, TemplateAssignments()],
    policies: Annotated[tuple[Compliance, ...] | Missing, Compliances()],
    targets: Annotated[Targets | Missing, ComplianceTargets()],
    devices: Annotated[Table[ManagedDevice], ManagedDevices()],
) -> Outcomes:
    """Pass when configuration and compliance of a platform are older than its first device."""
    first, undated = _enrolments(devices)
    for name, platform in platforms_of(platforms).items():
        if not platform:
            yield _unknown_platform(name)
            continue
        shelf = configured(platform, profiles, of_profiles, catalogue, of_catalogue)
        rules = complying(platform, policies, targets)
        since = {
            "configuration": _oldest(
                [p.created_date_time for p in shelf.profiles]
                + [p.created_date_time for p in shelf.catalogue]
                + [p.created_date_time for p in _templates(platform, templates, of_templates)]
            ),
            "compliance": _oldest([p.created_date_time for p in rules.compliance]),
        }
        if platform == "windows":
            shelf.refused += [o for o in (templates, of_templates) if isinstance(o, Missing)]
        gap = shelf.gap(name) or rules.gap(name)
        # A device that does not say what it is may be of this platform.
        unclear = bool({platform, ""} & undated) or "" in first
        yield _in_time(name, first.get(platform), unclear, since, gap)


def _templates(
    platform: str, templates: tuple[Named, ...] | Missing, targets: Targets | Missing
) -> list[Named]:
    """The assigned administrative templates: they are for Windows."""
    if platform != "windows" or isinstance(templates, Missing) or isinstance(targets, Missing):
        return []
    return [one for one in templates if assigned(targets.get(one.id))]


def _enrolments(devices: Table[ManagedDevice]) -> tuple[dict[str, datetime], set[str]]:
    """The first enrolment by platform, and the platforms with devices that have no date.

    The platform is "" where a device does not say what it runs, and "other" for what is none of
    those that Intune has policies for.
    """
    first: dict[str, datetime] = {}
    undated: set[str] = set()
    for device in devices:
        when = moment(device.enrolled_date_time)
        platform = device.platform or ("other" if device.system else "")
        if when is None:
            undated.add(platform)
        elif platform not in first or when < first[platform]:
            first[platform] = when
    return first, undated


def _oldest(made: list[Moment]) -> datetime | bool:
    """When the first of the policies was made; False: there is none, True: nobody knows when."""
    known = [date for date in map(moment, made) if date is not None]
    return min(known) if known else bool(made)


_ABSENT = {
    ("configuration",): msg("no configuration policy is assigned"),
    ("compliance",): msg("no compliance policy is assigned"),
    ("configuration", "compliance"): msg("no configuration and no compliance policy is assigned"),
}


def _in_time(
    name: str,
    first: datetime | None,
    undated: bool,
    since: dict[str, datetime | bool],
    gap: Outcome | None,
) -> Outcome:
    expected = "assigned configuration and compliance policies, older than the first enrolment"
    absent = [what for what, when in since.items() if when is False]
    if absent and gap is not None:
        return gap
    if absent:
        devices = tr("devices since {:%Y-%m-%d}", first) if first else tr("no device yet")
        return Warn(name, expected, f"{tr(_ABSENT[tuple(absent)])}; {devices}")
    if first is None and not undated:
        return Pass(name, "policies are assigned, and no device is enrolled yet", expected)
    dates = [when for when in since.values() if isinstance(when, datetime)]
    if first is None or undated or len(dates) < len(since):
        return Unknown(name, "Graph does not give all dates of policies and enrolments")
    told = tr("policies since {:%Y-%m-%d}, first device on {:%Y-%m-%d}", max(dates), first)
    if max(dates) <= first:
        return Pass(name, told, expected)
    return gap if gap is not None else Warn(name, expected, told)


# -- conflicts --


@check("planning.policy-conflicts")
def policy_conflicts(
    conflicts: Annotated[tuple[Conflict, ...] | Missing, Conflicts()],
    attested: Annotated[Attested | Missing, Attestation()],
) -> Outcomes:
    """Pass when no device meets a conflict, and it is written down which policy wins."""
    expected = "no conflict, and it is documented which policy wins"
    if isinstance(conflicts, Missing):
        yield unavailable(None, conflicts)
    else:
        counts = [one.device_checkins_impacted for one in conflicts]
        met = [count for count in counts if isinstance(count, int) and count > 0]
        if met:
            told = trn(
                len(met),
                "{n} conflict at {} check-ins of devices",
                "{n} conflicts at {} check-ins of devices",
                sum(met),
            )
            yield Warn(None, expected, told)
        elif any(not isinstance(count, int) for count in counts):
            yield Unknown(None, "Graph does not say how many devices meet the conflicts")
        else:
            yield Pass(None, "no device meets a conflict", expected)
    if isinstance(attested, Missing):
        yield unavailable(None, attested)
    elif attested.yes:
        yield Pass(None, tr("documented ({})", attested.by or "somebody unnamed"), expected)
    else:
        yield Warn(None, expected, "answered: it is not documented which policy wins")


# -- monitoring --


@check("planning.proactive-monitoring")
def proactive_monitoring(
    attested: Annotated[Attested | Missing, Attestation()],
) -> Outcomes:
    """Pass when somebody is named who receives alerts."""
    expected = "a named function that receives alerts and service messages"
    if isinstance(attested, Missing):
        return [unavailable(None, attested)]
    named = attested.answer
    if isinstance(named, bool):
        if named:
            return [Manual(None, "", "answered with yes: the question is who receives them")]
        return [Warn(None, expected, "nobody is named")]
    said = ", ".join(named) if isinstance(named, list) else named
    if not attested.yes or not said.strip():
        return [Warn(None, expected, "nobody is named")]
    if "no other channel is planned" in said.lower():
        return [Fail(None, expected, said)]
    return [Pass(None, said, expected)]


# -- mail --


@check("planning.email-access-conditions")
def email_access_conditions(
    capabilities: Annotated[list[str] | Missing, Key("planning.required_capabilities")],
    access: Annotated[tuple[AccessPolicy, ...] | Missing, AccessPolicies()],
    policies: Annotated[tuple[Compliance, ...] | Missing, Compliances()],
    targets: Annotated[Targets | Missing, ComplianceTargets()],
    actions: Annotated[dict[str, tuple[Rule, ...] | None] | Missing, ComplianceActions()],
    templates: Annotated[tuple[MessageTemplate, ...] | Missing, MessageTemplates()],
) -> Outcomes:
    """Pass when mail asks for a compliant device, there are rules, and users are told."""
    yield _guarded(access, capabilities)
    yield _ruled(policies, targets)
    yield _told(actions, templates)


def _guarded(
    access: tuple[AccessPolicy, ...] | Missing, capabilities: list[str] | Missing
) -> Outcome:
    expected = "an enabled conditional access policy that asks Exchange Online for a healthy device"
    if isinstance(access, Missing):
        return unavailable(None, access)
    about_mail = [policy for policy in access if _about_mail(policy)]
    demanding = [p for p in about_mail if "compliantdevice" in _controls(p)]
    names = ", ".join(str(p.display_name or p.id) for p in demanding)
    strict = [p for p in demanding if _state(p) == "enabled" and _only_way(p)]
    if strict:
        return Pass(None, ", ".join(str(p.display_name or p.id) for p in strict), expected)
    if any(_hidden(policy, about_mail) for policy in access):
        told = "Graph does not show what each conditional access policy applies to and demands"
        return Unknown(None, told)
    if any(_state(p) == "enabled" for p in demanding):
        return Warn(None, expected, tr("a compliant device is only one of several ways: {}", names))
    if any(_state(p) == "enabledforreportingbutnotenforced" for p in demanding):
        return Warn(None, expected, tr("report-only, which protects nothing: {}", names))
    told = trn(
        len(access),
        "the {n} policy does not ask for it",
        "none of {n} policies asks for it",
    )
    if isinstance(capabilities, Missing):
        return Warn(None, expected, tr("{}; whether it is required is not set", told))
    if any(c.startswith("email.conditional-access") for c in capabilities):
        return Fail(None, expected, told)
    return Warn(None, expected, told)


_ACCESS_STATES = frozenset({"enabled", "disabled", "enabledforreportingbutnotenforced"})


def _hidden(policy: AccessPolicy, about_mail: list[AccessPolicy]) -> bool:
    """It may protect mail, for all that Graph shows of it."""
    grant = policy.grant_controls
    if _state(policy) == "disabled" or grant is None:
        return False
    if policy in about_mail:
        shown = isinstance(grant, AccessGrant) and isinstance(grant.built_in_controls, tuple)
        return not shown or _state(policy) not in _ACCESS_STATES
    return not policy.shows_applications


def _state(policy: AccessPolicy) -> str:
    return policy.state.lower() if isinstance(policy.state, str) else ""


def _about_mail(policy: AccessPolicy) -> bool:
    """The policy covers Exchange Online: by id, with Office 365, or with everything."""
    conditions = policy.conditions
    apps = conditions.applications if isinstance(conditions, AccessConditions) else None
    if not isinstance(apps, AccessApplications):
        return False
    included = {one.lower() for one in apps.include_applications or ()}
    excluded = {one.lower() for one in apps.exclude_applications or ()}
    return bool(included & {EXCHANGE_ONLINE, "office365", "all"}) and not (
        excluded & {EXCHANGE_ONLINE, "office365"}
    )


def _controls(policy: AccessPolicy) -> set[str]:
    grant = policy.grant_controls
    controls = grant.built_in_controls if isinstance(grant, AccessGrant) else ()
    return {one.lower() for one in controls or ()}


def _only_way(policy: AccessPolicy) -> bool:
    """A compliant device is demanded, not one of several ways in."""
    grant = policy.grant_controls
    either = isinstance(grant, AccessGrant) and str(grant.operator).upper() == "OR"
    return not either or len(_controls(policy)) == 1


def _ruled(policies: tuple[Compliance, ...] | Missing, targets: Targets | Missing) -> Outcome:
    expected = "assigned compliance rules for password, encryption and jailbreak"
    if isinstance(policies, Missing) or isinstance(targets, Missing):
        return unavailable(None, *(x for x in (policies, targets) if isinstance(x, Missing)))
    meant = [policy for policy in policies if assigned(targets.get(policy.id))]
    if not meant:
        return Warn(None, expected, "no compliance policy is assigned")
    whole = [p for p in meant if p.platform and not _lacking(p.platform, [p])]
    if whole:
        return Pass(None, ", ".join(policy.label for policy in whole), expected)
    if any(not policy.platform for policy in meant):
        return Unknown(None, "compliance policies do not say which platform they are for")
    return Warn(None, expected, "no assigned policy has all three rules")


def _told(
    actions: dict[str, tuple[Rule, ...] | None] | Missing,
    templates: tuple[MessageTemplate, ...] | Missing,
) -> Outcome:
    expected = "a compliance policy that notifies users, and a template for it"
    if isinstance(actions, Missing) or isinstance(templates, Missing):
        return unavailable(None, *(x for x in (actions, templates) if isinstance(x, Missing)))
    rules = [rule for found in actions.values() for rule in found or ()]
    shown = [rule.scheduled_action_configurations for rule in rules]
    kinds = [one.action_type for some in shown if isinstance(some, tuple) for one in some]
    if not templates:
        return Warn(None, expected, "there is no notification template")
    if "notification" in {str(kind).lower() for kind in kinds}:
        return Pass(
            None,
            trn(
                len(templates),
                "{n} template, and a policy that sends it",
                "{n} templates, and a policy that sends one",
            ),
            expected,
        )
    hidden = not all(isinstance(some, tuple) for some in shown)
    if hidden or not all(isinstance(kind, str) for kind in kinds):
        return Unknown(None, "Graph does not show what the compliance policies do")
    return Warn(None, expected, "no compliance policy sends a notification")
