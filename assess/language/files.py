"""Languages as files: PO, the form that every tool for translators reads and writes.

A package brings a language as ``languages/<code>/*.po``. An assessor's own file lies over what is
shipped: other words for the same things, or a language that nobody ships.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache
from gettext import c2py
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from assess.errors import EngagementError
from assess.language import ENGLISH, Language, holes, lookup, marks

FOLDER = "languages"
_LARGEST = 8 * 1024 * 1024
_PLURAL = "n != 1"
# What a browser takes for markup; what else stands in angle brackets is a name to fill in.
_MARKUP = re.compile(
    r"</|<!|<(?:a|abbr|audio|b|base|body|br|button|code|details|div|em|embed|form|h[1-6]|i|iframe|"
    r"img|input|kbd|li|link|math|meta|object|p|pre|script|select|small|span|strong|style|svg|table|"
    r"textarea|time|ul|video|wbr)\b[^<>]*>?",
    re.IGNORECASE,
)
# Controls but tab and newline, and what no text may hold.
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ufffe\uffff\ud800-\udfff]")

Texts = dict[str, str | tuple[str, ...]]


def shipped(packages: Iterable[str]) -> tuple[str, ...]:
    """The codes of the languages that these packages bring, English first."""
    found = {entry.name for package in packages for entry in _folders(package)}
    return (ENGLISH.code, *sorted(found - {ENGLISH.code}))


def language_of(code: str, packages: Iterable[str], own: Path | None = None) -> Language:
    """The language of that code, ``own`` laid over it. Raises EngagementError, naming the file.

    A code that no package brings needs a file of the assessor's own.
    """
    known = tuple(packages)
    files = [file for package in known for file in _files(package, code)]
    if not files and own is None:
        if code == ENGLISH.code:
            return ENGLISH
        raise EngagementError(
            f"report.language: there is no language {code!r}; shipped are "
            f"{', '.join(shipped(known))}. report.texts names a file (.po) of your own."
        )
    texts: Texts = {}
    plural = _PLURAL
    for file in files:
        found, plural = read(file.read_text(encoding="utf-8"), file.name)
        texts.update(found)
    if own is not None:
        found, plural = read(_own(own), own.name)
        texts.update(found)
    return Language(code, texts, plural)


def read(text: str, name: str) -> tuple[Texts, str]:
    """The sentences of a PO file, and its rule for plurals.

    What is not translated, or marked as doubtful, is left out. Raises EngagementError where the
    file is no PO file, or a sentence has other holes or markup than its English, or controls.
    """
    import polib  # noqa: PLC0415 - English needs no file

    try:
        entries = polib.pofile(text, wrapwidth=0) if text.strip() else []
    except (OSError, ValueError, UnicodeError) as error:
        raise EngagementError(f"{name} is no PO file: {error}") from None
    texts: Texts = {}
    for entry in entries:
        if entry.obsolete or entry.fuzzy:
            continue
        forms = tuple(form for _, form in sorted(entry.msgstr_plural.items()))
        given = forms if entry.msgid_plural else (entry.msgstr,)
        if not all(given) or not given:
            continue
        one, many = holes(entry.msgid), holes(entry.msgid_plural)
        allowed = marks(entry.msgid) | marks(entry.msgid_plural)
        for place, form in enumerate(given):
            needed = one
            if entry.msgid_plural:
                # Only the last form needs every hole: "one finding" names no number.
                needed = (many if place == len(given) - 1 else one & many) - {"n"}
            if not (needed <= holes(form) and marks(form) <= allowed):
                raise EngagementError(
                    f"{name}, line {entry.linenum}: {form!r} needs the holes of its English, "
                    f"{', '.join(sorted(allowed)) or 'none'}"
                )
            if _CONTROLS.search(form):
                raise EngagementError(
                    f"{name}, line {entry.linenum}: {form!r} holds a sign that no report can show"
                )
            if not same_markup(form, entry.msgid):
                raise EngagementError(
                    f"{name}, line {entry.linenum}: {form!r} needs the markup of its English"
                )
        texts[entry.msgid] = given if entry.msgid_plural else entry.msgstr
    return texts, _rule(getattr(entries, "metadata", {}).get("Plural-Forms", ""), name)


def same_markup(form: str, english: str) -> bool:
    """No markup but that of the English; a name in angle brackets may be translated."""
    return form.count("<") == english.count("<") and Counter(_MARKUP.findall(form)) == Counter(
        _MARKUP.findall(english)
    )


def forms(text: str) -> frozenset[str]:
    """How a text of the tool itself may stand in a file that it wrote.

    In English, in each language that is shipped, and in the one in force.
    """
    known = (lookup(text), *(own.get(text) for own in _shipped()))
    return frozenset(one for one in (text, *known) if isinstance(one, str))


@cache
def _shipped() -> tuple[Texts, ...]:
    tool = (__package__.partition(".")[0],)
    return tuple(dict(language_of(code, tool).texts) for code in shipped(tool)[1:])


def _rule(header: str, name: str) -> str:
    """The expression behind ``plural=``; it is tried, so that it fails here and not later."""
    rule = header.partition("plural=")[2].split(";")[0].strip() or _PLURAL
    try:
        c2py(rule)(2)
    except (ValueError, RecursionError) as error:
        raise EngagementError(f"{name}: its rule for plurals cannot be read: {error}") from None
    return rule


def _own(path: Path) -> str:
    try:
        if path.stat().st_size > _LARGEST:
            raise EngagementError(f"report.texts: {path.name} is larger than 8 MB")
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeError) as error:
        raise EngagementError(f"report.texts: {path.name} cannot be read: {error}") from None


def _folders(package: str) -> Iterator[Traversable]:
    root = resources.files(package) / FOLDER
    if root.is_dir():
        yield from (entry for entry in root.iterdir() if entry.is_dir())


def _files(package: str, code: str) -> list[Traversable]:
    """The files of one language, those of inner folders behind; always in the same order."""

    def below(folder: Traversable) -> Iterator[Traversable]:
        for entry in sorted(folder.iterdir(), key=lambda entry: (entry.is_dir(), entry.name)):
            if entry.is_dir():
                yield from below(entry)
            elif entry.name.endswith(".po"):
                yield entry

    return [file for entry in _folders(package) if entry.name == code for file in below(entry)]
