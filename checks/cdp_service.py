"""The traditional cloud distribution point (historical): wanted, and there."""

from datetime import datetime
from typing import Annotated

from assess.check import (
    AsOf,
    Fail,
    Key,
    Missing,
    Outcome,
    Outcomes,
    Pass,
    Unknown,
    Warn,
    check,
    tr,
    unavailable,
)
from assess.evidence.adminservice import AzureService, AzureServices, Seen, Site, Sites, text
from assess.evidence.certificates import CertificateFile, CertificateIn
from assess.evidence.logs import CloudMgr, Logs
from checks.cmg_gateway import deployment, hidden, label, not_sent
from checks.comanagement_site import oldest_build
from checks.log_lines import lost

_NO_NEW = 9058
"""The build of version 2107: no new distribution points in the cloud since."""
_REPLACE = (
    "Let the gateway serve content (Allow CMG to function as a cloud distribution point), "
    "move the content there, and delete the cloud distribution point."
)


@check("cdp.decision")
def decision(
    wanted: Annotated[bool, Key("cdp.enabled")],
    content: Annotated[bool | Missing, Key("cmg.content_enabled")],
    internet: Annotated[bool | Missing, Key("engagement.internet_clients")],
    services: Annotated[Seen[AzureService] | Missing, AzureServices()],
) -> Outcomes:
    """Pass when content comes from the gateway, or nobody needs it from the internet."""
    expected = "no cloud distribution point; the gateway serves content"
    if wanted:
        observed = "cdp.enabled is true: retired, none can be made since version 2107"
        yield Warn(None, expected, observed, remedy=(_REPLACE,))
    else:
        yield _content(content, internet, expected)
    yield _there(services, expected)


def _content(content: bool | Missing, internet: bool | Missing, expected: str) -> Outcome:
    if content is True:
        return Pass(None, "cdp.enabled is false, cmg.content_enabled true", expected)
    if internet is False:
        return Pass(None, "no clients outside the network are in scope", expected)
    if isinstance(content, Missing):
        return unavailable(None, content)
    if isinstance(internet, Missing):
        return unavailable(None, internet)
    observed = (
        "clients on the internet are in scope, and neither the gateway nor a cloud distribution "
        "point is to serve content"
    )
    return Fail(None, expected, observed)


def _there(services: Seen[AzureService] | Missing, expected: str) -> Outcome:
    if isinstance(services, Missing):
        return unavailable(None, services)
    own = [label(row) for row in services if row.is_distribution_point]
    if own:
        observed = tr("the site has {}, a kind of service that is retired", ", ".join(own))
        return Warn(None, expected, observed, remedy=(_REPLACE,))
    if any(not text(row.service_type) for row in services):
        return not_sent(tr("a service"), "ServiceType")
    if not services.sees.complete:
        return hidden("no cloud distribution point is shown", services)
    return Pass(None, "the site has no cloud distribution point", expected)


@check("cdp.deployed")
def deployed(
    services: Annotated[Seen[AzureService], AzureServices()],
    sites: Annotated[Seen[Site] | Missing, Sites()],
    service: Annotated[str | Missing, Key("cdp.service_name")],
    file: Annotated[CertificateFile | Missing, CertificateIn("files.cdp_pfx")],
    log: Annotated[Logs | Missing, CloudMgr()],
    now: Annotated[datetime, AsOf()],
) -> Outcomes:
    """Pass on a version before 2107 only: later ones make none, and what is there has to go."""
    expected = "a cloud distribution point that is ready, with the exported certificate"
    own = [row for row in services if row.is_distribution_point]
    named = [row for row in own if isinstance(service, str) and row.known_as(service)]
    if not own:
        if any(not text(row.service_type) for row in services):
            yield not_sent(tr("a service"), "ServiceType")
        elif not services.sees.complete:
            yield hidden("no cloud distribution point is shown", services)
        else:
            observed = "the site has none, and none can be made since version 2107: retired"
            yield Fail(None, expected, observed, remedy=(_REPLACE,))
        return
    yield from lost(log)
    for row in named or own:
        yield from _service(row, sites, file, expected)
        yield from deployment(log, now, row, expected)


def _service(
    row: AzureService,
    sites: Seen[Site] | Missing,
    file: CertificateFile | Missing,
    expected: str,
) -> Outcomes:
    name, thumbprint = label(row), "".join(text(row.service_thumbprint).split()).upper()
    yield _state(row, name, expected)
    yield _age(name, sites, expected)
    if isinstance(file, Missing):
        yield unavailable(None, file)
    elif not thumbprint:
        yield not_sent(name, "ServiceThumbprint")
    elif thumbprint != file.leaf.sha1.upper():
        observed = tr("{} has the certificate {}, which is not in {}", name, thumbprint, file.name)
        yield Warn(None, expected, observed)
    else:
        yield Pass(None, tr("{} has the certificate of {}", name, file.name), expected)


def _state(row: AzureService, name: str, expected: str) -> Outcome:
    if row.state == 0:
        return Pass(None, tr("{} is ready", name), expected)
    if row.state in {1, 4}:
        return Warn(None, expected, tr("{} is starting (State {})", name, row.state))
    if row.state in {5, 6, 99}:
        return Fail(None, expected, tr("{} does not run (State {})", name, row.state))
    return not_sent(name, "State", row.state if isinstance(row.state, int) else None)


def _age(name: str, sites: Seen[Site] | Missing, expected: str) -> Outcome:
    if isinstance(sites, Missing):
        return unavailable(None, sites)
    oldest = oldest_build(sites)
    if isinstance(oldest, Unknown):
        return oldest
    if oldest[0] < _NO_NEW:
        return Pass(None, tr("build {} still supports it", oldest[0]), expected)
    observed = tr(
        "{} is there, a kind of service that is retired: replace it before an update", name
    )
    return Warn(None, expected, observed, remedy=(_REPLACE,))
