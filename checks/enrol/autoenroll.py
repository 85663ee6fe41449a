"""Automatic enrolment: who may enrol, whereto, and whether devices really do.

The mobility policies answer to a signed-in person only: an application that asks is told so.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial, reduce
from typing import Annotated
from urllib.parse import urlsplit

from assess.check import (
    AsOf,
    Attestation,
    Attested,
    Fail,
    Key,
    Manual,
    Missing,
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
from assess.evidence.devices import EntraDevice, EntraDevices, ManagedDevice, ManagedDevices
from assess.evidence.enrolment import (
    ENROLLMENT_APP,
    INTUNE_APP,
    MamPolicies,
    MdmPolicies,
    Member,
    MobilityPolicy,
    ScopeMembers,
)
from assess.evidence.graph import (
    EnrollmentGroupMembers,
    Gathered,
    Person,
    Sku,
    SubscribedSkus,
    moment,
)
from checks.enrol.pilots import Pilot, listed, pilots
from checks.identity.claims import Claims, hashed
from checks.licence import PREMIUM, has_intune

Policies = Annotated[tuple[MobilityPolicy, ...], MdmPolicies()]
_SCOPES = {"none", "all", "selected"}
_MOBILITY = "Entra admin center > Settings > Mobility > Microsoft Intune"


def _intune(policies: tuple[MobilityPolicy, ...], app: str = INTUNE_APP) -> MobilityPolicy | None:
    return next((policy for policy in policies if policy.id.lower() == app), None)


# -- the application --


@check("autoenroll.intune-mdm-app")
def intune_mdm_app(
    policies: Policies,
    skus: Annotated[tuple[Sku, ...] | Missing, SubscribedSkus()],
    ours: Annotated[Gathered[Member] | Missing, ScopeMembers("mdm")],
    others: Annotated[Gathered[Member] | Missing, ScopeMembers("other")],
) -> Outcomes:
    """Pass when Intune is among the MDM applications, valid, and the only one for its users."""
    expected = "Microsoft Intune among the MDM applications, valid, and no other for its users"
    found = _intune(policies)
    if found is None:
        return [_absent(policies, expected, skus)]
    parts: list[Outcome] = []
    if found.is_valid is True:
        parts.append(Pass(None, tr("{} is listed and valid", found.label), expected))
    elif found.is_valid is False:
        parts.append(Warn(None, expected, tr("{} is listed, and not valid", found.label)))
    else:
        parts.append(Unknown(None, tr("Graph does not say isValid of {}", found.label)))
    rivals = [
        policy
        for policy in policies
        if policy.id.lower() not in {INTUNE_APP, ENROLLMENT_APP} and policy.scope != "none"
    ]
    if rivals:
        parts.append(_rivals(found, rivals, expected, ours, others))
    return parts


def _absent(
    policies: tuple[MobilityPolicy, ...], expected: str, skus: tuple[Sku, ...] | Missing
) -> Outcome:
    observed = tr("Microsoft Intune is not among the MDM applications (listed: none)")
    if policies:
        others = listed(policy.label for policy in policies)
        observed = tr("Microsoft Intune is not among the MDM applications (listed: {})", others)
    if isinstance(skus, Missing):
        return Unknown(None, tr("{}, and the licences are not known: {}", observed, skus.reason))
    premium = any(
        plan.service_plan_id.lower() in PREMIUM
        for sku in skus
        if str(sku.capability_status).lower() in {"enabled", "warning"}
        for plan in sku.plans
    )
    if not (premium and has_intune(skus)):
        lacking = "Intune" if premium else "Entra ID P1"
        because = tr("{}, and the tenant has no licence of {}", observed, lacking)
        mend = (
            "Licence the tenant first, see licence.entra-premium and licence.intune-subscription."
        )
        return Unknown(None, because, remedy=(mend,))
    return Fail(None, expected, tr("{}, although Entra ID P1 and Intune are licensed", observed))


def _rivals(
    found: MobilityPolicy,
    rivals: list[MobilityPolicy],
    expected: str,
    ours: Gathered[Member] | Missing,
    others: Gathered[Member] | Missing,
) -> Outcome:
    named = listed(policy.label for policy in rivals)
    if not found.scope or any(policy.scope not in _SCOPES for policy in rivals):
        return Unknown(
            None, tr("Graph does not say for whom {} and {} are meant", found.label, named)
        )
    if found.scope == "none":
        return Pass(None, tr("{} is meant for nobody, so {} has no user of it", found.label, named))
    step = tr("Take the users of Intune out of the user scope of {}.", named)
    if found.scope == "all" or any(policy.scope == "all" for policy in rivals):
        return Warn(None, expected, tr("{} has users who are also Intune's", named), remedy=(step,))
    if isinstance(ours, Missing) or isinstance(others, Missing):
        gaps = [one for one in (ours, others) if isinstance(one, Missing)]
        return Unknown(None, tr("who else uses {} is not known: {}", named, gaps[0].reason))
    shared = _shared(ours, others)
    if shared:
        observed = trn(
            shared,
            "{} and {} share {n} user",
            "{} and {} share {n} users",
            named,
            found.label,
        )
        return Warn(None, expected, observed, remedy=(step,))
    return Pass(None, tr("{} and {} share no user", named, found.label), expected)


def _shared(some: Gathered[Member], others: Gathered[Member]) -> int:
    """How many users are in both; each is once in each list."""
    known = Claims()
    for member in some.rows:
        known.add(hashed(member.id))
    return sum(hashed(member.id) in known for member in others.rows)


# -- the addresses --

_HOSTS = ("manage.microsoft.com", "manage.microsoft.us", "manage.microsoftonline.cn")
_DISCOVERY = (
    "https://enrollment.manage.microsoft.com/enrollmentserver/discovery.svc",
    "https://enterpriseenrollment-s.manage.microsoft.com/enrollmentserver/discovery.svc",
)
_TERMS = ("https://portal.manage.microsoft.com/termsofuse.aspx",)
_COMPLIANCE = ("https://portal.manage.microsoft.com/?portalaction=compliance",)


@check("autoenroll.discovery-url")
def discovery_url(policies: Policies) -> Outcomes:
    """Pass when the MDM enrolment address is Intune's, today's default or the document's."""
    found = _intune(policies)
    value = None if found is None else found.discovery_url
    return [_address(found, "discoveryUrl", value, _DISCOVERY, required=True)]


@check("autoenroll.terms-of-use-url")
def terms_of_use_url(policies: Policies) -> Outcomes:
    """Pass when the address of the terms of use is the default one."""
    found = _intune(policies)
    value = None if found is None else found.terms_of_use_url
    return [_address(found, "termsOfUseUrl", value, _TERMS, required=False)]


@check("autoenroll.compliance-url")
def compliance_url(policies: Policies) -> Outcomes:
    """Pass when the address that explains a refused device is the default one."""
    found = _intune(policies)
    value = None if found is None else found.compliance_url
    return [_address(found, "complianceUrl", value, _COMPLIANCE, required=False)]


def _address(
    found: MobilityPolicy | None,
    name: str,
    value: object,
    wanted: tuple[str, ...],
    *,
    required: bool,
) -> Outcome:
    if found is None:
        because = tr("Microsoft Intune is not among the MDM applications, and so has no {}", name)
        return Unknown(None, because, remedy=("See autoenroll.intune-mdm-app.",))
    expected = reduce(partial(tr, "{} or {}"), wanted)
    if value is not None and not isinstance(value, str):
        return Unknown(None, tr("Graph does not say {} of {}", name, found.label))
    given = (value or "").strip()
    if not given:
        observed = tr("{} of {} is empty", name, found.label)
        return Fail(None, expected, observed) if required else Warn(None, expected, observed)
    observed = tr("{} of {} is {}", name, found.label, given)
    if given.lower() in wanted:
        return Pass(None, observed, expected)
    try:
        host = (urlsplit(given).hostname or "").lower().rstrip(".")
    except ValueError:
        host = ""
    if any(host == known or host.endswith(f".{known}") for known in _HOSTS):
        return Warn(None, expected, tr("{}, which is Intune's and not the default", observed))
    return Fail(None, expected, tr("{}, which is not Intune's", observed))


# -- the scopes --


@check("autoenroll.mdm-user-scope")
def mdm_user_scope(
    policies: Policies,
    covered: Annotated[Gathered[Member] | Missing, ScopeMembers("mdm")],
    enrolling: Annotated[Gathered[Person] | Missing, EnrollmentGroupMembers()],
    stage: Annotated[str | Missing, Key("engagement.stage")],
) -> Outcomes:
    """Pass when everybody who is going to enrol is in the MDM user scope."""
    found = _intune(policies)
    expected = "MDM user scope All, or Some with everybody who is going to enrol"
    if found is None:
        because = "Microsoft Intune is not among the MDM applications, and so has no user scope"
        return [Unknown(None, because, remedy=("See autoenroll.intune-mdm-app.",))]
    match found.scope:
        case "all":
            if stage == "pilot":
                observed = "the MDM user scope is All, although the stage is a pilot"
                step = tr("{} > MDM user scope > Some > the groups of the pilot > Save.", _MOBILITY)
                return [Warn(None, expected, observed, remedy=(step,))]
            return [Pass(None, "the MDM user scope is All", expected)]
        case "none":
            return [Fail(None, expected, "the MDM user scope is None: nobody enrols automatically")]
        case "selected":
            return [_selected(found, expected, covered, enrolling)]
        case _:
            because = "Graph gives no appliesTo, so the MDM user scope is not known"
            if found.scope:
                because = tr(
                    "Graph gives {} as appliesTo, which is no known user scope", found.scope
                )
            return [Unknown(None, because)]


def _selected(
    found: MobilityPolicy,
    expected: str,
    covered: Gathered[Member] | Missing,
    enrolling: Gathered[Person] | Missing,
) -> Outcome:
    if not isinstance(found.included_groups, tuple):
        return Unknown(None, "Graph does not say includedGroups of the MDM user scope")
    names = listed(str(group.display_name or group.id) for group in found.groups)
    if not found.groups:
        return Fail(None, expected, "the MDM user scope is Some, and names no group")
    where = tr("the MDM user scope is Some: {}", names)
    if isinstance(enrolling, Missing):
        if enrolling.key:
            observed = tr("{}; who is going to enrol is not named ({})", where, enrolling.key)
            return Warn(None, expected, observed, remedy=(enrolling.mend,))
        return Unknown(
            None, tr("{}; who is going to enrol is not known: {}", where, enrolling.reason)
        )
    if isinstance(covered, Missing):
        return Unknown(None, tr("{}; its members are not known: {}", where, covered.reason))
    inside = Claims()
    for member in covered.rows:
        inside.add(hashed(member.id))
    wanted = [person for person in enrolling.rows if person.account_enabled is not False]
    lacking = [person for person in wanted if hashed(person.id) not in inside]
    gone = [tr("{} does not exist", group) for group in covered.absent]
    said = "; ".join((where, *gone))
    if lacking:
        return Fail(
            None,
            expected,
            trn(
                len(lacking),
                "{}; {n} of {} users who are going to enrol is not in it",
                "{}; {n} of {} users who are going to enrol are not in it",
                said,
                len(wanted),
            ),
            rows=Rows(("user",), ({"user": one.user_principal_name} for one in lacking)),
        )
    if enrolling.absent:
        missing = listed(enrolling.absent)
        return Unknown(
            None,
            tr("{}; mdm.enrollment_group_ids names something that is no group: {}", said, missing),
        )
    if not wanted:
        return Warn(
            None, expected, tr("{}; the groups of those who are going to enrol are empty", said)
        )
    return Pass(
        None,
        trn(
            len(wanted),
            "{}; the {n} user who is going to enrol is in it",
            "{}; all {n} users who are going to enrol are in it",
            said,
        ),
        expected,
    )


@check("autoenroll.mam-scope-conflict")
def mam_scope_conflict(
    policies: Policies,
    apps: Annotated[tuple[MobilityPolicy, ...], MamPolicies()],
    managed: Annotated[Gathered[Member] | Missing, ScopeMembers("mdm")],
    protected: Annotated[Gathered[Member] | Missing, ScopeMembers("mam")],
    byod: Annotated[bool | Missing, Key("planning.byod_in_scope")],
    ownership: Annotated[str | Missing, Key("planning.ownership")],
) -> Outcomes:
    """Pass when nobody is in the MDM and in the MAM user scope at once."""
    expected = "MAM user scope None, or groups that share no user with the MDM user scope"
    mdm, mam = _intune(policies), _intune(apps)
    if mam is None or mam.scope == "none":
        said = "the MAM user scope is not set: Microsoft Intune is no MAM application"
        if mam:
            said = "the MAM user scope is None"
        return [Pass(None, said, expected)]
    if mdm is None:
        because = "Microsoft Intune is not among the MDM applications, and so has no user scope"
        return [Unknown(None, because, remedy=("See autoenroll.intune-mdm-app.",))]
    if mdm.scope == "none":
        said = "the MDM user scope is None: nobody is in both, see autoenroll.mdm-user-scope"
        return [Pass(None, said, expected)]
    for policy, name in ((mdm, "MDM"), (mam, "MAM")):
        if policy.scope not in _SCOPES:
            return [
                Unknown(None, tr("Graph does not say the {} user scope: {}", name, policy.scope))
            ]
        if policy.scope == "selected" and not isinstance(policy.included_groups, tuple):
            return [
                Unknown(None, tr("Graph does not say includedGroups of the {} user scope", name))
            ]
    overlap = _overlap(mdm, mam, managed, protected)
    if isinstance(overlap, Unknown):
        return [overlap]
    if not overlap:
        said = tr(
            "the MDM user scope is {}, the MAM user scope {}; none in both", mdm.scope, mam.scope
        )
        return [Pass(None, said, expected)]
    return [_conflict(overlap, expected, byod, ownership)]


def _overlap(
    mdm: MobilityPolicy,
    mam: MobilityPolicy,
    managed: Gathered[Member] | Missing,
    protected: Gathered[Member] | Missing,
) -> str | Unknown:
    """Who is in both scopes, in words; empty where nobody is."""
    if mdm.scope == mam.scope == "all":
        return tr("everybody")
    needed = [
        members
        for policy, members in ((mdm, managed), (mam, protected))
        if policy.scope == "selected"
    ]
    for members in needed:
        if isinstance(members, Missing):
            return Unknown(None, tr("who is in both scopes is not known: {}", members.reason))
    listed_ones = [members for members in needed if isinstance(members, Gathered)]
    if len(listed_ones) == 1:
        count = len(listed_ones[0].rows)
    else:
        count = _shared(listed_ones[0], listed_ones[1])
    return trn(count, "{n} user", "{n} users") if count else ""


def _conflict(
    overlap: str, expected: str, byod: bool | Missing, ownership: str | Missing
) -> Outcome:
    observed = tr("in the MDM and in the MAM user scope at once: {}", overlap)
    personal = byod is True or ownership in {"personal", "both"}
    if personal:
        return Fail(None, expected, tr("{}, and personal devices are in scope", observed))
    if byod is False or ownership == "company":
        return Warn(None, expected, tr("{}; only company-owned devices are in scope", observed))
    missing = [one for one in (byod, ownership) if isinstance(one, Missing)]
    asked = unavailable(None, *missing)
    if isinstance(asked, Manual):
        return Manual(None, tr("Set planning.byod_in_scope: {}.", observed), observed)
    return asked


# -- Microsoft Intune Enrollment --

_AUTOMATIC = frozenset(
    {
        "windowsazureadjoin",
        "windowsbulkazuredomainjoin",
        "windowsautoenrollment",
        "windowsazureadjoinusingdeviceauth",
    }
)


@check("autoenroll.intune-enrollment-app")
def intune_enrollment_app(
    policies: Annotated[tuple[MobilityPolicy, ...] | Missing, MdmPolicies()],
    devices: Annotated[Table[ManagedDevice] | Missing, ManagedDevices()],
    attested: Annotated[Attested | Missing, Attestation()],
) -> Outcomes:
    """Pass when Microsoft Intune Enrollment has the user scope All, or is not missed."""
    if isinstance(policies, Missing):
        told = "" if isinstance(attested, Missing) else _told(attested)
        if not told:
            return [unavailable(None, policies)]
        by = attested.by if isinstance(attested, Attested) and attested.by else "somebody unnamed"
        return [_enrollment_app(told, by, devices)]
    found = _intune(policies, ENROLLMENT_APP)
    scope = "absent" if found is None else found.scope
    return [_enrollment_app(scope, "", devices)]


def _told(attested: Attested) -> str:
    answer = str(attested.answer).strip().lower()
    words = (
        ("not ", "absent"), ("no entry", "absent"), ("absent", "absent"), ("all", "all"),
        ("some", "selected"), ("selected", "selected"), ("none", "none"),
    )  # fmt: skip
    return next((scope for word, scope in words if word in answer), "")


def _enrollment_app(scope: str, by: str, devices: Table[ManagedDevice] | Missing) -> Outcome:
    """``by``: who says so; empty where Graph does."""
    expected = "Microsoft Intune Enrollment with the MDM user scope All"
    said = tr("the MDM user scope of Microsoft Intune Enrollment is {}", scope)
    if scope == "absent":
        said = tr("the tenant has no entry Microsoft Intune Enrollment")
    if by:
        said = tr("{}, says {}", said, by)
    match scope:
        case "all":
            return Pass(None, said, expected)
        case "selected":
            return Warn(None, expected, said)
        case "absent" | "none":
            pass
        case _:
            return Unknown(None, "Graph does not say appliesTo of Microsoft Intune Enrollment")
    if isinstance(devices, Missing):
        because = tr(
            "{}; whether devices enrol automatically is not known: {}", said, devices.reason
        )
        return Unknown(None, because, remedy=(devices.mend,) if devices.mend else ())
    works = sum(str(one.device_enrollment_type).lower() in _AUTOMATIC for one in devices)
    if works:
        observed = trn(
            works,
            "{}; {n} device did enrol automatically",
            "{}; {n} devices did enrol automatically",
            said,
        )
        absent = scope == "absent"
        return Pass(None, observed, expected) if absent else Warn(None, expected, observed)
    observed = trn(
        len(devices),
        "{}; the {n} device in Intune did not enrol automatically",
        "{}; none of {n} devices in Intune enrolled automatically",
        said,
    )
    if scope == "none":
        return Fail(None, expected, observed)
    because = trn(
        len(devices),
        "{}; the {n} device in Intune did not enrol automatically yet",
        "{}; none of {n} devices in Intune enrolled automatically yet",
        said,
    )
    return Unknown(None, because, remedy=("Enrol a pilot device, and run again.",))


# -- the end --

_FRESH = timedelta(days=7)
_PATIENCE = timedelta(hours=24)


@check("autoenroll.end-state")
def end_state(
    names: Annotated[list[str], Key("planning.pilot_devices")],
    registered: Annotated[Table[EntraDevice], EntraDevices()],
    enrolled: Annotated[Table[ManagedDevice], ManagedDevices()],
    as_of: Annotated[datetime, AsOf()],
) -> Outcomes:
    """Pass when each pilot device is in the directory, managed by Intune, and was seen lately."""
    found = pilots(names, registered, enrolled)
    if not any(pilot.registered for pilot in found):
        because = "no pilot device has been joined or registered yet"
        return [Unknown(None, because, remedy=("Join a pilot device, and run again.",))]
    return list(_ends(found, as_of))


def _ends(found: list[Pilot], as_of: datetime) -> Iterator[Outcome]:
    for pilot in found:
        if not pilot.registered:
            yield Unknown(None, tr("{} has not been joined or registered yet", pilot.name))
        else:
            yield _end(pilot, as_of)


def _end(pilot: Pilot, as_of: datetime) -> Outcome:
    expected = "each pilot device in the directory, managed by Intune, and seen within 7 days"
    intune = [d for d in pilot.registered if str(d.mdm_app_id).lower() == INTUNE_APP]
    if any(device.is_managed is True for device in intune) and pilot.enrolled:
        seen = [moment(device.last_sync_date_time) for device in pilot.enrolled]
        last = max((date for date in seen if date is not None), default=None)
        if last is None:
            return Unknown(None, tr("Graph does not say when {} was last seen", pilot.name))
        observed = tr("{} is managed by Intune, last seen on {:%Y-%m-%d}", pilot.name, last)
        if as_of - last > _FRESH:
            return Warn(None, expected, observed)
        return Pass(None, observed, expected)
    if pilot.enrolled:
        observed = tr("{} is in Intune, but the directory does not say so", pilot.name)
        return Warn(None, expected, observed)
    if any(device.is_managed is True for device in intune):
        observed = tr(
            "{} counts as managed in the directory, and Intune does not know it", pilot.name
        )
        return Fail(None, expected, observed)
    dates = [moment(device.registration_date_time) for device in pilot.registered]
    joined = min((date for date in dates if date is not None), default=None)
    if joined is None:
        return Unknown(
            None, tr("{} is not managed, and how long it has been joined is not known", pilot.name)
        )
    observed = tr(
        "{} has been joined or registered since {:%Y-%m-%d %H:%M} UTC", pilot.name, joined
    )
    if as_of - joined > _PATIENCE:
        other = next((d.mdm_app_id for d in pilot.registered if d.is_managed is True), None)
        told = tr("{}, and not managed", observed)
        if other:
            told = tr("{}, and managed by another application ({})", observed, other)
        return Fail(None, expected, told)
    return Unknown(None, tr("{}, which is less than a day: it may still enrol", observed))
