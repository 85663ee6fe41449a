"""The road to ready and the option choice in words, as every report shows them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from assess.catalogue import Catalogue
from assess.model import Status
from assess.options import Fit, Support
from assess.plan.noted import Progress, by_finding, progress_of
from assess.plan.road import Road, Step, road
from assess.reporters.words import counted, listed, sentence, short_day
from assess.results import OptionOf, PlanRead, Results, clean

_HOURS_A_DAY = 8
_SETTLED = ("done", "accepted")
_MOST_LATE = 8
_FIT_STATUS = {
    Fit.FITS: Status.PASS, Fit.PARTLY: Status.WARN, Fit.OPEN: Status.UNKNOWN,
    Fit.LACKS: Status.FAIL, Fit.RETIRED: Status.FAIL,
}  # fmt: skip
_SUPPORT_STATUS = {
    Support.YES: Status.PASS, Support.PARTIAL: Status.WARN, Support.NOT_STATED: Status.UNKNOWN,
    Support.NO: Status.FAIL,
}  # fmt: skip
_SUPPORT_WORDS = {
    Support.YES: "yes", Support.PARTIAL: "in part", Support.NOT_STATED: "not said",
    Support.NO: "no",
}  # fmt: skip


@dataclass(frozen=True)
class PlanRow:
    """One step of the plan, worded. ``anchor`` leads to its worst finding, or is empty."""

    number: int
    what: str
    how: str
    who: str
    work: str
    wait: str
    after: str
    when: str
    day: int
    critical: bool
    anchor: str
    ids: tuple[str, ...]
    step: Step
    progress: Progress

    @property
    def said(self) -> str:
        """What people wrote beside it, on one line; empty where nobody did."""
        told = self.progress
        parts = [
            f"owner {told.owner}" if told.owner else "",
            f"due {short_day(told.due)}" if told.due else "",
            f"said to be {told.state}, still open" if told.state in _SETTLED else told.state,
            told.note,
        ]
        if parts == ["", "", "open", ""]:
            return ""
        return "; ".join(part for part in parts if part)


@dataclass(frozen=True)
class Plan:
    """The road to ready: a sentence, its steps in order, and what the chart is drawn from.

    ``late`` names the steps whose day is over; ``read`` says what of the action plan was not
    understood.
    """

    lede: str
    rows: tuple[PlanRow, ...]
    way: Road
    teams: Mapping[str, str]
    late: str = ""
    read: str = ""


@dataclass(frozen=True)
class Cell:
    """What an option does for a required capability: a mark, a word, and a remark."""

    status: Status
    word: str
    note: str


@dataclass(frozen=True)
class Side:
    """One option beside the others; ``accepted`` and ``left`` are its constraints."""

    title: str
    chosen: bool
    status: Status
    word: str
    today: str
    accepted: tuple[str, ...]
    left: tuple[str, ...]


@dataclass(frozen=True)
class Choice:
    """The options side by side: a sentence, the options, and a row for each required capability."""

    lede: str
    sides: tuple[Side, ...]
    rows: tuple[tuple[str, str, tuple[Cell, ...]], ...]


def plan_of(results: Results, catalogue: Catalogue, anchors: Mapping[str, str]) -> Plan:
    """The plan of everything open. ``anchors``: finding id to its place in the report."""
    way = road(results, catalogue)
    teams = {team: clean(catalogue.teams.get(team, team)) for team in way.teams}
    noted, today = by_finding(results.plan, results.findings), results.as_of.date()
    rows = tuple(
        _row(step, teams, anchors, progress_of(step.work.findings, noted, today))
        for step in way.steps
    )
    return Plan(_lede(way), rows, way, teams, _late(rows), _read(results.plan))


def _late(rows: Sequence[PlanRow]) -> str:
    late = [row for row in rows if row.progress.late and row.progress.due]
    named = [
        f"step {row.number} ({row.progress.owner or 'nobody named'}, "
        f"{short_day(row.progress.due)})"
        for row in late[:_MOST_LATE]
        if row.progress.due
    ]
    if len(late) > _MOST_LATE:
        named.append(f"{len(late) - _MOST_LATE} more")
    return f"Overdue: {listed(named)}." if named else ""


def _read(plan: PlanRead | None) -> str:
    if plan is None or not plan.faults:
        return ""
    return f"Not understood in {plan.file}: {'; '.join(plan.faults)}."


def _lede(way: Road) -> str:
    if not way.steps:
        return "Nothing is open."
    steps = sentence(counted(len(way.steps), "step", "steps")).removesuffix(".")
    teams = counted(len(way.teams), "team", "teams")
    if way.ready is None:
        return f"{steps} for {teams}; none of them is required for a start."
    days = counted(_up(way.ready), "working day", "working days")
    chain = [str(step.number) for step in way.steps if step.critical]
    path = f"Steps {listed(chain)} form" if len(chain) > 1 else f"Step {chain[0]} forms"
    return (
        f"{steps}, {teams}; ready after {days} at the earliest. {path} the critical path: a day "
        "lost there is a day lost at the end."
    )


def _up(days: float) -> int:
    return -int(-days // 1)


def _row(
    step: Step, teams: Mapping[str, str], anchors: Mapping[str, str], progress: Progress
) -> PlanRow:
    effort, findings = step.work.effort, step.work.findings
    return PlanRow(
        step.number,
        clean(step.work.what),
        clean(step.work.how),
        teams[effort.team],
        hours(effort.hours),
        f"{days(effort.wait_days)}: {effort.waits_for}" if effort.wait_days else "",
        ", ".join(map(str, step.after)),
        step.band.capitalize(),
        int(step.starts) + 1,
        step.critical,
        next((anchors[f.id] for f in findings if f.id in anchors), ""),
        tuple(clean(finding.id) for finding in findings),
        step,
        progress,
    )


def hours(value: float) -> str:
    """``30 min``, ``2 h``, ``1.5 days``."""
    if value < 1:
        return f"{round(value * 60)} min"
    return f"{value:g} h" if value < _HOURS_A_DAY else days(value / _HOURS_A_DAY)


def days(value: float) -> str:
    """``half a day``, ``1 day``, ``2.5 days``."""
    if value == 0.5:  # noqa: PLR2004 - a half
        return "half a day"
    return f"{value:g} {'day' if value == 1 else 'days'}"


def choice_of(results: Results) -> Choice | None:
    """The option choice; None where the customer was not asked what is required."""
    if not results.options:
        return None
    sides = tuple(_side(option) for option in results.options)
    rows = []
    for nth, one in enumerate(results.options[0].required):
        said = [option.required[nth] for option in results.options]
        cells = tuple(
            Cell(_SUPPORT_STATUS[s.supported], _SUPPORT_WORDS[s.supported], clean(s.note))
            for s in said
        )
        rows.append((clean(one.text), clean(one.source), cells))
    return Choice(_choice_lede(results.options), sides, tuple(rows))


def _side(option: OptionOf) -> Side:
    return Side(
        clean(option.title),
        option.chosen,
        _FIT_STATUS[option.fit],
        option.fit.value,
        clean(option.today),
        tuple(clean(one.text) for one in option.constraints if one.accepted),
        tuple(clean(one.text) for one in option.constraints if not one.accepted),
    )


def _choice_lede(options: tuple[OptionOf, ...]) -> str:
    asked = counted(len(options[0].required), "capability is", "capabilities are")
    fitting = [clean(one.title) for one in options if one.fit is Fit.FITS]
    partly = [clean(one.title) for one in options if one.fit is Fit.PARTLY]
    text = f"{sentence(asked).removesuffix('.')} required. "
    them = "it" if len(options[0].required) == 1 else "all of them"
    if fitting:
        text += f"{listed(fitting)} {'supports' if len(fitting) == 1 else 'support'} {them}."
    elif partly:
        text += f"No option supports {them}; nearest {'comes' if len(partly) == 1 else 'come'} "
        text += f"{listed(partly)}."
    else:
        text += f"No option is known to support {them}."
    chosen = next((one for one in options if one.chosen), None)
    return text if chosen is None else f"{text} Chosen is {clean(chosen.title)}: {chosen.fit}."
