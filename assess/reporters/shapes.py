"""The shapes of what reports show: findings, areas, verdicts and documents, worded and counted."""

from collections.abc import Container, Mapping
from dataclasses import dataclass

from assess.language import figure, lookup, msg
from assess.model import Severity, Status, Verdict
from assess.reporters.origins import Flaw
from assess.reporters.planning import Choice, Plan
from assess.reporters.words import STATUS_WORDS, counts_sentence, span
from assess.results import Finding

OPEN = (Status.FAIL, Status.UNKNOWN, Status.WARN, Status.MANUAL)
_STATUSES = tuple(Status)
_ABOVE = msg("as found, above")

Counts = Mapping[Status, int]


def _cut(text: str, letters: int) -> str:
    return text if len(text) <= letters else f"{text[: letters - 1]}…"


@dataclass(frozen=True)
class Line:
    """One line of evidence. ``read_at`` is a time of the card's day, or day and time, or empty."""

    source: str
    where: str
    answer: str
    read_at: str


@dataclass(frozen=True)
class Tag:
    """``document › section › step``; ``url`` is http or https, or empty."""

    text: str
    url: str


@dataclass(frozen=True)
class Hint:
    """A requirement that comes first. ``anchor`` is empty when the report has no finding of it."""

    requirement: str
    title: str
    anchor: str


@dataclass(frozen=True)
class Offer:
    """A command that would mend a finding. ``twin``: a worse finding with the same one."""

    label: str
    text: str
    twin: Hint | None = None

    @property
    def lines(self) -> tuple[str, ...]:
        """Its lines."""
        return tuple(self.text.splitlines())


@dataclass(frozen=True)
class Card:
    """One finding, worded. ``anchor`` is the same from run to run."""

    finding: Finding
    anchor: str
    id: str
    title: str
    subject: str
    status: Status
    word: str
    severity: str
    necessity: str
    area: str
    scenarios: tuple[str, ...]
    consequence: str
    found: str
    expected: str
    evidence: tuple[Line, ...]
    evidence_day: str
    remedy_label: str
    remedy: tuple[str, ...]
    references: tuple[Tag, ...]
    waiver: str
    hints: tuple[Hint, ...]
    long_list: str
    stops: bool
    unassessed: bool
    unanswered: bool
    comment: str = ""
    comment_by: str = ""
    offers: tuple[Offer, ...] = ()
    flaws: tuple[str, ...] = ()
    era: str = ""

    @property
    def weight(self) -> str:
        """``Blocker · required``."""
        return f"{self.severity} · {self.necessity}"

    @property
    def brief(self) -> bool:
        """Nothing was read for it and one line says it all: a row of a table, no card."""
        return self.unassessed or self.unanswered

    @property
    def letters(self) -> int:
        """How much there is to read in it."""
        texts = [self.title, self.consequence, self.found, self.expected, self.waiver, *self.remedy]
        texts.append(self.comment)
        texts += [text for line in self.evidence for text in (line.where, line.answer)]
        return sum(map(len, texts)) + sum(len(tag.text) for tag in self.references)

    @property
    def evidence_read(self) -> str:
        """From when to when its evidence was read."""
        moments = [line.read_at for line in self.finding.evidence if line.read_at is not None]
        return span(min(moments), max(moments)) if moments else ""

    def seen(self, letters: int) -> tuple[str, ...]:
        """Its evidence, a text a line; an answer that ``found`` gives in full is not told twice.

        ``letters``: of a place, and of an answer.
        """
        lines, above = [], lookup(_ABOVE)
        for line in self.evidence:
            told = len(line.answer) > len(above) and line.answer in self.found
            answer = above if told else _cut(line.answer, letters)
            lines.append(f"{line.source} · {_cut(line.where, letters)} → {answer}")
        return tuple(lines)

    @property
    def read(self) -> str:
        """Where a finding in one line comes from: its sources and when the last was read."""
        sources = ", ".join(dict.fromkeys(line.source for line in self.evidence))
        moments = [line.read_at for line in self.finding.evidence if line.read_at is not None]
        return f"{sources}, {max(moments):%H:%M:%S}" if moments else sources


@dataclass(frozen=True)
class Mark:
    """One requirement in the status field: its worst subject decides."""

    requirement: str
    title: str
    status: Status
    anchor: str


@dataclass(frozen=True)
class Area:
    """All findings of one area, worst first."""

    name: str
    title: str
    anchor: str
    counts: Counts
    cards: tuple[Card, ...]
    marks: tuple[Mark, ...]

    @property
    def opened(self) -> tuple[Card, ...]:
        """What somebody must do."""
        return tuple(card for card in self.cards if card.status in OPEN)

    @property
    def closed(self) -> tuple[Card, ...]:
        """What is in order or does not apply."""
        return tuple(card for card in self.cards if card.status not in OPEN)

    @property
    def loud(self) -> bool:
        """Something fails or is unknown."""
        return bool(self.counts[Status.FAIL] or self.counts[Status.UNKNOWN])


@dataclass(frozen=True)
class Banner:
    """The verdict of one scenario. ``status`` gives it mark and colour."""

    scenario: str
    title: str
    verdict: Verdict
    word: str
    status: Status
    counts: Counts
    in_words: str
    why: str
    score: str
    score_short: str
    points: int | None = None


@dataclass(frozen=True)
class Stop:
    """A requirement that keeps the customer from starting: its consequence, and where it stands."""

    text: str
    what: str
    number: int
    area: str
    card: Card


@dataclass(frozen=True)
class Cause:
    """One reason why findings are unknown or unanswered, and the price of knowing."""

    label: str
    text: str
    price: str
    status: Status
    cards: tuple[Card, ...]
    places: tuple[tuple[str, int], ...]

    def beyond(self, anchors: Container[str]) -> int:
        """How many of them are not among the shown ones."""
        return sum(card.anchor not in anchors for card in self.cards)

    @property
    def carded(self) -> tuple[Card, ...]:
        """Those that have a card of their own."""
        return tuple(card for card in self.cards if not card.brief)

    @property
    def in_line(self) -> tuple[Card, ...]:
        """Those that are rows of a table."""
        return tuple(card for card in self.cards if card.brief)

    @property
    def where(self) -> str:
        """``Licences and subscriptions (2), DNS (1)``."""
        return ", ".join(f"{title} ({figure(count)})" for title, count in self.places)


@dataclass(frozen=True)
class Step:
    """A step of a document, a requirement that it makes, and how that stands."""

    step: str
    requirement: str
    title: str
    status: Status
    word: str
    findings: int
    anchor: str
    brief: bool
    era: str = ""

    @property
    def linked(self) -> bool:
        """It fails or nobody knows: a reader goes on to the finding."""
        return self.status in (Status.FAIL, Status.UNKNOWN) and not self.brief

    @property
    def text(self) -> str:
        """The step and its requirement, with the number of findings where there are several."""
        several = f" ({figure(self.findings)})" if self.findings > 1 else ""
        return f"{self.step}: {self.requirement}{several}"


@dataclass(frozen=True)
class Section:
    """A section of a document."""

    title: str
    steps: tuple[Step, ...]

    @property
    def groups(self) -> tuple[tuple[Status, str, tuple[Step, ...]], ...]:
        """The steps by their status, worst first, each with its word."""
        groups: dict[Status, list[Step]] = {}
        for step in self.steps:
            groups.setdefault(step.status, []).append(step)
        return tuple(
            (status, STATUS_WORDS[status], tuple(groups[status]))
            for status in _STATUSES
            if status in groups
        )


@dataclass(frozen=True)
class Paper:
    """A document, and everything in it that was asked for. ``number`` counts requirements."""

    id: str
    title: str
    era: str
    status: str
    counts: Counts
    sections: tuple[Section, ...]
    flaws: tuple[Flaw, ...] = ()

    @property
    def eras(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """What has moved or is retired, each said once, with its requirements."""
        said: dict[str, dict[str, None]] = {}
        for section in self.sections:
            for step in section.steps:
                if step.era:
                    said.setdefault(step.era, {})[step.requirement] = None
        return tuple((text, tuple(names)) for text, names in said.items())


@dataclass(frozen=True)
class Asked:
    """How a source behaved."""

    source: str
    status: Status
    word: str
    detail: str
    requests: str
    seconds: str


@dataclass(frozen=True)
class LongList:
    """A table of rows that no report holds."""

    name: str
    finding: str
    anchor: str
    rows: str


@dataclass(frozen=True)
class View:
    """Everything that reports show."""

    customer: str
    subtitle: str
    assessed: str
    assessed_day: str
    tool: str
    tenant: str
    site: str
    headline: str
    lede: str
    banners: tuple[Banner, ...]
    stops: tuple[Stop, ...]
    causes: tuple[Cause, ...]
    areas: tuple[Area, ...]
    counts: Counts
    severities: Mapping[Severity, int]
    scenarios: tuple[tuple[str, str, int], ...]
    papers: tuple[Paper, ...]
    sources: tuple[Asked, ...]
    tables: tuple[LongList, ...]
    not_written: tuple[tuple[str, str], ...]
    plan: Plan
    choice: Choice | None
    privacy: str = ""
    letter: str = ""

    @property
    def total(self) -> int:
        """How many findings there are."""
        return sum(self.counts.values())

    @property
    def in_words(self) -> str:
        """The counts of all findings as words."""
        return counts_sentence(self.counts)

    @property
    def cards(self) -> tuple[Card, ...]:
        """All findings in the order of the report."""
        return tuple(card for area in self.areas for card in area.cards)
