"""The marks and charts as SVG: made of numbers and of escaped text, no font glyph in a mark.

The same functions serve the HTML page (``VARIABLES``, which follow dark and light) and the PDF
(literal colours, as an image of its own). Each chart's data stands in words near it.
"""

from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import quote

from markupsafe import Markup

from assess.model import Status
from assess.reporters.tokens import SHORT, Palette
from assess.reporters.view import Area, Counts

_SVG = 'xmlns="http://www.w3.org/2000/svg"'
# Marks are drawn in a square of 12 units, each as one path: filled, with its sign cut out, or as a
# line of the given width.
_MARKS: Mapping[Status, tuple[str, float]] = {
    Status.FAIL: (
        "M3.7.5h4.6l3.2 3.2v4.6l-3.2 3.2H3.7L.5 8.3V3.7zM3.2 4.4L4.9 6 3.2 7.6 4.4 8.8 6 7.1 7.6 8.8 "
        "8.8 7.6 7.1 6 8.8 4.4 7.6 3.2 6 4.9 4.4 3.2z",
        0,
    ),
    Status.UNKNOWN: (
        "M6 .1L11.9 6 6 11.9.1 6zM3.75 4.95H5.05C5.05 4.2 5.4 3.8 6 3.8 6.6 3.8 6.95 4.1 6.95 4.65 "
        "6.95 5.05 6.75 5.25 6.3 5.6 5.8 6 5.4 6.4 5.4 7.4H6.65C6.65 6.85 6.85 6.65 7.3 6.3 7.75 5.95 "
        "8.25 5.5 8.25 4.6 8.25 3.4 7.35 2.6 6.05 2.6 4.75 2.6 3.75 3.45 3.75 4.95zM5.3 8.1v1.35h1.45"
        "V8.1z",
        0,
    ),
    Status.WARN: ("M6 1.1l5.3 9.7H.7zM6 4.3v3.4M6 8.6v1.2", 1.25),
    Status.MANUAL: (
        "M.9 3V.9H3M4.8.9h2.4M9 .9h2.1V3M11.1 4.8v2.4M11.1 9v2.1H9M7.2 11.1H4.8M3 11.1H.9V9M.9 7.2V4.8"
        "M3.7 6h4.6",
        1.3,
    ),
    Status.PASS: ("M6 .8a5.2 5.2 0 1 0 .01 0zM3.5 6.2l1.8 1.8 3.3-3.8", 1.2),
    Status.NOT_APPLICABLE: ("M2.2 6h7.6", 1.4),
}
_LEAST = 3.0
_PER_ROW = 16
# The height of a row of the status field, of 750 units to the width.
ROW = 15.6
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
    path, width = _MARKS[status]
    if not width:
        return Markup('<path fill="{}" fill-rule="evenodd" d="{}"/>').format(ink, path)
    return Markup('<path fill="none" stroke="{}" stroke-width="{}" d="{}"/>').format(ink, width, path)


def mark_image(status: Status, palette: Palette) -> str:
    """A mark as a data address, for style sheets of the PDF."""
    inner = mark(status, palette[SHORT[status]])
    return image(Markup('<svg {} viewBox="0 0 12 12">{}</svg>').format(Markup(_SVG), inner))


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
        Markup(_SVG),
        label,
        Markup("<defs>{}</defs>").format(patterns(palette)) if alone else "",
        Markup().join(parts),
    )


def strip(areas: Sequence[Area], palette: Palette) -> tuple[Markup, str]:
    """One bar a finding, area by area, and what it shows in words.

    Over 400 findings it is one bar a requirement, its worst subject.
    """
    statuses = [card.status for area in areas for card in area.cards]
    what = "findings"
    if len(statuses) > _MOST_BARS:
        statuses = [mark.status for area in areas for mark in area.marks]
        what = "requirements, each with its worst finding"
    if not statuses:
        return Markup(""), ""
    pitch = 700 / max(len(statuses), 40)
    bars = []
    for place, status in enumerate(statuses):
        colour, height = palette[SHORT[status]], _HEIGHT_OF[status]
        hollow = status is Status.UNKNOWN
        inset = 0.5 if hollow else 0
        bars.append(
            Markup('<rect x="{:.2f}" y="{:.2f}" width="{:.2f}" height="{:.2f}"{}/>').format(
                place * pitch + inset,
                40 - height + inset,
                max(0.6, pitch * 0.76 - 2 * inset),
                height - 2 * inset,
                Markup(' fill="none" stroke="{}"').format(colour)
                if hollow
                else Markup(' fill="{}"').format(colour),
            )
        )
    label = (
        f"One bar for each of the {len(statuses):,} {what}, in the order of the areas. "
        "Tall: fail (filled) and unknown (hollow). Half: warn and to confirm. Low: pass."
    )
    svg = Markup('<svg {} viewBox="0 0 700 40">{}</svg>').format(Markup(_SVG), Markup().join(bars))
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
    symbols = Markup().join(
        Markup('<g id="{}">{}</g>').format(
            SHORT[status], mark(status, palette[SHORT[status]])
        )
        for status in Status
    )
    rows = []
    for place, area in enumerate(areas):
        x, y = (0, place) if place < half else (380, place - half)
        rows.append(_row(area, x, y * ROW, palette, font))
    height = half * ROW
    return Markup('<svg {} viewBox="0 0 750 {:.1f}"><defs>{}</defs>{}</svg>').format(
        Markup(_SVG), height, symbols, Markup().join(rows)
    )


def _row(area: Area, x: float, y: float, palette: Palette, font: str) -> Markup:
    statuses, more = row_of(area)
    title = area.title if len(area.title) <= 36 else f"{area.title[:35].rstrip()}…"  # noqa: PLR2004
    uses = [
        Markup('<use href="#{}" transform="translate({:.1f} {:.1f}) scale(.78)"/>').format(
            SHORT[status], x + 200 + place * 10.6, y + 2.4
        )
        for place, status in enumerate(statuses)
    ]
    text = Markup('<text x="{:.1f}" y="{:.1f}" font-family="{}" font-size="{}" fill="{}"{}>{}</text>')
    bold = Markup(' font-weight="600"') if area.loud else ""
    ink = palette["ink"] if area.loud else palette["ink2"]
    parts = [text.format(x, y + 11, font, "11.3", ink, bold, title), *uses]
    if more:
        place = x + 200 + len(statuses) * 10.6 + 2
        parts.append(text.format(place, y + 11, font, "10.5", palette["ink2"], "", f"+{more}"))
    return Markup().join(parts)


def described(areas: Iterable[Area]) -> str:
    """The status field in words, for those who do not see it."""
    return "; ".join(
        f"{area.title}: "
        + ", ".join(f"{n} {status.value}" for status, n in _per_requirement(area).items() if n)
        for area in areas
    )


def _per_requirement(area: Area) -> Counts:
    counts = dict.fromkeys(Status, 0)
    for requirement in area.marks:
        counts[requirement.status] += 1
    return counts
