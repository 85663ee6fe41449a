"""What a broken engagement file still says of whom to tell that no run could begin.

Each key is taken by itself, of a file that is no TOML each table. What cannot be read is taken
for what tells less: no channel, nothing kept, no name.
"""

import re
import tomllib
from pathlib import Path
from typing import Any, NamedTuple

from assess.engagement import Engagement, each_key
from assess.results import clean

_WANTED = re.compile(
    r"engagement\.(name|customer)|(notify|network|history)\..+|report\.(privacy|language)"
)
_HEADER = re.compile(r"^[ \t]*(?=\[)", re.MULTILINE)


class Salvaged(NamedTuple):
    """``place_known``: whether the file says for sure where the runs of it are kept."""

    engagement: Engagement
    place_known: bool


def salvage(path: Path) -> Salvaged | None:
    """What is left of an engagement file; None where it cannot be read at all."""
    try:
        text = path.read_bytes().decode("utf-8-sig", errors="replace")
    except OSError:
        return None
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        data = _by_table(text)
    values: dict[str, Any] = {}
    lost: set[str] = set()
    for name, value, fault in each_key(data, path.resolve().parent):
        if fault:
            lost.add(name.partition(".")[0])
        elif _WANTED.fullmatch(name):
            values[name] = value
    told = any(name.startswith("history.") for name in values) or "history" not in text
    known = "engagement.name" in values and told and "history" not in lost
    values.setdefault("engagement.name", clean(path.stem))
    if not known:
        values["history.enabled"] = False
    if "report.privacy" not in values and ("privacy" in text or "report" in lost):
        values["report.privacy"] = "summary"
    return Salvaged(Engagement(path.name, values, folder=path.resolve().parent), known)


def _by_table(text: str) -> dict[str, Any]:
    """The tables that can be read, each by itself."""
    found: dict[str, Any] = {}
    for piece in _HEADER.split(text):
        try:
            table = tomllib.loads(piece)
        except tomllib.TOMLDecodeError:
            continue
        _merge(found, table)
    return found


def _merge(into: dict[str, Any], table: dict[str, Any]) -> None:
    for name, value in table.items():
        if isinstance(value, dict) and isinstance(into.get(name), dict):
            _merge(into[name], value)
        else:
            into.setdefault(name, value)
