"""Which management option fits: the choice, what it lacks, and what is accepted of that."""

from typing import Annotated, TypeAlias

from assess.check import (
    Fail,
    Key,
    Missing,
    Outcome,
    Outcomes,
    Pass,
    Unknown,
    Warn,
    check,
    tr,
    trn,
    unavailable,
)
from assess.options import Compared, Fit, Support, compare, tables

Chosen: TypeAlias = Annotated[str, Key("planning.chosen_option")]
Required: TypeAlias = Annotated[list[str], Key("planning.required_capabilities")]
Today: TypeAlias = Annotated[bool | Missing, Key("planning.available_today")]

_O365 = "mdm-office-365"
# What MDM for Office 365 has nothing for: wireless networks, VPN, certificates (tables 7, 10, 11).
_PROFILES = frozenset({"device.wifi-profiles", "device.vpn-profiles", "device.certificates"})
_COMPLIANCE = frozenset({"compliance", "non-compliance", "compliance status"})
# The reports that the text of task 4d names, and the row of table 8 that speaks of them.
_INVENTORY = "monitoring.inventory-reports"
_REPORTS = {
    "software updates": _INVENTORY, "software inventory": _INVENTORY,
    "hardware inventory": _INVENTORY, "licences": _INVENTORY, "licenses": _INVENTORY,
    "reporting services": "monitoring.ssrs",
}  # fmt: skip


def _strange(names: list[str]) -> list[Outcome]:
    """What the tables have no row for is unknown, and never support."""
    known = tables()
    unfamiliar = [name for name in names if name not in known.capabilities]
    if not unfamiliar:
        return []
    first, listed = unfamiliar[0], ", ".join(unfamiliar)
    near = known.nearest(first)
    said = tr("the tables know no capability {}", listed)
    if near:
        said = tr("the tables know no capability {}; {} may mean {}", listed, first, near)
    mend = "Write the ids of planning.required_capabilities as `assess options` lists them."
    return [Unknown(None, said, remedy=(mend,))]


def _names(side: Compared, *support: Support) -> str:
    return ", ".join(capability.id for capability in side.saying(*support))


@check("planning.option-chosen")
def option_chosen(chosen: Chosen, required: Required, today: Today) -> Outcomes:
    """Pass when the chosen option supports every required capability, and can still be had."""
    side = next(one for one in compare(required, today=False) if one.option.id == chosen)
    title, expected = side.option.title, "an option that supports every required capability"
    if not side.option.available:
        if isinstance(today, Missing):
            yield unavailable(None, today)
        elif today:
            yield Fail(None, "an option that can be had today", f"{title}: {side.option.today}")
    yield from _strange(required)
    if side.saying(Support.NO):
        yield Fail(None, expected, tr("{} does not support {}", title, _names(side, Support.NO)))
    if side.saying(Support.NOT_STATED):
        silent = _names(side, Support.NOT_STATED)
        yield Unknown(None, tr("the tables do not say whether {} supports {}", title, silent))
    if side.saying(Support.PARTIAL):
        partly = _names(side, Support.PARTIAL)
        yield Warn(None, expected, tr("{} supports only in part: {}", title, partly))
    if side.fit is Fit.FITS:
        yield Pass(None, tr("{} supports all {} of them", title, len(side.required)), expected)


@check("planning.option-gaps")
def option_gaps(
    chosen: Chosen, accepted: Annotated[list[str], Key("planning.accepted_constraints")]
) -> Outcomes:
    """Pass when every disadvantage of the chosen option is accepted."""
    known = tables()
    brought = known.constraints_of(chosen)
    left = [one for one in brought if one.id not in accepted]
    expected = trn(
        len(brought),
        "the {n} constraint of {} is accepted",
        "all {n} constraints of {} are accepted",
        chosen,
    )
    strange = [name for name in accepted if name not in known.constraints]
    if strange:
        yield Unknown(None, tr("no option has a constraint {}", ", ".join(strange)))
    if left:
        said = "; ".join(f"{one.id}: {one.text}" for one in left)
        yield Warn(None, expected, tr("not accepted: {}", said))
    else:
        yield Pass(None, tr("accepted: {}", ", ".join(one.id for one in brought)), expected)


@check("planning.reporting-requirements")
def reporting_requirements(
    chosen: Chosen, reports: Annotated[list[str], Key("planning.required_reports")]
) -> Outcomes:
    """Pass when the chosen option has every report that is required."""
    known = tables()
    title = known.options[chosen].title
    for report in reports:
        words = report.strip().lower()
        row = known.capabilities.get(_REPORTS.get(words, ""))
        if words in _COMPLIANCE:
            yield Pass(report, tr("{} reports the compliance of devices", title))
        elif chosen == _O365:
            yield Fail(
                report, "a report of the option", tr("{} reports compliance and no more", title)
            )
        elif row is None:
            yield Unknown(report, tr("the tables do not speak of a report on {}", report))
        elif row.support[chosen].supported is Support.YES:
            yield Pass(report, tr("{} has it ({})", title, row.source))
        elif row.support[chosen].supported is Support.NO:
            yield Fail(
                report, "a report of the option", tr("{} does not have it ({})", title, row.source)
            )
        else:
            yield Unknown(report, tr("{} does not say whether {} has it", row.source, title))


@check("planning.o365-gaps")
def o365_gaps(
    chosen: Chosen, required: Annotated[list[str] | Missing, Key("planning.required_capabilities")]
) -> Outcomes:
    """Pass when MDM for Office 365 is not chosen, or no profile is wanted that it lacks."""
    if chosen != _O365:
        yield Pass(None, tr("{} is chosen", tables().options[chosen].title))
        return
    if isinstance(required, Missing):
        yield unavailable(None, required)
        return
    beyond = [n for n in required if n in _PROFILES or n.startswith(("network.", "certificates."))]
    expected = "no Wi-Fi, VPN or certificate profiles are required"
    yield from _strange(required)
    if beyond:
        yield Fail(None, expected, tr("required, but not available: {}", ", ".join(beyond)))
    else:
        yield Pass(None, "none of the required capabilities needs one", expected)
