"""The one view: its counts are the results' counts, and nothing unknown is quiet."""

import msgspec
import pytest

import samples
from assess.model import Necessity, Severity, Status, Verdict
from assess.reporters.cuts import Limits, parts
from assess.reporters.view import View, order, view
from assess.reporters.words import counted, listed, number
from assess.results import Results


def shown(results: Results) -> View:
    return view(results, samples.catalogue())


@pytest.mark.parametrize("scenarios", [samples.TWO, samples.FIVE, samples.FIVE[:1]])
@pytest.mark.parametrize("size", [None, 7, 700])
def test_counts_are_those_of_the_results(size: int | None, scenarios: tuple[str, ...]) -> None:
    results = samples.sample(size, scenarios=scenarios)
    made = shown(results)
    assert made.total == len(results.findings)
    for banner, verdict in zip(made.banners, results.verdicts, strict=True):
        assert {s.value: n for s, n in banner.counts.items()} == verdict.counts
        assert banner.verdict is verdict.verdict
    for status in Status:
        assert sum(area.counts[status] for area in made.areas) == made.counts[status]
    assert sum(made.severities.values()) == made.total
    stopping = {finding for verdict in results.verdicts for finding in verdict.blockers}
    assert sum(stop.number for stop in made.stops) == len(stopping)
    assert {card.finding.id for card in made.cards if card.stops} == stopping


def test_every_unknown_and_unanswered_finding_has_a_cause() -> None:
    made = shown(samples.sample(scenarios=samples.FIVE))
    explained = [card.finding.id for cause in made.causes for card in cause.cards]
    quiet = {Status.UNKNOWN, Status.MANUAL}
    assert sorted(explained) == sorted(c.finding.id for c in made.cards if c.status in quiet)
    assert made.counts[Status.UNKNOWN] + made.counts[Status.MANUAL] == len(explained)
    assert all(cause.text and cause.where for cause in made.causes)


def test_causes_do_not_depend_on_the_subject() -> None:
    results = samples.sample(mix=["refused"])
    refused = [
        msgspec.structs.replace(f, subject=name, observed=f"Not assessed: {name} gave no answer")
        for f, name in zip(results.findings, ("a.test", "b.test", "c.test"), strict=False)
    ]
    [cause] = shown(msgspec.structs.replace(results, findings=tuple(refused))).causes
    assert len(cause.cards) == 3


def test_order_is_status_severity_id_and_does_not_depend_on_the_input() -> None:
    results = samples.sample(300)
    turned = msgspec.structs.replace(results, findings=results.findings[::-1])
    first, second = shown(results), shown(turned)
    assert [card.id for card in first.cards] == [card.id for card in second.cards]
    assert [card.anchor for card in first.cards] == [card.anchor for card in second.cards]
    for area in first.areas:
        keys = [order(card.finding) for card in area.cards]
        assert keys == sorted(keys)
    places = list(samples.catalogue().areas)
    assert [area.name for area in first.areas] == sorted(
        {area.name for area in first.areas}, key=places.index
    )


def test_the_status_field_has_one_mark_a_requirement_its_worst() -> None:
    made = shown(samples.sample(600))
    worst: dict[str, Status] = {}
    for card in made.cards:
        known = worst.get(card.finding.requirement, Status.NOT_APPLICABLE)
        worst[card.finding.requirement] = min(known, card.status, key=list(Status).index)
    assert {m.requirement: m.status for area in made.areas for m in area.marks} == worst


def test_every_reference_is_in_the_way_from_the_documents() -> None:
    results = samples.sample(scenarios=samples.FIVE)
    asked = {
        (r.document, r.section, r.step, f.requirement) for f in results.findings for r in f.references
    }
    told = {
        (paper.id, section.title, step.step, step.requirement)
        for paper in shown(results).papers
        for section in paper.sections
        for step in section.steps
    }
    assert told == asked
    for paper in shown(results).papers:
        for section in paper.sections:
            assert sum(len(steps) for _, _, steps in section.groups) == len(section.steps)


@pytest.mark.parametrize(
    ("mix", "headline", "lede"),
    [
        (["fail"], "Contoso cannot start yet", "must be mended"),
        (["unknown"], "Nobody can say yet whether Contoso can start", "could not be assessed"),
        (["manual"], "Nobody can say yet whether Contoso can start", "a person's answer"),
        (["warn"], "Contoso can start, with warnings", "warnings"),
        (["pass"], "Contoso can start", ""),
        (["not-applicable"], "Nobody can say yet whether Contoso can start", ""),
    ],
)
def test_the_verdict_as_a_sentence(mix: list[str], headline: str, lede: str) -> None:
    made = shown(samples.sample(mix=mix))
    assert made.headline == headline
    assert lede in made.lede
    assert all(banner.why.endswith(".") for banner in made.banners)


def test_without_findings_nothing_is_ready() -> None:
    made = shown(samples.sample(0))
    assert {banner.verdict for banner in made.banners} == {Verdict.UNDETERMINED}
    assert made.banners[0].why == "Nothing was measured. Treat it as not ready."
    assert made.banners[0].score == "No score: nothing counts."


def test_a_waived_failure_stops_nothing_but_stays_a_failure() -> None:
    made = shown(samples.sample(mix=["waived"]))
    assert made.stops == ()
    assert made.counts[Status.FAIL] == made.total
    assert all("Risk accepted by R. Keller until 31 Jan 2027" in card.waiver for card in made.cards)
    assert all(card.waiver.endswith("The status stays as it is.") for card in made.cards)


def test_an_expired_waiver_says_so() -> None:
    late = samples.AS_OF.replace(year=2027, month=3)
    made = shown(samples.sample(mix=["waived"], started=late))
    assert made.cards[0].waiver.startswith("Acceptance expired")


def test_a_statement_is_never_told_as_a_consequence() -> None:
    results = samples.sample(mix=["fail"])
    requirements = samples.catalogue().requirements
    stated = tuple(
        msgspec.structs.replace(f, summary=requirements[f.requirement].statement)
        for f in results.findings
    )
    made = shown(msgspec.structs.replace(results, findings=stated))
    assert all(card.consequence.startswith("Asked for: ") for card in made.cards)
    assert all(stop.text.startswith("Not met: ") for stop in made.stops)


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "file:///etc/passwd", "data:text/html,x", "//x", "http:", "https://[x"]
)
def test_only_addresses_of_the_web_become_links(url: str) -> None:
    results = samples.sample(1)
    [finding] = results.findings
    reference = msgspec.structs.replace(finding.references[0], url=url)
    changed = msgspec.structs.replace(finding, references=(reference,))
    [card] = shown(msgspec.structs.replace(results, findings=(changed,))).cards
    assert [tag.url for tag in card.references] == [""]


def test_a_foreign_file_is_cleaned_and_keeps_its_anchors_apart() -> None:
    results = samples.sample(1)
    [finding] = results.findings
    twice = msgspec.structs.replace(finding, title="a\u202eb\x00c", area="elsewhere")
    made = shown(msgspec.structs.replace(results, findings=(twice, twice)))
    assert [card.title for card in made.cards] == ["a\ufffdb\ufffdc"] * 2
    assert len({card.anchor for card in made.cards}) == 2
    assert made.areas[0].title == "Elsewhere"


@pytest.mark.parametrize("size", [10, 149, 2000])
def test_what_is_cut_is_counted(size: int) -> None:
    made = shown(samples.sample(size))
    limits = Limits(cards=10, rows=60, subjects=3, evidence=2)
    divided = parts(made, limits)
    visible = [card for part in divided for card in part.shown]
    assert len(visible) == len({card.anchor for card in visible})
    assert sum(len(part.cards) for part in divided) <= limits.cards
    assert len(visible) <= limits.cards + limits.rows
    for part in divided:
        hidden = len(part.area.cards) - len(part.shown)
        assert bool(part.cuts) is bool(hidden)
        assert all("report.xlsx, sheet Findings" in text for text in part.cuts)
    worst = sorted(order(card.finding) for card in made.cards if card.status is Status.FAIL)[:1]
    assert all(any(order(card.finding) == key for card in visible) for key in worst)


def test_a_finding_without_a_check_is_a_row_of_its_area_and_counts_as_unknown() -> None:
    made = shown(samples.sample(mix=["unassessed", "pass"]))
    rows = [card for part in parts(made, Limits(60, 400, 8, 8)) for card in part.unassessed]
    assert len(rows) == made.counts[Status.UNKNOWN] > 0
    assert all(card.remedy[0].startswith("Confirm by hand") for card in rows)


def test_words() -> None:
    assert [number(n) for n in (0, 1, 12, 13, 1284)] == ["no", "one", "twelve", "13", "1,284"]
    assert counted(1, "finding", "findings") == "one finding"
    assert [listed(x) for x in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == [
        "", "a", "a and b", "a, b and c",
    ]  # fmt: skip
    assert Severity.BLOCKER.value.capitalize() == "Blocker"
    assert Necessity.REQUIRED.value == "required"
