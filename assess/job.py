"""The whole job, as the commands share it: gather, judge, render, and the exit code."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import msgspec

from assess import __version__, files, recording, results
from assess.check import Check
from assess.collect import collect, questions
from assess.connectors import Progress
from assess.connectors.exported import with_export
from assess.discover import Library
from assess.engagement import Engagement
from assess.errors import EngagementError, Unavailable
from assess.evidence import Ask
from assess.exits import NOT_READY, OK, UNDETERMINED
from assess.history.changes import lost_sight, regressions
from assess.history.place import place_of
from assess.history.shapes import Kind
from assess.language import tr
from assess.model import Status, Verdict
from assess.plan.noted import by_finding, overdue, read_plan
from assess.recording import Record, Recording, Refusal
from assess.rendering import FILE_NAMES, Renderer
from assess.reporters.brand import PLAIN, Brand
from assess.results import ACTION_PLAN, FormatOf, Results, Selection
from assess.sources import connectors_for, whom

Clock = Callable[[], datetime]


@dataclass(frozen=True)
class Wanted:
    """What is asked of a run."""

    scenarios: tuple[str, ...]
    selection: Selection = field(default_factory=Selection)
    formats: tuple[str, ...] = ()
    privacy: str = "full"
    brand: Brand = PLAIN


def scenarios_of(engagement: Engagement, chosen: Sequence[str]) -> tuple[str, ...]:
    """The scenarios to judge, in the order of reports. Raises EngagementError for a strange one."""
    strange = [scenario for scenario in chosen if scenario not in engagement.scenarios]
    if strange:
        raise EngagementError(
            f"--scenario {strange[0]} is not among engagement.scenarios of {engagement.file}: "
            f"{', '.join(engagement.scenarios)}"
        )
    return tuple(s for s in engagement.scenarios if not chosen or s in chosen)


def checks_of(library: Library, wanted: Wanted) -> list[Check]:
    """The checks of the wanted requirements."""
    return [
        library.checks[requirement.id]
        for requirement in library.catalogue.selected(wanted.scenarios)
        if requirement.id in library.checks and wanted.selection.leaves_out(requirement.id) is None
    ]


def gather(
    library: Library,
    engagement: Engagement,
    wanted: Wanted,
    clock: Clock,
    progress: Progress | None = None,
) -> Recording:
    """Read every source that the wanted requirements need; never fails for what a source does."""
    asks = questions(checks_of(library, wanted))
    engagement = with_export(engagement)
    now = clock()
    evidence = Recording(engagement, as_of=now, started_at=now, finished_at=now)
    try:
        with ExitStack() as open_connections:
            connectors = connectors_for(asks, engagement)
            for connector in connectors:
                open_connections.callback(connector.close)
            collect(asks, connectors, evidence, clock=clock, progress=progress)
        _read_plan(engagement, evidence, clock)
    except BaseException:
        evidence.close()
        raise
    # The clock of a machine that slept may be put back meanwhile.
    evidence.finished_at = max(now, clock())
    return evidence


def _read_plan(engagement: Engagement, evidence: Recording, clock: Clock) -> None:
    """Keep what people wrote into the action plan since the last run, or why it cannot be read."""
    chosen, place = engagement.path("report.action_plan"), place_of(engagement)
    path = chosen or (place.workbook if place is not None else None)
    if path is None or (chosen is None and not path.exists()):
        return
    asked = clock()
    record = Record(
        ACTION_PLAN, ACTION_PLAN, tr("the action plan in {file}", file=path.name), asked, asked
    )
    try:
        answer = msgspec.Raw(msgspec.json.encode(read_plan(path)))
        record = msgspec.structs.replace(record, answer=answer)
    except EngagementError as error:
        refusal = Refusal(
            tr("the action plan was not read: {error}", error=error),
            tr(
                "Set report.action_plan to a report.xlsx of an earlier run, or save the file again."
            ),
        )
        record = msgspec.structs.replace(record, refusal=refusal)
    evidence.add(record)


def run_folder(output: Path, name: str, as_of: datetime) -> Path:
    """A new folder for one run, ``<name>-20261120T211000Z``; a number behind it if that exists."""
    stem = f"{name}-{as_of:%Y%m%dT%H%M%SZ}"
    for number in range(1, 1000):
        folder = output / (stem if number == 1 else f"{stem}-{number}")
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            continue
        except OSError as error:
            raise EngagementError(
                f"--output {output}: no folder can be made there: {error.strerror}"
            ) from None
        return folder
    raise EngagementError(f"--output {output} already holds 999 runs of {stem}")


def write_all(
    found: Results,
    evidence: Recording,
    folder: Path,
    wanted: Wanted,
    renderer: Renderer,
    meanwhile: Callable[[], None] = lambda: None,
) -> Results:
    """Write the reports, results.json and evidence.zip; the results with what was not written.

    ``meanwhile`` is done while reports are rendered.
    """

    def beside() -> None:
        recording.write(evidence, folder / "evidence.zip", tool=f"assess {__version__}")
        meanwhile()

    failures = renderer.write(found, wanted.formats, evidence.tables, folder, wanted.brand, beside)
    found = msgspec.structs.replace(
        found,
        not_written=tuple(FormatOf(name, reason) for name, reason in failures.items()),
        made_otherwise=tuple(FormatOf(name, note) for name, note in renderer.notes.items()),
    )
    files.write(folder / FILE_NAMES["json"], results.to_json(found))
    return found


def exit_code(found: Results, fail_on: str | None) -> int:
    """The exit code of the verdicts: 1 not ready, 3 undetermined, 0 otherwise.

    ``new``: 1 for what got worse since the last kept run, 3 where something that was measured then
    could not be seen now; without an earlier run the verdicts decide.
    """
    if fail_on == "new":
        if found.past is not None and found.past.last is not None:
            lost = UNDETERMINED if lost_sight(found.past) else OK
            return NOT_READY if regressions(found.past) else lost
        fail_on = None
    seen = {verdict.verdict for verdict in found.verdicts}
    bad = {
        None: {Verdict.NOT_READY},
        "not-ready": {Verdict.NOT_READY},
        "undetermined": {Verdict.NOT_READY, Verdict.UNDETERMINED},
        "warnings": set(Verdict) - {Verdict.READY},
        "never": set(),
    }[fail_on]
    if seen & bad:
        return NOT_READY
    if fail_on != "never" and Verdict.UNDETERMINED in seen:
        return UNDETERMINED
    return 0


def told(found: Results) -> list[str]:
    """What a person at the terminal must know besides the findings."""
    lines = []
    if found.partial:
        lines.append(f"this was no whole run: {found.partial}; what was left out is unknown")
    if found.past is not None and found.past.last is not None:
        last = found.past.last
        counts = ", ".join(
            f"{len([c for c in last.of(kind) if not c.left_out])} {kind.value.replace('-', ' ')}"
            for kind in Kind
        )
        lines.append(f"since {last.run.name}: {counts}")
    for note in found.waivers:
        about = f"{note.requirement}[{note.subject}]" if note.subject else note.requirement
        lines.append(f"waiver of {about} by {note.by}, {note.state.value}: {note.text}")
    lines += [
        f'[comments] "{name}": no finding of this run has this id; it stands in no report'
        for name in found.unplaced
    ]
    return [*lines, *_planned(found)]


def _planned(found: Results) -> list[str]:
    """What is overdue in the action plan, and what of it was not understood."""
    refused = [s for s in found.sources if s.source == ACTION_PLAN and s.status == "failed"]
    lines = [f"the action plan was not taken: {source.detail}" for source in refused]
    if found.plan is None:
        return lines
    lines += [f"{found.plan.file}, {fault}" for fault in found.plan.faults]
    settled = (Status.PASS, Status.NOT_APPLICABLE)
    opened = [finding for finding in found.findings if finding.status not in settled]
    today = found.as_of.date()
    late = [note for note in by_finding(found.plan, opened).items() if overdue(note[1], today)]
    if late:
        lines.append(f"overdue in the action plan: {len(late)}, the first {late[0][0]}")
    return lines


def explain(
    asks: Sequence[Ask], engagement: Engagement, now: datetime
) -> list[tuple[str, str, str]]:
    """What would be asked, and of whom: source, question, address; for ``--dry-run``."""
    lines = []
    engagement = with_export(engagement)
    with Recording(engagement, as_of=now, started_at=now, finished_at=now) as nothing_yet:
        for ask in asks:
            try:
                shown = ask.bind(nothing_yet).describe()
            except Unavailable as error:
                shown = ask.describe() if not error.key else f"{ask.describe()}: {error.reason}"
            lines.append((ask.source, shown, whom(ask.source, engagement)))
    return lines
