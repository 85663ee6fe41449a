"""evidence.zip: equal when read back, merged, and safe against strange archives."""

import stat
import zipfile
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assess import recording as files
from assess.collect import collect
from assess.errors import RecordingError, Unavailable
from assess.evidence import Ask, Note, fill
from assess.recording import Record, Recording, Refusal
from samplechecks import (
    NOW,
    Heard,
    Heights,
    Lists,
    Many,
    Row,
    Towers,
    measured,
    recording,
    refusing,
)


def filled():
    record = recording(cmg__service_name="cmg.a.test", waivers=[
        {"requirement": "a.b", "reason": "lab", "by": "B. Roth", "until": "2027-01-31"}])

    def tell(ask, visit):
        visit.requests += 2
        visit.note("tower", "high", about="a.test")
        if isinstance(ask, Heard):
            return Heights({"a.test": 3, "b.test": 4})
        with visit.table("towers") as writer:
            writer.add(Row("é\n"))
        return Many(visit.listed("towers", writer, Row))

    collect([Heard(), Lists()], [Towers(tell)], record, clock=lambda: NOW)
    return record


def test_read_back_it_is_equal(tmp_path):
    record = filled()
    files.write(record, tmp_path / "x.evidence.zip", tool="assess test")
    again = files.read(tmp_path / "x.evidence.zip")
    assert again.records == record.records
    assert again.engagement.public() == record.engagement.public()
    assert (again.as_of, again.started_at, again.finished_at) == (NOW, NOW, NOW)
    assert again.answer(Heard()) == Heights({"a.test": 3, "b.test": 4})
    assert list(again.answer(Lists()).rows) == [Row("é\n")]


def test_the_file_is_the_owners_alone_and_never_half(tmp_path):
    target = tmp_path / "x.evidence.zip"
    files.write(filled(), target, tool="t")
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    before = target.read_bytes()
    broken = filled()
    broken.records["x"] = object()
    with pytest.raises(TypeError):
        files.write(broken, target, tool="t")
    assert target.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["x.evidence.zip"]


@pytest.mark.parametrize("name", ["../../evil.ndjson", "/etc/evil", "tables/../evil.ndjson", "tables\\evil.ndjson", "tables/a/b.ndjson"])
def test_no_path_of_the_archives_is_used(tmp_path, name):
    target = tmp_path / "x.evidence.zip"
    files.write(filled(), target, tool="t")
    with zipfile.ZipFile(target, "a") as archive:
        archive.writestr(name, "{}\n")
    again = files.read(target)
    assert sorted(p.name for p in again.tables.iterdir()) == ["towers.ndjson"]
    assert not list(tmp_path.parent.glob("evil*"))


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"no zip at all"])
def test_what_is_no_evidence_file_is_said(tmp_path, content):
    target = tmp_path / "x.zip"
    target.write_bytes(content)
    with pytest.raises(RecordingError, match="not an evidence file"):
        files.read(target)
    with pytest.raises(RecordingError):
        files.read(tmp_path / "absent.zip")


def test_a_zip_without_a_recording(tmp_path):
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("recording.json", b'{"format": 1}')
    with pytest.raises(RecordingError):
        files.read(tmp_path / "x.zip")


def test_merging_prefers_answers_and_then_the_later_one():
    inside, outside = recording(), recording()
    collect([Heard()], [refusing()], inside, clock=lambda: NOW)
    collect([Heard()], [measured(a_test=1)], outside, clock=lambda: NOW)
    inside.as_of = NOW + timedelta(hours=1)
    merged = files.merge([inside, outside])
    assert merged.answer(Heard()) == Heights({"a.test": 1})
    assert merged.as_of == inside.as_of
    later = recording()
    later.as_of = NOW + timedelta(hours=2)
    collect([Heard()], [measured(a_test=2)], later, clock=lambda: NOW)
    assert files.merge([later, outside, inside]).answer(Heard()) == Heights({"a.test": 2})


def test_merging_completes_part_by_part():
    """What the laptop could not ask, the site server could, and the other way round."""
    from assess.evidence.dns import Aliases, Cname, NoAnswer, NoName, Target

    def seen(hour, **by_name):
        record = recording()
        record.as_of = NOW + timedelta(hours=hour)
        answer = Aliases({name.replace("_", "."): value for name, value in by_name.items()})
        notes = tuple(Note(name, value.text, NOW, name) for name, value in answer.by_name.items())
        ask = Cname("www.{domain}").bind(record)
        record.add(Record(ask.key, "dns", "d", NOW, NOW, notes=notes, answer=files.encode_answer(answer)))
        return record

    early = seen(0, www_a_test=Target("x.test"), www_b_test=NoAnswer("timed out"))
    late = seen(1, www_a_test=NoAnswer("timed out"), www_b_test=NoName())
    merged = files.merge([early, late])
    assert merged.answer(Cname("www.{domain}")).by_name == {"www.a.test": Target("x.test"), "www.b.test": NoName()}
    assert len(merged.record(Cname("www.{domain}").bind(merged)).notes) == 4
    last = seen(2, www_a_test=Target("y.test"), www_b_test=NoAnswer("timed out"))
    by_name = files.merge([early, late, last]).answer(Cname("www.{domain}")).by_name
    assert by_name == {"www.a.test": Target("y.test"), "www.b.test": NoName()}


def test_merging_different_engagements_is_refused():
    other = recording()
    other.engagement = recording(engagement={"name": "fabrikam", "scenarios": ["hybrid-mdm"]}).engagement
    with pytest.raises(RecordingError, match="different engagements"):
        files.merge([recording(), other])


def test_merging_takes_the_tables_along():
    record = filled()
    merged = files.merge([recording(), record])
    assert [row.name for row in merged.answer(Lists()).rows] == ["é\n"]


def test_each_question_is_asked_once_however_many_want_it():
    from assess.collect import questions
    from samplechecks import CHECKS

    asks = questions([CHECKS["tower.height"], CHECKS["tower.optional"], CHECKS["tower.key"]])
    assert asks == [Heard()]


class Dependent(Ask, frozen=True):
    source = "http"
    answer = Heights
    names: tuple[str, ...] = ()

    def requires(self):
        return (Heard(),)

    def bind(self, known):
        return type(self)(tuple(known.answer(Heard()).metres))


def test_a_question_waits_for_those_it_requires():
    record = recording()
    tower = measured(a_test=1, b_test=2)
    collect([Dependent(), Heard()], [tower], record, clock=lambda: NOW)
    assert tower.asked == [Heard(("a.test", "b.test")), Dependent(("a.test", "b.test"))]


def test_a_question_whose_requirement_is_refused_is_refused_too():
    record = recording()
    collect([Dependent(), Heard()], [refusing("the towers are shut")], record, clock=lambda: NOW)
    with pytest.raises(Unavailable, match="the towers are shut"):
        record.answer(Dependent())


@given(st.dictionaries(st.text(), st.text(max_size=50), max_size=5), st.text(), st.text(min_size=1))
def test_records_survive_any_text(answer, reason, location):
    import msgspec

    record = Record(
        "k", "http", "d", NOW, NOW, notes=(Note(location, reason, NOW),),
        answer=files.encode_answer(answer), refusal=Refusal(reason),
    )
    assert msgspec.json.decode(msgspec.json.encode(record), type=Record) == record


def test_braces_are_filled_from_the_engagement_file():
    known: Recording = recording(cmg__service_name="cmg.a.test")
    assert fill(("www.{domain}",), known) == ("www.a.test", "www.b.test")
    assert fill("{cmg.service_name}", known) == "cmg.a.test"
    assert fill("no braces { at all }", known) == "no braces { at all }"
    with pytest.raises(Unavailable, match="2 values"):
        fill("{domain}", known)
    with pytest.raises(Unavailable) as refusal:
        fill("{cmg.region}", known)
    assert refusal.value.key == "cmg.region"


def test_progress_counts_questions_by_source():
    seen = []
    record = recording()

    def tell(ask, visit):
        visit.progress(1200, 5000)
        return Heights({})

    collect([Heard()], [Towers(tell)], record, clock=lambda: NOW, progress=lambda *told: seen.append(told))
    assert seen == [
        ("http", 0, 1, "Heard"), ("http", 0, 1, "Heard 1,200 of 5,000"), ("http", 1, 1, ""),
    ]  # fmt: skip
