"""The connectors that an engagement sets up, made only for the sources that are asked.

A question names one source. Where the same is known in another place (an export of the directory,
the site's database), that place is a second way to the answer: asked when the first one refuses.
"""

import importlib
from collections.abc import Iterable
from typing import NamedTuple

from assess.connectors import Connector
from assess.engagement import Engagement
from assess.evidence import Ask


class Way(NamedTuple):
    """One way to the answers of a source; ``key`` of the engagement file sets it up, if not empty.

    ``module`` is imported when a question of the source is asked.
    """

    source: str
    module: str
    key: str = ""


# In the order in which sources are listed, and in which the ways of one source are tried.
WAYS = (
    Way("dns", "assess.connectors.dns"),
    Way("dns", "assess.connectors.ldap", "ad.server"),  # the zones that lie in the directory
    Way("ldap", "assess.connectors.ldap"),
    Way("ldap", "assess.connectors.directory_export", "files.directory_export"),
    Way("graph", "assess.connectors.graph"),
    Way("azure-arm", "assess.connectors.arm"),
    Way("adminservice", "assess.connectors.adminservice"),
    Way("adminservice", "assess.connectors.site_export", "files.site_export"),
    Way("adminservice", "assess.connectors.sql", "site.sql_server"),
    Way("sql", "assess.connectors.sql"),
    Way("certificate-file", "assess.connectors.certificates"),
    Way("log-file", "assess.connectors.logs"),
    Way("tls", "assess.connectors.tls"),
    Way("http", "assess.connectors.http_probe"),
    Way("http", "assess.connectors.exported_probe"),
    Way("config", "assess.connectors.configured"),
)
SOURCES = tuple(dict.fromkeys(way.source for way in WAYS))


def connectors_for(asks: Iterable[Ask], engagement: Engagement) -> list[Connector]:
    """One connector for each way to the sources that the questions name, in the order of ``WAYS``.

    A way that only a key sets up is left out where the key is not set.
    """
    wanted = {ask.source for ask in asks}
    modules = dict.fromkeys(
        way.module
        for way in WAYS
        if way.source in wanted and (not way.key or engagement.get(way.key) is not None)
    )
    return [importlib.import_module(module).connect(engagement) for module in modules]


def whom(source: str, engagement: Engagement) -> str:
    """Of whom a source's questions are asked, for a person."""
    match source:
        case "dns":
            return _name_servers(engagement)
        case "ldap":
            servers = [engagement.get("ad.server")]
            servers += [table.get("server") for table in engagement.tables("ad.forests").values()]
            servers.append(engagement.get("files.directory_export"))
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
            service = engagement.get("site.adminservice", engagement.get("site.provider_fqdn"))
            ways = [one for one in (service, engagement.get("site.sql_server")) if one]
            return ", then ".join(map(str, ways)) or "nobody: [site] is not set up"
        case "sql":
            return str(engagement.get("site.sql_server", "nobody: [site] sql_server is not set"))
        case "certificate-file":
            return "files named under [files]"
        case "log-file":
            return str(engagement.get("files.log_dir", "nobody: files.log_dir is not set"))
        case "config":
            return str(engagement.file)
        case _:
            return "the hosts named in the question"


def _name_servers(engagement: Engagement) -> str:
    public = ", ".join(engagement.get("dns.nameservers", []))
    inside = ", ".join(engagement.get("dns.internal_nameservers", []))
    if not public:
        return "internal: " + (inside or "the system's resolver")
    if engagement.get("ad.server") is not None:
        inside = inside or "the zones in the directory"
    return f"{public}; internal: {inside or 'nobody is named'}"
