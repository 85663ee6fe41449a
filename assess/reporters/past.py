"""What reports say of time: changes, ages, what expires, waivers to look at, the trend.

Worded and counted once, for HTML, PDF and Excel; what has nothing to say is left out of a report.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from assess.catalogue import Catalogue
from assess.history.shapes import OPEN, Change, Compared, Kind, OpenSince, Point
from assess.language import tr, trn
from assess.model import Severity, Status
from assess.reporters.expiries import Expiry, expiries
from assess.reporters.words import (
    KIND_IN_TEXT,
    KIND_WORDS,
    STATUS_WORDS,
    VERDICT_IN_TEXT,
    WAIVER_WORDS,
    counted,
    listed,
    minute,
    number,
    short_day,
)
from assess.results import Finding, Results, clean

# How a sentence counts the changes of a kind.
_COUNTED: Mapping[Kind, Callable[[int], str]] = {
    Kind.NEW: lambda n: trn(n, "one is new", "{count} are new", count=number(n)),
    Kind.WORSE: lambda n: trn(n, "one got worse", "{count} got worse", count=number(n)),
    Kind.NOT_MEASURED: lambda n: trn(
        n,
        "one could not be measured this time",
        "{count} could not be measured this time",
        count=number(n),
    ),
    Kind.FIXED: lambda n: trn(n, "one is fixed", "{count} are fixed", count=number(n)),
    Kind.BETTER: lambda n: trn(n, "one got better", "{count} got better", count=number(n)),
    Kind.ADDED: lambda n: trn(
        n,
        "one is asked for the first time",
        "{count} are asked for the first time",
        count=number(n),
    ),
    Kind.GONE: lambda n: trn(n, "one is gone", "{count} are gone", count=number(n)),
    Kind.STILL_OPEN: lambda n: trn(
        n, "one is open still", "{count} are open still", count=number(n)
    ),
}
_SEVERITIES = list(Severity)
_STATUSES = list(Status)


@dataclass(frozen=True)
class ChangeRow:
    """A change, worded. ``status`` gives it mark and colour."""

    kind: str
    status: Status
    word: str
    text: str
    id: str
    title: str
    found: str
    since: str
    on: date | None
    scenarios: tuple[str, ...]


@dataclass(frozen=True)
class Since:
    """What changed since a run. ``rows`` leaves out what is open still, and what was left out."""

    title: str
    moment: str
    in_words: str
    rows: tuple[ChangeRow, ...]


@dataclass(frozen=True)
class Aged:
    """An open finding and its age."""

    status: Status
    word: str
    id: str
    title: str
    since: str
    on: date
    days: int


@dataclass(frozen=True)
class Ending:
    """Something that expires."""

    on: date
    day: str
    what: str
    left: str
    status: Status
    findings: tuple[str, ...]


@dataclass(frozen=True)
class Looked:
    """A waiver to look at again."""

    label: str
    about: str
    text: str
    by: str


@dataclass(frozen=True)
class Trend:
    """The runs of one scenario: moment, score, verdict, whether it was a whole run."""

    scenario: str
    title: str
    points: tuple[Point, ...]
    in_words: str


@dataclass(frozen=True)
class Past:
    """Everything that a report says of time. ``aged``: finding to its age, where it has one."""

    partial: str = ""
    compared: tuple[Since, ...] = ()
    ages: tuple[Aged, ...] = ()
    endings: tuple[Ending, ...] = ()
    waivers: tuple[Looked, ...] = ()
    trends: tuple[Trend, ...] = ()
    aged: Mapping[str, str] = field(default_factory=dict)

    @property
    def any(self) -> bool:
        """There is something to say."""
        return bool(self.partial or self.compared or self.endings or self.waivers)


def past(results: Results, catalogue: Catalogue) -> Past:
    """What the results say of time."""
    kept = results.past
    ages = _ages(results)
    compared = [] if kept is None else [one for one in (kept.last, kept.baseline) if one]
    return Past(
        partial=clean(results.partial),
        compared=tuple(_since(one, catalogue) for one in compared),
        ages=ages,
        endings=tuple(_ending(one) for one in expiries(results)),
        waivers=tuple(
            Looked(
                WAIVER_WORDS[note.state],
                clean(f"{note.requirement}[{note.subject}]" if note.subject else note.requirement),
                clean(note.text),
                clean(f"{note.by}: {note.reason}"),
            )
            for note in results.waivers
        ),
        trends=() if kept is None else _trends(kept.trend, catalogue),
        aged={
            one.id: trn(
                one.days,
                "Open since {since}, one day.",
                "Open since {since}, {count} days.",
                since=one.since,
                count=number(one.days),
            )
            for one in ages
            if one.days
        },
    )


def _since(one: Compared, catalogue: Catalogue) -> Since:
    mine = [change for change in one.changes if not change.left_out]
    parts = []
    for kind, told in _COUNTED.items():
        count = sum(change.kind is kind for change in mine)
        if count:
            parts.append(told(count))
    title = tr("Since the last run")
    if one.baseline:
        title = tr("Since the baseline {name}", name=clean(one.baseline))
    in_words = tr("Nothing changed.")
    if parts:
        in_words = tr("Of the findings {changes}.", changes=listed(parts))
    return Since(
        title=title,
        moment=minute(one.run.as_of),
        in_words=in_words,
        rows=tuple(_row(c, catalogue) for c in mine if c.kind is not Kind.STILL_OPEN),
    )


def _row(change: Change, catalogue: Catalogue) -> ChangeRow:
    status = change.after or Status.UNKNOWN
    if change.kind is Kind.GONE:
        status = Status.NOT_APPLICABLE
    was = STATUS_WORDS[change.before] if change.before else tr("not there")
    now = STATUS_WORDS[change.after] if change.after else KIND_IN_TEXT[change.kind]
    since = change.since
    return ChangeRow(
        kind=KIND_WORDS[change.kind],
        status=status,
        word=KIND_WORDS[change.kind],
        text=f"{was} → {now}",
        id=clean(change.id),
        title=clean(change.title),
        found=clean(change.observed),
        since=short_day(since) if since else "",
        on=since.date() if since else None,
        scenarios=tuple(clean(catalogue.scenarios.get(s, s)) for s in change.scenarios),
    )


def _ages(results: Results) -> tuple[Aged, ...]:
    """The open findings, the oldest first; of one day the worst first."""
    since = {} if results.past is None else _by_id(results.past.open_since)
    found = [
        (since[one.id], one) for one in results.findings if one.status in OPEN and one.id in since
    ]
    return tuple(
        Aged(
            one.status, STATUS_WORDS[one.status], clean(one.id), clean(one.title),
            short_day(moment), moment.date(), (results.as_of - moment).days,
        )
        for moment, one in sorted(found, key=lambda pair: _age_rank(*pair))
    )  # fmt: skip


def _age_rank(moment: datetime, one: Finding) -> tuple[date, int, int, str]:
    status, severity = _STATUSES.index(one.status), _SEVERITIES.index(one.severity)
    return moment.date(), status, severity, one.id


def _by_id(open_since: Iterable[OpenSince]) -> dict[str, datetime]:
    return {one.finding: one.since for one in open_since}


def _ending(one: Expiry) -> Ending:
    status = Status.PASS
    if one.days < 0:
        left, status = tr("over"), Status.FAIL
    elif one.days <= _NEAR:
        left, status = counted(one.days, "day", "days"), Status.WARN
    else:
        left = counted(one.days, "day", "days")
    return Ending(one.on, short_day(one.on), one.what, left, status, one.findings)


_NEAR = 60


def _trends(points: Sequence[Point], catalogue: Catalogue) -> tuple[Trend, ...]:
    """A trend for each scenario that was judged at least twice."""
    scenarios = dict.fromkeys(point.scenario for point in points)
    found = []
    for scenario in scenarios:
        mine = tuple(point for point in points if point.scenario == scenario)
        if len(mine) > 1:
            title = clean(catalogue.scenarios.get(scenario, scenario))
            found.append(Trend(clean(scenario), title, mine, _in_words(mine)))
    return tuple(found)


def _in_words(points: Sequence[Point]) -> str:
    first, last = points[0], points[-1]
    return tr(
        "{n} runs from {first} to {last}: {was}, then {now}.",
        n=len(points),
        first=short_day(first.as_of),
        last=short_day(last.as_of),
        was=_point(first),
        now=_point(last),
    )


def _point(point: Point) -> str:
    verdict = VERDICT_IN_TEXT[point.verdict]
    if point.score is None:
        return tr("{verdict} with no score", verdict=verdict)
    return tr("{verdict} with score {score}", verdict=verdict, score=point.score)
