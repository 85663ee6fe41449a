"""What the commands print: listings for people and for pipes, progress, the summary of a run."""

import json
import logging
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from assess.connectors import Progress
from assess.model import Severity, Status
from assess.results import Finding, Results

_ORDER = list(Status)
_SEVERITIES = list(Severity)
_COLOURS = {
    Status.FAIL: "bold red", Status.UNKNOWN: "bold magenta", Status.WARN: "yellow",
    Status.MANUAL: "blue", Status.PASS: "green", Status.NOT_APPLICABLE: "dim",
}  # fmt: skip
_MOST = 40
# Written to the log of an unattended run; nowhere without one.
_SAID = logging.getLogger("assess.said")


def say(message: str) -> None:
    """A message for the person at the terminal: standard error."""
    print(message, file=sys.stderr, flush=True)  # noqa: T201 - the one place that does
    _SAID.info("%s", message)


def put(text: str) -> None:
    """A result: standard output."""
    sys.stdout.write(f"{text}\n")


def put_json(value: Any) -> None:  # noqa: ANN401 - anything JSON-able
    """A result as JSON on standard output."""
    put(json.dumps(value, indent=1, ensure_ascii=False, default=str))


def listing(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A table on a terminal; into a pipe one line a row, tab-separated, never wrapped or cut."""
    if not sys.stdout.isatty():
        for row in rows:
            put("\t".join(" ".join(cell.split()) for cell in row))
        return
    from rich.console import Console  # noqa: PLC0415 - only for a terminal
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    table = Table(*heads, box=None, header_style="bold", pad_edge=False)
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    Console().print(table)


@contextmanager
def watching(*, quiet: bool = False) -> Iterator[Progress | None]:
    """Progress bars on standard error while sources are read; none where it is no terminal."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn  # noqa: PLC0415
    from rich.progress import Progress as Bars  # noqa: PLC0415

    bars = Bars(
        TextColumn("{task.description}"), BarColumn(24), MofNCompleteColumn(),
        TextColumn("{task.fields[text]}", markup=False),
        console=Console(stderr=True), transient=True,
    )  # fmt: skip
    tasks: dict[str, Any] = {}
    adding = threading.Lock()

    def update(label: str, done: int, total: int | None, text: str) -> None:
        with adding:
            if label not in tasks:
                tasks[label] = bars.add_task(label, total=total, text="")
        bars.update(tasks[label], completed=done, total=total, text=text)

    with bars:
        yield update


def ordered(findings: Sequence[Finding]) -> list[Finding]:
    """Findings as reports list them: by status, then severity, then id."""
    return sorted(
        findings,
        key=lambda f: (_ORDER.index(f.status), _SEVERITIES.index(f.severity), f.id),
    )


def summary(results: Results) -> None:
    """The verdicts and every open finding, blockers first."""
    shown = [
        f for f in ordered(results.findings) if f.status not in (Status.PASS, Status.NOT_APPLICABLE)
    ]
    if not sys.stdout.isatty():
        for verdict in results.verdicts:
            score = "-" if verdict.score is None else str(verdict.score)
            put(f"{verdict.scenario}\t{verdict.verdict}\t{score}")
        for finding in shown:
            put(
                "\t".join(
                    (
                        finding.id,
                        finding.status,
                        finding.severity,
                        " ".join(finding.observed.split()),
                    )
                )
            )
        return
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    console = Console()
    for verdict in results.verdicts:
        counts = ", ".join(f"{n} {status}" for status, n in verdict.counts.items() if n)
        word = verdict.verdict.replace("-", " ").capitalize()
        score = "" if verdict.score is None else f"  (score {verdict.score} of 100)"
        console.print(Text(f"{word}", style="bold"), Text(f"{verdict.scenario}: {counts}{score}"))
    table = Table(
        "Status", "Severity", "Finding", "Found", box=None, header_style="bold", pad_edge=False
    )
    for finding in shown[:_MOST]:
        table.add_row(
            Text(finding.status, style=_COLOURS[finding.status]), Text(finding.severity),
            Text(finding.id), Text(finding.observed),
        )  # fmt: skip
    console.print(table)
    if len(shown) > _MOST:
        console.print(f"… and {len(shown) - _MOST} more open findings, in the reports.")
