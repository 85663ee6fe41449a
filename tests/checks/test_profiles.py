"""Every verdict of the checks for mail, network and certificate profiles, and for their connectors."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec import UNSET
from msgspec.structs import replace

from assess.check import Fail, Manual, Missing, NotApplicable, Outcome, Pass, Unknown, Warn, worst
from assess.evidence.config import Attested
from assess.evidence.enrolment import Assignment, Target
from assess.evidence.graph import Perhaps
from assess.evidence.policies import AssignedApp, Connector, ExchangeConnector, Profile
from checks.profiles import (
    certificate_profiles,
    certificate_revocation,
    email_option,
    exchange_connection,
    ndes_connector,
    service_to_service_connector,
    vpn_auto_trigger,
    vpn_profiles,
    wifi_profiles,
)

NOW = datetime(2026, 11, 20, 21, 10, tzinfo=UTC)
REFUSED = Missing("Graph refuses", "Grant it.")
UNSET_KEY = Missing("the key is not set", "Set it.", key="some.key")
TO_ALL = (Assignment("1", Target("#microsoft.graph.allDevicesAssignmentTarget")),)
ALONE, OFFICE, HYBRID = "intune-standalone", "mdm-office-365", "hybrid"


def profile(kind: str, **more: Any) -> Profile:
    return Profile(kind, f"#microsoft.graph.{kind}", kind, **more)


def given(*profiles: Profile, targets: Any = TO_ALL) -> dict[str, Any]:
    return {"profiles": profiles, "targets": {one.id: targets for one in profiles}}


MAIL = profile("iosEasEmailProfileConfiguration")
OUTLOOK = AssignedApp("o", "#microsoft.graph.managedIOSStoreApp", "Microsoft Outlook", is_assigned=True)
OUTLOOK_ANDROID = AssignedApp("o", "#microsoft.graph.androidManagedStoreApp", "Microsoft Outlook", is_assigned=True)


@pytest.mark.parametrize(
    ("capabilities", "platform", "option", "profiles", "apps", "status"),
    [
        (["email.profiles"], "iOS", ALONE, given(MAIL), (), Pass),
        (["email.profiles"], "iOS", ALONE, given(), (OUTLOOK,), Pass),
        (["email.profiles"], "Android", ALONE, given(MAIL), (OUTLOOK_ANDROID,), Pass),
        (["email.profiles"], "Android", ALONE, given(MAIL), (OUTLOOK,), Warn),
        (["email.profiles"], "iOS", ALONE, given(MAIL, targets=()), (), Warn),
        (["email.profiles"], "iOS", ALONE, given(), (replace(OUTLOOK, is_assigned=False),), Warn),
        (["email.profiles"], "iOS", ALONE, given(), (replace(OUTLOOK, is_assigned=UNSET),), Unknown),
        (["email.profiles"], "iOS", ALONE, given(), REFUSED, Unknown),
        (["email.profiles"], "iOS", ALONE, {"profiles": REFUSED, "targets": {}}, (), Unknown),
        (["email.conditional-access-onpremises"], "iOS", HYBRID, given(MAIL), (), Fail),
        (["email.advanced-options"], "iOS", OFFICE, given(MAIL), (), Fail),
        (["email.profiles"], "iOS", UNSET_KEY, given(MAIL), (), Manual),
        (["network.wifi-profiles"], "iOS", ALONE, given(), (), NotApplicable),
    ],
)
def test_email_option(capabilities: Any, platform: str, option: Any, profiles: Any, apps: Any, status: type[Outcome]) -> None:
    outcome = worst(email_option(capabilities=capabilities, platforms=[platform], option=option, apps=apps, **profiles))
    assert isinstance(outcome, status), outcome


IOS_WIFI, WINDOWS_WIFI = profile("iosWiFiConfiguration"), profile("windowsWifiEnterpriseEAPConfiguration")


@pytest.mark.parametrize(
    ("capabilities", "platforms", "option", "profiles", "status"),
    [
        (["network.wifi-profiles"], ["iOS", "Windows"], ALONE, given(IOS_WIFI, WINDOWS_WIFI), Pass),
        ([], ["iOS"], ALONE, given(), Pass),
        (["network.wifi-profiles"], ["iOS", "Android"], ALONE, given(IOS_WIFI), Warn),
        (["network.wifi-profiles"], ["iOS"], ALONE, given(IOS_WIFI, targets=()), Warn),
        (["network.wifi-auto-connect"], ["iOS"], OFFICE, given(IOS_WIFI), Fail),
        (["network.wifi-profiles"], ["iOS"], UNSET_KEY, given(IOS_WIFI), Manual),
        (["network.wifi-profiles"], ["iOS"], ALONE, given(replace(IOS_WIFI, type=UNSET)), Unknown),
        (["network.wifi-profiles"], ["iOS"], ALONE, {"profiles": REFUSED, "targets": {}}, Unknown),
        (["network.wifi-profiles"], ["Symbian"], ALONE, given(IOS_WIFI), Unknown),
    ],
)
def test_wifi_profiles(capabilities: Any, platforms: Any, option: Any, profiles: Any, status: type[Outcome]) -> None:
    outcome = worst(wifi_profiles(capabilities=capabilities, platforms=platforms, option=option, **profiles))
    assert isinstance(outcome, status), outcome


IOS_VPN = profile("iosVpnConfiguration", connection_type="ciscoAnyConnect", on_demand_rules=({"action": "connect"},))
WINDOWS_VPN = profile("windows10VpnConfiguration", connection_type="automatic", dns_rules=({"name": "x"},), associated_apps=({"identifier": "x"},))


@pytest.mark.parametrize(
    ("capabilities", "platforms", "option", "vendor", "profiles", "status"),
    [
        (["network.vpn-profiles"], ["iOS"], ALONE, "Cisco", given(IOS_VPN), Pass),
        ([], ["iOS"], ALONE, UNSET_KEY, given(), Pass),
        (["network.vpn-profiles"], ["iOS"], ALONE, "Juniper", given(IOS_VPN), Warn),
        (["network.vpn-profiles"], ["iOS", "Android"], ALONE, "Cisco", given(IOS_VPN), Warn),
        (["network.vpn-profiles"], ["iOS"], OFFICE, "Cisco", given(IOS_VPN), Fail),
        (["network.vpn-profiles"], ["iOS"], HYBRID, "Cisco", given(IOS_VPN), Pass),
        (["network.vpn-profiles"], ["iOS", "Android"], HYBRID, "Cisco", given(IOS_VPN), Fail),
        (["network.vpn-profiles"], ["iOS"], ALONE, UNSET_KEY, given(IOS_VPN), Manual),
        (["network.vpn-profiles"], ["iOS"], ALONE, "Cisco", given(replace(IOS_VPN, connection_type=UNSET)), Unknown),
        (["network.vpn-profiles"], ["iOS"], ALONE, "Cisco", {"profiles": REFUSED, "targets": {}}, Unknown),
    ],
)
def test_vpn_profiles(capabilities: Any, platforms: Any, option: Any, vendor: Any, profiles: Any, status: type[Outcome]) -> None:
    outcome = worst(vpn_profiles(capabilities=capabilities, platforms=platforms, option=option, vendor=vendor, **profiles))
    assert isinstance(outcome, status), outcome


@pytest.mark.parametrize(
    ("capabilities", "platforms", "profiles", "status"),
    [
        ([], ["iOS"], given(), Pass),
        (["network.vpn-trigger-dns"], ["iOS", "Windows"], given(IOS_VPN, WINDOWS_VPN), Pass),
        (["network.vpn-trigger-app"], ["Windows"], given(WINDOWS_VPN), Pass),
        (["network.vpn-trigger-dns"], ["iOS"], given(replace(IOS_VPN, on_demand_rules=())), Warn),
        (["network.vpn-trigger-app"], ["Windows"], given(replace(WINDOWS_VPN, associated_apps=None)), Warn),
        (["network.vpn-trigger-app"], ["iOS"], given(IOS_VPN), Fail),
        (["network.vpn-trigger-dns"], ["Android"], given(), Fail),
        (["network.vpn-trigger-dns"], ["iOS"], {"profiles": REFUSED, "targets": {}}, Unknown),
        (["network.vpn-trigger-dns"], ["Symbian"], given(), Unknown),
    ],
)
def test_vpn_auto_trigger(capabilities: Any, platforms: Any, profiles: Any, status: type[Outcome]) -> None:
    outcome = worst(vpn_auto_trigger(capabilities=capabilities, platforms=platforms, **profiles))
    assert isinstance(outcome, status), outcome


ROOT, SCEP = profile("iosTrustedRootCertificate"), profile("iosScepCertificateProfile")


@pytest.mark.parametrize(
    ("capabilities", "platforms", "option", "profiles", "status"),
    [
        (["certificates.scep"], ["iOS"], ALONE, given(ROOT, SCEP), Pass),
        ([], ["iOS"], ALONE, given(), Pass),
        (["certificates.scep"], ["iOS"], ALONE, given(SCEP), Warn),
        (["certificates.scep"], ["iOS", "Windows"], ALONE, given(ROOT, SCEP), Warn),
        (["certificates.profiles"], ["iOS"], OFFICE, given(ROOT, SCEP), Fail),
        (["certificates.scep"], ["iOS"], UNSET_KEY, given(ROOT, SCEP), Manual),
        (["certificates.scep"], ["iOS"], ALONE, {"profiles": REFUSED, "targets": {}}, Unknown),
    ],
)
def test_certificate_profiles(capabilities: Any, platforms: Any, option: Any, profiles: Any, status: type[Outcome]) -> None:
    outcome = worst(certificate_profiles(capabilities=capabilities, platforms=platforms, option=option, **profiles))
    assert isinstance(outcome, status), outcome


ACTIVE = Connector("1", "Connector", "ndes01", "6.2406.0.1001", NOW - timedelta(hours=1), "active")


@pytest.mark.parametrize(
    ("capabilities", "option", "connectors", "status"),
    [
        (["certificates.scep"], ALONE, (ACTIVE,), Pass),
        (["network.scep-integration"], UNSET_KEY, (ACTIVE,), Pass),
        (["certificates.scep"], ALONE, (replace(ACTIVE, connector_version="6.2301.1.0"),), Warn),
        (["certificates.scep"], ALONE, (ACTIVE, replace(ACTIVE, state="inactive")), Warn),
        (["certificates.scep"], ALONE, (replace(ACTIVE, state="inactive"),), Fail),
        (["certificates.scep"], ALONE, (replace(ACTIVE, last_connection_date_time=NOW - timedelta(hours=25)),), Fail),
        (["certificates.scep"], ALONE, (), Fail),
        (["certificates.scep"], ALONE, (replace(ACTIVE, state=UNSET),), Unknown),
        (["certificates.scep"], ALONE, (replace(ACTIVE, last_connection_date_time=UNSET),), Unknown),
        (["certificates.scep"], ALONE, (replace(ACTIVE, connector_version=UNSET),), Unknown),
        (["certificates.scep"], ALONE, REFUSED, Unknown),
        ([], ALONE, (), NotApplicable),
        (["certificates.scep"], HYBRID, (), NotApplicable),
    ],
)
def test_ndes_connector(capabilities: Any, option: Any, connectors: Any, status: type[Outcome]) -> None:
    assert isinstance(worst(ndes_connector(capabilities=capabilities, option=option, connectors=connectors, now=NOW)), status)


@pytest.mark.parametrize(
    ("connectors", "attested", "status"),
    [
        ((ACTIVE,), Attested(answer=True), Pass),
        ((ACTIVE,), Attested(answer=False), Warn),
        ((), Attested(answer=True), Warn),
        ((ACTIVE,), UNSET_KEY, Manual),
        (REFUSED, Attested(answer=True), Unknown),
    ],
)
def test_certificate_revocation(connectors: Any, attested: Any, status: type[Outcome]) -> None:
    assert isinstance(worst(certificate_revocation(connectors=connectors, attested=attested)), status)


S2S, LOCAL = ExchangeConnector("1", "connected", "serviceToService"), ExchangeConnector("2", "connected", "onPremises", "ex01")
RETIRED: Perhaps[Any] = Perhaps(None)


@pytest.mark.parametrize(
    ("location", "connectors", "status"),
    [
        ("online", REFUSED, Pass),
        ("both", Perhaps((LOCAL,)), Pass),
        ("both", RETIRED, Pass),
        ("both", Perhaps((S2S,)), Warn),
        ("both", Perhaps((replace(S2S, exchange_connector_type=UNSET),)), Unknown),
        ("both", REFUSED, Unknown),
    ],
)
def test_service_to_service_connector(location: str, connectors: Any, status: type[Outcome]) -> None:
    assert isinstance(worst(service_to_service_connector(location=location, connectors=connectors)), status)


WANTED = ["email.conditional-access-onpremises"]


@pytest.mark.parametrize(
    ("location", "capabilities", "connectors", "status"),
    [
        ("online", WANTED, REFUSED, Pass),
        ("on-premises", WANTED, Perhaps((LOCAL,)), Pass),
        ("both", WANTED, Perhaps((replace(LOCAL, status="disconnected"),)), Fail),
        ("both", UNSET_KEY, Perhaps((S2S,)), Fail),
        ("on-premises", WANTED, Perhaps(()), Fail),
        ("on-premises", WANTED, RETIRED, Fail),
        ("on-premises", WANTED, Perhaps((replace(LOCAL, status=UNSET),)), Unknown),
        ("on-premises", WANTED, REFUSED, Unknown),
        ("on-premises", [], REFUSED, NotApplicable),
        ("none", WANTED, REFUSED, NotApplicable),
    ],
)
def test_exchange_connection(location: str, capabilities: Any, connectors: Any, status: type[Outcome]) -> None:
    assert isinstance(worst(exchange_connection(location=location, capabilities=capabilities, connectors=connectors)), status)
