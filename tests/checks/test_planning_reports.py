"""Every verdict about the reporting services point, and the way to its report server."""

import http.server
import threading
from pathlib import Path
from typing import Any

import pytest

from assess.check import Manual, Missing, NotApplicable, Outcome, Pass, Unknown, Warn
from assess.connectors import Visit
from assess.connectors.certificates import Roots
from assess.connectors.dial import Dialler
from assess.connectors.http_probe import HttpConnector
from assess.errors import Unavailable
from assess.evidence import Ask
from assess.evidence.adminservice import MayBeTrimmed, Seen, SeesEverything, Trimmed
from assess.evidence.http import Answered, NoStatus, NotReached, NotTrusted, StatusLine
from assess.evidence.reporting import ReportServer
from assess.evidence.site_roles import Property, RoleUse
from checks.planning_reports import reporting_services
from specimens import NOW, REFUSED, unset

ALL = SeesEverything("the account is a full administrator")
PERHAPS = MayBeTrimmed("what this account may see is not known", "Give it the role.")
PART = Trimmed("this account sees a part", "Give it the role.")
URI = "http://srs01.corp.contoso.com/ReportServer"
OK = Answered(200, "OK")
NO_ADDRESS = Missing("the reporting services points name no address in the property ReportServerUri", "Open it.")


def point(server: str = "srs01.corp.contoso.com", uri: str = URI) -> RoleUse:
    props = (Property("ReportServerUri", 0, value2=uri),) if uri else ()
    return RoleUse("SMS SRS Reporting Point", f"\\\\{server}", "PS1", 0, props)


def roles(*rows: RoleUse, sees: Any = ALL) -> Seen[RoleUse]:
    return Seen(rows, sees)


@pytest.mark.parametrize(
    ("option", "reports", "found", "answer", "status", "words"),
    [
        ("hybrid", [], roles(point()), OK, Pass, "srs01.corp.contoso.com: the report server answers with 200"),
        ("hybrid", unset("planning.required_reports"), roles(point(), sees=PERHAPS), Answered(401, ""), Pass, "401"),
        ("hybrid", ["inventory"], roles(), REFUSED, Warn, "required: inventory"),
        ("hybrid", [], roles(), REFUSED, NotApplicable, "no report is required"),
        ("hybrid", unset("planning.required_reports"), roles(), REFUSED, Manual, "planning.required_reports"),
        ("hybrid", ["inventory"], roles(sees=PERHAPS), REFUSED, Unknown, "may only be hidden"),
        ("hybrid", ["inventory"], roles(sees=PART), REFUSED, Unknown, "may only be hidden"),
        ("hybrid", [], roles(point()), Answered(503, "x"), Unknown, "503"),
        ("hybrid", [], roles(point()), NotReached("no answer in 10 s"), Unknown, "no answer"),
        ("hybrid", [], roles(point()), NotTrusted("its certificate is not trusted"), Unknown, "not trusted"),
        ("hybrid", [], roles(point()), NoStatus("what it answers is no HTTP"), Unknown, "no HTTP"),
        ("hybrid", [], roles(point(uri="")), NO_ADDRESS, Unknown, "ReportServerUri"),
        ("hybrid", [], roles(point()), REFUSED, Unknown, ""),
        ("intune-standalone", [], roles(), REFUSED, NotApplicable, "intune-standalone"),
        (unset("planning.chosen_option"), [], roles(point()), OK, Manual, "planning.chosen_option"),
    ],
)
def test_reporting_services(option: Any, reports: Any, found: Any, answer: Any, status: type[Outcome], words: str) -> None:
    [outcome] = reporting_services(option, reports, found, answer)
    assert isinstance(outcome, status)
    assert words in " ".join(str(getattr(outcome, name, "")) for name in ("observed", "because", "question"))


class Known:
    def __init__(self, answer: Seen[RoleUse]) -> None:
        self._answer = answer

    def key(self, name: str) -> Any:
        raise AssertionError(name)

    def answer(self, ask: Ask) -> Any:
        return self._answer


def test_the_address_is_the_one_that_the_role_names() -> None:
    assert ReportServer().bind(Known(roles(point(), point("srs02.corp.contoso.com")))).url == URI
    for rows, said in (((), "no server"), ((point(uri=""),), "no address"), ((point(), point(uri="https://b/R")), "2 addresses")):
        with pytest.raises(Unavailable, match=said):
            ReportServer().bind(Known(roles(*rows)))


class Asked(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(401 if self.path == "/ReportServer" and not self.headers.get("Authorization") else 500)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


def test_a_report_server_without_tls_is_asked_and_nothing_else_is(tmp_path: Path) -> None:
    visit = Visit(known=Known(roles()), clock=lambda: NOW, tables=tmp_path)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Asked) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"127.0.0.1:{server.server_address[1]}"
        dialler = Dialler(connect_to={"srs01.corp.contoso.com:80": address}, seconds=5)
        connector = HttpConnector(dialler, Roots(Path("/"), None, ()))
        answer = connector.fetch(ReportServer(URI), visit)
        assert answer == Answered(401, "Unauthorized")
        with pytest.raises(Unavailable, match="no address that begins with https"):
            connector.fetch(StatusLine(URI), visit)
        with pytest.raises(Unavailable, match="no address that begins with https"):
            connector.fetch(ReportServer("file:///etc/passwd"), visit)
        server.shutdown()
