"""A signed-in connection to one domain controller: verified TLS always, read-only, with deadlines.

Every answer is whole or ``Unavailable``: ldap3 gives up quietly in places (a page without its
control, a range that breaks off), so pages and ranges are followed here.
"""

import re
import ssl
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

import ldap3
from ldap3.core.exceptions import (
    LDAPExceptionError,
    LDAPPackageUnavailableError,
    LDAPSessionTerminatedByServerError,
    LDAPStartTLSError,
)

from assess.errors import Unavailable
from assess.keytypes import Secret
from assess.language import msg, tr

Entry = dict[str, Any]

PAGED = "1.2.840.113556.1.4.319"
PAGE = 1000  # Windows' MaxPageSize; a larger page is cut to it
_EMPTY_PAGES = 1000
_GLOBAL_CATALOG = {3268: 389, 3269: 636}
_RANGE = re.compile(r"(?i)(?P<name>[^;]+);range=(?P<first>\d+)-(?P<last>\d+|\*)")

# Sub-codes of a refused bind, as Active Directory words them: "..., data 52e, v1db1".
_DATA = re.compile(r"data ([0-9a-f]+)")
_SIGN_IN: dict[str, tuple[str, str]] = {
    "525": (
        msg("there is no such account"),
        msg("Correct {key}user, e.g. reader@corp.contoso.com."),
    ),
    "52e": (
        msg("the account's name or password is wrong"),
        msg("Correct {key}user and {key}password."),
    ),
    "530": (
        msg("the account may not sign in at this time"),
        msg("Ask for its logon hours, or run later."),
    ),
    "531": (
        msg("the account may not sign in from this machine"),
        msg("Ask for its logon workstations."),
    ),
    "532": (
        msg("its password has expired"),
        msg("Have a new password set, and put it into {key}password."),
    ),
    "533": (
        msg("the account is disabled"),
        msg("Have it enabled, or name another one in {key}user."),
    ),
    "701": (
        msg("the account has expired"),
        msg("Have it extended, or name another one in {key}user."),
    ),
    "773": (
        msg("its password must be changed first"),
        msg("Sign in with it once and change the password."),
    ),
    "775": (
        msg("the account is locked out"),
        msg("Have it unlocked, correct {key}password, run again."),
    ),
    "80090346": (
        msg("the domain controller requires channel binding, which a simple bind cannot give"),
        msg('Set {key}auth = "kerberos", or ask for another domain controller.'),
    ),
}
_MAY_READ = msg("Give {key}user read access, as Authenticated Users have.")
_RESULTS: dict[int, tuple[str, str]] = {
    1: (msg("it wants a sign-in first"), msg("Check that {key}user may read the directory.")),
    3: (msg("the answer took longer than it allows"), msg("Run again when it is less busy.")),
    4: (msg("it cut the list at its size limit"), msg("Ask for MaxPageSize of its LDAP policy.")),
    8: (
        msg("it requires signing or encryption on this connection (strongerAuthRequired)"),
        msg("Use ldaps:// in {key}server."),
    ),
    10: (
        msg("it refers to another domain controller"),
        msg(
            "Name a domain controller of that domain, or a global catalog (port 3269), in "
            "{key}server."
        ),
    ),
    11: (msg("it hit an administrative limit"), msg("Run again when it is less busy.")),
    12: (
        msg("it does not give answers page by page"),
        msg("Name a domain controller in {key}server."),
    ),
    13: (msg("it requires encryption"), msg("Use ldaps:// in {key}server.")),
    32: (
        msg("there is no such object, or the account may not see it"),
        msg("Check the name, and that {key}user may see it."),
    ),
    49: (msg("the sign-in is refused"), msg("Check {key}user and {key}password.")),
    50: (msg("the account may not read there"), _MAY_READ),
    51: (msg("it is busy"), msg("Run again later.")),
    52: (msg("it is not available"), msg("Run again later, or name another domain controller.")),
    53: (msg("it is unwilling to do that"), msg("Name another domain controller in {key}server.")),
}
_NO_SUCH_OBJECT = 32
_INVALID_CREDENTIALS = 49
# OpenSSL's verification results (x509_vfy.h).
_EXPIRED, _NOT_YET, _NAMES, _ADDRESSES = 10, 9, 62, 64
_UNTRUSTED = (2, 18, 19, 20, 21)


_HUNG_UP = re.compile(r"(?i)EOF occurred|unexpected eof|reset by peer|broken pipe")


@dataclass(frozen=True)
class Access:
    """How one forest is reached: a table of the engagement file. ``section`` is ``ad`` or below.

    ``connect_to``: ``host:port`` to the ``host:port`` that is really called; the name that the
    certificate must have stays. ``connect_seconds``: for reaching it and for the handshake;
    ``silence_seconds``: without a byte; ``answer_seconds``: for one whole page, however it drips.
    """

    section: str
    server: str
    user: str = ""
    password: Secret | None = None
    auth: str = "simple"
    ca_file: Path | None = None
    connect_to: Mapping[str, str] = field(default_factory=dict)
    connect_seconds: int = 10
    silence_seconds: int = 30
    answer_seconds: int = 180

    @property
    def host(self) -> str:
        """The host, as the certificate must name it."""
        return urlsplit(self.server).hostname or ""

    @property
    def encrypted(self) -> bool:
        """LDAPS from the first byte; else StartTLS."""
        return urlsplit(self.server).scheme.lower() == "ldaps"

    @property
    def port(self) -> int:
        """The port, with the scheme's own where none is named."""
        return urlsplit(self.server).port or (636 if self.encrypted else 389)

    @property
    def is_catalog(self) -> bool:
        """It names the global catalog: every domain of the forest, some attributes."""
        return self.port in _GLOBAL_CATALOG

    @property
    def directory_port(self) -> int:
        """Where the same host gives every attribute of its own domain."""
        return _GLOBAL_CATALOG.get(self.port, self.port)

    @property
    def catalog_port(self) -> int | None:
        """Where the same host would answer as a global catalog; None where nobody can know."""
        if self.is_catalog:
            return self.port
        return next((gc for gc, own in _GLOBAL_CATALOG.items() if own == self.port), None)

    def called(self, port: int) -> tuple[str, int]:
        """Host and port that are really called for a port of the server."""
        target = self.connect_to.get(f"{self.host.lower()}:{port}")
        parts = urlsplit(f"//{target or self.host}")
        return parts.hostname or self.host, parts.port or port

    def worded(self, text: str) -> str:
        """``text`` with this table's own keys in it."""
        return tr(text, key=f"{self.section}.")


class _Socket(ssl.SSLSocket):
    """Gives up when a whole answer takes too long, even where single bytes keep coming."""

    deadline: float | None = None

    def recv(self, buflen: int = 1024, flags: int = 0) -> bytes:
        if self.deadline is not None and time.monotonic() > self.deadline:
            raise TimeoutError("the answer took too long")
        return super().recv(buflen, flags)


class _Verified(ldap3.Tls):  # type: ignore[misc]  # ldap3 has no types
    """A trusted chain and the right name. ldap3's own loses the reason of a refusal."""

    def __init__(self, host: str, ca_file: Path | None, seconds: int) -> None:
        super().__init__(validate=ssl.CERT_REQUIRED)
        self.host = host
        self.seconds = seconds
        self.failure: OSError | None = None
        self.context = ssl.create_default_context(cafile=None if ca_file is None else str(ca_file))
        # Python 3.13 sets it; many a company's own authority does not live up to it.
        self.context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        self.context.sslsocket_class = _Socket

    def wrap_socket(self, connection: Any, do_handshake: bool = False) -> None:  # noqa: ANN401, ARG002
        plain = connection.socket
        before = plain.gettimeout()
        plain.settimeout(self.seconds)
        try:
            wrapped = self.context.wrap_socket(plain, server_hostname=self.host)
        except OSError as error:
            self.failure = error
            raise
        wrapped.settimeout(before)
        connection.socket = wrapped


class Directory(Protocol):
    """A directory that can be searched, and what it holds. Whole answers, or ``Unavailable``.

    ``root``: the rootDSE; ``requests`` counts searches; ``no_descriptor`` says why an object comes
    without its security descriptor.
    """

    root: dict[str, tuple[str, ...]]
    requests: int
    no_descriptor: str

    @property
    def where(self) -> str:
        """What it is called in the locations of evidence."""
        ...

    def worded(self, text: str) -> str:
        """``text``, a mend, in terms of how this directory is come to."""
        ...

    def entry(self, dn: str, attributes: Sequence[str]) -> dict[str, list[bytes]] | None:
        """The named attributes of one object; None where there is certainly none."""
        ...

    def pages(
        self,
        base: str,
        query: str,
        attributes: Sequence[str],
        *,
        scope: str = ldap3.SUBTREE,
        page: int = PAGE,
        controls: Sequence[Any] = (),
    ) -> Iterator[list[Entry]]:
        """Every entry that fits, with ``raw_dn`` and ``raw_attributes``, some at a time."""
        ...


class Session:
    """One connection, used by one thread. ``requests`` counts what was asked over it."""

    no_descriptor = msg("the directory gave no security descriptor to this account")

    def __init__(self, access: Access, port: int, connection: Any) -> None:  # noqa: ANN401
        self.access = access
        self.port = port
        self.requests = 0
        self._connection = connection
        self.root = self._root()

    @property
    def where(self) -> str:
        """The server, for locations of evidence."""
        return f"ldap{'s' if self.access.encrypted else ''}://{self.access.host}:{self.port}"

    def worded(self, text: str) -> str:
        """``text`` with the keys of the engagement file that say how the server is reached."""
        return self.access.worded(text)

    def close(self) -> None:
        """Sign off; a server that hangs does not keep anybody."""
        with suppress(Exception):
            self._connection.unbind()

    def _root(self) -> dict[str, tuple[str, ...]]:
        """The rootDSE: what this server holds."""
        wanted = (
            "namingContexts", "configurationNamingContext", "rootDomainNamingContext",
            "defaultNamingContext", "dnsHostName",
        )  # fmt: skip
        found = self.entry("", wanted)
        if found is None:
            raise Unavailable(tr("{} does not say what it holds (no rootDSE)", self.where))
        root = {name: tuple(text(value) for value in found.get(name, ())) for name in wanted}
        if not root["configurationNamingContext"] or not root["rootDomainNamingContext"]:
            raise Unavailable(
                tr("{} is no domain controller of Active Directory", self.where),
                self.access.worded(msg("Name a domain controller in {key}server.")),
            )
        return root

    def _search(
        self,
        base: str,
        query: str,
        scope: str,
        attributes: Sequence[str],
        **more: Any,  # noqa: ANN401
    ) -> dict[str, Any]:
        """One request and its result; what the server refuses is left to the caller."""
        self.requests += 1

        socket = self._connection.socket
        if isinstance(socket, _Socket):
            socket.deadline = time.monotonic() + self.access.answer_seconds
        try:
            self._connection.search(base, query, scope, attributes=list(attributes), **more)
            return dict(self._connection.result)
        except Exception as error:  # noqa: BLE001 - ldap3 raises anything on a stranger's bytes
            raise broken(self.access, self.port, error) from None

    def entry(self, dn: str, attributes: Sequence[str]) -> dict[str, list[bytes]] | None:
        """The named attributes of one object; None where the server says that there is none.

        ``objectClass`` is always read with them: an object that shows not even this is one whose
        attributes the account may not read, which is no answer.
        """
        result = self._search(dn, "(objectClass=*)", ldap3.BASE, ["objectClass", *attributes])
        if result["result"] == _NO_SUCH_OBJECT:
            return None
        self._complain(result, dn or msg("the rootDSE"))
        found = [one for one in self._connection.response if one["type"] == "searchResEntry"]
        if not found:
            raise Unavailable(
                tr("{} shows nothing of {}", self.where, dn or msg("the rootDSE")),
                self.access.worded(_MAY_READ),
            )
        raw = {name: list(values) for name, values in found[0]["raw_attributes"].items()}
        if dn and not raw.get("objectClass"):
            raise Unavailable(
                tr("{} shows {}, but none of its attributes", self.where, dn),
                self.access.worded(_MAY_READ),
            )
        return {name: self._ranged(dn, name, raw) for name in attributes}

    def _ranged(self, dn: str, name: str, raw: dict[str, list[bytes]]) -> list[bytes]:
        for key, values in raw.items():
            found = _RANGE.fullmatch(key)
            if found and found["name"].lower() == name.lower() and values:
                return self.values(dn, name, values, found["last"])
        return raw.get(name, [])

    def values(self, dn: str, name: str, first: Sequence[bytes], last: str) -> list[bytes]:
        """All values of an attribute of which the server gave the ``first`` up to ``last``."""
        values = list(first)
        while last != "*":
            wanted = f"{name};range={len(values)}-*"
            result = self._search(dn, "(objectClass=*)", ldap3.BASE, [wanted])
            self._complain(result, tr("{} of {}", name, dn))
            last = ""
            for one in self._connection.response:
                for key, more in one.get("raw_attributes", {}).items():
                    found = _RANGE.fullmatch(key)
                    if found and int(found["first"]) == len(values) and more:
                        values += more
                        last = found["last"]
            if not last:
                raise Unavailable(
                    tr("{} broke off within {} of {}", self.where, name, dn), "Run again."
                )
        return values

    def pages(
        self,
        base: str,
        query: str,
        attributes: Sequence[str],
        *,
        scope: str = ldap3.SUBTREE,
        page: int = PAGE,
        controls: Sequence[Any] = (),
    ) -> Iterator[list[Entry]]:
        """Every entry that fits, a page at a time: whole, or ``Unavailable``.

        References to other servers are left out: what they lead to is asked for by its own name.
        """
        cookie: bytes | None = None
        empty = 0
        while True:
            result = self._search(
                base, query, scope, attributes,
                paged_size=page, paged_criticality=True, paged_cookie=cookie,
                controls=list(controls) or None,
            )  # fmt: skip
            self._complain(result, base)
            entries = [one for one in self._connection.response if one["type"] == "searchResEntry"]
            control = (result.get("controls") or {}).get(PAGED)
            if control is None:
                raise Unavailable(
                    tr(
                        "{} did not answer page by page for {}: the list may be cut",
                        self.where,
                        base,
                    ),
                    self.access.worded("Name a domain controller itself in {key}server, no proxy."),
                )
            yield entries
            cookie = control["value"]["cookie"]
            if not cookie:
                return
            empty = 0 if entries else empty + 1
            if empty > _EMPTY_PAGES:
                raise Unavailable(
                    tr("{} gives page after page without an end for {}", self.where, base)
                )

    def _complain(self, result: dict[str, Any], what: str) -> None:
        if result["result"] != 0:
            raise refused(self.access, self.port, result, what)


@contextmanager
def signed_in(access: Access, *, port: int | None = None) -> Iterator[Session]:
    """A session with the forest's server; ``port`` where another one of the same host is meant."""
    session = _open(access, access.port if port is None else port)
    try:
        yield session
    finally:
        session.close()


def _open(access: Access, port: int) -> Session:
    where = f"{access.host}:{port}"
    password = _password(access)
    tls = _tls(access)
    server = ldap3.Server(
        *access.called(port), use_ssl=access.encrypted, tls=tls, get_info=ldap3.NONE,
        connect_timeout=access.connect_seconds,
    )  # fmt: skip
    how: dict[str, Any] = {"authentication": ldap3.SIMPLE}
    how |= {"user": access.user, "password": password}
    if access.auth == "kerberos":
        how = {"authentication": ldap3.SASL, "sasl_mechanism": ldap3.KERBEROS}
        how["sasl_credentials"] = (access.host,)
    connection = ldap3.Connection(
        server, client_strategy=ldap3.SYNC, read_only=True, check_names=False, auto_referrals=False,
        auto_range=False, return_empty_attributes=False, raise_exceptions=False,
        receive_timeout=access.silence_seconds, **how,
    )  # fmt: skip
    try:
        connection.open(read_server_info=False)
        if not access.encrypted:
            with _deadline(connection, access):
                connection.start_tls(read_server_info=False)
        if not isinstance(connection.socket, _Socket):
            raise Unavailable(tr("{}: there is no TLS, so no sign-in is tried", where))  # noqa: TRY301
        connection.bind(read_server_info=False)
        if connection.result["result"] != 0:
            raise refused(access, port, connection.result)  # noqa: TRY301
        return Session(access, port, connection)
    except Unavailable:
        _hang_up(connection)
        raise
    except Exception as error:  # noqa: BLE001 - as above; nothing of it may end the run
        _hang_up(connection)
        raise broken(access, port, tls.failure or error) from None


def _password(access: Access) -> str | None:
    """An empty one would be an anonymous sign-in, which sees an empty directory."""
    if access.auth == "kerberos":
        return None
    given = (("user", access.user), ("password", access.password))
    keys = [name for name, value in given if not value]
    if keys or access.password is None:
        missing = tr(" and ").join(f"{access.section}.{name}" for name in keys)
        raise Unavailable(
            tr("[{}] names {}, but {} is not set", access.section, access.host, missing),
            tr('Set {}, or {}.auth = "kerberos".', missing, access.section),
        )
    password = access.password.reveal()
    if not password:
        raise Unavailable(
            tr("{}.password is empty", access.section), "Put the password where the key says it is."
        )
    return password


def _tls(access: Access) -> _Verified:
    try:
        return _Verified(access.host, access.ca_file, access.connect_seconds)
    except OSError as error:  # an SSLError is one too
        raise Unavailable(
            tr(
                "{}.ca_file {} cannot be used: {}",
                access.section,
                access.ca_file,
                error.strerror or error,
            ),
            "Export the authority that signs the domain controllers' certificates as PEM (Base64).",
        ) from None


@contextmanager
def _deadline(connection: Any, access: Access) -> Iterator[None]:  # noqa: ANN401
    """Whatever is said before TLS is said within the time for connecting, or the line is cut."""
    socket = connection.socket

    def cut() -> None:
        with suppress(OSError):
            socket.shutdown(2)

    timer = threading.Timer(2 * access.connect_seconds, cut)
    timer.daemon = True
    socket.settimeout(access.connect_seconds)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
    connection.socket.settimeout(access.silence_seconds)


def _hang_up(connection: Any) -> None:  # noqa: ANN401
    with suppress(Exception):
        connection.unbind()
    if connection.socket is not None:
        with suppress(Exception):
            connection.socket.close()


class SignInRefused(Unavailable):
    """The account is refused: to ask again and again would lock it out."""


def refused(access: Access, port: int, result: dict[str, Any], what: str = "") -> Unavailable:
    """What a server's refusal means, and what mends it; it refused ``what``, else the sign-in."""
    code, message = result["result"], str(result.get("message") or "")
    described = str(result.get("description") or tr("result {}", code))
    said, mend = _RESULTS.get(code, (described, "Run again."))
    kind: type[Unavailable] = Unavailable
    if code == _INVALID_CREDENTIALS:
        kind = SignInRefused
        detail = _DATA.search(message)
        said, mend = _SIGN_IN.get(detail[1] if detail else "", (said, mend))
    where, known = f"{access.host}:{port}", _quoted(message)
    if what:
        reason = tr("{} refused reading {}: {}{}", where, what, said, known)
    elif access.user:
        reason = tr("{} refused signing in as {}: {}{}", where, access.user, said, known)
    else:
        reason = tr("{} refused signing in: {}{}", where, said, known)
    return kind(reason, access.worded(mend))


def _quoted(message: str) -> str:
    """The server's own words, one line, cut: they help whoever asks the administrator."""
    line = " ".join(message.replace("\0", " ").split())
    return f" ({line[:160]})" if line else ""


def broken(access: Access, port: int, error: BaseException) -> Unavailable:
    """What a fault of the connection means: reach, time, certificate, or nonsense."""
    where = f"{access.host}:{port}"
    if isinstance(error, Unavailable):
        return error
    if isinstance(error, ssl.SSLCertVerificationError):
        return _distrusted(access, where, error)
    if isinstance(error, LDAPPackageUnavailableError):
        return Unavailable(
            tr('{}.auth is "kerberos", but the packages for it are not installed', access.section),
            "Install them: pip install 'assess[kerberos]'. Or sign in with user and password.",
        )
    if isinstance(error, LDAPStartTLSError):
        return Unavailable(
            tr("{} does not change to TLS (StartTLS), so no sign-in is tried: {}", where, error),
            access.worded("Give the domain controller a certificate, or name it as ldaps://…:636."),
        )
    words = str(error)
    if isinstance(error, LDAPSessionTerminatedByServerError) or _HUNG_UP.search(words):
        return Unavailable(tr("{} hung up before the answer was whole", where), "Run again.")
    if isinstance(error, TimeoutError) or "timed out" in words or "timeout" in words.lower():
        return Unavailable(
            tr("{} did not answer in time", where),
            access.worded("Check that {key}server runs and can be reached from here; run again."),
        )
    if isinstance(error, ssl.SSLError):
        return Unavailable(
            tr("{} speaks no TLS as it should: {}", where, error.reason or error),
            access.worded("Check scheme and port of {key}server: ldaps:// is 636, ldap:// is 389."),
        )
    if isinstance(error, (LDAPExceptionError, OSError)):
        return Unavailable(
            tr("{} cannot be reached or broke off: {}", where, words or type(error).__name__),
            access.worded("Check {key}server, its port and the firewall, then run again."),
        )
    if access.auth == "kerberos":
        return Unavailable(
            tr("{} could not be signed in to with Kerberos: {}", where, words[:160]),
            access.worded(
                "Get a ticket (kinit), name {key}server by its full host name, run again."
            ),
        )
    return Unavailable(
        tr("{} answered with what is no LDAP ({})", where, type(error).__name__),
        access.worded("Check that {key}server is a domain controller."),
    )


def _distrusted(access: Access, where: str, error: ssl.SSLCertVerificationError) -> Unavailable:
    said = error.verify_message
    if error.verify_code in (_NAMES, _ADDRESSES):
        return Unavailable(
            tr("the certificate of {} is for another name than {}: {}", where, access.host, said),
            access.worded("Write in {key}server the name that is in the certificate."),
        )
    if error.verify_code in (_EXPIRED, _NOT_YET):
        return Unavailable(
            tr("the certificate of {} is not valid today: {}", where, said),
            "Renew the certificate of the domain controller.",
        )
    mend = access.worded("Name the PEM file of the authority that signs it in {key}ca_file.")
    if access.ca_file is not None:
        key = f"{access.section}."
        name = access.ca_file.name
        mend = tr("Put the right authority into {key}ca_file ({name}).", key=key, name=name)
    if error.verify_code in _UNTRUSTED:
        because = tr(
            "the certificate of {} comes from an authority that is not trusted: {}", where, said
        )
    else:
        because = tr("the certificate of {} is not trusted: {}", where, said)
    return Unavailable(because, mend)


def text(value: bytes) -> str:
    """The text of a value; bytes that are no UTF-8 become U+FFFD and never an error."""
    return value.decode("utf-8", "replace")
