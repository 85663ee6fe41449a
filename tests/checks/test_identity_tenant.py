"""Every verdict of domains, synchronisation, sign-in and join: from what was read to the status."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from assess.check import (
    Fail,
    Manual,
    Missing,
    NotApplicable,
    Outcome,
    Pass,
    Table,
    Unknown,
    Warn,
    worst,
)
from assess.errors import Unavailable
from assess.evidence import Ask
from assess.evidence.certificates import Attribute, Certificate, Step, Trust
from assess.evidence.config import Attested
from assess.evidence.directory import NoAnswer, NotRegistered, Registration, Registrations
from assess.evidence.federation import (
    FederationHandshakes,
    FederationMetadata,
    FederationRevocation,
    sign_in_host,
)
from assess.evidence.graph import (
    Domain,
    Domains,
    Federation,
    Federations,
    PasswordSync,
    ProvisioningError,
    Tenant,
    UnsyncedUser,
)
from assess.evidence.http import Answered, NoStatus, NotReached, NotTrusted
from assess.evidence.revocation import Good, Looked, Point, Revocations, Revoked
from assess.evidence.revocation import NotReached as NotReachedList
from assess.evidence.tls import Endpoints, NoAddress, NoHandshake, Refused, Served, Silent
from assess.evidence.traces import (
    FederationAccount,
    FederationTraces,
    FederationTrail,
    KeyContainer,
    SeamlessSignOn,
    SyncAccount,
    SyncTraces,
    SyncTrail,
)
from checks.identity.joining import join_model
from checks.identity.synchronisation import directory_sync, online_passwords, sso_federation
from checks.identity.verified import domain_verified

NOW = datetime(2026, 11, 20, 21, 10, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
REFUSED = Missing("Graph refuses", "Grant the permission.")
UNANSWERED = Missing("the question is not answered", "Answer it.", key='[attestations] "x"')
NOT_SET = Missing("tenant.public_domains is not set", "Set it.", key="tenant.public_domains")
NAME, HOST = "contoso.com", "adfs.contoso.com"


def domain(name: str = NAME, *, verified: bool = True, kind: Any = "Managed", services: Any = ("Email", "Intune"), initial: bool = False) -> Domain:
    return Domain(name, verified, initial, authentication_type=kind, supported_services=services)


# -- identity.domain-verified --


@pytest.mark.parametrize(
    ("domains", "status"),
    [
        ((domain(),), Pass),
        ((domain("CONTOSO.com"),), Pass),
        ((domain(services=()),), Pass),
        ((domain(services=None),), Pass),
        ((domain(services=("Email", "OfficeCommunicationsOnline")),), Warn),
        ((domain(verified=False),), Fail),
        ((domain("fabrikam.com"),), Fail),
        ((domain("corp.contoso.com"),), Fail),
        ((), Fail),
    ],
)
def test_domain_verified(domains: Any, status: type[Outcome]) -> None:
    [outcome] = domain_verified(wanted=[NAME], domains=domains)
    assert isinstance(outcome, status)
    assert outcome.subject == NAME
    assert NAME in " ".join(outcome.remedy) or isinstance(outcome, Pass)


def test_each_domain_has_a_finding() -> None:
    outcomes = domain_verified(wanted=[NAME, "fabrikam.com"], domains=(domain(),))
    assert [(type(o), o.subject) for o in outcomes] == [(Pass, NAME), (Fail, "fabrikam.com")]


# -- identity.directory-sync --


def tenant(enabled: Any = True, ago: timedelta | None = HOUR) -> Tenant:
    last = datetime(1, 1, 1, tzinfo=UTC) if ago is None else NOW - ago
    return Tenant("t", "Contoso", on_premises_sync_enabled=enabled, on_premises_last_sync_date_time=last)


OURS = (domain(),)
TRAIL = SyncTrail((SyncTraces("ad", "corp.test", (SyncAccount("connect", "MSOL_1", "corp.test", "SYNC01", "contoso.com"),)),))
NOBODY: Table[UnsyncedUser] = Table.of([])
SOMEBODY = Table.of([UnsyncedUser(f"{n}", f"u{n}@contoso.com", (ProvisioningError("PropertyConflict", "proxyAddresses", f"SMTP:u{n}@contoso.com"),)) for n in range(4)])


@pytest.mark.parametrize(
    ("organisation", "errors", "scheduler", "status"),
    [
        (tenant(), NOBODY, UNANSWERED, Pass),
        (tenant(ago=-HOUR), NOBODY, UNANSWERED, Pass),  # a clock that is ahead
        (tenant(ago=3 * HOUR), NOBODY, Attested("SRV01"), Pass),
        (tenant(ago=3 * HOUR + timedelta(seconds=1)), NOBODY, UNANSWERED, Warn),
        (tenant(ago=24 * HOUR), NOBODY, UNANSWERED, Warn),
        (tenant(), SOMEBODY, UNANSWERED, Warn),
        (tenant(), NOBODY, Attested(answer=False), Warn),
        (tenant(ago=24 * HOUR + timedelta(seconds=1)), NOBODY, UNANSWERED, Fail),
        (tenant(enabled=None), NOBODY, UNANSWERED, Fail),
        (tenant(enabled=False), REFUSED, UNANSWERED, Fail),
        (Tenant("t"), NOBODY, UNANSWERED, Unknown),
        (tenant(ago=None), NOBODY, UNANSWERED, Unknown),
        (Tenant("t", on_premises_sync_enabled=True), NOBODY, UNANSWERED, Unknown),
        (tenant(), REFUSED, UNANSWERED, Unknown),
        (tenant(ago=30 * HOUR), REFUSED, UNANSWERED, Fail),
    ],
)
def test_directory_sync(organisation: Any, errors: Any, scheduler: Any, status: type[Outcome]) -> None:
    for trail, domains in ((NOT_SET, NOT_SET), (REFUSED, REFUSED), (TRAIL, (domain(),))):
        outcome = worst(
            directory_sync(tenant=organisation, errors=errors, scheduler=scheduler, trail=trail, domains=domains, as_of=NOW)
        )
        assert isinstance(outcome, status)
    assert outcome.subject is None


def test_conflicts_are_listed() -> None:
    outcome = worst(
        directory_sync(tenant=tenant(), errors=SOMEBODY, scheduler=UNANSWERED, trail=NOT_SET, domains=NOT_SET, as_of=NOW)
    )
    assert isinstance(outcome, Warn)
    assert outcome.observed == "4 users have attributes that conflict: u0@contoso.com, u1@contoso.com, u2@contoso.com …"
    assert outcome.rows is not None
    assert list(outcome.rows.rows)[3] == {"user": "u3@contoso.com", "property": "proxyAddresses", "value": "SMTP:u3@contoso.com", "category": "PropertyConflict"}


def synced(organisation: Tenant, trail: Any, domains: Any = OURS) -> Outcome:
    return worst(
        directory_sync(tenant=organisation, errors=NOBODY, scheduler=UNANSWERED, trail=trail, domains=domains, as_of=NOW)
    )


def test_the_server_that_synchronises_is_named() -> None:
    for organisation in (tenant(), tenant(ago=9 * HOUR), tenant(ago=99 * HOUR), tenant(enabled=None)):
        outcome = synced(organisation, TRAIL)
        assert "in corp.test Entra Connect on SYNC01 for contoso.com (account MSOL_1)" in _told(outcome)
        assert isinstance(outcome, Pass) or "SYNC01" in " ".join(outcome.remedy)
    bare = SyncTrail((SyncTraces("ad", "corp.test", (SyncAccount("agent", "pGMSA_1$", "corp.test"),)),))
    outcome = synced(tenant(enabled=None), bare)
    assert "the agent of cloud sync (account pGMSA_1$)" in _told(outcome)
    assert not outcome.remedy


def test_an_account_that_is_disabled_synchronises_nothing() -> None:
    off = SyncTrail((SyncTraces("ad", "corp.test", (SyncAccount("connect", "MSOL_1", "corp.test", "S", "other.com", enabled=False),)),))
    assert isinstance(synced(tenant(), off), Pass)
    assert "MSOL" not in _told(synced(tenant(), off))


@pytest.mark.parametrize(
    ("tenants", "domains", "status"),
    [
        (("contoso.com",), (domain(),), Pass),
        (("contoso.onmicrosoft.com",), (domain(), domain("Contoso.OnMicrosoft.com", initial=True)), Pass),
        (("other.onmicrosoft.com",), (domain(),), Warn),
        (("other.onmicrosoft.com", "contoso.com"), (domain(),), Pass),  # to both
        (("",), (domain(),), Pass),
        (("other.onmicrosoft.com", ""), (domain(),), Pass),  # the second may be for this one
        ((), (domain(),), Pass),
        (("other.onmicrosoft.com",), (), Pass),
        (("other.onmicrosoft.com",), REFUSED, Pass),
    ],
)
def test_a_forest_that_is_synchronised_to_another_tenant(tenants: tuple[str, ...], domains: Any, status: type[Outcome]) -> None:
    accounts = tuple(SyncAccount("connect", f"MSOL_{n}", "b.test", "SRV", name) for n, name in enumerate(tenants))
    trail = SyncTrail((*TRAIL.forests, SyncTraces("ad.forests.b", "b.test", accounts), NoAnswer("ad.forests.c", "refused")))
    outcome = synced(tenant(), trail, domains)
    assert isinstance(outcome, status)
    if isinstance(outcome, Warn):
        assert "b.test is synchronised to another tenant: in b.test Entra Connect on SRV for other.onmicrosoft.com" in outcome.observed
        assert "{tenant.id}" in outcome.remedy[0]


def _told(outcome: Outcome) -> str:
    assert isinstance(outcome, Pass | Warn | Fail)
    return outcome.observed


# -- identity.online-passwords --


def hashes(ago: timedelta | None) -> PasswordSync:
    return PasswordSync("t", None if ago is None else NOW - ago)


@pytest.mark.parametrize(
    ("domains", "sync", "organisation", "answered", "status"),
    [
        ((domain(kind="Federated"),), hashes(None), tenant(), UNANSWERED, NotApplicable),
        ((domain(),), hashes(HOUR), tenant(), UNANSWERED, Pass),
        ((domain(),), hashes(24 * HOUR), tenant(), Attested(answer=False), Pass),
        ((domain(),), hashes(None), tenant(), Attested(answer=True), Pass),
        ((domain(),), REFUSED, tenant(), Attested(answer=True), Pass),
        ((domain(),), hashes(None), tenant(enabled=None), UNANSWERED, Warn),
        ((domain(),), hashes(None), tenant(), Attested(answer=False), Fail),
        ((domain(),), hashes(25 * HOUR), tenant(), Attested(answer=False), Fail),
        ((domain(),), hashes(None), tenant(), UNANSWERED, Manual),
        ((domain(),), hashes(25 * HOUR), tenant(), UNANSWERED, Manual),
        ((domain(),), hashes(None), REFUSED, UNANSWERED, Manual),
        ((domain(),), REFUSED, tenant(), UNANSWERED, Unknown),
        ((domain(),), REFUSED, tenant(), Attested(answer=False), Unknown),
        ((domain(kind=None),), hashes(HOUR), tenant(), UNANSWERED, Unknown),
        ((domain(verified=False),), hashes(HOUR), tenant(), UNANSWERED, Unknown),
        ((), hashes(HOUR), tenant(), UNANSWERED, Unknown),
    ],
)
def test_online_passwords(domains: Any, sync: Any, organisation: Any, answered: Any, status: type[Outcome]) -> None:
    for wanted in ([NAME], NOT_SET):
        outcome = worst(online_passwords(domains=domains, wanted=wanted, sync=sync, tenant=organisation, answered=answered, as_of=NOW))
        assert isinstance(outcome, status)


def test_the_initial_domain_is_not_one_that_users_sign_in_with() -> None:
    found = (domain(kind="Federated"), domain("contoso.onmicrosoft.com", initial=True))
    [outcome] = online_passwords(domains=found, wanted=NOT_SET, sync=hashes(None), tenant=tenant(), answered=UNANSWERED, as_of=NOW)
    assert isinstance(outcome, NotApplicable)


# -- identity.sso-federation --


def certificate(left: timedelta, names: tuple[str, ...] = (HOST,), since: timedelta = DAY, **more: Any) -> Certificate:
    values: dict[str, Any] = {
        "subject": (Attribute("CN", HOST),), "issuer": (Attribute("CN", "Public CA"),), "dns_names": names,
        "not_before": NOW - since, "not_after": NOW + left, "key_bits": 2048, **more,
    }
    rest: dict[str, Any] = {f.name: "" for f in msgspec.structs.fields(Certificate) if f.required and f.name not in values}
    return Certificate(**values, **rest)


def served(left: timedelta = 200 * DAY, *, anchor: Any = "public", path: tuple[Step, ...] = (), **options: Any) -> Served:
    return Served((certificate(left, **options),), Trust(anchor, reason="no root" if anchor == "none" else "", path=path), "TLSv1.3")


FEDERATED = (domain(kind="Federated"),)
NO_TRACES: dict[str, Any] = {"forests": NOT_SET, "trail": NOT_SET, "revoked": REFUSED}
AT_HOST = {NAME: (Federation("f", passive_sign_in_uri=f"https://{HOST}/adfs/ls/"),)}
REACHED = Endpoints({"login.microsoftonline.com": served()})
NOT_REACHED = Endpoints({"login.microsoftonline.com": Silent("timed out")})
SHOWN = Answered(200)
EXPIRED_ISSUER = (Step("leaf", "", NOW - DAY, NOW + DAY, "given"), Step("Old CA", "", NOW - 2 * DAY, NOW - DAY, "given"))


def federated(seen: Any, *, control: Any = REACHED, metadata: Any = SHOWN, federations: Any = AT_HOST, domains: Any = FEDERATED, sync: Any = REFUSED, **traces: Any) -> Outcome:
    hosts = seen if isinstance(seen, Missing) else Endpoints({} if seen is None else {HOST: seen})
    outcomes = sso_federation(
        wanted=[NAME], domains=domains, federations=federations, hosts=hosts, control=control, metadata=metadata, sync=sync, as_of=NOW,
        **{**NO_TRACES, **traces},
    )
    assert {o.subject for o in outcomes} == {NAME}
    return worst(outcomes)


@pytest.mark.parametrize(
    ("evidence", "status"),
    [
        ({"seen": served()}, Pass),
        ({"seen": served(30 * DAY)}, Pass),
        ({"seen": served(), "control": REFUSED}, Pass),
        ({"seen": served(30 * DAY - HOUR)}, Warn),
        ({"seen": served(anchor="own")}, Warn),
        ({"seen": served(), "metadata": Answered(404)}, Warn),
        ({"seen": served(timedelta(0))}, Fail),
        ({"seen": served(-DAY)}, Fail),
        ({"seen": served(path=EXPIRED_ISSUER)}, Fail),
        ({"seen": served(since=-DAY)}, Fail),
        ({"seen": served(names=("sts.contoso.com",))}, Fail),
        ({"seen": served(anchor="none")}, Fail),
        ({"seen": served(), "metadata": Answered(503)}, Fail),
        ({"seen": Refused("connection refused")}, Fail),
        ({"seen": Silent("timed out")}, Fail),
        ({"seen": NoAddress("no such name")}, Fail),
        ({"seen": NoHandshake("plain text")}, Fail),
        ({"seen": Silent("timed out"), "control": NOT_REACHED}, Unknown),
        ({"seen": Refused("refused"), "control": NOT_REACHED}, Unknown),
        ({"seen": NoAddress("none"), "control": REFUSED}, Unknown),
        ({"seen": served(), "metadata": NotReached("timed out")}, Unknown),
        ({"seen": served(), "metadata": NoStatus("reset")}, Unknown),
        ({"seen": served(), "metadata": NotTrusted("self signed")}, Unknown),
        ({"seen": served(), "metadata": REFUSED}, Unknown),
        ({"seen": served(-DAY), "metadata": REFUSED}, Fail),
        ({"seen": None}, Unknown),
        ({"seen": REFUSED}, Unknown),
        ({"seen": served(), "federations": REFUSED}, Unknown),
        ({"seen": served(), "federations": {NAME: None}}, Unknown),
        ({"seen": served(), "federations": {NAME: ()}}, Unknown),
        ({"seen": served(), "federations": {NAME: (Federation("f", passive_sign_in_uri="http://adfs/ls"),)}}, Unknown),
        ({"seen": None, "domains": (domain(),), "sync": PasswordSync("t", NOW - HOUR)}, Pass),
        ({"seen": None, "domains": (domain(),), "sync": PasswordSync("t", NOW - 25 * HOUR)}, Warn),
        ({"seen": None, "domains": (domain(),), "sync": PasswordSync("t", None)}, Warn),
        ({"seen": None, "domains": (domain(),), "sync": REFUSED}, Unknown),
        ({"seen": None, "domains": (domain(kind=None),)}, Unknown),
        ({"seen": None, "domains": (domain(verified=False),)}, Unknown),
        ({"seen": None, "domains": ()}, Unknown),
    ],
)
def test_sso_federation(evidence: dict[str, Any], status: type[Outcome]) -> None:
    assert isinstance(federated(**evidence), status)


LIST = "http://crl.public.example/a.crl"
NAMING = served(crl_urls=(LIST,))


def said_of_it(said: Any) -> Revocations:
    return Revocations({HOST: (Looked(HOST, "AA", (Point("crl", LIST, said),)),)})


@pytest.mark.parametrize(
    ("revoked", "status"),
    [
        (said_of_it(Good(NOW - DAY, NOW + DAY)), Pass),
        (said_of_it(Good(NOW - 9 * DAY, NOW - DAY)), Unknown),
        (said_of_it(NotReachedList("timed out")), Unknown),
        (said_of_it(Revoked(NOW - DAY, "keyCompromise", NOW - DAY, NOW + DAY)), Fail),
        (Revocations({}), Unknown),
        (REFUSED, Unknown),
    ],
)
def test_a_revoked_certificate_of_the_sign_in(revoked: Any, status: type[Outcome]) -> None:
    outcome = federated(NAMING, revoked=revoked)
    assert isinstance(outcome, status)
    assert outcome.subject == NAME
    assert status is Pass or HOST in outcome.about
    if status is Fail:
        assert HOST in outcome.remedy[0]
    assert isinstance(federated(served(), revoked=REFUSED), Pass), "what names no place needs no answer"


def test_the_hosts_are_asked_for_revocation_as_for_their_certificates() -> None:
    known = Known({"Federations": {NAME: AT_HOST[NAME]}})
    bound = FederationRevocation().bind(known)
    assert bound == FederationRevocation((HOST,))
    assert bound.handshakes == FederationHandshakes((HOST,))
    assert FederationRevocation().requires() == (FederationHandshakes(),)


def adfs_in(there: bool | None, *accounts: FederationAccount) -> FederationTrail:
    return FederationTrail((FederationTraces("ad", "corp.test", (KeyContainer("corp.test", there),), accounts),))


FARM = FederationAccount("svc-adfs", "corp.test", (HOST,))


@pytest.mark.parametrize(
    ("evidence", "traces", "told"),
    [
        ({"seen": served()}, adfs_in(True, FARM), "; it runs as svc-adfs of corp.test"),
        ({"seen": served(-DAY)}, adfs_in(True, msgspec.structs.replace(FARM, enabled=False)), "it runs as svc-adfs of corp.test, which is disabled"),
        ({"seen": Refused("refused")}, adfs_in(None, FARM), "it runs as svc-adfs"),
        ({"seen": served(), "metadata": Answered(404)}, adfs_in(False), "is it AD FS?; AD FS was never installed in corp.test"),
        ({"seen": None, "domains": (domain(),), "sync": PasswordSync("t", NOW - HOUR)}, adfs_in(True), "; AD FS is or was installed in corp.test"),
        ({"seen": None, "domains": (domain(),), "sync": PasswordSync("t", None)}, adfs_in(True), "; AD FS is or was installed in corp.test"),
    ],
)
def test_the_forests_tell_of_ad_fs(evidence: dict[str, Any], traces: FederationTrail, told: str) -> None:
    outcome = federated(**evidence, forests=traces)
    assert type(outcome) is type(federated(**evidence)), "traces decide nothing"
    assert told in _told(outcome)
    assert told not in _told(federated(**evidence, forests=REFUSED))


def test_what_was_not_shown_is_not_said_to_be_absent() -> None:
    unread = FederationTrail((*adfs_in(False).forests, NoAnswer("ad.forests.b", "refused")))
    for traces in (adfs_in(None), adfs_in(True), unread, FederationTrail(())):
        assert "never" not in _told(federated(served(), metadata=Answered(404), forests=traces))


def test_a_host_that_the_tenant_does_not_name_may_be_known_to_the_directory() -> None:
    farm = FederationAccount("svc", "corp.test", ("sts.contoso.com", "sts.fabrikam.com"))
    outcome = federated(None, federations={NAME: ()}, forests=adfs_in(True, farm))
    assert isinstance(outcome, Unknown)
    assert outcome.because.endswith("; in the directory, accounts stand for sts.contoso.com")


def test_seamless_sign_on_is_told_with_the_age_of_its_key() -> None:
    trail = SyncTrail((SyncTraces("ad", "corp.test", (), (SeamlessSignOn("corp.test", NOW - 400 * DAY), SeamlessSignOn("b.corp.test"))),))
    found = {"domains": (domain(),), "sync": PasswordSync("t", NOW - HOUR)}
    told = _told(federated(None, **found, trail=trail))
    assert told.endswith(f"seamless single sign-on is set up in corp.test (key of {NOW - 400 * DAY:%Y-%m-%d}), b.corp.test")


def test_another_federated_host_proves_the_line_too() -> None:
    outcomes = sso_federation(
        wanted=[NAME], domains=FEDERATED, federations=AT_HOST, metadata=REFUSED, sync=REFUSED, as_of=NOW, control=REFUSED, **NO_TRACES,
        hosts=Endpoints({HOST: Silent("timed out"), "adfs.fabrikam.com": served()}),
    )
    assert isinstance(worst(outcomes), Fail)
    assert HOST in worst(outcomes).about


def test_a_later_clock_never_heals_a_certificate() -> None:
    order = [Fail, Warn, Pass]
    seen = served(90 * DAY)
    ranks = []
    for days in range(0, 200, 10):
        outcomes = sso_federation(
            wanted=[NAME], domains=FEDERATED, federations=AT_HOST, metadata=SHOWN, sync=REFUSED, control=REACHED,
            hosts=Endpoints({HOST: seen}), as_of=NOW + days * DAY, **NO_TRACES,
        )
        ranks.append(order.index(type(worst(outcomes))))
    assert ranks == sorted(ranks, reverse=True)


# -- which hosts are asked --


class Known:
    def __init__(self, answers: dict[str, Any]) -> None:
        self.answers = answers

    def key(self, name: str) -> Any:
        raise Unavailable(name, key=name)

    def answer(self, ask: Ask) -> Any:
        return self.answers[type(ask).__name__]


def test_the_federated_domains_lead_to_their_hosts() -> None:
    found = (domain(kind="Federated"), domain("b.com", kind="federated"), domain("c.com"), domain("d.com", kind="Federated", verified=False))
    assert Federations().bind(Known({"Domains": found})) == Federations(("b.com", "contoso.com"))
    assert Federations().requires() == (Domains(),)
    known = Known({"Federations": {NAME: AT_HOST[NAME], "b.com": AT_HOST[NAME], "e.com": None}})
    assert FederationHandshakes().bind(known) == FederationHandshakes((HOST,))
    assert FederationMetadata().bind(known).url == f"https://{HOST}/federationmetadata/2007-06/federationmetadata.xml"


def test_without_a_host_or_with_many_nothing_is_asked() -> None:
    assert FederationHandshakes().bind(Known({"Federations": {}})).hosts == ()
    with pytest.raises(Unavailable) as caught:
        FederationMetadata().bind(Known({"Federations": {}}))
    assert caught.value.skipped
    two = {NAME: AT_HOST[NAME], "b.com": (Federation("g", passive_sign_in_uri="https://sts.b.com/"),)}
    with pytest.raises(Unavailable, match="more than one host"):
        FederationMetadata().bind(Known({"Federations": two}))


@pytest.mark.parametrize("address", [None, "", "x", "http://h/", "https://", "https://[::1", "https://h:8443/", "https://h:x/"])
def test_an_address_that_leads_nowhere(address: Any) -> None:
    assert sign_in_host((Federation("f", passive_sign_in_uri=address),)) == ""
    assert sign_in_host((Federation("f", passive_sign_in_uri=address), *AT_HOST[NAME])) == HOST


# -- identity.join-model --

INTERNET, PKI = "co-management-internet", "co-management-pki"
NONE = {"AzureAd": 4, "ServerAd": 0, "Workplace": 2}
SOME = {"AzureAd": 4, "ServerAd": 3, "Workplace": 2}
SCP = Registrations((Registration("ad", "DC=corp", "contoso.com", "t"),))
ELSEWHERE = Registrations((Registration("ad", "corp.test", "contoso.com", "t"), Registration("ad.forests.b", "b.test", "fabrikam.com", "other")))
UNNAMED = Registrations((Registration("ad", "corp.test", "contoso.com", ""),))
NO_SCP = Registrations((NotRegistered("ad", "DC=corp", "no keywords"),))
MUTE = Registrations((NotRegistered("ad", "DC=corp", "no keywords"), NoAnswer("ad.forests.b", "timed out")))


@pytest.mark.parametrize(
    ("scenario", "devices", "registrations", "status"),
    [
        (INTERNET, NONE, NO_SCP, Pass),
        (INTERNET, SOME, NO_SCP, Warn),
        (INTERNET, NONE, SCP, Warn),
        (INTERNET, NONE, REFUSED, Unknown),
        (INTERNET, REFUSED, NO_SCP, Unknown),
        (INTERNET, NONE, MUTE, Unknown),
        (INTERNET, NONE, Registrations(()), Unknown),
        (INTERNET, {"AzureAd": 1, "ServerAd": None}, NO_SCP, Unknown),
        (INTERNET, REFUSED, REFUSED, Unknown),
        (PKI, NONE, NO_SCP, Pass),
        (PKI, SOME, SCP, Pass),
        (PKI, SOME, REFUSED, Pass),
        (PKI, REFUSED, SCP, Pass),
        (PKI, REFUSED, REFUSED, Unknown),
        (PKI, SOME, ELSEWHERE, Warn),
        (PKI, REFUSED, ELSEWHERE, Warn),
        (PKI, SOME, UNNAMED, Pass),
        (INTERNET, NONE, ELSEWHERE, Warn),
    ],
)
def test_join_model(scenario: str, devices: Any, registrations: Any, status: type[Outcome]) -> None:
    outcome = worst(join_model(scenario=scenario, devices=devices, registrations=registrations, tenant="t"))
    assert isinstance(outcome, status)
    assert outcome.subject is None
    if registrations is ELSEWHERE:
        assert isinstance(outcome, Warn)
        assert "names the tenant other (fabrikam.com)" in outcome.observed
        assert any("{tenant.id}" in step for step in outcome.remedy)


def test_without_the_tenants_id_nothing_is_compared() -> None:
    outcome = worst(join_model(PKI, SOME, ELSEWHERE, Missing("tenant.id is not set", key="tenant.id")))
    assert isinstance(outcome, Pass)
