"""`assess purge FILE`: delete what is kept of a customer."""

from pathlib import Path

import click

from assess.clock import now
from assess.commands import options
from assess.engagement import load
from assess.history.place import folder_of
from assess.keeping import kept_files, purge
from assess.output import put, say


@click.command(
    "purge",
    epilog="""\b
Examples:
  assess purge contoso.toml
  assess purge contoso.toml --yes""",
)
@options.engagement_file
@click.option("--yes", is_flag=True, help="Do not ask.")
def command(file: Path, *, yes: bool) -> int:
    """Delete the kept runs of an engagement: database, workbook with its copies, calendar.

    Each deleted file is listed. Reports and evidence files that runs have written stay: delete
    their folders yourself. So does the engagement file.
    """
    engagement = load(file)
    place = folder_of(engagement)
    found = kept_files(place)
    if not found:
        say(f"Nothing is kept of {engagement.name}.")
        return 0
    for path in found:
        say(f"  {path}")
    if not yes:
        click.confirm(
            f"Delete these {len(found)} files of {engagement.customer} for good?",
            abort=True,
            err=True,
        )
    for path in purge(place, now()):
        put(str(path))
    say("Deleted. The reports and evidence files of runs are where you had them written.")
    return 0
