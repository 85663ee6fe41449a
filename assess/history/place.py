"""Where an engagement's history lies: one folder, readable by its owner alone.

``[history] path``, else ``<name>.history`` beside the engagement file.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from assess.engagement import Engagement
from assess.errors import HistoryError


@dataclass(frozen=True)
class Place:
    """The files of one engagement's history."""

    folder: Path
    name: str
    shared_workbook: Path | None = None

    @property
    def database(self) -> Path:
        """The runs."""
        return self.folder / "history.db"

    @property
    def lock(self) -> Path:
        """Held while a run is at work."""
        return self.folder / "lock"

    @property
    def workbook(self) -> Path:
        """The workbook that each run extends."""
        return self.shared_workbook or self.folder / f"{self.name}.xlsx"

    @property
    def calendar(self) -> Path:
        """What expires next, for a calendar to subscribe to."""
        return self.folder / "expiries.ics"

    @property
    def log(self) -> Path:
        """What unattended runs said; older parts have a number behind the name."""
        return self.folder / "run.log"

    @property
    def notices(self) -> Path:
        """Notices that were not delivered yet."""
        return self.folder / "notices"

    def make(self) -> None:
        """Make the folder. Raises HistoryError where that cannot be."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise HistoryError(
                f"the folder {self.folder} cannot be made: {error.strerror}. Set [history] path "
                "in the engagement file to a folder that this account may write to"
            ) from None
        if not os.access(self.folder, os.W_OK):
            raise HistoryError(
                f"the folder {self.folder} may not be written to by this account. Set [history] "
                "path in the engagement file to another one"
            )


def place_of(engagement: Engagement) -> Place | None:
    """Where the runs of an engagement are kept; None where ``[history] enabled`` is false."""
    return folder_of(engagement) if engagement.get("history.enabled", default=True) else None


def folder_of(engagement: Engagement) -> Place:
    """Where runs of an engagement are or were kept, whether or not they are now."""
    folder = engagement.path("history.path") or engagement.folder / f"{engagement.name}.history"
    return Place(folder, engagement.name, engagement.path("history.workbook"))
