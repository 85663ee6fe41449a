"""Certification authorities, templates, access lists and groups, read from a real directory."""

import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import ldap3
import msgspec
import pytest
from ldap3.protocol.microsoft import security_descriptor_control

from assess.collect import collect
from assess.connectors import Visit, ldap_pki
from assess.connectors.ldap import LdapConnector, connect
from assess.connectors.ldap_pki import ForestReader
from assess.connectors.ldap_session import Access, Session
from assess.engagement import engagement_from
from assess.errors import Unavailable
from assess.evidence import Ask
from assess.evidence.directory import NoAnswer
from assess.evidence.pki import (
    IIS_SERVERS,
    WEB,
    CertificateServices,
    DomainAdministrator,
    ForestGroups,
    ForestTemplates,
    Group,
    GroupNamed,
    Host,
    KeyServices,
    NoHost,
    Nominee,
    NoNominee,
    NotShown,
    TemplateNamed,
)
from assess.evidence.securitydescriptor import (
    AUTO_ENROLL,
    ENROLL,
    EXTENDED_RIGHT,
    READ_PROPERTY,
    Descriptor,
    parse,
    sid_text,
)
from assess.keytypes import Secret
from assess.recording import Recording
from lab.descriptors import descriptor, entries
from lab.forest import CLIENT_TEMPLATE, CMG_TEMPLATE, WEB_TEMPLATE
from lab.samba import DomainController

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
WORKSTATION_TRUST = "4128"
SDDL = (
    "O:EAG:DAD:PAI(OD;;CR;{enroll};;{team})(OA;;CR;{enroll};;{iis})(A;;LCRPRC;;;AU)(A;;CCDCLCSWRPWPDTLOSDRCWDWO;;;DA)"
    "(OA;;CR;{auto};;DC)(A;;RP;;;S-1-5-21-9-9-9-1234)(OA;;CR;{enroll};;EA)(A;CIIO;GA;;;WD)"
)


def access(controller: DomainController, **more: Any) -> Access:
    os.environ["LDAP_PASSWORD"] = controller.password
    secret = Secret("ad.password", env="LDAP_PASSWORD")
    fixed = Access("ad", controller.url, controller.user, secret, "simple", controller.ca_file)
    return replace(fixed, **more)


def answer(controller: DomainController, ask: Ask, visit: Visit, **more: Any) -> Any:
    """What the one forest answers; what it says survives the way through a recording."""
    whole = LdapConnector([access(controller, **more)]).fetch(ask, visit)
    assert msgspec.json.decode(msgspec.json.encode(whole), type=ask.answer) == whole
    [forest] = whole.forests
    return forest


def sid_of(controller: DomainController, name: str) -> str:
    with controller.connection(as_admin=True) as connection:
        connection.search(controller.base, f"(sAMAccountName={name})", attributes=["objectSid"])
        return sid_text(connection.response[0]["raw_attributes"]["objectSid"][0])[0]


def services_dn(controller: DomainController) -> str:
    return f"CN=Public Key Services,CN=Services,{controller.configuration}"


@contextmanager
def computer(controller: DomainController, name: str, **more: Any) -> Iterator[str]:
    dn = f"CN={name},CN=Computers,{controller.base}"
    fixed = {"sAMAccountName": f"{name}$", "userAccountControl": WORKSTATION_TRUST}
    host = {"dNSHostName": f"{name.lower()}.{controller.forest.domain}"}
    with controller.with_entry(dn, ["computer"], {**fixed, **host, **more}):
        yield dn


@contextmanager
def group(controller: DomainController, name: str, *members: str, kind: int = -2147483646) -> Iterator[str]:
    dn = f"CN={name},OU=Staff,{controller.base}"
    fields: dict[str, Any] = {"sAMAccountName": name, "groupType": str(kind)}
    if members:
        fields["member"] = list(members)
    with controller.with_entry(dn, ["group"], fields):
        yield dn


@contextmanager
def template(controller: DomainController, cn: str, display: str, access_list: bytes | None, **more: Any) -> Iterator[str]:
    dn = f"CN={cn},CN=Certificate Templates,{services_dn(controller)}"
    fields: dict[str, Any] = {
        "displayName": display, "flags": str(0x10241), "revision": "100", "pKIDefaultKeySpec": "1", "pKIKeyUsage": b"\xa0\x00",
        "pKIMaxIssuingDepth": "0", "pKICriticalExtensions": "2.5.29.15", "pKIExtendedKeyUsage": "1.3.6.1.5.5.7.3.1",
        "pKIDefaultCSPs": "1,Microsoft RSA SChannel Cryptographic Provider", "pKIExpirationPeriod": (-730 * 864 * 10**9).to_bytes(8, "little", signed=True),
        "pKIOverlapPeriod": (-42 * 864 * 10**9).to_bytes(8, "little", signed=True), "msPKI-Template-Schema-Version": "2",
        "msPKI-Cert-Template-OID": "1.3.6.1.4.1.311.21.8.32473.9.9", "msPKI-Minimal-Key-Size": "2048", "msPKI-RA-Signature": "0",
        "msPKI-Enrollment-Flag": "0", "msPKI-Private-Key-Flag": str(0x01010010), "msPKI-Certificate-Name-Flag": "1",
        "msPKI-Certificate-Application-Policy": "1.3.6.1.5.5.7.3.1", **more,
    }  # fmt: skip
    if access_list is not None:
        fields["nTSecurityDescriptor"] = access_list
    with controller.with_entry(dn, ["pKICertificateTemplate"], fields):
        yield dn


# -- certification authorities --


def test_the_authority_and_whom_the_forest_trusts(dc: DomainController, visit: Visit) -> None:
    found = answer(dc, CertificateServices(), visit)
    assert isinstance(found, KeyServices)
    [authority] = found.authorities
    assert authority.label == "Contoso Issuing CA on ca01.ad.contoso.test"
    assert WEB_TEMPLATE in authority.templates
    assert authority.newest is not None
    assert authority.newest.is_ca
    assert isinstance(authority.computer, NoHost)
    assert authority.computer.complete
    assert not isinstance(found.roots, NotShown)
    assert not isinstance(found.intermediates, NotShown)
    assert found.logon == (authority.newest.sha256,)
    assert [one.self_signed for one in found.roots] == [True]
    assert [one.sha256 for one in found.intermediates] == [authority.newest.sha256]
    assert found.hidden == 0
    assert any(note.about == authority.name and CMG_TEMPLATE in note.value for note in visit.notes)


def test_the_computer_of_the_authority(dc: DomainController, visit: Visit) -> None:
    system = {"operatingSystem": "Windows Server 2019 Standard", "operatingSystemVersion": "10.0 (17763)"}
    with computer(dc, "CA01", **system):
        [authority] = answer(dc, CertificateServices(), visit).authorities
    assert authority.computer == Host("ca01.ad.contoso.test", "Windows Server 2019 Standard", "10.0 (17763)")
    with computer(dc, "CA01"):
        [authority] = answer(dc, CertificateServices(), visit).authorities
    assert authority.computer == Host("ca01.ad.contoso.test")


def test_what_is_no_certificate_is_counted_and_never_read_as_none(dc: DomainController, visit: Visit) -> None:
    service = f"CN=Contoso Issuing CA,CN=Enrollment Services,{services_dn(dc)}"
    with ExitStack() as stack:
        stack.enter_context(dc.with_values(service, "cACertificate", [b"nonsense"]))
        stack.enter_context(dc.with_values(f"CN=NTAuthCertificates,{services_dn(dc)}", "cACertificate", [b"nonsense"]))
        found = answer(dc, CertificateServices(), visit)
    assert found.authorities[0].unreadable == 1
    assert found.authorities[0].newest is None
    assert isinstance(found.logon, NotShown)


def test_a_forest_without_an_authority(second_dc: DomainController, visit: Visit) -> None:
    found = answer(second_dc, CertificateServices(), visit)
    assert found.authorities == ()
    assert found.roots == ()
    assert isinstance(found.logon, NotShown)
    assert any("no enrolment service" in note.value for note in visit.notes)


# -- templates --


def test_a_template_as_it_is(dc: DomainController, visit: Visit) -> None:
    found = answer(dc, TemplateNamed("pki.web_template_name", "configmgr cloud management GATEWAY"), visit)
    assert isinstance(found, ForestTemplates)
    [one] = found.found
    assert (one.cn, one.schema, one.key_bits, one.days) == (CMG_TEMPLATE, 2, 2048, 730.0)
    assert one.usages == one.policies == ("1.3.6.1.5.5.7.3.1",)
    assert one.exportable
    assert one.supplied
    assert one.for_machines
    assert one.legacy_provider
    assert one.providers == ("Microsoft RSA SChannel Cryptographic Provider",)
    assert found.seen == 5
    assert found.hidden == 0
    assert list(found.domains) == ["ad.contoso.test"]
    assert isinstance(one.access, Descriptor)
    computers = f"{found.domains['ad.contoso.test']}-515"
    assert one.access.grants({computers}, EXTENDED_RIGHT, ENROLL)
    assert not one.access.grants({computers}, EXTENDED_RIGHT, AUTO_ENROLL)
    assert one.access.grants(found.principal(computers).token, READ_PROPERTY)
    assert found.principal(computers).label == "Domain Computers"


def test_by_its_cn_where_no_display_name_fits(dc: DomainController, visit: Visit) -> None:
    [one] = answer(dc, TemplateNamed("pki.workstation_template_name", CLIENT_TEMPLATE), visit).found
    assert one.display == "ConfigMgr Client Certificate"
    assert answer(dc, WEB, visit).found == ()


def test_the_access_list_as_samba_reads_it_and_who_is_named(dc: DomainController, visit: Visit) -> None:
    domain = sid_of(dc, "Domain Admins").rpartition("-")[0]
    with ExitStack() as stack:
        inner = stack.enter_context(group(dc, "All Machines", f"CN=Domain Computers,CN=Users,{dc.base}"))
        team = stack.enter_context(group(dc, "Web Team", inner, f"CN=Ann Archer,OU=Staff,{dc.base}"))
        stack.enter_context(group(dc, "Everything", team))
        names = {
            "team": sid_of(dc, "Web Team"), "iis": sid_of(dc, "ConfigMgr IIS Servers"), "enroll": ENROLL, "auto": AUTO_ENROLL,
        }  # fmt: skip
        octets = descriptor(SDDL.format(**names), domain)
        stack.enter_context(template(dc, "ConfigMgrCloudWebServer", "ConfigMgrCloudWebServer", octets))
        found = answer(dc, WEB, visit)
        everything = sid_of(dc, "Everything")
        all_machines = sid_of(dc, "All Machines")
    [one] = found.found
    owner, told = json.loads(entries(octets))
    assert one.access.owner == owner
    theirs = [(a[0] in (0, 5), a[2], a[3], a[4]) for a in told if not a[1] & 8]
    assert [(e.kind == "allow", e.sid, e.mask, e.object_type) for e in one.access.entries] == theirs
    team_seen = found.principal(names["team"])
    assert team_seen.label == "Web Team"
    assert team_seen.broad
    assert set(team_seen.contains) == {all_machines, f"{domain}-515"}
    assert team_seen.within == (everything,)
    assert found.principal("S-1-5-21-9-9-9-1234").kind == "unresolved"
    assert found.principal("S-1-5-11").label == "Authenticated Users"
    assert not found.principal(names["iis"]).broad
    assert not one.access.grants(team_seen.token, EXTENDED_RIGHT, ENROLL)
    assert one.access.grants(found.principal(names["iis"]).token, EXTENDED_RIGHT, ENROLL)
    assert any("deny Web Team" in note.value for note in visit.notes)


SDDLS = [
    "D:(A;;GA;;;WD)", "O:DAG:DAD:PAI(A;;GA;;;DA)(A;;RPLCLORC;;;AU)(OA;;CR;0e10c968-78fb-11d2-90d4-00c04f79dc55;;DC)",
    "O:SYD:(OD;CI;CR;0e10c968-78fb-11d2-90d4-00c04f79dc55;bf967aba-0de6-11d0-a285-00aa003049e2;S-1-5-21-1-2-3-4)(A;ID;RP;;;BA)",
    "O:BAG:BAD:AI(D;;CR;;;AN)(OA;CIIO;RPWP;;bf967a86-0de6-11d0-a285-00aa003049e2;CO)(A;CI;FA;;;S-1-5-80-1-2-3-4-5)",
]  # fmt: skip


@pytest.mark.parametrize("sddl", SDDLS)
def test_the_parser_reads_what_samba_reads(sddl: str) -> None:
    octets = descriptor(sddl, "S-1-5-21-1-2-3")
    mapped = {1 << 28: 0xF01FF}
    _, told = json.loads(entries(octets))
    theirs = [(a[0] in (0, 5), a[2], mapped.get(a[3], a[3]), a[4], bool(a[1] & 16)) for a in told if not a[1] & 8]
    ours = [(e.kind == "allow", e.sid, e.mask, e.object_type, e.inherited) for e in parse(octets).entries]
    assert ours == theirs


def test_a_template_that_may_not_be_read_is_hidden_not_absent(dc: DomainController, visit: Visit) -> None:
    domain = sid_of(dc, "Domain Admins").rpartition("-")[0]
    service = f"CN=Contoso Issuing CA,CN=Enrollment Services,{services_dn(dc)}"
    only_admins = descriptor("O:DAG:DAD:PAI(A;;GA;;;DA)", domain)
    with ExitStack() as stack:
        stack.enter_context(template(dc, "Hidden", "ConfigMgrCloudWebServer", only_admins))
        stack.enter_context(dc.with_values(service, "certificateTemplates", ["Hidden", CMG_TEMPLATE]))
        found = answer(dc, WEB, visit)
    assert found.found == ()
    assert found.hidden == 1
    assert any("1 not shown" in note.value for note in visit.notes)


def test_a_container_that_may_not_be_seen_is_no_answer(dc: DomainController, visit: Visit) -> None:
    domain = sid_of(dc, "Domain Admins").rpartition("-")[0]
    closed = descriptor("O:DAG:DAD:PAI(A;;GA;;;DA)(A;;GA;;;SY)", domain)
    for name, ask in (("Certificate Templates", WEB), ("Enrollment Services", CertificateServices())):
        with with_access_list(dc, f"CN={name},{services_dn(dc)}", closed), pytest.raises(Unavailable) as caught:
            LdapConnector([access(dc)]).fetch(ask, visit)
        assert name in caught.value.reason


@contextmanager
def with_access_list(controller: DomainController, dn: str, octets: bytes) -> Iterator[None]:
    control = security_descriptor_control(sdflags=4)
    with controller.connection(as_admin=True) as connection:
        connection.search(dn, "(objectClass=*)", ldap3.BASE, attributes=["nTSecurityDescriptor"], controls=control)
        before = connection.response[0]["raw_attributes"]["nTSecurityDescriptor"]
        assert connection.modify(dn, {"nTSecurityDescriptor": [(ldap3.MODIFY_REPLACE, [octets])]}, controls=control), connection.result
    try:
        yield
    finally:
        with controller.connection(as_admin=True) as connection:
            assert connection.modify(dn, {"nTSecurityDescriptor": [(ldap3.MODIFY_REPLACE, before)]}, controls=control)


# -- groups --


def test_members_at_every_depth(dc: DomainController, visit: Visit) -> None:
    with ExitStack() as stack:
        inner = stack.enter_context(group(dc, "Gateway (Servers)", stack.enter_context(computer(dc, "CLOUD01"))))
        outer = f"CN=ConfigMgr IIS Servers,OU=Staff,{dc.base}"
        ann = f"CN=Ann Archer,OU=Staff,{dc.base}"
        stack.enter_context(dc.with_values(outer, "member", [inner, f"CN=CM01,CN=Computers,{dc.base}", ann]))
        stack.enter_context(group(dc, "Above", outer))
        found = answer(dc, IIS_SERVERS, visit)
        above = sid_of(dc, "Above")
    assert isinstance(found, ForestGroups)
    [one] = found.found
    assert isinstance(one, Group)
    assert one.security
    assert one.cut == ""
    assert {(m.name, m.kind) for m in one.members} == {
        ("Gateway (Servers)", "group"), ("CLOUD01$", "computer"), ("CM01$", "computer"), ("ann.archer", "user"),
    }  # fmt: skip
    assert one.has("cloud01.ad.contoso.test")
    assert one.has("CM01")
    assert not one.has("mp01.ad.contoso.test")
    assert above in one.token
    assert one.changed is not None


def test_every_computer_of_the_domain_may_be_in_it(dc: DomainController, visit: Visit) -> None:
    with group(dc, "Too Many", f"CN=Domain Computers,CN=Users,{dc.base}", kind=2):
        [one] = answer(dc, GroupNamed("pki.iis_group_name", "Too Many"), visit).found
    assert one.security is False
    assert one.has("any.ad.contoso.test")


def test_a_group_that_is_not_there(dc: DomainController, visit: Visit) -> None:
    hostile = GroupNamed("pki.iis_group_name", "*)(objectClass=*")
    found = answer(dc, hostile, visit)
    assert found == ForestGroups("ad", "ad.contoso.test", ())
    assert any("no such group" in note.value for note in visit.notes)


# -- the nominated administrator --


NOMINEES: list[tuple[str, str, bool, bool]] = [
    ("Administrator", "Administrator", True, True),
    ("CONTOSO\\administrator", "Administrator", True, True),
    ("ann.archer@contoso.com", "ann.archer", True, False),
    ("left3", "left3", False, False),
]


@pytest.mark.parametrize(("name", "account", "enabled", "administrator"), NOMINEES)
def test_the_nominee(dc: DomainController, visit: Visit, name: str, account: str, enabled: bool, administrator: bool) -> None:
    found = answer(dc, DomainAdministrator(name), visit)
    assert isinstance(found, Nominee)
    assert (found.account, found.enabled, found.administrator) == (account, enabled, administrator)


def test_a_nested_administrator(dc: DomainController, visit: Visit) -> None:
    with dc.with_user("nested.admin") as user, group(dc, "Operations", user) as inner:
        admins = f"CN=Domain Admins,CN=Users,{dc.base}"
        with dc.with_values(admins, "member", [f"CN=Administrator,CN=Users,{dc.base}", inner]):
            found = answer(dc, DomainAdministrator("nested.admin"), visit)
    assert found.administrator
    assert not found.enterprise


def test_nobody_of_that_name(dc: DomainController, visit: Visit) -> None:
    assert answer(dc, DomainAdministrator("*"), visit) == NoNominee("ad", "ad.contoso.test")


# -- several forests, one connector, one recording --


ASKS: Sequence[Ask] = (CertificateServices(), WEB, IIS_SERVERS, DomainAdministrator())


def test_two_forests_and_one_that_refuses(dc: DomainController, second_dc: DomainController, visit: Visit) -> None:
    other = access(second_dc, section="ad.forests.fabrikam")
    connector = LdapConnector([access(dc), other])
    for ask in (CertificateServices(), WEB, IIS_SERVERS, DomainAdministrator("Administrator")):
        assert len(connector.fetch(ask, visit).forests) == 2
    wrong = replace(other, ca_file=second_dc.other_ca_file)
    for ask in (CertificateServices(), WEB, IIS_SERVERS, DomainAdministrator("Administrator")):
        first, second = LdapConnector([access(dc), wrong]).fetch(ask, visit).forests
        assert not isinstance(first, NoAnswer)
        assert isinstance(second, NoAnswer)


def test_the_names_come_from_the_engagement_file(dc: DomainController, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LDAP_PASSWORD", dc.password)
    engagement = engagement_from(
        {
            "engagement": {"name": "contoso", "scenarios": ["co-management-pki"]},
            "ad": {"server": dc.url, "user": dc.user, "password": {"env": "LDAP_PASSWORD"}, "ca_file": str(dc.ca_file)},
            "pki": {"web_template_name": WEB_TEMPLATE},
            "accounts": {"domain_admin": "Administrator"},
        },
        file="contoso.toml", folder=tmp_path,
    )  # fmt: skip
    connector = connect(engagement)
    with Recording(engagement, as_of=NOW, started_at=NOW, finished_at=NOW) as recording:
        collect(ASKS, [connector], recording, clock=lambda: NOW)
        assert recording.answer(WEB).name == WEB_TEMPLATE
        assert [one.cn for _, one in recording.answer(WEB).found()] == [WEB_TEMPLATE]
        assert recording.answer(IIS_SERVERS).found()[0].name == "ConfigMgr IIS Servers"
        assert recording.answer(DomainAdministrator()).forests[0].administrator


def test_the_flags_are_asked_for(dc: DomainController, visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the control a normal account gets no descriptor at all."""
    nothing: Callable[..., list[Any]] = lambda **_: []  # noqa: E731
    assert isinstance(answer(dc, TemplateNamed("pki.web_template_name", WEB_TEMPLATE), visit).found[0].access, Descriptor)
    monkeypatch.setattr(ldap_pki, "security_descriptor_control", nothing)
    [one] = answer(dc, TemplateNamed("pki.web_template_name", WEB_TEMPLATE), visit).found
    assert one.access == NotShown("the directory gave no security descriptor to this account")


# -- a domain that this server does not hold --


def with_child(controller: DomainController, visit: Visit, *, catalog: bool) -> Any:
    """A reader that knows of a child domain, whose objects only a global catalog could show."""
    connector = LdapConnector([access(controller)])
    domains = {controller.forest.domain: controller.base, "child.ad.contoso.test": f"DC=child,{controller.base}"}

    @contextmanager
    def elsewhere() -> Iterator[Session]:
        if not catalog:
            raise Unavailable("dc1:3269 did not answer in time")
        with connector.servers()[0].session(port=3269) as session:
            yield session

    return connector, domains, elsewhere


def test_a_domain_that_cannot_be_looked_at_is_named(dc: DomainController, visit: Visit) -> None:
    connector, domains, elsewhere = with_child(dc, visit, catalog=False)
    with connector.servers()[0].session() as session, ForestReader(session, domains, elsewhere) as reader:
        found = ldap_pki.groups(reader, "ad", "no such group", visit)
        assert found.unread == ("child.ad.contoso.test",)
        assert ldap_pki.nominee(reader, "ad", "nobody", visit) == NoNominee("ad", dc.forest.domain, ("child.ad.contoso.test",))
        [authority] = ldap_pki.services(reader, "ad", visit).authorities
        assert isinstance(authority.computer, NoHost)
        assert not authority.computer.complete
        assert "did not answer in time" in authority.computer.because
        templates = ldap_pki.templates(reader, "ad", WEB_TEMPLATE, visit)
        assert templates.unread_domains == ("child.ad.contoso.test",)
        computers = templates.principal(f"{templates.domains[dc.forest.domain]}-515")
        assert not computers.known


def test_a_catalog_without_that_domain_is_no_answer(dc: DomainController, visit: Visit) -> None:
    connector, domains, elsewhere = with_child(dc, visit, catalog=True)
    with (
        connector.servers()[0].session() as session,
        ForestReader(session, domains, elsewhere) as reader,
        pytest.raises(Unavailable) as caught,
    ):
        ldap_pki.groups(reader, "ad", "no such group", visit)
    assert "child" in caught.value.reason


# -- what an ordinary account may not see --


def test_members_that_may_not_be_seen_are_counted(dc: DomainController, visit: Visit) -> None:
    domain = sid_of(dc, "Domain Admins").rpartition("-")[0]
    closed = descriptor("O:DAG:DAD:PAI(A;;GA;;;DA)(A;;GA;;;SY)", domain)
    with ExitStack() as stack:
        secret = stack.enter_context(computer(dc, "SECRET01"))
        stack.enter_context(group(dc, "Web Farm", secret))
        stack.enter_context(with_access_list(dc, secret, closed))
        [one] = answer(dc, GroupNamed("pki.iis_group_name", "Web Farm"), visit).found
    assert one.members == ()
    assert "SECRET01" in one.cut
