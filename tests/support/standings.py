"""How the requirements of a run stand, for a comparison of two runs."""

from assess.model import Status
from assess.results import Results

# Higher is better; what is open in any way counts alike.
BETTER = {
    Status.FAIL: 0, Status.UNKNOWN: 0, Status.MANUAL: 0, Status.WARN: 1,
    Status.PASS: 2, Status.NOT_APPLICABLE: 2,
}  # fmt: skip


def worst(results: Results) -> dict[tuple[str, str], int]:
    """Requirement and scenario to how its worst finding stands."""
    found: dict[tuple[str, str], int] = {}
    for finding in results.findings:
        for scenario in finding.scenarios:
            key = (finding.requirement, scenario)
            found[key] = min(found.get(key, 2), BETTER[finding.status])
    return found
