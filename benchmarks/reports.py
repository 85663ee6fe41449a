"""Reports: what the PDF adds to its renderer, large HTML written and opened, 200,000 rows of Excel.

The workbook is measured against a bare loop of the same library in write-only mode, both in
processes of their own, since memory is measured.
"""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import weasyprint

import samples
from assess.discover import library
from assess.reporters import typesetting, warm_up, write_report
from assess.reporters.brand import PLAIN
from assess.reporters.past import past
from assess.reporters.pdf import page, style
from assess.reporters.summary import FITS, USUAL
from assess.reporters.view import view
from assess.results import from_json
from benchmarks.timing import ROOT, Line, Scale, alternating, best
from chromium import Browser

_WRITE = {1_000: 1.0, 10_000: 3.0}
_OPEN = 5.0
_ROWS = 200_000
_MEGABYTES = 60  # beyond what the process holds before it writes
_TIMES = 1.3


def html(_scale: Scale) -> list[Line]:
    """Writing 1,000 and 10,000 findings, and opening the larger one in a browser."""
    warm_up("html")
    lines = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        target = folder / "report.html"
        for number, bound in _WRITE.items():
            results = samples.sample(number)

            def written(results: object = results) -> None:
                write_report("html", results, samples.catalogue(), folder, target)  # type: ignore[arg-type]

            seconds = best(written, 3)
            what = f"HTML of {number:,} findings ({target.stat().st_size / 1e6:.1f} MB)"
            lines.append(Line(what, f"{bound:.0f} s", f"{seconds:.2f} s", seconds < bound))
        with Browser(folder / "profile") as browser:
            begin = time.perf_counter()
            browser.open(target.as_uri())
            seconds = time.perf_counter() - begin
            if browser.run("document.querySelectorAll('.f').length") != 100:
                raise RuntimeError("the browser shows no findings, so nothing was measured")
        what = f"HTML of {number:,} findings: opened in Chromium"
        lines.append(Line(what, f"{_OPEN:.0f} s", f"{seconds:.2f} s", seconds < _OPEN))
    return lines


def pdf(_scale: Scale) -> list[Line]:
    """The example's PDF, from its results to the file, against its renderer alone on the page."""
    results = from_json((ROOT / "sample_reports" / "results.json").read_bytes())
    catalogue = library().catalogue
    brand, shown = PLAIN, view(results, catalogue)
    here = (ROOT / "templates").as_uri()

    def at_hand(text: str) -> str:
        return text.replace("assess-font:", f"{here}/fonts/").replace(
            "assess-mark:", f"{here}/marks/"
        )

    text = at_hand(page(results, shown, FITS[USUAL], times=past(results, catalogue), brand=brand))
    sheet = at_hand(style(brand) + typesetting.sheet(brand, {}))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)

        def ours() -> None:
            write_report("pdf", results, catalogue, folder, folder / "report.pdf", brand)

        def bare() -> None:
            weasyprint.HTML(string=text).write_pdf(
                folder / "bare.pdf",
                stylesheets=[weasyprint.CSS(string=sheet)],
                pdf_variant="pdf/ua-1",
                pdf_tags=True,
            )

        ours()
        bare()  # whatever either reads once is read
        mine, theirs = alternating(ours, bare, 3)
    factor = mine / theirs
    what = f"PDF of {len(results.findings)} findings: against bare WeasyPrint ({theirs:.1f} s)"
    return [Line(what, f"{_TIMES} x", f"{factor:.2f} x ({mine:.1f} s)", factor < _TIMES)]


def xlsx(_scale: Scale) -> list[Line]:
    """200,000 rows of twelve columns."""
    runs = [(_measured("ours"), _measured("bare")) for _ in range(2)]
    ours = min(mine["seconds"] for mine, _ in runs)
    bare = min(theirs["seconds"] for _, theirs in runs)
    memory = max(mine["megabytes"] for mine, _ in runs)
    what = f"Excel with {_ROWS:,} rows of users"
    factor = ours / bare
    return [
        Line(f"{what}: against a bare openpyxl loop ({bare:.1f} s)", f"{_TIMES} x",
             f"{factor:.2f} x ({ours:.1f} s)", factor < _TIMES),
        Line(f"{what}: memory", f"{_MEGABYTES} MB", f"{memory:.0f} MB", memory < _MEGABYTES),
    ]  # fmt: skip


def _measured(kind: str) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.reports_client", kind, str(_ROWS)],
        stdout=subprocess.PIPE, check=True, cwd=ROOT,
    )  # fmt: skip
    found: dict[str, float] = json.loads(done.stdout)
    return found
