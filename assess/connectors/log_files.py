"""Which logs lie in a folder or a ZIP, and their bytes. Nothing is unpacked, no link is followed.

A ZIP in the folder counts as a folder of its name. A member's path is only ever shown, never
opened; what is read of a member is bounded, so that a ZIP without end costs one finding.
"""

import os
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import NamedTuple, Protocol

from assess.language import tr

DEEPEST = 16
MOST = 100_000  # files that are looked at
LARGEST_MEMBER = 4 << 30  # bytes of one member of a ZIP, unpacked
_READABLE = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED = 0x1
_STRANGE = re.compile(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]+")


class Stream(Protocol):
    """Bytes that are read from the beginning to the end."""

    def read(self, size: int, /) -> bytes:
        """The next bytes; none at the end."""
        ...

    def close(self) -> None:
        """Give the file back."""
        ...


Opener = Callable[[], Stream]


class Unreadable(Exception):
    """A file that cannot be read, with the reason and what to send instead."""


class LogFile(NamedTuple):
    """A file by its name and its folder below the place named; ``limit`` bounds what is read."""

    name: str
    place: str
    open: Opener
    limit: int | None = None


@dataclass
class Listing:
    """What was found; ``closed``: archives in archives, which are not looked into."""

    files: list[LogFile] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    closed: list[str] = field(default_factory=list)


def listing(path: Path) -> Listing:
    """Everything below a folder, or in a ZIP; raises OSError and Unreadable."""
    found = Listing()
    if path.is_dir():
        _folder(path, found)
    elif zipfile.is_zipfile(path):
        _archive(path, (), found)
    elif path.exists():
        raise Unreadable("it is neither a folder nor a ZIP")
    else:
        raise FileNotFoundError(2, "there is no such folder or file")
    return found


def _folder(top: Path, found: Listing) -> None:
    waiting: list[tuple[Path, tuple[str, ...]]] = [(top, ())]
    seen = 0
    while waiting:
        folder, place = waiting.pop()
        try:
            with os.scandir(folder) as entries:
                children = sorted(entries, key=lambda one: one.name)
        except OSError as error:
            if not place:
                raise
            found.faults.append(tr("{}: {}", _shown(place), error.strerror or "it cannot be read"))
            continue
        for child in children:
            seen += 1
            if seen > MOST:
                raise Unreadable(tr("it holds more than {:,} files: send the logs alone", MOST))
            if child.is_dir(follow_symlinks=False):
                if len(place) < DEEPEST:
                    waiting.append((Path(child.path), (*place, child.name)))
            elif not child.is_file(follow_symlinks=False):
                continue  # a link or a device
            elif child.name.lower().endswith(".zip"):
                _inner(Path(child.path), (*place, child.name[:-4]), found)
            else:
                found.files.append(
                    LogFile(_clean(child.name), _shown(place), _opener(Path(child.path)))
                )


def _inner(path: Path, place: tuple[str, ...], found: Listing) -> None:
    try:
        _archive(path, place, found)
    except (OSError, Unreadable) as error:
        found.faults.append(
            tr("{}.zip: {}", _shown(place), getattr(error, "strerror", None) or error)
        )


def _opener(path: Path) -> Opener:
    return lambda: path.open("rb")


def _archive(path: Path, place: tuple[str, ...], found: Listing) -> None:
    try:
        with zipfile.ZipFile(path) as file:
            members = file.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError) as error:
        raise Unreadable(tr("it is no ZIP that can be read: {}", error)) from None
    if len(members) > MOST:
        raise Unreadable(tr("it holds more than {:,} files: send the logs alone", MOST))
    for member in members:
        if member.is_dir():
            continue
        parts = PurePosixPath(member.filename.replace("\\", "/")).parts
        folders = tuple(one for one in parts[:-1] if one not in ("/", ".", "..") and ":" not in one)
        name = _clean(parts[-1]) if parts else ""
        where = _shown((*place, *folders[:DEEPEST]))
        if name.lower().endswith(".zip"):
            found.closed.append(f"{where}/{name}" if where else name)
        else:
            found.files.append(LogFile(name, where, _member(path, member), LARGEST_MEMBER))


def _member(path: Path, member: zipfile.ZipInfo) -> Opener:
    def opened() -> Stream:
        if member.flag_bits & _ENCRYPTED:
            raise Unreadable("it is encrypted: send the ZIP without a password, or unpack it")
        if member.compress_type not in _READABLE:
            raise Unreadable(
                "it is packed in a way that is not read: pack it as an ordinary ZIP, or unpack it"
            )
        return _Member(path, member)

    return opened


class _Member:
    """A member that closes its archive with itself."""

    def __init__(self, path: Path, member: zipfile.ZipInfo) -> None:
        self._file = zipfile.ZipFile(path)
        try:
            self._stream = self._file.open(member)
        except BaseException:
            self._file.close()
            raise

    def read(self, size: int, /) -> bytes:
        """The next bytes, unpacked."""
        return self._stream.read(size)

    def close(self) -> None:
        """Both."""
        self._stream.close()
        self._file.close()


def chunks(file: LogFile, size: int, told: Callable[[int], None]) -> Iterator[bytes]:
    """The bytes of a file; raises Unreadable, also in the middle of it."""
    done = 0
    try:
        stream = file.open()
        try:
            while chunk := stream.read(size):
                done += len(chunk)
                if file.limit is not None and done > file.limit:
                    raise Unreadable(
                        tr("unpacked it is larger than {} GB: send it unpacked", file.limit >> 30)
                    )
                told(len(chunk))
                yield chunk
        finally:
            stream.close()
    except OSError as error:
        raise Unreadable(error.strerror or "it cannot be read") from None
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError) as error:
        raise Unreadable(tr("its ZIP is damaged: {:.100}", str(error))) from None


def _shown(place: tuple[str, ...]) -> str:
    return "/".join(_clean(one) for one in place)


def _clean(name: str) -> str:
    """A name that can be shown: one line, no surrogates, not long."""
    text = _STRANGE.sub(" ", name).encode("utf-8", "replace").decode()
    return text if len(text) <= 100 else f"{text[:100]}…"  # noqa: PLR2004
