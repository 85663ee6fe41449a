"""How much goes on the one page of the executive summary.

A page that overflows is cut by rule, never by smaller type: first shorter and fewer entries, then
the areas with nothing open leave the status field, then the field goes and leaves its room to them.
"""

from dataclasses import dataclass

from assess.language import tr
from assess.model import Status
from assess.reporters.view import View


@dataclass(frozen=True)
class Fit:
    """How much of the summary's lists is shown; ``text``: characters of one entry at most."""

    stops: int
    causes: int
    text: int
    closed_areas: bool = True
    field: bool = True


FITS = (
    Fit(6, 6, 170),
    Fit(6, 6, 120),
    Fit(5, 5, 120),
    Fit(5, 5, 100),
    Fit(4, 4, 120),
    Fit(4, 4, 100, closed_areas=False),
    Fit(3, 3, 100, closed_areas=False),
    Fit(3, 3, 80, closed_areas=False),
    Fit(6, 6, 120, closed_areas=False, field=False),
    Fit(5, 5, 100, closed_areas=False, field=False),
    Fit(4, 4, 100, closed_areas=False, field=False),
    Fit(3, 3, 80, closed_areas=False, field=False),
    Fit(2, 2, 60, closed_areas=False, field=False),
)
# What fits a customer who has something to do in most areas.
USUAL = 4


def nothing_stops(view: View) -> str:
    """What stands where the blockers would stand."""
    if view.counts[Status.UNKNOWN] or view.counts[Status.MANUAL]:
        return tr("Nothing that was measured; what nobody knows yet may.")
    return tr("Nothing.")
