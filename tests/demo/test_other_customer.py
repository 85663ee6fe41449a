"""Another customer, served by the same stand-ins from other files, gets quite other findings."""

from collections.abc import Iterator

import pytest

from assess.model import Verdict
from customers import fabrikam
from demo_run import Assessed, assess, loopback_only


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assessed]:
    source = tmp_path_factory.mktemp("fabrikam")
    fabrikam.write(source)
    with loopback_only() as left:
        assessed = assess(source, tmp_path_factory.mktemp("run"))
    assert left == []
    with assessed.evidence:
        yield assessed


@pytest.mark.parametrize(
    ("finding", "status"),
    [
        ("identity.user-public-upn[fabrikam.net]", "pass"),
        ("identity.discovered-upn-consistent[fabrikam.net]", "pass"),
        ("identity.users-and-groups-synced", "warn"),
        ("identity.join-model", "pass"),
        ("dns.enterprise-enrollment-cname[fabrikam.net]", "pass"),
        ("dns.enterprise-registration-cname[fabrikam.net]", "warn"),
        ("dns.cmg-cname", "pass"),
        ("dns.cname-scope", "pass"),
        ("cmg.service-name", "pass"),
        ("cmg.name-availability", "fail"),
        ("authority.mdm", "fail"),
        ("licence.intune-subscription", "fail"),
        ("azure.subscription", "fail"),
    ],
)
def test_what_is_found(found: Assessed, finding: str, status: str) -> None:
    assert found.status(finding) == status


def test_all_of_it_is_about_this_customer(found: Assessed) -> None:
    assert (found.found.engagement.customer, found.found.engagement.site) == ("Fabrikam AG", "FAB")
    assert [verdict.verdict for verdict in found.found.verdicts] == [Verdict.NOT_READY]
    assert str(found.found.as_of.date()) == "2027-03-02"
    said = [line.value for finding in found.found.findings for line in finding.evidence]
    said += [f"{finding.subject} {finding.observed}" for finding in found.found.findings if finding.check]
    assert not [text for text in said if "contoso" in text.lower()]
    assert not [source for source in found.found.sources if source.status == "failed"]
