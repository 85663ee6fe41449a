"""Conditional access: whether each resource really is behind a device that is known to be sound."""

from collections.abc import Iterable
from functools import partial, reduce
from typing import Annotated

from assess.check import (
    Fail,
    Key,
    Missing,
    Outcome,
    Outcomes,
    Pass,
    Unknown,
    Warn,
    check,
    tr,
    trn,
    worst,
)
from assess.evidence.access import (
    AccessApplications,
    AccessConditions,
    AccessDevices,
    AccessGrant,
    AccessLocations,
    AccessPlatforms,
    AccessPolicies,
    AccessPolicy,
    AccessUsers,
    AuthenticationStrength,
)
from assess.evidence.assigned import GroupSizes
from assess.evidence.devices import word
from assess.evidence.policies import Compliance, Compliances, ComplianceTargets
from checks.enrol.assignments import Reach, reach
from checks.enrol.pilots import listed
from checks.enrol.policies import (
    Assigned,
    assigned_by_platform,
    covered,
    in_scope,
    platforms_of_type,
)

_DEVICE = frozenset({"compliantdevice", "domainjoineddevice"})
_EXCHANGE = "00000002-0000-0ff1-ce00-000000000000"
_SHAREPOINT = "00000003-0000-0ff1-ce00-000000000000"
_TEAMS = "cc15fd57-2c6c-4117-a88c-83b1d56b4bbe"
_DYNAMICS = "00000007-0000-0000-c000-000000000000"
# The application of a resource, and whether "Office 365" as a whole contains it.
_RESOURCES = {
    "exchange-online": (_EXCHANGE, True),
    "exchange": (_EXCHANGE, True),
    "e-mail": (_EXCHANGE, True),
    "sharepoint": (_SHAREPOINT, True),
    "sharepoint-online": (_SHAREPOINT, True),
    "onedrive": (_SHAREPOINT, True),
    "teams": (_TEAMS, True),
    "skype-for-business": (_TEAMS, True),
    "dynamics": (_DYNAMICS, False),
    "dynamics-crm-online": (_DYNAMICS, False),
    "dynamics-365": (_DYNAMICS, False),
}
_GUID_LENGTH = 36
ENABLED, REPORT_ONLY, OFF = "enabled", "enabledforreportingbutnotenforced", "disabled"


def _lower(values: object) -> frozenset[str]:
    return (
        frozenset(str(value).lower() for value in values)
        if isinstance(values, tuple)
        else frozenset()
    )


def _application(resource: str) -> tuple[str, bool] | None:
    name = resource.strip().lower().replace(" ", "-").replace("_", "-")
    if len(name) == _GUID_LENGTH and name.count("-") == 4:  # noqa: PLR2004
        return name, False
    return _RESOURCES.get(name)


@check("management.conditional-access", subjects="planning.resources_to_protect")
def conditional_access(
    resources: Annotated[list[str], Key("planning.resources_to_protect")],
    policies: Annotated[tuple[AccessPolicy, ...], AccessPolicies()],
    compliance: Annotated[tuple[Compliance, ...] | Missing, Compliances()],
    given: Annotated[Assigned | Missing, ComplianceTargets()],
    sizes: Annotated[dict[str, int | None] | Missing, GroupSizes("compliance")],
    platforms: Annotated[list[str] | Missing, Key("planning.platforms")],
) -> Outcomes:
    """Pass when a policy in force demands a device condition, with compliance policies behind."""
    behind = _compliance(compliance, given, sizes, platforms)
    for resource in resources:
        judged = _resource(resource, policies)
        if isinstance(judged, Pass | Warn):
            judged = worst([judged, *(_of(resource, one) for one in behind)])
        yield judged


def _of(resource: str, outcome: Outcome) -> Outcome:
    match outcome:
        case Unknown(because=because):
            return Unknown(resource, because)
        case Warn(expected=expected, observed=observed, remedy=remedy):
            return Warn(resource, expected, observed, remedy=remedy)
        case _:
            return Pass(resource, getattr(outcome, "observed", ""))


# -- one resource --


def _resource(resource: str, policies: tuple[AccessPolicy, ...]) -> Outcome:
    expected = "an enabled policy that lets in compliant or hybrid joined devices only"
    application = _application(resource)
    if application is None:
        because = tr(
            "{} is no cloud application that conditional access is known to protect", resource
        )
        step = "Name it by its application id in planning.resources_to_protect, or look it up."
        return Unknown(resource, because, remedy=(step,))
    own = [policy for policy in policies if _about(policy, *application)]
    demanding = [policy for policy in own if _device_condition(policy)]
    odd = [p for p in demanding if str(p.state).lower() not in {ENABLED, REPORT_ONLY, OFF}]
    enforced = [p for p in demanding if str(p.state).lower() == ENABLED]
    gaps = {p.label: _gaps(p) for p in enforced}
    sound = [label for label, found in gaps.items() if not found]
    if sound:
        return Pass(
            resource, tr("{} demands a device condition of {}", listed(sound), resource), expected
        )
    if odd:
        names = listed(f"{p.label} ({p.state})" for p in odd)
        return Unknown(
            resource, tr("Graph does not say in a known way whether {} is enabled", names)
        )
    if gaps:
        said = listed(f"{label} {'; '.join(map(tr, found))}" for label, found in gaps.items())
        step = tr("Close the gaps of {}, in report-only mode first.", listed(gaps))
        return Warn(
            resource, expected, tr("{} is protected in part: {}", resource, said), remedy=(step,)
        )
    trying = [p.label for p in demanding if str(p.state).lower() == REPORT_ONLY]
    if trying:
        observed = tr("{} only reports about {}, and protects nothing", listed(trying), resource)
        step = tr("Switch {} from report-only to on when its reports look right.", listed(trying))
        return Warn(resource, expected, observed, remedy=(step,))
    hidden = [policy.label for policy in policies if _hidden(policy, own)]
    if hidden:
        because = tr(
            "Graph does not show what {} applies to or what it demands, so whether it protects "
            "{} is not known",
            listed(hidden),
            resource,
        )
        return Unknown(resource, because)
    observed = trn(
        len(policies),
        "the {n} policy demands no device condition of {}",
        "none of {n} policies demands a device condition of {}",
        resource,
    )
    others = [p.label for p in own if str(p.state).lower() == ENABLED]
    if others:
        observed = tr("{} ({} applies to it, but demands something else)", observed, listed(others))
    return Fail(resource, expected, observed)


def _about(policy: AccessPolicy, application: str, office: bool) -> bool:
    conditions = policy.conditions
    applications = conditions.applications if isinstance(conditions, AccessConditions) else None
    if not isinstance(applications, AccessApplications):
        return False
    names = {application, "office365"} if office else {application}
    included = _lower(applications.include_applications) & (names | {"all"})
    return bool(included) and not _lower(applications.exclude_applications) & names


def _hidden(policy: AccessPolicy, own: list[AccessPolicy]) -> bool:
    """Not off, and Graph leaves out what it is about or, of one of ours, what it demands."""
    grant = policy.grant_controls
    if word(policy.state) == OFF or grant is None:
        return False
    if policy in own:
        return not isinstance(grant, AccessGrant) or not isinstance(grant.built_in_controls, tuple)
    return not policy.shows_applications


def _device_condition(policy: AccessPolicy) -> bool:
    grant = policy.grant_controls
    return isinstance(grant, AccessGrant) and bool(_lower(grant.built_in_controls) & _DEVICE)


def _gaps(policy: AccessPolicy) -> list[str]:
    """Why a policy protects less than it seems to."""
    gaps: list[str] = []
    grant, conditions = policy.grant_controls, policy.conditions
    if isinstance(grant, AccessGrant):
        others = sorted(_lower(grant.built_in_controls) - _DEVICE)
        if isinstance(grant.authentication_strength, AuthenticationStrength):
            others.append(tr("an authentication strength"))
        if _lower(grant.terms_of_use):
            others.append(tr("terms of use"))
        operator = str(grant.operator).lower()
        if others and operator != "and":
            either = reduce(partial(tr, "{} or {}"), others)
            gaps.append(tr("is satisfied without a device condition, by {}", either))
    if isinstance(conditions, AccessConditions):
        gaps += _narrow(conditions)
    return gaps


def _narrow(conditions: AccessConditions) -> Iterable[str]:
    users = conditions.users
    if not isinstance(users, AccessUsers) or "all" not in _lower(users.include_users):
        yield "is not for all users"
    platforms = conditions.platforms
    if isinstance(platforms, AccessPlatforms):
        named = _lower(platforms.include_platforms)
        if "all" not in named:
            only = ", ".join(sorted(named))
            yield tr("is only for {}", only) if only else "names no platform that it is for"
        if _lower(platforms.exclude_platforms):
            yield tr("leaves out {}", ", ".join(sorted(_lower(platforms.exclude_platforms))))
    clients = _lower(conditions.client_app_types)
    if "all" not in clients and not {"browser", "mobileappsanddesktopclients"} <= clients:
        unnamed = "is only for certain clients, which Graph does not name"
        yield tr("is only for the clients {}", ", ".join(sorted(clients))) if clients else unnamed
    if _lower(conditions.sign_in_risk_levels) or _lower(conditions.user_risk_levels):
        yield "applies to risky sign-ins only"
    locations = conditions.locations
    if isinstance(locations, AccessLocations) and (
        "all" not in _lower(locations.include_locations) or _lower(locations.exclude_locations)
    ):
        yield "applies to some locations only"
    if isinstance(conditions.devices, AccessDevices) and conditions.devices.device_filter:
        yield "filters devices"


# -- what stands behind --


def _compliance(
    policies: tuple[Compliance, ...] | Missing,
    given: Assigned | Missing,
    sizes: dict[str, int | None] | Missing,
    platforms: list[str] | Missing,
) -> list[Outcome]:
    """Whether there is a compliance policy that reaches somebody, for each platform in scope."""
    for one in (policies, given):
        if isinstance(one, Missing):
            return [
                Unknown(None, tr("whether compliance policies exist is not known: {}", one.reason))
            ]
    assert not isinstance(policies, Missing)
    assert not isinstance(given, Missing)
    if not isinstance(platforms, Missing):
        kinds = ((p.id, p.label, platforms_of_type(p)) for p in policies)
        found = assigned_by_platform(kinds, given, sizes)
        return [
            one if isinstance(one, Unknown) else covered(one, found, "a compliance policy", sizes)
            for one in in_scope(platforms)
        ]
    best = max((reach(given.get(p.id), sizes) for p in policies), default=Reach.NOBODY)
    if best >= Reach.SOME:
        return [Pass(None, "compliance policies are assigned")]
    if best is Reach.NOT_KNOWN:
        return [Unknown(None, "whom the compliance policies reach is not known")]
    step = "Create a compliance policy for each platform, and assign it."
    observed = "no compliance policy stands behind it that reaches anybody"
    return [Warn(None, "a compliance policy for each platform", observed, remedy=(step,))]
