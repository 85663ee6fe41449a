"""How the directory and the passwords of its users reach the tenant."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Annotated

from assess.check import (
    AsOf,
    Attestation,
    Attested,
    Ends,
    Fail,
    Key,
    Manual,
    Missing,
    NotApplicable,
    Outcome,
    Outcomes,
    Pass,
    Rows,
    Table,
    Unknown,
    Warn,
    check,
    tr,
    trn,
    unavailable,
)
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
    LastPasswordSync,
    Organization,
    PasswordSync,
    ProvisioningErrors,
    Tenant,
    UnsyncedUser,
    moment,
)
from assess.evidence.http import Answered, HttpAnswer, NoStatus, NotReached, NotTrusted
from assess.evidence.revocation import Revocations
from assess.evidence.tls import (
    Control,
    Endpoints,
    NoAddress,
    NoHandshake,
    Refused,
    Seen,
    Served,
    Silent,
)
from assess.evidence.traces import (
    DirectoryFederation,
    DirectorySync,
    FederationTrail,
    SyncTrail,
)
from checks.certificates import Specimen
from checks.identity.traces import (
    farm,
    foreign,
    of_another_tenant,
    perhaps,
    seamless,
    unused,
    with_servers,
)
from checks.revocation import revocation

FRESH = timedelta(hours=3)
STALE = timedelta(hours=24)
EARLY = timedelta(days=30)
_COLUMNS = ("user", "property", "value", "category")
_EXAMPLES = 3

# -- the directory --


@check("identity.directory-sync")
def directory_sync(
    tenant: Annotated[Tenant, Organization()],
    errors: Annotated[Table[UnsyncedUser] | Missing, ProvisioningErrors()],
    scheduler: Annotated[Attested | Missing, Attestation()],
    trail: Annotated[SyncTrail | Missing, DirectorySync()],
    domains: Annotated[tuple[Domain, ...] | Missing, Domains()],
    as_of: Annotated[datetime, AsOf()],
) -> Outcomes:
    """Pass when the directory is synchronised, at most 3 hours ago, and no user conflicts.

    A forest that is synchronised to another tenant only is told.
    """
    yield with_servers(_synchronised(tenant, as_of), trail)
    yield from of_another_tenant(trail, domains)
    if tenant.on_premises_sync_enabled is True:
        yield unavailable(None, errors) if isinstance(errors, Missing) else _conflicts(errors)
    if isinstance(scheduler, Attested) and not scheduler.yes:
        observed = tr(
            "its scheduler does not run without errors, says {}", scheduler.by or "somebody unnamed"
        )
        yield Warn(None, "a scheduler that runs without errors", observed)


def _synchronised(tenant: Tenant, as_of: datetime) -> Outcome:
    expected = tr("synchronisation is on, and ran within {} hours", _hours(FRESH))
    enabled = tenant.on_premises_sync_enabled
    if enabled is None or enabled is False:
        observed = "directory synchronisation is not set up"
        if enabled is False:
            observed = "directory synchronisation is no longer on"
        return Fail(None, expected, observed)
    if enabled is not True:
        return Unknown(None, "Graph does not say whether the directory is synchronised")
    last = moment(tenant.on_premises_last_sync_date_time)
    if last is None:
        return Unknown(None, "Graph does not say when the directory was synchronised last")
    age = as_of - last
    observed = trn(
        _even(age),
        "synchronised last on {:%Y-%m-%d %H:%M} UTC, {} hour ago",
        "synchronised last on {:%Y-%m-%d %H:%M} UTC, {} hours ago",
        last,
        _hours(age),
    )
    if age > STALE:
        return Fail(None, expected, observed)
    if age > FRESH:
        return Warn(None, expected, observed)
    return Pass(None, observed, expected)


def _hours(span: timedelta) -> str:
    return tr("{:.3g}", max(span, timedelta(0)) / timedelta(hours=1))


def _even(span: timedelta) -> int:
    """The number that decides between hour and hours, as ``_hours`` shows the span."""
    return 1 if f"{span / timedelta(hours=1):.3g}" == "1" else 2


def _conflicts(errors: Table[UnsyncedUser]) -> Outcome:
    if len(errors) == 0:
        return Pass(None, "no user has an error of synchronisation")
    first: list[str] = []
    for user in errors:
        first.append(user.user_principal_name)
        if len(first) == _EXAMPLES:
            break
    more = " …" if len(errors) > len(first) else ""
    observed = trn(
        len(errors),
        "{n} user has attributes that conflict: {}{}",
        "{n} users have attributes that conflict: {}{}",
        ", ".join(first),
        more,
    )
    step = tr(
        "Mend the duplicate attributes of {} and the others of the list, then run "
        "Start-ADSyncSyncCycle -PolicyType Delta.",
        ", ".join(first),
    )
    rows = Rows(_COLUMNS, _conflict_rows(errors))
    return Warn(None, "no user has an error", observed, remedy=(step,), rows=rows)


def _conflict_rows(errors: Table[UnsyncedUser]) -> Iterator[dict[str, object]]:
    for user in errors:
        found = user.on_premises_provisioning_errors
        for error in found if isinstance(found, tuple) else ():
            yield {
                "user": user.user_principal_name,
                "property": _text(error.property_causing_error),
                "value": _text(error.value),
                "category": _text(error.category),
            }


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


# -- passwords --


def _password_age(sync: PasswordSync, as_of: datetime) -> timedelta | None:
    last = moment(sync.on_premises_last_password_sync_date_time)
    return None if last is None else as_of - last


def _relevant(domains: tuple[Domain, ...], wanted: list[str] | Missing) -> list[Domain]:
    """The verified domains that users sign in with: the public ones, else all but the initial."""
    names = None if isinstance(wanted, Missing) else {name.lower() for name in wanted}
    return [
        domain
        for domain in domains
        if domain.is_verified
        and (domain.id.lower() in names if names is not None else domain.is_initial is not True)
    ]


@check("identity.online-passwords")
def online_passwords(
    domains: Annotated[tuple[Domain, ...], Domains()],
    wanted: Annotated[list[str] | Missing, Key("tenant.public_domains")],
    sync: Annotated[PasswordSync | Missing, LastPasswordSync()],
    tenant: Annotated[Tenant | Missing, Organization()],
    answered: Annotated[Attested | Missing, Attestation()],
    as_of: Annotated[datetime, AsOf()],
) -> Outcomes:
    """Pass when password hashes arrive, or a person says that each user got a password."""
    relevant = _relevant(domains, wanted)
    if not relevant:
        because = "none of the tenant's verified domains is one that users sign in with"
        return [
            Unknown(None, because, remedy=("Verify the domain, see identity.domain-verified.",))
        ]
    unclear = [d.id for d in relevant if not isinstance(d.authentication_type, str)]
    if unclear:
        return [Unknown(None, tr("Graph does not say how {} signs in", ", ".join(unclear)))]
    managed = [domain.id for domain in relevant if not domain.federated]
    if not managed:
        names = ", ".join(domain.id for domain in relevant)
        return [
            NotApplicable(None, tr("{} is federated: users have no password of the cloud", names))
        ]
    return [_managed(", ".join(managed), sync, tenant, answered, as_of)]


def _managed(
    names: str,
    sync: PasswordSync | Missing,
    tenant: Tenant | Missing,
    answered: Attested | Missing,
    as_of: datetime,
) -> Outcome:
    expected = "password hashes are synchronised, or each user has received a cloud password"
    age = None if isinstance(sync, Missing) else _password_age(sync, as_of)
    if age is not None and age <= STALE:
        return Pass(
            None,
            trn(
                _even(age),
                "{}: password hashes arrived {} hour ago",
                "{}: password hashes arrived {} hours ago",
                names,
                _hours(age),
            ),
            expected,
        )
    if isinstance(answered, Attested) and answered.yes:
        who = answered.by or "somebody unnamed"
        return Pass(
            None, tr("{}: each user has received a password, says {}", names, who), expected
        )
    if isinstance(sync, Missing):
        return unavailable(None, sync)
    seen = "no password hash has been synchronised"
    if age is not None:
        seen = trn(
            _even(age),
            "password hashes arrived last {} hour ago",
            "password hashes arrived last {} hours ago",
            _hours(age),
        )
    if isinstance(answered, Attested):
        observed = tr("{}: {}, and not each user has received a password", names, seen)
        step = tr(
            "Switch on password hash synchronisation for {} (Entra Connect > Optional features), "
            "or reset the passwords and hand them over securely.",
            names,
        )
        return Fail(None, expected, observed, remedy=(step,))
    if isinstance(tenant, Tenant) and tenant.on_premises_sync_enabled in (None, False):
        observed = tr(
            "{}: nothing is synchronised, so users have passwords of the cloud only", names
        )
        return Warn(None, expected, observed)
    question = "Has every enrolling user received a cloud password?"
    return Manual(None, question, f"{names}: {tr(seen)}", remedy=(answered.mend,))


# -- single sign-on --


@check("identity.sso-federation", subjects="tenant.public_domains")
def sso_federation(
    wanted: Annotated[list[str], Key("tenant.public_domains")],
    domains: Annotated[tuple[Domain, ...], Domains()],
    federations: Annotated[dict[str, tuple[Federation, ...] | None] | Missing, Federations()],
    hosts: Annotated[Endpoints | Missing, FederationHandshakes()],
    control: Annotated[Endpoints | Missing, Control()],
    metadata: Annotated[HttpAnswer | Missing, FederationMetadata()],
    revoked: Annotated[Revocations | Missing, FederationRevocation()],
    sync: Annotated[PasswordSync | Missing, LastPasswordSync()],
    forests: Annotated[FederationTrail | Missing, DirectoryFederation()],
    trail: Annotated[SyncTrail | Missing, DirectorySync()],
    as_of: Annotated[datetime, AsOf()],
) -> Outcomes:
    """Pass when a federated domain's AD FS answers, or a managed one gets its password hashes."""
    by_name = {domain.id.lower(): domain for domain in domains}
    for name in wanted:
        domain = by_name.get(name.lower())
        if domain is None or not domain.is_verified:
            because = tr("{} is not a verified domain of the tenant", name)
            yield Unknown(name, because, remedy=("See identity.domain-verified.",))
        elif domain.federated:
            yield from _federated(domain, federations, hosts, control, metadata, forests, as_of)
            yield from _revoked(domain, federations, hosts, revoked, as_of)
        elif _text(domain.authentication_type).lower() == "managed":
            yield _cloud_sign_in(name, sync, seamless(trail) + unused(forests), as_of)
        else:
            yield Unknown(name, tr("Graph does not say how {} signs in", name))


def _cloud_sign_in(
    name: str, sync: PasswordSync | Missing, beside: str, as_of: datetime
) -> Outcome:
    """``beside``: what the forests show of other ways to sign in."""
    if isinstance(sync, Missing):
        return unavailable(name, sync)
    expected = tr("{} signs in with corporate credentials", name)
    age = _password_age(sync, as_of)
    if age is not None and age <= STALE:
        observed = trn(
            _even(age),
            "managed, password hashes arrived {} hour ago",
            "managed, password hashes arrived {} hours ago",
            _hours(age),
        )
        return Pass(name, observed + beside, expected)
    seen = "none was ever synchronised"
    if age is not None:
        seen = trn(
            _even(age), "the last arrived {} hour ago", "the last arrived {} hours ago", _hours(age)
        )
    observed = tr(
        "managed without current password hashes: {}; whether pass-through authentication is used, "
        "Graph does not show to a reader",
        seen,
    )
    observed += beside
    step = tr(
        "Switch on password hash synchronisation with seamless sign-on for {} in Entra Connect; "
        "where pass-through authentication is used, record that as a waiver.",
        name,
    )
    return Warn(name, expected, observed, remedy=(step,))


def _federated(
    domain: Domain,
    federations: dict[str, tuple[Federation, ...] | None] | Missing,
    hosts: Endpoints | Missing,
    control: Endpoints | Missing,
    metadata: HttpAnswer | Missing,
    forests: FederationTrail | Missing,
    as_of: datetime,
) -> Iterator[Outcome]:
    name = domain.id.lower()
    if isinstance(federations, Missing):
        yield unavailable(name, federations)
        return
    host = sign_in_host(federations.get(domain.id))
    if not host:
        because = tr("{} is federated, but no address of AD FS is told", name)
        yield Unknown(name, because + perhaps(name, forests))
        return
    if isinstance(hosts, Missing):
        yield unavailable(name, hosts)
        return
    seen = hosts.by_host.get(host)
    if seen is None:
        yield Unknown(name, tr("{} was not asked for its certificate", host))
        return
    others = control.reached(besides=host) if isinstance(control, Endpoints) else ""
    others = others or hosts.reached(besides=host)
    yield _run_as(_certificate(name, host, seen, others, as_of), farm(host, forests))
    if isinstance(seen, Served):
        yield _metadata(name, host, metadata, foreign(forests))


def _revoked(
    domain: Domain,
    federations: dict[str, tuple[Federation, ...] | None] | Missing,
    hosts: Endpoints | Missing,
    revoked: Revocations | Missing,
    as_of: datetime,
) -> Iterator[Outcome]:
    """What is wrong with the revocation of the certificate that the sign-in shows."""
    if isinstance(federations, Missing) or isinstance(hosts, Missing):
        return
    name, host = domain.id.lower(), sign_in_host(federations.get(domain.id))
    seen = hosts.by_host.get(host)
    if isinstance(seen, Served):
        one = Specimen(host, seen.leaf, seen.trust, live=True)
        for part in revocation(one, revoked, as_of, internet=False):
            steps = tuple(step.replace("{subject}", host) for step in part.remedy)
            yield replace(part, subject=name, about=(name, host), remedy=steps)


def _certificate(name: str, host: str, seen: Seen, others: str, as_of: datetime) -> Outcome:
    """``others``: a host that was reached in the same run, which proves the line."""
    about = (name, host)
    expected = tr("{} answers with a certificate that the public trusts, for 30 days or more", host)
    look = tr(
        "Look at AD FS and its Web Application Proxy on {}: service, firewall, certificate.", host
    )
    match seen:
        case Served():
            return _served(name, host, seen, as_of)
        case Refused(why) | NoAddress(why) | NoHandshake(why) | Silent(why):
            if others:
                observed = tr("{} does not answer ({}), while {} does", host, why, others)
                return Fail(name, expected, observed, about=about, remedy=(look,))
            because = tr("{} does not answer ({}), nor does any other host from here", host, why)
            step = "Run again from where the internet is reached, or name the proxy."
            return Unknown(name, because, about=about, remedy=(step,))


def _served(name: str, host: str, seen: Served, as_of: datetime) -> Outcome:
    about, leaf = (name, host), seen.leaf
    expected = tr("{} answers with a certificate that the public trusts, for 30 days or more", host)
    renew = tr("Renew the certificate of {} on AD FS and on each Web Application Proxy.", host)
    ends = f"{leaf.not_after:%Y-%m-%d}"
    end = (Ends(tr("Certificate of the federation service {}", host), leaf.not_after.date()),)
    steps = [step for step in seen.trust.path if step.not_after < as_of]
    if leaf.not_after <= as_of or steps:
        observed = tr("the certificate of {} has expired ({})", host, ends)
        if leaf.not_after > as_of:
            observed = tr(
                "{}, an issuer of the certificate of {}, has expired ({:%Y-%m-%d})",
                steps[0].name,
                host,
                steps[0].not_after,
            )
        return Fail(name, expected, observed, about=about, remedy=(renew,), ends=end)
    if leaf.not_before > as_of:
        observed = tr(
            "the certificate of {} is not valid before {:%Y-%m-%d}", host, leaf.not_before
        )
        return Fail(name, expected, observed, about=about, remedy=(renew,))
    if not leaf.covers(host):
        observed = tr(
            "the certificate of {} is for {}", host, ", ".join(leaf.dns_names) or leaf.name
        )
        return Fail(name, expected, observed, about=about, remedy=(renew,))
    if seen.trust.anchor == "none":
        observed = tr("the certificate of {} is not trusted: {}", host, seen.trust.reason)
        return Fail(name, expected, observed, about=about, remedy=(renew,))
    if seen.trust.anchor == "own":
        observed = tr(
            "the certificate of {} comes from an authority that only the company trusts", host
        )
        return Warn(name, expected, observed, about=about, remedy=(renew,))
    left = leaf.not_after - as_of
    observed = trn(
        left.days,
        "federated at {}, certificate valid until {}, {n} day",
        "federated at {}, certificate valid until {}, {n} days",
        host,
        ends,
    )
    if left < EARLY:
        return Warn(name, expected, observed, about=about, remedy=(renew,), ends=end)
    return Pass(name, observed, expected, about=about, ends=end)


def _run_as(outcome: Outcome, account: str) -> Outcome:
    """What was seen of the host, with the account that its service runs as."""
    if isinstance(outcome, Pass | Warn | Fail):
        return replace(outcome, observed=outcome.observed + account)
    return outcome


def _metadata(name: str, host: str, metadata: HttpAnswer | Missing, elsewhere: str) -> Outcome:
    """Whether AD FS runs behind the certificate. The host was reached: silence is its own.

    ``elsewhere``: what the forests show that speaks against AD FS.
    """
    about = (name, host)
    expected = tr("AD FS on {} shows its federation metadata", host)
    look = tr("Look at the AD FS service on {}, and at its Web Application Proxy.", host)
    match metadata:
        case Missing():
            return unavailable(name, metadata)
        case Answered(200):
            return Pass(name, tr("{} shows its metadata", host), expected, about=about)
        case Answered(status) if status >= 500:  # noqa: PLR2004
            observed = tr("AD FS on {} is in trouble: status {}", host, status)
            return Fail(name, expected, observed, about=about, remedy=(look,))
        case Answered(status):
            observed = tr("{} answers {} for the metadata of AD FS; is it AD FS?", host, status)
            observed += elsewhere
            return Warn(name, expected, observed, about=about, remedy=(look,))
        case NotTrusted(why) | NoStatus(why) | NotReached(why):
            because = tr("the metadata of AD FS on {} could not be read: {}", host, why)
            return Unknown(name, because, about=about)
