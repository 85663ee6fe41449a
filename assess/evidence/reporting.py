"""Where Configuration Manager's reports are served, and whether somebody answers there."""

from typing import ClassVar, Self

from assess.errors import Unavailable
from assess.evidence import Ask, Known
from assess.evidence.adminservice import Seen
from assess.evidence.http import StatusLine
from assess.evidence.site_roles import REPORT_SERVER, REPORTING_POINT, Roles, RoleUse
from assess.language import tr


class ReportServer(StatusLine, frozen=True):
    """The status line of the report server that the reporting services point names.

    Report servers are often set up without TLS: nothing is sent to one but the address.
    """

    plain: ClassVar[bool] = True
    url: str = ""

    def requires(self) -> tuple[Ask, ...]:
        """The roles, one of which knows the address."""
        return (Roles(),)

    def bind(self, known: Known) -> Self:
        """The address. Raises Unavailable where none is named, or more than one."""
        roles: Seen[RoleUse] = known.answer(Roles())
        points = [use for use in roles if use.has(REPORTING_POINT)]
        found = sorted({url for use in points if (url := use.word(REPORT_SERVER))})
        if not points:
            raise Unavailable("no server with a reporting services point is seen", skipped=True)
        if len(found) != 1:
            said = tr(
                "the reporting services points name no address in the property {}", REPORT_SERVER
            )
            if found:
                said = tr(
                    "the reporting services points name {} addresses ({}) in the property {}",
                    len(found),
                    ", ".join(found),
                    REPORT_SERVER,
                )
            raise Unavailable(
                said,
                "Open the address of the report server in a browser: Monitoring > Reporting.",
            )
        return type(self)(found[0])
