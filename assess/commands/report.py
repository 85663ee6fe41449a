"""`assess report results.json`: render again."""

import tempfile
from pathlib import Path

import click

from assess import recording
from assess.branding.house import brand_of
from assess.commands import options
from assess.discover import language
from assess.engagement import load
from assess.errors import RecordingError
from assess.exits import OK, OWN_FAULT
from assess.files import write
from assess.job import run_folder
from assess.language import speaking
from assess.output import say
from assess.privacy.levels import is_stricter
from assess.privacy.showing import summary
from assess.rendering import FILE_NAMES, Renderer, formats_of
from assess.reporters.brand import PLAIN, Brand
from assess.results import Results, from_json, to_json


@click.command(
    "report",
    epilog="""\b
Examples:
  assess report reports/contoso-20261120T211000Z/results.json -f pdf -o again
  assess report results.json --brand contoso.toml""",
)
@click.argument("results", type=options.FILE)
@options.output_options
@options.privacy_option
@click.option(
    "--brand",
    "house",
    type=options.FILE,
    metavar="FILE",
    help="Engagement file whose brand, logo and templates the reports wear; default: none.",
)
def command(
    results: Path,
    output: Path,
    formats: tuple[str, ...],
    privacy: str | None,
    house: Path | None,
) -> int:
    """Render reports from a results.json, without judging anything again.

    The language is that of the results; `assess evaluate evidence.zip --language de` words them
    again. Long lists come from the evidence.zip beside it, if it is there.
    """
    try:
        found = from_json(results.read_bytes(), origin=str(results))
    except OSError as error:
        raise RecordingError(f"{results}: {error.strerror or 'it cannot be read'}") from None
    engagement = None if house is None else load(house)
    own = None if engagement is None else engagement.path("report.texts")
    with speaking(language(found.language, own)):
        found = _at(found, privacy, results)
        brand = PLAIN if engagement is None else brand_of(engagement, names=found.privacy == "full")
        return _render(found, results.with_name("evidence.zip"), output, formats, brand)


def _render(
    found: Results, beside: Path, output: Path, formats: tuple[str, ...], brand: Brand
) -> int:
    """Write the reports; the exit code. ``beside``: the evidence with the long lists, if there."""
    wanted = formats_of(formats, options.DEFAULT_FORMATS)
    with tempfile.TemporaryDirectory(prefix="assess-") as empty, Renderer(wanted) as renderer:
        evidence = recording.read(beside) if found.tables and beside.is_file() else None
        tables = evidence.tables if evidence else Path(empty)
        if found.tables and evidence is None:
            say(f"assess: {beside} is not there, so long lists are left out")
        folder = run_folder(output, found.engagement.name, found.as_of)
        failures = renderer.write(found, wanted, tables, folder, brand)
        if "json" in wanted:
            write(folder / FILE_NAMES["json"], to_json(found))
        if evidence:
            evidence.close()
    for name, reason in failures.items():
        say(f"assess: {FILE_NAMES[name]} was not written: {reason}")
    for name, note in renderer.notes.items():
        say(f"assess: {FILE_NAMES[name]} was {note}")
    say(f"The reports are in {folder}")
    return OWN_FAULT if set(failures) & set(formats) else OK


def _at(found: Results, level: str | None, file: Path) -> Results:
    """The results at a level: from pseudonyms to a summary, and no other way.

    Only the evidence tells which words of full results are names, and nothing brings names back.
    """
    if level is None or level == found.privacy:
        return found
    if is_stricter(found.privacy, than=level):
        raise RecordingError(f"{file} is {found.privacy}: no name is in it to make it {level}")
    if found.privacy == "full":
        raise RecordingError(
            f"{file} is full, and only the evidence tells which words in it are names: "
            f"assess evaluate {file.with_name('evidence.zip')} --privacy {level}"
        )
    return summary(found)
