"""The reader's words: statuses, verdicts, numbers and dates as every report writes them."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from assess.history.shapes import Kind
from assess.model import Status, Verdict

STATUS_WORDS: Mapping[Status, str] = {
    Status.FAIL: "Fail",
    Status.UNKNOWN: "Unknown",
    Status.WARN: "Warn",
    Status.MANUAL: "Confirm",
    Status.PASS: "Pass",
    Status.NOT_APPLICABLE: "N/A",
}
# As they stand in a sentence of counts: "6 fail, 7 unknown, 5 to confirm".
STATUS_IN_TEXT: Mapping[Status, str] = {
    Status.FAIL: "fail",
    Status.UNKNOWN: "unknown",
    Status.WARN: "warn",
    Status.MANUAL: "to confirm",
    Status.PASS: "pass",
    Status.NOT_APPLICABLE: "not applicable",
}
# As they stand beside their marks, where room is short.
STATUS_SHORT: Mapping[Status, str] = {
    **STATUS_IN_TEXT,
    Status.MANUAL: "confirm",
    Status.NOT_APPLICABLE: "n/a",
}
STATUS_MEANING: Mapping[Status, str] = {
    Status.FAIL: "Measured, and not as the document asks.",
    Status.UNKNOWN: "It could not be assessed: nobody knows. Never counted as in order.",
    Status.WARN: "Measured: it works or may be left, but somebody ought to know.",
    Status.MANUAL: "Only a person can say, and nobody has said it yet.",
    Status.PASS: "Measured, or confirmed by a named person, and as the document asks.",
    Status.NOT_APPLICABLE: "An answer or a measurement says that it does not concern the customer.",
}
COMMAND_WORDS: Mapping[str, str] = {
    "powershell": "PowerShell", "azure": "Azure PowerShell", "graph": "Graph request",
    "dns": "DNS zone record", "certreq": "certreq file",
}  # fmt: skip
PROPOSAL = "Proposal, not run"
SCORE_RULE = (
    "Score: each required or recommended requirement counts by its worst finding, weighted by "
    "severity (blocker 8, high 4, medium 2, low 1); a pass counts whole, a warning half, "
    "everything else nothing."
)
VERDICT_WORDS: Mapping[Verdict, str] = {
    Verdict.NOT_READY: "Not ready",
    Verdict.UNDETERMINED: "Undetermined",
    Verdict.READY_WITH_WARNINGS: "Ready with warnings",
    Verdict.READY: "Ready",
}
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
# What became of a finding, as a list of changes says it.
KIND_WORDS: Mapping[Kind, str] = {
    Kind.NEW: "New",
    Kind.WORSE: "Worse",
    Kind.NOT_MEASURED: "Not measured",
    Kind.FIXED: "Fixed",
    Kind.BETTER: "Better",
    Kind.ADDED: "Newly asked for",
    Kind.GONE: "Gone",
    Kind.STILL_OPEN: "Still open",
}
_NUMBERS = (
    "no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
    "twelve",
)  # fmt: skip


def number(value: int) -> str:
    """A number as a sentence holds it: a word up to twelve, else digits in groups."""
    return _NUMBERS[value] if value < len(_NUMBERS) else f"{value:,}"


def counted(value: int, one: str, many: str) -> str:
    """``one finding``, ``seven findings``."""
    return f"{number(value)} {one if value == 1 else many}"


def ended(text: str) -> str:
    """The text with a full stop at its end; its first letter stays: it may be a host's name."""
    return f"{text}." if text and text[-1] not in ".!?…" else text


def sentence(text: str) -> str:
    """Words of ours as a sentence: first letter in upper case, full stop."""
    return ended(text[:1].upper() + text[1:])


def listed(parts: Sequence[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    if len(parts) < 2:  # noqa: PLR2004 - nothing to join
        return "".join(parts)
    return f"{', '.join(parts[:-1])} and {parts[-1]}"


def day(moment: date) -> str:
    """``20 November 2026``; the month's name does not depend on the machine's language."""
    return f"{moment.day} {_MONTHS[moment.month - 1]} {moment.year}"


def short_day(moment: date) -> str:
    """``20 Nov 2026``."""
    return f"{moment.day} {_MONTHS[moment.month - 1][:3]} {moment.year}"


def minute(moment: datetime) -> str:
    """``20 Nov 2026, 21:10 UTC``."""
    return f"{short_day(moment)}, {moment:%H:%M} UTC"


def span(first: datetime, last: datetime) -> str:
    """``20 Nov 2026, 21:10:00 to 21:10:14 UTC``; one moment where both are the same."""
    begin = f"{short_day(first)}, {first:%H:%M:%S}"
    if first.date() != last.date():
        return f"{begin} to {short_day(last)}, {last:%H:%M:%S} UTC"
    return f"{begin} UTC" if first == last else f"{begin} to {last:%H:%M:%S} UTC"


_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip


def counts_sentence(counts: Mapping[Status, int]) -> str:
    """``6 fail, 7 unknown and 110 pass``: only what there is, in the order of the statuses."""
    return listed([f"{n:,} {STATUS_IN_TEXT[s]}" for s, n in counts.items() if n]) or "nothing"
