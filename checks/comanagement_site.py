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
    tr,
    trn,
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
    expected = tr("the policy {}, which the wizard makes", PROD)
    if found:
        return [Pass(None, tr("the site has the policy {}", found), expected)]
    if not all(names):
        because = "the site does not send SMS_CoManagementSettings.LocalizedDisplayName"
        return [Unknown(None, because)]
    if not settings.sees.complete:
        return [hidden(tr("{} is not shown", PROD), settings)]
    observed = tr("the site has no policy {}", PROD)
    if names:
        observed = tr("the site has no policy {}; it has {}", PROD, ", ".join(names))
    return [Fail(None, expected, observed)]


@check("comanagement.wizard-path")
def wizard_path(sites: Annotated[Seen[Site], Sites()]) -> Outcomes:
    """Pass when the site has the Cloud Attach wizard; an older one has another wizard."""
    oldest = oldest_build(sites)
    if isinstance(oldest, Unknown):
        return [oldest]
    build, site = oldest
    expected = tr("version 2111 (build {}) or later", CLOUD_ATTACH)
    if build >= CLOUD_ATTACH:
        said = tr("site {} has build {}: use the Cloud Attach wizard", site.site_code, build)
        return [Pass(None, said, expected)]
    said = tr("site {} has build {}: only the co-management wizard is there", site.site_code, build)
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
        return Unknown(None, tr("SMS_Site.BuildNumber of {} is not sent, nor is a Version", named))
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
    expected = tr("automatic enrolment is {}, and a client has the policy", planned)
    if isinstance(confirmed, Missing):
        yield unavailable(None, confirmed)
        return
    words = str(confirmed.answer).lower().replace(",", " ").replace(".", " ").split()
    found = {_WORDS[word] for word in words if word in _WORDS}
    if confirmed.answer is False:
        found = {"none"}
    if len(found) != 1:
        yield Manual(
            None, tr("The answer {} is none of None, Pilot and All.", repr(confirmed.answer))
        )
        return
    actual = found.pop()
    by = tr("automatic enrolment is {}, says {}", actual, confirmed.by or "somebody unnamed")
    if actual == "none":
        if planned == "none":
            yield Warn(None, "pilot or all", tr("{}, as planned: no client is enrolled", by))
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
        return Pass(
            None,
            trn(
                flags[0],
                "{n} of {} devices has the policy",
                "{n} of {} devices have the policy",
                len(states.rows),
            ),
            expected,
        )
    if flags[1]:
        because = trn(
            flags[1],
            "the site does not send SMS_Client_ComanagementState.ComgmtPolicyPresent of {n} device",
            "the site does not send SMS_Client_ComanagementState.ComgmtPolicyPresent of "
            "{n} devices",
        )
        return Unknown(None, because)
    if not states.sees.complete:
        because = tr("no device that is shown has the policy: {}", states.sees.because)
        return Unknown(None, because, remedy=(getattr(states.sees, "mend", ""),))
    return Warn(
        None,
        expected,
        trn(
            len(states.rows),
            "the {n} device does not have the policy yet",
            "none of {n} devices has the policy yet",
        ),
    )


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
        yield Manual(None, tr("{} is no workload; there are {}.", ", ".join(strange), listed))
    lacking = [name for name in FLAGS if name not in known and name != "resource_access"]
    if lacking:
        yield Manual(None, tr("Decide on {} in comanagement.workloads.", ", ".join(lacking)))
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
        observed = (
            "comanagement.workloads names resource_access, a workload that no longer exists since "
            "version 2203"
        )
        drop = "Take resource_access out of comanagement.workloads; Intune has its profiles."
        yield Warn(None, "only workloads that exist", observed, remedy=(drop,))


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
            yield Pass(None, tr("the sliders: {}, says {}", confirmed.answer, who), expected)
        else:
            yield Fail(None, expected, "answered: no")
    if not isinstance(counted, Missing):
        yield Pass(
            None,
            trn(
                counted[0],
                "{n} co-managed device was compared",
                "{n} co-managed devices were compared",
            ),
            expected,
        )
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
            said = trn(
                number,
                "{} is to stay with the site, but is Intune's on {n} device",
                "{} is to stay with the site, but is Intune's on {n} devices",
                name,
            )
            yield Fail(None, expected, said)
        elif place == "intune" and not number:
            yield Fail(
                None,
                expected,
                trn(
                    devices,
                    "{} is not Intune's on the {n} device",
                    "{} is Intune's on none of {n} devices",
                    name,
                ),
            )
        elif place == "intune" and number < devices:
            said = tr("{} is Intune's on {} of {} devices", name, number, devices)
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
            yield Fail(one.id, expected, tr("there is no collection {}", one.id))
        else:
            yield _unseen(one.id, pilots)
        return
    if itself.collection_type == 1:
        yield Fail(one.id, expected, tr("{} is a collection of users", itself.label))
        return
    if not isinstance(itself.collection_type, int) or not isinstance(itself.member_count, int):
        because = tr(
            "SMS_Collection does not say CollectionType or MemberCount of {}", itself.label
        )
        yield Unknown(one.id, because)
        return
    if itself.collection_type != _DEVICES:
        because = tr(
            "SMS_Collection.CollectionType of {} is {}, neither users nor devices",
            itself.label,
            itself.collection_type,
        )
        yield Unknown(one.id, because)
        return
    yield from _size(one, itself.label, itself.member_count, pilots)


def _size(one: Staging, label: str, count: int, pilots: Stagings) -> Outcomes:
    expected = "a collection of devices, with members, none of them a server"
    if not count:
        yield Fail(one.id, expected, tr("{} is empty", label))
        return
    if one.servers:
        yield Warn(
            one.id,
            expected,
            trn(
                one.servers,
                "{n} of {} members is a server",
                "{n} of {} members are servers",
                count,
            ),
        )
    if one.without_os:
        because = tr(
            "the operating system of {} of {} members is not shown "
            "(SMS_CombinedDeviceResources.DeviceOS)",
            one.without_os,
            count,
        )
        yield Unknown(one.id, because)
    if count > pilots.clients * _MOST_OF_ALL:
        if pilots.sees.complete:
            said = trn(
                count,
                "{} has {n} member, of {} clients in all",
                "{} has {n} members, of {} clients in all",
                label,
                pilots.clients,
            )
            yield Warn(one.id, "at most 20 % of all clients", said)
        else:
            because = trn(
                count,
                "{n} member; how many clients there are in all is not certain: {}",
                "{n} members; how many clients there are in all is not certain: {}",
                pilots.sees.because,
            )
            yield Unknown(one.id, because)
    yield Pass(one.id, trn(count, "{} has {n} member", "{} has {n} members", label), expected)


def _unseen(subject: str, pilots: Stagings) -> Outcome:
    because = tr(
        "no collection {} is shown, which proves nothing: {}", subject, pilots.sees.because
    )
    how = getattr(pilots.sees, "mend", "")
    return Unknown(subject, because, remedy=(how,) if how else ())


@check("comanagement.pilot-collection-prepared", subjects="comanagement.pilot_collection_id")
def pilot_collection_prepared(pilots: Pilots) -> Outcomes:
    """Pass when each collection of the pilot is there."""
    for one in pilots.collections:
        if one.collection is not None:
            yield Pass(one.id, tr("{} is there", one.collection.label), "the collection is there")
        elif pilots.sees.complete:
            yield Warn(
                one.id, "the collection is there", tr("there is no collection {} yet", one.id)
            )
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
        yield Pass(
            None,
            tr("the dashboard is watched, says {}", confirmed.by or "somebody unnamed"),
            expected,
        )
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
        because = trn(
            silent,
            "SMS_Client_ComanagementState.EnrollmentFailed of {n} device is not sent",
            "SMS_Client_ComanagementState.EnrollmentFailed of {n} devices is not sent",
        )
        return Unknown(None, because)
    if not eligible:
        return Unknown(None, tr("no device that is shown has the policy: {}", states.sees.because))
    said = tr("enrolment failed on {} of {} devices", failed, eligible)
    if failed >= eligible * _MOST_IN_ERROR:
        return Warn(None, expected, said)
    if not states.sees.complete:
        because = tr("{} that are shown, but not all may be shown: {}", said, states.sees.because)
        return Unknown(None, because, remedy=(getattr(states.sees, "mend", ""),))
    return Pass(None, said, expected)
