"""The Apple push certificate."""

from datetime import datetime, timedelta
from typing import Annotated

from assess.check import (
    AsOf,
    Attestation,
    Attested,
    Ends,
    Fail,
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
from assess.evidence.certificates import CertificateFile, CertificateIn
from assess.evidence.graph import ApplePushCertificate, Perhaps, PushCertificate, moment

EARLY = timedelta(days=60)
LATE = timedelta(days=7)


@check("apns.validity")
def validity(
    as_of: Annotated[datetime, AsOf()],
    uploaded: Annotated[Perhaps[PushCertificate] | Missing, ApplePushCertificate()],
    file: Annotated[CertificateFile | Missing, CertificateIn("files.apns_pem")],
    owner: Annotated[Attested | Missing, Attestation()],
) -> Outcomes:
    """Pass when more than 60 days are left and somebody is named who renews it.

    The certificate in the tenant counts; the file stands in where the tenant could not be asked.
    """
    about = (file.name,) if isinstance(file, CertificateFile) else ()
    end, remark = None, ""
    if isinstance(uploaded, Perhaps):
        end = None if uploaded.found is None else moment(uploaded.found.expiration_date_time)
        if end is not None and isinstance(file, CertificateFile):
            remark = _differing(end, file)
    elif isinstance(file, CertificateFile):
        end, remark = (
            file.leaf.not_after,
            tr("from {}, since the tenant was not asked", file.name),
        )
    if end is None:
        yield _no_date(uploaded, file)
        return
    yield worst([_lasting(end, as_of, remark, about), *_owned(owner)])


def _differing(end: datetime, file: CertificateFile) -> str:
    """The portal shows the end of the certificate; a difference of a day is one of time zones."""
    if abs(end - file.leaf.not_after) <= timedelta(days=1):
        return ""
    return tr("{} ends on {:%Y-%m-%d} and is another certificate", file.name, file.leaf.not_after)


def _no_date(
    uploaded: Perhaps[PushCertificate] | Missing, file: CertificateFile | Missing
) -> Outcome:
    if isinstance(uploaded, Missing) and isinstance(file, Missing):
        return unavailable(None, uploaded, file)
    return Unknown(
        None,
        "the tenant names no push certificate with a date of expiry",
        remedy=("Upload the push certificate in the Intune admin center.",),
    )


def _lasting(end: datetime, as_of: datetime, remark: str, about: tuple[str, ...]) -> Outcome:
    left = end - as_of
    said = trn(
        left.days,
        "valid until {:%Y-%m-%d}, {n} day",
        "valid until {:%Y-%m-%d}, {n} days",
        end,
    )
    text = "; ".join(filter(None, (said, remark)))
    expected = "more than 60 days left"
    ends = (Ends(tr("Apple push certificate"), end.date()),)
    if left < timedelta():
        observed = "; ".join(filter(None, (tr("expired on {:%Y-%m-%d}", end), remark)))
        return Fail(None, expected, observed, about=about, ends=ends)
    if left < LATE:
        return Fail(None, expected, text, about=about, ends=ends)
    if left <= EARLY:
        return Warn(None, expected, text, about=about, ends=ends)
    return Pass(None, text, about=about, ends=ends)


def _owned(owner: Attested | Missing) -> list[Outcome]:
    if isinstance(owner, Missing):
        return [Manual(None, "")]
    if owner.yes:
        return []
    return [Warn(None, "somebody is named who renews it", "nobody is named who renews it")]
