"""Where the gateway's certificate and its key are kept: store, export, copy, and what is left."""

from typing import Annotated

from assess.check import (
    Attestation,
    Attested,
    Fail,
    Key,
    Manual,
    Missing,
    Outcome,
    Outcomes,
    Pass,
    Unknown,
    Warn,
    check,
    msg,
    tr,
    trn,
    unavailable,
    worst,
)
from assess.evidence.certificates import (
    CertificateFile,
    CertificateIn,
    CollectedStores,
    FilePresence,
    Presence,
    Store,
    StoreEntry,
    Stores,
    same_computer,
)
from checks.certificates import GatewayFile, Issuer, ServiceName, in_words, no_root, unread

_EXPORTABLE = {True: msg("exportable"), False: "not exportable", None: "perhaps exportable"}
Confirmed = Annotated[Attested | Missing, Attestation()]
Servers = Annotated[Stores | Missing, CollectedStores("files.collected_server_certs")]


@check("cert.cmg-pfx-export", subjects="files.cmg_pfx")
def cmg_pfx_export(
    issuer: Issuer, file: Annotated[CertificateFile, CertificateIn("files.cmg_pfx")]
) -> Outcomes:
    """Pass when the PFX has a password, the key, and every certificate up to the root."""
    yield exported(file, issuer)


def exported(file: CertificateFile, issuer: str | Missing) -> Outcome:
    """What an export has to hold to be of use on another machine."""
    parts: list[Outcome] = [
        Pass(
            file.name,
            trn(
                len(file.chain),
                "private key, {n} more certificate",
                "private key, {n} more certificates",
            ),
        )
    ]
    parts += holds_key(file)
    parts += complete(file, issuer)
    if file.form == "pkcs12" and file.password_empty:
        parts.append(Fail(file.name, tr("a password"), "it opens with an empty password"))
    weak = [name for name in file.protection if _is_weak(name)]
    if weak:
        text = tr(
            "encrypted with {}, which a site that requires AES does not accept", in_words(weak)
        )
        parts.append(Warn(file.name, "encrypted with AES", text))
    return worst(parts)


def _is_weak(cipher: str) -> bool:
    return any(word in cipher for word in ("rc2", "rc4", "tripledes", "des_", "_des"))


def holds_key(file: CertificateFile) -> list[Outcome]:
    """What is wrong with the private key."""
    expected = "the private key of the certificate"
    if not file.has_key:
        text = "there is no private key in it"
        if file.form != "pkcs12":
            text = "there is no private key in it; it is no PFX file"
        return [Fail(file.name, expected, text)]
    if file.key_matches is False:
        return [Fail(file.name, expected, "the key in it belongs to another certificate")]
    if file.key_matches is None:
        return [Unknown(file.name, "the key in it cannot be opened")]
    return []


def complete(file: CertificateFile, issuer: str | Missing) -> list[Outcome]:
    """What is missing of the path in the file itself."""
    trust, expected = file.trust, "every certificate of the path"
    if trust.supplied:
        names = in_words(step.name for step in trust.supplied)
        return [Fail(file.name, expected, tr("the intermediate {} is not in it", names))]
    if trust.anchor != "none" or trust.ends_in:
        root = trust.path[-1]
        if root.in_file:
            return []
        return [Warn(file.name, expected, tr("only the root {} is not in it", root.name))]
    if not trust.missing:
        return [Fail(file.name, expected, trust.reason)]
    top = trust.path[-1].name
    if not file.chain or trust.own_root_named or issuer == "public":
        return [
            Fail(file.name, expected, tr("the issuer of {} is not in it: {}", top, trust.missing))
        ]
    return [unavailable(file.name, no_root(trust))]


@check("cert.cmg-imported")
def cmg_imported(
    stores: Servers,
    service: ServiceName,
    issuer: Issuer,
    file: GatewayFile,
    confirmed: Confirmed,
) -> Outcomes:
    """Pass when a server's store holds it with its key, or the export of it is in order."""
    held = _held(stores, file, service)
    where = in_words(store.computer for store, _ in held)
    names = tuple(store.computer for store, _ in held)
    fine = isinstance(file, CertificateFile) and isinstance(exported(file, issuer), Pass | Warn)
    if any(entry.has_private_key for _, entry in held):
        if fine or any(e.exportable is not False for _, e in held if e.has_private_key):
            yield Pass(None, tr("with its private key in the store of {}", where), about=names)
        else:
            because = tr("the key in the store of {} is not exportable", where)
            yield Unknown(None, because, about=names)
    elif any(entry.has_private_key is False for _, entry in held):
        expected = "in the store with its private key"
        yield Fail(None, expected, tr("without private key in the store of {}", where), about=names)
    elif fine and isinstance(file, CertificateFile):
        exported_as = Pass(None, tr("exported with its key as {}", file.name), about=(file.name,))
        yield _lost(stores) or exported_as
    elif isinstance(confirmed, Attested):
        if confirmed.yes:
            said = Pass(None, tr("confirmed by {}", confirmed.by or "somebody unnamed"))
            yield _lost(stores, file) or said
        else:
            yield Fail(None, "imported with an exportable key", "answered: no")
    else:
        yield _open(stores, file)


def _held(
    stores: Stores | Missing, file: CertificateFile | Missing, service: str | Missing
) -> list[tuple[Store, StoreEntry]]:
    """Where the gateway's certificate is: by its thumbprint, else by the service name."""
    if isinstance(stores, Missing):
        return []
    if isinstance(file, CertificateFile):
        return [*stores.holding(file.leaf.sha1), *stores.holding(file.leaf.sha256)]
    if isinstance(service, Missing):
        return []
    return [
        (store, entry)
        for store in stores.stores
        for entry in store.entries
        if entry.common_name.lower() == service.lower()
    ]


def _open(*evidence: Stores | CertificateFile | Missing) -> Outcome:
    """The question, or unknown where evidence was named that could not be read."""
    return _lost(*evidence) or Manual(None, "")


def _lost(*evidence: Stores | CertificateFile | Missing) -> Unknown | None:
    """Unknown where evidence was named and could not be read: it might contradict an answer."""
    for one in evidence:
        if isinstance(one, Missing) and not one.key:
            return unread(None, one)
        if isinstance(one, Stores) and one.unread:
            mends = tuple(fault.mend for fault in one.unread if fault.mend)
            return Unknown(None, "; ".join(tr(fault.reason) for fault in one.unread), remedy=mends)
    return None


@check("cert.cmg-pfx-on-site-server")
def cmg_pfx_on_site_server(
    presence: Annotated[FilePresence | Missing, Presence("files.cmg_pfx")],
    server: Annotated[str | Missing, Key("site.server_fqdn")],
    confirmed: Confirmed,
) -> Outcomes:
    """Pass when the file is there, seen on the site server itself, or somebody confirms it."""
    here = (
        isinstance(presence, FilePresence)
        and isinstance(server, str)
        and same_computer(presence.machine, server)
    )
    if here and isinstance(presence, FilePresence):
        about = (presence.name,)
        if presence.exists:
            yield Pass(None, tr("{} is on {}", presence.name, presence.machine), about=about)
            return
        yield Unknown(None, tr("{} is not where files.cmg_pfx says on {}", presence.name, server))
        return
    if isinstance(confirmed, Missing):
        yield Manual(None, "")
    elif confirmed.yes:
        yield Pass(None, tr("confirmed by {}", confirmed.by or "somebody unnamed"))
    else:
        yield Fail(None, "a copy on the site server", "answered: no")


@check("cert.store-cleanup")
def store_cleanup(
    stores: Servers,
    service: ServiceName,
    file: GatewayFile,
    distribution: Annotated[CertificateFile | Missing, CertificateIn("files.cdp_pfx")],
    confirmed: Confirmed,
) -> Outcomes:
    """Pass when no collected store holds the certificates any more, and a backup is confirmed."""
    held = _held(stores, file, service)
    if isinstance(distribution, CertificateFile):
        held += _held(stores, distribution, service)
    about = tuple(store.computer for store, _ in held)
    for store, entry in held:
        if entry.has_private_key is not False:
            exportable = _EXPORTABLE[entry.exportable]
            text = tr(
                "{} is still in the store of {}, its key {}", entry.text, store.computer, exportable
            )
            yield Warn(None, "not in the store any more", text, about=about)
    if any(entry.has_private_key is not False for _, entry in held):
        return
    if isinstance(confirmed, Missing):
        yield _open(stores)
    elif not confirmed.yes:
        yield Warn(None, "deleted from the store, and a backup kept", "answered: no")
    else:
        text = tr("confirmed by {}", confirmed.by or "somebody unnamed")
        if isinstance(stores, Stores) and stores.stores:
            seen = tr("not in {}", in_words(store.computer for store in stores.stores))
            text = f"{seen}; {text}"
        yield _lost(stores) or Pass(None, text)
