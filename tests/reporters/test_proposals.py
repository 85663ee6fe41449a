"""Proposed commands, flaws of the documents and what has moved: where reports show them."""

import io
import re

import msgspec
import pypdf
from markupsafe import escape
from openpyxl import load_workbook

import samples
from assess.model import Status
from assess.reporters import html, pdf
from assess.reporters.origins import era, flaws
from assess.reporters.plain import to_markdown
from assess.reporters.view import view
from assess.reporters.workbook.write import write_workbook
from assess.results import Proposal, from_json, to_json

SCRIPT = "Set-Thing -Name 'contoso'\n" * 15 + "# 'end' <b>&amp;</b> ``` ````"


def results(status=Status.FAIL, number=2):
    """A few findings, the first of them worst, with a command of its own."""
    made = samples.sample(number, mix=("pass",))
    first = msgspec.structs.replace(
        made.findings[0], status=status, commands=(Proposal("powershell", SCRIPT),), remediation=("Do it.",)
    )
    return msgspec.structs.replace(made, findings=(first, *made.findings[1:]))


def test_a_command_is_marked_as_a_proposal_in_every_report(tmp_path):
    made, catalogue = results(), samples.catalogue()
    page = html.render(made, library_catalogue=catalogue).decode()
    assert "Proposal, not run: PowerShell" in page
    assert "&lt;b&gt;&amp;amp;&lt;/b&gt;" in page
    text = "\n".join(
        p.extract_text() for p in pypdf.PdfReader(io.BytesIO(pdf.render(made, library_catalogue=catalogue))).pages
    )
    assert "Proposal, not run: PowerShell" in text
    assert text.count("Set-Thing") == 12
    assert "and 4 more lines: report.html" in text
    markdown = to_markdown(made, catalogue).decode()
    assert "Proposal, not run: PowerShell:" in markdown
    assert "  `````\n" in markdown
    target = tmp_path / "report.xlsx"
    write_workbook(made, catalogue, tmp_path, target)
    sheet = load_workbook(target)["Findings"]
    heads = [cell.value for cell in sheet[1]]
    cell = sheet.cell(2, heads.index("Commands (proposals, not run)") + 1)
    assert cell.value == f"Proposal, not run: PowerShell\n{SCRIPT}"


def test_what_is_in_order_needs_no_command():
    [card, *_] = view(results(Status.PASS), samples.catalogue()).cards
    assert card.offers == ()


def test_the_same_command_is_printed_once():
    made = results(number=2)
    both = tuple(
        msgspec.structs.replace(f, status=Status.FAIL, commands=(Proposal("dns", "a. 60 IN CNAME b."),))
        for f in made.findings
    )
    cards = view(msgspec.structs.replace(made, findings=both), samples.catalogue()).cards
    first, second = sorted(cards, key=lambda card: card.offers[0].twin is not None)
    assert first.offers[0].twin is None
    assert second.offers[0].twin is not None
    assert second.offers[0].twin.anchor == first.anchor


def test_results_with_commands_read_back_equal_and_those_of_old_files_have_none():
    made = results()
    assert from_json(to_json(made)) == made
    old = re.sub(rb'"commands": \[[^\]]*\]', b'"commands": []', to_json(made))
    assert from_json(old).findings[0].commands == ()


def test_a_flaw_matters_where_something_is_open_or_decided_differently():
    catalogue = samples.catalogue()
    made = samples.sample(mix=("pass",))
    assert flaws(made, catalogue) == ()
    opened = msgspec.structs.replace(
        made,
        findings=tuple(
            msgspec.structs.replace(f, status=Status.WARN) if f.requirement == "cmg.crl-verification" else f
            for f in made.findings
        ),
    )
    found = flaws(opened, catalogue)
    assert {flaw.affects for flaw in found} == {("cmg.crl-verification",)}
    shown = view(opened, catalogue)
    [card] = [card for card in shown.cards if card.finding.requirement == "cmg.crl-verification"]
    assert card.flaws == tuple(flaw.hint for flaw in found)
    assert {flaw for paper in shown.papers for flaw in paper.flaws} == set(found)
    differing = msgspec.structs.replace(
        made,
        findings=(*made.findings, msgspec.structs.replace(
            next(f for f in made.findings if f.requirement == "authority.mdm"),
            id="authority.mdm@x", status=Status.NOT_APPLICABLE,
        )),
    )  # fmt: skip
    assert {name for flaw in flaws(differing, catalogue) for name in flaw.affects} == {"authority.mdm"}


def test_every_flaw_names_requirements_that_there_are():
    catalogue = samples.catalogue()
    assert len(catalogue.issues) == 61
    assert all(issue.affects for issue in catalogue.issues)
    assert {issue.document for issue in catalogue.issues} <= set(catalogue.documents)


def test_what_has_become_of_a_requirement_stands_in_every_traceability(tmp_path):
    catalogue = samples.catalogue()
    made = samples.sample(scenarios=samples.FIVE, mix=("fail", "pass"))
    expected = {era(r) for r in catalogue.requirements.values() if r.availability_note}
    assert "" not in expected
    shown = view(made, catalogue)
    steps = [step for paper in shown.papers for section in paper.sections for step in section.steps]
    assert {step.era for step in steps} - {""} == expected
    assert {text for paper in shown.papers for text, _ in paper.eras} == expected
    page = html.render(made, library_catalogue=catalogue).decode()
    text = "".join(
        p.extract_text() for p in pypdf.PdfReader(io.BytesIO(pdf.render(made, library_catalogue=catalogue))).pages
    )
    squeezed = re.sub(r"\W", "", text)
    for note in expected:
        assert re.sub(r"\W", "", note) in squeezed
        assert escape(note) in page
    target = tmp_path / "report.xlsx"
    write_workbook(made, catalogue, tmp_path, target)
    sheet = load_workbook(target)["Traceability"]
    heads = [cell.value for cell in sheet[1]]
    column = heads.index("What has become of it")
    told = {row[column] for row in sheet.iter_rows(min_row=2, values_only=True)}
    assert expected <= told
    flawed = heads.index("Flaws of the document")
    assert any(row[flawed] for row in sheet.iter_rows(min_row=2, values_only=True))
