"""HTML and PDF in another language: nothing stays English, nothing is cut, and it is said which."""

import io
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pypdf
import pytest

import pseudo
import samples
from assess.catalogue import translated
from assess.discover import language
from assess.fleet.shapes import Blocker, Difference, Expiry, Judgement, Member, Overview
from assess.history.shapes import Kind, Point
from assess.language import ENGLISH, Language, speaking
from assess.model import Severity, Status, Verdict
from assess.reporters import fleet, html, pdf, typesetting
from assess.reporters.brand import PLAIN, Brand
from assess.reporters.past import Aged, ChangeRow, Ending, Looked, Past, Since, Trend
from assess.reporters.summary import FITS, USUAL
from assess.reporters.templating import in_css
from assess.reporters.view import View, view
from assess.results import Results, from_json

DEMO = Path(__file__).parents[2] / "sample_reports" / "results.json"
BRAND = Brand(company="XX", footer="XX")
DAY = samples.AS_OF.date()
ROW = ChangeRow("XX", Status.FAIL, "XX", "XX", "XX", "XX", "XX", "XX", DAY, ("XX",))
POINTS = tuple(
    Point("XX", samples.AS_OF.replace(day=day), "XX", Verdict.NOT_READY, 50, {}) for day in (1, 9)
)
PAST = Past(
    partial="XX",
    compared=(Since("XX", "XX", "XX", (ROW,) * 30),),
    ages=(Aged(Status.FAIL, "XX", "XX", "XX", "XX", DAY, 1200),) * 20,
    endings=tuple(
        Ending(DAY, "XX", "XX", "XX", status, ("XX",)) for status in [Status.FAIL, Status.WARN] * 9
    ),
    waivers=(Looked("XX", "XX", "XX", "XX"),) * 6,
    trends=(Trend("XX", "XX", POINTS, "XX"),),
)
# What is the same in every language: names of files, of the product, and of a time zone.
SAME = {"ndjson", "report", "xlsx", "html"}


@pytest.fixture(scope="module", autouse=True)
def _renderer() -> Iterator[None]:
    """Its fonts are given back before the interpreter ends."""
    yield
    pdf.forget()


def results(case: str) -> Results:
    match case:
        case "large":
            return samples.sample(700, scenarios=samples.FIVE)
        case "empty":
            return samples.sample(0)
        case _:
            return from_json(DEMO.read_bytes())


def shown(found: Results) -> View:
    """What is shown of the results, and of all that they might say, as X's."""
    made = view(found, samples.catalogue())
    plan = replace(made.plan, late="XX", read="XX")
    masked: View = pseudo.masked(
        replace(made, plan=plan, not_written=(("XX", "XX"),), privacy="XX", letter="XX")
    )
    return masked


@pytest.fixture(params=["demo", "large", "empty"])
def found(request: pytest.FixtureRequest) -> Results:
    return results(str(request.param))


@pytest.mark.parametrize("script", [True, False])
def test_no_word_of_html_stays_english(
    found: Results, monkeypatch: pytest.MonkeyPatch, *, script: bool
) -> None:
    made = shown(found)
    monkeypatch.setattr(html, "view", lambda *_: made)
    monkeypatch.setattr(html, "past", lambda *_: PAST)
    with speaking(pseudo.language()):
        page = html.render(found, library_catalogue=samples.catalogue(), brand=BRAND, script=script)
    text = page.decode()
    assert '<html lang="qq">' in text
    told = " ".join(pseudo.texts(re.sub(r'<script type="application/json".*?</script>', "", text)))
    assert set(pseudo.unsaid(told)) <= SAME
    assert told.count("⟦") > 80
    for block in re.findall(r'<script type="application/json" id="words">(.*?)</script>', text):
        words = json.loads(block)
        assert words.pop("figure") == "1,000"
        for word in words.values():
            assert not set(pseudo.unsaid(word)), word
    for rule in re.findall(r"(?:content: |--read-at:)([^;}]*)", text):
        said = "".join(re.findall(r'"([^"]*)"', rule))
        assert not set(pseudo.unsaid(plain(said))), rule


def test_no_word_of_the_pdf_stays_english(found: Results) -> None:
    made = shown(found)
    with speaking(pseudo.language()):
        page = pdf.page(found, made, FITS[USUAL], times=PAST, brand=BRAND)
        sheet = typesetting.sheet(BRAND)
    told = pseudo.texts(page)
    assert set(pseudo.unsaid(" ".join(told))) <= SAME
    assert " ".join(told).count("⟦") > 60
    for rule in re.findall(r"content: ([^;}]*)", sheet):
        said = "".join(re.findall(r'"([^"]*)"', rule))
        assert "⟦" in plain(said)
        assert not set(pseudo.unsaid(plain(said))), rule


def plain(rule: str) -> str:
    """A string of a style sheet as it is read."""
    return re.sub(r"\\([0-9a-f]{6})", lambda sign: chr(int(sign[1], 16)), rule)


@pytest.mark.parametrize("text", ['a"b\\c</style>', "⟦ü · 1,5.-⟧", "\n\t{}", "\ud800"])
def test_a_text_in_a_style_sheet_is_a_string_and_no_more(text: str) -> None:
    made = in_css(text)
    assert not set(made) & set("\"<>{}\n'")
    assert plain(made) == text


@pytest.mark.parametrize("members", [0, 3])
def test_no_word_of_the_overview_of_a_fleet_stays_english(members: int) -> None:
    judgements = tuple(Judgement("XX", verdict, None, {"fail": 2}) for verdict in Verdict)
    changes = tuple(Difference(kind, "XX", Severity.LOW, "XX", None, None) for kind in Kind)
    whole = Member(
        "XX", "XX", "XX", 1, judgements=judgements, since="XX", said=("XX",), written=("report.html",),
        blockers=tuple(Blocker("XX", severity, "XX", "XX") for severity in Severity),
        blockers_in_all=9, differences=changes, differences_in_all=19,
        changed={kind.value: 2 for kind in Kind}, next_expiry=Expiry("XX", DAY),
    )  # fmt: skip
    first = Member("XX", "XX", "XX", 0, judgements=judgements[:1])
    found = [whole, first, Member("XX", "XX", "XX", 2, failed="XX")][:members]
    with speaking(pseudo.language()):
        page = fleet.render(Overview("1.0", "XX", samples.AS_OF, 1, tuple(found))).decode()
    assert '<html lang="qq">' in page
    # The word of a link is that of the format.
    assert set(pseudo.unsaid(" ".join(pseudo.texts(page)))) <= {"HTML", "UTC"}


def test_a_language_file_that_means_harm_stays_words() -> None:
    """Its markup is text, its strings end nowhere; what holds markup of ours may hold no other."""
    harm = "</script></style></title><img src=x onerror=alert(1)>\"'}{{7*7}}"
    with speaking(pseudo.language("de", lambda text: harm + text)):
        pages_ = [
            html.render(samples.sample(size), library_catalogue=samples.catalogue(), script=script)
            for size, script in ((60, True), (60, False), (700, True))
        ]
    for page in pages_:
        text = page.decode()
        assert "<img" not in text
        assert text.count("</style>") == 1
        assert text.count("<script") == text.count("</script>")
        assert "{{7*7}}" in text


# -- the words that the script says --


def test_every_word_of_the_script_is_given_by_the_template() -> None:
    script = html._script()
    asked = set(re.findall(r"\bwords\.(\w+)", script))
    page = html.render(samples.sample(0), library_catalogue=samples.catalogue()).decode()
    [block] = re.findall(r'id="words">(.*?)</script>', page)
    assert asked == set(json.loads(block))
    for name, text in json.loads(block).items():
        for hole in re.findall(r"\{(\w+)\}", text):
            assert re.search(rf"words\.{name}, \{{[^}}]*\b{hole}\b", script), (name, hole)


# -- German, and languages of any length --


def pages(data: bytes) -> list[str]:
    reader = pypdf.PdfReader(io.BytesIO(data))
    return [re.sub(r"\s+", " ", page.extract_text().replace("\x00", "")) for page in reader.pages]


def test_the_pdf_is_german() -> None:
    with speaking(language("de")):
        catalogue = translated(samples.catalogue())
        found = samples.sample(40, scenarios=samples.FIVE, verbose=True)
        data = pdf.render(found, library_catalogue=catalogue)
    said = pages(data)
    root: Any = pypdf.PdfReader(io.BytesIO(data)).root_object
    assert root["/Lang"] == "de"
    assert "Was den Start verhindert" in said[1]
    assert "Was noch niemand weiß" in said[1]
    assert said[2].startswith("Inhalt")
    for number, text in enumerate(said[1:], 2):
        assert f"Seite {number} von {len(said)}" in text
        assert "Vertraulich" in text
    assert not re.search(r"\bpage \d", " ".join(said))


LANGUAGES = [ENGLISH, language("de"), pseudo.language("long", pseudo.longer)]


@pytest.mark.parametrize("spoken", LANGUAGES, ids=lambda one: str(one.code))
@pytest.mark.parametrize("case", [{"scenarios": samples.FIVE}, {}, {"mix": ("fail",)}], ids=str)
def test_the_executive_summary_is_one_page_in_any_language(
    spoken: Language, case: dict[str, tuple[str, ...]]
) -> None:
    with speaking(spoken):
        catalogue = translated(samples.catalogue())
        found = samples.sample(verbose=True, **case)  # type: ignore[arg-type]
        made, words, press = view(found, catalogue), typesetting.sheet(PLAIN), pdf._press()
        fit = pdf._fit(press, found, made, PLAIN, words)
        alone = press.lay_out(pdf.page(found, made, fit, alone=True), words)
    assert len(alone.pages) == 1
    assert fit.stops >= 2


@pytest.mark.parametrize("spoken", LANGUAGES, ids=lambda one: str(one.code))
def test_labels_hang_in_an_indent_that_holds_the_longest(spoken: Language) -> None:
    with speaking(spoken):
        sheet = typesetting.sheet(PLAIN)
        words = {
            label: spoken.texts.get(word, word) for label, word in typesetting.LABELS.items()
        }
    [indent] = re.findall(r"text-indent: -([\d.]+)pt", sheet)
    margins = {name: float(wide) for name, wide in re.findall(r"k-(\w+) \{ margin-right: ([\d.]+)pt", sheet)}
    assert margins.keys() == words.keys()
    for label, word in words.items():
        reach = typesetting.width(str(word)) + margins[label]
        assert reach >= float(indent) - 0.01
        assert reach == pytest.approx(float(indent), abs=0.01) or margins[label] == 3.0
    assert (float(indent) == pytest.approx(48.19)) is (spoken is ENGLISH)


def test_german_numbers_dates_and_statuses() -> None:
    with speaking(language("de")):
        catalogue = translated(samples.catalogue())
        page = html.render(samples.sample(1500), library_catalogue=catalogue).decode()
    assert '<html lang="de">' in page
    assert "1.500" in page
    assert "20. Nov" in page
    assert "Nicht bereit" in page
    [words] = [json.loads(one) for one in re.findall(r'id="words">(.*?)</script>', page)]
    assert words["figure"] == "1.000"


def test_one_language_leaves_nothing_behind_for_the_next() -> None:
    found = samples.sample(5)
    before = html.render(found, library_catalogue=samples.catalogue())
    printed = pdf.render(found, library_catalogue=samples.catalogue())
    with speaking(language("de")):
        assert html.render(found, library_catalogue=samples.catalogue()) != before
        assert "Seite 2 von" in pages(pdf.render(found, library_catalogue=samples.catalogue()))[1]
    assert html.render(found, library_catalogue=samples.catalogue()) == before
    assert pdf.render(found, library_catalogue=samples.catalogue()) == printed


def test_a_template_of_the_house_speaks_too(tmp_path: Path) -> None:
    (tmp_path / "summary.html.j2").write_text(
        '<h1>{{ tr("For {customer}", customer=view.customer) }}</h1>'
        '{{ tr_html("<b>{n:,}</b> <i>findings</i>", n=view.total) }} {{ 4321 | figure }}'
        '{{ trn(2, "{n} thing", "{n} things") }}',
        encoding="utf-8",
    )
    found = msgspec.structs.replace(
        samples.sample(10, customer="A&B"), language="de"
    )
    own = Language(
        "de",
        {
            "For {customer}": "Für {customer}",
            "<b>{n:,}</b> <i>findings</i>": "<i>Befunde</i>: <b>{n:,}</b>",
            "{n} thing": ("{n} Ding", "{n} Dinge"),
            "1,234.5": "1.234,5",
        },
    )
    with speaking(own):
        page = html.render(
            found, library_catalogue=samples.catalogue(), brand=Brand(templates=str(tmp_path))
        ).decode()
    assert "<h1>Für A&amp;B</h1><i>Befunde</i>: <b>10</b> 4.3212 Dinge" in page
