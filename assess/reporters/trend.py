"""The score of one scenario over its runs, as a line; the mark at each run is its verdict."""

from collections.abc import Sequence

from markupsafe import Markup

from assess.history.shapes import Point
from assess.reporters import charts
from assess.reporters.past import Trend
from assess.reporters.tokens import SHORT, Palette
from assess.reporters.words import VERDICT_STATUS, short_day

WIDTH, HEIGHT = 600.0, 92.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 30.0, 590.0, 8.0, 70.0
_MARK = 0.75  # of the 12 units of a mark
_MOST_MARKS = 27


def trend(one: Trend, palette: Palette, font: str) -> Markup:
    """The line breaks where a run had no score; dates stand below its ends."""
    places = _places(one.points)
    lines = Markup().join(
        Markup('<path stroke="{}" d="M{} {}H{}"/>').format(
            palette["line"], _LEFT, _height(score), _RIGHT
        )
        for score in (0, 50, 100)
    )
    path = Markup('<path fill="none" stroke="{}" stroke-width="1.6" d="{}"/>')
    return Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {} {}" role="img" class="trend">'
        "<title>{}</title>{}{}{}{}</svg>"
    ).format(
        f"{WIDTH:g}",
        f"{HEIGHT:g}",
        f"{one.title}: {one.in_words}",
        lines,
        path.format(palette["accent"], _line(one.points, places)),
        _marks(one.points, places, palette),
        _texts(one.points, palette, font),
    )


def _places(points: Sequence[Point]) -> list[float]:
    """By their moment: a month without a run is a month wide."""
    first, last = points[0].as_of, points[-1].as_of
    whole = (last - first).total_seconds() or 1.0
    return [
        _LEFT + (_RIGHT - _LEFT) * (point.as_of - first).total_seconds() / whole for point in points
    ]


def _height(score: float) -> float:
    return round(_BOTTOM - (_BOTTOM - _TOP) * score / 100, 1)


def _line(points: Sequence[Point], places: Sequence[float]) -> str:
    drawn, pen = "", "M"
    for point, x in zip(points, places, strict=True):
        if point.score is None:
            pen = "M"
            continue
        drawn += f"{pen}{x:.1f} {_height(point.score):.1f}"
        pen = "L"
    return drawn


def _marks(points: Sequence[Point], places: Sequence[float], palette: Palette) -> Markup:
    """The verdict of each run; of many only where it changes, and of the first and the last."""
    drawn = []
    for number, (point, x) in enumerate(zip(points, places, strict=True)):
        ends = number in (0, len(points) - 1)
        same = not ends and points[number - 1].verdict is point.verdict
        if len(points) > _MOST_MARKS and same:
            continue
        status = VERDICT_STATUS[point.verdict]
        y = _height(point.score or 0)
        place = f"translate({x - 6 * _MARK:.1f} {y - 6 * _MARK:.1f}) scale({_MARK})"
        ground = Markup('<circle cx="6" cy="6" r="6" fill="{}"/>').format(palette["paper"])
        inside = charts.mark(status, palette[SHORT[status]])
        drawn.append(Markup('<g transform="{}">{}{}</g>').format(place, ground, inside))
    return Markup().join(drawn)


def _texts(points: Sequence[Point], palette: Palette, font: str) -> Markup:
    text = Markup(
        '<text x="{}" y="{}" text-anchor="{}" font-family="{}" font-size="10.5" fill="{}">{}</text>'
    )
    ink = palette["ink2"]
    scores = [
        text.format(_LEFT - 6, _height(score) + 3.5, "end", font, ink, score)
        for score in (0, 50, 100)
    ]
    first, last = short_day(points[0].as_of), short_day(points[-1].as_of)
    ends = [
        text.format(_LEFT, HEIGHT - 6, "start", font, ink, first),
        text.format(_RIGHT, HEIGHT - 6, "end", font, ink, last),
    ]
    return Markup().join([*scores, *ends])
