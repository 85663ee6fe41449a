"""A whole run: every requirement judged, and what the findings come to.

Built from judgements alone; every text is cleaned on the way.
"""

from collections.abc import Callable, Sequence

import msgspec

from assess import __version__
from assess.catalogue import Requirement
from assess.check import Check
from assess.discover import Library
from assess.engagement import Engagement
from assess.evaluate import Judgement, judge, left_out
from assess.language import spoken
from assess.recording import Recording
from assess.results.cleaning import LONGEST_LETTER, clean
from assess.results.file import SCHEMA_VERSION
from assess.results.findings import Builder, with_blocks
from assess.results.options import options_of
from assess.results.selection import Selection
from assess.results.shapes import (
    ACTION_PLAN,
    EngagementSummary,
    Finding,
    PlanNote,
    PlanRead,
    Results,
    Tool,
)
from assess.results.sources import sources_of
from assess.results.verdicts import verdict_of
from assess.waivers import WaiverNote, review

Judging = Callable[[Requirement, Check | None, Recording, str], Judgement]


def evaluate(
    library: Library,
    recording: Recording,
    *,
    scenarios: Sequence[str] = (),
    selection: Selection | None = None,
    judging: Judging = judge,
) -> Results:
    """Judge every requirement of the scenarios and put the findings together.

    ``scenarios`` is in the order of the engagement file's reports; empty means all of its own.
    ``judging`` decides one requirement for one scenario.
    """
    engagement = recording.engagement
    chosen = tuple(scenarios) or engagement.scenarios
    chooses = selection or Selection()
    builder = Builder(library, recording)
    for requirement in library.catalogue.selected(chosen):
        mine = [scenario for scenario in chosen if scenario in requirement.scenarios]
        check = library.checks.get(requirement.id)
        option = chooses.leaves_out(requirement.id)
        judged: dict[str, Judgement] = {}
        for scenario in mine:
            if option is not None:
                judged[scenario] = left_out(option)
            elif judged and not (check is not None and check.per_scenario):
                judged[scenario] = judged[mine[0]]
            else:
                judged[scenario] = judging(requirement, check, recording, scenario)
        builder.add(requirement, judged)
    findings = with_blocks(builder.findings, library)
    return Results(
        schema_version=SCHEMA_VERSION,
        tool=Tool("assess", __version__),
        engagement=_summary(engagement, chosen),
        as_of=recording.as_of,
        started_at=recording.started_at,
        finished_at=recording.finished_at,
        verdicts=tuple(verdict_of(scenario, findings) for scenario in chosen),
        findings=findings,
        tables=tuple(builder.tables),
        sources=sources_of(recording),
        waivers=tuple(_cleaned(note) for note in _reviewed(recording, findings)),
        partial=_partial(engagement, chosen, chooses),
        options=options_of(engagement),
        letter=clean(engagement.letter, LONGEST_LETTER),
        unplaced=tuple(clean(name) for name in engagement.comments if name not in builder.borne),
        plan=_plan(recording),
        privacy="full" if recording.veil is None else recording.veil.level,
        language=spoken().code,
    )


def _plan(recording: Recording) -> PlanRead | None:
    """What people wrote into the action plan; None where it was not read, or refused."""
    record = recording.records.get(ACTION_PLAN)
    if record is None or record.refusal is not None:
        return None
    try:
        read = msgspec.json.decode(record.answer, type=PlanRead)
    except msgspec.MsgspecError:
        return None
    notes = (
        PlanNote(clean(n.finding), clean(n.owner), n.due, clean(n.state), clean(n.note))
        for n in read.notes
    )
    return PlanRead(clean(read.file), tuple(notes), tuple(clean(fault) for fault in read.faults))


def _reviewed(recording: Recording, findings: Sequence[Finding]) -> tuple[WaiverNote, ...]:
    """The waivers to look at again; subjects that were cleaned are compared as such."""
    said = [(f.requirement, f.subject, f.status) for f in findings]
    return review(recording.engagement.waivers, said, recording.as_of.date())


def _cleaned(note: WaiverNote) -> WaiverNote:
    texts = {name: clean(getattr(note, name)) for name in ("requirement", "reason", "by", "text")}
    subject = None if note.subject is None else clean(note.subject)
    return msgspec.structs.replace(note, subject=subject, **texts)


def _partial(engagement: Engagement, chosen: tuple[str, ...], chooses: Selection) -> str:
    """The options that make it less than a whole run."""
    fewer = [f"--scenario {name}" for name in chosen if len(chosen) < len(engagement.scenarios)]
    return clean(" ".join([*fewer, *([chooses.said] if chooses.said else [])]))


def _summary(engagement: Engagement, scenarios: tuple[str, ...]) -> EngagementSummary:
    return EngagementSummary(
        clean(engagement.name),
        clean(engagement.customer),
        scenarios,
        engagement.get("tenant.id"),
        engagement.get("site.code"),
    )
