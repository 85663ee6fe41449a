"""Every field of evidence that sounds like a person's or a device's name is marked, or said not to be."""

import importlib
import pkgutil
import re

import msgspec

import assess.evidence
import checks
from assess.engagement import key_definitions
from assess.evidence import Ask
from assess.privacy.veil import KEYS

SOUNDS = re.compile(
    r"upn|user|mail|display_name|account|serial|device_name|person|member|contact|phone|logon|apple_id|computer|machine|dn\b"
)
PEOPLE = re.compile("Device|User|Member|Account|Person|Principal")
# What sounds like it and is something else: the display names of things, servers, types, ids.
THINGS = re.compile(
    r"(access|apple|applications|arm|enrolment|intuneapps|policies|settings|site_cloud)\.\w+\.\w*display_name"
    r"|(devices\.AutopilotProfile|graph\.Federation|graph\.Tenant|portal\.Brand)\.display_name"
    r"|certificates\.(FilePresence|Request)\.machine|(policies\.Connector|site_roles\.ComponentStatus)\.machine_name"
    r"|certificates\.Certificate\.serial|graph\.PushCertificate\.certificate_serial_number"
    r"|graph\.\w+\.user_type|access\.AccessUsers\.\w+_users|access\.AccessConditions\.user_risk_levels"
    r"|adminservice\.DiscoveredUser\.aad_user_id|server_probe\.ServerProbes\.computer"
    r"|site_compliance\.Baseline\.localized_display_name"
    r"|adminservice\.AzureService\.fqdn|pki\.Group\.dn|pki\.KeyServices\.logon|site_cloud\.DirectoryUser\.aad_user_id"
)


def structs() -> dict[str, type[msgspec.Struct]]:
    found = {}
    for package in (assess.evidence, checks):
        for info in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            module = importlib.import_module(info.name)
            for name, kind in vars(module).items():
                own = isinstance(kind, type) and kind.__module__ == info.name
                if own and issubclass(kind, msgspec.Struct) and not issubclass(kind, Ask):
                    found[f"{info.name.rpartition('.')[2]}.{name}"] = kind
    return found


def unmarked() -> set[str]:
    found = set()
    for name, kind in structs().items():
        marks = {mark.partition(".")[0] for mark in getattr(kind, "people", {})}
        for field in msgspec.structs.fields(kind):
            sounds = SOUNDS.search(field.name) or (field.name == "name" and PEOPLE.search(kind.__name__))
            if field.name not in marks and sounds and "str" in str(field.type):
                found.add(f"{name}.{field.name}")
    return found


def test_what_sounds_like_a_name_is_marked() -> None:
    assert {name for name in unmarked() if not THINGS.fullmatch(name)} == set()


def test_marks_name_fields() -> None:
    for name, kind in structs().items():
        fields = {field.name for field in msgspec.structs.fields(kind)}
        marks = {mark.partition(".")[0] for mark in getattr(kind, "people", {})}
        assert marks <= fields, name


def test_keys_are_keys() -> None:
    assert set(KEYS) <= set(key_definitions())
