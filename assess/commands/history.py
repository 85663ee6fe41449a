"""`assess history FILE`: the runs that are kept, and which of them are baselines."""

from pathlib import Path

import click
import msgspec

from assess.commands import options
from assess.engagement import load
from assess.errors import HistoryError
from assess.history.place import Place, place_of
from assess.history.shapes import Run
from assess.history.store import Store, find
from assess.output import listing, put_json, say


@click.command(
    "history",
    epilog="""\b
Examples:
  assess history contoso.toml
  assess history contoso.toml --json
  assess history contoso.toml --baseline last kick-off
  assess history contoso.toml --baseline 2026-11-20 before-migration""",
)
@options.engagement_file
@click.option(
    "--baseline",
    type=(str, str),
    metavar="RUN NAME",
    help="Name a run; each report then says what changed since the latest baseline.",
)
@options.json_option
def command(file: Path, baseline: tuple[str, str] | None, *, as_json: bool) -> int:
    """List the kept runs, the oldest first: moment, verdicts with scores, and what it was.

    RUN is a run's name as listed, a day (2026-11-20), last or previous.
    """
    place = kept_place(file)
    with Store(place.database, create=False) as store:
        runs = store.runs()
        if baseline is not None:
            run = find(baseline[0], runs, store.baselines())
            store.name_baseline(_name(baseline[1], runs), run)
            say(f"{run.name} is the baseline {baseline[1]}.")
        names = store.baselines()
    if as_json:
        put_json([_entry(run, names) for run in runs])
        return 0
    listing(("Run", "Judged from (UTC)", "Verdicts", "Note"), [_row(run, names) for run in runs])
    say(f"{len(runs)} runs are kept in {place.database}")
    return 0


def kept_place(file: Path) -> Place:
    """Where the runs of an engagement file are kept. Raises HistoryError where they are not."""
    place = place_of(load(file))
    if place is None:
        raise HistoryError(f"{file} keeps no runs: [history] enabled is false")
    return place


def _name(name: str, runs: tuple[Run, ...]) -> str:
    """The name of a baseline: none that stands for something else already."""
    if not name.strip() or name in {"last", "previous", *(run.name for run in runs)}:
        raise HistoryError(f"{name!r} cannot be a baseline's name: it means something else")
    return name.strip()


def _of(run: Run, names: dict[str, str]) -> list[str]:
    return [name for name, kept in names.items() if kept == run.name]


def _entry(run: Run, names: dict[str, str]) -> object:
    return {**msgspec.to_builtins(run), "baselines": _of(run, names)}


def _row(run: Run, names: dict[str, str]) -> tuple[str, ...]:
    verdicts = ", ".join(
        f"{v.scenario} {v.verdict.value}" + ("" if v.score is None else f" {v.score}")
        for v in run.verdicts
    )
    notes = [f"baseline {name}" for name in _of(run, names)]
    notes += [f"not whole: {run.partial}"] if run.partial else []
    return run.name, f"{run.as_of:%Y-%m-%d %H:%M}", verdicts, "; ".join(notes)
