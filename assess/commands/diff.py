"""`assess diff FILE [A] [B]`: what changed between two kept runs."""

from datetime import datetime
from pathlib import Path

import click
import msgspec

from assess.commands import options
from assess.commands.history import kept_place
from assess.errors import HistoryError
from assess.history.changes import between
from assess.history.shapes import Change, Compared, Kind, Run
from assess.history.store import Store, find
from assess.output import listing, put_json, say

_LEFT_OUT_NOTE = "left out"


@click.command(
    "diff",
    epilog="""\b
Examples:
  assess diff contoso.toml                       the last run and the one before it
  assess diff contoso.toml kick-off              a baseline, and the last run
  assess diff contoso.toml 2026-10-02 2026-11-20 --json""",
)
@options.engagement_file
@click.argument("first", metavar="[A]", required=False, default="previous")
@click.argument("second", metavar="[B]", required=False, default="last")
@click.option("--all", "everything", is_flag=True, help="Also what is open still.")
@options.json_option
def command(file: Path, first: str, second: str, *, everything: bool, as_json: bool) -> int:
    """Show what became of each finding from run A to run B.

    A and B are names of runs, days (2026-11-20), baselines, last or previous. What nobody measured
    in B is never counted as fixed: it is listed as not-measured. Each line: change, id, status
    before and now, severity, open since, scenarios, title.
    """
    place = kept_place(file)
    with Store(place.database, create=False) as store:
        runs = store.everything()
        names = store.baselines()
    listed = [run for run, _ in runs]
    if len(listed) == 1 and (first, second) == ("previous", "last"):
        raise HistoryError(f"{place.database} holds one run so far: {listed[0].name}")
    from_run, to_run = find(first, listed, names), find(second, listed, names)
    if listed.index(from_run) >= listed.index(to_run):
        raise HistoryError(
            f"{from_run.name} is not before {to_run.name}: name the earlier run first"
        )
    found = between(runs, from_run.name, to_run.name)
    if as_json:
        put_json(_entry(found, to_run))
        return 0
    heads = ("Change", "Finding", "Before", "Now", "Severity", "Open since", "Scenarios", "Title")
    shown = [c for c in found.changes if everything or c.kind is not Kind.STILL_OPEN]
    listing(heads, [_row(change) for change in shown])
    say(f"{from_run.name} to {to_run.name}: {_counts(found)}")
    return 0


def _entry(found: Compared, to_run: Run) -> object:
    return {
        "from": msgspec.to_builtins(found.run),
        "to": msgspec.to_builtins(to_run.ref),
        "counts": {kind.value: number for kind, number in found.counts.items()},
        "changes": msgspec.to_builtins(found.changes),
    }


def _counts(found: Compared) -> str:
    return ", ".join(f"{number} {kind.value}" for kind, number in found.counts.items())


def _row(change: Change) -> tuple[str, ...]:
    now = change.after.value if change.after else ""
    return (
        change.kind.value,
        change.id,
        change.before.value if change.before else "",
        f"{now} ({_LEFT_OUT_NOTE})".strip() if change.left_out else now,
        change.severity.value,
        _day(change.since),
        ",".join(change.scenarios),
        change.title,
    )


def _day(moment: datetime | None) -> str:
    return "" if moment is None else f"{moment:%Y-%m-%d}"
