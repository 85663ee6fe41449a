"""`assess preflight FILE`: reach, sign in, and test the rights, in seconds."""

from dataclasses import asdict
from pathlib import Path

import click

from assess.clock import now
from assess.commands import options
from assess.discover import library
from assess.engagement import load
from assess.job import Wanted, checks_of
from assess.output import listing, put_json, say
from assess.preflight import preflight

_UNDETERMINED = 3


@click.command("preflight", epilog="Example: assess preflight contoso.toml")
@options.engagement_file
@click.option(
    "--seconds",
    type=click.FloatRange(1, 600),
    default=30.0,
    show_default=True,
    help="How long it may take.",
)
@options.json_option
def command(file: Path, seconds: float, *, as_json: bool) -> int:
    """Reach every source of the chosen scenarios, sign in, and test the rights.

    Ends with 0 when every source that is set up answers with the rights it needs, else with 3: what
    fails here would be unknown in the report.
    """
    engagement = load(file)
    rows = preflight(
        checks_of(library(), Wanted(engagement.scenarios)), engagement, clock=now, seconds=seconds
    )
    if as_json:
        put_json([asdict(row) for row in rows])
    else:
        listing(
            ("Source", "Status", "Found", "To do"),
            [(row.source, row.status, row.found, row.mend or "-") for row in rows],
        )
    failed = [row.source for row in rows if row.status == "failed"]
    # One of several ways to a source is enough.
    in_order = {row.source for row in rows if row.status == "ok"}
    skipped = [r.source for r in rows if r.status == "skipped" and r.source not in in_order]
    if skipped:
        say(f"Not set up, so their findings will be unknown: {', '.join(skipped)}.")
    if failed:
        say(f"Not in order: {', '.join(failed)}.")
    return _UNDETERMINED if failed else 0
