"""An export that the collector wrote on the customer's side: a folder, or a ZIP as it was sent.

A file is read where the manifest lists it, and only as it was written: same length, same digest.
Nothing is unpacked, and no path out of an archive becomes a path here. What does not hold is
``Damaged``, which is an OSError: every reader of files takes it for a file that cannot be read.
"""

import hashlib
import io
import re
import threading
import zipfile
import zlib
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import IO, Any

import msgspec

from assess.language import tr

MANIFEST, FORMAT, VERSION = "manifest.json", "assess site export", 1
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_. -]*(?:/[A-Za-z0-9_][A-Za-z0-9_. -]*){0,4}")
_DIGEST = re.compile(r"[0-9a-fA-F]{64}")
_LARGEST_MANIFEST = 4 << 20
_LARGEST = 16 << 30
_MOST_FILES = 20_000
_CHUNK = 1 << 20
_ENCRYPTED = 0x1


class Damaged(OSError):
    """The export is not what the collector wrote; ``strerror`` says in what."""

    def __init__(self, reason: str) -> None:
        super().__init__(0, reason)


class Listed(msgspec.Struct, frozen=True):
    """A file of the export, as the manifest lists it."""

    path: str
    bytes: int
    sha256: str


class Section(msgspec.Struct, frozen=True):
    """One part of the collector's work: ``complete``, ``failed`` or ``left-out``, and why."""

    name: str
    state: str
    reason: str = ""


class Manifest(msgspec.Struct, frozen=True):
    """What the collector says of its own work. ``written_at`` is ISO 8601, UTC."""

    format: str
    version: int
    collector: str
    written_at: str
    computer: str
    user: str
    files: tuple[Listed, ...]
    sections: tuple[Section, ...] = ()


class Package:
    """The export at ``path``; safe for many threads. A file is checked when it is first opened."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.RLock()
        self._sound: set[str] = set()

    @property
    def name(self) -> str:
        """What a person knows it by."""
        return self.path.name

    @cached_property
    def manifest(self) -> Manifest:
        """What is in it; raises Damaged."""
        with self._lock, self._raw(MANIFEST) as file:
            data = file.read(_LARGEST_MANIFEST + 1)
        if len(data) > _LARGEST_MANIFEST:
            raise Damaged(tr("{} is larger than a manifest can be", MANIFEST))
        document = decoded(data, MANIFEST)
        if not isinstance(document, dict) or document.get("format") != FORMAT:
            raise Damaged(tr("{} is not one that the collector writes", MANIFEST))
        if document.get("version") != VERSION:
            raise Damaged(
                tr(
                    "its format has the version {}, and this version reads {}: collect "
                    "again with the script of `assess collector`",
                    repr(document.get("version")),
                    VERSION,
                )
            )
        try:
            manifest = msgspec.convert(document, Manifest)
        except msgspec.ValidationError as error:
            raise Damaged(tr("{} cannot be read: {}", MANIFEST, error)) from None
        names = [one.path for one in manifest.files]
        if len(names) > _MOST_FILES or len(set(names)) < len(names):
            raise Damaged(tr("{} lists too many files, or one twice", MANIFEST))
        return manifest

    @cached_property
    def _listed(self) -> dict[str, Listed]:
        return {one.path: one for one in self.manifest.files if _NAME.fullmatch(one.path)}

    def __contains__(self, name: str) -> bool:
        return name in self._listed

    def section(self, name: str) -> Section | None:
        """What the collector says of one part of its work; None where it says nothing."""
        return next((one for one in self.manifest.sections if one.name == name), None)

    def _why(self, name: str) -> str:
        """What the collector says of a file that it did not write."""
        for one in self.manifest.sections:
            if one.state == "failed" and name.startswith(f"collected/{one.name}"):
                return f": {one.reason or tr('its section failed')}"
        return ""

    def open(self, name: str) -> IO[bytes]:
        """A file of the export, whole and as it was written; raises Damaged."""
        listed = self._listed.get(name)
        if listed is None:
            raise Damaged(tr("{} is not in the export{}", name, self._why(name)))
        with self._lock:
            if name not in self._sound:
                with self._raw(name) as file:
                    _verify(file, listed)
                self._sound.add(name)
        return self._raw(name)

    def read(self, name: str, most: int) -> bytes:
        """The bytes of a short file; raises Damaged."""
        with self.open(name) as file:
            data = file.read(most + 1)
        if len(data) > most:
            raise Damaged(tr("{} is larger than {} bytes", name, most))
        return data

    def _raw(self, name: str) -> IO[bytes]:
        if self.path.is_dir():
            file = self.path.joinpath(*name.split("/"))
            if not file.resolve().is_relative_to(self.path.resolve()):
                raise Damaged(tr("{} leads out of the export", name))
            if not file.is_file():
                raise Damaged(tr("{} is missing", name))
            return file.open("rb")
        archive, members = self._archive
        member = members.get(name)
        if member is None:
            raise Damaged(tr("{} is missing", name))
        if member.flag_bits & _ENCRYPTED:
            raise Damaged("it is encrypted: unpack it, and name the folder")
        try:
            return _Member(archive.open(member), name)  # type: ignore[return-value] # see there
        except (zipfile.BadZipFile, NotImplementedError, EOFError, ValueError) as error:
            raise Damaged(tr("{} cannot be unpacked: {}", name, error)) from None

    @cached_property
    def _archive(self) -> tuple[zipfile.ZipFile, dict[str, zipfile.ZipInfo]]:
        """The archive and its members; a folder that everything lies in does not count."""
        try:
            archive = zipfile.ZipFile(self.path)
        except (zipfile.BadZipFile, NotImplementedError, ValueError):
            raise Damaged("it is neither a folder nor a ZIP that can be opened") from None
        members: dict[str, zipfile.ZipInfo] = {}
        for member in archive.infolist():
            # Old versions of .NET write backslashes.
            name = member.orig_filename.replace("\\", "/")
            if name in members or len(members) > _MOST_FILES:
                raise Damaged("it holds too many files, or one twice")
            members[name] = member
        tops = sorted((n for n in members if n.rpartition("/")[2] == MANIFEST), key=len)
        top = tops[0].removesuffix(MANIFEST) if tops else ""
        inside = {n.removeprefix(top): m for n, m in members.items() if n.startswith(top)}
        return archive, inside

    def close(self) -> None:
        """Give the archive back."""
        if "_archive" in self.__dict__:
            self._archive[0].close()


class _Member(io.RawIOBase):
    """A member of an archive, whose faults are ``Damaged`` and not the library's."""

    def __init__(self, file: IO[bytes], name: str) -> None:
        self._file = file
        self._named = name

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        return bytes(self._try(self._file.read, size))

    def readline(self, size: int | None = -1) -> bytes:
        return bytes(self._try(self._file.readline, -1 if size is None else size))

    def _try(self, call: Any, size: int) -> Any:  # noqa: ANN401 - the bytes of the call
        try:
            return call(size)
        except (zipfile.BadZipFile, EOFError, ValueError, zlib.error) as error:
            raise Damaged(tr("{} cannot be unpacked: {}", self._named, error)) from None

    def close(self) -> None:
        self._file.close()
        super().close()


def decoded(data: bytes, name: str) -> Any:  # noqa: ANN401 - any JSON
    """The JSON of a short file; raises Damaged."""
    try:
        return msgspec.json.decode(data.removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise Damaged(tr("{} is no JSON", name)) from None


def lines(file: IO[bytes], name: str, longest: int = 4 << 20) -> Iterator[bytes]:
    """The lines of a long file, one at a time; raises Damaged."""
    while line := file.readline(longest + 1):
        if len(line) > longest:
            raise Damaged(tr("{} holds a line of more than {} bytes", name, longest))
        if line.strip():
            yield line


def _verify(file: IO[bytes], listed: Listed) -> None:
    digest, size = hashlib.sha256(), 0
    while size <= min(listed.bytes, _LARGEST) and (chunk := file.read(_CHUNK)):
        digest.update(chunk)
        size += len(chunk)
    if size != listed.bytes:
        raise Damaged(
            tr(
                "{} has another length than {} says: it was cut short, or changed",
                listed.path,
                MANIFEST,
            )
        )
    if not _DIGEST.fullmatch(listed.sha256) or digest.hexdigest() != listed.sha256.lower():
        raise Damaged(
            tr("{} is not what {} says: it was changed, or damaged", listed.path, MANIFEST)
        )


class Given:
    """A file in an export, with what readers of files use of a ``Path``."""

    def __init__(self, package: Package, name: str) -> None:
        self._package = package
        self._inside = name
        path = Path(name)
        self.name, self.stem, self.suffix = path.name, path.stem, path.suffix

    def is_dir(self) -> bool:
        """An export is asked for its files alone."""
        return False

    def open(self, mode: str = "rb") -> IO[bytes]:
        """The file, as it was written; raises Damaged."""
        if mode != "rb":
            raise ValueError(f"an export is read, as bytes, and not opened for {mode!r}")
        return self._package.open(self._inside)

    def read_bytes(self, most: int = 64 << 20) -> bytes:
        """The whole of a short file; raises Damaged."""
        return self._package.read(self._inside, most)


def given(folder: Path, path: str) -> "Path | Given":
    """What an engagement file means by ``path``: a file or folder, or a file inside an export."""
    whole = folder / path
    for parent in whole.parents:
        if parent.is_file() or _is_export(parent):
            return Given(Package(parent), whole.relative_to(parent).as_posix())
    return whole


def _is_export(folder: Path) -> bool:
    """Folders hold manifests of many kinds; only one's own is taken for the collector's."""
    try:
        with (folder / MANIFEST).open("rb") as file:
            return f'"{FORMAT}"'.encode() in file.read(_CHUNK)
    except OSError:
        return False
