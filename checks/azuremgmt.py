"""The Azure management certificate of classic deployments (historical).

Nothing takes it any more: a gateway is deployed through Azure Resource Manager, with a sign-in.
"""

from datetime import datetime
from typing import Annotated, TypeAlias

from assess.check import (
    AsOf,
    Attestation,
    Attested,
    Ends,
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
    unavailable,
)
from assess.evidence.certificates import CertificateFile, CertificateIn, CollectedStores, Stores
from assess.evidence.revocation import RevocationIn, Revocations
from checks.certificates import WARNING, Specimen, day, unread
from checks.revocation import revocation

Pfx: TypeAlias = Annotated[CertificateFile, CertificateIn("files.azure_mgmt_pfx")]
Confirmed: TypeAlias = Annotated[Attested | Missing, Attestation()]


@check("azuremgmt.certificate", subjects="files.azure_mgmt_pfx")
def certificate(
    file: Pfx,
    asked: Annotated[Revocations | Missing, RevocationIn("files.azure_mgmt_pfx")],
    as_of: Annotated[datetime, AsOf()],
) -> Outcomes:
    """Pass when the certificate is valid for more than 30 days, not revoked, and has its key."""
    leaf, expected = file.leaf, "a valid certificate with its private key (historical)"
    yield _key(file, expected)
    until = tr("valid until {}", day(leaf.not_after))
    end = (Ends(tr("Certificate {} ({})", leaf.name, file.name), leaf.not_after.date()),)
    if as_of >= leaf.not_after:
        yield Fail(file.name, expected, tr("expired on {}", day(leaf.not_after)), ends=end)
    elif as_of < leaf.not_before:
        yield Fail(file.name, expected, tr("not valid before {}", day(leaf.not_before)))
    elif leaf.not_after - as_of <= WARNING:
        yield Warn(file.name, expected, until, ends=end)
    else:
        yield Pass(file.name, until, expected, ends=end)
    yield from revocation(Specimen(file.name, leaf, file.trust), asked, as_of, internet=False)


@check("azuremgmt.pfx-export", subjects="files.azure_mgmt_pfx")
def pfx_export(file: Pfx) -> Outcomes:
    """Pass when the file opens and holds the private key."""
    yield _key(file, "a PFX file with the private key (historical)")


def _key(file: CertificateFile, expected: str) -> Outcome:
    if not file.has_key:
        return Fail(file.name, expected, "there is no private key in it")
    if file.key_matches is False:
        return Fail(file.name, expected, "the key in it belongs to another certificate")
    if file.key_matches is None:
        return Unknown(file.name, "the key in it cannot be opened")
    return Pass(file.name, "holds the private key", expected)


@check("azuremgmt.cer-export", subjects="files.azure_mgmt_cer")
def cer_export(
    cer: Annotated[CertificateFile, CertificateIn("files.azure_mgmt_cer")],
    pfx: Annotated[CertificateFile | Missing, CertificateIn("files.azure_mgmt_pfx")],
) -> Outcomes:
    """Pass when the DER file is the PFX file's certificate, without the key."""
    expected = "the certificate of the PFX file, DER encoded, without key (historical)"
    if cer.has_key:
        yield Fail(cer.name, expected, "it holds a private key")
    if cer.form == "pem":
        yield Warn(cer.name, expected, "Base64 (PEM), not DER")
    elif cer.form != "der":
        yield Fail(cer.name, expected, tr("it is a file of the kind {}", cer.form))
    if isinstance(pfx, Missing):
        yield unavailable(cer.name, pfx)
    elif pfx.leaf.sha256 != cer.leaf.sha256:
        observed = tr("thumbprint {}, and {} in {}", cer.leaf.sha1, pfx.leaf.sha1, pfx.name)
        yield Fail(cer.name, expected, observed)
    else:
        yield Pass(cer.name, tr("the certificate of {}", pfx.name), expected)


@check("azuremgmt.key-removed")
def key_removed(
    method: Annotated[str | Missing, Key("cmg.deployment_method")],
    path: Annotated[str | Missing, Key("files.azure_mgmt_pfx")],
    pfx: Annotated[CertificateFile | Missing, CertificateIn("files.azure_mgmt_pfx")],
    stores: Annotated[Stores | Missing, CollectedStores("files.collected_server_certs")],
    confirmed: Confirmed,
) -> Outcomes:
    """Pass when no server's store holds the certificate any more."""
    expected = "the management certificate is in no server's store"
    if method == "arm-vmss" and isinstance(path, Missing) and isinstance(confirmed, Missing):
        because = "deployed through Azure Resource Manager, and no management certificate is named"
        return [NotApplicable(None, because)]
    if isinstance(pfx, CertificateFile) and isinstance(stores, Stores):
        prints = (pfx.leaf.sha1, pfx.leaf.sha256)
        holding = [store.computer for one in prints for store, _ in stores.holding(one)]
        if holding:
            where = ", ".join(dict.fromkeys(holding))
            observed = tr("{} is still in the store of {}", pfx.leaf.sha1, where)
            return [Fail(None, expected, observed, about=tuple(dict.fromkeys(holding)))]
        if stores.unread:
            return [unread(None, Missing(one.reason, one.mend)) for one in stores.unread]
        if any(not entry.thumbprint for store in stores.stores for entry in store.entries):
            return [Unknown(None, "the collected stores name certificates without thumbprint")]
        if stores.stores:
            names = ", ".join(store.computer for store in stores.stores)
            return [Pass(None, tr("{} is not in the store of {}", pfx.leaf.sha1, names), expected)]
    lost = [one for one in (pfx, stores) if isinstance(one, Missing) and not one.key]
    if isinstance(confirmed, Attested) and not (confirmed.yes and lost):
        return [_answer(confirmed, expected)]
    gaps = [one for one in (confirmed,) if isinstance(one, Missing)]
    return [unavailable(None, *(lost or gaps))]


@check("azuremgmt.uploaded")
def uploaded(
    cer: Annotated[CertificateFile | Missing, CertificateIn("files.azure_mgmt_cer")],
    confirmed: Annotated[Attested, Attestation()],
) -> Outcomes:
    """Pass when a person saw the thumbprint in the portal: no source shows it any more."""
    which = cer.leaf.sha1 if isinstance(cer, CertificateFile) else "the CER file"
    return [_answer(confirmed, tr("Management certificates of the subscription show {}", which))]


def _answer(confirmed: Attested, expected: str) -> Outcome:
    if confirmed.yes:
        return Pass(None, tr("confirmed by {}", confirmed.by or "somebody unnamed"), expected)
    return Fail(None, expected, "answered: no")
