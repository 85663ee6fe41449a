"""The preflight: one row a source, whatever the source does, and in time."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, ClassVar

import pytest

from assess.check import Outcomes, Pass, check
from assess.connectors import Connector, Visit
from assess.engagement import Engagement, engagement_from
from assess.errors import Unavailable
from assess.evidence import Ask
from assess.evidence.adminservice import AzureServices
from assess.evidence.config import Key
from assess.evidence.graph import Domains, SubscribedSkus
from assess.preflight import Row, preflight
from cloud import Cloud, Site, Tenant, faults
from cloud.sample import POOR, TENANT, TOOL, graph_data, site_data
from cloud.tenant import App

NOW = datetime(2026, 11, 20, 21, 10, tzinfo=UTC)


@check("identity.domain-verified")
def verified(
    domains: Annotated[object, Domains()], name: Annotated[str, Key("cmg.service_name")]
) -> Outcomes:
    yield Pass(None, f"{domains}{name}")


@check("licence.intune-subscription")
def licensed(
    domains: Annotated[object, Domains()], skus: Annotated[object, SubscribedSkus()]
) -> Outcomes:
    yield Pass(None, f"{domains}{skus}")


@check("cmg.name-availability")
def named(services: Annotated[object, AzureServices()]) -> Outcomes:
    yield Pass(None, f"{services}")


def engagement(**sections: Any) -> Engagement:
    data = {"engagement": {"name": "contoso", "scenarios": ["co-management-pki"]}, **sections}
    return engagement_from(data, file="contoso.toml", folder=Path())


# -- against the cloud -------------------------------------------------------------------------------


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    tenant = Tenant(TENANT, domains=("contoso.com",), apps=(TOOL, POOR), graph=graph_data())
    data = {name: rows for name, rows in site_data().items() if name != "SMS_Oddity"}
    with Cloud(tenant, site=Site("localhost", classes=data)) as running:
        yield running


def of(cloud: Cloud, monkeypatch: pytest.MonkeyPatch, app: App = TOOL, **site: Any) -> Engagement:
    monkeypatch.setenv("ASSESS_TEST_SECRET", "right")
    ca_file = str(cloud.ca_file)
    return engagement(
        tenant={
            "id": TENANT,
            "endpoints": cloud.endpoints,
            "ca_file": ca_file,
            "auth": {
                "method": "client-secret",
                "client_id": app.client_id,
                "client_secret": {"env": "ASSESS_TEST_SECRET"},
            },
        },
        site={
            "adminservice": cloud.site.url, "ca_file": ca_file, "auth": {"method": "none"}, **site,
        },
    )  # fmt: skip


def test_all_is_well(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = preflight([verified, licensed, named], of(cloud, monkeypatch), clock=lambda: NOW)
    assert [(row.source, row.status, row.mend) for row in rows] == [
        ("graph", "ok", ""), ("adminservice", "ok", ""),
    ]  # fmt: skip
    assert "signed in as the application" in rows[0].found
    assert "primary site XYZ" in rows[1].found
    assert cloud.violations == []


def test_a_permission_that_is_lacking_is_named_with_what_needs_it(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    what = of(cloud, monkeypatch, POOR)
    [graph] = preflight([verified, licensed], what, clock=lambda: NOW)
    assert graph.status == "failed"
    assert graph.found.endswith("; lacks Domain.Read.All, LicenseAssignment.Read.All")
    assert graph.mend == (
        "Grant and consent to Domain.Read.All (for identity.domain-verified, "
        "licence.intune-subscription); LicenseAssignment.Read.All (for licence.intune-subscription)."
    )


def test_one_source_in_trouble_is_no_matter_to_another(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud.site.inject("*", faults.html(503, "Service Unavailable"))
    rows = preflight([verified, named], of(cloud, monkeypatch), clock=lambda: NOW)
    assert [(row.source, row.status) for row in rows] == [
        ("graph", "ok"), ("adminservice", "failed"),
    ]  # fmt: skip
    assert "503" in rows[1].found
    assert rows[1].mend


def test_a_source_that_is_not_set_up_is_skipped() -> None:
    rows = preflight([verified, named], engagement(), clock=lambda: NOW)
    assert [(row.source, row.status) for row in rows] == [
        ("graph", "skipped"), ("adminservice", "skipped"),
    ]  # fmt: skip
    assert "[site] is not set up in contoso.toml" in rows[1].found
    assert all(row.mend for row in rows)


def test_no_check_no_row() -> None:
    assert preflight([], engagement(), clock=lambda: NOW) == []


# -- connectors of every kind --------------------------------------------------------------------------


class Question(Ask, frozen=True):
    source: ClassVar[str] = "graph"
    permissions: ClassVar[tuple[str, ...]] = ("something",)


class Other(Question, frozen=True):
    source: ClassVar[str] = "nowhere"


@check("site.version")
def first(found: Annotated[object, Question()]) -> Outcomes:
    yield Pass(None, f"{found}")


@check("site.single-hierarchy")
def second(found: Annotated[object, Other()]) -> Outcomes:
    yield Pass(None, f"{found}")


class Scripted:
    """A connector whose probe does what the test says."""

    def __init__(self, probe: Callable[[Visit], str], source: str = "graph") -> None:
        self._probe = probe
        self.source = source
        self.closed = 0

    def answers(self, ask: Ask) -> bool:
        raise AssertionError(ask)

    def fetch(self, ask: Ask, visit: Visit) -> Any:
        raise AssertionError(ask)

    def probe(self, visit: Visit) -> str:
        return self._probe(visit)

    def close(self) -> None:
        self.closed += 1
        raise OSError("already gone")


def raising(error: BaseException) -> Callable[[Visit], str]:
    def probe(_visit: Visit) -> str:
        raise error

    return probe


def one_row(probe: Callable[[Visit], str], **options: Any) -> Row:
    connector = Scripted(probe)

    def connect(asks: Sequence[Ask], _engagement: Engagement) -> list[Connector]:
        assert [type(ask) for ask in asks] == [Question]
        return [connector]

    [row] = preflight([first], engagement(), clock=lambda: NOW, connect=connect, **options)
    assert connector.closed == (0 if "no answer within" in row.found else 1)
    return row


@pytest.mark.parametrize(
    ("probe", "status", "found"),
    [
        (lambda _visit: "reached", "ok", "reached"),
        (raising(Unavailable("refused", "mend it")), "failed", "refused"),
        (raising(Unavailable("absent", "fill in", skipped=True)), "skipped", "absent"),
        (raising(RuntimeError("password=hunter2")), "failed", "reaching it failed: RuntimeError"),
    ],
)
def test_whatever_a_probe_does_is_a_row(
    probe: Callable[[Visit], str], status: str, found: str
) -> None:
    row = one_row(probe)
    assert (row.status, row.found) == (status, found)
    assert bool(row.mend) == (status != "ok")
    assert "hunter2" not in f"{row}"


def test_a_silent_source_is_left_behind() -> None:
    free = threading.Event()
    try:
        row = one_row(lambda _visit: str(free.wait(60)), seconds=0.2)
    finally:
        free.set()
    assert (row.status, row.found) == ("failed", "no answer within 0.2 seconds")


def test_a_second_way_to_a_source_has_a_row_of_its_own() -> None:
    def refuse(_visit: Visit) -> str:
        raise Unavailable("no way in", "Open it.")

    def connect(_asks: Sequence[Ask], _engagement: Engagement) -> list[Connector]:
        return [Scripted(refuse), Scripted(lambda _visit: "12 rows", "sql")]

    rows = preflight([first], engagement(), clock=lambda: NOW, connect=connect)
    assert [(row.source, row.status, row.found) for row in rows] == [
        ("graph", "failed", "no way in"), ("sql", "ok", "12 rows"),
    ]  # fmt: skip


def test_whoever_answers_for_two_sources_is_reached_once() -> None:
    """A wrong password must not be tried once for each."""

    def connect(asks: Sequence[Ask], _engagement: Engagement) -> list[Connector]:
        own = Scripted(lambda _visit: "reached", asks[0].source)
        return [own] if asks[0].source == "nowhere" else [own, Scripted(lambda _visit: "again", "nowhere")]

    rows = preflight([first, second], engagement(), clock=lambda: NOW, connect=connect)
    assert [(row.source, row.found) for row in rows] == [("graph", "reached"), ("nowhere", "reached")]


def test_probes_run_side_by_side() -> None:
    together = threading.Barrier(2, timeout=10)

    def connect(asks: Sequence[Ask], _engagement: Engagement) -> list[Connector]:
        return [Scripted(lambda _visit: f"met {together.wait() >= 0}", asks[0].source)]

    started = time.monotonic()
    rows = preflight([first, second], engagement(), clock=lambda: NOW, connect=connect)
    assert [(row.source, row.found) for row in rows] == [("graph", "met True"), ("nowhere", "met True")]
    assert time.monotonic() - started < 10


def test_a_source_that_nobody_can_read_or_set_up_fails() -> None:
    [row] = preflight([second], engagement(), clock=lambda: NOW)
    assert (row.source, row.status) == ("nowhere", "failed")
    assert "no way to read it" in row.found

    def broken(_asks: Sequence[Ask], _engagement: Engagement) -> list[Connector]:
        raise ImportError("no such module")

    [row] = preflight([second], engagement(), clock=lambda: NOW, connect=broken)
    assert (row.status, row.found) == ("failed", "reaching it failed: ImportError")
