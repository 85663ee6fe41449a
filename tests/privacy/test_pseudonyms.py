"""Pseudonyms: stable, different for different keys, and true to what a finding is about."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assess.evidence.people import Naming
from assess.privacy.pseudonyms import MADE, WITHHELD, Pseudonyms, Quoted

OURS = Pseudonyms(b"key", kept=["cm01.corp.contoso.com"])
ANNA = OURS.of(Naming.ACCOUNT, "anna.meyer@contoso.com").partition("@")[0]


@pytest.mark.parametrize(
    ("kind", "text", "made"),
    [
        (Naming.ACCOUNT, "anna.meyer@contoso.com", f"{ANNA}@contoso.com"),
        (Naming.ACCOUNT, "Anna.Meyer@corp.local", f"{ANNA}@corp.local"),
        (Naming.ACCOUNT, r"CORP\anna.meyer", rf"CORP\{ANNA}"),
        (Naming.ACCOUNT, "anna.meyer", ANNA),
        (Naming.ACCOUNT, "SMTP:anna.meyer@contoso.com", f"SMTP:{ANNA}@contoso.com"),
        (Naming.ACCOUNT, "anna.meyer#EXT#@contoso.com", f"{ANNA}#EXT#@contoso.com"),
        (Naming.ACCOUNT, "11111111-2222-4333-8444-555555555555", "11111111-2222-4333-8444-555555555555"),
        (Naming.ACCOUNT, "", ""),
        (Naming.ACCOUNT, "@contoso.com", "@contoso.com"),
        (Naming.DEVICE, "CM01", "CM01"),
        (Naming.DEVICE, "cm01.corp.contoso.com", "cm01.corp.contoso.com"),
        (Naming.EITHER, r"CORP\anna.meyer", rf"CORP\{ANNA}"),
        (Naming.FREE, "0151 123", WITHHELD),
    ],
)  # fmt: skip
def test_what_is_kept_and_what_is_not(kind: Naming, text: str, made: str) -> None:
    assert OURS.of(kind, text) == made


def test_the_rest_of_a_name_stays_where_findings_need_it() -> None:
    assert OURS.of(Naming.DEVICE, "WS0117.corp.contoso.com").endswith(".corp.contoso.com")
    dn = OURS.of(Naming.DN, r"CN=Meyer\, Anna,OU=Staff,DC=corp,DC=contoso,DC=com")
    assert dn.endswith(",OU=Staff,DC=corp,DC=contoso,DC=com")
    assert "Anna" not in dn
    assert OURS.of(Naming.SERIAL, "c02abc").upper() == OURS.of(Naming.SERIAL, "C02ABC")


def test_another_key_makes_others() -> None:
    other = Pseudonyms(b"another key")
    for kind in (Naming.ACCOUNT, Naming.NAME, Naming.DEVICE, Naming.SERIAL):
        assert OURS.of(kind, "anna") != other.of(kind, "anna")
    assert OURS.fingerprint != other.fingerprint


@given(st.text(min_size=1))
def test_the_same_name_is_the_same_pseudonym_and_no_name_is_left(name: str) -> None:
    for kind in (Naming.NAME, Naming.SERIAL):
        made = OURS.of(kind, name)
        assert made == Pseudonyms(b"key").of(kind, name)
        assert made == name if not name.strip() else MADE.fullmatch(made) or made == name


@pytest.mark.parametrize(
    ("text", "gone"),
    [
        ("Anna Meyer (anna.meyer@contoso.com) is disabled", "meyer"),
        ("userPrincipalName=anna.meyer@contoso.com, displayName=Anna Meyer", "anna"),
        ("says ANNA MEYER", "anna"),
        ("users: o'brien@contoso.com, 'zoe@contoso.com'.", "brien"),
        ("users: o'brien@contoso.com, 'zoe@contoso.com'.", "zoe"),
        ("they are: x@contoso.com, anna.me…", "anna"),
        ("they are: x@contoso.com, Anna Mey…", "Mey"),
        ("GET /v1.0/users/anna.meyer@contoso.com?$select=id", "anna"),
    ],
)
def test_names_in_sentences(text: str, gone: str) -> None:
    quoted = Quoted(OURS)
    quoted.add(Naming.NAME, "Anna Meyer")
    quoted.add(Naming.ACCOUNT, "anna.meyer@contoso.com")
    assert gone.casefold() not in quoted.within(text).casefold()


def test_a_name_inside_a_word_is_no_name() -> None:
    quoted = Quoted(OURS)
    quoted.add(Naming.ACCOUNT, "int")
    assert quoted.within("Intune, point") == "Intune, point"
