"""`assess schedule FILE`: what the platform needs to run it again and again."""

import getpass
import importlib
import shutil
import sys
from pathlib import Path

import click

from assess import files
from assess.commands import options
from assess.engagement import Engagement, load
from assess.errors import EngagementError
from assess.history.place import folder_of
from assess.output import put, put_json, say
from assess.scheduling.job import Job, Written
from assess.scheduling.moments import EVERY, moment
from assess.unattended import environment_of, require_nobody, secret_files_of

KINDS = ("systemd", "cron", "windows", "container")
_IMAGE = "registry.example/assess:latest"


@click.command(
    "schedule",
    epilog="""\b
Examples:
  assess schedule contoso.toml
  assess schedule contoso.toml --at "Mon 06:00" -o /srv/assess/schedule
  assess schedule contoso.toml --kind windows --at "1 05:30" --account 'CONTOSO\\assess$' \\
      --as 'D:\\assess\\contoso.toml' --program 'C:\\Tools\\assess.exe' -o task
  assess schedule contoso.toml --kind container --image registry.contoso.com/assess:1.0""",
)
@options.engagement_file
@click.option("--kind", type=click.Choice(KINDS), help="Default: what this machine has.")
@click.option(
    "--at",
    default="Mon 06:00",
    show_default=True,
    metavar="WHEN",
    help='"Mon 06:00" weekly, "06:00" daily, "1 06:00" monthly; the machine\'s own time.',
)
@click.option("--every", type=click.Choice(EVERY), help="How often; follows from --at.")
@click.option(
    "-o", "--output", type=options.FOLDER, help="Folder to write the files to. Default: print them."
)
@click.option(
    "--reports",
    metavar="FOLDER",
    help="Where the runs write their reports. Default: reports, beside the engagement file.",
)
@click.option(
    "--fail-on",
    type=click.Choice([*options.VERDICTS_TO_FAIL_ON, "new"]),
    default=None,
    help="What ends a run with exit code 1; new: only what got worse.",
)
@click.option(
    "--account",
    default=None,
    metavar="NAME",
    help="Who runs it. systemd: default is you; "
    "windows: a group managed service account, such as CONTOSO\\assess$.",
)
@click.option(
    "--as",
    "there",
    metavar="PATH",
    help="The engagement file as the machine that runs it names it, where that is another one.",
)
@click.option("--program", metavar="PATH", help="The command `assess` on that machine.")
@click.option(
    "--image", default=_IMAGE, metavar="NAME", help="container: the image with assess in it."
)
@options.json_option
def command(
    file: Path,
    kind: str | None,
    at: str,
    every: str | None,
    output: Path | None,
    reports: str | None,
    fail_on: str | None,
    account: str | None,
    there: str | None,
    program: str | None,
    image: str,
    *,
    as_json: bool,
) -> int:
    """Write what a scheduler needs to run an engagement, and explain how it is installed.

    Nothing is installed, and no secret is in any file: they name where the platform keeps it. A
    sign-in that needs a person (device-code, interactive, { prompt = true }) is refused.
    """
    engagement = load(file)
    require_nobody(engagement, "nobody is there when a schedule is due")
    chosen = kind or _this_platform()
    when = moment(at, every)
    path = there or str(file.resolve())
    beside = _folder(path)
    separator = "\\" if chosen == "windows" else "/"
    history = f"{beside}{engagement.name}.history"
    if there is None:
        history = str(folder_of(engagement).folder)
    job = Job(
        engagement.name,
        _program(chosen, program),
        path,
        reports or f"{beside}reports",
        history,
        when,
        str(output.resolve())
        if output and there is None
        else beside.rstrip(separator) or separator,
        account=account if account is not None else _account(chosen),
        options=("--fail-on", fail_on) if fail_on else (),
        environment=environment_of(engagement),
        secret_files=_there(engagement, there),
        image=image,
    )
    made: Written = importlib.import_module(f"assess.scheduling.{chosen}").write(job)
    if output is not None:
        _write(output, made)
    if as_json:
        put_json({"kind": chosen, "when": when.said, "files": made.files, "secrets": made.secrets,
                  "install": made.install, "see": made.see, "remove": made.remove})  # fmt: skip
        return 0
    _explain(made, f"{engagement.name}, {chosen}: {when.said}.", output)
    return 0


def _explain(made: Written, headline: str, output: Path | None) -> None:
    """The files where they were not written, and what to do with them."""
    if output is None:
        for name, content in made.files.items():
            if len(made.files) > 1:
                put(f"# ---- {name}")
            put(content.rstrip())
    say(headline)
    if output is not None:
        say(f"Written to {output}: {', '.join(made.files)}")
    for title, lines in (
        ("Secrets", made.secrets),
        ("Install", made.install),
        ("See", made.see),
        ("Remove", made.remove),
    ):
        if lines:
            say(f"{title}:")
            for line in lines:
                say(f"  {line}")
    say("Each run keeps a log, takes the lock, and ends with the exit codes of `assess run`.")


def _this_platform() -> str:
    if sys.platform == "win32":
        return "windows"
    return "systemd" if Path("/run/systemd/system").is_dir() else "cron"


def _program(kind: str, named: str | None) -> tuple[str, ...]:
    """The command, as the scheduler finds it: it has no path to search."""
    if named is not None:
        return (named,)
    if kind == "container":
        return ("assess",)
    found = shutil.which("assess")
    mine = Path(sys.executable).with_name("assess")
    if mine.is_file():
        return (str(mine),)
    return (str(Path(found).resolve()),) if found else (sys.executable, "-m", "assess")


def _account(kind: str) -> str:
    if kind != "systemd":
        return ""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return ""


def _folder(path: str) -> str:
    """The folder of a path of any platform, with its separator."""
    place = max(path.rfind("/"), path.rfind("\\"))
    if place < 0 or not (path.startswith(("/", "\\\\")) or path[1:2] == ":"):
        raise EngagementError(
            f"--as {path!r}: the whole path is needed, from the root or the drive"
        )
    return path[: place + 1]


def _there(engagement: Engagement, there: str | None) -> tuple[str, ...]:
    """The files with secrets; on another machine nobody here knows their folder."""
    found = secret_files_of(engagement)
    return found if there is None else tuple(Path(one).name for one in found)


def _write(folder: Path, made: Written) -> None:
    try:
        for name, content in made.files.items():
            path = folder / name
            if name.endswith(".env") and path.exists():
                say(f"{path} is there already and stays as it is.")
                continue
            files.write(path, content.encode(made.encodings.get(name, "utf-8")))
            path.chmod(0o600 if name in made.private else 0o644)
    except OSError as error:
        raise EngagementError(f"--output {folder}: {error.strerror or error}") from None
