"""What the documents get wrong, and what has moved since: where it matters to this customer."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from assess.catalogue import Catalogue, Issue, Requirement
from assess.language import Words, msg
from assess.model import Status
from assess.reporters.words import ended
from assess.results import Finding, Results, clean

_SETTLED = (Status.PASS, Status.NOT_APPLICABLE)
_ERAS = Words({
    "moved": msg("Moved"), "retired": msg("Retired"), "verify": msg("To be verified"),
    "available": msg("Today"),
})  # fmt: skip
_KINDS = Words({
    "contradiction": msg("Contradiction in the documents"), "error": msg("Error in the document"),
    "gap": msg("Gap in the document"), "tension": msg("Tension in the documents"),
    "ambiguity": msg("Unclear in the document"), "outdated": msg("Outdated in the document"),
    "weakness": msg("Weakness of the document"),
})  # fmt: skip


@dataclass(frozen=True)
class Flaw:
    """A flaw of a document that matters here. ``affects``: requirements of this run."""

    document: str
    section: str
    word: str
    text: str
    affects: tuple[str, ...]

    @property
    def hint(self) -> str:
        """One line beside a finding."""
        return f"{self.word} ({self.document}): {self.text}"


def flaws(results: Results, catalogue: Catalogue) -> tuple[Flaw, ...]:
    """The flaws that matter: what they affect is open here, or decided differently by scenario."""
    mattering = _mattering(results.findings)
    return tuple(
        _flaw(issue, mattering) for issue in catalogue.issues if mattering & set(issue.affects)
    )


def _flaw(issue: Issue, mattering: set[str]) -> Flaw:
    return Flaw(
        clean(issue.document),
        clean(issue.section),
        _KINDS.get(issue.kind, clean(issue.kind).capitalize()),
        ended(clean(issue.text)),
        tuple(clean(name) for name in issue.affects if name in mattering),
    )


def _mattering(findings: Iterable[Finding]) -> set[str]:
    said: dict[tuple[str, str | None], set[Status]] = {}
    for finding in findings:
        said.setdefault((finding.requirement, finding.subject), set()).add(finding.status)
    return {
        requirement
        for (requirement, _), statuses in said.items()
        if len(statuses) > 1 or not statuses <= set(_SETTLED)
    }


def hints(found: Iterable[Flaw]) -> Mapping[str, tuple[str, ...]]:
    """By requirement: a line for each flaw that concerns it."""
    lines: dict[str, tuple[str, ...]] = {}
    for flaw in found:
        for name in flaw.affects:
            lines[name] = (*lines.get(name, ()), flaw.hint)
    return lines


def era(requirement: Requirement | None) -> str:
    """What has become of a requirement, and where it is done now; empty: as the document says."""
    if requirement is None or not requirement.availability_note:
        return ""
    return f"{_ERAS[requirement.availability]}: {ended(clean(requirement.availability_note))}"
