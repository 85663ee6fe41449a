"""Certificate templates: every verdict, from evidence made by hand."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assess.check import Fail, Manual, Missing, NotApplicable, Outcome, Pass, Unknown, Warn
from assess.evidence.adminservice import Seen, SeesEverything, Site
from assess.evidence.certificates import Stores, Unread
from assess.evidence.config import Attested
from assess.evidence.pki import WEB_TEMPLATE, WORKSTATION_TEMPLATE, NotShown, PublicKeyServices
from assess.evidence.securitydescriptor import (
    EXTENDED_RIGHT,
    WRITE_DACL,
    WRITE_PROPERTY,
    Descriptor,
    Entry,
)
from authorities import (
    ADMINS,
    CLIENT,
    COMPUTERS,
    DOMAIN,
    ENTERPRISE,
    EVERYBODY_READS,
    FOREST,
    HELP,
    IIS,
    NESTED,
    REFUSED_FOREST,
    SERVER,
    USERS,
    authority,
    auto,
    computer,
    enrol,
    group,
    groups,
    read,
    services,
    template,
    templates,
    workstation,
)
from checks.template.access import web_acl, workstation_acl
from checks.template.autoenrolment import workstation_autoenroll_gpo
from checks.template.publishing import published
from checks.template.purpose import compatibility, web_exportable_key, web_server
from checks.template.purpose import workstation as workstation_check
from specimens import NOW, REFUSED, entry, store, unset

ONE_PROPERTY = "d15ef7d8-f226-46db-ae79-b34e560bd12c"  # msPKI-Enrollment-Flag
OWN, MODE = "own-pki", "https"
NO_TEMPLATE = templates(name=WEB_TEMPLATE)
NOT_SHOWN = NotShown("the directory gave no security descriptor to this account")


def only(outcomes: list[Outcome]) -> Outcome:
    [outcome] = outcomes
    return outcome


def texts(outcome: Outcome) -> str:
    return " ".join(str(getattr(outcome, name, "")) for name in ("observed", "because", "expected"))


# -- template.web-server, template.workstation, template.web-exportable-key --


@pytest.mark.parametrize(
    ("found", "status"),
    [
        (templates(template()), Pass),
        (templates(template(schema=1, policies=())), Pass),
        (templates(template(key_bits=1024)), Warn),
        (templates(template(), template(cn="Second")), Warn),
        (templates(template(usages=(SERVER, CLIENT), policies=(SERVER, CLIENT))), Warn),
        (templates(template(usages=(CLIENT,), policies=(CLIENT,))), Fail),
        (templates(template(usages=(), policies=())), Fail),
        (templates(template(name_flags=0x18000000)), Fail),
        (NO_TEMPLATE, Fail),
        (templates(template(policies=(CLIENT,))), Unknown),
        (templates(template(name_flags=None)), Unknown),
        (templates(template(key_bits=None)), Unknown),
        (templates(name=WEB_TEMPLATE, hidden=1), Unknown),
        (templates(name=WEB_TEMPLATE, refused=True), Unknown),
        (templates(template(), refused=True), Pass),
    ],
)
def test_web_server(found: Any, status: type[Outcome]) -> None:
    outcome = only(web_server(OWN, MODE, found))
    assert isinstance(outcome, status)
    assert outcome.subject == WEB_TEMPLATE


@pytest.mark.parametrize(
    ("found", "status"),
    [
        (templates(workstation()), Pass),
        (templates(workstation(usages=(CLIENT, "2.5.29.37.0"), policies=(CLIENT, "2.5.29.37.0"))), Warn),
        (templates(workstation(usages=(CLIENT, "1.3.6.1.4.1.311.20.2.2"), policies=())), Warn),
        (templates(workstation(usages=(SERVER,), policies=(SERVER,))), Fail),
        (templates(workstation(flags=0x10201)), Fail),
        (templates(name=WORKSTATION_TEMPLATE), Fail),
        (templates(workstation(flags=None)), Unknown),
        (templates(workstation(policies=(SERVER,))), Unknown),
        (templates(name=WORKSTATION_TEMPLATE, hidden=2), Unknown),
    ],
)
def test_workstation(found: Any, status: type[Outcome]) -> None:
    assert isinstance(only(workstation_check(OWN, MODE, found)), status)


@pytest.mark.parametrize(
    ("found", "status"),
    [
        (templates(template()), Pass),
        (templates(template(key_flags=0x01010000)), Fail),
        (templates(template(), template(key_flags=0)), Fail),
        (templates(template(key_flags=None)), Unknown),
        (NO_TEMPLATE, Unknown),
        (templates(name=WEB_TEMPLATE, refused=True), Unknown),
    ],
)
def test_web_exportable_key(found: Any, status: type[Outcome]) -> None:
    assert isinstance(only(web_exportable_key(OWN, MODE, found)), status)


# -- template.compatibility --


def sites(*builds: int | None, version: str | None = None) -> Seen[Site]:
    rows = tuple(Site("PS1", type=2, build_number=build, version=version) for build in builds)
    return Seen(rows, SeesEverything("the role"))


@pytest.mark.parametrize(
    ("web", "site", "status"),
    [
        (template(), REFUSED, Pass),
        (template(schema=1), REFUSED, Warn),
        (template(schema=3), sites(9141), Warn),
        (template(schema=3), sites(None, version="5.00.9128.1000"), Warn),
        (template(schema=4), sites(9141), Warn),
        (template(schema=4, key_flags=0x110), sites(8498), Warn),
        (template(schema=4, key_flags=0x110), REFUSED, Warn),
        (template(schema=3), sites(8498), Fail),
        (template(schema=3, key_flags=0x110), sites(8498), Fail),
        (template(schema=4), sites(9141, 8498), Fail),
        (template(schema=3), REFUSED, Unknown),
        (template(schema=3), sites(None), Unknown),
        (template(schema=3), sites(), Unknown),
        (template(schema=4, key_flags=None), sites(9141), Unknown),
        (template(schema=None), sites(9141), Unknown),
    ],
)
def test_compatibility(web: Any, site: Any, status: type[Outcome]) -> None:
    first, second = compatibility(OWN, MODE, templates(web), templates(workstation()), site)
    assert isinstance(first, status)
    assert isinstance(second, Pass)
    assert (first.subject, second.subject) == (WEB_TEMPLATE, WORKSTATION_TEMPLATE)


def test_compatibility_of_a_template_that_is_not_there() -> None:
    first, _ = compatibility(OWN, MODE, NO_TEMPLATE, templates(workstation()), REFUSED)
    assert isinstance(first, Unknown)


# -- template.published --


@pytest.mark.parametrize(
    ("web", "found", "status"),
    [
        (templates(template()), services(authority()), Pass),
        (templates(template()), services(authority(templates=(WEB_TEMPLATE.lower(), WORKSTATION_TEMPLATE))), Pass),
        (templates(template()), services(authority(), refused=True), Pass),
        (templates(template(display="Cloud Web", cn="CloudWeb"), name="Cloud Web"), services(authority(templates=("Cloud Web", WORKSTATION_TEMPLATE))), Fail),
        (templates(template()), services(authority(templates=(WORKSTATION_TEMPLATE,))), Fail),
        (NO_TEMPLATE, services(authority()), Fail),
        (templates(template()), services(authority(templates=(WORKSTATION_TEMPLATE,)), hidden=1), Unknown),
        (templates(name=WEB_TEMPLATE, hidden=1), services(authority()), Unknown),
    ],
)
def test_published(web: Any, found: Any, status: type[Outcome]) -> None:
    first, second = published(OWN, MODE, web, templates(workstation()), found)
    assert isinstance(first, status)
    assert isinstance(second, Pass)


def test_published_in_a_forest_whose_authorities_were_not_read() -> None:
    outcomes = published(OWN, MODE, templates(template()), templates(workstation()), PublicKeyServices((REFUSED_FOREST,)))
    assert all(isinstance(one, Unknown) for one in outcomes)


# -- template.web-acl --


@pytest.mark.parametrize(
    ("entries", "status", "words"),
    [
        ((enrol(IIS), EVERYBODY_READS), Pass, "Read and Enroll"),
        ((Entry("allow", IIS, 0xF01FF),), Warn, "may change the template"),
        ((Entry("allow", IIS, EXTENDED_RIGHT), read(IIS)), Pass, ""),
        ((enrol(IIS), EVERYBODY_READS, Entry("allow", "S-1-5-18", 0xF01FF)), Pass, ""),
        ((enrol(IIS), EVERYBODY_READS, enrol(ADMINS)), Warn, "Domain Admins may still enrol"),
        ((enrol(IIS), EVERYBODY_READS, Entry("allow", ENTERPRISE, 0xF01FF)), Warn, "Enterprise Admins"),
        ((enrol(IIS), EVERYBODY_READS, enrol(COMPUTERS)), Warn, "for any server"),
        ((enrol(IIS), EVERYBODY_READS, enrol("S-1-5-11")), Warn, "Authenticated Users"),
        ((enrol(IIS), EVERYBODY_READS, enrol(NESTED)), Warn, "All Devices may enrol"),
        ((enrol(IIS), EVERYBODY_READS, enrol(HELP)), Warn, "Help Desk may enrol as well"),
        ((enrol(IIS), EVERYBODY_READS, enrol("S-1-5-21-9-9-9-1111")), Warn, "S-1-5-21-9-9-9-1111 (of another forest)"),
        ((enrol(IIS), EVERYBODY_READS, enrol(f"{DOMAIN}-4040")), Warn, "no longer there"),
        ((enrol(IIS), EVERYBODY_READS, Entry("allow", HELP, WRITE_DACL)), Warn, "Help Desk may change the template"),
        ((enrol(IIS), EVERYBODY_READS, Entry("allow", HELP, WRITE_PROPERTY, ONE_PROPERTY)), Warn, "Help Desk may change the template"),
        (
            (Entry("deny", HELP, WRITE_PROPERTY, ONE_PROPERTY), enrol(IIS), EVERYBODY_READS, Entry("allow", HELP, WRITE_PROPERTY, ONE_PROPERTY)),
            Pass, "",
        ),
        ((enrol("S-1-5-11"), EVERYBODY_READS), Warn, "Authenticated Users"),
        ((enrol(HELP, "deny"), enrol(IIS), EVERYBODY_READS), Pass, ""),
        ((enrol(IIS),), Fail, "lacks Read"),
        ((EVERYBODY_READS,), Fail, "lacks Enroll"),
        ((auto(IIS), EVERYBODY_READS), Fail, "lacks Enroll"),
        ((enrol(IIS, "deny"), enrol(IIS), EVERYBODY_READS), Fail, "lacks Enroll"),
        ((enrol(IIS), EVERYBODY_READS, enrol("S-1-1-0", "deny")), Fail, "lacks Enroll"),
        ((enrol(IIS), EVERYBODY_READS, Entry("other", "", 0)), Unknown, "does not understand"),
    ],
)
def test_web_acl(entries: Any, status: type[Outcome], words: str) -> None:
    outcome = only(web_acl(OWN, MODE, templates(template(*entries)), groups(group())))
    assert isinstance(outcome, status)
    assert words in texts(outcome)


@pytest.mark.parametrize(
    ("found", "held", "status"),
    [
        (templates(template(access=NOT_SHOWN)), groups(group()), Unknown),
        (NO_TEMPLATE, groups(group()), Unknown),
        (templates(name=WEB_TEMPLATE, hidden=1), groups(group()), Unknown),
        (templates(template()), groups(), Fail),
        (templates(template()), groups(refused=True), Unknown),
        (templates(template()), groups(unread=("child.corp.test",)), Unknown),
        (templates(template()), groups(group(security=False)), Fail),
        (templates(template()), groups(group(sid="")), Unknown),
        (templates(template()), groups(group(sid=HELP), group()), Pass),
        (templates(template(enrol(f"{DOMAIN}-1400"), EVERYBODY_READS)), groups(group(within=(f"{DOMAIN}-1400",))), Warn),
        (templates(template(access=Descriptor("", (), open=True))), groups(group()), Warn),
    ],
)
def test_web_acl_without_one_of_its_parts(found: Any, held: Any, status: type[Outcome]) -> None:
    assert isinstance(only(web_acl(OWN, MODE, found, held)), status)


@pytest.mark.parametrize(
    ("owner", "status"),
    [(ADMINS, Pass), (ENTERPRISE, Pass), ("", Pass), ("S-1-5-32-544", Pass), (HELP, Warn), (f"{DOMAIN}-4040", Warn), (IIS, Warn)],
)
def test_who_owns_a_template_may_change_it(owner: str, status: type[Outcome]) -> None:
    access = Descriptor(owner, (enrol(IIS), EVERYBODY_READS))
    outcome = only(web_acl(OWN, MODE, templates(template(access=access)), groups(group())))
    assert isinstance(outcome, status)
    assert ("owns the template" in texts(outcome)) is (status is Warn)


def test_what_an_attacker_could_use() -> None:
    wide = (enrol(IIS), EVERYBODY_READS, enrol(USERS))
    both = {"usages": (SERVER, CLIENT), "policies": (SERVER, CLIENT)}
    worst_of_all = only(web_acl(OWN, MODE, templates(template(*wide, **both)), groups(group())))
    assert isinstance(worst_of_all, Warn)
    assert "sign in as anybody" in worst_of_all.observed
    assert "carried away" in worst_of_all.observed
    assert "pass as any" in worst_of_all.summary
    approved = only(web_acl(OWN, MODE, templates(template(*wide, enrolment_flags=2)), groups(group())))
    assert "approve" in texts(approved)
    assert approved.summary == ""
    from_directory = only(web_acl(OWN, MODE, templates(template(*wide, name_flags=0x18000000)), groups(group())))
    assert "Domain Users may enrol" in texts(from_directory)
    assert "any server" not in texts(from_directory)
    nobody_knows = only(web_acl(OWN, MODE, templates(template(*wide, name_flags=None)), groups(group())))
    assert "does not show who" in texts(nobody_knows)


RIGHTS = st.builds(
    Entry,
    st.sampled_from(["allow", "deny"]),
    st.sampled_from([IIS, ADMINS, COMPUTERS, HELP, "S-1-5-11", "S-1-1-0"]),
    st.sampled_from([EXTENDED_RIGHT, 0x10, 0xF01FF, WRITE_DACL]),
    st.sampled_from(["", enrol(IIS).object_type]),
    st.booleans(),
)


@given(st.lists(RIGHTS, max_size=8))
def test_a_pass_means_that_nobody_else_may(entries: list[Entry]) -> None:
    access = Descriptor("", tuple(entries))
    found = templates(template(access=access))
    if isinstance(only(web_acl(OWN, MODE, found, groups(group()))), Pass):
        for sid in (ADMINS, COMPUTERS, HELP, "S-1-5-11", "S-1-1-0"):
            assert not access.grants({sid}, EXTENDED_RIGHT, enrol(IIS).object_type)
        assert access.grants({IIS, "S-1-5-11", "S-1-1-0"}, EXTENDED_RIGHT, enrol(IIS).object_type)


# -- template.workstation-acl --

ALL_THREE = (enrol(COMPUTERS), auto(COMPUTERS), EVERYBODY_READS)


@pytest.mark.parametrize(
    ("entries", "status"),
    [
        (ALL_THREE, Pass),
        ((Entry("allow", COMPUTERS, EXTENDED_RIGHT), EVERYBODY_READS), Pass),
        ((enrol("S-1-5-11"), auto("S-1-5-11"), EVERYBODY_READS), Pass),
        ((enrol(COMPUTERS), auto(f"{DOMAIN}-1300"), EVERYBODY_READS), Pass),
        ((enrol(COMPUTERS), EVERYBODY_READS), Warn),
        ((enrol(COMPUTERS), auto(COMPUTERS)), Warn),
        ((auto(COMPUTERS, "deny"), *ALL_THREE), Warn),
        ((auto(COMPUTERS), EVERYBODY_READS), Fail),
        ((enrol(f"{DOMAIN}-1300", "deny"), *ALL_THREE), Fail),
        ((enrol(IIS), EVERYBODY_READS), Fail),
        ((enrol(HELP), auto(HELP), EVERYBODY_READS), Unknown),
        ((enrol(ADMINS), auto(ADMINS), EVERYBODY_READS), Fail),
        ((*ALL_THREE, Entry("other", "", 0)), Unknown),
    ],
)
def test_workstation_acl(entries: Any, status: type[Outcome]) -> None:
    found = templates(workstation(*entries))
    assert isinstance(only(workstation_acl(OWN, MODE, found, unset("ad.domains"))), status)


@pytest.mark.parametrize(
    ("more", "wanted", "status"),
    [
        ({}, [FOREST], Pass),
        ({}, ["other.test"], Unknown),
        ({"unread_domains": ("child.test",)}, unset("ad.domains"), Unknown),
        ({"unread_domains": ("child.test",)}, [FOREST], Pass),
        ({"domains": {FOREST: DOMAIN, "child.test": "S-1-5-21-8-8-8"}}, unset("ad.domains"), Warn),
        ({"domains": {"child.test": "S-1-5-21-8-8-8"}}, unset("ad.domains"), Fail),
    ],
)
def test_workstation_acl_in_each_domain(more: Any, wanted: Any, status: type[Outcome]) -> None:
    found = templates(workstation(), **more)
    assert isinstance(only(workstation_acl(OWN, MODE, found, wanted)), status)


def test_workstation_acl_denials_that_may_concern_computers() -> None:
    denied = (enrol(HELP, "deny"), *[enrol("S-1-5-11"), auto("S-1-5-11")], EVERYBODY_READS)
    other: dict[str, Any] = {"domains": {"child.test": "S-1-5-21-8-8-8"}}
    assert isinstance(only(workstation_acl(OWN, MODE, templates(workstation(*denied), **other), unset("ad.domains"))), Unknown)


@pytest.mark.parametrize(
    "found",
    [templates(workstation(access=NOT_SHOWN)), templates(name=WORKSTATION_TEMPLATE), templates(name=WORKSTATION_TEMPLATE, hidden=1)],
)
def test_workstation_acl_unseen(found: Any) -> None:
    assert isinstance(only(workstation_acl(OWN, MODE, found, unset("ad.domains"))), Unknown)


# -- template.workstation-autoenroll-gpo --

GOOD = entry(template=WORKSTATION_TEMPLATE)
UNANSWERED = unset('[attestations] "template.workstation-autoenroll-gpo"')
UNCOLLECTED = unset("files.collected_client_certs")
YES, NO = Attested(answer=True), Attested(answer=False)


@pytest.mark.parametrize(
    ("held", "said", "status"),
    [
        ([[GOOD], [GOOD]], UNANSWERED, Pass),
        ([[GOOD]], NO, Pass),
        ([[entry(template=f"{WORKSTATION_TEMPLATE}(1.3.6.1.4.1.311.21.8.1.2)")]], UNANSWERED, Pass),
        ([[entry(template="1.3.6.1.4.1.311.21.8.1.2")]], UNANSWERED, Pass),
        (None, YES, Pass),
        ([[GOOD], []], YES, Warn),
        ([[entry(days=20)]], YES, Warn),
        ([[entry(days=20)]], UNANSWERED, Warn),
        ([[entry(days=20), GOOD]], UNANSWERED, Pass),
        ([[GOOD], []], NO, Fail),
        ([[entry(days=-1)]], NO, Fail),
        ([[entry(template="Machine")]], NO, Fail),
        ([[entry(has_private_key=False)]], NO, Fail),
        ([[GOOD], []], UNANSWERED, Manual),
        (None, UNANSWERED, Manual),
        (None, NO, Unknown),
        ([[entry(template="")]], UNANSWERED, Unknown),
        ([[entry(eku=None)]], YES, Unknown),
        ([[entry(not_after=None)]], YES, Unknown),
        ([], YES, Unknown),
    ],
)
def test_workstation_autoenroll_gpo(held: Any, said: Any, status: type[Outcome]) -> None:
    stores = UNCOLLECTED if held is None else Stores(tuple(store(f"pc{n}", *one) for n, one in enumerate(held)))
    outcome = only(workstation_autoenroll_gpo(OWN, MODE, stores, templates(workstation()), said, NOW))
    assert isinstance(outcome, status)


def test_workstation_autoenroll_gpo_without_its_sources() -> None:
    outcome = only(workstation_autoenroll_gpo(OWN, MODE, REFUSED, REFUSED, UNANSWERED, NOW))
    assert isinstance(outcome, Unknown)
    faulty = Stores((store("pc0", GOOD),), (Unread("pc1.json", "pc1.json: it is no JSON"),))
    assert any(isinstance(one, Unknown) for one in workstation_autoenroll_gpo(OWN, MODE, faulty, REFUSED, YES, NOW))


def test_a_later_clock_never_heals_a_sample() -> None:
    order = [Manual, Warn, Pass]
    stores = Stores((store("pc0", GOOD),))
    ranks = [
        order.index(type(only(workstation_autoenroll_gpo(OWN, MODE, stores, REFUSED, UNANSWERED, NOW + timedelta(days=n)))))
        for n in range(0, 120, 5)
    ]
    assert ranks == sorted(ranks, reverse=True)


# -- where no own PKI is planned --


def test_nothing_of_it_concerns_whoever_plans_no_own_pki() -> None:
    public, enhanced = "public", "enhanced-http"
    no = NO_TEMPLATE
    for outcomes in (
        web_server(public, enhanced, no), workstation_check(public, enhanced, no), web_exportable_key(public, enhanced, no),
        compatibility(public, enhanced, no, no, REFUSED), published(public, enhanced, no, no, services()),
        web_acl(public, enhanced, no, groups()), workstation_acl(public, enhanced, no, REFUSED),
        workstation_autoenroll_gpo(public, enhanced, REFUSED, REFUSED, UNANSWERED, NOW),
    ):  # fmt: skip
        assert isinstance(only(outcomes), NotApplicable)
    for issuer, mode in ((public, MODE), (OWN, enhanced), (public, unset("mp.mode")), (unset("pki.issuer"), enhanced)):
        assert isinstance(only(web_server(issuer, mode, no)), Fail)


def test_a_hostile_name_stays_a_text() -> None:
    hostile = '=HYPERLINK("http://x.test")<script>'
    outcome = only(web_server(OWN, MODE, templates(template(display=hostile, cn=hostile))))
    assert outcome.subject == hostile
    assert isinstance(outcome, Pass)
    assert computer("mp01.corp.test").host == "mp01.corp.test"
    assert isinstance(REFUSED, Missing)
