"""`assess run FILE`: collect, evaluate, report."""

import os
import platform
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from typing import NamedTuple, TextIO

import click

from assess import __version__
from assess.branding.house import brand_of
from assess.clock import now
from assess.commands import options
from assess.commands.reporting import conclude, show_questions
from assess.discover import language_for, library, with_language
from assess.engagement import Engagement, load
from assess.errors import AssessError, EngagementError, HistoryError, RecordingError
from assess.exits import OWN_FAULT, WRONG_INPUT
from assess.history.lock import Overlap
from assess.history.place import folder_of, place_of
from assess.job import Wanted, gather, run_folder, scenarios_of
from assess.keeping import Keeper
from assess.language import ENGLISH, Language, speaking
from assess.logbook import LOG, blotted, logbook, secrets_of
from assess.notices.news import failed
from assess.notices.telling import Teller
from assess.output import say, watching
from assess.privacy.key import pseudonyms_of
from assess.privacy.levels import level_of, with_level
from assess.rendering import Renderer, formats_of
from assess.results import Results, Selection, evaluate
from assess.salvage import salvage
from assess.unattended import require_nobody


@click.command(
    "run",
    epilog="""\b
Examples:
  assess run contoso.toml
  assess run contoso.toml --only "dns.*" --only "cert.*" -f html
  assess run contoso.toml --changed-only --fail-on new
  assess run contoso.toml --privacy pseudonymised --language de
  assess run contoso.toml --unattended -o /srv/assess
  assess run contoso.toml --scenario co-management-pki --dry-run""",
)
@options.engagement_file
@options.output_options
@options.judging_options
@options.privacy_option
@options.language_option
@click.option(
    "--changed-only",
    is_flag=True,
    help="Measure again just what was open last time; the rest is left out, and so unknown.",
)
@click.option(
    "--unattended",
    is_flag=True,
    help="For a scheduler: asks nothing, refuses a sign-in that needs a person, keeps a log.",
)
@click.option(
    "--log",
    type=options.FILE,
    help="With --unattended: the log. Default: run.log where the runs are kept.",
)
@click.option("--no-notify", is_flag=True, help="Tell nobody of this run, whatever [notify] says.")
@options.json_option
def command(
    file: Path,
    output: Path,
    formats: tuple[str, ...],
    scenarios: tuple[str, ...],
    only: tuple[str, ...],
    skip: tuple[str, ...],
    fail_on: str | None,
    privacy: str | None,
    language: str | None,
    log: Path | None,
    *,
    dry_run: bool,
    changed_only: bool,
    unattended: bool,
    no_notify: bool,
    as_json: bool,
) -> int:
    """Collect from every source, judge, and write the reports.

    Reads only; changes nothing anywhere. What cannot be read is shown as unknown, with the reason
    and the mend, and the run goes on. The run is kept beside the engagement file, and the next one
    says what changed: see `assess history`.
    """
    if log is not None and not unattended:
        raise EngagementError("--log goes with --unattended")
    wanted = Asked(
        output,
        formats,
        scenarios,
        only,
        skip,
        fail_on,
        dry_run,
        changed_only,
        as_json,
        not no_notify,
    )
    if unattended:
        return alone(file, wanted, privacy, log, language=language)
    return perform(with_language(with_level(load(file), privacy), language), wanted)


class Asked(NamedTuple):
    """What the command line asks of a run."""

    output: Path
    formats: tuple[str, ...] = ()
    scenarios: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    fail_on: str | None = None
    dry_run: bool = False
    changed_only: bool = False
    as_json: bool = False
    notify: bool = True


Seen = Callable[[Results, Path, Sequence[str]], None]


def alone(
    file: Path,
    asked: Asked,
    privacy: str | None = None,
    log: Path | None = None,
    seen: Seen | None = None,
    language: str | None = None,
) -> int:
    """A run that nobody watches: the same, but nobody is asked anything, and it keeps a log.

    Who would be told of the run is told too where it comes to nothing, whatever it was.
    """
    begun = now()
    wrong: EngagementError | None = None
    try:
        engagement = with_language(with_level(load(file), privacy), language)
        log = log or folder_of(engagement).log
    except EngagementError as error:
        left = salvage(file)
        if left is None:
            raise
        wrong = error
        engagement = with_language(with_level(left.engagement, privacy), language)
        log = log or (folder_of(engagement).log if left.place_known else None)
    with ExitStack() as stack:
        try:
            if log is not None:
                stack.enter_context(logbook(log, engagement))
            nobody = stack.enter_context(Path(os.devnull).open(encoding="utf-8"))
            stack.enter_context(unasked(nobody))
            return _begun(engagement, asked, seen, wrong)
        except (click.Abort, click.exceptions.Exit, BrokenPipeError):
            raise
        except Exception as error:
            if asked.notify and not asked.dry_run:
                _tell_failure(engagement, error, begun, log)
            raise


def _begun(
    engagement: Engagement, asked: Asked, seen: Seen | None, wrong: EngagementError | None
) -> int:
    LOG.info("begins: assess %s, %s", __version__, engagement.file)
    if wrong is not None:
        raise wrong
    require_nobody(engagement, "--unattended")
    code = perform(engagement, asked, seen)
    LOG.info("ends with exit code %s", code)
    return code


def _tell_failure(
    engagement: Engagement, error: Exception, begun: datetime, log: Path | None
) -> None:
    """Tell who is to be told that the run came to nothing; what became of it is said."""
    code, reasons = WRONG_INPUT, str(error)
    if not isinstance(error, AssessError):
        reasons = f"a fault of the tool itself: {type(error).__name__}"
    if not isinstance(error, EngagementError | HistoryError | RecordingError):
        code = OWN_FAULT
    kept = log is not None and log.is_file()
    news = failed(
        engagement,
        code,
        blotted(reasons, secrets_of(engagement)).splitlines(),
        begun,
        platform.node(),
        str(log.resolve()) if log is not None and kept else "",
    )
    # Whoever holds the lock delivers what waits.
    alone_here = not isinstance(error, Overlap)
    with speaking(_language_of(engagement)):
        said = Teller(engagement, in_part=True).tell_failure(news, now(), waiting=alone_here)
    for line in said:
        say(f"assess: {line}")


def _language_of(engagement: Engagement) -> Language:
    """The language of the engagement; English where that is what is wrong with it."""
    try:
        return language_for(engagement)
    except EngagementError:
        return ENGLISH


@contextmanager
def unasked(nobody: TextIO) -> Iterator[None]:
    """Standard input that ends at once: who asks all the same is told so, and never waits."""
    before, sys.stdin = sys.stdin, nobody
    try:
        yield
    finally:
        sys.stdin = before


def perform(engagement: Engagement, asked: Asked, seen: Seen | None = None) -> int:
    """The whole run; the exit code. ``seen`` is shown what came of it, and where."""
    level = level_of(engagement)
    teller = Teller(engagement)
    chosen = scenarios_of(engagement, asked.scenarios)
    with (
        speaking(language_for(engagement)),
        Keeper(place_of(engagement), now(), idle=asked.dry_run) as keeper,
    ):
        known = library()
        changed = keeper.open_last_time() if asked.changed_only else None
        wanted = Wanted(
            chosen,
            Selection(asked.only, asked.skip, changed),
            formats_of(asked.formats, options.DEFAULT_FORMATS),
            level,
            brand_of(engagement, names=level == "full"),
        )
        if asked.dry_run:
            return show_questions(known, engagement, wanted, as_json=asked.as_json)
        pseudonyms = None if level == "full" else pseudonyms_of(engagement)
        with Renderer(wanted.formats) as renderer:
            with watching() as progress:
                evidence = gather(known, engagement, wanted, now, progress)
            with evidence:
                found = evaluate(
                    known, evidence, scenarios=wanted.scenarios, selection=wanted.selection
                )
                return conclude(
                    found,
                    evidence,
                    run_folder(asked.output, engagement.name, evidence.as_of),
                    wanted,
                    renderer,
                    named=asked.formats,
                    fail_on=asked.fail_on,
                    as_json=asked.as_json,
                    keeper=keeper,
                    teller=teller if asked.notify else None,
                    seen=seen,
                    pseudonyms=pseudonyms,
                )
