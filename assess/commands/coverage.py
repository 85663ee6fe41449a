"""`assess coverage`: requirement by requirement."""

from collections import Counter

import click

from assess.commands import options
from assess.coverage import coverage
from assess.discover import library
from assess.output import listing, put_json, say


@click.command("coverage")
@options.json_option
def command(*, as_json: bool) -> int:
    """Say for each requirement whether it is measured, partly measured, asked, or neither."""
    covered = coverage(library())
    if as_json:
        put_json([one._asdict() for one in covered])
    else:
        listing(
            ("Requirement", "Covered", "Check"),
            [(c.requirement, c.kind, c.check or "-") for c in covered],
        )
    counts = Counter(one.kind for one in covered)
    parts = ", ".join(f"{counts[kind]} {kind}" for kind in ("measured", "partly", "asked", "none"))
    say(f"{len(covered)} requirements: {parts}")
    return 0
