"""report.html: whole, escaped, self-contained, and allowed to do nothing but show itself."""

import base64
import hashlib
import json
import re
from collections import Counter
from html.parser import HTMLParser

import pytest

import samples
from assess.model import Status
from assess.reporters.html import render
from assess.reporters.view import view
from assess.results import Results, clean

VOID = {"meta", "input", "br", "wbr", "use", "path", "rect", "circle"}


class Page(HTMLParser):
    """What a browser would see: elements, attributes and text, nesting checked."""

    def __init__(self, data: bytes) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self.inside: dict[str, str] = {"style": "", "script": ""}
        self.held: dict[str, str] = {}  # by the id of its element
        self._data = ""
        self._open: list[str] = []
        self.feed(data.decode())
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names))
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self._open.append(tag)
        json_ = ("type", "application/json") in attrs
        self._data = str(dict(attrs)["id"]) if json_ else ""

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        self._data = ""
        if tag not in VOID:
            assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._data:
            self.held[self._data] = self.held.get(self._data, "") + data
        elif self._open and self._open[-1] in self.inside:
            self.inside[self._open[-1]] += data
        else:
            self.text += data

    def having(self, name: str) -> list[str]:
        return [attributes[name] for _, attributes in self.elements if name in attributes]

    def count(self, tag: str) -> int:
        return sum(element == tag for element, _ in self.elements)


def html(results: Results) -> bytes:
    return render(results, library_catalogue=samples.catalogue())


@pytest.fixture(scope="module", params=["plain", "hostile", "five", "many", "none", "commented"])
def results(request: pytest.FixtureRequest) -> Results:
    match str(request.param):
        case "hostile":
            return samples.sample(hostile=True, commented=True)
        case "commented":
            return samples.sample(commented=True)
        case "five":
            return samples.sample(scenarios=samples.FIVE, verbose=True)
        case "many":
            return samples.sample(3000)
        case "none":
            return samples.sample(0)
        case _:
            return samples.sample()


@pytest.fixture(scope="module")
def page(results: Results) -> Page:
    return Page(html(results))


def test_the_policy_names_exactly_the_style_and_the_script(page: Page) -> None:
    [policy] = [a["content"] for t, a in page.elements if a.get("http-equiv")]
    for kind in ("style", "script"):
        digest = base64.b64encode(hashlib.sha256(page.inside[kind].encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy
        assert len([t for t, a in page.elements if t == kind and "type" not in a]) == 1
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy


def test_no_element_has_a_style_or_a_handler_of_its_own(page: Page) -> None:
    for _, attributes in page.elements:
        assert "style" not in attributes
        assert not [name for name in attributes if name.startswith("on")]


def test_nothing_is_loaded_from_elsewhere(page: Page) -> None:
    assert page.having("src") == []
    tags = {tag for tag, _ in page.elements}
    assert not tags & {"link", "iframe", "object", "embed", "img", "base", "image"}
    assert not re.findall(r"url\((?!data:font/woff2)", page.inside["style"])
    assert "@import" not in page.inside["style"]


def test_no_dead_anchor_and_no_id_twice(page: Page) -> None:
    ids = page.having("id")
    assert len(ids) == len(set(ids))
    targets = [href for href in page.having("href") if href.startswith("#")]
    assert targets
    assert {href[1:] for href in targets} <= set(ids)
    assert set(page.having("for")) <= set(ids)


def test_nothing_of_the_results_becomes_markup(page: Page, results: Results) -> None:
    assert {tag for tag, _ in page.elements} <= {
        "html", "head", "meta", "title", "style", "body", "svg", "defs", "pattern", "path", "circle",
        "symbol", "rect", "use", "a", "header", "strong", "span", "nav", "button", "div", "form",
        "label", "input", "details", "summary", "fieldset", "legend", "b", "p", "main", "section",
        "article", "h1", "h2", "h3", "h4", "ul", "ol", "li", "br", "wbr", "dl", "dt", "dd", "table",
        "thead", "tbody", "tr", "th", "td", "script", "text", "em", "pre", "code",
        "select", "option",
    }  # fmt: skip
    assert all(href.startswith("#") for href in page.having("href"))
    assert results.engagement.customer in page.text


def test_every_finding_or_a_count_of_those_left_out(page: Page, results: Results) -> None:
    shown = [a for _, a in page.elements if "f" in a.get("class", "").split()]
    cut = re.findall(r"^([A-Z][a-z]+|[\d,]+) more findings?", page.text, re.MULTILINE)
    assert len(shown) <= len(results.findings)
    assert bool(cut) is (len(shown) < len(results.findings))
    for attributes in shown:
        assert attributes["data-status"] in set(Status)


@pytest.mark.parametrize("hostile", [False, True])
def test_a_large_report_holds_every_finding_as_data(hostile: bool) -> None:
    results = samples.sample(1500, hostile=hostile)
    page = Page(html(results))
    held = json.loads(page.held["many"])
    texts = held["texts"]
    assert {texts[item[1]] for item in held["items"]} == {clean(f.id) for f in results.findings}
    assert len({item[0] for item in held["items"]}) == len(results.findings)
    assert Counter(item[4] for item in held["items"]) == Counter(f.status for f in results.findings)
    assert all(url == "" or url.startswith("http") for _, url in held["references"])
    assert not set("<>&") & set(page.held["many"] + page.held["words"])
    standing = [a for _, a in page.elements if "f" in a.get("class", "").split()]
    assert 0 < len(standing) <= 500


def test_a_small_report_holds_no_data_twice() -> None:
    assert list(Page(html(samples.sample(600))).held) == ["words"]


def test_same_results_same_bytes(results: Results) -> None:
    assert html(results) == html(results)


def test_what_a_finding_shows() -> None:
    results = samples.sample()
    page = Page(html(results))
    text = re.sub(r"\s+", " ", page.text)
    for finding in results.findings:
        assert finding.id in text
        assert finding.title in text
        assert re.sub(r"\s+", " ", finding.expected) in text or finding.observed.endswith("version")
        for step in finding.remediation if finding.status in view_open() else ():
            assert re.sub(r"\s+", " ", step) in text
        for reference in finding.references:
            assert f"{reference.document} › {reference.section} › {reference.step}" in text
        for line in finding.evidence:
            assert line.read_at is None or f"{line.read_at:%H:%M:%S}" in text


def view_open() -> tuple[Status, ...]:
    return (Status.FAIL, Status.UNKNOWN, Status.WARN, Status.MANUAL)


def test_the_unknown_are_as_loud_as_the_failed() -> None:
    results = samples.sample()
    page = Page(html(results))
    made = view(results, samples.catalogue())
    for status in (Status.FAIL, Status.UNKNOWN):
        assert any(
            a.get("name") == "status" and a.get("value") == status.value for _, a in page.elements
        )
        assert f"{made.counts[status]} {status.value}" in page.text
    assert "What nobody knows yet" in page.text


def test_the_blockers_are_open_at_load_unless_there_are_too_many() -> None:
    few, many = samples.sample(), samples.sample(mix=["fail"])
    for results, expected in ((few, 5), (many, 0)):
        cards = [
            a for t, a in Page(html(results)).elements if t == "details" and "card" in a["class"]
        ]
        assert sum("open" in attributes for attributes in cards) == expected
