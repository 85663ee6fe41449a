"""report.ocsf.json: an OCSF Compliance Finding (class 2003) for each finding, in one JSON array.

The schema's own statuses are used only where they mean the same: pass, fail, and unknown for what
could not be assessed. What it has no word for (a warning, an open question, what does not apply)
is ``Other`` with our word beside it: its "Warning" means that no result was reached.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from assess.catalogue import Catalogue
from assess.model import Severity, Status
from assess.reporters.shapes import Card, View
from assess.reporters.view import order, view
from assess.results import Results, clean

VERSION = "1.5.0"
_CLASS, _CATEGORY, _CREATE = 2003, 2, 1
_NEW, _SUPPRESSED = (1, "New"), (3, "Suppressed")
STATUSES: Mapping[Status, tuple[int, str]] = {
    Status.FAIL: (3, "Fail"),
    Status.UNKNOWN: (0, "Unknown"),
    Status.WARN: (99, "warn"),
    Status.MANUAL: (99, "manual"),
    Status.PASS: (1, "Pass"),
    Status.NOT_APPLICABLE: (99, "not-applicable"),
}
_SEVERITIES: Mapping[Severity, tuple[int, str]] = {
    Severity.BLOCKER: (5, "Critical"),
    Severity.HIGH: (4, "High"),
    Severity.MEDIUM: (3, "Medium"),
    Severity.LOW: (2, "Low"),
    Severity.INFO: (1, "Informational"),
}


def to_ocsf(results: Results, catalogue: Catalogue) -> bytes:
    """Every finding as an event, worst first."""
    shown = view(results, catalogue)
    cards = sorted(shown.cards, key=lambda card: order(card.finding))
    events = [_event(card, results, shown) for card in cards]
    return json.dumps(events, ensure_ascii=False, indent=1).encode("utf-8", "replace") + b"\n"


def _event(card: Card, results: Results, shown: View) -> dict[str, Any]:
    finding = card.finding
    moment = _milliseconds(results.as_of)
    severity, severity_name = _SEVERITIES[finding.severity]
    accepted = finding.waiver is not None and finding.waiver.until >= results.as_of.date()
    state, state_name = _SUPPRESSED if accepted else _NEW
    product = {
        "name": clean(results.tool.name),
        "vendor_name": clean(results.tool.name),
        "version": clean(results.tool.version),
    }
    metadata: dict[str, Any] = {
        "version": VERSION,
        "product": product,
        "event_code": card.status.value,
    }
    if results.engagement.tenant:
        metadata["tenant_uid"] = shown.tenant
    event: dict[str, Any] = {
        "activity_id": _CREATE,
        "activity_name": "Create",
        "category_uid": _CATEGORY,
        "category_name": "Findings",
        "class_uid": _CLASS,
        "class_name": "Compliance Finding",
        "type_uid": _CLASS * 100 + _CREATE,
        "type_name": "Compliance Finding: Create",
        "time": moment,
        "severity_id": severity,
        "severity": severity_name,
        "status_id": state,
        "status": state_name,
        "status_code": card.status.value,
        "message": f"{card.word}: {card.title}",
        "metadata": metadata,
        "finding_info": {
            "uid": card.id,
            "title": card.title,
            "desc": card.consequence or card.title,
            "created_time": moment,
            "types": [card.area],
            "data_sources": list(dict.fromkeys(line.source for line in card.evidence)),
        },
        "compliance": _compliance(card),
        "resources": [_resource(card, shown)],
    }
    if card.remedy:
        event["remediation"] = {
            "desc": "\n".join(card.remedy),
            "references": [tag.url for tag in card.references if tag.url],
        }
    if card.evidence:
        event["evidences"] = [
            {"name": e.where, "data": {"source": e.source, "answer": e.answer}}
            for e in card.evidence
        ]
    said = f"{card.comment_by}: {card.comment}" if card.comment else ""
    if card.waiver or said:
        event["comment"] = "\n".join(filter(None, (card.waiver, said)))
    return event


def _compliance(card: Card) -> dict[str, Any]:
    number, name = STATUSES[card.status]
    finding = card.finding
    return {
        "control": clean(finding.requirement),
        "desc": card.expected,
        "category": card.area,
        "standards": list(dict.fromkeys(clean(r.document) for r in finding.references)),
        "requirements": [tag.text for tag in card.references],
        "status_id": number,
        "status": name,
        "status_code": card.status.value,
        "status_details": [card.found],
        "control_parameters": [
            {"name": "necessity", "value": finding.necessity.value},
            {"name": "scenarios", "values": [clean(name) for name in finding.scenarios]},
        ],
    }


def _resource(card: Card, shown: View) -> dict[str, Any]:
    """The customer's object; the customer where the finding is about no single one."""
    return {"name": card.subject or shown.customer, "type": clean(card.finding.area)}


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
