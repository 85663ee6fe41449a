"""The one clock of the tool. Everything else is told what time it is."""

from datetime import UTC, datetime


def now() -> datetime:
    """The second in which the tool runs: aware, UTC."""
    return datetime.now(UTC).replace(microsecond=0)  # noqa: TID251 - the command line asks the clock
