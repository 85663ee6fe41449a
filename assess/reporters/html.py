"""report.html: one file that needs nothing else, and may load nothing else.

Works without its script, which only hides what the filter does not fit. The content security
policy names the style and the script by their hashes; no element has a style of its own.
"""

import base64
import hashlib
from collections import Counter
from collections.abc import Mapping
from functools import cache
from importlib import resources
from string import Template

from markupsafe import Markup

from assess.catalogue import Catalogue
from assess.language import spoken, tr
from assess.model import Status
from assess.reporters import charts, planchart
from assess.reporters.brand import PLAIN, Brand
from assess.reporters.cuts import Limits, parts
from assess.reporters.letter import to_html
from assess.reporters.many import data_of
from assess.reporters.past import past
from assess.reporters.summary import nothing_stops
from assess.reporters.templating import (
    brief,
    compile_templates,
    content,
    environment,
    in_css,
    naming_faults,
)
from assess.reporters.tokens import SHORT, VARIABLES, Palette
from assess.reporters.trend import trend
from assess.reporters.view import Card, View, view
from assess.reporters.words import (
    SCORE_RULE,
    SEVERITY_WORDS,
    STATUS_MEANING,
    STATUS_SHORT,
    STATUS_WORDS,
)
from assess.results import Results

# Beyond this many findings the report holds them as data, and its script makes rows of them.
MOST_STANDING = 600
# What stands there for a reader without a script: the worst, in one line each.
WITHOUT_SCRIPT = Limits(cards=0, rows=500, subjects=20, evidence=20)
_MOST_SUBJECTS = 200
LIMITS = Limits(
    cards=MOST_STANDING, rows=MOST_STANDING, subjects=MOST_STANDING, evidence=50
)
_FACES = (
    ("Source Sans 3", "200 900", "source-sans-3-latin-wght-normal.woff2"),
    ("Source Code Pro", "200 900", "source-code-pro-latin-wght-normal.woff2"),
)
_TEXT = "inherit"
_SUMMARY = 6
_OPEN_AT_LOAD = 5
_MANY_OPEN = 100
_SHORT_NAME = 60
# The column of a status, in pixels: at least so wide, else as its longest word takes.
_LEAD = 104
_LEAD_OF = 46
_LETTER = 7.2


def render(
    results: Results,
    *,
    library_catalogue: Catalogue,
    brand: Brand = PLAIN,
    script: bool = True,
) -> bytes:
    """The report as one HTML file. ``script``: without one it is made for printing.

    Raises Unavailable where a template of the house is wrong.
    """
    with naming_faults(brand.templates):
        return _render(results, library_catalogue, brand, script=script)


def _render(results: Results, library_catalogue: Catalogue, brand: Brand, *, script: bool) -> bytes:
    shown = view(results, library_catalogue)
    times = past(results, library_catalogue)
    large = shown.total > MOST_STANDING
    limits = WITHOUT_SCRIPT if large else LIMITS
    divided = parts(shown, limits)
    visible = [card for part in divided for card in part.shown]
    documents = {paper.id: number for number, paper in enumerate(shown.papers)}
    papers = {card.anchor: _papers(card, documents) for card in visible}
    subjects = Counter(card.subject for card in shown.cards if card.subject)
    css, code = style(brand.accent, brand.font), _script() if script else Markup()
    if not script:
        css += printed(shown, brand)
    text = (
        environment(brand.templates)
        .get_template("report.html.j2")
        .render(
            lang=spoken().code,
            view=shown,
            brand=brand,
            past=times,
            trends=[trend(one, VARIABLES, _TEXT) for one in times.trends],
            parts=divided,
            limits=limits,
            items=shown.total if large else len(visible),
            many=data_of(shown, documents, times.aged, LIMITS.evidence) if large and script else "",
            papers=papers,
            documents=_documents(shown, documents),
            subjects=subjects.most_common(_MOST_SUBJECTS),
            subjects_left=max(0, len(subjects) - _MOST_SUBJECTS),
            anchors={card.anchor for card in visible},
            open_at_load=_open_at_load(shown),
            causes_left=sum(len(cause.cards) for cause in shown.causes[_SUMMARY:]),
            nothing_stops=nothing_stops(shown),
            letter=to_html(shown.letter),
            css=css,
            printed=not script,
            script=code,
            policy=policy_of(css, code),
            patterns=charts.patterns(VARIABLES),
            marks={status: charts.mark(status) for status in Status},
            bars=[charts.bar(b.counts, VARIABLES, b.in_words) for b in shown.banners],
            plan_charts=[
                (title, planchart.chart(steps, shown.plan, VARIABLES, _TEXT))
                for title, steps in planchart.drawn(shown.plan.way)
            ],
            field_row=charts.row_of,
            described=lambda area: charts.described([area]),
            short=SHORT,
            words=STATUS_WORDS,
            in_text=STATUS_SHORT,
            meanings=STATUS_MEANING,
            score_rule=tr(SCORE_RULE),
            severities=SEVERITY_WORDS,
        )
    )
    return text.encode("utf-8", "replace")


def _papers(card: Card, documents: Mapping[str, int]) -> str:
    """The numbers of the documents that ask for it, as the filter reads them."""
    numbers = {
        documents[name] for r in card.finding.references if (name := r.document) in documents
    }
    return " ".join(map(str, sorted(numbers)))


def _documents(shown: View, documents: Mapping[str, int]) -> list[tuple[str, str, int]]:
    """Id and title of each document, and how many findings it asks for."""
    counts = Counter(
        name
        for card in shown.cards
        for name in {r.document for r in card.finding.references}
        if name in documents
    )
    return [(paper.id, paper.title, counts[paper.id]) for paper in shown.papers]


def _open_at_load(shown: View) -> set[str]:
    """The first blockers, unless there is so much to do that nobody wants it unfolded."""
    if sum(len(area.opened) for area in shown.areas) > _MANY_OPEN:
        return set()
    return {stop.card.anchor for stop in shown.stops[:_OPEN_AT_LOAD]}


def style(accent: str = "", font: str = "") -> Markup:
    """The style sheet: constants of ours, an accent and a font that were checked, and words."""
    longest = max(map(len, STATUS_WORDS.values()))
    lead = max(_LEAD, round(_LEAD_OF + _LETTER * longest))
    return _style(accent, font, in_css(tr("read at")), lead)


@cache
def _style(accent: str, font: str, read_at: str, lead: int) -> Markup:
    brand = Brand(accent=accent, font=font)
    faces = "".join(
        f'@font-face{{font-family:"{family}";font-weight:{weights};font-display:swap;'
        f"src:url(data:font/woff2;base64,{_font(name)}) format('woff2')}}\n"
        for family, weights, name in _FACES
    )
    roles = (
        f':root{{--lead:{lead}px;--read-at:"{read_at} "}}\n'
        f":root{{color-scheme:light;{_roles(brand.light)}}}\n"
        "@media (prefers-color-scheme:dark){:root:not([data-theme=light])"
        f"{{color-scheme:dark;{_roles(brand.dark)}}}}}\n"
        f":root[data-theme=dark]{{color-scheme:dark;{_roles(brand.dark)}}}\n"
        f"@media print{{:root,:root[data-theme]{{color-scheme:light;{_roles(brand.paper)}}}}}\n"
    )
    statuses = "".join(
        f".c-{name}{{color:var(--{name})}}\n"
        f".chip-{name}{{color:var(--{name});background:var(--{name}-soft)}}\n"
        for name in SHORT.values()
    )
    own = f'body{{font-family:"{font}","Source Sans 3",sans-serif}}\n' if font else ""
    return Markup(f"{faces}{roles}{_text('report.css')}{statuses}{own}")  # noqa: S704 - ours alone


def printed(shown: View, brand: Brand) -> Markup:
    """The style of the file that a browser prints: texts stand in it as strings alone."""
    title = tr("{customer}: readiness assessment", customer=brief(shown.customer, _SHORT_NAME))
    values = {
        "title": f'"{in_css(title)}"',
        "moment": f'"{in_css(shown.assessed)}"',
        "foot": f'"{in_css(brand.kept(tr("Confidential")))}"',
        "pages": content(tr("page {page} of {pages}"), "counter(page)"),
        "look": 'font: 8pt "Source Sans 3", sans-serif; color: #46524D',
    }
    return Markup(Template(_text("report.print.css")).substitute(values))  # noqa: S704 - as said


@cache
def _script() -> Markup:
    return Markup(_text("report.js"))  # noqa: S704 - ours alone


def _text(name: str) -> str:
    return resources.files("templates").joinpath(name).read_text(encoding="utf-8")


def _font(name: str) -> str:
    data = resources.files("templates").joinpath("fonts", name).read_bytes()
    return base64.b64encode(data).decode("ascii")


def _roles(palette: Palette) -> str:
    return ";".join(f"--{role}:{colour}" for role, colour in palette.items())


def policy_of(css: str, script: str) -> str:
    """What the page may load: its own style and script by their hashes, and data within it."""
    return (
        f"default-src 'none'; style-src '{_hash(css)}'; script-src '{_hash(script)}'; "
        "img-src data:; font-src data:; base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode('ascii')}"


def warm_up() -> None:
    """Read style, script and templates ahead of time."""
    style()
    _script()
    compile_templates(".html.j2")
