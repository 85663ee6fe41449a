"""Statuses, outcomes and verdicts: the words of the tool. Imports nothing of ours.

The rule above all others: what could not be assessed is never shown as passed. Hence six
outcomes, each of which owes the reader something, and a verdict that only falls when evidence
is lost.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from typing import Literal, TypeAlias


class Status(StrEnum):
    """The status of a finding, in the order in which reports show them."""

    FAIL = "fail"
    UNKNOWN = "unknown"
    WARN = "warn"
    MANUAL = "manual"
    PASS = "pass"  # noqa: S105 - a status, no password
    NOT_APPLICABLE = "not-applicable"


class Severity(StrEnum):
    """How much an open finding hurts, worst first."""

    BLOCKER = "blocker"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    INFO = "info"


class Necessity(StrEnum):
    """How strongly the documents ask for a requirement."""

    REQUIRED = "required"
    RECOMMENDED = "recommended"
    OPTIONAL = "optional"
    INFORMATIONAL = "informational"


class Verdict(StrEnum):
    """What the findings of a scenario add up to, worst first."""

    NOT_READY = "not-ready"
    UNDETERMINED = "undetermined"
    READY_WITH_WARNINGS = "ready-with-warnings"
    READY = "ready"


@dataclass(frozen=True)
class Rows:
    """A long list behind a finding (users, devices): streamed to a table, never held whole.

    ``rows`` is consumed once, by the engine; each row has exactly the keys ``columns``.
    """

    columns: tuple[str, ...]
    rows: Iterable[Mapping[str, object]]


@dataclass(frozen=True)
class Ends:
    """Something that ends on a day whatever is done: a certificate, a token, a licence."""

    what: str
    on: date


@dataclass(frozen=True)
class _Outcome:
    """What every outcome may say besides what its status owes.

    ``about``: which notes of the evidence belong to it (default: those about the subject);
    ``remedy``: steps that replace the catalogue's, with the customer's own names in them;
    ``summary``: one sentence of consequence, else the catalogue's; ``rows``: a long list; ``ends``:
    what expires, and when, in order or not.
    """

    about: tuple[str, ...] = field(default=(), kw_only=True)
    remedy: tuple[str, ...] = field(default=(), kw_only=True)
    summary: str = field(default="", kw_only=True)
    rows: Rows | None = field(default=None, kw_only=True)
    ends: tuple[Ends, ...] = field(default=(), kw_only=True)


@dataclass(frozen=True)
class Pass(_Outcome):
    """Measured, and as it should be."""

    subject: str | None
    observed: str
    expected: str = ""


@dataclass(frozen=True)
class Warn(_Outcome):
    """Measured: it works, or may be left, but somebody ought to know."""

    subject: str | None
    expected: str
    observed: str


@dataclass(frozen=True)
class Fail(_Outcome):
    """Measured, and not as it should be."""

    subject: str | None
    expected: str
    observed: str


@dataclass(frozen=True)
class Manual(_Outcome):
    """A person must confirm, and has not: ``question`` is what to ask; empty: the catalogue's."""

    subject: str | None
    question: str
    observed: str = ""


# Why nobody asked: no check measures it in this version, or the command line leaves it out.
Unasked: TypeAlias = Literal["", "no-check", "left-out"]


@dataclass(frozen=True)
class Unknown(_Outcome):
    """Not assessed: ``because`` says what stood in the way, ``remedy`` how to mend it.

    ``unasked`` is the engine's: nothing stood in the way, nobody asked.
    """

    subject: str | None
    because: str
    unasked: Unasked = field(default="", kw_only=True)


@dataclass(frozen=True)
class NotApplicable(_Outcome):
    """An answer or a measurement says that this does not concern the customer; never a fallback."""

    subject: str | None
    because: str


Outcome: TypeAlias = Pass | Warn | Fail | Manual | Unknown | NotApplicable

STATUS_OF: Mapping[type[_Outcome], Status] = {
    Pass: Status.PASS,
    Warn: Status.WARN,
    Fail: Status.FAIL,
    Manual: Status.MANUAL,
    Unknown: Status.UNKNOWN,
    NotApplicable: Status.NOT_APPLICABLE,
}

# Which part decides when one finding is measured in several parts. A measured fail stands; an
# unknown part could hide a fail, so it outweighs a warning; a missing answer outweighs a pass only.
_DECIDING = (Fail, Unknown, Warn, Manual, Pass, NotApplicable)


def status_of(outcome: Outcome) -> Status:
    """The status that an outcome stands for."""
    return STATUS_OF[type(outcome)]


def worst(outcomes: Iterable[Outcome]) -> Outcome:
    """The outcome that decides a finding that was measured in parts.

    Fail before unknown before warn before manual before pass before not-applicable; texts of
    parts with the deciding status are joined. ``outcomes`` must not be empty: nothing measured is
    not a pass, and whoever calls this knows what to say instead.
    """
    parts = list(outcomes)
    kind = min((type(part) for part in parts), key=_DECIDING.index)
    deciding = [part for part in parts if type(part) is kind]
    first = deciding[0]
    ends = tuple(dict.fromkeys(end for part in parts for end in part.ends))
    if len(deciding) == 1:
        return replace(first, ends=ends) if ends != first.ends else first
    merged: dict[str, object] = {
        "about": tuple(dict.fromkeys(a for part in deciding for a in part.about)),
        "remedy": tuple(dict.fromkeys(step for part in deciding for step in part.remedy)),
        "summary": next((part.summary for part in deciding if part.summary), ""),
        "rows": next((part.rows for part in deciding if part.rows), None),
        "ends": ends,
    }
    for name in ("expected", "observed", "because", "question"):
        texts = [getattr(part, name) for part in deciding if getattr(part, name, "")]
        if texts or hasattr(first, name):
            merged[name] = "; ".join(dict.fromkeys(texts))
    return kind(first.subject, **merged)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Weighed:
    """What the verdict needs to know of a finding."""

    status: Status
    necessity: Necessity
    waived: bool = False


def verdict(findings: Iterable[Weighed]) -> Verdict:
    """What the findings of one scenario add up to. Nothing measured is undetermined, not ready."""
    seen = list(findings)
    binding = [f for f in seen if f.necessity is Necessity.REQUIRED and not f.waived]
    if any(f.status is Status.FAIL for f in binding):
        return Verdict.NOT_READY
    if any(f.status in (Status.UNKNOWN, Status.MANUAL) for f in binding):
        return Verdict.UNDETERMINED
    if not any(f.status in (Status.PASS, Status.WARN, Status.FAIL) for f in seen):
        return Verdict.UNDETERMINED
    if any(f.status not in (Status.PASS, Status.NOT_APPLICABLE) for f in seen):
        return Verdict.READY_WITH_WARNINGS
    return Verdict.READY
