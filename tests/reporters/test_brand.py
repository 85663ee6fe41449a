"""The look of the assessor's house: readable or refused, harmless, and in every report."""

import base64
import hashlib
import io
import re
import struct
import zlib
from html import unescape
from pathlib import Path
from typing import Any

import pypdf
import pytest
from hypothesis import given
from hypothesis import strategies as st

import samples
from assess.branding.house import brand_of
from assess.branding.logo import LARGEST, picture, png, svg
from assess.engagement import Engagement
from assess.errors import EngagementError, Unavailable
from assess.reporters import html, pdf, write_report
from assess.reporters.brand import GROUNDS, LEAST_CONTRAST, PLAIN, Brand, contrast, weakest
from assess.reporters.tokens import DARK, LIGHT

SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 20"><rect width="40" height="20" fill="#0B5566"/></svg>'
)


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def a_png(width: int = 2, height: int = 2, *more: bytes) -> bytes:
    rows = b"".join(b"\0" + b"\x0b\x55\x66" * width for _ in range(height)) if width * height < 10000 else b""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(more) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def engagement(folder: Path, **values: Any) -> Engagement:
    named = {"engagement.name": "contoso", "engagement.scenarios": ["hybrid-mdm"], "engagement.customer": "Contoso"}
    return Engagement("contoso.toml", {**named, **values}, folder=folder)


def branded(folder: Path, **brand: Any) -> Brand:
    return brand_of(engagement(folder, **{"report.brand": brand}))


def test_contrast_is_that_of_the_standard() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)


def test_an_accent_that_cannot_be_read_is_refused_with_the_reason(tmp_path: Path) -> None:
    with pytest.raises(EngagementError, match=r"#FFCC00 cannot be read: its contrast .* is 1\.\d:1") as told:
        branded(tmp_path, accent="#FFCC00")
    assert "darker" in str(told.value)


@pytest.mark.parametrize(
    ("brand", "said"),
    [
        ({"accent": "red"}, "no colour"),
        ({"accent": "#0B5566;}body{display:none"}, "no colour"),
        ({"acent": "#0B5566"}, "known are accent"),
        ({"company": 3}, "a text in quotes"),
        ({"footer": "x" * 161}, "longer than 160"),
        ({"font": 'X"; src: url(//evil.test)'}, "installed font"),
        ({"logo": "absent.svg"}, "cannot be read"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, brand: dict[str, Any], said: str) -> None:
    with pytest.raises(EngagementError, match=said):
        branded(tmp_path, **brand)


@given(st.integers(0, 0xFFFFFF).map(lambda n: f"#{n:06X}"))
def test_an_accepted_accent_is_readable_by_day_and_by_night(accent: str) -> None:
    if weakest(accent, LIGHT)[0] < LEAST_CONTRAST:
        return
    brand = Brand(accent=accent)
    for palette, plain in ((brand.light, LIGHT), (brand.dark, DARK)):
        for ground in (*GROUNDS, "accent-soft"):
            assert contrast(palette["accent"], palette[ground]) >= LEAST_CONTRAST
        changed = {name for name in plain if palette[name] != plain[name]}
        assert changed <= {"accent", "accent-soft"}


@pytest.mark.parametrize(
    "evil",
    [
        "<script>alert(1)</script>",
        '<image href="https://evil.test/x.png"/>',
        '<use href="#a"/>',
        '<foreignObject><body xmlns="http://www.w3.org/1999/xhtml"/></foreignObject>',
        "<style>@import url(https://evil.test/x.css)</style>",
        '<rect onload="alert(1)" onclick="x()"/>',
        '<rect fill="url(https://evil.test/#a)"/>',
        '<rect style="fill:url(//evil.test/x);behavior:url(x)"/>',
        '<a href="javascript:alert(1)"><rect/></a>',
        '<g xmlns:xlink="http://www.w3.org/1999/xlink"><rect xlink:href="https://evil.test"/></g>',
        '<animate attributeName="href" values="javascript:alert(1)"/>',
    ],
)
def test_an_svg_keeps_only_what_draws(evil: str) -> None:
    kept = svg(SVG.replace("</svg>", f"{evil}</svg>").encode()).decode()
    assert 'fill="#0B5566"' in kept
    for sign in ("script", "evil", "onload", "href", "url(", "import", "<use", "foreign", "image", "animate"):
        assert sign not in kept.lower()


def test_gradients_of_its_own_stay() -> None:
    own = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><defs><linearGradient id="g"><stop offset="0" '
        'style="stop-color:#fff"/></linearGradient></defs><rect width="9" height="9" fill="url(#g)"/></svg>'
    )
    kept = svg(own.encode()).decode()
    assert "url(#g)" in kept
    assert 'stop-color="#fff"' in kept


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b'<!DOCTYPE svg [<!ENTITY a "b">]>' + SVG.encode(), "DOCTYPE"),
        (b"<svg", "neither a PNG"),
        (b"<html/>", "neither a PNG"),
        (b"\xff\xfe\x00", "neither a PNG"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"><rect/></svg>', "no size"),
        (b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><script/></svg>', "draws nothing"),
        (b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1">' + b"<g>" * 100 + b"</g>" * 100 + b"</svg>", "deeply"),
    ],
)
def test_an_svg_that_is_refused(data: bytes, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        svg(data)


def test_a_png_keeps_its_picture_alone() -> None:
    with_text = a_png(2, 2, chunk(b"tEXt", b"Author\0Anna Meyer"), chunk(b"eXIf", b"where"))
    assert png(with_text + b"PK\x03\x04 behind the end") == a_png()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (a_png()[:-3], "cut off"),
        (a_png().replace(b"\x0b\x55", b"\x0b\x56", 1)[:40] + a_png()[41:], "damaged|cut off"),
        (a_png(5000, 5000), "pixels"),
        (b"\x89PNG\r\n\x1a\n" + chunk(b"IEND", b""), "not whole"),
    ],
)
def test_a_png_that_is_refused(data: bytes, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        png(data)


def test_a_logo_too_large_is_refused(tmp_path: Path) -> None:
    (tmp_path / "big.svg").write_bytes(b" " * (LARGEST + 1))
    with pytest.raises(EngagementError, match=r"report.brand.logo: big.svg is no logo .* bytes"):
        picture(tmp_path / "big.svg", "report.brand.logo")


@pytest.fixture
def house(tmp_path: Path) -> Brand:
    (tmp_path / "house.svg").write_text(SVG)
    (tmp_path / "customer.png").write_bytes(a_png())
    return brand_of(
        engagement(
            tmp_path,
            **{
                "engagement.logo": "customer.png",
                "report.brand": {
                    "accent": "#7A1FA2", "logo": "house.svg", "font": "Noto Sans",
                    "company": 'Northwind "Advisers" <b>', "footer": "Hall 3 · \\ 80331 München",
                    "confidentiality": "For Contoso's eyes only",
                },
            },
        )
    )  # fmt: skip


def test_the_html_wears_it(house: Brand) -> None:
    page = html.render(samples.sample(size=10), library_catalogue=samples.catalogue(), brand=house).decode()
    assert "--accent:#7A1FA2" in page
    assert f"--accent:{house.dark['accent']}" in page
    assert page.index("data:image/svg+xml,") < page.index("data:image/png;base64,") < page.index("<main>")
    assert "Northwind &#34;Advisers&#34; &lt;b&gt;" in page
    assert "eyes only" in page
    assert "Hall 3" in page
    assert '"Noto Sans","Source Sans 3"' in page
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL)
    assert style is not None
    policy = re.search(r"style-src '(sha256-[^']+)'", unescape(page))
    assert policy is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert policy[1] == f"sha256-{digest}"


def test_the_pdf_wears_it(house: Brand) -> None:
    data = pdf.render(samples.sample(size=10), library_catalogue=samples.catalogue(), brand=house)
    reader = pypdf.PdfReader(io.BytesIO(data))
    cover, last = (" ".join(reader.pages[place].extract_text().split()) for place in (0, -1))
    assert "Northwind" in cover
    assert "eyes only" in cover
    assert "Hall 3" in last
    assert "eyes only" in last
    assert len(reader.pages[0].images) >= 1
    plain = pdf.render(samples.sample(size=10), library_catalogue=samples.catalogue(), brand=PLAIN)
    assert "Confidential" in pypdf.PdfReader(io.BytesIO(plain)).pages[-1].extract_text()


# -- templates of the house --


def own(folder: Path, **files: str) -> Brand:
    home = folder / "templates"
    home.mkdir(exist_ok=True)
    for name, text in files.items():
        (home / name.replace("__", ".")).write_text(text, encoding="utf-8")
    return brand_of(engagement(folder, **{"report.templates": "templates"}))


def rendered(brand: Brand) -> str:
    return html.render(samples.sample(size=10), library_catalogue=samples.catalogue(), brand=brand).decode()


def test_a_template_of_the_house_takes_the_place_of_ours(tmp_path: Path) -> None:
    brand = own(tmp_path, summary__html__j2="<section id='summary'><h1>Ours: {{ view.customer }} {{ '<b>' }}</h1></section>")
    page = rendered(brand)
    assert "<h1>Ours: " in page
    assert "&lt;b&gt;" in page
    assert 'id="not-assessed"' in page


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("fine\n{{ view.customer", "line 2"),
        ("fine\n\n{{ view.nothing }}", "line 3.*nothing"),
        ("{{ ''.__class__.__mro__ }}", "line 1.*unsafe"),
        ("{{ view.__init__.__globals__ }}", "line 1.*unsafe"),
        ("\n{% autoescape false %}{{ view.customer }}{% endautoescape %}", "line 2.*escaping stays on"),
        ("{{ view.customer | safe }}", "line 1.*safe"),
        ('{% include "../secret.j2" %}', "secret"),
        ('{% include "/etc/passwd" %}', "passwd"),
        ('{% include "linked.html.j2" %}', "linked"),
    ],
)
def test_a_faulty_template_is_named_with_file_and_line(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "secret.j2").write_text("secret")
    brand = own(tmp_path, summary__html__j2=text)
    (tmp_path / "templates" / "linked.html.j2").symlink_to(tmp_path / "secret.j2")
    with pytest.raises(Unavailable, match=f"(?s)summary.html.j2, .*{said}") as told:
        rendered(brand)
    assert "report" in told.value.mend


def test_a_fault_costs_its_format_alone(tmp_path: Path) -> None:
    brand = own(tmp_path, summary__html__j2="{{ nothing }}")
    results, catalogue = samples.sample(size=10), samples.catalogue()
    with pytest.raises(Unavailable):
        write_report("html", results, catalogue, tmp_path, tmp_path / "report.html", brand)
    assert not (tmp_path / "report.html").exists()
    write_report("csv", results, catalogue, tmp_path, tmp_path / "report.csv", brand)


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(EngagementError, match=r"report.templates: there is no folder"):
        brand_of(engagement(tmp_path, **{"report.templates": "absent"}))
