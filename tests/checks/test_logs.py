"""Every verdict that logs decide: from lines as they are written, read as the connector reads them."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from assess.check import (
    Attested,
    Fail,
    Manual,
    Missing,
    NotApplicable,
    Outcome,
    Pass,
    Unknown,
    Warn,
    worst,
)
from assess.connectors.log_scan import scan
from assess.evidence import Table
from assess.evidence.adminservice import (
    MayBeTrimmed,
    Members,
    Seen,
    SeesEverything,
    UserMember,
)
from assess.evidence.logs import (
    CertMgr,
    CloudUserSync,
    DmpDownloader,
    DmpUploader,
    EntraDiscovery,
    LogAsk,
    LogCopy,
    Logs,
    Sitecomp,
)
from assess.evidence.site_roles import ComponentStatus
from assess.evidence.site_settings import CloudSubscription
from checks.logs import azuread_discovery, cloudusersync, sitecomp_scp
from checks.scp_access import internet_access, intune_certificate
from logwriter import NOT_SENT, NOW, Entry, copied, log, newer, older

ALL = SeesEverything("the account is said to be Read-only Analyst")
PERHAPS = MayBeTrimmed("what this account may see is not known", "Give it the role.")
NO_KEY = Missing("files.log_dir is not set", "Set it.", key="files.log_dir")
UNREAD = Missing("the ZIP is encrypted", "Send it without a password.")
NO_PROBE = Missing("nobody has probed", "Run the collector.", key="files.site_export", skipped=True)
NOT_ASKED = Missing("[site] is not set up", "Set it.", skipped=True)
REFUSED = Missing("the site refuses this account (403)", "Give it the role.")
UNANSWERED = Missing("the question is not answered", "Answer it.", key='[attestations] "x"')

def decided(outcomes: Any) -> Outcome:
    return worst(list(outcomes))


def words(outcome: Outcome) -> str:
    return " ".join(str(getattr(outcome, field, "")) for field in ("observed", "because", "question"))


# -- Cloudusersync.log ---------------------------------------------------------------------------------

SOME = Seen((CloudSubscription("Microsoft Intune"),), ALL)
NONE: Seen[CloudSubscription] = Seen((), ALL)
HIDDEN: Seen[CloudSubscription] = Seen((), PERHAPS)


def total(received: int, added: int, hours: float) -> Entry:
    return (f"Total received users to add from SCCM = {received}, Total Successfully added users to Cloud = {added}",
            hours)  # fmt: skip


def failing(user: str, hours: float) -> Entry:
    return (f"Failed to add user {user}; reason UserNotFound", hours)


def delta(added: int, hours: float) -> Entry:
    return (f"UserDeltaSync:- Users Added = {added}, Users Removed = 0", hours)


def members(*upns: str, sees: Any = ALL) -> Members:
    rows: list[Any] = [UserMember(n, upn) for n, upn in enumerate(upns)]
    return Members(None, Table.of(rows), sees, ALL)


ANN, BOB = "ann@contoso.com", "bob@contoso.com"


@pytest.mark.parametrize("written", [newer, older])
@pytest.mark.parametrize(
    ("entries", "people", "status", "said"),
    [
        ([total(5, 5, 30), delta(0, 1)], NO_KEY, Pass, "= 5"),
        ([failing(ANN, 50), total(5, 5, 30), total(0, 0, 1)], NO_KEY, Pass, "= 5"),
        ([total(5, 5, 30), failing(ANN, 3), failing(ANN, 2)], NO_KEY, Fail, "1 user fails again and again"),
        ([total(5, 5, 30), failing(ANN, 3), failing(ANN, 2)], members(ANN), Fail, ANN),
        ([total(5, 5, 30), failing(ANN, 3), failing(ANN, 2)], members(BOB), Warn, "outside the collection"),
        ([total(5, 5, 30), failing(ANN, 3), failing(ANN, 2)], members(BOB, sees=PERHAPS), Fail, ANN),
        ([total(5, 5, 30), failing(ANN, 3)], members(ANN), Warn, "single failures"),
        ([failing(ANN, 3), failing(BOB, 2), delta(0, 1), total(0, 0, 1)], NO_KEY, Warn, "single failures"),
        ([total(5, 5, 30), total(3, 0, 2)], NO_KEY, Fail, "= 3"),
        ([total(5, 5, 30), total(3, 2, 2)], NO_KEY, Warn, "not every user"),
        ([delta(0, 3), total(0, 0, 2)], NO_KEY, Warn, "no user to add"),
        ([delta(4, 3)], NO_KEY, Unknown, "no line says that they were"),
        ([total(5, 5, 200), ("starting", 1)], NO_KEY, Unknown, "nothing of users within the last 7 days"),
        ([total(5, 5, 200)], NO_KEY, Unknown, "not the 7 days"),
        ([total(5, 5, -60)], NO_KEY, Unknown, "not the 7 days"),
        ([("Starting user delta sync, raise failure status messages = True", 1)], NO_KEY, Unknown, "overwritten"),
    ],
)  # fmt: skip
def test_cloudusersync(entries, people, status, said, written):
    outcome = decided(cloudusersync(log(CloudUserSync, *entries, written=written), NOW, NOT_ASKED, people))
    assert type(outcome) is status
    assert said in words(outcome)


WELL = log(CloudUserSync, total(5, 5, 30))


@pytest.mark.parametrize(
    ("found", "subscriptions", "status"),
    [
        (WELL, NONE, NotApplicable), (NO_KEY, NONE, NotApplicable), (WELL, SOME, Warn), (WELL, HIDDEN, Pass),
        (NO_KEY, NOT_ASKED, Manual), (NOT_SENT, NOT_ASKED, Unknown), (UNREAD, HIDDEN, Unknown), (UNREAD, SOME, Unknown),
        (log(CloudUserSync, total(5, 5, 30), cut="x.lo_: damaged"), NOT_ASKED, Unknown),
        (Logs("x", WELL.copies, ("cm02: Permission denied",)), NOT_ASKED, Unknown),
        (log(CloudUserSync, total(3, 0, 2), cut="x.lo_: damaged"), NOT_ASKED, Fail),
    ],
)  # fmt: skip
def test_cloudusersync_beside_the_site(found, subscriptions, status):
    assert type(decided(cloudusersync(found, NOW, subscriptions, NO_KEY))) is status


def test_a_name_in_braces_is_no_key() -> None:
    entries = [failing("{tenant.auth.client_secret}@x", hours) for hours in (3, 2)]
    outcome = decided(cloudusersync(log(CloudUserSync, *entries), NOW, NOT_ASKED, NO_KEY))
    assert "(tenant.auth.client_secret)@x" in outcome.remedy[0]


# -- sitecomp.log --------------------------------------------------------------------------------------


def state(number: int, component: str = "SMS_DMP_DOWNLOADER", hours: float = 300) -> Entry:
    said = f'STATMSG: ID={number} SEV=I LEV=M SOURCE="SMS Server" COMP="SMS_SITE_COMPONENT_MANAGER" SYS=CM01 SITE=PS1 '
    return (f'{said}PID=1 TID=2 ISTR0="{component}" ISTR1="CM01"', hours)


def flagged(component: str = "SMS_DMP_DOWNLOADER", hours: float = 301) -> Entry:
    return (f"Component {component} flagged for installation.", hours)


def both(number: int, hours: float = 300) -> list[Entry]:
    return [state(number, "SMS_DMP_DOWNLOADER", hours), state(number, "SMS_DMP_UPLOADER", hours)]


def summary(*statuses: int) -> Seen[ComponentStatus]:
    rows = [ComponentStatus("SMS_DMP_DOWNLOADER", "cm01", "PS1", one) for one in statuses]
    return Seen(tuple(rows), ALL)


@pytest.mark.parametrize(
    ("entries", "statuses", "status", "said"),
    [
        ([flagged(), *both(1015)], NOT_ASKED, Pass, "was installed"),
        ([*both(1016, 400), *both(1015)], NOT_ASKED, Pass, "ID=1015"),
        ([*both(1015, 400), *both(1016)], NOT_ASKED, Fail, "ID=1016"),
        ([*both(1015, 400), *both(1016)], summary(0), Fail, "ID=1016"),
        ([state(1015)], NOT_ASKED, Unknown, "SMS_DMP_UPLOADER"),
        ([*both(1015), flagged(hours=2)], NOT_ASKED, Unknown, "was to be installed"),
        ([*both(1015), flagged(hours=2)], summary(0), Pass, "status of SMS_DMP_DOWNLOADER is 0"),
        ([state(1015, "SMS_MP_CONTROL_MANAGER")], NOT_ASKED, Unknown, "overwritten"),
        ([("nothing", 1)], summary(0), Pass, "in order"),
        ([*both(1015)], summary(1), Warn, "a warning"),
        ([*both(1015)], summary(0, 2), Fail, "critical"),
        ([*both(1015)], summary(7), Unknown, "not known"),
        ([*both(1015)], REFUSED, Pass, "was installed"),
    ],
)
def test_sitecomp_scp(entries, statuses, status, said):
    outcome = decided(sitecomp_scp(log(Sitecomp, *entries), statuses, statuses))
    assert type(outcome) is status
    assert said in words(outcome)


@pytest.mark.parametrize(
    ("found", "statuses", "status"),
    [
        (NO_KEY, summary(0), Pass), (NOT_SENT, summary(0), Pass), (UNREAD, summary(0), Unknown),
        (NOT_SENT, summary(), Unknown), (NOT_SENT, NOT_ASKED, Unknown), (NO_KEY, REFUSED, Unknown),
        (log(Sitecomp, *both(1015), cut="damaged"), summary(0), Unknown), (UNREAD, summary(2), Fail),
    ],
)  # fmt: skip
def test_sitecomp_without_the_log(found, statuses, status):
    assert type(decided(sitecomp_scp(found, statuses, statuses))) is status


# -- SMS_AZUREAD_DISCOVERY_AGENT.log -------------------------------------------------------------------

GOOD = "Successfully published UDX for Azure Active Directory users"
SECRET = "Could not obtain application secret for tenant 1. If this is after a site expansion, please run"


@pytest.mark.parametrize("written", [newer, older])
@pytest.mark.parametrize(
    ("entries", "status", "said"),
    [
        ([(GOOD, 30)], Pass, "published UDX"),
        ([("Successfully published UDX for Microsoft Entra users.", 30)], Pass, "Microsoft Entra"),
        ([("Successfully published UDX for Microsoft Entra ID users.", 30)], Pass, "Microsoft Entra"),
        ([("AAD USER delta sync completed successfully", 30)], Pass, "delta"),
        ([("AAD GROUP delta sync completed successfully", 30)], Unknown, "overwritten"),
        ([("ERROR: Unauthorized", 31), (GOOD, 30)], Pass, "published"),
        ([(GOOD, 30), ("x", 1)], Pass, "published"),
        ([(GOOD, 200), ("x", 1)], Warn, "older than 7 days"),
        ([(GOOD, 30), (SECRET, 3)], Fail, "the last success was"),
        ([(SECRET, 3)], Fail, "application secret"),
        ([("The remote server returned an error: (403) Forbidden.", 3)], Fail, "(403)"),
        ([(GOOD, 200)], Unknown, "not the 7 days"),
        ([(SECRET, 200)], Unknown, "not the 7 days"),
        ([("Retrieving AAD discovery settings from database", 1)], Unknown, "overwritten"),
        ([], Unknown, "has no entry with a time"),
    ],
)
def test_azuread_discovery(entries, status, said, written):
    outcome = decided(azuread_discovery(log(EntraDiscovery, *entries, written=written), NOW))
    assert type(outcome) is status
    assert said in words(outcome)


def test_an_error_tells_what_to_do():
    consent = decided(azuread_discovery(log(EntraDiscovery, ("ERROR: Unauthorized", 1)), NOW))
    secret = decided(azuread_discovery(log(EntraDiscovery, (SECRET, 1)), NOW))
    assert "consent" in consent.remedy[0]
    assert "secret" in secret.remedy[0]


def test_copies_of_two_computers_are_judged_apart_and_the_past_is_left_aside():
    good = copied(EntraDiscovery, ("x", 50), (GOOD, 2), place="cm01")
    bad = copied(EntraDiscovery, ("x", 50), (SECRET, 3), place="cm02")
    past = copied(EntraDiscovery, (SECRET, 900), (SECRET, 800), place="old")
    assert type(decided(azuread_discovery(Logs("x", (good, bad)), NOW))) is Fail
    assert type(decided(azuread_discovery(Logs("x", (good, past)), NOW))) is Pass
    assert decided(azuread_discovery(Logs("x", (good,)), NOW)).about == ("cm01",)


def test_a_copy_that_was_read_in_part_never_passes():
    for more in ({"cut": "x.lo_: damaged"}, {}):
        found = log(EntraDiscovery, (GOOD, 3), **more)
        found = found if more else Logs("x", found.copies, ("cm02/x.log: encrypted",))
        assert type(decided(azuread_discovery(found, NOW))) is Unknown


def test_a_success_that_is_cut_off_is_none():
    text = older("x", NOW - timedelta(hours=2)) + GOOD
    found = scan([text.encode()], EntraDiscovery.marks, "x.log", "cp1252")
    copy = LogCopy("", ("x.log",), found.first.at, found.last.at, tuple(found.lines))
    outcome = decided(azuread_discovery(Logs("x", (copy,)), NOW))
    assert "ends within a line" in words(outcome)


def test_without_a_time_zone_the_earliest_moment_counts():
    def unzoned(message: str, at: datetime) -> str:
        return older(message, at, bias=None)

    found = log(EntraDiscovery, (GOOD, 6), ("x", 2), written=unzoned)
    assert type(decided(azuread_discovery(found, NOW))) is Pass
    found = log(EntraDiscovery, (GOOD, 160), ("x", 2), written=unzoned)
    assert type(decided(azuread_discovery(found, NOW))) is Warn


# -- the service connection point ----------------------------------------------------------------------

FETCHED = "Redirected to URL https://download.microsoft.com/x/y.cab"
REFUSED_LINE = "ERROR: WebException: Unable to connect to the remote server"
PROXY = "The remote server returned an error: (407) Proxy Authentication Required."
YES, NO = Attested(True, "A. Meyer"), Attested(False, "A. Meyer")


@pytest.mark.parametrize(
    ("entries", "answer", "status", "said"),
    [
        ([(FETCHED, 5)], YES, Pass, "A. Meyer"),
        ([(FETCHED, 5)], UNANSWERED, Manual, "no failure"),
        ([(FETCHED, 5)], NO, Fail, "A. Meyer"),
        ([("Manifest.cab was successfully moved to the connector outbox", 50), ("x", 3)], YES, Pass, "Manifest"),
        ([(FETCHED, 5), (REFUSED_LINE, 2)], YES, Fail, "1 failed connection"),
        ([(REFUSED_LINE, 4), (REFUSED_LINE, 3), (PROXY, 2), (FETCHED, 1)], YES, Fail, "3 failed connections"),
        ([(PROXY, 3), (FETCHED, 2)], YES, Warn, "(407)"),
        ([(PROXY, 3), (FETCHED, 2)], UNANSWERED, Warn, "(407)"),
        ([(REFUSED_LINE, 50), (FETCHED, 30), ("x", 1)], YES, Pass, "Redirected"),
        ([(FETCHED, 60), (REFUSED_LINE, 50), ("x", 1)], UNANSWERED, Unknown, "no connection has succeeded since"),
        ([(FETCHED, 30)], UNANSWERED, Unknown, "not the 24 hours"),
        ([(FETCHED, 30)], YES, Pass, "not the 24 hours"),
        ([("nothing", 1)], UNANSWERED, Unknown, "neither good nor bad"),
    ],
)
def test_internet_access(entries, answer, status, said):
    outcome = decided(internet_access(log(DmpDownloader, *entries), NOT_SENT, NOW, answer, NO_PROBE, NOT_ASKED))
    assert type(outcome) is status
    assert said in words(outcome)


@pytest.mark.parametrize(
    ("down", "up", "answer", "status"),
    [
        (NO_KEY, NO_KEY, UNANSWERED, Manual), (NOT_SENT, NOT_SENT, UNANSWERED, Unknown), (NO_KEY, NO_KEY, YES, Pass),
        (UNREAD, NOT_SENT, YES, Unknown), (UNREAD, NOT_SENT, UNANSWERED, Unknown), (UNREAD, NOT_SENT, NO, Fail),
        (log(DmpDownloader, (FETCHED, 5)), log(DmpUploader, ("x", 1)), YES, Pass),
        (log(DmpDownloader, (FETCHED, 5)), log(DmpUploader, (REFUSED_LINE, 1)), YES, Warn),
        (log(DmpDownloader, (FETCHED, 5)), log(DmpUploader, *[(REFUSED_LINE, n) for n in (3, 2, 1)]), YES, Fail),
        (log(DmpDownloader, (FETCHED, 5), cut="damaged"), NOT_SENT, YES, Unknown),
        (log(DmpDownloader, (FETCHED, 5)), log(DmpUploader, ("x", 50)), UNANSWERED, Unknown),
    ],
)  # fmt: skip
def test_internet_access_by_both_logs(down, up, answer, status):
    assert type(decided(internet_access(down, up, NOW, answer, NO_PROBE, NOT_ASKED))) is status


@pytest.mark.parametrize(
    ("line", "step"),
    [(PROXY, "proxy"), ("The remote name could not be resolved: 'x'", "public names"),
     ("Could not establish trust relationship for the SSL/TLS secure channel", "TLS inspection")],
)  # fmt: skip
def test_a_failed_connection_tells_what_to_do(line, step):
    outcome = decided(internet_access(log(DmpDownloader, (line, 1)), NOT_SENT, NOW, YES, NO_PROBE, NOT_ASKED))
    assert step in outcome.remedy[0]


def test_a_failure_without_a_time_zone_may_be_of_today() -> None:
    def unzoned(message: str, at: datetime) -> str:
        return older(message, at, bias=None)

    failures = [(REFUSED_LINE, hours) for hours in (22, 21, 20)]
    found = log(DmpUploader, *failures, ("x", 2), written=unzoned)
    assert type(decided(internet_access(NOT_SENT, found, NOW, YES, NO_PROBE, NOT_ASKED))) is Fail


LACKING = log(CertMgr, ("ERROR: Intune connector certificate not found", 2))
QUIET = log(CertMgr, ("nothing", 2))


@pytest.mark.parametrize(
    ("found", "subscriptions", "answer", "status"),
    [
        (NO_KEY, NOT_ASKED, YES, Pass), (QUIET, HIDDEN, YES, Pass), (QUIET, SOME, YES, Warn),
        (LACKING, HIDDEN, YES, Fail), (QUIET, HIDDEN, NO, Fail), (QUIET, HIDDEN, UNANSWERED, Manual),
        (NO_KEY, NOT_ASKED, UNANSWERED, Manual), (UNREAD, NOT_ASKED, YES, Unknown), (LACKING, NONE, YES, NotApplicable),
        (log(CertMgr, ("certificate has expired", 500)), NOT_ASKED, YES, Pass), (NO_KEY, SOME, UNANSWERED, Warn),
    ],
)  # fmt: skip
def test_intune_certificate(found, subscriptions, answer, status):
    assert type(decided(intune_certificate(found, NOW, subscriptions, answer))) is status


def test_every_log_tells_what_to_send():
    asks = [one for one in LogAsk.__subclasses__() if one.__module__ == LogAsk.__module__]
    assert len(asks) == 12
    page = (Path(__file__).parents[2] / "docs" / "collected-files.md").read_text(encoding="utf-8")
    for ask in asks:
        assert ask.log in ask.sending()
        assert ask().describe() == f"{ask.log}.log in {{files.log_dir}}"
        assert f"`{ask.log}.log`" in page
        for mark in ask.marks:
            assert all(word == word.lower() and word.isascii() for word in mark.keywords)
