"""Starts the stand-ins of a customer, and writes the engagement file that leads to them.

A customer is a folder: an engagement file, the files that it names, and ``stand-ins.toml``, which
says who answers under which name::

    engagement = "contoso.toml"
    as_of = 2026-11-20T21:10:00Z            # the moment from which everything is judged
    secrets = { client = "files/secrets/client" }   # made anew in each run
    absent = ["cmg.contoso.com:443"]        # where nobody listens

    [[names]]                               # a name server
    addresses = ["192.0.2.53:53"]
    zones = { "contoso.com" = "names/contoso.com.zone" }
    resolves = true                         # else it is the server of these zones
    broken = ["dev.contoso.de"]

    [[directories]]                         # a domain controller
    address = "dc01.corp.contoso.com:636"
    certificate = "keys/dc01.pem"
    entries = "directory.ldif"
    account = "reader@corp.contoso.com"
    password = "reader"

    [[webs]]                                # services on one port
    certificate = "keys/microsoft.pem"
    services = { "graph.microsoft.com" = "graph.json" }
    sign_in = "login.microsoftonline.com"

    [[pages]]                               # files that a web server has, without TLS
    address = "pki.contoso.com:80"
    files = { "/crl/a.crl" = "lists/a.crl" }

    [tenant]
    id = "…"
    client_id = "…"
    client_secret = "client"
    roles = { "https://graph.microsoft.com" = ["Domain.Read.All"] }

Addresses are those of the engagement file. In the copy that is run from, ``[network] connect_to``
leads each of them to a port on loopback.
"""

import json
import secrets
import shutil
import tomllib
from collections.abc import Mapping
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from assess.demo.directory import Directory, read_ldif
from assess.demo.listening import Listener, Nobody
from assess.demo.names import NameServer
from assess.demo.signin import SignIn
from assess.demo.web import Answers, Pages, Service, Site

_STAND_INS = "stand-ins.toml"


class Customer:
    """The customer in ``source``, served on loopback while this context lasts.

    ``folder`` (empty) receives a copy of the files beside the engagement file, and the engagement
    file itself, with the ports in it.
    """

    def __init__(self, source: Path, folder: Path) -> None:
        self._source = source
        self._folder = folder
        self._plan: Mapping[str, Any] = tomllib.loads(self._text(_STAND_INS))
        self._secrets = {name: secrets.token_urlsafe(24) for name in self._plan["secrets"]}
        self._stack = ExitStack()
        self.connect_to: dict[str, str] = {}

    @property
    def as_of(self) -> datetime:
        """The moment from which everything is judged."""
        moment: datetime = self._plan["as_of"]
        return moment

    @property
    def engagement(self) -> Path:
        """The engagement file that leads to the stand-ins."""
        return self._folder / str(self._plan["engagement"])

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must not be found anywhere."""
        return tuple(self._secrets.values())

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            for plan in self._plan.get("names", ()):
                server = stack.enter_context(
                    NameServer(
                        {zone: self._text(file) for zone, file in plan["zones"].items()},
                        resolves=plan.get("resolves", False),
                        broken=plan.get("broken", ()),
                    )
                )
                self.connect_to |= dict.fromkeys(plan["addresses"], server.address)
            for plan in self._plan.get("directories", ()):
                accounts = {plan["account"]: self._secrets[plan["password"]]}
                directory = Directory(read_ldif(self._text(plan["entries"])), accounts)
                listener = Listener(
                    directory.serve, certificate=self._source / plan["certificate"]
                )
                self.connect_to[plan["address"]] = stack.enter_context(listener).address
            for address in self._plan.get("absent", ()):
                self.connect_to[address] = stack.enter_context(Nobody()).address
            sign_in = self._sign_in()
            for plan in self._plan.get("webs", ()):
                self._web(plan, sign_in, stack)
            for plan in self._plan.get("pages", ()):
                self._pages(plan, stack)
            self._write()
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def _text(self, name: str) -> str:
        return (self._source / name).read_text(encoding="utf-8")

    def _sign_in(self) -> SignIn:
        tenant = self._plan["tenant"]
        return SignIn(
            tenant=tenant["id"],
            client_id=tenant["client_id"],
            secret=self._secrets[tenant["client_secret"]],
            roles=tenant["roles"],
        )

    def _web(self, plan: Mapping[str, Any], sign_in: SignIn, stack: ExitStack) -> None:
        services: dict[str, Service] = {
            host: Answers(json.loads(self._text(name)), sign_in)
            for host, name in plan.get("services", {}).items()
        }
        if "sign_in" in plan:
            services[plan["sign_in"]] = sign_in
        site = Site(services)
        listener = Listener(site.serve, certificate=self._source / plan["certificate"])
        address = stack.enter_context(listener).address
        self.connect_to |= {f"{host}:443": address for host in services}

    def _pages(self, plan: Mapping[str, Any], stack: ExitStack) -> None:
        files = plan["files"].items()
        pages = Pages({path: (self._source / name).read_bytes() for path, name in files})
        site = Site({plan["address"].partition(":")[0]: pages})
        self.connect_to[plan["address"]] = stack.enter_context(Listener(site.serve)).address

    def _write(self) -> None:
        """The customer's own files, the secrets of this run, and the way to the stand-ins."""
        shutil.copytree(self._source / "files", self._folder / "files")
        for name, path in self._plan["secrets"].items():
            target = self._folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.touch(mode=0o600)
            target.write_text(self._secrets[name], encoding="utf-8")
        ways = ", ".join(f'"{name}" = "{address}"' for name, address in self.connect_to.items())
        text = self._text(self._plan["engagement"])
        network = f"\n[network]\nconnect_to = {{ {ways} }}\n"
        self.engagement.write_text(text + network, encoding="utf-8")
