"""`assess collect FILE -o X.evidence.zip`: gather only."""

from pathlib import Path

import click

from assess import __version__, recording
from assess.clock import now
from assess.commands import options
from assess.discover import library
from assess.engagement import load
from assess.job import Wanted, gather
from assess.output import listing, put_json, say, watching
from assess.results import evaluate


@click.command(
    "collect",
    epilog="""\b
Example:
  assess collect contoso.toml -o inside.evidence.zip
  assess evaluate inside.evidence.zip outside.evidence.zip -o reports""",
)
@options.engagement_file
@click.option(
    "-o", "--output", type=options.FILE, required=True, help="The evidence file to write."
)
@options.json_option
def command(file: Path, output: Path, *, as_json: bool) -> int:
    """Read every source and keep the answers, and the refusals, in an evidence file.

    The file holds no secret. It can be evaluated elsewhere, without any network, and merged with
    what was seen from another place.
    """
    engagement = load(file)
    known = library()
    wanted = Wanted(engagement.scenarios)
    with watching() as progress:
        evidence = gather(known, engagement, wanted, now, progress)
    with evidence:
        sources = evaluate(known, evidence).sources
        recording.write(evidence, output, tool=f"assess {__version__}")
    if as_json:
        put_json([{"source": s.source, "status": s.status, "detail": s.detail} for s in sources])
    else:
        listing(("Source", "Status", "Detail"), [(s.source, s.status, s.detail) for s in sources])
    say(f"The evidence is in {output}")
    return 0
