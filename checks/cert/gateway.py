"""The certificate of the cloud management gateway: its issuer, its names, its chain."""

from datetime import datetime
from typing import Annotated, NamedTuple

from assess.check import (
    AsOf,
    Fail,
    Key,
    Missing,
    Outcome,
    Outcomes,
    Pass,
    Scenario,
    Unknown,
    Warn,
    check,
    tr,
    trn,
    unavailable,
    worst,
)
from assess.evidence.certificates import (
    SERVER_AUTHENTICATION,
    CertificateFile,
    CertificateIn,
    CollectedStores,
    Request,
    Stores,
    file_name,
    matches,
    name_text,
)
from assess.evidence.pki import WEB, Templates
from assess.evidence.tls import Endpoints, Silent
from checks.cert.permitted import GatewayIssuers, permitted
from checks.certificates import (
    GatewayFile,
    GatewayLive,
    GatewayPath,
    GatewayRequest,
    GatewayRequestPath,
    Issuer,
    ServiceName,
    Specimen,
    certificates,
    chain,
    dates,
    day,
    ends,
    hashes,
    in_words,
    is_azure,
    is_private,
    lifetime_remark,
    no_root,
    purpose,
    unread,
)
from checks.revocation import (
    GatewayFileRevocation,
    GatewayLiveRevocation,
    remark,
    revocation,
)

PUBLIC_ONLY = "co-management-internet"
TEMPLATE = "ConfigMgrCloudWebServer"


@check("cert.source-decision")
def source_decision(
    scenario: Annotated[str, Scenario()],
    issuer: Issuer,
    stage: Annotated[str | Missing, Key("engagement.stage")],
    internet: Annotated[bool | Missing, Key("engagement.internet_clients")],
    file: GatewayFile,
    path: GatewayPath,
    live: GatewayLive,
    service: ServiceName,
    zone: GatewayIssuers,
) -> Outcomes:
    """Pass when the chain ends in a public root; own PKI is for laboratories only.

    As long as there is no certificate, what pki.issuer says is judged.
    """
    found = certificates(file, path, live, service)
    nobody = not found.specimens and isinstance(path, Missing) and not _silent(live)
    if nobody and not isinstance(issuer, Missing):
        own = issuer == "own-pki"
        text = tr("pki.issuer is {}, and there is no certificate yet", issuer)
        decided = _source(None, own, text, scenario, stage, internet)
        yield decided if own else worst([decided, *permitted(None, None, zone)])
        return
    yield from found.gaps
    for one in found.specimens:
        private = is_private(one.trust)
        if private is None:
            yield Unknown(one.subject, tr("who issued it is not certain: {}", one.trust.reason))
        else:
            decided = _source(one.subject, private, _root_text(one), scenario, stage, internet)
            others = () if private else permitted(one.subject, one.leaf, zone)
            yield worst([decided, *others])


def _silent(live: Endpoints | Missing) -> bool:
    """Whether there may be a certificate that could not be looked at."""
    if isinstance(live, Missing):
        return not live.key
    return any(isinstance(seen, Silent) for seen in live.by_host.values())


def _root_text(one: Specimen) -> str:
    root = one.trust.path[-1].name
    return tr("issued by {}; the chain ends in {}", one.leaf.issuer_name, root)


def _source(
    subject: str | None,
    private: bool,
    text: str,
    scenario: str,
    stage: str | Missing,
    internet: bool | Missing,
) -> Outcome:
    if not private:
        return Pass(subject, tr("{}, a public provider", text))
    if scenario == PUBLIC_ONLY:
        return Fail(subject, "a public provider", tr("{}, a private authority", text))
    why = _against(production=stage == "production", internet=internet is True)
    if why:
        return Warn(subject, "a public provider", tr("{}, a private one; {}", text, why))
    gaps = [one for one in (stage, internet) if isinstance(one, Missing)]
    if gaps:
        return unavailable(subject, *gaps)
    return Pass(subject, tr("{}, a private one, for a pilot without clients on the internet", text))


def _against(*, production: bool, internet: bool) -> str:
    """What speaks against a private authority; "" where nothing does."""
    if production and internet:
        return (
            "the stage is production and clients on the internet are in scope, which may lack the "
            "own root"
        )
    if internet:
        return "clients on the internet are in scope, which may lack the own root"
    return "the stage is production" if production else ""


@check("cert.cmg-common-name")
def cmg_common_name(
    service: Annotated[str, Key("cmg.service_name")],
    prefix: Annotated[str | Missing, Key("cmg.deployment_prefix")],
    domains: Annotated[list[str] | Missing, Key("tenant.public_domains")],
    issuer: Issuer,
    file: GatewayFile,
    path: GatewayPath,
    request: GatewayRequest,
    request_path: GatewayRequestPath,
    live: GatewayLive,
) -> Outcomes:
    """Pass when the common name is the service name, in a domain that its issuer may issue for."""
    requested = isinstance(path, Missing) and not isinstance(request_path, Missing)
    found = certificates(file, path, live, service, others=requested)
    names = [(one.subject, one.leaf.common_name, _issued(one, issuer)) for one in found.specimens]
    yield from found.gaps
    if requested:  # it stands for the certificate as long as there is no file with one
        if isinstance(request, Request):
            declared = "" if isinstance(issuer, Missing) else issuer
            names.append((request.name, request.common_name, declared))
        else:
            yield unread(file_name(str(request_path)), request)
    for subject, name, source in names:
        yield worst(_name(subject, name, source, service, prefix, domains))


def _issued(one: Specimen, issuer: str | Missing) -> str:
    if not isinstance(issuer, Missing):
        return issuer
    private = is_private(one.trust)
    return "" if private is None else "own-pki" if private else "public"


def _name(
    subject: str,
    name: str,
    issuer: str,
    service: str,
    prefix: str | Missing,
    domains: list[str] | Missing,
) -> list[Outcome]:
    expected = tr("CN = {}", service)
    if issuer == "public" and is_azure(name):
        text = tr("CN = {}, for which no public provider issues", name)
        return [Fail(subject, "a name in an own public domain", text)]
    if name.startswith("*."):
        if matches(name, service):
            text = tr("CN = {}; type {} into the wizard, which knows only the star", name, service)
            return [Warn(subject, expected, text)]
        return [Fail(subject, expected, tr("CN = {}, which does not cover {}", name, service))]
    if name.lower() != service.lower():
        return [Fail(subject, expected, tr("CN = {}", name) if name else "no common name")]
    parts: list[Outcome] = [Pass(subject, tr("CN = {}", name))]
    if name != service:
        text = tr("CN = {}, with other capitals than {}", name, service)
        parts.append(Warn(subject, expected, text))
    parts += _label(subject, name, prefix)
    parts += _suffix(subject, name, domains)
    return parts


def _label(subject: str, name: str, prefix: str | Missing) -> list[Outcome]:
    if isinstance(prefix, Missing):
        return [unavailable(subject, prefix)]
    label = name.partition(".")[0]
    if label.lower() != prefix.lower():
        text = tr("the first label is {}, and cmg.deployment_prefix is {}", label, prefix)
        return [Fail(subject, tr("first label {}", prefix), text)]
    if label != prefix:
        text = tr("the first label is {}, with other capitals than {}", label, prefix)
        return [Warn(subject, tr("first label {}", prefix), text)]
    return []


def _suffix(subject: str, name: str, domains: list[str] | Missing) -> list[Outcome]:
    if is_azure(name):
        return []
    if isinstance(domains, Missing):
        return [unavailable(subject, domains)]
    lowered = name.lower()
    if any(lowered.endswith(f".{domain}") for domain in domains):
        return []
    text = tr("{} lies in none of the domains of tenant.public_domains", name)
    return [Warn(subject, tr("a name below {}", in_words(domains)), text)]


@check("cert.cmg-san")
def cmg_san(
    file: GatewayFile,
    path: GatewayPath,
    request: GatewayRequest,
    request_path: GatewayRequestPath,
    live: GatewayLive,
    service: ServiceName,
) -> Outcomes:
    """Pass when the common name is among the alternative names, and nothing else but its www."""
    requested = isinstance(path, Missing) and not isinstance(request_path, Missing)
    found = certificates(file, path, live, service, others=requested)
    yield from found.gaps
    if requested:
        if isinstance(request, Request):
            yield _san(request.name, request.common_name, request.dns_names, request.other_names)
        else:
            yield unread(file_name(str(request_path)), request)
    for one in found.specimens:
        leaf = one.leaf
        yield _san(one.subject, leaf.common_name, leaf.dns_names, leaf.other_names)


def _san(subject: str, name: str, dns: tuple[str, ...], others: tuple[str, ...]) -> Outcome:
    expected = tr("alternative name DNS:{} and no other", name or "<common name>")
    wanted = name.lower()
    if not dns and not others:
        return Fail(subject, expected, "there is no alternative name")
    if not wanted or wanted not in {one.lower() for one in dns}:
        text = tr("CN = {}; alternative names: {}", name or tr("(none)"), in_words((*dns, *others)))
        return Fail(subject, expected, text)
    same = {wanted, f"www.{wanted}", wanted.removeprefix("www.")}
    more = [*(one for one in dns if one.lower() not in same), *others]
    if more:
        return Warn(subject, expected, tr("besides {} it is also for {}", name, in_words(more)))
    return Pass(subject, tr("alternative names: {}", in_words(dns)))


@check("cert.cmg-pki-issued", subjects="files.cmg_pfx")
def cmg_pki_issued(
    service: Annotated[str, Key("cmg.service_name")],
    prefix: Annotated[str | Missing, Key("cmg.deployment_prefix")],
    template: Annotated[str | Missing, Key("pki.web_template_name")],
    file: Annotated[CertificateFile, CertificateIn("files.cmg_pfx")],
    stores: Annotated[Stores | Missing, CollectedStores("files.collected_server_certs")],
    directory: Annotated[Templates | Missing, WEB],
) -> Outcomes:
    """Pass when the subject is the one name, issued by the own authority from the template."""
    origin = Origin(template, stores, directory)
    yield enrolled(file, service, prefix, origin, warn_of_more=True)


class Origin(NamedTuple):
    """What is known of the template: its name, and who could tell it from a number."""

    template: str | Missing
    stores: Stores | Missing
    directory: Templates | Missing

    @property
    def wanted(self) -> str:
        """The template that a certificate should be from."""
        return TEMPLATE if isinstance(self.template, Missing) else self.template


def enrolled(
    file: CertificateFile,
    service: str,
    prefix: str | Missing,
    origin: Origin,
    *,
    warn_of_more: bool,
) -> Outcome:
    """What a certificate from the own template has to be: subject, issuer, template, purpose."""
    one = Specimen(file.name, file.leaf, file.trust)
    parts: list[Outcome] = [
        Pass(
            file.name, tr("{}; issued by {}", name_text(file.leaf.subject), file.leaf.issuer_name)
        ),
        *_only_subject(one, service, prefix),
        *_own_issuer(one),
        *_from_template(one, origin),
        *purpose(one),
    ]
    more = [usage for usage in file.leaf.eku or () if usage != SERVER_AUTHENTICATION]
    if more and file.leaf.allows(SERVER_AUTHENTICATION) and warn_of_more:
        text = tr("it is also for {}", in_words(more))
        parts.append(Warn(file.name, "server authentication only", text))
    return worst(parts)


def _only_subject(one: Specimen, service: str, prefix: str | Missing) -> list[Outcome]:
    subject = one.leaf.subject
    name = one.leaf.common_name
    expected = tr("the subject CN = {} and nothing else", service)
    azure = is_azure(name) and not isinstance(prefix, Missing)
    named = name.lower() == service.lower() or (
        azure and name.partition(".")[0].lower() == str(prefix).lower()
    )
    if len(subject) == 1 and named:
        return []
    return [Fail(one.subject, expected, tr("the subject is {}", name_text(subject)))]


def _own_issuer(one: Specimen) -> list[Outcome]:
    expected = "issued by the own authority"
    text = tr("issued by {}", one.leaf.issuer_name)
    if one.trust.anchor == "own":
        return []
    if one.trust.faults:
        return [Unknown(one.subject, "; ".join(map(tr, one.trust.faults)))]
    if one.trust.anchor == "none" and not one.trust.own_root_named and not one.leaf.self_signed:
        return [unavailable(one.subject, no_root(one.trust))]
    return [Fail(one.subject, expected, f"{text}; {tr(one.trust.text)}")]


def _from_template(one: Specimen, origin: Origin) -> list[Outcome]:
    """By the template's number in the directory, else by its name, where somebody says it."""
    stated, wanted, stores = one.leaf.template, origin.wanted, origin.stores
    expected = tr("from the template {}", wanted)
    if stated is None:
        return [Fail(one.subject, expected, "the certificate names no template")]
    numbers, whole = _numbers(origin.directory)
    if stated.oid and stated.oid in numbers:
        return []
    named = stated.name
    if not named and isinstance(stores, Stores):
        held = stores.holding(one.leaf.sha1)
        named = next((e.template for _, e in held if e.template and e.template != stated.oid), "")
    if not named and whole:
        others = in_words(sorted(numbers))
        text = tr("from a template with the number {}; {} has {}", stated.oid, wanted, others)
        return [Fail(one.subject, expected, text)]
    if not named:
        because = tr("the certificate names its template by number only ({})", stated.oid)
        if isinstance(origin.directory, Missing) and not origin.directory.skipped:
            because += f"; {tr(origin.directory.reason)}"
        mend = (
            "Set up [ad], whose directory knows the number, or collect the store of the server "
            "that {subject} was exported from, with the names of templates, as "
            "files.collected_server_certs."
        )
        return [Unknown(one.subject, because, remedy=(mend,))]
    # Collectors write "Name (1.3.6…)" or "Template=Name(1.3.6…), Major …".
    plain = named.partition("=")[2] or named
    plain = plain.partition("(")[0].strip()
    if _same_name(plain, wanted):
        return []
    return [Fail(one.subject, expected, tr("from the template {}", plain))]


def _same_name(one: str, other: str) -> bool:
    return one.lower().replace(" ", "") == other.lower().replace(" ", "")


def _numbers(directory: Templates | Missing) -> tuple[frozenset[str], bool]:
    """The numbers of the templates of that name, and whether there surely are no others."""
    if isinstance(directory, Missing):
        return frozenset(), False
    numbers = [one.oid for _, one in directory.found()]
    whole = all(numbers) and not directory.refused()
    hidden = any(forest.hidden for forest in directory.read())
    return frozenset(filter(None, numbers)), bool(numbers) and whole and not hidden


@check("cert.cmg-validity-chain")
def cmg_validity_chain(
    as_of: Annotated[datetime, AsOf()],
    issuer: Issuer,
    file: GatewayFile,
    path: GatewayPath,
    live: GatewayLive,
    service: ServiceName,
    of_file: GatewayFileRevocation,
    of_live: GatewayLiveRevocation,
) -> Outcomes:
    """Pass when valid for more than 30 days, for servers, not revoked, up to a trusted root."""
    found = certificates(file, path, live, service)
    yield from found.gaps
    for one in found.specimens:
        asked = of_live if one.live else of_file
        left = (one.leaf.not_after - as_of).days
        until = trn(
            left,
            "valid until {}, {n} day",
            "valid until {}, {n} days",
            day(one.leaf.not_after),
        )
        said = (until, tr(one.trust.text), lifetime_remark(one))
        fine = "; ".join(filter(None, said)) + remark(one, asked, as_of)
        parts = [*dates(one, as_of), *purpose(one), *hashes(one), *chain(one, issuer)]
        parts += revocation(one, asked, as_of)
        yield worst([Pass(one.subject, fine, ends=ends(one)), *parts])
