"""A language in which every sentence of the tool is in brackets: what is not, was never looked up."""

import importlib.util
import re
from functools import cache
from pathlib import Path
from types import ModuleType

from assess.language import NUMBER, Language

_INNERMOST = re.compile(r"⟦[^⟦⟧]*⟧")
_WORD = re.compile(r"[A-Za-zÀ-ÿ]{2,}")


@cache
def messages() -> ModuleType:
    """The program that keeps the language files in step."""
    path = Path(__file__).parents[2] / "docs" / "messages.py"
    spec = importlib.util.spec_from_file_location("messages", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@cache
def pseudo() -> Language:
    """Each message in brackets; of a list of words each word."""
    texts: dict[str, str | tuple[str, ...]] = {}
    for some in messages().messages().values():
        for one, many in some:
            texts[one] = (_wrapped(one), _wrapped(many)) if many else _wrapped(one)
    texts[NUMBER] = NUMBER
    return Language("xx", texts)


def _wrapped(text: str) -> str:
    if " | " in text:
        return " | ".join(f"⟦{word}⟧" for word in text.split(" | "))
    return f"⟦{text}⟧"


def unsaid(text: str) -> list[str]:
    """The words of a text that stand outside all brackets."""
    before = ""
    while before != text:
        before, text = text, _INNERMOST.sub(" ", text)
    return _WORD.findall(text)
