"""sample_reports is what `assess demo` writes: it is written again here, and compared.

To make it anew: see sample_reports/README.md.
"""

import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import pypdf
import pytest

from assess import cli

SAMPLES = Path(__file__).parents[2] / "sample_reports"


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    assert cli.run(["demo", "-o", str(folder)]) == cli.NOT_READY
    return folder / "contoso-20261120T211000Z"


@pytest.mark.parametrize("name", ["results.json", "report.html"])
def test_the_same_bytes(written: Path, name: str) -> None:
    assert (written / name).read_bytes() == (SAMPLES / name).read_bytes()


def test_the_workbook_has_the_same_parts(written: Path) -> None:
    with zipfile.ZipFile(written / "report.xlsx") as made, zipfile.ZipFile(SAMPLES / "report.xlsx") as kept:
        assert made.namelist() == kept.namelist()
        for part in made.namelist():
            assert made.read(part) == kept.read(part), part


def test_the_pdf_says_the_same(written: Path) -> None:
    made, kept = pypdf.PdfReader(written / "report.pdf"), pypdf.PdfReader(SAMPLES / "report.pdf")
    assert len(made.pages) == len(kept.pages)
    assert list(outline(made)) == list(outline(kept))
    for number, (one, other) in enumerate(zip(made.pages, kept.pages, strict=True), 1):
        assert one.extract_text() == other.extract_text(), f"page {number}"


def outline(reader: pypdf.PdfReader) -> Iterator[tuple[str, int | None]]:
    """Every entry with the page that it leads to."""

    def entries(level: Sequence[object]) -> Iterator[tuple[str, int | None]]:
        for entry in level:
            if isinstance(entry, list):
                yield from entries(entry)
            elif isinstance(entry, pypdf.generic.Destination):
                yield str(entry.title), reader.get_destination_page_number(entry)

    yield from entries(reader.outline)
