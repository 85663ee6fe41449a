"""What findings add up to for a scenario: a verdict, a score, and what blocks."""

from collections.abc import Iterable, Mapping, Sequence

from assess.model import Necessity, Severity, Status, Weighed, verdict
from assess.results.shapes import Finding, VerdictOf

# Weights of the score by severity (contract, "Verdict of a scenario, and score").
WEIGHTS: Mapping[Severity, int] = {
    Severity.BLOCKER: 8,
    Severity.HIGH: 4,
    Severity.MEDIUM: 2,
    Severity.LOW: 1,
    Severity.INFO: 0,
}
_POINTS: Mapping[Status, float] = {Status.PASS: 1.0, Status.WARN: 0.5}
_COUNTED = (Necessity.REQUIRED, Necessity.RECOMMENDED)


def verdict_of(scenario: str, findings: Sequence[Finding]) -> VerdictOf:
    """What the findings add up to for a scenario."""
    mine = [finding for finding in findings if scenario in finding.scenarios]
    counts = {status.value: sum(f.status is status for f in mine) for status in Status}
    return VerdictOf(
        scenario=scenario,
        verdict=verdict(Weighed(f.status, f.necessity, f.waiver is not None) for f in mine),
        score=score(mine),
        counts=counts,
        blockers=tuple(
            f.id
            for f in mine
            if f.status is Status.FAIL and f.necessity is Necessity.REQUIRED and f.waiver is None
        ),
    )


def score(findings: Iterable[Finding]) -> int | None:
    """0 to 100 by requirement (its worst subject), weighted by severity; None: nothing counts."""
    points: dict[str, float] = {}
    weights: dict[str, int] = {}
    for finding in findings:
        if finding.necessity not in _COUNTED or finding.status is Status.NOT_APPLICABLE:
            continue
        name = finding.requirement
        points[name] = min(points.get(name, 1.0), _POINTS.get(finding.status, 0.0))
        weights[name] = WEIGHTS[finding.severity]
    total = sum(weights.values())
    if total == 0:
        return None
    return round(100 * sum(points[name] * weight for name, weight in weights.items()) / total)
