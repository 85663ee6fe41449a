"""Finds the packs of checks: every package behind an ``assess.checks`` entry point.

The tool meets its own checks the way it meets a stranger's. A module that does not import stops
the run: fewer checks and still green would be the worst failure there is.
"""

import importlib
import pkgutil
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from importlib import metadata, resources
from pathlib import Path
from types import ModuleType
from typing import Any

from assess.catalogue import Catalogue, Requirement, catalogue_of, requirements_of, translated
from assess.check import Check
from assess.engagement import Engagement
from assess.errors import CheckDefinitionError
from assess.language import ENGLISH, Language, spoken
from assess.language.files import language_of

GROUP = "assess.checks"
# A checkout that was never installed has no entry points of its own.
_BUILTIN = ("builtin", "checks")


@dataclass(frozen=True)
class Pack:
    """One package of checks: where it comes from and how many it brings."""

    name: str
    module: str
    version: str
    checks: int
    requirements: int


@dataclass(frozen=True)
class Library:
    """All that is known: the catalogue, the checks by requirement, and the packs they come from."""

    catalogue: Catalogue
    checks: Mapping[str, Check]
    packs: tuple[Pack, ...]


def packages() -> list[tuple[str, str, str]]:
    """Name, module and version of each pack, the built-in one first."""
    found = {}
    for point in metadata.entry_points(group=GROUP):
        version = point.dist.version if point.dist is not None else ""
        found[point.value] = (point.name, point.value, version)
    name, module = _BUILTIN
    builtin = found.pop(module, (name, module, ""))
    return [builtin, *sorted(found.values())]


def library() -> Library:
    """All that is known, in the language in force.

    Raises CheckDefinitionError, naming the pack that is at fault.
    """
    return _library_in(spoken()) if spoken().texts else _library()


def language(code: str, own: Path | None = None) -> Language:
    """The language of that code, of the tool and of every pack; ``own`` lies over it.

    Raises EngagementError where there is none, or the file cannot be used.
    """
    return language_of(code, ("assess", *(module for _, module, _ in packages())), own)


def with_language(engagement: Engagement, code: str | None) -> Engagement:
    """The engagement with the language that the command line names; None: its own."""
    if code is None:
        return engagement
    return engagement.having({"report.language": code})


def language_for(engagement: Engagement) -> Language:
    """The language of an engagement's reports. Raises EngagementError where it cannot be had."""
    code = str(engagement.get("report.language") or ENGLISH.code)
    return language(code, engagement.path("report.texts"))


@lru_cache(maxsize=4)
def _library_in(_: Language) -> Library:
    known = _library()
    return replace(known, catalogue=translated(known.catalogue))


@cache
def _library() -> Library:
    requirements: list[Requirement] = []
    documents: dict[str, Any] = {"areas": {}, "scenarios": {}, "documents": {}}
    checks: dict[str, Check] = {}
    packs = []
    for name, module, version in packages():
        found, asked = _checks_of(module), _catalogue_of(module, documents)
        for one in found:
            if one.requirement in checks:
                raise CheckDefinitionError(
                    f"{one.name} and {checks[one.requirement].name} both decide {one.requirement}"
                )
            checks[one.requirement] = one
        requirements += asked
        packs.append(Pack(name, module, version, len(found), len(asked)))
    catalogue = catalogue_of(documents, requirements)
    if unknown := set(checks) - set(catalogue.requirements):
        raise CheckDefinitionError(f"checks without a requirement: {', '.join(sorted(unknown))}")
    if not checks:
        raise CheckDefinitionError("no checks were found; is the package installed whole?")
    return Library(catalogue, checks, tuple(packs))


def _modules(name: str) -> list[ModuleType]:
    try:
        root = importlib.import_module(name)
        inner = pkgutil.walk_packages(root.__path__, f"{name}.")
        return [root, *(importlib.import_module(info.name) for info in inner)]
    except (Exception, SystemExit) as error:
        raise CheckDefinitionError(f"the checks of {name} cannot be imported: {error}") from error


def _checks_of(name: str) -> list[Check]:
    found: dict[int, Check] = {}
    for module in _modules(name):
        for value in vars(module).values():
            if isinstance(value, Check) and value.function.__module__ == module.__name__:
                found[id(value)] = value
    return list(found.values())


def _catalogue_of(name: str, documents: dict[str, Any]) -> list[Requirement]:
    requirements = []
    for entry in sorted(resources.files(name).iterdir(), key=lambda entry: entry.name):
        if not entry.name.endswith(".toml"):
            continue
        text = entry.read_text(encoding="utf-8")
        if entry.name == "documents.toml":
            for section, table in tomllib.loads(text).items():
                if isinstance(table, dict):
                    documents.setdefault(section, {}).update(table)
                else:
                    documents.setdefault(section, []).extend(table)
        else:
            requirements += requirements_of(name, entry.name.removesuffix(".toml"), text)
    return requirements
