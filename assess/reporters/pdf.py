"""report.pdf: A4, tagged (PDF/UA-1), its fonts embedded; same results, same bytes.

The renderer gets a page and what it needs to draw it; it may fetch the shipped fonts and images
that stand in the page itself, and nothing else, neither from the network nor from a file.
"""

import gc
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache, partial
from importlib import resources
from io import BytesIO
from typing import Any

from assess.catalogue import Catalogue
from assess.errors import Unavailable
from assess.language import figure, spoken, tr, trn
from assess.model import Status
from assess.reporters import charts, planchart, typesetting
from assess.reporters.brand import PLAIN, Brand
from assess.reporters.cuts import Limits, parts
from assess.reporters.letter import to_html
from assess.reporters.past import Past, past
from assess.reporters.summary import FITS, USUAL, Fit, nothing_stops
from assess.reporters.templating import (
    brief,
    compile_templates,
    environment,
    naming_faults,
    stylesheet,
)
from assess.reporters.tokens import PRINT, SHORT, Palette
from assess.reporters.trend import trend
from assess.reporters.view import OPEN, Area, View, view
from assess.reporters.words import SCORE_RULE, STATUS_MEANING, STATUS_SHORT, STATUS_WORDS
from assess.results import Results, to_json

ATTACHED = "results.json"
LIMITS = Limits(cards=14, rows=400, subjects=8, evidence=3, letters=80, lines=12)
TEXT = "Source Sans 3"
CODE = "Source Code Pro"
_FONTS = "assess-font:"
# The marks as pictures of 144 pixels (1,100 dots an inch): the renderer embeds each once, where it
# would draw a vector anew at each of its 500 places.
_MARKS = "assess-mark:"
_FACES = (
    (TEXT, 400, "source-sans-3-latin-400-normal.ttf"),
    (TEXT, 600, "source-sans-3-latin-600-normal.ttf"),
    (TEXT, 700, "source-sans-3-latin-700-normal.ttf"),
    (f"{TEXT} Ext", 400, "source-sans-3-latin-ext-400-normal.ttf"),
    (f"{TEXT} Ext", 600, "source-sans-3-latin-ext-600-normal.ttf"),
    (CODE, 400, "source-code-pro-latin-400-normal.ttf"),
    (f"{CODE} Ext", 400, "source-code-pro-latin-ext-400-normal.ttf"),
)
_LONG_NAME = 90
_SHORT_NAME = 40


class RendererMissing(Unavailable):
    """The renderer itself cannot run here; something else may print the report."""


@contextmanager
def _no_collection() -> Iterator[None]:
    """No search for garbage: layout makes millions of objects that live until its end.

    At that end they are old, so that the next search, among the young, does not go through them.
    """
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.freeze()
            gc.unfreeze()
            gc.enable()


def render(results: Results, *, library_catalogue: Catalogue, brand: Brand = PLAIN) -> bytes:
    """The report as a PDF.

    Raises Unavailable where its renderer cannot run, or a template of the house is wrong.
    """
    press = _press(brand)
    press.logos.clear()
    press.logos.update(one.address for one in (brand.logo, brand.customer) if one)
    shown = view(results, library_catalogue)
    with _no_collection(), naming_faults(brand.templates):
        words = typesetting.sheet(brand, _remedy_labels(shown))
        fit = _fit(press, results, shown, brand, words)
        times = past(results, library_catalogue)
        laid_out = press.lay_out(page(results, shown, fit, times=times, brand=brand), words)
        return press.write(laid_out, results)


def _fit(press: "_Press", results: Results, shown: View, brand: Brand, words: str) -> Fit:
    """The fullest summary that takes one page: tried on its own, from the one that most take."""

    def fits(at: int) -> bool:
        alone = press.lay_out(page(results, shown, FITS[at], alone=True, brand=brand), words)
        return len(alone.pages) == 1

    at = USUAL
    if not fits(at):
        return next((FITS[more] for more in range(at + 1, len(FITS) - 1) if fits(more)), FITS[-1])
    while at and fits(at - 1):
        at -= 1
    return FITS[at]


def _remedy_labels(shown: View) -> dict[str, str]:
    """How the remedy of what is to be mended, and of what nobody knows, is called."""
    knows = (Status.UNKNOWN, Status.MANUAL)
    return {
        "know" if card.status in knows else "mend": card.remedy_label
        for card in shown.cards
        if card.remedy_label
    }


def _wide(area: Area) -> bool:
    counts = (f"{figure(n)} {STATUS_SHORT[status]}" for status, n in area.counts.items() if n)
    return typesetting.wide(area.title, counts)


def _plan_charts(shown: View, palette: Palette) -> list[tuple[str, str, str]]:
    """Title, picture and words of each chart of the plan."""
    return [
        (
            title,
            charts.image(planchart.chart(steps, shown.plan, palette, TEXT)),
            trn(
                len(steps),
                "Chart of {n} step; it stands in words below.",
                "Chart of {n} steps; they stand in words below.",
            ),
        )
        for title, steps in planchart.drawn(shown.plan.way)
    ]


def page(
    results: Results,
    shown: View,
    fit: Fit,
    *,
    times: Past | None = None,
    alone: bool = False,
    brand: Brand = PLAIN,
) -> str:
    """The HTML page that is laid out; ``alone``: its summary only."""
    told = times or Past()
    divided = parts(shown, LIMITS)
    opened = [part for part in divided if part.opened]
    settled = [part for part in divided if not part.opened]
    strip, strip_words = charts.strip(shown.areas, PRINT)
    areas = [a for a in shown.areas if fit.closed_areas or any(a.counts[s] for s in OPEN)]
    return (
        environment(brand.templates)
        .get_template("report.pdf.html.j2")
        .render(
            lang=spoken().code,
            view=shown,
            brand=brand,
            past=told,
            trends=[charts.image(trend(one, brand.paper, TEXT)) for one in told.trends],
            parts=divided,
            opened=opened,
            settled=settled,
            settled_rows=[card for part in settled for card in part.closed],
            anchors={card.anchor for part in divided for card in part.shown},
            letter="" if alone else to_html(shown.letter),
            carded={card.anchor for part in divided for card in part.cards},
            fit=fit,
            alone=alone,
            limits=LIMITS,
            wide=_wide,
            causes_left=sum(len(cause.cards) for cause in shown.causes[fit.causes :]),
            nothing_stops=nothing_stops(shown),
            headline=brief(shown.headline, _LONG_NAME),
            short_customer=brief(shown.customer, _SHORT_NAME),
            cover_customer=brief(shown.customer, _LONG_NAME),
            strip=charts.image(strip) if strip else "",
            strip_words=strip_words,
            bars=[
                charts.image(charts.bar(banner.counts, PRINT, banner.in_words, alone=True))
                for banner in shown.banners
            ],
            field=charts.image(charts.field(areas, PRINT, TEXT)) if areas and fit.field else "",
            plan_charts=[] if alone else _plan_charts(shown, brand.paper),
            field_words=charts.described(areas),
            field_note=_field_note(len(shown.areas) - len(areas)),
            short=SHORT,
            words=STATUS_WORDS,
            in_text=STATUS_SHORT,
            meanings=STATUS_MEANING,
            score_rule=tr(SCORE_RULE),
            moment=f"{results.as_of:%Y-%m-%dT%H:%M:%SZ}",
        )
    )


def _field_note(left_out: int) -> str:
    """How the status field is read. ``left_out``: areas that it does not show."""
    if not left_out:
        return tr("(one mark each; bold: something fails or is unknown)")
    return trn(
        left_out,
        "(one mark each; bold: something fails or is unknown; {n} area with nothing open is left "
        "out)",
        "(one mark each; bold: something fails or is unknown; {n} areas with nothing open are left "
        "out)",
    )


def style(brand: Brand = PLAIN) -> str:
    """The style sheet of every language, with its fonts and marks."""
    faces = "".join(
        f'@font-face {{ font-family: "{family}"; font-weight: {weight}; '
        f"src: url({_FONTS}{name}) }}\n"
        for family, weight, name in _FACES
    )
    marks = ""
    for short in SHORT.values():
        colour, soft = PRINT[short], PRINT[f"{short}-soft"]
        image = f"background-image: url({_MARKS}{short}.png)"
        marks += (
            f".c-{short} {{ color: {colour} }}\n.m-{short} {{ {image} }}\n"
            f".chip-{short} {{ color: {colour}; border-color: {colour}; "
            f"background-color: {soft}; {image} }}\n"
        )
    sheet = stylesheet(
        "report.pdf.css",
        brand.paper,
        text=(f'"{brand.font}", ' if brand.font else "")
        + f'"{TEXT}", "{TEXT} Ext", "Noto Sans", sans-serif',
        code=f'"{CODE}", "{CODE} Ext", "DejaVu Sans Mono", monospace',
    )
    return f"{faces}{sheet}{marks}"


class _Press:
    """The renderer, with its fonts and style sheet read once."""

    def __init__(self, brand: Brand = PLAIN) -> None:
        try:
            import weasyprint  # noqa: PLC0415 - slow, and its libraries may be absent
            from weasyprint.text.fonts import FontConfiguration  # noqa: PLC0415
            from weasyprint.urls import (  # noqa: PLC0415
                FatalURLFetchingError,
                URLFetcher,
                URLFetcherResponse,
            )
        except (ImportError, OSError) as error:
            raise RendererMissing(
                tr(
                    "report.pdf needs WeasyPrint with the Pango library, which is not here: "
                    "{error}",
                    error=error,
                ),
                tr(
                    "Install Pango (Debian and Ubuntu: libpango-1.0-0, libpangoft2-1.0-0, "
                    "libharfbuzz-subset0) and render again: assess report results.json -f pdf."
                ),
            ) from error

        self.logos = logos = set[str]()

        class Fetcher(URLFetcher):  # type: ignore[misc]
            """Gives fonts, logos and what is drawn in the page; refuses all else, fatally."""

            def fetch(self, url: str, headers: Mapping[str, str] | None = None) -> object:
                if url.startswith("data:image/svg+xml,") or url in logos:
                    return super().fetch(url, headers)
                known = {f"{_FONTS}{name}": ("fonts", name) for *_, name in _FACES}
                known |= {f"{_MARKS}{s}.png": ("marks", f"{s}.png") for s in SHORT.values()}
                if url in known:
                    file = resources.files("templates").joinpath(*known[url])
                    return URLFetcherResponse(url, file.read_bytes())
                raise FatalURLFetchingError(f"the report may not fetch {url[:200]}")

        self._html = weasyprint.HTML
        self._attachment = weasyprint.Attachment
        self.fetcher = Fetcher(allowed_protocols=("data",))
        self._fonts = FontConfiguration()
        self._sheet = partial(
            weasyprint.CSS, font_config=self._fonts, url_fetcher=self.fetcher
        )
        self._style = self._sheet(string=style(brand))

    def lay_out(self, text: str, words: str) -> Any:  # noqa: ANN401 - untyped library
        """The laid out pages. ``words``: the style sheet of the language."""
        html = self._html(string=text, url_fetcher=self.fetcher, base_url="assess:report")
        return html.render(
            font_config=self._fonts,
            stylesheets=[self._style, self._sheet(string=words)],
            pdf_variant="pdf/ua-1",
            pdf_tags=True,
        )

    def write(self, document: Any, results: Results) -> bytes:  # noqa: ANN401 - untyped library
        """The document as bytes, with results.json inside.

        Without an identifier of the document, for which all would be packed twice.
        """
        attached = self._attachment(
            file_obj=BytesIO(to_json(results)),
            name=ATTACHED,
            description=tr("The findings of this report, for programs"),
            created=results.as_of,
            modified=results.as_of,
        )
        data: bytes = document.write_pdf(
            pdf_variant="pdf/ua-1", pdf_tags=True, attachments=[attached], finisher=_associate
        )
        return data


def _associate(_document: object, pdf: Any) -> None:  # noqa: ANN401 - untyped library
    """Say what the attached file is to the document, as PDF/A-3 asks: the data that it shows."""
    files: list[Any] = [
        one for one in pdf.objects if isinstance(one, dict) and one.get("Type") == "/Filespec"
    ]
    for one in files:
        one["AFRelationship"] = "/Data"
    pdf.catalog["AF"] = f"[{' '.join(one.reference.decode() for one in files)}]"


_lock = threading.Lock()


@lru_cache(maxsize=2)
def _press_made(brand: Brand) -> _Press:
    return _Press(brand)


def _press(brand: Brand = PLAIN) -> _Press:
    """The renderer with a style sheet; logos, templates and words are not of it."""
    styled = Brand(accent=brand.accent, font=brand.font)
    with _lock:
        return _press_made(styled)


def forget() -> None:
    """Drop the renderer; the next report makes it anew."""
    _press_made.cache_clear()


def fetcher() -> Callable[[str], object]:
    """What the renderer fetches with: it raises FatalURLFetchingError for all that is not ours."""
    fetches: Callable[[str], object] = _press().fetcher
    return fetches


def warm_up() -> None:
    """Import the renderer and read its fonts ahead of time. Raises Unavailable."""
    _press()
    compile_templates(".pdf.j2")
    compile_templates(".pdf.html.j2")
