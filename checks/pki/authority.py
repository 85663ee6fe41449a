"""The certification authority itself: enterprise or not, its certificate, its operating system."""

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Annotated

from assess.check import (
    AsOf,
    Ends,
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
    worst,
)
from assess.evidence.certificates import same_computer
from assess.evidence.pki import (
    WEB,
    WORKSTATION,
    Authority,
    CertificateServices,
    Host,
    KeyServices,
    NoHost,
    NotShown,
    PublicKeyServices,
    Templates,
    reasons,
)
from checks.template.lookup import Issuer, Mode, unneeded

Services = Annotated[PublicKeyServices, CertificateServices()]
Wanted = Annotated[str | Missing, Key("pki.ca_host")]

_YEAR = timedelta(days=365)
_VERSION = re.compile(r"(\d{1,3})\.(\d{1,3})(?:\D+(\d{4,6}))?")
_OLDEST = (6, 1)
_BEFORE_10 = {(6, 1): "2008 R2", (6, 2): "2012", (6, 3): "2012 R2"}
# Builds of Windows Server, and the day on which the vendor's support ends.
_BUILDS = {
    14393: ("2016", datetime(2027, 1, 12, tzinfo=UTC)),
    17763: ("2019", datetime(2029, 1, 9, tzinfo=UTC)),
    20348: ("2022", datetime(2031, 10, 14, tzinfo=UTC)),
    25398: ("version 23H2", datetime(2025, 10, 24, tzinfo=UTC)),
    26100: ("2025", datetime(2034, 10, 10, tzinfo=UTC)),
}


@check("pki.enterprise-ca")
def enterprise_ca(
    scenario: Annotated[str, Scenario()],
    issuer: Issuer,
    mode: Mode,
    wanted: Wanted,
    services: Services,
    as_of: Annotated[datetime, AsOf()],
    web: Annotated[Templates | Missing, WEB],
    clients: Annotated[Templates | Missing, WORKSTATION],
) -> Outcomes:
    """Pass when an enterprise CA on a member of the forest has a valid, trusted certificate."""
    excused = unneeded(issuer, mode) if scenario == "co-management-pki" else None
    if excused is not None:
        return [excused]
    gone = none_there(wanted, services)
    if gone is not None:
        return [gone]
    found = [
        worst([*_authority(one, forest, as_of), *_outlived(one, forest, (web, clients), as_of)])
        for forest, one in chosen(wanted, services)
    ]
    if any(isinstance(one, Pass | Warn) for one in found):
        return [_left_over(one) for one in found]
    return found


def _left_over(one: Outcome) -> Outcome:
    """Beside an authority that will do, one that has expired is a leftover."""
    if isinstance(one, Fail):
        text = tr("{}; it is left over beside another authority", one.observed)
        return Warn(one.subject, one.expected, text)
    return one


def chosen(
    wanted: str | Missing, services: PublicKeyServices
) -> Iterator[tuple[KeyServices, Authority]]:
    """The authorities of the engagement: the one on pki.ca_host, else all."""
    for forest in services.read():
        for one in forest.authorities:
            if isinstance(wanted, Missing) or same_computer(one.host, wanted):
                yield forest, one


def none_there(wanted: str | Missing, services: PublicKeyServices) -> Fail | Unknown | None:
    """There is no authority to judge, or nobody can say; None: there is."""
    if any(chosen(wanted, services)):
        return None
    subject = wanted if isinstance(wanted, str) else None
    gaps = [reasons(services.refused())] if services.refused() else []
    gaps += [
        trn(
            one.hidden,
            "{n} enrolment service of {} is not shown to this account",
            "{n} enrolment services of {} are not shown to this account",
            one.root,
        )
        for one in services.read()
        if one.hidden
    ]
    if gaps:
        mends = tuple(dict.fromkeys(one.mend for one in services.refused() if one.mend))
        return Unknown(subject, "; ".join(gaps), remedy=mends)
    names = ", ".join(a.label for f in services.read() for a in f.authorities)
    roots = ", ".join(f.root for f in services.read())
    where = tr("an enterprise CA on {}", wanted) if subject else "an enterprise CA in the forest"
    text = tr("{} has {}", roots, names) if names else tr("{} has no enrolment service", roots)
    return Fail(subject, where, text)


def _authority(one: Authority, forest: KeyServices, as_of: datetime) -> Iterator[Outcome]:
    subject = one.name
    expected = "an enterprise CA on a member of the forest, its certificate valid for 12 months yet"
    newest = one.newest
    if newest is None:
        yield Unknown(
            subject, tr("{}: its certificate is not shown, or is no certificate", one.label)
        )
        return
    until = f"{newest.not_after:%Y-%m-%d}"
    if as_of > newest.not_after:
        yield Fail(subject, expected, tr("the certificate of {} expired on {}", one.label, until))
    elif as_of < newest.not_before:
        text = tr(
            "the certificate of {} is not valid before {:%Y-%m-%d}", one.label, newest.not_before
        )
        yield Fail(subject, expected, text)
    elif newest.not_after - as_of <= _YEAR:
        left = (newest.not_after - as_of).days
        text = trn(
            left,
            "the certificate of {} ends on {}, in {n} day; nothing that it issues lives longer",
            "the certificate of {} ends on {}, in {n} days; nothing that it issues lives longer",
            one.label,
            until,
        )
        yield Warn(subject, expected, text)
    match one.computer:
        case NoHost(because, complete=True):
            yield Warn(subject, expected, tr("{}; it may be in another forest", because))
        case NoHost(because) | NotShown(because):
            yield Unknown(subject, because)
        case Host():
            pass
    if isinstance(forest.logon, NotShown):
        yield Unknown(subject, forest.logon.because)
    elif newest.sha256 not in forest.logon:
        text = tr("the certificate of {} is not in NTAuthCertificates of {}", one.name, forest.root)
        yield Warn(subject, expected, text)
    yield Pass(
        subject,
        tr("{}, certificate valid until {}, in NTAuthCertificates", one.label, until),
        expected,
        ends=(Ends(tr("Certification authority {}", one.name), newest.not_after.date()),),
    )


def _outlived(
    one: Authority,
    forest: KeyServices,
    templates: Iterable[Templates | Missing],
    as_of: datetime,
) -> Iterator[Outcome]:
    """What it issues from a template ends with its own certificate, however long that promises."""
    newest = one.newest
    if newest is None or newest.not_after < as_of:
        return
    left = (newest.not_after - as_of) / timedelta(days=1)
    published = {name.lower() for name in one.templates}
    for asked in templates:
        if isinstance(asked, Missing):
            continue
        for of_forest, template in asked.found():
            if of_forest.section != forest.section or template.cn.lower() not in published:
                continue
            if template.days is not None and template.days > left:
                text = tr(
                    "{} promises {:.0f} days, but the certificate of {} ends in {:.0f}: "
                    "what it issues now lives no longer",
                    template.cn,
                    template.days,
                    one.label,
                    left,
                )
                yield Warn(one.name, "an authority that outlives what it issues", text)


@check("pki.ca-os-version")
def ca_os_version(
    issuer: Issuer,
    mode: Mode,
    wanted: Wanted,
    services: Services,
    as_of: Annotated[datetime, AsOf()],
) -> Outcomes:
    """Pass for a release of Windows Server that the vendor supports on this day."""
    excused = unneeded(issuer, mode)
    if excused is not None:
        return [excused]
    gone = none_there(wanted, services)
    if gone is not None:
        because = gone.because if isinstance(gone, Unknown) else gone.observed
        return [
            Unknown(gone.subject, tr("no authority to look at: {}", because), remedy=gone.remedy)
        ]
    return [_system(one, as_of) for _, one in chosen(wanted, services)]


def _system(one: Authority, as_of: datetime) -> Outcome:
    subject, expected = one.name, "Windows Server 2008 R2 or later, in support"
    if not isinstance(one.computer, Host):
        return Unknown(subject, one.computer.because)
    shown = f"{one.computer.name}: {one.computer.system or tr('operating system not shown')}"
    found = _VERSION.match(one.computer.version)
    if found is None or (one.computer.system and "windows" not in one.computer.system.lower()):
        because = tr("{}, version {}", shown, one.computer.version or tr("not shown"))
        return Unknown(subject, because)
    said = tr("{}, version {}", shown, one.computer.version)
    release = int(found[1]), int(found[2])
    if release < _OLDEST:
        return Fail(subject, expected, said)
    if release in _BEFORE_10:
        return Warn(subject, expected, tr("{}, which is out of support", said))
    name, end = _BUILDS.get(int(found[3] or 0), ("", None))
    if end is None:
        return Unknown(subject, tr("{}: until when this release is supported is not known", said))
    if as_of > end:
        text = tr("{}: support of Windows Server {} ended on {:%Y-%m-%d}", said, name, end)
        return Warn(subject, expected, text)
    return Pass(subject, tr("{}; supported until {:%Y-%m-%d}", said, end), expected)
