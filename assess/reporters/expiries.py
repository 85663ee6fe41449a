"""What expires next, over all findings: as a list, and as a calendar (RFC 5545)."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, timedelta

from assess.language import spoken, tr
from assess.results import Results, clean

_OCTETS = 75  # of a line, its break not counted (RFC 5545, 3.1)
_AHEAD = (60, 30, 7)  # days before the end at which the calendar reminds


@dataclass(frozen=True)
class Expiry:
    """Something that ends, ``days`` from the run (below 0: over); ``findings`` looked at it."""

    on: date
    what: str
    days: int
    findings: tuple[str, ...]


def expiries(results: Results) -> tuple[Expiry, ...]:
    """Everything that ends, the next first; what several findings look at stands once.

    A risk that somebody accepted ends too: from then on its finding counts again.
    """
    found: dict[tuple[date, str], list[str]] = {}
    for finding in results.findings:
        for end in finding.ends:
            found.setdefault((end.on, clean(end.what)), []).append(clean(finding.id))
        if finding.waiver is not None:
            risk = tr("Accepted risk of {}, by {}", finding.requirement, finding.waiver.by)
            found.setdefault((finding.waiver.until, clean(risk)), []).append(clean(finding.id))
    today = results.as_of.date()
    return tuple(
        Expiry(on, what, (on - today).days, tuple(dict.fromkeys(ids)))
        for (on, what), ids in sorted(found.items())
    )


def calendar(results: Results) -> bytes:
    """The ends as all-day events, each with reminders; the same ones keep their identity."""
    customer = clean(results.engagement.customer)
    stamp = f"{results.as_of.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        f"PRODID:-//{_text(clean(results.tool.name))}//readiness//{_text(spoken().code.upper())}",
        f"X-WR-CALNAME:{_text(tr('{customer}: what expires', customer=customer))}",
    ]
    for expiry in expiries(results):
        lines += _event(results.engagement.name, customer, stamp, expiry)
    lines.append("END:VCALENDAR")
    return "".join(f"{part}\r\n" for line in lines for part in _folded(line)).encode()


def _event(engagement: str, customer: str, stamp: str, expiry: Expiry) -> list[str]:
    identity = f"{engagement}\n{expiry.what}\n{expiry.on}"
    digest = hashlib.sha256(identity.encode("utf-8", "replace")).hexdigest()[:32]
    about = "; ".join(expiry.findings)
    summary = tr("{what} expires ({customer})", what=expiry.what, customer=customer)
    lines = [
        "BEGIN:VEVENT",
        f"UID:{digest}@assess.invalid",
        f"DTSTAMP:{stamp}",
        f"DTSTART;VALUE=DATE:{expiry.on:%Y%m%d}",
        f"DTEND;VALUE=DATE:{expiry.on + timedelta(days=1):%Y%m%d}",
        f"SUMMARY:{_text(summary)}",
        f"DESCRIPTION:{_text(tr('Looked at by: {findings}', findings=about))}",
        "TRANSP:TRANSPARENT",
    ]
    for days in _AHEAD:
        lines += ["BEGIN:VALARM", "ACTION:DISPLAY", f"TRIGGER:-P{days}D",
                  f"DESCRIPTION:{_text(expiry.what)}", "END:VALARM"]  # fmt: skip
    return [*lines, "END:VEVENT"]


def _text(value: str) -> str:
    """A text value: what has a meaning of its own is escaped (RFC 5545, 3.3.11)."""
    for sign in ("\\", ";", ","):
        value = value.replace(sign, f"\\{sign}")
    return value.replace("\n", "\\n")


def _folded(line: str) -> Iterator[str]:
    """A line in pieces of at most 75 octets, none of which cuts a character in two."""
    piece, size = "", 0
    for sign in line:
        octets = len(sign.encode("utf-8", "replace"))
        if size + octets > _OCTETS:
            yield piece
            piece, size = " ", 1
        piece, size = piece + sign, size + octets
    yield piece
