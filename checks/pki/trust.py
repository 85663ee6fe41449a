"""Who trusts the company's own root: the exported file, the servers, the clients."""

from collections.abc import Iterable, Iterator
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
    Outcome,
    Outcomes,
    Pass,
    Unknown,
    Warn,
    check,
    tr,
    trn,
    unavailable,
    worst,
)
from assess.evidence.certificates import (
    Certificate,
    CertificateFile,
    CertificateIn,
    CollectedStores,
    Store,
    StoreEntry,
    Stores,
    same_computer,
)
from assess.evidence.pki import (
    CertificateServices,
    KeyServices,
    NotShown,
    PublicKeyServices,
    reasons,
)
from checks.certificates import (
    GatewayFile,
    GatewayLive,
    GatewayPath,
    ServiceName,
    certificates,
    in_words,
    is_private,
    unread,
)
from checks.pki.distributed import EnrolmentGroups, RootProfiles, RootTargets, gives_root
from checks.template.lookup import Issuer, Mode, unneeded

Services = Annotated[PublicKeyServices | Missing, CertificateServices()]
Root = Annotated[CertificateFile | Missing, CertificateIn("files.trusted_root_cer")]
Confirmed = Annotated[Attested | Missing, Attestation()]
_YEAR = timedelta(days=365)
_MOST_STEPS = 10


@check("pki.trusted-root-exported", subjects="files.trusted_root_cer")
def trusted_root_exported(
    issuer: Issuer,
    mode: Mode,
    file: Annotated[CertificateFile, CertificateIn("files.trusted_root_cer")],
    others: Annotated[Stores | Missing, CollectedStores("files.intermediate_cers")],
    services: Services,
    as_of: Annotated[datetime, AsOf()],
) -> Outcomes:
    """Pass when the file is the root of the forest's own PKI, and every intermediate is there."""
    excused = unneeded(issuer, mode)
    if excused is not None:
        return [excused]
    return [worst(_exported(file, others, services, as_of))]


def _exported(
    file: CertificateFile,
    others: Stores | Missing,
    services: PublicKeyServices | Missing,
    as_of: datetime,
) -> Iterator[Outcome]:
    subject, root = file.name, file.leaf
    expected = "the root of the forest's own PKI as DER, valid for 12 months yet"
    if not root.self_signed or not root.is_ca:
        text = tr("{} is no root: it is issued by {}", root.name, root.issuer_name)
        if root.self_signed:
            text = tr("{} is no certification authority", root.name)
        yield Fail(subject, expected, text)
    if as_of > root.not_after:
        yield Fail(subject, expected, tr("{} expired on {:%Y-%m-%d}", root.name, root.not_after))
    elif root.not_after - as_of <= _YEAR:
        yield Warn(subject, expected, tr("{} ends on {:%Y-%m-%d}", root.name, root.not_after))
    if file.form != "der":
        yield Warn(subject, expected, tr("it is {} instead of DER", file.form.upper()))
    yield from _in_directory(subject, expected, root, services)
    yield from _intermediates(subject, root, others, services)
    end = (Ends(tr("Root certificate {}", root.name), root.not_after.date()),)
    yield Pass(subject, tr("{}, thumbprint {}", root.name, root.sha1), expected, ends=end)


def _in_directory(
    subject: str, expected: str, root: Certificate, services: PublicKeyServices | Missing
) -> Iterator[Outcome]:
    if isinstance(services, Missing):
        yield unread(subject, services)
        return
    known = [one for forest in services.read() for one in _roots(forest)]
    if any(one.sha256 == root.sha256 for one in known):
        return
    gaps = [one.roots.because for one in services.read() if isinstance(one.roots, NotShown)]
    if services.refused():
        gaps.append(reasons(services.refused()))
    if gaps:
        yield Unknown(subject, tr("whose root it is cannot be seen: {}", "; ".join(gaps)))
        return
    names = in_words(f"{one.name} ({one.sha1})" for one in known)
    text = tr("{} ({}) is no root of the forest; its roots are: {}", root.name, root.sha1, names)
    yield Fail(subject, expected, text)


def _roots(forest: KeyServices) -> tuple[Certificate, ...]:
    return () if isinstance(forest.roots, NotShown) else forest.roots


def _intermediates(
    subject: str,
    root: Certificate,
    others: Stores | Missing,
    services: PublicKeyServices | Missing,
) -> Iterator[Outcome]:
    """Every authority between the root and what is issued has to be exported too."""
    if isinstance(services, Missing):
        return
    needed = {
        step.sha256: step
        for forest in services.read()
        for one in forest.authorities
        if one.newest is not None
        for step in _below_root(one.newest, root, forest)
    }
    if not needed:
        return
    expected = tr("the certificates of {} as well", in_words(step.name for step in needed.values()))
    if isinstance(others, Missing) and not others.key:
        yield unread(subject, others)
        return
    given = _thumbprints(e for s in _stores(others) for e in s.entries)
    lacking = [s.name for s in needed.values() if not {s.sha1, s.sha256} & given]
    faults = [] if isinstance(others, Missing) else [one.reason for one in others.unread]
    if lacking and faults:
        yield Unknown(subject, "; ".join(faults))
    elif lacking:
        yield Warn(subject, expected, tr("files.intermediate_cers lacks {}", in_words(lacking)))


def _below_root(one: Certificate, root: Certificate, forest: KeyServices) -> list[Certificate]:
    """The authorities from this one up to below the root; empty where it ends in another one."""
    above = () if isinstance(forest.intermediates, NotShown) else forest.intermediates
    steps: list[Certificate] = []
    while len(steps) < _MOST_STEPS:
        if one.sha256 == root.sha256:
            return steps
        steps.append(one)
        if one.issuer == root.subject:
            return steps
        found = next((c for c in above if c.subject == one.issuer and c not in steps), None)
        if found is None:
            return []
        one = found
    return []


def _stores(stores: Stores | Missing) -> tuple[Store, ...]:
    return () if isinstance(stores, Missing) else stores.stores


def _thumbprints(entries: Iterable[StoreEntry]) -> set[str]:
    return {one.thumbprint for one in entries if one.thumbprint}


# -- which root it is --


def _own_roots(
    file: CertificateFile | Missing, services: PublicKeyServices | Missing
) -> tuple[set[str], str] | Missing:
    """Thumbprints of the root that counts, and its name: of the file, else of the directory.

    In the directory it is the root that the certification authorities end in.
    """
    if isinstance(file, CertificateFile):
        return {file.leaf.sha1, file.leaf.sha256}, file.leaf.name
    if isinstance(services, Missing):
        return file if not file.key else services
    found = {
        root.sha256: root
        for forest in services.read()
        for one in forest.authorities
        if one.newest is not None
        for root in _roots(forest)
        if root.sha256 == one.newest.sha256 or _below_root(one.newest, root, forest)
    }
    if not found:
        return Missing(
            tr(
                "the root of the own PKI is not known: {}, and no authority of the "
                "directory ends in a root that it holds",
                file.reason,
            ),
            "Name the exported root as files.trusted_root_cer.",
            file.key,
        )
    prints = {p for root in found.values() for p in (root.sha1, root.sha256)}
    return prints, in_words(root.name for root in found.values())


@check("pki.root-on-cloud-role-server", subjects="pki.cloud_role_servers")
def root_on_cloud_role_server(
    issuer: Issuer,
    mode: Mode,
    servers: Annotated[list[str], Key("pki.cloud_role_servers")],
    stores: Annotated[Stores | Missing, CollectedStores("files.collected_root_store")],
    file: Root,
    services: Services,
    confirmed: Confirmed,
) -> Outcomes:
    """Pass when the trusted roots that were collected of each server hold the CA's root."""
    excused = unneeded(issuer, mode)
    if excused is not None:
        yield excused
        return
    roots = _own_roots(file, services)
    for server in servers:
        yield _on_server(server, roots, stores, confirmed)


def _on_server(
    server: str,
    roots: tuple[set[str], str] | Missing,
    stores: Stores | Missing,
    confirmed: Attested | Missing,
) -> Outcome:
    held = () if isinstance(stores, Missing) else stores.of(server)
    if not held:
        if isinstance(confirmed, Attested):
            yes = _answered(confirmed, server)
            expected = "the root certificate of the CA among the trusted roots"
            if yes:
                return Pass(server, "not collected; confirmed", expected)
            return Fail(server, expected, "not collected; answered: no")
        if isinstance(stores, Missing) and not stores.key:
            return unread(server, stores)
        if isinstance(stores, Stores) and stores.unread:
            return Unknown(server, "; ".join(one.reason for one in stores.unread))
        return Manual(server, "")
    if isinstance(roots, Missing):
        return unavailable(server, roots)
    entries = [e for one in held for e in (*one.entries, *(one.roots or ()))]
    return _trusts(server, entries, roots, tuple(one.computer for one in held))


def _trusts(
    subject: str, entries: list[StoreEntry], roots: tuple[set[str], str], about: tuple[str, ...]
) -> Outcome:
    """The root is among what was collected, by its thumbprint."""
    wanted, name = roots
    expected = tr("{} among the trusted roots", name)
    if wanted & _thumbprints(entries):
        return Pass(
            subject,
            trn(
                len(entries),
                "{} is the {n} trusted root",
                "{} is one of {n} trusted roots",
                name,
            ),
            expected,
            about=about,
        )
    nameless = [one for one in entries if not one.thumbprint]
    if not entries or nameless:
        because = trn(
            len(nameless),
            "{n} of the {} certificates that were collected has no thumbprint",
            "{n} of the {} certificates that were collected have no thumbprint",
            len(entries),
        )
        return Unknown(subject, because, about=about)
    text = trn(
        len(entries),
        "{} is not its {n} trusted root",
        "{} is not among its {n} trusted roots",
        name,
    )
    return Fail(subject, expected, text, about=about)


def _answered(confirmed: Attested, computer: str) -> bool:
    if isinstance(confirmed.answer, list):
        return any(same_computer(one, computer) for one in confirmed.answer)
    return confirmed.yes


# -- clients --


@check("pki.client-root-trust")
def client_root_trust(
    issuer: Issuer,
    file: GatewayFile,
    path: GatewayPath,
    live: GatewayLive,
    service: ServiceName,
    stores: Annotated[Stores | Missing, CollectedStores("files.collected_client_certs")],
    root: Root,
    services: Services,
    confirmed: Confirmed,
    profiles: RootProfiles,
    targets: RootTargets,
    groups: EnrolmentGroups,
) -> Outcomes:
    """Pass when the gateway's issuer is public, or clients hold the own root or are given it."""
    found = certificates(file, path, live, service)
    private = [is_private(one.trust) for one in found.specimens]
    if private and not any(one is not False for one in private):
        names = in_words(one.leaf.issuer_name for one in found.specimens)
        text = tr("issued by {}, which every client trusts", names)
        return [Pass(None, text, about=tuple(one.subject for one in found.specimens))]
    if not private and issuer == "public" and isinstance(path, Missing):
        because = "pki.issuer is public, but there is no certificate yet that shows it"
        return [Unknown(None, because, remedy=("Name it as files.cmg_pfx.",))]
    roots = _own_roots(root, services)
    judged = _clients(stores, roots, confirmed)
    if isinstance(roots, Missing) or not all(isinstance(one, Manual) for one in judged):
        return judged
    given = gives_root(*roots, profiles, targets, groups)
    return [given] if isinstance(given, Pass) else [Manual(None, "", observed=given)]


def _clients(
    stores: Stores | Missing, roots: tuple[set[str], str] | Missing, confirmed: Attested | Missing
) -> list[Outcome]:
    sampled = [one for one in _stores(stores) if one.roots is not None]
    if isinstance(confirmed, Attested) and not confirmed.yes:
        expected = "every client trusts the own root"
        text = tr("nothing gives it to other devices; answered: {}", confirmed.answer)
        return [Fail(None, expected, text)]
    if not sampled:
        if isinstance(confirmed, Attested):
            return [
                Pass(None, tr("no trusted roots were collected; answered: {}", confirmed.answer))
            ]
        if isinstance(stores, Missing) and not stores.key:
            return [unread(None, stores)]
        if isinstance(stores, Stores) and stores.unread:
            return [Unknown(None, "; ".join(one.reason for one in stores.unread))]
        return [Manual(None, "")]
    if isinstance(roots, Missing):
        return [unavailable(None, roots)]
    found = [
        _trusts(one.computer, list(one.roots or ()), roots, (one.computer,)) for one in sampled
    ]
    if isinstance(stores, Stores):
        found += [Unknown(one.name, one.reason) for one in stores.unread]
    return found
