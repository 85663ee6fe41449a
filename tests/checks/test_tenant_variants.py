"""What real tenants answer and no example has: left out, null, new, spelt otherwise, cut into odd pages.

No variant may break a check or a connector. What Graph leaves out never turns into a fail, and nothing that
is left out, emptied or new lets something pass in a tenant where it did not.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from wholetenant import DROPPED, Change, WholeTenant, everywhere, properties, troubled

WELL = {"Pass", "NotApplicable"}
DATE = re.compile(r"\d{4}-\d\d-\d\dT")
PARTS = 2


@pytest.fixture(scope="module")
def good() -> WholeTenant:
    return WholeTenant()


@pytest.fixture(scope="module")
def bad() -> WholeTenant:
    return WholeTenant(troubled())


# Without these an item cannot be read at all, which would hide what else is left out of it.
NEEDED = frozenset({"id", "appId", "skuId", "servicePlanId", "resourceAppId", "userPrincipalName", "isVerified", "subscriptionId", "state", "properties"})
NEEDED |= {"roleDefinitionId", "principalId", "scope", "enabled"}
AT_ONCE = 5


def together(tenant: WholeTenant, folder: Path, part: int) -> list[dict[str, list[Any]]]:
    """The properties of all answers with their values: those that are needed alone, a few of the others at a time."""
    found = properties(tenant.assessed(folder).answered)
    assert len(found) > 150
    alone = [{name: found[name]} for name in NEEDED & found.keys()]
    rest = sorted(found.keys() - NEEDED)
    count = len(rest) // AT_ONCE + 1
    several = [{name: found[name] for name in rest[n::count]} for n in range(count)]
    return sorted(alone + several, key=str)[part::PARTS]


def improved(before: dict[str, str], after: dict[str, str]) -> list[str]:
    """What is well now and was not; a subject that is new counts for its requirement."""
    known = {name.partition("[")[0] for name, status in before.items() if status not in WELL}
    return [
        name
        for name, status in after.items()
        if status in WELL and (before[name] not in WELL if name in before else name.partition("[")[0] in known)
    ]


def worsened(before: dict[str, str], after: dict[str, str]) -> list[str]:
    failed = {name.partition("[")[0] for name, status in before.items() if status == "Fail"}
    return [name for name, status in after.items() if status == "Fail" and name.partition("[")[0] not in failed]


def test_the_examples(good: WholeTenant, bad: WholeTenant, tmp_path: Path) -> None:
    sound, broken = good.assessed(tmp_path), bad.assessed(tmp_path)
    assert sound.refusals == broken.refusals == {}
    assert sum(status == "Pass" for status in sound.statuses.values()) > 120
    assert sum(status in {"Fail", "Warn"} for status in broken.statuses.values()) > 100
    assert not good.world.violations


def test_no_address_is_asked_twice(good: WholeTenant, tmp_path: Path) -> None:
    asked = good.assessed(tmp_path, workers=16).asked
    assert len(asked) > 90
    assert sorted(set(asked)) == sorted(asked)


@pytest.mark.parametrize("part", range(PARTS))
def test_a_property_that_does_not_come_is_no_fail(good: WholeTenant, tmp_path: Path, part: int) -> None:
    before = good.assessed(tmp_path).statuses
    for some in together(good, tmp_path, part):
        found = good.assessed(tmp_path, everywhere(dict.fromkeys(some, DROPPED)))
        assert not found.crashes, list(some)
        assert not worsened(before, found.statuses), list(some)


def others(values: list[Any]) -> Iterator[Any]:
    """What may stand in the place of the values: nothing, a member that is new, never, an empty list."""
    yield DROPPED
    yield None
    some = next((value for value in values if value not in (None, [], {})), None)
    if isinstance(some, str):
        yield "0001-01-01T00:00:00Z" if DATE.match(some) else "unknownFutureValue"
        yield "9999-12-31T23:59:59.9999999Z" if DATE.match(some) else ""
    elif isinstance(some, list):
        yield []
    elif isinstance(some, dict):
        yield {}
    elif isinstance(some, int) and not isinstance(some, bool):
        yield 0


# A value that says that all is well, where another one stood, is an answer.
SAYS_SO = {("lastSyncErrorCode", 0), ("deviceCheckinsImpacted", 0), ("disabledPlans", None)}


@pytest.mark.parametrize("part", range(PARTS))
def test_nothing_passes_for_what_is_left_out(bad: WholeTenant, tmp_path: Path, part: int) -> None:
    before = bad.assessed(tmp_path).statuses
    for turn, some in enumerate(together(bad, tmp_path, part)):
        several = {name: list(others(values)) for name, values in some.items()}
        put = {name: values[(turn + number) % len(values)] for number, (name, values) in enumerate(several.items())}
        put = {name: value for name, value in put.items() if not isinstance(value, str | int | None) or (name, value) not in SAYS_SO}
        found = bad.assessed(tmp_path, everywhere(put))
        assert not found.crashes, put
        assert not improved(before, found.statuses), put


def rewritten(pattern: str, put: Any) -> Change:
    """Every text that fits the pattern, written otherwise."""
    fits = re.compile(pattern)

    def changed(value: Any) -> Any:
        if isinstance(value, dict):
            return {n: v if n.startswith("@odata.") and n != "@odata.type" else changed(v) for n, v in value.items()}
        if isinstance(value, list):
            return [changed(one) for one in value]
        return put(value) if isinstance(value, str) and fits.match(value) else value

    return lambda said, _: changed(said)


def more(said: Any, _: str = "") -> Any:
    """Properties that nobody has described, as a live service sends them."""
    if isinstance(said, dict):
        news = {"somethingNew": {"@odata.type": "#microsoft.graph.new", "parts": [1, None]}, "new@odata.context": "https://graph.microsoft.com/beta"}
        return {**{name: more(value) for name, value in said.items()}, **news}
    return [more(one) for one in said] if isinstance(said, list) else said


GUID = r"[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$"
SPELLINGS: dict[str, Change] = {
    "what nobody described": more,
    "ids in capitals": rewritten(GUID, str.upper),
    "UPNs in capitals": rewritten(r"[\w.]+@contoso\.com$", str.upper),
    "seven digits of a second": rewritten(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$", lambda text: text[:19] + ".1329464Z"),
    "an offset instead of Z": rewritten(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$", lambda text: text[:19] + "+00:00"),
    "types without the sign": rewritten(r"#microsoft\.graph\.", lambda text: text[1:]),
    "enum members in capitals": rewritten(r"(enabled|active|success|member|required|published|valid|intune|managed|notification)$", str.title),
}


@pytest.mark.parametrize("name", SPELLINGS)
def test_another_spelling_of_the_same(good: WholeTenant, bad: WholeTenant, tmp_path: Path, name: str) -> None:
    for tenant in (good, bad):
        assert tenant.assessed(tmp_path, SPELLINGS[name]).statuses == tenant.assessed(tmp_path).statuses


@pytest.mark.parametrize("sizes", [1, [1, 0, 1, 0, 1], [2, 0, 0, 3]], ids=str)
def test_pages_of_every_size(good: WholeTenant, tmp_path: Path, sizes: Any) -> None:
    before = good.assessed(tmp_path)
    lists = {path for path, rows in good.world.tenant.graph.items() if isinstance(rows, list) and path not in {"/organization", "/subscribedSkus"}}
    good.world.graph.pages = dict.fromkeys(lists, sizes)
    found = good.assessed(tmp_path)
    good.world.graph.pages = {}
    assert len(found.asked) > len(before.asked)
    assert found.statuses == before.statuses


def without_list(put: Any) -> Change:
    return lambda said, _: {**said, "value": put(said["value"])} if isinstance(said.get("value"), list) else said


BROKEN: dict[str, Change] = {
    "null instead of a list": without_list(lambda _: None),
    "an object instead of a list": without_list(lambda rows: {"items": rows}),
    "a null among the items": without_list(lambda rows: [*rows, None]),
    "a text among the items": without_list(lambda rows: [*rows, "x"]),
    "no list at all": lambda said, _: {n: v for n, v in said.items() if n != "value"},
    "a next page elsewhere": lambda said, _: {**said, "@odata.nextLink": "https://graph.example/v1.0/users?$skiptoken=x"} if isinstance(said.get("value"), list) else said,
    "a next page that is no address": lambda said, _: {**said, "@odata.nextLink": "\x00//"} if isinstance(said.get("value"), list) else said,
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_list_that_is_none_is_no_empty_list(good: WholeTenant, bad: WholeTenant, tmp_path: Path, name: str) -> None:
    for tenant in (good, bad):
        before = tenant.assessed(tmp_path).statuses
        found = tenant.assessed(tmp_path, BROKEN[name])
        assert len(found.refusals) > 50
        assert not found.crashes
        assert not improved(before, found.statuses)
        assert not worsened(before, found.statuses)


def test_empty_lists_everywhere(good: WholeTenant, bad: WholeTenant, tmp_path: Path) -> None:
    """A tenant in which nothing is set up: complete answers, and nothing that breaks."""
    found = good.assessed(tmp_path, without_list(lambda _: []))
    assert not found.crashes
    before = bad.assessed(tmp_path).statuses
    emptied = bad.assessed(tmp_path, without_list(lambda _: []))
    assert not emptied.crashes
    assert len(improved(before, emptied.statuses)) < 20
