"""Kept runs made by hand, and a year of them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec

from assess.history.shapes import Kept, KeptVerdict, Run
from assess.model import Necessity, Severity, Status, Verdict

START = datetime(2026, 1, 5, 6, 0, tzinfo=UTC)
TWO = ("co-management-pki", "co-management-internet")


class Memory:
    """What a store keeps of the notes."""

    def __init__(self) -> None:
        self.kept: dict[str, dict[str, Any]] = {}

    def notes(self, workbook: str) -> dict[str, Any]:
        """What was kept."""
        return self.kept.get(workbook, {})

    def keep_notes(self, workbook: str, notes: Mapping[str, Any]) -> None:
        """Keep it."""
        self.kept[workbook] = msgspec.json.decode(msgspec.json.encode(notes))


def kept(name: str = "dns.alias", status: Status | str = "pass", **changes: Any) -> Kept:
    """A kept finding; ``name`` may carry a subject in brackets."""
    requirement, _, rest = name.partition("[")
    subject = rest.removesuffix("]") or None
    scenarios = changes.get("scenarios", TWO)
    fields: dict[str, Any] = {
        "id": name, "requirement": requirement, "subject": subject, "scenarios": scenarios,
        "status": Status(status), "severity": Severity.HIGH, "necessity": Necessity.REQUIRED,
        "area": requirement.partition(".")[0], "title": f"The title of {requirement}",
        "summary": "What follows.", "observed": f"it is {status}",
    }  # fmt: skip
    return Kept(**{**fields, **changes})


def run(week: int = 0, findings: Iterable[Kept] = (), **changes: Any) -> Run:
    """A run of a week, its verdicts not ready where something fails."""
    statuses = [one.status for one in findings]
    verdict = Verdict.NOT_READY if Status.FAIL in statuses else Verdict.READY
    counts = {status.value: statuses.count(status) for status in Status}
    moment = START + timedelta(weeks=week)
    fields: dict[str, Any] = {
        "name": f"{moment:%Y%m%dT%H%M%SZ}", "as_of": moment, "started_at": moment,
        "finished_at": moment + timedelta(minutes=2), "tool": "assess 1.0",
        "catalogue": "builtin 1.0", "partial": "", "scenarios": TWO,
        "verdicts": tuple(KeptVerdict(s, verdict, 100 - 3 * statuses.count(Status.FAIL), counts) for s in TWO),
    }  # fmt: skip
    return Run(**{**fields, **changes})


def weekly(weeks: int, findings: int = 300) -> Iterator[tuple[Run, Sequence[Kept]]]:
    """Runs of a customer who mends one thing a week, breaks one a month, and cannot see some now and then.

    A few texts count days and so differ from week to week. The same arguments give the same runs.
    """
    for week in range(weeks):
        mine = [_weekly(week, number) for number in range(findings)]
        yield run(week, mine), mine


def _weekly(week: int, number: int) -> Kept:
    name = f"area{number % 17}.requirement-{number // 3}[subject-{number % 3}.contoso.com]"
    if number % 20 == 0:  # a certificate, whose text counts the days
        return kept(name, "pass", observed=f"valid for {4000 - 7 * week} more days")
    if number % 11 == 0 and week % 9 == number % 9:  # its source refuses now and then
        return kept(name, "unknown", observed="Not assessed: the source refused")
    broken = number % 4 == 0 and (week - number) % 260 < 208
    return kept(name, "fail" if broken else "pass", waived_until=date(2027, 1, 1) if number % 50 == 4 else None)
