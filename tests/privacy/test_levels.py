"""Privacy levels on a whole run: no name in any byte of any output, and no verdict gets better.

The example customer's people and devices are given names that are made up by the test, in the
evidence as a text: where they stand is found out without what the evidence says of itself.
"""

import io
import json
import re
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pypdf
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from assess import recording
from assess.demo import EXAMPLE
from assess.discover import library
from assess.engagement import Waiver
from assess.errors import EngagementError, RecordingError
from assess.model import Status
from assess.privacy.key import made_of
from assess.privacy.pseudonyms import MADE
from assess.privacy.showing import asked, showing
from assess.recording import Record, Recording
from assess.rendering import FILE_NAMES, write_one
from assess.reporters import REPORTERS
from assess.results import ACTION_PLAN, PlanNote, PlanRead, Results, Selection, evaluate, to_json
from demo_run import assess
from standings import worst

TOOL = "assess test"
# Words that the product and the documents use themselves.
ORDINARY = {"administrator", "guest", "admin", "krbtgt", "info", "service"}
FIELDS = {
    "userPrincipalName", "displayName", "onPremisesUserPrincipalName", "onPremisesSamAccountName",
    "mail", "proxyAddresses", "deviceName", "serialNumber", "upn", "account", "addresses", "dn",
    "UserPrincipalName", "UniqueUserName", "unique_user_name", "Name", "name",
}  # fmt: skip


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example's evidence, in full."""
    folder = tmp_path_factory.mktemp("privacy")
    with assess(EXAMPLE, tmp_path_factory.mktemp("run")).evidence as evidence:
        recording.write(evidence, folder / "full.zip", tool=TOOL)
    return folder / "full.zip"


@pytest.fixture
def full(file: Path) -> Iterator[Recording]:
    with recording.read(file) as evidence:
        yield evidence


def members(file: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(file) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def original_names(file: Path) -> list[str]:
    """What people, accounts and devices are called in the tables of the example, longest first."""
    found: set[str] = set()
    for name, data in members(file).items():
        if not re.match(r"tables/(graph|ldap|adminservice)", name):
            continue
        for line in data.decode().splitlines():
            for field, value in json.loads(line).items():
                if field in FIELDS:
                    for text in value if isinstance(value, list) else [value or ""]:
                        found |= set(parts(text))
    settings_ = json.loads(members(file)["recording.json"])["engagement"]["values"]
    found |= {str(settings_["accounts.global_admin_upn"]).partition("@")[0]}
    found |= set(settings_["planning.pilot_devices"])
    # The servers of the engagement file are what findings are about.
    servers = {text.partition(".")[0].casefold() for text in re.findall(r'"([\w-]+\.[\w.-]+)"', json.dumps(settings_))}
    kept = ORDINARY | servers
    return sorted((n for n in found if len(n) > 3 and n.casefold() not in kept), key=len, reverse=True)


def parts(text: str) -> Iterator[str]:
    if text.upper().startswith("CN="):
        yield re.split(r"(?<!\\),", text)[0][3:].replace("\\", "")
    else:
        local = re.sub(r"^(smtp|sip):", "", text, flags=re.IGNORECASE).rpartition("@")[0] or text
        yield re.sub(r"(?i)#ext#$", "", local.rpartition("\\")[2]).partition("/")[0]


def renamed(file: Path, target: Path, new: dict[str, str]) -> None:
    """The evidence with other names, replaced as text wherever they stand as words."""
    pattern = re.compile(
        r"(?<![\w.-])(" + "|".join(re.escape(json.dumps(n)[1:-1]) for n in new) + r")(?![\w-])", re.IGNORECASE
    )
    folded = {json.dumps(old)[1:-1].casefold(): json.dumps(made, ensure_ascii=False)[1:-1] for old, made in new.items()}
    with zipfile.ZipFile(target, "w") as out:
        for name, data in members(file).items():
            out.writestr(name, pattern.sub(lambda m: folded[m[1].casefold()], data.decode()))


def shown(evidence: Recording, level: str, key: bytes = b"key") -> tuple[Results, Results, Recording]:
    before = evaluate(library(), evidence)
    pseudonyms = made_of(key, evidence.engagement)
    return before, *showing(before, evidence, level, pseudonyms, library(), Selection())


def everything(told: Results, copy: Recording, folder: Path, formats: tuple[str, ...]) -> dict[str, str]:
    """Every byte that a run writes, as text; packed files unpacked."""
    folder.mkdir(exist_ok=True)
    recording.write(copy, folder / "evidence.zip", tool=TOOL)
    found = {f"evidence.zip/{n}": d.decode() for n, d in members(folder / "evidence.zip").items()}
    found["results.json"] = to_json(told).decode()
    for name in formats:
        target = folder / FILE_NAMES[name]
        assert write_one(name, to_json(told), library().catalogue, copy.tables, target).reason == ""
        data = target.read_bytes()
        if name == "xlsx":
            found |= {f"xlsx/{n}": d.decode("utf-8", "replace") for n, d in members(target).items()}
        elif name == "pdf":
            reader = pypdf.PdfReader(io.BytesIO(data))
            found["pdf"] = "\n".join(page.extract_text() for page in reader.pages) + str(reader.metadata)
            found["pdf bytes"] = data.decode("latin-1")
        else:
            found[name] = data.decode()
    return found


def told_of(name: str, outputs: dict[str, str]) -> list[str]:
    folded = {name.casefold(), json.dumps(name)[1:-1].casefold()}
    return [where for where, text in outputs.items() for one in folded if one in text.casefold()]


SYLLABLES = ["zyq", "xöj", "wuvx", "qy'k", "ßjz", "kxé", "vqh", "jzw"]


@settings(max_examples=4, deadline=None, phases=(Phase.generate,), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(random=st.randoms(use_true_random=False))
def test_no_name_in_any_byte_and_no_verdict_better(file: Path, tmp_path: Path, random: Random) -> None:
    old = original_names(file)
    # Each of its own, and none a part of another.
    stems = ["".join(random.choices(SYLLABLES, k=random.randint(2, 4))) + f"{n:03}q" for n, _ in enumerate(old)]
    new = dict(zip(old, stems, strict=True))
    renamed(file, tmp_path / "renamed.zip", new)
    with recording.read(tmp_path / "renamed.zip") as evidence:
        # The names are in the full reports: else the test would show nothing.
        before, told, copy = shown(evidence, "pseudonymised")
        with copy:
            said = to_json(before).decode().casefold()
            assert sum(name.casefold() in said for name in stems) > 5
            formats = tuple(name for name in REPORTERS if name not in ("pdf", "json"))
            outputs = everything(told, copy, tmp_path / "out", formats)
            assert {name: told_of(name, outputs) for name in stems if told_of(name, outputs)} == {}
            assert [v.verdict for v in told.verdicts] == [v.verdict for v in before.verdicts]
            assert [f.status for f in told.findings] == [f.status for f in before.findings]
        with recording.read(tmp_path / "out" / "evidence.zip") as back:
            alone = worst(evaluate(library(), back))
        assert not {key for key, value in worst(before).items() if alone[key] > value}


@pytest.mark.parametrize("level", ["pseudonymised", "summary"])
def test_every_format_of_the_example(full: Recording, file: Path, tmp_path: Path, level: str) -> None:
    before, told, copy = shown(full, level)
    with copy:
        outputs = everything(told, copy, tmp_path / level, tuple(REPORTERS))
    names = [name for name in original_names(file) if len(name) > 5]
    assert len(names) > 20
    bounded = {where: text.casefold() for where, text in outputs.items() if where != "pdf bytes"}
    left = {
        name: [w for w, text in bounded.items() if re.search(rf"(?<!\w){re.escape(name.casefold())}(?!\w)", text)]
        for name in names
    }
    assert {name: places for name, places in left.items() if places} == {}
    assert [v.verdict for v in told.verdicts] == [v.verdict for v in before.verdicts]
    assert [v.score for v in told.verdicts] == [v.score for v in before.verdicts]
    assert told.privacy == level


def test_a_summary_has_no_table_no_value_and_no_pseudonym(full: Recording, tmp_path: Path) -> None:
    _, told, copy = shown(full, "summary")
    with copy:
        assert {f.requirement for f in told.findings} <= set(library().catalogue.requirements)
        assert all(f.id.startswith(f.requirement) for f in told.findings)
        assert not told.tables
        assert not list(copy.tables.iterdir())
        assert {line.value for f in told.findings for line in f.evidence} == {"not shown"}
        assert not re.search(r"(user|dev)-[2-7][a-z2-7]{9}|SN-[2-7][A-Z2-7]{9}|Person [2-7][a-z2-7]{9}", to_json(told).decode())
        recording.write(copy, tmp_path / "summary.zip", tool=TOOL)
    with recording.read(tmp_path / "summary.zip") as back:
        statuses = {(f.requirement, f.status) for f in evaluate(library(), back).findings}
    measured = {name for name, status in statuses if status is Status.PASS}
    assert measured <= {f.requirement for f in told.findings if f.status is Status.PASS}


def test_what_it_cannot_decide_is_unknown_with_the_reason(full: Recording) -> None:
    before, _, copy = shown(full, "pseudonymised")
    assert copy.veil is not None
    assert copy.veil.proven is not None
    with copy:
        decided = evaluate(library(), copy)
        assert {f.requirement: f.status for f in before.findings if f.requirement in copy.veil.proven} == {
            f.requirement: f.status for f in decided.findings if f.requirement in copy.veil.proven
        }
        # Nobody has proven anything: whatever was read of people is unknown.
        copy.veil = msgspec.structs.replace(copy.veil, proven={})
        doubted = evaluate(library(), copy)
    [one] = [f for f in doubted.findings if f.requirement == "identity.directory-sync"]
    assert one.status is Status.UNKNOWN
    assert "pseudonyms" in one.observed
    assert one.remediation
    assert not {k for k, v in worst(before).items() if worst(doubted)[k] > v}


def test_another_version_is_not_believed(full: Recording) -> None:
    _, _, copy = shown(full, "pseudonymised")
    with copy:
        assert copy.veil is not None
        copy.veil = msgspec.structs.replace(copy.veil, tool="assess 0.0.1")
        found = evaluate(library(), copy)
    [one] = [f for f in found.findings if f.requirement == "identity.directory-sync"]
    assert one.status is Status.UNKNOWN


def test_the_same_person_in_two_runs_and_another_in_another_engagement(full: Recording) -> None:
    _, first, one = shown(full, "pseudonymised")
    _, again, two = shown(full, "pseudonymised")
    _, other, three = shown(full, "pseudonymised", key=b"another")
    for copy in (one, two, three):
        copy.close()
    assert to_json(first) == to_json(again)
    ours = set(re.findall(r"user-[2-7][a-z2-7]{9}", to_json(first).decode()))
    assert ours
    assert not ours & set(re.findall(r"user-[2-7][a-z2-7]{9}", to_json(other).decode()))


def test_a_waiver_stays_on_its_subject(full: Recording) -> None:
    before = evaluate(library(), full)
    open_ = next(f for f in before.findings if f.subject and f.subject.startswith("CORP\\"))
    waiver = Waiver(open_.requirement, "agreed", "Ben Walters", full.as_of.date(), open_.subject)
    full.engagement = replace(full.engagement, waivers=(waiver,))
    _, told, copy = shown(full, "pseudonymised")
    copy.close()
    [one] = [f for f in told.findings if f.requirement == open_.requirement]
    assert one.waiver is not None
    assert "Walters" not in one.waiver.by
    assert one.subject != open_.subject


def test_names_are_not_mixed_with_pseudonyms(full: Recording, file: Path, tmp_path: Path) -> None:
    _, told, copy = shown(full, "pseudonymised")
    with copy:
        recording.write(copy, tmp_path / "a.zip", tool=TOOL)
        with pytest.raises(EngagementError, match="cannot be had"):
            showing(told, copy, "full", made_of(b"k", full.engagement), library(), Selection())
    _, _, other = shown(full, "pseudonymised", key=b"another")
    with recording.read(tmp_path / "a.zip") as one, other, recording.read(file) as plain:
        for wrong in ([one, other], [one, plain]):
            with pytest.raises(RecordingError, match="different ways"):
                recording.merge(wrong)
        with recording.read(tmp_path / "a.zip") as same, recording.merge([one, same]) as merged:
            assert merged.veil is not None
            assert merged.veil.proven == {}


def test_what_people_wrote_into_the_action_plan(full: Recording) -> None:
    before = evaluate(library(), full)
    on = next(f.id for f in before.findings if f.subject and f.subject.startswith("CORP\\"))
    notes = (PlanNote(on, "Zyxandra Quill", None, "open", "ask Zyxandra"),)
    answer = recording.encode_answer(PlanRead("plan.xlsx", notes, ("row 3: Zyxandra is no day",)))
    full.add(Record(ACTION_PLAN, ACTION_PLAN, "the action plan", full.as_of, full.as_of, answer=answer))
    for level in ("pseudonymised", "summary"):
        _, told, copy = shown(full, level)
        with copy:
            assert "Zyxandra" not in to_json(told).decode() + str(list(copy.records.values()))
        if level == "pseudonymised":
            assert told.plan is not None
            assert told.plan.notes[0].finding in {f.id for f in told.findings}
            assert told.plan.notes[0].owner.startswith("Person ")
        else:
            assert told.plan is None


def test_no_command_names_a_pseudonym(full: Recording) -> None:
    _, told, copy = shown(full, "pseudonymised")
    copy.close()
    assert not [c.text for f in told.findings for c in f.commands if MADE.search(c.text)]


def test_an_answer_that_cannot_be_read_is_left_out(full: Recording) -> None:
    record = next(r for r in full.records.values() if "graph.Users" in r.ask)
    with (full.tables / "graph.users.ndjson").open("ab") as file:
        file.write(b'{"id": "x", "userPrincipalName": "zyxandra.quill@contoso.com"')
    _, told, copy = shown(full, "pseudonymised")
    with copy:
        refusal: Any = copy.records[record.ask].refusal
        assert "cannot be read" in refusal.reason
        assert "quill" not in to_json(told).decode()


def test_an_answer_to_an_unknown_question_is_left_out(full: Recording) -> None:
    record = next(r for r in full.records.values() if "graph.Users" in r.ask)
    strange = msgspec.structs.replace(record, ask='stranger.checks.People{"all":true}')
    full.add(strange)
    _, _, copy = shown(full, "pseudonymised")
    with copy:
        refusal: Any = copy.records[strange.ask].refusal
    assert "does not know" in refusal.reason
    assert refusal.mend


def test_every_question_of_the_checks_is_known() -> None:
    kinds = asked(library())
    assert "assess.evidence.graph.Users" in kinds
    assert "assess.evidence.directory.DirectoryUsers" in kinds
