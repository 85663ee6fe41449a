"""report.pdf: read back as a reader would, page by page."""

import io
import json
import logging
import re
import sys
from collections.abc import Iterator
from functools import cache
from typing import Any

import jsonschema
import pypdf
import pytest
from weasyprint.urls import FatalURLFetchingError

import samples
from assess.errors import Unavailable
from assess.reporters import pdf
from assess.reporters.view import OPEN, view
from assess.results import Results, from_json, schema

CASES = {
    "plain": {},
    "five": {"scenarios": samples.FIVE, "verbose": True},
    "hostile": {"hostile": True, "scenarios": samples.FIVE, "size": 60},
    "many": {"size": 2000},
    "none": {"size": 0},
}


@cache
def results(case: str) -> Results:
    return samples.sample(**CASES[case])  # type: ignore[arg-type]


class Warnings(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(record.getMessage())


@cache
def made(case: str) -> tuple[bytes, tuple[str, ...]]:
    """The report, and what its renderer complained of."""
    warnings = Warnings()
    logger = logging.getLogger("weasyprint")
    logger.addHandler(warnings)
    try:
        data = pdf.render(results(case), library_catalogue=samples.catalogue())
    finally:
        logger.removeHandler(warnings)
    return data, tuple(warnings.said)


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def reader(case: str) -> pypdf.PdfReader:
    return pypdf.PdfReader(io.BytesIO(made(case)[0]))


@cache
def pages(case: str) -> tuple[str, ...]:
    # A font that draws signs beyond the basic plane is read with a zero before every letter.
    texts = [page.extract_text().replace("\x00", "") for page in reader(case).pages]
    return tuple(re.sub(r"\s+", " ", text) for text in texts)


def outline(items: object) -> Iterator[str]:
    for item in items if isinstance(items, list) else []:
        if isinstance(item, list):
            yield from outline(item)
        else:
            yield str(item.title)


def test_the_executive_summary_is_exactly_one_page(case: str) -> None:
    assert "Executive summary" in pages(case)[1]
    assert "What stops the start" in pages(case)[1]
    assert "What nobody knows yet" in pages(case)[1]
    assert "Contents Executive summary" in pages(case)[2]


def test_page_numbers(case: str) -> None:
    total = len(pages(case))
    for number, text in enumerate(pages(case)[1:], start=2):
        assert f"page {number} of {total}" in text
    assert "page 1 of" not in pages(case)[0]


def test_no_dead_anchor_and_nothing_refused(case: str) -> None:
    said = [text for text in made(case)[1] if "notdef" not in text]
    assert said == []


def test_chapters_are_bookmarks(case: str) -> None:
    found = list(outline(reader(case).outline))
    chapters = [
        "Executive summary", "Contents", "Findings by area",
        *(["From the documents to the findings"] if results(case).findings else []),
        "Appendix A: Not assessed, and why", "Appendix B: Sources that were asked",
        "Appendix C: How to read this report",
    ]  # fmt: skip
    assert [title for title in found if title in chapters] == chapters


def test_the_contents_name_the_page_where_an_area_begins() -> None:
    contents = pages("plain")[2]
    for area in view(results("plain"), samples.catalogue()).areas:
        if not area.opened:
            continue
        found = re.search(rf"{re.escape(area.title)} (\d+)", contents)
        assert found is not None
        assert area.title in pages("plain")[int(found[1]) - 1]


def test_every_finding_is_there_with_its_id() -> None:
    text = re.sub(r"\s+", "", "".join(pages("plain")))
    for finding in results("plain").findings:
        assert re.sub(r"\s+", "", finding.id) in text
        assert re.sub(r"\s+", "", finding.title) in text


def test_every_open_finding_says_what_was_found_expected_and_is_to_be_done() -> None:
    text = re.sub(r"\s+", "", "".join(pages("plain")))
    told = [card for card in view(results("plain"), samples.catalogue()).cards if card.status in OPEN]
    assert len(told) > pdf.LIMITS.cards
    for card in told:
        owed = [] if card.brief else [card.found, card.expected, *(tag.text for tag in card.references)]
        owed += [card.expected] if card.unanswered else card.remedy
        for sentence in owed:
            assert re.sub(r"\s+", "", sentence)[:60] in text, card.id


def test_counts_and_verdicts_are_those_of_the_results() -> None:
    summary = pages("plain")[1]
    for verdict in results("plain").verdicts:
        assert f"{verdict.counts['fail']} fail" in summary
        assert f"{verdict.counts['unknown']} unknown" in summary
        assert f"Score {verdict.score} of 100" in summary


def test_a_cut_names_its_number_and_its_place() -> None:
    text = " ".join(pages("many"))
    cut = [int(n.replace(",", "")) for n in re.findall(r"([\d,]{2,}) more findings", text)]
    assert sum(cut) > 1000
    assert "report.xlsx, sheet Findings" in text
    assert len(pages("many")) < 80


def test_no_heading_stands_alone_at_the_foot_of_a_page() -> None:
    for case in ("plain", "five"):
        titles = [area.title for area in view(results(case), samples.catalogue()).areas]
        for page in reader(case).pages[3:]:
            lines = [line.strip() for line in page.extract_text().splitlines() if line.strip()]
            body = [line for line in lines if not re.match(r"(Confidential|page \d+ of)", line)]
            assert body
            assert body[-1] not in titles
            assert not body[-1].startswith(("To mend it", "To know it", "Evidence, read"))


def test_it_is_tagged_and_says_what_it_is() -> None:
    document = reader("plain")
    root: Any = document.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "en"
    assert "/StructTreeRoot" in root
    assert b"pdfuaid" in root["/Metadata"].get_object().get_data()
    assert document.metadata is not None
    assert document.metadata.title == "Contoso: readiness assessment"
    assert document.metadata.creation_date == samples.AS_OF


def test_the_results_are_inside_and_say_what_they_are(case: str) -> None:
    inside = reader(case).attachments
    assert list(inside) == ["results.json"]
    [data] = inside["results.json"]
    assert from_json(data) == results(case)
    jsonschema.validate(json.loads(data), schema())
    catalogue: Any = reader(case).root_object
    [associated] = catalogue["/AF"]
    assert associated.get_object()["/AFRelationship"] == "/Data"
    stream = associated.get_object()["/EF"]["/F"]
    assert stream["/Subtype"] == "/application/json"
    assert stream["/Params"]["/ModDate"] == "D:20261120211000Z"


def test_its_fonts_are_embedded() -> None:
    fonts: dict[str, Any] = {}
    for page in reader("plain").pages:
        resources: Any = page["/Resources"]
        for font in resources.get("/Font", {}).values():
            fonts[font.get_object()["/BaseFont"]] = font.get_object()
    assert {name.split("+")[-1] for name in fonts if "Source" in name}
    for font in fonts.values():
        [descendant] = font["/DescendantFonts"]
        descriptor = descendant.get_object()["/FontDescriptor"]
        assert {"/FontFile", "/FontFile2", "/FontFile3"} & set(descriptor)


def test_markup_of_the_results_is_text() -> None:
    text = " ".join(pages("hostile"))
    assert "<script>alert('x')</script>" in text
    assert "{{ 7 * 7 }}" in text
    for page in reader("hostile").pages:
        for link in page.get("/Annots", []):
            action = link.get_object().get("/A", {})
            assert action.get("/S") != "/JavaScript"
            assert "/URI" not in action


def test_same_results_same_bytes_from_a_renderer_made_anew() -> None:
    first, _ = made("plain")
    pdf.forget()
    assert pdf.render(results("plain"), library_catalogue=samples.catalogue()) == first


@pytest.mark.parametrize(
    "url", ["http://192.0.2.1/x.png", "https://192.0.2.1/", "file:///etc/passwd", "ftp://192.0.2.1/",
            "data:text/html,x", "data:image/png;base64,AA", "assess-font:../../x", "assess:report"]
)  # fmt: skip
def test_the_renderer_may_fetch_nothing_else(url: str) -> None:
    with pytest.raises(FatalURLFetchingError):
        pdf.fetcher()(url)


def test_without_pango_the_report_is_unavailable_with_its_mend(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pdf.forget()
    for name in [name for name in sys.modules if name.split(".")[0] == "weasyprint"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    with pytest.raises(Unavailable) as told:
        pdf.render(results("none"), library_catalogue=samples.catalogue())
    assert "Pango" in told.value.reason
    assert "libpango" in told.value.mend
    monkeypatch.undo()
    pdf.forget()
