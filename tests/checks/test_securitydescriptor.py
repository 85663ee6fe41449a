"""The parser of security descriptors: hand-made bytes, random bytes, and who may do what."""

from collections.abc import Sequence
from contextlib import suppress
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assess.evidence.securitydescriptor import (
    ENROLL,
    EXTENDED_RIGHT,
    FULL_CONTROL,
    READ_PROPERTY,
    Descriptor,
    Entry,
    MalformedDescriptor,
    canonical,
    domain_part,
    parse,
    rid_of,
    sid_bytes,
    sid_text,
)

ANN, TEAM, ALL = "S-1-5-21-1-2-3-1104", "S-1-5-21-1-2-3-1200", "S-1-5-11"


def octets(kind: int, sid: str, mask: int, guid: str = "", flags: int = 0, inherited_for: str = "") -> bytes:
    body = mask.to_bytes(4, "little")
    if kind in (5, 6):
        body += (bool(guid) | 2 * bool(inherited_for)).to_bytes(4, "little")
        body += b"".join(UUID(one).bytes_le for one in (guid, inherited_for) if one)
    body += sid_bytes(sid)
    return bytes([kind, flags]) + (4 + len(body)).to_bytes(2, "little") + body


def descriptor(entries: Sequence[bytes], *, owner: str = "S-1-5-18", control: int = 0x8004) -> bytes:
    held = sid_bytes(owner)
    body = b"".join(entries)
    acl = bytes([4, 0]) + (8 + len(body)).to_bytes(2, "little") + len(entries).to_bytes(2, "little") + b"\0\0" + body
    head = bytes([1, 0]) + control.to_bytes(2, "little")
    head += b"".join(n.to_bytes(4, "little") for n in (20, 0, 0, 20 + len(held)))
    return head + held + acl


def test_each_kind_of_entry() -> None:
    found = parse(
        descriptor(
            [
                octets(1, ANN, 0x100),
                octets(0, TEAM, 0x20094),
                octets(5, TEAM, 0x100, ENROLL),
                octets(6, ALL, 0x100, ENROLL, flags=0x10),
                octets(5, TEAM, 0x30, inherited_for="bf967aba-0de6-11d0-a285-00aa003049e2"),
                octets(0, ALL, 0xF01FF, flags=0x8),
                octets(9, ALL, 0xF01FF),
            ]
        )
    )
    assert found.owner == "S-1-5-18"
    assert found.entries == (
        Entry("deny", ANN, 0x100),
        Entry("allow", TEAM, 0x20094),
        Entry("allow", TEAM, 0x100, ENROLL),
        Entry("deny", ALL, 0x100, ENROLL, inherited=True),
        Entry("allow", TEAM, 0x30),
        Entry("other", "", 0),
    )
    assert found.undecided([ANN])
    assert canonical(found.entries) is False


def test_what_is_inherited_by_whatever_is_made_below() -> None:
    some_class = "bf967aba-0de6-11d0-a285-00aa003049e2"
    data = descriptor(
        [
            octets(0, ANN, 0xF01FF),
            octets(0, TEAM, 0x10000000, flags=0x2),
            octets(1, TEAM, 0x100, flags=0xA),
            octets(5, ALL, 0x30, inherited_for=some_class, flags=0xA),
            octets(5, ALL, 0x100, ENROLL, flags=0x12),
            octets(9, ALL, 0xF01FF, flags=0x2),
        ]
    )
    assert parse(data, below=True).entries == (
        Entry("allow", TEAM, 0xF01FF),
        Entry("deny", TEAM, 0x100),
        Entry("other", ALL, 0),
        Entry("allow", ALL, 0x100, ENROLL, inherited=True),
        Entry("other", "", 0),
    )
    assert parse(data).grants([ANN], FULL_CONTROL)
    assert not parse(data, below=True).grants([ANN], FULL_CONTROL)


@pytest.mark.parametrize(
    ("entries", "granted"),
    [
        ([Entry("allow", TEAM, EXTENDED_RIGHT, ENROLL)], True),
        ([Entry("allow", TEAM, EXTENDED_RIGHT)], True),
        ([Entry("allow", TEAM, 0xF01FF)], True),
        ([Entry("allow", ALL, 0xF01FF)], True),
        ([Entry("allow", ANN, EXTENDED_RIGHT, ENROLL)], False),
        ([Entry("allow", TEAM, EXTENDED_RIGHT, "a05b8cc2-17bc-4802-a710-e7c15ab866a2")], False),
        ([Entry("allow", TEAM, READ_PROPERTY, ENROLL)], False),
        ([Entry("deny", ALL, EXTENDED_RIGHT, ENROLL), Entry("allow", TEAM, EXTENDED_RIGHT, ENROLL)], False),
        ([Entry("allow", TEAM, EXTENDED_RIGHT, ENROLL), Entry("deny", ALL, EXTENDED_RIGHT)], False),
        ([Entry("allow", TEAM, EXTENDED_RIGHT, ENROLL), Entry("deny", ALL, EXTENDED_RIGHT, inherited=True)], True),
        ([Entry("deny", ANN, EXTENDED_RIGHT), Entry("allow", TEAM, EXTENDED_RIGHT)], True),
        ([Entry("deny", TEAM, READ_PROPERTY), Entry("allow", TEAM, EXTENDED_RIGHT)], True),
        ([], False),
    ],
)
def test_who_may(entries: list[Entry], granted: bool) -> None:
    found = Descriptor("", tuple(entries))
    assert found.grants({TEAM, ALL}, EXTENDED_RIGHT, ENROLL) is granted
    assert found.might_grant({TEAM, ALL}, EXTENDED_RIGHT, ENROLL) >= granted


def test_an_order_that_lets_through_what_is_denied_later() -> None:
    found = Descriptor("", (Entry("allow", TEAM, EXTENDED_RIGHT), Entry("deny", TEAM, EXTENDED_RIGHT)))
    assert not found.grants({TEAM}, EXTENDED_RIGHT, ENROLL)
    assert found.might_grant({TEAM}, EXTENDED_RIGHT, ENROLL)
    assert not canonical(found.entries)


def test_the_zero_identifier_stands_for_every_right() -> None:
    found = parse(descriptor([octets(5, TEAM, 0x100, "00000000-0000-0000-0000-000000000000")]))
    assert found.grants({TEAM}, EXTENDED_RIGHT, ENROLL)


@pytest.mark.parametrize(("generic", "enrols", "reads"), [(1 << 28, True, True), (1 << 31, False, True), (1 << 30, False, False)])
def test_generic_rights_are_what_they_stand_for(generic: int, enrols: bool, reads: bool) -> None:
    found = parse(descriptor([octets(0, TEAM, generic)]))
    assert found.grants({TEAM}, EXTENDED_RIGHT, ENROLL) is enrols
    assert found.grants({TEAM}, READ_PROPERTY) is reads


def test_no_list_is_for_everybody_and_an_absent_one_is_no_answer() -> None:
    none = descriptor([])
    opened = none[:16] + bytes(4) + none[20:]
    assert parse(opened).grants({ANN}, EXTENDED_RIGHT, ENROLL)
    assert not parse(none).grants({ANN}, EXTENDED_RIGHT, ENROLL)
    with pytest.raises(MalformedDescriptor, match="no access list"):
        parse(descriptor([], control=0x8000))


@given(st.binary(max_size=200))
def test_random_bytes_are_refused_in_words(data: bytes) -> None:
    with suppress(MalformedDescriptor):
        parse(data)


@given(st.data())
def test_a_damaged_descriptor_is_refused_in_words(data: st.DataObject) -> None:
    whole = descriptor([octets(5, TEAM, 0x100, ENROLL), octets(0, ALL, 0x20094), octets(6, ANN, 0x100)])
    cut = bytearray(whole[: data.draw(st.integers(0, len(whole)))])
    for place in data.draw(st.lists(st.integers(0, max(len(cut) - 1, 0)), max_size=6)):
        if cut:
            cut[place] = data.draw(st.integers(0, 255))
    with suppress(MalformedDescriptor):
        parse(bytes(cut))


@given(st.lists(st.integers(0, 2**32 - 1), max_size=15), st.integers(0, 2**48 - 1))
def test_identifiers_there_and_back(parts: list[int], authority: int) -> None:
    raw = bytes([1, len(parts)]) + authority.to_bytes(6, "big") + b"".join(p.to_bytes(4, "little") for p in parts)
    text, end = sid_text(raw)
    assert end == len(raw)
    assert sid_bytes(text) == raw


def test_parts_of_identifiers() -> None:
    assert rid_of("S-1-5-21-1-2-3-515") == 515
    assert domain_part("S-1-5-21-1-2-3-515") == "S-1-5-21-1-2-3"
    assert rid_of("S-1-5-21-1-2-3") == rid_of("S-1-5-32-544") == rid_of("S-1-5-11") == -1
    with pytest.raises(MalformedDescriptor):
        sid_bytes("S-2-5-11")
