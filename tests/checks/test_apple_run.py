"""From the engagement file to findings about Apple: read over HTTPS and from files, recorded, judged again."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from os import utime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7
from cryptography.x509 import (
    CertificateBuilder,
    CertificateSigningRequestBuilder,
    Name,
    NameAttribute,
)
from cryptography.x509.oid import NameOID

from assess.collect import collect, questions
from assess.discover import library
from assess.engagement import engagement_from
from assess.model import Status
from assess.permissions import rights
from assess.recording import Recording, read, write
from assess.results import Results, Selection, evaluate
from assess.sources import connectors_for
from cloud import Cloud, Tenant, faults
from cloud.sample import GROUP, TENANT, TOOL

NOW = datetime(2026, 11, 20, 21, 10, tzinfo=UTC)
MINE = ("apns.*", "dep.*", "ios.*")
MEASURED = {Status.PASS, Status.WARN, Status.FAIL}
UNMEASURED = {"dep.distribution", "ios.configurator-prerequisites", "ios.affinity-change"}
KNOWN = library()
READER = replace(
    TOOL,
    application=frozenset(
        {
            "DeviceManagementConfiguration.Read.All", "DeviceManagementServiceConfig.Read.All", "DeviceManagementApps.Read.All",
            "DeviceManagementManagedDevices.Read.All", "GroupMember.Read.All", "Device.Read.All", "User.Read.All", "Domain.Read.All",
            "LicenseAssignment.Read.All",
        }
    ),
)  # fmt: skip
EMS, PLAN = "efccb6f7-5641-4e0e-bd10-b4976e1bf68e", "c1ec4a95-1f05-45b3-a911-aa3fa01094f5"
KIOSKS = "99999999-0000-4000-8000-000000000001"
DEVICE = "dddddddd-0000-4000-8000-000000000001"


def enrolled(serial: str, **more: Any) -> dict[str, Any]:
    return {
        "id": f"id-{serial}", "deviceName": "iPhone", "operatingSystem": "iOS", "serialNumber": serial, "userPrincipalName": "user1@contoso.com",
        "managedDeviceOwnerType": "company", "deviceEnrollmentType": "appleBulkWithUser", "enrollmentProfileName": "Contoso iPhone",
        "azureADRegistered": True, "azureADDeviceId": "e", "deviceRegistrationState": "registered", "complianceState": "compliant",
        "enrolledDateTime": "2026-11-01T08:00:00Z", "lastSyncDateTime": "2026-11-20T08:00:00.1234567Z", **more,
    }  # fmt: skip


def profile(name: str, **more: Any) -> dict[str, Any]:
    return {
        "@odata.type": "#microsoft.graph.depIOSEnrollmentProfile", "id": f"t1_{name}", "displayName": name, "description": "for staff", "isDefault": True,
        "requiresUserAuthentication": True, "supportDepartment": "IT", "supportPhoneNumber": "+49 30 1", "supervisedModeEnabled": True,
        "profileRemovalDisabled": True, "passCodeDisabled": False, "locationDisabled": True, "restoreBlocked": True, "appleIdDisabled": True,
        "termsAndConditionsDisabled": False, "siriDisabled": True, "diagnosticsDisabled": True, "enabledSkipKeys": [],
        "iTunesPairingMode": "disallow", "managementCertificates": [], **more,
    }  # fmt: skip


def healthy() -> dict[str, Any]:
    listed = [
        {
            "id": serial, "serialNumber": serial, "requestedEnrollmentProfileId": "t1_Contoso iPhone", "enrollmentState": state, "isDeleted": False,
            "isSupervised": True, "platform": "ios", "requestedEnrollmentProfileAssignmentDateTime": "2026-11-19T00:00:00Z",
            "lastContactedDateTime": "0001-01-01T00:00:00Z",
        }
        for serial, state in (("C02AAAA00001", "enrolled"), ("C02AAAA00002", "notContacted"))
    ]  # fmt: skip
    person = {
        "@odata.type": "#microsoft.graph.user", "id": "00000000-0000-4000-8000-000000000001", "userPrincipalName": "user1@contoso.com",
        "accountEnabled": True, "assignedLicenses": [{"skuId": EMS, "disabledPlans": []}],
    }  # fmt: skip
    kiosk = {
        "@odata.type": "#microsoft.graph.device",
        "id": DEVICE,
        "deviceId": "eeeeeeee-0000-4000-8000-000000000009",
        "displayName": "Kiosk",
    }
    return {
        "/domains": [{"id": "contoso.com", "isVerified": True}],
        "/directory/subscriptions": [{"id": "s", "skuId": EMS, "skuPartNumber": "EMS", "status": "Enabled", "isTrial": False}],
        "/subscribedSkus": [
            {
                "id": "1", "skuId": EMS, "skuPartNumber": "EMS", "capabilityStatus": "Enabled", "consumedUnits": 3,
                "prepaidUnits": {"enabled": 25, "warning": 0, "suspended": 0, "lockedOut": 0},
                "servicePlans": [{"servicePlanId": PLAN, "servicePlanName": "INTUNE_A", "provisioningStatus": "Success", "appliesTo": "User"}],
            }
        ],
        "/groups": [{"id": GROUP, "displayName": "Pilot", "members": [person]}, {"id": KIOSKS, "displayName": "Kiosks", "members": [kiosk]}],
        "/deviceManagement/applePushNotificationCertificate": {
            "id": "p", "appleIdentifier": "mdm@contoso.com", "topicIdentifier": "com.apple.mgmt.External.1", "expirationDateTime": "2027-06-01T00:00:00Z",
            "certificateUploadStatus": None, "certificateUploadFailureReason": None, "certificateSerialNumber": "0A",
        },
        "/deviceManagement/depOnboardingSettings": [
            {
                "id": "t1", "tokenName": "ABM", "appleIdentifier": "mdm@contoso.com", "tokenType": "dep", "tokenExpirationDateTime": "2027-06-01T00:00:00Z",
                "lastSuccessfulSyncDateTime": "2026-11-20T18:00:00Z", "lastSyncErrorCode": 0, "syncedDeviceCount": 2,
                "enrollmentProfiles": [
                    profile("Contoso iPhone"),
                    {"@odata.type": "#microsoft.graph.depMacOSEnrollmentProfile", "id": "t1_mac", "displayName": "Mac", "requiresUserAuthentication": False},
                ],
                "importedAppleDeviceIdentities": listed,
            }
        ],
        "/deviceManagement/managedDevices": [
            enrolled("C02AAAA00001"),
            enrolled("PC", operatingSystem="Windows", deviceEnrollmentType="windowsAutoEnrollment"),
        ],
        "/deviceManagement/detectedApps": [],
        "/deviceAppManagement/mobileApps": [
            {
                "@odata.type": "#microsoft.graph.iosVppApp", "id": "portal", "displayName": "Intune Company Portal", "bundleId": "com.microsoft.CompanyPortal",
                "assignments": [
                    {
                        "id": "a1", "intent": "required", "target": {"@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": GROUP},
                        "settings": {"@odata.type": "#microsoft.graph.iosVppAppAssignmentSettings", "useDeviceLicensing": True},
                    }
                ],
            },
            {"@odata.type": "#microsoft.graph.iosStoreApp", "id": "word", "displayName": "Word", "bundleId": "com.microsoft.Office.Word"},
        ],
        "/deviceAppManagement/vppTokens": [{"id": "v", "organizationName": "Contoso", "state": "valid"}],
    }  # fmt: skip


ANSWERED = (
    "apns.apple-id", "apns.validity", "dep.mdm-server", "dep.token-validity", "dep.devices-assigned", "ios.enrolment-method", "ios.user-credentials",
    "ios.device-identified",
)  # fmt: skip


def described(world: Cloud, folder: Path, files: dict[str, str] | None = None, **ios: Any) -> Any:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = Name([NameAttribute(NameOID.COMMON_NAME, "Intune")])
    request = CertificateSigningRequestBuilder().subject_name(name).sign(key, hashes.SHA256())
    (folder / "intune.csr").write_bytes(request.public_bytes(Encoding.PEM))
    (folder / "serials.csv").write_text(
        "Serial,User\nC02AAAA00001,user1@contoso.com\nC02AAAA00002,\n", encoding="utf-8"
    )
    return engagement_from(
        {
            "engagement": {"name": "contoso", "scenarios": ["hybrid-mdm", "corporate-owned-ios"]},
            "tenant": {
                "id": TENANT, "public_domains": ["contoso.com"], "endpoints": world.endpoints, "ca_file": str(world.ca_file),
                "auth": {"method": "client-secret", "client_id": TOOL.client_id, "client_secret": {"env": "ASSESS_TEST_SECRET"}},
            },
            "mdm": {"enrollment_group_ids": [GROUP]},
            "files": {"apns_csr": "intune.csr", **(files or {})},
            "apple": {"apple_id": "mdm@contoso.com"},
            "ios": {
                "method": "dep", "device_use": "personal-use", "profile_name": "Contoso iPhone", "mdm_server_name": "Intune", "supervised": True,
                "locked": True, "pairing": "disallow", "serials": "serials.csv",
                "setup_assistant": {
                    "passcode": "show", "location": "skip", "restore": "skip", "apple-id": "skip", "terms": "show", "siri": "skip", "diagnostics": "skip",
                },
                **ios,
            },
            "attestations": {name: {"answer": "yes", "by": "A. Meyer"} for name in ANSWERED},
        },
        file="contoso.toml", folder=folder,
    )  # fmt: skip


def assessed(world: Cloud, folder: Path, **ios: Any) -> Results:
    chosen = Selection(only=MINE)
    engagement = described(world, folder, **ios)
    asks = questions(c for c in KNOWN.checks.values() if chosen.leaves_out(c.requirement) is None)
    connectors = connectors_for(asks, engagement)
    with Recording(engagement, as_of=NOW, started_at=NOW, finished_at=NOW) as recording:
        collect(asks, connectors, recording, clock=lambda: NOW)
        first = evaluate(KNOWN, recording, selection=chosen)
        write(recording, folder / "evidence.zip", tool="assess")
    with read(folder / "evidence.zip") as again:
        results = evaluate(KNOWN, again, selection=chosen)
    assert results.findings == first.findings
    for connector in connectors:
        connector.close()
    return results


def statuses(results: Results) -> dict[str, Status]:
    return {
        f.id: f.status
        for f in results.findings
        if f.requirement.startswith(("apns.", "dep.", "ios.")) and f.requirement not in UNMEASURED
    }


def customer(data: dict[str, Any], rights: Any = READER) -> Cloud:
    return Cloud(Tenant(TENANT, domains=("contoso.com",), apps=(rights,), graph=data))


@pytest.fixture(autouse=True)
def secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSESS_TEST_SECRET", "right")


def test_a_healthy_customer(tmp_path: Path) -> None:
    with customer(healthy()) as world:
        results = assessed(world, tmp_path)
        assert world.violations == []
    found = statuses(results)
    assert {name: status for name, status in found.items() if status is not Status.PASS} == {
        "ios.no-affinity-no-portal": Status.NOT_APPLICABLE,
    }
    assert len(found) >= 27
    for finding in results.findings:
        if finding.id in found and finding.status is Status.PASS:
            assert finding.evidence, finding.id
            assert finding.references
        if finding.id.startswith("dep.profile-"):
            assert any("enrollmentProfiles" in one.location for one in finding.evidence), finding.id
        if finding.id in {"ios.apple-id-for-user", "ios.company-portal-installed"}:
            assert any("/assignments" in one.location for one in finding.evidence), finding.id


def test_a_customer_in_trouble(tmp_path: Path) -> None:
    data = healthy()
    del data["/deviceManagement/applePushNotificationCertificate"]
    token = data["/deviceManagement/depOnboardingSettings"][0]
    token |= {"lastSyncErrorCode": 3, "appleIdentifier": "it@icloud.com"}
    token["enrollmentProfiles"] = [
        profile(
            "Kiosk",
            requiresUserAuthentication=False,
            iTunesPairingMode="requiresCertificate",
            supportPhoneNumber="",
        )
    ]
    token["importedAppleDeviceIdentities"][0]["enrollmentState"] = "failed"
    token["importedAppleDeviceIdentities"][1]["serialNumber"] = "C02BBBB00001"
    portal = data["/deviceAppManagement/mobileApps"][0]
    portal["assignments"][0]["target"]["groupId"] = KIOSKS
    data["/deviceManagement/managedDevices"] = [
        enrolled(
            "C02AAAA00001", deviceEnrollmentType="appleBulkWithoutUser", managedDeviceOwnerType="personal", azureADDeviceId="EEEEEEEE-0000-4000-8000-000000000009",
            deviceRegistrationState="notRegistered",
        )
    ]  # fmt: skip
    data["/deviceManagement/detectedApps"] = [
        {
            "id": "found",
            "displayName": "Comp Portal",
            "platform": "ios",
            "deviceCount": 1,
            "managedDevices": [{"id": "id-C02AAAA00001"}],
        },
        {
            "id": "pc",
            "displayName": "Company Portal",
            "platform": "windows",
            "deviceCount": 1,
            "managedDevices": [{"id": "id-PC"}],
        },
    ]
    data["/groups"][0]["members"][0]["accountEnabled"] = False
    with customer(data) as world:
        results = assessed(world, tmp_path, profile_name="Kiosk")
        assert world.violations == []
    found = statuses(results)
    failing = {
        "apns.apple-id", "apns.uploaded", "dep.profile-user-affinity", "dep.profile-additional-management", "dep.sync",
        "dep.devices-listed", "ios.management-ready", "ios.user-credentials", "ios.device-identified", "ios.enrolment-complete", "ios.no-affinity-no-portal",
    }  # fmt: skip
    assert {
        name.partition("@")[0] for name, status in found.items() if status is Status.FAIL
    } >= failing
    assert found["dep.profile-support-info"] is Status.WARN
    assert found["dep.devices-assigned"] is Status.WARN
    for finding in results.findings:
        if finding.status in (Status.FAIL, Status.WARN):
            assert finding.remediation


@pytest.mark.parametrize("trouble", ["no rights", "no Intune", "nonsense", "nobody"])
def test_what_is_refused_is_never_passed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trouble: str
) -> None:
    monkeypatch.setattr("assess.connectors.http._backoff", lambda _: 0.0)
    rights_held = replace(TOOL, application=frozenset()) if trouble == "no rights" else READER
    with customer(healthy(), rights_held) as world:
        match trouble:
            case "no Intune":
                world.tenant.has_intune = False
            case "nonsense":
                world.graph.inject("*", faults.html(200))
            case "nobody":
                world.graph.stop()
            case _:
                pass
        results = assessed(world, tmp_path)
        if trouble == "nobody":
            world.graph.start()
    found = statuses(results)
    # What files and people say stands where the requirement's text lets it stand.
    told = {
        "apns.csr-downloaded",
        "dep.mdm-server",
        "dep.devices-assigned",
        "ios.enrolment-method",
        "apns.apple-id",
    }
    if trouble == "no Intune":
        told.add("ios.user-credentials")  # users and products are the directory's
    assert {name.partition("@")[0] for name, status in found.items() if status in MEASURED} <= told
    for finding in results.findings:
        if finding.status is Status.UNKNOWN and finding.id in found:
            assert finding.observed
            assert finding.remediation


def test_one_call_of_beta_costs_its_own_checks_only(tmp_path: Path) -> None:
    with customer(healthy()) as world:
        world.graph.inject("*/enrollmentProfiles", faults.html(200))
        found = statuses(assessed(world, tmp_path))
    lost = {name for name, status in found.items() if status is Status.UNKNOWN}
    assert lost >= {name for name in found if name.startswith("dep.profile-")}
    assert found["dep.sync"] is found["dep.devices-listed"] is found["apns.uploaded"] is Status.PASS
    assert found["ios.company-portal-installed"] is Status.PASS


def test_the_least_rights_are_enough() -> None:
    mine = [c for name, c in KNOWN.checks.items() if name.startswith(("apns.", "dep.", "ios."))]
    wanted = {right.name for right in rights(mine) if right.source == "graph"}
    assert wanted == READER.application


def test_a_portal_is_known_by_its_bundle_and_read_once(tmp_path: Path) -> None:
    data = healthy()
    data["/deviceAppManagement/mobileApps"][0]["displayName"] = "Firmenportal"
    data["/deviceAppManagement/mobileApps"].append(
        {"@odata.type": "#microsoft.graph.win32LobApp", "id": "w", "displayName": "Company Portal"}
    )
    with customer(data) as world:
        found = statuses(assessed(world, tmp_path))
        asked = [(one.path, tuple(sorted(one.query.items()))) for one in world.graph.requests]
    assert found["ios.company-portal-installed"] is Status.PASS
    assert [path for path, _ in asked if "/mobileApps/" in path] == [
        "/beta/deviceAppManagement/mobileApps/portal/assignments"
    ]
    assert len(asked) == len(set(asked))


def test_before_the_token_is_uploaded_its_files_count(tmp_path: Path) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = Name([NameAttribute(NameOID.COMMON_NAME, "Intune")])
    own = (
        CertificateBuilder(name, name, key.public_key(), 7, NOW, NOW + timedelta(days=365))
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    sealed = pkcs7.PKCS7EnvelopeBuilder().set_data(b"{}").add_recipient(own)
    (tmp_path / "public.pem").write_bytes(own.public_bytes(Encoding.PEM))
    (tmp_path / "token.p7m").write_bytes(sealed.encrypt(Encoding.SMIME, []))
    utime(tmp_path / "token.p7m", (NOW.timestamp(), NOW.timestamp()))
    files = {"dep_request_pem": "public.pem", "dep_token_p7m": "token.p7m"}
    data = healthy()
    data["/deviceManagement/depOnboardingSettings"] = []
    with customer(data) as world:
        results = assessed(world, tmp_path, files=files)
        found = statuses(results)
        wrong = statuses(assessed(world, tmp_path, files={"dep_token_p7m": "public.pem"}))
    assert found["dep.token-request"] is found["dep.server-token"] is Status.PASS
    assert found["dep.token-uploaded"] is found["dep.profile-created"] is Status.FAIL
    assert found["dep.sync"] is found["dep.devices-listed"] is Status.UNKNOWN
    assert wrong["dep.server-token"] is wrong["dep.token-request"] is Status.FAIL
    [uploaded] = [f for f in results.findings if f.id == "dep.token-uploaded"]
    assert "token.p7m" in " ".join(uploaded.remediation)
