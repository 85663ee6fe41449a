"""The two formats in which Configuration Manager writes its logs, and the entries in them.

``<![LOG[message]LOG]!><time="13:58:49.123+300" date="11-20-2026" component="…" … type="1" …>``,
whose message may have several lines, and the older ``message  $$<component><11-20-2026
13:58:49.123+300><thread=…>``. What stands behind the time is the bias in minutes: UTC is the time
written plus the bias. An entry without one is kept with the earliest moment that it can mean.
"""

import re
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

OPENING, CLOSING, OLDER = b"<![LOG[", b"]LOG]!>", b"$$<"
LONGEST = 65_536  # bytes on either side of a keyword in which its entry is looked for

_EASTERNMOST = timedelta(hours=14)
_ATTRIBUTE = re.compile(r'(\w{1,20})="([^"]{0,400})"')
_TIME = re.compile(
    r"\s*(\d{1,2}):(\d{1,2}):(\d{1,2})(?:[.:](\d{1,7}))?\s*([+-]\d{1,4})?\s*", re.ASCII
)
_DATE = re.compile(r"\s*(\d{1,2})[-/](\d{1,2})[-/](\d{4})\s*", re.ASCII)
_STAMP = re.compile(r"\$\$<([^<>\r\n]{0,100})>\s*<([^<>\r\n]{0,100})>")
_OLDEST = re.compile(
    r"\s*[A-Z][a-z]{2} ([A-Z][a-z]{2}) +(\d{1,2}) (\d{1,2}:\d{1,2}:\d{1,2}(?:\.\d{1,7})?) (\d{4})\b"
)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class Stamp(NamedTuple):
    """When an entry was written: ``at`` aware, UTC; ``exact`` where it names its bias."""

    at: datetime | None
    exact: bool = True


class Entry(NamedTuple):
    """One entry: ``begin`` and ``end`` are its place in the bytes, ``type`` 3 is an error."""

    begin: int
    end: int
    message: str
    stamp: Stamp
    type: str = ""


UNDATED = Stamp(None)


def moment(date: str, time: str) -> Stamp:
    """The moment of a US date and a time with its bias; ``UNDATED`` where they are none."""
    day, clock = _DATE.fullmatch(date), _TIME.fullmatch(time)
    if day is None or clock is None:
        return UNDATED
    micro = int((clock[4] or "0").ljust(6, "0")[:6])
    try:
        local = datetime(
            int(day[3]), int(day[1]), int(day[2]), int(clock[1]), int(clock[2]), int(clock[3]),
            micro, UTC,
        )  # fmt: skip
        if clock[5] is None or abs(int(clock[5])) > 24 * 60:
            return Stamp(local - _EASTERNMOST, exact=False)
        return Stamp(local + timedelta(minutes=int(clock[5])))
    except (ValueError, OverflowError):
        return UNDATED


def stamp_of(text: str) -> Stamp:
    """The moment in what follows a message, in either format."""
    if found := _STAMP.search(text):
        date, _, time = found[2].strip().partition(" ")
        if old := _OLDEST.match(found[2]):
            month = _MONTHS.index(old[1]) + 1 if old[1] in _MONTHS else 0
            date, time = f"{month}-{old[2]}-{old[4]}", old[3]
        return moment(date, time)
    attributes = dict(_ATTRIBUTE.findall(text))
    return moment(attributes.get("date", ""), attributes.get("time", ""))


def decoded(data: bytes, code_page: str) -> str:
    """The text of an entry: UTF-8, else the code page of the computer that wrote it."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode(code_page, "replace")


def entry_at(data: bytes, at: int, code_page: str) -> Entry:
    """The entry that the byte ``at`` belongs to; without a time where its end is not there."""
    low = max(0, at - LONGEST)
    opened = data.rfind(OPENING, low, at + 1)
    closed = data.rfind(CLOSING, low, at)
    if opened > closed:
        return _newer(data, opened, data.find(CLOSING, at), code_page)
    if closed > opened >= 0 and data.find(b"\n", closed, at) < 0:  # in the attributes behind it
        return _newer(data, opened, closed, code_page)
    return _older(data, at, closed, code_page)


def _newer(data: bytes, opened: int, closed: int, code_page: str) -> Entry:
    begin = opened + len(OPENING)
    if closed < 0 or closed - opened > LONGEST:
        end = min(len(data), opened + LONGEST)
        return Entry(opened, end, decoded(data[begin:end], code_page), UNDATED)
    end = _line_end(data, closed)
    behind = decoded(data[closed + len(CLOSING) : min(end, closed + 2_000)], code_page)
    found = re.search(r'\btype="(\d?)"', behind)
    message = decoded(data[begin:closed], code_page)
    return Entry(opened, end, message, stamp_of(behind), found[1] if found else "")


def _older(data: bytes, at: int, closed: int, code_page: str) -> Entry:
    """An entry of the older format: from the line with the byte to the next stamp."""
    line = data.rfind(b"\n", max(0, at - LONGEST), at) + 1
    begin = max(line, _line_end(data, closed) if closed >= line else 0)
    stamped = data.find(OLDER, begin, at + LONGEST)
    opening = data.find(OPENING, begin, at + LONGEST)
    if stamped < 0 or 0 <= opening < stamped:
        end = _line_end(data, at)
        return Entry(begin, end, decoded(data[begin:end], code_page), UNDATED)
    end = _line_end(data, stamped)
    behind = decoded(data[stamped : min(end, stamped + 500)], code_page)
    return Entry(begin, end, decoded(data[begin:stamped], code_page), stamp_of(behind))


def _line_end(data: bytes, at: int) -> int:
    end = data.find(b"\n", at)
    return len(data) if end < 0 else end


def whole_until(data: bytes) -> int:
    """Where the last entry ends that is there to the end of its line; 0 where there is none."""
    last = data.rfind(b"\n")
    if last < 0:
        return 0
    closed = max(data.rfind(CLOSING, 0, last), data.rfind(OLDER, 0, last))
    return 0 if closed < 0 else data.find(b"\n", closed) + 1


def first_stamp(data: bytes, code_page: str, tries: int = 50) -> Stamp:
    """When the first dated entry of these bytes was written."""
    at = 0
    for _ in range(tries):
        found = [one for mark in (CLOSING, OLDER) if (one := data.find(mark, at)) >= 0]
        if not found:
            break
        at = min(found)
        stamp = _stamp_at(data, at, code_page)
        if stamp.at is not None:
            return stamp
        at += 1
    return UNDATED


def last_stamp(data: bytes, code_page: str, tries: int = 50) -> Stamp:
    """When the last dated entry of these bytes was written."""
    at = len(data)
    for _ in range(tries):
        at = max(data.rfind(CLOSING, 0, at), data.rfind(OLDER, 0, at))
        if at < 0:
            break
        stamp = _stamp_at(data, at, code_page)
        if stamp.at is not None:
            return stamp
    return UNDATED


def _stamp_at(data: bytes, at: int, code_page: str) -> Stamp:
    return stamp_of(decoded(data[at : min(_line_end(data, at), at + 2_000)], code_page))
