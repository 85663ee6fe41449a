"""Co-management as the site has it: the policy, its pilot, the workloads, the devices."""

from typing import Annotated, TypeAlias

from assess.check import (
    Attestation,
    Attested,
    Fail,
    Key,
    Manual,
    Missing,
    NotApplicable,
    Outcome,
    Outcomes,
    Pass,
    Unknown,
    Warn,
    check,
    unavailable,
)
from assess.evidence.adminservice import Seen, Site, Sites, text
from assess.evidence.site_cloud import (
    CoManagementSetting,
    CoManagementSettings,
    ManagementStateList,
    ManagementStates,
    Staging,
    StagingCollections,
    Stagings,
)
from checks.cmg_gateway import hidden

PROD = "CoMgmtSettingsProd"
CLOUD_ATTACH = 9068
"""The build of version 2111."""
RESOURCE_ACCESS_GONE = 9078
"""The build of version 2203."""
_DEVICES = 2
_MOST_OF_ALL = 0.2
_MOST_IN_ERROR = 0.05

States: TypeAlias = Annotated[ManagementStateList | Missing, ManagementStates()]
Confirmed: TypeAlias = Annotated[Attested | Missing, Attestation()]
Planned: TypeAlias = Annotated[str | Missing, Key("comanagement.auto_enroll")]
Pilots: TypeAlias = Annotated[Stagings, StagingCollections(("{comanagement.pilot_collection_id}",))]
Workloads: TypeAlias = Annotated[dict[str, str] | Missing, Key("comanagement.workloads")]


@check("comanagement.enabled")
def enabled(settings: Annotated[Seen[CoManagementSetting], CoManagementSettings()]) -> Outcomes:
    """Pass when the policy that the wizard makes is there."""
    names = [text(row.localized_display_name) for row in settings]
    found = next((name for name in names if name.lower() == PROD.lower()), "")
    expected = f"the policy {PROD}, which the wizard makes"
    if found:
        return [Pass(None, f"the site has the policy {found}", expected)]
    if not all(names):
        because = "the site does not send SMS_CoManagementSettings.LocalizedDisplayName"
        return [Unknown(None, because)]
    if not settings.sees.complete:
        return [hidden(f"{PROD} is not shown", settings)]
    others = f"; it has {', '.join(names)}" if names else ""
    return [Fail(None, expected, f"the site has no policy {PROD}{others}")]


@check("comanagement.wizard-path")
def wizard_path(sites: Annotated[Seen[Site], Sites()]) -> Outcomes:
    """Pass when the site has the Cloud Attach wizard; an older one has another wizard."""
    oldest = oldest_build(sites)
    if isinstance(oldest, Unknown):
        return [oldest]
    build, site = oldest
    expected = f"version 2111 (build {CLOUD_ATTACH}) or later"
    if build >= CLOUD_ATTACH:
        said = f"site {site.site_code} has build {build}: use the Cloud Attach wizard"
        return [Pass(None, said, expected)]
    said = f"site {site.site_code} has build {build}: only the co-management wizard is there"
    return [Warn(None, expected, said)]


def oldest_build(sites: Seen[Site]) -> tuple[int, Site] | Unknown:
    """The lowest build among the sites that manage others, and whose it is."""
    chief = [site for site in sites if site.type != 1]
    if not chief:
        return hidden("no primary site is shown", sites)
    builds = [(build(site), site) for site in chief]
    silent = [site.site_code for number, site in builds if number is None]
    if silent:
        named = ", ".join(silent)
        return Unknown(None, f"SMS_Site.BuildNumber of {named} is not sent, nor is a Version")
    number, site = min(
        ((number, site) for number, site in builds if number is not None), key=lambda pair: pair[0]
    )
    return number, site


def build(site: Site) -> int | None:
    """The build, from its own property or from the version, such as 5.00.9141.1000."""
    if isinstance(site.build_number, int):
        return site.build_number
    parts = text(site.version).split(".")
    return int(parts[2]) if len(parts) > _DEVICES and parts[2].isdigit() else None


# -- automatic enrolment --

_WORDS = {"none": "none", "pilot": "pilot", "all": "all", "keine": "none", "alle": "all"}


@check("comanagement.auto-enrollment")
def auto_enrollment(
    planned: Annotated[str, Key("comanagement.auto_enroll")],
    stage: Annotated[str | Missing, Key("engagement.stage")],
    confirmed: Confirmed,
    states: States,
) -> Outcomes:
    """Pass when the tab shows what is planned, and a device has received the policy."""
    expected = f"automatic enrolment is {planned}, and a client has the policy"
    if isinstance(confirmed, Missing):
        yield unavailable(None, confirmed)
        return
    words = str(confirmed.answer).lower().replace(",", " ").replace(".", " ").split()
    found = {_WORDS[word] for word in words if word in _WORDS}
    if confirmed.answer is False:
        found = {"none"}
    if len(found) != 1:
        yield Manual(None, f"The answer {confirmed.answer!r} is none of None, Pilot and All.")
        return
    actual = found.pop()
    by = f"automatic enrolment is {actual}, says {confirmed.by or 'somebody unnamed'}"
    if actual == "none":
        if planned == "none":
            yield Warn(None, "pilot or all", f"{by}, as planned: no client is enrolled")
        else:
            yield Fail(None, expected, by)
        return
    if actual != planned:
        yield Warn(None, expected, by)
    elif actual == "all" and stage == "pilot":
        yield Warn(None, "pilot, in a pilot stage", by)
    else:
        yield Pass(None, by, expected)
    yield _policy(states)


def _policy(states: ManagementStateList | Missing) -> Outcome:
    expected = "at least one client has the policy"
    if isinstance(states, Missing):
        return unavailable(None, states)
    flags = [0, 0]
    for row in states.rows:
        flags[0] += row.comgmt_policy_present is True
        flags[1] += not isinstance(row.comgmt_policy_present, bool)
    if flags[0]:
        return Pass(None, f"{flags[0]} of {len(states.rows)} devices have the policy", expected)
    if flags[1]:
        because = "the site does not send SMS_Client_ComanagementState.ComgmtPolicyPresent of "
        return Unknown(None, f"{because}{flags[1]} devices")
    if not states.sees.complete:
        because = f"no device that is shown has the policy: {states.sees.because}"
        return Unknown(None, because, remedy=(getattr(states.sees, "mend", ""),))
    return Warn(None, expected, f"none of {len(states.rows)} devices has the policy yet")


# -- workloads --

FLAGS = {
    "compliance": 2,
    "resource_access": 4,
    "device_configuration": 8,
    "windows_update": 16,
    "endpoint_protection": 32,
    "client_apps": 64,
    "office": 128,
}
_OTHER_WORDS = {
    "compliance_policies": "compliance",
    "windows_update_policies": "windows_update",
    "windows_updates": "windows_update",
    "office_click_to_run": "office",
    "office_click_to_run_apps": "office",
    "office_apps": "office",
    "apps": "client_apps",
}


@check("comanagement.workloads")
def workloads(
    planned: Workloads,
    sites: Annotated[Seen[Site] | Missing, Sites()],
    confirmed: Confirmed,
    states: States,
) -> Outcomes:
    """Pass when every workload has a decision, and neither answer nor devices contradict it."""
    if isinstance(planned, Missing):
        yield unavailable(None, planned)
        return
    known = {_workload(name): place for name, place in planned.items()}
    strange = sorted(known.keys() - FLAGS.keys())
    if strange:
        listed = ", ".join(FLAGS)
        yield Manual(None, f"{', '.join(strange)} is no workload; there are {listed}.")
    lacking = [name for name in FLAGS if name not in known and name != "resource_access"]
    if lacking:
        yield Manual(None, f"Decide on {', '.join(lacking)} in comanagement.workloads.")
    yield from _gone(known, sites)
    yield from _sliders(known, confirmed, states)


def _workload(name: str) -> str:
    plain = "_".join(name.lower().replace("-", " ").replace("_", " ").split())
    return _OTHER_WORDS.get(plain, plain)


def _gone(known: dict[str, str], sites: Seen[Site] | Missing) -> Outcomes:
    """Resource access went with version 2203."""
    if "resource_access" not in known:
        return
    if isinstance(sites, Missing):
        yield unavailable(None, sites)
        return
    oldest = oldest_build(sites)
    if isinstance(oldest, Unknown):
        yield oldest
    elif oldest[0] >= RESOURCE_ACCESS_GONE:
        observed = "resource_access is decided on, a workload that is gone since version 2203"
        drop = "Take resource_access out of comanagement.workloads; Intune has its profiles."
        yield Warn(None, "only workloads that there are", observed, remedy=(drop,))


def _sliders(
    known: dict[str, str], confirmed: Attested | Missing, states: ManagementStateList | Missing
) -> Outcomes:
    expected = "the sliders agree with comanagement.workloads"
    counted = _moved(states)
    if not isinstance(counted, Missing):
        yield from _measured(known, *counted, expected)
    if isinstance(confirmed, Attested):
        who = confirmed.by or "somebody unnamed"
        if confirmed.yes:
            yield Pass(None, f"the sliders: {confirmed.answer}, says {who}", expected)
        else:
            yield Fail(None, expected, "answered: no")
    if not isinstance(counted, Missing):
        yield Pass(None, f"{counted[0]} co-managed devices were compared", expected)
    elif not counted.key:
        yield unavailable(None, counted)
    elif isinstance(confirmed, Missing):
        yield unavailable(None, confirmed)


def _measured(
    known: dict[str, str], devices: int, moved: dict[str, int], expected: str
) -> Outcomes:
    """Where the devices contradict what was decided."""
    for name, place in known.items():
        number = moved.get(name)
        if number is None or (place == "intune" and name == "resource_access"):
            continue
        if place == "configmgr" and number:
            said = f"{name} is decided to stay, but is Intune's on {number} devices"
            yield Fail(None, expected, said)
        elif place == "intune" and not number:
            yield Fail(None, expected, f"{name} is Intune's on none of {devices} devices")
        elif place == "intune" and number < devices:
            said = f"{name} is Intune's on {number} of {devices} devices"
            yield Warn(None, expected, said)


def _moved(states: ManagementStateList | Missing) -> tuple[int, dict[str, int]] | Missing:
    """How many co-managed devices there are, and on how many each workload is Intune's."""
    if isinstance(states, Missing):
        return states
    moved, devices = dict.fromkeys(FLAGS, 0), 0
    for row in states.rows:
        flags = text(row.mdm_workloads).strip()
        if not row.is_co_managed or not flags.isdecimal():
            continue
        devices += 1
        for name, flag in FLAGS.items():
            moved[name] += bool(int(flags) & flag)
    if not devices:
        return Missing("no co-managed device is shown", key="comanagement.workloads")
    return devices, moved


# -- the pilot --


@check("comanagement.pilot-collection", subjects="comanagement.pilot_collection_id")
def pilot_collection(auto_enroll: Planned, planned: Workloads, pilots: Pilots) -> Outcomes:
    """Pass when each collection is one of devices, has members, and is no more than a pilot."""
    places = set() if isinstance(planned, Missing) else set(planned.values())
    if isinstance(auto_enroll, str) and auto_enroll != "pilot" and "pilot" not in places:
        because = "neither automatic enrolment nor a workload is set to pilot"
        return [NotApplicable(one.id, because) for one in pilots.collections]
    return [part for one in pilots.collections for part in _pilot(one, pilots)]


def _pilot(one: Staging, pilots: Stagings) -> Outcomes:
    expected = "a collection of devices, with members, none of them a server"
    itself = one.collection
    if itself is None:
        if pilots.sees.complete:
            yield Fail(one.id, expected, f"there is no collection {one.id}")
        else:
            yield _unseen(one.id, pilots)
        return
    if itself.collection_type == 1:
        yield Fail(one.id, expected, f"{itself.label} is a collection of users")
        return
    if not isinstance(itself.collection_type, int) or not isinstance(itself.member_count, int):
        because = f"SMS_Collection does not say CollectionType or MemberCount of {itself.label}"
        yield Unknown(one.id, because)
        return
    if itself.collection_type != _DEVICES:
        because = f"SMS_Collection.CollectionType of {itself.label} is {itself.collection_type}"
        yield Unknown(one.id, f"{because}, neither users nor devices")
        return
    yield from _size(one, itself.label, itself.member_count, pilots)


def _size(one: Staging, label: str, count: int, pilots: Stagings) -> Outcomes:
    expected = "a collection of devices, with members, none of them a server"
    if not count:
        yield Fail(one.id, expected, f"{label} is empty")
        return
    if one.servers:
        yield Warn(one.id, expected, f"{one.servers} of {count} members are servers")
    if one.without_os:
        because = f"the operating system of {one.without_os} of {count} members is not shown "
        yield Unknown(one.id, f"{because}(SMS_CombinedDeviceResources.DeviceOS)")
    if count > pilots.clients * _MOST_OF_ALL:
        if pilots.sees.complete:
            said = f"{label} has {count} members, of {pilots.clients} clients in all"
            yield Warn(one.id, "at most 20 % of all clients", said)
        else:
            because = f"{count} members; how many clients there are in all is not certain: "
            yield Unknown(one.id, because + pilots.sees.because)
    yield Pass(one.id, f"{label} has {count} members", expected)


def _unseen(subject: str, pilots: Stagings) -> Outcome:
    because = f"no collection {subject} is shown, which proves nothing: {pilots.sees.because}"
    how = getattr(pilots.sees, "mend", "")
    return Unknown(subject, because, remedy=(how,) if how else ())


@check("comanagement.pilot-collection-prepared", subjects="comanagement.pilot_collection_id")
def pilot_collection_prepared(pilots: Pilots) -> Outcomes:
    """Pass when each collection of the pilot is there."""
    for one in pilots.collections:
        if one.collection is not None:
            yield Pass(one.id, f"{one.collection.label} is there", "the collection is there")
        elif pilots.sees.complete:
            yield Warn(one.id, "the collection is there", f"there is no collection {one.id} yet")
        else:
            yield _unseen(one.id, pilots)


@check("comanagement.dashboard")
def dashboard(confirmed: Confirmed, states: States) -> Outcomes:
    """Pass when somebody looks at it, and fewer than 5 % of the devices failed to enrol."""
    expected = "somebody watches the dashboard; fewer than 5 % of the devices in error"
    yield _errors(states, expected)
    if isinstance(confirmed, Missing):
        yield unavailable(None, confirmed)
    elif confirmed.yes:
        yield Pass(None, f"watched, says {confirmed.by or 'somebody unnamed'}", expected)
    else:
        yield Warn(None, expected, "answered: no")


def _errors(states: ManagementStateList | Missing, expected: str) -> Outcome:
    if isinstance(states, Missing):
        return unavailable(None, states)
    eligible = failed = silent = 0
    for row in states.rows:
        eligible += row.comgmt_policy_present is True or row.enrollment_failed is True
        failed += row.enrollment_failed is True
        silent += not isinstance(row.enrollment_failed, bool)
    if silent:
        because = f"SMS_Client_ComanagementState.EnrollmentFailed of {silent} devices is not sent"
        return Unknown(None, because)
    if not eligible:
        return Unknown(None, f"no device that is shown has the policy: {states.sees.because}")
    said = f"enrolment failed on {failed} of {eligible} devices"
    if failed >= eligible * _MOST_IN_ERROR:
        return Warn(None, expected, said)
    if not states.sees.complete:
        because = f"{said} that are shown; {states.sees.because}"
        return Unknown(None, because, remedy=(getattr(states.sees, "mend", ""),))
    return Pass(None, said, expected)
