"""Name servers: Knot has the zones, Unbound resolves as a customer's resolver does, dnsdist breaks what it passes on.

    with_zones = name_servers({"contoso.com": ZONE})          # a fixture: Unbound before Knot
    with_zones.resolver     "127.77.1.2:53"                   # ask here
    with_zones.authority    "127.77.1.1:53"                   # or the authoritative server itself
    with_zones.broken({"slow.contoso.com": "drop"})           # a third server with faults before the resolver

A zone's text may leave out SOA, NS and TTL. The text `BROKEN` makes a zone whose server answers SERVFAIL.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

import dns.exception
import dns.message
import dns.query
import dns.rcode
import pytest

from lab import isolation
from lab.process import Server, running

Fault: TypeAlias = str
"""``drop``, ``truncate``, ``delay:<milliseconds>``, or a response code: ``servfail``, ``refused``, ``nxdomain`` ..."""

BROKEN = "@ IN THIS IS NO ZONE"

_SOA = "$TTL 300\n@ SOA ns.lab.test. hostmaster.lab.test. 1 3600 600 86400 60\n@ NS ns.lab.test.\n"

_KNOT = """\
server:
  rundir: {folder}
  listen: {address}@53
  udp-workers: 1
  tcp-workers: 1
  background-workers: 1
database:
  storage: {folder}/db
log:
  - target: stderr
    any: warning
template:
  - id: default
    storage: {folder}
    zonefile-sync: -1
    journal-content: none
zone:
"""

_UNBOUND = """\
server:
  interface: {address}
  port: 53
  access-control: 127.0.0.0/8 allow
  username: ""
  chroot: ""
  directory: "{folder}"
  pidfile: "{folder}/unbound.pid"
  use-syslog: no
  do-daemonize: no
  do-ip6: no
  do-not-query-localhost: no
  module-config: "iterator"
  num-threads: 1
  minimal-responses: no
  unblock-lan-zones: yes
  val-log-level: 0
"""


@dataclass(frozen=True)
class NameServer:
    """``address`` is ``"127.x.y.z:53"``, as an engagement file names it."""

    server: Server
    host: str

    @property
    def address(self) -> str:
        return f"{self.host}:53"

    @contextmanager
    def hanging(self) -> Iterator[None]:
        """It is there, and answers nothing."""
        with self.server.hanging():
            yield


@dataclass
class Names:
    """An authoritative server with zones, and a resolver that knows no others."""

    folder: Path
    authoritative: NameServer
    recursive: NameServer
    stack: ExitStack = field(repr=False)

    @property
    def authority(self) -> str:
        return self.authoritative.address

    @property
    def resolver(self) -> str:
        return self.recursive.address

    def broken(self, faults: Mapping[str, Fault], *, before: str | None = None) -> str:
        """The address of a server that passes on to the resolver (or ``before``), but for these names.

        A name stands for itself and everything below it; ``"."`` for all names.
        """
        server = _dnsdist(_folder(self.folder), faults, before or self.resolver)
        return self.stack.enter_context(server).address


@contextmanager
def names(
    folder: Path, zones: Mapping[str, str], *, dead: Sequence[str] = (), bogus: Sequence[str] = ()
) -> Iterator[Names]:
    """Servers for these zones (origin to text); for the ``dead`` origins the resolver asks where nobody answers.

    The resolver wants signatures (DNSSEC) of the ``bogus`` origins, which no zone here has.
    """
    isolation.require_namespace()
    with ExitStack() as stack:
        authoritative = stack.enter_context(_knot(_folder(folder), zones))
        stubs = dict.fromkeys(zones, authoritative.host)
        stubs |= {origin: isolation.fresh_address() for origin in dead}
        recursive = stack.enter_context(_unbound(_folder(folder), stubs, bogus))
        yield Names(folder, authoritative, recursive, stack)


@contextmanager
def _knot(folder: Path, zones: Mapping[str, str]) -> Iterator[NameServer]:
    address = isolation.fresh_address()
    settings = folder / "knot.conf"
    text = _KNOT.format(folder=folder, address=address)
    for number, (origin, zone) in enumerate({**zones, "lab.test": f"ns A {address}\n"}.items()):
        path = folder / f"{number}.zone"
        path.write_text(zone if " SOA " in zone or zone == BROKEN else _SOA + zone)
        text += f'  - domain: "{origin}"\n    file: "{path}"\n'
    settings.write_text(text)
    (folder / "db").mkdir()
    command = ["knotd", "-c", str(settings)]
    with running(
        command, log=folder / "log", ready=lambda: _answers(address, "lab.test.")
    ) as server:
        yield NameServer(server, address)


@contextmanager
def _unbound(
    folder: Path, stubs: Mapping[str, str], bogus: Sequence[str]
) -> Iterator[NameServer]:
    address = isolation.fresh_address()
    settings = folder / "unbound.conf"
    text = _UNBOUND.format(folder=folder, address=address)
    text += "".join(f'  local-zone: "{origin}." nodefault\n' for origin in {**stubs, "test": ""})
    if bogus:
        text = text.replace('"iterator"', '"validator iterator"')
        text += "".join(f'  trust-anchor: "{origin}. DS 1 13 2 {"AB" * 32}"\n' for origin in bogus)
    for origin, stub in stubs.items():
        text += f'stub-zone:\n  name: "{origin}."\n  stub-addr: {stub}@53\n  stub-prime: no\n'
    # Every other name is answered at once: there is no root to ask.
    text += 'auth-zone:\n  name: "."\n  zonefile: "root.zone"\n  for-upstream: yes\n  for-downstream: no\n'
    settings.write_text(text)
    (folder / "root.zone").write_text(
        ". 86400 IN SOA . . 1 3600 600 86400 60\n. 86400 IN NS a.root.\n"
    )
    command = ["unbound", "-d", "-p", "-c", str(settings)]
    with running(
        command, log=folder / "log", ready=lambda: _answers(address, "ready.invalid.")
    ) as server:
        yield NameServer(server, address)


@contextmanager
def _dnsdist(folder: Path, faults: Mapping[str, Fault], backend: str) -> Iterator[NameServer]:
    address = isolation.fresh_address()
    lines = [
        f'setLocal("{address}:53", {{reusePort=true}})',
        'setACL({"127.0.0.0/8"})',
        "setSecurityPollSuffix('')",
        f'newServer({{address="{backend}", healthCheckMode="up"}})',
        'addAction(QNameRule("ready.dnsdist."), RCodeAction(DNSRCode.NOERROR))',
    ]
    lines += [f'addAction(makeRule("{name}"), {_action(fault)})' for name, fault in faults.items()]
    settings = folder / "dnsdist.conf"
    settings.write_text("\n".join(lines) + "\n")
    command = ["dnsdist", "-C", str(settings), "--supervised", "--disable-syslog"]
    with running(
        command, log=folder / "log", ready=lambda: _answers(address, "ready.dnsdist.")
    ) as server:
        yield NameServer(server, address)


def _action(fault: Fault) -> str:
    kind, _, amount = fault.partition(":")
    match kind:
        case "drop":
            return "DropAction()"
        case "truncate":
            return "TCAction()"
        case "delay":
            return f"DelayAction({int(amount)})"
        case _:
            return f"RCodeAction({int(dns.rcode.from_text(kind))})"


def _answers(address: str, name: str) -> bool:
    """Whether a name server answers anything there."""
    try:
        dns.query.udp(dns.message.make_query(name, "SOA"), address, timeout=0.05)
    except (OSError, dns.exception.DNSException):
        return False
    return True


def _folder(parent: Path) -> Path:
    """A folder that no server has had."""
    folder = parent / f"names-{sum(1 for _ in parent.iterdir())}"
    folder.mkdir()
    return folder


@pytest.fixture
def name_servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Names]]:
    """``name_servers({"contoso.com": zone}, dead=["gone.test"])``: see `names`; servers run until the test ends."""
    with ExitStack() as stack:

        def start(zones: Mapping[str, str], **options: Sequence[str]) -> Names:
            return stack.enter_context(names(tmp_path_factory.mktemp("names"), zones, **options))

        yield start
