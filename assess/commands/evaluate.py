"""`assess evaluate X.evidence.zip [Y…]`: judge and report from recordings."""

from contextlib import ExitStack
from pathlib import Path

import click

from assess import recording
from assess.clock import now
from assess.commands import options
from assess.commands.reporting import conclude, show_questions
from assess.discover import library
from assess.engagement import Engagement, load
from assess.errors import EngagementError
from assess.history.place import Place, place_of
from assess.job import Wanted, run_folder, scenarios_of
from assess.keeping import Keeper
from assess.rendering import Renderer, formats_of
from assess.results import Selection, evaluate


@click.command(
    "evaluate",
    epilog="""\b
Examples:
  assess evaluate contoso.evidence.zip
  assess evaluate inside.evidence.zip outside.evidence.zip -f pdf -f xlsx
  assess evaluate contoso.evidence.zip --history contoso.toml --fail-on new""",
)
@click.argument("files", type=options.FILE, nargs=-1, required=True)
@options.output_options
@options.judging_options
@click.option(
    "--history",
    "kept_with",
    type=options.FILE,
    metavar="FILE",
    help="Engagement file in whose history the run is kept and compared; default: not kept.",
)
@options.json_option
def command(
    files: tuple[Path, ...],
    output: Path,
    formats: tuple[str, ...],
    scenarios: tuple[str, ...],
    only: tuple[str, ...],
    skip: tuple[str, ...],
    fail_on: str | None,
    kept_with: Path | None,
    *,
    dry_run: bool,
    as_json: bool,
) -> int:
    """Judge what was collected earlier, without any network; the findings are the same.

    Several files of one engagement are merged: an answer beats a refusal, the later answer counts.
    """
    known = library()
    with ExitStack() as stack:
        recordings = [stack.enter_context(recording.read(file)) for file in files]
        evidence = (
            recordings[0] if len(files) == 1 else stack.enter_context(recording.merge(recordings))
        )
        engagement = evidence.engagement
        place = None if kept_with is None else _place(kept_with, engagement)
        wanted = Wanted(
            scenarios_of(engagement, scenarios),
            Selection(only, skip),
            formats_of(formats, options.DEFAULT_FORMATS),
        )
        if dry_run:
            return show_questions(known, engagement, wanted, as_json=as_json)
        keeper = stack.enter_context(Keeper(place, now()))
        with Renderer(wanted.formats) as renderer:
            found = evaluate(
                known, evidence, scenarios=wanted.scenarios, selection=wanted.selection
            )
            folder = run_folder(output, engagement.name, evidence.as_of)
            return conclude(
                found,
                evidence,
                folder,
                wanted,
                renderer,
                named=formats,
                fail_on=fail_on,
                as_json=as_json,
                keeper=keeper,
            )


def _place(file: Path, engagement: Engagement) -> Place | None:
    """Where the runs of an engagement file are kept, if the evidence is of that engagement."""
    keeping = load(file)
    if keeping.name != engagement.name:
        raise EngagementError(
            f"--history {file} is of {keeping.name}, the evidence of {engagement.name}"
        )
    return place_of(keeping)
