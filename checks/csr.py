"""Certificate requests: where they were made, with which key and provider, in whose name."""

from typing import Annotated, TypeAlias

from assess.check import (
    Attestation,
    Attested,
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
    unavailable,
    worst,
)
from assess.evidence.adminservice import Seen as SeenRows
from assess.evidence.adminservice import Site, Sites
from assess.evidence.certificates import (
    Attribute,
    Certificate,
    CertificateFile,
    CertificateIn,
    KeyProvider,
    KeyProviderOf,
    Request,
    RequestIn,
    file_name,
    same_computer,
)
from checks.certificates import (
    Found,
    GatewayFile,
    GatewayLive,
    GatewayPath,
    GatewayRequest,
    GatewayRequestPath,
    ServiceName,
    certificates,
    in_words,
    unread,
)

SCHANNEL = "Microsoft RSA SChannel Cryptographic Provider"
FIRST_WITH_CNG = 8577  # the build of 1710, the first version that takes CNG keys
GOOD_SIZES = frozenset({2048, 4096})
SMALLEST = 2048

Enabled: TypeAlias = Annotated[bool | Missing, Key("cdp.enabled")]
PointFile: TypeAlias = Annotated[CertificateFile | Missing, CertificateIn("files.cdp_pfx")]
PointPath: TypeAlias = Annotated[str | Missing, Key("files.cdp_pfx")]
PointRequest: TypeAlias = Annotated[Request | Missing, RequestIn("files.cdp_csr")]
PointRequestPath: TypeAlias = Annotated[str | Missing, Key("files.cdp_csr")]
GatewayProvider: TypeAlias = Annotated[KeyProvider | Missing, KeyProviderOf("files.cmg_pfx")]
PointProvider: TypeAlias = Annotated[KeyProvider | Missing, KeyProviderOf("files.cdp_pfx")]


@check("csr.generated-on-site-server")
def generated_on_site_server(
    server: Annotated[str, Key("site.server_fqdn")],
    request: GatewayRequest,
    path: GatewayRequestPath,
    point: PointRequest,
    point_path: PointRequestPath,
    enabled: Enabled,
    confirmed: Annotated[Attested | Missing, Attestation()],
) -> Outcomes:
    """Pass when the request names the site server as the machine that made it."""
    given = [(request, path)]
    if enabled is True and not isinstance(point_path, Missing):
        given.append((point, point_path))
    for one, where in given:
        if isinstance(one, Request) and one.machine:
            yield _made_on(one.name, one.machine, server)
        else:
            subject = None if isinstance(where, Missing) else file_name(where)
            yield _told(subject, one, server, confirmed)


def _made_on(subject: str | None, machine: str, server: str) -> Outcome:
    if same_computer(machine, server):
        return Pass(subject, tr("made on {}", machine))
    text = tr("made on {}: import and export have to be done there", machine)
    return Warn(subject, tr("made on {}", server), text)


def _told(
    subject: str | None, request: Request | Missing, server: str, confirmed: Attested | Missing
) -> Outcome:
    """By the answer, where the request does not say it."""
    if isinstance(confirmed, Attested):
        if isinstance(confirmed.answer, str):
            return _made_on(subject, confirmed.answer, server)
        if confirmed.answer is True:
            return Pass(subject, tr("confirmed by {}", confirmed.by or "somebody unnamed"))
        if isinstance(confirmed.answer, list) and confirmed.answer:
            return worst([_made_on(subject, one, server) for one in confirmed.answer])
        return Warn(subject, tr("made on {}", server), "answered: no")
    if isinstance(request, Missing) and not request.key:
        return unread(subject, request)
    return Manual(subject, "")


@check("csr.completed-on-origin", subjects="files.cmg_pfx")
def completed_on_origin(
    file: Annotated[CertificateFile, CertificateIn("files.cmg_pfx")],
    request: GatewayRequest,
    path: GatewayRequestPath,
) -> Outcomes:
    """Pass when the PFX holds the key of its certificate, which is that of the request."""
    expected = "the private key that the request was made with"
    if not file.has_key:
        yield Fail(file.name, expected, "there is no private key in it")
    elif file.key_matches is False:
        yield Fail(file.name, expected, "its key belongs to another certificate")
    elif file.key_matches is None:
        yield Unknown(file.name, "the key in it cannot be opened")
    elif isinstance(request, Request):
        about = (file.name, request.name)
        if request.spki_sha256 == file.leaf.spki_sha256:
            yield Pass(file.name, tr("the key is that of {}", request.name), about=about)
        else:
            yield Fail(
                file.name, expected, tr("its key is not that of {}", request.name), about=about
            )
    elif isinstance(path, Missing):
        yield Pass(file.name, "it holds the key of its certificate; no request is named to compare")
    else:
        yield unread(file.name, request)


def _providers(
    *given: tuple[Request | KeyProvider | Missing, str | Missing],
) -> list[tuple[str, str] | Outcome]:
    """File and provider of each file that is named; an outcome where it does not say."""
    found: list[tuple[str, str] | Outcome] = []
    absent: list[Missing] = []
    for one, path in given:
        if isinstance(path, Missing):
            absent.append(path)
        elif isinstance(one, Missing):
            found.append(unread(file_name(path), one))
        elif one.provider:
            found.append((one.name, one.provider))
        else:
            because = "it does not name a provider; files that other tools wrote have lost it"
            found.append(Unknown(one.name, because))
    return found or [unavailable(None, *absent)]


@check("csr.key-provider-version")
def key_provider_version(
    request: GatewayRequest,
    path: GatewayRequestPath,
    provider: GatewayProvider,
    file: GatewayPath,
    point: PointRequest,
    point_path: PointRequestPath,
    point_provider: PointProvider,
    point_file: PointPath,
    enabled: Enabled,
    sites: Annotated[SeenRows[Site] | Missing, Sites()],
) -> Outcomes:
    """Pass with a legacy provider (CSP); a key storage provider works since version 1710."""
    given = [(request, path), (provider, file)]
    if enabled is True:
        given += [(point, point_path), (point_provider, point_file)]
    builds = [] if isinstance(sites, Missing) else [site.build_number for site in sites]
    oldest = min((build for build in builds if isinstance(build, int)), default=None)
    for one in _providers(*given):
        yield one if not isinstance(one, tuple) else _version(*one, oldest)


def _version(subject: str, provider: str, build: int | None) -> Outcome:
    expected = "a legacy cryptographic service provider (CSP)"
    lowered = provider.lower()
    if "key storage" in lowered or "platform crypto" in lowered:
        if build is not None and build < FIRST_WITH_CNG:
            text = tr("{}, which build {} of the site cannot use", provider, build)
            return Fail(subject, expected, text)
        text = tr("{}: supported by current sites, contrary to the documents", provider)
        return Warn(subject, expected, text)
    if "cryptographic provider" in lowered or "crypto provider" in lowered:
        return Pass(subject, provider)
    return Unknown(subject, tr("{} is not known to be of the one kind or the other", provider))


@check("csr.provider")
def provider(
    request: GatewayRequest,
    path: GatewayRequestPath,
    exported: GatewayProvider,
    file: GatewayPath,
    point: PointRequest,
    point_path: PointRequestPath,
    point_exported: PointProvider,
    point_file: PointPath,
    enabled: Enabled,
) -> Outcomes:
    """Pass with Microsoft RSA SChannel Cryptographic Provider; any other one is a warning."""
    given = [(request, path), (exported, file)]
    if enabled is True:
        given += [(point, point_path), (point_exported, point_file)]
    for one in _providers(*given):
        if not isinstance(one, tuple):
            yield one
        elif one[1] == SCHANNEL:
            yield Pass(*one)
        else:
            yield Warn(one[0], SCHANNEL, one[1])


@check("csr.key-size")
def key_size(
    request: GatewayRequest,
    request_path: GatewayRequestPath,
    file: GatewayFile,
    path: GatewayPath,
    live: GatewayLive,
    service: ServiceName,
    point: PointFile,
    point_path: PointPath,
    point_request: PointRequest,
    point_request_path: PointRequestPath,
    enabled: Enabled,
) -> Outcomes:
    """Pass with RSA 2048 or 4096; smaller keys and elliptic curves do not work."""
    named: list[tuple[Request | CertificateFile | Missing, str | Missing]]
    named = [(request, request_path)]
    if enabled is True:
        named += [(point_request, point_request_path), (point, point_path)]
    others = [(one, where) for one, where in named if isinstance(where, str)]
    found = certificates(file, path, live, service, others=bool(others))
    yield from found.gaps
    for specimen in found.specimens:
        yield _size(specimen.subject, specimen.leaf)
    for one, where in others:
        match one:
            case Request():
                yield _size(one.name, one)
            case CertificateFile():
                yield worst([_size(one.name, one.leaf), *_reused(one, found)])
            case Missing():
                yield unread(file_name(where), one)


def _reused(one: CertificateFile, found: Found) -> list[Outcome]:
    """A key of the gateway that another role has too: whoever steals the one has the other."""
    same = [other for other in found.specimens if other.leaf.spki_sha256 == one.leaf.spki_sha256]
    if not same:
        return []
    others = in_words(other.subject for other in same)
    text = tr("it has the same key as the gateway ({})", others)
    if same[0].leaf.sha256 == one.leaf.sha256:
        text = tr("it has the same certificate as the gateway ({})", others)
    return [Warn(one.name, "a key of its own for each role", text)]


def _size(subject: str, one: Certificate | Request) -> Outcome:
    algorithm, bits = one.key_algorithm, one.key_bits
    expected, seen = "RSA 2048 (or 4096)", f"{algorithm} {bits or ''}".strip()
    if one.key_fault:
        return Fail(subject, expected, f"{seen}: {tr(one.key_fault)}")
    if algorithm != "RSA":
        return Fail(subject, expected, tr("{}: not an RSA key", seen))
    if bits is None:
        return Unknown(subject, "the size of its RSA key cannot be read")
    if bits < SMALLEST:
        return Fail(subject, expected, seen)
    return Pass(subject, seen) if bits in GOOD_SIZES else Warn(subject, expected, seen)


@check("csr.organisation-fields")
def organisation_fields(
    expected: Annotated[dict[str, str], Key("tenant.organization")],
    request: GatewayRequest,
    request_path: GatewayRequestPath,
    file: GatewayFile,
    path: GatewayPath,
    point: PointRequest,
    point_path: PointRequestPath,
    enabled: Enabled,
) -> Outcomes:
    """Pass when organisation and country are those of the engagement; else a warning."""
    found = False
    if not isinstance(request_path, Missing):
        found = True
        if isinstance(request, Request):
            yield _organisation(request.name, request.subject, expected)
        else:
            yield unread(file_name(request_path), request)
    elif not isinstance(path, Missing):
        found = True
        if isinstance(file, CertificateFile):
            yield _organisation(file.name, file.leaf.subject, expected)
        else:
            yield unread(file_name(path), file)
    if enabled is True and not isinstance(point_path, Missing):
        found = True
        if isinstance(point, Request):
            yield _organisation(point.name, point.subject, expected)
        else:
            yield unread(file_name(point_path), point)
    if not found and isinstance(request_path, Missing) and isinstance(path, Missing):
        yield unavailable(None, request_path, path)


def _organisation(subject: str, name: tuple[Attribute, ...], expected: dict[str, str]) -> Outcome:
    stated = {one.type: one.value for one in name}
    shown = ", ".join(f"{kind}={stated[kind]}" for kind in _FIELDS if kind in stated)
    shown = shown or tr("CN only")
    wanted = ", ".join(f"{kind}={value}" for kind, value in expected.items())
    differing = [kind for kind in ("O", "C") if not _same(stated.get(kind), expected.get(kind))]
    if differing:
        text = tr("{}: {} missing or different", shown, in_words(differing))
        return Warn(subject, wanted, text)
    others = [kind for kind in ("OU", "L", "ST") if kind in expected]
    remarks = [kind for kind in others if not _same(stated.get(kind), expected[kind])]
    if remarks:
        shown = tr("{}; {} not as in tenant.organization", shown, in_words(remarks))
    return Pass(subject, shown, wanted)


_FIELDS = ("O", "OU", "L", "ST", "C")


def _same(stated: str | None, expected: str | None) -> bool:
    """There, and as expected where something is expected; capitals do not matter."""
    if not stated:
        return False
    return (
        expected is None or " ".join(stated.split()).lower() == " ".join(expected.split()).lower()
    )
