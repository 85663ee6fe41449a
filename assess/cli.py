"""The commands, their exit codes, and what is printed where.

Results go to standard output, everything else to standard error. Each command lives in a module of
its own and is imported when it is called, so that ``--help`` is quick.
"""

import importlib
import logging
import sys
from collections.abc import Sequence
from typing import Any

import click

from assess import __version__
from assess.errors import AssessError, EngagementError, HistoryError, RecordingError
from assess.exits import INTERRUPTED, NOT_READY, OK, OWN_FAULT, UNDETERMINED, WRONG_INPUT

__all__ = [
    "COMMANDS", "INTERRUPTED", "NOT_READY", "OK", "OWN_FAULT", "UNDETERMINED", "WRONG_INPUT", "cli",
    "run",
]  # fmt: skip

# Name, module below assess.commands, and the line that --help shows.
COMMANDS = {
    "init": ("init", "Ask, and write an engagement file."),
    "validate": ("validate", "Check an engagement file; connects to nothing."),
    "preflight": ("preflight", "Reach, sign in and test the rights of every source, in seconds."),
    "permissions": ("permissions", "The least read-only rights each source needs, and why."),
    "run": ("run", "Collect, evaluate, report."),
    "collector": ("collector", "Write the script that collects on the customer's side."),
    "collect": ("collect", "Collect only: write an evidence file."),
    "evaluate": ("evaluate", "Evaluate and report from evidence files; no network."),
    "report": ("report", "Render the reports again from results.json."),
    "history": ("history", "The runs that are kept of an engagement; name a baseline."),
    "diff": ("diff", "What changed between two runs."),
    "schedule": ("schedule", "What the platform needs to run it again and again."),
    "fleet": ("fleet", "Every engagement file in a folder, one overview."),
    "purge": ("purge", "Delete what is kept of a customer."),
    "checks": ("checks", "The catalogue: every requirement, its check, sources and documents."),
    "coverage": ("coverage", "What is measured, partly measured, asked, or neither."),
    "plan": ("plan", "The road to ready: what is open, in which order, by whom, how long."),
    "options": ("compare", "The management options side by side, against what is required."),
    "attest": ("attest", "Ask the open questions that only a person can answer."),
    "demo": ("demo", "The whole job against an embedded example customer."),
}

_EPILOG = """\b
Examples:
  assess demo -o demo-report
  assess init contoso.toml
  assess preflight contoso.toml
  assess run contoso.toml -o reports
  assess evaluate contoso.evidence.zip -o reports -f pdf

Exit codes of run, evaluate and demo: 0 ready, 1 not ready, 2 wrong input,
3 undetermined, 4 a fault of the tool itself."""


class _Lazy(click.Group):
    """A group that imports a command when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return super().get_command(ctx, cmd_name)
        module = importlib.import_module(f"assess.commands.{COMMANDS[cmd_name][0]}")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])


@click.group(
    cls=_Lazy,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=_EPILOG,
)
@click.version_option(__version__, message="assess %(version)s")
@click.option("--debug", is_flag=True, help="Say more on standard error; never a secret.")
def cli(*, debug: bool) -> None:
    """Assess whether a tenant and a Configuration Manager site are ready.

    One engagement file describes the customer; checks read DNS, the directory, certificates, the
    tenant and the site, change nothing, and the reports say what is in order, what is not, what
    nobody could see, and how each thing is mended.
    """
    logging.basicConfig(
        level=logging.WARNING, format="%(name)s: %(message)s", stream=sys.stderr, force=True
    )
    logging.getLogger("assess").setLevel(logging.DEBUG if debug else logging.ERROR)


def run(arguments: Sequence[str]) -> int:
    """Run the command line; the exit code."""
    debug = "--debug" in arguments
    try:
        outcome: Any = cli.main(list(arguments), prog_name="assess", standalone_mode=False)
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.Abort:
        return _say("interrupted; nothing half written is left", INTERRUPTED)
    except click.ClickException as error:
        error.show(sys.stderr)
        return WRONG_INPUT
    except (EngagementError, RecordingError, HistoryError) as error:
        return _say(str(error), WRONG_INPUT)
    except KeyboardInterrupt:
        return _say("interrupted; nothing half written is left", INTERRUPTED)
    except BrokenPipeError:
        sys.stderr.close()
        return OK
    except AssessError as error:
        return _say(str(error), OWN_FAULT)
    except Exception as error:
        if debug:
            raise
        return _say(
            f"a fault of the tool itself: {type(error).__name__}. Run again with --debug for the "
            "place, and report it.",
            OWN_FAULT,
        )
    return outcome if isinstance(outcome, int) else OK


def _say(message: str, code: int) -> int:
    for line in message.splitlines():
        print(f"assess: {line}", file=sys.stderr)
    return code
