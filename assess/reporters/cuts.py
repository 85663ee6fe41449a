"""What a report shows in full, in one line, or as a number; a cut names its number and place."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from assess.language import lookup, msg, trn
from assess.model import Necessity, Severity, Status
from assess.reporters.view import OPEN, Area, Card, View, order
from assess.reporters.words import counts_sentence, number, risen

PLACE = msg("report.xlsx, sheet Findings")


@dataclass(frozen=True)
class Limits:
    """How many cards, rows, subjects of one requirement and lines of evidence a report holds.

    ``letters``: of a place in a line of evidence, and of its answer; ``lines``: of a command.
    """

    cards: int
    rows: int
    subjects: int
    evidence: int
    letters: int = 1000
    lines: int = 1000


@dataclass(frozen=True)
class Part:
    """An area as a report shows it. ``cuts`` say what is not shown, and where it stands."""

    area: Area
    cards: tuple[Card, ...]
    rows: tuple[Card, ...]
    unassessed: tuple[Card, ...]
    unanswered: tuple[Card, ...]
    closed: tuple[Card, ...]
    cuts: tuple[str, ...]

    @property
    def shown(self) -> tuple[Card, ...]:
        """Every finding that the report shows of this area."""
        return (*self.cards, *self.rows, *self.unassessed, *self.unanswered, *self.closed)

    @property
    def opened(self) -> bool:
        """Something is left to do in this area."""
        return any(self.area.counts[status] for status in OPEN)


def parts(view: View, limits: Limits) -> tuple[Part, ...]:
    """Every area, cut to the limits: the worst findings of the whole report keep their cards.

    What fails and what nobody could see compete as equals: by necessity and severity first.
    """
    kept, beyond = _subjects(view.cards, limits.subjects)
    ranked = sorted(kept, key=lambda card: order(card.finding))
    weighed = sorted((card for card in ranked if card.status in OPEN), key=_weight)
    carded = [card for card in weighed if not card.brief][: limits.cards]
    in_full = {card.anchor for card in carded}
    lines = [card for card in ranked if card.anchor not in in_full][: limits.rows]
    shown = in_full | {card.anchor for card in lines}
    return tuple(_part(area, in_full, shown, beyond) for area in view.areas)


def _weight(card: Card) -> tuple[bool, bool, int]:
    """Fail and unknown before the rest, required before the rest, then by severity."""
    finding = card.finding
    loud = finding.status in (Status.FAIL, Status.UNKNOWN)
    required = finding.necessity is Necessity.REQUIRED
    return not loud, not required, list(Severity).index(finding.severity)


def _subjects(cards: Iterable[Card], most: int) -> tuple[list[Card], dict[str, list[Card]]]:
    """The worst subjects of each requirement, and the others by their requirement."""
    seen: Counter[str] = Counter()
    kept: list[Card] = []
    beyond: dict[str, list[Card]] = {}
    for card in cards:
        name = card.finding.requirement
        seen[name] += 1
        if seen[name] <= most:
            kept.append(card)
        else:
            beyond.setdefault(name, []).append(card)
    return kept, beyond


def _part(area: Area, in_full: set[str], shown: set[str], beyond: dict[str, list[Card]]) -> Part:
    lines = [card for card in area.cards if card.anchor in shown and card.anchor not in in_full]
    cuts = []
    mine = {card.finding.requirement: card.title for card in area.cards}
    cut = 0
    for name, title in mine.items():
        rest = beyond.get(name, [])
        cut += len(rest)
        if rest:
            cuts.append(
                trn(
                    len(rest),
                    "one more finding of “{title}” ({counts}): {place}",
                    "{count} more findings of “{title}” ({counts}): {place}",
                    count=number(len(rest)),
                    title=title,
                    counts=_said(rest),
                    place=lookup(PLACE),
                )
            )
    hidden = [card for card in area.cards if card.anchor not in shown]
    if len(hidden) > cut:
        left = {card.anchor for rest in beyond.values() for card in rest}
        others = [card for card in hidden if card.anchor not in left]
        cuts.append(
            trn(
                len(others),
                "one more finding of this area ({counts}): {place}",
                "{count} more findings of this area ({counts}): {place}",
                count=number(len(others)),
                counts=_said(others),
                place=lookup(PLACE),
            )
        )
    return Part(
        area=area,
        cards=tuple(card for card in area.cards if card.anchor in in_full),
        rows=tuple(card for card in lines if card.status in OPEN and not card.brief),
        unassessed=tuple(card for card in lines if card.unassessed),
        unanswered=tuple(card for card in lines if card.unanswered),
        closed=tuple(card for card in lines if card.status not in OPEN),
        cuts=tuple(map(risen, cuts)),
    )


def _said(cards: Iterable[Card]) -> str:
    counts = Counter(card.status for card in cards)
    return counts_sentence({status: counts[status] for status in Status})
