"""The one view of the results: every sentence, count, order and grouping that reports show.

HTML, PDF and Excel lay this out and decide nothing. Counts are made here, once, over the whole
set; what a report leaves out for want of room is a ``Cut``, which names its number and its place.
Every text is cleaned again: results.json may come from anybody.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import urlsplit

from assess.catalogue import Catalogue
from assess.language import figure, lookup, msg, tr, trn
from assess.model import Necessity, Severity, Status, Verdict
from assess.reporters.origins import Flaw, era, flaws, hints
from assess.reporters.planning import choice_of, plan_of
from assess.reporters.shapes import (
    OPEN,
    Area,
    Asked,
    Banner,
    Card,
    Cause,
    Counts,
    Hint,
    Line,
    LongList,
    Mark,
    Offer,
    Paper,
    Section,
    Step,
    Stop,
    Tag,
    View,
)
from assess.reporters.words import (
    COMMAND_WORDS,
    NECESSITY_WORDS,
    PRIVACY,
    SEVERITY_WORDS,
    SOURCE_STATUS,
    SOURCE_WORDS,
    STATUS_WORDS,
    VERDICT_STATUS,
    VERDICT_WORDS,
    counted,
    counts_sentence,
    day,
    ended,
    listed,
    minute,
    number,
    risen,
    sentence,
    short_day,
)
from assess.results import (
    LONGEST_LETTER,
    EvidenceLine,
    Finding,
    Reference,
    Results,
    SourceOf,
    VerdictOf,
    WaiverOf,
    clean,
    reason_of,
)

__all__ = ["OPEN", "Area", "Card", "Counts", "View", "order", "view"]

_STATUSES = tuple(Status)
_SEVERITIES = tuple(Severity)
_LONGEST_VALUE = 200
_PROPERTIES = re.compile(r"(\$select=)[^&\s]{20,}")
_MOST_PLACES = 2


def view(results: Results, catalogue: Catalogue) -> View:
    """The results as reports show them; areas in the order of the catalogue."""
    found = flaws(results, catalogue)
    cards = _cards(results, catalogue, hints(found))
    areas = _areas(cards, catalogue)
    ordered = [card for area in areas for card in area.cards]
    banners = tuple(_banner(verdict, ordered, catalogue) for verdict in results.verdicts)
    stops = _stops(ordered, catalogue)
    customer = clean(results.engagement.customer) or clean(results.engagement.name)
    counts = _counts(card.status for card in ordered)
    return View(
        customer=customer,
        subtitle=sentence(listed([banner.title for banner in banners])).removesuffix("."),
        assessed=minute(results.as_of),
        assessed_day=day(results.as_of),
        tool=f"{clean(results.tool.name)} {clean(results.tool.version)}",
        tenant=clean(results.engagement.tenant or lookup(_NOT_NAMED)),
        site=clean(results.engagement.site or lookup(_NOT_NAMED)),
        headline=_headline(customer, [banner.verdict for banner in banners]),
        lede=_lede(counts, stops),
        banners=banners,
        stops=stops,
        causes=_causes(ordered),
        areas=areas,
        counts=counts,
        severities={s: sum(c.finding.severity is s for c in ordered) for s in _SEVERITIES},
        scenarios=tuple(
            (b.scenario, b.title, sum(b.scenario in c.finding.scenarios for c in ordered))
            for b in banners
        ),
        papers=_papers(areas, catalogue, found),
        sources=tuple(_asked(source) for source in results.sources),
        tables=_tables(results, ordered),
        not_written=tuple((clean(n.format), clean(n.reason)) for n in results.not_written),
        plan=plan_of(results, catalogue, {card.finding.id: card.anchor for card in ordered}),
        choice=choice_of(results),
        privacy=PRIVACY[results.privacy],
        letter=clean(results.letter, LONGEST_LETTER).strip(),
    )


_NOT_NAMED = msg("not named")


def order(finding: Finding) -> tuple[int, int, str]:
    """Worst status first, within it worst severity, then by id."""
    return _STATUSES.index(finding.status), _SEVERITIES.index(finding.severity), finding.id


def _counts(statuses: Iterable[Status]) -> Counts:
    counts = dict.fromkeys(_STATUSES, 0)
    for status in statuses:
        counts[status] += 1
    return counts


def _anchors(findings: Sequence[Finding]) -> list[str]:
    """One anchor a finding, made of its id; two of the same id (from a stranger's file) differ."""
    seen: dict[str, int] = {}
    anchors = []
    for finding in findings:
        digest = hashlib.sha256(finding.id.encode("utf-8", "replace")).hexdigest()[:10]
        seen[digest] = seen.get(digest, 0) + 1
        anchors.append(f"f-{digest}" if seen[digest] == 1 else f"f-{digest}-{seen[digest]}")
    return anchors


def _cards(
    results: Results, catalogue: Catalogue, flawed: Mapping[str, tuple[str, ...]]
) -> list[Card]:
    pairs = sorted(
        zip(_anchors(results.findings), results.findings, strict=True),
        key=lambda pair: order(pair[1]),
    )
    first: dict[str, Hint] = {}
    for anchor, finding in pairs:
        hint = Hint(clean(finding.requirement), clean(finding.title), anchor)
        first.setdefault(finding.requirement, hint)
    lists = {table.finding: table for table in results.tables}
    today = results.as_of.date()
    offered: dict[str, Hint] = {}
    cards = []
    for anchor, finding in pairs:
        table = lists.get(finding.id)
        evidence, evidence_day = _lines(finding.evidence)
        needs = finding.status not in (Status.PASS, Status.NOT_APPLICABLE)
        knows = finding.status in (Status.UNKNOWN, Status.MANUAL)
        cards.append(
            Card(
                finding=finding,
                anchor=anchor,
                id=clean(finding.id),
                title=clean(finding.title),
                subject=clean(finding.subject or ""),
                status=finding.status,
                word=STATUS_WORDS[finding.status],
                severity=SEVERITY_WORDS[finding.severity],
                necessity=NECESSITY_WORDS[finding.necessity],
                area=_area_title(finding.area, catalogue),
                scenarios=tuple(_scenario(name, catalogue) for name in finding.scenarios),
                consequence=_consequence(finding, catalogue),
                found=clean(finding.observed),
                expected=clean(finding.expected),
                evidence=evidence,
                evidence_day=evidence_day,
                remedy_label=lookup(_TO_KNOW if knows else _TO_MEND) if needs else "",
                remedy=tuple(clean(step) for step in finding.remediation) if needs else (),
                references=tuple(_tag(reference) for reference in finding.references),
                waiver="" if finding.waiver is None else _waiver(finding.waiver, today.isoformat()),
                hints=tuple(
                    first.get(name, Hint(clean(name), clean(name), ""))
                    for name in finding.blocked_by
                ),
                long_list=(
                    trn(
                        table.rows,
                        "{n:,} row: report.xlsx, and tables/{name}.ndjson in evidence.zip",
                        "{n:,} rows: report.xlsx, and tables/{name}.ndjson in evidence.zip",
                        name=clean(table.name),
                    )
                    if table is not None
                    else ""
                ),
                stops=(
                    finding.status is Status.FAIL
                    and finding.necessity is Necessity.REQUIRED
                    and finding.waiver is None
                ),
                unassessed=finding.unasked == "no-check" and finding.status is Status.UNKNOWN,
                unanswered=finding.status is Status.MANUAL and not finding.evidence,
                comment="" if finding.comment is None else clean(finding.comment.text),
                comment_by="" if finding.comment is None else clean(finding.comment.by),
                offers=_offers(finding, anchor, offered) if needs else (),
                flaws=flawed.get(clean(finding.requirement), ()),
                era=era(catalogue.requirements.get(finding.requirement)),
            )
        )
    return cards


_TO_KNOW, _TO_MEND = msg("To know it"), msg("To mend it")


def _offers(finding: Finding, anchor: str, offered: dict[str, Hint]) -> tuple[Offer, ...]:
    """The commands as proposals; ``offered``: those of worse findings, by their text."""
    offers = []
    for command in finding.commands:
        text = clean(command.text)
        kind = COMMAND_WORDS.get(command.kind, clean(command.kind))
        offers.append(Offer(tr("Proposal, not run: {kind}", kind=kind), text, offered.get(text)))
        offered.setdefault(text, Hint(clean(finding.id), clean(finding.title), anchor))
    return tuple(offers)


def _consequence(finding: Finding, catalogue: Catalogue) -> str:
    """The finding's sentence; a statement of what ought to be says that it is one."""
    text = ended(clean(finding.summary))
    if text and _is_statement(finding, catalogue):
        return tr("Asked for: {statement}", statement=text)
    return text


def _is_statement(finding: Finding, catalogue: Catalogue) -> bool:
    requirement = catalogue.requirements.get(finding.requirement)
    return requirement is not None and finding.summary == clean(requirement.statement)


def _waiver(waiver: WaiverOf, today: str) -> str:
    by, until, reason = clean(waiver.by), short_day(waiver.until), ended(clean(waiver.reason))
    if waiver.until.isoformat() < today:
        return tr(
            "Acceptance expired: {by} accepted the risk until {until}: {reason}",
            by=by,
            until=until,
            reason=reason,
        )
    return tr(
        "Risk accepted by {by} until {until}: {reason} The status stays as it is.",
        by=by,
        until=until,
        reason=reason,
    )


def _lines(evidence: Sequence[EvidenceLine]) -> tuple[tuple[Line, ...], str]:
    """The lines, and the day that they are all of, if they are."""
    days = {line.read_at.date() for line in evidence if line.read_at is not None}
    one = len(days) == 1
    shown = []
    for line in evidence:
        moment = "" if line.read_at is None else f"{line.read_at:%H:%M:%S}"
        if line.read_at is not None and not one:
            moment = f"{short_day(line.read_at)}, {moment}"
        where, answer = _cut(_brief(clean(line.location))), _cut(clean(line.value))
        shown.append(Line(clean(line.source), where, answer, moment))
    return tuple(shown), short_day(days.pop()) if one else ""


def _brief(location: str) -> str:
    """A place without the list of properties that were asked for; the workbook has it whole."""
    return _PROPERTIES.sub(r"\1…", location)


def _cut(text: str) -> str:
    """A value as a table holds it; the whole stands in the workbook."""
    if len(text) <= _LONGEST_VALUE:
        return text
    return tr("{text}…, see report.xlsx", text=text[:_LONGEST_VALUE])


def _tag(reference: Reference) -> Tag:
    parts = (reference.document, reference.section, reference.step)
    text = " › ".join(clean(part) for part in parts if part)
    return Tag(text, _web(reference.url or ""))


def _web(url: str) -> str:
    """The address if a reader may follow it: http or https with a host; else nothing."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return clean(url) if parts.scheme in ("http", "https") and parts.hostname else ""


def _area_title(name: str, catalogue: Catalogue) -> str:
    return clean(catalogue.areas.get(name, name.capitalize()))


def _scenario(name: str, catalogue: Catalogue) -> str:
    return clean(catalogue.scenarios.get(name, name))


def _areas(cards: Iterable[Card], catalogue: Catalogue) -> tuple[Area, ...]:
    groups: dict[str, list[Card]] = {name: [] for name in catalogue.areas}
    for card in cards:
        groups.setdefault(card.finding.area, []).append(card)
    areas = []
    for place, (name, mine) in enumerate(groups.items(), start=1):
        if not mine:
            continue
        marks: dict[str, Mark] = {}
        for card in mine:
            mark = Mark(clean(card.finding.requirement), card.title, card.status, card.anchor)
            marks.setdefault(card.finding.requirement, mark)
        areas.append(
            Area(
                name=clean(name),
                title=_area_title(name, catalogue),
                anchor=f"area-{place}",
                counts=_counts(card.status for card in mine),
                cards=tuple(mine),
                marks=tuple(marks.values()),
            )
        )
    return tuple(areas)


def _headline(customer: str, verdicts: Sequence[Verdict]) -> str:
    """The verdicts as one sentence, the worst first."""
    stopped = sum(verdict is Verdict.NOT_READY for verdict in verdicts)
    if stopped == len(verdicts) and stopped:
        return tr("{customer} cannot start yet", customer=customer)
    if stopped:
        return trn(
            stopped,
            "{customer} cannot start one of {all} scenarios yet",
            "{customer} cannot start {some} of {all} scenarios yet",
            customer=customer,
            some=number(stopped),
            all=number(len(verdicts)),
        )
    if Verdict.UNDETERMINED in verdicts or not verdicts:
        return tr("Nobody can say yet whether {customer} can start", customer=customer)
    if Verdict.READY_WITH_WARNINGS in verdicts:
        return tr("{customer} can start, with warnings", customer=customer)
    return tr("{customer} can start", customer=customer)


def _lede(counts: Counts, stops: Sequence[Stop]) -> str:
    """What must be mended, what nobody knows, what only a person can say."""
    stopping = sum(stop.number for stop in stops)
    parts = []
    if stopping:
        parts.append(
            trn(
                stopping,
                "one required finding must be mended",
                "{count} required findings must be mended",
                count=number(stopping),
            )
        )
    parts += _unseen(counts[Status.UNKNOWN], counts[Status.MANUAL])
    if not parts:
        rest = counts[Status.FAIL] + counts[Status.WARN]
        if not rest:
            return ""
        return trn(
            rest,
            "Nothing is left open but one warning.",
            "Nothing is left open but {count} warnings.",
            count=number(rest),
        )
    return sentence(listed(parts))


def _unseen(unknown: int, unanswered: int) -> list[str]:
    """Parts of a sentence: what could not be assessed, and what only a person can say."""
    parts = []
    if unknown:
        parts.append(
            trn(
                unknown,
                "one could not be assessed",
                "{count} could not be assessed",
                count=number(unknown),
            )
        )
    if unanswered:
        parts.append(
            trn(
                unanswered,
                "one waits for a person's answer",
                "{count} wait for a person's answer",
                count=number(unanswered),
            )
        )
    return parts


def _banner(verdict: VerdictOf, cards: Iterable[Card], catalogue: Catalogue) -> Banner:
    mine = [card for card in cards if verdict.scenario in card.finding.scenarios]
    counts = _counts(card.status for card in mine)
    score = short = tr("No score: nothing counts.")
    if verdict.score is not None:
        short = tr("Score {score} of 100.", score=verdict.score)
        score = tr("Score {score} of 100: the way done, never a release.", score=verdict.score)
    return Banner(
        scenario=clean(verdict.scenario),
        title=_scenario(verdict.scenario, catalogue),
        verdict=verdict.verdict,
        word=VERDICT_WORDS[verdict.verdict],
        status=VERDICT_STATUS[verdict.verdict],
        counts=counts,
        in_words=counts_sentence(counts),
        why=_why(verdict, mine),
        score=score,
        score_short=short,
        points=verdict.score,
    )


def _why(verdict: VerdictOf, mine: Sequence[Card]) -> str:
    """The sentence that says why the verdict is what it is."""
    binding = [
        card.status
        for card in mine
        if card.finding.necessity is Necessity.REQUIRED and card.finding.waiver is None
    ]
    match verdict.verdict:
        case Verdict.NOT_READY:
            fails = binding.count(Status.FAIL)
            said = trn(
                fails,
                "one required finding fails; it alone stops the start",
                "{count} required findings fail; each alone stops the start",
                count=number(fails),
            )
            return sentence(said)
        case Verdict.UNDETERMINED:
            parts = _unseen(binding.count(Status.UNKNOWN), binding.count(Status.MANUAL))
            if not parts:
                return tr("Nothing was measured. Treat it as not ready.")
            return tr(
                "Of the required findings none fails, but {others}. Treat it as not ready until "
                "they are known.",
                others=listed(parts),
            )
        case Verdict.READY_WITH_WARNINGS:
            left = sum(card.status in OPEN for card in mine)
            return trn(
                left,
                "Nothing required stands in the way; one finding is left to look at.",
                "Nothing required stands in the way; {count} findings are left to look at.",
                count=number(left),
            )
        case Verdict.READY:
            return tr("Everything that is asked for is in order.")


def _stops(cards: Iterable[Card], catalogue: Catalogue) -> tuple[Stop, ...]:
    """What stops the start, one entry a requirement, worst severity first."""
    groups: dict[str, list[Card]] = {}
    for card in cards:
        if card.stops:
            groups.setdefault(card.finding.requirement, []).append(card)
    worst = sorted(groups.values(), key=lambda group: _SEVERITIES.index(group[0].finding.severity))
    return tuple(
        Stop(
            text=_stopping(group[0], catalogue),
            what=_subjects(group),
            number=len(group),
            area=group[0].area,
            card=group[0],
        )
        for group in worst
    )


def _stopping(card: Card, catalogue: Catalogue) -> str:
    """The consequence; where nobody has said one, what is not so and what was found instead."""
    if card.consequence and not _is_statement(card.finding, catalogue):
        return card.consequence
    return ended(tr("Not met: {title}: {found}", title=card.title, found=_cut(card.found)))


def _subjects(group: Sequence[Card]) -> str:
    """``contoso.de and 3 more``; nothing where there is only one subject and it has no name."""
    named = [_short(card.subject) for card in group if card.subject]
    if not named:
        return ""
    more = len(group) - 1
    if not more:
        return named[0]
    return trn(more, "{first} and {n:,} more", "{first} and {n:,} more", first=named[0])


def _short(text: str) -> str:
    return text if len(text) <= 48 else f"{text[:47]}…"  # noqa: PLR2004 - a line of the summary


def _causes(cards: Iterable[Card]) -> tuple[Cause, ...]:
    """Unknown findings by their reason, then the unanswered questions; the heaviest first."""
    groups: dict[tuple[Status, str], list[Card]] = {}
    for card in cards:
        if card.status is Status.UNKNOWN:
            reason = lookup(reason_of(card.found))
            if card.subject:
                reason = reason.replace(card.subject, "…")
            groups.setdefault((card.status, reason), []).append(card)
        elif card.status is Status.MANUAL:
            groups.setdefault((card.status, ""), []).append(card)
    causes = [_cause(status, reason, group) for (status, reason), group in groups.items()]
    return tuple(sorted(causes, key=_weight))


def _weight(cause: Cause) -> tuple[int, bool, bool, int, int]:
    """Unknown before unanswered; what can be known now before what no check measures."""
    required = any(card.finding.necessity is Necessity.REQUIRED for card in cause.cards)
    severity = min(_SEVERITIES.index(card.finding.severity) for card in cause.cards)
    unassessed = cause.cards[0].unassessed
    return _STATUSES.index(cause.status), unassessed, not required, severity, -len(cause.cards)


def _cause(status: Status, reason: str, group: Sequence[Card]) -> Cause:
    counts: dict[str, int] = {}
    for card in group:
        counts[card.area] = counts.get(card.area, 0) + 1
    places = tuple(counts.items())
    where = listed(list(counts))
    if len(counts) > _MOST_PLACES:
        where = risen(counted(len(counts), "area", "areas"))
    if status is Status.MANUAL:
        label, text = tr("Questions"), tr("Only a person can answer them.")
        price = tr("Each is asked in its own finding, with the line to fill in.")
    elif group[0].unassessed:
        label, text = tr("No check yet"), sentence(reason)
        price = tr("Confirm by hand what each of them asks for.")
    else:
        label, text = where, ended(reason)
        price = ended(group[0].remedy[0]) if group[0].remedy else ""
    return Cause(label, text, price, status, tuple(group), places)


def _papers(
    areas: Sequence[Area], catalogue: Catalogue, flawed: Sequence[Flaw]
) -> tuple[Paper, ...]:
    """The way from the documents to the findings, in the catalogue's order of documents."""
    groups: dict[str, list[Card]] = {}
    for area in areas:
        for card in area.cards:
            groups.setdefault(card.finding.requirement, []).append(card)
    found: dict[str, dict[str, list[Step]]] = {name: {} for name in catalogue.documents}
    asked: dict[str, dict[str, Status]] = {}
    for requirement, cards in groups.items():
        first = cards[0]
        for reference in first.finding.references:
            step = Step(
                clean(reference.step),
                clean(requirement),
                first.title,
                first.status,
                first.word,
                len(cards),
                first.anchor,
                first.brief,
                first.era,
            )
            sections = found.setdefault(reference.document, {})
            sections.setdefault(clean(reference.section), []).append(step)
            asked.setdefault(reference.document, {})[requirement] = first.status
    papers = []
    for name, sections in found.items():
        if not sections:
            continue
        document = catalogue.documents.get(name)
        papers.append(
            Paper(
                id=clean(name),
                title=clean(document.title if document else name),
                era=clean(document.date if document else ""),
                status=clean(document.status if document else ""),
                counts=_counts(asked[name].values()),
                sections=tuple(Section(title, tuple(steps)) for title, steps in sections.items()),
                flaws=tuple(flaw for flaw in flawed if flaw.document == clean(name)),
            )
        )
    return tuple(papers)


def _asked(source: SourceOf) -> Asked:
    return Asked(
        source=clean(source.source),
        status=SOURCE_STATUS[source.status],
        word=risen(SOURCE_WORDS[source.status]),
        detail=ended(clean(source.detail)),
        requests=figure(source.requests),
        seconds=figure(source.seconds, ",.1f"),
    )


def _tables(results: Results, cards: Iterable[Card]) -> tuple[LongList, ...]:
    anchors = {card.finding.id: card.anchor for card in cards}
    return tuple(
        LongList(
            clean(table.name),
            clean(table.finding),
            anchors.get(table.finding, ""),
            figure(table.rows),
        )
        for table in results.tables
    )
