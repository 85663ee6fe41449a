"""The certificates of the deployed gateway: its own, and the authorities it takes clients from."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated, TypeAlias

from assess.check import (
    AsOf,
    Attestation,
    Attested,
    Fail,
    Key,
    Missing,
    NotApplicable,
    Outcome,
    Outcomes,
    Pass,
    Unknown,
    Warn,
    check,
    tr,
    trn,
    unavailable,
)
from assess.evidence.adminservice import AzureService, Seen, Site, Sites, Text, text
from assess.evidence.certificates import (
    Certificate,
    CertificateFile,
    CertificateIn,
    CollectedStores,
    Stores,
)
from assess.evidence.revocation import Lists, OwnLists
from assess.evidence.site_cloud import (
    GatewaySetting,
    GatewaySettings,
    GatewayTrust,
    GatewayTrusts,
)
from assess.evidence.tls import Endpoints, Served
from checks.certificates import GatewayFile, GatewayLive
from checks.cmg_gateway import ServiceName, Services, gateways, label, not_sent
from checks.comanagement_site import oldest_build
from checks.revocation import lists_reached

Trusts: TypeAlias = Annotated[Seen[GatewayTrust] | Missing, GatewayTrusts()]
Mode: TypeAlias = Annotated[str | Missing, Key("mp.mode")]

_ENHANCED = "enhanced-http"
_MOST_ROOTS, _MOST_SUBORDINATES = 2, 4
_LIMITED = 8790
"""The build of version 1902, the last with a limit."""
_UNLIMITED = 8853
"""The build of version 1906."""


# -- its own --


@check("cmg.server-certificate")
def server_certificate(
    services: Services,
    service: Annotated[str, Key("cmg.service_name")],
    file: GatewayFile,
    live: GatewayLive,
) -> Outcomes:
    """Pass when the site's thumbprint is that of the file and of the certificate presented."""
    found, why = gateways(services, service)
    return [part for row in found for part in _compared(row, service, file, live)] or [why]


def _compared(
    row: AzureService, service: str, file: CertificateFile | Missing, live: Endpoints | Missing
) -> Outcomes:
    name, called = label(row), text(row.service_c_name)
    if not called:
        yield not_sent(name, "ServiceCName")
    elif called.lower().rstrip(".") != service.lower().rstrip("."):
        yield Fail(None, tr("the gateway is called {}", service), tr("it is called {}", called))
    configured = _plain(text(row.service_thumbprint))
    if not configured:
        yield not_sent(name, "ServiceThumbprint")
        return
    presented = _presented(live)
    if isinstance(file, Missing) and isinstance(presented, Missing):
        yield unavailable(None, file, presented)
        return
    said = tr("{} is set up with the certificate {}", name, configured)
    if isinstance(presented, Certificate):
        yield _live(presented, configured, said)
    if isinstance(file, CertificateFile):
        yield _file(file, configured, said)
    gaps = (
        (file, "the PFX file was not compared: {}"),
        (presented, "the endpoint was not compared: {}"),
    )
    for gap, sentence in gaps:
        if isinstance(gap, Missing):
            because = tr(sentence, gap.reason)
            aside = gap.key or gap.skipped
            yield Pass(None, because) if aside else Unknown(None, because, remedy=_one(gap.mend))


def _live(presented: Certificate, configured: str, said: str) -> Outcome:
    expected = "the gateway presents the certificate that the site has"
    if _plain(presented.sha1) == configured:
        return Pass(None, tr("{}, and presents it", said), expected)
    return Fail(None, expected, tr("{}, and presents {}", said, _plain(presented.sha1)))


def _file(file: CertificateFile, configured: str, said: str) -> Outcome:
    expected = tr("the certificate in {} is the one that the site has", file.name)
    if _plain(file.leaf.sha1) == configured:
        return Pass(None, tr("{} holds it", file.name), expected)
    observed = tr(
        "{}; {} holds another, {}, that is not uploaded", said, file.name, _plain(file.leaf.sha1)
    )
    return Warn(None, expected, observed)


def _presented(live: Endpoints | Missing) -> Certificate | Missing:
    if isinstance(live, Missing):
        return live
    for seen in live.by_host.values():
        if isinstance(seen, Served):
            return seen.leaf
        return Missing(seen.why, "Assess again where the gateway is reached on port 443.")
    return Missing("the gateway was not called")


def _plain(thumbprint: str) -> str:
    return "".join(thumbprint.split()).replace(":", "").upper()


# -- the authorities of client certificates --


@check("cmg.trusted-roots")
def trusted_roots(
    trusts: Trusts,
    service: ServiceName,
    mode: Mode,
    root: Annotated[CertificateFile | Missing, CertificateIn("files.trusted_root_cer")],
    others: Annotated[Stores | Missing, CollectedStores("files.intermediate_cers")],
    confirmed: Annotated[Attested | Missing, Attestation()],
) -> Outcomes:
    """Pass when the root and the intermediates of client certificates are uploaded."""
    if mode == _ENHANCED:
        because = "mp.mode is enhanced-http: clients do not authenticate with PKI certificates"
        return [NotApplicable(None, because)]
    if isinstance(mode, Missing):
        return [unavailable(None, mode)]
    found, why = gateways(trusts, service)
    if not found:
        lost = isinstance(trusts, Missing) and not trusts.skipped
        return [_answered(confirmed, why, lost=lost)]
    return [part for row in found for part in _roots(row, root, others, confirmed)]


def _answered(confirmed: Attested | Missing, otherwise: Outcome, *, lost: bool = False) -> Outcome:
    """What a person saw, where the site was not asked or does not tell; a lost answer is lost."""
    if isinstance(confirmed, Missing):
        return otherwise
    if not confirmed.yes:
        return Fail(None, "the root and every intermediate are uploaded", "answered: none is")
    if lost:
        return otherwise
    who = confirmed.by or "somebody unnamed"
    return Pass(None, tr("the list shows {}, says {}", confirmed.answer, who))


def _roots(
    row: GatewayTrust,
    root: CertificateFile | Missing,
    others: Stores | Missing,
    confirmed: Attested | Missing,
) -> Outcomes:
    expected = "the root and every intermediate of the client certificates are uploaded"
    if not isinstance(row.root_cert_thumbprint, str):
        yield _answered(confirmed, not_sent(row.label, "RootCertThumbprint"))
        return
    roots = thumbprints(row.root_cert_thumbprint)
    below = thumbprints(row.sub_ca_cert_thumbprint)
    if not roots:
        yield Fail(None, expected, tr("no root is uploaded to {}", row.label))
        return
    if isinstance(root, Missing):
        yield unavailable(None, root)
    elif _plain(root.leaf.sha1) in roots:
        yield Pass(None, tr("the root {} is uploaded to {}", root.leaf.name, row.label), expected)
    else:
        observed = tr("the root {} is not uploaded to {}", root.leaf.name, row.label)
        yield Fail(None, expected, observed)
    if isinstance(others, Missing):
        yield unavailable(None, others)
        return
    yield from (Unknown(None, one.reason, remedy=_one(one.mend)) for one in others.unread)
    entries = [entry for store in others.stores for entry in store.entries]
    lacking = [one.text for one in entries if _plain(one.thumbprint) not in {*roots, *below}]
    if lacking and not isinstance(row.sub_ca_cert_thumbprint, str):
        yield not_sent(row.label, "SubCACertThumbprint")
    elif lacking:
        yield Fail(None, expected, tr("{} not uploaded to {}", ", ".join(lacking), row.label))
    elif entries:
        yield Pass(
            None,
            trn(
                len(entries),
                "{n} intermediate is uploaded to {}",
                "{n} intermediates are uploaded to {}",
                row.label,
            ),
            expected,
        )


def _one(mend: str) -> tuple[str, ...]:
    return (mend,) if mend else ()


def thumbprints(listed: Text) -> list[str]:
    """The thumbprints of a list with semicolons."""
    return [one for one in map(_plain, text(listed).split(";")) if one]


@check("cmg.root-limits")
def root_limits(
    trusts: Trusts,
    service: ServiceName,
    sites: Annotated[Seen[Site] | Missing, Sites()],
) -> Outcomes:
    """Pass at up to two roots and four subordinates; later versions take more."""
    found, why = gateways(trusts, service)
    return [_limits(row, sites) for row in found] or [why]


def _limits(row: GatewayTrust, sites: Seen[Site] | Missing) -> Outcome:
    if not isinstance(row.root_cert_thumbprint, str):
        return not_sent(row.label, "RootCertThumbprint")
    if not isinstance(row.sub_ca_cert_thumbprint, str):
        return not_sent(row.label, "SubCACertThumbprint")
    roots = len(thumbprints(row.root_cert_thumbprint))
    below = len(thumbprints(row.sub_ca_cert_thumbprint))
    said = tr(
        "{} has {} and {}",
        row.label,
        trn(roots, "{n} root", "{n} roots"),
        trn(below, "{n} subordinate", "{n} subordinates"),
    )
    expected = tr("at most {} roots and {} subordinates", _MOST_ROOTS, _MOST_SUBORDINATES)
    if roots <= _MOST_ROOTS and below <= _MOST_SUBORDINATES:
        return Pass(None, said, expected)
    if isinstance(sites, Missing):
        return unavailable(None, sites)
    oldest = oldest_build(sites)
    if isinstance(oldest, Unknown):
        return oldest
    build, site = oldest
    where = tr("{}; site {} has build {}", said, site.site_code, build)
    if build <= _LIMITED:
        return Fail(None, expected, tr("{}, which takes no more", where))
    if build < _UNLIMITED:
        return Unknown(None, tr("{}, for which no limit is known", where))
    return Warn(None, expected, tr("{}, for which the limit is lifted", where))


@check("cmg.crl-verification")
def crl_verification(
    as_of: Annotated[datetime, AsOf()],
    settings: Annotated[Seen[GatewaySetting] | Missing, GatewaySettings()],
    service: ServiceName,
    mode: Mode,
    public: Annotated[bool | Missing, Key("cmg.crl_public")],
    lists: Annotated[Lists | Missing, OwnLists()],
) -> Outcomes:
    """Pass when the option fits whether the revocation list is on the internet, and current."""
    found, why = gateways(settings, service)
    return [_revocation(row, mode, public, lists, as_of) for row in found] or [why]


def _revocation(
    row: GatewaySetting,
    mode: str | Missing,
    public: bool | Missing,
    lists: Lists | Missing,
    as_of: datetime,
) -> Outcome:
    verifies = row.client_cert_revocation_enabled
    if not isinstance(verifies, bool):
        return not_sent(row.label, "ClientCertRevocationEnabled")
    said = tr("{} does not verify revocation", row.label)
    if verifies:
        said = tr("{} verifies revocation", row.label)
    expected = "revocation is verified where the list is on the internet, and only there"
    if isinstance(public, Missing):
        return unavailable(None, public)
    if not verifies:
        if public:
            return Warn(None, expected, tr("{}, although the list is on the internet", said))
        return Pass(None, tr("{}, and the list is not on the internet", said), expected)
    if public:
        return _measured(said, mode, lists, as_of)
    if mode == _ENHANCED:
        observed = tr("{}, without effect: clients have no PKI certificates (mp.mode)", said)
        return Pass(None, observed, expected)
    if isinstance(mode, Missing):
        return unavailable(None, mode)
    observed = tr("{}, the list is not on the internet, and clients have PKI certificates", said)
    return Fail(None, expected, observed)


def _measured(said: str, mode: str | Missing, lists: Lists | Missing, as_of: datetime) -> Outcome:
    """Whether the lists are where they are said to be."""
    if isinstance(lists, Missing):
        because = tr(
            "{}; that the list is reached from the internet was not measured: {}",
            said,
            lists.reason,
        )
        return Unknown(None, because, remedy=_one(lists.mend))
    measured = lists_reached(lists, as_of)
    if isinstance(measured, Fail):
        if isinstance(mode, Missing):
            return unavailable(None, mode)
        if mode == _ENHANCED:
            observed = tr(
                "{}, without effect: clients have no PKI certificates (mp.mode); {}",
                said,
                measured.observed,
            )
            return Warn(None, measured.expected, observed)
    return _beside(said, measured)


def _beside(said: str, measured: Outcome) -> Outcome:
    """What was measured, after what is set."""
    match measured:
        case Pass():
            return replace(measured, observed=f"{said}; {tr(measured.observed)}")
        case Fail() | Warn():
            return replace(measured, observed=tr("{}, and {}", said, measured.observed))
        case Unknown():
            return replace(measured, because=f"{said}; {tr(measured.because)}")
        case _:
            return measured
