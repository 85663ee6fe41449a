"""The log of unattended runs: what was said, when, and how each run ended.

Readable by its owner alone, also after it was rotated. A line is one line whatever a source
answered, and a secret of the engagement file that somebody else's message would repeat is
blotted out.
"""

import logging
import os
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any

from assess.engagement import Engagement
from assess.errors import AssessError, EngagementError, Unavailable
from assess.keytypes import Secret
from assess.results import clean

LOG = logging.getLogger("assess.said")
"""What is said to a person goes here as well; nowhere, while no log is open."""
_LARGEST = 1 << 20
_KEPT = 5
_SHORTEST = 4  # characters of a secret that can be told from ordinary text


class _Private(RotatingFileHandler):
    """A rotating file with mode 0600 from its first moment."""

    def _open(self) -> Any:  # noqa: ANN401 - what `open` gives
        def private(path: str, flags: int) -> int:
            return os.open(path, flags, 0o600)

        return open(
            self.baseFilename, self.mode, encoding="utf-8", opener=private
        )


class _Lines(logging.Formatter):
    """One line a record, moments in UTC, secrets blotted out."""

    converter = staticmethod(time.gmtime)

    def __init__(self, secrets: frozenset[str]) -> None:
        super().__init__("%(asctime)sZ %(process)d %(message)s", "%Y-%m-%dT%H:%M:%S")
        self._secrets = secrets

    def format(self, record: logging.LogRecord) -> str:
        text = blotted(super().format(record), self._secrets)
        return clean(" ".join(text.split()))


@contextmanager
def logbook(path: Path, engagement: Engagement | None = None) -> Iterator[None]:
    """While this lasts, what is said is written to ``path`` too; so is how it ends.

    Raises EngagementError where it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handler = _Private(path, maxBytes=_LARGEST, backupCount=_KEPT)
    except OSError as error:
        raise EngagementError(
            f"the log {path} cannot be written: {error.strerror}. Name another place with --log"
        ) from None
    handler.setFormatter(_Lines(secrets_of(engagement)))
    before = (LOG.level, LOG.propagate)
    LOG.addHandler(handler)
    LOG.setLevel(logging.INFO)
    LOG.propagate = False
    try:
        yield
    except BaseException as error:
        # Texts of our own hold no secret; a library's might hold anything.
        LOG.info("ended by %s%s", type(error).__name__, _own(error))
        raise
    finally:
        LOG.removeHandler(handler)
        LOG.setLevel(before[0])
        LOG.propagate = before[1]
        handler.close()


def _own(error: BaseException) -> str:
    return f": {error}" if isinstance(error, AssessError) else ""


def blotted(text: str, secrets: Iterable[str]) -> str:
    """The text without any of the secrets."""
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, "***")
    return text


def secrets_of(engagement: Engagement | None) -> frozenset[str]:
    """The secrets of the engagement file, as far as they can be read now."""
    found = set()
    for value in engagement.values.values() if engagement is not None else ():
        if isinstance(value, Secret) and not value.prompt:
            try:
                found.add(value.reveal())
            except Unavailable:
                continue
    return frozenset(secret for secret in found if len(secret) >= _SHORTEST)
