"""Signing in as the current user with Kerberos, one ticket a request. NTLM is never spoken.

NTLM proves nothing about the server and can be relayed to another one; sites refuse it since
version 2509. So there is no way here to fall back to it.
"""

import base64
import binascii
import importlib
from typing import Any

import requests
from requests.auth import AuthBase

from assess.errors import Unavailable
from assess.language import tr

_SHOWN = 300
SIGN_IN = (
    "Sign in as a domain user first (on Windows run the tool as that account, elsewhere "
    "`kinit user@REALM`), and name the server by its full host name."
)


class Negotiate(AuthBase):
    """Puts a ticket for HTTP/<host> on each request, and checks the server's proof if it sends one.

    The credentials are those of the account that runs the tool. Raises Unavailable where no ticket
    can be had, or where the server's proof is wrong.
    """

    def __init__(self, host: str) -> None:
        self._host = host

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """The request with its ticket."""
        context, ticket = self._ticket()
        request.headers["Authorization"] = f"Negotiate {base64.b64encode(ticket).decode()}"

        def check(response: requests.Response, **_: object) -> None:
            self._check(context, response)

        request.hooks["response"].append(check)
        return request

    def _ticket(self) -> tuple[Any, bytes]:
        spnego, errors = _library()
        try:
            context = spnego.client(
                hostname=self._host,
                service="HTTP",
                protocol="kerberos",
                context_req=spnego.ContextReq.mutual_auth,
            )
            ticket = context.step()
        except ImportError:
            raise _not_installed() from None
        except (errors.SpnegoError, OSError) as error:
            raise Unavailable(
                tr("no Kerberos ticket for HTTP/{} could be had: {}", self._host, _line(error)),
                SIGN_IN,
            ) from None
        if not ticket:
            raise Unavailable(tr("Kerberos gave an empty ticket for HTTP/{}", self._host), SIGN_IN)
        return context, ticket

    def _check(self, context: Any, response: requests.Response) -> None:  # noqa: ANN401
        """The server's part of a mutual sign-in, where it gives one; TLS has named it already."""
        proof = _proof(response.headers.get("www-authenticate", ""))
        if proof is None or response.status_code == requests.codes["unauthorized"]:
            return
        _, errors = _library()
        try:
            context.step(proof)
        except errors.SpnegoError as error:
            response.close()
            raise Unavailable(
                tr(
                    "{} answered without proving to be HTTP/{}: {}",
                    self._host,
                    self._host,
                    _line(error),
                ),
                tr(
                    "Look whose account holds the SPN HTTP/{} (`setspn -Q`): it belongs "
                    "to the computer that runs the service.",
                    self._host,
                ),
            ) from None


def schemes(header: str) -> frozenset[str]:
    """The ways to sign in that a WWW-Authenticate header offers, in lower case."""
    words = (part.split() for part in header.split(","))
    return frozenset(word[0].lower() for word in words if word and "=" not in word[0])


def _proof(header: str) -> bytes | None:
    for part in header.split(","):
        scheme, _, token = part.strip().partition(" ")
        if scheme.lower() == "negotiate" and token:
            try:
                return base64.b64decode(token.strip(), validate=True)
            except binascii.Error:
                return b""
    return None


def _library() -> tuple[Any, Any]:
    try:
        return importlib.import_module("spnego"), importlib.import_module("spnego.exceptions")
    except ImportError:
        raise _not_installed() from None


def _not_installed() -> Unavailable:
    return Unavailable(
        "signing in with Kerberos needs libraries that are not installed here",
        "Install the tool with its extra: `pip install 'assess[kerberos]'` (on Linux with the "
        'Kerberos headers, libkrb5-dev), or set [site.auth] method = "entra".',
    )


def _line(error: BaseException) -> str:
    text = "".join(c if c.isprintable() else " " for c in str(error))
    return " ".join(text.split())[:_SHOWN]
