"""sample_reports is what `assess demo` writes: it is written again here, and compared.

To make it anew: see sample_reports/README.md.
"""

import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import pypdf

from assess import cli
from docs import samples

SAMPLES = Path(__file__).parents[2] / "sample_reports"


def test_what_the_demo_writes(tmp_path: Path) -> None:
    assert cli.run(["demo", "-f", "all", "-o", str(tmp_path)]) == cli.NOT_READY
    compare(tmp_path / "contoso-20261120T211000Z", SAMPLES, samples.OF_DEMO)


def test_what_a_house_hands_over(tmp_path: Path) -> None:
    samples.of_house(tmp_path)
    compare(tmp_path, SAMPLES / "house", samples.OF_HOUSE)


def compare(made: Path, kept: Path, names: Sequence[str]) -> None:
    for name in names:
        if name.endswith(".pdf"):
            compare_pdfs(made / name, kept / name)
        elif name.endswith(".xlsx"):
            compare_books(made / name, kept / name)
        else:
            assert (made / name).read_bytes() == (kept / name).read_bytes(), name


def compare_books(one: Path, other: Path) -> None:
    with zipfile.ZipFile(one) as made, zipfile.ZipFile(other) as kept:
        assert made.namelist() == kept.namelist()
        # A workbook that is extended bears the moment of that.
        for part in set(made.namelist()) - ({"docProps/core.xml"} if one.stem == "over-time" else set()):
            assert made.read(part) == kept.read(part), part


def compare_pdfs(one: Path, other: Path) -> None:
    made, kept = pypdf.PdfReader(one), pypdf.PdfReader(other)
    assert len(made.pages) == len(kept.pages)
    assert list(outline(made)) == list(outline(kept))
    for number, (page, before) in enumerate(zip(made.pages, kept.pages, strict=True), 1):
        assert page.extract_text() == before.extract_text(), f"page {number}"


def outline(reader: pypdf.PdfReader) -> Iterator[tuple[str, int | None]]:
    """Every entry with the page that it leads to."""

    def entries(level: Sequence[object]) -> Iterator[tuple[str, int | None]]:
        for entry in level:
            if isinstance(entry, list):
                yield from entries(entry)
            elif isinstance(entry, pypdf.generic.Destination):
                yield str(entry.title), reader.get_destination_page_number(entry)

    yield from entries(reader.outline)
