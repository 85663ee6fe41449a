"""What the engine says of a run is in the language of the run; what it decides is the same in all."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import msgspec
import pytest

from assess.catalogue import Catalogue, Document, Requirement, translated
from assess.check import Check, Fail, Missing, Outcomes, Rows, Unknown, check, unavailable, worst
from assess.collect import collect
from assess.discover import Library, language
from assess.discover import library as shipped
from assess.history.changes import kept_run, past_of, regressions
from assess.history.shapes import Kind
from assess.history.store import Store
from assess.language import ENGLISH, Language, speaking
from assess.model import Status
from assess.reporters.past import past
from assess.reporters.view import view
from assess.results import Results, Selection, evaluate, from_json, reason_of, to_json
from pseudo import language as pseudo
from samplechecks import (
    CHECKS,
    NOW,
    Heard,
    Heights,
    Towers,
    measured,
    recording,
    refusing,
    requirement,
)

SCENARIOS = {"hybrid-mdm": "Hybrid", "co-management-pki": "PKI", "co-management-internet": "Internet"}
OWN = Language(
    "de",
    {
        "the roof leaks": "das Dach ist undicht",
        "the door is shut": "die Tür ist zu",
        "a dry house": "ein trockenes Haus",
        "Mend {cmg.service_name} of {subject}.": "Beheben Sie {cmg.service_name} von {subject}.",
        "nobody opened": "niemand hat geöffnet",
        "Knock again.": "Klopfen Sie noch einmal.",
    },
)
GERMAN = language("de")


@check("tower.parts")
def in_parts(heights: Annotated[Heights, Heard()]) -> Outcomes:
    """Say two things of one subject."""
    step = "Mend {cmg.service_name} of {subject}."
    yield Fail("a.test", "a dry house", "the roof leaks", remedy=(step,))
    yield Fail("a.test", "a dry house", "the door is shut")


@check("tower.rows")
def in_rows(heights: Annotated[Heights, Heard()]) -> Outcomes:
    """Say a long list."""
    rows = ({"user": name, "found": "the roof leaks"} for name in ("a b", "roof"))
    yield Fail("a.test", "a dry house", "the roof leaks", rows=Rows(("user", "found"), rows))


def library(*requirements: Requirement, checks: dict[str, Check] | None = None) -> Library:
    papers = {"hybrid-mdm": Document("hybrid-mdm", "Hybrid", "2016", "retired")}
    catalogue = Catalogue({r.id: r for r in requirements}, {"tower": "Towers"}, SCENARIOS, papers)
    known = checks or {**CHECKS, "tower.parts": in_parts, "tower.rows": in_rows}
    return Library(catalogue, {r.id: known[r.id] for r in requirements if r.id in known}, ())


ALL = tuple(requirement(name) for name in (*CHECKS, "tower.parts", "tower.nobody"))


def found(spoken: Language, *requirements: Requirement, tower: Towers | None = None, weeks: int = 0) -> Results:
    """What a run in a language says."""
    moment = NOW + timedelta(weeks=weeks)
    with speaking(spoken):
        record = recording(cmg__service_name="cmg.a.test")
        record.as_of = moment
        collect([Heard()], [tower or measured(a_test=20, b_test=5)], record, clock=lambda: moment)
        return evaluate(library(*(requirements or ALL)), record)


def test_parts_of_a_finding_are_looked_up_one_by_one_and_before_keys_are_filled_in() -> None:
    [one] = found(OWN, requirement("tower.parts")).findings
    assert one.observed == "das Dach ist undicht; die Tür ist zu"
    assert one.expected == "ein trockenes Haus"
    assert one.remediation == ("Beheben Sie cmg.a.test von a.test.",)
    [english] = found(ENGLISH, requirement("tower.parts")).findings
    assert english.remediation == ("Mend cmg.a.test of a.test.",)


def test_what_a_check_joins_itself_is_looked_up_part_by_part() -> None:
    parts = [Fail("a", "a dry house", "the roof leaks"), Fail("a", "a dry house", "the door is shut")]
    with speaking(OWN):
        joined = worst(parts)
    assert joined == Fail("a", "ein trockenes Haus", "das Dach ist undicht; die Tür ist zu")
    with speaking(OWN):
        gaps = (Missing("nobody opened", "Knock again."), Missing("the roof leaks"))
        assert unavailable("a", *gaps) == Unknown(
            "a", "niemand hat geöffnet; das Dach ist undicht", remedy=("Klopfen Sie noch einmal.",)
        )


def test_sentences_in_a_long_list_are_looked_up_and_its_columns_are_not() -> None:
    record = recording()
    with speaking(OWN), record:
        collect([Heard()], [measured(a_test=20)], record, clock=lambda: NOW)
        [table] = evaluate(library(requirement("tower.rows")), record).tables
        lines = (record.tables / f"{table.name}.ndjson").read_text(encoding="utf-8").splitlines()
    assert [msgspec.json.decode(line) for line in lines] == [
        {"user": "a b", "found": "das Dach ist undicht"}, {"user": "roof", "found": "das Dach ist undicht"},
    ]  # fmt: skip


def test_a_refusal_that_was_recorded_in_english_is_told_in_the_language_of_the_evaluation() -> None:
    record = recording()
    collect([Heard()], [refusing("nobody opened")], record, clock=lambda: NOW)
    with speaking(OWN):
        results = evaluate(library(requirement()), record)
    assert {reason_of(one.observed) for one in results.findings} == {"niemand hat geöffnet"}
    assert "niemand hat geöffnet" in results.sources[0].detail


def test_everything_of_the_engine_is_looked_up() -> None:
    """Only what these checks, these requirements and these sources say is not in brackets."""
    told = found(pseudo(), tower=refusing("the towers are shut"))
    by_id = {one.id: one for one in told.findings}
    assert by_id["tower.height[a.test]"].observed == "⟦Not assessed: the towers are shut⟧"
    assert by_id["tower.nobody"].observed == "⟦Not assessed: ⟦not assessed by this version⟧⟧"
    assert by_id["tower.nobody"].remediation == ("⟦Confirm by hand: More than 10 m.⟧",)
    assert by_id["tower.nobody"].summary.startswith("⟦Nobody has said")
    assert told.sources[0].detail.startswith("⟦0 of 1 questions answered⟧")
    broken = found(pseudo(), requirement("tower.broken"), requirement("tower.empty"))
    assert [one.observed[:28] for one in broken.findings] == [
        "⟦Not assessed: ⟦the check sa", "⟦Not assessed: ⟦there was no",
    ]  # fmt: skip


def plain(results: Results) -> list[tuple[object, ...]]:
    """What does not depend on words."""
    return [
        (f.id, f.subject, f.scenarios, f.status, f.severity, f.necessity, f.blocked_by, f.unasked)
        for f in results.findings
    ]


@pytest.mark.parametrize("spoken", [OWN, GERMAN, pseudo()], ids=["own", "german", "brackets"])
def test_what_is_decided_is_the_same_in_every_language(spoken: Language) -> None:
    english, other = found(ENGLISH), found(spoken)
    assert plain(english) == plain(other)
    assert english.verdicts == other.verdicts
    assert other.language == spoken.code
    assert from_json(to_json(other)) == other


@pytest.mark.parametrize(("first", "second"), [(ENGLISH, GERMAN), (GERMAN, ENGLISH), (ENGLISH, pseudo())])
def test_a_run_in_another_language_shows_nothing_as_changed(first: Language, second: Language) -> None:
    run, kept = kept_run(found(first), "xx")
    later = found(second, weeks=1)
    new_run, new_kept = kept_run(later, "xx")
    said = past_of([(run, kept)], new_run, new_kept)
    assert said.last is not None
    assert {change.kind for change in said.last.changes} == {Kind.STILL_OPEN}
    assert regressions(said) == ()
    assert {one.since for one in said.open_since} == {run.as_of}
    assert {point.verdict for point in said.trend} == {later.verdicts[0].verdict}
    with speaking(second):
        [since] = past(msgspec.structs.replace(later, past=said), library(*ALL).catalogue).compared
    assert since.rows == ()


def test_the_very_same_run_in_another_language_is_kept_once(tmp_path: Path) -> None:
    with Store(tmp_path / "runs.sqlite") as store:
        for spoken in (ENGLISH, GERMAN, pseudo()):
            store.keep(*kept_run(found(spoken), "xx"))
        assert len(store.runs()) == 1


LEFT_OUT = Selection(skip=("tower.h*",))


@pytest.mark.parametrize("spoken", [ENGLISH, GERMAN, pseudo()], ids=["english", "german", "brackets"])
def test_what_was_left_out_and_what_no_check_measures_is_known_by_a_flag(spoken: Language) -> None:
    known = library(*ALL)
    with speaking(spoken):
        results = evaluate(known, recording(), selection=LEFT_OUT)
    flags = {one.id: one.unasked for one in results.findings}
    assert flags["tower.height"] == "left-out"
    assert flags["tower.nobody"] == "no-check"
    assert set(flags.values()) == {"", "left-out", "no-check"}
    _, kept = kept_run(results, "xx")
    assert [one.id for one in kept if one.left_out] == ["tower.height"]
    # Read by somebody whose language files are other ones: the flag says it all the same.
    for other in (spoken, ENGLISH, OWN):
        with speaking(other):
            cards = view(from_json(to_json(results)), known.catalogue).cards
        assert [card.id for card in cards if card.unassessed] == ["tower.nobody"]


@pytest.mark.parametrize("status", list(Status))
def test_only_what_nobody_asked_has_the_flag(status: Status) -> None:
    results = found(ENGLISH)
    flagged: Sequence[str] = [one.unasked for one in results.findings if one.status is status]
    assert status is Status.UNKNOWN or not any(flagged)


def test_remarks_in_commands_and_places_in_documents_are_looked_up_and_commands_are_not() -> None:
    first = shipped().catalogue.requirements["identity.domain-verified"]
    with speaking(GERMAN):
        own = translated(shipped().catalogue).requirements[first.id]
    said, english = own.commands[0].text, first.commands[0].text
    assert "# Sobald der Eintrag veröffentlicht ist:" in said.splitlines()
    assert [line for line in said.splitlines() if not line.startswith("# ")] == [
        line for line in english.splitlines() if not line.startswith("# ")
    ]
    assert [one.section for one in own.sources] == [one.section for one in first.sources]
    places = shipped().catalogue.requirements["identity.join-model"].sources
    with speaking(GERMAN):
        german = translated(shipped().catalogue).requirements["identity.join-model"].sources
    assert ("paragraphs 2-3", "Absätze 2-3") in [
        (one.step, also.step) for one, also in zip(places, german, strict=True)
    ]
