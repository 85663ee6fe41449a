"""When a schedule is due: every day, week or month, at a minute of the machine's own clock."""

import re
from dataclasses import dataclass

from assess.errors import EngagementError

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
EVERY = ("day", "week", "month")
_AT = re.compile(
    r"(?:(?P<day>[A-Za-z]{3,9}|[0-9]{1,2})\s+)?(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})"
)
_LAST_DAY = 28  # what every month has
_HOURS, _MINUTES = 24, 60


@dataclass(frozen=True)
class Moment:
    """``weekday``: 0 is Monday, for every week; ``day``: of the month, for every month."""

    hour: int
    minute: int
    weekday: int | None = None
    day: int | None = None

    @property
    def time(self) -> str:
        """``06:00``."""
        return f"{self.hour:02}:{self.minute:02}"

    @property
    def cron(self) -> str:
        """The five fields of cron, which counts Sunday as 0."""
        weekday = "*" if self.weekday is None else str((self.weekday + 1) % 7)
        return f"{self.minute} {self.hour} {self.day or '*'} * {weekday}"

    @property
    def calendar(self) -> str:
        """An OnCalendar of systemd."""
        weekday = "" if self.weekday is None else f"{DAYS[self.weekday]} "
        day = "*" if self.day is None else f"{self.day:02}"
        return f"{weekday}*-*-{day} {self.time}:00"

    @property
    def said(self) -> str:
        """The same for a person."""
        if self.weekday is not None:
            return f"every {DAYS[self.weekday]} at {self.time}"
        return f"every {'day' if self.day is None else f'month on day {self.day}'} at {self.time}"


def moment(at: str, every: str | None) -> Moment:
    """Read ``Mon 06:00``, ``06:00`` or ``1 06:00``. Raises EngagementError, with the mend."""
    found = _AT.fullmatch(at.strip())
    if found is None or int(found["hour"]) >= _HOURS or int(found["minute"]) >= _MINUTES:
        raise EngagementError(
            f'--at {at!r} is not such as "Mon 06:00" (every week), "06:00" (every day) or '
            '"1 06:00" (every month)'
        )
    weekday, day = _day(at, found["day"] or "")
    meant = every or ("week" if weekday is not None else "day" if day is None else "month")
    if meant == "week" and day is None:
        weekday = weekday or 0
    elif meant == "month" and weekday is None:
        day = day or 1
    elif meant != "day" or (weekday, day) != (None, None):
        raise EngagementError(f"--at {at!r} and --every {every} contradict each other")
    return Moment(int(found["hour"]), int(found["minute"]), weekday, day)


def _day(at: str, text: str) -> tuple[int | None, int | None]:
    if not text:
        return None, None
    if text.isdigit():
        if 1 <= int(text) <= _LAST_DAY:
            return None, int(text)
        raise EngagementError(f"--at {at!r}: the day is one of 1 to 28, which every month has")
    short = text[:3].capitalize()
    if short not in DAYS:
        raise EngagementError(f"--at {at!r}: {text} is none of {', '.join(DAYS)}")
    return DAYS.index(short), None
