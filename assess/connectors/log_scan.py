"""One pass over one log: which of its last entries prove something, and which time it covers.

Bytes are searched for keywords; only the entries around the last few hits of each block are decoded
and parsed. So a gigabyte passes through a few megabytes of memory, whatever is in it.
"""

import codecs
import itertools
import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache

from assess.connectors.log_records import (
    CLOSING,
    LONGEST,
    OLDER,
    OPENING,
    UNDATED,
    Entry,
    Stamp,
    entry_at,
    first_stamp,
    last_stamp,
    whole_until,
)
from assess.evidence.logs import Line, Mark

BLOCK = 1 << 21
_SAMPLE = 1 << 16  # bytes by which an encoding is recognised
_QUOTED = 280  # characters of a message that are kept
_MATCHED = 4_000  # characters of a message that a pattern looks at
_ERROR = b'type="3"'
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff~]+|\s+")
_SECRET = re.compile(
    r"(?i)(\b(?:bearer|basic)\s+)[\w.~+/=-]{8,}"
    r"|([?&;\s](?:sig|signature|access_token|id_token|refresh_token|client_assertion|token|code)=)"
    r"[^\s&;\"'<>]+"
    r"|(\b(?:password|pwd|secret|client_secret|accountkey|sharedaccesskey|apikey)\s*[=:]\s*)"
    r"[^\s;,\"'<>]+"
    r"|\beyJ[\w-]{10,}(?:\.[\w-]+){0,2}"
)


@dataclass
class Scan:
    """What one file came to: lines with their kind, in the order of the file."""

    first: Stamp = UNDATED
    last: Stamp = UNDATED
    lines: list[Line] = field(default_factory=list)
    skipped: bool = False
    size: int = 0


def scan(chunks: Iterable[bytes], marks: Sequence[Mark], name: str, code_page: str) -> Scan:
    """Read a log to its end. ``skipped``: a part of it is so long an entry that it is none."""
    reader = _Reader(marks, name, code_page)
    carry = b""
    for chunk in as_bytes(chunks):
        data = carry + chunk if carry else chunk
        end = whole_until(data)
        if end:
            reader.block(data[:end])
        carry = data[end:]
        if len(carry) > BLOCK + LONGEST:
            reader.found.skipped |= bool(carry[:-LONGEST].strip(b"\0\r\n\t "))
            carry = carry[-LONGEST:]
    rest = carry.rstrip(b"\0\r\n\t ")
    if rest:
        reader.block(rest)
    return reader.finished()


def as_bytes(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The same with ASCII as itself: UTF-16, with or without a mark, becomes UTF-8."""
    rest = iter(chunks)
    head = b""
    for chunk in rest:
        head += chunk
        if len(head) >= _SAMPLE:
            break
    encoding, mark = _encoding(head[:_SAMPLE])
    begun = itertools.chain([head[mark:]], rest)
    if not encoding:
        yield from begun
        return
    decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
    for chunk in begun:
        yield decoder.decode(chunk).encode("utf-8", "replace")
    yield decoder.decode(b"", final=True).encode("utf-8", "replace")


def _encoding(head: bytes) -> tuple[str, int]:
    """The encoding where it is UTF-16, else "", and the length of the mark in front."""
    if head.startswith(codecs.BOM_UTF8):
        return "", 3
    if head.startswith(codecs.BOM_UTF16_LE):
        return "utf-16-le", 2
    if head.startswith(codecs.BOM_UTF16_BE):
        return "utf-16-be", 2
    for encoding in ("utf-16-le", "utf-16-be"):
        for sign in (OPENING, CLOSING, OLDER):
            at = head.find(sign.decode().encode(encoding))
            if at >= 0 and at % 2 == 0:
                return encoding, 0
    return "", 0


class _Reader:
    """Keeps the last lines of each mark while blocks pass."""

    def __init__(self, marks: Sequence[Mark], name: str, code_page: str) -> None:
        self.found = Scan()
        self._name = name
        self._code_page = code_page
        self._marks = [
            (
                mark,
                [*(word.encode() for word in mark.keywords), *([_ERROR] if mark.errors else [])],
                re.compile(mark.pattern, re.IGNORECASE | re.DOTALL),
                deque[tuple[int, int, Line]](maxlen=mark.keep),
            )
            for mark in marks
        ]

    def block(self, data: bytes) -> None:
        """Bytes that end with an entry."""
        low = data.lower()
        for number, (mark, words, pattern, kept) in enumerate(self._marks):
            hits: dict[int, Line] = {}
            for word in words:
                hits |= self._last(data, low, word, mark, pattern)
            for begin in sorted(hits)[-mark.keep :]:
                kept.append((self.found.size + begin, number, hits[begin]))
        if self.found.first.at is None:
            self.found.first = first_stamp(data, self._code_page)
        last = last_stamp(data, self._code_page)
        if last.at is not None:
            self.found.last = last
        self.found.size += len(data)

    def _last(
        self, data: bytes, low: bytes, word: bytes, mark: Mark, pattern: re.Pattern[str]
    ) -> dict[int, Line]:
        """The last lines with this keyword, by where they begin."""
        hits: dict[int, Line] = {}
        at = len(low)
        while len(hits) < mark.keep and (at := low.rfind(word, 0, at)) >= 0:
            entry = entry_at(data, at, self._code_page)
            line = self._line(entry, mark, pattern)
            if line is not None:
                hits[entry.begin] = line
            at = min(at, entry.begin + len(word))
        return hits

    def _line(self, entry: Entry, mark: Mark, pattern: re.Pattern[str]) -> Line | None:
        message = plain(entry.message[:_MATCHED])
        found = pattern.match(message)
        if found is None and not (mark.errors and entry.type == "3"):
            return None
        values = {} if found is None else found.groupdict()
        return Line(
            mark.kind,
            quotable(message),
            entry.stamp.at,
            entry.stamp.exact,
            self._name,
            {key: value[:200] for key, value in values.items() if value},
        )

    def finished(self) -> Scan:
        """Everything that was kept, in the order of the file."""
        every = sorted(
            (one for _, _, _, kept in self._marks for one in kept), key=lambda one: one[:2]
        )
        self.found.lines = [line for _, _, line in every]
        return self.found


def plain(message: str) -> str:
    """One line: control characters and the marks of line breaks are spaces."""
    return " ".join(_CONTROL.sub(" ", message).split())


def quotable(message: str) -> str:
    """A message as a report may show it: without what could be a secret, and cut."""
    clean = _SECRET.sub(lambda found: f"{next(filter(None, found.groups()), '')}…", message)
    return clean if len(clean) <= _QUOTED else f"{clean[:_QUOTED]}…"


@cache
def family(log: str) -> re.Pattern[str]:
    """The names that the files of a log have: itself, ``.lo_``, and dated ones."""
    return re.compile(
        rf"{re.escape(log)}(?:[-_.](?P<dated>\d{{8}}-?\d{{6}}))?(?: ?\(\d{{1,3}}\))?"
        r"\.(?P<ending>log|lo_)",
        re.IGNORECASE,
    )
