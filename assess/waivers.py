"""Accepted risks that somebody must look at again: expired, unused, or soon at their end; pure."""

from collections.abc import Iterable
from datetime import date, timedelta
from enum import StrEnum

import msgspec

from assess.engagement import Waiver
from assess.language import tr, trn
from assess.model import Status

SOON = timedelta(days=30)
_CLOSED = frozenset({Status.PASS, Status.NOT_APPLICABLE})


class WaiverState(StrEnum):
    """Why a waiver is pointed out."""

    EXPIRED = "expired"
    ENDING = "ending"
    UNUSED = "unused"


class WaiverNote(msgspec.Struct, frozen=True):
    """A waiver that is pointed out, and what is to be done about it."""

    state: WaiverState
    requirement: str
    subject: str | None
    reason: str
    by: str
    until: date
    text: str


def review(
    waivers: Iterable[Waiver], findings: Iterable[tuple[str, str | None, Status]], today: date
) -> tuple[WaiverNote, ...]:
    """What is to be said of the waivers; ``findings``: requirement, subject and status of each."""
    seen = list(findings)
    return tuple(note for waiver in waivers if (note := _note(waiver, seen, today)) is not None)


def _note(
    waiver: Waiver, findings: list[tuple[str, str | None, Status]], today: date
) -> WaiverNote | None:
    mine = [
        status
        for requirement, subject, status in findings
        if requirement == waiver.requirement and waiver.subject in (None, subject)
    ]
    needed = any(status not in _CLOSED for status in mine)
    if waiver.until < today:
        text = tr(
            "Ended on {day}. It counts no longer. Renew it, or take it out.", day=waiver.until
        )
        if not needed:
            text = tr(
                "Ended on {day}. Nothing that it was for is open. Take it out.", day=waiver.until
            )
        return _said(WaiverState.EXPIRED, waiver, text)
    if not mine:
        text = tr("No finding is meant by it: look at its requirement and subject.")
        return _said(WaiverState.UNUSED, waiver, text)
    if not needed:
        text = tr("What it was for is in order. Take it out.")
        return _said(WaiverState.UNUSED, waiver, text)
    if waiver.until - today <= SOON:
        text = trn(
            (waiver.until - today).days,
            "Ends on {day}, in {n} days. Mend what it is for, or renew it.",
            "Ends on {day}, in {n} days. Mend what it is for, or renew it.",
            day=waiver.until,
        )
        return _said(WaiverState.ENDING, waiver, text)
    return None


def _said(state: WaiverState, waiver: Waiver, text: str) -> WaiverNote:
    return WaiverNote(
        state, waiver.requirement, waiver.subject, waiver.reason, waiver.by, waiver.until, text
    )
