"""Reads the domain name system in three views: many names at once, an answer apart from none.

The servers of a zone (the authoritative view) are found through the public resolvers, and asked
without recursion; ``connect_to`` says where one of them is really asked.
"""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, Protocol, TypeVar

import dns.exception
import dns.rdatatype
import dns.resolver
import dns.rrset

from assess.connectors import Visit
from assess.connectors.nameservers import Loop, NameServers, Server, Silence, host_name
from assess.engagement import Engagement
from assess.errors import Unavailable
from assess.evidence import Ask
from assess.evidence.dns import (
    Address,
    AddressBook,
    Addresses,
    Aliases,
    Answered,
    Cname,
    Delegation,
    Disagreement,
    DnsAsk,
    Issuers,
    Lookup,
    NoAnswer,
    NoName,
    NoRecord,
    Permission,
    Permissions,
    Permitted,
    Resolved,
    Target,
    TargetAddress,
    Unrestricted,
    View,
    Wildcard,
    Zone,
    ZoneOf,
    Zones,
)
from assess.keytypes import nameserver
from assess.language import msg, tr


class _Said(Protocol):
    """Every answer says in words what was answered."""

    @property
    def text(self) -> str: ...


T = TypeVar("T")
Said = TypeVar("Said", bound=_Said)
_IN_FLIGHT = 150  # questions at once, over all that this connector is asked
_STEP = 64  # names between two reports of progress
_TYPES = (dns.rdatatype.A, dns.rdatatype.AAAA)


class DnsConnector:
    """``public`` and ``internal``: addresses with ports, as the engagement file has them.

    ``internal`` None: the system's resolver. ``timeout``: seconds that one question may take, all
    servers and repetitions together. ``connect_to``: ``host:53`` of an authoritative server, or a
    resolver's address with its port, to where it is really asked. ``file`` names the engagement
    file in messages.
    """

    source = "dns"

    def __init__(
        self,
        *,
        public: Sequence[str] = (),
        internal: Sequence[str] | None = None,
        timeout: float = 5.0,
        connect_to: Mapping[str, str] | None = None,
        file: str = msg("the engagement file"),
        in_flight: int = _IN_FLIGHT,
    ) -> None:
        self._connect_to = {name.lower(): where for name, where in (connect_to or {}).items()}
        self._public = tuple(public)
        self._internal = None if internal is None else tuple(internal)
        self._file = file
        self._in_flight = in_flight
        self._asker = NameServers(timeout=timeout, in_flight=in_flight)
        self._zones: dict[str, asyncio.Task[Zone | NoRecord | NoAnswer]] = {}
        self._hosts: dict[str, asyncio.Task[tuple[Server, ...] | NoAnswer]] = {}
        self._loop = Loop()

    # -- Connector --

    def answers(self, ask: Ask) -> bool:
        """Every question about names."""
        return isinstance(ask, DnsAsk)

    def fetch(self, ask: Ask, visit: Visit) -> Aliases | AddressBook | Permissions | Zones:
        """The answer for every name; a name that nobody answered for is a ``NoAnswer`` in it.

        Raises Unavailable where the view that is asked for has no server to ask.
        """
        if not isinstance(ask, DnsAsk):
            raise Unavailable(tr("this version has no way to read {}", ask.describe()))
        # The servers of zones are found through the public resolvers.
        servers = self._servers("internal" if ask.view == "internal" else "public")
        names, view = ask.asked, ask.view
        ttl: dict[str, int] = {}
        match ask:
            case Cname(view="authoritative"):
                there = partial(self._at_its_zone, ttl=ttl)
                return Aliases(self._each(names, "CNAME", view, visit, there), ttl)
            case Cname():
                look = partial(self._alias, servers=servers, ttl=ttl)
                return Aliases(self._each(names, "CNAME", view, visit, look), ttl)
            case Issuers():
                climb = partial(self._permitted, servers=servers)
                return Permissions(self._each(names, "CAA", view, visit, climb))
            case Wildcard():
                invented = partial(self._invented, servers=servers)
                return Aliases(self._each(names, "invented name", view, visit, invented))
            case TargetAddress(targets=targets):
                find = partial(self._addresses, servers=servers)
                return AddressBook(self._each(targets, "A/AAAA", view, visit, find))
            case Address():
                find = partial(self._addresses, servers=servers)
                return AddressBook(self._each(names, "A/AAAA", view, visit, find))
            case Delegation():
                return Zones(self._each(names, "SOA/NS", view, visit, self._delegation))
            case _:
                raise Unavailable(tr("this version has no way to read {}", ask.describe()))

    def probe(self, visit: Visit) -> str:
        """Which resolvers answer anything at all; raises Unavailable where one does not."""
        found: list[str] = []
        silent: list[str] = []
        for view in self._named():
            for server in self._servers(view):
                said = self._loop.run(self._asker.reach(server, visit))
                visit.note(f"{server.text} ({view})", said or "answers")
                (silent if said else found).append(f"{server.text} ({view})")
        if silent:
            raise Unavailable(
                tr("no answer from {}", ", ".join(silent)),
                "Check [dns] nameservers and internal_nameservers, and that UDP and TCP port 53 "
                "are open from this machine.",
            )
        return tr("{} answered", ", ".join(found))

    def close(self) -> None:
        """End the thread that asks."""
        self._loop.close()

    # -- whom to ask --

    def _resolvers(self, addresses: Iterable[str]) -> tuple[Server, ...]:
        """Where resolvers are asked, under the names that the engagement file gives them."""
        return tuple(map(self._resolver, addresses))

    def _resolver(self, address: str) -> Server:
        redirected = self._connect_to.get(address)
        try:
            return Server.at(address if redirected is None else nameserver(redirected), address)
        except ValueError as error:
            raise Unavailable(
                tr('[network] connect_to "{}": {}', address, error),
                tr("Correct it in {}.", self._file),
            ) from None

    def _named(self) -> list[View]:
        views: list[View] = ["public"] if self._public else []
        return views if self._internal == () else [*views, "internal"]

    def _servers(self, view: View) -> tuple[Server, ...]:
        """The resolvers of a view; raises Unavailable where there are none."""
        if view != "internal":
            if self._public:
                return self._resolvers(self._public)
            raise Unavailable(
                tr(
                    "no public resolver is named in {}, so nobody was asked what the internet sees",
                    self._file,
                ),
                tr(
                    "Set [dns] nameservers in {} to resolvers outside the company "
                    'network, e.g. nameservers = ["192.0.2.1"].',
                    self._file,
                ),
                skipped=True,
            )
        if self._internal is None:
            return _system_resolvers()
        if self._internal:
            return self._resolvers(self._internal)
        raise Unavailable(
            tr(
                "no internal resolver is named in {}, so nobody was asked what the "
                "company network sees",
                self._file,
            ),
            tr(
                "Set [dns] internal_nameservers in {} to a name server of the company network.",
                self._file,
            ),
            skipped=True,
        )

    # -- many names --

    def _each(
        self,
        names: Sequence[str],
        what: str,
        view: View,
        visit: Visit,
        look: Callable[[str, Visit], Awaitable[tuple[Said, str]]],
    ) -> dict[str, Said]:
        """What ``look`` finds for each name, and a note for each, in the order of the names."""
        if not names:
            visit.note(f"{what} ({view})", "there was no name to ask for")
            return {}
        found = self._loop.run(self._all(names, visit, look))
        for name in names:
            answer, server = found[name]
            at = f" at {server}" if server else ""
            where = f"{name} {what}{at} ({view})"
            visit.note(where, answer.text, about=name)
        return {name: found[name][0] for name in names}

    async def _all(
        self,
        names: Sequence[str],
        visit: Visit,
        look: Callable[[str, Visit], Awaitable[tuple[T, str]]],
    ) -> dict[str, tuple[T, str]]:
        found: dict[str, tuple[T, str]] = {}
        waiting = iter(names)

        async def work() -> None:
            for name in waiting:
                found[name] = await look(name, visit)
                if len(found) % _STEP == 0:
                    visit.progress(len(found), len(names))

        await asyncio.gather(*(work() for _ in range(min(self._in_flight, len(names)))))
        return found

    # -- one name --

    async def _alias(
        self,
        name: str,
        visit: Visit,
        servers: Iterable[Server],
        *,
        recurse: bool = True,
        ttl: dict[str, int] | None = None,
    ) -> tuple[Answered | NoAnswer, str]:
        """The first target; without an alias, the addresses in its place."""
        reply = await self._asker.ask(name, dns.rdatatype.CNAME, servers, visit, recurse=recurse)
        if isinstance(reply, Silence):
            return NoAnswer(reply.why), ""
        if ttl is not None and reply.answer is not None:
            ttl[name] = max(reply.ttl or 0, ttl.get(name, 0))
        if reply.answer is not None:
            return Target(host_name(reply.answer[0].target)), reply.server
        if not reply.exists:
            return NoName(), reply.server
        return await self._instead(name, visit, servers, recurse=recurse)

    async def _instead(
        self, name: str, visit: Visit, servers: Iterable[Server], *, recurse: bool
    ) -> tuple[Answered | NoAnswer, str]:
        """What a name has that has no alias. Some servers show an alias only on the way to A."""
        server = ""
        for kind in _TYPES:
            reply = await self._asker.ask(name, kind, servers, visit, recurse=recurse)
            if isinstance(reply, Silence):
                return NoAnswer(reply.why), ""
            server = reply.server
            if reply.alias is not None:
                return Target(reply.alias), server
            if reply.answer is not None:
                return _addresses(reply.answer), server
        return NoRecord(), server

    async def _addresses(
        self, name: str, visit: Visit, servers: Iterable[Server]
    ) -> tuple[Resolved, str]:
        """IPv4 addresses, else IPv6, at the end of all aliases."""
        server = ""
        for kind in _TYPES:
            reply = await self._asker.ask(name, kind, servers, visit)
            if isinstance(reply, Silence):
                return NoAnswer(reply.why), ""
            server = reply.server
            if reply.answer is not None:
                return _addresses(reply.answer), server
            if not reply.exists:
                return NoName(), server
            if reply.alias is not None and not reply.resolves:
                return NoAnswer(_not_followed(server, reply.alias)), server
        return NoRecord(), server

    async def _invented(
        self, name: str, visit: Visit, servers: Iterable[Server]
    ) -> tuple[Answered | NoAnswer, str]:
        """What a name below ``name`` answers that nobody has made; the same name every time."""
        label = hashlib.sha256(name.encode()).hexdigest()[:16]
        return await self._alias(f"x{label}.{name}", visit, servers)

    async def _permitted(
        self, name: str, visit: Visit, servers: Iterable[Server]
    ) -> tuple[Permitted | Unrestricted | NoAnswer, str]:
        """The CAA records of the name, else of the closest above it that has some (RFC 8659).

        A top-level domain has none, and is not asked.
        """
        server, owner = "", name
        while "." in owner:
            reply = await self._asker.ask(owner, dns.rdatatype.CAA, servers, visit)
            if isinstance(reply, Silence):
                return NoAnswer(reply.why), ""
            server = reply.server
            if reply.answer is not None:
                records = sorted(map(_permission, reply.answer), key=_order)
                return Permitted(owner, tuple(records)), server
            if reply.alias is not None and reply.exists and not reply.resolves:
                return NoAnswer(_not_followed(server, reply.alias)), server
            owner = owner.partition(".")[2]
        return Unrestricted(), server

    async def _delegation(self, name: str, visit: Visit) -> tuple[ZoneOf, str]:
        servers = self._servers("public")
        soa = await self._asker.ask(name, dns.rdatatype.SOA, servers, visit)
        if isinstance(soa, Silence):
            return NoAnswer(soa.why), ""
        server = soa.server
        if not soa.exists:
            return NoName(), server
        zone = await self._zone(name, visit)
        if not isinstance(zone, Zone):
            return zone, server
        if zone.name != name:
            soa = await self._asker.ask(zone.name, dns.rdatatype.SOA, servers, visit)
        if isinstance(soa, Silence):
            return Zone(zone.name, zone.nameservers, "", soa.why), server
        if soa.answer is None:
            return Zone(zone.name, zone.nameservers, "", msg("it has no SOA")), server
        return Zone(zone.name, zone.nameservers, host_name(soa.answer[0].mname)), server

    # -- the servers of a zone --

    async def _at_its_zone(
        self, name: str, visit: Visit, ttl: dict[str, int]
    ) -> tuple[Lookup, str]:
        """The alias as each server of the name's zone has it, asked without recursion."""
        above = name.partition(".")[2]
        zone = await self._zone(above, visit)
        if isinstance(zone, NoAnswer):
            return zone, ""
        if isinstance(zone, NoRecord):
            return NoAnswer(tr("no zone with name servers has {}", name)), ""
        said = await asyncio.gather(*(self._at(ns, name, visit, ttl) for ns in zone.nameservers))
        answers: dict[str, Answered] = {}
        faults: dict[str, str] = {}
        for ns, lookup in zip(zone.nameservers, said, strict=True):
            if isinstance(lookup, NoAnswer):
                faults[ns] = lookup.why
            else:
                answers[ns] = lookup
        silent = "; ".join(tr("{}: {}", ns, why) for ns, why in faults.items())
        if not answers:
            return NoAnswer(silent), ""
        different = set(answers.values())
        found = different.pop() if len(different) == 1 else Disagreement(answers)
        asked = ", ".join(answers)
        return found, f"{asked}; no answer from {silent}" if silent else asked

    async def _at(
        self, ns: str, name: str, visit: Visit, ttl: dict[str, int]
    ) -> Answered | NoAnswer:
        servers = await _once(self._hosts, ns, self._host_servers(ns, visit))
        if isinstance(servers, NoAnswer):
            return servers
        if self._asker.never_answered(servers):
            return NoAnswer("it has not answered anything in this run")
        lookup, _ = await self._alias(name, visit, servers, recurse=False, ttl=ttl)
        return lookup

    async def _host_servers(self, ns: str, visit: Visit) -> tuple[Server, ...] | NoAnswer:
        """Where a name server of a zone is asked: where ``connect_to`` says, else its addresses."""
        redirected = self._connect_to.get(f"{ns}:53")
        if redirected is not None:
            try:
                return (Server.at(nameserver(redirected), ns),)
            except ValueError as error:
                return NoAnswer(tr('[network] connect_to "{}": {}', f"{ns}:53", error))
        found, _ = await self._addresses(ns, visit, self._servers("public"))
        if isinstance(found, Addresses):
            return tuple(Server(one, 53, one) for one in found.addresses)
        return NoAnswer(tr("its address is not known ({})", found.text))

    async def _zone(self, name: str, visit: Visit) -> Zone | NoRecord | NoAnswer:
        """The closest zone at or above ``name`` with name servers, below the top level."""
        return await _once(self._zones, name, self._closest(name, visit))

    async def _closest(self, name: str, visit: Visit) -> Zone | NoRecord | NoAnswer:
        if "." not in name:
            return NoRecord()
        reply = await self._asker.ask(name, dns.rdatatype.NS, self._servers("public"), visit)
        if isinstance(reply, Silence):
            return NoAnswer(reply.why)
        if reply.answer is None or reply.alias is not None:
            return await self._zone(name.partition(".")[2], visit)
        return Zone(name, tuple(sorted(host_name(one.target) for one in reply.answer)))


def connect(engagement: Engagement) -> DnsConnector:
    """The connector for ``[dns]``; where it names no server, the system's resolver is internal."""
    public = engagement.get("dns.nameservers", [])
    internal = engagement.get("dns.internal_nameservers", [])
    return DnsConnector(
        public=public,
        internal=internal if public or internal else None,
        timeout=engagement.get("dns.timeout", 5.0),
        connect_to=engagement.get("network.connect_to"),
        file=engagement.file,
    )


def _permission(record: Any) -> Permission:  # noqa: ANN401 - a record without types
    tag = record.tag.decode("ascii", "replace").lower()
    return Permission(tag, record.value.decode("utf-8", "replace"), bool(record.flags & 0x80))


def _order(one: Permission) -> tuple[str, str]:
    return one.tag, one.value


async def _once(cache: dict[str, asyncio.Task[T]], key: str, work: Coroutine[Any, Any, T]) -> T:
    """The result of ``work``, done once a run however many ask for it."""
    if key in cache:
        work.close()
    else:
        cache[key] = asyncio.create_task(work)
    return await cache[key]


def _system_resolvers() -> tuple[Server, ...]:
    try:
        found = [one for one in dns.resolver.Resolver().nameservers if isinstance(one, str)]
    except (dns.exception.DNSException, OSError, ValueError) as error:
        raise Unavailable(
            tr("the resolver of this machine is not known: {}", error),
            "Name the resolvers in [dns] internal_nameservers and [dns] nameservers.",
        ) from error
    return tuple(Server(one, 53, tr("{}, this machine's resolver", one)) for one in found)


def _not_followed(server: str, alias: str) -> str:
    return tr("{} does not follow the alias to {}", server, alias)


def _addresses(answer: dns.rrset.RRset) -> Addresses:
    return Addresses(tuple(sorted(one.address for one in answer)))
