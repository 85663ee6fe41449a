"""What the collector wrote stands in for the AdminService, with the same verdicts, and never for less than it holds."""

import dataclasses
import json
import shutil
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest

from assess.connectors import Visit
from assess.connectors.export_package import Damaged, Manifest, Package
from assess.connectors.site_export import KEY, SiteExport, SiteFile, connect
from assess.demo import EXAMPLE
from assess.demo.customer import Customer
from assess.discover import library
from assess.engagement import Engagement, load
from assess.errors import Unavailable
from assess.evidence import Ask
from assess.evidence.adminservice import (
    CollectionMembers,
    DiscoveredUsers,
    Instances,
    MayBeTrimmed,
    SeesEverything,
    Sites,
    Trimmed,
)
from assess.evidence.site_roles import Administrators, ComponentStatuses, Roles
from assess.evidence.site_settings import (
    CloudSubscriptions,
    CollectionOf,
    CollectionRules,
    CustomClientSettings,
)
from assess.job import Wanted, gather
from assess.results import Results, Selection, evaluate
from customers import fabrikam
from siteexports import Exported, from_answers, read_classes

NOW = datetime(2026, 11, 20, 21, 10, tzinfo=UTC)
SITE = {"SiteCode": "PS1", "Type": 2, "Version": "5.00.9141.1000", "BuildNumber": 9141}
USERS = [{"ResourceId": n, "UniqueUserName": f"CORP\\u{n}", "UserPrincipalName": f"u{n}@contoso.com", "AADUserID": None} for n in range(3)]
COLLECTIONS = [
    {"CollectionID": "SMS00002", "Name": "All Users", "CollectionType": 1, "MemberCount": 3},
    {"CollectionID": "PS100014", "Name": "Pilot", "CollectionType": 1, "MemberCount": 2},
    {"CollectionID": "PS100015", "Name": "Other", "CollectionType": 1, "MemberCount": 1},
]
MEMBERS = [{"CollectionID": "PS100014", "ResourceID": n, "Name": f"u{n}"} for n in (0, 2)]
STATUS = {"ComponentName": "SMS_X", "MachineName": "CM01", "SiteCode": "PS1", "Status": 0, "TallyInterval": "0001128000100008"}
SETTINGS = {"SettingsID": 7, "Name": "Internet", "Priority": 1, "Type": 1, "AssignmentCount": 1, "AgentConfigurations": [{"AgentID": 22, "AllowCMG": True}]}
CLASSES: dict[str, Any] = {
    "SMS_Site": [SITE], "SMS_R_User": USERS, "SMS_Collection": COLLECTIONS, "SMS_FullCollectionMembership": MEMBERS,
    "SMS_ComponentSummarizer": [STATUS], "SMS_ClientSettings": [SETTINGS], "SMS_SCI_SysResUse": [],
}  # fmt: skip
RULES = {"SMS_Collection": [{"CollectionID": "PS100014", "CollectionRules": [{"QueryID": 1}]}]}


class Answers:
    def __init__(self, connector: SiteExport, tables: Path) -> None:
        self.connector, self.tables = connector, tables

    def key(self, name: str) -> Any:
        raise Unavailable(f"{name} is not set", key=name)

    def answer(self, ask: Ask) -> Any:
        return self.connector.fetch(ask, self.visit())

    def visit(self) -> Visit:
        return Visit(known=self, clock=lambda: NOW, tables=self.tables)


@pytest.fixture
def tables(tmp_path: Path) -> Path:
    folder = tmp_path / "tables"
    folder.mkdir()
    return folder


def exported(**more: Any) -> Exported:
    given = {"keyed": RULES, "collections": ["PS100014"], **more}
    return Exported({**CLASSES, **given.pop("classes", {})}, **given)


def fetched(path: Path, ask: Ask, tables: Path, role: str = "") -> Any:
    connector = SiteExport(path, role=role)
    try:
        return Answers(connector, tables).answer(ask)
    finally:
        connector.close()


def refused(path: Path, ask: Ask, tables: Path) -> Unavailable:
    with pytest.raises(Unavailable) as caught:
        fetched(path, ask, tables)
    assert caught.value.mend
    return caught.value


# -- the same verdicts -----------------------------------------------------------------------------


def adminservice_requirements() -> tuple[str, ...]:
    """What asks the site anything."""
    from assess.collect import questions

    checks = library().checks
    return tuple(name for name in checks if any(isinstance(ask, Instances) for ask in questions([checks[name]])))


def judged(engagement: Engagement, now: datetime) -> Results:
    wanted = Wanted(engagement.scenarios, Selection(only=adminservice_requirements()))
    with gather(library(), engagement, wanted, lambda: now) as evidence:
        return evaluate(library(), evidence, selection=wanted.selection)


def contoso_data(folder: Path) -> Path:
    return Path(str(EXAMPLE))


def fabrikam_data(folder: Path) -> Path:
    fabrikam.write(folder)
    return folder


@pytest.mark.parametrize(("data", "collections", "fewest"), [(contoso_data, ["PS100014", "PS100021"], 30), (fabrikam_data, ["FAB00031"], 1)])
@pytest.mark.parametrize("form", ["folder", "zip"])
def test_the_same_verdicts_as_from_the_service(
    data: Callable[[Path], Path], collections: list[str], fewest: int, form: str, tmp_path: Path
) -> None:
    source = tmp_path / "source"
    source.mkdir()
    source = data(source)
    with Customer(source, tmp_path / "run") as customer:
        engagement = load(customer.engagement)
        live = judged(engagement, customer.as_of)
        document = json.loads((source / "adminservice.json").read_text(encoding="utf-8"))
        export = from_answers(document, collections)
        path = export.folder(customer.engagement.parent / "export") if form == "folder" else export.zip(customer.engagement.parent / "export.zip")
        values = {name: value for name, value in engagement.values.items() if name not in {"site.provider_fqdn", "site.adminservice"}}
        offline = dataclasses.replace(engagement, values={**values, KEY: path.name})
        from_export = judged(offline, customer.as_of)
    seen = {one.id: (one.status, one.subject) for one in live.findings}
    again = {one.id: (one.status, one.subject) for one in from_export.findings}
    assert again == seen
    decided = [one for one in from_export.findings if one.status in {"pass", "warn", "fail"}]
    assert len(decided) >= fewest
    assert any(path.name in line.location for one in decided for line in one.evidence)


# -- what an export answers ------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["folder", "zip", "zip with a folder", "zip with backslashes"])
def test_every_form_is_read(form: str, tmp_path: Path, tables: Path) -> None:
    export = exported()
    path = {
        "folder": lambda: export.folder(tmp_path / "e"),
        "zip": lambda: export.zip(tmp_path / "e.zip"),
        "zip with a folder": lambda: export.zip(tmp_path / "e.zip", below="Contoso export/"),
        "zip with backslashes": lambda: export.zip(tmp_path / "e.zip", separator="\\"),
    }[form]()
    before = sorted(tmp_path.rglob("*"))
    assert fetched(path, Sites(), tables).rows[0].build_number == 9141
    found = fetched(path, CollectionMembers("PS100014"), tables)
    assert [one.upn for one in found.rows] == ["u0@contoso.com", "u2@contoso.com"]
    assert isinstance(found.sees, SeesEverything)
    [rules] = fetched(path, CollectionRules("PS100014"), tables)
    assert rules.collection_rules[0].query_id == 1
    [settings] = fetched(path, CustomClientSettings(), tables)
    assert settings.cloud.allow_cmg is True
    assert len(fetched(path, ComponentStatuses("SMS_X"), tables)) == 1
    assert len(fetched(path, CollectionOf("ps100014"), tables)) == 1
    assert len(fetched(path, DiscoveredUsers(), tables).rows) == 3
    assert sorted(one for one in tmp_path.rglob("*") if tables not in one.parents) == before


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (CollectionMembers("PS100015"), "-CollectionId PS100015"),
        (CollectionRules("PS100015"), "-CollectionId PS100015"),
        (Administrators(), "no class SMS_Admin"),
    ],
)
def test_what_was_not_read_is_no_answer(ask: Ask, words: str, tmp_path: Path, tables: Path) -> None:
    error = refused(exported().zip(tmp_path / "e.zip"), ask, tables)
    assert words in f"{error.reason} {error.mend}"


def test_a_class_that_has_gone_has_no_instance(tmp_path: Path, tables: Path) -> None:
    answer = fetched(exported().zip(tmp_path / "e.zip"), CloudSubscriptions(), tables)
    assert (len(answer), type(answer.sees)) == (0, SeesEverything)


def lacking(export: Exported) -> None:
    export.site["classes"] = [one for one in export.site["classes"] if one["class"] != "SMS_R_User"]


def failed(export: Exported) -> None:
    export.entry("SMS_R_User").update(state="failed", reason="Access denied")


def unheard_of(export: Exported) -> None:
    export.entry("SMS_R_User").update(state="half")


def without_a_property(export: Exported) -> None:
    entry = export.entry("SMS_R_User")
    entry["properties"].remove("AADUserID")
    entry["absent_properties"] = ["AADUserID"]


def fewer_rows(export: Exported) -> None:
    name = "classes/SMS_R_User.ndjson"
    export.files[name] = b"\n".join(export.files[name].splitlines()[:2]) + b"\n"


def more_rows(export: Exported) -> None:
    export.entry("SMS_R_User")["rows"] = 2


def broken_row(export: Exported) -> None:
    export.files["classes/SMS_R_User.ndjson"] = b'{"ResourceId": "x"}\n' * 3


def cut_row(export: Exported) -> None:
    export.files["classes/SMS_R_User.ndjson"] = export.files["classes/SMS_R_User.ndjson"][:-20]


def only_some(export: Exported) -> None:
    export.entry("SMS_R_User")["only"] = {"property": "UniqueUserName", "values": ["CORP\\u1"]}


def newer_site_file(export: Exported) -> None:
    export.site["version"] = 2


def newer_manifest(export: Exported) -> None:
    export.manifest["version"] = 2


def another_manifest(export: Exported) -> None:
    export.manifest["format"] = "chocolate"


def strange_site_file(export: Exported) -> None:
    export.site["classes"] = {"SMS_R_User": []}


def leading_out(export: Exported) -> None:
    export.entry("SMS_R_User")["file"] = "../secret.ndjson"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lacking, "does not hold the class"), (failed, "Access denied"), (unheard_of, "half"),
        (without_a_property, "does not know the property AADUserID"), (fewer_rows, "does not hold the 3"),
        (more_rows, "does not hold the 2"), (broken_row, "cannot be read"), (cut_row, "cannot be read"), (only_some, "only for"),
        (newer_site_file, "version 2"), (newer_manifest, "version 2"), (another_manifest, "not one that the collector"),
        (strange_site_file, "cannot be read"), (leading_out, "not in the export"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("form", ["folder", "zip"])
def test_less_than_everything_is_no_answer(change: Callable[[Exported], None], words: str, form: str, tmp_path: Path, tables: Path) -> None:
    export = exported()
    change(export)
    path = export.zip(tmp_path / "e.zip") if form == "zip" else export.folder(tmp_path / "e")
    (tmp_path / "secret.ndjson").write_bytes(b"{}\n" * 3)
    error = refused(path, DiscoveredUsers(), tables)
    assert words in error.reason
    assert path.name in error.reason


@pytest.mark.parametrize("where", [b"u1@contoso.com", b'"rows"'])
def test_what_was_changed_afterwards_is_no_answer(where: bytes, tmp_path: Path, tables: Path) -> None:
    path = exported().folder(tmp_path / "e")
    for file in (path / "site.json", path / "classes" / "SMS_R_User.ndjson"):
        file.write_bytes(file.read_bytes().replace(where, where.swapcase()))
    assert "was changed" in refused(path, DiscoveredUsers(), tables).reason


def test_what_was_cut_short_is_no_answer(tmp_path: Path, tables: Path) -> None:
    path = exported().folder(tmp_path / "e")
    file = path / "classes" / "SMS_R_User.ndjson"
    file.write_bytes(file.read_bytes()[:-1])
    assert "cut short" in refused(path, DiscoveredUsers(), tables).reason
    file.unlink()
    assert "missing" in refused(path, DiscoveredUsers(), tables).reason


def test_a_link_does_not_lead_out_of_the_folder(tmp_path: Path, tables: Path) -> None:
    path = exported().folder(tmp_path / "e")
    file = path / "classes" / "SMS_R_User.ndjson"
    shutil.move(file, tmp_path / "elsewhere")
    file.symlink_to(tmp_path / "elsewhere")
    assert "leads out" in refused(path, DiscoveredUsers(), tables).reason


def no_zip(path: Path) -> None:
    path.write_bytes(b"PK\x03\x04 and nothing more")


def half_a_zip(path: Path) -> None:
    path.write_bytes(exported().zip(path).read_bytes()[:3000])


def no_manifest(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("site.json", "{}")


def encrypted(path: Path) -> None:
    data = bytearray(exported().zip(path).read_bytes())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.find(mark)
        while at >= 0:
            data[at + offset] |= 1
            at = data.find(mark, at + 4)
    path.write_bytes(data)


def twice(path: Path) -> None:
    exported().zip(path)
    with zipfile.ZipFile(path, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("site.json", "{}")


def damaged(path: Path) -> None:
    exported().zip(path)
    with zipfile.ZipFile(path) as archive:
        at = archive.getinfo("site.json").header_offset
    data = bytearray(path.read_bytes())
    data[at + 60 : at + 90] = bytes(30)
    path.write_bytes(data)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (no_zip, "neither a folder nor a ZIP"), (half_a_zip, "neither a folder nor a ZIP"), (no_manifest, "missing"),
        (encrypted, "encrypted"), (twice, "twice"), (damaged, "unpacked"), (lambda _path: None, "No such file"),
    ],
)  # fmt: skip
def test_an_archive_that_is_none(make: Callable[[Path], None], words: str, tmp_path: Path, tables: Path) -> None:
    path = tmp_path / "e.zip"
    make(path)
    error = refused(path, Sites(), tables)
    assert words in error.reason
    assert "collector" in error.mend


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    export = exported()
    path = export.zip(tmp_path / "e.zip")
    contents = export.contents()
    contents["site.json"] = bytes(64 << 20)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in contents.items():
            archive.writestr(name, data)
    with pytest.raises(Damaged, match="length"):
        Package(path).open("site.json")


# -- how much of the site it shows -----------------------------------------------------------------


def admin(name: str, *roles: str, scopes: tuple[str, ...] = ("All",), collections: tuple[str, ...] = ("All Systems", "All Users and User Groups")) -> dict[str, Any]:
    return {"LogonName": name, "RoleNames": list(roles), "CategoryNames": list(scopes), "CollectionNames": list(collections), "IsGroup": False}


@pytest.mark.parametrize(
    ("admins", "groups", "sees"),
    [
        ([admin("corp\\READER", "Read-only Analyst")], [], SeesEverything),
        ([admin("CORP\\Admins", "Full Administrator")], ["CORP\\Admins"], SeesEverything),
        ([admin("CORP\\Admins", "Full Administrator")], [], MayBeTrimmed),
        ([admin("CORP\\reader", "Read-only Analyst", scopes=("Default",))], [], MayBeTrimmed),
        ([admin("CORP\\reader", "Read-only Analyst", "Asset Manager")], [], MayBeTrimmed),
        ([admin("CORP\\reader", "Read-only Analyst", collections=("Pilot",))], [], MayBeTrimmed),
        ([admin("CORP\\reader")], [], MayBeTrimmed),
        ([], [], MayBeTrimmed),
    ],
)
def test_the_site_tells_what_the_collecting_account_sees(admins: Any, groups: list[str], sees: type, tmp_path: Path, tables: Path) -> None:
    path = exported(classes={"SMS_Admin": admins}, groups=groups).zip(tmp_path / "e.zip")
    assert type(fetched(path, Roles(), tables).sees) is sees
    assert type(fetched(path, Roles(), tables, role="read-only-analyst").sees) is SeesEverything


def test_who_does_not_see_the_site_sees_nothing(tmp_path: Path, tables: Path) -> None:
    path = exported(classes={"SMS_Site": []}).zip(tmp_path / "e.zip")
    assert type(fetched(path, Roles(), tables).sees) is Trimmed


def test_the_probe_names_the_day_and_the_account(tmp_path: Path, tables: Path) -> None:
    connector = SiteExport(exported().zip(tmp_path / "e.zip"))
    said = connector.probe(Answers(connector, tables).visit())
    assert "2026-11-20" in said
    assert "CORP\\reader" in said
    assert "PS1" in said


def test_it_is_made_from_the_key(tmp_path: Path) -> None:
    engagement = Engagement("a.toml", {KEY: "e.zip"}, folder=tmp_path)
    assert connect(engagement).source == "adminservice"


@pytest.mark.parametrize("name", ["site", "manifest"])
def test_the_files_fit_the_schema_that_is_shipped(name: str) -> None:
    schema = json.loads((files("assess.collector") / f"{name}.schema.json").read_bytes())
    validator = jsonschema.Draft202012Validator(schema)
    document = json.loads(exported(failed={"SMS_Admin": "no"}).contents()[f"{name}.json"])
    validator.validate(document)
    kind: Any = SiteFile if name == "site" else Manifest
    assert set(schema["properties"]) == set(kind.__struct_encode_fields__)
    assert msgspec.convert(document, kind)
    for broken in ({**document, "version": 2}, {**document, "more": 1}, {k: v for k, v in document.items() if k != "format"}):
        assert list(validator.iter_errors(broken))


def test_every_class_that_checks_read_is_exported() -> None:
    assert {one["class"] for one in exported().site["classes"]} == set(read_classes())
    assert len(read_classes()) > 20
