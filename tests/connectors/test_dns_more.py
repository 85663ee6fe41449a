"""What name servers say besides addresses: who may issue certificates, for how long an answer holds, and broken signatures."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from assess.connectors import Visit
from assess.connectors.dns import DnsConnector
from assess.engagement import engagement_from
from assess.errors import Unavailable
from assess.evidence.dns import (
    Address,
    Aliases,
    Cname,
    Issuers,
    NoAnswer,
    Permission,
    Permissions,
    Permitted,
    Target,
    Unrestricted,
)
from assess.recording import Recording
from lab.names import BROKEN, Names

NOW = datetime(2026, 11, 20, 21, 10, tzinfo=UTC)
LabNames = Callable[..., Names]
ZONE = """\
@        CAA 0 issue "digicert.com"
@        CAA 0 issuewild ";"
@        CAA 128 iodef "mailto:pki@contoso.com"
cmg      3600 CNAME contosocmg.westeurope.cloudapp.azure.com.
strict   CAA 0 issue ";"
a.strict A 192.0.2.1
odd      CAA 0 issue "\\255\\254 <script>"
"""
AZURE = '@ CAA 0 issue "microsoft.com"\ncontosocmg.westeurope.cloudapp A 192.0.2.9\n'


@pytest.fixture
def asking() -> Iterator[Callable[..., DnsConnector]]:
    made: list[DnsConnector] = []

    def make(*public: str) -> DnsConnector:
        made.append(DnsConnector(public=public, internal=(), timeout=2.0))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def visit(tmp_path: Path) -> Visit:
    engagement = engagement_from({"engagement": {"name": "x", "scenarios": ["hybrid-mdm"]}}, file="x", folder=tmp_path)
    known = Recording(engagement, as_of=NOW, started_at=NOW, finished_at=NOW, tables=tmp_path)
    return Visit(known=known, clock=lambda: NOW, tables=tmp_path)


def permitted(connector: DnsConnector, visit: Visit, *names: str) -> Any:
    found = connector.fetch(Issuers(names), visit)
    assert isinstance(found, Permissions)
    assert msgspec.json.decode(msgspec.json.encode(found), type=Permissions) == found
    return found.by_name


def test_records_of_the_name_or_of_the_closest_above_it(name_servers: LabNames, asking: Any, visit: Visit) -> None:
    """The target of an alias may have records, what is above the target does not count (RFC 8659)."""
    lab = name_servers({"contoso.com": ZONE, "azure.com": AZURE, "contoso.de": "www A 192.0.2.1\n"})
    names = ("cmg.contoso.com", "a.b.contoso.com", "contoso.com", "strict.contoso.com", "a.strict.contoso.com", "www.contoso.de")
    found = permitted(asking(lab.resolver), visit, *names)
    above = Permitted("contoso.com", (
        Permission("iodef", "mailto:pki@contoso.com", critical=True), Permission("issue", "digicert.com"), Permission("issuewild", ";"),
    ))  # fmt: skip
    assert found["cmg.contoso.com"] == found["a.b.contoso.com"] == found["contoso.com"] == above
    assert above.authorities(wildcard=False) == frozenset({"digicert.com"})
    assert above.authorities(wildcard=True) == frozenset()
    assert found["a.strict.contoso.com"] == found["strict.contoso.com"] == Permitted("strict.contoso.com", (Permission("issue", ";"),))
    assert found["www.contoso.de"] == Unrestricted()
    assert 'issue "digicert.com"' in visit.notes[0].value


def test_records_with_anything_in_them(name_servers: LabNames, asking: Any, visit: Visit) -> None:
    lab = name_servers({"contoso.com": ZONE})
    [record] = permitted(asking(lab.authority), visit, "odd.contoso.com")["odd.contoso.com"].records
    assert record.value.endswith("<script>")


def test_no_answer_is_none(name_servers: LabNames, asking: Any, visit: Visit) -> None:
    lab = name_servers({"contoso.com": ZONE, "broken.com": BROKEN})
    faulty = lab.broken({"drop.contoso.com": "drop", "contoso.com": "refused"})
    found = permitted(asking(faulty), visit, "x.broken.com", "drop.contoso.com", "a.contoso.com")
    assert {type(one) for one in found.values()} == {NoAnswer}
    with pytest.raises(Unavailable) as caught:
        permitted(asking(), visit, "contoso.com")
    assert caught.value.skipped


def test_how_long_an_alias_holds(name_servers: LabNames, asking: Any, visit: Visit) -> None:
    lab = name_servers({"contoso.com": ZONE})
    found = asking(lab.authority).fetch(Cname(("cmg.contoso.com", "gone.contoso.com")), visit)
    assert isinstance(found, Aliases)
    assert found.ttl == {"cmg.contoso.com": 3600}
    assert found.by_name["cmg.contoso.com"] == Target("contosocmg.westeurope.cloudapp.azure.com")


def test_a_zone_whose_signatures_are_broken(name_servers: LabNames, asking: Any, visit: Visit) -> None:
    """A resolver that validates says SERVFAIL, and answers whoever does not want it to validate."""
    lab = name_servers({"contoso.com": ZONE, "broken.com": BROKEN}, bogus=["contoso.com"])
    found = asking(lab.resolver).fetch(Address(("a.strict.contoso.com", "x.broken.com")), visit)
    said = {name: one.text for name, one in found.by_name.items()}
    assert "DNSSEC signatures of the name are broken" in said["a.strict.contoso.com"]
    assert isinstance(found.by_name["a.strict.contoso.com"], NoAnswer)
    assert "SERVFAIL" in said["x.broken.com"]
    assert "DNSSEC" not in said["x.broken.com"]
