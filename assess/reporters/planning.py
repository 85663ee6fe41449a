"""The road to ready and the option choice in words, as every report shows them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from assess.catalogue import Catalogue
from assess.language import lookup, tr, trn
from assess.model import Status
from assess.options import Fit, Support
from assess.plan.noted import STATE_WORDS, Progress, by_finding, progress_of
from assess.plan.road import Road, Step, road
from assess.reporters.words import (
    BAND_WORDS,
    FIT_WORDS,
    SUPPORT_WORDS,
    counted,
    listed,
    number,
    risen,
    sentence,
    short_day,
)
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
        if not (told.owner or told.due or told.note) and told.state == "open":
            return ""
        state = STATE_WORDS.get(told.state, told.state)
        if told.state in _SETTLED:
            state = tr("said to be {state}, still open", state=state)
        parts = [
            tr("owner {name}", name=told.owner) if told.owner else "",
            tr("due {day}", day=short_day(told.due)) if told.due else "",
            state,
            told.note,
        ]
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
        tr(
            "step {number} ({owner}, {day})",
            number=row.number,
            owner=row.progress.owner or lookup("nobody named"),
            day=short_day(row.progress.due),
        )
        for row in late[:_MOST_LATE]
        if row.progress.due
    ]
    if len(late) > _MOST_LATE:
        named.append(tr("{n} more", n=len(late) - _MOST_LATE))
    return tr("Overdue: {steps}.", steps=listed(named)) if named else ""


def _read(plan: PlanRead | None) -> str:
    if plan is None or not plan.faults:
        return ""
    faults = "; ".join(plan.faults)
    return tr("Not understood in {file}: {faults}.", file=plan.file, faults=faults)


def _lede(way: Road) -> str:
    if not way.steps:
        return tr("Nothing is open.")
    steps = risen(counted(len(way.steps), "step", "steps"))
    teams = counted(len(way.teams), "team", "teams")
    if way.ready is None:
        return tr(
            "{steps} for {teams}; none of them is required for a start.", steps=steps, teams=teams
        )
    days = counted(_up(way.ready), "working day", "working days")
    chain = [str(step.number) for step in way.steps if step.critical]
    return trn(
        len(chain),
        "{steps}, {teams}; ready after {days} at the earliest. Step {chain} forms the critical "
        "path: a day lost there is a day lost at the end.",
        "{steps}, {teams}; ready after {days} at the earliest. Steps {chain} form the critical "
        "path: a day lost there is a day lost at the end.",
        steps=steps,
        teams=teams,
        days=days,
        chain=listed(chain),
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
        BAND_WORDS[step.band],
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
        return tr("{minutes} min", minutes=round(value * 60))
    return tr("{hours:g} h", hours=value) if value < _HOURS_A_DAY else days(value / _HOURS_A_DAY)


def days(value: float) -> str:
    """``half a day``, ``1 day``, ``2.5 days``."""
    if value == 0.5:  # noqa: PLR2004 - a half
        return tr("half a day")
    return tr("1 day") if value == 1 else tr("{days:g} days", days=value)


def choice_of(results: Results) -> Choice | None:
    """The option choice; None where the customer was not asked what is required."""
    if not results.options:
        return None
    sides = tuple(_side(option) for option in results.options)
    rows = []
    for nth, one in enumerate(results.options[0].required):
        said = [option.required[nth] for option in results.options]
        cells = tuple(
            Cell(_SUPPORT_STATUS[s.supported], SUPPORT_WORDS[s.supported], clean(s.note))
            for s in said
        )
        rows.append((clean(one.text), clean(one.source), cells))
    return Choice(_choice_lede(results.options), sides, tuple(rows))


def _side(option: OptionOf) -> Side:
    return Side(
        clean(option.title),
        option.chosen,
        _FIT_STATUS[option.fit],
        FIT_WORDS[option.fit],
        clean(option.today),
        tuple(clean(one.text) for one in option.constraints if one.accepted),
        tuple(clean(one.text) for one in option.constraints if not one.accepted),
    )


def _choice_lede(options: tuple[OptionOf, ...]) -> str:
    required = len(options[0].required)
    asked = trn(
        required,
        "one capability is required",
        "{count} capabilities are required",
        count=number(required),
    )
    fitting = [clean(one.title) for one in options if one.fit is Fit.FITS]
    partly = [clean(one.title) for one in options if one.fit is Fit.PARTLY]
    said = [sentence(asked), _supporting(fitting, partly, several=required > 1)]
    chosen = next((one for one in options if one.chosen), None)
    if chosen is not None:
        title, fit = clean(chosen.title), FIT_WORDS[chosen.fit]
        said.append(tr("Chosen is {option}: {fit}.", option=title, fit=fit))
    return " ".join(said)


def _supporting(fitting: Sequence[str], partly: Sequence[str], *, several: bool) -> str:
    """Which options support what is required; ``several``: more than one capability is."""
    names = listed(fitting or partly)
    if fitting and several:
        return trn(
            len(fitting),
            "{options} supports all of them.",
            "{options} support all of them.",
            options=names,
        )
    if fitting:
        return trn(
            len(fitting), "{options} supports it.", "{options} support it.", options=names
        )
    if partly and several:
        return trn(
            len(partly),
            "No option supports all of them; nearest comes {options}.",
            "No option supports all of them; nearest come {options}.",
            options=names,
        )
    if partly:
        return trn(
            len(partly),
            "No option supports it; nearest comes {options}.",
            "No option supports it; nearest come {options}.",
            options=names,
        )
    if several:
        return tr("No option is known to support all of them.")
    return tr("No option is known to support it.")
