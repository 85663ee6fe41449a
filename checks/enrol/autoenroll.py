"""Automatic enrolment: who may enrol, whereto, and whether devices really do.

The mobility policies answer to a signed-in person only: an application that asks is told so.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
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
        parts.append(Pass(None, f"{found.label} is listed and valid", expected))
    elif found.is_valid is False:
        parts.append(Warn(None, expected, f"{found.label} is listed, and not valid"))
    else:
        parts.append(Unknown(None, f"Graph does not say isValid of {found.label}"))
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
    others = listed(policy.label for policy in policies) or "none"
    observed = f"Microsoft Intune is not among the MDM applications (listed: {others})"
    if isinstance(skus, Missing):
        return Unknown(None, f"{observed}, and the licences are not known: {skus.reason}")
    premium = any(
        plan.service_plan_id.lower() in PREMIUM
        for sku in skus
        if str(sku.capability_status).lower() in {"enabled", "warning"}
        for plan in sku.plans
    )
    if not (premium and has_intune(skus)):
        lacking = "Intune" if premium else "Entra ID P1"
        because = f"{observed}, and the tenant has no licence of {lacking}"
        mend = "Licence the tenant first, see licence.entra-premium and licence.intune-subscription"
        return Unknown(None, because, remedy=(f"{mend}.",))
    return Fail(None, expected, f"{observed}, although Entra ID P1 and Intune are licensed")


def _rivals(
    found: MobilityPolicy,
    rivals: list[MobilityPolicy],
    expected: str,
    ours: Gathered[Member] | Missing,
    others: Gathered[Member] | Missing,
) -> Outcome:
    named = listed(policy.label for policy in rivals)
    if not found.scope or any(policy.scope not in _SCOPES for policy in rivals):
        return Unknown(None, f"Graph does not say for whom {found.label} and {named} are meant")
    if found.scope == "none":
        return Pass(None, f"{found.label} is meant for nobody, so {named} has no user of it")
    step = f"Take the users of Intune out of the user scope of {named}."
    if found.scope == "all" or any(policy.scope == "all" for policy in rivals):
        return Warn(None, expected, f"{named} has users who are also Intune's", remedy=(step,))
    if isinstance(ours, Missing) or isinstance(others, Missing):
        gaps = [one for one in (ours, others) if isinstance(one, Missing)]
        return Unknown(None, f"who else uses {named} is not known: {gaps[0].reason}")
    shared = _shared(ours, others)
    if shared:
        observed = f"{named} and {found.label} share {shared} users"
        return Warn(None, expected, observed, remedy=(step,))
    return Pass(None, f"{named} and {found.label} share no user", expected)


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
        because = f"Microsoft Intune is not among the MDM applications, and so has no {name}"
        return Unknown(None, because, remedy=("See autoenroll.intune-mdm-app.",))
    expected = " or ".join(wanted)
    if value is not None and not isinstance(value, str):
        return Unknown(None, f"Graph does not say {name} of {found.label}")
    given = (value or "").strip()
    if not given:
        observed = f"{name} of {found.label} is empty"
        return Fail(None, expected, observed) if required else Warn(None, expected, observed)
    observed = f"{name} of {found.label} is {given}"
    if given.lower() in wanted:
        return Pass(None, observed, expected)
    try:
        host = (urlsplit(given).hostname or "").lower().rstrip(".")
    except ValueError:
        host = ""
    if any(host == known or host.endswith(f".{known}") for known in _HOSTS):
        return Warn(None, expected, f"{observed}, which is Intune's and not the default")
    return Fail(None, expected, f"{observed}, which is not Intune's")


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
                step = f"{_MOBILITY} > MDM user scope > Some > the groups of the pilot > Save."
                return [Warn(None, expected, observed, remedy=(step,))]
            return [Pass(None, "the MDM user scope is All", expected)]
        case "none":
            return [Fail(None, expected, "the MDM user scope is None: nobody enrols automatically")]
        case "selected":
            return [_selected(found, expected, covered, enrolling)]
        case _:
            said = found.scope or "nothing"
            return [Unknown(None, f"Graph says {said} of appliesTo, which is no known user scope")]


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
    where = f"the MDM user scope is Some: {names}"
    if isinstance(enrolling, Missing):
        if enrolling.key:
            observed = f"{where}; who is going to enrol is not named ({enrolling.key})"
            return Warn(None, expected, observed, remedy=(enrolling.mend,))
        return Unknown(None, f"{where}; who is going to enrol is not known: {enrolling.reason}")
    if isinstance(covered, Missing):
        return Unknown(None, f"{where}; its members are not known: {covered.reason}")
    inside = Claims()
    for member in covered.rows:
        inside.add(hashed(member.id))
    wanted = [person for person in enrolling.rows if person.account_enabled is not False]
    lacking = [person for person in wanted if hashed(person.id) not in inside]
    gone = [f"{group} does not exist" for group in covered.absent]
    said = f"{where}{'; ' + '; '.join(gone) if gone else ''}"
    if lacking:
        return Fail(
            None,
            expected,
            f"{said}; {len(lacking)} of {len(wanted)} users who are going to enrol are not in it",
            rows=Rows(("user",), ({"user": one.user_principal_name} for one in lacking)),
        )
    if enrolling.absent:
        missing = listed(enrolling.absent)
        return Unknown(None, f"{said}; mdm.enrollment_group_ids names what is no group: {missing}")
    if not wanted:
        return Warn(None, expected, f"{said}; the groups of those who are going to enrol are empty")
    return Pass(None, f"{said}; all {len(wanted)} users who are going to enrol are in it", expected)


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
        what = "None" if mam else "not set: Microsoft Intune is no MAM application"
        return [Pass(None, f"the MAM user scope is {what}", expected)]
    if mdm is None:
        because = "Microsoft Intune is not among the MDM applications, and so has no user scope"
        return [Unknown(None, because, remedy=("See autoenroll.intune-mdm-app.",))]
    if mdm.scope == "none":
        said = "the MDM user scope is None: nobody is in both, see autoenroll.mdm-user-scope"
        return [Pass(None, said, expected)]
    for policy, name in ((mdm, "MDM"), (mam, "MAM")):
        if policy.scope not in _SCOPES:
            return [Unknown(None, f"Graph does not say the {name} user scope: {policy.scope}")]
        if policy.scope == "selected" and not isinstance(policy.included_groups, tuple):
            return [Unknown(None, f"Graph does not say includedGroups of the {name} user scope")]
    overlap = _overlap(mdm, mam, managed, protected)
    if isinstance(overlap, Unknown):
        return [overlap]
    if not overlap:
        said = f"the MDM user scope is {mdm.scope}, the MAM user scope {mam.scope}; none in both"
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
        return "everybody"
    needed = [
        members
        for policy, members in ((mdm, managed), (mam, protected))
        if policy.scope == "selected"
    ]
    for members in needed:
        if isinstance(members, Missing):
            return Unknown(None, f"who is in both scopes is not known: {members.reason}")
    listed_ones = [members for members in needed if isinstance(members, Gathered)]
    if len(listed_ones) == 1:
        count = len(listed_ones[0].rows)
    else:
        count = _shared(listed_ones[0], listed_ones[1])
    return f"{count} users" if count else ""


def _conflict(
    overlap: str, expected: str, byod: bool | Missing, ownership: str | Missing
) -> Outcome:
    observed = f"in the MDM and in the MAM user scope at once: {overlap}"
    personal = byod is True or ownership in {"personal", "both"}
    if personal:
        return Fail(None, expected, f"{observed}, and personal devices are in scope")
    if byod is False or ownership == "company":
        return Warn(None, expected, f"{observed}; only company-owned devices are in scope")
    missing = [one for one in (byod, ownership) if isinstance(one, Missing)]
    asked = unavailable(None, *missing)
    if isinstance(asked, Manual):
        return Manual(None, f"Set planning.byod_in_scope: {observed}.", observed)
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
        by = attested.by if isinstance(attested, Attested) and attested.by else "nobody named"
        return [_enrollment_app(told, f", says {by}", devices)]
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


def _enrollment_app(scope: str, told: str, devices: Table[ManagedDevice] | Missing) -> Outcome:
    expected = "Microsoft Intune Enrollment with the MDM user scope All"
    said = f"the MDM user scope of Microsoft Intune Enrollment is {scope}{told}"
    if scope == "absent":
        said = f"the tenant has no entry Microsoft Intune Enrollment{told}"
    match scope:
        case "all":
            return Pass(None, said, expected)
        case "selected":
            return Warn(None, expected, said)
        case "absent" | "none":
            pass
        case _:
            return Unknown(
                None, f"Graph does not say appliesTo of Microsoft Intune Enrollment{told}"
            )
    if isinstance(devices, Missing):
        because = f"{said}; whether devices enrol automatically is not known: {devices.reason}"
        return Unknown(None, because, remedy=(devices.mend,) if devices.mend else ())
    works = sum(str(one.device_enrollment_type).lower() in _AUTOMATIC for one in devices)
    if works:
        observed = f"{said}; {works} devices did enrol automatically"
        absent = scope == "absent"
        return Pass(None, observed, expected) if absent else Warn(None, expected, observed)
    observed = f"{said}; none of {len(devices)} devices in Intune enrolled automatically"
    if scope == "none":
        return Fail(None, expected, observed)
    return Unknown(None, f"{observed} yet", remedy=("Enrol a pilot device, and run again.",))


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
            yield Unknown(None, f"{pilot.name} has not been joined or registered yet")
        else:
            yield _end(pilot, as_of)


def _end(pilot: Pilot, as_of: datetime) -> Outcome:
    expected = "each pilot device in the directory, managed by Intune, and seen within 7 days"
    intune = [d for d in pilot.registered if str(d.mdm_app_id).lower() == INTUNE_APP]
    if any(device.is_managed is True for device in intune) and pilot.enrolled:
        seen = [moment(device.last_sync_date_time) for device in pilot.enrolled]
        last = max((date for date in seen if date is not None), default=None)
        if last is None:
            return Unknown(None, f"Graph does not say when {pilot.name} was last seen")
        observed = f"{pilot.name} is managed by Intune, last seen on {last:%Y-%m-%d}"
        if as_of - last > _FRESH:
            return Warn(None, expected, observed)
        return Pass(None, observed, expected)
    if pilot.enrolled:
        observed = f"{pilot.name} is in Intune, which the directory does not say"
        return Warn(None, expected, observed)
    if any(device.is_managed is True for device in intune):
        observed = f"{pilot.name} counts as managed in the directory, and Intune does not know it"
        return Fail(None, expected, observed)
    dates = [moment(device.registration_date_time) for device in pilot.registered]
    joined = min((date for date in dates if date is not None), default=None)
    if joined is None:
        return Unknown(
            None, f"{pilot.name} is not managed, and since when it is joined is not known"
        )
    observed = f"{pilot.name} is joined or registered since {joined:%Y-%m-%d %H:%M} UTC"
    if as_of - joined > _PATIENCE:
        other = next((d.mdm_app_id for d in pilot.registered if d.is_managed is True), None)
        how = f"managed by another application ({other})" if other else "not managed"
        return Fail(None, expected, f"{observed}, and {how}")
    return Unknown(None, f"{observed}, which is less than a day: it may still enrol")
