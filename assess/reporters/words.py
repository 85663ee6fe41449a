"""The reader's words: statuses, verdicts, numbers and dates as every report writes them.

In the language in force, which is asked for when a word is wanted.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from assess.history.shapes import Kind
from assess.language import WordList, Words, figure, lookup, msg, tr, trn
from assess.model import Necessity, Severity, Status, Verdict
from assess.options import Fit, Support
from assess.plan.road import Band
from assess.waivers import WaiverState

STATUS_WORDS = Words({
    Status.FAIL: msg("Fail"),
    Status.UNKNOWN: msg("Unknown"),
    Status.WARN: msg("Warn"),
    Status.MANUAL: msg("Confirm"),
    Status.PASS: msg("Pass"),
    Status.NOT_APPLICABLE: msg("N/A"),
})  # fmt: skip
# As they stand within a sentence.
STATUS_IN_TEXT = WordList(Status, msg("fail | unknown | warn | to confirm | pass | not applicable"))
# As they stand beside their marks, where room is short.
STATUS_SHORT = WordList(Status, msg("fail | unknown | warn | confirm | pass | n/a"))
# As they stand in lists for people who know the file formats.
STATUS_PLAIN = WordList(Status, msg("fail | unknown | warn | manual | pass | not-applicable"))
STATUS_MEANING = Words({
    Status.FAIL: msg("Measured, and not as the document asks."),
    Status.UNKNOWN: msg(
        "It could not be assessed: nobody knows. Never counted as in order."
    ),
    Status.WARN: msg("Measured: it works or may be left, but somebody ought to know."),
    Status.MANUAL: msg("Only a person can say, and nobody has said it yet."),
    Status.PASS: msg("Measured, or confirmed by a named person, and as the document asks."),
    Status.NOT_APPLICABLE: msg(
        "An answer or a measurement says that it does not concern the customer."
    ),
})  # fmt: skip
SEVERITY_WORDS = Words({
    Severity.BLOCKER: msg("Blocker"),
    Severity.HIGH: msg("High"),
    Severity.MEDIUM: msg("Medium"),
    Severity.LOW: msg("Low"),
    Severity.INFO: msg("Info"),
})  # fmt: skip
SEVERITY_IN_TEXT = WordList(Severity, msg("blocker | high | medium | low | info"))
NECESSITY_WORDS = WordList(Necessity, msg("required | recommended | optional | informational"))
COMMAND_WORDS = Words({
    "powershell": msg("PowerShell"),
    "azure": msg("Azure PowerShell"),
    "graph": msg("Graph request"),
    "dns": msg("DNS zone record"),
    "certreq": msg("certreq file"),
})  # fmt: skip
SCORE_RULE = msg(
    "Score: each required or recommended requirement counts by its worst finding, weighted by "
    "severity (blocker 8, high 4, medium 2, low 1); a pass counts whole, a warning half, "
    "everything else nothing."
)
VERDICT_WORDS = Words({
    Verdict.NOT_READY: msg("Not ready"),
    Verdict.UNDETERMINED: msg("Undetermined"),
    Verdict.READY_WITH_WARNINGS: msg("Ready with warnings"),
    Verdict.READY: msg("Ready"),
})  # fmt: skip
# As they stand within a sentence.
VERDICT_IN_TEXT = WordList(Verdict, msg("not ready | undetermined | ready with warnings | ready"))
# The status whose mark and colour a verdict carries.
VERDICT_STATUS: Mapping[Verdict, Status] = {
    Verdict.NOT_READY: Status.FAIL,
    Verdict.UNDETERMINED: Status.UNKNOWN,
    Verdict.READY_WITH_WARNINGS: Status.WARN,
    Verdict.READY: Status.PASS,
}
SOURCE_STATUS: Mapping[str, Status] = {
    "ok": Status.PASS,
    "partial": Status.WARN,
    "failed": Status.UNKNOWN,
    "skipped": Status.UNKNOWN,
}
SOURCE_WORDS = WordList(SOURCE_STATUS, msg("ok | partial | failed | skipped"))
# What became of a finding, as a list of changes says it.
KIND_WORDS = Words({
    Kind.NEW: msg("New"),
    Kind.WORSE: msg("Worse"),
    Kind.NOT_MEASURED: msg("Not measured"),
    Kind.FIXED: msg("Fixed"),
    Kind.BETTER: msg("Better"),
    Kind.ADDED: msg("Newly asked for"),
    Kind.GONE: msg("Gone"),
    Kind.STILL_OPEN: msg("Still open"),
})  # fmt: skip
# As they stand within a sentence.
KIND_IN_TEXT = WordList(
    Kind,
    msg("new | worse | not measured | fixed | better | newly asked for | gone | still open"),
)
KIND_PLAIN = WordList(
    Kind, msg("new | worse | not measured | fixed | better | added | gone | still open")
)
WAIVER_WORDS = Words({
    WaiverState.EXPIRED: msg("Expired"),
    WaiverState.ENDING: msg("Ending"),
    WaiverState.UNUSED: msg("Unused"),
})  # fmt: skip
BAND_WORDS = Words({Band.NOW: msg("Now"), Band.NEXT: msg("Next"), Band.LATER: msg("Later")})
FIT_WORDS = WordList(
    Fit, msg("fits | fits with limits | the tables do not say | does not fit | retired")
)
SUPPORT_WORDS = WordList(Support, msg("yes | in part | not said | no"))
YES_NO = WordList((True, False), msg("yes | no"))
_LAST_WORD = 12
_NUMBERS = WordList(
    range(_LAST_WORD + 1),
    msg(
        "no | one | two | three | four | five | six | seven | eight | nine | ten | eleven | twelve"
    ),
)
_MONTHS = WordList(
    range(1, 13),
    msg(
        "January | February | March | April | May | June | July | August | September | October | "
        "November | December"
    ),
)
_SHORT_MONTHS = WordList(
    range(1, 13),
    msg("Jan | Feb | Mar | Apr | May | Jun | Jul | Aug | Sep | Oct | Nov | Dec"),
)


def number(value: int) -> str:
    """A number as a sentence holds it: a word up to twelve, else digits in groups."""
    return _NUMBERS[value] if 0 <= value <= _LAST_WORD else figure(value)


def counted(value: int, one: str, many: str) -> str:
    """``one finding``, ``seven findings``: the forms are looked up with their numbers."""
    return trn(value, f"one {one}", f"{{count}} {many}", count=number(value))


def ended(text: str) -> str:
    """The text with a full stop at its end; its first letter stays: it may be a host's name."""
    return f"{text}." if text and text[-1] not in ".!?…" else text


def sentence(text: str) -> str:
    """Words of ours as a sentence: first letter in upper case, full stop."""
    return ended(risen(text))


def risen(text: str) -> str:
    """The text with its first letter in upper case."""
    return text[:1].upper() + text[1:]


def listed(parts: Sequence[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    if len(parts) < 2:  # noqa: PLR2004 - nothing to join
        return "".join(parts)
    return tr("{first} and {last}", first=", ".join(parts[:-1]), last=parts[-1])


def day(moment: date) -> str:
    """``20 November 2026``; the month's name does not depend on the machine's language."""
    return _dated(moment, _MONTHS[moment.month])


def short_day(moment: date) -> str:
    """``20 Nov 2026``."""
    return _dated(moment, _SHORT_MONTHS[moment.month])


def _dated(moment: date, month: str) -> str:
    return tr("{day} {month} {year}", day=moment.day, month=month, year=moment.year)


def minute(moment: datetime) -> str:
    """``20 Nov 2026, 21:10 UTC``."""
    return f"{short_day(moment)}, {moment:%H:%M} UTC"


def span(first: datetime, last: datetime) -> str:
    """``20 Nov 2026, 21:10:00 to 21:10:14 UTC``; one moment where both are the same."""
    begin = f"{short_day(first)}, {first:%H:%M:%S}"
    if first == last:
        return f"{begin} UTC"
    same = first.date() == last.date()
    end = f"{last:%H:%M:%S}" if same else f"{short_day(last)}, {last:%H:%M:%S}"
    return tr("{begin} to {end} UTC", begin=begin, end=end)


def counts_sentence(counts: Mapping[Status, int]) -> str:
    """``6 fail, 7 unknown and 110 pass``: only what there is, in the order of the statuses."""
    return listed([_count(status, n) for status, n in counts.items() if n]) or lookup(_NOTHING)


_NOTHING = msg("nothing")


def _count(status: Status, n: int) -> str:
    match status:
        case Status.FAIL:
            return trn(n, "{n:,} fail", "{n:,} fail")
        case Status.UNKNOWN:
            return trn(n, "{n:,} unknown", "{n:,} unknown")
        case Status.WARN:
            return trn(n, "{n:,} warn", "{n:,} warn")
        case Status.MANUAL:
            return trn(n, "{n:,} to confirm", "{n:,} to confirm")
        case Status.PASS:
            return trn(n, "{n:,} pass", "{n:,} pass")
        case Status.NOT_APPLICABLE:
            return trn(n, "{n:,} not applicable", "{n:,} not applicable")


# What a report says of its privacy level.
PRIVACY = Words({
    "full": "",
    "pseudonymised": msg(
        "Pseudonyms stand for people, their accounts, devices and serial numbers: "
        "the same for the same name in every report of this engagement."
    ),
    "summary": msg(
        "This is a summary without people, their accounts and devices, and without what "
        "was read: it says only how many there are."
    ),
})  # fmt: skip
