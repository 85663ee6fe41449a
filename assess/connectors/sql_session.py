"""A session with a SQL Server through Microsoft's own driver: encrypted, verified, read only.

The driver is an optional extra. It takes the authorities that this machine trusts; a certificate
of [sql] certificate is compared with what the server shows, which needs TDS 8.0 (SQL Server 2022).
"""

import importlib
import re
import threading
from collections.abc import Callable, Generator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol, TypeAlias

from assess.errors import Unavailable
from assess.language import msg, tr

DRIVER = "mssql_python"
INSTALL = msg('Install the driver with: python -m pip install "assess[sql]"')
_LOGIN_SECONDS = 15
_STATEMENT_SECONDS = 600
_AT_ONCE = 2000  # rows that are fetched together
_VENDOR = re.compile(r"\[(?:Microsoft|SQL Server|ODBC Driver[^\]]*)\]")
_KEPT = 200
_TRUST = (
    "Let this machine trust the authority that signed it: on Windows in the store Trusted Root "
    "Certification Authorities, elsewhere in the system's store or the file that SSL_CERT_FILE "
    "names. A SQL Server 2022 or later can be pinned instead: export its certificate and name the "
    "file as [sql] certificate. It is never accepted unseen."
)

Rows: TypeAlias = Generator[Sequence[Any], None, None]


class Session(Protocol):
    """From a statement with its parameters to rows. ``place`` names the database for a person."""

    place: str

    def rows(self, statement: str, parameters: Sequence[str] = ()) -> Rows:
        """Every row, as it comes; raises Unavailable."""
        ...

    def close(self) -> None:
        """Give the connection back."""
        ...


class NotGranted(Unavailable):
    """The server says that the account may not read this, or that it is not there."""


class DriverSession:
    """One connection, made when the first statement is sent; one statement at a time.

    ``address`` is the server as the driver takes it, ``host`` the name in its certificate; ``spn``
    the service that a ticket is asked for, where the driver cannot tell it from the address.
    A sign-in that failed is not tried again: many questions would lock the account.
    """

    def __init__(
        self,
        address: str,
        host: str,
        database: str,
        *,
        method: str = "windows",
        user: str = "",
        password: Callable[[], str] = str,
        spn: str = "",
        certificate: Path | None = None,
        login_seconds: int = _LOGIN_SECONDS,
        statement_seconds: int = _STATEMENT_SECONDS,
    ) -> None:
        self.place = tr("{} on {}", database, host)
        self._address = address
        self._host = host
        self._database = database
        self._method = method
        self._user = user
        self._password = password
        self._spn = spn
        self._certificate = certificate
        self._login_seconds = login_seconds
        self._statement_seconds = statement_seconds
        self._lock = threading.Lock()
        self._connection: Any = None
        self._refused: Unavailable | None = None

    def rows(self, statement: str, parameters: Sequence[str] = ()) -> Rows:
        """Every row, as it comes; raises Unavailable rather than end early."""
        with self._lock:
            cursor = self._connected().cursor()
            try:
                cursor.execute(statement, *([tuple(parameters)] if parameters else []))
                while found := cursor.fetchmany(_AT_ONCE):
                    yield from found
            except Exception as error:
                if not _is_driver_error(error):
                    raise
                explained = self._explained(error)
                if not isinstance(explained, NotGranted):  # the connection may be lost
                    self._drop()
                raise explained from None
            finally:
                with suppress(Exception):  # of a connection that is lost
                    cursor.close()

    def close(self) -> None:
        """Give the connection back."""
        with self._lock:
            self._drop()

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(Exception):  # it may be lost already
                connection.close()

    def _connected(self) -> Any:  # noqa: ANN401 - the driver's connection
        if self._refused is not None:
            raise self._refused
        if self._connection is None:
            try:
                self._connection = self._connect()
            except Unavailable as error:
                self._refused = error
                raise
        return self._connection

    def _connect(self) -> Any:  # noqa: ANN401 - the driver's connection
        try:
            driver = importlib.import_module(DRIVER)
        except ImportError:
            raise Unavailable(
                tr("{} cannot be read: the driver for SQL Server is not installed", self.place),
                INSTALL,
            ) from None
        asked = self._asked()
        driver.pooling(enabled=False)
        try:
            connection = driver.connect(asked, autocommit=True, timeout=self._login_seconds)
            connection.timeout = self._statement_seconds
        except Exception as error:
            if not _is_driver_error(error):
                raise
            raise self._explained(error) from None
        return connection

    def _asked(self) -> str:
        """The connection string; it holds the password and never leaves this module."""
        keys = {
            "Server": self._address,
            "Database": self._database,
            "Encrypt": "yes",
            "TrustServerCertificate": "no",
            "HostnameInCertificate": self._host,
            "ApplicationIntent": "ReadOnly",
            "ConnectRetryCount": "0",
        }
        if self._certificate is not None:
            if not self._certificate.is_file():
                raise Unavailable(
                    tr("[sql] certificate names {}, which is no file", self._certificate),
                    "Export the certificate of the SQL Server to it, as PEM or DER.",
                )
            keys |= {"Encrypt": "strict", "ServerCertificate": str(self._certificate)}
        if self._method == "password":
            keys |= {"UID": self._user, "PWD": self._password()}
        else:
            keys["Trusted_Connection"] = "yes"
            keys |= {"ServerSPN": self._spn} if self._spn else {}
        return "".join(f"{key}={{{value.replace('}', '}}')}}};" for key, value in keys.items())

    def _explained(self, error: Exception) -> Unavailable:
        """What the driver's error means here; of its own words only what holds no secret."""
        said = _said(error)
        low = f"{said} {getattr(error, 'driver_error', '')}".lower()  # the driver's are English
        for words, reason, mend in _MEANINGS:
            if any(word in low for word in words):
                kind = NotGranted if mend is _GRANT else Unavailable
                return kind(tr(reason, self.place, said), mend)
        if "login failed" in low or "28000" in low or "4060" in low:
            return Unavailable(tr("{} refuses the sign-in: {}", self.place, said), self._sign_in())
        return Unavailable(
            tr("{} cannot be read: {}", self.place, said),
            "Check [site] sql_server and database, [sql] port, and the firewall on the way.",
        )

    def _sign_in(self) -> str:
        who = (
            tr("the account {}", self._user)
            if self._method == "password"
            else msg("this Windows account")
        )
        return tr(
            "Give {} a login and a user in {}, as the administrator's page "
            "shows, and check [sql] auth.",
            who,
            self._database,
        )


_GRANT = (
    "Let the administrator of the database run the script that `assess permissions --grants` "
    "prints, for this account."
)
_MEANINGS: tuple[tuple[tuple[str, ...], str, str], ...] = (
    (
        ("permission was denied", "invalid object name", "invalid column name"),
        msg("{} does not show what is asked for: {}"),
        _GRANT,
    ),
    (
        ("failed to load the driver",),
        msg("{} cannot be read: the driver lacks a library of this system: {}"),
        (
            msg(
                "On Linux install libltdl7 and libgssapi-krb5-2 (Debian, Ubuntu), or libtool-ltdl "
                "and krb5-libs (Red Hat)."
            )
        ),
    ),
    (
        ("certificate", "ssl provider"),
        msg("{} shows a certificate that is not accepted: {}"),
        _TRUST,
    ),
    (
        ("encryption not supported",),
        msg("{} offers no encryption: {}"),
        msg(
            "Let its administrator give it a certificate; nothing is read over a connection in "
            "clear."
        ),
    ),
    (
        ("sspi", "kerberos", "gss", "no credentials"),
        msg("{} cannot be signed in to with Windows: {}"),
        (
            msg(
                "Run as a domain account (elsewhere than on Windows: kinit first), check the SPN "
                'MSSQLSvc/<host>:<port>, or set [sql.auth] method = "password".'
            )
        ),
    ),
    (
        ("timeout", "timed out"),
        msg("{} does not answer in time: {}"),
        msg(
            "Check [site] sql_server, [sql] port and the firewall, or run again when it is less "
            "busy."
        ),
    ),
)


def _is_driver_error(error: Exception) -> bool:
    return type(error).__module__.partition(".")[0] == DRIVER or isinstance(error, RuntimeError)


def _said(error: Exception) -> str:
    """The server's or the driver's words, in one line."""
    text = str(getattr(error, "ddbc_error", "") or getattr(error, "driver_error", "") or "")
    line = " ".join("".join(c if c.isprintable() else " " for c in _VENDOR.sub("", text)).split())
    return line[:_KEPT] or type(error).__name__
