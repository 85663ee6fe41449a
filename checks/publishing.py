"""What the directory shows of management points, beside what the site says of them.

Publishing is a choice, so this tells and contradicts, and decides nothing.
"""

from assess.check import Missing, tr
from assess.evidence.publishing import ForestPublishing, Publishing, SystemManagement


def published(host: str, publishing: Publishing | Missing) -> str:
    """How far a management point is published, for the end of a sentence; "" if nobody knows."""
    if isinstance(publishing, Missing):
        return ""
    found = publishing.of(host)
    if found is not None:
        container, point = found
        if point.site:
            return tr("; published in {} by site {}", container.domain, point.site)
        return tr("; published in {}", container.domain)
    container_of = publishing.around(host)
    if container_of is None or container_of.there is None or container_of.because:
        return ""
    return tr("; not published in {}", container_of.domain) + _why_not(container_of, publishing)


def _why_not(container: SystemManagement, publishing: Publishing) -> str:
    """What stands in the way of publishing, as far as the directory shows it."""
    if not container.there:
        return tr(", which has no container System Management")
    if any(isinstance(f, ForestPublishing) and f.extended is False for f in publishing.forests):
        return tr(", since the schema is not extended")
    less = [one for one in container.servers if one.rights == "less"]
    if less:
        told = ", ".join(tr("{} ({})", one.host, one.because) for one in less)
        return tr(", where site servers may not publish: {}", told)
    return ""
