"""Active Directory domain controllers: Samba, seeded with `lab.forest`, with a certificate of the laboratory's CA.

A domain is provisioned and seeded once for this machine and kept as an archive (`snapshot`); a test session unpacks and
starts it in half a second. What serves: LDAP 389 with StartTLS, LDAPS 636, global catalogue 3268 and 3269, Kerberos 88.
A simple bind without TLS is refused.
"""

import fcntl
import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import ldap3
import pytest

from lab import forest as directory
from lab import isolation
from lab.forest import CONTOSO, FABRIKAM, Forest
from lab.pki import Credential, Pki
from lab.process import Server, accepts, run, running

SYSTEM_PYTHON = "/usr/bin/python3"
"""The interpreter that has Samba's modules."""
ADMIN_PASSWORD = "Passw0rd!Lab"
READER_PASSWORD = "Read-0nly!Lab"

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
 binddns dir = {folder}/bind-dns
 ntp signd socket directory = {folder}/ntp_signd
 winbindd socket directory = {folder}/winbindd
 interfaces = {address}/8
 bind interfaces only = yes
 server services = ldap, cldap, kdc, dns
 dns forwarder = 127.0.0.1
 log file = {folder}/log.samba
 ldap server require strong auth = allow_sasl_over_tls
 disable netbios = yes
[sysvol]
 path = {folder}/state/sysvol
[netlogon]
 path = {folder}/state/sysvol/{domain}/scripts
"""


@dataclass(frozen=True)
class DomainController:
    """A running domain controller and how to reach it; ``user`` may read and no more."""

    forest: Forest
    server: Server
    ca_file: Path
    other_ca_file: Path
    folder: Path
    user: str
    password: str = READER_PASSWORD
    admin_password: str = ADMIN_PASSWORD

    @property
    def host(self) -> str:
        return self.forest.host

    @property
    def address(self) -> str:
        return self.forest.address

    @property
    def base(self) -> str:
        return self.forest.base

    @property
    def configuration(self) -> str:
        return self.forest.configuration

    @property
    def url(self) -> str:
        """LDAPS, by host name."""
        return f"ldaps://{self.host}"

    @property
    def url_by_address(self) -> str:
        """LDAPS, by address; the certificate names it too."""
        return f"ldaps://{self.address}"

    @property
    def plain_url(self) -> str:
        """LDAP on 389, for StartTLS."""
        return f"ldap://{self.host}"

    @property
    def admin(self) -> str:
        return f"administrator@{self.forest.domain}"

    @property
    def user_dn(self) -> str:
        return directory.reader(self.forest)[0]

    @contextmanager
    def connection(self, *, as_admin: bool = False) -> Iterator[ldap3.Connection]:
        """A verified connection of the tests' own, bound."""
        tls = ldap3.Tls(validate=2, ca_certs_file=str(self.ca_file))
        server = ldap3.Server(self.url, tls=tls, get_info=ldap3.NONE, connect_timeout=5)
        connection = ldap3.Connection(
            server,
            self.admin if as_admin else self.user,
            self.admin_password if as_admin else self.password,
            auto_bind=True,
            receive_timeout=10,
            raise_exceptions=True,
        )
        try:
            yield connection
        finally:
            connection.unbind()

    @contextmanager
    def with_entry(
        self, dn: str, classes: Sequence[str], attributes: Mapping[str, object]
    ) -> Iterator[None]:
        """The entry exists for a while."""
        with self.connection(as_admin=True) as connection:
            connection.add(dn, list(classes), dict(attributes))
        try:
            yield
        finally:
            with self.connection(as_admin=True) as connection:
                connection.delete(dn)

    @contextmanager
    def with_user(
        self, account: str, upn: str | None = None, **attributes: object
    ) -> Iterator[str]:
        """An enabled user in ``OU=Staff`` for a while: its DN."""
        dn = f"CN={directory.escaped(account)},OU=Staff,{self.base}"
        names = {} if upn is None else {"userPrincipalName": upn}
        fixed = {"sAMAccountName": account, "userAccountControl": directory.ENABLED}
        with self.with_entry(dn, ["user"], {**fixed, **names, **attributes}):
            yield dn

    @contextmanager
    def with_values(self, dn: str, attribute: str, values: Sequence[object]) -> Iterator[None]:
        """The attribute of an entry has these values for a while (an empty list: it is missing)."""
        with self.connection(as_admin=True) as connection:
            connection.search(dn, "(objectClass=*)", ldap3.BASE, attributes=[attribute])
            before = connection.response[0]["raw_attributes"].get(attribute, [])
            connection.modify(dn, {attribute: [(ldap3.MODIFY_REPLACE, list(values))]})
        try:
            yield
        finally:
            with self.connection(as_admin=True) as connection:
                connection.modify(dn, {attribute: [(ldap3.MODIFY_REPLACE, before)]})

    @contextmanager
    def hanging(self) -> Iterator[None]:
        """It accepts connections and says nothing."""
        with self.server.hanging():
            yield


def cache_folder() -> Path:
    """Where archives are kept between sessions; each is named for the contents that made it."""
    root = os.environ.get("LAB_CACHE")
    return Path(root) if root else Path(__file__).parents[3] / ".lab"


def snapshot(forest: Forest) -> Path:
    """The archive of a provisioned and seeded domain; made at the first use, by one process at a time."""
    cache = cache_folder()
    cache.mkdir(parents=True, exist_ok=True)
    archive = cache / f"dc-{forest.netbios.lower()}-{_contents_hash()}.tar"
    with (cache / f"{archive.stem}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not archive.exists():
            _provision(forest, archive)
    return archive


@contextmanager
def domain_controller(
    forest: Forest, folder: Path, credential: Credential | None = None
) -> Iterator[DomainController]:
    """A domain controller of this forest, started from its archive in an empty folder.

    ``credential`` is the certificate it shows (absent: a right one of its own CA).
    """
    isolation.require_namespace()
    folder.mkdir(exist_ok=True)
    run(["tar", "-x", "--no-same-owner", "-f", str(snapshot(forest)), "-C", str(folder)])
    settings = _prepare(folder, forest)
    ca_file = folder / "ca.pem"
    if credential is not None:
        ca_file = credential.root.certificate
        _install_certificate(folder, credential)
    command = [
        "samba",
        "-s",
        str(settings),
        "-F",
        "--no-process-group",
        "-M",
        "single",
        "--debug-stdout",
    ]
    with running(
        command,
        log=folder / "samba.out",
        ready=lambda: accepts(forest.address, 636) and accepts(forest.address, 389),
        seconds=60,
    ) as server:
        yield DomainController(
            forest=forest,
            server=server,
            ca_file=ca_file,
            other_ca_file=folder / "other-ca.pem",
            folder=folder,
            user=directory.reader(forest)[1],
        )


def _contents_hash() -> str:
    """Changes when anything changes that an archive is made of."""
    here = Path(__file__).parent
    parts = [here / name for name in ("samba.py", "forest.py", "pki.py", "provision_dc.py")]
    version = run(["samba", "--version"])
    return hashlib.sha256(version + b"".join(part.read_bytes() for part in parts)).hexdigest()[:16]


def _prepare(folder: Path, forest: Forest) -> Path:
    for name in ("etc", "run", "cache", "state", "private", "lock", "ncalrpc"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    settings = folder / "etc" / "smb.conf"
    settings.write_text(
        _SETTINGS.format(
            folder=folder,
            realm=forest.domain.upper(),
            netbios=forest.netbios,
            address=forest.address,
            domain=forest.domain,
        )
    )
    return settings


def _provision(forest: Forest, archive: Path) -> None:
    """Provision, seed and pack in a folder beside the archive, which appears when it is whole."""
    folder = archive.with_suffix(f".{os.getpid()}")
    settings = _prepare(folder, forest)
    database = folder / "private" / "sam.ldb"
    try:
        script = Path(__file__).with_name("provision_dc.py")
        run(
            [
                *(SYSTEM_PYTHON, "-I", str(script), str(settings)),
                *(forest.domain.upper(), forest.netbios, "dc1", forest.address),
            ],
            stdin=ADMIN_PASSWORD.encode(),
        )
        run(["samba_spnupdate", "-s", str(settings)])
        pki = Pki(folder / "pki")
        root = pki.root("Contoso Root CA")
        issuing = pki.intermediate(root)
        objects, duplicates = directory.ldif(forest, issuing.der, root.der, READER_PASSWORD)
        run(["ldbmodify", f"--configfile={settings}", "-H", str(database)], stdin=objects.encode())
        if duplicates:
            # Below Samba's own rules, which refuse a second user of the same name, as Windows once did not.
            partition = database.with_name("sam.ldb.d") / f"{forest.base.upper()}.ldb"
            run(["ldbmodify", "-H", str(partition)], stdin=duplicates.encode())
        _install_certificate(
            folder,
            pki.issue(
                root, forest.host, names=[forest.host, forest.domain], addresses=[forest.address]
            ),
        )
        (folder / "ca.pem").write_text(root.pem)
        (folder / "other-ca.pem").write_text(pki.root("Another Root CA").pem)
        whole = archive.with_suffix(".partial")
        packed = ("private", "state", "ca.pem", "other-ca.pem")
        run(["tar", "-c", "--exclude=ldapi", "-f", str(whole), "-C", str(folder), *packed])
        whole.rename(archive)
    finally:
        run(["rm", "-rf", str(folder)])


def _install_certificate(folder: Path, credential: Credential) -> None:
    """As the domain controller wants it: the key readable by its owner only."""
    tls = folder / "private" / "tls"
    tls.mkdir(exist_ok=True)
    (tls / "cert.pem").write_text("".join(each.pem for each in [credential, *credential.issuers]))
    (tls / "ca.pem").write_text(credential.root.pem)
    key = tls / "key.pem"
    key.write_bytes(credential.key.read_bytes())
    key.chmod(0o600)


@pytest.fixture(scope="session")
def dc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DomainController]:
    """The domain controller of the first forest. Who changes it puts it back (`with_user`, `with_values`)."""
    with domain_controller(CONTOSO, tmp_path_factory.mktemp("contoso")) as controller:
        yield controller


@pytest.fixture(scope="session")
def second_dc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DomainController]:
    """The domain controller of the second forest."""
    with domain_controller(FABRIKAM, tmp_path_factory.mktemp("fabrikam")) as controller:
        yield controller
