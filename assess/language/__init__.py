"""The language that people are told things in: sentences are looked up whole, with their holes.

    tr("{} answers with {}.", host, 404)
    tr("{host} answers with {code}.", host=host, code=404)
    trn(len(left), "{n} user is left", "{n} users are left")

English is what stands in the code. Another language is a table from the English sentence to its
own; what the table lacks stays English. A value of ours that the table knows (``"is starting"``) is
looked up too, so that parts of a sentence speak one language. Numbers with ``{n:,}`` are grouped as
the language groups them. The language is the process's, as a locale is: ``speaking`` sets it for
the length of a job.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from gettext import c2py
from itertools import count
from typing import Any, TypeVar

__all__ = [
    "ENGLISH", "Language", "WordList", "Words", "figure", "holes", "lookup", "marks", "msg",
    "speaking", "spoken", "tr", "trn",
]  # fmt: skip

_HOLE = re.compile(r"\{([a-z_][a-z0-9_]*|[0-9]*)(?::([^{}]*))?\}")
_Key = TypeVar("_Key")
# How a language writes this number tells how it groups digits and marks decimals.
NUMBER = "1,234.5"
_NUMBER = re.compile(r"1(\D)234(\D)5")


@dataclass(frozen=True, eq=False)
class Language:
    """A language: ``texts`` from English to its own, a tuple where the number decides the form.

    ``plural``: the rule of gettext that chooses the form, an expression in C of ``n``.
    """

    code: str
    texts: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict, repr=False)
    plural: str = "n != 1"


ENGLISH = Language("en")
_spoken = ENGLISH


def spoken() -> Language:
    """The language in force."""
    return _spoken


@contextmanager
def speaking(language: Language) -> Iterator[None]:
    """Within this, every sentence is in that language."""
    global _spoken  # noqa: PLW0603 - a locale is the process's
    before, _spoken = _spoken, language
    try:
        yield
    finally:
        _spoken = before


def msg(text: str) -> str:
    """The text as it is: marks a sentence that is looked up later, where it is used."""
    return text


def lookup(text: str) -> str:
    """A text without holes in the language in force; itself where that does not know it."""
    own = _spoken.texts.get(text)
    return own if isinstance(own, str) else text


def tr(text: str, /, *values: object, **named: object) -> str:
    """The sentence in the language in force, its holes filled.

    A hole is ``{}``, in the order of the values, ``{name}``, or either with a format behind a
    colon. A translation that needs another order numbers them, from ``{0}``. What no value is given
    for stays as it is.
    """
    return _filled(lookup(text), values, named)


def trn(n: int, one: str, many: str, /, *values: object, **named: object) -> str:
    """The sentence in the form that the number asks for; ``{n}`` and ``{n:,}`` are the number."""
    own = _spoken.texts.get(one)
    english = one if n == 1 else many
    text = own[_form(n, len(own))] if isinstance(own, tuple) and own else english
    return _filled(text, values, {"n": n, **named})


def holes(text: str) -> frozenset[str]:
    """The names of the holes of a sentence; those without a name are numbered."""
    return frozenset(name for name, _ in _holes(text))


def marks(text: str) -> frozenset[str]:
    """The holes of a sentence, each with its format; those without a name are numbered."""
    return frozenset(f"{name}:{how}" if how else name for name, how in _holes(text))


def _holes(text: str) -> Iterator[tuple[str, str]]:
    """Each hole's name and format."""
    number = count()
    for found in _HOLE.finditer(text):
        yield found[1] or str(next(number)), found[2] or ""


def _filled(text: str, values: Sequence[object], named: Mapping[str, object]) -> str:
    if not values and not named:
        return text
    known = {**{str(place): value for place, value in enumerate(values)}, **named}
    holes_of = _holes(text)

    def fill(hole: re.Match[str]) -> str:
        name, how = next(holes_of)
        return _shown(known[name], how) if name in known else hole[0]

    return _HOLE.sub(fill, text)


def _shown(value: Any, how: str) -> str:  # noqa: ANN401 - whatever has a format
    if isinstance(value, str | BaseException):  # the text of an error of ours is known, too
        return format(lookup(str(value)), how)
    said = format(value, how)
    return _grouped(said) if how and isinstance(value, int | float) else said


class Words(Mapping[_Key, str]):
    """Words of ours by what they stand for, each looked up when it is wanted."""

    def __init__(self, words: Mapping[_Key, str]) -> None:
        self._words = words

    def __getitem__(self, key: _Key) -> str:
        return lookup(self._words[key])

    def __iter__(self) -> Iterator[_Key]:
        return iter(self._words)

    def __len__(self) -> int:
        return len(self._words)


class WordList(Words[_Key]):
    """Short words that are looked up together, as one text with bars between them.

    So a word alone ("no", "May", "running") stays what a source or a person said. Where the
    language has another number of them, they stay English.
    """

    def __init__(self, keys: Iterable[_Key], text: str) -> None:
        self._text, words = text, _between_bars(text)
        super().__init__(dict(zip(keys, words, strict=True)))
        self._places = {key: place for place, key in enumerate(self._words)}

    def __getitem__(self, key: _Key) -> str:
        own = _between_bars(lookup(self._text))
        return own[self._places[key]] if len(own) == len(self._places) else self._words[key]


def _between_bars(text: str) -> list[str]:
    return [word.strip() for word in text.split("|")]


def figure(value: float, form: str = ",") -> str:
    """A number in digits, grouped and with decimals as the language writes them."""
    return _grouped(format(value, form))


def _grouped(number: str) -> str:
    """A number that Python formatted, with the language's own marks."""
    own = _NUMBER.fullmatch(lookup(NUMBER))
    return number if own is None else number.translate({ord(","): own[1], ord("."): own[2]})


def _form(n: int, forms: int) -> int:
    """The place of the form for a number; the last one where the rule fails for it."""
    try:
        place = int(_rule(_spoken.plural)(n))
    except ArithmeticError:
        return forms - 1
    return max(0, min(place, forms - 1))


@lru_cache(maxsize=8)
def _rule(expression: str) -> Any:  # noqa: ANN401 - gettext's own reading of the expression
    return c2py(expression)
