"""The overview of a fleet as HTML: one page that needs nothing else and may load nothing else.

It has no script. Its links lead to the reports in the folders beside its own; their names are those
of runs, and so hold nothing that an address would take for something else.
"""

from urllib.parse import quote

from assess.fleet.shapes import Member, Overview
from assess.history.shapes import Kind
from assess.language import spoken, tr, trn
from assess.model import Status, Verdict
from assess.reporters import charts
from assess.reporters.html import policy_of, style
from assess.reporters.templating import environment
from assess.reporters.tokens import SHORT, VARIABLES
from assess.reporters.words import (
    KIND_IN_TEXT,
    KIND_WORDS,
    SEVERITY_WORDS,
    STATUS_IN_TEXT,
    STATUS_WORDS,
    VERDICT_IN_TEXT,
    VERDICT_STATUS,
    VERDICT_WORDS,
    listed,
    minute,
    number,
    short_day,
)

LINKS = (("report.html", "HTML"), ("report.pdf", "PDF"), ("report.xlsx", "Excel"))


def render(found: Overview, up: str = "..") -> bytes:
    """The page. ``up``: from its folder to the one with the folders of the runs."""
    css = style()
    text = (
        environment()
        .get_template("fleet.html.j2")
        .render(
            lang=spoken().code,
            found=found,
            assessed=minute(found.as_of),
            headline=headline(found),
            counts=_by_verdict(found),
            link=lambda member, name: link(member, name, up),
            links=LINKS,
            css=css,
            policy=policy_of(css, ""),
            marks={status: charts.mark(status) for status in Status},
            patterns=charts.patterns(VARIABLES),
            short=SHORT,
            verdict_status=VERDICT_STATUS,
            verdict_words=VERDICT_WORDS,
            kinds={kind.value: word for kind, word in KIND_WORDS.items()},
            changed=changed_in_words,
            columns={
                **{status.value: word for status, word in STATUS_WORDS.items()},
                Status.MANUAL.value: tr("To confirm"),
            },
            severities=SEVERITY_WORDS,
            in_text={status.value: word for status, word in STATUS_IN_TEXT.items()},
            short_day=short_day,
            unknown=Status.UNKNOWN,
            fail=Status.FAIL,
        )
    )
    return text.encode("utf-8", "replace")


def link(member: Member, name: str, up: str = "..") -> str | None:
    """The relative address of a report, if the run has written it."""
    return f"{up}/{quote(member.folder)}/{name}" if name in member.written else None


def headline(found: Overview) -> str:
    """``Twelve customers: two not ready, one could not be assessed``."""
    counts = _by_verdict(found)
    parts = [f"{n} {VERDICT_IN_TEXT[verdict]}" for verdict, n in counts.items() if n]
    lost = sum(bool(member.failed) for member in found.members)
    parts += [tr("{n} not run", n=lost)] if lost else []
    many = len(found.members)
    whole = trn(many, "{count} customer: {parts}", "{count} customers: {parts}",
                count=number(many), parts=listed(parts))  # fmt: skip
    return f"{whole[:1].upper()}{whole[1:]}"


def worst_verdict(member: Member) -> Verdict | None:
    """The worst verdict of a customer's scenarios; None where there are no results."""
    order = list(Verdict)
    return min((j.verdict for j in member.judgements), key=order.index, default=None)


def _by_verdict(found: Overview) -> dict[Verdict, int]:
    counts = dict.fromkeys(Verdict, 0)
    for member in found.members:
        verdict = worst_verdict(member)
        if verdict is not None:
            counts[verdict] += 1
    return counts


def changed_in_words(member: Member) -> str:
    """``2 new, 1 fixed``; what is said where there is nothing to compare with."""
    if member.failed:
        return ""
    if member.since is None:
        return tr("first run")
    words = {kind.value: KIND_IN_TEXT[kind] for kind in Kind}
    said = [f"{n} {words[kind]}" for kind, n in member.changed.items() if n]
    return listed(said) or tr("nothing changed")
