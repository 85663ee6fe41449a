"""`assess collector [FILE]`: the script for the customer's side."""

from pathlib import Path

import click

from assess.collector import SCRIPT, command_line, shipped
from assess.commands import options
from assess.engagement import load
from assess.errors import EngagementError
from assess.files import write
from assess.output import put, put_json, say


@click.command(
    "collector",
    epilog="""\b
Examples:
  assess collector -o for-the-customer
  assess collector contoso.toml -o for-the-customer   # and the line to type there""",
)
@click.argument("file", type=options.FILE, required=False)
@click.option(
    "-o", "--output", type=options.FOLDER, default=Path(), show_default="the current folder",
    help="Folder to write the script to, with the schemas of what it writes.",
)  # fmt: skip
@options.json_option
def command(file: Path | None, output: Path, *, as_json: bool) -> int:
    """Write the read-only PowerShell script that collects where nobody lets the assessor in.

    An administrator runs it on the site server and sends the ZIP that it writes. Named as
    files.site_export in the engagement file, it is a source like any other.
    """
    line = command_line({} if file is None else load(file).values)
    paths = []
    for name, data in shipped():
        path = output / name
        try:
            write(path, data)
        except OSError as error:
            raise EngagementError(f"--output {path}: {error.strerror or error}") from None
        paths.append(str(path))
    if as_json:
        put_json({"files": paths, "command": line})
        return 0
    for one in paths:
        put(one)
    say(f"On the site server, in Windows PowerShell, beside {SCRIPT}:")
    say(f"  {line}")
    say('Then name what comes back in the engagement file: [files] site_export = "readiness-….zip"')
    return 0
