"""A permission that is missing is named by every finding that it costs; a licence is another matter."""

from pathlib import Path

import pytest

from assess.evidence.graph import covered
from assess.permissions import SignIn, rights
from wholetenant import CHECKS, PERMISSIONS, WholeTenant

WELL, MEASURED = {"Pass", "NotApplicable"}, {"Pass", "Warn", "Fail", "NotApplicable"}
COSTS = {right.name: set(right.requirements) for right in rights(CHECKS, SignIn.DELEGATED) if right.source == "graph"}


# Covered by a broader one that is held as well, or asked where a domain is federated only.
TELLING = PERMISSIONS - covered({"Directory.Read.All"}) - {"Domain-InternalFederation.Read.All"} | {"Directory.Read.All"}
# What it is for is decided by other means here: an administrator by name, no app that was detected.
PERHAPS = {"RoleManagement.Read.Directory", "DeviceManagementManagedDevices.Read.All"}


def requirement(name: str) -> str:
    return name.partition("[")[0]


@pytest.mark.parametrize("permission", sorted(PERMISSIONS))
def test_a_missing_permission_is_named_where_it_costs_something(tmp_path: Path, permission: str) -> None:
    """`assess permissions` lists no less than what a run without it loses, and the findings say why."""
    before = WholeTenant().assessed(tmp_path).outcomes
    found = WholeTenant(without=permission).assessed(tmp_path)
    refused = [reason for reason in found.refusals.values() if permission in reason]
    assert bool(refused) == (permission in TELLING)
    lost = {name: one for name, one in found.outcomes.items() if type(one).__name__ not in MEASURED and (name not in before or type(before[name]).__name__ in MEASURED)}
    assert refused or not lost
    assert lost or permission not in TELLING - PERHAPS
    for name, outcome in lost.items():
        said = getattr(outcome, "because", "") + " ".join(outcome.remedy)
        assert permission in said, (name, outcome)
        assert requirement(name) in COSTS[permission], name
    for name, outcome in found.outcomes.items():
        if type(outcome).__name__ in WELL and name in before:
            assert type(before[name]).__name__ in WELL, name
    assert not found.crashes


def test_a_broader_permission_is_enough() -> None:
    assert {"User.Read.All", "Device.Read.All"} <= covered({"Directory.Read.All"})
    assert "DeviceManagementApps.Read.All" in covered({"DeviceManagementApps.ReadWrite.All"})
    assert "Policy.Read.All" not in covered({"Directory.ReadWrite.All"})
