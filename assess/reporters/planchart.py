"""The chart of the road to ready: a lane for each team, a bar for each step, days to the right.

Solid is critical work, an outline is other work, a hatch is waiting for others; an arrow says that
one must be effective before the other. The steps stand in words in the table beside it.
"""

from collections.abc import Sequence

from markupsafe import Markup

from assess.language import figure, msg, tr, trn
from assess.plan.road import Band, Road, Step
from assess.reporters.planning import Plan
from assess.reporters.templating import brief
from assess.reporters.tokens import Palette

MOST = 28  # steps in one chart; more are drawn band by band
_WIDTH, _LEFT, _RIGHT = 750.0, 318.0, 742.0
_ROW, _HEAD, _LANE = 17.0, 22.0, 19.0
_LONGEST = 54
_BANDS = {Band.NOW: msg("Now"), Band.NEXT: msg("Next"), Band.LATER: msg("Later")}
_TICKS = 16  # days that have a number each; above that every fifth


def drawn(way: Road) -> list[tuple[str, list[Step]]]:
    """The charts that the plan takes: one of all that is needed, or one for each band of it."""
    needed = [step for step in way.steps if step.band is not Band.LATER]
    if not needed:
        return []
    if len(needed) <= MOST:
        return [("", needed)]
    parts = []
    for band in (Band.NOW, Band.NEXT):
        steps = [step for step in needed if step.band is band]
        if steps:
            left = len(steps) - MOST
            title = tr(_BANDS[band])
            if left > 0:
                title = tr("{band}; {n} more stand in the table", band=title, n=left)
            parts.append((title, steps[:MOST]))
    return parts


def chart(steps: Sequence[Step], plan: Plan, palette: Palette, font: str) -> Markup:
    """The chart of these steps; the scale is that of the whole way, so that charts compare."""
    way, teams = plan.way, plan.teams
    hatch = f"wait-{steps[0].number}"  # two charts in one page have a pattern each
    lanes = {team: [s for s in steps if s.work.effort.team == team] for team in teams}
    lanes = {team: mine for team, mine in lanes.items() if mine}
    end = max([way.ready or 0.0, 1.0, *(step.effective for step in steps)])
    scale = (_RIGHT - _LEFT) / end
    height = _HEAD + len(lanes) * _LANE + len(steps) * _ROW + 4
    parts = [_grid(end, scale, height, palette, font)]
    places: dict[int, tuple[float, float, float]] = {}
    y = _HEAD
    for team, mine in lanes.items():
        parts.append(_lane(teams[team], y, palette, font))
        y += _LANE
        for step in sorted(mine, key=lambda one: (one.starts, one.number)):
            places[step.number] = (
                _LEFT + step.starts * scale,
                _LEFT + step.effective * scale,
                y + _ROW / 2,
            )
            parts.append(_bar(step, y, scale, hatch, palette, font))
            y += _ROW
    parts.append(_arrows(steps, places, palette))
    if way.ready is not None:
        parts.append(_ready(_LEFT + way.ready * scale, height, palette))
    label = trn(
        len(steps),
        "Plan of {n} step over {days} working days; the table has it in words.",
        "Plan of {n} steps over {days} working days; the table has it in words.",
        days=figure(end, ".1f"),
    )
    return Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {:.0f} {:.0f}" class="plan" '
        'role="img"><title>{}</title><defs><pattern id="{}" width="4" height="4" '
        'patternUnits="userSpaceOnUse"><path stroke="{}" stroke-width=".8" '
        'd="M-1 1l2-2M0 4l4-4M3 5l2-2"/></pattern></defs>{}</svg>'
    ).format(_WIDTH, height, label, hatch, palette["ink2"], Markup().join(parts))


def _grid(end: float, scale: float, height: float, palette: Palette, font: str) -> Markup:
    lines, texts, day = [], [], 0
    step = 1 if end <= _TICKS else 5
    while day <= end + 1e-9:
        lines.append(f"M{_LEFT + day * scale:.1f} {_HEAD - 5:.1f}V{height:.1f}")
        if day < end:
            middle = _LEFT + (day + min(step, end - day) / 2) * scale
            name = f"{day + 1}" if step == 1 else f"{day + 1}-{day + step}"
            texts.append(_text(name, middle, 12, palette["ink2"], font, anchor="middle"))
        day += step
    title = _text(tr("working day"), _LEFT - 8, 12, palette["ink2"], font, anchor="end")
    grid = Markup('<path d="{}" stroke="{}" stroke-width=".6" fill="none"/>')
    return grid.format("".join(lines), palette["line"]) + title + Markup().join(texts)


def _lane(name: str, y: float, palette: Palette, font: str) -> Markup:
    rule = Markup('<path d="M0 {:.1f}H{:.0f}" stroke="{}" stroke-width=".9"/>')
    return rule.format(y, _WIDTH, palette["ink"]) + _text(
        name, 0, y + 13, palette["ink"], font, bold=True
    )


def _bar(
    step: Step, y: float, scale: float, hatch: str, palette: Palette, font: str
) -> Markup:
    x, work = _LEFT + step.starts * scale, (step.ends - step.starts) * scale
    wait = (step.effective - step.ends) * scale
    ink = palette["ink"] if step.critical else palette["accent"]
    texts = _text(f"{step.number}", 18, y + 12, palette["ink"], font, anchor="end", bold=True)
    texts += _text(
        brief(step.work.what, _LONGEST), 24, y + 12, palette["ink"], font, bold=step.critical
    )
    box = Markup('<rect x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" {}/>')
    solid = Markup('fill="{}"').format(ink)
    outline = Markup('fill="{}" stroke="{}" stroke-width="1.2"').format(palette["paper"], ink)
    waiting = Markup('fill="url(#{})" stroke="{}" stroke-width=".6"').format(hatch, palette["ink2"])
    drawn_work = box.format(x, y + 3, max(2.0, work), 10, solid if step.critical else outline)
    waited = box.format(x + work, y + 5, wait, 6, waiting) if wait else Markup()
    return texts + waited + drawn_work


def _arrows(
    steps: Sequence[Step], places: dict[int, tuple[float, float, float]], palette: Palette
) -> Markup:
    """From where a step is effective to where the next one begins; heavy between critical ones."""
    critical = {step.number for step in steps if step.critical}
    light, heavy, heads = list[str](), list[str](), list[str]()
    for step in steps:
        begins, _, y = places[step.number]
        for other in step.after:
            if other not in places:
                continue
            _, leaves, above = places[other]
            turn = max(leaves, begins) + 2
            tip = y - 6 if above < y else y + 6
            path = f"M{leaves:.1f} {above:.1f}H{turn:.1f}V{tip:.1f}"
            (heavy if {step.number, other} <= critical else light).append(path)
            back = -3 if above < y else 3
            heads.append(f"M{turn:.1f} {tip:.1f}l-2 {back}h4z")
    drawn_light = Markup(
        '<path d="{}" fill="none" stroke="{}" stroke-width=".7" stroke-dasharray="2 1.6"/>'
    ).format("".join(light), palette["ink2"])
    drawn_heavy = Markup('<path d="{}" fill="none" stroke="{}" stroke-width="1.3"/>').format(
        "".join(heavy), palette["ink"]
    )
    tips = Markup('<path d="{}" fill="{}"/>').format("".join(heads), palette["ink"])
    return drawn_light + drawn_heavy + tips


def _ready(x: float, height: float, palette: Palette) -> Markup:
    return Markup(
        '<path d="M{x:.1f} {top:.1f}V{bottom:.1f}" stroke="{ink}" stroke-width="1.3" '
        'stroke-dasharray="4 2"/><path d="M{x:.1f} {up:.1f}l5 5-5 5-5-5z" fill="{ink}"/>'
    ).format(x=x, top=_HEAD - 6, bottom=height, up=_HEAD - 14, ink=palette["pass"])


def _text(
    text: str,
    x: float,
    y: float,
    ink: str,
    font: str,
    *,
    anchor: str = "start",
    bold: bool = False,
) -> Markup:
    shape = Markup(
        '<text x="{:.1f}" y="{:.1f}" font-family="{}" font-size="10.8" fill="{}" '
        'text-anchor="{}"{}>{}</text>'
    )
    weight = Markup(' font-weight="600"') if bold else ""
    return shape.format(x, y, font, ink, anchor, weight, text)
