"""Sentences, plurals, numbers and the language in force; and files that want to do harm."""

from datetime import UTC, date, datetime
from pathlib import Path

import polib
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assess.discover import language
from assess.errors import EngagementError
from assess.language import (
    ENGLISH,
    Language,
    WordList,
    Words,
    figure,
    lookup,
    msg,
    speaking,
    spoken,
    tr,
    trn,
)
from assess.language.files import Texts, forms, language_of, read, shipped
from assess.model import Status
from assess.reporters.words import (
    STATUS_WORDS,
    counted,
    counts_sentence,
    day,
    listed,
    minute,
    number,
    sentence,
    short_day,
    span,
)

GERMAN = language("de")
POLISH = Language(
    "pl",
    {"{n} user": ("{n} użytkownik", "{n} użytkownicy", "{n} użytkowników")},
    "n==1 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2",
)


def test_a_sentence_is_looked_up_with_its_holes() -> None:
    own = Language("de", {"{host} answers with {code}.": "{code} ist die Antwort von {host}."})
    assert tr("{host} answers with {code}.", host="a.test", code=404) == "a.test answers with 404."
    with speaking(own):
        assert tr("{host} answers with {code}.", host="a.test", code=404) == "404 ist die Antwort von a.test."
        assert tr("{host} is {what}.", host="a.test", what=1) == "a.test is 1.", "English where it is not known"


def test_a_hole_without_a_value_and_braces_in_a_value_stay() -> None:
    assert tr("{subject} of {name}", name="{subject} {{x}} {0}") == "{subject} of {subject} {{x}} {0}"
    assert tr("Set {cmg.service_name} of {name}.", name="a") == "Set {cmg.service_name} of a."
    assert tr("no holes {at} all") == "no holes {at} all"


def test_a_value_of_ours_is_looked_up_too() -> None:
    with speaking(Language("de", {"is starting": "startet", "{name} {state}.": "{name} {state}."})):
        assert tr("{name} {state}.", name="cm01", state="is starting") == "cm01 startet."


def test_a_word_of_a_list_leaves_the_word_alone_to_others() -> None:
    states = WordList(("a", "b"), msg("running | no"))
    with speaking(Language("de", {"running | no": "läuft | nein"})):
        assert dict(states) == {"a": "läuft", "b": "nein"}
        assert lookup("running") == "running"
        assert states.get("c", "?") == "?"
    with speaking(Language("de", {"running | no": "läuft"})):
        assert dict(states) == {"a": "running", "b": "no"}, "another number of words is no translation"


def test_words_are_looked_up_when_they_are_wanted() -> None:
    words = Words({1: msg("one"), 2: msg("two")})
    with speaking(Language("de", {"one": "eins"})):
        assert list(words.values()) == ["eins", "two"]
    assert list(words.values()) == ["one", "two"]
    assert len(words) == 2


@pytest.mark.parametrize(
    ("n", "said"), [(0, "0 użytkowników"), (1, "1 użytkownik"), (3, "3 użytkownicy"), (5, "5 użytkowników"), (22, "22 użytkownicy")]
)  # fmt: skip
def test_plural_rules(n: int, said: str) -> None:
    with speaking(POLISH):
        assert trn(n, "{n} user", "{n} users") == said


def test_plurals_in_english_and_in_german() -> None:
    assert [trn(n, "{n} user is left", "{n} users are left") for n in (0, 1, 2)] == [
        "0 users are left", "1 user is left", "2 users are left",
    ]  # fmt: skip
    with speaking(GERMAN):
        assert [counted(n, "day", "days") for n in (0, 1, 2, 1284)] == ["keine Tage", "ein Tag", "zwei Tage", "1.284 Tage"]


def test_numbers_are_grouped_as_the_language_does() -> None:
    assert (figure(1234567), figure(1234.5, ",.1f"), tr("{n:,} rows", n=1234)) == ("1,234,567", "1,234.5", "1,234 rows")
    with speaking(GERMAN):
        assert (figure(1234567), figure(1234.5, ",.1f")) == ("1.234.567", "1.234,5")
        assert tr("{n:,} rows: {x}", n=1234, x="1,5") == "1.234 rows: 1,5", "a text is no number"
    with speaking(Language("fr", {"1,234.5": "1\u202f234,5"})):
        assert figure(1234567) == "1\u202f234\u202f567"


def test_words_dates_and_lists_in_german() -> None:
    moment, later = datetime(2026, 3, 5, 21, 10, tzinfo=UTC), datetime(2026, 5, 6, 1, 2, 3, tzinfo=UTC)
    counts = {Status.FAIL: 6, Status.WARN: 1, Status.PASS: 1110, Status.NOT_APPLICABLE: 0}
    with speaking(GERMAN):
        assert (day(moment), short_day(moment)) == ("5. März 2026", "5. März 2026")
        assert (day(date(2026, 11, 20)), short_day(date(2026, 11, 20))) == ("20. November 2026", "20. Nov. 2026")
        assert minute(moment) == "5. März 2026, 21:10 UTC"
        assert span(moment, later) == "5. März 2026, 21:10:00 bis 6. Mai 2026, 01:02:03 UTC"
        assert [number(n) for n in (0, 1, 7, 12, 13, 1284)] == ["keine", "ein", "sieben", "zwölf", "13", "1.284"]
        assert [listed(x) for x in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == ["", "a", "a und b", "a, b und c"]
        assert counts_sentence(counts) == "6 nicht erfüllt, 1 mit Warnung und 1.110 erfüllt"
        assert sentence(listed(["öffnen", "schließen"])) == "Öffnen und schließen."
        assert dict(STATUS_WORDS)[Status.MANUAL] == "Zu bestätigen"
    assert day(moment) == "5 March 2026"


def test_the_language_is_nested_and_comes_back_after_an_error() -> None:
    with speaking(GERMAN):
        with speaking(POLISH):
            assert spoken() is POLISH
        assert spoken() is GERMAN
        with pytest.raises(RuntimeError), speaking(POLISH):
            raise RuntimeError
        assert spoken() is GERMAN
    assert spoken() is ENGLISH


def test_what_ships_and_what_does_not() -> None:
    assert shipped(("assess", "checks")) == ("en", "de")
    assert language_of("en", ("assess",)) is ENGLISH
    with pytest.raises(EngagementError, match="there is no language 'tlh'; shipped are en, de"):
        language_of("tlh", ("assess", "checks"))


def test_how_a_text_may_stand_in_a_file_of_ours() -> None:
    assert forms("Action plan") == {"Action plan", "Maßnahmenplan"}
    with speaking(Language("fr", {"Action plan": "Plan d'action"})):
        assert forms("Action plan") == {"Action plan", "Maßnahmenplan", "Plan d'action"}
    assert forms("never said") == {"never said"}


# -- files --

HEAD = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n"Plural-Forms: {}\\n"\n\n'
USUAL = "nplurals=2; plural=(n != 1);"


def po(*pairs: tuple[str, str], rule: str = USUAL) -> str:
    file = polib.POFile(wrapwidth=0)
    file.metadata = {"Content-Type": "text/plain; charset=UTF-8", "Plural-Forms": rule}
    for one, other in pairs:
        file.append(polib.POEntry(msgid=one, msgstr=other))
    return str(file)


def test_an_own_file_lies_over_what_is_shipped(tmp_path: Path) -> None:
    own = tmp_path / "our-words.po"
    own.write_text("\ufeff" + po(("Fail", "Offen")), encoding="utf-8")
    made = language_of("de", ("assess",), own)
    with speaking(made):
        assert (lookup("Fail"), lookup("Pass")) == ("Offen", "Erfüllt")
    alone = language_of("tlh", ("assess",), own)
    assert alone.texts == {"Fail": "Offen"}


def test_an_own_file_makes_other_words_of_english(tmp_path: Path) -> None:
    own = tmp_path / "house.po"
    own.write_text(po(("Fail", "Gap")), encoding="utf-8")
    with speaking(language_of("en", ("assess",), own)):
        assert STATUS_WORDS[Status.FAIL] == "Gap"
        assert STATUS_WORDS[Status.PASS] == "Pass"


@pytest.mark.parametrize(
    ("english", "own"),
    [
        ("{a} and {b}", "{a}"), ("{a}", "{a} {b}"), ("none", "{a}"), ("{n:,} rows", "{n} rows"),
        ("{n}", "{n:>999999999}"), ("{n}", "{n:d}"), ("{a}", "{a:s}"),
        ("<b>{a}</b>", "{a}"), ("plain", "<script>alert(1)</script>"), ("plain", "<img src=x"),
        ("<b>a</b>", "<b onclick=x>a</b>"), ("plain", "a</title>"),
    ],
)  # fmt: skip
def test_other_holes_formats_and_markup_are_refused(english: str, own: str) -> None:
    with pytest.raises(EngagementError, match=r"house\.po, line \d+: .* needs the (holes|markup)"):
        read(po((english, own)), "house.po")


@pytest.mark.parametrize("own", ["a\x00b", "a\x07", "a\x9bb", "a\ud800", "a\uffff"])
def test_signs_that_no_report_can_show_are_refused(own: str) -> None:
    with pytest.raises(EngagementError, match=r"house\.po"):
        read(f'msgid "plain"\nmsgstr "{own}"\n', "house.po")
    assert read('msgid "plain"\nmsgstr "\u202bא\u202c\\n\\tb"\n', "a.po")[0] == {"plain": "\u202bא\u202c\n\tb"}


def test_of_a_plural_only_the_last_form_needs_every_hole() -> None:
    text = (
        HEAD.format(USUAL) + 'msgid "one finding of {x}"\nmsgid_plural "{count} findings of {x}"\n'
        'msgstr[0] "ein Befund von {x}"\nmsgstr[1] "{count} Befunde von {x}"\n'
    )
    texts, _ = read(text, "a.po")
    assert texts["one finding of {x}"] == ("ein Befund von {x}", "{count} Befunde von {x}")
    for wrong in (text.replace('"{count} Befunde von {x}"', '"Befunde von {x}"'), text.replace("ein Befund von {x}", "ein")):
        with pytest.raises(EngagementError, match="needs the holes"):
            read(wrong, "a.po")


@pytest.mark.parametrize(
    "rule",
    [
        "nplurals=2; plural=__import__('os').system('true')", "nplurals=2; plural=n.real",
        "nplurals=2; plural=" + "(" * 500 + "n" + ")" * 500, "nplurals=2; plural=" + "n*" * 5000 + "n",
        "nplurals=2; plural=n ? 1", "nplurals=2; plural=[n]", "nplurals=2; plural=9**9**9",
    ],
)  # fmt: skip
def test_a_rule_for_plurals_that_is_none_is_refused(rule: str) -> None:
    with pytest.raises(EngagementError, match="its rule for plurals cannot be read"):
        read(HEAD.format(rule), "a.po")


@pytest.mark.parametrize("rule", ["1/(n-5)", "n%(n-5)", "n-7", "n*n*n*n*n*n", "n<<3 ? 0 : 1"])
def test_a_rule_that_fails_for_a_number_or_leads_beyond_the_forms_costs_nothing(rule: str) -> None:
    try:
        _, read_rule = read(HEAD.format(f"nplurals=2; plural=({rule});"), "a.po")
    except EngagementError:
        return
    with speaking(Language("xx", {"{n} a": ("{n} b", "{n} c")}, read_rule)):
        assert {trn(n, "{n} a", "{n} as") for n in range(12)} <= {f"{n} {word}" for n in range(12) for word in "bc"}


@pytest.mark.parametrize("text", ["no PO file at all", "msgstr", "\x00\x01\x02", 'msgid "a"\nmsgid "b"\n', "{}"])
def test_what_is_no_po_file_is_refused(text: str) -> None:
    with pytest.raises(EngagementError, match=r"a\.po is no PO file"):
        read(text, "a.po")


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    missing, wrong, large = tmp_path / "none.po", tmp_path / "latin.po", tmp_path / "large.po"
    wrong.write_bytes('msgid "a"\nmsgstr "\xe4"\n'.encode("latin-1"))
    with large.open("wb") as file:
        file.truncate(9 << 20)
    for path, why in ((missing, "cannot be read"), (wrong, "cannot be read"), (large, "larger than 8 MB"), (tmp_path, "cannot be read")):
        with pytest.raises(EngagementError, match=why):
            language_of("de", ("assess",), path)


def test_what_is_doubtful_forgotten_or_empty_stays_english() -> None:
    text = po(("Fail", "Offen"), ("Pass", "")) + '\n#, fuzzy\nmsgid "Warn"\nmsgstr "Achtung"\n\n#~ msgid "Old"\n#~ msgstr "Alt"\n'
    assert read(text, "a.po")[0] == {"Fail": "Offen"}


def taken(text: str) -> tuple[Texts, str]:
    """What a file says; nothing where it is refused, which must name the file."""
    try:
        return read(text, "a.po")
    except EngagementError as error:
        if "a.po" not in str(error):
            raise
        return {}, "n != 1"


TEXTS = st.text(st.characters(codec="utf-8"), max_size=60)


@given(TEXTS, TEXTS)
def test_whatever_stands_in_a_file_is_taken_or_refused_with_a_reason(english: str, own: str) -> None:
    texts, rule = taken(po((english or "x", own)))
    with speaking(Language("xx", texts, rule)):
        for said in (tr(english, n=1, name="a"), trn(2, english, english), lookup(english), figure(1234)):
            assert isinstance(said, str)


@given(st.text(max_size=300))
def test_no_file_breaks_the_reader(text: str) -> None:
    taken(text)


@given(st.text(max_size=40), st.text(max_size=40), st.integers(-(10**30), 10**30))
def test_no_value_breaks_a_sentence(text: str, name: str, n: int) -> None:
    said = tr("{a} of {n:,} and {b}", a=text, b=name, n=n)
    assert said == f"{text} of {n:,} and {name}"
    with speaking(GERMAN):
        assert tr("{a} ({b})", a="x" + text, b="x" + name).startswith("x")


@given(st.sampled_from(["1,234.5", "", "1", "12", "abc", "\ud800\udc00", "1.234,5"]), st.integers(0, 10**9))
def test_whatever_a_language_makes_of_the_number_digits_stay(mark: str, n: int) -> None:
    with speaking(Language("xx", {"1,234.5": mark})):
        assert "".join(sign for sign in figure(n) if sign.isdigit()) == str(n)
