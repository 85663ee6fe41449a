"""What the engagement file and the run itself answer: keys, attestations, scenario, moment."""

from datetime import date, datetime
from typing import Any, ClassVar, Self

import msgspec

from assess.evidence import ALIASES, Ask, Known
from assess.language import tr

Value = str | bool | int | float | list[Any] | dict[str, Any]


class Key(Ask, frozen=True):
    """The value of one key of the engagement file, e.g. ``Key("cmg.service_name")``.

    An absent key makes the finding ``manual``, naming the key, unless the check takes ``Missing``.
    """

    source: ClassVar[str] = "config"
    answer: ClassVar[Any] = Value
    name: str

    def bind(self, known: Known) -> Self:  # noqa: ARG002 - a key's name is never a pattern
        """The key itself; ``{domain}`` and its like may be written short."""
        return type(self)(ALIASES.get(self.name, self.name))

    def describe(self) -> str:
        """The key as it stands in the engagement file."""
        return tr("the key {} of the engagement file", self.name)


class Attested(msgspec.Struct, frozen=True):
    """What a person said: the answer, who gave it and on which day."""

    answer: bool | str | list[str]
    by: str = ""
    on: date | None = None
    until: date | None = None
    file: str = ""
    note: str = ""

    @property
    def yes(self) -> bool:
        """Answered with yes, or named something (a person, a server)."""
        return bool(self.answer) and str(self.answer).strip().lower() not in {"no", "none", "false"}


class Attestation(Ask, frozen=True):
    """The answer to the requirement's question. Without a name, the requirement under check."""

    source: ClassVar[str] = "attestation"
    answer: ClassVar[Any] = Attested
    requirement: str = ""

    def describe(self) -> str:
        """Whose answer is looked for."""
        return tr("the attestation of {}", self.requirement or tr("this requirement"))


class Scenario(Ask, frozen=True):
    """The scenario that is judged: a check that asks for it is run once for each."""

    source: ClassVar[str] = "config"
    answer: ClassVar[Any] = str


class AsOf(Ask, frozen=True):
    """The moment that is judged from: aware, UTC. A check has no other clock."""

    source: ClassVar[str] = "config"
    answer: ClassVar[Any] = datetime
