"""Every language that is shipped says everything, and says it with the same holes."""

import re
from collections import Counter
from pathlib import Path

import polib
import pytest

from assess.discover import language
from assess.language import NUMBER, holes, marks
from assess.language.files import read, same_markup
from pseudo import messages

ROOT = Path(__file__).parents[2]
CODES = messages().codes()


def entries(code: str) -> list[tuple[Path, polib.POEntry]]:
    return [(path, entry) for path in messages().existing(code) for entry in polib.pofile(str(path), wrapwidth=0)]


def forms(entry: polib.POEntry) -> list[str]:
    return [form for _, form in sorted(entry.msgstr_plural.items())] if entry.msgid_plural else [entry.msgstr]


def test_german_is_shipped() -> None:
    assert CODES == ["de"]


@pytest.mark.parametrize("code", CODES)
def test_the_files_are_in_step_with_the_sources(code: str) -> None:
    wanted = messages().files_of(code)
    assert set(messages().existing(code)) == set(wanted), "run: python docs/messages.py"
    stale = [path.name for path, text in wanted.items() if path.read_text(encoding="utf-8") != text]
    assert stale == [], "run: python docs/messages.py"


@pytest.mark.parametrize("code", CODES)
def test_nothing_is_without_words(code: str) -> None:
    empty = Counter(path.name for path, entry in entries(code) if not all(forms(entry)))
    assert empty == Counter()


@pytest.mark.parametrize("code", CODES)
def test_a_sentence_is_translated_once(code: str) -> None:
    seen = Counter(entry.msgid for _, entry in entries(code))
    assert [text for text, times in seen.items() if times > 1] == []


@pytest.mark.parametrize("code", CODES)
def test_holes_and_markup_are_those_of_the_english(code: str) -> None:
    wrong = []
    for path, entry in entries(code):
        allowed = marks(entry.msgid) | marks(entry.msgid_plural)
        keys = sorted(re.findall(r"\{[a-z_]+\.[a-z_.]+\}", entry.msgid))
        for form in filter(None, forms(entry)):
            same = marks(form) <= allowed and keys == sorted(re.findall(r"\{[a-z_]+\.[a-z_.]+\}", form))
            whole = entry.msgid_plural or holes(form) == holes(entry.msgid)
            if not (same and whole and same_markup(form, entry.msgid)):
                wrong.append(f"{path.name}: {form}")
    assert wrong == []


@pytest.mark.parametrize("code", CODES)
def test_lists_of_words_have_as_many_words(code: str) -> None:
    lists = [entry for _, entry in entries(code) if " | " in entry.msgid and entry.msgstr]
    assert len(lists) > 10
    assert [e.msgid for e in lists if e.msgid.count("|") != e.msgstr.count("|")] == []


@pytest.mark.parametrize("code", CODES)
def test_every_file_can_be_read(code: str) -> None:
    for path in messages().existing(code):
        read(path.read_text(encoding="utf-8"), path.name)
    texts = language(code).texts
    assert re.fullmatch(r"1\D234\D5", str(texts[NUMBER]))


@pytest.mark.parametrize("code", CODES)
def test_titles_of_sheets_and_heads_are_fit_for_excel(code: str) -> None:
    """A title has at most 31 characters; heads of one table differ, as they do in English."""
    from assess.attesting import sheet
    from assess.language import speaking
    from assess.reporters.workbook import fleet, overtime, past, planning, write
    from assess.reporters.workbook.cells import TITLES, titled, worded

    texts = language(code).texts
    tables = [
        columns
        for module in (fleet, overtime, past, planning, write)
        for columns in vars(module).values()
        if isinstance(columns, tuple) and columns and hasattr(columns[0], "head")
    ]
    assert len(tables) > 15
    with speaking(language(code)):
        assert [titled(title) for title in TITLES] == [texts[title] for title in TITLES]
        assert len({titled(title) for title in TITLES}) == len(TITLES)
        for columns in [*tables, (*overtime._OURS, *overtime._THEIRS)]:
            assert [column.head for column in worded(columns)] == [texts[column.head] for column in columns]
        assert len(set(sheet.HEAD_WORDS.values())) == len(sheet.HEAD_WORDS)
