"""What the documents read in logs: user synchronisation, installed components, discovery."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated

from assess.check import (
    AsOf,
    Fail,
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
from assess.evidence.adminservice import CollectionMembers, Members, Seen, UserMember
from assess.evidence.logs import (
    CHANGED,
    DMP_COMPONENTS,
    ERROR,
    FAILED_USER,
    FLAGGED,
    INSTALLATION,
    PUBLISHED,
    RECEIVED,
    SYNCED,
    CloudUserSync,
    EntraDiscovery,
    Line,
    LogCopy,
    Logs,
    Sitecomp,
)
from assess.evidence.site_roles import ComponentStatus, ComponentStatuses
from assess.evidence.site_settings import CloudSubscription, CloudSubscriptions
from checks.log_lines import WEEK, about, fresh, lost, mend, silent, stale, unread

_EXAMPLES = 5
_NO_KEYS = str.maketrans("{}", "()")  # a name in braces would be taken for a key
_LEFTOVER = "hybrid MDM was retired on 2019-09-01, and the site still has an Intune subscription"

# -- Cloudusersync.log --


@check("logs.cloudusersync")
def cloudusersync(
    log: Annotated[Logs | Missing, CloudUserSync()],
    now: Annotated[datetime, AsOf()],
    subscriptions: Annotated[Seen[CloudSubscription] | Missing, CloudSubscriptions()],
    members: Annotated[Members | Missing, CollectionMembers("{mdm.user_collection_id}")],
) -> Outcomes:
    """Pass when all users that were received within a week were added, and none failed since."""
    if isinstance(subscriptions, Seen):
        if not len(subscriptions) and subscriptions.sees.complete:
            because = tr(
                "hybrid MDM was retired on 2019-09-01, and the site has no Intune subscription "
                "left ({}); its successor is Intune, which reads users from the tenant",
                subscriptions.sees.because,
            )
            yield NotApplicable(None, because)
            return
        if len(subscriptions):
            expected = "no Intune subscription in Configuration Manager"
            yield Warn(None, expected, _LEFTOVER)
    if isinstance(log, Missing):
        yield unavailable(None, log)
        return
    copies = log.telling(RECEIVED, FAILED_USER, CHANGED)
    if not copies:
        yield silent(log, CloudUserSync, "whether users were added")
        return
    yield from unread(log, copies)
    inside = _users(members)
    for copy in copies:
        yield _synchronised(copy, now, inside)


def _users(members: Members | Missing) -> set[str] | None:
    """The users of the collection; None where not all of them are known."""
    if isinstance(members, Missing) or not (members.sees.complete and members.users_seen.complete):
        return None
    return {one.upn.lower() for one in members.rows if isinstance(one, UserMember)} - {""}


def _synchronised(copy: LogCopy, now: datetime, inside: set[str] | None) -> Outcome:
    expected = "every user that was received was added to the cloud"
    if not fresh(copy, now):
        return stale(copy, CloudUserSync)
    week = [one for one in copy.of(RECEIVED) if one.within(WEEK, now) and _number(one, "received")]
    full = [one for one in week if _number(one, "added") == _number(one, "received")]
    failures = copy.since(full[-1] if full else None, FAILED_USER)
    failures = [one for one in failures if one.perhaps_within(WEEK, now)]
    where = about((copy,))
    if failures:
        return _failed(failures, inside, expected, where)
    if week and week[-1] is not (full[-1] if full else None):
        last = week[-1]
        if _number(last, "added") == 0:
            return Fail(None, expected, last.quoted, about=where)
        return Warn(None, expected, tr("not every user was added: {}", last.quoted), about=where)
    if full:
        return Pass(None, full[-1].quoted, expected, about=where)
    idle = [one for one in copy.of(RECEIVED, CHANGED) if one.within(WEEK, now)]
    if not idle:
        because = tr("{} says nothing of users within the last 7 days", copy.shown)
        return Unknown(None, because, remedy=mend(CloudUserSync), about=where)
    if idle[-1].kind == CHANGED and _number(idle[-1], "added"):
        because = tr("users were to be added, and no line says that they were: {}", idle[-1].quoted)
        return Unknown(None, because, about=where)
    return Warn(None, expected, tr("there was no user to add: {}", idle[-1].quoted), about=where)


def _number(line: Line, name: str) -> int:
    return int(line.value(name) or 0)


def _failed(
    failures: list[Line], inside: set[str] | None, expected: str, where: tuple[str, ...]
) -> Outcome:
    """Repeated for a user of the collection is a fail; single, or of strangers, a warning."""
    times = Counter(one.value("user").strip().lower() for one in failures)
    mine = {user for user in times if inside is None or user in inside}
    repeated = sorted(user for user in mine if times[user] > 1)
    last = failures[-1]
    named = ", ".join((repeated or sorted(times))[:_EXAMPLES]).translate(_NO_KEYS)
    step = tr(
        "Compare the UPN of {} in Active Directory, the site database and the tenant; correct it, "
        "and wait 5 minutes for the next synchronisation.",
        named,
    )
    if repeated:
        observed = trn(
            len(repeated),
            "{n} user fails again and again, the last time {}",
            "{n} users fail again and again, the last time {}",
            last.quoted,
        )
        return Fail(None, expected, observed, about=where, remedy=(step,))
    observed = tr("single failures, the last one {}", last.quoted)
    if not mine:
        observed = tr("failures of users outside the collection, the last one {}", last.quoted)
    return Warn(None, expected, observed, about=where, remedy=(step,))


# -- sitecomp.log --

_OK, _WARNING, _CRITICAL = 0, 1, 2
_INSTALLED, _NOT_INSTALLED = "1015", "1016"


@check("logs.sitecomp-scp")
def sitecomp_scp(
    log: Annotated[Logs | Missing, Sitecomp()],
    downloader: Annotated[Seen[ComponentStatus] | Missing, ComponentStatuses("SMS_DMP_DOWNLOADER")],
    uploader: Annotated[Seen[ComponentStatus] | Missing, ComponentStatuses("SMS_DMP_UPLOADER")],
) -> Outcomes:
    """Pass when each component was installed the last time, or the site says that it is well."""
    yield from lost(log)
    for component, statuses in zip(DMP_COMPONENTS, (downloader, uploader), strict=True):
        yield _component(component, log, statuses)


def _component(
    name: str, log: Logs | Missing, statuses: Seen[ComponentStatus] | Missing
) -> Outcome:
    expected = "each component was installed (message 1015), or its status is 0"
    ends = [] if isinstance(log, Missing) else _ends(log, name)
    rows = () if isinstance(statuses, Missing) else statuses.rows
    known = [one.status for one in rows if one.status in (_OK, _WARNING, _CRITICAL)]
    strange = len(known) < len(rows)
    where = tuple(place for line, place in ends if place)
    broken = [line for line, _ in ends if line.value("id") == _NOT_INSTALLED]
    if broken:
        return Fail(
            None, expected, tr("{} was not installed: {}", name, broken[0].quoted), about=where
        )
    if _CRITICAL in known:
        return Fail(None, expected, tr("the status of {} is 2, critical", name), about=where)
    if strange:
        return Unknown(
            None, tr("the site shows a Status of {} that is not known", name), about=where
        )
    if _WARNING in known:
        return Warn(None, expected, tr("the status of {} is 1, a warning", name), about=where)
    pending = [line for line, _ in ends if line.kind == FLAGGED]
    done = [line for line, _ in ends if line.value("id") == _INSTALLED]
    if known:
        return Pass(None, tr("the status of {} is 0, in order", name), expected, about=where)
    if pending:
        because = tr(
            "{} was to be installed, and no line says that it was: {}", name, pending[0].quoted
        )
        return Unknown(None, because, about=where, remedy=mend(Sitecomp))
    if done:
        return Pass(None, tr("{} was installed: {}", name, done[0].quoted), expected, about=where)
    if isinstance(log, Logs):
        return silent(log, Sitecomp, tr("whether {} was installed", name))
    if isinstance(statuses, Missing):
        return unavailable(None, log, statuses)
    because = tr("the site shows no status of {} since midnight, and {}", name, log.reason)
    return Unknown(None, because, remedy=mend(Sitecomp))


def _ends(log: Logs, name: str) -> list[tuple[Line, str]]:
    """The last line about a component in each copy that counts, and the copy's place."""
    found = []
    for copy in log.telling(INSTALLATION, FLAGGED):
        lines = copy.of(INSTALLATION, FLAGGED)
        own = [one for one in lines if one.value("component").upper() == name]
        if own:
            found.append((own[-1], copy.place))
    return found


# -- SMS_AZUREAD_DISCOVERY_AGENT.log --


@check("logs.azuread-discovery")
def azuread_discovery(
    log: Annotated[Logs, EntraDiscovery()],
    now: Annotated[datetime, AsOf()],
) -> Outcomes:
    """Pass when users were published within a week, and nothing failed since."""
    copies = log.telling(PUBLISHED, SYNCED, ERROR)
    if not copies:
        yield silent(log, EntraDiscovery, "whether users were published")
        return
    yield from unread(log, copies)
    for copy in copies:
        yield from _published(copy, now)


def _published(copy: LogCopy, now: datetime) -> Iterator[Outcome]:
    expected = "users were published within 7 days, and nothing failed since"
    where = about((copy,))
    if not fresh(copy, now):
        yield stale(copy, EntraDiscovery)
        return
    success = copy.latest(PUBLISHED, SYNCED)
    errors = copy.since(success, ERROR)
    if errors:
        observed = errors[-1].quoted
        if success is not None:
            observed = f"{observed}; {tr('the last success was {}', success.quoted)}"
        yield Fail(None, expected, observed, about=where, remedy=_steps(errors[-1]))
    elif success is None or success.at is None:
        yield Unknown(None, tr("{} ends within a line", copy.shown), about=where,
                      remedy=mend(EntraDiscovery))  # fmt: skip
    elif success.within(WEEK, now):
        yield Pass(None, success.quoted, expected, about=where)
    else:
        observed = tr("the last success is older than 7 days: {}", success.quoted)
        run = "Run Full Discovery Now for the user discovery of the service, and assess again."
        yield Warn(None, expected, observed, about=where, remedy=(run,))


def _steps(error: Line) -> tuple[str, ...]:
    """What to do about this error; nothing where the catalogue's steps have to do."""
    said = error.said.lower()
    again = "Then run full discovery again."
    if "application secret" in said:
        step = (
            "Renew the secret of the server app of the tenant {tenant.id}: Azure Active "
            "Directory Tenants > application > Renew Secret Key."
        )
        return (step, again)
    if "unauthorized" in said or "forbidden" in said or "(401)" in said or "(403)" in said:
        step = (
            "Grant admin consent to the server app in the tenant {tenant.id}; right after the "
            "consent it may take 10 minutes."
        )
        return (step, again)
    return ()
