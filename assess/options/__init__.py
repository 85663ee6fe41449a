"""Which management option can do what: tables 7 to 11 of the planning document, as data.

What the tables do not say is ``not-stated`` and never counts as support. What has become of an
option since the document was written stands beside it.
"""

import difflib
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from functools import cache, lru_cache
from importlib import resources
from types import MappingProxyType
from typing import NamedTuple

from assess.language import Language, lookup, spoken


class Support(StrEnum):
    """What a table says of a capability, best first."""

    YES = "yes"
    PARTIAL = "partial"
    NOT_STATED = "not-stated"
    NO = "no"


class Fit(StrEnum):
    """What an option comes to for the required capabilities, best first."""

    FITS = "fits"
    PARTLY = "fits with limits"
    OPEN = "the tables do not say"
    LACKS = "does not fit"
    RETIRED = "retired"


class Said(NamedTuple):
    """One cell of a table; ``basis``: stated, inherited from another option, or implied."""

    supported: Support
    basis: str
    note: str = ""


class Option(NamedTuple):
    """A way to manage devices. ``now``: its name today, or what took its place."""

    id: str
    title: str
    available: bool
    now: str
    today: str = ""


class Capability(NamedTuple):
    """Something that an organisation may require; ``support`` by option."""

    id: str
    text: str
    source: str
    section: str
    support: Mapping[str, Said]


class Constraint(NamedTuple):
    """A disadvantage that choosing an option brings; ``source``: the table that has it."""

    id: str
    option: str
    source: str
    text: str


class Tables(NamedTuple):
    """Options in the order of the document; capabilities and constraints by their ids."""

    options: Mapping[str, Option]
    capabilities: Mapping[str, Capability]
    constraints: Mapping[str, Constraint]

    def constraints_of(self, option: str) -> list[Constraint]:
        """What choosing this option brings along."""
        return [one for one in self.constraints.values() if one.option == option]

    def nearest(self, capability: str) -> str:
        """The known capability that a misspelt id may mean, or nothing."""
        return next(iter(difflib.get_close_matches(capability, self.capabilities, 1, 0.6)), "")


class Compared(NamedTuple):
    """One option beside the others: how it fits, what it lacks, and what is accepted of that."""

    option: Option
    fit: Fit
    required: tuple[tuple[Capability, Said], ...]
    constraints: tuple[tuple[Constraint, bool], ...]

    def saying(self, *support: Support) -> list[Capability]:
        """The required capabilities of which the tables say this."""
        return [capability for capability, said in self.required if said.supported in support]


def tables() -> Tables:
    """The tables as they ship with the tool, in the language in force."""
    return _tables_in(spoken()) if spoken().texts else _tables()


def texts_of_tables() -> Iterator[str]:
    """Every text of the tables that a report may show."""
    known = _tables()
    for option in known.options.values():
        yield from (option.title, option.now, option.today)
    for capability in known.capabilities.values():
        yield capability.text
        yield from (said.note for said in capability.support.values())
    yield from (constraint.text for constraint in known.constraints.values())


@lru_cache(maxsize=4)
def _tables_in(_: Language) -> Tables:
    known = _tables()
    return Tables(
        {
            name: one._replace(
                title=lookup(one.title), now=lookup(one.now), today=lookup(one.today)
            )
            for name, one in known.options.items()
        },
        {
            name: one._replace(
                text=lookup(one.text),
                support={
                    option: said._replace(note=lookup(said.note))
                    for option, said in one.support.items()
                },
            )
            for name, one in known.capabilities.items()
        },
        {name: one._replace(text=lookup(one.text)) for name, one in known.constraints.items()},
    )


@cache
def _tables() -> Tables:
    text = resources.files("assess.options").joinpath("tables.toml").read_text(encoding="utf-8")
    data = tomllib.loads(text)
    options = {name: Option(name, **entry) for name, entry in data["options"].items()}
    capabilities = {}
    for row in data["capabilities"]:
        table = data["tables"][row["table"]]
        support = {
            option: Said(Support(cell["supported"]), cell["basis"], cell.get("note", ""))
            for option, cell in row["support"].items()
        }
        capabilities[row["id"]] = Capability(
            row["id"], row["capability"], table["source"], table["section"], support
        )
    constraints = {row["id"]: Constraint(**row) for row in data["constraints"]}
    return Tables(
        MappingProxyType(options), MappingProxyType(capabilities), MappingProxyType(constraints)
    )


def says(capability: str, option: str) -> Support:
    """What the tables say of one capability; nothing of one that they do not know."""
    row = tables().capabilities.get(capability)
    cell = None if row is None else row.support.get(option)
    return Support.NOT_STATED if cell is None else cell.supported


def compare(
    required: Iterable[str], accepted: Iterable[str] = (), *, today: bool
) -> tuple[Compared, ...]:
    """Every option against the required capabilities, in the order of the document.

    An id that the tables do not know leaves every option at ``OPEN`` at best. ``today``: a retired
    option is out of the question, whatever it could do.
    """
    known, wanted, taken = tables(), list(dict.fromkeys(required)), set(accepted)
    strange = any(name not in known.capabilities for name in wanted)
    found = []
    for option in known.options.values():
        rows = tuple(
            (capability, capability.support[option.id])
            for capability in map(known.capabilities.get, wanted)
            if capability is not None
        )
        constraints = tuple((one, one.id in taken) for one in known.constraints_of(option.id))
        fit = Fit.RETIRED if today and not option.available else _fit(rows, strange=strange)
        found.append(Compared(option, fit, rows, constraints))
    return tuple(found)


def _fit(rows: Iterable[tuple[Capability, Said]], *, strange: bool) -> Fit:
    """The worst that a row says; without any row nothing is known."""
    said = {cell.supported for _, cell in rows}
    if Support.NO in said:
        return Fit.LACKS
    if strange or not said or Support.NOT_STATED in said:
        return Fit.OPEN
    return Fit.PARTLY if Support.PARTIAL in said else Fit.FITS
