"""The certificate of the traditional cloud distribution point, which is history."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated

from assess.check import (
    AsOf,
    Fail,
    Key,
    Missing,
    Outcome,
    Outcomes,
    Pass,
    Warn,
    check,
    tr,
    trn,
    unavailable,
    worst,
)
from assess.evidence.certificates import (
    CertificateFile,
    CertificateIn,
    CollectedStores,
    Request,
    RequestIn,
    Stores,
    file_name,
)
from assess.evidence.pki import WEB, Templates
from assess.evidence.revocation import RevocationIn, Revocations
from checks.cert.custody import complete, holds_key
from checks.cert.gateway import Origin, enrolled
from checks.certificates import (
    Issuer,
    ServiceName,
    Specimen,
    ends,
    in_words,
    is_private,
    unread,
)
from checks.revocation import revocation


@check("cert.cdp-names")
def cdp_names(
    service: Annotated[str, Key("cdp.service_name")],
    gateway: ServiceName,
    issuer: Issuer,
    file: Annotated[CertificateFile | Missing, CertificateIn("files.cdp_pfx")],
    path: Annotated[str | Missing, Key("files.cdp_pfx")],
    request: Annotated[Request | Missing, RequestIn("files.cdp_csr")],
    request_path: Annotated[str | Missing, Key("files.cdp_csr")],
) -> Outcomes:
    """Pass when common name and alternative name are the service name of the distribution point."""
    if isinstance(path, Missing) and isinstance(request_path, Missing):
        yield unavailable(None, path, request_path)
    if isinstance(file, CertificateFile):
        private = is_private(file.trust) if isinstance(issuer, Missing) else issuer == "own-pki"
        leaf = file.leaf
        yield _names(file.name, leaf.common_name, leaf.dns_names, service, gateway, private)
    elif isinstance(path, str):
        yield unread(file_name(path), file)
    if isinstance(request, Request):
        own = issuer == "own-pki"
        yield _names(request.name, request.common_name, request.dns_names, service, gateway, own)
    elif isinstance(request_path, str):
        yield unread(file_name(request_path), request)


def _names(
    subject: str,
    name: str,
    dns: tuple[str, ...],
    service: str,
    gateway: str | Missing,
    private: bool | None,
) -> Outcome:
    expected = tr("CN = alternative name = {}", service)
    if isinstance(gateway, str) and name.lower() == gateway.lower() != service.lower():
        return Fail(subject, expected, tr("CN = {}, which is the gateway's name", name))
    if name.lower() != service.lower():
        return Fail(subject, expected, tr("CN = {}", name or tr("(none)")))
    if not dns:
        if private:
            return Warn(subject, expected, tr("CN = {}, and no alternative name", name))
        return Fail(subject, expected, tr("CN = {}, and no alternative name", name))
    if service.lower() not in {one.lower() for one in dns}:
        return Fail(subject, expected, tr("CN = {}; alternative names: {}", name, in_words(dns)))
    return Pass(subject, tr("CN = {}; alternative names: {}", name, in_words(dns)))


@check("cert.cdp-pki-issued", subjects="files.cdp_pfx")
def cdp_pki_issued(
    service: Annotated[str, Key("cdp.service_name")],
    template: Annotated[str | Missing, Key("pki.web_template_name")],
    file: Annotated[CertificateFile, CertificateIn("files.cdp_pfx")],
    stores: Annotated[Stores | Missing, CollectedStores("files.collected_server_certs")],
    directory: Annotated[Templates | Missing, WEB],
    asked: Annotated[Revocations | Missing, RevocationIn("files.cdp_pfx")],
    as_of: Annotated[datetime, AsOf()],
) -> Outcomes:
    """Pass when the subject is the one name, issued by the own authority from the template.

    And not revoked; whether the internet could ask that too, the gateway's requirements say.
    """
    label = service.partition(".")[0]
    origin = Origin(template, stores, directory)
    one = Specimen(file.name, file.leaf, file.trust)
    judged = enrolled(file, service, label, origin, warn_of_more=False)
    yield replace(judged, ends=ends(one))
    yield from revocation(one, asked, as_of, internet=False)


@check("cert.cdp-pfx-export", subjects="files.cdp_pfx")
def cdp_pfx_export(
    issuer: Issuer, file: Annotated[CertificateFile, CertificateIn("files.cdp_pfx")]
) -> Outcomes:
    """Pass when the PFX opens with leaf, key and chain; that only the root is missing is let be."""
    fine = Pass(
        file.name,
        trn(
            len(file.chain),
            "private key, {n} more certificate",
            "private key, {n} more certificates",
        ),
    )
    missing = [one for one in complete(file, issuer) if not isinstance(one, Warn)]
    yield worst([fine, *holds_key(file), *missing])
