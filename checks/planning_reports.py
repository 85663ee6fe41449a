"""Whether the reports that the plan needs are served: the role, and the server behind it."""

from typing import Annotated

from assess.check import (
    Key,
    Missing,
    NotApplicable,
    Outcome,
    Outcomes,
    Pass,
    Unknown,
    Warn,
    check,
    tr,
    unavailable,
)
from assess.evidence.adminservice import Seen
from assess.evidence.http import Answered, HttpAnswer
from assess.evidence.reporting import ReportServer
from assess.evidence.site_roles import REPORTING_POINT, Roles, RoleUse
from checks.site_systems import names, unseen, with_role

_EXPECTED = "a reporting services point whose report server answers"
_ANSWERS = (200, 401)  # 401: it wants a sign-in first, which nobody gives here


@check("planning.reporting-services")
def reporting_services(
    option: Annotated[str | Missing, Key("planning.chosen_option")],
    reports: Annotated[list[str] | Missing, Key("planning.required_reports")],
    roles: Annotated[Seen[RoleUse], Roles()],
    answer: Annotated[HttpAnswer | Missing, ReportServer()],
) -> Outcomes:
    """Pass when the role is there and its report server answers; without it, warn if needed."""
    if isinstance(option, Missing):
        return [unavailable(None, option)]
    if option != "hybrid":
        text = tr("the chosen option is {}, which has no site that could serve reports", option)
        return [NotApplicable(None, text)]
    points = with_role(roles, REPORTING_POINT)
    return [_served(points, answer) if points else _without(roles, reports)]


def _without(roles: Seen[RoleUse], reports: list[str] | Missing) -> Outcome:
    if not roles.sees.complete:
        return unseen(None, "no reporting services point is seen", roles.sees)
    if isinstance(reports, Missing):
        return unavailable(None, reports)
    if not reports:
        return NotApplicable(None, "no report is required, and no server has the role")
    return Warn(None, _EXPECTED, tr("no server has the role; required: {}", ", ".join(reports)))


def _served(points: list[RoleUse], answer: HttpAnswer | Missing) -> Outcome:
    where, about = names(points), tuple(use.about for use in points)
    if isinstance(answer, Missing):
        mends = (answer.mend,) if answer.mend else ()
        return Unknown(None, f"{where}: {answer.reason}", about=about, remedy=mends)
    if isinstance(answer, Answered) and answer.status in _ANSWERS:
        observed = tr("{}: the report server answers with {}", where, answer.status)
        return Pass(None, observed, _EXPECTED)
    said = str(answer.status) if isinstance(answer, Answered) else answer.why
    mend = tr(
        "Open the report server on {} itself in a browser; look whether its service runs.", where
    )
    return Unknown(None, tr("{} has the role; its report server: {}", where, said), remedy=(mend,))
