"""`assess demo`: the whole job for an embedded example customer, on this machine alone."""

import tempfile
from pathlib import Path

import click

from assess.branding.house import brand_of
from assess.commands import options
from assess.commands.reporting import conclude
from assess.demo import EXAMPLE
from assess.demo.customer import Customer
from assess.discover import language as shipped
from assess.discover import library
from assess.engagement import load
from assess.job import Wanted, gather, run_folder
from assess.language import ENGLISH, speaking
from assess.output import say, watching
from assess.privacy.key import made_of
from assess.privacy.levels import level_of, with_level
from assess.rendering import Renderer, formats_of
from assess.results import evaluate

# Nobody's names are in the example: a key that is known makes the same reports each time.
_KEY = b"the example customer"


@click.command(
    "demo",
    epilog="""\b
Examples:
  assess demo -o demo-report
  assess demo -o demo-report -f html --fail-on never
  assess demo -o demo-report --privacy pseudonymised
  assess demo -o demo-report --language de""",
)
@options.output_options
@options.fail_on_option
@options.privacy_option
@options.language_option
@options.json_option
def command(
    output: Path,
    formats: tuple[str, ...],
    fail_on: str | None,
    privacy: str | None,
    language: str | None,
    *,
    as_json: bool,
) -> int:
    """Collect, judge and report for an invented customer, Contoso Ltd.

    Its name servers, domain controller, tenant and site answer on this machine; nothing is asked
    of the network. The same reports come out each time. Contoso is not ready, so the exit code
    is 1.
    """
    say("Contoso Ltd is an invented customer; its servers answer on this machine.")
    chosen = formats_of(formats, options.DEFAULT_FORMATS)
    with speaking(shipped(language or ENGLISH.code)), Renderer(chosen) as renderer:
        known = library()
        with (
            tempfile.TemporaryDirectory(prefix="assess-demo-") as folder,
            Customer(EXAMPLE, Path(folder)) as contoso,
            watching() as progress,
        ):
            as_of = contoso.as_of
            engagement = with_level(load(contoso.engagement), privacy)
            level = level_of(engagement)
            brand = brand_of(engagement, names=level == "full")
            wanted = Wanted(engagement.scenarios, formats=chosen, privacy=level, brand=brand)
            evidence = gather(known, engagement, wanted, lambda: as_of, progress)
        with evidence:
            found = evaluate(known, evidence)
            return conclude(
                found,
                evidence,
                run_folder(output, engagement.name, evidence.as_of),
                wanted,
                renderer,
                named=formats,
                fail_on=fail_on,
                as_json=as_json,
                pseudonyms=made_of(_KEY, engagement),
            )
