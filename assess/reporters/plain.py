"""Formats for other systems: report.csv, report.md and report.junit.xml."""

import csv
import io
import re
from xml.etree import ElementTree as ET

from assess.catalogue import Catalogue
from assess.language import tr
from assess.model import Status
from assess.reporters import letter
from assess.reporters.past import Past, past
from assess.reporters.view import Card, order, view
from assess.results import Results
from assess.sheets import LIKE_FORMULA

_COLUMNS = (
    "id", "status", "severity", "necessity", "area", "requirement", "subject", "scenarios", "title",
    "found", "expected", "remedy", "waiver", "references", "comment", "comment_by",
)  # fmt: skip
_MOST_ENDINGS = 12
_TICKS = re.compile("`+")
_MARKDOWN = str.maketrans({sign: f"\\{sign}" for sign in "\\`*_{}[]<>#|!"})


def to_csv(results: Results, catalogue: Catalogue) -> bytes:
    """One line a finding, worst first; UTF-8 with a mark, so that Excel reads it as such.

    A cell that begins like a formula gets an apostrophe in front: a CSV has no other way to say
    that it is text.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(_COLUMNS)
    for card in _ordered(results, catalogue):
        finding = card.finding
        writer.writerow(
            _cell(value)
            for value in (
                card.id,
                finding.status,
                finding.severity,
                finding.necessity,
                card.area,
                finding.requirement,
                card.subject,
                " ".join(finding.scenarios),
                card.title,
                card.found,
                card.expected,
                " | ".join(card.remedy),
                card.waiver,
                " | ".join(tag.text for tag in card.references),
                card.comment,
                card.comment_by,
            )
        )
    return text.getvalue().encode("utf-8-sig")


def _cell(value: str) -> str:
    return f"'{value}" if value.startswith(LIKE_FORMULA) else value


def to_markdown(results: Results, catalogue: Catalogue) -> bytes:
    """A summary to paste into a ticket or a mail: verdicts, what stops, and everything open."""
    shown = view(results, catalogue)
    lines = [f"# {_escaped(shown.headline)}", "", f"{_escaped(shown.lede)}".strip(), ""]
    if shown.letter:
        lines += [_headed(tr("Covering letter")), *letter.to_markdown(shown.letter), ""]
        lines += [_headed(tr("Verdicts")), ""]
    heads = (tr("Scenario"), tr("Verdict"), tr("Score"), tr("Findings"))
    lines += [f"| {' | '.join(map(_escaped, heads))} |", "| --- | --- | --- | --- |"]
    for banner, verdict in zip(shown.banners, results.verdicts, strict=True):
        score = "-" if verdict.score is None else str(verdict.score)
        lines.append(f"| {_escaped(banner.title)} | {banner.word} | {score} | {banner.in_words} |")
    if shown.stops:
        lines += ["", _headed(tr("What stops the start")), ""]
        for stop in shown.stops:
            lines.append(f"- {_escaped(stop.text)} ({_escaped(stop.card.finding.requirement)})")
    lines += _changed(past(results, catalogue))
    lines += ["", _headed(tr("Open findings")), ""]
    for card in _ordered(results, catalogue):
        if card.finding.status in (Status.PASS, Status.NOT_APPLICABLE):
            continue
        lines.append(f"- **{card.word}** {_escaped(card.id)}: {_escaped(card.found)}")
        lines += [f"  {n}. {_escaped(step)}" for n, step in enumerate(card.remedy, 1)]
        if card.comment:
            lines.append(f"\n  {_escaped(card.comment_by)}: {_escaped(card.comment)}\n")
        for offer in card.offers:
            fence = "`" * max(3, 1 + max(map(len, _TICKS.findall(offer.text)), default=0))
            block = ("", f"{_escaped(offer.label)}:", "", fence, *offer.lines, fence, "")
            lines += [f"  {line}".rstrip() for line in block]
    assessed = tr("Assessed {moment} by {tool}.", moment=shown.assessed, tool=_escaped(shown.tool))
    lines += ["", assessed, ""]
    return "\n".join(lines).encode()


def _changed(times: Past) -> list[str]:
    """What changed, what expires next, and which accepted risks are to be looked at again."""
    lines: list[str] = []
    for one in times.compared:
        lines += ["", _headed(f"{one.title}, {one.moment}"), "", one.in_words, ""]
        for row in one.rows:
            lines.append(f"- **{row.kind}** ({row.text}) {_escaped(row.id)}: {_escaped(row.found)}")
    if times.endings:
        lines += ["", _headed(tr("What expires next")), ""]
        ends = times.endings[:_MOST_ENDINGS]
        lines += [f"- {one.day} ({one.left}): {_escaped(one.what)}" for one in ends]
    if times.waivers:
        lines += ["", _headed(tr("Accepted risks to look at again")), ""]
        for note in times.waivers:
            lines.append(f"- **{note.label}** {_escaped(note.about)}: {_escaped(note.text)}")
    return lines


def _headed(text: str) -> str:
    return f"## {_escaped(text)}"


def _escaped(text: str) -> str:
    """Text that Markdown shows as it is, on one line."""
    return " ".join(text.translate(_MARKDOWN).split())


def to_junit(results: Results, catalogue: Catalogue) -> bytes:
    """One suite a scenario and one case a finding, for systems that show test results.

    What fails is a failure, what could not be assessed an error, a question a skipped case; a
    warning passes and is told in its output.
    """
    cards = _ordered(results, catalogue)
    name = tr("Readiness of {customer}", customer=results.engagement.customer)
    root = ET.Element("testsuites", name=name)
    for verdict in results.verdicts:
        mine = [card for card in cards if verdict.scenario in card.finding.scenarios]
        suite = ET.SubElement(
            root, "testsuite", name=verdict.scenario, tests=str(len(mine)),
            failures=str(sum(card.status is Status.FAIL for card in mine)),
            errors=str(sum(card.status is Status.UNKNOWN for card in mine)),
            skipped=str(sum(card.status in _SKIPPED for card in mine)),
            timestamp=f"{results.as_of:%Y-%m-%dT%H:%M:%S}",
        )  # fmt: skip
        for card in mine:
            case = ET.SubElement(
                suite, "testcase", classname=card.finding.requirement, name=card.id
            )
            _say(case, card)
    ET.indent(root)
    body: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return body + b"\n"


_SKIPPED = (Status.MANUAL, Status.NOT_APPLICABLE)


def _say(case: ET.Element, card: Card) -> None:
    said = (f"{card.comment_by}: {card.comment}",) if card.comment else ()
    expected = tr("Expected: {expected}", expected=card.expected)
    text = "\n".join((expected, *card.remedy, *said))
    match card.status:
        case Status.FAIL:
            ET.SubElement(case, "failure", message=card.found).text = text
        case Status.UNKNOWN:
            ET.SubElement(case, "error", message=card.found).text = text
        case Status.MANUAL | Status.NOT_APPLICABLE:
            ET.SubElement(case, "skipped", message=card.found)
        case Status.WARN:
            ET.SubElement(
                case, "system-out"
            ).text = f"{tr('Warning: {found}', found=card.found)}\n{text}"
        case Status.PASS:
            pass


def _ordered(results: Results, catalogue: Catalogue) -> list[Card]:
    return sorted(view(results, catalogue).cards, key=lambda card: order(card.finding))
