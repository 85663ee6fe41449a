"""Asks whether certificates are revoked: lists (CRL) and responders (OCSP) over HTTP.

An answer counts only where it verifies: signed by the issuer, or by whom the issuer delegated OCSP
to, for this very certificate. What it says of time is kept for the checks to judge.
"""

import itertools
import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from typing import NamedTuple, TypeAlias, TypeVar
from urllib.parse import urlsplit

from asn1crypto import keys
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID

from assess.connectors import Visit
from assess.connectors.certificates import Roots
from assess.connectors.dial import (
    ConnectionRefusedByHostError,
    Dialler,
    NoAddressError,
    NotReachedError,
)
from assess.connectors.plainweb import Fetched, Nothing, Post, Secure, fetch
from assess.connectors.x509facts import (
    LIBRARY_ERRORS,
    Malformed,
    armoured,
    certificate,
    facts,
    issued_by,
    signed_by,
)
from assess.errors import Unavailable
from assess.evidence.certificates import (
    CLIENT_AUTHENTICATION,
    CertificateFile,
    Step,
    StoreEntry,
    Stores,
)
from assess.evidence.published import (
    InDirectory,
    ListsInDirectory,
    NotPublished,
    NotRead,
    Published,
    PublishedLists,
    place,
)
from assess.evidence.revocation import (
    Current,
    Declined,
    Good,
    Lists,
    Looked,
    NotAsked,
    NotKnown,
    NotReached,
    NotVerified,
    OwnLists,
    Point,
    RevocationAsk,
    RevocationIn,
    RevocationOf,
    Revocations,
    Revoked,
    Said,
)
from assess.evidence.tls import Endpoints, Served
from assess.language import msg, tr, trn

_AT_ONCE = 8
_LARGEST_LIST = 32 << 20  # bytes; the largest lists of public authorities have some ten megabytes
_LARGEST_ANSWER = 1 << 20
_MOST_POINTS = 4  # of a kind, that are asked of one certificate
_MOST_LISTS = 20
_OCSP_REQUEST = "application/ocsp-request"
_WEB = ("http", "https")
_NO_LINE = (ConnectionRefusedByHostError, NoAddressError, NotReachedError)
_KNOWN_TO_US = {
    x509.oid.ExtensionOID.ISSUING_DISTRIBUTION_POINT,
    x509.oid.ExtensionOID.AUTHORITY_KEY_IDENTIFIER,
    x509.oid.ExtensionOID.CRL_NUMBER,
}

T = TypeVar("T")
Held: TypeAlias = Callable[[str], InDirectory]


class _Pair(NamedTuple):
    """A certificate of a chain and the one that issued it."""

    step: Step
    found: x509.Certificate
    issuer: x509.Certificate


class RevocationReader:
    """Answers questions about revocation; each list is fetched once, however many ask for it.

    ``control``: a host that surely speaks plain HTTP, asked where all others are silent; empty
    where there is none.
    """

    def __init__(
        self, dialler: Dialler, roots: Roots, secure: Callable[[Visit], Secure], control: str = ""
    ) -> None:
        self._compared = control
        self._dialler = dialler
        self._roots = roots
        self._secure = secure
        self._lock = threading.Lock()
        self._lists: dict[str, Future[Fetched | Nothing]] = {}
        self._silent: dict[str, NotReached] = {}

    def fetch(self, ask: RevocationAsk, visit: Visit) -> Revocations | Lists:
        """What each place said; raises Unavailable where the certificates are not there."""
        match ask:
            case RevocationIn():
                file: CertificateFile = visit.known.answer(ask.requires()[0])
                held = _in_directory(ask.directory, visit)
                return self._chains({ask.named: (file.trust.path, b"")}, held, visit)
            case RevocationOf():
                seen: Endpoints = visit.known.answer(ask.handshakes)
                return self._chains(
                    {
                        host: (one.trust.path, one.stapled)
                        for host, one in seen.by_host.items()
                        # A stranger's certificate could send us anywhere.
                        if isinstance(one, Served) and one.trust.anchor != "none"
                    },
                    _in_directory(ask.directory, visit),
                    visit,
                )
            case OwnLists():
                return self._own_lists(ask, visit)
            case _:
                raise Unavailable(tr("{} is no question about revocation", ask.describe()))

    def _chains(
        self,
        paths: dict[str, tuple[Sequence[Step], bytes]],
        held: Held,
        visit: Visit,
    ) -> Revocations:
        pairs = {subject: _pairs(path) for subject, (path, _) in paths.items()}
        with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="revocation") as pool:
            waiting = {
                subject: [pool.submit(self._look, pair, held, visit) for pair in several]
                for subject, several in pairs.items()
            }
            found = {
                subject: tuple(one.result() for one in several)
                for subject, several in waiting.items()
            }
        for subject, (_, stapled) in paths.items():
            if stapled and pairs[subject]:
                found[subject] = _with_staple(found[subject], pairs[subject][0], stapled, visit)
            for one in found[subject]:
                _note(visit, subject, one)
        points = [point for looked in found.values() for one in looked for point in one.points]
        return Revocations(found, self._control(points, visit))

    def _look(self, pair: _Pair, held: Held, visit: Visit) -> Looked:
        own = facts(pair.found)
        points = [self._ask_ocsp(url, pair, visit) for url in own.ocsp_urls[:_MOST_POINTS]]
        points += [self._ask_list(url, pair, held, visit) for url in own.crl_urls[:_MOST_POINTS]]
        return Looked(own.name, own.sha256, tuple(points))

    def _ask_ocsp(self, url: str, pair: _Pair, visit: Visit) -> Point:
        if (other := not_of_the_web(url)) is not None:
            return Point("ocsp", url, other)
        asked = ocsp_request(pair.found, pair.issuer)
        if isinstance(asked, NotVerified):
            return Point("ocsp", url, asked)
        got = self._get(url, _LARGEST_ANSWER, visit, Post(asked, _OCSP_REQUEST))
        if not isinstance(got, Fetched):
            return Point("ocsp", url, got)
        said = ocsp_says(got.body, pair.found, pair.issuer, visit.clock())
        return Point("ocsp", url, said, got.address)

    def _ask_list(
        self, url: str, pair: _Pair, held: Held, visit: Visit
    ) -> Point:
        if place(url):
            return Point("crl", url, _held(held(url), pair))
        if (other := not_of_the_web(url)) is not None:
            return Point("crl", url, other)
        got = self._list(url, visit)
        if not isinstance(got, Fetched):
            return Point("crl", url, got)
        return Point("crl", url, list_says(got.body, pair.found, pair.issuer), got.address)

    def _list(self, url: str, visit: Visit) -> Fetched | Nothing:
        with self._lock:
            waiting = self._lists.get(url)
            mine = waiting is None
            if waiting is None:
                waiting = self._lists[url] = Future()
        if mine:
            try:
                waiting.set_result(self._get(url, _LARGEST_LIST, visit))
            except BaseException as error:
                waiting.set_exception(error)
                raise
        return waiting.result()

    def _get(
        self, url: str, largest: int, visit: Visit, post: Post | None = None
    ) -> Fetched | Nothing:
        """What is there; who was silent once in this run is not waited for again."""
        place = urlsplit(url).netloc.lower()
        with self._lock:
            silent = self._silent.get(place)
        if silent is not None:
            return silent
        self._count(visit)
        secure = self._secure(visit)
        got = fetch(self._dialler, url, largest=largest, secure=secure, post=post)
        if isinstance(got, NotReached):
            with self._lock:
                self._silent[place] = got
        return got

    def _count(self, visit: Visit) -> None:
        with self._lock:
            visit.requests += 1

    # -- the lists of the own authority --

    def _own_lists(self, ask: OwnLists, visit: Visit) -> Lists:
        named, silent, urls = 0, 0, list[str]()
        for found in self._own_certificates(ask, visit):
            named += bool(found)
            silent += not found
            urls += [url for url in found if url not in urls]
        if not named and not silent:
            raise Unavailable(
                "no certificate of the own authority is known whose extensions tell where its "
                "revocation list is",
                "Name certificates of clients, with raw_data or as .cer files, as "
                "files.collected_client_certs, and the own root as files.trusted_root_cer.",
            )
        store = self._roots.store(visit)
        issuers = [*store.own_roots, *store.supplied]

        def look(url: str) -> Point:
            if (other := not_of_the_web(url)) is not None:
                return Point("crl", url, other)
            got = self._list(url, visit)
            if not isinstance(got, Fetched):
                return Point("crl", url, got)
            return Point("crl", url, whole_list(got.body, issuers), got.address)

        with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="revocation") as pool:
            points = tuple(pool.map(look, urls[:_MOST_LISTS]))
        for point in points:
            visit.note(point.url, _seen(point))
        if not points:
            visit.note(
                "revocation lists",
                trn(silent, "{n} certificate names none", "{n} certificates name none"),
            )
        return Lists(points, named, silent, self._control(points, visit))

    def _own_certificates(self, ask: OwnLists, visit: Visit) -> Iterable[tuple[str, ...]]:
        """The lists that each certificate of the own authority names, where it tells."""
        for number, stores in enumerate(ask.stores):
            try:
                collected: Stores = visit.known.answer(stores)
            except Unavailable:
                continue
            for store in collected.stores:
                for entry in store.entries:
                    if entry.crl_urls is not None and _counts(entry, clients=number == 0):
                        yield entry.crl_urls
        try:
            file: CertificateFile = visit.known.answer(ask.gateway)
        except Unavailable:
            return
        if file.trust.anchor == "own":
            yield file.leaf.crl_urls

    def _control(self, points: Iterable[Point], visit: Visit) -> str:
        """A server that answered plain HTTP; one is asked where all of them were silent."""
        host, asked = self._compared, list(points)
        for point in asked:
            if point.answered:
                return urlsplit(point.url).hostname or point.url
        if not host or not any(isinstance(point.said, NotReached) for point in asked):
            return ""
        self._count(visit)
        try:
            line, _, _ = self._dialler.dial_plain(host, 80)
        except (*_NO_LINE, OSError, Unavailable):
            visit.note(f"{host}:80, for comparison", "not reached")
            return ""
        with line:
            reached = "" if line.through else host
        said = "reached" if reached else "only the proxy is reached"
        visit.note(f"{host}:80, for comparison", said)
        return reached


def _counts(entry: StoreEntry, *, clients: bool) -> bool:
    """Of the own authority, and for clients where several kinds are collected."""
    if entry.issued_by_named is False:
        return False
    return not clients or entry.eku is None or CLIENT_AUTHENTICATION in entry.eku


def _pairs(path: Sequence[Step]) -> list[_Pair]:
    """Each certificate below the root with its issuer."""
    pairs = []
    for step, above in itertools.pairwise(path):
        if step.der and above.der:
            pairs.append(_Pair(step, certificate(step.der), certificate(above.der)))
    return pairs


def _with_staple(
    looked: tuple[Looked, ...], own: _Pair, stapled: bytes, visit: Visit
) -> tuple[Looked, ...]:
    """With what the server sent along as the first place of its own certificate."""
    said = ocsp_says(stapled, own.found, own.issuer, visit.clock())
    first, *above = looked
    points = (Point("stapled", "", said), *first.points)
    return Looked(first.name, first.sha256, points), *above


def _note(visit: Visit, subject: str, one: Looked) -> None:
    if not one.points:
        visit.note(f"revocation of {one.name}", "it names no place to ask", about=subject)
    for point in one.points:
        where = f"revocation of {one.name}, {point.url or 'stapled'}"
        visit.note(where, _seen(point), about=subject)


def _seen(point: Point) -> str:
    return f"{point.said.text}; at {point.address}" if point.address else point.said.text


def _in_directory(ask: ListsInDirectory, visit: Visit) -> Held:
    """What the directory holds at an address in it, or why nobody read it."""
    try:
        found: PublishedLists = visit.known.answer(ask)
    except Unavailable as error:
        lost = NotRead(error.reason)
        return lambda _: lost
    return lambda url: found.by_url.get(url) or NotRead("it was not asked for")


def _held(one: InDirectory, pair: _Pair) -> Said:
    """What the list in the directory says of a certificate."""
    match one:
        case Published(der):
            return list_says(der, pair.found, pair.issuer)
        case NotPublished(why):
            return Declined(why)
        case NotRead(why):
            return NotAsked(tr("an address in the directory, which was not read: {}", why))


def not_of_the_web(url: str) -> NotAsked | None:
    """Why an address is not asked; None: it is one of the web."""
    try:
        scheme = urlsplit(url).scheme.lower()
    except ValueError:
        return NotAsked("its address cannot be read")
    if scheme in _WEB:
        return None
    return NotAsked(tr("a {} address, which nobody on the internet can read", scheme or "strange"))


# -- lists --


def list_says(data: bytes, found: x509.Certificate, issuer: x509.Certificate) -> Said:
    """What a list says of a certificate, if it is one of its issuer."""
    try:
        crl = _crl(data)
        if (fault := _fault(crl, issuer)) or (fault := _out_of_scope(crl, found)):
            return NotVerified(fault)
        since, until = crl.last_update_utc, crl.next_update_utc
        entry = crl.get_revoked_certificate_by_serial_number(found.serial_number)
        if entry is None:
            return Good(since, until)
        reason = _reason(entry)
        if reason == "removeFromCRL":
            return Good(since, until)
        return Revoked(entry.revocation_date_utc, reason, since, until)
    except Malformed as error:
        return NotVerified(str(error))
    except LIBRARY_ERRORS:
        return NotVerified("its list has fields that cannot be read")


def whole_list(data: bytes, issuers: Iterable[x509.Certificate]) -> Said:
    """How current a list is, if one of these issued it."""
    try:
        crl = _crl(data)
        faults = [_fault(crl, one) for one in issuers if one.subject == crl.issuer]
        if not faults:
            return NotKnown(
                tr(
                    "the certificate of its issuer {} is not named "
                    "(files.trusted_root_cer, files.intermediate_cers)",
                    crl.issuer.rfc4514_string()[:80],
                )
            )
        if all(faults):
            return NotVerified(faults[0])
        return Current(crl.last_update_utc, crl.next_update_utc, len(crl))
    except Malformed as error:
        return NotVerified(str(error))
    except LIBRARY_ERRORS:
        return NotVerified("its list has fields that cannot be read")


def _crl(data: bytes) -> x509.CertificateRevocationList:
    """A list in DER, or in PEM as some serve it; raises Malformed."""
    blocks = armoured(data) if data[:1] != b"\x30" else []
    der = next((block.der for block in blocks if block.label == "X509 CRL"), data)
    try:
        return x509.load_der_x509_crl(der)
    except LIBRARY_ERRORS:
        raise Malformed("what is there is no revocation list") from None


def _fault(crl: x509.CertificateRevocationList, issuer: x509.Certificate) -> str:
    """Why a list is not one of this issuer that could be relied on, "" where it is."""
    if crl.issuer != issuer.subject:
        return "its list is of another issuer"
    if not _may(issuer, "crl_sign"):
        return "its issuer may not sign lists"
    if not signed_by(crl, crl.tbs_certlist_bytes, issuer):
        return "the signature of its list is wrong"
    for extension in crl.extensions:
        if extension.oid == x509.oid.ExtensionOID.DELTA_CRL_INDICATOR:
            return "its list holds changes only"
        if extension.critical and extension.oid not in _KNOWN_TO_US:
            return tr("its list has a critical extension {}", extension.oid.dotted_string)
        if isinstance(extension.value, x509.IssuingDistributionPoint):
            if extension.value.indirect_crl:
                return "its list is one of several issuers"
            if extension.value.only_some_reasons:
                return "its list is for some reasons only"
    return ""


def _out_of_scope(crl: x509.CertificateRevocationList, found: x509.Certificate) -> str:
    """Why a list does not speak of this certificate, "" where it does."""
    try:
        scope = crl.extensions.get_extension_for_class(x509.IssuingDistributionPoint).value
    except x509.ExtensionNotFound:
        return ""
    own = facts(found)
    if scope.only_contains_attribute_certs or (scope.only_contains_user_certs and own.is_ca):
        return "its list is for certificates of another kind"
    if scope.only_contains_ca_certs and not own.is_ca:
        return "its list is for authorities only"
    named = {
        one.value
        for one in scope.full_name or ()
        if isinstance(one, x509.UniformResourceIdentifier)
    }
    if named and not named & set(own.crl_urls):
        return "its list is for another distribution point"
    return ""


def _reason(entry: x509.RevokedCertificate) -> str:
    try:
        return str(entry.extensions.get_extension_for_class(x509.CRLReason).value.reason.value)
    except (x509.ExtensionNotFound, *LIBRARY_ERRORS):
        return ""


def _may(issuer: x509.Certificate, usage: str) -> bool:
    """Whether the key usage allows it; without the extension it does."""
    used = facts(issuer).key_usage
    return used is None or usage in used


# -- responders --


def ocsp_request(found: x509.Certificate, issuer: x509.Certificate) -> bytes | NotVerified:
    """What to ask a responder, as every responder understands it: with SHA-1, and without nonce."""
    try:
        builder = ocsp.OCSPRequestBuilder().add_certificate(found, issuer, hashes.SHA1())  # noqa: S303
        return builder.build().public_bytes(Encoding.DER)
    except LIBRARY_ERRORS:
        return NotVerified("no request can be made of its serial number or issuer")


def ocsp_says(
    data: bytes, found: x509.Certificate, issuer: x509.Certificate, moment: datetime
) -> Said:
    """What a responder says of a certificate, if it may speak for its issuer at this moment."""
    try:
        answer = ocsp.load_der_ocsp_response(data)
    except LIBRARY_ERRORS:
        return NotVerified("what is there is no OCSP answer")
    try:
        if answer.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
            return Declined(tr("the responder says {}", answer.response_status.name.lower()))
        if fault := _unsigned(answer, issuer, moment):
            return NotVerified(fault)
        single = next((one for one in answer.responses if _is_about(one, found, issuer)), None)
        if single is None:
            return NotVerified("its OCSP answer is about another certificate")
        since, until = single.this_update_utc, single.next_update_utc
        match single.certificate_status:
            case ocsp.OCSPCertStatus.GOOD:
                return Good(since, until)
            case ocsp.OCSPCertStatus.REVOKED:
                why = single.revocation_reason
                at = single.revocation_time_utc or since
                return Revoked(at, "" if why is None else str(why.value), since, until)
            case _:
                return NotKnown()
    except LIBRARY_ERRORS:
        return NotVerified("its OCSP answer has fields that cannot be read")


def _is_about(
    single: ocsp.OCSPSingleResponse, found: x509.Certificate, issuer: x509.Certificate
) -> bool:
    if single.serial_number != found.serial_number:
        return False
    name = hashes.Hash(single.hash_algorithm)
    name.update(found.issuer.public_bytes())
    return single.issuer_name_hash == name.finalize() and single.issuer_key_hash == _key_hash(
        issuer, single.hash_algorithm
    )


def _key_hash(one: x509.Certificate, algorithm: hashes.HashAlgorithm) -> bytes:
    """The digest of the key's bits alone, as OCSP wants it."""
    if isinstance(algorithm, hashes.SHA1):
        return x509.SubjectKeyIdentifier.from_public_key(one.public_key()).digest
    der = one.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    bits = keys.PublicKeyInfo.load(der)["public_key"].contents[1:]
    digest = hashes.Hash(algorithm)
    digest.update(bits)
    return digest.finalize()


def _unsigned(answer: ocsp.OCSPResponse, issuer: x509.Certificate, moment: datetime) -> str:
    """Why nobody who may speak for the issuer signed an answer, "" where somebody did."""
    fault = msg("its OCSP answer is signed by nobody who is known")
    for one in (issuer, *answer.certificates):
        if not _is_responder(one, answer):
            continue
        if one != issuer and (fault := _not_delegated(one, issuer, moment)):
            continue
        if signed_by(answer, answer.tbs_response_bytes, one):
            return ""
        fault = msg("the signature of its OCSP answer is wrong")
    return fault


def _is_responder(one: x509.Certificate, answer: ocsp.OCSPResponse) -> bool:
    if answer.responder_name is not None:
        return one.subject == answer.responder_name
    try:
        return answer.responder_key_hash == _key_hash(one, hashes.SHA1())  # noqa: S303
    except LIBRARY_ERRORS:
        return False


def _not_delegated(one: x509.Certificate, issuer: x509.Certificate, moment: datetime) -> str:
    """Why a certificate that came along does not speak for the issuer, "" where it does."""
    if not issued_by(one, issuer):
        return "its OCSP answer is signed by somebody whom its issuer does not know"
    if not facts(one).allows(ExtendedKeyUsageOID.OCSP_SIGNING.dotted_string):
        return "its OCSP answer is signed by a certificate that is not for that"
    if not one.not_valid_before_utc <= moment <= one.not_valid_after_utc:
        return "its OCSP answer is signed by a certificate that is out of date"
    return ""
