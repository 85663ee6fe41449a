"""How much goes on the one page of the executive summary.

A page that overflows is cut by rule, never by smaller type: first fewer blockers and causes, then
the areas with nothing open leave the status field. The height is reckoned before the page is laid
out, since laying out is what costs; whoever lays out looks whether it came true.
"""

from dataclasses import dataclass
from math import ceil

from assess.model import Status
from assess.reporters.charts import ROW
from assess.reporters.templating import brief
from assess.reporters.view import OPEN, View

_PAGE = 254.0
_POINT = 0.3528
_MANY = 2


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
    Fit(4, 5, 120),
    Fit(4, 4, 120),
    Fit(4, 4, 100, closed_areas=False),
    Fit(3, 4, 100, closed_areas=False),
    Fit(3, 3, 80, closed_areas=False),
    Fit(3, 3, 80, closed_areas=False, field=False),
)


def likely(view: View) -> int:
    """The place in ``FITS`` of the first that should fit on the page."""
    heights = [_height(view, fit) for fit in FITS]
    return next((n for n, height in enumerate(heights) if height <= _PAGE), len(FITS) - 1)


def _height(view: View, fit: Fit) -> float:
    """The height of the page's content in millimetres, a little on the safe side."""
    total = 12.6 + 4 + _lines(f"{view.headline} {view.lede}", 150, 11) * 15.5 * _POINT
    many = len(view.banners) > _MANY
    for banner in view.banners:
        left = 13 + _lines(banner.title, 66, 8.8) * 10.6
        if not many:
            left = 19 + _lines(banner.title, 52, 9.8) * 13
        counted = "   ".join(f"{n} {status}" for status, n in banner.counts.items() if n)
        right = (
            3.46 / _POINT
            + 1.7
            + _lines(f"{counted}          ", 100 if many else 114, 9) * 12
            + _lines(f"{banner.why} {banner.score}", 100 if many else 114, 8) * 10.5
        )
        total += (3.0 if many else 4.6) + max(left, right) * _POINT
    total += 3 + max(_stops(view, fit), _causes(view, fit))
    if fit.field:
        areas = [a for a in view.areas if fit.closed_areas or any(a.counts[s] for s in OPEN)]
        rows = ceil(len(areas) / 2)
        total += 4 + 17 * _POINT + 1 + rows * ROW * 170 / 750
    return total


def _stops(view: View, fit: Fit) -> float:
    height = 6.7
    for stop in view.stops[: fit.stops]:
        text = f"{brief(stop.text, fit.text)} {stop.what}, {stop.area}, page 100"
        height += 2.6 + _lines(text, 68, 9.9) * 12.4 * _POINT
    more = len(view.stops) > fit.stops or not view.stops
    return height + (2.6 + 12.4 * _POINT if more else 0)


def _causes(view: View, fit: Fit) -> float:
    height = 6.7
    for cause in view.causes[: fit.causes]:
        label, text = brief(cause.label, 60), brief(cause.text, fit.text)
        said = f"{label} (100). {text} {brief(cause.price, fit.text * 2 // 3)}"
        height += 2.6 + _lines(said, 84, 9.6) * 12.4 * _POINT
    more = len(view.causes) > fit.causes or not view.causes
    return height + (2.6 + 2 * 12.4 * _POINT if more else 0)


def _lines(text: str, width: float, size: float) -> int:
    """How many lines a text takes: the mean letter is half as wide as the type is high."""
    letter = size * _POINT * 0.455
    wide = sum(2 if ord(sign) > 0x2E7F else 1 for sign in text)  # noqa: PLR2004 - CJK and emoji
    return max(1, ceil(wide * letter / (width * 0.96)))


def nothing_stops(view: View) -> str:
    """What stands where the blockers would stand."""
    if view.counts[Status.UNKNOWN] or view.counts[Status.MANUAL]:
        return "Nothing that was measured; what nobody knows yet may."
    return "Nothing."
