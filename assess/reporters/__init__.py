"""The reports: pure functions of the results and the catalogue, one module a format.

Modules are imported when their format is written: some are slow, and one needs system libraries
that may be absent.
"""

from collections.abc import Callable, Mapping
from pathlib import Path

from assess.catalogue import Catalogue
from assess.errors import Unavailable
from assess.files import whole, write
from assess.language import tr
from assess.reporters.brand import PLAIN, Brand
from assess.results import Results, to_json

# What it gives back is a note to the reader of results.json, if there is one.
Writer = Callable[[Results, Catalogue, Path, Path, Brand], str | None]


def _html(
    results: Results, catalogue: Catalogue, _tables: Path, target: Path, brand: Brand
) -> None:
    from assess.reporters.html import render

    write(target, render(results, library_catalogue=catalogue, brand=brand))


def _pdf(
    results: Results, catalogue: Catalogue, _tables: Path, target: Path, brand: Brand
) -> str | None:
    """By its renderer; where that cannot run, by a browser, which the note says."""
    from assess.reporters import pdf, printing

    try:
        write(target, pdf.render(results, library_catalogue=catalogue, brand=brand))
    except pdf.RendererMissing as missing:
        program = printing.browser()
        if program is None:
            mend = tr("{mend} Or install Edge or Chrome, which can print it.", mend=missing.mend)
            raise Unavailable(missing.reason, mend) from missing
        made = printing.render(results, library_catalogue=catalogue, program=program, brand=brand)
        write(target, made)
        return tr(printing.NOTE, browser=program.stem, reason=missing.reason)
    return None


def _xlsx(results: Results, catalogue: Catalogue, tables: Path, target: Path, brand: Brand) -> None:
    from assess.reporters.workbook.write import write_workbook

    with whole(target) as draft:
        write_workbook(results, catalogue, tables, draft, brand)


def _json(
    results: Results, _catalogue: Catalogue, _tables: Path, target: Path, _brand: Brand
) -> None:
    write(target, to_json(results))


def _csv(
    results: Results, catalogue: Catalogue, _tables: Path, target: Path, _brand: Brand
) -> None:
    from assess.reporters.plain import to_csv

    write(target, to_csv(results, catalogue))


def _md(results: Results, catalogue: Catalogue, _tables: Path, target: Path, _brand: Brand) -> None:
    from assess.reporters.plain import to_markdown

    write(target, to_markdown(results, catalogue))


def _junit(
    results: Results, catalogue: Catalogue, _tables: Path, target: Path, _brand: Brand
) -> None:
    from assess.reporters.plain import to_junit

    write(target, to_junit(results, catalogue))


def _sarif(
    results: Results, catalogue: Catalogue, _tables: Path, target: Path, _brand: Brand
) -> None:
    from assess.reporters.sarif import to_sarif

    write(target, to_sarif(results, catalogue))


def _ocsf(
    results: Results, catalogue: Catalogue, _tables: Path, target: Path, _brand: Brand
) -> None:
    from assess.reporters.ocsf import to_ocsf

    write(target, to_ocsf(results, catalogue))


def _ics(
    results: Results, _catalogue: Catalogue, _tables: Path, target: Path, _brand: Brand
) -> None:
    from assess.reporters.expiries import calendar

    write(target, calendar(results))


REPORTERS: Mapping[str, Writer] = {
    "html": _html, "pdf": _pdf, "xlsx": _xlsx, "json": _json, "csv": _csv, "md": _md,
    "junit": _junit, "ics": _ics, "sarif": _sarif, "ocsf": _ocsf,
}  # fmt: skip


def write_report(
    name: str,
    results: Results,
    catalogue: Catalogue,
    tables: Path,
    target: Path,
    brand: Brand = PLAIN,
) -> str:
    """Write one format; it appears at ``target`` whole or not at all.

    ``tables``: the folder of long lists. What is given back says how it was made, if not as meant.
    Raises Unavailable where the format cannot be made here.
    """
    writer = REPORTERS.get(name)
    if writer is None:
        known = ", ".join(REPORTERS)
        reason = tr("this version makes no report of the format {name}", name=name)
        raise Unavailable(reason, tr("Choose of: {known}.", known=known))
    return writer(results, catalogue, tables, target, brand) or ""


def warm_up(name: str) -> None:
    """Import what a format needs ahead of time; what is missing is told when the report is made."""
    match name:
        case "pdf":
            from assess.reporters import pdf

            try:
                pdf.warm_up()
            except Unavailable:
                return
        case "html":
            from assess.reporters import html

            html.warm_up()
        case "xlsx":
            import assess.reporters.workbook.write  # noqa: F401 - openpyxl is slow to import
        case _:
            return
