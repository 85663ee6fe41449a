"""All that the author of a check needs: ``@check``, the outcomes, and the questions.

    @check("dns.enterprise-registration-cname", subjects="tenant.public_domains")
    def enterprise_registration_cname(
        aliases: Annotated[Aliases, Cname("enterpriseregistration.{domain}")],
    ) -> Outcomes:
        \"\"\"Pass when the alias leads to the device registration service.\"\"\"

The signature says what is needed: the type is what the check receives, the ``Ask`` beside it the
question. A question that nobody answered makes every finding of the check ``unknown`` without the
check being called, unless its type says ``| Missing``: then the check decides without it. A check
does no I/O and has no clock.
"""

import inspect
import types
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Annotated, Any, TypeAlias, TypeVar, Union, get_args, get_origin, get_type_hints

from assess.errors import CheckDefinitionError
from assess.evidence import Ask, Missing, Note, Table
from assess.evidence.config import AsOf, Attestation, Attested, Key, Scenario
from assess.language import lookup, msg, spoken, tr, trn
from assess.model import (
    Ends,
    Fail,
    Manual,
    NotApplicable,
    Outcome,
    Pass,
    Rows,
    Unknown,
    Warn,
)
from assess.model import worst as worst_of

__all__ = [
    "AsOf", "Ask", "Attestation", "Attested", "Check", "Ends", "Fail", "Key", "Manual", "Missing",
    "NotApplicable", "Note", "Outcome", "Outcomes", "Pass", "Rows", "Scenario", "Table",
    "Unknown", "Warn", "check", "msg", "tr", "trn", "unavailable", "worst",
]  # fmt: skip

Outcomes: TypeAlias = Iterable[Outcome]
_Said = TypeVar("_Said", bound=Outcome)
_TEXTS = ("expected", "observed", "because", "question", "summary")


@dataclass(frozen=True)
class Need:
    """One parameter of a check: the question, and whether the check can do without the answer."""

    ask: Ask
    optional: bool


@dataclass(frozen=True)
class Check:
    """A check: callable, with the requirement it decides and the questions it needs answered."""

    requirement: str
    function: Callable[..., Outcomes]
    needs: dict[str, Need]
    subjects: str | None
    pack: str

    @property
    def name(self) -> str:
        """Where the check stands: module and function."""
        return f"{self.function.__module__}.{self.function.__qualname__}"

    @property
    def asks(self) -> tuple[Ask, ...]:
        """The questions, unbound, in the order of the signature."""
        return tuple(need.ask for need in self.needs.values())

    @property
    def per_scenario(self) -> bool:
        """The check asks which scenario is judged, and so is run once for each."""
        return any(isinstance(ask, Scenario) for ask in self.asks)

    def __call__(self, *args: Any, **kwargs: Any) -> list[Outcome]:  # noqa: ANN401
        """The outcomes, one for each subject. Tests call a check with evidence made by hand."""
        return list(self.function(*args, **kwargs))


def check(
    requirement: str, *, subjects: str | None = None
) -> Callable[[Callable[..., Outcomes]], Check]:
    """Make a function the check of a requirement of the catalogue; registers nothing.

    ``subjects`` names the key of the engagement file that lists the subjects, so that a source
    that refuses costs one ``unknown`` for each of them, with the ids that an answer would have.
    """

    def decorate(function: Callable[..., Outcomes]) -> Check:
        return Check(
            requirement=requirement,
            function=function,
            needs=_needs(function),
            subjects=subjects,
            pack=function.__module__.partition(".")[0],
        )

    return decorate


def _needs(function: Callable[..., Outcomes]) -> dict[str, Need]:
    hints = get_type_hints(function, include_extras=True)
    needs: dict[str, Need] = {}
    for name in inspect.signature(function).parameters:
        hint = hints.get(name)
        asks = [part for part in get_args(hint)[1:] if isinstance(part, Ask)]
        if get_origin(hint) is not Annotated or len(asks) != 1:
            raise CheckDefinitionError(
                f"{function.__module__}.{function.__qualname__}: the parameter {name} needs a type "
                f"and one question, as in Annotated[Aliases, Cname(...)]"
            )
        needs[name] = Need(asks[0], optional=_takes_missing(get_args(hint)[0]))
    if not needs:
        raise CheckDefinitionError(
            f"{function.__module__}.{function.__qualname__} asks nothing: "
            "a check without evidence could only ever pass"
        )
    return needs


def _takes_missing(kind: Any) -> bool:  # noqa: ANN401 - any annotation
    return get_origin(kind) in (Union, types.UnionType) and Missing in get_args(kind)


def unavailable(subject: str | None, *missing: Missing) -> Outcome:
    """The outcome when nothing is left to decide from: manual for an absent key, else unknown."""
    keys = list(dict.fromkeys(one.key for one in missing if one.key))
    reasons = "; ".join(dict.fromkeys(lookup(one.reason) for one in missing))
    mends = tuple(dict.fromkeys(lookup(one.mend) for one in missing if one.mend))
    if keys and all(one.key for one in missing):
        question = tr("Set {keys} in the engagement file.", keys=", ".join(keys))
        return Manual(subject, question, remedy=mends)
    return Unknown(subject, reasons, remedy=mends)


def in_words(outcome: _Said) -> _Said:
    """The outcome with each of its texts that is known as a whole in the language in force."""
    if not spoken().texts:
        return outcome
    texts: dict[str, Any] = {
        name: lookup(getattr(outcome, name)) for name in _TEXTS if hasattr(outcome, name)
    }
    ends = tuple(Ends(lookup(end.what), end.on) for end in outcome.ends)
    return replace(outcome, remedy=tuple(map(lookup, outcome.remedy)), ends=ends, **texts)


def worst(outcomes: Iterable[Outcome]) -> Outcome:
    """The outcome that decides a finding that was measured in parts, each in its own words.

    Fail before unknown before warn before manual before pass before not-applicable; texts of
    parts with the deciding status are joined. ``outcomes`` must not be empty.
    """
    return worst_of(in_words(outcome) for outcome in outcomes)
