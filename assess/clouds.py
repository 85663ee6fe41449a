"""The national clouds: where each service answers, whom tokens are for, how names end."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Cloud:
    """One cloud. Roots have no slash at the end.

    ``arm_resource`` is whom a token for Azure Resource Manager is for, which in some clouds is not
    its root. ``gateway_suffix`` is what follows ``<prefix>.<region>.`` of a gateway, empty where
    gateways cannot be deployed; ``classic_suffix`` that of the retired cloud services.
    ``environment`` is its name in the PowerShell modules of Graph.
    """

    name: str
    title: str
    login: str
    graph: str
    arm: str
    arm_resource: str
    portal: str
    gateway_suffix: str
    classic_suffix: str
    storage_suffix: str
    vault_suffix: str
    environment: str

    @property
    def graph_resource(self) -> str:
        """Whom a token for Graph is for: its root."""
        return self.graph


CLOUDS: Mapping[str, Cloud] = {
    cloud.name: cloud
    for cloud in (
        Cloud(
            name="public",
            title="the public cloud",
            login="https://login.microsoftonline.com",
            graph="https://graph.microsoft.com",
            arm="https://management.azure.com",
            arm_resource="https://management.azure.com",
            portal="portal.azure.com",
            gateway_suffix="cloudapp.azure.com",
            classic_suffix="cloudapp.net",
            storage_suffix="core.windows.net",
            vault_suffix="vault.azure.net",
            environment="Global",
        ),
        Cloud(
            name="usgov",
            title="the US Government cloud (GCC High)",
            login="https://login.microsoftonline.us",
            graph="https://graph.microsoft.us",
            arm="https://management.usgovcloudapi.net",
            arm_resource="https://management.core.usgovcloudapi.net",
            portal="portal.azure.us",
            gateway_suffix="cloudapp.usgovcloudapi.net",
            classic_suffix="usgovcloudapp.net",
            storage_suffix="core.usgovcloudapi.net",
            vault_suffix="vault.usgovcloudapi.net",
            environment="USGov",
        ),
        Cloud(
            name="usgov-dod",
            title="the US Government cloud (DoD)",
            login="https://login.microsoftonline.us",
            graph="https://dod-graph.microsoft.us",
            arm="https://management.usgovcloudapi.net",
            arm_resource="https://management.core.usgovcloudapi.net",
            portal="portal.azure.us",
            gateway_suffix="cloudapp.usgovcloudapi.net",
            classic_suffix="usgovcloudapp.net",
            storage_suffix="core.usgovcloudapi.net",
            vault_suffix="vault.usgovcloudapi.net",
            environment="USGovDoD",
        ),
        Cloud(
            name="china",
            title="the cloud of 21Vianet in China",
            login="https://login.partner.microsoftonline.cn",
            graph="https://microsoftgraph.chinacloudapi.cn",
            arm="https://management.chinacloudapi.cn",
            arm_resource="https://management.chinacloudapi.cn",
            portal="portal.azure.cn",
            gateway_suffix="",
            classic_suffix="chinacloudapp.cn",
            storage_suffix="core.chinacloudapi.cn",
            vault_suffix="vault.azure.cn",
            environment="China",
        ),
    )
}
"""By the value of [tenant] cloud."""

# Login hosts that the sign-in library knows by itself; of any other it would ask the public cloud.
KNOWN_LOGIN_HOSTS = frozenset(
    {
        "login.microsoftonline.com",
        "login.microsoftonline.us",
        "login.chinacloudapi.cn",
        "login.partner.microsoftonline.cn",
        "login.windows.net",
    }
)
