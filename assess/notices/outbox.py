"""Notices that are still to be delivered: one file each, written before anybody is told.

A file goes only when its notice was taken, so that a run that is killed at any moment leaves a
notice that the next one delivers. It holds the news and names reports; no address and no secret.
"""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import msgspec

from assess import files
from assess.notices.news import News

MOST = 10
"""Notices that are kept for one channel; the oldest go first."""


class Pending(msgspec.Struct, frozen=True):
    """A notice for one channel. ``folder``: where its reports lie; "" where none may be sent."""

    channel: str
    news: News
    folder: str
    written_at: datetime
    tries: int = 0
    reason: str = ""


class Outbox:
    """The folder of notices of one engagement; None keeps nothing."""

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder

    def put(self, pending: Pending) -> bool:
        """Keep a notice; whether that worked."""
        if self.folder is None:
            return False
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            files.write(self._path(pending), msgspec.json.encode(pending))
        except OSError:
            return False
        return True

    def take(self, pending: Pending) -> None:
        """Forget a notice: it was delivered, or nobody wants it any more."""
        if self.folder is not None:
            self._path(pending).unlink(missing_ok=True)

    def waiting(self, channels: Sequence[str]) -> tuple[list[Pending], list[Pending]]:
        """The notices to deliver, oldest first, and those that are given up.

        Given up is what no channel is set up for any more, and all but the newest ``MOST`` of one
        channel. A file that cannot be read is none of ours.
        """
        found: list[Pending] = []
        if self.folder is not None and self.folder.is_dir():
            for path in sorted(self.folder.glob("[0-9A-Za-z]*.json")):
                try:
                    found.append(msgspec.json.decode(path.read_bytes(), type=Pending))
                except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
                    continue
        wanted, gone = [], []
        for channel in dict.fromkeys([*channels, *(one.channel for one in found)]):
            mine = sorted((p for p in found if p.channel == channel), key=lambda p: p.written_at)
            keep = mine[-MOST:] if channel in channels else []
            wanted += keep
            gone += mine[: len(mine) - len(keep)]
        for pending in gone:
            self.take(pending)
        return sorted(wanted, key=lambda p: p.written_at), gone

    def _path(self, pending: Pending) -> Path:
        run = "".join(c for c in pending.news.run if c.isalnum() or c == "-")
        return Path(str(self.folder)) / f"{run}.{pending.channel}.json"
