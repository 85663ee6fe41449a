"""Reads collected logs: a folder, a share, or the ZIP that the customer sent. Source ``log-file``.

The list of files is made once, and each log is read once, by the one question that is about it.
"""

import codecs
import math
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path

from assess.connectors import Visit
from assess.connectors.log_files import Listing, LogFile, Unreadable, chunks, listing
from assess.connectors.log_scan import BLOCK, Scan, family, scan
from assess.engagement import Engagement
from assess.errors import Unavailable
from assess.evidence import Ask
from assess.evidence.logs import Line, LogAsk, LogCopy, Logs
from assess.language import msg, tr, trn

KEY, CODE_PAGE = "files.log_dir", "site.log_code_page"
DEFAULT_CODE_PAGE = "cp1252"
MOST_BYTES = 64 << 30  # of one log, everything counted
_AT_ONCE = 2  # logs in memory at a time
_CURRENT = 2  # the rank of the file that is written to


class LogConnector:
    """The logs below ``path``; ``code_page`` is what is neither UTF-8 nor UTF-16."""

    source = "log-file"

    def __init__(
        self, path: Path | None, *, name: str = "", code_page: str = DEFAULT_CODE_PAGE
    ) -> None:
        self._path = path
        self._name = name or str(path)
        self._code_page = code_page
        self._listing: Listing | Unavailable | None = None
        self._lock = threading.Lock()
        self._slots = threading.Semaphore(_AT_ONCE)

    def answers(self, ask: Ask) -> bool:
        """Questions about a log."""
        return isinstance(ask, LogAsk)

    def fetch(self, ask: Ask, visit: Visit) -> Logs:
        """Every copy of the log; raises Unavailable, saying what to send, where there is none."""
        if not isinstance(ask, LogAsk):
            raise Unavailable(tr("{} is no question about a log", ask.describe()))
        found = self._files()
        own = [one for one in found.files if family(ask.log).fullmatch(one.name)]
        if not own:
            lost = bool(found.faults or found.closed)  # else nobody sent it
            raise Unavailable(self._none(ask, found), ask.sending(), skipped=not lost)
        with self._slots:
            return self._read(ask, own, found.faults, visit)

    def _none(self, ask: LogAsk, found: Listing) -> str:
        also = "; ".join(found.faults[:3])
        if found.closed:
            also = f"{also}; " if also else ""
            also += tr("archives inside archives are not opened: {}", ", ".join(found.closed[:3]))
        count = trn(len(found.files), "{n:,} file was looked at", "{n:,} files were looked at")
        return tr("there is no {}.log in {} ({}); {}", ask.log, self._name, KEY, count) + (
            f"; {also}" if also else ""
        )

    def _read(
        self, ask: LogAsk, own: Sequence[LogFile], faults: Sequence[str], visit: Visit
    ) -> Logs:
        meter = _Meter(visit)
        places: dict[str, list[LogFile]] = {}
        for file in own:
            places.setdefault(file.place, []).append(file)
        copies, unread = [], list(faults)
        for place, files in sorted(places.items()):
            copy, lost = self._copy(ask, place, files, meter)
            if copy is None:
                unread += lost
            else:
                copies.append(copy)
        if not copies:
            raise Unavailable("; ".join(unread), ask.sending())
        for copy in copies:
            _noted(copy, visit)
        return Logs(ask.log, tuple(copies), tuple(unread))

    def _copy(
        self, ask: LogAsk, place: str, files: Sequence[LogFile], meter: "_Meter"
    ) -> tuple[LogCopy | None, list[str]]:
        """The files of one folder, as one log; None where not one of them could be read."""
        read: list[tuple[tuple[float, int, str], LogFile, Scan]] = []
        lost: list[str] = []
        for file in files:
            shown = f"{place}/{file.name}" if place else file.name
            try:
                bytes_of = chunks(file, BLOCK, meter.told)
                found = scan(bytes_of, ask.marks, file.name, self._code_page)
            except Unreadable as error:
                lost.append(tr("{}: {}", shown, error))
                continue
            if found.skipped:
                lost.append(tr("{}: a part of it holds no entry of a log", shown))
            read.append((_order(ask, file, found), file, found))
        if not read:
            return None, lost
        read.sort(key=lambda one: one[0])
        lines = _once(found.lines for _, _, found in read)
        firsts = [found.first.at for _, _, found in read if found.first.at is not None]
        lasts = [found.last.at for _, _, found in read if found.last.at is not None]
        names = tuple(file.name for _, file, _ in read)
        copy = LogCopy(
            place,
            names,
            min(firsts, default=None),
            max(lasts, default=None),
            tuple(lines),
            "; ".join(lost),
        )
        return copy, []

    def _files(self) -> Listing:
        """The list of files, made once; raises Unavailable."""
        with self._lock:
            if self._listing is None:
                self._listing = self._listed()
        if isinstance(self._listing, Unavailable):
            raise self._listing
        return self._listing

    def _listed(self) -> Listing | Unavailable:
        mend = tr("Put the logs into a folder or a ZIP, and name it with {}.", KEY)
        if self._path is None:
            return Unavailable(tr("{} is not set", KEY), mend, key=KEY)
        try:
            codecs.lookup(self._code_page)
        except LookupError:
            return Unavailable(
                tr("{}: {} is no code page", CODE_PAGE, self._code_page),
                tr("Name one such as cp1250 or cp932 with {}, or remove the key.", CODE_PAGE),
            )
        try:
            return listing(self._path)
        except Unreadable as error:
            return Unavailable(tr("{} ({}): {}", self._name, KEY, error), mend)
        except OSError as error:
            why = error.strerror or msg("it cannot be read")
            return Unavailable(tr("{} ({}): {}", self._name, KEY, why), mend)

    def probe(self, visit: Visit) -> str:  # noqa: ARG002 - as every connector
        """How many files there are; raises Unavailable."""
        found = self._files()
        logs = sum(one.name.lower().endswith((".log", ".lo_")) for one in found.files)
        return tr(
            "{} among {} in {}",
            trn(logs, "{n:,} log", "{n:,} logs"),
            trn(len(found.files), "{n:,} file", "{n:,} files"),
            self._name,
        )

    def close(self) -> None:
        """Nothing is held."""


class _Meter:
    """Tells how many bytes of a log are read, and stops where they have no end."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        self._done = 0

    def told(self, number: int) -> None:
        """So many bytes more."""
        before = self._done >> 26
        self._done += number
        if self._done > MOST_BYTES:
            raise Unreadable(tr("there is more of this log than {} GB", MOST_BYTES >> 30))
        if self._done >> 26 != before:
            self._visit.progress(self._done >> 20, text="MB")


def _order(ask: LogAsk, file: LogFile, found: Scan) -> tuple[float, int, str]:
    """Older files first: by what is in them, else by their names."""
    name = family(ask.log).fullmatch(file.name)
    dated = name is not None and bool(name["dated"])
    older = name is not None and name["ending"].lower() == "lo_"
    rank = 0 if dated else 1 if older else _CURRENT
    begin = found.first.at
    undated = math.inf if rank == _CURRENT else 0.0
    return (undated if begin is None else begin.timestamp(), rank, file.name.lower())


def _once(files: Iterable[list[Line]]) -> list[Line]:
    """The lines of several files in turn; what was sent twice counts once."""
    known: set[tuple[object, ...]] = set()
    lines: list[Line] = []
    for found in files:
        new = [one for one in found if (one.kind, one.at, one.said) not in known]
        lines += new
        known |= {(one.kind, one.at, one.said) for one in new if one.at is not None}
    return lines


def _noted(copy: LogCopy, visit: Visit) -> None:
    """What the copy covers, and the last line of each kind, as evidence."""
    about = copy.place or None
    visit.note(copy.shown, copy.covers, about=about)
    for kind in dict.fromkeys(line.kind for line in copy.lines):
        line = copy.latest(kind)
        if line is not None:
            where = f"{line.file} in {copy.place}" if copy.place else line.file
            when = "undated" if line.at is None else f"{line.at:%Y-%m-%d %H:%M:%S} UTC"
            visit.note(f"{where}, {when}", line.said, about=about)
    if copy.cut:
        visit.note(copy.shown, f"not read: {copy.cut}", about=about)


def connect(engagement: Engagement) -> LogConnector:
    """The connector for the logs of an engagement."""
    return LogConnector(
        engagement.path(KEY),
        name=str(engagement.get(KEY, "")),
        code_page=str(engagement.get(CODE_PAGE, DEFAULT_CODE_PAGE)),
    )
