"""Reads what a forest shows of synchronisation and of AD FS.

Accounts are searched for by name in every domain, and believed by class, form or description: a
name alone anybody can give. Of AD FS the container of its keys is looked for, never what is in it.
"""

import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import ldap3

from assess.connectors import Visit
from assess.connectors.distinguished import path_of
from assess.connectors.ldap_pki import ForestReader, Found, Raw
from assess.connectors.ldap_session import text
from assess.errors import Unavailable
from assess.evidence.directory import domain_of
from assess.evidence.traces import (
    FederationAccount,
    FederationTraces,
    KeyContainer,
    SeamlessSignOn,
    SyncAccount,
    SyncKind,
    SyncTraces,
)
from assess.language import tr

_ACCOUNT = ("objectClass", "sAMAccountName", "userAccountControl", "description")
_MANAGED = frozenset({"msds-groupmanagedserviceaccount", "msds-managedserviceaccount"})
_SERVER = re.compile(r"\bcomputer '?(?P<name>[\w.-]{1,255}?)'?\.?(?=\s|$)")
_TENANT = re.compile(r"\bsynchronize to tenant '?(?P<name>[\w.-]{1,255}?)'?\.?(?=\s|$)")
_DISABLED = 0x2
_SIGN_ON = "AZUREADSSOACC$"
_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)

_FEDERATION = "CN=ADFS,CN=Microsoft,CN=Program Data,"
_MOST = 200  # accounts with the names of hosts, and hosts of one
_HOST = re.compile(r"(?:host|http)/(?P<name>[a-z0-9.-]{1,255})", re.IGNORECASE)


class _Form(NamedTuple):
    """How the accounts of one kind are called, and whether they are managed ones."""

    kind: SyncKind
    start: str
    name: re.Pattern[str]
    managed: bool


_FORMS = (
    _Form("connect", "MSOL_", re.compile(r"MSOL_[0-9a-f]{8,16}", re.IGNORECASE), managed=False),
    _Form("service", "AAD_", re.compile(r"AAD_[0-9a-f]{8,16}", re.IGNORECASE), managed=False),
    _Form("service", "AADSync_", re.compile(r"AADSync_[0-9a-f]+", re.IGNORECASE), managed=False),
    _Form("service", "ADSyncMSA", re.compile(r"ADSyncMSA\w*\$", re.IGNORECASE), managed=True),
    _Form("agent", "pGMSA_", re.compile(r"pGMSA_\w+\$", re.IGNORECASE), managed=True),
    _Form("agent", "provAgentgMSA", re.compile(r"provAgentgMSA\w*\$", re.IGNORECASE), managed=True),
)


# -- synchronisation --


def synchronisation(reader: ForestReader, section: str, visit: Visit) -> SyncTraces:
    """The accounts of Entra Connect, of cloud sync and of seamless single sign-on."""
    names = "".join(f"(sAMAccountName={form.start}*)" for form in _FORMS)
    query = f"(|{names}(sAMAccountName={_SIGN_ON}))"
    accounts: list[SyncAccount] = []
    sign_on: list[SeamlessSignOn] = []
    for one in reader.find(query, _ACCOUNT):
        where = f"{reader.session.where} {one.dn}"
        if _first(one.raw, "sAMAccountName").upper() == _SIGN_ON:
            if "computer" in _classes(one.raw):
                changed = _changed(reader, one)
                sign_on.append(SeamlessSignOn(domain_of(one.dn), changed))
                said = "not shown" if changed is None else f"{changed:%Y-%m-%d}"
                visit.note(f"{where} pwdLastSet", said)
            continue
        account = _sync_account(reader, one)
        if account is not None:
            accounts.append(account)
            visit.note(f"{where} description", account.text)
    if not (accounts or sign_on):
        visit.note(f"{reader.session.where} {query}", "no such account is shown")
    if reader.why:
        visit.note(", ".join(reader.unread), f"not looked at: {reader.why}")
    return SyncTraces(
        section,
        reader.root,
        tuple(sorted(accounts, key=lambda one: (one.domain, one.account.lower()))),
        tuple(sorted(sign_on, key=lambda one: one.domain)),
        reader.unread,
    )


def _sync_account(reader: ForestReader, one: Found) -> SyncAccount | None:
    """The account, if its form is that of one that synchronisation makes."""
    name, classes = _first(one.raw, "sAMAccountName"), _classes(one.raw)
    form = next((form for form in _FORMS if form.name.fullmatch(name)), None)
    if form is None or bool(classes & _MANAGED) is not form.managed:
        return None
    described = " ".join(text(value) for value in one.raw.get("description") or [])
    server, tenant = _SERVER.search(described), _TENANT.search(described)
    named = server["name"] if server else ""
    on = _hosts_of_managed(reader, one) if form.managed else named
    return SyncAccount(
        form.kind,
        name,
        domain_of(one.dn),
        on,
        tenant["name"].lower() if tenant else "",
        not _flags(one.raw) & _DISABLED,
    )


def _hosts_of_managed(reader: ForestReader, one: Found) -> str:
    """The computers that a managed account is installed on; "" where that is not shown."""
    values = _best_effort(reader, one, "msDS-HostServiceAccountBL")
    names = (text(value).partition(",")[0].partition("=")[2] for value in values)
    return ", ".join(sorted(name for name in names if name))


def _changed(reader: ForestReader, one: Found) -> datetime | None:
    """When the password of an account was changed last; None where that is not shown."""
    [value, *_] = _best_effort(reader, one, "pwdLastSet") or [b""]
    try:
        ticks = int(value)
        return _EPOCH + timedelta(microseconds=ticks // 10) if ticks > 0 else None
    except (ValueError, OverflowError):
        return None


def _best_effort(reader: ForestReader, one: Found, name: str) -> list[bytes]:
    """An attribute that says more where it is shown: neither a catalog nor every export has it."""
    if one.own:
        with suppress(Unavailable):
            return (reader.session.entry(one.dn, [name]) or {}).get(name, [])
    return []


# -- AD FS --


def federation(reader: ForestReader, section: str, visit: Visit) -> FederationTraces:
    """Where AD FS has left the container of its keys, and which accounts stand for hosts."""
    shown = {path_of(one.dn) for one in reader.find("(&(objectClass=container)(cn=ADFS))", ("cn",))}
    containers: list[KeyContainer] = []
    for domain, dn in sorted(reader.domains.items()):
        container = _container(reader, domain, dn, path_of(_FEDERATION + dn) in shown)
        containers.append(container)
        said = {True: "there", False: "no such object", None: "not shown"}[container.there]
        why = f": {container.because}" if container.because else ""
        visit.note(f"{reader.session.where} {_FEDERATION}{dn}", f"{said}{why}")
    accounts = list(_accounts(reader))
    for one in accounts[:_MOST]:
        for host in one.hosts:
            visit.note(
                f"{reader.session.where} servicePrincipalName host/{host}",
                f"account {one.account} of {one.domain}{'' if one.enabled else ', disabled'}",
                about=host,
            )
    more = max(0, len(accounts) - _MOST)
    return FederationTraces(section, reader.root, tuple(containers), tuple(accounts[:_MOST]), more)


def _container(reader: ForestReader, domain: str, dn: str, found: bool) -> KeyContainer:
    """Absence counts only where the container above it shows what it holds."""
    if found:
        return KeyContainer(domain, there=True)
    if domain not in reader.own:
        why = reader.why or "a global catalog does not show whether there is none"
        return KeyContainer(domain, there=None, because=why)
    above = _FEDERATION.partition(",")[2] + dn
    try:
        names = names_below(reader, above)
    except Unavailable as error:
        return KeyContainer(domain, there=None, because=error.reason)
    return KeyContainer(domain, there=path_of(_FEDERATION + dn) in names)


def names_below(reader: ForestReader, base: str) -> set[bytes]:
    """What lies right below, readable or not; raises Unavailable where the base is not shown."""
    session = reader.session
    if session.entry(base, ["cn"]) is None:
        raise Unavailable(tr("{} does not show {}", session.where, base))
    return {
        path_of(entry["raw_dn"])
        for entries in session.pages(base, "(objectClass=*)", ["cn"], scope=ldap3.LEVEL)
        for entry in entries
    }


def _accounts(reader: ForestReader) -> Iterator[FederationAccount]:
    """Accounts with the names of hosts that are not a computer's own.

    A computer has dozens of such names, a service only where somebody gave them to it.
    """
    kinds = "(objectCategory=person)" + "".join(f"(objectClass={one})" for one in sorted(_MANAGED))
    query = f"(&(|(servicePrincipalName=host/*)(servicePrincipalName=http/*))(|{kinds}))"
    wanted = (*_ACCOUNT, "servicePrincipalName")
    for one in sorted(reader.find(query, wanted), key=lambda found: found.dn.lower()):
        names = (_HOST.fullmatch(text(v)) for v in one.raw.get("servicePrincipalName") or [])
        hosts = sorted({found["name"].lower().rstrip(".") for found in names if found})
        full = tuple(host for host in hosts if "." in host)[:_MOST]
        if full:
            yield FederationAccount(
                _first(one.raw, "sAMAccountName"),
                domain_of(one.dn),
                full,
                bool(_classes(one.raw) & _MANAGED),
                not _flags(one.raw) & _DISABLED,
            )


# -- values --


def _first(raw: Raw, name: str) -> str:
    values = raw.get(name)
    return text(values[0]) if values else ""


def _classes(raw: Raw) -> set[str]:
    return {text(value).lower() for value in raw.get("objectClass") or []}


def _flags(raw: Raw) -> int:
    try:
        return int(_first(raw, "userAccountControl") or "0") & 0xFFFFFFFF
    except ValueError:
        return 0
