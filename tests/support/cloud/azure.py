"""The subscriptions that a test invents: what Azure Resource Manager answers from."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from cloud.wire import Json

READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
CONTRIBUTOR = "b24988ac-6180-42a0-ab88-20f7382dd24c"
OWNER = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
ROLES = {"Reader": READER, "Contributor": CONTRIBUTOR, "Owner": OWNER}

LOCATIONS = ("westeurope", "northeurope", "germanywestcentral", "eastus", "westus2", "uksouth")
REGISTERED = {
    "Microsoft.Network": "Registered",
    "Microsoft.KeyVault": "Registered",
    "Microsoft.Storage": "Registered",
    "Microsoft.Compute": "Registered",
    "Microsoft.ClassicCompute": "NotRegistered",
    "Microsoft.Authorization": "Registered",
    "Microsoft.Resources": "Registered",
}


@dataclass(frozen=True)
class RoleAssignment:
    """One role of one principal; ``scope`` empty means the whole subscription."""

    principal_id: str
    role: str = "Reader"
    principal_type: str = "ServicePrincipal"
    scope: str = ""


@dataclass(frozen=True)
class Subscription:
    """One subscription. ``resources`` are objects as ``/resources`` lists them.

    ``taken_labels`` are ``(region, label)``, the other taken names are plain.
    """

    id: str
    tenant_id: str
    name: str = "Pay-As-You-Go"
    state: str = "Enabled"
    quota_id: str = "PayAsYouGo_2014-09-01"
    assignments: tuple[RoleAssignment, ...] = ()
    providers: Mapping[str, str] = field(default_factory=lambda: dict(REGISTERED))
    resources: tuple[Json, ...] = ()
    resource_groups: tuple[Json, ...] = ()
    locations: tuple[str, ...] = LOCATIONS
    taken_labels: frozenset[tuple[str, str]] = frozenset()
    taken_vaults: frozenset[str] = frozenset()
    taken_accounts: frozenset[str] = frozenset()
    taken_classic: frozenset[str] = frozenset()

    def roles_of(self, principal_id: str) -> frozenset[str]:
        """Return the names of the roles that the principal has on the subscription."""
        return frozenset(
            a.role for a in self.assignments if a.principal_id == principal_id and not a.scope
        )

    @cached_property
    def as_listed(self) -> dict[str, Json]:
        """Return the subscription as Resource Manager writes it."""
        return {
            "id": f"/subscriptions/{self.id}",
            "authorizationSource": "RoleBased",
            "subscriptionId": self.id,
            "tenantId": self.tenant_id,
            "displayName": self.name,
            "state": self.state,
            "subscriptionPolicies": {
                "locationPlacementId": "Public_2014-09-01",
                "quotaId": self.quota_id,
                "spendingLimit": "Off",
            },
        }

    @cached_property
    def assignments_listed(self) -> list[dict[str, Json]]:
        """Return the role assignments as Resource Manager writes them."""
        root = f"/subscriptions/{self.id}"
        kind = "Microsoft.Authorization/roleAssignments"
        listed = []
        for number, given in enumerate(self.assignments):
            name = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{self.id}/{number}"))
            listed.append(
                {
                    "properties": {
                        "roleDefinitionId": f"{root}/providers/Microsoft.Authorization/roleDefinitions/"
                        f"{ROLES[given.role]}",
                        "principalId": given.principal_id,
                        "principalType": given.principal_type,
                        "scope": given.scope or root,
                    },
                    "id": f"{given.scope or root}/providers/{kind}/{name}",
                    "type": kind,
                    "name": name,
                }
            )
        return listed
