"""Reads and judges every user of a large tenant in a process of its own; prints that as JSON.

    python -m benchmarks.tenant_client NUMBER_OF_USERS ENDPOINTS CA_FILE

The site's collection, which says who enrols, is put in as if the site had answered: two users in
three are its members.
"""

import json
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from assess.collect import collect
from assess.connectors import TableWriter, table_name
from assess.discover import library
from assess.engagement import engagement_from
from assess.evidence import Ask, Table
from assess.evidence.adminservice import (
    Collection,
    CollectionMember,
    CollectionMembers,
    Members,
    SeesEverything,
    UserMember,
)
from assess.evidence.graph import Domains, SubscribedSkus, User, Users
from assess.model import Status
from assess.recording import Record, Recording, encode_answer
from assess.results import Results, Selection, evaluate
from assess.sources import connectors_for
from benchmarks import population
from benchmarks.timing import peak_mb
from cloud.sample import TENANT, TOOL

SECRET = "BENCH_CLIENT_SECRET"
_NOW = datetime(2026, 1, 1, tzinfo=UTC)
_COLLECTION = "LAB00014"
_LICENCE, _UPN = "licence.user-assignment", "identity.user-public-upn"
_WHOLE = SeesEverything("the account is a full administrator")


def main(users: int, endpoints: str, ca_file: str) -> None:
    with _recording(endpoints, ca_file) as recording:
        begin = time.perf_counter()
        asks: list[Ask] = [Users(), SubscribedSkus(), Domains()]
        connectors = connectors_for(asks, recording.engagement)
        collect(asks, connectors, recording, clock=lambda: _NOW)
        for connector in connectors:
            connector.close()
        reading = time.perf_counter() - begin
        found: Table[User] = recording.answer(Users())
        if len(found) != users:
            raise RuntimeError(f"{len(found)} users of {users} were read")
        read = peak_mb()
        _add_collection(recording, users)
        begin = time.perf_counter()
        results = evaluate(library(), recording, selection=Selection(only=(_LICENCE, _UPN)))
        judging = time.perf_counter() - begin
        _require_judged(results, users)
    times = {"reading": reading, "judging": judging}
    print(json.dumps({**times, "read": read, "peak": peak_mb()}))


def _recording(endpoints: str, ca_file: str) -> Recording:
    engagement = engagement_from(
        {
            "engagement": {"name": "bench", "scenarios": ["hybrid-mdm"]},
            "tenant": {
                "id": TENANT,
                "public_domains": ["contoso.com"],
                "endpoints": json.loads(endpoints),
                "ca_file": ca_file,
                "auth": {
                    "method": "client-secret",
                    "client_id": TOOL.client_id,
                    "client_secret": {"env": SECRET},
                },
            },
            "mdm": {"user_collection_id": _COLLECTION},
        },
        file="bench.toml",
        folder=Path(),
    )
    return Recording(engagement, as_of=_NOW, started_at=_NOW, finished_at=_NOW)


def _add_collection(recording: Recording, users: int) -> None:
    item: Any = CollectionMember
    name = table_name("bench.members")
    path = recording.tables / f"{name}.ndjson"
    with path.open("wb") as file:
        writer = TableWriter(file.write)
        for member in _members(users):
            writer.add(member)
    members: Table[CollectionMember] = Table(name, writer.rows, path, item)
    collection = Collection(_COLLECTION, "MDM", member_count=len(members))
    ask = CollectionMembers("{mdm.user_collection_id}").bind(recording)
    answer = encode_answer(Members(collection, members, _WHOLE, _WHOLE))
    recording.add(Record(ask.key, ask.source, ask.describe(), _NOW, _NOW, answer=answer))


def _members(users: int) -> Iterator[UserMember]:
    for person in population.people(users):
        if person.upn and person.upn.endswith("@contoso.com") and person.number % 3:
            unique = f"{population.NETBIOS}\\{person.account}"
            yield UserMember(person.number, person.upn, unique)


def _require_judged(results: Results, users: int) -> None:
    """Both were measured, and those without a licence and with a wrong name were found."""
    for name in (_LICENCE, _UPN):
        findings = [one for one in results.findings if one.requirement == name]
        if not any(one.status is Status.FAIL for one in findings):
            said = "; ".join(f"{one.status}: {one.observed}" for one in findings)
            raise RuntimeError(f"{name} found nothing wrong: {said}")
    rows = sum(one.rows for one in results.tables)
    if rows < users // 20:
        raise RuntimeError(f"the tables have {rows} rows, fewer than there are users to name")


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3])
