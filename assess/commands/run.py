"""`assess run FILE`: collect, evaluate, report."""

from pathlib import Path

import click

from assess.clock import now
from assess.commands import options
from assess.commands.reporting import conclude, show_questions
from assess.discover import library
from assess.engagement import load
from assess.history.place import place_of
from assess.job import Wanted, gather, run_folder, scenarios_of
from assess.keeping import Keeper
from assess.output import watching
from assess.rendering import Renderer, formats_of
from assess.results import Selection, evaluate


@click.command(
    "run",
    epilog="""\b
Examples:
  assess run contoso.toml
  assess run contoso.toml --only "dns.*" --only "cert.*" -f html
  assess run contoso.toml --changed-only --fail-on new
  assess run contoso.toml --scenario co-management-pki --dry-run""",
)
@options.engagement_file
@options.output_options
@options.judging_options
@click.option(
    "--changed-only",
    is_flag=True,
    help="Measure again just what was open last time; the rest is left out, and so unknown.",
)
@options.json_option
def command(
    file: Path,
    output: Path,
    formats: tuple[str, ...],
    scenarios: tuple[str, ...],
    only: tuple[str, ...],
    skip: tuple[str, ...],
    fail_on: str | None,
    *,
    dry_run: bool,
    changed_only: bool,
    as_json: bool,
) -> int:
    """Collect from every source, judge, and write the reports.

    Reads only; changes nothing anywhere. What cannot be read is shown as unknown, with the reason
    and the mend, and the run goes on. The run is kept beside the engagement file, and the next one
    says what changed: see `assess history`.
    """
    engagement = load(file)
    chosen = scenarios_of(engagement, scenarios)
    known = library()
    with Keeper(place_of(engagement), now(), idle=dry_run) as keeper:
        changed = keeper.open_last_time() if changed_only else None
        wanted = Wanted(
            chosen,
            Selection(only, skip, changed),
            formats_of(formats, options.DEFAULT_FORMATS),
        )
        if dry_run:
            return show_questions(known, engagement, wanted, as_json=as_json)
        with Renderer(wanted.formats) as renderer:
            with watching() as progress:
                evidence = gather(known, engagement, wanted, now, progress)
            with evidence:
                found = evaluate(
                    known, evidence, scenarios=wanted.scenarios, selection=wanted.selection
                )
                return conclude(
                    found,
                    evidence,
                    run_folder(output, engagement.name, evidence.as_of),
                    wanted,
                    renderer,
                    named=formats,
                    fail_on=fail_on,
                    as_json=as_json,
                    keeper=keeper,
                )
