"""The marks and charts as SVG: made of numbers and of escaped text, no font glyph in a mark.

The same functions serve the HTML page (``VARIABLES``, which follow dark and light) and the PDF
(literal colours, as an image of its own). Each chart's data stands in words near it.
"""

from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import quote

from markupsafe import Markup

from assess.language import tr
from assess.model import Status
from assess.reporters.templating import brief
from assess.reporters.tokens import SHORT, Palette
from assess.reporters.view import Area, Counts
from assess.reporters.words import counts_sentence

_SVG = Markup('xmlns="http://www.w3.org/2000/svg"')
# Marks are drawn in a square of 12 units, each as one path of relative steps: filled, with its sign
# cut out, or as a line of the given width.
_FAIL = (
    "m3.7.5h4.6l3.2 3.2v4.6l-3.2 3.2h-4.6l-3.2-3.2v-4.6zm-.5 3.9l1.7 1.6-1.7 1.6 1.2 1.2 "
    "1.6-1.7 1.6 1.7 1.2-1.2-1.7-1.6 1.7-1.6-1.2-1.2-1.6 1.7-1.6-1.7z"
)
_UNKNOWN = (
    "m6 .1l5.9 5.9-5.9 5.9-5.9-5.9zm-2.25 4.85h1.3c0-.75.35-1.15.95-1.15.6 0 .95.3.95.85 0 .4"
    "-.2.6-.65.95-.5.4-.9.8-.9 1.8h1.25c0-.55.2-.75.65-1.1.45-.35.95-.8.95-1.7 0-1.2-.9-2-2.2-2"
    "-1.3 0-2.3.85-2.3 2.35zm1.55 3.15v1.35h1.45v-1.35z"
)
_MANUAL = (
    "m.9 3v-2.1h2.1m1.8 0h2.4m1.8 0h2.1v2.1m0 1.8v2.4m0 1.8v2.1h-2.1m-1.8 0h-2.4m-1.8 0h-2.1"
    "v-2.1m0-1.8v-2.4m2.8 1.2h4.6"
)
_MARKS: Mapping[Status, tuple[str, float]] = {
    Status.FAIL: (_FAIL, 0),
    Status.UNKNOWN: (_UNKNOWN, 0),
    Status.WARN: ("m6 1.1l5.3 9.7h-10.6zm0 3.2v3.4m0 .9v1.2", 1.25),
    Status.MANUAL: (_MANUAL, 1.3),
    Status.PASS: ("m6 .8a5.2 5.2 0 1 0 .01 0zm-2.5 5.4l1.8 1.8 3.3-3.8", 1.2),
    Status.NOT_APPLICABLE: ("m2.2 6h7.6", 1.4),
}
_LEAST = 3.0
_PER_ROW = 16
# The height of a row of the status field, of 750 units to the width.
ROW = 15.6
_SCALE = 0.78
_LONGEST_TITLE = 36  # letters at the size of _TITLE
_TITLE, _LEAST_TITLE = 11.3, 9.6
_MOST_BARS = 400
_HEIGHT_OF: Mapping[Status, float] = {
    Status.FAIL: 40,
    Status.UNKNOWN: 40,
    Status.WARN: 24,
    Status.MANUAL: 24,
    Status.PASS: 12,
    Status.NOT_APPLICABLE: 4,
}


def mark(status: Status, ink: str = "currentColor") -> Markup:
    """The inside of a status mark, 12 units square."""
    return _marks(status, ink, [(0, 0)])


def _marks(status: Status, ink: str, places: Sequence[tuple[float, float]]) -> Markup:
    """The same mark at several places, as one path: far cheaper to draw than one path each."""
    path, width = _MARKS[status]
    drawn = "".join(f"M{x:.1f} {y:.1f}{path}" for x, y in places)
    if not width:
        return Markup('<path fill="{}" fill-rule="evenodd" d="{}"/>').format(ink, drawn)
    line = Markup('<path fill="none" stroke="{}" stroke-width="{}" d="{}"/>')
    return line.format(ink, width, drawn)


def image(svg: Markup) -> str:
    """An SVG as a data address."""
    return f"data:image/svg+xml,{quote(str(svg))}"


def patterns(palette: Palette) -> Markup:
    """What tells the parts of a bar apart without colour: hatch for unknown, dots for warn."""
    return Markup(
        '<pattern id="hatch" width="5" height="5" patternUnits="userSpaceOnUse">'
        '<path fill="{soft}" d="M0 0h5v5H0z"/>'
        '<path stroke="{ink}" stroke-width="1.4" d="M-1 1l2-2M0 5l5-5M4 6l2-2"/></pattern>'
        '<pattern id="dots" width="5" height="5" patternUnits="userSpaceOnUse">'
        '<path fill="{warn_soft}" d="M0 0h5v5H0z"/><circle cx="2.5" cy="2.5" r=".9" fill="{warn}"/>'
        "</pattern>"
    ).format(
        soft=palette["paper"],
        ink=palette["unknown"],
        warn_soft=palette["warn-soft"],
        warn=palette["warn"],
    )


def shares(counts: Counts, width: float) -> list[tuple[Status, float]]:
    """The width of each part of a bar; a share above nothing is at least 3 units wide."""
    total = sum(counts.values())
    if not total:
        return []
    wide = {status: max(_LEAST, width * n / total) for status, n in counts.items() if n}
    over = sum(wide.values()) - width
    spare = sum(w - _LEAST for w in wide.values())
    factor = 1 - over / spare if spare > 0 else 1
    return [(status, _LEAST + (w - _LEAST) * factor) for status, w in wide.items()]


def bar(counts: Counts, palette: Palette, label: str, *, alone: bool = False) -> Markup:
    """The share of each status, in their order. ``alone``: with its own patterns, as an image."""
    fills = {
        Status.FAIL: palette["fail"],
        Status.UNKNOWN: "url(#hatch)",
        Status.WARN: "url(#dots)",
        Status.MANUAL: palette["manual-soft"],
        Status.PASS: palette["pass-soft"],
        Status.NOT_APPLICABLE: palette["paper"],
    }
    width, x, parts = 600.0, 0.0, []
    for status, wide in shares(counts, width):
        parts.append(
            Markup(
                '<rect x="{:.2f}" y=".6" width="{:.2f}" height="17" fill="{}" stroke="{}" '
                'stroke-width="1.2"/>'
            ).format(x + 0.6, max(1.8, wide - 1.2), fills[status], palette[SHORT[status]])
        )
        x += wide
    return Markup(
        '<svg {} viewBox="0 0 600 18.2" class="bar" role="img"><title>{}</title>{}{}</svg>'
    ).format(
        _SVG,
        label,
        Markup("<defs>{}</defs>").format(patterns(palette)) if alone else "",
        Markup().join(parts),
    )


def strip(areas: Sequence[Area], palette: Palette) -> tuple[Markup, str]:
    """One bar a finding, area by area, and what it shows in words.

    Over 400 findings it is one bar a requirement, its worst subject.
    """
    statuses = [card.status for area in areas for card in area.cards]
    whole = len(statuses) <= _MOST_BARS
    if not whole:
        statuses = [mark.status for area in areas for mark in area.marks]
    if not statuses:
        return Markup(""), ""
    pitch = 700 / max(len(statuses), 40)
    paths: dict[Status, list[str]] = {}
    for place, status in enumerate(statuses):
        inset = 0.5 if status is Status.UNKNOWN else 0
        wide, high = max(0.6, pitch * 0.76 - 2 * inset), _HEIGHT_OF[status] - 2 * inset
        x, y = place * pitch + inset, 40 - _HEIGHT_OF[status] + inset
        paths.setdefault(status, []).append(f"M{x:.2f} {y:.2f}h{wide:.2f}v{high:.2f}h-{wide:.2f}z")
    bars = []
    for status, path in paths.items():
        paint = (palette[SHORT[status]], "none")
        if status is Status.UNKNOWN:
            paint = ("none", palette["unknown"])
        bars.append(Markup('<path fill="{}" stroke="{}" d="{}"/>').format(*paint, "".join(path)))
    key = tr("Tall: fail (filled) and unknown (hollow). Half: warn and to confirm. Low: pass.")
    each = (
        tr("One bar for each of the {n:,} findings, in the order of the areas.", n=len(statuses))
        if whole
        else tr(
            "One bar for each of the {n:,} requirements, each with its worst finding, in the order "
            "of the areas.",
            n=len(statuses),
        )
    )
    label = f"{each} {key}"
    svg = Markup('<svg {} viewBox="0 0 700 40">{}</svg>').format(_SVG, Markup().join(bars))
    return svg, label


def row_of(area: Area) -> tuple[list[Status], int]:
    """The marks of an area's row and how many more there are: the open ones always show."""
    statuses = [mark.status for mark in area.marks]
    if len(statuses) <= _PER_ROW:
        return statuses, 0
    opened = sum(status not in (Status.PASS, Status.NOT_APPLICABLE) for status in statuses)
    shown = min(max(opened, _PER_ROW - 2), _PER_ROW)
    return statuses[:shown], len(statuses) - shown


def field(areas: Sequence[Area], palette: Palette, font: str) -> Markup:
    """All requirements, one mark each, areas in rows and two columns; an image for the PDF."""
    half = (len(areas) + 1) // 2
    places: dict[Status, list[tuple[float, float]]] = {}
    texts = []
    for place, area in enumerate(areas):
        x, y = (0, place * ROW) if place < half else (380, (place - half) * ROW)
        statuses, more = row_of(area)
        for nth, status in enumerate(statuses):
            spot = ((x + 200 + nth * 10.6) / _SCALE, (y + 2.4) / _SCALE)
            places.setdefault(status, []).append(spot)
        texts.append(_named(area, x, y, palette, font))
        if more:
            end = x + 200 + len(statuses) * 10.6 + 2
            texts.append(_text(f"+{more}", end, y, "10.5", palette["ink2"], font))
    drawn = [_marks(status, palette[SHORT[status]], spots) for status, spots in places.items()]
    whole = Markup('<svg {} viewBox="0 0 750 {:.1f}"><g transform="scale({})">{}</g>{}</svg>')
    return whole.format(_SVG, half * ROW, _SCALE, Markup().join(drawn), Markup().join(texts))


def _named(area: Area, x: float, y: float, palette: Palette, font: str) -> Markup:
    """The title beside its marks; one that is a little too long is set a little smaller."""
    size = max(_LEAST_TITLE, min(_TITLE, _TITLE * _LONGEST_TITLE / max(1, len(area.title))))
    title = brief(area.title, int(_LONGEST_TITLE * _TITLE / _LEAST_TITLE))
    if title != area.title:
        title, size = brief(area.title, _LONGEST_TITLE), _TITLE
    if area.loud:
        bold = Markup(' font-weight="600"')
        return _text(title, x, y, f"{size:.3g}", palette["ink"], font, bold)
    return _text(title, x, y, f"{size:.3g}", palette["ink2"], font)


def _text(text: str, x: float, y: float, size: str, ink: str, font: str, more: str = "") -> Markup:
    shape = Markup(
        '<text x="{:.1f}" y="{:.1f}" font-family="{}" font-size="{}" fill="{}"{}>{}</text>'
    )
    return shape.format(x, y + 11, font, size, ink, more, text)


def described(areas: Iterable[Area]) -> str:
    """The status field in words, for those who do not see it."""
    return "; ".join(f"{area.title}: {counts_sentence(_per_requirement(area))}" for area in areas)


def _per_requirement(area: Area) -> Counts:
    counts = dict.fromkeys(Status, 0)
    for requirement in area.marks:
        counts[requirement.status] += 1
    return counts
