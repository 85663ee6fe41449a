"""What goes wrong on the way to an answer, in sentences that hold no secret."""

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

import requests
from urllib3.exceptions import HTTPError, NameResolutionError

from assess.connectors.http_replies import host_of, parts_of, place
from assess.connectors.http_transport import Watch
from assess.errors import Unavailable
from assess.language import msg, tr

_CONNECTION = (
    requests.exceptions.ConnectionError,
    requests.exceptions.ChunkedEncodingError,
    OSError,
    HTTPError,
)


class Untrusted(Unavailable):
    """The certificate of the other side is not one to trust, so nothing was sent to it."""


class Broken(Exception):
    """Nobody answered, which may be better in a moment."""

    def __init__(self, unavailable: Unavailable) -> None:
        super().__init__(unavailable.reason)
        self.unavailable = unavailable


def slow(url: str) -> Unavailable:
    """The answer took longer than there is time for."""
    return Unavailable(
        tr("{} did not finish its answer in time", place(url)),
        "Run again; if it stays, look at the network and the proxy on the way to the service.",
    )


@contextmanager
def in_words(url: str, proxy: str | None, watch: Watch | None = None) -> Iterator[None]:
    """Turn the libraries' exceptions into sentences; their own texts may hold credentials."""
    try:
        yield
    except requests.exceptions.ProxyError as error:
        raise Broken(
            Unavailable(
                tr(
                    "the proxy {} did not lead to {}{}",
                    place(proxy) if proxy else msg("of this machine"),
                    place(url),
                    _root(error),
                ),
                "Check [network] proxy, or the environment's, and that it lets this host through.",
            )
        ) from None
    except requests.exceptions.SSLError as error:
        raise _untrusted(url, error) from None
    except (requests.exceptions.Timeout, TimeoutError):
        raise Broken(slow(url)) from None
    except _CONNECTION as error:
        if watch is not None and watch.passed:
            raise Broken(slow(url)) from None
        raise _unreached(url, error) from None
    except (requests.exceptions.RequestException, UnicodeError, ValueError) as error:
        raise Unavailable(
            tr(
                "{} cannot be asked, or its answer cannot be read: {}",
                place(url),
                type(error).__name__,
            ),
            msg("Check the address in the engagement file."),
        ) from None


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The exception, and those that it stems from or holds."""
    seen: set[int] = set()
    left: list[object] = [error]
    while left:
        one = left.pop(0)
        if isinstance(one, BaseException) and id(one) not in seen:
            seen.add(id(one))
            yield one
            left += [one.__cause__, one.__context__, getattr(one, "reason", None), *one.args]


def _root(error: BaseException) -> str:
    """What the operating system said, if it said something."""
    for one in _chain(error):
        if isinstance(one, OSError) and one.strerror and not isinstance(one, ssl.SSLError):
            return f": {one.strerror}"
    return ""


def _unreached(url: str, error: Exception) -> Exception:
    host = host_of(url)
    if any(isinstance(one, (NameResolutionError, socket.gaierror)) for one in _chain(error)):
        return Broken(
            Unavailable(
                tr("the name {} could not be resolved from this machine", parts_of(url).hostname),
                "Check the address, and the name resolution of this machine.",
            )
        )
    return Broken(
        Unavailable(
            tr("{} could not be reached, or broke off{}", host, _root(error)),
            "Check the address, the firewall and the proxy between this machine and the service.",
        )
    )


def _untrusted(url: str, error: Exception) -> Exception:
    host = host_of(url)
    for one in _chain(error):
        if isinstance(one, ssl.SSLCertVerificationError):
            return Untrusted(
                tr("the certificate of {} is not trusted: {}", host, one.verify_message)
                if one.verify_message
                else tr("the certificate of {} is not trusted: refused", host),
                "Name the PEM file of the authority that signs it as ca_file; "
                "verification is never switched off.",
            )
    if any("ingerprint" in str(one) for one in _chain(error)):
        return Untrusted(
            tr("the certificate of {} is not the one that is pinned", host),
            "Compare it with the server's certificate; enter the new one if that was renewed.",
        )
    return Broken(
        Unavailable(
            tr("no TLS connection to {} could be made", host),
            "Check that the port speaks TLS 1.2 or later, and that no proxy breaks it open.",
        )
    )
