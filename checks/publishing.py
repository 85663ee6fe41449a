"""What the directory shows of management points, beside what the site says of them.

Publishing is a choice, so this tells and contradicts, and decides nothing.
"""

from assess.check import Missing
from assess.evidence.publishing import ForestPublishing, Publishing, SystemManagement


def published(host: str, publishing: Publishing | Missing) -> str:
    """How far a management point is published, for the end of a sentence; "" if nobody knows."""
    if isinstance(publishing, Missing):
        return ""
    found = publishing.of(host)
    if found is not None:
        container, point = found
        site = f" by site {point.site}" if point.site else ""
        return f"; published in {container.domain}{site}"
    container_of = publishing.around(host)
    if container_of is None or container_of.there is None or container_of.because:
        return ""
    why = _why_not(container_of, publishing)
    return f"; not published in {container_of.domain}{why}"


def _why_not(container: SystemManagement, publishing: Publishing) -> str:
    """What stands in the way of publishing, as far as the directory shows it."""
    if not container.there:
        return ", which has no container System Management"
    if any(isinstance(f, ForestPublishing) and f.extended is False for f in publishing.forests):
        return ", since the schema is not extended"
    less = [one for one in container.servers if one.rights == "less"]
    if less:
        told = ", ".join(f"{one.host} ({one.because})" for one in less)
        return f", where site servers may not publish: {told}"
    return ""
