"""What the checks of logs share: which copies count, how old they may be, and what was not read."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from assess.check import Missing, Outcome, Unknown, tr
from assess.evidence.logs import (
    ANSWERED,
    NO_CERTIFICATE,
    NOT_BUILT,
    SELF_TEST,
    Line,
    LogAsk,
    LogCopy,
    Logs,
    faulty,
)

WEEK, DAY = timedelta(days=7), timedelta(days=1)
_FEW = 3  # answers in a row with an error before the traffic is said to fail
_HTTP_ERROR = 400


def lost(log: Logs | Missing) -> list[Outcome]:
    """A log that was to be read and was not, even in part, is a gap; one nobody sent is none."""
    if isinstance(log, Logs):
        return unread(log, log.copies)
    if set_aside(log):
        return []
    return [Unknown(None, log.reason, remedy=(log.mend,) if log.mend else ())]


def unread(log: Logs, copies: Iterable[LogCopy]) -> list[Outcome]:
    """What could not be read of the copies that count might say the opposite."""
    gap = "; ".join(tr(one) for one in (*log.unread, faulty(copies)) if one)
    if not gap:
        return []
    step = tr("Send {}.log and {}.lo_ again, in a way that can be read.", log.log, log.log)
    because = tr("a part of what was sent of {}.log could not be read: {}", log.log, gap)
    return [Unknown(None, because, remedy=(step,))]


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
    because = f"{copy.shown} {tr(copy.covers)}"
    if copy.last is not None:
        because = tr(
            "{} {}, not the {} days before this assessment", copy.shown, copy.covers, span.days
        )
        if span == DAY:
            because = tr("{} {}, not the 24 hours before this assessment", copy.shown, copy.covers)
    return Unknown(None, because, remedy=mend(ask), about=about((copy,)))


def silent(log: Logs, ask: type[LogAsk], what: str) -> Unknown:
    """No line that tells: overwritten, or never written."""
    covered = "; ".join(f"{one.shown} {tr(one.covers)}" for one in log.copies)
    because = tr(
        "no line of {}.log tells {}; older entries are overwritten: {}", log.log, what, covered
    )
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


def set_aside(gap: Missing) -> bool:
    """Nobody was asked, so that another source may answer; what was asked and lost is lost."""
    return bool(gap.key) or gap.skipped


def of_computer(
    log: Logs | Missing, computer: str, now: datetime, *, alone: bool = False
) -> list[LogCopy]:
    """The fresh copies from one computer; where it is ``alone``, also one in no folder at all."""
    if isinstance(log, Missing):
        return []
    copies = log.of(computer)
    if alone and not copies:
        copies = tuple(one for one in log.copies if not one.place)
    return [one for one in copies if fresh(one, now)]


def traffic(copy: LogCopy) -> tuple[Line | None, Line | None]:
    """The last answer of the gateway's traffic without an error, and what failed since then."""
    answers = copy.of(ANSWERED)
    good = next((one for one in reversed(answers) if _status(one) < _HTTP_ERROR), None)
    since = copy.since(good, ANSWERED, NOT_BUILT, NO_CERTIFICATE)
    broken = [one for one in since if one.kind != ANSWERED]
    if broken:
        return good, broken[-1]
    return good, since[-1] if len(since) >= _FEW else None


def _status(line: Line) -> int:
    return int(line.value("status") or 0)


def self_test(copy: LogCopy, port: str) -> Line | None:
    """The last request of a management point to itself on a port."""
    tests = [one for one in copy.of(SELF_TEST) if one.value("port") == port]
    return tests[-1] if tests else None
