"""Settings of policies are read as far as they decide something, and no text that somebody typed is kept."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from assess.connectors import Visit
from assess.connectors.graph import GraphConnector
from assess.connectors.http import Client
from assess.connectors.tokens import TokenSource
from assess.evidence.settings import CatalogueSettings, Sets, sets
from assess.recording import encode_answer
from cloud import Cloud, Tenant
from cloud.sample import TENANT, TOOL

NOW = datetime(2026, 11, 20, 21, 10, tzinfo=UTC)
NOTHING: Any = None  # the question comes bound
KIND = "#microsoft.graph.deviceManagementConfiguration"
SECRET = "hunter2-of-the-wifi"
PASSWORD = "device_vendor_msft_policy_config_devicelock_devicepasswordenabled"


def instance(kind: str, name: str, **more: Any) -> dict[str, Any]:
    return {"@odata.type": f"{KIND}{kind}Instance", "settingDefinitionId": name, **more}


def simple(name: str, kind: str, value: Any) -> dict[str, Any]:
    return instance("SimpleSetting", name, simpleSettingValue={"@odata.type": f"{KIND}{kind}SettingValue", "value": value})


NESTED = instance(
    "GroupSettingCollection", "wifi",
    groupSettingCollectionValue=[
        {
            "children": [
                simple("wifi_psk", "Secret", SECRET),
                simple("wifi_hidden", "String", SECRET),
                instance("SimpleSettingCollection", "wifi_list", simpleSettingCollectionValue=[{"@odata.type": f"{KIND}StringSettingValue", "value": SECRET}]),
                instance(
                    "ChoiceSetting", PASSWORD,
                    choiceSettingValue={"value": f"{PASSWORD}_0", "children": [simple("length", "Integer", 8)]},
                ),
            ]
        }
    ],
)  # fmt: skip


@pytest.fixture
def world() -> Iterator[Cloud]:
    policies = [
        {"id": "p", "name": "All of it", "platforms": "windows10", "settings": [{"id": "0", "settingInstance": NESTED}, {"id": "1", "settingInstance": simple("text", "String", SECRET)}]},
        {"id": "none", "name": "Empty", "platforms": "windows10", "settings": []},
    ]  # fmt: skip
    app = replace(TOOL, application=frozenset({"DeviceManagementConfiguration.Read.All"}))
    with Cloud(Tenant(TENANT, apps=(app,), graph={"/deviceManagement/configurationPolicies": policies})) as cloud:
        yield cloud


def test_settings_are_walked_and_texts_stay_where_they_are(world: Cloud, tmp_path: Path) -> None:
    client = Client(ca_file=world.ca_file, sleep=lambda _: None, connect_timeout=3, read_timeout=3, deadline=5)
    tokens = TokenSource(
        method="client-secret", login=world.login.url, tenant=TENANT, client=Client(ca_file=world.ca_file),
        client_id=TOOL.client_id, secret=lambda: "right", tell=lambda _: None,
    )  # fmt: skip
    graph = GraphConnector(root=world.graph.url, resource="https://graph.microsoft.com", client=client, tokens=lambda: tokens, sleep=lambda _: None)
    visit = Visit(known=NOTHING, clock=lambda: NOW, tables=tmp_path)
    answer = graph.fetch(CatalogueSettings(("gone", "none", "p")), visit)
    assert sets(answer["p"]) == Sets(password=True, encryption=False)
    assert not sets(answer["none"]).complete
    assert answer["gone"] is None
    kept = bytes(encode_answer(answer)).decode() + json.dumps([[n.location, n.value] for n in visit.notes])
    assert f"{PASSWORD}_0" in kept
    assert SECRET not in kept
    assert world.violations == []
