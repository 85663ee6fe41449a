"""A site with very many discovered users, served until its input ends; then an export of the same.

    python -m benchmarks.site_server NUMBER_OF_USERS EXPORT.zip

A process of its own, so that what it holds is not taken for the client's. First comes the address
as JSON, at the end how many requests came.
"""

import json
import sys
import threading
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Any, overload

from benchmarks import population
from cloud import AdminServiceServer, Site
from siteexports import Exported

EVERYONE = "SMS00002"


class Users(Sequence[dict[str, Any]]):
    """The users of the population as the site has them, made when a page needs them."""

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
            found = [_user(one) for one in islice(self._people, start - self._at, end - self._at)]
            self._at = end
            return found


def _user(one: population.Person) -> dict[str, Any]:
    """One in five is not in the tenant."""
    return {
        "ResourceId": 2063597568 + one.number,
        "UniqueUserName": f"{population.NETBIOS}\\{one.account}",
        "UserPrincipalName": one.upn,
        "AADUserID": str(one.anchor) if one.number % 5 else None,
    }


def classes(users: int) -> dict[str, Any]:
    """What is there besides."""
    everyone = {
        "CollectionID": EVERYONE,
        "Name": "All Users",
        "CollectionType": 1,
        "MemberCount": users,
    }
    site = {"SiteCode": "PS1", "Type": 2, "Version": "5.00.9141.1000", "BuildNumber": 9141}
    return {"SMS_Site": [site], "SMS_Collection": [everyone], "SMS_R_User": Users(users)}


def main(users: int, export: Path) -> None:
    Exported(classes(users)).zip(export)
    with AdminServiceServer(Site("localhost", classes=classes(users))) as server:
        where = {"url": f"{server.url}/AdminService", "ca_file": str(server.authority.ca_file)}
        print(json.dumps(where), flush=True)
        sys.stdin.read()
        told = {"requests": len(server.requests), "violations": len(server.violations)}
        print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
