"""The rule above all others, on whole runs: evidence that is lost never makes anything better.

Answers of two customers are taken away, one by one and in handfuls, refused or never asked. What
was open before stays open; a warning may become unknown, and nothing becomes a pass.
"""

from collections.abc import Iterable, Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assess.demo import EXAMPLE
from assess.discover import library
from assess.model import Status
from assess.recording import NOTHING, Record, Recording, Refusal
from assess.results import evaluate
from customers import fabrikam
from demo_run import assess
from standings import worst


@pytest.fixture(scope="module", params=["the example", "another customer"])
def seen(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recording]:
    source = EXAMPLE
    if request.param != "the example":
        source = tmp_path_factory.mktemp("fabrikam")
        fabrikam.write(source)
    with assess(source, tmp_path_factory.mktemp("run")).evidence as evidence:
        yield evidence


def without(seen: Recording, lost: Iterable[str], *, refused: bool) -> Recording:
    """The recording less some answers: refused, or never asked."""
    gone = set(lost)
    records: list[Record] = []
    for key, record in seen.records.items():
        if key not in gone:
            records.append(record)
        elif refused:
            refusal = Refusal("refused by a test", "Ask again.")
            records.append(
                Record(
                    key, record.source, record.described, record.asked_at, record.read_at,
                    answer=NOTHING, refusal=refusal,
                )
            )
    return Recording(
        seen.engagement, as_of=seen.as_of, started_at=seen.started_at, finished_at=seen.finished_at,
        records=records, tables=seen.tables,
    )  # fmt: skip


def compare(seen: Recording, lost: Iterable[str], *, refused: bool) -> None:
    before = worst(evaluate(library(), seen))
    lost = list(lost)
    after = worst(evaluate(library(), without(seen, lost, refused=refused)))
    better = {key for key in before if after[key] > before[key]}
    assert not better, f"{sorted(better)} became better without {lost}"


def test_each_answer_alone(seen: Recording) -> None:
    before = worst(evaluate(library(), seen))
    better = []
    for key in seen.records:
        after = worst(evaluate(library(), without(seen, [key], refused=True)))
        better += [(*one, key) for one in before if after[one] > before[one]]
    assert not better


def test_each_source_alone(seen: Recording) -> None:
    for source in {record.source for record in seen.records.values()}:
        lost = [key for key, record in seen.records.items() if record.source == source]
        for refused in (True, False):
            compare(seen, lost, refused=refused)


def test_all_at_once(seen: Recording) -> None:
    compare(seen, seen.records, refused=True)
    blind = evaluate(library(), without(seen, seen.records, refused=False))
    answered = {"config", "attestation"}
    for finding in blind.findings:
        if finding.status is Status.PASS:
            assert {line.source for line in finding.evidence} <= answered, finding.id


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_handfuls(seen: Recording, data: st.DataObject) -> None:
    lost = data.draw(st.sets(st.sampled_from(sorted(seen.records)), min_size=2))
    compare(seen, lost, refused=data.draw(st.booleans()))
