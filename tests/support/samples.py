"""Results to render: of any size, with every status, many subjects and hostile texts.

Built on the catalogue that ships, so that titles, areas and references are the real ones. The same
arguments give the same results.
"""

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from importlib import resources
from itertools import cycle, islice

import msgspec

from assess.catalogue import Catalogue, Requirement, catalogue_of, requirements_of
from assess.model import Necessity, Status, Verdict, Weighed, verdict
from assess.proposals import filled
from assess.results import (
    CommentOf,
    EngagementSummary,
    EvidenceLine,
    Finding,
    Proposal,
    Reference,
    Results,
    SourceOf,
    TableOf,
    Tool,
    VerdictOf,
    WaiverOf,
    score,
)

AS_OF = datetime(2026, 11, 20, 21, 10, tzinfo=UTC)
TWO = ("co-management-pki", "co-management-internet")
FIVE = (
    "hybrid-mdm",
    "co-management-pki",
    "co-management-internet",
    "corporate-owned-ios",
    "management-option-choice",
)
NOT_ASSESSED = "not assessed by this version"
# The mix of an ordinary customer; walked through again and again.
MIX = (
    "pass", "pass", "fail", "pass", "unknown", "pass", "pass", "manual", "pass", "warn", "pass",
    "pass", "not-applicable", "unassessed", "pass", "pass", "refused", "pass", "pass", "unassessed",
    "pass", "pass", "unassessed", "pass", "pass", "waived",
)  # fmt: skip

HOSTILE = (
    "<script>alert('x')</script>",
    "</style><script>alert(1)</script>",
    "</script><img src=x onerror=alert(1)>",
    '" onmouseover="alert(1)" x="',
    "{{ 7 * 7 }} {% raw %} {# note #}",
    '=HYPERLINK("http://evil.test";"click")',
    "+1+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "\t=1+1",
    "a\u202egnp.exe \u2066b\u2069 \u200bc",
    "javascript:alert(1)",
    "&lt;b&gt; &amp; <b>bold</b> ]]> <!-- -->",
    "x" * 1800,
    "CN=" + "very-long-name-without-a-break." * 60,
    "日本語 العربية עברית ελληνικά кириллица 🔥",
    "",
)


@cache
def catalogue() -> Catalogue:
    """The catalogue that ships, without the code of the checks."""
    requirements: list[Requirement] = []
    documents: dict[str, object] = {}
    for entry in sorted(resources.files("checks").iterdir(), key=lambda entry: entry.name):
        if entry.name == "documents.toml":
            documents = tomllib.loads(entry.read_text(encoding="utf-8"))
        elif entry.name.endswith(".toml"):
            area = entry.name.removesuffix(".toml")
            requirements += requirements_of("builtin", area, entry.read_text(encoding="utf-8"))
    return catalogue_of(documents, requirements)


def sample(
    size: int | None = None,
    *,
    scenarios: tuple[str, ...] = TWO,
    customer: str = "Contoso",
    mix: Iterable[str] = MIX,
    hostile: bool = False,
    verbose: bool = False,
    commented: bool = False,
    started: datetime = AS_OF,
) -> Results:
    """Results with ``size`` findings (default: one a requirement of the scenarios).

    More findings than requirements become further subjects. ``mix``: the statuses, repeated; also
    ``unassessed``, ``refused`` and ``waived``. ``hostile``: every text is an attack in turn.
    ``verbose``: texts a third longer, with long German compounds. ``commented``: every third finding
    bears a comment, and there is a covering letter.
    """
    requirements = catalogue().selected(scenarios)
    wanted = len(requirements) if size is None else size
    findings: list[Finding] = []
    kinds = cycle(tuple(mix))
    for number, (requirement, subject) in enumerate(islice(_subjects(requirements), wanted)):
        mine = tuple(name for name in scenarios if name in requirement.scenarios)
        texts = _Texts(number, started, hostile, verbose)
        finding = _finding(requirement, subject, mine, next(kinds), texts)
        if commented and number % 3 == 0:
            said = CommentOf(texts(f"Seen with the owner of {finding.id}.", 8), texts("N. Weber", 9))
            finding = msgspec.structs.replace(finding, comment=said)
        findings.append(finding)
    if hostile:
        customer = f"{customer} <b>&\"'</b> {HOSTILE[0]}"
    tables = [f for f in findings if f.status is Status.FAIL and f.area == "identity"][:2]
    return Results(
        schema_version="1.0",
        tool=Tool("assess", "1.0"),
        engagement=EngagementSummary(
            "contoso", customer, scenarios, "contoso.onmicrosoft.com", "CT1"
        ),
        as_of=started,
        started_at=started,
        finished_at=started + timedelta(seconds=95),
        verdicts=tuple(_verdict(scenario, findings) for scenario in scenarios),
        findings=tuple(_blocked(findings)),
        tables=tuple(
            TableOf(f"users-{number}", f.id, 1284) for number, f in enumerate(tables)
        ),
        sources=_sources(_Texts(0, started, hostile, verbose)),
        letter=_letter(hostile=hostile) if commented else "",
    )


def _letter(*, hostile: bool) -> str:
    attacks = "\n\n".join(HOSTILE) if hostile else ""
    return f"# Dear reader\n\nThis is *our* view, in two parts:\n\n1. findings\n2. a plan\n\n{attacks}"


def _subjects(requirements: list[Requirement]) -> Iterator[tuple[Requirement, str | None]]:
    """Each requirement once, a few of them with subjects, then more subjects without end."""
    for number, requirement in enumerate(requirements):
        yield requirement, _subject(requirement, 0) if number % 3 == 0 else None
    if requirements:
        many = requirements[:: max(1, len(requirements) // 12)]
        round_ = 1
        while True:
            for requirement in many:
                yield requirement, _subject(requirement, round_)
            round_ += 1


def _subject(requirement: Requirement, number: int) -> str:
    kinds = {"dns": "contoso{}.com", "identity": "corp{}.contoso.local", "cert": "contoso-cmg{}.pfx"}
    return kinds.get(requirement.area, "srv-cm{}.corp.contoso.com").format(number or "")


@dataclass(frozen=True)
class _Texts:
    """How the texts of one finding are spoilt; ``place`` makes each of them another attack."""

    number: int
    started: datetime
    hostile: bool
    verbose: bool

    def __call__(self, text: str, place: int = 0) -> str:
        if self.hostile:
            return f"{HOSTILE[(self.number + place) % len(HOSTILE)]} {text}"
        if self.verbose:
            words = " Voraussetzungsprüfungsergebnis der Zertifikatsperrlistenverteilungspunkte"
            return f"{text}{words[: max(14, len(text) // 3)]}"
        return text


_MADE_UP = {
    "site.code": "PS1", "tenant.id": "11111111-2222-4333-8444-555555555555", "cloud.environment": "Global",
    "cloud.graph": "https://graph.microsoft.com", "cmg.expected_instances": "2",
    "mdm.enrollment_group_ids": "22222222-3333-4444-8555-666666666666",
}  # fmt: skip
_REFUSALS = (
    "Graph refused /subscribedSkus: 403 Authorization_RequestDenied, no Organization.Read.All",
    "dc01.corp.contoso.com:636 gave no answer in 10 s; the control connection succeeded",
    "[site] is not set up in contoso.toml",
)
_MENDS = (
    "Grant the application Organization.Read.All, and give admin consent.",
    "Open port 636 from the assessing host to dc01.corp.contoso.com.",
    "Fill in [site] provider_fqdn in contoso.toml.",
)


def _finding(
    requirement: Requirement,
    subject: str | None,
    scenarios: tuple[str, ...],
    kind: str,
    texts: _Texts,
) -> Finding:
    """One finding, worded as the engine words it."""
    if subject is not None:
        subject = texts(subject) if texts.hostile else subject
    named = subject or "Contoso"
    expected, remedy = requirement.passes, requirement.remediation
    summary = requirement.consequence or requirement.statement
    refusal = texts.number % len(_REFUSALS)
    status = Status.PASS
    match kind:
        case "unassessed":
            status, observed = Status.UNKNOWN, f"Not assessed: {NOT_ASSESSED}"
            remedy = (f"Confirm by hand: {requirement.passes}",)
        case "refused" | "unknown":
            status, observed = Status.UNKNOWN, f"Not assessed: {_REFUSALS[refusal]}"
            remedy = (_MENDS[refusal], "Run the assessment again.")
            summary = "Nobody has said that this is in order, and nobody has said that it is not."
        case "manual":
            status, observed = Status.MANUAL, "not answered"
            expected = requirement.question or "Has this been confirmed with its owner?"
            remedy = (f'Answer the question in contoso.toml: [attestations] "{requirement.id}" = {{ answer = …, by = "…", on = … }}.',)
            summary = "Only a person can say this."
        case "fail" | "waived":
            status, observed = Status.FAIL, requirement.fails or "It is not so."
        case "warn":
            status, observed = Status.WARN, requirement.warns or "It works, but not as planned."
        case "not-applicable":
            status, observed, remedy = Status.NOT_APPLICABLE, "Does not apply: cdp.enabled is false", ()
        case _:
            status, observed, remedy = Status(kind), "as it should be", ()
    if status in (Status.FAIL, Status.WARN):
        remedy = (f"{named}: {remedy[0]}", *remedy[1:])
    evidence = () if kind == "unassessed" else _evidence(requirement, named, observed, texts)
    waiver = None
    if kind == "waived":
        waiver = WaiverOf(texts("Accepted until the new name is bought.", 7), "R. Keller", date(2027, 1, 31))
    return Finding(
        id=f"{requirement.id}[{subject}]" if subject else requirement.id,
        requirement=requirement.id,
        check=None if kind == "unassessed" else requirement.id.replace("-", "_"),
        subject=subject,
        scenarios=scenarios,
        status=status,
        severity=requirement.severity,
        necessity=requirement.necessity_for(scenarios[0]),
        availability=requirement.availability,
        title=requirement.title,
        summary=texts(summary, 1),
        expected=texts(expected, 2),
        observed=texts(observed, 3) if kind != "unassessed" else observed,
        evidence=evidence,
        remediation=tuple(texts(step, 4) for step in remedy),
        references=tuple(Reference(s.document, s.section, s.step, s.url) for s in requirement.sources),
        waiver=waiver,
        area=requirement.area,
        commands=_commands(requirement, status, subject, texts),
        unasked="no-check" if kind == "unassessed" else "",
    )


def _commands(
    requirement: Requirement, status: Status, subject: str | None, texts: _Texts
) -> tuple[Proposal, ...]:
    """The requirement's commands, a value made up for each name."""
    if status not in (Status.FAIL, Status.WARN):
        return ()
    if texts.hostile:
        return (Proposal(texts("powershell", 8), texts("Set-Thing\n-Name x", 9)),)
    made = (
        (one.kind, filled(one.kind, one.text, lambda name: (_MADE_UP.get(name, "contoso.com"),)))
        for one in requirement.commands[:1]
    )
    return tuple(Proposal(kind, text) for kind, text in made if text is not None)


def _evidence(
    requirement: Requirement, named: str, observed: str, texts: _Texts
) -> tuple[EvidenceLine, ...]:
    sources = requirement.evidence or ("config",)
    count = 1 + texts.number % 3 if texts.number % 17 else 12
    return tuple(
        EvidenceLine(
            source,
            texts(f"{source}://{named}/{requirement.id}", 5),
            texts(observed, 6),
            None if line == 3 else texts.started + timedelta(seconds=line + texts.number % 60),
        )
        for line, source in enumerate(islice(cycle(sources), count))
    )


def _blocked(findings: list[Finding]) -> Iterator[Finding]:
    opened = {f.requirement for f in findings if f.status in (Status.FAIL, Status.UNKNOWN, Status.MANUAL)}
    for finding in findings:
        if finding.status in (Status.PASS, Status.NOT_APPLICABLE):
            yield finding
        else:
            needs = catalogue().requirements[finding.requirement].depends_on
            yield msgspec.structs.replace(
                finding, blocked_by=tuple(name for name in needs if name in opened)
            )


def _verdict(scenario: str, findings: list[Finding]) -> VerdictOf:
    mine = [finding for finding in findings if scenario in finding.scenarios]
    word: Verdict = verdict(Weighed(f.status, f.necessity, f.waiver is not None) for f in mine)
    counts: Mapping[str, int] = {s.value: sum(f.status is s for f in mine) for s in Status}
    blockers = tuple(
        f.id
        for f in mine
        if f.status is Status.FAIL and f.necessity is Necessity.REQUIRED and f.waiver is None
    )
    return VerdictOf(scenario, word, score(mine), dict(counts), blockers)


def _sources(texts: _Texts) -> tuple[SourceOf, ...]:
    return (
        SourceOf("dns", "ok", "38 of 38 questions answered", 76, 1.204),
        SourceOf("graph", "partial", texts(f"11 of 12 questions answered: {_REFUSALS[0]}", 1), 19, 4.81),
        SourceOf("ldap", "failed", texts(f"0 of 6 questions answered: {_REFUSALS[1]}", 2), 6, 30.0),
        SourceOf("certificate-file", "ok", "4 of 4 questions answered", 4, 0.02),
        SourceOf("adminservice", "skipped", _REFUSALS[2], 0, 0.0),
    )


