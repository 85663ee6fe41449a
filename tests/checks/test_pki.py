"""The company's own PKI: authority, group, who trusts the root, who administers. Every verdict."""

import base64
import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec import UNSET

from assess.check import Fail, Manual, NotApplicable, Outcome, Pass, Unknown, Warn, worst
from assess.evidence.certificates import CertificateFile, Stores, Unread
from assess.evidence.config import Attested
from assess.evidence.directory import NoAnswer
from assess.evidence.enrolment import Assignment, Target
from assess.evidence.grouplists import GroupList, GroupLists
from assess.evidence.pki import (
    IIS_GROUP,
    Host,
    Member,
    NoHost,
    Nominee,
    Nominees,
    NoNominee,
    NotShown,
    PublicKeyServices,
)
from assess.evidence.policies import Profile
from authorities import (
    CA,
    CA_HOST,
    IIS,
    ISSUING,
    REFUSED_FOREST,
    ROOT,
    authority,
    computer,
    group,
    groups,
    services,
    template,
    templates,
    workstation,
)
from checks.domain_admin import domain_admin
from checks.pki.authority import ca_os_version, enterprise_ca
from checks.pki.group import iis_servers_group, iis_servers_group_token
from checks.pki.trust import client_root_trust, root_on_cloud_role_server, trusted_root_exported
from specimens import NOW, REFUSED, cert, changed, entry, file, private, store, trust, unset

OWN, MODE = "own-pki", "https"
SCENARIO = "co-management-pki"
NO_CA = unset("pki.ca_host")
NO_TEMPLATES = (REFUSED, REFUSED)
CLOUD, POINT = "cloud01.corp.contoso.test", "mp01.corp.contoso.test"
YES, NO = Attested(answer=True), Attested(answer=False)
NOT_READ = NotShown("the account may not read there")
UNANSWERED = unset("[attestations]")


def only(outcomes: list[Outcome]) -> Outcome:
    [outcome] = outcomes
    return outcome


# -- pki.enterprise-ca --

EXPIRED = changed(ISSUING, not_after=NOW - timedelta(days=1))
ENDING = changed(ISSUING, not_after=NOW + timedelta(days=365))
OLD = authority(EXPIRED, name="Old CA", host="old.corp.contoso.test")


@pytest.mark.parametrize(
    ("found", "wanted", "status"),
    [
        (services(authority()), NO_CA, Pass),
        (services(authority()), CA_HOST, Pass),
        (services(authority(), OLD), CA_HOST, Pass),
        (services(authority(), refused=True), NO_CA, Pass),
        (services(authority(ENDING)), NO_CA, Warn),
        (services(authority(), logon=("99" * 32,)), NO_CA, Warn),
        (services(authority(computer=NoHost("no such computer", complete=True))), NO_CA, Warn),
        (services(authority(EXPIRED)), NO_CA, Fail),
        (services(authority(changed(ISSUING, not_before=NOW + timedelta(days=1)))), NO_CA, Fail),
        (services(authority(), OLD), "old.corp.contoso.test", Fail),
        (services(authority()), "ca99.corp.contoso.test", Fail),
        (services(), NO_CA, Fail),
        (services(hidden=1), NO_CA, Unknown),
        (services(refused=True), NO_CA, Unknown),
        (services(authority(), hidden=1), "ca99.corp.contoso.test", Unknown),
        (PublicKeyServices((REFUSED_FOREST,)), NO_CA, Unknown),
        (services(authority(None)), NO_CA, Unknown),
        (services(authority(), logon=NOT_READ), NO_CA, Unknown),
        (services(authority(computer=NoHost("child was not read", complete=False))), NO_CA, Unknown),
        (services(authority(computer=NOT_READ)), NO_CA, Unknown),
    ],
)
def test_enterprise_ca(found: Any, wanted: Any, status: type[Outcome]) -> None:
    assert isinstance(only(enterprise_ca(SCENARIO, OWN, MODE, wanted, found, NOW, *NO_TEMPLATES)), status)


HALF = authority(changed(ISSUING, not_after=NOW + timedelta(days=600)))


@pytest.mark.parametrize(
    ("found", "web", "clients", "status"),
    [
        (services(authority()), templates(template()), templates(workstation()), Pass),
        (services(HALF), templates(template()), templates(workstation()), Warn),
        (services(HALF), templates(template(days=365.0)), templates(workstation()), Warn),
        (services(HALF), templates(template(days=365.0)), templates(workstation(days=365.0)), Pass),
        (services(HALF), templates(template(days=None)), templates(workstation(days=None)), Pass),
        (services(HALF), templates(template(cn="Unpublished")), templates(), Pass),
        (services(HALF), templates(template(), refused=True), REFUSED, Warn),
        (services(authority(EXPIRED)), templates(template()), templates(workstation()), Fail),
    ],
)
def test_an_authority_outlives_what_it_issues(found: Any, web: Any, clients: Any, status: type[Outcome]) -> None:
    [outcome] = enterprise_ca(SCENARIO, OWN, MODE, NO_CA, found, NOW, web, clients)
    assert isinstance(outcome, status), outcome
    if status is Warn:
        assert isinstance(outcome, Warn)
        assert "promises 730 days" in outcome.observed
        assert "ends in 600" in outcome.observed


def test_an_expired_authority_beside_a_good_one_is_left_over() -> None:
    by_name = {one.subject: one for one in enterprise_ca(SCENARIO, OWN, MODE, NO_CA, services(authority(), OLD), NOW, *NO_TEMPLATES)}
    assert isinstance(by_name[CA], Pass)
    assert isinstance(by_name["Old CA"], Warn)


def test_enterprise_ca_where_no_own_pki_is_planned() -> None:
    assert isinstance(only(enterprise_ca(SCENARIO, "public", "enhanced-http", NO_CA, services(), NOW, *NO_TEMPLATES)), NotApplicable)
    other = enterprise_ca("management-option-choice", "public", "enhanced-http", NO_CA, services(), NOW, *NO_TEMPLATES)
    assert isinstance(only(other), Fail)


def test_a_later_clock_never_heals_an_authority() -> None:
    order = [Fail, Warn, Pass]
    days = (0, 1000, 1634, 1635, 1636, 1999, 2001, 9000)
    ranks = [order.index(type(only(enterprise_ca(SCENARIO, OWN, MODE, NO_CA, services(authority()), NOW + timedelta(days=n), *NO_TEMPLATES)))) for n in days]
    assert ranks == sorted(ranks, reverse=True)
    assert set(ranks) == {0, 1, 2}


# -- pki.ca-os-version --


@pytest.mark.parametrize(
    ("version", "system", "status"),
    [
        ("10.0 (20348)", "Windows Server 2022 Datacenter", Pass),
        ("10.0 (26100)", "Windows Server 2025 Standard", Pass),
        ("10.0 (17763)", "Windows Server 2019 Standard", Pass),
        ("10.0 (14393)", "", Pass),
        ("10.0 (25398)", "Windows Server 2022 Datacenter", Warn),
        ("6.3 (9600)", "Windows Server 2012 R2 Standard", Warn),
        ("6.1 (7601)", "Windows Server 2008 R2 Enterprise", Warn),
        ("6.0 (6002)", "Windows Server® 2008 Enterprise", Fail),
        ("5.2 (3790)", "Windows Server 2003", Fail),
        ("10.0 (99999)", "Windows Server 2031", Unknown),
        ("10.0", "Windows Server", Unknown),
        ("", "Windows Server 2022", Unknown),
        ("later", "Windows Server 2022", Unknown),
        ("4.17", "Samba", Unknown),
    ],
)
def test_ca_os_version(version: str, system: str, status: type[Outcome]) -> None:
    found = services(authority(computer=Host(CA_HOST, system, version)))
    outcome = only(ca_os_version(OWN, MODE, NO_CA, found, NOW))
    assert isinstance(outcome, status)
    assert outcome.subject == CA


def test_ca_os_version_when_support_ends() -> None:
    found = services(authority(computer=Host(CA_HOST, "Windows Server 2016", "10.0 (14393)")))
    assert isinstance(only(ca_os_version(OWN, MODE, NO_CA, found, datetime(2027, 1, 13, tzinfo=UTC))), Warn)


@pytest.mark.parametrize(
    "found", [services(), services(authority(computer=NoHost("in another forest", complete=True))), services(authority(computer=NOT_READ))]
)
def test_ca_os_version_unseen(found: Any) -> None:
    assert isinstance(only(ca_os_version(OWN, MODE, NO_CA, found, NOW)), Unknown)
    assert isinstance(only(ca_os_version("public", "enhanced-http", NO_CA, found, NOW)), NotApplicable)


# -- pki.iis-servers-group --

WHOLE = (computer(CLOUD), computer(POINT))
NO_SERVERS = unset("pki.cloud_role_servers")
CUT = "2 of its members could not be read, such as CN=x"


@pytest.mark.parametrize(
    ("held", "servers", "points", "status"),
    [
        (groups(group(*WHOLE)), [CLOUD], [POINT], Pass),
        (groups(group(*WHOLE)), ["CLOUD01"], [POINT.upper()], Pass),
        (groups(group(*WHOLE), refused=True), [CLOUD], [POINT], Pass),
        (groups(group(computer(CLOUD))), [CLOUD], unset("mp.servers"), Pass),
        (groups(group(computer(CLOUD))), [CLOUD], [POINT], Warn),
        (groups(group(*WHOLE, Member("ann.archer", "user"))), [CLOUD], [POINT], Warn),
        (groups(group(*WHOLE, computer("web99.corp.contoso.test"))), [CLOUD], [POINT], Warn),
        (groups(group(Member("Domain Computers", "group", sid="S-1-5-21-7-7-7-515"))), [CLOUD], [POINT], Warn),
        (groups(group(*WHOLE), group(*WHOLE, dn="CN=Second")), [CLOUD], [POINT], Warn),
        (groups(group(computer(POINT))), [CLOUD], [POINT], Fail),
        (groups(group()), [CLOUD], [POINT], Fail),
        (groups(group(*WHOLE, security=False)), [CLOUD], [POINT], Fail),
        (groups(), [CLOUD], [POINT], Fail),
        (groups(group(*WHOLE)), NO_SERVERS, [POINT], Manual),
        (groups(group(*WHOLE, security=False)), NO_SERVERS, [POINT], Fail),
        (groups(refused=True), [CLOUD], [POINT], Unknown),
        (groups(unread=("child.test",)), [CLOUD], [POINT], Unknown),
        (groups(group(computer(POINT), cut=CUT)), [CLOUD], [POINT], Unknown),
        (groups(group(*WHOLE, security=None)), [CLOUD], [POINT], Unknown),
    ],
)
def test_iis_servers_group(held: Any, servers: Any, points: Any, status: type[Outcome]) -> None:
    outcome = only(iis_servers_group(OWN, MODE, held, servers, points))
    assert isinstance(outcome, status)
    assert outcome.subject == IIS_GROUP


def test_management_points_without_certificates_need_not_be_in_it() -> None:
    held = groups(group(computer(CLOUD)))
    assert isinstance(only(iis_servers_group(OWN, "enhanced-http", held, [CLOUD], [POINT])), Pass)
    assert isinstance(only(iis_servers_group("public", "enhanced-http", held, [CLOUD], [POINT])), NotApplicable)


# -- pki.iis-servers-group-token --


def lists(*names: str, sids: tuple[str, ...] = (), server: str = CLOUD) -> GroupLists:
    return GroupLists((GroupList(server, names, sids, "cloud01.txt"),))


NOTHING_COLLECTED = unset("files.collected_gpresult")


@pytest.mark.parametrize(
    ("collected", "said", "status"),
    [
        (lists("Domain Computers", IIS_GROUP), UNANSWERED, Pass),
        (lists(IIS_GROUP.upper(), server="CLOUD01"), NO, Pass),
        (lists("Gruppe", sids=(IIS,)), UNANSWERED, Pass),
        (NOTHING_COLLECTED, YES, Pass),
        (NOTHING_COLLECTED, Attested(answer=["cloud01"]), Pass),
        (lists("Domain Computers"), YES, Fail),
        (lists("ConfigMgr IIS Servers Old"), UNANSWERED, Fail),
        (NOTHING_COLLECTED, NO, Fail),
        (NOTHING_COLLECTED, Attested(answer=["mp01"]), Fail),
        (NOTHING_COLLECTED, UNANSWERED, Manual),
        (lists(IIS_GROUP, server="other"), UNANSWERED, Manual),
        (REFUSED, UNANSWERED, Unknown),
        (GroupLists((), (Unread("x.txt", "x.txt: no list of groups"),)), UNANSWERED, Unknown),
    ],
)
def test_iis_servers_group_token(collected: Any, said: Any, status: type[Outcome]) -> None:
    outcome = only(iis_servers_group_token(OWN, MODE, [CLOUD], collected, groups(group()), unset("pki.iis_group_name"), said))
    assert isinstance(outcome, status)
    assert outcome.subject == CLOUD


def test_iis_servers_group_token_under_another_name() -> None:
    outcome = only(iis_servers_group_token(OWN, MODE, [CLOUD], lists("Web Servers"), REFUSED, "Web Servers", UNANSWERED))
    assert isinstance(outcome, Pass)
    nothing = iis_servers_group_token("public", "enhanced-http", [CLOUD], lists(), REFUSED, "Web Servers", UNANSWERED)
    assert isinstance(only(nothing), NotApplicable)


# -- pki.trusted-root-exported --


def exported(leaf: Any = ROOT, form: str = "der", **more: Any) -> CertificateFile:
    return file(leaf, name="root.cer", form=form, has_key=False, key_matches=None, chain=(), **more)


INTERMEDIATES = Stores((store("issuing", entry(thumbprint=ISSUING.sha1)),))
NO_INTERMEDIATES = unset("files.intermediate_cers")
LEAF = cert("not.a.root")


@pytest.mark.parametrize(
    ("held", "others", "found", "status"),
    [
        (exported(), INTERMEDIATES, services(authority()), Pass),
        (exported(), NO_INTERMEDIATES, services(authority(ROOT)), Pass),
        (exported(form="pem"), INTERMEDIATES, services(authority()), Warn),
        (exported(), NO_INTERMEDIATES, services(authority()), Warn),
        (exported(), Stores((store("other", entry()),)), services(authority()), Warn),
        (exported(changed(ROOT, not_after=NOW + timedelta(days=300))), INTERMEDIATES, services(authority()), Warn),
        (exported(changed(ROOT, not_after=NOW - timedelta(days=1))), INTERMEDIATES, services(authority()), Fail),
        (exported(LEAF), INTERMEDIATES, services(authority()), Fail),
        (exported(changed(ROOT, is_ca=False)), INTERMEDIATES, services(authority()), Fail),
        (exported(changed(ROOT, sha1="77" * 20, sha256="77" * 32)), INTERMEDIATES, services(authority()), Fail),
        (exported(), INTERMEDIATES, REFUSED, Unknown),
        (exported(), INTERMEDIATES, services(authority(), roots=NOT_READ), Unknown),
        (exported(), INTERMEDIATES, services(authority(), roots=(), refused=True), Unknown),
        (exported(), REFUSED, services(authority()), Unknown),
        (exported(), Stores((), (Unread("i.cer", "i.cer: no certificate"),)), services(authority()), Unknown),
    ],
)
def test_trusted_root_exported(held: Any, others: Any, found: Any, status: type[Outcome]) -> None:
    outcome = only(trusted_root_exported(OWN, MODE, held, others, found, NOW))
    assert isinstance(outcome, status)
    assert outcome.subject == "root.cer"


# -- pki.root-on-cloud-role-server --

HOLDS = Stores((store(CLOUD, entry(thumbprint=ROOT.sha1), entry()),))
LACKS = Stores((store("CLOUD01", entry(), entry(thumbprint="99" * 20)),))
NO_FILE = unset("files.trusted_root_cer")
NO_STORES = unset("files.collected_root_store")


@pytest.mark.parametrize(
    ("stores", "root", "found", "said", "status"),
    [
        (HOLDS, exported(), REFUSED, UNANSWERED, Pass),
        (HOLDS, NO_FILE, services(authority()), UNANSWERED, Pass),
        (HOLDS, NO_FILE, services(authority(ROOT)), UNANSWERED, Pass),
        (Stores((store(CLOUD, roots=(entry(thumbprint=ROOT.sha256),)),)), exported(), REFUSED, UNANSWERED, Pass),
        (NO_STORES, NO_FILE, REFUSED, YES, Pass),
        (LACKS, exported(), REFUSED, YES, Fail),
        (LACKS, NO_FILE, services(authority()), UNANSWERED, Fail),
        (NO_STORES, exported(), REFUSED, NO, Fail),
        (NO_STORES, exported(), REFUSED, UNANSWERED, Manual),
        (Stores(()), exported(), REFUSED, UNANSWERED, Manual),
        (HOLDS, NO_FILE, services(authority(), roots=NOT_READ), UNANSWERED, Manual),
        (HOLDS, NO_FILE, REFUSED, UNANSWERED, Unknown),
        (HOLDS, REFUSED, REFUSED, UNANSWERED, Unknown),
        (REFUSED, exported(), REFUSED, UNANSWERED, Unknown),
        (Stores((), (Unread("cloud01.json", "no JSON"),)), exported(), REFUSED, UNANSWERED, Unknown),
        (Stores((store(CLOUD),)), exported(), REFUSED, UNANSWERED, Unknown),
        (Stores((store(CLOUD, entry(thumbprint="")),)), exported(), REFUSED, UNANSWERED, Unknown),
    ],
)
def test_root_on_cloud_role_server(stores: Any, root: Any, found: Any, said: Any, status: type[Outcome]) -> None:
    outcome = only(root_on_cloud_role_server(OWN, MODE, [CLOUD], stores, root, found, said))
    assert isinstance(outcome, status)
    assert outcome.subject == CLOUD


# -- pki.client-root-trust --

PUBLIC = file(cert(), trust=trust(cert()))
PRIVATE = file(cert(), trust=private(cert()))
NO_PFX, NO_LIVE, NO_SERVICE = unset("files.cmg_pfx"), unset("cmg.service_name"), unset("cmg.service_name")
NO_CLIENTS = unset("files.collected_client_certs")
NO_PROFILES = (REFUSED, REFUSED, unset("mdm.enrollment_group_ids"))
TRUSTING = store("pc1", roots=(entry(thumbprint=ROOT.sha1),))
DOUBTING = store("pc2", roots=(entry(),))


@pytest.mark.parametrize(
    ("issuer", "held", "stores", "said", "status"),
    [
        (OWN, PUBLIC, NO_CLIENTS, UNANSWERED, Pass),
        (OWN, PRIVATE, Stores((TRUSTING,)), UNANSWERED, Pass),
        (OWN, None, Stores((TRUSTING, store("pc3"))), UNANSWERED, Pass),
        (OWN, PRIVATE, NO_CLIENTS, Attested(answer="trusted certificate profile of Intune"), Pass),
        (OWN, PRIVATE, Stores((TRUSTING, DOUBTING)), YES, Fail),
        ("public", PRIVATE, Stores((DOUBTING,)), UNANSWERED, Fail),
        (OWN, PRIVATE, Stores((TRUSTING,)), Attested(answer="none"), Fail),
        (OWN, PRIVATE, NO_CLIENTS, UNANSWERED, Manual),
        (OWN, PRIVATE, Stores((store("pc3"),)), UNANSWERED, Manual),
        ("public", None, NO_CLIENTS, UNANSWERED, Unknown),
        (OWN, PRIVATE, REFUSED, UNANSWERED, Unknown),
        (OWN, PRIVATE, Stores((), (Unread("pc1.json", "no JSON"),)), UNANSWERED, Unknown),
        (OWN, PRIVATE, Stores((TRUSTING,), (Unread("pc1.json", "no JSON"),)), UNANSWERED, Unknown),
        (OWN, PRIVATE, Stores((store("pc1", roots=()),)), UNANSWERED, Unknown),
    ],
)
def test_client_root_trust(issuer: str, held: Any, stores: Any, said: Any, status: type[Outcome]) -> None:
    path = NO_PFX if held is None else "pki/cmg.pfx"
    outcomes = client_root_trust(issuer, held or NO_PFX, path, NO_LIVE, NO_SERVICE, stores, exported(), REFUSED, said, *NO_PROFILES)
    assert isinstance(worst(outcomes), status)


ROOT_DER = b"\x30\x03\x02\x01\x07"
PEM = b"-----BEGIN CERTIFICATE-----\n" + base64.b64encode(ROOT_DER) + b"\n-----END CERTIFICATE-----\n"
HELD = changed(ROOT, sha1=hashlib.sha1(ROOT_DER).hexdigest().upper(), sha256=hashlib.sha256(ROOT_DER).hexdigest().upper())
TYPE = "#microsoft.graph.windows81TrustedRootCertificate"
ENROLLING = ["AAAA", "bbbb"]


def giving(data: Any = ROOT_DER, store: Any = "computerCertStoreRoot", kind: str = TYPE) -> tuple[Profile, ...]:
    held = base64.b64encode(data).decode() if isinstance(data, bytes) else data
    return (Profile("p1", kind, "Root", trusted_root_certificate=held, destination_store=store),)


def aimed(*kinds: str, groups: tuple[str, ...] = ()) -> Any:
    ends = [Assignment(target=Target(f"#microsoft.graph.{kind}AssignmentTarget")) for kind in kinds]
    ends += [Assignment(target=Target("#microsoft.graph.groupAssignmentTarget", one)) for one in groups]
    return {"p1": tuple(ends)}


@pytest.mark.parametrize(
    ("profiles", "targets", "status"),
    [
        (giving(), aimed("allDevices"), Pass),
        (giving(PEM), aimed("allLicensedUsers"), Pass),
        (giving(), aimed(groups=("aaaa", "bbbb", "cccc")), Pass),
        (giving(store=UNSET), aimed("allDevices"), Pass),
        (giving(), aimed(groups=("aaaa",)), Manual),
        (giving(), aimed("allDevices", "exclusionGroup"), Manual),
        (giving(), {"p1": ()}, Manual),
        (giving(), {}, Manual),
        (giving(b"another"), aimed("allDevices"), Manual),
        (giving("*no base64"), aimed("allDevices"), Manual),
        (giving(UNSET), aimed("allDevices"), Manual),
        (giving(store="computerCertStoreIntermediate"), aimed("allDevices"), Manual),
        (giving(kind="#microsoft.graph.iosTrustedRootCertificate"), aimed("allDevices"), Manual),
        ((), {}, Manual),
        (giving(), REFUSED, Manual),
        (REFUSED, REFUSED, Manual),
    ],
)
def test_a_profile_gives_the_root_to_everybody_who_enrols(profiles: Any, targets: Any, status: type[Outcome]) -> None:
    root = file(HELD, name="root.cer", form="der")
    given = (root, REFUSED, UNANSWERED, profiles, targets, ENROLLING)
    [outcome] = client_root_trust(OWN, PRIVATE, "pki/cmg.pfx", NO_LIVE, NO_SERVICE, NO_CLIENTS, *given)
    assert isinstance(outcome, status), outcome
    lacking = client_root_trust(OWN, PRIVATE, "pki/cmg.pfx", NO_LIVE, NO_SERVICE, Stores((DOUBTING,)), *given)
    assert isinstance(worst(lacking), Fail), "a client that lacks it is not outweighed by a profile"


def test_a_gateway_file_that_cannot_be_read_is_no_public_certificate() -> None:
    outcomes = client_root_trust("public", REFUSED, "pki/cmg.pfx", NO_LIVE, NO_SERVICE, NO_CLIENTS, exported(), REFUSED, UNANSWERED, *NO_PROFILES)
    assert not isinstance(worst(outcomes), Pass)


# -- permissions.domain-admin --

ANN = Nominee("ad", "CN=Ann,DC=corp", "ann", enabled=True, administrator=True)
GAP = NoAnswer("ad.forests.two", "it did not answer", "Run again.")
NOBODY = NoNominee("ad", "corp.contoso.test")


@pytest.mark.parametrize(
    ("forests", "said", "status"),
    [
        ((ANN,), UNANSWERED, Pass),
        ((NOBODY, ANN), UNANSWERED, Pass),
        ((GAP, ANN), UNANSWERED, Pass),
        ((changed(ANN, administrator=False), ANN), UNANSWERED, Pass),
        ((changed(ANN, administrator=False),), YES, Warn),
        ((changed(ANN, administrator=False),), NO, Fail),
        ((changed(ANN, administrator=False, enterprise=True),), UNANSWERED, Fail),
        ((changed(ANN, enabled=False),), YES, Fail),
        ((NOBODY,), YES, Fail),
        ((GAP,), UNANSWERED, Unknown),
        ((NOBODY, GAP), UNANSWERED, Unknown),
        ((changed(NOBODY, unread=("child.test",)),), UNANSWERED, Unknown),
    ],
)
def test_domain_admin(forests: Any, said: Any, status: type[Outcome]) -> None:
    outcome = only(domain_admin(Nominees("ann", forests), said))
    assert isinstance(outcome, status)
    assert outcome.subject == "ann"
