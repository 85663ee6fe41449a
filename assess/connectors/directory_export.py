"""Answers for the directory out of an export of it: ``files.directory_export``, a file or a folder.

For sites where the assessor gets no account. The same readers ask as of a domain controller. What
the export does not show to be absent is no answer, and the mend is the command that exports it.
"""

import os
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import ldap3

from assess.connectors import Visit
from assess.connectors.directory_files import ExportFile, Unreadable
from assess.connectors.directory_index import MOST_PARTS, Index, NotExported, Stored
from assess.connectors.forests import Forests, domains_of
from assess.connectors.ldap_session import PAGE, Entry
from assess.engagement import Engagement
from assess.errors import Unavailable
from assess.evidence.directory import domain_of
from assess.language import msg, tr

KEY = "files.directory_export"
# What ldifde is to be asked for below the head of a domain.
OF_DOMAIN = (
    "objectClass", "objectCategory", "objectSid", "objectGUID", "cn", "sAMAccountName",
    "userPrincipalName", "mail", "proxyAddresses", "description", "userAccountControl",
    "mS-DS-ConsistencyGuid", "isCriticalSystemObject", "servicePrincipalName", "primaryGroupID",
    "member", "memberOf", "groupType", "whenChanged", "dNSHostName", "operatingSystem",
    "operatingSystemVersion", "pwdLastSet",
)  # fmt: skip
_SUFFIXES = frozenset({".ldf", ".ldif", ".json", ".txt", ""})
_HOW = "docs/directory-export.md has the commands."


class ExportedDirectory:
    """One forest of an export, searched like a domain controller that holds what it holds."""

    no_descriptor = msg(
        "the export holds no security descriptor of it: a Domain Admin exports it with ldifde "
        '-f templates.ldf -d "CN=Certificate Templates,CN=Public Key Services,CN=Services,'
        'CN=Configuration,…" -l nTSecurityDescriptor'
    )

    def __init__(self, index: Index, where: str, root: dict[str, tuple[str, ...]]) -> None:
        self.root = root
        self.requests = 0
        self._index = index
        self._where = where

    @property
    def where(self) -> str:
        """The files, for locations of evidence."""
        return self._where

    def worded(self, text: str) -> str:
        """What mends an export, whatever would mend an account's rights."""
        del text
        configuration = self.root["configurationNamingContext"][0]
        return tr("Export it whole: {}. {}", command(configuration), _HOW)

    def entry(self, dn: str, attributes: Sequence[str]) -> dict[str, list[bytes]] | None:
        """The named attributes of one object; None where the export shows that there is none."""
        found = self._index.at(dn)
        if found is None:
            self._must_be_whole(dn)
            return None
        return {name: found.values.get(name.lower(), []) for name in self._told(found, attributes)}

    def pages(
        self,
        base: str,
        query: str,
        attributes: Sequence[str],
        *,
        scope: str = ldap3.SUBTREE,
        page: int = PAGE,
        controls: Sequence[Any] = (),
    ) -> Iterator[list[Entry]]:
        """Every entry that fits, a page at a time."""
        del controls  # of the access list it holds what it holds
        self._must_be_whole(base)
        try:
            for part in self._index.search(base, query, scope, page):
                yield [self._shown(one, attributes) for one in part]
        except NotExported as error:
            raise self._refused(base, str(error)) from None

    def _shown(self, one: Stored, attributes: Sequence[str]) -> Entry:
        told = self._told(one, attributes)
        raw = {name: values for name in told if (values := one.values.get(name.lower()))}
        return {"type": "searchResEntry", "raw_dn": one.dn, "raw_attributes": raw}

    def _told(self, one: Stored, attributes: Sequence[str]) -> Sequence[str]:
        """The attributes; raises where the files that hold the object do not tell of one."""
        if untold := self._index.untold(one.parts, attributes):
            raise self._refused(one.dn, tr("{} of {} was not exported", untold, _text(one.dn)))
        for name in attributes:
            if any(key.startswith(f"{name.lower()};range=") for key in one.values):
                raise self._refused(
                    one.dn, tr("{} of {} is cut ({};range)", name, _text(one.dn), name)
                )
        return attributes

    def _must_be_whole(self, dn: str) -> None:
        if lacking := self._index.lacks(dn):
            raise self._refused(dn, tr("it does not show all of {}: {}", dn, lacking))

    def _refused(self, dn: str | bytes, why: str) -> Unavailable:
        return Unavailable(
            tr("{}: {}", self.where, why), tr("Export it: {}. {}", command(_text(dn)), _HOW)
        )


class ExportedForest:
    """The door to one forest of an export."""

    is_catalog = False

    def __init__(self, section: str, shown: ExportedDirectory) -> None:
        self.section = section
        self._shown = shown
        self.root = domain_of(shown.root["rootDomainNamingContext"][0])
        self.names = {self.root}
        with suppress(Unavailable):  # whoever asks is told why
            self.names |= {domain.name for domain in domains_of(shown)}

    def holds(self, host: str) -> bool:
        """A host of this name is one of the forest's, by its domain."""
        return any(f".{host.lower()}".endswith(f".{name}") for name in self.names)

    def instead(self) -> None:
        """There is no other way."""
        return

    @contextmanager
    def directory(self, visit: Visit) -> Iterator[ExportedDirectory]:
        """What was exported of it."""
        del visit  # nothing goes over the wire
        yield self._shown

    everybody = directory

    @contextmanager
    def catalog(self, visit: Visit) -> Iterator[ExportedDirectory]:
        """There is none: a domain that is not in the export is not in it."""
        del visit
        raise Unavailable(
            tr("{} does not hold it whole", self._shown.where),
            tr("Export each domain of the forest whole, into the same folder. {}", _HOW),
        )
        yield self._shown


class ExportConnector(Forests):
    """The files at ``path``, read when the first question comes, and kept on disk until ``close``.

    ``written`` is how the engagement file names them. ``beside``: domain controllers are set up as
    well; who asks those is shown the export forest by forest (``exported``), so that none is lost.
    """

    def __init__(self, path: Path, written: str, *, page: int = PAGE, beside: bool = False) -> None:
        super().__init__(page=page)
        self._path = path
        self._written = written
        self._beside = beside
        self._lock = threading.Lock()
        self._index: Index | None = None
        self._doors: tuple[ExportedForest, ...] = ()
        self._refusal: Unavailable | None = None

    def doors(self) -> Sequence[ExportedForest]:
        """A door for each forest, unless they were looked at beside the domain controllers."""
        if self._beside:
            raise Unavailable("the export is read beside the domain controllers", skipped=True)
        return self.exported()

    def exported(self) -> Sequence[ExportedForest]:
        """A door for each forest whose configuration is in the export."""
        with self._lock:
            if self._refusal is None and self._index is None:
                try:
                    self._doors = self._read()
                except Unavailable as error:
                    self._refusal = error
            if self._refusal is not None:
                raise Unavailable(self._refusal.reason, self._refusal.mend)
            return self._doors

    def probe(self, visit: Visit) -> str:
        """Read it: which forests it is of, and which domains are whole."""
        seen = []
        for door in self.exported():
            with door.directory(visit) as shown:
                held = ", ".join(sorted({domain_of(dn) for dn in shown.root["namingContexts"][1:]}))
                forest = domain_of(shown.root["rootDomainNamingContext"][0])
                seen.append(
                    tr("{}: forest {}, whole domains: {}", shown.where, forest, held or "none")
                )
        return "; ".join(seen)

    def close(self) -> None:
        """Forget what was read."""
        with self._lock:
            if self._index is not None:
                self._index.close()
                self._index = None

    # -- reading --

    def _read(self) -> tuple[ExportedForest, ...]:
        paths = self._paths()
        index = Index()
        try:
            doors = self._filled(index, paths)
        except BaseException:
            index.close()
            raise
        self._index = index
        return doors

    def _paths(self) -> list[Path]:
        try:
            if not self._path.is_dir():
                return [self._path]
            found = [
                Path(entry.path)
                for entry in os.scandir(self._path)
                if entry.is_file() and Path(entry.name).suffix.lower() in _SUFFIXES
                and not entry.name.startswith(".")
            ]  # fmt: skip
        except OSError as error:
            raise self._unreadable(
                self._written, error.strerror or msg("it cannot be read")
            ) from None
        if not found or len(found) > MOST_PARTS:
            why = (
                tr("the folder holds {} files", len(found))
                if found
                else msg("the folder holds no file ending in .ldf, .ldif or .json")
            )
            raise self._unreadable(self._written, why)
        return sorted(found)

    def _filled(self, index: Index, paths: Sequence[Path]) -> tuple[ExportedForest, ...]:
        try:
            for path in paths:
                try:
                    index.read(ExportFile(path))
                except OSError as error:
                    why = error.strerror or msg("it cannot be read")
                    raise self._unreadable(path.name, why) from None
                except Unreadable as error:
                    raise self._unreadable(path.name, str(error)) from None
            index.finish()
            return self._forests(index, _place(paths))
        except sqlite3.Error as error:
            raise Unavailable(
                tr("{} could not be sorted on disk: {}", KEY, error),
                "Free some space in the folder for temporary files, then run again.",
            ) from None

    def _forests(self, index: Index, where: str) -> tuple[ExportedForest, ...]:
        heads = index.configurations()
        if not heads:
            raise Unavailable(
                tr("{} holds no CN=Configuration, which says what the forest consists of", where),
                tr("Export it too: {}. {}", command("CN=Configuration,DC=…"), _HOW),
            )
        doors = []
        domains = [one.dn.decode("utf-8", "replace") for one in index.domains()]
        whole = tuple(dn for dn in domains if not index.lacks(dn))
        for head in heads:
            configuration = head.dn.decode("utf-8", "replace")
            top = configuration.partition(",")[2]
            root = {
                "configurationNamingContext": (configuration,),
                "rootDomainNamingContext": (top,),
                "namingContexts": (configuration, *whole),
            }
            section = KEY if len(heads) == 1 else f"{KEY}.{domain_of(top)}"
            doors.append(ExportedForest(section, ExportedDirectory(index, where, root)))
        return tuple(doors)

    def _unreadable(self, name: str, why: str) -> Unavailable:
        return Unavailable(
            tr("{} {} cannot be used: {}", KEY, name, why),
            tr("Export it again, and whole. {}", _HOW),
        )


def command(dn: str) -> str:
    """What exports the partition that the name lies in, on a Windows machine of the forest."""
    _, inner, components = dn.partition("CN=Configuration,")
    if inner:
        return f'ldifde -f configuration.ldf -d "CN=Configuration,{components}"'
    name = domain_of(dn)
    base = ",".join(f"DC={label}" for label in name.split(".")) if name else "DC=…"
    return f'ldifde -f {name or "domain"}.ldf -d "{base}" -l "{",".join(OF_DOMAIN)}"'


def connect(engagement: Engagement) -> ExportConnector:
    """The export that the engagement file names, not read yet."""
    path = engagement.path(KEY)
    beside = bool(engagement.get("ad.server")) or any(
        keys.get("server") for keys in engagement.tables("ad.forests").values()
    )
    written = str(engagement.get(KEY, ""))
    return ExportConnector(path or engagement.folder, written, beside=beside)


def _place(paths: Sequence[Path]) -> str:
    names = ", ".join(path.name for path in paths[:3])
    if len(paths) > 3:  # noqa: PLR2004 - files named
        return tr("export {} and {} more", names, len(paths) - 3)
    return tr("export {}", names)


def _text(dn: str | bytes) -> str:
    return dn if isinstance(dn, str) else dn.decode("utf-8", "replace")
