"""The script that the customer's administrator runs, and the form of what it writes."""

from collections.abc import Iterator, Mapping
from importlib.resources import files

SCRIPT = "Collect-Readiness.ps1"
SCHEMAS = ("site.schema.json", "manifest.schema.json")


def shipped() -> Iterator[tuple[str, bytes]]:
    """The files that `assess collector` writes: their names and contents."""
    for name in (SCRIPT, *SCHEMAS):
        yield name, (files(__package__) / name).read_bytes()


def command_line(values: Mapping[str, object]) -> str:
    """How the script is called for an engagement: ``values`` are its keys."""
    parts = [f".\\{SCRIPT}"]
    code, provider = values.get("site.code"), values.get("site.provider_fqdn")
    if code:
        parts.append(f"-SiteCode {code}")
    if provider and provider != values.get("site.server_fqdn"):
        parts.append(f"-Provider {provider}")
    collections = [
        str(value)
        for name, value in values.items()
        if name.rpartition(".")[2].endswith("collection_id") and isinstance(value, str)
    ]
    if collections:
        parts.append(f"-CollectionId {','.join(dict.fromkeys(collections))}")
    own = str(values.get("site.server_fqdn", "")).lower()
    servers = [
        str(one)
        for name in ("mp.servers", "pki.cloud_role_servers")
        for one in _listed(values.get(name))
        if str(one).lower() != own
    ]
    if servers:
        parts.append(f"-Server {','.join(dict.fromkeys(servers))}")
    return " ".join(parts)


def _listed(value: object) -> list[object]:
    return list(value) if isinstance(value, (list, tuple)) else []
