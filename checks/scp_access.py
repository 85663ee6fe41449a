"""The way of the service connection point into the cloud: its logs, a probe from it, a person.

A probe from the assessor's machine says nothing of that server, and so is not made.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated

from assess.check import (
    AsOf,
    Attestation,
    Attested,
    Fail,
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
    trn,
    unavailable,
)
from assess.evidence.adminservice import Seen
from assess.evidence.logs import (
    MISSING,
    NOT_REACHED,
    REACHED,
    CertMgr,
    DmpDownloader,
    DmpUploader,
    LogAsk,
    LogCopy,
    Logs,
)
from assess.evidence.server_probe import ReachedFromServer, ServerProbes
from assess.evidence.site_roles import Roles, RoleUse
from assess.evidence.site_settings import CloudSubscription, CloudSubscriptions
from checks.log_lines import DAY, WEEK, about, fresh, last_failing, lost, mend, stale, unread
from checks.scp_probe import probed

_REPEATED = 3
_SIGN_IN = (
    "Let the proxy pass the service connection point without signing in, or set an account in the "
    "properties of its site system."
)


@check("scp.internet-access")
def internet_access(
    downloader: Annotated[Logs | Missing, DmpDownloader()],
    uploader: Annotated[Logs | Missing, DmpUploader()],
    now: Annotated[datetime, AsOf()],
    confirmed: Annotated[Attested | Missing, Attestation()],
    reached: Annotated[ServerProbes | Missing, ReachedFromServer()],
    roles: Annotated[Seen[RoleUse] | Missing, Roles()],
) -> Outcomes:
    """Pass when the logs of the last day show no failure, and the server opens the addresses.

    That it does, the collector's probe shows from the server itself, or a person says it.
    """
    logs: list[tuple[Logs | Missing, type[LogAsk]]]
    logs = [(downloader, DmpDownloader), (uploader, DmpUploader)]
    told = [outcome for log, ask in logs for outcome in _judged(log, ask, now)]
    unseen = [outcome for log, _ in logs for outcome in _gaps(log)]
    probe: list[Outcome] = []
    if isinstance(reached, ServerProbes):
        probe = [probed(reached, roles, now)]
    elif not reached.skipped:
        unseen.append(unavailable(None, reached))
    seen = [*told, *probe]
    if any(isinstance(one, Fail | Warn) for one in seen):
        return [*seen, *unseen]
    if isinstance(confirmed, Attested):
        return [_answered(confirmed, seen), *unseen]
    gaps = [*unseen, *(one for one in told if isinstance(one, Unknown))]
    well = [one for one in told if isinstance(one, Pass)]
    if gaps:
        return [*gaps, *probe]
    if well and probe and isinstance(probe[0], Pass):
        return seen
    if well:
        gone = [one for one in probe if isinstance(one, Unknown)]
        said = "; ".join([*(tr(one.observed) for one in well), *(tr(one.because) for one in gone)])
        places = tuple(place for one in well for place in one.about)
        return [Manual(None, "", tr("the logs show no failure: {}", said), about=places)]
    missing = [one for one in (downloader, uploader) if isinstance(one, Missing)]
    return [*probe, unavailable(None, *missing, confirmed) if missing else Manual(None, "")]


def _answered(confirmed: Attested, seen: list[Outcome]) -> Outcome:
    """A person's answer, where no log says the opposite; one that is old says nothing."""
    by = confirmed.by or "somebody unnamed"
    expected = "every address is opened from the server, and no log shows a failure"
    if not confirmed.yes:
        return Fail(None, expected, tr("the server cannot open the addresses, says {}", by))
    said = [tr(one.observed) for one in seen if isinstance(one, Pass)]
    said += [tr(one.because) for one in seen if isinstance(one, Unknown)]
    places = tuple(place for one in seen for place in one.about)
    logs = "; ".join(said) or tr("no log was sent")
    return Pass(
        None, tr("the server opens the addresses, says {}; {}", by, logs), expected, about=places
    )


def _judged(log: Logs | Missing, ask: type[LogAsk], now: datetime) -> Iterator[Outcome]:
    """What one log says; nothing where nobody sent it."""
    for copy in _told(log):
        yield _connected(copy, ask, now)


def _told(log: Logs | Missing) -> tuple[LogCopy, ...]:
    if isinstance(log, Missing):
        return ()
    return log.telling(REACHED, NOT_REACHED) or log.copies


def _gaps(log: Logs | Missing) -> list[Outcome]:
    """What was to be read and was not."""
    return lost(log) if isinstance(log, Missing) else unread(log, _told(log))


def _connected(copy: LogCopy, ask: type[LogAsk], now: datetime) -> Outcome:
    expected = "no failed connection within 24 hours, and a successful one after each failure"
    where = about((copy,))
    if not fresh(copy, now, DAY):
        return stale(copy, ask, DAY)
    success = copy.latest(REACHED)
    after = copy.since(success, NOT_REACHED)
    recent = [one for one in copy.of(NOT_REACHED) if one.perhaps_within(DAY, now)]
    open_failures = [one for one in after if one.perhaps_within(DAY, now)]
    if len(recent) >= _REPEATED or (ask is DmpDownloader and open_failures):
        last = (open_failures or recent)[-1]
        observed = trn(
            len(recent),
            "{n} failed connection within 24 hours: {}",
            "{n} failed connections within 24 hours, the last one {}",
            last.quoted,
        )
        return Fail(None, expected, observed, about=where, remedy=_steps(last.value("why")))
    if recent:
        observed = tr("failed connections within 24 hours, e.g. {}", recent[-1].quoted)
        if success is not None:
            observed = tr(
                "failed connections within 24 hours, e.g. {}; the last successful one {}",
                recent[-1].quoted,
                success.quoted,
            )
        return Warn(None, expected, observed, about=where, remedy=_steps(recent[-1].value("why")))
    if ask is DmpUploader:
        return Pass(None, tr("{} shows no failed connection", copy.shown), expected, about=where)
    if after:
        because = tr("no connection has succeeded since {}", after[-1].quoted)
        return Unknown(None, because, about=where, remedy=mend(ask))
    if success is None or not success.within(WEEK, now):
        because = tr("{} shows no connection within 7 days, neither good nor bad", copy.shown)
        return Unknown(None, because, about=where, remedy=mend(ask))
    return Pass(None, success.quoted, expected, about=where)


def _steps(why: str) -> tuple[str, ...]:
    """What to do about this failure."""
    said = why.lower()
    if "407" in said or "proxy" in said:
        return (_SIGN_IN,)
    if "trust" in said:
        return ("Exempt the endpoints from TLS inspection for the service connection point.",)
    if "resolved" in said:
        return ("Let the service connection point resolve public names, or use the proxy.",)
    return ()


# -- the certificate of hybrid MDM --


@check("scp.intune-certificate")
def intune_certificate(
    log: Annotated[Logs | Missing, CertMgr()],
    now: Annotated[datetime, AsOf()],
    subscriptions: Annotated[Seen[CloudSubscription] | Missing, CloudSubscriptions()],
    confirmed: Annotated[Attested | Missing, Attestation()],
) -> Outcomes:
    """Pass when a person sees the certificate, still valid, and no log says that it is missing."""
    expected = "the certificate of the connector is there and valid"
    if isinstance(subscriptions, Seen):
        if not len(subscriptions) and subscriptions.sees.complete:
            because = tr(
                "hybrid MDM was retired on 2019-09-01, and the site has no Intune subscription "
                "left ({}); Intune itself needs no connector and no such certificate",
                subscriptions.sees.because,
            )
            yield NotApplicable(None, because)
            return
        if len(subscriptions):
            observed = "hybrid MDM was retired on 2019-09-01, and a subscription is left"
            yield Warn(None, "no Intune subscription in Configuration Manager", observed)
    failing = last_failing(log, (), (MISSING,), now)
    if failing is not None:
        line, copy = failing
        yield Fail(None, expected, line.quoted, about=about((copy,)))
    yield from lost(log)
    if isinstance(confirmed, Missing):
        yield Manual(None, "")
        return
    by = confirmed.by or "somebody unnamed"
    if confirmed.yes:
        yield Pass(None, tr("there and valid, says {}", by), expected)
    else:
        yield Fail(None, expected, tr("missing or expired, says {}", by))
