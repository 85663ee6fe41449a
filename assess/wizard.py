"""Writes an engagement file: the answers as values, everything else as comments to fill in.

Which keys it holds follows from the chosen scenarios; what each means and an example stand in
keys.toml.
"""

import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.items import Table

from assess.engagement import SCENARIOS, KeyDefinition, key_definitions
from assess.keytypes import parse

# How the sources are reached: written as comments, since the answers depend on the site.
_CONNECTIONS = (
    "tenant.auth.method", "tenant.auth.client_id", "tenant.auth.client_secret",
    "dns.nameservers", "dns.internal_nameservers",
    "ad.server", "ad.user", "ad.password", "ad.ca_file",
    "site.adminservice", "site.ca_file", "site.thumbprint", "site.auth.method",
    "network.proxy", "network.ca_file",
)  # fmt: skip
_ANY = '"…"'
_SAMPLES = {
    "guid": '"11111111-2222-4333-8444-555555555555"', "host": '"server.corp.contoso.com"',
    "domain": '"contoso.com"', "bool": "true", "path": '"folder/file"', "url": '"https://…"',
    "url ldap": '"ldaps://dc01.corp.contoso.com"', "upn": '"admin@contoso.com"',
    "upn or guid": '"admin@contoso.com"', "account": "'CONTOSO\\admin'", "site code": '"PS1"',
    "dn": '"OU=Staff,DC=corp,DC=contoso,DC=com"', "secret": "{ prompt = true }",
    "nameserver": '"192.0.2.1"', "date": "2026-11-20", "seconds": "5", "string": '"…"',
}  # fmt: skip


def sample(definition: KeyDefinition) -> str:
    """An example value, as TOML."""
    if definition.example:
        return definition.example
    kind = definition.type
    if kind.startswith("list of "):
        return f"[{_SAMPLES.get(kind.removeprefix('list of '), _ANY)}]"
    if kind.startswith("one of "):
        return f'"{kind.removeprefix("one of ").partition("|")[0]}"'
    if kind.startswith("map"):
        first = kind.removeprefix("map").strip().partition("|")[0] or "…"
        return f'{{ name = "{first}" }}'
    if kind.startswith("int "):
        return kind.removeprefix("int ").partition("-")[0]
    return _SAMPLES.get(kind, _ANY)


def understand(definition: KeyDefinition, text: str) -> Any:  # noqa: ANN401 - any value
    """A typed answer as a TOML value: lists by commas, yes and no, else TOML itself or a text.

    Raises ValueError with what would be right.
    """
    kind = definition.type
    value: Any = text.strip()
    if kind.startswith("list of ") or kind in {"string or list", "path or list"}:
        value = [part.strip() for part in value.split(",") if part.strip()]
    elif kind == "bool":
        words = {"y": True, "yes": True, "true": True, "n": False, "no": False, "false": False}
        value = words.get(value.lower(), value)
    elif kind.startswith(("int ", "map")) or kind in {"seconds", "secret"}:
        try:
            value = tomllib.loads(f"value = {value}")["value"]
        except tomllib.TOMLDecodeError:
            raise ValueError(f"write it as TOML, e.g. {sample(definition)}") from None
    parse(kind, definition.name, value, Path(), SCENARIOS)
    return value


def document(answers: Mapping[str, Any], keys: Iterable[str]) -> str:
    """The engagement file: answered keys as values, the other keys as comments with an example."""
    definitions = key_definitions()
    wanted = [n for n in definitions if n in {*answers, *keys, *_CONNECTIONS}]
    file = tomlkit.document()
    file.add(
        tomlkit.comment("The engagement file: what is planned and assessed, and how it is reached.")
    )
    file.add(
        tomlkit.comment(
            'Secrets never stand here: { env = "NAME" }, { file = "path" }, { prompt = true }.'
        )
    )
    tables: dict[str, Table] = {}
    for name in wanted:
        section, _, key = name.rpartition(".")
        table = tables.get(section)
        if table is None:
            file.add(tomlkit.nl())
            table = tables[section] = tomlkit.table()
            _place(file, section, table)
        definition = definitions[name]
        if name in answers:
            table.add(key, answers[name])
            table[key].comment(definition.about)
        else:
            table.add(tomlkit.comment(f"{key} = {sample(definition)}  # {definition.about}"))
    return tomlkit.dumps(file)


def _place(file: tomlkit.TOMLDocument, section: str, table: Table) -> None:
    """``[tenant.auth]`` as a table of its own below ``[tenant]``."""
    outer, _, inner = section.partition(".")
    if not inner:
        file.add(outer, table)
        return
    if outer not in file:
        file.add(outer, tomlkit.table(is_super_table=True))
    file[outer].add(inner, table)
