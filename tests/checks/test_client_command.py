"""The client's command line taken apart: what people paste, and whatever else may stand there."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.client_command import Command, Gateway, gateway, normal, parse, parse_inner

GOOD = 'CCMSETUPCMD="/mp:https://cmg.contoso.com/CCM_Proxy_MutualAuth/7 CCMHOSTNAME=cmg.contoso.com/CCM_Proxy_MutualAuth/7 SMSSiteCode=PS1 AADTENANTID=t"'


def test_a_copied_line() -> None:
    command = parse(GOOD)
    assert command.faults == ()
    assert command.get("smssitecode") == "PS1"
    assert gateway(command.get("CCMHOSTNAME")) == Gateway("cmg.contoso.com", "7")
    assert command.switches == ("/mp:https://cmg.contoso.com/CCM_Proxy_MutualAuth/7",)
    assert normal(GOOD) == normal(GOOD.replace(" SMS", "   SMS").replace("PS1", "ps1"))
    assert normal(GOOD) != normal(GOOD.replace("PS1", "PS2"))


@pytest.mark.parametrize(
    "line",
    [
        "",
        "   ",
        'CCMSETUPCMD="CCMHOSTNAME=h/CCM_Proxy_MutualAuth/1 SMSSiteCode=PS1',  # never closed
        'CCMSETUPCMD="CCMHOSTNAME=h/CCM_Proxy_MutualAuth/1" SMSSiteCode="PS1"',  # closed too early
        'CCMSETUPCMD="CCMHOSTNAME=<cmg/CCM_Proxy_MutualAuth/1 SMSSiteCode=PS1"',  # a placeholder left in
        "CCMHOSTNAME=h/CCM_Proxy_MutualAuth/1 SMSSiteCode=PS1",  # without its wrapper
        "CCMSETUPCMD=CCMHOSTNAME=h/CCM_Proxy_MutualAuth/1 SMSSiteCode=PS1",  # without quotes
        'CCMSETUPCMD="A=1" CCMSETUPCMD="B=1"',
        'CCMSETUPCMD="A=1 a=2"',
        'CCMSETUPCMD="A=1 stray"',
    ],
)
def test_damaged_lines(line: str) -> None:
    assert parse(line).faults


def test_what_is_outside_the_quotes_is_not_inside() -> None:
    assert parse('CCMSETUPCMD="CCMHOSTNAME=h" SMSSiteCode="PS1"').get("SMSSITECODE") == ""


@pytest.mark.parametrize("value", ["", "h", "h/CCM_Proxy_MutualAuth", "h/CCM_Proxy_MutualAuth/x", "https://h/CCM_Proxy_MutualAuth/1", "h/CCM_Proxy_MutualAuth/1/"])
def test_no_gateway(value: str) -> None:
    assert gateway(value) is None


names = st.from_regex(r"[A-Z][A-Z0-9_]{0,11}", fullmatch=True)
values = st.text(st.characters(codec="ascii", exclude_characters='"<>', categories=("L", "N", "P", "S", "Zs")), max_size=30)


@given(st.text())
def test_it_takes_anything(text: str) -> None:
    assert isinstance(parse(text), Command)
    assert isinstance(parse_inner(text), Command)


@given(st.dictionaries(names, values, max_size=6))
def test_what_is_written_is_read(properties: dict[str, str]) -> None:
    inner = " ".join(f'{name}=""{value}""' for name, value in properties.items())
    command = parse(f'CCMSETUPCMD="{inner}"')
    assert command.faults == ()
    assert command.properties == properties


@given(st.dictionaries(names, st.from_regex(r"[a-z0-9./:-]{1,20}", fullmatch=True), min_size=1, max_size=6), st.data())
def test_order_and_blanks_do_not_matter(properties: dict[str, str], data: st.DataObject) -> None:
    pairs = [f"{n}={v}" for n, v in properties.items()]
    shuffled = data.draw(st.permutations(pairs))
    assert normal('CCMSETUPCMD="' + " ".join(pairs) + '"') == normal('CCMSETUPCMD="' + "   ".join(shuffled) + '"')


@given(st.text(st.characters(exclude_characters='"'), max_size=40), st.text(st.characters(exclude_characters='"'), max_size=40))
def test_a_quote_too_many_is_always_seen(before: str, after: str) -> None:
    assert "a quotation mark is never closed" in parse_inner(f'{before}"{after}').faults
