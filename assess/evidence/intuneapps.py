"""How Intune installs the Configuration Manager client: as an app, or by a co-management policy.

Assignments are read app by app. An element of a list may come without ``@odata.type``.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Self

import msgspec
from msgspec import UNSET

from assess.errors import Unavailable
from assess.evidence import Ask, Known
from assess.evidence.enrolment import (
    AppAssignment,
    Assignment,
    EnrollmentConfiguration,
    NewerConfigurations,
)
from assess.evidence.graph import GraphCount, GraphList, Text

DEFAULT_NAME = "ConfigMgr Client Setup Bootstrap"
PACKAGE = "ccmsetup.msi"
_APPS = ("DeviceManagementApps.Read.All",)
_CLIENT = re.compile(r"ccmsetup", re.IGNORECASE)


class ClientApp(msgspec.Struct, frozen=True, rename="camel"):
    """An app of Intune, with what a Windows Installer package or a Win32 app adds to it."""

    id: str
    type: Text = msgspec.field(name="@odata.type", default=UNSET)
    display_name: Text = UNSET
    description: Text = UNSET
    publisher: Text = UNSET
    publishing_state: Text = UNSET
    file_name: Text = UNSET
    command_line: Text = UNSET
    product_version: Text = UNSET
    install_command_line: Text = UNSET
    setup_file_path: Text = UNSET

    @property
    def label(self) -> str:
        """Name, else id."""
        return self.display_name if isinstance(self.display_name, str) else self.id

    @property
    def is_package(self) -> bool:
        """The file is ccmsetup.msi."""
        return isinstance(self.file_name, str) and self.file_name.strip().lower() == PACKAGE

    def installs_client(self, name: str = DEFAULT_NAME) -> bool:
        """By file, command line or name this is the app that installs the client."""
        texts = (self.command_line, self.install_command_line, self.setup_file_path)
        return (
            self.is_package
            or any(isinstance(text, str) and _CLIENT.search(text) for text in texts)
            or (isinstance(self.display_name, str) and self.display_name.lower() == name.lower())
        )


class InstallerApps(GraphList, frozen=True):
    """The line-of-business apps that are Windows Installer packages."""

    answer: ClassVar[Any] = tuple[ClientApp, ...]
    path: ClassVar[str] = "/deviceAppManagement/mobileApps"
    item: ClassVar[type[msgspec.Struct]] = ClientApp
    options: ClassVar[Mapping[str, str]] = {"$filter": "isof('microsoft.graph.windowsMobileMSI')"}
    whole: ClassVar[bool] = True
    about: ClassVar[str] = "id"
    permissions: ClassVar[tuple[str, ...]] = _APPS


class Win32Apps(GraphList, frozen=True):
    """The Win32 apps."""

    answer: ClassVar[Any] = tuple[ClientApp, ...]
    path: ClassVar[str] = "/deviceAppManagement/mobileApps"
    item: ClassVar[type[msgspec.Struct]] = ClientApp
    options: ClassVar[Mapping[str, str]] = {"$filter": "isof('microsoft.graph.win32LobApp')"}
    whole: ClassVar[bool] = True
    about: ClassVar[str] = "id"
    permissions: ClassVar[tuple[str, ...]] = _APPS


def _name(known: Known) -> str:
    try:
        return str(known.key("intune_app.display_name"))
    except Unavailable:
        return DEFAULT_NAME


def client_apps(apps: Iterable[ClientApp], name: str) -> tuple[ClientApp, ...]:
    """Those that install the client, each once."""
    return tuple({app.id: app for app in apps if app.installs_client(name)}.values())


class ClientAppAssignments(GraphList, frozen=True):
    """The assignments of the apps that install the client: by app."""

    answer: ClassVar[Any] = dict[str, tuple[AppAssignment, ...] | None]
    path: ClassVar[str] = "/deviceAppManagement/mobileApps/{each}/assignments"
    item: ClassVar[type[msgspec.Struct]] = AppAssignment
    each: ClassVar[str] = "apps"
    permissions: ClassVar[tuple[str, ...]] = _APPS
    apps: tuple[str, ...] = ()

    def requires(self) -> tuple[Ask, ...]:
        """Which apps there are."""
        return (InstallerApps(), Win32Apps())

    def bind(self, known: Known) -> Self:
        """The apps that install the client."""
        found = (*known.answer(InstallerApps()), *known.answer(Win32Apps()))
        return type(self)(tuple(sorted(app.id for app in client_apps(found, _name(known)))))


class CoManagementAssignments(GraphList, frozen=True):
    """The assignments of the co-management settings policies that install the client: by policy."""

    answer: ClassVar[Any] = dict[str, tuple[Assignment, ...] | None]
    version: ClassVar[Any] = "beta"
    path: ClassVar[str] = "/deviceManagement/deviceEnrollmentConfigurations/{each}/assignments"
    item: ClassVar[type[msgspec.Struct]] = Assignment
    each: ClassVar[str] = "policies"
    permissions: ClassVar[tuple[str, ...]] = ("DeviceManagementServiceConfig.Read.All",)
    policies: tuple[str, ...] = ()

    def requires(self) -> tuple[Ask, ...]:
        """Which policies there are."""
        return (NewerConfigurations(),)

    def bind(self, known: Known) -> Self:
        """Those that install the client."""
        found: tuple[EnrollmentConfiguration, ...] = known.answer(NewerConfigurations())
        return type(self)(tuple(sorted(one.id for one in found if one.installs_client)))


class _TargetGroups(GraphCount, frozen=True):
    """Members of each group that a client app is required for, also by nesting: by group."""

    answer: ClassVar[Any] = dict[str, int | None]
    each: ClassVar[str] = "groups"
    permissions: ClassVar[tuple[str, ...]] = ("GroupMember.Read.All",)
    groups: tuple[str, ...] = ()

    def requires(self) -> tuple[Ask, ...]:
        """The assignments, of apps and of policies."""
        return (ClientAppAssignments(), CoManagementAssignments())

    def bind(self, known: Known) -> Self:
        """The groups that are meant, not those that are left out."""
        groups: set[str] = set()
        of_apps: dict[str, tuple[AppAssignment, ...] | None] = known.answer(ClientAppAssignments())
        for assignments in of_apps.values():
            groups |= {a.target.group for a in assignments or () if a.target and a.required}
        try:
            of_policies: dict[str, tuple[Assignment, ...] | None] = known.answer(
                CoManagementAssignments()
            )
        except Unavailable:
            of_policies = {}
        for one in of_policies.values():
            groups |= {a.target.group for a in one or () if a.target}
        return type(self)(tuple(sorted(groups - {""})))


class TargetUsers(_TargetGroups, frozen=True):
    """How many users are in each group that the client is assigned to: by group."""

    path: ClassVar[str] = "/groups/{each}/transitiveMembers/microsoft.graph.user"


class TargetDevices(_TargetGroups, frozen=True):
    """How many devices are in each group that the client is assigned to: by group."""

    path: ClassVar[str] = "/groups/{each}/transitiveMembers/microsoft.graph.device"
