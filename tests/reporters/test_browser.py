"""report.html in a real browser: what is shown, counted, filtered, linked, and read aloud."""

import json
import re
import time
from pathlib import Path
from urllib.parse import quote

import pytest

import samples
from assess.catalogue import translated
from assess.discover import language
from assess.language import speaking
from assess.model import Status
from assess.reporters.html import render
from chromium import Browser
from lab.samba import cache_folder

pytestmark = pytest.mark.server

SIZES = {"small": 170, "large": 2500}
SHOWN = "document.getElementById('shown').textContent"
LISTED = "[...document.querySelectorAll('.f')].filter((one) => !one.closest('[hidden]')).length"
COUNTS = """Object.fromEntries([...document.querySelectorAll('input[name=%s]')].map(
  (box) => [box.value, Number(box.parentElement.lastElementChild.textContent.replace(',', ''))]))"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("browser")


@pytest.fixture(scope="module")
def browser(folder):
    with Browser(folder / "profile") as one:
        yield one


def made(folder, results, name):
    path = folder / f"{name}.html"
    if not path.exists():
        path.write_bytes(render(results, library_catalogue=samples.catalogue()))
    return path.as_uri()


@pytest.fixture(scope="module", params=SIZES)
def page(request, folder):
    results = samples.sample(SIZES[request.param], commented=True)
    return made(folder, results, request.param), results


def shown(browser):
    return int(browser.run(SHOWN).split(" of ")[0].replace(",", ""))


def click(browser, name, value):
    browser.run(f"document.querySelector('input[name={name}][value=\"{value}\"]').click()")


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_it_opens_without_a_complaint_and_asks_nobody(browser, page, width, script):
    url, results = page
    browser.open(url, width=width, script=script)
    assert browser.complaints() == []
    assert all(re.match("about:|data:|file:", asked) for asked in browser.requests())
    if script:
        total = len(results.findings)
        assert browser.run(SHOWN) == f"{total:,} of {total:,} shown"
    assert browser.run("document.scrollingElement.scrollWidth") <= width


@pytest.mark.parametrize("hostile", [False, True])
def test_long_words_and_five_scenarios_fit_a_phone(browser, folder, hostile):
    results = samples.sample(
        170, scenarios=samples.FIVE, verbose=True, hostile=hostile, commented=True
    )
    browser.open(made(folder, results, f"five {hostile}"), width=390)
    browser.run("for (const one of document.querySelectorAll('.f')) one.open = true")
    assert browser.complaints() == []
    assert browser.run("document.scrollingElement.scrollWidth") <= 390


def test_without_a_script_the_worst_stand_there_and_a_cut_says_how_many_do_not(browser, page):
    url, results = page
    browser.open(url, script=False)
    standing = browser.run("[...document.querySelectorAll('.f')].map((one) => one.dataset.status)")
    cuts = browser.run(
        "[...document.querySelectorAll('#findings .cut')].map((one) => one.textContent)"
    )
    numbers = {"One": 1, "Two": 2, "Three": 3, "Four": 4, "Five": 5, "Six": 6, "Seven": 7, "Eight": 8,
               "Nine": 9, "Ten": 10, "Eleven": 11, "Twelve": 12}  # fmt: skip
    firsts = [cut.split(" ")[0] for cut in cuts]
    left = sum(numbers.get(first) or int(first.replace(",", "")) for first in firsts)
    assert len(standing) + left == len(results.findings)
    assert len(standing) <= 500
    assert browser.run("document.getElementById('filter').hidden") is True


def test_a_large_list_is_made_a_hundred_at_a_time(browser, folder):
    browser.open(made(folder, samples.sample(SIZES["large"], commented=True), "large"))
    assert browser.run(LISTED) == 100
    browser.run("document.getElementById('more').click()")
    assert browser.run(LISTED) == 200
    assert browser.run("document.activeElement.tagName") == "SUMMARY"
    browser.run("""for (let more = document.getElementById('more'); !more.hidden;) more.click()""")
    assert browser.run(LISTED) == SIZES["large"]
    ids = browser.run("[...document.querySelectorAll('.f')].map((one) => one.id)")
    assert len(set(ids)) == SIZES["large"]


def test_counts_always_agree(browser, page):
    url, results = page
    browser.open(url)
    for status in Status:
        wanted = sum(finding.status is status for finding in results.findings)
        assert browser.run(COUNTS % "status").get(status.value, 0) == wanted
    for step in (
        "status:pass",
        "severity:high",
        "area:dns",
        "scenario:co-management-pki",
        "document:0",
    ):
        click(browser, *step.split(":"))
        number = shown(browser)
        for group in ("status", "severity", "area"):
            checked = browser.run(
                f"[...document.querySelectorAll('input[name={group}]:checked')].map((b) => b.value)"
            )
            counts = browser.run(COUNTS % group)
            assert sum(counts[value] for value in checked) == number
        assert browser.run(LISTED) == (min(100, number) if len(results.findings) > 600 else number)
    click(browser, "severity", "high")
    assert shown(browser) > number
    browser.run("document.getElementById('reset').click()")
    assert shown(browser) == len(results.findings)


def test_what_is_filtered_is_what_fits(browser, page):
    url, results = page
    for fragment, fits in (
        ("status=fail", lambda f: f.status is Status.FAIL),
        (
            "status=fail&status=unknown&area=dns",
            lambda f: f.status in ("fail", "unknown") and f.area == "dns",
        ),
        ("severity=blocker", lambda f: f.severity == "blocker"),
        ("scenario=co-management-internet", lambda f: "co-management-internet" in f.scenarios),
        ("subject=contoso.com", lambda f: f.subject == "contoso.com"),
        (
            "subject=srv-cm.corp.contoso.com&area=mp",
            lambda f: f.area == "mp" and f.subject == "srv-cm.corp.contoso.com",
        ),
        ("subject=nobody", lambda _: False),
        (f"search={quote('dns. contoso')}", lambda f: f.requirement.startswith("dns.")),
        ("status=", lambda _: False),
    ):
        browser.open(f"{url}#filter&{fragment}")
        number = sum(fits(finding) for finding in results.findings)
        if fragment.startswith("search"):
            assert shown(browser) > 0
            texts = browser.run(
                "[...document.querySelectorAll('.f:not([hidden]) .code')].map((one) => one.textContent)"
            )
            assert all("dns." in text or "contoso" in text for text in texts)
        else:
            assert shown(browser) == number


def test_the_filter_stands_in_the_address(browser, page):
    url, _ = page
    browser.open(url)
    click(browser, "status", "pass")
    click(browser, "document", "1")
    browser.run("document.getElementById('subject').selectedIndex = 1")
    browser.run("document.getElementById('filter').dispatchEvent(new Event('change'))")
    number, address = shown(browser), browser.run("location.href")
    assert "#filter&" in address
    browser.open(address)
    assert shown(browser) == number > 0
    assert browser.run("document.getElementById('told').textContent").startswith(
        "Filter: Status Fail"
    )


def test_a_link_leads_to_its_finding(browser, page):
    url, results = page
    browser.open(url)
    blocker = next(iter(results.verdicts[0].blockers))
    browser.run("document.querySelector('#summary .list a').click()")
    browser.run("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    opened = browser.run(
        "[...document.querySelectorAll('.f')].filter((one) => one.matches(':target, [open]')"
        " && one.getBoundingClientRect().top < innerHeight).map((one) => one.querySelector('.code').textContent)"
    )
    assert opened
    assert set(opened) <= {finding.id for finding in results.findings}
    assert blocker in {finding.id for finding in results.findings}


def test_a_body_is_made_when_it_is_opened(browser, folder):
    results = samples.sample(SIZES["large"], commented=True)
    finding = next(
        f for f in results.findings if f.status is Status.FAIL and f.comment and f.waiver
    )
    browser.open(made(folder, results, "large") + f"#filter&search={quote(finding.id)}")
    first = "document.querySelector('.f')"
    assert browser.run(f"{first}.childElementCount") == 1
    browser.run(f"{first}.querySelector('summary').click()")
    browser.run("new Promise((done) => setTimeout(done))")
    text = re.sub(r"\s+", " ", browser.run(f"{first}.textContent"))
    assert finding.comment
    assert finding.waiver
    for said in (finding.observed, finding.expected, finding.comment.text, finding.waiver.reason,
                 *finding.remediation, finding.evidence[0].location):  # fmt: skip
        assert re.sub(r"\s+", " ", said) in text
    assert browser.complaints() == []


@pytest.mark.parametrize("size", SIZES.values())
def test_nothing_of_a_hostile_customer_comes_alive(browser, folder, size):
    browser.open(
        made(folder, samples.sample(size, hostile=True, commented=True), f"hostile-{size}")
    )
    browser.run("for (const one of document.querySelectorAll('.f')) one.open = true")
    browser.run("new Promise((done) => setTimeout(done))")
    assert browser.complaints() == []
    assert not [
        event for event in browser.events if event["method"] == "Page.javascriptDialogOpening"
    ]
    assert browser.run("document.querySelectorAll('main img, main script:not([type])').length") == 0
    addresses = browser.run("[...document.querySelectorAll('main a')].map((one) => one.protocol)")
    assert set(addresses) <= {"file:", "https:", "http:"}
    assert shown(browser) == size


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_the_checker_of_accessibility_finds_nothing(browser, page, width, theme):
    url, _ = page
    bad, measured = violations(browser, url, width, theme)
    assert bad == []
    assert measured > 300


def violations(browser, url, width, theme):
    """What the checker finds with findings unfolded, and how many texts it measured the contrast of."""
    checker = cache_folder() / "axe" / "node_modules" / "axe-core" / "axe.min.js"
    assert checker.is_file(), (
        f"axe-core is not installed in {checker.parent}: tests/support/setup/setup.sh test"
    )
    browser.open(url, width=width)
    browser.run(f"document.documentElement.dataset.theme = '{theme}'")
    browser.run(
        "[...document.querySelectorAll('.f, .paper')].slice(0, 40).forEach((one) => { one.open = true; })"
    )
    # What is not painted has no contrast to be measured.
    browser.run(
        "for (const one of document.querySelectorAll('.area')) one.style.contentVisibility = 'visible'"
    )
    browser.run(f"{checker.read_text(encoding='utf-8')}; undefined")
    said = browser.run(
        "axe.run().then((said) => JSON.stringify({bad: said.violations.map((one) =>"
        " [one.id, one.nodes.length, one.nodes[0].html.slice(0, 200)]),"
        " measured: said.passes.find((one) => one.id === 'color-contrast').nodes.length}))"
    )
    found = json.loads(said)
    return found["bad"], found["measured"]


# -- in another language --


@pytest.fixture(scope="module")
def german(folder):
    """A report in German, small, with five scenarios and the longest words."""
    with speaking(language("de")):
        path = folder / "german.html"
        results = samples.sample(60, scenarios=samples.FIVE, verbose=True, commented=True)
        path.write_bytes(render(results, library_catalogue=translated(samples.catalogue())))
    return path.as_uri()


@pytest.mark.parametrize(("width", "theme"), [(1280, "light"), (1280, "dark"), (390, "light"), (390, "dark")])  # fmt: skip
def test_german_is_as_accessible_and_fits_the_same_screens(browser, german, width, theme):
    bad, measured = violations(browser, german, width, theme)
    assert bad == []
    assert measured > 200
    assert browser.complaints() == []
    assert browser.run("document.scrollingElement.scrollWidth") <= width
    # A chip is as wide as its word, and stands beside the title, not over it.
    over = """[...document.querySelectorAll('.f > summary')].filter((one) => {
      const [first, title] = one.children, a = first.getBoundingClientRect(), b = title.getBoundingClientRect();
      return a.width && (first.scrollWidth > first.clientWidth + 1 || (a.right > b.left && a.bottom > b.top && a.top < b.bottom));
    }).length"""
    assert browser.run(over) == 0


def test_the_script_speaks_german(browser, german):
    browser.open(f"{german}#filter&status=fail&severity=")
    assert browser.run("document.documentElement.lang") == "de"
    assert browser.run(SHOWN) == "0 von 60 angezeigt"
    told = browser.run("document.getElementById('told').textContent")
    assert told == "Filter: Status Nicht erfüllt; Schweregrad keine"
    browser.run("document.getElementById('reset').click()")
    assert browser.run(SHOWN) == "60 von 60 angezeigt"
    assert browser.run("document.getElementById('theme').textContent") in ("Dunkel", "Hell")


# -- copying --

COPIES = "[...document.querySelectorAll('.f .copy')]"


def pasted(browser):
    """What is in the clipboard, as a person would see it."""
    field = "document.querySelector('textarea')"
    browser.run("document.body.append(document.createElement('textarea'))")
    browser.run(f"{field}.focus()")
    browser.ask(
        "Input.dispatchKeyEvent", type="keyDown", modifiers=2, key="v", code="KeyV",
        windowsVirtualKeyCode=86, commands=["paste"],
    )  # fmt: skip
    return browser.run(f"(() => {{ const text = {field}.value; {field}.remove(); return text; }})()")


def press(browser, key="Enter"):
    for kind in ("keyDown", "keyUp"):
        browser.ask(
            "Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=13,
            text="\r" if kind == "keyDown" else "",
        )  # fmt: skip


def until(browser, script, seconds=10):
    end = time.monotonic() + seconds
    while not (said := browser.run(script)):
        assert time.monotonic() < end, script
    return said


@pytest.mark.parametrize("clipboard", [True, False], ids=["clipboard", "without"])
def test_a_remedy_is_copied_by_key_and_said_aloud(browser, page, clipboard):
    url, _ = page
    browser.open(url)
    if not clipboard:
        browser.run("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
    browser.run("for (const one of document.querySelectorAll('.f')) one.open = true")
    until(browser, f"{COPIES}.length > 0")
    names = browser.run(f"{COPIES}.map((one) => one.getAttribute('aria-label'))")
    blocks = browser.run(
        "[...document.querySelectorAll('.f[open] .steps, .f[open] .command')].length"
    )
    assert len(names) == blocks
    assert {name.split(":")[0] for name in names} == {"Copy"}
    assert any("Proposal, not run" in name for name in names)
    block = browser.run(
        f"(() => {{ const one = {COPIES}.find((one) => one.ariaLabel.includes('Proposal'));"
        " one.focus(); return one.parentElement.nextElementSibling.textContent; })()"
    )
    press(browser)
    assert until(browser, "document.querySelector('.aloud[role=status]').textContent") == "Copied"
    assert browser.run("document.activeElement.textContent") == "Copied"
    assert pasted(browser) == block
    browser.run(f"{COPIES}.find((one) => one.parentElement.nextElementSibling.tagName === 'OL'"
                " && one.parentElement.nextElementSibling.childElementCount > 1).focus()")  # fmt: skip
    press(browser)
    until(browser, "document.activeElement.textContent === 'Copied'")
    text = pasted(browser)
    assert text.startswith("1. ")
    assert "\n2. " in text
    assert browser.complaints() == []


def test_there_is_no_button_without_a_script_and_none_on_paper(browser, page):
    url, _ = page
    browser.open(url, script=False)
    assert browser.run(f"{COPIES}.length") == 0
    browser.open(url)
    browser.run("for (const one of document.querySelectorAll('.f')) one.open = true")
    until(browser, f"{COPIES}.length > 0")
    browser.ask("Emulation.setEmulatedMedia", media="print")
    try:
        assert browser.run(f"{COPIES}.every((one) => getComputedStyle(one).display === 'none')")
    finally:
        browser.ask("Emulation.setEmulatedMedia", media="")


def test_what_a_button_says_is_not_searched(browser, folder):
    browser.open(made(folder, samples.sample(SIZES["small"], commented=True), "small"))
    browser.run("for (const one of document.querySelectorAll('.f')) one.open = true")
    until(browser, f"{COPIES}.length > 0")
    browser.run(f"for (const one of {COPIES}) one.textContent = 'qqqq'")
    browser.run("document.getElementById('search').value = 'qqqq'")
    browser.run("document.getElementById('filter').dispatchEvent(new Event('change'))")
    assert shown(browser) == 0


def test_ten_thousand_findings_open_fast(browser, folder):
    url = made(folder, samples.sample(10_000), "ten thousand")
    begin = time.perf_counter()
    browser.open(url)
    opened = time.perf_counter() - begin
    browser.run("document.getElementById('search').value = 'contoso'")
    begin = time.perf_counter()
    browser.run("document.getElementById('filter').dispatchEvent(new Event('change'))")
    assert opened < 10
    assert time.perf_counter() - begin < 5
    assert 0 < shown(browser) <= 10_000
    assert Path(folder / "ten thousand.html").stat().st_size < 12_000_000
