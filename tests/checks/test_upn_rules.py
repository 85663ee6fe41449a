"""The rules of user principal names: every known vector, and what must hold of any text."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assess.language import Language, speaking
from checks.identity.upn import (
    account_faults,
    faults,
    proposal,
    stem,
    suffix_faults,
    transliterated,
)

X = "contoso.com"


def rules(value: str, *, forbidden: bool | None = None) -> set[str]:
    found = faults(value)
    return {fault.rule for fault in found if forbidden is None or fault.forbidden is forbidden}


def texts(value: str) -> str:
    return "; ".join(fault.text for fault in faults(value))


@pytest.mark.parametrize(
    "value",
    [
        f"o'brien@{X}",
        "user@contoso.app",
        "user@contoso.llc",
        f"user@{X}",
        f"{'l' * 64}@{'d' * 44}.com",
        "user@xn--e1afmkfd.xn--p1ai",
        f"a!b#c^d~e_f-g.h'i@{X}",
        "Upper@CONTOSO.COM",
        f"-user-@{X}",
        "a@contoso.co.uk",
    ],
)
def test_what_microsoft_allows_has_no_fault(value: str) -> None:
    assert faults(value) == ()


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("user@corp.local", {"not-public"}),
        ("user@contoso", {"not-public"}),
        ("user@ad.contoso.test", {"not-public"}),
        ("user@contoso.internal", {"not-public"}),
        ("user@co.uk", {"not-public"}),
        (f"{'l' * 65}@{X}", {"name-too-long"}),
        (f"user@{'d' * 45}.com", {"suffix-too-long"}),
        (f"user@{'d' * 50}.com", {"suffix-too-long"}),
        (f"{'l' * 64}@{'d' * 45}.com", {"suffix-too-long", "too-long"}),
        (f"{'l' * 65}@{'d' * 44}.com", {"name-too-long", "too-long"}),
        (f"user.@{X}", {"dot-last"}),
        (f"us$er@{X}", {"character"}),
        (f"us`er@{X}", {"character"}),
        (f"josé@{X}", {"non-ascii"}),
        (f"nuñez@{X}", {"non-ascii"}),
        (f"straße@{X}", {"non-ascii"}),
        (f"jäger@{X}", {"non-ascii"}),
        (f"us&er@{X}", {"character"}),
        (f"user&@{X}", {"character", "ampersand-last"}),
        (f"user@@{X}", {"at-more"}),
        (f"user@x@{X}", {"at-more"}),
        (f"user@{X} ", {"space"}),
        (f" user@{X}", {"space"}),
        (f"user @{X}", {"space"}),
        (f"@{X}", {"at-first"}),
        (f"a b@{X}", {"space"}),
        (f"nobreak\u00a0@{X}", {"invisible"}),
        (f"zero\u200bwidth@{X}", {"invisible"}),
        (f"right\u202eleft@{X}", {"invisible"}),
        (f"\ufeffuser@{X}", {"invisible"}),
        (f"user@{X}\u200b", {"invisible"}),
        (f"user\t@{X}", {"invisible"}),
        (f"blank\u3164@{X}", {"invisible"}),
        (f"selector\ufe0f@{X}", {"invisible"}),
        (f"user%x@{X}", {"character"}),
        (f'quo"te@{X}', {"character"}),
        (f"pipe|d@{X}", {"character"}),
        (f"paren(s)@{X}", {"character"}),
        (f"star*@{X}", {"character"}),
        (f"back\\slash@{X}", {"character"}),
        (f"=1+1@{X}", {"character"}),
        (f"<b>bold</b>@{X}", {"character"}),
        (f"smtp:user@{X}", {"character"}),
        (f"user@{X}:8080", {"suffix-character"}),
        (f"user:@{X}", {"character"}),
        ("user", {"no-at"}),
        ("", {"no-at"}),
        ("user@", {"no-suffix"}),
        ("@", {"at-first", "no-suffix"}),
        ("user@.contoso.com", {"suffix-dots"}),
        ("user@contoso..com", {"suffix-dots"}),
        ("user@contoso.com.", {"suffix-dots"}),
        ("user@-contoso.com", {"suffix-label"}),
        ("user@bücher.de", {"non-ascii", "suffix-unicode"}),
        ("user@xn--zz--zz.com", {"suffix-idna"}),
        ("user@xn--a.com", {"suffix-idna"}),
        ("user@☃.com", {"non-ascii", "suffix-idna"}),
    ],
)
def test_what_microsoft_forbids(value: str, expected: set[str]) -> None:
    assert rules(value, forbidden=True) == expected
    assert rules(value, forbidden=False) == set()


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (f".user@{X}", {"dot-first"}),
        (f"user..x@{X}", {"dots"}),
        (f"user@sub_d.{X}", {"suffix-underscore"}),
    ],
)
def test_where_microsoft_is_silent_it_is_a_remark(value: str, expected: set[str]) -> None:
    assert rules(value, forbidden=False) == expected
    assert rules(value, forbidden=True) == set()


def test_each_length_is_said_with_its_number() -> None:
    assert "65 characters before the @; at most 64" in texts(f"{'l' * 65}@{X}")
    assert "49 characters after the @; at most 48" in texts(f"user@{'d' * 45}.com")
    assert "54 characters after the @; at most 48" in texts(f"user@{'d' * 50}.com")
    assert "it has 114 characters; at most 113" in texts(f"{'l' * 65}@{'d' * 44}.com")


def test_characters_are_named_with_their_code_points() -> None:
    assert "é (U+00E9 LATIN SMALL LETTER E WITH ACUTE)" in texts(f"josé@{X}")
    assert "(U+200B ZERO WIDTH SPACE)" in texts(f"zero\u200bwidth@{X}")
    assert "\u200b" not in texts(f"zero\u200bwidth@{X}")
    assert "$ (U+0024 DOLLAR SIGN)" in texts(f"us$er@{X}")
    assert ": (U+003A COLON)" in texts(f"smtp:user@{X}")
    assert "and 3 more" in texts(f"$%&*+/=?@{X}")


def test_a_space_is_placed() -> None:
    assert "at its end" in texts(f"user@{X} ")
    assert "at its beginning" in texts(f" user@{X}")
    assert "just before the @" in texts(f"user @{X}")
    assert "within it" in texts(f"a b@{X}")


def test_a_name_in_unicode_is_given_as_it_stands_in_the_dns() -> None:
    assert "xn--bcher-kva" in texts("user@bücher.de")


def test_a_suffix_counts_the_same_in_any_case() -> None:
    assert faults("user@CORP.LOCAL")[0].text == suffix_faults("corp.local")[0].text


def test_what_is_kept_of_a_suffix_is_said_in_the_language_in_force() -> None:
    own = Language("xx", {"{} has a dot too many": "dots: {}"})
    said = [suffix_faults("a..com")[0].text]
    with speaking(own):
        said.append(suffix_faults("a..com")[0].text)
    said.append(suffix_faults("a..com")[0].text)
    assert said == ["a..com has a dot too many", "dots: a..com", "a..com has a dot too many"]


def test_a_space_that_lies_nowhere_else_lies_within() -> None:
    assert account_faults("2 @")[-1].text.endswith("there is a space within it")


@pytest.mark.parametrize(
    ("account", "expected"),
    [
        ("ann", set()),
        ("", {"account-missing"}),
        ("no upn 2", {"account-space"}),
        ("jäger", {"account-non-ascii"}),
        ("a" * 21, {"account-too-long"}),
        ("a$b", {"account-character"}),
        ("a/b", {"account-character"}),
    ],
)
def test_a_short_name_that_a_missing_name_would_be_made_of(
    account: str, expected: set[str]
) -> None:
    assert {fault.rule for fault in account_faults(account)} == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("josé", "jose"),
        ("nuñez", "nunez"),
        ("straße", "strasse"),
        ("jäger", "jaeger"),
        ("Jäger", "Jaeger"),
        ("ÄÖÜ", "AeOeUe"),
        ("ja\u0308ger", "jaeger"),
        ("O’Brien", "O'Brien"),
        ("иванов", "ivanov"),
        ("Ann  Archer ", "Ann.Archer"),
        ("no\u00a0break", "no.break"),
        ("zero\u200bwidth", "zerowidth"),
        (".user..x.", "user.x"),
        ("us$er", "user"),
        ("user&", "user"),
        ("李", ""),
        ("ﬁnn", "finn"),
    ],
)
def test_transliteration(name: str, expected: str) -> None:
    assert transliterated(name) == expected


def test_the_stem_falls_back_to_the_account_and_ends_somewhere() -> None:
    assert stem("李@contoso.com", "li") == "li"
    assert stem("李@contoso.com", "李") == "user"
    assert stem(None, "noupn1") == "noupn1"
    assert stem("without-at", "x") == "without-at"
    assert stem("smtp:a@b@contoso.com", "x") == "smtpab"


def test_proposals_are_numbered() -> None:
    assert [proposal("ann", number, X) for number in (1, 2, 13)] == [
        "ann@contoso.com", "ann2@contoso.com", "ann13@contoso.com",
    ]  # fmt: skip


ANY = st.one_of(
    st.text(max_size=130),
    st.text("ab.@ -_&$\u00e4\u200b\u00a0\u202e:", max_size=80),
    st.builds("{}@{}".format, st.text(max_size=90), st.text("abc.-_ü", max_size=60)),
)
SUFFIX = st.sampled_from([X, "emea.contoso.co.uk", f"{'d' * 44}.com", "xn--e1afmkfd.xn--p1ai"])


@given(ANY)
def test_any_text_is_judged_and_no_two_rules_are_one(value: str) -> None:
    found = faults(value)
    assert len({fault.rule for fault in found}) == len(found) or "suffix-" in str(found)
    assert all(fault.text for fault in found)


@given(ANY)
def test_what_has_no_fault_keeps_to_the_written_rule(value: str) -> None:
    if not rules(value, forbidden=True):
        name, at, suffix = value.rpartition("@")
        assert at
        assert 1 <= len(name) <= 64
        assert 1 <= len(suffix) <= 48
        assert len(value) <= 113
        assert value.isascii()
        assert name[-1] not in ".& "
        assert set(name) <= set(
            "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'.-_!#^~"
        )


@given(ANY, st.text(max_size=30), st.integers(1, 10**6), SUFFIX)
def test_a_proposal_keeps_to_every_rule(value: str, account: str, number: int, suffix: str) -> None:
    assert faults(proposal(stem(value, account), number, suffix)) == ()


@given(ANY, st.text(max_size=30), SUFFIX)
def test_proposals_of_one_stem_never_run_out(value: str, account: str, suffix: str) -> None:
    beginning = stem(value, account)
    assert len({proposal(beginning, number, suffix).lower() for number in range(1, 60)}) > 40


@given(ANY)
def test_the_suffix_is_judged_alike_however_it_is_written(value: str) -> None:
    if value.isascii() and "@" in value:
        name, _, suffix = value.rpartition("@")
        assert {f.rule for f in faults(f"{name}@{suffix.upper()}")} == {
            f.rule for f in faults(f"{name}@{suffix.lower()}")
        }


@given(st.characters())
def test_every_single_character_is_judged(character: str) -> None:
    found = rules(f"x{character}y@{X}", forbidden=True)
    allowed = character.isascii() and (character.isalnum() or character in "'.-_!#^~")
    assert (found == set()) == allowed
    if unicodedata.category(character) in ("Cf", "Cc", "Zs"):
        assert found & {"invisible", "space"}
