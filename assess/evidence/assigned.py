"""What Microsoft Graph knows of whom the policies and mandatory apps of Intune reach."""

from collections.abc import Mapping
from typing import Any, ClassVar, Self

import msgspec
from msgspec import UNSET

from assess.evidence import Ask, Known
from assess.evidence.devices import AutopilotAssignments
from assess.evidence.enrolment import AppAssignment, targets_of
from assess.evidence.graph import GraphCount, GraphList, Text
from assess.evidence.policies import CatalogueAssignments, ComplianceTargets, ProfileAssignments


class App(msgspec.Struct, frozen=True, rename="camel"):
    """An app of Intune. ``publishing_state``: notPublished, processing or published."""

    id: str
    display_name: Text = UNSET
    publishing_state: Text = UNSET


class Apps(GraphList, frozen=True):
    """The apps of Intune."""

    answer: ClassVar[Any] = tuple[App, ...]
    path: ClassVar[str] = "/deviceAppManagement/mobileApps"
    item: ClassVar[type[msgspec.Struct]] = App
    permissions: ClassVar[tuple[str, ...]] = ("DeviceManagementApps.Read.All",)


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
        return (Apps(),)

    def bind(self, known: Known) -> Self:
        """The ids of the apps of those names."""
        wanted = {str(name).strip().casefold() for name in known.key("planning.required_apps")}
        apps: tuple[App, ...] = known.answer(Apps())
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
