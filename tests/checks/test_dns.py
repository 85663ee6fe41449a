"""Every verdict of the aliases: from what each view of the DNS says to the status of the finding."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assess.check import Fail, Manual, Missing, NotApplicable, Outcome, Pass, Unknown, Warn
from assess.evidence.adminservice import (
    DISTRIBUTION_POINT,
    GATEWAY,
    AzureService,
    MayBeTrimmed,
    Seen,
    SeesEverything,
)
from assess.evidence.dns import (
    AddressBook,
    Addresses,
    Aliases,
    Disagreement,
    Lookup,
    NoAnswer,
    NoName,
    NoRecord,
    Resolved,
    Target,
)
from assess.model import status_of
from checks.dns.distribution_point import cdp_cname
from checks.dns.enrolment import (
    ENROLMENT,
    REGISTRATION,
    enterprise_enrollment_cname,
    enterprise_registration_cname,
)
from checks.dns.gateway import cmg_cname, cname_scope

NOT_ASKED = Missing("no server is named", "Set [dns] nameservers.", skipped=True)
LOST = Missing("the recording has no answer", "Collect again.")
UNSET = Missing("it is not set", "Set it.", key="section.key")
NAME = "enterpriseenrollment.contoso.com"
HOST = ENROLMENT["public"].host
SERVFAIL = NoAnswer("192.0.2.1:53 answered SERVFAIL")
ADDRESS = Addresses(("192.0.2.7",))


def enrolment(
    public: Lookup,
    *,
    zone: Lookup | None = None,
    internal: Lookup | None = None,
    behind: dict[str, Resolved] | None = None,
    wildcard: Lookup | None = None,
    cloud: str | Missing = "public",
    check: object = enterprise_enrollment_cname,
    name: str = NAME,
) -> Outcome:
    [outcome] = check(  # type: ignore[operator]
        public=Aliases({name: public}),
        zone=NOT_ASKED if zone is None else Aliases({name: zone}),
        internal=NOT_ASKED if internal is None else Aliases({name: internal}),
        behind=NOT_ASKED if behind is None else AddressBook(behind),
        wildcards=NOT_ASKED if wildcard is None else Aliases({"contoso.com": wildcard}),
        cloud=cloud,
    )
    assert outcome.subject == "contoso.com"
    return outcome  # type: ignore[no-any-return]


def words(outcome: Outcome) -> str:
    return str(getattr(outcome, "observed", "") or getattr(outcome, "because", ""))


@pytest.mark.parametrize(("cloud", "lookup", "status"), [
    ("public", Target(HOST), Pass),
    ("public", Target("enterpriseenrollment.manage.microsoft.com"), Warn),
    ("public", Target("manage.microsoft.com"), Warn),
    ("public", Target("mdm.example.net"), Fail),
    ("public", Target(NAME), Fail),
    ("public", Target("enterpriseenrollment-s.manage.microsoft.com.contoso.com"), Fail),
    ("public", Target("enterpriseenrollment-s.manage.microsoft.us"), Fail),
    ("public", Target("enterpriseenrollment.microsoftonline.de"), Fail),
    ("public", ADDRESS, Fail),
    ("public", NoName(), Warn),
    ("public", NoRecord(), Warn),
    ("public", SERVFAIL, Unknown),
    ("usgov", Target("enterpriseenrollment-s.manage.microsoft.us"), Pass),
    ("usgov-dod", Target("enterpriseenrollment-s.manage.microsoft.us"), Pass),
    ("usgov", Target(HOST), Fail),
    ("usgov", Target("manage.microsoft.com"), Fail),
    ("china", Target("enterpriseenrollment-s.manage.microsoftonline.cn"), Warn),
    ("china", Target(HOST), Fail),
    ("china", NoName(), Warn),
])  # fmt: skip
def test_enterprise_enrollment_cname(cloud: str, lookup: Lookup, status: type[Outcome]) -> None:
    outcome = enrolment(lookup, cloud=cloud)
    assert isinstance(outcome, status)
    if isinstance(outcome, Fail | Warn):
        assert any("contoso.com" in step for step in outcome.remedy)
        assert ENROLMENT[cloud].host in outcome.expected


@pytest.mark.parametrize(("cloud", "lookup", "status"), [
    ("public", Target("enterpriseregistration.windows.net"), Pass),
    ("public", Target("adfs.contoso.com"), Fail),
    ("public", Target("enterpriseregistration.microsoftonline.us"), Fail),
    ("public", ADDRESS, Fail),
    ("public", NoName(), Warn),
    ("public", SERVFAIL, Unknown),
    ("usgov", Target("enterpriseregistration.windows.net"), Pass),
    ("usgov-dod", Target("enterpriseregistration.microsoftonline.us"), Warn),
    ("usgov", Target("adfs.contoso.com"), Fail),
    ("china", Target("enterpriseregistration.partner.microsoftonline.cn"), Warn),
    ("china", Target("enterpriseregistration.windows.net"), Warn),
    ("china", Target("enterpriseregistration.microsoftonline.de"), Fail),
])  # fmt: skip
def test_enterprise_registration_cname(cloud: str, lookup: Lookup, status: type[Outcome]) -> None:
    outcome = enrolment(
        lookup, cloud=cloud, check=enterprise_registration_cname, name="enterpriseregistration.contoso.com"
    )
    assert isinstance(outcome, status)


@pytest.mark.parametrize(("lookup", "status"), [
    (NoName(), Warn),
    (Target("mdm.example.net"), Fail),
    (ADDRESS, Fail),
    (SERVFAIL, Unknown),
    (Target(HOST), Manual),
    (Target("enterpriseenrollment-s.manage.microsoft.us"), Manual),
])  # fmt: skip
def test_without_the_cloud_only_what_holds_in_every_cloud_is_said(lookup: Lookup, status: type[Outcome]) -> None:
    outcome = enrolment(lookup, cloud=UNSET)
    assert isinstance(outcome, status)
    if isinstance(outcome, Manual):
        assert "tenant.cloud" in outcome.question


@pytest.mark.parametrize(("public", "zone", "status"), [
    (Target(HOST), Target(HOST), Pass),
    (Target(HOST), NoName(), Warn),
    (NoName(), Target(HOST), Warn),
    (Target("mdm.example.net"), Target(HOST), Warn),
    (ADDRESS, Target(HOST), Warn),
    (Target(HOST), Disagreement({"ns1": Target(HOST), "ns2": NoName()}), Warn),
    (Target(HOST), Disagreement({"ns1": Target("a.example.net"), "ns2": Target(HOST)}), Warn),
])  # fmt: skip
def test_propagation_is_a_warning_with_that_word(public: Lookup, zone: Lookup, status: type[Outcome]) -> None:
    outcome = enrolment(public, zone=zone)
    assert isinstance(outcome, status)
    assert isinstance(outcome, Pass) or "propagation" in words(outcome)


def test_what_the_zone_has_wrong_for_certain_is_a_fail() -> None:
    assert isinstance(enrolment(Target(HOST), zone=Target("mdm.example.net")), Fail)
    assert isinstance(enrolment(SERVFAIL, zone=Target("mdm.example.net")), Fail)
    both = Disagreement({"ns1": Target("a.example.net"), "ns2": ADDRESS})
    assert isinstance(enrolment(NoName(), zone=both), Fail)


def test_a_resolver_that_fails_is_not_made_good_by_the_zone() -> None:
    assert isinstance(enrolment(SERVFAIL, zone=Target(HOST)), Unknown)


@pytest.mark.parametrize(("internal", "status"), [
    (Target(HOST), Pass),
    (NoName(), Warn),
    (Target("mdm.corp.contoso.com"), Warn),
    (ADDRESS, Warn),
    (SERVFAIL, Unknown),
])  # fmt: skip
def test_a_company_network_that_sees_something_else_is_a_warning(internal: Lookup, status: type[Outcome]) -> None:
    assert isinstance(enrolment(Target(HOST), internal=internal), status)


@pytest.mark.parametrize("lost", ["zone", "internal"])
def test_a_view_that_was_set_up_and_lost_is_no_pass(lost: str) -> None:
    views: dict[str, Aliases | Missing] = {"zone": NOT_ASKED, "internal": NOT_ASKED, lost: LOST}
    [outcome] = enterprise_enrollment_cname(
        public=Aliases({NAME: Target(HOST)}), behind=NOT_ASKED, wildcards=NOT_ASKED, cloud="public", **views
    )
    assert isinstance(outcome, Unknown)
    assert LOST.reason in outcome.because


def test_a_wrong_public_target_stays_a_fail_whatever_the_inside_sees() -> None:
    assert isinstance(enrolment(Target("mdm.example.net"), internal=Target(HOST)), Fail)


def test_two_addresses_that_rotate_are_no_difference() -> None:
    outcome = enrolment(ADDRESS, internal=Addresses(("192.0.2.8",)))
    assert isinstance(outcome, Fail)
    assert "company network" not in words(outcome)


def test_the_words_name_wildcard_and_dangling_target() -> None:
    assert "*.contoso.com" in words(enrolment(ADDRESS, wildcard=ADDRESS))
    assert "*.contoso.com" not in words(enrolment(ADDRESS, wildcard=NoName()))
    dangling = enrolment(Target("gone.example.net"), behind={"gone.example.net": NoName()})
    assert "whoever registers it" in words(dangling)
    alive = enrolment(Target("mdm.example.net"), behind={"mdm.example.net": ADDRESS})
    assert "whoever registers it" not in words(alive)


def test_an_alias_in_a_private_domain_is_not_recommended() -> None:
    name = "enterpriseenrollment.corp.local"
    [outcome] = enterprise_enrollment_cname(
        public=Aliases({name: NoName()}), zone=NOT_ASKED, internal=NOT_ASKED, behind=NOT_ASKED,
        wildcards=NOT_ASKED, cloud="public",
    )  # fmt: skip
    assert isinstance(outcome, Warn)
    assert "public domain instead of corp.local" in outcome.remedy[0]


def test_the_right_target_need_not_resolve_from_here() -> None:
    assert isinstance(enrolment(Target(HOST), behind={HOST: NoName()}), Pass)


LOOKUPS = st.one_of(
    st.builds(Target, st.sampled_from([HOST, "manage.microsoft.com", "mdm.example.net", NAME])),
    st.just(ADDRESS),
    st.just(NoName()),
    st.just(NoRecord()),
    st.just(SERVFAIL),
)
CLOUDS = st.sampled_from(sorted(ENROLMENT))


@given(LOOKUPS, st.none() | LOOKUPS, st.none() | LOOKUPS, CLOUDS)
def test_a_pass_needs_the_host_of_the_cloud_in_public(
    public: Lookup, zone: Lookup | None, internal: Lookup | None, cloud: str
) -> None:
    outcome = enrolment(public, zone=zone, internal=internal, cloud=cloud)
    if isinstance(outcome, Pass):
        assert public == Target(ENROLMENT[cloud].host)
    if isinstance(public, NoAnswer):
        assert isinstance(outcome, Unknown | Fail)


@given(LOOKUPS, LOOKUPS, LOOKUPS, CLOUDS)
def test_not_seeing_the_public_side_never_helps(public: Lookup, zone: Lookup, internal: Lookup, cloud: str) -> None:
    blind = enrolment(SERVFAIL, zone=zone, internal=internal, cloud=cloud)
    assert status_of(blind) in {"unknown", "fail"}
    assert not isinstance(enrolment(public, zone=zone, internal=internal, cloud=cloud), NotApplicable)


@given(LOOKUPS)
def test_an_answer_read_back_is_equal(lookup: Lookup) -> None:
    aliases = Aliases({NAME: lookup})
    assert msgspec.json.decode(msgspec.json.encode(aliases), type=Aliases) == aliases


def test_each_cloud_has_both_services() -> None:
    assert set(ENROLMENT) == set(REGISTRATION) == {"public", "usgov", "usgov-dod", "china"}


# -- the gateway --

CMG = "cmg.contoso.com"
AZURE = "contosocmg.westeurope.cloudapp.azure.com"
WRONG_REGION = "contosocmg.northeurope.cloudapp.azure.com"
CLASSIC = "contosocmg.cloudapp.net"
OTHER = Addresses(("198.51.100.1",))
EVERYTHING = SeesEverything("Full Administrator")
NO_SITE = Missing("the site cannot be reached", "Open port 443 to the provider.")


def gateway(
    public: Lookup | None,
    *,
    internal: Lookup | None = None,
    zone: Lookup | None = None,
    behind: dict[str, Resolved] | None = None,
    inside: dict[str, Resolved] | None = None,
    planned: Resolved | None = ADDRESS,
    services: Seen[AzureService] | Missing = NO_SITE,
    service: str = CMG,
    prefix: str | Missing = "contosocmg",
    region: str | Missing = "westeurope",
    method: str | Missing = "arm-vmss",
    cloud: str | Missing = "public",
    internet: bool | Missing = True,
    wildcard: Lookup | None = None,
) -> Outcome:
    reached: dict[str, Resolved] = {AZURE: ADDRESS} if behind is None else behind
    [outcome] = cmg_cname(
        service=service,
        public=NOT_ASKED if public is None else Aliases({service.lower(): public}),
        zone=NOT_ASKED if zone is None else Aliases({service.lower(): zone}),
        internal=NOT_ASKED if internal is None else Aliases({service.lower(): internal}),
        behind=AddressBook(reached),
        behind_inside=NOT_ASKED if inside is None else AddressBook(inside),
        planned=UNSET if planned is None else AddressBook({AZURE: planned}),
        wildcards=NOT_ASKED if wildcard is None else Aliases({"contoso.com": wildcard}),
        services=services,
        prefix=prefix,
        region=region,
        method=method,
        cloud=cloud,
        internet=internet,
    )
    return outcome


def deployed(fqdn: str, *, alias: str = CMG) -> Seen[AzureService]:
    return Seen((AzureService("contosocmg", fqdn, alias, GATEWAY),), EVERYTHING)


def test_an_alias_of_the_deployment_name_that_resolves_passes() -> None:
    outcome = gateway(Target(AZURE))
    assert isinstance(outcome, Pass)
    assert AZURE in outcome.observed
    assert CMG in outcome.about


def test_keys_are_compared_as_dns_compares() -> None:
    assert isinstance(gateway(Target(AZURE), service="CMG.Contoso.com", prefix="ContosoCMG", region="West Europe"), Pass)


@pytest.mark.parametrize(("behind", "status"), [
    ({AZURE: NoName()}, Fail),
    ({AZURE: NoRecord()}, Fail),
    ({AZURE: SERVFAIL}, Unknown),
    ({}, Unknown),
])  # fmt: skip
def test_a_deployment_name_must_resolve(behind: dict[str, Resolved], status: type[Outcome]) -> None:
    assert isinstance(gateway(Target(AZURE), behind=behind), status)


def test_a_dangling_alias_is_a_fail_that_names_the_danger() -> None:
    for host in (AZURE, CLASSIC, "gone.example.net"):
        outcome = gateway(Target(host), behind={host: NoName()})
        assert isinstance(outcome, Fail)
        assert "takes over the clients" in outcome.observed
        assert any(CMG in step for step in outcome.remedy)


@pytest.mark.parametrize(("host", "found", "status"), [
    (WRONG_REGION, ADDRESS, Warn),
    (WRONG_REGION, OTHER, Fail),
    (WRONG_REGION, SERVFAIL, Fail),
    ("www.contoso.com", OTHER, Fail),
    (CLASSIC, OTHER, Fail),
    ("fabrikamcmg.westeurope.cloudapp.azure.com", OTHER, Fail),
])  # fmt: skip
def test_another_target(host: str, found: Resolved, status: type[Outcome]) -> None:
    assert isinstance(gateway(Target(host), behind={host: found}), status)


def test_what_the_site_has_deployed_outweighs_the_plan() -> None:
    assert isinstance(gateway(Target(WRONG_REGION), behind={WRONG_REGION: OTHER}, services=deployed(WRONG_REGION)), Pass)
    assert isinstance(gateway(Target(AZURE), services=deployed(WRONG_REGION), planned=None), Fail)
    assert isinstance(gateway(Target(AZURE), services=deployed(WRONG_REGION, alias="other.contoso.com")), Pass)
    no_fqdn = Seen((AzureService("contosocmg", None, CMG, GATEWAY),), EVERYTHING)
    assert isinstance(gateway(Target(AZURE), services=no_fqdn), Pass)


def test_a_classic_deployment_is_outdated() -> None:
    behind: dict[str, Resolved] = {CLASSIC: OTHER}
    assert isinstance(gateway(Target(CLASSIC), behind=behind, services=deployed(CLASSIC)), Warn)
    assert isinstance(gateway(Target(CLASSIC), behind=behind, method="classic", planned=None), Warn)
    assert isinstance(gateway(Target(CLASSIC), behind=behind, region=UNSET, planned=None), Manual)


@pytest.mark.parametrize(("lookup", "planned", "status"), [
    (ADDRESS, ADDRESS, Warn),
    (ADDRESS, None, Manual),
    (ADDRESS, SERVFAIL, Unknown),
    (ADDRESS, NoName(), Warn),
    (OTHER, ADDRESS, Fail),
])  # fmt: skip
def test_an_address_instead_of_an_alias(lookup: Lookup, planned: Resolved | None, status: type[Outcome]) -> None:
    assert isinstance(gateway(lookup, planned=planned), status)


@pytest.mark.parametrize(("internet", "internal", "status"), [
    (True, Target(AZURE), Fail),
    (True, None, Fail),
    (False, Target(AZURE), Warn),
    (False, Target("www.contoso.com"), Fail),
    (False, NoName(), Fail),
    (False, None, Unknown),
    (False, SERVFAIL, Unknown),
    (UNSET, Target(AZURE), Manual),
    (UNSET, None, Manual),
    (UNSET, NoName(), Fail),
])  # fmt: skip
def test_missing_in_public(internet: bool | Missing, internal: Lookup | None, status: type[Outcome]) -> None:
    for absent in (NoName(), NoRecord()):
        outcome = gateway(absent, internet=internet, internal=internal, behind={}, inside={AZURE: ADDRESS})
        assert isinstance(outcome, status)


@pytest.mark.parametrize(("internal", "status"), [
    (Target(AZURE), Pass), (NoName(), Warn), (Target("www.contoso.com"), Warn), (SERVFAIL, Unknown),
])  # fmt: skip
def test_the_company_network_may_see_something_else(internal: Lookup, status: type[Outcome]) -> None:
    assert isinstance(gateway(Target(AZURE), internal=internal), status)


def test_without_the_public_side_only_a_wrong_target_inside_is_certain() -> None:
    for public in (None, SERVFAIL):
        assert isinstance(gateway(public), Unknown)
        assert isinstance(gateway(public, internal=Target(AZURE)), Unknown)
        assert isinstance(gateway(public, internal=NoName()), Unknown)
        wrong = gateway(public, internal=Target("www.contoso.com"), inside={"www.contoso.com": OTHER})
        assert isinstance(wrong, Fail)


def test_propagation_of_the_gateway() -> None:
    outcome = gateway(Target(WRONG_REGION), zone=Target(AZURE), behind={WRONG_REGION: OTHER})
    assert isinstance(outcome, Warn)
    assert "propagation" in outcome.observed


@pytest.mark.parametrize(("missing", "host", "status"), [
    ({"prefix": UNSET}, AZURE, Manual),
    ({"region": UNSET}, AZURE, Manual),
    ({"region": UNSET}, "www.contoso.com", Fail),
])  # fmt: skip
def test_a_key_that_is_not_set_is_named(missing: dict[str, Missing], host: str, status: type[Outcome]) -> None:
    outcome = gateway(Target(host), behind={host: OTHER}, planned=None, **missing)  # type: ignore[arg-type]
    assert isinstance(outcome, status)


@pytest.mark.parametrize(("host", "status"), [
    ("contosocmg.usgovcloudapp.net", Warn),
    ("contosocmg.usgovvirginia.usgovcloudapi.net", Warn),
    ("contosocmg.usgovvirginia.cloudapp.usgovcloudapi.net", Warn),
    ("contosocmg.usgovvirginia.cloudapp.azure.com", Fail),
])  # fmt: skip
def test_names_of_the_us_government_cloud(host: str, status: type[Outcome]) -> None:
    outcome = gateway(Target(host), behind={host: OTHER}, cloud="usgov", region="usgovvirginia", planned=NoName())
    assert isinstance(outcome, status)


@pytest.mark.parametrize("name", [AZURE, CLASSIC, "x.usgovcloudapp.net", "Contosocmg.CloudApp.net"])
def test_a_name_in_azure_needs_no_alias(name: str) -> None:
    assert isinstance(gateway(NoName(), service=name), NotApplicable)


def test_the_gateway_names_a_wildcard() -> None:
    assert "*.contoso.com" in words(gateway(OTHER, wildcard=OTHER))


# -- scope --


@pytest.mark.parametrize(("public", "internal", "internet", "status"), [
    (Target(AZURE), Target(AZURE), True, Pass),
    (Target(AZURE), Target(AZURE), UNSET, Pass),
    (NoName(), Target(AZURE), True, Fail),
    (NoRecord(), None, True, Fail),
    (NoName(), Target(AZURE), False, Warn),
    (NoName(), Target(AZURE), UNSET, Manual),
    (NoName(), NoName(), False, Fail),
    (NoName(), NoRecord(), UNSET, Fail),
    (Target(AZURE), NoName(), True, Warn),
    (Target(AZURE), Target(CLASSIC), True, Warn),
    (Target(AZURE), None, True, Unknown),
    (Target(AZURE), SERVFAIL, True, Unknown),
    (None, Target(AZURE), True, Unknown),
    (SERVFAIL, Target(AZURE), False, Unknown),
    (None, None, True, Unknown),
    (NoName(), None, False, Unknown),
])  # fmt: skip
def test_cname_scope(
    public: Lookup | None, internal: Lookup | None, internet: bool | Missing, status: type[Outcome]
) -> None:
    [outcome] = cname_scope(
        service=CMG,
        public=NOT_ASKED if public is None else Aliases({CMG: public}),
        internal=NOT_ASKED if internal is None else Aliases({CMG: internal}),
        issuer="public",
        internet=internet,
    )
    assert isinstance(outcome, status)
    if isinstance(outcome, Unknown) and None in (public, internal):
        assert outcome.remedy == (NOT_ASKED.mend,)


def test_cname_scope_of_a_name_in_azure_does_not_apply() -> None:
    [outcome] = cname_scope(service=AZURE, public=NOT_ASKED, internal=NOT_ASKED, issuer=UNSET, internet=UNSET)
    assert isinstance(outcome, NotApplicable)


# -- the distribution point --

CDP = "content.contoso.com"


@pytest.mark.parametrize(("public", "internal", "fqdn", "status"), [
    (Target("content.cloudapp.net"), None, None, Pass),
    (Target("content.cloudapp.net"), Target("content.cloudapp.net"), None, Pass),
    (Target("content.cloudapp.net"), SERVFAIL, None, Unknown),
    (Target("content.cloudapp.net"), NoName(), None, Fail),
    (Target("content-7.cloudapp.net"), None, "Content-7.cloudapp.net", Pass),
    (Target("content.cloudapp.net"), None, "content-7.cloudapp.net", Fail),
    (Target("elsewhere.cloudapp.net"), None, None, Fail),
    (NoName(), None, None, Fail),
    (ADDRESS, None, None, Fail),
    (SERVFAIL, None, None, Unknown),
])  # fmt: skip
def test_cdp_cname(public: Lookup, internal: Lookup | None, fqdn: str | None, status: type[Outcome]) -> None:
    own = Seen((AzureService("content", fqdn, CDP, DISTRIBUTION_POINT),), EVERYTHING)
    [outcome] = cdp_cname(
        service=CDP,
        public=Aliases({CDP: public}),
        internal=NOT_ASKED if internal is None else Aliases({CDP: internal}),
        services=NO_SITE if fqdn is None else own,
    )
    assert isinstance(outcome, status)


def test_cdp_cname_with_a_lost_inside_is_unknown() -> None:
    [outcome] = cdp_cname(
        service=CDP, public=Aliases({CDP: Target("content.cloudapp.net")}), internal=LOST, services=NO_SITE
    )
    assert isinstance(outcome, Unknown)


def test_cdp_cname_ignores_gateways() -> None:
    trimmed = Seen((AzureService("content", "other.cloudapp.net", CDP, GATEWAY),), MayBeTrimmed("", ""))
    [outcome] = cdp_cname(
        service=CDP,
        public=Aliases({CDP: Target("content.cloudapp.net")}),
        internal=NOT_ASKED,
        services=trimmed,
    )
    assert isinstance(outcome, Pass)
    [outcome] = cdp_cname(
        service="content.cloudapp.net", public=Aliases({}), internal=NOT_ASKED, services=trimmed
    )
    assert isinstance(outcome, NotApplicable)
