"""Logs as Configuration Manager writes them: both formats, any encoding, any bias."""

from datetime import UTC, datetime, timedelta
from typing import Any

from assess.check import Missing
from assess.connectors.log_scan import scan
from assess.evidence.logs import LogAsk, LogCopy, Logs

NOW = datetime(2026, 11, 20, 21, 10, tzinfo=UTC)
NOT_SENT = Missing("there is no such log", "Send it.", skipped=True)


def local(at: datetime, bias: int) -> datetime:
    """The time on the clock of a computer with this bias: UTC = local + bias."""
    return at.astimezone(UTC) - timedelta(minutes=bias)


def newer(
    message: str, at: datetime, *, bias: int | None = 0, component: str = "X", kind: int | str = 1, digits: int = 3
) -> str:
    """One entry of the format with LOG brackets."""
    clock = local(at, bias or 0)
    fraction = f"{clock.microsecond:06d}0"[:digits]
    said = "" if bias is None else f"{bias:+04d}"
    return (
        f'<![LOG[{message}]LOG]!><time="{clock:%H:%M:%S}.{fraction}{said}" date="{clock:%m-%d-%Y}" '
        f'component="{component}" context="" type="{kind}" thread="4242" file="x.cpp:123">\r\n'
    )


def older(message: str, at: datetime, *, bias: int | None = 0, component: str = "X") -> str:
    """One entry of the older format."""
    clock = local(at, bias or 0)
    said = "" if bias is None else f"{bias:+04d}"
    stamp = f"{clock:%m-%d-%Y %H:%M:%S}.{clock.microsecond // 1000:03d}{said}"
    return f"{message}~  $$<{component}><{stamp}><thread=4242 (0x1092)>\r\n"


Entry = tuple[str, float]  # a message, and how many hours ago it was written


def copied(
    ask: type[LogAsk], *entries: Entry, place: str = "", cut: str = "", written: Any = older
) -> LogCopy:
    """A log with these entries, read as the connector reads it."""
    text = "".join(written(message, NOW - timedelta(hours=hours)) for message, hours in entries)
    name = f"{ask.log}.log"
    found = scan([text.encode()], ask.marks, name, "cp1252")
    return LogCopy(place, (name,), found.first.at, found.last.at, tuple(found.lines), cut)


def log(ask: type[LogAsk], *entries: Entry, **more: Any) -> Logs:
    """The answer with one copy of the log."""
    return Logs(ask.log, (copied(ask, *entries, **more),))
