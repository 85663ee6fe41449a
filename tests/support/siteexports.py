"""Writes what the collector writes on a site server, from the data of a stand-in."""

import hashlib
import json
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from assess.collect import questions
from assess.connectors.export_package import FORMAT, MANIFEST, VERSION
from assess.connectors.site_export import FORMAT as SITE_FORMAT
from assess.discover import library
from assess.evidence.adminservice import (
    Collection,
    Instances,
    Member,
    Site,
    properties,
)
from assess.evidence.site_cloud import Device

LAZY = {"SMS_Collection": ("CollectionID", "CollectionRules"), "SMS_ClientSettings": ("SettingsID", "AgentConfigurations")}
# What conditions name beside the properties of the row.
CONDITIONS = {"SMS_ComponentSummarizer": ("TallyInterval",), "SMS_FullCollectionMembership": ("CollectionID",)}
SINCE_MIDNIGHT = "0001128000100008"


def read_classes() -> dict[str, list[str]]:
    """Every class that a check asks for, with the properties that it asks for."""
    rows: list[tuple[str, Iterable[str]]] = [
        (ask.provider_class, properties(ask.row)) for ask in questions(library().checks.values()) if isinstance(ask, Instances)
    ]
    rows += [("SMS_Site", properties(Site)), ("SMS_Collection", properties(Collection))]
    rows += [("SMS_FullCollectionMembership", properties(Member)), ("SMS_CombinedDeviceResources", properties(Device))]
    rows += list(CONDITIONS.items())
    found: dict[str, dict[str, None]] = {}
    for name, words in rows:
        found.setdefault(name, {}).update(dict.fromkeys(words))
    return {name: sorted(words) for name, words in sorted(found.items())}


class Exported:
    """An export in the making. ``classes``: rows by class; ``keyed``: instances that were read by their key, lazy ones and all."""

    def __init__(
        self,
        classes: Mapping[str, Sequence[Mapping[str, Any]]],
        *,
        keyed: Mapping[str, Sequence[Mapping[str, Any]]] | None = None,
        failed: Mapping[str, str] | None = None,
        collections: Sequence[str] = (),
        account: str = "CORP\\reader",
        groups: Sequence[str] = (),
    ) -> None:
        self.collections = ("SMS00001", *collections)  # All Systems is always read
        self.files: dict[str, bytes] = {}
        self.sections: list[dict[str, str]] = [{"name": "site", "state": "complete", "reason": ""}]
        self.site: dict[str, Any] = {
            "format": SITE_FORMAT, "version": 1, "site_code": "PS1", "provider": "cm01.corp.contoso.com",
            "collected_at": "2026-11-20T20:00:00Z", "account": {"name": account, "groups": list(groups)}, "classes": [],
        }  # fmt: skip
        self.manifest: dict[str, Any] = {
            "format": FORMAT, "version": VERSION, "collector": "1.0", "written_at": "2026-11-20T20:05:00Z",
            "computer": "cm01.corp.contoso.com", "user": account,
        }  # fmt: skip
        for name, words in read_classes().items():
            self._class(name, words, classes.get(name), (keyed or {}).get(name, ()), (failed or {}).get(name, ""))

    def _class(self, name: str, words: list[str], rows: Any, keyed: Any, failed: str) -> None:
        entry: dict[str, Any] = {"class": name, "state": "complete", "reason": "", "properties": words, "absent_properties": []}
        entry |= {"file": "", "rows": 0, "only": None}
        if failed:
            entry |= {"state": "failed", "reason": failed, "properties": []}
        elif rows is None:
            entry |= {"state": "absent", "reason": "the site has no such class", "properties": []}
        else:
            rows = list(rows)
            if name == "SMS_FullCollectionMembership":
                entry["only"] = {"property": "CollectionID", "values": list(self.collections)}
                rows = [row for row in rows if row["CollectionID"] in self.collections]
            if name == "SMS_ComponentSummarizer":
                entry["only"] = {"property": "TallyInterval", "values": [SINCE_MIDNIGHT]}
            written = [self._row(name, words, row, keyed) for row in rows]
            entry |= {"file": f"classes/{name}.ndjson", "rows": len(rows)}
            self.files[entry["file"]] = "".join(f"{json.dumps(one)}\n" for one in written).encode()
        self.site["classes"].append(entry)

    def _row(self, name: str, words: list[str], row: Mapping[str, Any], keyed: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        key, lazy = LAZY.get(name, ("", ""))
        shown = {one: row.get(one) for one in words if one != lazy}
        if lazy and lazy in words:
            whole = next((one for one in (*keyed, row) if lazy in one and one.get(key) == row.get(key)), None)
            if whole is not None:
                shown[lazy] = whole[lazy]
        return shown

    def entry(self, name: str) -> dict[str, Any]:
        return next(one for one in self.site["classes"] if one["class"] == name)

    def contents(self) -> dict[str, bytes]:
        files = {"site.json": json.dumps(self.site).encode(), **self.files}
        listed = [{"path": n, "bytes": len(b), "sha256": hashlib.sha256(b).hexdigest()} for n, b in files.items()]
        manifest = {**self.manifest, "files": listed, "sections": self.sections}
        return {MANIFEST: json.dumps(manifest).encode(), **files}

    def folder(self, path: Path) -> Path:
        for name, data in self.contents().items():
            target = path / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
        return path

    def zip(self, path: Path, *, below: str = "", separator: str = "/") -> Path:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in self.contents().items():
                archive.writestr((below + name).replace("/", separator), data)
        return path


def from_answers(document: Mapping[str, Any], collections: Sequence[str]) -> Exported:
    """What the collector would write of a customer whose stand-in answers from ``document``."""
    lists: dict[str, list[dict[str, Any]]] = {}
    keyed: dict[str, list[dict[str, Any]]] = {}
    failed: dict[str, str] = {}
    for one in document["answers"]:
        name, _, key = one["path"].rpartition("/")[2].partition("(")
        if one.get("status", 200) >= 400:
            failed[name] = one["object"]["error"]["message"]
        elif key:
            keyed.setdefault(name, []).append(one["object"])
        else:
            lists.setdefault(name, one["list"])
    # Such a stand-in does not say of a class that it does not exist.
    failed |= {name: "Resource not found." for name in read_classes() if name not in lists and name not in failed}
    return Exported(lists, keyed=keyed, failed=failed, collections=collections)
