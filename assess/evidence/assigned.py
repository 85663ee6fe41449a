"""What Microsoft Graph knows of whom the policies and mandatory apps of Intune reach."""

from collections.abc import Mapping
from typing import Any, ClassVar, Self

import msgspec

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
    "configuration": (ProfileAssignments(), CatalogueAssignments()),
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
        """The groups that they name."""
        named = {
            target.group
            for ask in self.requires()
            for several in known.answer(ask).values()
            for target in targets_of(several)
        }
        return type(self)(self.area, tuple(sorted(named - {""})))
