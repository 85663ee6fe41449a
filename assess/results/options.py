"""The management options side by side, against what the engagement file says is required."""

from assess.engagement import Engagement
from assess.options import Compared, compare
from assess.results.shapes import ConstraintOf, OptionOf, SupportOf


def compared(engagement: Engagement) -> tuple[Compared, ...]:
    """The options side by side; none where the engagement file does not say what is required."""
    required = engagement.get("planning.required_capabilities", [])
    if not required:
        return ()
    return compare(
        required,
        engagement.get("planning.accepted_constraints", []),
        today=engagement.get("planning.available_today", True),
    )


def options_of(engagement: Engagement) -> tuple[OptionOf, ...]:
    """The same, as results.json has it."""
    return tuple(
        OptionOf(
            side.option.id,
            side.option.title,
            side.option.now,
            side.option.today,
            side.option.id == engagement.get("planning.chosen_option"),
            side.fit,
            tuple(SupportOf(c.id, c.text, c.source, *said) for c, said in side.required),
            tuple(
                ConstraintOf(one.id, one.text, one.source, taken) for one, taken in side.constraints
            ),
        )
        for side in compared(engagement)
    )
