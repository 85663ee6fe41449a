"""The connectors that an engagement sets up, made only for the sources that are asked."""

import importlib
from collections.abc import Iterable

from assess.connectors import Connector
from assess.engagement import Engagement
from assess.evidence import Ask

# Source to the module that reads it; imported when a question of that source is asked.
MODULES = {
    "dns": "assess.connectors.dns",
    "ldap": "assess.connectors.ldap",
    "graph": "assess.connectors.graph",
    "azure-arm": "assess.connectors.arm",
    "adminservice": "assess.connectors.adminservice",
    "certificate-file": "assess.connectors.certificates",
    "collected-file": "assess.connectors.gpresult",
    "log-file": "assess.connectors.logs",
    "tls": "assess.connectors.tls",
    "http": "assess.connectors.http_probe",
    "config": "assess.connectors.configured",
}


def connectors_for(asks: Iterable[Ask], engagement: Engagement) -> list[Connector]:
    """One connector for each source that the questions name, in the order of ``MODULES``."""
    wanted = {ask.source for ask in asks}
    return [
        importlib.import_module(module).connect(engagement)
        for source, module in MODULES.items()
        if source in wanted
    ]


def whom(source: str, engagement: Engagement) -> str:
    """Of whom a source's questions are asked, for a person."""
    match source:
        case "dns":
            public = ", ".join(engagement.get("dns.nameservers", []))
            inside = (
                ", ".join(engagement.get("dns.internal_nameservers", [])) or "the system's resolver"
            )
            return f"{public}; internal: {inside}" if public else f"internal: {inside}"
        case "ldap":
            servers = [engagement.get("ad.server")]
            servers += [table.get("server") for table in engagement.tables("ad.forests").values()]
            return ", ".join(filter(None, servers)) or "nobody: [ad] is not set up"
        case "graph":
            return str(
                engagement.get("tenant.endpoints.graph", "Microsoft Graph of the tenant's cloud")
            )
        case "azure-arm":
            return str(
                engagement.get(
                    "tenant.endpoints.arm", "Azure Resource Manager of the tenant's cloud"
                )
            )
        case "adminservice":
            default = engagement.get("site.provider_fqdn", "nobody: [site] is not set up")
            return str(engagement.get("site.adminservice", default))
        case "certificate-file" | "collected-file":
            return "files named under [files]"
        case "log-file":
            return str(engagement.get("files.log_dir", "nobody: files.log_dir is not set"))
        case "config":
            return str(engagement.file)
        case _:
            return "the hosts named in the question"
