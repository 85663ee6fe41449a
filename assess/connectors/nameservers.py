"""One question to name servers in turn, on dnspython's asyncio, and what counts as an answer.

NOERROR from a server that resolves or is responsible for the zone is one, and so is NXDOMAIN.
SERVFAIL, REFUSED, silence, a referral, a loop of aliases and a broken packet are none: the next
server is asked, the silent ones once more, and then the words say which server did what.
"""

import asyncio
import threading
from collections import Counter
from collections.abc import Coroutine, Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

import dns.asyncbackend
import dns.asyncquery
import dns.entropy
import dns.exception
import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

from assess.connectors import Visit
from assess.language import tr

T = TypeVar("T")
_ROUNDS = 2  # times that a silent server is asked
_TIRESOME = 3  # silences in a row after which a server is asked last, or no more
_SETTLED = (dns.rcode.NOERROR, dns.rcode.NXDOMAIN)
_BROKEN = (dns.exception.DNSException, EOFError, ValueError, LookupError)


class Server(NamedTuple):
    """Where a name server listens, and what people call it."""

    host: str
    port: int
    text: str

    @classmethod
    def at(cls, address: str, called: str = "") -> "Server":
        """The server at ``address:port``, IPv6 in brackets; ``called`` by another name."""
        host, _, port = address.rpartition(":")
        return cls(host.strip("[]"), int(port), called or address)


@dataclass(frozen=True, slots=True)
class Reply:
    """What a server answered. ``exists`` is false for NXDOMAIN.

    ``answer`` has the records of the type asked for, at the end of all aliases; ``alias`` is the
    first target on the way there. ``resolves``: the server follows aliases into other zones.
    ``ttl``: seconds that the first record may be kept.
    """

    server: str
    exists: bool
    answer: dns.rrset.RRset | None
    alias: str | None
    resolves: bool
    ttl: int | None = None


@dataclass(frozen=True, slots=True)
class Silence:
    """Nobody answered: ``why`` says which server did what."""

    why: str


@dataclass(frozen=True, slots=True)
class _Refused:
    """What a server did instead of answering, and whether it may be asked the same again.

    ``failed``: it could not find the answer (SERVFAIL).
    """

    what: str
    again: bool = False
    failed: bool = False


class NameServers:
    """Asks; never more than ``in_flight`` questions at once, whoever asks.

    ``timeout``: seconds that one question may take, all servers and repetitions together.
    """

    def __init__(self, *, timeout: float, in_flight: int) -> None:
        self._timeout = timeout
        self._free = asyncio.Semaphore(in_flight)
        self._backend = dns.asyncbackend.get_backend("asyncio")
        self._silences: Counter[str] = Counter()
        self._heard: set[str] = set()

    async def ask(
        self,
        name: str,
        kind: dns.rdatatype.RdataType,
        servers: Iterable[Server],
        visit: Visit,
        *,
        recurse: bool = True,
    ) -> Reply | Silence:
        """The first usable reply of the servers in turn; else what each of them did."""
        try:
            query = dns.message.make_query(name, kind)
        except dns.exception.DNSException as error:
            return Silence(tr("{} cannot be asked for ({})", name, type(error).__name__))
        if not recurse:
            query.flags = dns.flags.Flag(0)
        said: dict[str, _Refused] = {}
        servers = tuple(servers)
        async with self._free:
            clock = asyncio.get_running_loop().time
            deadline = clock() + self._timeout
            waiting = [*sorted(servers, key=self._is_tiresome)] * _ROUNDS
            while waiting and (left := deadline - clock()) > 0:
                server = waiting.pop(0)
                visit.requests += 1
                reply = await self._exchange(query, server, left / (len(waiting) + 1))
                if isinstance(reply, Reply):
                    return reply
                said[server.text] = reply
                if not reply.again:
                    waiting = [one for one in waiting if one is not server]
                query.id = dns.entropy.random_16()
            failed = [
                one for one in servers if recurse and one.text in said and said[one.text].failed
            ]
            if failed and await self._unchecked(query, failed[0], deadline - clock(), visit):
                said[failed[0].text] = _Refused(
                    "answered SERVFAIL, but answers when nothing is validated: the DNSSEC "
                    "signatures of the name are broken"
                )
        return Silence("; ".join(tr("{} {}", server, one.what) for server, one in said.items()))

    async def _unchecked(
        self, query: dns.message.QueryMessage, server: Server, patience: float, visit: Visit
    ) -> bool:
        """Whether a server answers as soon as it need not check signatures (DNSSEC)."""
        if patience <= 0:
            return False
        query.flags |= dns.flags.CD
        visit.requests += 1
        return isinstance(await self._exchange(query, server, patience), Reply)

    async def reach(self, server: Server, visit: Visit) -> str:
        """What keeps a server from answering; "" when it answers anything, be it a refusal."""
        visit.requests += 1
        query = dns.message.make_query(".", dns.rdatatype.NS)
        reply = await self._exchange(query, server, self._timeout)
        return reply.what if isinstance(reply, _Refused) and server.text not in self._heard else ""

    def never_answered(self, servers: Iterable[Server]) -> bool:
        """None of them has said anything in this run, and all have had their chances."""
        return all(
            server.text not in self._heard and self._is_tiresome(server) for server in servers
        )

    def _is_tiresome(self, server: Server) -> bool:
        return self._silences[server.text] >= _TIRESOME

    async def _exchange(
        self, query: dns.message.QueryMessage, server: Server, patience: float
    ) -> Reply | _Refused:
        try:
            reply, _ = await dns.asyncquery.udp_with_fallback(
                query,
                server.host,
                patience,
                server.port,
                ignore_unexpected=True,
                backend=self._backend,
            )
            self._silences[server.text] = 0
            self._heard.add(server.text)
            return _read(reply, server.text, recurse=bool(query.flags & dns.flags.RD))
        except dns.exception.Timeout:
            self._silences[server.text] += 1
            return _Refused("did not answer in time", again=True)
        except dns.message.ChainTooLong:
            return _Refused("answered with a loop of aliases")
        except OSError as error:
            return _Refused(tr("cannot be reached: {}", error.strerror or type(error).__name__))
        except _BROKEN as error:
            return _Refused(tr("sent a broken answer ({})", type(error).__name__), again=True)


def _read(reply: dns.message.Message, server: str, *, recurse: bool) -> Reply | _Refused:
    """What a reply says, or why it says nothing. Raises a DNSException where it is broken."""
    code = reply.rcode()
    if code not in _SETTLED:
        return _Refused(
            tr("answered {}", dns.rcode.to_text(code)), failed=code == dns.rcode.SERVFAIL
        )
    if reply.flags & dns.flags.TC:
        return _Refused("cut its answer short over TCP too")
    authoritative = bool(reply.flags & dns.flags.AA)
    resolves = bool(reply.flags & dns.flags.RA)
    if not recurse and not authoritative:
        return _Refused("is not responsible for the zone (lame delegation)")
    if code == dns.rcode.NOERROR and not (reply.answer or authoritative or resolves):
        return _Refused("only refers to other servers and does not resolve")
    if not isinstance(reply, dns.message.QueryMessage):
        return _Refused("sent a broken answer (it answers no question)")
    chain = reply.resolve_chaining()
    alias = host_name(chain.cnames[0][0].target) if chain.cnames else None
    first = chain.cnames[0] if chain.cnames else chain.answer
    ttl = None if first is None else int(first.ttl)
    return Reply(server, code == dns.rcode.NOERROR, chain.answer, alias, resolves, ttl)


def host_name(name: Any) -> str:  # noqa: ANN401 - a dns.name.Name inside a record without types
    """The name in lower case, without the trailing dot."""
    return str(name.to_text(omit_final_dot=True)).lower()


class Loop:
    """An event loop in a thread of its own: what many threads ask shares one bound."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop
        self._stop: asyncio.Event

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """The result of ``work``, which is done there."""
        with self._lock:
            if self._thread is None:
                ready = threading.Event()
                self._thread = threading.Thread(
                    target=lambda: asyncio.run(self._serve(ready)), name="dns", daemon=True
                )
                self._thread.start()
                ready.wait()
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    async def _serve(self, ready: threading.Event) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        ready.set()
        await self._stop.wait()

    def close(self) -> None:
        """End the thread; whatever is still being asked is cancelled."""
        with self._lock:
            thread, self._thread = self._thread, None
        if thread is not None:
            self._loop.call_soon_threadsafe(self._stop.set)
            thread.join()
