"""`assess plan results.json`: the road to ready, as a list."""

from collections.abc import Mapping
from pathlib import Path

import click

from assess.commands import options
from assess.discover import language, library
from assess.errors import EngagementError, RecordingError
from assess.language import ENGLISH, Language, speaking
from assess.output import listing, put_json, say
from assess.plan.noted import Progress, by_finding, progress_of
from assess.plan.road import Road, Step, road
from assess.results import from_json


@click.command(
    "plan",
    epilog="""\b
Examples:
  assess plan reports/contoso-20261120T211000Z/results.json
  assess plan results.json --json > plan.json""",
)
@click.argument("results", type=options.FILE)
@options.json_option
def command(results: Path, *, as_json: bool) -> int:
    """List what is open as steps: in which order, by whom, how long, and after which others.

    Times are working days from the start and an estimate; waiting for others is told apart from
    work. The reports show the same plan, drawn.
    """
    try:
        data = results.read_bytes()
    except OSError as error:
        raise RecordingError(f"{results}: {error.strerror}") from error
    found = from_json(data, origin=str(results))
    with speaking(_language(found.language)):
        catalogue = library().catalogue
        way = road(found, catalogue)
    noted, today = by_finding(found.plan, found.findings), found.as_of.date()
    told = {step.number: progress_of(step.work.findings, noted, today) for step in way.steps}
    if as_json:
        put_json(plain(way, told))
        return 0
    heads = ("Step", "When", "Who", "Starts", "Work", "Waits", "After", "What")
    listing(heads, [_row(step, catalogue.teams) for step in way.steps])
    for step in way.steps:
        if told[step.number].late:
            who = told[step.number].owner or "nobody named"
            say(f"Overdue: step {step.number} ({who}, {told[step.number].due}).")
    if way.ready is None:
        say("Nothing that is required is open.")
    else:
        say(
            f"Ready after {way.ready:g} working days at the earliest: {way.hours:g} hours of work, "
            "and waiting."
        )
    return 0


def _language(code: str) -> Language:
    """The language of the results; English where that is one of somebody's own."""
    try:
        return language(code)
    except EngagementError:
        return ENGLISH


def _row(step: Step, teams: Mapping[str, str]) -> tuple[str, ...]:
    effort = step.work.effort
    return (
        f"{step.number}",
        f"{step.band}, critical" if step.critical else step.band,
        teams.get(effort.team, effort.team),
        f"day {step.starts:g}",
        f"{effort.hours:g} h",
        f"{effort.wait_days:g} d" if effort.wait_days else "-",
        ", ".join(map(str, step.after)) or "-",
        step.work.what,
    )


def plain(way: Road, told: Mapping[int, Progress]) -> dict[str, object]:
    """The plan as JSON values; ``told``: what people wrote beside each step."""
    return {
        "ready": way.ready,
        "hours": way.hours,
        "steps": [
            {
                "number": step.number,
                "band": step.band,
                "kind": step.work.kind,
                "what": step.work.what,
                "how": step.work.how,
                "team": step.work.effort.team,
                "hours": step.work.effort.hours,
                "wait_days": step.work.effort.wait_days,
                "waits_for": step.work.effort.waits_for,
                "starts": step.starts,
                "ends": step.ends,
                "effective": step.effective,
                "after": step.after,
                "critical": step.critical,
                "findings": [finding.id for finding in step.work.findings],
                "owner": told[step.number].owner or None,
                "due": told[step.number].due,
                "state": told[step.number].state or None,
                "note": told[step.number].note or None,
                "overdue": told[step.number].late,
            }
            for step in way.steps
        ],
    }
