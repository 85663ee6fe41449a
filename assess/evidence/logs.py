"""What collected logs of the site can be asked, and what they can say. Source ``log-file``.

A question is a log by its name; its ``marks`` say which lines prove success and which failure. The
last such line of a log wins, so that only the last few of each kind are kept, oldest first. A log
that was sent from two computers (two folders) is two copies, which are never mixed.

No line is not the same as nothing happened: logs are short, and what is older has been overwritten.
So each copy says which time it covers.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import reduce
from typing import Any, ClassVar, NamedTuple

import msgspec

from assess.evidence import Ask
from assess.evidence.certificates import same_computer
from assess.evidence.people import Names, Naming
from assess.language import msg, tr

_AHEAD = timedelta(days=1)  # of the moment judged from: a clock that is further ahead is wrong
_WIDTH = timedelta(hours=26)  # from the easternmost time zone to the westernmost


class Line(msgspec.Struct, frozen=True):
    """One line that proves something.

    ``said`` is its message, cleaned and cut. ``at`` is aware, UTC; None where the line is cut off
    before its time. Where it names no time zone (``exact`` is false) it is the earliest moment that
    it can mean. ``values`` is what its pattern names.
    """

    kind: str
    said: str
    at: datetime | None = None
    exact: bool = True
    file: str = ""
    values: dict[str, str] = {}
    people: ClassVar[Names] = {"values.user": Naming.ACCOUNT}

    def value(self, name: str) -> str:
        """What the pattern found under this name, or ""."""
        return self.values.get(name, "")

    def within(self, span: timedelta, now: datetime) -> bool:
        """It was written in the time before ``now``, and surely so."""
        return self.at is not None and now - span <= self.at <= now + _AHEAD

    def perhaps_within(self, span: timedelta, now: datetime) -> bool:
        """It may have been written in the time before ``now``: what tells of a failure counts."""
        if self.at is None:
            return True
        latest = self.at if self.exact else self.at + _WIDTH
        return now - span <= latest

    @property
    def quoted(self) -> str:
        """The message, when it was written, and where it stands."""
        when = tr("at an unknown time")
        if self.at is not None:
            when = tr("{:%Y-%m-%d %H:%M} UTC", self.at)
        if not self.exact:
            when = tr("{} or up to a day later", when)
        return tr("“{}” ({}, {})", self.said, when, self.file)


class LogCopy(msgspec.Struct, frozen=True):
    """A log of one computer: every file of it in one folder, the oldest first.

    ``place`` is the folder below ``files.log_dir``, with slashes, "" for that folder itself.
    ``first`` and ``last`` are the times of the oldest and the newest entry of all. ``cut`` says why
    a part of it could not be read; "" where all of it was.
    """

    place: str
    files: tuple[str, ...]
    first: datetime | None = None
    last: datetime | None = None
    lines: tuple[Line, ...] = ()
    cut: str = ""
    people: ClassVar[Names] = {"place": Naming.DEVICE}

    def of(self, *kinds: str) -> list[Line]:
        """The lines of these kinds, the oldest first."""
        return [line for line in self.lines if line.kind in kinds]

    def latest(self, *kinds: str) -> Line | None:
        """The last line of these kinds."""
        return next((line for line in reversed(self.lines) if line.kind in kinds), None)

    def since(self, line: Line | None, *kinds: str) -> list[Line]:
        """The lines of these kinds that stand after a line; all of them where that is None."""
        begin = 0
        if line is not None:
            begin = 1 + next(n for n, one in enumerate(self.lines) if one is line)
        return [one for one in self.lines[begin:] if one.kind in kinds]

    def belongs_to(self, computer: str) -> bool:
        """A folder of its place is named for this computer."""
        return any(same_computer(one, computer) for one in self.place.split("/"))

    @property
    def shown(self) -> str:
        """The files and the folder."""
        named = reduce(lambda one, other: tr("{} and {}", one, other), self.files)
        return tr("{} in {}", named, self.place) if self.place else named

    @property
    def covers(self) -> str:
        """The time that it covers, for a sentence."""
        if self.first is None or self.last is None:
            return tr("has no entry with a time")
        return tr("covers {:%Y-%m-%d %H:%M} to {:%Y-%m-%d %H:%M} UTC", self.first, self.last)


class Logs(msgspec.Struct, frozen=True):
    """Every copy of a log that was sent; ``unread`` says of which files nothing could be read."""

    log: str
    copies: tuple[LogCopy, ...]
    unread: tuple[str, ...] = ()

    def of(self, computer: str) -> tuple[LogCopy, ...]:
        """The copies in folders that are named for a computer."""
        return tuple(one for one in self.copies if one.belongs_to(computer))

    def telling(self, *kinds: str) -> tuple[LogCopy, ...]:
        """The copies that have lines of these kinds.

        A copy that ends before another begins is the past of it, and is left aside.
        """
        found = [one for one in self.copies if one.latest(*kinds) is not None]
        return tuple(one for one in found if not any(_before(one, other) for other in found))


def _before(one: LogCopy, other: LogCopy) -> bool:
    return one.last is not None and other.first is not None and one.last < other.first


class Mark(NamedTuple):
    """Which lines prove something: ``kind`` names what.

    ``keywords``: texts in lower-case ASCII, one of which stands in every such line; ``pattern``
    matches at the beginning of the message, whatever its capitals, and names the values to keep.
    Keywords should be rare: what has one and does not match costs time.
    ``keep``: how many of the last ones are kept. ``errors``: every entry that is marked as an
    error counts too.
    """

    kind: str
    keywords: tuple[str, ...]
    pattern: str
    keep: int = 10
    errors: bool = False


class LogAsk(Ask, frozen=True):
    """A log in the folder or ZIP that ``files.log_dir`` names; a question is a subclass.

    ``log``: its name without ending. ``computer``: which computer writes it.
    """

    source: ClassVar[str] = "log-file"
    answer: ClassVar[Any] = Logs
    permissions: ClassVar[tuple[str, ...]] = (msg("read access to the collected logs"),)
    log: ClassVar[str] = ""
    computer: ClassVar[str] = ""
    marks: ClassVar[tuple[Mark, ...]] = ()
    path: str = "{files.log_dir}"

    def describe(self) -> str:
        """The log and where it is looked for."""
        return tr("{}.log in {}", self.log, self.path)

    @classmethod
    def sending(cls) -> str:
        """How to send it."""
        return tr(
            "Copy {}.log and {}.lo_ from {} into the folder or ZIP of files.log_dir.",
            cls.log,
            cls.log,
            cls.computer,
        )


# -- the server with the service connection point --

RECEIVED, FAILED_USER, CHANGED = "received", "failed-user", "changed"


class CloudUserSync(LogAsk, frozen=True):
    """Cloudusersync.log: which users were activated in Intune (hybrid MDM)."""

    log: ClassVar[str] = "Cloudusersync"
    computer: ClassVar[str] = msg("the Logs folder of the server with the service connection point")
    marks: ClassVar[tuple[Mark, ...]] = (
        Mark(
            RECEIVED,
            ("total received users to add",),
            r"Total received users to add from SCCM = (?P<received>\d{1,9}), "
            r"Total Successfully added users to Cloud = (?P<added>\d{1,9})",
            keep=200,
        ),
        Mark(
            FAILED_USER,
            ("failed to add user",),
            r"Failed to add user (?P<user>[^;]{1,200}); reason (?P<reason>\w{1,60})",
            keep=200,
        ),
        Mark(
            CHANGED,
            ("userdeltasync:",),
            r"UserDeltaSync:- Users Added = (?P<added>\d{1,9}), "
            r"Users Removed = (?P<removed>\d{1,9})",
        ),
    )


REACHED, NOT_REACHED = "reached", "not-reached"
_CONNECTION = Mark(
    NOT_REACHED,
    (
        "webexception",
        "unable to connect to the remote server",
        "(407)",
        "proxy authentication",
        "name could not be resolved",
        "operation has timed out",
        "trust relationship",
        "connection was closed",
        "error_winhttp",
        "winhttpsendrequest",
    ),
    r".*?(?P<why>\(407\)|proxy authentication required|unable to connect to the remote server"
    r"|name could not be resolved|operation has timed out|trust relationship|connection was closed"
    r"|ERROR_WINHTTP_\w+|WinHttpSendRequest (?:has )?failed|WebException)",
    keep=50,
)


class DmpDownloader(LogAsk, frozen=True):
    """dmpdownloader.log: whether the service connection point fetches from the cloud."""

    log: ClassVar[str] = "dmpdownloader"
    computer: ClassVar[str] = CloudUserSync.computer
    marks: ClassVar[tuple[Mark, ...]] = (
        Mark(
            REACHED,
            ("redirected to url https", "is signed and trusted", "moved to the connector outbox"),
            r"(?:Redirected to URL https?://(?P<host>[\w.-]+)"
            r"|File '[^']*' is signed and trusted"
            r"|Manifest\.cab was successfully moved to the connector outbox)",
        ),
        _CONNECTION,
    )


class DmpUploader(LogAsk, frozen=True):
    """dmpuploader.log: whether the service connection point sends to the cloud.

    Which lines prove success is not documented: only failures are looked for.
    """

    log: ClassVar[str] = "dmpuploader"
    computer: ClassVar[str] = CloudUserSync.computer
    marks: ClassVar[tuple[Mark, ...]] = (_CONNECTION,)


# -- the site server --

INSTALLATION, FLAGGED = "installation", "flagged"
DMP_COMPONENTS = ("SMS_DMP_DOWNLOADER", "SMS_DMP_UPLOADER")
_SITE_LOGS = msg("the Logs folder of the site server (<installation folder>\\Logs)")


class Sitecomp(LogAsk, frozen=True):
    """sitecomp.log: whether the components of the service connection point were installed."""

    log: ClassVar[str] = "sitecomp"
    computer: ClassVar[str] = _SITE_LOGS
    marks: ClassVar[tuple[Mark, ...]] = (
        Mark(
            INSTALLATION,
            ("sms_dmp_",),
            r"STATMSG: ID=(?P<id>101[56])\b.*?\b(?P<component>SMS_DMP_(?:DOWNLOADER|UPLOADER))\b",
            keep=20,
        ),
        Mark(
            FLAGGED,
            ("sms_dmp_",),
            r"Component (?P<component>SMS_DMP_(?:DOWNLOADER|UPLOADER)) flagged for installation",
            keep=20,
        ),
    )


PUBLISHED, SYNCED, SETTINGS_READ, ERROR = "published", "synced", "settings", "error"


class EntraDiscovery(LogAsk, frozen=True):
    """SMS_AZUREAD_DISCOVERY_AGENT.log: whether users of Microsoft Entra ID are discovered."""

    log: ClassVar[str] = "SMS_AZUREAD_DISCOVERY_AGENT"
    computer: ClassVar[str] = msg(
        "the Logs folder of the site server (<installation folder>\\Logs) of the top-tier site"
    )
    marks: ClassVar[tuple[Mark, ...]] = (
        Mark(
            PUBLISHED,
            ("successfully published udx for",),
            r"Successfully published UDX for (?:Azure Active Directory|Azure AD|Microsoft Entra)"
            r"(?: ID)? users",
        ),
        Mark(
            SYNCED,
            ("sync completed successfully",),
            r"(?:AAD|Azure AD|Azure Active Directory|(?:Microsoft )?Entra)(?: ID)? users? "
            r"(?P<cycle>full|delta) sync completed successfully",
        ),
        Mark(
            SETTINGS_READ,
            ("retrieving aad discovery settings",),
            r"Retrieving AAD discovery settings from database",
            keep=1,
        ),
        Mark(
            ERROR,
            (
                "could not obtain application secret",
                "unauthorized",
                "forbidden",
                "(401)",
                "(403)",
                "error:",
                "exception",
            ),
            r"(?:ERROR\b|.*?(?:Could not obtain application secret|Unauthorized|Forbidden"
            r"|\(40[13]\)|\w*Exception\b))",
            errors=True,
        ),
    )


CYCLE = "cycle"


class UserDiscoveryLog(LogAsk, frozen=True):
    """adusrdis.log: the cycles of Active Directory user discovery, and how each ended."""

    log: ClassVar[str] = "adusrdis"
    computer: ClassVar[str] = _SITE_LOGS
    marks: ClassVar[tuple[Mark, ...]] = (
        Mark(
            CYCLE,
            ("sync returning 0x",),
            r"(?:INFO: )?CADSource::(?P<cycle>fullSync|incrementalSync) returning "
            r"(?P<code>0x[0-9A-F]{8})",
        ),
    )


READY, STUCK, DONE = "ready", "stuck", "done"


class CloudMgr(LogAsk, frozen=True):
    """CloudMgr.log: how the deployment of gateways and cloud distribution points went."""

    log: ClassVar[str] = "CloudMgr"
    computer: ClassVar[str] = msg(
        "the Logs folder of the site server (<installation folder>\\Logs) where the gateway was "
        "created"
    )
    marks: ClassVar[tuple[Mark, ...]] = (
        Mark(
            READY,
            ("is readyrole",),
            r"Deployment instance status for service (?P<service>\S{1,100}) is ReadyRole",
        ),
        Mark(
            STUCK,
            ("is busyrole", "is restartingrole"),
            r"Deployment instance status for service (?P<service>\S{1,100}) is "
            r"(?:Busy|Restarting)Role",
        ),
        Mark(
            DONE,
            ("taskmanager: task [",),
            r"TaskManager: Task \[(?P<task>[^\]]{1,200})\] has (?:completed|succeeded)",
        ),
        Mark(
            ERROR,
            ("has failed", "exception occured", "exception occurred", "is in expired state"),
            r"(?:ERROR: )?(?:TaskManager: Task \[(?P<task>[^\]]{1,200})\] has failed"
            r"|Exception occur?red for service (?P<service>\S{1,100})"
            r"|Communication exception occur?red|.*?certificate.*? is in expired state)",
        ),
    )


MISSING = "missing"


class CertMgr(LogAsk, frozen=True):
    """CertMgr.log: errors about the certificate of the connector to Intune (hybrid MDM).

    Which lines prove that it is in use is not documented: only errors are looked for.
    """

    log: ClassVar[str] = "CertMgr"
    computer: ClassVar[str] = _SITE_LOGS
    marks: ClassVar[tuple[Mark, ...]] = (
        Mark(
            MISSING,
            ("certificate not found", "certificate was not found", "certificate is missing",
             "certificate has expired", "certificate is expired"),
            r".*?certificate (?:(?:was )?not found|is missing|has expired|is expired)",
        ),
    )  # fmt: skip


# -- the gateway connection point and the management point --

ANSWERED, NOT_BUILT, NO_CERTIFICATE = "answered", "not-built", "no-certificate"


class ProxyConnectorLog(LogAsk, frozen=True):
    """SMS_Cloud_ProxyConnector.log: the traffic of the gateway connection point."""

    log: ClassVar[str] = "SMS_Cloud_ProxyConnector"
    computer: ClassVar[str] = msg("the Logs folder of the server with the gateway connection point")
    marks: ClassVar[tuple[Mark, ...]] = (
        Mark(
            ANSWERED,
            ("responseheader: http/",),
            r".*?ResponseHeader: HTTP/\d(?:\.\d)? (?P<status>\d{3})",
        ),
        Mark(
            NOT_BUILT,
            ("failed to build",),
            r"(?:ERROR: )?Failed to build (?:Tcp|Http)\w* connection",
        ),
        Mark(
            NO_CERTIFICATE,
            (
                "no certificate",
                "no client certificate",
                "no pki certificate",
                "no suitable certificate",
                "no valid certificate",
                "no valid client certificate",
                "certificate not found",
                "certificate was not found",
            ),
            r".*?\b(?:no (?:valid )?(?:client |pki |suitable )?certificate"
            r"|certificate (?:was )?not found)",
        ),
    )


SELF_TEST = "self-test"


class MpControl(LogAsk, frozen=True):
    """mpcontrol.log: the management point's requests to itself, by port and status code."""

    log: ClassVar[str] = "mpcontrol"
    computer: ClassVar[str] = msg("the Logs folder of each management point")
    marks: ClassVar[tuple[Mark, ...]] = (
        Mark(
            SELF_TEST,
            ("httpsendrequestsync",),
            r"Call to HttpSendRequestSync (?P<word>succeeded|failed) for port (?P<port>\d{1,5}) "
            r"with status code (?P<status>\d{1,5})",
        ),
    )


# -- clients --

ENROLLED, NOT_ENROLLED, POLICY = "enrolled", "not-enrolled", "policy"
_CLIENT_LOGS = msg("%windir%\\CCM\\Logs of sample clients, one folder for each")


class CoManagementHandler(LogAsk, frozen=True):
    """CoManagementHandler.log: whether a client is enrolled and has the co-management policy."""

    log: ClassVar[str] = "CoManagementHandler"
    computer: ClassVar[str] = _CLIENT_LOGS
    marks: ClassVar[tuple[Mark, ...]] = (
        Mark(
            ENROLLED,
            ("mdm enrollment succeeded", "device is provisioned", "is already enrolled with mdm"),
            r"(?:MDM enrollment succeeded|Device is provisioned"
            r"|Machine is already enrolled with MDM)",
        ),
        Mark(
            NOT_ENROLLED,
            (
                "device is not mdm enrolled yet",
                "device is not provisioned",
                "enrollment url has not yet been",
                "disabled but expected to be enabled",
                "0x8018",
            ),
            r"(?:Device is not MDM enrolled yet|Device is not provisioned"
            r"|Mdm Enrollment Url has not yet been configured"
            r"|Co-management is disabled but expected to be enabled"
            r"|.*?(?P<code>0x8018[0-9A-F]{4}))",
        ),
        Mark(
            POLICY,
            ("co-mgmt workloads flag is compliant", "with co-management max capabilities"),
            r"(?:Co-mgmt workloads flag is compliant"
            r"|New merged workloadflags value with co-management max capabilities)",
            keep=1,
        ),
    )


REGISTERED, NOT_REGISTERED, PKI_SELECTED = "registered", "not-registered", "pki-selected"


class ClientIdStartup(LogAsk, frozen=True):
    """ClientIDManagerStartup.log: whether a client is registered, and with which certificate."""

    log: ClassVar[str] = "ClientIDManagerStartup"
    computer: ClassVar[str] = _CLIENT_LOGS
    marks: ClassVar[tuple[Mark, ...]] = (
        Mark(REGISTERED, ("client is registered",), r"\[RegTask\] - Client is registered"),
        Mark(
            NOT_REGISTERED,
            ("client is not registered", "client registration failed"),
            r"\[RegTask\] - (?:Client is not registered|Client registration failed)",
        ),
        Mark(
            PKI_SELECTED,
            ("selected the pki certificate",),
            r"(?:>>> )?Client selected the PKI Certificate",
        ),
    )


def faulty(copies: Iterable[LogCopy]) -> str:
    """Why parts of these copies could not be read; "" where all of them were."""
    return "; ".join(dict.fromkeys(one.cut for one in copies if one.cut))
