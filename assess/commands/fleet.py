"""`assess fleet DIR`: every engagement file of a folder, one overview."""

import os
from collections import Counter
from contextlib import suppress
from pathlib import Path

import click
import msgspec

from assess import __version__, files
from assess.clock import now
from assess.commands import options
from assess.discover import language
from assess.engagement import load
from assess.errors import EngagementError
from assess.exits import WRONG_INPUT
from assess.fleet.crew import here, on_cluster
from assess.fleet.overview import failed, overview, to_json
from assess.fleet.shapes import Member, Overview, Task
from assess.history.place import folder_of
from assess.job import run_folder
from assess.language import ENGLISH, speaking
from assess.output import put, say
from assess.privacy.levels import Level, level_of, strictest
from assess.rendering import formats_of
from assess.salvage import salvage

_MINUTES = 240
_MOST_AT_ONCE = 64


@click.command(
    "fleet",
    epilog="""\b
Examples:
  assess fleet customers -o /srv/assess
  assess fleet customers --jobs 8 -f html -f json --fail-on new
  assess fleet customers --privacy pseudonymised
  assess fleet /mnt/shared/customers -o /mnt/shared/reports --dask tcp://scheduler:8786""",
)
@click.argument("folder", type=options.FOLDER, metavar="DIR")
@options.output_options
@options.fail_on_option
@options.privacy_option
@click.option(
    "--language",
    "code",
    metavar="CODE",
    default=ENGLISH.code,
    show_default=True,
    help="Language of the overview: en, de. Each customer's reports are in that of their file.",
)
@click.option(
    "--jobs",
    type=click.IntRange(1, _MOST_AT_ONCE),
    default=min(4, os.cpu_count() or 1),
    show_default=True,
    help="How many customers are assessed at a time on this machine.",
)
@click.option(
    "--minutes",
    type=click.IntRange(1, 1440),
    default=_MINUTES,
    show_default=True,
    help="How long one customer may take; it is ended then, and said.",
)
@click.option(
    "--dask",
    metavar="ADDRESS",
    help="Run on a Dask cluster, e.g. tcp://scheduler:8786; its workers see the same folders.",
)
@options.json_option
def command(
    folder: Path,
    output: Path,
    formats: tuple[str, ...],
    fail_on: str | None,
    privacy: Level | None,
    code: str,
    jobs: int,
    minutes: int,
    dask: str | None,
    *,
    as_json: bool,
) -> int:
    """Assess every customer of a folder, and write one overview across them.

    Every *.toml file of DIR is an engagement. Each is run unattended, in a process of its own, and
    keeps its reports, history, log and notices as `assess run --unattended` does. One that fails is
    said and costs no other. The overview (overview.html, overview.xlsx, overview.json) lies in a
    folder of its own beside the runs and links to each report. The exit code is the worst of all:
    4, 2, 1, 3, 0.

    With --privacy no customer's reports show more than that, and less where their own file is
    stricter; the overview shows no more of anybody than the strictest of all.
    """
    begun, spoken = now(), language(code)
    found = _engagements(folder)
    names = formats_of(formats, options.DEFAULT_FORMATS)
    place = run_folder(output, "fleet", begun)
    levels = {file: strictest(privacy, _level(file)) for file in found}
    tasks, members = _tasks(found, output, names, fail_on, minutes)
    if privacy is not None:
        tasks = [msgspec.structs.replace(one, privacy=levels[Path(one.file)]) for one in tasks]

    def done(member: Member, left: int) -> None:
        what = member.failed or ", ".join(
            f"{one.scenario} {one.verdict.value}" for one in member.judgements
        )
        say(f"{Path(member.file).name}: {what}" + (f" ({left} to go)" if left else ""))

    for member in members:
        done(member, 0)
    try:
        if tasks:
            members += list(on_cluster(tasks, dask, done) if dask else here(tasks, jobs, done))
    except BaseException:
        with suppress(OSError):
            place.rmdir()  # empty
        raise
    level = strictest(*levels.values(), *(member.privacy for member in members))
    made = overview(f"assess {__version__}", begun, members, level)
    with speaking(spoken):
        _write(made, place)
    if as_json:
        put(to_json(made).decode().rstrip())
    else:
        for line in _lines(made):
            put(line)
    say(f"The overview is in {place}")
    return made.code


def _engagements(folder: Path) -> list[Path]:
    """The engagement files. Raises EngagementError where there is none: that is no good news."""
    try:
        found = sorted(
            path.resolve() for path in folder.iterdir()
            if path.suffix == ".toml" and not path.name.startswith(".") and path.is_file()
        )  # fmt: skip
    except OSError as error:
        raise EngagementError(f"{folder}: {error.strerror or 'it cannot be read'}") from None
    if not found:
        raise EngagementError(
            f"{folder} holds no engagement file (*.toml). `assess init {folder}/contoso.toml` "
            "writes one"
        )
    return found


def _level(file: Path) -> Level:
    """The privacy level that a file asks for, as far as it can be read."""
    try:
        return level_of(load(file))
    except EngagementError:
        left = salvage(file)
        return "full" if left is None else level_of(left.engagement)


def _tasks(
    found: list[Path],
    output: Path,
    formats: tuple[str, ...],
    fail_on: str | None,
    minutes: int,
) -> tuple[list[Task], list[Member]]:
    """What is to be run; and what cannot be, with the reason.

    Two engagements of one name, or with one history, would be taken for the same customer.
    """
    tasks, wrong, places = [], [], {}
    for file in found:
        try:
            engagement = load(file)
            places[file] = (engagement.name, folder_of(engagement).folder.resolve())
        except EngagementError:  # said by its run, which tells whom the file names too
            tasks.append(Task(str(file), str(output.resolve()), formats, fail_on, minutes * 60.0))
    names = Counter(name.casefold() for name, _ in places.values())
    histories = Counter(place for _, place in places.values())
    for file, (name, history) in places.items():
        if names[name.casefold()] > 1 or histories[history] > 1:
            what = f'engagement.name "{name}"' if names[name.casefold()] > 1 else str(history)
            wrong.append(
                failed(
                    str(file),
                    name,
                    name,
                    WRONG_INPUT,
                    f"{what} belongs to another file of this folder too; give each a name and a "
                    "history of its own",
                )
            )
        else:
            tasks.append(Task(str(file), str(output.resolve()), formats, fail_on, minutes * 60.0))
    return tasks, wrong


def _write(made: Overview, place: Path) -> None:
    from assess.reporters import fleet
    from assess.reporters.workbook import fleet as workbook

    files.write(place / "overview.json", to_json(made))
    files.write(place / "overview.html", fleet.render(made))
    with files.whole(place / "overview.xlsx") as draft:
        workbook.write(made, draft)


def _lines(made: Overview) -> list[str]:
    """One line a scenario of each customer, the worst first."""
    lines = []
    for member in made.members:
        if member.failed:
            lines.append(f"{member.name}\tnot run\t-\t{member.failed}")
        for one in member.judgements:
            score = "-" if one.score is None else str(one.score)
            lines.append(f"{member.name}\t{one.scenario}\t{one.verdict.value}\t{score}")
    return [" ".join(line.split(" ")) for line in lines]
