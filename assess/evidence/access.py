"""What Microsoft Graph knows of conditional access."""

from typing import Any, ClassVar

import msgspec
from msgspec import UNSET, UnsetType

from assess.evidence.graph import GraphList, Text, Texts


class AccessUsers(msgspec.Struct, frozen=True, rename="camel"):
    """Whom a policy is about: All, None, or ids."""

    include_users: Texts = UNSET
    include_groups: Texts = UNSET
    include_roles: Texts = UNSET
    exclude_users: Texts = UNSET
    exclude_groups: Texts = UNSET


class AccessApplications(msgspec.Struct, frozen=True, rename="camel"):
    """What a policy is about: All, None, Office365, or application ids."""

    include_applications: Texts = UNSET
    exclude_applications: Texts = UNSET


class AccessPlatforms(msgspec.Struct, frozen=True, rename="camel"):
    """The platforms that a policy is about."""

    include_platforms: Texts = UNSET
    exclude_platforms: Texts = UNSET


class AccessLocations(msgspec.Struct, frozen=True, rename="camel"):
    """The places that a policy is about."""

    include_locations: Texts = UNSET
    exclude_locations: Texts = UNSET


class DeviceFilter(msgspec.Struct, frozen=True, rename="camel"):
    """A rule that picks devices."""

    mode: Text = UNSET
    rule: Text = UNSET


class AccessDevices(msgspec.Struct, frozen=True, rename="camel"):
    """The devices that a policy is about."""

    device_filter: DeviceFilter | None = None


class AccessConditions(msgspec.Struct, frozen=True, rename="camel"):
    """When a policy applies; a condition that is null does not narrow it."""

    users: AccessUsers | UnsetType | None = UNSET
    applications: AccessApplications | UnsetType | None = UNSET
    platforms: AccessPlatforms | UnsetType | None = UNSET
    client_app_types: Texts = UNSET
    sign_in_risk_levels: Texts = UNSET
    user_risk_levels: Texts = UNSET
    locations: AccessLocations | UnsetType | None = UNSET
    devices: AccessDevices | UnsetType | None = UNSET


class AuthenticationStrength(msgspec.Struct, frozen=True, rename="camel"):
    """A named strength of sign-in."""

    id: Text = UNSET


class AccessGrant(msgspec.Struct, frozen=True, rename="camel"):
    """What a policy demands; with the operator OR one of them is enough."""

    operator: Text = UNSET
    built_in_controls: Texts = UNSET
    terms_of_use: Texts = UNSET
    authentication_strength: AuthenticationStrength | UnsetType | None = UNSET


class AccessPolicy(msgspec.Struct, frozen=True, rename="camel"):
    """A conditional access policy. ``grant_controls``: null where it is about sessions only."""

    id: str
    display_name: Text = UNSET
    state: Text = UNSET
    conditions: AccessConditions | UnsetType | None = UNSET
    grant_controls: AccessGrant | UnsetType | None = UNSET

    @property
    def shows_applications(self) -> bool:
        """The service says which applications it is about, be it none."""
        conditions = self.conditions
        about = conditions.applications if isinstance(conditions, AccessConditions) else None
        return isinstance(about, AccessApplications) and isinstance(
            about.include_applications, tuple
        )

    @property
    def label(self) -> str:
        """Its name, else its id."""
        return self.display_name if isinstance(self.display_name, str) else self.id


class AccessPolicies(GraphList, frozen=True):
    """The conditional access policies. The service bears one request a second, of all apps."""

    answer: ClassVar[Any] = tuple[AccessPolicy, ...]
    path: ClassVar[str] = "/identity/conditionalAccess/policies"
    item: ClassVar[type[msgspec.Struct]] = AccessPolicy
    seconds_between: ClassVar[float] = 1.0
    permissions: ClassVar[tuple[str, ...]] = ("Policy.Read.All",)
