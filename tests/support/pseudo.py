"""A made-up language: every sentence of ours in brackets, and foreign texts as a row of X's."""

import dataclasses
import importlib.util
import re
from collections.abc import Callable, Mapping
from enum import Enum
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import unquote

import msgspec

from assess.language import NUMBER, Language

ROOT = Path(__file__).parents[2]
# What leads somewhere or is looked up, and is no text.
_KEPT = {"anchor", "url", "address", "team"}


@cache
def messages() -> ModuleType:
    """The program that keeps the language files in step."""
    spec = importlib.util.spec_from_file_location("messages", ROOT / "docs" / "messages.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@cache
def _sentences() -> list[tuple[str, str]]:
    return [message for some in messages().messages().values() for message in some]


@cache
def language(code: str = "qq", said: Callable[[str], str] = "⟦{}⟧".format) -> Language:
    """Each sentence, and each word of a list, as ``said`` writes it."""
    texts: dict[str, str | tuple[str, ...]] = {}
    for one, many in _sentences():
        texts[one] = (said(one), said(many)) if many else " | ".join(map(said, one.split(" | ")))
    texts[NUMBER] = NUMBER
    return Language(code, texts)


def longer(text: str) -> str:
    """The text, half as long again."""
    return f"{text} {'überlang ' * (len(text) // 18)}".strip() if len(text) > 18 else f"{text}überla"[: len(text) * 3 // 2]  # fmt: skip


def masked(value: Any) -> Any:
    """The same shape, every letter of its texts an X."""
    if isinstance(value, str) and not isinstance(value, Enum):
        return re.sub(r"[^\W\d_]", "X", value)
    if isinstance(value, tuple):
        return tuple(map(masked, value))
    if isinstance(value, Mapping):
        return {key: masked(one) for key, one in value.items()}
    if isinstance(value, msgspec.Struct):
        return msgspec.structs.replace(value, **_fields(value, value.__struct_fields__))
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        names = [field.name for field in dataclasses.fields(value)]
        return dataclasses.replace(value, **_fields(value, names))
    return value


def _fields(value: object, names: Any) -> dict[str, Any]:
    return {name: masked(getattr(value, name)) for name in names if name not in _KEPT}


class _Texts(HTMLParser):
    """The text nodes and the attributes that people are told, pictures within the page too."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self._silent = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self._silent = tag == "style" or (tag == "script" and "type" not in values)
        for name in ("aria-label", "title", "alt", "placeholder"):
            self.found.append(values.get(name, ""))
        if values.get("name") == "description":
            self.found.append(values["content"])
        kind, _, picture = values.get("src", "").partition(",")
        if kind == "data:image/svg+xml":
            self.found += texts(unquote(picture))

    def handle_endtag(self, tag: str) -> None:
        self._silent = False

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.found.append(data)


def texts(page: str) -> list[str]:
    """What people are told by a page."""
    reader = _Texts()
    reader.feed(page)
    reader.close()
    return reader.found


def unsaid(text: str) -> list[str]:
    """Words that stand in no bracket and are no X's."""
    depth, outside = 0, ""
    for sign in text:
        depth += (sign == "⟦") - (sign == "⟧")
        outside += sign if depth == 0 else " "
    return [word for word in re.findall(r"[^\W\d_]{2,}", outside) if word.strip("X")]
