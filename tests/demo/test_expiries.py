"""What ends at the example customer's, gathered from every source that tells a date."""

import pytest

from assess.demo import EXAMPLE
from assess.model import Status
from assess.reporters.expiries import calendar, expiries
from demo_run import assess


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    assessed = assess(EXAMPLE, tmp_path_factory.mktemp("customer"))
    with assessed.evidence:
        yield assessed.found


def test_certificates_authorities_and_secrets_are_on_the_calendar(found):
    listed = {one.what: one for one in expiries(found)}
    for begin in ("Certificate cmg.contoso.com (contoso-cmg.pfx)", "Issuer ", "Certification authority ",
                  "Secrets of ", "Certificate mp01.corp.contoso.com"):  # fmt: skip
        assert any(what.startswith(begin) for what in listed), begin
    assert listed["Licences of EMS"].findings == ("licence.intune-subscription", "licence.entra-premium")
    gateway = listed["Certificate cmg.contoso.com (contoso-cmg.pfx)"]
    assert any(name.startswith("cert.cmg-validity-chain[") for name in gateway.findings)
    assert calendar(found).count(b"BEGIN:VEVENT") == len(listed)


def test_nothing_that_nobody_could_see_ends(found):
    for finding in found.findings:
        if finding.status in {Status.MANUAL, Status.NOT_APPLICABLE} and not finding.evidence:
            assert finding.ends == (), finding.id
