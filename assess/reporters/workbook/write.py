"""The sheets of the workbook, and the file."""

import shutil
import zipfile
from collections.abc import Iterator, Sequence
from datetime import UTC
from pathlib import Path
from typing import Any

from openpyxl.chart import BarChart, Reference
from openpyxl.workbook import Workbook
from openpyxl.writer.excel import ExcelWriter

from assess.catalogue import Catalogue
from assess.language import tr
from assess.model import Status
from assess.reporters.brand import PLAIN, Brand
from assess.reporters.letter import to_lines
from assess.reporters.past import past
from assess.reporters.shapes import Paper
from assess.reporters.tokens import LIGHT
from assess.reporters.view import Card, View, order, view
from assess.reporters.words import SOURCE_WORDS
from assess.reporters.workbook.cells import (
    TOKENS,
    Column,
    cell,
    colour_statuses,
    font,
    label,
    link,
    make_table,
    new_sheet,
    printing,
    status_width,
    titled,
    write_rows,
)
from assess.reporters.workbook.lists import add_lists
from assess.reporters.workbook.past import add_past
from assess.reporters.workbook.planning import add_options, add_plan
from assess.results import Results

_MOMENT = "yyyy-mm-dd hh:mm:ss"
_DAY = "yyyy-mm-dd"
_FINDINGS = (
    Column("Status", 13), Column("Severity", 10), Column("Necessity", 14), Column("Area", 24),
    Column("Title", 48, wrap=True), Column("Subject", 30), Column("Found", 44, wrap=True),
    Column("Expected", 44, wrap=True), Column("Remedy", 60, wrap=True),
    Column("Consequence", 44, wrap=True), Column("Waiver", 28, wrap=True),
    Column("Waived until", 13, number_format=_DAY), Column("Scenarios", 30, wrap=True),
    Column("Document", 24), Column("Section", 36, wrap=True), Column("Step", 20, wrap=True),
    Column("Read at (UTC)", 19, number_format=_MOMENT), Column("Blocked by", 30, wrap=True),
    Column("Commands (proposals, not run)", 70, wrap=True), Column("Comment", 44, wrap=True),
    Column("Comment by", 20), Column("Id", 48),
)  # fmt: skip
_LETTER = (Column("Covering letter", 120, wrap=True),)
_EVIDENCE = (
    Column("Status", 13), Column("Finding", 48), Column("Source", 18),
    Column("Where", 60, wrap=True), Column("Answer", 60, wrap=True),
    Column("Read at (UTC)", 19, number_format=_MOMENT),
)  # fmt: skip
_OPEN = (
    Column("Status", 13), Column("Reason", 60, wrap=True),
    Column("Price of knowing", 60, wrap=True), Column("Findings", 10, number_format="#,##0"),
    Column("Where", 44, wrap=True),
    Column("Ids", 60, wrap=True),
)  # fmt: skip
_TRACE = (
    Column("Document", 26), Column("Section", 44, wrap=True), Column("Step", 24, wrap=True),
    Column("Status", 13), Column("Requirement", 34), Column("Title", 54, wrap=True),
    Column("What has become of it", 60, wrap=True), Column("Flaws of the document", 60, wrap=True),
)  # fmt: skip
_SOURCES = (
    Column("Source", 20), Column("Status", 12), Column("Detail", 90, wrap=True),
    Column("Requests", 10, number_format="#,##0"), Column("Seconds", 10, number_format="0.00"),
)  # fmt: skip
_TOP_OF_VERDICTS = 6
_CHART_ROWS = 16  # what the chart covers
_FIXED_DATE = (1980, 1, 1, 0, 0, 0)


def write_workbook(
    results: Results, catalogue: Catalogue, tables: Path, target: Path, brand: Brand = PLAIN
) -> None:
    """Write the workbook to ``target``. ``tables``: the folder with the long lists."""
    shown = view(results, catalogue)
    confidential = brand.kept(tr("Confidential · {customer}", customer=shown.customer))
    book = Workbook(write_only=True)
    moment = results.as_of.astimezone(UTC).replace(tzinfo=None)
    book.properties.title = tr("Readiness of {customer}", customer=shown.customer)
    book.properties.creator = brand.company or shown.tool
    book.properties.created = book.properties.modified = moment
    places = {card.finding.id: row for row, card in enumerate(_ordered(shown), start=2)}
    _summary(book, shown, places, confidential)
    if shown.letter:
        sheet = new_sheet(book, "Letter", _LETTER, confidential)
        write_rows(sheet, _LETTER, ((line,) for line in to_lines(shown.letter)))
    _findings(book, shown, confidential)
    add_past(book, past(results, catalogue), confidential)
    add_plan(book, shown.plan, places, confidential)
    add_lists(book, shown, tables, confidential)
    _not_assessed(book, shown, confidential)
    if shown.choice is not None:
        add_options(book, shown.choice, confidential)
    _traceability(book, shown, confidential)
    _evidence(book, shown, places, confidential)
    _sources(book, results, confidential)
    # Not book.save(): it sets the clock's moment, here and on every part of the archive.
    with _Timeless(target, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        ExcelWriter(book, archive).save()


def _ordered(shown: View) -> list[Card]:
    """Findings as the sheet lists them: worst first, over all areas."""
    return sorted(shown.cards, key=lambda card: order(card.finding))


def _summary(book: Workbook, shown: View, places: dict[str, int], confidential: str) -> None:
    sheet = book.create_sheet(titled("Summary"))
    widths = (84, 22, 10, *[max(12, status_width())] * len(Status))
    for letter, width in zip("ABCDEFGHI", widths, strict=True):
        sheet.column_dimensions[letter].width = width
    printing(sheet, confidential)
    sheet.page_setup.fitToHeight = 1
    big, bold = font(bold=True, size=18), font(bold=True)
    sheet.append([cell(sheet, shown.headline, look=big)])
    sheet.append([cell(sheet, shown.lede)])
    about = tr(
        "{customer} · assessed {moment} · tenant {tenant} · site {site}",
        customer=shown.customer,
        moment=shown.assessed,
        tenant=shown.tenant,
        site=shown.site,
    )
    sheet.append([cell(sheet, about)])
    sheet.append([])
    heads = [tr("Scenario"), tr("Verdict"), tr("Score"), *(label(status) for status in Status)]
    sheet.append([cell(sheet, head, look=bold) for head in heads])
    for banner in shown.banners:
        word = cell(
            sheet, banner.word, look=font(bold=True, color=LIGHT[TOKENS[banner.status]][1:])
        )
        counts = [banner.counts[status] for status in Status]
        sheet.append([cell(sheet, banner.title), word, banner.points, *counts])
    _chart(sheet, len(shown.banners))
    for _ in range(_CHART_ROWS):
        sheet.append([])
    sheet.append([cell(sheet, tr("What stops the start"), look=bold)])
    for stop in shown.stops:
        what = f"{stop.text} ({stop.what})" if stop.what else stop.text
        row = places[stop.card.finding.id]
        sheet.append([link(sheet, what, sheet_name="Findings", row=row), cell(sheet, stop.area)])
    if not shown.stops:
        sheet.append([cell(sheet, tr("Nothing required fails."))])
    sheet.append([])
    sheet.append([cell(sheet, tr("What nobody knows yet"), look=bold)])
    for row, cause in enumerate(shown.causes, start=2):
        text = f"{cause.label} ({len(cause.cards)}): {cause.text}"
        sheet.append([link(sheet, text, sheet_name="Not assessed", row=row)])
    if not shown.causes:
        sheet.append([cell(sheet, tr("Everything could be assessed."))])


def _chart(sheet: Any, scenarios: int) -> None:  # noqa: ANN401 - untyped library
    """The share of each status, a stacked bar a scenario."""
    chart = BarChart()
    chart.type, chart.grouping, chart.overlap = "bar", "percentStacked", 100
    chart.height, chart.width = 7, 26
    chart.title = tr("Findings by status")
    last = _TOP_OF_VERDICTS + scenarios - 1
    data = Reference(sheet, min_col=4, max_col=9, min_row=_TOP_OF_VERDICTS - 1, max_row=last)
    chart.add_data(data, titles_from_data=True)
    chart.set_categories(Reference(sheet, min_col=1, min_row=_TOP_OF_VERDICTS, max_row=last))
    for series, status in zip(chart.series, Status, strict=True):
        series.graphicalProperties.solidFill = LIGHT[TOKENS[status]][1:]
    chart.legend.position = "b"
    sheet.add_chart(chart, f"A{last + 2}")


def _findings(book: Workbook, shown: View, confidential: str) -> None:
    sheet = new_sheet(book, "Findings", _FINDINGS, confidential)
    rows = write_rows(sheet, _FINDINGS, (_finding(card) for card in _ordered(shown)))
    make_table(sheet, "FindingsTable", _FINDINGS, rows)
    sheet.print_area = f"A1:I{rows + 1}"  # up to the remedy; the rest is for filters
    colour_statuses(sheet, "A", rows)


def _finding(card: Card) -> Sequence[object]:
    finding = card.finding
    first = finding.references[0] if finding.references else None
    moments = [line.read_at for line in finding.evidence if line.read_at is not None]
    remedy = "\n".join(f"{n}. {step}" for n, step in enumerate(card.remedy, 1))
    commands = "\n\n".join(f"{offer.label}\n{offer.text}" for offer in card.offers)
    return (
        label(card.status), card.severity, card.necessity, card.area, card.title,
        card.subject or None,
        card.found, card.expected, remedy or None, card.consequence, card.waiver or None,
        finding.waiver.until if finding.waiver else None, ", ".join(finding.scenarios),
        first.document if first else None, first.section if first else None,
        first.step if first else None, max(moments) if moments else None,
        ", ".join(finding.blocked_by) or None, commands or None, card.comment or None,
        card.comment_by or None, card.id,
    )  # fmt: skip


def _evidence(book: Workbook, shown: View, places: dict[str, int], confidential: str) -> None:
    sheet = new_sheet(book, "Evidence", _EVIDENCE, confidential)

    def rows() -> Iterator[Sequence[object]]:
        for card in _ordered(shown):
            for line in card.finding.evidence:
                back = link(
                    sheet, card.id, sheet_name="Findings", row=places[card.finding.id],
                    column=_EVIDENCE[1],
                )  # fmt: skip
                yield (
                    label(card.status),
                    back,
                    line.source,
                    line.location,
                    line.value,
                    line.read_at,
                )

    count = write_rows(sheet, _EVIDENCE, rows())
    make_table(sheet, "EvidenceTable", _EVIDENCE, count)
    colour_statuses(sheet, "A", count)


def _not_assessed(book: Workbook, shown: View, confidential: str) -> None:
    sheet = new_sheet(book, "Not assessed", _OPEN, confidential)
    rows = (
        (
            label(cause.status), cause.text, cause.price or None, len(cause.cards), cause.where,
            ", ".join(card.id for card in cause.cards),
        )
        for cause in shown.causes
    )  # fmt: skip
    count = write_rows(sheet, _OPEN, rows)
    make_table(sheet, "NotAssessedTable", _OPEN, count)
    colour_statuses(sheet, "A", count)


def _traceability(book: Workbook, shown: View, confidential: str) -> None:
    sheet = new_sheet(book, "Traceability", _TRACE, confidential)
    rows = (
        (
            paper.id, section.title, step.step, label(step.status), step.requirement, step.title,
            step.era or None, _flaws(paper, section.title, step.requirement) or None,
        )
        for paper in shown.papers
        for section in paper.sections
        for step in section.steps
    )  # fmt: skip
    count = write_rows(sheet, _TRACE, rows)
    make_table(sheet, "TraceabilityTable", _TRACE, count)
    colour_statuses(sheet, "D", count)


def _flaws(paper: Paper, section: str, requirement: str) -> str:
    """What the document gets wrong about a requirement, where it matters; this section first."""
    return "\n".join(
        f"{flaw.word}, {flaw.section or tr('whole document')}: {flaw.text}"
        for flaw in sorted(paper.flaws, key=lambda flaw: flaw.section != section)
        if requirement in flaw.affects
    )


def _sources(book: Workbook, results: Results, confidential: str) -> None:
    sheet = new_sheet(book, "Sources", _SOURCES, confidential)
    rows = (
        (s.source, SOURCE_WORDS[s.status], s.detail, s.requests, s.seconds) for s in results.sources
    )
    make_table(sheet, "SourcesTable", _SOURCES, write_rows(sheet, _SOURCES, rows))


class _Timeless(zipfile.ZipFile):
    """An archive whose parts bear one fixed date: the same results make the same bytes."""

    def writestr(self, part: str, data: bytes | str) -> None:  # type: ignore[override]
        """Add a part from memory."""
        super().writestr(_dated(part), data)

    def write(self, file: str, part: str) -> None:  # type: ignore[override]
        """Add a part from a file, a piece at a time."""
        entry = _dated(part)
        entry.file_size = Path(file).stat().st_size  # tells whether it is a large one
        with Path(file).open("rb") as inside, self.open(entry, "w") as outside:
            shutil.copyfileobj(inside, outside, 1 << 20)


def _dated(part: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(part, _FIXED_DATE)
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry
