"""What a collector wrote of certificate stores: JSON, or folders with certificates.

JSON, in any of these shapes, in UTF-8 or UTF-16 as PowerShell writes it::

    {"server": "mp01.corp.contoso.com", "certificates": [{"thumbprint": "…", …}, …]}
    {"servers": [{"server": "…", "certificates": […]}, …]}
    [{"server": "mp01.corp.contoso.com", "thumbprint": "…", …}, …]

A certificate has ``thumbprint``, ``subject``, ``issuer``, ``not_before``, ``not_after``,
``has_private_key``, ``exportable``, ``provider``, ``eku``, ``template`` and ``crl_urls`` (where its
revocation list is), or ``raw_data`` with the certificate itself (Base64), which then says the rest.
A computer may have ``domain_joined``, ``entra_joined`` and ``entra_registered``, and ``roots``: its
trusted roots, a list of the same kind. Rows as PowerShell's certificate drive writes them
(``PSParentPath``) belong to the computer that the file is named for, and those of its store Root
are trusted roots. Capitals, ``_`` and ``-`` in names do not matter; the names of PowerShell objects
are understood. Dates are ISO 8601 (UTC where they name no zone) or the ``/Date(…)/`` of Windows
PowerShell.

Folders: one for a computer, with its certificates (``.cer``, ``.crt``, ``.pem``, ``.der``,
``.p7b``), or one with a sub-folder for each, or one with files that are named for their computers.
"""

import base64
import binascii
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
from cryptography import x509

from assess.connectors.export_package import Given
from assess.connectors.trust import TrustStore
from assess.connectors.x509facts import Malformed, certificate, facts, plain_bytes
from assess.evidence.certificates import Store, StoreEntry, name_text, same_computer
from assess.language import tr

Reader = Callable[[Path], list[x509.Certificate]]

_SUFFIXES = frozenset({".cer", ".crt", ".pem", ".der", ".p7b", ".p7c"})
_NUMBERED = re.compile(r"(?:_\d{1,3}| \(\d{1,3}\)|~.*)$")
_OID = re.compile(r"\d+(?:\.\d+)+")
_MICROSOFT_DATE = re.compile(r"/Date\((-?\d{1,16})(?:[+-]\d{4})?\)/")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MEMBERS = ("servers", "clients", "computers", "stores")
_COMPUTER = (
    "server", "computer", "client", "computername", "pscomputername", "machinename", "hostname",
    "fqdn",
)  # fmt: skip
_PLACE = ("psparentpath", "pspath")
_ROOTS = ("roots", "root", "trustedroots", "rootstore")
_CERTIFICATES = ("certificates", "certs", "my", "store")
_USAGES = {
    "server authentication": "1.3.6.1.5.5.7.3.1",
    "serverauth": "1.3.6.1.5.5.7.3.1",
    "client authentication": "1.3.6.1.5.5.7.3.2",
    "clientauth": "1.3.6.1.5.5.7.3.2",
}


def stores_in(
    path: Path | Given, read: Reader, store: TrustStore, computers: Iterable[str] = ()
) -> list[Store]:
    """The stores that one collected file or folder describes; raises OSError and Malformed.

    ``read`` gives the certificates of a file, ``store`` whether one chains to the named root;
    ``computers`` are names that are known, so that a folder of that name is recognised.
    """
    if isinstance(path, Given):
        return _merged(_of_json(path.read_bytes(), store, path.stem))
    if path.is_dir():
        return _merged(_of_folder(path, read, store, tuple(computers)))
    if path.suffix.lower() in _SUFFIXES:
        entries = [_entry(one, store) for one in read(path)]
        return [Store(_computer_of(path), tuple(entries))]
    return _merged(_of_json(path.read_bytes(), store, _computer_of(path)))


def _merged(stores: Iterable[Store]) -> list[Store]:
    """One store a computer."""
    found: dict[str, Store] = {}
    for store in stores:
        key = store.computer.lower()
        before = found.get(key)
        if before is None:
            found[key] = store
        else:
            both = before.roots is not None or store.roots is not None
            found[key] = Store(
                before.computer,
                (*before.entries, *store.entries),
                _either(before.domain_joined, store.domain_joined),
                _either(before.entra_joined, store.entra_joined),
                _either(before.entra_registered, store.entra_registered),
                (*(before.roots or ()), *(store.roots or ())) if both else None,
            )
    return list(found.values())


def _either(one: bool | None, other: bool | None) -> bool | None:
    return other if one is None else one


def _of_folder(
    folder: Path, read: Reader, store: TrustStore, computers: tuple[str, ...]
) -> Iterator[Store]:
    whole = next((one for one in computers if same_computer(one, folder.name)), None)
    nothing = True
    for path in sorted(folder.iterdir()):
        if path.is_dir():
            inner = [one for one in sorted(path.iterdir()) if one.suffix.lower() in _SUFFIXES]
            entries = [_entry(found, store) for one in inner for found in read(one)]
            nothing = False
            yield Store(path.name, tuple(entries))
        elif path.suffix.lower() in _SUFFIXES:
            nothing = False
            yield Store(
                whole or _computer_of(path), tuple(_entry(found, store) for found in read(path))
            )
        elif path.suffix.lower() == ".json":
            nothing = False
            yield from _of_json(path.read_bytes(), store, whole or _computer_of(path))
    if nothing:
        raise Malformed("it is a folder without a certificate in it")


def _computer_of(path: Path) -> str:
    return _NUMBERED.sub("", path.stem) or path.stem


def _entry(found: x509.Certificate, store: TrustStore) -> StoreEntry:
    """A certificate file says nothing of the key."""
    one = facts(found)
    template = one.template
    return StoreEntry(
        thumbprint=one.sha1,
        subject=name_text(one.subject),
        issuer=name_text(one.issuer),
        not_before=one.not_before,
        not_after=one.not_after,
        eku=one.eku,
        template="" if template is None else template.name or template.oid,
        dns_names=one.dns_names,
        issued_by_named=store.chains_to_own(found),
        crl_urls=one.crl_urls,
    )


def _of_json(data: bytes, store: TrustStore, named_for: str) -> Iterator[Store]:
    try:
        document = msgspec.json.decode(plain_bytes(data))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed(tr("it is no JSON: {}", error)) from None
    rows = document if isinstance(document, list) else [document]
    native = any(isinstance(one, dict) and _Row(one).text(*_PLACE) for one in rows)
    yield from _stores(document, named_for if native else "", store)


def _stores(document: Any, computer: str, store: TrustStore) -> Iterator[Store]:  # noqa: ANN401
    """The stores in a document; a row without a computer's name belongs to ``computer``."""
    if isinstance(document, list):
        for row in document:
            yield from _stores(row, computer, store)
        return
    if not isinstance(document, dict):
        raise Malformed("it holds something else than computers and certificates")
    row = _Row(document)
    members = row.first(*_MEMBERS)
    if isinstance(members, dict):
        for name, content in members.items():
            yield from _stores(content, str(name), store)
    elif members is not None:
        yield from _stores(members, computer, store)
    else:
        yield _store(document, row, computer, store)


def _store(document: Any, row: "_Row", computer: str, store: TrustStore) -> Store:  # noqa: ANN401
    certificates = row.first(*_CERTIFICATES)
    owner = row.text(*_COMPUTER, *(() if certificates is None else ("name",))) or computer
    roots = row.first(*_ROOTS)
    if certificates is None and row.first("thumbprint", "rawdata", "subject") is not None:
        place = row.text(*_PLACE).rpartition("\\")[2] if row.text("psparentpath") else ""
        if place.lower() in ("root", "authroot"):
            roots, certificates = [document], []
        else:
            certificates = [document]
    if (certificates is None and roots is None) or not owner:
        raise Malformed("one of its entries names no computer, or no certificates")
    trusted = None if roots is None else _entries_of(roots, owner, store)
    return Store(
        owner,
        _entries_of([] if certificates is None else certificates, owner, store),
        row.flag("domainjoined"),
        row.flag("entrajoined", "azureadjoined", "aadjoined"),
        row.flag("entraregistered", "azureadregistered", "workplacejoined"),
        trusted,
    )


def _entries_of(listed: Any, owner: str, store: TrustStore) -> tuple[StoreEntry, ...]:  # noqa: ANN401
    if isinstance(listed, dict):  # PowerShell writes a list of one as the one
        listed = [listed]
    if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
        raise Malformed(tr("the certificates of {} are no list of certificates", owner))
    return tuple(_described(_Row(one), store) for one in listed)


def _described(row: "_Row", store: TrustStore) -> StoreEntry:
    raw = row.first("rawdata", "raw", "certificate", "der")
    base = StoreEntry() if raw is None else _entry(certificate(_raw(raw)), store)
    own = StoreEntry(
        thumbprint="".join(re.findall(r"[0-9A-F]", row.text("thumbprint", "sha1").upper())),
        subject=row.text("subject", "subjectname"),
        issuer=row.text("issuer", "issuername"),
        not_before=row.moment("notbefore", "validfrom"),
        not_after=row.moment("notafter", "validto", "expires"),
        has_private_key=row.flag("hasprivatekey", "privatekey"),
        exportable=row.flag("exportable", "keyexportable", "privatekeyexportable"),
        provider=row.text("provider", "keyprovider", "csp"),
        eku=_usages(
            row.first("eku", "enhancedkeyusagelist", "enhancedkeyusage", "extendedkeyusage")
        ),
        template=row.text("template", "templatename", "certificatetemplate"),
        dns_names=_names(row.first("dnsnames", "dnsnamelist", "san")),
        issued_by_named=store.names_issuer(row.text("issuer", "issuername")),
        crl_urls=_urls(row.first("crlurls", "crldistributionpoints", "cdp")),
    )
    empty = StoreEntry()
    said = {
        name: value
        for name in StoreEntry.__struct_fields__
        if (value := getattr(own, name)) != getattr(empty, name)
    }
    known = {name: getattr(base, name) for name in StoreEntry.__struct_fields__}
    # What the certificate itself says goes before what was written about it.
    whole = {**said, **{k: v for k, v in known.items() if v != getattr(empty, k)}}
    if raw is not None:
        whole["issued_by_named"] = base.issued_by_named
    return StoreEntry(**whole)


def _raw(value: Any) -> bytes:  # noqa: ANN401
    try:
        if isinstance(value, list):
            return bytes(value)
        text = re.sub(r"-----[A-Z ]+-----|\s", "", str(value))
        return base64.b64decode(text, validate=True)
    except (ValueError, TypeError, binascii.Error):
        raise Malformed("the raw data of a certificate in it is no Base64") from None


def _usages(value: Any) -> tuple[str, ...] | None:  # noqa: ANN401
    """Dotted identifiers, of dotted ones, of names, or of PowerShell's objects."""
    if value is None:
        return None
    found = []
    for one in _items(value):
        text = _Row(one).text("objectid", "oid", "value") if isinstance(one, dict) else str(one)
        named = _Row(one).text("friendlyname") if isinstance(one, dict) else text
        oid = _OID.search(text)
        usage = oid[0] if oid else _USAGES.get(named.strip().lower(), named.strip())
        if usage:
            found.append(usage)
    return tuple(found)


def _urls(value: Any) -> tuple[str, ...] | None:  # noqa: ANN401
    return None if value is None else tuple(str(one).strip() for one in _items(value))


def _names(value: Any) -> tuple[str, ...]:  # noqa: ANN401
    return tuple(
        _Row(one).text("punycode", "unicode") if isinstance(one, dict) else str(one).strip()
        for one in _items(value)
    )


def _items(value: Any) -> list[Any]:  # noqa: ANN401
    if value is None:
        return []
    if isinstance(value, str):
        return [part for part in re.split(r"[,;\r\n]+", value) if part.strip()]
    return value if isinstance(value, list) else [value]


class _Row:
    """An object of a collector, whose names are read without capitals and separators."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = {
            re.sub(r"[^a-z0-9]", "", str(name).lower()): v for name, v in values.items()
        }

    def first(self, *names: str) -> Any:  # noqa: ANN401
        """The value of the first of these names that is there; None where it is null."""
        return next((v for name in names if (v := self._values.get(name)) is not None), None)

    def text(self, *names: str) -> str:
        """The same as a text; an object gives its name."""
        value = self.first(*names)
        if isinstance(value, dict):
            return _Row(value).text("name", "value")
        return "" if value is None or isinstance(value, (list, bool)) else str(value).strip()

    def flag(self, *names: str) -> bool | None:
        """Yes, no, or None where it says neither."""
        value = self.first(*names)
        if isinstance(value, bool):
            return value
        return {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}.get(
            str(value).strip().lower()
        )

    def moment(self, *names: str) -> datetime | None:
        """A date; raises Malformed where it is written in a way that is not understood."""
        value = self.first(*names)
        if isinstance(value, dict):
            value = _Row(value).first("value", "datetime")
        if value is None:
            return None
        text = str(value).strip()
        try:
            if found := _MICROSOFT_DATE.fullmatch(text):
                return _EPOCH + timedelta(milliseconds=int(found[1]))
            moment = datetime.fromisoformat(text)
        except (ValueError, OverflowError):
            raise Malformed(tr("{} is no date in ISO 8601", repr(text[:40]))) from None
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
