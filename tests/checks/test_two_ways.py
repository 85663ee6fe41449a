"""A site judged through its AdminService and through its database: the same verdicts.

Both really answer over their own wire. Where no view is known, the database decides nothing.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import twinsites
from assess.check import Check
from assess.collect import collect, questions
from assess.connectors.sql import READS
from assess.discover import library
from assess.engagement import Engagement, engagement_from
from assess.evaluate import judge
from assess.evidence.adminservice import Instances
from assess.evidence.site_database import DiscoveredSuffixes
from assess.recording import Recording
from assess.sources import connectors_for
from cloud import AdminServiceServer, Site
from site_database import SqlServer, Views

pytestmark = pytest.mark.server  # the driver wants libraries of the system
NOW = datetime(2026, 11, 20, 21, 10, tzinfo=UTC)
SEEDS = range(20)
SQL = "sql01.contoso.local"
PLAN = {
    "compliance": "intune", "device_configuration": "configmgr", "windows_update": "configmgr", "endpoint_protection": "pilot",
    "client_apps": "pilot", "office": "configmgr",
}  # fmt: skip
def described(keys: Mapping[str, Any], seed: int) -> Engagement:
    site = {"code": "PS1", "mdm_site_code": "PS1", **keys.get("site", {})}
    return engagement_from(
        {
            "engagement": {
                "name": "twin", "scenarios": ["hybrid-mdm", "co-management-pki", "co-management-internet"], "internet_clients": True,
                "stage": "pilot" if seed % 2 else "production",
            },
            "tenant": {"id": twinsites.TENANT, "public_domains": ["contoso.com"]},
            "mp": {"mode": "https"} | ({"servers": ["mp01.contoso.local"]} if seed % 3 else {}),
            "mdm": {"user_collection_id": twinsites.MDM},
            "comanagement": {"auto_enroll": "pilot", "pilot_collection_id": twinsites.PILOT, "workloads": PLAN},
            "attestations": {
                "comanagement.auto-enrollment": {"answer": "Pilot", "by": "A. Meyer"},
                "comanagement.dashboard": {"answer": True, "by": "A. Meyer"},
            },
            **keys,
            "site": site,
        },
        file="twin.toml",
        folder=Path(),
    )  # fmt: skip


def of_the_site() -> list[Check]:
    """The checks that ask the site anything."""
    asks_site = (Instances, DiscoveredSuffixes)
    return [c for c in library().checks.values() if any(isinstance(a, asks_site) for a in questions([c]))]


def verdicts(engagement: Engagement, source: str) -> dict[str, dict[str | None, str]]:
    """Status by requirement and subject; nobody but this source is asked."""
    known, checks = library(), of_the_site()
    asks = [ask for ask in questions(checks) if ask.source in {"adminservice", "sql", "config"}]
    connectors = connectors_for(asks, engagement)
    wanted = [one for one in connectors if one.source in {source, "config"}]
    with Recording(engagement, as_of=NOW, started_at=NOW, finished_at=NOW) as recording:
        collect(asks, wanted, recording, clock=lambda: NOW)
        found: dict[str, dict[str | None, str]] = {}
        for check in checks:
            requirement = known.catalogue.requirements[check.requirement]
            judged = judge(requirement, check, recording, requirement.scenarios[0])
            found[check.requirement] = {
                outcome.subject: type(outcome).__name__ for outcome in judged.outcomes
            }
    for one in connectors:
        one.close()
    return found


@pytest.fixture
def trusted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The file of authorities that the driver trusts; a test writes into it."""
    file = tmp_path / "authorities.pem"
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    monkeypatch.setenv("ASSESS_TEST_SECRET", "Secr}t;1")
    return file


def both(seed: int, trusted: Path) -> tuple[dict[str, dict[str | None, str]], dict[str, dict[str | None, str]]]:
    site = twinsites.twin(seed)
    server = AdminServiceServer(Site("localhost", classes=twinsites.classes(site)))
    with server:
        ca = trusted.with_name("site.pem")
        ca.write_bytes(Path(server.authority.ca_file).read_bytes())
        through = {"adminservice": f"{server.url}/AdminService", "ca_file": str(ca), "auth": {"method": "none", "role": "read-only-analyst"}}
        first = verdicts(described({"site": through}, seed), "adminservice")
        assert server.violations == []
    with SqlServer(Views(twinsites.VIEWS, twinsites.rows(site))) as database:
        trusted.write_bytes(Path(database.authority.ca_file).read_bytes())
        keys = {
            "site": {"sql_server": SQL, "database": "CM_PS1"},
            "sql": {"auth": {"method": "password", "user": "reader", "password": {"env": "ASSESS_TEST_SECRET"}}},
            "network": {"connect_to": {f"{SQL}:1433": f"127.0.0.1:{database.port}"}},
        }
        second = verdicts(described(keys, seed), "sql")
        assert database.faults == []
    return first, second


def of_both() -> set[str]:
    """The requirements of which every question to the site has a view."""
    return {
        check.requirement
        for check in of_the_site()
        if all(type(ask) in READS for ask in questions([check]) if isinstance(ask, Instances))
    }


@pytest.mark.parametrize("seed", SEEDS)
def test_a_site_gets_the_same_verdicts_from_either_source(seed: int, trusted: Path) -> None:
    first, second = both(seed, trusted)
    shared = of_both()
    assert first.keys() == second.keys()
    assert {name: second[name] for name in shared} == {name: first[name] for name in shared}
    decided = {name for name in shared if set(first[name].values()) & {"Pass", "Warn", "Fail"}}
    assert len(decided) >= 15
    for name in first.keys() - shared:
        said = set(second[name].values())
        assert said <= {"Unknown", "Manual", "NotApplicable"} or second[name] == first[name], name


def test_the_twenty_sites_differ_and_most_of_what_asks_the_site_has_views() -> None:
    drawn = [twinsites.twin(seed) for seed in SEEDS]
    assert len({repr(one) for one in drawn}) == len(SEEDS) == 20
    assert {len(one.sites) for one in drawn} == {1, 2, 3}
    assert of_both() >= {
        "cmgcp.installed", "collection.mdm-membership-rule", "collection.mdm-user-collection", "comanagement.auto-enrollment",
        "comanagement.dashboard", "comanagement.enabled", "comanagement.pilot-collection", "comanagement.workloads",
        "configmgr.single-primary-topology", "configmgr.supported-version", "discovery.ad-user", "identity.discovered-upn-consistent",
        "identity.user-public-upn", "mp.available", "mp.client-connections", "mp.cmg-traffic", "mp.connection-scope", "scp.installed",
        "scp.online-mode", "scp.top-tier-placement", "site.enhanced-http", "site.use-pki-client-cert", "sup.cmg-traffic",
        "azureservice.apps-visible", "azureservice.server-app", "azureservice.app-id-uri",
    }  # fmt: skip
