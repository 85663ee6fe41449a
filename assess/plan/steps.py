"""The open findings as steps: one a requirement to mend, one a cause to find out, one of questions.

What fails or warns is mended, requirement by requirement. What is unknown is found out first: one
consent may answer forty findings, so that findings with one mend are one step. What a person must
confirm is one step of questions.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from assess.catalogue import Catalogue, Effort
from assess.language import lookup, tr, trn
from assess.model import Necessity, Severity, Status
from assess.results import WHATEVER_IT_WAS, Finding, Results

# Who can open a source that refused.
_OPENS = {
    "dns": "dns", "ldap": "domain", "graph": "tenant", "azure-arm": "tenant",
    "adminservice": "configmgr", "sql": "configmgr", "log-file": "configmgr", "tls": "network",
    "http": "network", "certificate-file": "pki",
}  # fmt: skip
_HOURS_TO_FIND_OUT = 0.5
_HOURS_A_QUESTION = 0.25
_LONGEST_TITLE = 90
_STOPS = frozenset({Status.FAIL, Status.UNKNOWN, Status.MANUAL})


class Kind(StrEnum):
    """What is done in a step."""

    MEND = "mend"
    FIND_OUT = "find out"
    ANSWER = "answer"


@dataclass(frozen=True)
class Work:
    """One step, not yet placed in time.

    ``requirements``: what it settles; ``after``: requirements that must be settled before;
    ``needed``: without it no scenario becomes ready; ``how``: the first thing to do.
    """

    kind: Kind
    what: str
    how: str
    effort: Effort
    requirements: tuple[str, ...]
    findings: tuple[Finding, ...]
    after: frozenset[str] = frozenset()

    @property
    def needed(self) -> bool:
        """Whether a required finding that keeps a scenario from being ready waits for it."""
        return any(f.necessity is Necessity.REQUIRED and f.status in _STOPS for f in self.findings)

    @property
    def severity(self) -> Severity:
        """The worst of its findings."""
        return min((f.severity for f in self.findings), key=list(Severity).index)


def works(results: Results, catalogue: Catalogue) -> list[Work]:
    """Everything that is open, in the order of the catalogue; accepted risks are left out."""
    mend: dict[str, list[Finding]] = {}
    find: dict[tuple[str, str], list[Finding]] = {}
    causes: dict[str, tuple[str, str]] = {}
    answer: list[Finding] = []
    for finding in results.findings:
        if finding.waiver is not None:
            continue
        match finding.status:
            case Status.FAIL | Status.WARN:
                mend.setdefault(finding.requirement, []).append(finding)
            case Status.UNKNOWN:
                # Once for each requirement, so that many subjects do not make many steps.
                cause = causes.setdefault(finding.requirement, _cause(finding, catalogue))
                find.setdefault(cause, []).append(finding)
            case Status.MANUAL:
                answer.append(finding)
            case Status.PASS | Status.NOT_APPLICABLE:
                pass
    found = [_mended(name, group, catalogue) for name, group in mend.items()]
    found += [_found_out(team, how, group) for (team, how), group in find.items()]
    if answer:
        found.append(_answered(answer, catalogue))
    return found


def _mended(name: str, group: Sequence[Finding], catalogue: Catalogue) -> Work:
    requirement = catalogue.requirements.get(name)
    first = group[0]
    effort = Effort(_lead(catalogue)) if requirement is None else catalogue.effort(requirement)
    after = frozenset() if requirement is None else frozenset(requirement.depends_on)
    how = next((step for f in group for step in f.remediation), first.observed)
    return Work(Kind.MEND, first.title, how, effort, (name,), tuple(group), after)


def _found_out(team: str, how: str, group: Sequence[Finding]) -> Work:
    what = group[0].title
    if len(group) > 1:
        what = trn(len(group), "{what} ({n} finding)", "{what} ({n} findings)", what=_first(how))
    effort = Effort(team, _HOURS_TO_FIND_OUT)
    return Work(Kind.FIND_OUT, what, how, effort, _names(group), tuple(group))


def _answered(group: Sequence[Finding], catalogue: Catalogue) -> Work:
    names = _names(group)
    effort = Effort(_lead(catalogue), max(0.5, _HOURS_A_QUESTION * len(names)))
    how = tr("Run assess attest with the engagement file, or send its sheet to those who know.")
    what = group[0].title
    if len(names) > 1:
        what = trn(
            len(names),
            "Answer {n} question that only a person can answer",
            "Answer {n} questions that only a person can answer",
        )
    return Work(Kind.ANSWER, what, how, effort, names, tuple(group))


def _cause(finding: Finding, catalogue: Catalogue) -> tuple[str, str]:
    """Who can open what refused, and how: findings that agree in it are found out together."""
    requirement = catalogue.requirements.get(finding.requirement)
    usual = _lead(catalogue) if requirement is None else catalogue.effort(requirement).team
    sources = [line.source for line in finding.evidence if line.source in _OPENS]
    team = _OPENS[sources[-1]] if sources else usual
    how = finding.observed
    if finding.remediation and finding.remediation[0] not in (
        WHATEVER_IT_WAS,
        lookup(WHATEVER_IT_WAS),
    ):
        how = finding.remediation[0]
    if finding.subject:
        how = how.replace(finding.subject, "…")
    return team if team in catalogue.teams else usual, how


def _first(how: str) -> str:
    """The first sentence, short enough for a title."""
    sentence = how.partition(". ")[0].removesuffix(".")
    if len(sentence) <= _LONGEST_TITLE:
        return sentence
    return f"{sentence[:_LONGEST_TITLE].rpartition(' ')[0]}…"


def _names(group: Iterable[Finding]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(finding.requirement for finding in group))


def _lead(catalogue: Catalogue) -> str:
    return next(iter(catalogue.teams), "")
