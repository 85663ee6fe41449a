"""One piece of news as a mail, an Adaptive Card, a Slack message and plain JSON; pure.

Strangers' texts never meet a language: the mail is plain text, the card uses text runs (which know
no Markdown), Slack gets plain-text objects with nothing that it would take for a mention or a link.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any

import msgspec

from assess.history.shapes import Kind
from assess.language import WordList, msg, tr, trn
from assess.model import Severity, Status, Verdict
from assess.notices.news import Failure, Item, Judged, News

_WORDS = WordList(Verdict, msg("not ready | undetermined | ready with warnings | ready"))
_STATUSES = WordList(Status, msg("fail | unknown | warn | manual | pass | not-applicable"))
_SEVERITIES = WordList(Severity, msg("blocker | high | medium | low | info"))
_KINDS = WordList(
    Kind, msg("new | worse | not measured | fixed | better | added | gone | still open")
)
_COLOURS = {
    Verdict.NOT_READY: "attention", Verdict.UNDETERMINED: "accent",
    Verdict.READY_WITH_WARNINGS: "warning", Verdict.READY: "good",
}  # fmt: skip
_WORST_FIRST = list(Verdict)
_IN_A_CARD = 12
_SLACK_LONGEST = 2900  # characters of a text object (3,000 are allowed)
_TYPES = {
    ".pdf": ("application", "pdf"), ".html": ("text", "html"), ".json": ("application", "json"),
    ".csv": ("text", "csv"), ".md": ("text", "markdown"), ".ics": ("text", "calendar"),
    ".xlsx": ("application", "vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
}  # fmt: skip


def headline(news: News) -> str:
    """``Contoso Ltd: not ready, 2 new, 1 fixed``."""
    if news.failure is not None:
        return tr(
            "{customer}: not assessed, the run ended with exit code {code}",
            customer=news.customer,
            code=news.failure.code,
        )
    worst = min((v.verdict for v in news.verdicts), key=_WORST_FIRST.index, default=None)
    said = [_WORDS[worst] if worst else tr("nothing was judged")]
    said += [f"{n} {_word(_KINDS, kind)}" for kind, n in news.changed.items() if n]
    if news.since is not None and not news.is_change:
        said.append(tr("nothing changed"))
    return f"{news.customer}: {', '.join(said)}"


def _word(words: Mapping[Any, str], name: str) -> str:
    """Our word for a name; a notice of another version may hold one that is not known here."""
    return words.get(name, name.replace("-", " "))


def verdict_line(judged: Judged) -> str:
    """One scenario in a line."""
    said = _WORDS[judged.verdict]
    if judged.before is not None and judged.before is not judged.verdict:
        said = tr("{now} (was {before})", now=said, before=_WORDS[judged.before])
    if judged.score is not None:
        said = tr("{verdict}, score {score}", verdict=said, score=judged.score)
    counts = ", ".join(
        f"{n} {_word(_STATUSES, status)}" for status, n in judged.counts.items() if n
    )
    return f"{judged.scenario}: {said}. {counts}"


def item_line(item: Item) -> str:
    """One change in a line."""
    said = f"{_KINDS[item.change]}: {item.id}"
    if item.before or item.after:
        before, after = (
            _STATUSES[status] if status else tr("nothing") for status in (item.before, item.after)
        )
        severity = _SEVERITIES[item.severity]
        moved = tr("{before} to {after}, {severity}", before=before, after=after, severity=severity)
        said += f" ({moved})"
    said += f", {tr('accepted')}" if item.accepted else ""
    said += f". {item.title}" if item.title else ""
    return said + (f": {item.found}" if item.found else "")


def lines(news: News, most: int = 1000) -> list[str]:
    """All of it, line by line; ``most`` changes."""
    if news.failure is not None:
        return _of_failure(news, news.failure)
    said = [verdict_line(one) for one in news.verdicts]
    if news.partial:
        text = tr(
            "This was no whole run ({options}); what was left out is unknown.", options=news.partial
        )
        said.append(text)
    if news.since is None:
        said.append(tr("The first run that is kept."))
    else:
        said.append(tr("Compared with {run}:", run=news.since))
    if news.since is not None and not news.changes:
        said.append(tr("No finding changed."))
    said += [item_line(item) for item in news.changes[:most]]
    left = news.more + max(0, len(news.changes) - most)
    if not left:
        return said
    more = trn(left, "and {n} more changes, in the report.", "and {n} more changes, in the report.")
    return [*said, more]


_MEANS = {
    2: msg("the command line, the engagement file or what is kept of earlier runs is wrong"),
    4: msg("a fault of the tool itself"),
}
_NEXT = {
    2: msg("Next: mend it, and try `assess validate {file}` there."),
    4: msg("Next: run `assess --debug run {file}` there, which says where, and report it."),
}


def _of_failure(news: News, failure: Failure) -> list[str]:
    """What happened, where the log is, what to do next."""
    what = tr(
        "The run of {file} on {host}, begun {moment} UTC, came to nothing: {means} "
        "(exit code {code}).",
        file=failure.file,
        host=failure.host,
        moment=f"{news.as_of:%Y-%m-%d %H:%M}",
        means=_MEANS.get(failure.code, _MEANS[4]),
        code=failure.code,
    )
    withheld = tr("Why is not told here: [report] privacy keeps it on that machine.")
    log = tr("There is no log of it.")
    if failure.log:
        log = tr("The log: {log} on {host}.", log=failure.log, host=failure.host)
    return [
        what,
        tr("There is no verdict of it, and what earlier runs said may be over."),
        *(failure.reasons or [withheld]),
        log,
        tr(_NEXT.get(failure.code, _NEXT[4]), file=failure.file),
        tr("The schedule goes on: the next run is tried when it is due."),
    ]


def mail(
    news: News,
    sender: str,
    recipients: Sequence[str],
    attachments: Mapping[str, bytes],
    remarks: Sequence[str] = (),
) -> EmailMessage:
    """A mail of plain text. The same run to the same people is the same message."""
    message = EmailMessage()
    message["Subject"] = tr("Readiness of {headline}", headline=headline(news))
    message["From"] = sender
    message["To"] = ", ".join(recipients)
    message["Date"] = format_datetime(news.as_of)
    digest = hashlib.sha256("\n".join([news.engagement, news.run, *recipients]).encode())
    message["Message-ID"] = f"<{digest.hexdigest()[:32]}@{sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    head = tr(
        "Readiness of {customer}, judged from {moment} UTC",
        customer=news.customer,
        moment=f"{news.as_of:%Y-%m-%d %H:%M}",
    )
    if news.failure is not None:
        head = tr("{customer} was not assessed", customer=news.customer)
    text = "\n\n".join([head, "\n".join(lines(news)), *remarks])
    message.set_content(text + "\n", cte="base64")
    for name, data in attachments.items():
        main, sub = _TYPES.get(name[name.rfind(".") :], ("application", "octet-stream"))
        message.add_attachment(data, maintype=main, subtype=sub, filename=name)
    return message


def card(news: News) -> dict[str, Any]:
    """What a Teams workflow posts: an Adaptive Card 1.4 in an envelope."""
    body = [_run(headline(news), size="Large", weight="Bolder")]
    body += [_run(verdict_line(one), color=_COLOURS[one.verdict]) for one in news.verdicts]
    body += [_run(line) for line in lines(news, _IN_A_CARD)[len(news.verdicts) :]]
    return {
        "type": "message",
        "attachments": [
            {
                "contentType": "application/vnd.microsoft.card.adaptive",
                "contentUrl": None,
                "content": {
                    "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
                    "type": "AdaptiveCard",
                    "version": "1.4",
                    "fallbackText": _inert(headline(news)),
                    "body": body,
                },
            }
        ],
    }


def _run(text: str, **look: str) -> dict[str, Any]:
    return {
        "type": "RichTextBlock",
        "inlines": [{"type": "TextRun", "text": _inert(text), **look}],
    }


def _inert(text: str) -> str:
    """Braces are torn apart: a card formats {{DATE(…)}}, a workflow might expand @{…} or ${…}."""
    return re.sub(r"([{@$<])(?=[{/a!])|(?<=\{)(?=\{)", r"\1 ", text)


def slack(news: News) -> dict[str, Any]:
    """What Slack posts. ``text`` is what its notification says."""
    said = "\n".join(f"• {line}" for line in lines(news, _IN_A_CARD))
    blocks = [
        {"type": "header", "text": _plain(headline(news), 150)},
        {"type": "section", "text": _plain(said, _SLACK_LONGEST)},
    ]
    return {
        "text": _unlinked(headline(news)),
        "mrkdwn": False,
        "parse": "none",
        "link_names": False,
        "unfurl_links": False,
        "unfurl_media": False,
        "blocks": blocks,
    }


def _plain(text: str, most: int) -> dict[str, Any]:
    safe = _unlinked(text)
    safe = safe if len(safe) <= most else f"{safe[: most - 1]}…"
    return {"type": "plain_text", "emoji": False, "text": safe}


def _unlinked(text: str) -> str:
    """Without what Slack reads as a mention, a link or an entity."""
    return text.translate({ord("<"): "‹", ord(">"): "›", ord("&"): "＆"})  # fmt: skip


def document(news: News) -> bytes:
    """What the webhook is sent."""
    kind = "assess.run" if news.failure is None else "assess.failure"
    return msgspec.json.encode({"kind": kind, "version": 1, **msgspec.to_builtins(news)})
