"""Every verdict about the way of the service connection point, as probed from the server itself."""

from datetime import timedelta
from typing import Any

import pytest

from assess.check import Fail, Manual, Missing, Pass, Unknown, Warn, worst
from assess.evidence.config import Attested
from assess.evidence.logs import DmpDownloader
from assess.evidence.server_probe import Probe, ServerProbes
from assess.evidence.site_roles import SERVICE_CONNECTION_POINT, Property, RoleUse
from checks.scp_access import internet_access
from checks.scp_probe import probed
from logwriter import NOT_SENT, NOW, log
from sitecloud import LESS, REFUSED, seen, unset

SERVER = "cm01.corp.contoso.com"
GOOD, OTHER = Probe("https://manage.microsoft.com/", 200, public=True), Probe("https://go.microsoft.com/", 404, public=None)
DEAD = Probe("https://management.azure.com/", 0, "The remote name could not be resolved")
PROXY = Probe("https://management.azure.com/", 407, proxy="proxy:8080")
INSPECTED = Probe("https://management.azure.com/", 200, root="Contoso Web Gateway", public=False)


def role(name: str, server: str = SERVER, *props: Property) -> RoleUse:
    return RoleUse(name, f"\\\\{server}", "PS1", 0, props)


HERE = seen(role(SERVICE_CONNECTION_POINT))
THERE = seen(role(SERVICE_CONNECTION_POINT, "scp.corp.contoso.com"))
THROUGH = seen(
    role(SERVICE_CONNECTION_POINT),
    role("SMS Site System", SERVER, Property("UseProxy", 1), Property("ProxyName", 0, "proxy.corp"), Property("ProxyServerPort", 8080)),
)


def probes(*found: Probe, age: int = 1) -> ServerProbes:
    return ServerProbes(SERVER, NOW - timedelta(days=age), found)


@pytest.mark.parametrize(
    ("found", "roles", "kind", "words"),
    [
        (probes(GOOD, OTHER), HERE, Pass, "reached"),
        (probes(GOOD, OTHER), seen(*HERE, sees=LESS), Pass, "reached"),
        (probes(GOOD, DEAD), HERE, Fail, "could not be resolved"),
        (probes(DEAD, DEAD), HERE, Unknown, "no address answered"),
        (probes(DEAD, PROXY), HERE, Unknown, "no address answered"),
        (probes(GOOD, DEAD, PROXY), HERE, Fail, "does not reach"),
        (probes(GOOD, PROXY), HERE, Warn, "sign-in"),
        (probes(GOOD, INSPECTED), HERE, Warn, "Contoso Web Gateway"),
        (probes(GOOD), THERE, Unknown, "scp.corp.contoso.com"),
        (probes(GOOD), seen(), Unknown, "none that is seen"),
        (probes(GOOD), REFUSED, Unknown, "refuses"),
        (probes(), HERE, Unknown, "tried no address"),
        (probes(GOOD, age=31), HERE, Unknown, "too old"),
        (probes(GOOD, age=-3), HERE, Unknown, "future"),
        (probes(GOOD), THROUGH, Unknown, "another way"),
        (probes(Probe(GOOD.url, 200, proxy="proxy.corp:8080")), THROUGH, Pass, "reached"),
        (probes(GOOD), seen(role(SERVICE_CONNECTION_POINT), role("SMS Site System", SERVER, Property("UseProxy", 0))), Pass, "reached"),
    ],
)
def test_probed(found: ServerProbes, roles: Any, kind: type, words: str) -> None:
    outcome = probed(found, roles, NOW)
    assert type(outcome) is kind
    assert words in f"{getattr(outcome, 'because', '')}{getattr(outcome, 'observed', '')}"
    assert kind not in {Warn, Fail} or outcome.remedy


FETCHED = log(DmpDownloader, ("Successfully downloaded the manifest.cab", 5))
NO_LOG, NO_ANSWER, YES, NO = unset("files.log_dir"), unset("[attestations] x"), Attested(True, by="A. Meyer"), Attested(False)
NO_PROBE = Missing("nobody has probed", "Run the collector.", key="files.site_export", skipped=True)
LOST = Missing("export.zip: it was cut short", "Run the collector again.")


@pytest.mark.parametrize(
    ("logs", "answer", "found", "roles", "kind"),
    [
        (NO_LOG, YES, probes(GOOD), HERE, Pass),
        (NO_LOG, NO_ANSWER, probes(GOOD), HERE, Manual),
        (NO_LOG, NO_ANSWER, probes(GOOD, DEAD), HERE, Fail),
        (NO_LOG, YES, probes(GOOD, DEAD), HERE, Fail),
        (NO_LOG, NO, probes(GOOD), HERE, Fail),
        (NO_LOG, NO_ANSWER, probes(GOOD), THERE, Unknown),
        (NO_LOG, YES, probes(GOOD), THERE, Pass),
        (NO_LOG, NO_ANSWER, LOST, HERE, Unknown),
        (NO_LOG, YES, LOST, HERE, Unknown),
        (NO_LOG, NO_ANSWER, NO_PROBE, HERE, Manual),
        (NOT_SENT, NO_ANSWER, probes(GOOD), HERE, Unknown),
    ],
)
def test_internet_access_with_a_probe(logs: Any, answer: Any, found: Any, roles: Any, kind: type) -> None:
    outcome = worst(list(internet_access(logs, logs, NOW, answer, found, roles)))
    assert type(outcome) is kind, outcome
