"""What Microsoft Graph knows of whom the policies and mandatory apps of Intune reach."""

from collections.abc import Mapping
from typing import Any, ClassVar, Self

import msgspec

from assess.errors import Unavailable
from assess.evidence import Ask, Known
from assess.evidence.devices import AutopilotAssignments
from assess.evidence.enrolment import AppAssignment, targets_of
from assess.evidence.graph import GraphCount, GraphList
from assess.evidence.policies import (
    AssignedApp,
    AssignedApps,
    CatalogueAssignments,
    ComplianceTargets,
    ProfileAssignments,
)
from assess.evidence.settings import TemplateAssignments


class RequiredAppAssignments(GraphList, frozen=True):
    """Who gets the apps that the engagement file calls mandatory: by the app's id."""

    answer: ClassVar[Any] = dict[str, tuple[AppAssignment, ...] | None]
    path: ClassVar[str] = "/deviceAppManagement/mobileApps/{each}/assignments"
    item: ClassVar[type[msgspec.Struct]] = AppAssignment
    permissions: ClassVar[tuple[str, ...]] = ("DeviceManagementApps.Read.All",)
    each: ClassVar[str] = "ids"
    ids: tuple[str, ...] = ()

    def requires(self) -> tuple[Ask, ...]:
        """The list of the apps."""
        return (AssignedApps(),)

    def bind(self, known: Known) -> Self:
        """The ids of the apps of those names."""
        wanted = {str(name).strip().casefold() for name in known.key("planning.required_apps")}
        apps: tuple[AssignedApp, ...] = known.answer(AssignedApps())
        named = (a.id for a in apps if str(a.display_name).strip().casefold() in wanted)
        return type(self)(tuple(sorted(named)))


_AREAS: Mapping[str, tuple[Ask, ...]] = {
    "autopilot": (AutopilotAssignments(),),
    "configuration": (ProfileAssignments(), CatalogueAssignments(), TemplateAssignments()),
    "compliance": (ComplianceTargets(),),
    "apps": (RequiredAppAssignments(),),
}


class GroupSizes(GraphCount, frozen=True):
    """How many members each group has that an area's assignments name; None where it is gone.

    ``area``: autopilot, configuration, compliance or apps.
    """

    answer: ClassVar[Any] = dict[str, int | None]
    path: ClassVar[str] = "/groups/{each}/transitiveMembers"
    each: ClassVar[str] = "groups"
    permissions: ClassVar[tuple[str, ...]] = ("GroupMember.Read.All",)
    area: str
    groups: tuple[str, ...] = ()

    def requires(self) -> tuple[Ask, ...]:
        """The assignments of the area."""
        return _AREAS[self.area]

    def bind(self, known: Known) -> Self:
        """The groups that they name, as far as the assignments were answered."""
        named: set[str] = set()
        lost: list[Unavailable] = []
        for ask in self.requires():
            try:
                given = known.answer(ask)
            except Unavailable as gap:
                lost.append(gap)
                continue
            named |= {t.group for several in given.values() for t in targets_of(several)}
        if len(lost) == len(self.requires()):
            raise lost[0]
        return type(self)(self.area, tuple(sorted(named - {""})))
