"""A name server that answers from one file of records, as a resolver or as the servers of zones."""

import socket
from collections.abc import Iterable
from contextlib import ExitStack
from typing import Self

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset
import dns.zone

from assess.demo.listening import Datagrams, Listener

_LONGEST_CHAIN = 8
_TRIES = 20


class NameServer:
    """Answers over UDP and TCP from ``records``, a zone file with absolute names of many zones.

    ``resolves``: it knows everything there is, so that other names do not exist; else it is
    responsible for the zones whose SOA it has, and refuses to speak of others. ``broken``: names at
    and below which it fails, as a resolver does before a zone that is out of order.
    """

    def __init__(self, records: str, *, resolves: bool, broken: Iterable[str] = ()) -> None:
        self._zone = dns.zone.from_text(
            records, dns.name.root, relativize=False, check_origin=False
        )
        self._inner = {
            parent for name in self._zone for parent in _parents(name)
        }  # every name above one that has records exists too
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
            if self._soa(name) is None:
                response.set_rcode(dns.rcode.REFUSED)
                return response
            response.flags |= dns.flags.AA
        for _ in range(_LONGEST_CHAIN):
            found = self._zone.get_rrset(name, kind)
            alias = None if found else self._zone.get_rrset(name, dns.rdatatype.CNAME)
            if found or not alias:
                break
            response.answer.append(alias)
            name = alias[0].target
        if found:
            response.answer.append(found)
            return response
        soa = self._soa(name)
        if soa is not None:
            response.authority.append(soa)
        # An alias into somebody else's zone is followed by whoever asked.
        if (soa or self._resolves) and name not in self._inner:
            response.set_rcode(dns.rcode.NXDOMAIN)
        return response

    def _soa(self, name: dns.name.Name) -> dns.rrset.RRset | None:
        """The SOA of the closest zone around a name; None where there is none."""
        for parent in _parents(name):
            found = self._zone.get_rrset(parent, dns.rdatatype.SOA)
            if found:
                return found
        return None


def _parents(name: dns.name.Name) -> Iterable[dns.name.Name]:
    """The name itself and every name above it, up to the root."""
    while True:
        yield name
        if name == dns.name.root:
            return
        name = name.parent()
