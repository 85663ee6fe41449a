"""Options that several commands share."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from assess.engagement import SCENARIOS

F = TypeVar("F", bound=Callable[..., Any])

DEFAULT_FORMATS = ("html", "pdf", "xlsx", "json")
FORMATS = ("html", "pdf", "xlsx", "json", "csv", "md", "junit", "sarif", "ocsf", "ics", "all")

VERDICTS_TO_FAIL_ON = ("not-ready", "undetermined", "warnings", "never")

FILE = click.Path(path_type=Path, dir_okay=False)
FOLDER = click.Path(path_type=Path, file_okay=False)


def _all(*options: Callable[[F], F]) -> Callable[[F], F]:
    def decorate(function: F) -> F:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


def engagement_file(function: F) -> F:
    """The engagement file as the one argument."""
    return click.argument("file", type=FILE)(function)


def output_options(function: F) -> F:
    """Where reports go and in which formats."""
    return _all(
        click.option(
            "-o", "--output", type=FOLDER, default=Path("reports"), show_default=True,
            help="Folder in which the folder of this run is made.",
        ),
        click.option(
            "-f", "--format", "formats", type=click.Choice(FORMATS), multiple=True,
            help="A format to write; repeatable. Default: html, pdf, xlsx, json.",
        ),
    )(function)  # fmt: skip


def privacy_option(function: F) -> F:
    """How much of people's names is shown."""
    return click.option(
        "--privacy", type=click.Choice(("full", "pseudonymised", "summary")), default=None,
        help="How much of people's names reports and evidence file show. Default: [report] "
        "privacy of the engagement file, else full.",
    )(function)  # fmt: skip


def language_option(function: F) -> F:
    """The language of the reports."""
    return click.option(
        "--language", metavar="CODE", default=None,
        help="Language of the reports: en, de. Default: [report] language of the engagement "
        "file, else en.",
    )(function)  # fmt: skip


def fail_on_option(function: F) -> F:
    """What the exit code makes of the verdicts."""
    return click.option(
        "--fail-on", type=click.Choice([*VERDICTS_TO_FAIL_ON, "new"]),
        default=None,
        help="What ends with exit code 1. Default: not-ready is 1, undetermined is 3. new: only "
        "what got worse since the last kept run; 3 if something could not be seen again.",
    )(function)  # fmt: skip


def judging_options(function: F) -> F:
    """What is judged, and what the exit code makes of it."""
    return _all(
        click.option(
            "--scenario", "scenarios", type=click.Choice(SCENARIOS), multiple=True,
            help="Judge only this scenario of the engagement file; repeatable.",
        ),
        click.option(
            "--only", multiple=True, metavar="GLOB",
            help='Only requirements that match, e.g. "dns.*".',
        ),
        click.option(
            "--skip", multiple=True, metavar="GLOB", help="Leave out requirements that match."
        ),
        fail_on_option,
        click.option(
            "--dry-run", is_flag=True, help="Say what would be asked, and of whom; ask nothing."
        ),
    )(function)  # fmt: skip


def json_option(function: F) -> F:
    """Results as JSON on standard output."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON on standard output.")(
        function
    )
