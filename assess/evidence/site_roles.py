"""The site control file as the AdminService shows it: roles, components, and what watches them.

Roles and components carry property objects, of which only the listed ones are kept: others hold
accounts. A property that is not there is not known to be 0.
"""

from typing import Any, ClassVar

import msgspec
from msgspec import UNSET, UnsetType

from assess.evidence.adminservice import Instances, Number, Seen, Text, equals, text
from assess.evidence.people import Names, Naming, Unless
from assess.language import tr

MANAGEMENT_POINT = "SMS Management Point"
SERVICE_CONNECTION_POINT = "SMS Dmp Connector"
CONNECTION_POINT = "SMS Cloud Proxy Connector"
REPORTING_POINT = "SMS SRS Reporting Point"
REPORT_SERVER = "ReportServerUri"  # unconfirmed: its absence says nothing
SOFTWARE_UPDATE_POINT = "SMS Software Update Point"

KEPT = frozenset(
    {
        "AllowProxyTraffic", "MPIntranetFacing", "MPInternetFacing", "OfflineMode", "Enabled",
        "SSLWSUS", "IISSSLState", "SETTINGS", "UseProxy", "ProxyName", "ProxyServerPort",
        REPORT_SERVER,
    }
)  # fmt: skip


class Property(msgspec.Struct, frozen=True, rename="pascal"):
    """One property object of a role or component; its number is in ``value``."""

    property_name: Text = UNSET
    value: Number = UNSET
    value1: Text = UNSET
    value2: Text = UNSET


Properties = tuple[Property, ...] | UnsetType | None


def _kept(props: Properties) -> Properties:
    if not isinstance(props, tuple):
        return props
    return tuple(one for one in props if text(one.property_name) in KEPT)


def _number(props: Properties, name: str) -> int | None:
    for one in props if isinstance(props, tuple) else ():
        if text(one.property_name) == name and isinstance(one.value, int):
            return one.value
    return None


class RoleUse(msgspec.Struct, frozen=True, rename="pascal"):
    """SMS_SCI_SysResUse: a server with a role. SslState: 0 HTTP, 1 HTTPS, 3 and 4 always so."""

    role_name: Text = UNSET
    network_os_path: Text = msgspec.field(name="NetworkOSPath", default=UNSET)
    site_code: Text = UNSET
    ssl_state: Number = UNSET
    props: Properties = UNSET

    def __post_init__(self) -> None:
        """Nothing else of the properties is kept."""
        msgspec.structs.force_setattr(self, "props", _kept(self.props))

    @property
    def server(self) -> str:
        """The full host name of the server, or "" where the site does not say."""
        return text(self.network_os_path).strip("\\").rstrip(".")

    @property
    def about(self) -> str:
        """What its note belongs to."""
        return self.server or text(self.role_name)

    @property
    def shown(self) -> str:
        """Role, server, site and the properties that were kept."""
        found = self.props if isinstance(self.props, tuple) else ()
        said = "".join(
            f", {text(one.property_name)} {text(one.value2) or text(one.value1) or one.value}"
            for one in found
        )
        ssl = f", SslState {self.ssl_state}" if isinstance(self.ssl_state, int) else ""
        where = tr("{} on {}, site {}", text(self.role_name), self.server, text(self.site_code))
        return f"{where}{ssl}{said}"

    def number(self, name: str) -> int | None:
        """The number of a property; None where the site does not say it."""
        return _number(self.props, name)

    def word(self, name: str) -> str:
        """The text of a property; "" where the site does not say it."""
        for one in self.props if isinstance(self.props, tuple) else ():
            if text(one.property_name) == name:
                return text(one.value2) or text(one.value1)
        return ""

    def has(self, role: str) -> bool:
        """It is this role."""
        return text(self.role_name).lower() == role.lower()


class Roles(Instances, frozen=True):
    """Every role of every site system."""

    answer: ClassVar[Any] = Seen[RoleUse]
    provider_class: ClassVar[str] = "SMS_SCI_SysResUse"
    row: ClassVar[type[msgspec.Struct]] = RoleUse


SITE_COMPONENT_MANAGER = "SMS_SITE_COMPONENT_MANAGER"
AD_USER_DISCOVERY = "SMS_AD_USER_DISCOVERY_AGENT"

HTTPS_ONLY, PKI_CLIENTS, ENHANCED_HTTP = 0x1F, 0x100, 0x400


class Component(msgspec.Struct, frozen=True, rename="pascal"):
    """SMS_SCI_Component: a component of a site with its settings."""

    component_name: Text = UNSET
    site_code: Text = UNSET
    props: Properties = UNSET

    def __post_init__(self) -> None:
        """Nothing else of the properties is kept."""
        msgspec.structs.force_setattr(self, "props", _kept(self.props))

    @property
    def shown(self) -> str:
        """Component, site and the properties that were kept."""
        found = self.props if isinstance(self.props, tuple) else ()
        said = "".join(
            f", {text(one.property_name)} {text(one.value1) or text(one.value2) or one.value}"
            for one in found
        )
        where = tr("{} of site {}", text(self.component_name), text(self.site_code))
        return f"{where}{said}"

    def number(self, name: str) -> int | None:
        """The number of a property; None where the site does not say it."""
        return _number(self.props, name)

    def word(self, name: str) -> str:
        """The text of a property, from whichever field carries it; "" where there is none."""
        for one in self.props if isinstance(self.props, tuple) else ():
            if text(one.property_name) == name:
                return text(one.value1).strip() or text(one.value2).strip()
        return ""


class Components(Instances, frozen=True):
    """One component, in each site that has it."""

    answer: ClassVar[Any] = Seen[Component]
    provider_class: ClassVar[str] = "SMS_SCI_Component"
    row: ClassVar[type[msgspec.Struct]] = Component
    component: str

    @property
    def condition(self) -> str:
        """The component by its name."""
        return equals("ComponentName", self.component)

    def describe(self) -> str:
        """The class and the component."""
        return tr("{} {} of the AdminService", self.provider_class, self.component)


_SINCE_MIDNIGHT = "0001128000100008"


class ComponentStatus(msgspec.Struct, frozen=True, rename="pascal"):
    """SMS_ComponentSummarizer: Status 0 in order, 1 warning, 2 critical."""

    component_name: Text = UNSET
    machine_name: Text = UNSET
    site_code: Text = UNSET
    status: Number = UNSET


class ComponentStatuses(Instances, frozen=True):
    """How a component fares on each server, since midnight."""

    answer: ClassVar[Any] = Seen[ComponentStatus]
    provider_class: ClassVar[str] = "SMS_ComponentSummarizer"
    row: ClassVar[type[msgspec.Struct]] = ComponentStatus
    component: str

    @property
    def condition(self) -> str:
        """The component, and one interval: else each comes once for every interval."""
        interval = equals("TallyInterval", _SINCE_MIDNIGHT)
        return f"{equals('ComponentName', self.component)} and {interval}"

    def describe(self) -> str:
        """The class and the component."""
        return tr("{} {} of the AdminService", self.provider_class, self.component)


class ProxyConnector(msgspec.Struct, frozen=True, rename="pascal"):
    """SMS_CloudProxyConnector: which gateway a connection point serves."""

    proxy_service_name: Text = UNSET
    server_name: Text = UNSET
    site_code: Text = UNSET

    @property
    def shown(self) -> str:
        """Server and gateway."""
        return tr("{} is bound to {}", text(self.server_name), text(self.proxy_service_name))


class ProxyConnectors(Instances, frozen=True):
    """The gateways that the connection points are bound to."""

    answer: ClassVar[Any] = Seen[ProxyConnector]
    provider_class: ClassVar[str] = "SMS_CloudProxyConnector"
    row: ClassVar[type[msgspec.Struct]] = ProxyConnector


class UpdatePackage(msgspec.Struct, frozen=True, rename="pascal"):
    """SMS_CM_UpdatePackages. State: 196612 installed, 262146 and 327682 offered."""

    name: Text = UNSET
    full_version: Text = UNSET
    state: Number = UNSET

    @property
    def shown(self) -> str:
        """Name, version and state."""
        return tr("{} {}, state {}", text(self.name), text(self.full_version), self.state)


class UpdatePackages(Instances, frozen=True):
    """The updates of the site, installed and offered."""

    answer: ClassVar[Any] = Seen[UpdatePackage]
    provider_class: ClassVar[str] = "SMS_CM_UpdatePackages"
    row: ClassVar[type[msgspec.Struct]] = UpdatePackage


class Administrator(msgspec.Struct, frozen=True, rename="pascal"):
    """SMS_Admin: an administrative user or group, with roles, scopes and collections."""

    logon_name: Text = UNSET
    role_names: tuple[str, ...] | UnsetType | None = UNSET
    category_names: tuple[str, ...] | UnsetType | None = UNSET
    collection_names: tuple[str, ...] | UnsetType | None = UNSET
    is_group: bool | UnsetType | None = UNSET
    people: ClassVar[Names] = {
        "logon_name": Unless(Naming.ACCOUNT, "is_group", frozenset({True})),
    }  # fmt: skip

    @property
    def about(self) -> str:
        """The account: the others' names do not belong into every finding."""
        return text(self.logon_name)


class Administrators(Instances, frozen=True):
    """The administrative users of the site."""

    answer: ClassVar[Any] = Seen[Administrator]
    provider_class: ClassVar[str] = "SMS_Admin"
    row: ClassVar[type[msgspec.Struct]] = Administrator
