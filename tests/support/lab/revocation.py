"""Where a certificate's revocation can be asked: a list and an OCSP responder over HTTP, answered by OpenSSL.

with revocation_server(pki, issuing) as server:
    leaf = pki.issue(issuing, "cmg.contoso.com", ocsp=server.ocsp, crl=server.crl)
    pki.revoke(leaf)                    # from now on both say so
"""

import base64
import http.server
import urllib.parse
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from lab.pki import Credential, Pki
from lab.process import run
from lab.tls import http_server


@dataclass(frozen=True)
class RevocationServer:
    """``host`` answers on port 80."""

    host: str

    @property
    def ocsp(self) -> str:
        return f"http://{self.host}/ocsp"

    @property
    def crl(self) -> str:
        return f"http://{self.host}/issuing.crl"

    @property
    def ca_issuers(self) -> str:
        return f"http://{self.host}/issuing.cer"


@contextmanager
def revocation_server(pki: Pki, issuer: Credential) -> Iterator[RevocationServer]:
    """The responder of one issuer; it knows what was issued and revoked at the moment it is asked."""

    class Responder(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            request = self.rfile.read(int(self.headers["Content-Length"]))
            self._answer("application/ocsp-response", ocsp_response(pki, issuer, request))

        def do_GET(self) -> None:
            match self.path.split("/")[1]:
                case "issuing.crl":
                    self._answer("application/pkix-crl", pki.crl(issuer))
                case "issuing.cer":
                    self._answer("application/pkix-cert", issuer.der)
                case "ocsp":
                    encoded = urllib.parse.unquote(self.path.removeprefix("/ocsp/"))
                    request = base64.b64decode(encoded)
                    self._answer("application/ocsp-response", ocsp_response(pki, issuer, request))
                case _:
                    self.send_error(404)

        def _answer(self, kind: str, body: bytes) -> None:
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing is printed."""

    with http_server(Responder) as endpoint:
        yield RevocationServer(endpoint.host)


def ocsp_response(pki: Pki, issuer: Credential, request: bytes) -> bytes:
    """What the issuer answers to an OCSP request (both DER): good, revoked, or unknown to it."""
    with TemporaryDirectory() as folder:
        asked, answered = Path(folder, "request"), Path(folder, "response")
        asked.write_bytes(request)
        run(
            [
                *("openssl", "ocsp", "-index", str(pki.database(issuer)), "-ndays", "7"),
                *("-CA", str(issuer.certificate)),
                *("-rsigner", str(issuer.certificate), "-rkey", str(issuer.key)),
                *("-reqin", str(asked), "-respout", str(answered)),
            ]
        )
        return answered.read_bytes()


@pytest.fixture
def revocation() -> Iterator[Callable[[Pki, Credential], RevocationServer]]:
    """``revocation(pki, issuing)``: a `revocation_server` that runs until the test ends."""
    with ExitStack() as stack:
        yield lambda pki, issuer: stack.enter_context(revocation_server(pki, issuer))
