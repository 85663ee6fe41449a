"""Puts answers into the engagement file; everything else in it stays as its author wrote it."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError

from assess.engagement import engagement_from
from assess.errors import EngagementError
from assess.evidence.config import Attested
from assess.files import write

_SECTION = "attestations"
# Of a text, so that "no" of a person is a no; other words are the answer themselves.
_YES, _NO = frozenset({"y", "yes", "true", "ja"}), frozenset({"n", "no", "false", "nein"})


def understood(text: str) -> bool | str | list[str]:
    """A typed answer: yes and no as such, several things separated by semicolons, else the text.

    Raises ValueError where nothing was said.
    """
    said = text.strip()
    if not said:
        raise ValueError("the answer is empty; yes, no, or what is asked for")
    if said.lower() in _YES | _NO:
        return said.lower() in _YES
    parts = [part.strip() for part in said.split(";") if part.strip()]
    return parts if len(parts) > 1 else said


def keep(file: Path, answers: Mapping[str, Attested]) -> None:
    """Write the answers under ``[attestations]``, in place of earlier ones; whole or not at all.

    Raises EngagementError where the file cannot be written, or would not be in order afterwards.
    """
    try:
        document = tomlkit.parse(file.read_bytes().decode("utf-8-sig"))
        table: Any = document.setdefault(_SECTION, tomlkit.table())
        for requirement, said in answers.items():
            entry = tomlkit.inline_table()
            entry.update(_fields(said))
            table[requirement] = entry
        text = tomlkit.dumps(document)
        engagement_from(tomllib.loads(text), file=file.name, folder=file.resolve().parent)
        write(file, text.encode())
    except (OSError, UnicodeDecodeError, TOMLKitError, tomllib.TOMLDecodeError) as error:
        raise EngagementError(
            f"{file}: the answers could not be written: {error}. They are not kept."
        ) from error


def _fields(said: Attested) -> dict[str, Any]:
    """The fields that say something, in the order in which a person reads them."""
    values = {name: getattr(said, name) for name in said.__struct_fields__}
    return {name: value for name, value in values.items() if value not in ("", None)}
