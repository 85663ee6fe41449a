"""The findings of a large report as data: report.html makes a row of one when it is looked at.

Each text stands once, in a table; a finding is a list of places in it. The script writes them as
text, never as markup; no ``<`` stands in the data, so that nothing in it can end its element.
"""

import json
from collections.abc import Mapping

from markupsafe import Markup

from assess.language import trn
from assess.model import Status
from assess.reporters.shapes import Card, View
from assess.reporters.tokens import SHORT
from assess.reporters.words import STATUS_WORDS


class _Texts:
    """Each text once, and its place."""

    def __init__(self) -> None:
        self.places: dict[str, int] = {}

    def __call__(self, text: str) -> int:
        return self.places.setdefault(text, len(self.places))


def data_of(
    shown: View, documents: Mapping[str, int], aged: Mapping[str, str], evidence: int
) -> Markup:
    """All findings in the order of the report. ``documents``: their numbers in the filter."""
    texts, references = _Texts(), _References()
    items = [
        _item(card, place, texts, references, documents, aged, evidence)
        for place, area in enumerate(shown.areas)
        for card in area.cards
    ]
    data = {
        "statuses": {s.value: [STATUS_WORDS[s], SHORT[s]] for s in Status},
        "areas": [[area.name, area.anchor] for area in shown.areas],
        "references": list(references.places),
        "items": items,
        "texts": list(texts.places),
    }
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return Markup(  # noqa: S704 - a JSON text without any sign of markup
        text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    )


class _References:
    """Each reference once, as text and address, and its place."""

    def __init__(self) -> None:
        self.places: dict[tuple[str, str], int] = {}

    def __call__(self, text: str, url: str) -> int:
        return self.places.setdefault((text, url), len(self.places))


def _item(
    card: Card,
    area: int,
    texts: _Texts,
    references: _References,
    documents: Mapping[str, int],
    aged: Mapping[str, str],
    evidence: int,
) -> list[object]:
    """One finding; report.js reads the same order."""
    finding = card.finding
    return [
        card.anchor, texts(card.id), texts(card.title), texts(card.subject),
        card.status.value, finding.severity.value, texts(card.weight), area,
        list(finding.scenarios),
        sorted({documents[r.document] for r in finding.references if r.document in documents}),
        texts(card.read), texts(card.consequence), texts(card.found), texts(card.expected),
        texts(card.comment), texts(card.comment_by), texts(card.waiver),
        texts(aged.get(card.id, "")), texts(card.remedy_label), [texts(s) for s in card.remedy],
        texts(card.evidence_day),
        [[texts(e.source), texts(e.where), texts(e.answer), texts(e.read_at)]
         for e in card.evidence[:evidence]],
        texts(_left(len(card.evidence) - evidence)), texts(card.long_list),
        [texts(hint.title) for hint in card.hints],
        [references(tag.text, tag.url) for tag in card.references],
        [[texts(offer.label), texts(offer.text)] for offer in card.offers],
        [texts(text) for text in (*card.flaws, card.era) if text],
    ]  # fmt: skip


def _left(lines: int) -> str:
    """What stands for the lines of evidence beyond those that are shown."""
    if lines <= 0:
        return ""
    return trn(
        lines,
        "{n:,} more line of evidence: results.json",
        "{n:,} more lines of evidence: results.json",
    )
