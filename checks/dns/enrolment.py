"""EnterpriseEnrollment and EnterpriseRegistration of each public domain."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from assess.check import (
    Fail,
    Key,
    Manual,
    Missing,
    Outcome,
    Outcomes,
    Pass,
    Unknown,
    Warn,
    check,
    tr,
    worst,
)
from assess.evidence.dns import (
    AddressBook,
    Addresses,
    Aliases,
    Cname,
    Disagreement,
    Lookup,
    NoAnswer,
    NoName,
    NoRecord,
    Target,
    TargetAddress,
    Wildcard,
)
from assess.publicnames import is_public
from checks.dns.views import Views, below, leads_nowhere, targets


@dataclass(frozen=True)
class Service:
    """Where an alias leads in one cloud.

    ``confirmed``: a page of the vendor says so; ``older`` works with one more question to the
    user; ``doubtful``: named somewhere, confirmed nowhere.
    """

    host: str
    confirmed: bool = True
    older: frozenset[str] = frozenset()
    doubtful: frozenset[str] = frozenset()


_ENROLMENT_GOV = Service("enterpriseenrollment-s.manage.microsoft.us")
ENROLMENT: Mapping[str, Service] = {
    "public": Service(
        "enterpriseenrollment-s.manage.microsoft.com",
        older=frozenset({"enterpriseenrollment.manage.microsoft.com", "manage.microsoft.com"}),
    ),
    "usgov": _ENROLMENT_GOV,
    "usgov-dod": _ENROLMENT_GOV,
    # From the table of a public DNS tool; no page of the vendor was found.
    "china": Service("enterpriseenrollment-s.manage.microsoftonline.cn", confirmed=False),
}

_REGISTRATION = "enterpriseregistration.windows.net"
# The list of endpoints of this cloud has another host than the page about the alias.
_REGISTRATION_GOV = Service(
    _REGISTRATION, doubtful=frozenset({"enterpriseregistration.microsoftonline.us"})
)
REGISTRATION: Mapping[str, Service] = {
    "public": Service(_REGISTRATION),
    "usgov": _REGISTRATION_GOV,
    "usgov-dod": _REGISTRATION_GOV,
    # From the list of endpoints; no alias is documented for this cloud.
    "china": Service(
        "enterpriseregistration.partner.microsoftonline.cn",
        confirmed=False,
        doubtful=frozenset({_REGISTRATION}),
    ),
}


@check("dns.enterprise-enrollment-cname", subjects="tenant.public_domains")
def enterprise_enrollment_cname(
    public: Annotated[Aliases, Cname("enterpriseenrollment.{domain}")],
    zone: Annotated[Aliases | Missing, Cname("enterpriseenrollment.{domain}", "authoritative")],
    internal: Annotated[Aliases | Missing, Cname("enterpriseenrollment.{domain}", "internal")],
    behind: Annotated[AddressBook | Missing, TargetAddress("enterpriseenrollment.{domain}")],
    wildcards: Annotated[Aliases | Missing, Wildcard("{domain}")],
    cloud: Annotated[str | Missing, Key("tenant.cloud")],
) -> Outcomes:
    """Pass when the first target is the enrolment host of the tenant's cloud."""
    views = Views(public, zone, internal, wildcards)
    lookups = public.by_name.items()
    return [_in_cloud(n, lookup, views, behind, ENROLMENT, cloud) for n, lookup in lookups]


@check("dns.enterprise-registration-cname", subjects="tenant.public_domains")
def enterprise_registration_cname(
    public: Annotated[Aliases, Cname("enterpriseregistration.{domain}")],
    zone: Annotated[Aliases | Missing, Cname("enterpriseregistration.{domain}", "authoritative")],
    internal: Annotated[Aliases | Missing, Cname("enterpriseregistration.{domain}", "internal")],
    behind: Annotated[AddressBook | Missing, TargetAddress("enterpriseregistration.{domain}")],
    wildcards: Annotated[Aliases | Missing, Wildcard("{domain}")],
    cloud: Annotated[str | Missing, Key("tenant.cloud")],
) -> Outcomes:
    """Pass when the first target is the device registration service of the tenant's cloud."""
    views = Views(public, zone, internal, wildcards)
    lookups = public.by_name.items()
    return [_in_cloud(n, lookup, views, behind, REGISTRATION, cloud) for n, lookup in lookups]


def _in_cloud(
    name: str,
    public: Lookup,
    views: Views,
    behind: AddressBook | Missing,
    clouds: Mapping[str, Service],
    cloud: str | Missing,
) -> Outcome:
    if not isinstance(cloud, Missing):
        return _Alias(name, public, clouds[cloud], views, behind).outcome()
    # Without the key: what is so in every cloud is so in this one.
    outcomes = [_Alias(name, public, one, views, behind).outcome() for one in clouds.values()]
    if len({type(outcome) for outcome in outcomes}) == 1:
        return outcomes[0]
    domain = name.partition(".")[2]
    return Manual(
        domain,
        "Set tenant.cloud in the engagement file: which target is right depends on the cloud.",
        views.text(name, public),
        about=(name, domain),
        remedy=(cloud.mend,) if cloud.mend else (),
    )


@dataclass(frozen=True)
class _Alias:
    """One name of one domain, and the service that it should lead to."""

    name: str
    public: Lookup
    service: Service
    views: Views
    behind: AddressBook | Missing

    @property
    def domain(self) -> str:
        return self.name.partition(".")[2]

    @property
    def expected(self) -> str:
        return tr("{} is an alias (CNAME) of {}", self.name, self.service.host)

    @property
    def about(self) -> tuple[str, ...]:
        return (self.name, self.domain, *targets(self.public))

    @property
    def mend(self) -> tuple[str, ...]:
        if not is_public(self.domain):
            instead = tr(
                "Use a public domain instead of {} (identity.public-domain): outside the company "
                "network nobody sees an alias in it.",
                self.domain,
            )
            return (instead,)
        label = self.name.partition(".")[0]
        create = tr(
            "At the DNS provider of {}: create the alias (CNAME) {} with the "
            "target {}, TTL 1 hour; allow up to 72 hours.",
            self.domain,
            label,
            self.service.host,
        )
        test = "Test in Intune admin center > Devices > Enrollment > Windows > CNAME Validation."
        return (create, test) if label == "enterpriseenrollment" else (create,)

    def outcome(self) -> Outcome:
        """The public answer, what is on its way to it, and whether the inside differs."""
        parts = [self.views.published(self.name, self.judge, self._warn)]
        internal = self.views.inside(self.name)
        if internal is not None:
            parts.append(
                self._warn(
                    tr("{}: the company network sees something else: {}", self.name, internal.text),
                    tr(
                        "Make the internal zone say of {} what the public one says: create "
                        "the same alias there, or remove the internal zone.",
                        self.name,
                    ),
                )
            )
        merged, unheard = worst(parts), self.views.unheard(self.name)
        if isinstance(merged, Pass) and unheard:
            return Unknown(self.domain, f"{merged.observed}; {unheard}", about=self.about)
        return merged

    def judge(self, lookup: Lookup) -> Outcome:
        text = self.views.text(self.name, lookup)
        match lookup:
            case Target(host):
                return self._target(host, text)
            case Addresses():
                return self._fail(
                    tr("{} instead of an alias", text),
                    tr(
                        "Delete the address records of {}: beside an alias there can be no "
                        "other record.",
                        self.name,
                    ),
                )
            case NoName() | NoRecord():
                return self._warn(text)
            case NoAnswer() | Disagreement():
                return Unknown(self.domain, text, about=self.about)

    def _target(self, host: str, text: str) -> Outcome:
        service = self.service
        if host == service.host and service.confirmed:
            observed = "; ".join(filter(None, (text, self.views.lasting(self.name))))
            return Pass(self.domain, observed, self.expected, about=self.about)
        if host == service.host or host in service.doubtful:
            return self._warn(
                tr("{}: no page of the vendor confirms this target for this cloud", text),
                tr(
                    "Compare the target of {} with the one that the tenant's admin center shows.",
                    self.name,
                ),
            )
        if host in service.older:
            return self._warn(
                tr("{}: the older host, which asks the user to confirm once more", text)
            )
        if below(host, "microsoftonline.de"):
            return self._fail(tr("{}: the cloud Germany, which was shut down", text))
        if leads_nowhere(host, self.behind):
            return self._fail(
                tr(
                    "{}, a name that does not exist: whoever registers it receives the users of {}",
                    text,
                    self.domain,
                )
            )
        return self._fail(tr("{}, which is another service", text))

    def _warn(self, observed: str, *remedy: str) -> Warn:
        steps = remedy or self.mend
        return Warn(self.domain, self.expected, observed, about=self.about, remedy=steps)

    def _fail(self, observed: str, *first: str) -> Fail:
        steps = (*first, *self.mend)
        return Fail(self.domain, self.expected, observed, about=self.about, remedy=steps)
