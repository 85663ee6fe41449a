"""The service name of the cloud management gateway: what it leads to, and who can find it."""

import re
from dataclasses import dataclass
from typing import Annotated

from assess.check import (
    Fail,
    Key,
    Manual,
    Missing,
    NotApplicable,
    Outcome,
    Outcomes,
    Pass,
    Unknown,
    Warn,
    check,
    tr,
    unavailable,
    worst,
)
from assess.evidence.adminservice import AzureService, AzureServices, Seen
from assess.evidence.dns import (
    Address,
    AddressBook,
    Addresses,
    Aliases,
    Cname,
    Disagreement,
    Lookup,
    NoAnswer,
    NoName,
    NoRecord,
    Resolved,
    Target,
    TargetAddress,
    Wildcard,
)
from checks.dns.views import (
    ABSENT,
    CLASSIC,
    Views,
    below,
    either,
    in_azure,
    plain,
    same,
    targets,
    view,
)


@check("dns.cmg-cname")
def cmg_cname(
    service: Annotated[str, Key("cmg.service_name")],
    public: Annotated[Aliases | Missing, Cname("{cmg.service_name}")],
    zone: Annotated[Aliases | Missing, Cname("{cmg.service_name}", "authoritative")],
    internal: Annotated[Aliases | Missing, Cname("{cmg.service_name}", "internal")],
    behind: Annotated[AddressBook | Missing, TargetAddress("{cmg.service_name}")],
    behind_inside: Annotated[
        AddressBook | Missing, TargetAddress("{cmg.service_name}", "internal")
    ],
    planned: Annotated[
        AddressBook | Missing, Address("{cmg.deployment_prefix}.{cmg.region}.cloudapp.azure.com")
    ],
    wildcards: Annotated[Aliases | Missing, Wildcard("{domain}")],
    services: Annotated[Seen[AzureService] | Missing, AzureServices()],
    prefix: Annotated[str | Missing, Key("cmg.deployment_prefix")],
    region: Annotated[str | Missing, Key("cmg.region")],
    method: Annotated[str | Missing, Key("cmg.deployment_method")],
    cloud: Annotated[str | Missing, Key("tenant.cloud")],
    internet: Annotated[bool | Missing, Key("engagement.internet_clients")],
) -> Outcomes:
    """Pass when the alias leads to the deployment name, and that resolves."""
    name = plain(service)
    if in_azure(name):
        return [NotApplicable(None, tr("{} is a name in Azure itself; it needs no alias", name))]
    views = Views(public, zone, internal, wildcards)
    gateway = _Gateway(
        name,
        _deployment(name, services, prefix, region, method, cloud),
        tuple(book.by_name for book in (behind, behind_inside) if not isinstance(book, Missing)),
        _planned(planned),
        internet,
        views,
    )
    if isinstance(public, Missing):
        return [gateway.from_inside(unavailable(None, public))]
    outside = public.by_name[name]
    if isinstance(outside, NoAnswer):
        return [gateway.from_inside(gateway.unknown(f"{name}: {tr(outside.text)}"))]
    parts = [views.published(name, gateway.judge, gateway.warn)]
    if isinstance(parts[0], Manual):
        return parts  # the answer may turn it into a fail, which no warning may hide
    if (inside := views.inside(name)) is not None:
        parts.append(
            gateway.warn(
                tr(
                    "{}, seen from the internet; the company network sees {}",
                    views.text(name, outside),
                    inside.text,
                ),
                tr(
                    "Make the internal zone say of {} what the public one says: Server "
                    "Manager > Tools > DNS > Forward Lookup Zones > zone > New Alias "
                    "(CNAME).",
                    name,
                ),
            )
        )
    merged, unheard = worst(parts), views.unheard(name)
    if isinstance(merged, Pass) and unheard:
        return [gateway.unknown(f"{merged.observed}; {unheard}")]
    return [merged]


def _planned(book: AddressBook | Missing) -> tuple[str, Resolved] | Missing:
    if isinstance(book, Missing):
        return book
    return next(iter(book.by_name.items()))


@dataclass(frozen=True)
class _Deployment:
    """The names of the gateway in Azure: as the site has deployed it, else as it is planned.

    ``doubtful``: names that pages of the vendor give differently; ``lacking``: the key without
    which the name is not known.
    """

    names: frozenset[str] = frozenset()
    doubtful: re.Pattern[str] | None = None
    lacking: Missing | None = None

    @property
    def text(self) -> str:
        return either(self.names) if self.names else tr("the deployment name in Azure")

    def doubts(self, host: str) -> bool:
        return self.doubtful is not None and self.doubtful.fullmatch(host) is not None


def _deployment(
    name: str,
    services: Seen[AzureService] | Missing,
    prefix: str | Missing,
    region: str | Missing,
    method: str | Missing,
    cloud: str | Missing,
) -> _Deployment:
    rows = () if isinstance(services, Missing) else services.rows
    own = (one.fqdn for one in rows if one.is_gateway and one.known_as(name))
    deployed = frozenset(plain(fqdn) for fqdn in own if isinstance(fqdn, str) and fqdn)
    if deployed:
        return _Deployment(deployed)
    if isinstance(prefix, Missing):
        return _Deployment(lacking=prefix)
    label = plain(prefix)
    if method == "classic":
        return _Deployment(frozenset({f"{label}.{CLASSIC}"}))
    if isinstance(region, Missing):
        return _Deployment(lacking=region)
    place = plain(region)
    if cloud in ("usgov", "usgov-dod"):
        # Two versions of the vendor's page differ; the site's own answer would settle it.
        suffix = r"(usgovcloudapp|usgovcloudapi|cloudapp\.usgovcloudapi)\.net"
        return _Deployment(
            doubtful=re.compile(rf"{re.escape(label)}(\.{re.escape(place)})?\.{suffix}")
        )
    return _Deployment(frozenset({f"{label}.{place}.cloudapp.azure.com"}))


@dataclass(frozen=True)
class _Gateway:
    """What the alias of the gateway may lead to, and who needs it.

    ``books``: what is behind targets; ``planned``: the planned deployment name and its addresses.
    """

    name: str
    deployment: _Deployment
    books: tuple[dict[str, Resolved], ...]
    planned: tuple[str, Resolved] | Missing
    internet: bool | Missing
    views: Views

    @property
    def inside(self) -> Lookup | None:
        return view(self.views.internal, self.name)

    @property
    def expected(self) -> str:
        return tr("{} is an alias (CNAME) of {}, which resolves", self.name, self.deployment.text)

    @property
    def about(self) -> tuple[str, ...]:
        return (self.name, *targets(self.inside), *(host for book in self.books for host in book))

    @property
    def repoint(self) -> str:
        return tr(
            "At the public DNS provider: let {} be an alias (CNAME) of {}, with a short TTL.",
            self.name,
            self.deployment.text,
        )

    def judge(self, lookup: Lookup) -> Outcome:
        """What the internet sees."""
        if isinstance(lookup, NoName | NoRecord):
            return self._unpublished(lookup)
        return self._leads(lookup)

    def from_inside(self, unknown: Outcome) -> Outcome:
        """Nobody can say what the internet sees; a wrong target inside is wrong all the same."""
        judged = None if self.inside is None else self._leads(self.inside)
        return judged if isinstance(judged, Fail) else unknown

    def _unpublished(self, lookup: NoName | NoRecord) -> Outcome:
        """The internet does not know the name: it depends on who needs it."""
        text = tr("{} in public DNS: {}", self.name, lookup.text)
        if self.internet is True:
            return self.fail(tr("{}, and clients on the internet are in scope", text), self.repoint)
        if isinstance(self.inside, NoName | NoRecord):
            text = tr(
                "{}; in internal DNS: {}. No client finds the gateway", text, self.inside.text
            )
            return self.fail(text, self.repoint)
        if isinstance(self.internet, Missing):
            return unavailable(None, self.internet)
        if self.inside is None:
            return self.unknown(tr("{}; the company network, which needs it, was not asked", text))
        return self._leads(self.inside)

    def _leads(self, lookup: Lookup) -> Outcome:
        text = self.views.text(self.name, lookup)
        match lookup:
            case Target(host) if host in self.deployment.names or self.deployment.doubts(host):
                return self._own(host, text)
            case Target(host):
                return self._other(host, text)
            case Addresses():
                return self._address(lookup, text)
            case NoAnswer() | Disagreement() | NoName() | NoRecord():
                return self.unknown(text)

    def _address(self, lookup: Addresses, text: str) -> Outcome:
        """An address instead of the alias: perhaps the gateway's, until that gets another one."""
        if isinstance(self.planned, Missing):
            return unavailable(None, self.planned)
        name, found = self.planned
        if isinstance(found, NoAnswer):
            return self.unknown(tr("{}; the address of {} is not known: {}", text, name, found.why))
        steps = (tr("Delete the address records of {}.", self.name), self.repoint)
        comparable = isinstance(found, Addresses) and name in self.deployment.names
        if comparable and not self._reaches(lookup):
            return self.fail(tr("{} instead of an alias, and not that of {}", text, name), *steps)
        return self.warn(tr("{} instead of an alias: it ends with this address", text), *steps)

    def _own(self, host: str, text: str) -> Outcome:
        """The alias leads to the deployment name: what is behind that decides."""
        match self._behind(host):
            case NoName():
                return self._takeover(host, text)
            case NoRecord():
                return self.fail(
                    tr("{}, a name without an address", text),
                    tr("Check in the console that the gateway {} is deployed and ready.", host),
                )
            case NoAnswer(why):
                return self.unknown(tr("{}; whether that resolves is not known: {}", text, why))
            case None:
                return self.unknown(tr("{}; whether that resolves was not asked", text))
            case Addresses() if below(host, CLASSIC):
                return self._classic(text)
            case Addresses() if self.deployment.doubts(host):
                return self.warn(
                    tr("{}; no page of the vendor settles the names of this cloud", text),
                    tr("Compare {} with the deployment name that the console shows.", host),
                )
            case Addresses():
                fine = (tr("{}, which resolves", text), self.views.lasting(self.name))
                observed = "; ".join(filter(None, fine))
                return Pass(None, observed, self.expected, about=self.about)

    def _other(self, host: str, text: str) -> Outcome:
        """The alias leads elsewhere, or nobody knows where it should lead."""
        found = self._behind(host)
        if isinstance(found, NoName):
            return self._takeover(host, text)
        if self.deployment.lacking is not None and in_azure(host):
            return unavailable(None, self.deployment.lacking)
        if self._reaches(found):
            return self.warn(tr("{}: another name with the gateway's address", text), self.repoint)
        return self.fail(tr("{}, which is another host", text), self.repoint)

    def _takeover(self, host: str, text: str) -> Outcome:
        return self.fail(
            tr(
                "{}, a name that does not exist: whoever creates it takes over the "
                "clients of this gateway",
                text,
            ),
            tr(
                "Delete the alias {}, or deploy what {} stands for; then: {}",
                self.name,
                host,
                self.repoint,
            ),
        )

    def _classic(self, text: str) -> Outcome:
        return self.warn(
            tr("{}: a classic cloud service, which Azure retired in August 2024", text),
            "Replace the gateway by one on a virtual machine scale set.",
            self.repoint,
        )

    def _behind(self, host: str) -> Resolved | None:
        """An answer wins over none; None where nobody was asked."""
        found = [book[host] for book in self.books if host in book]
        answered = [one for one in found if not isinstance(one, NoAnswer)]
        return next(iter(answered or found), None)

    def _reaches(self, found: Resolved | None) -> bool:
        """These are addresses of the planned deployment."""
        if isinstance(self.planned, Missing) or self.planned[0] not in self.deployment.names:
            return False
        planned = self.planned[1]
        return (
            isinstance(found, Addresses)
            and isinstance(planned, Addresses)
            and not set(found.addresses).isdisjoint(planned.addresses)
        )

    def warn(self, observed: str, *remedy: str) -> Warn:
        return Warn(None, self.expected, observed, about=self.about, remedy=remedy)

    def fail(self, observed: str, *remedy: str) -> Fail:
        return Fail(None, self.expected, observed, about=self.about, remedy=remedy)

    def unknown(self, because: str) -> Unknown:
        return Unknown(None, because, about=self.about)


# -- where the alias is published --

_RULES = {
    "public": "a certificate of a public issuer goes with a record in public DNS",
    "own-pki": "a certificate of an own PKI goes with a record in internal DNS",
}


@check("dns.cname-scope")
def cname_scope(
    service: Annotated[str, Key("cmg.service_name")],
    public: Annotated[Aliases | Missing, Cname("{cmg.service_name}")],
    internal: Annotated[Aliases | Missing, Cname("{cmg.service_name}", "internal")],
    issuer: Annotated[str | Missing, Key("pki.issuer")],
    internet: Annotated[bool | Missing, Key("engagement.internet_clients")],
) -> Outcomes:
    """Pass when the internet and the company network are told the same."""
    name = plain(service)
    if in_azure(name):
        return [
            NotApplicable(None, tr("{} is a name in Azure itself, which all can resolve", name))
        ]
    scope = _Scope(name, view(public, name), view(internal, name), issuer)
    unasked = [one for one in (public, internal) if isinstance(one, Missing)]
    return [scope.outcome(internet, unasked)]


@dataclass(frozen=True)
class _Scope:
    """Who can find the gateway under its name; None where a side was not asked."""

    name: str
    outside: Lookup | None
    inside: Lookup | None
    issuer: str | Missing

    @property
    def about(self) -> tuple[str, ...]:
        return (self.name, *targets(self.outside, self.inside))

    @property
    def expected(self) -> str:
        if isinstance(self.issuer, Missing):
            return tr("{} has the same target inside and outside the company network", self.name)
        return tr(
            "{} has the same target inside and outside the company network ({})",
            self.name,
            _RULES[self.issuer],
        )

    @property
    def text(self) -> str:
        outside, inside = (
            "not asked" if side is None else side.text for side in (self.outside, self.inside)
        )
        return tr("{}: the internet sees {}, the company network {}", self.name, outside, inside)

    def outcome(self, internet: bool | Missing, unasked: list[Missing]) -> Outcome:
        public = tr("Create {} as an alias (CNAME) in public DNS.", self.name)
        internal = tr(
            "Create the same alias {} in the internal zone, or remove that zone.", self.name
        )
        if isinstance(self.outside, ABSENT) and internet is True:
            return self._fail("clients on the internet cannot find the gateway", public)
        if isinstance(self.outside, ABSENT) and isinstance(self.inside, ABSENT):
            return self._fail("nobody can find the gateway", public)
        sides = (self.outside, self.inside)
        if not all(isinstance(side, Target | Addresses | NoName | NoRecord) for side in sides):
            mends = tuple(dict.fromkeys(one.mend for one in unasked if one.mend))
            because = tr("{}; a comparison needs an answer from both", self.text)
            return Unknown(None, because, about=self.about, remedy=mends)
        if isinstance(self.outside, ABSENT):
            if isinstance(internet, Missing):
                return unavailable(None, internet)
            return self._warn("no client on the internet is in scope", public)
        if isinstance(self.inside, ABSENT):
            return self._warn("clients inside cannot find the gateway", internal)
        if self.outside is None or self.inside is None or not same(self.outside, self.inside):
            return self._warn("the answers differ", internal)
        return Pass(None, self.text, self.expected, about=self.about)

    def _warn(self, why: str, *remedy: str) -> Warn:
        text = f"{self.text}: {tr(why)}"
        return Warn(None, self.expected, text, about=self.about, remedy=remedy)

    def _fail(self, why: str, *remedy: str) -> Fail:
        text = f"{self.text}: {tr(why)}"
        return Fail(None, self.expected, text, about=self.about, remedy=remedy)
