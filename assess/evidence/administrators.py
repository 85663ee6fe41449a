"""What Microsoft Graph knows of the accounts that sign in during the work, and of their roles."""

from collections.abc import Mapping
from typing import Any, ClassVar, Self

import msgspec
from msgspec import UNSET

from assess.evidence import Ask, Known
from assess.evidence.enrolment import TYPE, GroupMembers, kind_of
from assess.evidence.graph import Flag, GraphList, GraphPerhaps, Perhaps, Text
from assess.evidence.people import Names, Naming

GLOBAL_ADMINISTRATOR = "62e90394-69f5-4237-9190-012177145e10"
_ROLES = ("RoleManagement.Read.Directory",)


class Account(msgspec.Struct, frozen=True, rename="camel"):
    """An account that the engagement file names."""

    id: str
    user_principal_name: Text = UNSET
    account_enabled: Flag = UNSET
    people: ClassVar[Names] = {"user_principal_name": Naming.ACCOUNT}


class GlobalAdminAccount(GraphPerhaps, frozen=True):
    """The account that is nominated as Global Administrator."""

    answer: ClassVar[Any] = Perhaps[Account]
    path: ClassVar[str] = "/users/{account}"
    item: ClassVar[type[msgspec.Struct]] = Account
    permissions: ClassVar[tuple[str, ...]] = ("User.Read.All",)
    account: str = "{accounts.global_admin_upn}"


class AzureOwnerAccount(GraphPerhaps, frozen=True):
    """The account that is nominated for the Azure subscription, by UPN or object id."""

    answer: ClassVar[Any] = Perhaps[Account]
    path: ClassVar[str] = "/users/{account}"
    item: ClassVar[type[msgspec.Struct]] = Account
    permissions: ClassVar[tuple[str, ...]] = ("User.Read.All",)
    account: str = "{accounts.azure_subscription_owner}"


class RoleMember(msgspec.Struct, frozen=True, rename="camel"):
    """Who holds a role at the moment: a user, a group or an application."""

    id: str
    kind: Text = msgspec.field(name=TYPE, default=UNSET)


class GlobalAdmins(GraphList, frozen=True):
    """Who is Global Administrator now, permanently or activated for some hours."""

    answer: ClassVar[Any] = tuple[RoleMember, ...]
    path: ClassVar[str] = f"/directoryRoles(roleTemplateId='{GLOBAL_ADMINISTRATOR}')/members"
    item: ClassVar[type[msgspec.Struct]] = RoleMember
    permissions: ClassVar[tuple[str, ...]] = _ROLES


class Eligibility(msgspec.Struct, frozen=True, rename="camel"):
    """Somebody who may activate a role; the scope ``/`` is the whole tenant."""

    id: str
    principal_id: Text = UNSET
    directory_scope_id: Text = UNSET


class EligibleAdmins(GraphList, frozen=True):
    """Who may activate the role of Global Administrator."""

    answer: ClassVar[Any] = tuple[Eligibility, ...]
    path: ClassVar[str] = "/roleManagement/directory/roleEligibilityScheduleInstances"
    options: ClassVar[Mapping[str, str]] = {
        "$filter": f"roleDefinitionId eq '{GLOBAL_ADMINISTRATOR}'"
    }
    item: ClassVar[type[msgspec.Struct]] = Eligibility
    permissions: ClassVar[tuple[str, ...]] = _ROLES


class AdminGroupMembers(GroupMembers, frozen=True):
    """The users who hold the role, or may activate it, by a group. ``absent`` are no groups."""

    eligible: bool = False
    groups: tuple[str, ...] = ()

    def requires(self) -> tuple[Ask, ...]:
        """Who holds the role."""
        return (EligibleAdmins() if self.eligible else GlobalAdmins(),)

    def bind(self, known: Known) -> Self:
        """Every holder that may be a group."""
        found = known.answer(self.requires()[0])
        if self.eligible:
            ids = {e.principal_id for e in found if isinstance(e.principal_id, str)}
        else:
            ids = {m.id for m in found if kind_of(m.kind).lower() in {"", "group"}}
        return type(self)(self.eligible, tuple(sorted(ids)))
