"""Reads every user of the large directory in a process of its own; prints what that took as JSON.

    python -m benchmarks.directory_client bare|product|judged NUMBER_OF_USERS CA_FILE

``bare`` is a paged search of ldap3; ``product`` is the product's question; ``judged`` is its
question, and then the requirements on user names over it, with a tenant and a site that know the
same users.
"""

import base64
import json
import os
import ssl
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import ldap3

from assess.collect import collect
from assess.connectors import TableWriter, table_name
from assess.connectors.forests import ATTRIBUTES
from assess.connectors.ldap_session import PAGE
from assess.discover import library
from assess.engagement import engagement_from
from assess.evidence import Ask, Table, adminservice, directory, dns, graph
from assess.model import Status
from assess.recording import Record, Recording, encode_answer
from assess.results import Results, Selection, evaluate
from assess.sources import connectors_for
from benchmarks import population
from benchmarks.timing import peak_mb
from checks.identity.names import DeletedUsers

_PEOPLE = "(&(objectCategory=person)(objectClass=user))"
_NOW = datetime(2026, 1, 1, tzinfo=UTC)
_TENANT = "8f3c1a52-6c1e-4b7e-9d0a-2f5f7b1c9e11"
_COLLECTION = "LAB00014"
_REQUIREMENTS = (
    "identity.public-domain",
    "identity.upn-suffix-defined",
    "identity.user-public-upn",
    "identity.discovered-upn-consistent",
    "identity.users-and-groups-synced",
)
_MEASURED = (Status.PASS, Status.WARN, Status.FAIL)
_WHOLE = adminservice.SeesEverything("the account is a full administrator")


def main(how: str, users: int, ca_file: str) -> None:
    begin = time.perf_counter()
    if how == "bare":
        found = _bare(ca_file)
        taken = {"seconds": time.perf_counter() - begin}
    else:
        with _recording(ca_file) as recording:
            begin = time.perf_counter()
            found = _product(recording)
            taken = {"seconds": time.perf_counter() - begin}
            if how == "judged":
                taken["read"] = peak_mb()
                _fill(recording, users)
                begin = time.perf_counter()
                results = evaluate(library(), recording, selection=Selection(only=_REQUIREMENTS))
                taken["judging"] = time.perf_counter() - begin
                _require_judged(results, users)
    if found < users:
        raise RuntimeError(f"{found} users of {users} were read")
    print(json.dumps({**taken, "cpu": time.process_time(), "peak": peak_mb(), "users": found}))


def _bare(ca_file: str) -> int:
    tls = ldap3.Tls(validate=ssl.CERT_REQUIRED, ca_certs_file=ca_file)
    server = ldap3.Server(population.HOST, 636, use_ssl=True, tls=tls, get_info=ldap3.NONE)
    connection = ldap3.Connection(
        server, population.READER, os.environ["BENCH_PASSWORD"], auto_bind=True, read_only=True
    )
    entries = connection.extend.standard.paged_search(
        population.BASE, _PEOPLE, ldap3.SUBTREE, attributes=ATTRIBUTES, paged_size=PAGE
    )
    found = sum(entry["type"] == "searchResEntry" for entry in entries)
    connection.unbind()
    return found


def _recording(ca_file: str) -> Recording:
    engagement = engagement_from(
        {
            "engagement": {"name": "bench", "scenarios": ["hybrid-mdm", "co-management-pki"]},
            "tenant": {"id": _TENANT, "public_domains": ["contoso.com"]},
            "ad": {
                "server": f"ldaps://{population.HOST}",
                "user": population.READER,
                "password": {"env": "BENCH_PASSWORD"},
                "ca_file": ca_file,
            },
            "mdm": {"user_collection_id": _COLLECTION},
        },
        file="bench.toml",
        folder=Path(),
    )
    return Recording(engagement, as_of=_NOW, started_at=_NOW, finished_at=_NOW)


def _product(recording: Recording) -> int:
    _collect(recording, [directory.DirectoryUsers()])
    people: directory.People = recording.answer(directory.DirectoryUsers())
    return sum(len(forest.users) for forest in people.read())


def _collect(recording: Recording, asks: Sequence[Ask]) -> None:
    connectors = connectors_for(asks, recording.engagement)
    collect(asks, connectors, recording, clock=lambda: _NOW)
    for connector in connectors:
        connector.close()


# -- what the tenant and the site would have answered --


def _fill(recording: Recording, users: int) -> None:
    """Every other answer that the requirements ask for; the tenant and the site know everybody."""
    _collect(recording, [directory.ForestSuffixes()])
    folder = recording.tables

    def add(ask: Ask, answer: object) -> None:
        bound = ask.bind(recording)
        described = bound.describe()
        answered = encode_answer(answer)
        recording.add(Record(bound.key, bound.source, described, _NOW, _NOW, answer=answered))

    zone = dns.Zone("contoso.com", ("ns1.contoso.com", "ns2.contoso.com"), "ns1.contoso.com")
    add(dns.Delegation("{domain}"), dns.Zones({"contoso.com": zone}))
    add(graph.Domains(), (graph.Domain("contoso.com", True), _initial()))
    add(graph.Users(), _table(folder, "bench.users", graph.User, _tenant_users(users)))
    add(DeletedUsers(), _table(folder, "bench.deleted", DeletedUsers.item, ()))
    add(graph.SyncedSecurityGroups(), 12)
    discovered = _table(folder, "bench.site", adminservice.DiscoveredUser, _site_users(users))
    add(adminservice.DiscoveredUsers(), adminservice.Users(discovered, _WHOLE))
    members = _table(folder, "bench.members", adminservice.CollectionMember, _members(users))
    collection = adminservice.Collection(_COLLECTION, "MDM", member_count=len(members))
    add(
        adminservice.CollectionMembers("{mdm.user_collection_id}"),
        adminservice.Members(collection, members, _WHOLE, _WHOLE),
    )


def _table(folder: Path, name: str, item: type, rows: Iterator[object] | Sequence[object]) -> Table:
    path = folder / f"{table_name(name)}.ndjson"
    with path.open("wb") as file:
        writer = TableWriter(file.write)
        for row in rows:
            writer.add(row)
    return Table(table_name(name), writer.rows, path, item)


def _initial() -> graph.Domain:
    return graph.Domain("contoso.onmicrosoft.com", True, is_initial=True)


def _tenant_users(users: int) -> Iterator[graph.User]:
    for person in population.people(users):
        upn = person.upn or f"{person.account}@contoso.onmicrosoft.com"
        yield graph.User(
            id=str(person.anchor),
            user_principal_name=upn.replace("corp.local", "contoso.onmicrosoft.com"),
            on_premises_user_principal_name=person.upn,
            on_premises_sam_account_name=person.account,
            on_premises_immutable_id=base64.b64encode(person.anchor.bytes_le).decode(),
            on_premises_sync_enabled=True,
            account_enabled=person.enabled,
            mail=person.mail,
            proxy_addresses=person.addresses,
        )


def _site_users(users: int) -> Iterator[adminservice.DiscoveredUser]:
    for person in population.people(users):
        unique = f"{population.NETBIOS}\\{person.account}"
        yield adminservice.DiscoveredUser(person.number, unique, person.upn)


def _members(users: int) -> Iterator[adminservice.UserMember]:
    for person in population.people(users):
        if person.number % 3:
            unique = f"{population.NETBIOS}\\{person.account}"
            yield adminservice.UserMember(person.number, person.upn or "", unique)


def _require_judged(results: Results, users: int) -> None:
    """Every requirement was measured, and those with wrong names were found."""
    findings = [one for one in results.findings if one.requirement in _REQUIREMENTS]
    measured = {one.requirement for one in findings if one.status in _MEASURED}
    if missing := set(_REQUIREMENTS) - measured:
        because = "; ".join(one.observed for one in findings if one.requirement in missing)
        raise RuntimeError(f"not measured: {', '.join(sorted(missing))}: {because}")
    rows = sum(one.rows for one in results.tables)
    if rows < users // 20:
        raise RuntimeError(f"the tables have {rows} rows, fewer than there are wrong names")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3])
