"""Reads the serial numbers of the devices that are expected, from the engagement file or beside it.

A file has one number a line, or is a table with a header: the column whose name says serial, and
the one that says user or UPN if there is one. A line that holds no serial number refuses the file:
a list of which a part was skipped would be a shorter list.
"""

import csv
import io
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from assess.connectors import Visit
from assess.connectors.certificates import read_bytes
from assess.connectors.x509facts import plain_bytes
from assess.engagement import Engagement
from assess.errors import Unavailable
from assess.evidence import Ask
from assess.evidence.applefiles import ExpectedSerials, Serials
from assess.language import msg, tr, trn

_SERIAL = re.compile(r"[A-Z0-9]{8,20}")
_MOST = 500_000


class SerialNumbersConnector:
    """Reads files below ``folder``."""

    source = "config"

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def answers(self, ask: Ask) -> bool:
        """The question for serial numbers."""
        return isinstance(ask, ExpectedSerials)

    def fetch(self, ask: Ask, visit: Visit) -> Any:  # noqa: ANN401 - an ``ask.answer``
        """The serial numbers; raises Unavailable with the line that holds none."""
        assert isinstance(ask, ExpectedSerials)
        if ask.path:
            data = plain_bytes(read_bytes(self._folder, ask.path, "ios.serials"))
            found = serials_in(data.decode("utf-8", "replace"), ask.path)
        else:
            found = _serials(
                ((str(n), one, "") for n, one in enumerate(ask.listed, 1)), msg("the list")
            )
        said = trn(len(found.numbers), "{n} serial number", "{n} serial numbers")
        if found.users:
            said = tr("{}, of these with a user: {}", said, len(found.users))
        visit.note(ask.describe(), said)
        return found

    def probe(self, visit: Visit) -> str:  # noqa: ARG002 - nothing is read yet
        """Nothing has to be reached; a named file that is not there is said by its question."""
        return tr("serial numbers are read from {}", self._folder)

    def close(self) -> None:
        """There is nothing to give back."""


def serials_in(text: str, name: str) -> Serials:
    """The serial numbers of a text or a table; raises Unavailable."""
    separator = max(",;\t", key=text.partition("\n")[0].count)
    try:
        rows = [
            (number, [cell.strip() for cell in row])
            for number, row in enumerate(csv.reader(io.StringIO(text), delimiter=separator), 1)
            if any(cell.strip() for cell in row)
        ]
    except csv.Error as error:
        raise Unavailable(tr("{} (ios.serials) is no table: {}", name, error), _MEND) from None
    head = [cell.lower() for cell in rows[0][1]] if rows else []
    serial = next((n for n, cell in enumerate(head) if "serial" in cell), None)
    user = next((n for n, cell in enumerate(head) if "user" in cell or "upn" in cell), None)
    if serial is None:
        serial, user = 0, None
    else:
        rows = rows[1:]
    return _serials(
        ((tr("line {}", n), _cell(row, serial), _cell(row, user)) for n, row in rows), name
    )


def _cell(row: list[str], column: int | None) -> str:
    return "" if column is None or column >= len(row) else row[column]


_MEND = "Write one serial number a line, or a table with a header that names the column serial."


def _serials(rows: Iterable[tuple[str, str, str]], name: str) -> Serials:
    numbers: dict[str, None] = {}
    users: dict[str, str] = {}
    for where, text, user in rows:
        serial = text.strip().upper()
        if not _SERIAL.fullmatch(serial):
            raise Unavailable(
                tr("{} (ios.serials), {}: {} is no serial number", name, where, repr(text[:40])),
                _MEND,
            )
        numbers[serial] = None
        if user:
            users[serial] = user.lower()
        if len(numbers) > _MOST:
            raise Unavailable(tr("{} (ios.serials) has more than {} lines", name, _MOST), _MEND)
    if not numbers:
        raise Unavailable(tr("{} (ios.serials) holds no serial number", name), _MEND)
    return Serials(tuple(numbers), users)


def connect(engagement: Engagement) -> SerialNumbersConnector:
    """The connector for the serial numbers of an engagement."""
    return SerialNumbersConnector(engagement.folder)
