"""`assess attest FILE`: the open questions that only a person can answer."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import click

from assess import clock
from assess.attesting import sheet
from assess.attesting.keeping import keep, understood
from assess.attesting.questions import Question, State, questions
from assess.commands import options
from assess.discover import language_for, library
from assess.engagement import SCENARIOS, Engagement, load
from assess.errors import EngagementError, RecordingError
from assess.evidence.config import Attested
from assess.language import speaking
from assess.model import Status
from assess.output import listing, put_json, say
from assess.results import from_json

_HERE = click.Path(path_type=Path, dir_okay=False, exists=True)


@click.command(
    "attest",
    epilog="""\b
Examples:
  assess attest contoso.toml                                  ask what is open, at the terminal
  assess attest contoso.toml --list                           only say what is open
  assess attest contoso.toml --sheet questions.xlsx           a sheet for somebody else to fill in
  assess attest contoso.toml --read questions.xlsx --by "A. Meyer"
  assess attest contoso.toml --results reports/…/results.json only what the last run left open""",
)
@options.engagement_file
@click.option(
    "--scenario", "scenarios", type=click.Choice(SCENARIOS), multiple=True,
    help="Only the questions of this scenario; repeatable.",
)  # fmt: skip
@click.option(
    "--results", type=_HERE, metavar="results.json",
    help="Only what this run found to be a person's to confirm.",
)  # fmt: skip
@click.option("--all", "everything", is_flag=True, help="Answered questions too.")
@click.option("--by", default="", help="Who answers. Default: engagement.assessor.")
@click.option("--list", "only_list", is_flag=True, help="List the questions; ask nothing.")
@click.option(
    "--sheet", "target", type=options.FILE, metavar="PATH",
    help="Write the questions to a sheet, .xlsx or .csv.",
)  # fmt: skip
@click.option(
    "--read", "filled", type=_HERE, metavar="PATH",
    help="Take the answers of a filled sheet into the engagement file.",
)  # fmt: skip
@options.json_option
def command(
    file: Path,
    scenarios: tuple[str, ...],
    results: Path | None,
    *,
    everything: bool,
    by: str,
    only_list: bool,
    target: Path | None,
    filled: Path | None,
    as_json: bool,
) -> int:
    """Ask what no source can tell, and keep the answers in the engagement file.

    An answer stands beside what is measured and never overrules it. It holds until the day that it
    names; one that has ended is asked again. Questions are in the language of the reports
    (report.language).
    """
    engagement = load(file)
    with speaking(language_for(engagement)):
        today = clock.now().date()
        by = by or str(engagement.get("engagement.assessor", ""))
        asked = questions(
            library().catalogue, engagement, today, scenarios=scenarios, only=_left_open(results)
        )
        chosen = asked if everything else [one for one in asked if one.state is not State.ANSWERED]
        if filled is not None:
            return _read(file, filled, asked, today, by)
        if target is not None:
            return _write(file, target, chosen)
        if only_list or as_json:
            return _list(chosen, as_json=as_json)
        return _ask_all(file, engagement, chosen, today, by)


def _left_open(path: Path | None) -> frozenset[str] | None:
    if path is None:
        return None
    try:
        found = from_json(path.read_bytes(), origin=str(path))
    except OSError as error:
        raise RecordingError(f"{path}: {error.strerror}") from error
    return frozenset(f.requirement for f in found.findings if f.status is Status.MANUAL)


def _list(chosen: Sequence[Question], *, as_json: bool) -> int:
    if as_json:
        put_json(
            [
                {
                    "requirement": one.id,
                    "state": one.state,
                    "question": one.text,
                    "answer": None if one.said is None else one.said.answer,
                    "by": None if one.said is None else one.said.by,
                    "until": None if one.said is None else one.said.until,
                }
                for one in chosen
            ]
        )
    else:
        heads = ("Requirement", "State", "Question")
        listing(heads, [(one.id, one.state.value, one.text) for one in chosen])
    say(f"{len(chosen)} questions.")
    return 0


def _write(file: Path, target: Path, chosen: Sequence[Question]) -> int:
    sheet.write_sheet(target, chosen)
    say(f"{target}: {len(chosen)} questions. Next: assess attest {file} --read {target}")
    return 0


def _read(file: Path, filled: Path, asked: Sequence[Question], today: date, by: str) -> int:
    """What can be understood is kept; what cannot is named by its row (exit code 2)."""
    found = sheet.read_sheet(filled, (one.id for one in asked), today, by)
    if found.answers:
        keep(file, found.answers)
    say(f"{file}: {len(found.answers)} answers taken from {filled}.")
    if found.faults:
        rows = "\n".join(f"{filled}: row {row}: {why}" for row, why in found.faults)
        raise EngagementError(f"{rows}\n{filled}: mend these rows and read it again.")
    return 0


def _ask_all(
    file: Path, engagement: Engagement, chosen: Sequence[Question], today: date, by: str
) -> int:
    if not chosen:
        say(f"Every question of {engagement.file} is answered.")
        return 0
    say(f"{len(chosen)} questions: yes, no, or what is asked for; Enter leaves one open.")
    say("Each answer is kept at once, so that you can stop at any time (Ctrl-C) and go on later.")
    kept = 0
    for number, question in enumerate(chosen, 1):
        try:
            said = _ask(question, f"{number} of {len(chosen)}", today, by)
        except click.Abort:
            say("")
            break
        if said is not None:
            keep(file, {question.id: said})
            by = said.by
            kept += 1
    left = len(chosen) - kept
    say(f"{kept} answers are kept in {file}; {left} questions stay open.")
    return 0


def _ask(question: Question, number: str, today: date, by: str) -> Attested | None:
    say(f"\n{number}  {question.id}  ({question.state.value})\n  {question.requirement.title}")
    say(f"  Asked for in {question.place}")
    if question.said is not None:
        say(f"  So far: {question.said.answer} ({question.said.by or 'nobody named'})")
    text = _prompt(question.text)
    if not text.strip():
        return None
    who = _prompt("  Who says so?", by)
    until = _day("  Until when does that hold (2027-03-31, or Enter)?")
    note = _prompt("  A note, or what proves it (Enter for none)")
    return Attested(understood(text), by=who.strip(), on=today, until=until, note=note.strip())


def _prompt(text: str, default: str = "") -> str:
    shown = bool(default)
    return str(click.prompt(text, default=default, show_default=shown, err=True))


def _day(text: str) -> date | None:
    while True:
        typed = _prompt(text).strip()
        if not typed:
            return None
        try:
            return date.fromisoformat(typed)
        except ValueError:
            say(f"    {typed} is no date, such as 2027-03-31")
