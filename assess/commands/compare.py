"""`assess options [FILE]`: the management options side by side."""

from pathlib import Path

import click

from assess.commands import options as shared
from assess.engagement import load
from assess.errors import EngagementError
from assess.options import Compared, Support, tables
from assess.output import listing, put_json, say
from assess.results import compared


@click.command(
    "options",
    epilog="""\b
Examples:
  assess options                  what can be required, and which option supports it
  assess options contoso.toml     how each option fits what this customer requires""",
)
@click.argument("file", type=shared.FILE, required=False)
@shared.json_option
def command(file: Path | None, *, as_json: bool) -> int:
    """Compare stand-alone Intune, MDM for Office 365 and hybrid by the tables of the plan.

    With an engagement file: against planning.required_capabilities, with what each option lacks and
    which of its constraints are accepted.
    """
    return _catalogue(as_json=as_json) if file is None else _fits(file, as_json=as_json)


def _catalogue(*, as_json: bool) -> int:
    known = tables()
    if as_json:
        put_json(
            [
                {
                    "capability": one.id,
                    "text": one.text,
                    "source": one.source,
                    "support": {name: said._asdict() for name, said in one.support.items()},
                }
                for one in known.capabilities.values()
            ]
        )
        return 0
    heads = ("Capability", *known.options, "Text")
    listing(
        heads,
        [
            (one.id, *(one.support[name].supported for name in known.options), one.text)
            for one in known.capabilities.values()
        ],
    )
    say(f"{len(known.capabilities)} capabilities, from tables 7 to 11 of the planning document.")
    return 0


def _fits(file: Path, *, as_json: bool) -> int:
    engagement = load(file)
    sides = compared(engagement)
    if not sides:
        raise EngagementError(
            f"{engagement.file}: planning.required_capabilities is not set, so that there is "
            "nothing to compare. `assess options` lists what can stand there."
        )
    if as_json:
        put_json([_plain(side) for side in sides])
        return 0
    rows = []
    for side in sides:
        lacks = ", ".join(one.id for one in side.saying(Support.NO)) or "nothing"
        limits = [one.id for one in side.saying(Support.PARTIAL, Support.NOT_STATED)]
        left = [one.id for one, accepted in side.constraints if not accepted]
        rows.append(
            (
                side.option.id,
                side.fit,
                lacks,
                ", ".join(limits) or "nothing",
                ", ".join(left) or "nothing",
            )
        )
    listing(("Option", "Fit", "Lacks", "In part or not said", "Not accepted yet"), rows)
    for side in sides:
        if side.option.today:
            say(f"{side.option.title}: {side.option.today}.")
    return 0


def _plain(side: Compared) -> dict[str, object]:
    return {
        "option": side.option.id,
        "fit": side.fit,
        "today": side.option.today,
        "required": [
            {"capability": one.id, **said._asdict()} for one, said in side.required
        ],
        "constraints": [
            {"constraint": one.id, "text": one.text, "accepted": accepted}
            for one, accepted in side.constraints
        ],
    }  # fmt: skip
