"""`assess checks [list|show ID]`: the catalogue."""

import difflib
from dataclasses import asdict
from typing import Any

import click

from assess.catalogue import Requirement
from assess.commands import options
from assess.coverage import kind_of
from assess.discover import Library, library
from assess.errors import EngagementError
from assess.output import listing, put, put_json


@click.group("checks", invoke_without_command=True)
@options.json_option
@click.pass_context
def command(context: click.Context, *, as_json: bool) -> int | None:
    """List the requirements with their checks, sources and documents, or show one whole."""
    if context.invoked_subcommand is None:
        return _list(as_json=as_json)
    return None


@command.command("list")
@options.json_option
def list_command(*, as_json: bool) -> int:
    """Every requirement: id, check, sources, documents, title."""
    return _list(as_json=as_json)


def _list(*, as_json: bool) -> int:
    known = library()
    rows = [_row(known, requirement) for requirement in known.catalogue.requirements.values()]
    if as_json:
        put_json(
            [
                {**row, "sources": row["sources"].split(), "documents": row["documents"].split()}
                for row in rows
            ]
        )
    else:
        heads = ("requirement", "check", "sources", "documents", "title")
        listing([h.capitalize() for h in heads], [[row[h] or "-" for h in heads] for row in rows])
    return 0


def _row(known: Library, requirement: Requirement) -> dict[str, Any]:
    check = known.checks.get(requirement.id)
    return {
        "requirement": requirement.id,
        "check": None if check is None else check.name,
        "sources": " ".join(requirement.evidence),
        "documents": " ".join(dict.fromkeys(source.document for source in requirement.sources)),
        "title": requirement.title,
    }


@command.command("show", epilog="Example: assess checks show dns.cmg-cname")
@click.argument("requirement")
@options.json_option
def show(requirement: str, *, as_json: bool) -> int:
    """One requirement whole: criteria, sources, remedy, and the place that asks for it."""
    known = library()
    found = known.catalogue.requirements.get(requirement)
    if found is None:
        near = difflib.get_close_matches(requirement, known.catalogue.requirements, 3, 0.4)
        raise EngagementError(
            f"{requirement} is no requirement; near it: {', '.join(near) or 'none'}. "
            "`assess checks` lists all."
        )
    check = known.checks.get(found.id)
    if as_json:
        put_json({**asdict(found), "check": None if check is None else check.name})
        return 0
    lines = [
        found.title, f"id          {found.id}", f"check       {check.name if check else 'none'}",
        f"covered     {kind_of(found, check)}",
        f"scenarios   {', '.join(found.scenarios)}",
        f"weight      {found.severity}, {found.necessity}",
        f"sources     {', '.join(found.evidence)}",
        "", found.statement, "",
    ]  # fmt: skip
    for word, text in (
        ("pass", found.passes), ("warn", found.warns), ("fail", found.fails),
        ("unknown", found.unknown),
        ("applies", found.applies_when), ("question", found.question),
    ):  # fmt: skip
        if text:
            lines.append(f"{word:11} {text}")
    lines += ["", *(f"{n}. {step}" for n, step in enumerate(found.remediation, 1)), ""]
    for one in found.commands:
        lines += [f"proposed when {' or '.join(one.when)} ({one.kind}), never run:"]
        lines += [f"    {line}" for line in one.text.strip().splitlines()] + [""]
    if found.availability_note:
        lines += [f"{found.availability}: {found.availability_note}", ""]
    lines += [
        f"{issue.kind} in {issue.document} › {issue.section}: {issue.text}"
        for issue in known.catalogue.issues
        if found.id in issue.affects
    ]
    lines += [f"{source.document} › {source.section} › {source.step}" for source in found.sources]
    put("\n".join(lines))
    return 0
