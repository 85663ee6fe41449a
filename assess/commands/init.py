"""`assess init [FILE]`: ask, and write an engagement file."""

from pathlib import Path
from typing import Any

import click

from assess.commands import choosing, options
from assess.discover import library
from assess.engagement import SCENARIOS, key_definitions
from assess.errors import EngagementError
from assess.files import write
from assess.keys import needed_keys
from assess.output import say
from assess.wizard import document, sample, understand


@click.command(
    "init",
    epilog="""\b
Examples:
  assess init contoso.toml
  assess init contoso.toml --name contoso --scenario co-management-pki --no-questions""",
)
@click.argument("file", type=options.FILE, default=Path("engagement.toml"))
@click.option("--name", help="Short name of the engagement.")
@click.option("--scenario", "scenarios", multiple=True, type=click.Choice(SCENARIOS))
@click.option(
    "--no-questions", is_flag=True, help="Ask nothing: every key becomes a comment to fill in."
)
@click.option("--force", is_flag=True, help="Write over a file that is there.")
def command(
    file: Path, name: str | None, scenarios: tuple[str, ...], *, no_questions: bool, force: bool
) -> int:
    """Ask for what the chosen scenarios need, and write an engagement file.

    Enter leaves a question open: its key is written as a comment, and its findings will be manual
    or unknown until somebody fills it in.
    """
    if file.exists() and not force:
        raise EngagementError(f"{file} is there already; choose another name, or --force")
    answers: dict[str, Any] = {}
    asking = not no_questions
    answers["engagement.name"] = name or (
        _ask("engagement.name", file.stem) if asking else file.stem
    )
    answers["engagement.scenarios"] = list(scenarios) or _choose_scenarios(asking=asking)
    keys = needed_keys(library(), answers["engagement.scenarios"])
    if asking:
        _ask_all(keys, answers)
    _check_name(answers["engagement.name"])
    write(file, document(answers, keys).encode())
    say(
        f"{file} is written: {len(answers)} keys set, "
        f"{len(set(keys) - set(answers))} left as comments."
    )
    say(f"Next: assess validate {file}, then assess preflight {file}.")
    return 0


def _check_name(name: str) -> None:
    try:
        understand(key_definitions()["engagement.name"], name)
    except ValueError as error:
        raise EngagementError(f"--name: {error}") from None


def _choose_scenarios(*, asking: bool) -> list[str]:
    if not asking:
        raise EngagementError(
            f"--no-questions needs --scenario, one or more of {', '.join(SCENARIOS)}"
        )
    titles = library().catalogue.scenarios
    for number, scenario in enumerate(SCENARIOS, 1):
        say(f"  {number}  {scenario}: {titles[scenario]}")
    while True:
        text = click.prompt("Scenarios, by number, with commas", default="2", err=True)
        numbers = [part.strip() for part in str(text).split(",")]
        if all(part.isdigit() and 1 <= int(part) <= len(SCENARIOS) for part in numbers):
            return [SCENARIOS[int(part) - 1] for part in numbers]
        say(f"  numbers from 1 to {len(SCENARIOS)} are needed")


def _ask_all(keys: list[str], answers: dict[str, Any]) -> None:
    section = ""
    for key in choosing.ordered(keys):
        if key.rpartition(".")[0] != section:
            section = key.rpartition(".")[0]
            say(f"[{section}]")
        try:
            value = choosing.choose(key, answers) if choosing.listed(key, answers) else _ask(key)
        except click.Abort:  # the input ended: what is left becomes comments
            return
        if value is not None:
            answers[key] = value
            if key == choosing.REQUIRED:
                choosing.advise(answers[key])


def _ask(key: str, default: str = "") -> Any:  # noqa: ANN401 - any value
    """One answer, asked again until it fits; None where the question is left open."""
    definition = key_definitions()[key]
    prompt = f"  {key.rpartition('.')[2]}: {definition.about}, e.g. {sample(definition)}"
    while True:
        text = str(click.prompt(prompt, default=default, show_default=bool(default), err=True))
        if not text.strip():
            return None
        try:
            return understand(definition, text)
        except ValueError as error:
            say(f"    {error}")
