"""A tenant with very many users, served until its input ends; its address goes out as JSON.

    python -m benchmarks.tenant_cloud NUMBER_OF_USERS

A process of its own, so that what it holds is not taken for the client's. One user in ten has no
licence. The last line is how many requests came.
"""

import json
import sys
import threading
from collections.abc import Sequence
from itertools import islice
from typing import Any, overload

from benchmarks import population
from cloud import Cloud, Tenant
from cloud.sample import TENANT, TOOL

EMS = "efccb6f7-5641-4e0e-bd10-b4976e1bf68e"
_INTUNE = "c1ec4a95-1f05-45b3-a911-aa3fa01094f5"
_INITIAL = "contoso.onmicrosoft.com"


class Users(Sequence[dict[str, Any]]):
    """The users of the population as Graph has them, made when a page needs them.

    Pages come one after the other, so that the next one begins where the last one ended.
    """

    def __init__(self, count: int) -> None:
        self._count = count
        self._lock = threading.Lock()
        self._at = 0
        self._people = population.people(count)

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, index: int) -> dict[str, Any]: ...
    @overload
    def __getitem__(self, index: slice) -> list[dict[str, Any]]: ...
    def __getitem__(self, index: int | slice) -> dict[str, Any] | list[dict[str, Any]]:
        if isinstance(index, int):
            place = range(self._count)[index]
            return self._between(place, place + 1)[0]
        start, end, step = index.indices(self._count)
        return self._between(start, max(start, end))[::step]

    def _between(self, start: int, end: int) -> list[dict[str, Any]]:
        with self._lock:
            if start < self._at:
                self._at, self._people = 0, population.people(self._count)
            skipped = start - self._at
            found = [_user(one) for one in islice(self._people, skipped, skipped + end - start)]
            self._at = end
            return found


def _user(person: population.Person) -> dict[str, Any]:
    name = person.upn or f"{person.account}@{_INITIAL}"
    licences = [{"skuId": EMS, "disabledPlans": []}] if person.number % 10 != 1 else []
    return {
        "@odata.type": "#microsoft.graph.user",
        "id": str(person.anchor),
        "userPrincipalName": name.replace("corp.local", _INITIAL),
        "onPremisesUserPrincipalName": person.upn,
        "onPremisesSamAccountName": person.account,
        "onPremisesSyncEnabled": True,
        "accountEnabled": person.enabled,
        "userType": "Member",
        "usageLocation": "DE",
        "mail": person.mail,
        "proxyAddresses": list(person.addresses),
        "assignedLicenses": licences,
    }


def _tenant(count: int) -> Tenant:
    data = {
        "/users": Users(count),
        "/domains": [
            {"id": "contoso.com", "isVerified": True, "isInitial": False},
            {"id": _INITIAL, "isVerified": True, "isInitial": True},
        ],
        "/subscribedSkus": [
            {
                "id": "1", "skuId": EMS, "skuPartNumber": "EMS", "capabilityStatus": "Enabled",
                "consumedUnits": count, "prepaidUnits": {"enabled": count, "warning": 0},
                "servicePlans": [
                    {
                        "servicePlanId": _INTUNE, "servicePlanName": "INTUNE_A",
                        "provisioningStatus": "Success", "appliesTo": "User",
                    }
                ],
            }
        ],
    }  # fmt: skip
    return Tenant(TENANT, domains=("contoso.com", _INITIAL), apps=(TOOL,), graph=data)


def main(count: int) -> None:
    with Cloud(_tenant(count)) as world:
        described = {"endpoints": world.endpoints, "ca_file": str(world.ca_file)}
        print(json.dumps(described), flush=True)
        sys.stdin.read()  # until whoever started this closes it
        if world.violations:
            raise RuntimeError(f"{len(world.violations)} requests break the service's rules")
        print(json.dumps({"requests": len(world.graph.requests)}), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]))
