"""report.sarif: the findings as SARIF 2.1.0, for code scanning dashboards and viewers.

What could not be assessed is of the kind ``open``, a question ``review``: neither is ever a pass.
A risk that somebody accepted is an accepted suppression; the finding stays in the file.
"""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from assess.catalogue import Catalogue
from assess.language import tr
from assess.model import Severity, Status
from assess.reporters.shapes import Card, View
from assess.reporters.view import order, view
from assess.results import Results, SourceOf, clean

SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
# How a status is said there. A level belongs to the kind "fail" alone; elsewhere it is "none".
KINDS: Mapping[Status, str] = {
    Status.FAIL: "fail",
    Status.UNKNOWN: "open",
    Status.WARN: "fail",
    Status.MANUAL: "review",
    Status.PASS: "pass",
    Status.NOT_APPLICABLE: "notApplicable",
}
_LEVELS: Mapping[Severity, str] = {
    Severity.BLOCKER: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "note",
    Severity.INFO: "note",
}


def to_sarif(results: Results, catalogue: Catalogue) -> bytes:
    """One run with a rule for each requirement and a result for each finding, worst first."""
    shown = view(results, catalogue)
    cards = sorted(shown.cards, key=lambda card: order(card.finding))
    rules: dict[str, Card] = {}
    for card in cards:
        rules.setdefault(card.finding.requirement, card)
    places = {name: place for place, name in enumerate(rules)}
    driver: dict[str, Any] = {
        "name": clean(results.tool.name),
        "version": clean(results.tool.version),
        "rules": [_rule(card, catalogue) for card in rules.values()],
    }
    run: dict[str, Any] = {
        "tool": {"driver": driver},
        "automationDetails": {
            "id": f"{clean(results.engagement.name)}/{_moment(results.as_of)}",
            "description": _message(f"{shown.customer}: {shown.subtitle}"),
        },
        "invocations": [_invocation(results, shown)],
        "columnKind": "unicodeCodePoints",
        "results": [
            _result(card, places[card.finding.requirement], results.as_of.date()) for card in cards
        ],
    }
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(log, ensure_ascii=False, indent=1).encode("utf-8", "replace") + b"\n"


def _rule(card: Card, catalogue: Catalogue) -> dict[str, Any]:
    finding = card.finding
    rule: dict[str, Any] = {
        "id": clean(finding.requirement),
        "shortDescription": {"text": _text(card.title)},
        "defaultConfiguration": {"level": _LEVELS[finding.severity]},
        "properties": {
            "tags": list(
                dict.fromkeys(map(clean, (finding.area, *(r.document for r in finding.references))))
            ),
            "severity": finding.severity.value,
            "references": [tag.text for tag in card.references],
        },
    }
    requirement = catalogue.requirements.get(finding.requirement)
    if requirement is not None:
        rule["fullDescription"] = {"text": _text(clean(requirement.statement))}
        rule["help"] = {"text": _text("\n".join(map(clean, requirement.remediation)))}
    address = next((tag.url for tag in card.references if tag.url), "")
    if address.isascii() and " " not in address and address:
        rule["helpUri"] = address
    return rule


def _result(card: Card, rule: int, today: date) -> dict[str, Any]:
    finding = card.finding
    kind = KINDS[card.status]
    level = "none"
    if kind == "fail":
        level = "warning" if card.status is Status.WARN else _LEVELS[finding.severity]
    place: dict[str, Any] = {"fullyQualifiedName": card.id, "kind": "object"}
    if card.subject:
        place["name"] = card.subject
    result: dict[str, Any] = {
        "ruleId": clean(finding.requirement),
        "ruleIndex": rule,
        "kind": kind,
        "level": level,
        "message": _message(_said(card)),
        "locations": [{"logicalLocations": [place]}],
        "partialFingerprints": {"findingId/v1": card.id},
        "properties": {
            "status": card.status.value,
            "severity": finding.severity.value,
            "necessity": finding.necessity.value,
            "scenarios": [clean(name) for name in finding.scenarios],
            "expected": card.expected,
            "observed": card.found,
            "remediation": list(card.remedy),
            **({"comment": card.comment, "commentBy": card.comment_by} if card.comment else {}),
            "evidence": [f"{e.source}: {e.where}: {e.answer}" for e in card.evidence],
        },
    }
    if card.waiver:
        accepted = finding.waiver is not None and finding.waiver.until >= today
        result["suppressions"] = [
            {
                "kind": "external",
                "status": "accepted" if accepted else "rejected",
                "justification": card.waiver,
            }
        ]
    return result


def _said(card: Card) -> str:
    """What a viewer shows in its list: the status in words, the object, what was found."""
    named = f"{card.subject}: " if card.subject else ""
    return "\n".join(
        (
            f"{card.word}: {card.title}. {named}{card.found}",
            tr("Expected: {expected}", expected=card.expected),
            *card.remedy,
        )
    )


def _invocation(results: Results, shown: View) -> dict[str, Any]:
    """The run itself; what a source refused is told as a notification of it."""
    return {
        "executionSuccessful": True,
        "startTimeUtc": _moment(results.started_at),
        "endTimeUtc": _moment(results.finished_at),
        "toolExecutionNotifications": [
            _notification(source) for source in results.sources if source.status != "ok"
        ],
        "properties": {"verdicts": {b.scenario: b.verdict.value for b in shown.banners}},
    }


def _notification(source: SourceOf) -> dict[str, Any]:
    return {
        "level": "error" if source.status == "failed" else "warning",
        "message": _message(f"{clean(source.source)} ({source.status}): {clean(source.detail)}"),
    }


def _message(text: str) -> dict[str, str]:
    return {"text": _text(text)}


def _text(text: str) -> str:
    """A text that a viewer shows as it is: no placeholder, and no link of a stranger's.

    Braces are doubled, as the format asks; the signs that make a link are set apart.
    """
    return text.replace("{", "{{").replace("}", "}}").replace("](", "] (") or "-"


def _moment(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
