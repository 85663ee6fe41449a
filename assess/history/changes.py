"""What a report shows of the past: the kept runs, and how these results compare to them; pure."""

from collections.abc import Sequence

import msgspec

from assess.history.diff import diff
from assess.history.shapes import (
    OPEN,
    REGRESSIONS,
    Change,
    Compared,
    Kept,
    KeptVerdict,
    Kind,
    OpenSince,
    Past,
    Point,
    Run,
)
from assess.history.standing import Standings, fold
from assess.model import Status
from assess.results import Finding, Results

# Points of the trend in a report: a year of weekly runs, and this one.
_MOST_POINTS = 53

Kepts = Sequence[tuple[Run, Sequence[Kept]]]


def kept_run(results: Results, catalogue: str, partial: str = "") -> tuple[Run, tuple[Kept, ...]]:
    """What is kept of results. ``catalogue``: the packs of checks and their versions."""
    run = Run(
        name=f"{results.as_of:%Y%m%dT%H%M%SZ}",
        as_of=results.as_of,
        started_at=results.started_at,
        finished_at=results.finished_at,
        tool=f"{results.tool.name} {results.tool.version}",
        catalogue=catalogue,
        partial=partial,
        scenarios=results.engagement.scenarios,
        verdicts=tuple(
            KeptVerdict(v.scenario, v.verdict, v.score, dict(v.counts)) for v in results.verdicts
        ),
    )
    return run, tuple(_kept(finding) for finding in results.findings)


def _kept(finding: Finding) -> Kept:
    return Kept(
        finding.id,
        finding.requirement,
        finding.subject,
        finding.scenarios,
        finding.status,
        finding.severity,
        finding.necessity,
        finding.area,
        finding.title,
        finding.summary,
        finding.observed,
        None if finding.waiver is None else finding.waiver.until,
        finding.status is Status.UNKNOWN and finding.unasked == "left-out",
    )


def past_of(
    earlier: Kepts,
    run: Run,
    findings: Sequence[Kept],
    baseline: tuple[str, str] | None = None,
) -> Past:
    """What a run's report shows of the runs before it. ``baseline``: its name, its run's name."""
    before = [(kept, mine) for kept, mine in earlier if kept.as_of <= run.as_of]
    known = fold((kept.as_of, mine) for kept, mine in before)
    last = None
    if before:
        changes = diff(known, findings, run.scenarios, run.as_of)
        last = Compared(before[-1][0].ref, changes)
    known.add(run.as_of, findings)
    return Past(
        runs=len(before) + 1,
        last=last,
        baseline=_to_baseline(before, run, findings, baseline, known),
        open_since=_open_since(known, findings),
        trend=tuple(
            point
            for kept in [*(kept for kept, _ in before[-_MOST_POINTS + 1 :]), run]
            for point in points(kept)
        ),
    )


def _to_baseline(
    before: Kepts,
    run: Run,
    findings: Sequence[Kept],
    baseline: tuple[str, str] | None,
    known: Standings,
) -> Compared | None:
    name, wanted = baseline or ("", "")
    if wanted not in [kept.name for kept, _ in before]:
        return None
    return compared(before, wanted, run, findings, known, name)


def compared(
    kepts: Kepts,
    first: str,
    run: Run,
    findings: Sequence[Kept],
    known: Standings,
    baseline: str = "",
) -> Compared:
    """What changed from the run named ``first`` to ``run``; ages as everything known tells them."""
    upto = next(place for place, (kept, _) in enumerate(kepts) if kept.name == first)
    then = fold((kept.as_of, mine) for kept, mine in kepts[: upto + 1])
    changes = diff(then, findings, run.scenarios, run.as_of)
    return Compared(kepts[upto][0].ref, tuple(_aged(one, known) for one in changes), baseline)


def _aged(change: Change, known: Standings) -> Change:
    """The change with the age that the runs in between tell."""
    if change.since is None:
        return change
    mine = [known.of(change.requirement, change.subject, s) for s in change.scenarios]
    dates = [standing.open_since for standing in mine if standing and standing.open_since]
    return msgspec.structs.replace(change, since=min(dates, default=change.since))


def between(kepts: Kepts, first: str, second: str) -> Compared:
    """What changed from one kept run to a later one."""
    place = next(number for number, (kept, _) in enumerate(kepts) if kept.name == second)
    run, findings = kepts[place]
    known = fold((kept.as_of, mine) for kept, mine in kepts[: place + 1])
    return compared(kepts, first, run, findings, known)


def _open_since(known: Standings, findings: Sequence[Kept]) -> tuple[OpenSince, ...]:
    found = []
    for kept in findings:
        if kept.status in OPEN and not kept.left_out:
            mine = [known.of(kept.requirement, kept.subject, s) for s in kept.scenarios]
            dates = [standing.open_since for standing in mine if standing and standing.open_since]
            if dates:
                found.append(OpenSince(kept.id, min(dates)))
    return tuple(found)


def points(run: Run) -> list[Point]:
    """A run's points of the trend."""
    return [
        Point(run.name, run.as_of, v.scenario, v.verdict, v.score, v.counts, bool(run.partial))
        for v in run.verdicts
    ]


def regressions(past: Past) -> tuple[Change, ...]:
    """What got worse since the last run and nobody accepted."""
    if past.last is None:
        return ()
    return tuple(c for c in past.last.changes if c.kind in REGRESSIONS and not c.waived)


def lost_sight(past: Past) -> tuple[Change, ...]:
    """What was measured before and could not be this time, though it was not left out."""
    if past.last is None:
        return ()
    unseen = past.last.of(Kind.NOT_MEASURED)
    return tuple(c for c in unseen if not c.left_out and c.before is not None)


def open_requirements(kepts: Kepts) -> frozenset[str]:
    """The requirements that are open as far as the kept runs know: what to measure again."""
    known = fold((kept.as_of, mine) for kept, mine in kepts)
    return frozenset(
        name for (name, _, _), standing in known.by_key.items() if standing.said in OPEN
    )
