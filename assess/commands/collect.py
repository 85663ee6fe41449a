"""`assess collect FILE -o X.evidence.zip`: gather only."""

from contextlib import ExitStack
from pathlib import Path

import click

from assess import __version__, recording
from assess.clock import now
from assess.commands import options
from assess.discover import library
from assess.engagement import load
from assess.job import Wanted, gather
from assess.output import listing, put_json, say, watching
from assess.privacy.key import pseudonyms_of
from assess.privacy.levels import level_of, with_level
from assess.privacy.showing import showing
from assess.results import evaluate


@click.command(
    "collect",
    epilog="""\b
Example:
  assess collect contoso.toml -o inside.evidence.zip
  assess collect contoso.toml -o inside.evidence.zip --privacy pseudonymised
  assess evaluate inside.evidence.zip outside.evidence.zip -o reports""",
)
@options.engagement_file
@click.option(
    "-o", "--output", type=options.FILE, required=True, help="The evidence file to write."
)
@options.privacy_option
@options.json_option
def command(file: Path, output: Path, privacy: str | None, *, as_json: bool) -> int:
    """Read every source and keep the answers, and the refusals, in an evidence file.

    The file holds no secret. It can be evaluated elsewhere, without any network, and merged with
    what was seen from another place.
    """
    engagement = with_level(load(file), privacy)
    level = level_of(engagement)
    pseudonyms = None if level == "full" else pseudonyms_of(engagement)
    known = library()
    wanted = Wanted(engagement.scenarios)
    with watching() as progress:
        evidence = gather(known, engagement, wanted, now, progress)
    with ExitStack() as stack:
        stack.enter_context(evidence)
        found = evaluate(known, evidence)
        if pseudonyms is not None:
            found, evidence = showing(found, evidence, level, pseudonyms, known, wanted.selection)
            stack.enter_context(evidence)
        sources = found.sources
        recording.write(evidence, output, tool=f"assess {__version__}")
    if as_json:
        put_json([{"source": s.source, "status": s.status, "detail": s.detail} for s in sources])
    else:
        listing(("Source", "Status", "Detail"), [(s.source, s.status, s.detail) for s in sources])
    say(f"The evidence is in {output}")
    return 0
