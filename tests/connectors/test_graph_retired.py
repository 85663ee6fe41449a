"""A feature that Microsoft takes away: 501 is an answer, a refusal is none."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from assess.collect import collect
from assess.engagement import engagement_from
from assess.errors import Unavailable
from assess.evidence.graph import Perhaps
from assess.evidence.policies import ExchangeConnector, ExchangeConnectors
from assess.recording import Recording
from assess.sources import connectors_for
from cloud import Cloud, Tenant, faults
from cloud.sample import POOR, TENANT, TOOL

NOW = datetime(2026, 11, 20, 21, 10, tzinfo=UTC)


@pytest.fixture
def world() -> Iterator[Cloud]:
    data = {"/deviceManagement/exchangeConnectors": [{"id": "1", "status": "connected", "exchangeConnectorType": "onPremises"}]}
    with Cloud(Tenant(TENANT, apps=(TOOL, POOR), graph=data)) as cloud:
        yield cloud


def asked(world: Cloud, folder: Path, client: str = TOOL.client_id) -> Any:
    values = {
        "engagement": {"name": "contoso", "scenarios": ["management-option-choice"]},
        "tenant": {
            "id": TENANT, "public_domains": ["contoso.com"], "endpoints": world.endpoints, "ca_file": str(world.ca_file),
            "auth": {"method": "client-secret", "client_id": client, "client_secret": {"env": "ASSESS_TEST_SECRET"}},
        },
    }  # fmt: skip
    described = engagement_from(values, file="contoso.toml", folder=folder)
    ask = ExchangeConnectors()
    connectors = connectors_for([ask], described)
    with Recording(described, as_of=NOW, started_at=NOW, finished_at=NOW) as recording:
        collect([ask], connectors, recording, clock=lambda: NOW)
        try:
            return recording.answer(ask)
        finally:
            for connector in connectors:
                connector.close()


@pytest.fixture(autouse=True)
def secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSESS_TEST_SECRET", "right")


def test_retired_is_an_answer(world: Cloud, tmp_path: Path) -> None:
    assert asked(world, tmp_path) == Perhaps(None)


def test_a_list_is_an_answer(world: Cloud, tmp_path: Path) -> None:
    world.graph.retired = frozenset()
    assert asked(world, tmp_path) == Perhaps((ExchangeConnector("1", "connected", "onPremises", None),))


def test_a_refusal_is_no_answer(world: Cloud, tmp_path: Path) -> None:
    world.graph.retired = frozenset()
    with pytest.raises(Unavailable):
        asked(world, tmp_path, POOR.client_id)


def test_a_fault_is_no_answer(world: Cloud, tmp_path: Path) -> None:
    world.graph.inject("/v1.0/deviceManagement/exchangeConnectors", faults.error(404, "NotFound", "gone"))
    with pytest.raises(Unavailable):
        asked(world, tmp_path)
