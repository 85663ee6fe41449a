"""Every verdict of the MDM authority, scenario by scenario."""

from typing import Any

import pytest

from assess.check import Fail, Manual, Missing, NotApplicable, Outcome, Pass, Unknown, Warn
from assess.evidence.config import Attested
from assess.evidence.graph import Authority, ServicePlan, Sku, Units
from checks.authority import change_constraint, mdm

REFUSED = Missing("Graph refuses: DeviceManagementServiceConfig.Read.All is missing", "Grant it.")
NO_TENANT = Missing("tenant.id is not set", "Set it.", key="tenant.id")
UNANSWERED = Missing("the question is not answered", "Answer it.", key='[attestations] "authority.mdm"')
LICENSED = (
    Sku("s", "EMS", "Enabled", 1, Units(5), (ServicePlan("c1ec4a95-1f05-45b3-a911-aa3fa01094f5", provisioning_status="Success"),)),
)
INTERNET, PKI, HYBRID, IOS = "co-management-internet", "co-management-pki", "hybrid-mdm", "corporate-owned-ios"


def value(text: Any) -> Authority:
    return Authority("id", text)


@pytest.mark.parametrize(
    ("scenario", "authority", "skus", "attested", "status"),
    [
        (INTERNET, value("intune"), LICENSED, UNANSWERED, Pass),
        (PKI, value("Intune"), REFUSED, UNANSWERED, Pass),
        (IOS, value("intune"), LICENSED, UNANSWERED, Pass),
        (HYBRID, value("sccm"), LICENSED, UNANSWERED, Pass),
        (IOS, value("sccm"), LICENSED, UNANSWERED, Warn),
        (HYBRID, value("intune"), LICENSED, UNANSWERED, Fail),
        (INTERNET, value("sccm"), LICENSED, UNANSWERED, Fail),
        (PKI, value("office365"), LICENSED, UNANSWERED, Fail),
        (IOS, value("office365"), LICENSED, UNANSWERED, Fail),
        (PKI, value("unknown"), LICENSED, UNANSWERED, Warn),
        (HYBRID, value("unknown"), LICENSED, UNANSWERED, Warn),
        (PKI, value("unknown"), (), UNANSWERED, Unknown),
        (PKI, value("unknown"), REFUSED, UNANSWERED, Unknown),
        (PKI, value("newAuthority"), LICENSED, UNANSWERED, Unknown),
        (PKI, value(None), LICENSED, UNANSWERED, Unknown),
        (PKI, Authority("id"), LICENSED, UNANSWERED, Unknown),
        (PKI, REFUSED, LICENSED, UNANSWERED, Unknown),
        (PKI, NO_TENANT, LICENSED, UNANSWERED, Manual),
        # a person's answer stands in, and never overrules a measurement
        (PKI, REFUSED, LICENSED, Attested("Microsoft Intune"), Pass),
        (PKI, REFUSED, LICENSED, Attested("Configuration Manager"), Fail),
        (PKI, REFUSED, LICENSED, Attested("Office 365"), Fail),
        (HYBRID, REFUSED, LICENSED, Attested("Configuration Manager and Intune"), Pass),
        (PKI, REFUSED, LICENSED, Attested(answer=True), Unknown),
        (PKI, value("sccm"), LICENSED, Attested("Intune"), Fail),
    ],
)
def test_mdm(scenario: str, authority: Any, skus: Any, attested: Any, status: type[Outcome]) -> None:
    [outcome] = mdm(scenario=scenario, authority=authority, skus=skus, attested=attested)
    assert isinstance(outcome, status)
    assert outcome.subject is None


@pytest.mark.parametrize(
    ("authority", "decision", "status"),
    [
        (value("intune"), UNANSWERED, NotApplicable),
        (value("intune"), Attested(answer=True), NotApplicable),
        (value("office365"), UNANSWERED, NotApplicable),
        (value("unknown"), UNANSWERED, NotApplicable),
        (value("sccm"), Attested(answer=True), Pass),
        (value("sccm"), Attested(answer=False), Warn),
        (value("sccm"), UNANSWERED, Warn),
        (REFUSED, Attested(answer=True), Pass),
        (REFUSED, UNANSWERED, Unknown),
        (REFUSED, Attested(answer=False), Unknown),
        (NO_TENANT, UNANSWERED, Manual),
        (value(None), UNANSWERED, Manual),
    ],
)
def test_change_constraint(authority: Any, decision: Any, status: type[Outcome]) -> None:
    [outcome] = change_constraint(authority=authority, decision=decision)
    assert isinstance(outcome, status)
