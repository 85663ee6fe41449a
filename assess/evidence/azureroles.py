"""Who may do what in an Azure subscription."""

import re
from collections.abc import Mapping
from typing import Any, ClassVar, Self

import msgspec

from assess.errors import Unavailable
from assess.evidence import Ask, Known
from assess.evidence.administrators import Account, AzureOwnerAccount
from assess.evidence.arm import READER, ArmAsk, Shape
from assess.evidence.graph import Perhaps
from assess.language import tr

OWNER = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
CONTRIBUTOR = "b24988ac-6180-42a0-ab88-20f7382dd24c"
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_NOMINATED = "accounts.azure_subscription_owner"


class Assigned(msgspec.Struct, frozen=True, rename="camel"):
    """A role, whose it is, and how far it reaches; ``condition`` narrows what may be done."""

    role_definition_id: str
    principal_id: str
    scope: str
    principal_type: str | None = None
    condition: str | None = None

    @property
    def role(self) -> str:
        """The id of the role, lower case."""
        return self.role_definition_id.rstrip("/").rpartition("/")[2].lower()


class RoleAssignment(msgspec.Struct, frozen=True, rename="camel"):
    """One role assignment."""

    properties: Assigned


class RoleAssignments(ArmAsk, frozen=True):
    """The roles of the nominated account, its own and its groups', in and above the subscription.

    ``principal`` is its object id, which the directory tells where the file names a UPN.
    """

    answer: ClassVar[Any] = tuple[RoleAssignment, ...]
    shape: ClassVar[Shape] = "list"
    path: ClassVar[str] = (
        "/subscriptions/{subscription}/providers/Microsoft.Authorization/roleAssignments"
    )
    api_version: ClassVar[str] = "2022-04-01"
    options: ClassVar[Mapping[str, str]] = {"$filter": "assignedTo('{principal}')"}
    item: ClassVar[type[msgspec.Struct]] = RoleAssignment
    permissions: ClassVar[tuple[str, ...]] = (
        f"{READER} (Microsoft.Authorization/roleAssignments/read)",
    )
    principal: str = ""
    subscription: str = "{azure.subscription_id}"

    def requires(self) -> tuple[Ask, ...]:
        """The account, by its UPN."""
        return (AzureOwnerAccount(),)

    def bind(self, known: Known) -> Self:
        """The object id of the account."""
        nominated = str(known.key(_NOMINATED)).strip()
        subscription = str(known.key("azure.subscription_id"))
        if _GUID.fullmatch(nominated):
            return type(self)(nominated.lower(), subscription)
        account: Perhaps[Account] = known.answer(AzureOwnerAccount())
        if account.found is None:
            raise Unavailable(
                tr("the tenant has no account {}", nominated), tr("Correct {}.", _NOMINATED)
            )
        return type(self)(account.found.id.lower(), subscription)
