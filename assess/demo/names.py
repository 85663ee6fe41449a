"""A name server that answers from zone files, as a resolver or as the servers of these zones."""

import socket
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from typing import Self

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset
import dns.zone

from assess.demo.listening import Datagrams, Listener

_LONGEST_CHAIN = 8
_TRIES = 20


class NameServer:
    """Answers over UDP and TCP from ``zones``: name of the zone to the text of its file.

    ``resolves``: it knows everything there is, so that other names do not exist; else it refuses
    to speak of other zones. ``broken``: names at and below which it fails, as a resolver does
    before a zone that is out of order.
    """

    def __init__(
        self, zones: Mapping[str, str], *, resolves: bool, broken: Iterable[str] = ()
    ) -> None:
        self._zones = {
            dns.name.from_text(name): dns.zone.from_text(
                text, name, relativize=False, check_origin=False
            )
            for name, text in zones.items()
        }
        # Every name above one that has records exists too.
        known = (name for zone in self._zones.values() for name in zone)
        self._known = {parent for name in known for parent in _parents(name)}
        self._resolves = resolves
        self._broken = [dns.name.from_text(name) for name in broken]
        self._stack = ExitStack()
        self.address = ""

    def __enter__(self) -> Self:
        for _ in range(_TRIES):
            datagrams = Datagrams(self._bytes)
            try:
                listener = Listener(self._over_tcp, port=datagrams.port)
            except OSError:  # somebody else has the port for TCP
                with datagrams:
                    continue
            self._stack.enter_context(datagrams)
            self._stack.enter_context(listener)
            self.address = listener.address
            return self
        raise OSError("no port is free for both UDP and TCP")

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def _over_tcp(self, connection: socket.socket) -> None:
        with connection.makefile("rwb") as stream:
            while len(size := stream.read(2)) == 2:
                reply = self._bytes(stream.read(int.from_bytes(size, "big")))
                if reply is None:
                    return
                stream.write(len(reply).to_bytes(2, "big") + reply)
                stream.flush()

    def _bytes(self, data: bytes) -> bytes | None:
        try:
            query = dns.message.from_wire(data)
            return self.answer(query).to_wire()
        except (dns.exception.DNSException, ValueError):  # no query, or of several names
            return None

    def answer(self, query: dns.message.Message) -> dns.message.Message:
        """The response to a query."""
        response = dns.message.make_response(query, recursion_available=self._resolves)
        [question] = query.question
        name, kind = question.name, question.rdtype
        if any(name.is_subdomain(broken) for broken in self._broken):
            response.set_rcode(dns.rcode.SERVFAIL)
            return response
        if not self._resolves:
            if self._zone(name) is None:
                response.set_rcode(dns.rcode.REFUSED)
                return response
            response.flags |= dns.flags.AA
        for _ in range(_LONGEST_CHAIN):
            found = self._records(name, kind)
            if found is not None:
                response.answer.append(found)
                return response
            alias = self._records(name, dns.rdatatype.CNAME)
            if alias is None:
                break
            response.answer.append(alias)
            name = alias[0].target
        zone = self._zone(name)
        if zone is None and not self._resolves:  # whoever asked follows the alias
            return response
        if name not in self._known:
            response.set_rcode(dns.rcode.NXDOMAIN)
        if zone is not None and zone.origin is not None:
            soa = zone.get_rrset(zone.origin, dns.rdatatype.SOA)
            response.authority += [] if soa is None else [soa]
        return response

    def _zone(self, name: dns.name.Name) -> dns.zone.Zone | None:
        """The closest zone around a name."""
        return next((self._zones[one] for one in _parents(name) if one in self._zones), None)

    def _records(
        self, name: dns.name.Name, kind: dns.rdatatype.RdataType
    ) -> dns.rrset.RRset | None:
        zone = self._zone(name)
        return None if zone is None else zone.get_rrset(name, kind)


def _parents(name: dns.name.Name) -> Iterator[dns.name.Name]:
    """The name itself and every name above it, up to the root."""
    while True:
        yield name
        if name == dns.name.root:
            return
        name = name.parent()
