"""What a finding says: what was expected, what was observed, what follows from it."""

from assess.catalogue import Requirement
from assess.language import lookup, msg, tr
from assess.model import Fail, Manual, NotApplicable, Outcome, Pass, Unknown, Warn

_NOT_ASSESSED = msg("Not assessed: {because}")
# The mend of an unknown that names none of its own.
WHATEVER_IT_WAS = msg("Remove what stood in the way, and run the assessment again.")


def texts(requirement: Requirement, outcome: Outcome, scenario: str) -> tuple[str, str]:
    """What was expected and what was observed."""
    default = requirement.passes
    if scenario in (requirement.expected_in or {}):
        default = f"{default} ({(requirement.expected_in or {})[scenario]})"
    match outcome:
        case Pass(_, observed, expected):
            return expected or default, observed
        case Warn(_, expected, observed) | Fail(_, expected, observed):
            return expected or default, observed
        case Manual(_, question, observed):
            return question, observed or tr("not answered")
        case Unknown(_, because):
            return default, tr(_NOT_ASSESSED, because=because)
        case NotApplicable(_, because):
            return default, tr("Does not apply: {because}", because=because)


def reason_of(observed: str) -> str:
    """What stood in the way, as the finding of something unknown tells it."""
    for form in (lookup(_NOT_ASSESSED), _NOT_ASSESSED):
        before, _, after = form.partition("{because}")
        if observed.startswith(before) and observed.endswith(after):
            return observed[len(before) : len(observed) - len(after)]
    return observed


def consequence(requirement: Requirement, outcome: Outcome) -> str:
    """What it means for the customer, in a sentence."""
    match outcome:
        case Fail() | Warn():
            return requirement.consequence or requirement.statement
        case Unknown():
            return tr("Nobody has said that this is in order, and nobody has said that it is not.")
        case Manual():
            return tr("Only a person can say this.")
        case _:
            return requirement.statement
