"""Many PFX files, read and judged as the product reads and judges the one of the gateway.

Each file is another certificate; keys are shared, since making one takes longer than reading one.
Half of the files are encrypted as today's tools do it, half as those of old.
"""

import itertools
import os
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from assess.check import Check
from assess.collect import collect, questions
from assess.connectors import Connector
from assess.discover import library
from assess.engagement import Engagement, engagement_from
from assess.evaluate import judge
from assess.evidence.certificates import CertificateIn
from assess.model import Pass, Status, status_of
from assess.recording import Recording
from assess.sources import connectors_for
from benchmarks.timing import Line, Scale
from lab.pki import KEY_STORAGE, SCHANNEL, Credential, Encryption, Pki

_BOUND = 30
_AREAS = ("cert.", "csr.")
_SOURCE = "certificate-file"
_SCENARIO = "co-management-internet"
_NOW = datetime(2026, 1, 1, tzinfo=UTC)
_KEYS = 8
_PASSWORD = "Op3n, Sesame"  # the files are as public as the password
_ENCRYPTION: tuple[Encryption, ...] = ("aes", "3des", "aes", "rc2")
_PROVIDERS = (SCHANNEL, KEY_STORAGE)


def measure(scale: Scale) -> list[Line]:
    """Both sizes that the documents allow have the same bound."""
    os.environ["BENCH_PFX_PASSWORD"] = _PASSWORD
    return [_line(bits, scale.files) for bits in (2048, 4096)]


def _line(bits: int, count: int) -> Line:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        engagement, pairs = _customer(folder, bits, count)
        seconds, seen = _read_and_judged(engagement, pairs)
    measured = f"{seconds:.1f} s ({seen.total() / count:.0f} findings a file)"
    what = f"{count:,} PFX files, RSA-{bits}"
    return Line(what, f"{_BOUND} s", measured, seconds < _BOUND)


# -- the product --


def _read_and_judged(
    engagement: Engagement, pairs: Iterable[tuple[Path, Path]]
) -> tuple[float, Counter[Status]]:
    """Seconds for all files, and how many findings of which status."""
    known = library()
    checks = [check for name, check in known.checks.items() if name.startswith(_AREAS)]
    asks = [ask for ask in questions(checks) if ask.source == _SOURCE]
    if not any(isinstance(ask, CertificateIn) for ask in asks):
        raise RuntimeError("no check looks at a PFX file, so there is nothing to measure")
    seen: Counter[Status] = Counter()
    (connector,) = connectors_for(asks, engagement)
    begin = time.perf_counter()
    for pfx, request in pairs:
        files = {"files.cmg_pfx": str(pfx), "files.cmg_csr": str(request)}
        one = replace(engagement, values={**engagement.values, **files})
        seen.update(_statuses(one, checks, connector))
    return time.perf_counter() - begin, seen


def _statuses(
    engagement: Engagement, checks: Sequence[Check], connector: Connector
) -> Iterator[Status]:
    requirements = library().catalogue.requirements
    with Recording(engagement, as_of=_NOW, started_at=_NOW, finished_at=_NOW) as recording:
        asks = [ask for ask in questions(checks) if ask.source == _SOURCE]
        collect(asks, [connector], recording, clock=lambda: _NOW)
        passes = 0
        for check in checks:
            judged = judge(requirements[check.requirement], check, recording, _SCENARIO)
            for outcome in judged.outcomes:
                passes += isinstance(outcome, Pass)
                yield status_of(outcome)
        if not passes:  # a file that does not open is quick to judge
            raise RuntimeError(f"nothing of {engagement.get('files.cmg_pfx')} is in order")


# -- the customer's files --


def _customer(folder: Path, bits: int, count: int) -> tuple[Engagement, list[tuple[Path, Path]]]:
    """An engagement with the customer's authorities, and each PFX with the request it answers."""
    pki = Pki(folder / "pki")
    root = pki.root(key="rsa:2048")
    issuing = pki.intermediate(root, key="rsa:2048")
    keys = [pki.self_signed("key", key=f"rsa:{bits}").key for _ in range(_KEYS)]
    requests = {key: pki.windows_csr("cmg.contoso.com", key=key) for key in keys}
    credentials = list(_issued(folder, issuing, keys, count))
    kinds = itertools.cycle(itertools.product(_PROVIDERS, _ENCRYPTION))

    def exported(what: tuple[Credential, tuple[str, Encryption]]) -> Path:
        credential, (provider, encryption) = what
        return pki.pfx(credential, password=_PASSWORD, encryption=encryption, csp=provider)

    with ThreadPoolExecutor(2) as pool:
        files = list(pool.map(exported, zip(credentials, kinds, strict=False)))
    engagement = engagement_from(
        {
            "engagement": {"name": "bench", "scenarios": [_SCENARIO]},
            "tenant": {"public_domains": ["contoso.com"]},
            "cmg": {"service_name": "cmg.contoso.com"},
            "files": {
                "cmg_pfx": str(files[0]),
                "trusted_root_cer": str(root.certificate),
                "intermediate_cers": [str(issuing.certificate)],
            },
            "passwords": {"cmg_pfx": {"env": "BENCH_PFX_PASSWORD"}},
        },
        file="bench.toml",
        folder=folder,
    )
    answered = [requests[credential.key] for credential in credentials]
    return engagement, list(zip(files, answered, strict=True))


def _issued(
    folder: Path, issuer: Credential, keys: Sequence[Path], count: int
) -> Iterator[Credential]:
    """Certificates of the gateway, each with a serial number of its own."""
    by_name = issuer.x509.subject
    signing = _private(issuer.key)
    public = {key: _private(key).public_key() for key in keys}
    authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(signing.public_key())
    for number, key in zip(range(count), itertools.cycle(keys), strict=False):
        certificate = (
            x509.CertificateBuilder(by_name, _named("cmg.contoso.com"), public[key])
            .serial_number(x509.random_serial_number())
            .not_valid_before(_NOW - timedelta(days=30))
            .not_valid_after(_NOW + timedelta(days=365))
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName("cmg.contoso.com")]), False)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False)
            .add_extension(authority, critical=False)
            .sign(signing, hashes.SHA256())
        )
        path = folder / f"issued-{number:05}.pem"
        path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        yield Credential(path, key, issuer)


def _private(path: Path) -> rsa.RSAPrivateKey:
    key = serialization.load_pem_private_key(path.read_bytes(), None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise TypeError(f"{path} is no RSA key")
    return key


def _named(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
