"""What a notice says of a run; pure.

Verdicts, counts and ids of what changed; titles and what was found only where that is asked for.
"""

from collections.abc import Iterable
from datetime import datetime

import msgspec

from assess.engagement import Engagement
from assess.history.shapes import Change, Kind, Point
from assess.model import Severity, Status, Verdict
from assess.privacy.levels import Level, is_stricter, level_of
from assess.results import Results, bare, clean

_MOST = 25
_REASONS = 10
_LONGEST = 300
_SEVERITIES = list(Severity)


class Judged(msgspec.Struct, frozen=True):
    """The verdict of a scenario, and what it was in the last whole run; None: nobody judged it."""

    scenario: str
    verdict: Verdict
    score: int | None
    counts: dict[str, int]
    before: Verdict | None = None
    score_before: int | None = None


class Item(msgspec.Struct, frozen=True):
    """One change. ``title`` and ``found`` are empty unless details are asked for."""

    change: Kind
    id: str
    severity: Severity
    before: Status | None
    after: Status | None
    accepted: bool = False
    title: str = ""
    found: str = ""


class Failure(msgspec.Struct, frozen=True):
    """Why a run came to nothing. ``reasons`` say the mend too; none where they might name people.

    ``log``: where it was kept on ``host``; "" where there is none.
    """

    code: int
    reasons: tuple[str, ...]
    file: str
    host: str
    log: str = ""


class News(msgspec.Struct, frozen=True):
    """What there is to tell. ``since``: the last run, None for the first one that is kept.

    ``more``: how many changes beyond ``changes`` there are. ``privacy``: the level of what is said.
    ``failure``: there was no run; then there are no verdicts either, and nothing is ready.
    """

    engagement: str
    customer: str
    run: str
    as_of: datetime
    verdicts: tuple[Judged, ...]
    since: str | None = None
    partial: str = ""
    changed: dict[str, int] = {}
    changes: tuple[Item, ...] = ()
    more: int = 0
    privacy: Level = "full"
    failure: Failure | None = None

    @property
    def is_change(self) -> bool:
        """Whether something is different from the last run; without one, everything is."""
        if self.failure is not None or self.since is None or self.changes:
            return True
        # What was left out makes verdicts undetermined, which is no news.
        return not self.partial and any(
            one.before not in (None, one.verdict) for one in self.verdicts
        )


def news_of(results: Results, *, details: bool = False) -> News:
    """What a run has to tell."""
    last = None if results.past is None else results.past.last
    changes = [] if last is None else _worth_saying(last.changes)
    before: dict[str, Point] = {}
    if results.past is not None and last is not None:
        # The last points are this run's; a run that was not whole says little of a verdict.
        earlier = results.past.trend[: -len(results.verdicts) or None]
        before = {point.scenario: point for point in earlier if not point.partial}
    return News(
        engagement=one_line(results.engagement.name),
        customer=one_line(results.engagement.customer),
        run=f"{results.as_of:%Y%m%dT%H%M%SZ}",
        as_of=results.as_of,
        verdicts=tuple(
            Judged(
                v.scenario,
                v.verdict,
                v.score,
                dict(v.counts),
                before[v.scenario].verdict if v.scenario in before else None,
                before[v.scenario].score if v.scenario in before else None,
            )
            for v in results.verdicts
        ),
        since=None if last is None else last.run.name,
        partial=one_line(results.partial),
        changed={} if last is None else {
            kind.value: sum(change.kind is kind for change in changes) for kind in Kind
            if kind is not Kind.STILL_OPEN
        },
        changes=tuple(_item(change, details=details) for change in changes[:_MOST]),
        more=max(0, len(changes) - _MOST),
        privacy=results.privacy,
    )  # fmt: skip


def failed(
    engagement: Engagement, code: int, reasons: Iterable[str], moment: datetime, host: str, log: str
) -> News:
    """What there is to tell of a run that came to nothing."""
    level = level_of(engagement)
    said = [line for line in map(one_line, reasons) if line] if level == "full" else []
    more = [f"and {len(said) - _REASONS} more, in the log"] if len(said) > _REASONS else []
    return News(
        engagement=one_line(engagement.name),
        customer=one_line(engagement.customer),
        run=f"{moment:%Y%m%dT%H%M%SZ}-failed",
        as_of=moment,
        verdicts=(),
        privacy=level,
        failure=Failure(
            code,
            (*said[:_REASONS], *more),
            one_line(engagement.file),
            one_line(host),
            one_line(log),
        ),
    )


def held_to(news: News, level: Level, *, details: bool) -> News:
    """The news with no more in it than is asked for now, whatever was asked when it happened.

    Names cannot be told from other words any more: at a stricter level nothing is left of what
    was found, and of an id the requirement alone.
    """
    stricter = is_stricter(level, than=news.privacy)
    if details and not stricter:
        return news
    changes = [msgspec.structs.replace(one, title="", found="") for one in news.changes]
    if not stricter:
        return msgspec.structs.replace(news, changes=tuple(changes))
    failure = news.failure
    return msgspec.structs.replace(
        news,
        changes=tuple(msgspec.structs.replace(one, id=bare(one.id)) for one in changes),
        privacy=level,
        failure=None if failure is None else msgspec.structs.replace(failure, reasons=()),
    )


def _worth_saying(changes: Iterable[Change]) -> list[Change]:
    """What is different: neither open as before nor left out by choice."""
    kinds = list(Kind)
    said = [c for c in changes if c.kind is not Kind.STILL_OPEN and not c.left_out]
    return sorted(
        said, key=lambda c: (kinds.index(c.kind), _SEVERITIES.index(c.severity), c.id, c.scenarios)
    )


def _item(change: Change, *, details: bool) -> Item:
    return Item(
        change.kind,
        one_line(change.id),
        change.severity,
        change.before,
        change.after,
        change.waived,
        one_line(change.title) if details else "",
        one_line(change.observed) if details else "",
    )


def one_line(text: str) -> str:
    """A stranger's text in one line, without controls and hidden signs, of bounded length."""
    line = " ".join(clean(" ".join(text.split())).split())
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…"
