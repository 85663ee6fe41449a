"""The catalogue: what the documents ask for, as data. One file an area, beside its checks.

A requirement's id is the area (the name of the file) and its name in the file. The documents, the
scenarios and the areas stand in documents.toml of the pack that brings them.
"""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from assess.errors import CheckDefinitionError
from assess.language import lookup
from assess.model import Necessity, Severity
from assess.proposals import fault

_WORDS = {"available", "moved", "retired", "verify"}
_MENDED = ("fail", "warn")


@dataclass(frozen=True)
class Source:
    """A place in a document that asks for a requirement."""

    document: str
    section: str
    step: str
    url: str | None = None


@dataclass(frozen=True)
class Clause:
    """A condition on a key of the engagement file; outside ``values`` nothing is asked for."""

    key: str
    values: tuple[Any, ...]


@dataclass(frozen=True)
class Effort:
    """What it takes to mend or find out something, roughly: an experienced person's estimate.

    ``team``: who has the rights; ``hours``: of work; ``wait_days``: working days until what was
    done takes effect, and ``waits_for`` names what is waited for.
    """

    team: str
    hours: float = 1.0
    wait_days: float = 0.0
    waits_for: str = ""


@dataclass(frozen=True)
class Command:
    """A command that would mend what is found, to be filled in; see ``assess.proposals``.

    ``when``: the statuses that it is offered for. ``only`` and ``unless``: conditions on keys, or
    on the subject; a key that is not set meets none. ``about``: keys of files, one of which must be
    the subject. ``use`` names a text of documents.toml.
    """

    kind: str = ""
    text: str = ""
    when: tuple[str, ...] = _MENDED
    only: tuple[Clause, ...] = ()
    unless: tuple[Clause, ...] = ()
    about: tuple[str, ...] = ()
    use: str = ""


@dataclass(frozen=True)
class Issue:
    """Where a document contradicts itself or another, and the requirements that it matters to."""

    document: str
    section: str
    kind: str
    text: str
    affects: tuple[str, ...]


@dataclass(frozen=True)
class Requirement:
    """One thing that a document asks for, whether or not a check measures it.

    ``passes``, ``warns``, ``fails`` and ``unknown`` are the criteria in words; an empty one means
    that there is no such level. ``remediation`` may hold ``{subject}`` and keys in braces.
    """

    id: str
    pack: str
    title: str
    scenarios: tuple[str, ...]
    necessity: Necessity
    severity: Severity
    automation: str
    availability: str
    statement: str
    passes: str
    sources: tuple[Source, ...]
    remediation: tuple[str, ...]
    warns: str = ""
    fails: str = ""
    unknown: str = ""
    consequence: str = ""
    availability_note: str = ""
    applies_when: str = ""
    applies: tuple[Clause, ...] = ()
    question: str = ""
    answered_no: str = "fail"
    necessity_in: Mapping[str, Necessity] | None = None
    expected_in: Mapping[str, str] | None = None
    evidence: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    depends_on: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    effort: Mapping[str, Any] | None = None
    commands: tuple[Command, ...] = ()

    @property
    def area(self) -> str:
        """The area of the report: the part of the id before the dot."""
        return self.id.partition(".")[0]

    def necessity_for(self, scenario: str) -> Necessity:
        """How strongly this scenario asks for it."""
        return (self.necessity_in or {}).get(scenario, self.necessity)


@dataclass(frozen=True)
class Document:
    """One of the documents: what it was, and what has become of its subject."""

    id: str
    title: str
    date: str
    status: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Catalogue:
    """Everything that can be asked for, in the order of the areas."""

    requirements: Mapping[str, Requirement]
    areas: Mapping[str, str]
    scenarios: Mapping[str, str]
    documents: Mapping[str, Document]
    teams: Mapping[str, str] = field(default_factory=dict)
    efforts: Mapping[str, Effort] = field(default_factory=dict)
    issues: tuple[Issue, ...] = ()

    def effort(self, requirement: Requirement) -> Effort:
        """What a requirement takes: what its area takes, but for what its entry says itself."""
        usual = self.efforts.get(requirement.area, Effort(next(iter(self.teams), "")))
        return replace(usual, **(requirement.effort or {}))

    def selected(self, scenarios: Iterable[str]) -> list[Requirement]:
        """The requirements of the chosen scenarios, in the order of the catalogue."""
        wanted = set(scenarios)
        return [r for r in self.requirements.values() if wanted & set(r.scenarios)]


def requirements_of(pack: str, area: str, text: str) -> list[Requirement]:
    """The requirements in one area file. Raises CheckDefinitionError with the place."""
    try:
        entries = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise CheckDefinitionError(f"{pack}/{area}.toml: {error}") from error
    return [_requirement(pack, f"{area}.{name}", entry) for name, entry in entries.items()]


def _requirement(pack: str, name: str, entry: dict[str, Any]) -> Requirement:
    fields: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in entry.items()
    }
    for word, name_of_field in (("pass", "passes"), ("warn", "warns"), ("fail", "fails")):
        if word in fields:
            fields[name_of_field] = fields.pop(word)
    try:
        fields["necessity"] = Necessity(fields["necessity"])
        fields["severity"] = Severity(fields["severity"])
        fields["necessity_in"] = {
            scenario: Necessity(word) for scenario, word in fields.get("necessity_in", {}).items()
        }
        fields["sources"] = tuple(Source(**source) for source in fields["sources"])
        fields["applies"] = tuple(
            Clause(clause["key"], tuple(clause["is"])) for clause in fields.get("applies", ())
        )
        fields["commands"] = tuple(_command(one) for one in fields.get("commands", ()))
        requirement = Requirement(id=name, pack=pack, **fields)
    except (KeyError, TypeError, ValueError) as error:
        raise CheckDefinitionError(
            f"{pack}: the requirement {name} is written wrongly: {error}"
        ) from error
    if requirement.availability not in _WORDS or requirement.answered_no not in {"warn", "fail"}:
        raise CheckDefinitionError(f"{pack}: the requirement {name} has an unknown word")
    if not (requirement.scenarios and requirement.sources and requirement.remediation):
        raise CheckDefinitionError(
            f"{pack}: the requirement {name} lacks scenario, source or remedy"
        )
    return requirement


def _command(entry: Mapping[str, Any]) -> Command:
    fields = dict(entry)
    when = fields.pop("when", _MENDED)
    fields["when"] = (when,) if isinstance(when, str) else tuple(when)
    fields["about"] = tuple(fields.pop("about", ()))
    for name in ("only", "unless"):
        fields[name] = tuple(Clause(one["key"], tuple(one["is"])) for one in fields.get(name, ()))
    return Command(**fields)


def _with_commands(requirement: Requirement, texts: Mapping[str, Any]) -> Requirement:
    """The requirement, each command with its text. Raises CheckDefinitionError for a wrong one."""
    commands = []
    for command in requirement.commands:
        if command.use:
            if command.use not in texts:
                raise CheckDefinitionError(f"{requirement.id} uses no known text: {command.use}")
            shared = texts[command.use]
            command = replace(command, kind=shared["kind"], text=shared["text"])  # noqa: PLW2901
        wrong = fault(command.kind, command.text)
        if wrong or not command.text.strip() or not set(command.when) <= set(_MENDED):
            raise CheckDefinitionError(
                f"a command of {requirement.id} is written wrongly: {wrong or command.when}"
            )
        commands.append(command)
    return replace(requirement, commands=tuple(commands))


def _issue(entry: Mapping[str, Any], known: Mapping[str, Requirement]) -> Issue:
    try:
        issue = Issue(**{**entry, "affects": tuple(entry["affects"])})
    except (KeyError, TypeError) as error:
        raise CheckDefinitionError(f"an issue is written wrongly: {error}: {entry}") from error
    if dangling := set(issue.affects) - set(known):
        raise CheckDefinitionError(f"an issue affects unknown requirements: {sorted(dangling)}")
    return issue


def catalogue_of(documents: Mapping[str, Any], requirements: Iterable[Requirement]) -> Catalogue:
    """The catalogue, with every reference resolved. Raises CheckDefinitionError."""
    areas = dict(documents.get("areas", {}))
    titles = {name: entry["title"] for name, entry in documents.get("scenarios", {}).items()}
    papers = {
        name: Document(
            name, entry["title"], str(entry["date"]), entry["status"], tuple(entry["notes"])
        )
        for name, entry in documents.get("documents", {}).items()
    }
    teams = dict(documents.get("teams", {}))
    usual = documents.get("efforts", {})
    efforts = {area: _effort(area, entry, teams) for area, entry in usual.items()}
    known: dict[str, Requirement] = {}
    for requirement in requirements:
        if requirement.id in known:
            raise CheckDefinitionError(f"the requirement {requirement.id} is defined twice")
        known[requirement.id] = _with_commands(requirement, documents.get("commands", {}))
    order = list(areas)
    for requirement in known.values():
        if requirement.area not in areas:
            areas[requirement.area] = requirement.area.capitalize()
            order.append(requirement.area)
        for what, names, there in (
            ("document", {source.document for source in requirement.sources}, papers),
            ("scenario", set(requirement.scenarios), titles),
            ("requirement", set(requirement.depends_on), known),
        ):
            if dangling := names - set(there):
                raise CheckDefinitionError(
                    f"{requirement.id} refers to an unknown {what}: {', '.join(sorted(dangling))}"
                )
    ordered = sorted(known.values(), key=lambda requirement: order.index(requirement.area))
    issues = tuple(_issue(entry, known) for entry in documents.get("issues", ()))
    catalogue = Catalogue(
        {r.id: r for r in ordered}, areas, titles, papers, teams, efforts, issues
    )
    for requirement in ordered:
        if requirement.effort is not None:
            of_area = vars(efforts.get(requirement.area, Effort(next(iter(teams), ""))))
            _effort(requirement.id, {**of_area, **requirement.effort}, teams)
    return catalogue


def _effort(where: str, entry: Mapping[str, Any], teams: Mapping[str, str]) -> Effort:
    try:
        effort = Effort(**entry)
    except TypeError as error:
        raise CheckDefinitionError(f"the effort of {where} is written wrongly: {error}") from error
    if effort.team not in teams or effort.hours <= 0 or effort.wait_days < 0:
        raise CheckDefinitionError(f"the effort of {where} names no team, or no time: {effort}")
    return effort


def texts_of(catalogue: Catalogue) -> Iterator[tuple[str, str]]:
    """Every text that a report may show, with the name of the file it stands in."""
    for requirement in catalogue.requirements.values():
        effort = requirement.effort or {}
        yield from (
            (requirement.area, text)
            for text in (
                *(getattr(requirement, name) for name in _SHOWN),
                *(requirement.expected_in or {}).values(),
                *requirement.remediation,
                str(effort.get("waits_for", "")),
                *(said for command in requirement.commands for said in _remarks(command.text)),
                *(one.step for one in requirement.sources if _PLACE.search(one.step)),
            )
            if text
        )
    for text in (
        *catalogue.areas.values(),
        *catalogue.scenarios.values(),
        *catalogue.teams.values(),
        *(paper.status for paper in catalogue.documents.values()),
        *(paper.date for paper in catalogue.documents.values() if "(" in paper.date),
        *(effort.waits_for for effort in catalogue.efforts.values()),
        *(issue.text for issue in catalogue.issues),
    ):
        if text:
            yield "documents", text


def translated(catalogue: Catalogue) -> Catalogue:
    """The catalogue in the language in force. Titles and sections of the documents stay theirs."""
    return replace(
        catalogue,
        requirements={name: _own(one) for name, one in catalogue.requirements.items()},
        areas=_own_values(catalogue.areas),
        scenarios=_own_values(catalogue.scenarios),
        teams=_own_values(catalogue.teams),
        documents={
            name: replace(paper, status=lookup(paper.status), date=lookup(paper.date))
            for name, paper in catalogue.documents.items()
        },
        efforts={
            area: replace(effort, waits_for=lookup(effort.waits_for))
            for area, effort in catalogue.efforts.items()
        },
        issues=tuple(replace(issue, text=lookup(issue.text)) for issue in catalogue.issues),
    )


_SHOWN = ("title", "statement", "consequence", "passes", "availability_note", "question")
# What a command says to whoever reads it: a line of its own, in PowerShell or in a certreq file.
_REMARK = re.compile(r"^([#;] )(.+)$", re.MULTILINE)
# Our words for where in a section something stands; other words there are the document's.
_PLACE = re.compile(
    r"\b(?:bullets?|checklist|column|heading|include|intro|list|paragraphs?|prerequisite|record|row"
    r"|sentences|table|values|Figure|Table)\b"
)


def _remarks(text: str) -> list[str]:
    return [said[2] for said in _REMARK.finditer(text)]


def _own(requirement: Requirement) -> Requirement:
    changed: dict[str, Any] = {name: lookup(getattr(requirement, name)) for name in _SHOWN}
    if requirement.effort and "waits_for" in requirement.effort:
        waits_for = lookup(requirement.effort["waits_for"])
        changed["effort"] = {**requirement.effort, "waits_for": waits_for}
    return replace(
        requirement,
        remediation=tuple(map(lookup, requirement.remediation)),
        commands=tuple(
            replace(one, text=_REMARK.sub(lambda said: said[1] + lookup(said[2]), one.text))
            for one in requirement.commands
        ),
        expected_in=_own_values(requirement.expected_in or {}),
        sources=tuple(replace(one, step=lookup(one.step)) for one in requirement.sources),
        **changed,
    )


def _own_values(texts: Mapping[str, str]) -> dict[str, str]:
    return {name: lookup(text) for name, text in texts.items()}
