"""A directory with 100,000 users: the product against a bare paged search, and judging them all.

The directory is made once and kept as an archive beside those of the laboratory (`cache_folder`);
it is never made in continuous integration. Each search is a process of its own
(`directory_client`).
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks import population
from benchmarks.timing import ROOT, Line, Scale
from lab import isolation
from lab.pki import Pki
from lab.process import accepts, run, running
from lab.samba import SYSTEM_PYTHON, cache_folder

_TIMES = 1.3
_PEAK = 200
_ROUNDS = 3
_HERE = Path(__file__).parent

_SETTINGS = """\
[global]
 netbios name = DC1
 realm = {realm}
 workgroup = {netbios}
 server role = active directory domain controller
 private dir = {folder}/private
 state directory = {folder}/state
 lock directory = {folder}/lock
 cache directory = {folder}/cache
 pid directory = {folder}/run
 ncalrpc dir = {folder}/ncalrpc
 interfaces = {address}/8
 bind interfaces only = yes
 server services = ldap
 log file = {folder}/log.samba
 disable netbios = yes
[sysvol]
 path = {folder}/state/sysvol
[netlogon]
 path = {folder}/state/sysvol/{domain}/scripts
"""


def measure(scale: Scale) -> list[Line]:
    """Turn by turn, at the same server; the best of each."""
    archive = _archive(scale.users)
    taken: dict[str, list[dict[str, float]]] = {"product": [], "bare": []}
    with tempfile.TemporaryDirectory() as folder, _serving(archive, Path(folder)) as ca_file:
        _client("bare", scale, ca_file)  # until the server's own caches are as full as they get
        for _ in range(_ROUNDS):
            for how, runs in taken.items():
                runs.append(_client(how, scale, ca_file))
            # Who was first is second next time: the server becomes slower with every search.
            taken = dict(reversed(taken.items()))
        judged = _client("judged", scale, ca_file)
    best = {how: min(run["seconds"] for run in runs) for how, runs in taken.items()}
    busy = {how: min(run["cpu"] for run in runs) for how, runs in taken.items()}
    ratio = best["product"] / best["bare"]
    reading = (
        f"{ratio:.2f} times ({best['product']:.1f} s, bare {best['bare']:.1f} s; "
        f"CPU {busy['product']:.1f} s, bare {busy['bare']:.1f} s)"
    )
    peak = max(run["peak"] for run in taken["product"])
    all_in_all = f"{judged['peak']:.0f} MB (judging took {judged['judging']:.1f} s)"
    what = f"{scale.users:,} directory users"
    return [
        Line(what, f"{_TIMES} times bare ldap3", reading, ratio <= _TIMES),
        Line(f"{what}, read", f"{_PEAK} MB", f"{peak:.0f} MB", peak < _PEAK),
        Line(f"{what}, read and judged", f"{_PEAK} MB", all_in_all, judged["peak"] < _PEAK),
    ]


def _client(how: str, scale: Scale, ca_file: Path) -> dict[str, float]:
    """One process: seconds of reading and of judging, and the most memory it held, in MB."""
    command = [sys.executable, "-m", "benchmarks.directory_client", how, str(scale.users)]
    done = subprocess.run(
        [*command, str(ca_file)],
        stdout=subprocess.PIPE,
        check=True,
        cwd=ROOT,
        env={**os.environ, "BENCH_PASSWORD": population.READER_PASSWORD},
    )
    answer: dict[str, Any] = json.loads(done.stdout)
    print(f"  {how}: {answer}", file=sys.stderr, flush=True)
    return answer


@contextmanager
def _serving(archive: Path, folder: Path) -> Iterator[Path]:
    """Where its authority's certificate is, while the domain controller of the archive runs."""
    isolation.require_namespace()
    run(["tar", "-x", "--no-same-owner", "-f", str(archive), "-C", str(folder)])
    command = ["samba", "-s", str(_prepare(folder)), "-F", "--no-process-group", "-M", "single"]
    with (
        isolation.names({population.HOST: population.ADDRESS}),
        running(
            [*command, "--debug-stdout"],
            log=folder / "samba.out",
            ready=lambda: accepts(population.ADDRESS, 636),
            seconds=60,
        ),
    ):
        yield folder / "ca.pem"


def _archive(users: int) -> Path:
    """The directory with so many users; it is made where there is none yet."""
    parts = (_HERE / "directory_seed.py", _HERE / "population.py")
    recipe = b"".join(part.read_bytes() for part in parts)
    digest = hashlib.sha256(run(["samba", "--version"]) + recipe).hexdigest()[:16]
    cache = cache_folder()
    archive = cache / f"directory-{users}-{digest}.tar"
    if not archive.exists():
        cache.mkdir(parents=True, exist_ok=True)
        print(f"  making {archive}, once", file=sys.stderr, flush=True)
        folder = Path(tempfile.mkdtemp(dir=cache))
        try:
            _make(users, folder, archive)
        finally:
            shutil.rmtree(folder)
    return archive


def _make(users: int, folder: Path, archive: Path) -> None:
    settings = _prepare(folder)
    run([SYSTEM_PYTHON, str(_HERE / "directory_seed.py"), str(settings), str(users)])
    pki = Pki(folder / "pki")
    root = pki.root()
    leaf = pki.issue(root, population.HOST, names=[population.HOST])
    tls = folder / "private" / "tls"
    tls.mkdir(exist_ok=True)
    (tls / "cert.pem").write_text(leaf.pem)
    (tls / "ca.pem").write_text(root.pem)
    (tls / "key.pem").write_bytes(leaf.key.read_bytes())
    (tls / "key.pem").chmod(0o600)
    (folder / "ca.pem").write_text(root.pem)
    # The database is a file with large holes.
    whole = archive.with_suffix(".partial")
    packed = ("private", "state", "ca.pem")
    run(["tar", "-c", "-S", "--exclude=ldapi", "-f", str(whole), "-C", str(folder), *packed])
    whole.rename(archive)


def _prepare(folder: Path) -> Path:
    for name in ("etc", "run", "cache", "state", "private", "lock", "ncalrpc"):
        (folder / name).mkdir(exist_ok=True)
    settings = folder / "etc" / "smb.conf"
    settings.write_text(
        _SETTINGS.format(
            folder=folder,
            realm=population.DOMAIN.upper(),
            netbios=population.NETBIOS,
            address=population.ADDRESS,
            domain=population.DOMAIN,
        )
    )
    return settings
