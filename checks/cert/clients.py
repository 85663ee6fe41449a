"""Certificates inside the company: of the management points, for authentication, on the clients."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Annotated, NamedTuple

from assess.check import (
    AsOf,
    Attestation,
    Attested,
    Ends,
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
    tr,
    unavailable,
    worst,
)
from assess.evidence.certificates import (
    CLIENT_AUTHENTICATION,
    CertificateFile,
    CollectedStores,
    Store,
    StoreEntry,
    Stores,
    same_computer,
)
from assess.evidence.logs import (
    NO_CERTIFICATE,
    NOT_REGISTERED,
    PKI_SELECTED,
    REGISTERED,
    ClientIdStartup,
    LogCopy,
    Logs,
    MpControl,
    ProxyConnectorLog,
)
from assess.evidence.revocation import RevocationOf, Revocations
from assess.evidence.tls import (
    Control,
    Endpoints,
    Handshakes,
    NoHandshake,
    Refused,
    Seen,
    Served,
)
from checks.certificates import (
    ANY_PURPOSE,
    WARNING,
    GatewayFile,
    Specimen,
    chain,
    dates,
    day,
    ends,
    in_words,
    purpose,
    unread,
)
from checks.log_lines import about as places
from checks.log_lines import fresh, lost, mend, of_computer, self_test, set_aside, traffic
from checks.revocation import revocation

_REQUESTS_FAIL = "0"  # the status code where not even a connection was made
Servers = Annotated[Stores | Missing, CollectedStores("files.collected_server_certs")]


@check("cert.mp-web-server", subjects="mp.servers")
def mp_web_server(
    as_of: Annotated[datetime, AsOf()],
    points: Annotated[Endpoints, Handshakes(("{mp.servers}",))],
    control: Annotated[
        Endpoints | Missing, Control(("{site.provider_fqdn}", "{site.server_fqdn}"))
    ],
    stores: Servers,
    log: Annotated[Logs | Missing, MpControl()],
    asked: Annotated[Revocations | Missing, RevocationOf(("{mp.servers}",))],
    gateway: GatewayFile,
) -> Outcomes:
    """Pass when port 443 shows a trusted certificate for the server's own name, for 30 days yet."""
    for host, seen in points.by_host.items():
        if isinstance(seen, Served):
            one = Specimen(host, seen.leaf, seen.trust, live=True)
            revoked = revocation(one, asked, as_of, internet=False)
            key = _key_of_its_own(one, gateway)
            yield worst([*_web_server(one, seen, as_of, stores), *revoked, *key])
        else:
            other = points.reached(besides=host)
            if not other and isinstance(control, Endpoints):
                other = control.reached(besides=host)
            copies = of_computer(log, host, as_of, alone=len(points.by_host) == 1)
            yield _no_web_server(host, seen, other, copies)


def _no_web_server(host: str, seen: Seen, other: str, copies: Sequence[LogCopy]) -> Outcome:
    """Nobody on the port is a fail only where another host answered from the same place.

    The log of the management point tells whether it answers itself, not for how long yet.
    """
    if isinstance(seen, Refused | NoHandshake) and other:
        text = tr("{}, while {} answers", seen.why, other)
        return Fail(host, tr("a certificate for {} on port 443", host), text)
    because = "" if isinstance(seen, Served) else seen.why
    mend = tr("Assess again from a machine that reaches {} on port 443.", host)
    because = tr("port 443 cannot be looked at from here: {}", because)
    for copy in copies:
        test = self_test(copy, "443")
        if test is not None and test.value("word").lower() == "failed":
            if test.value("status") == _REQUESTS_FAIL:
                expected = tr("a certificate for {} on port 443", host)
                said = tr("{} does not reach itself: {}", host, test.quoted)
                return Fail(host, expected, said, about=(host, *places((copy,))))
            because = f"{because}; {test.quoted}"
        elif test is not None:
            because = tr(
                "{}; it answers itself, but until when is not known: {}", because, test.quoted
            )
    return Unknown(host, because, remedy=(mend,), about=(host, *places(copies)))


def _key_of_its_own(one: Specimen, gateway: CertificateFile | Missing) -> Iterator[Outcome]:
    """What is wrong with the key: that it protects nothing, or another role has it too."""
    leaf = one.leaf
    if leaf.key_fault:
        yield Fail(one.subject, "a key that protects", f"{tr(leaf.key_text)}: {tr(leaf.key_fault)}")
    elif leaf.key_algorithm == "RSA" and (leaf.key_bits or SMALLEST) < SMALLEST:
        yield Warn(one.subject, tr("RSA {} or longer", SMALLEST), leaf.key_text)
    if isinstance(gateway, CertificateFile) and gateway.leaf.spki_sha256 == leaf.spki_sha256:
        text = tr("it has the same key as the gateway ({}), whose key is in a file", gateway.name)
        if gateway.leaf.sha256 == leaf.sha256:
            text = tr(
                "it has the same certificate as the gateway ({}), whose key is in a file",
                gateway.name,
            )
        yield Warn(one.subject, "a key of its own for each role", text)


def _web_server(
    one: Specimen, seen: Served, as_of: datetime, stores: Stores | Missing
) -> Iterator[Outcome]:
    host, leaf = one.subject, seen.leaf
    fine = tr("CN = {}, valid until {}; {}", leaf.common_name, day(leaf.not_after), seen.trust.text)
    yield Pass(host, fine, ends=ends(one))
    expected = tr("CN = alternative name = {}", host)
    names = tr(
        "CN = {}; alternative names: {}", leaf.common_name or tr("(none)"), in_words(leaf.dns_names)
    )
    if not leaf.covers(host):
        yield Fail(host, expected, names)
    elif leaf.common_name.lower() != host:
        yield Warn(host, expected, names)
    yield from dates(one, as_of)
    yield from purpose(one)
    yield from chain(one, Missing("not asked"))
    if isinstance(stores, Stores):
        for store, entry in stores.holding(leaf.sha1):
            if entry.exportable and same_computer(store.computer, host):
                text = "the key can be exported, as the shared template allows"
                yield Warn(host, "a key that cannot be exported", text)


SMALLEST = 2048


class _Candidate(NamedTuple):
    """A certificate for authentication, and what the collector leaves open about it."""

    entry: StoreEntry
    open: tuple[str, ...]

    @property
    def key_open(self) -> bool:
        return self.open == (_KEY,)


_KEY = "whether its private key is there"


def _candidates(store: Store, as_of: datetime) -> list[_Candidate]:
    """Those that can authenticate a client now, the ones with nothing left open first."""
    found = []
    for entry in store.entries:
        usages = set(entry.eku or ())
        fits = entry.eku is None or {CLIENT_AUTHENTICATION, ANY_PURPOSE} & usages
        started = entry.not_before is None or entry.not_before <= as_of
        lasting = entry.not_after is None or as_of <= entry.not_after
        if fits and started and lasting and entry.has_private_key is not False:
            left_open = (
                *(("what it is for",) if entry.eku is None else ()),
                *(("how long it is valid",) if entry.not_after is None else ()),
                *((_KEY,) if entry.has_private_key is None else ()),
            )
            found.append(_Candidate(entry, left_open))
    return sorted(found, key=lambda one: (len(one.open), -_end(one.entry)))


def _end(entry: StoreEntry) -> float:
    return 0.0 if entry.not_after is None else entry.not_after.timestamp()


def _end_of(entry: StoreEntry, server: str) -> tuple[Ends, ...]:
    name = entry.common_name or entry.thumbprint
    if entry.not_after is None or not name:
        return ()
    return (Ends(tr("Certificate {} for clients ({})", name, server), entry.not_after.date()),)


def _ends_soon(entry: StoreEntry, as_of: datetime) -> bool:
    return entry.not_after is not None and entry.not_after - as_of <= WARNING


@check("cert.client-auth-installed")
def client_auth_installed(
    as_of: Annotated[datetime, AsOf()],
    points: Annotated[list[str] | Missing, Key("mp.servers")],
    site: Annotated[str | Missing, Key("site.server_fqdn")],
    stores: Servers,
    confirmed: Annotated[Attested | Missing, Attestation()],
    log: Annotated[Logs | Missing, ProxyConnectorLog()],
) -> Outcomes:
    """Pass when each management point and the site server hold one with its key."""
    if isinstance(points, Missing) and isinstance(site, Missing):
        yield unavailable(None, points, site)
        return
    needed = {} if isinstance(points, Missing) else dict.fromkeys(points, True)
    if isinstance(site, str) and not any(same_computer(site, point) for point in needed):
        needed[site] = False
    if isinstance(points, Missing):
        yield unavailable(None, points)
    for server, is_point in needed.items():
        lacking = Fail if is_point else Warn
        held = _installed(server, stores, confirmed, as_of, lacking)
        yield held
        if isinstance(stores, Stores) and isinstance(held, Pass):
            yield from (one for own in stores.of(server) for one in _copied(own, stores, as_of))
        only = is_point and sum(needed.values()) == 1
        copies = of_computer(log, server, as_of, alone=only)
        yield from _not_selected(server, held, copies, lacking)
        yield from (replace(one, subject=server) for one in lost(log))


def _not_selected(
    server: str, held: Outcome, copies: Sequence[LogCopy], lacking: type[Fail | Warn]
) -> Iterator[Outcome]:
    """The connection point that finds no certificate says otherwise than a person's answer."""
    expected = "the gateway connection point finds a certificate for client authentication"
    for copy in copies:
        broken = traffic(copy)[1]
        if broken is not None and broken.kind == NO_CERTIFICATE:
            kind = Warn if isinstance(held, Pass) and held.about else lacking
            yield kind(server, expected, broken.quoted, about=(server, *places((copy,))))


def _installed(
    server: str,
    stores: Stores | Missing,
    confirmed: Attested | Missing,
    as_of: datetime,
    lacking: type[Fail | Warn],
) -> Outcome:
    expected = "a certificate for client authentication with its key, valid for more than 30 days"
    answer = _answer(confirmed, server)
    held = () if isinstance(stores, Missing) else stores.of(server)
    about = tuple(store.computer for store in held)
    if not held:
        if answer is False:
            return lacking(server, expected, "not collected; answered: no")
        asked = _not_collected(server, stores)
        # A store that was collected and cannot be read might contradict the answer.
        if answer is None or isinstance(asked, Unknown):
            return asked
        return Pass(server, "not collected; confirmed")
    found = [one for store in held for one in _candidates(store, as_of)]
    found.sort(key=lambda one: len(one.open))
    if not found:
        expired = [e.text for s in held for e in s.entries if _was_for_clients(e)]
        text = tr("none that is valid; expired or without key: {}", in_words(expired))
        return lacking(server, expected, text, about=about)
    best = found[0]
    end = _end_of(best.entry, server)
    if _ends_soon(best.entry, as_of):
        text = tr("{}, 30 days or fewer", best.entry.text)
        return Warn(server, expected, text, about=about, ends=end)
    if not best.open or (best.key_open and answer):
        text = tr("{}, issued by {}", best.entry.text, best.entry.issuer)
        return Pass(server, text, about=about, ends=end)
    if best.key_open:
        if answer is False:
            return lacking(server, expected, tr("{}; answered: no", best.entry.text), about=about)
        return Manual(
            server, tr("Is the private key of {} on {}?", best.entry.text, server), about=about
        )
    left_open = in_words(map(tr, best.open))
    because = tr("the collector does not say of {} {}", best.entry.text, left_open)
    return Unknown(server, because, about=about)


def _was_for_clients(entry: StoreEntry) -> bool:
    return CLIENT_AUTHENTICATION in (entry.eku or ())


def _answer(confirmed: Attested | Missing, server: str) -> bool | None:
    """What was answered for a server: yes, no, or the list of servers that have one."""
    if isinstance(confirmed, Missing):
        return None
    if isinstance(confirmed.answer, list):
        return any(same_computer(one, server) for one in confirmed.answer)
    return confirmed.yes


def _not_collected(server: str, stores: Stores | Missing) -> Outcome:
    if isinstance(stores, Missing) and not stores.key:
        return unread(server, stores)
    if isinstance(stores, Stores) and stores.unread:
        return Unknown(server, "; ".join(tr(one.reason) for one in stores.unread))
    question = tr("Is a valid certificate with client authentication installed on {}?", server)
    return Manual(server, question)


@check("cert.client-auth-on-clients")
def client_auth_on_clients(
    as_of: Annotated[datetime, AsOf()],
    stores: Annotated[Stores | Missing, CollectedStores("files.collected_client_certs")],
    root: Annotated[str | Missing, Key("files.trusted_root_cer")],
    log: Annotated[Logs | Missing, ClientIdStartup()],
) -> Outcomes:
    """Pass when each sampled client has a certificate of the own PKI, or is joined to Entra ID."""
    copies = log.copies if isinstance(log, Logs) else ()
    if isinstance(stores, Missing):
        if not copies or not set_aside(stores):
            yield unavailable(None, stores)
        held: tuple[Store, ...] = ()
    else:
        held = stores.stores
        for fault in stores.unread:
            yield Unknown(fault.name, fault.reason, remedy=(fault.mend,) if fault.mend else ())
    for store in held:
        mine = [one for one in copies if one.belongs_to(store.computer)]
        outcome = _with_log(_client(store, as_of, root), mine, as_of)
        yield outcome
        if isinstance(outcome, Pass) and isinstance(stores, Stores) and not store.entra_joined:
            yield from _copied(store, stores, as_of)
    if isinstance(stores, Missing):  # else a log that is beside the sample is not part of it
        for copy in copies:
            name = copy.place.partition("/")[0] or None
            said = "it was not sampled, and its log does not show a certificate of a PKI selected"
            yield _with_log(Unknown(name, said, remedy=mend(ClientIdStartup)), [copy], as_of)
    yield from lost(log)


def _with_log(outcome: Outcome, copies: Sequence[LogCopy], as_of: datetime) -> Outcome:
    """A client whose log shows it registered with a certificate of the PKI has one."""
    for copy in copies:
        last = copy.latest(REGISTERED, NOT_REGISTERED)
        selected = copy.latest(PKI_SELECTED)
        if not isinstance(outcome, Unknown) or last is None or not fresh(copy, as_of):
            continue
        about = tuple(filter(None, (outcome.subject, copy.place)))
        if copy.cut or last.kind == NOT_REGISTERED or last.at is None:
            return replace(outcome, because=f"{tr(outcome.because)}; {last.quoted}", about=about)
        if selected is not None:
            return Pass(outcome.subject, f"{last.quoted}; {selected.quoted}", about=about)
    return outcome


def _client(store: Store, as_of: datetime, root: str | Missing) -> Outcome:
    name = store.computer
    expected = "a valid certificate for client authentication, or joined to Entra ID"
    candidates = [
        one for one in _candidates(store, as_of) if one.entry.issued_by_named is not False
    ]
    ours = [one for one in candidates if one.entry.issued_by_named and not one.open]
    if ours:
        best = max(ours, key=lambda one: _end(one.entry)).entry
        if not _ends_soon(best, as_of):
            return Pass(name, tr("{}, issued by {}", best.text, best.issuer))
        if store.entra_joined:
            return Pass(name, tr("{}; it is joined to Entra ID", best.text))
        return Warn(name, expected, tr("{}, 30 days or fewer", best.text))
    if store.entra_joined:
        return Pass(name, "joined to Entra ID; it uses tokens")
    if candidates:
        return _doubtful(name, candidates[0], root)
    if store.entra_registered:
        return Unknown(
            name, "no certificate; registered with Entra ID, but not known to use tokens"
        )
    if store.entra_joined is False and store.entra_registered is False:
        return Fail(name, expected, "no valid certificate, and not known to Entra ID")
    because = "no valid certificate, and the sample does not say whether Entra ID knows it"
    mend = tr("Collect {} again, with entra_joined and entra_registered.", name)
    return Unknown(name, because, remedy=(mend,))


def _copied(store: Store, stores: Stores, as_of: datetime) -> Iterator[Outcome]:
    """Every certificate that would do is on another computer too, with its key: one was cloned.

    A site takes them for one client, and whoever steals the key of the one has that of the other.
    """
    ours = [one.entry for one in _candidates(store, as_of) if not one.open]
    found = [
        next(
            (
                other.computer
                for other, same in stores.holding(entry.thumbprint)
                if same.has_private_key and not same_computer(other.computer, store.computer)
            ),
            "",
        )
        for entry in ours
    ]
    if found and all(found):
        text = tr("{} is on {} too, with its key", ours[0].text, in_words(dict.fromkeys(found)))
        step = tr(
            "Delete the certificate on {} and enrol a new one; take certificates out of images "
            "before they are cloned.",
            store.computer,
        )
        expected = "a certificate and key of its own on each computer"
        about = (store.computer, *found)
        yield Warn(store.computer, expected, text, about=about, remedy=(step,))


def _doubtful(name: str, one: _Candidate, root: str | Missing) -> Outcome:
    """A certificate that may do, but whose key, purpose, date or chain is not certain."""
    if not one.open and isinstance(root, Missing):
        return unavailable(name, root)
    doubts = [*one.open, *(() if one.entry.issued_by_named else ("whether it is of the own PKI",))]
    because = tr("it is not certain of {} {}", one.entry.text, in_words(map(tr, doubts)))
    mend = tr(
        "Collect {} again with the certificates themselves (raw_data) and has_private_key.", name
    )
    return Unknown(name, because, remedy=(mend,))
