"""Hands a message to a mail server: always encrypted, the certificate verified, bounded in time.

``smtps://`` speaks TLS from the start; ``smtp://`` is upgraded by STARTTLS, and a server that does
not offer it is told nothing. A passing refusal (4xx) and a broken connection are tried again.
"""

import platform
import smtplib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import urlsplit

from urllib3.exceptions import MaxRetryError
from urllib3.util.retry import Retry

from assess.errors import Unavailable
from assess.language import tr

_PORTS = {"smtp": 587, "smtps": 465}
_PASSING = range(400, 500)
_SHOWN = 200


class MailServer:
    """A server that takes messages. ``password`` is asked for when it is needed, after TLS.

    ``routes``: ``host:port`` to the ``host:port`` that is really called. ``deadline`` bounds one
    attempt, in seconds, however slowly the other side answers.
    """

    def __init__(
        self,
        address: str,
        *,
        user: str = "",
        password: Callable[[], str] | None = None,
        ca_file: Path | None = None,
        routes: Mapping[str, str] | None = None,
        timeout: float = 20.0,
        deadline: float = 120.0,
        attempts: int = 3,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        parts = urlsplit(address)
        self._implicit = parts.scheme == "smtps"
        self._host = parts.hostname or ""
        self._port = parts.port or _PORTS[parts.scheme]
        self._user, self._password = user, password
        self._ca = ca_file
        self._routes = {name.lower(): target for name, target in (routes or {}).items()}
        self._timeout, self._deadline = timeout, deadline
        self._attempts, self._sleep = attempts, sleep

    @property
    def where(self) -> str:
        """``mail.contoso.com:587``."""
        return f"{self._host}:{self._port}"

    def deliver(self, message: EmailMessage) -> tuple[str, ...]:
        """The recipients that the server refused, if it took the message for others.

        Raises Unavailable where it took it for nobody; the sentence holds no secret.
        """
        context = self._context()
        password = self._password() if self._user and self._password is not None else ""
        retry = Retry(self._attempts - 1, backoff_factor=1.0, backoff_jitter=0.5)
        while True:
            try:
                return self._once(message, context, password)
            except _Passing as passing:
                try:
                    retry = retry.increment(error=passing)
                except (MaxRetryError, _Passing):
                    raise passing.unavailable from None
                self._sleep(retry.get_backoff_time())

    def _context(self) -> ssl.SSLContext:
        try:
            context = ssl.create_default_context(cafile=None if self._ca is None else str(self._ca))
        except OSError:
            raise Unavailable(
                tr("the file of authorities {} cannot be read, or holds no certificate", self._ca),
                "Name a PEM file with the certificate of the authority as notify.mail.ca_file.",
            ) from None
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        return context

    def _once(
        self, message: EmailMessage, context: ssl.SSLContext, password: str
    ) -> tuple[str, ...]:
        target = self._routes.get(self.where.lower(), "")
        server = _Implicit(context, target) if self._implicit else _Upgraded(target)
        passed = threading.Event()
        watch = threading.Timer(self._deadline, _end, (server, passed))
        watch.daemon = True
        watch.start()
        try:
            server.timeout = self._timeout
            server._host = self._host  # type: ignore[union-attr]  # noqa: SLF001 - what is verified
            _expect(server.connect(self._host, self._port), 220)
            server.ehlo()
            if not self._implicit:
                server.starttls(context=context)
                server.ehlo()
            if self._user:
                server.login(self._user, password)
            refused = server.send_message(message)
        except Exception as error:  # noqa: BLE001 - each kind has its sentence, none is lost
            raise self._told(error, late=passed.is_set()) from None
        finally:
            watch.cancel()
            with suppress(OSError, smtplib.SMTPException):
                server.close()
        return tuple(refused)

    def _told(self, error: Exception, *, late: bool) -> Exception:
        """What went wrong, as a sentence; whether it may pass."""
        where = self.where
        # smtplib tells of a time-out while it reads as of a connection that was closed.
        if late or TimeoutError in (type(error), type(error.__context__)):
            return _Passing(
                Unavailable(tr("{} did not finish in time", where), "Look at the mail server.")
            )
        match error:
            case ssl.SSLCertVerificationError():
                return Unavailable(
                    tr("the certificate of {} is not trusted: {}", where, error.verify_message),
                    "Name the PEM file of its authority as notify.mail.ca_file; verification is "
                    "never switched off.",
                )
            case smtplib.SMTPNotSupportedError():
                return Unavailable(
                    tr(
                        "{} offers no encryption (STARTTLS), or no way to sign in that is known",
                        where,
                    ),
                    "Use smtps:// or another server; nothing is sent in the clear.",
                )
            case smtplib.SMTPAuthenticationError():
                return Unavailable(
                    tr("{} refused the sign-in of notify.mail.user ({})", where, error.smtp_code),
                    "Check notify.mail.user and where its password is kept.",
                )
            case smtplib.SMTPRecipientsRefused():
                codes = [code for code, _ in error.recipients.values()]
                said = Unavailable(
                    tr(
                        "{} refused every recipient ({})",
                        where,
                        ", ".join(map(str, sorted(set(codes)))),
                    ),
                    "Check notify.mail.to, and whether the server relays for this machine.",
                )
                return _Passing(said) if all(code in _PASSING for code in codes) else said
            case smtplib.SMTPResponseException() if error.smtp_code < 0:
                return Unavailable(
                    tr("what answers at {} does not speak SMTP", where),
                    "Check the host and the port of notify.mail.server.",
                )
            case smtplib.SMTPResponseException():
                said = Unavailable(
                    tr(
                        "{} refused the mail ({}: {})",
                        where,
                        error.smtp_code,
                        _line(error.smtp_error),
                    ),
                    "Check notify.mail.from and the size of what is attached.",
                )
                return _Passing(said) if error.smtp_code in _PASSING else said
            case ssl.SSLError():
                return _Passing(
                    Unavailable(
                        tr("no TLS connection to {} could be made", where),
                        "Check the port: smtps:// is TLS from the start, smtp:// is upgraded.",
                    )
                )
            case OSError() | smtplib.SMTPException():
                why = f": {error.strerror}" if getattr(error, "strerror", None) else ""
                return _Passing(
                    Unavailable(
                        tr("{} could not be reached, or broke off{}", where, why),
                        "Check notify.mail.server and the firewall.",
                    )
                )
            case _:
                return Unavailable(
                    tr("the mail could not be handed to {}: {}", where, type(error).__name__),
                    "Check the keys under [notify.mail].",
                )


class _Passing(Exception):
    """May be better in a moment."""

    def __init__(self, unavailable: Unavailable) -> None:
        super().__init__(unavailable.reason)
        self.unavailable = unavailable


def _routed(target: str, host: str, port: int) -> tuple[str, int]:
    if not target:
        return host, port
    name, _, number = target.rpartition(":")
    return name.strip("[]"), int(number)


class _Upgraded(smtplib.SMTP):
    def __init__(self, target: str) -> None:
        self._target = target
        super().__init__(local_hostname=platform.node() or "localhost")

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        return socket.create_connection(_routed(self._target, host, port), timeout)


class _Implicit(smtplib.SMTP_SSL):
    def __init__(self, context: ssl.SSLContext, target: str) -> None:
        self._target = target
        super().__init__(local_hostname=platform.node() or "localhost", context=context)
        self._tls = context

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        plain = socket.create_connection(_routed(self._target, host, port), timeout)
        return self._tls.wrap_socket(plain, server_hostname=host)


def _end(server: smtplib.SMTP, passed: threading.Event) -> None:
    """Shut the connection, so that whoever waits on it wakes up."""
    passed.set()
    held = getattr(server, "sock", None)
    if isinstance(held, socket.socket):
        with suppress(OSError):
            socket.socket.shutdown(held, socket.SHUT_RDWR)


def _expect(answer: tuple[int, bytes], code: int) -> None:
    if answer[0] != code:
        raise smtplib.SMTPConnectError(*answer)


def _line(data: bytes | str) -> str:
    text = data.decode("utf-8", "replace") if isinstance(data, bytes) else data
    return "".join(c for c in " ".join(text.split()) if c.isprintable())[:_SHOWN]
