"""Where the chain of a certificate ends: at a public root, at the customer's own, or nowhere.

OpenSSL builds and verifies the chain: signatures, authority and path length, name constraints.
Dates are left to the checks, which know the moment that is judged from; only where several chains
are possible, one that is valid at the moment of reading is preferred.
"""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Literal

import certifi
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from OpenSSL import crypto

from assess.connectors.x509facts import LIBRARY_ERRORS, facts, issued_by
from assess.evidence.certificates import Step, Trust, name_text
from assess.language import msg, tr

_NO_CHECK_TIME = 0x200000  # X509_V_FLAG_NO_CHECK_TIME: pyOpenSSL has no name for it
_NO_ISSUER = {2, 20, 21}  # X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, its local kin, and leaf signature
_SELF_SIGNED = {18, 19}
_FAULTS = (crypto.Error, *LIBRARY_ERRORS)  # OpenSSL refuses more than the library that read it
_LONGEST = 20  # certificates that a chain of ours may have

Certificates = Sequence[x509.Certificate]


class TrustStore:
    """The roots that count, and the intermediates that the engagement supplies.

    ``own_roots`` and ``intermediates`` are certificates of ``files.trusted_root_cer`` and
    ``files.intermediate_cers``; what signed itself counts as a root, the rest as intermediates.
    ``moment``: when it is read, for the choice between several chains.
    """

    def __init__(
        self,
        *,
        moment: datetime,
        public_roots: Path | None = None,
        own_roots: Certificates = (),
        intermediates: Certificates = (),
        own_root_named: bool = False,
        faults: Iterable[str] = (),
    ) -> None:
        own = [one for one in own_roots if facts(one).self_signed]
        self.supplied = [one for one in (*own_roots, *intermediates) if one not in own]
        self.own_roots = own
        self.own_root_named = own_root_named or bool(own_roots)
        self.faults = tuple(faults)
        if own_roots and not own:
            self.faults += (
                msg("files.trusted_root_cer holds no root: what is in it did not sign itself"),
            )
        self._moment = moment
        bundle = public_roots or Path(certifi.where())
        self._anchors: list[tuple[Literal["public", "own"], list[crypto.X509Store]]] = [
            ("public", [_bundle(bundle, moment), _bundle(bundle, None)])
        ]
        if own:
            self._anchors.append(("own", [_store(own, moment), _store(own, None)]))

    def judge(self, leaf: x509.Certificate, given: Certificates) -> Trust:
        """The chain of ``leaf`` with what came along with it, completed by what is supplied."""
        others = [one for one in given if one != leaf]
        found = None
        for anchor, stores in self._anchors:
            if (found := self._first(leaf, others, stores)) is not None:
                return self._trust(anchor, "", found, others)
        roots = [one for one in (leaf, *others, *self.supplied) if facts(one).self_signed]
        found = self._first(leaf, others, [_store(roots, None)]) if roots else None
        if found is not None:
            root = facts(found[-1])
            reason = tr(
                "it ends in {}, which is neither a public root nor the one that is named", root.name
            )
            if leaf == found[-1]:
                reason = msg("it signed itself")
            return self._trust("none", reason, found, others, ends_in=root.name)
        return self._broken(leaf, others)

    def chains_to_own(self, found: x509.Certificate) -> bool | None:
        """Whether it chains to the customer's own root; None where that cannot be said."""
        trust = self.judge(found, ())
        if trust.anchor == "own":
            return True
        if not self.own_roots:
            return None
        return False if trust.ends_in or trust.anchor == "public" else None

    def names_issuer(self, issuer: str) -> bool | None:
        """Whether the text of an issuer is the name of one of the customer's authorities.

        All there is to go by where nobody collected the certificate itself; None: no such name.
        """
        wanted = _name_parts(issuer)
        known = (facts(one).subject for one in (*self.own_roots, *self.supplied))
        named = any(wanted == {(a.type, a.value.lower()) for a in name} for name in known)
        return True if self.own_roots and wanted and named else None

    def _first(
        self, leaf: x509.Certificate, given: Certificates, stores: Iterable[crypto.X509Store]
    ) -> list[x509.Certificate] | None:
        """The first chain that verifies; one of what was given before one that needs more."""
        for store in stores:
            for pool in (given, [*given, *self.supplied]) if self.supplied else (given,):
                try:
                    return _verified(store, leaf, pool)
                except (crypto.X509StoreContextError, *_FAULTS):
                    continue
        return None

    def _trust(
        self,
        anchor: Literal["public", "own", "none"],
        reason: str,
        chain: Certificates,
        given: Certificates,
        *,
        ends_in: str = "",
        missing: str = "",
        rooted: bool = True,
    ) -> Trust:
        steps = []
        for number, one in enumerate(chain):
            inside = number == 0 or one in given
            last = rooted and number == len(chain) - 1
            found = facts(one)
            steps.append(
                Step(
                    name=found.name,
                    sha256=found.sha256,
                    not_before=found.not_before,
                    not_after=found.not_after,
                    origin="anchor" if last else "given" if inside else "supplied",
                    signature_hash=found.signature_hash,
                    eku=found.eku,
                    in_file=inside,
                    revocable=bool(found.crl_urls or found.ocsp_urls),
                    crl_urls=found.crl_urls,
                    der=one.public_bytes(Encoding.DER),
                )
            )
        return Trust(
            anchor, reason, tuple(steps), ends_in, missing, self.own_root_named, self.faults
        )

    def _broken(self, leaf: x509.Certificate, given: Certificates) -> Trust:
        """Why no chain verifies, with as much of it as could be built."""
        pool = [*given, *self.supplied]
        stores = self._anchors[-1][1]
        try:
            _verified(stores[-1], leaf, pool)
        except crypto.X509StoreContextError as error:
            code = error.errors[0]
            words = str(error.errors[2])
        except _FAULTS:
            code, words = 0, msg("its chain cannot be read")
        else:
            code, words = 0, msg("there is no moment at which its chain is valid")
        chain = _walked(leaf, pool)
        top = facts(chain[-1])
        if code in _NO_ISSUER | _SELF_SIGNED and not top.self_signed:
            reason = tr("its issuer {} was not found", top.issuer_name)
            return self._trust(
                "none", reason, chain, given, missing=name_text(top.issuer), rooted=False
            )
        return self._trust(
            "none", tr("its chain is refused: {}", words), chain, given, rooted=False
        )


def _name_parts(text: str) -> set[tuple[str, str]]:
    parts = (part.partition("=") for part in text.split(","))
    return {
        (kind.strip().upper(), value.strip().strip('"').lower())
        for kind, _, value in parts
        if value
    }


def _verified(
    store: crypto.X509Store, leaf: x509.Certificate, others: Certificates
) -> list[x509.Certificate]:
    context = crypto.X509StoreContext(store, _openssl(leaf), [_openssl(one) for one in others])
    return [one.to_cryptography() for one in context.get_verified_chain()]


@lru_cache(maxsize=1024)
def _openssl(found: x509.Certificate) -> crypto.X509:
    return crypto.X509.from_cryptography(found)


def _walked(leaf: x509.Certificate, pool: Certificates) -> list[x509.Certificate]:
    """From issuer to issuer, as far as they are there."""
    chain = [leaf]
    while len(chain) < _LONGEST:
        issuer = next((one for one in pool if one not in chain and issued_by(chain[-1], one)), None)
        if issuer is None:
            break
        chain.append(issuer)
    return chain


def _store(roots: Certificates, moment: datetime | None) -> crypto.X509Store:
    store = crypto.X509Store()
    for root in roots:
        with suppress(crypto.Error):  # what OpenSSL cannot read is no root of anything
            store.add_cert(_openssl(root))
    return _timed(store, moment)


def _bundle(path: Path, moment: datetime | None) -> crypto.X509Store:
    store = crypto.X509Store()
    store.load_locations(str(path))
    return _timed(store, moment)


def _timed(store: crypto.X509Store, moment: datetime | None) -> crypto.X509Store:
    if moment is None:
        store.set_flags(_NO_CHECK_TIME)
    else:
        store.set_time(moment)
    return store
