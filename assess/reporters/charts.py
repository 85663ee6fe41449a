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
# Marks are drawn in a square of 12 units. {ink}: the status's colour; {cut}: the ground.
_MARKS: Mapping[Status, str] = {
    Status.FAIL: (
        '<path fill="{ink}" d="M3.7.5h4.6l3.2 3.2v4.6l-3.2 3.2H3.7L.5 8.3V3.7z"/>'
        '<path stroke="{cut}" stroke-width="1.7" fill="none" d="M3.9 3.9l4.2 4.2M8.1 3.9L3.9 8.1"/>'
    ),
    Status.UNKNOWN: (
        '<path fill="{ink}" d="M6 .1L11.9 6 6 11.9.1 6z"/>'
        '<path stroke="{cut}" stroke-width="1.25" fill="none" d="M4.4 4.9C4.4 3.8 5.1 3.2 6 3.2s1.6.6 '
        '1.6 1.5c0 1.2-1.6 1.2-1.6 2.5"/><path fill="{cut}" d="M5.3 8h1.4v1.3H5.3z"/>'
    ),
    Status.WARN: (
        '<path fill="none" stroke="{ink}" stroke-width="1.3" stroke-linejoin="round" '
        'd="M6 1.1l5.3 9.7H.7z"/><path fill="{ink}" d="M5.4 4.3h1.2v3.5H5.4zM5.4 8.5h1.2v1.2H5.4z"/>'
    ),
    Status.MANUAL: (
        '<path fill="none" stroke="{ink}" stroke-width="1.3" stroke-dasharray="2.1 1.1" '
        'd="M1.1 1.1h9.8v9.8H1.1z"/><path stroke="{ink}" stroke-width="1.4" d="M3.6 6h4.8"/>'
    ),
    Status.PASS: (
        '<circle cx="6" cy="6" r="5.2" fill="none" stroke="{ink}" stroke-width="1.2"/>'
        '<path fill="none" stroke="{ink}" stroke-width="1.3" d="M3.5 6.2l1.8 1.8 3.3-3.8"/>'
    ),
    Status.NOT_APPLICABLE: '<path stroke="{ink}" stroke-width="1.4" d="M2.2 6h7.6"/>',
}
_LEAST = 3.0
_PER_ROW = 16
_MOST_BARS = 400
_HEIGHT_OF: Mapping[Status, float] = {
    Status.FAIL: 40,
    Status.UNKNOWN: 40,
    Status.WARN: 24,
    Status.MANUAL: 24,
    Status.PASS: 12,
    Status.NOT_APPLICABLE: 4,
}


def mark(status: Status, ink: str = "currentColor", cut: str = "var(--paper)") -> Markup:
    """The inside of a status mark, 12 units square."""
    return Markup(_MARKS[status]).format(ink=ink, cut=cut)


def mark_image(status: Status, palette: Palette) -> str:
    """A mark as a data address, for style sheets of the PDF."""
    inner = mark(status, palette[SHORT[status]], palette["paper"])
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
            SHORT[status], mark(status, palette[SHORT[status]], palette["paper"])
        )
        for status in Status
    )
    rows = []
    for place, area in enumerate(areas):
        x, y = (0, place) if place < half else (390, place - half)
        rows.append(_row(area, x, y * 17.4, palette, font))
    height = half * 17.4
    return Markup('<svg {} viewBox="0 0 750 {:.1f}"><defs>{}</defs>{}</svg>').format(
        Markup(_SVG), height, symbols, Markup().join(rows)
    )


def _row(area: Area, x: float, y: float, palette: Palette, font: str) -> Markup:
    statuses, more = row_of(area)
    title = area.title if len(area.title) <= 33 else f"{area.title[:32].rstrip()}…"  # noqa: PLR2004
    uses = [
        Markup('<use href="#{}" transform="translate({:.1f} {:.1f}) scale(.8)"/>').format(
            SHORT[status], x + 176 + place * 11.2, y + 3
        )
        for place, status in enumerate(statuses)
    ]
    text = Markup('<text x="{:.1f}" y="{:.1f}" font-family="{}" font-size="{}" fill="{}"{}>{}</text>')
    bold = Markup(' font-weight="600"') if area.loud else ""
    ink = palette["ink"] if area.loud else palette["ink2"]
    parts = [text.format(x, y + 11.6, font, "11.3", ink, bold, title), *uses]
    if more:
        place = x + 176 + len(statuses) * 11.2 + 2
        parts.append(text.format(place, y + 11.6, font, "10.5", palette["ink2"], "", f"+{more}"))
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
