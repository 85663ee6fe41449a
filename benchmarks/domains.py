"""Thousands of CNAME look-ups: the product against a bare loop of dnspython, at one resolver."""

import asyncio
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import dns.asyncresolver
import dns.name

from assess.collect import collect
from assess.connectors.dns import DnsConnector
from assess.engagement import Engagement
from assess.evidence.dns import Aliases, Cname, Target
from assess.recording import Recording
from benchmarks.timing import Line, Scale, alternating
from lab.names import names as name_servers

_BOUND = 1.5
_ROUNDS = 3
_AT_ONCE = 150
_TARGET = "enterpriseenrollment-s.manage.microsoft.com"
_NOW = datetime(2026, 1, 1, tzinfo=UTC)


def measure(scale: Scale) -> list[Line]:
    """The resolver knows every answer by heart: what is compared is the clients."""
    labels = [f"enterpriseenrollment.d{number:05}" for number in range(scale.names)]
    zone = "".join(f"{label} CNAME {_TARGET}.\n" for label in labels)
    asked = [f"{label}.contoso.com" for label in labels]
    with (
        tempfile.TemporaryDirectory() as folder,
        name_servers(Path(folder), {"contoso.com": zone}) as servers,
    ):
        where = servers.resolver
        _bare(asked, where)
        ours, bare = alternating(
            lambda: _product(asked, where), lambda: _bare(asked, where), _ROUNDS
        )
    ratio = ours / bare
    measured = f"{ratio:.2f} times ({ours:.2f} s, bare {bare:.2f} s)"
    what = f"{scale.names:,} CNAME look-ups"
    return [Line(what, f"{_BOUND} times bare dnspython", measured, ratio <= _BOUND)]


def _product(asked: Sequence[str], server: str) -> None:
    """One question for all names, asked, noted and recorded."""
    engagement = Engagement("bench.toml", {"engagement.name": "bench"})
    ask = Cname(tuple(asked))
    with Recording(engagement, as_of=_NOW, started_at=_NOW, finished_at=_NOW) as recording:
        connector = DnsConnector(public=[server])
        collect([ask], [connector], recording, clock=lambda: _NOW)
        connector.close()
        found: Aliases = recording.answer(ask)
    _require([found.by_name[name] == Target(_TARGET) for name in asked])


def _bare(asked: Sequence[str], server: str) -> None:
    wanted = dns.name.from_text(_TARGET)
    _require([target == wanted for target in asyncio.run(_loop(asked, server))])


async def _loop(asked: Sequence[str], server: str) -> list[dns.name.Name]:
    host, _, port = server.rpartition(":")
    resolver = dns.asyncresolver.Resolver(configure=False)
    resolver.nameservers, resolver.port = [host], int(port)
    free = asyncio.Semaphore(_AT_ONCE)

    async def look_up(name: str) -> dns.name.Name:
        async with free:
            answer = await resolver.resolve(f"{name}.", "CNAME")
        return answer[0].target

    return await asyncio.gather(*map(look_up, asked))


def _require(right: Sequence[bool]) -> None:
    """A quick wrong answer is no measurement."""
    if not right or not all(right):
        raise RuntimeError(f"{right.count(False)} of {len(right)} names have a wrong answer")
