"""Every verdict of the names: public domains, the gateway's name, and whether names in Azure are free."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from publicsuffixlist import PublicSuffixList

from assess.check import Fail, Manual, Missing, Outcome, Pass, Unknown, Warn
from assess.evidence.adminservice import (
    DISTRIBUTION_POINT,
    GATEWAY,
    AzureService,
    MayBeTrimmed,
    Seen,
    SeesEverything,
    Trimmed,
    Visibility,
)
from assess.evidence.arm import Availability, Resource
from assess.evidence.dns import (
    AddressBook,
    Addresses,
    NoAnswer,
    NoName,
    NoRecord,
    Resolved,
    Zone,
    ZoneOf,
    Zones,
)
from assess.publicnames import ascii_name, is_public, reason_not_public, registrable
from checks.cdp import name_availability as cdp_name_availability
from checks.cmg import name_availability, service_name
from checks.identity.domains import public_domain

NOT_ASKED = Missing("no public resolver is named", "Set [dns] nameservers.", skipped=True)
LOST = Missing("the source refused", "Ask again.")
UNSET = Missing("it is not set", "Set it.", key="cmg.region")
SERVFAIL = NoAnswer("192.0.2.1:53 answered SERVFAIL")
ADDRESS = Addresses(("192.0.2.7",))
EVERYTHING = SeesEverything("Full Administrator")


# -- which names are public --


@pytest.mark.parametrize(("name", "owner"), [
    ("contoso.com", "contoso.com"),
    ("emea.contoso.co.uk", "contoso.co.uk"),
    ("Contoso.COM.", "contoso.com"),
    ("münchen.de", "xn--mnchen-3ya.de"),
    ("www.ck", "www.ck"),
    ("contoso.onmicrosoft.com", "onmicrosoft.com"),
])  # fmt: skip
def test_what_is_registered_of_a_public_name(name: str, owner: str) -> None:
    assert registrable(name) == owner
    assert is_public(name)
    assert reason_not_public(name) is None


def test_the_rules_of_one_top_level_domain_say_what_the_whole_list_says() -> None:
    whole = PublicSuffixList(only_icann=True, accept_unknown=False)
    below = ("ck", "co.uk", "kawasaki.jp", "city.kawasaki.jp", "公司.cn", "한국", "xn--p1ai", "рф", "nope")
    for name in (f"{host}{top}" for top in below for host in ("", "a.", "b.a.", "c.b.a.")):
        written = ascii_name(name)
        assert written is not None
        assert registrable(name) == whole.privatesuffix(written), name


@pytest.mark.parametrize(("name", "word"), [
    ("contoso.local", ".local"),
    ("contoso.lan", ".lan"),
    ("contoso.internal", ".internal"),
    ("contoso.corp", ".corp"),
    ("contoso.test", ".test"),
    ("nas.home.arpa", ".arpa"),
    ("contoso.onion", ".onion"),
    ("contoso.nosuchtld", "no top-level domain"),
    ("10.1.2.3", "no top-level domain"),
    ("contoso", "single label"),
    ("co.uk", "public suffix"),
    ("foo.ck", "public suffix"),
    ("a..b", "not a domain name"),
    ("-a.com", "not a domain name"),
    ("a b.com", "not a domain name"),
    ("", "not a domain name"),
    ("x" * 64 + ".com", "not a domain name"),
])  # fmt: skip
def test_why_a_name_is_not_public(name: str, word: str) -> None:
    assert word in (reason_not_public(name) or "")
    assert not is_public(name)


@given(st.text(max_size=40) | st.from_regex(r"[a-z0-9.-]{0,30}\.(com|local|co\.uk|de)", fullmatch=True))
def test_any_text_is_public_or_has_a_reason(text: str) -> None:
    assert is_public(text) == (reason_not_public(text) is None)
    plain = ascii_name(text)
    assert plain is None or ascii_name(plain) == plain
    if is_public(text):
        assert registrable(str(registrable(text))) == registrable(text)


# -- public domains --


@pytest.mark.parametrize(("found", "status"), [
    (Zone("contoso.com", ("ns1.example.net", "ns2.example.net"), "ns1.example.net"), Pass),
    (Zone("contoso.com", ("ns1.example.net",), "ns1.example.net"), Warn),
    (Zone("contoso.com", (), "ns1.example.net"), Fail),
    (Zone("contoso.com", ("ns1.example.net", "ns2.example.net"), "", "answered SERVFAIL"), Unknown),
    (NoName(), Fail),
    (NoRecord(), Fail),
    (SERVFAIL, Unknown),
])  # fmt: skip
def test_public_domain(found: ZoneOf, status: type[Outcome]) -> None:
    [outcome] = public_domain(domains=["contoso.com"], zones=Zones({"contoso.com": found}))
    assert outcome.subject == "contoso.com"
    assert isinstance(outcome, status)


def test_a_domain_below_a_registered_one_is_judged_by_its_zone() -> None:
    above = Zone("contoso.co.uk", ("ns1.example.net", "ns2.example.net"), "ns1.example.net")
    [outcome] = public_domain(domains=["emea.contoso.co.uk"], zones=Zones({"emea.contoso.co.uk": above}))
    assert isinstance(outcome, Pass)
    suffix = Zone("co.uk", ("ns1.example.net", "ns2.example.net"), "ns1.example.net")
    [outcome] = public_domain(domains=["contoso.co.uk"], zones=Zones({"contoso.co.uk": suffix}))
    assert isinstance(outcome, Fail)


def test_a_private_name_fails_without_being_asked_for() -> None:
    outcomes = public_domain(domains=["corp.local", "contoso.com", "intranet"], zones=NOT_ASKED)
    assert [type(outcome) for outcome in outcomes] == [Fail, Unknown, Fail]
    assert [outcome.subject for outcome in outcomes] == ["corp.local", "contoso.com", "intranet"]


def test_a_domain_without_an_answer_is_unknown() -> None:
    [outcome] = public_domain(domains=["contoso.com"], zones=Zones({}))
    assert isinstance(outcome, Unknown)


# -- the gateway's name --


@pytest.mark.parametrize(("service", "prefix", "status"), [
    ("contosocmg.contoso.com", "contosocmg", Pass),
    ("abc.contoso.com", "abc", Pass),
    ("ContosoCMG.contoso.com", "ContosoCMG", Warn),
    ("ContosoCMG.contoso.com", "contosocmg", Warn),
    ("contoso-cmg.contoso.com", "contoso-cmg", Warn),
    (f"{'a' * 25}.contoso.com", "a" * 25, Warn),
    ("cmg.contoso.com", "contosocmg", Fail),
    ("1cmg.contoso.com", "1cmg", Fail),
    ("ab.contoso.com", "ab", Fail),
    ("my_cmg.contoso.com", "my_cmg", Fail),
    ("cmg-.contoso.com", "cmg-", Fail),
    (f"{'a' * 64}.contoso.com", "a" * 64, Fail),
    (UNSET, "contosocmg", Fail),
    ("contosocmg.contoso.com", UNSET, Manual),
    (UNSET, UNSET, Manual),
])  # fmt: skip
def test_service_name(service: str | Missing, prefix: str | Missing, status: type[Outcome]) -> None:
    [outcome] = service_name(service=service, prefix=prefix)
    assert isinstance(outcome, status)
    if isinstance(outcome, Fail | Warn):
        assert outcome.remedy


@given(st.from_regex(r"[A-Za-z0-9-]{1,30}", fullmatch=True))
def test_only_a_prefix_that_suits_a_storage_account_passes(prefix: str) -> None:
    [outcome] = service_name(service=f"{prefix}.contoso.com", prefix=prefix)
    sound = prefix.islower() and prefix.isalnum() and 3 <= len(prefix) <= 24 and not prefix[0].isdigit()
    assert isinstance(outcome, Pass) == sound


def test_the_names_of_the_requirements() -> None:
    checks = (public_domain, service_name, name_availability, cdp_name_availability)
    assert [check.requirement for check in checks] == [
        "identity.public-domain", "cmg.service-name", "cmg.name-availability", "cdp.name-availability",
    ]  # fmt: skip
    assert public_domain.subjects == "tenant.public_domains"


# -- whether it is free --

FREE = Availability(available=True)
TAKEN = Availability(available=False, reason="AlreadyExists", message="The name is in use.")
AZURE = "contosocmg.westeurope.cloudapp.azure.com"
GOV = "contosocmg.westeurope.cloudapp.usgovcloudapi.net"
CLASSIC = "contosocmg.cloudapp.net"
NONE = Seen[AzureService]((), EVERYTHING)
SCALE_SET = Resource("/subscriptions/s/vmss", "contosocmg", "Microsoft.Compute/virtualMachineScaleSets")


def site(*rows: AzureService, sees: Visibility = EVERYTHING) -> Seen[AzureService]:
    return Seen(rows, sees)


def free(
    label: Availability | Missing = FREE,
    *,
    storage: Availability | Missing = FREE,
    vault: Availability | Missing = FREE,
    resources: tuple[Resource, ...] | Missing = (),
    services: Seen[AzureService] | Missing = NONE,
    today: Resolved | Missing | None = None,
    gov: Resolved | None = None,
    classic: Resolved | Missing | None = None,
    method: str | Missing = UNSET,
    cloud: str | Missing = "public",
) -> Outcome:
    first = NoName() if today is None else today
    second = NoName() if classic is None else classic
    [outcome] = name_availability(
        prefix="contosocmg",
        label=label,
        storage=storage,
        vault=vault,
        resources=resources,
        services=services,
        today=first if isinstance(first, Missing) else AddressBook({AZURE: first, GOV: gov or NoName()}),
        classic=second if isinstance(second, Missing) else AddressBook({CLASSIC: second}),
        method=method,
        cloud=cloud,
    )
    return outcome


@pytest.mark.parametrize(("label", "storage", "vault", "status"), [
    (FREE, FREE, FREE, Pass),
    (FREE, TAKEN, FREE, Warn),
    (FREE, FREE, TAKEN, Warn),
    (FREE, TAKEN, LOST, Warn),
    (FREE, LOST, FREE, Unknown),
    (FREE, FREE, LOST, Unknown),
    (TAKEN, FREE, FREE, Fail),
    (TAKEN, LOST, LOST, Fail),
    (LOST, FREE, FREE, Unknown),
    (UNSET, FREE, FREE, Manual),
])  # fmt: skip
def test_what_azure_says(
    label: Availability | Missing, storage: Availability | Missing, vault: Availability | Missing, status: type[Outcome]
) -> None:
    outcome = free(label, storage=storage, vault=vault)
    assert isinstance(outcome, status)
    if isinstance(outcome, Fail | Warn):
        assert "contosocmg" in outcome.remedy[0]


@pytest.mark.parametrize("gateway", [
    AzureService("contosocmg", AZURE, "cmg.contoso.com", GATEWAY),
    AzureService("ContosoCMG", None, None, GATEWAY),
    AzureService("other", AZURE, None, GATEWAY),
])  # fmt: skip
def test_the_name_of_the_own_gateway_passes(gateway: AzureService) -> None:
    for sees in (EVERYTHING, MayBeTrimmed("", ""), Trimmed("", "")):
        assert isinstance(free(TAKEN, services=site(gateway, sees=sees)), Pass)
        assert isinstance(free(LOST, services=site(gateway, sees=sees)), Pass)


def test_another_service_of_the_site_does_not_own_the_name() -> None:
    point = AzureService("contosocmg", CLASSIC, "cdp.contoso.com", DISTRIBUTION_POINT)
    other = AzureService("fabrikam", "fabrikam.westeurope.cloudapp.azure.com", "x.contoso.com", GATEWAY)
    assert isinstance(free(TAKEN, services=site(point, other)), Fail)


@pytest.mark.parametrize(("services", "resources", "status"), [
    (NONE, LOST, Fail),
    (LOST, (), Fail),
    (LOST, LOST, Unknown),
    (site(sees=MayBeTrimmed("", "")), LOST, Unknown),
    (site(sees=Trimmed("", "")), LOST, Unknown),
    (LOST, (SCALE_SET,), Pass),
    (NONE, (SCALE_SET,), Warn),
    (NONE, (Resource("/s", "contosocmg", "Microsoft.Storage/storageAccounts"),), Fail),
])  # fmt: skip
def test_whose_a_taken_name_is(
    services: Seen[AzureService] | Missing, resources: tuple[Resource, ...] | Missing, status: type[Outcome]
) -> None:
    assert isinstance(free(TAKEN, services=services, resources=resources), status)


@pytest.mark.parametrize(("label", "today", "classic", "method", "status"), [
    (LOST, ADDRESS, None, "arm-vmss", Fail),
    (FREE, ADDRESS, None, "arm-vmss", Fail),
    (LOST, None, None, "arm-vmss", Unknown),
    (LOST, SERVFAIL, None, "arm-vmss", Unknown),
    (FREE, None, ADDRESS, UNSET, Fail),
    (FREE, None, ADDRESS, "classic", Fail),
    (FREE, None, ADDRESS, "arm-vmss", Warn),
    (FREE, None, None, "classic", Unknown),
    (FREE, NOT_ASKED, NOT_ASKED, UNSET, Pass),
    (FREE, LOST, None, UNSET, Unknown),
    (FREE, None, LOST, UNSET, Unknown),
])  # fmt: skip
def test_an_address_means_taken_and_none_proves_nothing(
    label: Availability | Missing,
    today: Resolved | Missing | None,
    classic: Resolved | Missing | None,
    method: str | Missing,
    status: type[Outcome],
) -> None:
    assert isinstance(free(label, today=today, classic=classic, method=method), status)


def test_the_name_is_looked_for_in_the_cloud_of_the_tenant() -> None:
    assert isinstance(free(LOST, gov=ADDRESS), Unknown)
    assert isinstance(free(LOST, gov=ADDRESS, cloud="usgov"), Fail)
    assert isinstance(free(LOST, today=ADDRESS, cloud="usgov"), Unknown)


# -- the distribution point's name --


@pytest.mark.parametrize(("found", "services", "status"), [
    (ADDRESS, site(AzureService("content", None, "cdp.contoso.com", DISTRIBUTION_POINT)), Pass),
    (NoName(), site(AzureService("content", None, None, DISTRIBUTION_POINT)), Pass),
    (ADDRESS, NONE, Fail),
    (ADDRESS, site(AzureService("content", None, None, GATEWAY)), Fail),
    (ADDRESS, site(sees=Trimmed("", "")), Unknown),
    (ADDRESS, LOST, Unknown),
    (NoName(), NONE, Unknown),
    (NoRecord(), NONE, Unknown),
    (SERVFAIL, NONE, Unknown),
    (LOST, NONE, Unknown),
])  # fmt: skip
def test_cdp_name_availability(
    found: Resolved | Missing, services: Seen[AzureService] | Missing, status: type[Outcome]
) -> None:
    book = found if isinstance(found, Missing) else AddressBook({"content.cloudapp.net": found})
    [outcome] = cdp_name_availability(service="Content.contoso.com", book=book, services=services)
    assert isinstance(outcome, status)
