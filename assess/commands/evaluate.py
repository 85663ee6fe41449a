"""`assess evaluate X.evidence.zip [Y…]`: judge and report from recordings."""

from contextlib import ExitStack
from pathlib import Path

import click

from assess import recording
from assess.branding.house import brand_of
from assess.clock import now
from assess.commands import options
from assess.commands.reporting import conclude, show_questions
from assess.discover import language as language_of
from assess.discover import language_for, library, with_language
from assess.engagement import Engagement, load
from assess.errors import EngagementError
from assess.history.place import place_of
from assess.job import Wanted, run_folder, scenarios_of
from assess.keeping import Keeper
from assess.language import ENGLISH, Language, speaking
from assess.output import say
from assess.privacy.key import for_once, pseudonyms_of
from assess.privacy.levels import is_stricter, level_of, with_level
from assess.recording import Recording
from assess.rendering import Renderer, formats_of
from assess.reporters.brand import PLAIN
from assess.results import Selection, evaluate


@click.command(
    "evaluate",
    epilog="""\b
Examples:
  assess evaluate contoso.evidence.zip
  assess evaluate inside.evidence.zip outside.evidence.zip -f pdf -f xlsx
  assess evaluate contoso.evidence.zip --language de
  assess evaluate contoso.evidence.zip --history contoso.toml --fail-on new""",
)
@click.argument("files", type=options.FILE, nargs=-1, required=True)
@options.output_options
@options.judging_options
@options.privacy_option
@options.language_option
@click.option(
    "--history",
    "kept_with",
    type=options.FILE,
    metavar="FILE",
    help="Engagement file in whose history the run is kept and compared, and whose brand and key "
    "of pseudonyms count; default: not kept.",
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
    privacy: str | None,
    language: str | None,
    kept_with: Path | None,
    *,
    dry_run: bool,
    as_json: bool,
) -> int:
    """Judge what was collected earlier, without any network; the findings are the same.

    Several files of one engagement are merged: an answer beats a refusal, the later answer counts.
    """
    with ExitStack() as stack:
        recordings = [stack.enter_context(recording.read(file)) for file in files]
        evidence = (
            recordings[0] if len(files) == 1 else stack.enter_context(recording.merge(recordings))
        )
        engagement = evidence.engagement
        keeping = None if kept_with is None else _keeping(kept_with, engagement)
        stack.enter_context(speaking(_language(engagement, keeping, language)))
        known = library()
        level = _level(evidence, privacy)
        place = None if keeping is None else place_of(with_level(keeping, level))
        wanted = Wanted(
            scenarios_of(engagement, scenarios),
            Selection(only, skip),
            formats_of(formats, options.DEFAULT_FORMATS),
            level,
            PLAIN if keeping is None else brand_of(keeping, names=level == "full"),
        )
        if dry_run:
            return show_questions(known, engagement, wanted, as_json=as_json)
        keeper = stack.enter_context(Keeper(place, now()))
        pseudonyms = None
        if level != "full":
            pseudonyms = for_once(engagement) if keeping is None else pseudonyms_of(keeping)
            if keeping is None and evidence.veil is None:
                say("assess: without --history FILE these pseudonyms are of this one run")
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
                pseudonyms=pseudonyms,
            )


def _language(evidence: Engagement, keeping: Engagement | None, asked: str | None) -> Language:
    """The language asked for, else that of the engagement file at hand, else the evidence's.

    A language file of the assessor's own is not in the evidence: it counts where it is at hand.
    """
    if keeping is not None:
        return language_for(with_language(keeping, asked))
    return language_of(asked or str(evidence.get("report.language") or ENGLISH.code))


def _keeping(file: Path, engagement: Engagement) -> Engagement:
    """The engagement file in whose history the run is kept, if the evidence is of it."""
    keeping = load(file)
    if keeping.name != engagement.name:
        raise EngagementError(
            f"--history {file} is of {keeping.name}, the evidence of {engagement.name}"
        )
    return keeping


def _level(evidence: Recording, asked: str | None) -> str:
    """The level to show: what is asked for, else the evidence's own, else its engagement's."""
    if evidence.veil is None:
        return asked or level_of(evidence.engagement)
    level = asked or evidence.veil.level
    if is_stricter(evidence.veil.level, than=level):
        raise EngagementError(
            f"--privacy {level} cannot be had: the evidence is {evidence.veil.level}, and no name "
            "is in it"
        )
    return level
