"""The hosts that a federated tenant signs in at: their certificates, and whether AD FS runs there.

Which hosts they are, the federation of the tenant's domains tells.
"""

from typing import Self
from urllib.parse import urlsplit

from assess.errors import Unavailable
from assess.evidence import Ask, Known
from assess.evidence.graph import Federation, Federations
from assess.evidence.http import StatusLine
from assess.evidence.revocation import RevocationOf
from assess.evidence.tls import Handshakes
from assess.language import tr

METADATA = "/federationmetadata/2007-06/federationmetadata.xml"
_PORT = 443


def sign_in_host(federations: tuple[Federation, ...] | None) -> str:
    """The host that users of a domain are sent to, lower case; "" where none is named.

    A host on another port than 443 is none: no proxy for AD FS publishes one.
    """
    for federation in federations or ():
        address = federation.passive_sign_in_uri
        if not isinstance(address, str):
            continue
        try:
            parts = urlsplit(address)
            if parts.scheme == "https" and parts.hostname and parts.port in (None, _PORT):
                return parts.hostname.lower()
        except ValueError:
            continue
    return ""


def _hosts(known: Known) -> tuple[str, ...]:
    answer: dict[str, tuple[Federation, ...] | None] = known.answer(Federations())
    found = (sign_in_host(federations) for _, federations in sorted(answer.items()))
    return tuple(dict.fromkeys(host for host in found if host))


class FederationHandshakes(Handshakes, frozen=True):
    """The certificate of each host that federated domains sign in at."""

    hosts: tuple[str, ...] = ()

    def requires(self) -> tuple[Ask, ...]:
        """The federation of the domains."""
        return (Federations(),)

    def bind(self, known: Known) -> Self:
        """The hosts; none where no domain is federated."""
        return type(self)(_hosts(known), self.port)


class FederationRevocation(RevocationOf, frozen=True):
    """Whether the certificates of those hosts are revoked."""

    hosts: tuple[str, ...] = ()

    @property
    def handshakes(self) -> Handshakes:
        """The question for the certificates themselves."""
        return FederationHandshakes(self.hosts, self.port)

    def requires(self) -> tuple[Ask, ...]:
        """The certificates. They are for people outside, who read no list in a directory."""
        return (self.handshakes,)


class FederationMetadata(StatusLine, frozen=True):
    """Whether AD FS shows its metadata, at the one host that the domains sign in at."""

    url: str = ""

    def requires(self) -> tuple[Ask, ...]:
        """The federation of the domains."""
        return (Federations(),)

    def bind(self, known: Known) -> Self:
        """The address. Raises Unavailable where there is no host, or more than one."""
        hosts = _hosts(known)
        if not hosts:
            raise Unavailable("no domain of the tenant is federated", skipped=True)
        if len(hosts) > 1:
            raise Unavailable(
                tr(
                    "the domains sign in at more than one host ({}), and only the metadata of "
                    "one is read",
                    ", ".join(hosts),
                ),
                tr("Look in a browser whether each of them shows {}.", METADATA),
            )
        return type(self)(f"https://{hosts[0]}{METADATA}")
