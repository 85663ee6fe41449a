"""What the checks of logs share: which copies count, how old they may be, and what was not read."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from assess.check import Missing, Outcome, Unknown
from assess.evidence.logs import Line, LogAsk, LogCopy, Logs, faulty

WEEK, DAY = timedelta(days=7), timedelta(days=1)
NOT_SENT = Missing("no log was sent", skipped=True)
"""What a check has in the place of a log that nobody sent."""


def lost(log: Logs | Missing) -> list[Outcome]:
    """A log that was to be read and was not is a gap; one that nobody sent is none."""
    if isinstance(log, Logs) or log.key or log.skipped:
        return []
    return [Unknown(None, log.reason, remedy=(log.mend,) if log.mend else ())]


def unread(log: Logs, copies: Iterable[LogCopy], ask: type[LogAsk]) -> list[Outcome]:
    """What could not be read of the copies that count might say the opposite."""
    gap = "; ".join(filter(None, (*log.unread, faulty(copies))))
    if not gap:
        return []
    return [Unknown(None, f"a part of what was sent could not be read: {gap}", remedy=mend(ask))]


def mend(ask: type[LogAsk]) -> tuple[str, ...]:
    """Send it, and send it fresh."""
    return (ask.sending(),)


def about(copies: Iterable[LogCopy]) -> tuple[str, ...]:
    """The notes of these copies."""
    return tuple(one.place for one in copies if one.place)


def fresh(copy: LogCopy, now: datetime, span: timedelta = WEEK) -> bool:
    """Its newest entry is of the time before ``now``."""
    return copy.last is not None and Line("", "", copy.last).within(span, now)


def stale(copy: LogCopy, ask: type[LogAsk], span: timedelta = WEEK) -> Unknown:
    """Too old to say how it is today, or from a clock that is wrong."""
    days = "24 hours" if span == DAY else f"{span.days} days"
    because = f"{copy.shown} {copy.covers}, not the {days} before this assessment"
    return Unknown(None, because, remedy=mend(ask), about=about((copy,)))


def silent(log: Logs, ask: type[LogAsk], what: str) -> Unknown:
    """No line that tells: overwritten, or never written."""
    covered = "; ".join(f"{one.shown} {one.covers}" for one in log.copies)
    because = f"no line of {log.log}.log tells {what}; older entries are overwritten: {covered}"
    return Unknown(None, because, remedy=mend(ask))


def last_failing(
    log: Logs | Missing, good: tuple[str, ...], bad: tuple[str, ...], now: datetime
) -> tuple[Line, LogCopy] | None:
    """The last line where a fresh copy ends with a failure; None where none does."""
    for copy in log.copies if isinstance(log, Logs) else ():
        line = copy.latest(*good, *bad)
        if line is not None and line.kind in bad and fresh(copy, now):
            return line, copy
    return None
