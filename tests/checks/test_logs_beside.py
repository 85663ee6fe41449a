"""Logs as evidence beside the site, the tenant, and collected stores: what they change, and what not."""

from datetime import timedelta
from typing import Any

import pytest

from assess.check import Attested, Fail, Manual, Missing, Outcome, Pass, Unknown, Warn, worst
from assess.evidence import Table
from assess.evidence.adminservice import DiscoveredUser, Users
from assess.evidence.arm import Resource
from assess.evidence.certificates import Stores
from assess.evidence.devices import ManagedDevice
from assess.evidence.logs import (
    ClientIdStartup,
    CloudMgr,
    CoManagementHandler,
    EntraDiscovery,
    LogAsk,
    Logs,
    MpControl,
    ProxyConnectorLog,
    UserDiscoveryLog,
)
from assess.evidence.site_cloud import Discovery
from assess.evidence.site_roles import (
    CONNECTION_POINT,
    MANAGEMENT_POINT,
    Component,
    ComponentStatus,
    Property,
    RoleUse,
)
from assess.evidence.tls import Endpoints, Refused, Silent
from checks import cdp_service, cmgcp, discovery, mp, site
from checks.azure_services import full_discovery, user_discovery
from checks.cert.clients import client_auth_installed, client_auth_on_clients, mp_web_server
from checks.cmg_gateway import deployed
from checks.comanaged import devices_comanaged
from logwriter import NOT_SENT, NOW, Entry, copied, log
from sitecloud import ALL, HOST, MAYBE, gateway, seen
from sitecloud import site as built
from specimens import entry, store

MP01, MP02, CM01 = "mp01.corp.contoso.com", "mp02.corp.contoso.com", "cm01.corp.contoso.com"
NO_KEY = Missing("files.log_dir is not set", "Set it.", key="files.log_dir")
UNREAD = Missing("the ZIP is encrypted", "Send it without a password.")
ASIDE = Missing("[site] is not set up", "Set it.", skipped=True)
REFUSED = Missing("the source refuses", "Grant it.")
NO_STORES = Missing("not set", "Set it.", key="files.collected_server_certs")
UNASKED = Missing("not answered", "Answer it.", key='[attestations] "x"')
YES = Attested(True, "A. Meyer")
VMSS = "arm-vmss"
SET_UP = (Resource("/s", "contosocmg", "Microsoft.Compute/virtualMachineScaleSets", None, "Succeeded"),)


def decided(outcomes: Any) -> Outcome:
    return worst(list(outcomes))


def by_subject(outcomes: Any) -> dict[str | None, type[Outcome]]:
    parts: dict[str | None, list[Outcome]] = {}
    for one in outcomes:
        parts.setdefault(one.subject, []).append(one)
    return {subject: type(worst(said)) for subject, said in parts.items()}


def several(ask: type[LogAsk], **places: list[Entry]) -> Logs:
    return Logs(ask.log, tuple(copied(ask, *entries, place=place) for place, entries in places.items()))


# -- Active Directory user discovery --


def agent(word: str) -> Any:
    return seen(Component("SMS_AD_USER_DISCOVERY_AGENT", "PS1", (Property("SETTINGS", 0, word, ""),)))


def cycle(code: str = "0x00000000", hours: float = 3, kind: str = "fullSync") -> Entry:
    return (f"INFO: CADSource::{kind} returning {code}", hours)


@pytest.mark.parametrize(
    ("word", "found", "kind"),
    [
        ("ACTIVE", log(UserDiscoveryLog, cycle()), Pass),
        ("ACTIVE", log(UserDiscoveryLog, cycle("0x80070005", 9), cycle(kind="incrementalSync")), Pass),
        ("ACTIVE", log(UserDiscoveryLog, cycle("0x80070005")), Warn),
        ("ACTIVE", log(UserDiscoveryLog, cycle(hours=200), ("x", 1)), Warn),
        ("ACTIVE", log(UserDiscoveryLog, cycle("0x80070005", 200)), Pass),  # an old log says nothing of today
        ("ACTIVE", log(UserDiscoveryLog, ("x", 1)), Pass),
        ("ACTIVE", UNREAD, Unknown),
        ("ACTIVE", NO_KEY, Pass),
        ("INACTIVE", log(UserDiscoveryLog, cycle()), Warn),
    ],
)
def test_ad_user(word: str, found: Any, kind: type) -> None:
    people = Users(Table.of([]), ALL) if word == "" else Users(Table.of([object()]), ALL)  # type: ignore[list-item]
    assert type(decided(discovery.ad_user(agent(word), people, found, NOW))) is kind


# -- the gateway connection point --


def answered(status: int, hours: float = 1) -> Entry:
    return (f"MessageID: 1 RequestURI: https://x EndpointName: SMS_MP ResponseHeader: HTTP/1.1 {status} OK ~~ Body", hours)


TCP: Entry = ("ERROR: Failed to build Tcp connection 1 with server cmg.contoso.com:10141. Exception: x", 1)
LACKS: Entry = ("No client certificate was selected: no valid certificate", 1)


def use(role: str, server: str = MP01) -> RoleUse:
    return RoleUse(role, f"\\\\{server}", "PS1", 1, ())


def fares(*status: int) -> Any:
    return seen(*(ComponentStatus("SMS_CLOUD_PROXYCONNECTOR", "MP01", "PS1", one) for one in status))


@pytest.mark.parametrize(
    ("statuses", "entries", "kind"),
    [
        (fares(0), [answered(200)], Pass),
        (fares(0), [answered(200, 3), answered(404, 2)], Pass),
        (fares(0), [answered(200, 9), *[answered(500, n) for n in (4, 3, 2)]], Warn),
        (fares(0), [answered(200, 3), TCP], Warn),
        (fares(0), [TCP, answered(200, 0.5)], Pass),
        (fares(0), [(TCP[0], 300)], Unknown),
        (fares(), [answered(200)], Pass),
        (fares(), [answered(200, 3), TCP], Warn),
        (fares(), [TCP], Unknown),
        (REFUSED, [answered(200)], Unknown),
        (REFUSED, [TCP], Unknown),
        (fares(1), [answered(200)], Warn),
        (fares(2), [answered(200)], Fail),
        (fares(9), [answered(200)], Unknown),
    ],
)
@pytest.mark.parametrize("place", ["mp01", ""])
def test_cmgcp_installed(statuses: Any, entries: list[Entry], kind: type, place: str) -> None:
    roles = seen(use(CONNECTION_POINT), use(MANAGEMENT_POINT))
    found = log(ProxyConnectorLog, *entries, place=place)
    assert type(decided(cmgcp.installed(roles, statuses, "PS1", found, NOW))) is kind


def test_a_log_of_another_server_says_nothing() -> None:
    roles = seen(use(CONNECTION_POINT), use(CONNECTION_POINT, MP02), use(MANAGEMENT_POINT), use(MANAGEMENT_POINT, MP02))
    statuses = seen(*(ComponentStatus("SMS_CLOUD_PROXYCONNECTOR", one, "PS1", 0) for one in ("MP01", "MP02")))
    found = several(ProxyConnectorLog, cm01=[TCP])
    assert type(decided(cmgcp.installed(roles, statuses, "PS1", found, NOW))) is Unknown
    good = several(ProxyConnectorLog, MP01=[answered(200)], MP02=[answered(200)])
    assert type(decided(cmgcp.installed(roles, statuses, "PS1", good, NOW))) is Pass
    broken = several(ProxyConnectorLog, MP01=[answered(200)], MP02=[TCP])
    assert type(decided(cmgcp.installed(roles, statuses, "PS1", broken, NOW))) is Warn
    assert type(decided(cmgcp.installed(roles, statuses, "PS1", UNREAD, NOW))) is Unknown
    assert type(decided(cmgcp.installed(roles, statuses, "PS1", NO_KEY, NOW))) is Unknown


# -- certificates --


@pytest.mark.parametrize(
    ("held", "answer", "entries", "kinds"),
    [
        ((), YES, [answered(200)], (Pass, Pass)),
        ((), YES, [LACKS], (Fail, Pass)),
        ((), UNASKED, [LACKS], (Fail, Manual)),
        ((), YES, [LACKS, answered(200, 0.5)], (Pass, Pass)),
        ((), YES, [(LACKS[0], 300)], (Pass, Pass)),
        ((store(MP01, entry()),), YES, [LACKS], (Warn, Pass)),
    ],
)
def test_client_auth_installed(held: Any, answer: Any, entries: list[Entry], kinds: Any) -> None:
    stores = Stores(held) if held else NO_STORES
    found = several(ProxyConnectorLog, MP01=entries)
    outcomes = client_auth_installed(NOW, [MP01], CM01, stores, answer, found)
    assert by_subject(outcomes) == {MP01: kinds[0], CM01: kinds[1]}


def test_a_lost_log_leaves_the_certificates_open() -> None:
    outcomes = client_auth_installed(NOW, [MP01], CM01, NO_STORES, YES, UNREAD)
    assert by_subject(outcomes) == {MP01: Unknown, CM01: Unknown}


REGISTERED: Entry = ("[RegTask] - Client is registered. Server assigned ClientID is GUID:1. Approval status 1", 2)
SELECTED: Entry = (">>> Client selected the PKI Certificate [B3ED] issued to 'pc1.corp.contoso.com'", 3)


@pytest.mark.parametrize(
    ("entries", "kind"),
    [
        ([SELECTED, REGISTERED], Pass),
        ([REGISTERED], Unknown),
        ([SELECTED, ("[RegTask] - Client is not registered.", 1)], Unknown),
        ([(SELECTED[0], 400), (REGISTERED[0], 399)], Unknown),
        ([("x", 1)], Unknown),
    ],
)
def test_client_auth_on_clients_by_their_logs(entries: list[Entry], kind: type) -> None:
    none = Missing("not set", "Set it.", key="files.collected_client_certs")
    found = several(ClientIdStartup, pc1=entries)
    assert by_subject(client_auth_on_clients(NOW, none, "root.cer", found)) == {"pc1": kind}
    doubtful = Stores((store("pc1.corp.contoso.com", domain_joined=True),))
    assert by_subject(client_auth_on_clients(NOW, doubtful, "root.cer", found)) == {"pc1.corp.contoso.com": kind}
    without = Stores((store("pc1", entra_joined=False, entra_registered=False),))
    assert by_subject(client_auth_on_clients(NOW, without, "root.cer", found)) == {"pc1": Fail}


def test_client_auth_on_clients_without_a_sample() -> None:
    none = Missing("not set", "Set it.", key="files.collected_client_certs")
    good = several(ClientIdStartup, pc1=[SELECTED, REGISTERED])
    assert by_subject(client_auth_on_clients(NOW, none, "root.cer", NOT_SENT)) == {None: Manual}
    assert by_subject(client_auth_on_clients(NOW, REFUSED, "root.cer", good)) == {None: Unknown, "pc1": Pass}
    assert by_subject(client_auth_on_clients(NOW, none, "root.cer", UNREAD)) == {None: Unknown}
    beside = Stores((store("pc2", entry()),))
    assert by_subject(client_auth_on_clients(NOW, beside, "root.cer", good)) == {"pc2": Pass}


def own_request(word: str, status: int, port: int = 443, hours: float = 1) -> Entry:
    return (f"Call to HttpSendRequestSync {word} for port {port} with status code {status}, text: OK", hours)


WELL, BROKEN = own_request("succeeded", 200), own_request("failed", 0)


@pytest.mark.parametrize(
    ("entries", "kind", "words"),
    [
        ([WELL], Unknown, "it answers itself"),
        ([own_request("failed", 403)], Unknown, "403"),
        ([BROKEN], Fail, "does not reach itself"),
        ([own_request("failed", 0, hours=2), WELL], Unknown, "it answers itself"),
        ([own_request("failed", 0, hours=300)], Unknown, "cannot be looked at"),
        ([own_request("failed", 0, port=80)], Unknown, "cannot be looked at"),
    ],
)
@pytest.mark.parametrize("gone", [Silent("no answer"), Refused("refused")])
@pytest.mark.parametrize("place", ["mp01", ""])
def test_mp_web_server(entries: list[Entry], kind: type, words: str, gone: Any, place: str) -> None:
    found = log(MpControl, *entries, place=place)
    [outcome] = mp_web_server(NOW, Endpoints({MP01: gone}), REFUSED, NO_STORES, found, REFUSED, REFUSED)
    assert type(outcome) is kind
    assert words in (outcome.observed if isinstance(outcome, Fail) else getattr(outcome, "because", ""))


def test_a_log_in_no_folder_is_of_the_only_server() -> None:
    found = log(MpControl, BROKEN)
    gone: Any = Silent("no answer")
    assert by_subject(mp_web_server(NOW, Endpoints({MP01: gone}), REFUSED, NO_STORES, found, REFUSED, REFUSED)) == {MP01: Fail}
    both = Endpoints({MP01: gone, MP02: gone})
    assert by_subject(mp_web_server(NOW, both, REFUSED, NO_STORES, found, REFUSED, REFUSED)) == {MP01: Unknown, MP02: Unknown}
    lacks = log(ProxyConnectorLog, LACKS)
    assert by_subject(client_auth_installed(NOW, [MP01], CM01, NO_STORES, YES, lacks)) == {MP01: Fail, CM01: Pass}
    assert by_subject(client_auth_installed(NOW, [MP01, MP02], CM01, NO_STORES, YES, lacks)) == {
        MP01: Pass, MP02: Pass, CM01: Pass,
    }  # fmt: skip
    handler = log(CoManagementHandler, ENROLLED, POLICY)
    assert type(decided(devices_comanaged(["pc1"], REFUSED, ASIDE, handler, NOW))) is Pass
    assert type(decided(devices_comanaged(["pc1", "pc2"], REFUSED, ASIDE, handler, NOW))) is Unknown


# -- management points --


@pytest.mark.parametrize(
    ("state", "entries", "kind"),
    [
        (2, [WELL], Pass), (2, [own_request("succeeded", 200, 80)], Unknown), (2, [WELL, own_request("failed", 403, hours=0.5)], Unknown),
        (2, [own_request("succeeded", 200, hours=300)], Unknown), (1, [BROKEN], Pass),
    ],
)  # fmt: skip
def test_client_connections(state: int, entries: list[Entry], kind: type) -> None:
    roles = seen(RoleUse(MANAGEMENT_POINT, f"\\\\{MP01}", "PS1", state, ()))
    found = several(MpControl, mp01=entries)
    [outcome] = mp.client_connections(roles, REFUSED, [MP01], "PS1", found, NOW)
    assert type(outcome) is kind


@pytest.mark.parametrize(
    ("found", "kind"),
    [
        (several(MpControl, mp01=[WELL]), Manual), (several(MpControl, mp01=[own_request("failed", 403)]), Unknown),
        (several(MpControl, mp01=[own_request("failed", 403, hours=2), WELL]), Manual), (UNREAD, Unknown), (NO_KEY, Manual),
    ],
)  # fmt: skip
def test_trusted_root_list(found: Any, kind: type) -> None:
    assert type(decided(site.trusted_root_list(REFUSED, UNASKED, found, NOW))) is kind


# -- discovery in the tenant --

GOOD: Entry = ("Successfully published UDX for Azure Active Directory users", 3)
BAD: Entry = ("ERROR: Unauthorized", 2)
ENABLED = seen(Discovery(1, 5, True, True, "2026-11-20T10:00:00Z", None))
DISABLED = seen(Discovery(1, 5, False, False))
NOBODY = Users(Table.of([]), ALL)
SOMEBODY = Users(Table.of([DiscoveredUser(1, aad_user_id="aaaaaaaa-0000-4000-8000-000000000001")]), ALL)


@pytest.mark.parametrize(
    ("settings", "users", "found", "kind"),
    [
        (ENABLED, NOBODY, log(EntraDiscovery, GOOD), Pass),
        (ENABLED, NOBODY, log(EntraDiscovery, (GOOD[0], 300)), Unknown),
        (ENABLED, REFUSED, log(EntraDiscovery, GOOD), Unknown),
        (DISABLED, SOMEBODY, log(EntraDiscovery, GOOD), Fail),
        (seen(Discovery(1, 5, False, False), sees=MAYBE), NOBODY, log(EntraDiscovery, GOOD), Unknown),
        (ASIDE, ASIDE, log(EntraDiscovery, GOOD), Pass),
        (ASIDE, ASIDE, log(EntraDiscovery, BAD), Unknown),
        (ASIDE, ASIDE, log(EntraDiscovery, GOOD, cut="damaged"), Unknown),
        (REFUSED, REFUSED, log(EntraDiscovery, GOOD), Unknown),
        (ASIDE, ASIDE, UNREAD, Unknown),
        (ENABLED, SOMEBODY, NO_KEY, Unknown),
        (ENABLED, SOMEBODY, log(EntraDiscovery, GOOD), Pass),
    ],
)
def test_user_discovery(settings: Any, users: Any, found: Any, kind: type) -> None:
    assert type(decided(user_discovery(settings, users, found, NOW))) is kind


FULL: Entry = ("AAD USER full sync completed successfully", 200)
DELTA: Entry = ("AAD USER delta sync completed successfully", 2)
UNDATED = seen(Discovery(1, 5, True, True, None, None))


@pytest.mark.parametrize(
    ("settings", "users", "found", "kind"),
    [
        (UNDATED, SOMEBODY, log(EntraDiscovery, FULL, DELTA), Pass),
        (UNDATED, NOBODY, log(EntraDiscovery, FULL, DELTA), Unknown),
        (UNDATED, SOMEBODY, log(EntraDiscovery, DELTA), Warn),
        (UNDATED, SOMEBODY, log(EntraDiscovery, BAD), Fail),
        (UNDATED, SOMEBODY, log(EntraDiscovery, (BAD[0], 300)), Unknown),
        (ENABLED, SOMEBODY, log(EntraDiscovery, BAD), Warn),
        (ENABLED, SOMEBODY, log(EntraDiscovery, FULL), Pass),
        (ASIDE, SOMEBODY, log(EntraDiscovery, FULL), Pass),
        (ASIDE, ASIDE, log(EntraDiscovery, FULL), Unknown),
        (ASIDE, ASIDE, NOT_SENT, Unknown),
        (REFUSED, SOMEBODY, log(EntraDiscovery, FULL), Unknown),
        (UNDATED, SOMEBODY, log(EntraDiscovery, FULL, cut="damaged"), Unknown),
        (ENABLED, SOMEBODY, UNREAD, Unknown),
    ],
)
def test_full_discovery(settings: Any, users: Any, found: Any, kind: type) -> None:
    assert type(decided(full_discovery(settings, users, found, NOW))) is kind


# -- deployments --

READY: Entry = ("Deployment instance status for service contosocmg is ReadyRole.", 3)
TASK: Entry = ("ERROR: TaskManager: Task [CreateDeployment for service contosocmg] has failed. Exception X", 2)
OTHERS: Entry = ("ERROR: Exception occured for service oldservice : x", 2)
BUSY: Entry = ("Deployment instance status for service contosocmg is BusyRole.", 1)


@pytest.mark.parametrize(
    ("found", "kind"),
    [
        (log(CloudMgr, READY), Pass), (log(CloudMgr, READY, TASK), Warn), (log(CloudMgr, (TASK[0], 5), READY), Pass),
        (log(CloudMgr, READY, OTHERS), Pass), (log(CloudMgr, READY, BUSY), Warn), (log(CloudMgr, (TASK[0], 300)), Pass),
        (log(CloudMgr, ("The certificate of the service is in expired state", 2)), Warn), (UNREAD, Unknown), (NO_KEY, Pass),
        (log(CloudMgr, TASK, ("TaskManager: Task [CreateDeployment for service contosocmg] has completed", 1)), Pass),
    ],
)  # fmt: skip
def test_deployed(found: Any, kind: type) -> None:
    assert type(decided(deployed(seen(gateway()), HOST, found, NOW, SET_UP, VMSS))) is kind
    assert type(decided(deployed(seen(gateway(state=6)), HOST, found, NOW, SET_UP, VMSS))) is Fail
    assert type(decided(deployed(REFUSED, HOST, found, NOW, SET_UP, VMSS))) is Unknown


def test_cdp_deployed() -> None:
    point = gateway(service_type="CloudDistributionPoint", name="contosocmg", service_c_name="cdp.contoso.com", state=6)
    for found, words in ((log(CloudMgr, READY), ""), (log(CloudMgr, TASK), "ends with a failure"), (UNREAD, "encrypted")):
        outcomes = cdp_service.deployed(seen(point), seen(built(9049)), "cdp.contoso.com", REFUSED, found, NOW)
        assert type(worst(outcomes)) is Fail
        said = " ".join(getattr(one, "observed", "") or getattr(one, "because", "") for one in outcomes)
        assert words in said


# -- devices --

ENROLLED: Entry = ("Device is provisioned", 3)
POLICY: Entry = ("Co-mgmt workloads flag is compliant", 2)
NO_URL: Entry = ("Mdm Enrollment Url has not yet been configured.", 1)
LICENCE: Entry = ("MDM enrollment failed with error code 0x80180018 'x'. Will retry in 15 minutes", 1)


def device(name: str, agent: str = "configurationManagerClientMdm") -> ManagedDevice:
    return ManagedDevice(name, name, operating_system="Windows", management_agent=agent)


@pytest.mark.parametrize(
    ("entries", "words", "step"),
    [([NO_URL], "Enrollment Url", "MDM user scope"), ([LICENCE], "0x80180018", "licence"), ([ENROLLED], "not in Intune", "")],
)
def test_a_device_that_is_missing_is_told_by_its_log(entries: list[Entry], words: str, step: str) -> None:
    found = several(CoManagementHandler, PC2=entries)
    [outcome] = devices_comanaged(["pc1", "pc2"], REFUSED, Table.of([device("pc1")]), found, NOW)
    assert isinstance(outcome, Warn)
    assert outcome.rows is not None
    [row] = outcome.rows.rows
    assert words in str(row["found"])
    assert step in " ".join(outcome.remedy)


@pytest.mark.parametrize(
    ("devices", "found", "kind"),
    [
        (ASIDE, several(CoManagementHandler, pc1=[ENROLLED, POLICY], pc2=[ENROLLED, POLICY]), Pass),
        (ASIDE, several(CoManagementHandler, pc1=[ENROLLED, POLICY], pc2=[ENROLLED]), Unknown),
        (ASIDE, several(CoManagementHandler, pc1=[ENROLLED, POLICY], pc2=[ENROLLED, POLICY, NO_URL]), Unknown),
        (ASIDE, several(CoManagementHandler, pc1=[ENROLLED, POLICY]), Unknown),
        (ASIDE, several(CoManagementHandler, pc1=[ENROLLED, POLICY], pc2=[(ENROLLED[0], 300)]), Unknown),
        (REFUSED, several(CoManagementHandler, pc1=[ENROLLED, POLICY], pc2=[ENROLLED, POLICY]), Unknown),
        (ASIDE, NOT_SENT, Unknown),
    ],
)
def test_without_the_tenant_every_device_has_to_say_it(devices: Any, found: Any, kind: type) -> None:
    assert type(decided(devices_comanaged(["pc1", "pc2"], REFUSED, devices, found, NOW))) is kind


def test_ages_are_of_the_moment_judged_from() -> None:
    found = log(CloudMgr, TASK)
    assert type(decided(deployed(seen(gateway()), HOST, found, NOW + timedelta(days=30), SET_UP, VMSS))) is Pass
