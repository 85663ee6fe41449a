"""One run of an engagement at a time.

The operating system holds the lock, so that it ends with the process that took it, whatever ended
that; the file's text only says who it is. Where a file system knows no locks, nobody is kept out:
the database is safe against two writers all the same.
"""

import errno
import json
import os
import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from assess.errors import HistoryError

_NO_LOCKS = {errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS, errno.EINVAL}
# Windows locks bytes against reading too, so the locked one lies behind the text.
_BYTE = 1 << 20


class Overlap(HistoryError):
    """Another run of the same engagement is at work."""


@contextmanager
def only_one(path: Path, since: datetime) -> Iterator[None]:
    """Hold the lock at ``path``. Raises Overlap, naming the process that holds it."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if not _take(handle):
            raise Overlap(
                f"another run of this engagement is at work: {_holder(path)}. Nothing was asked. "
                "Wait for it to end"
            )
        text = {"pid": os.getpid(), "host": platform.node(), "since": f"{since:%Y-%m-%d %H:%M} UTC"}
        os.ftruncate(handle, 0)
        os.write(handle, json.dumps(text).encode())
        yield
    finally:
        os.close(handle)  # and so the lock is given back


def _take(handle: int) -> bool:
    """Whether the lock is ours."""
    try:
        if sys.platform == "win32":
            import msvcrt  # noqa: PLC0415 - of that platform

            os.lseek(handle, _BYTE, os.SEEK_SET)
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
            os.lseek(handle, 0, os.SEEK_SET)
        else:
            import fcntl  # noqa: PLC0415 - of that platform

            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno in _NO_LOCKS
    return True


def _holder(path: Path) -> str:
    """Who holds it, as they wrote it there."""
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        return f"process {int(said['pid'])} on {said['host']}, since {said['since']}"
    except (OSError, ValueError, KeyError, TypeError):
        return f"{path} does not say which"
