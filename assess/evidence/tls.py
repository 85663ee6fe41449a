"""What a TLS handshake can be asked, and what it can show. Source ``tls``.

The one question whose answer may be an invalid certificate: the chain is read as it is served, held
against the roots, and nothing is sent after the handshake. What came of each host is a type of its
own, so that a certificate, a port where nobody listens and silence stay apart.
"""

from typing import Any, ClassVar, Literal, Self, TypeAlias

import msgspec

from assess.clouds import CLOUDS
from assess.errors import Unavailable
from assess.evidence import Ask, Known, fill
from assess.evidence.certificates import Certificate, Trust
from assess.language import msg, tr

Taken: TypeAlias = Literal["accepted", "refused", "not tried", "no answer"]


class Served(msgspec.Struct, frozen=True, tag=True):
    """The host showed its certificate.

    ``chain`` is what it sent, leaf first; ``protocol`` what was negotiated, such as ``TLSv1.3``.
    ``tls_1_0`` to ``tls_1_3``: whether each of these alone is accepted; ``not tried`` where this
    machine cannot offer it. ``ended`` says how the talk went on after the certificate, where it
    broke off (a server may want a certificate of the client's first); "" where the handshake was
    completed.
    ``stapled``: the answer of its responder that it sent along (OCSP), as it came.
    """

    chain: tuple[Certificate, ...]
    trust: Trust
    protocol: str
    tls_1_0: Taken = "not tried"
    tls_1_1: Taken = "not tried"
    ended: str = ""
    stapled: bytes = b""
    tls_1_2: Taken = "not tried"
    tls_1_3: Taken = "not tried"

    @property
    def leaf(self) -> Certificate:
        """The server's own certificate."""
        return self.chain[0]

    @property
    def old_protocols(self) -> tuple[str, ...]:
        """The protocols below TLS 1.2 that it accepts."""
        found = (("TLS 1.0", self.tls_1_0), ("TLS 1.1", self.tls_1_1))
        return tuple(name for name, state in found if state == "accepted")

    @property
    def sound_protocols(self) -> tuple[str, ...]:
        """The protocols from TLS 1.2 on that it accepts, the one that it chose among them."""
        found = (("TLS 1.2", "TLSv1.2", self.tls_1_2), ("TLS 1.3", "TLSv1.3", self.tls_1_3))
        return tuple(
            name for name, chosen, state in found if state == "accepted" or self.protocol == chosen
        )


class Refused(msgspec.Struct, frozen=True, tag=True):
    """The host itself said no: nobody listens on the port."""

    why: str


class NoAddress(msgspec.Struct, frozen=True, tag=True):
    """The resolver of this machine knows no address of that name."""

    why: str


class Silent(msgspec.Struct, frozen=True, tag=True):
    """Nobody was reached: no resolver, no route, no answer in time. The way may be at fault."""

    why: str


class NoHandshake(msgspec.Struct, frozen=True, tag=True):
    """Somebody listens, but no certificate came: plain text, an alert, silence, a broken line."""

    why: str


Seen: TypeAlias = Served | Refused | NoAddress | Silent | NoHandshake


class Endpoints(msgspec.Struct, frozen=True):
    """What came of each host, by its name in lower case."""

    by_host: dict[str, Seen]

    def reached(self, *, besides: str = "") -> str:
        """A host, other than the one named, that showed a certificate; "" where none did."""
        return next(
            (h for h, seen in self.by_host.items() if h != besides and isinstance(seen, Served)), ""
        )


class Handshakes(Ask, frozen=True):
    """The certificate and protocol of each host, on one port, under its own name (SNI)."""

    source: ClassVar[str] = "tls"
    permissions: ClassVar[tuple[str, ...]] = (
        msg("TCP to the port, directly or through the proxy"),
    )
    answer: ClassVar[Any] = Endpoints
    hosts: tuple[str, ...]
    port: int = 443

    def bind(self, known: Known) -> Self:
        """The question with the hosts' names in lower case."""
        hosts = tuple(dict.fromkeys(host.lower().rstrip(".") for host in fill(self.hosts, known)))
        return msgspec.structs.replace(self, hosts=hosts)

    def describe(self) -> str:
        """The hosts and the port."""
        return tr("the TLS handshake of {} on port {}", ", ".join(self.hosts), self.port)


class Control(Handshakes, frozen=True):
    """Handshakes with hosts that surely answer, to tell a dead host from a dead line.

    Asked beside ``Handshakes``: who does not answer is only at fault where one of these does.
    Without hosts it is the sign-in of the tenant's cloud.
    """

    hosts: tuple[str, ...] = ()

    def bind(self, known: Known) -> Self:
        """The hosts; those of keys that are not set are left out."""
        found: list[str] = []
        for pattern in self.hosts or (_login(known),):
            try:
                found += fill((pattern,), known)
            except Unavailable:
                continue
        if not found:
            raise Unavailable("no other host is known that a connection could be compared with")
        hosts = tuple(dict.fromkeys(host.lower().rstrip(".") for host in found))
        return msgspec.structs.replace(self, hosts=hosts)

    def describe(self) -> str:
        """The hosts and the port."""
        return tr("for comparison, {}", super().describe())


def _login(known: Known) -> str:
    try:
        cloud = str(known.key("tenant.cloud"))
    except Unavailable:
        cloud = "public"
    return CLOUDS[cloud].login.removeprefix("https://")
